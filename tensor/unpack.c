/*
 * The scalar kernels of formats that are unpacked first, and the loop around every ISA's.
 */

#include "tensor/unpack.h"

#include "tensor/kern_isa.h"
#include "tensor/lanes.h"

/* Rows of activations that share an unpacking. */
#define GROUP 16

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Bytes of LL_UNPACK_BLOCKS blocks of 32. */
static size_t
run_bytes(const struct ll_format *format)
{
	return LL_UNPACK_BLOCKS * 32 / format->info.block * format->info.bytes;
}

static void
add(float *lane, const struct ll_unpacked *w, const struct ll_q8_act *x, size_t blocks)
{
	for (size_t b = 0; b < blocks; b++) {
		const int8_t *rounded = x[b / 2].q[b % 2];
		float *half = lane + b % 2 * (LL_LANES / 2);

		for (size_t l = 0; l < LL_LANES / 2; l++) {
			int32_t sum = 0;

			for (size_t i = 4 * l; i < 4 * l + 4; i++)
				sum += w->q[b][i] * rounded[i];
			half[l] += (float)sum * (w->scale[b][l / 4] * x[b / 2].block[b % 2].scale);
		}
	}
}

static void
add_offsets(float *offset, const float *min, const struct ll_q8_act *x, size_t blocks)
{
	for (size_t b = 0; b < blocks; b++)
		offset[b % 2] += min[b] * x[b / 2].block[b % 2].sum;
}

static void
prefetch(const uint8_t *w, size_t bytes)
{
	for (size_t i = 0; i < bytes; i += 64)
		__builtin_prefetch(w + LL_AHEAD + i);
}

/* At most GROUP rows of activations. */
static void
dot_group(float *out, size_t out_stride, const uint8_t *w, const struct ll_q8_act *x,
    size_t x_stride, size_t count, size_t n, const struct ll_format *format,
    ll_unpacked_add *add_blocks)
{
	size_t bytes = run_bytes(format);
	struct ll_unpacked run[LL_UNPACK_PARTS];
	struct ll_unpacked_sums sums[GROUP];

	memset(sums, 0, count * sizeof *sums);
	for (size_t b = 0; b < n / 32; b += LL_UNPACK_BLOCKS, w += bytes) {
		size_t blocks = least(LL_UNPACK_BLOCKS, n / 32 - b);

		prefetch(w, bytes);
		format->unpack(run, w, blocks);
		for (size_t i = 0; i < count; i++) {
			const struct ll_q8_act *at = x + i * x_stride + b / 2;

			for (size_t part = 0; part < format->parts; part++)
				add_blocks(sums[i].lane, &run[part], at, blocks);
			if (format->min)
				add_offsets(sums[i].offset, run->min, at, blocks);
		}
	}
	for (size_t i = 0; i < count; i++) {
		float sum = ll_lanes_fold(sums[i].lane);

		out[i * out_stride] = format->min ? sum + (sums[i].offset[0] + sums[i].offset[1]) : sum;
	}
}

void
ll_unpacked_dot(float *out, size_t out_stride, const void *w, const struct ll_q8_act *x,
    size_t x_stride, size_t count, size_t n, const struct ll_format *format,
    ll_unpacked_add *add_blocks)
{
	for (size_t row = 0; row < count; row += GROUP)
		dot_group(out + row * out_stride, out_stride, w, x + row * x_stride, x_stride,
		    least(GROUP, count - row), n, format, add_blocks);
}

/* Sixteen weights. */
static inline void
spread(float *restrict out, const int8_t *restrict q, float scale, float more)
{
	for (size_t i = 0; i < 16; i++)
		out[i] = scale * (float)q[i] + more;
}

static inline void
spread_more(float *restrict out, const int8_t *restrict q, float scale)
{
	for (size_t i = 0; i < 16; i++)
		out[i] += scale * (float)q[i];
}

static void
dequantize(float *out, const uint8_t *w, size_t n, const struct ll_format *format)
{
	struct ll_unpacked run[LL_UNPACK_PARTS];

	for (size_t b = 0; b < n / 32; b += LL_UNPACK_BLOCKS, w += run_bytes(format)) {
		size_t blocks = least(LL_UNPACK_BLOCKS, n / 32 - b);

		format->unpack(run, w, blocks);
		for (size_t i = 0; i < 2 * blocks; i++, out += 16) {
			const int8_t *q = run->q[i / 2] + i % 2 * 16;

			/* Nothing changes by adding -0, not even a zero's sign. */
			spread(out, q, run->scale[i / 2][i % 2], format->min ? run->min[i / 2] : -0.0f);
			if (format->parts == 2)
				spread_more(out, run[1].q[i / 2] + i % 2 * 16, run[1].scale[i / 2][i % 2]);
		}
	}
}

LL_UNPACKED_FORMATS(LL_UNPACKED_DOT)

#define DEQUANTIZE(name, type) \
	static void dequantize_##name(float *out, const void *w, size_t n) \
	{ \
		dequantize(out, w, n, &ll_format_##name); \
	}
#define DEQUANTIZE_ENTRY(name, type) [LL_##type] = dequantize_##name,

LL_UNPACKED_FORMATS(DEQUANTIZE)

const struct ll_kern ll_kern_dotu_ref = {
	.isa = LL_ISA_REF,
	.dot_q8 = { LL_UNPACKED_FORMATS(LL_UNPACKED_ENTRY) },
	.dequantize = { LL_UNPACKED_FORMATS(DEQUANTIZE_ENTRY) },
};
