/*
 * Models: what a Llama file must have, what it must not, and what follows from it.
 */

#include "tests/unit/make_model.h"

#include <math.h>

#include "model/model.h"

static struct ll_model *
runs(struct file *f, void **copy)
{
	struct ll_buf b = join(f);
	struct ll_gguf *gguf = accepted(&b, copy);
	struct ll_err err = { 0 };
	struct ll_model *model;

	if (ll_model_from_gguf(&model, gguf, &err) != 0)
		fail_msg("%s", err.text);
	return model;
}

static void
does_not_run(struct file *f, int code, const char *text)
{
	struct ll_buf b = join(f);
	struct ll_err err = { 0 };
	struct ll_model *model;
	void *copy;
	struct ll_gguf *gguf = accepted(&b, &copy);

	expect(ll_model_from_gguf(&model, gguf, &err), &err, code, text);
	assert_null(model);
	ll_gguf_close(gguf);
	free(copy);
}

static void
a_usual_model(void **state)
{
	struct file f = { 0 };
	struct ll_model *model;
	void *copy;

	(void)state;
	usual_keys(&f, NULL);
	usual_tensors(&f, NULL);
	model = runs(&f, &copy);
	assert_int_equal(model->hp.layers, 2);
	assert_int_equal(model->hp.vocab, 40);
	assert_int_equal(model->hp.head_dim, 8);
	assert_int_equal(model->hp.kv_heads, 2);
	assert_false(model->hp.tied);
	assert_int_equal(model->layers[1].wk.rows, 16);
	assert_int_equal(model->layers[1].wk.cols, 32);
	assert_int_equal(model->layers[1].wk.row_bytes, 34);
	assert_int_equal(model->layers[0].down.cols, 64);
	assert_int_equal(model->output.type, LL_F16);
	assert_int_equal(model->output.row_bytes, 64);
	assert_int_equal(model->parameters, 2 * 40 * 32 + 32 + 2 * (2 * 32 + 2 * 1024 + 2 * 512 + 3 * 2048));
	assert_int_equal(ll_model_kv_bytes(&model->hp, 2, 2), 2 * 2 * 8 * 2 * 2);
	assert_true(fabsf(model->rope_freqs[0] - 1.0f) < 1e-7f);
	assert_true(fabsf(model->rope_freqs[1] - 0.1f) < 1e-7f);
	ll_model_close(model);
	free(copy);
}

static void
a_tied_model(void **state)
{
	struct file f = { 0 };
	struct ll_model *model;
	void *copy;

	(void)state;
	usual_keys(&f, NULL);
	usual_tensors(&f, "output.weight");
	model = runs(&f, &copy);
	assert_true(model->hp.tied);
	assert_ptr_equal(model->output.data, model->embedding.data);
	ll_model_close(model);
	free(copy);
}

static void
defaults(void **state)
{
	struct file f = { 0 };
	struct ll_model *model;
	void *copy;

	(void)state;
	usual_keys(&f, "llama.rope.freq_base");
	usual_tensors(&f, NULL);
	model = runs(&f, &copy);
	assert_true(model->hp.rope_base > 9999 && model->hp.rope_base < 10001);
	ll_model_close(model);
	free(copy);
	usual_keys(&f, "llama.rope.dimension_count");
	usual_tensors(&f, NULL);
	model = runs(&f, &copy);
	assert_int_equal(model->hp.rope_dim, 8);
	ll_model_close(model);
	free(copy);
}

/* Items 16 and 18: sizes. */
static void
bad_sizes(void **state)
{
	static const struct {
		const char *key;
		uint32_t value;
		const char *text;
	} cases[] = {
		{ "llama.attention.head_count", 0, "llama.attention.head_count: 0 is not between" },
		{ "llama.attention.head_count", 6, "6 heads do not divide" },
		{ "llama.attention.head_count_kv", 3, "head_count_kv: 3 does not divide" },
		{ "llama.attention.head_count_kv", 8, "head_count_kv: 8 does not divide" },
		{ "llama.attention.head_count_kv", 0, "head_count_kv: 0 is not between" },
		{ "llama.block_count", 0, "llama.block_count: 0 is not between" },
		{ "llama.block_count", 1000000000, "llama.block_count: 1000000000 is not between" },
		{ "llama.block_count", 3, "blk.2.attn_norm.weight: tensor is missing" },
		{ "llama.embedding_length", 0, "llama.embedding_length: 0" },
		{ "llama.embedding_length", 48, "token_embd.weight: shape is 32 x 40 x 1 x 1, not 48 x 40" },
		{ "llama.feed_forward_length", 32, "blk.0.ffn_gate.weight: shape" },
		{ "llama.context_length", 0, "llama.context_length: 0" },
		{ "llama.context_length", UINT32_MAX, "llama.context_length: 4294967295" },
		{ "llama.rope.dimension_count", 7, "llama.rope.dimension_count: 7" },
		{ "llama.rope.dimension_count", 16, "llama.rope.dimension_count: 16" },
		{ "llama.rope.dimension_count", 0, "llama.rope.dimension_count: 0" },
		{ "llama.attention.key_length", 16, "blk.0.attn_q.weight: shape" },
		{ "llama.vocab_size", 41, "llama.vocab_size: 41, but token_embd.weight has 40 rows" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct file f = { 0 };

		usual_keys(&f, cases[i].key);
		size_key(&f, NULL, cases[i].key, cases[i].value);
		if (strstr(cases[i].key, "key_length") != NULL)
			size_key(&f, NULL, "llama.attention.value_length", cases[i].value);
		usual_tensors(&f, NULL);
		does_not_run(&f, LL_EDATA, cases[i].text);
	}
}

/* Item 18: numbers. */
static void
bad_numbers(void **state)
{
	static const char *const keys[] = { "llama.rope.freq_base", "llama.attention.layer_norm_rms_epsilon" };
	const float wrong[] = { 0, -1, NAN, INFINITY };

	(void)state;
	for (size_t k = 0; k < 2; k++) {
		for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
			struct file f = { 0 };

			usual_keys(&f, keys[k]);
			real_key(&f, NULL, keys[k], wrong[i]);
			usual_tensors(&f, NULL);
			does_not_run(&f, LL_EDATA, keys[k]);
		}
	}
}

static void
missing_keys(void **state)
{
	static const char *const keys[] = {
		"general.architecture", "llama.block_count", "llama.context_length", "llama.embedding_length",
		"llama.feed_forward_length", "llama.attention.head_count", "llama.attention.layer_norm_rms_epsilon"
	};

	(void)state;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		struct file f = { 0 };
		char text[100];

		usual_keys(&f, keys[i]);
		usual_tensors(&f, NULL);
		snprintf(text, sizeof(text), "%s: key is missing", keys[i]);
		does_not_run(&f, LL_EDATA, text);
	}
}

static void
wrong_type_of_key(void **state)
{
	struct file f = { 0 };

	(void)state;
	usual_keys(&f, "llama.block_count");
	key_string(&f.keys, "llama.block_count", "2"), f.key_count++;
	usual_tensors(&f, NULL);
	does_not_run(&f, LL_EDATA, "llama.block_count: type string is not an integer");
	usual_keys(&f, "llama.attention.head_count_kv");
	key_array(&f.keys, "llama.attention.head_count_kv", LL_GGUF_U32, 2), f.key_count++;
	put64(&f.keys, 2);
	usual_tensors(&f, NULL);
	does_not_run(&f, LL_EDATA, "llama.attention.head_count_kv[1]: not a number from 1");
	usual_keys(&f, "llama.attention.head_count_kv");
	key_array(&f.keys, "llama.attention.head_count_kv", LL_GGUF_U32, 3), f.key_count++;
	put64(&f.keys, 2), put32(&f.keys, 2);
	usual_tensors(&f, NULL);
	does_not_run(&f, LL_EDATA, "llama.attention.head_count_kv: 3 values for 2 layers");
	usual_keys(&f, "llama.attention.head_count_kv");
	key_array(&f.keys, "llama.attention.head_count_kv", LL_GGUF_I8, 2), f.key_count++;
	put8(&f.keys, 2), put8(&f.keys, 0xff);
	usual_tensors(&f, NULL);
	does_not_run(&f, LL_EDATA, "llama.attention.head_count_kv[1]: not a number from 1");
}

static void
other_architectures(void **state)
{
	struct file f = { 0 };

	(void)state;
	usual_keys(&f, "general.architecture");
	key_string(&f.keys, "general.architecture", "gemma"), f.key_count++;
	usual_tensors(&f, NULL);
	does_not_run(&f, LL_EUNSUPPORTED, "general.architecture: gemma is not supported");
	usual_keys(&f, NULL);
	size_key(&f, NULL, "split.count", 2);
	usual_tensors(&f, NULL);
	does_not_run(&f, LL_EDATA, "split.count: one of 2 parts");
}

/* Layers that differ, and one with a bias. */
static void
layers_of_their_own(void **state)
{
	struct file f = { 0 };
	struct ll_model *model;
	void *copy;

	(void)state;
	usual_keys(&f, "llama.feed_forward_length");
	key_array(&f.keys, "llama.feed_forward_length", LL_GGUF_U16, 2), f.key_count++;
	put8(&f.keys, 64), put8(&f.keys, 0), put8(&f.keys, 32), put8(&f.keys, 0);
	tensor(&f, NULL, "token_embd.weight", 32, 40, LL_Q8_0);
	layer(&f, NULL, 0);
	layer(&f, "blk.1.ffn_gate.weight", 1);
	tensor(&f, NULL, "blk.1.ffn_gate.weight", 32, 32, LL_Q8_0);
	tensor(&f, NULL, "output_norm.weight", 32, 0, LL_F32);
	does_not_run(&f, LL_EDATA, "blk.1.ffn_up.weight: shape is 32 x 64");
	usual_keys(&f, NULL), usual_tensors(&f, NULL);
	tensor(&f, NULL, "blk.1.attn_k.bias", 16, 0, LL_F16);
	model = runs(&f, &copy);
	assert_null(model->layers[0].bk.data);
	assert_int_equal(model->layers[1].bk.cols, 16);
	assert_int_equal(model->layers[1].bk.type, LL_F32);
	ll_model_close(model);
	free(copy);
	usual_keys(&f, NULL), usual_tensors(&f, NULL);
	tensor(&f, NULL, "blk.1.attn_k.bias", 32, 0, LL_F32);
	does_not_run(&f, LL_EDATA, "blk.1.attn_k.bias: shape is 32");
}

/* A llama.* key that changes the result and is not understood. */
static void
keys_not_understood(void **state)
{
	static const struct {
		const char *key;
		uint32_t value, harmless;
	} cases[] = {
		{ "llama.expert_count", 8, 0 },
		{ "llama.attention.sliding_window_pattern", 1, UINT32_MAX },
		{ "llama.something.new", 1, UINT32_MAX },
		{ "llama.rope.scaling.yarn_log_multiplier", 1, 0 },
		{ "llama.logit_scale", 2, 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct file f = { 0 };
		struct ll_model *model;
		void *copy;

		usual_keys(&f, NULL);
		size_key(&f, NULL, cases[i].key, cases[i].value);
		usual_tensors(&f, NULL);
		does_not_run(&f, LL_EUNSUPPORTED, cases[i].key);
		if (cases[i].harmless == UINT32_MAX)
			continue;
		usual_keys(&f, NULL);
		size_key(&f, NULL, cases[i].key, cases[i].harmless);
		usual_tensors(&f, NULL);
		model = runs(&f, &copy);
		ll_model_close(model);
		free(copy);
	}
}

/* Item 20. */
static void
wrong_tensors(void **state)
{
	struct file f = { 0 };

	(void)state;
	usual_keys(&f, NULL), usual_tensors(&f, "blk.1.ffn_up.weight");
	does_not_run(&f, LL_EDATA, "blk.1.ffn_up.weight: tensor is missing");
	usual_keys(&f, NULL), usual_tensors(&f, "token_embd.weight");
	does_not_run(&f, LL_EDATA, "token_embd.weight: tensor is missing");
	usual_keys(&f, NULL), usual_tensors(&f, NULL);
	tensor(&f, NULL, "blk.0.attn_q.lora_a", 32, 0, LL_F32);
	does_not_run(&f, LL_EUNSUPPORTED, "blk.0.attn_q.lora_a: tensor is not understood");
	usual_keys(&f, NULL), usual_tensors(&f, NULL);
	tensor(&f, NULL, "blk.00.attn_q.weight", 32, 0, LL_F32);
	does_not_run(&f, LL_EUNSUPPORTED, "blk.00.attn_q.weight");
	usual_keys(&f, NULL), usual_tensors(&f, "blk.0.attn_k.weight");
	tensor(&f, NULL, "blk.0.attn_k.weight", 32, 32, LL_F32);
	does_not_run(&f, LL_EDATA, "blk.0.attn_k.weight: shape is 32 x 32 x 1 x 1, not 32 x 16");
	usual_keys(&f, NULL), usual_tensors(&f, "output_norm.weight");
	tensor(&f, NULL, "output_norm.weight", 32, 1, LL_F32);
	does_not_run(&f, LL_EDATA, "output_norm.weight: shape");
	usual_keys(&f, NULL);
	does_not_run(&f, LL_EDATA, "no tensors");
}

/* Item 13. */
static void
wrong_types(void **state)
{
	struct file f = { 0 };

	(void)state;
	usual_keys(&f, NULL), usual_tensors(&f, "blk.1.attn_v.weight");
	tensor(&f, NULL, "blk.1.attn_v.weight", 32, 16, 15);
	does_not_run(&f, LL_EUNSUPPORTED, "blk.1.attn_v.weight: type Q8_K cannot");
	usual_keys(&f, NULL), usual_tensors(&f, "blk.1.attn_v.weight");
	tensor(&f, NULL, "blk.1.attn_v.weight", 32, 16, 999);
	does_not_run(&f, LL_EUNSUPPORTED, "blk.1.attn_v.weight: type 999 cannot");
	usual_keys(&f, NULL), usual_tensors(&f, "output_norm.weight");
	tensor(&f, NULL, "output_norm.weight", 32, 0, LL_Q8_0);
	does_not_run(&f, LL_EUNSUPPORTED, "output_norm.weight: type Q8_0");
}

static void
rope_factors(void **state)
{
	struct file f = { 0 };
	struct ll_model *model;
	void *copy;

	(void)state;
	usual_keys(&f, NULL), usual_tensors(&f, NULL);
	put_padding(&f.data, 32);
	put_tensor(&f.directory, "rope_freqs.weight", (uint64_t[4]){ 4 }, LL_F32, f.data.len), f.tensor_count++;
	put_f32(&f.data, 1), put_f32(&f.data, 2), put_f32(&f.data, 4), put_f32(&f.data, 8);
	model = runs(&f, &copy);
	assert_true(fabsf(model->rope_freqs[0] - 1.0f) < 1e-7f);
	assert_true(fabsf(model->rope_freqs[1] - 0.05f) < 1e-8f);
	assert_true(fabsf(model->rope_freqs[3] - 0.000125f) < 1e-10f);
	ll_model_close(model);
	free(copy);
	usual_keys(&f, NULL), usual_tensors(&f, NULL);
	put_padding(&f.data, 32);
	put_tensor(&f.directory, "rope_freqs.weight", (uint64_t[4]){ 4 }, LL_F32, f.data.len), f.tensor_count++;
	put_f32(&f.data, 1), put_f32(&f.data, 0), put_f32(&f.data, 4), put_f32(&f.data, 8);
	does_not_run(&f, LL_EDATA, "rope_freqs.weight: factor 1 is 0");
}

/* Llama 3.1's own numbers: short waves stay, long ones are stretched by 8. */
static void
llama3_scaling(void **state)
{
	struct file f = { 0 };
	struct ll_model *model;
	void *copy;

	(void)state;
	usual_keys(&f, "llama.rope.freq_base");
	real_key(&f, NULL, "llama.rope.freq_base", 500000);
	key_string(&f.keys, "llama.rope.scaling.type", "llama3"), f.key_count++;
	real_key(&f, NULL, "llama.rope.scaling.factor", 8);
	real_key(&f, NULL, "llama.rope.scaling.low_freq_factor", 1);
	real_key(&f, NULL, "llama.rope.scaling.high_freq_factor", 4);
	size_key(&f, NULL, "llama.rope.scaling.original_context_length", 8192);
	usual_tensors(&f, NULL);
	model = runs(&f, &copy);
	/* Wave lengths 6.28, 167, 4443 (between 2048 and 8192: mixed) and 118143. */
	assert_true(fabsf(model->rope_freqs[0] - 1.0f) < 1e-7f);
	assert_true(fabsf(model->rope_freqs[1] - 0.03760603f) < 1e-8f);
	assert_true(fabsf(model->rope_freqs[2] - 5.2484616e-4f) < 1e-9f);
	assert_true(fabsf(model->rope_freqs[3] - 6.647871e-6f) < 1e-11f);
	ll_model_close(model);
	free(copy);
}

static void
other_scaling(void **state)
{
	static const char *const kinds[] = { "dynamic", "longrope" };
	struct file f = { 0 };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		char text[100];

		usual_keys(&f, NULL), usual_tensors(&f, NULL);
		key_string(&f.keys, "llama.rope.scaling.type", kinds[i]), f.key_count++;
		snprintf(text, sizeof(text), "llama.rope.scaling.type: '%s'", kinds[i]);
		does_not_run(&f, LL_EUNSUPPORTED, text);
	}
	usual_keys(&f, NULL), usual_tensors(&f, NULL);
	real_key(&f, NULL, "llama.rope.scaling.factor", 0);
	does_not_run(&f, LL_EDATA, "llama.rope.scaling.factor: 0");
	usual_keys(&f, NULL), usual_tensors(&f, NULL);
	key_string(&f.keys, "llama.rope.scaling.type", "llama3"), f.key_count++;
	size_key(&f, NULL, "llama.rope.scaling.original_context_length", 8192);
	does_not_run(&f, LL_EDATA, "llama3 needs a factor");
}

/* Item 17. */
static void
tokens_and_rows(void **state)
{
	struct file f = { 0 };

	(void)state;
	usual_keys(&f, NULL), usual_tensors(&f, NULL);
	key_array(&f.keys, "tokenizer.ggml.tokens", LL_GGUF_STRING, 1), f.key_count++;
	put_string(&f.keys, "a");
	does_not_run(&f, LL_EDATA, "tokenizer.ggml.tokens: 1 tokens, but token_embd.weight has 40 rows");
}

static uint64_t
fingerprint(struct file *f)
{
	struct ll_model *model;
	uint64_t print;
	void *copy;

	model = runs(f, &copy);
	print = model->fingerprint;
	ll_model_close(model);
	free(copy);
	return print;
}

/* Order, alignment and names of the file do not count; numbers and weights do. */
static void
fingerprints(void **state)
{
	struct file f = { 0 };
	uint64_t usual;

	(void)state;
	usual_keys(&f, NULL), usual_tensors(&f, NULL);
	usual = fingerprint(&f);
	usual_keys(&f, NULL), usual_tensors(&f, NULL);
	key_string(&f.keys, "general.name", "another"), f.key_count++;
	assert_true(fingerprint(&f) == usual);
	f.alignment = 64;
	size_key(&f, NULL, "general.alignment", 64);
	usual_keys(&f, NULL);
	tensor(&f, NULL, "output.weight", 32, 40, LL_F16);
	layer(&f, NULL, 1);
	layer(&f, NULL, 0);
	tensor(&f, NULL, "output_norm.weight", 32, 0, LL_F32);
	tensor(&f, NULL, "token_embd.weight", 32, 40, LL_Q8_0);
	assert_true(fingerprint(&f) == usual);
	usual_keys(&f, "llama.rope.freq_base"), usual_tensors(&f, NULL);
	real_key(&f, NULL, "llama.rope.freq_base", 10001);
	assert_true(fingerprint(&f) != usual);
	usual_keys(&f, NULL), usual_tensors(&f, NULL);
	f.data.data[0]++;
	assert_true(fingerprint(&f) != usual);
	usual_keys(&f, NULL), usual_tensors(&f, NULL);
	f.data.data[f.data.len - 1]++;
	assert_true(fingerprint(&f) != usual);
	usual_keys(&f, NULL), usual_tensors(&f, "output.weight");
	assert_true(fingerprint(&f) != usual);
}

/* Item 22. */
static void
not_a_file(void **state)
{
	static const struct {
		const char *path;
		int code;
		const char *text;
	} cases[] = {
		{ "/", LL_EINPUT, "/: a folder with neither config.json" },
		{ "/dev/zero", LL_EINPUT, "/dev/zero: is not a regular file" },
		{ "/none/model.gguf", LL_EINPUT, "/none/model.gguf: No such file" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ll_err err = { 0 };
		struct ll_model *model;

		expect(ll_model_open(&model, cases[i].path, &err), &err, cases[i].code, cases[i].text);
		assert_null(model);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_usual_model),
		cmocka_unit_test(a_tied_model),
		cmocka_unit_test(defaults),
		cmocka_unit_test(bad_sizes),
		cmocka_unit_test(bad_numbers),
		cmocka_unit_test(missing_keys),
		cmocka_unit_test(wrong_type_of_key),
		cmocka_unit_test(other_architectures),
		cmocka_unit_test(layers_of_their_own),
		cmocka_unit_test(keys_not_understood),
		cmocka_unit_test(wrong_tensors),
		cmocka_unit_test(wrong_types),
		cmocka_unit_test(rope_factors),
		cmocka_unit_test(llama3_scaling),
		cmocka_unit_test(other_scaling),
		cmocka_unit_test(tokens_and_rows),
		cmocka_unit_test(fingerprints),
		cmocka_unit_test(not_a_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
