/*
 * The list of merges; see merges.h.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/pool.h"
#include "base/vocab.h"
#include "tokenize/merges.h"
#include "tokenize/piecemap.h"

#define AHEAD 32
#define CHUNKS 64
#define PAGE (4096 / sizeof(uint32_t))

/* A merge with the byte alphabet undone: the two texts one behind the other. */
struct merge {
	unsigned char *bytes;	/* room for `room` of them */
	size_t room;
	const unsigned char *text;	/* there, or in the vocabulary */
	size_t left;
	size_t length;
};

/*
 * The byte that a character of GPT-2's alphabet stands for, or -1. Printable Latin-1 stands
 * for itself; U+0100 and up are the other bytes in order: 0x00-0x20, 0x7f-0xa0 and 0xad.
 */
static int
byte_of(unsigned code)
{
	if (code < 0x100)
		return code > 0xa0 && code != 0xad ? (int)code : -1;
	if (code <= 0x120)
		return (int)(code - 0x100);
	if (code <= 0x142)
		return (int)(code - 0x121 + 0x7f);
	return code == 0x143 ? 0xad : -1;
}

static int
byte_of_two(unsigned first, unsigned second)
{
	if (first < 0xc2 || first > 0xc5 || (second & 0xc0) != 0x80)
		return -1;
	return byte_of((first & 0x1f) << 6 | (second & 0x3f));
}

/* 0, or -1 for text that is not "left right" in the byte alphabet or longer than any token. */
static int
undo_alphabet(const struct ll_piece *text, struct merge *merge)
{
	const unsigned char *in = (const unsigned char *)text->bytes;
	const unsigned char *const end = in + text->length;
	unsigned char *out = merge->bytes;
	unsigned char *const stop = out + merge->room;
	const unsigned char *middle = NULL;

	while (in < end) {
		int byte = *in++;

		if (byte == ' ' && middle == NULL) {
			middle = out;
			continue;
		}
		if (byte <= ' ' || byte >= 0x7f) {
			if (in == end || (byte = byte_of_two((unsigned)byte, *in++)) < 0)
				return -1;
		}
		if (out == stop)
			return -1;
		*out++ = (unsigned char)byte;
	}
	if (middle == NULL || middle == merge->bytes || middle == out)
		return -1;
	merge->left = (size_t)(middle - merge->bytes);
	merge->length = (size_t)(out - merge->bytes);
	return 0;
}

/* The same for SentencePiece's pieces, which have spaces for U+2581. */
static int
undo_marks(const struct ll_piece *text, struct merge *merge)
{
	unsigned char *out = merge->bytes;
	unsigned char *const stop = out + merge->room;
	const unsigned char *middle = NULL;

	for (size_t i = 0; i < text->length; i++) {
		char byte = text->bytes[i];

		if (byte == ' ') {
			if (middle != NULL)
				return -1;
			middle = out;
			continue;
		}
		if (text->length - i >= 3 && memcmp(text->bytes + i, "\xe2\x96\x81", 3) == 0) {
			byte = ' ';
			i += 2;
		}
		if (out == stop)
			return -1;
		*out++ = (unsigned char)byte;
	}
	if (middle == NULL || middle == merge->bytes || middle == out)
		return -1;
	merge->left = (size_t)(middle - merge->bytes);
	merge->length = (size_t)(out - merge->bytes);
	return 0;
}

/* How many bytes there are before the first that differs; `b` has none that is 0 or a space. */
static inline size_t
before_space(const unsigned char *a, const unsigned char *b, size_t length)
{
	uint64_t x, y;
	size_t at;

	/* Short ones in one go: without the space they are equal. */
	if (length < 8) {
		x = ll_load_few(a, length + 1);
		y = ll_load_few(b, length);
		at = (size_t)__builtin_ctzll((x ^ y) | (uint64_t)1 << 63) / 8;
		return (x >> 8 * at & 0xff) == ' ' && x >> 8 * at >> 8 == y >> 8 * at ? at : 0;
	}
	for (at = 0; (x = ll_load64(a + at) ^ ll_load64(b + at)) == 0 && at + 8 < length;)
		at = at + 16 <= length ? at + 8 : length - 8;
	at = x != 0 ? at + (size_t)__builtin_ctzll(x) / 8 : length;
	return a[at] == ' ' && memcmp(a + at + 1, b + at, length - at) == 0 ? at : 0;
}

/* The bytes of a token before the space of a merge, if that makes the token; or 0. */
static inline size_t
split_of(const struct ll_piece *merge, const struct ll_piece *written, const struct ll_piece *piece)
{
	size_t twos = written->length - piece->length, left = 0, before;

	if (merge->length != written->length + 1 || written->length == 0)
		return 0;
	before = before_space((const unsigned char *)merge->bytes, (const unsigned char *)written->bytes,
	    written->length);
	if (before == 0 || before == written->length)
		return 0;
	if (twos == 0)
		return before;
	/* Two bytes stand for one, of which the second continues. In most it is a space, and first. */
	if ((written->bytes[before] & 0xc0) == 0x80)
		return 0;
	if (twos == 1 && (written->bytes[0] & 0x80) != 0)
		return before - 1;
	for (size_t i = 0; i < before; i++)
		left += (written->bytes[i] & 0xc0) != 0x80;
	return left;
}

static bool
makes(const struct merge *merge, const struct ll_piece *piece)
{
	return piece->length == merge->length && ll_piece_is_ordinary(piece) &&
	    memcmp(piece->bytes, merge->bytes, merge->length) == 0;
}

/*
 * The id of what a merge makes, and the merge itself. Trainers number tokens as they make
 * them, so that it is the last one's or the next, nearly always; then nothing need be hashed,
 * nor undone where the vocabulary has its tokens as they were written. LL_VOCAB_NONE if there
 * is none, or this is no merge.
 */
static inline uint32_t
result_of(struct merge *merge, const struct ll_piece *text, const struct ll_vocab *vocab,
    const struct ll_piecemap *map, uint32_t last)
{
	const bool spm = ll_vocab_is_spm(vocab->kind);
	const bool written = vocab->written != NULL && !spm;
	uint32_t end = map->duplicates ? last : last + 2 < vocab->count ? last + 2 : (uint32_t)vocab->count;

	for (uint32_t id = last; written && id < end; id++) {
		const struct ll_piece *piece = &vocab->pieces[id];

		if (ll_piece_is_ordinary(piece) && (merge->left = split_of(text, &vocab->written[id], piece)) > 0) {
			merge->text = (const unsigned char *)piece->bytes;
			merge->length = piece->length;
			return id;
		}
	}
	if ((spm ? undo_marks(text, merge) : undo_alphabet(text, merge)) < 0)
		return LL_VOCAB_NONE;
	merge->text = merge->bytes;
	for (uint32_t id = last; id < end; id++)
		if (makes(merge, &vocab->pieces[id]))
			return id;
	return ll_piecemap_find(map, merge->bytes, merge->length);
}

static int
bad_merge(const struct ll_vocab *vocab, size_t i, struct ll_err *err)
{
	const struct ll_piece text = ll_vocab_merge(vocab, i);

	return ll_fail(err, LL_EDATA,
	    "%smerges: merge %zu, '%.*s', is not of two tokens into a third",
	    vocab->whole == LL_WHOLE_BY_SPLITTER ? "tokenizer.ggml." : "", i,
	    text.length < 200 ? (int)text.length : 200, text.bytes);
}

/*
 * Whether the texts of the merges are tokens. It is asked for the file's sake: a merge of
 * others would never be looked up. Half of them have one byte or two; the hashes of so many
 * others wait here until their slots have come from memory.
 */
struct sides {
	const uint64_t *shorts;	/* those of struct ll_merging */
	size_t asked;
	struct {
		uint64_t hash;
		size_t merge;
	} waiting[AHEAD];
};

/* What one thread has. */
struct part {
	struct merge merge;
	struct sides sides;
	size_t bad;		/* the first merge that it found to be none of two tokens into a third */
};

/*
 * The list is in chunks, of which the first thread takes those in front, in order, and others those
 * at the back: so none waits for one that is late.
 */
struct ll_merging {
	struct ll_merges *merges;
	const struct ll_vocab *vocab;
	const struct ll_piecemap *map;
	uint64_t shorts[(65536 + 256) / 64];	/* by two bytes, then by one: it is a token */
	struct part parts[LL_MERGES_THREADS];
	const unsigned char *begins[CHUNKS];	/* of each chunk */
	size_t chunks, each;	/* each but the last has so many merges */
	atomic_size_t taken, back;	/* chunks, and those of them at the back */
	size_t front;		/* merges before which all are ranked */
	uint32_t *places;	/* of the splits of the others, to be ranked when all before are */
};

static inline size_t
short_side(const unsigned char *p, size_t length)
{
	return length == 1 ? 65536u + p[0] : p[0] | (unsigned)p[1] << 8;
}

static void
find_short_tokens(uint64_t *shorts, const struct ll_vocab *vocab)
{
	for (size_t id = 0; id < vocab->count; id++) {
		const struct ll_piece *piece = &vocab->pieces[id];
		size_t bit;

		if (piece->length > 2 || !ll_piecemap_holds(vocab, piece))
			continue;
		bit = short_side((const unsigned char *)piece->bytes, piece->length);
		shorts[bit / 64] |= (uint64_t)1 << bit % 64;
	}
}

/* False if it is none, or one that has waited long enough is none. */
static inline bool
ask(struct sides *sides, size_t merge, const struct ll_piecemap *map, const unsigned char *p, size_t length)
{
	size_t slot, bit;

	if (length <= 2) {
		bit = short_side(p, length);
		return sides->shorts[bit / 64] >> bit % 64 & 1;
	}
	slot = sides->asked++ % AHEAD;
	if (sides->asked > AHEAD && !ll_piecemap_has(map, sides->waiting[slot].hash)) {
		sides->asked--;
		return false;
	}
	sides->waiting[slot].hash = ll_piecemap_ask(map, p, length);
	sides->waiting[slot].merge = merge;
	return true;
}

/* The first merge with a waiting text that is no token, or `merge`. */
static size_t
first_bad(const struct sides *sides, const struct ll_piecemap *map, size_t merge)
{
	for (size_t i = sides->asked > AHEAD ? sides->asked - AHEAD : 0; i < sides->asked; i++)
		if (!ll_piecemap_has(map, sides->waiting[i % AHEAD].hash))
			return sides->waiting[i % AHEAD].merge;
	return merge;
}

/* Of equal merges the first counts. */
static inline void
set_rank(struct ll_merges *merges, size_t place, size_t rank)
{
	if (merges->rank[place] == 0)
		merges->rank[place] = (uint32_t)rank + 1;
}

static size_t
end_of(const struct ll_merging *m, size_t chunk)
{
	return chunk + 1 < m->chunks ? (chunk + 1) * m->each : m->vocab->merge_count;
}

/* The first merge of a chunk that is none, or its end. Without `places` they are ranked at once. */
static size_t
read_chunk(const struct ll_merging *m, struct part *part, size_t chunk, uint32_t *places)
{
	const unsigned char *cursor = m->begins[chunk];
	struct merge *merge = &part->merge;
	const size_t end = end_of(m, chunk);
	size_t i = chunk * m->each;
	uint32_t id = 0;

	part->sides.asked = 0;
	for (; i < end; i++) {
		struct ll_piece text = ll_vocab_next_merge(&cursor);
		size_t place;

		if ((id = result_of(merge, &text, m->vocab, m->map, id)) == LL_VOCAB_NONE ||
		    !ask(&part->sides, i, m->map, merge->text, merge->left) ||
		    !ask(&part->sides, i, m->map, merge->text + merge->left, merge->length - merge->left))
			break;
		place = m->merges->first[id] + merge->left - 1;
		if (places != NULL)
			places[i] = (uint32_t)place;
		else
			set_rank(m->merges, place, i);
	}
	return first_bad(&part->sides, m->map, i);
}

static void
read_front(struct ll_merging *m)
{
	struct part *part = &m->parts[0];

	for (size_t chunk = 0; atomic_fetch_add(&m->taken, 1) < m->chunks; chunk++) {
		m->front = end_of(m, chunk);
		part->bad = read_chunk(m, part, chunk, NULL);
		if (part->bad < m->front)
			return;
	}
	part->bad = m->vocab->merge_count;
}

static void
read_back(struct ll_merging *m, struct part *part)
{
	part->bad = m->vocab->merge_count;
	while (atomic_fetch_add(&m->taken, 1) < m->chunks) {
		size_t chunk = m->chunks - 1 - atomic_fetch_add(&m->back, 1);
		size_t bad = read_chunk(m, part, chunk, m->places);

		if (bad < end_of(m, chunk))
			part->bad = bad;
	}
}

static void
read_chunks(void *arg, size_t thread, size_t count)
{
	struct ll_merging *m = arg;

	(void)count;
	if (thread == 0)
		read_front(m);
	else
		read_back(m, &m->parts[thread]);
}

/* What the threads have found, in the order of the list. */
static int
finish(struct ll_merging *m, size_t threads, struct ll_err *err)
{
	size_t bad = m->vocab->merge_count;

	for (size_t k = 0; k < threads; k++)
		bad = m->parts[k].bad < bad ? m->parts[k].bad : bad;
	if (bad < m->vocab->merge_count)
		return bad_merge(m->vocab, bad, err);
	for (size_t i = m->front; i < m->vocab->merge_count; i++)
		set_rank(m->merges, m->places[i], i);
	return 0;
}

int
ll_merging_run(struct ll_merging *m, const struct ll_piecemap *map, struct ll_pool *pool, struct ll_err *err)
{
	const size_t threads = ll_pool_count(pool);

	m->map = map;
	for (size_t k = 0; k < threads; k++) {
		struct part *part = &m->parts[k];

		part->sides.shorts = m->shorts;
		part->merge.room = map->longest;
		if ((part->merge.bytes = ll_alloc(part->merge.room, 1, err)) == NULL)
			return -LL_ENOMEM;
	}
	if (threads > 1 && (m->places = ll_alloc(m->vocab->merge_count, sizeof(*m->places), err)) == NULL)
		return -LL_ENOMEM;
	ll_pool_run(pool, read_chunks, m);
	return finish(m, threads, err);
}

/* Only several threads need more than one. */
static void
cut_list(struct ll_merging *m, size_t threads)
{
	const unsigned char *cursor = m->vocab->merges;

	m->chunks = threads > 1 ? CHUNKS : 1;
	m->each = m->vocab->merge_count / m->chunks;
	m->begins[0] = cursor;
	for (size_t chunk = 1; chunk < m->chunks; chunk++) {
		for (size_t i = 0; i < m->each; i++)
			ll_vocab_next_merge(&cursor);
		m->begins[chunk] = cursor;
	}
}

static int
make_table(struct ll_merges *merges, const struct ll_vocab *vocab, struct ll_err *err)
{
	size_t splits = 0;

	for (size_t id = 0; id < vocab->count; id++)
		splits += ll_piece_splits(&vocab->pieces[id]);
	if (splits > UINT32_MAX)
		return ll_fail(err, LL_EDATA, "vocabulary: %zu bytes of tokens are too many", splits);
	merges->size = vocab->count + splits;
	if ((merges->first = ll_alloc_large(merges->size, sizeof(*merges->first), err)) == NULL)
		return -LL_ENOMEM;
	merges->rank = merges->first + vocab->count;
	splits = 0;
	for (size_t id = 0; id < vocab->count; id++) {
		merges->first[id] = (uint32_t)splits;
		splits += ll_piece_splits(&vocab->pieces[id]);
	}
	/* The system finds the pages now, beside other work. */
	for (size_t i = 0; i < splits; i += PAGE)
		merges->rank[i] = 0;
	return 0;
}

int
ll_merging_new(struct ll_merging **out, struct ll_merges *merges, const struct ll_vocab *vocab, size_t threads,
    struct ll_err *err)
{
	struct ll_merging *m;
	int status = make_table(merges, vocab, err);

	*out = NULL;
	if (status < 0)
		return status;
	if (vocab->merge_count >= UINT32_MAX)
		return ll_fail(err, LL_EDATA, "tokenizer.ggml.merges: %zu are too many", vocab->merge_count);
	if ((m = ll_alloc(1, sizeof(*m), err)) == NULL)
		return -LL_ENOMEM;
	m->merges = merges;
	m->vocab = vocab;
	find_short_tokens(m->shorts, vocab);
	cut_list(m, threads);
	*out = m;
	return 0;
}

void
ll_merging_free(struct ll_merging *m)
{
	if (m == NULL)
		return;
	for (size_t k = 0; k < LL_MERGES_THREADS; k++)
		free(m->parts[k].merge.bytes);
	free(m->places);
	free(m);
}

void
ll_merges_free(struct ll_merges *merges)
{
	ll_free_large(merges->first, merges->size, sizeof(*merges->first));
	*merges = (struct ll_merges){ 0 };
}
