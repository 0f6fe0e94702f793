/*
 * The parts of a tokenizer.json: its tokens, and what it says besides, which is which of the ways
 * to cut a text that are known here it describes. Nothing in it is executed; what is not known
 * is refused by name.
 */

#ifndef LL_MODEL_VOCAB_HF_H
#define LL_MODEL_VOCAB_HF_H

#include "base/json.h"
#include "base/vocab.h"

struct ll_err;

/* A member of model.vocab; `id` is UINT64_MAX where the file has no whole number. */
struct ll_hf_token {
	const char *text;
	uint64_t id;
	uint32_t length;
};

struct ll_hf_file {
	struct ll_hf_token *tokens;
	const char *merges;		/* as in struct ll_vocab */
	size_t token_count, merge_count;
	size_t bad_merge;		/* the first that is not two texts, or merge_count */
	struct ll_json *root;		/* all of it, but for an empty vocab and merges where these are */
	bool whole;			/* it has both */

	size_t token_cap;
	char *text;			/* of tokens and merges, from ll_alloc_large() */
	size_t room;			/* its bytes */
};

/*
 * Reads the file of this name, of which nothing is needed afterwards. Tokens and merges are in the
 * file's order, and longer ones than LL_PIECE_MAX refused. Free with ll_hf_free(), also after an error.
 */
int ll_hf_read(struct ll_hf_file *file, const char *data, size_t size, const char *name, struct ll_err *err);
void ll_hf_free(struct ll_hf_file *file);

/* Sets kind, pre, space_prefix, prefix_once and whole. `name` is the file's. */
int ll_hf_rules(struct ll_vocab *vocab, const struct ll_json *root, const char *name, struct ll_err *err);

/* The token that the post-processor puts before a text; *token is NULL if it puts none. */
int ll_hf_bos(const char **token, const struct ll_json *root, const char *name, struct ll_err *err);

#endif
