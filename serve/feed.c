/*
 * Feeding a batch; see feed.h.
 */

#include <errno.h>
#include <unistd.h>

#include "base/thread.h"
#include "serve/feed.h"
#include "serve/ledger.h"
#include "tokenize/record.h"

#define GATHERED 65536

/* Whether a line is a record that is not done. */
static int
is_left(struct ll_feed *feed, const struct ll_cut *line, size_t number, bool *left, struct ll_err *err)
{
	struct ll_err own = { 0 };
	struct ll_record record;

	*left = !ll_record_blank(line->text, line->length);
	if (!*left || ll_ledger_done(feed->ledger) == 0)
		return 0;
	/* What is wrong with it, ll-tokenize tells. */
	ll_record_parse(&record, line->text, line->length, "", &own);
	*left = own.code == LL_ENOMEM || !ll_ledger_has(feed->ledger, record.id, number);
	ll_record_free(&record);
	return own.code == LL_ENOMEM ? ll_fail(err, LL_ENOMEM, "%s", own.text) : 0;
}

static int
count_line(void *arg, const struct ll_cut *line, struct ll_err *err)
{
	struct ll_feed *feed = arg;
	bool left;
	int status = is_left(feed, line, line->line, &left, err);

	feed->left += left;
	feed->records += !ll_record_blank(line->text, line->length);
	return status;
}

int
ll_feed_count(struct ll_feed *feed, struct ll_err *err)
{
	const struct ll_sources_plan plan = {
		.split = true, .delimiter = '\n', .apart = true, .most = LL_RECORD_BYTES, .out = -1,
		.take = count_line, .arg = feed,
	};
	int status;

	feed->records = feed->left = 0;
	status = ll_sources_read(&feed->sources, &plan, err);
	ll_ledger_rewind(feed->ledger);
	return status;
}

/* A pipe that broke is no failure of this side: who broke it says why. */
static int
send_gathered(void *arg, struct ll_err *err)
{
	struct ll_feed *feed = arg;
	size_t done = 0;

	while (done < feed->gathered.len && !feed->broken) {
		ssize_t count = write(feed->fd, feed->gathered.data + done, feed->gathered.len - done);

		if (count >= 0)
			done += (size_t)count;
		else if (errno == EPIPE)
			feed->broken = true;
		else if (errno != EINTR)
			return ll_fail_errno(err, LL_EIO, "pipe");
	}
	feed->gathered.len = 0;
	return feed->broken ? -LL_EANSWER : 0;
}

static int
feed_line(void *arg, const struct ll_cut *line, struct ll_err *err)
{
	struct ll_feed *feed = arg;
	bool left;
	int status = is_left(feed, line, line->line, &left, err);

	if (status == 0 && left)
		status = ll_buf_add(&feed->gathered, line->text, line->length, err);
	if (status == 0)
		status = ll_buf_puts(&feed->gathered, "\n", err);
	return status == 0 && feed->gathered.len >= GATHERED ? send_gathered(feed, err) : status;
}

static void *
feed_all(void *arg)
{
	struct ll_feed *feed = arg;
	const struct ll_sources_plan plan = {
		.split = true, .delimiter = '\n', .apart = true, .most = LL_RECORD_BYTES, .out = -1,
		.take = feed_line, .rest = send_gathered, .arg = feed,
	};

	ll_sources_read(&feed->sources, &plan, &feed->err);
	/* First this: when the pipe has ended for want of input, why is known. */
	atomic_store(&feed->ended, true);
	close(feed->fd);
	return NULL;
}

int
ll_feed_start(struct ll_feed *feed, int fd, struct ll_err *err)
{
	int status;

	feed->fd = fd;
	status = ll_thread_start(&feed->thread, feed_all, feed, err);
	feed->started = status == 0;
	return status;
}

int
ll_feed_end(struct ll_feed *feed, struct ll_err *err)
{
	if (!feed->started)
		return 0;
	if (!atomic_load(&feed->ended)) {
		pthread_detach(feed->thread);
		return 0;
	}
	pthread_join(feed->thread, NULL);
	ll_buf_free(&feed->gathered);
	feed->started = false;
	if (feed->err.code == 0 || feed->broken)
		return 0;
	return ll_fail(err, feed->err.code, "%s", feed->err.text);
}
