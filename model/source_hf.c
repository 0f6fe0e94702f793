/*
 * Hugging Face's folders as sources of tensors: config.json, and model.safetensors or the
 * shards that model.safetensors.index.json names; see source.h. What config.json means is
 * hparams_hf.c's.
 */

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "model/safetensors.h"
#include "model/source_make.h"
#include "tensor/dtype.h"

#define FILES_MOST 1024

struct files {
	const char **names;	/* borrowed from the index */
	size_t count, cap;
};

static int
read_file(struct ll_source *source, const char *path, struct ll_err *err)
{
	struct ll_map map;
	int status = ll_source_map(source, &map, path, err);

	return status < 0 ? status : ll_safetensors_read(source, map.data, map.size, path, err);
}

/* A file of this folder and no other. */
static bool
is_plain(const char *name)
{
	return name[0] != '\0' && name[0] != '.' && strchr(name, '/') == NULL;
}

/* The number of a file, added if it is new. Neighbours are mostly in the same one. */
static int
file_number(struct files *files, const char *name, const char *index, struct ll_err *err)
{
	for (size_t i = files->count; i-- > 0;)
		if (strcmp(files->names[i], name) == 0)
			return (int)i;
	if (!is_plain(name))
		return ll_fail(err, LL_EDATA, "%s: weight_map: '%.128s' is no file of this folder", index, name);
	if (files->count == FILES_MOST)
		return ll_fail(err, LL_EDATA, "%s: weight_map: more than %d files", index, FILES_MOST);
	if (ll_grow(&files->names, &files->cap, files->count + 1, sizeof(*files->names), err) < 0)
		return -LL_ENOMEM;
	files->names[files->count] = name;
	return (int)files->count++;
}

static int
gather_files(struct files *files, const struct ll_json *map, const char *index, struct ll_err *err)
{
	const struct ll_json *value;
	void *cursor = NULL;
	const char *name;

	while (ll_json_next(map, &cursor, &name, &value)) {
		const char *file = ll_json_text_of(value, NULL);
		int status;

		if (file == NULL)
			return ll_fail(err, LL_EDATA, "%s: weight_map: %.128s: not a string", index, name);
		if ((status = file_number(files, file, index, err)) < 0)
			return status;
	}
	if (files->count == 0)
		return ll_fail(err, LL_EDATA, "%s: weight_map: names no file", index);
	return 0;
}

/* Each tensor of the index is in the file that the index says. */
static int
check_index(const struct ll_source *source, const struct ll_json *map, const char *index, struct ll_err *err)
{
	const struct ll_json *value;
	void *cursor = NULL;
	const char *name;

	while (ll_json_next(map, &cursor, &name, &value)) {
		char translated[LL_NAME_ROOM];
		bool known = ll_name_to_gguf(translated, source->container, name);
		const struct ll_source_tensor *tensor = ll_source_find(source, known ? translated : name);
		const char *file = tensor != NULL ? strrchr(tensor->file, '/') + 1 : NULL;

		if (file == NULL || strcmp(file, ll_json_text_of(value, NULL)) != 0)
			return ll_fail(err, LL_EDATA, "%s: weight_map: %.128s is not in %.128s", index, name,
			    ll_json_text_of(value, NULL));
	}
	return 0;
}

static int
read_shards(struct ll_source *source, const struct ll_json *map, const char *index, struct ll_err *err)
{
	struct files files = { 0 };
	int status = gather_files(&files, map, index, err);

	for (size_t i = 0; i < files.count && status == 0; i++) {
		const char *path;

		if ((status = ll_source_path(source, &path, source->path, files.names[i], err)) == 0)
			status = read_file(source, path, err);
	}
	free(files.names);
	if (status == 0 && (status = ll_source_finish(source, err)) == 0)
		status = check_index(source, map, index, err);
	return status;
}

static int
read_weights(struct ll_source *source, struct ll_err *err)
{
	const char *index, *single;
	struct ll_json *value;
	int status;

	if ((status = ll_source_path(source, &index, source->path, "model.safetensors.index.json", err)) < 0 ||
	    (status = ll_source_path(source, &single, source->path, "model.safetensors", err)) < 0)
		return status;
	/* Where both are there, readers take the single file. */
	if (access(single, F_OK) == 0)
		return read_file(source, single, err);
	if ((status = ll_source_json(&value, index, err)) < 0)
		return status;
	if (status == 0)
		return ll_fail(err, LL_EINPUT, "%s: neither model.safetensors nor model.safetensors.index.json is "
		    "there", source->path);
	if (ll_json_is_object(ll_json_get(value, "weight_map")))
		status = read_shards(source, ll_json_get(value, "weight_map"), index, err);
	else
		status = ll_fail(err, LL_EDATA, "%s: weight_map: not an object", index);
	ll_json_free(value);
	return status;
}

int
ll_source_hf(struct ll_source **out, const char *path, struct ll_err *err)
{
	const char *config;
	int status;

	if ((status = ll_source_new(out, LL_CONTAINER_SAFETENSORS, path, err)) < 0)
		return status;
	if ((status = ll_source_path(*out, &config, path, "config.json", err)) == 0 &&
	    (status = ll_source_json(&(*out)->config, config, err)) == 0)
		status = ll_fail(err, LL_EINPUT, "%s: No such file or directory", config);
	if (status < 0 || (status = read_weights(*out, err)) < 0 || (status = ll_source_settle(*out, err)) < 0) {
		ll_source_close(*out);
		*out = NULL;
		return status;
	}
	return 0;
}
