/*
 * Scores of sequences; see scores.h. Records lie in the order of their numbers: new ones are
 * added at the end but for those that failed before they had tokens.
 */

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "sample/scores.h"

struct ll_scores {
	int (*give)(void *arg, struct ll_scored *record, struct ll_err *err);
	void *arg;
	struct ll_scored **records;	/* [first .. end) are there */
	size_t first, end, cap;
	uint64_t next;		/* behind the last one that is out */
	uint64_t opened;	/* the highest that had tokens: what has not come before it does not come */
};

int
ll_scores_new(struct ll_scores **out, int (*give)(void *arg, struct ll_scored *record, struct ll_err *err),
    void *arg, struct ll_err *err)
{
	struct ll_scores *scores = ll_alloc(1, sizeof(*scores), err);

	if (scores == NULL)
		return -LL_ENOMEM;
	scores->give = give;
	scores->arg = arg;
	*out = scores;
	return 0;
}

static void
free_record(struct ll_scored *record)
{
	for (size_t i = 0; i < record->count; i++) {
		ll_buf_free(&record->parts[i].lines);
		free(record->parts[i].choice);
	}
	free(record->parts);
	free(record->id);
	free(record);
}

void
ll_scores_free(struct ll_scores *scores)
{
	if (scores == NULL)
		return;
	while (scores->first < scores->end)
		free_record(scores->records[scores->first++]);
	free(scores->records);
	free(scores);
}

/* Where a record is, or would be. */
static size_t
place_of(const struct ll_scores *scores, uint64_t record)
{
	size_t low = scores->first, high = scores->end;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (scores->records[middle]->record < record)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct ll_scored *
ll_scores_find(const struct ll_scores *scores, uint64_t record)
{
	size_t place = place_of(scores, record);

	return place < scores->end && scores->records[place]->record == record ? scores->records[place] : NULL;
}

struct ll_part *
ll_scores_part(const struct ll_scores *scores, uint64_t record, uint32_t sample)
{
	struct ll_scored *found = ll_scores_find(scores, record);

	return found != NULL && sample < found->count ? &found->parts[sample] : NULL;
}

/* Those that are out leave room at the front. */
static int
make_room(struct ll_scores *scores, struct ll_err *err)
{
	if (scores->first > 0 && scores->first >= scores->end - scores->first) {
		memmove(scores->records, scores->records + scores->first,
		    (scores->end - scores->first) * sizeof(*scores->records));
		scores->end -= scores->first;
		scores->first = 0;
	}
	return ll_grow(&scores->records, &scores->cap, scores->end + 1, sizeof(*scores->records), err);
}

static int
get_record(struct ll_scored **out, struct ll_scores *scores, uint64_t number, const char *where, struct ll_err *err)
{
	struct ll_scored *record = ll_scores_find(scores, number);
	size_t place;

	if ((*out = record) != NULL)
		return 0;
	if (number < scores->next)
		return ll_fail(err, LL_EDATA, "%s: comes behind record %" PRIu64 ", but records rise", where,
		    scores->next - 1);
	if (make_room(scores, err) < 0 || (record = ll_alloc(1, sizeof(*record), err)) == NULL)
		return -LL_ENOMEM;
	record->record = number;
	record->expected = 1;
	record->answer = -1;
	place = place_of(scores, number);
	memmove(scores->records + place + 1, scores->records + place, (scores->end - place) * sizeof(*scores->records));
	scores->records[place] = *out = record;
	scores->end++;
	return 0;
}

static bool
is_complete(const struct ll_scored *record)
{
	return record->closed >= record->expected || (record->failed && record->count == 0);
}

/* A record waits for those before it unless they cannot come any more. */
static int
give_ready(struct ll_scores *scores, bool all, struct ll_err *err)
{
	while (scores->first < scores->end) {
		struct ll_scored *record = scores->records[scores->first];
		int status;

		if (!all && (!is_complete(record) || (record->record > scores->next && record->record > scores->opened)))
			return 0;
		record->failed = record->failed || !is_complete(record);
		scores->first++;
		scores->next = record->record + 1;
		status = scores->give(scores->arg, record, err);
		free_record(record);
		if (status < 0)
			return status;
	}
	return 0;
}

static int
whole(int64_t *out, const struct ll_json *object, const char *key, int64_t least, int64_t most, const char *where,
    struct ll_err *err)
{
	const struct ll_json *value = ll_json_get(object, key);

	if (value == NULL)
		return 0;
	if (!ll_json_integer(value, out) || *out < least || *out > most)
		return ll_fail(err, LL_EDATA, "%s: %s: is not a whole number from %" PRId64 " to %" PRId64, where, key,
		    least, most);
	return 1;
}

static int
get_part(struct ll_part **out, struct ll_scored *record, uint32_t sample, const char *where, struct ll_err *err)
{
	if (sample > record->count || sample >= record->expected)
		return ll_fail(err, LL_EDATA, "%s: sample %" PRIu32 " of record %" PRIu64 ", of %zu, comes behind %zu",
		    where, sample, record->record, record->expected, record->count);
	if (sample == record->count) {
		if (ll_grow(&record->parts, &record->cap, record->count + 1, sizeof(*record->parts), err) < 0)
			return -LL_ENOMEM;
		record->parts[record->count++] = (struct ll_part){ .next = 0 };
	}
	*out = &record->parts[sample];
	return 0;
}

/* What a sequence's META says of its record: the same in each. */
static int
read_record(struct ll_scored *record, const struct ll_json *meta, const char *where, struct ll_err *err)
{
	const struct ll_json *id = ll_json_get(meta, "id");
	int64_t choices = 0, windows = 0, samples = 0;
	size_t expected;

	if (id != NULL && record->id == NULL && (record->id = ll_json_text(id, false, err)) == NULL)
		return -LL_ENOMEM;
	record->failed = record->failed || ll_json_get(meta, "error") != NULL;
	if (whole(&choices, meta, "choices", 1, INT32_MAX, where, err) < 0 ||
	    whole(&windows, meta, "windows", 1, INT32_MAX, where, err) < 0 ||
	    whole(&samples, meta, "n", 1, INT32_MAX, where, err) < 0 ||
	    whole(&record->answer, meta, "answer", 0, choices - 1, where, err) < 0)
		return -err->code;
	expected = (size_t)(choices > 0 ? choices : windows > 0 ? windows : samples > 0 ? samples : 1);
	if (record->count > 0 && (record->expected != expected || record->choices != (size_t)choices))
		return ll_fail(err, LL_EDATA, "%s: record %" PRIu64 " has %zu sequences, but %zu before", where,
		    record->record, expected, record->expected);
	record->expected = expected;
	record->choices = (size_t)choices;
	record->windows = windows > 0;
	return 0;
}

static int
read_part(struct ll_part *part, const struct ll_json *meta, const char *where, struct ll_err *err)
{
	const struct ll_json *choice = ll_json_get(meta, "choice");
	int64_t bytes = 0;
	size_t length;
	const char *text;

	if (whole(&bytes, meta, "bytes", 1, INT32_MAX, where, err) < 0)
		return -err->code;
	part->bytes = (uint64_t)bytes;
	if (choice == NULL || part->choice != NULL)
		return 0;
	if ((text = ll_json_text_of(choice, &length)) == NULL)
		return ll_fail(err, LL_EDATA, "%s: choice: is %s, not a string", where, ll_json_kind_name(choice));
	part->choice = ll_copy(text, length, err);
	return part->choice == NULL ? -LL_ENOMEM : 0;
}

int
ll_scores_meta(struct ll_scores *scores, uint64_t number, uint32_t sample, const char *text, size_t length,
    const char *where, struct ll_err *err)
{
	struct ll_scored *record;
	struct ll_part *part;
	struct ll_json *meta = NULL;
	int status = ll_json_parse_line(&meta, text, length, where, err);

	if (status == 0 && !ll_json_is_object(meta))
		status = ll_fail(err, LL_EDATA, "%s: is %s, not an object", where, ll_json_kind_name(meta));
	if (status == 0 && (status = get_record(&record, scores, number, where, err)) == 0)
		status = read_record(record, meta, where, err);
	if (status == 0 && !(record->failed && record->count == 0) &&
	    (status = get_part(&part, record, sample, where, err)) == 0)
		status = read_part(part, meta, where, err);
	ll_json_free(meta);
	return status < 0 ? status : give_ready(scores, false, err);
}

int
ll_scores_open(struct ll_scores *scores, uint64_t number, uint32_t sample, const char *where, struct ll_err *err)
{
	struct ll_scored *record;
	struct ll_part *part;
	int status;

	if ((status = get_record(&record, scores, number, where, err)) < 0 ||
	    (status = get_part(&part, record, sample, where, err)) < 0)
		return status;
	if (number > scores->opened)
		scores->opened = number;
	return 0;
}

int
ll_scores_close(struct ll_scores *scores, uint64_t number, uint32_t sample, bool failed, struct ll_err *err)
{
	struct ll_scored *record = ll_scores_find(scores, number);

	if (record == NULL || sample >= record->count || record->parts[sample].closed)
		return 0;
	record->parts[sample].closed = true;
	record->closed++;
	record->failed = record->failed || failed;
	return give_ready(scores, false, err);
}

int
ll_scores_end(struct ll_scores *scores, struct ll_err *err)
{
	int status = give_ready(scores, true, err);

	scores->next = scores->opened = 0;
	return status;
}

size_t
ll_scored_best(const struct ll_scored *record, bool normalised)
{
	size_t best = 0;
	double most = -INFINITY;

	for (size_t i = 0; i < record->count; i++) {
		const struct ll_part *part = &record->parts[i];
		double score = -part->tally.x / (normalised ? (double)part->bytes : 1);

		if (score > most) {
			most = score;
			best = i;
		}
	}
	return best;
}

void
ll_scored_probabilities(const struct ll_scored *record, double *out)
{
	double most = -record->parts[ll_scored_best(record, false)].tally.x, sum = 0;

	for (size_t i = 0; i < record->count; i++)
		sum += out[i] = exp(-record->parts[i].tally.x - most);
	for (size_t i = 0; i < record->count; i++)
		out[i] /= sum;
}
