/*
 * ll-mix: an expression over the logits of several streams. The expression is expression.c's,
 * sparse rows logits.c's, reading and matching the streams stream/join.c's; this file parses
 * options.
 */

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/opt.h"
#include "sample/expression.h"
#include "sample/logits.h"
#include "stream/join.h"
#include "stream/stream.h"

static const char *text, *output_path;
static const char *operands[LL_JOIN_MEMBERS];
static size_t operand_count;

static int
add_operand(const char *value, struct ll_err *err)
{
	if (operand_count == LL_JOIN_MEMBERS)
		return ll_fail(err, LL_EUSAGE, "more than %d members", LL_JOIN_MEMBERS);
	if (strchr(value, '=') == NULL)
		return ll_fail(err, LL_EUSAGE, "'%.200s' is not as name=stream", value);
	operands[operand_count++] = value;
	return 0;
}

static const struct ll_opt options[] = {
	{ 'e', "expression", LL_OPT_STRING, &text, "EXPR", "what to make of the members' logits", 0, 0, NULL },
	LL_OPT_OUTPUT(output_path),
	LL_OPTS_COMMON,
	{ 0, "member", LL_OPT_OPERAND, NULL, NULL, NULL, 0, 0, add_operand },
	{ 0 }
};

static const struct ll_program program = {
	.name = "ll-mix",
	.summary = "mix the logits of several streams",
	.usage = "[-hqvV] [-o FILE] -e EXPR NAME=STREAM ...",
	.options = options,
	.fail = ll_stream_fail,
};

struct run {
	char *names[LL_JOIN_MEMBERS];
	struct ll_reader *members[LL_JOIN_MEMBERS];
	int files[LL_JOIN_MEMBERS];	/* descriptors to be closed, or -1 */
	struct ll_expression *expression;
	struct ll_logits sparse;	/* the last that came */
	struct ll_writer *out;
};

static int
combine(void *arg, float *out, const float *const *rows, size_t count, struct ll_err *err)
{
	return ll_expression_run(((struct run *)arg)->expression, out, rows, count, err);
}

static int
complete(void *arg, float *out, const void *row, size_t listed, size_t count, const char *where, struct ll_err *err)
{
	struct ll_logits *sparse = &((struct run *)arg)->sparse;
	int status = ll_logits_sparse(sparse, row, listed, where, err);

	return status < 0 ? status : ll_logits_complete(sparse, out, count, where, err);
}

static int
check_name(const struct run *run, size_t i, struct ll_err *err)
{
	if (!ll_expression_is_name(run->names[i]))
		return ll_fail(err, LL_EUSAGE, "'%.100s' cannot name a member: up to %d letters, digits and _, no digit "
		    "first, no function's name", run->names[i], LL_EXPRESSION_NAME);
	for (size_t other = 0; other < i; other++)
		if (strcmp(run->names[other], run->names[i]) == 0)
			return ll_fail(err, LL_EUSAGE, "two members have the name '%s'", run->names[i]);
	return 0;
}

static int
read_operands(struct run *run, struct ll_err *err)
{
	int status;

	if (text == NULL)
		return ll_fail(err, LL_EUSAGE, "--expression is missing");
	if (operand_count == 0)
		return ll_fail(err, LL_EUSAGE, "no member: give name=stream");
	for (size_t i = 0; i < operand_count; i++) {
		size_t length = strcspn(operands[i], "=");

		if ((run->names[i] = ll_copy(operands[i], length, err)) == NULL)
			return -LL_ENOMEM;
		if ((status = check_name(run, i, err)) < 0)
			return status;
	}
	status = ll_expression_new(&run->expression, text, (const char *const *)run->names, operand_count, err);
	for (size_t i = 0; i < operand_count && status == 0; i++)
		if (!ll_expression_uses(run->expression, i))
			status = ll_fail(err, LL_EUSAGE, "member '%s' has no effect: it is not in the expression",
			    run->names[i]);
	return status;
}

static int
open_members(struct run *run, struct ll_err *err)
{
	const char *from_stdin = NULL;

	for (size_t i = 0; i < operand_count; i++) {
		const char *path = operands[i] + strlen(run->names[i]) + 1;
		int fd, status;

		if (strcmp(path, "-") == 0) {
			if (from_stdin != NULL)
				return ll_fail(err, LL_EUSAGE, "both '%s' and '%s' are standard input", from_stdin,
				    run->names[i]);
			from_stdin = run->names[i];
		}
		if ((fd = ll_open_input(path, err)) < 0)
			return fd;
		run->files[i] = fd == STDIN_FILENO ? -1 : fd;
		status = ll_reader_new(&run->members[i], fd, run->names[i], ll_writer_fd(run->out), err);
		if (status < 0)
			return status;
	}
	return 0;
}

static int
mix(struct run *run, struct ll_err *err)
{
	const struct ll_join_stage stage = { .program = program.name, .arg = run, .combine = combine, .complete = complete };
	char *command = ll_opt_command("", err);
	int status = command == NULL ? -LL_ENOMEM : ll_logits_init(&run->sparse, err);

	if (status == 0)
		status = ll_join_run(run->members, operand_count, run->out, command, &stage, err);
	free(command);
	return status;
}

static void
free_run(struct run *run)
{
	for (size_t i = 0; i < operand_count; i++) {
		ll_reader_close(run->members[i]);
		if (run->files[i] >= 0)
			close(run->files[i]);
		free(run->names[i]);
	}
	ll_expression_free(run->expression);
	ll_logits_free(&run->sparse);
}

int
main(int argc, char **argv)
{
	struct ll_err err = { 0 };
	struct run run = { 0 };
	int status;

	ll_start();
	ll_opt_parse(&program, argc, argv);
	memset(run.files, -1, sizeof(run.files));
	if ((status = read_operands(&run, &err)) == 0 &&
	    (status = ll_writer_open(&run.out, output_path, &err)) == 0 &&
	    (status = open_members(&run, &err)) == 0)
		status = mix(&run, &err);
	status = ll_writer_close(run.out, status, &err);
	for (size_t i = 0; i < operand_count && run.members[i] != NULL; i++)
		status = ll_reader_status(run.members[i], status, &err);
	free_run(&run);
	return ll_exit(program.name, status, &err);
}
