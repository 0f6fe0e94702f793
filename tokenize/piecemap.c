/*
 * The table from bytes to ids; see piecemap.h.
 *
 * Linear probing at a load of at most one half; a slot holds half of the hash, so that a
 * piece's bytes are compared only where they are very likely equal. A vocabulary whose
 * hashes cluster beyond PROBES is hashed again from another seed, and refused if that does
 * not help.
 */

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "tokenize/piecemap.h"

#define PROBES 128
#define SEEDS 8

struct ll_piecemap_slot {
	uint32_t tag;
	uint32_t next_id;	/* the id plus one; 0: empty */
};

static uint64_t
load64(const unsigned char *p)
{
	uint64_t word;

	memcpy(&word, p, sizeof(word));
	return word;
}

static uint64_t
load32(const unsigned char *p)
{
	uint32_t word;

	memcpy(&word, p, sizeof(word));
	return word;
}

static uint64_t
mix(uint64_t x)
{
	x *= 0x9e3779b97f4a7c15u;
	x ^= x >> 32;
	x *= 0xd6e8feb86659fd93u;
	return x ^ x >> 32;
}

/*
 * Not ll_hash(): most pieces are shorter than eight bytes, and two overlapping loads read
 * those without a loop. Nothing outlives the process, so byte order does not matter.
 */
static uint64_t
hash(uint64_t seed, const unsigned char *p, size_t length)
{
	uint64_t x = seed ^ length;

	if (length < 4) {
		if (length > 0)
			x ^= (uint64_t)p[0] << 16 | (uint64_t)p[length / 2] << 24 |
			    (uint64_t)p[length - 1] << 32;
		return mix(x);
	}
	if (length < 8)
		return mix(mix(x ^ load32(p)) ^ load32(p + length - 4));
	for (size_t i = 0; i + 8 < length; i += 8)
		x = mix(x ^ load64(p + i));
	return mix(x ^ load64(p + length - 8));
}

static bool
equal(const unsigned char *a, const unsigned char *b, size_t length)
{
	if (length >= 8 && length <= 16)
		return load64(a) == load64(b) && load64(a + length - 8) == load64(b + length - 8);
	if (length >= 4 && length < 8)
		return load32(a) == load32(b) && load32(a + length - 4) == load32(b + length - 4);
	return memcmp(a, b, length) == 0;
}

/* The slot that holds these bytes, or the empty one where they belong, or NULL after PROBES. */
static struct ll_piecemap_slot *
seek(const struct ll_piecemap *map, const unsigned char *bytes, size_t length, uint32_t *tag)
{
	uint64_t h = hash(map->seed, bytes, length);
	size_t at = (size_t)h & map->mask;

	*tag = (uint32_t)(h >> 32);
	for (int probe = 0; probe < PROBES; probe++, at = (at + 1) & map->mask) {
		struct ll_piecemap_slot *slot = &map->slots[at];
		const struct ll_piece *piece;

		if (slot->next_id == 0)
			return slot;
		if (slot->tag != *tag)
			continue;
		piece = &map->pieces[slot->next_id - 1];
		if (piece->length == length && equal((const unsigned char *)piece->bytes, bytes, length))
			return slot;
	}
	return NULL;
}

static bool
insert_all(struct ll_piecemap *map, const struct ll_vocab *vocab)
{
	for (size_t id = 0; id < vocab->count; id++) {
		const struct ll_piece *piece = &vocab->pieces[id];
		struct ll_piecemap_slot *slot;
		uint32_t tag;

		if (!ll_piece_is_ordinary(piece) || piece->length == 0 ||
		    (piece->type == LL_TOKEN_BYTE && ll_vocab_is_spm(vocab->kind)))
			continue;
		slot = seek(map, (const unsigned char *)piece->bytes, piece->length, &tag);
		if (slot == NULL)
			return false;
		if (slot->next_id != 0) {
			map->duplicates = true;
			continue;
		}
		*slot = (struct ll_piecemap_slot){ tag, (uint32_t)id + 1 };
		if (piece->length > map->longest)
			map->longest = piece->length;
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
		map->seed = mix((uint64_t)i + 1);
		map->longest = 0;
		map->duplicates = false;
		map->slots = ll_alloc(slots, sizeof(*map->slots), err);
		if (map->slots == NULL)
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
	free(map->slots);
	map->slots = NULL;
}

uint32_t
ll_piecemap_find(const struct ll_piecemap *map, const void *bytes, size_t length)
{
	const struct ll_piecemap_slot *slot;
	uint32_t tag;

	if (length == 0 || length > map->longest)
		return LL_VOCAB_NONE;
	slot = seek(map, bytes, length, &tag);
	return slot != NULL && slot->next_id != 0 ? slot->next_id - 1 : LL_VOCAB_NONE;
}

uint64_t
ll_piecemap_hash(const struct ll_piecemap *map, const void *bytes, size_t length)
{
	uint64_t h = hash(map->seed, bytes, length);

	__builtin_prefetch(&map->slots[(size_t)h & map->mask]);
	return h;
}

bool
ll_piecemap_has(const struct ll_piecemap *map, uint64_t h)
{
	size_t at = (size_t)h & map->mask;

	for (int probe = 0; probe < PROBES; probe++, at = (at + 1) & map->mask) {
		if (map->slots[at].next_id == 0)
			return false;
		if (map->slots[at].tag == (uint32_t)(h >> 32))
			return true;
	}
	return false;
}
