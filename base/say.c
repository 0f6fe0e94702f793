/*
 * What programs say and how they end; see err.h. A library that only fails does without.
 */

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/err.h"
#include "base/opt.h"

/* One write(2), so that lines of several programs do not mix. */
void
ll_complain(const char *program, const char *text)
{
	char line[1200];
	int length = snprintf(line, sizeof(line), "%s: %s\n", program, text);

	if (length >= (int)sizeof(line)) {
		length = (int)sizeof(line);
		line[length - 1] = '\n';
	}
	if (write(STDERR_FILENO, line, (size_t)length) < 0)
		return;		/* there is nobody left to tell */
}

__attribute__((format(printf, 2, 0))) static void
say_formatted(const char *program, const char *format, va_list args)
{
	char text[1000];

	vsnprintf(text, sizeof(text), format, args);
	ll_harmless(text);
	ll_complain(program, text);
}

void
ll_warn(const char *program, const char *format, ...)
{
	va_list args;

	if (ll_opt_quiet)
		return;
	va_start(args, format);
	say_formatted(program, format, args);
	va_end(args);
}

void
ll_note(const char *program, const char *format, ...)
{
	va_list args;

	if (!ll_opt_verbose)
		return;
	va_start(args, format);
	say_formatted(program, format, args);
	va_end(args);
}

int
ll_exit(const char *program, int status, struct ll_err *err)
{
	status = ll_opt_blame(status, err);
	/* NFS and full disks may fail as late as close(2). */
	if (fflush(stdout) != 0 || ferror(stdout) || close(STDOUT_FILENO) != 0) {
		int failed = ll_fail_errno(err, LL_EIO, "standard output");

		if (status >= 0)
			status = failed;
	}
	if (status < 0 && !err->reported)
		ll_complain(program, err->code != 0 ? err->text : "unexpected failure");
	return status < 0 ? -status : status;
}
