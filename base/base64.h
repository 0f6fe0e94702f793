/*
 * Base64 as RFC 4648, section 4, has it.
 */

#ifndef LL_BASE_BASE64_H
#define LL_BASE_BASE64_H

#include <stddef.h>

#include "base/buf.h"

struct ll_err;

/* Appends the text of `length` bytes, with padding. -LL_ENOMEM. */
int ll_base64_put(struct ll_buf *out, const void *bytes, size_t length, struct ll_err *err);

#endif
