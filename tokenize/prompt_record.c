/*
 * From a record of JSON Lines to the ids of its prompt; see prompt.h.
 */

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "tokenize/prompt.h"
#include "tokenize/record.h"

/* The record's messages, behind the system message of the options if it has none. */
static int
add_system(struct ll_message **out, size_t *count, const struct ll_messages *from, const char *system,
    struct ll_err *err)
{
	bool add = system != NULL && strcmp(from->messages[0].role, "system") != 0;
	struct ll_message *messages = ll_alloc(from->count + 1, sizeof(*messages), err);

	if (messages == NULL)
		return -LL_ENOMEM;
	if (add)
		messages[0] = (struct ll_message){ .role = "system", .content = system, .length = strlen(system) };
	memcpy(messages + add, from->messages, from->count * sizeof(*messages));
	*count = from->count + add;
	*out = messages;
	return 0;
}

static int
encode_messages(const struct ll_tokenizer *tokenizer, const struct ll_prompt_options *options,
    const struct ll_record *record, struct ll_ids *ids, struct ll_err *err)
{
	struct ll_prompt_options own = *options;
	struct ll_chat chat = *options->chat;
	struct ll_messages *read = NULL;
	struct ll_message *messages = NULL;
	size_t count;
	int status;

	own.chat = &chat;
	if ((status = ll_chat_options(&chat, record->json, err)) == 0 &&
	    (status = ll_messages_read(&read, record->messages, "messages", err)) == 0 &&
	    (status = add_system(&messages, &count, read, options->system, err)) == 0)
		status = ll_prompt_encode_messages(tokenizer, &own, messages, count, ids, err);
	free(messages);
	ll_messages_free(read);
	return status;
}

int
ll_prompt_encode_record(const struct ll_tokenizer *tokenizer, const struct ll_prompt_options *options,
    const struct ll_record *record, struct ll_ids *ids, const char *where, struct ll_err *err)
{
	struct ll_err own = { 0 };
	int status;

	if (record->prompt != NULL && options->chat == NULL && options->system != NULL)
		return ll_fail(err, LL_EDATA, "%s: prompt: takes no system message without --chat", where);
	if (record->prompt != NULL)
		status = ll_prompt_encode(tokenizer, options, record->prompt, record->prompt_length, ids, &own);
	else
		status = encode_messages(tokenizer, options, record, ids, &own);
	if (status == 0 && ids->count == 0)
		return ll_fail(err, LL_EDATA, "%s: prompt: is empty", where);
	if (status == 0)
		return 0;
	/* What this record asks of the chat format is the record's fault. */
	return ll_fail(err, own.code == LL_EUNSUPPORTED ? LL_EDATA : own.code, "%s: %s%s", where,
	    record->prompt != NULL ? "prompt: " : "", own.text);
}
