/*
 * Reading and writing streams. What every stage does:
 *
 *	while ((got = ll_reader_next(in, &frame, &err)) > 0)
 *		if (got == LL_GOT_STREAM)	a header arrived: ll_reader_header(in)
 *		else				a frame: use it or ll_writer_frame(out, frame)
 *	status = ll_writer_close(out, got, &err);
 *	return ll_exit("ll-x", ll_reader_status(in, status, &err), &err);
 *
 * An ERROR frame from upstream comes back as a negative status with err.reported set; a
 * stream that ends without its END is -LL_EDATA. ll_writer_close raises ERROR downstream for
 * a negative status, so that every stage behind ends with the same code, silently.
 */

#ifndef LL_STREAM_STREAM_H
#define LL_STREAM_STREAM_H

#include "base/io.h"
#include "stream/frame.h"
#include "stream/header.h"

struct ll_reader;
struct ll_writer;

enum {
	LL_GOT_END = 0,		/* all streams ended in order */
	LL_GOT_FRAME = 1,
	LL_GOT_STREAM = 2	/* a stream begins */
};

/*
 * Opens "-" (stdin) or a file. While it waits for input it watches descriptor `out` (or -1)
 * and ends the process as by SIGPIPE when nobody reads that any more.
 */
int ll_reader_open(struct ll_reader **reader, const char *path, int out, struct ll_err *err);
/* The same over a descriptor, which stays the caller's. */
int ll_reader_new(struct ll_reader **reader, int fd, const char *name, int out, struct ll_err *err);
void ll_reader_close(struct ll_reader *reader);

/*
 * LL_GOT_* or negative. The frame and its payload are valid until the next call. A stream of
 * LL_KIND_NONE is never given out: what it holds is an ERROR.
 */
int ll_reader_next(struct ll_reader *reader, struct ll_frame *frame, struct ll_err *err);

/* True if a whole frame is there already: ll_reader_next would not read. */
bool ll_reader_ready(const struct ll_reader *reader);

/* The header of the stream being read; valid until the next one begins. */
const struct ll_header *ll_reader_header(const struct ll_reader *reader);
const char *ll_reader_name(const struct ll_reader *reader);
int ll_reader_fd(const struct ll_reader *reader);

/*
 * From now on reading fails as soon as `fd` (-1: none) is readable or closed at its other end:
 * a thread that waits for input can be called off.
 */
void ll_reader_stop(struct ll_reader *reader, int fd);

/*
 * What the program should end with: `status` if negative, else the first non-zero code that
 * an END of a stream carried (then err.reported is set), else `status`.
 */
int ll_reader_status(const struct ll_reader *reader, int status, struct ll_err *err);
/* As if an END had carried `code`: a sequence failed here, and the user was told. */
void ll_reader_note_code(struct ll_reader *reader, int code);

/* Opens stdout (NULL, "-") or a file that appears when it is complete. Refuses a terminal: -LL_EUSAGE. */
int ll_writer_open(struct ll_writer **writer, const char *path, struct ll_err *err);
/* Over a descriptor, which stays the caller's. */
int ll_writer_new(struct ll_writer **writer, int fd, const char *name, struct ll_err *err);

/* True if what is written can only be read later (a regular file, a device): nobody can answer. */
bool ll_writer_is_file(const struct ll_writer *writer);
int ll_writer_fd(const struct ll_writer *writer);

/*
 * From now on a payload's crc is written unless the frame has LL_NO_CRC. Without this it is
 * left out where a large payload goes into a pipe, and nowhere else.
 */
void ll_writer_exact(struct ll_writer *writer);

/* Begins a stream. A history line for this program is the caller's (ll_header_add). */
int ll_writer_stream(struct ll_writer *writer, const struct ll_header *header, struct ll_err *err);

/*
 * The same for a stream that is passed on. Where it goes into a file it ends here, and a head that
 * offers a return path is told that nobody feeds it (ll_path_decline).
 */
int ll_writer_pass_on(struct ll_writer *writer, const struct ll_header *header, struct ll_err *err);

/* Writes a frame; small ones are gathered until ll_writer_flush or a large one. */
int ll_writer_frame(struct ll_writer *writer, const struct ll_frame *frame, struct ll_err *err);
int ll_writer_flush(struct ll_writer *writer, struct ll_err *err);

/*
 * A prompt that is to be answered, in as many TOKENS frames as it takes. Logits are asked for
 * behind each of the last `want` ids; 0 leaves it to the head.
 */
int ll_writer_prompt(struct ll_writer *writer, uint64_t sequence, const uint32_t *ids, size_t count,
    size_t want, struct ll_err *err);

/* The END of the stream. `code` is 0 or the LL_E* that its worst sequence ended with. */
int ll_writer_end(struct ll_writer *writer, int code, uint64_t sequences, struct ll_err *err);

/*
 * Ends the output: flushed and, for a file, renamed; with a negative status an ERROR frame is
 * written first and the file dropped. Returns `status` or the failure of writing. NULL is fine:
 * then, for a negative status, the ERROR goes to a stdout that is a pipe (ll_stream_fail).
 */
int ll_writer_close(struct ll_writer *writer, int status, struct ll_err *err);

/* The end without another byte written, of a writer over a descriptor whose pipe has broken. */
void ll_writer_drop(struct ll_writer *writer);

/*
 * Says on a stdout that is a pipe or socket that this program failed before it could begin:
 * an empty stream with an ERROR. For ll_program.fail, and ll_writer_close.
 */
void ll_stream_fail(const char *program, int code, const char *message);

/* An operand that names the one stream to be read; `*path` is NULL before. -LL_EUSAGE if there are two. */
int ll_stream_operand(const char **path, const char *value, struct ll_err *err);

#endif
