/*
 * The KV cache: keys and values of every position of every sequence, in blocks of
 * LL_KV_BLOCK positions that sequences with a common prefix share. A block is copied when
 * one of its owners first writes to it. Memory grows with use, by as many blocks as
 * are 64 KiB of each head, or some megabytes if that is more, in huge pages where there
 * are such, and is reused when sequences end; it is returned when the cache is freed.
 */

#ifndef LL_FORWARD_KV_H
#define LL_FORWARD_KV_H

#include <stddef.h>
#include <stdint.h>

#include "tensor/kv_block.h"

struct ll_err;
struct ll_kv;

enum ll_kv_part { LL_KV_KEYS, LL_KV_VALUES };

struct ll_kv_sequence {
	uint64_t id;
	size_t length;		/* positions that hold something */
	uint32_t *blocks;	/* of the cache, in order */
	size_t block_count, block_cap;
};

struct ll_kv_shape {
	size_t layers;
	size_t kv_heads;
	size_t head_dim;
	enum ll_kv_type type[2];	/* of the keys, of the values */
};

int ll_kv_new(struct ll_kv **out, const struct ll_kv_shape *shape, struct ll_err *err);
void ll_kv_free(struct ll_kv *kv);

/* The sequence, made empty if there is none. Valid until the next call that makes or ends one. NULL: out of memory. */
struct ll_kv_sequence *ll_kv_sequence(struct ll_kv *kv, uint64_t id, struct ll_err *err);

/*
 * Makes positions length .. length + count - 1 writable and part of the sequence. -LL_ENOMEM:
 * then its length and what it holds are as before.
 */
int ll_kv_extend(struct ll_kv *kv, struct ll_kv_sequence *sequence, size_t count, struct ll_err *err);

/*
 * The child, emptied first, shares the parent's first `keep` positions. -LL_EDATA if the
 * parent has fewer, and nothing has changed; -LL_ENOMEM, and there is no child.
 */
int ll_kv_fork(struct ll_kv *kv, uint64_t child, uint64_t parent, size_t keep, struct ll_err *err);

/* Forgets what is beyond `keep` positions. */
void ll_kv_cut(struct ll_kv *kv, uint64_t id, size_t keep);
void ll_kv_end(struct ll_kv *kv, uint64_t id);

/*
 * Where block number `block` of a sequence keeps one head's keys or values, as kv_block.h says;
 * 64-byte aligned.
 */
void *ll_kv_at(const struct ll_kv *kv, const struct ll_kv_sequence *sequence, size_t layer,
    enum ll_kv_part part, size_t head, size_t block);

/* Bytes of all blocks ever made, for -v. */
size_t ll_kv_bytes(const struct ll_kv *kv);

#endif
