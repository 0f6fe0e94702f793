/*
 * Matrices packed in memory; see pack.h.
 *
 * When to pack is the question whether to rent or to buy: who buys when the rent paid so far is the
 * price never pays more than twice the least, however many steps come. Rent is what a step takes
 * longer where matrices lie in rows: it interleaves each of them once, and most of that while memory is
 * read. The price is interleaving them into memory of their own, which takes PRICE times as long, as
 * that memory has to be got, cleared and written.
 */

#include "forward/pack.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/available.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/pool.h"
#include "model/source.h"

/* Measured; see ll-forward(1). */
#define PRICE 12

/* With more rows than one tile has, products leave little to be saved. */
#define FEW_ROWS LL_MUL_COLS

/* Steps that the work is spread over, so that none has to wait for all of it. */
#define STEPS 8

#define HUGE_PAGE ((size_t)2 << 20)
#define MATRICES 7

struct ll_packs {
	struct ll_pool *pool;
	const struct ll_source *source;
	struct ll_layer *layers;
	struct ll_tensor head;		/* no data: not used */
	struct ll_tensor **matrices;	/* those of the layers, and the head, that are to be packed */
	size_t count;
	size_t size;			/* of all their panels */
	bool wanted;			/* LL_PACK_AUTO has not decided yet, or is not done */
	uint64_t rent;			/* bytes interleaved by steps of few rows */
	size_t at, panel;		/* the matrix in work, and which of its panels is next */
	void *map;			/* where panels go; NULL until the first is made */
	size_t map_size;
	unsigned char *place;
	size_t used;			/* bytes of matrices that are packed */
};

/* Panels of a matrix. */
struct job {
	const struct ll_tensor *from;
	unsigned char *to;
	size_t first, count;
};

/* Takes a matrix to those that are to be packed, if it is one. */
static void
add(struct ll_packs *packs, struct ll_tensor *tensor)
{
	size_t bytes;

	if (tensor->data == NULL || tensor->panels ||
	    !ll_tensor_panel_bytes(tensor->type, tensor->rows, tensor->cols, &bytes))
		return;
	packs->matrices[packs->count++] = tensor;
	/* Panels are whole lines of 64 bytes, so that all are aligned. */
	if (ll_add(packs->size, bytes, &packs->size))
		packs->size = SIZE_MAX;
}

static void
add_layer(struct ll_packs *packs, struct ll_layer *layer)
{
	struct ll_tensor *const all[MATRICES] = { &layer->wq, &layer->wk, &layer->wv, &layer->wo, &layer->gate,
		&layer->up, &layer->down };

	for (size_t i = 0; i < MATRICES; i++)
		add(packs, all[i]);
}

static int
get_memory(struct ll_packs *packs, struct ll_err *err)
{
	size_t size;
	void *map = MAP_FAILED;

	if (!ll_add(packs->size, HUGE_PAGE, &size))
		map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (map == MAP_FAILED)
		return ll_fail(err, LL_ENOMEM, "out of memory: %zu bytes of packed weights", packs->size);
	packs->map = map;
	packs->map_size = size;
	packs->place = (unsigned char *)map + (HUGE_PAGE - (uintptr_t)map % HUGE_PAGE) % HUGE_PAGE;
	ll_want_huge(packs->place, packs->size);
	return 0;
}

static void
pack_share(void *arg, size_t thread, size_t threads)
{
	const struct job *job = arg;
	size_t begin, end;

	ll_pool_share(job->count, 1, thread, threads, &begin, &end);
	ll_tensor_interleave(job->to, job->from, job->first + begin, job->first + end);
}

/* So many panels of the matrix in work at most; with the last the matrix changes its place. */
static size_t
pack_panels(struct ll_packs *packs, size_t most)
{
	struct ll_tensor *tensor = packs->matrices[packs->at];
	size_t panels = ll_panels(tensor->rows), bytes;
	struct job job = { .from = tensor, .to = packs->place + packs->used, .first = packs->panel,
		.count = panels - packs->panel };

	ll_tensor_panel_bytes(tensor->type, LL_PANEL_ROWS, tensor->cols, &bytes);
	if (job.count > most / bytes + 1)
		job.count = most / bytes + 1;
	ll_pool_run(packs->pool, pack_share, &job);
	packs->panel += job.count;
	if (packs->panel == panels) {
		/* What is read no more need not stay in memory. */
		if (packs->source != NULL)
			ll_source_release(packs->source, tensor->data, tensor->rows * tensor->row_bytes);
		tensor->data = packs->place + packs->used;
		tensor->panels = true;
		packs->used += panels * bytes;
		packs->panel = 0;
		packs->at++;
	}
	return job.count * bytes;
}

static void
pack(struct ll_packs *packs, size_t most)
{
	for (size_t done = 0; done < most && packs->at < packs->count;)
		done += pack_panels(packs, most - done);
}

static int
make(struct ll_packs *packs, const struct ll_model *model, const struct ll_forward_config *config, struct ll_err *err)
{
	size_t count = config->end - config->first;

	packs->layers = ll_alloc(count, sizeof(*packs->layers), err);
	packs->matrices = ll_alloc(count * MATRICES + 1, sizeof(*packs->matrices), err);
	if (packs->layers == NULL || packs->matrices == NULL)
		return -LL_ENOMEM;
	memcpy(packs->layers, model->layers + config->first, count * sizeof(*packs->layers));
	if (config->head)
		packs->head = model->output;
	for (size_t i = 0; i < count; i++)
		add_layer(packs, &packs->layers[i]);
	add(packs, &packs->head);
	/* The reference dequantises rows: panels would only make it slower. */
	packs->wanted = config->pack == LL_PACK_AUTO && packs->count > 0 && config->precision != LL_PRECISION_F32;
	if (config->pack != LL_PACK_ALWAYS || packs->count == 0)
		return 0;
	if (get_memory(packs, err) < 0)
		return -LL_ENOMEM;
	pack(packs, SIZE_MAX);
	return 0;
}

int
ll_packs_new(struct ll_packs **out, const struct ll_model *model, const struct ll_forward_config *config,
    struct ll_pool *pool, struct ll_err *err)
{
	struct ll_packs *packs = ll_alloc(1, sizeof(*packs), err);
	int status;

	if (packs == NULL)
		return -LL_ENOMEM;
	packs->pool = pool;
	packs->source = model->source;
	if ((status = make(packs, model, config, err)) < 0) {
		ll_packs_free(packs);
		return status;
	}
	*out = packs;
	return 0;
}

void
ll_packs_free(struct ll_packs *packs)
{
	if (packs == NULL)
		return;
	if (packs->map != NULL)
		munmap(packs->map, packs->map_size);
	free(packs->layers);
	free(packs->matrices);
	free(packs);
}

const struct ll_layer *
ll_packs_layer(const struct ll_packs *packs, size_t layer)
{
	return &packs->layers[layer];
}

const struct ll_tensor *
ll_packs_head(const struct ll_packs *packs)
{
	return &packs->head;
}

void
ll_packs_step(struct ll_packs *packs, size_t rows)
{
	if (!packs->wanted)
		return;
	if (packs->map == NULL) {
		packs->rent += rows <= FEW_ROWS ? packs->size : 0;
		if (packs->rent / PRICE < packs->size)
			return;
		if (packs->size > ll_available() / 2 || get_memory(packs, NULL) < 0) {
			packs->wanted = false;
			return;
		}
	}
	pack(packs, packs->size / STEPS);
	packs->wanted = packs->at < packs->count;
}

int
ll_packs_when(const char *name, struct ll_err *err)
{
	static const char *const names[] = { "auto", "always", "never" };

	for (int i = 0; i < 3; i++)
		if (strcmp(name, names[i]) == 0)
			return i;
	return ll_fail(err, LL_EUSAGE, "--pack: '%.50s' is not auto, always or never", name);
}

size_t
ll_packs_bytes(const struct ll_packs *packs)
{
	return packs->used;
}
