/*
 * Fuzzing of what reads a corpus. Of the first byte the low three bits choose the chat format,
 * the others what is asked; the rest is a file: JSON Lines, or what its first byte makes of it.
 * Whatever it holds, the corpus is whole, and rows have each prediction once at most.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "tests/unit/tiny_vocab.h"
#include "tokenize/tokenizer.h"
#include "train/corpus.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ANSWERS 8
#define SKIP 16
#define LINES 32
#define FEW 64

static void
require(int holds)
{
	if (!holds)
		abort();
}

static struct tiny tiny;

static const struct ll_tokenizer *
tokenizer(void)
{
	static struct ll_tokenizer *made;

	if (made == NULL) {
		tiny_begin(&tiny, LL_VOCAB_BPE_RANKS, "llama-bpe");
		tiny_add(&tiny, "\n\n", LL_TOKEN_NORMAL);
		tiny_add_specials(&tiny);
		tiny_add(&tiny, "<|eom_id|>", LL_TOKEN_CONTROL);
		tiny_add(&tiny, "<|python_tag|>", LL_TOKEN_CONTROL);
		tiny.vocab.eos = tiny_add(&tiny, "</s>", LL_TOKEN_CONTROL);
		require(ll_tokenizer_new(&made, &tiny.vocab, NULL) == 0);
	}
	return made;
}

static void
count_bad(void *arg, const char *message)
{
	require(strstr(message, ": ") != NULL);
	++*(size_t *)arg;
}

static void
check_corpus(const struct ll_corpus *corpus)
{
	uint64_t learned = 0;

	require(corpus->count == (corpus->documents > 0 ? corpus->start[corpus->documents] : 0));
	for (size_t d = 0; d < corpus->documents; d++) {
		require(corpus->start[d] < corpus->start[d + 1]);
		require(!corpus->learn[corpus->start[d]]);
	}
	for (size_t i = 0; i < corpus->count; i++) {
		require(corpus->tokens[i] < tiny.vocab.count && corpus->learn[i] <= 1);
		learned += corpus->learn[i];
	}
	require(learned == corpus->learned);
}

/* Rows hold no more than they may, and of what counts each prediction once. */
static void
check_order(const struct ll_corpus *corpus, size_t context)
{
	struct ll_packing order;
	uint64_t learned = 0;

	require(ll_packing_make(&order, corpus, context, corpus->hash, 3, true, NULL) == 0);
	for (size_t r = 0; r < order.rows; r++) {
		size_t inputs = 0;

		for (size_t i = order.row[r]; i < order.row[r + 1]; i++) {
			const struct ll_span *span = &order.spans[i];

			inputs += span->length - 1;
			for (size_t t = 1; t < span->length; t++)
				learned += corpus->learn[span->begin + t];
		}
		require(inputs > 0 && inputs <= context);
	}
	require(learned == corpus->learned);
	ll_packing_free(&order);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum ll_chat_format formats[8] = { LL_CHAT_NONE, LL_CHAT_LLAMA3, LL_CHAT_LLAMA31, LL_CHAT_META,
	    LL_CHAT_CHATML, LL_CHAT_ZEPHYR, LL_CHAT_MISTRAL_V3, LL_CHAT_GUARD };
	char path[] = "/tmp/fuzz-corpus.XXXXXX.jsonl";
	struct ll_chat chat = { .bos = -1 };
	struct ll_corpus_options options = { .tokenizer = tokenizer(), .chat = &chat, .tell = count_bad };
	struct ll_corpus corpus = { 0 };
	struct ll_err err = { 0 };
	size_t told = 0;
	int fd, status;

	if (size == 0)
		return 0;
	chat.format = formats[data[0] & 7];
	/* Refused where the format names none. */
	(void)ll_chat_set_date(&chat, "1 Jan 2000", NULL);
	options.answers_only = data[0] & ANSWERS;
	options.skip_bad = data[0] & SKIP;
	options.most = data[0] & FEW ? 50 : 0;
	options.arg = &told;
	if (!(data[0] & LINES))
		path[sizeof(path) - 2] = 'x';
	fd = mkstemps(path, 6);
	require(fd >= 0 && write(fd, data + 1, size - 1) == (ssize_t)(size - 1));
	close(fd);
	status = ll_corpus_read(&corpus, path, &options, &err);
	unlink(path);
	require(status == 0 || (status == -err.code && strstr(err.text, path) != NULL));
	require(err.code == 0 || err.code == LL_EDATA || err.code == LL_EUNSUPPORTED);
	require(options.skip_bad ? told == (corpus.skipped > 10 ? 11 : corpus.skipped) : told + corpus.skipped == 0);
	check_corpus(&corpus);
	if (ll_corpus_end(&corpus, &err) == 0) {
		check_order(&corpus, 1);
		check_order(&corpus, 5);
		check_order(&corpus, 4096);
	}
	ll_corpus_free(&corpus);
	return 0;
}
