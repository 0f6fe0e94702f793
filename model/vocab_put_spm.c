/*
 * A vocabulary by scores as SentencePiece's tokenizer.model; see vocab_write.h. What
 * vocab_spm.c reads: a message of protocol buffers, whose fields are those of
 * sentencepiece_model.proto.
 */

#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "model/vocab_write.h"

enum wire { VARINT = 0, BYTES = 2, FIXED32 = 5 };

struct put {
	const struct ll_vocab *vocab;
	const char *name;
	struct ll_buf text, message;
	struct ll_err *err;
};

static int
put_varint(struct ll_buf *out, uint64_t value, struct ll_err *err)
{
	unsigned char bytes[10];
	size_t count = 0;

	do {
		bytes[count] = (unsigned char)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
		value >>= 7;
	} while (bytes[count++] & 0x80);
	return ll_buf_add(out, bytes, count, err);
}

static int
put_number(struct ll_buf *out, unsigned field, uint64_t value, struct ll_err *err)
{
	int status = put_varint(out, field << 3 | VARINT, err);

	return status < 0 ? status : put_varint(out, value, err);
}

static int
put_bytes(struct ll_buf *out, unsigned field, const void *bytes, size_t length, struct ll_err *err)
{
	if (put_varint(out, field << 3 | BYTES, err) < 0 || put_varint(out, length, err) < 0)
		return -LL_ENOMEM;
	return length == 0 ? 0 : ll_buf_add(out, bytes, length, err);
}

static int
put_float(struct ll_buf *out, unsigned field, float value, struct ll_err *err)
{
	unsigned char bytes[4];

	ll_store_f32(bytes, value);
	return put_varint(out, field << 3 | FIXED32, err) < 0 ? -LL_ENOMEM : ll_buf_add(out, bytes, 4, err);
}

static int
put_piece(struct put *p, struct ll_buf *out, size_t id)
{
	const struct ll_piece *piece = &p->vocab->pieces[id];

	if (piece->type == LL_TOKEN_UNUSED)
		return ll_fail(p->err, LL_EUNSUPPORTED, "%s: token %zu: is an unused one among others, which is not supported "
		    "in a tokenizer.model", p->name, id);
	if (piece->length == 0)
		return ll_fail(p->err, LL_EUNSUPPORTED, "%s: token %zu: has no text, which no tokenizer.model can say",
		    p->name, id);
	p->text.len = p->message.len = 0;
	if (ll_spm_spell(&p->text, piece, p->err) < 0 ||
	    put_bytes(&p->message, 1, p->text.data, p->text.len, p->err) < 0 ||
	    put_float(&p->message, 2, p->vocab->scores[id], p->err) < 0 ||
	    put_number(&p->message, 3, piece->type, p->err) < 0)
		return -LL_ENOMEM;
	return put_bytes(out, 1, p->message.data, p->message.len, p->err);
}

/* Unused tokens behind the others fill the rows of an embedding: they are left out. */
static size_t
count_pieces(const struct ll_vocab *vocab)
{
	size_t count = vocab->count;

	while (count > 0 && vocab->pieces[count - 1].type == LL_TOKEN_UNUSED)
		count--;
	return count;
}

/* The ids of special tokens, and -1 for none, which takes ten bytes. */
static int
put_id(struct ll_buf *out, unsigned field, uint32_t id, struct ll_err *err)
{
	return put_number(out, field, id == LL_VOCAB_NONE ? UINT64_MAX : id, err);
}

static int
put_trainer(struct put *p, struct ll_buf *out, size_t count)
{
	const struct ll_vocab *vocab = p->vocab;
	uint32_t unknown = LL_VOCAB_NONE;
	bool bytes = false;

	for (uint32_t id = 0; id < count; id++) {
		bytes |= vocab->pieces[id].type == LL_TOKEN_BYTE;
		if (vocab->pieces[id].type == LL_TOKEN_UNKNOWN && unknown == LL_VOCAB_NONE)
			unknown = id;
	}
	if (unknown == LL_VOCAB_NONE)
		return ll_fail(p->err, LL_EUNSUPPORTED, "%s: there is no unknown token, which a tokenizer.model must have",
		    p->name);
	p->message.len = 0;
	if (put_number(&p->message, 3, 2, p->err) < 0 || put_number(&p->message, 4, count, p->err) < 0 ||
	    put_number(&p->message, 35, bytes, p->err) < 0 || put_id(&p->message, 40, unknown, p->err) < 0 ||
	    put_id(&p->message, 41, vocab->bos, p->err) < 0 || put_id(&p->message, 42, vocab->eos, p->err) < 0 ||
	    put_id(&p->message, 43, vocab->pad < count ? vocab->pad : LL_VOCAB_NONE, p->err) < 0)
		return -LL_ENOMEM;
	p->text.len = 0;
	if (ll_spm_spell(&p->text, &vocab->pieces[unknown], p->err) < 0 ||
	    put_bytes(&p->message, 45, p->text.data, p->text.len, p->err) < 0)
		return -LL_ENOMEM;
	for (unsigned i = 0; i < 2; i++) {
		uint32_t id = i == 0 ? vocab->bos : vocab->eos;

		p->text.len = 0;
		if (id < count && (ll_spm_spell(&p->text, &vocab->pieces[id], p->err) < 0 ||
		    put_bytes(&p->message, 46 + i, p->text.data, p->text.len, p->err) < 0))
			return -LL_ENOMEM;
	}
	return put_bytes(out, 2, p->message.data, p->message.len, p->err);
}

static int
put_normalizer(struct put *p, struct ll_buf *out)
{
	p->message.len = 0;
	if (put_bytes(&p->message, 1, "identity", 8, p->err) < 0 || put_bytes(&p->message, 2, "", 0, p->err) < 0 ||
	    put_number(&p->message, 3, p->vocab->space_prefix != LL_PREFIX_NONE, p->err) < 0 ||
	    put_number(&p->message, 4, 0, p->err) < 0 || put_number(&p->message, 5, 1, p->err) < 0)
		return -LL_ENOMEM;
	return put_bytes(out, 3, p->message.data, p->message.len, p->err);
}

int
ll_vocab_put_spm(struct ll_buf *out, const struct ll_vocab *vocab, const char *name, struct ll_err *err)
{
	struct put p = { .vocab = vocab, .name = name, .err = err };
	size_t count = count_pieces(vocab);
	int status = 0;

	for (size_t id = 0; id < count && status == 0; id++)
		status = put_piece(&p, out, id);
	if (status == 0 && (status = put_trainer(&p, out, count)) == 0)
		status = put_normalizer(&p, out);
	ll_buf_free(&p.text);
	ll_buf_free(&p.message);
	return status;
}
