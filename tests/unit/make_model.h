/*
 * A GGUF of a small Llama model in memory: two layers, hidden size 32, 40 tokens, with any of
 * its keys and tensors left out or others added.
 */

#ifndef TESTS_UNIT_MAKE_MODEL_H
#define TESTS_UNIT_MAKE_MODEL_H

#include "tests/unit/make_gguf.h"

/* Parts of a file that grow apart and are joined at the end. */
struct file {
	struct ll_buf keys, directory, data;
	uint64_t key_count, tensor_count;
	size_t alignment;
};

/* Which of the usual keys and tensors a file does without; NULL: none. */
static inline void
size_key(struct file *f, const char *except, const char *key, uint32_t value)
{
	if (except != NULL && strcmp(except, key) == 0)
		return;
	key_u32(&f->keys, key, value);
	f->key_count++;
}

static inline void
real_key(struct file *f, const char *except, const char *key, float value)
{
	if (except != NULL && strcmp(except, key) == 0)
		return;
	key_f32(&f->keys, key, value);
	f->key_count++;
}

static inline void
usual_keys(struct file *f, const char *except)
{
	if (except == NULL || strcmp(except, "general.architecture") != 0) {
		key_string(&f->keys, "general.architecture", "llama");
		f->key_count++;
	}
	size_key(f, except, "llama.block_count", 2);
	size_key(f, except, "llama.context_length", 64);
	size_key(f, except, "llama.embedding_length", 32);
	size_key(f, except, "llama.feed_forward_length", 64);
	size_key(f, except, "llama.attention.head_count", 4);
	size_key(f, except, "llama.attention.head_count_kv", 2);
	real_key(f, except, "llama.attention.layer_norm_rms_epsilon", 1e-5f);
	size_key(f, except, "llama.rope.dimension_count", 8);
	real_key(f, except, "llama.rope.freq_base", 10000.0f);
}

static inline void
tensor(struct file *f, const char *except, const char *name, uint64_t cols, uint64_t rows, uint32_t type)
{
	size_t row = 0;

	if (except != NULL && strcmp(except, name) == 0)
		return;
	put_padding(&f->data, f->alignment ? f->alignment : 32);
	put_tensor(&f->directory, name, (uint64_t[4]){ cols, rows }, type, f->data.len);
	f->tensor_count++;
	if (!ll_dtype_row_bytes(type, (size_t)cols, &row))
		row = 32;
	/* Bytes that name and place decide, and that are small numbers in every type. */
	for (size_t i = 0; i < row * (rows ? rows : 1); i++)
		put8(&f->data, (uint8_t)(i % 4 == 3 ? 0x3c : name[i % strlen(name)] + i));
}

static inline void
layer(struct file *f, const char *except, int index)
{
	static const struct {
		const char *name;
		uint64_t cols, rows;
	} parts[] = {
		{ "attn_norm", 32, 0 }, { "attn_q", 32, 32 }, { "attn_k", 32, 16 }, { "attn_v", 32, 16 },
		{ "attn_output", 32, 32 }, { "ffn_norm", 32, 0 }, { "ffn_gate", 32, 64 }, { "ffn_up", 32, 64 },
		{ "ffn_down", 64, 32 },
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		char name[64];

		snprintf(name, sizeof(name), "blk.%d.%s.weight", index, parts[i].name);
		tensor(f, except, name, parts[i].cols, parts[i].rows, parts[i].rows ? LL_Q8_0 : LL_F32);
	}
}

static inline void
usual_tensors(struct file *f, const char *except)
{
	tensor(f, except, "token_embd.weight", 32, 40, LL_Q8_0);
	layer(f, except, 0);
	layer(f, except, 1);
	tensor(f, except, "output_norm.weight", 32, 0, LL_F32);
	tensor(f, except, "output.weight", 32, 40, LL_F16);
}

static inline struct ll_buf
join(struct file *f)
{
	struct ll_buf b = { 0 };

	put_header(&b, 3, f->tensor_count, f->key_count);
	put(&b, f->keys.data, f->keys.len);
	put(&b, f->directory.data, f->directory.len);
	put_padding(&b, f->alignment ? f->alignment : 32);
	put(&b, f->data.data, f->data.len);
	ll_buf_free(&f->keys);
	ll_buf_free(&f->directory);
	ll_buf_free(&f->data);
	*f = (struct file){ 0 };
	return b;
}

#endif
