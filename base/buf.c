/*
 * A byte buffer that grows; see buf.h.
 */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"

int
ll_buf_room(struct ll_buf *buf, size_t length, struct ll_err *err)
{
	size_t need;

	if (ll_add(buf->len, length, &need) || ll_add(need, 1, &need))
		return ll_fail(err, LL_ENOMEM, "out of memory: %zu bytes", length);
	return ll_grow(&buf->data, &buf->cap, need, 1, err);
}

int
ll_buf_add(struct ll_buf *buf, const void *bytes, size_t length, struct ll_err *err)
{
	int status = ll_buf_room(buf, length, err);

	if (status < 0)
		return status;
	if (length > 0)
		memcpy(buf->data + buf->len, bytes, length);
	buf->len += length;
	buf->data[buf->len] = '\0';
	return 0;
}

int
ll_buf_puts(struct ll_buf *buf, const char *text, struct ll_err *err)
{
	return ll_buf_add(buf, text, strlen(text), err);
}

int
ll_buf_printf(struct ll_buf *buf, struct ll_err *err, const char *format, ...)
{
	va_list args, again;
	int length, status;

	va_start(args, format);
	va_copy(again, args);
	length = vsnprintf(NULL, 0, format, args);
	va_end(args);
	status = length < 0 ? ll_fail(err, LL_EBUG, "bad format") : ll_buf_room(buf, (size_t)length, err);
	if (status == 0) {
		vsnprintf(buf->data + buf->len, (size_t)length + 1, format, again);
		buf->len += (size_t)length;
	}
	va_end(again);
	return status;
}

void
ll_buf_free(struct ll_buf *buf)
{
	free(buf->data);
	*buf = (struct ll_buf){ 0 };
}
