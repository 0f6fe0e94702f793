/*
 * safetensors files; see safetensors.h. What tensors are called elsewhere is names.c's, which
 * files there are source_hf.c's.
 */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "model/safetensors.h"
#include "model/source_make.h"
#include "tensor/dtype.h"

/*
 * The format's own limit is 100 MB, of which the values would take 2 GB. All 405B of Llama 3.1,
 * with scales, in one file are 2,020 tensors of some 130 bytes each.
 */
#define HEADER_MOST (8u << 20)
#define NAME_MOST 1024

struct reader {
	struct ll_source *source;
	const unsigned char *data;	/* behind the header */
	size_t size, begin;		/* begin: of the data in the file */
	const char *path;
	struct ll_err *err;
};

static const struct {
	const char *name;
	uint32_t type;
	size_t bytes;
} dtypes[] = {
	{ "F32", LL_F32, 4 }, { "F16", LL_F16, 2 }, { "BF16", LL_BF16, 2 }, { "F8_E4M3", LL_F8_E4M3, 1 },
	/* GGUF's numbers of what has a name there and cannot be computed with. */
	{ "F64", 28, 8 }, { "I64", 27, 8 }, { "I32", 26, 4 }, { "I16", 25, 2 }, { "I8", 24, 1 },
};

static int
bad(const struct reader *r, const char *name, const char *what)
{
	return ll_fail(r->err, LL_EDATA, "%s: %.128s: %s", r->path, name, what);
}

static int
read_dtype(const struct reader *r, const char *name, const struct ll_json *entry, uint32_t *type, size_t *bytes)
{
	const char *text = ll_json_text_of(ll_json_get(entry, "dtype"), NULL);

	if (text == NULL)
		return bad(r, name, "dtype: not a string");
	for (size_t i = 0; i < sizeof(dtypes) / sizeof(dtypes[0]); i++)
		if (strcmp(text, dtypes[i].name) == 0) {
			*type = dtypes[i].type;
			*bytes = dtypes[i].bytes;
			return 0;
		}
	return ll_fail(r->err, LL_EUNSUPPORTED, "%s: %.128s: dtype '%.32s' is not supported (F32, F16, BF16 and "
	    "F8_E4M3 are)", r->path, name, text);
}

/* The shape, which is outermost first there, and the number of elements. */
static int
read_shape(const struct reader *r, const struct ll_json *entry, struct ll_source_tensor *tensor, size_t *elements)
{
	const struct ll_json *shape = ll_json_get(entry, "shape");
	size_t dims = ll_json_count(shape);

	if (!ll_json_is_array(shape))
		return bad(r, ll_source_label(tensor), "shape: not an array");
	if (dims > LL_SOURCE_DIMS)
		return ll_fail(r->err, LL_EUNSUPPORTED, "%s: %.128s: shape: %zu dimensions are more than %d", r->path,
		    ll_source_label(tensor), dims, LL_SOURCE_DIMS);
	tensor->dims = (uint32_t)dims;
	*elements = 1;
	for (size_t i = 0; i < dims; i++) {
		int64_t length;

		if (!ll_json_integer(ll_json_at(shape, i), &length) || length < 1)
			return bad(r, ll_source_label(tensor), "shape: a dimension is not a whole number above 0");
		tensor->ne[dims - 1 - i] = (uint64_t)length;
		if ((uint64_t)length > SIZE_MAX || ll_mul(*elements, (size_t)length, elements))
			return bad(r, ll_source_label(tensor), "shape: too large");
	}
	return 0;
}

static int
read_place(const struct reader *r, const struct ll_json *entry, struct ll_source_tensor *tensor, size_t wanted)
{
	const struct ll_json *offsets = ll_json_get(entry, "data_offsets");
	int64_t begin, end;

	if (ll_json_count(offsets) != 2 || !ll_json_integer(ll_json_at(offsets, 0), &begin) ||
	    !ll_json_integer(ll_json_at(offsets, 1), &end))
		return bad(r, ll_source_label(tensor), "data_offsets: not two whole numbers");
	if (begin < 0 || end < begin || (uint64_t)end > r->size)
		return ll_fail(r->err, LL_EDATA, "%s: %.128s: data_offsets: %" PRId64 " to %" PRId64
		    " do not fit the %zu bytes of tensor data", r->path, ll_source_label(tensor), begin, end, r->size);
	if ((uint64_t)(end - begin) != wanted)
		return ll_fail(r->err, LL_EDATA, "%s: %.128s: data_offsets: %" PRId64 " bytes, but dtype and shape "
		    "make %zu", r->path, ll_source_label(tensor), end - begin, wanted);
	tensor->size = wanted;
	tensor->offset = r->begin + (uint64_t)begin;
	if (ll_dtype(tensor->type) != NULL)
		tensor->data = r->data + begin;
	return 0;
}

static int
read_tensor(const struct reader *r, const char *name, const struct ll_json *entry)
{
	struct ll_source_tensor *tensor;
	char translated[LL_NAME_ROOM];
	bool known = ll_name_to_gguf(translated, LL_CONTAINER_SAFETENSORS, name);
	size_t bytes = 0, elements = 1;
	uint32_t type = 0;
	int status;

	if (name[0] == '\0' || strlen(name) > NAME_MOST)
		return ll_fail(r->err, LL_EDATA, "%s: a tensor's name of %zu bytes", r->path, strlen(name));
	if ((status = read_dtype(r, name, entry, &type, &bytes)) < 0 ||
	    (status = ll_source_add(r->source, &tensor, known ? translated : name, known ? name : NULL, r->err)) < 0)
		return status;
	tensor->file = r->path;
	tensor->type = type;
	if ((status = read_shape(r, entry, tensor, &elements)) < 0)
		return status;
	if (ll_mul(elements, bytes, &elements))
		return bad(r, name, "shape: too large");
	return read_place(r, entry, tensor, elements);
}

static int
by_offset(const void *a, const void *b)
{
	const struct ll_source_tensor *x = *(const struct ll_source_tensor *const *)a;
	const struct ll_source_tensor *y = *(const struct ll_source_tensor *const *)b;

	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

/* Of the tensors from number `first` on, no byte belongs to two. */
static int
check_overlaps(const struct reader *r, size_t first)
{
	size_t count = r->source->count - first;
	struct ll_source_tensor **order = ll_alloc(count, sizeof(*order), r->err);
	int status = 0;

	if (order == NULL)
		return -LL_ENOMEM;
	for (size_t i = 0; i < count; i++)
		order[i] = &r->source->tensors[first + i];
	qsort(order, count, sizeof(*order), by_offset);
	for (size_t i = 1; i < count && status == 0; i++)
		if (order[i]->offset - order[i - 1]->offset < order[i - 1]->size)
			status = ll_fail(r->err, LL_EDATA, "%s: tensors %.128s and %.128s overlap at byte %" PRIu64,
			    r->path, ll_source_label(order[i - 1]), ll_source_label(order[i]), order[i]->offset);
	free(order);
	return status;
}

static int
read_header(struct reader *r, const struct ll_json *header)
{
	const struct ll_json *entry;
	size_t first = r->source->count;
	void *cursor = NULL;
	const char *name;
	int status;

	if (!ll_json_is_object(header))
		return ll_fail(r->err, LL_EDATA, "%s: header: not a JSON object", r->path);
	while (ll_json_next(header, &cursor, &name, &entry))
		if (strcmp(name, "__metadata__") != 0 && (status = read_tensor(r, name, entry)) < 0)
			return status;
	return check_overlaps(r, first);
}

int
ll_safetensors_read(struct ll_source *source, const unsigned char *data, size_t size, const char *path,
    struct ll_err *err)
{
	struct reader r = { .source = source, .path = path, .err = err };
	struct ll_json *header;
	uint64_t length;
	int status;

	if (size < 8)
		return ll_fail(err, LL_EDATA, "%s: %zu bytes: not a safetensors file", path, size);
	length = ll_load64(data);
	if (length > size - 8)
		return ll_fail(err, LL_EDATA, "%s: header of %" PRIu64 " bytes does not fit the file of %zu bytes", path,
		    length, size);
	if (length > HEADER_MOST)
		return ll_fail(err, LL_EUNSUPPORTED, "%s: header of %" PRIu64 " bytes: more than %u are not supported", path,
		    length, HEADER_MOST);
	if (length < 2 || data[8] != '{')
		return ll_fail(err, LL_EDATA, "%s: header: does not begin with '{': not a safetensors file", path);
	r.begin = 8 + (size_t)length;
	r.data = data + r.begin;
	r.size = size - r.begin;
	if ((status = ll_json_parse_settings(&header, (const char *)data + 8, (size_t)length, path, err)) < 0)
		return status;
	status = read_header(&r, header);
	ll_json_free(header);
	return status;
}
