/*
 * Sequences being sampled; see sequence.h.
 */

#include <inttypes.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/mem.h"
#include "sample/sequence.h"
#include "sample/settings.h"

/* A pick and where its text begins in the text of the turn. */
struct ll_held {
	struct ll_pick pick;
	uint64_t begin, end;
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
	static const char *const names[] = { "", "eos", "string", "length" };

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

static void
begin_turn(struct ll_sequence *sequence, uint32_t epoch, uint64_t begin, bool open)
{
	sequence->epoch = epoch;
	sequence->open = open;
	sequence->begin = begin;
	sequence->generated = 0;
	sequence->stopper = (struct ll_stopper){ 0 };
	sequence->first = sequence->ready = sequence->count = 0;
}

void
ll_sequence_prompt(struct ll_sequence *sequence, uint32_t epoch, uint64_t end, bool complete)
{
	if (epoch >= sequence->epoch)
		begin_turn(sequence, epoch, end, complete);
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

static int
push(struct ll_sequence *sequence, const struct ll_pick *pick, uint64_t begin, uint64_t end,
    struct ll_err *err)
{
	int status = ll_grow(&sequence->held, &sequence->cap, sequence->count + 1,
	    sizeof(*sequence->held), err);

	if (status == 0)
		sequence->held[sequence->count++] = (struct ll_held){ *pick, begin, end };
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

/* Adds a token's text and lets go of what is decided; LL_TURN_STRING if a stop string ends. */
static int
add_text(struct ll_sequence *sequence, const struct ll_turn_rules *rules,
    const struct ll_pick *pick, struct ll_err *err)
{
	uint64_t begin = sequence->stopper.bytes, decided;
	const struct ll_piece *piece;
	int status;

	if (pick->token >= rules->vocab->count)
		return ll_fail(err, LL_EDATA,
		    "token %" PRIu32 " was sampled, but the vocabulary has %zu", pick->token,
		    rules->vocab->count);
	piece = &rules->vocab->pieces[pick->token];
	if ((status = push(sequence, pick, begin, begin + piece->length, err)) < 0)
		return status;
	if (ll_stopper_take(&sequence->stopper, rules->stops, piece->bytes, piece->length,
	    &decided)) {
		hide(sequence, decided);
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
	struct ll_pick own = *pick;
	int end = LL_TURN_EOS;

	own.final = is_stop_id(rules, own.token);
	own.show = own.final ? 0 : LL_SHOW_ALL;
	if (own.final || rules->stops == NULL) {
		int status = push(sequence, &own, 0, 0, err);

		if (status < 0)
			return status;
	}
	if (!own.final) {
		sequence->generated++;
		end = rules->stops != NULL ? add_text(sequence, rules, &own, err) : LL_TURN_GOES_ON;
		if (end == LL_TURN_GOES_ON && sequence->generated >= rules->limit)
			end = LL_TURN_LENGTH;
	}
	if (end > LL_TURN_GOES_ON)
		ll_sequence_end_turn(sequence, sequence->epoch);
	else if (rules->stops == NULL)
		sequence->ready = sequence->count;
	return end;
}
