/*
 * Fuzzing of what reads JSON Lines. The first byte chooses the reader, the rest is its input:
 *
 *	r	records: each line is parsed and encoded; what travels of it can be read again
 *	m	META payloads, a line each, into the answers of a stream
 *	z	compressed text: however it is read, the same comes out
 *	o	the output of a batch: what was made whole is whole
 */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/gzip.h"
#include "base/json.h"
#include "base/lines.h"
#include "sample/settings.h"
#include "serve/ledger.h"
#include "tests/unit/tiny_vocab.h"
#include "tokenize/answers.h"
#include "tokenize/prompt.h"
#include "tokenize/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define TEXT_MOST (1u << 20)

static void
require(int holds)
{
	if (!holds)
		abort();
}

static struct tiny tiny;

static const struct ll_tokenizer *
tokenizer(void)
{
	static struct ll_tokenizer *made;

	if (made == NULL) {
		tiny_begin(&tiny, LL_VOCAB_BPE_RANKS, "llama-bpe");
		tiny_add_specials(&tiny);
		require(ll_tokenizer_new(&made, &tiny.vocab, NULL) == 0);
	}
	return made;
}

/* The META of a record says what the record said. */
static void
travel(const struct ll_record *record)
{
	const struct ll_settings defaults = {
		.sampling = LL_SAMPLING_DEFAULTS, .order = ll_order_default, .samples = 1, .best_of = 1,
	};
	const struct ll_settings_place place = { .vocab = &tiny.vocab, .vocab_size = 1000, .answered = true, .where = "META" };
	struct ll_settings *settings = NULL;
	struct ll_buf meta = { 0 };
	struct ll_err err = { 0 };
	struct ll_record read;

	tokenizer();
	require(ll_record_meta(record, &meta, NULL) == 0);
	require(ll_record_read_meta(&read, meta.data, meta.len, "META", NULL) == 0);
	require(read.given == record->given && read.sampling_given == record->sampling_given &&
	    read.stops.count == record->stops.count &&
	    read.samples == record->samples && (read.id == NULL) == (record->id == NULL));
	require(memcmp(&read.sampling, &record->sampling, sizeof(read.sampling)) == 0);
	if (read.given & LL_GAVE_SEED)
		require(read.seed == record->seed);
	for (size_t i = 0; i < read.stops.count; i++)
		require(strcmp(read.stops.list[i], record->stops.list[i]) == 0);
	/* Biases of tokens that there are not, and samplers of other names, are what can be wrong with it. */
	if (ll_settings_make(&settings, &defaults, &read, &place, &err) < 0)
		require(err.code == LL_EDATA && strncmp(err.text, "META: ", 6) == 0);
	ll_settings_free(settings);
	ll_record_free(&read);
	ll_buf_free(&meta);
}

static void
one_record(const char *line, size_t length)
{
	const struct ll_chat chat = { .format = LL_CHAT_LLAMA31, .date = "1 Jan 2000", .bos = -1 };
	const struct ll_prompt_options plain = { .bos = true }, chatty = { .bos = true, .chat = &chat, .system = "S" };
	struct ll_buf meta = { 0 };
	struct ll_err err = { 0 };
	struct ll_ids ids = { 0 };
	struct ll_record record;

	if (ll_record_parse(&record, line, length, "line", &err) == 0) {
		travel(&record);
		ll_prompt_encode_record(tokenizer(), record.prompt != NULL ? &plain : &chatty, &record, &ids, "line", &err);
	} else {
		struct ll_record read;

		require(err.code == LL_EDATA && err.text[0] != '\0');
		require(ll_record_failed(&record, &err, &meta, NULL) == 0);
		require(ll_record_read_meta(&read, meta.data, meta.len, "META", NULL) == 0);
		require(read.error != NULL && (read.id == NULL) == (record.id == NULL));
		ll_record_free(&read);
	}
	free(ids.ids);
	ll_buf_free(&meta);
	ll_record_free(&record);
}

/* Answers are JSON Lines, whatever was told of them. */
static void
check_answers(struct ll_answers *answers)
{
	struct ll_lines lines = { .delimiter = '\n' };
	struct ll_buf *text = ll_answers_lines(answers);
	struct ll_json *answer;
	const char *line;
	size_t length;

	require(ll_lines_add(&lines, text->data, text->len, NULL) == 0);
	text->len = 0;
	while (ll_lines_next(&lines, false, &line, &length)) {
		require(ll_json_parse_line(&answer, line, length, "answer", NULL) == 0);
		require(ll_json_get(answer, "line") != NULL && ll_json_get(answer, "id") != NULL);
		ll_json_free(answer);
	}
	require(!ll_lines_next(&lines, true, &line, &length));
	ll_lines_free(&lines);
}

/* A line is a payload; its length chooses the sequence and what else is told of it. */
static void
one_meta(struct ll_answers *answers, const char *line, size_t length)
{
	const uint64_t sequence = (uint64_t)(length % 5) << 32 | length / 5 % 3;
	const struct ll_answer_token token = { .id = 7, .bytes = line, .length = length % 7 < length ? length % 7 : 0 };
	const struct ll_answer_end end = { .reason = "eos", .message = line, .code = length % 11 == 0 ? LL_EDATA : 0 };
	struct ll_err err = { 0 };

	ll_answers_meta(answers, sequence, line, length, "META", &err);
	ll_answers_text(answers, sequence, line, length, &err);
	ll_answers_logprob(answers, sequence, &token, &err);
	if (length % 2)
		ll_answers_alternative(answers, sequence, &token, &err);
	if (length % 3 == 0)
		ll_answers_end(answers, sequence, &end, &err);
}

static void
all_lines(const char *text, size_t size, bool meta)
{
	struct ll_lines lines = { .delimiter = '\n' };
	struct ll_answers *answers = NULL;
	const char *line;
	size_t length;

	require(ll_lines_add(&lines, text, size, NULL) == 0);
	require(!meta || ll_answers_new(&answers, size % 2, NULL) == 0);
	while (ll_lines_next(&lines, true, &line, &length)) {
		/* As a C string, and without a byte to spare. */
		char *copy = calloc(length + 1, 1);

		require(copy != NULL);
		memcpy(copy, line, length);
		if (meta)
			one_meta(answers, copy, length);
		else if (!ll_record_blank(copy, length))
			one_record(copy, length);
		free(copy);
	}
	if (meta) {
		require((size % 3 ? ll_answers_end_all(answers, NULL) : ll_answers_give_up(answers, NULL)) == 0);
		check_answers(answers);
	}
	ll_answers_free(answers);
	ll_lines_free(&lines);
}

/* A file of these bytes, open for reading, without a name. */
static int
file_of(const char *text, size_t size)
{
	FILE *file = tmpfile();
	int fd;

	require(file != NULL && fwrite(text, 1, size, file) == size && fflush(file) == 0);
	fd = dup(fileno(file));
	require(fd >= 0 && lseek(fd, 0, SEEK_SET) == 0);
	fclose(file);
	return fd;
}

/* The result, and what was read before it, of reading `step` bytes at a time. */
static int
read_gzip(const char *text, size_t size, size_t step, struct ll_buf *out)
{
	int fd = file_of(text, size);
	struct ll_gzip *gzip;
	ssize_t count = 1;

	require(ll_gzip_new(&gzip, fd, "file", -1, NULL) == 0);
	while (count > 0 && out->len < TEXT_MOST) {
		require(ll_buf_room(out, step, NULL) == 0);
		if ((count = ll_gzip_read(gzip, out->data + out->len, step, NULL)) > 0)
			out->len += (size_t)count;
	}
	ll_gzip_free(gzip);
	close(fd);
	return (int)count;
}

static void
compressed(const char *text, size_t size)
{
	struct ll_buf much = { 0 }, few = { 0 };
	int a = read_gzip(text, size, 65536, &much), b = read_gzip(text, size, 3, &few);

	if (much.len < TEXT_MOST && few.len < TEXT_MOST) {
		require((a < 0) == (b < 0));
		if (a == 0)
			require(much.len == few.len && (few.len == 0 || memcmp(much.data, few.data, few.len) == 0));
	}
	ll_buf_free(&much);
	ll_buf_free(&few);
}

static void
output_of_batch(const char *text, size_t size)
{
	char path[] = "/tmp/fuzz-jsonl.XXXXXX";
	struct ll_ledger *ledger;
	size_t done = 0;
	int fd = mkstemp(path);

	require(fd >= 0 && write(fd, text, size) == (ssize_t)size);
	for (int i = 0; i < 2; i++) {
		struct ll_err err = { 0 };
		int status = ll_ledger_open(&ledger, path, false, &err);

		require(status == 0 || (err.code == LL_EDATA && i == 0));
		require(i == 0 || ll_ledger_done(ledger) == done);
		if (status == 0)
			done = ll_ledger_done(ledger);
		ll_ledger_close(ledger, 0, NULL);
		ll_ledger_free(ledger);
		if (status < 0)
			break;
	}
	close(fd);
	unlink(path);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data + 1;

	if (size == 0)
		return 0;
	switch (data[0]) {
	case 'r':
	case 'm':
		all_lines(text, size - 1, data[0] == 'm');
		break;
	case 'z':
		compressed(text, size - 1);
		break;
	case 'o':
		output_of_batch(text, size - 1);
		break;
	}
	return 0;
}
