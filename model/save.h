/*
 * A GGUF made of another file's: metadata copied, tensors recoded, as a stream.
 */

#ifndef LL_MODEL_SAVE_H
#define LL_MODEL_SAVE_H

#include <stddef.h>
#include <stdint.h>

#include "model/gguf_write.h"
#include "model/recode.h"

struct ll_err;
struct ll_pool;

/* What is told while it runs: the tensor that comes next, and bytes of the tensors so far. */
struct ll_save_progress {
	void (*tell)(void *context, const struct ll_recode *next, uint64_t done, uint64_t total);
	void *context;
};

/* All metadata but that of a split file (split.*) and ll.origin, bit for bit. */
int ll_save_metadata(struct ll_gguf_writer *writer, const struct ll_gguf *from, struct ll_err *err);

/* That of the vocabulary (tokenizer.*). */
int ll_save_vocabulary(struct ll_gguf_writer *writer, const struct ll_gguf *from, struct ll_err *err);

/* Declares what the jobs make, under the tensors' names. */
int ll_save_declare(struct ll_gguf_writer *writer, const struct ll_recode *jobs, size_t count, struct ll_err *err);

/*
 * Tells of which model the jobs recode the weights, by the key ll.origin: nothing if they merge
 * adapters, if they leave all as it is and the source does not tell either, or if that is no model
 * that can be run.
 */
int ll_save_origin(struct ll_gguf_writer *writer, struct ll_source *source, const struct ll_recode *jobs,
    size_t count, struct ll_err *err);

/* Makes them, into the file at `path` (NULL or "-": stdout). `progress` may be NULL. */
int ll_save_write(struct ll_gguf_writer *writer, const char *path, const struct ll_recode *jobs, size_t count,
    struct ll_pool *pool, const struct ll_save_progress *progress, struct ll_err *err);

#endif
