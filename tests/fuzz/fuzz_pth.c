/*
 * Fuzz target: a .pth, that is a zip archive with a pickle; or, where it begins as one, the
 * pickle alone.
 */

#include <stdlib.h>

#include "base/err.h"
#include "model/pickle.h"
#include "model/source_make.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile unsigned char seen;

static void
read_pickle(const uint8_t *data, size_t size, struct ll_err *err)
{
	struct ll_pickle_tensor *tensors;
	size_t count;

	if (ll_pickle_read(&tensors, &count, data, size, "fuzz", err) < 0)
		return;
	for (size_t i = 0; i < count; i++) {
		if (tensors[i].length > 0)
			seen = (unsigned char)tensors[i].name[tensors[i].length - 1];
		if (tensors[i].key_length > 0)
			seen = (unsigned char)tensors[i].key[tensors[i].key_length - 1];
	}
	free(tensors);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ll_err err = { 0 };
	struct ll_source *source;

	if (size > 0 && data[0] == 0x80) {
		read_pickle(data, size, &err);
		return 0;
	}
	if (ll_meta_parse(&source, data, size, "fuzz", &err) < 0)
		return 0;
	for (size_t i = 0; i < source->count; i++)
		seen = source->tensors[i].data[0] ^ source->tensors[i].data[source->tensors[i].size - 1];
	ll_source_close(source);
	return 0;
}
