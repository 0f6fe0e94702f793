/*
 * Calls as Python writes them, [f(a=1, b='x'), g()], read without executing anything.
 */

#ifndef LL_TOKENIZE_PYCALL_H
#define LL_TOKENIZE_PYCALL_H

#include <stdbool.h>
#include <stddef.h>

struct ll_json;

/*
 * Reads a list of calls, all of text[0..length) but white space: names that may have dots,
 * arguments by keyword only, values that are literals (strings, numbers, True, False, None,
 * lists, tuples, dictionaries with strings as keys; JSON's true, false and null too).
 * Each call is given to `take`, which owns the arguments; it returns false to stop.
 * False if the text is anything else, nested deeper than 64, or has a number that does not
 * fit; some calls may have been given then.
 */
bool ll_pycall_read(const char *text, size_t length,
    bool (*take)(void *context, const char *name, size_t name_length, struct ll_json *arguments),
    void *context);

#endif
