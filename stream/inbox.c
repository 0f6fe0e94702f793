/*
 * The head's queue; see inbox.h. Every put writes a byte into a pipe of our own, which wakes
 * poll(2); the pipe is emptied when the queue is looked at.
 */

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"
#include "stream/inbox.h"

#define INPUT_FRAMES 64
#define INPUT_BYTES (8u << 20)

/* How often a reader that waits for room looks whether its writer is still there. */
#define LOOK_NS 200000000

struct ll_inbox {
	pthread_mutex_t mutex;
	pthread_cond_t room;
	struct ll_mail *first, **last;
	size_t input_frames, input_bytes;
	bool closed;
	int input;
	int wake[2];
	struct ll_mail failed;		/* in the queue, or was, once `failure` is one */
	struct ll_err failure;
};

int
ll_inbox_new(struct ll_inbox **out, int input, struct ll_err *err)
{
	struct ll_inbox *inbox = ll_alloc(1, sizeof(*inbox), err);

	if (inbox == NULL)
		return -LL_ENOMEM;
	if (pipe(inbox->wake) != 0) {
		free(inbox);
		return ll_fail_errno(err, LL_ENOMEM, "cannot make a pipe");
	}
	for (int i = 0; i < 2; i++) {
		fcntl(inbox->wake[i], F_SETFD, FD_CLOEXEC);
		fcntl(inbox->wake[i], F_SETFL, O_NONBLOCK);
	}
	pthread_mutex_init(&inbox->mutex, NULL);
	pthread_cond_init(&inbox->room, NULL);
	inbox->last = &inbox->first;
	inbox->input = input;
	*out = inbox;
	return 0;
}

void
ll_mail_free(struct ll_mail *mail)
{
	/* The mail of a failure is the inbox's own. */
	if (mail == NULL || mail->kind == LL_MAIL_FAILED)
		return;
	free((void *)(uintptr_t)mail->frame.payload);
	free(mail);
}

void
ll_inbox_free(struct ll_inbox *inbox)
{
	struct ll_mail *mail;

	if (inbox == NULL)
		return;
	while ((mail = ll_inbox_take(inbox)) != NULL)
		ll_mail_free(mail);
	close(inbox->wake[0]);
	close(inbox->wake[1]);
	pthread_cond_destroy(&inbox->room);
	pthread_mutex_destroy(&inbox->mutex);
	free(inbox);
}

static struct ll_mail *
make_mail(enum ll_mail_kind kind, const struct ll_frame *frame)
{
	struct ll_mail *mail = ll_alloc(1, sizeof(*mail), NULL);

	if (mail == NULL)
		return NULL;
	mail->kind = kind;
	if (frame != NULL) {
		mail->frame = *frame;
		mail->frame.payload = ll_copy(frame->payload, frame->length, NULL);
		if (mail->frame.payload == NULL) {
			free(mail);
			return NULL;
		}
	}
	return mail;
}

static bool
is_full(const struct ll_inbox *inbox)
{
	return inbox->input_frames > 0 &&
	    (inbox->input_frames >= INPUT_FRAMES || inbox->input_bytes >= INPUT_BYTES);
}

/* What is left in a pipe that nobody writes into is little, and the last of it may be a death. */
static bool
has_hung_up(int fd)
{
	struct pollfd set = { .fd = fd };

	return poll(&set, 1, 0) > 0 && set.revents & (POLLHUP | POLLERR);
}

static void
wait_for_room(struct ll_inbox *inbox)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += LOOK_NS;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	pthread_cond_timedwait(&inbox->room, &inbox->mutex, &until);
}

/* With the mutex held. A full pipe wakes as well as one more byte would. */
static void
append(struct ll_inbox *inbox, struct ll_mail *mail)
{
	*inbox->last = mail;
	inbox->last = &mail->next;
	(void)!write(inbox->wake[1], "", 1);
}

void
ll_inbox_fail(struct ll_inbox *inbox, const struct ll_err *err)
{
	pthread_mutex_lock(&inbox->mutex);
	if (inbox->failure.code == 0 && !inbox->closed) {
		inbox->failure = *err;
		inbox->failed = (struct ll_mail){ .kind = LL_MAIL_FAILED, .err = &inbox->failure };
		append(inbox, &inbox->failed);
	}
	pthread_mutex_unlock(&inbox->mutex);
}

bool
ll_inbox_put(struct ll_inbox *inbox, enum ll_mail_kind kind, const struct ll_frame *frame)
{
	struct ll_mail *mail = make_mail(kind, frame);
	bool closed;

	if (mail == NULL) {
		struct ll_err err = { 0 };

		ll_fail(&err, LL_ENOMEM, "out of memory: frame of %zu bytes",
		    frame != NULL ? frame->length : 0);
		ll_inbox_fail(inbox, &err);
		return false;
	}
	pthread_mutex_lock(&inbox->mutex);
	while (kind == LL_MAIL_INPUT && is_full(inbox) && !inbox->closed && !has_hung_up(inbox->input))
		wait_for_room(inbox);
	closed = inbox->closed;
	if (!closed) {
		append(inbox, mail);
		if (kind == LL_MAIL_INPUT) {
			inbox->input_frames++;
			inbox->input_bytes += mail->frame.length;
		}
	}
	pthread_mutex_unlock(&inbox->mutex);
	if (closed)
		ll_mail_free(mail);
	return !closed;
}

static struct ll_mail *
take(struct ll_inbox *inbox, bool events_only)
{
	struct ll_mail **link, *mail;
	char bytes[64];

	while (read(inbox->wake[0], bytes, sizeof(bytes)) > 0)
		continue;
	pthread_mutex_lock(&inbox->mutex);
	for (link = &inbox->first; (mail = *link) != NULL; link = &mail->next)
		if (!events_only || mail->kind != LL_MAIL_INPUT)
			break;
	if (mail != NULL) {
		*link = mail->next;
		if (mail->next == NULL)
			inbox->last = link;
		mail->next = NULL;
		if (mail->kind == LL_MAIL_INPUT) {
			inbox->input_frames--;
			inbox->input_bytes -= mail->frame.length;
			pthread_cond_signal(&inbox->room);
		}
	}
	pthread_mutex_unlock(&inbox->mutex);
	return mail;
}

struct ll_mail *
ll_inbox_take(struct ll_inbox *inbox)
{
	return take(inbox, false);
}

struct ll_mail *
ll_inbox_take_event(struct ll_inbox *inbox)
{
	return take(inbox, true);
}

void
ll_inbox_sleep(struct ll_inbox *inbox, int out, int milliseconds)
{
	struct pollfd set[2] = { { .fd = inbox->wake[0], .events = POLLIN }, { .fd = out } };

	/* An interrupted sleep is a short one: the caller looks and sleeps again. */
	if (poll(set, 2, milliseconds) > 0 && set[1].revents & POLLERR)
		ll_die_of_sigpipe();
}

int
ll_inbox_fd(const struct ll_inbox *inbox)
{
	return inbox->wake[0];
}

void
ll_inbox_close(struct ll_inbox *inbox)
{
	pthread_mutex_lock(&inbox->mutex);
	inbox->closed = true;
	pthread_cond_broadcast(&inbox->room);
	pthread_mutex_unlock(&inbox->mutex);
}
