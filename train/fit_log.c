/*
 * The log of a run; see fit_log.h.
 */

#include "train/fit_log.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"

#define BEGIN "{\"step\":"

/* A file is this run's alone. Of others, such as a pipe, no end to read is held. */
static int
open_log(FILE **out, const char *path, bool *regular, struct ll_err *err)
{
	struct stat info;
	int fd, status;

	*regular = stat(path, &info) != 0 || S_ISREG(info.st_mode);
	fd = open(path, (*regular ? O_RDWR | O_CREAT : O_WRONLY) | O_CLOEXEC, 0666);
	*out = fd >= 0 ? fdopen(fd, *regular ? "r+" : "w") : NULL;
	if (*out == NULL) {
		status = ll_fail_errno(err, LL_ECREATE, "%s: cannot open", path);
		if (fd >= 0)
			close(fd);
		return status;
	}
	if (!*regular || flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
		return 0;
	return ll_fail(err, LL_ECREATE, "%s: another run writes it", path);
}

static int
close_failed(FILE **out, int status)
{
	if (status < 0 && *out != NULL) {
		fclose(*out);
		*out = NULL;
	}
	return status;
}

/* What is there may be a log, or the beginning of one. */
static int
empty(FILE *file, const char *path, struct ll_err *err)
{
	char begin[sizeof BEGIN - 1];
	size_t length = fread(begin, 1, sizeof begin, file);

	if (ferror(file))
		return ll_fail(err, LL_EIO, "%s: cannot read", path);
	if (memcmp(begin, BEGIN, length) != 0)
		return ll_fail(err, LL_ECREATE, "%s: there is a file already, which is no log of a training", path);
	rewind(file);
	return ftruncate(fileno(file), 0) == 0 ? 0 : ll_fail_errno(err, LL_EIO, "%s: cannot empty it", path);
}

int
ll_fit_log_new(FILE **out, const char *path, struct ll_err *err)
{
	bool regular;
	int status = open_log(out, path, &regular, err);

	if (status == 0 && regular)
		status = empty(*out, path, err);
	return close_failed(out, status);
}

/* 1: the line stays, 0: the log is cut before it. */
static int
stays(const char *line, size_t length, uint64_t step, bool again)
{
	uint64_t number;

	if (length == 0 || line[length - 1] != '\n')
		return 0;
	if (strncmp(line, BEGIN, strlen(BEGIN)) != 0 || !isdigit((unsigned char)line[strlen(BEGIN)]))
		return -LL_EDATA;
	number = strtoull(line + strlen(BEGIN), NULL, 10);
	return number < step || (number == step && !(again && strstr(line, "\"eval_loss\":") != NULL));
}

/* Where to cut. */
static int
find_end(FILE *file, const char *path, uint64_t step, bool again, off_t *end, struct ll_err *err)
{
	size_t cap = 0, count = 0;
	char *line = NULL;
	ssize_t length;
	int status = 1;

	*end = 0;
	while (status == 1 && (length = getline(&line, &cap, file)) > 0) {
		count++;
		if ((status = stays(line, (size_t)length, step, again)) == 1)
			*end += length;
	}
	free(line);
	if (status < 0)
		return ll_fail(err, LL_EDATA, "%s: line %zu: is none of a training's log", path, count);
	return ferror(file) ? ll_fail(err, LL_EIO, "%s: cannot read", path) : 0;
}

int
ll_fit_log_resume(FILE **out, const char *path, uint64_t step, bool again, struct ll_err *err)
{
	bool regular;
	int status = open_log(out, path, &regular, err);
	off_t end;

	/* A pipe has nothing to be cut. */
	if (status == 0 && regular && (status = find_end(*out, path, step, again, &end, err)) == 0 &&
	    (fseeko(*out, end, SEEK_SET) != 0 || ftruncate(fileno(*out), end) != 0))
		status = ll_fail_errno(err, LL_EIO, "%s: cannot cut it", path);
	return close_failed(out, status);
}
