/*
 * Descriptors and files; see io.h. Mappings are map.c's.
 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/rng.h"

void
ll_start(void)
{
	/* What stands in for a closed descriptor must fail on use: the wrong direction does. */
	static const int modes[3] = { O_WRONLY, O_RDONLY, O_RDWR };

	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
			if (open("/dev/null", modes[fd]) != fd)
				_exit(LL_EIO);
	/* write(2) then tells that a file would become longer than this process may make one. */
	signal(SIGXFSZ, SIG_IGN);
}

_Noreturn void
ll_die_of_sigpipe(void)
{
	sigset_t set;

	signal(SIGPIPE, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, SIGPIPE);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	raise(SIGPIPE);
	kill(getpid(), SIGPIPE);
	_exit(128 + SIGPIPE);
}

#define OUTPUTS 16
#define INPUTS 512

/* Regular files that were opened to be read, and those that an output is to replace. */
static struct identity {
	dev_t device;
	ino_t number;
} inputs[INPUTS], replaced[OUTPUTS];
static size_t input_count, replaced_count;
static const char *renewed;	/* what ll_out_renew was told */

static bool
is_among(const struct identity *list, size_t count, const struct stat *info)
{
	for (size_t i = 0; i < count; i++)
		if (list[i].device == info->st_dev && list[i].number == info->st_ino)
			return true;
	return false;
}

/* The first so many: an output that replaces what is read is a slip of few operands. */
static void
note(struct identity *list, size_t most, size_t *count, const struct stat *info)
{
	if (*count < most && !is_among(list, *count, info))
		list[(*count)++] = (struct identity){ info->st_dev, info->st_ino };
}

static bool
is_renewed(const char *path)
{
	return renewed != NULL && strcmp(path, renewed) == 0;
}

int
ll_input_note(const char *path, const struct stat *info, struct ll_err *err)
{
	if (!S_ISREG(info->st_mode) || is_renewed(path))
		return 0;
	if (is_among(replaced, replaced_count, info))
		return ll_fail(err, LL_EUSAGE, "%s: is the output, which would replace it", path);
	note(inputs, INPUTS, &input_count, info);
	return 0;
}

int
ll_open_input(const char *path, struct ll_err *err)
{
	struct stat info;
	int fd = STDIN_FILENO, status;

	if (strcmp(path, "-") != 0 && (fd = open(path, O_RDONLY | O_CLOEXEC)) < 0)
		return ll_fail_errno(err, LL_EINPUT, "%s", *path != '\0' ? path : "''");
	if (fstat(fd, &info) != 0)
		return fd;
	if (S_ISDIR(info.st_mode) && fd != STDIN_FILENO) {
		close(fd);
		return ll_fail(err, LL_EINPUT, "%s: is a directory", path);
	}
	if ((status = ll_input_note(path, &info, err)) < 0) {
		close(fd);
		return status;
	}
	return fd;
}

/* Waits until `fd` has `events`; ends the process if `out` (or -1) lost its reader. */
static void
await(int fd, short events, int out)
{
	struct pollfd set[2] = { { .fd = fd, .events = events }, { .fd = out } };

	for (;;) {
		if (poll(set, out >= 0 ? 2 : 1, -1) < 0) {
			if (errno == EINTR || errno == EAGAIN)
				continue;
			return;
		}
		if (out >= 0 && set[1].revents & POLLERR)
			ll_die_of_sigpipe();
		if (set[0].revents != 0)
			return;
	}
}

ssize_t
ll_read(int fd, void *bytes, size_t length, int out, const char *name, struct ll_err *err)
{
	for (;;) {
		ssize_t count;

		if (out >= 0)
			await(fd, POLLIN, out);
		count = read(fd, bytes, length);
		if (count >= 0)
			return count;
		if (errno == EAGAIN || errno == EWOULDBLOCK)
			await(fd, POLLIN, out);
		else if (errno != EINTR)
			return ll_fail_errno(err, LL_EIO, "%s", name);
	}
}

int
ll_write(int fd, const void *bytes, size_t length, const char *name, struct ll_err *err)
{
	const char *p = bytes;

	while (length > 0) {
		ssize_t count = write(fd, p, length);

		if (count >= 0) {
			p += count;
			length -= (size_t)count;
		} else if (errno == EPIPE) {
			ll_die_of_sigpipe();
		} else if (errno == EAGAIN || errno == EWOULDBLOCK) {
			await(fd, POLLOUT, -1);
		} else if (errno != EINTR) {
			return ll_fail_errno(err, LL_EIO, "%s", name);
		}
	}
	return 0;
}

int
ll_read_all(int fd, struct ll_buf *buf, const char *name, struct ll_err *err)
{
	/* Where nothing comes, that is a text too. */
	int status = ll_buf_add(buf, "", 0, err);

	for (;;) {
		ssize_t count;

		if (status < 0 || (status = ll_buf_room(buf, 65536, err)) < 0)
			return status;
		/* As much as there is room for: few calls for a large file. */
		count = ll_read(fd, buf->data + buf->len, buf->cap - buf->len - 1, -1, name, err);
		if (count <= 0)
			return (int)count;
		buf->len += (size_t)count;
		buf->data[buf->len] = '\0';
	}
}

/* Temporaries that a signal must remove: written by one thread, read by the handler. */
static char *volatile temporaries[OUTPUTS];

static void
remove_and_die(int number)
{
	for (int i = 0; i < OUTPUTS; i++)
		if (temporaries[i] != NULL)
			unlink(temporaries[i]);
	signal(number, SIG_DFL);
	raise(number);
}

static void
remember(char *path)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE };
	struct sigaction action = { .sa_handler = remove_and_die };

	for (int i = 0; i < OUTPUTS; i++) {
		if (temporaries[i] == NULL) {
			temporaries[i] = path;
			break;
		}
	}
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		struct sigaction old;

		if (sigaction(numbers[i], NULL, &old) == 0 && old.sa_handler == SIG_DFL)
			sigaction(numbers[i], &action, NULL);
	}
}

static void
forget(const char *path)
{
	for (int i = 0; i < OUTPUTS; i++)
		if (temporaries[i] == path)
			temporaries[i] = NULL;
}

/* Devices and pipes cannot be renamed over: they are written in place. */
static int
is_special(const char *path)
{
	struct stat info;

	return stat(path, &info) == 0 && !S_ISREG(info.st_mode);
}

/*
 * The file that is meant: a link stays, and what it names is replaced or, where nothing is there yet,
 * made, which realpath(3) cannot tell. Of links in a circle the one where it stops. NULL: -LL_ENOMEM.
 */
static char *
real_path(const char *path, struct ll_err *err)
{
	char *real = ll_copy(path, strlen(path), err);

	for (int links = 0; real != NULL && links < 40; links++) {
		char target[PATH_MAX];
		ssize_t length = readlink(real, target, sizeof(target) - 1);
		const char *slash = strrchr(real, '/');
		struct ll_buf next = { 0 };

		if (length < 0)
			break;
		target[length] = '\0';
		/* What is not absolute begins in the folder of its link. */
		if (ll_buf_printf(&next, err, "%.*s%s", slash != NULL && *target != '/' ? (int)(slash - real) + 1 : 0, real,
			target) < 0)
			ll_buf_free(&next);
		free(real);
		real = next.data;
	}
	return real;
}

/* Who may read a file is not changed by writing it anew. */
static void
keep_mode(const struct ll_out *out)
{
	struct stat info;

	if (stat(out->path, &info) == 0)
		fchmod(out->fd, info.st_mode & 0777);
}

/* The folder of `path`; false if its name is too long. */
static bool
name_folder(char folder[PATH_MAX], const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash != NULL && (size_t)(slash - path) + 2 > PATH_MAX)
		return false;
	snprintf(folder, PATH_MAX, "%.*s", slash != NULL ? (int)(slash - path) + 1 : 1, slash != NULL ? path : ".");
	return true;
}

/* A file without a name in the folder of `path`, or -1. Only /proc can give it one later. */
static int
open_unnamed(const char *path)
{
#ifdef O_TMPFILE
	char folder[PATH_MAX];

	if (name_folder(folder, path) && access("/proc/self/fd", X_OK) == 0)
		return open(folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
#endif
	(void)path;
	return -1;
}

/* Gives an unnamed file its name: at once where that is free, else over the temporary's. */
static int
give_name(const struct ll_out *out)
{
	char self[64];

	snprintf(self, sizeof(self), "/proc/self/fd/%d", out->fd);
	if (linkat(AT_FDCWD, self, AT_FDCWD, out->path, AT_SYMLINK_FOLLOW) == 0)
		return 0;
	if (errno != EEXIST || linkat(AT_FDCWD, self, AT_FDCWD, out->temporary, AT_SYMLINK_FOLLOW) != 0)
		return -1;
	return rename(out->temporary, out->path);
}

/* A name beside the path's, short enough for any file system. -LL_ENOMEM. */
static int
name_temporary(struct ll_buf *name, const char *path, struct ll_err *err)
{
	const char *slash = strrchr(path, '/'), *file = slash != NULL ? slash + 1 : path;
	size_t most = NAME_MAX - strlen(".01234567.tmp"), length = strlen(file);

	return ll_buf_printf(name, err, "%.*s.%08x.tmp", (int)(file - path + (ptrdiff_t)(length < most ? length : most)), path,
	    (unsigned)ll_rng_entropy());
}

/* Whether there may be a file of this name; errno says why not. */
static bool
can_be_named(const char *path)
{
	struct stat info;

	return stat(path, &info) == 0 || errno == ENOENT;
}

void
ll_out_renew(const char *path)
{
	renewed = path;
}

int
ll_out_open(struct ll_out *out, const char *path, struct ll_err *err)
{
	struct ll_buf name = { 0 };
	struct stat info;

	*out = (struct ll_out){ .fd = STDOUT_FILENO };
	if (path == NULL || strcmp(path, "-") == 0)
		return 0;
	if (!is_renewed(path) && stat(path, &info) == 0 && S_ISREG(info.st_mode)) {
		if (is_among(inputs, input_count, &info))
			return ll_fail(err, LL_EUSAGE, "%s: is read, and the output would replace it", path);
		note(replaced, OUTPUTS, &replaced_count, &info);
	}
	if (is_special(path)) {
		if ((out->fd = open(path, O_WRONLY | O_CLOEXEC)) < 0)
			return ll_fail_errno(err, LL_ECREATE, "%s", path);
		if ((out->path = ll_copy(path, strlen(path), err)) != NULL)
			return 0;
		close(out->fd);
		*out = (struct ll_out){ .fd = -1 };
		return -LL_ENOMEM;
	}
	if ((out->path = real_path(path, err)) == NULL ||
	    name_temporary(&name, out->path, err) < 0) {
		ll_buf_free(&name);
		free(out->path);
		*out = (struct ll_out){ .fd = -1 };
		return -LL_ENOMEM;
	}
	out->temporary = name.data;
	out->fd = -1;
	if (can_be_named(out->path)) {
		out->unnamed = (out->fd = open_unnamed(out->path)) >= 0;
		if (!out->unnamed)
			out->fd = open(out->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	}
	if (out->fd < 0) {
		/* errno is that of the file, whose name the caller may not know. */
		int status = strcmp(path, out->path) == 0 ? ll_fail_errno(err, LL_ECREATE, "%s", path) :
		    ll_fail_errno(err, LL_ECREATE, "%s: %s", path, out->path);

		free(out->path);
		free(out->temporary);
		*out = (struct ll_out){ .fd = -1 };
		return status;
	}
	keep_mode(out);
	if (!out->unnamed)
		remember(out->temporary);
	return 0;
}

/* The same name in one folder. */
static bool
are_one(const char *a, const char *b)
{
	const char *names[2] = { strrchr(a, '/'), strrchr(b, '/') };
	char folders[2][PATH_MAX];
	struct stat infos[2];

	return strcmp(names[0] != NULL ? names[0] + 1 : a, names[1] != NULL ? names[1] + 1 : b) == 0 &&
	    name_folder(folders[0], a) && name_folder(folders[1], b) &&
	    stat(folders[0], &infos[0]) == 0 && stat(folders[1], &infos[1]) == 0 &&
	    infos[0].st_dev == infos[1].st_dev && infos[0].st_ino == infos[1].st_ino;
}

bool
ll_out_same(const char *a, const char *b)
{
	struct ll_err none = { 0 };
	char *real[2];
	bool same;

	if (a == NULL || b == NULL || strcmp(a, "-") == 0 || strcmp(b, "-") == 0)
		return false;
	real[0] = real_path(a, &none);
	real[1] = real_path(b, &none);
	same = real[0] != NULL && real[1] != NULL ? are_one(real[0], real[1]) : strcmp(a, b) == 0;
	same = same && !is_special(a);
	free(real[0]);
	free(real[1]);
	return same;
}

int
ll_out_try(const char *path, struct ll_err *err)
{
	struct ll_out out;
	struct stat info;
	int status;

	if (path == NULL || (stat(path, &info) == 0 && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode)))
		return 0;
	if ((status = ll_out_open(&out, path, err)) == 0)
		ll_out_close(&out, -LL_EIO, err);
	return status;
}

int
ll_out_close(struct ll_out *out, int status, struct ll_err *err)
{
	if (out->path == NULL)
		return status;
	if (out->unnamed && status >= 0 && give_name(out) != 0)
		status = ll_fail_errno(err, LL_ECREATE, "%s", out->path);
	if (close(out->fd) != 0 && status >= 0)
		status = ll_fail_errno(err, LL_EIO, "%s", out->path);
	if (out->temporary != NULL) {
		if (!out->unnamed && status >= 0 && rename(out->temporary, out->path) != 0)
			status = ll_fail_errno(err, LL_ECREATE, "%s", out->path);
		if (status < 0)
			unlink(out->temporary);
		forget(out->temporary);
		free(out->temporary);
	}
	free(out->path);
	*out = (struct ll_out){ .fd = -1 };
	return status;
}
