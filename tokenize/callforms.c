/*
 * The forms of calls; see callforms.h.
 */

#include <stdint.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "tokenize/callforms.h"
#include "tokenize/pycall.h"

#define LONGEST_QUOTED 4096	/* JSON whose quotes may be single ones */

/* Drops the calls from `from` on. */
static void
drop(struct ll_callset *set, size_t from)
{
	while (set->count > from) {
		struct ll_call *call = &set->list[--set->count];

		free((char *)(uintptr_t)call->name);
		free((char *)(uintptr_t)call->id);
		ll_json_free((struct ll_json *)(uintptr_t)call->arguments);
	}
}

void
ll_callset_free(struct ll_callset *set)
{
	drop(set, 0);
	free(set->list);
}

int
ll_callset_add(struct ll_callset *set, const char *name, size_t length, struct ll_json *arguments,
    struct ll_err *err)
{
	int status = ll_grow(&set->list, &set->cap, set->count + 1, sizeof(*set->list), err);
	char *copy = status == 0 ? ll_copy(name, length, err) : NULL;

	if (copy == NULL) {
		ll_json_free(arguments);
		return -LL_ENOMEM;
	}
	set->list[set->count++] = (struct ll_call){ .name = copy, .arguments = arguments };
	return 0;
}

/* Gives the last call its id. */
static int
set_id(struct ll_callset *set, const char *id, size_t length, struct ll_err *err)
{
	struct ll_call *call = &set->list[set->count - 1];
	char *copy = ll_copy(id, length, err);

	if (copy == NULL)
		return -LL_ENOMEM;
	free((char *)(uintptr_t)call->id);
	call->id = copy;
	return 0;
}

static const struct ll_json *
arguments_of(const struct ll_json *object)
{
	const struct ll_json *value = ll_json_get(object, "parameters");

	if (value == NULL)
		value = ll_json_get(object, "arguments");
	return ll_json_kind(value) == LL_JSON_OBJECT ? value : NULL;
}

static int
read_object(struct ll_callset *set, const char *text, size_t length, struct ll_err *err)
{
	struct ll_json *object;
	const struct ll_json *function, *arguments;
	const char *name;
	size_t size;
	int status = 0;

	if (ll_json_parse(&object, text, length, "call", NULL) < 0)
		return 0;
	function = ll_json_get(object, "function");
	if (ll_json_kind(function) != LL_JSON_OBJECT)
		function = object;
	arguments = arguments_of(function);
	name = ll_json_text_of(ll_json_get(function, "name"), &size);
	if (name == NULL)
		name = ll_json_text_of(ll_json_get(object, "function"), &size);
	if (name != NULL && size > 0 && arguments != NULL)
		status = ll_callset_add(set, name, size, ll_json_keep(arguments), err);
	else
		name = NULL;
	ll_json_free(object);
	return status < 0 ? status : name != NULL;
}

/* The length of the object that begins here, by its braces; 0 if it does not end. */
static size_t
object_length(const char *text, size_t length)
{
	size_t depth = 0;
	bool quoted = false;

	for (size_t i = 0; i < length; i++) {
		if (quoted) {
			if (text[i] == '\\')
				i++;
			else
				quoted = text[i] != '"';
			continue;
		}
		quoted = text[i] == '"';
		if (text[i] == '{')
			depth++;
		else if (text[i] == '}' && --depth == 0)
			return i + 1;
	}
	return 0;
}

int
ll_callform_objects(struct ll_callset *set, const char *text, size_t length, struct ll_err *err)
{
	size_t first = set->count, at = 0, size;
	int got = 1;

	while (got == 1 && at < length) {
		size = text[at] == '{' ? object_length(text + at, length - at) : 0;
		got = size > 0 ? read_object(set, text + at, size, err) : 0;
		at += size;
		at += ll_call_spaces(text + at, length - at);
		if (at < length && got == 1 && (text[at] == ';' || text[at] == ',')) {
			at++;
			at += ll_call_spaces(text + at, length - at);
			got = at < length;
		}
	}
	if (got != 1)
		drop(set, first);
	return got;
}

/* One of an array: 1 if it is a call, else 0. */
static int
take_object(struct ll_callset *set, const struct ll_json *object, struct ll_err *err)
{
	const struct ll_json *arguments = arguments_of(object);
	size_t size, length;
	const char *name = ll_json_text_of(ll_json_get(object, "name"), &size);
	const char *id = ll_json_text_of(ll_json_get(object, "id"), &length);

	if (name == NULL || size == 0 || arguments == NULL)
		return 0;
	if (ll_callset_add(set, name, size, ll_json_keep(arguments), err) < 0 ||
	    (id != NULL && set_id(set, id, length, err) < 0))
		return -LL_ENOMEM;
	return 1;
}

int
ll_callform_array(struct ll_callset *set, const char *text, size_t length, struct ll_err *err)
{
	size_t first = set->count;
	struct ll_json *list;
	int got = 1;

	if (ll_json_parse(&list, text, length, "calls", NULL) < 0)
		return 0;
	if (ll_json_kind(list) != LL_JSON_ARRAY || ll_json_count(list) == 0)
		got = 0;
	for (size_t i = 0; i < ll_json_count(list) && got == 1; i++)
		got = take_object(set, ll_json_at(list, i), err);
	ll_json_free(list);
	if (got != 1)
		drop(set, first);
	return got;
}

struct taking {
	struct ll_callset *set;
	struct ll_err *err;
	int status;
};

static bool
take_python(void *context, const char *name, size_t length, struct ll_json *arguments)
{
	struct taking *taking = context;

	taking->status = ll_callset_add(taking->set, name, length, arguments, taking->err);
	return taking->status == 0;
}

int
ll_callform_list(struct ll_callset *set, const char *text, size_t length, struct ll_err *err)
{
	struct taking taking = { set, err, 0 };
	size_t first = set->count;
	bool good = ll_pycall_read(text, length, take_python, &taking);

	if (!good)
		drop(set, first);
	return taking.status < 0 ? taking.status : good;
}

/* key="text", ... and the parenthesis that closes them; their length, 0 if it is not that. */
static size_t
read_pairs(struct ll_json *arguments, const char *text, size_t length)
{
	size_t at = 0;

	for (;;) {
		size_t key = at, size;
		const char *end;
		char name[LL_CALL_LONGEST_NAME + 1];

		while (at < length && at - key < LL_CALL_LONGEST_NAME && ll_call_word(text[at]))
			at++;
		if (at == key || !ll_call_begins(text + at, length - at, "=\""))
			return 0;
		memcpy(name, text + key, at - key);
		name[at - key] = '\0';
		at += 2;
		end = memchr(text + at, '"', length - at);
		if (end == NULL || ll_json_get(arguments, name) != NULL)
			return 0;
		size = (size_t)(end - text) - at;
		ll_json_set(arguments, name, ll_json_string(text + at, size));
		at += size + 1;
		if (at < length && text[at] == ')')
			return at + 1;
		if (!ll_call_begins(text + at, length - at, ","))
			return 0;
		at++;
		at += ll_call_spaces(text + at, length - at);
	}
}

int
ll_callform_builtin(struct ll_callset *set, const char *text, size_t length, struct ll_err *err)
{
	size_t name = 0, size;
	struct ll_json *arguments;

	while (name < length && ll_call_word(text[name]))
		name++;
	if (name == 0 || name > LL_CALL_LONGEST_NAME || !ll_call_begins(text + name, length - name, ".call("))
		return 0;
	arguments = ll_json_object();
	size = read_pairs(arguments, text + name + 6, length - name - 6);
	size += name + 6;
	if (size == name + 6 || size + ll_call_spaces(text + size, length - size) < length) {
		ll_json_free(arguments);
		return 0;
	}
	return ll_callset_add(set, text, name, arguments, err) < 0 ? -LL_ENOMEM : 1;
}

/* Some models write Python's quotes in a tag. */
static int
read_quoted(struct ll_json **object, const char *text, size_t length)
{
	char *copy = length <= LONGEST_QUOTED ? ll_copy(text, length, NULL) : NULL;
	int status = -LL_EDATA;

	for (size_t i = 0; copy != NULL && i < length; i++)
		copy[i] = copy[i] == '\'' ? '"' : copy[i];
	if (copy != NULL)
		status = ll_json_parse(object, copy, length, "call", NULL);
	free(copy);
	return status;
}

int
ll_callform_function(struct ll_callset *set, const char *text, size_t length, struct ll_err *err)
{
	const char *close = memchr(text, '>', length <= LL_CALL_LONGEST_NAME ? length : LL_CALL_LONGEST_NAME + 1);
	size_t name = close != NULL ? (size_t)(close - text) : 0;
	struct ll_json *object = NULL;

	if (name == 0)
		return 0;
	if (ll_json_parse(&object, close + 1, length - name - 1, "call", NULL) < 0 &&
	    read_quoted(&object, close + 1, length - name - 1) < 0)
		return 0;
	if (ll_json_kind(object) != LL_JSON_OBJECT) {
		ll_json_free(object);
		return 0;
	}
	return ll_callset_add(set, text, name, object, err) < 0 ? -LL_ENOMEM : 1;
}
