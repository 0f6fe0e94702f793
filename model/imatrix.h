/*
 * Importance matrices: for each matrix of a model the mean square of each activation that met
 * it, as llama.cpp's llama-imatrix writes them, in GGUF or in the older .dat format.
 */

#ifndef LL_MODEL_IMATRIX_H
#define LL_MODEL_IMATRIX_H

#include <stddef.h>
#include <stdint.h>

struct ll_err;
struct ll_imatrix;

/*
 * Opens a file of either format. -LL_EINPUT; -LL_EDATA if it is not sound: numbers that are not
 * finite or negative, sizes that do not fit, a tensor twice. Free with ll_imatrix_close.
 */
int ll_imatrix_open(struct ll_imatrix **out, const char *path, struct ll_err *err);
/* The same over bytes in memory; `name` stands for the path in messages. */
int ll_imatrix_parse(struct ll_imatrix **out, const void *data, size_t size, const char *name, struct ll_err *err);
void ll_imatrix_close(struct ll_imatrix *imatrix);

/* The mean squares of a tensor, *count of them; NULL if it has none. */
const float *ll_imatrix_find(const struct ll_imatrix *imatrix, const char *tensor, size_t *count);

/* How many tensors it has. */
size_t ll_imatrix_entries(const struct ll_imatrix *imatrix);

/* The pieces of text it was made from; 0 if it does not say. */
uint32_t ll_imatrix_chunks(const struct ll_imatrix *imatrix);

/* The text it was made from, the first where there are several; NULL if it does not say. */
const char *ll_imatrix_dataset(const struct ll_imatrix *imatrix);

#endif
