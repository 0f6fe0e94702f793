/*
 * A text's pieces to ids; see pieces.h.
 *
 * What is near: pieces of up to 15 bytes that became up to four ids, both in the slot, two
 * slots a cache line. What is far: any other, as places in the text and in the ids where it
 * stood the last time. Both forget the older of those that meet in a slot. The work is done
 * for a batch of pieces at a time, so that slots come from memory while others are hashed.
 *
 * A piece that falls apart at seams (seams.h) is remembered by its parts, which come again
 * where it does not; a short one is looked for whole before.
 */

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"
#include "tokenize/cut.h"
#include "tokenize/pieces.h"

#define BATCH 64
#define LINE 64			/* bytes of the processor's cache */
#define NEAR_BYTES 15
#define NEAR_IDS 4
#define NEAR_BITS 16		/* of a number of lines */
#define FAR_BITS 14
#define FAR_BYTES 256

#define HIGH_BITS 0x8080808080808080u	/* which ASCII has not */

struct key {
	uint64_t low, high;	/* the bytes, then zeros; in the last the length, above which is whether it is a part */
};

struct ll_pieces_near {
	struct key key;		/* the length is 0: empty */
	uint32_t ids[NEAR_IDS];	/* then LL_VOCAB_NONE; all of these: it has more, which are far */
};

struct ll_pieces_far {
	uint64_t hash;
	const unsigned char *bytes;	/* NULL: empty */
	uint16_t length;
	bool part;
	uint32_t count;
	size_t ids;		/* the first one's place */
};

/* Pieces, or parts of them, that follow each other in the text. */
struct batch {
	const unsigned char *text;
	size_t count;
	size_t sizes[BATCH];
	bool part[BATCH];			/* it is not a whole piece */
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
	size_t near = ((size_t)2 << near_bits) * sizeof(*pieces->near);
	size_t far = ((size_t)1 << far_bits) * sizeof(*pieces->far);

	pieces->near_shift = 64 - near_bits;
	pieces->far_shift = 64 - far_bits;
	pieces->size = LINE + near + far;
	if ((pieces->memory = ll_alloc_large(pieces->size, 1, err)) == NULL)
		return -LL_ENOMEM;
	pieces->near = (void *)(((uintptr_t)pieces->memory + LINE - 1) / LINE * LINE);
	pieces->far = (void *)((char *)pieces->near + near);
	return ll_pairs_init(&pieces->merging.pairs, length, err);
}

void
ll_pieces_free(struct ll_pieces *pieces)
{
	ll_bpe_work_free(&pieces->merging);
	ll_free_large(pieces->memory, pieces->size, 1);
	*pieces = (struct ll_pieces){ 0 };
}

/* Of `size` <= NEAR_BYTES bytes, with `room` >= size that may be read. */
static inline struct key
key_of(const unsigned char *p, size_t size, size_t room, bool part)
{
	unsigned char copy[NEAR_BYTES + 1];
	struct key key = { 0, 0 };

	if (room < sizeof(copy)) {
		memset(copy, 0, sizeof(copy));
		memcpy(copy, p, size);
		p = copy;
	}
	if (size < 8) {
		key.low = ll_load64(p) & (((uint64_t)1 << 8 * size) - 1);
	} else {
		key.low = ll_load64(p);
		key.high = ll_load64(p + 8) & (((uint64_t)1 << 8 * (size - 8)) - 1);
	}
	key.high |= (uint64_t)size << 56 | (uint64_t)part << 63;
	return key;
}

static inline size_t
size_of(const struct key *key)
{
	return (size_t)(key->high >> 56 & 0x7f);
}

static inline uint64_t
hash_of(struct key key)
{
	uint64_t x = key.low * 0x9e3779b97f4a7c15u ^ key.high * 0xd6e8feb86659fd93u;

	return (x ^ x >> 32) * 0xff51afd7ed558ccdu;
}

static inline struct ll_pieces_near *
line_of(const struct ll_pieces *pieces, struct key key)
{
	return &pieces->near[2 * (hash_of(key) >> pieces->near_shift)];
}

static uint64_t
hash_far(const unsigned char *p, size_t size, bool part)
{
	uint64_t x = size << 1 | part;

	if (size > FAR_BYTES)
		return 0;
	for (; size >= 8; p += 8, size -= 8) {
		x = (x ^ ll_load64(p)) * 0x9e3779b97f4a7c15u;
		x ^= x >> 32;
	}
	while (size-- > 0)
		x = (x ^ *p++) * 0x100000001b3u;
	return (x ^ x >> 32) * 0xff51afd7ed558ccdu;
}

/*
 * Adds a piece or a part of one to the batch, `room` bytes before the end of the text, and
 * fetches the slot where it may be remembered. What a part becomes is no answer for a piece.
 */
static inline void
add(const struct ll_pieces *pieces, struct batch *batch, const unsigned char *p, size_t size, size_t room,
    bool part)
{
	size_t i = batch->count++;

	batch->sizes[i] = size;
	batch->part[i] = part;
	if (size <= NEAR_BYTES) {
		batch->keys[i] = key_of(p, size, room, part);
		batch->near[i] = line_of(pieces, batch->keys[i]);
		__builtin_prefetch(batch->near[i]);
	} else {
		batch->far[i] = hash_far(p, size, part);
		__builtin_prefetch(&pieces->far[batch->far[i] >> pieces->far_shift]);
	}
}

static inline bool
is_key(const struct ll_pieces_near *slot, const struct key *key)
{
	return ((slot->key.low ^ key->low) | (slot->key.high ^ key->high)) == 0;
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
		line->ids[i] = i < count && count <= NEAR_IDS ? ids[i] : LL_VOCAB_NONE;
}

/* The slot that it is in, or NULL. Which of the two that is is not guessed. */
static inline const struct ll_pieces_near *
find_near(const struct ll_pieces_near *line, const struct key *key)
{
	bool second = is_key(&line[1], key);

	return (is_key(&line[0], key) | second) ? &line[second] : NULL;
}

/* Merges a piece or a part; what is not remembered near is, afar. */
static int
merge(struct ll_pieces *pieces, const struct ll_bpe *bpe, const unsigned char *piece, size_t size, bool part,
    uint64_t hash, struct ll_ids *ids, struct ll_err *err)
{
	size_t before = ids->count;
	int status = part ? ll_bpe_merge(bpe, piece, size, &pieces->merging, ids, err) :
	    ll_bpe_encode(bpe, piece, size, &pieces->merging, ids, err);

	if (status == 0 && size <= FAR_BYTES && (size > NEAR_BYTES || ids->count - before > NEAR_IDS))
		pieces->far[hash >> pieces->far_shift] = (struct ll_pieces_far){
			.hash = hash, .bytes = piece, .length = (uint16_t)size, .part = part,
			.count = (uint32_t)(ids->count - before), .ids = before,
		};
	return status;
}

/* From afar, or merged. */
static int
encode_far(struct ll_pieces *pieces, const struct ll_bpe *bpe, const unsigned char *piece, size_t size,
    bool part, uint64_t hash, struct ll_ids *ids, struct ll_err *err)
{
	const struct ll_pieces_far *far = &pieces->far[hash >> pieces->far_shift];
	int status;

	if (far->bytes == NULL || far->hash != hash || far->length != size || far->part != part ||
	    memcmp(far->bytes, piece, size) != 0)
		return merge(pieces, bpe, piece, size, part, hash, ids, err);
	if ((status = room_for(ids, far->count, err)) < 0)
		return status;
	memcpy(ids->ids + ids->count, ids->ids + far->ids, far->count * sizeof(*ids->ids));
	ids->count += far->count;
	return 0;
}

/* A short one that was found near, or was not (NULL). */
static inline int
encode_near(struct ll_pieces *pieces, const struct ll_bpe *bpe, const unsigned char *piece, const struct key *key,
    const struct ll_pieces_near *found, struct ll_pieces_near *line, struct ll_ids *ids, struct ll_err *err)
{
	size_t size = size_of(key), before = ids->count;
	bool part = key->high >> 63 != 0;
	int status;

	if (found != NULL && found->ids[0] != LL_VOCAB_NONE) {
		put_near(found, ids);
		return 0;
	}
	if (found != NULL)
		return encode_far(pieces, bpe, piece, size, part, hash_far(piece, size, part), ids, err);
	status = merge(pieces, bpe, piece, size, part, hash_far(piece, size, part), ids, err);
	if (status == 0)
		remember_near(line, *key, ids->ids + before, ids->count - before);
	return status;
}

/* A short piece with a seam behind its first `reach` bytes, which is not near: its parts may be. */
static int
encode_parts(struct ll_pieces *pieces, const struct ll_bpe *bpe, const unsigned char *piece, size_t size,
    size_t reach, struct ll_ids *ids, struct ll_err *err)
{
	struct ll_pieces_near *lines[NEAR_BYTES];
	struct key keys[NEAR_BYTES];
	size_t count = 0, at = 0;
	int status = room_for(ids, NEAR_BYTES * NEAR_IDS, err);

	for (; at < size; count++) {
		keys[count] = key_of(piece + at, reach, size - at, bpe->whole_first);
		lines[count] = line_of(pieces, keys[count]);
		__builtin_prefetch(lines[count]);
		if ((at += reach) < size)
			reach = ll_seams_reach(ll_bpe_seams(bpe), piece + at, size - at);
	}
	for (size_t i = 0; i < count && status == 0; i++) {
		status = encode_near(pieces, bpe, piece, &keys[i], find_near(lines[i], &keys[i]), lines[i], ids, err);
		piece += size_of(&keys[i]);
	}
	return status;
}

/* Entry `i` of the batch, a short one, which was found near or was not (NULL). */
static int
encode_short(struct ll_pieces *pieces, const struct ll_bpe *bpe, const struct batch *batch, size_t i,
    const unsigned char *piece, const struct ll_pieces_near *found, struct ll_ids *ids, struct ll_err *err)
{
	const struct key *key = &batch->keys[i];
	size_t size = batch->sizes[i], reach = size, before = ids->count;
	int status;

	if (!batch->part[i] && ((key->low | key->high) & HIGH_BITS) != 0)
		reach = ll_seams_reach(ll_bpe_seams(bpe), piece, size);
	if (reach == size)
		return encode_near(pieces, bpe, piece, key, found, batch->near[i], ids, err);
	status = encode_parts(pieces, bpe, piece, size, reach, ids, err);
	if (status == 0 && ids->count - before <= NEAR_IDS)
		remember_near(batch->near[i], *key, ids->ids + before, ids->count - before);
	return status;
}

/* Encodes what the batch has, and empties it. */
static int
encode_batch(struct ll_pieces *pieces, const struct ll_bpe *bpe, struct batch *batch, struct ll_ids *ids,
    struct ll_err *err)
{
	size_t count = batch->count;
	int status = 0;

	batch->count = 0;
	for (size_t i = 0; i < count && status == 0; batch->text += batch->sizes[i++]) {
		const struct ll_pieces_near *found;

		if (batch->sizes[i] > NEAR_BYTES) {
			status = encode_far(pieces, bpe, batch->text, batch->sizes[i], batch->part[i],
			    batch->far[i], ids, err);
			continue;
		}
		if ((status = room_for(ids, NEAR_IDS, err)) < 0)
			break;
		found = find_near(batch->near[i], &batch->keys[i]);
		if (found != NULL && found->ids[0] != LL_VOCAB_NONE)
			put_near(found, ids);
		else
			status = encode_short(pieces, bpe, batch, i, batch->text, found, ids, err);
	}
	return status;
}

static bool
is_ascii(const unsigned char *p, size_t size)
{
	uint64_t all = 0;

	for (; size >= 8; p += 8, size -= 8)
		all |= ll_load64(p);
	while (size-- > 0)
		all |= *p++;
	return (all & HIGH_BITS) == 0;
}

/* Adds a long piece, part by part if there are seams in it. */
static int
add_parts(struct ll_pieces *pieces, const struct ll_bpe *bpe, struct batch *batch, const unsigned char *p,
    size_t size, size_t room, struct ll_ids *ids, struct ll_err *err)
{
	size_t whole = size;
	int status = 0;

	while (size > 0 && status == 0) {
		size_t reach = ll_seams_reach(ll_bpe_seams(bpe), p, size);

		add(pieces, batch, p, reach, room, bpe->whole_first && reach < whole);
		p += reach;
		size -= reach;
		room -= reach;
		if (batch->count == BATCH)
			status = encode_batch(pieces, bpe, batch, ids, err);
	}
	return status;
}

int
ll_pieces_encode(struct ll_pieces *pieces, const struct ll_bpe *bpe, enum ll_splitter splitter,
    const unsigned char *text, size_t length, struct ll_ids *ids, struct ll_err *err)
{
	struct batch batch = { .text = text };
	size_t sizes[BATCH];
	int status = 0;

	while (length > 0 && status == 0) {
		size_t count = ll_cut(splitter, text, length, sizes, BATCH);

		for (size_t i = 0; i < count && status == 0; i++) {
			if (sizes[i] > NEAR_BYTES && !is_ascii(text, sizes[i])) {
				status = add_parts(pieces, bpe, &batch, text, sizes[i], length, ids, err);
			} else {
				add(pieces, &batch, text, sizes[i], length, false);
				if (batch.count == BATCH)
					status = encode_batch(pieces, bpe, &batch, ids, err);
			}
			text += sizes[i];
			length -= sizes[i];
		}
	}
	return status < 0 ? status : encode_batch(pieces, bpe, &batch, ids, err);
}
