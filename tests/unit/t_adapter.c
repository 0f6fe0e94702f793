/*
 * Adapters written for a model are read back for it, number by number, and the rows of queries and
 * keys are a file's in it, whatever order the model's are in.
 */

#include <math.h>
#include <unistd.h>

#include "base/io.h"
#include "base/scaled.h"
#include "model/adapter.h"
#include "model/model.h"
#include "tensor/ops.h"
#include "tests/unit/make_model.h"

#define RANK 3

static char path[] = "/tmp/ll-adapter-XXXXXX";
static struct ll_buf file_bytes;
static struct ll_model *model;
static float a[RANK * 64], b[64 * RANK];

static int
make(void **state)
{
	struct file f = { 0 };
	struct ll_gguf *gguf;
	int fd = mkstemp(path);

	(void)state;
	usual_keys(&f, NULL);
	usual_tensors(&f, NULL);
	file_bytes = join(&f);
	assert_true(fd >= 0 && close(fd) == 0);
	ll_out_renew(path);
	assert_int_equal(ll_gguf_parse(&gguf, file_bytes.data, file_bytes.len, "model", NULL), 0);
	assert_int_equal(ll_model_from_gguf(&model, gguf, NULL), 0);
	for (size_t i = 0; i < sizeof(a) / sizeof(a[0]); i++) {
		a[i] = (float)i / 8;
		b[i] = 100 - (float)i / 4;
	}
	return 0;
}

static int
unmake(void **state)
{
	(void)state;
	ll_model_close(model);
	ll_buf_free(&file_bytes);
	return unlink(path);
}

static int
write_one(size_t layer, enum ll_adapter_site site, enum ll_dtype type, struct ll_err *err)
{
	const struct ll_adapter_arrays arrays = { layer, site, RANK, a, b };

	return ll_adapter_write(path, model, 6, &arrays, 1, type, err);
}

static struct ll_adapters *
read_back(void)
{
	struct ll_scaled one = { .path = path, .scale = 0.5 };
	struct ll_scaled_list list = { .list = &one, .count = 1 };
	struct ll_adapters *adapters;
	struct ll_err err = { 0 };

	if (ll_adapters_open(&adapters, model, &list, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(ll_adapters_count(adapters), 1);
	return adapters;
}

static void
assert_rows(const struct ll_tensor *tensor, const float *want, size_t rows, size_t cols)
{
	float row[64];

	assert_true(tensor->rows == rows && tensor->cols == cols);
	for (size_t i = 0; i < rows; i++) {
		ll_ops_row(tensor, i, row);
		assert_memory_equal(row, want + i * cols, cols * sizeof(row[0]));
	}
}

static void
round_trip(void **state)
{
	const struct { size_t layer; enum ll_adapter_site site; } places[] = {
		{ 0, LL_ADAPT_Q }, { 1, LL_ADAPT_K }, { 1, LL_ADAPT_DOWN }, { 0, LL_ADAPT_UP }, { LL_ADAPT_HEAD, 0 },
	};

	(void)state;
	for (size_t i = 0; i < 20; i++) {
		size_t layer = places[i / 4].layer;
		enum ll_adapter_site site = places[i / 4].site;
		const struct ll_tensor *w = ll_adapter_matrix(model, layer, site);
		const struct ll_adapter_pair *pair;
		struct ll_adapters *adapters;

		model->hp.halves = i % 2 != 0;
		assert_int_equal(write_one(layer, site, i % 4 < 2 ? LL_F32 : LL_F16, NULL), 0);
		adapters = read_back();
		pair = ll_adapters_pair(adapters, 0, layer, site);
		assert_non_null(pair);
		assert_null(ll_adapters_pair(adapters, 0, 0, LL_ADAPT_V));
		assert_true(pair->scale == 1);	/* 0.5 * 6 / 3 */
		assert_rows(&pair->a, a, RANK, w->cols);
		assert_rows(&pair->b, b, w->rows, RANK);
		ll_adapters_free(adapters);
	}
	model->hp.halves = false;
}

/* Four heads of 8 rows: what is row 1 of a head by halves is row 2 of it in a file. */
static void
rows_of_queries(void **state)
{
	struct ll_adapters *adapters;
	const struct ll_adapter_pair *pair;
	float row[RANK];

	(void)state;
	model->hp.halves = true;
	assert_int_equal(write_one(0, LL_ADAPT_Q, LL_F32, NULL), 0);
	model->hp.halves = false;
	adapters = read_back();
	pair = ll_adapters_find(adapters, 0, "blk.0.attn_q.weight");
	assert_non_null(pair);
	for (size_t i = 0; i < 32; i++) {
		ll_ops_row(&pair->b, i, row);
		assert_memory_equal(row, b + (i / 8 * 8 + i % 2 * 4 + i % 8 / 2) * RANK, sizeof(row));
	}
	ll_adapters_free(adapters);
}

static void
another_base(void **state)
{
	struct ll_scaled one = { .path = path, .scale = 1 };
	struct ll_scaled_list list = { .list = &one, .count = 1 };
	struct ll_adapters *adapters;
	struct ll_err err = { 0 };

	(void)state;
	assert_int_equal(write_one(0, LL_ADAPT_V, LL_F32, NULL), 0);
	model->fingerprint ^= 1;
	assert_int_equal(ll_adapters_open(&adapters, model, &list, &err), 0);
	ll_adapters_free(adapters);
	model->origin ^= 1;
	assert_int_equal(ll_adapters_open(&adapters, model, &list, &err), -LL_EDATA);
	assert_non_null(strstr(err.text, "ll.fingerprint: made for the model of fingerprint"));
	assert_null(adapters);
	model->fingerprint ^= 1;
	model->origin ^= 1;
}

static void
bad_numbers(void **state)
{
	struct ll_err err = { 0 };

	(void)state;
	a[5] = NAN;
	assert_int_equal(write_one(0, LL_ADAPT_V, LL_F32, &err), -LL_EDATA);
	assert_non_null(strstr(err.text, "blk.0.attn_v.weight.lora_a: row 0, column 5: nan cannot be held by F32"));
	a[5] = 65536;
	err = (struct ll_err){ 0 };
	assert_int_equal(write_one(0, LL_ADAPT_V, LL_F16, &err), -LL_EDATA);
	assert_non_null(strstr(err.text, "row 0, column 5: 65536 cannot be held by F16"));
	assert_int_equal(write_one(0, LL_ADAPT_V, LL_F32, NULL), 0);
	a[5] = 5.0f / 8;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip),
		cmocka_unit_test(rows_of_queries),
		cmocka_unit_test(another_base),
		cmocka_unit_test(bad_numbers),
	};

	return cmocka_run_group_tests(tests, make, unmake);
}
