/*
 * A vocabulary as plain arrays: what model/ reads from files and tokenize/ works with.
 */

#ifndef LL_BASE_VOCAB_H
#define LL_BASE_VOCAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ll_token_type {
	LL_TOKEN_NORMAL = 1,	/* numbered as in GGUF's tokenizer.ggml.token_type */
	LL_TOKEN_UNKNOWN = 2,
	LL_TOKEN_CONTROL = 3,	/* a special token: matched as text only on request */
	LL_TOKEN_USER = 4,	/* user-defined: as control, but always printed */
	LL_TOKEN_UNUSED = 5,
	LL_TOKEN_BYTE = 6
};

struct ll_piece {
	const char *bytes;	/* raw bytes (the GPT-2 byte alphabet already undone); not NUL-terminated */
	uint32_t length;
	uint32_t type;		/* enum ll_token_type */
};

enum ll_vocab_kind {
	LL_VOCAB_BPE_RANKS,	/* byte-level BPE, the rank of a merge is the id of its result (tiktoken) */
	LL_VOCAB_BPE_MERGES,	/* byte-level BPE with a list of merges (GPT-2, Hugging Face, GGUF) */
	/*
	 * SentencePiece's BPE: of characters, not cut before; a character without a piece
	 * becomes byte tokens. Pieces have spaces where the files have U+2581.
	 */
	LL_VOCAB_SPM_SCORES,	/* the pair whose result has the highest score merges first */
	LL_VOCAB_SPM_MERGES	/* with a list of merges; these are written with U+2581 */
};

/* Where encoding puts a space before the text, which decoding takes away again. */
enum ll_space_prefix {
	LL_PREFIX_NONE,
	LL_PREFIX_FIRST,	/* before a text that does not begin with a special token */
	LL_PREFIX_EACH		/* before each text between special tokens */
};

/* Whether a piece of the splitter that is a token is taken as it is, without merging. */
enum ll_whole_pieces {
	LL_WHOLE_BY_SPLITTER,	/* as the models of that splitter do */
	LL_WHOLE_FIRST,		/* Hugging Face's ignore_merges */
	LL_WHOLE_NEVER
};

#define LL_VOCAB_NONE UINT32_MAX

static inline bool
ll_vocab_is_spm(enum ll_vocab_kind kind)
{
	return kind == LL_VOCAB_SPM_SCORES || kind == LL_VOCAB_SPM_MERGES;
}

struct ll_vocab {
	enum ll_vocab_kind kind;
	char pre[64];		/* splitter, as in tokenizer.ggml.pre: "llama-bpe", "smollm", ... */
	size_t count;
	struct ll_piece *pieces;	/* count of them, by id */
	size_t merge_count;
	/* In rank order "left right" as in the file, still in the byte alphabet; for ll_vocab_next_merge(). */
	const unsigned char *merges;
	const struct ll_piece *written;	/* by id, as the merges have them: in the byte alphabet; or NULL; type unused */
	const float *scores;		/* by id; of LL_VOCAB_SPM_SCORES, none of them a NaN */
	enum ll_space_prefix space_prefix;	/* of SentencePiece's kinds */
	bool prefix_once;		/* not before a text that begins with a space */
	enum ll_whole_pieces whole;	/* of the byte-level kinds */
	uint32_t bos, eos, eot, eom;	/* LL_VOCAB_NONE where there is none */
	uint32_t pad;			/* the same; for those who need it */
	bool add_bos;			/* the model wants BOS before a prompt */
	uint32_t stops[8];		/* ids that end a turn, ascending */
	size_t stop_count;
	const char *chat_template;	/* the model's Jinja text, never executed; NULL if none */
	size_t chat_template_length;
	void *memory;			/* everything above; freed by ll_vocab_free */
	char *path;			/* of the file, for messages; NULL if it was not opened by one */
};

/* The length of a text stands before it, in eight bytes, the lowest first: as in GGUF's arrays. */
#define LL_MERGE_HEAD 8

/* The text of a merge, whose type is nothing; `*cursor` begins as `merges`. */
static inline struct ll_piece
ll_vocab_next_merge(const unsigned char **cursor)
{
	const unsigned char *p = *cursor;
	/* No merge is as long as 4 GB. */
	struct ll_piece merge = { (const char *)p + LL_MERGE_HEAD,
		p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24, 0 };

	*cursor = p + LL_MERGE_HEAD + merge.length;
	return merge;
}

/* A merge by its rank: slow, for messages. */
static inline struct ll_piece
ll_vocab_merge(const struct ll_vocab *vocab, size_t rank)
{
	const unsigned char *cursor = vocab->merges;

	while (rank-- > 0)
		ll_vocab_next_merge(&cursor);
	return ll_vocab_next_merge(&cursor);
}

#endif
