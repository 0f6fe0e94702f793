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

/* The name's beginning, if it ends like that; else 0. */
static size_t
before(const char *name, const char *ending)
{
	size_t length = strlen(name), end = strlen(ending);

	return length > end && strcmp(name + length - end, ending) == 0 ? length - end : 0;
}

static float
load_number(const struct ll_source_tensor *tensor, size_t i)
{
	return tensor->type == LL_F32 ? ll_load_f32(tensor->data + 4 * i) :
	    tensor->type == LL_F16 ? ll_f16_to_f32(ll_load16(tensor->data + 2 * i)) :
	    ll_bf16_to_f32(ll_load16(tensor->data + 2 * i));
}

/* The scales of a matrix's rows: one for each, or one for all. */
static int
attach_scales(struct ll_source *source, const struct ll_source_tensor *scales, struct ll_err *err)
{
	size_t stem = before(scales->name, "_scale"), count = (size_t)(scales->ne[0] * scales->ne[1]);
	char own[LL_NAME_ROOM], name[LL_NAME_ROOM];
	struct ll_source_tensor *tensor = NULL;
	float *rows;

	/* Rows are at most what the file has of each, so the products above cannot wrap. */
	if (stem < sizeof(own)) {
		memcpy(own, scales->name, stem);
		own[stem] = '\0';
		if (ll_name_to_gguf(name, source->container, own))
			tensor = (struct ll_source_tensor *)(uintptr_t)ll_source_find(source, name);
	}
	if (tensor == NULL || tensor->type != LL_F8_E4M3 || tensor->dims != 2)
		return ll_fail(err, LL_EDATA, "%s: %.128s: there is no F8_E4M3 matrix that it scales", scales->file,
		    scales->name);
	if (scales->type != LL_F32 && scales->type != LL_F16 && scales->type != LL_BF16)
		return ll_fail(err, LL_EUNSUPPORTED, "%s: %.128s: only scales in F32, F16 and BF16 are supported",
		    scales->file, scales->name);
	if (scales->ne[2] != 1 || scales->ne[3] != 1 || (count != 1 && count != tensor->ne[1]) ||
	    (count > 1 && scales->ne[0] != 1 && scales->ne[1] != 1))
		return ll_fail(err, LL_EDATA, "%s: %.128s: %zu x %zu scales for %zu rows", scales->file, scales->name,
		    (size_t)scales->ne[1], (size_t)scales->ne[0], (size_t)tensor->ne[1]);
	if ((rows = ll_alloc((size_t)tensor->ne[1], sizeof(*rows), err)) == NULL)
		return -LL_ENOMEM;
	for (size_t i = 0; i < tensor->ne[1]; i++)
		rows[i] = load_number(scales, count > 1 ? i : 0);
	tensor->scales = rows;
	return ll_source_keep(source, rows, err);
}

/*
 * What is no weight: scales go to their matrix; how activations are rounded to 8 bits is left
 * out, as they are not rounded so here; rotary frequencies follow from config.json.
 */
int
ll_source_hf_settle(struct ll_source *source, struct ll_err *err)
{
	size_t kept = 0;
	int status = source->sorted == NULL ? ll_source_finish(source, err) : 0;

	for (size_t i = 0; i < source->count && status == 0; i++)
		if (before(source->tensors[i].name, ".weight_scale") != 0)
			status = attach_scales(source, &source->tensors[i], err);
	if (status < 0)
		return status;
	for (size_t i = 0; i < source->count; i++) {
		struct ll_source_tensor *tensor = &source->tensors[i];

		if (before(tensor->name, ".weight_scale") == 0 && before(tensor->name, ".input_scale") == 0 &&
		    before(tensor->name, ".input_scale_ub") == 0 &&
		    before(tensor->name, ".self_attn.rotary_emb.inv_freq") == 0) {
			source->tensors[kept++] = *tensor;
		} else {
			free(tensor->name);
			free(tensor->own);
		}
	}
	source->count = kept;
	free(source->sorted);
	source->sorted = NULL;
	return ll_source_finish(source, err);
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
	if (status < 0 || (status = read_weights(*out, err)) < 0 || (status = ll_source_hf_settle(*out, err)) < 0) {
		ll_source_close(*out);
		*out = NULL;
		return status;
	}
	return 0;
}
