/*
 * Mixes of types; see mix.h. ll-quantize(1) has the rules in words.
 */

#include "model/mix.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "tensor/dtype.h"

/* Numbers of file types: llama.cpp's enum llama_ftype. */
static const struct ll_mix mixes[] = {
	{ "Q8_0", LL_Q8_0, 7, "8.5 bits a weight" },
	{ "Q6_K", LL_Q6_K, 18, "6.6 bits" },
	{ "Q5_K_M", LL_Q5_K, 17, "5.7 bits, some tensors Q6_K" },
	{ "Q5_K_S", LL_Q5_K, 16, "5.5 bits" },
	{ "Q5_1", LL_Q5_1, 9, "6.0 bits, of the older kind" },
	{ "Q5_0", LL_Q5_0, 8, "5.5 bits, of the older kind" },
	{ "Q4_K_M", LL_Q4_K, 15, "4.8 bits, some tensors Q6_K" },
	{ "Q4_K_S", LL_Q4_K, 14, "4.6 bits, some tensors Q5_K" },
	{ "IQ4_NL", LL_IQ4_NL, 25, "4.5 bits, not evenly spaced" },
	{ "IQ4_XS", LL_IQ4_XS, 30, "4.3 bits, not evenly spaced" },
	{ "Q4_1", LL_Q4_1, 3, "5.0 bits, of the older kind" },
	{ "Q4_0", LL_Q4_0, 2, "4.5 bits, of the older kind" },
	{ "Q3_K_L", LL_Q3_K, 13, "4.1 bits, some tensors Q5_K" },
	{ "Q3_K_M", LL_Q3_K, 12, "3.8 bits, some tensors Q4_K or Q5_K" },
	{ "Q3_K_S", LL_Q3_K, 11, "3.5 bits" },
	{ "Q2_K", LL_Q2_K, 10, "3.0 bits, some tensors Q3_K or Q4_K" },
	{ "Q2_K_S", LL_Q2_K, 21, "2.8 bits, some tensors Q4_K; wants an importance matrix" },
};
#define COUNT (sizeof(mixes) / sizeof(mixes[0]))

/* By file type, which are their names in the code below. */
enum { FILE_Q2_K = 10, FILE_Q3_K_S, FILE_Q3_K_M, FILE_Q3_K_L, FILE_Q4_K_S, FILE_Q4_K_M, FILE_Q5_K_S,
	FILE_Q5_K_M, FILE_Q4_0 = 2, FILE_Q5_0 = 8, FILE_Q2_K_S = 21, FILE_IQ4_NL = 25, FILE_IQ4_XS = 30 };

const struct ll_mix *
ll_mix_all(size_t *count)
{
	*count = COUNT;
	return mixes;
}

const struct ll_mix *
ll_mix_find(const char *name)
{
	static const char *const short_names[][2] = {
		{ "Q3_K", "Q3_K_M" }, { "Q4_K", "Q4_K_M" }, { "Q5_K", "Q5_K_M" }
	};

	for (size_t i = 0; i < 3; i++)
		if (strcasecmp(name, short_names[i][0]) == 0)
			name = short_names[i][1];
	for (size_t i = 0; i < COUNT; i++)
		if (strcasecmp(name, mixes[i].name) == 0)
			return &mixes[i];
	return NULL;
}

uint32_t
ll_mix_file_type(uint32_t type)
{
	const struct ll_mix *mix = ll_mix_find(ll_dtype_name(type));

	return mix != NULL ? mix->file_type : type == LL_BF16 ? 32 : type;
}

static bool
ends_with(const char *text, const char *ending)
{
	size_t length = strlen(text), end = strlen(ending);

	return length >= end && strcmp(text + length - end, ending) == 0;
}

bool
ll_mix_applies(const struct ll_source_tensor *tensor)
{
	uint32_t dims = tensor->dims;

	/* Dimensions of 1 at the end are none. */
	while (dims > 1 && tensor->ne[dims - 1] == 1)
		dims--;
	return dims > 1 && ends_with(tensor->name, "weight") && strstr(tensor->name, "_norm.weight") == NULL &&
	    strstr(tensor->name, "ffn_gate_inp.weight") == NULL;
}

/* The layers at both ends and every third between them. */
static bool
more_bits(size_t layer, size_t layers)
{
	return layer < layers / 8 || layer >= 7 * layers / 8 || (layer - layers / 8) % 3 == 2;
}

static uint32_t
type_of_values(const struct ll_mix_rules *rules, size_t layer)
{
	/* Values that many heads share are few and count much. */
	bool shared = rules->heads / rules->kv_heads >= 4;
	uint32_t type = rules->mix->type;

	switch (rules->mix->file_type) {
	case FILE_Q2_K:
		type = shared ? LL_Q4_K : LL_Q3_K;
		break;
	case FILE_Q2_K_S:
		type = shared ? LL_Q4_K : type;
		break;
	case FILE_Q3_K_M:
		type = layer < 2 ? LL_Q5_K : LL_Q4_K;
		break;
	case FILE_Q3_K_L:
		type = LL_Q5_K;
		break;
	case FILE_IQ4_NL:
	case FILE_IQ4_XS:
		type = shared ? LL_Q5_K : type;
		break;
	case FILE_Q4_K_M:
	case FILE_Q5_K_M:
		type = more_bits(layer, rules->layers) ? LL_Q6_K : type;
		break;
	case FILE_Q4_K_S:
		type = layer < 4 ? LL_Q5_K : type;
		break;
	default:
		break;
	}
	/* The size of 70B, where eight heads share them. */
	if (rules->layers == 80 && rules->heads != rules->kv_heads && (type == LL_Q3_K || type == LL_Q4_K))
		type = LL_Q5_K;
	return type;
}

static uint32_t
type_of_down(const struct ll_mix_rules *rules, size_t layer)
{
	uint32_t type = rules->mix->type;
	bool early = layer < rules->layers / 8;

	switch (rules->mix->file_type) {
	case FILE_Q2_K:
		return LL_Q3_K;
	case FILE_Q2_K_S:
		return early ? LL_Q4_K : type;
	case FILE_Q3_K_M:
		return layer < rules->layers / 16 ? LL_Q5_K : LL_Q4_K;
	case FILE_Q3_K_L:
		return LL_Q5_K;
	case FILE_Q4_K_M:
	case FILE_Q5_K_M:
		return more_bits(layer, rules->layers) ? LL_Q6_K : type;
	case FILE_Q4_K_S:
		return early ? LL_Q5_K : type;
	case FILE_IQ4_NL:
	case FILE_IQ4_XS:
		return early && !rules->importance ? LL_Q5_K : type;
	case FILE_Q4_0:
		return early && rules->importance ? LL_Q4_1 : type;
	case FILE_Q5_0:
		return early && rules->importance ? LL_Q5_1 : type;
	default:
		return type;
	}
}

static uint32_t
type_of_attention_output(const struct ll_mix_rules *rules)
{
	switch (rules->mix->file_type) {
	case FILE_Q2_K:
		return LL_Q3_K;
	case FILE_Q3_K_M:
		return LL_Q4_K;
	case FILE_Q3_K_L:
		return LL_Q5_K;
	default:
		return rules->mix->type;
	}
}

static bool
whole_blocks(uint32_t type, uint64_t cols)
{
	const struct ll_dtype_info *info = ll_dtype(type);

	return info != NULL && cols % info->block == 0;
}

uint32_t
ll_mix_fallback(uint32_t type, uint64_t cols)
{
	static const uint32_t instead[LL_DTYPES] = {
		[LL_IQ4_XS] = LL_IQ4_NL, [LL_Q2_K] = LL_Q4_0, [LL_Q3_K] = LL_Q4_0, [LL_Q4_K] = LL_Q5_0,
		[LL_Q5_K] = LL_Q5_1, [LL_Q6_K] = LL_Q8_0
	};

	if (whole_blocks(type, cols))
		return type;
	if (instead[type] != 0 && whole_blocks(instead[type], cols))
		return instead[type];
	return LL_F16;
}

static uint32_t
mixed_type(const struct ll_mix_rules *rules, const struct ll_source_tensor *tensor)
{
	const char *name = tensor->name;
	uint32_t type = rules->mix->type;
	unsigned layer = 0;

	if (strcmp(name, "output.weight") == 0 || (rules->tied && strcmp(name, "token_embd.weight") == 0)) {
		if (!whole_blocks(type, tensor->ne[0]))
			return LL_Q8_0;
		return type == LL_Q8_0 ? type : LL_Q6_K;
	}
	if (sscanf(name, "blk.%u.", &layer) != 1)
		return type;
	if (strstr(name, "attn_v.weight") != NULL)
		return type_of_values(rules, layer);
	if (strstr(name, "attn_output.weight") != NULL)
		return type_of_attention_output(rules);
	if (strstr(name, "ffn_down") != NULL)
		return type_of_down(rules, layer);
	return type;
}

uint32_t
ll_mix_type(const struct ll_mix_rules *rules, const struct ll_source_tensor *tensor)
{
	uint32_t type = rules->mix->type;

	if (!rules->pure)
		type = mixed_type(rules, tensor);
	return ll_mix_fallback(type, tensor->ne[0]);
}
