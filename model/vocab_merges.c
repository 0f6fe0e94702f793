/*
 * The order of merges said in other ways: a list of them made of ranks, and scores made of a
 * list; see vocab_write.h.
 */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "model/vocab_make.h"
#include "model/vocab_write.h"

/* The normal tokens by their bytes. */
struct table {
	const struct ll_vocab *vocab;
	uint32_t *ids;		/* LL_VOCAB_NONE: empty */
	size_t mask;
	bool *lengths;		/* [LL_PIECE_MAX + 1]: whether a token is that long */
};

static void
table_free(struct table *table)
{
	free(table->ids);
	free(table->lengths);
}

static size_t
table_place(const struct table *table, const char *bytes, size_t length)
{
	size_t at = ll_hash(0, bytes, length) & table->mask;

	for (; table->ids[at] != LL_VOCAB_NONE; at = (at + 1) & table->mask) {
		const struct ll_piece *piece = &table->vocab->pieces[table->ids[at]];

		if (piece->length == length && memcmp(piece->bytes, bytes, length) == 0)
			break;
	}
	return at;
}

static int
table_make(struct table *table, const struct ll_vocab *vocab, struct ll_err *err)
{
	size_t size = 16;

	while (size < 2 * vocab->count)
		size *= 2;
	*table = (struct table){ .vocab = vocab, .mask = size - 1 };
	table->ids = ll_alloc(size, sizeof(*table->ids), err);
	table->lengths = ll_alloc(LL_PIECE_MAX + 1, sizeof(*table->lengths), err);
	if (table->ids == NULL || table->lengths == NULL) {
		table_free(table);
		return -LL_ENOMEM;
	}
	for (size_t i = 0; i < size; i++)
		table->ids[i] = LL_VOCAB_NONE;
	for (size_t id = 0; id < vocab->count; id++) {
		const struct ll_piece *piece = &vocab->pieces[id];
		size_t at;

		if (piece->type != LL_TOKEN_NORMAL)
			continue;
		at = table_place(table, piece->bytes, piece->length);
		if (table->ids[at] == LL_VOCAB_NONE)
			table->ids[at] = (uint32_t)id;
		table->lengths[piece->length] = true;
	}
	return 0;
}

static uint32_t
table_find(const struct table *table, const char *bytes, size_t length)
{
	if (length > LL_PIECE_MAX || !table->lengths[length])
		return LL_VOCAB_NONE;
	return table->ids[table_place(table, bytes, length)];
}

/* A way to cut a token into two, and its token. */
struct cut {
	uint32_t left, right, id;
	size_t length;		/* of the left part */
	float score;		/* of the token */
};

static int
by_ranks(const void *a, const void *b)
{
	const struct cut *x = a, *y = b;

	if (x->left != y->left)
		return x->left < y->left ? -1 : 1;
	return x->right < y->right ? -1 : x->right > y->right;
}

static size_t
find_cuts(struct cut *cuts, const struct table *table, uint32_t id)
{
	const struct ll_piece *piece = &table->vocab->pieces[id];
	size_t count = 0;

	for (size_t at = 1; at < piece->length; at++) {
		struct cut cut = { table_find(table, piece->bytes, at), LL_VOCAB_NONE, id, at, 0 };

		if (cut.left != LL_VOCAB_NONE)
			cut.right = table_find(table, piece->bytes + at, piece->length - at);
		if (cut.right != LL_VOCAB_NONE)
			cuts[count++] = cut;
	}
	return count;
}

static int
emit_cut(const struct ll_vocab *vocab, const struct cut *cut, struct ll_buf *text, ll_merge_sink *sink,
    void *context, struct ll_err *err)
{
	const struct ll_piece *left = &vocab->pieces[cut->left], *right = &vocab->pieces[cut->right];

	text->len = 0;
	if (ll_vocab_is_spm(vocab->kind)) {
		if (ll_spm_spell(text, left, err) < 0 || ll_buf_puts(text, " ", err) < 0 || ll_spm_spell(text, right, err) < 0)
			return -LL_ENOMEM;
		return sink(context, text->data, text->len, err);
	}
	if (ll_alphabet_spell(text, left->bytes, left->length, err) < 0 || ll_buf_puts(text, " ", err) < 0 ||
	    ll_alphabet_spell(text, right->bytes, right->length, err) < 0)
		return -LL_ENOMEM;
	return sink(context, text->data, text->len, err);
}

static int
each_cut(const struct table *table, ll_merge_sink *sink, void *context, struct ll_err *err)
{
	struct cut *cuts = ll_alloc(LL_PIECE_MAX, sizeof(*cuts), err);
	const struct ll_vocab *vocab = table->vocab;
	struct ll_buf text = { 0 };
	int status = cuts != NULL ? 0 : -LL_ENOMEM;

	for (uint32_t id = 0; id < vocab->count && status == 0; id++) {
		size_t count = vocab->pieces[id].type == LL_TOKEN_NORMAL ? find_cuts(cuts, table, id) : 0;

		qsort(cuts, count, sizeof(*cuts), by_ranks);
		for (size_t i = 0; i < count && status == 0; i++)
			status = emit_cut(vocab, &cuts[i], &text, sink, context, err);
	}
	ll_buf_free(&text);
	free(cuts);
	return status;
}

/*
 * By scores, of which none is a NaN; where they are equal, the leftmost in the text. In a run of
 * one character that is where the longest left part is.
 */
static int
by_scores(const void *a, const void *b)
{
	const struct cut *x = a, *y = b;

	if (x->score < y->score || x->score > y->score)
		return x->score > y->score ? -1 : 1;
	if (x->length != y->length)
		return x->length > y->length ? -1 : 1;
	return by_ranks(a, b);
}

/* Whether both are runs of one character. */
static bool
same_run(const struct ll_piece *a, const struct ll_piece *b)
{
	const struct ll_piece *longer = a->length > b->length ? a : b, *shorter = a->length > b->length ? b : a;
	size_t size;

	if (a->length == 0 || b->length == 0)
		return false;
	ll_utf8_next((const unsigned char *)longer->bytes, longer->length, &size);
	return longer->length % size == 0 && shorter->length % size == 0 &&
	    memcmp(longer->bytes, longer->bytes + size, longer->length - size) == 0 &&
	    memcmp(longer->bytes, shorter->bytes, shorter->length) == 0;
}

/* All cuts of all tokens, the highest score first. */
static int
each_scored(const struct table *table, ll_merge_sink *sink, void *context, struct ll_err *err)
{
	struct cut *cuts = ll_alloc(LL_PIECE_MAX, sizeof(*cuts), err), *all = NULL;
	const struct ll_vocab *vocab = table->vocab;
	size_t count = 0, cap = 0;
	struct ll_buf text = { 0 };
	int status = cuts != NULL ? 0 : -LL_ENOMEM;

	for (uint32_t id = 0; id < vocab->count && status == 0; id++) {
		size_t more = vocab->pieces[id].type == LL_TOKEN_NORMAL ? find_cuts(cuts, table, id) : 0;

		if ((status = ll_grow(&all, &cap, count + more, sizeof(*all), err)) < 0)
			break;
		for (size_t i = 0; i < more; i++) {
			all[count] = cuts[i];
			all[count++].score = vocab->scores[id];
		}
	}
	if (status == 0 && count > 0)
		qsort(all, count, sizeof(*all), by_scores);
	for (size_t i = 0; i < count && status == 0; i++) {
		if (i > 0 && all[i].id != all[i - 1].id && !(all[i].score < all[i - 1].score) &&
		    !same_run(&vocab->pieces[all[i].id], &vocab->pieces[all[i - 1].id]))
			status = ll_fail(err, LL_EUNSUPPORTED, "tokens %" PRIu32 " and %" PRIu32 " have the same score, which no "
			    "list of merges can say", all[i - 1].id, all[i].id);
		else
			status = emit_cut(vocab, &all[i], &text, sink, context, err);
	}
	ll_buf_free(&text);
	free(all);
	free(cuts);
	return status;
}

int
ll_vocab_each_merge(const struct ll_vocab *vocab, ll_merge_sink *sink, void *context, struct ll_err *err)
{
	struct table table;
	int status = 0;

	if (vocab->kind == LL_VOCAB_BPE_MERGES || vocab->kind == LL_VOCAB_SPM_MERGES) {
		const unsigned char *cursor = vocab->merges;

		for (size_t i = 0; i < vocab->merge_count && status == 0; i++) {
			struct ll_piece merge = ll_vocab_next_merge(&cursor);

			status = sink(context, merge.bytes, merge.length, err);
		}
		return status;
	}
	if ((status = table_make(&table, vocab, err)) < 0)
		return status;
	status = vocab->kind == LL_VOCAB_BPE_RANKS ? each_cut(&table, sink, context, err) :
	    each_scored(&table, sink, context, err);
	table_free(&table);
	return status;
}

/* What a merge makes. */
struct made {
	uint32_t id;
	size_t length;		/* of its left part */
};

struct scoring {
	const struct table *table;
	float *scores;
	struct made *made;	/* by each merge */
	uint32_t *cuts;		/* merges that make each token */
	uint32_t *last;		/* and the last one of them */
	struct ll_buf text;
};

/* LL_VOCAB_NONE unless all three are normal tokens. */
static int
merge_result(struct scoring *s, const struct ll_piece *merge, struct made *out, struct ll_err *err)
{
	const char *space = memchr(merge->bytes, ' ', merge->length);
	size_t left, length;

	*out = (struct made){ LL_VOCAB_NONE, 0 };
	s->text.len = 0;
	if (space == NULL)
		return 0;
	if (ll_buf_room(&s->text, merge->length, err) < 0)
		return -LL_ENOMEM;
	left = ll_spm_text(merge->bytes, (size_t)(space - merge->bytes), s->text.data);
	length = left + ll_spm_text(space + 1, (size_t)(merge->bytes + merge->length - space - 1), s->text.data + left);
	if (table_find(s->table, s->text.data, left) != LL_VOCAB_NONE &&
	    table_find(s->table, s->text.data + left, length - left) != LL_VOCAB_NONE)
		*out = (struct made){ table_find(s->table, s->text.data, length), left };
	return 0;
}

static int
bad_merge(const struct scoring *s, size_t i, const char *name, struct ll_err *err)
{
	const struct ll_piece merge = ll_vocab_merge(s->table->vocab, i);

	return ll_fail(err, LL_EUNSUPPORTED, "%s: merge %zu, '%.*s': no score of a token can say where it stands in the "
	    "list: a tokenizer.model beside it could", name, i, merge.length < 100 ? (int)merge.length : 100,
	    merge.bytes);
}

static int
read_merges(struct scoring *s, const struct ll_vocab *vocab, const char *name, struct ll_err *err)
{
	const unsigned char *cursor = vocab->merges;

	for (size_t i = 0; i < vocab->merge_count; i++) {
		struct ll_piece merge = ll_vocab_next_merge(&cursor);

		if (merge_result(s, &merge, &s->made[i], err) < 0)
			return -LL_ENOMEM;
		if (s->made[i].id == LL_VOCAB_NONE)
			return bad_merge(s, i, name, err);
		s->cuts[s->made[i].id]++;
		s->last[s->made[i].id] = (uint32_t)i;
	}
	return 0;
}

/*
 * The merges of one token, which must stand together; or those of tokens that have the same
 * score, as each_scored orders them.
 */
static int
score_merges(struct scoring *s, const struct ll_vocab *vocab, const char *name, struct ll_err *err)
{
	for (size_t i = 0, end; i < vocab->merge_count; i = end) {
		const struct made *first = &s->made[i];

		end = s->last[first->id] + 1;
		for (size_t k = i; k < end; k++) {
			const struct made *made = &s->made[k];
			bool ordered = k == i || made->length <= s->made[k - 1].length;

			if (made->id != first->id && !(ordered && same_run(&vocab->pieces[made->id], &vocab->pieces[first->id])))
				return bad_merge(s, k, name, err);
			if (s->last[made->id] + 1 > end)
				end = s->last[made->id] + 1;
			s->scores[made->id] = -(float)i;
		}
	}
	return 0;
}

/* By scores every two tokens that make a third can merge. */
static int
check_cuts(const struct scoring *s, const struct ll_vocab *vocab, const char *name, struct ll_err *err)
{
	struct cut *cuts = ll_alloc(LL_PIECE_MAX, sizeof(*cuts), err);
	int status = cuts != NULL ? 0 : -LL_ENOMEM;

	for (uint32_t id = 0; id < vocab->count && status == 0; id++) {
		const struct ll_piece *piece = &vocab->pieces[id];

		if (piece->type == LL_TOKEN_NORMAL && find_cuts(cuts, s->table, id) != s->cuts[id])
			status = ll_fail(err, LL_EUNSUPPORTED, "%s: token %" PRIu32 ", '%.*s': the list of merges lacks some that "
			    "make it, which scores cannot say", name, id, piece->length < 100 ? (int)piece->length : 100,
			    piece->bytes);
	}
	free(cuts);
	return status;
}

int
ll_vocab_make_scores(float *scores, const struct ll_vocab *vocab, const char *name, struct ll_err *err)
{
	struct scoring s = { .scores = scores };
	struct table table;
	int status = table_make(&table, vocab, err);

	if (status < 0)
		return status;
	s.table = &table;
	s.made = ll_alloc(vocab->merge_count, sizeof(*s.made), err);
	s.cuts = ll_alloc(vocab->count, sizeof(*s.cuts), err);
	s.last = ll_alloc(vocab->count, sizeof(*s.last), err);
	if (s.made == NULL || s.cuts == NULL || s.last == NULL)
		status = -LL_ENOMEM;
	/* What no merge makes comes last, and is never looked at. */
	for (size_t id = 0; id < vocab->count; id++)
		scores[id] = vocab->pieces[id].type == LL_TOKEN_NORMAL ? -(float)vocab->merge_count : 0;
	if (status == 0 && (status = read_merges(&s, vocab, name, err)) == 0 &&
	    (status = score_merges(&s, vocab, name, err)) == 0)
		status = check_cuts(&s, vocab, name, err);
	ll_buf_free(&s.text);
	free(s.made);
	free(s.cuts);
	free(s.last);
	table_free(&table);
	return status;
}

int
ll_vocab_take_scores(float **scores, const struct ll_vocab *vocab, const struct ll_vocab *spm, struct ll_err *err)
{
	*scores = NULL;
	for (size_t id = 0; id < vocab->count; id++) {
		const struct ll_piece *a = &vocab->pieces[id], *b = &spm->pieces[id];

		if (a->type != LL_TOKEN_NORMAL)
			continue;
		if (id >= spm->count || b->type != a->type || b->length != a->length ||
		    memcmp(a->bytes, b->bytes, a->length) != 0)
			return 0;
	}
	if ((*scores = ll_alloc(vocab->count, sizeof(**scores), err)) == NULL)
		return -LL_ENOMEM;
	for (size_t id = 0; id < vocab->count && id < spm->count; id++)
		(*scores)[id] = spm->scores[id];
	return 0;
}
