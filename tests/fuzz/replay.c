/*
 * Runs a fuzz target without a fuzzer, as a test: over each file of its corpus, over what is
 * left of it when it is cut short, and over it with single bits and bytes changed.
 *
 * The corpus of fuzz_x is $TESTS/fuzz/corpus/x. What a run finds is a crash, a hang or a
 * sanitizer's report; the target itself says nothing.
 */

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_VARIANTS 400	/* of each kind and file, spread evenly over its bytes */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t *
read_file(const char *path, size_t *size)
{
	FILE *file = fopen(path, "rb");
	uint8_t *data;
	long end;

	if (file == NULL || fseek(file, 0, SEEK_END) != 0 || (end = ftell(file)) < 0 ||
	    (data = malloc((size_t)end + 1)) == NULL) {
		perror(path);
		exit(1);
	}
	rewind(file);
	*size = fread(data, 1, (size_t)end, file);
	fclose(file);
	return data;
}

/* In a block of exactly its size, so that a sanitizer sees the first byte read beyond it. */
static void
run(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);

	if (copy == NULL)
		exit(1);
	memcpy(copy, data, size);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

static void
run_variants(uint8_t *data, size_t size)
{
	size_t step = size / MOST_VARIANTS + 1;

	for (size_t at = 0; at < size; at += step) {
		uint8_t was = data[at];

		run(data, at);
		data[at] = (uint8_t)(was ^ (1u << (at / step % 8)));
		run(data, size);
		data[at] = (uint8_t)~was;
		run(data, size);
		data[at] = was;
	}
}

static int
visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

int
main(int argc, char **argv)
{
	const char *tests = getenv("TESTS"), *name = strstr(argv[0], "fuzz_");
	char folder[4000], path[5000];
	struct dirent **entries;
	int count;

	if (argc != 1 || tests == NULL || name == NULL)
		return 64;
	snprintf(folder, sizeof(folder), "%s/fuzz/corpus/%.*s", tests, (int)strcspn(name + 5, "."), name + 5);
	if ((count = scandir(folder, &entries, visible, alphasort)) < 0) {
		perror(folder);
		return 1;
	}
	printf("1..%d\n", count);
	for (int i = 0; i < count; i++) {
		size_t size;
		uint8_t *data;

		snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
		data = read_file(path, &size);
		run(data, size);
		run_variants(data, size);
		printf("ok %d - %s\n", i + 1, entries[i]->d_name);
		fflush(stdout);
		free(data);
		free(entries[i]);
	}
	free(entries);
	return 0;
}
