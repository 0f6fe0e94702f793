/*
 * The model file of a run; see result.h.
 */

#include "train/result.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "model/mix.h"
#include "model/save.h"
#include "tensor/encode.h"

static uint32_t
type_of(const struct ll_result *result, const struct ll_param *param)
{
	size_t bytes;

	return param->decays && ll_dtype_row_bytes(result->type, param->cols, &bytes) ? result->type : LL_F32;
}

/* Of whole blocks, by type_of. */
static size_t
row_bytes(uint32_t type, size_t cols)
{
	size_t bytes = 0;

	ll_dtype_row_bytes(type, cols, &bytes);
	return bytes;
}

static int
put_new(struct ll_gguf_writer *writer, const struct ll_result *r, struct ll_err *err)
{
	ll_gguf_write_string(writer, "general.architecture", "llama", 5, err);
	if (r->name != NULL)
		ll_gguf_write_string(writer, "general.name", r->name, strlen(r->name), err);
	ll_hparams_put(writer, &r->net->hp, r->scaling, err);
	return ll_save_vocabulary(writer, r->vocab, err);
}

static int
put_metadata(struct ll_gguf_writer *writer, const struct ll_result *r, struct ll_err *err)
{
	int status = r->base != NULL ? ll_save_metadata(writer, r->base, err) : put_new(writer, r, err);

	ll_gguf_write_drop(writer, "ll.layout");
	ll_gguf_write_drop(writer, "general.quantization_version");
	return status < 0 ? status : ll_gguf_write_u32(writer, "general.file_type", ll_mix_file_type(r->type), err);
}

/* By what frequencies are divided, where llama3's rule does; NULL: by nothing. */
static int
make_factors(float **out, const struct ll_result *r, struct ll_err *err)
{
	struct ll_rope_scaling plain = { .factor = 1, .magnitude = 1 };
	float *by, *from;

	*out = NULL;
	if (r->base != NULL) {
		const struct ll_gguf_tensor *tensor = ll_gguf_tensor(r->base, "rope_freqs.weight");
		size_t size = r->net->hp.rope_dim / 2 * sizeof *by;

		if (tensor == NULL || tensor->size != size)
			return 0;
		if ((*out = ll_alloc(1, size, err)) == NULL)
			return -LL_ENOMEM;
		memcpy(*out, tensor->data, size);
		return 0;
	}
	if (r->scaling->kind != LL_ROPE_LLAMA3)
		return 0;
	by = ll_rope_freqs(&r->net->hp, r->scaling, NULL, err);
	from = ll_rope_freqs(&r->net->hp, &plain, NULL, err);
	for (size_t i = 0; by != NULL && from != NULL && i < r->net->hp.rope_dim / 2; i++)
		from[i] /= by[i];
	free(by);
	*out = from;
	return by != NULL && from != NULL ? 0 : -LL_ENOMEM;
}

static int
declare(struct ll_gguf_writer *writer, const struct ll_result *r, const float *factors, struct ll_err *err)
{
	int status = 0;

	for (size_t i = 0; status == 0 && i < r->net->param_count; i++) {
		const struct ll_param *param = &r->net->params[i];
		uint64_t ne[2] = { param->cols, param->rows };
		uint32_t type = type_of(r, param);

		status = ll_gguf_write_tensor(writer, param->name, type, param->decays ? 2 : 1, ne,
		    param->rows * row_bytes(type, param->cols), err);
	}
	if (status == 0 && factors != NULL) {
		uint64_t n = r->net->hp.rope_dim / 2;

		status = ll_gguf_write_tensor(writer, "rope_freqs.weight", LL_F32, 1, &n, n * sizeof *factors, err);
	}
	return status;
}

static int
put_param(struct ll_gguf_writer *writer, const struct ll_result *r, const struct ll_param *param, struct ll_err *err)
{
	uint32_t type = type_of(r, param);
	size_t bytes = row_bytes(type, param->cols);
	unsigned char *row = ll_alloc(bytes, 1, err);
	float *wide = ll_alloc(param->cols, sizeof *wide, err);
	int status = row != NULL && wide != NULL ? 0 : -LL_ENOMEM;

	for (size_t i = 0; status == 0 && i < param->rows; i++) {
		const ll_real *from = r->net->values + param->at + i * param->cols;

		for (size_t j = 0; j < param->cols; j++) {
			wide[j] = (float)from[j];
			if (!isfinite(wide[j]) || (type != LL_F32 && type != LL_BF16 && fabsf(wide[j]) > LL_ENCODE_MAX))
				status = ll_fail(err, LL_EDATA, "%s: row %zu: %g cannot be written as %s", param->name, i,
				    (double)wide[j], ll_dtype_name(type));
		}
		if (status == 0) {
			ll_encode_row(type, row, wide, param->cols, NULL);
			status = ll_gguf_write_data(writer, row, bytes, err);
		}
	}
	free(row);
	free(wide);
	return status;
}

int
ll_result_write(const struct ll_result *r, const char *path, struct ll_err *err)
{
	struct ll_gguf_writer *writer;
	float *factors;
	int status = ll_gguf_write_new(&writer, err);

	if (status < 0)
		return status;
	if ((status = make_factors(&factors, r, err)) == 0 && (status = put_metadata(writer, r, err)) == 0 &&
	    (status = declare(writer, r, factors, err)) == 0)
		status = ll_gguf_write_begin(writer, path, err);
	for (size_t i = 0; status == 0 && i < r->net->param_count; i++)
		status = put_param(writer, r, &r->net->params[i], err);
	if (status == 0 && factors != NULL)
		status = ll_gguf_write_data(writer, factors, r->net->hp.rope_dim / 2 * sizeof *factors, err);
	if (status == 0)
		status = ll_gguf_write_end(writer, err);
	free(factors);
	ll_gguf_write_free(writer);
	return status;
}
