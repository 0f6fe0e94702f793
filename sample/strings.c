/*
 * Strings in tokens; see strings.h.
 */

#include <stdlib.h>

#include "base/err.h"
#include "base/mem.h"
#include "sample/strings.h"

static int
find_holders(struct ll_strings *strings, struct ll_err *err)
{
	const struct ll_vocab *vocab = strings->vocab;
	size_t cap = 0;
	int status;

	if ((strings->bits = ll_alloc(vocab->count / 8 + 1, 1, err)) == NULL)
		return -LL_ENOMEM;
	for (uint32_t t = 0; t < vocab->count; t++) {
		struct ll_stopper stopper = { 0 };
		uint64_t decided;

		if (!ll_stopper_take(&stopper, strings->automaton, vocab->pieces[t].bytes, vocab->pieces[t].length,
		    &decided))
			continue;
		status = ll_grow(&strings->holders, &cap, strings->holder_count + 1, sizeof(uint32_t), err);
		if (status < 0)
			return status;
		strings->holders[strings->holder_count++] = t;
		strings->bits[t / 8] |= (unsigned char)(1 << t % 8);
	}
	return 0;
}

int
ll_strings_new(struct ll_strings **out, const char *const *words, size_t count, const struct ll_vocab *vocab,
    struct ll_err *err)
{
	struct ll_strings *strings = ll_alloc(1, sizeof(*strings), err);
	int status;

	if (strings == NULL)
		return -LL_ENOMEM;
	strings->vocab = vocab;
	if ((status = ll_stops_new(&strings->automaton, words, count, err)) == 0)
		status = find_holders(strings, err);
	if (status < 0) {
		ll_strings_free(strings);
		return status;
	}
	*out = strings;
	return 0;
}

void
ll_strings_free(struct ll_strings *strings)
{
	if (strings == NULL)
		return;
	ll_stops_free(strings->automaton);
	free(strings->holders);
	free(strings->bits);
	free(strings);
}

bool
ll_strings_take(struct ll_stopper *stopper, const struct ll_strings *strings, uint32_t token)
{
	const struct ll_piece *piece;
	bool found = false;
	uint64_t decided;

	if (token >= strings->vocab->count)
		return false;
	piece = &strings->vocab->pieces[token];
	/* Byte by byte: one string may end and another begin in the same token. */
	for (size_t i = 0; i < piece->length; i++)
		found |= ll_stopper_take(stopper, strings->automaton, piece->bytes + i, 1, &decided);
	return found;
}
