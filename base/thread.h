/*
 * Threads beside a program's first, which signals are left to, but for SIGBUS: it comes to the
 * thread that reads a mapped file which has shrunk, and the handler (io.h: ll_map_open) ends the
 * program only where it is not blocked.
 */

#ifndef LL_BASE_THREAD_H
#define LL_BASE_THREAD_H

#include <pthread.h>

struct ll_err;

/* Runs fn(arg) on a thread of its own, to be joined or detached. -LL_ENOMEM. */
int ll_thread_start(pthread_t *thread, void *(*fn)(void *), void *arg, struct ll_err *err);

#endif
