/*
 * Reading streams; see stream.h.
 *
 * One aligned buffer holds what was read and not yet taken. Everything on the wire is a
 * multiple of 64 bytes, so payloads are aligned in it and are handed out in place. It grows
 * only when it is full of bytes that came: what a header promises allocates nothing.
 */

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/mem.h"
#include "stream/stream.h"
#include "stream/text.h"

#define FIRST_CAP (128u << 10)
#define SMALL_READ (64u << 10)

struct ll_reader {
	int fd;
	bool owned;
	int out;
	int stop;
	char *name;
	unsigned char *data;
	size_t cap, begin, end;
	size_t taken;		/* bytes at `begin` that the caller looks at until its next call */
	uint64_t offset;	/* of data[begin] in the input */
	bool eof;
	bool open;		/* inside a stream */
	uint64_t streams, frames;
	int failed;		/* negative once something failed */
	int ended;		/* the first non-zero code that a stream ended with */
	struct ll_header header;
};

static bool
is_little_endian(void)
{
	const uint16_t one = 1;

	return *(const unsigned char *)&one == 1;
}

int
ll_reader_new(struct ll_reader **out, int fd, const char *name, int watch, struct ll_err *err)
{
	struct ll_reader *reader;

	*out = NULL;
	if (!is_little_endian())
		return ll_fail(err, LL_EUNSUPPORTED, "payloads are used in place: this needs a little-endian processor");
	if ((reader = ll_alloc(1, sizeof(*reader), err)) == NULL)
		return -LL_ENOMEM;
	reader->fd = fd;
	reader->out = watch;
	reader->stop = -1;
	reader->cap = FIRST_CAP;
	reader->data = aligned_alloc(LL_FRAME_BYTES, reader->cap);
	reader->name = ll_copy(name, strlen(name), err);
	if (reader->data == NULL || reader->name == NULL) {
		ll_reader_close(reader);
		return ll_fail(err, LL_ENOMEM, "out of memory: buffer of %u bytes", FIRST_CAP);
	}
	*out = reader;
	return 0;
}

int
ll_reader_open(struct ll_reader **reader, const char *path, int out, struct ll_err *err)
{
	bool is_stdin = strcmp(path, "-") == 0;
	int fd = ll_open_input(path, err);
	int status;

	*reader = NULL;
	if (fd < 0)
		return fd;
	status = ll_reader_new(reader, fd, is_stdin ? "standard input" : path, out, err);
	if (status == 0)
		(*reader)->owned = !is_stdin;
	else if (!is_stdin)
		close(fd);
	return status;
}

void
ll_reader_close(struct ll_reader *reader)
{
	if (reader == NULL)
		return;
	if (reader->owned)
		close(reader->fd);
	ll_header_free(&reader->header);
	free(reader->name);
	free(reader->data);
	free(reader);
}

const struct ll_header *
ll_reader_header(const struct ll_reader *reader)
{
	return &reader->header;
}

const char *
ll_reader_name(const struct ll_reader *reader)
{
	return reader->name;
}

int
ll_reader_fd(const struct ll_reader *reader)
{
	return reader->fd;
}

void
ll_reader_stop(struct ll_reader *reader, int fd)
{
	reader->stop = fd;
}

static size_t
have(const struct ll_reader *reader)
{
	return reader->end - reader->begin;
}

static int
double_buffer(struct ll_reader *reader, struct ll_err *err)
{
	size_t cap;
	unsigned char *data;

	if (ll_mul(reader->cap, 2, &cap) || (data = aligned_alloc(LL_FRAME_BYTES, cap)) == NULL)
		return ll_fail(err, LL_ENOMEM, "%s: out of memory: frame of more than %zu bytes", reader->name,
		    reader->cap);
	memcpy(data, reader->data + reader->begin, have(reader));
	free(reader->data);
	reader->data = data;
	reader->cap = cap;
	reader->end -= reader->begin;
	reader->begin = 0;
	return 0;
}

/* Makes place behind `end` where `need` bytes from `begin` on are to come to lie. */
static int
make_room(struct ll_reader *reader, size_t need, struct ll_err *err)
{
	if (need > reader->cap - reader->begin && reader->begin > 0) {
		memmove(reader->data, reader->data + reader->begin, have(reader));
		reader->end -= reader->begin;
		reader->begin = 0;
	}
	return reader->end == reader->cap ? double_buffer(reader, err) : 0;
}

/*
 * How much to read. A large frame is read to its end and the next one's header, so that what
 * has to be moved to the buffer's front afterwards is a header and not half a frame.
 */
static size_t
how_much(const struct ll_reader *reader, size_t need)
{
	size_t room = reader->cap - reader->end;
	size_t most = need > SMALL_READ ? need - have(reader) + LL_FRAME_BYTES : SMALL_READ;

	return most < room ? most : room;
}

/* Waits for input; true when it is no longer to be waited for. */
static bool
is_stopped(const struct ll_reader *reader)
{
	struct pollfd set[3] = {
		{ .fd = reader->fd, .events = POLLIN }, { .fd = reader->stop, .events = POLLIN },
		{ .fd = reader->out },
	};

	while (poll(set, 3, -1) < 0 && (errno == EINTR || errno == EAGAIN))
		continue;
	return set[1].revents != 0;
}

/* 1 when `need` bytes are there, 0 when the input ends before, negative on failure. */
static int
fill(struct ll_reader *reader, size_t need, struct ll_err *err)
{
	if (have(reader) == 0)
		reader->begin = reader->end = 0;
	while (have(reader) < need) {
		ssize_t count;
		int status;

		if (reader->eof)
			return 0;
		if ((status = make_room(reader, need, err)) < 0)
			return status;
		if (reader->stop >= 0 && is_stopped(reader))
			return ll_fail(err, LL_EIO, "%s: reading was stopped", reader->name);
		count = ll_read(reader->fd, reader->data + reader->end, how_much(reader, need), reader->out,
		    reader->name, err);
		if (count < 0)
			return (int)count;
		reader->eof = count == 0;
		reader->end += (size_t)count;
	}
	return 1;
}

static int
truncated(const struct ll_reader *reader, const char *where, struct ll_err *err)
{
	return ll_fail(err, LL_EDATA, "%s: stream is truncated: it ends at byte %" PRIu64 ", %s", reader->name,
	    reader->offset + have(reader), where);
}

static int
take_header(struct ll_reader *reader, enum ll_kind kind, size_t length, uint32_t crc, struct ll_err *err)
{
	const char *text = (const char *)reader->data + reader->begin + LL_HEADER_BYTES;
	uint32_t found = length > 0 ? ll_crc32(0, text, length) : 0;
	char what[300];
	int status;

	if (found != crc)
		return ll_fail(err, LL_EDATA, "%s: text of the stream's header is damaged: crc %08" PRIx32
		    ", but it says %08" PRIx32, reader->name, found, crc);
	snprintf(what, sizeof(what), "%.200s: header of the stream", reader->name);
	if ((status = ll_text_check(text, length, what, err)) < 0)
		return status;
	ll_header_free(&reader->header);
	reader->header.kind = kind;
	return ll_buf_add(&reader->header.text, text, length, err);
}

static int
next_stream(struct ll_reader *reader, struct ll_err *err)
{
	enum ll_kind kind;
	uint32_t crc;
	size_t length;
	int got;

	/* The magic first: somebody who types text should not have to type a whole header. */
	if ((got = fill(reader, 8, err)) < 0)
		return got;
	if (have(reader) == 0)
		return reader->streams > 0 ? LL_GOT_END :
		    ll_fail(err, LL_EDATA, "%s: no stream: input is empty", reader->name);
	if ((got = ll_header_check_magic(reader->data + reader->begin, have(reader), reader->name, err)) < 0 ||
	    (got = fill(reader, LL_HEADER_BYTES, err)) < 0)
		return got;
	if (got == 0)
		return truncated(reader, "inside a stream's header", err);
	if ((got = ll_header_check(reader->data + reader->begin, &kind, &length, &crc, reader->name, err)) < 0 ||
	    (got = fill(reader, LL_HEADER_BYTES + ll_frame_padded(length), err)) < 0)
		return got;
	if (got == 0)
		return truncated(reader, "inside the text of a stream's header", err);
	if ((got = take_header(reader, kind, length, crc, err)) < 0)
		return got;
	reader->open = true;
	reader->streams++;
	reader->frames = 0;
	reader->taken = LL_HEADER_BYTES + ll_frame_padded(length);
	return LL_GOT_STREAM;
}

/* A code that came over a stream: what is none of ours becomes bad data. */
static int
known_code(uint64_t code)
{
	static const int codes[] = { LL_EANSWER, LL_EUSAGE, LL_EDATA, LL_EINPUT, LL_EUNSUPPORTED, LL_EBUG,
		LL_ENOMEM, LL_ECREATE, LL_EIO, LL_ECONFIG };

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (code == (uint64_t)codes[i])
			return codes[i];
	return LL_EDATA;
}

static int
upstream_failed(const struct ll_frame *frame, struct ll_err *err)
{
	char program[64] = "a stage upstream", message[900] = "failed";
	uint64_t code = LL_EDATA, reported = 0;
	int status;

	ll_text_get(frame->payload, frame->length, "program", program, sizeof(program));
	ll_text_get(frame->payload, frame->length, "message", message, sizeof(message));
	ll_text_get_number(frame->payload, frame->length, "code", &code);
	ll_text_get_number(frame->payload, frame->length, "reported", &reported);
	status = ll_fail(err, known_code(code), "%s: %s", program, message);
	if (err != NULL)
		err->reported = reported != 0;
	return status;
}

/* What only the payload can tell. */
static int
check_payload(const struct ll_reader *reader, const struct ll_frame *frame, uint32_t crc, struct ll_err *err)
{
	const char *type = ll_frame_name(frame->type);
	uint32_t found;

	if (!(frame->flags & LL_NO_CRC)) {
		found = frame->length > 0 ? ll_crc32(0, frame->payload, frame->length) : 0;
		if (found != crc)
			return ll_fail(err, LL_EDATA, "%s: %s frame at byte %" PRIu64 ": payload is damaged: crc %08"
			    PRIx32 ", but it says %08" PRIx32, reader->name, type != NULL ? type : "unknown",
			    reader->offset, found, crc);
	}
	if (frame->type == LL_SAMPLE) {
		const struct ll_sample *sample = frame->payload;

		if (sample->alternatives != (frame->length - sizeof(*sample)) / sizeof(struct ll_alternative))
			return ll_fail(err, LL_EDATA, "%s: frame at byte %" PRIu64 ": SAMPLE with %" PRIu32
			    " alternatives cannot have %zu bytes", reader->name, reader->offset,
			    sample->alternatives, frame->length);
	}
	return 0;
}

void
ll_reader_note_code(struct ll_reader *reader, int code)
{
	if (reader->ended == 0)
		reader->ended = code;
}

static void
note_end(struct ll_reader *reader, const struct ll_frame *frame)
{
	uint64_t code = 0;

	ll_text_get_number(frame->payload, frame->length, "code", &code);
	if (code != 0)
		ll_reader_note_code(reader, known_code(code));
	reader->open = false;
}

static int
read_frame(struct ll_reader *reader, struct ll_frame *frame, struct ll_err *err)
{
	char where[120], sequence[48];
	uint32_t crc;
	int got = fill(reader, LL_FRAME_BYTES, err);

	if (got < 0)
		return got;
	if (got == 0) {
		snprintf(where, sizeof(where), have(reader) == 0 ? "behind frame %" PRIu64 ", without its END" :
		    "inside the header of frame %" PRIu64, reader->frames + (have(reader) > 0));
		return truncated(reader, where, err);
	}
	if (ll_header_check_magic(reader->data + reader->begin, LL_FRAME_BYTES, reader->name, NULL) == 0)
		return ll_fail(err, LL_EDATA, "%s: at byte %" PRIu64 ": a stream begins before the END of the one "
		    "before it; was that truncated, or do two programs write into one pipe?", reader->name,
		    reader->offset);
	if ((got = ll_frame_get(frame, &crc, reader->data + reader->begin, reader->name, reader->offset, err)) < 0 ||
	    (got = fill(reader, LL_FRAME_BYTES + ll_frame_padded(frame->length), err)) < 0)
		return got;
	if (got == 0) {
		const char *type = ll_frame_name(frame->type);

		snprintf(where, sizeof(where), "inside the payload of frame %" PRIu64 ", %s of %s%s",
		    reader->frames + 1, type != NULL ? type : "unknown",
		    frame->sequence == LL_SEQUENCE_STREAM ? "the " : "sequence ",
		    ll_sequence_name(frame->sequence, sequence));
		return truncated(reader, where, err);
	}
	frame->payload = reader->data + reader->begin + LL_FRAME_BYTES;
	return check_payload(reader, frame, crc, err);
}

static int
next_frame(struct ll_reader *reader, struct ll_frame *frame, struct ll_err *err)
{
	int status = read_frame(reader, frame, err);

	if (status < 0)
		return status;
	if (frame->type == LL_ERROR)
		return upstream_failed(frame, err);
	if (reader->header.kind == LL_KIND_NONE)
		return ll_fail(err, LL_EDATA, "%s: a stream of no kind holds more than ERROR", reader->name);
	if (frame->type == LL_END && frame->flags & LL_STREAM)
		note_end(reader, frame);
	reader->frames++;
	reader->taken = LL_FRAME_BYTES + ll_frame_padded(frame->length);
	return LL_GOT_FRAME;
}

static void
drop_taken(struct ll_reader *reader)
{
	reader->begin += reader->taken;
	reader->offset += reader->taken;
	reader->taken = 0;
}

int
ll_reader_next(struct ll_reader *reader, struct ll_frame *frame, struct ll_err *err)
{
	int got;

	if (reader->failed < 0)
		return ll_fail(err, -reader->failed, "%s: reading failed before", reader->name);
	drop_taken(reader);
	got = reader->open ? next_frame(reader, frame, err) : next_stream(reader, err);
	/* A stream of no kind is a failure before the beginning: its ERROR comes at once. */
	if (got == LL_GOT_STREAM && reader->header.kind == LL_KIND_NONE) {
		drop_taken(reader);
		got = next_frame(reader, frame, err);
	}
	if (got < 0)
		reader->failed = got;
	return got;
}

bool
ll_reader_ready(const struct ll_reader *reader)
{
	const unsigned char *next = reader->data + reader->begin + reader->taken;
	size_t there = have(reader) - reader->taken;
	uint64_t length;

	if (reader->failed < 0 || reader->eof)
		return true;
	if (there < LL_FRAME_BYTES)
		return false;
	length = reader->open ? ll_load64(next + 48) : ll_load32(next + 24);
	/* What is too long is found out without reading it. */
	return length > LL_FRAME_MAX || there >= LL_FRAME_BYTES + ll_frame_padded((size_t)length);
}

int
ll_reader_status(const struct ll_reader *reader, int status, struct ll_err *err)
{
	if (status < 0 || reader->ended == 0)
		return status;
	status = ll_fail(err, reader->ended, "%s: a sequence of the stream failed", reader->name);
	if (err != NULL)
		err->reported = 1;
	return status;
}
