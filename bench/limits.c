/*
 * The table of a machine's limits; see limits.h.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "bench/limits.h"
#include "bench/measure.h"
#include "bench/probe.h"

enum pages { SMALL, HUGE, PAGES };

/* One that is read, or a peak. */
struct line {
	const char *what;	/* NULL for a peak */
	enum pages pages;
	int cache;		/* level, or 0: memory */
	size_t streams;
	enum ll_peak peak;
	bool brief;
};

static const struct line lines[] = {
	{ "read memory, 4 KiB pages", SMALL, 0, 1, 0, false },
	{ "read memory, 4 KiB pages", SMALL, 0, 4, 0, false },
	{ "read memory, huge pages", HUGE, 0, 1, 0, true },
	{ "read memory, huge pages", HUGE, 0, 4, 0, true },
	{ "read memory, huge pages", HUGE, 0, 8, 0, false },
	{ "read level 3", HUGE, 3, 1, 0, false },
	{ "read level 2", HUGE, 2, 1, 0, false },
	{ NULL, 0, 0, 0, LL_PEAK_F32, true },
	{ NULL, 0, 0, 0, LL_PEAK_BF16, true },
	{ NULL, 0, 0, 0, LL_PEAK_INT8, true },
	{ NULL, 0, 0, 0, LL_PEAK_SCALE, false },
	{ NULL, 0, 0, 0, LL_PEAK_MIN, false },
};

#define LINES (sizeof(lines) / sizeof(lines[0]))
#define MOST_COUNTS 16		/* 1, 2, 4 ... 1024 threads, and one more */

struct table {
	size_t rounds;
	bool brief;
	struct ll_region regions[PAGES];
	size_t counts;
	size_t threads[MOST_COUNTS];
	struct ll_probe *probes[MOST_COUNTS];
	double *values;		/* [counts][LINES][rounds] */
};

static double *
values_of(const struct table *t, size_t count, size_t line)
{
	return t->values + (count * LINES + line) * t->rounds;
}

/* A peak that no loop of its own is there for is no line. */
static bool
wanted(const struct table *t, size_t count, const struct line *line)
{
	return (line->brief || !t->brief) &&
	    (line->what != NULL || ll_probe_loop(t->probes[count], line->peak) != NULL);
}

static double
measure(struct table *t, size_t count, const struct line *line)
{
	size_t bytes = t->regions[HUGE].bytes;

	if (line->what == NULL)
		return ll_probe_peak(t->probes[count], line->peak);
	if (line->cache == 2)
		bytes = ll_probe_cache(2) * t->threads[count];
	if (line->cache == 3)
		bytes = ll_probe_cache(3);
	if (bytes > t->regions[HUGE].bytes)
		bytes = t->regions[HUGE].bytes;
	return ll_probe_read(t->probes[count], &t->regions[line->pages], bytes, line->streams);
}

static int
prepare(struct table *t, size_t threads, struct ll_err *err)
{
	size_t bytes = ll_probe_memory(threads);
	int status;

	for (size_t n = t->brief ? threads : 1; n < threads; n *= 2)
		t->threads[t->counts++] = n;
	t->threads[t->counts++] = threads;
	for (size_t i = 0; i < t->counts; i++)
		if ((status = ll_probe_new(&t->probes[i], t->threads[i], err)) < 0)
			return status;
	if ((!t->brief && (status = ll_region_new(&t->regions[SMALL], bytes, false, err)) < 0) ||
	    (status = ll_region_new(&t->regions[HUGE], bytes, true, err)) < 0)
		return status;
	t->values = ll_alloc(t->counts * LINES * t->rounds, sizeof(*t->values), err);
	return t->values == NULL ? -LL_ENOMEM : 0;
}

/* The first round is for warming up and not kept. */
static void
run(struct table *t)
{
	for (size_t round = 0; round <= t->rounds; round++)
		for (size_t i = 0; i < t->counts; i++)
			for (size_t l = 0; l < LINES; l++)
				if (wanted(t, i, &lines[l]))
					values_of(t, i, l)[round > 0 ? round - 1 : 0] = measure(t, i, &lines[l]);
}

static struct ll_json *
line_json(const struct table *t, size_t count, size_t l, struct ll_spread spread)
{
	const struct line *line = &lines[l];
	struct ll_json *object = ll_json_object();

	ll_json_set(object, "threads", ll_json_int((int64_t)t->threads[count]));
	ll_text_json(object, "what", line->what != NULL ? line->what : ll_peak_name(line->peak));
	if (line->what == NULL) {
		ll_text_json(object, "how", ll_probe_loop(t->probes[count], line->peak)->how);
		ll_spread_json(object, "gop_s", spread, 1e-9);
		return object;
	}
	ll_json_set(object, "level", ll_json_int(line->cache));
	ll_json_set(object, "huge_pages", ll_json_real(t->regions[line->pages].huge));
	ll_json_set(object, "streams", ll_json_int((int64_t)line->streams));
	ll_spread_json(object, "gb_s", spread, 1e-9);
	return object;
}

static void
print_line(const struct table *t, size_t count, size_t l, struct ll_spread spread, double int8)
{
	const struct line *line = &lines[l];
	char what[80];

	if (line->what == NULL)
		snprintf(what, sizeof(what), "%s", ll_peak_name(line->peak));
	else
		snprintf(what, sizeof(what), "%s, %zu stream%s", line->what, line->streams,
		    line->streams > 1 ? "s" : "");
	printf("%7zu  %-36s %8.1f %8.1f %8.1f  %s", t->threads[count], what, spread.min * 1e-9,
	    spread.median * 1e-9, spread.max * 1e-9, line->what != NULL ? "GB/s" : "Gop/s");
	if (line->what == NULL)
		printf("  %s", ll_probe_loop(t->probes[count], line->peak)->how);
	if (line->peak == LL_PEAK_SCALE || line->peak == LL_PEAK_MIN)
		printf(": %.0f %% of int8", 100 * spread.median / int8);
	putchar('\n');
}

static int
report(const struct table *t, bool as_json, struct ll_err *err)
{
	struct ll_json *object, *array;
	const char *isa = ll_cpu_name((enum ll_isa)ll_cpu_isa(err));

	object = ll_json_object();
	array = ll_json_array();
	if (!as_json)
		printf("%s, %zu MiB, %.0f %% of them in huge pages where asked for, %zu rounds\n%7s  %-36s %8s %8s %8s\n",
		    isa, t->regions[HUGE].bytes >> 20, 100 * t->regions[HUGE].huge, t->rounds, "threads", "",
		    "min", "median", "max");
	for (size_t i = 0; i < t->counts; i++) {
		double int8 = 0;

		for (size_t l = 0; l < LINES; l++) {
			struct ll_spread spread;

			if (!wanted(t, i, &lines[l]))
				continue;
			spread = ll_spread_of(values_of(t, i, l), t->rounds);
			if (lines[l].peak == LL_PEAK_INT8)
				int8 = spread.median;
			if (as_json)
				ll_json_add(array, line_json(t, i, l, spread));
			else
				print_line(t, i, l, spread, int8);
		}
	}
	ll_text_json(object, "isa", isa);
	ll_json_set(object, "bytes", ll_json_int((int64_t)t->regions[HUGE].bytes));
	ll_json_set(object, "rounds", ll_json_int((int64_t)t->rounds));
	ll_json_set(object, "limits", array);
	if (as_json)
		return ll_measure_print(object, err);
	ll_json_free(object);
	return 0;
}

int
ll_bench_limits(size_t threads, size_t rounds, bool brief, bool as_json, struct ll_err *err)
{
	struct table table = { .rounds = rounds, .brief = brief };
	int status = prepare(&table, threads, err);

	if (status == 0) {
		run(&table);
		status = report(&table, as_json, err);
	}
	for (size_t i = 0; i < PAGES; i++)
		ll_region_free(&table.regions[i]);
	for (size_t i = 0; i < table.counts; i++)
		ll_probe_free(table.probes[i]);
	free(table.values);
	return status;
}
