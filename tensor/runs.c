/*
 * Products of rows as they lie; see runs.h.
 */

#include "tensor/runs.h"

/*
 * Rows are asked for so many bytes before they are used: one thread took 14 GB/s of BF16 without
 * it and 34 with it, where memory gave 38.
 */
#define AHEAD 16384

static size_t
groups_of(size_t cols)
{
	return (cols / LL_MUL_RUN + LL_RUNS - 1) / LL_RUNS;
}

/* The first run of a group. */
static size_t
first_run(size_t cols, size_t group)
{
	size_t runs = cols / LL_MUL_RUN;

	return (group + 1) * LL_RUNS <= runs ? group * LL_RUNS : runs - LL_RUNS;
}

/* Lines of activations of a run. */
static size_t
lines_of(enum ll_act_kind kind)
{
	return LL_MUL_RUN / ll_act_elements(kind);
}

size_t
ll_runs_bytes(const struct ll_kern *kern, enum ll_dtype type, size_t cols)
{
	if (kern->mul_runs[type] == NULL || cols % LL_MUL_RUN != 0 || cols < LL_RUNS * LL_MUL_RUN)
		return 0;
	return groups_of(cols) * lines_of(kern->wants[type]) * LL_RUNS * sizeof(union ll_act);
}

void
ll_runs_lanes(const struct ll_kern *kern, union ll_act *out, enum ll_act_kind kind, size_t cols,
    const union ll_act *x)
{
	/* A line has 16 units, as a block of F32 has. */
	struct ll_layout line = ll_layout(LL_F32);
	size_t lines = lines_of(kind), run_bytes = lines * sizeof(*x);

	for (size_t group = 0; group < groups_of(cols); group++, out += lines * LL_RUNS)
		kern->interleave(out->bytes, &line, x[first_run(cols, group) * lines].bytes, run_bytes, LL_RUNS, run_bytes,
		    lines, NULL);
}

void
ll_runs_multiply(const struct ll_kern *kern, float *y, const uint8_t *w, enum ll_dtype type,
    size_t cols, size_t row_bytes, size_t rows, const union ll_act *lanes, bool more)
{
	size_t run_bytes = row_bytes / (cols / LL_MUL_RUN), lines = lines_of(kern->wants[type]);
	float sums[LL_RUNS];

	for (size_t i = 0; i < rows; i++, w += row_bytes) {
		float sum = more ? y[i] : 0.0f;

		for (size_t group = 0; group < groups_of(cols); group++) {
			size_t first = first_run(cols, group);
			const uint8_t *runs = w + first * run_bytes;

			for (size_t at = 0; at < LL_RUNS * run_bytes; at += 64)
				__builtin_prefetch(runs + AHEAD + at, 0, 1);
			kern->mul_runs[type](sums, runs, lanes[group * lines * LL_RUNS].bytes);
			for (size_t run = group * LL_RUNS - first; run < LL_RUNS; run++)
				sum += sums[run];
		}
		y[i] = sum;
	}
}
