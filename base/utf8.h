/*
 * UTF-8 as the Unicode Standard's table 3-7 has it: no overlong forms, no surrogates,
 * nothing above U+10FFFF.
 */

#ifndef LL_BASE_UTF8_H
#define LL_BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

#define LL_UTF8_BAD UINT32_MAX

/*
 * The code point that begins at bytes[0] and its length in *size. A byte that is not part
 * of a well-formed sequence is LL_UTF8_BAD with a size of 1. `length` is at least 1.
 */
uint32_t ll_utf8_next(const unsigned char *bytes, size_t length, size_t *size);

/* Writes a scalar value as 1 to 4 bytes; the count. */
size_t ll_utf8_put(unsigned char *out, uint32_t code);

/*
 * How many bytes at the end of bytes[0..length) begin a sequence that more bytes could
 * complete (0 to 3): what a streaming writer holds back.
 */
size_t ll_utf8_partial(const unsigned char *bytes, size_t length);

/* The bytes of a byte order mark that the text begins with: 3, or 0. Editors of Windows write it. */
size_t ll_utf8_mark(const char *text, size_t length);

#endif
