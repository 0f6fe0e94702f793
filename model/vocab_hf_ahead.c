/*
 * The merges of a tokenizer.json, read by a second thread while the first reads the tokens before
 * them; see vocab_hf.h. Where the list begins is a guess, which the reader of the file confirms when
 * it comes there. A guess that was wrong and a list with anything wrong in it count for nothing:
 * the reader then does it all itself, so that it says what it would say alone.
 */

#include <string.h>

#include "base/json_walk.h"
#include "base/processors.h"
#include "base/thread.h"
#include "model/vocab_hf.h"

/* A thread costs as much as reading so many bytes. */
#ifdef LL_FEW_ITEMS
#define FEWEST 64	/* the tests' files are small */
#else
#define FEWEST 200000
#endif

static const char *
back_over_space(const char *begin, const char *at)
{
	while (at > begin && memchr(" \n\t\r", at[-1], 4) != NULL)
		at--;
	return at;
}

/* The first list that is called merges; NULL if there is none. */
static const char *
find_list(const char *data, const char *end)
{
	static const char key[] = "\"merges\"";
	const char *list = data, *at;

	for (; (list = memchr(list, '[', (size_t)(end - list))) != NULL; list++) {
		at = back_over_space(data, list);
		if (at == data || at[-1] != ':')
			continue;
		at = back_over_space(data, at - 1);
		if ((size_t)(at - data) >= sizeof(key) - 1 && memcmp(at - (sizeof(key) - 1), key, sizeof(key) - 1) == 0)
			break;
	}
	return list;
}

static void *
read_ahead(void *arg)
{
	struct ll_hf_ahead *ahead = arg;

	ahead->begin = ahead->walk.at = find_list(ahead->walk.at, ahead->walk.end);
	if (ahead->begin == NULL || ll_hf_merges_read(&ahead->merges, &ahead->walk, "", NULL) < 0 || ahead->walk.bad)
		ahead->begin = NULL;
	return NULL;
}

void
ll_hf_ahead_start(struct ll_hf_ahead *ahead, const char *data, size_t size)
{
	*ahead = (struct ll_hf_ahead){ .walk = { data, data + size, false } };
	ahead->running = size >= FEWEST && ll_processors_allowed() > 1 &&
	    ll_thread_start(&ahead->thread, read_ahead, ahead, NULL) == 0;
}

bool
ll_hf_ahead_take(struct ll_hf_ahead *ahead, struct ll_hf_merges *merges, struct ll_json_walk *walk)
{
	if (!ahead->running)
		return false;
	pthread_join(ahead->thread, NULL);
	ahead->running = false;
	if (ahead->begin != walk->at) {
		/* As much memory is wanted now for the list itself. */
		ll_hf_merges_free(&ahead->merges);
		return false;
	}
	*merges = ahead->merges;
	*walk = ahead->walk;
	ahead->merges = (struct ll_hf_merges){ 0 };
	return true;
}

void
ll_hf_ahead_end(struct ll_hf_ahead *ahead)
{
	if (ahead->running)
		pthread_join(ahead->thread, NULL);
	ahead->running = false;
	ll_hf_merges_free(&ahead->merges);
}
