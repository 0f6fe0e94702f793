/*
 * Options from files and the environment, and --print-config; see opt_state.h and
 * ll-config(5).
 */

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/config.h"
#include "base/err.h"
#include "base/opt_state.h"
#include "base/utf8.h"

extern char **environ;

static const char *model_source;

static _Noreturn void
config_failed(const struct ll_err *err)
{
	ll_opt_fail(err->code, err->text);
}

/* What stands behind a '#': one line of UTF-8, whatever a file or a variable is called. */
static void
make_comment(char *text)
{
	size_t length = strlen(text), size;

	ll_harmless(text);
	for (size_t at = 0; at < length; at += size)
		if (ll_utf8_next((const unsigned char *)text + at, length - at, &size) == LL_UTF8_BAD)
			memset(text + at, '?', size);
}

/* Kept until the program ends. */
static const char *
source_text(const char *path, size_t line, const char *preset)
{
	struct ll_err err = { 0 };
	struct ll_buf text = { 0 };
	const char *kept;

	if (preset != NULL)
		ll_buf_printf(&text, &err, "preset %s, ", preset);
	ll_buf_puts(&text, path, &err);
	if (line > 0)
		ll_buf_printf(&text, &err, ":%zu", line);
	if (text.data != NULL)
		make_comment(text.data);
	if ((kept = ll_config_keep(text.data, &err)) == NULL)
		config_failed(&err);
	return kept;
}

/* A call's own message may begin with the option's name. */
static bool
call_option(const struct ll_opt *option, const char *value, char *why, size_t size)
{
	struct ll_err err = { 0 };
	char name[100];
	size_t length;

	if (option->call(value, &err) >= 0)
		return true;
	length = (size_t)snprintf(name, sizeof(name), "--%s: ", option->name);
	snprintf(why, size, "%.250s", err.text + (strncmp(err.text, name, length) == 0 ? length : 0));
	return false;
}

/* Takes the value unless a higher one is there. */
static void
set(const struct ll_opt *option, const char *value, int rank, bool own, const char *source)
{
	size_t i = (size_t)(option - ll_opt_state.program->options);
	char why[300], message[1000];
	bool good;

	if (rank < ll_opt_state.rank[i])
		return;
	if (ll_opt_state.rank[i] == LL_RANK_DEFAULT)
		ll_opt_copy(option, &ll_opt_state.before[i], false);
	good = option->type == LL_OPT_CALL ? call_option(option, value, why, sizeof(why)) :
	    ll_opt_store(option, value, why, sizeof(why));
	if (!good) {
		snprintf(message, sizeof(message), "%.500s: %s: %s", source, option->name, why);
		ll_opt_fail(LL_ECONFIG, message);
	}
	ll_opt_state.rank[i] = rank;
	ll_opt_state.own[i] = own;
	ll_opt_state.text[i] = value;
	ll_opt_state.source[i] = source;
}

/* A file's model is what a stage uses that neither its options nor its stream tell of one. */
static void
set_model(const struct ll_yaml *node, const char *path, const char *source)
{
	struct ll_err err = { 0 };
	const char *named = node->text;

	if (ll_config_model(&named, &err) < 0)
		config_failed(&err);
	if (named == node->text && (named = ll_config_path(node->text, path, &err)) == NULL)
		config_failed(&err);
	ll_config_default_model = named;
	model_source = source;
}

static void
set_preset(const char *name, int rank, bool own, const char *source)
{
	const struct ll_yaml *preset;
	struct ll_err err = { 0 };
	const char *path;

	if (ll_config_preset(name, &preset, &path, &err) < 0) {
		char message[1100];

		if (err.code == LL_ECONFIG)
			snprintf(message, sizeof(message), "%s%s%s", source != NULL ? source : "--preset",
			    ": ", err.text);
		ll_opt_fail(err.code, err.code == LL_ECONFIG ? message : err.text);
	}
	for (const struct ll_yaml *node = preset->first; node != NULL; node = node->next) {
		const struct ll_opt *option = ll_opt_named(node->key);

		if (option != NULL)
			set(option, node->text, rank - 1, own, source_text(path, node->line, name));
	}
}

/* The option that a key is for, or NULL: a flag where the key wants text is another thing of the same name. */
static const struct ll_opt *
option_of(const struct ll_config_key *key)
{
	const struct ll_opt *option = key != NULL ? ll_opt_named(key->name) : NULL;

	return option != NULL && (option->type == LL_OPT_FLAG) == (key->type == LL_OPT_FLAG) ? option : NULL;
}

static void
set_node(const struct ll_config_file *file, const struct ll_yaml *node, int rank, bool section)
{
	const struct ll_opt *option = option_of(ll_config_key(node->key));
	const char *source = source_text(file->path, node->line, NULL);
	char message[1000];

	if (option == NULL && section) {
		snprintf(message, sizeof(message), "%.500s: %.100s: %s has no such setting", source, node->key,
		    ll_opt_state.program->name);
		ll_opt_fail(LL_ECONFIG, message);
	}
	if (option == NULL)
		return;
	if (strcmp(node->key, "model") == 0)
		set_model(node, file->path, source);
	else
		set(option, node->text, rank, section, source);
	if (strcmp(node->key, "preset") == 0)
		set_preset(node->text, rank, section, source);
}

static void
set_file(const struct ll_config_file *file, int rank)
{
	const struct ll_yaml *section = ll_yaml_get(file->root, ll_opt_state.program->name);

	for (const struct ll_yaml *node = file->root->first; node != NULL; node = node->next)
		if (ll_config_key(node->key) != NULL)
			set_node(file, node, rank, false);
	for (const struct ll_yaml *node = section != NULL ? section->first : NULL; node != NULL; node = node->next)
		set_node(file, node, rank + 2, true);
}

/* An empty variable counts as none. LL_MODEL is model/choose.c's. */
static void
set_environment(void)
{
	for (const struct ll_config_key *key = ll_config_keys; key->name != NULL; key++) {
		const struct ll_opt *option = option_of(key);
		const char *value;
		char name[40];

		ll_config_variable(key, name, sizeof(name));
		if (option == NULL || (value = getenv(name)) == NULL || *value == '\0' ||
		    strcmp(key->name, "model") == 0)
			continue;
		if (key->type == LL_OPT_FLAG && (strcmp(value, "0") == 0 || strcmp(value, "1") == 0))
			value = *value == '1' ? "true" : "false";
		set(option, value, LL_RANK_ENVIRONMENT, false, source_text(name, 0, NULL));
		if (strcmp(key->name, "preset") == 0)
			set_preset(value, LL_RANK_ENVIRONMENT, false, name);
	}
}

void
ll_opt_configure(void)
{
	const struct ll_opt *preset = ll_opt_named("preset");
	const struct ll_config_file *files;
	struct ll_err err = { 0 };
	size_t count;

	if (ll_config_read(&files, &count, &err) < 0)
		config_failed(&err);
	for (size_t i = 0; i < count; i++)
		set_file(&files[i], LL_RANK_FILES + 4 * (int)i);
	set_environment();
	if (preset != NULL && ll_opt_state.rank[preset - ll_opt_state.program->options] == LL_RANK_COMMAND)
		set_preset(*(const char **)preset->value, LL_RANK_COMMAND, true, NULL);
}

/* Variables that begin like ours and mean nothing: a mistake that --print-config shows. */
static void
print_unknown(void)
{
	static const char *const others[] = { "LL_CONFIG", "LL_CPU", "LL_MODEL" };

	for (char **entry = environ; *entry != NULL; entry++) {
		size_t length = strcspn(*entry, "=");
		bool known = strncmp(*entry, "LL_", 3) != 0 || strncmp(*entry, "LL_TEST_", 8) == 0;

		for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
			known = known || (strlen(others[i]) == length && strncmp(others[i], *entry, length) == 0);
		for (const struct ll_config_key *key = ll_config_keys; key->name != NULL && !known; key++) {
			char name[40];

			ll_config_variable(key, name, sizeof(name));
			known = strlen(name) == length && strncmp(name, *entry, length) == 0;
		}
		if (!known) {
			char name[81];

			snprintf(name, sizeof(name), "%.*s", (int)length, *entry);
			make_comment(name);
			printf("# %s: no such setting\n", name);
		}
	}
}

static void
print_value(const char *key, const char *text, bool quoted, const char *source)
{
	struct ll_buf value = { 0 };
	struct ll_err err = { 0 };

	if (quoted ? ll_yaml_put(&value, text, strlen(text), &err) < 0 : ll_buf_puts(&value, text, &err) < 0)
		config_failed(&err);
	printf("%s: %s  # %s\n", key, value.data, source);
	ll_buf_free(&value);
}

/* In a file a path would begin at the file's folder, and a name need not be known: here it is whole. */
static void
print_model(const struct ll_opt *option)
{
	const char *path = *(const char **)option->value, *source = "--model";
	char folder[PATH_MAX];
	struct ll_buf whole = { 0 };
	struct ll_err err = { 0 };

	if (path == NULL) {
		path = getenv("LL_MODEL");
		source = "LL_MODEL";
		if (path == NULL || *path == '\0') {
			path = ll_config_default_model;
			source = model_source;
		}
	}
	if (path == NULL) {
		printf("# model: not set\n");
		return;
	}
	if (ll_config_model(&path, &err) == 0 && path[0] != '/' && path[0] != '\0' &&
	    getcwd(folder, sizeof(folder)) != NULL)
		ll_buf_printf(&whole, &err, "%s/", strcmp(folder, "/") == 0 ? "" : folder);
	ll_buf_puts(&whole, path, &err);
	if (err.code != 0)
		config_failed(&err);
	print_value("model", whole.data, true, source);
	ll_buf_free(&whole);
}

/* A default that is outside its bounds stands for something that depends on the rest. */
static void
print_default(const struct ll_opt *option)
{
	char text[64] = "";

	if (option->type == LL_OPT_FLAG)
		snprintf(text, sizeof(text), "%s", *(bool *)option->value ? "true" : "false");
	if (option->type == LL_OPT_DOUBLE)
		snprintf(text, sizeof(text), "%.15g", *(double *)option->value);
	if (option->type == LL_OPT_INT && ((option->min == 0 && option->max == 0) ||
	    (double)*(int64_t *)option->value >= option->min))
		snprintf(text, sizeof(text), "%lld", (long long)*(int64_t *)option->value);
	if (option->type == LL_OPT_STRING && *(const char **)option->value != NULL)
		print_value(option->name, *(const char **)option->value, true, "default");
	else if (text[0] != '\0')
		print_value(option->name, text, false, "default");
	else
		printf("# %s: not set\n", option->name);
}

_Noreturn void
ll_opt_print_config(void)
{
	const struct ll_program *program = ll_opt_state.program;
	char given[100];

	printf("# %s, %s\n", program->name, getenv("LL_CONFIG") != NULL ? "files as LL_CONFIG says" :
	    "see ll-config(5)");
	for (const struct ll_config_key *key = ll_config_keys; key->name != NULL; key++) {
		const struct ll_opt *option = option_of(key);
		size_t i = option != NULL ? (size_t)(option - program->options) : 0;

		if (option == NULL)
			continue;
		snprintf(given, sizeof(given), "--%s", key->name);
		if (strcmp(key->name, "model") == 0)
			print_model(option);
		else if (ll_opt_state.rank[i] == LL_RANK_DEFAULT)
			print_default(option);
		else
			print_value(key->name, ll_opt_state.text[i], key->type == LL_OPT_STRING,
			    ll_opt_state.source[i] != NULL ? ll_opt_state.source[i] : given);
	}
	print_unknown();
	exit(ll_exit(program->name, 0, &(struct ll_err){ 0 }));
}
