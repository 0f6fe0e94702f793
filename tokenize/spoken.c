/*
 * Answers of many sequences as JSON; see spoken.h. A list by rising sequence, as in transcript.c.
 */

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "tokenize/calls.h"
#include "tokenize/pyjson.h"
#include "tokenize/spoken.h"

struct entry {
	struct entry *next;
	uint64_t sequence;
	struct ll_calls *calls;
};

struct ll_spoken {
	struct entry *first;
};

int
ll_spoken_new(struct ll_spoken **out, struct ll_err *err)
{
	*out = ll_alloc(1, sizeof(**out), err);
	return *out != NULL ? 0 : -LL_ENOMEM;
}

static void
drop(struct entry **link)
{
	struct entry *entry = *link;

	*link = entry->next;
	ll_calls_free(entry->calls);
	free(entry);
}

void
ll_spoken_free(struct ll_spoken *spoken)
{
	while (spoken != NULL && spoken->first != NULL)
		drop(&spoken->first);
	free(spoken);
}

/* Where the entry of a sequence is, or would be. */
static struct entry **
find(struct ll_spoken *spoken, uint64_t sequence)
{
	struct entry **link = &spoken->first;

	while (*link != NULL && (*link)->sequence < sequence)
		link = &(*link)->next;
	return link;
}

static int
insert(struct entry **link, uint64_t sequence, struct ll_err *err)
{
	struct entry *entry = ll_alloc(1, sizeof(*entry), err);

	if (entry == NULL)
		return -LL_ENOMEM;
	if (ll_calls_new(&entry->calls, err) < 0) {
		free(entry);
		return -LL_ENOMEM;
	}
	entry->sequence = sequence;
	entry->next = *link;
	*link = entry;
	return 0;
}

int
ll_spoken_id(struct ll_spoken *spoken, const struct ll_tokenizer *tokenizer, uint64_t sequence, uint32_t id,
    uint32_t show, bool final, struct ll_err *err)
{
	struct entry **link = find(spoken, sequence);
	int status = *link != NULL && (*link)->sequence == sequence ? 0 : insert(link, sequence, err);

	return status < 0 ? status : ll_calls_id((*link)->calls, tokenizer, id, final ? 0 : show, err);
}

int
ll_spoken_end(struct ll_spoken *spoken, uint64_t sequence, struct ll_buf *line, struct ll_err *err)
{
	struct entry **link = find(spoken, sequence);
	struct ll_json *message = NULL;
	int status;

	if (*link == NULL || (*link)->sequence != sequence)
		return 0;
	if ((status = ll_calls_end((*link)->calls, err)) == 0 &&
	    (status = ll_calls_message((*link)->calls, &message, err)) == 0)
		status = ll_pyjson_dump(line, message, LL_PYJSON_COMPACT, false, err);
	ll_json_free(message);
	drop(link);
	return status;
}

bool
ll_spoken_any(const struct ll_spoken *spoken, uint64_t *sequence)
{
	if (spoken->first != NULL)
		*sequence = spoken->first->sequence;
	return spoken->first != NULL;
}
