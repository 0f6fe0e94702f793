/*
 * Draws from a row; see draw.h. The random numbers are sorted and found in one walk along the
 * cumulated probabilities: O(vocabulary + N log N), however large N is.
 */

#include <math.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/rng.h"
#include "sample/draw.h"
#include "sample/logits.h"
#include "tensor/kern.h"

int
ll_draw_init(struct ll_draw *draw, size_t draws, struct ll_err *err)
{
	*draw = (struct ll_draw){ .draws = draws };
	draw->drawn = ll_alloc(draws, sizeof(*draw->drawn), err);
	draw->marks = ll_alloc(draws, sizeof(*draw->marks), err);
	return draw->drawn == NULL || draw->marks == NULL ? -LL_ENOMEM : 0;
}

void
ll_draw_free(struct ll_draw *draw)
{
	free(draw->drawn);
	free(draw->marks);
	free(draw->terms);
	*draw = (struct ll_draw){ 0 };
}

static int
rising(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

static int
by_weight(const void *a, const void *b)
{
	const struct ll_drawn *left = a, *right = b;

	if (left->log_weight != right->log_weight)
		return left->log_weight < right->log_weight ? 1 : -1;
	return (left->token > right->token) - (left->token < right->token);
}

/* Whose part of the cumulated terms each mark lies in. `last`, the last with any, takes what rounding leaves over. */
static void
find_hits(struct ll_draw *draw, size_t count)
{
	double sum = 0;
	size_t mark = 0, last = 0;

	draw->count = 0;
	for (size_t i = 0; i < count; i++)
		last = draw->terms[i] > 0 ? i : last;
	for (size_t i = 0; i <= last && mark < draw->draws; i++) {
		size_t first = mark;

		sum += (double)draw->terms[i];
		while (mark < draw->draws && (i == last || draw->marks[mark] < sum))
			mark++;
		if (mark > first)
			draw->drawn[draw->count++] = (struct ll_drawn){ (uint32_t)i, (uint32_t)(mark - first), 0 };
	}
}

int
ll_draw_row(struct ll_draw *draw, const struct ll_logits *row, double temperature, struct ll_rng *rng,
    struct ll_err *err)
{
	float scale = (float)(1 / temperature);
	double total = 0;
	int status = ll_grow(&draw->terms, &draw->terms_cap, row->count, sizeof(float), err);

	if (status < 0)
		return status;
	for (size_t i = 0; i < row->count; i++)
		draw->terms[i] = (row->logits[i] - row->max) * scale;
	row->kern->softmax_terms(draw->terms, row->count, 0);
	for (size_t i = 0; i < row->count; i++)
		total += (double)draw->terms[i];
	for (size_t i = 0; i < draw->draws; i++)
		draw->marks[i] = ll_rng_unit(rng) * total;
	qsort(draw->marks, draw->draws, sizeof(double), rising);
	find_hits(draw, row->count);
	for (size_t i = 0; i < draw->count; i++) {
		struct ll_drawn *one = &draw->drawn[i];
		double logit = (double)row->logits[one->token], weight = log((double)one->hits / (double)draw->draws);

		/* log p - log q */
		if (temperature != 1)
			weight += logit - row->log_sum_exp - ((logit - (double)row->max) * (double)scale - log(total));
		one->log_weight = (float)weight;
	}
	qsort(draw->drawn, draw->count, sizeof(*draw->drawn), by_weight);
	return 0;
}
