/*
 * What memory there is to be had; see available.h (proc_meminfo(5); Linux's cgroup-v2.rst).
 */

#include "base/available.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* The number behind `key` at the beginning of a line; behind none, the file's first. */
static bool
read_number(const char *path, const char *key, uint64_t *out)
{
	size_t length = strlen(key);
	FILE *file = fopen(path, "re");
	char line[256];
	bool found = false;

	if (file == NULL)
		return false;
	while (!found && fgets(line, sizeof(line), file) != NULL)
		found = strncmp(line, key, length) == 0 && sscanf(line + length, "%" SCNu64, out) == 1;
	fclose(file);
	return found;
}

size_t
ll_available(void)
{
	uint64_t available, most, used, files = 0;

	if (!read_number("/proc/meminfo", "MemAvailable:", &available) || available > UINT64_MAX / 1024)
		return 0;
	available *= 1024;
	/* A group without a limit says "max". Pages of files that it has can be taken from it. */
	if (read_number("/sys/fs/cgroup/memory.max", "", &most) &&
	    read_number("/sys/fs/cgroup/memory.current", "", &used)) {
		read_number("/sys/fs/cgroup/memory.stat", "file ", &files);
		used = used > files ? used - files : 0;
		if (most < used)
			return 0;
		if (most - used < available)
			available = most - used;
	}
	return available < SIZE_MAX ? (size_t)available : SIZE_MAX;
}
