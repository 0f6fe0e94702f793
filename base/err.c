/*
 * Errors; see err.h.
 */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"

void
ll_harmless(char *text)
{
	for (unsigned char *p = (unsigned char *)text; *p != '\0'; p++) {
		if (*p < 0x20 || *p == 0x7f)
			*p = '?';
		/* U+0080 to U+009F: a terminal that reads UTF-8 obeys CSI there, too. */
		if (p[0] == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0)
			p[0] = p[1] = '?';
	}
}

int
ll_fail(struct ll_err *err, int code, const char *format, ...)
{
	va_list args;

	if (err == NULL)
		return -code;
	if (err->code != 0)
		return -err->code;
	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	ll_harmless(err->text);
	err->code = code;
	return -code;
}

int
ll_fail_as(struct ll_err *err, const struct ll_err *other)
{
	if (err == NULL)
		return -other->code;
	if (err->code == 0)
		*err = *other;
	return -err->code;
}

int
ll_fail_errno(struct ll_err *err, int code, const char *format, ...)
{
	int number = errno;
	va_list args;
	size_t used;

	if (err == NULL)
		return -code;
	if (err->code != 0)
		return -err->code;
	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	used = strlen(err->text);
	snprintf(err->text + used, sizeof(err->text) - used, ": %s", strerror(number));
	ll_harmless(err->text);
	err->code = code;
	return -code;
}
