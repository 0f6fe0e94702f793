/*
 * The engine of ll-sample; see engine.h.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "sample/chain.h"
#include "sample/engine_state.h"
#include "sample/settings.h"

int
ll_engine_new(struct ll_engine **out, const struct ll_settings *settings, const struct ll_engine_hooks *hooks,
    struct ll_err *err)
{
	struct ll_engine *engine = ll_alloc(1, sizeof(*engine), err);
	int status;

	if (engine == NULL)
		return -LL_ENOMEM;
	engine->hooks = *hooks;
	engine->rules.defaults = settings;
	if ((status = ll_chain_new(&engine->chain, &settings->sampling, &settings->order, err)) < 0 ||
	    (status = ll_logits_init(&engine->row, err)) < 0) {
		ll_engine_free(engine);
		return status;
	}
	*out = engine;
	return 0;
}

static void
forget_all(struct ll_engine *engine)
{
	struct ll_group *next;

	ll_sequences_free(engine->sequences);
	engine->sequences = NULL;
	for (struct ll_group *group = engine->groups; group != NULL; group = next) {
		next = group->next;
		ll_group_free(group);
	}
	engine->groups = NULL;
	ll_searches_free(engine);
	engine->unannounced = 0;
}

void
ll_engine_free(struct ll_engine *engine)
{
	if (engine == NULL)
		return;
	forget_all(engine);
	ll_chain_free(engine->chain);
	ll_logits_free(&engine->row);
	free(engine);
}

const char *
ll_engine_text(const struct ll_engine *engine)
{
	return ll_chain_text(engine->chain);
}

int
ll_engine_begin(struct ll_engine *engine, uint64_t seed, const struct ll_turn_rules *rules, struct ll_err *err)
{
	const struct ll_settings *defaults = engine->rules.defaults;

	engine->rules = *rules;
	engine->rules.defaults = defaults;
	return ll_sequences_new(&engine->sequences, seed, err);
}

void
ll_engine_vocab(struct ll_engine *engine, const struct ll_vocab *vocab)
{
	engine->rules.vocab = vocab;
}

int
ll_engine_end_stream(struct ll_engine *engine, const char *where, struct ll_err *err)
{
	size_t missing = engine->unannounced;

	forget_all(engine);
	if (missing > 0)
		return ll_fail(err, LL_EDATA, "%s: %zu answers that were begun here are not in the stream: it was "
		    "recorded with other options", where, missing);
	return 0;
}

struct ll_sequence *
ll_engine_sequence(struct ll_engine *engine, uint64_t id, struct ll_err *err)
{
	return ll_sequences_get(engine->sequences, id, err);
}

void
ll_engine_refuse(struct ll_engine *engine, struct ll_sequence *sequence, size_t answers, const char *why)
{
	sequence->answers = answers;
	snprintf(sequence->failure, sizeof(sequence->failure), "%.*s", LL_FAILURE_BYTES - 1, why);
	engine->hooks.complain(engine->hooks.arg, sequence->failure);
}

int
ll_engine_prompt(struct ll_engine *engine, struct ll_sequence *sequence, uint32_t epoch, uint64_t position,
    const uint32_t *ids, size_t count, bool complete, struct ll_err *err)
{
	return ll_sequence_prompt(sequence, &engine->rules, epoch, position, ids, count, complete, err);
}

/* Gives out those tokens that wait no longer. */
static int
give_out(struct ll_engine *engine, struct ll_sequence *sequence, struct ll_err *err)
{
	const struct ll_pick *pick;
	int status = 0;

	while (status == 0 && !sequence->unannounced && (pick = ll_sequence_ready(sequence)) != NULL)
		status = sequence->group != NULL ? ll_group_add(sequence->group, sequence->member, pick, err) :
		    engine->hooks.token(engine->hooks.arg, sequence->id, pick, err);
	return status;
}

int
ll_engine_reply(struct ll_engine *engine, const struct ll_sequence *sequence, uint64_t position, enum ll_turn_end end,
    struct ll_err *err)
{
	struct ll_reply said = {
		.kind = LL_REPLY_STOP, .sequence = sequence->id, .position = position, .epoch = sequence->epoch,
		.reason = end, .generated = sequence->generated, .failure = sequence->failure,
	};

	if (end == LL_TURN_GOES_ON || end == LL_TURN_BACK) {
		said.kind = LL_REPLY_NEXT;
		said.tokens = &sequence->past[sequence->past_count - 1];
		said.count = 1;
	}
	return engine->hooks.reply(engine->hooks.arg, &said, err);
}

/* The turn ends as failed, and the head is told. */
static int
fail(struct ll_engine *engine, struct ll_sequence *sequence, uint64_t position, const char *why,
    struct ll_err *err)
{
	if (sequence->failure[0] == '\0')
		ll_engine_refuse(engine, sequence, 0, why);
	sequence->end = LL_TURN_FAILED;
	ll_sequence_end_turn(sequence, sequence->epoch);
	return ll_engine_reply(engine, sequence, position, LL_TURN_FAILED, err);
}

/* A token of the row for a sequence: enum ll_turn_end, or -LL_EDATA where this sequence has none. */
static int
sample(struct ll_engine *engine, struct ll_sequence *sequence, struct ll_pick *pick, const char *place,
    struct ll_err *err)
{
	const struct ll_settings *settings = ll_sequence_settings(sequence, &engine->rules);
	struct ll_sampler_view view;
	struct ll_err why = { 0 };
	int status;

	ll_sequence_view(sequence, &engine->rules, pick->position, &view);
	ll_chain_set(engine->chain, &settings->sampling, &settings->order);
	if ((status = ll_chain_sample(engine->chain, &engine->row, &view, place, &pick->token, err)) < 0)
		return status;
	pick->logprob = ll_logits_logprob(&engine->row, pick->token);
	pick->ranked_count = ll_logits_top(&engine->row, pick->ranked, settings->ranked);
	status = ll_sequence_add(sequence, &engine->rules, pick, &why);
	return status < 0 ? ll_fail(err, -status, "%s: %s", place, why.text) : status;
}

static int
join_group(struct ll_sequence *sequence, struct ll_group *group, struct ll_err *err)
{
	if (group == NULL)
		return 0;
	sequence->group = group;
	return ll_group_join(group, &sequence->member, err);
}

static void
remove_group(struct ll_engine *engine, struct ll_group *group)
{
	struct ll_group **link = &engine->groups;

	while (*link != group)
		link = &(*link)->next;
	*link = group->next;
	ll_group_free(group);
}

/* What fork_answers made, the last of which has no token, before the head knew of any. */
static void
take_back_answers(struct ll_engine *engine, struct ll_sequence *parent, size_t count)
{
	for (size_t i = 1; i <= count; i++)
		ll_sequences_remove(engine->sequences, parent->id + i);
	engine->unannounced -= count - 1;
	if (parent->group != NULL)
		remove_group(engine, parent->group);
	parent->group = NULL;
	parent->begun = false;
}

/* The other answers to a prompt: each is a child, which begins with a token of its own. */
static int
fork_answers(struct ll_engine *engine, struct ll_sequence *parent, const struct ll_pick *first, size_t count,
    const char *place, struct ll_err *err)
{
	struct ll_reply said = {
		.kind = LL_REPLY_FORK, .sequence = parent->id, .position = first->position, .epoch = parent->epoch,
	};
	uint32_t *tokens = ll_alloc(count, sizeof(*tokens), err);
	int status = tokens == NULL ? -LL_ENOMEM : 0;

	for (size_t i = 1; i < count && status >= 0; i++) {
		struct ll_sequence *child = ll_sequences_fork(engine->sequences, parent, parent->id + i, err);
		struct ll_pick pick = *first;

		status = child != NULL ? join_group(child, parent->group, err) : -LL_ENOMEM;
		if (status < 0 || (status = sample(engine, child, &pick, place, err)) < 0)
			break;
		child->owed = (enum ll_turn_end)status;
		engine->unannounced++;
		tokens[said.count++] = pick.token;
	}
	said.tokens = tokens;
	if (status >= 0)
		status = engine->hooks.reply(engine->hooks.arg, &said, err);
	free(tokens);
	if (status == -LL_EDATA)
		take_back_answers(engine, parent, said.count + 1);
	return status;
}

/* Before a prompt's first token: how many answers it has, and which are given out. */
static int
begin_answers(struct ll_engine *engine, struct ll_sequence *sequence, const struct ll_pick *first, const char *place,
    struct ll_err *err)
{
	const struct ll_settings *settings = ll_sequence_settings(sequence, &engine->rules);
	struct ll_group *group = NULL;
	int status = 0;

	sequence->begun = true;
	if (settings->best_of > settings->samples) {
		if ((group = ll_alloc(1, sizeof(*group), err)) == NULL)
			return -LL_ENOMEM;
		group->first = sequence->id;
		group->wanted = settings->samples;
		group->expected = settings->best_of;
		group->next = engine->groups;
		engine->groups = group;
		status = join_group(sequence, group, err);
	}
	if (status < 0 || settings->best_of < 2)
		return status;
	return fork_answers(engine, sequence, first, settings->best_of, place, err);
}

/* The row that was read: a token for a sequence, and the answer to the head. */
static int
answer(struct ll_engine *engine, struct ll_sequence *sequence, const struct ll_engine_row *row, struct ll_err *err)
{
	struct ll_pick pick = { .epoch = row->epoch, .position = row->position };
	struct ll_err why = { 0 };
	int status = 0;

	if (!sequence->begun)
		status = begin_answers(engine, sequence, &pick, row->place, &why);
	if (status >= 0)
		status = sample(engine, sequence, &pick, row->place, &why);
	if (status == -LL_EDATA)
		status = fail(engine, sequence, row->position, why.text, err);
	else if (status < 0)
		status = ll_fail(err, -status, "%s", why.text);
	else
		status = ll_engine_reply(engine, sequence, status == LL_TURN_BACK ? sequence->back - 1 : pick.position,
		    (enum ll_turn_end)status, err);
	return status < 0 ? status : give_out(engine, sequence, err);
}

int
ll_engine_logits(struct ll_engine *engine, const struct ll_engine_row *row, struct ll_err *err)
{
	struct ll_sequence *sequence = ll_engine_sequence(engine, row->sequence, err);
	int status;

	if (sequence == NULL)
		return -LL_ENOMEM;
	if (sequence->owed != LL_TURN_GOES_ON && row->epoch == sequence->epoch) {
		status = ll_engine_reply(engine, sequence, row->position, sequence->owed, err);
		sequence->owed = LL_TURN_GOES_ON;
		return status;
	}
	if (!ll_sequence_asks(sequence, row->epoch, row->position))
		return 0;
	if (sequence->failure[0] != '\0')
		return fail(engine, sequence, row->position, NULL, err);
	status = row->sparse ? ll_logits_sparse(&engine->row, row->data, row->cols, row->where, err) :
	    ll_logits_dense(&engine->row, row->dtype, row->data, row->cols, row->where, err);
	if (status < 0)
		return status;
	if (ll_sequence_settings(sequence, &engine->rules)->beams > 0)
		return ll_search_logits(engine, sequence, row, err);
	return answer(engine, sequence, row, err);
}

int
ll_engine_forked(struct ll_engine *engine, uint64_t id, struct ll_err *err)
{
	struct ll_sequence *child = ll_sequences_find(engine->sequences, id);

	if (child == NULL || !child->unannounced)
		return 0;
	child->unannounced = false;
	engine->unannounced--;
	return give_out(engine, child, err);
}

/* The best of a group, under the numbers of its first sequence and those behind it. */
static int
give_out_group(struct ll_engine *engine, struct ll_group *group, struct ll_err *err)
{
	int status = 0;

	ll_group_rank(group);
	for (size_t i = 0; i < group->wanted && i < group->count && status == 0; i++) {
		struct ll_member *member = &group->members[i];

		for (size_t p = 0; p < member->count && status == 0; p++)
			status = engine->hooks.token(engine->hooks.arg, group->first + i, &member->picks[p], err);
		member->end.sequence = group->first + i;
		if (status == 0)
			status = engine->hooks.end(engine->hooks.arg, &member->end, err);
	}
	remove_group(engine, group);
	return status;
}

/* The end of a sequence; one that failed before it was sampled was to have had other answers, too. */
static int
pass_end(struct ll_engine *engine, struct ll_ended *end, size_t answers, struct ll_err *err)
{
	int status = engine->hooks.end(engine->hooks.arg, end, err);

	for (size_t i = 1; i < answers && status == 0; i++) {
		end->sequence++;
		status = engine->hooks.end(engine->hooks.arg, end, err);
	}
	return status;
}

bool
ll_engine_waits(const struct ll_engine *engine)
{
	return ll_searches_wait(engine);
}

int
ll_engine_ended(struct ll_engine *engine, const struct ll_ended *end, struct ll_err *err)
{
	struct ll_sequence *sequence = ll_sequences_find(engine->sequences, end->sequence);
	struct ll_group *group = sequence != NULL ? sequence->group : NULL;
	struct ll_ended own = *end;
	size_t answers = 1;
	int status = 0;

	if (sequence != NULL && sequence->search != NULL)
		return ll_search_ended(engine, sequence, end, err);
	if (sequence != NULL) {
		if (end->recorded) {
			own.reason = sequence->end;
			own.generated = sequence->generated;
			memcpy(own.failure, sequence->failure, sizeof(own.failure));
			own.failed = own.failure[0] != '\0';
		}
		if (own.failed && !sequence->begun && !end->turn)
			answers = sequence->answers > 0 ? sequence->answers :
			    ll_sequence_settings(sequence, &engine->rules)->samples;
		ll_sequence_end_turn(sequence, end->epoch);
		if ((status = give_out(engine, sequence, err)) < 0)
			return status;
		if (group != NULL && !end->turn)
			status = ll_group_end(group, sequence->member, &own, err);
	}
	if (!end->turn)
		ll_sequences_remove(engine->sequences, end->sequence);
	if (status < 0 || (group != NULL && end->turn))
		return status;
	if (group != NULL)
		return ll_group_is_complete(group) ? give_out_group(engine, group, err) : 0;
	return pass_end(engine, &own, answers, err);
}
