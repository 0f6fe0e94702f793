/*
 * Base64; see base64.h.
 */

#include "base/base64.h"

int
ll_base64_put(struct ll_buf *out, const void *bytes, size_t length, struct ll_err *err)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *p = bytes;
	int status = 0;

	for (size_t i = 0; i < length && status == 0; i += 3) {
		size_t left = length - i;
		unsigned word = (unsigned)p[i] << 16 | (left > 1 ? (unsigned)p[i + 1] << 8 : 0) |
		    (left > 2 ? p[i + 2] : 0);
		char four[4] = {
			digits[word >> 18], digits[word >> 12 & 63],
			left > 1 ? digits[word >> 6 & 63] : '=', left > 2 ? digits[word & 63] : '=',
		};

		status = ll_buf_add(out, four, sizeof(four), err);
	}
	return status;
}
