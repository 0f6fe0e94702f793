/*
 * Files and descriptors: whole reads and writes, inputs by operand, outputs that appear
 * complete or not at all, and read-only mappings.
 */

#ifndef LL_BASE_IO_H
#define LL_BASE_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"

struct ll_err;
struct stat;

/*
 * The first call of every main(). Descriptors 0 to 2 that were closed are filled with ones
 * that fail on use, so that no file opened later lands there by accident. A limit of the size
 * of files (ulimit -f) becomes a failed write, not a signal.
 */
void ll_start(void);

/*
 * Opens an operand for reading: "-" is descriptor 0. A descriptor, or -LL_EINPUT; -LL_EUSAGE for what an
 * output is to replace, as ll_out_open has for what is read.
 */
int ll_open_input(const char *path, struct ll_err *err);

/*
 * Notes what fstat(2) told of a file that is opened to be read otherwise. -LL_EUSAGE where an output is to replace it,
 * and later outputs to it are refused, too.
 */
int ll_input_note(const char *path, const struct stat *info, struct ll_err *err);

/*
 * Reads up to `length` bytes, waiting for at least one. The count, 0 at the end of the file,
 * or -LL_EIO. While it waits it watches `out` (a descriptor or -1): if nobody reads that any
 * more, the process ends as by SIGPIPE. `name` is for the message. Inherited O_NONBLOCK and
 * EINTR are coped with.
 */
ssize_t ll_read(int fd, void *bytes, size_t length, int out, const char *name, struct ll_err *err);

/* Writes all of it; -LL_EIO otherwise. A broken pipe ends the process as by SIGPIPE. */
int ll_write(int fd, const void *bytes, size_t length, const char *name, struct ll_err *err);

/* Appends all of the rest of a descriptor to `buf`, a NUL behind it even if it is nothing. -LL_EIO, -LL_ENOMEM. */
int ll_read_all(int fd, struct ll_buf *buf, const char *name, struct ll_err *err);

/* Ends this process as SIGPIPE would, quietly. */
_Noreturn void ll_die_of_sigpipe(void);

/*
 * An output: stdout for NULL or "-", else a temporary file beside `path` that takes its name
 * when it is closed with status 0, and is removed otherwise. Where the system can, it has no
 * name until then, and nothing is left however the process ends; else it is removed when
 * that is by SIGINT, SIGTERM or SIGHUP. A file that is there keeps its mode. A link stays one: what
 * it names is written, be it there or not.
 */
struct ll_out {
	int fd;
	char *path;		/* NULL: stdout */
	char *temporary;	/* NULL: written in place */
	int unnamed;		/* `temporary` is a name it may get */
};

int ll_out_open(struct ll_out *out, const char *path, struct ll_err *err);
/*
 * One path, borrowed, which the program reads and writes anew, such as its checkpoint: neither is refused for the
 * other. NULL: none.
 */
void ll_out_renew(const char *path);
/* Whether both name one file, which need not be there. Not so where one is NULL, stdout, a device or a pipe. */
bool ll_out_same(const char *a, const char *b);
/* Tells before the work that the file could not be opened; devices and pipes are not touched. */
int ll_out_try(const char *path, struct ll_err *err);
/* Keeps (status >= 0) or drops the file; returns `status`, or the failure of keeping it. */
int ll_out_close(struct ll_out *out, int status, struct ll_err *err);

/*
 * A read-only mapping of a regular file. If the file shrinks while it is mapped, the access
 * that finds out ends the program with LL_EDATA and a line that names the file.
 */
struct ll_map {
	const unsigned char *data;
	size_t size;
};

/* -LL_EINPUT, -LL_EDATA for an empty file, -LL_EUSAGE as ll_input_note, -LL_ENOMEM; then *map is empty, as for ll_map_close. */
int ll_map_open(struct ll_map *map, const char *path, struct ll_err *err);
void ll_map_close(struct ll_map *map);

/*
 * Bytes that will not be read soon: their pages are no longer counted as this process's. What lies
 * outside the mapping is left alone.
 */
void ll_map_release(const struct ll_map *map, const void *data, size_t size);

#endif
