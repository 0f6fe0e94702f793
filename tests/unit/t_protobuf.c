/*
 * SentencePiece's files: what they say is read, and what is wrong or not understood is told.
 */

#include "tests/unit/make_gguf.h"

#include <math.h>

#include "model/model.h"
#include "model/protobuf.h"

static void
put_varint(struct ll_buf *b, uint64_t value)
{
	for (; value >= 0x80; value >>= 7)
		put8(b, (uint8_t)(value | 0x80));
	put8(b, (uint8_t)value);
}

static void
put_number(struct ll_buf *b, unsigned field, uint64_t value)
{
	put_varint(b, field << 3);
	put_varint(b, value);
}

static void
put_bytes(struct ll_buf *b, unsigned field, const void *bytes, size_t length)
{
	put_varint(b, field << 3 | 2);
	put_varint(b, length);
	put(b, bytes, length);
}

static void
put_piece(struct ll_buf *b, const char *text, float score, int type)
{
	struct ll_buf piece = { 0 };

	put_bytes(&piece, 1, text, strlen(text));
	put_varint(&piece, 2 << 3 | 5);
	put_f32(&piece, score);
	if (type != LL_TOKEN_NORMAL)
		put_number(&piece, 3, (uint64_t)type);
	put_bytes(b, 1, piece.data, piece.len);
	ll_buf_free(&piece);
}

/* What a file says; a negative number is left out. */
struct says {
	int model_type, suffix, fallback, bos;
	int prefix, strip, escape;
	const char *charsmap, *denormalise, *piece;
	float score;
	int type, unknown;
};

static const struct says usual = { .model_type = 2, .suffix = -1, .fallback = 1, .bos = -1, .prefix = -1, .strip = 0,
	.escape = -1, .piece = "\xe2\x96\x81""a\xe2\x96\x81", .score = -2, .type = LL_TOKEN_NORMAL, .unknown = -1 };

static struct ll_buf
file(const struct says *says)
{
	struct ll_buf b = { 0 }, trainer = { 0 }, normalizer = { 0 }, denormalizer = { 0 };

	put_piece(&b, "<unk>", 0, LL_TOKEN_UNKNOWN);
	put_piece(&b, "<s>", 0, LL_TOKEN_CONTROL);
	put_piece(&b, "</s>", 0, LL_TOKEN_CONTROL);
	put_piece(&b, "<0xC3>", 0, LL_TOKEN_BYTE);
	put_piece(&b, "a", -1, LL_TOKEN_NORMAL);
	put_piece(&b, says->piece, says->score, says->type);
	if (says->model_type >= 0)
		put_number(&trainer, 3, (uint64_t)says->model_type);
	if (says->suffix >= 0)
		put_number(&trainer, 24, (uint64_t)says->suffix);
	if (says->fallback >= 0)
		put_number(&trainer, 35, (uint64_t)says->fallback);
	if (says->bos >= 0)
		put_number(&trainer, 41, (uint64_t)says->bos);
	put_number(&trainer, 43, UINT64_MAX);
	put_bytes(&b, 2, trainer.data, trainer.len);
	put_bytes(&normalizer, 1, "identity", 8);
	if (says->charsmap != NULL)
		put_bytes(&normalizer, 2, says->charsmap, strlen(says->charsmap));
	if (says->prefix >= 0)
		put_number(&normalizer, 3, (uint64_t)says->prefix);
	if (says->strip >= 0)
		put_number(&normalizer, 4, (uint64_t)says->strip);
	if (says->escape >= 0)
		put_number(&normalizer, 5, (uint64_t)says->escape);
	put_bytes(&b, 3, normalizer.data, normalizer.len);
	if (says->denormalise != NULL) {
		put_bytes(&denormalizer, 2, says->denormalise, strlen(says->denormalise));
		put_bytes(&b, 5, denormalizer.data, denormalizer.len);
	}
	if (says->unknown >= 0)
		put_number(&b, (unsigned)says->unknown, 1);
	ll_buf_free(&trainer);
	ll_buf_free(&normalizer);
	ll_buf_free(&denormalizer);
	return b;
}

static int
open_bytes(struct ll_vocab **vocab, const struct ll_buf *b, struct ll_err *err)
{
	/* A copy without a byte to spare, so that a read behind the end is seen; gone before use. */
	void *copy = malloc(b->len > 0 ? b->len : 1);
	int status;

	assert_non_null(copy);
	memcpy(copy, b->data, b->len);
	status = ll_vocab_from_spm(vocab, copy, b->len, "mem", err);
	free(copy);
	return status;
}

static struct ll_vocab *
reads(const struct says *says)
{
	struct ll_buf b = file(says);
	struct ll_err err = { 0 };
	struct ll_vocab *vocab;

	if (open_bytes(&vocab, &b, &err) != 0)
		fail_msg("%s", err.text);
	ll_buf_free(&b);
	return vocab;
}

static void
does_not_read(const struct says *says, int code, const char *text)
{
	struct ll_buf b = file(says);
	struct ll_err err = { 0 };
	struct ll_vocab *vocab;

	assert_int_equal(open_bytes(&vocab, &b, &err), -code);
	if (strstr(err.text, text) == NULL)
		fail_msg("'%s' does not say '%s'", err.text, text);
	assert_null(vocab);
	ll_buf_free(&b);
}

static void
reads_pieces(void **state)
{
	struct says says = usual;
	struct ll_vocab *vocab = reads(&says);

	(void)state;
	assert_int_equal(vocab->kind, LL_VOCAB_SPM_SCORES);
	assert_int_equal(vocab->count, 6);
	assert_int_equal(vocab->pieces[0].type, LL_TOKEN_UNKNOWN);
	assert_int_equal(vocab->pieces[3].type, LL_TOKEN_BYTE);
	assert_int_equal(vocab->pieces[3].length, 1);
	assert_int_equal((unsigned char)vocab->pieces[3].bytes[0], 0xc3);
	assert_int_equal(vocab->pieces[5].length, 3);
	assert_memory_equal(vocab->pieces[5].bytes, " a ", 3);
	assert_true(vocab->scores[5] == -2);
	assert_int_equal(vocab->bos, 1);
	assert_int_equal(vocab->eos, 2);
	assert_true(vocab->add_bos);
	assert_int_equal(vocab->space_prefix, LL_PREFIX_EACH);
	ll_vocab_free(vocab);
	says.prefix = 0, says.bos = 4, says.fallback = -1, says.unknown = 200;
	does_not_read(&says, LL_EUNSUPPORTED, "trainer_spec.byte_fallback: false");
	says.fallback = 1;
	vocab = reads(&says);
	assert_int_equal(vocab->space_prefix, LL_PREFIX_NONE);
	assert_int_equal(vocab->bos, LL_VOCAB_NONE);
	assert_false(vocab->add_bos);
	ll_vocab_free(vocab);
}

static void
refuses(void **state)
{
	struct says says;

	(void)state;
	says = usual, says.model_type = 1, does_not_read(&says, LL_EUNSUPPORTED, "trainer_spec.model_type: 'unigram'");
	says = usual, says.model_type = -1, does_not_read(&says, LL_EUNSUPPORTED, "model_type: 'unigram'");
	says = usual, says.model_type = 9, does_not_read(&says, LL_EUNSUPPORTED, "model_type: 'unknown'");
	says = usual, says.suffix = 1, does_not_read(&says, LL_EUNSUPPORTED, "treat_whitespace_as_suffix");
	says = usual, says.strip = 1, does_not_read(&says, LL_EUNSUPPORTED, "remove_extra_whitespaces");
	says = usual, says.strip = -1, does_not_read(&says, LL_EUNSUPPORTED, "remove_extra_whitespaces");
	says = usual, says.escape = 0, does_not_read(&says, LL_EUNSUPPORTED, "escape_whitespaces");
	says = usual, says.charsmap = "x", does_not_read(&says, LL_EUNSUPPORTED, "normalizer_spec.precompiled_charsmap");
	says = usual, says.denormalise = "x";
	does_not_read(&says, LL_EUNSUPPORTED, "denormalizer_spec.precompiled_charsmap");
	says = usual, says.unknown = 7, does_not_read(&says, LL_EUNSUPPORTED, "a field of the model");
	says = usual, says.unknown = 2, does_not_read(&says, LL_EDATA, "a field has a wrong type");
	says = usual, says.piece = "a b", does_not_read(&says, LL_EUNSUPPORTED, "pieces[5]: 'a b': a space");
	says = usual, says.type = LL_TOKEN_UNUSED, does_not_read(&says, LL_EUNSUPPORTED, "pieces[5]: unused");
	says = usual, says.type = 7, does_not_read(&says, LL_EDATA, "pieces[5]: no text, or no type");
	says = usual, says.type = LL_TOKEN_BYTE, does_not_read(&says, LL_EDATA, "pieces[5]: ");
	says.piece = "<0xc3>", does_not_read(&says, LL_EDATA, "'<0xc3>' is no byte token");
	says = usual, says.score = NAN, does_not_read(&says, LL_EDATA, "pieces[5]: score is not a number");
}

/* Wherever it is cut, and whatever bit is turned: told or read, and never more. */
static void
damaged(void **state)
{
	struct ll_buf b = file(&usual);
	size_t length = b.len, told = 0;
	struct ll_vocab *vocab;

	(void)state;
	for (b.len = 0; b.len < length; b.len++) {
		struct ll_err err = { 0 };

		told += open_bytes(&vocab, &b, &err) < 0;
		ll_vocab_free(vocab);
	}
	/* Without model_type and remove_extra_whitespaces, which come last, no part is one. */
	assert_int_equal(told, length);
	for (size_t bit = 0; bit < 8 * length; bit++) {
		struct ll_err err = { 0 };

		b.data[bit / 8] = (char)(b.data[bit / 8] ^ 1 << bit % 8);
		if (open_bytes(&vocab, &b, &err) == 0)
			assert_true(vocab->count > 0 && vocab->count < 100);
		ll_vocab_free(vocab);
		b.data[bit / 8] = (char)(b.data[bit / 8] ^ 1 << bit % 8);
	}
	ll_buf_free(&b);
}

static int
next(const char *bytes, size_t length, struct ll_protobuf_field *field)
{
	struct ll_protobuf message = { (const unsigned char *)bytes, length };

	return ll_protobuf_next(&message, field);
}

static void
fields(void **state)
{
	struct ll_protobuf_field field;

	(void)state;
	assert_int_equal(next("", 0, &field), 0);
	assert_int_equal(next("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11, &field), 1);
	assert_true(field.number == 1 && field.value == UINT64_MAX);
	assert_int_equal(next("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 11, &field), -1);
	assert_int_equal(next("\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", 12, &field), -1);
	assert_int_equal(next("\x08\x80", 2, &field), -1);
	assert_int_equal(next("\x08", 1, &field), -1);
	assert_int_equal(next("\x80", 1, &field), -1);
	assert_int_equal(next("\x00\x01", 2, &field), -1);
	assert_int_equal(next("\x0d\x01\x02\x03\x04", 5, &field), 1);
	assert_int_equal(field.value, 0x04030201);
	assert_int_equal(next("\x0d\x01\x02\x03", 4, &field), -1);
	assert_int_equal(next("\x09\x01\x02\x03\x04\x05\x06\x07\x08", 9, &field), 1);
	assert_true(field.value == 0x0807060504030201);
	assert_int_equal(next("\x09\x01\x02\x03\x04\x05\x06\x07", 8, &field), -1);
	assert_int_equal(next("\x82\x01\x02hi", 5, &field), 1);
	assert_true(field.number == 16 && field.length == 2 && memcmp(field.bytes, "hi", 2) == 0);
	assert_int_equal(next("\x82\x01\x03hi", 5, &field), -1);
	assert_int_equal(next("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11, &field), -1);
	for (int type = 3; type < 8; type++)
		if (type != 5)
			assert_int_equal(next((char[]){ (char)(1 << 3 | type), 0, 0, 0 }, 4, &field), -1);
}

/* The same in a GGUF. */
struct gguf_says {
	int scores, prefix, strip;
	float score;
	const char *piece, *charsmap;
};

static struct ll_buf
gguf_file(const struct gguf_says *says)
{
	const char *const pieces[] = { "<unk>", "<s>", "</s>", says->piece, "\xe2\x96\x81""a" };
	struct ll_buf keys = { 0 }, b = { 0 };
	uint64_t count = 4;

	key_string(&keys, "tokenizer.ggml.model", "llama");
	key_array(&keys, "tokenizer.ggml.tokens", LL_GGUF_STRING, 5);
	for (int i = 0; i < 5; i++)
		put_string(&keys, pieces[i]);
	key_array(&keys, "tokenizer.ggml.scores", LL_GGUF_F32, (uint64_t)says->scores);
	for (int i = 0; i < says->scores; i++)
		put_f32(&keys, i == 4 ? says->score : 0);
	key_array(&keys, "tokenizer.ggml.token_type", LL_GGUF_I32, 5);
	for (uint32_t i = 0; i < 5; i++)
		put32(&keys, (uint32_t[]){ 2, 3, 3, 6, 1 }[i]);
	if (says->prefix >= 0)
		key_bool(&keys, "tokenizer.ggml.add_space_prefix", (uint8_t)says->prefix), count++;
	if (says->strip >= 0)
		key_bool(&keys, "tokenizer.ggml.remove_extra_whitespaces", (uint8_t)says->strip), count++;
	if (says->charsmap != NULL)
		key_string(&keys, "tokenizer.ggml.precompiled_charsmap", says->charsmap), count++;
	put_header(&b, 3, 0, count);
	put(&b, keys.data, keys.len);
	ll_buf_free(&keys);
	return b;
}

static void
gguf(void **state)
{
	static const struct {
		struct gguf_says says;
		int code;
		const char *text;
	} cases[] = {
		{ { 5, -1, -1, -7, "<0x00>", NULL }, 0, "" },
		{ { 5, 0, 0, -7, "<0xFF>", NULL }, 0, "" },
		{ { 4, -1, -1, -7, "<0x00>", NULL }, LL_EDATA, "scores: 4 scores for 5 tokens" },
		{ { 5, -1, -1, NAN, "<0x00>", NULL }, LL_EDATA, "tokens[4]: score is not a number" },
		{ { 5, -1, -1, -7, "<0x0>", NULL }, LL_EDATA, "tokens[3]: '<0x0>' is no byte token" },
		{ { 5, -1, -1, -7, "", NULL }, LL_EDATA, "tokens[3]: '' is no byte token" },
		{ { 5, -1, 1, -7, "<0x00>", NULL }, LL_EUNSUPPORTED, "remove_extra_whitespaces" },
		{ { 5, -1, -1, -7, "<0x00>", "x" }, LL_EUNSUPPORTED, "precompiled_charsmap" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ll_buf b = gguf_file(&cases[i].says);
		struct ll_err err = { 0 };
		struct ll_vocab *vocab;
		void *copy;
		struct ll_gguf *opened = accepted(&b, &copy);

		expect(ll_vocab_from_gguf(&vocab, opened, &err), &err, cases[i].code, cases[i].text);
		if (cases[i].code == 0) {
			assert_int_equal(vocab->bos, 1);
			assert_int_equal(vocab->eos, 2);
			assert_true(vocab->add_bos);
			assert_int_equal(vocab->space_prefix, cases[i].says.prefix == 0 ? LL_PREFIX_NONE : LL_PREFIX_EACH);
			assert_int_equal(vocab->pieces[4].length, 2);
			assert_true(vocab->scores[4] == -7);
		}
		ll_vocab_free(vocab);
		ll_gguf_close(opened);
		free(copy);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_pieces),
		cmocka_unit_test(refuses),
		cmocka_unit_test(damaged),
		cmocka_unit_test(fields),
		cmocka_unit_test(gguf),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
