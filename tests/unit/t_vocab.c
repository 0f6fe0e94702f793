/*
 * Vocabularies: GGUF's and tiktoken's say the same; what is wrong in either is told.
 */

#include "tests/unit/make_gguf.h"

#include "model/model.h"

/* The character that GPT-2 writes for a byte, in UTF-8; by its definition, not by a table. */
static void
put_character(struct ll_buf *b, int byte)
{
	int code = byte;

	if (byte < 0x21 || (byte > 0x7e && byte < 0xa1) || byte == 0xad) {
		code = 256;
		for (int other = 0; other < byte; other++)
			code += other < 0x21 || (other > 0x7e && other < 0xa1) || other == 0xad;
	}
	if (code < 0x80) {
		put8(b, (uint8_t)code);
		return;
	}
	put8(b, (uint8_t)(0xc0 | code >> 6));
	put8(b, (uint8_t)(0x80 | (code & 0x3f)));
}

static void
put_token(struct ll_buf *b, const char *bytes, size_t length)
{
	struct ll_buf text = { 0 };

	for (size_t i = 0; i < length; i++)
		put_character(&text, (unsigned char)bytes[i]);
	put64(b, text.len);
	put(b, text.data, text.len);
	ll_buf_free(&text);
}

/* What a file says besides its tokens; a NULL or negative one is left out. */
struct says {
	const char *model, *pre, *chat;
	int bos, eos, eot, add_bos;
	int types;		/* how many token types; -1: one for each token */
	uint32_t last_type;
	bool unordered;		/* it has no merges */
};

static const struct says usual = { .model = "gpt2", .pre = "llama-bpe", .bos = 256, .eos = -1, .eot = -1,
	.add_bos = -1, .types = -1, .last_type = LL_TOKEN_USER };

#define TOKENS 262

/* All bytes, five special tokens and one of the user's. */
static struct ll_buf
file(const struct says *says)
{
	static const char *const special[] = { "<|begin_of_text|>", "<|end_of_text|>", "<|eom_id|>", "<|eot_id|>",
		"<|pad|>", "caf\xc3\xa9 \xe2\x98\x95" };
	struct ll_buf keys = { 0 }, b = { 0 };
	uint64_t count = says->unordered ? 2 : 3;

	if (says->model != NULL)
		key_string(&keys, "tokenizer.ggml.model", says->model), count++;
	if (says->pre != NULL)
		key_string(&keys, "tokenizer.ggml.pre", says->pre), count++;
	if (says->chat != NULL)
		key_string(&keys, "tokenizer.chat_template", says->chat), count++;
	if (says->bos >= 0)
		key_u32(&keys, "tokenizer.ggml.bos_token_id", (uint32_t)says->bos), count++;
	if (says->eos >= 0)
		key_u32(&keys, "tokenizer.ggml.eos_token_id", (uint32_t)says->eos), count++;
	if (says->eot >= 0)
		key_u32(&keys, "tokenizer.ggml.eot_token_id", (uint32_t)says->eot), count++;
	if (says->add_bos >= 0)
		key_bool(&keys, "tokenizer.ggml.add_bos_token", (uint8_t)says->add_bos), count++;
	key_array(&keys, "tokenizer.ggml.tokens", LL_GGUF_STRING, TOKENS);
	for (int i = 0; i < 256; i++)
		put_token(&keys, (char[]){ (char)i }, 1);
	for (int i = 0; i < 6; i++)
		put_string(&keys, special[i]);
	key_array(&keys, "tokenizer.ggml.token_type", LL_GGUF_I32, says->types < 0 ? TOKENS : (uint64_t)says->types);
	for (int i = 0; i < (says->types < 0 ? TOKENS : says->types); i++)
		put32(&keys, i < 256 ? LL_TOKEN_NORMAL : i < 261 ? LL_TOKEN_CONTROL : says->last_type);
	if (!says->unordered) {
		key_array(&keys, "tokenizer.ggml.merges", LL_GGUF_STRING, 2);
		put_string(&keys, "a b"), put_string(&keys, "\xc4\xa0 a");
	}
	put_header(&b, 3, 0, count);
	put(&b, keys.data, keys.len);
	ll_buf_free(&keys);
	return b;
}

static struct ll_vocab *
reads(const struct says *says, struct ll_gguf **gguf, void **copy)
{
	struct ll_buf b = file(says);
	struct ll_err err = { 0 };
	struct ll_vocab *vocab;

	*gguf = accepted(&b, copy);
	if (ll_vocab_from_gguf(&vocab, *gguf, &err) != 0)
		fail_msg("%s", err.text);
	return vocab;
}

static void
does_not_read(const struct says *says, int code, const char *text)
{
	struct ll_buf b = file(says);
	struct ll_err err = { 0 };
	struct ll_vocab *vocab;
	void *copy;
	struct ll_gguf *gguf = accepted(&b, &copy);

	expect(ll_vocab_from_gguf(&vocab, gguf, &err), &err, code, text);
	assert_null(vocab);
	ll_gguf_close(gguf);
	free(copy);
}

static void
undoes_the_alphabet(void **state)
{
	struct ll_vocab *vocab;
	struct ll_gguf *gguf;
	void *copy;

	(void)state;
	vocab = reads(&usual, &gguf, &copy);
	assert_int_equal(vocab->count, TOKENS);
	assert_int_equal(vocab->kind, LL_VOCAB_BPE_MERGES);
	assert_string_equal(vocab->pre, "llama-bpe");
	for (int i = 0; i < 256; i++) {
		assert_int_equal(vocab->pieces[i].length, 1);
		assert_int_equal((unsigned char)vocab->pieces[i].bytes[0], i);
	}
	assert_int_equal(vocab->pieces[261].length, 9);
	assert_memory_equal(vocab->pieces[261].bytes, "caf\xc3\xa9 \xe2\x98\x95", 9);
	assert_int_equal(vocab->merge_count, 2);
	assert_memory_equal(ll_vocab_merge(vocab, 1).bytes, "\xc4\xa0 a", 4);
	assert_null(vocab->chat_template);
	ll_vocab_free(vocab);
	ll_gguf_close(gguf);
	free(copy);
}

static void
special_ids(void **state)
{
	struct says says = usual;
	struct ll_vocab *vocab;
	struct ll_gguf *gguf;
	void *copy;

	(void)state;
	vocab = reads(&says, &gguf, &copy);
	assert_int_equal(vocab->bos, 256);
	assert_int_equal(vocab->eos, 257);
	assert_int_equal(vocab->eom, 258);
	assert_int_equal(vocab->eot, 259);
	assert_true(vocab->add_bos);
	assert_int_equal(vocab->stop_count, 3);
	assert_int_equal(vocab->stops[0], 257);
	assert_int_equal(vocab->stops[2], 259);
	ll_vocab_free(vocab);
	ll_gguf_close(gguf);
	free(copy);
	says = (struct says){ .model = "gpt2", .bos = -1, .eos = 260, .eot = 256, .add_bos = -1, .types = -1,
		.last_type = LL_TOKEN_USER, .chat = "{{ bos_token }}" };
	vocab = reads(&says, &gguf, &copy);
	assert_string_equal(vocab->pre, "default");
	assert_false(vocab->add_bos);
	assert_int_equal(vocab->eos, 260);
	assert_int_equal(vocab->eot, 256);
	assert_int_equal(vocab->stop_count, 5);
	assert_int_equal(vocab->stops[0], 256);
	assert_int_equal(vocab->stops[4], 260);
	assert_int_equal(vocab->chat_template_length, 15);
	ll_vocab_free(vocab);
	ll_gguf_close(gguf);
	free(copy);
}

static void
bad_gguf(void **state)
{
	struct says says = usual;

	(void)state;
	says.model = "t5", does_not_read(&says, LL_EUNSUPPORTED, "tokenizer.ggml.model: 't5' is not supported");
	says = usual, says.unordered = true, does_not_read(&says, LL_EDATA, "tokenizer.ggml.merges: key is missing");
	says.model = "llama", does_not_read(&says, LL_EDATA, "tokenizer.ggml.scores: key is missing");
	says = usual;
	says.model = NULL, does_not_read(&says, LL_EDATA, "tokenizer.ggml.model: key is missing");
	says = usual, says.bos = TOKENS, does_not_read(&says, LL_EDATA, "bos_token_id: 262 is not an id");
	says = usual, says.eot = 1 << 30, does_not_read(&says, LL_EDATA, "eot_token_id: 1073741824 is not an id");
	says = usual, says.add_bos = 7, does_not_read(&says, LL_EDATA, "add_bos_token: 7");
	says = usual, says.types = 3, does_not_read(&says, LL_EDATA, "token_type: 3 types for 262 tokens");
	says = usual, says.last_type = 0, does_not_read(&says, LL_EDATA, "token_type[261]: 0");
	says = usual, says.last_type = UINT32_MAX, does_not_read(&says, LL_EDATA, "token_type[261]: -1");
	says = usual, says.last_type = LL_TOKEN_NORMAL;
	does_not_read(&says, LL_EDATA, "tokens[261]: 'caf\xc3\xa9 \xe2\x98\x95' has a character");
	says = usual, says.pre = "0123456789012345678901234567890123456789012345678901234567890123";
	does_not_read(&says, LL_EUNSUPPORTED, "tokenizer.ggml.pre");
}

static void
put_base64(struct ll_buf *b, const unsigned char *bytes, size_t length)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < length; i += 3) {
		unsigned group = (unsigned)bytes[i] << 16;

		if (i + 1 < length)
			group |= (unsigned)bytes[i + 1] << 8;
		if (i + 2 < length)
			group |= bytes[i + 2];
		put8(b, (uint8_t)digits[group >> 18]);
		put8(b, (uint8_t)digits[group >> 12 & 63]);
		put8(b, i + 1 < length ? (uint8_t)digits[group >> 6 & 63] : '=');
		put8(b, i + 2 < length ? (uint8_t)digits[group & 63] : '=');
	}
}

/* Backwards, as the order of lines is free. */
static struct ll_buf
ranks(int count)
{
	struct ll_buf b = { 0 };

	for (int i = count - 1; i >= 0; i--) {
		put_base64(&b, (unsigned char[]){ (unsigned char)i, (unsigned char)i, (unsigned char)i }, i < 256 ? 1 : 3);
		assert_int_equal(ll_buf_printf(&b, NULL, " %d\n", i), 0);
	}
	return b;
}

static void
reads_ranks(void **state)
{
	struct ll_buf b = ranks(300);
	struct ll_vocab *vocab;
	struct ll_err err = { 0 };

	(void)state;
	b.len--;	/* the last line need not end */
	if (ll_vocab_from_ranks(&vocab, b.data, b.len, "mem", &err) != 0)
		fail_msg("%s", err.text);
	ll_buf_free(&b);
	assert_int_equal(vocab->kind, LL_VOCAB_BPE_RANKS);
	assert_string_equal(vocab->pre, "llama-bpe");
	assert_int_equal(vocab->count, 556);
	assert_int_equal((unsigned char)vocab->pieces[200].bytes[0], 200);
	assert_int_equal(vocab->pieces[299].length, 3);
	assert_int_equal(vocab->bos, 300);
	assert_int_equal(vocab->stop_count, 3);
	assert_int_equal(vocab->stops[0], 301);
	assert_int_equal(vocab->stops[1], 308);
	assert_int_equal(vocab->stops[2], 309);
	assert_true(vocab->add_bos);
	assert_memory_equal(vocab->pieces[310].bytes, "<|python_tag|>", 14);
	assert_memory_equal(vocab->pieces[555].bytes, "<|reserved_special_token_247|>", 30);
	ll_vocab_free(vocab);
}

static void
bad_ranks(void **state)
{
	static const struct {
		const char *text;
		int code;
		const char *told;
	} cases[] = {
		{ "QQ== 0\nQg== 0\n", LL_EDATA, "line 2: rank 0 a second time" },
		{ "QQ== 0\nQg== 2\n", LL_EDATA, "line 2: rank is above 1" },
		{ "QQ== 99999999999999999999999\n", LL_EDATA, "line 1: rank is above 0" },
		{ "QQ== -1\n", LL_EDATA, "line 1: no rank" },
		{ "QQ== 0\r\n", LL_EDATA, "line 1: no rank and end" },
		{ "QQ==\n", LL_EDATA, "line 1: no token" },
		{ "QQ= 0\n", LL_EDATA, "line 1: no token" },
		{ " 0\n", LL_EDATA, "line 1: no token" },
		{ "QQ==QQ== 0\n", LL_EDATA, "line 1: bad base64" },
		{ "QR== 0\n", LL_EDATA, "line 1: bad base64" },
		{ "Q=== 0\n", LL_EDATA, "line 1: bad base64" },
		{ "QQ=Q 0\n", LL_EDATA, "line 1: bad base64" },
		{ "Q*== 0\n", LL_EDATA, "line 1: bad base64" },
		{ "QQ== 0\n\n", LL_EDATA, "line 2: no token" },
		{ "", LL_EDATA, "0 lines" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ll_err err = { 0 };
		struct ll_vocab *vocab;
		struct ll_buf b = { 0 };
		void *copy;

		put(&b, cases[i].text, strlen(cases[i].text));
		copy = exact(&b);
		expect(ll_vocab_from_ranks(&vocab, copy, b.len, "mem", &err), &err, cases[i].code, cases[i].told);
		assert_null(vocab);
		free(copy);
		ll_buf_free(&b);
	}
}

/* The same tokens from either kind of file, whatever the special ones are called. */
static void
same_fingerprint(void **state)
{
	struct ll_vocab *from_gguf, *from_ranks;
	struct ll_buf b = ranks(256);
	struct ll_gguf *gguf;
	void *copy;

	(void)state;
	from_gguf = reads(&usual, &gguf, &copy);
	assert_int_equal(ll_vocab_from_ranks(&from_ranks, b.data, b.len, "mem", NULL), 0);
	assert_true(ll_vocab_fingerprint(from_gguf) == ll_vocab_fingerprint(from_ranks));
	ll_vocab_free(from_ranks);
	ll_buf_free(&b);
	b = ranks(257);
	assert_int_equal(ll_vocab_from_ranks(&from_ranks, b.data, b.len, "mem", NULL), 0);
	assert_true(ll_vocab_fingerprint(from_gguf) != ll_vocab_fingerprint(from_ranks));
	ll_vocab_free(from_ranks);
	ll_buf_free(&b);
	ll_vocab_free(from_gguf);
	ll_gguf_close(gguf);
	free(copy);
}

/* Llama 3's own file, and a GGUF made from it here. */
static void
llama3(void **state)
{
	const char *folder = getenv("LL_TEST_DATA");
	struct ll_vocab *vocab, *again;
	struct ll_buf keys = { 0 }, b = { 0 };
	struct ll_gguf *gguf;
	struct ll_err err = { 0 };
	char path[4096];
	void *copy;

	(void)state;
	snprintf(path, sizeof(path), "%s/llama3-tokenizer.model", folder ? folder : ".");
	if (ll_vocab_open(&vocab, path, &err) != 0)
		skip();
	assert_int_equal(vocab->count, 128256);
	assert_int_equal(vocab->bos, 128000);
	assert_int_equal(vocab->stops[0], 128001);
	assert_int_equal(vocab->stops[1], 128008);
	assert_int_equal(vocab->stops[2], 128009);
	key_string(&keys, "tokenizer.ggml.model", "gpt2");
	key_array(&keys, "tokenizer.ggml.tokens", LL_GGUF_STRING, vocab->count);
	for (size_t i = 0; i < vocab->count; i++)
		put_token(&keys, vocab->pieces[i].bytes, vocab->pieces[i].length);
	key_array(&keys, "tokenizer.ggml.token_type", LL_GGUF_I32, vocab->count);
	for (size_t i = 0; i < vocab->count; i++)
		put32(&keys, vocab->pieces[i].type);
	key_array(&keys, "tokenizer.ggml.merges", LL_GGUF_STRING, 0);
	put_header(&b, 3, 0, 4);
	put(&b, keys.data, keys.len);
	ll_buf_free(&keys);
	gguf = accepted(&b, &copy);
	assert_int_equal(ll_vocab_from_gguf(&again, gguf, NULL), 0);
	assert_true(ll_vocab_fingerprint(again) == ll_vocab_fingerprint(vocab));
	assert_int_equal(again->stop_count, 3);
	ll_vocab_free(again);
	ll_vocab_free(vocab);
	ll_gguf_close(gguf);
	free(copy);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(undoes_the_alphabet),
		cmocka_unit_test(special_ids),
		cmocka_unit_test(bad_gguf),
		cmocka_unit_test(reads_ranks),
		cmocka_unit_test(bad_ranks),
		cmocka_unit_test(same_fingerprint),
		cmocka_unit_test(llama3),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
