/*
 * Pre-tokenizers that are several regular expressions, each of which cuts what the one before
 * has left: DeepSeek's. See split.h.
 */

#ifndef LL_TOKENIZE_SPLIT_STEPS_H
#define LL_TOKENIZE_SPLIT_STEPS_H

#include <stdbool.h>
#include <stddef.h>

/* As ll_split_next(); `coder` is deepseek-coder, else deepseek-llm. */
size_t ll_split_steps_next(const unsigned char *text, size_t length, bool coder);

#endif
