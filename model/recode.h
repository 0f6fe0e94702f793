/*
 * A tensor of a source made into another type, row by row on all threads, handed over in
 * pieces: memory is that of a piece, whatever the tensor's size.
 */

#ifndef LL_MODEL_RECODE_H
#define LL_MODEL_RECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/source.h"

struct ll_adapters;
struct ll_err;
struct ll_pool;
struct ll_recoder;

/* The order of the rows of queries and keys; see struct ll_layer. */
enum ll_row_order {
	LL_ROWS_KEPT,
	LL_ROWS_TO_NEIGHBOURS,	/* of rotary pairs half a head apart */
	LL_ROWS_TO_HALVES	/* of rotary pairs that are neighbours */
};

/* The row, of heads of `head_rows` rows, that becomes row `row`. */
size_t ll_recode_source_row(enum ll_row_order order, size_t head_rows, size_t row);

struct ll_recode {
	const struct ll_source_tensor *from;
	uint32_t type;			/* to make; may be the same */
	bool panels;			/* rows are to lie in panels, which the type has */
	enum ll_row_order order;
	size_t heads;			/* with an order: the rows are so many heads */
	const struct ll_adapters *adapters;	/* NULL, or merged into it: a matrix that they adapt (merge.h) */
	const float *importance;	/* NULL, or one for each column, of each matrix in turn */
};

/* Takes the next bytes. Returns 0 or -LL_E*, which ends the recoding. */
typedef int ll_recode_sink(void *context, const void *bytes, size_t length, struct ll_err *err);

/* The pool is borrowed. -LL_ENOMEM */
int ll_recoder_new(struct ll_recoder **out, struct ll_pool *pool, struct ll_err *err);
void ll_recoder_free(struct ll_recoder *recoder);

/* Bytes that it will have. -LL_EDATA if rows are no whole blocks of the type, or it does not fit; -LL_EUNSUPPORTED. */
int ll_recode_size(size_t *size, const struct ll_recode *job, struct ll_err *err);

/*
 * Recodes a tensor whose type can be computed with (`from->data`), into one that has an
 * encoder, or copies it. -LL_EDATA for a number that the type cannot hold (not finite or too
 * large), with its place; -LL_EUNSUPPORTED for a type that cannot be computed with or made.
 */
int ll_recode(struct ll_recoder *recoder, const struct ll_recode *job, ll_recode_sink *sink, void *context,
    struct ll_err *err);

/* The type's name, for messages, also of one that nobody knows. */
const char *ll_recode_type_name(uint32_t type);

#endif
