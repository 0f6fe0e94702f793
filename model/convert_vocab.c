/*
 * Which vocabulary a converted model gets, and from where; see convert.h. A GGUF's metadata
 * and the files of a folder are copied where the container stays; else it is written anew.
 */

#include "model/convert.h"

#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/io.h"
#include "model/vocab_write.h"

const char *const ll_convert_vocab_files[] = { "tokenizer.json", "tokenizer.model", "tokenizer_config.json",
	"special_tokens_map.json", "added_tokens.json", "vocab.json", "merges.txt", "chat_template.jinja",
	"generation_config.json", NULL };

static bool
is_there(const char *folder, const char *name)
{
	char path[PATH_MAX];

	return snprintf(path, sizeof(path), "%s/%s", folder, name) < (int)sizeof(path) && access(path, F_OK) == 0;
}

static bool
has_vocabulary(const char *folder)
{
	return is_there(folder, "tokenizer.json") || is_there(folder, "tokenizer.model");
}

static int
open_vocab(struct ll_convert *convert, const char *path, struct ll_err *err)
{
	convert->vocab_name = path;
	return ll_vocab_open(&convert->vocab, path, err);
}

/* A GGUF's vocabulary is copied bit for bit. */
static int
open_named(struct ll_convert *convert, struct ll_err *err)
{
	struct stat is;
	struct ll_map map;
	bool gguf;
	int status;

	if (stat(convert->vocabulary, &is) == 0 && S_ISDIR(is.st_mode))
		return open_vocab(convert, convert->vocabulary, err);
	if ((status = ll_map_open(&map, convert->vocabulary, err)) < 0)
		return status;
	gguf = ll_gguf_begins(map.data, map.size);
	ll_map_close(&map);
	if (!gguf)
		return open_vocab(convert, convert->vocabulary, err);
	return ll_gguf_open(&convert->tokenizer, convert->vocabulary, err);
}

/* Where the folder has the scores besides, they are taken as they are. */
static int
add_scores(struct ll_convert *convert, const char *path, struct ll_err *err)
{
	char model[PATH_MAX];
	struct ll_vocab *spm;
	int status;

	if (convert->vocab->kind != LL_VOCAB_SPM_MERGES || !is_there(path, "tokenizer.model") ||
	    snprintf(model, sizeof(model), "%s/tokenizer.model", path) >= (int)sizeof(model) ||
	    ll_vocab_open(&spm, model, NULL) < 0)
		return 0;
	status = spm->scores == NULL ? 0 : ll_vocab_take_scores(&convert->scores, convert->vocab, spm, err);
	convert->vocab->scores = convert->scores;
	ll_vocab_free(spm);
	return status;
}

static int
for_gguf(struct ll_convert *convert, struct ll_err *err)
{
	const char *path = convert->source->path;

	if (convert->source->container == LL_CONTAINER_GGUF)
		return 0;
	if (convert->vocabulary != NULL)
		return open_named(convert, err);
	if (!has_vocabulary(path))
		return ll_fail(err, LL_EUSAGE, "%s: has neither tokenizer.json nor tokenizer.model: --vocabulary FILE must "
		    "name one with its vocabulary", path);
	if (open_vocab(convert, path, err) < 0)
		return -err->code;
	return add_scores(convert, path, err);
}

static int
for_folder(struct ll_convert *convert, struct ll_err *err)
{
	const struct ll_source *source = convert->source;

	if (source->container == LL_CONTAINER_GGUF) {
		if (ll_gguf_find(source->parts[0], "tokenizer.ggml.model") == NULL)
			return 0;
		convert->vocab_name = source->path;
		return ll_vocab_from_gguf(&convert->vocab, source->parts[0], err);
	}
	convert->files = has_vocabulary(source->path);
	/* Meta's files of ranks are of a kind that nobody else reads. */
	if (convert->files && source->container == LL_CONTAINER_META && !is_there(source->path, "tokenizer.json"))
		return open_vocab(convert, source->path, err);
	return 0;
}

int
ll_convert_vocab(struct ll_convert *convert, struct ll_err *err)
{
	bool gguf = convert->to == LL_CONTAINER_GGUF;

	if (convert->vocabulary != NULL && (convert->source->container == LL_CONTAINER_GGUF || !gguf))
		return ll_fail(err, LL_EUSAGE, "--vocabulary has no effect but from a folder to a GGUF");
	if (gguf)
		return for_gguf(convert, err);
	if (for_folder(convert, err) < 0)
		return -err->code;
	return 0;
}

#define SPACE "its tokenizer.json puts a space before the first part of a text only, which no GGUF can say: there each " \
	"part gets one"
#define MERGES "no scores say in which order its tokenizer.json merges: the GGUF has the list of merges instead, which " \
	"programs that want scores cannot use"

const char *
ll_convert_note(const struct ll_convert *convert)
{
	bool loses;

	if (convert->to != LL_CONTAINER_GGUF)
		return convert->vocab == NULL && !convert->files ? "it has no vocabulary, and the folder gets none" : NULL;
	if (convert->vocab == NULL)
		return NULL;
	loses = ll_vocab_loses_space(convert->vocab);
	if (!ll_vocab_lacks_scores(convert->vocab))
		return loses ? SPACE : NULL;
	return loses ? SPACE "; " MERGES : MERGES;
}
