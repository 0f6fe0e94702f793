/*
 * Learning BPE; see bpe_train.h. Every pair of neighbours has an entry with its count and the
 * words that hold it, so a merge looks at these words alone. All pairs with a token are made by
 * the merge that makes the token, and from then on only become fewer: a heap that learns of a
 * smaller count when the pair comes up is enough. A list may name a word that has lost the pair.
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

struct word {
	size_t at;		/* of its first symbol */
	uint32_t length;	/* symbols */
	uint64_t count;
};

struct pair {
	uint32_t left, right;
	uint64_t count;		/* over all words */
	uint32_t holders;	/* index plus one of the first holder; 0: none */
};

struct holder {
	uint32_t word;
	uint32_t next;		/* index plus one; 0: none */
};

struct candidate {
	uint64_t count;		/* when it was put here: the pair's or more */
	uint32_t pair;
};

struct training {
	const struct ll_bpe_plan *plan;
	struct word *words;
	size_t word_count;
	uint32_t *symbols;	/* of all words; what a word has lost is left at its end */
	uint32_t *lengths;	/* bytes, by token */
	struct pair *pairs;
	size_t pair_count, pair_cap;
	uint32_t *slots;	/* hash table of pairs: index plus one; 0: none */
	size_t slot_count;
	struct holder *holders;
	size_t holder_count, holder_cap;
	uint32_t unused;	/* holders to be used again: index plus one of the first */
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
add_holder(struct training *t, struct pair *pair, uint32_t word)
{
	uint32_t at = t->unused;

	/* A word's pairs are counted together: what it already holds was noted last. */
	if (pair->holders != 0 && t->holders[pair->holders - 1].word == word)
		return 0;
	if (at != 0) {
		t->unused = t->holders[at - 1].next;
	} else {
		if (t->holder_count == UINT32_MAX ||
		    ll_grow(&t->holders, &t->holder_cap, t->holder_count + 1, sizeof(*t->holders), t->err) < 0)
			return ll_fail(t->err, LL_ENOMEM, "out of memory: more than 4294967295 places of pairs");
		at = (uint32_t)++t->holder_count;
	}
	t->holders[at - 1] = (struct holder){ word, pair->holders };
	pair->holders = at;
	return 0;
}

static int
gain(struct training *t, uint32_t left, uint32_t right, uint32_t word)
{
	struct pair *pair = take_pair(t, left, right);

	if (pair == NULL)
		return -LL_ENOMEM;
	pair->count += t->words[word].count;
	return add_holder(t, pair, word);
}

static void
lose(struct training *t, uint32_t left, uint32_t right, uint32_t word)
{
	t->pairs[t->slots[find_slot(t, left, right)] - 1].count -= t->words[word].count;
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

/* Merges left and right into `made` in a word, and counts what pairs are lost and new. */
static int
merge_word(struct training *t, uint32_t word, uint32_t left, uint32_t right, uint32_t made)
{
	struct word *w = &t->words[word];
	uint32_t *s = t->symbols + w->at;
	size_t n = w->length, used = 0, lost = 0;	/* pairs that begin before `lost` are counted off */
	int status = 0;

	for (size_t i = 0; i < n && status == 0; i++) {
		uint32_t symbol = s[i];

		if (symbol == left && i + 1 < n && s[i + 1] == right) {
			if (lost + 1 < i)
				lost = i - 1;
			for (; lost <= i + 1 && lost + 1 < n; lost++)
				lose(t, s[lost], s[lost + 1], word);
			symbol = made;
			i++;
		}
		if (used > 0 && (symbol == made || s[used - 1] == made))
			status = gain(t, s[used - 1], symbol, word);
		s[used++] = symbol;
	}
	w->length = (uint32_t)used;
	return status;
}

static int
merge_pair(struct training *t, uint32_t index, uint32_t made)
{
	const struct pair pair = t->pairs[index];
	size_t before = t->pair_count;
	int status = 0;

	t->pairs[index].holders = 0;
	t->lengths[made] = t->lengths[pair.left] + t->lengths[pair.right];
	for (uint32_t at = pair.holders; at != 0 && status == 0;) {
		struct holder holder = t->holders[at - 1];

		t->holders[at - 1].next = t->unused;
		t->unused = at;
		at = holder.next;
		status = merge_word(t, holder.word, pair.left, pair.right, made);
	}
	for (size_t i = before; i < t->pair_count && status == 0; i++)
		status = push(t, (uint32_t)i);
	return status;
}

static int
set_up(struct training *t, const struct ll_pretokens *pretokens)
{
	unsigned char bytes[LL_BPE_BYTES];
	uint32_t id_of[LL_BPE_BYTES];
	int status = 0;

	ll_bpe_bytes(bytes);
	for (uint32_t id = 0; id < LL_BPE_BYTES; id++)
		id_of[bytes[id]] = id;
	t->words = ll_alloc(pretokens->count, sizeof(*t->words), t->err);
	t->symbols = ll_alloc(pretokens->bytes.len, sizeof(*t->symbols), t->err);
	t->lengths = ll_alloc(LL_BPE_BYTES + t->plan->merges, sizeof(*t->lengths), t->err);
	if (t->words == NULL || t->symbols == NULL || t->lengths == NULL || grow_slots(t) < 0)
		return -LL_ENOMEM;
	for (size_t id = 0; id < LL_BPE_BYTES; id++)
		t->lengths[id] = 1;
	for (size_t i = 0; i < pretokens->bytes.len; i++)
		t->symbols[i] = id_of[(unsigned char)pretokens->bytes.data[i]];
	for (size_t i = 0; i < pretokens->count; i++) {
		const struct ll_pretoken *from = &pretokens->list[i];

		t->words[i] = (struct word){ from->at, from->length, from->count };
		for (size_t j = 1; j < from->length && status == 0; j++)
			status = gain(t, t->symbols[from->at + j - 1], t->symbols[from->at + j], (uint32_t)i);
	}
	for (size_t i = 0; i < t->pair_count && status == 0; i++)
		status = push(t, (uint32_t)i);
	return status;
}

static void
clear(struct training *t)
{
	free(t->words);
	free(t->symbols);
	free(t->lengths);
	free(t->pairs);
	free(t->slots);
	free(t->holders);
	free(t->heap);
}

int
ll_bpe_train(struct ll_bpe_merge **out, size_t *count, const struct ll_pretokens *pretokens,
    const struct ll_bpe_plan *plan, struct ll_err *err)
{
	struct training t = { .plan = plan, .err = err };
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
