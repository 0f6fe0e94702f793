/*
 * What the head's loop (head.c) and its mail room (head_mail.c) share. Nobody else needs it.
 */

#ifndef LL_STREAM_HEAD_STATE_H
#define LL_STREAM_HEAD_STATE_H

#include "stream/feeder.h"
#include "stream/head.h"
#include "stream/inbox.h"
#include "stream/offer.h"
#include "stream/turns.h"

/*
 * Sharing less than this saves nothing worth a FORK. Whoever waits for a prompt to share needs it
 * kept where it has ended by then, so this is the least that is kept, too.
 */
#define LL_SHARE_LEAST 16

struct ll_head {
	struct ll_reader *in;
	struct ll_writer *out;
	const struct ll_head_config *config;
	const struct ll_head_stage *stage;
	struct ll_inbox *inbox;
	struct ll_offer *offer;
	struct ll_turns turns;
	struct ll_feeder feeder;
	bool go_on;		/* the feeder has answered what it can for now */
	bool input_ended;
	int worst;		/* the worst code that a sequence ended with */
	uint64_t sequences;
	struct ll_item *items;	/* of the step being planned, and whose they are */
	struct ll_turn **item_turns;
	size_t item_count, item_cap;
};

/* Does what a piece of mail says. */
int ll_head_mail(struct ll_head *head, const struct ll_mail *mail, struct ll_err *err);

/* Writes FORK and tells the stage; `token` (or NULL) is the child's first of its own. */
int ll_head_fork(struct ll_head *head, uint64_t child, uint32_t epoch, uint64_t parent, size_t keep,
    const uint32_t *token, struct ll_err *err);

/* The turn is over: the sequence becomes idle, or ends. The turn may be gone afterwards. */
int ll_head_end_turn(struct ll_head *head, struct ll_turn *turn, const char *reason,
    struct ll_err *err);

/* The sequence needs `need` positions and has not got them: it ends with an error of its own. */
int ll_head_overflow(struct ll_head *head, struct ll_turn *turn, size_t need, struct ll_err *err);

/* Ends what is idle or held. */
int ll_head_end_all(struct ll_head *head, struct ll_err *err);

#endif
