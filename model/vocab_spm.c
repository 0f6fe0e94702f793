/*
 * SentencePiece: what the readers of its vocabularies share, and its own files
 * (tokenizer.model of Llama 2), messages in the wire format of protocol buffers; see
 * model.h. The fields are those of sentencepiece_model.proto.
 *
 * A field that would change what a text's ids are and that is not understood is refused by
 * its name; what only tells how the model was trained is skipped.
 */

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "model/model.h"
#include "model/protobuf.h"
#include "model/vocab_make.h"

/* U+2581 for a space. */
static const char mark[] = "\xe2\x96\x81";
#define MARK 3

/* Of enum ModelType. */
enum { UNIGRAM = 1, BPE = 2, WORD = 3, CHARACTERS = 4 };

#define PIECES_MAX (1u << 24)

float *
ll_vocab_scores(size_t count, char **text)
{
	float *scores = (float *)(void *)*text;

	*text += count * sizeof(*scores);
	return scores;
}

size_t
ll_spm_text(const char *piece, size_t length, char *out)
{
	char *begin = out;

	for (size_t i = 0; i < length;) {
		if (length - i >= MARK && memcmp(piece + i, mark, MARK) == 0) {
			*out++ = ' ';
			i += MARK;
		} else {
			*out++ = piece[i++];
		}
	}
	return (size_t)(out - begin);
}

static int
hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

int
ll_spm_byte(const char *piece, size_t length)
{
	if (length != 6 || memcmp(piece, "<0x", 3) != 0 || piece[5] != '>' || hex(piece[3]) < 0 ||
	    hex(piece[4]) < 0)
		return -1;
	return hex(piece[3]) << 4 | hex(piece[4]);
}

int
ll_spm_piece(struct ll_vocab *vocab, size_t id, const char *bytes, size_t length, uint32_t type,
    char **text, const char *what, struct ll_err *err)
{
	int shown = length < 128 ? (int)length : 128;
	size_t size;
	int byte;

	if (length > LL_PIECE_MAX)
		return ll_fail(err, LL_EDATA, "%s[%zu]: %zu bytes are more than %d", what, id, length, LL_PIECE_MAX);
	if (vocab->scores != NULL && isnan(vocab->scores[id]))
		return ll_fail(err, LL_EDATA, "%s[%zu]: score is not a number", what, id);
	if (type == LL_TOKEN_NORMAL && memchr(bytes, ' ', length) != NULL)
		return ll_fail(err, LL_EUNSUPPORTED,
		    "%s[%zu]: '%.*s': a space that is not written as U+2581 is not supported", what, id, shown, bytes);
	if (type == LL_TOKEN_BYTE) {
		if ((byte = ll_spm_byte(bytes, length)) < 0)
			return ll_fail(err, LL_EDATA, "%s[%zu]: '%.*s' is no byte token", what, id, shown, bytes);
		**text = (char)byte;
		size = 1;
	} else {
		size = ll_spm_text(bytes, length, *text);
	}
	vocab->pieces[id] = (struct ll_piece){ *text, (uint32_t)size, type };
	*text += size;
	return 0;
}

/* What the messages trainer_spec and normalizer_spec say, with their defaults. */
struct spec {
	uint64_t model_type, whitespace_suffix, byte_fallback;
	uint64_t dummy_prefix, extra_whitespaces, escape;
	int64_t bos, eos;
};

struct file {
	const char *path;
	struct ll_err *err;
	struct spec spec;
	size_t pieces, text;
	char what[512];		/* names a piece */
};

static int
bad(const struct file *file, const char *message, const char *why)
{
	return ll_fail(file->err, LL_EDATA, "%s: not a sound SentencePiece model: %s%s", file->path, message, why);
}

static int
refuse(const struct file *file, const char *field, const char *why)
{
	return ll_fail(file->err, LL_EUNSUPPORTED, "%s: %s: %s", file->path, field, why);
}

static int
read_trainer(struct file *file, struct ll_protobuf message)
{
	struct spec *spec = &file->spec;
	struct ll_protobuf_field field;
	int got;

	while ((got = ll_protobuf_next(&message, &field)) > 0) {
		uint64_t *out = field.number == 3 ? &spec->model_type :
		    field.number == 24 ? &spec->whitespace_suffix : field.number == 35 ? &spec->byte_fallback :
		    field.number == 41 ? (uint64_t *)&spec->bos : field.number == 42 ? (uint64_t *)&spec->eos : NULL;

		if (out == NULL)
			continue;
		if (field.type != LL_PROTOBUF_VARINT)
			return bad(file, "trainer_spec", ": field of a wrong type");
		*out = field.value;
	}
	return got < 0 ? bad(file, "trainer_spec", ": damaged") : 0;
}

static int
read_normalizer(struct file *file, struct ll_protobuf message, const char *name)
{
	struct spec *spec = &file->spec;
	struct ll_protobuf_field field;
	char text[64];
	int got;

	while ((got = ll_protobuf_next(&message, &field)) > 0) {
		bool flag = field.number >= 3 && field.number <= 5;

		snprintf(text, sizeof(text), "%s.%s", name,
		    field.number == 2 ? "precompiled_charsmap" : "unknown field");
		if (field.type != (flag ? LL_PROTOBUF_VARINT : LL_PROTOBUF_BYTES))
			return bad(file, name, ": field of a wrong type");
		if (field.number > 6 || (field.number == 2 && field.length > 0))
			return refuse(file, text, "this normalisation of text is not supported");
		if (strcmp(name, "normalizer_spec") != 0)
			continue;
		if (flag)
			*(field.number == 3 ? &spec->dummy_prefix : field.number == 4 ? &spec->extra_whitespaces :
			    &spec->escape) = field.value;
	}
	return got < 0 ? bad(file, name, ": damaged") : 0;
}

/* Counts pieces and reads the rest. */
static int
read_model(struct file *file, struct ll_protobuf message)
{
	struct ll_protobuf_field field;
	int got, status = 0;

	file->spec = (struct spec){ .model_type = UNIGRAM, .dummy_prefix = 1, .extra_whitespaces = 1, .escape = 1,
		.bos = 1, .eos = 2 };
	while ((got = ll_protobuf_next(&message, &field)) > 0 && status == 0) {
		struct ll_protobuf inner = { field.bytes, field.length };

		if (field.number <= 5 && field.type != LL_PROTOBUF_BYTES)
			return bad(file, "a field has a wrong type", "");
		if (field.number == 1) {
			file->pieces++;
			file->text += field.length;
		} else if (field.number == 2) {
			status = read_trainer(file, inner);
		} else if (field.number == 3) {
			status = read_normalizer(file, inner, "normalizer_spec");
		} else if (field.number == 5) {
			status = read_normalizer(file, inner, "denormalizer_spec");
		} else if (field.number != 4 && field.number < 200) {
			return refuse(file, "a field of the model", "is not known");
		}
	}
	return got < 0 ? bad(file, "damaged or truncated", "") : status;
}

static int
check_spec(const struct file *file)
{
	static const char *const types[] = { "0", "unigram", "bpe", "word", "char" };
	const struct spec *spec = &file->spec;

	if (file->pieces < 1 || file->pieces > PIECES_MAX)
		return bad(file, "no pieces, or too many", "");
	if (spec->model_type != BPE)
		return ll_fail(file->err, LL_EUNSUPPORTED, "%s: trainer_spec.model_type: '%s' is not supported (bpe is)",
		    file->path, spec->model_type <= CHARACTERS ? types[spec->model_type] : "unknown");
	if (spec->whitespace_suffix)
		return refuse(file, "trainer_spec.treat_whitespace_as_suffix", "true is not supported");
	if (spec->extra_whitespaces)
		return refuse(file, "normalizer_spec.remove_extra_whitespaces", "true is not supported");
	if (!spec->escape)
		return refuse(file, "normalizer_spec.escape_whitespaces", "false is not supported");
	return 0;
}

static int
read_piece(const struct file *file, struct ll_vocab *vocab, float *scores, size_t id,
    struct ll_protobuf message, char **text)
{
	struct ll_protobuf_field field, piece = { 0 };
	uint64_t type = LL_TOKEN_NORMAL;
	int got;

	while ((got = ll_protobuf_next(&message, &field)) > 0) {
		if (field.number == 1 && field.type == LL_PROTOBUF_BYTES) {
			piece = field;
		} else if (field.number == 2 && field.type == LL_PROTOBUF_32) {
			uint32_t bits = (uint32_t)field.value;

			memcpy(&scores[id], &bits, sizeof(bits));
		} else if (field.number == 3 && field.type == LL_PROTOBUF_VARINT) {
			type = field.value;
		} else if (field.number <= 3) {
			return bad(file, "pieces", ": field of a wrong type");
		}
	}
	if (got < 0)
		return bad(file, "pieces", ": damaged");
	if (piece.bytes == NULL || type < LL_TOKEN_NORMAL || type > LL_TOKEN_BYTE)
		return ll_fail(file->err, LL_EDATA, "%s[%zu]: no text, or no type of token", file->what, id);
	if (type == LL_TOKEN_UNUSED)
		return ll_fail(file->err, LL_EUNSUPPORTED, "%s[%zu]: unused pieces are not supported", file->what, id);
	if (type == LL_TOKEN_BYTE && !file->spec.byte_fallback)
		return refuse(file, "trainer_spec.byte_fallback", "false is not supported where there are byte tokens");
	return ll_spm_piece(vocab, id, (const char *)piece.bytes, piece.length, (uint32_t)type, text, file->what,
	    file->err);
}

static int
read_pieces(const struct file *file, struct ll_vocab *vocab, struct ll_protobuf message, char *text)
{
	float *scores = ll_vocab_scores(vocab->count, &text);
	struct ll_protobuf_field field;
	size_t id = 0;
	int status = 0;

	vocab->scores = scores;
	while (status == 0 && ll_protobuf_next(&message, &field) > 0)
		if (field.number == 1)
			status = read_piece(file, vocab, scores, id++,
			    (struct ll_protobuf){ field.bytes, field.length }, &text);
	return status;
}

static uint32_t
special_id(const struct ll_vocab *vocab, int64_t id)
{
	if (id < 0 || (uint64_t)id >= vocab->count || vocab->pieces[id].type != LL_TOKEN_CONTROL)
		return LL_VOCAB_NONE;
	return (uint32_t)id;
}

int
ll_vocab_from_spm(struct ll_vocab **out, const void *data, size_t size, const char *name, struct ll_err *err)
{
	struct file file = { .path = name, .err = err };
	const struct ll_protobuf message = { data, size };
	struct ll_vocab *vocab;
	char *text;
	int status;

	*out = NULL;
	snprintf(file.what, sizeof(file.what), "%.480s: pieces", name);
	/* Scores come before the text; a byte token's piece is never empty. */
	if ((status = read_model(&file, message)) < 0 || (status = check_spec(&file)) < 0 ||
	    (status = ll_vocab_new(&vocab, file.pieces, file.pieces * sizeof(float) + file.text, &text, err)) < 0)
		return status;
	vocab->kind = LL_VOCAB_SPM_SCORES;
	vocab->space_prefix = file.spec.dummy_prefix ? LL_PREFIX_EACH : LL_PREFIX_NONE;
	snprintf(vocab->pre, sizeof(vocab->pre), "default");
	if ((status = read_pieces(&file, vocab, message, text)) < 0) {
		ll_vocab_free(vocab);
		return status;
	}
	vocab->bos = special_id(vocab, file.spec.bos);
	vocab->eos = special_id(vocab, file.spec.eos);
	ll_vocab_finish(vocab, NULL);
	vocab->add_bos = vocab->bos != LL_VOCAB_NONE;
	*out = vocab;
	return 0;
}
