/*
 * Writing streams; see stream.h.
 *
 * Headers and small payloads are gathered; a large payload goes out from where it lies, in
 * one writev(2) with all that was gathered before it.
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "stream/path.h"
#include "stream/stream.h"

/* Ids in one TOKENS frame; a longer prompt takes several. */
#define FRAME_IDS 16384u

#define GATHER (64u << 10)
#define LARGE (16u << 10)	/* copying less is cheaper than a system call */
#define UNVERIFIED (4u << 10)	/* larger payloads go into a pipe without a crc */
#define PIPE_BYTES (1 << 20)

struct ll_writer {
	struct ll_out file;
	int fd;
	char *name;
	bool is_file, is_pipe;
	bool open;		/* a stream was begun and not ended */
	bool exact;		/* crcs as the frames' flags say */
	bool broken;		/* writing failed: there is no point in more */
	size_t length;
	unsigned char gathered[GATHER];
};

static int
set_up(struct ll_writer *writer, int fd, const char *name, struct ll_err *err)
{
	struct stat info = { 0 };

	if (isatty(fd))
		return ll_fail(err, LL_EUSAGE,
		    "refusing to write binary to a terminal; pipe it into ll-cat -t to look at it");
	if ((writer->name = ll_copy(name, strlen(name), err)) == NULL)
		return -LL_ENOMEM;
	writer->fd = fd;
	if (fstat(fd, &info) == 0) {
		/* Of character devices only those are left that read nothing back, such as /dev/null. */
		writer->is_file = S_ISREG(info.st_mode) || S_ISCHR(info.st_mode);
		writer->is_pipe = S_ISFIFO(info.st_mode) || S_ISSOCK(info.st_mode);
	}
#ifdef F_SETPIPE_SZ
	/* A row of logits is larger than the usual pipe: fewer switches between processes. */
	if (S_ISFIFO(info.st_mode))
		fcntl(fd, F_SETPIPE_SZ, PIPE_BYTES);
#endif
	return 0;
}

static void
destroy(struct ll_writer *writer)
{
	free(writer->name);
	free(writer);
}

int
ll_writer_new(struct ll_writer **out, int fd, const char *name, struct ll_err *err)
{
	struct ll_writer *writer = ll_alloc(1, sizeof(*writer), err);
	int status;

	*out = NULL;
	if (writer == NULL)
		return -LL_ENOMEM;
	if ((status = set_up(writer, fd, name, err)) < 0)
		destroy(writer);
	else
		*out = writer;
	return status;
}

int
ll_writer_open(struct ll_writer **out, const char *path, struct ll_err *err)
{
	struct ll_out file;
	int status;

	*out = NULL;
	if ((status = ll_out_open(&file, path, err)) < 0)
		return status;
	if ((status = ll_writer_new(out, file.fd, file.path != NULL ? file.path : "standard output", err)) < 0)
		return ll_out_close(&file, status, err);
	(*out)->file = file;
	return 0;
}

bool
ll_writer_is_file(const struct ll_writer *writer)
{
	return writer->is_file;
}

void
ll_writer_exact(struct ll_writer *writer)
{
	writer->exact = true;
}

int
ll_writer_fd(const struct ll_writer *writer)
{
	return writer->fd;
}

/* Drops `count` written bytes from the front of the parts. */
static void
advance(struct iovec *parts, int count, size_t written)
{
	for (int i = 0; i < count && written > 0; i++) {
		size_t part = written < parts[i].iov_len ? written : parts[i].iov_len;

		parts[i].iov_base = (char *)parts[i].iov_base + part;
		parts[i].iov_len -= part;
		written -= part;
	}
}

/* Writes all parts. Somebody else may have made the descriptor non-blocking. */
static int
write_parts(struct ll_writer *writer, struct iovec *parts, int count, struct ll_err *err)
{
	while (count > 0) {
		ssize_t written;

		if (parts->iov_len == 0) {
			parts++;
			count--;
			continue;
		}
		written = writev(writer->fd, parts, count);
		if (written >= 0) {
			advance(parts, count, (size_t)written);
		} else if (errno == EPIPE) {
			ll_die_of_sigpipe();
		} else if (errno == EAGAIN || errno == EWOULDBLOCK) {
			poll(&(struct pollfd){ .fd = writer->fd, .events = POLLOUT }, 1, -1);
		} else if (errno != EINTR) {
			writer->broken = true;
			return ll_fail_errno(err, LL_EIO, "%s", writer->name);
		}
	}
	return 0;
}

/* Writes what was gathered, then `length` bytes and their padding from where they lie. */
static int
write_out(struct ll_writer *writer, const void *bytes, size_t length, struct ll_err *err)
{
	static const unsigned char zeros[LL_FRAME_BYTES];
	struct iovec parts[3] = {
		{ writer->gathered, writer->length },
		{ (void *)(uintptr_t)(length > 0 ? bytes : zeros), length },
		{ (void *)(uintptr_t)zeros, ll_frame_padded(length) - length },
	};

	writer->length = 0;
	return write_parts(writer, parts, 3, err);
}

int
ll_writer_flush(struct ll_writer *writer, struct ll_err *err)
{
	return write_out(writer, NULL, 0, err);
}

/* Gathers bytes (no more than fit in the empty buffer) and zeros behind them. */
static int
gather(struct ll_writer *writer, const void *bytes, size_t length, struct ll_err *err)
{
	size_t padded = ll_frame_padded(length);
	int status;

	if (padded > GATHER - writer->length && (status = ll_writer_flush(writer, err)) < 0)
		return status;
	if (length > 0)
		memcpy(writer->gathered + writer->length, bytes, length);
	memset(writer->gathered + writer->length + length, 0, padded - length);
	writer->length += padded;
	return 0;
}

int
ll_writer_stream(struct ll_writer *writer, const struct ll_header *header, struct ll_err *err)
{
	struct ll_buf bytes = { 0 };
	int status = ll_header_put(&bytes, header, err);

	if (status == 0)
		status = bytes.len <= LARGE ? gather(writer, bytes.data, bytes.len, err) :
		    write_out(writer, bytes.data, bytes.len, err);
	ll_buf_free(&bytes);
	writer->open = status == 0;
	return status;
}

int
ll_writer_pass_on(struct ll_writer *writer, const struct ll_header *header, struct ll_err *err)
{
	int status = ll_writer_stream(writer, header, err);

	if (status == 0 && writer->is_file)
		ll_path_decline(header);
	return status;
}

int
ll_writer_frame(struct ll_writer *writer, const struct ll_frame *frame, struct ll_err *err)
{
	struct ll_frame checked = *frame;
	unsigned char header[LL_FRAME_BYTES];
	int status;

	if (!writer->exact) {
		checked.flags &= (uint16_t)~LL_NO_CRC;
		if (writer->is_pipe && frame->length > UNVERIFIED)
			checked.flags |= LL_NO_CRC;
	}
	ll_frame_put(header, &checked);
	if ((status = gather(writer, header, sizeof(header), err)) < 0)
		return status;
	if (frame->type == LL_END && frame->flags & LL_STREAM)
		writer->open = false;
	return frame->length <= LARGE ? gather(writer, frame->payload, frame->length, err) :
	    write_out(writer, frame->payload, frame->length, err);
}

int
ll_writer_prompt(struct ll_writer *writer, uint64_t sequence, const uint32_t *ids, size_t count,
    size_t want, struct ll_err *err)
{
	size_t done = 0, unwanted = count - want;
	int status = 0;

	while (done < count && status == 0) {
		uint32_t rows = count - done < FRAME_IDS ? (uint32_t)(count - done) : FRAME_IDS;
		size_t end = done + rows, first = unwanted > done ? unwanted : done;
		struct ll_frame frame = {
			.type = LL_TOKENS, .flags = LL_PROMPT | (rows == count - done ? LL_LAST : 0),
			.sequence = sequence, .position = done, .rows = rows,
			.want = end > first ? (uint32_t)(end - first) : 0,
			.length = rows * sizeof(uint32_t), .payload = ids + done,
		};

		status = ll_writer_frame(writer, &frame, err);
		done += rows;
	}
	return status;
}

int
ll_writer_end(struct ll_writer *writer, int code, uint64_t sequences, struct ll_err *err)
{
	struct ll_frame frame = { .type = LL_END, .flags = LL_STREAM, .sequence = LL_SEQUENCE_STREAM };
	struct ll_buf text = { 0 };
	int status;

	if ((status = ll_text_put_number(&text, "code", (uint64_t)code, err)) == 0 &&
	    (status = ll_text_put_number(&text, "sequences", sequences, err)) == 0) {
		frame.payload = text.data;
		frame.length = text.len;
		status = ll_writer_frame(writer, &frame, err);
	}
	ll_buf_free(&text);
	return status;
}

static int
write_error(struct ll_writer *writer, const char *program, int code, const char *message)
{
	struct ll_frame frame = { .type = LL_ERROR, .sequence = LL_SEQUENCE_STREAM };
	struct ll_buf text = { 0 };
	int status = 0;

	if (!writer->open)
		status = ll_writer_stream(writer, &(struct ll_header){ 0 }, NULL);
	if (status == 0 && (status = ll_text_put(&text, "program", program, NULL)) == 0 &&
	    (status = ll_text_put_number(&text, "code", (uint64_t)code, NULL)) == 0 &&
	    (status = ll_text_put(&text, "message", message, NULL)) == 0 &&
	    (status = ll_text_put_number(&text, "reported", 1, NULL)) == 0) {
		frame.payload = text.data;
		frame.length = text.len;
		status = ll_writer_frame(writer, &frame, NULL);
	}
	ll_buf_free(&text);
	return status == 0 ? ll_writer_flush(writer, NULL) : status;
}

void
ll_stream_fail(const char *program, int code, const char *message)
{
	/* Not allocated: memory may be what there is none of. */
	static struct ll_writer writer;
	struct stat info;

	if (fstat(STDOUT_FILENO, &info) != 0 || !(S_ISFIFO(info.st_mode) || S_ISSOCK(info.st_mode)))
		return;
	writer.fd = STDOUT_FILENO;
	write_error(&writer, program, code, message);
}

/*
 * Whose failure it is: the reader gives one that another program has told as
 * "ll-program: message", and its name goes on.
 */
static const char *
split_program(const struct ll_err *err, char *program, size_t size)
{
	const char *colon = strstr(err->text, ": ");
	size_t length = colon != NULL ? (size_t)(colon - err->text) : 0;

	if (!err->reported || length == 0 || length >= size) {
		snprintf(program, size, "%s", program_invocation_short_name);
		return err->text;
	}
	snprintf(program, size, "%.*s", (int)length, err->text);
	return colon + 2;
}

int
ll_writer_close(struct ll_writer *writer, int status, struct ll_err *err)
{
	static const struct ll_err unknown = { .text = "unexpected failure" };
	const struct ll_err *cause = err != NULL && err->code != 0 ? err : &unknown;
	char program[64];
	const char *message = split_program(cause, program, sizeof(program));

	if (writer == NULL) {
		if (status < 0)
			ll_stream_fail(program, -status, message);
		return status;
	}
	if (status >= 0) {
		int flushed = ll_writer_flush(writer, err);

		status = flushed < 0 ? flushed : status;
	} else if (!writer->broken && writer->file.temporary == NULL) {
		write_error(writer, program, -status, message);
	}
	if (writer->file.path != NULL)
		status = ll_out_close(&writer->file, status, err);
	destroy(writer);
	return status;
}

void
ll_writer_drop(struct ll_writer *writer)
{
	if (writer != NULL)
		destroy(writer);
}

int
ll_stream_operand(const char **path, const char *value, struct ll_err *err)
{
	if (*path != NULL)
		return ll_fail(err, LL_EUSAGE, "one stream only: '%.200s' is too many", value);
	*path = value;
	return 0;
}
