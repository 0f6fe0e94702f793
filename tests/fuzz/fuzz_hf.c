/*
 * Fuzz target: a tokenizer.json, and a text in the vocabulary that it is.
 */

#include <stdlib.h>

#include "model/model.h"
#include "tests/fuzz/vocab_out.h"
#include "tokenize/tokenizer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char text[] = "a b  \xe2\x96\x81 the The caf\xc3\xa9 \xf0\x9f\x98\x80 \xff ab abab <s> 12";
	struct ll_tokenizer *tokenizer;
	struct ll_ids ids = { 0 };
	struct ll_vocab *vocab;

	if (ll_vocab_from_hf(&vocab, data, size, "fuzz", NULL) < 0)
		return 0;
	if (ll_tokenizer_new(&tokenizer, vocab, NULL) == 0) {
		ll_tokenizer_encode(tokenizer, text, sizeof(text) - 1, true, &ids, NULL);
		for (size_t i = 0; i < ids.count; i++)
			if (ids.ids[i] >= vocab->count)
				abort();
		ll_tokenizer_free(tokenizer);
	}
	free(ids.ids);
	write_out(vocab);
	ll_vocab_free(vocab);
	return 0;
}
