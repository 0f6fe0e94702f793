/*
 * Seams and points; see seams.h.
 *
 * Why a part may begin with points: as long as the bytes of a code point are not one token,
 * the next of the merges that make it is there to be taken, and its rank is at most that of
 * the point. So a merge over an end of it, that takes some of its bytes or just all of them,
 * comes later if its rank is higher; and one that takes more than all comes later anyway. In
 * most vocabularies most ranks are so, but not all: a merge of a space and a letter's bytes
 * may come before the letter.
 */

#include <string.h>

#include "base/err.h"
#include "base/utf8.h"
#include "base/vocab.h"
#include "tokenize/bpe.h"
#include "tokenize/seams.h"

static inline size_t
bit_of(uint32_t left, uint32_t right)
{
	return (size_t)((((uint64_t)left << 21 | right) * 0x9e3779b97f4a7c15u) >> (64 - LL_SEAMS_BITS));
}

static inline bool
continues(unsigned char byte)
{
	return (byte & 0xc0) == 0x80;
}

/* The code point that ends before p[at], or LL_UTF8_BAD if only a part of it is there. */
static uint32_t
point_before(const unsigned char *p, size_t at, size_t *size)
{
	size_t back = 1;
	uint32_t code;

	while (back < 4 && back < at && continues(p[at - back]))
		back++;
	code = ll_utf8_next(p + at - back, back, size);
	return *size == back ? code : LL_UTF8_BAD;
}

static void
add_edge(struct ll_seams *seams, const struct ll_bpe *bpe, uint32_t id, const unsigned char *p, size_t at)
{
	uint32_t *edge = &seams->edges[p[at - 1]][p[at]];
	uint32_t rank = ll_bpe_rank(bpe, id, at);

	/* UINT32_MAX is no rank: nothing merges there. */
	if (rank != UINT32_MAX && (*edge == 0 || rank < *edge - 1))
		*edge = rank + 1;
}

/* Whether the token is a point and more, and may be merged before the point is. */
static bool
comes_early(const struct ll_seams *seams, const struct ll_bpe *bpe, uint32_t id, size_t at, uint32_t point)
{
	return point < 0x10000 && seams->points[point].next_id != 0 &&
	    ll_bpe_rank(bpe, id, at) <= seams->points[point].rank;
}

static void
add_pairs(struct ll_seams *seams, const struct ll_bpe *bpe, uint32_t id, const unsigned char *p, size_t length)
{
	for (size_t at = 1; at < length; at++) {
		uint32_t left, right;
		size_t size, back;

		if (continues(p[at]) || (p[at - 1] | p[at]) < 0x80)
			continue;
		left = point_before(p, at, &back);
		right = ll_utf8_next(p + at, length - at, &size);
		if (left == LL_UTF8_BAD || right == LL_UTF8_BAD) {
			add_edge(seams, bpe, id, p, at);
			continue;
		}
		seams->pairs[bit_of(left, right) / 64] |= (uint64_t)1 << bit_of(left, right) % 64;
		if ((back == at && comes_early(seams, bpe, id, at, left)) ||
		    (at + size == length && comes_early(seams, bpe, id, at, right)))
			add_edge(seams, bpe, id, p, at);
	}
}

/* The rank of merging `left` bytes with the rest of these, or UINT32_MAX. */
static uint32_t
rank_of(const struct ll_bpe *bpe, const unsigned char *p, size_t length, size_t left)
{
	uint32_t id = ll_piecemap_find(&bpe->map, p, length);

	return id == LL_VOCAB_NONE ? UINT32_MAX : ll_bpe_rank(bpe, id, left);
}

/* A code point of two or three bytes that is token `id`, if they merge to it. */
static void
add_point(struct ll_seams *seams, const struct ll_bpe *bpe, uint32_t id, uint32_t code, const unsigned char *p,
    size_t size)
{
	uint32_t first = 0, last;

	if (size == 2) {
		last = ll_bpe_rank(bpe, id, 1);
	} else {
		uint32_t right = rank_of(bpe, p + 1, 2, 1);

		first = rank_of(bpe, p, 2, 1);
		last = ll_bpe_rank(bpe, id, right < first ? 1 : 2);
		first = right < first ? right : first;
	}
	if (first != UINT32_MAX && last != UINT32_MAX)
		seams->points[code] = (struct ll_point){ id + 1, first > last ? first : last };
}

/* The loads overlap, so that none is in a loop for most pieces, which are short. */
static bool
is_ascii(const unsigned char *p, size_t length)
{
	uint64_t word, all = 0;
	uint32_t first, last;

	if (length < 4)
		return (p[0] | p[length / 2] | p[length - 1]) < 0x80;
	if (length < 8) {
		memcpy(&first, p, sizeof(first));
		memcpy(&last, p + length - sizeof(last), sizeof(last));
		return ((first | last) & 0x80808080u) == 0;
	}
	for (size_t at = 0; at + 8 < length; at += 8) {
		memcpy(&word, p + at, sizeof(word));
		all |= word;
	}
	memcpy(&word, p + length - 8, sizeof(word));
	return ((all | word) & 0x8080808080808080u) == 0;
}

/* Its point, which must be known of all before what comes early is: or else its pairs. */
static void
add_piece(struct ll_seams *seams, const struct ll_bpe *bpe, uint32_t id, const struct ll_piece *piece, bool points)
{
	const unsigned char *p = (const unsigned char *)piece->bytes;
	size_t size = 0;
	uint32_t code;

	if (piece->length < 2 || (points && piece->length > 3) || is_ascii(p, piece->length) ||
	    !ll_piece_is_ordinary(piece))
		return;
	code = ll_seams_point(p, piece->length, &size);
	if (!points && size != piece->length)
		add_pairs(seams, bpe, id, p, piece->length);
	else if (points && size == piece->length && (!bpe->map.duplicates || ll_piecemap_find(&bpe->map, p, size) == id))
		add_point(seams, bpe, id, code, p, size);
}

int
ll_seams_init(struct ll_seams *seams, const struct ll_vocab *vocab, struct ll_err *err)
{
	if (pthread_mutex_init(&seams->making, NULL) != 0)
		return ll_fail(err, LL_ENOMEM, "out of memory: a mutex");
	seams->vocab = vocab;
	return 0;
}

void
ll_seams_free(struct ll_seams *seams)
{
	pthread_mutex_destroy(&seams->making);
}

static void
make(struct ll_seams *seams, const struct ll_bpe *bpe)
{
	const struct ll_vocab *vocab = seams->vocab;

	for (uint32_t id = 0; id < vocab->count; id++)
		add_piece(seams, bpe, id, &vocab->pieces[id], true);
	for (uint32_t id = 0; id < vocab->count; id++)
		add_piece(seams, bpe, id, &vocab->pieces[id], false);
}

void
ll_seams_make(struct ll_seams *seams, const struct ll_bpe *bpe)
{
	pthread_mutex_lock(&seams->making);
	if (!atomic_load_explicit(&seams->made, memory_order_relaxed)) {
		make(seams, bpe);
		atomic_store_explicit(&seams->made, true, memory_order_release);
	}
	pthread_mutex_unlock(&seams->making);
}

static inline uint32_t
point_at(const unsigned char *p, size_t length, size_t *size)
{
	uint32_t code;

	*size = 1;
	if (p[0] < 0x80)
		return p[0];
	code = ll_seams_point(p, length, size);
	return code != 0 ? code : ll_utf8_next(p, length, size);
}

/* Whether the code points are apart, the second of which begins at `p`. */
static inline bool
is_seam(const struct ll_seams *seams, uint32_t left, uint32_t right, const unsigned char *p)
{
	size_t bit = bit_of(left, right);

	return (left | right) >= 0x80 && !(seams->pairs[bit / 64] >> bit % 64 & 1) && left != LL_UTF8_BAD &&
	    right != LL_UTF8_BAD && seams->edges[p[-1]][p[0]] == 0;
}

size_t
ll_seams_reach(const struct ll_seams *seams, const unsigned char *piece, size_t length)
{
	size_t size, at;
	uint32_t left = point_at(piece, length, &size);

	for (at = size; at < length; at += size) {
		uint32_t right = point_at(piece + at, length - at, &size);

		if (is_seam(seams, left, right, piece + at))
			return at;
		left = right;
	}
	return length;
}
