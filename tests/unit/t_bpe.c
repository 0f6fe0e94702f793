/*
 * BPE and special tokens on vocabularies made here, so that each rule can be provoked.
 */

#include "tests/unit/golden.h"

#include "base/rng.h"
#include "tests/unit/tiny_vocab.h"

static struct ll_tokenizer *
make(const struct tiny *tiny)
{
	struct ll_tokenizer *tokenizer;
	struct ll_err err = { 0 };

	if (ll_tokenizer_new(&tokenizer, &tiny->vocab, &err) < 0)
		fail_msg("%s", err.text);
	return tokenizer;
}

static void
check(const struct ll_tokenizer *tokenizer, const char *text, bool special,
    const uint32_t *want, size_t count)
{
	struct ll_ids ids = { 0 };

	assert_int_equal(ll_tokenizer_encode(tokenizer, text, strlen(text), special, &ids, NULL), 0);
	assert_int_equal(ids.count, count);
	assert_memory_equal(ids.ids, want, count * sizeof(*want));
	free(ids.ids);
}

#define CHECK(tokenizer, text, special, ...) \
	check(tokenizer, text, special, (const uint32_t[]){ __VA_ARGS__ }, \
	    sizeof((const uint32_t[]){ __VA_ARGS__ }) / sizeof(uint32_t))

/* Tokens and merges of random words over two letters; a third letter is in none. */
struct random_vocab {
	struct tiny tiny;
	char words[64][8];
	char merges[200][16];
};

static void
random_words(struct random_vocab *v, struct ll_rng *rng)
{
	for (size_t i = 0; i < 64; i++) {
		size_t length = 2 + ll_rng_next(rng) % 5;

		for (size_t j = 0; j < length; j++)
			v->words[i][j] = ll_rng_next(rng) % 2 ? 'a' : 'b';
		v->words[i][length] = '\0';
		tiny_add(&v->tiny, v->words[i], LL_TOKEN_NORMAL);
	}
}

static bool
is_token(const struct random_vocab *v, const char *text, size_t length)
{
	for (size_t i = 0; i < 64; i++)
		if (strlen(v->words[i]) == length && memcmp(v->words[i], text, length) == 0)
			return true;
	return length == 1;
}

static void
random_merges(struct random_vocab *v, struct ll_rng *rng)
{
	size_t count = 0;

	while (count < 200) {
		const char *word = v->words[ll_rng_next(rng) % 64];
		size_t length = strlen(word);
		size_t left = 1 + ll_rng_next(rng) % (length - 1);

		if (ll_rng_next(rng) % 8 == 0)
			break;
		if (!is_token(v, word, left) || !is_token(v, word + left, length - left))
			continue;
		memcpy(v->merges[count], word, left);
		v->merges[count][left] = ' ';
		memcpy(v->merges[count] + left + 1, word + left, length - left + 1);
		tiny_merge(&v->tiny, v->merges[count++]);
	}
}

/* The rank of merging two texts, by looking through everything; UINT32_MAX if they do not merge. */
static uint32_t
slow_rank(const struct random_vocab *v, const char *left, size_t l, const char *right, size_t r)
{
	const struct ll_vocab *vocab = &v->tiny.vocab;
	char text[64];

	if (l + r > 8)
		return UINT32_MAX;
	if (vocab->kind == LL_VOCAB_BPE_RANKS) {
		for (size_t id = 256; id < vocab->count; id++)
			if (vocab->pieces[id].length == l + r &&
			    memcmp(vocab->pieces[id].bytes, left, l) == 0 &&
			    memcmp(vocab->pieces[id].bytes + l, right, r) == 0)
				return (uint32_t)id;
		return UINT32_MAX;
	}
	snprintf(text, sizeof(text), "%.*s %.*s", (int)l, left, (int)r, right);
	for (size_t i = 0; i < vocab->merge_count; i++)
		if (strcmp(v->merges[i], text) == 0)
			return (uint32_t)i;
	return UINT32_MAX;
}

/* The definition: merge the leftmost pair of lowest rank until there is none. Where the tokens begin. */
static size_t
slow_bpe(const struct random_vocab *v, const char *text, size_t length, size_t *starts)
{
	size_t count = length;

	for (size_t i = 0; i <= length; i++)
		starts[i] = i;
	for (;;) {
		uint32_t best = UINT32_MAX;
		size_t at = 0;

		for (size_t i = 0; i + 1 < count; i++) {
			uint32_t rank = slow_rank(v, text + starts[i], starts[i + 1] - starts[i],
			    text + starts[i + 1], starts[i + 2] - starts[i + 1]);

			if (rank < best) {
				best = rank;
				at = i;
			}
		}
		if (best == UINT32_MAX)
			return count;
		memmove(&starts[at + 1], &starts[at + 2], (count - at - 1) * sizeof(*starts));
		count--;
	}
}

static void
compare_with_slow(const struct random_vocab *v, const struct ll_tokenizer *tokenizer,
    struct ll_rng *rng, size_t length)
{
	char text[600];
	size_t starts[601];
	struct ll_ids ids = { 0 };
	size_t count, at = 0;

	/* One piece: letters only. The z keeps it from being a token as a whole. */
	for (size_t i = 0; i < length; i++)
		text[i] = ll_rng_next(rng) % 40 == 0 ? 'c' : ll_rng_next(rng) % 2 ? 'a' : 'b';
	text[length - 1] = 'z';
	count = slow_bpe(v, text, length, starts);
	assert_int_equal(ll_tokenizer_encode(tokenizer, text, length, false, &ids, NULL), 0);
	assert_int_equal(ids.count, count);
	for (size_t i = 0; i < count; i++) {
		const struct ll_piece *piece = &v->tiny.vocab.pieces[ids.ids[i]];

		assert_int_equal(at, starts[i]);
		assert_memory_equal(piece->bytes, text + at, piece->length);
		/* Of equal words the first. */
		assert_int_equal(ids.ids[i], ll_tokenizer_find(tokenizer, text + at, piece->length));
		at += piece->length;
	}
	assert_int_equal(at, length);
	free(ids.ids);
}

static void
equals_definition(enum ll_vocab_kind kind)
{
	static struct random_vocab v;
	struct ll_rng rng;

	for (uint64_t seed = 0; seed < 60; seed++) {
		struct ll_tokenizer *tokenizer;

		ll_rng_seed(&rng, seed, kind);
		tiny_begin(&v.tiny, kind, "llama-bpe");
		random_words(&v, &rng);
		if (kind == LL_VOCAB_BPE_MERGES)
			random_merges(&v, &rng);
		tokenizer = make(&v.tiny);
		for (size_t length = 1; length < 40; length++)
			compare_with_slow(&v, tokenizer, &rng, length);
		compare_with_slow(&v, tokenizer, &rng, 256 + seed % 3);
		if (seed % 10 == 0)
			compare_with_slow(&v, tokenizer, &rng, 600);
		ll_tokenizer_free(tokenizer);
	}
}

static void
ranks_equal_definition(void **state)
{
	(void)state;
	equals_definition(LL_VOCAB_BPE_RANKS);
}

static void
merges_equal_definition(void **state)
{
	(void)state;
	equals_definition(LL_VOCAB_BPE_MERGES);
}

/* "abc" is a token that no merge builds: only a whole piece may become it, and only in Llama 3. */
static void
whole_piece(void **state)
{
	static struct tiny tiny;
	struct ll_tokenizer *tokenizer;

	(void)state;
	for (int i = 0; i < 3; i++) {
		static const char *const pre[] = { "llama-bpe", "gpt-2", "smollm" };

		tiny_begin(&tiny, LL_VOCAB_BPE_MERGES, pre[i]);
		tiny_add(&tiny, "abc", LL_TOKEN_NORMAL);
		tiny_add(&tiny, "bc", LL_TOKEN_NORMAL);
		tiny_merge(&tiny, "b c");
		tokenizer = make(&tiny);
		if (i == 0)
			CHECK(tokenizer, "abc", false, 256);
		else
			CHECK(tokenizer, "abc", false, 'a', 257);
		CHECK(tokenizer, "abcd", false, 'a', 257, 'd');
		ll_tokenizer_free(tokenizer);
	}
}

static void
duplicates(void **state)
{
	static struct tiny tiny;
	struct ll_tokenizer *tokenizer;

	(void)state;
	tiny_begin(&tiny, LL_VOCAB_BPE_MERGES, "gpt-2");
	tiny_add(&tiny, "ab", LL_TOKEN_NORMAL);
	tiny_add(&tiny, "ab", LL_TOKEN_NORMAL);
	tiny_add(&tiny, "b", LL_TOKEN_NORMAL);
	tiny_add(&tiny, "bc", LL_TOKEN_NORMAL);
	tiny_merge(&tiny, "a b");
	tiny_merge(&tiny, "b c");
	tiny_merge(&tiny, "a b");
	tokenizer = make(&tiny);
	CHECK(tokenizer, "abc", false, 256, 'c');
	ll_tokenizer_free(tokenizer);
}

static void
specials(void **state)
{
	static struct tiny tiny;
	struct ll_tokenizer *tokenizer;

	(void)state;
	tiny_begin(&tiny, LL_VOCAB_BPE_RANKS, "llama-bpe");
	tiny_add(&tiny, "<s>", LL_TOKEN_CONTROL);
	tiny_add(&tiny, "<s>>", LL_TOKEN_CONTROL);
	tiny_add(&tiny, "<u>", LL_TOKEN_USER);
	tiny_add(&tiny, "word", LL_TOKEN_CONTROL);
	tiny_add(&tiny, "<s>", LL_TOKEN_CONTROL);
	tiny_add(&tiny, "unused", LL_TOKEN_UNUSED);
	tokenizer = make(&tiny);
	CHECK(tokenizer, "<s>", true, 256);
	CHECK(tokenizer, "<s>>", true, 257);
	CHECK(tokenizer, "<<s>>>", true, '<', 257, '>');
	CHECK(tokenizer, "<s><s", true, 256, '<', 's');
	CHECK(tokenizer, "a<u>word", true, 'a', 258, 259);
	/* Off, they are text, also where one is a whole piece. */
	CHECK(tokenizer, "<s>word", false, '<', 's', '>', 'w', 'o', 'r', 'd');
	CHECK(tokenizer, "word", false, 'w', 'o', 'r', 'd');
	CHECK(tokenizer, "unused", true, 'u', 'n', 'u', 's', 'e', 'd');
	assert_int_equal(ll_tokenizer_find(tokenizer, "<s>>", 4), 257);
	assert_int_equal(ll_tokenizer_find(tokenizer, "<s>", 3), 256);
	assert_int_equal(ll_tokenizer_find(tokenizer, "<s", 2), LL_VOCAB_NONE);
	assert_int_equal(ll_tokenizer_find(tokenizer, "a", 1), 'a');
	assert_int_equal(ll_tokenizer_find(tokenizer, "", 0), LL_VOCAB_NONE);
	ll_tokenizer_free(tokenizer);
}

static void
pieces(void **state)
{
	static struct tiny tiny;
	struct ll_tokenizer *tokenizer;
	struct ll_err err = { 0 };
	const char *bytes;
	size_t length;
	bool special;

	(void)state;
	tiny_begin(&tiny, LL_VOCAB_BPE_RANKS, "llama-bpe");
	tiny_add(&tiny, "<s>", LL_TOKEN_CONTROL);
	tiny_add(&tiny, "<u>", LL_TOKEN_USER);
	tokenizer = make(&tiny);
	assert_int_equal(ll_tokenizer_piece(tokenizer, 256, &bytes, &length, &special, &err), 0);
	assert_true(special && length == 3 && memcmp(bytes, "<s>", 3) == 0);
	assert_int_equal(ll_tokenizer_piece(tokenizer, 257, &bytes, &length, &special, &err), 0);
	assert_false(special);
	assert_int_equal(ll_tokenizer_piece(tokenizer, 258, &bytes, &length, &special, &err), -LL_EDATA);
	assert_non_null(strstr(err.text, "258"));
	assert_int_equal(ll_tokenizer_piece(tokenizer, UINT32_MAX, &bytes, &length, &special, NULL), -LL_EDATA);
	ll_tokenizer_free(tokenizer);
}

static void
refuse(struct tiny *tiny, int code, const char *named)
{
	struct ll_tokenizer *tokenizer;
	struct ll_err err = { 0 };

	assert_int_equal(ll_tokenizer_new(&tokenizer, &tiny->vocab, &err), -code);
	assert_null(tokenizer);
	assert_non_null(strstr(err.text, named));
}

static void
refused(void **state)
{
	static const char *const merges[] = {
		"a", "ab", "a ", " b", "  ", "a  b", " a b", "a b c", "a \xc4", "a \xc5\x84", "a \xc2\xad", "a \x01",
		"a \xe4\xb8\xad", "a c", "x ab", "ab x", "aaaaaaaaaaaaaaaaaa b", ""
	};
	static struct tiny tiny;
	char longest[300];

	(void)state;
	tiny_begin(&tiny, LL_VOCAB_BPE_RANKS, "unheard-of");
	refuse(&tiny, LL_EUNSUPPORTED, "unheard-of");
	for (size_t i = 0; i < sizeof(merges) / sizeof(merges[0]); i++) {
		tiny_begin(&tiny, LL_VOCAB_BPE_MERGES, "gpt-2");
		tiny_add(&tiny, "ab", LL_TOKEN_NORMAL);
		tiny_merge(&tiny, "a b");
		tiny_merge(&tiny, merges[i]);
		refuse(&tiny, LL_EDATA, "merge 1");
	}
	memset(longest, '<', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	tiny_begin(&tiny, LL_VOCAB_BPE_RANKS, "gpt-2");
	tiny_add(&tiny, longest, LL_TOKEN_CONTROL);
	refuse(&tiny, LL_EDATA, "special token 256");
}

static void
missing_byte(void **state)
{
	static struct tiny tiny;
	struct ll_tokenizer *tokenizer;
	struct ll_ids ids = { 0 };
	struct ll_err err = { 0 };

	(void)state;
	tiny_begin(&tiny, LL_VOCAB_BPE_RANKS, "llama-bpe");
	tiny.pieces[0xff].type = LL_TOKEN_UNUSED;
	tokenizer = make(&tiny);
	CHECK(tokenizer, "ab", false, 'a', 'b');
	assert_int_equal(ll_tokenizer_encode(tokenizer, "ab\xff", 3, false, &ids, &err), -LL_EDATA);
	assert_non_null(strstr(err.text, "0xff"));
	free(ids.ids);
	ll_tokenizer_free(tokenizer);
}

/* Every byte of the alphabet in which merges are written. */
static void
alphabet(void **state)
{
	static struct tiny tiny;
	static char texts[256][3], merges[256][8];
	struct ll_tokenizer *tokenizer;
	unsigned other = 0x100;

	(void)state;
	tiny_begin(&tiny, LL_VOCAB_BPE_MERGES, "gpt-2");
	for (unsigned byte = 1; byte < 256; byte++) {
		texts[byte][0] = '!';
		texts[byte][1] = (char)byte;
		tiny_add(&tiny, texts[byte], LL_TOKEN_NORMAL);
	}
	for (unsigned byte = 0; byte < 256; byte++) {
		bool printable = (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte != 0xad);
		unsigned code = printable ? byte : other++;

		if (code < 0x80)
			snprintf(merges[byte], sizeof(merges[byte]), "! %c", (char)code);
		else
			snprintf(merges[byte], sizeof(merges[byte]), "! %c%c", (char)(0xc0 | code >> 6),
			    (char)(0x80 | (code & 0x3f)));
		if (byte > 0)
			tiny_merge(&tiny, merges[byte]);
	}
	tokenizer = make(&tiny);
	/* U+00A1 to U+00AC and the like are none of letter, number, space once they are single bytes. */
	for (unsigned byte = 0x80; byte < 256; byte++)
		CHECK(tokenizer, texts[byte], false, 255 + byte);
	CHECK(tokenizer, "!!", false, 255 + '!');
	ll_tokenizer_free(tokenizer);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ranks_equal_definition),
		cmocka_unit_test(merges_equal_definition),
		cmocka_unit_test(whole_piece),
		cmocka_unit_test(duplicates),
		cmocka_unit_test(specials),
		cmocka_unit_test(pieces),
		cmocka_unit_test(refused),
		cmocka_unit_test(missing_byte),
		cmocka_unit_test(alphabet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
