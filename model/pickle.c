/*
 * Pickles of dictionaries of tensors; see pickle.h. A stack of values, which point to each
 * other only backwards; nothing here recurses, and each byte read makes at most one value.
 */

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "model/pickle.h"
#include "tensor/dtype.h"

/* Each byte may cost a hundred; the pickle of 20,000 tensors has 4 MB. */
#define SIZE_MOST (8u << 20)

enum kind { MARK, NONE, TRUTH, NUMBER, TEXT, CALLABLE, TUPLE, DICT, LIST, STORAGE, TENSOR };

/* What a pickle may call, and what it may only name. */
enum callable { REBUILD, ORDERED, F32_STORAGE, F16_STORAGE, BF16_STORAGE };

static const struct {
	const char *module, *name;
} callables[] = {
	[REBUILD] = { "torch._utils", "_rebuild_tensor_v2" },
	[ORDERED] = { "collections", "OrderedDict" },
	[F32_STORAGE] = { "torch", "FloatStorage" },
	[F16_STORAGE] = { "torch", "HalfStorage" },
	[BF16_STORAGE] = { "torch", "BFloat16Storage" },
};

struct value {
	enum kind kind;
	int64_t number;			/* NUMBER, TRUTH, CALLABLE; elements of a STORAGE; place of a TENSOR */
	const char *text;		/* TEXT; key of a STORAGE */
	size_t length;
	uint32_t type;			/* of a STORAGE */
	size_t first, count;		/* of a TUPLE, in items */
};

struct pair {
	size_t dict, key, value;
};

struct machine {
	const unsigned char *data;
	size_t size, at;
	const char *path;
	struct ll_err *err;
	struct value *values;
	size_t value_count, value_cap;
	size_t *stack, stack_count, stack_cap;	/* numbers of values */
	size_t *items, item_count, item_cap;
	size_t *memo, memo_count, memo_cap;	/* a number + 1; 0: nothing is there */
	struct pair *pairs;
	size_t pair_count, pair_cap;
	struct ll_pickle_tensor *tensors;	/* of every TENSOR, still without a name */
	size_t tensor_count, tensor_cap;
};

static int
bad(const struct machine *m, const char *what)
{
	return ll_fail(m->err, LL_EDATA, "%s: pickle: byte %zu: %s", m->path, m->at, what);
}

static int
push_number_of(struct machine *m, size_t value)
{
	if (ll_grow(&m->stack, &m->stack_cap, m->stack_count + 1, sizeof(*m->stack), m->err) < 0)
		return -LL_ENOMEM;
	m->stack[m->stack_count++] = value;
	return 0;
}

static int
push(struct machine *m, struct value value)
{
	if (ll_grow(&m->values, &m->value_cap, m->value_count + 1, sizeof(value), m->err) < 0)
		return -LL_ENOMEM;
	m->values[m->value_count] = value;
	return push_number_of(m, m->value_count++);
}

/* The value `depth` below the top; NULL if the stack ends or a mark is in between. */
static struct value *
peek(const struct machine *m, size_t depth)
{
	for (size_t i = 0; i <= depth; i++)
		if (i >= m->stack_count || m->values[m->stack[m->stack_count - 1 - i]].kind == MARK)
			return NULL;
	return &m->values[m->stack[m->stack_count - 1 - depth]];
}

/* The place in the stack behind the last mark; 0 if there is none. */
static size_t
behind_mark(const struct machine *m)
{
	size_t at = m->stack_count;

	while (at > 0 && m->values[m->stack[at - 1]].kind != MARK)
		at--;
	return at;
}

static const unsigned char *
take(struct machine *m, size_t length)
{
	const unsigned char *p = m->data + m->at;

	if (length > m->size - m->at) {
		bad(m, "cut short");
		return NULL;
	}
	m->at += length;
	return p;
}

/* A little-endian number of 1 to 8 bytes. */
static int
take_number(struct machine *m, size_t width, uint64_t *out)
{
	const unsigned char *p = take(m, width);

	if (p == NULL)
		return -LL_EDATA;
	*out = 0;
	for (size_t i = 0; i < width; i++)
		*out |= (uint64_t)p[i] << (8 * i);
	return 0;
}

static int
push_text(struct machine *m, size_t width)
{
	const unsigned char *p;
	uint64_t length;

	if (take_number(m, width, &length) < 0)
		return -LL_EDATA;
	if (length > SIZE_MAX || (p = take(m, (size_t)length)) == NULL)
		return bad(m, "a string is cut short");
	return push(m, (struct value){ .kind = TEXT, .text = (const char *)p, .length = (size_t)length });
}

/* LONG1: two's complement of any length up to 8 bytes. */
static int
push_long(struct machine *m)
{
	uint64_t width, number;

	if (take_number(m, 1, &width) < 0)
		return -LL_EDATA;
	if (width > 8)
		return bad(m, "a number of more than 8 bytes");
	if (take_number(m, (size_t)width, &number) < 0)
		return -LL_EDATA;
	if (width > 0 && width < 8 && (number >> (8 * width - 1) & 1) != 0)
		number |= UINT64_MAX << (8 * width);
	return push(m, (struct value){ .kind = NUMBER, .number = (int64_t)number });
}

static bool
same(const char *text, size_t length, const char *word)
{
	return length == strlen(word) && memcmp(text, word, length) == 0;
}

static int
push_callable(struct machine *m, const char *module, size_t module_length, const char *name, size_t length)
{
	for (size_t i = 0; i < sizeof(callables) / sizeof(callables[0]); i++)
		if (same(module, module_length, callables[i].module) && same(name, length, callables[i].name))
			return push(m, (struct value){ .kind = CALLABLE, .number = (int64_t)i });
	return ll_fail(m->err, LL_EUNSUPPORTED, "%s: pickle: it wants %.*s.%.*s, which no dictionary of tensors needs: "
	    "refused, nothing was executed", m->path, (int)(module_length < 64 ? module_length : 64), module,
	    (int)(length < 64 ? length : 64), name);
}

/* GLOBAL: a module and a name, each ending with a newline. */
static int
push_global(struct machine *m)
{
	const char *module = (const char *)m->data + m->at, *name, *end;

	if ((name = memchr(module, '\n', m->size - m->at)) == NULL)
		return bad(m, "a name is cut short");
	name++;
	if ((end = memchr(name, '\n', m->size - (size_t)(name - (const char *)m->data))) == NULL)
		return bad(m, "a name is cut short");
	m->at = (size_t)(end + 1 - (const char *)m->data);
	return push_callable(m, module, (size_t)(name - 1 - module), name, (size_t)(end - name));
}

static int
stack_global(struct machine *m)
{
	const struct value *name = peek(m, 0), *module = peek(m, 1);

	if (name == NULL || module == NULL || name->kind != TEXT || module->kind != TEXT)
		return bad(m, "a name is not a string");
	m->stack_count -= 2;
	return push_callable(m, module->text, module->length, name->text, name->length);
}

/* The top `count` values become a tuple. */
static int
make_tuple(struct machine *m, size_t count)
{
	size_t first = m->item_count;

	if (count > 0 && peek(m, count - 1) == NULL)
		return bad(m, "a tuple needs more values than there are");
	if (ll_grow(&m->items, &m->item_cap, first + count, sizeof(*m->items), m->err) < 0)
		return -LL_ENOMEM;
	for (size_t i = 0; i < count; i++)
		m->items[first + i] = m->stack[m->stack_count - count + i];
	m->item_count += count;
	m->stack_count -= count;
	return push(m, (struct value){ .kind = TUPLE, .first = first, .count = count });
}

static int
tuple_to_mark(struct machine *m)
{
	size_t from = behind_mark(m), count = m->stack_count - from;
	int status;

	if (from == 0)
		return bad(m, "no mark");
	if ((status = make_tuple(m, count)) < 0)
		return status;
	m->stack[m->stack_count - 2] = m->stack[m->stack_count - 1];
	m->stack_count--;
	return 0;
}

static const struct value *
item(const struct machine *m, const struct value *tuple, size_t i)
{
	return tuple->kind == TUPLE && i < tuple->count ? &m->values[m->items[tuple->first + i]] : NULL;
}

/* ('storage', torch.XStorage, key, location, elements) */
static int
make_storage(struct machine *m)
{
	static const uint32_t types[] = { [F32_STORAGE] = LL_F32, [F16_STORAGE] = LL_F16, [BF16_STORAGE] = LL_BF16 };
	const struct value *tuple = peek(m, 0), *class, *key, *elements, *word;
	struct value storage = { .kind = STORAGE };

	if (tuple == NULL || tuple->kind != TUPLE || tuple->count != 5)
		return bad(m, "a storage is not described by five values");
	word = item(m, tuple, 0), class = item(m, tuple, 1), key = item(m, tuple, 2), elements = item(m, tuple, 4);
	if (word->kind != TEXT || !same(word->text, word->length, "storage") || class->kind != CALLABLE ||
	    class->number < F32_STORAGE || key->kind != TEXT || elements->kind != NUMBER || elements->number < 0)
		return bad(m, "a storage is not described as torch.save does");
	storage.type = types[class->number];
	storage.text = key->text;
	storage.length = key->length;
	storage.number = elements->number;
	m->stack_count--;
	return push(m, storage);
}

/* (storage, offset, sizes, strides, requires_grad, hooks) */
static int
make_tensor(struct machine *m, const struct value *arguments)
{
	const struct value *storage = item(m, arguments, 0), *offset = item(m, arguments, 1);
	const struct value *sizes = item(m, arguments, 2), *strides = item(m, arguments, 3);
	struct ll_pickle_tensor tensor = { 0 };

	if (strides == NULL || storage->kind != STORAGE || offset->kind != NUMBER || offset->number < 0 ||
	    sizes->kind != TUPLE || strides->kind != TUPLE || sizes->count != strides->count)
		return bad(m, "a tensor is not described as torch.save does");
	if (sizes->count > LL_PICKLE_DIMS)
		return bad(m, "a tensor has more than 4 dimensions");
	tensor.key = storage->text, tensor.key_length = storage->length;
	tensor.type = storage->type;
	tensor.elements = (uint64_t)storage->number;
	tensor.offset = (uint64_t)offset->number;
	tensor.dims = (uint32_t)sizes->count;
	for (size_t i = 0; i < sizes->count; i++) {
		const struct value *size = item(m, sizes, i), *stride = item(m, strides, i);

		if (size->kind != NUMBER || stride->kind != NUMBER || size->number < 1 || stride->number < 0)
			return bad(m, "a tensor's size or stride is not a number that it can be");
		tensor.sizes[i] = (uint64_t)size->number;
		tensor.strides[i] = (uint64_t)stride->number;
	}
	if (ll_grow(&m->tensors, &m->tensor_cap, m->tensor_count + 1, sizeof(tensor), m->err) < 0)
		return -LL_ENOMEM;
	m->tensors[m->tensor_count] = tensor;
	return push(m, (struct value){ .kind = TENSOR, .number = (int64_t)m->tensor_count++ });
}

/* A call of what is below the top with the tuple on it. */
static int
reduce(struct machine *m)
{
	const struct value *arguments = peek(m, 0), *callable = peek(m, 1);

	if (callable == NULL || arguments->kind != TUPLE || callable->kind != CALLABLE)
		return bad(m, "a call of what cannot be called");
	m->stack_count -= 2;
	if (callable->number == REBUILD)
		return make_tensor(m, arguments);
	if (callable->number == ORDERED && arguments->count == 0)
		return push(m, (struct value){ .kind = DICT });
	return bad(m, "a call of what is only named");
}

/* Pairs from `from` in the stack go to the dictionary below them. */
static int
set_items(struct machine *m, size_t from)
{
	size_t count = m->stack_count - from, dict;

	if (count % 2 != 0)
		return bad(m, "a key without a value");
	dict = m->stack[from - 1];
	if (m->values[dict].kind != DICT)
		return bad(m, "items of what is no dictionary");
	for (size_t i = from; i < m->stack_count; i += 2) {
		if (ll_grow(&m->pairs, &m->pair_cap, m->pair_count + 1, sizeof(*m->pairs), m->err) < 0)
			return -LL_ENOMEM;
		m->pairs[m->pair_count++] = (struct pair){ dict, m->stack[i], m->stack[i + 1] };
	}
	m->stack_count = from;
	return 0;
}

static int
set_items_to_mark(struct machine *m)
{
	size_t from = behind_mark(m);

	if (from < 2)
		return bad(m, "no mark, or nothing below it");
	/* The mark is taken out, so that the dictionary is the neighbour. */
	memmove(m->stack + from - 1, m->stack + from, (m->stack_count - from) * sizeof(*m->stack));
	m->stack_count--;
	return set_items(m, from - 1);
}

/* Lists are in the attributes of dictionaries, which nobody asks for: they stay empty. */
static int
append(struct machine *m, bool to_mark)
{
	size_t from = to_mark ? behind_mark(m) : m->stack_count;
	size_t list = to_mark ? from - 2 : m->stack_count - 2;

	if (from < 2 || m->values[m->stack[list]].kind != LIST)
		return bad(m, "items of what is no list");
	m->stack_count = list + 1;
	return 0;
}

/* Attributes of a dictionary are left out. */
static int
build(struct machine *m)
{
	const struct value *dict = peek(m, 1);

	if (dict == NULL || dict->kind != DICT)
		return bad(m, "a state of what has none");
	m->stack_count--;
	return 0;
}

static int
put_memo(struct machine *m, uint64_t at)
{
	if (peek(m, 0) == NULL)
		return bad(m, "nothing to remember");
	/* As many as there are values; a writer numbers them in turn. */
	if (at > m->size)
		return bad(m, "a number to remember by is too large");
	if (ll_grow(&m->memo, &m->memo_cap, (size_t)at + 1, sizeof(*m->memo), m->err) < 0)
		return -LL_ENOMEM;
	for (; m->memo_count <= at; m->memo_count++)
		m->memo[m->memo_count] = 0;
	m->memo[at] = m->stack[m->stack_count - 1] + 1;
	return 0;
}

static int
get_memo(struct machine *m, uint64_t at)
{
	if (at >= m->memo_count || m->memo[at] == 0)
		return bad(m, "nothing was remembered by this number");
	return push_number_of(m, m->memo[at] - 1);
}

/* Opcodes with a number behind them. */
static int
with_number(struct machine *m, unsigned char op, size_t width)
{
	uint64_t number = 0;

	if (take_number(m, width, &number) < 0)
		return -LL_EDATA;
	switch (op) {
	case 'J':
		return push(m, (struct value){ .kind = NUMBER, .number = (int32_t)(uint32_t)number });
	case 'K':
	case 'M':
		return push(m, (struct value){ .kind = NUMBER, .number = (int64_t)number });
	case 'G':
		return push(m, (struct value){ .kind = NONE });		/* a float, in attributes */
	case 'q':
	case 'r':
		return put_memo(m, number);
	case 'h':
	case 'j':
		return get_memo(m, number);
	case 0x80:
		return number >= 2 && number <= 5 ? 0 : bad(m, "protocol is not 2 to 5");
	default:
		return 0;						/* a frame's length */
	}
}

/* One opcode but STOP (pickletools.py of CPython). */
static int
step(struct machine *m, unsigned char op)
{
	switch (op) {
	case '(': return push(m, (struct value){ .kind = MARK });
	case 'N': return push(m, (struct value){ .kind = NONE });
	case 0x88: case 0x89: return push(m, (struct value){ .kind = TRUTH, .number = op == 0x88 });
	case '}': return push(m, (struct value){ .kind = DICT });
	case ']': return push(m, (struct value){ .kind = LIST });
	case ')': return make_tuple(m, 0);
	case 0x85: case 0x86: case 0x87: return make_tuple(m, (size_t)op - 0x84);
	case 't': return tuple_to_mark(m);
	case 'X': case 'T': return push_text(m, 4);
	case 0x8c: case 'U': return push_text(m, 1);
	case 0x8d: return push_text(m, 8);
	case 'c': return push_global(m);
	case 0x93: return stack_global(m);
	case 0x8a: return push_long(m);
	case 'Q': return make_storage(m);
	case 'R': return reduce(m);
	case 's': return peek(m, 2) != NULL ? set_items(m, m->stack_count - 2) : bad(m, "an item of nothing");
	case 'u': return set_items_to_mark(m);
	case 'a': return peek(m, 1) != NULL ? append(m, false) : bad(m, "an item of nothing");
	case 'e': return append(m, true);
	case 'b': return build(m);
	case 0x94: return put_memo(m, m->memo_count);
	case 'K': case 'q': case 'h': case 0x80: return with_number(m, op, 1);
	case 'M': return with_number(m, op, 2);
	case 'J': case 'r': case 'j': return with_number(m, op, 4);
	case 'G': case 0x95: return with_number(m, op, 8);
	default:
		return ll_fail(m->err, LL_EUNSUPPORTED, "%s: pickle: byte %zu: opcode 0x%02x is in no dictionary of tensors: "
		    "refused, nothing was executed", m->path, m->at - 1, op);
	}
}

/* Gives the tensors of the dictionary their names. */
static int
gather(struct machine *m, struct ll_pickle_tensor **out, size_t *count)
{
	size_t dict;

	if (peek(m, 0) == NULL || peek(m, 0)->kind != DICT)
		return bad(m, "not a dictionary of tensors");
	dict = m->stack[m->stack_count - 1];
	if ((*out = ll_alloc(m->pair_count, sizeof(**out), m->err)) == NULL)
		return -LL_ENOMEM;
	*count = 0;
	for (size_t i = 0; i < m->pair_count; i++) {
		const struct value *key = &m->values[m->pairs[i].key], *value = &m->values[m->pairs[i].value];

		if (m->pairs[i].dict != dict)
			continue;
		if (key->kind != TEXT || value->kind != TENSOR) {
			free(*out);
			return bad(m, key->kind != TEXT ? "a key is not a string" : "a value is not a tensor");
		}
		(*out)[*count] = m->tensors[value->number];
		(*out)[*count].name = key->text;
		(*out)[(*count)++].length = key->length;
	}
	return 0;
}

int
ll_pickle_read(struct ll_pickle_tensor **out, size_t *count, const unsigned char *data, size_t size,
    const char *path, struct ll_err *err)
{
	struct machine m = { .data = data, .size = size, .path = path, .err = err };
	int status = size > 0 && data[0] == 0x80 ? 0 : bad(&m, "does not begin with a protocol");

	if (size > SIZE_MOST)
		status = ll_fail(err, LL_EDATA, "%s: pickle: %zu bytes are more than %u", path, size, SIZE_MOST);
	while (status == 0 && m.at < size && data[m.at] != '.')
		status = step(&m, data[m.at++]);
	if (status == 0 && m.at >= size)
		status = bad(&m, "cut short");
	if (status == 0)
		status = gather(&m, out, count);
	free(m.values);
	free(m.stack);
	free(m.items);
	free(m.memo);
	free(m.pairs);
	free(m.tensors);
	return status;
}
