/*
 * Writing a GGUF as a stream; see gguf_write.h.
 */

#include "model/gguf_write.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"

#define ALIGNMENT_DEFAULT 32
#define ALIGNMENT_MIN 8
#define ALIGNMENT_MAX (1u << 20)

/* Writes are gathered up to this many bytes. */
#define GATHER (1u << 20)

struct entry {
	char *key;
	struct ll_buf bytes;	/* type and value, as in the file */
};

struct tensor {
	struct ll_buf bytes;	/* the entry of the directory up to the offset */
	uint64_t offset;	/* in the data */
	size_t size;
};

struct ll_gguf_writer {
	struct entry *entries;
	size_t entry_count, entry_cap;
	struct tensor *tensors;
	size_t tensor_count, tensor_cap;
	uint64_t alignment, data_size;
	int status;		/* the first failure of what is declared */
	struct ll_out out;
	const char *name;	/* for messages; borrowed from `out` */
	bool begun;
	struct ll_buf pending;
	size_t tensor_at;	/* the tensor whose data comes next */
	size_t done;		/* bytes of it that came */
};

int
ll_gguf_write_new(struct ll_gguf_writer **out, struct ll_err *err)
{
	if ((*out = ll_alloc(1, sizeof(**out), err)) == NULL)
		return -LL_ENOMEM;
	(*out)->alignment = ALIGNMENT_DEFAULT;
	return 0;
}

void
ll_gguf_write_free(struct ll_gguf_writer *writer)
{
	if (writer == NULL)
		return;
	if (writer->begun)
		ll_out_close(&writer->out, -LL_EIO, NULL);
	for (size_t i = 0; i < writer->entry_count; i++) {
		free(writer->entries[i].key);
		ll_buf_free(&writer->entries[i].bytes);
	}
	for (size_t i = 0; i < writer->tensor_count; i++)
		ll_buf_free(&writer->tensors[i].bytes);
	free(writer->entries);
	free(writer->tensors);
	ll_buf_free(&writer->pending);
	free(writer);
}

static int
keep(struct ll_gguf_writer *writer, int status)
{
	if (writer->status == 0)
		writer->status = status;
	return writer->status;
}

static int
add_number(struct ll_buf *buf, uint64_t value, size_t size, struct ll_err *err)
{
	unsigned char bytes[8];

	ll_store64(bytes, value);
	return ll_buf_add(buf, bytes, size, err);
}

static int
add_string(struct ll_buf *buf, const char *bytes, size_t length, struct ll_err *err)
{
	int status = add_number(buf, length, 8, err);

	return status < 0 ? status : ll_buf_add(buf, bytes, length, err);
}

static struct entry *
find(struct ll_gguf_writer *writer, const char *key)
{
	for (size_t i = 0; i < writer->entry_count; i++)
		if (strcmp(writer->entries[i].key, key) == 0)
			return &writer->entries[i];
	return NULL;
}

/* The emptied entry of a key, new or old, with its type; or NULL, as behind every failure. */
static struct ll_buf *
entry_of(struct ll_gguf_writer *writer, const char *key, enum ll_gguf_type type, struct ll_err *err)
{
	struct entry *entry = find(writer, key);

	if (writer->status < 0)
		return NULL;
	if (entry == NULL) {
		if (ll_grow(&writer->entries, &writer->entry_cap, writer->entry_count + 1, sizeof(*entry), err) < 0)
			return NULL;
		entry = &writer->entries[writer->entry_count];
		*entry = (struct entry){ .key = ll_copy(key, strlen(key), err) };
		if (entry->key == NULL)
			return NULL;
		writer->entry_count++;
	}
	entry->bytes.len = 0;
	return add_number(&entry->bytes, type, 4, err) < 0 ? NULL : &entry->bytes;
}

static int
set_number(struct ll_gguf_writer *writer, const char *key, enum ll_gguf_type type, uint64_t value, size_t size,
    struct ll_err *err)
{
	struct ll_buf *buf = entry_of(writer, key, type, err);

	return keep(writer, buf == NULL ? -LL_ENOMEM : add_number(buf, value, size, err));
}

static int
take_alignment(struct ll_gguf_writer *writer, uint64_t alignment, struct ll_err *err)
{
	if (writer->status < 0)
		return writer->status;
	if (alignment < ALIGNMENT_MIN || alignment > ALIGNMENT_MAX || (alignment & (alignment - 1)) != 0)
		return keep(writer, ll_fail(err, LL_EDATA, "general.alignment: %" PRIu64 " is not a power of two from "
		    "%d to %u", alignment, ALIGNMENT_MIN, ALIGNMENT_MAX));
	writer->alignment = alignment;
	return 0;
}

int
ll_gguf_write_u32(struct ll_gguf_writer *writer, const char *key, uint32_t value, struct ll_err *err)
{
	if (strcmp(key, "general.alignment") == 0)
		take_alignment(writer, value, err);
	return set_number(writer, key, LL_GGUF_U32, value, 4, err);
}

int
ll_gguf_write_f32(struct ll_gguf_writer *writer, const char *key, float value, struct ll_err *err)
{
	uint32_t bits;

	memcpy(&bits, &value, sizeof(bits));
	return set_number(writer, key, LL_GGUF_F32, bits, 4, err);
}

int
ll_gguf_write_bool(struct ll_gguf_writer *writer, const char *key, bool value, struct ll_err *err)
{
	return set_number(writer, key, LL_GGUF_BOOL, value, 1, err);
}

int
ll_gguf_write_string(struct ll_gguf_writer *writer, const char *key, const char *bytes, size_t length,
    struct ll_err *err)
{
	struct ll_buf *buf = entry_of(writer, key, LL_GGUF_STRING, err);

	return keep(writer, buf == NULL ? -LL_ENOMEM : add_string(buf, bytes, length, err));
}

int
ll_gguf_write_fingerprint(struct ll_gguf_writer *writer, const char *key, uint64_t value, struct ll_err *err)
{
	char text[17];

	snprintf(text, sizeof(text), "%016" PRIx64, value);
	return ll_gguf_write_string(writer, key, text, 16, err);
}

int
ll_gguf_write_array(struct ll_gguf_writer *writer, const char *key, enum ll_gguf_type element, uint64_t count,
    const void *data, size_t size, struct ll_err *err)
{
	struct ll_buf *buf = entry_of(writer, key, LL_GGUF_ARRAY, err);

	if (buf == NULL || add_number(buf, element, 4, err) < 0 || add_number(buf, count, 8, err) < 0 ||
	    ll_buf_add(buf, data, size, err) < 0)
		return keep(writer, -LL_ENOMEM);
	return 0;
}

/* Of any type of integer, as the reader takes it. */
static int
copy_alignment(struct ll_gguf_writer *writer, const struct ll_gguf_value *value, struct ll_err *err)
{
	uint64_t alignment = 0;

	for (size_t i = 0; i < value->size && i < 8; i++)
		alignment |= (uint64_t)value->data[i] << 8 * i;
	return take_alignment(writer, alignment, err);
}

int
ll_gguf_write_value(struct ll_gguf_writer *writer, const struct ll_gguf_value *value, struct ll_err *err)
{
	char *key = writer->status == 0 ? ll_copy(value->key.bytes, value->key.length, err) : NULL;
	struct ll_buf *buf;
	int status = 0;

	if (key == NULL)
		return keep(writer, -LL_ENOMEM);
	if (value->type == LL_GGUF_ARRAY) {
		status = ll_gguf_write_array(writer, key, value->element, value->count, value->data, value->size, err);
	} else {
		if (strcmp(key, "general.alignment") == 0)
			status = copy_alignment(writer, value, err);
		if (status == 0)
			status = (buf = entry_of(writer, key, value->type, err)) == NULL ? -LL_ENOMEM :
			    ll_buf_add(buf, value->data, value->size, err);
	}
	free(key);
	return keep(writer, status);
}

uint64_t
ll_gguf_write_alignment(const struct ll_gguf_writer *writer)
{
	return writer->alignment;
}

void
ll_gguf_write_drop(struct ll_gguf_writer *writer, const char *key)
{
	struct entry *entry = find(writer, key);

	if (entry == NULL)
		return;
	if (strcmp(key, "general.alignment") == 0)
		writer->alignment = ALIGNMENT_DEFAULT;
	free(entry->key);
	ll_buf_free(&entry->bytes);
	writer->entry_count--;
	memmove(entry, entry + 1, (size_t)(writer->entries + writer->entry_count - entry) * sizeof(*entry));
}

int
ll_gguf_write_tensor(struct ll_gguf_writer *writer, const char *name, uint32_t type, uint32_t dims,
    const uint64_t *ne, size_t size, struct ll_err *err)
{
	struct tensor *tensor;
	int status;

	if (writer->status < 0)
		return writer->status;
	if (dims < 1 || dims > LL_GGUF_DIMS)
		return keep(writer, ll_fail(err, LL_EDATA, "%.128s: number of dimensions %" PRIu32 " is not 1 to %d", name,
		    dims, LL_GGUF_DIMS));
	if (ll_grow(&writer->tensors, &writer->tensor_cap, writer->tensor_count + 1, sizeof(*tensor), err) < 0)
		return keep(writer, -LL_ENOMEM);
	tensor = &writer->tensors[writer->tensor_count++];
	*tensor = (struct tensor){ .size = size };
	if ((status = add_string(&tensor->bytes, name, strlen(name), err)) == 0)
		status = add_number(&tensor->bytes, dims, 4, err);
	for (uint32_t i = 0; i < dims && status == 0; i++)
		status = add_number(&tensor->bytes, ne[i], 8, err);
	return keep(writer, status < 0 ? status : add_number(&tensor->bytes, type, 4, err));
}

static uint64_t
padded(uint64_t size, uint64_t alignment)
{
	return (size + alignment - 1) / alignment * alignment;
}

static uint64_t
header_size(const struct ll_gguf_writer *writer)
{
	uint64_t size = 4 + 4 + 8 + 8;

	for (size_t i = 0; i < writer->entry_count; i++)
		size += 8 + strlen(writer->entries[i].key) + writer->entries[i].bytes.len;
	for (size_t i = 0; i < writer->tensor_count; i++)
		size += writer->tensors[i].bytes.len + 8;
	return padded(size, writer->alignment);
}

/* Where each tensor lies; false if it does not fit. */
static bool
place(struct ll_gguf_writer *writer)
{
	uint64_t at = 0;

	for (size_t i = 0; i < writer->tensor_count; i++) {
		struct tensor *tensor = &writer->tensors[i];

		if (tensor->size > INT64_MAX - LL_GGUF_DIMS * ALIGNMENT_MAX - at)
			return false;
		tensor->offset = at;
		at += padded(tensor->size, writer->alignment);
	}
	writer->data_size = at;
	return true;
}

uint64_t
ll_gguf_write_size(const struct ll_gguf_writer *writer)
{
	uint64_t size = header_size(writer);

	for (size_t i = 0; i < writer->tensor_count; i++)
		size += padded(writer->tensors[i].size, writer->alignment);
	return size;
}

static int
flush(struct ll_gguf_writer *writer, struct ll_err *err)
{
	int status = ll_write(writer->out.fd, writer->pending.data, writer->pending.len, writer->name, err);

	writer->pending.len = 0;
	return status;
}

static int
gather(struct ll_gguf_writer *writer, const void *bytes, size_t length, struct ll_err *err)
{
	int status = 0;

	if (writer->pending.len + length > GATHER && (status = flush(writer, err)) < 0)
		return status;
	if (length > GATHER)
		return ll_write(writer->out.fd, bytes, length, writer->name, err);
	return ll_buf_add(&writer->pending, bytes, length, err);
}

static int
gather_zeros(struct ll_gguf_writer *writer, uint64_t count, struct ll_err *err)
{
	static const char zeros[256];
	int status = 0;

	for (; count > 0 && status == 0; count -= count < sizeof(zeros) ? count : sizeof(zeros))
		status = gather(writer, zeros, count < sizeof(zeros) ? (size_t)count : sizeof(zeros), err);
	return status;
}

static int
write_header(struct ll_gguf_writer *writer, struct ll_err *err)
{
	struct ll_buf *buf = &writer->pending;
	uint64_t size;
	int status;

	if ((status = ll_buf_add(buf, "GGUF", 4, err)) < 0 || (status = add_number(buf, 3, 4, err)) < 0 ||
	    (status = add_number(buf, writer->tensor_count, 8, err)) < 0 ||
	    (status = add_number(buf, writer->entry_count, 8, err)) < 0)
		return status;
	for (size_t i = 0; i < writer->entry_count && status == 0; i++) {
		const struct entry *entry = &writer->entries[i];

		if ((status = add_string(buf, entry->key, strlen(entry->key), err)) == 0)
			status = ll_buf_add(buf, entry->bytes.data, entry->bytes.len, err);
	}
	for (size_t i = 0; i < writer->tensor_count && status == 0; i++) {
		const struct tensor *tensor = &writer->tensors[i];

		if ((status = ll_buf_add(buf, tensor->bytes.data, tensor->bytes.len, err)) == 0)
			status = add_number(buf, tensor->offset, 8, err);
	}
	size = buf->len;
	return status < 0 ? status : gather_zeros(writer, header_size(writer) - size, err);
}

/* Passes over tensors that are complete. */
static int
next_tensor(struct ll_gguf_writer *writer, struct ll_err *err)
{
	int status = 0;

	while (writer->tensor_at < writer->tensor_count && status == 0) {
		const struct tensor *tensor = &writer->tensors[writer->tensor_at];

		if (writer->done < tensor->size)
			break;
		status = gather_zeros(writer, padded(tensor->size, writer->alignment) - tensor->size, err);
		writer->tensor_at++;
		writer->done = 0;
	}
	return status;
}

int
ll_gguf_write_begin(struct ll_gguf_writer *writer, const char *path, struct ll_err *err)
{
	int status;

	if (writer->status < 0)
		return writer->status;
	if (!place(writer))
		return ll_fail(err, LL_EDATA, "%s: the tensors are too large for a file", path != NULL ? path : "-");
	if ((status = ll_out_open(&writer->out, path, err)) < 0)
		return status;
	writer->begun = true;
	writer->name = writer->out.path != NULL ? writer->out.path : "standard output";
	if (isatty(writer->out.fd))
		return ll_fail(err, LL_EUSAGE, "%s: refusing to write a GGUF to a terminal; use -o FILE", writer->name);
	if ((status = write_header(writer, err)) < 0)
		return status;
	return next_tensor(writer, err);
}

int
ll_gguf_write_data(struct ll_gguf_writer *writer, const void *bytes, size_t length, struct ll_err *err)
{
	const char *from = bytes;
	int status = 0;

	while (length > 0 && status == 0) {
		size_t rest, part;

		if (writer->tensor_at == writer->tensor_count)
			return ll_fail(err, LL_EBUG, "%s: more data than the tensors have", writer->name);
		rest = writer->tensors[writer->tensor_at].size - writer->done;
		part = length < rest ? length : rest;
		if ((status = gather(writer, from, part, err)) < 0)
			return status;
		from += part;
		length -= part;
		writer->done += part;
		status = next_tensor(writer, err);
	}
	return status;
}

int
ll_gguf_write_end(struct ll_gguf_writer *writer, struct ll_err *err)
{
	int status = 0;

	if (writer->tensor_at < writer->tensor_count)
		status = ll_fail(err, LL_EBUG, "%s: less data than the tensors have", writer->name);
	if (status == 0)
		status = flush(writer, err);
	writer->begun = false;
	return ll_out_close(&writer->out, status, err);
}
