/*
 * A thread pool; see pool.h. A round is announced by a counter; workers that have spun in
 * vain sleep on a condition variable.
 */

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/pool.h"
#include "base/processors.h"
#include "base/thread.h"

/* Some ten microseconds: longer than the gap between two calls of a step, shorter than a step. */
#define SPINS 2000

/* What is read ahead between two looks at whether the wait is over: some 30 ns. */
#define BURST 1024
#define LINE 64

#ifdef LL_FEW_ITEMS
#define FEW 64
#endif

struct worker {
	struct ll_pool *pool;
	size_t index;
	pthread_t thread;
	const volatile char *ahead;	/* what it reads while it waits */
	size_t ahead_bytes;
};

struct ll_pool {
	size_t count;
	size_t spins;
	struct worker *workers;
	size_t started;
	void (*fn)(void *, size_t, size_t);
	void *arg;
	_Atomic unsigned round;		/* grows by one for each call */
	_Atomic size_t running;
	_Atomic int leaving;
	pthread_mutex_t mutex;
	pthread_cond_t wake;		/* a round began, or the pool ends */
	pthread_cond_t done;
};

static void
relax(void)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#endif
}

/* By loads: asked for by prefetching, the same lines make a step slower (bench/README.md). */
static void
read_ahead(struct worker *worker)
{
	size_t bytes = worker->ahead_bytes < BURST ? worker->ahead_bytes : BURST;

	for (size_t i = 0; i < bytes; i += LINE)
		(void)worker->ahead[i];
	worker->ahead += bytes;
	worker->ahead_bytes -= bytes;
}

static void
spin(struct worker *worker)
{
	if (worker->ahead_bytes > 0)
		read_ahead(worker);
	else
		relax();
}

/* Waits until the round is not `seen`. */
static void
await_round(struct worker *worker, unsigned seen)
{
	struct ll_pool *pool = worker->pool;

	for (size_t i = 0; i < pool->spins; i++) {
		if (atomic_load(&pool->round) != seen || atomic_load(&pool->leaving))
			return;
		spin(worker);
	}
	pthread_mutex_lock(&pool->mutex);
	while (atomic_load(&pool->round) == seen && !atomic_load(&pool->leaving))
		pthread_cond_wait(&pool->wake, &pool->mutex);
	pthread_mutex_unlock(&pool->mutex);
}

static void *
work(void *arg)
{
	struct worker *worker = arg;
	struct ll_pool *pool = worker->pool;

	for (unsigned seen = 0;; seen++) {
		await_round(worker, seen);
		if (atomic_load(&pool->leaving))
			return NULL;
		pool->fn(pool->arg, worker->index, pool->count);
		if (atomic_fetch_sub(&pool->running, 1) == 1) {
			pthread_mutex_lock(&pool->mutex);
			pthread_cond_signal(&pool->done);
			pthread_mutex_unlock(&pool->mutex);
		}
	}
}

int
ll_pool_new(struct ll_pool **out, size_t count, struct ll_err *err)
{
	struct ll_pool *pool = ll_alloc(1, sizeof(*pool), err);

	if (pool == NULL || (pool->workers = ll_alloc(count, sizeof(*pool->workers), err)) == NULL) {
		free(pool);
		return -LL_ENOMEM;
	}
	pool->count = count;
	/* Spinning helps only while every thread has a processor of its own. */
	pool->spins = count <= ll_processors_allowed() ? SPINS : 0;
	pthread_mutex_init(&pool->mutex, NULL);
	pthread_cond_init(&pool->wake, NULL);
	pthread_cond_init(&pool->done, NULL);
	for (size_t i = 1; i < count; i++) {
		struct worker *worker = &pool->workers[i];

		worker->pool = pool;
		worker->index = i;
		if (ll_thread_start(&worker->thread, work, worker, NULL) < 0)
			break;
		pool->started++;
	}
	if (pool->started + 1 < count) {
		size_t started = pool->started + 1;

		ll_pool_free(pool);
		return ll_fail(err, LL_ENOMEM, "cannot start %zu threads, only %zu", count, started);
	}
	*out = pool;
	return 0;
}

size_t
ll_pool_worthy(size_t items, size_t each, size_t most)
{
	size_t threads, allowed;

#ifdef LL_FEW_ITEMS
	each = each < FEW ? each : FEW;
#endif
	threads = items / each < most ? items / each : most;
	if (threads < 2 || (allowed = ll_processors_allowed()) < 2)
		return 1;
	return threads < allowed ? threads : allowed;
}

struct ll_pool *
ll_pool_worth(size_t items, size_t each, size_t most)
{
	size_t threads = ll_pool_worthy(items, each, most);
	struct ll_pool *pool = NULL;

	return threads < 2 || ll_pool_new(&pool, threads, NULL) < 0 ? NULL : pool;
}

void
ll_pool_free(struct ll_pool *pool)
{
	if (pool == NULL)
		return;
	pthread_mutex_lock(&pool->mutex);
	atomic_store(&pool->leaving, 1);
	pthread_cond_broadcast(&pool->wake);
	pthread_mutex_unlock(&pool->mutex);
	for (size_t i = 1; i <= pool->started; i++)
		pthread_join(pool->workers[i].thread, NULL);
	pthread_cond_destroy(&pool->done);
	pthread_cond_destroy(&pool->wake);
	pthread_mutex_destroy(&pool->mutex);
	free(pool->workers);
	free(pool);
}

size_t
ll_pool_count(const struct ll_pool *pool)
{
	return pool != NULL ? pool->count : 1;
}

void
ll_pool_run(struct ll_pool *pool, void (*fn)(void *arg, size_t thread, size_t count), void *arg)
{
	size_t threads = ll_pool_count(pool);

	if (threads > 1) {
		pool->fn = fn;
		pool->arg = arg;
		atomic_store(&pool->running, pool->count - 1);
		pthread_mutex_lock(&pool->mutex);
		atomic_fetch_add(&pool->round, 1);
		pthread_cond_broadcast(&pool->wake);
		pthread_mutex_unlock(&pool->mutex);
	}
	fn(arg, 0, threads);
	if (threads == 1)
		return;
	for (size_t i = 0; i < pool->spins && atomic_load(&pool->running) > 0; i++)
		spin(&pool->workers[0]);
	pthread_mutex_lock(&pool->mutex);
	while (atomic_load(&pool->running) > 0)
		pthread_cond_wait(&pool->done, &pool->mutex);
	pthread_mutex_unlock(&pool->mutex);
}

void
ll_pool_ahead(struct ll_pool *pool, size_t thread, const void *data, size_t bytes)
{
	if (pool == NULL)
		return;
	pool->workers[thread].ahead = data;
	pool->workers[thread].ahead_bytes = bytes;
}

void
ll_pool_share(size_t total, size_t grain, size_t thread, size_t count, size_t *begin, size_t *end)
{
	size_t units = (total + grain - 1) / grain;
	size_t first = units / count * thread + (units % count < thread ? units % count : thread);
	size_t length = units / count + (thread < units % count);

	*begin = first * grain < total ? first * grain : total;
	*end = (first + length) * grain < total ? (first + length) * grain : total;
}
