/*
 * Text and JSON Lines to tokens, what counts of them, and their packing into rows.
 *
 * The vocabulary is of bytes: what a test expects can be written down as text.
 */

#include "tests/unit/golden.h"

#include <unistd.h>

#include "tests/unit/tiny_vocab.h"
#include "train/corpus.h"

static struct tiny tiny;
static struct ll_tokenizer *tokenizer;
static uint32_t end_of_text;

/* Reads `text` as a file whose name ends in `ending`. */
static int
read_as(struct ll_corpus *corpus, const char *ending, const void *text, size_t length,
    const struct ll_corpus_options *options, struct ll_err *err)
{
	char path[64];
	int fd, status;

	snprintf(path, sizeof(path), "/tmp/t_corpus.XXXXXX%s", ending);
	fd = mkstemps(path, (int)strlen(ending));
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, length), (ssize_t)length);
	close(fd);
	status = ll_corpus_read(corpus, path, options, err);
	unlink(path);
	return status;
}

static int
read_lines(struct ll_corpus *corpus, const char *text, const struct ll_corpus_options *options, struct ll_err *err)
{
	return read_as(corpus, ".jsonl", text, strlen(text), options, err);
}

/* A document's tokens spelled, with those that count between braces. */
static void
assert_document(const struct ll_corpus *corpus, size_t document, const char *want)
{
	char text[4096] = "";
	bool inside = false;

	assert_true(document < corpus->documents);
	for (size_t i = corpus->start[document]; i < corpus->start[document + 1]; i++) {
		const struct ll_piece *piece = &tiny.vocab.pieces[corpus->tokens[i]];

		if (corpus->learn[i] != inside)
			strcat(text, inside ? "}" : "{");
		inside = corpus->learn[i];
		strncat(text, piece->bytes, piece->length);
	}
	strcat(text, inside ? "}" : "");
	assert_string_equal(text, want);
}

#define CONVERSATION "{\"messages\":[{\"role\":\"user\",\"content\":\"q\"},{\"role\":\"assistant\",\"content\":\"a\"}]}\n"

static void
texts(void **state)
{
	const struct ll_corpus_options options = { .tokenizer = tokenizer };
	struct ll_corpus corpus = { 0 };
	struct ll_err err = { 0 };

	(void)state;
	assert_int_equal(read_as(&corpus, ".txt", "one\n<|eot_id|>\n", 15, &options, &err), 0);
	assert_int_equal(read_lines(&corpus, "{\"text\": \"two\", \"url\": 1}\n\n{\"text\":\"three\"}", &options, &err), 0);
	assert_int_equal(corpus.documents, 3);
	assert_document(&corpus, 0, "<|begin_of_text|>{one\n<|eot_id|>\n<|end_of_text|>}");
	assert_document(&corpus, 1, "<|begin_of_text|>{two<|end_of_text|>}");
	assert_document(&corpus, 2, "<|begin_of_text|>{three<|end_of_text|>}");
	assert_int_equal(ll_corpus_end(&corpus, &err), 0);
	assert_int_equal(corpus.learned, corpus.count - 3);
	ll_corpus_free(&corpus);
}

static void
answers(void **state)
{
	const struct ll_chat chat = { .format = LL_CHAT_LLAMA3, .bos = -1 };
	struct ll_corpus_options options = { .tokenizer = tokenizer, .chat = &chat, .answers_only = true };
	struct ll_corpus corpus = { 0 };
	struct ll_err err = { 0 };

	(void)state;
	assert_int_equal(read_lines(&corpus, CONVERSATION, &options, &err), 0);
	options.answers_only = false;
	assert_int_equal(read_lines(&corpus, CONVERSATION, &options, &err), 0);
	assert_document(&corpus, 0, "<|begin_of_text|><|start_header_id|>user<|end_header_id|>\n\nq<|eot_id|>"
	    "<|start_header_id|>assistant<|end_header_id|>\n\n{a<|eot_id|>}");
	assert_document(&corpus, 1, "<|begin_of_text|>{<|start_header_id|>user<|end_header_id|>\n\nq<|eot_id|>"
	    "<|start_header_id|>assistant<|end_header_id|>\n\na<|eot_id|>}");
	assert_int_equal(corpus.learned, 2 + corpus.count / 2 - 1);
	ll_corpus_free(&corpus);
}

static int
set_up(void **state)
{
	(void)state;
	tiny_begin(&tiny, LL_VOCAB_BPE_RANKS, "llama-bpe");
	tiny_add_specials(&tiny);
	end_of_text = tiny_add(&tiny, "<|end_of_text|>", LL_TOKEN_CONTROL);
	tiny.vocab.add_bos = true;
	return ll_tokenizer_new(&tokenizer, &tiny.vocab, NULL);
}

static int
tear_down(void **state)
{
	(void)state;
	ll_tokenizer_free(tokenizer);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts),
		cmocka_unit_test(answers),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
