/*
 * UTF-8; see utf8.h. The second byte's bounds are those of the Unicode Standard, table 3-7.
 */

#include "base/utf8.h"

#include <string.h>

/* How long the sequence is that this byte begins, and between what its second byte must lie. */
static size_t
begins(unsigned char first, unsigned char *low, unsigned char *high)
{
	*low = 0x80;
	*high = 0xbf;
	if (first < 0x80)
		return 1;
	if (first < 0xc2 || first > 0xf4)
		return 0;
	if (first < 0xe0)
		return 2;
	if (first < 0xf0) {
		if (first == 0xe0)
			*low = 0xa0;
		else if (first == 0xed)
			*high = 0x9f;
		return 3;
	}
	if (first == 0xf0)
		*low = 0x90;
	else if (first == 0xf4)
		*high = 0x8f;
	return 4;
}

uint32_t
ll_utf8_next(const unsigned char *bytes, size_t length, size_t *size)
{
	unsigned char low, high;
	size_t need = begins(bytes[0], &low, &high);
	uint32_t code;

	*size = 1;
	if (need == 1)
		return bytes[0];
	if (need == 0 || need > length || bytes[1] < low || bytes[1] > high)
		return LL_UTF8_BAD;
	code = bytes[0] & (0x7fu >> need);
	code = code << 6 | (bytes[1] & 0x3f);
	for (size_t i = 2; i < need; i++) {
		if ((bytes[i] & 0xc0) != 0x80)
			return LL_UTF8_BAD;
		code = code << 6 | (bytes[i] & 0x3f);
	}
	*size = need;
	return code;
}

size_t
ll_utf8_put(unsigned char *out, uint32_t code)
{
	if (code < 0x80) {
		out[0] = (unsigned char)code;
		return 1;
	}
	if (code < 0x800) {
		out[0] = (unsigned char)(0xc0 | code >> 6);
		out[1] = (unsigned char)(0x80 | (code & 0x3f));
		return 2;
	}
	if (code < 0x10000) {
		out[0] = (unsigned char)(0xe0 | code >> 12);
		out[1] = (unsigned char)(0x80 | (code >> 6 & 0x3f));
		out[2] = (unsigned char)(0x80 | (code & 0x3f));
		return 3;
	}
	out[0] = (unsigned char)(0xf0 | code >> 18);
	out[1] = (unsigned char)(0x80 | (code >> 12 & 0x3f));
	out[2] = (unsigned char)(0x80 | (code >> 6 & 0x3f));
	out[3] = (unsigned char)(0x80 | (code & 0x3f));
	return 4;
}

size_t
ll_utf8_partial(const unsigned char *bytes, size_t length)
{
	for (size_t back = 1; back <= 3 && back <= length; back++) {
		const unsigned char *start = bytes + length - back;
		unsigned char low, high;
		size_t need;

		if ((*start & 0xc0) == 0x80)
			continue;
		need = begins(*start, &low, &high);
		if (need <= back || (back > 1 && (start[1] < low || start[1] > high)))
			return 0;
		return back;
	}
	return 0;
}

size_t
ll_utf8_mark(const char *text, size_t length)
{
	return length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}
