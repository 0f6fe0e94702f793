/*
 * Rows as a NumPy array; see npy.h. The format is NumPy's numpy.lib.format, version 1.0.
 */

#include <inttypes.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"
#include "stream/npy.h"
#include "stream/rows.h"

#define ALIGNMENT 64

static int
check(struct ll_npy *npy, const struct ll_frame *frame, const char *name, struct ll_err *err)
{
	const char *type = ll_frame_name(frame->type);

	if (frame->type == LL_LOGITS && frame->flags & LL_SPARSE)
		return ll_fail(err, LL_EDATA, "%s: sparse LOGITS make no array", name);
	if (npy->rows == 0) {
		npy->type = frame->type;
		npy->cols = frame->cols;
	}
	if (npy->type != frame->type)
		return ll_fail(err, LL_EDATA, "%s: holds both HIDDEN and LOGITS: choose with --type", name);
	if (npy->cols != frame->cols)
		return ll_fail(err, LL_EDATA, "%s: %s of %" PRIu32 " columns, but the rows before have %" PRIu32,
		    name, type, frame->cols, npy->cols);
	return 0;
}

int
ll_npy_add(struct ll_npy *npy, const struct ll_frame *frame, const char *name, struct ll_err *err)
{
	size_t bytes;
	int status;

	if (frame->type != LL_HIDDEN && frame->type != LL_LOGITS)
		return 0;
	if ((status = check(npy, frame, name, err)) < 0)
		return status;
	if (ll_mul(frame->cols, sizeof(float), &bytes))
		return ll_fail(err, LL_ENOMEM, "out of memory: row of %" PRIu32, frame->cols);
	for (uint32_t i = 0; i < frame->rows; i++) {
		if ((status = ll_buf_room(&npy->values, bytes, err)) < 0)
			return status;
		/* Rows are whole floats, so the end of the values is aligned. */
		ll_rows_floats((void *)(npy->values.data + npy->values.len), frame, i);
		npy->values.len += bytes;
		npy->rows++;
	}
	return 0;
}

int
ll_npy_header(struct ll_buf *out, const struct ll_npy *npy, struct ll_err *err)
{
	size_t begin = out->len;
	unsigned char length[2];
	int status;

	if (npy->rows == 0)
		return ll_fail(err, LL_EDATA, "no HIDDEN or LOGITS rows to make an array of");
	if ((status = ll_buf_add(out, "\x93NUMPY\x01\x00\x00\x00", 10, err)) < 0 ||
	    (status = ll_buf_printf(out, err, "{'descr': '<f4', 'fortran_order': False, 'shape': (%zu, %"
	    PRIu32 "), }", npy->rows, npy->cols)) < 0)
		return status;
	while (status == 0 && (out->len - begin + 1) % ALIGNMENT != 0)
		status = ll_buf_puts(out, " ", err);
	if (status < 0 || (status = ll_buf_puts(out, "\n", err)) < 0)
		return status;
	ll_store16(length, (uint16_t)(out->len - begin - 10));
	memcpy(out->data + begin + 8, length, sizeof(length));
	return 0;
}
