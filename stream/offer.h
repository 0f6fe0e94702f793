/*
 * The return path, the head's side: a socket that the stream's header offers, and a thread
 * that always drains it, so that a feeder never blocks. See ll-stream(5).
 */

#ifndef LL_STREAM_OFFER_H
#define LL_STREAM_OFFER_H

#include "stream/header.h"
#include "stream/inbox.h"

struct ll_err;
struct ll_offer;

/*
 * Listens, and adds the key "return" to the header. What peers say arrives in the inbox,
 * which must outlive the offer. -LL_EIO when no socket can be had, -LL_ECREATE, -LL_ENOMEM.
 */
int ll_offer_new(struct ll_offer **out, struct ll_inbox *inbox, struct ll_header *header,
    struct ll_err *err);
void ll_offer_free(struct ll_offer *offer);

/*
 * The address of a socket as the header writes it ("@ll-HEX" is an abstract name) for both
 * sides; the length for bind(2) and connect(2), or 0 if it does not fit.
 */
struct sockaddr_un;
unsigned ll_offer_address(struct sockaddr_un *address, const char *name);

/* True if the process at the other end of a socket has our user id. */
bool ll_offer_same_user(int fd);

#endif
