/*
 * Endings; see ending.h.
 */

#include "base/err.h"
#include "stream/ending.h"
#include "stream/stream.h"

void
ll_ending_read(struct ll_ending *ending, const struct ll_frame *frame)
{
	const char *text = frame->payload;
	uint64_t code = 0;

	*ending = (struct ll_ending){ 0 };
	ll_text_get(text, frame->length, "reason", ending->reason, sizeof(ending->reason));
	ending->has_prompt = ll_text_get_number(text, frame->length, "prompt", &ending->prompt);
	ending->has_generated = ll_text_get_number(text, frame->length, "generated", &ending->generated);
	ll_text_get_number(text, frame->length, "code", &code);
	ending->code = code < 256 ? (int)code : LL_EDATA;
	ll_text_get(text, frame->length, "message", ending->message, sizeof(ending->message));
}

int
ll_ending_put(struct ll_buf *text, const struct ll_ending *ending, struct ll_err *err)
{
	int status = ending->reason[0] != '\0' ? ll_text_put(text, "reason", ending->reason, err) : 0;

	if (status == 0 && ending->has_prompt)
		status = ll_text_put_number(text, "prompt", ending->prompt, err);
	if (status == 0 && ending->has_generated)
		status = ll_text_put_number(text, "generated", ending->generated, err);
	if (status == 0 && ending->code != 0)
		status = ll_text_put_number(text, "code", (uint64_t)ending->code, err);
	if (status == 0 && ending->message[0] != '\0')
		status = ll_text_put(text, "message", ending->message, err);
	return status;
}

int
ll_ending_write(struct ll_writer *writer, const struct ll_frame *frame, const struct ll_ending *ending,
    struct ll_err *err)
{
	struct ll_frame own = *frame;
	struct ll_buf text = { 0 };
	int status = ll_ending_put(&text, ending, err);

	own.payload = text.data;
	own.length = text.len;
	if (status == 0)
		status = ll_writer_frame(writer, &own, err);
	ll_buf_free(&text);
	return status;
}

int
ll_ending_write_stream(struct ll_writer *writer, const struct ll_frame *end, int code, uint64_t sequences,
    struct ll_err *err)
{
	struct ll_ending ending;
	uint64_t told;

	ll_ending_read(&ending, end);
	/* As it came where it is true: it may have keys that are not known here. */
	if (code <= ending.code && ll_text_get_number(end->payload, end->length, "sequences", &told) && told == sequences)
		return ll_writer_frame(writer, end, err);
	return ll_writer_end(writer, code > ending.code ? code : ending.code, sequences, err);
}
