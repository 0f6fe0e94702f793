/*
 * Rank files of tiktoken: a line for each token, its bytes in base64 (RFC 4648), a space and
 * its rank, which is its id; see model.h. They say nothing about special tokens: those of
 * Llama 3.1 follow behind the ranks.
 */

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "model/model.h"
#include "model/vocab_make.h"

#define SPECIALS 256
#define SPECIAL_BYTES 40	/* more than the longest name has */
#define RANKS_MAX (1u << 24)

struct lines {
	const unsigned char *at, *end;
	size_t number;
	const char *path;
	struct ll_err *err;
};

static int
bad(const struct lines *l, const char *why)
{
	return ll_fail(l->err, LL_EDATA, "%s: %sline %zu: %s", l->path,
	    l->number == 1 ? "neither a GGUF nor a rank file: " : "", l->number, why);
}

/* The value of each character of base64; 64 for '=', 255 for what is none. */
static void
make_base64(unsigned char values[256])
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	memset(values, 255, 256);
	for (int i = 0; i < 64; i++)
		values[(unsigned char)digits[i]] = (unsigned char)i;
	values['='] = 64;
}

/* Decodes the text before the space; the count of bytes, or negative. */
static ptrdiff_t
read_base64(struct lines *l, const unsigned char values[256], char *out)
{
	const unsigned char *space = memchr(l->at, ' ', (size_t)(l->end - l->at));
	const char *begin = out;
	size_t length;

	if (space == NULL || (length = (size_t)(space - l->at)) == 0 || length % 4 != 0)
		return bad(l, "no token in base64 and space");
	if (length / 4 * 3 > LL_PIECE_MAX)
		return bad(l, "token is too long");
	for (; l->at < space; l->at += 4) {
		unsigned a = values[l->at[0]], b = values[l->at[1]], c = values[l->at[2]], d = values[l->at[3]];
		bool last = l->at + 4 == space;

		/* Padding may end the last group, over bits that are zero. */
		if (a > 63 || b > 63 || c > 64 || d > 64 || (c == 64 && d != 64) || (d == 64 && !last) ||
		    (c == 64 && (b & 15) != 0) || (c != 64 && d == 64 && (c & 3) != 0))
			return bad(l, "bad base64");
		*out++ = (char)(a << 2 | b >> 4);
		if (c != 64)
			*out++ = (char)(b << 4 | c >> 2);
		if (d != 64)
			*out++ = (char)(c << 6 | d);
	}
	l->at++;
	return out - begin;
}

static int
read_rank(struct lines *l, size_t count, size_t *out)
{
	const unsigned char *begin = l->at;
	size_t rank = 0;

	for (; l->at < l->end && *l->at >= '0' && *l->at <= '9'; l->at++)
		if ((rank = 10 * rank + (*l->at - '0')) >= count)
			return ll_fail(l->err, LL_EDATA,
			    "%s: line %zu: rank is above %zu, and the file has %zu lines",
			    l->path, l->number, count - 1, count);
	if (l->at == begin || (l->at < l->end && *l->at != '\n'))
		return bad(l, "no rank and end of line");
	if (l->at < l->end)
		l->at++;
	*out = rank;
	return 0;
}

/* Each of `count` ranks below count and none twice: then none is missing. */
static int
read_lines(struct ll_vocab *vocab, struct lines *l, size_t count, char **text)
{
	unsigned char values[256];

	make_base64(values);
	for (l->number = 1; l->number <= count; l->number++) {
		ptrdiff_t length = read_base64(l, values, *text);
		struct ll_piece *piece;
		size_t rank = 0;
		int status;

		if (length < 0)
			return (int)length;
		if ((status = read_rank(l, count, &rank)) < 0)
			return status;
		piece = &vocab->pieces[rank];
		if (piece->bytes != NULL)
			return ll_fail(l->err, LL_EDATA,
			    "%s: line %zu: rank %zu a second time", l->path, l->number, rank);
		*piece = (struct ll_piece){ *text, (uint32_t)length, LL_TOKEN_NORMAL };
		*text += length;
	}
	return 0;
}

/* Llama 3.1's special tokens, as Hugging Face names them. */
static void
add_specials(struct ll_vocab *vocab, size_t first, char *text)
{
	static const char *const names[] = {
		"<|begin_of_text|>", "<|end_of_text|>", "<|reserved_special_token_0|>",
		"<|reserved_special_token_1|>", "<|finetune_right_pad_id|>", "<|reserved_special_token_2|>",
		"<|start_header_id|>", "<|end_header_id|>", "<|eom_id|>", "<|eot_id|>", "<|python_tag|>"
	};
	const size_t named = sizeof(names) / sizeof(names[0]);

	for (size_t i = 0; i < SPECIALS; i++) {
		int length = i < named ? snprintf(text, SPECIAL_BYTES, "%s", names[i]) :
		    snprintf(text, SPECIAL_BYTES, "<|reserved_special_token_%zu|>", i - named + 3);

		vocab->pieces[first + i] = (struct ll_piece){ text, (uint32_t)length, LL_TOKEN_CONTROL };
		text += SPECIAL_BYTES;
	}
}

static int
count_lines(const char *path, const unsigned char *data, size_t size, size_t *count, struct ll_err *err)
{
	const unsigned char *p = data, *end = data + size;

	*count = 0;
	if (size > 0 && data[0] == '\0')
		return ll_fail(err, LL_EDATA, "%s: not a vocabulary: neither a GGUF, tokenizer.json, SentencePiece model "
		    "nor rank file", path);
	while (p != NULL && p < end) {
		++*count;
		p = memchr(p, '\n', (size_t)(end - p));
		p = p != NULL ? p + 1 : NULL;
	}
	if (*count < 1 || *count > RANKS_MAX)
		return ll_fail(err, LL_EDATA, "%s: %zu lines are not a rank file", path, *count);
	return 0;
}

int
ll_vocab_from_ranks(struct ll_vocab **out, const void *data, size_t size, const char *name,
    struct ll_err *err)
{
	struct lines l = { .at = data, .path = name, .err = err };
	struct ll_vocab *vocab;
	size_t count;
	char *text;
	int status;

	*out = NULL;
	l.end = l.at + size;
	if ((status = count_lines(name, data, size, &count, err)) < 0 ||
	    (status = ll_vocab_new(&vocab, count + SPECIALS, size + SPECIALS * SPECIAL_BYTES, &text, err)) < 0)
		return status;
	if ((status = read_lines(vocab, &l, count, &text)) < 0) {
		ll_vocab_free(vocab);
		return status;
	}
	add_specials(vocab, count, text);
	vocab->kind = LL_VOCAB_BPE_RANKS;
	snprintf(vocab->pre, sizeof(vocab->pre), "llama-bpe");
	ll_vocab_finish(vocab, NULL);
	vocab->add_bos = true;
	*out = vocab;
	return 0;
}
