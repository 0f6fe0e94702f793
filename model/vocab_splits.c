/*
 * Splitters by name and by regular expression; see vocab_splits.h. Source: the files of the
 * models that have them.
 */

#include "model/vocab_splits.h"

#include <stddef.h>
#include <string.h>

#define UPPER "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]"
#define LOWER "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]"
#define WORD "[^\\r\\n\\p{L}\\p{N}]?" UPPER "*" LOWER "+"
#define UPPER_WORD "[^\\r\\n\\p{L}\\p{N}]?" UPPER "+" LOWER "*"
#define CONTRACTION "(?i:'s|'t|'re|'ve|'m|'ll|'d)?"

/* The splitters by the text of their regular expression. */
static const struct {
	const char *regex, *pre;
} known[] = {
	{ "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|"
	  "\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+", "llama-bpe" },
	{ "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|"
	  "\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+", "qwen2" },
	{ "'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]++[\\r\\n]*|"
	  "\\s*[\\r\\n]|\\s+(?!\\S)|\\s+", "dbrx" },
	{ WORD "|" UPPER_WORD "|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+", "tekken" },
	{ WORD CONTRACTION "|" UPPER_WORD CONTRACTION "|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|"
	  "\\s+(?!\\S)|\\s+", "gpt-4o" },
	{ "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1}| ?[^\\s\\p{L}\\p{N}\\r\\n]+|"
	  "\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+", "seed-coder" },
	{ "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+", "gpt-2" },
};

/* Other names of the same ways. */
static const struct {
	const char *name, *pre;
} others[] = {
	{ "llama3", "llama-bpe" }, { "llama-v3", "llama-bpe" }, { "smaug-bpe", "llama-bpe" }, { "dbrx", "llama-bpe" },
	{ "stablelm2", "qwen2" }, { "deepseek-r1-qwen", "qwen2" }, { "llama4", "gpt-4o" },
	{ "starcoder", "smollm" }, { "refact", "smollm" }, { "command-r", "smollm" }, { "codeshell", "smollm" },
	{ "default", "gpt-2" }, { "mpt", "gpt-2" }, { "olmo", "gpt-2" }, { "jais", "gpt-2" }, { "phi-2", "gpt-2" },
};

const char *
ll_split_name(const char *regex)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(regex, known[i].regex) == 0)
			return known[i].pre;
	return NULL;
}

const char *
ll_split_regex(const char *name)
{
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (strcmp(name, others[i].name) == 0) {
			name = others[i].pre;
			break;
		}
	if (strcmp(name, "gpt-2") == 0)
		return "";
	if (strcmp(name, "smollm") == 0)
		return "digits";
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(name, known[i].pre) == 0)
			return known[i].regex;
	return NULL;
}

bool
ll_split_is_whole(const char *name)
{
	return strcmp(name, "llama-bpe") == 0 || strcmp(name, "llama3") == 0 || strcmp(name, "llama-v3") == 0 ||
	    strcmp(name, "tekken") == 0;
}
