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

/*
 * Ranks parts from `from` to before `to` with those behind them. Each step is made for all of
 * them before the next, so that what they need comes from memory together: the pairs, which
 * the caller asked for, then the tokens, then their ranks.
 */
static inline void
rank_parts(const struct ll_bpe *bpe, const unsigned char *piece, const struct ll_pairs *pairs,
    struct part *parts, size_t from, size_t to)
{
	struct ll_found found[LL_SHORT];
	uint64_t hashes[LL_SHORT];
	struct part *asked[LL_SHORT];
	size_t count = 0;

	for (struct part *part = parts + from; part < parts + to; part++) {
		const struct ll_pair *pair = slot_of(pairs, key_of(part));

		if (pair->key == key_of(part)) {
			part->result = pair->id;
			part->rank = pair->rank;
			continue;
		}
		hashes[count] = ll_piecemap_begin(&bpe->map, piece + part[0].at, part[2].at - part[0].at);
		asked[count++] = part;
	}
	for (size_t i = 0; i < count; i++) {
		const struct part *part = asked[i];

		found[i] = ll_piecemap_answer(&bpe->map, piece + part[0].at, part[2].at - part[0].at, hashes[i]);
		ll_bpe_fetch_rank(bpe, found[i], part[1].at - part[0].at);
	}
	for (size_t i = 0; i < count; i++) {
		struct part *part = asked[i];

		part->result = found[i].id;
		part->rank = ll_bpe_rank_of(bpe, found[i], part[1].at - part[0].at);
		*slot_of(pairs, key_of(part)) = (struct ll_pair){ key_of(part), part->result, part->rank };
	}
}

/* Asks for what is known of a part and the next. */
static inline void
fetch_pair(const struct ll_pairs *pairs, uint32_t left, uint32_t right)
{
	__builtin_prefetch(slot_of(pairs, ((uint64_t)left << 32 | right) + 1));
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

	for (size_t i = 0; i + 1 < count; i++)
		fetch_pair(pairs, parts[i].id, parts[i + 1].id);
	rank_parts(bpe, piece, pairs, parts, 0, count - 1);
	while (parts[at = lowest(parts, count)].rank != NO_RANK) {
		parts[at].id = parts[at].result;
		/* No harm where there is none before or behind. */
		fetch_pair(pairs, parts[at].id, parts[at + 2 < count ? at + 2 : at].id);
		fetch_pair(pairs, parts[at > 0 ? at - 1 : at].id, parts[at].id);
		for (size_t i = at + 1; i < count; i++)
			parts[i] = parts[i + 1];
		count--;
		parts[at].rank = NO_RANK;
		rank_parts(bpe, piece, pairs, parts, at > 0 ? at - 1 : 0, at + 1 < count ? at + 1 : at);
	}
	for (size_t i = 0; i < count; i++)
		out[i] = parts[i].id;
	return count;
}
