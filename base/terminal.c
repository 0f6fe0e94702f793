/*
 * Text on its way to a terminal; see terminal.h.
 */

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
