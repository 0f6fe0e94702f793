/*
 * The head's view of its feeder; see feeder.h.
 */

#include <poll.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/io.h"
#include "stream/feeder.h"

/* How long a decline waits for a feeder that may still be starting. */
#define GRACE_MS 250
#define WAIT_MS 1000

/* After so many WAITs the user hears why nothing happens. */
#define WAITS_TOLD 5

/* How long the end of a pipe has to break up to the head. */
#define BREAK_MS 500

void
ll_feeder_offer(struct ll_feeder *feeder, const char *program)
{
	feeder->offered = true;
	feeder->program = program;
	feeder->last_wait = ll_clock_ms();
}

/*
 * The feeder died, and whoever reads after it says so. The pipe breaks from there up to the
 * head; were the head gone first, a stage between might take that for a death of its own.
 */
static _Noreturn void
follow(const struct ll_writer *out)
{
	poll(&(struct pollfd){ .fd = ll_writer_fd(out) }, 1, BREAK_MS);
	ll_die_of_sigpipe();
}

void
ll_feeder_mail(struct ll_feeder *feeder, const struct ll_mail *mail, const struct ll_writer *out)
{
	switch (mail->kind) {
	case LL_MAIL_JOINED:
		feeder->present = true;
		return;
	case LL_MAIL_LEFT:
		feeder->present = false;
		feeder->left = true;
		return;
	case LL_MAIL_DIED:
		follow(out);
	case LL_MAIL_DECLINED:
		if (!feeder->declined)
			feeder->declined_at = ll_clock_ms();
		feeder->declined = true;
		return;
	default:
		return;
	}
}

int
ll_feeder_timeout(const struct ll_feeder *feeder, bool owed)
{
	int64_t wait = feeder->declined_at + GRACE_MS - ll_clock_ms();

	if (owed && feeder->left)
		return 0;
	if (owed && feeder->declined && !feeder->present)
		return wait > 0 ? (int)wait : 0;
	return feeder->offered && !feeder->present ? WAIT_MS : -1;
}

int
ll_feeder_slept(struct ll_feeder *feeder, struct ll_writer *out, struct ll_err *err)
{
	static const struct ll_frame wait = { .type = LL_WAIT, .sequence = LL_SEQUENCE_STREAM };
	int status;

	if (!feeder->offered || feeder->present || ll_clock_ms() - feeder->last_wait < WAIT_MS)
		return 0;
	feeder->last_wait = ll_clock_ms();
	if (++feeder->waits == WAITS_TOLD)
		ll_warn(feeder->program, "waits for a stage that samples, and none has come: with --once the head ends without one");
	status = ll_writer_frame(out, &wait, err);
	return status == 0 ? ll_writer_flush(out, err) : status;
}
