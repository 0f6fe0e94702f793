/*
 * The wire format of protocol buffers; see protobuf.h.
 */

#include "base/bytes.h"
#include "model/protobuf.h"

/* Seven bits a byte, the lowest first; at most ten bytes. */
static int
take_varint(struct ll_protobuf *message, uint64_t *out)
{
	uint64_t value = 0;

	for (unsigned shift = 0; shift < 70 && message->size > 0; shift += 7) {
		uint64_t byte = *message->data++;

		message->size--;
		if (shift == 63 && byte > 1)
			return -1;
		value |= (byte & 0x7f) << shift;
		if (byte < 0x80) {
			*out = value;
			return 0;
		}
	}
	return -1;
}

static int
take_bytes(struct ll_protobuf *message, uint64_t length, struct ll_protobuf_field *field)
{
	if (length > message->size)
		return -1;
	field->bytes = message->data;
	field->length = (size_t)length;
	message->data += length;
	message->size -= (size_t)length;
	return 1;
}

int
ll_protobuf_next(struct ll_protobuf *message, struct ll_protobuf_field *field)
{
	uint64_t key, length;

	*field = (struct ll_protobuf_field){ 0 };
	if (message->size == 0)
		return 0;
	if (take_varint(message, &key) < 0 || key >> 3 == 0 || key >> 32 != 0)
		return -1;
	field->number = (uint32_t)(key >> 3);
	field->type = (enum ll_protobuf_type)(key & 7);
	switch (field->type) {
	case LL_PROTOBUF_VARINT:
		return take_varint(message, &field->value) < 0 ? -1 : 1;
	case LL_PROTOBUF_64:
		if (take_bytes(message, 8, field) < 0)
			return -1;
		field->value = ll_load64(field->bytes);
		return 1;
	case LL_PROTOBUF_BYTES:
		return take_varint(message, &length) < 0 ? -1 : take_bytes(message, length, field);
	case LL_PROTOBUF_32:
		if (take_bytes(message, 4, field) < 0)
			return -1;
		field->value = ll_load32(field->bytes);
		return 1;
	default:
		return -1;
	}
}
