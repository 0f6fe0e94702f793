/*
 * Learning BPE; see bpe_train.h. All words stand in one row. Every pair of neighbours has an
 * entry with its count and a list of places, so a merge looks at these alone, however long a
 * word is. All pairs with a token are made by the merge that makes the token, and from then on
 * only become fewer: a heap that learns of a smaller count when the pair comes up is enough,
 * and a list may have places that have lost the pair.
 */

#include "train/bpe_train.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/mem.h"
#include "model/vocab_make.h"
#include "train/pretokens.h"

#define FIRST_SLOTS 4096u
#define NONE UINT32_MAX

struct pair {
	uint32_t left, right;
	uint64_t count;		/* over all words */
	uint32_t first, last;	/* of its places, from left to right: index plus one in `links`; 0: none */
};

struct link {
	uint32_t place;		/* where its left token begins */
	uint32_t next;		/* index plus one; 0: none */
};

struct candidate {
	uint64_t count;		/* when it was put here: the pair's or more */
	uint32_t pair;
};

struct training {
	const struct ll_bpe_plan *plan;
	const struct ll_pretoken *words;
	/* Of all words' bytes, with a place between two of them, before the first and behind the last: */
	uint32_t *tokens;	/* at the first and last byte of each token; NONE between words */
	uint32_t *word_of;
	size_t places;
	uint32_t *lengths;	/* bytes, by token */
	struct pair *pairs;
	size_t pair_count, pair_cap;
	uint32_t *slots;	/* hash table of pairs: index plus one; 0: none */
	size_t slot_count;
	struct link *links;
	size_t link_count, link_cap;
	uint32_t unused;	/* links to be used again: index plus one of the first */
	struct candidate *heap;	/* the best first */
	size_t heap_count, heap_cap;
	struct ll_err *err;
};

void
ll_bpe_bytes(unsigned char bytes[LL_BPE_BYTES])
{
	int16_t alphabet[LL_ALPHABET];

	ll_alphabet_make(alphabet);
	/* Llama 3's file has them as GPT-2's: by the characters that stand for them. */
	for (size_t code = 0, id = 0; code < LL_ALPHABET; code++)
		if (alphabet[code] >= 0)
			bytes[id++] = (unsigned char)alphabet[code];
}

/* The slot of a pair, or the free one where it belongs. */
static size_t
find_slot(const struct training *t, uint32_t left, uint32_t right)
{
	size_t slot = ll_hash_mix((uint64_t)left << 32 | right) & (t->slot_count - 1);

	for (; t->slots[slot] != 0; slot = (slot + 1) & (t->slot_count - 1)) {
		const struct pair *pair = &t->pairs[t->slots[slot] - 1];

		if (pair->left == left && pair->right == right)
			break;
	}
	return slot;
}

static int
grow_slots(struct training *t)
{
	size_t count = t->slot_count > 0 ? 2 * t->slot_count : FIRST_SLOTS;
	uint32_t *slots = ll_alloc(count, sizeof(*slots), t->err);

	if (slots == NULL)
		return -LL_ENOMEM;
	free(t->slots);
	t->slots = slots;
	t->slot_count = count;
	for (size_t i = 0; i < t->pair_count; i++)
		slots[find_slot(t, t->pairs[i].left, t->pairs[i].right)] = (uint32_t)i + 1;
	return 0;
}

/* The pair, made if it is new; NULL without memory. */
static struct pair *
take_pair(struct training *t, uint32_t left, uint32_t right)
{
	size_t slot;

	if (2 * (t->pair_count + 1) > t->slot_count && grow_slots(t) < 0)
		return NULL;
	slot = find_slot(t, left, right);
	if (t->slots[slot] == 0) {
		if (t->pair_count == UINT32_MAX ||
		    ll_grow(&t->pairs, &t->pair_cap, t->pair_count + 1, sizeof(*t->pairs), t->err) < 0) {
			ll_fail(t->err, LL_ENOMEM, "out of memory: more than 4294967295 pairs of tokens");
			return NULL;
		}
		t->pairs[t->pair_count++] = (struct pair){ .left = left, .right = right };
		t->slots[slot] = (uint32_t)t->pair_count;
	}
	return &t->pairs[t->slots[slot] - 1];
}

static int
add_place(struct training *t, struct pair *pair, uint32_t place)
{
	uint32_t at = t->unused;

	if (at != 0) {
		t->unused = t->links[at - 1].next;
	} else {
		if (t->link_count == UINT32_MAX ||
		    ll_grow(&t->links, &t->link_cap, t->link_count + 1, sizeof(*t->links), t->err) < 0)
			return ll_fail(t->err, LL_ENOMEM, "out of memory: more than 4294967295 places of pairs");
		at = (uint32_t)++t->link_count;
	}
	t->links[at - 1] = (struct link){ place, 0 };
	*(pair->last != 0 ? &t->links[pair->last - 1].next : &pair->first) = at;
	pair->last = at;
	return 0;
}

static int
gain(struct training *t, uint32_t left, uint32_t right, uint32_t place)
{
	struct pair *pair;

	if (left == NONE || right == NONE)
		return 0;
	if ((pair = take_pair(t, left, right)) == NULL)
		return -LL_ENOMEM;
	pair->count += t->words[t->word_of[place]].count;
	return add_place(t, pair, place);
}

static void
lose(struct training *t, uint32_t left, uint32_t right, uint32_t place)
{
	if (left != NONE && right != NONE)
		t->pairs[t->slots[find_slot(t, left, right)] - 1].count -= t->words[t->word_of[place]].count;
}

/* Whether one candidate comes before another. */
static bool
is_better(const struct training *t, struct candidate a, struct candidate b)
{
	const struct pair *x = &t->pairs[a.pair], *y = &t->pairs[b.pair];

	if (a.count != b.count)
		return a.count > b.count;
	return x->left != y->left ? x->left < y->left : x->right < y->right;
}

static int
push(struct training *t, uint32_t pair)
{
	const struct pair *p = &t->pairs[pair];
	struct candidate new = { p->count, pair };
	size_t i = t->heap_count;

	if (p->count < t->plan->min_count ||
	    (size_t)t->lengths[p->left] + t->lengths[p->right] > t->plan->max_length)
		return 0;
	if (ll_grow(&t->heap, &t->heap_cap, t->heap_count + 1, sizeof(*t->heap), t->err) < 0)
		return -LL_ENOMEM;
	t->heap_count++;
	for (; i > 0 && is_better(t, new, t->heap[(i - 1) / 2]); i = (i - 1) / 2)
		t->heap[i] = t->heap[(i - 1) / 2];
	t->heap[i] = new;
	return 0;
}

/* Puts a candidate at the head of the heap and lets it sink to its place. */
static void
sink(struct training *t, struct candidate new)
{
	size_t i = 0, child;

	while ((child = 2 * i + 1) < t->heap_count) {
		if (child + 1 < t->heap_count && is_better(t, t->heap[child + 1], t->heap[child]))
			child++;
		if (!is_better(t, t->heap[child], new))
			break;
		t->heap[i] = t->heap[child];
		i = child;
	}
	t->heap[i] = new;
}

/* The best pair, taken from the heap; false if there is none. */
static bool
pop(struct training *t, uint32_t *out)
{
	while (t->heap_count > 0) {
		struct candidate best = t->heap[0];
		uint64_t count = t->pairs[best.pair].count;

		if (count == best.count || count < t->plan->min_count) {
			if (--t->heap_count > 0)
				sink(t, t->heap[t->heap_count]);
			*out = best.pair;
			if (count == best.count)
				return true;
		} else {
			sink(t, (struct candidate){ count, best.pair });
		}
	}
	return false;
}

/* Merges the pair into `made` at a place, if it is still there. */
static int
merge_at(struct training *t, uint32_t place, uint32_t left, uint32_t right, uint32_t made)
{
	uint32_t middle = place + t->lengths[left], end = middle + t->lengths[right];
	uint32_t before, after = t->tokens[end];
	int status;

	/* A token that lost its beginning is part of a longer one, which is another. */
	if (t->tokens[place] != left || t->tokens[middle] != right)
		return 0;
	before = t->tokens[place - 1];
	lose(t, before, left, place);
	lose(t, right, after, place);
	t->tokens[middle - 1] = t->tokens[middle] = NONE;
	t->tokens[place] = t->tokens[end - 1] = made;
	status = before == NONE ? 0 : gain(t, before, made, place - t->lengths[before]);
	return status < 0 ? status : gain(t, made, after, place);
}

static int
merge_pair(struct training *t, uint32_t index, uint32_t made)
{
	const struct pair pair = t->pairs[index];
	size_t before = t->pair_count;
	int status = 0;

	t->lengths[made] = t->lengths[pair.left] + t->lengths[pair.right];
	for (uint32_t at = pair.first; at != 0 && status == 0;) {
		struct link link = t->links[at - 1];

		t->links[at - 1].next = t->unused;
		t->unused = at;
		at = link.next;
		status = merge_at(t, link.place, pair.left, pair.right, made);
	}
	t->pairs[index].first = t->pairs[index].last = 0;
	t->pairs[index].count = 0;
	for (size_t i = before; i < t->pair_count && status == 0; i++)
		status = push(t, (uint32_t)i);
	return status;
}

static int
reserve(struct training *t, const struct ll_pretokens *pretokens)
{
	t->places = pretokens->bytes.len + pretokens->count + 1;
	if (t->places >= NONE)
		return ll_fail(t->err, LL_ENOMEM, "out of memory: more than 4 GB of different words");
	t->tokens = ll_alloc(t->places, sizeof(*t->tokens), t->err);
	t->word_of = ll_alloc(t->places, sizeof(*t->word_of), t->err);
	t->lengths = ll_alloc(LL_BPE_BYTES + t->plan->merges, sizeof(*t->lengths), t->err);
	return t->tokens == NULL || t->word_of == NULL || t->lengths == NULL ? -LL_ENOMEM : grow_slots(t);
}

static int
set_up(struct training *t, const struct ll_pretokens *pretokens)
{
	unsigned char bytes[LL_BPE_BYTES];
	uint32_t id_of[LL_BPE_BYTES], place = 0;
	int status = reserve(t, pretokens);

	if (status < 0)
		return status;
	ll_bpe_bytes(bytes);
	for (uint32_t id = 0; id < LL_BPE_BYTES; id++) {
		id_of[bytes[id]] = id;
		t->lengths[id] = 1;
	}
	t->tokens[place++] = NONE;
	for (size_t i = 0; i < pretokens->count && status == 0; i++) {
		const struct ll_pretoken *word = &pretokens->list[i];

		for (size_t j = 0; j < word->length && status == 0; j++, place++) {
			t->tokens[place] = id_of[(unsigned char)pretokens->bytes.data[word->at + j]];
			t->word_of[place] = (uint32_t)i;
			status = gain(t, t->tokens[place - 1], t->tokens[place], j > 0 ? place - 1 : place);
		}
		t->tokens[place++] = NONE;
	}
	for (size_t i = 0; i < t->pair_count && status == 0; i++)
		status = push(t, (uint32_t)i);
	return status;
}

static void
clear(struct training *t)
{
	free(t->tokens);
	free(t->word_of);
	free(t->lengths);
	free(t->pairs);
	free(t->slots);
	free(t->links);
	free(t->heap);
}

int
ll_bpe_train(struct ll_bpe_merge **out, size_t *count, const struct ll_pretokens *pretokens,
    const struct ll_bpe_plan *plan, struct ll_err *err)
{
	struct training t = { .plan = plan, .words = pretokens->list, .err = err };
	struct ll_bpe_merge *merges = ll_alloc(plan->merges, sizeof(*merges), err);
	int status = merges == NULL ? -LL_ENOMEM : set_up(&t, pretokens);
	uint32_t pair;

	*count = 0;
	while (status == 0 && *count < plan->merges && pop(&t, &pair)) {
		merges[*count] = (struct ll_bpe_merge){ t.pairs[pair].left, t.pairs[pair].right };
		status = merge_pair(&t, pair, (uint32_t)(LL_BPE_BYTES + *count));
		++*count;
		if (plan->tell != NULL)
			plan->tell(plan->arg, *count, plan->merges);
	}
	clear(&t);
	*out = merges;
	if (status < 0) {
		free(merges);
		*out = NULL;
	}
	return status;
}
