/*
 * From a record of JSON Lines, or a conversation in JSON, to the ids of its prompt; see
 * prompt.h.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/io.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/vocab.h"
#include "tokenize/prompt.h"
#include "tokenize/record.h"

/* The record's messages, behind the system message of the options if it has none. */
static int
add_system(struct ll_message **out, size_t *count, const struct ll_messages *from, const char *system,
    struct ll_err *err)
{
	bool add = system != NULL && (from->count == 0 || strcmp(from->messages[0].role, "system") != 0);
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
    const struct ll_json *object, const struct ll_json *list, struct ll_ids *ids, struct ll_err *err)
{
	struct ll_prompt_options own = *options;
	struct ll_chat chat = *options->chat;
	struct ll_messages *read = NULL;
	struct ll_message *messages = NULL;
	size_t count;
	int status;

	own.chat = &chat;
	if ((status = ll_chat_options(&chat, object, err)) == 0 &&
	    (status = ll_messages_read(&read, list, "messages", err)) == 0 &&
	    (status = add_system(&messages, &count, read, options->system, err)) == 0)
		status = ll_prompt_encode_messages(tokenizer, &own, messages, count, ids, err);
	free(messages);
	ll_messages_free(read);
	return status;
}

/* Also of tokens that no text becomes, such as the byte tokens of SentencePiece. */
static bool
is_a_text(const struct ll_vocab *vocab, const char *text, size_t length)
{
	for (size_t t = 0; t < vocab->count; t++)
		if (vocab->pieces[t].length == length && memcmp(vocab->pieces[t].bytes, text, length) == 0)
			return true;
	return false;
}

/* That what the record gives a bias is in the vocabulary: ll-sample, which looks too, would end with all others. */
static int
check_biases(const struct ll_tokenizer *tokenizer, const struct ll_record *record, const char *where, struct ll_err *err)
{
	const struct ll_vocab *vocab = ll_tokenizer_vocab(tokenizer);
	const struct ll_json *value;
	void *place = NULL;
	const char *token;

	while (record->biases != NULL && ll_json_next(record->biases, &place, &token, &value)) {
		size_t length = strlen(token);

		if (length == 0 || length > 10 || strspn(token, "0123456789") != length)
			return ll_fail(err, LL_EDATA, "%s: logit_bias: '%.100s' is not the id of a token", where, token);
		if (strtoull(token, NULL, 10) >= vocab->count)
			return ll_fail(err, LL_EDATA, "%s: logit_bias: token %s is not in the vocabulary", where, token);
	}
	place = NULL;
	while (record->text_biases != NULL && ll_json_next(record->text_biases, &place, &token, &value))
		if (!is_a_text(vocab, token, strlen(token)))
			return ll_fail(err, LL_EDATA, "%s: logit_bias_text: no token has the text '%.100s'", where, token);
	return 0;
}

int
ll_prompt_encode_record(const struct ll_tokenizer *tokenizer, const struct ll_prompt_options *options,
    const struct ll_record *record, struct ll_ids *ids, const char *where, struct ll_err *err)
{
	struct ll_err own = { 0 };
	int status;

	if (record->prompt != NULL && options->chat == NULL && options->system != NULL)
		return ll_fail(err, LL_EDATA, "%s: prompt: takes no system message without --chat", where);
	if ((status = check_biases(tokenizer, record, where, err)) < 0)
		return status;
	if (record->prompt != NULL)
		status = ll_prompt_encode(tokenizer, options, record->prompt, record->prompt_length, ids, &own);
	else
		status = encode_messages(tokenizer, options, record->json, record->messages, ids, &own);
	if (status == 0 && ids->count == 0)
		return ll_fail(err, LL_EDATA, "%s: prompt: is empty", where);
	if (status == 0)
		return 0;
	/* What this record asks of the chat format is the record's fault. */
	return ll_fail(err, own.code == LL_EUNSUPPORTED ? LL_EDATA : own.code, "%s: %s%s", where,
	    record->prompt != NULL ? "prompt: " : "", own.text);
}

/* Nothing that the object says is passed over. */
static int
check_members(const struct ll_json *object, const char *where, struct ll_err *err)
{
	static const char *const known[] = { "messages", "tools", "builtin_tools", "tools_in_user_message",
	    "date_string", "categories", "excluded_category_keys", "tool_prompt_format" };

	return ll_json_only(object, known, sizeof(known) / sizeof(known[0]), where, err);
}

int
ll_prompt_encode_json(const struct ll_tokenizer *tokenizer, const struct ll_prompt_options *options,
    const char *text, size_t length, struct ll_ids *ids, const char *name, size_t line, struct ll_err *err)
{
	char where[300];
	struct ll_err own = { 0 };
	struct ll_json *json;
	bool object;
	int status;

	if (line > 0)
		snprintf(where, sizeof(where), "%.250s:%zu", name, line);
	else
		snprintf(where, sizeof(where), "%.250s", name);
	if ((status = ll_json_parse_text(&json, text, length, where, err)) < 0)
		return status;
	object = ll_json_kind(json) == LL_JSON_OBJECT;
	status = object ? check_members(json, where, err) : 0;
	if (status == 0 && (status = encode_messages(tokenizer, options, object ? json : NULL,
	    object ? ll_json_get(json, "messages") : json, ids, &own)) < 0)
		ll_fail(err, own.code, "%s: %s", where, own.text);
	ll_json_free(json);
	return status;
}

int
ll_prompt_open_tools(struct ll_json **out, const char *path, struct ll_err *err)
{
	struct ll_buf text = { 0 };
	struct ll_chat checked = { 0 };
	struct ll_err own = { 0 };
	struct ll_json *object = ll_json_object(), *tools = NULL;
	int fd = ll_open_input(path, err), status = fd < 0 ? fd : ll_read_all(fd, &text, path, err);

	if (fd > STDIN_FILENO)
		close(fd);
	if (status == 0)
		status = ll_json_parse_text(&tools, text.data != NULL ? text.data : "", text.len, path, err);
	if (status == 0 && ll_json_kind(tools) == LL_JSON_OBJECT) {
		struct ll_json *list = ll_json_array();

		ll_json_add(list, tools);
		tools = list;
	}
	if (status == 0) {
		ll_json_set(object, "tools", ll_json_keep(tools));
		if ((status = ll_chat_options(&checked, object, &own)) < 0)
			ll_fail(err, own.code, "%s: %s", path, own.text);
	}
	ll_json_free(object);
	ll_buf_free(&text);
	if (status == 0)
		*out = tools;
	else
		ll_json_free(tools);
	return status;
}
