/*
 * Where a model's tensors come from, whatever the container: a GGUF (also one split into
 * parts), a folder of safetensors, or a folder of Meta's. A source is a directory of named
 * tensors with type, shape and data, and what the hyper-parameters are read from. Names are
 * GGUF's in all of them; a tensor that GGUF has no name for keeps its own, and the model
 * refuses it.
 */

#ifndef LL_MODEL_SOURCE_H
#define LL_MODEL_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/io.h"

struct ll_err;
struct ll_gguf;
struct ll_json;

enum ll_container { LL_CONTAINER_GGUF, LL_CONTAINER_SAFETENSORS, LL_CONTAINER_META };

#define LL_SOURCE_DIMS 4

struct ll_source_tensor {
	char *name;			/* GGUF's */
	char *own;			/* the container's; NULL: the same */
	const char *file;		/* the path it is in, for messages; borrowed from the source */
	uint32_t type;			/* GGUF's number; maybe one that tensor/ does not know */
	uint32_t dims;			/* 0 is a single number */
	uint64_t ne[LL_SOURCE_DIMS];	/* elements, innermost first; unused ones are 1 */
	const unsigned char *data;	/* unaligned; NULL when `type` cannot be computed with */
	bool panels;			/* rows lie in panels (tensor/mul.h), 64-byte aligned */
	size_t size;			/* bytes; where the type is unknown, up to the next tensor */
	uint64_t offset;		/* of the data in the file */
	const float *scales;		/* one for each row, or NULL */
};

/* What differs from layer to layer. */
struct ll_layer_sizes {
	size_t heads, kv_heads, ffn;
};

struct ll_source {
	enum ll_container container;
	char *path;			/* as given */
	size_t size;			/* bytes of all its files */
	size_t count, cap;
	struct ll_source_tensor *tensors;	/* in the order of the files */
	struct ll_source_tensor **sorted;	/* by length and bytes of their names */
	struct ll_gguf **parts;		/* of a GGUF: part_count of them, the first has the metadata */
	size_t part_count;
	struct ll_json *config;		/* of a folder: config.json or params.json */
	struct ll_layer_sizes *sizes;	/* [hp.layers], set by ll_hparams_read; NULL: all are as hp says */
	/* Kept until the source is closed: */
	struct ll_map *maps;
	size_t map_count, map_cap;
	void **blocks;			/* from malloc: paths, joined tensors, scales */
	size_t block_count, block_cap;
};

/*
 * Opens a GGUF (any part of a split one) or a folder. -LL_EINPUT, -LL_EDATA,
 * -LL_EUNSUPPORTED, with the file, the field and the value.
 */
int ll_source_open(struct ll_source **out, const char *path, struct ll_err *err);
/* The same over an open file, whole in itself, which the source then owns; on failure it stays the caller's. */
int ll_source_from_gguf(struct ll_source **out, struct ll_gguf *gguf, struct ll_err *err);
void ll_source_close(struct ll_source *source);

/* Bytes of a file's mapping, not soon read again, may leave memory; those that are in none stay. */
void ll_source_release(const struct ll_source *source, const void *data, size_t size);

/* NULL if there is none. */
const struct ll_source_tensor *ll_source_find(const struct ll_source *source, const char *name);

/* "GGUF", "safetensors", "Meta" */
const char *ll_source_kind(const struct ll_source *source);

/* What a tensor is called in its file. */
static inline const char *
ll_source_label(const struct ll_source_tensor *tensor)
{
	return tensor->own != NULL ? tensor->own : tensor->name;
}

#endif
