/*
 * Rows of what a teacher said; see taught_feed.h.
 */

#include "train/taught_feed.h"

#include <inttypes.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/vocab.h"

static bool
counts(const struct ll_taught_feed *feed, const struct ll_taught *d, size_t position)
{
	return position < d->row_count && d->rows[position].probabilities != NULL && position >= d->from &&
	    (position + 1 < d->count || feed->soft);
}

static void
add_hash(struct ll_taught_feed *feed, const struct ll_taught *d)
{
	uint64_t hash = ll_hash(feed->hash, d->tokens, d->count * sizeof *d->tokens);

	for (size_t i = 0; i < d->row_count; i++) {
		const struct ll_taught_row *row = &d->rows[i];

		if (!counts(feed, d, i))
			continue;
		hash = ll_hash_mix(hash ^ i);
		hash = ll_hash(hash, row->probabilities, row->count * sizeof *row->probabilities);
		if (row->ids != NULL)
			hash = ll_hash(hash, row->ids, row->count * sizeof *row->ids);
	}
	feed->hash = hash;
}

/* The next document, if there is one. */
static int
open_document(struct ll_taught_feed *feed, struct ll_err *err)
{
	struct ll_taught *d;
	int status = feed->next(feed->context, &d, err);

	if (status <= 0)
		return status;
	feed->current = d;
	feed->begin = feed->length = feed->end = 0;
	for (size_t i = 0; i < d->row_count; i++)
		if (counts(feed, d, i)) {
			feed->end = i + 1;
			feed->count++;
			feed->followed += i + 1 < d->count;
		}
	feed->documents++;
	feed->tokens += d->count;
	if (feed->counting)
		add_hash(feed, d);
	return 1;
}

static void
close_document(struct ll_taught_feed *feed)
{
	feed->current->next = feed->used;
	feed->used = feed->current;
	feed->current = NULL;
}

static void
free_used(struct ll_taught_feed *feed)
{
	while (feed->used != NULL) {
		struct ll_taught *next = feed->used->next;

		ll_taught_free(feed->used);
		feed->used = next;
	}
}

/* Finds the next stretch in which something counts: 1, or 0 behind the last. */
static int
find_stretch(struct ll_taught_feed *feed, struct ll_err *err)
{
	int status;

	for (;;) {
		if (feed->current == NULL && (status = open_document(feed, err)) <= 0)
			return status;
		if (feed->length > 0)
			return 1;
		while (feed->begin < feed->end) {
			size_t left = feed->end - feed->begin, length = left < feed->span ? left : feed->span;

			for (size_t i = 0; i < length; i++)
				if (counts(feed, feed->current, feed->begin + i)) {
					feed->length = length;
					return 1;
				}
			feed->begin += length;
		}
		close_document(feed);
	}
}

static void
measure(struct ll_taught_feed *feed, uint64_t *bytes)
{
	const struct ll_taught *d = feed->current;

	for (size_t p = feed->begin; p < feed->begin + feed->length; p++)
		if (counts(feed, d, p))
			*bytes += d->rows[p].count * (d->rows[p].ids != NULL ? 8 : 4);
}

static int
add_stretch(struct ll_taught_feed *feed, struct ll_gather *g, struct ll_err *err)
{
	const struct ll_taught *d = feed->current;
	int status = ll_gather_more(g, feed->length, true, err);

	if (status < 0)
		return status;
	g->spans[g->span_count++] = (struct ll_document){ g->count, feed->length };
	for (size_t p = feed->begin; p < feed->begin + feed->length; p++) {
		bool learn = counts(feed, d, p);

		g->tokens[g->count] = d->tokens[p];
		g->targets[g->count] = learn && p + 1 < d->count ? d->tokens[p + 1] : LL_VOCAB_NONE;
		g->teaching[g->count++] = learn ? (struct ll_teaching){ d->rows[p].ids, d->rows[p].probabilities,
		    d->rows[p].count } : (struct ll_teaching){ 0 };
	}
	return 0;
}

/* The next row, into the gather if there is one: 1, or 0 at the end of the epoch. */
static int
make_row(struct ll_taught_feed *feed, struct ll_gather *gather, struct ll_err *err)
{
	size_t room = feed->span;
	uint64_t bytes = 0;
	int status;

	while ((status = find_stretch(feed, err)) > 0 && feed->length <= room) {
		if (gather != NULL && (status = add_stretch(feed, gather, err)) < 0)
			return status;
		measure(feed, &bytes);
		room -= feed->length;
		feed->begin += feed->length;
		feed->length = 0;
	}
	if (status < 0)
		return status;
	feed->bytes = bytes > feed->bytes ? bytes : feed->bytes;
	if (room < feed->span) {
		feed->place.row++;
		return 1;
	}
	feed->ended = true;
	feed->place = (struct ll_row_place){ feed->place.epoch + 1, 0 };
	if (feed->followed == 0)
		return ll_fail(err, LL_EDATA, "%s: no token has logits before it: ll-forward needs --all", feed->name);
	return 0;
}

/* To where the run is. What a batch that is being gathered points to stays. */
static int
find_place(struct ll_taught_feed *feed, const struct ll_row_place *place, bool gathering, struct ll_err *err)
{
	int status;

	if (feed->ended || feed->place.epoch != place->epoch || feed->place.row > place->row) {
		if (feed->again == NULL)
			return ll_fail(err, LL_EDATA, "%s: a stream that is no file is gone through once", feed->name);
		ll_taught_free(feed->current);
		feed->current = NULL;
		feed->documents = feed->tokens = feed->count = feed->followed = 0;
		feed->place = (struct ll_row_place){ place->epoch, 0 };
		if ((status = feed->again(feed->context, err)) < 0)
			return status;
		feed->ended = false;
	}
	while (feed->place.row < place->row) {
		uint64_t row = feed->place.row;

		if ((status = make_row(feed, NULL, err)) < 0)
			return status;
		if (!gathering)
			free_used(feed);
		if (status == 0)
			return ll_fail(err, LL_EDATA, "%s: ends after %" PRIu64 " rows, but the run goes on behind row %" PRIu64,
			    feed->name, row, place->row);
	}
	return 0;
}

int
ll_taught_feed_next(void *context, struct ll_row_place *place, struct ll_gather *gather, struct ll_err *err)
{
	struct ll_taught_feed *feed = context;
	int status;

	if (gather->count == 0)
		free_used(feed);
	if ((status = find_place(feed, place, gather->count > 0, err)) < 0 || (status = make_row(feed, gather, err)) < 0)
		return status;
	*place = feed->place;
	return status;
}

int
ll_taught_feed_count(struct ll_taught_feed *feed, struct ll_taught_total *total, struct ll_err *err)
{
	int status;

	*total = (struct ll_taught_total){ 0 };
	feed->counting = true;
	while ((status = make_row(feed, NULL, err)) > 0) {
		total->rows++;
		free_used(feed);
	}
	total->bytes = feed->bytes;
	total->hash = feed->hash;
	feed->counting = false;
	return status;
}

void
ll_taught_feed_free(struct ll_taught_feed *feed)
{
	free_used(feed);
	ll_taught_free(feed->current);
	feed->current = NULL;
}
