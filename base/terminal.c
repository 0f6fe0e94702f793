/*
 * Text on its way to a terminal; see terminal.h.
 */

#include "base/io.h"
#include "base/terminal.h"
#include "base/utf8.h"

int
ll_terminal_harmless(struct ll_buf *out, const char *text, size_t length, struct ll_err *err)
{
	size_t size;
	int status = 0;

	for (size_t i = 0; i < length && status == 0; i += size) {
		uint32_t code = ll_utf8_next((const unsigned char *)text + i, length - i, &size);

		if (code == LL_UTF8_BAD)
			status = ll_buf_puts(out, "\xef\xbf\xbd", err);
		else if (code == '\n' || code == '\t' || (code >= 0x20 && code != 0x7f && (code < 0x80 || code >= 0xa0)))
			status = ll_buf_add(out, text + i, size, err);
		else
			status = ll_buf_printf(out, err, "%s^%c", code >= 0x80 ? "^" : "", (int)((code & 0x7f) ^ 0x40));
	}
	return status;
}

int
ll_terminal_write(int fd, bool careful, const char *text, size_t length, const char *name,
    struct ll_err *err)
{
	struct ll_buf harmless = { 0 };
	int status;

	if (length == 0)
		return 0;
	if (!careful)
		return ll_write(fd, text, length, name, err);
	if ((status = ll_terminal_harmless(&harmless, text, length, err)) == 0)
		status = ll_write(fd, harmless.data, harmless.len, name, err);
	ll_buf_free(&harmless);
	return status;
}
