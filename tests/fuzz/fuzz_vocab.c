/*
 * Fuzz target: a rank file.
 */

#include "base/err.h"
#include "model/model.h"
#include "tests/fuzz/vocab_out.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile char seen;

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ll_err err = { 0 };
	struct ll_vocab *vocab;

	if (ll_vocab_from_ranks(&vocab, data, size, "fuzz", &err) < 0)
		return 0;
	for (size_t i = 0; i < vocab->count; i++)
		seen = vocab->pieces[i].bytes[vocab->pieces[i].length - 1];
	write_out(vocab);
	ll_vocab_free(vocab);
	return 0;
}
