/*
 * Text and JSON Lines to documents of token ids; see corpus.h. Ids are appended to the corpus
 * as they are made; of a line that turns out bad they are taken away again.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/mem.h"
#include "tokenize/messages.h"
#include "tokenize/record.h"
#include "tokenize/tokenizer.h"
#include "train/corpus.h"
#include "train/text_file.h"

#define TOLD_MOST 10	/* bad lines of a file */

struct reader {
	struct ll_corpus *corpus;
	const struct ll_corpus_options *options;
	struct ll_text_file file;
	struct ll_ids ids;		/* the corpus's tokens, while they grow */
	struct ll_stretches answers;	/* of the document */
	uint32_t end_of_text;
	uint64_t bad;
};

static uint32_t
find_end_of_text(const struct ll_tokenizer *tokenizer)
{
	static const char *const names[] = { "<|end_of_text|>", "<|endoftext|>" };
	const struct ll_vocab *vocab = ll_tokenizer_vocab(tokenizer);

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		uint32_t id = ll_tokenizer_find(tokenizer, names[i], strlen(names[i]));

		if (id != LL_VOCAB_NONE && vocab->pieces[id].type == LL_TOKEN_CONTROL)
			return id;
	}
	return vocab->eos;
}

static bool
is_full(const struct reader *reader)
{
	return reader->options->most > 0 && reader->ids.count >= reader->options->most;
}

/* Sets what counts of the tokens from `first` on: all, or the answers. */
static uint64_t
mark(struct reader *reader, size_t first, bool all)
{
	struct ll_corpus *corpus = reader->corpus;
	size_t count = reader->ids.count;
	uint64_t learned = 0;

	memset(corpus->learn + first, all, count - first);
	for (size_t i = 0; i < reader->answers.count && !all; i++) {
		struct ll_stretch answer = reader->answers.list[i];

		if (answer.begin < count)
			memset(corpus->learn + answer.begin, 1, (answer.end < count ? answer.end : count) - answer.begin);
	}
	corpus->learn[first] = 0;
	for (size_t i = first; i < count; i++)
		learned += corpus->learn[i];
	return learned;
}

/* Makes a document of the ids from `first` on. */
static int
close_document(struct reader *reader, size_t first, bool all, struct ll_err *err)
{
	struct ll_corpus *corpus = reader->corpus;
	struct ll_ids *ids = &reader->ids;
	int status;

	if (is_full(reader))
		ids->count = reader->options->most;
	if ((status = ll_grow(&corpus->learn, &corpus->learn_cap, ids->count, 1, err)) < 0 ||
	    (status = ll_grow(&corpus->start, &corpus->start_cap, corpus->documents + 2, sizeof(*corpus->start),
	    err)) < 0)
		return status;
	corpus->learned += mark(reader, first, all);
	corpus->start[corpus->documents] = first;
	corpus->start[++corpus->documents] = ids->count;
	return 0;
}

static int
add_text(struct reader *reader, const char *text, size_t length, struct ll_err *err)
{
	const struct ll_tokenizer *tokenizer = reader->options->tokenizer;
	const struct ll_vocab *vocab = ll_tokenizer_vocab(tokenizer);
	struct ll_ids *ids = &reader->ids;
	size_t first = ids->count;
	int status = 0;

	if (vocab->add_bos && vocab->bos != LL_VOCAB_NONE)
		status = ll_ids_add(ids, vocab->bos, err);
	if (status == 0)
		status = ll_tokenizer_encode(tokenizer, text, length, false, ids, err);
	if (status == 0 && reader->end_of_text != LL_VOCAB_NONE)
		status = ll_ids_add(ids, reader->end_of_text, err);
	return status < 0 ? status : close_document(reader, first, true, err);
}

static int
add_messages(struct reader *reader, const struct ll_json *object, const struct ll_json *list, struct ll_err *err)
{
	const struct ll_corpus_options *options = reader->options;
	struct ll_chat chat = *options->chat;
	struct ll_messages *messages;
	size_t first = reader->ids.count;
	int status;

	reader->answers.count = 0;
	if ((status = ll_chat_options(&chat, object, err)) < 0 ||
	    (status = ll_messages_read(&messages, list, "messages", err)) < 0)
		return status;
	status = ll_chat_render_answers(&chat, options->tokenizer, messages->messages, messages->count, &reader->ids,
	    &reader->answers, err);
	ll_messages_free(messages);
	if (status < 0)
		return status;
	if (reader->ids.count == first)
		return ll_fail(err, LL_EDATA, "messages: is empty");
	if (options->answers_only && reader->answers.count == 0)
		return ll_fail(err, LL_EDATA, "messages: no assistant turn to learn from");
	return close_document(reader, first, !options->answers_only, err);
}

static int
add_object(struct reader *reader, const struct ll_json *object, struct ll_err *err)
{
	const struct ll_json *messages = ll_json_get(object, "messages"), *text = ll_json_get(object, "text");
	const char *bytes;
	size_t length;

	if (!ll_json_is_object(object))
		return ll_fail(err, LL_EDATA, "is %s, not an object", ll_json_kind_name(object));
	if (messages != NULL && text != NULL)
		return ll_fail(err, LL_EDATA, "text: stands beside messages: which of them is meant?");
	if (messages != NULL)
		return add_messages(reader, object, messages, err);
	if (text == NULL)
		return ll_fail(err, LL_EDATA, "there is neither messages nor text");
	if ((bytes = ll_json_text_of(text, &length)) == NULL)
		return ll_fail(err, LL_EDATA, "text: is %s, not a string", ll_json_kind_name(text));
	if (length == 0)
		return ll_fail(err, LL_EDATA, "text: is empty");
	return add_text(reader, bytes, length, err);
}

/* Messages for which there is no format are not the line's fault. */
static int
check_format(const struct reader *reader, const struct ll_json *object, const char *where, struct ll_err *err)
{
	const struct ll_chat *chat = reader->options->chat;
	enum ll_chat_format format = chat != NULL ? chat->format : LL_CHAT_NONE;

	if (ll_chat_has_answers(format) || ll_json_get(object, "messages") == NULL)
		return 0;
	if (format == LL_CHAT_NONE)
		return ll_fail(err, LL_EUNSUPPORTED, "%s: messages: no chat format; name one with --chat-format", where);
	return ll_fail(err, LL_EUNSUPPORTED, "%s: messages: the chat format %s has no turns of an assistant", where,
	    ll_chat_name(format));
}

static int
add_line(struct reader *reader, const char *text, size_t length, struct ll_err *err)
{
	struct ll_err own = { 0 };
	struct ll_json *object;
	char where[300];
	int status;

	snprintf(where, sizeof(where), "%.250s: line %zu", reader->file.name, reader->file.line);
	if (length > LL_RECORD_BYTES)
		return ll_fail(err, LL_EDATA, "%s: has more than %u bytes", where, LL_RECORD_BYTES);
	if ((status = ll_text_file_object(&object, text, length, where, err)) < 0)
		return status;
	if ((status = check_format(reader, object, where, err)) == 0 &&
	    (status = add_object(reader, object, &own)) < 0)
		/* What a line asks of the chat format is the line's fault. */
		status = ll_fail(err, own.code == LL_EUNSUPPORTED ? LL_EDATA : own.code, "%s: %s", where, own.text);
	ll_json_free(object);
	return status;
}

static void
skip(struct reader *reader, const struct ll_err *why)
{
	reader->corpus->skipped++;
	if (++reader->bad <= TOLD_MOST && reader->options->tell != NULL)
		reader->options->tell(reader->options->arg, why->text);
}

static int
take_line(struct reader *reader, const char *text, size_t length, struct ll_err *err)
{
	struct ll_err own = { 0 };
	size_t first = reader->ids.count;
	int status;

	if ((status = add_line(reader, text, length, &own)) == 0)
		return 0;
	reader->ids.count = first;
	if (own.code != LL_EDATA || !reader->options->skip_bad)
		return ll_fail(err, own.code, "%s", own.text);
	skip(reader, &own);
	return 0;
}

static int
read_text(struct reader *reader, struct ll_err *err)
{
	const struct ll_buf *text = &reader->file.lines.text;
	struct ll_err own = { 0 };
	size_t first = reader->ids.count;
	ssize_t got;
	int status = 0;

	do
		got = ll_text_file_more(&reader->file, err);
	while (got > 0);
	if (got == 0 && text->len > 0 && (status = add_text(reader, text->data, text->len, &own)) < 0) {
		reader->ids.count = first;
		status = ll_fail(err, own.code, "%s: %s", reader->file.name, own.text);
	}
	return got < 0 ? (int)got : status;
}

static int
read_lines(struct reader *reader, struct ll_err *err)
{
	const char *text;
	char told[400];
	size_t length;
	int got = 1, status = 0;

	while (status == 0 && !is_full(reader) && (got = ll_text_file_line(&reader->file, &text, &length, err)) > 0)
		status = take_line(reader, text, length, err);
	if (reader->bad > TOLD_MOST && reader->options->tell != NULL) {
		snprintf(told, sizeof(told), "%.250s: %llu bad lines were left out, of which %d were told", reader->file.name,
		    (unsigned long long)reader->bad, TOLD_MOST);
		reader->options->tell(reader->options->arg, told);
	}
	return got < 0 ? got : status;
}

int
ll_corpus_read(struct ll_corpus *corpus, const char *path, const struct ll_corpus_options *options,
    struct ll_err *err)
{
	struct reader reader = {
		.corpus = corpus, .options = options,
		.ids = { corpus->tokens, corpus->count, corpus->cap },
		.end_of_text = find_end_of_text(options->tokenizer)
	};
	int status;

	if (is_full(&reader))
		return 0;
	if ((status = ll_text_file_open(&reader.file, path, LL_RECORD_BYTES, err)) == 0)
		status = reader.file.is_lines ? read_lines(&reader, err) : read_text(&reader, err);
	corpus->bytes += reader.file.bytes;
	ll_text_file_close(&reader.file);
	free(reader.answers.list);
	corpus->tokens = reader.ids.ids;
	corpus->count = reader.ids.count;
	corpus->cap = reader.ids.cap;
	return status;
}

int
ll_corpus_end(struct ll_corpus *corpus, struct ll_err *err)
{
	uint64_t hash = 0;

	if (corpus->learned == 0)
		return ll_fail(err, LL_EDATA, "there is nothing to learn from in %zu documents%s", corpus->documents,
		    corpus->skipped > 0 ? ": all lines are bad" : "");
	/* By value, so that it is the same on every machine. */
	for (size_t i = 0; i < corpus->count; i++)
		hash = ll_hash_mix(hash ^ (corpus->tokens[i] | (uint64_t)corpus->learn[i] << 32)) + 1;
	for (size_t i = 0; i <= corpus->documents; i++)
		hash = ll_hash_mix(hash ^ corpus->start[i]) + 1;
	corpus->hash = hash;
	return 0;
}

void
ll_corpus_free(struct ll_corpus *corpus)
{
	free(corpus->tokens);
	free(corpus->learn);
	free(corpus->start);
	*corpus = (struct ll_corpus){ 0 };
}
