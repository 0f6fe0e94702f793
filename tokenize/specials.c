/*
 * Special tokens; see specials.h. They are kept sorted: those that begin with the bytes
 * seen so far are a range, which each further byte narrows.
 */

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "tokenize/specials.h"

#define LONGEST 256

static bool
is_special(const struct ll_piece *piece)
{
	return piece->type == LL_TOKEN_CONTROL || piece->type == LL_TOKEN_USER ||
	    piece->type == LL_TOKEN_UNKNOWN;
}

static int
compare(const struct ll_piece *a, const struct ll_piece *b)
{
	size_t shorter = a->length < b->length ? a->length : b->length;
	int order = memcmp(a->bytes, b->bytes, shorter);

	return order != 0 ? order : (a->length > b->length) - (a->length < b->length);
}

/* Pieces of one array, so that of equal texts the lower address is the lower id. */
static int
compare_slots(const void *a, const void *b)
{
	const struct ll_piece *const *x = a;
	const struct ll_piece *const *y = b;
	int order = compare(*x, *y);

	return order != 0 ? order : (*x > *y) - (*x < *y);
}

/* Sorts through pointers, because qsort(3) has no place for the array that ids refer to. */
static int
sort(struct ll_specials *specials, struct ll_err *err)
{
	const struct ll_piece **slots = ll_alloc(specials->count, sizeof(*slots), err);

	if (slots == NULL)
		return -LL_ENOMEM;
	for (size_t i = 0; i < specials->count; i++)
		slots[i] = &specials->pieces[specials->ids[i]];
	qsort(slots, specials->count, sizeof(*slots), compare_slots);
	for (size_t i = 0; i < specials->count; i++)
		specials->ids[i] = (uint32_t)(slots[i] - specials->pieces);
	free(slots);
	return 0;
}

int
ll_specials_build(struct ll_specials *specials, const struct ll_vocab *vocab,
    struct ll_err *err)
{
	size_t count = 0;

	for (size_t id = 0; id < vocab->count; id++)
		count += is_special(&vocab->pieces[id]);
	specials->pieces = vocab->pieces;
	if ((specials->ids = ll_alloc(count, sizeof(*specials->ids), err)) == NULL)
		return -LL_ENOMEM;
	for (size_t id = 0; id < vocab->count; id++) {
		const struct ll_piece *piece = &vocab->pieces[id];

		if (!is_special(piece) || piece->length == 0)
			continue;
		if (piece->length > LONGEST)
			return ll_fail(err, LL_EDATA, "vocabulary: special token %zu has %u bytes, more than %d",
			    id, (unsigned)piece->length, LONGEST);
		specials->begins[(unsigned char)piece->bytes[0]] = true;
		specials->ids[specials->count++] = (uint32_t)id;
	}
	return sort(specials, err);
}

void
ll_specials_free(struct ll_specials *specials)
{
	free(specials->ids);
	*specials = (struct ll_specials){ 0 };
}

/* The byte at `at` of the special token in this place, or -1 behind its end. */
static int
byte_at(const struct ll_specials *specials, size_t place, size_t at)
{
	const struct ll_piece *piece = &specials->pieces[specials->ids[place]];

	return at < piece->length ? (unsigned char)piece->bytes[at] : -1;
}

/* The first place in [from, to) whose byte at `at` is not less than `byte`. */
static size_t
bound(const struct ll_specials *specials, size_t from, size_t to, size_t at, int byte)
{
	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (byte_at(specials, middle, at) < byte)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

uint32_t
ll_specials_match(const struct ll_specials *specials, const char *text, size_t length,
    size_t *size)
{
	size_t from = 0, to = specials->count;
	uint32_t id = LL_VOCAB_NONE;

	if (length == 0 || !specials->begins[(unsigned char)text[0]])
		return id;
	for (size_t at = 0; at < length && from < to; at++) {
		int byte = (unsigned char)text[at];

		from = bound(specials, from, to, at, byte);
		to = bound(specials, from, to, at, byte + 1);
		/* Those that end here come first, and of them the lowest id. */
		if (from < to && byte_at(specials, from, at + 1) < 0) {
			id = specials->ids[from];
			*size = at + 1;
		}
	}
	return id;
}
