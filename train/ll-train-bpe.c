/*
 * ll-train-bpe: learns a vocabulary from texts. Reading them is texts.c's, counting
 * pretokens.c's, learning bpe_train.c's; this file moves data.
 */

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/opt.h"
#include "base/sources.h"
#include "model/gguf_write.h"
#include "model/model.h"
#include "model/vocab_write.h"
#include "train/bpe_vocab.h"
#include "train/pretokens.h"
#include "train/texts.h"

/* Of a rank file that is read. */
#define MOST_TOKENS (1 << 24)
/* Of a token: at two for each byte a merge with its space is not above LL_PIECE_MAX. */
#define MOST_BYTES 32767
/* Often enough for an eye. */
#define INTERVAL_MS 100

static int64_t size, min_count = 2, max_length = MOST_BYTES;
static const char *output;
static bool ranks;
static struct ll_sources files;
static const char **specials;
static size_t special_count, special_cap;

static int
add_file(const char *value, struct ll_err *err)
{
	return ll_sources_add(&files, value, false, err);
}

static int
take_special(const char *value, struct ll_err *err)
{
	int status = ll_bpe_check_special(value, err);

	for (size_t i = 0; i < special_count && status == 0; i++)
		if (strcmp(specials[i], value) == 0)
			status = ll_fail(err, LL_EUSAGE, "--special: '%.64s' is given twice", value);
	if (status < 0 || ll_grow(&specials, &special_cap, special_count + 1, sizeof(*specials), err) < 0)
		return -err->code;
	specials[special_count++] = value;
	return 0;
}

static const struct ll_opt options[] = {
	{ 'n', "vocab-size", LL_OPT_INT, &size, "N", "tokens in all, special ones included (wanted)", 1, MOST_TOKENS, NULL },
	LL_OPT_OUTPUT(output),
	{ 0, "max-length", LL_OPT_INT, &max_length, "N", "bytes of a token at most (default 32767)", 2, MOST_BYTES, NULL },
	{ 0, "min-count", LL_OPT_INT, &min_count, "N", "merge no pair that occurs less often (default 2)", 1, 1e15, NULL },
	{ 0, "ranks", LL_OPT_FLAG, &ranks, NULL, "write a rank file of tiktoken, not a GGUF", 0, 0, NULL },
	{ 0, "special", LL_OPT_CALL, NULL, "TEXT", "one more special token; may be repeated", 0, 0, take_special },
	LL_OPTS_COMMON,
	{ 0, "file", LL_OPT_OPERAND, NULL, NULL, NULL, 0, 0, add_file },
	{ 0 }
};

static const struct ll_program program = {
	.name = "ll-train-bpe",
	.summary = "learn a vocabulary from text",
	.usage = "[-hqvV] [--max-length N] [--min-count N] [--ranks] [--special TEXT]\n"
	    "                    [-o FILE] -n N [FILE ...]",
	.options = options,
};

struct run {
	struct ll_pretokens pretokens;
	bool shown;		/* a line on a terminal tells how far it is */
	int64_t told;		/* when, in milliseconds */
};

/* Whether it is time to tell again. */
static bool
is_due(struct run *run)
{
	int64_t now = run->shown ? ll_clock_ms() : 0;

	if (!run->shown || now - run->told < INTERVAL_MS)
		return false;
	run->told = now;
	return true;
}

static void
wipe(const struct run *run)
{
	if (run->shown)
		fputs("\r\033[K", stderr);
}

static int
take_text(void *arg, const char *text, size_t length, struct ll_err *err)
{
	struct run *run = arg;
	int status = ll_pretokens_add(&run->pretokens, text, length, err);

	if (is_due(run))
		fprintf(stderr, "\r%s: %.1f MB read, %zu different words\033[K", program.name,
		    (double)run->pretokens.read / 1e6, run->pretokens.count);
	return status;
}

static void
tell_merges(void *arg, size_t done, size_t total)
{
	if (is_due(arg))
		fprintf(stderr, "\r%s: merge %zu of %zu\033[K", program.name, done, total);
}

static int
read_texts(struct run *run, struct ll_err *err)
{
	size_t count;
	const struct ll_operand *list = ll_sources_list(&files, &count);
	int status = 0;

	for (size_t i = 0; i < count && status == 0; i++)
		status = ll_texts_read(list[i].value, take_text, run, err);
	if (status == 0 && run->pretokens.count == 0)
		status = ll_fail(err, LL_EDATA, "there is no text to learn from");
	return status;
}

static int
write_ranks(const struct ll_vocab *vocab, struct ll_err *err)
{
	struct ll_buf text = { 0 };
	struct ll_out out;
	int status = ll_bpe_put_ranks(&text, vocab, err);

	if (status == 0 && (status = ll_out_open(&out, output, err)) == 0) {
		status = ll_write(out.fd, text.data, text.len, output != NULL ? output : "standard output", err);
		status = ll_out_close(&out, status, err);
	}
	ll_buf_free(&text);
	return status;
}

static int
write_gguf(const struct ll_vocab *vocab, struct ll_err *err)
{
	struct ll_gguf_writer *writer;
	int status = ll_gguf_write_new(&writer, err);

	if (status < 0)
		return status;
	if ((status = ll_gguf_write_string(writer, "general.architecture", "llama", 5, err)) == 0 &&
	    (status = ll_vocab_put_gguf(writer, vocab, vocab->count, "the vocabulary", err)) == 0 &&
	    (status = ll_gguf_write_begin(writer, output, err)) == 0)
		status = ll_gguf_write_end(writer, err);
	ll_gguf_write_free(writer);
	return status;
}

static int
learn(struct run *run, size_t others, struct ll_err *err)
{
	struct ll_bpe_plan plan = {
		.merges = (size_t)size - others, .min_count = (uint64_t)min_count, .max_length = (size_t)max_length,
		.tell = tell_merges, .arg = run,
	};
	struct ll_bpe_merge *merges;
	struct ll_vocab *vocab = NULL;
	size_t count;
	int status = ll_bpe_train(&merges, &count, &run->pretokens, &plan, err);

	wipe(run);
	if (status < 0)
		return status;
	if (count < plan.merges)
		ll_warn(program.name, "%zu tokens, not %" PRId64 ": no pair is left that occurs %" PRId64 " times",
		    others + count, size, min_count);
	ll_note(program.name, "%" PRIu64 " bytes, %" PRIu64 " words, %zu different; %zu merges", run->pretokens.read,
	    run->pretokens.total, run->pretokens.count, count);
	if ((status = ll_bpe_vocab(&vocab, merges, count, specials, special_count, err)) == 0)
		status = ranks ? write_ranks(vocab, err) : write_gguf(vocab, err);
	ll_vocab_free(vocab);
	free(merges);
	return status;
}

/* *others: the tokens that are not merges. */
static int
check_command(size_t *others, struct ll_err *err)
{
	size_t named = LL_BPE_SPECIALS + special_count;

	*others = LL_BPE_BYTES + (ranks ? LL_BPE_RANK_SPECIALS : named);
	if (size == 0)
		return ll_fail(err, LL_EUSAGE, "no --vocab-size N");
	if (ranks && special_count > 0)
		return ll_fail(err, LL_EUSAGE, "--special has no effect with --ranks: a rank file names no special tokens");
	if ((size_t)size < *others)
		return ll_fail(err, LL_EUSAGE, "--vocab-size: %" PRId64 " is less than %d bytes and %zu special tokens", size,
		    LL_BPE_BYTES, *others - LL_BPE_BYTES);
	if (files.count == 0 && isatty(STDIN_FILENO))
		return ll_fail(err, LL_EUSAGE, "no FILE, and standard input is a terminal");
	if (!ranks && (output == NULL || strcmp(output, "-") == 0) && isatty(STDOUT_FILENO))
		return ll_fail(err, LL_EUSAGE, "no -o FILE, and standard output is a terminal");
	return 0;
}

int
main(int argc, char **argv)
{
	struct run run = { 0 };
	struct ll_err err = { 0 };
	size_t others;
	int status;

	ll_start();
	ll_opt_parse(&program, argc, argv);
	run.shown = !ll_opt_quiet && isatty(STDERR_FILENO);
	if ((status = check_command(&others, &err)) == 0 && (status = ll_out_try(output, &err)) == 0) {
		if ((status = read_texts(&run, &err)) < 0)
			wipe(&run);
		else
			status = learn(&run, others, &err);
	}
	ll_pretokens_free(&run.pretokens);
	free(files.list);
	free(specials);
	return ll_exit(program.name, status, &err);
}
