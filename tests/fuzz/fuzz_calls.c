/*
 * Fuzzing of the parser of answers and of the reader of messages.
 *
 * The first byte chooses: whether <|python_tag|> comes first, and the cut. What must hold:
 * the result does not depend on the cut; without a call the text is the answer's, and with
 * one it is no longer than that; the message that comes of it is one that can be read and
 * rendered. The same bytes, as JSON, are read as messages too.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "tests/unit/tiny_vocab.h"
#include "tokenize/calls.h"
#include "tokenize/chat.h"
#include "tokenize/pyjson.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct tiny tiny;
static struct ll_tokenizer *tokenizer;

static void
require(int holds)
{
	if (!holds)
		abort();
}

static void
open_tokenizer(void)
{
	static const char *const more[] = { "<|eom_id|>", "<|python_tag|>" };

	if (tokenizer != NULL)
		return;
	tiny_begin(&tiny, LL_VOCAB_BPE_RANKS, "llama-bpe");
	tiny_add_specials(&tiny);
	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++)
		tiny_add(&tiny, more[i], LL_TOKEN_CONTROL);
	tiny.vocab.eos = tiny.vocab.bos;
	require(ll_tokenizer_new(&tokenizer, &tiny.vocab, NULL) == 0);
}

/* In copies without a byte to spare, so that a read behind the end is seen. */
static struct ll_calls *
parse(const uint8_t *data, size_t size, bool tagged, bool listed, size_t step)
{
	struct ll_calls *calls;

	require(ll_calls_new(&calls, NULL) == 0);
	if (tagged)
		require(ll_calls_tag(calls, NULL) == 0);
	else if (listed)
		require(ll_calls_list_tag(calls, NULL) == 0);
	for (size_t at = 0; at < size; at += step) {
		size_t length = size - at < step ? size - at : step;
		char *copy = malloc(length);

		require(copy != NULL);
		memcpy(copy, data + at, length);
		require(ll_calls_text(calls, copy, length, NULL) == 0);
		free(copy);
	}
	require(ll_calls_end(calls, NULL) == 0);
	return calls;
}

/* Everything that came, as text. */
static struct ll_buf
result(struct ll_calls *calls)
{
	struct ll_buf out = { 0 };
	const struct ll_call *list;
	size_t count;

	require(ll_buf_add(&out, ll_calls_said(calls)->data, ll_calls_said(calls)->len, NULL) == 0);
	list = ll_calls_list(calls, &count);
	for (size_t i = 0; i < count; i++) {
		require(ll_buf_puts(&out, list[i].name, NULL) == 0);
		require(ll_pyjson_dump(&out, list[i].arguments, 0, false, NULL) == 0);
	}
	return out;
}

static void
render(const struct ll_json *list)
{
	struct ll_messages *all;

	if (ll_messages_read(&all, list, "messages", NULL) < 0)
		return;
	for (int format = LL_CHAT_LLAMA3; format <= LL_CHAT_GUARD_1B; format++) {
		struct ll_chat chat = { .format = (enum ll_chat_format)format, .bos = -1,
		    .calls = (enum ll_call_style)(format % 3) };
		struct ll_ids ids = { 0 };
		struct ll_buf text = { 0 };

		(void)ll_chat_options(&chat, ll_json_at(list, 0), NULL);
		(void)ll_chat_render(&chat, tokenizer, all->messages, all->count, true, true, &ids, &text, NULL);
		free(ids.ids);
		ll_buf_free(&text);
	}
	ll_messages_free(all);
}

static void
as_message(const struct ll_calls *calls)
{
	struct ll_json *message, *list = ll_json_array();
	struct ll_messages *all;

	require(ll_calls_message(calls, &message, NULL) == 0);
	ll_json_add(list, message);
	require(ll_messages_read(&all, list, "messages", NULL) == 0);
	ll_messages_free(all);
	render(list);
	ll_json_free(list);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ll_calls *whole, *cut;
	struct ll_buf a, b;
	struct ll_json *list;
	size_t count;
	bool tagged, listed;

	if (size == 0)
		return 0;
	open_tokenizer();
	tagged = data[0] & 1;
	listed = data[0] & 32;
	whole = parse(data + 1, size - 1, tagged, listed, SIZE_MAX / 2);
	cut = parse(data + 1, size - 1, tagged, listed, 1 + data[0] / 2u % 16);
	a = result(whole);
	b = result(cut);
	require(a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0));
	(void)ll_calls_list(whole, &count);
	require(ll_calls_said(whole)->len <= size - 1);
	if (count == 0)
		require(a.len == size - 1 && (a.len == 0 || memcmp(a.data, data + 1, a.len) == 0));
	as_message(whole);
	ll_buf_free(&a);
	ll_buf_free(&b);
	ll_calls_free(whole);
	ll_calls_free(cut);
	if (ll_json_parse(&list, (const char *)data + 1, size - 1, "fuzz", NULL) == 0) {
		render(list);
		ll_json_free(list);
	}
	return 0;
}
