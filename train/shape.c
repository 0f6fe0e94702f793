/*
 * The shape of a model, from YAML; see shape.h.
 */

#include "train/shape.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/io.h"
#include "base/yaml.h"

enum kind { SIZE, NUMBER, BOOL };

struct field {
	const char *key;
	enum kind kind;
	void *out;
	double least, most;
	bool needed;
};

static int
read_field(const char *path, const struct ll_yaml *node, const struct field *field, struct ll_err *err)
{
	char *end;
	double value;
	bool whole;

	if (field->kind == BOOL) {
		if (ll_yaml_bool(node, field->out))
			return 0;
		return node->kind != LL_YAML_SCALAR ?
		    ll_fail(err, LL_EDATA, "%s:%zu: %s: not true or false", path, node->line, field->key) :
		    ll_fail(err, LL_EDATA, "%s:%zu: %s: '%.64s' is not true or false", path, node->line, field->key, node->text);
	}
	if (node->kind != LL_YAML_SCALAR || !node->plain)
		return ll_fail(err, LL_EDATA, "%s:%zu: %s: not a number", path, node->line, field->key);
	value = strtod(node->text, &end);
	whole = field->kind == NUMBER || !(floor(value) < value || floor(value) > value);
	if (end == node->text || *end != '\0' || !isfinite(value) || !whole)
		return ll_fail(err, LL_EDATA, "%s:%zu: %s: '%.64s' is not a %snumber", path, node->line, field->key, node->text,
		    field->kind == SIZE ? "whole " : "");
	if (value < field->least || value > field->most)
		return ll_fail(err, LL_EDATA, "%s:%zu: %s: %s is not within %.9g and %.9g", path, node->line, field->key,
		    node->text, field->least, field->most);
	if (field->kind == SIZE)
		*(size_t *)field->out = (size_t)value;
	else
		*(float *)field->out = (float)value;
	return 0;
}

/* Every key of a mapping is one of the fields, or `but`. */
static int
read_map(const char *path, const struct ll_yaml *map, const struct field *fields, size_t count, const char *but,
    struct ll_err *err)
{
	int status;

	if (map->kind != LL_YAML_MAP)
		return ll_fail(err, LL_EDATA, "%s:%zu: %s%snot keys with values", path, map->line,
		    map->key != NULL ? map->key : "", map->key != NULL ? ": " : "");
	for (const struct ll_yaml *node = map->first; node != NULL; node = node->next) {
		size_t i = 0;

		if (but != NULL && strcmp(node->key, but) == 0)
			continue;
		while (i < count && strcmp(fields[i].key, node->key) != 0)
			i++;
		if (i == count)
			return ll_fail(err, LL_EDATA, "%s:%zu: %.64s: there is no such key", path, node->line, node->key);
		if ((status = read_field(path, node, &fields[i], err)) < 0)
			return status;
	}
	for (size_t i = 0; i < count; i++)
		if (fields[i].needed && ll_yaml_get(map, fields[i].key) == NULL)
			return ll_fail(err, LL_EDATA, "%s: %s: missing", path, fields[i].key);
	return 0;
}

static int
read_rope(const char *path, const struct ll_yaml *rope, struct ll_hparams *hp, struct ll_rope_scaling *scaling,
    struct ll_err *err)
{
	const struct ll_yaml *kind = ll_yaml_get(rope, "scaling"), *idle;
	bool llama3 = kind != NULL && kind->kind == LL_YAML_SCALAR && strcmp(kind->text, "llama3") == 0;
	const struct field fields[] = {
		{ "base", NUMBER, &hp->rope_base, 1, 1e12, false },
		{ "factor", NUMBER, &scaling->factor, 1, 1e6, llama3 },
		{ "low_freq_factor", NUMBER, &scaling->low, 1e-6, 1e6, llama3 },
		{ "high_freq_factor", NUMBER, &scaling->high, 1e-6, 1e6, llama3 },
		{ "original_context", NUMBER, &scaling->original, 1, 1e9, llama3 },
	};
	int status = read_map(path, rope, fields, 5, "scaling", err);

	if (status < 0)
		return status;
	if (kind != NULL && !llama3 && (kind->kind != LL_YAML_SCALAR || strcmp(kind->text, "none") != 0))
		return ll_fail(err, LL_EDATA, "%s:%zu: scaling: '%.64s' is not none or llama3", path, kind->line,
		    kind->kind == LL_YAML_SCALAR ? kind->text : "...");
	for (size_t i = 1; i < 5 && !llama3; i++)
		if ((idle = ll_yaml_get(rope, fields[i].key)) != NULL)
			return ll_fail(err, LL_EDATA, "%s:%zu: %s: has no effect without 'scaling: llama3'", path, idle->line,
			    fields[i].key);
	if (llama3 && scaling->high <= scaling->low)
		return ll_fail(err, LL_EDATA, "%s:%zu: high_freq_factor: %g is not above low_freq_factor, %g", path, rope->line,
		    (double)scaling->high, (double)scaling->low);
	scaling->kind = llama3 ? LL_ROPE_LLAMA3 : LL_ROPE_PLAIN;
	return 0;
}

static int
read_shape(const char *path, const struct ll_yaml *map, struct ll_hparams *hp, struct ll_rope_scaling *scaling,
    struct ll_err *err)
{
	const struct field fields[] = {
		{ "layers", SIZE, &hp->layers, 1, LL_LAYERS_MAX, true },
		{ "hidden_size", SIZE, &hp->dim, 1, LL_SIZE_LIMIT - 1, true },
		{ "intermediate_size", SIZE, &hp->ffn, 1, LL_SIZE_LIMIT - 1, true },
		{ "heads", SIZE, &hp->heads, 1, LL_SIZE_LIMIT - 1, true },
		{ "kv_heads", SIZE, &hp->kv_heads, 1, LL_SIZE_LIMIT - 1, false },
		{ "head_dim", SIZE, &hp->head_dim, 2, LL_SIZE_LIMIT - 1, false },
		{ "context", SIZE, &hp->context, 2, LL_CONTEXT_MAX, true },
		{ "tied", BOOL, &hp->tied, 0, 0, false },
		{ "norm_eps", NUMBER, &hp->norm_eps, 1e-12, 0.1, false },
	};
	const struct ll_yaml *rope = ll_yaml_get(map, "rope");
	int status = read_map(path, map, fields, sizeof fields / sizeof *fields, "rope", err);

	if (status == 0 && rope != NULL)
		status = read_rope(path, rope, hp, scaling, err);
	if (status < 0)
		return status;
	if (hp->kv_heads == 0)
		hp->kv_heads = hp->heads;
	if (hp->heads % hp->kv_heads != 0)
		return ll_fail(err, LL_EDATA, "%s: kv_heads: %zu do not divide %zu heads", path, hp->kv_heads, hp->heads);
	if (hp->head_dim == 0 && hp->dim % hp->heads != 0)
		return ll_fail(err, LL_EDATA, "%s: heads: %zu do not divide a hidden_size of %zu, and there is no head_dim", path,
		    hp->heads, hp->dim);
	if (hp->head_dim == 0)
		hp->head_dim = hp->dim / hp->heads;
	if (hp->head_dim % 2 != 0)
		return ll_fail(err, LL_EDATA, "%s: head_dim: %zu is odd", path, hp->head_dim);
	hp->rope_dim = hp->head_dim;
	return 0;
}

int
ll_shape_parse(struct ll_hparams *hp, struct ll_rope_scaling *scaling, const char *text, size_t length, const char *path,
    struct ll_err *err)
{
	struct ll_yaml *map = NULL;
	int status = ll_yaml_parse(&map, text, length, path, LL_EDATA, err);

	*hp = (struct ll_hparams){ .architecture = "llama", .rope_base = 500000, .norm_eps = 1e-5f, .vocab = hp->vocab };
	*scaling = (struct ll_rope_scaling){ .factor = 1, .magnitude = 1 };
	if (status == 0)
		status = read_shape(path, map, hp, scaling, err);
	ll_yaml_free(map);
	return status;
}

int
ll_shape_read(struct ll_hparams *hp, struct ll_rope_scaling *scaling, const char *path, struct ll_err *err)
{
	struct ll_buf text = { 0 };
	int fd = ll_open_input(path, err), status;

	if (fd < 0)
		return fd;
	if ((status = ll_read_all(fd, &text, path, err)) == 0)
		status = ll_shape_parse(hp, scaling, text.data != NULL ? text.data : "", text.len, path, err);
	ll_buf_free(&text);
	if (fd > 0)
		close(fd);
	return status;
}
