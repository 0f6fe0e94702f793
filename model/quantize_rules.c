/*
 * Rules that give tensors a type; see quantize_rules.h.
 */

#include "model/quantize_rules.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/yaml.h"
#include "tensor/encode.h"

static int
take_rule(struct ll_quantize_rules *rules, const struct ll_yaml *node, struct ll_err *err)
{
	struct ll_quantize_rule *rule;
	uint32_t type;

	if (node->kind != LL_YAML_SCALAR)
		return ll_fail(err, LL_ECONFIG, "%s:%zu: %.128s: is not the name of a type", rules->path, node->line,
		    node->key);
	if ((type = ll_encode_called(node->text)) == LL_DTYPES)
		return ll_fail(err, LL_ECONFIG, "%s:%zu: %.128s: %.64s: is no type that can be made", rules->path,
		    node->line, node->key, node->text);
	if (ll_grow(&rules->rules, &rules->cap, rules->count + 1, sizeof(*rule), err) < 0)
		return -LL_ENOMEM;
	rule = &rules->rules[rules->count];
	*rule = (struct ll_quantize_rule){ .type = type, .line = node->line };
	if ((rule->pattern = ll_copy(node->key, strlen(node->key), err)) == NULL)
		return -LL_ENOMEM;
	rules->count++;
	return 0;
}

static int
parse(struct ll_quantize_rules *rules, const struct ll_buf *text, struct ll_err *err)
{
	struct ll_yaml *root;
	int status = ll_yaml_parse(&root, text->data != NULL ? text->data : "", text->len, rules->path, LL_ECONFIG, err);

	if (status < 0)
		return status;
	if (root->kind != LL_YAML_MAP)
		status = ll_fail(err, LL_ECONFIG, "%s:%zu: is not a mapping of patterns to types", rules->path,
		    root->line);
	for (const struct ll_yaml *node = root->first; node != NULL && status == 0; node = node->next)
		status = take_rule(rules, node, err);
	ll_yaml_free(root);
	if (status == 0 && rules->count == 0)
		status = ll_fail(err, LL_ECONFIG, "%s: has no rules", rules->path);
	return status;
}

int
ll_quantize_rules_read(struct ll_quantize_rules *rules, const char *path, struct ll_err *err)
{
	struct ll_buf text = { 0 };
	int fd = ll_open_input(path, err), status;

	*rules = (struct ll_quantize_rules){ .path = path };
	if (fd < 0)
		return fd;
	if ((status = ll_read_all(fd, &text, path, err)) == 0)
		status = parse(rules, &text, err);
	if (fd != STDIN_FILENO)
		close(fd);
	ll_buf_free(&text);
	return status;
}

void
ll_quantize_rules_free(struct ll_quantize_rules *rules)
{
	for (size_t i = 0; i < rules->count; i++)
		free(rules->rules[i].pattern);
	free(rules->rules);
}
