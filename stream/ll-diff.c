/*
 * ll-diff: tells whether two streams are equal in canonical form, and where they first are
 * not. Comparing is compare.c's; this file opens, pairs the streams and prints.
 */

#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/io.h"
#include "base/opt.h"
#include "stream/compare.h"
#include "stream/path.h"
#include "stream/stream.h"

static const char *paths[2];
static size_t path_count;
static double tolerance;

static int
add_path(const char *value, struct ll_err *err)
{
	if (path_count == 2)
		return ll_fail(err, LL_EUSAGE, "two streams only: '%.200s' is too many", value);
	paths[path_count++] = value;
	return 0;
}

static const struct ll_opt options[] = {
	{ 0, "tolerance", LL_OPT_DOUBLE, &tolerance, "X", "floats may differ by X; their data types may differ", 0, 1e30, NULL },
	LL_OPTS_COMMON,
	{ 0, "stream", LL_OPT_OPERAND, NULL, NULL, NULL, 0, 0, add_path },
	{ 0 }
};

static const struct ll_program program = {
	.name = "ll-diff",
	.summary = "compare two streams",
	.usage = "[-hqvV] [--tolerance X] STREAM STREAM",
	.options = options,
};

/* The next stream in canonical form: 1, or 0 when there is none. */
static int
next(struct ll_canonical *canonical, struct ll_reader *in, struct ll_err *err)
{
	static const struct ll_selection all;
	struct ll_frame frame;
	int got = ll_reader_next(in, &frame, err);

	if (got <= 0)
		return got;
	ll_path_decline(ll_reader_header(in));
	got = ll_canonical_read(canonical, in, &all, err);
	return got < 0 ? got : 1;
}

static bool
compare_count(struct ll_compare *compare, const int got[2], struct ll_err *err)
{
	if (got[0] == got[1])
		return true;
	ll_buf_printf(compare->report, err, "%s has more streams than %s\n", compare->names[got[1]],
	    compare->names[got[0]]);
	return false;
}

/* 0 equal, LL_EANSWER not, or negative. */
static int
diff(struct ll_compare *compare, struct ll_reader *const in[2], struct ll_err *err)
{
	struct ll_canonical streams[2] = { { .count = 0 }, { .count = 0 } };
	int got[2] = { 1, 1 };
	bool equal = true;

	while (equal && got[0] == 1 && got[1] == 1) {
		for (int i = 0; i < 2 && err->code == 0; i++)
			got[i] = next(&streams[i], in[i], err);
		if (err->code == 0)
			equal = compare_count(compare, got, err);
		if (err->code == 0 && equal && got[0] == 1)
			equal = ll_compare(compare, &streams[0], &streams[1], err);
		ll_canonical_free(&streams[0]);
		ll_canonical_free(&streams[1]);
		if (err->code != 0)
			return -err->code;
	}
	return equal ? 0 : LL_EANSWER;
}

static int
open_both(struct ll_reader *in[2], struct ll_compare *compare, struct ll_err *err)
{
	int status;

	if (path_count < 2)
		return ll_fail(err, LL_EUSAGE, "two streams are needed: ll-diff A B");
	if (strcmp(paths[0], "-") == 0 && strcmp(paths[1], "-") == 0)
		return ll_fail(err, LL_EUSAGE, "only one of the streams can be standard input");
	for (int i = 0; i < 2; i++) {
		if ((status = ll_reader_open(&in[i], paths[i], -1, err)) < 0)
			return status;
		compare->names[i] = ll_reader_name(in[i]);
	}
	return 0;
}

int
main(int argc, char **argv)
{
	struct ll_err err = { 0 };
	struct ll_buf report = { 0 };
	struct ll_compare compare = { .report = &report };
	struct ll_reader *in[2] = { NULL, NULL };
	int status;

	ll_start();
	ll_opt_parse(&program, argc, argv);
	compare.tolerance = tolerance;
	status = open_both(in, &compare, &err);
	if (status == 0)
		status = diff(&compare, in, &err);
	if (status == LL_EANSWER && !ll_opt_quiet) {
		int failed = ll_write(STDOUT_FILENO, report.data, report.len, "standard output", &err);

		status = failed < 0 ? failed : status;
	}
	if (status >= 0)
		ll_note(program.name, "largest difference %g", compare.largest);
	for (int i = 0; i < 2; i++) {
		if (in[i] != NULL)
			status = ll_reader_status(in[i], status, &err);
		ll_reader_close(in[i]);
	}
	ll_buf_free(&report);
	return ll_exit(program.name, status, &err);
}
