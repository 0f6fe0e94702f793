/*
 * Importance matrices; see imatrix.h.
 *
 * In a GGUF a tensor NAME has two of F32: NAME.in_sum2, the sums of squares, and NAME.counts,
 * how many were added, one for each matrix (one, without experts). The older format has a count
 * of entries, then for each a name, a count of calls and sums that are divided by it; then maybe
 * the calls and the name of the text.
 */

#include "model/imatrix.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "model/gguf.h"

#define SUMS ".in_sum2"
#define COUNTS ".counts"
#define NAME_MOST 1024
#define ENTRIES_MOST (1u << 20)

struct entry {
	char *name;
	float *means;
	size_t count;
};

struct ll_imatrix {
	struct entry *entries;		/* by name */
	size_t count, cap;
	uint32_t chunks;
	char *dataset;
};

static struct entry *
add(struct ll_imatrix *imatrix, const char *name, size_t length, size_t count, struct ll_err *err)
{
	struct entry *entry;

	if (ll_grow(&imatrix->entries, &imatrix->cap, imatrix->count + 1, sizeof(*entry), err) < 0)
		return NULL;
	entry = &imatrix->entries[imatrix->count];
	*entry = (struct entry){ .name = ll_copy(name, length, err), .count = count };
	if (entry->name == NULL)
		return NULL;
	imatrix->count++;
	entry->means = ll_alloc(count, sizeof(float), err);
	return entry->means != NULL ? entry : NULL;
}

/* Sums become means; not every number of the file is one. */
static int
take_means(float *means, const unsigned char *sums, size_t count, float divisor, const char *path,
    const char *name, struct ll_err *err)
{
	for (size_t i = 0; i < count; i++) {
		means[i] = divisor > 0 ? ll_load_f32(sums + 4 * i) / divisor : 1.0f;
		if (!(means[i] >= 0 && isfinite(means[i])))
			return ll_fail(err, LL_EDATA, "%s: %.128s: element %zu: %g is not a mean of squares", path,
			    name, i, (double)means[i]);
	}
	return 0;
}

/* A tensor of sums, and its counts. */
static int
take_tensor(struct ll_imatrix *imatrix, const struct ll_gguf *gguf, const struct ll_gguf_tensor *sums,
    struct ll_err *err)
{
	size_t length = sums->name.length - strlen(SUMS), matrices, cols;
	const struct ll_gguf_tensor *counts;
	struct entry *entry;
	char name[NAME_MOST];
	int status = 0;

	if (length == 0 || length + sizeof(COUNTS) > sizeof(name))
		return ll_fail(err, LL_EDATA, "%s: %.*s: name of %zu bytes", gguf->path, (int)(length < 128 ? length : 128),
		    sums->name.bytes, length);
	snprintf(name, sizeof(name), "%.*s" COUNTS, (int)length, sums->name.bytes);
	counts = ll_gguf_tensor(gguf, name);
	if (counts == NULL)
		return ll_fail(err, LL_EDATA, "%s: %.128s: the sums have no counts", gguf->path, name);
	matrices = counts->size / 4;
	if (sums->type != LL_F32 || counts->type != LL_F32 || sums->panels || counts->panels || matrices == 0 || sums->size / 4 % matrices != 0)
		return ll_fail(err, LL_EDATA, "%s: %.128s: %zu bytes of %s for sums of %zu bytes of %s", gguf->path,
		    name, counts->size, ll_dtype_name(counts->type) ? ll_dtype_name(counts->type) : "?", sums->size,
		    ll_dtype_name(sums->type) ? ll_dtype_name(sums->type) : "?");
	cols = sums->size / 4 / matrices;
	name[length] = '\0';
	if ((entry = add(imatrix, name, length, sums->size / 4, err)) == NULL)
		return -LL_ENOMEM;
	for (size_t m = 0; m < matrices && status == 0; m++)
		status = take_means(entry->means + m * cols, sums->data + 4 * m * cols, cols,
		    ll_load_f32(counts->data + 4 * m), gguf->path, name, err);
	return status;
}

static int
take_dataset(struct ll_imatrix *imatrix, const struct ll_gguf *gguf, struct ll_err *err)
{
	const struct ll_gguf_value *value = ll_gguf_find(gguf, "imatrix.datasets");
	const unsigned char *cursor;
	struct ll_gguf_text text;

	if (value == NULL || value->type != LL_GGUF_ARRAY || value->element != LL_GGUF_STRING || value->count == 0)
		return 0;
	cursor = value->data;
	text = ll_gguf_next_string(&cursor);
	imatrix->dataset = ll_copy(text.bytes, text.length, err);
	return imatrix->dataset != NULL ? 0 : -LL_ENOMEM;
}

static int
parse_gguf(struct ll_imatrix *imatrix, const void *data, size_t size, const char *name, struct ll_err *err)
{
	struct ll_gguf_text kind;
	struct ll_gguf *gguf;
	uint64_t chunks = 0;
	int status = ll_gguf_parse(&gguf, data, size, name, err);

	if (status < 0)
		return status;
	if ((status = ll_gguf_string(gguf, "general.type", &kind, err)) == 0 ||
	    (status == 1 && !ll_gguf_text_is(&kind, "imatrix")))
		status = ll_fail(err, LL_EDATA, "%s: general.type: not an importance matrix", name);
	if (status >= 0)
		status = ll_gguf_uint(gguf, "imatrix.chunk_count", &chunks, err);
	imatrix->chunks = chunks < UINT32_MAX ? (uint32_t)chunks : UINT32_MAX;
	if (status >= 0)
		status = take_dataset(imatrix, gguf, err);
	for (size_t i = 0; i < gguf->tensor_count && status >= 0; i++) {
		const struct ll_gguf_tensor *tensor = &gguf->tensors[i];
		size_t length = tensor->name.length, end = strlen(SUMS);

		if (length >= end && memcmp(tensor->name.bytes + length - end, SUMS, end) == 0)
			status = take_tensor(imatrix, gguf, tensor, err);
	}
	ll_gguf_close(gguf);
	return status < 0 ? status : 0;
}

struct reader {
	const unsigned char *data;
	size_t size, at;
	const char *path;
	struct ll_err *err;
};

/* The next number, from 0 to `most`; false and an error otherwise. */
static bool
take_count(struct reader *r, uint32_t *out, uint32_t most, const char *what)
{
	if (r->size - r->at < 4) {
		ll_fail(r->err, LL_EDATA, "%s: %s at byte %zu does not fit the file of %zu bytes", r->path, what,
		    r->at, r->size);
		return false;
	}
	*out = ll_load32(r->data + r->at);
	if (*out > most) {
		ll_fail(r->err, LL_EDATA, "%s: %s at byte %zu: %" PRId32 " is not 0 to %" PRIu32, r->path, what, r->at,
		    (int32_t)*out, most);
		return false;
	}
	r->at += 4;
	return true;
}

static const unsigned char *
take_bytes(struct reader *r, size_t length, const char *what)
{
	const unsigned char *bytes = r->data + r->at;

	if (r->size - r->at < length) {
		ll_fail(r->err, LL_EDATA, "%s: %s of %zu bytes at byte %zu does not fit the file of %zu bytes", r->path,
		    what, length, r->at, r->size);
		return NULL;
	}
	r->at += length;
	return bytes;
}

static int
take_entry(struct ll_imatrix *imatrix, struct reader *r)
{
	const unsigned char *name, *sums;
	uint32_t length, calls, count;
	struct entry *entry;

	if (!take_count(r, &length, NAME_MOST, "length of a name") ||
	    (name = take_bytes(r, length, "name")) == NULL ||
	    !take_count(r, &calls, INT32_MAX, "count of calls") || !take_count(r, &count, INT32_MAX / 4, "count") ||
	    (sums = take_bytes(r, 4 * (size_t)count, "sums")) == NULL)
		return -LL_EDATA;
	if (length == 0 || count == 0 || memchr(name, '\0', length) != NULL)
		return ll_fail(r->err, LL_EDATA, "%s: entry %zu: no name or no numbers", r->path, imatrix->count);
	if ((entry = add(imatrix, (const char *)name, length, count, r->err)) == NULL)
		return -LL_ENOMEM;
	return take_means(entry->means, sums, count, calls > 0 ? (float)calls : 1.0f, r->path, entry->name, r->err);
}

static int
parse_old(struct ll_imatrix *imatrix, const void *data, size_t size, const char *path, struct ll_err *err)
{
	struct reader r = { .data = data, .size = size, .path = path, .err = err };
	const unsigned char *text;
	uint32_t count, length;
	int status = 0;

	if (!take_count(&r, &count, ENTRIES_MOST, "count of entries"))
		return -LL_EDATA;
	if (count == 0)
		return ll_fail(err, LL_EDATA, "%s: an importance matrix without entries", path);
	for (uint32_t i = 0; i < count && status == 0; i++)
		status = take_entry(imatrix, &r);
	/* The oldest files end here. */
	if (status < 0 || r.at == r.size)
		return status;
	if (!take_count(&r, &imatrix->chunks, INT32_MAX, "count of calls"))
		return -LL_EDATA;
	if (r.at == r.size)
		return 0;
	if (!take_count(&r, &length, INT32_MAX, "length of the name of the text") ||
	    (text = take_bytes(&r, length, "name of the text")) == NULL)
		return -LL_EDATA;
	imatrix->dataset = ll_copy((const char *)text, length, err);
	return imatrix->dataset != NULL ? 0 : -LL_ENOMEM;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->name, ((const struct entry *)b)->name);
}

int
ll_imatrix_parse(struct ll_imatrix **out, const void *data, size_t size, const char *name, struct ll_err *err)
{
	struct ll_imatrix *imatrix = ll_alloc(1, sizeof(*imatrix), err);
	int status;

	*out = NULL;
	if (imatrix == NULL)
		return -LL_ENOMEM;
	if (ll_gguf_begins(data, size))
		status = parse_gguf(imatrix, data, size, name, err);
	else
		status = parse_old(imatrix, data, size, name, err);
	if (imatrix->count > 0)
		qsort(imatrix->entries, imatrix->count, sizeof(*imatrix->entries), by_name);
	for (size_t i = 1; i < imatrix->count && status == 0; i++)
		if (by_name(&imatrix->entries[i - 1], &imatrix->entries[i]) == 0)
			status = ll_fail(err, LL_EDATA, "%s: %.128s: is there twice", name, imatrix->entries[i].name);
	if (status < 0) {
		ll_imatrix_close(imatrix);
		return status;
	}
	*out = imatrix;
	return 0;
}

int
ll_imatrix_open(struct ll_imatrix **out, const char *path, struct ll_err *err)
{
	struct ll_map map;
	int status = ll_map_open(&map, path, err);

	*out = NULL;
	if (status < 0)
		return status;
	status = ll_imatrix_parse(out, map.data, map.size, path, err);
	ll_map_close(&map);
	return status;
}

void
ll_imatrix_close(struct ll_imatrix *imatrix)
{
	if (imatrix == NULL)
		return;
	for (size_t i = 0; i < imatrix->count; i++) {
		free(imatrix->entries[i].name);
		free(imatrix->entries[i].means);
	}
	free(imatrix->entries);
	free(imatrix->dataset);
	free(imatrix);
}

const float *
ll_imatrix_find(const struct ll_imatrix *imatrix, const char *tensor, size_t *count)
{
	struct entry key = { .name = (char *)(uintptr_t)tensor }, *found;

	if (imatrix->count == 0)
		return NULL;
	found = bsearch(&key, imatrix->entries, imatrix->count, sizeof(key), by_name);
	if (found == NULL)
		return NULL;
	*count = found->count;
	return found->means;
}

size_t
ll_imatrix_entries(const struct ll_imatrix *imatrix)
{
	return imatrix->count;
}

uint32_t
ll_imatrix_chunks(const struct ll_imatrix *imatrix)
{
	return imatrix->chunks;
}

const char *
ll_imatrix_dataset(const struct ll_imatrix *imatrix)
{
	return imatrix->dataset;
}
