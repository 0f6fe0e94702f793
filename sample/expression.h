/*
 * Expressions over rows of logits, as 'a + 0.5*(b - c)'. ll-mix(1) has the grammar.
 *
 * A text is parsed once into a program for a stack of rows; a part that has no member in it is
 * a constant, and computed then. Running it allocates nothing. Each element is computed in f32
 * from left to right as the text has it; sums over a row are log-sum-exps with the maximum
 * taken out, in an order that depends on the row's length alone.
 */

#ifndef LL_SAMPLE_EXPRESSION_H
#define LL_SAMPLE_EXPRESSION_H

#include <stdbool.h>
#include <stddef.h>

struct ll_err;
struct ll_expression;

#define LL_EXPRESSION_BYTES 4096	/* of a text, at most */
#define LL_EXPRESSION_NAME 31		/* bytes of a member's name, at most */

/* Letters, digits and '_', no digit first, not the name of a function. */
bool ll_expression_is_name(const char *name);

/*
 * Parses `text`; a name in it is one of names[count], which are not kept. -LL_EUSAGE, with the
 * column, for what is no expression, for a name that is none of these, and when no member is in
 * it; -LL_ENOMEM; -LL_ECONFIG when LL_CPU names no ISA of this machine.
 */
int ll_expression_new(struct ll_expression **out, const char *text, const char *const *names, size_t count,
    struct ll_err *err);
void ll_expression_free(struct ll_expression *expression);

/* Whether the expression has member i in it. */
bool ll_expression_uses(const struct ll_expression *expression, size_t i);

/*
 * out[i] of rows[member][i], i < n, for rows without NaN or +infinity; the result may have
 * both. Allocates only when n grows: -LL_ENOMEM.
 */
int ll_expression_run(struct ll_expression *expression, float *out, const float *const *rows, size_t n,
    struct ll_err *err);

#endif
