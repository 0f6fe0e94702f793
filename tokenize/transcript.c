/*
 * The texts of many sequences; see transcript.h. An array by rising id: thousands may wait
 * behind one that goes on.
 */

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "tokenize/tokenizer.h"
#include "tokenize/transcript.h"

struct entry {
	uint64_t sequence;
	struct ll_decoder decoder;
	struct ll_buf waiting;	/* of a sequence that is not the first */
	bool begun;
	bool ended;
};

struct ll_transcript {
	struct entry *entries;
	size_t begin, end, cap;		/* those that are not shown whole: entries[begin .. end - 1] */
	struct ll_buf text;
	const char *separator;
	size_t separator_length;
};

int
ll_transcript_new(struct ll_transcript **out, const char *separator, size_t length, struct ll_err *err)
{
	struct ll_transcript *transcript = ll_alloc(1, sizeof(*transcript), err);

	if (transcript == NULL)
		return -LL_ENOMEM;
	transcript->separator = separator;
	transcript->separator_length = length;
	*out = transcript;
	return 0;
}

void
ll_transcript_free(struct ll_transcript *transcript)
{
	if (transcript == NULL)
		return;
	for (size_t i = transcript->begin; i < transcript->end; i++)
		ll_buf_free(&transcript->entries[i].waiting);
	free(transcript->entries);
	ll_buf_free(&transcript->text);
	free(transcript);
}

/* The first entry that is not below this id. */
static size_t
place_of(const struct ll_transcript *transcript, uint64_t sequence)
{
	size_t low = transcript->begin, high = transcript->end;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (transcript->entries[middle].sequence < sequence)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Moves the entries to the front when at least half of the array is behind them. */
static void
reclaim(struct ll_transcript *transcript)
{
	size_t count = transcript->end - transcript->begin;

	if (transcript->begin < count || transcript->begin == 0)
		return;
	memmove(transcript->entries, transcript->entries + transcript->begin, count * sizeof(struct entry));
	transcript->begin = 0;
	transcript->end = count;
}

/* Valid until the next call. */
static struct entry *
get(struct ll_transcript *transcript, uint64_t sequence, struct ll_err *err)
{
	size_t at = place_of(transcript, sequence);
	struct entry *entry;

	if (at < transcript->end && transcript->entries[at].sequence == sequence)
		return &transcript->entries[at];
	reclaim(transcript);
	if (ll_grow(&transcript->entries, &transcript->cap, transcript->end + 1, sizeof(*entry), err) < 0)
		return NULL;
	entry = &transcript->entries[place_of(transcript, sequence)];
	memmove(entry + 1, entry, (size_t)(transcript->entries + transcript->end - entry) * sizeof(*entry));
	transcript->end++;
	*entry = (struct entry){ .sequence = sequence };
	return entry;
}

/* Moves on to what can be shown: the first's text, and behind ended ones the next's. */
static int
advance(struct ll_transcript *transcript, struct ll_err *err)
{
	int status = 0;

	while (transcript->begin < transcript->end && status == 0) {
		struct entry *entry = &transcript->entries[transcript->begin];

		status = ll_buf_add(&transcript->text, entry->waiting.data, entry->waiting.len, err);
		entry->waiting.len = 0;
		if (!entry->ended)
			break;
		if (status == 0)
			status = ll_buf_add(&transcript->text, transcript->separator, transcript->separator_length, err);
		ll_buf_free(&entry->waiting);
		transcript->begin++;
	}
	return status;
}

int
ll_transcript_begin(struct ll_transcript *transcript, uint64_t sequence, struct ll_err *err)
{
	return get(transcript, sequence, err) != NULL ? 0 : -LL_ENOMEM;
}

bool *
ll_transcript_begun(struct ll_transcript *transcript, uint64_t sequence, struct ll_err *err)
{
	struct entry *entry = get(transcript, sequence, err);

	return entry != NULL ? &entry->begun : NULL;
}

int
ll_transcript_add(struct ll_transcript *transcript, uint64_t sequence, const char *bytes, size_t length,
    struct ll_err *err)
{
	struct entry *entry = get(transcript, sequence, err);
	int status;

	if (entry == NULL)
		return -LL_ENOMEM;
	if ((status = ll_decoder_add(&entry->decoder, bytes, length, &entry->waiting, err)) < 0)
		return status;
	return advance(transcript, err);
}

static int
end(struct entry *entry, struct ll_err *err)
{
	if (entry->ended)
		return 0;
	entry->ended = true;
	return ll_decoder_flush(&entry->decoder, &entry->waiting, err);
}

int
ll_transcript_end(struct ll_transcript *transcript, uint64_t sequence, struct ll_err *err)
{
	struct entry *entry = get(transcript, sequence, err);
	int status = entry == NULL ? -LL_ENOMEM : end(entry, err);

	return status < 0 ? status : advance(transcript, err);
}

int
ll_transcript_end_all(struct ll_transcript *transcript, struct ll_err *err)
{
	int status = 0;

	for (size_t i = transcript->begin; i < transcript->end && status == 0; i++)
		status = end(&transcript->entries[i], err);
	return status < 0 ? status : advance(transcript, err);
}

struct ll_buf *
ll_transcript_text(struct ll_transcript *transcript)
{
	return &transcript->text;
}
