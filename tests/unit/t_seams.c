/*
 * Seams and points: what they spare must change nothing. Vocabularies of random tokens, which
 * begin and end within code points too, with ranks in any order; every text is encoded with
 * them, and piece by piece through the tree over its bytes, which knows neither.
 */

#include <pthread.h>

#include "tests/unit/golden.h"

#include "base/rng.h"
#include "base/utf8.h"
#include "tests/unit/tiny_vocab.h"
#include "tokenize/bpe.h"
#include "tokenize/seams.h"
#include "tokenize/split.h"

/* Letters and marks that share bytes; the longest has four, and two are not UTF-8. */
static const char *const atoms[] = {
	"\xd0\xb0", "\xd0\xb1", "\xd1\x80", "\xd1\xb0", "\xe4\xb8\xad", "\xe4\xb8\xb8", "\xe6\x96\x87", "\xe3\x81\xae",
	"\xe3\x81\x81", "\xf0\xa0\x80\x80", "a", "b", " ", ".", "\xe0\xb8\xb1", "\x80", "\xd0"
};

#define ATOMS (sizeof(atoms) / sizeof(atoms[0]))
#define TOKENS 220

struct random_vocab {
	struct tiny tiny;
	char words[TOKENS][16];
	char merges[TINY_MOST][80];
	char spelled[TINY_MOST][40];
	struct ll_piece written[TINY_MOST];
};

/* `kinds` of the atoms, so that the same ones meet often. */
static size_t
random_text(char *out, struct ll_rng *rng, size_t count, size_t first, size_t kinds)
{
	size_t length = 0;

	while (count-- > 0) {
		const char *atom = atoms[(first + ll_rng_next(rng) % kinds) % ATOMS];

		memcpy(out + length, atom, strlen(atom));
		length += strlen(atom);
	}
	return length;
}

static bool
is_token(const struct random_vocab *v, const char *text, size_t length)
{
	for (size_t id = 0; id < v->tiny.vocab.count; id++)
		if (v->tiny.pieces[id].length == length && memcmp(v->tiny.pieces[id].bytes, text, length) == 0)
			return true;
	return false;
}

/* `twice`: a token may be there twice, with which some things are not done. */
static void
random_tokens(struct random_vocab *v, struct ll_rng *rng, size_t first, size_t kinds, bool twice)
{
	for (size_t i = 0; i < TOKENS; i++) {
		char text[32];
		size_t length = random_text(text, rng, 1 + ll_rng_next(rng) % 4, first, kinds);
		size_t begin = ll_rng_next(rng) % 3 == 0 ? ll_rng_next(rng) % length : 0;
		size_t end = ll_rng_next(rng) % 2 == 0 ? begin + 1 + ll_rng_next(rng) % (length - begin) : length;

		if (end - begin < 2 || end - begin > 15 || (!twice && is_token(v, text + begin, end - begin)))
			continue;
		memcpy(v->words[i], text + begin, end - begin);
		v->words[i][end - begin] = '\0';
		tiny_add(&v->tiny, v->words[i], LL_TOKEN_NORMAL);
	}
}

static size_t
put_byte(char *out, unsigned char byte)
{
	int16_t next = 256;

	if ((byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte != 0xad))
		return ll_utf8_put((unsigned char *)out, byte);
	for (unsigned i = 0; i < byte; i++)
		next = (int16_t)(next + !((i >= 0x21 && i <= 0x7e) || (i >= 0xa1 && i != 0xad)));
	return ll_utf8_put((unsigned char *)out, (uint32_t)next);
}

static void
random_merges(struct random_vocab *v, struct ll_rng *rng)
{
	for (size_t i = 0; i < 600; i++) {
		/* Now in order, as trainers write them, now not. */
		size_t id = 256 + (ll_rng_next(rng) % 2 ? i % TOKENS : ll_rng_next(rng)) % (v->tiny.vocab.count - 256);
		const struct ll_piece *piece = &v->tiny.pieces[id];
		size_t left = 1 + ll_rng_next(rng) % (piece->length - 1), at = 0;
		char *merge = v->merges[v->tiny.vocab.merge_count];

		if (!is_token(v, piece->bytes, left) || !is_token(v, piece->bytes + left, piece->length - left))
			continue;
		for (size_t j = 0; j < piece->length; j++) {
			if (j == left)
				merge[at++] = ' ';
			at += put_byte(merge + at, (unsigned char)piece->bytes[j]);
		}
		merge[at] = '\0';
		tiny_merge(&v->tiny, merge);
	}
}

/* As a GGUF has the tokens: their merges are found without undoing the alphabet. */
static void
write_tokens(struct random_vocab *v)
{
	for (size_t id = 0; id < v->tiny.vocab.count; id++) {
		const struct ll_piece *piece = &v->tiny.pieces[id];
		size_t at = 0;

		for (size_t j = 0; j < piece->length; j++)
			at += put_byte(v->spelled[id] + at, (unsigned char)piece->bytes[j]);
		v->written[id] = (struct ll_piece){ v->spelled[id], (uint32_t)at, 0 };
	}
	v->tiny.vocab.written = v->written;
}

static void
encode_plainly(const struct ll_bpe *bpe, const char *text, size_t length, struct ll_ids *ids)
{
	struct ll_bpe_work work = { 0 };

	while (length > 0) {
		size_t size = ll_split_next(LL_SPLIT_LLAMA3, (const unsigned char *)text, length);

		assert_int_equal(ll_bpe_encode(bpe, (const unsigned char *)text, size, &work, ids, NULL), 0);
		text += size;
		length -= size;
	}
	ll_bpe_work_free(&work);
}

static void
compare(const struct ll_tokenizer *tokenizer, const struct ll_bpe *bpe, const char *text, size_t length)
{
	struct ll_ids fast = { 0 }, plain = { 0 };
	char *exactly = malloc(length);

	assert_non_null(exactly);
	memcpy(exactly, text, length);
	assert_int_equal(ll_tokenizer_encode(tokenizer, exactly, length, false, &fast, NULL), 0);
	encode_plainly(bpe, exactly, length, &plain);
	assert_int_equal(fast.count, plain.count);
	assert_memory_equal(fast.ids, plain.ids, plain.count * sizeof(*plain.ids));
	free(exactly);
	free(fast.ids);
	free(plain.ids);
}

/* How often each of the two was there to be tested. */
struct seen {
	size_t seams, points, early;
};

static void
look(const struct ll_bpe *bpe, const char *text, size_t length, struct seen *seen)
{
	const unsigned char *p = (const unsigned char *)text;

	seen->seams += ll_seams_reach(ll_bpe_seams(bpe), p, length) < length;
	for (size_t at = 0, size; at < length; at++) {
		uint32_t code = ll_seams_point(p + at, length - at, &size);
		struct ll_point point = bpe->seams->points[code];

		if (code == 0 || point.next_id == 0)
			continue;
		if (ll_seams_is_settled(bpe->seams, point, p, length, at, size))
			seen->points++;
		else
			seen->early++;
	}
}

static void
compare_vocabulary(struct random_vocab *v, enum ll_vocab_kind kind, bool whole, uint64_t seed, struct seen *seen)
{
	struct ll_tokenizer *tokenizer;
	struct ll_bpe bpe = { 0 };
	struct ll_rng rng;
	size_t first, kinds;

	ll_rng_seed(&rng, seed, kind);
	first = ll_rng_next(&rng) % ATOMS;
	kinds = 2 + ll_rng_next(&rng) % (ATOMS - 1);
	tiny_begin(&v->tiny, kind, "llama-bpe");
	v->tiny.vocab.whole = whole ? LL_WHOLE_FIRST : LL_WHOLE_NEVER;
	random_tokens(v, &rng, first, kinds, seed % 5 == 0);
	if (kind == LL_VOCAB_BPE_MERGES)
		random_merges(v, &rng);
	assert_int_equal(ll_bpe_build(&bpe, &v->tiny.vocab, whole, NULL), 0);
	if (seed % 3 != 0)
		write_tokens(v);
	assert_int_equal(ll_tokenizer_new(&tokenizer, &v->tiny.vocab, NULL), 0);
	for (size_t i = 0; i < 60; i++) {
		char text[4096];
		size_t length = random_text(text, &rng, 1 + ll_rng_next(&rng) % (i % 6 == 0 ? 900 : 12), first, kinds);

		look(&bpe, text, length, seen);
		compare(tokenizer, &bpe, text, length);
	}
	ll_bpe_free(&bpe);
	ll_tokenizer_free(tokenizer);
}

static void
change_nothing(void **state)
{
	static struct random_vocab v;
	struct seen seen = { 0 };

	(void)state;
	for (uint64_t seed = 0; seed < 300; seed++)
		compare_vocabulary(&v, seed % 2 ? LL_VOCAB_BPE_MERGES : LL_VOCAB_BPE_RANKS, seed / 2 % 2, seed, &seen);
	assert_true(seen.seams > 1000 && seen.points > 10000 && seen.early > 10000);
}

/* A merge with the space before it comes before the letter's own, and a token of half a letter before either. */
static void
early_merges(void **state)
{
	static struct tiny tiny;
	struct ll_tokenizer *tokenizer;
	struct ll_ids ids = { 0 };

	(void)state;
	tiny_begin(&tiny, LL_VOCAB_BPE_RANKS, "llama-bpe");
	tiny_add(&tiny, "\xb8\xad", LL_TOKEN_NORMAL);
	tiny_add(&tiny, "a\xe4", LL_TOKEN_NORMAL);
	tiny_add(&tiny, "\xe4\xb8\xad", LL_TOKEN_NORMAL);
	tiny_add(&tiny, "\xe4\xb8\xadz", LL_TOKEN_NORMAL);
	assert_int_equal(ll_tokenizer_new(&tokenizer, &tiny.vocab, NULL), 0);
	assert_int_equal(ll_tokenizer_encode(tokenizer, "xa\xe4\xb8\xadz\xe4\xb8\xad\xe4\xb8\xadz", 13, false, &ids, NULL), 0);
	/* b8 ad first, then the a has the e4; but behind the z it is whole. */
	assert_int_equal(ids.count, 6);
	assert_memory_equal(ids.ids, ((uint32_t[]){ 'x', 257, 256, 'z', 258, 259 }), 6 * sizeof(uint32_t));
	free(ids.ids);
	ll_tokenizer_free(tokenizer);
}

/* A token that no merge builds stands for a piece, never for a part of one between seams. */
static void
whole_pieces(void **state)
{
	static struct tiny tiny;
	struct ll_tokenizer *tokenizer;
	struct ll_ids ids = { 0 };

	(void)state;
	tiny_begin(&tiny, LL_VOCAB_BPE_RANKS, "llama-bpe");
	tiny_add(&tiny, "\xe4\xb8\xad", LL_TOKEN_NORMAL);
	assert_int_equal(ll_tokenizer_new(&tokenizer, &tiny.vocab, NULL), 0);
	/* The piece, the piece with a seam before another letter, and the piece again. */
	assert_int_equal(ll_tokenizer_encode(tokenizer, "\xe4\xb8\xad.\xe4\xb8\xad\xd0\xb0\n\xe4\xb8\xad", 13, false, &ids, NULL), 0);
	assert_int_equal(ids.count, 8 + 1);
	assert_int_equal(ids.ids[0], 256);
	assert_int_equal(ids.ids[8], 256);
	free(ids.ids);
	ll_tokenizer_free(tokenizer);
}

/* Texts of one tokenizer, in threads that ask for its seams at the same time. */
struct asking {
	const struct ll_tokenizer *tokenizer;
	struct ll_ids ids;
	int status;
};

static void *
ask(void *argument)
{
	struct asking *a = argument;

	a->status = ll_tokenizer_encode(a->tokenizer, "xa\xe4\xb8\xadz\xe4\xb8\xad\xe4\xb8\xadz", 13, false, &a->ids, NULL);
	return NULL;
}

static void
made_once(void **state)
{
	static struct tiny tiny;

	(void)state;
	tiny_begin(&tiny, LL_VOCAB_BPE_RANKS, "llama-bpe");
	tiny_add(&tiny, "\xe4\xb8\xad", LL_TOKEN_NORMAL);
	tiny_add(&tiny, "\xe4\xb8\xadz", LL_TOKEN_NORMAL);
	for (int round = 0; round < 20; round++) {
		struct asking asking[8] = { { 0 } };
		struct ll_tokenizer *tokenizer;
		pthread_t threads[8];

		assert_int_equal(ll_tokenizer_new(&tokenizer, &tiny.vocab, NULL), 0);
		for (size_t i = 0; i < 8; i++) {
			asking[i].tokenizer = tokenizer;
			assert_int_equal(pthread_create(&threads[i], NULL, ask, &asking[i]), 0);
		}
		for (size_t i = 0; i < 8; i++)
			assert_int_equal(pthread_join(threads[i], NULL), 0);
		for (size_t i = 0; i < 8; i++) {
			assert_int_equal(asking[i].status, 0);
			assert_int_equal(asking[i].ids.count, asking[0].ids.count);
			assert_memory_equal(asking[i].ids.ids, asking[0].ids.ids, asking[0].ids.count * sizeof(uint32_t));
		}
		for (size_t i = 0; i < 8; i++)
			free(asking[i].ids.ids);
		ll_tokenizer_free(tokenizer);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(change_nothing),
		cmocka_unit_test(early_merges),
		cmocka_unit_test(whole_pieces),
		cmocka_unit_test(made_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
