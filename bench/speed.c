/*
 * The speed of the tokenizer; see speed.h. The first text that a process encodes finds
 * neither tables nor their memory in any cache, which is how a prompt finds them; so each
 * file is a child's.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/io.h"
#include "base/json.h"
#include "base/mem.h"
#include "bench/speed.h"
#include "model/model.h"
#include "tokenize/tokenizer.h"

struct speeds {
	const char *file;
	size_t bytes, tokens;
	double open_ms, first, median;	/* MB/s */
};

/* Of the processor: the only thread, it never waits, and a busy machine counts it right. */
static double
now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static int
descending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x < y) - (x > y);
}

/* One encoding, into fresh memory as a program would. */
static int
encode_once(const struct ll_tokenizer *tokenizer, const struct ll_buf *text, struct speeds *speeds,
    double *speed, struct ll_err *err)
{
	struct ll_ids ids = { 0 };
	double begin = now();
	int status = ll_tokenizer_encode(tokenizer, text->data, text->len, false, &ids, err);

	*speed = (double)text->len * 1e-6 / (now() - begin);
	speeds->tokens = ids.count;
	free(ids.ids);
	return status;
}

static int
encode_rounds(const struct ll_tokenizer *tokenizer, const struct ll_buf *text, size_t rounds,
    struct speeds *speeds, struct ll_err *err)
{
	double *speed = ll_alloc(rounds, sizeof(*speed), err);
	int status = speed == NULL ? -LL_ENOMEM : 0;

	if (status == 0)
		status = encode_once(tokenizer, text, speeds, &speeds->first, err);
	for (size_t i = 0; i < rounds && status == 0; i++)
		status = encode_once(tokenizer, text, speeds, &speed[i], err);
	if (status == 0) {
		qsort(speed, rounds, sizeof(*speed), descending);
		speeds->median = (speed[(rounds - 1) / 2] + speed[rounds / 2]) / 2;
	}
	free(speed);
	return status;
}

static int
print_line(const struct speeds *speeds, bool as_json, struct ll_err *err)
{
	struct ll_json *object;
	char *text;

	if (!as_json) {
		printf("%10zu %9zu %8.1f %8.1f %8.1f  %s\n", speeds->bytes, speeds->tokens, speeds->open_ms,
		    speeds->first, speeds->median, speeds->file);
		return 0;
	}
	object = ll_json_object();
	ll_json_set(object, "file", ll_json_string(speeds->file, strlen(speeds->file)));
	ll_json_set(object, "bytes", ll_json_int((int64_t)speeds->bytes));
	ll_json_set(object, "tokens", ll_json_int((int64_t)speeds->tokens));
	ll_json_set(object, "open_ms", ll_json_real(speeds->open_ms));
	ll_json_set(object, "first_mb_s", ll_json_real(speeds->first));
	ll_json_set(object, "median_mb_s", ll_json_real(speeds->median));
	text = ll_json_text(object, false, err);
	ll_json_free(object);
	if (text == NULL)
		return -LL_ENOMEM;
	puts(text);
	free(text);
	return 0;
}

static int
measure(const char *model, struct speeds *speeds, size_t rounds, bool as_json, struct ll_err *err)
{
	struct ll_buf text = { 0 };
	struct ll_vocab *vocab = NULL;
	struct ll_tokenizer *tokenizer = NULL;
	int fd = ll_open_input(speeds->file, err);
	int status = fd < 0 ? fd : ll_read_all(fd, &text, speeds->file, err);
	double begin = now();

	if (fd > STDIN_FILENO)
		close(fd);
	if (status == 0 && text.len == 0)
		status = ll_fail(err, LL_EDATA, "%s: there is no text in it", speeds->file);
	if (status == 0 && (status = ll_vocab_open(&vocab, model, err)) == 0 &&
	    (status = ll_tokenizer_new(&tokenizer, vocab, err)) == 0) {
		speeds->open_ms = (now() - begin) * 1e3;
		speeds->bytes = text.len;
		status = encode_rounds(tokenizer, &text, rounds, speeds, err);
	}
	if (status == 0)
		status = print_line(speeds, as_json, err);
	ll_tokenizer_free(tokenizer);
	ll_vocab_free(vocab);
	ll_buf_free(&text);
	return status;
}

/* The child ends as the program does; where it failed, it has said so. */
static int
measure_in_child(const char *model, const char *file, size_t rounds, bool as_json, struct ll_err *err)
{
	struct speeds speeds = { .file = file };
	int status, end = 0;
	pid_t child;

	fflush(stdout);
	if ((child = fork()) < 0)
		return ll_fail_errno(err, LL_ENOMEM, "fork");
	if (child == 0) {
		status = measure(model, &speeds, rounds, as_json, err);
		exit(ll_exit("ll-bench", status, err));
	}
	while (waitpid(child, &end, 0) < 0)
		if (errno != EINTR)
			return ll_fail_errno(err, LL_EIO, "waitpid");
	if (!WIFEXITED(end))
		return ll_fail(err, LL_EIO, "%s: the measuring process was killed", file);
	if (WEXITSTATUS(end) == 0)
		return 0;
	err->reported = 1;
	return ll_fail(err, WEXITSTATUS(end), "%s: not measured", file);
}

int
ll_bench_encode(const char *model, const char *const *files, size_t count, size_t rounds,
    bool as_json, struct ll_err *err)
{
	int status = 0;

	if (!as_json)
		printf("%10s %9s %8s %8s %8s\n%10s %9s %8s %8s %8s\n", "", "", "open", "first", "median",
		    "bytes", "tokens", "ms", "MB/s", "MB/s");
	for (size_t i = 0; i < count && status == 0; i++)
		status = measure_in_child(model, files[i], rounds, as_json, err);
	return status;
}
