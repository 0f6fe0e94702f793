/*
 * The vocabulary of a folder, as Hugging Face and Meta publish models; see model.h. The
 * tokens are in tokenizer.json or tokenizer.model; what the other files add, where they are
 * there, is which tokens begin and end a text and the chat template.
 */

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/io.h"
#include "base/json.h"
#include "model/model.h"
#include "model/vocab_make.h"

struct folder {
	const char *path;
	struct ll_vocab *vocab;
	struct ll_err *err;
};

/* The path of a file in the folder; 1 if it is there, 0 if not. */
static int
find_file(const struct folder *folder, const char *name, char path[PATH_MAX])
{
	if (snprintf(path, PATH_MAX, "%s/%s", folder->path, name) >= PATH_MAX)
		return ll_fail(folder->err, LL_EINPUT, "%s: path is too long", folder->path);
	if (access(path, F_OK) == 0)
		return 1;
	return errno == ENOENT || errno == ENOTDIR ? 0 : ll_fail_errno(folder->err, LL_EINPUT, "%s", path);
}

/* *root is NULL if there is no such file. */
static int
read_json(const struct folder *folder, const char *name, struct ll_json **root, char path[PATH_MAX])
{
	struct ll_map map;
	int status = find_file(folder, name, path);

	*root = NULL;
	if (status <= 0 || (status = ll_map_open(&map, path, folder->err)) < 0)
		return status;
	status = ll_json_parse_settings(root, (const char *)map.data, map.size, path, folder->err);
	ll_map_close(&map);
	return status;
}

static int
check_id(const struct folder *folder, const struct ll_json *value, const char *path, const char *key, uint32_t *id)
{
	double number;

	if (!ll_json_number(value, &number) || number < 0 || number >= (double)folder->vocab->count ||
	    number != (double)(uint32_t)number)
		return ll_fail(folder->err, LL_EDATA, "%s: %s: not an id of the %zu tokens", path, key,
		    folder->vocab->count);
	*id = (uint32_t)number;
	return 0;
}

/* eos_token_id of a config: a number or a list of them, or null; each ends a text. */
static int
read_stops(const struct folder *folder, const struct ll_json *root, const char *path)
{
	const struct ll_json *value = ll_json_get(root, "eos_token_id");
	bool list = ll_json_is_array(value);
	int status = 0;
	uint32_t id;

	if (value == NULL || ll_json_is_null(value))
		return 0;
	for (size_t i = 0; i < (list ? ll_json_count(value) : 1) && status == 0; i++) {
		status = check_id(folder, list ? ll_json_at(value, i) : value, path, "eos_token_id", &id);
		if (status == 0 && !ll_vocab_add_stop(folder->vocab, id))
			status = ll_fail(folder->err, LL_EUNSUPPORTED, "%s: eos_token_id: too many tokens end a text", path);
		if (status == 0 && folder->vocab->eos == LL_VOCAB_NONE)
			folder->vocab->eos = id;
	}
	return status;
}

static int
read_config(const struct folder *folder, const char *name)
{
	struct ll_vocab *vocab = folder->vocab;
	const struct ll_json *bos;
	char path[PATH_MAX];
	struct ll_json *root;
	int status = read_json(folder, name, &root, path);

	if (status < 0 || root == NULL)
		return status;
	status = read_stops(folder, root, path);
	bos = ll_json_get(root, "bos_token_id");
	if (status == 0 && vocab->bos == LL_VOCAB_NONE && bos != NULL && !ll_json_is_null(bos))
		status = check_id(folder, bos, path, "bos_token_id", &vocab->bos);
	ll_json_free(root);
	return status;
}

/* The special token of this text, or LL_VOCAB_NONE. */
static uint32_t
find_special(const struct ll_vocab *vocab, const char *text, size_t length)
{
	for (size_t i = 0; i < vocab->count; i++) {
		const struct ll_piece *piece = &vocab->pieces[i];

		if (piece->type != LL_TOKEN_NORMAL && piece->type != LL_TOKEN_BYTE && piece->type != LL_TOKEN_UNUSED &&
		    piece->length == length && memcmp(piece->bytes, text, length) == 0)
			return (uint32_t)i;
	}
	return LL_VOCAB_NONE;
}

/* A text, or an object with it as content; NULL if it is neither. */
static const char *
token_text(const struct ll_json *value, size_t *length)
{
	return ll_json_text_of(ll_json_is_object(value) ? ll_json_get(value, "content") : value, length);
}

/* A token by its text; left as it is where there is none. */
static int
read_token(const struct folder *folder, const struct ll_json *root, const char *path, const char *key, uint32_t *id)
{
	const struct ll_json *value = ll_json_get(root, key);
	uint32_t found;
	size_t length;
	const char *text;

	if (value == NULL || ll_json_is_null(value))
		return 0;
	if ((text = token_text(value, &length)) == NULL)
		return ll_fail(folder->err, LL_EDATA, "%s: %s: not a text", path, key);
	if ((found = find_special(folder->vocab, text, length)) == LL_VOCAB_NONE)
		return ll_fail(folder->err, LL_EDATA, "%s: %s: '%.100s' is no special token of the vocabulary", path, key,
		    text);
	*id = found;
	return 0;
}

/* One text, or a list of named ones, of which "default" counts. */
static int
read_template(const struct folder *folder, const struct ll_json *root)
{
	const struct ll_json *value = ll_json_get(root, "chat_template");
	size_t length;
	const char *text = ll_json_text_of(value, &length);

	for (size_t i = 0; i < ll_json_count(value) && text == NULL; i++) {
		const struct ll_json *one = ll_json_at(value, i);
		const char *name = ll_json_text_of(ll_json_get(one, "name"), NULL);

		if (name != NULL && strcmp(name, "default") == 0)
			text = ll_json_text_of(ll_json_get(one, "template"), &length);
	}
	return text == NULL ? 0 : ll_vocab_set_template(folder->vocab, text, length, folder->err);
}

/* Tokens that only this file has: the vocabulary would be too short without them. */
static int
check_added(const struct folder *folder, const struct ll_json *root, const char *path)
{
	const struct ll_json *value;
	void *cursor = NULL;
	const char *key;

	while (ll_json_next(ll_json_get(root, "added_tokens_decoder"), &cursor, &key, &value)) {
		size_t id = 0;

		for (const char *p = key; *p >= '0' && *p <= '9' && id < folder->vocab->count; p++)
			id = 10 * id + (size_t)(*p - '0');
		if (id >= folder->vocab->count)
			return ll_fail(folder->err, LL_EUNSUPPORTED,
			    "%s: added_tokens_decoder: token %.20s is not in the vocabulary's file: only a tokenizer.json "
			    "may have added tokens", path, key);
	}
	return 0;
}

static int
apply_tokenizer_config(const struct folder *folder, const struct ll_json *root, const char *path)
{
	const struct ll_json *add_bos = ll_json_get(root, "add_bos_token");
	struct ll_vocab *vocab = folder->vocab;
	const char *pad;
	size_t length;
	int status;

	if ((status = check_added(folder, root, path)) < 0 ||
	    (status = read_token(folder, root, path, "bos_token", &vocab->bos)) < 0 ||
	    (status = read_token(folder, root, path, "eos_token", &vocab->eos)) < 0 ||
	    (status = read_template(folder, root)) < 0)
		return status;
	if (vocab->eos != LL_VOCAB_NONE && !ll_vocab_add_stop(vocab, vocab->eos))
		return ll_fail(folder->err, LL_EUNSUPPORTED, "%s: eos_token: too many tokens end a text", path);
	/* Nothing here depends on it. */
	if ((pad = token_text(ll_json_get(root, "pad_token"), &length)) != NULL)
		vocab->pad = find_special(vocab, pad, length);
	if (add_bos != NULL && !ll_json_is_null(add_bos))
		vocab->add_bos = ll_json_is_true(add_bos);
	if (vocab->add_bos && vocab->bos == LL_VOCAB_NONE)
		return ll_fail(folder->err, LL_EDATA, "%s: add_bos_token: there is no bos_token", path);
	return 0;
}

static int
read_tokenizer_config(const struct folder *folder)
{
	char path[PATH_MAX];
	struct ll_json *root;
	int status = read_json(folder, "tokenizer_config.json", &root, path);

	if (status < 0 || root == NULL)
		return status;
	status = apply_tokenizer_config(folder, root, path);
	ll_json_free(root);
	return status;
}

/* A file of its own counts before the one in tokenizer_config.json. */
static int
read_template_file(const struct folder *folder)
{
	char path[PATH_MAX];
	struct ll_map map;
	int status = find_file(folder, "chat_template.jinja", path);

	if (status <= 0 || (status = ll_map_open(&map, path, folder->err)) < 0)
		return status;
	status = ll_vocab_set_template(folder->vocab, (const char *)map.data, map.size, folder->err);
	ll_map_close(&map);
	return status;
}

static int
read_tokens(struct folder *folder)
{
	static const char *const names[] = { "tokenizer.json", "tokenizer.model" };
	char path[PATH_MAX];

	for (size_t i = 0; i < 2; i++) {
		int status = find_file(folder, names[i], path);

		if (status != 0)
			return status < 0 ? status : ll_vocab_open(&folder->vocab, path, folder->err);
	}
	return ll_fail(folder->err, LL_EINPUT, "%s: is a directory with neither tokenizer.json nor tokenizer.model in it",
	    folder->path);
}

int
ll_vocab_open_folder(struct ll_vocab **out, const char *dir, struct ll_err *err)
{
	struct folder folder = { .path = dir, .err = err };
	int status;

	*out = NULL;
	if ((status = read_tokens(&folder)) < 0)
		return status;
	if ((status = read_tokenizer_config(&folder)) < 0 || (status = read_template_file(&folder)) < 0 ||
	    (status = read_config(&folder, "generation_config.json")) < 0 ||
	    (status = read_config(&folder, "config.json")) < 0) {
		ll_vocab_free(folder.vocab);
		return status;
	}
	*out = folder.vocab;
	return 0;
}
