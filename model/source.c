/*
 * Sources of tensors, whatever the container: growing, sorting, closing; see source.h. The
 * containers are read by source_gguf.c, source_hf.c and source_meta.c.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "model/gguf.h"
#include "model/source_make.h"

/* A config.json has some KiB, an index some hundred. */
#define JSON_MOST (16u << 20)

int
ll_source_new(struct ll_source **out, enum ll_container container, const char *path, struct ll_err *err)
{
	struct ll_source *source = ll_alloc(1, sizeof(*source), err);

	*out = NULL;
	if (source == NULL)
		return -LL_ENOMEM;
	source->container = container;
	if ((source->path = ll_copy(path, strlen(path), err)) == NULL) {
		free(source);
		return -LL_ENOMEM;
	}
	*out = source;
	return 0;
}

void
ll_source_close(struct ll_source *source)
{
	if (source == NULL)
		return;
	for (size_t i = 0; i < source->count; i++) {
		free(source->tensors[i].name);
		free(source->tensors[i].own);
	}
	for (size_t i = 0; i < source->part_count; i++)
		ll_gguf_close(source->parts[i]);
	for (size_t i = 0; i < source->map_count; i++)
		ll_map_close(&source->maps[i]);
	for (size_t i = 0; i < source->block_count; i++)
		free(source->blocks[i]);
	ll_json_free(source->config);
	free(source->tensors);
	free(source->sorted);
	free(source->parts);
	free(source->sizes);
	free(source->maps);
	free(source->blocks);
	free(source->path);
	free(source);
}

int
ll_source_add(struct ll_source *source, struct ll_source_tensor **out, const char *name, const char *own,
    struct ll_err *err)
{
	struct ll_source_tensor *tensor;

	if (ll_grow(&source->tensors, &source->cap, source->count + 1, sizeof(*tensor), err) < 0)
		return -LL_ENOMEM;
	tensor = &source->tensors[source->count];
	*tensor = (struct ll_source_tensor){ .file = source->path, .ne = { 1, 1, 1, 1 } };
	if ((tensor->name = ll_copy(name, strlen(name), err)) == NULL)
		return -LL_ENOMEM;
	source->count++;
	if (own != NULL && (tensor->own = ll_copy(own, strlen(own), err)) == NULL)
		return -LL_ENOMEM;
	*out = tensor;
	return 0;
}

int
ll_source_keep(struct ll_source *source, void *block, struct ll_err *err)
{
	if (ll_grow(&source->blocks, &source->block_cap, source->block_count + 1, sizeof(void *), err) < 0) {
		free(block);
		return -LL_ENOMEM;
	}
	source->blocks[source->block_count++] = block;
	return 0;
}

int
ll_source_path(struct ll_source *source, const char **out, const char *folder, const char *name, struct ll_err *err)
{
	struct ll_buf path = { 0 };
	size_t length = strlen(folder);
	const char *slash = length > 0 && folder[length - 1] == '/' ? "" : "/";
	int status = ll_buf_printf(&path, err, "%s%s%s", folder, slash, name);

	if (status < 0)
		ll_buf_free(&path);
	else
		status = ll_source_keep(source, path.data, err);
	*out = path.data;
	return status;
}

int
ll_source_map(struct ll_source *source, struct ll_map *map, const char *path, struct ll_err *err)
{
	int status = ll_grow(&source->maps, &source->map_cap, source->map_count + 1, sizeof(*map), err);

	if (status < 0 || (status = ll_map_open(map, path, err)) < 0)
		return status;
	source->maps[source->map_count++] = *map;
	source->size += map->size;
	return 0;
}

int
ll_source_json(struct ll_json **out, const char *path, struct ll_err *err)
{
	struct ll_map map;
	int status;

	if (access(path, F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if ((status = ll_map_open(&map, path, err)) < 0)
		return status;
	if (map.size > JSON_MOST)
		status = ll_fail(err, LL_EDATA, "%s: %zu bytes are more than %u", path, map.size, JSON_MOST);
	else
		status = ll_json_parse_settings(out, (const char *)map.data, map.size, path, err);
	ll_map_close(&map);
	return status < 0 ? status : 1;
}

static int
by_name(const void *a, const void *b)
{
	const struct ll_source_tensor *x = *(const struct ll_source_tensor *const *)a;
	const struct ll_source_tensor *y = *(const struct ll_source_tensor *const *)b;
	size_t n = strlen(x->name), m = strlen(y->name);

	return n != m ? (n < m ? -1 : 1) : memcmp(x->name, y->name, n);
}

int
ll_source_finish(struct ll_source *source, struct ll_err *err)
{
	if ((source->sorted = ll_alloc(source->count, sizeof(*source->sorted), err)) == NULL)
		return -LL_ENOMEM;
	for (size_t i = 0; i < source->count; i++)
		source->sorted[i] = &source->tensors[i];
	qsort(source->sorted, source->count, sizeof(*source->sorted), by_name);
	for (size_t i = 1; i < source->count; i++)
		if (strcmp(source->sorted[i - 1]->name, source->sorted[i]->name) == 0)
			return ll_fail(err, LL_EDATA, "%s: tensor %.128s is in %.300s, too", source->sorted[i]->file,
			    ll_source_label(source->sorted[i]), source->sorted[i - 1]->file);
	return 0;
}

void
ll_source_release(const struct ll_source *source, const void *data, size_t size)
{
	for (size_t i = 0; i < source->part_count; i++)
		ll_map_release(&source->parts[i]->map, data, size);
	for (size_t i = 0; i < source->map_count; i++)
		ll_map_release(&source->maps[i], data, size);
}

const struct ll_source_tensor *
ll_source_find(const struct ll_source *source, const char *name)
{
	struct ll_source_tensor key = { .name = (char *)(uintptr_t)name }, *at = &key, **found;

	if (source->count == 0)
		return NULL;
	found = bsearch(&at, source->sorted, source->count, sizeof(*source->sorted), by_name);
	return found != NULL ? *found : NULL;
}

const char *
ll_source_kind(const struct ll_source *source)
{
	static const char *const kinds[] = { "GGUF", "safetensors", "Meta" };

	return kinds[source->container];
}

static int
open_folder(struct ll_source **out, const char *path, struct ll_err *err)
{
	static const char *const names[] = { "config.json", "params.json" };
	bool is[2];

	for (int i = 0; i < 2; i++) {
		struct ll_buf file = { 0 };

		if (ll_buf_printf(&file, err, "%s/%s", path, names[i]) < 0)
			return -LL_ENOMEM;
		is[i] = access(file.data, F_OK) == 0;
		ll_buf_free(&file);
	}
	/* Hugging Face's folders of Meta's models may have a params.json below, never beside. */
	if (is[0])
		return ll_source_hf(out, path, err);
	if (is[1])
		return ll_source_meta(out, path, err);
	return ll_fail(err, LL_EINPUT, "%s: a folder with neither config.json (Hugging Face's) nor params.json "
	    "(Meta's)", path);
}

int
ll_source_open(struct ll_source **out, const char *path, struct ll_err *err)
{
	struct stat info;

	*out = NULL;
	if (stat(path, &info) == 0 && S_ISDIR(info.st_mode))
		return open_folder(out, path, err);
	return ll_source_gguf(out, path, err);
}
