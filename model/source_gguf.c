/*
 * A GGUF as a source of tensors: one file, or all parts of a split one, whichever of them is
 * given; see source.h. What a split is: split.no, split.count and split.tensors.count, and a
 * name that ends in -00001-of-00003.gguf (llama.cpp's gguf-split).
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "model/gguf.h"
#include "model/source_make.h"

#define PARTS_MOST 65535

/* "-00001-of-00003.gguf" */
#define ENDING_LENGTH 20

struct split {
	uint64_t no, count, tensors;
};

static int
read_split(struct split *split, const struct ll_gguf *gguf, struct ll_err *err)
{
	int status;

	*split = (struct split){ .count = 1 };
	if ((status = ll_gguf_uint(gguf, "split.count", &split->count, err)) < 0 ||
	    (status = ll_gguf_uint(gguf, "split.no", &split->no, err)) < 0 ||
	    (status = ll_gguf_uint(gguf, "split.tensors.count", &split->tensors, err)) < 0)
		return status;
	/* A file that was split into one part is whole. */
	if (split->count == 0)
		split->count = 1;
	if (split->count > PARTS_MOST || split->no >= split->count)
		return ll_fail(err, LL_EDATA, "%s: split.no: part %" PRIu64 " of %" PRIu64 " parts",
		    gguf->path, split->no, split->count);
	return 0;
}

/* The path of part `no`, the first of which is called 1 there. Free with free(). */
static int
part_path(char **out, const char *path, const struct split *split, uint64_t no, struct ll_err *err)
{
	size_t length = strlen(path), stem = length - ENDING_LENGTH;
	char ending[64];

	snprintf(ending, sizeof(ending), "-%05" PRIu64 "-of-%05" PRIu64 ".gguf", split->no + 1, split->count);
	if (length < ENDING_LENGTH || strcmp(path + stem, ending) != 0)
		return ll_fail(err, LL_EDATA, "%s: part %" PRIu64 " of %" PRIu64 " by its split.no and split.count: "
		    "to find the others its name must end in %s", path, split->no + 1, split->count, ending);
	if ((*out = ll_copy(path, length, err)) == NULL)
		return -LL_ENOMEM;
	snprintf(ending, sizeof(ending), "-%05" PRIu64 "-of-%05" PRIu64 ".gguf", no + 1, split->count);
	memcpy(*out + stem, ending, ENDING_LENGTH);
	return 0;
}

static int
open_part(struct ll_gguf **out, const char *path, const struct split *split, uint64_t no, struct ll_err *err)
{
	struct split part;
	int status;

	if ((status = ll_gguf_open(out, path, err)) < 0)
		return status;
	if ((status = read_split(&part, *out, err)) == 0 && (part.no != no || part.count != split->count))
		status = ll_fail(err, LL_EDATA, "%s: split.no: it is part %" PRIu64 " of %" PRIu64
		    ", not %" PRIu64 " of %" PRIu64, path, part.no + 1, part.count, no + 1, split->count);
	else if (status == 0 && part.tensors != split->tensors)
		status = ll_fail(err, LL_EDATA, "%s: split.tensors.count: %" PRIu64 " differs from another part's %"
		    PRIu64, path, part.tensors, split->tensors);
	if (status < 0) {
		ll_gguf_close(*out);
		*out = NULL;
	}
	return status;
}

int
ll_gguf_open_first(struct ll_gguf **out, const char *path, struct ll_err *err)
{
	struct split split;
	char *first = NULL;
	int status;

	if ((status = ll_gguf_open(out, path, err)) < 0)
		return status;
	if ((status = read_split(&split, *out, err)) == 0 && split.no == 0)
		return 0;
	ll_gguf_close(*out);
	*out = NULL;
	if (status < 0 || (status = part_path(&first, path, &split, 0, err)) < 0)
		return status;
	if ((status = open_part(out, first, &split, 0, err)) < 0)
		free(first);
	else
		(*out)->path = (*out)->own_path = first;
	return status;
}

static int
add_tensor(struct ll_source *source, const struct ll_gguf *gguf, const struct ll_gguf_tensor *from, struct ll_err *err)
{
	struct ll_source_tensor *tensor;
	char *name = ll_copy(from->name.bytes, from->name.length, err);
	int status;

	if (name == NULL)
		return -LL_ENOMEM;
	status = ll_source_add(source, &tensor, name, NULL, err);
	free(name);
	if (status < 0)
		return status;
	tensor->file = gguf->path;
	tensor->type = from->type;
	tensor->panels = from->panels;
	tensor->dims = from->dims;
	memcpy(tensor->ne, from->ne, sizeof(tensor->ne));
	tensor->data = from->data;
	tensor->size = from->data != NULL ? from->size : from->span;
	tensor->offset = from->offset;
	return 0;
}

static int
add_part(struct ll_source *source, const struct ll_gguf *gguf, struct ll_err *err)
{
	int status = 0;

	source->size += gguf->map.size;
	for (size_t i = 0; i < gguf->tensor_count && status == 0; i++)
		status = add_tensor(source, gguf, &gguf->tensors[i], err);
	return status;
}

/* All parts, the one that is open among them. */
static int
open_parts(struct ll_source *source, const struct split *split, struct ll_err *err)
{
	int status = 0;

	for (uint64_t no = 0; no < split->count && status == 0; no++) {
		char *path;

		if ((status = part_path(&path, source->path, split, no, err)) < 0)
			return status;
		if ((status = open_part(&source->parts[no], path, split, no, err)) < 0) {
			free(path);
			return status;
		}
		source->parts[no]->path = source->parts[no]->own_path = path;
		source->part_count++;
		status = add_part(source, source->parts[no], err);
	}
	if (status == 0 && source->count != split->tensors)
		status = ll_fail(err, LL_EDATA, "%s: split.tensors.count: %" PRIu64 ", but the %" PRIu64
		    " parts have %zu tensors", source->path, split->tensors, split->count, source->count);
	return status;
}

int
ll_source_from_gguf(struct ll_source **out, struct ll_gguf *gguf, struct ll_err *err)
{
	struct split split;
	int status;

	if ((status = ll_source_new(out, LL_CONTAINER_GGUF, gguf->path, err)) < 0)
		return status;
	if (((*out)->parts = ll_alloc(1, sizeof(*(*out)->parts), err)) == NULL)
		status = -LL_ENOMEM;
	else if ((status = read_split(&split, gguf, err)) == 0 && split.count > 1)
		status = ll_fail(err, LL_EDATA, "%s: split.count: one of %" PRIu64 " parts", gguf->path, split.count);
	if (status == 0 && (status = add_part(*out, gguf, err)) == 0 && (status = ll_source_settle(*out, err)) == 0) {
		(*out)->parts[(*out)->part_count++] = gguf;
		return 0;
	}
	ll_source_close(*out);
	*out = NULL;
	return status;
}

int
ll_source_gguf(struct ll_source **out, const char *path, struct ll_err *err)
{
	struct ll_gguf *gguf;
	struct split split;
	int status;

	if ((status = ll_gguf_open(&gguf, path, err)) < 0)
		return status;
	if ((status = read_split(&split, gguf, err)) == 0 && split.count == 1) {
		if ((status = ll_source_from_gguf(out, gguf, err)) == 0) {
			/* The path that was given need not live as long. */
			gguf->path = (*out)->path;
			for (size_t i = 0; i < (*out)->count; i++)
				(*out)->tensors[i].file = gguf->path;
			return 0;
		}
		ll_gguf_close(gguf);
		return status;
	}
	ll_gguf_close(gguf);
	if (status < 0 || (status = ll_source_new(out, LL_CONTAINER_GGUF, path, err)) < 0)
		return status;
	(*out)->parts = ll_alloc((size_t)split.count, sizeof(*(*out)->parts), err);
	if ((*out)->parts == NULL)
		status = -LL_ENOMEM;
	else if ((status = open_parts(*out, &split, err)) == 0)
		status = ll_source_settle(*out, err);
	if (status < 0) {
		ll_source_close(*out);
		*out = NULL;
	}
	return status;
}
