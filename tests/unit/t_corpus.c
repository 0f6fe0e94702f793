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

struct told {
	size_t count;
	char last[400];
};

static void
tell(void *arg, const char *message)
{
	struct told *told = arg;

	told->count++;
	snprintf(told->last, sizeof(told->last), "%s", message);
}

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

/* The message of reading `text`, which begins behind the name of the file. */
static void
assert_fails(const char *text, size_t length, const struct ll_corpus_options *options, int code, const char *want)
{
	struct ll_corpus corpus = { 0 };
	struct ll_err err = { 0 };
	const char *message;

	assert_int_equal(read_as(&corpus, ".jsonl", text, length, options, &err), -code);
	assert_int_equal(err.code, code);
	message = strstr(err.text, ".jsonl: ");
	if (message == NULL || strncmp(message + 8, want, strlen(want)) != 0)
		fail_msg("'%s' should be '%s'", err.text, want);
	/* What stood before the bad line is there, and no more. */
	assert_int_equal(corpus.count, corpus.documents > 0 ? corpus.start[corpus.documents] : 0);
	ll_corpus_free(&corpus);
}

#define FAILS(text, code, want) assert_fails(text, strlen(text), &options, code, want)

static void
bad_lines(void **state)
{
	const struct ll_chat chat = { .format = LL_CHAT_LLAMA3, .bos = -1 };
	const struct ll_corpus_options options = { .tokenizer = tokenizer, .chat = &chat, .answers_only = true };

	(void)state;
	FAILS("{\"text\":\"x\"}\n\n\n{\"text\":\n", LL_EDATA, "line 4: bad JSON at column 8: ");
	FAILS("\n[]", LL_EDATA, "line 2: is an array, not an object");
	FAILS("{\"text\":1}", LL_EDATA, "line 1: text: is a whole number, not a string");
	FAILS("{\"text\":\"\"}", LL_EDATA, "line 1: text: is empty");
	FAILS("{\"prompt\":\"x\"}", LL_EDATA, "line 1: there is neither messages nor text");
	FAILS("{\"text\":\"x\",\"messages\":[]}", LL_EDATA, "line 1: text: stands beside messages: ");
	FAILS("{\"messages\":{}}", LL_EDATA, "line 1: messages: is not a list of messages");
	FAILS("{\"messages\":[{\"role\":\"user\"}]}", LL_EDATA, "line 1: messages[0].content: is missing");
	FAILS(CONVERSATION "{\"messages\":[{\"role\":\"boss\",\"content\":\"x\"}]}", LL_EDATA,
	    "line 2: messages[0]: role 'boss' is not one of ");
	FAILS(CONVERSATION "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}", LL_EDATA,
	    "line 2: messages: no assistant turn to learn from");
	FAILS(CONVERSATION "{\"messages\":[],\"tools\":[]}", LL_EDATA,
	    "line 2: the chat format llama3 has no place for tools");
	FAILS("{\"text\":\"\xff\"}", LL_EDATA, "line 1: bad JSON at column ");
	assert_fails("{\"text\":\"a\0b\"}", 14, &options, LL_EDATA, "line 1: bad JSON at column ");
}

/* The options' fault is not passed over line by line. */
static void
no_format(void **state)
{
	struct ll_chat chat = { .format = LL_CHAT_GUARD, .bos = -1 };
	struct ll_corpus_options options = { .tokenizer = tokenizer, .chat = &chat, .skip_bad = true };

	(void)state;
	FAILS("{}\n" CONVERSATION, LL_EUNSUPPORTED,
	    "line 2: messages: the chat format llama-guard3 has no turns of an assistant");
	chat.format = LL_CHAT_NONE;
	FAILS(CONVERSATION, LL_EUNSUPPORTED, "line 1: messages: no chat format; name one with --chat-format");
	options.chat = NULL;
	FAILS(CONVERSATION, LL_EUNSUPPORTED, "line 1: messages: no chat format; name one with --chat-format");
}

static void
skipping(void **state)
{
	struct told told = { 0 };
	const struct ll_corpus_options options = { .tokenizer = tokenizer, .skip_bad = true, .tell = tell, .arg = &told };
	struct ll_corpus corpus = { 0 };
	struct ll_buf text = { 0 };
	struct ll_err err = { 0 };

	(void)state;
	for (size_t i = 0; i < 13; i++) {
		assert_int_equal(ll_buf_puts(&text, "{\"text\":\"good\"}\n{\"text\":0}\n", NULL), 0);
		if (i == 9) {
			assert_int_equal(read_lines(&corpus, text.data, &options, &err), 0);
			assert_int_equal(corpus.skipped, 10);
			assert_int_equal(told.count, 10);
			assert_non_null(strstr(told.last, ": line 20: text: is a whole number, not a string"));
		}
	}
	told.count = 0;
	assert_int_equal(read_lines(&corpus, text.data, &options, &err), 0);
	assert_int_equal(corpus.skipped, 23);
	assert_int_equal(corpus.documents, 23);
	assert_int_equal(told.count, 11);
	assert_non_null(strstr(told.last, ": 13 bad lines were left out, of which 10 were told"));
	assert_document(&corpus, 22, "<|begin_of_text|>{good<|end_of_text|>}");
	ll_buf_free(&text);
	ll_corpus_free(&corpus);
}

static void
nothing(void **state)
{
	const struct ll_corpus_options options = { .tokenizer = tokenizer, .skip_bad = true };
	struct ll_corpus corpus = { 0 };
	struct ll_err err = { 0 };

	(void)state;
	assert_int_equal(ll_corpus_end(&corpus, &err), -LL_EDATA);
	assert_string_equal(err.text, "there is nothing to learn from in 0 documents");
	err = (struct ll_err){ 0 };
	assert_int_equal(read_as(&corpus, ".txt", "", 0, &options, &err), 0);
	assert_int_equal(read_lines(&corpus, "\n \r\n", &options, &err), 0);
	assert_int_equal(ll_corpus_end(&corpus, &err), -LL_EDATA);
	err = (struct ll_err){ 0 };
	assert_int_equal(read_lines(&corpus, "x\n", &options, &err), 0);
	assert_int_equal(ll_corpus_end(&corpus, &err), -LL_EDATA);
	assert_string_equal(err.text, "there is nothing to learn from in 0 documents: all lines are bad");
	err = (struct ll_err){ 0 };
	assert_int_equal(ll_corpus_read(&corpus, "/nonexistent", &options, &err), -LL_EINPUT);
	assert_non_null(strstr(err.text, "/nonexistent"));
	ll_corpus_free(&corpus);
}

/* Bytes of every kind, as text and as what JSON can say of them. */
static void
bytes(void **state)
{
	const struct ll_corpus_options options = { .tokenizer = tokenizer };
	struct ll_corpus corpus = { 0 };
	struct ll_err err = { 0 };
	char all[256];

	(void)state;
	for (size_t i = 0; i < 256; i++)
		all[i] = (char)i;
	assert_int_equal(read_as(&corpus, ".txt", all, 256, &options, &err), 0);
	assert_int_equal(corpus.count, 258);
	for (size_t i = 0; i < 256; i++)
		assert_int_equal(corpus.tokens[1 + i], i);
	assert_int_equal(read_lines(&corpus, "{\"text\":\"\\u0000\"}", &options, &err), 0);
	assert_int_equal(corpus.count, 261);
	assert_int_equal(corpus.tokens[259], 0);
	assert_int_equal(corpus.bytes, 256 + 17);
	ll_corpus_free(&corpus);
}

/* What a file is shows in its name, or in its first bytes. */
static void
kinds(void **state)
{
	static const unsigned char zipped[] = { 0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xab, 0x56,
	    0x2a, 0x49, 0xad, 0x28, 0x51, 0xb2, 0x52, 0xaa, 0xca, 0x2c, 0x50, 0xaa, 0xe5, 0x02, 0x00, 0x97, 0x72, 0x8f, 0xa6,
	    0x0f, 0x00, 0x00, 0x00 };	/* {"text":"zip"} and a line end */
	static const char line[] = "\xef\xbb\xbf{\"text\":\"bom\"}\n";
	const struct ll_corpus_options options = { .tokenizer = tokenizer };
	struct ll_corpus corpus = { 0 };
	struct ll_err err = { 0 };

	(void)state;
	assert_int_equal(read_as(&corpus, ".data", zipped, sizeof(zipped), &options, &err), 0);
	assert_int_equal(read_as(&corpus, ".jsonl.gz", zipped, sizeof(zipped), &options, &err), 0);
	assert_int_equal(read_as(&corpus, "", line, strlen(line), &options, &err), 0);
	assert_int_equal(read_as(&corpus, ".txt", "[1]", 3, &options, &err), 0);
	assert_document(&corpus, 0, "<|begin_of_text|>{zip<|end_of_text|>}");
	assert_document(&corpus, 1, "<|begin_of_text|>{zip<|end_of_text|>}");
	assert_document(&corpus, 2, "<|begin_of_text|>{bom<|end_of_text|>}");
	assert_document(&corpus, 3, "<|begin_of_text|>{[1]<|end_of_text|>}");
	assert_int_equal(read_as(&corpus, ".json", "[\n{}]", 5, &options, &err), -LL_EDATA);
	assert_non_null(strstr(err.text, ".json: line 1: bad JSON"));
	err = (struct ll_err){ 0 };
	assert_int_equal(read_as(&corpus, ".gz", zipped, sizeof(zipped) - 9, &options, &err), -LL_EDATA);
	ll_corpus_free(&corpus);
}

static void
from_stdin(void **state)
{
	const struct ll_corpus_options options = { .tokenizer = tokenizer };
	struct ll_corpus corpus = { 0 };
	struct ll_err err = { 0 };
	int saved = dup(STDIN_FILENO), ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "{\"text\":\"in\"}\n{", 15), 15);
	close(ends[1]);
	assert_int_equal(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
	assert_int_equal(ll_corpus_read(&corpus, "-", &options, &err), -LL_EDATA);
	assert_non_null(strstr(err.text, "standard input: line 2: bad JSON"));
	assert_document(&corpus, 0, "<|begin_of_text|>{in<|end_of_text|>}");
	assert_int_equal(dup2(saved, STDIN_FILENO), STDIN_FILENO);
	close(ends[0]);
	close(saved);
	ll_corpus_free(&corpus);
}

static void
most(void **state)
{
	const struct ll_chat chat = { .format = LL_CHAT_CHATML, .bos = 0 };
	struct ll_corpus_options options = { .tokenizer = tokenizer, .chat = &chat, .answers_only = true, .most = 10 };
	struct ll_corpus corpus = { 0 };
	struct ll_err err = { 0 };

	(void)state;
	assert_int_equal(read_lines(&corpus, "{\"text\":\"123\"}\n{\"text\":\"12345678\"}\nnever read", &options, &err), 0);
	assert_int_equal(read_as(&corpus, ".txt", "more", 4, &options, &err), 0);
	assert_int_equal(corpus.documents, 2);
	assert_document(&corpus, 0, "<|begin_of_text|>{123<|end_of_text|>}");
	assert_document(&corpus, 1, "<|begin_of_text|>{1234}");
	assert_int_equal(corpus.learned, 8);
	ll_corpus_free(&corpus);
	/* <|im_start|>user\nq<|im_end|>\n<|im_start|>assistant\na<|im_end|>\n has 23 tokens, 20 before the answer. */
	for (size_t limit = 20; limit <= 23; limit++) {
		options.most = limit;
		assert_int_equal(read_lines(&corpus, CONVERSATION, &options, &err), 0);
		assert_int_equal(corpus.count, limit);
		assert_int_equal(corpus.learned, limit == 23 ? 2 : limit - 20);
		ll_corpus_free(&corpus);
	}
}

static void
long_lines(void **state)
{
	const struct ll_corpus_options options = { .tokenizer = tokenizer };
	const size_t size = 10 << 20, most = (64 << 20) + 1;
	struct ll_corpus corpus = { 0 };
	struct ll_buf text = { 0 };
	struct ll_err err = { 0 };
	char path[] = "/tmp/t_corpus.XXXXXX.jsonl";
	int fd;

	(void)state;
	assert_int_equal(ll_buf_puts(&text, "{\"text\":\"", NULL), 0);
	assert_int_equal(ll_buf_room(&text, size, NULL), 0);
	for (size_t i = 0; i < size; i++)
		text.data[text.len++] = "word "[i % 5];
	assert_int_equal(ll_buf_puts(&text, "\"}\n{\"text\":\"x\"}\n", NULL), 0);
	assert_int_equal(read_lines(&corpus, text.data, &options, &err), 0);
	assert_int_equal(corpus.documents, 2);
	assert_int_equal(corpus.count, size + 2 + 3);
	ll_buf_free(&text);
	fd = mkstemps(path, 6);
	assert_true(fd >= 0 && ftruncate(fd, (off_t)most) == 0);
	close(fd);
	assert_int_equal(ll_corpus_read(&corpus, path, &options, &err), -LL_EDATA);
	assert_non_null(strstr(err.text, ": line 1: has more than 67108864 bytes"));
	unlink(path);
	ll_corpus_free(&corpus);
}

/* A run is resumed on what it began with: tokens, what counts of them, and where documents end. */
static void
hashes(void **state)
{
	const struct ll_chat chat = { .format = LL_CHAT_LLAMA3, .bos = -1 };
	struct ll_corpus_options options = { .tokenizer = tokenizer, .chat = &chat };
	static const char *const texts_of[] = { "{\"text\":\"ab\"}", "{\"text\":\"ba\"}", CONVERSATION, CONVERSATION };
	uint64_t seen[5] = { 0 };
	struct ll_err err = { 0 };

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		struct ll_corpus corpus = { 0 };

		options.answers_only = i == 3;
		assert_int_equal(read_lines(&corpus, texts_of[i % 4], &options, &err), 0);
		assert_int_equal(ll_corpus_end(&corpus, &err), 0);
		seen[i] = corpus.hash;
		for (size_t j = 0; j < i && i < 4; j++)
			assert_true(seen[j] != seen[i]);
		corpus.start[0]++;
		assert_int_equal(ll_corpus_end(&corpus, &err), 0);
		assert_true(corpus.hash != seen[i]);
		ll_corpus_free(&corpus);
	}
	assert_true(seen[0] == seen[4]);
	assert_true(seen[0] == 0x612af9634283a473);	/* on every machine */
}

static int
set_up(void **state)
{
	(void)state;
	tiny_begin(&tiny, LL_VOCAB_BPE_RANKS, "llama-bpe");
	tiny_add_specials(&tiny);
	tiny_add(&tiny, "<|end_of_text|>", LL_TOKEN_CONTROL);
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
		cmocka_unit_test(bad_lines),
		cmocka_unit_test(no_format),
		cmocka_unit_test(skipping),
		cmocka_unit_test(nothing),
		cmocka_unit_test(bytes),
		cmocka_unit_test(kinds),
		cmocka_unit_test(from_stdin),
		cmocka_unit_test(most),
		cmocka_unit_test(long_lines),
		cmocka_unit_test(hashes),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
