/*
 * What a vocabulary allows between two code points, so that less is left to merge.
 *
 * Seams are where a piece falls apart before anything is merged. What a merge makes is a
 * token; so between two code points that stand side by side in no token nothing merges, and
 * what lies before and behind merges by itself. In Chinese that is between most characters:
 * a sentence becomes short parts that have been met before.
 *
 * Points are the code points that are tokens. A part may begin with these rather than with
 * bytes, where nothing can come before the merges that make them.
 *
 * They are made when a text that is not ASCII first asks for them: many processes never do.
 */

#ifndef LL_TOKENIZE_SEAMS_H
#define LL_TOKENIZE_SEAMS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ll_bpe;
struct ll_err;
struct ll_vocab;

#define LL_SEAMS_BITS 17	/* 16 KB, for some 10000 pairs in Llama 3's vocabulary */

struct ll_point {
	uint32_t next_id;	/* what its bytes merge to, plus one; 0: not to one token */
	uint32_t rank;		/* the highest of these merges */
};

struct ll_seams {
	/*
	 * By a hash of two code points: they stand side by side in a token. A bit may be set that
	 * need not be: then a seam is not seen, and the part is longer.
	 */
	uint64_t pairs[(1 << LL_SEAMS_BITS) / 64];
	/*
	 * By two bytes, the last of a code point and the first of the next: the lowest rank, plus
	 * one, of the merges there that may come before those that make one of the two; 0: none.
	 * All that take only some bytes of one are among them.
	 */
	uint32_t edges[256][256];
	struct ll_point points[0x10000];	/* by the code point */
	const struct ll_vocab *vocab;
	atomic_bool made;		/* what is above; before it is all zero */
	pthread_mutex_t making;
};

/* `seams` is zero; the vocabulary must outlive it. -LL_ENOMEM. */
int ll_seams_init(struct ll_seams *seams, const struct ll_vocab *vocab, struct ll_err *err);
void ll_seams_free(struct ll_seams *seams);

/*
 * Makes them, if no thread has; `bpe` has its map and merges. To be called before any of what
 * follows. Between two letters of ASCII no seam is looked for.
 */
void ll_seams_make(struct ll_seams *seams, const struct ll_bpe *bpe);

/*
 * The length of the first part of a piece, up to a seam or to the piece's end; at least 1, as
 * `length` is. Beside a byte that is not UTF-8 there is no seam.
 */
size_t ll_seams_reach(const struct ll_seams *seams, const unsigned char *piece, size_t length);

/* The code point at `p`, of two or three bytes, and its size; 0 if there is none. */
static inline uint32_t
ll_seams_point(const unsigned char *p, size_t length, size_t *size)
{
	if (length >= 2 && p[0] >= 0xc2 && p[0] <= 0xdf && (p[1] & 0xc0) == 0x80) {
		*size = 2;
		return (p[0] & 0x1fu) << 6 | (p[1] & 0x3fu);
	}
	if (length >= 3 && p[0] >= 0xe0 && p[0] <= 0xef && (p[1] & 0xc0) == 0x80 && (p[2] & 0xc0) == 0x80 &&
	    (p[0] != 0xe0 || p[1] >= 0xa0) && (p[0] != 0xed || p[1] < 0xa0)) {
		*size = 3;
		return (p[0] & 0xfu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
	}
	return 0;
}

/*
 * Whether a part may begin with the code point p[at..at + size) of a piece as the token `point`, which it is.
 */
static inline bool
ll_seams_is_settled(const struct ll_seams *seams, struct ll_point point, const unsigned char *p, size_t length,
    size_t at, size_t size)
{
	uint32_t before = at > 0 ? seams->edges[p[at - 1]][p[at]] : 0;
	size_t end = at + size;

	if (point.next_id == 0 || (before != 0 && before - 1 <= point.rank))
		return false;
	if (end < length) {
		uint32_t after = seams->edges[p[end - 1]][p[end]];

		return (p[end] & 0xc0) != 0x80 && (after == 0 || after - 1 > point.rank);
	}
	return true;
}

#endif
