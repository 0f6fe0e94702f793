/*
 * The fingerprint of a model: what two stages of a pipe compare to know that they run the
 * same one. It depends neither on the order of tensors in the file nor on their alignment,
 * reads a few pieces of each, and means the same on every machine; see hparams.h.
 */

#include <string.h>

#include "base/bytes.h"
#include "base/hash.h"
#include "model/hparams.h"
#include "tensor/tensor.h"

#define PIECES 4
#define PIECE 64

static uint64_t
add_number(uint64_t hash, uint64_t number)
{
	unsigned char bytes[8];

	ll_store64(bytes, number);
	return ll_hash(hash, bytes, sizeof(bytes));
}

static uint64_t
add_float(uint64_t hash, float number)
{
	uint32_t bits;

	memcpy(&bits, &number, sizeof(bits));
	return add_number(hash, bits);
}

static uint64_t
add_hparams(uint64_t hash, const struct ll_hparams *hp, const struct ll_rope_scaling *scaling)
{
	const size_t sizes[] = { hp->layers, hp->context, hp->dim, hp->ffn, hp->heads, hp->kv_heads,
		hp->head_dim, hp->vocab, hp->rope_dim, hp->tied };
	const float numbers[] = { hp->rope_base, hp->norm_eps, scaling->factor, scaling->low,
		scaling->high, scaling->original };

	hash = ll_hash(hash, hp->architecture, strlen(hp->architecture));
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		hash = add_number(hash, sizes[i]);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		hash = add_float(hash, numbers[i]);
	return hash;
}

/* What few models have is left out of the others', so that theirs stay what they were. */
static uint64_t
add_rare(uint64_t hash, const struct ll_hparams *hp, const struct ll_rope_scaling *scaling,
    const struct ll_source *source)
{
	const float yarn[] = { scaling->beta_fast, scaling->beta_slow, (float)scaling->exact };

	/* That of llama3 is told by its factors. */
	if (scaling->kind == LL_ROPE_YARN || scaling->kind == LL_ROPE_LINEAR)
		hash = add_number(hash, scaling->kind);
	for (size_t i = 0; scaling->kind == LL_ROPE_YARN && i < sizeof(yarn) / sizeof(yarn[0]); i++)
		hash = add_float(hash, yarn[i]);
	if (scaling->magnitude < 1 || scaling->magnitude > 1)
		hash = add_float(hash, scaling->magnitude);
	if (hp->window != 0)
		hash = add_number(hash, hp->window);
	if (hp->halves)
		hash = add_number(hash, 2);
	for (size_t i = 0; source->sizes != NULL && i < hp->layers; i++) {
		hash = add_number(hash, source->sizes[i].heads);
		hash = add_number(hash, source->sizes[i].kv_heads);
		hash = add_number(hash, source->sizes[i].ffn);
	}
	return hash;
}

/* The bytes of rows, also of those that lie in panels: so a model has one fingerprint in both. */
static uint64_t
add_bytes(uint64_t hash, const struct ll_source_tensor *tensor, size_t at, size_t n)
{
	struct ll_tensor rows = { .type = (enum ll_dtype)tensor->type, .rows = (size_t)tensor->ne[1],
		.cols = (size_t)tensor->ne[0], .data = tensor->data, .panels = true };
	unsigned char plain[PIECES * PIECE];

	if (!tensor->panels)
		return ll_hash(hash, tensor->data + at, n);
	ll_dtype_row_bytes(tensor->type, rows.cols, &rows.row_bytes);
	ll_tensor_copy(plain, &rows, at, n);
	return ll_hash(hash, plain, n);
}

static size_t
size_of(const struct ll_source_tensor *tensor)
{
	size_t row = 0;

	if (!tensor->panels)
		return tensor->size;
	ll_dtype_row_bytes(tensor->type, (size_t)tensor->ne[0], &row);
	return row * (size_t)tensor->ne[1];
}

static uint64_t
add_tensor(uint64_t hash, const struct ll_source_tensor *tensor)
{
	size_t size = size_of(tensor);

	hash = ll_hash(hash, tensor->name, strlen(tensor->name));
	hash = add_number(hash, tensor->type);
	for (int i = 0; i < LL_SOURCE_DIMS; i++)
		hash = add_number(hash, tensor->ne[i]);
	if (tensor->data == NULL)
		return hash;
	if (tensor->scales != NULL)
		hash = ll_hash(hash, tensor->scales, tensor->ne[1] * sizeof(*tensor->scales));
	if (size <= PIECES * PIECE)
		return add_bytes(hash, tensor, 0, size);
	for (size_t i = 0; i < PIECES; i++)
		hash = add_bytes(hash, tensor, (size - PIECE) / (PIECES - 1) * i, PIECE);
	return hash;
}

uint64_t
ll_source_fingerprint(uint64_t hash, const struct ll_source *source)
{
	for (size_t i = 0; i < source->count; i++)
		hash = add_tensor(hash, source->sorted[i]);
	return hash;
}

uint64_t
ll_model_fingerprint(const struct ll_hparams *hp, const struct ll_rope_scaling *scaling,
    const struct ll_source *source)
{
	return ll_source_fingerprint(add_rare(add_hparams(0, hp, scaling), hp, scaling, source), source);
}
