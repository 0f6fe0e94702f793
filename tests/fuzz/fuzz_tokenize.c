/*
 * Fuzzing of the tokenizer and the chat formats, on a vocabulary of a few hundred tokens.
 *
 * The first byte chooses vocabulary, splitter and chat format; the rest is text. What must
 * hold: the ids spell the text, a stream decoder shows all of it however it is cut, and
 * the ids of a rendered chat spell its text.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "tests/unit/tiny_vocab.h"
#include "tokenize/chat.h"
#include "tokenize/cut.h"
#include "tokenize/split.h"
#include "tokenize/tokenizer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define KINDS 18		/* two of each splitter */

static struct tiny tiny[KINDS];
static struct ll_tokenizer *tokenizers[KINDS];

static void
require(int holds)
{
	if (!holds)
		abort();
}

static void
add_words(struct tiny *t)
{
	static const char *const words[] = {
		"he", "in", "th", "the", " t", " the", "  ", "    ", "\n\n", "12", "123", "'s", "\xc3\xa9",
		"\xe4\xb8", "\xf0\x9f", "\xf0\x9f\x98", "aa", "aaaa", "ab", "aba", "!!", "<|", "|>"
	};
	static const char *const merges[] = {
		"t h", "h e", "th e", "t he", "i n", "\xc4\xa0 t", "\xc4\xa0 the", "\xc4\xa0t he", "\xc4\xa0 \xc4\xa0",
		"\xc4\xa0\xc4\xa0 \xc4\xa0\xc4\xa0", "\xc4\x8a \xc4\x8a", "1 2", "12 3", "1 23", "' s",
		"\xc3\x83 \xc2\xa9", "a a", "aa aa", "a b", "ab a", "! !", "< |", "| >"
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		tiny_add(t, words[i], LL_TOKEN_NORMAL);
	tiny_add(t, "23", LL_TOKEN_NORMAL);
	for (size_t i = 0; i < sizeof(merges) / sizeof(merges[0]); i++)
		tiny_merge(t, merges[i]);
	tiny_add_specials(t);
}

static const char *const pre[] = {
	"llama-bpe", "gpt-2", "smollm", "qwen2", "seed-coder", "tekken", "gpt-4o", "deepseek-llm", "deepseek-coder"
};

static const struct ll_tokenizer *
choose(unsigned kind)
{
	if (tokenizers[kind] == NULL) {
		tiny_begin(&tiny[kind], kind % 2 ? LL_VOCAB_BPE_MERGES : LL_VOCAB_BPE_RANKS, pre[kind / 2]);
		add_words(&tiny[kind]);
		require(ll_tokenizer_new(&tokenizers[kind], &tiny[kind].vocab, NULL) == 0);
	}
	return tokenizers[kind];
}

/* The fast splitter finds what the plain one does; either goes on, and not behind the end. */
static void
cuts_agree(enum ll_splitter splitter, const unsigned char *text, size_t size)
{
	size_t sizes[16];
	size_t count;

	while ((count = ll_cut(splitter, text, size, sizes, 16)) > 0)
		for (size_t i = 0; i < count; i++) {
			require(sizes[i] > 0 && sizes[i] <= size && sizes[i] == ll_split_next(splitter, text, size));
			text += sizes[i];
			size -= sizes[i];
		}
}

/* Decodes piece by piece, as a stream does; the ids spell exactly the text. */
static void
spells(const struct ll_tokenizer *tokenizer, const struct ll_ids *ids, const char *text, size_t size)
{
	struct ll_decoder decoder = { 0 };
	struct ll_buf out = { 0 };

	for (size_t i = 0; i < ids->count; i++) {
		const char *bytes;
		size_t length;
		bool special;

		require(ll_tokenizer_piece(tokenizer, ids->ids[i], &bytes, &length, &special, NULL) == 0);
		require(ll_decoder_add(&decoder, bytes, length, &out, NULL) == 0);
	}
	require(ll_decoder_flush(&decoder, &out, NULL) == 0);
	require(out.len == size && (size == 0 || memcmp(out.data, text, size) == 0));
	ll_buf_free(&out);
}

static void
round_trip(const struct ll_tokenizer *tokenizer, const char *text, size_t size, bool special)
{
	struct ll_ids ids = { 0 };

	require(ll_tokenizer_encode(tokenizer, text, size, special, &ids, NULL) == 0);
	spells(tokenizer, &ids, text, size);
	free(ids.ids);
}

static void
chat_round_trip(const struct ll_tokenizer *tokenizer, enum ll_chat_format format, const char *text,
    size_t size)
{
	struct ll_chat chat = { .format = format, .bos = -1 };
	const struct ll_message messages[] = {
		{ .role = "system", .content = text, .length = size / 2 },
		{ .role = "user", .content = text + size / 2, .length = size - size / 2 },
		{ .role = "ipython", .content = text, .length = size },
	};
	struct ll_ids ids = { 0 };
	struct ll_buf out = { 0 };
	struct ll_err err = { 0 };

	/* Refused where the format names none. */
	(void)ll_chat_set_date(&chat, "1 Jan 2000", NULL);
	require(ll_chat_render(&chat, tokenizer, messages + size % 2, 3 - size % 2, size % 3 > 0, true,
	    &ids, &out, &err) == 0);
	spells(tokenizer, &ids, out.data, out.len);
	free(ids.ids);
	ll_buf_free(&out);
}

/* Any bytes may be a template: recognising one reads nothing but it. */
static void
recognise(const char *text, size_t size)
{
	struct ll_vocab vocab = { .chat_template = text, .chat_template_length = size };
	struct ll_chat chat;

	if (ll_chat_recognise(&chat, &vocab, NULL) == 0)
		require(chat.format != LL_CHAT_NONE && strlen(chat.system) < sizeof(chat.system));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* Those that take any messages. */
	static const enum ll_chat_format formats[] = {
		LL_CHAT_LLAMA3, LL_CHAT_LLAMA31, LL_CHAT_LLAMA32, LL_CHAT_META, LL_CHAT_CHATML
	};
	const struct ll_tokenizer *tokenizer;
	int splitter;
	char *text;

	if (size == 0)
		return 0;
	tokenizer = choose(data[0] % KINDS);
	splitter = ll_split_by_name(pre[data[0] % KINDS / 2], NULL);
	require(splitter >= 0);
	/* A copy without a byte to spare, so that a read behind the end is seen. */
	text = malloc(size > 1 ? size - 1 : 1);
	require(text != NULL);
	memcpy(text, data + 1, size - 1);
	round_trip(tokenizer, text, size - 1, false);
	round_trip(tokenizer, text, size - 1, true);
	cuts_agree((enum ll_splitter)splitter, (const unsigned char *)text, size - 1);
	chat_round_trip(tokenizer, formats[data[0] / KINDS % 5], text, size - 1);
	recognise(text, size - 1);
	free(text);
	return 0;
}
