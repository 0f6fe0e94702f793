/*
 * Beam search: of all continuations of W beams the W likeliest go on. A beam is a sequence of
 * the head's: one continuation of it is its next token, others are forks, and one that has none
 * ends. An answer that ended is kept with its mean log-probability; the search is over when W
 * have ended of which none is worse than the best beam, or no beam is left.
 */

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/mem.h"
#include "sample/candidates.h"
#include "sample/engine_state.h"
#include "sample/settings.h"

/* A token of an answer, and the one before it. */
struct node {
	struct node *before;
	struct node *made_before;	/* of all, to be freed */
	struct ll_pick pick;
};

/* A way on: of beam `beam`, by one token. */
struct way {
	size_t beam;
	uint32_t token;
	double sum;		/* of log-probabilities, with this */
	float logprob;		/* the model's own */
	enum ll_turn_end end;	/* of the turn, with this */
};

struct beam {
	uint64_t sequence;
	struct node *last;
	double sum;
	bool ready;		/* its logits came, and its ways are there */
	size_t ranked_count;
	struct ll_ranked ranked[LL_RANKED_MAX];
};

struct answer {
	struct node *last;
	size_t length;
	double sum;
	enum ll_turn_end end;
};

struct ll_search {
	struct ll_search *next;
	uint64_t first;			/* the sequence that it began with */
	uint64_t next_id;		/* of the next fork */
	size_t width, wanted;
	struct beam *beams, *coming;	/* of this step and the next; width each */
	size_t count, coming_count, ready;
	struct way *ways;		/* 2 * width for each beam */
	size_t way_count;
	struct answer *answers;		/* the best, sorted; width of them */
	size_t answer_count;
	struct node *nodes;
	size_t open;			/* sequences that have not ended */
	bool over;
	char place[80];			/* where it was at last; begins messages */
	/* With texts of their own: of the last sequence to end, and of the last that did so as a beam. */
	struct ll_ended end, cut;
};

static void
free_search(struct ll_search *search)
{
	struct node *before;

	if (search == NULL)
		return;
	for (struct node *node = search->nodes; node != NULL; node = before) {
		before = node->made_before;
		free(node);
	}
	free(search->beams);
	free(search->coming);
	free(search->ways);
	free(search->answers);
	free((void *)(uintptr_t)search->end.text);
	free((void *)(uintptr_t)search->cut.text);
	free(search);
}

void
ll_searches_free(struct ll_engine *engine)
{
	struct ll_search *next;

	for (struct ll_search *search = engine->searches; search != NULL; search = next) {
		next = search->next;
		free_search(search);
	}
	engine->searches = NULL;
}

static int
new_search(struct ll_engine *engine, struct ll_sequence *sequence, struct ll_err *err)
{
	const struct ll_settings *settings = ll_sequence_settings(sequence, &engine->rules);
	struct ll_search *search = ll_alloc(1, sizeof(*search), err);
	size_t width = settings->beams;

	if (search == NULL)
		return -LL_ENOMEM;
	search->next = engine->searches;
	engine->searches = search;
	search->first = sequence->id;
	search->next_id = sequence->id + 1;
	search->width = width;
	search->wanted = settings->samples;
	search->beams = ll_alloc(width, sizeof(*search->beams), err);
	search->coming = ll_alloc(width, sizeof(*search->coming), err);
	search->ways = ll_alloc(2 * width * width, sizeof(*search->ways), err);
	search->answers = ll_alloc(width, sizeof(*search->answers), err);
	if (search->beams == NULL || search->coming == NULL || search->ways == NULL || search->answers == NULL)
		return -LL_ENOMEM;
	search->beams[0].sequence = sequence->id;
	search->count = search->open = 1;
	sequence->search = search;
	return 0;
}

/* The better first; of equal ones the earlier beam's, then the lower id. */
static bool
goes_before(const struct way *a, const struct way *b)
{
	if (a->sum != b->sum)
		return a->sum > b->sum;
	return a->beam != b->beam ? a->beam < b->beam : a->token < b->token;
}

/* Whether a way is among the best `most` of those from `from` on, so far. */
static bool
is_kept(const struct ll_search *search, size_t from, size_t most, const struct way *way)
{
	return search->way_count - from < most || goes_before(way, &search->ways[from + most - 1]);
}

/* Keeps one of which is_kept is true, in order. */
static void
add_way(struct ll_search *search, size_t from, size_t most, const struct way *way)
{
	struct way *ways = search->ways + from;
	size_t count = search->way_count - from, at;

	if (count < most) {
		count++;
		search->way_count++;
	}
	for (at = count - 1; at > 0 && goes_before(way, &ways[at - 1]); at--)
		ways[at] = ways[at - 1];
	ways[at] = *way;
}

/* The likeliest ways of one beam: more cannot be among the likeliest of all. What completes a banned string is none. */
static int
find_ways(struct ll_engine *engine, struct ll_search *search, size_t index, struct ll_sequence *sequence,
    const struct ll_engine_row *row, struct ll_err *err)
{
	const struct ll_settings *settings = ll_sequence_settings(sequence, &engine->rules);
	const struct ll_candidates *candidates;
	struct beam *beam = &search->beams[index];
	struct ll_sampler_view view;
	struct ll_err none = { 0 };
	size_t from = search->way_count;
	double log_total;
	int status;

	ll_sequence_view(sequence, &engine->rules, row->position, &view);
	ll_chain_set(engine->chain, &settings->sampling, &settings->order);
	status = ll_chain_distribution(engine->chain, &engine->row, &view, row->place, &candidates, &none);
	/* A beam without a token ends; the others go on. */
	if (status < 0)
		return status == -LL_EDATA ? 0 : ll_fail(err, -status, "%s", none.text);
	log_total = (double)candidates->max + log(ll_sum(candidates->weights, candidates->count));
	for (size_t i = 0; i < candidates->count; i++) {
		struct way way = {
			.beam = index, .token = candidates->ids[i],
			.sum = beam->sum + (double)candidates->logits[i] - log_total,
		};

		if (is_kept(search, from, 2 * search->width, &way) &&
		    !ll_sequence_bans(sequence, &engine->rules, way.token))
			add_way(search, from, 2 * search->width, &way);
	}
	for (size_t i = from; i < search->way_count; i++) {
		struct way *way = &search->ways[i];

		way->logprob = ll_logits_logprob(&engine->row, way->token);
		way->end = ll_sequence_end_with(sequence, &engine->rules, way->token);
	}
	beam->ranked_count = ll_logits_top(&engine->row, beam->ranked, settings->ranked);
	return 0;
}

static double
score(const struct answer *answer)
{
	return answer->sum / (double)answer->length;
}

static void
add_answer(struct ll_search *search, const struct answer *answer)
{
	size_t at;

	if (search->answer_count == search->width && score(answer) <= score(&search->answers[search->width - 1]))
		return;
	search->answer_count += search->answer_count < search->width;
	for (at = search->answer_count - 1; at > 0 && score(&search->answers[at - 1]) < score(answer); at--)
		search->answers[at] = search->answers[at - 1];
	search->answers[at] = *answer;
}

static struct node *
make_node(struct ll_search *search, const struct way *way, const struct ll_engine_row *row, struct ll_err *err)
{
	const struct beam *beam = &search->beams[way->beam];
	struct node *node = ll_alloc(1, sizeof(*node), err);

	if (node == NULL)
		return NULL;
	node->before = beam->last;
	node->made_before = search->nodes;
	search->nodes = node;
	node->pick = (struct ll_pick){
		.token = way->token, .epoch = row->epoch, .position = row->position, .logprob = way->logprob,
		.ranked_count = beam->ranked_count,
	};
	for (size_t i = 0; i < beam->ranked_count; i++)
		node->pick.ranked[i] = beam->ranked[i];
	return node;
}

/* A sequence takes the token of a way: it becomes a beam of the next step, or an answer that has ended. */
static int
go_on(struct ll_engine *engine, struct ll_search *search, struct ll_sequence *sequence, const struct way *way,
    const struct ll_engine_row *row, struct ll_err *err)
{
	struct node *node = make_node(search, way, row, err);
	int end = node != NULL ? ll_sequence_add(sequence, &engine->rules, &node->pick, err) : -LL_ENOMEM;

	if (end < 0)
		return end;
	/* What waits there is given out from the nodes. */
	sequence->ready = sequence->count;
	while (ll_sequence_ready(sequence) != NULL)
		continue;
	if (end != LL_TURN_GOES_ON)
		add_answer(search, &(struct answer){ node, sequence->generated, way->sum, (enum ll_turn_end)end });
	else
		search->coming[search->coming_count++] = (struct beam){
			.sequence = sequence->id, .last = node, .sum = way->sum,
		};
	return end;
}

/* The chosen ways of one beam: forks first, which begin with what it has; then itself. */
static int
follow(struct ll_engine *engine, struct ll_search *search, size_t index, const struct way *chosen, size_t count,
    const struct ll_engine_row *row, struct ll_err *err)
{
	struct ll_sequence *parent = ll_sequences_find(engine->sequences, search->beams[index].sequence);
	const struct way *own = NULL;
	uint32_t *tokens = ll_alloc(count + 1, sizeof(*tokens), err);
	struct ll_reply fork = {
		.kind = LL_REPLY_FORK, .sequence = parent->id, .position = row->position, .epoch = row->epoch,
		.tokens = tokens,
	};
	int status = tokens == NULL ? -LL_ENOMEM : 0, end = LL_TURN_EOS;

	for (size_t i = 0; i < count && status >= 0; i++) {
		struct ll_sequence *child;

		if (chosen[i].beam != index)
			continue;
		if (own == NULL) {
			own = &chosen[i];
			continue;
		}
		if ((child = ll_sequences_fork(engine->sequences, parent, search->next_id, err)) == NULL) {
			status = -LL_ENOMEM;
			break;
		}
		child->search = search;
		if ((status = go_on(engine, search, child, &chosen[i], row, err)) > 0) {
			ll_sequences_remove(engine->sequences, search->next_id);
			continue;
		}
		tokens[fork.count++] = chosen[i].token;
		search->next_id++;
		search->open++;
		engine->unannounced++;
	}
	if (status >= 0 && own != NULL)
		end = status = go_on(engine, search, parent, own, row, err);
	if (status >= 0 && own == NULL)
		ll_sequence_end_turn(parent, parent->epoch);
	if (status >= 0 && fork.count > 0)
		status = engine->hooks.reply(engine->hooks.arg, &fork, err);
	if (status >= 0)
		status = ll_engine_reply(engine, parent, row->position, (enum ll_turn_end)end, err);
	free(tokens);
	return status;
}

/* Among the ways of all beams: which go on, and which are answers that end with a stop id or string. */
static int
choose(struct ll_search *search, const struct ll_engine_row *row, struct way *chosen,
    size_t *count, struct ll_err *err)
{
	size_t total = search->way_count, most = 2 * search->width < total ? 2 * search->width : total;

	/* In place: what is kept so far ends before what is looked at. */
	search->way_count = 0;
	for (size_t i = 0; i < total; i++) {
		struct way way = search->ways[i];

		if (is_kept(search, 0, most, &way))
			add_way(search, 0, most, &way);
	}
	for (size_t i = 0; i < most; i++) {
		const struct way *way = &search->ways[i];
		struct answer answer = { .sum = way->sum, .end = way->end };

		if (way->end == LL_TURN_GOES_ON) {
			if (*count < search->width)
				chosen[(*count)++] = *way;
			continue;
		}
		if (i >= search->width)
			continue;
		if ((answer.last = make_node(search, way, row, err)) == NULL)
			return -LL_ENOMEM;
		for (const struct node *node = answer.last; node != NULL; node = node->before)
			answer.length++;
		add_answer(search, &answer);
	}
	return 0;
}

static bool
is_over(const struct ll_search *search, const struct way *chosen, size_t count, size_t length)
{
	if (count == 0)
		return true;
	return search->answer_count == search->width &&
	    score(&search->answers[search->width - 1]) >= chosen[0].sum / (double)length;
}

/* Every beam's logits have come. */
static int
expand(struct ll_engine *engine, struct ll_search *search, const struct ll_sequence *any, const struct ll_engine_row *row,
    struct ll_err *err)
{
	struct way *chosen = ll_alloc(search->width, sizeof(*chosen), err);
	struct beam *beams = search->beams;
	size_t count = 0;
	int status = chosen == NULL ? -LL_ENOMEM : choose(search, row, chosen, &count, err);

	if (status == 0 && is_over(search, chosen, count, any->generated + 1))
		count = 0;
	search->coming_count = 0;
	for (size_t i = 0; i < search->count && status >= 0; i++)
		status = follow(engine, search, i, chosen, count, row, err);
	free(chosen);
	search->beams = search->coming;
	search->coming = beams;
	search->count = search->coming_count;
	search->ready = search->way_count = 0;
	search->over = search->count == 0;
	snprintf(search->place, sizeof(search->place), "%s", row->place);
	return status < 0 ? status : 0;
}

int
ll_search_logits(struct ll_engine *engine, struct ll_sequence *sequence, const struct ll_engine_row *row,
    struct ll_err *err)
{
	struct ll_search *search;
	size_t index = 0;
	int status;

	if (sequence->search == NULL && (status = new_search(engine, sequence, err)) < 0)
		return status;
	search = sequence->search;
	while (index < search->count && search->beams[index].sequence != sequence->id)
		index++;
	if (index == search->count || search->beams[index].ready)
		return 0;
	if ((status = find_ways(engine, search, index, sequence, row, err)) < 0)
		return status;
	search->beams[index].ready = true;
	return ++search->ready < search->count ? 0 : expand(engine, search, sequence, row, err);
}

/* An answer's tokens, from the first, through a sequence that knows what is shown of them. */
static int
give_out(struct ll_engine *engine, const struct ll_sequence *begun, const struct answer *answer, uint64_t id,
    struct ll_err *err)
{
	const struct node **path = ll_alloc(answer->length + 1, sizeof(struct node *), err);
	struct ll_sequence *scratch = path != NULL ?
	    ll_sequences_fork(engine->sequences, begun, LL_SEARCH_SCRATCH, err) : NULL;
	const struct ll_pick *pick;
	size_t count = 0;
	int status = scratch != NULL ? 0 : -LL_ENOMEM;

	for (const struct node *node = answer->last; node != NULL && status == 0; node = node->before)
		path[count++] = node;
	if (scratch != NULL) {
		scratch->generated = 0;
		scratch->stopper = scratch->banned = (struct ll_stopper){ 0 };
	}
	while (count > 0 && status >= 0) {
		status = ll_sequence_add(scratch, &engine->rules, &path[--count]->pick, err);
		if (status >= 0 && count == 0)
			scratch->ready = scratch->count;
		while (status >= 0 && (pick = ll_sequence_ready(scratch)) != NULL)
			status = engine->hooks.token(engine->hooks.arg, id, pick, err);
	}
	ll_sequences_remove(engine->sequences, LL_SEARCH_SCRATCH);
	free(path);
	return status < 0 ? status : 0;
}

/* No beam had a way on: biases and banned strings forbid all others. */
static void
fail_rest(struct ll_engine *engine, struct ll_search *search, struct ll_ended *end)
{
	end->failed = true;
	end->generated = 0;
	snprintf(end->failure, sizeof(end->failure), "%s: the search found %zu of %zu answers: biases, banned strings "
	    "and stop rules forbid all others", search->place, search->answer_count, search->wanted);
	engine->hooks.complain(engine->hooks.arg, end->failure);
}

static int
give_out_all(struct ll_engine *engine, struct ll_search *search, const struct ll_sequence *begun, struct ll_err *err)
{
	size_t found = search->answer_count < search->wanted ? search->answer_count : search->wanted;
	bool cut = search->cut.text != NULL, failed = cut ? search->cut.failed : search->over;
	struct ll_ended end;
	int status = 0;

	for (size_t i = 0; i < found && status == 0; i++) {
		const struct answer *answer = &search->answers[i];

		end = answer->end == LL_TURN_GOES_ON ? search->cut : search->end;
		end.sequence = search->first + i;
		end.reason = answer->end;
		end.generated = answer->length - (answer->end == LL_TURN_EOS);
		if ((status = give_out(engine, begun, answer, end.sequence, err)) == 0)
			status = engine->hooks.end(engine->hooks.arg, &end, err);
	}
	/* What was not found, as where the context is full, has failed; a search that was cut off has one end. */
	end = cut && failed ? search->cut : search->end;
	if (!cut && found < search->wanted)
		fail_rest(engine, search, &end);
	for (size_t i = found; i < (failed ? search->wanted : 1) && status == 0; i++) {
		end.sequence = search->first + i;
		status = engine->hooks.end(engine->hooks.arg, &end, err);
	}
	return status;
}

static void
remove_search(struct ll_engine *engine, struct ll_search *search)
{
	struct ll_search **link = &engine->searches;

	while (*link != search)
		link = &(*link)->next;
	*link = search->next;
	free_search(search);
}

static int
keep_end(struct ll_ended *to, const struct ll_ended *end, struct ll_err *err)
{
	free((void *)(uintptr_t)to->text);
	*to = *end;
	to->text = ll_copy(end->length > 0 ? end->text : "", end->length, err);
	return to->text != NULL ? 0 : -LL_ENOMEM;
}

/* A beam that ended in the midst, as where the context is full, is an answer; the others must not wait for it. */
static int
drop_beam(struct ll_search *search, const struct ll_sequence *sequence, const struct ll_ended *end,
    struct ll_err *err)
{
	size_t i = 0;

	while (i < search->count && search->beams[i].sequence != sequence->id)
		i++;
	if (i == search->count)
		return 0;
	if (search->ready > 0)
		return ll_fail(err, LL_EDATA, "sequence %" PRIu64 ": a beam ended while %zu of %zu had logits: the stream "
		    "was recorded with other options", sequence->id >> 32, search->ready, search->count);
	if (sequence->generated > 0)
		add_answer(search, &(struct answer){
			search->beams[i].last, sequence->generated, search->beams[i].sum, LL_TURN_GOES_ON,
		});
	for (search->count--; i < search->count; i++)
		search->beams[i] = search->beams[i + 1];
	search->over = search->count == 0;
	return keep_end(&search->cut, end, err);
}

int
ll_search_ended(struct ll_engine *engine, struct ll_sequence *sequence, const struct ll_ended *end,
    struct ll_err *err)
{
	struct ll_search *search = sequence->search;
	int status = 0;

	ll_sequence_end_turn(sequence, end->epoch);
	if (end->turn)
		return 0;
	if ((status = drop_beam(search, sequence, end, err)) < 0)
		return status;
	search->open--;
	/* One that did not fail tells how long the prompt was. */
	if ((search->end.text == NULL || search->end.failed) && (status = keep_end(&search->end, end, err)) < 0)
		return status;
	if (search->open == 0) {
		status = give_out_all(engine, search, sequence, err);
		remove_search(engine, search);
	}
	ll_sequences_remove(engine->sequences, sequence->id);
	return status;
}

bool
ll_searches_wait(const struct ll_engine *engine)
{
	for (const struct ll_search *search = engine->searches; search != NULL; search = search->next)
		if (search->ready > 0)
			return true;
	return false;
}
