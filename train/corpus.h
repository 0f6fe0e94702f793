/*
 * What is learned from: documents as token ids, with the places whose prediction counts; and
 * their packing into rows of a batch, where attention never crosses documents.
 */

#ifndef LL_TRAIN_CORPUS_H
#define LL_TRAIN_CORPUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tokenize/chat.h"

struct ll_err;
struct ll_tokenizer;

/*
 * Document d is tokens[start[d] .. start[d + 1]). learn[i]: the prediction of tokens[i] from
 * what stands before it in its document counts in the loss. (The first of a document is never predicted.)
 */
struct ll_corpus {
	uint32_t *tokens;
	uint8_t *learn;
	size_t count, cap, learn_cap;
	size_t *start;			/* documents + 1 of them, once there is one */
	size_t documents, start_cap;
	uint64_t bytes;			/* that were read, after decompression */
	uint64_t learned;		/* how many of learn are set */
	uint64_t skipped;		/* bad lines, with skip_bad */
	uint64_t hash;			/* over tokens, learn and start: what a run is resumed on (ll_corpus_end) */
};

struct ll_corpus_options {
	const struct ll_tokenizer *tokenizer;
	const struct ll_chat *chat;	/* for messages; NULL or of format LL_CHAT_NONE: messages are refused */
	bool answers_only;		/* of messages, assistants' turns alone count, end-of-turn token included */
	bool skip_bad;			/* bad lines are counted and told, not an error */
	/* Told the first 10 bad lines of a file, and how many there were if more; or NULL. */
	void (*tell)(void *arg, const char *message);
	void *arg;
	uint64_t most;			/* tokens of the corpus at most, the last document is cut; 0: all */
};

/*
 * Adds a file: JSON Lines ({"messages": [...]} with "tools" and so on as ll_chat_options has
 * it, or {"text": "..."}), or plain text, one document: struct ll_text_file knows.
 * Of a line's object other members are ignored: data sets have many. Empty lines are passed
 * over; an empty text, and with answers_only a conversation without an answer, are bad lines.
 *
 * A document of text begins with BOS (where the vocabulary adds it) and ends with the
 * end-of-text token: <|end_of_text|> or <|endoftext|> where that is a control token, else the
 * vocabulary's EOS. Texts are plain: names of special tokens in them are none.
 *
 * -LL_EINPUT, -LL_EIO, -LL_ENOMEM, -LL_EDATA with file, line number and field; -LL_EUNSUPPORTED
 * for messages in a chat format without answers, which skip_bad does not pass over. After an
 * error the corpus has the documents before it, and can be freed or added to.
 */
int ll_corpus_read(struct ll_corpus *corpus, const char *path, const struct ll_corpus_options *options,
    struct ll_err *err);

/* After the last file: makes hash. -LL_EDATA where there is nothing to learn from. */
int ll_corpus_end(struct ll_corpus *corpus, struct ll_err *err);
void ll_corpus_free(struct ll_corpus *corpus);

/* A stretch of one document in a row: its positions begin at 0 at `begin`. Not shorter than 2. */
struct ll_span {
	size_t begin;			/* index of the first token in corpus->tokens */
	size_t length;			/* tokens, inputs and the last target alike: length - 1 predictions */
};

/*
 * The order of one epoch. Documents longer than `context` + 1 are cut into stretches that
 * share one token (the last target of one is the first input of the next). Those that have
 * nothing to learn are left out, the others shuffled by (seed, epoch): so the parts of a long
 * document do not follow each other in a batch. In that order each goes into the first row,
 * of at most 32 that are open, where it fits: a row has `context` inputs, and the fullest is
 * closed where a 33rd would be opened. Rows stand in the order in which they were opened.
 * Row r is spans[row[r] .. row[r + 1]).
 */
struct ll_packing {
	struct ll_span *spans;
	size_t *row;			/* rows + 1 of them */
	size_t rows;
};

/*
 * `context` is at least 1. Equal arguments give equal orders on every machine; `shuffle`
 * false: as they stand in the corpus. -LL_ENOMEM. Free in any case.
 */
int ll_packing_make(struct ll_packing *order, const struct ll_corpus *corpus, size_t context, uint64_t seed,
    uint64_t epoch, bool shuffle, struct ll_err *err);
void ll_packing_free(struct ll_packing *order);

#endif
