/*
 * A byte buffer that grows. Zero-initialise it; free with ll_buf_free.
 * data[len] is always a NUL once something was added, so text can be used as a string.
 */

#ifndef LL_BASE_BUF_H
#define LL_BASE_BUF_H

#include <stddef.h>

struct ll_err;

struct ll_buf {
	char *data;
	size_t len;
	size_t cap;
};

/* Each returns 0 or -LL_ENOMEM, and then the buffer is as before. */
int ll_buf_add(struct ll_buf *buf, const void *bytes, size_t length, struct ll_err *err);
int ll_buf_puts(struct ll_buf *buf, const char *text, struct ll_err *err);
int ll_buf_printf(struct ll_buf *buf, struct ll_err *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Room for `length` more bytes at data + len; the caller adds to len what it wrote. */
int ll_buf_room(struct ll_buf *buf, size_t length, struct ll_err *err);

void ll_buf_free(struct ll_buf *buf);

#endif
