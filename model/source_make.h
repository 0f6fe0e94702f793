/*
 * What the readers of containers share: growing a source, and the names of tensors.
 */

#ifndef LL_MODEL_SOURCE_MAKE_H
#define LL_MODEL_SOURCE_MAKE_H

#include "model/source.h"

int ll_source_new(struct ll_source **out, enum ll_container container, const char *path, struct ll_err *err);

/*
 * Adds a tensor named by copies of `name` and `own` (NULL: the same), all else zero but ne,
 * which is 1. The pointer is valid until the next one is added.
 */
int ll_source_add(struct ll_source *source, struct ll_source_tensor **out, const char *name, const char *own,
    struct ll_err *err);

/* Hands over a block from malloc, even when it fails. */
int ll_source_keep(struct ll_source *source, void *block, struct ll_err *err);

/* A copy of a path that lives as long as the source. */
int ll_source_path(struct ll_source *source, const char **out, const char *folder, const char *name,
    struct ll_err *err);

/* Maps a file until the source is closed, and counts its size. */
int ll_source_map(struct ll_source *source, struct ll_map *map, const char *path, struct ll_err *err);

/* Reads a file as JSON: 1, or 0 if there is no such file. Free the value with ll_json_free. */
int ll_source_json(struct ll_json **out, const char *path, struct ll_err *err);

/* When all tensors are there: sorts them; -LL_EDATA if two have one name. */
int ll_source_finish(struct ll_source *source, struct ll_err *err);

/* The readers. `path` is a folder for the latter two. */
int ll_source_gguf(struct ll_source **out, const char *path, struct ll_err *err);
int ll_source_hf(struct ll_source **out, const char *path, struct ll_err *err);
int ll_source_meta(struct ll_source **out, const char *path, struct ll_err *err);

/*
 * When all tensors of a GGUF or of Hugging Face's are there: sorts them, and takes away what is no weight; scales go to
 * their matrix. -LL_EDATA and -LL_EUNSUPPORTED for scales that do not fit it.
 */
int ll_source_settle(struct ll_source *source, struct ll_err *err);

/* One shard of Meta's in memory, which must outlive the source; `name` stands for the path. It has no params.json. */
int ll_meta_parse(struct ll_source **out, const void *data, size_t size, const char *name, struct ll_err *err);

#define LL_NAME_ROOM 128

/*
 * GGUF's name of a tensor of another container, and back, into LL_NAME_ROOM bytes; false if
 * there is none.
 */
bool ll_name_to_gguf(char *out, enum ll_container container, const char *name);
bool ll_name_from_gguf(char *out, enum ll_container container, const char *name);

#endif
