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

/*
 * (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*
 *     |\s*[\r\n]+|\s+(?!\S)|\s+
 */
static size_t
next_llama3(const unsigned char *text, size_t length)
{
	struct point first = look(text, length, 0);
	struct point second = look(text, length, first.size);
	struct spaces run;
	size_t end;

	if (first.code == '\'' && (end = contraction(text, length, true)) > 0)
		return end;
	if (first.class == LL_CHAR_LETTER)
		return run_end(text, length, first.size, LL_CHAR_LETTER);
	if (first.class == LL_CHAR_NUMBER) {
		struct point third;

		if (second.class != LL_CHAR_NUMBER)
			return first.size;
		end = first.size + second.size;
		third = look(text, length, end);
		return third.class == LL_CHAR_NUMBER ? end + third.size : end;
	}
	if (second.class == LL_CHAR_LETTER && !is_newline(first))
		return run_end(text, length, first.size, LL_CHAR_LETTER);
	if (first.class == LL_CHAR_OTHER || (first.code == ' ' && second.class == LL_CHAR_OTHER)) {
		end = run_end(text, length, first.size, LL_CHAR_OTHER);
		return newlines_end(text, length, end);
	}
	run = spaces_at_start(text, length);
	if (run.after_newline > 0)
		return run.after_newline;
	return leave_last(run, run.end < length);
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

int
ll_split_by_name(const char *name, struct ll_err *err)
{
	static const struct {
		const char *name;
		enum ll_splitter splitter;
	} known[] = {
		{ "llama-bpe", LL_SPLIT_LLAMA3 },
		{ "llama3", LL_SPLIT_LLAMA3 },
		{ "llama-v3", LL_SPLIT_LLAMA3 },
		{ "gpt-2", LL_SPLIT_GPT2 },
		{ "default", LL_SPLIT_GPT2 },
		{ "smollm", LL_SPLIT_SMOLLM },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(name, known[i].name) == 0)
			return (int)known[i].splitter;
	return ll_fail(err, LL_EUNSUPPORTED, "tokenizer.ggml.pre: pre-tokenizer '%s' is not known", name);
}

size_t
ll_split_next(enum ll_splitter splitter, const unsigned char *text, size_t length)
{
	if (splitter == LL_SPLIT_LLAMA3)
		return next_llama3(text, length);
	return next_gpt2(text, length, splitter == LL_SPLIT_SMOLLM);
}
