/*
 * Importance matrices, collected; see collect.h. The file is the GGUF that llama-imatrix
 * writes: a tensor NAME of the model has here NAME.in_sum2 and NAME.counts.
 *
 * A square, exact in a double, is split in units of 2^-20 and, of what is left, of 2^-60; so
 * both sums are exact, and squares down to 2^-60 are not lost beside large ones.
 */

#include "forward/collect.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/pool.h"
#include "model/gguf_write.h"
#include "tensor/dtype.h"

#define UNIT 0x1p20		/* of `whole` in 1 */
#define PART 0x1p40		/* of `part` in a unit of `whole` */
#define SQUARE_MOST 0x1p42
#define WHOLE_MOST (UINT64_C(1) << 63)
#define NAME_MOST 64

struct sums {
	uint64_t whole, part;
};

/* The rows that a matrix, or some that share them, have met. */
struct met {
	struct sums *columns;	/* [cols] */
	size_t cols;
	uint64_t rows;
};

struct ll_collect {
	const char *path;
	uint64_t fingerprint, sequences;
	size_t first, end;
	bool head, tied;
	struct met *layers;	/* [end - first][LL_MEETS_HEAD], then the head's */
	struct sums *columns;
};

/* An entry of the file. */
struct entry {
	char name[NAME_MOST];
	const struct met *met;
};

static size_t
count_met(const struct ll_collect *collect)
{
	return (collect->end - collect->first) * LL_MEETS_HEAD + collect->head;
}

static void
set_widths(struct ll_collect *collect, const struct ll_model *model)
{
	struct met *met = collect->layers;

	for (size_t i = collect->first; i < collect->end; i++, met += LL_MEETS_HEAD) {
		met[LL_MEETS_QKV].cols = met[LL_MEETS_GATE_UP].cols = model->hp.dim;
		met[LL_MEETS_ATTN_OUTPUT].cols = model->layers[i].heads * model->hp.head_dim;
		met[LL_MEETS_DOWN].cols = model->layers[i].ffn;
	}
	if (collect->head)
		met->cols = model->hp.dim;
}

/* A folder that is not there is better known before hours than after. */
static int
check_path(const char *path, struct ll_err *err)
{
	if (strcmp(path, "-") == 0)
		return ll_fail(err, LL_EUSAGE, "--imatrix: standard output is the stream's");
	return ll_out_try(path, err);
}

static int
make(struct ll_collect **out, const struct ll_model *model, size_t first, size_t end, const char *path,
    struct ll_err *err)
{
	struct ll_collect *collect = ll_alloc(1, sizeof(*collect), err);
	size_t total = 0, at = 0;

	*out = collect;
	if (collect == NULL)
		return -LL_ENOMEM;
	collect->path = path;
	collect->fingerprint = model->fingerprint;
	collect->first = first;
	collect->end = end;
	collect->head = end == model->hp.layers;
	collect->tied = model->hp.tied;
	if ((collect->layers = ll_alloc(count_met(collect), sizeof(*collect->layers), err)) == NULL)
		return -LL_ENOMEM;
	set_widths(collect, model);
	for (size_t i = 0; i < count_met(collect); i++)
		total += collect->layers[i].cols;
	if ((collect->columns = ll_alloc(total, sizeof(*collect->columns), err)) == NULL)
		return -LL_ENOMEM;
	for (size_t i = 0; i < count_met(collect); at += collect->layers[i++].cols)
		collect->layers[i].columns = collect->columns + at;
	return 0;
}

void
ll_collect_free(struct ll_collect *collect)
{
	if (collect == NULL)
		return;
	free(collect->columns);
	free(collect->layers);
	free(collect);
}

static int
check_same(const struct ll_collect *collect, const struct ll_model *model, size_t first, size_t end,
    struct ll_err *err)
{
	if (collect->fingerprint != model->fingerprint || collect->first != first || collect->end != end)
		return ll_fail(err, LL_EDATA, "%s: an importance matrix is of one model and the same layers, "
		    "but the streams are of several", model->path);
	return 0;
}

int
ll_collect_open(struct ll_collect **collect, const struct ll_model *model, size_t first, size_t end,
    const char *path, struct ll_err *err)
{
	int status;

	if (*collect != NULL)
		return check_same(*collect, model, first, end, err);
	if ((status = check_path(path, err)) < 0)
		return status;
	return make(collect, model, first, end, path, err);
}

struct task {
	struct met *met;
	const float *x;
	size_t count;
};

static void
add_square(struct sums *to, float x)
{
	double square = (double)x * (double)x;
	uint64_t whole;

	/* Neither too large nor no number; nor one sum too many: then the column keeps that it was. */
	if (!(square < SQUARE_MOST) || to->whole >= WHOLE_MOST) {
		to->whole = WHOLE_MOST;
		return;
	}
	square *= UNIT;
	whole = (uint64_t)square;
	to->whole += whole;
	to->part += (uint64_t)((square - (double)whole) * PART);
	to->whole += to->part >> 40;
	to->part &= (UINT64_C(1) << 40) - 1;
}

/* A thread's share of the columns. */
static void
add_columns(void *arg, size_t thread, size_t threads)
{
	const struct task *task = arg;
	size_t begin, end, cols = task->met->cols;

	ll_pool_share(cols, 16, thread, threads, &begin, &end);
	for (size_t row = 0; row < task->count; row++)
		for (size_t i = begin; i < end; i++)
			add_square(&task->met->columns[i], task->x[row * cols + i]);
}

void
ll_collect_add(struct ll_collect *collect, struct ll_pool *pool, size_t layer, enum ll_meets what, const float *x,
    size_t count)
{
	size_t at = what == LL_MEETS_HEAD ? count_met(collect) - 1 : (layer - collect->first) * LL_MEETS_HEAD + what;
	struct task task = { &collect->layers[at], x, count };

	task.met->rows += count;
	ll_pool_run(pool, add_columns, &task);
}

void
ll_collect_begin(struct ll_collect *collect)
{
	collect->sequences++;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->name, ((const struct entry *)b)->name);
}

/* The matrices by name: llama-imatrix has that order. */
static size_t
list_entries(const struct ll_collect *collect, struct entry *entries)
{
	static const struct {
		const char *name;
		enum ll_meets what;
	} matrices[] = {
		{ "attn_q", LL_MEETS_QKV }, { "attn_k", LL_MEETS_QKV }, { "attn_v", LL_MEETS_QKV },
		{ "attn_output", LL_MEETS_ATTN_OUTPUT }, { "ffn_gate", LL_MEETS_GATE_UP },
		{ "ffn_up", LL_MEETS_GATE_UP }, { "ffn_down", LL_MEETS_DOWN },
	};
	const struct met *met = collect->layers;
	size_t count = 0;

	for (size_t i = collect->first; i < collect->end; i++, met += LL_MEETS_HEAD) {
		for (size_t m = 0; m < sizeof(matrices) / sizeof(matrices[0]); m++, count++) {
			snprintf(entries[count].name, NAME_MOST, "blk.%zu.%s.weight", i, matrices[m].name);
			entries[count].met = met + matrices[m].what;
		}
	}
	if (collect->head) {
		snprintf(entries[count].name, NAME_MOST, "%s", collect->tied ? "token_embd.weight" : "output.weight");
		entries[count++].met = met;
	}
	qsort(entries, count, sizeof(*entries), by_name);
	return count;
}

static int
check(const struct entry *entries, size_t count, struct ll_err *err)
{
	if (count == 0 || entries[0].met->rows == 0)
		return ll_fail(err, LL_EDATA, "no row was evaluated: an importance matrix of nothing");
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < entries[i].met->cols; j++)
			if (entries[i].met->columns[j].whole >= WHOLE_MOST)
				return ll_fail(err, LL_EDATA, "%s: column %zu: the squares of the activations are not "
				    "finite or too large", entries[i].name, j);
	return 0;
}

static int
declare(struct ll_gguf_writer *writer, const struct ll_collect *collect, const struct entry *entries, size_t count,
    struct ll_err *err)
{
	uint64_t rows = entries[0].met->rows, chunks = collect->sequences > 0 ? collect->sequences : 1;
	int status = ll_gguf_write_string(writer, "general.type", "imatrix", 7, err);

	/* llama-imatrix has the names of texts here, which a stream does not tell. */
	if (status == 0)
		status = ll_gguf_write_array(writer, "imatrix.datasets", LL_GGUF_STRING, 0, "", 0, err);
	if (status == 0)
		status = ll_gguf_write_u32(writer, "imatrix.chunk_count", (uint32_t)chunks, err);
	if (status == 0)
		status = ll_gguf_write_u32(writer, "imatrix.chunk_size", (uint32_t)((rows + chunks - 1) / chunks), err);
	for (size_t i = 0; i < count && status == 0; i++) {
		uint64_t sums[2] = { entries[i].met->cols, 1 }, counts[2] = { 1, 1 };
		char name[NAME_MOST + 16];

		snprintf(name, sizeof(name), "%s.in_sum2", entries[i].name);
		status = ll_gguf_write_tensor(writer, name, LL_F32, 2, sums, sums[0] * 4, err);
		snprintf(name, sizeof(name), "%s.counts", entries[i].name);
		if (status == 0)
			status = ll_gguf_write_tensor(writer, name, LL_F32, 2, counts, 4, err);
	}
	return status;
}

static int
write_entry(struct ll_gguf_writer *writer, const struct met *met, struct ll_err *err)
{
	unsigned char *bytes = ll_alloc(met->cols + 1, 4, err);
	int status;

	if (bytes == NULL)
		return -LL_ENOMEM;
	for (size_t i = 0; i < met->cols; i++)
		ll_store_f32(bytes + 4 * i, (float)((double)met->columns[i].whole / UNIT +
		    (double)met->columns[i].part / (UNIT * PART)));
	ll_store_f32(bytes + 4 * met->cols, (float)met->rows);
	status = ll_gguf_write_data(writer, bytes, 4 * met->cols, err);
	if (status == 0)
		status = ll_gguf_write_data(writer, bytes + 4 * met->cols, 4, err);
	free(bytes);
	return status;
}

static int
write_file(const struct ll_collect *collect, const struct entry *entries, size_t count, struct ll_err *err)
{
	struct ll_gguf_writer *writer;
	int status = ll_gguf_write_new(&writer, err);

	if (status == 0 && (status = declare(writer, collect, entries, count, err)) == 0)
		status = ll_gguf_write_begin(writer, collect->path, err);
	for (size_t i = 0; i < count && status == 0; i++)
		status = write_entry(writer, entries[i].met, err);
	if (status == 0)
		status = ll_gguf_write_end(writer, err);
	ll_gguf_write_free(writer);
	return status;
}

int
ll_collect_write(const struct ll_collect *collect, struct ll_err *err)
{
	struct entry *entries;
	size_t count;
	int status;

	if (collect == NULL)
		return 0;
	entries = ll_alloc((collect->end - collect->first) * 7 + 1, sizeof(*entries), err);
	if (entries == NULL)
		return -LL_ENOMEM;
	count = list_entries(collect, entries);
	if ((status = check(entries, count, err)) == 0)
		status = write_file(collect, entries, count, err);
	free(entries);
	return status;
}
