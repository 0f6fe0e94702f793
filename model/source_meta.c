/*
 * Meta's folders as sources of tensors: params.json, and consolidated.00.pth to .NN.pth, the
 * shards of a model-parallel run, which are joined; see source.h. Shards are zip archives
 * (zip.h) of a pickle (pickle.h) and the storages that it names. What params.json means is
 * hparams_meta.c's.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "model/pickle.h"
#include "model/source_make.h"
#include "model/zip.h"
#include "tensor/dtype.h"

#define SHARDS_MOST 100
#define NAME_MOST 200
#define TENSORS_MOST 20000	/* a name is looked for among all when shards differ in their order */

/* A shard that is open while its tensors are gathered. */
struct shard {
	const char *path;
	struct ll_source_tensor *tensors;	/* names borrowed from the pickle, not NUL-terminated */
	size_t *lengths;			/* of the names */
	size_t count;
};

static size_t
width(uint32_t type)
{
	return type == LL_F32 ? 4 : 2;
}

/* Rows of rows without gaps; a dimension of one element may have any stride. */
static bool
is_contiguous(const struct ll_pickle_tensor *tensor, uint64_t elements)
{
	for (uint32_t i = 0; i < tensor->dims; i++) {
		elements /= tensor->sizes[i];
		if (tensor->sizes[i] > 1 && tensor->strides[i] != elements)
			return false;
	}
	return true;
}

/* The entry PREFIX/data/KEY of the archive. */
static const struct ll_zip_entry *
find_storage(const struct ll_zip *zip, const struct ll_zip_entry *pickle, const struct ll_pickle_tensor *tensor)
{
	size_t prefix = pickle->length - strlen("data.pkl");
	char name[2 * NAME_MOST];

	if (prefix > NAME_MOST || tensor->key_length > NAME_MOST - 5)
		return NULL;
	memcpy(name, pickle->name, prefix);
	memcpy(name + prefix, "data/", 5);
	memcpy(name + prefix + 5, tensor->key, tensor->key_length);
	return ll_zip_find(zip, name, prefix + 5 + tensor->key_length);
}

static int
place(const struct ll_zip *zip, const struct ll_zip_entry *pickle, const struct ll_pickle_tensor *from,
    struct ll_source_tensor *out, const char *path, struct ll_err *err)
{
	const struct ll_zip_entry *storage = find_storage(zip, pickle, from);
	int length = (int)(from->length < 128 ? from->length : 128);
	size_t elements = 1, bytes, begin;
	bool wraps = false;

	*out = (struct ll_source_tensor){ .file = path, .type = from->type, .dims = from->dims, .ne = { 1, 1, 1, 1 } };
	for (uint32_t i = 0; i < from->dims; i++) {
		out->ne[from->dims - 1 - i] = from->sizes[i];
		wraps = wraps || from->sizes[i] > SIZE_MAX || ll_mul(elements, (size_t)from->sizes[i], &elements);
	}
	if (storage == NULL)
		return ll_fail(err, LL_EDATA, "%s: %.*s: its storage is not in the archive", path, length, from->name);
	if (wraps || ll_mul(elements, width(from->type), &bytes) || from->offset > SIZE_MAX ||
	    ll_mul((size_t)from->offset, width(from->type), &begin) || begin > storage->size ||
	    bytes > storage->size - begin || from->elements != storage->size / width(from->type))
		return ll_fail(err, LL_EDATA, "%s: %.*s: does not fit its storage of %zu bytes", path, length, from->name,
		    storage->size);
	if (!is_contiguous(from, elements))
		return ll_fail(err, LL_EUNSUPPORTED, "%s: %.*s: its rows are not stored one after the other", path, length,
		    from->name);
	out->data = storage->data + begin;
	out->size = bytes;
	out->offset = storage->offset + begin;
	return 0;
}

/* The one entry that ends in data.pkl; what stands before that, the others begin with. */
static const struct ll_zip_entry *
find_pickle(const struct ll_zip *zip)
{
	for (size_t i = 0; i < zip->count; i++) {
		const struct ll_zip_entry *entry = &zip->entries[i];

		if (entry->length >= 8 && memcmp(entry->name + entry->length - 8, "data.pkl", 8) == 0)
			return entry;
	}
	return NULL;
}

static int
check_order(const struct ll_zip *zip, const struct ll_zip_entry *pickle, const char *path, struct ll_err *err)
{
	size_t prefix = pickle->length - strlen("data.pkl");
	const struct ll_zip_entry *order;
	char name[NAME_MOST + 16];

	if (prefix > NAME_MOST)
		return ll_fail(err, LL_EDATA, "%s: zip: a name of %zu bytes", path, pickle->length);
	memcpy(name, pickle->name, prefix);
	memcpy(name + prefix, "byteorder", 9);
	order = ll_zip_find(zip, name, prefix + 9);
	if (order != NULL && (order->size != 6 || memcmp(order->data, "little", 6) != 0))
		return ll_fail(err, LL_EUNSUPPORTED, "%s: byteorder: only little-endian files are supported", path);
	return 0;
}

static int
read_shard(struct shard *shard, const struct ll_zip *zip, struct ll_err *err)
{
	const struct ll_zip_entry *pickle = find_pickle(zip);
	struct ll_pickle_tensor *tensors;
	int status;

	if (pickle == NULL)
		return ll_fail(err, LL_EDATA, "%s: zip: no data.pkl: not a file of torch.save", shard->path);
	if ((status = check_order(zip, pickle, shard->path, err)) < 0 ||
	    (status = ll_pickle_read(&tensors, &shard->count, pickle->data, pickle->size, shard->path, err)) < 0)
		return status;
	if (shard->count > TENSORS_MOST) {
		free(tensors);
		return ll_fail(err, LL_EDATA, "%s: %zu tensors are more than %d", shard->path, shard->count, TENSORS_MOST);
	}
	shard->tensors = ll_alloc(shard->count, sizeof(*shard->tensors), err);
	shard->lengths = ll_alloc(shard->count, sizeof(*shard->lengths), err);
	if (shard->tensors == NULL || shard->lengths == NULL)
		status = -LL_ENOMEM;
	for (size_t i = 0; i < shard->count && status == 0; i++) {
		status = place(zip, pickle, &tensors[i], &shard->tensors[i], shard->path, err);
		shard->tensors[i].name = (char *)(uintptr_t)tensors[i].name;
		shard->lengths[i] = tensors[i].length;
	}
	free(tensors);
	return status;
}

static int
read_bytes(struct shard *shard, const unsigned char *data, size_t size, struct ll_err *err)
{
	struct ll_zip zip;
	int status;

	if (!ll_zip_begins(data, size))
		return ll_fail(err, LL_EUNSUPPORTED, "%s: not a zip archive: a file of torch.save from before version 1.6 "
		    "is not supported", shard->path);
	if ((status = ll_zip_read(&zip, data, size, shard->path, err)) < 0)
		return status;
	status = read_shard(shard, &zip, err);
	ll_zip_free(&zip);
	return status;
}

/* How the shards of a tensor make the whole. */
enum join { ALIKE, ROWS, COLUMNS };

static bool
ends(const char *name, const char *ending)
{
	size_t length = strlen(name), end = strlen(ending);

	return length >= end && strcmp(name + length - end, ending) == 0;
}

/* As fairscale's layers cut them; `dim` is the hidden size, 0 if it is not known. */
static enum join
joined_by(const char *name, const struct ll_source_tensor *piece, size_t shards, int64_t dim)
{
	if (piece->dims != 2)
		return ALIKE;
	if (ends(name, "attention.wo.weight") || ends(name, "feed_forward.w2.weight"))
		return COLUMNS;
	/* Llama 2 cuts the embedding by columns, Llama 3 by rows. */
	if (strcmp(name, "tok_embeddings.weight") == 0 && dim > 0 && piece->ne[0] * shards == (uint64_t)dim)
		return COLUMNS;
	return ROWS;
}

static const struct ll_source_tensor *
piece_of(const struct shard *shard, const char *name, size_t length, size_t near)
{
	/* Shards list the same names in the same order. */
	for (size_t i = 0; i < shard->count; i++) {
		size_t at = (near + i) % shard->count;

		if (shard->lengths[at] == length && memcmp(shard->tensors[at].name, name, length) == 0)
			return &shard->tensors[at];
	}
	return NULL;
}

/* Copies the pieces into one block, a row at a time. */
static int
copy_pieces(struct ll_source *source, struct ll_source_tensor *out, const struct ll_source_tensor *const *pieces,
    size_t count, enum join join, struct ll_err *err)
{
	size_t row = pieces[0]->size / (size_t)pieces[0]->ne[1], rows = (size_t)pieces[0]->ne[1], total;
	unsigned char *block;

	if (ll_mul(pieces[0]->size, count, &total))
		return ll_fail(err, LL_ENOMEM, "out of memory: %.128s", ll_source_label(out));
	if ((block = ll_alloc(total, 1, err)) == NULL)
		return -LL_ENOMEM;
	for (size_t i = 0; i < count; i++) {
		if (join == ROWS)
			memcpy(block + i * pieces[i]->size, pieces[i]->data, pieces[i]->size);
		else
			for (size_t y = 0; y < rows; y++)
				memcpy(block + (y * count + i) * row, pieces[i]->data + y * row, row);
	}
	out->data = block;
	out->size = total;
	out->ne[join == ROWS ? 1 : 0] *= count;
	return ll_source_keep(source, block, err);
}

/* Number i of the first shard's tensors, joined with the others' of that name. */
static int
add_tensor(struct ll_source *source, const struct shard *shards, size_t count, size_t i, int64_t dim, struct ll_err *err)
{
	const struct ll_source_tensor *pieces[SHARDS_MOST] = { &shards[0].tensors[i] };
	char name[NAME_MOST], translated[LL_NAME_ROOM];
	struct ll_source_tensor *tensor, first = *pieces[0];
	size_t length = shards[0].lengths[i];
	enum join join;
	bool known;
	int status;

	if (length == 0 || length >= sizeof(name) || memchr(first.name, '\0', length) != NULL)
		return ll_fail(err, LL_EDATA, "%s: a tensor's name of %zu bytes", shards[0].path, length);
	memcpy(name, first.name, length);
	name[length] = '\0';
	/* Rotary frequencies follow from params.json. */
	if (strcmp(name, "rope.freqs") == 0)
		return 0;
	known = ll_name_to_gguf(translated, LL_CONTAINER_META, name);
	if ((status = ll_source_add(source, &tensor, known ? translated : name, known ? name : NULL, err)) < 0)
		return status;
	first.name = tensor->name;
	first.own = tensor->own;
	*tensor = first;
	join = joined_by(name, tensor, count, dim);
	for (size_t s = 1; s < count; s++) {
		pieces[s] = piece_of(&shards[s], name, length, i);
		if (pieces[s] == NULL)
			return ll_fail(err, LL_EDATA, "%s: %s is missing", shards[s].path, name);
		if (pieces[s]->type != tensor->type || pieces[s]->dims != tensor->dims ||
		    memcmp(pieces[s]->ne, tensor->ne, sizeof(tensor->ne)) != 0)
			return ll_fail(err, LL_EDATA, "%s: %s: type or shape differs from the first shard's",
			    shards[s].path, name);
	}
	return count == 1 || join == ALIKE ? 0 : copy_pieces(source, tensor, pieces, count, join, err);
}

static int
join_shards(struct ll_source *source, const struct shard *shards, size_t count, struct ll_err *err)
{
	int64_t dim = 0;
	int status = 0;

	ll_json_integer(ll_json_get(source->config, "dim"), &dim);
	for (size_t s = 1; s < count; s++)
		if (shards[s].count != shards[0].count)
			return ll_fail(err, LL_EDATA, "%s: %zu tensors, but the first shard has %zu", shards[s].path,
			    shards[s].count, shards[0].count);
	for (size_t i = 0; i < shards[0].count && status == 0; i++)
		status = add_tensor(source, shards, count, i, dim, err);
	return status < 0 ? status : ll_source_finish(source, err);
}

static int
read_shards(struct ll_source *source, struct shard *shards, size_t count, struct ll_err *err)
{
	int status = 0;

	for (size_t i = 0; i < count && status == 0; i++) {
		struct ll_map map;
		char name[48];

		snprintf(name, sizeof(name), "consolidated.%02zu.pth", i);
		if ((status = ll_source_path(source, &shards[i].path, source->path, name, err)) == 0 &&
		    (status = ll_source_map(source, &map, shards[i].path, err)) == 0)
			status = read_bytes(&shards[i], map.data, map.size, err);
	}
	return status < 0 ? status : join_shards(source, shards, count, err);
}

/* How many shards there are: one more than the highest number. */
static size_t
count_shards(const char *folder)
{
	char path[4096];
	size_t count = 1;

	for (size_t i = 0; i < SHARDS_MOST; i++)
		if (snprintf(path, sizeof(path), "%s/consolidated.%02zu.pth", folder, i) < (int)sizeof(path) &&
		    access(path, F_OK) == 0)
			count = i + 1;
	return count;
}

int
ll_source_meta(struct ll_source **out, const char *path, struct ll_err *err)
{
	size_t count = count_shards(path);
	struct shard *shards;
	const char *config;
	int status;

	if ((status = ll_source_new(out, LL_CONTAINER_META, path, err)) < 0)
		return status;
	shards = ll_alloc(count, sizeof(*shards), err);
	if (shards == NULL || ll_source_path(*out, &config, path, "params.json", err) < 0)
		status = -LL_ENOMEM;
	else if ((status = ll_source_json(&(*out)->config, config, err)) == 0)
		status = ll_fail(err, LL_EINPUT, "%s: No such file or directory", config);
	if (status > 0)
		status = read_shards(*out, shards, count, err);
	for (size_t i = 0; shards != NULL && i < count; i++) {
		free(shards[i].tensors);
		free(shards[i].lengths);
	}
	free(shards);
	if (status < 0) {
		ll_source_close(*out);
		*out = NULL;
	}
	return status;
}

int
ll_meta_parse(struct ll_source **out, const void *data, size_t size, const char *name, struct ll_err *err)
{
	struct shard shard = { .path = name };
	int status = ll_source_new(out, LL_CONTAINER_META, name, err);

	if (status < 0)
		return status;
	if ((status = read_bytes(&shard, data, size, err)) == 0)
		status = join_shards(*out, &shard, 1, err);
	free(shard.tensors);
	free(shard.lengths);
	if (status < 0) {
		ll_source_close(*out);
		*out = NULL;
	}
	return status;
}
