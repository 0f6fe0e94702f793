/*
 * The directory of a zip archive whose entries are stored, not compressed, as torch.save
 * writes it (PKWARE's APPNOTE 6.3, zip64 included). Read-only; every number is checked
 * against the file, and no byte belongs to two entries.
 */

#ifndef LL_MODEL_ZIP_H
#define LL_MODEL_ZIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ll_err;

struct ll_zip_entry {
	const char *name;		/* borrowed from the file, not NUL-terminated */
	size_t length;			/* of the name */
	const unsigned char *data;
	size_t size;
	uint64_t offset;		/* of the data in the file */
};

struct ll_zip {
	struct ll_zip_entry *entries;	/* by length and bytes of their names */
	size_t count;
};

bool ll_zip_begins(const void *data, size_t size);

/* `path` is for messages. -LL_EDATA, -LL_EUNSUPPORTED (compressed, encrypted). Free with ll_zip_free. */
int ll_zip_read(struct ll_zip *zip, const unsigned char *data, size_t size, const char *path, struct ll_err *err);
void ll_zip_free(struct ll_zip *zip);

/* NULL if there is none. */
const struct ll_zip_entry *ll_zip_find(const struct ll_zip *zip, const char *name, size_t length);

#endif
