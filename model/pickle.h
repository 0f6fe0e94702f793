/*
 * The pickle that torch.save makes of a dictionary of tensors. It is read, never executed:
 * the few opcodes that such a file has build numbers, strings, tuples and dictionaries; the
 * few names that it may call are known here; anything else is refused by name.
 */

#ifndef LL_MODEL_PICKLE_H
#define LL_MODEL_PICKLE_H

#include <stddef.h>
#include <stdint.h>

struct ll_err;

#define LL_PICKLE_DIMS 4

struct ll_pickle_tensor {
	const char *name;		/* borrowed from the pickle, not NUL-terminated */
	size_t length;
	const char *key;		/* of the storage that it is a part of: data/KEY in the archive */
	size_t key_length;
	uint32_t type;			/* LL_F32, LL_F16, LL_BF16 */
	uint64_t elements;		/* of the storage */
	uint64_t offset;		/* in it, in elements */
	uint32_t dims;
	uint64_t sizes[LL_PICKLE_DIMS];	/* outermost first, as strides */
	uint64_t strides[LL_PICKLE_DIMS];
};

/* The tensors of the dictionary, to be freed with free(). `path` is for messages. -LL_EDATA, -LL_EUNSUPPORTED. */
int ll_pickle_read(struct ll_pickle_tensor **out, size_t *count, const unsigned char *data, size_t size,
    const char *path, struct ll_err *err);

#endif
