/*
 * The head and the loss as one: logits are made for some rows and some of the vocabulary at a
 * time, and where they do not all fit they are made again for the gradient.
 */

#include <math.h>
#include <string.h>

#include "base/vocab.h"
#include "train/net_memory.h"

#define PART 256	/* logits that lie beside the others while two exponentials are made of them */

/* Some tokens that count, and a stretch of the vocabulary. */
struct heading {
	struct ll_net *net;
	const struct ll_batch *batch;
	const uint32_t *chosen;		/* of the tokens */
	size_t begin, n;		/* the stretch */
	bool first;
	ll_real temperature, hard;	/* 1 and 1 without teaching */
};

static const struct ll_teaching *
teaching_of(const struct heading *h, size_t i)
{
	const struct ll_teaching *teaching = h->batch->teaching;

	return teaching != NULL && teaching[h->chosen[i]].count > 0 ? &teaching[h->chosen[i]] : NULL;
}

/* Entries of a teaching that are of the stretch, or may be: the ids are in any order. */
static void
entries(const struct heading *h, const struct ll_teaching *teaching, size_t *begin, size_t *end)
{
	*begin = 0;
	*end = teaching->count;
	if (teaching->ids == NULL) {
		*begin = h->begin < *end ? h->begin : *end;
		*end = h->begin + h->n < *end ? h->begin + h->n : *end;
	}
}

/* Which of the stretch an entry is of; not below h->n: none. */
static size_t
column(const struct heading *h, const struct ll_teaching *teaching, size_t entry)
{
	return (teaching->ids != NULL ? teaching->ids[entry] : entry) - h->begin;
}

static double
sum_of(const struct ll_teaching *teaching)
{
	double sum = 0;

	for (size_t i = 0; i < teaching->count; i++)
		sum += (double)teaching->probabilities[i];
	return sum;
}

static void
gather(void *arg, size_t begin, size_t end, size_t thread)
{
	const struct heading *h = arg;
	struct ll_net_memory *memory = h->net->memory;
	size_t dim = h->net->hp.dim;

	(void)thread;
	for (size_t i = begin; i < end; i++)
		memcpy(memory->rows + i * dim, memory->final + h->chosen[i] * dim, dim * sizeof *memory->rows);
}

static void
scatter(void *arg, size_t begin, size_t end, size_t thread)
{
	const struct heading *h = arg;
	struct ll_net_memory *memory = h->net->memory;
	size_t dim = h->net->hp.dim;

	(void)thread;
	for (size_t i = begin; i < end; i++)
		memcpy(memory->dn + h->chosen[i] * dim, memory->drows + i * dim, dim * sizeof *memory->rows);
}

/* log(exp a + exp b) */
static ll_real
log_add(ll_real a, ll_real b)
{
	ll_real most = a > b ? a : b, least = a > b ? b : a;

	return most + (ll_real)log1p(exp((double)(least - most)));
}

/* Takes the logits of a stretch into each row's sums. */
static void
take(void *arg, size_t begin, size_t end, size_t thread)
{
	const struct heading *h = arg;
	struct ll_net_memory *memory = h->net->memory;
	const struct ll_loops *loops = memory->loops;

	(void)thread;
	for (size_t i = begin; i < end; i++) {
		const ll_real *logits = memory->logits + i * h->n;
		const struct ll_teaching *teaching = teaching_of(h, i);
		uint32_t target = h->batch->targets[h->chosen[i]];
		ll_real lse = loops->logsumexp(logits, 1, h->n), hot = lse, most = loops->greatest(logits, h->n);
		size_t from, to;

		if (h->temperature != 1)
			hot = loops->logsumexp(logits, 1 / h->temperature, h->n);
		memory->row_lse[i] = h->first ? lse : log_add(memory->row_lse[i], lse);
		memory->row_hot[i] = h->first ? hot : log_add(memory->row_hot[i], hot);
		memory->row_most[i] = h->first || most > memory->row_most[i] ? most : memory->row_most[i];
		if (h->first) {
			memory->row_cross[i] = 0;
			memory->row_sum[i] = teaching != NULL ? sum_of(teaching) : 0;
		}
		if (target >= h->begin && target < h->begin + h->n)
			memory->row_target[i] = logits[target - h->begin];
		if (teaching == NULL)
			continue;
		entries(h, teaching, &from, &to);
		for (size_t t = from; t < to; t++) {
			size_t j = column(h, teaching, t);
			double q = (double)teaching->probabilities[t];

			if (j < h->n && q > 0)
				memory->row_cross[i] += q * (log(q) - (double)(logits[j] / h->temperature));
		}
	}
}

/* s = hard * exp(s - lse) + soft * exp(s * scale - hot) */
static void
mix(const struct ll_loops *loops, ll_real *s, size_t count, ll_real hard, ll_real lse, ll_real soft, ll_real scale,
    ll_real hot)
{
	ll_real part[PART];

	for (size_t at = 0; at < count; at += PART) {
		size_t n = count - at < PART ? count - at : PART;

		memcpy(part, s + at, n * sizeof *part);
		loops->exponentials(s + at, 1, lse, n);
		loops->scale(s + at, hard, n);
		loops->exponentials(part, scale, hot, n);
		loops->scale(part, soft, n);
		loops->add(s + at, part, n);
	}
}

/* Puts gradients in the place of logits. */
static void
turn(void *arg, size_t begin, size_t end, size_t thread)
{
	const struct heading *h = arg;
	struct ll_net_memory *memory = h->net->memory;
	const struct ll_loops *loops = memory->loops;

	(void)thread;
	for (size_t i = begin; i < end; i++) {
		ll_real *logits = memory->logits + i * h->n, t = h->temperature, hard = h->hard, soft = 0, sum = 0;
		const struct ll_teaching *teaching = teaching_of(h, i);
		uint32_t next = h->batch->targets[h->chosen[i]];
		size_t target = next - h->begin, from = 0, to = 0;

		if (teaching == NULL) {
			hard = 1;
		} else {
			sum = (ll_real)memory->row_sum[i];
			soft = (1 - hard) * t;
			entries(h, teaching, &from, &to);
		}
		if (next == LL_VOCAB_NONE) {
			hard = 0;
			target = h->n;
		}
		if (soft == 0 || t == 1) {
			/* One exponential serves both. */
			loops->exponentials(logits, 1, memory->row_lse[i], h->n);
			if (hard + soft * sum != 1)
				loops->scale(logits, hard + soft * sum, h->n);
		} else {
			mix(loops, logits, h->n, hard, memory->row_lse[i], soft * sum, 1 / t, memory->row_hot[i]);
		}
		if (target < h->n)
			logits[target] -= hard;
		for (size_t l = from; l < to; l++)
			if (column(h, teaching, l) < h->n)
				logits[column(h, teaching, l)] -= soft * teaching->probabilities[l];
	}
}

static void
make_logits(const struct heading *h, size_t rows, const ll_real *w)
{
	struct ll_net_memory *memory = h->net->memory;
	size_t dim = h->net->hp.dim;

	ll_product_run(memory->product, rows, h->n, dim, ll_by_rows(memory->rows, dim), ll_turned(w, dim),
	    memory->logits, h->n, false);
}

static void
sum_up(const struct heading *h, size_t rows, struct ll_loss *loss)
{
	struct ll_net_memory *memory = h->net->memory;
	double t = h->temperature;

	for (size_t i = 0; i < rows; i++) {
		const struct ll_teaching *teaching = teaching_of(h, i);
		double cross = (double)memory->row_lse[i] - (double)memory->row_target[i], hard = 1;

		if (teaching != NULL) {
			double kl = memory->row_cross[i] + memory->row_sum[i] * (double)memory->row_hot[i];

			hard = h->hard;
			loss->kl += kl;
			loss->taught++;
			loss->sum += (1 - hard) * t * t * kl;
		}
		loss->count++;
		if (h->batch->targets[h->chosen[i]] == LL_VOCAB_NONE)
			continue;
		loss->cross_entropy += cross;
		loss->sum += hard * cross;
		loss->targets++;
		loss->right += memory->row_target[i] == memory->row_most[i];
	}
}

static void
run_rows(struct heading *h, size_t rows, bool learn, struct ll_loss *loss)
{
	struct ll_net *net = h->net;
	struct ll_net_memory *memory = net->memory;
	const struct ll_linear *output = &net->output;
	size_t dim = net->hp.dim, vocab = net->hp.vocab, part = LL_HEAD_COLS;

	if (output->value == NULL && memory->wide_count / dim < part)
		part = memory->wide_count / dim;
	ll_net_each(net, rows, 16, gather, h);
	for (h->begin = 0; h->begin < vocab; h->begin += part) {
		h->n = vocab - h->begin < part ? vocab - h->begin : part;
		h->first = h->begin == 0;
		make_logits(h, rows, ll_linear_rows(net, output, h->begin, h->n));
		ll_net_each(net, rows, 8, take, h);
	}
	sum_up(h, rows, loss);
	if (!learn)
		return;
	for (h->begin = 0; h->begin < vocab; h->begin += part) {
		const ll_real *w;

		h->n = vocab - h->begin < part ? vocab - h->begin : part;
		w = vocab > part ? ll_linear_rows(net, output, h->begin, h->n) :
		    output->value != NULL ? output->value : memory->wide;
		if (vocab > part)
			make_logits(h, rows, w);
		ll_net_each(net, rows, 8, turn, h);
		ll_product_run(memory->product, rows, dim, h->n, ll_by_rows(memory->logits, h->n), ll_by_rows(w, dim),
		    memory->drows, dim, h->begin > 0);
		if (output->grad != NULL)
			ll_product_run(memory->product, h->n, dim, rows, ll_turned(memory->logits, h->n),
			    ll_by_rows(memory->rows, dim), output->grad + h->begin * dim, dim, true);
	}
	ll_net_each(net, rows, 16, scatter, h);
}

void
ll_output_run(struct ll_net *net, const struct ll_batch *batch, bool learn, struct ll_loss *loss)
{
	struct ll_net_memory *memory = net->memory;
	struct heading h = { .net = net, .batch = batch, .temperature = 1, .hard = 1 };
	size_t count = 0;

	if (batch->teaching != NULL) {
		h.temperature = batch->temperature;
		h.hard = batch->hard;
	}
	for (size_t i = 0; i < batch->count; i++)
		if (batch->targets[i] != LL_VOCAB_NONE ||
		    (batch->teaching != NULL && batch->teaching[i].count > 0 && batch->hard < 1))
			memory->chosen[count++] = (uint32_t)i;
	if (learn)
		memset(memory->dn, 0, batch->count * net->hp.dim * sizeof *memory->dn);
	for (size_t begin = 0; begin < count; begin += LL_HEAD_ROWS) {
		h.chosen = memory->chosen + begin;
		run_rows(&h, count - begin < LL_HEAD_ROWS ? count - begin : LL_HEAD_ROWS, learn, loss);
	}
}
