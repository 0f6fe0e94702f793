/*
 * From the bytes of an ordinary token to its id: one open-addressed table over the pieces
 * of a vocabulary. Of equal texts the lowest id is the one found.
 *
 * The vocabulary may be hostile: no search looks at more than a fixed number of slots.
 */

#ifndef LL_TOKENIZE_PIECEMAP_H
#define LL_TOKENIZE_PIECEMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/bytes.h"
#include "base/vocab.h"

struct ll_err;

struct ll_piecemap_slot {
	uint64_t hash;
	uint32_t next_id;	/* the id plus one; 0: empty */
	uint32_t splits;
};

struct ll_found {
	uint32_t id;		/* LL_VOCAB_NONE if it is none */
	uint32_t splits;	/* how many places there are to split the pieces of lower ids */
};

/* The places where a piece can be split into two. */
static inline size_t
ll_piece_splits(const struct ll_piece *piece)
{
	return piece->length > 1 ? piece->length - 1 : 0;
}

struct ll_piecemap {
	const struct ll_piece *pieces;	/* the vocabulary's */
	struct ll_piecemap_slot *slots;
	uint64_t *filter;		/* a bit for each hash that is there, and for others */
	size_t mask;
	uint64_t seed;
	size_t longest;			/* bytes of the longest piece in it */
	bool duplicates;		/* two pieces have the same text */
};

/* Whether text can become this token without being asked to: normal and byte tokens. */
static inline bool
ll_piece_is_ordinary(const struct ll_piece *piece)
{
	return piece->type == LL_TOKEN_NORMAL || piece->type == LL_TOKEN_BYTE;
}

/* SentencePiece's byte tokens are not in it: text becomes one of them only where no piece is found. */
static inline bool
ll_piecemap_holds(const struct ll_vocab *vocab, const struct ll_piece *piece)
{
	return ll_piece_is_ordinary(piece) && piece->length > 0 &&
	    !(piece->type == LL_TOKEN_BYTE && ll_vocab_is_spm(vocab->kind));
}

/*
 * Zero-initialise `map`. -LL_ENOMEM; -LL_EDATA if the texts were made to collide.
 */
int ll_piecemap_build(struct ll_piecemap *map, const struct ll_vocab *vocab, struct ll_err *err);
void ll_piecemap_free(struct ll_piecemap *map);

#define LL_PIECEMAP_SHORT 7	/* bytes of a piece that is its own key */
#define LL_PIECEMAP_PROBES 128
#define LL_PIECEMAP_FILTER 20	/* bits of a hash: 128 KB, which stay in the processor's second cache */

/* Of no two words is it the same. */
static inline uint64_t
ll_piecemap_mix(uint64_t x)
{
	x *= 0x9e3779b97f4a7c15u;
	x ^= x >> 32;
	x *= 0xd6e8feb86659fd93u;
	return x ^ x >> 32;
}

/*
 * The bytes of a short piece, the first lowest, and above them its length.
 */
static inline uint64_t
ll_piecemap_short(const unsigned char *p, size_t length)
{
	return (uint64_t)length << 56 | ll_load_few(p, length);
}

/* Of a longer one, above which stands a length that no short one has. */
static inline uint64_t
ll_piecemap_long(uint64_t seed, const unsigned char *p, size_t length)
{
	uint64_t x = seed ^ length;

	for (size_t i = 0; i + 8 < length; i += 8)
		x = ll_piecemap_mix(x ^ ll_load64(p + i));
	return ll_piecemap_mix(x ^ ll_load64(p + length - 8)) | (uint64_t)0xff << 56;
}

static inline uint64_t
ll_piecemap_hash(const struct ll_piecemap *map, const void *bytes, size_t length)
{
	uint64_t key = length <= LL_PIECEMAP_SHORT ? ll_piecemap_short(bytes, length) :
	    ll_piecemap_long(map->seed, bytes, length);

	return ll_piecemap_mix(key ^ map->seed);
}

/* The bit of the filter that a piece sets. */
static inline size_t
ll_piecemap_bit(uint64_t hash)
{
	return (size_t)(hash >> (64 - LL_PIECEMAP_FILTER));
}

static inline bool
ll_piecemap_may_have(const struct ll_piecemap *map, uint64_t hash)
{
	return map->filter[ll_piecemap_bit(hash) / 64] >> ll_piecemap_bit(hash) % 64 & 1;
}

/* Of `hash`, which is theirs. */
struct ll_found ll_piecemap_answer(const struct ll_piecemap *map, const void *bytes, size_t length, uint64_t hash);

/*
 * That hash. The slot is fetched from memory, or the first one if there is none: most texts of
 * which BPE asks are no pieces, and to go by that would be to guess.
 */
static inline uint64_t
ll_piecemap_begin(const struct ll_piecemap *map, const void *bytes, size_t length)
{
	uint64_t hash = ll_piecemap_hash(map, bytes, length);

	__builtin_prefetch(&map->slots[(size_t)hash & map->mask & (0 - (size_t)ll_piecemap_may_have(map, hash))]);
	return hash;
}

/* The id, or LL_VOCAB_NONE. */
static inline struct ll_found
ll_piecemap_seek(const struct ll_piecemap *map, const void *bytes, size_t length)
{
	if (length == 0)
		return (struct ll_found){ LL_VOCAB_NONE, 0 };
	return ll_piecemap_answer(map, bytes, length, ll_piecemap_hash(map, bytes, length));
}

static inline uint32_t
ll_piecemap_find(const struct ll_piecemap *map, const void *bytes, size_t length)
{
	return ll_piecemap_seek(map, bytes, length).id;
}

/*
 * Whether there is one, in two steps, so that many can be under way at once: the hash of the
 * bytes, for which the slot is fetched from memory, and the answer. Texts are not compared:
 * one "yes" in 2^56 is wrong.
 */
static inline uint64_t
ll_piecemap_ask(const struct ll_piecemap *map, const void *bytes, size_t length)
{
	uint64_t hash = ll_piecemap_hash(map, bytes, length);

	__builtin_prefetch(&map->slots[(size_t)hash & map->mask]);
	return hash;
}

static inline bool
ll_piecemap_has(const struct ll_piecemap *map, uint64_t hash)
{
	size_t at = (size_t)hash & map->mask;

	for (int probe = 0; probe < LL_PIECEMAP_PROBES; probe++, at = (at + 1) & map->mask) {
		if (map->slots[at].next_id == 0)
			return false;
		if (map->slots[at].hash == hash)
			return true;
	}
	return false;
}

#endif
