/*
 * The header of a stream; see header.h.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/utf8.h"
#include "stream/frame.h"
#include "stream/header.h"
#include "stream/text.h"

#define BYTE_ORDER_CHECK 0x01020304u
#define FLOAT_CHECK 0x3fc00000u		/* 1.5 */

/* As PNG's: a high bit, a CR LF, an end of file, a lone LF. */
static const unsigned char magic[8] = { 0x89, 'L', 'L', 'S', '\r', '\n', 0x1a, '\n' };

const char *
ll_kind_name(enum ll_kind kind)
{
	static const char *const names[] = { "nothing", "tokens", "hidden states", "logits", "samples" };

	return (size_t)kind < sizeof(names) / sizeof(names[0]) ? names[kind] : "something unknown";
}

int
ll_header_copy(struct ll_header *out, const struct ll_header *from, struct ll_err *err)
{
	struct ll_buf text = { 0 };
	int status = ll_buf_add(&text, from->text.data, from->text.len, err);

	if (status < 0)
		return status;
	ll_header_free(out);
	*out = (struct ll_header){ .kind = from->kind, .text = text };
	return 0;
}

void
ll_header_free(struct ll_header *header)
{
	ll_buf_free(&header->text);
	header->kind = LL_KIND_NONE;
}

int
ll_header_set(struct ll_header *header, const char *key, const char *value, struct ll_err *err)
{
	const char *text = header->text.data;
	size_t length = header->text.len;
	struct ll_buf out = { 0 };
	struct ll_text_line line;
	int status = 0;

	while (status == 0 && ll_text_line(&line, &text, &length)) {
		if (!ll_text_line_is(&line, key)) {
			status = ll_buf_add(&out, line.all, line.all_length, err);
		} else if (value != NULL) {
			status = ll_text_put(&out, key, value, err);
			value = NULL;
		}
	}
	if (status == 0 && value != NULL)
		status = ll_text_put(&out, key, value, err);
	if (status < 0) {
		ll_buf_free(&out);
		return status;
	}
	ll_buf_free(&header->text);
	header->text = out;
	return 0;
}

int
ll_header_set_number(struct ll_header *header, const char *key, uint64_t value, struct ll_err *err)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	return ll_header_set(header, key, text, err);
}

int
ll_header_set_hex(struct ll_header *header, const char *key, uint64_t value, struct ll_err *err)
{
	char text[24];

	snprintf(text, sizeof(text), "%016" PRIx64, value);
	return ll_header_set(header, key, text, err);
}

int
ll_header_set_ids(struct ll_header *header, const char *key, const uint32_t *ids, size_t count,
    struct ll_err *err)
{
	struct ll_buf text = { 0 };
	int status = 0;

	for (size_t i = 0; i < count && status == 0; i++)
		status = ll_buf_printf(&text, err, "%s%" PRIu32, i > 0 ? " " : "", ids[i]);
	if (status == 0)
		status = ll_header_set(header, key, text.data, err);
	ll_buf_free(&text);
	return status;
}

int
ll_header_add(struct ll_header *header, const char *key, const char *value, struct ll_err *err)
{
	return ll_text_put(&header->text, key, value, err);
}

int
ll_header_set_model(struct ll_header *header, const struct ll_header_model *model, struct ll_err *err)
{
	int status = ll_header_set(header, "model", model->path, err);

	if (status == 0)
		status = model->adapters > 0 ? ll_header_set_number(header, "adapters", model->adapters, err) :
		    ll_header_set(header, "adapters", NULL, err);
	if (status == 0)
		status = model->adapters == 0 && model->origin != model->fingerprint ?
		    ll_header_set_hex(header, "origin", model->origin, err) : ll_header_set(header, "origin", NULL, err);
	if (status < 0 || (status = ll_header_set_hex(header, "fingerprint", model->fingerprint, err)) < 0 ||
	    (status = ll_header_set_number(header, "hidden", model->hidden, err)) < 0 ||
	    (status = ll_header_set_number(header, "vocab_size", model->vocab_size, err)) < 0)
		return status;
	return ll_header_set_number(header, "layers", model->layers, err);
}

bool
ll_header_get(const struct ll_header *header, const char *key, char *out, size_t size)
{
	return ll_text_get(header->text.data, header->text.len, key, out, size);
}

bool
ll_header_get_number(const struct ll_header *header, const char *key, uint64_t *out)
{
	return ll_text_get_number(header->text.data, header->text.len, key, out);
}

bool
ll_header_get_hex(const struct ll_header *header, const char *key, uint64_t *out)
{
	char text[24];

	return ll_header_get(header, key, text, sizeof(text)) && ll_hash_parse(out, text, strlen(text));
}

int
ll_header_put(struct ll_buf *out, const struct ll_header *header, struct ll_err *err)
{
	static const unsigned char zeros[LL_HEADER_BYTES];
	unsigned char fixed[LL_HEADER_BYTES] = { 0 };
	size_t length = header->text.len;
	int status;

	if (length > LL_HEADER_TEXT_MAX)
		return ll_fail(err, LL_EDATA, "header of a stream has %zu bytes of text, but %u are the most",
		    length, LL_HEADER_TEXT_MAX);
	memcpy(fixed, magic, sizeof(magic));
	ll_store32(fixed + 8, LL_STREAM_VERSION);
	ll_store32(fixed + 12, BYTE_ORDER_CHECK);
	ll_store32(fixed + 16, FLOAT_CHECK);
	ll_store32(fixed + 20, (uint32_t)header->kind);
	ll_store32(fixed + 24, (uint32_t)length);
	if (length > 0)
		ll_store32(fixed + 28, ll_crc32(0, header->text.data, length));
	ll_store32(fixed + 60, ll_crc32(0, fixed, 60));
	if ((status = ll_buf_room(out, sizeof(fixed) + ll_frame_padded(length), err)) < 0)
		return status;
	ll_buf_add(out, fixed, sizeof(fixed), err);
	ll_buf_add(out, header->text.data, length, err);
	return ll_buf_add(out, zeros, ll_frame_padded(length) - length, err);
}

static bool
begins(const unsigned char *in, size_t length, const char *bytes, size_t count)
{
	return length >= count && memcmp(in, bytes, count) == 0;
}

/* UTF-8, whose last character may be cut. */
static bool
is_text(const unsigned char *in, size_t length)
{
	size_t size, end = length - ll_utf8_partial(in, length);

	for (size_t i = 0; i < end; i += size) {
		uint32_t code = ll_utf8_next(in + i, end - i, &size);

		if ((code < 0x20 && code != '\t' && code != '\n' && code != '\r') || code == 0x7f || code == LL_UTF8_BAD)
			return false;
	}
	return true;
}

/* What an input that is no stream most likely is. */
static const char *
guess(const unsigned char *in, size_t length)
{
	if (begins(in, length, "GGUF", 4))
		return "this is a GGUF model file";
	if (begins(in, length, "\x1f\x8b", 2))
		return "this is compressed by gzip(1)";
	if (begins(in, length, "\x28\xb5\x2f\xfd", 4))
		return "this is compressed by zstd(1)";
	if (begins(in, length, "BZh", 3))
		return "this is compressed by bzip2(1)";
	if (begins(in, length, "\xfd" "7zXZ", 5))
		return "this is compressed by xz(1)";
	if (begins(in, length, "LLF1", 4))
		return "a frame is where a stream's header should be; do two programs write into one pipe?";
	if (begins(in, length, "\x89LLS\n", 5) || begins(in, length, "\x89LLS\r\r", 6) ||
	    begins(in, length, "\x89LLS\r\n\x1a\r", 8) || begins(in, length, "\x89LLS\r\n\n", 7))
		return "a stream damaged by a transfer in text mode, which changes line ends";
	if (begins(in, length, "\x09LLS", 4))
		return "a stream whose eighth bits a transfer removed";
	if (begins(in, length, "\xef\xbf\xbdLLS", 6) || begins(in, length, "\xc2\x89LLS", 5))
		return "a stream damaged by a conversion to UTF-8";
	if (begins(in, length, "SLL\x89", 4) || begins(in, length, "\n\x1a\n\rSLL\x89", 8) ||
	    begins(in, length, "L\x89SL", 4))
		return "a stream whose bytes were swapped";
	if (begins(in, length, "\x89LLS", 4))
		return "a stream with a damaged header";
	if (is_text(in, length))
		return "this is text; ll-tokenize makes a stream of it";
	return "unknown data";
}

int
ll_header_check_magic(const unsigned char *in, size_t length, const char *name, struct ll_err *err)
{
	size_t count = length < sizeof(magic) ? length : sizeof(magic);

	if (memcmp(in, magic, count) == 0)
		return 0;
	return ll_fail(err, LL_EDATA, "%s: not a stream: %s", name, guess(in, count));
}

int
ll_header_check(const unsigned char in[LL_HEADER_BYTES], enum ll_kind *kind, size_t *text_length,
    uint32_t *crc, const char *name, struct ll_err *err)
{
	uint32_t version = ll_load32(in + 8), order = ll_load32(in + 12);
	uint32_t number = ll_load32(in + 20), length = ll_load32(in + 24);
	uint32_t expected = ll_load32(in + 60), found = ll_crc32(0, in, 60);
	int status = ll_header_check_magic(in, LL_HEADER_BYTES, name, err);

	if (status < 0)
		return status;
	if (order == 0x04030201u)
		return ll_fail(err, LL_EDATA, "%s: stream of another byte order (big-endian)", name);
	/* A later version may have moved the crc: that it is another is the likelier news. */
	if (version != LL_STREAM_VERSION)
		return ll_fail(err, LL_EDATA, "%s: stream of version %" PRIu32 ", but this program reads version %u%s",
		    name, version, LL_STREAM_VERSION, found != expected ? " (or its header is damaged)" : "");
	if (found != expected)
		return ll_fail(err, LL_EDATA, "%s: header of the stream is damaged: crc %08" PRIx32
		    ", but it says %08" PRIx32, name, found, expected);
	if (order != BYTE_ORDER_CHECK || ll_load32(in + 16) != FLOAT_CHECK)
		return ll_fail(err, LL_EDATA, "%s: stream of another byte order or float format (%08" PRIx32 ", %08"
		    PRIx32 ")", name, order, ll_load32(in + 16));
	if (number > LL_KIND_SAMPLES)
		return ll_fail(err, LL_EDATA, "%s: stream of unknown kind %" PRIu32, name, number);
	if (length > LL_HEADER_TEXT_MAX)
		return ll_fail(err, LL_EDATA, "%s: header of the stream has %" PRIu32 " bytes of text, but %u are "
		    "the most", name, length, LL_HEADER_TEXT_MAX);
	*kind = (enum ll_kind)number;
	*text_length = length;
	*crc = ll_load32(in + 28);
	return 0;
}

int
ll_header_check_logits(const struct ll_header *header, const char *name, const char *program, struct ll_err *err)
{
	static const char *const hints[][2] = {
		[LL_KIND_TOKENS] = { ": is ll-forward missing before ", "?" },
		[LL_KIND_HIDDEN] = { ": is the ll-forward of the last layers missing before ", "?" },
		[LL_KIND_SAMPLES] = { ": is ll-sample before ", " one too many?" },
	};
	const char *const *hint = (size_t)header->kind < sizeof(hints) / sizeof(hints[0]) ? hints[header->kind] : NULL;

	if (header->kind == LL_KIND_LOGITS)
		return 0;
	if (hint == NULL || hint[0] == NULL)
		return ll_fail(err, LL_EDATA, "%s: stream holds %s, not logits", name, ll_kind_name(header->kind));
	return ll_fail(err, LL_EDATA, "%s: stream holds %s, not logits%s%s%s", name, ll_kind_name(header->kind), hint[0],
	    program, hint[1]);
}

int
ll_header_check_model(const struct ll_header *header, const char *name, uint64_t fingerprint,
    uint64_t vocab, struct ll_err *err)
{
	uint64_t theirs, adapters = 0;

	ll_header_get_number(header, "adapters", &adapters);
	if (fingerprint != 0 && ll_header_get_hex(header, "fingerprint", &theirs)) {
		if (theirs != 0 && theirs != fingerprint)
			return ll_fail(err, LL_EDATA, "%s: stream was made with the model of fingerprint %016" PRIx64
			    "%s, but the model here has %016" PRIx64, name, theirs, adapters > 0 ? " (with --lora)" : "",
			    fingerprint);
		return 0;
	}
	if (vocab != 0 && ll_header_get_hex(header, "vocab", &theirs) && theirs != 0 && theirs != vocab)
		return ll_fail(err, LL_EDATA, "%s: stream was made with the vocabulary of fingerprint %016" PRIx64
		    ", but the vocabulary here has %016" PRIx64, name, theirs, vocab);
	return 0;
}

int
ll_header_check_adapted(const struct ll_header *header, const char *name, uint64_t base, uint64_t adapted,
    struct ll_err *err)
{
	char boundary[16] = "0";
	uint64_t theirs;

	if (header->kind == LL_KIND_HIDDEN)
		ll_header_get(header, "boundary", boundary, sizeof(boundary));
	if (base == adapted || !ll_header_get_hex(header, "fingerprint", &theirs) || theirs != base)
		return ll_header_check_model(header, name, adapted, 0, err);
	if (strcmp(boundary, "0") == 0)
		return 0;
	return ll_fail(err, LL_EDATA, "%s: the layers before %s were run without the adapters of this stage's --lora",
	    name, boundary);
}

int
ll_header_check_states(const struct ll_header *header, const char *name, size_t dim, size_t layers,
    size_t *boundary, struct ll_err *err)
{
	uint64_t value, cut = 0;
	char text[16];

	if (ll_header_get_number(header, "hidden", &value) && value != dim)
		return ll_fail(err, LL_EDATA, "%s: hidden size is %" PRIu64 ", but the model's is %zu", name, value, dim);
	if (ll_header_get(header, "boundary", text, sizeof(text)) && strcmp(text, "final") == 0) {
		*boundary = layers;
		return 0;
	}
	ll_header_get_number(header, "boundary", &cut);
	if (cut >= layers)
		return ll_fail(err, LL_EDATA, "%s: stream is cut before layer %" PRIu64 ", but the model has layers 0 to %zu",
		    name, cut, layers - 1);
	*boundary = (size_t)cut;
	return 0;
}
