/*
 * The streaming decoder of tokenizer.h.
 */

#include <string.h>

#include "base/utf8.h"
#include "tokenize/tokenizer.h"

int
ll_decoder_add(struct ll_decoder *decoder, const char *bytes, size_t length,
    struct ll_buf *out, struct ll_err *err)
{
	size_t start = out->len;
	size_t partial;
	int status;

	/* All the room first, so that what is held is not lost half way. */
	if ((status = ll_buf_room(out, sizeof(decoder->held), err)) < 0 ||
	    (status = ll_buf_room(out, sizeof(decoder->held) + length, err)) < 0)
		return status;
	ll_decoder_flush(decoder, out, err);
	ll_buf_add(out, bytes, length, err);
	partial = ll_utf8_partial((const unsigned char *)out->data + start, out->len - start);
	out->len -= partial;
	memcpy(decoder->held, out->data + out->len, partial);
	decoder->held_count = partial;
	out->data[out->len] = '\0';
	return 0;
}

int
ll_decoder_flush(struct ll_decoder *decoder, struct ll_buf *out, struct ll_err *err)
{
	int status = ll_buf_add(out, decoder->held, decoder->held_count, err);

	if (status == 0)
		decoder->held_count = 0;
	return status;
}
