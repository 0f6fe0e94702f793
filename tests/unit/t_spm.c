/*
 * SentencePiece's BPE: Llama 2's ids as sentencepiece has them, from both kinds of file; and
 * on a small vocabulary, against merging as it is defined, one pair after the other.
 */

#include "tests/unit/golden.h"

#include "base/rng.h"
#include "base/utf8.h"
#include "tests/unit/tiny_vocab.h"

static struct opened files[2];

/* The text of ids, but for the space before it; of all if `special`. */
static struct ll_buf
decode(const struct ll_tokenizer *tokenizer, const struct ll_ids *ids)
{
	struct ll_buf out = { 0 };
	bool begun = false;

	for (size_t i = 0; i < ids->count; i++) {
		const char *bytes;
		size_t length;
		bool special;

		assert_int_equal(ll_tokenizer_piece(tokenizer, ids->ids[i], &bytes, &length, &special, NULL), 0);
		ll_tokenizer_strip(tokenizer, ids->ids[i], &begun, &bytes, &length);
		if (!special)
			assert_int_equal(ll_buf_add(&out, bytes, length, NULL), 0);
	}
	return out;
}

/* What comes back: the text, with spaces for U+2581. */
static void
assert_back(const struct ll_tokenizer *tokenizer, const struct ll_ids *ids, const char *text, size_t length)
{
	struct ll_buf back = decode(tokenizer, ids);
	size_t at = 0;

	for (size_t i = 0; i < length;) {
		bool mark = length - i >= 3 && memcmp(text + i, "\xe2\x96\x81", 3) == 0;

		assert_true(at < back.len);
		assert_int_equal(back.data[at], mark ? ' ' : text[i]);
		i += mark ? 3 : 1;
		at++;
	}
	assert_int_equal(at, back.len);
	ll_buf_free(&back);
}

struct context {
	const struct ll_tokenizer *tokenizer;
	const char *file;
};

static void
check_text(const struct context *c, const char *text, size_t length, const struct ll_json *want, bool bos,
    size_t line)
{
	struct ll_ids ids = { 0 };
	struct ll_err err = { 0 };

	if (bos)
		assert_int_equal(ll_ids_add(&ids, ll_tokenizer_vocab(c->tokenizer)->bos, NULL), 0);
	if (ll_tokenizer_encode(c->tokenizer, text, length, false, &ids, &err) < 0)
		fail_msg("%s, line %zu: %s", c->file, line, err.text);
	assert_ids(&ids, want, c->file, line);
	assert_back(c->tokenizer, &ids, text, length);
	free(ids.ids);
}

static void
check_record(const struct ll_json *record, size_t line, void *context)
{
	struct ll_buf text = base64_decode(ll_json_text_of(ll_json_get(record, "text_b64"), NULL));

	assert_false(ll_json_is_true(ll_json_get(record, "allow_special")));
	check_text(context, text.data != NULL ? text.data : "", text.len, ll_json_get(record, "ids"),
	    ll_json_is_true(ll_json_get(record, "bos")), line);
	ll_buf_free(&text);
}

static void
check_own(const struct ll_json *record, size_t line, void *context)
{
	const struct context *c = context;
	const struct ll_json *list = ll_json_get(record, "decode");
	struct ll_ids ids = { 0 };
	struct ll_buf got;
	size_t length;
	const char *text = ll_json_text_of(ll_json_get(record, "text"), &length);

	if (list == NULL) {
		check_text(c, text, length, ll_json_get(record, "ids"), false, line);
		return;
	}
	for (size_t i = 0; i < ll_json_count(list); i++) {
		int64_t id;

		assert_true(ll_json_integer(ll_json_at(list, i), &id));
		assert_int_equal(ll_ids_add(&ids, (uint32_t)id, NULL), 0);
	}
	got = decode(c->tokenizer, &ids);
	if (got.len != length || memcmp(got.data != NULL ? got.data : "", text, length) != 0)
		fail_msg("%s, line %zu: '%.*s', should be '%s'", c->file, line, (int)got.len,
		    got.data != NULL ? got.data : "", text);
	ll_buf_free(&got);
	free(ids.ids);
}

static void
golden(void **state)
{
	(void)state;
	if (files[0].tokenizer == NULL)
		skip();
	for (int i = 0; i < 2; i++) {
		struct context context = { files[i].tokenizer, "golden-llama2-public.jsonl" };

		assert_int_equal(golden_each(golden_path(context.file), check_record, &context), 236);
	}
}

static void
golden_own(void **state)
{
	(void)state;
	if (files[0].tokenizer == NULL)
		skip();
	for (int i = 0; i < 2; i++) {
		struct context context = { files[i].tokenizer, "golden/spm.jsonl" };

		assert_int_equal(golden_each(golden_own_path(context.file), check_own, &context), 177);
	}
}

static void
containers_agree(void **state)
{
	const struct ll_vocab *a = files[0].vocab, *b = files[1].vocab;

	(void)state;
	if (a == NULL)
		skip();
	assert_int_equal(a->count, 32000);
	assert_int_equal(b->count, 32000);
	assert_true(ll_vocab_fingerprint(a) == ll_vocab_fingerprint(b));
	for (size_t i = 0; i < a->count; i++) {
		assert_int_equal(a->pieces[i].type, b->pieces[i].type);
		assert_int_equal(a->pieces[i].length, b->pieces[i].length);
		assert_memory_equal(a->pieces[i].bytes, b->pieces[i].bytes, a->pieces[i].length);
		assert_true(a->scores[i] == b->scores[i]);
	}
	for (int i = 0; i < 2; i++) {
		const struct ll_vocab *vocab = files[i].vocab;

		assert_int_equal(vocab->kind, LL_VOCAB_SPM_SCORES);
		assert_int_equal(vocab->bos, 1);
		assert_int_equal(vocab->eos, 2);
		assert_true(vocab->add_bos);
		assert_int_equal(vocab->space_prefix, LL_PREFIX_EACH);
		assert_int_equal(vocab->stop_count, 1);
		assert_int_equal(vocab->stops[0], 2);
	}
}

/* A vocabulary of letters, some words of them, and byte tokens behind all. */
struct small {
	struct tiny tiny;
	float scores[TINY_MOST];
	char bytes[256];
	struct ll_tokenizer *tokenizer;
};

static void
add(struct small *s, const char *text, float score)
{
	s->scores[s->tiny.vocab.count] = score;
	tiny_add(&s->tiny, text, LL_TOKEN_NORMAL);
}

static void
make_small(struct small *s, enum ll_space_prefix prefix)
{
	static const char *const letters[] = { " ", "a", "b", "c", "\xc3\xa9", "\xe4\xb8\xad" };
	static const struct {
		const char *text;
		float score;
	} words[] = {
		/* Not all can be reached, some tie, and one goes over a space. */
		{ " a", -1 }, { "ab", -2 }, { "ba", -2 }, { "abc", -9 }, { "bca", -3 }, { "bc", -5 }, { "aa", -2.5f },
		{ "aaaa", -2.25f }, { "  ", -4 }, { "    ", -7 }, { "c a", -0.5f }, { "c ", -6 }, { "\xc3\xa9\xc3\xa9", -1 },
		{ "a\xe4\xb8\xad", -8 }, { "abab", -3 }, { " ab", -1.5f }, { "b c", -0.25f },
	};
	struct ll_err err = { 0 };

	tiny_begin(&s->tiny, LL_VOCAB_SPM_SCORES, "default");
	s->tiny.vocab.count = 0;
	for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++)
		add(s, letters[i], -100);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		add(s, words[i].text, words[i].score);
	tiny_add(&s->tiny, "<s>", LL_TOKEN_CONTROL);
	for (int i = 0; i < 256; i++) {
		s->bytes[i] = (char)i;
		s->tiny.pieces[s->tiny.vocab.count++] = (struct ll_piece){ &s->bytes[i], 1, LL_TOKEN_BYTE };
	}
	s->tiny.vocab.scores = s->scores;
	s->tiny.vocab.space_prefix = prefix;
	if (ll_tokenizer_new(&s->tokenizer, &s->tiny.vocab, &err) < 0)
		fail_msg("%s", err.text);
}

static uint32_t
find(const struct ll_vocab *vocab, const char *text, size_t length)
{
	for (uint32_t id = 0; id < vocab->count; id++)
		if (vocab->pieces[id].type == LL_TOKEN_NORMAL && vocab->pieces[id].length == length &&
		    memcmp(vocab->pieces[id].bytes, text, length) == 0)
			return id;
	return LL_VOCAB_NONE;
}

/* As it is defined: the best pair of all neighbours, again and again. */
static void
by_definition(const struct ll_vocab *vocab, const char *text, size_t length, struct ll_ids *ids)
{
	size_t starts[256], count = 0, size;

	for (size_t i = 0; i < length; i += size) {
		ll_utf8_next((const unsigned char *)text + i, length - i, &size);
		starts[count++] = i;
	}
	starts[count] = length;
	for (;;) {
		uint32_t best = LL_VOCAB_NONE;
		size_t at = 0;

		for (size_t i = 0; i + 1 < count; i++) {
			uint32_t id = find(vocab, text + starts[i], starts[i + 2] - starts[i]);

			if (id != LL_VOCAB_NONE && (best == LL_VOCAB_NONE || vocab->scores[id] > vocab->scores[best])) {
				best = id;
				at = i;
			}
		}
		if (best == LL_VOCAB_NONE)
			break;
		memmove(starts + at + 1, starts + at + 2, (count - at - 1) * sizeof(*starts));
		count--;
	}
	for (size_t i = 0; i < count; i++) {
		uint32_t id = find(vocab, text + starts[i], starts[i + 1] - starts[i]);

		for (size_t j = starts[i]; id == LL_VOCAB_NONE && j < starts[i + 1]; j++)
			ll_ids_add(ids, (uint32_t)(vocab->count - 256 + (unsigned char)text[j]), NULL);
		if (id != LL_VOCAB_NONE)
			ll_ids_add(ids, id, NULL);
	}
}

static void
as_defined(void **state)
{
	static const char *const parts[] = {
		"a", "a", "b", "b", "c", " ", " ", "\xc3\xa9", "\xe4\xb8\xad", "\xf0\x9f\x98\x80", "\xc3", "\xa9", "x", "\n"
	};
	struct small *s = calloc(1, sizeof(*s));
	struct ll_rng rng;

	(void)state;
	assert_non_null(s);
	make_small(s, LL_PREFIX_NONE);
	ll_rng_seed(&rng, 3, 0);
	for (int round = 0; round < 20000; round++) {
		struct ll_ids want = { 0 }, got = { 0 };
		char text[256];
		size_t length = 0, count = 1 + ll_rng_next(&rng) % 40;

		for (size_t i = 0; i < count; i++) {
			const char *part = parts[ll_rng_next(&rng) % (sizeof(parts) / sizeof(parts[0]))];

			memcpy(text + length, part, strlen(part));
			length += strlen(part);
		}
		by_definition(&s->tiny.vocab, text, length, &want);
		assert_int_equal(ll_tokenizer_encode(s->tokenizer, text, length, false, &got, NULL), 0);
		assert_int_equal(got.count, want.count);
		assert_memory_equal(got.ids, want.ids, want.count * sizeof(*want.ids));
		assert_back(s->tokenizer, &got, text, length);
		free(want.ids);
		free(got.ids);
	}
	ll_tokenizer_free(s->tokenizer);
	free(s);
}

static void
encodes_to(enum ll_space_prefix prefix, const char *text, bool special, const char *const *want)
{
	struct small *s = calloc(1, sizeof(*s));
	struct ll_ids ids = { 0 };
	size_t count = 0;

	assert_non_null(s);
	make_small(s, prefix);
	assert_int_equal(ll_tokenizer_encode(s->tokenizer, text, strlen(text), special, &ids, NULL), 0);
	for (; want[count] != NULL; count++) {
		const char *bytes;
		size_t length;
		bool is_special;

		assert_true(count < ids.count);
		assert_int_equal(ll_tokenizer_piece(s->tokenizer, ids.ids[count], &bytes, &length, &is_special, NULL), 0);
		assert_int_equal(length, strlen(want[count]));
		assert_memory_equal(bytes, want[count], length);
	}
	assert_int_equal(count, ids.count);
	free(ids.ids);
	ll_tokenizer_free(s->tokenizer);
	free(s);
}

static void
prefixes(void **state)
{
	(void)state;
	encodes_to(LL_PREFIX_NONE, "a", true, (const char *[]){ "a", NULL });
	encodes_to(LL_PREFIX_FIRST, "a", true, (const char *[]){ " a", NULL });
	encodes_to(LL_PREFIX_EACH, "", true, (const char *[]){ NULL });
	encodes_to(LL_PREFIX_NONE, "a<s>a", true, (const char *[]){ "a", "<s>", "a", NULL });
	encodes_to(LL_PREFIX_FIRST, "a<s>a", true, (const char *[]){ " a", "<s>", "a", NULL });
	encodes_to(LL_PREFIX_FIRST, "<s>a", true, (const char *[]){ "<s>", "a", NULL });
	encodes_to(LL_PREFIX_EACH, "<s><s>a<s>", true, (const char *[]){ "<s>", "<s>", " a", "<s>", NULL });
	encodes_to(LL_PREFIX_EACH, "<s>", false, (const char *[]){ " ", "<", "s", ">", NULL });
	encodes_to(LL_PREFIX_FIRST, "\xe2\x96\x81""a", false, (const char *[]){ " ", " a", NULL });
}

static void
lacks_bytes(void **state)
{
	struct small *s = calloc(1, sizeof(*s));
	struct ll_ids ids = { 0 };
	struct ll_err err = { 0 };

	(void)state;
	assert_non_null(s);
	make_small(s, LL_PREFIX_NONE);
	ll_tokenizer_free(s->tokenizer);
	s->tiny.vocab.count -= 256;
	assert_int_equal(ll_tokenizer_new(&s->tokenizer, &s->tiny.vocab, NULL), 0);
	assert_int_equal(ll_tokenizer_encode(s->tokenizer, "abx", 3, false, &ids, &err), -LL_EDATA);
	assert_non_null(strstr(err.text, "0x78"));
	free(ids.ids);
	ll_tokenizer_free(s->tokenizer);
	free(s);
}

/* Bytes, or pieces one behind the other, cut anywhere: they come back, U+2581 as a space. */
static void
random_texts(void **state)
{
	const struct ll_vocab *vocab = files[0].vocab;
	struct ll_rng rng;

	(void)state;
	if (vocab == NULL)
		skip();
	ll_rng_seed(&rng, 1, 0);
	for (int i = 0; i < 50000; i++) {
		struct ll_ids ids = { 0 };
		char text[64];
		size_t length = ll_rng_next(&rng) % sizeof(text), at = 0;
		bool bytes = ll_rng_next(&rng) % 2;

		while (at < length) {
			const struct ll_piece *piece = &vocab->pieces[ll_rng_next(&rng) % vocab->count];

			if (bytes)
				text[at++] = (char)ll_rng_next(&rng);
			for (size_t j = 0; !bytes && j < piece->length && at < length; j++)
				text[at++] = piece->bytes[j];
		}
		assert_int_equal(ll_tokenizer_encode(files[i % 2].tokenizer, text, length, false, &ids, NULL), 0);
		assert_back(files[i % 2].tokenizer, &ids, text, length);
		free(ids.ids);
	}
}

/* 2 MB that merge as one, or nearly so; quadratic time does not end within the test's. */
static void
long_texts(void **state)
{
	static const char *const units[] = { "a", " ", "ab", "\xe4\xb8\xad", "\xf0\x9f\x98\x80", "\xa9", "\xc3", "7", "=", "ed" };
	const size_t length = 2000000;
	char *text = malloc(length);

	(void)state;
	assert_non_null(text);
	for (size_t u = 0; files[0].tokenizer != NULL && u < sizeof(units) / sizeof(units[0]); u++) {
		struct ll_ids ids = { 0 };
		size_t size = strlen(units[u]);

		for (size_t i = 0; i < length; i++)
			text[i] = units[u][i % size];
		assert_int_equal(ll_tokenizer_encode(files[0].tokenizer, text, length, false, &ids, NULL), 0);
		assert_back(files[0].tokenizer, &ids, text, length);
		free(ids.ids);
	}
	free(text);
	if (files[0].tokenizer == NULL)
		skip();
}

static int
open_all(void **state)
{
	(void)state;
	files[0] = open_tokenizer(golden_path("llama2-tokenizer.model"));
	files[1] = open_tokenizer(golden_path("ggml-vocab-llama-spm.gguf"));
	return 0;
}

static int
close_all(void **state)
{
	(void)state;
	close_tokenizer(&files[0]);
	close_tokenizer(&files[1]);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(golden),
		cmocka_unit_test(golden_own),
		cmocka_unit_test(containers_agree),
		cmocka_unit_test(as_defined),
		cmocka_unit_test(prefixes),
		cmocka_unit_test(lacks_bytes),
		cmocka_unit_test(random_texts),
		cmocka_unit_test(long_texts),
	};

	return cmocka_run_group_tests(tests, open_all, close_all);
}
