/*
 * The table from bytes to ids; see piecemap.h.
 *
 * Linear probing at a load of at most one half. The hash of a piece of up to seven bytes can
 * be no other's, so that its slot is all that must come from memory; the bytes of a longer one
 * are compared where the hash is equal. A vocabulary whose hashes cluster beyond
 * LL_PIECEMAP_PROBES is hashed again from another seed, and refused if that does not help. Most questions
 * of BPE have no for an answer, which a filter of one bit a hash knows without the table.
 */

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "tokenize/piecemap.h"

#define AHEAD 16
#define SEEDS 8

/* Of long pieces. */
static bool
equal(const unsigned char *a, const unsigned char *b, size_t length)
{
	if (length <= 16)
		return ll_load64(a) == ll_load64(b) &&
		    ll_load64(a + length - 8) == ll_load64(b + length - 8);
	return memcmp(a, b, length) == 0;
}

/* The slot that holds these bytes, or the empty one where they belong, or NULL after LL_PIECEMAP_PROBES. */
static inline struct ll_piecemap_slot *
seek(const struct ll_piecemap *map, const unsigned char *bytes, size_t length, uint64_t hash)
{
	size_t at = (size_t)hash & map->mask;

	for (int probe = 0; probe < LL_PIECEMAP_PROBES; probe++, at = (at + 1) & map->mask) {
		struct ll_piecemap_slot *slot = &map->slots[at];
		const struct ll_piece *piece;

		if (slot->next_id == 0)
			return slot;
		if (slot->hash != hash)
			continue;
		if (length <= LL_PIECEMAP_SHORT)
			return slot;
		piece = &map->pieces[slot->next_id - 1];
		if (piece->length == length && equal((const unsigned char *)piece->bytes, bytes, length))
			return slot;
	}
	return NULL;
}

static bool
insert(struct ll_piecemap *map, const struct ll_piece *piece, struct ll_found found, uint64_t hash)
{
	struct ll_piecemap_slot *slot = seek(map, (const unsigned char *)piece->bytes, piece->length, hash);

	if (slot == NULL)
		return false;
	if (slot->next_id != 0) {
		map->duplicates = true;
		return true;
	}
	*slot = (struct ll_piecemap_slot){ hash, found.id + 1, found.splits };
	map->filter[ll_piecemap_bit(hash) / 64] |= (uint64_t)1 << ll_piecemap_bit(hash) % 64;
	if (piece->length > map->longest)
		map->longest = piece->length;
	return true;
}

/* Slots are asked for some pieces ahead. */
static bool
insert_all(struct ll_piecemap *map, const struct ll_vocab *vocab)
{
	struct ll_found found = { 0, 0 };
	uint64_t hashes[AHEAD];

	for (size_t id = 0; id < vocab->count + AHEAD; id++) {
		const struct ll_piece *piece = &vocab->pieces[found.id];

		if (id >= AHEAD) {
			if (ll_piecemap_holds(vocab, piece) && !insert(map, piece, found, hashes[id % AHEAD]))
				return false;
			found.id++;
			found.splits += (uint32_t)ll_piece_splits(piece);
		}
		if (id < vocab->count && ll_piecemap_holds(vocab, &vocab->pieces[id]))
			hashes[id % AHEAD] = ll_piecemap_ask(map, vocab->pieces[id].bytes, vocab->pieces[id].length);
	}
	return true;
}

int
ll_piecemap_build(struct ll_piecemap *map, const struct ll_vocab *vocab, struct ll_err *err)
{
	size_t slots = 1024;

	if (vocab->count >= LL_VOCAB_NONE)
		return ll_fail(err, LL_EDATA, "vocabulary: %zu tokens are too many", vocab->count);
	while (slots / 2 < vocab->count)
		slots *= 2;
	map->pieces = vocab->pieces;
	map->mask = slots - 1;
	for (int i = 0; i < SEEDS; i++) {
		map->seed = ll_piecemap_mix((uint64_t)i + 1);
		map->longest = 0;
		map->duplicates = false;
		map->slots = ll_alloc_large(slots, sizeof(*map->slots), err);
		map->filter = ll_alloc(((size_t)1 << LL_PIECEMAP_FILTER) / 64, sizeof(*map->filter), err);
		if (map->slots == NULL || map->filter == NULL)
			return -LL_ENOMEM;
		if (insert_all(map, vocab))
			return 0;
		ll_piecemap_free(map);
	}
	return ll_fail(err, LL_EDATA, "vocabulary: the texts of its tokens collide");
}

void
ll_piecemap_free(struct ll_piecemap *map)
{
	ll_free_large(map->slots, map->mask + 1, sizeof(*map->slots));
	free(map->filter);
	map->slots = NULL;
	map->filter = NULL;
}

struct ll_found
ll_piecemap_answer(const struct ll_piecemap *map, const void *bytes, size_t length, uint64_t hash)
{
	const struct ll_piecemap_slot *slot;

	if (length == 0 || length > map->longest || !ll_piecemap_may_have(map, hash) ||
	    (slot = seek(map, bytes, length, hash)) == NULL)
		return (struct ll_found){ LL_VOCAB_NONE, 0 };
	return (struct ll_found){ slot->next_id - 1, slot->splits };
}
