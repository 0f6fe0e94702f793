/*
 * Kernels on vectors of activations, for AVX-512.
 */

#if defined(__AVX512F__)

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "tensor/act.h"
#include "tensor/exp.h"
#include "tensor/kern_isa.h"
#include "tensor/lanes_avx512.h"

static inline __m512i
magnitudes(const float *x)
{
	return _mm512_and_si512(_mm512_loadu_si512(x), _mm512_set1_epi32(0x7fffffff));
}

static inline float
greatest(const float *x)
{
	__m512i bits = _mm512_max_epu32(magnitudes(x), magnitudes(x + 16));

	return _mm_cvtss_f32(_mm_castsi128_ps(_mm_cvtsi32_si128((int)_mm512_reduce_max_epu32(bits))));
}

static inline int32_t
round16(int8_t *q, const float *x, float factor)
{
	__m512i nearest = _mm512_cvtps_epi32(_mm512_mul_ps(_mm512_loadu_ps(x), _mm512_set1_ps(factor)));

	_mm_storeu_si128((__m128i *)(void *)q, _mm512_cvtepi32_epi8(nearest));
	return _mm512_reduce_add_epi32(nearest);
}

/* Of four times 32 numbers, as bits. */
static inline __m128i
greatest4(const float *x)
{
	__m512i each[4], a, b;
	__m256i eight;

	for (size_t i = 0; i < 4; i++)
		each[i] = _mm512_max_epu32(magnitudes(x + 32 * i), magnitudes(x + 32 * i + 16));
	a = _mm512_max_epu32(_mm512_unpacklo_epi32(each[0], each[1]), _mm512_unpackhi_epi32(each[0], each[1]));
	b = _mm512_max_epu32(_mm512_unpacklo_epi32(each[2], each[3]), _mm512_unpackhi_epi32(each[2], each[3]));
	a = _mm512_max_epu32(_mm512_unpacklo_epi64(a, b), _mm512_unpackhi_epi64(a, b));
	eight = _mm256_max_epu32(_mm512_castsi512_si256(a), _mm512_extracti64x4_epi64(a, 1));
	return _mm_max_epu32(_mm256_castsi256_si128(eight), _mm256_extracti128_si256(eight, 1));
}

static inline __m128i
round_bytes(const float *x, __m512 factor)
{
	return _mm512_cvtepi32_epi8(_mm512_cvtps_epi32(_mm512_mul_ps(_mm512_loadu_ps(x), factor)));
}

/* A line, whose scale and 127 / its greatest magnitude are everywhere in these. */
static inline void
act_line(union ll_act *line, const float *x, __m512 factor, __m256 scale)
{
	/* The eight numbers behind the bytes (struct ll_act_q8), in turn. */
	const __m256i low_of = _mm256_setr_epi32(0, 0, 0, 0, 4, 0, 0, 0), by = _mm256_setr_epi32(0, -8, -128, -128, -128, 1, 1, 1);
	const __m256i excess = _mm256_setr_epi32(0, 4096, 4096, 2048, 2048, 4096, 2048, 4096);
	__m256i q = _mm256_setr_m128i(round_bytes(x, factor), round_bytes(x + 16, factor)), sums;
	__m256 floats;

	/* Sums of eight bytes, each 128 too large, then of 16 in lanes 0 and 4. */
	sums = _mm256_sad_epu8(_mm256_xor_si256(q, _mm256_set1_epi8(-128)), _mm256_setzero_si256());
	sums = _mm256_add_epi32(sums, _mm256_shuffle_epi32(sums, 0x4e));
	sums = _mm256_add_epi32(_mm256_permutevar8x32_epi32(sums, low_of),
	    _mm256_maskz_permutexvar_epi32(0xa6, _mm256_set1_epi32(4), sums));
	sums = _mm256_sub_epi32(sums, excess);
	floats = _mm256_cvtepi32_ps(sums);
	floats = _mm256_mask_mul_ps(floats, 0x80, floats, scale);
	sums = _mm256_mask_mov_epi32(_mm256_mullo_epi32(sums, by), 0xe0, _mm256_castps_si256(floats));
	sums = _mm256_mask_mov_epi32(sums, 1, _mm256_castps_si256(scale));
	_mm512_storeu_si512(line->bytes, _mm512_inserti64x4(_mm512_castsi256_si512(q), sums, 1));
}

/* Four lines, if all have a scale. */
static inline bool
act_four(union ll_act *out, size_t width, const float *x, __m128i bits)
{
	__m128 most = _mm_castsi128_ps(bits), of = _mm_set1_ps(127.0f), scale = _mm_div_ps(most, of);
	__m128 factor = _mm_div_ps(of, most);

	if ((_mm_cmp_ps_mask(scale, _mm_set1_ps(FLT_MIN), _CMP_GE_OQ) &
	    _mm_cmp_ps_mask(most, _mm_set1_ps(FLT_MAX), _CMP_LE_OQ)) != 0xf)
		return false;
	for (int i = 0; i < 4; i++) {
		__m512i place = _mm512_set1_epi32(i);

		act_line(out + (size_t)i * width, x + 32 * i, _mm512_permutexvar_ps(place, _mm512_castps128_ps512(factor)),
		    _mm256_permutexvar_ps(_mm512_castsi512_si256(place), _mm256_castps128_ps256(scale)));
	}
	return true;
}

static void
act_q8(union ll_act *out, size_t width, const float *x, size_t n)
{
	for (; n >= 128; n -= 128, x += 128, out += 4 * width)
		if (!act_four(out, width, x, greatest4(x)))
			ll_act_round(out, width, x, 128, greatest, round16);
	ll_act_round(out, width, x, n, greatest, round16);
}

static void
act_q8_64(union ll_act *out, size_t width, const float *x, size_t n)
{
	for (; n >= 128; n -= 128, x += 128, out += 4 * width) {
		__m128i most = greatest4(x);

		if (!act_four(out, width, x, _mm_max_epu32(most, _mm_shuffle_epi32(most, 0xb1))))
			ll_act_round_64(out, width, x, 128, greatest, round16);
	}
	ll_act_round_64(out, width, x, n, greatest, round16);
}

static inline __m512
exp16(__m512 x)
{
	const __m512 magic = _mm512_set1_ps(LL_EXP_ROUND);
	__m512 t = _mm512_add_ps(_mm512_mul_ps(x, _mm512_set1_ps(LL_EXP_LOG2E)), magic);
	__m512 n = _mm512_sub_ps(t, magic);
	__m512 r = _mm512_sub_ps(x, _mm512_mul_ps(n, _mm512_set1_ps(LL_EXP_LN2_HIGH)));
	__m512 p = _mm512_set1_ps(LL_EXP_C6);
	__m512i power;

	r = _mm512_sub_ps(r, _mm512_mul_ps(n, _mm512_set1_ps(LL_EXP_LN2_LOW)));
	p = ll_add_avx512(_mm512_set1_ps(LL_EXP_C5), p, r);
	p = ll_add_avx512(_mm512_set1_ps(LL_EXP_C4), p, r);
	p = ll_add_avx512(_mm512_set1_ps(LL_EXP_C3), p, r);
	p = ll_add_avx512(_mm512_set1_ps(LL_EXP_C2), p, r);
	p = _mm512_add_ps(ll_add_avx512(r, p, _mm512_mul_ps(r, r)), _mm512_set1_ps(1.0f));
	power = _mm512_add_epi32(_mm512_slli_epi32(_mm512_castps_si512(t), 23),
	    _mm512_set1_epi32(LL_EXP_ONE_BITS));
	return _mm512_maskz_mul_ps(
	    _mm512_cmp_ps_mask(x, _mm512_set1_ps(LL_EXP_LOWEST), _CMP_NLT_UQ),
	    p, _mm512_castsi512_ps(power));
}

static float
softmax_terms(float *x, size_t n, float most)
{
	__m512 sum = _mm512_setzero_ps();

	for (size_t i = 0; i < n; i += 16) {
		__mmask16 mask = ll_mask_avx512(i, n);
		__m512 term = exp16(_mm512_sub_ps(_mm512_maskz_loadu_ps(mask, x + i),
		    _mm512_set1_ps(most)));

		_mm512_mask_storeu_ps(x + i, mask, term);
		sum = _mm512_mask_add_ps(sum, mask, sum, term);
	}
	return ll_fold_avx512(sum);
}

/* `near`: x is not so low that its power is 0, nor NaN with a sign. A comparison would need the ports of products. */
static inline __m512
add_power(__m512 sum, __m512 x, float by, float shift, bool near)
{
	static const uint32_t words[8] = LL_EXP_POWERS;
	const __m512i powers = _mm512_broadcast_i64x4(_mm256_loadu_si256((const __m256i *)(const void *)words));
	const __m512 e = _mm512_set1_ps(LL_EXP_EIGHTH - shift);
	__m512 t = _mm512_fmadd_ps(x, _mm512_set1_ps(by), e);
	__m512 r = _mm512_fmsub_ps(x, _mm512_set1_ps(by), _mm512_sub_ps(t, e));
	__m512i bits = _mm512_castps_si512(t);
	__m512 power = _mm512_castsi512_ps(_mm512_add_epi32(_mm512_slli_epi32(bits, 20),
	    _mm512_permutexvar_epi32(bits, powers)));
	__m512 p = _mm512_fmadd_ps(_mm512_set1_ps(LL_EXP_B3), r, _mm512_set1_ps(LL_EXP_B2));

	p = _mm512_fmadd_ps(_mm512_fmadd_ps(p, r, _mm512_set1_ps(LL_EXP_B1)), r, _mm512_set1_ps(1.0f));
	if (near)
		return _mm512_fmadd_ps(p, power, sum);
	return _mm512_mask3_fmadd_ps(p, power, sum,
	    _mm512_cmp_ps_mask(t, _mm512_set1_ps(LL_EXP_EIGHTH + LL_EXP_LEAST), _CMP_NLT_UQ));
}

/* Of lanes that are no NaNs: vmaxps gives its second operand for one. Adding 0 makes +0 of -0. */
static inline float
fold_max(__m512 most)
{
	return _mm512_reduce_max_ps(most) + 0.0f;
}

/* *deepest: the greatest bits, as numbers without a sign: of the least x if one is negative. */
static inline __m512
add_powers(const float *x, size_t n, float by, float shift, bool near, __m512 *most, __m512i *deepest)
{
	__m512 sum = _mm512_setzero_ps(), top = _mm512_set1_ps(-INFINITY);
	__m512i deep = _mm512_setzero_si512();

	for (; n >= 16; x += 16, n -= 16) {
		__m512 value = _mm512_loadu_ps(x);

		sum = add_power(sum, value, by, shift, near);
		top = _mm512_max_ps(value, top);
		deep = _mm512_max_epu32(deep, _mm512_castps_si512(value));
	}
	if (n > 0) {
		__m512 rest = _mm512_mask_loadu_ps(_mm512_set1_ps(-INFINITY), ll_mask_avx512(0, n), x);

		sum = add_power(sum, rest, by, shift, false);
		top = _mm512_max_ps(rest, top);
	}
	*most = top;
	*deepest = deep;
	return sum;
}

static float
sum_powers(const float *x, size_t n, float by, float shift, float *most)
{
	const float lowest = (shift + LL_EXP_LEAST + 1) / by;
	__m512 sum, top;
	__m512i deepest;

	if (lowest < 0)
		sum = add_powers(x, n, by, shift, true, &top, &deepest);
	if (!(lowest < 0) || _mm512_cmpgt_epu32_mask(deepest, _mm512_castps_si512(_mm512_set1_ps(lowest))) != 0)
		sum = add_powers(x, n, by, shift, false, &top, &deepest);
	*most = fold_max(top);
	return ll_fold_avx512(sum);
}

static float
max(const float *x, size_t n)
{
	const __m512 none = _mm512_set1_ps(-INFINITY);
	__m512 a = none, b = none, c = none, d = none;

	for (; n >= 64; x += 64, n -= 64) {
		a = _mm512_max_ps(_mm512_loadu_ps(x), a);
		b = _mm512_max_ps(_mm512_loadu_ps(x + 16), b);
		c = _mm512_max_ps(_mm512_loadu_ps(x + 32), c);
		d = _mm512_max_ps(_mm512_loadu_ps(x + 48), d);
	}
	for (size_t i = 0; i < n; i += 16)
		a = _mm512_max_ps(_mm512_mask_loadu_ps(none, ll_mask_avx512(i, n), x + i), a);
	return fold_max(_mm512_max_ps(_mm512_max_ps(a, b), _mm512_max_ps(c, d)));
}

static float
sum_squares(const float *x, size_t n)
{
	__m512 sum = _mm512_setzero_ps();

	for (size_t i = 0; i < n; i += 16) {
		__m512 value = _mm512_maskz_loadu_ps(ll_mask_avx512(i, n), x + i);

		sum = ll_add_avx512(sum, value, value);
	}
	return ll_fold_avx512(sum);
}

static inline __m512
silu16(__m512 x)
{
	__m512 e = exp16(_mm512_or_ps(x, _mm512_set1_ps(-0.0f)));
	__mmask16 negative = _mm512_cmp_ps_mask(x, _mm512_setzero_ps(), _CMP_LT_OQ);

	return _mm512_div_ps(_mm512_mask_mul_ps(x, negative, x, e),
	    _mm512_add_ps(_mm512_set1_ps(1.0f), e));
}

static void
swiglu(float *gate, const float *up, size_t n)
{
	for (size_t i = 0; i < n; i += 16) {
		__mmask16 mask = ll_mask_avx512(i, n);
		__m512 silu = silu16(_mm512_maskz_loadu_ps(mask, gate + i));

		_mm512_mask_storeu_ps(gate + i, mask,
		    _mm512_mul_ps(silu, _mm512_maskz_loadu_ps(mask, up + i)));
	}
}

static void
scale(float *out, const float *x, const float *weight, float factor, size_t n)
{
	for (size_t i = 0; i < n; i += 16) {
		__mmask16 mask = ll_mask_avx512(i, n);
		__m512 scaled = _mm512_mul_ps(_mm512_maskz_loadu_ps(mask, x + i),
		    _mm512_set1_ps(factor));

		_mm512_mask_storeu_ps(out + i, mask,
		    _mm512_mul_ps(scaled, _mm512_maskz_loadu_ps(mask, weight + i)));
	}
}

static void
add(float *x, const float *y, size_t n)
{
	for (size_t i = 0; i < n; i += 16) {
		__mmask16 mask = ll_mask_avx512(i, n);

		_mm512_mask_storeu_ps(x + i, mask, _mm512_add_ps(
		    _mm512_maskz_loadu_ps(mask, x + i), _mm512_maskz_loadu_ps(mask, y + i)));
	}
}

static void
f32_to_f16(uint16_t *out, const float *x, size_t n)
{
	for (size_t i = 0; i < n; i += 16) {
		__mmask16 mask = ll_mask_avx512(i, n);

		_mm256_mask_storeu_epi16(out + i, mask, _mm512_cvtps_ph(
		    _mm512_maskz_loadu_ps(mask, x + i), _MM_FROUND_TO_NEAREST_INT));
	}
}

const struct ll_kern ll_kern_vec_avx512 = {
	.isa = LL_ISA_AVX512,
	.act = { [LL_ACT_Q8] = act_q8, [LL_ACT_Q8_64] = act_q8_64 },
	.softmax_terms = softmax_terms,
	.sum_powers = sum_powers,
	.max = max,
	.sum_squares = sum_squares,
	.swiglu = swiglu,
	.scale = scale,
	.add = add,
	.f32_to_f16 = f32_to_f16,
};

#endif
