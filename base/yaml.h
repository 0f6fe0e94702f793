/*
 * YAML, the part of it that configuration files and saved conversations need: one document of
 * mappings, lists and scalars. yaml.c is the only user of libyaml.
 *
 * Refused, with file:line: anchors, aliases and merge keys (an alias can stand for billions of
 * nodes), tags other than !!str and !!binary, keys that are no scalars, a key that a mapping
 * has twice, a second document, nesting deeper than LL_YAML_DEPTH, more than LL_YAML_KEYS keys
 * in one mapping.
 */

#ifndef LL_BASE_YAML_H
#define LL_BASE_YAML_H

#include <stdbool.h>
#include <stddef.h>

struct ll_buf;
struct ll_err;

#define LL_YAML_DEPTH 16
#define LL_YAML_KEYS 1000

enum ll_yaml_kind { LL_YAML_SCALAR, LL_YAML_LIST, LL_YAML_MAP };

struct ll_yaml {
	enum ll_yaml_kind kind;
	size_t line;			/* from 1; of its key, if it has one */
	char *key;			/* in a mapping; without NUL */
	char *text;			/* of a scalar, a NUL behind it; NULL of others */
	size_t length;
	bool plain;			/* the scalar has no quotes and no tag: it may be a number, a bool or null */
	struct ll_yaml *first, *next;	/* children; the next of its parent's */
};

/*
 * Parses text; `name` and a line begin every message, `code` is that of a document that is
 * refused (LL_EDATA, LL_ECONFIG). An empty document gives an empty mapping. !!binary comes
 * decoded. Free with ll_yaml_free.
 */
int ll_yaml_parse(struct ll_yaml **out, const char *text, size_t length, const char *name, int code,
    struct ll_err *err);
void ll_yaml_free(struct ll_yaml *node);

/* The child with this key, or NULL. */
const struct ll_yaml *ll_yaml_get(const struct ll_yaml *map, const char *key);

/* An unquoted null, "~" or nothing at all. */
bool ll_yaml_is_null(const struct ll_yaml *scalar);

/* An unquoted true or false, as in YAML 1.2: "yes" and "no" are text. */
bool ll_yaml_bool(const struct ll_yaml *scalar, bool *out);

/* Appends a scalar on one line that reads back as these bytes: plain, quoted, or !!binary. */
int ll_yaml_put(struct ll_buf *out, const char *bytes, size_t length, struct ll_err *err);

/*
 * Appends text as the value of a key that is `indent` spaces deep: as a literal block where it
 * has several lines and reads back so, else as ll_yaml_put. A newline ends it.
 */
int ll_yaml_put_block(struct ll_buf *out, const char *bytes, size_t length, int indent, struct ll_err *err);

#endif
