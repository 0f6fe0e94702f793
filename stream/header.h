/*
 * The header of a stream: what it carries and where it came from. Keys are listed in
 * ll-stream(5); unknown ones are kept and passed on.
 */

#ifndef LL_STREAM_HEADER_H
#define LL_STREAM_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct ll_err;

#define LL_HEADER_BYTES 64u		/* of the fixed part */
#define LL_HEADER_TEXT_MAX (1u << 20)
#define LL_STREAM_VERSION 1u

enum ll_kind {
	LL_KIND_NONE = 0,	/* a stream that failed before it began */
	LL_KIND_TOKENS = 1,
	LL_KIND_HIDDEN = 2,
	LL_KIND_LOGITS = 3,
	LL_KIND_SAMPLES = 4
};

struct ll_header {
	enum ll_kind kind;
	struct ll_buf text;	/* lines "key value", values encoded */
};

/* "tokens", "hidden states", ... for messages. */
const char *ll_kind_name(enum ll_kind kind);

int ll_header_copy(struct ll_header *out, const struct ll_header *from, struct ll_err *err);
void ll_header_free(struct ll_header *header);

/* Replaces every line of `key` by one; value NULL removes them. */
int ll_header_set(struct ll_header *header, const char *key, const char *value, struct ll_err *err);
int ll_header_set_number(struct ll_header *header, const char *key, uint64_t value, struct ll_err *err);
int ll_header_set_hex(struct ll_header *header, const char *key, uint64_t value, struct ll_err *err);
/* Ids, a space between them; none if there are none. */
int ll_header_set_ids(struct ll_header *header, const char *key, const uint32_t *ids, size_t count,
    struct ll_err *err);
/* Adds a line behind the others (history). */
int ll_header_add(struct ll_header *header, const char *key, const char *value, struct ll_err *err);

/* The keys that tell of the model: its path, fingerprint and origin, adapters that the fingerprint is over too, and sizes. */
struct ll_header_model {
	const char *path;
	uint64_t fingerprint;
	uint64_t origin;	/* of the model that it was made from, without adapters; the fingerprint, if of none */
	size_t adapters;
	size_t hidden, vocab_size, layers;
};
int ll_header_set_model(struct ll_header *header, const struct ll_header_model *model, struct ll_err *err);

/* As ll_text_get; _hex reads 16 hexadecimal digits. */
bool ll_header_get(const struct ll_header *header, const char *key, char *out, size_t size);
bool ll_header_get_number(const struct ll_header *header, const char *key, uint64_t *out);
bool ll_header_get_hex(const struct ll_header *header, const char *key, uint64_t *out);

/* The whole header as bytes for the wire, padded to 64. */
int ll_header_put(struct ll_buf *out, const struct ll_header *header, struct ll_err *err);

/*
 * Checks the magic, or as much of it as `length` bytes hold; what else an input may be (a
 * model, text, a stream after a transfer in text mode) is told. -LL_EDATA.
 */
int ll_header_check_magic(const unsigned char *in, size_t length, const char *name, struct ll_err *err);

/* Checks the fixed part; *text_length is what follows, without padding. -LL_EDATA by field. */
int ll_header_check(const unsigned char in[LL_HEADER_BYTES], enum ll_kind *kind, size_t *text_length,
    uint32_t *crc, const char *name, struct ll_err *err);

/* -LL_EDATA if the stream does not hold logits, which `program` reads, with what may be missing before it. */
int ll_header_check_logits(const struct ll_header *header, const char *name, const char *program, struct ll_err *err);

/*
 * Verifies that the stream was made by this model (key "fingerprint") or, when it names none,
 * for this vocabulary (key "vocab"); 0 means not known. -LL_EDATA with both values.
 */
int ll_header_check_model(const struct ll_header *header, const char *name, uint64_t fingerprint,
    uint64_t vocab, struct ll_err *err);

/*
 * The same of a model whose fingerprint is `base`, and `adapted` with the adapters that are used here: as
 * these change layers, a stream of the base is good enough only before layer 0.
 */
int ll_header_check_adapted(const struct ll_header *header, const char *name, uint64_t base, uint64_t adapted,
    struct ll_err *err);

/*
 * Verifies that hidden states fit a model of this hidden size and so many layers: *boundary is the
 * first that is left to run, or `layers` for final states. -LL_EDATA with both values.
 */
int ll_header_check_states(const struct ll_header *header, const char *name, size_t dim, size_t layers,
    size_t *boundary, struct ll_err *err);

#endif
