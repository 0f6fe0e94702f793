/*
 * Zip archives of stored entries; see zip.h. Checksums are not looked at: weights are mapped,
 * not read.
 */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"
#include "model/zip.h"

#define END_SIZE 22
#define END64_SIZE 56
#define LOCATOR_SIZE 20
#define ENTRY_SIZE 46
#define LOCAL_SIZE 30
#define COMMENT_MOST 65535

/* Stands for a number that does not fit, which is in the entry's extra field. */
#define MORE32 0xffffffffu

struct reader {
	const unsigned char *data;
	size_t size;
	const char *path;
	struct ll_err *err;
};

static int
bad(const struct reader *r, const char *what)
{
	return ll_fail(r->err, LL_EDATA, "%s: zip: %s", r->path, what);
}

/* Whether `length` bytes at `at` are in the file. */
static bool
inside(const struct reader *r, uint64_t at, uint64_t length)
{
	return at <= r->size && length <= r->size - at;
}

static bool
is(const unsigned char *p, unsigned char third, unsigned char fourth)
{
	return p[0] == 'P' && p[1] == 'K' && p[2] == third && p[3] == fourth;
}

bool
ll_zip_begins(const void *data, size_t size)
{
	return size >= 4 && is(data, 3, 4);
}

/* The end record, which a comment of unknown length may follow. */
static const unsigned char *
find_end(const struct reader *r)
{
	for (size_t back = END_SIZE; back <= r->size && back <= END_SIZE + COMMENT_MOST; back++) {
		const unsigned char *p = r->data + r->size - back;

		if (is(p, 5, 6) && ll_load16(p + 20) == back - END_SIZE)
			return p;
	}
	return NULL;
}

struct directory {
	uint64_t count, size, at;
};

static int
find_directory(const struct reader *r, struct directory *out)
{
	const unsigned char *end = find_end(r), *locator;
	uint64_t at;

	if (end == NULL)
		return bad(r, "no end record: not a zip archive, or cut short");
	*out = (struct directory){ ll_load16(end + 10), ll_load32(end + 12), ll_load32(end + 16) };
	locator = end - r->data >= LOCATOR_SIZE ? end - LOCATOR_SIZE : NULL;
	if (locator != NULL && is(locator, 6, 7)) {
		at = ll_load64(locator + 8);
		if (!inside(r, at, END64_SIZE) || !is(r->data + at, 6, 6))
			return bad(r, "zip64 end record is missing");
		*out = (struct directory){ ll_load64(r->data + at + 32), ll_load64(r->data + at + 40),
			ll_load64(r->data + at + 48) };
	}
	if (!inside(r, out->at, out->size))
		return bad(r, "directory does not fit the file");
	if (out->count > out->size / ENTRY_SIZE)
		return bad(r, "directory has less room than entries");
	return 0;
}

/* The numbers of an entry that are too large for its fixed part, in this order. */
static int
read_extra(const struct reader *r, const unsigned char *p, size_t left, uint64_t *size, uint64_t *packed,
    uint64_t *at)
{
	uint64_t *wanted[3] = { size, packed, at };

	while (left >= 4) {
		size_t length = ll_load16(p + 2);
		bool ours = ll_load16(p) == 1;

		p += 4, left -= 4;
		if (length > left)
			return bad(r, "extra field does not fit its entry");
		for (size_t i = 0, from = 0; i < 3 && ours; i++) {
			if (*wanted[i] != MORE32)
				continue;
			if (from + 8 > length)
				return bad(r, "zip64 field is too short");
			*wanted[i] = ll_load64(p + from);
			from += 8;
		}
		p += length, left -= length;
	}
	return 0;
}

/* Where the data of an entry is: behind a header of its own, whose lengths may differ. */
static int
place(const struct reader *r, struct ll_zip_entry *entry, uint64_t at, uint64_t size)
{
	const unsigned char *local = r->data + (inside(r, at, LOCAL_SIZE) ? at : 0);
	uint64_t begin;

	if (!inside(r, at, LOCAL_SIZE) || !is(local, 3, 4))
		return bad(r, "entry's header is missing");
	begin = at + LOCAL_SIZE + ll_load16(local + 26) + ll_load16(local + 28);
	if (!inside(r, begin, size))
		return ll_fail(r->err, LL_EDATA, "%s: zip: %.*s: %" PRIu64 " bytes at %" PRIu64 " do not fit the file of "
		    "%zu bytes", r->path, (int)(entry->length < 128 ? entry->length : 128), entry->name, size, begin,
		    r->size);
	entry->data = r->data + begin;
	entry->size = (size_t)size;
	entry->offset = begin;
	return 0;
}

/* One entry of the directory at `p`, of which `left` bytes are there; *used is what it takes. */
static int
read_entry(const struct reader *r, struct ll_zip_entry *entry, const unsigned char *p, size_t left, size_t *used)
{
	size_t name, extra, comment;
	uint64_t size, packed, at;
	int status;

	if (left < ENTRY_SIZE || !is(p, 1, 2))
		return bad(r, "directory is cut short");
	name = ll_load16(p + 28), extra = ll_load16(p + 30), comment = ll_load16(p + 32);
	*used = ENTRY_SIZE + name + extra + comment;
	if (*used > left)
		return bad(r, "directory is cut short");
	if ((ll_load16(p + 8) & 1) != 0 || ll_load16(p + 10) != 0)
		return ll_fail(r->err, LL_EUNSUPPORTED, "%s: zip: %.*s is compressed or encrypted: only stored entries "
		    "are supported", r->path, (int)(name < 128 ? name : 128), (const char *)p + ENTRY_SIZE);
	packed = ll_load32(p + 20), size = ll_load32(p + 24), at = ll_load32(p + 42);
	if ((status = read_extra(r, p + ENTRY_SIZE + name, extra, &size, &packed, &at)) < 0)
		return status;
	if (packed != size)
		return bad(r, "a stored entry has two sizes");
	entry->name = (const char *)p + ENTRY_SIZE;
	entry->length = name;
	return place(r, entry, at, size);
}

static int
by_offset(const void *a, const void *b)
{
	const struct ll_zip_entry *x = a, *y = b;

	return x->offset != y->offset ? (x->offset < y->offset ? -1 : 1) : x->size < y->size ? -1 : x->size > y->size;
}

static int
by_name(const void *a, const void *b)
{
	const struct ll_zip_entry *x = a, *y = b;

	return x->length != y->length ? (x->length < y->length ? -1 : 1) : memcmp(x->name, y->name, x->length);
}

static int
check_entries(const struct reader *r, struct ll_zip *zip)
{
	qsort(zip->entries, zip->count, sizeof(*zip->entries), by_offset);
	for (size_t i = 1; i < zip->count; i++)
		if (zip->entries[i].offset - zip->entries[i - 1].offset < zip->entries[i - 1].size)
			return bad(r, "two entries overlap");
	qsort(zip->entries, zip->count, sizeof(*zip->entries), by_name);
	for (size_t i = 1; i < zip->count; i++)
		if (by_name(&zip->entries[i - 1], &zip->entries[i]) == 0)
			return bad(r, "two entries have one name");
	return 0;
}

int
ll_zip_read(struct ll_zip *zip, const unsigned char *data, size_t size, const char *path, struct ll_err *err)
{
	struct reader r = { data, size, path, err };
	struct directory directory = { 0 };
	size_t at = 0, used = 0;
	int status;

	*zip = (struct ll_zip){ 0 };
	if ((status = find_directory(&r, &directory)) < 0)
		return status;
	if ((zip->entries = ll_alloc((size_t)directory.count, sizeof(*zip->entries), err)) == NULL)
		return -LL_ENOMEM;
	for (; zip->count < directory.count && status == 0; zip->count++, at += used)
		status = read_entry(&r, &zip->entries[zip->count], data + directory.at + at,
		    (size_t)directory.size - at, &used);
	if (status == 0)
		status = check_entries(&r, zip);
	if (status < 0)
		ll_zip_free(zip);
	return status;
}

void
ll_zip_free(struct ll_zip *zip)
{
	free(zip->entries);
	*zip = (struct ll_zip){ 0 };
}

const struct ll_zip_entry *
ll_zip_find(const struct ll_zip *zip, const char *name, size_t length)
{
	struct ll_zip_entry key = { .name = name, .length = length };

	return zip->count > 0 ? bsearch(&key, zip->entries, zip->count, sizeof(key), by_name) : NULL;
}
