/*
 * Pre-tokenizers; see split.h. The rules are written as a decision on the classes of the
 * first two code points and the runs that follow; the order of the cases is that of the
 * alternatives in the regular expressions, which stand above each function.
 */

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/err.h"
#include "base/utf8.h"
#include "tokenize/charclass.h"
#include "tokenize/split.h"
#include "tokenize/split_steps.h"

/* The end of the segment has no class, so that it equals none that a rule asks for. */
#define CLASS_END ((enum ll_charclass)4)

struct point {
	uint32_t code;
	enum ll_charclass class;
	size_t size;
};

static struct point
look(const unsigned char *text, size_t length, size_t at)
{
	struct point point = { 0, CLASS_END, 0 };

	if (at >= length)
		return point;
	point.code = text[at];
	point.size = 1;
	if (point.code >= 0x80)
		point.code = ll_utf8_next(text + at, length - at, &point.size);
	point.class = ll_charclass_of(point.code);
	return point;
}

static bool
is_newline(struct point point)
{
	return point.code == '\r' || point.code == '\n';
}

/* Where the run of code points of one class ends that goes through `at`. */
static size_t
run_end(const unsigned char *text, size_t length, size_t at, enum ll_charclass class)
{
	for (;;) {
		struct point point = look(text, length, at);

		if (point.class != class)
			return at;
		at += point.size;
	}
}

static size_t
newlines_end(const unsigned char *text, size_t length, size_t at)
{
	while (at < length && (text[at] == '\r' || text[at] == '\n'))
		at++;
	return at;
}

/* A run of spaces: where it ends, where its last code point begins, what follows its last CR or LF. */
struct spaces {
	size_t end;
	size_t last;
	size_t after_newline;	/* 0: there is none in it */
};

static struct spaces
spaces_at_start(const unsigned char *text, size_t length)
{
	struct spaces run = { 0, 0, 0 };

	for (;;) {
		struct point point = look(text, length, run.end);

		if (point.class != LL_CHAR_SPACE)
			return run;
		run.last = run.end;
		run.end += point.size;
		if (is_newline(point))
			run.after_newline = run.end;
	}
}

/* \s+(?!\S)|\s+ : a run leaves its last space to what follows it in the segment. */
static size_t
leave_last(struct spaces run, bool followed)
{
	return followed && run.last > 0 ? run.last : run.end;
}

/*
 * The length of a contraction at an apostrophe, or 0. Folding case as the engines do makes
 * U+017F, the long s, an s.
 */
static size_t
contraction(const unsigned char *text, size_t length, bool fold)
{
	const unsigned char upper = fold ? 0x20 : 0;
	unsigned char first, second;

	if (length < 2)
		return 0;
	first = text[1] >= 'A' && text[1] <= 'Z' ? text[1] | upper : text[1];
	if (first == 's' || first == 't' || first == 'm' || first == 'd')
		return 2;
	if (length < 3)
		return 0;
	if (fold && text[1] == 0xc5 && text[2] == 0xbf)
		return 3;
	second = text[2] >= 'A' && text[2] <= 'Z' ? text[2] | upper : text[2];
	if ((first == 'r' && second == 'e') || (first == 'v' && second == 'e') ||
	    (first == 'l' && second == 'l'))
		return 3;
	return 0;
}

/* \p{N}{1,most} of a segment that begins with one. */
static size_t
numbers_end(const unsigned char *text, size_t length, int most)
{
	size_t end = 0;

	while (most-- > 0) {
		struct point point = look(text, length, end);

		if (point.class != LL_CHAR_NUMBER)
			break;
		end += point.size;
	}
	return end;
}

/* \s*[\r\n]+|\s+(?!\S)|\s+ */
static size_t
next_spaces(const unsigned char *text, size_t length)
{
	struct spaces run = spaces_at_start(text, length);

	if (run.after_newline > 0)
		return run.after_newline;
	return leave_last(run, run.end < length);
}

/*
 * (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*
 *     |\s*[\r\n]+|\s+(?!\S)|\s+
 *
 * Qwen 2 has \p{N} for \p{N}{1,3}, Seed-Coder that and no [\r\n]*.
 */
static size_t
next_llama3(const unsigned char *text, size_t length, enum ll_splitter splitter)
{
	struct point first = look(text, length, 0);
	struct point second = look(text, length, first.size);
	size_t end;

	if (first.code == '\'' && (end = contraction(text, length, true)) > 0)
		return end;
	if (first.class == LL_CHAR_LETTER)
		return run_end(text, length, first.size, LL_CHAR_LETTER);
	if (first.class == LL_CHAR_NUMBER)
		return numbers_end(text, length, splitter == LL_SPLIT_LLAMA3 ? 3 : 1);
	if (second.class == LL_CHAR_LETTER && !is_newline(first))
		return run_end(text, length, first.size, LL_CHAR_LETTER);
	if (first.class == LL_CHAR_OTHER || (first.code == ' ' && second.class == LL_CHAR_OTHER)) {
		end = run_end(text, length, first.size, LL_CHAR_OTHER);
		return splitter == LL_SPLIT_SEED ? end : newlines_end(text, length, end);
	}
	return next_spaces(text, length);
}

static enum ll_charcase
case_at(const unsigned char *text, size_t length, size_t at, struct point *point)
{
	*point = look(text, length, at);
	return point->size > 0 ? ll_charcase_of(point->code) : LL_CASE_NONE;
}

/* [\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}], or with LL_CASE_LOWER [\p{Ll}\p{Lm}\p{Lo}\p{M}] */
static bool
is_cased(struct point point, enum ll_charcase is, enum ll_charcase wanted)
{
	return is == wanted || is == LL_CASE_MARK || (is == LL_CASE_NONE && point.class == LL_CHAR_LETTER);
}

/*
 * U*L+ from `at` with the two classes above, or else U+L*, which `*no_lower` tells; `at`
 * itself if there is neither. U* takes all it can; only if no L follows does it give back, up
 * to the last that is of both.
 */
static size_t
cased_end(const unsigned char *text, size_t length, size_t at, bool *no_lower)
{
	size_t upper = at, both = at;
	enum ll_charcase is;
	struct point point;

	while (is = case_at(text, length, upper, &point), is_cased(point, is, LL_CASE_UPPER)) {
		upper += point.size;
		if (is != LL_CASE_UPPER)
			both = upper;
	}
	*no_lower = is != LL_CASE_LOWER && both == at;
	if (is != LL_CASE_LOWER)
		return both > at ? both : upper;
	while (is_cased(point, is, LL_CASE_LOWER)) {
		upper += point.size;
		is = case_at(text, length, upper, &point);
	}
	return upper;
}

/*
 * A word by its cases, with one code point before it that is no letter, number or newline.
 * 0 if there is none. A mark may be that code point, or the whole word.
 */
static size_t
cased_word(const unsigned char *text, size_t length, struct point first)
{
	size_t begin = first.class == LL_CHAR_LETTER ? 0 : first.size;
	bool no_lower;
	size_t end;

	if (first.class == LL_CHAR_NUMBER || is_newline(first))
		return 0;
	end = cased_end(text, length, begin, &no_lower);
	/* U*L+ is tried with a mark before the word, then with it as the word, and only then U+L*. */
	if (no_lower && ll_charcase_of(first.code) == LL_CASE_MARK)
		return first.size;
	return end > begin ? end : 0;
}

/*
 * [^\r\n\p{L}\p{N}]?U*L+ | [^\r\n\p{L}\p{N}]?U+L* | \p{N} | ?[^\s\p{L}\p{N}]+[\r\n/]*
 *     |\s*[\r\n]+|\s+(?!\S)|\s+
 *
 * U is [\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}], L is [\p{Ll}\p{Lm}\p{Lo}\p{M}]. GPT-4o has
 * (?i:'s|'t|'re|'ve|'m|'ll|'d)? behind both kinds of words, and \p{N}{1,3}.
 */
static size_t
next_cased(const unsigned char *text, size_t length, bool gpt4o)
{
	struct point first = look(text, length, 0);
	struct point second;
	size_t end = cased_word(text, length, first);

	if (end > 0) {
		if (gpt4o && end < length && text[end] == '\'')
			end += contraction(text + end, length - end, true);
		return end;
	}
	if (first.class == LL_CHAR_NUMBER)
		return numbers_end(text, length, gpt4o ? 3 : 1);
	second = look(text, length, first.size);
	if (first.class == LL_CHAR_OTHER || (first.code == ' ' && second.class == LL_CHAR_OTHER)) {
		end = run_end(text, length, first.size, LL_CHAR_OTHER);
		while (end < length && (text[end] == '\r' || text[end] == '\n' || text[end] == '/'))
			end++;
		return end;
	}
	return next_spaces(text, length);
}

/*
 * 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
 *
 * With `digits`, every \p{N} is a piece and ends the segment before it.
 */
static size_t
next_gpt2(const unsigned char *text, size_t length, bool digits)
{
	struct point first = look(text, length, 0);
	struct point second;
	struct spaces run;
	size_t end;
	bool followed;

	if (first.code == '\'' && (end = contraction(text, length, false)) > 0)
		return end;
	if (digits && first.class == LL_CHAR_NUMBER)
		return first.size;
	if (first.class != LL_CHAR_SPACE)
		return run_end(text, length, first.size, first.class);
	second = look(text, length, first.size);
	if (digits && second.class == LL_CHAR_NUMBER)
		return first.size;
	if (first.code == ' ' && second.class != LL_CHAR_SPACE && second.class != CLASS_END)
		return run_end(text, length, first.size, second.class);
	run = spaces_at_start(text, length);
	followed = run.end < length &&
	    !(digits && look(text, length, run.end).class == LL_CHAR_NUMBER);
	return leave_last(run, followed);
}

/* By the names of GGUF; `whole`: their models take a piece that is a token as it is. */
static const struct {
	const char *name;
	enum ll_splitter splitter;
	bool whole;
} known[] = {
	{ "llama-bpe", LL_SPLIT_LLAMA3, true },
	{ "llama3", LL_SPLIT_LLAMA3, true },
	{ "llama-v3", LL_SPLIT_LLAMA3, true },
	{ "dbrx", LL_SPLIT_LLAMA3, false },
	{ "smaug-bpe", LL_SPLIT_LLAMA3, false },
	{ "gpt-2", LL_SPLIT_GPT2, false },
	{ "default", LL_SPLIT_GPT2, false },
	{ "mpt", LL_SPLIT_GPT2, false },
	{ "olmo", LL_SPLIT_GPT2, false },
	{ "jais", LL_SPLIT_GPT2, false },
	{ "phi-2", LL_SPLIT_GPT2, false },
	{ "smollm", LL_SPLIT_SMOLLM, false },
	{ "starcoder", LL_SPLIT_SMOLLM, false },
	{ "refact", LL_SPLIT_SMOLLM, false },
	{ "command-r", LL_SPLIT_SMOLLM, false },
	{ "codeshell", LL_SPLIT_SMOLLM, false },
	{ "qwen2", LL_SPLIT_QWEN2, false },
	{ "stablelm2", LL_SPLIT_QWEN2, false },
	{ "deepseek-r1-qwen", LL_SPLIT_QWEN2, false },
	{ "seed-coder", LL_SPLIT_SEED, false },
	{ "tekken", LL_SPLIT_TEKKEN, true },
	{ "gpt-4o", LL_SPLIT_GPT4O, false },
	{ "llama4", LL_SPLIT_GPT4O, false },
	{ "deepseek-llm", LL_SPLIT_DEEPSEEK, false },
	{ "deepseek-coder", LL_SPLIT_DEEPSEEK_CODER, false },
};

#define KNOWN (sizeof(known) / sizeof(known[0]))

int
ll_split_by_name(const char *name, struct ll_err *err)
{
	for (size_t i = 0; i < KNOWN; i++)
		if (strcmp(name, known[i].name) == 0)
			return (int)known[i].splitter;
	return ll_fail(err, LL_EUNSUPPORTED, "tokenizer.ggml.pre: pre-tokenizer '%s' is not known", name);
}

bool
ll_split_whole_first(const char *name)
{
	for (size_t i = 0; i < KNOWN; i++)
		if (strcmp(name, known[i].name) == 0)
			return known[i].whole;
	return false;
}

size_t
ll_split_next(enum ll_splitter splitter, const unsigned char *text, size_t length)
{
	switch (splitter) {
	case LL_SPLIT_GPT2:
	case LL_SPLIT_SMOLLM:
		return next_gpt2(text, length, splitter == LL_SPLIT_SMOLLM);
	case LL_SPLIT_TEKKEN:
	case LL_SPLIT_GPT4O:
		return next_cased(text, length, splitter == LL_SPLIT_GPT4O);
	case LL_SPLIT_DEEPSEEK:
	case LL_SPLIT_DEEPSEEK_CODER:
		return ll_split_steps_next(text, length, splitter == LL_SPLIT_DEEPSEEK_CODER);
	default:
		return next_llama3(text, length, splitter);
	}
}
