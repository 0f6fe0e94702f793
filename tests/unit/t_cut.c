/*
 * The fast way from text to ids against the plain one: the pieces of ll_cut() against
 * ll_split_next(), and what the memory of pieces and pairs gives against merging each piece
 * by itself.
 */

#include "tests/unit/golden.h"

#include "base/rng.h"
#include "base/utf8.h"
#include "tests/unit/tiny_vocab.h"
#include "tokenize/bpe.h"
#include "tokenize/cut.h"

/* What the rules tell apart, and UTF-8 that is cut off, overlong or a surrogate. */
static const char *const atoms[] = {
	"a", "Z", "word", "abcdefgh", "ijklmnop", "@", "[", "`", "{", "/", ":", "0", "9", "12", " ", " ", "  ",
	"        ", "\t", "\n", "\r", "\r\n", "\x0b", "\x1c", "\x7f", "'", "'s", "'S", "'re", "'VE", "'l", "'ll",
	"'\xc5\xbf", "!", "...", "_", "\xc2\x85", "\xc2\xa0", "\xc2\xbd", "\xc3\xa9", "\xcc\x81", "\xd0\xb6\xd0\xb8",
	"\xdf\xbf", "\xe0\xa4\x95", "\xe0\xa5\xa7", "\xe1\xa0\x8e", "\xe2\x80\x99", "\xe3\x80\x80", "\xe4\xb8\xad",
	"\xec\x95\x84", "\xed\x95\x9c", "\xef\xbc\x91", "\xef\xbb\xbf", "\xf0\x9f\x98\x80", "\xf0\xa0\x80\x80", "\x80",
	"\xbf", "\xc0", "\xc1\x81", "\xc3", "\xe0\x9f\xbf", "\xe2\x82", "\xed\xa0\x80", "\xf0\x9f\x98", "\xf4\x90\x80\x80",
	"\xff", "\0"
};

/* In memory of just that size, so that a sanitizer sees a byte read too much. */
static unsigned char *
exactly(const struct ll_buf *text)
{
	unsigned char *copy = malloc(text->len > 0 ? text->len : 1);

	assert_non_null(copy);
	memcpy(copy, text->data, text->len);
	return copy;
}

static void
compare_cuts(const struct ll_buf *buf, size_t batch)
{
	unsigned char *text = exactly(buf);
	size_t sizes[64], at = 0;

	while (at < buf->len) {
		size_t count = ll_cut(LL_SPLIT_LLAMA3, text + at, buf->len - at, sizes, batch);

		assert_true(count > 0 && count <= batch);
		for (size_t i = 0; i < count; i++) {
			assert_int_equal(sizes[i], ll_split_next(LL_SPLIT_LLAMA3, text + at, buf->len - at));
			at += sizes[i];
		}
		assert_true(count == batch || at == buf->len);
	}
	assert_int_equal(at, buf->len);
	free(text);
}

static void
add(struct ll_buf *text, const void *bytes, size_t length)
{
	assert_int_equal(ll_buf_add(text, bytes, length, NULL), 0);
}

static void
add_atom(struct ll_buf *text, struct ll_rng *rng)
{
	const char *atom = atoms[ll_rng_next(rng) % (sizeof(atoms) / sizeof(atoms[0]))];

	add(text, atom, *atom == '\0' ? 1 : strlen(atom));
}

static void
cuts_of_atoms(void **state)
{
	struct ll_rng rng;

	(void)state;
	ll_rng_seed(&rng, 1, 0);
	for (int i = 0; i < 60000; i++) {
		struct ll_buf text = { 0 };
		size_t count = 1 + ll_rng_next(&rng) % 24;

		while (count-- > 0)
			add_atom(&text, &rng);
		compare_cuts(&text, 1 + (size_t)i % 64);
		ll_buf_free(&text);
	}
}

static void
cuts_of_noise(void **state)
{
	struct ll_rng rng;

	(void)state;
	ll_rng_seed(&rng, 2, 0);
	for (int i = 0; i < 20000; i++) {
		struct ll_buf text = { 0 };
		size_t count = 1 + ll_rng_next(&rng) % 60;

		while (count-- > 0) {
			unsigned char byte = (unsigned char)(ll_rng_next(&rng) >> (i % 2));

			byte = i % 3 == 0 ? byte & 0x7f : byte;
			add(&text, &byte, 1);
		}
		compare_cuts(&text, 64);
		ll_buf_free(&text);
	}
}

/* Each in the places where a rule asks for its class. */
static void
cuts_of_every_code_point(void **state)
{
	(void)state;
	for (uint32_t code = 0; code < 0x110000; code++) {
		struct ll_buf text = { 0 };
		unsigned char bytes[4];
		size_t size = ll_utf8_put(bytes, code);

		for (int i = 0; i < 7; i++) {
			add(&text, (const char *[]){ "", "a", " ", "1", "\n", ". ", "  " }[i], (size_t[]){ 0, 1, 1, 1, 1, 2, 2 }[i]);
			add(&text, bytes, size);
		}
		add(&text, bytes, size);
		compare_cuts(&text, 64);
		ll_buf_free(&text);
	}
}

/* Runs whose ends lie at each place of the eight bytes that are looked at together. */
static void
cuts_of_runs(void **state)
{
	static const char *const units[] = { "a", " ", "!", "1", "\n", "\xd0\xb6", "\xe4\xb8\xad" };
	static const char *const ends[] = { "", "a", " ", "!", "1", "\n", "\t", "\xc2\xa0", "\xe4\xb8\xad", "\x80" };

	(void)state;
	for (size_t u = 0; u < sizeof(units) / sizeof(units[0]); u++)
		for (size_t e = 0; e < sizeof(ends) / sizeof(ends[0]); e++)
			for (size_t count = 0; count < 40; count++) {
				struct ll_buf text = { 0 };

				add(&text, " ", count % 2);
				for (size_t i = 0; i < count; i++)
					add(&text, units[u], strlen(units[u]));
				add(&text, ends[e], strlen(ends[e]));
				if (text.len > 0)
					compare_cuts(&text, 64);
				ll_buf_free(&text);
			}
}

/* Every piece by itself, through the tree over its bytes. */
static void
encode_plainly(const struct ll_bpe *bpe, const char *pre, const unsigned char *text, size_t length,
    struct ll_ids *ids)
{
	int splitter = ll_split_by_name(pre, NULL);
	struct ll_bpe_work work = { 0 };

	while (length > 0) {
		size_t size = ll_split_next((enum ll_splitter)splitter, text, length);

		assert_int_equal(ll_bpe_encode(bpe, text, size, &work, ids, NULL), 0);
		text += size;
		length -= size;
	}
	ll_bpe_work_free(&work);
}

static void
compare_ids(const struct ll_tokenizer *tokenizer, const struct ll_bpe *bpe, const char *pre,
    const struct ll_buf *buf)
{
	struct ll_ids fast = { 0 }, plain = { 0 };
	unsigned char *text = exactly(buf);

	/* What stands in the array before is not what was remembered. */
	assert_int_equal(ll_ids_add(&fast, 77, NULL), 0);
	assert_int_equal(ll_ids_add(&plain, 77, NULL), 0);
	assert_int_equal(ll_tokenizer_encode(tokenizer, (char *)text, buf->len, false, &fast, NULL), 0);
	encode_plainly(bpe, pre, text, buf->len, &plain);
	assert_int_equal(fast.count, plain.count);
	assert_memory_equal(fast.ids, plain.ids, plain.count * sizeof(*plain.ids));
	free(text);
	free(fast.ids);
	free(plain.ids);
}

/* Words of many lengths, most of which come again: the lengths at which a piece changes its path among them. */
static void
add_words(struct ll_buf *text, struct ll_rng *rng, size_t words, size_t letters)
{
	static const size_t lengths[] = { 1, 2, 3, 7, 8, 9, 14, 15, 16, 17, 31, 63, 64, 65, 255, 256, 257, 300 };

	for (size_t i = 0; i < words; i++) {
		uint64_t draw = ll_rng_next(rng);
		size_t length = lengths[draw % 4 == 0 ? (draw >> 8) % 18 : (draw >> 8) % 9];
		struct ll_rng word;

		ll_rng_seed(&word, (draw >> 16) % 50, length);
		add(text, " ", draw % 2);
		for (size_t j = 0; j < length; j++) {
			char letter = (char)('a' + ll_rng_next(&word) % letters);

			add(text, &letter, 1);
		}
		if (draw % 5 == 0)
			add_atom(text, rng);
		add(text, ".", 1);
	}
}

static void
compare_vocabulary(const struct ll_vocab *vocab, bool whole_first, size_t letters)
{
	struct ll_tokenizer *tokenizer;
	struct ll_bpe bpe = { 0 };
	struct ll_rng rng;

	assert_int_equal(ll_tokenizer_new(&tokenizer, vocab, NULL), 0);
	assert_int_equal(ll_bpe_build(&bpe, vocab, whole_first, NULL), 0);
	ll_rng_seed(&rng, 3, letters);
	for (size_t i = 0; i < 40; i++) {
		struct ll_buf text = { 0 };

		add_words(&text, &rng, i * i, letters);
		for (size_t j = 0; j < 200; j++)
			add_atom(&text, &rng);
		compare_ids(tokenizer, &bpe, vocab->pre, &text);
		ll_buf_free(&text);
	}
	ll_bpe_free(&bpe);
	ll_tokenizer_free(tokenizer);
}

static void
ids_of_tiny(void **state)
{
	static struct tiny tiny;
	static const char *const tokens[] = {
		"ab", "ba", "aa", "abab", "bb", "abba", "aaa", "aabb", "abcab", "aabbaab", "aabbaabb", "abababababababa",
		"babababababababa", " a", " ab", "..", "a\0b"
	};
	static const char *const merges[] = {
		"b b", "a b", "b a", "ab ab", "a a", "ab ba", "aa a", "a aa", "aa bb", "aabb aab", "aabb aabb", "\xc4\xa0 a"
	};

	(void)state;
	for (int kind = 0; kind < 6; kind++) {
		static const char *const pre[] = { "llama-bpe", "gpt-2", "smollm" };
		enum ll_vocab_kind ranks = kind % 2 ? LL_VOCAB_BPE_MERGES : LL_VOCAB_BPE_RANKS;

		tiny_begin(&tiny, ranks, pre[kind / 2]);
		for (size_t i = 0; i < sizeof(tokens) / sizeof(tokens[0]); i++)
			tiny_add(&tiny, tokens[i], LL_TOKEN_NORMAL);
		tiny_add(&tiny, "aab", LL_TOKEN_NORMAL);
		for (size_t i = 0; kind % 2 && i < sizeof(merges) / sizeof(merges[0]); i++)
			tiny_merge(&tiny, merges[i]);
		compare_vocabulary(&tiny.vocab, kind < 2 || kind % 2 == 0, 2 + (size_t)kind % 3);
	}
}

static void
ids_of_llama3(void **state)
{
	const char *path = golden_path("llama3-tokenizer.model");
	struct ll_vocab *vocab;

	(void)state;
	if (path == NULL)
		skip();
	assert_int_equal(ll_vocab_open(&vocab, path, NULL), 0);
	compare_vocabulary(vocab, true, 26);
	compare_vocabulary(vocab, true, 3);
	ll_vocab_free(vocab);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cuts_of_atoms),
		cmocka_unit_test(cuts_of_noise),
		cmocka_unit_test(cuts_of_every_code_point),
		cmocka_unit_test(cuts_of_runs),
		cmocka_unit_test(ids_of_tiny),
		cmocka_unit_test(ids_of_llama3),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
