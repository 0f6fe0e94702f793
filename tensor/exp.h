/*
 * exp for kernels: exp(x) = 2^n * e^r with n the integer nearest to x / ln 2, |r| <= ln 2 / 2,
 * and e^r = 1 + (r + r^2 * (C2 + C3 r + ... + C6 r^4)), each C rounded from the polynomial that
 * interpolates (e^r - 1 - r) / r^2 in Chebyshev nodes. The polynomial's relative error is
 * 1.04e-8; all of it, with every step rounded to f32, stays below 1.2e-7 on [-87, 0].
 *
 * Steps, for every ISA, no two of them fused:
 *	t = x * LOG2E + ROUND; n = t - ROUND; r = (x - n * LN2_HIGH) - n * LN2_LOW;
 *	p = ((((C6 * r + C5) * r + C4) * r + C3) * r + C2; y = (p * (r * r) + r) + 1;
 *	exp = y * 2^n, whose bits are (bits of t << 23) + bits of 1; and 0 where x < LOWEST.
 *
 * Attention, which has as many of them as products with a few numbers, takes fewer steps, with
 * fma(a, b, c) = a * b + c rounded once:
 *	x = the greater of x and LOWEST; t = fma(x, LOG2E, ROUND); n = t - ROUND;
 *	r = fma(n, -LN2_LOW, fma(n, -LN2_HIGH, x));
 *	p = fma(fma(fma(fma(C6, r, C5), r, C4), r, C3), r, C2); y = fma(fma(p, r, 1), r, 1);
 *	exp = y * 2^n.
 *
 * A sum of which no term is asked for, of powers 2^(x * by - shift) with shift a whole number of eighths, takes
 * 2^(n / 8) from a table and the fewest steps:
 *	e = EIGHTH - shift; t = fma(x, by, e); none where t < EIGHTH + LEAST;
 *	r = fma(x, by, -(t - e)), |r| <= 1 / 16;
 *	p = fma(fma(fma(B3, r, B2), r, B1), r, 1), whose relative error to 2^r is 2.6e-8, each B found by search;
 *	sum = fma(p, w, sum), w's bits being (bits of t << 20) + POWERS[bits of t & 7].
 * Nothing but p, w and the sum is rounded (|shift| < 2^19). With by = LOG2E, which is not log2(e), a term's relative
 * error is below 1.3e-7 (1 + |x|): the greatest are the most exact.
 */

#ifndef LL_TENSOR_EXP_H
#define LL_TENSOR_EXP_H

#define LL_EXP_LOWEST	-87.3f			/* below it 2^n would be subnormal */
#define LL_EXP_LOG2E	0x1.715476p+0f
#define LL_EXP_ROUND	0x1.8p23f		/* leaves no bits for a fraction */
#define LL_EXP_LN2_HIGH	0x1.62e4p-1f		/* 15 bits: n * LN2_HIGH is exact */
#define LL_EXP_LN2_LOW	0x1.7f7d1cp-20f
#define LL_EXP_C2	0x1.0p-1f
#define LL_EXP_C3	0x1.5554dcp-3f
#define LL_EXP_C4	0x1.555518p-5f
#define LL_EXP_C5	0x1.120be2p-7f
#define LL_EXP_C6	0x1.6d117cp-10f
#define LL_EXP_ONE_BITS	0x3f800000		/* bits of 1 */

#define LL_EXP_LEAST	-126.0f			/* of a power of 2: below it 2^y would be subnormal */
#define LL_EXP_SHIFT_MAX 0x1p19
#define LL_EXP_EIGHTH	0x1.8p20f		/* leaves three bits for a fraction */
#define LL_EXP_B1	0x1.62e432p-1f
#define LL_EXP_B2	0x1.ec0c24p-3f
#define LL_EXP_B3	0x1.c69074p-5f

/* Bits of 2^(j / 8), less what j << 20 adds to them. */
#define LL_EXP_POWERS { 0x3f800000, 0x3f7b95c2, 0x3f7837f0, 0x3f75fed7, 0x3f7504f3, 0x3f75672a, 0x3f7744fd, 0x3f7ac0c7 }

#endif
