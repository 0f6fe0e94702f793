/*
 * JSON values as Python spells them, which is what the models were trained on: json.dumps,
 * and the literals of its calls.
 */

#ifndef LL_TOKENIZE_PYJSON_H
#define LL_TOKENIZE_PYJSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct ll_err;
struct ll_json;

#define LL_PYJSON_COMPACT SIZE_MAX

/*
 * As json.dumps(value, ensure_ascii=ascii, indent=indent) has it; 0 for no indentation, then
 * with ", " and ": " between things, or LL_PYJSON_COMPACT for "," and ":". Members keep their order; reals are the shortest decimal
 * that reads back the same.
 */
int ll_pyjson_dump(struct ll_buf *out, const struct ll_json *value, size_t indent, bool ascii,
    struct ll_err *err);

/* A text as json.dumps has it, quotes included. */
int ll_pyjson_string(struct ll_buf *out, const char *text, size_t length, bool ascii,
    struct ll_err *err);

/* As str(value) has a number, a boolean or None; of other values nothing is appended. */
int ll_pyjson_str(struct ll_buf *out, const struct ll_json *value, struct ll_err *err);

#endif
