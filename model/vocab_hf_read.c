/*
 * A tokenizer.json into its parts; see vocab_hf.h. The two large members are read in order, in
 * a tenth of the time that a tree of them takes; a tree is made of the rest.
 */

#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/json_walk.h"
#include "base/mem.h"
#include "model/vocab_hf.h"
#include "model/vocab_make.h"

#define AHEAD 16

/* A member that was read, brackets and all. */
struct span {
	const char *begin, *end;
};

struct reader {
	struct ll_hf_file *file;
	const char *data;
	struct ll_json_walk walk;
	struct span tokens, merges;
	struct ll_hf_ahead ahead;
	const struct ll_hf_meanwhile *meanwhile;
	bool checked;		/* the tokens, by check_tokens(), of which this came: */
	struct ll_err told;
	struct span guess;	/* where the merges are, if this is right: */
	struct ll_json *guessed;	/* a tree of the rest; or NULL */
	char *text;		/* where the next string goes */
	const char *name;
	struct ll_err *err;
};

/* To the key of the next token; `gap` is what lay before the last one. */
static bool
next_token(struct ll_json_walk *walk, struct ll_json_gap *gap, bool *first)
{
	const char *from = walk->at;
	bool apart = !*first;

	if (gap->length > 0 && ll_json_walk_same(walk, *gap))
		return true;
	if (!ll_json_walk_more(walk, '}', first))
		return false;
	if (apart && ll_json_walk_peek(walk) == '"')
		*gap = (struct ll_json_gap){ from, (size_t)(walk->at - from) };
	return true;
}

/* From a key to its value; `gap` as above. */
static bool
take_colon(struct ll_json_walk *walk, struct ll_json_gap *gap)
{
	const char *from = walk->at;

	if (gap->length > 0 && ll_json_walk_same(walk, *gap))
		return true;
	if (!ll_json_walk_take(walk, ':'))
		return false;
	ll_json_walk_peek(walk);
	*gap = (struct ll_json_gap){ from, (size_t)(walk->at - from) };
	return true;
}

static int
read_tokens(struct reader *r)
{
	struct ll_hf_file *file = r->file;
	struct ll_json_gap before = { 0 }, between = { 0 };
	bool first = true;

	/* The shortest has two quotes, a colon and a comma. */
	file->token_cap = (size_t)(r->walk.end - r->walk.at) / 4 + 1;
	if ((file->tokens = ll_alloc_large(file->token_cap, sizeof(*file->tokens), r->err)) == NULL)
		return -LL_ENOMEM;
	ll_json_walk_take(&r->walk, '{');
	while (next_token(&r->walk, &before, &first)) {
		struct ll_hf_token *token = &file->tokens[file->token_count];
		char *text = r->text;
		uint64_t id;

		if (!ll_json_walk_string(&r->walk, &r->text) || !take_colon(&r->walk, &between))
			break;
		if (r->text - text > LL_PIECE_MAX)
			return ll_fail(r->err, LL_EDATA, "%s: model.vocab[%zu]: %td bytes are more than %d", r->name,
			    file->token_count, r->text - text, LL_PIECE_MAX);
		if (!ll_json_walk_number(&r->walk, &id) || id > UINT32_MAX)
			id = UINT32_MAX;
		*token = (struct ll_hf_token){ text, (uint32_t)(r->text - text), (uint32_t)id };
		*r->text++ = '\0';
		file->token_count++;
	}
	return 0;
}

static bool
is_same(const struct ll_hf_token *a, const struct ll_hf_token *b)
{
	return a->length == b->length && memcmp(a->text, b->text, a->length) == 0;
}

/*
 * No token may be there twice; `places` has a power of two of them, which are asked for some tokens
 * ahead. Each is 0, or half of the hash of a token above one more than where it is: tokens are
 * looked at where the halves are the same.
 */
static void
compare_tokens(struct reader *r, uint64_t *places, size_t count)
{
	const struct ll_hf_token *tokens = r->file->tokens;
	const size_t end = r->file->token_count;
	uint64_t ahead[AHEAD] = { 0 };

	for (size_t i = 0; i < end + AHEAD; i++) {
		uint64_t hash = ahead[i % AHEAD], half = hash >> 32;
		size_t at = hash & (count - 1);

		if (i < end) {
			ahead[i % AHEAD] = ll_hash(0, tokens[i].text, tokens[i].length);
			__builtin_prefetch(&places[ahead[i % AHEAD] & (count - 1)]);
		}
		if (i < AHEAD)
			continue;
		for (; places[at] != 0; at = (at + 1) & (count - 1))
			if (places[at] >> 32 == half && is_same(&tokens[(uint32_t)places[at] - 1], &tokens[i - AHEAD])) {
				ll_fail(&r->told, LL_EDATA, "%s: model.vocab: duplicate token '%.100s'", r->name,
				    tokens[i - AHEAD].text);
				return;
			}
		places[at] = half << 32 | ((uint32_t)(i - AHEAD) + 1);
	}
}

/* May come before it is asked for, when there is nothing else to do: what is wrong waits in `told`. */
static void
check_tokens(struct reader *r)
{
	size_t count = 1;
	uint64_t *places;

	if (r->checked)
		return;
	r->checked = true;
	if (r->file->token_count > UINT32_MAX / 4) {
		ll_fail(&r->told, LL_EDATA, "%s: model.vocab: too many tokens", r->name);
		return;
	}
	while (count < 2 * r->file->token_count + 1)
		count *= 2;
	if ((places = ll_alloc_large(count, sizeof(*places), &r->told)) != NULL)
		compare_tokens(r, places, count);
	ll_free_large(places, count, sizeof(*places));
}

/* The key of the next member, which is compared and forgotten; NULL at the end. */
static const char *
next_key(struct reader *r, bool *first)
{
	char *key = r->text, *end = key;

	if (!ll_json_walk_more(&r->walk, '}', first) || !ll_json_walk_string(&r->walk, &end) ||
	    !ll_json_walk_take(&r->walk, ':'))
		return NULL;
	*end = '\0';
	return key;
}

/* A member that comes twice is bad. */
static int
read_member(struct reader *r, struct span *span, int (*read)(struct reader *))
{
	int status;

	if (span->begin != NULL) {
		r->walk.bad = true;
		return 0;
	}
	span->begin = r->walk.at;
	status = read(r);
	span->end = r->walk.at;
	return status;
}

static char *
copy(char *to, const char *from, const char *end)
{
	memcpy(to, from, (size_t)(end - from));
	return to + (end - from);
}

/* A tree of what is not in the spans. */
static int
read_rest(const struct reader *r, struct span merges, struct ll_json **root, struct ll_err *err)
{
	bool swapped = merges.begin < r->tokens.begin;
	struct span early = swapped ? merges : r->tokens, late = swapped ? r->tokens : merges;
	const char *empty = swapped ? "[]{}" : "{}[]";
	char *at = r->text;

	at = copy(at, r->data, early.begin);
	at = copy(at, empty, empty + 2);
	at = copy(at, early.end, late.begin);
	at = copy(at, empty + 2, empty + 4);
	at = copy(at, late.end, r->walk.end);
	return ll_json_parse_settings(root, r->text, (size_t)(at - r->text), r->name, err);
}

/*
 * What can be done while others read the merges that begin here: they end, most likely, with the last
 * list of the file.
 */
static void
work_ahead(struct reader *r)
{
	const char *end = r->walk.end;

	check_tokens(r);
	while (end[-1] != ']')
		if (--end == r->walk.at)
			return;
	r->guess = (struct span){ r->walk.at, end };
	if (read_rest(r, r->guess, &r->guessed, NULL) < 0)
		r->guessed = NULL;
	else if (r->told.code == 0)
		r->meanwhile->work(r->meanwhile->arg, r->guessed);
}

static int
read_merges(struct reader *r)
{
	if (r->ahead.running && r->tokens.end != NULL)
		work_ahead(r);
	if (ll_hf_ahead_take(&r->ahead, &r->file->merges, &r->walk))
		return 0;
	return ll_hf_merges_read(&r->file->merges, &r->walk, r->name, r->err);
}

static int
read_model(struct reader *r)
{
	bool first = true;
	const char *key;
	int status = 0;

	ll_json_walk_take(&r->walk, '{');
	while (status == 0 && (key = next_key(r, &first)) != NULL) {
		char kind = ll_json_walk_peek(&r->walk);

		if (kind == '{' && strcmp(key, "vocab") == 0)
			status = read_member(r, &r->tokens, read_tokens);
		else if (kind == '[' && strcmp(key, "merges") == 0)
			status = read_member(r, &r->merges, read_merges);
		else
			ll_json_walk_skip(&r->walk);
	}
	return status;
}

static int
read_all(struct reader *r)
{
	bool first = true;
	const char *key;
	int status = 0;

	if (ll_json_walk_peek(&r->walk) != '{')
		return 0;
	r->walk.at++;
	while (status == 0 && (key = next_key(r, &first)) != NULL) {
		if (ll_json_walk_peek(&r->walk) == '{' && strcmp(key, "model") == 0)
			status = read_model(r);
		else
			ll_json_walk_skip(&r->walk);
	}
	return status;
}

/* All of it is right but, perhaps, a token. */
static int
take_rest(struct reader *r)
{
	check_tokens(r);
	if (r->told.code != 0)
		return ll_fail_as(r->err, &r->told);
	if (r->guessed == NULL || r->guess.end != r->merges.end)
		return read_rest(r, r->merges, &r->file->root, r->err);
	r->file->root = r->guessed;
	r->guessed = NULL;
	return 0;
}

static int
read_file(struct reader *r)
{
	struct ll_hf_file *file = r->file;
	int status = read_all(r);

	if (status < 0)
		return status;
	file->whole = r->tokens.begin != NULL && r->merges.begin != NULL;
	if (!r->walk.bad && file->whole)
		return take_rest(r);
	/* The tree of all of it has the message for what is bad. */
	if ((status = ll_json_parse_settings(&file->root, r->data, (size_t)(r->walk.end - r->data), r->name, r->err)) < 0 ||
	    !r->walk.bad)
		return status;
	return ll_fail(r->err, LL_EDATA, "%s: model.vocab, model.merges: bad JSON", r->name);
}

int
ll_hf_read(struct ll_hf_file *file, const char *data, size_t size, const struct ll_hf_meanwhile *meanwhile,
    const char *name, struct ll_err *err)
{
	struct reader r = { .file = file, .data = data, .walk = { data, data + size, false }, .meanwhile = meanwhile,
		.name = name, .err = err };
	size_t room;
	int status;

	*file = (struct ll_hf_file){ 0 };
	if (ll_add(size, LL_JSON_WALK_SLACK, &room))
		return ll_fail(err, LL_EDATA, "%s: too large", name);
	if ((file->text = r.text = ll_alloc_large(room, 1, err)) == NULL)
		return -LL_ENOMEM;
	file->room = room;
	ll_hf_ahead_start(&r.ahead, data, size);
	status = read_file(&r);
	ll_hf_ahead_end(&r.ahead);
	ll_json_free(r.guessed);
	return status;
}

void
ll_hf_free(struct ll_hf_file *file)
{
	ll_free_large(file->tokens, file->token_cap, sizeof(*file->tokens));
	ll_free_large(file->text, file->room, 1);
	ll_hf_merges_free(&file->merges);
	ll_json_free(file->root);
	*file = (struct ll_hf_file){ 0 };
}
