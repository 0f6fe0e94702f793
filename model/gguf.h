/*
 * GGUF files, versions 2 and 3: header, metadata, tensor directory. Read-only, mapped;
 * every size is checked against the file before it is used (ggml's docs/gguf.md).
 */

#ifndef LL_MODEL_GGUF_H
#define LL_MODEL_GGUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/bytes.h"
#include "base/io.h"
#include "tensor/dtype.h"

struct ll_err;

enum ll_gguf_type {
	LL_GGUF_U8, LL_GGUF_I8, LL_GGUF_U16, LL_GGUF_I16, LL_GGUF_U32, LL_GGUF_I32,
	LL_GGUF_F32, LL_GGUF_BOOL, LL_GGUF_STRING, LL_GGUF_ARRAY, LL_GGUF_U64, LL_GGUF_I64,
	LL_GGUF_F64, LL_GGUF_TYPES
};

struct ll_gguf_text {		/* borrowed from the mapping, not NUL-terminated */
	const char *bytes;
	size_t length;
};

struct ll_gguf_value {
	struct ll_gguf_text key;
	enum ll_gguf_type type;
	enum ll_gguf_type element;	/* of an array */
	uint64_t count;			/* of an array, else 1 */
	const unsigned char *data;	/* the value's bytes in the mapping, unaligned; bounds already checked */
	size_t size;			/* bytes of it */
};

#define LL_GGUF_DIMS 4

/* What is added to the number of a type where rows lie in panels, and what ll.layout calls them. */
#define LL_GGUF_PANELS 0x6c6c0000u
#define LL_GGUF_LAYOUT "rows16x8"

/* The key of the fingerprint of the model that a file was recoded from, by ll. */
#define LL_GGUF_ORIGIN "ll.origin"

struct ll_gguf_tensor {
	struct ll_gguf_text name;
	uint32_t type;			/* GGUF's number; maybe one that tensor/ does not know */
	bool panels;			/* rows lie in panels: LL_GGUF_PANELS is taken off the number */
	uint32_t dims;			/* 1..4 */
	uint64_t ne[LL_GGUF_DIMS];	/* elements, innermost first; unused ones are 1 */
	const unsigned char *data;	/* NULL when `type` is unknown */
	size_t size;			/* bytes of data; 0 when `type` is unknown */
	uint64_t offset;		/* of the data in the file */
	size_t span;			/* bytes up to the next tensor or the end: the size and padding */
};

struct ll_gguf {
	struct ll_map map;
	const char *path;		/* borrowed; own_path if that is set */
	char *own_path;			/* freed with the file */
	uint32_t version;
	size_t alignment;
	bool panels;			/* ll.layout is there: tensors may lie in panels */
	size_t value_count;
	struct ll_gguf_value *values;	/* in file order */
	size_t tensor_count;
	struct ll_gguf_tensor *tensors;	/* in file order */
	/* The keys and the tensors' names, by length and bytes: what find and tensor search. */
	const struct ll_gguf_text **keys;
	const struct ll_gguf_text **names;
};

/*
 * Opens and checks a file. -LL_EINPUT if it cannot be opened, -LL_EDATA if it is not a sound
 * GGUF, -LL_EUNSUPPORTED if it is of another version or byte order, with the file, the field
 * and the value. `path` must outlive it.
 */
int ll_gguf_open(struct ll_gguf **out, const char *path, struct ll_err *err);
/*
 * The same over bytes in memory, which must outlive it; `name` stands for the path. Only where they
 * are 64-byte aligned may tensors in panels be multiplied.
 */
int ll_gguf_parse(struct ll_gguf **out, const void *data, size_t size, const char *name, struct ll_err *err);
/* Opens a file, or the first part of the split one that it is a part of: that has the metadata. */
int ll_gguf_open_first(struct ll_gguf **out, const char *path, struct ll_err *err);
void ll_gguf_close(struct ll_gguf *gguf);

/* Whether bytes begin as those of a GGUF do, sound or not, in either byte order. */
bool ll_gguf_begins(const void *data, size_t size);
/* Of a file whose folder is a model, and not the file itself, what it is; NULL of others. */
const char *ll_gguf_part(const void *data, size_t size);

/* NULL if there is none. */
const struct ll_gguf_value *ll_gguf_find(const struct ll_gguf *gguf, const char *key);
const struct ll_gguf_tensor *ll_gguf_tensor(const struct ll_gguf *gguf, const char *name);

/* The tensors in ascending order of their names; count entries. */
const struct ll_gguf_tensor *ll_gguf_tensor_sorted(const struct ll_gguf *gguf, size_t i);

/*
 * Typed reads. 1 if found, 0 if absent (*out untouched), -LL_EDATA if of a wrong type or out
 * of range. Any integer type serves for an unsigned, F32 or F64 for a float.
 */
int ll_gguf_uint(const struct ll_gguf *gguf, const char *key, uint64_t *out, struct ll_err *err);
int ll_gguf_float(const struct ll_gguf *gguf, const char *key, double *out, struct ll_err *err);
int ll_gguf_bool(const struct ll_gguf *gguf, const char *key, bool *out, struct ll_err *err);
int ll_gguf_string(const struct ll_gguf *gguf, const char *key, struct ll_gguf_text *out, struct ll_err *err);

/* A string of 16 hexadecimal digits. */
int ll_gguf_fingerprint(const struct ll_gguf *gguf, const char *key, uint64_t *out, struct ll_err *err);

/* Whether it is `word`, all of it. */
static inline bool
ll_gguf_text_is(const struct ll_gguf_text *text, const char *word)
{
	return text->length == strlen(word) && memcmp(text->bytes, word, text->length) == 0;
}

static inline bool
ll_gguf_text_begins(const struct ll_gguf_text *text, const char *word)
{
	return text->length >= strlen(word) && memcmp(text->bytes, word, strlen(word)) == 0;
}

/* Walks an array of strings: *cursor starts at value->data. The bounds were checked by open. */
static inline struct ll_gguf_text
ll_gguf_next_string(const unsigned char **cursor)
{
	size_t length = (size_t)ll_load64(*cursor);
	struct ll_gguf_text text = { (const char *)*cursor + 8, length };

	*cursor += 8 + length;
	return text;
}

/* "u8", "string", "array" ... */
const char *ll_gguf_type_name(enum ll_gguf_type type);

#endif
