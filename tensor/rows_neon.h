/*
 * Vectors whose lanes are 4 rows of weights, for mul_rows.h: NEON with dot products.
 */

#ifndef LL_TENSOR_ROWS_NEON_H
#define LL_TENSOR_ROWS_NEON_H

#include <arm_neon.h>
#include <stdint.h>
#include <string.h>

#define LL_LANE_ROWS 4
#define LL_LANE_COLS 8
#define LL_DOT_BITS 7

typedef uint32x4_t V;
typedef float32x4_t F;

#define LANES static inline __attribute__((always_inline))

LANES V v_load(const uint8_t *from) { return vreinterpretq_u32_u8(vld1q_u8(from)); }
LANES void v_store(uint8_t *to, V value) { vst1q_u8(to, vreinterpretq_u8_u32(value)); }
LANES V v_set(uint32_t value) { return vdupq_n_u32(value); }
LANES V v_and(V a, V b) { return vandq_u32(a, b); }
LANES V v_or(V a, V b) { return vorrq_u32(a, b); }
LANES V v_xor(V a, V b) { return veorq_u32(a, b); }
LANES V v_sub(V a, V b) { return vsubq_u32(a, b); }
LANES V v_srl(V a, unsigned count) { return vshlq_u32(a, vdupq_n_s32(-(int)count)); }
LANES V v_sll(V a, unsigned count) { return vshlq_u32(a, vdupq_n_s32((int)count)); }
LANES V v_equal(V a, V b) { return vceqq_u32(a, b); }

LANES V
v_add8(V a, V b)
{
	return vreinterpretq_u32_u8(vaddq_u8(vreinterpretq_u8_u32(a), vreinterpretq_u8_u32(b)));
}

LANES V
v_sra(V a, unsigned count)
{
	return vreinterpretq_u32_s32(vshlq_s32(vreinterpretq_s32_u32(a), vdupq_n_s32(-(int)count)));
}

LANES V v_table(const int8_t *values) { return vreinterpretq_u32_s8(vld1q_s8(values)); }

LANES V
v_look_up(V table, V index)
{
	return vreinterpretq_u32_u8(vqtbl1q_u8(vreinterpretq_u8_u32(table), vreinterpretq_u8_u32(index)));
}

/* Bits i .. i + 3 of each lane as its four bytes, `one` where there is a bit. i a multiple of 4. */
LANES V
v_spread4(V bits, unsigned i, uint8_t one)
{
	static const uint8_t lane[16] = { 0, 0, 0, 0, 4, 4, 4, 4, 8, 8, 8, 8, 12, 12, 12, 12 };
	uint8x16_t where = vreinterpretq_u8_u32(v_set(i % 8 == 0 ? 0x08040201u : 0x80402010u));
	uint8x16_t all = vqtbl1q_u8(vreinterpretq_u8_u32(bits),
	    vaddq_u8(vld1q_u8(lane), vdupq_n_u8((uint8_t)(i / 8))));

	return vreinterpretq_u32_u8(vandq_u8(vtstq_u8(all, where), vdupq_n_u8(one)));
}

LANES V v_begin128(int32_t less) { (void)less; return vdupq_n_u32(0); }

/* Weights are at most 127, so that their sign does not matter. */
LANES V
v_dot(V sum, V q, const int8_t *x)
{
	uint32_t word;

	memcpy(&word, x, sizeof word);
	return vreinterpretq_u32_s32(vdotq_s32(vreinterpretq_s32_u32(sum), vreinterpretq_s8_u32(q),
	    vreinterpretq_s8_u32(vdupq_n_u32(word))));
}

LANES V v_dot128(V sum, V q, const int8_t *x) { return v_dot(sum, v_xor(q, v_set(0x80808080)), x); }

/* The low 16 bits of two vectors as pairs; those of `odd` have `left` zeros below them. */
LANES V
v_pairs(V even, V odd, unsigned left)
{
	return v_or(v_and(even, v_set(0xffff)), v_sll(odd, 16 - left));
}

LANES V
v_dot_pairs(V a, V b)
{
	int16x8_t x = vreinterpretq_s16_u32(a), y = vreinterpretq_s16_u32(b);

	return vreinterpretq_u32_s32(vpaddq_s32(vmull_s16(vget_low_s16(x), vget_low_s16(y)), vmull_high_s16(x, y)));
}

LANES F f_zero(void) { return vdupq_n_f32(0.0f); }
LANES F f_set(float value) { return vdupq_n_f32(value); }
LANES F f_load(const float *from) { return vld1q_f32(from); }
LANES void f_store(float *to, F value) { vst1q_f32(to, value); }
LANES F f_bits(V bits) { return vreinterpretq_f32_u32(bits); }
LANES F f_from(V integers) { return vcvtq_f32_s32(vreinterpretq_s32_u32(integers)); }

LANES F
f_load_f16(const uint8_t *from)
{
	return vcvt_f32_f16(vreinterpret_f16_u8(vld1_u8(from)));
}

LANES F f_low_f16(V pairs) { return vcvt_f32_f16(vreinterpret_f16_u16(vmovn_u32(pairs))); }
LANES F f_add(F a, F b) { return vaddq_f32(a, b); }
LANES F f_mul(F a, F b) { return vmulq_f32(a, b); }
LANES F f_fma(F a, F b, F c) { return vfmaq_f32(c, a, b); }
LANES F f_neg(F a) { return vnegq_f32(a); }

/* Four units of rows that are row_bytes apart. */
LANES void
v_four_units(V out[4], const uint8_t *row, size_t row_bytes)
{
	V a = v_load(row), b = v_load(row + row_bytes), c = v_load(row + 2 * row_bytes), d = v_load(row + 3 * row_bytes);
	uint64x2_t low = vreinterpretq_u64_u32(vzip1q_u32(a, b)), high = vreinterpretq_u64_u32(vzip2q_u32(a, b));
	uint64x2_t low2 = vreinterpretq_u64_u32(vzip1q_u32(c, d)), high2 = vreinterpretq_u64_u32(vzip2q_u32(c, d));

	out[0] = vreinterpretq_u32_u64(vzip1q_u64(low, low2));
	out[1] = vreinterpretq_u32_u64(vzip2q_u64(low, low2));
	out[2] = vreinterpretq_u32_u64(vzip1q_u64(high, high2));
	out[3] = vreinterpretq_u32_u64(vzip2q_u64(high, high2));
}

#endif
