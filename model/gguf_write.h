/*
 * Writing a GGUF, version 3, as a stream: metadata and the directory of tensors are declared
 * first, then the data follows, tensor after tensor, in any pieces. What has the file's name
 * is always whole (ll_out_open).
 */

#ifndef LL_MODEL_GGUF_WRITE_H
#define LL_MODEL_GGUF_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/gguf.h"

struct ll_err;
struct ll_gguf_writer;

/* Returns 0 or -LL_ENOMEM. Free with ll_gguf_write_free. */
int ll_gguf_write_new(struct ll_gguf_writer **out, struct ll_err *err);
/* Also drops a file that was not finished. */
void ll_gguf_write_free(struct ll_gguf_writer *writer);

/*
 * What is declared keeps its first failure: all that is declared behind it does nothing and returns
 * that again, as ll_gguf_write_begin does, so that the returns before need no look.
 */

/*
 * Metadata, in the order in which keys are first set; setting one again replaces its value in
 * its place. The first copies a value bit for bit. general.alignment is obeyed.
 * -LL_ENOMEM; -LL_EDATA for an alignment that is none.
 */
int ll_gguf_write_value(struct ll_gguf_writer *writer, const struct ll_gguf_value *value, struct ll_err *err);
int ll_gguf_write_u32(struct ll_gguf_writer *writer, const char *key, uint32_t value, struct ll_err *err);
int ll_gguf_write_f32(struct ll_gguf_writer *writer, const char *key, float value, struct ll_err *err);
int ll_gguf_write_bool(struct ll_gguf_writer *writer, const char *key, bool value, struct ll_err *err);
int ll_gguf_write_string(struct ll_gguf_writer *writer, const char *key, const char *bytes, size_t length,
    struct ll_err *err);
/* As ll_gguf_fingerprint reads it. */
int ll_gguf_write_fingerprint(struct ll_gguf_writer *writer, const char *key, uint64_t value, struct ll_err *err);
/* `count` elements as they are in a file, `size` bytes in all. */
int ll_gguf_write_array(struct ll_gguf_writer *writer, const char *key, enum ll_gguf_type element,
    uint64_t count, const void *data, size_t size, struct ll_err *err);

/* What tensors are aligned to: general.alignment. */
uint64_t ll_gguf_write_alignment(const struct ll_gguf_writer *writer);

/* Forgets a key, if it is there. */
void ll_gguf_write_drop(struct ll_gguf_writer *writer, const char *key);

/*
 * Declares a tensor; ne[0..dims) innermost first, `size` its bytes. -LL_EDATA if there are more
 * dimensions than four, or none, or the sizes do not fit 64 bits.
 */
int ll_gguf_write_tensor(struct ll_gguf_writer *writer, const char *name, uint32_t type, uint32_t dims,
    const uint64_t *ne, size_t size, struct ll_err *err);

/* The bytes that the file will have. */
uint64_t ll_gguf_write_size(const struct ll_gguf_writer *writer);

/*
 * Begins the file at `path` (NULL or "-": stdout) with all that was declared; then nothing more
 * can be. -LL_ECREATE, -LL_EIO, -LL_ENOMEM.
 */
int ll_gguf_write_begin(struct ll_gguf_writer *writer, const char *path, struct ll_err *err);

/* The next bytes of the tensors' data in the order of their declaration; padding is added. */
int ll_gguf_write_data(struct ll_gguf_writer *writer, const void *bytes, size_t length, struct ll_err *err);

/* Ends the file and gives it its name; -LL_EBUG if there is less data than declared. */
int ll_gguf_write_end(struct ll_gguf_writer *writer, struct ll_err *err);

#endif
