/*
 * Kernels on vectors of activations, for AVX2 and F16C. Elementwise loops run sixteen at a
 * time; what is left over is done in a copy filled up to sixteen.
 */

#if defined(__AVX2__)

#include <math.h>

#include "tensor/act.h"
#include "tensor/exp.h"
#include "tensor/kern_isa.h"
#include "tensor/lanes_avx2.h"

static inline float
greatest(const float *x)
{
	const __m256i magnitude = _mm256_set1_epi32(0x7fffffff);
	__m256i eight = _mm256_setzero_si256();
	__m128i four;

	for (size_t i = 0; i < 32; i += 8)
		eight = _mm256_max_epu32(eight, _mm256_and_si256(magnitude,
		    _mm256_castps_si256(_mm256_loadu_ps(x + i))));
	four = _mm_max_epu32(_mm256_castsi256_si128(eight), _mm256_extracti128_si256(eight, 1));
	four = _mm_max_epu32(four, _mm_shuffle_epi32(four, 0x4e));
	four = _mm_max_epu32(four, _mm_shuffle_epi32(four, 0xb1));
	return _mm_cvtss_f32(_mm_castsi128_ps(four));
}

static inline __m256i
nearest8(const float *x, float factor)
{
	return _mm256_cvtps_epi32(_mm256_mul_ps(_mm256_loadu_ps(x), _mm256_set1_ps(factor)));
}

static inline int32_t
round16(int8_t *q, const float *x, float factor)
{
	__m256i a = nearest8(x, factor), b = nearest8(x + 8, factor), eight = _mm256_add_epi32(a, b);
	__m256i words = _mm256_permute4x64_epi64(_mm256_packs_epi32(a, b), 0xd8);
	__m128i four = _mm_add_epi32(_mm256_castsi256_si128(eight), _mm256_extracti128_si256(eight, 1));

	_mm_storeu_si128((__m128i *)(void *)q,
	    _mm_packs_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1)));
	four = _mm_add_epi32(four, _mm_shuffle_epi32(four, 0x4e));
	return _mm_cvtsi128_si32(_mm_add_epi32(four, _mm_shuffle_epi32(four, 0xb1)));
}

static void
act_q8(union ll_act *out, size_t width, const float *x, size_t n)
{
	ll_act_round(out, width, x, n, greatest, round16);
}

static void
act_q8_64(union ll_act *out, size_t width, const float *x, size_t n)
{
	ll_act_round_64(out, width, x, n, greatest, round16);
}

static inline __m256
step(__m256 sum, __m256 a, __m256 b)
{
	return _mm256_add_ps(sum, _mm256_mul_ps(a, b));
}

static inline __m256
exp8(__m256 x)
{
	const __m256 magic = _mm256_set1_ps(LL_EXP_ROUND);
	__m256 t = step(magic, x, _mm256_set1_ps(LL_EXP_LOG2E));
	__m256 n = _mm256_sub_ps(t, magic);
	__m256 r = _mm256_sub_ps(x, _mm256_mul_ps(n, _mm256_set1_ps(LL_EXP_LN2_HIGH)));
	__m256 p = _mm256_set1_ps(LL_EXP_C6);
	__m256i power;

	r = _mm256_sub_ps(r, _mm256_mul_ps(n, _mm256_set1_ps(LL_EXP_LN2_LOW)));
	p = step(_mm256_set1_ps(LL_EXP_C5), p, r);
	p = step(_mm256_set1_ps(LL_EXP_C4), p, r);
	p = step(_mm256_set1_ps(LL_EXP_C3), p, r);
	p = step(_mm256_set1_ps(LL_EXP_C2), p, r);
	p = _mm256_add_ps(step(r, p, _mm256_mul_ps(r, r)), _mm256_set1_ps(1.0f));
	power = _mm256_add_epi32(_mm256_slli_epi32(_mm256_castps_si256(t), 23),
	    _mm256_set1_epi32(LL_EXP_ONE_BITS));
	return _mm256_and_ps(_mm256_cmp_ps(x, _mm256_set1_ps(LL_EXP_LOWEST), _CMP_NLT_UQ),
	    _mm256_mul_ps(p, _mm256_castsi256_ps(power)));
}

static inline struct ll_lanes_avx2
terms16(float *x, float most)
{
	struct ll_lanes_avx2 term = ll_load_f32_avx2(x);

	term.low = exp8(_mm256_sub_ps(term.low, _mm256_set1_ps(most)));
	term.high = exp8(_mm256_sub_ps(term.high, _mm256_set1_ps(most)));
	ll_store_avx2(x, term);
	return term;
}

static float
softmax_terms(float *x, size_t n, float most)
{
	struct ll_lanes_avx2 sum = ll_set_avx2(0.0f);
	float copy[16];

	for (; n >= 16; x += 16, n -= 16)
		sum = ll_sum_avx2(sum, terms16(x, most));
	if (n > 0) {
		/* The term of -infinity is 0, or NaN where every term is. */
		ll_store_avx2(copy, ll_set_avx2(-INFINITY));
		memcpy(copy, x, n * sizeof *x);
		sum = ll_sum_avx2(sum, terms16(copy, most));
		memcpy(x, copy, n * sizeof *x);
	}
	return ll_fold_avx2(sum);
}

static inline __m256
add_power(__m256 sum, __m256 x, float by, float shift)
{
	static const uint32_t words[8] = LL_EXP_POWERS;
	const __m256i powers = _mm256_loadu_si256((const __m256i *)(const void *)words);
	const __m256 e = _mm256_set1_ps(LL_EXP_EIGHTH - shift);
	__m256 t = _mm256_fmadd_ps(x, _mm256_set1_ps(by), e);
	__m256 r = _mm256_fmsub_ps(x, _mm256_set1_ps(by), _mm256_sub_ps(t, e));
	__m256i bits = _mm256_castps_si256(t);
	__m256i power = _mm256_add_epi32(_mm256_slli_epi32(bits, 20), _mm256_permutevar8x32_epi32(powers, bits));
	__m256 p = _mm256_fmadd_ps(_mm256_set1_ps(LL_EXP_B3), r, _mm256_set1_ps(LL_EXP_B2));

	p = _mm256_fmadd_ps(_mm256_fmadd_ps(p, r, _mm256_set1_ps(LL_EXP_B1)), r, _mm256_set1_ps(1.0f));
	return _mm256_blendv_ps(_mm256_fmadd_ps(p, _mm256_castsi256_ps(power), sum), sum,
	    _mm256_cmp_ps(t, _mm256_set1_ps(LL_EXP_EIGHTH + LL_EXP_LEAST), _CMP_LT_OQ));
}

/* vmaxps gives its second operand for NaNs and equals, as "a > b ? a : b" does. */
static inline struct ll_lanes_avx2
max16(struct ll_lanes_avx2 most, const float *x)
{
	most.low = _mm256_max_ps(_mm256_loadu_ps(x), most.low);
	most.high = _mm256_max_ps(_mm256_loadu_ps(x + 8), most.high);
	return most;
}

/* Adding 0 makes +0 of -0. */
static inline float
fold_max(struct ll_lanes_avx2 most)
{
	__m256 eight = _mm256_max_ps(most.high, most.low);
	__m128 four = _mm_max_ps(_mm256_extractf128_ps(eight, 1), _mm256_castps256_ps128(eight));

	four = _mm_max_ps(_mm_movehl_ps(four, four), four);
	return _mm_cvtss_f32(_mm_max_ss(_mm_movehdup_ps(four), four)) + 0.0f;
}

static float
max(const float *x, size_t n)
{
	struct ll_lanes_avx2 most = ll_set_avx2(-INFINITY);
	float copy[16];

	for (; n >= 16; x += 16, n -= 16)
		most = max16(most, x);
	ll_store_avx2(copy, ll_set_avx2(-INFINITY));
	memcpy(copy, x, n * sizeof *x);
	return fold_max(max16(most, copy));
}

static inline struct ll_lanes_avx2
add_power16(struct ll_lanes_avx2 sum, const float *x, float by, float shift)
{
	sum.low = add_power(sum.low, _mm256_loadu_ps(x), by, shift);
	sum.high = add_power(sum.high, _mm256_loadu_ps(x + 8), by, shift);
	return sum;
}

static float
sum_powers(const float *x, size_t n, float by, float shift, float *most)
{
	struct ll_lanes_avx2 sum = ll_set_avx2(0.0f), top = ll_set_avx2(-INFINITY);
	float copy[16];

	for (; n >= 16; x += 16, n -= 16) {
		sum = add_power16(sum, x, by, shift);
		top = max16(top, x);
	}
	ll_store_avx2(copy, ll_set_avx2(-INFINITY));
	memcpy(copy, x, n * sizeof *x);
	*most = fold_max(max16(top, copy));
	return ll_fold_avx2(add_power16(sum, copy, by, shift));
}

static float
sum_squares(const float *x, size_t n)
{
	struct ll_lanes_avx2 sum = ll_set_avx2(0.0f), value;
	float copy[16] = { 0 };

	for (; n >= 16; x += 16, n -= 16) {
		value = ll_load_f32_avx2(x);
		sum = ll_add_avx2(sum, value, value);
	}
	memcpy(copy, x, n * sizeof *x);
	value = ll_load_f32_avx2(copy);
	return ll_fold_avx2(ll_add_avx2(sum, value, value));
}

static inline __m256
silu8(__m256 x)
{
	__m256 e = exp8(_mm256_or_ps(x, _mm256_set1_ps(-0.0f)));
	__m256 negative = _mm256_cmp_ps(x, _mm256_setzero_ps(), _CMP_LT_OQ);

	return _mm256_div_ps(_mm256_blendv_ps(x, _mm256_mul_ps(x, e), negative),
	    _mm256_add_ps(_mm256_set1_ps(1.0f), e));
}

static void
swiglu16(float *gate, const float *up)
{
	_mm256_storeu_ps(gate, _mm256_mul_ps(silu8(_mm256_loadu_ps(gate)), _mm256_loadu_ps(up)));
	_mm256_storeu_ps(gate + 8,
	    _mm256_mul_ps(silu8(_mm256_loadu_ps(gate + 8)), _mm256_loadu_ps(up + 8)));
}

static void
swiglu(float *gate, const float *up, size_t n)
{
	float gates[16] = { 0 }, ups[16] = { 0 };

	for (; n >= 16; gate += 16, up += 16, n -= 16)
		swiglu16(gate, up);
	memcpy(gates, gate, n * sizeof *gate);
	memcpy(ups, up, n * sizeof *up);
	swiglu16(gates, ups);
	memcpy(gate, gates, n * sizeof *gate);
}

static void
scale(float *out, const float *x, const float *weight, float factor, size_t n)
{
	size_t i = 0;

	for (; i + 16 <= n; i += 16)
		ll_store_avx2(out + i, ll_mul_avx2(
		    ll_mul_avx2(ll_load_f32_avx2(x + i), ll_set_avx2(factor)),
		    ll_load_f32_avx2(weight + i)));
	for (; i < n; i++)
		out[i] = x[i] * factor * weight[i];
}

static void
add(float *x, const float *y, size_t n)
{
	size_t i = 0;

	for (; i + 16 <= n; i += 16)
		ll_store_avx2(x + i, ll_sum_avx2(ll_load_f32_avx2(x + i), ll_load_f32_avx2(y + i)));
	for (; i < n; i++)
		x[i] += y[i];
}

static void
f32_to_f16(uint16_t *out, const float *x, size_t n)
{
	size_t i = 0;

	for (; i + 8 <= n; i += 8)
		_mm_storeu_si128((__m128i *)(void *)(out + i),
		    _mm256_cvtps_ph(_mm256_loadu_ps(x + i), _MM_FROUND_TO_NEAREST_INT));
	for (; i < n; i++)
		out[i] = ll_f32_to_f16(x[i]);
}

const struct ll_kern ll_kern_vec_avx2 = {
	.isa = LL_ISA_AVX2,
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
