/*
 * Divergences of rows; see divergence.h.
 */

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/mem.h"
#include "sample/divergence.h"
#include "sample/logits.h"

/*
 * The sum of p_i (P_i - Q_i), less the difference of the log-sum-exps, with logits taken from their
 * greatest, so that models whose logits lie apart do not lose digits by that.
 */
static int
divergence(double *out, struct ll_logits *p, struct ll_logits *q, const char *where, struct ll_err *err)
{
	double sum = 0, apart = (double)p->max - (double)q->max, totals[2];
	const float *terms = ll_logits_terms(p, &totals[0], err);

	if (terms == NULL || ll_logits_terms(q, &totals[1], err) == NULL)
		return -LL_ENOMEM;
	for (size_t i = 0; i < p->count; i++) {
		if (terms[i] > 0 && q->logits[i] == -INFINITY)
			return ll_fail(err, LL_EDATA, "%s: id %zu is possible in the first stream but not in the second: "
			    "the divergence is infinite", where, i);
		if (terms[i] > 0)
			sum += (double)terms[i] * ((double)p->logits[i] - (double)q->logits[i] - apart);
	}
	*out = fmax(sum / totals[0] - (log(totals[0]) - log(totals[1])), 0);
	return 0;
}

int
ll_divergence_add(struct ll_divergence *d, struct ll_logits *p, struct ll_logits *q, uint32_t target,
    const char *where, struct ll_err *err)
{
	double logprobs[2];
	int status = ll_grow(&d->rows, &d->cap, d->count + 1, sizeof(*d->rows), err);

	if (status < 0 || (status = ll_logits_score(p, target, &logprobs[0], where, err)) < 0 ||
	    (status = ll_logits_score(q, target, &logprobs[1], where, err)) < 0)
		return status;
	for (int i = 0; i < 2; i++)
		if (!isfinite(logprobs[i]))
			return ll_fail(err, LL_EDATA, "%s: the next token, id %" PRIu32 ", is impossible in the %s stream",
			    where, target, i == 0 ? "first" : "second");
	if ((status = divergence(&d->rows[d->count], p, q, where, err)) < 0)
		return status;
	d->count++;
	d->same_top += ll_logits_best(p) == ll_logits_best(q);
	ll_tally_add(&d->texts[0], logprobs[0], 0);
	ll_tally_add(&d->texts[1], logprobs[1], 0);
	d->product += logprobs[0] * logprobs[1];
	return 0;
}

void
ll_divergence_free(struct ll_divergence *d)
{
	free(d->rows);
	*d = (struct ll_divergence){ 0 };
}

static int
ascending(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}

static double
quantile(const struct ll_divergence *d, double at)
{
	double place = at * (double)(d->count - 1), low = floor(place);
	size_t i = (size_t)low;

	return i + 1 == d->count ? d->rows[i] : d->rows[i] + (place - low) * (d->rows[i + 1] - d->rows[i]);
}

void
ll_divergence_report(struct ll_divergence *d, struct ll_divergence_report *out)
{
	double n = (double)d->count, sum = 0, squares = 0, top = (double)d->same_top / n, a, b, mean;
	const struct ll_tally *p = &d->texts[0], *q = &d->texts[1];

	qsort(d->rows, d->count, sizeof(*d->rows), ascending);
	for (size_t i = 0; i < d->count; i++)
		sum += d->rows[i];
	out->mean.value = sum / n;
	for (size_t i = 0; i < d->count; i++)
		squares += (d->rows[i] - out->mean.value) * (d->rows[i] - out->mean.value);
	out->mean.error = ll_tally_error(squares, n);
	out->same_top = (struct ll_estimate){ top, ll_tally_error(n * top * (1 - top), n) };
	out->median = quantile(d, 0.5);
	out->p99 = quantile(d, 0.99);
	out->most = d->rows[d->count - 1];
	out->perplexity[0] = ll_tally_perplexity(p);
	out->perplexity[1] = ll_tally_perplexity(q);
	/* By the delta method the error is that of the mean of b x_Q - a x_P. */
	a = out->perplexity[0].value;
	b = out->perplexity[1].value;
	mean = (b * q->x - a * p->x) / n;
	out->delta.value = b - a;
	out->delta.error = ll_tally_error(b * b * q->xx - 2 * a * b * d->product + a * a * p->xx - n * mean * mean, n);
}
