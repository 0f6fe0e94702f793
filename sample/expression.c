/*
 * Expressions over rows; see expression.h. Parsing is recursive descent with bounds on depth
 * and length; what it writes is postfix, where a constant operand is always one instruction.
 */

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "base/err.h"
#include "base/mem.h"
#include "sample/expression.h"
#include "tensor/kern.h"
#include "tensor/logsumexp.h"

#define NESTING_MOST 64		/* parentheses, functions and signs inside each other */
#define STACK_MOST 16		/* rows at once */
#define NUMBER_MOST 64		/* characters of a number */

enum op {
	OP_MEMBER, OP_NUMBER,
	OP_ADD, OP_SUB, OP_MUL, OP_DIV, OP_MIN, OP_MAX, OP_MASK,	/* of two */
	OP_NEGATE, OP_EXP, OP_LOG, OP_SOFTMAX, OP_LOG_SOFTMAX		/* of one */
};

struct step {
	enum op op;
	size_t member;
	float number;
};

static const struct function {
	const char *name;
	enum op op;
	size_t arguments;
	bool of_rows;		/* the first argument must not be a constant */
} functions[] = {
	{ "exp", OP_EXP, 1, false },
	{ "log", OP_LOG, 1, false },
	{ "log_softmax", OP_LOG_SOFTMAX, 1, true },
	{ "mask", OP_MASK, 2, true },
	{ "max", OP_MAX, 2, false },
	{ "min", OP_MIN, 2, false },
	{ "softmax", OP_SOFTMAX, 1, true },
};

struct ll_expression {
	const struct ll_kern *kern;
	struct step *steps;
	size_t count;
	size_t depth;		/* rows that running it takes */
	float *stack;		/* [depth][columns] */
	float *terms;		/* [columns] */
	size_t columns;
};

/* An operand: a row with step 1, or a constant with step 0. */
struct operand {
	const float *x;
	size_t step;
};

struct parser {
	struct ll_expression *expression;
	const char *text, *at;
	const char *const *names;
	size_t name_count;
	size_t cap;
	size_t depth;		/* of the stack, here */
	size_t nesting;
	struct ll_err *err;
};

static int parse_sum(struct parser *p);

static bool
is_name_byte(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

static const struct function *
find_function(const char *name, size_t length)
{
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
		if (strlen(functions[i].name) == length && memcmp(functions[i].name, name, length) == 0)
			return &functions[i];
	return NULL;
}

bool
ll_expression_is_name(const char *name)
{
	size_t length = 0;

	while (is_name_byte(name[length]))
		length++;
	return length > 0 && length <= LL_EXPRESSION_NAME && name[length] == '\0' &&
	    !isdigit((unsigned char)name[0]) && find_function(name, length) == NULL;
}

/* What the parser did not expect. */
static int
refuse(const struct parser *p, const char *at, const char *what)
{
	return ll_fail(p->err, LL_EUSAGE, "--expression: column %zu: %s", (size_t)(at - p->text) + 1, what);
}

static float
plausible(float x, float least)
{
	if (isnan(x))
		return x;
	return x >= least ? 0 : -INFINITY;
}

/* A comparison with a NaN is false; it is to come out. */
static float
lesser(float x, float y)
{
	return x < y || isnan(x) ? x : y;
}

static float
greater(float x, float y)
{
	return x > y || isnan(x) ? x : y;
}

static void
of_two(enum op op, float *out, struct operand a, struct operand b, size_t n)
{
	switch (op) {
	case OP_ADD:
		for (size_t i = 0; i < n; i++)
			out[i] = a.x[i * a.step] + b.x[i * b.step];
		break;
	case OP_SUB:
		for (size_t i = 0; i < n; i++)
			out[i] = a.x[i * a.step] - b.x[i * b.step];
		break;
	case OP_MUL:
		for (size_t i = 0; i < n; i++)
			out[i] = a.x[i * a.step] * b.x[i * b.step];
		break;
	case OP_DIV:
		for (size_t i = 0; i < n; i++)
			out[i] = a.x[i * a.step] / b.x[i * b.step];
		break;
	case OP_MIN:
		for (size_t i = 0; i < n; i++)
			out[i] = lesser(a.x[i * a.step], b.x[i * b.step]);
		break;
	default:
		for (size_t i = 0; i < n; i++)
			out[i] = greater(a.x[i * a.step], b.x[i * b.step]);
	}
}

static void
of_one(enum op op, float *out, const float *x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = op == OP_NEGATE ? -x[i] : op == OP_EXP ? expf(x[i]) : logf(x[i]);
}

static void
of_row(const struct ll_expression *expression, enum op op, float *out, const float *x, size_t n)
{
	float *terms = expression->terms, most;
	double sum, log_sum;

	if (op == OP_SOFTMAX) {
		memcpy(terms, x, n * sizeof(*x));
		expression->kern->softmax_terms(terms, n, expression->kern->max(x, n));
		sum = ll_sum(terms, n);
		for (size_t i = 0; i < n; i++)
			out[i] = (float)((double)terms[i] / sum);
		return;
	}
	log_sum = ll_logsumexp(expression->kern, x, n, NULL, &most, &sum);
	for (size_t i = 0; i < n; i++)
		out[i] = (float)((double)x[i] - log_sum);
}

/* Constants are computed while the text is parsed: two of them, or one, become one. */
static int
fold(struct parser *p, enum op op, size_t operands, const char *at)
{
	struct step *last = &p->expression->steps[p->expression->count - 1];
	float result;

	if (operands == 1)
		of_one(op, &result, &last->number, 1);
	else
		of_two(op, &result, (struct operand){ &last[-1].number, 0 }, (struct operand){ &last->number, 0 }, 1);
	if (!isfinite(result))
		return refuse(p, at, "this constant is not finite");
	p->expression->count -= operands - 1;
	p->expression->steps[p->expression->count - 1].number = result;
	return 0;
}

static int
emit(struct parser *p, struct step step)
{
	struct ll_expression *expression = p->expression;
	int status = ll_grow(&expression->steps, &p->cap, expression->count + 1, sizeof(step), p->err);

	if (status == 0)
		expression->steps[expression->count++] = step;
	return status;
}

/* Whether the operand `back` places from the top is a constant; those above it are known to be. */
static bool
is_constant(const struct parser *p, size_t back)
{
	const struct ll_expression *expression = p->expression;

	return expression->steps[expression->count - 1 - back].op == OP_NUMBER;
}

/* An operation on what was parsed last. */
static int
emit_op(struct parser *p, enum op op, size_t operands, const char *at)
{
	p->depth -= operands - 1;
	if (op != OP_MASK && is_constant(p, 0) && (operands == 1 || is_constant(p, 1)))
		return fold(p, op, operands, at);
	return emit(p, (struct step){ .op = op });
}

static int
push(struct parser *p, struct step step, const char *at)
{
	if (++p->depth > STACK_MOST)
		return refuse(p, at, "too many operands wait for their operators here");
	if (p->depth > p->expression->depth)
		p->expression->depth = p->depth;
	return emit(p, step);
}

static void
skip_blanks(struct parser *p)
{
	while (*p->at == ' ' || *p->at == '\t' || *p->at == '\n')
		p->at++;
}

static bool
next_is(struct parser *p, char c)
{
	skip_blanks(p);
	if (*p->at != c)
		return false;
	p->at++;
	return true;
}

/* Digits, a point, an exponent: what strtof(3) takes besides is none of it. */
static int
parse_number(struct parser *p)
{
	const char *from = p->at;
	char text[NUMBER_MOST + 1], *end;
	size_t length = strspn(from, "0123456789.");
	float number;

	if (from[length] == 'e' || from[length] == 'E') {
		size_t sign = from[length + 1] == '+' || from[length + 1] == '-';
		size_t digits = strspn(from + length + 1 + sign, "0123456789");

		length += digits > 0 ? 1 + sign + digits : 0;
	}
	if (length > NUMBER_MOST)
		return refuse(p, from, "this number is too long");
	memcpy(text, from, length);
	text[length] = '\0';
	number = strtof(text, &end);
	if (end == text || *end != '\0' || is_name_byte(from[length]))
		return refuse(p, from, "this is not a number");
	if (!isfinite(number))
		return refuse(p, from, "this constant is not finite");
	p->at = from + length;
	return push(p, (struct step){ .op = OP_NUMBER, .number = number }, from);
}

static int
check_arguments(const struct parser *p, const struct function *function, const char *from)
{
	const struct step *last = &p->expression->steps[p->expression->count - 1];

	if (function->op == OP_MASK) {
		if (last->op != OP_NUMBER || !(last->number > 0 && last->number <= 1))
			return refuse(p, from, "mask(row, share): the share is a constant above 0 and at most 1");
		if (is_constant(p, 1))
			return refuse(p, from, "mask of a constant");
	} else if (function->of_rows && last->op == OP_NUMBER) {
		return refuse(p, from, "a softmax of a constant");
	}
	return 0;
}

static int
parse_call(struct parser *p, const struct function *function, const char *from)
{
	int status;

	if (!next_is(p, '('))
		return refuse(p, p->at, "'(' is missing");
	for (size_t i = 0; i < function->arguments; i++) {
		if (i > 0 && !next_is(p, ','))
			return refuse(p, p->at, "',' is missing: the function takes two arguments");
		if ((status = parse_sum(p)) < 0)
			return status;
	}
	if (!next_is(p, ')'))
		return refuse(p, p->at, "')' is missing");
	if ((status = check_arguments(p, function, from)) < 0)
		return status;
	return emit_op(p, function->op, function->arguments, from);
}

static int
parse_name(struct parser *p)
{
	const char *from = p->at;
	const struct function *function;
	size_t length = 0;

	while (is_name_byte(from[length]))
		length++;
	p->at += length;
	if ((function = find_function(from, length)) != NULL)
		return parse_call(p, function, from);
	for (size_t i = 0; i < p->name_count; i++)
		if (strlen(p->names[i]) == length && memcmp(p->names[i], from, length) == 0)
			return push(p, (struct step){ .op = OP_MEMBER, .member = i }, from);
	return refuse(p, from, "this names no member and no function");
}

static int
parse_factor(struct parser *p)
{
	const char *from;
	int status;

	skip_blanks(p);
	from = p->at;
	if (++p->nesting > NESTING_MOST)
		return refuse(p, from, "nested too deep");
	if (next_is(p, '-')) {
		if ((status = parse_factor(p)) == 0)
			status = emit_op(p, OP_NEGATE, 1, from);
	} else if (next_is(p, '(')) {
		if ((status = parse_sum(p)) == 0 && !next_is(p, ')'))
			status = refuse(p, p->at, "')' is missing");
	} else if (isdigit((unsigned char)*from) || *from == '.') {
		status = parse_number(p);
	} else if (is_name_byte(*from)) {
		status = parse_name(p);
	} else {
		status = refuse(p, from, *from == '\0' ? "an operand is missing" : "this is no operand");
	}
	p->nesting--;
	return status;
}

static int
parse_product(struct parser *p)
{
	int status = parse_factor(p);

	while (status == 0) {
		const char *at;
		enum op op;

		skip_blanks(p);
		at = p->at;
		if (*at != '*' && *at != '/')
			break;
		op = *p->at++ == '*' ? OP_MUL : OP_DIV;
		if ((status = parse_factor(p)) == 0)
			status = emit_op(p, op, 2, at);
	}
	return status;
}

static int
parse_sum(struct parser *p)
{
	int status = parse_product(p);

	while (status == 0) {
		const char *at;
		enum op op;

		skip_blanks(p);
		at = p->at;
		if (*at != '+' && *at != '-')
			break;
		op = *p->at++ == '+' ? OP_ADD : OP_SUB;
		if ((status = parse_product(p)) == 0)
			status = emit_op(p, op, 2, at);
	}
	return status;
}

static int
parse(struct parser *p)
{
	int status;

	if (strlen(p->text) > LL_EXPRESSION_BYTES)
		return ll_fail(p->err, LL_EUSAGE, "--expression: %zu bytes, but %d are the most", strlen(p->text),
		    LL_EXPRESSION_BYTES);
	if ((status = parse_sum(p)) < 0)
		return status;
	skip_blanks(p);
	if (*p->at != '\0')
		return refuse(p, p->at, "an operator is missing");
	if (is_constant(p, 0))
		return refuse(p, p->text, "a constant: no member is in it");
	return 0;
}

int
ll_expression_new(struct ll_expression **out, const char *text, const char *const *names, size_t count,
    struct ll_err *err)
{
	struct parser parser = { .text = text, .at = text, .names = names, .name_count = count, .err = err };
	struct ll_expression *expression;
	int isa = ll_cpu_isa(err), status;

	*out = NULL;
	if (isa < 0)
		return isa;
	if ((expression = ll_alloc(1, sizeof(*expression), err)) == NULL)
		return -LL_ENOMEM;
	expression->kern = ll_kern((enum ll_isa)isa);
	parser.expression = expression;
	if ((status = parse(&parser)) < 0)
		ll_expression_free(expression);
	else
		*out = expression;
	return status;
}

void
ll_expression_free(struct ll_expression *expression)
{
	if (expression == NULL)
		return;
	free(expression->steps);
	free(expression->stack);
	free(expression->terms);
	free(expression);
}

bool
ll_expression_uses(const struct ll_expression *expression, size_t i)
{
	for (size_t s = 0; s < expression->count; s++)
		if (expression->steps[s].op == OP_MEMBER && expression->steps[s].member == i)
			return true;
	return false;
}

static int
reserve(struct ll_expression *expression, size_t n, struct ll_err *err)
{
	size_t all;

	if (n <= expression->columns)
		return 0;
	free(expression->stack);
	free(expression->terms);
	expression->columns = 0;
	expression->terms = NULL;
	expression->stack = ll_mul(n, expression->depth, &all) ? NULL : ll_alloc(all, sizeof(float), err);
	expression->terms = ll_alloc(n, sizeof(float), err);
	if (expression->stack == NULL || expression->terms == NULL)
		return ll_fail(err, LL_ENOMEM, "out of memory: %zu rows of %zu logits", expression->depth, n);
	expression->columns = n;
	return 0;
}

int
ll_expression_run(struct ll_expression *expression, float *out, const float *const *rows, size_t n,
    struct ll_err *err)
{
	struct operand stack[STACK_MOST];
	size_t top = 0;
	int status = reserve(expression, n, err);

	for (size_t s = 0; s < expression->count && status == 0; s++) {
		const struct step *step = &expression->steps[s];
		bool two = step->op >= OP_ADD && step->op <= OP_MASK;
		float *to;

		if (step->op == OP_MEMBER || step->op == OP_NUMBER) {
			stack[top++] = step->op == OP_MEMBER ? (struct operand){ rows[step->member], 1 } :
			    (struct operand){ &step->number, 0 };
			continue;
		}
		top -= two;
		/* The result takes the place of the first operand; each element of that is read before. */
		to = s + 1 == expression->count ? out : expression->stack + (top - 1) * n;
		if (step->op == OP_MASK) {
			const float *x = stack[top - 1].x;
			float least = expression->kern->max(x, n) + logf(*stack[top].x);

			for (size_t i = 0; i < n; i++)
				to[i] = plausible(x[i], least);
		} else if (two) {
			of_two(step->op, to, stack[top - 1], stack[top], n);
		} else if (step->op == OP_SOFTMAX || step->op == OP_LOG_SOFTMAX) {
			of_row(expression, step->op, to, stack[top - 1].x, n);
		} else {
			of_one(step->op, to, stack[top - 1].x, n);
		}
		stack[top - 1] = (struct operand){ to, 1 };
	}
	/* A lone member. */
	if (status == 0 && stack[0].x != out)
		memcpy(out, stack[0].x, n * sizeof(*out));
	return status;
}
