/*
 * The folder that a model is converted to, and its files of the vocabulary; see
 * convert_folder.h.
 */

#include "model/convert_folder.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "model/convert.h"
#include "model/vocab_write.h"

int
ll_folder_open(struct ll_folder *folder, const char *path, struct ll_err *err)
{
	*folder = (struct ll_folder){ .path = path, .made = mkdir(path, 0777) == 0 };
	return folder->made || errno == EEXIST ? 0 : ll_fail_errno(err, LL_ECREATE, "%s", path);
}

static int
join(char path[PATH_MAX], const char *folder, const char *name, struct ll_err *err)
{
	if (snprintf(path, PATH_MAX, "%s/%s", folder, name) >= PATH_MAX)
		return ll_fail(err, LL_ECREATE, "%s: path is too long", folder);
	return 0;
}

int
ll_folder_add(struct ll_folder *folder, struct ll_out **out, const char *name, struct ll_err *err)
{
	char path[PATH_MAX];
	int status;

	if (folder->count == LL_FOLDER_FILES)
		return ll_fail(err, LL_EBUG, "%s: too many files", folder->path);
	*out = &folder->outs[folder->count];
	if ((status = join(path, folder->path, name, err)) < 0 || (status = ll_out_open(*out, path, err)) < 0)
		return status;
	folder->names[folder->count++] = name;
	return 0;
}

int
ll_folder_close(struct ll_folder *folder, int status, struct ll_err *err)
{
	for (size_t i = 0; i < folder->count; i++)
		status = ll_out_close(&folder->outs[i], status, err);
	if (status < 0 && folder->made)
		rmdir(folder->path);
	return status;
}

static int
add_text(struct ll_folder *folder, const char *name, struct ll_buf *text, int status, struct ll_err *err)
{
	struct ll_out *out;

	if (status == 0 && (status = ll_folder_add(folder, &out, name, err)) == 0)
		status = ll_write(out->fd, text->data, text->len, out->path, err);
	ll_buf_free(text);
	return status;
}

/* A copy of a file of the source, if that has it: 1, else 0. */
static int
add_copy(struct ll_folder *folder, const char *from, const char *name, struct ll_err *err)
{
	char path[PATH_MAX];
	struct ll_out *out;
	struct ll_map map;
	int status = join(path, from, name, err);

	if (status < 0 || access(path, F_OK) != 0)
		return status;
	if ((status = ll_map_open(&map, path, err)) < 0)
		return status;
	if ((status = ll_folder_add(folder, &out, name, err)) == 0)
		status = ll_write(out->fd, map.data, map.size, out->path, err);
	ll_map_close(&map);
	return status < 0 ? status : 1;
}

static int
copy_files(struct ll_folder *folder, const struct ll_convert *convert, struct ll_err *err)
{
	int status = 0;

	for (size_t i = 0; ll_convert_vocab_files[i] != NULL && status >= 0; i++)
		status = add_copy(folder, convert->source->path, ll_convert_vocab_files[i], err);
	return status < 0 ? status : 0;
}

/*
 * Both files that SentencePiece's kind may have: the programs that read the one get the same
 * ids as those that read the other. Equal scores only the second can say.
 */
static int
write_tokens(struct ll_folder *folder, const struct ll_convert *convert, bool *json, struct ll_err *err)
{
	bool spm = convert->vocab->kind == LL_VOCAB_SPM_SCORES;
	struct ll_buf list = { 0 }, scores = { 0 };
	struct ll_err reason = { 0 };
	int status = ll_vocab_put_json(&list, convert->vocab, convert->vocab_name, spm ? &reason : err);

	*json = status == 0;
	if (status == -LL_EUNSUPPORTED && spm) {
		ll_buf_free(&list);
		status = 0;
	} else if ((status = add_text(folder, "tokenizer.json", &list, status, err)) < 0) {
		return status;
	}
	if (!spm)
		return status;
	status = ll_vocab_put_spm(&scores, convert->vocab, convert->vocab_name, err);
	return add_text(folder, "tokenizer.model", &scores, status, err);
}

static int
write_vocab(struct ll_folder *folder, const struct ll_convert *convert, struct ll_err *err)
{
	struct ll_buf config = { 0 }, stops = { 0 };
	bool json;
	int status = write_tokens(folder, convert, &json, err);

	if (status < 0)
		return status;
	status = ll_vocab_put_config(&config, convert->vocab, json, convert->hp.context, convert->vocab_name, err);
	if ((status = add_text(folder, "tokenizer_config.json", &config, status, err)) < 0)
		return status;
	status = ll_vocab_put_stops(&stops, convert->vocab, err);
	return add_text(folder, "generation_config.json", &stops, status, err);
}

/*
 * What lies there of another vocabulary would count beside this one's files, or before them; so would an index of other
 * weights, which vLLM and llama.cpp go by.
 */
static int
check_others(const struct ll_folder *folder, struct ll_err *err)
{
	char index[PATH_MAX];
	int joined = join(index, folder->path, "model.safetensors.index.json", err);

	if (joined < 0)
		return joined;
	if (access(index, F_OK) == 0)
		return ll_fail(err, LL_ECREATE, "%s: is there already, and names the files of other weights", index);
	for (size_t i = 0; ll_convert_vocab_files[i] != NULL; i++) {
		char path[PATH_MAX];
		bool ours = false;
		int status = join(path, folder->path, ll_convert_vocab_files[i], err);

		if (status < 0)
			return status;
		for (size_t k = 0; k < folder->count; k++)
			ours |= strcmp(folder->names[k], ll_convert_vocab_files[i]) == 0;
		if (!ours && access(path, F_OK) == 0)
			return ll_fail(err, LL_ECREATE, "%s: is there already, and belongs to another vocabulary", path);
	}
	return 0;
}

int
ll_folder_vocab(struct ll_folder *folder, const struct ll_convert *convert, struct ll_err *err)
{
	int status = 0;

	if (convert->vocab != NULL && convert->vocab->count > convert->hp.vocab)
		return ll_fail(err, LL_EDATA, "%s: %zu tokens, but the embedding has %zu rows", convert->vocab_name,
		    convert->vocab->count, convert->hp.vocab);
	if (convert->vocab != NULL)
		status = write_vocab(folder, convert, err);
	else if (convert->files)
		status = copy_files(folder, convert, err);
	return status < 0 ? status : check_others(folder, err);
}
