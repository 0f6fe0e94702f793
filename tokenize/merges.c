/*
 * The list of merges; see merges.h.
 */

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/vocab.h"
#include "tokenize/merges.h"
#include "tokenize/piecemap.h"

#define AHEAD 16

/* A merge with the byte alphabet undone: the two texts one behind the other. */
struct merge {
	unsigned char *bytes;	/* room for `room` of them */
	size_t room;
	size_t left;
	size_t length;
};

/*
 * The byte that a character of GPT-2's alphabet stands for, or -1. Printable Latin-1 stands
 * for itself; U+0100 and up are the other bytes in order: 0x00-0x20, 0x7f-0xa0 and 0xad.
 */
static int
byte_of(unsigned code)
{
	if (code < 0x100)
		return code > 0xa0 && code != 0xad ? (int)code : -1;
	if (code <= 0x120)
		return (int)(code - 0x100);
	if (code <= 0x142)
		return (int)(code - 0x121 + 0x7f);
	return code == 0x143 ? 0xad : -1;
}

static int
byte_of_two(unsigned first, unsigned second)
{
	if (first < 0xc2 || first > 0xc5 || (second & 0xc0) != 0x80)
		return -1;
	return byte_of((first & 0x1f) << 6 | (second & 0x3f));
}

/* 0, or -1 for text that is not "left right" in the byte alphabet or longer than any token. */
static int
undo_alphabet(const struct ll_piece *text, struct merge *merge)
{
	const unsigned char *in = (const unsigned char *)text->bytes;
	const unsigned char *const end = in + text->length;
	unsigned char *out = merge->bytes;
	unsigned char *const stop = out + merge->room;
	const unsigned char *middle = NULL;

	while (in < end) {
		int byte = *in++;

		if (byte == ' ' && middle == NULL) {
			middle = out;
			continue;
		}
		if (byte <= ' ' || byte >= 0x7f) {
			if (in == end || (byte = byte_of_two((unsigned)byte, *in++)) < 0)
				return -1;
		}
		if (out == stop)
			return -1;
		*out++ = (unsigned char)byte;
	}
	if (middle == NULL || middle == merge->bytes || middle == out)
		return -1;
	merge->left = (size_t)(middle - merge->bytes);
	merge->length = (size_t)(out - merge->bytes);
	return 0;
}

/* The same for SentencePiece's pieces, which have spaces for U+2581. */
static int
undo_marks(const struct ll_piece *text, struct merge *merge)
{
	unsigned char *out = merge->bytes;
	unsigned char *const stop = out + merge->room;
	const unsigned char *middle = NULL;

	for (size_t i = 0; i < text->length; i++) {
		char byte = text->bytes[i];

		if (byte == ' ') {
			if (middle != NULL)
				return -1;
			middle = out;
			continue;
		}
		if (text->length - i >= 3 && memcmp(text->bytes + i, "\xe2\x96\x81", 3) == 0) {
			byte = ' ';
			i += 2;
		}
		if (out == stop)
			return -1;
		*out++ = (unsigned char)byte;
	}
	if (middle == NULL || middle == merge->bytes || middle == out)
		return -1;
	merge->left = (size_t)(middle - merge->bytes);
	merge->length = (size_t)(out - merge->bytes);
	return 0;
}

/*
 * The id of what a merge makes. Trainers number tokens as they make them, so that it is the
 * last one's or the next, nearly always; then nothing need be hashed.
 */
static uint32_t
result_of(const struct merge *merge, const struct ll_vocab *vocab, const struct ll_piecemap *map,
    uint32_t last)
{
	for (uint32_t id = last; id <= last + 1 && id < vocab->count && !map->duplicates; id++) {
		const struct ll_piece *piece = &vocab->pieces[id];

		if (piece->length == merge->length && ll_piece_is_ordinary(piece) &&
		    memcmp(piece->bytes, merge->bytes, merge->length) == 0)
			return id;
	}
	return ll_piecemap_find(map, merge->bytes, merge->length);
}

static void
set_rank(struct ll_merges *merges, uint32_t id, size_t left, uint32_t rank)
{
	uint32_t *slot = &merges->rank[merges->first[id] + left - 1];

	if (*slot == 0)
		*slot = rank + 1;
}

static int
bad_merge(const struct ll_vocab *vocab, size_t i, struct ll_err *err)
{
	const struct ll_piece *text = &vocab->merges[i];

	return ll_fail(err, LL_EDATA,
	    "%smerges: merge %zu, '%.*s', is not of two tokens into a third",
	    vocab->whole == LL_WHOLE_BY_SPLITTER ? "tokenizer.ggml." : "", i,
	    text->length < 200 ? (int)text->length : 200, text->bytes);
}

/*
 * Hashes of the texts of the last merges. Whether they are tokens is asked this many merges
 * later, when their slots have come from memory. It is asked for the file's sake: a merge of
 * other texts would never be looked up.
 */
struct pending {
	uint64_t left[AHEAD], right[AHEAD];
};

static bool
are_tokens(const struct pending *pending, size_t i, const struct ll_piecemap *map)
{
	return ll_piecemap_has(map, pending->left[i % AHEAD]) &&
	    ll_piecemap_has(map, pending->right[i % AHEAD]);
}

static void
ask_later(struct pending *pending, size_t i, const struct ll_piecemap *map,
    const struct merge *merge)
{
	pending->left[i % AHEAD] = ll_piecemap_hash(map, merge->bytes, merge->left);
	pending->right[i % AHEAD] = ll_piecemap_hash(map, merge->bytes + merge->left,
	    merge->length - merge->left);
}

static int
read_all(struct ll_merges *merges, const struct ll_vocab *vocab, const struct ll_piecemap *map,
    struct merge *merge, struct ll_err *err)
{
	const bool spm = ll_vocab_is_spm(vocab->kind);
	struct pending pending;
	uint32_t id = 0;

	for (size_t i = 0; i < vocab->merge_count + AHEAD; i++) {
		if (i >= AHEAD && i - AHEAD < vocab->merge_count && !are_tokens(&pending, i - AHEAD, map))
			return bad_merge(vocab, i - AHEAD, err);
		if (i >= vocab->merge_count)
			continue;
		if ((spm ? undo_marks(&vocab->merges[i], merge) : undo_alphabet(&vocab->merges[i], merge)) < 0 ||
		    (id = result_of(merge, vocab, map, id)) == LL_VOCAB_NONE)
			return bad_merge(vocab, i, err);
		ask_later(&pending, i, map, merge);
		set_rank(merges, id, merge->left, (uint32_t)i);
	}
	return 0;
}

static int
read_merges(struct ll_merges *merges, const struct ll_vocab *vocab, const struct ll_piecemap *map,
    struct ll_err *err)
{
	struct merge merge = { .room = map->longest };
	int status;

	if (vocab->merge_count >= UINT32_MAX)
		return ll_fail(err, LL_EDATA, "tokenizer.ggml.merges: %zu are too many", vocab->merge_count);
	if ((merge.bytes = ll_alloc(merge.room, 1, err)) == NULL)
		return -LL_ENOMEM;
	status = read_all(merges, vocab, map, &merge, err);
	free(merge.bytes);
	return status;
}

int
ll_merges_build(struct ll_merges *merges, const struct ll_vocab *vocab,
    const struct ll_piecemap *map, struct ll_err *err)
{
	size_t splits = 0;
	int status;

	if ((merges->first = ll_alloc(vocab->count, sizeof(*merges->first), err)) == NULL)
		return -LL_ENOMEM;
	for (size_t id = 0; id < vocab->count; id++) {
		merges->first[id] = splits;
		if (vocab->pieces[id].length > 1 &&
		    ll_add(splits, vocab->pieces[id].length - 1, &splits))
			splits = SIZE_MAX;
	}
	merges->rank = ll_alloc(splits, sizeof(*merges->rank), err);
	status = merges->rank == NULL ? -LL_ENOMEM : read_merges(merges, vocab, map, err);
	if (status < 0)
		ll_merges_free(merges);
	return status;
}

void
ll_merges_free(struct ll_merges *merges)
{
	free(merges->first);
	free(merges->rank);
	*merges = (struct ll_merges){ 0 };
}
