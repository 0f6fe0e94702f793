/*
 * The least time that a piece of work can take; see roofline.h.
 */

#include <stdio.h>

#include "base/json.h"
#include "bench/probe.h"
#include "bench/roofline.h"

/*
 * The kind of the products that a matrix of a type takes part in: types with one scale for 32
 * weights, or what costs as much; with a minimum, or scales for 16; and the plain ones. An F8 is a
 * bf16, exactly; an F16 is not.
 */
static enum ll_peak
peak_of(enum ll_dtype type)
{
	switch (type) {
	case LL_F32:
	case LL_F16:
		return LL_PEAK_F32;
	case LL_BF16:
	case LL_F8_E4M3:
		return LL_PEAK_BF16;
	case LL_Q4_0:
	case LL_Q4_K:
	case LL_Q5_0:
	case LL_Q8_0:
	case LL_IQ2_XXS:
	case LL_IQ3_XXS:
	case LL_IQ3_S:
	case LL_IQ4_NL:
	case LL_IQ4_XS:
	case LL_MXFP4:
	case LL_TQ1_0:
	case LL_TQ2_0:
	case LL_Q1_0:
	case LL_Q2_0:
		return LL_PEAK_SCALE;
	default:
		return LL_PEAK_MIN;
	}
}

void
ll_work_matrix(struct ll_work *work, const struct ll_tensor *w, double rows)
{
	work->bytes += (double)w->rows * (double)w->row_bytes;
	work->ops[peak_of(w->type)] += 2 * rows * (double)w->rows * (double)w->cols;
}

double
ll_work_seconds(const struct ll_work *work, const struct ll_ceiling *ceiling, bool own, const char **what)
{
	double seconds = 0, longest = 0, reading = work->bytes > 0 ? work->bytes / ceiling->read : 0;
	const char *kind = "nothing";

	for (enum ll_peak i = 0; i < LL_PEAKS; i++) {
		enum ll_peak at = !own && i > LL_PEAK_INT8 ? LL_PEAK_INT8 : i;
		double these = work->ops[i] > 0 ? work->ops[i] / ceiling->peak[at] : 0;

		seconds += these;
		if (these > longest) {
			longest = these;
			kind = ll_peak_name(at);
		}
	}
	if (what != NULL)
		*what = reading > seconds ? "bytes" : kind;
	return reading > seconds ? reading : seconds;
}

double
ll_ceiling_raise(struct ll_ceiling *ceiling, struct ll_probe *probe, const struct ll_region *region,
    size_t bytes, const struct ll_work *work)
{
	double read = 0;

	for (size_t streams = 1; streams <= 4; streams += 3) {
		double rate = ll_probe_read(probe, region, bytes, streams);

		read = rate > read ? rate : read;
	}
	ceiling->read = read > ceiling->read ? read : ceiling->read;
	for (enum ll_peak i = 0; i < LL_PEAKS; i++) {
		/* The raw peak is the limit of all integers. */
		bool used = work->ops[i] > 0 || (i == LL_PEAK_INT8 &&
		    work->ops[LL_PEAK_SCALE] + work->ops[LL_PEAK_MIN] > 0);
		double rate = used ? ll_probe_peak(probe, i) : 0;

		ceiling->peak[i] = rate > ceiling->peak[i] ? rate : ceiling->peak[i];
	}
	return read;
}

void
ll_ceiling_json(struct ll_json *object, const struct ll_ceiling *ceiling)
{
	static const char *const keys[LL_PEAKS] = {
		"f32_gop_s", "bf16_gop_s", "int8_gop_s", "int8_scale_gop_s", "int8_minimum_gop_s",
	};
	struct ll_json *limits = ll_json_object();

	ll_json_set(limits, "read_gb_s", ll_json_real(ceiling->read * 1e-9));
	for (enum ll_peak i = 0; i < LL_PEAKS; i++)
		if (ceiling->peak[i] > 0)
			ll_json_set(limits, keys[i], ll_json_real(ceiling->peak[i] * 1e-9));
	ll_json_set(object, "limits", limits);
}

void
ll_ceiling_print(const struct ll_ceiling *ceiling)
{
	printf("limits: read %.1f GB/s", ceiling->read * 1e-9);
	for (enum ll_peak i = 0; i < LL_PEAKS; i++)
		if (ceiling->peak[i] > 0)
			printf("; %s %.0f Gop/s", ll_peak_name(i), ceiling->peak[i] * 1e-9);
	putchar('\n');
}

void
ll_work_json(struct ll_json *object, const struct ll_work *work, double unit)
{
	static const char *const keys[LL_PEAKS] = { "f32", "bf16", "int8", "int8_scale", "int8_minimum" };
	struct ll_json *ops = ll_json_object();

	ll_json_set(object, "bytes", ll_json_real(work->bytes * unit));
	for (enum ll_peak i = 0; i < LL_PEAKS; i++)
		if (work->ops[i] > 0)
			ll_json_set(ops, keys[i], ll_json_real(work->ops[i] * unit));
	ll_json_set(object, "ops", ops);
}
