/*
 * GGUF files: header, metadata and tensor directory, checked while they are read; see gguf.h.
 * Where tensors lie is checked by gguf_place.c; looking things up is gguf_find.c's; what keys
 * mean is left to hparams.c and vocab_gguf.c.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"
#include "model/gguf.h"
#include "model/gguf_place.h"

/* The least bytes a record takes: a name of one byte, a value of one byte, one dimension. */
#define VALUE_MIN (8 + 1 + 4 + 1)
#define TENSOR_MIN (8 + 1 + 4 + 8 + 4 + 8)

/* Far above what any model has; they keep the cost of a hostile directory small. */
#define VALUES_MAX (1u << 16)
#define TENSORS_MAX (1u << 20)
#define NAME_MAX_BYTES 65535

#define ALIGNMENT_DEFAULT 32
#define ALIGNMENT_MIN 8
#define ALIGNMENT_MAX (1u << 20)

struct reader {
	const unsigned char *data;
	size_t size;
	size_t at;
	const char *path;
	struct ll_err *err;
	char what[160];		/* the record being read, for messages */
};

/* The next `length` bytes, or NULL and an error that names the field. */
static const unsigned char *
take(struct reader *r, uint64_t length, const char *field)
{
	const unsigned char *p = r->data + r->at;

	if (length > r->size - r->at) {
		ll_fail(r->err, LL_EDATA,
		    "%s: %s: %s of %" PRIu64 " bytes at byte %zu does not fit the file of %zu bytes",
		    r->path, r->what, field, length, r->at, r->size);
		return NULL;
	}
	r->at += (size_t)length;
	return p;
}

static int
take_u32(struct reader *r, uint32_t *out, const char *field)
{
	const unsigned char *p = take(r, 4, field);

	if (p == NULL)
		return -LL_EDATA;
	*out = ll_load32(p);
	return 0;
}

static int
take_u64(struct reader *r, uint64_t *out, const char *field)
{
	const unsigned char *p = take(r, 8, field);

	if (p == NULL)
		return -LL_EDATA;
	*out = ll_load64(p);
	return 0;
}

static int
take_string(struct reader *r, struct ll_gguf_text *out, const char *field)
{
	const unsigned char *p;
	uint64_t length;

	if (take_u64(r, &length, field) < 0 || (p = take(r, length, field)) == NULL)
		return -LL_EDATA;
	*out = (struct ll_gguf_text){ (const char *)p, (size_t)length };
	return 0;
}

/* A key or a tensor's name: printable ASCII, as the format asks of keys. */
static int
take_name(struct reader *r, struct ll_gguf_text *out, const char *field)
{
	if (take_string(r, out, field) < 0)
		return -LL_EDATA;
	if (out->length == 0)
		return ll_fail(r->err, LL_EDATA, "%s: %s: %s is empty", r->path, r->what, field);
	if (out->length > NAME_MAX_BYTES)
		return ll_fail(r->err, LL_EDATA,
		    "%s: %s: %s of %zu bytes is longer than %d", r->path,
		    r->what, field, out->length, NAME_MAX_BYTES);
	for (size_t i = 0; i < out->length; i++)
		if (out->bytes[i] < 0x20 || out->bytes[i] > 0x7e)
			return ll_fail(r->err, LL_EDATA,
			    "%s: %s: %s has byte 0x%02x, which is not printable ASCII",
			    r->path, r->what, field, (unsigned char)out->bytes[i]);
	snprintf(r->what, sizeof(r->what), "%.*s",
	    (int)(out->length < 128 ? out->length : 128), out->bytes);
	return 0;
}

/* Bytes of a value of fixed size; 0 for strings, arrays and what is no type. */
static size_t
type_size(uint32_t type)
{
	static const unsigned char sizes[LL_GGUF_TYPES] = {
		[LL_GGUF_U8] = 1, [LL_GGUF_I8] = 1, [LL_GGUF_U16] = 2, [LL_GGUF_I16] = 2,
		[LL_GGUF_U32] = 4, [LL_GGUF_I32] = 4, [LL_GGUF_F32] = 4, [LL_GGUF_BOOL] = 1,
		[LL_GGUF_U64] = 8, [LL_GGUF_I64] = 8, [LL_GGUF_F64] = 8
	};

	return type < LL_GGUF_TYPES ? sizes[type] : 0;
}

/* A vocabulary has some 400,000 strings: those that fit are passed over in a tight loop. */
static int
skip_strings(struct reader *r, uint64_t count)
{
	const unsigned char *p = r->data + r->at, *end = r->data + r->size;
	struct ll_gguf_text text;

	for (; count > 0 && end - p >= 8; count--) {
		uint64_t length = ll_load64(p);

		if (length > (uint64_t)(end - p) - 8)
			break;
		p += 8 + length;
	}
	r->at = (size_t)(p - r->data);
	/* One that does not fit: taking it says so. */
	return count == 0 ? 0 : take_string(r, &text, "string of the array");
}

static int
read_array(struct reader *r, struct ll_gguf_value *value)
{
	uint32_t element;
	size_t least;

	if (take_u32(r, &element, "array type") < 0 || take_u64(r, &value->count, "array count") < 0)
		return -LL_EDATA;
	if (element == LL_GGUF_ARRAY)
		return ll_fail(r->err, LL_EDATA,
		    "%s: %s: an array of arrays is not allowed", r->path, r->what);
	if (element >= LL_GGUF_TYPES)
		return ll_fail(r->err, LL_EDATA,
		    "%s: %s: unknown array type %" PRIu32, r->path, r->what, element);
	/* A string takes at least its length. */
	least = element == LL_GGUF_STRING ? 8 : type_size(element);
	if (value->count > (r->size - r->at) / least)
		return ll_fail(r->err, LL_EDATA,
		    "%s: %s: array count %" PRIu64 " does not fit the file of %zu bytes",
		    r->path, r->what, value->count, r->size);
	value->element = element;
	value->data = r->data + r->at;
	if (element != LL_GGUF_STRING)
		return take(r, value->count * least, "array") != NULL ? 0 : -LL_EDATA;
	return skip_strings(r, value->count);
}

static int
read_value(struct reader *r, struct ll_gguf_value *value)
{
	struct ll_gguf_text text;
	uint32_t type;
	int status = 0;

	if (take_name(r, &value->key, "key") < 0 || take_u32(r, &type, "value type") < 0)
		return -LL_EDATA;
	if (type >= LL_GGUF_TYPES)
		return ll_fail(r->err, LL_EDATA,
		    "%s: %s: unknown value type %" PRIu32, r->path, r->what, type);
	value->type = type;
	value->count = 1;
	value->data = r->data + r->at;
	if (type == LL_GGUF_ARRAY)
		status = read_array(r, value);
	else if (type == LL_GGUF_STRING)
		status = take_string(r, &text, "string");
	else if (take(r, type_size(type), "value") == NULL)
		status = -LL_EDATA;
	value->size = (size_t)(r->data + r->at - value->data);
	return status;
}

static int
read_shape(struct reader *r, struct ll_gguf_tensor *tensor)
{
	if (take_u32(r, &tensor->dims, "number of dimensions") < 0)
		return -LL_EDATA;
	if (tensor->dims < 1 || tensor->dims > LL_GGUF_DIMS)
		return ll_fail(r->err, LL_EDATA,
		    "%s: %s: number of dimensions %" PRIu32 " is not 1 to %d", r->path,
		    r->what, tensor->dims, LL_GGUF_DIMS);
	for (uint32_t i = 0; i < LL_GGUF_DIMS; i++) {
		tensor->ne[i] = 1;
		if (i < tensor->dims && take_u64(r, &tensor->ne[i], "dimension") < 0)
			return -LL_EDATA;
		if (tensor->ne[i] == 0 || tensor->ne[i] > INT64_MAX)
			return ll_fail(r->err, LL_EDATA,
			    "%s: %s: dimension %" PRIu32 " is %" PRIu64, r->path, r->what, i,
			    tensor->ne[i]);
	}
	return 0;
}

/* The bytes that shape and type ask for; 0 for a type that is not known. */
static int
tensor_size(struct reader *r, struct ll_gguf_tensor *tensor)
{
	const struct ll_dtype_info *info = ll_dtype(tensor->type);
	size_t rows = 1, row = (size_t)tensor->ne[0];
	bool wraps = tensor->ne[0] > SIZE_MAX;

	if (info != NULL && !wraps && !ll_dtype_row_bytes(tensor->type, (size_t)tensor->ne[0], &row)) {
		if (tensor->ne[0] % info->block != 0)
			return ll_fail(r->err, LL_EDATA,
			    "%s: %s: rows of %" PRIu64 " are not whole blocks of %zu (%s)",
			    r->path, r->what, tensor->ne[0], info->block, info->name);
		wraps = true;
	}
	for (int i = 1; i < LL_GGUF_DIMS; i++)
		wraps = wraps || tensor->ne[i] > SIZE_MAX || ll_mul(rows, (size_t)tensor->ne[i], &rows);
	if (wraps || ll_mul(rows, row, &tensor->size))
		return ll_fail(r->err, LL_EDATA,
		    "%s: %s: dimensions %" PRIu64 " x %" PRIu64 " x %" PRIu64 " x %" PRIu64
		    " are too large", r->path, r->what, tensor->ne[0], tensor->ne[1], tensor->ne[2], tensor->ne[3]);
	if (info == NULL)
		tensor->size = 0;
	return 0;
}

static int
read_tensor(struct reader *r, const struct ll_gguf *gguf, struct ll_gguf_tensor *tensor)
{
	if (take_name(r, &tensor->name, "name") < 0 || read_shape(r, tensor) < 0 ||
	    take_u32(r, &tensor->type, "type") < 0 || take_u64(r, &tensor->offset, "offset") < 0)
		return -LL_EDATA;
	if (tensor->type >= LL_GGUF_PANELS && tensor->type - LL_GGUF_PANELS < LL_DTYPES)
		return ll_gguf_panels(gguf, tensor, r->what, r->err);
	if (ll_dtype_private(tensor->type))
		return ll_fail(r->err, LL_EDATA, "%s: %s: type %" PRIu32 " is none of GGUF's",
		    r->path, r->what, tensor->type);
	return tensor_size(r, tensor);
}

const char *
ll_gguf_part(const void *data, size_t size)
{
	const unsigned char *bytes = data;

	/* The length of a header in JSON; a text has no zeros. */
	if (size > 8 && bytes[8] == '{' && ll_load64(bytes) <= size - 8)
		return "a file of safetensors: the model is the folder that it is in";
	if (size > 4 && memcmp(bytes, "PK\3\4", 4) == 0)
		return "an archive: the model is the folder that a .pth is in";
	return NULL;
}

static int
check_magic(struct reader *r, const unsigned char *magic)
{
	const char *part = ll_gguf_part(r->data, r->size);

	if (memcmp(magic, "GGUF", 4) == 0)
		return 0;
	if (memcmp(magic, "FUGG", 4) == 0)
		return ll_fail(r->err, LL_EUNSUPPORTED,
		    "%s: magic is byte-swapped: only little-endian GGUF files are supported",
		    r->path);
	if (memcmp(magic, "tjgg", 4) == 0 || memcmp(magic, "fmgg", 4) == 0 || memcmp(magic, "lmgg", 4) == 0)
		return ll_fail(r->err, LL_EUNSUPPORTED,
		    "%s: a GGML file from before GGUF: convert it to GGUF",
		    r->path);
	if (part != NULL)
		return ll_fail(r->err, LL_EDATA, "%s: %s", r->path, part);
	return ll_fail(r->err, LL_EDATA,
	    "%s: magic is %02x %02x %02x %02x: not a GGUF file", r->path,
	    magic[0], magic[1], magic[2], magic[3]);
}

static int
check_version(struct reader *r, uint32_t version)
{
	if (version == 2 || version == 3)
		return 0;
	if (version != 0 && (version & 0xffff) == 0)
		return ll_fail(r->err, LL_EUNSUPPORTED,
		    "%s: version is byte-swapped: only little-endian GGUF files are supported", r->path);
	return ll_fail(r->err, LL_EUNSUPPORTED,
	    "%s: GGUF version %" PRIu32 " is not supported (2 and 3 are)",
	    r->path, version);
}

static int
check_count(struct reader *r, uint64_t count, size_t least, size_t most, const char *field)
{
	if (count > (r->size - r->at) / least)
		return ll_fail(r->err, LL_EDATA,
		    "%s: %s %" PRIu64 " does not fit the file of %zu bytes", r->path,
		    field, count, r->size);
	if (count > most)
		return ll_fail(r->err, LL_EDATA,
		    "%s: %s %" PRIu64 " is above the limit of %zu", r->path, field,
		    count, most);
	return 0;
}

static int
read_header(struct reader *r, struct ll_gguf *gguf)
{
	const unsigned char *magic;
	uint64_t tensors, values;
	int status;

	snprintf(r->what, sizeof(r->what), "header");
	if ((magic = take(r, 4, "magic")) == NULL)
		return -LL_EDATA;
	if ((status = check_magic(r, magic)) < 0 ||
	    (status = take_u32(r, &gguf->version, "version")) < 0 ||
	    (status = check_version(r, gguf->version)) < 0 ||
	    (status = take_u64(r, &tensors, "tensor count")) < 0 ||
	    (status = take_u64(r, &values, "metadata count")) < 0 ||
	    (status = check_count(r, tensors, TENSOR_MIN, TENSORS_MAX, "tensor count")) < 0 ||
	    (status = check_count(r, values, VALUE_MIN, VALUES_MAX, "metadata count")) < 0)
		return status;
	gguf->tensor_count = (size_t)tensors;
	gguf->value_count = (size_t)values;
	gguf->values = ll_alloc(gguf->value_count, sizeof(*gguf->values), r->err);
	gguf->tensors = ll_alloc(gguf->tensor_count, sizeof(*gguf->tensors), r->err);
	gguf->keys = ll_alloc(gguf->value_count, sizeof(*gguf->keys), r->err);
	gguf->names = ll_alloc(gguf->tensor_count, sizeof(*gguf->names), r->err);
	if (gguf->values == NULL || gguf->tensors == NULL || gguf->keys == NULL || gguf->names == NULL)
		return -LL_ENOMEM;
	return 0;
}

static int
by_name(const void *a, const void *b)
{
	const struct ll_gguf_text *x = *(const struct ll_gguf_text *const *)a;
	const struct ll_gguf_text *y = *(const struct ll_gguf_text *const *)b;

	if (x->length != y->length)
		return x->length < y->length ? -1 : 1;
	return memcmp(x->bytes, y->bytes, x->length);
}

/* Sorts the names; equal ones are then neighbours. */
static int
sort_names(struct reader *r, const struct ll_gguf_text **names, size_t count, const char *field)
{
	qsort(names, count, sizeof(*names), by_name);
	for (size_t i = 1; i < count; i++)
		if (by_name(&names[i - 1], &names[i]) == 0)
			return ll_fail(r->err, LL_EDATA, "%s: duplicate %s %.*s", r->path, field,
			    (int)(names[i]->length < 128 ? names[i]->length : 128), names[i]->bytes);
	return 0;
}

static int
read_values(struct reader *r, struct ll_gguf *gguf)
{
	for (size_t i = 0; i < gguf->value_count; i++) {
		snprintf(r->what, sizeof(r->what), "metadata entry %zu of %zu", i + 1, gguf->value_count);
		if (read_value(r, &gguf->values[i]) < 0)
			return -LL_EDATA;
		gguf->keys[i] = &gguf->values[i].key;
	}
	return sort_names(r, gguf->keys, gguf->value_count, "key");
}

static int
read_alignment(struct reader *r, struct ll_gguf *gguf)
{
	const struct ll_gguf_value *value = ll_gguf_find(gguf, "general.alignment");
	uint32_t alignment;

	gguf->alignment = ALIGNMENT_DEFAULT;
	if (value == NULL)
		return 0;
	if (value->type != LL_GGUF_U32)
		return ll_fail(r->err, LL_EDATA,
		    "%s: general.alignment: type %s is not u32", r->path,
		    ll_gguf_type_name(value->type));
	alignment = ll_load32(value->data);
	if (alignment < ALIGNMENT_MIN || alignment > ALIGNMENT_MAX || (alignment & (alignment - 1)) != 0)
		return ll_fail(r->err, LL_EDATA, "%s: general.alignment: %" PRIu32
		    " is not a power of two from %d to %u", r->path, alignment, ALIGNMENT_MIN, ALIGNMENT_MAX);
	gguf->alignment = alignment;
	return 0;
}

static int
read_tensors(struct reader *r, struct ll_gguf *gguf)
{
	for (size_t i = 0; i < gguf->tensor_count; i++) {
		int status;

		snprintf(r->what, sizeof(r->what), "tensor %zu of %zu", i + 1, gguf->tensor_count);
		if ((status = read_tensor(r, gguf, &gguf->tensors[i])) < 0)
			return status;
		gguf->names[i] = &gguf->tensors[i].name;
	}
	return sort_names(r, gguf->names, gguf->tensor_count, "tensor name");
}

bool
ll_gguf_begins(const void *data, size_t size)
{
	return size >= 4 && (memcmp(data, "GGUF", 4) == 0 || memcmp(data, "FUGG", 4) == 0);
}

static int
parse(struct ll_gguf *gguf, const unsigned char *data, size_t size, struct ll_err *err)
{
	struct reader r = { .data = data, .size = size, .path = gguf->path, .err = err };
	int status;

	if ((status = read_header(&r, gguf)) < 0 || (status = read_values(&r, gguf)) < 0 ||
	    (status = read_alignment(&r, gguf)) < 0 || (status = ll_gguf_check_layout(gguf, err)) < 0 ||
	    (status = read_tensors(&r, gguf)) < 0)
		return status;
	return ll_gguf_place(gguf, data, r.at, err);
}

int
ll_gguf_open(struct ll_gguf **out, const char *path, struct ll_err *err)
{
	struct ll_gguf *gguf = ll_alloc(1, sizeof(*gguf), err);
	int status;

	*out = NULL;
	if (gguf == NULL)
		return -LL_ENOMEM;
	gguf->path = path;
	if ((status = ll_map_open(&gguf->map, path, err)) < 0 ||
	    (status = parse(gguf, gguf->map.data, gguf->map.size, err)) < 0) {
		ll_gguf_close(gguf);
		return status;
	}
	*out = gguf;
	return 0;
}

int
ll_gguf_parse(struct ll_gguf **out, const void *data, size_t size, const char *name, struct ll_err *err)
{
	struct ll_gguf *gguf = ll_alloc(1, sizeof(*gguf), err);
	int status;

	*out = NULL;
	if (gguf == NULL)
		return -LL_ENOMEM;
	gguf->path = name;
	/* No address: there is nothing to unmap. */
	gguf->map.size = size;
	if ((status = parse(gguf, data, size, err)) < 0) {
		ll_gguf_close(gguf);
		return status;
	}
	*out = gguf;
	return 0;
}

void
ll_gguf_close(struct ll_gguf *gguf)
{
	if (gguf == NULL)
		return;
	ll_map_close(&gguf->map);
	free(gguf->values);
	free(gguf->tensors);
	free(gguf->keys);
	free(gguf->names);
	free(gguf->own_path);
	free(gguf);
}
