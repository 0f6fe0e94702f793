/*
 * Comparing two streams in canonical form; see compare.h.
 */

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/err.h"
#include "stream/compare.h"
#include "stream/rows.h"
#include "stream/show.h"

#define VALUE_MAX 4096

static bool
compare_headers(struct ll_compare *compare, const struct ll_header *a, const struct ll_header *b,
    struct ll_err *err)
{
	char values[2][VALUE_MAX];
	bool equal = a->kind == b->kind;

	if (!equal)
		ll_buf_printf(compare->report, err, "kind: %s in %s, %s in %s\n", ll_show_kind(a->kind),
		    compare->names[0], ll_show_kind(b->kind), compare->names[1]);
	for (size_t i = 0; ll_canonical_keys[i] != NULL; i++) {
		const char *key = ll_canonical_keys[i];
		bool has_a = ll_header_get(a, key, values[0], VALUE_MAX);
		bool has_b = ll_header_get(b, key, values[1], VALUE_MAX);

		if (has_a == has_b && (!has_a || strcmp(values[0], values[1]) == 0))
			continue;
		if (compare->tolerance > 0 && strcmp(key, "dtype") == 0)
			continue;
		ll_buf_printf(compare->report, err, "%s: %.200s in %s, %.200s in %s\n", key,
		    has_a ? values[0] : "none", compare->names[0], has_b ? values[1] : "none", compare->names[1]);
		equal = false;
	}
	return equal;
}

/* "sequence 3.1, position 7, HIDDEN: " */
static void
report_place(struct ll_compare *compare, const struct ll_frame *frame, struct ll_err *err)
{
	const char *type = ll_frame_name(frame->type);
	char sequence[48];

	if (frame->sequence == LL_SEQUENCE_STREAM)
		ll_buf_puts(compare->report, "stream, ", err);
	else
		ll_buf_printf(compare->report, err, "sequence %s, position %" PRIu64 ", ",
		    ll_sequence_name(frame->sequence, sequence), frame->position);
	if (type != NULL)
		ll_buf_printf(compare->report, err, "%s: ", type);
	else
		ll_buf_printf(compare->report, err, "type %u: ", frame->type);
}

static bool
report_only(struct ll_compare *compare, const struct ll_frame *frame, int side, struct ll_err *err)
{
	report_place(compare, frame, err);
	ll_buf_printf(compare->report, err, "only in %s\n", compare->names[side]);
	return false;
}

static bool
report_numbers(struct ll_compare *compare, const struct ll_frame *frame, const char *what, uint64_t a,
    uint64_t b, struct ll_err *err)
{
	report_place(compare, frame, err);
	ll_buf_printf(compare->report, err, "%s %" PRIu64 " in %s, %" PRIu64 " in %s\n", what, a,
	    compare->names[0], b, compare->names[1]);
	return false;
}

/* Infinite if only one is a NaN; two NaNs and equal infinities do not differ. */
static double
difference(float a, float b)
{
	if (a == b || (isnan(a) && isnan(b)))
		return 0;
	return isnan(a) || isnan(b) ? INFINITY : fabs((double)a - (double)b);
}

static bool
floats_differ(const struct ll_compare *compare, float a, float b)
{
	if (compare->tolerance > 0)
		return difference(a, b) > compare->tolerance;
	return memcmp(&a, &b, sizeof(a)) != 0;
}

static bool
compare_floats(struct ll_compare *compare, const struct ll_frame *frame, const float *a, const float *b,
    size_t count, struct ll_err *err)
{
	size_t first = count, worst = 0;
	double largest = 0;

	for (size_t i = 0; i < count; i++) {
		double d = difference(a[i], b[i]);

		if (first == count && floats_differ(compare, a[i], b[i]))
			first = i;
		if (d > largest) {
			largest = d;
			worst = i;
		}
	}
	if (largest > compare->largest)
		compare->largest = largest;
	if (first == count)
		return true;
	report_place(compare, frame, err);
	ll_buf_printf(compare->report, err, "value %zu is %.9g in %s, %.9g in %s; largest difference of the row %g, "
	    "at %zu\n", first, (double)a[first], compare->names[0], (double)b[first], compare->names[1], largest,
	    worst);
	return false;
}

static bool
compare_ids(struct ll_compare *compare, const struct ll_frame *frame, const uint32_t *a, const uint32_t *b,
    size_t count, struct ll_err *err)
{
	for (size_t i = 0; i < count; i++) {
		if (a[i] == b[i])
			continue;
		report_place(compare, frame, err);
		ll_buf_printf(compare->report, err, "id %zu is %" PRIu32 " in %s, %" PRIu32 " in %s\n", i, a[i],
		    compare->names[0], b[i], compare->names[1]);
		return false;
	}
	return true;
}

static bool
compare_dense(struct ll_compare *compare, const struct ll_frame *a, const struct ll_frame *b,
    struct ll_err *err)
{
	struct ll_buf values[2] = { { 0 }, { 0 } };
	size_t bytes = a->cols * sizeof(float);
	bool equal = false;

	if (ll_buf_room(&values[0], bytes, err) == 0 && ll_buf_room(&values[1], bytes, err) == 0) {
		ll_rows_floats((void *)values[0].data, a, 0);
		ll_rows_floats((void *)values[1].data, b, 0);
		equal = compare_floats(compare, a, (void *)values[0].data, (void *)values[1].data, a->cols, err);
	}
	ll_buf_free(&values[0]);
	ll_buf_free(&values[1]);
	return equal;
}

static bool
compare_sparse(struct ll_compare *compare, const struct ll_frame *a, const struct ll_frame *b,
    struct ll_err *err)
{
	struct ll_sparse_row left = ll_rows_sparse(a, 0), right = ll_rows_sparse(b, 0);

	return compare_ids(compare, a, left.ids, right.ids, a->cols, err) &&
	    compare_floats(compare, a, left.logits, right.logits, a->cols, err) &&
	    compare_floats(compare, a, &left.logsumexp, &right.logsumexp, 1, err);
}

static bool
compare_samples(struct ll_compare *compare, const struct ll_frame *a, const struct ll_frame *b,
    struct ll_err *err)
{
	const struct ll_sample *left = a->payload, *right = b->payload;
	const struct ll_alternative *l = (const void *)(left + 1), *r = (const void *)(right + 1);

	if (left->token != right->token)
		return report_numbers(compare, a, "token", left->token, right->token, err);
	if (left->show != right->show)
		return report_numbers(compare, a, "show", left->show, right->show, err);
	if (!compare_floats(compare, a, &left->logprob, &right->logprob, 1, err))
		return false;
	for (uint32_t i = 0; i < left->alternatives; i++) {
		if (l[i].token != r[i].token)
			return report_numbers(compare, a, "alternative", l[i].token, r[i].token, err);
		if (!compare_floats(compare, a, &l[i].logprob, &r[i].logprob, 1, err))
			return false;
	}
	return true;
}

static bool
compare_bytes(struct ll_compare *compare, const struct ll_frame *a, const struct ll_frame *b,
    struct ll_err *err)
{
	const unsigned char *left = a->payload, *right = b->payload;
	size_t i = 0;

	if (a->length == 0 || memcmp(left, right, a->length) == 0)
		return true;
	report_place(compare, a, err);
	while (left[i] == right[i])
		i++;
	ll_buf_printf(compare->report, err, "byte %zu is 0x%02x in %s, 0x%02x in %s\n", i, left[i],
	    compare->names[0], right[i], compare->names[1]);
	return false;
}

static bool
compare_payloads(struct ll_compare *compare, const struct ll_frame *a, const struct ll_frame *b,
    struct ll_err *err)
{
	switch (a->type) {
	case LL_TOKENS:
		return compare_ids(compare, a, a->payload, b->payload, a->rows, err);
	case LL_SAMPLE:
		return compare_samples(compare, a, b, err);
	case LL_LOGITS:
		if (a->flags & LL_SPARSE)
			return compare_sparse(compare, a, b, err);
		return compare_dense(compare, a, b, err);
	case LL_HIDDEN:
		return compare_dense(compare, a, b, err);
	default:
		return compare_bytes(compare, a, b, err);
	}
}

static bool
compare_frames(struct ll_compare *compare, const struct ll_frame *a, const struct ll_frame *b,
    struct ll_err *err)
{
	bool floats = a->type == LL_HIDDEN || a->type == LL_LOGITS;
	/* Where the dtype may differ the length does, too. */
	bool loose = floats && compare->tolerance > 0;

	if (a->epoch != b->epoch)
		return report_numbers(compare, a, "epoch", a->epoch, b->epoch, err);
	if (a->flags != b->flags)
		return report_numbers(compare, a, "flags", a->flags, b->flags, err);
	if (a->cols != b->cols)
		return report_numbers(compare, a, "columns", a->cols, b->cols, err);
	if (!loose && a->dtype != b->dtype)
		return report_numbers(compare, a, "dtype", a->dtype, b->dtype, err);
	if (a->rows != b->rows)
		return report_numbers(compare, a, "rows", a->rows, b->rows, err);
	if (!loose && a->length != b->length)
		return report_numbers(compare, a, "bytes", a->length, b->length, err);
	return compare_payloads(compare, a, b, err);
}

bool
ll_compare(struct ll_compare *compare, const struct ll_canonical *a, const struct ll_canonical *b,
    struct ll_err *err)
{
	bool equal = compare_headers(compare, &a->header, &b->header, err), told = false;

	for (size_t i = 0, j = 0; i < a->count || j < b->count;) {
		const struct ll_frame *left = i < a->count ? &a->items[i].frame : NULL;
		const struct ll_frame *right = j < b->count ? &b->items[j].frame : NULL;
		int order = left == NULL ? 1 : right == NULL ? -1 : ll_canonical_order(left, right);
		size_t before = compare->report->len;
		bool same = order < 0 ? report_only(compare, left, 0, err) :
		    order > 0 ? report_only(compare, right, 1, err) : compare_frames(compare, left, right, err);

		/* Of the frames behind the first that differs only the largest difference is wanted. */
		if (told)
			compare->report->len = before;
		told = told || !same;
		i += order <= 0;
		j += order >= 0;
	}
	return equal && !told;
}
