/*
 * The list of merges of a tokenizer.json; see vocab_hf.h. It is most of the file: elements are
 * read as the one before was written, for as long as they are.
 */

#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/json_walk.h"
#include "base/mem.h"
#include "model/vocab_hf.h"
#include "model/vocab_make.h"

/* How a merge is written: what stands before, between and behind its strings. */
struct shape {
	size_t parts;		/* strings; 0: it is not known */
	struct ll_json_gap before, between, behind;
};

struct list {
	struct ll_hf_merges *merges;
	struct ll_json_walk walk;
	struct shape shape;
	char *text;		/* where the next merge goes */
};

static struct ll_json_gap
gap(const char *from, const char *to)
{
	return (struct ll_json_gap){ from, (size_t)(to - from) };
}

/* ["left", "right"], and how it is written, where `from` is behind what was before. */
static bool
read_pair(struct list *l, const char *from)
{
	bool first = true;
	size_t parts = 0;

	ll_json_walk_take(&l->walk, '[');
	while (ll_json_walk_more(&l->walk, ']', &first)) {
		if (ll_json_walk_peek(&l->walk) != '"') {
			ll_json_walk_skip(&l->walk);
			parts = 2;
		} else {
			*(parts == 0 ? &l->shape.before : &l->shape.between) = gap(from, l->walk.at);
			if (parts == 1)
				*l->text++ = ' ';
			ll_json_walk_string(&l->walk, &l->text);
			from = l->walk.at;
		}
		parts++;
	}
	l->shape.behind = gap(from, l->walk.at);
	l->shape.parts = parts == 2 ? 2 : 0;
	return parts == 2;
}

/* "left right" or a pair; anything else is passed over: false. */
static bool
read_merge(struct list *l, const char *from)
{
	char kind = ll_json_walk_peek(&l->walk);

	l->shape = (struct shape){ 0 };
	if (kind == '[')
		return read_pair(l, from);
	if (kind != '"') {
		ll_json_walk_skip(&l->walk);
		return false;
	}
	l->shape.before = gap(from, l->walk.at);
	l->shape.parts = 1;
	return ll_json_walk_string(&l->walk, &l->text);
}

/* The length of a merge goes before its text, which ends here. */
static bool
put_length(char *begin, const char *end)
{
	ll_store64((unsigned char *)begin, (uint64_t)(end - begin - LL_MERGE_HEAD));
	return end - begin <= LL_MERGE_HEAD + LL_PIECE_MAX;
}

/* As many as follow that are written like the last one. What is bad is left to read_list(). */
static size_t
read_alike(struct list *l)
{
	const struct shape shape = l->shape;
	struct ll_json_walk walk = l->walk;
	char *begin = l->text, *end;
	size_t count = 0;

	for (;; count++) {
		l->walk = walk;
		l->text = begin;
		end = begin + LL_MERGE_HEAD;
		if (!ll_json_walk_same(&walk, shape.before) || !ll_json_walk_string(&walk, &end))
			return count;
		if (shape.parts == 2) {
			*end++ = ' ';
			if (!ll_json_walk_same(&walk, shape.between) || !ll_json_walk_string(&walk, &end))
				return count;
		}
		if (!ll_json_walk_same(&walk, shape.behind) || !put_length(begin, end))
			return count;
		begin = end;
	}
}

static int
read_list(struct list *l, const char *name, struct ll_err *err)
{
	struct ll_hf_merges *merges = l->merges;
	const char *from = l->walk.at;
	bool first = true, good = true;
	size_t alike;

	ll_json_walk_take(&l->walk, '[');
	while (ll_json_walk_more(&l->walk, ']', &first)) {
		char *begin = l->text;

		l->text += LL_MERGE_HEAD;
		good = read_merge(l, from) && good;
		if (!put_length(begin, l->text))
			return ll_fail(err, LL_EDATA, "%s: model.merges[%zu]: %td bytes are more than %d", name, merges->count,
			    l->text - begin - LL_MERGE_HEAD, LL_PIECE_MAX);
		/* Before the first is no comma. */
		alike = merges->count > 0 && l->shape.parts > 0 && !l->walk.bad ? read_alike(l) : 0;
		merges->count += 1 + alike;
		merges->bad += good ? 1 + alike : 0;
		from = l->walk.at;
	}
	return 0;
}

int
ll_hf_merges_read(struct ll_hf_merges *merges, struct ll_json_walk *walk, const char *name, struct ll_err *err)
{
	struct list l = { .merges = merges, .walk = *walk };
	size_t room;
	int status;

	*merges = (struct ll_hf_merges){ 0 };
	/* The shortest element of a list is a digit and a comma, and gets a head. */
	if (ll_mul((size_t)(walk->end - walk->at), LL_MERGE_HEAD / 2, &room) ||
	    ll_add(room, LL_MERGE_HEAD + LL_JSON_WALK_SLACK, &room))
		return ll_fail(err, LL_EDATA, "%s: too large", name);
	if ((merges->text = l.text = ll_alloc_large(room, 1, err)) == NULL)
		return -LL_ENOMEM;
	merges->room = room;
	status = read_list(&l, name, err);
	*walk = l.walk;
	return status;
}

void
ll_hf_merges_free(struct ll_hf_merges *merges)
{
	ll_free_large(merges->text, merges->room, 1);
	*merges = (struct ll_hf_merges){ 0 };
}
