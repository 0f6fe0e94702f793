/*
 * Products with one matrix of weights, forward and backward, learned or frozen, with an adapter.
 */

#include "base/hash.h"
#include "train/net_memory.h"

void
ll_linear_read(ll_real *out, const struct ll_tensor *tensor, size_t row)
{
#ifdef LL_TRAIN_DOUBLE
	float part[256];

	for (size_t at = 0; at < tensor->cols; at += 256) {
		size_t n = tensor->cols - at < 256 ? tensor->cols - at : 256;

		ll_tensor_read(part, tensor, row, at, n);
		for (size_t l = 0; l < n; l++)
			out[at + l] = part[l];
	}
#else
	ll_tensor_read(out, tensor, row, 0, tensor->cols);
#endif
}

struct widening {
	struct ll_net *net;
	const struct ll_linear *linear;
	size_t begin;
};

static void
widen(void *arg, size_t begin, size_t end, size_t thread)
{
	const struct widening *w = arg;
	const struct ll_linear *linear = w->linear;

	(void)thread;
	for (size_t i = begin; i < end; i++)
		ll_linear_read(w->net->memory->wide + i * linear->cols, &linear->frozen, w->begin + i);
}

const ll_real *
ll_linear_rows(struct ll_net *net, const struct ll_linear *linear, size_t begin, size_t n)
{
	struct widening w = { net, linear, begin };

	if (linear->value != NULL)
		return linear->value + begin * linear->cols;
	ll_net_each(net, n, 16, widen, &w);
	return net->memory->wide;
}

/* How many rows at a time. */
static size_t
part_of(const struct ll_net *net, const struct ll_linear *linear)
{
	return linear->value != NULL ? linear->rows : net->memory->wide_count / linear->cols;
}

/*
 * Dropout (Srivastava et al. 2014): which inputs are kept is a function of the step's seed, the
 * matrix and the place, so that it is the same when layers are computed again.
 */
struct dropping {
	uint64_t seed, threshold;
	ll_real kept;			/* share of the inputs */
	size_t cols;
	const ll_real *from;
	ll_real *to;
};

static struct dropping
dropping_of(const struct ll_net *net, const struct ll_linear *linear, size_t key, const ll_real *from, ll_real *to)
{
	ll_real rate = net->options.dropout;

	return (struct dropping){ .seed = net->dropout_seed + key * 0xd1342543de82ef95u,
	    .threshold = (uint64_t)((double)rate * 4294967296.0), .kept = 1 - rate, .cols = linear->cols, .from = from,
	    .to = to };
}

/* splitmix64 (Steele et al. 2014) */
static bool
is_kept(const struct dropping *d, uint64_t place)
{
	return ll_hash_mix(d->seed + (place + 1) * 0x9e3779b97f4a7c15u) >> 32 >= d->threshold;
}

static void
drop(void *arg, size_t begin, size_t end, size_t thread)
{
	const struct dropping *d = arg;

	(void)thread;
	for (size_t i = begin * d->cols; i < end * d->cols; i++)
		d->to[i] = is_kept(d, i) ? d->from[i] / d->kept : 0;
}

/* to += what came through those inputs that were kept */
static void
join(void *arg, size_t begin, size_t end, size_t thread)
{
	const struct dropping *d = arg;

	(void)thread;
	for (size_t i = begin * d->cols; i < end * d->cols; i++)
		if (is_kept(d, i))
			d->to[i] += d->from[i] / d->kept;
}

/* What an adapter sees of x; under dropout a copy. */
static const ll_real *
seen(struct ll_net *net, const struct ll_linear *linear, size_t key, size_t count, const ll_real *x)
{
	struct dropping d = dropping_of(net, linear, key, x, net->memory->dropped);

	if (net->options.dropout == 0 || net->dropout_seed == 0)
		return x;
	ll_net_each(net, count, 16, drop, &d);
	return net->memory->dropped;
}

struct scaling {
	struct ll_net *net;
	ll_real *x;
	size_t cols;
	ll_real by;
};

static void
scale_rows(void *arg, size_t begin, size_t end, size_t thread)
{
	const struct scaling *s = arg;

	(void)thread;
	s->net->memory->loops->scale(s->x + begin * s->cols, s->by, (end - begin) * s->cols);
}

/* low = scale * x A^T */
static void
go_low(struct ll_net *net, const struct ll_linear *linear, size_t count, const ll_real *x)
{
	struct ll_net_memory *memory = net->memory;
	size_t rank = linear->rank;
	struct scaling s = { net, memory->low, rank, net->options.alpha / (ll_real)rank };

	ll_product_run(memory->product, count, rank, linear->cols, ll_by_rows(x, linear->cols),
	    ll_turned(linear->a, linear->cols), memory->low, rank, false);
	ll_net_each(net, count, 64, scale_rows, &s);
}

void
ll_linear_forward(struct ll_net *net, const struct ll_linear *linear, size_t key, size_t count,
    const ll_real *x, ll_real *y)
{
	struct ll_net_memory *memory = net->memory;
	size_t rows = linear->rows, cols = linear->cols, part = part_of(net, linear);

	for (size_t begin = 0; begin < rows; begin += part) {
		size_t n = rows - begin < part ? rows - begin : part;
		const ll_real *w = ll_linear_rows(net, linear, begin, n);

		ll_product_run(memory->product, count, n, cols, ll_by_rows(x, cols), ll_turned(w, cols),
		    y + begin, rows, false);
	}
	if (linear->rank != 0) {
		go_low(net, linear, count, seen(net, linear, key, count, x));
		ll_product_run(memory->product, count, rows, linear->rank, ll_by_rows(memory->low, linear->rank),
		    ll_turned(linear->b, linear->rank), y, rows, true);
	}
}

static void
adapter_back(struct ll_net *net, const struct ll_linear *linear, size_t key, size_t count,
    const ll_real *x, const ll_real *dy, ll_real *dx)
{
	struct ll_net_memory *memory = net->memory;
	size_t rows = linear->rows, cols = linear->cols, rank = linear->rank;
	const ll_real *in = seen(net, linear, key, count, x);
	struct scaling s = { net, memory->dlow, rank, net->options.alpha / (ll_real)rank };
	struct dropping d = dropping_of(net, linear, key, memory->dropped, dx);

	go_low(net, linear, count, in);
	ll_product_run(memory->product, rows, rank, count, ll_turned(dy, rows), ll_by_rows(memory->low, rank),
	    linear->db, rank, true);
	ll_product_run(memory->product, count, rank, rows, ll_by_rows(dy, rows), ll_by_rows(linear->b, rank),
	    memory->dlow, rank, false);
	ll_net_each(net, count, 64, scale_rows, &s);
	ll_product_run(memory->product, rank, cols, count, ll_turned(memory->dlow, rank), ll_by_rows(in, cols),
	    linear->da, cols, true);
	if (in == x) {
		ll_product_run(memory->product, count, cols, rank, ll_by_rows(memory->dlow, rank),
		    ll_by_rows(linear->a, cols), dx, cols, true);
		return;
	}
	ll_product_run(memory->product, count, cols, rank, ll_by_rows(memory->dlow, rank),
	    ll_by_rows(linear->a, cols), memory->dropped, cols, false);
	ll_net_each(net, count, 16, join, &d);
}

void
ll_linear_back(struct ll_net *net, const struct ll_linear *linear, size_t key, size_t count,
    const ll_real *x, const ll_real *dy, ll_real *dx, bool add)
{
	struct ll_net_memory *memory = net->memory;
	size_t rows = linear->rows, cols = linear->cols, part = part_of(net, linear);

	for (size_t begin = 0; begin < rows; begin += part) {
		size_t n = rows - begin < part ? rows - begin : part;
		const ll_real *w = ll_linear_rows(net, linear, begin, n);

		ll_product_run(memory->product, count, cols, n, ll_by_rows(dy + begin, rows), ll_by_rows(w, cols),
		    dx, cols, add || begin > 0);
	}
	if (linear->grad != NULL)
		ll_product_run(memory->product, rows, cols, count, ll_turned(dy, rows), ll_by_rows(x, cols),
		    linear->grad, cols, true);
	if (linear->rank != 0)
		adapter_back(net, linear, key, count, x, dy, dx);
}
