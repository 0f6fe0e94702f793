/*
 * Attention; see attention.h. A tile is some queries of one sequence in a row; its rows are
 * these queries' heads of one KV head, so that keys and values are read, and made floats, once
 * for all of them. One task is a tile and a KV head, or a chunk of these where there are few.
 */

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/pool.h"
#include "forward/attention.h"
#include "tensor/kern.h"

/* Rows of a tile, if a query has no more: their scores of a chunk stay in the second cache. */
#define TILE_ROWS 64

/* Tasks for each thread below which tiles are cut into chunks. */
#define FEW 4

/* Scores of a row lie that many floats apart: rows must not fall on the same sets of a cache. */
#define SCORE_STRIDE (LL_ATTEND_CHUNK + 16)

/* Blocks that are asked of the memory before they are read. */
#ifndef AHEAD
#define AHEAD 4
#endif

#define BLOCKS (LL_ATTEND_CHUNK / LL_KV_BLOCK)

/* What a row got of a chunk, or of all up to it; then, from ll_kv_whole(head_dim) floats on, these. */
enum { MOST, SUM, PART_TAIL = 16 };

struct room {
	float *wide;		/* a block of keys or values as floats */
	void *panels;		/* queries as kernels want them, [groups of LL_ATTEND_ROWS] */
	float *scores;		/* [rows][SCORE_STRIDE] */
	float *part, *total;	/* [rows][part_stride] */
};

struct tile {
	const struct ll_query *queries;
	size_t count;
	size_t chunk, chunks;	/* the first, and how many */
	size_t tasks;		/* of the tiles before, if cut into chunks */
	size_t parts;		/* floats of the tiles before */
};

struct ll_attention {
	struct ll_attention_config config;
	size_t threads;
	size_t rows;		/* room for so many in a tile */
	size_t part_stride, panel_bytes;
	unsigned char *memory;	/* threads * room_bytes, 64-byte aligned */
	size_t room_bytes;
	struct tile *tiles;
	size_t tile_count;
	float *parts;		/* of tiles that are cut */
	size_t part_cap;
	atomic_size_t *done;	/* chunks of each tile and KV head that is cut */
	/* The call: */
	size_t layer, group, kv_heads;
	bool cut;
	size_t tasks;
	atomic_size_t next;
};

/* A tile and a KV head, and the thread's room. */
struct task {
	const struct ll_attention *a;
	struct room room;
	const struct tile *tile;
	size_t head;
	size_t rows;
};

int
ll_attention_new(struct ll_attention **out, const struct ll_attention_config *config, struct ll_err *err)
{
	struct ll_attention *a = ll_alloc(1, sizeof(*a), err);
	size_t n = config->shape.head_dim, whole = ll_kv_whole(n), most;

	if (a == NULL)
		return -LL_ENOMEM;
	a->config = *config;
	a->threads = ll_pool_count(config->ops->pool);
	most = config->group > TILE_ROWS ? config->group : TILE_ROWS;
	a->rows = (most + LL_ATTEND_ROWS - 1) / LL_ATTEND_ROWS * LL_ATTEND_ROWS;
	a->part_stride = whole + PART_TAIL;
	a->panel_bytes = ll_kv_quantised(config->shape.type[LL_KV_KEYS]) ?
	    whole / 32 * sizeof(struct ll_attend_q8) : whole * LL_ATTEND_ROWS * sizeof(float);
	a->room_bytes = a->rows / LL_ATTEND_ROWS * a->panel_bytes +
	    (LL_KV_BLOCK * whole + a->rows * (SCORE_STRIDE + 2 * a->part_stride)) * sizeof(float);
	a->memory = aligned_alloc(64, a->threads * a->room_bytes);
	a->tiles = ll_alloc(config->rows, sizeof(*a->tiles), err);
	a->done = ll_alloc(FEW * a->threads, sizeof(*a->done), err);
	if (a->memory == NULL || a->tiles == NULL || a->done == NULL) {
		ll_attention_free(a);
		return ll_fail(err, LL_ENOMEM, "out of memory: attention for %zu threads", config->rows);
	}
	*out = a;
	return 0;
}

void
ll_attention_free(struct ll_attention *a)
{
	if (a == NULL)
		return;
	free(a->memory);
	free(a->tiles);
	free(a->done);
	free(a->parts);
	free(a);
}

size_t
ll_attention_bytes(const struct ll_attention *a)
{
	return a->threads * a->room_bytes + a->part_cap * sizeof(float);
}

/* The positions of a query from `from` on and below `to`, beginning `begin` behind `from`. */
static size_t
seen(const struct ll_query *query, size_t from, size_t to, size_t *begin)
{
	size_t first = query->first > from ? query->first : from;
	size_t end = query->position + 1 < to ? query->position + 1 : to;

	*begin = first - from;
	return first < end ? end - first : 0;
}

static const struct ll_query *
query_of(const struct task *task, size_t row)
{
	return &task->tile->queries[row / task->a->group];
}

/* Rounds one row's n numbers into its place of a panel. */
static void
round_row(struct ll_attend_q8 *panel, size_t row, const float *x, size_t n)
{
	for (size_t b = 0; b < (n + 31) / 32; b++, panel++) {
		size_t count = n - 32 * b < 32 ? n - 32 * b : 32;
		uint8_t q[32] = { 0 };
		float most = 0.0f, inverse;

		panel->sum[row] = 0;
		for (size_t i = 0; i < count; i++) {
			float size = fabsf(x[32 * b + i]);

			most = size > most || isnan(size) ? size : most;
		}
		panel->scale[row] = most / 127.0f;
		inverse = isnormal(panel->scale[row]) ? 127.0f / most : 0.0f;
		for (size_t i = 0; i < count && inverse != 0.0f; i++) {
			int8_t nearest = (int8_t)ll_kv_nearest(x[32 * b + i] * inverse);

			q[i] = (uint8_t)nearest;
			panel->sum[row] += nearest;
		}
		for (size_t i = 0; i < 8; i++)
			panel->q[i][row] = (int32_t)((uint32_t)q[4 * i] | (uint32_t)q[4 * i + 1] << 8 |
			    (uint32_t)q[4 * i + 2] << 16 | (uint32_t)q[4 * i + 3] << 24);
	}
}

static void *
panel_at(const struct task *task, size_t group)
{
	return (unsigned char *)task->room.panels + group * task->a->panel_bytes;
}

static void
set_panels(const struct task *task)
{
	const struct ll_attention *a = task->a;
	size_t n = a->config.shape.head_dim;
	float scale = 1.0f / sqrtf((float)n), *x = task->room.part;

	for (size_t row = 0; row < task->rows; row++) {
		size_t head = task->head * a->group + row % a->group, place = row % LL_ATTEND_ROWS;
		const float *q = query_of(task, row)->q + head * n;
		void *panel = panel_at(task, row / LL_ATTEND_ROWS);

		for (size_t i = 0; i < n; i++)
			x[i] = q[i] * scale;
		if (ll_kv_quantised(a->config.shape.type[LL_KV_KEYS])) {
			ll_kv_rotate(x, n);
			round_row(panel, place, x, n);
			continue;
		}
		for (size_t i = 0; i < n; i++)
			((float *)panel)[i * LL_ATTEND_ROWS + place] = x[i];
	}
}

static const void *
block_at(const struct task *task, enum ll_kv_part part, size_t block)
{
	return ll_kv_at(task->a->config.kv, task->tile->queries->sequence, task->a->layer, part, task->head, block);
}

/* Whether all rows see all positions of the block that begins at `from`. */
static bool
all_see(const struct tile *tile, size_t from)
{
	return tile->queries[tile->count - 1].first <= from && tile->queries[0].position + 1 >= from + LL_KV_BLOCK;
}

/* The blocks of a chunk that the tile's rows see. */
static size_t
blocks_of(const struct task *task, size_t chunk, size_t *end)
{
	const struct tile *tile = task->tile;
	size_t first = tile->queries[0].first / LL_KV_BLOCK, begin = chunk * BLOCKS;
	size_t last = tile->queries[tile->count - 1].position / LL_KV_BLOCK;

	*end = last + 1 < begin + BLOCKS ? last + 1 : begin + BLOCKS;
	return first > begin ? first : begin;
}

/*
 * The block of a cache of 16-bit floats as floats, once for all rows, if there are so many that
 * it is worth it; otherwise the block as it is. Both give the same sums.
 */
static const void *
widen(const struct task *task, enum ll_kv_type *type, const void *block)
{
	const struct ll_kern *kern = task->a->config.ops->kern;
	size_t n = (task->a->config.shape.head_dim + 15) / 16 * 16;

	if (task->rows <= LL_ATTEND_ROWS || kern->kv_widen[*type] == NULL)
		return block;
	kern->kv_widen[*type](task->room.wide, block, n * LL_KV_BLOCK);
	*type = LL_KV_F32;
	return task->room.wide;
}

static void
score_block(const struct task *task, float *scores, size_t block, const void *keys, const void *next)
{
	const struct ll_attention *a = task->a;
	enum ll_kv_type type = a->config.shape.type[LL_KV_KEYS];
	size_t at = block * LL_KV_BLOCK;
	bool all = all_see(task->tile, at);

	keys = widen(task, &type, keys);
	for (size_t row = 0; row < task->rows; row += LL_ATTEND_ROWS) {
		size_t count = task->rows - row < LL_ATTEND_ROWS ? task->rows - row : LL_ATTEND_ROWS;

		if (!all && (query_of(task, row)->first >= at + LL_KV_BLOCK || query_of(task, row + count - 1)->position < at))
			continue;
		a->config.ops->kern->scores[type](scores + row * SCORE_STRIDE,
		    SCORE_STRIDE, panel_at(task, row / LL_ATTEND_ROWS), count, keys, row == 0 ? next : keys,
		    a->config.shape.head_dim);
	}
}

/* Scores become weights; the tails of `parts` are set, and their sums are zeros. */
static void
weigh(const struct task *task, float *parts, size_t chunk)
{
	const struct ll_attention *a = task->a;
	const struct ll_kern *kern = a->config.ops->kern;
	size_t from = chunk * LL_ATTEND_CHUNK;

	for (size_t row = 0; row < task->rows; row++) {
		float *part = parts + row * a->part_stride, *tail = part + a->part_stride - PART_TAIL;
		size_t begin, count = seen(query_of(task, row), from, from + LL_ATTEND_CHUNK, &begin);
		float *scores = task->room.scores + row * SCORE_STRIDE + begin;

		memset(part, 0, a->part_stride * sizeof(*part));
		if (count == 0)
			continue;
		tail[SUM] = kern->weigh(scores, count, &tail[MOST]);
	}
}

/* Rows at the edge of what they see are worked on a query at a time. */
static void
mix_block(const struct task *task, float *parts, const float *weights, size_t block, const void *values,
    const void *next)
{
	const struct ll_attention *a = task->a;
	enum ll_kv_type type = a->config.shape.type[LL_KV_VALUES];
	size_t from = block * LL_KV_BLOCK, stride = a->part_stride;
	bool all = all_see(task->tile, from);

	values = widen(task, &type, values);
	for (size_t row = 0, end; row < task->rows; row = end) {
		size_t begin, count = seen(query_of(task, row), from, from + LL_KV_BLOCK, &begin);
		size_t stop = task->rows - row < LL_ATTEND_ROWS ? task->rows : row + LL_ATTEND_ROWS;

		for (end = all ? stop : row + 1; end < task->rows && end % LL_ATTEND_ROWS != 0; end++) {
			size_t other, as_many = seen(query_of(task, end), from, from + LL_KV_BLOCK, &other);

			if (other != begin || as_many != count)
				break;
		}
		if (count > 0)
			a->config.ops->kern->mix[type](parts + row * stride, stride,
			    weights + row * SCORE_STRIDE, SCORE_STRIDE, end - row, values,
			    row == 0 ? next : values, begin, count, a->config.shape.head_dim);
	}
}

/*
 * What will be read AHEAD blocks after number i of those of a chunk: its keys, its values, then
 * the keys of the next. The last of all are fetched for nothing, once more.
 */
static const void *
block_ahead(const struct task *task, size_t chunk, size_t begin, size_t count, size_t i)
{
	size_t at = i + AHEAD, last, end = blocks_of(task, chunk + 1, &last) + at - 2 * count;

	if (at < count)
		return block_at(task, LL_KV_KEYS, begin + at);
	if (at < 2 * count)
		return block_at(task, LL_KV_VALUES, begin + at - count);
	return end < last ? block_at(task, LL_KV_KEYS, end) : block_at(task, LL_KV_VALUES, begin + count - 1);
}

/* What the rows get of a chunk. */
static void
attend_chunk(const struct task *task, float *parts, size_t chunk)
{
	size_t end, begin = blocks_of(task, chunk, &end), count = end - begin;
	float *scores = task->room.scores + begin % BLOCKS * LL_KV_BLOCK;

	for (size_t i = 0; i < count; i++)
		score_block(task, scores + i * LL_KV_BLOCK, begin + i, block_at(task, LL_KV_KEYS, begin + i),
		    block_ahead(task, chunk, begin, count, i));
	weigh(task, parts, chunk);
	for (size_t i = 0; i < count; i++)
		mix_block(task, parts, scores + i * LL_KV_BLOCK, begin + i, block_at(task, LL_KV_VALUES, begin + i),
		    block_ahead(task, chunk, begin, count, count + i));
}

/* Joins what the rows got of a chunk to what they got of those before. */
static void
join(const struct task *task, float *totals, const float *parts, size_t chunk)
{
	const struct ll_attention *a = task->a;
	const struct ll_kern *kern = a->config.ops->kern;
	size_t n = a->part_stride - PART_TAIL;

	for (size_t row = 0; row < task->rows; row++) {
		const struct ll_query *query = query_of(task, row);
		const float *part = parts + row * a->part_stride;
		float *total = totals + row * a->part_stride, most[2];

		if (chunk < query->first / LL_ATTEND_CHUNK || chunk > query->position / LL_ATTEND_CHUNK)
			continue;
		if (chunk == query->first / LL_ATTEND_CHUNK) {
			if (total != part)
				memcpy(total, part, a->part_stride * sizeof(*part));
			continue;
		}
		most[0] = total[n + MOST];
		most[1] = part[n + MOST];
		kern->weigh(most, 2, &total[n + MOST]);
		total[n + SUM] = total[n + SUM] * most[0] + part[n + SUM] * most[1];
		kern->blend(total, most[0], part, most[1], n);
	}
}

static void
finish(const struct task *task, const float *totals)
{
	const struct ll_attention *a = task->a;
	size_t n = a->config.shape.head_dim, sum = a->part_stride - PART_TAIL + SUM;

	for (size_t row = 0; row < task->rows; row++) {
		const float *total = totals + row * a->part_stride;
		float *out = query_of(task, row)->out + (task->head * a->group + row % a->group) * n;
		float by = 1.0f / total[sum];

		for (size_t i = 0; i < n; i++)
			out[i] = total[i] * by;
		if (ll_kv_quantised(a->config.shape.type[LL_KV_VALUES]))
			ll_kv_rotate(out, n);
	}
}

static void
attend(const struct task *task)
{
	const struct tile *tile = task->tile;

	set_panels(task);
	for (size_t chunk = tile->chunk; chunk < tile->chunk + tile->chunks; chunk++) {
		attend_chunk(task, task->room.part, chunk);
		join(task, task->room.total, task->room.part, chunk);
	}
	finish(task, task->room.total);
}

/* One chunk of a tile that is cut, with panels set; whose task was the last joins them all. */
static void
attend_piece(struct ll_attention *a, const struct task *task, size_t number)
{
	const struct tile *tile = task->tile;
	size_t unit = (size_t)(tile - a->tiles) * a->kv_heads + task->head;
	size_t step = task->rows * a->part_stride;
	float *parts = a->parts + tile->parts + task->head * tile->chunks * step;

	attend_chunk(task, parts + number * step, tile->chunk + number);
	if (atomic_fetch_add(&a->done[unit], 1) + 1 < tile->chunks)
		return;
	for (size_t i = 0; i < tile->chunks; i++)
		join(task, task->room.total, parts + i * step, tile->chunk + i);
	finish(task, task->room.total);
}

static struct room
room_of(const struct ll_attention *a, size_t thread)
{
	unsigned char *at = a->memory + thread * a->room_bytes;
	struct room room = { .panels = at };

	room.wide = (float *)(void *)(at + a->rows / LL_ATTEND_ROWS * a->panel_bytes);
	room.scores = room.wide + LL_KV_BLOCK * ll_kv_whole(a->config.shape.head_dim);
	room.part = room.scores + a->rows * SCORE_STRIDE;
	room.total = room.part + a->rows * a->part_stride;
	return room;
}

static void
work(void *arg, size_t thread, size_t count)
{
	struct ll_attention *a = arg;
	struct task task = { .a = a, .room = room_of(a, thread), .tile = a->tiles };
	size_t number, set = SIZE_MAX;

	(void)count;
	while ((number = atomic_fetch_add(&a->next, 1)) < a->tasks) {
		size_t piece = number;

		if (a->cut) {
			/* Tasks come in order, and few tiles are cut. */
			while (number >= task.tile->tasks + task.tile->chunks * a->kv_heads)
				task.tile++;
			piece = (number - task.tile->tasks) % task.tile->chunks;
			task.head = (number - task.tile->tasks) / task.tile->chunks;
		} else {
			task.tile = &a->tiles[number % a->tile_count];
			task.head = number / a->tile_count;
		}
		task.rows = task.tile->count * a->group;
		if (!a->cut) {
			attend(&task);
			continue;
		}
		/* The pieces of one tile and head come in a row. */
		if (set != number - piece)
			set_panels(&task);
		set = number - piece;
		attend_piece(a, &task, piece);
	}
}

/* Groups the queries into tiles; returns the floats that their parts take when they are cut. */
static size_t
set_tiles(struct ll_attention *a, const struct ll_query *queries, size_t count)
{
	size_t most = a->group < TILE_ROWS ? TILE_ROWS / a->group : 1, parts = 0, tasks = 0;

	a->tile_count = 0;
	for (size_t i = 0, end; i < count; i = end) {
		struct tile *tile = &a->tiles[a->tile_count++];

		for (end = i + 1; end < count && end < i + most; end++)
			if (queries[end].sequence != queries[i].sequence ||
			    queries[end].position != queries[end - 1].position + 1)
				break;
		*tile = (struct tile){
			.queries = &queries[i], .count = end - i, .chunk = queries[i].first / LL_ATTEND_CHUNK,
			.tasks = tasks, .parts = parts,
		};
		tile->chunks = queries[end - 1].position / LL_ATTEND_CHUNK + 1 - tile->chunk;
		tasks += tile->chunks * a->kv_heads;
		parts += tile->chunks * a->kv_heads * tile->count * a->group * a->part_stride;
	}
	a->tasks = tasks;
	return parts;
}

/* Whether there is room for the parts of tiles that are cut; if there is none they are not. */
static bool
have_parts(struct ll_attention *a, size_t need)
{
	size_t cap = a->part_cap > 0 ? a->part_cap : 4096;

	if (need <= a->part_cap)
		return true;
	while (cap < need)
		cap *= 2;
	free(a->parts);
	a->parts = aligned_alloc(64, cap * sizeof(float));
	a->part_cap = a->parts != NULL ? cap : 0;
	return a->parts != NULL;
}

void
ll_attention_run(struct ll_attention *a, size_t layer, size_t heads, size_t kv_heads,
    const struct ll_query *queries, size_t count)
{
	size_t parts;

	a->layer = layer;
	a->kv_heads = kv_heads;
	a->group = heads / kv_heads;
	parts = set_tiles(a, queries, count);
	a->cut = a->threads > 1 && a->tile_count * kv_heads < FEW * a->threads && have_parts(a, parts);
	for (size_t i = 0; a->cut && i < a->tile_count * kv_heads; i++)
		atomic_store(&a->done[i], 0);
	if (!a->cut)
		a->tasks = a->tile_count * kv_heads;
	atomic_store(&a->next, 0);
	ll_pool_run(a->config.ops->pool, work, a);
}
