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
	const unsigned char *text;	/* there, or in the vocabulary */
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

/* Most are shorter than calling for it is worth. */
static inline bool
same(const char *a, const char *b, size_t length)
{
	uint32_t x, y, z, w;

	if (length > 8)
		return memcmp(a, b, length) == 0;
	if (length < 4)
		return a[0] == b[0] && a[length / 2] == b[length / 2] && a[length - 1] == b[length - 1];
	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	memcpy(&z, a + length - 4, sizeof(z));
	memcpy(&w, b + length - 4, sizeof(w));
	return ((x ^ y) | (z ^ w)) == 0;
}

/*
 * The bytes of a token before the space of a merge, which has `before` bytes there, if it makes
 * that token; or 0.
 */
static inline size_t
split_of(const struct ll_piece *merge, size_t before, const struct ll_piece *written, const struct ll_piece *piece)
{
	size_t twos = written->length - piece->length, left = 0;

	if (merge->length != written->length + 1 || before == 0 || before == written->length ||
	    !same(merge->bytes, written->bytes, before) ||
	    !same(merge->bytes + before + 1, written->bytes + before, written->length - before))
		return 0;
	if (twos == 0)
		return before;
	/* Two bytes stand for one, of which the second continues. In most it is a space, and first. */
	if ((written->bytes[before] & 0xc0) == 0x80)
		return 0;
	if (twos == 1 && (written->bytes[0] & 0x80) != 0)
		return before - 1;
	for (size_t i = 0; i < before; i++)
		left += (written->bytes[i] & 0xc0) != 0x80;
	return left;
}

static bool
makes(const struct merge *merge, const struct ll_piece *piece)
{
	return piece->length == merge->length && ll_piece_is_ordinary(piece) &&
	    memcmp(piece->bytes, merge->bytes, merge->length) == 0;
}

/*
 * The id of what a merge makes, and the merge itself. Trainers number tokens as they make
 * them, so that it is the last one's or the next, nearly always; then nothing need be hashed,
 * nor undone where the vocabulary has its tokens as they were written. LL_VOCAB_NONE if there
 * is none, or this is no merge.
 */
static inline uint32_t
result_of(struct merge *merge, const struct ll_piece *text, const struct ll_vocab *vocab,
    const struct ll_piecemap *map, uint32_t last)
{
	const bool spm = ll_vocab_is_spm(vocab->kind);
	const char *space = vocab->written != NULL && !spm ? memchr(text->bytes, ' ', text->length) : NULL;
	uint32_t end = map->duplicates ? last : last + 2 < vocab->count ? last + 2 : (uint32_t)vocab->count;

	for (uint32_t id = last; space != NULL && id < end; id++) {
		const struct ll_piece *piece = &vocab->pieces[id];

		merge->left = split_of(text, (size_t)(space - text->bytes), &vocab->written[id], piece);
		if (merge->left > 0 && ll_piece_is_ordinary(piece)) {
			merge->text = (const unsigned char *)piece->bytes;
			merge->length = piece->length;
			return id;
		}
	}
	if ((spm ? undo_marks(text, merge) : undo_alphabet(text, merge)) < 0)
		return LL_VOCAB_NONE;
	merge->text = merge->bytes;
	for (uint32_t id = last; id < end; id++)
		if (makes(merge, &vocab->pieces[id]))
			return id;
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
 * Whether the texts of the merges are tokens. It is asked for the file's sake: a merge of
 * others would never be looked up. Half of them have one byte or two; the others' hashes
 * wait here for so many merges, until their slots have come from memory.
 */
struct sides {
	uint64_t one[256 / 64], two[65536 / 64];	/* a bit for each token */
	uint64_t waiting[AHEAD][2];
	bool waits[AHEAD][2];
};

static unsigned
pair_of(const unsigned char *p)
{
	return p[0] | (unsigned)p[1] << 8;
}

static void
find_short_tokens(struct sides *sides, const struct ll_vocab *vocab)
{
	for (size_t id = 0; id < vocab->count; id++) {
		const struct ll_piece *piece = &vocab->pieces[id];
		const unsigned char *p = (const unsigned char *)piece->bytes;

		if (piece->length == 1 && ll_piecemap_holds(vocab, piece))
			sides->one[p[0] / 64] |= (uint64_t)1 << p[0] % 64;
		else if (piece->length == 2 && ll_piecemap_holds(vocab, piece))
			sides->two[pair_of(p) / 64] |= (uint64_t)1 << pair_of(p) % 64;
	}
}

/* False if it is none; else it may still turn out so. */
static inline bool
ask(struct sides *sides, size_t i, int side, const struct ll_piecemap *map, const unsigned char *p, size_t length)
{
	sides->waits[i % AHEAD][side] = length > 2;
	if (length == 1)
		return sides->one[p[0] / 64] >> p[0] % 64 & 1;
	if (length == 2)
		return sides->two[pair_of(p) / 64] >> pair_of(p) % 64 & 1;
	sides->waiting[i % AHEAD][side] = ll_piecemap_hash(map, p, length);
	return true;
}

static inline bool
are_tokens(const struct sides *sides, size_t i, const struct ll_piecemap *map)
{
	for (int side = 0; side < 2; side++)
		if (sides->waits[i % AHEAD][side] && !ll_piecemap_has(map, sides->waiting[i % AHEAD][side]))
			return false;
	return true;
}

static int
read_all(struct ll_merges *merges, const struct ll_vocab *vocab, const struct ll_piecemap *map,
    struct merge *merge, struct ll_err *err)
{
	struct sides sides = { .one = { 0 } };
	uint32_t id = 0;

	find_short_tokens(&sides, vocab);
	for (size_t i = 0; i < vocab->merge_count + AHEAD; i++) {
		if (i >= AHEAD && i - AHEAD < vocab->merge_count && !are_tokens(&sides, i - AHEAD, map))
			return bad_merge(vocab, i - AHEAD, err);
		if (i >= vocab->merge_count)
			continue;
		if ((id = result_of(merge, &vocab->merges[i], vocab, map, id)) == LL_VOCAB_NONE ||
		    !ask(&sides, i, 0, map, merge->text, merge->left) ||
		    !ask(&sides, i, 1, map, merge->text + merge->left, merge->length - merge->left))
			return bad_merge(vocab, i, err);
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

	merges->count = vocab->count;
	if ((merges->first = ll_alloc_large(vocab->count, sizeof(*merges->first), err)) == NULL)
		return -LL_ENOMEM;
	for (size_t id = 0; id < vocab->count; id++) {
		merges->first[id] = (uint32_t)splits;
		if (vocab->pieces[id].length > 1)
			splits += vocab->pieces[id].length - 1;
	}
	if (splits > UINT32_MAX) {
		ll_merges_free(merges);
		return ll_fail(err, LL_EDATA, "vocabulary: %zu bytes of tokens are too many", splits);
	}
	merges->splits = splits;
	merges->rank = ll_alloc_large(splits, sizeof(*merges->rank), err);
	status = merges->rank == NULL ? -LL_ENOMEM : read_merges(merges, vocab, map, err);
	if (status < 0)
		ll_merges_free(merges);
	return status;
}

void
ll_merges_free(struct ll_merges *merges)
{
	ll_free_large(merges->first, merges->count, sizeof(*merges->first));
	ll_free_large(merges->rank, merges->splits, sizeof(*merges->rank));
	*merges = (struct ll_merges){ 0 };
}
