/*
 * YAML into a tree; see yaml.h. libyaml's events come one by one, so what is refused is
 * refused before it has grown.
 */

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "base/yaml.h"

struct reader {
	yaml_parser_t parser;
	const char *name;
	const char *text;
	size_t length;
	int code;
	size_t depth;
	struct ll_yaml *parents[LL_YAML_DEPTH];
	struct ll_yaml **links[LL_YAML_DEPTH];	/* where the next child goes */
	size_t keys[LL_YAML_DEPTH];
	char *key;		/* read, its value has not come yet */
	size_t key_line;
	struct ll_yaml *root;
	struct ll_err *err;
};

static int
refuse(const struct reader *r, size_t line, const char *what)
{
	return ll_fail(r->err, r->code, "%s:%zu: %s", r->name, line, what);
}

static size_t
line_of(const yaml_event_t *event)
{
	return event->start_mark.line + 1;
}

/* libyaml knows no line where it could not decode the bytes. */
static int
parse_failed(struct reader *r)
{
	const yaml_parser_t *p = &r->parser;
	size_t line = p->problem_mark.line + 1;

	if (p->error == YAML_MEMORY_ERROR)
		return ll_fail(r->err, LL_ENOMEM, "%s: out of memory", r->name);
	if (p->error == YAML_READER_ERROR) {
		line = 1;
		for (size_t i = 0; i < p->problem_offset && i < r->length; i++)
			line += r->text[i] == '\n';
	}
	return ll_fail(r->err, r->code, "%s:%zu: %s%s%s", r->name, line,
	    p->problem != NULL ? p->problem : "not YAML", p->context != NULL ? ", " : "",
	    p->context != NULL ? p->context : "");
}

static int
base64_value(char c)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *found = c != '\0' ? strchr(letters, c) : NULL;

	return found != NULL ? (int)(found - letters) : -1;
}

/* In place; white space may stand anywhere. */
static int
decode_binary(struct reader *r, struct ll_yaml *node)
{
	unsigned bits = 0, count = 0;
	size_t used = 0;

	for (size_t i = 0; i < node->length && node->text[i] != '='; i++) {
		int value = base64_value(node->text[i]);

		if (value < 0 && strchr(" \n\r\t", node->text[i]) != NULL && node->text[i] != '\0')
			continue;
		if (value < 0)
			return refuse(r, node->line, "!!binary is not base64");
		bits = (bits << 6 | (unsigned)value) & 0xffffff;
		if (++count % 4 != 1)
			node->text[used++] = (char)(bits >> (6 - 2 * ((count - 1) % 4)));
	}
	if (count % 4 == 1)
		return refuse(r, node->line, "!!binary is not base64");
	node->length = used;
	node->text[used] = '\0';
	return 0;
}

/* Gives a new node its place; it then belongs to the tree. */
static int
place(struct reader *r, enum ll_yaml_kind kind, const yaml_event_t *event, struct ll_yaml **out)
{
	struct ll_yaml *node = ll_alloc(1, sizeof(*node), r->err);

	if (node == NULL)
		return -LL_ENOMEM;
	node->kind = kind;
	node->line = r->key != NULL ? r->key_line : line_of(event);
	node->key = r->key;
	r->key = NULL;
	if (r->depth == 0) {
		r->root = node;
	} else {
		*r->links[r->depth - 1] = node;
		r->links[r->depth - 1] = &node->next;
	}
	*out = node;
	return 0;
}

static int
take_key(struct reader *r, const yaml_event_t *event)
{
	const struct ll_yaml *map = r->parents[r->depth - 1];
	const char *text = (const char *)event->data.scalar.value;
	size_t length = event->data.scalar.length;

	if (memchr(text, '\0', length) != NULL)
		return refuse(r, line_of(event), "a key with a zero byte");
	if (strcmp(text, "<<") == 0 && event->data.scalar.plain_implicit)
		return refuse(r, line_of(event), "merge keys are not supported");
	if (ll_yaml_get(map, text) != NULL)
		return ll_fail(r->err, r->code, "%s:%zu: %s: this key is there twice, first in line %zu", r->name,
		    line_of(event), text, ll_yaml_get(map, text)->line);
	if (++r->keys[r->depth - 1] > LL_YAML_KEYS)
		return refuse(r, line_of(event), "too many keys in one mapping");
	r->key = ll_copy(text, length, r->err);
	r->key_line = line_of(event);
	return r->key == NULL ? -LL_ENOMEM : 0;
}

/* A scalar in a mapping is a key or, behind one, its value. */
static bool
is_key(const struct reader *r)
{
	return r->depth > 0 && r->parents[r->depth - 1]->kind == LL_YAML_MAP && r->key == NULL;
}

static int
take_scalar(struct reader *r, const yaml_event_t *event)
{
	const char *tag = (const char *)event->data.scalar.tag;
	bool binary = tag != NULL && strcmp(tag, "tag:yaml.org,2002:binary") == 0;
	struct ll_yaml *node;
	int status;

	if (event->data.scalar.anchor != NULL)
		return refuse(r, line_of(event), "anchors are not supported");
	if (tag != NULL && !binary && strcmp(tag, YAML_STR_TAG) != 0)
		return ll_fail(r->err, r->code, "%s:%zu: tag %s is not supported", r->name, line_of(event), tag);
	if (is_key(r))
		return take_key(r, event);
	if ((status = place(r, LL_YAML_SCALAR, event, &node)) < 0)
		return status;
	node->text = ll_copy((const char *)event->data.scalar.value, event->data.scalar.length, r->err);
	if (node->text == NULL)
		return -LL_ENOMEM;
	node->length = event->data.scalar.length;
	node->plain = tag == NULL && event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	return binary ? decode_binary(r, node) : 0;
}

static int
take_start(struct reader *r, enum ll_yaml_kind kind, const yaml_event_t *event)
{
	bool map = kind == LL_YAML_MAP;
	const void *anchor = map ? event->data.mapping_start.anchor : event->data.sequence_start.anchor;
	const void *tag = map ? event->data.mapping_start.tag : event->data.sequence_start.tag;
	struct ll_yaml *node;
	int status;

	if (anchor != NULL)
		return refuse(r, line_of(event), "anchors are not supported");
	if (tag != NULL)
		return ll_fail(r->err, r->code, "%s:%zu: tag %s is not supported", r->name, line_of(event),
		    (const char *)tag);
	if (is_key(r))
		return refuse(r, line_of(event), "a key must be a scalar");
	if (r->depth == LL_YAML_DEPTH)
		return refuse(r, line_of(event), "nested too deeply");
	if ((status = place(r, kind, event, &node)) < 0)
		return status;
	r->parents[r->depth] = node;
	r->links[r->depth] = &node->first;
	r->keys[r->depth] = 0;
	r->depth++;
	return 0;
}

/* 1 at the end of the stream. */
static int
take(struct reader *r, const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		return take_scalar(r, event);
	case YAML_SEQUENCE_START_EVENT:
		return take_start(r, LL_YAML_LIST, event);
	case YAML_MAPPING_START_EVENT:
		return take_start(r, LL_YAML_MAP, event);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		r->depth--;
		return 0;
	case YAML_ALIAS_EVENT:
		return refuse(r, line_of(event), "aliases are not supported");
	case YAML_DOCUMENT_START_EVENT:
		return r->root == NULL ? 0 : refuse(r, line_of(event), "a second document");
	case YAML_STREAM_END_EVENT:
		return 1;
	default:
		return 0;
	}
}

int
ll_yaml_parse(struct ll_yaml **out, const char *text, size_t length, const char *name, int code,
    struct ll_err *err)
{
	/* libyaml would count a byte order mark as a column of the first line, and find the others not as deep. */
	size_t mark = ll_utf8_mark(text, length);
	struct reader r = { .name = name, .text = text != NULL ? text + mark : "", .length = length - mark, .code = code, .err = err };
	int status = 0;

	*out = NULL;
	if (!yaml_parser_initialize(&r.parser))
		return ll_fail(err, LL_ENOMEM, "%s: out of memory", name);
	/* No guessing: what is not UTF-8 is refused. */
	yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r.parser, (const unsigned char *)r.text, r.length);
	while (status == 0) {
		yaml_event_t event;

		if (!yaml_parser_parse(&r.parser, &event)) {
			status = parse_failed(&r);
			break;
		}
		status = take(&r, &event);
		yaml_event_delete(&event);
	}
	yaml_parser_delete(&r.parser);
	free(r.key);
	if (status > 0 && r.root == NULL)
		r.root = ll_alloc(1, sizeof(*r.root), err);
	/* Nothing, or nothing but comments and "---", is a mapping without keys. */
	if (status > 0 && r.root != NULL && (r.root->line == 0 || ll_yaml_is_null(r.root))) {
		r.root->kind = LL_YAML_MAP;
		r.root->line = 1;
	}
	if (status < 0 || r.root == NULL) {
		ll_yaml_free(r.root);
		return status < 0 ? status : -LL_ENOMEM;
	}
	*out = r.root;
	return 0;
}

void
ll_yaml_free(struct ll_yaml *node)
{
	while (node != NULL) {
		struct ll_yaml *next = node->next;

		/* No deeper than LL_YAML_DEPTH. */
		ll_yaml_free(node->first);
		free(node->key);
		free(node->text);
		free(node);
		node = next;
	}
}

const struct ll_yaml *
ll_yaml_get(const struct ll_yaml *map, const char *key)
{
	for (const struct ll_yaml *child = map->first; child != NULL; child = child->next)
		if (child->key != NULL && strcmp(child->key, key) == 0)
			return child;
	return NULL;
}

bool
ll_yaml_is_null(const struct ll_yaml *scalar)
{
	return scalar->kind == LL_YAML_SCALAR && scalar->plain &&
	    (scalar->length == 0 || strcmp(scalar->text, "~") == 0 || strcmp(scalar->text, "null") == 0);
}

bool
ll_yaml_bool(const struct ll_yaml *scalar, bool *out)
{
	*out = scalar->kind == LL_YAML_SCALAR && strcmp(scalar->text, "true") == 0;
	return scalar->kind == LL_YAML_SCALAR && scalar->plain && (*out || strcmp(scalar->text, "false") == 0);
}
