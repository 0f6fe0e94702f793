/*
 * Counting pre-tokens; see pretokens.h.
 */

#include "train/pretokens.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/mem.h"
#include "tokenize/cut.h"

#define BATCH 256		/* pieces that are cut at a time */
#define FIRST_SLOTS 1024u

static uint64_t
hash_of(const char *bytes, size_t length)
{
	return ll_hash(0, bytes, length);
}

/* Twice as many slots, or the first ones. */
static int
grow_slots(struct ll_pretokens *p, struct ll_err *err)
{
	size_t count = p->slot_count > 0 ? 2 * p->slot_count : FIRST_SLOTS;
	uint32_t *slots = ll_alloc(count, sizeof(*slots), err);

	if (slots == NULL)
		return -LL_ENOMEM;
	for (size_t i = 0; i < p->count; i++) {
		size_t slot = hash_of(p->bytes.data + p->list[i].at, p->list[i].length) & (count - 1);

		while (slots[slot] != 0)
			slot = (slot + 1) & (count - 1);
		slots[slot] = (uint32_t)i + 1;
	}
	free(p->slots);
	p->slots = slots;
	p->slot_count = count;
	return 0;
}

static int
add_new(struct ll_pretokens *p, const char *piece, size_t length, size_t slot, struct ll_err *err)
{
	size_t at = p->bytes.len;

	if (length > UINT32_MAX || p->count == UINT32_MAX)
		return ll_fail(err, LL_EDATA, "%s", length > UINT32_MAX ? "a piece of the text is longer than 4 GB" :
		    "the text has more than 4294967295 different pieces");
	if (ll_grow(&p->list, &p->cap, p->count + 1, sizeof(*p->list), err) < 0 ||
	    ll_buf_add(&p->bytes, piece, length, err) < 0)
		return -LL_ENOMEM;
	p->list[p->count++] = (struct ll_pretoken){ at, (uint32_t)length, 1 };
	p->slots[slot] = (uint32_t)p->count;
	return 0;
}

static int
count_piece(struct ll_pretokens *p, const char *piece, size_t length, struct ll_err *err)
{
	size_t slot;

	if (2 * (p->count + 1) > p->slot_count && grow_slots(p, err) < 0)
		return -LL_ENOMEM;
	slot = hash_of(piece, length) & (p->slot_count - 1);
	p->total++;
	for (; p->slots[slot] != 0; slot = (slot + 1) & (p->slot_count - 1)) {
		struct ll_pretoken *known = &p->list[p->slots[slot] - 1];

		if (known->length == length && memcmp(p->bytes.data + known->at, piece, length) == 0) {
			known->count++;
			return 0;
		}
	}
	return add_new(p, piece, length, slot, err);
}

int
ll_pretokens_add(struct ll_pretokens *p, const char *text, size_t length, struct ll_err *err)
{
	size_t sizes[BATCH], got;
	int status = 0;

	p->read += length;
	while (length > 0 && status == 0) {
		got = ll_cut(LL_SPLIT_LLAMA3, (const unsigned char *)text, length, sizes, BATCH);
		for (size_t i = 0; i < got && status == 0; i++) {
			status = count_piece(p, text, sizes[i], err);
			text += sizes[i];
			length -= sizes[i];
		}
	}
	return status;
}

void
ll_pretokens_free(struct ll_pretokens *p)
{
	free(p->list);
	free(p->slots);
	ll_buf_free(&p->bytes);
	*p = (struct ll_pretokens){ 0 };
}
