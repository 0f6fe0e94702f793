/*
 * Read-only mappings of files; see io.h.
 */

#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/io.h"
#include "base/opt.h"

#define MAPS 256	/* the shards of the largest model */

/* For the handler of SIGBUS, which may only look at what is fixed and say what was prepared. */
static struct {
	_Atomic(const unsigned char *) begin;
	size_t size;
	char message[512];
	size_t length;
} maps[MAPS];

static void
on_bus_error(int number, siginfo_t *info, void *context)
{
	static atomic_flag told = ATOMIC_FLAG_INIT;
	const unsigned char *address = info->si_addr;

	(void)context;
	for (int i = 0; i < MAPS; i++) {
		const unsigned char *begin = atomic_load(&maps[i].begin);

		if (begin == NULL || address < begin || address >= begin + maps[i].size)
			continue;
		/* Of several threads the first tells it, and the end is everyone's. */
		while (atomic_flag_test_and_set(&told))
			pause();
		if (write(STDERR_FILENO, maps[i].message, maps[i].length) < 0)
			_exit(LL_EIO);
		_exit(LL_EDATA);
	}
	signal(number, SIG_DFL);
	raise(number);
}

static void
watch(const struct ll_map *map, const char *path)
{
	struct sigaction action = { .sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO };

	for (int i = 0; i < MAPS; i++) {
		int length;

		if (atomic_load(&maps[i].begin) != NULL)
			continue;
		length = snprintf(maps[i].message, sizeof(maps[i].message),
		    "%.60s: %.400s: file was truncated while in use\n", ll_opt_program_name(), path);
		maps[i].length = (size_t)length;
		maps[i].size = map->size;
		atomic_store(&maps[i].begin, map->data);
		sigaction(SIGBUS, &action, NULL);
		return;
	}
}

int
ll_map_open(struct ll_map *map, const char *path, struct ll_err *err)
{
	struct stat info;
	void *data;
	int fd;

	*map = (struct ll_map){ 0 };
	/* O_NONBLOCK: a FIFO must be refused, not waited for. */
	if ((fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) < 0)
		return ll_fail_errno(err, LL_EINPUT, "%s", *path != '\0' ? path : "''");
	if (fstat(fd, &info) != 0) {
		ll_fail_errno(err, LL_EINPUT, "%s", path);
		goto failed;
	}
	if (!S_ISREG(info.st_mode)) {
		ll_fail(err, LL_EINPUT, "%s: %s", path,
		    S_ISDIR(info.st_mode) ? "is a directory" : "is not a regular file");
		goto failed;
	}
	if (ll_input_note(path, &info, err) < 0)
		goto failed;
	if (info.st_size == 0) {
		ll_fail(err, LL_EDATA, "%s: file is empty", path);
		goto failed;
	}
	if ((uintmax_t)info.st_size > SIZE_MAX) {
		ll_fail(err, LL_ENOMEM, "%s: file does not fit the address space", path);
		goto failed;
	}
	data = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (data == MAP_FAILED) {
		ll_fail_errno(err, LL_ENOMEM, "%s: cannot map %jd bytes", path, (intmax_t)info.st_size);
		goto failed;
	}
	close(fd);
	map->data = data;
	map->size = (size_t)info.st_size;
	watch(map, path);
	return 0;
failed:
	close(fd);
	return err != NULL ? -err->code : -LL_EINPUT;
}

void
ll_map_close(struct ll_map *map)
{
	if (map->data == NULL)
		return;
	for (int i = 0; i < MAPS; i++)
		if (atomic_load(&maps[i].begin) == map->data)
			atomic_store(&maps[i].begin, NULL);
	munmap((void *)(uintptr_t)map->data, map->size);
	*map = (struct ll_map){ 0 };
}

void
ll_map_release(const struct ll_map *map, const void *data, size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	const unsigned char *from = data;
	size_t begin, end;

	if (map->data == NULL || from < map->data || from > map->data + map->size)
		return;
	begin = (size_t)(from - map->data);
	if (size > map->size - begin)
		return;
	/* Whole pages: others share the first and the last. */
	end = (begin + size) / page * page;
	begin = (begin + page - 1) / page * page;
	if (begin < end)
		madvise((void *)(uintptr_t)(map->data + begin), end - begin, MADV_DONTNEED);
}
