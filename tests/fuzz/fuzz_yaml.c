/*
 * Fuzz target: YAML as a configuration file, and every scalar of it written and read again.
 */

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/config.h"
#include "base/err.h"
#include "base/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_scalar(const struct ll_yaml *node, bool block)
{
	struct ll_buf text = { 0 };
	struct ll_err err = { 0 };
	struct ll_yaml *again;

	ll_buf_puts(&text, "a: ", NULL);
	if ((block ? ll_yaml_put_block(&text, node->text, node->length, 0, &err) :
	    ll_yaml_put(&text, node->text, node->length, &err)) < 0 ||
	    ll_yaml_parse(&again, text.data, text.len, "again", LL_EBUG, &err) < 0)
		abort();
	if (again->first->length != node->length || memcmp(again->first->text, node->text, node->length) != 0)
		abort();
	ll_yaml_free(again);
	ll_buf_free(&text);
}

static void
walk(const struct ll_yaml *node)
{
	for (; node != NULL; node = node->next) {
		if (node->kind == LL_YAML_SCALAR) {
			check_scalar(node, false);
			check_scalar(node, true);
		}
		walk(node->first);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char name[] = "fuzz";
	struct ll_config_file file = { .path = name };
	struct ll_err err = { 0 };

	ll_config_parse(&file, (const char *)data, size, &err);
	if (file.root != NULL)
		walk(file.root);
	ll_yaml_free(file.root);
	return 0;
}
