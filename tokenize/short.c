/*
 * BPE of short pieces; see short.h. Parts lie side by side, each with the rank of merging it
 * with the next, and close up when two merge.
 */

#include <stdlib.h>

#include "base/err.h"
#include "base/mem.h"
#include "tokenize/bpe.h"
#include "tokenize/short.h"

#define NO_RANK UINT32_MAX
#define FEWEST_BITS 6
#define MOST_BITS 14		/* 256 KB, of which the processor's second cache holds most */

struct part {
	uint32_t rank;		/* of merging with the next; NO_RANK for the last */
	uint32_t result;	/* the id of that */
	uint32_t id;
	uint32_t at;		/* the first byte */
};

int
ll_pairs_init(struct ll_pairs *pairs, size_t length, struct ll_err *err)
{
	unsigned bits = FEWEST_BITS;

	if (pairs->pairs != NULL)
		return 0;
	while (bits < MOST_BITS && (size_t)1 << bits < length / 16)
		bits++;
	pairs->shift = 64 - bits;
	pairs->pairs = ll_alloc((size_t)1 << bits, sizeof(*pairs->pairs), err);
	return pairs->pairs == NULL ? -LL_ENOMEM : 0;
}

void
ll_pairs_free(struct ll_pairs *pairs)
{
	free(pairs->pairs);
	pairs->pairs = NULL;
}

static inline uint64_t
key_of(const struct part *part)
{
	return ((uint64_t)part[0].id << 32 | part[1].id) + 1;
}

static inline struct ll_pair *
slot_of(const struct ll_pairs *pairs, uint64_t key)
{
	return &pairs->pairs[key * 0x9e3779b97f4a7c15u >> pairs->shift];
}

/* Ranks a part with the one behind it, which ends before `end`. */
static inline void
rank_part(const struct ll_bpe *bpe, const unsigned char *piece, const struct ll_pairs *pairs,
    struct part *part, uint32_t end)
{
	uint64_t key = key_of(part);
	struct ll_pair *pair = slot_of(pairs, key);

	if (pair->key != key) {
		pair->key = key;
		pair->id = ll_piecemap_find(&bpe->map, piece + part[0].at, end - part[0].at);
		pair->rank = pair->id == LL_VOCAB_NONE ? NO_RANK :
		    ll_bpe_rank(bpe, pair->id, part[1].at - part[0].at);
	}
	part->result = pair->id;
	part->rank = pair->rank;
}

/* Asks for what ranking it needs from memory. */
static inline void
fetch_part(const struct ll_bpe *bpe, const unsigned char *piece, const struct ll_pairs *pairs,
    const struct part *part, uint32_t end)
{
	uint64_t key = key_of(part);

	if (slot_of(pairs, key)->key != key)
		ll_piecemap_fetch(&bpe->map, piece + part[0].at, end - part[0].at);
}

/* Ranks the parts that a piece begins with; everything is asked for before any is waited for. */
static void
rank_all(const struct ll_bpe *bpe, const unsigned char *piece, const struct ll_pairs *pairs,
    struct part *parts, size_t count)
{
	for (size_t i = 0; i + 1 < count; i++)
		__builtin_prefetch(slot_of(pairs, key_of(&parts[i])));
	for (size_t i = 0; i + 1 < count; i++)
		fetch_part(bpe, piece, pairs, &parts[i], parts[i + 2].at);
	for (size_t i = 0; i + 1 < count; i++)
		rank_part(bpe, piece, pairs, &parts[i], parts[i + 2].at);
}

static inline uint64_t
min(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/*
 * The leftmost of lowest rank: without branches, of which many would be guessed wrong, and in
 * two halves that need not wait for each other. parts[count] has no rank.
 */
static inline size_t
lowest(const struct part *parts, size_t count)
{
	uint64_t even = UINT64_MAX, odd = UINT64_MAX;

	for (size_t i = 0; i < count; i += 2) {
		even = min(even, (uint64_t)parts[i].rank << 32 | i);
		odd = min(odd, (uint64_t)parts[i + 1].rank << 32 | (i + 1));
	}
	return (uint32_t)min(even, odd);
}

/*
 * The parts that a piece begins with: code points where they are settled, and bytes. The one
 * behind the last only says where it begins.
 */
static size_t
begin(const struct ll_bpe *bpe, const unsigned char *piece, size_t length, struct part *parts)
{
	size_t count = 0, size;

	for (size_t at = 0; at < length;) {
		if (piece[at] >= 0x80) {
			uint32_t code = ll_seams_point(piece + at, length - at, &size);
			const struct ll_seams *seams = ll_bpe_seams(bpe);
			struct ll_point point = seams->points[code];

			if (code != 0 && ll_seams_is_settled(seams, point, piece, length, at, size)) {
				parts[count++] = (struct part){ NO_RANK, 0, point.next_id - 1, (uint32_t)at };
				at += size;
				continue;
			}
		}
		parts[count++] = (struct part){ NO_RANK, 0, bpe->of_byte[piece[at]], (uint32_t)at };
		at++;
	}
	parts[count] = (struct part){ NO_RANK, 0, 0, (uint32_t)length };
	return count;
}

size_t
ll_short_merge(const struct ll_bpe *bpe, const unsigned char *piece, size_t length,
    const struct ll_pairs *pairs, uint32_t *out)
{
	struct part parts[LL_SHORT + 1];
	size_t count = begin(bpe, piece, length, parts);
	size_t at;

	rank_all(bpe, piece, pairs, parts, count);
	while (parts[at = lowest(parts, count)].rank != NO_RANK) {
		parts[at].id = parts[at].result;
		for (size_t i = at + 1; i < count; i++)
			parts[i] = parts[i + 1];
		count--;
		parts[at].rank = NO_RANK;
		if (at > 0)
			fetch_part(bpe, piece, pairs, &parts[at - 1], parts[at + 1].at);
		if (at + 1 < count)
			rank_part(bpe, piece, pairs, &parts[at], parts[at + 2].at);
		if (at > 0)
			rank_part(bpe, piece, pairs, &parts[at - 1], parts[at + 1].at);
	}
	for (size_t i = 0; i < count; i++)
		out[i] = parts[i].id;
	return count;
}
