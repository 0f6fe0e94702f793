/*
 * Kernels alone, each against its limit. A new one is an entry in the table of kernels.c: what
 * it works on, one step of it, and the bytes and operations of that step.
 */

#ifndef LL_BENCH_KERNELS_H
#define LL_BENCH_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/roofline.h"
#include "tensor/ops.h"

struct ll_err;
struct ll_rng;

#define LL_KERNEL_DIMS 3
#define LL_KERNEL_LIST 16

struct ll_kernels_config {
	const char *names[LL_KERNEL_LIST];	/* "all" is every one */
	size_t name_count;
	enum ll_dtype types[LL_KERNEL_LIST];	/* of matrices; none: Q4_0 */
	size_t type_count;
	size_t rows[LL_KERNEL_LIST];		/* of activations; none: each kernel's own */
	size_t row_count;
	size_t shape[LL_KERNEL_DIMS];
	size_t dims;				/* 0: each kernel's own shape */
	size_t depth;				/* of attention */
	bool panels;				/* matrices lie in panels, where their type has them */
	bool memory;				/* what is worked on comes from memory; else it may stay in caches */
	size_t threads, rounds;
	bool as_json;
};

/* One kernel at one size. */
struct ll_kernel_run {
	const struct ll_kernels_config *config;
	size_t shape[LL_KERNEL_DIMS];
	size_t rows;
	struct ll_tensor w;		/* of the type, in panels or rows; its data is the step's */
	struct ll_ops ops;
	void *state;			/* the kernel's, from open */
};

struct ll_kernel {
	const char *name;
	const char *dims;			/* "ROWSxCOLS" */
	size_t dim_count;
	size_t shape[LL_KERNEL_DIMS];		/* by default */
	size_t rows[2];				/* by default; 0: one entry, or the kernel knows no rows */
	bool typed;				/* its first two dimensions are a matrix of a type */

	/* Of a step. */
	struct ll_work (*work)(const struct ll_kernel_run *run);

	/*
	 * What a step works on: `bytes` bytes, 64-byte aligned, that `fill` has filled. There are
	 * as many of these as fill the caches several times, or one.
	 */
	size_t (*bytes)(const struct ll_kernel_run *run);
	void (*fill)(const struct ll_kernel_run *run, void *set, struct ll_rng *rng);
	void (*step)(const struct ll_kernel_run *run, void *set);

	/* May be NULL. What open left in run->state, also when it failed, is close's. */
	int (*open)(struct ll_kernel_run *run, struct ll_err *err);
	void (*close)(struct ll_kernel_run *run);

	/* Or, in place of bytes, fill and step: the seconds of one step, measured anyhow. */
	int (*seconds)(struct ll_kernel_run *run, double *seconds, struct ll_err *err);
};

extern const struct ll_kernel ll_kernel_matmul, ll_kernel_quantize, ll_kernel_rmsnorm, ll_kernel_swiglu,
    ll_kernel_softmax, ll_kernel_attention, ll_kernel_greedy, ll_kernel_top_k, ll_kernel_full, ll_kernel_top_p,
    ll_kernel_gemm_f32_nn, ll_kernel_gemm_f32_nt, ll_kernel_gemm_f32_tn, ll_kernel_gemm_bf16_nn,
    ll_kernel_gemm_bf16_nt, ll_kernel_gemm_bf16_tn;

/* -LL_EUSAGE for a name that is none, naming those that are, and for a shape that does not fit. */
int ll_bench_kernels(const struct ll_kernels_config *config, struct ll_err *err);

#endif
