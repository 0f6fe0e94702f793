/*
 * Vocabularies, whatever file they come from; see model.h and vocab_make.h. The files are
 * read by vocab_gguf.c, vocab_hf.c, vocab_ranks.c and vocab_spm.c.
 */

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/pool.h"
#include "base/thread.h"
#include "model/gguf.h"
#include "model/model.h"
#include "model/vocab_make.h"

#define WORTH_A_THREAD 16384	/* pieces */
#define KEPT 2	/* texts of tokens and of merges */

/* What vocab->memory points to: one block that holds all arrays. */
struct memory {
	size_t size;		/* of the block */
	struct ll_gguf *gguf;	/* closed with the vocabulary; or NULL */
	char *chat_template;	/* freed with it; or NULL */
	struct kept {
		char *text;	/* the same */
		size_t size;
	} kept[KEPT];

	pthread_mutex_t mutex;	/* for the rest */
	bool printing;		/* the thread is to be joined */
	pthread_t printer;
	uint64_t fingerprint;
	struct ll_map done;	/* the file, of which no more is needed */
};

/* The names that special tokens go by, each of which ends a turn or a text unless it is BOS. */
static const struct {
	const char *name;
	size_t member;		/* of struct ll_vocab */
} specials[] = {
	{ "<|begin_of_text|>", offsetof(struct ll_vocab, bos) },
	{ "<|eot_id|>", offsetof(struct ll_vocab, eot) },
	{ "<|im_end|>", offsetof(struct ll_vocab, eot) },
	{ "<|eom_id|>", offsetof(struct ll_vocab, eom) },
	{ "<|end_of_text|>", offsetof(struct ll_vocab, eos) },
	{ "<|endoftext|>", offsetof(struct ll_vocab, eos) },
};

#define SPECIALS (sizeof(specials) / sizeof(specials[0]))

int
ll_vocab_new(struct ll_vocab **out, size_t count, size_t bytes, char **text, struct ll_err *err)
{
	struct ll_vocab *vocab;
	struct memory *memory;
	size_t size;

	*out = NULL;
	if (ll_mul(count, sizeof(struct ll_piece), &size) || ll_add(size, bytes, &size) ||
	    ll_add(size, sizeof(*memory), &size))
		return ll_fail(err, LL_ENOMEM, "out of memory: a vocabulary of %zu tokens", count);
	vocab = ll_alloc(1, sizeof(*vocab), err);
	memory = ll_alloc_large(size, 1, err);
	if (vocab == NULL || memory == NULL) {
		free(vocab);
		ll_free_large(memory, size, 1);
		return -LL_ENOMEM;
	}
	memory->size = size;
	pthread_mutex_init(&memory->mutex, NULL);
	vocab->count = count;
	vocab->pieces = (struct ll_piece *)(memory + 1);
	vocab->bos = vocab->eos = vocab->eot = vocab->eom = vocab->pad = LL_VOCAB_NONE;
	vocab->memory = memory;
	*text = (char *)(vocab->pieces + count);
	*out = vocab;
	return 0;
}

void
ll_alphabet_make(int16_t bytes[LL_ALPHABET])
{
	int next = 256;

	for (int i = 0; i < LL_ALPHABET; i++)
		bytes[i] = -1;
	for (int byte = 0; byte < 256; byte++) {
		bool printable = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte != 0xad);

		bytes[printable ? byte : next++] = (int16_t)byte;
	}
}

ptrdiff_t
ll_alphabet_undo(const int16_t *alphabet, const char *text, size_t length, char *out)
{
	const unsigned char *p = (const unsigned char *)text, *end = p + length;
	char *begin = out;

	while (p < end) {
		unsigned code = *p++;

		if (code > ' ' && code < 0x7f) {
			*out++ = (char)code;
			continue;
		}
		/* Two bytes of UTF-8 reach as far as the alphabet. */
		if (code >= 0x80) {
			if (code < 0xc2 || code > 0xc5 || p == end || (*p & 0xc0) != 0x80)
				return -1;
			code = (code & 0x1f) << 6 | (*p++ & 0x3f);
		}
		if (code >= LL_ALPHABET || alphabet[code] < 0)
			return -1;
		*out++ = (char)alphabet[code];
	}
	return out - begin;
}

struct ll_pool *
ll_vocab_pool(size_t count)
{
	return ll_pool_worth(count, WORTH_A_THREAD, LL_VOCAB_THREADS);
}

void
ll_vocab_keep_text(struct ll_vocab *vocab, char *text, size_t size)
{
	struct memory *memory = vocab->memory;
	size_t at = 0;

	while (at + 1 < KEPT && memory->kept[at].text != NULL)
		at++;
	memory->kept[at] = (struct kept){ text, size };
}

void
ll_vocab_free(struct ll_vocab *vocab)
{
	struct memory *memory;

	if (vocab == NULL)
		return;
	memory = vocab->memory;
	ll_vocab_fingerprint(vocab);	/* its thread reads the pieces */
	pthread_mutex_destroy(&memory->mutex);
	ll_gguf_close(memory->gguf);
	free(memory->chat_template);
	for (size_t i = 0; i < KEPT; i++)
		ll_free_large(memory->kept[i].text, memory->kept[i].size, 1);
	ll_free_large(memory, memory->size, 1);
	free(vocab->path);
	free(vocab);
}

int
ll_vocab_set_template(struct ll_vocab *vocab, const char *text, size_t length, struct ll_err *err)
{
	struct memory *memory = vocab->memory;
	char *copy = ll_copy(text, length, err);

	if (copy == NULL)
		return -LL_ENOMEM;
	free(memory->chat_template);
	vocab->chat_template = memory->chat_template = copy;
	vocab->chat_template_length = length;
	return 0;
}

/* Ascending, each once. */
bool
ll_vocab_add_stop(struct ll_vocab *vocab, uint32_t id)
{
	size_t at = vocab->stop_count;

	if (id == LL_VOCAB_NONE)
		return true;
	for (size_t i = 0; i < vocab->stop_count; i++)
		if (vocab->stops[i] == id)
			return true;
	if (at == sizeof(vocab->stops) / sizeof(vocab->stops[0]))
		return false;
	for (; at > 0 && vocab->stops[at - 1] > id; at--)
		vocab->stops[at] = vocab->stops[at - 1];
	vocab->stops[at] = id;
	vocab->stop_count++;
	return true;
}

bool
ll_vocab_ends_by_name(const struct ll_piece *piece)
{
	for (size_t s = 0; s < SPECIALS; s++)
		if ((piece->type == LL_TOKEN_CONTROL || piece->type == LL_TOKEN_USER) &&
		    specials[s].member != offsetof(struct ll_vocab, bos) && piece->length == strlen(specials[s].name) &&
		    memcmp(piece->bytes, specials[s].name, piece->length) == 0)
			return true;
	return false;
}

/* The ids of the names above, in their order; the first where a vocabulary has two. */
static void
find_specials(const struct ll_vocab *vocab, uint32_t ids[SPECIALS])
{
	for (size_t s = 0; s < SPECIALS; s++)
		ids[s] = LL_VOCAB_NONE;
	for (size_t i = 0; i < vocab->count; i++) {
		const struct ll_piece *piece = &vocab->pieces[i];

		if (piece->type != LL_TOKEN_CONTROL && piece->type != LL_TOKEN_USER)
			continue;
		for (size_t s = 0; s < SPECIALS; s++)
			if (ids[s] == LL_VOCAB_NONE && piece->length == strlen(specials[s].name) &&
			    memcmp(piece->bytes, specials[s].name, piece->length) == 0)
				ids[s] = (uint32_t)i;
	}
}

/*
 * Over ids, lengths and bytes of the normal tokens, so that a GGUF and the rank file behind
 * it give the same. They are gathered first: a hash of each would cost more than reading it.
 */
static uint64_t
fingerprint(const struct ll_vocab *vocab)
{
	unsigned char gathered[8 + LL_PIECE_MAX + 8];
	const size_t room = 8 + LL_PIECE_MAX;
	uint64_t hash = 0;
	size_t used = 0;

	for (size_t i = 0; i < vocab->count; i++) {
		const struct ll_piece *piece = &vocab->pieces[i];

		if (piece->type != LL_TOKEN_NORMAL && piece->type != LL_TOKEN_BYTE)
			continue;
		if (used + 8 + piece->length > room) {
			hash = ll_hash(hash, gathered, used);
			used = 0;
		}
		ll_store64(gathered + used, (uint64_t)i << 32 | piece->length);
		if (piece->length - 1 < 8)
			ll_store64(gathered + used + 8, ll_load_few((const unsigned char *)piece->bytes, piece->length));
		else
			memcpy(gathered + used + 8, piece->bytes, piece->length);
		used += 8 + piece->length;
	}
	return ll_hash(hash, gathered, used);
}

/* To give back a large file takes half as long as the fingerprint. */
static void *
print(void *arg)
{
	const struct ll_vocab *vocab = arg;
	struct memory *memory = vocab->memory;

	memory->fingerprint = fingerprint(vocab);
	ll_map_close(&memory->done);
	return NULL;
}

uint64_t
ll_vocab_fingerprint(const struct ll_vocab *vocab)
{
	struct memory *memory = vocab->memory;
	uint64_t made;

	if (memory == NULL)
		return fingerprint(vocab);
	pthread_mutex_lock(&memory->mutex);
	if (memory->printing)
		pthread_join(memory->printer, NULL);
	memory->printing = false;
	made = memory->fingerprint;
	pthread_mutex_unlock(&memory->mutex);
	return made;
}

void
ll_vocab_finish(struct ll_vocab *vocab, struct ll_map *done)
{
	struct memory *memory = vocab->memory;
	uint32_t ids[SPECIALS];

	find_specials(vocab, ids);
	for (size_t s = 0; s < SPECIALS; s++) {
		uint32_t *id = (uint32_t *)((char *)vocab + specials[s].member);

		if (*id == LL_VOCAB_NONE)
			*id = ids[s];
		if (id != &vocab->bos)
			ll_vocab_add_stop(vocab, ids[s]);
	}
	ll_vocab_add_stop(vocab, vocab->eos);
	ll_vocab_add_stop(vocab, vocab->eot);
	ll_vocab_add_stop(vocab, vocab->eom);
	if (done != NULL) {
		memory->done = *done;
		*done = (struct ll_map){ 0 };
	}
	memory->printing = ll_pool_worthy(vocab->count, WORTH_A_THREAD, 2) > 1 &&
	    ll_thread_start(&memory->printer, print, vocab, NULL) == 0;
	if (!memory->printing)
		print(vocab);
}

static int
open_gguf(struct ll_vocab **out, const char *path, struct ll_err *err)
{
	struct ll_gguf *gguf;
	int status = ll_gguf_open_first(&gguf, path, err);

	if (status < 0)
		return status;
	if ((status = ll_vocab_from_gguf(out, gguf, err)) < 0) {
		ll_gguf_close(gguf);
		return status;
	}
	/* Only messages use it, and there are no more. */
	gguf->path = "";
	((struct memory *)(*out)->memory)->gguf = gguf;
	return 0;
}

int
ll_vocab_from_bytes(struct ll_vocab **out, const void *data, size_t size, const char *name, struct ll_err *err)
{
	const char *first = data, *part = ll_gguf_part(data, size);

	if (part != NULL)
		return ll_fail(err, LL_EDATA, "%s: %s", name, part);
	if (size > 0 && *first == '{')
		return ll_vocab_from_hf(out, data, size, name, err);
	if (size > 0 && *first == '\n')
		return ll_vocab_from_spm(out, data, size, name, err);
	return ll_vocab_from_ranks(out, data, size, name, err);
}

static int
open_any(struct ll_vocab **out, const char *path, struct ll_err *err)
{
	struct ll_map map;
	struct stat is;
	int status;

	if (stat(path, &is) == 0 && S_ISDIR(is.st_mode))
		return ll_vocab_open_folder(out, path, err);
	if ((status = ll_map_open(&map, path, err)) < 0)
		return status;
	if (ll_gguf_begins(map.data, map.size))
		status = open_gguf(out, path, err);
	else if (*map.data == '{')
		status = ll_vocab_from_hf_map(out, &map, path, err);
	else
		status = ll_vocab_from_bytes(out, map.data, map.size, path, err);
	ll_map_close(&map);
	return status;
}

int
ll_vocab_open(struct ll_vocab **out, const char *path, struct ll_err *err)
{
	int status;

	*out = NULL;
	status = open_any(out, path, err);
	/* Of a folder the file in it is known already. */
	if (status == 0 && (*out)->path == NULL && ((*out)->path = ll_copy(path, strlen(path), err)) == NULL) {
		ll_vocab_free(*out);
		*out = NULL;
		return -LL_ENOMEM;
	}
	return status;
}
