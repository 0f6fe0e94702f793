/*
 * safetensors files: what is read, and what is refused.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/err.h"
#include "model/safetensors.h"
#include "model/source_make.h"
#include "tensor/dtype.h"

/* A header with `room` bytes of data behind it, in a block of exactly its size. */
static unsigned char *
file_of(const char *header, uint64_t length, size_t room, size_t *size)
{
	unsigned char *file;

	*size = 8 + strlen(header) + room;
	assert_non_null(file = calloc(1, *size));
	ll_store64(file, length);
	memcpy(file + 8, header, strlen(header));
	return file;
}

static int
read_header(struct ll_source **source, const char *header, size_t room, unsigned char **file, struct ll_err *err)
{
	size_t size;

	*file = file_of(header, strlen(header), room, &size);
	assert_int_equal(ll_source_new(source, LL_CONTAINER_SAFETENSORS, "mem", err), 0);
	return ll_safetensors_read(*source, *file, size, "mem", err);
}

static void
reads_tensors(void **state)
{
	struct ll_err err = { 0 };
	struct ll_source *source;
	const struct ll_source_tensor *q, *x;
	unsigned char *file;

	(void)state;
	assert_int_equal(read_header(&source, "{\"__metadata__\":{\"format\":\"pt\"},"
	    "\"model.layers.0.self_attn.q_proj.weight\":{\"dtype\":\"BF16\",\"shape\":[3,2],\"data_offsets\":[4,16]},"
	    "\"x\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]}}", 16, &file, &err), 0);
	assert_int_equal(ll_source_finish(source, &err), 0);
	assert_non_null(q = ll_source_find(source, "blk.0.attn_q.weight"));
	assert_non_null(x = ll_source_find(source, "x"));
	assert_int_equal(q->type, LL_BF16);
	assert_int_equal(q->ne[0], 2);
	assert_int_equal(q->ne[1], 3);
	assert_int_equal(q->size, 12);
	assert_int_equal(q->data - x->data, 4);
	assert_string_equal(ll_source_label(q), "model.layers.0.self_attn.q_proj.weight");
	assert_int_equal(x->dims, 0);
	ll_source_close(source);
	free(file);
}

static void
refuses(const char *header, size_t room, int code, const char *text)
{
	struct ll_err err = { 0 };
	struct ll_source *source;
	unsigned char *file;
	int status = read_header(&source, header, room, &file, &err);

	if (status != -code || strstr(err.text, text) == NULL)
		fail_msg("%s: wanted %d and '%s', got %d and '%s'", header, code, text, -status, err.text);
	ll_source_close(source);
	free(file);
}

#define T(dtype, shape, offsets) "{\"a\":{\"dtype\":" dtype ",\"shape\":" shape ",\"data_offsets\":" offsets "}}"

static void
bad_entries(void **state)
{
	(void)state;
	refuses("{\"a\":1}", 8, LL_EDATA, "a: dtype: not a string");
	refuses(T("7", "[1]", "[0,4]"), 8, LL_EDATA, "a: dtype: not a string");
	refuses(T("\"F4\"", "[1]", "[0,4]"), 8, LL_EUNSUPPORTED, "a: dtype 'F4' is not supported");
	refuses(T("\"F32\"", "7", "[0,4]"), 8, LL_EDATA, "a: shape: not an array");
	refuses(T("\"F32\"", "[0]", "[0,0]"), 8, LL_EDATA, "a: shape: a dimension");
	refuses(T("\"F32\"", "[-1]", "[0,4]"), 8, LL_EDATA, "a: shape: a dimension");
	refuses(T("\"F32\"", "[1.5]", "[0,4]"), 8, LL_EDATA, "a: shape: a dimension");
	refuses(T("\"F32\"", "[1,1,1,1,1]", "[0,4]"), 8, LL_EUNSUPPORTED, "a: shape: 5 dimensions");
	refuses(T("\"F32\"", "[4294967296,4294967296]", "[0,0]"), 8, LL_EDATA, "a: shape: too large");
	refuses(T("\"F32\"", "[4611686018427387905]", "[0,4]"), 8, LL_EDATA, "a: shape: too large");
	refuses(T("\"F32\"", "[2]", "[0,4]"), 8, LL_EDATA, "4 bytes, but dtype and shape make 8");
	refuses(T("\"F32\"", "[2]", "[4,12]"), 8, LL_EDATA, "4 to 12 do not fit the 8 bytes");
	refuses(T("\"F32\"", "[1]", "[-4,0]"), 8, LL_EDATA, "do not fit");
	refuses(T("\"F32\"", "[1]", "[8,4]"), 8, LL_EDATA, "do not fit");
	refuses(T("\"F32\"", "[1]", "[0]"), 8, LL_EDATA, "not two whole numbers");
	refuses("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
	    "\"b\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[2,6]}}", 8, LL_EDATA, "tensors a and b overlap");
	refuses("{\"a\":{},\"a\":{}}", 8, LL_EDATA, "bad JSON");
	refuses("{\"\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 8, LL_EDATA, "a tensor's name of 0");
}

static void
bad_files(void **state)
{
	char deep[3000] = "{\"a\":";
	struct ll_err err = { 0 };
	struct ll_source *source;
	unsigned char *file;
	size_t size;

	(void)state;
	refuses("[]", 0, LL_EDATA, "does not begin with '{'");
	refuses("{", 0, LL_EDATA, "does not begin");
	refuses("{]", 0, LL_EDATA, "bad JSON");
	memset(deep + 5, '[', 2500);
	refuses(deep, 0, LL_EDATA, "bad JSON");
	for (int i = 0; i < 2; i++) {
		err = (struct ll_err){ 0 };
		file = file_of("{}", i == 0 ? 3 : UINT64_MAX, 0, &size);
		assert_int_equal(ll_source_new(&source, LL_CONTAINER_SAFETENSORS, "mem", &err), 0);
		assert_int_equal(ll_safetensors_read(source, file, size, "mem", &err), -LL_EDATA);
		assert_non_null(strstr(err.text, "does not fit the file of 10 bytes"));
		ll_source_close(source);
		free(file);
	}
	/* Eight MiB of a header are read, and not a byte more. */
	for (size_t more = 0; more < 2; more++) {
		size = 8 + (8u << 20) + more;
		assert_non_null(file = malloc(size));
		memset(file, ' ', size);
		ll_store64(file, size - 8);
		memcpy(file + 8, "{}", 2);
		err = (struct ll_err){ 0 };
		assert_int_equal(ll_source_new(&source, LL_CONTAINER_SAFETENSORS, "mem", &err), 0);
		assert_int_equal(ll_safetensors_read(source, file, size, "mem", &err), more == 0 ? 0 : -LL_EUNSUPPORTED);
		assert_true(more == 0 || strstr(err.text, "header of 8388609 bytes: more than 8388608 are not") != NULL);
		ll_source_close(source);
		free(file);
	}
	for (size = 0; size < 8; size++) {
		err = (struct ll_err){ 0 };
		assert_int_equal(ll_source_new(&source, LL_CONTAINER_SAFETENSORS, "mem", &err), 0);
		assert_int_equal(ll_safetensors_read(source, (const unsigned char *)"1234567", size, "mem", &err), -LL_EDATA);
		ll_source_close(source);
	}
}

/* Scales go to their matrix, one for each row or one for all. */
static void
scales(void **state)
{
	static const char header[] =
	    "{\"model.layers.0.mlp.up_proj.weight\":{\"dtype\":\"F8_E4M3\",\"shape\":[2,2],\"data_offsets\":[0,4]},"
	    "\"model.layers.0.mlp.up_proj.weight_scale\":{\"dtype\":\"F32\",\"shape\":%s,\"data_offsets\":[4,%d]}}";
	static const struct {
		const char *shape;
		int count;
		const char *text;	/* NULL: accepted */
	} cases[] = {
		{ "[2,1]", 2, NULL }, { "[2]", 2, NULL }, { "[]", 1, NULL }, { "[1]", 1, NULL },
		{ "[3,1]", 3, "3 x 1 scales for 2 rows" }, { "[2,2]", 4, "scales for 2 rows" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ll_err err = { 0 };
		struct ll_source *source;
		unsigned char *file;
		char text[400];
		int status;

		snprintf(text, sizeof(text), header, cases[i].shape, 4 + 4 * cases[i].count);
		assert_int_equal(read_header(&source, text, 4 + 4 * (size_t)cases[i].count, &file, &err), 0);
		status = ll_source_settle(source, &err);
		if (cases[i].text == NULL) {
			assert_int_equal(status, 0);
			assert_int_equal(source->count, 1);
			assert_non_null(source->tensors[0].scales);
		} else if (status != -LL_EDATA || strstr(err.text, cases[i].text) == NULL) {
			fail_msg("%s: got %d and '%s'", cases[i].shape, -status, err.text);
		}
		ll_source_close(source);
		free(file);
	}
}

static void
names(void **state)
{
	char out[LL_NAME_ROOM];

	(void)state;
	assert_true(ll_name_to_gguf(out, LL_CONTAINER_META, "layers.17.feed_forward.w3.weight"));
	assert_string_equal(out, "blk.17.ffn_up.weight");
	assert_true(ll_name_from_gguf(out, LL_CONTAINER_SAFETENSORS, "blk.3.attn_output.bias"));
	assert_string_equal(out, "model.layers.3.self_attn.o_proj.bias");
	assert_true(ll_name_to_gguf(out, LL_CONTAINER_SAFETENSORS, "lm_head.weight"));
	assert_string_equal(out, "output.weight");
	assert_false(ll_name_to_gguf(out, LL_CONTAINER_SAFETENSORS, "model.layers.01.mlp.up_proj.weight"));
	assert_false(ll_name_to_gguf(out, LL_CONTAINER_SAFETENSORS, "model.layers.-1.mlp.up_proj.weight"));
	assert_false(ll_name_to_gguf(out, LL_CONTAINER_SAFETENSORS, "model.layers.1.mlp.up_proj.lora"));
	assert_false(ll_name_to_gguf(out, LL_CONTAINER_META, "layers.1"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_tensors),
		cmocka_unit_test(bad_entries),
		cmocka_unit_test(bad_files),
		cmocka_unit_test(scales),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
