/*
 * Pre-tokenizers: cut text into the pieces within which BPE merges.
 *
 * Each is the exact equivalent of its model's regular expression, without an engine for
 * them: every byte is looked at a bounded number of times, whatever the text. Special
 * tokens cut the text before; each segment between them is split by itself.
 */

#ifndef LL_TOKENIZE_SPLIT_H
#define LL_TOKENIZE_SPLIT_H

#include <stdbool.h>
#include <stddef.h>

struct ll_err;

enum ll_splitter {
	LL_SPLIT_LLAMA3,	/* Llama 3 (as tiktoken's cl100k) */
	LL_SPLIT_GPT2,
	LL_SPLIT_SMOLLM,	/* digits one by one, then GPT-2 on what lies between them */
	LL_SPLIT_QWEN2,		/* Llama 3's with digits one by one */
	LL_SPLIT_SEED,		/* that, and no newlines behind punctuation */
	LL_SPLIT_TEKKEN,	/* words by case; Mistral */
	LL_SPLIT_GPT4O,		/* words by case and contractions; Llama 4 */
	LL_SPLIT_DEEPSEEK,	/* steps, one after the other; DeepSeek LLM */
	LL_SPLIT_DEEPSEEK_CODER,
	LL_SPLITTERS
};

/* By the name in tokenizer.ggml.pre; -LL_EUNSUPPORTED for one that is not known. */
int ll_split_by_name(const char *name, struct ll_err *err);
/* Whether models of that name take a piece that is a token without merging. */
bool ll_split_whole_first(const char *name);

/*
 * The length of the first piece of text[0..length), at least 1; `length` is at least 1 and
 * reaches to the end of the segment. Where a piece ends depends on nothing before it.
 */
size_t ll_split_next(enum ll_splitter splitter, const unsigned char *text, size_t length);

#endif
