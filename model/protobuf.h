/*
 * The wire format of protocol buffers, as far as reading a message takes: a field at a time,
 * each checked against the end of the message. Source: the encoding chapter of the protocol
 * buffers documentation.
 */

#ifndef LL_MODEL_PROTOBUF_H
#define LL_MODEL_PROTOBUF_H

#include <stddef.h>
#include <stdint.h>

/* What is left of a message. */
struct ll_protobuf {
	const unsigned char *data;
	size_t size;
};

enum ll_protobuf_type {
	LL_PROTOBUF_VARINT = 0,
	LL_PROTOBUF_64 = 1,
	LL_PROTOBUF_BYTES = 2,	/* bytes, a string or a message */
	LL_PROTOBUF_32 = 5
};

struct ll_protobuf_field {
	uint32_t number;
	enum ll_protobuf_type type;
	uint64_t value;			/* of a number, its bits */
	const unsigned char *bytes;	/* of LL_PROTOBUF_BYTES, in the message */
	size_t length;
};

/* Takes the next field; 1, 0 at the end, or -1: it is damaged, or of a group (obsolete). */
int ll_protobuf_next(struct ll_protobuf *message, struct ll_protobuf_field *field);

#endif
