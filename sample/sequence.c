/*
 * Sequences being sampled; see sequence.h.
 */

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/mem.h"
#include "sample/sequence.h"
#include "sample/settings.h"
#include "sample/strings.h"

/* Tokens that are taken back one after the other before it is given up. */
#define SETBACKS_MAX 1000

/* A pick, where its text begins in the text of the turn, and how things were before it. */
struct ll_held {
	struct ll_pick pick;
	uint64_t begin, end;
	size_t past_count;
	struct ll_stopper stopper, banned;
	struct ll_sampler_memory memory;
};

struct ll_sequences {
	uint64_t seed;
	struct ll_sequence **buckets;
	size_t bucket_count;	/* a power of two */
	size_t count;
};

const char *
ll_turn_end_name(enum ll_turn_end end)
{
	static const char *const names[] = { "", "eos", "string", "length", "", "failed" };

	return names[end];
}

int
ll_sequences_new(struct ll_sequences **out, uint64_t seed, struct ll_err *err)
{
	struct ll_sequences *sequences = ll_alloc(1, sizeof(*sequences), err);

	if (sequences == NULL)
		return -LL_ENOMEM;
	sequences->seed = seed;
	sequences->bucket_count = 64;
	sequences->buckets = ll_alloc(sequences->bucket_count, sizeof(struct ll_sequence *), err);
	if (sequences->buckets == NULL) {
		free(sequences);
		return -LL_ENOMEM;
	}
	*out = sequences;
	return 0;
}

static void
free_sequence(struct ll_sequence *sequence)
{
	ll_settings_free(sequence->settings);
	free(sequence->held);
	free(sequence->past);
	free(sequence->ban_positions);
	free(sequence->ban_tokens);
	free(sequence);
}

void
ll_sequences_free(struct ll_sequences *sequences)
{
	if (sequences == NULL)
		return;
	for (size_t b = 0; b < sequences->bucket_count; b++) {
		struct ll_sequence *next;

		for (struct ll_sequence *s = sequences->buckets[b]; s != NULL; s = next) {
			next = s->next;
			free_sequence(s);
		}
	}
	free(sequences->buckets);
	free(sequences);
}

/* The link that points to sequence `id`, or where it would be. */
static struct ll_sequence **
link_of(const struct ll_sequences *sequences, uint64_t id)
{
	size_t bucket = ll_hash_mix(id) & (sequences->bucket_count - 1);
	struct ll_sequence **link = &sequences->buckets[bucket];

	while (*link != NULL && (*link)->id != id)
		link = &(*link)->next;
	return link;
}

static int
widen(struct ll_sequences *sequences, struct ll_err *err)
{
	struct ll_sequences wide = *sequences;

	wide.bucket_count *= 2;
	if ((wide.buckets = ll_alloc(wide.bucket_count, sizeof(struct ll_sequence *), err)) == NULL)
		return -LL_ENOMEM;
	for (size_t b = 0; b < sequences->bucket_count; b++) {
		struct ll_sequence *next;

		for (struct ll_sequence *s = sequences->buckets[b]; s != NULL; s = next) {
			next = s->next;
			s->next = NULL;
			*link_of(&wide, s->id) = s;
		}
	}
	free(sequences->buckets);
	*sequences = wide;
	return 0;
}

struct ll_sequence *
ll_sequences_find(const struct ll_sequences *sequences, uint64_t id)
{
	return *link_of(sequences, id);
}

struct ll_sequence *
ll_sequences_get(struct ll_sequences *sequences, uint64_t id, struct ll_err *err)
{
	struct ll_sequence *sequence = ll_sequences_find(sequences, id);

	if (sequence != NULL)
		return sequence;
	if (sequences->count >= sequences->bucket_count && widen(sequences, err) < 0)
		return NULL;
	if ((sequence = ll_alloc(1, sizeof(*sequence), err)) == NULL)
		return NULL;
	sequence->id = id;
	sequence->open = true;
	ll_rng_seed(&sequence->rng, sequences->seed, id);
	*link_of(sequences, id) = sequence;
	sequences->count++;
	return sequence;
}

void
ll_sequences_remove(struct ll_sequences *sequences, uint64_t id)
{
	struct ll_sequence **link = link_of(sequences, id);
	struct ll_sequence *sequence = *link;

	if (sequence == NULL)
		return;
	*link = sequence->next;
	sequences->count--;
	free_sequence(sequence);
}

void
ll_sequence_configure(struct ll_sequence *sequence, struct ll_settings *settings)
{
	ll_settings_free(sequence->settings);
	sequence->settings = settings;
	if (settings->own_seed)
		ll_rng_seed(&sequence->rng, settings->seed, (uint32_t)sequence->id);
}

const struct ll_settings *
ll_sequence_settings(const struct ll_sequence *sequence, const struct ll_turn_rules *rules)
{
	return sequence->settings != NULL ? sequence->settings : rules->defaults;
}

static int
add_past(struct ll_sequence *sequence, const struct ll_settings *settings, uint32_t token, struct ll_err *err)
{
	int status = ll_grow(&sequence->past, &sequence->past_cap, sequence->past_count + 1, sizeof(uint32_t), err);

	if (status < 0)
		return status;
	sequence->past[sequence->past_count++] = token;
	sequence->unbroken++;
	if (settings->breakers != NULL && ll_strings_take(&sequence->breaker, settings->breakers, token))
		sequence->unbroken = 0;
	return 0;
}

/* What DRY knows of the past is found anew: this is rare. */
static void
cut_past(struct ll_sequence *sequence, const struct ll_settings *settings, size_t count)
{
	if (count >= sequence->past_count)
		return;
	sequence->past_count = count;
	sequence->breaker = (struct ll_stopper){ 0 };
	sequence->unbroken = count;
	for (size_t i = 0; i < count && settings->breakers != NULL; i++)
		if (ll_strings_take(&sequence->breaker, settings->breakers, sequence->past[i]))
			sequence->unbroken = count - i - 1;
}

static void
begin_turn(struct ll_sequence *sequence, uint32_t epoch, uint64_t begin, bool open)
{
	sequence->epoch = epoch;
	sequence->open = open;
	sequence->end = LL_TURN_GOES_ON;
	sequence->begin = begin;
	sequence->generated = sequence->farthest = 0;
	sequence->setbacks = 0;
	sequence->stopper = sequence->banned = (struct ll_stopper){ 0 };
	sequence->memory = (struct ll_sampler_memory){ 0 };
	sequence->first = sequence->ready = sequence->count = 0;
	sequence->ban_count = 0;
}

struct ll_sequence *
ll_sequences_fork(struct ll_sequences *sequences, const struct ll_sequence *parent, uint64_t id, struct ll_err *err)
{
	struct ll_sequence *child;

	ll_sequences_remove(sequences, id);
	if ((child = ll_sequences_get(sequences, id, err)) == NULL ||
	    ll_grow(&child->past, &child->past_cap, parent->past_count, sizeof(uint32_t), err) < 0)
		return NULL;
	if (parent->past_count > 0)
		memcpy(child->past, parent->past, parent->past_count * sizeof(uint32_t));
	child->past_count = parent->past_count;
	child->breaker = parent->breaker;
	child->unbroken = parent->unbroken;
	if (parent->settings != NULL) {
		parent->settings->users++;
		ll_sequence_configure(child, parent->settings);
	}
	begin_turn(child, parent->epoch, parent->begin, true);
	child->generated = child->farthest = parent->generated;
	child->stopper = parent->stopper;
	child->banned = parent->banned;
	child->unannounced = child->begun = true;
	return child;
}

int
ll_sequence_prompt(struct ll_sequence *sequence, const struct ll_turn_rules *rules, uint32_t epoch,
    uint64_t position, const uint32_t *ids, size_t count, bool complete, struct ll_err *err)
{
	const struct ll_settings *settings = ll_sequence_settings(sequence, rules);
	int status = 0;

	if (epoch < sequence->epoch)
		return 0;
	begin_turn(sequence, epoch, position + count, complete);
	cut_past(sequence, settings, position);
	for (size_t i = 0; i < count && status == 0; i++)
		status = add_past(sequence, settings, ids[i], err);
	return status;
}

bool
ll_sequence_asks(struct ll_sequence *sequence, uint32_t epoch, uint64_t position)
{
	if (epoch > sequence->epoch)
		begin_turn(sequence, epoch, 0, true);
	return epoch == sequence->epoch && sequence->open && position >= sequence->begin;
}

void
ll_sequence_end_turn(struct ll_sequence *sequence, uint32_t epoch)
{
	if (epoch > sequence->epoch)
		sequence->epoch = epoch;
	sequence->open = false;
	sequence->ready = sequence->count;
}

const struct ll_pick *
ll_sequence_ready(struct ll_sequence *sequence)
{
	if (sequence->first < sequence->ready)
		return &sequence->held[sequence->first++].pick;
	/* Written ones make room; what waits is shorter than a stop string. */
	for (size_t i = sequence->first; i < sequence->count; i++)
		sequence->held[i - sequence->first] = sequence->held[i];
	sequence->count -= sequence->first;
	sequence->first = sequence->ready = 0;
	return NULL;
}

void
ll_sequence_view(struct ll_sequence *sequence, const struct ll_turn_rules *rules, uint64_t position,
    struct ll_sampler_view *view)
{
	const struct ll_settings *settings = ll_sequence_settings(sequence, rules);
	const struct ll_sampling *sampling = &settings->sampling;
	size_t first;

	if (sequence->count == sequence->ready && sequence->ban_count > 0 &&
	    sequence->ban_positions[sequence->ban_count - 1] < position)
		sequence->ban_count = 0;
	first = sequence->ban_count;
	while (first > 0 && sequence->ban_positions[first - 1] == position)
		first--;
	*view = (struct ll_sampler_view){
		.sampling = sampling, .biases = settings->biases, .bias_count = settings->bias_count,
		.past = { sequence->past, sequence->past_count }, .unbroken = sequence->unbroken,
		.rng = &sequence->rng, .memory = &sequence->memory,
	};
	if (sampling->ignore_eos || sequence->generated < (uint64_t)sampling->min_length)
		view->never[0] = (struct ll_ids_view){ rules->stop_ids, rules->stop_id_count };
	if (settings->banned != NULL)
		view->never[1] = (struct ll_ids_view){ settings->banned->holders, settings->banned->holder_count };
	if (first < sequence->ban_count)
		view->never[2] = (struct ll_ids_view){ sequence->ban_tokens + first, sequence->ban_count - first };
	if (settings->breakers != NULL) {
		view->breaks = settings->breakers->bits;
		view->break_count = rules->vocab->count;
	}
}

static int
push(struct ll_sequence *sequence, const struct ll_pick *pick, size_t length, struct ll_err *err)
{
	uint64_t begin = sequence->stopper.bytes > sequence->banned.bytes ? sequence->stopper.bytes :
	    sequence->banned.bytes;
	int status = ll_grow(&sequence->held, &sequence->cap, sequence->count + 1,
	    sizeof(*sequence->held), err);

	if (status == 0)
		sequence->held[sequence->count++] = (struct ll_held){
			*pick, begin, begin + length, sequence->past_count, sequence->stopper, sequence->banned,
			sequence->memory,
		};
	return status;
}

static bool
is_stop_id(const struct ll_turn_rules *rules, uint32_t token)
{
	for (size_t i = 0; i < rules->stop_id_count; i++)
		if (rules->stop_ids[i] == token)
			return true;
	return false;
}

/* Of the text from offset `from` on nothing is shown. */
static void
hide(struct ll_sequence *sequence, uint64_t from)
{
	for (size_t i = sequence->ready; i < sequence->count; i++) {
		struct ll_held *held = &sequence->held[i];

		if (held->end > from)
			held->pick.show = held->begin < from ? (uint32_t)(from - held->begin) : 0;
	}
}

/* The token at held[at], with which a banned string begins, is taken back, and all behind it. */
static int
go_back(struct ll_sequence *sequence, const struct ll_settings *settings, size_t at, struct ll_err *err)
{
	const struct ll_held held = sequence->held[at];
	size_t count = sequence->ban_count;

	sequence->generated -= sequence->count - at;
	sequence->count = at;
	if (++sequence->setbacks > SETBACKS_MAX)
		return ll_fail(err, LL_EDATA, "the banned strings leave no way on: %d tokens were taken back", SETBACKS_MAX);
	if (held.past_count == 0)
		return ll_fail(err, LL_EDATA, "a banned string was sampled, but the stream has no prompt to go back to");
	sequence->stopper = held.stopper;
	sequence->banned = held.banned;
	sequence->memory = held.memory;
	cut_past(sequence, settings, held.past_count);
	while (count > 0 && sequence->ban_positions[count - 1] > held.pick.position)
		count--;
	if (ll_grow(&sequence->ban_positions, &sequence->position_cap, count + 1, sizeof(uint64_t), err) < 0 ||
	    ll_grow(&sequence->ban_tokens, &sequence->token_cap, count + 1, sizeof(uint32_t), err) < 0)
		return -LL_ENOMEM;
	sequence->ban_positions[count] = held.pick.position;
	sequence->ban_tokens[count] = held.pick.token;
	sequence->ban_count = count + 1;
	sequence->back = held.pick.position;
	return LL_TURN_BACK;
}

static size_t
held_at(const struct ll_sequence *sequence, uint64_t byte)
{
	size_t i = sequence->ready;

	while (sequence->held[i].end <= byte)
		i++;
	return i;
}

/* Where strings begin in a token's text, or before which byte none can any more. */
struct found {
	uint64_t stop, ban;
	bool stopped, banned;	/* the banned one only if no stop string ends before it */
};

static struct found
look(struct ll_stopper *stopper, struct ll_stopper *ban, const struct ll_settings *settings,
    const struct ll_piece *piece, uint64_t end)
{
	struct found found = { .stop = end, .ban = end };

	if (settings->stops != NULL)
		found.stopped = ll_stopper_take(stopper, settings->stops, piece->bytes, piece->length, &found.stop);
	if (settings->banned != NULL)
		found.banned = ll_stopper_take(ban, settings->banned->automaton, piece->bytes, piece->length, &found.ban);
	found.banned = found.banned && !(found.stopped && stopper->bytes < ban->bytes);
	return found;
}

bool
ll_sequence_bans(const struct ll_sequence *sequence, const struct ll_turn_rules *rules, uint32_t token)
{
	const struct ll_settings *settings = ll_sequence_settings(sequence, rules);
	struct ll_stopper stopper = sequence->stopper, ban = sequence->banned;

	if (settings->banned == NULL || is_stop_id(rules, token) || token >= rules->vocab->count)
		return false;
	return look(&stopper, &ban, settings, &rules->vocab->pieces[token], 0).banned;
}

enum ll_turn_end
ll_sequence_end_with(const struct ll_sequence *sequence, const struct ll_turn_rules *rules, uint32_t token)
{
	const struct ll_settings *settings = ll_sequence_settings(sequence, rules);
	struct ll_stopper stopper = sequence->stopper, ban = sequence->banned;

	if (is_stop_id(rules, token))
		return LL_TURN_EOS;
	if (settings->stops == NULL || token >= rules->vocab->count)
		return LL_TURN_GOES_ON;
	return look(&stopper, &ban, settings, &rules->vocab->pieces[token], 0).stopped ? LL_TURN_STRING : LL_TURN_GOES_ON;
}

/* Looks at a token's text and lets go of what is decided; how the turn goes on. */
static int
add_text(struct ll_sequence *sequence, const struct ll_settings *settings, const struct ll_piece *piece,
    struct ll_err *err)
{
	const struct found found = look(&sequence->stopper, &sequence->banned, settings, piece,
	    sequence->held[sequence->count - 1].end);
	uint64_t decided = found.stop < found.ban ? found.stop : found.ban;

	if (found.banned)
		return go_back(sequence, settings, held_at(sequence, found.ban), err);
	if (found.stopped) {
		hide(sequence, found.stop);
		return LL_TURN_STRING;
	}
	while (sequence->ready < sequence->count && sequence->held[sequence->ready].end <= decided)
		sequence->ready++;
	return LL_TURN_GOES_ON;
}

int
ll_sequence_add(struct ll_sequence *sequence, const struct ll_turn_rules *rules,
    const struct ll_pick *pick, struct ll_err *err)
{
	const struct ll_settings *settings = ll_sequence_settings(sequence, rules);
	bool strings = settings->stops != NULL || settings->banned != NULL;
	const struct ll_piece *piece = NULL;
	struct ll_pick own = *pick;
	int end = LL_TURN_GOES_ON, status;

	own.final = is_stop_id(rules, own.token);
	own.show = own.final ? 0 : LL_SHOW_ALL;
	if (strings && !own.final) {
		if (own.token >= rules->vocab->count)
			return ll_fail(err, LL_EDATA, "token %" PRIu32 " was sampled, but the vocabulary has %zu",
			    own.token, rules->vocab->count);
		piece = &rules->vocab->pieces[own.token];
	}
	if ((status = push(sequence, &own, piece != NULL ? piece->length : 0, err)) < 0)
		return status;
	if (own.final) {
		end = LL_TURN_EOS;
	} else {
		sequence->generated++;
		if ((status = add_past(sequence, settings, own.token, err)) < 0)
			return status;
		if (strings)
			end = add_text(sequence, settings, piece, err);
		if (end == LL_TURN_GOES_ON && sequence->generated >= settings->limit)
			end = LL_TURN_LENGTH;
	}
	if (sequence->generated > sequence->farthest) {
		sequence->farthest = sequence->generated;
		sequence->setbacks = 0;
	}
	if (end > LL_TURN_GOES_ON && end != LL_TURN_BACK) {
		sequence->end = (enum ll_turn_end)end;
		ll_sequence_end_turn(sequence, sequence->epoch);
	} else if (end == LL_TURN_GOES_ON && !strings)
		sequence->ready = sequence->count;
	return end;
}

int
ll_turn_rules_parse(struct ll_turn_rules *rules, const char *text, const char *where, struct ll_err *err)
{
	const char *p = text;

	rules->stop_id_count = 0;
	while (*(p += strspn(p, " ")) != '\0') {
		char *end;
		unsigned long id;

		errno = 0;
		id = strtoul(p, &end, 10);
		if (!isdigit((unsigned char)*p) || (*end != ' ' && *end != '\0') || errno != 0 || id >= UINT32_MAX ||
		    rules->stop_id_count == LL_STOP_IDS_MAX)
			return ll_fail(err, LL_EDATA, "%s: header: stop is '%.100s', not up to %d token ids", where, text,
			    LL_STOP_IDS_MAX);
		rules->stop_ids[rules->stop_id_count++] = (uint32_t)id;
		p = end;
	}
	return 0;
}
