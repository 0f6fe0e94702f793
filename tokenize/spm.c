/*
 * SentencePiece's BPE; see spm.h.
 *
 * It merges in the whole text at once. What is merged here at once is smaller: a token is a
 * piece, so where two bytes meet that stand side by side in no piece, no token reaches over,
 * and what lies before and behind merges by itself. In the vocabularies of Llama 2's kind
 * that is, among others, before the space of each word.
 */

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "tokenize/spm.h"

/* U+2581, which SentencePiece writes for a space. */
static const char mark[] = "\xe2\x96\x81";
#define MARK 3

static bool
is_beside(const struct ll_spm *spm, unsigned char left, unsigned char right)
{
	return spm->beside[left][right / 64] >> right % 64 & 1;
}

void
ll_spm_build(struct ll_spm *spm, const struct ll_vocab *vocab)
{
	memset(spm, 0, sizeof(*spm));
	spm->prefix_once = vocab->prefix_once;
	for (size_t id = 0; id < vocab->count; id++) {
		const struct ll_piece *piece = &vocab->pieces[id];

		if (!ll_piece_is_ordinary(piece))
			continue;
		for (size_t i = 1; i < piece->length; i++) {
			unsigned char left = (unsigned char)piece->bytes[i - 1];
			unsigned char right = (unsigned char)piece->bytes[i];

			spm->beside[left][right / 64] |= (uint64_t)1 << right % 64;
		}
	}
}

struct scored {
	float score;
	uint32_t id;
};

/* The highest first. */
static int
compare_scores(const void *a, const void *b)
{
	const struct scored *x = a;
	const struct scored *y = b;

	return (x->score < y->score) - (x->score > y->score);
}

int
ll_spm_rank_scores(uint32_t **out, const struct ll_vocab *vocab, struct ll_err *err)
{
	struct scored *order = ll_alloc(vocab->count, sizeof(*order), err);
	uint32_t *ranks = ll_alloc(vocab->count, sizeof(*ranks), err);
	uint32_t rank = 0;

	if (order == NULL || ranks == NULL) {
		free(order);
		free(ranks);
		return -LL_ENOMEM;
	}
	for (size_t id = 0; id < vocab->count; id++)
		order[id] = (struct scored){ vocab->scores[id], (uint32_t)id };
	qsort(order, vocab->count, sizeof(*order), compare_scores);
	for (size_t i = 0; i < vocab->count; i++) {
		if (i > 0 && order[i].score != order[i - 1].score)
			rank++;
		ranks[order[i].id] = rank;
	}
	free(order);
	*out = ranks;
	return 0;
}

/* The text as it is merged: a space before it, and spaces for U+2581. */
static int
normalise(struct ll_buf *out, const char *text, size_t length, bool prefix, struct ll_err *err)
{
	const char *end = text + length;
	int status;

	out->len = 0;
	if ((status = ll_buf_room(out, length + 1, err)) < 0)
		return status;
	if (prefix)
		out->data[out->len++] = ' ';
	while (text < end) {
		const char *found = memmem(text, (size_t)(end - text), mark, MARK);
		size_t plain = (size_t)((found != NULL ? found : end) - text);

		memcpy(out->data + out->len, text, plain);
		out->len += plain;
		text += plain;
		if (found == NULL)
			break;
		out->data[out->len++] = ' ';
		text += MARK;
	}
	return 0;
}

static bool
begins_with_space(const char *text, size_t length)
{
	return text[0] == ' ' || (length >= MARK && memcmp(text, mark, MARK) == 0);
}

/* How far the first bytes can merge: to where a character begins that nothing joins to them. */
static size_t
reach(const struct ll_spm *spm, const unsigned char *text, size_t length)
{
	size_t at = 1;

	while (at < length && ((text[at] & 0xc0) == 0x80 || is_beside(spm, text[at - 1], text[at])))
		at++;
	return at;
}

int
ll_spm_encode(const struct ll_spm *spm, const struct ll_bpe *bpe, const char *text,
    size_t length, bool prefix, struct ll_spm_work *work, struct ll_bpe_work *merging,
    struct ll_ids *ids, struct ll_err *err)
{
	const unsigned char *at;
	int status;

	if (length == 0)
		return 0;
	prefix = prefix && !(spm->prefix_once && begins_with_space(text, length));
	if ((status = normalise(&work->text, text, length, prefix, err)) < 0)
		return status;
	at = (const unsigned char *)work->text.data;
	for (length = work->text.len; length > 0 && status == 0;) {
		size_t size = reach(spm, at, length);

		status = ll_bpe_encode(bpe, at, size, merging, ids, err);
		at += size;
		length -= size;
	}
	return status;
}

void
ll_spm_work_free(struct ll_spm_work *work)
{
	ll_buf_free(&work->text);
}
