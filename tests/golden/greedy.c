/*
 * What llama.cpp continues prompts with, for greedy.py and steer.py. No part of the build: it
 * needs llama.h and the libraries of llama.cpp.
 *
 *	greedy MODEL COUNT default|no-flash|f32 [VECTOR]
 *	greedy --dequantize MODEL OUT
 *
 * Reads a prompt's ids from each line, and writes a line with COUNT pairs of the id with the
 * largest logit and the gap to the second largest. It ends early behind an id that ends texts.
 * VECTOR is a file of floats: what is added behind layer 1, layer 2 and so on, but not behind the
 * last layer, where ll has no cut.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "llama.h"

#define CONTEXT 2048

static void
quiet(enum ggml_log_level level, const char *text, void *context)
{
	(void)context;
	if (level == GGML_LOG_LEVEL_ERROR)
		fputs(text, stderr);
}

static struct llama_context *
context_of(struct llama_model *model, const char *how)
{
	struct llama_context_params params = llama_context_default_params();

	params.n_ctx = CONTEXT;
	params.n_batch = CONTEXT;
	params.n_threads = params.n_threads_batch = 2;
	if (strcmp(how, "default") != 0)
		params.flash_attn_type = LLAMA_FLASH_ATTN_TYPE_DISABLED;
	if (strcmp(how, "f32") == 0)
		params.type_k = params.type_v = GGML_TYPE_F32;
	return llama_init_from_model(model, params);
}

static int
steer(struct llama_context *context, const struct llama_model *model, const char *path)
{
	static float data[1 << 20];
	FILE *in = fopen(path, "rb");
	size_t count = in != NULL ? fread(data, sizeof(*data), sizeof(data) / sizeof(*data), in) : 0;

	return llama_set_adapter_cvec(context, data, count, llama_model_n_embd(model), 1, llama_model_n_layer(model) - 2);
}

static llama_token
best_of(const float *logits, int count, float *gap)
{
	int best = 0, second = 1;

	for (int i = 1; i < count; i++) {
		if (logits[i] > logits[best]) {
			second = best;
			best = i;
		} else if (i == 1 || logits[i] > logits[second]) {
			second = i;
		}
	}
	*gap = logits[best] - logits[second];
	return best;
}

static int
ids_of(char *line, llama_token *ids)
{
	int count = 0;

	for (char *word = strtok(line, " \n"); word != NULL && count < CONTEXT; word = strtok(NULL, " \n"))
		ids[count++] = atoi(word);
	return count;
}

static int
continue_prompt(struct llama_context *context, const struct llama_vocab *vocab, char *line, int most)
{
	static llama_token ids[CONTEXT];
	struct llama_batch batch = llama_batch_get_one(ids, ids_of(line, ids));
	llama_token token;
	float gap;

	llama_memory_clear(llama_get_memory(context), true);
	for (int i = 0; i < most; i++) {
		if (llama_decode(context, batch) != 0)
			return -1;
		token = best_of(llama_get_logits_ith(context, -1), llama_vocab_n_tokens(vocab), &gap);
		printf("%s%d %.3f", i > 0 ? " " : "", token, (double)gap);
		if (llama_vocab_is_eog(vocab, token))
			break;
		batch = llama_batch_get_one(&token, 1);
	}
	printf("\n");
	return 0;
}

static int
dequantize(const char *from, const char *to)
{
	struct llama_model_quantize_params params = llama_model_quantize_default_params();

	params.ftype = LLAMA_FTYPE_ALL_F32;
	params.allow_requantize = true;
	return llama_model_quantize(from, to, &params) != 0;
}

int
main(int argc, char **argv)
{
	static char line[CONTEXT * 8];
	struct llama_model *model;
	struct llama_context *context;

	if (argc != 4 && argc != 5)
		return 64;
	llama_log_set(quiet, NULL);
	if (strcmp(argv[1], "--dequantize") == 0)
		return dequantize(argv[2], argv[3]);
	model = llama_model_load_from_file(argv[1], llama_model_default_params());
	if (model == NULL || (context = context_of(model, argv[3])) == NULL)
		return 69;
	if (argc == 5 && steer(context, model, argv[4]) != 0)
		return 66;
	while (fgets(line, sizeof(line), stdin) != NULL)
		if (continue_prompt(context, llama_model_get_vocab(model), line, atoi(argv[2])) < 0)
			return 70;
	llama_free(context);
	llama_model_free(model);
	return 0;
}
