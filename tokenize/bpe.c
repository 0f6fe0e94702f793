/*
 * BPE; see bpe.h.
 *
 * Tokens lie in arrays over the bytes of the piece. The first element of a token holds its
 * id, the id and rank of a merge with the token to the right, and, as its last element does,
 * its length: so both neighbours are found without links. Over the ranks stands a tree of
 * minima with a fan-out of 16, one cache line a node; walking it down leftmost gives the
 * next merge. A piece of up to 16 bytes has no tree above its ranks, and the walk is a scan.
 */

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/pool.h"
#include "base/utf8.h"
#include "tokenize/bpe.h"
#include "tokenize/spm.h"

#define FAN 16
#define LEVELS 16		/* of 64-bit sizes */
#define NO_RANK UINT32_MAX

#define WORTH_A_THREAD 16384	/* merges */

struct state {
	const struct ll_bpe *bpe;
	const unsigned char *piece;
	size_t length;
	uint32_t *id;
	uint32_t *span;		/* length of the token, at its first and its last byte */
	uint32_t *result;	/* of merging the token that begins here with the next */
	uint32_t *rank[LEVELS];	/* of that merge, then the minima of 16 each below */
	size_t levels;
};

static size_t
round_up(size_t n)
{
	return (n + FAN - 1) / FAN * FAN;
}

/* Elements of `work` that a piece takes; SIZE_MAX if it is too long for any. */
static size_t
room_for(size_t length)
{
	size_t leaves = round_up(length);
	size_t room;

	/* Three arrays, the ranks, and a tree of less than 1/15 of them and 16 a level. */
	if (ll_mul(length, 3, &room) || ll_add(room, leaves, &room) ||
	    ll_add(room, leaves / 15 + 1 + FAN * LEVELS, &room))
		return SIZE_MAX;
	return room;
}

static void
carve(struct state *s, uint32_t *memory)
{
	size_t width = round_up(s->length);

	/* The ranks first: they are what must lie on cache lines. */
	for (s->levels = 0;;) {
		s->rank[s->levels++] = memory;
		memset(memory, 0xff, width * sizeof(*memory));
		memory += width;
		if (width <= FAN)
			break;
		width = round_up(width / FAN);
	}
	s->id = memory;
	s->span = s->id + s->length;
	s->result = s->span + s->length;
}

static uint32_t
least(const uint32_t *node)
{
	uint32_t min = node[0];

	for (int i = 1; i < FAN; i++)
		min = node[i] < min ? node[i] : min;
	return min;
}

static void
set_rank(struct state *s, size_t at, uint32_t rank)
{
	for (size_t level = 0; level < s->levels; level++) {
		uint32_t *slot = &s->rank[level][at];
		uint32_t before = *slot;
		size_t up = at / FAN;

		*slot = rank;
		if (level + 1 == s->levels || before == rank)
			return;
		if (rank > s->rank[level + 1][up]) {
			if (before > s->rank[level + 1][up])
				return;
			rank = least(&s->rank[level][up * FAN]);
		}
		at = up;
	}
}

/* The leftmost place of the lowest rank; false when nothing is left to merge. */
static bool
lowest(const struct state *s, size_t *at)
{
	uint32_t min = least(s->rank[s->levels - 1]);
	size_t node = 0;

	if (min == NO_RANK)
		return false;
	for (size_t level = s->levels; level-- > 0; node *= FAN) {
		while (s->rank[level][node] != min)
			node++;
		*at = node;
	}
	return true;
}

/* Ranks the merge of the token at `left` with the next, which begins at `right`. */
static void
rank_pair(struct state *s, size_t left, size_t right)
{
	const struct ll_bpe *bpe = s->bpe;
	size_t end = right + s->span[right];
	struct ll_found found = ll_piecemap_seek(&bpe->map, s->piece + left, end - left);

	s->result[left] = found.id;
	set_rank(s, left, ll_bpe_rank_of(bpe, found, right - left));
}

static void
merge_at(struct state *s, size_t left)
{
	size_t right = left + s->span[left];
	size_t end = right + s->span[right];

	s->id[left] = s->result[left];
	s->span[left] = s->span[end - 1] = (uint32_t)(end - left);
	set_rank(s, right, NO_RANK);
	if (end < s->length)
		rank_pair(s, left, end);
	else
		set_rank(s, left, NO_RANK);
	if (left > 0)
		rank_pair(s, left - s->span[left - 1], left);
}

static int
no_token(unsigned char byte, struct ll_err *err)
{
	return ll_fail(err, LL_EDATA, "text: byte 0x%02x cannot be expressed in this model's vocabulary", byte);
}

/* Characters, whether or not there is a token for them: what they merge to may be one. */
static void
begin_characters(struct state *s)
{
	size_t size, before = 0;

	for (size_t i = 0; i < s->length; i += size) {
		ll_utf8_next(s->piece + i, s->length - i, &size);
		s->id[i] = ll_piecemap_find(&s->bpe->map, s->piece + i, size);
		s->span[i] = s->span[i + size - 1] = (uint32_t)size;
		if (i > 0)
			rank_pair(s, before, i);
		before = i;
	}
}

static int
begin(struct state *s, struct ll_err *err)
{
	for (size_t i = 0; i < s->length; i++) {
		s->id[i] = s->bpe->of_byte[s->piece[i]];
		s->span[i] = 1;
		if (s->id[i] == LL_VOCAB_NONE)
			return no_token(s->piece[i], err);
	}
	for (size_t i = 0; i + 1 < s->length; i++)
		rank_pair(s, i, i + 1);
	return 0;
}

/* What one symbol has become: a token, or the bytes of a character that has none. */
static int
put_symbol(const struct state *s, size_t at, struct ll_ids *ids, struct ll_err *err)
{
	int status = 0;

	if (s->id[at] != LL_VOCAB_NONE)
		return ll_ids_add(ids, s->id[at], err);
	for (size_t i = at; i < at + s->span[at] && status == 0; i++) {
		uint32_t id = s->bpe->of_byte[s->piece[i]];

		status = id == LL_VOCAB_NONE ? no_token(s->piece[i], err) : ll_ids_add(ids, id, err);
	}
	return status;
}

/* Of a byte-level vocabulary. */
static int
encode_short(const struct ll_bpe *bpe, const unsigned char *piece, size_t length,
    const struct ll_pairs *pairs, struct ll_ids *ids, struct ll_err *err)
{
	int status;

	for (size_t i = 0; i < length; i++)
		if (bpe->of_byte[piece[i]] == LL_VOCAB_NONE)
			return no_token(piece[i], err);
	if ((status = ll_grow(&ids->ids, &ids->cap, ids->count + LL_SHORT, sizeof(*ids->ids), err)) < 0)
		return status;
	ids->count += ll_short_merge(bpe, piece, length, pairs, ids->ids + ids->count);
	return 0;
}

int
ll_bpe_merge(const struct ll_bpe *bpe, const unsigned char *piece, size_t length,
    struct ll_bpe_work *work, struct ll_ids *ids, struct ll_err *err)
{
	struct state s = { .bpe = bpe, .piece = piece, .length = length };
	size_t at = 0;
	int status;

	if (length <= LL_SHORT && !bpe->characters && work->pairs.pairs != NULL)
		return encode_short(bpe, piece, length, &work->pairs, ids, err);
	if ((status = ll_grow(&work->memory, &work->room, room_for(length), sizeof(*work->memory), err)) < 0)
		return status;
	carve(&s, work->memory);
	if (bpe->characters)
		begin_characters(&s);
	else if ((status = begin(&s, err)) < 0)
		return status;
	while (lowest(&s, &at))
		merge_at(&s, at);
	for (at = 0; at < length && status == 0; at += s.span[at])
		status = put_symbol(&s, at, ids, err);
	return status;
}

int
ll_bpe_encode(const struct ll_bpe *bpe, const unsigned char *piece, size_t length,
    struct ll_bpe_work *work, struct ll_ids *ids, struct ll_err *err)
{
	if (bpe->whole_first) {
		uint32_t id = ll_piecemap_find(&bpe->map, piece, length);

		if (id != LL_VOCAB_NONE)
			return ll_ids_add(ids, id, err);
	}
	return ll_bpe_merge(bpe, piece, length, work, ids, err);
}

void
ll_bpe_work_free(struct ll_bpe_work *work)
{
	free(work->memory);
	ll_pairs_free(&work->pairs);
	*work = (struct ll_bpe_work){ 0 };
}

static void
find_bytes(struct ll_bpe *bpe, const struct ll_vocab *vocab)
{
	for (int i = 0; i < 256; i++) {
		unsigned char byte = (unsigned char)i;

		bpe->of_byte[i] = bpe->characters ? LL_VOCAB_NONE : ll_piecemap_find(&bpe->map, &byte, 1);
	}
	for (size_t id = vocab->count; id-- > 0 && bpe->characters;) {
		const struct ll_piece *piece = &vocab->pieces[id];

		if (piece->type == LL_TOKEN_BYTE && piece->length == 1)
			bpe->of_byte[(unsigned char)piece->bytes[0]] = (uint32_t)id;
	}
}

/* The two tables, of which one needs nothing of the other. */
struct tables {
	struct ll_bpe *bpe;
	const struct ll_vocab *vocab;
	struct ll_merging *merging;
	struct ll_err map, merges;	/* what went wrong */
};

static void
make_tables(void *arg, size_t thread, size_t count)
{
	struct tables *tables = arg;

	if (thread == 0)
		ll_piecemap_build(&tables->bpe->map, tables->vocab, &tables->map);
	if (thread == (count > 1))
		ll_merging_new(&tables->merging, &tables->bpe->merges, tables->vocab, count, &tables->merges);
}

static int
build_merges(struct ll_bpe *bpe, const struct ll_vocab *vocab, struct ll_err *err)
{
	struct ll_pool *pool = ll_pool_worth(vocab->merge_count, WORTH_A_THREAD, LL_MERGES_THREADS);
	struct tables tables = { .bpe = bpe, .vocab = vocab };
	int status;

	ll_pool_run(pool, make_tables, &tables);
	if (tables.map.code != 0)
		status = ll_fail_as(err, &tables.map);
	else if (tables.merges.code != 0)
		status = ll_fail_as(err, &tables.merges);
	else
		status = ll_merging_run(tables.merging, &bpe->map, pool, err);
	ll_merging_free(tables.merging);
	ll_pool_free(pool);
	return status;
}

int
ll_bpe_build(struct ll_bpe *bpe, const struct ll_vocab *vocab, bool whole_first,
    struct ll_err *err)
{
	struct ll_seams *seams;
	int status;

	bpe->whole_first = whole_first;
	bpe->ranked = vocab->kind == LL_VOCAB_BPE_RANKS;
	bpe->characters = ll_vocab_is_spm(vocab->kind);
	status = vocab->kind == LL_VOCAB_BPE_MERGES || vocab->kind == LL_VOCAB_SPM_MERGES ?
	    build_merges(bpe, vocab, err) : ll_piecemap_build(&bpe->map, vocab, err);
	if (status < 0)
		return status;
	find_bytes(bpe, vocab);
	if (vocab->kind == LL_VOCAB_SPM_SCORES)
		status = ll_spm_rank_scores(&bpe->rank_of, vocab, err);
	/* SentencePiece's kind begins with characters, and has seams of its own (spm.c). */
	if (status < 0 || bpe->characters)
		return status;
	if ((seams = ll_alloc(1, sizeof(*seams), err)) == NULL)
		return -LL_ENOMEM;
	if ((status = ll_seams_init(seams, vocab, err)) < 0)
		free(seams);
	else
		bpe->seams = seams;
	return status;
}

void
ll_bpe_free(struct ll_bpe *bpe)
{
	ll_piecemap_free(&bpe->map);
	ll_merges_free(&bpe->merges);
	free(bpe->rank_of);
	bpe->rank_of = NULL;
	if (bpe->seams != NULL)
		ll_seams_free(bpe->seams);
	free(bpe->seams);
	bpe->seams = NULL;
}
