/*
 * Products of matrices (gemm.h) for NEON.
 */

#if defined(__ARM_FEATURE_DOTPROD)

#include <arm_neon.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define VEC float32x4_t
#define LANES 4
#define TILE_ROWS 8
#define TILE_WIDE 3

#define VECTOR static inline __attribute__((always_inline))

VECTOR VEC vec_zero(void) { return vdupq_n_f32(0.0f); }
VECTOR VEC vec_load(const void *from) { return vld1q_f32(from); }
VECTOR void vec_store(void *to, VEC value) { vst1q_f32(to, value); }
VECTOR VEC vec_splat(const void *from) { return vld1q_dup_f32(from); }
VECTOR VEC vec_step(VEC a, VEC b, VEC sum) { return vfmaq_f32(sum, a, b); }

VECTOR VEC
vec_load_part(const float *from, size_t n)
{
	float words[LANES] = { 0.0f };

	if (n == LANES)
		return vld1q_f32(from);
	for (size_t l = 0; l < n; l++)
		words[l] = from[l];
	return vld1q_f32(words);
}

VECTOR void
vec_store_part(float *to, VEC value, size_t n)
{
	float words[LANES];

	vst1q_f32(n == LANES ? to : words, value);
	for (size_t l = 0; n < LANES && l < n; l++)
		to[l] = words[l];
}

VECTOR void
vec_transpose(VEC v[LANES])
{
	float64x2_t low = vreinterpretq_f64_f32(vzip1q_f32(v[0], v[1]));
	float64x2_t high = vreinterpretq_f64_f32(vzip2q_f32(v[0], v[1]));
	float64x2_t low2 = vreinterpretq_f64_f32(vzip1q_f32(v[2], v[3]));
	float64x2_t high2 = vreinterpretq_f64_f32(vzip2q_f32(v[2], v[3]));

	v[0] = vreinterpretq_f32_f64(vzip1q_f64(low, low2));
	v[1] = vreinterpretq_f32_f64(vzip2q_f64(low, low2));
	v[2] = vreinterpretq_f32_f64(vzip1q_f64(high, high2));
	v[3] = vreinterpretq_f32_f64(vzip2q_f64(high, high2));
}

VECTOR VEC
round_bf16(VEC x)
{
	uint32x4_t bits = vreinterpretq_u32_f32(x), sign = vdupq_n_u32(0x80000000);
	uint32x4_t even = vandq_u32(vshrq_n_u32(bits, 16), vdupq_n_u32(1));
	uint32x4_t out = vandq_u32(vaddq_u32(bits, vaddq_u32(even, vdupq_n_u32(0x7fff))), vdupq_n_u32(0xffff0000));

	out = vbslq_u32(vcltq_f32(vabsq_f32(x), vdupq_n_f32(0x1p-126f)), vandq_u32(bits, sign), out);
	return vreinterpretq_f32_u32(vbslq_u32(vceqq_f32(x, x), out, bits));
}

#define vec_round round_bf16

#include "tensor/brain.h"
#include "tensor/gemm_tile.h"

#define FLUSH ((uint64_t)1 << 24)	/* FPCR: denormals are zeros */
#define UNDERFLOW ((uint64_t)1 << 3)	/* FPSR: one was a result */

VECTOR uint64_t
control(void)
{
	uint64_t value;

	__asm__ volatile("mrs %0, fpcr" : "=r"(value));
	return value;
}

VECTOR void
set_control(uint64_t value)
{
	__asm__ volatile("msr fpcr, %0" : : "r"(value) : "memory");
}

VECTOR uint64_t
flags(void)
{
	uint64_t value;

	__asm__ volatile("mrs %0, fpsr" : "=r"(value) : : "memory");
	return value;
}

VECTOR void
set_flags(uint64_t value)
{
	__asm__ volatile("msr fpsr, %0" : : "r"(value) : "memory");
}

/* The same by ll_brain_step. */
static void
tile_exact(float *c, size_t stride, const float *a, const float *b, size_t rows, size_t cols, size_t steps)
{
	for (size_t i = 0; i < rows; i++)
		for (size_t j = 0; j < cols; j++)
			for (size_t s = 0; s < steps; s++)
				c[i * stride + j] = ll_brain_step(a[s * PITCH + i], b[s * TILE_WIDE * LANES + j],
				    c[i * stride + j]);
}

/*
 * FPCR makes zeros of results that are tiny before they are rounded, VDPBF16PS of those that are so
 * after. So a tile in which one was tiny is done again.
 */
static void
tile_bf16(float *c, size_t stride, const void *a, const void *b, size_t rows, size_t cols, size_t steps, bool add)
{
	float before[TILE_ROWS][TILE_WIDE * LANES] = { { 0 } };
	uint64_t mode = control(), was = flags();
	bool again;

	for (size_t i = 0; i < rows && add; i++)
		memcpy(before[i], c + i * stride, cols * sizeof(float));
	set_control(mode | FLUSH);
	set_flags(was & ~UNDERFLOW);
	tile(c, stride, a, b, rows, cols, steps, add);
	again = (flags() & UNDERFLOW) != 0;
	set_flags(was);
	set_control(mode);
	if (!again)
		return;
	for (size_t i = 0; i < rows; i++)
		memcpy(c + i * stride, before[i], cols * sizeof(float));
	tile_exact(c, stride, a, b, rows, cols, steps);
}

const struct ll_gemm_kern ll_gemm_neon[2] = {
	[LL_GEMM_F32] = { .lanes = LANES, .rows = TILE_ROWS, .cols = TILE_WIDE * LANES, .pack = pack_f32,
	    .tile = tile },
	[LL_GEMM_BF16] = { .lanes = LANES, .rows = TILE_ROWS, .cols = TILE_WIDE * LANES, .pack = pack_bf16,
	    .tile = tile_bf16 },
};

#endif
