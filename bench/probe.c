/*
 * What the hardware can do at most; see probe.h.
 */

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "base/cpu.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/pool.h"
#include "bench/probe.h"

#define HUGE_PAGE ((size_t)2 << 20)
#define GRAIN 4096
#define LEAST_MEMORY ((size_t)256 << 20)
#define THREAD_BYTES ((size_t)16 << 20)	/* a millisecond: on a busy machine, too, some are undisturbed */
#define TRIES 16
#define TRY_SECONDS 0.15	/* and no longer than this */
#define PATIENCE 0.001
#define ROUND_SECONDS 0.005

/* What a thread did: by the clock, and seconds of the processor's time. */
struct span {
	double begin, end, worked;
};

struct ll_probe {
	struct ll_pool *pool;
	struct ll_limits_isa isa;
	size_t turns[LL_PEAKS];		/* that take a round; 0: not known yet */
	size_t at;			/* where the next round of reading begins */
	struct span *spans;		/* of each thread */
	_Atomic size_t arrived;
	volatile float sink;
};

/* Of the mapping that holds `data`, the bytes in huge pages. */
static size_t
huge_bytes(const void *data)
{
	FILE *maps = fopen("/proc/self/smaps", "r");
	unsigned long begin, end;
	size_t kib, found = 0;
	bool inside = false;
	char line[512];

	while (maps != NULL && fgets(line, sizeof(line), maps) != NULL) {
		if (sscanf(line, "%lx-%lx ", &begin, &end) == 2)
			inside = (uintptr_t)data >= begin && (uintptr_t)data < end;
		else if (inside && sscanf(line, "AnonHugePages: %zu kB", &kib) == 1)
			found = kib * 1024;
	}
	if (maps != NULL)
		fclose(maps);
	return found;
}

int
ll_region_new(struct ll_region *region, size_t bytes, bool huge, struct ll_err *err)
{
	size_t room = bytes + HUGE_PAGE;
	void *map = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t skip;

	*region = (struct ll_region){ 0 };
	if (map == MAP_FAILED)
		return ll_fail_errno(err, LL_ENOMEM, "%zu bytes to read", room);
	skip = -(uintptr_t)map % HUGE_PAGE;
	*region = (struct ll_region){ (unsigned char *)map + skip, bytes, map, room, 0 };
#ifdef MADV_HUGEPAGE
	/* Where the system refuses, its own choice is what a program gets; `huge` tells. */
	(void)madvise(map, room, huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
#endif
	memset(region->data, 1, bytes);
	region->huge = (double)huge_bytes(region->data) / (double)bytes;
	region->huge = region->huge > 1 ? 1 : region->huge;
	return 0;
}

void
ll_region_free(struct ll_region *region)
{
	if (region->map != NULL)
		munmap(region->map, region->map_bytes);
	*region = (struct ll_region){ 0 };
}

/* What the kernel tells of the first processor's cache of a level; `otherwise` if nothing. */
static size_t
cache_bytes(int level, size_t otherwise)
{
	size_t found = otherwise, kib;
	char path[100];

	for (int i = 0; i < 8; i++) {
		int its;
		FILE *file;

		snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu0/cache/index%d/level", i);
		if ((file = fopen(path, "r")) == NULL)
			break;
		if (fscanf(file, "%d", &its) != 1)
			its = 0;
		fclose(file);
		snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu0/cache/index%d/size", i);
		if (its != level || (file = fopen(path, "r")) == NULL)
			continue;
		if (fscanf(file, "%zuK", &kib) == 1 && kib > 0)
			found = kib * 1024;
		fclose(file);
	}
	return found;
}

size_t
ll_probe_cache(int level)
{
	size_t l2 = cache_bytes(2, (size_t)256 << 10);

	/* The whole of it is never ours. */
	return (level == 2 ? l2 : cache_bytes(3, 4 * l2)) / 2 / GRAIN * GRAIN;
}

size_t
ll_probe_memory(size_t threads)
{
	/* Twice the cache and two rounds: pages take their time, and there are caches of 480 MiB. */
	size_t bytes = 2 * (2 * ll_probe_cache(3) + threads * THREAD_BYTES);
	long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
	size_t most = pages > 0 && page > 0 ? (size_t)pages / 4 * (size_t)page : LEAST_MEMORY;

	bytes = bytes > LEAST_MEMORY ? bytes : LEAST_MEMORY;
	return (bytes < most ? bytes : most) / HUGE_PAGE * HUGE_PAGE;
}

static void
take(struct ll_limits_isa *to, const struct ll_limits_isa *from)
{
	if (from->read != NULL)
		to->read = from->read;
	for (size_t i = 0; i < LL_PEAKS; i++)
		if (from->peak[i].run != NULL)
			to->peak[i] = from->peak[i];
}

/* The loops of the ISA that the kernels use, over those of the ones below. */
static void
choose(struct ll_limits_isa *to, enum ll_isa isa)
{
	take(to, &ll_limits_ref);
#if defined(__x86_64__)
	if (isa >= LL_ISA_AVX2) {
		struct ll_limits_isa avx2 = ll_limits_avx2;

		if (!__builtin_cpu_supports("fma"))
			avx2.peak[LL_PEAK_F32].run = NULL;
		take(to, &avx2);
	}
	if (isa >= LL_ISA_AVX512)
		take(to, &ll_limits_avx512);
	if (isa >= LL_ISA_AVX512 && __builtin_cpu_supports("avx512bf16"))
		take(to, &ll_limits_avx512bf16);
	if (isa == LL_ISA_AMX)
		take(to, &ll_limits_amx);
#elif defined(__aarch64__)
	if (isa >= LL_ISA_NEON)
		take(to, &ll_limits_neon);
#else
	(void)isa;
#endif
}

int
ll_probe_new(struct ll_probe **out, size_t threads, struct ll_err *err)
{
	struct ll_probe *probe = ll_alloc(1, sizeof(*probe), err);
	int isa, status;

	if (probe == NULL)
		return -LL_ENOMEM;
	if ((status = isa = ll_cpu_isa(err)) < 0 || (status = ll_pool_new(&probe->pool, threads, err)) < 0) {
		free(probe);
		return status;
	}
	choose(&probe->isa, (enum ll_isa)isa);
	*out = probe;
	probe->spans = ll_alloc(threads, sizeof(*probe->spans), err);
	return probe->spans == NULL ? -LL_ENOMEM : 0;
}

void
ll_probe_free(struct ll_probe *probe)
{
	if (probe == NULL)
		return;
	ll_pool_free(probe->pool);
	free(probe->spans);
	free(probe);
}

static double
processor_time(void)
{
	struct timespec time;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
	return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

struct reading {
	struct ll_probe *probe;
	const unsigned char *data;
	size_t bytes, streams, passes;
	bool warm;		/* read once before: it may stay in a cache */
};

/* All begin together, if they come in time. */
static void
meet(struct ll_probe *probe, size_t count)
{
	double begin = ll_clock_seconds();

	atomic_fetch_add(&probe->arrived, 1);
	while (atomic_load(&probe->arrived) < count && ll_clock_seconds() - begin < PATIENCE)
		continue;
}

static void
read_share(void *arg, size_t thread, size_t count)
{
	const struct reading *r = arg;
	struct span *span = &r->probe->spans[thread];
	size_t begin, end;
	uint64_t found = 0;

	ll_pool_share(r->bytes, 2 * GRAIN, thread, count, &begin, &end);
	if (r->warm)
		found ^= r->probe->isa.read(r->data + begin, end - begin, r->streams);
	meet(r->probe, count);
	span->worked = processor_time();
	span->begin = ll_clock_seconds();
	for (size_t i = 0; i < r->passes; i++)
		found ^= r->probe->isa.read(r->data + begin, end - begin, r->streams);
	span->end = ll_clock_seconds();
	span->worked = processor_time() - span->worked;
	if (found == 1)		/* it is not: all bytes are equal, and evenly many */
		r->probe->sink = 1;
}

/* From the first thread's begin to the last one's end; *disturbed unless all worked all the time. */
static double
span_of(const struct ll_probe *probe, bool *disturbed)
{
	double begin = probe->spans[0].begin, end = probe->spans[0].end;
	size_t count = ll_pool_count(probe->pool);

	for (size_t i = 1; i < count; i++) {
		begin = probe->spans[i].begin < begin ? probe->spans[i].begin : begin;
		end = probe->spans[i].end > end ? probe->spans[i].end : end;
	}
	*disturbed = false;
	for (size_t i = 0; i < count; i++)
		*disturbed |= probe->spans[i].worked < 0.9 * (end - begin);
	return end - begin;
}

double
ll_probe_read(struct ll_probe *probe, const struct ll_region *region, size_t bytes, size_t streams)
{
	size_t all = bytes / (2 * GRAIN) * (2 * GRAIN), most = THREAD_BYTES * ll_pool_count(probe->pool);
	size_t some = all < most ? all : most;
	struct reading reading = { probe, region->data, some, streams, most / some, all <= most };
	double best = 0, begin = ll_clock_seconds();
	bool disturbed = true;

	for (int i = 0; i < TRIES && disturbed && (i == 0 || ll_clock_seconds() - begin < TRY_SECONDS); i++) {
		double rate;

		/* The next part: when its turn comes again, no cache has it any more. */
		probe->at = all - some < probe->at + some ? 0 : probe->at + some;
		reading.data = region->data + probe->at;
		atomic_store(&probe->arrived, 0);
		ll_pool_run(probe->pool, read_share, &reading);
		rate = (double)some * (double)reading.passes / span_of(probe, &disturbed);
		best = rate > best || !disturbed ? rate : best;
	}
	return best;
}

const struct ll_peak_loop *
ll_probe_loop(const struct ll_probe *probe, enum ll_peak peak)
{
	return probe->isa.peak[peak].run != NULL ? &probe->isa.peak[peak] : NULL;
}

static enum ll_peak
stand_in(const struct ll_probe *probe, enum ll_peak peak)
{
	if (probe->isa.peak[peak].run != NULL)
		return peak;
	return peak == LL_PEAK_BF16 ? LL_PEAK_F32 : LL_PEAK_INT8;
}

struct turning {
	struct ll_probe *probe;
	enum ll_peak peak;
	size_t turns;
};

static void
turn_share(void *arg, size_t thread, size_t count)
{
	const struct turning *t = arg;
	double begin = processor_time();
	float x = t->probe->isa.peak[t->peak].run(t->turns);

	(void)count;
	t->probe->spans[thread].worked = processor_time() - begin;
	if (thread == 0)
		t->probe->sink = x;
}

/* Turns that take a round, found by one thread. */
static size_t
calibrate(struct ll_probe *probe, enum ll_peak peak)
{
	struct turning turning = { probe, peak, 1024 };

	do {
		turning.turns *= 2;
		turn_share(&turning, 0, 1);
	} while (probe->spans[0].worked < ROUND_SECONDS / 2);
	return turning.turns;
}

/*
 * By the processor's time of each thread: other work on the machine makes what is measured
 * slower, but the limit no lower.
 */
double
ll_probe_peak(struct ll_probe *probe, enum ll_peak peak)
{
	struct turning turning = { probe, stand_in(probe, peak), 0 };
	size_t *turns = &probe->turns[turning.peak];
	double rate = 0;

	if (*turns == 0)
		*turns = calibrate(probe, turning.peak);
	turning.turns = *turns;
	ll_pool_run(probe->pool, turn_share, &turning);
	for (size_t i = 0; i < ll_pool_count(probe->pool); i++)
		rate += probe->isa.peak[turning.peak].ops * (double)turning.turns / probe->spans[i].worked;
	return rate;
}

const char *
ll_peak_name(enum ll_peak peak)
{
	static const char *const names[LL_PEAKS] = {
		[LL_PEAK_F32] = "f32", [LL_PEAK_BF16] = "bf16", [LL_PEAK_INT8] = "int8",
		[LL_PEAK_SCALE] = "int8 and a scale", [LL_PEAK_MIN] = "int8, scale and minimum",
	};

	return names[peak];
}
