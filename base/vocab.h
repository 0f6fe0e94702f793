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
	LL_VOCAB_BPE_MERGES	/* byte-level BPE with a list of merges (GPT-2, Hugging Face, GGUF) */
};

#define LL_VOCAB_NONE UINT32_MAX

struct ll_vocab {
	enum ll_vocab_kind kind;
	char pre[64];		/* splitter, as in tokenizer.ggml.pre: "llama-bpe", "smollm", ... */
	size_t count;
	struct ll_piece *pieces;	/* count of them, by id */
	size_t merge_count;
	struct ll_piece *merges;	/* rank order: "left right" as in the file, still in the byte alphabet; type unused */
	uint32_t bos, eos, eot, eom;	/* LL_VOCAB_NONE where there is none */
	bool add_bos;			/* the model wants BOS before a prompt */
	uint32_t stops[8];		/* ids that end a turn, ascending */
	size_t stop_count;
	const char *chat_template;	/* the model's Jinja text, never executed; NULL if none */
	size_t chat_template_length;
	uint64_t fingerprint;		/* over the normal tokens' bytes and ids; equal for a GGUF and the rank file it was made from */
	void *memory;			/* everything above; freed by ll_vocab_free */
};

#endif
