/*
 * The frame: the unit of every stream and of the return path. ll-stream(5) is the
 * specification; this file and frame.c are its only implementation.
 */

#ifndef LL_STREAM_FRAME_H
#define LL_STREAM_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "tensor/dtype.h"

struct ll_err;

#define LL_FRAME_BYTES 64u		/* of a frame's header; payloads are padded to as much */
#define LL_FRAME_MAX (256u << 20)	/* bytes of a payload */

enum ll_frame_type {
	LL_TOKENS = 1,		/* u32 ids[rows] at position .. position + rows - 1 */
	LL_HIDDEN = 2,		/* dtype [rows][cols] */
	LL_LOGITS = 3,		/* dtype [rows][cols], or sparse: see LL_SPARSE */
	LL_SAMPLE = 4,		/* struct ll_sample and its alternatives: one sampled token */
	LL_TEXT = 5,		/* bytes */
	LL_META = 6,		/* one JSON object about the sequence */

	LL_NEXT = 16,		/* continue: keep `position` tokens, append u32 ids[rows], want logits */
	LL_STOP = 17,		/* text: the turn ended */
	LL_FORK = 18,		/* u64 parent, then u32 ids[rows]; sequence is the child (in band) */
	LL_FLUSH = 19,		/* the step ends; rows sequences are owed an answer */
	LL_WAIT = 20,		/* the head is alive and waits for a peer */
	LL_HELLO = 21,		/* text; on the return path only */
	LL_BYE = 22,		/* on the return path only: an orderly close */

	LL_END = 32,		/* text: the sequence ends, or with LL_STREAM the stream */
	LL_ERROR = 33		/* text: a program failed */
};

enum ll_frame_flag {
	LL_PROMPT = 0x0001,	/* TOKENS: given, not sampled */
	LL_CONTEXT = 0x0002,	/* TOKENS: passed on by the feeder for reference; not to be shown */
	LL_LAST = 0x0004,	/* TOKENS: the turn is complete; answer it */
	LL_MORE = 0x0008,	/* TOKENS with LL_LAST: another turn may follow, keep the KV cache */
	LL_STREAM = 0x0010,	/* END: of the stream */
	LL_FINAL = 0x0020,	/* SAMPLE: the token that ended the turn; not part of the text */
	LL_SPARSE = 0x0040,	/* LOGITS: per row f32 log-sum-exp, u32 0, then u32 ids[cols], f32 logits[cols] */
	LL_NORMED = 0x0080,	/* HIDDEN: the final norm has been applied */
	LL_NO_CRC = 0x4000,	/* the payload's crc is left out */
	LL_CRITICAL = 0x8000	/* a reader that does not know the type must fail */
};

/*
 * Sequence ids: record number << 32 | sample number. Ids with the top bit set belong to the
 * head alone: kept prefixes, whose only frames are FORK and END.
 */
#define LL_SEQUENCE(record, sample) ((uint64_t)(record) << 32 | (uint32_t)(sample))
#define LL_SEQUENCE_HELD (UINT64_C(1) << 63)
#define LL_SEQUENCE_STREAM UINT64_MAX	/* of frames that concern no single sequence */

struct ll_frame {
	uint16_t type;
	uint16_t flags;
	uint64_t sequence;
	uint64_t position;
	uint32_t rows;
	uint32_t cols;
	uint32_t dtype;		/* of HIDDEN and LOGITS: enum ll_dtype */
	uint32_t want;		/* how many of the last rows are owed logits; TOKENS: 0 is for the head to choose */
	uint32_t epoch;		/* of the sequence: a turn or a cancellation raises it */
	size_t length;		/* bytes of payload, padding excluded */
	const void *payload;	/* 64-byte aligned when it comes from a reader; borrowed */
};

/* The head of a SAMPLE payload; `alternatives` pairs {u32 token, f32 logprob} follow. */
struct ll_sample {
	uint32_t token;
	float logprob;		/* natural logarithm, after temperature 1: the model's own */
	uint32_t show;		/* how many bytes of the token's text belong to the answer; UINT32_MAX: all */
	uint32_t alternatives;
};

struct ll_alternative {
	uint32_t token;
	float logprob;
};

/* Writes the 64 bytes of a frame's header; the payload's crc is computed unless LL_NO_CRC. */
void ll_frame_put(unsigned char out[LL_FRAME_BYTES], const struct ll_frame *frame);

/*
 * Reads a header (payload excluded) and checks all that can be checked without the payload:
 * magic, crc, length, and for known types that length, rows, cols and dtype agree.
 * *crc receives the payload's. `name` and `offset` are for the message. -LL_EDATA.
 */
int ll_frame_get(struct ll_frame *frame, uint32_t *crc, const unsigned char in[LL_FRAME_BYTES],
    const char *name, uint64_t offset, struct ll_err *err);

/* Payload bytes with their padding. */
size_t ll_frame_padded(size_t length);

/* "TOKENS", or NULL for a type that is not known. */
const char *ll_frame_name(unsigned type);

/* "3" or "3.1" or "held 2" or "stream"; `text` of 48 bytes is filled and returned. */
const char *ll_sequence_name(uint64_t sequence, char text[48]);

/*
 * Text payloads (END, ERROR, STOP, HELLO) and the header block: lines "key value". In a
 * value the bytes below 0x20, 0x7f and '%' are written %XX.
 */
int ll_text_put(struct ll_buf *text, const char *key, const char *value, struct ll_err *err);
int ll_text_put_number(struct ll_buf *text, const char *key, uint64_t value, struct ll_err *err);

/*
 * The first value of `key` in a block of `length` bytes, decoded, into `out` of `size` bytes
 * (truncated to fit). False if there is none, or for _number if it is no decimal number of 64
 * bits; then *out is as before.
 */
bool ll_text_get(const char *text, size_t length, const char *key, char *out, size_t size);
bool ll_text_get_number(const char *text, size_t length, const char *key, uint64_t *out);

#endif
