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

/*
 * Lists of code points of DeepSeek's files, in UTF-8: letters, signs, and from U+0800 to the east.
 */
#define LETTERS \
	"[A-Za-z\xc2\xb5\xc3\x80-\xc3\x96\xc3\x98-\xc3\xb6\xc3\xb8-\xc6\xba\xc6\xbc-\xc6\xbf\xc7\x84-" \
	"\xca\x93\xca\x95-\xca\xaf\xcd\xb0-\xcd\xb3\xcd\xb6\xcd\xb7\xcd\xbb-\xcd\xbd\xcd\xbf\xce\x86\xce\x88-" \
	"\xce\x8a\xce\x8c\xce\x8e-\xce\xa1\xce\xa3-\xcf\xb5\xcf\xb7-\xd2\x81\xd2\x8a-\xd4\xaf\xd4\xb1-" \
	"\xd5\x96\xe1\x82\xa0-\xe1\x83\x85\xe1\x8e\xa0-\xe1\x8f\xb5\xe1\x8f\xb8-\xe1\x8f\xbd\xe1\xb2\x90-" \
	"\xe1\xb2\xba\xe1\xb2\xbd-\xe1\xb2\xbf\xe1\xb4\x80-\xe1\xb4\xab\xe1\xb5\xab-\xe1\xb5\xb7\xe1\xb5\xb9-" \
	"\xe1\xb6\x9a\xe1\xb8\x80-\xe1\xbc\x95\xe1\xbc\x98-\xe1\xbc\x9d\xe1\xbc\xa0-\xe1\xbd\x85\xe1\xbd\x88-" \
	"\xe1\xbd\x8d\xe1\xbd\x90-\xe1\xbd\x97\xe1\xbd\x99\xe1\xbd\x9b\xe1\xbd\x9d\xe1\xbd\x9f-" \
	"\xe1\xbd\xbd\xe1\xbe\x80-\xe1\xbe\xb4\xe1\xbe\xb6-\xe1\xbe\xbc\xe1\xbe\xbe\xe1\xbf\x82-" \
	"\xe1\xbf\x84\xe1\xbf\x86-\xe1\xbf\x8c\xe1\xbf\x90-\xe1\xbf\x93\xe1\xbf\x96-\xe1\xbf\x9b\xe1\xbf\xa0-" \
	"\xe1\xbf\xac\xe1\xbf\xb2-\xe1\xbf\xb4\xe1\xbf\xb6-\xe1\xbf\xbc\xe2\x84\x82\xe2\x84\x87\xe2\x84\x8a-" \
	"\xe2\x84\x93\xe2\x84\x95\xe2\x84\x99-\xe2\x84\x9d\xe2\x84\xa4\xe2\x84\xa6\xe2\x84\xa8\xe2\x84\xaa-" \
	"\xe2\x84\xad\xe2\x84\xaf-\xe2\x84\xb4\xe2\x84\xb9\xe2\x84\xbc-\xe2\x84\xbf\xe2\x85\x85-" \
	"\xe2\x85\x89\xe2\x85\x8e\xe2\x86\x83\xe2\x86\x84\xe2\xb0\x80-\xe2\xb1\xbb\xe2\xb1\xbe-" \
	"\xe2\xb3\xa4\xe2\xb3\xab-\xe2\xb3\xae\xe2\xb3\xb2\xe2\xb3\xb3\xea\x99\x80-\xea\x99\xad\xea\x9a\x80-" \
	"\xea\x9a\x9b\xea\x9c\xa2-\xea\x9d\xaf\xea\x9d\xb1-\xea\x9e\x87\xea\x9e\x8b-\xea\x9e\x8e\xea\xad\xb0-" \
	"\xea\xae\xbf\xef\xac\x80-\xef\xac\x86\xef\xac\x93-\xef\xac\x97\xef\xbc\xa1-\xef\xbc\xba\xef\xbd\x81-" \
	"\xef\xbd\x9a\xf0\x90\x90\x80-\xf0\x90\x91\x8f\xf0\x90\x92\xb0-\xf0\x90\x93\x93\xf0\x90\x93\x98-" \
	"\xf0\x90\x93\xbb\xf0\x90\xb2\x80-\xf0\x90\xb2\xb2\xf0\x90\xb3\x80-\xf0\x90\xb3\xb2\xf0\x91\xa2\xa0-" \
	"\xf0\x91\xa3\x9f\xf0\x9e\xa4\x80-\xf0\x9e\xa5\x83]"
#define SIGNS "[!-/:-~\xef\xbc\x81-\xef\xbc\x8f\xef\xbc\x9a-\xef\xbd\x9e\xe2\x80\x98-\xe2\x80\x9f\xe3\x80\x80-\xe3\x80\x82]"
#define EAST "[\xe4\xb8\x80-\xe9\xbe\xa5\xe0\xa0\x80-\xe4\xb8\x80\xea\xb0\x80-\xed\x9f\xbf]"

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

/* The splitters that are steps, of which each cuts what the one before has left; then digits one by one. */
static const struct {
	const char *pre, *regex[LL_SPLIT_STEPS + 1];
} steps[] = {
	{ "deepseek-llm", { "[\r\n]", "\\s?" LETTERS "+", "\\s?" SIGNS "+", "\\s+$", EAST "+" } },
	{ "deepseek-coder", { "[\r\n]", "\\s?\\p{L}+", "\\s?\\p{P}+", EAST "+" } },
};

const char *const *
ll_split_steps(const char *name)
{
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (strcmp(name, steps[i].pre) == 0)
			return steps[i].regex;
	return NULL;
}

const char *
ll_split_steps_name(const char *const *regex, size_t count)
{
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		size_t same = 0;

		while (same < count && steps[i].regex[same] != NULL && strcmp(regex[same], steps[i].regex[same]) == 0)
			same++;
		if (same == count && steps[i].regex[same] == NULL)
			return steps[i].pre;
	}
	return NULL;
}

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
