/*
 * A record of JSON Lines: a prompt and how it is to be answered; and the META frame in which
 * its id and options travel with its sequences. ll-tokenize(1) describes the fields,
 * ll-stream(5) the frame. Who gives an option twice, in a record and on a command line, means
 * the record's.
 */

#ifndef LL_TOKENIZE_RECORD_H
#define LL_TOKENIZE_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/sampling.h"

struct ll_err;
struct ll_json;

/* Of a record: far more than fits any context. */
#define LL_RECORD_BYTES (64u << 20)
#define LL_RECORD_SAMPLES_MAX 1024
#define LL_RECORD_LOGPROBS_MAX 20
#define LL_RECORD_BEAMS_MAX 64
#define LL_RECORD_ID_BYTES 4096

/* Which members of a record count, beside those of its sampling. */
enum ll_record_given {
	LL_GAVE_SEED = 1,
	LL_GAVE_LIMIT = 2,
	LL_GAVE_STOP = 4,
	LL_GAVE_SAMPLES = 8,
	LL_GAVE_LOGPROBS = 16,
	LL_GAVE_BANNED = 32,
	LL_GAVE_BREAKERS = 64,
	LL_GAVE_BIASES = 128,
	LL_GAVE_TEXT_BIASES = 256,
	LL_GAVE_ORDER = 512,
	LL_GAVE_BEST_OF = 1024,
	LL_GAVE_BEAMS = 2048
};

/* Everything is borrowed from `json`. */
struct ll_record {
	struct ll_json *json;
	const struct ll_json *id;	/* a string or a whole number, or NULL */
	const char *prompt;		/* or NULL: then there are messages */
	size_t prompt_length;
	const struct ll_json *messages;	/* an array */
	const char *chat_field;		/* a member that ll_chat_options takes, or NULL */
	unsigned given;			/* enum ll_record_given */
	struct ll_sampling sampling;
	uint64_t sampling_given;	/* a bit for each row of ll_sampling_row() */
	int64_t seed, limit, logprobs, best_of, beams;
	int64_t samples;		/* 1 unless it was given */
	struct ll_words stops, banned, breakers;
	const struct ll_json *biases, *text_biases;	/* objects of numbers, or false for never */
	const char *order;		/* names of samplers */
	const struct ll_json *error;	/* of a META frame: the record failed; an object, or NULL */
};

/* Whether it gave a temperature, and that is 0. */
bool ll_record_is_greedy(const struct ll_record *record);

/* How many sequences it begins as: its samples, or one that ll-sample forks. */
int64_t ll_record_sequences(const struct ll_record *record);

/* The bias that a member of `biases` or `text_biases` stands for. */
double ll_record_bias(const struct ll_json *value);

/*
 * Parses a line. `where` ("file:line") begins every message. -LL_EDATA for what is no record,
 * a field that is unknown or has no effect among them; `id` is there if it could be read.
 * Free in any case.
 */
int ll_record_parse(struct ll_record *record, const char *line, size_t length, const char *where,
    struct ll_err *err);
void ll_record_free(struct ll_record *record);

/* True for a line of nothing but white space: no record, though it counts as a line. */
bool ll_record_blank(const char *line, size_t length);

/* Appends what travels of a record: its id and options. */
int ll_record_meta(const struct ll_record *record, struct ll_buf *out, struct ll_err *err);

/* Appends a META payload with more members at its end: `more` has a comma before each, or is "". */
int ll_record_extend(const char *text, size_t length, const char *more, struct ll_buf *out, struct ll_err *err);

/* Appends the META of a record that failed: its id, if it had one, and the error. */
int ll_record_failed(const struct ll_record *record, const struct ll_err *why, struct ll_buf *out,
    struct ll_err *err);

/*
 * Reads a META payload: a record without prompt. Members that are not known are ignored,
 * known ones have the bounds of a record's. Free as one.
 */
int ll_record_read_meta(struct ll_record *record, const char *text, size_t length, const char *where,
    struct ll_err *err);

/* Whether the text of a META frame says, as ll_record_failed() writes it, that its record failed. */
bool ll_record_has_failed(const char *text, size_t length);

#endif
