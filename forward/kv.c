/*
 * The KV cache; see kv.h. Blocks hold all layers of their positions. A group of them lies together,
 *
 *	[layer][keys][head][group], [layer][values][head][group]
 *
 * since what one head has of a sequence is read in one go: memory is faster where that is a long
 * run, and a sequence takes blocks in turn. Groups are carved from slabs.
 */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/err.h"
#include "base/mem.h"
#include "forward/kv.h"

/* What one head has of a group is as long, at least. */
#define RUN_BYTES 65536

/* Groups smaller than that are mapped some together. */
#define SLAB ((size_t)4 << 20)
#define HUGE_PAGE ((size_t)2 << 20)

struct block {
	unsigned char *group;
	uint32_t owners;	/* 0: free */
};

struct ll_kv {
	struct ll_kv_shape shape;
	size_t head_bytes[2];	/* of one head's keys, and values, in a block */
	size_t layer_bytes;
	size_t block_bytes, group_bytes;
	size_t group;		/* blocks that lie together */
	size_t slab_groups;	/* in each slab */
	unsigned char **slabs;
	size_t slab_count, slab_cap;
	struct block *blocks;
	size_t block_count, block_cap;
	uint32_t *free_blocks;
	size_t free_count, free_cap;
	struct ll_kv_sequence *sequences;
	size_t count, cap;
};

static size_t
group_of(const size_t head_bytes[2])
{
	size_t least = head_bytes[LL_KV_KEYS] < head_bytes[LL_KV_VALUES] ? head_bytes[LL_KV_KEYS] : head_bytes[LL_KV_VALUES];

	return (RUN_BYTES + least - 1) / least;
}

/* Fails when a block does not fit the address space. */
static int
measure(struct ll_kv *kv)
{
	const struct ll_kv_shape *shape = &kv->shape;

	kv->head_bytes[LL_KV_KEYS] = ll_kv_key_bytes(shape->type[LL_KV_KEYS], shape->head_dim);
	kv->head_bytes[LL_KV_VALUES] = ll_kv_value_bytes(shape->type[LL_KV_VALUES], shape->head_dim);
	if (kv->head_bytes[LL_KV_KEYS] == 0 || kv->head_bytes[LL_KV_VALUES] == 0 ||
	    ll_add(kv->head_bytes[LL_KV_KEYS], kv->head_bytes[LL_KV_VALUES], &kv->layer_bytes) ||
	    ll_mul(kv->layer_bytes, shape->kv_heads, &kv->layer_bytes) ||
	    ll_mul(kv->layer_bytes, shape->layers, &kv->block_bytes))
		return -1;
	kv->group = group_of(kv->head_bytes);
	if (ll_mul(kv->block_bytes, kv->group, &kv->group_bytes) || kv->group_bytes > SIZE_MAX - 2 * SLAB)
		return -1;
	kv->slab_groups = kv->group_bytes < SLAB ? SLAB / kv->group_bytes : 1;
	return 0;
}

int
ll_kv_new(struct ll_kv **out, const struct ll_kv_shape *shape, struct ll_err *err)
{
	struct ll_kv *kv = ll_alloc(1, sizeof(*kv), err);

	if (kv == NULL)
		return -LL_ENOMEM;
	kv->shape = *shape;
	if (measure(kv) < 0) {
		free(kv);
		return ll_fail(err, LL_ENOMEM, "a KV cache of %zu layers and %zu heads does not fit the address space",
		    shape->layers, shape->kv_heads);
	}
	*out = kv;
	return 0;
}

static size_t
slab_bytes(const struct ll_kv *kv)
{
	return (kv->slab_groups * kv->group_bytes + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
}

void
ll_kv_free(struct ll_kv *kv)
{
	if (kv == NULL)
		return;
	for (size_t i = 0; i < kv->count; i++)
		free(kv->sequences[i].blocks);
	for (size_t i = 0; i < kv->slab_count; i++)
		munmap(kv->slabs[i], slab_bytes(kv));
	free(kv->slabs);
	free(kv->sequences);
	free(kv->blocks);
	free(kv->free_blocks);
	free(kv);
}

static struct ll_kv_sequence *
find(const struct ll_kv *kv, uint64_t id)
{
	for (size_t i = 0; i < kv->count; i++)
		if (kv->sequences[i].id == id)
			return &kv->sequences[i];
	return NULL;
}

struct ll_kv_sequence *
ll_kv_sequence(struct ll_kv *kv, uint64_t id, struct ll_err *err)
{
	struct ll_kv_sequence *sequence = find(kv, id);

	if (sequence != NULL)
		return sequence;
	if (ll_grow(&kv->sequences, &kv->cap, kv->count + 1, sizeof(*kv->sequences), err) < 0)
		return NULL;
	sequence = &kv->sequences[kv->count++];
	*sequence = (struct ll_kv_sequence){ .id = id };
	return sequence;
}

/* Memory that begins at a huge page, for the pages are asked for; NULL when there is none. */
static unsigned char *
map_slab(size_t bytes)
{
	unsigned char *whole = mmap(NULL, bytes + HUGE_PAGE, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	size_t before, behind;

	if (whole == MAP_FAILED)
		return NULL;
	before = (size_t)(-(uintptr_t)whole % HUGE_PAGE);
	behind = HUGE_PAGE - before;
	if (before > 0)
		munmap(whole, before);
	if (behind > 0)
		munmap(whole + before + bytes, behind);
	ll_want_huge(whole + before, bytes);
	return whole + before;
}

/* The group of the next new block. */
static int
new_group(struct ll_kv *kv, unsigned char **group, struct ll_err *err)
{
	size_t number = kv->block_count / kv->group, slab = number / kv->slab_groups;

	if (slab == kv->slab_count) {
		if (ll_grow(&kv->slabs, &kv->slab_cap, slab + 1, sizeof(*kv->slabs), err) < 0)
			return -LL_ENOMEM;
		if ((kv->slabs[slab] = map_slab(slab_bytes(kv))) == NULL)
			return ll_fail(err, LL_ENOMEM, "out of memory: KV cache of %zu bytes and %zu more",
			    ll_kv_bytes(kv), slab_bytes(kv));
		kv->slab_count++;
	}
	*group = kv->slabs[slab] + number % kv->slab_groups * kv->group_bytes;
	return 0;
}

/* A block with one owner: a free one, or new memory. */
static int
take_block(struct ll_kv *kv, uint32_t *number, struct ll_err *err)
{
	unsigned char *group = NULL;

	if (kv->free_count > 0) {
		*number = kv->free_blocks[--kv->free_count];
		kv->blocks[*number].owners = 1;
		return 0;
	}
	/* Room to give every block back is made here, so that giving back cannot fail. */
	if (ll_grow(&kv->blocks, &kv->block_cap, kv->block_count + 1, sizeof(*kv->blocks), err) < 0 ||
	    ll_grow(&kv->free_blocks, &kv->free_cap, kv->block_count + 1, sizeof(*kv->free_blocks), err) < 0)
		return -LL_ENOMEM;
	if (new_group(kv, &group, err) < 0)
		return -LL_ENOMEM;
	*number = (uint32_t)kv->block_count++;
	kv->blocks[*number] = (struct block){ .group = group, .owners = 1 };
	return 0;
}

static void
drop_block(struct ll_kv *kv, uint32_t number)
{
	if (--kv->blocks[number].owners == 0)
		kv->free_blocks[kv->free_count++] = number;
}

static size_t
blocks_for(size_t positions)
{
	return (positions + LL_KV_BLOCK - 1) / LL_KV_BLOCK;
}

/* Gives back the blocks behind the last position. */
static void
trim(struct ll_kv *kv, struct ll_kv_sequence *sequence)
{
	while (sequence->block_count > blocks_for(sequence->length))
		drop_block(kv, sequence->blocks[--sequence->block_count]);
}

static unsigned char *
place_of(const struct ll_kv *kv, uint32_t block, size_t layer, enum ll_kv_part part, size_t head)
{
	size_t bytes = kv->head_bytes[part], place = layer * kv->layer_bytes + head * bytes;

	if (part == LL_KV_VALUES)
		place += kv->shape.kv_heads * kv->head_bytes[LL_KV_KEYS];
	return kv->blocks[block].group + place * kv->group + block % kv->group * bytes;
}

static void
copy_block(const struct ll_kv *kv, uint32_t to, uint32_t from)
{
	for (size_t layer = 0; layer < kv->shape.layers; layer++)
		for (enum ll_kv_part part = LL_KV_KEYS; part <= LL_KV_VALUES; part++)
			for (size_t head = 0; head < kv->shape.kv_heads; head++)
				memcpy(place_of(kv, to, layer, part, head),
				    place_of(kv, from, layer, part, head), kv->head_bytes[part]);
}

/* Makes the last block of a sequence its own. */
static int
own_last(struct ll_kv *kv, struct ll_kv_sequence *sequence, struct ll_err *err)
{
	uint32_t *last = &sequence->blocks[sequence->block_count - 1];
	uint32_t number;
	int status;

	if (kv->blocks[*last].owners == 1)
		return 0;
	if ((status = take_block(kv, &number, err)) < 0)
		return status;
	copy_block(kv, number, *last);
	drop_block(kv, *last);
	*last = number;
	return 0;
}

int
ll_kv_extend(struct ll_kv *kv, struct ll_kv_sequence *sequence, size_t count, struct ll_err *err)
{
	size_t need = blocks_for(sequence->length + count);
	int status;

	if (sequence->length % LL_KV_BLOCK != 0 && (status = own_last(kv, sequence, err)) < 0)
		return status;
	status = ll_grow(&sequence->blocks, &sequence->block_cap, need, sizeof(*sequence->blocks), err);
	if (status < 0)
		return status;
	while (sequence->block_count < need) {
		if ((status = take_block(kv, &sequence->blocks[sequence->block_count], err)) < 0) {
			trim(kv, sequence);
			return status;
		}
		sequence->block_count++;
	}
	sequence->length += count;
	return 0;
}

static void
cut(struct ll_kv *kv, struct ll_kv_sequence *sequence, size_t keep)
{
	if (keep >= sequence->length)
		return;
	sequence->length = keep;
	trim(kv, sequence);
}

int
ll_kv_fork(struct ll_kv *kv, uint64_t child, uint64_t parent, size_t keep, struct ll_err *err)
{
	const struct ll_kv_sequence *from = child != parent ? find(kv, parent) : NULL;
	struct ll_kv_sequence *to;
	size_t need = blocks_for(keep);

	if (from == NULL || from->length < keep)
		return ll_fail(err, LL_EDATA, "sequence %" PRIu64 ": a fork keeps %zu positions, but its parent has %zu",
		    child >> 32, keep, from == NULL ? 0 : from->length);
	if ((to = ll_kv_sequence(kv, child, err)) == NULL)
		return -LL_ENOMEM;
	cut(kv, to, 0);
	if (ll_grow(&to->blocks, &to->block_cap, need, sizeof(*to->blocks), err) < 0) {
		ll_kv_end(kv, child);
		return -LL_ENOMEM;
	}
	/* A new child may have moved its parent. */
	from = find(kv, parent);
	for (size_t i = 0; i < need; i++) {
		to->blocks[i] = from->blocks[i];
		kv->blocks[to->blocks[i]].owners++;
	}
	to->block_count = need;
	to->length = keep;
	return 0;
}

void
ll_kv_cut(struct ll_kv *kv, uint64_t id, size_t keep)
{
	struct ll_kv_sequence *sequence = find(kv, id);

	if (sequence != NULL)
		cut(kv, sequence, keep);
}

void
ll_kv_end(struct ll_kv *kv, uint64_t id)
{
	struct ll_kv_sequence *sequence = find(kv, id);

	if (sequence == NULL)
		return;
	cut(kv, sequence, 0);
	free(sequence->blocks);
	*sequence = kv->sequences[--kv->count];
}

void *
ll_kv_at(const struct ll_kv *kv, const struct ll_kv_sequence *sequence, size_t layer,
    enum ll_kv_part part, size_t head, size_t block)
{
	return place_of(kv, sequence->blocks[block], layer, part, head);
}

size_t
ll_kv_bytes(const struct ll_kv *kv)
{
	return kv->block_count * kv->block_bytes;
}
