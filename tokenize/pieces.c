/*
 * A text's pieces to ids; see pieces.h.
 *
 * What is near: pieces of up to 15 bytes that became up to four ids, both in the slot, two
 * slots a cache line. What is far: any other, as places in the text and in the ids where it
 * stood the last time. Both forget the older of those that meet in a slot. The work is done
 * for a batch of pieces at a time, so that slots come from memory while others are hashed.
 */

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "tokenize/cut.h"
#include "tokenize/pieces.h"

#define BATCH 64
#define NEAR_BYTES 15
#define NEAR_IDS 4
#define NEAR_BITS 14		/* of a number of lines */
#define FAR_BITS 14
#define FAR_BYTES 256

struct key {
	uint64_t low, high;	/* the bytes, then zeros; the length in the last */
};

struct ll_pieces_near {
	struct key key;		/* the length is 0: empty */
	uint32_t ids[NEAR_IDS];	/* then LL_VOCAB_NONE */
};

struct ll_pieces_far {
	uint64_t hash;
	const unsigned char *bytes;	/* NULL: empty */
	uint32_t length, count;
	size_t ids;		/* the first one's place */
};

struct batch {
	size_t count;
	size_t sizes[BATCH];
	struct key keys[BATCH];
	struct ll_pieces_near *near[BATCH];	/* the line, of those that may be near */
	uint64_t far[BATCH];			/* the hash, of the others */
};

static unsigned
bits_for(size_t count, unsigned most)
{
	unsigned bits = 4;

	while (bits < most && (size_t)1 << bits < count)
		bits++;
	return bits;
}

int
ll_pieces_init(struct ll_pieces *pieces, size_t length, struct ll_err *err)
{
	unsigned near_bits = bits_for(length / 64, NEAR_BITS);
	unsigned far_bits = bits_for(length / 256, FAR_BITS);

	pieces->near_shift = 64 - near_bits;
	pieces->far_shift = 64 - far_bits;
	pieces->near = ll_alloc((size_t)2 << near_bits, sizeof(*pieces->near), err);
	pieces->far = ll_alloc((size_t)1 << far_bits, sizeof(*pieces->far), err);
	if (pieces->near == NULL || pieces->far == NULL)
		return -LL_ENOMEM;
	return ll_pairs_init(&pieces->merging.pairs, length, err);
}

void
ll_pieces_free(struct ll_pieces *pieces)
{
	ll_bpe_work_free(&pieces->merging);
	free(pieces->near);
	free(pieces->far);
	*pieces = (struct ll_pieces){ 0 };
}

static inline uint64_t
load(const unsigned char *p)
{
	return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 | (uint64_t)p[3] << 24 |
	    (uint64_t)p[4] << 32 | (uint64_t)p[5] << 40 | (uint64_t)p[6] << 48 | (uint64_t)p[7] << 56;
}

/* Of `size` <= NEAR_BYTES bytes, with `room` >= size that may be read. */
static inline struct key
key_of(const unsigned char *p, size_t size, size_t room)
{
	unsigned char copy[NEAR_BYTES + 1];
	struct key key = { 0, 0 };

	if (room < sizeof(copy)) {
		memset(copy, 0, sizeof(copy));
		memcpy(copy, p, size);
		p = copy;
	}
	if (size < 8) {
		key.low = load(p) & (((uint64_t)1 << 8 * size) - 1);
	} else {
		key.low = load(p);
		key.high = load(p + 8) & (((uint64_t)1 << 8 * (size - 8)) - 1);
	}
	key.high |= (uint64_t)size << 56;
	return key;
}

static inline uint64_t
hash_of(struct key key)
{
	uint64_t x = key.low * 0x9e3779b97f4a7c15u ^ key.high * 0xd6e8feb86659fd93u;

	return (x ^ x >> 32) * 0xff51afd7ed558ccdu;
}

static uint64_t
hash_far(const unsigned char *p, size_t size)
{
	uint64_t x = size;

	if (size > FAR_BYTES)
		return 0;
	for (; size >= 8; p += 8, size -= 8) {
		x = (x ^ load(p)) * 0x9e3779b97f4a7c15u;
		x ^= x >> 32;
	}
	while (size-- > 0)
		x = (x ^ *p++) * 0x100000001b3u;
	return (x ^ x >> 32) * 0xff51afd7ed558ccdu;
}

static void
prepare(const struct ll_pieces *pieces, struct batch *batch, const unsigned char *text, size_t length)
{
	for (size_t i = 0; i < batch->count; i++) {
		size_t size = batch->sizes[i];

		if (size <= NEAR_BYTES) {
			batch->keys[i] = key_of(text, size, length);
			batch->near[i] = &pieces->near[2 * (hash_of(batch->keys[i]) >> pieces->near_shift)];
			__builtin_prefetch(batch->near[i]);
		} else {
			batch->far[i] = hash_far(text, size);
			__builtin_prefetch(&pieces->far[batch->far[i] >> pieces->far_shift]);
		}
		text += size;
		length -= size;
	}
}

static inline bool
is_key(const struct ll_pieces_near *slot, const struct key *key)
{
	return slot->key.low == key->low && slot->key.high == key->high;
}

/* Appends what is remembered there; room for NEAR_IDS is needed. */
static inline void
put_near(const struct ll_pieces_near *slot, struct ll_ids *ids)
{
	uint32_t *out = ids->ids + ids->count;

	memcpy(out, slot->ids, sizeof(slot->ids));
	ids->count += 1u + (out[1] != LL_VOCAB_NONE) + (out[2] != LL_VOCAB_NONE) + (out[3] != LL_VOCAB_NONE);
}

static inline int
room_for(struct ll_ids *ids, size_t count, struct ll_err *err)
{
	if (ids->cap - ids->count >= count)
		return 0;
	return ll_grow(&ids->ids, &ids->cap, ids->count + count, sizeof(*ids->ids), err);
}

static void
remember_near(struct ll_pieces_near *line, struct key key, const uint32_t *ids, size_t count)
{
	line[1] = line[0];
	line->key = key;
	for (size_t i = 0; i < NEAR_IDS; i++)
		line->ids[i] = i < count ? ids[i] : LL_VOCAB_NONE;
}

/* Piece `i` of the batch, which is not near: from afar, or merged and then remembered. */
static int
encode_piece(struct ll_pieces *pieces, const struct ll_bpe *bpe, const struct batch *batch, size_t i,
    const unsigned char *piece, struct ll_ids *ids, struct ll_err *err)
{
	size_t size = batch->sizes[i];
	uint64_t hash = size <= NEAR_BYTES ? hash_far(piece, size) : batch->far[i];
	struct ll_pieces_far *far = &pieces->far[hash >> pieces->far_shift];
	size_t before = ids->count;
	int status;

	if (far->bytes != NULL && far->hash == hash && far->length == size &&
	    memcmp(far->bytes, piece, size) == 0) {
		if ((status = room_for(ids, far->count, err)) < 0)
			return status;
		memcpy(ids->ids + before, ids->ids + far->ids, far->count * sizeof(*ids->ids));
		ids->count += far->count;
		return 0;
	}
	if ((status = ll_bpe_encode(bpe, piece, size, &pieces->merging, ids, err)) < 0)
		return status;
	if (size <= NEAR_BYTES && ids->count - before <= NEAR_IDS)
		remember_near(batch->near[i], batch->keys[i], ids->ids + before, ids->count - before);
	else if (size <= FAR_BYTES)
		*far = (struct ll_pieces_far){ hash, piece, (uint32_t)size, (uint32_t)(ids->count - before), before };
	return 0;
}

static int
encode_batch(struct ll_pieces *pieces, const struct ll_bpe *bpe, const struct batch *batch,
    const unsigned char *text, struct ll_ids *ids, struct ll_err *err)
{
	int status;

	for (size_t i = 0; i < batch->count; text += batch->sizes[i++]) {
		if (batch->sizes[i] <= NEAR_BYTES) {
			const struct ll_pieces_near *line = batch->near[i];

			if ((status = room_for(ids, NEAR_IDS, err)) < 0)
				return status;
			if (is_key(&line[0], &batch->keys[i])) {
				put_near(&line[0], ids);
				continue;
			}
			if (is_key(&line[1], &batch->keys[i])) {
				put_near(&line[1], ids);
				continue;
			}
		}
		if ((status = encode_piece(pieces, bpe, batch, i, text, ids, err)) < 0)
			return status;
	}
	return 0;
}

int
ll_pieces_encode(struct ll_pieces *pieces, const struct ll_bpe *bpe, enum ll_splitter splitter,
    const unsigned char *text, size_t length, struct ll_ids *ids, struct ll_err *err)
{
	struct batch batch;
	int status = 0;

	while (length > 0 && status == 0) {
		batch.count = ll_cut(splitter, text, length, batch.sizes, BATCH);
		prepare(pieces, &batch, text, length);
		status = encode_batch(pieces, bpe, &batch, text, ids, err);
		for (size_t i = 0; i < batch.count; i++) {
			text += batch.sizes[i];
			length -= batch.sizes[i];
		}
	}
	return status;
}
