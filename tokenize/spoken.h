/*
 * Answers of many sequences as JSON: each becomes one line, an assistant's message as
 * calls.h makes it, when it ends.
 */

#ifndef LL_TOKENIZE_SPOKEN_H
#define LL_TOKENIZE_SPOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ll_buf;
struct ll_err;
struct ll_spoken;
struct ll_tokenizer;

int ll_spoken_new(struct ll_spoken **out, struct ll_err *err);
void ll_spoken_free(struct ll_spoken *spoken);

/* As ll_calls_id, of the answer of a sequence. `final`: the id ended it and is no part of it. */
int ll_spoken_id(struct ll_spoken *spoken, const struct ll_tokenizer *tokenizer, uint64_t sequence,
    uint32_t id, uint32_t show, bool final, struct ll_err *err);

/* Appends the message of a sequence that ends, without a newline, if there is one. */
int ll_spoken_end(struct ll_spoken *spoken, uint64_t sequence, struct ll_buf *line, struct ll_err *err);
/* A sequence that has not ended, or false: to end all that are left. */
bool ll_spoken_any(const struct ll_spoken *spoken, uint64_t *sequence);

#endif
