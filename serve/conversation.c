/*
 * A conversation over a stream; see conversation.h and ll-stream(5), Epochs.
 */

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "serve/conversation.h"

/* A turn has one epoch, and the cancellation of it the next. */
#define EPOCHS_A_TURN 2

static int
render(struct ll_conversation *talk, const char *message, size_t length, struct ll_err *err)
{
	struct ll_message messages[2];
	size_t count = 0;

	if (!talk->begun && talk->system != NULL)
		messages[count++] = (struct ll_message){ .role = "system", .content = talk->system,
		    .length = strlen(talk->system) };
	messages[count++] = (struct ll_message){ .role = "user", .content = message, .length = length };
	return ll_chat_render(talk->chat, talk->tokenizer, messages, count, !talk->begun, true,
	    &talk->ids, NULL, err);
}

int
ll_conversation_ask(struct ll_conversation *talk, struct ll_writer *out, const char *message,
    size_t length, bool more, struct ll_err *err)
{
	struct ll_frame frame = {
		.type = LL_TOKENS, .flags = LL_PROMPT | LL_LAST | (more ? LL_MORE : 0),
		.position = talk->held,
	};
	int status = 0;

	if (talk->begun)
		status = ll_ids_add(&talk->ids, talk->end, err);
	if (status < 0 || (status = render(talk, message, length, err)) < 0)
		return status;
	talk->begun = true;
	talk->epoch += EPOCHS_A_TURN;
	talk->end = ll_tokenizer_vocab(talk->tokenizer)->eot;
	frame.epoch = talk->epoch;
	frame.rows = (uint32_t)(talk->ids.count - talk->held);
	frame.length = frame.rows * sizeof(uint32_t);
	frame.payload = talk->ids.ids + talk->held;
	if ((status = ll_writer_frame(out, &frame, err)) < 0)
		return status;
	return ll_writer_flush(out, err);
}

void
ll_conversation_cancel_frame(const struct ll_conversation *talk, unsigned char frame[LL_FRAME_BYTES])
{
	struct ll_frame cancel = { .type = LL_TOKENS, .epoch = talk->epoch + 1 };

	ll_frame_put(frame, &cancel);
}

static int
hear_sample(struct ll_conversation *talk, const struct ll_frame *frame, struct ll_buf *text, struct ll_err *err)
{
	const struct ll_sample *sample = frame->payload;
	const char *bytes;
	size_t length;
	bool special;
	int status;

	if (frame->flags & LL_FINAL) {
		talk->end = sample->token;
		return 0;
	}
	if ((status = ll_ids_add(&talk->ids, sample->token, err)) < 0 ||
	    (status = ll_tokenizer_piece(talk->tokenizer, sample->token, &bytes, &length, &special, err)) < 0)
		return status;
	if (special)
		return 0;
	if (sample->show < length)
		length = sample->show;
	return ll_decoder_add(&talk->decoder, bytes, length, text, err);
}

int
ll_conversation_hear(struct ll_conversation *talk, const struct ll_frame *frame, struct ll_buf *text,
    struct ll_err *err)
{
	int status = 0, over = 0;

	if (frame->sequence != 0)
		return 0;
	if (frame->type == LL_SAMPLE)
		status = hear_sample(talk, frame, text, err);
	if (frame->type == LL_STOP) {
		/* What was sampled last may not have been evaluated: it is sent again with the next turn. */
		if (frame->position <= talk->ids.count)
			talk->held = frame->position;
		over = 1;
	}
	if (frame->type == LL_END && !(frame->flags & LL_STREAM))
		over = 2;
	if (over && status == 0)
		status = ll_decoder_flush(&talk->decoder, text, err);
	return status < 0 ? status : over;
}

void
ll_conversation_free(struct ll_conversation *talk)
{
	free(talk->ids.ids);
}
