/*
 * A vocabulary of a few hundred tokens, for tests that must not depend on data: the 256
 * bytes as ids 0 to 255 in their order, then what a test adds.
 */

#ifndef TESTS_UNIT_TINY_VOCAB_H
#define TESTS_UNIT_TINY_VOCAB_H

#include <stdlib.h>
#include <string.h>

#include "base/vocab.h"

#define TINY_MOST 1024

struct tiny {
	struct ll_vocab vocab;
	struct ll_piece pieces[TINY_MOST];
	unsigned char merges[TINY_MOST * 96];
	size_t merge_bytes;
	char bytes[256];
};

static inline void
tiny_begin(struct tiny *tiny, enum ll_vocab_kind kind, const char *pre)
{
	*tiny = (struct tiny){ .vocab = {
		.kind = kind, .count = 256, .pieces = tiny->pieces, .merges = tiny->merges,
		.bos = LL_VOCAB_NONE, .eos = LL_VOCAB_NONE, .eot = LL_VOCAB_NONE, .eom = LL_VOCAB_NONE
	} };
	strncpy(tiny->vocab.pre, pre, sizeof(tiny->vocab.pre) - 1);
	for (int i = 0; i < 256; i++) {
		tiny->bytes[i] = (char)i;
		tiny->pieces[i] = (struct ll_piece){ &tiny->bytes[i], 1, LL_TOKEN_NORMAL };
	}
}

/* Texts are borrowed. */
static inline uint32_t
tiny_add(struct tiny *tiny, const char *text, enum ll_token_type type)
{
	if (tiny->vocab.count == TINY_MOST)
		abort();
	tiny->pieces[tiny->vocab.count] = (struct ll_piece){ text, (uint32_t)strlen(text), type };
	return (uint32_t)tiny->vocab.count++;
}

/* "left right" in the byte alphabet. */
static inline void
tiny_merge(struct tiny *tiny, const char *text)
{
	size_t length = strlen(text);
	unsigned char *head = tiny->merges + tiny->merge_bytes;

	if (tiny->merge_bytes + LL_MERGE_HEAD + length > sizeof(tiny->merges))
		abort();
	for (int i = 0; i < LL_MERGE_HEAD; i++)
		head[i] = i < 4 ? (unsigned char)(length >> 8 * i) : 0;
	memcpy(head + LL_MERGE_HEAD, text, length);
	tiny->merge_bytes += LL_MERGE_HEAD + length;
	tiny->vocab.merge_count++;
}

/* The special tokens of Llama 3's and of ChatML's prompts. */
static inline void
tiny_add_specials(struct tiny *tiny)
{
	static const char *const names[] = {
		"<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>",
		"<|im_start|>", "<|im_end|>"
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		uint32_t id = tiny_add(tiny, names[i], LL_TOKEN_CONTROL);

		if (i == 0)
			tiny->vocab.bos = id;
	}
}

#endif
