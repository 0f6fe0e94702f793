/*
 * Kernels alone; see kernels.h.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/pool.h"
#include "base/rng.h"
#include "bench/kernels.h"
#include "bench/measure.h"
#include "bench/probe.h"
#include "tensor/kern.h"

#define ROUND_SECONDS 0.02
#define LEAST_READ ((size_t)64 << 10)

static const struct ll_kernel *const kernels[] = {
	&ll_kernel_matmul, &ll_kernel_attention, &ll_kernel_quantize, &ll_kernel_rmsnorm, &ll_kernel_swiglu,
	&ll_kernel_softmax, &ll_kernel_greedy, &ll_kernel_top_k, &ll_kernel_top_p, &ll_kernel_full,
	&ll_kernel_gemm_f32_nn, &ll_kernel_gemm_f32_nt, &ll_kernel_gemm_f32_tn, &ll_kernel_gemm_bf16_nn,
	&ll_kernel_gemm_bf16_nt, &ll_kernel_gemm_bf16_tn,
};

#define KERNELS (sizeof(kernels) / sizeof(kernels[0]))

struct bench {
	const struct ll_kernels_config *config;
	struct ll_pool *pool;
	struct ll_probe *probe;
	struct ll_region memory;
	struct ll_json *results;
	/* Of one run: */
	const struct ll_kernel *kernel;
	struct ll_region sets;
	size_t set_bytes, set_count, next;
	struct ll_ceiling ceiling;
	double *seconds;	/* of a step, by round */
};

/* Sets that steps use in turn. */
static int
make_sets(struct bench *b, const struct ll_kernel_run *run, struct ll_err *err)
{
	struct ll_rng rng;
	int status;

	b->next = 0;
	b->set_bytes = (b->kernel->bytes(run) + 63) / 64 * 64;
	b->set_count = b->config->memory ? (b->memory.bytes + b->set_bytes - 1) / b->set_bytes : 1;
	if ((status = ll_region_new(&b->sets, b->set_bytes * b->set_count, true, err)) < 0)
		return status;
	ll_rng_seed(&rng, 1, 0);
	b->kernel->fill(run, b->sets.data, &rng);
	for (size_t i = 1; i < b->set_count; i++)
		memcpy(b->sets.data + i * b->set_bytes, b->sets.data, b->set_bytes);
	return 0;
}

static double
time_steps(struct bench *b, const struct ll_kernel_run *run, size_t steps)
{
	double begin = ll_clock_seconds();

	for (size_t i = 0; i < steps; i++, b->next = (b->next + 1) % b->set_count)
		b->kernel->step(run, b->sets.data + b->next * b->set_bytes);
	return ll_clock_seconds() - begin;
}

static int
measure(struct bench *b, struct ll_kernel_run *run, const struct ll_work *work, struct ll_err *err)
{
	size_t steps = 1, near = b->config->memory ? b->memory.bytes : (size_t)work->bytes;
	double seconds;
	int status = 0;

	near = near > LEAST_READ ? near : LEAST_READ;
	near = near < b->memory.bytes ? near : b->memory.bytes;
	if (b->kernel->seconds == NULL) {
		if ((status = make_sets(b, run, err)) < 0)
			return status;
		while ((seconds = time_steps(b, run, steps)) < ROUND_SECONDS / 2)
			steps *= 2;
	} else if ((status = b->kernel->seconds(run, &seconds, err)) < 0)
		return status;
	for (size_t i = 0; i < b->config->rounds && status == 0; i++) {
		(void)ll_ceiling_raise(&b->ceiling, b->probe, &b->memory, near, work);
		if (b->kernel->seconds != NULL)
			status = b->kernel->seconds(run, &b->seconds[i], err);
		else
			b->seconds[i] = time_steps(b, run, steps) / (double)steps;
	}
	return status;
}

static void
add_result(struct bench *b, const struct ll_kernel_run *run, const struct ll_work *work, const char *shape,
    struct ll_err *err)
{
	struct ll_json *object = ll_json_object();
	const char *what, *type = b->kernel->typed ? ll_dtype_name(run->w.type) : "";
	double limit = ll_work_seconds(work, &b->ceiling, false, &what), ops = 0;
	double own = ll_work_seconds(work, &b->ceiling, true, NULL);
	struct ll_spread s;

	for (size_t i = 0; i < LL_PEAKS; i++)
		ops += work->ops[i];
	ll_text_json(object, "kernel", b->kernel->name);
	if (b->kernel->typed)
		ll_text_json(object, "type", type);
	ll_text_json(object, "shape", shape);
	ll_json_set(object, "rows", ll_json_int((int64_t)run->rows));
	ll_text_json(object, "from", b->config->memory ? "memory" : "cache");
	ll_rounds_json(object, "seconds", b->seconds, b->config->rounds, err);
	ll_work_json(object, work, 1);
	s = ll_spread_of(b->seconds, b->config->rounds);
	ll_json_set(object, "limit_seconds", ll_json_real(limit));
	ll_text_json(object, "limited_by", what);
	ll_json_set(object, "share", ll_json_real(limit / s.median));
	ll_json_set(object, "share_of_format", ll_json_real(own / s.median));
	ll_ceiling_json(object, &b->ceiling);
	ll_json_add(b->results, object);
	if (!b->config->as_json)
		printf("%-13s %-8s %-14s %5zu %10.1f %10.1f %10.1f %8.1f %8.1f %5.1f%% %5.1f%%  %s\n", b->kernel->name,
		    type, shape, run->rows, s.min * 1e6, s.median * 1e6, s.max * 1e6, work->bytes / s.median * 1e-9,
		    ops / s.median * 1e-9, 100 * limit / s.median, 100 * own / s.median, what);
	fflush(stdout);
}

static void
spell_shape(char *text, size_t size, const size_t *shape, size_t dims)
{
	size_t used = 0;

	*text = '\0';
	for (size_t i = 0; i < dims && used < size; i++)
		used += (size_t)snprintf(text + used, size - used, "%s%zu", i > 0 ? "x" : "", shape[i]);
}

static int
set_matrix(struct ll_kernel_run *run, enum ll_dtype type, struct ll_err *err)
{
	run->w = (struct ll_tensor){ .type = type, .rows = run->shape[0], .cols = run->shape[1] };
	if (!ll_dtype_row_bytes(type, run->w.cols, &run->w.row_bytes))
		return ll_fail(err, LL_EUSAGE, "--shape: rows of %zu are not whole blocks of %s", run->w.cols,
		    ll_dtype_name(type));
	run->w.panels = run->config->panels && ll_layout(type).units > 0;
	return 0;
}

static int
run_one(struct bench *b, enum ll_dtype type, size_t rows, struct ll_err *err)
{
	const struct ll_kernel *kernel = b->kernel;
	const struct ll_kernels_config *config = b->config;
	struct ll_kernel_run run = { .config = config, .rows = rows };
	struct ll_work work;
	char shape[80];
	int isa, status;

	memcpy(run.shape, config->dims > 0 ? config->shape : kernel->shape, sizeof(run.shape));
	spell_shape(shape, sizeof(shape), run.shape, kernel->dim_count);
	b->ceiling = (struct ll_ceiling){ 0 };
	if ((status = isa = ll_cpu_isa(err)) < 0)
		return status;
	run.ops = (struct ll_ops){ .kern = ll_kern((enum ll_isa)isa), .pool = b->pool };
	if (kernel->typed && (status = set_matrix(&run, type, err)) < 0)
		return status;
	if ((status = kernel->open != NULL ? kernel->open(&run, err) : 0) == 0) {
		work = kernel->work(&run);
		if ((status = measure(b, &run, &work, err)) == 0)
			add_result(b, &run, &work, shape, err);
	}
	ll_region_free(&b->sets);
	if (run.state != NULL)
		kernel->close(&run);
	return status;
}

/* All types and numbers of rows that were asked for. */
static int
run_kernel(struct bench *b, struct ll_err *err)
{
	const struct ll_kernels_config *config = b->config;
	size_t types = b->kernel->typed && config->type_count > 0 ? config->type_count : 1;
	const size_t *rows = config->row_count > 0 ? config->rows : b->kernel->rows;
	size_t row_count = config->row_count > 0 ? config->row_count : b->kernel->rows[1] > 0 ? 2 : 1;
	int status = 0;

	if (config->dims > 0 && config->dims != b->kernel->dim_count)
		return ll_fail(err, LL_EUSAGE, "--shape: %s wants %s", b->kernel->name, b->kernel->dims);
	for (size_t i = 0; i < types; i++)
		for (size_t k = 0; k < row_count && status == 0; k++)
			status = run_one(b, config->type_count > 0 ? config->types[i] : LL_Q4_0, rows[k], err);
	return status;
}

/* Those that a name means. */
static int
run_name(struct bench *b, const char *name, struct ll_err *err)
{
	char known[300] = "";
	int status = 0;
	bool found = false;

	for (size_t i = 0; i < KERNELS && status == 0; i++) {
		size_t used = strlen(known);

		b->kernel = kernels[i];
		snprintf(known + used, sizeof(known) - used, "%s, ", kernels[i]->name);
		if (strcmp(name, "all") == 0 || strcmp(name, kernels[i]->name) == 0) {
			found = true;
			status = run_kernel(b, err);
		}
	}
	return found ? status : ll_fail(err, LL_EUSAGE, "--kernel: '%s' is none of %sall", name, known);
}

static int
print_json(struct bench *b, struct ll_err *err)
{
	struct ll_json *object = ll_json_object();

	ll_text_json(object, "isa", ll_cpu_name((enum ll_isa)ll_cpu_isa(err)));
	ll_json_set(object, "threads", ll_json_int((int64_t)b->config->threads));
	ll_json_set(object, "rounds", ll_json_int((int64_t)b->config->rounds));
	ll_json_set(object, "kernels", b->results);
	b->results = NULL;
	return ll_measure_print(object, err);
}

static int
run_all(struct bench *b, struct ll_err *err)
{
	const struct ll_kernels_config *config = b->config;
	int status;

	if ((status = ll_pool_new(&b->pool, config->threads, err)) < 0 ||
	    (status = ll_probe_new(&b->probe, config->threads, err)) < 0 ||
	    (status = ll_region_new(&b->memory, ll_probe_memory(config->threads), true, err)) < 0)
		return status;
	b->results = ll_json_array();
	if ((b->seconds = ll_alloc(config->rounds, sizeof(double), err)) == NULL)
		return -LL_ENOMEM;
	if (!config->as_json)
		printf("%zu threads, %zu rounds, microseconds; from %s\n%-13s %-8s %-14s %5s %10s %10s %10s %8s %8s %6s %6s  %s\n",
		    config->threads, config->rounds, config->memory ? "memory" : "caches where it fits", "kernel", "type",
		    "shape", "rows", "min", "median", "max", "GB/s", "Gop/s", "share", "format", "limited by");
	for (size_t i = 0; i < config->name_count && status == 0; i++)
		status = run_name(b, config->names[i], err);
	return status == 0 && config->as_json ? print_json(b, err) : status;
}

int
ll_bench_kernels(const struct ll_kernels_config *config, struct ll_err *err)
{
	struct bench bench = { .config = config };
	int status = run_all(&bench, err);

	ll_json_free(bench.results);
	ll_region_free(&bench.memory);
	ll_probe_free(bench.probe);
	ll_pool_free(bench.pool);
	free(bench.seconds);
	return status;
}
