/*
 * What the containers call the tensors of a Llama; see source_make.h.
 */

#include <stdio.h>
#include <string.h>

#include "model/source_make.h"

/* GGUF's, Hugging Face's and Meta's, by enum ll_container; without the layer and the ending. */
struct names {
	const char *of[3];
};

static const struct names whole[] = {
	{ { "token_embd", "model.embed_tokens", "tok_embeddings" } },
	{ { "output_norm", "model.norm", "norm" } },
	{ { "output", "lm_head", "output" } },
};

static const struct names layer[] = {
	{ { "attn_norm", "input_layernorm", "attention_norm" } },
	{ { "attn_q", "self_attn.q_proj", "attention.wq" } },
	{ { "attn_k", "self_attn.k_proj", "attention.wk" } },
	{ { "attn_v", "self_attn.v_proj", "attention.wv" } },
	{ { "attn_output", "self_attn.o_proj", "attention.wo" } },
	{ { "ffn_norm", "post_attention_layernorm", "ffn_norm" } },
	{ { "ffn_gate", "mlp.gate_proj", "feed_forward.w1" } },
	{ { "ffn_up", "mlp.up_proj", "feed_forward.w3" } },
	{ { "ffn_down", "mlp.down_proj", "feed_forward.w2" } },
};

static const char *const prefix[] = { "blk.", "model.layers.", "layers." };
static const char *const endings[] = { ".weight", ".bias" };

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The name without its ending; NULL if it is `stem` with another one. */
static const char *
ending_of(const char *name, const char *stem)
{
	size_t length = strlen(stem);

	if (strncmp(name, stem, length) != 0)
		return NULL;
	for (size_t i = 0; i < COUNT(endings); i++)
		if (strcmp(name + length, endings[i]) == 0)
			return endings[i];
	return NULL;
}

/* The digits of a layer, without a sign or a zero before them; 0 if there are none. */
static size_t
digits(const char *text)
{
	size_t count = strspn(text, "0123456789");

	return count > 5 || (count > 1 && text[0] == '0') || text[count] != '.' ? 0 : count;
}

static bool
translate(char *out, const char *name, enum ll_container from, enum ll_container to)
{
	size_t skip = strlen(prefix[from]), count;
	const char *end;

	for (size_t i = 0; i < COUNT(whole); i++)
		if ((end = ending_of(name, whole[i].of[from])) != NULL) {
			snprintf(out, LL_NAME_ROOM, "%s%s", whole[i].of[to], end);
			return true;
		}
	if (strncmp(name, prefix[from], skip) != 0 || (count = digits(name + skip)) == 0)
		return false;
	for (size_t i = 0; i < COUNT(layer); i++)
		if ((end = ending_of(name + skip + count + 1, layer[i].of[from])) != NULL) {
			snprintf(out, LL_NAME_ROOM, "%s%.*s.%s%s", prefix[to], (int)count, name + skip,
			    layer[i].of[to], end);
			return true;
		}
	return false;
}

bool
ll_name_to_gguf(char *out, enum ll_container container, const char *name)
{
	return translate(out, name, container, LL_CONTAINER_GGUF);
}

bool
ll_name_from_gguf(char *out, enum ll_container container, const char *name)
{
	return translate(out, name, LL_CONTAINER_GGUF, container);
}
