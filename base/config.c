/*
 * Configuration files; see config.h and ll-config(5).
 */

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/config.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/opt_state.h"

#define MOST_BYTES (1u << 20)

const struct ll_config_key ll_config_keys[] = {
	{ "adaptive-decay", LL_OPT_DOUBLE, NULL },
	{ "adaptive-target", LL_OPT_DOUBLE, NULL },
	{ "batch", LL_OPT_INT, NULL },
	{ "chat-format", LL_OPT_STRING, "llama3 llama3.1 llama3.2 meta llama2 chatml zephyr mistral mistral-v0.1 mistral-v0.2 "
	  "mistral-v3 mistral-v3-tekken mistral-v7 mistral-v7-tekken llama-guard3 llama-guard3-1b" },
	{ "chunk", LL_OPT_INT, NULL },
	{ "context", LL_OPT_INT, NULL },
	{ "date", LL_OPT_STRING, NULL },
	{ "dry-base", LL_OPT_DOUBLE, NULL },
	{ "dry-length", LL_OPT_INT, NULL },
	{ "dry-multiplier", LL_OPT_DOUBLE, NULL },
	{ "dry-window", LL_OPT_INT, NULL },
	{ "dtype", LL_OPT_STRING, "f32 f16 bf16" },
	{ "dynatemp-exponent", LL_OPT_DOUBLE, NULL },
	{ "dynatemp-range", LL_OPT_DOUBLE, NULL },
	{ "frequency-penalty", LL_OPT_DOUBLE, NULL },
	{ "ignore-eos", LL_OPT_FLAG, NULL },
	{ "kv-type", LL_OPT_STRING, "f16 bf16 q8_0 q4_0 f32" },
	{ "limit", LL_OPT_INT, NULL },
	{ "logprobs", LL_OPT_INT, NULL },
	{ "min-length", LL_OPT_INT, NULL },
	{ "min-p", LL_OPT_DOUBLE, NULL },
	{ "mirostat", LL_OPT_INT, NULL },
	{ "mirostat-eta", LL_OPT_DOUBLE, NULL },
	{ "mirostat-tau", LL_OPT_DOUBLE, NULL },
	{ "model", LL_OPT_STRING, NULL },
	{ "pack", LL_OPT_STRING, "auto always never" },
	{ "penalty-window", LL_OPT_INT, NULL },
	{ "precision", LL_OPT_STRING, "default f32" },
	{ "presence-penalty", LL_OPT_DOUBLE, NULL },
	{ "preset", LL_OPT_STRING, NULL },
	{ "quiet", LL_OPT_FLAG, NULL },
	{ "repetition-penalty", LL_OPT_DOUBLE, NULL },
	{ "samplers", LL_OPT_STRING, NULL },
	{ "seed", LL_OPT_UINT, NULL },
	{ "system", LL_OPT_STRING, NULL },
	{ "temperature", LL_OPT_DOUBLE, NULL },
	{ "threads", LL_OPT_INT, NULL },
	{ "top-k", LL_OPT_INT, NULL },
	{ "top-n-sigma", LL_OPT_DOUBLE, NULL },
	{ "top-p", LL_OPT_DOUBLE, NULL },
	{ "typical-p", LL_OPT_DOUBLE, NULL },
	{ "verbose", LL_OPT_FLAG, NULL },
	{ "xtc-probability", LL_OPT_DOUBLE, NULL },
	{ "xtc-threshold", LL_OPT_DOUBLE, NULL },
	{ 0 }
};

/* Sections; a name that is none of these is a mistake. */
static const char *const programs[] = {
	"ll-batch", "ll-bench", "ll-cat", "ll-chat", "ll-convert", "ll-diff", "ll-distill", "ll-embed", "ll-forward",
	"ll-info", "ll-lens", "ll-mix", "ll-plot", "ll-pool", "ll-quantize", "ll-sample", "ll-score", "ll-steer",
	"ll-tokenize", "ll-topk", "ll-train", "ll-train-bpe", "ll-tune",
};

static struct ll_config_file files[LL_CONFIG_FILES], shared[2];
static size_t file_count;
static bool files_read, shared_read;
const char *ll_config_default_model;

const struct ll_config_key *
ll_config_key(const char *name)
{
	for (const struct ll_config_key *key = ll_config_keys; key->name != NULL; key++)
		if (strcmp(key->name, name) == 0)
			return key;
	return NULL;
}

void
ll_config_variable(const struct ll_config_key *key, char *out, size_t size)
{
	snprintf(out, size, "LL_%s", key->name);
	for (; *out != '\0'; out++)
		*out = *out == '-' ? '_' : (char)toupper((unsigned char)*out);
}

static bool
is_program(const char *name)
{
	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++)
		if (strcmp(programs[i], name) == 0)
			return true;
	return false;
}

static int
refuse(const struct ll_config_file *file, const struct ll_yaml *node, const char *why, struct ll_err *err)
{
	return ll_fail(err, LL_ECONFIG, "%s:%zu: %s: %s", file->path, node->line,
	    node->key != NULL ? node->key : "the file", why);
}

/* A value of its key's type; bounds are each program's own. */
static int
check_value(const struct ll_config_file *file, const struct ll_yaml *node, struct ll_err *err)
{
	const struct ll_config_key *key = ll_config_key(node->key);
	struct ll_opt option = { .type = key->type, .name = key->name };
	union { bool flag; int64_t whole; uint64_t big; double real; const char *text; } value;
	char why[300];

	option.value = &value;
	if (node->kind != LL_YAML_SCALAR)
		return refuse(file, node, "wants one value, not a list or mapping", err);
	if (ll_yaml_is_null(node))
		return refuse(file, node, "has no value", err);
	if (memchr(node->text, '\0', node->length) != NULL)
		return refuse(file, node, "has a zero byte", err);
	if (key->type == LL_OPT_STRING)
		return 0;
	if (!node->plain)
		return refuse(file, node, key->type == LL_OPT_FLAG ? "is text, not true or false" :
		    "is text, not a number", err);
	if (!ll_opt_store(&option, node->text, why, sizeof(why)))
		return refuse(file, node, why, err);
	return 0;
}

/* A section of a program or a preset. */
static int
check_settings(const struct ll_config_file *file, const struct ll_yaml *section, bool preset, struct ll_err *err)
{
	int status = 0;

	if (section->kind != LL_YAML_MAP)
		return ll_yaml_is_null(section) ? 0 : refuse(file, section, "wants a mapping", err);
	for (const struct ll_yaml *node = section->first; node != NULL && status == 0; node = node->next) {
		if (ll_config_key(node->key) == NULL)
			status = refuse(file, node, "unknown key", err);
		else if (preset && (strcmp(node->key, "preset") == 0 || strcmp(node->key, "model") == 0))
			status = refuse(file, node, "has no place in a preset", err);
		else
			status = check_value(file, node, err);
	}
	return status;
}

static int
check_models(const struct ll_config_file *file, const struct ll_yaml *section, struct ll_err *err)
{
	if (section->kind != LL_YAML_MAP)
		return ll_yaml_is_null(section) ? 0 : refuse(file, section, "wants a mapping", err);
	for (const struct ll_yaml *node = section->first; node != NULL; node = node->next) {
		if (*node->key == '\0' || strchr(node->key, '/') != NULL)
			return refuse(file, node, "a model's name is not empty and has no '/'", err);
		if (node->kind != LL_YAML_SCALAR || node->length == 0 || ll_yaml_is_null(node) ||
		    memchr(node->text, '\0', node->length) != NULL)
			return refuse(file, node, "wants the path of a model", err);
	}
	return 0;
}

static int
check_presets(const struct ll_config_file *file, const struct ll_yaml *section, struct ll_err *err)
{
	int status = 0;

	if (section->kind != LL_YAML_MAP)
		return ll_yaml_is_null(section) ? 0 : refuse(file, section, "wants a mapping", err);
	for (const struct ll_yaml *node = section->first; node != NULL && status == 0; node = node->next)
		status = check_settings(file, node, true, err);
	return status;
}

static int
check_file(const struct ll_config_file *file, struct ll_err *err)
{
	int status = 0;

	if (file->root->kind != LL_YAML_MAP)
		return refuse(file, file->root, "wants a mapping", err);
	for (const struct ll_yaml *node = file->root->first; node != NULL && status == 0; node = node->next) {
		if (strcmp(node->key, "models") == 0)
			status = check_models(file, node, err);
		else if (strcmp(node->key, "presets") == 0)
			status = check_presets(file, node, err);
		else if (is_program(node->key))
			status = check_settings(file, node, false, err);
		else if (ll_config_key(node->key) != NULL)
			status = check_value(file, node, err);
		else
			status = refuse(file, node, "unknown key", err);
	}
	return status;
}

int
ll_config_parse(struct ll_config_file *file, const char *text, size_t length, struct ll_err *err)
{
	int status = ll_yaml_parse(&file->root, text, length, file->path, LL_ECONFIG, err);

	return status < 0 ? status : check_file(file, err);
}

/* 1 when the file is not there and need not be. O_NONBLOCK: a FIFO must be refused, not waited for. */
static int
read_file(struct ll_config_file *file, const char *path, bool must, struct ll_err *err)
{
	struct ll_buf text = { 0 };
	struct stat info;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), status = 0;
	ssize_t got = 1;

	if (fd < 0 && !must && (errno == ENOENT || errno == ENOTDIR))
		return 1;
	if (fd < 0)
		return ll_fail_errno(err, LL_ECONFIG, "%s", path);
	if (fstat(fd, &info) == 0 && S_ISFIFO(info.st_mode))
		status = ll_fail(err, LL_ECONFIG, "%s: is a pipe, which only one program could read", path);
	while (status == 0 && got > 0 && text.len <= MOST_BYTES) {
		if ((status = ll_buf_room(&text, 4096, err)) < 0)
			break;
		got = read(fd, text.data + text.len, 4096);
		if (got > 0)
			text.len += (size_t)got;
	}
	if (status == 0 && got < 0)
		status = ll_fail_errno(err, LL_ECONFIG, "%s", path);
	if (status == 0 && text.len > MOST_BYTES)
		status = ll_fail(err, LL_ECONFIG, "%s: is longer than %u bytes", path, MOST_BYTES);
	close(fd);
	file->path = ll_copy(path, strlen(path), err);
	if (status == 0 && file->path == NULL)
		status = -LL_ENOMEM;
	if (status == 0)
		status = ll_config_parse(file, text.data, text.len, err);
	ll_buf_free(&text);
	return status;
}

static int
add_file(const char *path, bool must, struct ll_err *err)
{
	int status = read_file(&files[file_count], path, must, err);

	file_count += status == 0;
	return status < 0 ? status : 0;
}

/* LL_CONFIG: paths separated by colons, which must be there; empty: no files. */
static int
read_named(const char *list, struct ll_err *err)
{
	char path[PATH_MAX];
	int status = 0;

	while (*list != '\0' && status == 0) {
		size_t length = strcspn(list, ":");

		if (length >= sizeof(path) || file_count == LL_CONFIG_FILES)
			return ll_fail(err, LL_ECONFIG, "LL_CONFIG: too long or more than %d files", LL_CONFIG_FILES);
		memcpy(path, list, length);
		path[length] = '\0';
		if (length > 0)
			status = add_file(path, true, err);
		list += length + (list[length] == ':');
	}
	return status;
}

int
ll_config_read(const struct ll_config_file **out, size_t *count, struct ll_err *err)
{
	const char *named = getenv("LL_CONFIG"), *xdg = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	char path[PATH_MAX] = "";
	int status = 0;

	if (!files_read && named != NULL) {
		status = read_named(named, err);
	} else if (!files_read) {
		/* As the XDG base directory specification has it: a relative path counts as none. */
		if (xdg != NULL && xdg[0] == '/')
			snprintf(path, sizeof(path), "%s/ll.yaml", xdg);
		else if (home != NULL && home[0] == '/')
			snprintf(path, sizeof(path), "%s/.config/ll.yaml", home);
		if ((status = add_file("/etc/ll.yaml", false, err)) == 0 && path[0] != '\0')
			status = add_file(path, false, err);
	}
	files_read = true;
	*out = files;
	*count = file_count;
	return status;
}

bool
ll_config_shared(char *path, size_t size, const char *name)
{
	char program[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", program, sizeof(program) - 1);

	program[length > 0 ? length : 0] = '\0';
	for (int up = 0; up < 2 && length > 0; up++)
		if (strrchr(program, '/') != NULL)
			*strrchr(program, '/') = '\0';
	snprintf(path, size, "%s/share/ll/%s", length > 0 ? program : "/usr/local", name);
	return access(path, R_OK) == 0;
}

/* What is installed with the programs. Read when it is wanted. */
static int
read_shared(struct ll_err *err)
{
	static const char *const names[] = { "models.yaml", "presets.yaml" };
	int status = 0;

	if (shared_read)
		return 0;
	shared_read = true;
	for (size_t i = 0; i < 2 && status >= 0; i++) {
		char full[PATH_MAX + 40];

		(void)ll_config_shared(full, sizeof(full), names[i]);
		status = read_file(&shared[i], full, false, err);
	}
	return status < 0 ? status : 0;
}

/* In the user's files, the last first, then in the shared ones. */
static const struct ll_yaml *
find(const char *section, const char *name, const struct ll_config_file **from, struct ll_err *err)
{
	const struct ll_yaml *map, *found;

	for (size_t i = file_count; i-- > 0;) {
		*from = &files[i];
		if ((map = ll_yaml_get(files[i].root, section)) != NULL && (found = ll_yaml_get(map, name)) != NULL)
			return found;
	}
	if (read_shared(err) < 0)
		return NULL;
	for (size_t i = 0; i < 2; i++) {
		*from = &shared[i];
		if (shared[i].root != NULL && (map = ll_yaml_get(shared[i].root, section)) != NULL &&
		    (found = ll_yaml_get(map, name)) != NULL)
			return found;
	}
	return NULL;
}

void
ll_config_names(const char *section, void (*each)(const char *name, void *arg), void *arg)
{
	struct ll_err ignored = { 0 };

	read_shared(&ignored);
	for (size_t i = 0; i < file_count + 2; i++) {
		const struct ll_config_file *file = i < 2 ? &shared[i] : &files[i - 2];
		const struct ll_yaml *map = file->root != NULL ? ll_yaml_get(file->root, section) : NULL;

		for (const struct ll_yaml *node = map != NULL ? map->first : NULL; node != NULL; node = node->next) {
			bool before = false;

			for (size_t j = 0; j < i && !before; j++) {
				const struct ll_yaml *other = j < 2 ? shared[j].root : files[j - 2].root;

				other = other != NULL ? ll_yaml_get(other, section) : NULL;
				before = other != NULL && ll_yaml_get(other, node->key) != NULL;
			}
			if (!before)
				each(node->key, arg);
		}
	}
}

static void
add_name(const char *name, void *arg)
{
	char *list = arg;
	size_t length = strlen(list);

	snprintf(list + length, 400 - length, "%s%s", length > 0 ? ", " : "", name);
}

int
ll_config_preset(const char *name, const struct ll_yaml **preset, const char **path, struct ll_err *err)
{
	const struct ll_config_file *file;
	char list[400] = "";

	if ((*preset = find("presets", name, &file, err)) != NULL) {
		*path = file->path;
		return 0;
	}
	if (err->code != 0)
		return -err->code;
	ll_config_names("presets", add_name, list);
	return ll_fail(err, LL_ECONFIG, "no preset '%.100s'%s%s", name,
	    list[0] != '\0' ? "; there are " : "; there are none", list);
}

/* Kept texts, so that they are not lost from sight. */
static char **kept;
static size_t kept_count, kept_cap;

const char *
ll_config_keep(char *text, struct ll_err *err)
{
	if (text == NULL || ll_grow(&kept, &kept_cap, kept_count + 1, sizeof(*kept), err) < 0) {
		free(text);
		return NULL;
	}
	kept[kept_count++] = text;
	return text;
}

/* The folder that the beginning of a path stands for, and its length; without HOME the path stays as it is. */
static const char *
stands_for(const char *text, size_t *length)
{
	static const char cache[] = "~/.cache";
	const char *xdg = getenv("XDG_CACHE_HOME");

	*length = sizeof(cache) - 1;
	if (xdg != NULL && xdg[0] == '/' && strncmp(text, cache, *length) == 0 && text[*length] == '/')
		return xdg;
	*length = 1;
	return text[0] == '~' && text[1] == '/' ? getenv("HOME") : NULL;
}

const char *
ll_config_path(const char *text, const char *file, struct ll_err *err)
{
	const char *slash = strrchr(file, '/'), *folder;
	struct ll_buf path = { 0 };
	size_t length;

	if ((folder = stands_for(text, &length)) != NULL)
		ll_buf_puts(&path, folder, err);
	else if (text[0] != '/' && strncmp(text, "~/", 2) != 0 && slash != NULL)
		ll_buf_add(&path, file, (size_t)(slash - file) + 1, err);
	ll_buf_puts(&path, folder != NULL ? text + length : text, err);
	if (err->code != 0)
		ll_buf_free(&path);
	return ll_config_keep(path.data, err);
}

int
ll_config_model(const char **path, struct ll_err *err)
{
	const struct ll_config_file *file;
	const struct ll_yaml *found;

	if (strchr(*path, '/') != NULL || **path == '\0')
		return 0;
	if ((found = find("models", *path, &file, err)) == NULL)
		return -err->code;
	*path = ll_config_path(found->text, file->path, err);
	return *path == NULL ? -LL_ENOMEM : 0;
}

void
ll_config_seal(void)
{
	setenv("LL_CONFIG", "", 1);
	for (const struct ll_config_key *key = ll_config_keys; key->name != NULL; key++) {
		char variable[40];

		ll_config_variable(key, variable, sizeof(variable));
		/* The model may still be wanted here. */
		if (strcmp(key->name, "model") != 0)
			unsetenv(variable);
	}
}
