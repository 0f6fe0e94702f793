/*
 * The tokenizer against the reference: Llama 3's ids as tiktoken, Hugging Face tokenizers
 * and llama.cpp agree on them, SmolLM2's as Hugging Face tokenizers gives them.
 */

#include "tests/unit/golden.h"

#include "base/rng.h"
#include "base/utf8.h"

static struct opened llama, smollm;

/* Llama 3 again, with the list of merges that its ranks imply. */
static struct opened merged;
static struct ll_vocab merged_vocab;
static struct ll_buf merge_texts;

struct context {
	const struct ll_tokenizer *tokenizer;
	const char *file;
};

static void
check_text(const struct ll_tokenizer *tokenizer, const char *text, size_t length, bool special,
    const struct ll_json *want, bool bos, const char *file, size_t line)
{
	struct ll_ids ids = { 0 };
	struct ll_err err = { 0 };
	struct ll_buf back;

	if (bos)
		assert_int_equal(ll_ids_add(&ids, ll_tokenizer_vocab(tokenizer)->bos, NULL), 0);
	if (ll_tokenizer_encode(tokenizer, text, length, special, &ids, &err) < 0)
		fail_msg("%s, line %zu: %s", file, line, err.text);
	assert_ids(&ids, want, file, line);
	back = spell(tokenizer, &ids, bos);
	assert_int_equal(back.len, length);
	assert_memory_equal(back.data != NULL ? back.data : "", text, length);
	ll_buf_free(&back);
	free(ids.ids);
}

static void
check_record(const struct ll_json *record, size_t line, void *context)
{
	const struct context *c = context;
	struct ll_buf text = base64_decode(ll_json_text_of(ll_json_get(record, "text_b64"), NULL));

	check_text(c->tokenizer, text.data != NULL ? text.data : "", text.len,
	    ll_json_is_true(ll_json_get(record, "allow_special")), ll_json_get(record, "ids"),
	    ll_json_is_true(ll_json_get(record, "bos")), c->file, line);
	ll_buf_free(&text);
}

static void
check_file(const struct opened *opened, const char *file, size_t records)
{
	struct context context = { opened->tokenizer, file };
	const char *path = golden_path(file);

	if (opened->tokenizer == NULL || path == NULL)
		skip();
	assert_int_equal(golden_each(path, check_record, &context), records);
}

static void
golden(void **state)
{
	(void)state;
	check_file(&llama, "golden-public.jsonl", 250);
}

/* Runs of over 25,000 characters, which are not cut. */
static void
golden_runs(void **state)
{
	(void)state;
	check_file(&llama, "golden-meta-chunk.jsonl", 5);
}

static void
unicode_version(void **state)
{
	(void)state;
	check_file(&llama, "unicode-version-probes.jsonl", 52);
}

static void
add_alphabet(struct ll_buf *out, const char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		unsigned char b = (unsigned char)bytes[i];
		unsigned char utf8[4];
		uint32_t code = b;

		if (b <= 0x20)
			code = 0x100u + b;
		else if (b >= 0x7f && b <= 0xa0)
			code = 0x121u + b - 0x7f;
		else if (b == 0xad)
			code = 0x143;
		assert_int_equal(ll_buf_add(out, utf8, ll_utf8_put(utf8, code), NULL), 0);
	}
}

struct split {
	uint32_t left, right;
};

static int
compare_splits(const void *a, const void *b)
{
	const struct split *x = a;
	const struct split *y = b;

	if (x->left != y->left)
		return x->left < y->left ? -1 : 1;
	return (x->right > y->right) - (x->right < y->right);
}

/* The splits of one token into two others, by rank of the left and then of the right. */
static size_t
splits_of(const struct ll_tokenizer *tokenizer, const struct ll_piece *piece, struct split *splits)
{
	size_t count = 0;

	for (size_t left = 1; left < piece->length; left++) {
		struct split split = {
			ll_tokenizer_find(tokenizer, piece->bytes, left),
			ll_tokenizer_find(tokenizer, piece->bytes + left, piece->length - left)
		};

		if (split.left != LL_VOCAB_NONE && split.right != LL_VOCAB_NONE)
			splits[count++] = split;
	}
	qsort(splits, count, sizeof(*splits), compare_splits);
	return count;
}

static void
make_merged(void)
{
	const struct ll_vocab *vocab = llama.vocab;
	struct split splits[256];
	struct ll_err err = { 0 };
	size_t count = 0;

	for (uint32_t id = 0; id < vocab->count; id++) {
		const struct ll_piece *piece = &vocab->pieces[id];
		size_t n = piece->type == LL_TOKEN_NORMAL ? splits_of(llama.tokenizer, piece, splits) : 0;

		for (size_t i = 0; i < n; i++) {
			const struct ll_piece *left = &vocab->pieces[splits[i].left];
			const struct ll_piece *right = &vocab->pieces[splits[i].right];

			size_t head = merge_texts.len;

			count++;
			assert_int_equal(ll_buf_add(&merge_texts, (const char[LL_MERGE_HEAD]){ 0 }, LL_MERGE_HEAD, NULL), 0);
			add_alphabet(&merge_texts, left->bytes, left->length);
			assert_int_equal(ll_buf_add(&merge_texts, " ", 1, NULL), 0);
			add_alphabet(&merge_texts, right->bytes, right->length);
			for (int k = 0; k < 2; k++)
				merge_texts.data[head + (size_t)k] = (char)((merge_texts.len - head - LL_MERGE_HEAD) >> 8 * k);
		}
	}
	assert_int_equal(count, 280147);
	merged_vocab = *vocab;
	merged_vocab.kind = LL_VOCAB_BPE_MERGES;
	merged_vocab.merge_count = count;
	merged_vocab.merges = (const unsigned char *)merge_texts.data;
	assert_int_equal(ll_tokenizer_new(&merged.tokenizer, &merged_vocab, &err), 0);
}

/* A text of the byte alphabet as JSON. */
static void
add_json(struct ll_buf *out, const char *text, size_t length)
{
	ll_buf_add(out, "\"", 1, NULL);
	for (size_t i = 0; i < length; i++) {
		if (text[i] == '"' || text[i] == '\\')
			ll_buf_add(out, "\\", 1, NULL);
		ll_buf_add(out, text + i, 1, NULL);
	}
	assert_int_equal(ll_buf_add(out, "\"", 1, NULL), 0);
}

/* Llama 3's tokenizer.json, from the ranks; make_merged() came before. */
static struct ll_buf
make_json(void)
{
	const unsigned char *cursor = merged_vocab.merges;
	struct ll_buf json = { 0 }, text = { 0 };

	ll_buf_puts(&json, "{\"pre_tokenizer\":{\"type\":\"Sequence\",\"pretokenizers\":[{\"type\":\"Split\",\"pattern\":"
	    "{\"Regex\":\"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\\\r\\\\n\\\\p{L}\\\\p{N}]?\\\\p{L}+|\\\\p{N}{1,3}|"
	    " ?[^\\\\s\\\\p{L}\\\\p{N}]+[\\\\r\\\\n]*|\\\\s*[\\\\r\\\\n]+|\\\\s+(?!\\\\S)|\\\\s+\"},\"behavior\":\"Isolated\","
	    "\"invert\":false},{\"type\":\"ByteLevel\",\"add_prefix_space\":false,\"use_regex\":false}]},"
	    "\"post_processor\":{\"type\":\"TemplateProcessing\",\"single\":[{\"SpecialToken\":"
	    "{\"id\":\"<|begin_of_text|>\"}}]},\"added_tokens\":[", NULL);
	for (uint32_t id = 128000; id < llama.vocab->count; id++)
		ll_buf_printf(&json, NULL, "%s{\"id\":%u,\"special\":true,\"content\":\"%.*s\"}", id > 128000 ? "," : "",
		    (unsigned)id, (int)llama.vocab->pieces[id].length, llama.vocab->pieces[id].bytes);
	ll_buf_puts(&json, "],\"model\":{\"ignore_merges\":true,\"vocab\":{", NULL);
	for (uint32_t id = 0; id < 128000; id++) {
		text.len = 0;
		add_alphabet(&text, llama.vocab->pieces[id].bytes, llama.vocab->pieces[id].length);
		ll_buf_puts(&json, id > 0 ? "," : "", NULL);
		add_json(&json, text.data, text.len);
		ll_buf_printf(&json, NULL, ":%u", (unsigned)id);
	}
	ll_buf_puts(&json, "},\"merges\":[", NULL);
	for (size_t i = 0; i < merged_vocab.merge_count; i++) {
		struct ll_piece merge = ll_vocab_next_merge(&cursor);

		ll_buf_puts(&json, i > 0 ? "," : "", NULL);
		add_json(&json, merge.bytes, merge.length);
	}
	ll_buf_puts(&json, "]}}", NULL);
	ll_buf_free(&text);
	return json;
}

static void
golden_by_json(void **state)
{
	struct opened opened;
	struct ll_buf json;
	struct ll_err err = { 0 };

	(void)state;
	if (merged.tokenizer == NULL)
		skip();
	json = make_json();
	if (ll_vocab_from_hf(&opened.vocab, json.data, json.len, "mem", &err) < 0 ||
	    ll_tokenizer_new(&opened.tokenizer, opened.vocab, &err) < 0)
		fail_msg("%s", err.text);
	ll_buf_free(&json);
	assert_true(ll_vocab_fingerprint(opened.vocab) == ll_vocab_fingerprint(llama.vocab));
	assert_int_equal(opened.vocab->bos, 128000);
	assert_true(opened.vocab->add_bos);
	assert_memory_equal(opened.vocab->stops, llama.vocab->stops, sizeof(llama.vocab->stops));
	check_file(&opened, "golden-public.jsonl", 250);
	check_file(&opened, "golden-meta-chunk.jsonl", 5);
	check_file(&opened, "unicode-version-probes.jsonl", 52);
	close_tokenizer(&opened);
}

static void
golden_by_merges(void **state)
{
	(void)state;
	if (llama.tokenizer == NULL)
		skip();
	make_merged();
	check_file(&merged, "golden-public.jsonl", 250);
	check_file(&merged, "golden-meta-chunk.jsonl", 5);
	check_file(&merged, "unicode-version-probes.jsonl", 52);
}

static void
check_smollm(const struct ll_json *record, size_t line, void *context)
{
	const char *path = context;
	const struct ll_json *text = ll_json_get(record, "text");
	bool special = ll_json_is_true(ll_json_get(record, "special"));
	size_t length;
	const char *bytes;

	if (text == NULL) {
		text = ll_json_get(record, "prompt");
		special = true;
	}
	bytes = ll_json_text_of(text, &length);
	check_text(smollm.tokenizer, bytes, length, special, ll_json_get(record, "ids"), false, path, line);
}

static void
golden_smollm(void **state)
{
	char path[4096];

	(void)state;
	if (smollm.tokenizer == NULL)
		skip();
	snprintf(path, sizeof(path), "%s", golden_own_path("golden/smollm.jsonl"));
	assert_int_equal(golden_each(path, check_smollm, path), 158);
}

/* 21 bytes have no token there: an error that names the byte, not a loss. */
static void
smollm_lacks_bytes(void **state)
{
	struct ll_ids ids = { 0 };
	struct ll_err err = { 0 };

	(void)state;
	if (smollm.tokenizer == NULL)
		skip();
	assert_int_equal(ll_tokenizer_encode(smollm.tokenizer, "a\x04", 2, false, &ids, &err), -LL_EDATA);
	assert_non_null(strstr(err.text, "0x04"));
	free(ids.ids);
}

static void
round_trip(const struct ll_tokenizer *tokenizer, const char *text, size_t length, bool special)
{
	struct ll_ids ids = { 0 };
	struct ll_buf back;

	assert_int_equal(ll_tokenizer_encode(tokenizer, text, length, special, &ids, NULL), 0);
	back = spell(tokenizer, &ids, 0);
	assert_int_equal(back.len, length);
	assert_memory_equal(back.data != NULL ? back.data : "", text, length);
	ll_buf_free(&back);
	free(ids.ids);
}

static void
every_byte(void **state)
{
	char text[2] = "";

	(void)state;
	if (llama.tokenizer == NULL)
		skip();
	for (int b = 0; b < 256; b++) {
		text[0] = (char)b;
		round_trip(llama.tokenizer, text, 1, false);
		for (int c = 0; c < 256; c++) {
			text[1] = (char)c;
			round_trip(llama.tokenizer, text, 2, false);
		}
	}
	round_trip(llama.tokenizer, "", 0, true);
}

/* Bytes, or tokens one behind the other, cut anywhere. */
static size_t
random_text(const struct ll_vocab *vocab, struct ll_rng *rng, char *text, size_t room)
{
	size_t length = ll_rng_next(rng) % room;
	bool bytes = ll_rng_next(rng) % 2;

	for (size_t at = 0; at < length;) {
		const struct ll_piece *piece = &vocab->pieces[ll_rng_next(rng) % vocab->count];

		if (bytes) {
			text[at++] = (char)ll_rng_next(rng);
			continue;
		}
		for (size_t i = 0; i < piece->length && at < length; i++)
			text[at++] = piece->bytes[i];
	}
	return length;
}

static void
random_texts(void **state)
{
	struct ll_rng rng;
	char text[64];

	(void)state;
	if (llama.tokenizer == NULL)
		skip();
	ll_rng_seed(&rng, 1, 0);
	for (int i = 0; i < 100000; i++) {
		size_t length = random_text(llama.vocab, &rng, text, sizeof(text));

		round_trip(llama.tokenizer, text, length, i % 2);
	}
}

/* The list of merges and the ranks mean the same, also on text that nobody writes. */
static void
kinds_agree(void **state)
{
	struct ll_rng rng;
	char text[64];

	(void)state;
	if (merged.tokenizer == NULL)
		skip();
	ll_rng_seed(&rng, 2, 0);
	for (int i = 0; i < 100000; i++) {
		size_t length = random_text(llama.vocab, &rng, text, sizeof(text));
		struct ll_ids a = { 0 }, b = { 0 };

		assert_int_equal(ll_tokenizer_encode(llama.tokenizer, text, length, false, &a, NULL), 0);
		assert_int_equal(ll_tokenizer_encode(merged.tokenizer, text, length, false, &b, NULL), 0);
		assert_int_equal(a.count, b.count);
		if (a.count > 0)
			assert_memory_equal(a.ids, b.ids, a.count * sizeof(*a.ids));
		free(a.ids);
		free(b.ids);
	}
}

/* 10 MB that are one piece or next to it; quadratic time does not end within the test's. */
static void
long_pieces(void **state)
{
	static const char *const units[] = {
		"a", " ", "7", "\xf0\x9f\x91\xa9\xe2\x80\x8d", "\n ", "abcdefghijklmnopqrstuvwxyzetaoinshrdlu"
	};
	const size_t length = 10000000;
	char *text = malloc(length);

	(void)state;
	if (llama.tokenizer == NULL) {
		free(text);
		skip();
	}
	assert_non_null(text);
	for (size_t u = 0; u < sizeof(units) / sizeof(units[0]); u++) {
		size_t size = strlen(units[u]);

		for (size_t i = 0; i < length; i++)
			text[i] = units[u][i % size];
		round_trip(llama.tokenizer, text, length, false);
	}
	free(text);
}

static int
open_all(void **state)
{
	(void)state;
	llama = open_tokenizer(golden_path("llama3-tokenizer.model"));
	smollm = open_tokenizer(getenv("LL_TEST_SMOLLM"));
	return 0;
}

static int
close_all(void **state)
{
	(void)state;
	ll_tokenizer_free(merged.tokenizer);
	ll_buf_free(&merge_texts);
	close_tokenizer(&llama);
	close_tokenizer(&smollm);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(golden),
		cmocka_unit_test(golden_runs),
		cmocka_unit_test(unicode_version),
		cmocka_unit_test(golden_by_merges),
		cmocka_unit_test(golden_by_json),
		cmocka_unit_test(golden_smollm),
		cmocka_unit_test(smollm_lacks_bytes),
		cmocka_unit_test(every_byte),
		cmocka_unit_test(random_texts),
		cmocka_unit_test(kinds_agree),
		cmocka_unit_test(long_pieces),
	};

	return cmocka_run_group_tests(tests, open_all, close_all);
}
