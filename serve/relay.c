/*
 * Standard error of the stages, passed on; see relay.h.
 */

#include "serve/relay.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/io.h"
#include "base/thread.h"

void
ll_relay_end_line(struct ll_relay *relay)
{
	if (atomic_exchange(&relay->inside, false) && write(STDOUT_FILENO, "\n", 1) < 0)
		errno = 0;	/* whoever writes next finds out */
}

/* False at the end. What was taken from the pipe has been written when the lock is free again. */
static bool
pass_some(struct ll_relay *relay)
{
	char bytes[4096];
	ssize_t got;

	pthread_mutex_lock(&relay->passing);
	got = read(relay->from, bytes, sizeof(bytes));
	if (got > 0) {
		ll_relay_end_line(relay);
		if (ll_write(STDERR_FILENO, bytes, (size_t)got, "standard error", NULL) < 0)
			errno = 0;	/* as the stages themselves would go on */
	}
	pthread_mutex_unlock(&relay->passing);
	return got > 0 || (got < 0 && errno == EINTR);
}

static void *
pass_on(void *arg)
{
	struct ll_relay *relay = arg;
	struct pollfd from = { .fd = relay->from, .events = POLLIN };

	while (poll(&from, 1, -1) > 0 ? pass_some(relay) : errno == EINTR)
		;
	return NULL;
}

void
ll_relay_settle(struct ll_relay *relay)
{
	const struct timespec moment = { .tv_nsec = 200000 };
	int left;

	while (relay->from >= 0 && ioctl(relay->from, FIONREAD, &left) == 0 && left > 0)
		nanosleep(&moment, NULL);
	if (relay->from >= 0) {
		pthread_mutex_lock(&relay->passing);
		pthread_mutex_unlock(&relay->passing);
	}
}

int
ll_relay_start(struct ll_relay *relay, int *to, struct ll_err *err)
{
	int ends[2];

	if (pipe(ends) != 0)
		return ll_fail_errno(err, LL_ENOMEM, "cannot make a pipe");
	fcntl(ends[0], F_SETFD, FD_CLOEXEC);
	fcntl(ends[1], F_SETFD, FD_CLOEXEC);
	relay->from = ends[0];
	pthread_mutex_init(&relay->passing, NULL);
	if (ll_thread_start(&relay->thread, pass_on, relay, err) == 0) {
		*to = ends[1];
		return 0;
	}
	close(ends[0]);
	close(ends[1]);
	relay->from = -1;
	return -LL_ENOMEM;
}

void
ll_relay_finish(struct ll_relay *relay)
{
	if (relay->from < 0)
		return;
	pthread_join(relay->thread, NULL);
	pthread_mutex_destroy(&relay->passing);
	close(relay->from);
	relay->from = -1;
}
