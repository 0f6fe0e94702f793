/*
 * Dot products of quantised weights with rounded activations, for AVX-512 with VNNI.
 *
 * Two blocks fill a register: the even one in its low half, the odd one in its high half, so
 * that a register of sums is the lanes of kern.h. An even last block leaves the high half zero.
 * vpdpbusd wants its weights unsigned; what was added to make them so is subtracted as a second
 * product, which in integers is exact.
 */

#if defined(__AVX512VNNI__)

#include <string.h>

#include "tensor/kern_isa.h"
#include "tensor/lanes_avx512.h"
#include "tensor/quant.h"

#define INLINE static inline __attribute__((always_inline))

/* Two blocks of weights, ready to be multiplied. */
struct pair {
	__m512i q;		/* unsigned */
	__m512i sub;		/* scale of each lane in its low 16 bits, if the format has them */
	__m128 scale;		/* scale, min of the even block; scale, min of the odd one */
};

/* What is constant in a format, so that the compiler can drop what the format has not. */
struct shape {
	struct pair (*unpack)(const void *w, size_t b, bool odd);
	size_t bytes;		/* of a block of 32 */
	int zero;		/* the integer that stands for zero */
	bool sub;
	bool min;
};

struct sums {
	__m512 lanes;
	__m128 offset;		/* lanes 1 and 3 */
};

INLINE __m512i
load_two(const void *even, const void *odd)
{
	__m512i low = _mm512_castsi256_si512(_mm256_loadu_si256(even));

	return _mm512_inserti64x4(low, _mm256_loadu_si256(odd), 1);
}

/* Words of two f16 (scale and min, or scale and nothing) to four f32. */
INLINE __m128
scales(uint32_t even, uint32_t odd)
{
	return _mm_cvtph_ps(_mm_insert_epi32(_mm_cvtsi32_si128((int)even), (int)odd, 1));
}

INLINE uint32_t
load_u32(const uint8_t *bytes)
{
	uint32_t word;

	memcpy(&word, bytes, sizeof word);
	return word;
}

INLINE __m512i
nibbles(const uint8_t *even, const uint8_t *odd)
{
	const __m512i shift = _mm512_set_epi64(0x4000400040004, 0x4000400040004, 0, 0,
	    0x4000400040004, 0x4000400040004, 0, 0);
	__m512i both = _mm512_maskz_broadcast_i32x4(0x00ff, _mm_loadu_si128((const void *)even));

	if (odd != NULL)
		both = _mm512_mask_broadcast_i32x4(both, 0xff00, _mm_loadu_si128((const void *)odd));
	return _mm512_and_si512(_mm512_srlv_epi16(both, shift), _mm512_set1_epi8(15));
}

INLINE struct pair
unpack_q4_0(const void *w, size_t b, bool odd)
{
	const struct ll_q4_0 *block = (const struct ll_q4_0 *)w + b;

	return (struct pair){
		.q = nibbles(block[0].q, odd ? block[1].q : NULL),
		.scale = scales(ll_load_u16(block[0].scale), odd ? ll_load_u16(block[1].scale) : 0),
	};
}

INLINE struct pair
unpack_q4_1(const void *w, size_t b, bool odd)
{
	const struct ll_q4_1 *block = (const struct ll_q4_1 *)w + b;

	return (struct pair){
		.q = nibbles(block[0].q, odd ? block[1].q : NULL),
		.scale = scales(load_u32(block[0].scale), odd ? load_u32(block[1].scale) : 0),
	};
}

INLINE struct pair
unpack_q8_0(const void *w, size_t b, bool odd)
{
	const struct ll_q8_0 *block = (const struct ll_q8_0 *)w + b;
	__m512i q;

	if (odd)
		q = load_two(block[0].q, block[1].q);
	else
		q = _mm512_zextsi256_si512(_mm256_loadu_si256((const void *)block[0].q));
	return (struct pair){
		.q = _mm512_xor_si512(q, _mm512_set1_epi8(-128)),
		.scale = scales(ll_load_u16(block[0].scale), odd ? ll_load_u16(block[1].scale) : 0),
	};
}

/* b is even, and there is always an odd block after it. */
INLINE struct pair
unpack_q6_k(const void *w, size_t b, bool odd)
{
	const struct ll_q6_k *block = (const struct ll_q6_k *)w + b / 8;
	const uint8_t *half_low = block->low + b / 4 % 2 * 64;
	const uint8_t *half_high = block->high + b / 4 % 2 * 32;
	const int nibble = (int)(b % 4 / 2 * 4);
	const __m512i each = _mm512_set_epi32(3, 3, 3, 3, 2, 2, 2, 2, 1, 1, 1, 1, 0, 0, 0, 0);
	__m128i nibble_shift = _mm_cvtsi32_si128(nibble);
	__m512i low = _mm512_srl_epi16(_mm512_loadu_si512(half_low), nibble_shift);
	__m512i high = _mm512_broadcast_i64x4(_mm256_loadu_si256((const void *)half_high));
	__m128i sub = _mm_cvtepi8_epi32(_mm_cvtsi32_si128(
	    (int)load_u32((const uint8_t *)block->sub + b % 8 * 2)));

	(void)odd;
	high = _mm512_srl_epi16(high, nibble_shift);
	high = _mm512_mask_srli_epi16(high, 0xffff0000, high, 2);
	low = _mm512_and_si512(low, _mm512_set1_epi8(15));
	high = _mm512_slli_epi16(_mm512_and_si512(high, _mm512_set1_epi8(3)), 4);
	return (struct pair){
		.q = _mm512_or_si512(low, high),
		.sub = _mm512_maskz_mov_epi16(0x55555555,
		    _mm512_permutexvar_epi32(each, _mm512_castsi128_si512(sub))),
		.scale = scales(ll_load_u16(block->scale), ll_load_u16(block->scale)),
	};
}

INLINE struct sums
step(struct sums sums, const struct pair *w, const struct ll_q8_act *x,
    const struct shape *shape)
{
	const __m512i each = _mm512_set_epi32(2, 2, 2, 2, 2, 2, 2, 2, 0, 0, 0, 0, 0, 0, 0, 0);
	const __m512i none = _mm512_setzero_si512();
	__m512i q = _mm512_loadu_si512(x->q);
	__m512i products = _mm512_dpbusd_epi32(none, w->q, q);
	__m128 factors = _mm_mul_ps(w->scale, _mm_loadu_ps(&x->block[0].scale));

	if (shape->zero != 0)
		products = _mm512_sub_epi32(products,
		    _mm512_dpbusd_epi32(none, _mm512_set1_epi8((char)shape->zero), q));
	/* A lane's sum fits 16 bits, so that the product of the low halves is all there is. */
	if (shape->sub)
		products = _mm512_madd_epi16(products, w->sub);
	sums.lanes = ll_add_avx512(sums.lanes, _mm512_cvtepi32_ps(products),
	    _mm512_permutexvar_ps(each, _mm512_castps128_ps512(factors)));
	if (shape->min)
		sums.offset = _mm_add_ps(sums.offset, factors);
	return sums;
}

INLINE float
finish(struct sums sums, const struct shape *shape)
{
	float sum = ll_fold_avx512(sums.lanes);
	__m128 odd = _mm_movehl_ps(sums.offset, sums.offset);

	if (!shape->min)
		return sum;
	return sum + _mm_cvtss_f32(_mm_movehdup_ps(_mm_add_ps(sums.offset, odd)));
}

INLINE float
dot1(const void *w, const struct ll_q8_act *x, size_t blocks, const struct shape *shape)
{
	struct sums sums = { _mm512_setzero_ps(), _mm_setzero_ps() };
	size_t b = 0;

	for (; b + 2 <= blocks; b += 2) {
		struct pair pair = shape->unpack(w, b, true);

		_mm_prefetch((const char *)w + b * shape->bytes + LL_AHEAD, _MM_HINT_T0);
		sums = step(sums, &pair, x + b / 2, shape);
	}
	if (b < blocks) {
		struct pair pair = shape->unpack(w, b, false);

		sums = step(sums, &pair, x + b / 2, shape);
	}
	return finish(sums, shape);
}

INLINE void
dot4(float *out, size_t out_stride, const void *w, const struct ll_q8_act *x, size_t stride,
    size_t blocks, const struct shape *shape)
{
	struct sums s0 = { _mm512_setzero_ps(), _mm_setzero_ps() };
	struct sums s1 = s0, s2 = s0, s3 = s0;

	for (size_t b = 0; b < blocks; b += 2, x++) {
		bool odd = b + 2 <= blocks;
		struct pair pair = odd ? shape->unpack(w, b, true) : shape->unpack(w, b, false);

		_mm_prefetch((const char *)w + b * shape->bytes + LL_AHEAD, _MM_HINT_T0);
		s0 = step(s0, &pair, x, shape);
		s1 = step(s1, &pair, x + stride, shape);
		s2 = step(s2, &pair, x + 2 * stride, shape);
		s3 = step(s3, &pair, x + 3 * stride, shape);
	}
	out[0] = finish(s0, shape);
	out[out_stride] = finish(s1, shape);
	out[2 * out_stride] = finish(s2, shape);
	out[3 * out_stride] = finish(s3, shape);
}

INLINE void
dot(float *out, size_t out_stride, const void *w, const struct ll_q8_act *x, size_t x_stride,
    size_t count, size_t n, const struct shape *shape)
{
	size_t row = 0;

	for (; row + 4 <= count; row += 4)
		dot4(out + row * out_stride, out_stride, w, x + row * x_stride, x_stride, n / 32, shape);
	for (; row < count; row++)
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
		.unpack = unpack_q8_0, .bytes = sizeof(struct ll_q8_0), .zero = -128,
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

const struct ll_kern ll_kern_dotq_avx512 = {
	.isa = LL_ISA_AVX512,
	.dot_q8 = {
		[LL_Q4_0] = dot_q4_0, [LL_Q4_1] = dot_q4_1,
		[LL_Q8_0] = dot_q8_0, [LL_Q6_K] = dot_q6_k,
	},
};

#endif
