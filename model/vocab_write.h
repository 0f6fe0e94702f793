/*
 * Vocabularies written for other programs: as keys of a GGUF, and as the files of a folder.
 * `name` stands for the vocabulary in messages. -LL_ENOMEM, and -LL_EUNSUPPORTED for what the
 * other format cannot say.
 */

#ifndef LL_MODEL_VOCAB_WRITE_H
#define LL_MODEL_VOCAB_WRITE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/vocab.h"

struct ll_err;
struct ll_gguf_writer;

/*
 * Sets the keys tokenizer.* for an embedding of `rows` rows, which are as many as the tokens
 * or more: the others are unused tokens.
 */
int ll_vocab_put_gguf(struct ll_gguf_writer *writer, const struct ll_vocab *vocab, size_t rows, const char *name,
    struct ll_err *err);

/*
 * Whether `spm`, a tokenizer.model, has the tokens of `vocab`, a tokenizer.json made from it:
 * then *scores, for free(), are its scores for `vocab`.
 */
int ll_vocab_take_scores(float **scores, const struct ll_vocab *vocab, const struct ll_vocab *spm, struct ll_err *err);

/* Whether a text gets other ids by such a GGUF in cases, as the space before it is not said there. */
bool ll_vocab_loses_space(const struct ll_vocab *vocab);

/*
 * Whether its list of merges is of an order that no scores say: then a GGUF has the list, and
 * no scores, which other programs want.
 */
bool ll_vocab_lacks_scores(const struct ll_vocab *vocab);

/* Appends the text of tokenizer.json. */
int ll_vocab_put_json(struct ll_buf *out, const struct ll_vocab *vocab, const char *name, struct ll_err *err);
/* Appends the bytes of a tokenizer.model; of LL_VOCAB_SPM_SCORES. */
int ll_vocab_put_spm(struct ll_buf *out, const struct ll_vocab *vocab, const char *name, struct ll_err *err);
/*
 * Appends the text of tokenizer_config.json for a model of so many positions; `json`: there is a
 * tokenizer.json, and not a tokenizer.model alone.
 */
int ll_vocab_put_config(struct ll_buf *out, const struct ll_vocab *vocab, bool json, size_t context,
    const char *name, struct ll_err *err);
/* Appends the text of generation_config.json: the tokens that begin a text and end a turn. */
int ll_vocab_put_stops(struct ll_buf *out, const struct ll_vocab *vocab, struct ll_err *err);

/* Bytes in GPT-2's alphabet. */
int ll_alphabet_spell(struct ll_buf *out, const char *bytes, size_t length, struct ll_err *err);
/* The text of a SentencePiece's piece: U+2581 for spaces, <0x0A> for a byte token. */
int ll_spm_spell(struct ll_buf *out, const struct ll_piece *piece, struct ll_err *err);

/*
 * Each merge as "left right", as files have them, the first one first; of LL_VOCAB_BPE_RANKS and
 * LL_VOCAB_SPM_SCORES as Hugging Face makes them: each way to cut a token into two, by rank or
 * score. -LL_EUNSUPPORTED where scores are equal.
 */
typedef int ll_merge_sink(void *context, const char *text, size_t length, struct ll_err *err);
int ll_vocab_each_merge(const struct ll_vocab *vocab, ll_merge_sink *sink, void *context, struct ll_err *err);

/*
 * Scores by which SentencePiece merges as the list of LL_VOCAB_SPM_MERGES does; -LL_EUNSUPPORTED
 * if there are none. scores[vocab->count].
 */
int ll_vocab_make_scores(float *scores, const struct ll_vocab *vocab, const char *name, struct ll_err *err);

#endif
