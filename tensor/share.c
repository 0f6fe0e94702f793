/*
 * Panels shared out over threads; see share.h.
 */

#include "tensor/share.h"

#include "base/pool.h"
#include "tensor/plan.h"

#define SHARE_BYTES 65536	/* of weights, that a thread takes at once, at least */
#define AHEAD_BYTES (256u * 1024)	/* of the next product's, that it reads while it waits, at most */
#define SHARES 4	/* that there are for each thread, at least, before they are made as large as a group */

static size_t
share_of(size_t left, size_t few, size_t threads)
{
	size_t count = threads == 1 ? left : left / (2 * threads) / few * few;

	return ll_least(count < few ? few : count, left);
}

void
ll_shares(struct ll_shares *shares, const struct ll_ops *ops, const struct ll_matmul *jobs, size_t count, size_t rows,
    size_t tiles)
{
	const struct ll_tensor *w = jobs[0].w;
	size_t threads = ll_pool_count(ops->pool), panels = 0, few;

	for (size_t i = 0; i < count; i++)
		panels += ll_panels(jobs[i].w->rows);
	few = SHARE_BYTES / (LL_PANEL_ROWS * w->row_bytes + 1) + 1;
	if (tiles > 1) {
		few = ll_plan(ops, rows, tiles, w).group;
		while (few > LL_PLAN_PANELS && panels / threads < SHARES * few)
			few /= 2;
		if (few < LL_PLAN_PANELS)
			few = LL_PLAN_PANELS;
	} else if (w->panels && w->cols > LL_PIECE_ELEMENTS && panels / threads >= 8 * LL_GROUP_PANELS) {
		/* Of long rows a group is read in one go. */
		few = LL_GROUP_PANELS;
	}
	shares->panels = panels;
	shares->few = few;
	shares->first = share_of(panels, few, threads);
	atomic_init(&shares->next, ll_least(threads * shares->first, panels));
}

void
ll_shares_first(const struct ll_shares *shares, size_t thread, size_t *begin, size_t *end)
{
	*begin = ll_least(shares->first * thread, shares->panels);
	*end = ll_least(*begin + shares->first, shares->panels);
}

bool
ll_shares_take(struct ll_shares *shares, size_t threads, size_t *begin, size_t *end)
{
	size_t next = atomic_load_explicit(&shares->next, memory_order_relaxed), count;

	do {
		if (next >= shares->panels)
			return false;
		count = share_of(shares->panels - next, shares->few, threads);
	} while (!atomic_compare_exchange_weak_explicit(&shares->next, &next, next + count, memory_order_relaxed,
	    memory_order_relaxed));
	*begin = next;
	*end = next + count;
	return true;
}

/* So many panels of one matrix. */
static void
read_ahead(const struct ll_ops *ops, size_t thread, const struct ll_tensor *w, size_t panel, size_t count)
{
	const struct ll_layout layout = ll_layout(w->type);
	const uint8_t *data = w->data;
	size_t row = panel * LL_PANEL_ROWS, bytes;

	if (w->panels) {
		size_t blocks = (w->cols + layout.elements - 1) / layout.elements;

		data += ll_panel_piece(&layout, ll_panels(w->rows), blocks, panel, 0);
		bytes = count * ll_panel_bytes(&layout, blocks);
	} else {
		data += row * w->row_bytes;
		bytes = ll_least(count * LL_PANEL_ROWS, w->rows - row) * w->row_bytes;
	}
	ll_pool_ahead(ops->pool, thread, data, ll_least(bytes, AHEAD_BYTES));
}

void
ll_shares_ahead(const struct ll_ops *ops, size_t rows, size_t tiles, size_t thread)
{
	struct ll_shares shares;
	size_t panel, end;

	ll_pool_ahead(ops->pool, thread, NULL, 0);
	if (ops->next_count == 0 || tiles > 1)
		return;
	ll_shares(&shares, ops, ops->next, ops->next_count, rows, tiles);
	ll_shares_first(&shares, thread, &panel, &end);
	for (size_t i = 0; i < ops->next_count && panel < end; i++) {
		size_t panels = ll_panels(ops->next[i].w->rows);

		if (panel < panels) {
			read_ahead(ops, thread, ops->next[i].w, panel, ll_least(end - panel, panels - panel));
			return;
		}
		panel -= panels;
		end -= panels;
	}
}
