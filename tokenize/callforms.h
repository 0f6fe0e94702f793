/*
 * The forms in which calls of tools are written, read whole: what calls.c finds the limits of.
 */

#ifndef LL_TOKENIZE_CALLFORMS_H
#define LL_TOKENIZE_CALLFORMS_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "tokenize/messages.h"

struct ll_err;
struct ll_json;

#define LL_CALL_LONGEST_NAME 128	/* of a function in a tag, or of a built-in tool */

/* Calls whose names and arguments are the set's. Zero-initialise. */
struct ll_callset {
	struct ll_call *list;
	size_t count, cap;
};

void ll_callset_free(struct ll_callset *set);
/* Appends a call; the arguments are taken in any case. */
int ll_callset_add(struct ll_callset *set, const char *name, size_t length, struct ll_json *arguments,
    struct ll_err *err);

/*
 * Readers: 1 if text[0..length) is calls of this form and nothing else but white space behind
 * them, which are added; 0 if it is not, and then nothing is; negative when out of memory.
 */
int ll_callform_objects(struct ll_callset *set, const char *text, size_t length, struct ll_err *err);
int ll_callform_list(struct ll_callset *set, const char *text, size_t length, struct ll_err *err);
int ll_callform_builtin(struct ll_callset *set, const char *text, size_t length, struct ll_err *err);
/* An array of objects of a name, arguments and perhaps an id. */
int ll_callform_array(struct ll_callset *set, const char *text, size_t length, struct ll_err *err);
/* What is between "<function=" and "</function>". */
int ll_callform_function(struct ll_callset *set, const char *text, size_t length, struct ll_err *err);

static inline bool
ll_call_space(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static inline bool
ll_call_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* How much white space there is at the beginning. */
static inline size_t
ll_call_spaces(const char *text, size_t length)
{
	size_t count = 0;

	while (count < length && ll_call_space(text[count]))
		count++;
	return count;
}

static inline bool
ll_call_begins(const char *text, size_t length, const char *with)
{
	size_t size = strlen(with);

	return length >= size && memcmp(text, with, size) == 0;
}

#endif
