/*
 * Pieces of text for Llama 3; see cut.h. The rules are those of split.c, and stand there.
 *
 * What makes it fast: ASCII letters are looked for in eight bytes at once, so that most words
 * end without a loop, whose last turn the processor would guess wrong; other ASCII takes one
 * load from a table; and two and three bytes of UTF-8 are decoded in place.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/utf8.h"
#include "tokenize/charclass.h"
#include "tokenize/cut.h"
#include "tokenize/unicode_table.h"

#define L LL_CHAR_LETTER
#define N LL_CHAR_NUMBER
#define S LL_CHAR_SPACE
#define NONE 4			/* the class of what is behind the end */

static const unsigned char ascii[128] = {
	0, 0, 0, 0, 0, 0, 0, 0, 0, S, S, S, S, S, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	S, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, N, N, N, N, N, N, N, N, N, N, 0, 0, 0, 0, 0, 0,
	0, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, 0, 0, 0, 0, 0,
	0, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, 0, 0, 0, 0, 0,
};

struct point {
	unsigned class;
	unsigned size;
};

#define ALL(byte) ((byte) * 0x0101010101010101u)

/* How many of the bytes are letters of ASCII, before the first that is not. */
static inline unsigned
letters_in(uint64_t word)
{
	uint64_t lower = (word | ALL(0x20)) & ALL(0x7f);
	uint64_t from_a = lower + ALL(0x80u - 'a');
	uint64_t above_z = lower + ALL(0x7fu - 'z');
	uint64_t other = ~(from_a & ~above_z & ~word) & ALL(0x80u);

	return other == 0 ? 8 : (unsigned)__builtin_ctzll(other) / 8;
}

static inline bool
continues(unsigned char byte)
{
	return (byte & 0xc0) == 0x80;
}

/* As ll_charclass_of(), which is not called for it. */
static inline unsigned
class_of(uint32_t code)
{
	if (code / 256 >= BLOCKS_USED)
		return LL_CHAR_OTHER;
	return block[block_of[code / 256]][code / 16 % 16] >> 2 * (code % 16) & 3;
}

/* A code point whose first byte is not ASCII. */
static inline struct point
look_far(const unsigned char *p, size_t length)
{
	struct point point;
	size_t size;
	uint32_t code;

	if (length >= 2 && p[0] >= 0xc2 && p[0] <= 0xdf && continues(p[1])) {
		code = (p[0] & 0x1fu) << 6 | (p[1] & 0x3fu);
		size = 2;
	} else if (length >= 3 && p[0] >= 0xe1 && p[0] <= 0xec && continues(p[1]) && continues(p[2])) {
		code = (p[0] & 0xfu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
		size = 3;
	} else {
		code = ll_utf8_next(p, length, &size);
	}
	point.class = class_of(code);
	point.size = (unsigned)size;
	return point;
}

static inline struct point
look(const unsigned char *text, size_t length, size_t at)
{
	if (at >= length)
		return (struct point){ NONE, 0 };
	if (text[at] < 0x80)
		return (struct point){ ascii[text[at]], 1 };
	return look_far(text + at, length - at);
}

static inline size_t
letters_end(const unsigned char *text, size_t length, size_t at)
{
	struct point point;

	for (;;) {
		unsigned count = 8;

		while (count == 8 && length - at >= 8)
			at += count = letters_in(ll_load64(text + at));
		if (count == 8)
			while (at < length && text[at] < 0x80 && ascii[text[at]] == L)
				at++;
		do {
			if (at >= length || text[at] < 0x80)
				break;
			point = look_far(text + at, length - at);
			if (point.class != L)
				return at;
			at += point.size;
		} while (true);
		if (at >= length || ascii[text[at]] != L)
			return at;
	}
}

static inline size_t
others_end(const unsigned char *text, size_t length, size_t at)
{
	for (;;) {
		struct point point = look(text, length, at);

		if (point.class != LL_CHAR_OTHER)
			break;
		at += point.size;
	}
	while (at < length && (text[at] == '\r' || text[at] == '\n'))
		at++;
	return at;
}

static inline size_t
numbers_end(const unsigned char *text, size_t length)
{
	size_t at = 0;

	for (int i = 0; i < 3; i++) {
		struct point point = look(text, length, at);

		if (point.class != N)
			break;
		at += point.size;
	}
	return at;
}

/* Blanks before something that is no space, such as indentation; any other run is left to the reference. */
static inline size_t
spaces_end(const unsigned char *text, size_t length)
{
	size_t at = 0;

	while (length - at >= 8 && ll_load64(text + at) == ALL((uint64_t)' '))
		at += 8;
	while (at < length && text[at] == ' ')
		at++;
	if (at > 1 && at < length && text[at] < 0x80 && ascii[text[at]] != S)
		return at - 1;
	if (at == 0 && text[0] == '\n' && length > 1 && text[1] < 0x80 && ascii[text[1]] != S)
		return 1;
	return ll_split_next(LL_SPLIT_LLAMA3, text, length);
}

static inline size_t
next(const unsigned char *text, size_t length)
{
	struct point first = look(text, length, 0);
	struct point second;

	if (first.class == L)
		return letters_end(text, length, first.size);
	if (first.class == N)
		return numbers_end(text, length);
	/* It may be a contraction. */
	if (text[0] == '\'')
		return ll_split_next(LL_SPLIT_LLAMA3, text, length);
	second = look(text, length, first.size);
	if (second.class == L && text[0] != '\r' && text[0] != '\n')
		return letters_end(text, length, first.size + second.size);
	if (first.class == LL_CHAR_OTHER || (text[0] == ' ' && second.class == LL_CHAR_OTHER))
		return others_end(text, length, first.size);
	return spaces_end(text, length);
}

size_t
ll_cut(enum ll_splitter splitter, const unsigned char *text, size_t length, size_t *sizes,
    size_t most)
{
	size_t count = 0;

	for (; count < most && length > 0; count++) {
		size_t size = splitter == LL_SPLIT_LLAMA3 ? next(text, length) :
		    ll_split_next(splitter, text, length);

		sizes[count] = size;
		text += size;
		length -= size;
	}
	return count;
}
