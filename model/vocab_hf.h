/*
 * The parts of a tokenizer.json: its tokens, and what it says besides, which is which of the ways
 * to cut a text that are known here it describes. Nothing in it is executed; what is not known
 * is refused by name.
 */

#ifndef LL_MODEL_VOCAB_HF_H
#define LL_MODEL_VOCAB_HF_H

#include <pthread.h>

#include "base/json.h"
#include "base/json_walk.h"
#include "base/vocab.h"

struct ll_err;

/* A member of model.vocab; `id` is UINT32_MAX where the file has no whole number, or a larger one. */
struct ll_hf_token {
	const char *text;
	uint32_t length;
	uint32_t id;
};

/* A list of merges. */
struct ll_hf_merges {
	size_t count;
	size_t bad;			/* the first that is not two texts, or count */
	char *text;			/* as in struct ll_vocab, from ll_alloc_large() */
	size_t room;			/* its bytes */
};

struct ll_hf_file {
	struct ll_hf_token *tokens;	/* from ll_alloc_large() */
	size_t token_count, token_cap;
	struct ll_hf_merges merges;
	struct ll_json *root;		/* all of it, but for an empty vocab and merges where these are */
	bool whole;			/* it has both */

	char *text;			/* of tokens, from ll_alloc_large() */
	size_t room;			/* its bytes */
};

/*
 * What can be done with the tokens while others read the merges: called once at most, when all of them are there
 * and right. Only if file->root is this one in the end was it the file's: else it counts for nothing.
 */
struct ll_hf_meanwhile {
	void (*work)(void *arg, const struct ll_json *root);
	void *arg;
};

/*
 * Reads the file of this name, of which nothing is needed afterwards. Tokens and merges are in the
 * file's order, and longer ones than LL_PIECE_MAX refused. Free with ll_hf_free(), also after an error.
 */
int ll_hf_read(struct ll_hf_file *file, const char *data, size_t size, const struct ll_hf_meanwhile *meanwhile,
    const char *name, struct ll_err *err);
void ll_hf_free(struct ll_hf_file *file);

/*
 * Reads the list that begins where the walk is, which moves behind it. A longer merge than
 * LL_PIECE_MAX is refused; what is no JSON is the walk's to say. Free with ll_hf_merges_free(), also
 * after an error.
 */
int ll_hf_merges_read(struct ll_hf_merges *merges, struct ll_json_walk *walk, const char *name, struct ll_err *err);
void ll_hf_merges_free(struct ll_hf_merges *merges);

/* The list of merges that a second thread reads, where there is a processor for it and enough to read. */
struct ll_hf_ahead {
	struct ll_json_walk walk;
	const char *begin;		/* of the list; NULL: nothing that is of use */
	struct ll_hf_merges merges;
	pthread_t thread;
	bool running;
};

/* Begins to read the list in this file. To be ended, before `data` is. */
void ll_hf_ahead_start(struct ll_hf_ahead *ahead, const char *data, size_t size);
/*
 * Whether it has read the list that begins where the walk is, to its end and without an error:
 * waits for that; then these are the merges, and the walk moves as by ll_hf_merges_read().
 */
bool ll_hf_ahead_take(struct ll_hf_ahead *ahead, struct ll_hf_merges *merges, struct ll_json_walk *walk);
void ll_hf_ahead_end(struct ll_hf_ahead *ahead);

/* Sets kind, pre, space_prefix, prefix_once and whole. `name` is the file's. */
int ll_hf_rules(struct ll_vocab *vocab, const struct ll_json *root, const char *name, struct ll_err *err);

/* The token that the post-processor puts before a text; *token is NULL if it puts none. */
int ll_hf_bos(const char **token, const struct ll_json *root, const char *name, struct ll_err *err);

#endif
