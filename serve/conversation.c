/*
 * A conversation over a stream; see conversation.h and ll-stream(5), Epochs.
 */

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "serve/conversation.h"
#include "stream/ending.h"

/* A turn has one epoch, and the cancellation of it the next. */
#define EPOCHS_A_TURN 2

static struct ll_exchange *
last(const struct ll_conversation *talk)
{
	return talk->count > 0 ? &talk->exchanges[talk->count - 1] : NULL;
}

/* What ends an answer that did not end by itself. */
static uint32_t
usual_end(const struct ll_conversation *talk)
{
	const struct ll_vocab *vocab = ll_tokenizer_vocab(talk->tokenizer);

	return vocab->eot != LL_VOCAB_NONE ? vocab->eot : vocab->eos;
}

static int
render(const struct ll_conversation *talk, const struct ll_exchange *exchange, struct ll_ids *ids, struct ll_err *err)
{
	bool first = exchange == talk->exchanges;
	struct ll_message messages[2];
	size_t count = 0;

	if (first && talk->system != NULL)
		messages[count++] = (struct ll_message){ .role = "system", .content = talk->system,
		    .length = strlen(talk->system) };
	messages[count++] = (struct ll_message){ .role = "user", .content = exchange->message,
	    .length = exchange->length };
	return ll_chat_render(talk->chat, talk->tokenizer, messages, count, first, true, ids, NULL, err);
}

/* The ids anew from the exchanges; what the caches hold of them stays held. */
static int
rebuild(struct ll_conversation *talk, struct ll_err *err)
{
	struct ll_ids ids = { 0 };
	size_t same = 0;
	int status = 0;

	if (talk->filling)
		return 0;
	for (size_t i = 0; i < talk->count && status == 0; i++) {
		const struct ll_exchange *exchange = &talk->exchanges[i];

		/* A turn's stop token is evaluated with the next turn. */
		if (i > 0)
			status = ll_ids_add(&ids, exchange[-1].end, err);
		if (status == 0)
			status = render(talk, exchange, &ids, err);
		for (size_t j = 0; j < exchange->ids.count && status == 0; j++)
			status = ll_ids_add(&ids, exchange->ids.ids[j], err);
	}
	if (status < 0) {
		free(ids.ids);
		return status;
	}
	while (same < talk->held && same < ids.count && ids.ids[same] == talk->ids.ids[same])
		same++;
	talk->held = same;
	free(talk->ids.ids);
	talk->ids = ids;
	return 0;
}

static void
free_exchange(struct ll_exchange *exchange)
{
	free(exchange->message);
	free(exchange->ids.ids);
	ll_buf_free(&exchange->answer);
}

int
ll_conversation_system(struct ll_conversation *talk, const char *text, struct ll_err *err)
{
	char *before = talk->system, *copy = NULL;
	struct ll_ids ids = { 0 };
	int status = 0;

	if (text != NULL && *text != '\0') {
		/* Also where there is no message yet that it would be rendered with. */
		status = ll_tokenizer_encode(talk->tokenizer, text, strlen(text), false, &ids, err);
		free(ids.ids);
		if (status == 0 && (copy = ll_copy(text, strlen(text), err)) == NULL)
			status = -LL_ENOMEM;
	}
	if (status < 0)
		return status;
	talk->system = copy;
	status = rebuild(talk, err);
	if (status < 0)
		talk->system = before;
	free(status < 0 ? copy : before);
	return status;
}

int
ll_conversation_add(struct ll_conversation *talk, const char *message, size_t length, struct ll_err *err)
{
	int status = ll_grow(&talk->exchanges, &talk->cap, talk->count + 1, sizeof(*talk->exchanges), err);
	struct ll_exchange *exchange;

	if (status < 0)
		return status;
	exchange = &talk->exchanges[talk->count];
	*exchange = (struct ll_exchange){ .length = length, .end = usual_end(talk) };
	if ((exchange->message = ll_copy(message, length, err)) == NULL)
		return -LL_ENOMEM;
	talk->count++;
	if ((status = rebuild(talk, err)) < 0) {
		talk->count--;
		free_exchange(exchange);
	}
	return status;
}

int
ll_conversation_answer(struct ll_conversation *talk, const char *answer, size_t length,
    const struct ll_ids *ids, uint32_t end, struct ll_err *err)
{
	struct ll_exchange *exchange = last(talk);
	int status = ll_buf_add(&exchange->answer, answer, length, err);

	for (size_t i = 0; ids != NULL && i < ids->count && status == 0; i++)
		status = ll_ids_add(&exchange->ids, ids->ids[i], err);
	if (ids == NULL && status == 0)
		status = ll_tokenizer_encode(talk->tokenizer, answer, length, false, &exchange->ids, err);
	if (end != LL_VOCAB_NONE)
		exchange->end = end;
	return status < 0 ? status : rebuild(talk, err);
}

int
ll_conversation_filled(struct ll_conversation *talk, struct ll_err *err)
{
	talk->filling = false;
	return rebuild(talk, err);
}

int
ll_conversation_drop(struct ll_conversation *talk, struct ll_err *err)
{
	if (talk->count > 0)
		free_exchange(&talk->exchanges[--talk->count]);
	return rebuild(talk, err);
}

int
ll_conversation_forget(struct ll_conversation *talk, struct ll_err *err)
{
	struct ll_exchange *exchange = last(talk);

	if (exchange == NULL)
		return 0;
	exchange->ids.count = 0;
	exchange->answer.len = 0;
	exchange->end = usual_end(talk);
	return rebuild(talk, err);
}

int
ll_conversation_reset(struct ll_conversation *talk, struct ll_err *err)
{
	while (talk->count > 0)
		free_exchange(&talk->exchanges[--talk->count]);
	return rebuild(talk, err);
}

int
ll_conversation_send(struct ll_conversation *talk, struct ll_writer *out, bool more, struct ll_err *err)
{
	struct ll_frame frame = {
		.type = LL_TOKENS, .flags = LL_PROMPT | LL_LAST | (more ? LL_MORE : 0),
		.sequence = talk->sequence, .position = talk->held,
	};
	int status;

	/* Logits come only of what is evaluated: at least the last. */
	if (frame.position >= talk->ids.count && talk->ids.count > 0)
		frame.position = talk->ids.count - 1;
	talk->epoch += EPOCHS_A_TURN;
	talk->decoder = (struct ll_decoder){ 0 };
	talk->held = frame.position;
	talk->cut = SIZE_MAX;
	talk->sent = talk->ids.count - frame.position;
	frame.epoch = talk->epoch;
	frame.rows = (uint32_t)talk->sent;
	frame.length = frame.rows * sizeof(uint32_t);
	frame.payload = talk->ids.ids + frame.position;
	if ((status = ll_writer_frame(out, &frame, err)) < 0)
		return status;
	return ll_writer_flush(out, err);
}

void
ll_conversation_cancel_frame(const struct ll_conversation *talk, unsigned char frame[LL_FRAME_BYTES])
{
	struct ll_frame cancel = { .type = LL_TOKENS, .sequence = talk->sequence, .epoch = talk->epoch + 1 };

	ll_frame_put(frame, &cancel);
}

static int
add_id(struct ll_conversation *talk, uint32_t id, struct ll_err *err)
{
	int status = ll_ids_add(&talk->ids, id, err);

	return status < 0 ? status : ll_ids_add(&last(talk)->ids, id, err);
}

/* The longest token that begins these bytes, and its length; special ones mean something else. */
static uint32_t
longest(const struct ll_tokenizer *tokenizer, const char *bytes, size_t *length)
{
	for (; *length > 0; --*length) {
		uint32_t id = ll_tokenizer_find(tokenizer, bytes, *length);
		const char *piece;
		size_t size;
		bool special;

		if (id != LL_VOCAB_NONE && ll_tokenizer_piece(tokenizer, id, &piece, &size, &special, NULL) == 0 && !special)
			return id;
	}
	return LL_VOCAB_NONE;
}

/*
 * A token in which a stop string begins: the model is not to see again what was not shown of it. Tokens that
 * spell what was stand in its place, the longest first: a tokenizer might put a space before them. Half a
 * character for which there is no token is left out.
 */
static int
add_part(struct ll_conversation *talk, const char *bytes, size_t length, struct ll_err *err)
{
	int status = 0;

	talk->cut = talk->ids.count;
	while (length > 0 && status == 0) {
		size_t part = length;
		uint32_t id = longest(talk->tokenizer, bytes, &part);

		if (id == LL_VOCAB_NONE)
			break;
		status = add_id(talk, id, err);
		bytes += part;
		length -= part;
	}
	return status;
}

static int
hear_sample(struct ll_conversation *talk, const struct ll_frame *frame, struct ll_buf *text, struct ll_err *err)
{
	const struct ll_sample *sample = frame->payload;
	struct ll_exchange *exchange = last(talk);
	const char *bytes;
	size_t length;
	bool special;
	int status;

	if (frame->flags & LL_FINAL) {
		exchange->end = sample->token;
		return 0;
	}
	if (sample->show == 0)
		return 0;
	if ((status = ll_tokenizer_piece(talk->tokenizer, sample->token, &bytes, &length, &special, err)) < 0)
		return status;
	if (sample->show >= length)
		status = add_id(talk, sample->token, err);
	else if (!special)
		status = add_part(talk, bytes, length = sample->show, err);
	if (status < 0 || special)
		return status;
	if ((status = ll_buf_add(&exchange->answer, bytes, length, err)) < 0)
		return status;
	return ll_decoder_add(&talk->decoder, bytes, length, text, err);
}

int
ll_conversation_hear(struct ll_conversation *talk, const struct ll_frame *frame, struct ll_buf *text,
    struct ll_err *err)
{
	struct ll_ending ending;
	int status = 0, over = 0;

	if (frame->sequence != talk->sequence || talk->count == 0)
		return 0;
	if (frame->type == LL_SAMPLE && frame->epoch == talk->epoch)
		status = hear_sample(talk, frame, text, err);
	if (frame->type == LL_STOP) {
		/* What was sampled last may not have been evaluated: it is sent again with the next turn. */
		talk->held = frame->position < talk->ids.count ? frame->position : talk->ids.count;
		if (talk->held > talk->cut)
			talk->held = talk->cut;
		over = 1;
	}
	if (frame->type == LL_END && !(frame->flags & LL_STREAM)) {
		/* Its caches are gone, not what was said. */
		talk->held = 0;
		talk->sequence += LL_SEQUENCE(1, 0);
		talk->epoch = 0;
		ll_ending_read(&ending, frame);
		over = strcmp(ending.reason, "context") == 0 ? 2 : 3;
	}
	if (over && status == 0)
		status = ll_decoder_flush(&talk->decoder, text, err);
	return status < 0 ? status : over;
}

void
ll_conversation_free(struct ll_conversation *talk)
{
	for (size_t i = 0; i < talk->count; i++)
		free_exchange(&talk->exchanges[i]);
	free(talk->exchanges);
	free(talk->ids.ids);
	free(talk->system);
}
