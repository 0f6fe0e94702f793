/*
 * A model: hyper-parameters and named tensors of the Llama architecture, whatever file they
 * came from. Everything points into a read-only mapping.
 */

#ifndef LL_MODEL_MODEL_H
#define LL_MODEL_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/vocab.h"
#include "tensor/tensor.h"

struct ll_err;
struct ll_gguf;
struct ll_source;

/* heads, kv_heads and ffn are the largest where layers differ (struct ll_layer). */
struct ll_hparams {
	char architecture[32];	/* "llama" */
	size_t layers;
	size_t context;		/* positions the model was trained for */
	size_t dim;		/* hidden size */
	size_t ffn;		/* feed-forward size */
	size_t heads;		/* query heads */
	size_t kv_heads;	/* key and value heads; divides heads */
	size_t head_dim;	/* of a key, query and value */
	size_t vocab;		/* rows of the token embedding */
	size_t rope_dim;	/* dimensions that are rotated, even, <= head_dim */
	float rope_base;
	float norm_eps;
	size_t window;		/* positions that attention sees, its own among them; 0: all before it */
	bool halves;		/* rows of Q and K are in Hugging Face's order */
	bool tied;		/* the output head is the token embedding */
};

/*
 * Matrices are [rows][cols] with rows contiguous: y[row] = sum over cols of w[row][col] * x[col].
 * Queries and keys are in GGUF's order: rotary pairs are neighbours (2i, 2i+1); or, with
 * hp.halves, half a head apart (i, i + head_dim/2). A bias whose data is NULL is none.
 */
struct ll_layer {
	struct ll_tensor attn_norm;	/* [dim] f32 */
	struct ll_tensor wq;		/* [heads * head_dim][dim] */
	struct ll_tensor wk;		/* [kv_heads * head_dim][dim] */
	struct ll_tensor wv;		/* [kv_heads * head_dim][dim] */
	struct ll_tensor wo;		/* [dim][heads * head_dim] */
	struct ll_tensor ffn_norm;	/* [dim] f32 */
	struct ll_tensor gate;		/* [ffn][dim] */
	struct ll_tensor up;		/* [ffn][dim] */
	struct ll_tensor down;		/* [dim][ffn] */
	struct ll_tensor bq, bk, bv, bo;		/* f32, as long as the rows of wq, wk, wv, wo */
	struct ll_tensor bgate, bup, bdown;		/* f32, as long as the rows of gate, up, down */
	size_t heads, kv_heads, ffn;	/* of this layer */
};

struct ll_model {
	char *path;			/* absolute; as given when it was not a file */
	struct ll_source *source;	/* NULL: the caller's */
	struct ll_hparams hp;
	struct ll_tensor embedding;	/* [vocab][dim] */
	struct ll_tensor output_norm;	/* [dim] f32 */
	struct ll_tensor output;	/* [vocab][dim]; the embedding when tied */
	/*
	 * [rope_dim / 2]: every rotary frequency, in the float32 arithmetic of the reference
	 * (transformers): 1 / base^(2i/rope_dim), divided by the rope_freqs tensor or scaled
	 * by the rule that the file names.
	 */
	float *rope_freqs;
	float rope_magnitude;		/* what their cosines and sines are multiplied by */
	struct ll_layer *layers;	/* hp.layers of them */
	uint64_t fingerprint;		/* over hyper-parameters, tensor directory and samples of each tensor */
	uint64_t origin;		/* that of the model whose weights these were, if its file tells (ll.origin); else its own */
	uint64_t parameters;
	void **vectors;			/* those that are not in the mapping */
	size_t vector_count, vector_cap;
};

/*
 * Opens a model. -LL_EINPUT, -LL_EDATA (missing tensor, wrong shape, bad hyper-parameter),
 * -LL_EUNSUPPORTED (another architecture, a tensor type that cannot be computed with, a
 * `llama.*` key or a tensor that would change the result and is not understood), each by name.
 */
int ll_model_open(struct ll_model **out, const char *path, struct ll_err *err);
/* The same over what is open, which the model then owns; on failure it stays the caller's. */
int ll_model_from_source(struct ll_model **out, struct ll_source *source, struct ll_err *err);
/* The same over what stays the caller's and must outlive it. */
int ll_model_over(struct ll_model **out, struct ll_source *source, struct ll_err *err);
int ll_model_from_gguf(struct ll_model **out, struct ll_gguf *gguf, struct ll_err *err);
void ll_model_close(struct ll_model *model);

/*
 * Which model a program uses: its -m, else $LL_MODEL, else the one that the stream names
 * ("" if none), else a configuration file's, else the one that is installed with ll, which is said
 * on stderr. The first two and a file may have a name for it, see ll-config(5). -LL_EUSAGE when
 * there is none of them.
 */
int ll_model_choose(const char **path, const char *option, const char *named, struct ll_err *err);

/* The positions a sequence may have: *context if given (not 0), else the model's. -LL_EUSAGE beyond the model's. */
int ll_model_context(const struct ll_model *model, int64_t *context, struct ll_err *err);

/* What --layers says: A-B, A- (to the end) or A alone, both inclusive. -LL_EUSAGE beyond the model's. */
int ll_model_layers(const struct ll_model *model, const char *text, size_t *first, size_t *last,
    struct ll_err *err);

/* Bytes of KV cache a position takes over `layers` layers, `bytes` per number (2: f16, 4: f32). */
size_t ll_model_kv_bytes(const struct ll_hparams *hp, size_t layers, size_t bytes);

/*
 * The vocabulary of a GGUF file, a tiktoken rank file ("base64 rank" lines; Llama 3's
 * splitter and 256 special tokens are implied), a SentencePiece model (Llama 2's
 * tokenizer.model) or a tokenizer.json of Hugging Face, told apart by the first bytes.
 * Works on files whose tensors we cannot compute with, and on vocabulary-only GGUFs.
 * -LL_EUNSUPPORTED, by name, for other kinds of vocabulary than byte-level BPE and
 * SentencePiece's BPE.
 */
int ll_vocab_open(struct ll_vocab **out, const char *path, struct ll_err *err);
/*
 * The vocabulary of a folder: tokenizer.json, or else tokenizer.model, in it; what
 * tokenizer_config.json, chat_template.jinja, generation_config.json and config.json say of
 * it, where they are there. -LL_EINPUT if neither of the first two is. ll_vocab_open does
 * this where the path is a folder.
 */
int ll_vocab_open_folder(struct ll_vocab **out, const char *dir, struct ll_err *err);
/* Merges and the chat template point into the file: it must outlive the vocabulary. */
int ll_vocab_from_gguf(struct ll_vocab **out, const struct ll_gguf *gguf, struct ll_err *err);
/* Files in memory, which need not outlive the vocabulary; `name` stands for the path. Any of them but a GGUF: */
int ll_vocab_from_bytes(struct ll_vocab **out, const void *data, size_t size, const char *name,
    struct ll_err *err);
int ll_vocab_from_ranks(struct ll_vocab **out, const void *data, size_t size, const char *name,
    struct ll_err *err);
int ll_vocab_from_hf(struct ll_vocab **out, const void *data, size_t size, const char *name,
    struct ll_err *err);
int ll_vocab_from_spm(struct ll_vocab **out, const void *data, size_t size, const char *name,
    struct ll_err *err);
void ll_vocab_free(struct ll_vocab *vocab);
/*
 * Over the normal tokens' bytes and ids; equal for a GGUF and the rank file it was made from. A thread
 * makes it from when the vocabulary is opened, where it is large; it is waited for here, by any thread.
 */
uint64_t ll_vocab_fingerprint(const struct ll_vocab *vocab);

#endif
