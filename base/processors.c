/*
 * Cores and control groups of Linux; see processors.h. Elsewhere all processors count.
 */

#include "base/processors.h"

#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOST 1024		/* processors: those of a cpu_set_t */

/* The first line of a file under root; false if it cannot be read. */
static bool
first_line(const char *root, const char *path, char *line, int size)
{
	char whole[512];
	FILE *file;
	bool is;

	if ((size_t)snprintf(whole, sizeof whole, "%s%s", root, path) >= sizeof whole)
		return false;
	file = fopen(whole, "re");
	if (file == NULL)
		return false;
	is = fgets(line, size, file) != NULL;
	fclose(file);
	return is;
}

/* The least allowed processor of a list such as "0-3,8"; count if there is none. */
static size_t
first_allowed(const char *list, const unsigned char *allowed, size_t count)
{
	while (*list >= '0' && *list <= '9') {
		char *end;
		size_t first = strtoul(list, &end, 10), last = first;

		if (*end == '-')
			last = strtoul(end + 1, &end, 10);
		for (; first <= last && first < count; first++)
			if (allowed[first])
				return first;
		list = *end == ',' ? end + 1 : end;
	}
	return count;
}

size_t
ll_processors_at(const char *root, const unsigned char *allowed, size_t count)
{
	unsigned long long quota, period;
	char path[128], line[4096];
	size_t cores = 0;

	for (size_t i = 0; i < count; i++) {
		if (!allowed[i])
			continue;
		snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%zu/topology/thread_siblings_list", i);
		cores += !first_line(root, path, line, sizeof line) ||
		    first_allowed(line, allowed, count) >= i;
	}
	/* A group without a limit says "max". */
	if (first_line(root, "/sys/fs/cgroup/cpu.max", line, sizeof line) &&
	    sscanf(line, "%llu %llu", &quota, &period) == 2 && period > 0 &&
	    (quota + period - 1) / period < cores)
		cores = (size_t)((quota + period - 1) / period);
	return cores > 0 ? cores : 1;
}

/* What each processor's byte is, and their sum; 0 where it cannot be told which they are. */
static size_t
allowed_set(unsigned char *allowed, size_t count)
{
	size_t sum = 0;
#ifdef CPU_SETSIZE
	cpu_set_t set;

	if (count <= CPU_SETSIZE && sched_getaffinity(0, sizeof(set), &set) == 0)
		for (size_t i = 0; i < count; i++)
			sum += allowed[i] = CPU_ISSET(i, &set) != 0;
#else
	(void)allowed;
	(void)count;
#endif
	return sum;
}

size_t
ll_processors_allowed(void)
{
	unsigned char allowed[MOST];
	size_t count = allowed_set(allowed, MOST);
	long online;

	if (count > 0)
		return count;
	/* Only then: it reads a file. */
	online = sysconf(_SC_NPROCESSORS_ONLN);
	return online > 0 ? (size_t)online : 1;
}

size_t
ll_processors(void)
{
	unsigned char allowed[MOST];

	return allowed_set(allowed, MOST) > 0 ? ll_processors_at("", allowed, MOST) : ll_processors_allowed();
}
