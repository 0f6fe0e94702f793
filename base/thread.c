/*
 * Starting threads; see thread.h.
 */

#include <signal.h>

#include "base/err.h"
#include "base/thread.h"

int
ll_thread_start(pthread_t *thread, void *(*fn)(void *), void *arg, struct ll_err *err)
{
	sigset_t others, before;
	int failed;

	sigfillset(&others);
	sigdelset(&others, SIGBUS);
	pthread_sigmask(SIG_SETMASK, &others, &before);
	failed = pthread_create(thread, NULL, fn, arg);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return failed ? ll_fail(err, LL_ENOMEM, "cannot start a thread") : 0;
}
