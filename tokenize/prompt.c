/*
 * From a user's text to ids; see prompt.h.
 */

#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "tokenize/prompt.h"

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

int
ll_prompt_parse_ids(const struct ll_tokenizer *tokenizer, const char *text, size_t length,
    struct ll_ids *ids, struct ll_err *err)
{
	size_t vocab = ll_tokenizer_vocab(tokenizer)->count, i = 0;
	int status = 0;

	while (status == 0) {
		uint64_t id = 0;
		size_t begin;

		while (i < length && is_space(text[i]))
			i++;
		if (i == length)
			break;
		for (begin = i; i < length && text[i] >= '0' && text[i] <= '9' && id <= UINT32_MAX; i++)
			id = id * 10 + (uint64_t)(text[i] - '0');
		if (i == begin || (i < length && !is_space(text[i]))) {
			while (i < length && i - begin < 20 && !is_space(text[i]))
				i++;
			return ll_fail(err, LL_EDATA, "ids: '%.*s' is not a token id", (int)(i - begin), text + begin);
		}
		if (id >= vocab)
			return ll_fail(err, LL_EDATA, "ids: %" PRIu64 " is not in the vocabulary of %zu", id, vocab);
		status = ll_ids_add(ids, (uint32_t)id, err);
	}
	return status;
}

static void
remove_at(struct ll_ids *ids, size_t place)
{
	ids->count--;
	memmove(ids->ids + place, ids->ids + place + 1, (ids->count - place) * sizeof(*ids->ids));
}

int
ll_prompt_encode_messages(const struct ll_tokenizer *tokenizer, const struct ll_prompt_options *options,
    const struct ll_message *messages, size_t count, struct ll_ids *ids, struct ll_err *err)
{
	size_t begin = ids->count, first = options->answers != NULL ? options->answers->count : 0;
	int status = options->answers != NULL ?
	    ll_chat_render_answers(options->chat, tokenizer, messages, count, ids, options->answers, err) :
	    ll_chat_render(options->chat, tokenizer, messages, count, true, true, ids, NULL, err);

	if (status < 0 || options->bos || ids->count == begin || ids->ids[begin] != ll_tokenizer_vocab(tokenizer)->bos ||
	    options->chat->format == LL_CHAT_CHATML)
		return status;
	remove_at(ids, begin);
	for (size_t i = first; options->answers != NULL && i < options->answers->count; i++) {
		options->answers->list[i].begin--;
		options->answers->list[i].end--;
	}
	return 0;
}

static int
encode_chat(const struct ll_tokenizer *tokenizer, const struct ll_prompt_options *options,
    const char *text, size_t length, struct ll_ids *ids, struct ll_err *err)
{
	struct ll_message messages[2];
	size_t count = 0;

	if (options->system != NULL)
		messages[count++] = (struct ll_message){ .role = "system", .content = options->system,
		    .length = strlen(options->system) };
	messages[count++] = (struct ll_message){ .role = "user", .content = text, .length = length };
	return ll_prompt_encode_messages(tokenizer, options, messages, count, ids, err);
}

int
ll_prompt_encode(const struct ll_tokenizer *tokenizer, const struct ll_prompt_options *options,
    const char *text, size_t length, struct ll_ids *ids, struct ll_err *err)
{
	const struct ll_vocab *vocab = ll_tokenizer_vocab(tokenizer);
	bool bos = vocab->add_bos && options->bos;
	size_t begin = ids->count;
	int status = 0;

	if (options->chat != NULL)
		return encode_chat(tokenizer, options, text, length, ids, err);
	if (bos)
		status = ll_ids_add(ids, vocab->bos, err);
	if (status == 0)
		status = ll_tokenizer_encode(tokenizer, text, length, options->special, ids, err);
	if (status == 0 && bos && ids->count > begin + 1 && ids->ids[begin + 1] == vocab->bos)
		remove_at(ids, begin);
	return status;
}

/* The tokens of an answer are those behind the first `prompt`. */
static int
count_answer(const struct ll_ids *ids, size_t prompt, size_t *want, struct ll_err *err)
{
	if (prompt == 0)
		return ll_fail(err, LL_EDATA, "prompt is empty");
	if (ids->count <= prompt)
		return ll_fail(err, LL_EDATA, "a choice adds no token to the prompt");
	*want = ids->count - prompt + 1;
	return 0;
}

int
ll_prompt_encode_pair(const struct ll_tokenizer *tokenizer, const struct ll_prompt_options *options,
    const char *text, size_t length, const char *answer, size_t answer_length, struct ll_ids *ids, size_t *want,
    struct ll_err *err)
{
	struct ll_buf both = { 0 };
	size_t trimmed = length, prompt = 0;
	int status;

	while (trimmed > 0 && is_space(text[trimmed - 1]))
		trimmed--;
	ids->count = 0;
	if ((status = ll_prompt_encode(tokenizer, options, text, trimmed, ids, err)) == 0) {
		prompt = ids->count;
		ids->count = 0;
		if ((status = ll_buf_add(&both, text, length, err)) == 0 && (status = ll_buf_puts(&both, " ", err)) == 0 &&
		    (status = ll_buf_add(&both, answer, answer_length, err)) == 0)
			status = ll_prompt_encode(tokenizer, options, both.data, both.len, ids, err);
	}
	ll_buf_free(&both);
	return status < 0 ? status : count_answer(ids, prompt, want, err);
}

int
ll_prompt_answer(const struct ll_tokenizer *tokenizer, const struct ll_ids *prompt, const char *answer,
    size_t answer_length, struct ll_ids *ids, size_t *want, struct ll_err *err)
{
	int status = 0;

	ids->count = 0;
	for (size_t i = 0; i < prompt->count && status == 0; i++)
		status = ll_ids_add(ids, prompt->ids[i], err);
	if (status == 0)
		status = ll_tokenizer_encode(tokenizer, answer, answer_length, false, ids, err);
	return status < 0 ? status : count_answer(ids, prompt->count, want, err);
}

int
ll_prompt_format(struct ll_chat *chat, const char *name, const char *date, const struct ll_vocab *vocab,
    struct ll_err *err)
{
	int status = name != NULL ? ll_chat_by_name(chat, name, err) : ll_chat_recognise(chat, vocab, err);

	if (status == 0 && date != NULL)
		status = ll_chat_set_date(chat, date, err);
	return status;
}

int
ll_prompt_list(const struct ll_ids *ids, struct ll_buf *text, struct ll_err *err)
{
	int status = 0;

	for (size_t i = 0; i < ids->count && status == 0; i++)
		status = ll_buf_printf(text, err, "%s%" PRIu32, i > 0 ? " " : "", ids->ids[i]);
	return status;
}

int
ll_prompt_spell(const struct ll_tokenizer *tokenizer, const struct ll_ids *ids, bool special,
    struct ll_buf *text, struct ll_err *err)
{
	bool begun = false;
	int status = 0;

	for (size_t i = 0; i < ids->count && status == 0; i++) {
		const char *bytes;
		size_t length;
		bool is_special;

		status = ll_tokenizer_piece(tokenizer, ids->ids[i], &bytes, &length, &is_special, err);
		if (status < 0)
			break;
		ll_tokenizer_strip(tokenizer, ids->ids[i], &begun, &bytes, &length);
		if (special || !is_special)
			status = ll_buf_add(text, bytes, length, err);
	}
	return status;
}
