/*
 * What the pre-tokenizers' regular expressions ask of a code point: letter (\p{L}), number
 * (\p{N}) or space (White_Space), as of Unicode 16. Marks, controls, unassigned code points
 * and bytes that are not UTF-8 are none of them.
 */

#ifndef LL_TOKENIZE_CHARCLASS_H
#define LL_TOKENIZE_CHARCLASS_H

#include <stdint.h>

enum ll_charclass {
	LL_CHAR_OTHER,
	LL_CHAR_LETTER,
	LL_CHAR_NUMBER,
	LL_CHAR_SPACE
};

/* Of any 32-bit value; LL_UTF8_BAD and what lies above U+10FFFF are LL_CHAR_OTHER. */
enum ll_charclass ll_charclass_of(uint32_t code);

/* What of its letters, and marks, the splitters that look at the case of words ask besides. */
enum ll_charcase {
	LL_CASE_NONE,		/* of a letter: \p{Lm} or \p{Lo}, which are of both cases there */
	LL_CASE_UPPER,		/* \p{Lu}, \p{Lt} */
	LL_CASE_LOWER,		/* \p{Ll} */
	LL_CASE_MARK		/* \p{M}, which is no letter */
};

enum ll_charcase ll_charcase_of(uint32_t code);

/* What the splitters of several steps ask. */
enum ll_charstep {
	LL_STEP_NONE,
	LL_STEP_PUNCTUATION,	/* \p{P} */
	LL_STEP_DEEPSEEK	/* a letter of the list that DeepSeek LLM's file has */
};

enum ll_charstep ll_charstep_of(uint32_t code);

#endif
