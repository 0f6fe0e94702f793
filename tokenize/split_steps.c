/*
 * Pre-tokenizers of several steps; see split_steps.h.
 *
 * deepseek-llm:	[\r\n], \s?A+, \s?B+, \s+$, E+, then each \p{N} alone; A are the letters that
 *			its file lists, B [!-/:-~...], which has letters too, E U+0800 and on.
 * deepseek-coder:	[\r\n], \s?\p{L}+, \s?\p{P}+, E+, then each \p{N} alone.
 *
 * What a step leaves, the next one cuts; so a piece ends where any of them cuts. One walk asks
 * at each code point whether one does.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/utf8.h"
#include "tokenize/charclass.h"
#include "tokenize/split_steps.h"

struct sign {
	size_t size;		/* 0: the end, or a newline, which no piece goes over */
	bool space, digit;
	bool first, second;	/* in the class of the second and of the third step */
	bool east;
};

static bool
is_listed_sign(uint32_t code)
{
	return (code >= '!' && code <= '/') || (code >= ':' && code <= '~') || (code >= 0xff01 && code <= 0xff0f) ||
	    (code >= 0xff1a && code <= 0xff5e) || (code >= 0x2018 && code <= 0x201f) ||
	    (code >= 0x3000 && code <= 0x3002);
}

static struct sign
sign_at(const unsigned char *text, size_t length, size_t at, bool coder)
{
	struct sign sign = { 0 };
	enum ll_charclass class;
	uint32_t code;

	if (at >= length || text[at] == '\r' || text[at] == '\n')
		return sign;
	code = text[at];
	sign.size = 1;
	if (code >= 0x80)
		code = ll_utf8_next(text + at, length - at, &sign.size);
	class = ll_charclass_of(code);
	sign.space = class == LL_CHAR_SPACE;
	sign.digit = class == LL_CHAR_NUMBER;
	sign.first = coder ? class == LL_CHAR_LETTER : ll_charstep_of(code) == LL_STEP_DEEPSEEK;
	sign.second = coder ? ll_charstep_of(code) == LL_STEP_PUNCTUATION : is_listed_sign(code);
	sign.east = (code >= 0x800 && code <= 0x9fa5) || (code >= 0xac00 && code <= 0xd7ff);
	return sign;
}

/* Where in a text the walk is, and in what parts of the steps: a match of \s?X+, or what lies between two. */
struct walk {
	const unsigned char *text;
	size_t length, at;
	struct sign now, next;	/* at `at`, and behind it */
	bool coder, in_first, in_second;
};

static void
look(struct walk *w)
{
	w->next = sign_at(w->text, w->length, w->at + w->now.size, w->coder);
}

/* Whether a match of the third step may begin with the space now; U+3000 behind it may be in the second's. */
static bool
takes_space(const struct walk *w)
{
	if (!w->now.space || !w->next.second)
		return false;
	return !w->next.space ||
	    !sign_at(w->text, w->length, w->at + w->now.size + w->next.size, w->coder).first;
}

static void
begin(struct walk *w)
{
	w->now = sign_at(w->text, w->length, 0, w->coder);
	look(w);
	w->in_first = w->now.first || (w->now.space && w->next.first);
	w->in_second = w->now.second || takes_space(w);
}

static void
advance(struct walk *w)
{
	w->at += w->now.size;
	w->now = w->next;
	if (w->now.size > 0)
		look(w);
}

/* Whether the second step or the third cuts before the code point that is now. */
static bool
is_cut(const struct walk *w)
{
	const struct sign *now = &w->now, *next = &w->next;

	if (now->size == 0 || now->first != w->in_first || (!w->in_first && now->space && next->first))
		return true;
	if (w->in_second)
		return !now->second;
	return now->second || takes_space(w);
}

/* \s+$ : whether only spaces are left, up to where a step has cut. */
static bool
is_tail(struct walk w)
{
	while (w.now.size > 0 && w.now.space && !is_cut(&w))
		advance(&w);
	return is_cut(&w);
}

size_t
ll_split_steps_next(const unsigned char *text, size_t length, bool coder)
{
	struct walk w = { .text = text, .length = length, .coder = coder };
	bool east, was_space;

	begin(&w);
	if (w.now.size == 0)
		return 1;
	if (w.now.digit)
		return w.now.size;
	east = w.now.east;
	do {
		was_space = w.now.space;
		advance(&w);
		if (is_cut(&w) || w.now.digit || w.now.east != east)
			break;
	} while (coder || was_space || !w.now.space || !is_tail(w));
	return w.at;
}
