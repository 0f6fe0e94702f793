/*
 * Dot products of quantised weights with rounded activations, for AVX2 and F16C.
 *
 * A block of sums is one register, the 8 lanes of kern.h; even and odd blocks have one sum
 * each. vpmaddubsw wants one side unsigned: Q8_0 gives the weights' signs to the activations,
 * the others subtract what was added to make them unsigned. No pair of products reaches 2^15.
 */

#if defined(__AVX2__)

#include <string.h>

#include "tensor/kern_isa.h"
#include "tensor/lanes_avx2.h"
#include "tensor/quant.h"

#define INLINE static inline __attribute__((always_inline))

/* A block of weights, ready to be multiplied. */
struct block {
	__m256i q;
	__m256i sub;		/* scale of each pair of products, if the format has them */
	__m128 scale;		/* scale, min */
};

/* What is constant in a format, so that the compiler can drop what the format has not. */
struct shape {
	struct block (*unpack)(const void *w, size_t b);
	size_t bytes;		/* of a block of 32 */
	int zero;		/* the integer that stands for zero */
	bool sub;
	bool min;
	bool sign;		/* q is signed */
};

struct sums {
	struct ll_lanes_avx2 lanes;
	__m128 even, odd;	/* offsets: lane 1 */
};

INLINE uint32_t
load_u32(const uint8_t *bytes)
{
	uint32_t word;

	memcpy(&word, bytes, sizeof word);
	return word;
}

/* Two f16 in a word to f32. */
INLINE __m128
scales(uint32_t word)
{
	return _mm_cvtph_ps(_mm_cvtsi32_si128((int)word));
}

INLINE __m256i
nibbles(const uint8_t *q)
{
	__m128i both = _mm_loadu_si128((const void *)q);
	__m256i apart = _mm256_set_m128i(_mm_srli_epi16(both, 4), both);

	return _mm256_and_si256(apart, _mm256_set1_epi8(15));
}

INLINE struct block
unpack_q4_0(const void *w, size_t b)
{
	const struct ll_q4_0 *from = (const struct ll_q4_0 *)w + b;

	return (struct block){ .q = nibbles(from->q), .scale = scales(ll_load_u16(from->scale)) };
}

INLINE struct block
unpack_q4_1(const void *w, size_t b)
{
	const struct ll_q4_1 *from = (const struct ll_q4_1 *)w + b;

	return (struct block){ .q = nibbles(from->q), .scale = scales(load_u32(from->scale)) };
}

INLINE struct block
unpack_q8_0(const void *w, size_t b)
{
	const struct ll_q8_0 *from = (const struct ll_q8_0 *)w + b;

	return (struct block){
		.q = _mm256_loadu_si256((const void *)from->q),
		.scale = scales(ll_load_u16(from->scale)),
	};
}

INLINE struct block
unpack_q6_k(const void *w, size_t b)
{
	const struct ll_q6_k *from = (const struct ll_q6_k *)w + b / 8;
	size_t run = b % 8;
	const uint8_t *half_low = from->low + run / 4 * 64 + run % 2 * 32;
	const uint8_t *half_high = from->high + run / 4 * 32;
	__m256i low = _mm256_loadu_si256((const void *)half_low);
	__m256i high = _mm256_loadu_si256((const void *)half_high);

	low = _mm256_srl_epi16(low, _mm_cvtsi32_si128((int)(run % 4 / 2 * 4)));
	high = _mm256_srl_epi16(high, _mm_cvtsi32_si128((int)(run % 4 * 2)));
	low = _mm256_and_si256(low, _mm256_set1_epi8(15));
	high = _mm256_slli_epi16(_mm256_and_si256(high, _mm256_set1_epi8(3)), 4);
	return (struct block){
		.q = _mm256_or_si256(low, high),
		.sub = _mm256_set_m128i(_mm_set1_epi16(from->sub[2 * run + 1]),
		    _mm_set1_epi16(from->sub[2 * run])),
		.scale = scales(ll_load_u16(from->scale)),
	};
}

/* Eight lanes of integer sums. */
INLINE __m256i
multiply(const struct block *w, const int8_t *x, const struct shape *shape)
{
	__m256i q = _mm256_loadu_si256((const void *)x);
	__m256i pairs;

	if (shape->sign)
		pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(w->q), _mm256_sign_epi8(q, w->q));
	else
		pairs = _mm256_maddubs_epi16(w->q, q);
	if (shape->zero != 0)
		pairs = _mm256_sub_epi16(pairs,
		    _mm256_maddubs_epi16(_mm256_set1_epi8((char)shape->zero), q));
	return _mm256_madd_epi16(pairs, shape->sub ? w->sub : _mm256_set1_epi16(1));
}

/* Adds a block to eight lanes and to the offset: the even one of a pair or the odd one. */
INLINE void
step(__m256 *lanes, __m128 *offset, const struct block *w, const struct ll_q8_act *x, size_t half,
    const struct shape *shape)
{
	__m128 scale = _mm_castpd_ps(_mm_load_sd((const void *)&x->block[half]));
	__m128 factors = _mm_mul_ps(w->scale, scale);
	__m256 products = _mm256_cvtepi32_ps(multiply(w, x->q[half], shape));

	*lanes = _mm256_add_ps(*lanes, _mm256_mul_ps(products, _mm256_broadcastss_ps(factors)));
	if (shape->min)
		*offset = _mm_add_ps(*offset, factors);
}

INLINE void
step_even(struct sums *sums, const struct block *w, const struct ll_q8_act *x,
    const struct shape *shape)
{
	step(&sums->lanes.low, &sums->even, w, x, 0, shape);
}

INLINE void
step_odd(struct sums *sums, const struct block *w, const struct ll_q8_act *x,
    const struct shape *shape)
{
	step(&sums->lanes.high, &sums->odd, w, x, 1, shape);
}

INLINE float
finish(const struct sums *sums, const struct shape *shape)
{
	float sum = ll_fold_avx2(sums->lanes);

	if (!shape->min)
		return sum;
	return sum + _mm_cvtss_f32(_mm_movehdup_ps(_mm_add_ps(sums->even, sums->odd)));
}

INLINE float
dot1(const void *w, const struct ll_q8_act *x, size_t blocks, const struct shape *shape)
{
	struct sums sums = { ll_set_avx2(0.0f), _mm_setzero_ps(), _mm_setzero_ps() };

	for (size_t b = 0; b < blocks; b++, x++) {
		struct block block = shape->unpack(w, b);

		_mm_prefetch((const char *)w + b * shape->bytes + LL_AHEAD, _MM_HINT_T0);
		step_even(&sums, &block, x, shape);
		if (++b == blocks)
			break;
		block = shape->unpack(w, b);
		step_odd(&sums, &block, x, shape);
	}
	return finish(&sums, shape);
}

/* Two activations per weight, which is what sixteen registers hold. */
INLINE void
dot2(float *out, size_t out_stride, const void *w, const struct ll_q8_act *x, size_t stride,
    size_t blocks, const struct shape *shape)
{
	struct sums s0 = { ll_set_avx2(0.0f), _mm_setzero_ps(), _mm_setzero_ps() };
	struct sums s1 = s0;

	for (size_t b = 0; b < blocks; b++, x++) {
		struct block block = shape->unpack(w, b);

		_mm_prefetch((const char *)w + b * shape->bytes + LL_AHEAD, _MM_HINT_T0);
		step_even(&s0, &block, x, shape);
		step_even(&s1, &block, x + stride, shape);
		if (++b == blocks)
			break;
		block = shape->unpack(w, b);
		step_odd(&s0, &block, x, shape);
		step_odd(&s1, &block, x + stride, shape);
	}
	out[0] = finish(&s0, shape);
	out[out_stride] = finish(&s1, shape);
}

INLINE void
dot(float *out, size_t out_stride, const void *w, const struct ll_q8_act *x, size_t x_stride,
    size_t count, size_t n, const struct shape *shape)
{
	size_t row = 0;

	for (; row + 2 <= count; row += 2)
		dot2(out + row * out_stride, out_stride, w, x + row * x_stride, x_stride, n / 32, shape);
	if (row < count)
		out[row * out_stride] = dot1(w, x + row * x_stride, n / 32, shape);
}

static void
dot_q4_0(float *out, size_t out_stride, const void *w, const struct ll_q8_act *x,
    size_t x_stride, size_t count, size_t n)
{
	const struct shape shape = {
		.unpack = unpack_q4_0, .bytes = sizeof(struct ll_q4_0), .zero = 8,
	};

	dot(out, out_stride, w, x, x_stride, count, n, &shape);
}

static void
dot_q4_1(float *out, size_t out_stride, const void *w, const struct ll_q8_act *x,
    size_t x_stride, size_t count, size_t n)
{
	const struct shape shape = {
		.unpack = unpack_q4_1, .bytes = sizeof(struct ll_q4_1), .min = true,
	};

	dot(out, out_stride, w, x, x_stride, count, n, &shape);
}

static void
dot_q8_0(float *out, size_t out_stride, const void *w, const struct ll_q8_act *x,
    size_t x_stride, size_t count, size_t n)
{
	const struct shape shape = {
		.unpack = unpack_q8_0, .bytes = sizeof(struct ll_q8_0), .sign = true,
	};

	dot(out, out_stride, w, x, x_stride, count, n, &shape);
}

static void
dot_q6_k(float *out, size_t out_stride, const void *w, const struct ll_q8_act *x,
    size_t x_stride, size_t count, size_t n)
{
	const struct shape shape = {
		.unpack = unpack_q6_k, .bytes = sizeof(struct ll_q6_k) / 8, .zero = 32, .sub = true,
	};

	dot(out, out_stride, w, x, x_stride, count, n, &shape);
}

const struct ll_kern ll_kern_dotq_avx2 = {
	.isa = LL_ISA_AVX2,
	.dot_q8 = {
		[LL_Q4_0] = dot_q4_0, [LL_Q4_1] = dot_q4_1,
		[LL_Q8_0] = dot_q8_0, [LL_Q6_K] = dot_q6_k,
	},
};

#endif
