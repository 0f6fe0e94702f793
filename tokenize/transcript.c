/*
 * The texts of many sequences; see transcript.h. A list by rising id.
 */

#include <stdlib.h>

#include "base/err.h"
#include "base/mem.h"
#include "tokenize/tokenizer.h"
#include "tokenize/transcript.h"

struct entry {
	struct entry *next;
	uint64_t sequence;
	struct ll_decoder decoder;
	struct ll_buf waiting;	/* of a sequence that is not the first */
	bool ended;
};

struct ll_transcript {
	struct entry *first;
	struct ll_buf text;
	const char *separator;
};

int
ll_transcript_new(struct ll_transcript **out, const char *separator, struct ll_err *err)
{
	struct ll_transcript *transcript = ll_alloc(1, sizeof(*transcript), err);

	if (transcript == NULL)
		return -LL_ENOMEM;
	transcript->separator = separator;
	*out = transcript;
	return 0;
}

static void
drop_first(struct ll_transcript *transcript)
{
	struct entry *entry = transcript->first;

	transcript->first = entry->next;
	ll_buf_free(&entry->waiting);
	free(entry);
}

void
ll_transcript_free(struct ll_transcript *transcript)
{
	if (transcript == NULL)
		return;
	while (transcript->first != NULL)
		drop_first(transcript);
	ll_buf_free(&transcript->text);
	free(transcript);
}

static struct entry *
get(struct ll_transcript *transcript, uint64_t sequence, struct ll_err *err)
{
	struct entry **link = &transcript->first, *entry;

	while (*link != NULL && (*link)->sequence < sequence)
		link = &(*link)->next;
	if (*link != NULL && (*link)->sequence == sequence)
		return *link;
	if ((entry = ll_alloc(1, sizeof(*entry), err)) == NULL)
		return NULL;
	entry->sequence = sequence;
	entry->next = *link;
	*link = entry;
	return entry;
}

/* Moves on to what can be shown: the first's text, and behind ended ones the next's. */
static int
advance(struct ll_transcript *transcript, struct ll_err *err)
{
	int status = 0;

	while (transcript->first != NULL && status == 0) {
		struct entry *entry = transcript->first;

		status = ll_buf_add(&transcript->text, entry->waiting.data, entry->waiting.len, err);
		entry->waiting.len = 0;
		if (!entry->ended)
			break;
		if (status == 0)
			status = ll_buf_puts(&transcript->text, transcript->separator, err);
		drop_first(transcript);
	}
	return status;
}

int
ll_transcript_begin(struct ll_transcript *transcript, uint64_t sequence, struct ll_err *err)
{
	return get(transcript, sequence, err) != NULL ? 0 : -LL_ENOMEM;
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

	for (struct entry *entry = transcript->first; entry != NULL && status == 0; entry = entry->next)
		status = end(entry, err);
	return status < 0 ? status : advance(transcript, err);
}

struct ll_buf *
ll_transcript_text(struct ll_transcript *transcript)
{
	return &transcript->text;
}
