/*
 * What the fuzzers of vocabularies share: each is written in every format that can say it,
 * and what is read back of that has the same tokens.
 */

#ifndef LL_TESTS_FUZZ_VOCAB_OUT_H
#define LL_TESTS_FUZZ_VOCAB_OUT_H

#include <stdlib.h>
#include <string.h>

#include "model/gguf_write.h"
#include "model/model.h"
#include "model/vocab_write.h"

static inline void
same_tokens(const struct ll_vocab *a, const struct ll_vocab *b)
{
	for (size_t id = 0; id < a->count; id++) {
		const struct ll_piece *x = &a->pieces[id];

		if (x->type == LL_TOKEN_UNUSED)
			continue;
		if (id >= b->count || b->pieces[id].length != x->length ||
		    memcmp(b->pieces[id].bytes, x->bytes, x->length) != 0)
			abort();
	}
}

static inline void
write_out(const struct ll_vocab *vocab)
{
	struct ll_buf json = { 0 }, spm = { 0 }, config = { 0 };
	struct ll_gguf_writer *writer;
	struct ll_vocab *back;

	if (ll_gguf_write_new(&writer, NULL) == 0) {
		(void)ll_vocab_put_gguf(writer, vocab, vocab->count + 3, "fuzz", NULL);
		ll_gguf_write_free(writer);
	}
	if (ll_vocab_put_json(&json, vocab, "fuzz", NULL) == 0 &&
	    ll_vocab_from_hf(&back, json.data, json.len, "back", NULL) == 0) {
		same_tokens(vocab, back);
		ll_vocab_free(back);
	}
	if (vocab->kind == LL_VOCAB_SPM_SCORES && ll_vocab_put_spm(&spm, vocab, "fuzz", NULL) == 0 &&
	    ll_vocab_from_spm(&back, spm.data, spm.len, "back", NULL) == 0) {
		same_tokens(vocab, back);
		ll_vocab_free(back);
	}
	(void)ll_vocab_put_config(&config, vocab, true, 64, "fuzz", NULL);
	(void)ll_vocab_put_stops(&config, vocab, NULL);
	ll_buf_free(&json);
	ll_buf_free(&spm);
	ll_buf_free(&config);
}

#endif
