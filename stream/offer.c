/*
 * The return path, the head's side; see offer.h. One thread polls the listening socket and
 * every peer, checks who they are, and turns their frames into mail.
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/thread.h"
#include "stream/offer.h"

#define PEERS 16
#define MESSAGE_MAX (1u << 20)

struct peer {
	int fd;			/* -1: the place is free */
	bool feeder;		/* accepted: the one whose messages count */
	bool left;		/* said BYE */
	struct ll_buf in;
};

struct ll_offer {
	struct ll_inbox *inbox;
	int listener;
	int stop[2];		/* closing the write end ends the thread */
	char nonce[33];
	char directory[64];	/* of a named socket; empty: abstract */
	char name[100];
	bool taken;		/* there is a feeder, or there was one */
	struct peer peers[PEERS];
	pthread_t thread;
};

unsigned
ll_offer_address(struct sockaddr_un *address, const char *name)
{
	size_t length = strlen(name);

	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (length == 0 || length >= sizeof(address->sun_path))
		return 0;
	memcpy(address->sun_path, name, length);
	if (name[0] != '@')
		return (unsigned)(offsetof(struct sockaddr_un, sun_path) + length + 1);
	address->sun_path[0] = '\0';
	return (unsigned)(offsetof(struct sockaddr_un, sun_path) + length);
}

bool
ll_offer_same_user(int fd)
{
#ifdef SO_PEERCRED
	struct ucred peer;
	socklen_t size = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == getuid();
#else
	/* The socket lies in a directory that only we may enter. */
	(void)fd;
	return true;
#endif
}

static void
drop(struct peer *peer)
{
	close(peer->fd);
	ll_buf_free(&peer->in);
	*peer = (struct peer){ .fd = -1 };
}

/*
 * A small answer into an empty socket buffer: it never blocks. Without memory it would be lost,
 * and the feeder wait for ever.
 */
static void
answer(int fd, uint16_t type, const char *line)
{
	unsigned char bytes[3 * LL_FRAME_BYTES] = { 0 };
	char *text = (char *)bytes + LL_FRAME_BYTES;
	struct ll_frame frame = { .type = type, .sequence = LL_SEQUENCE_STREAM, .payload = text };

	frame.length = (size_t)snprintf(text, sizeof(bytes) - LL_FRAME_BYTES, "%s\n", line);
	ll_frame_put(bytes, &frame);
	(void)!send(fd, bytes, LL_FRAME_BYTES + ll_frame_padded(frame.length), MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void
hello(struct ll_offer *offer, struct peer *peer, const struct ll_frame *frame)
{
	char nonce[64] = "", role[16] = "";

	ll_text_get(frame->payload, frame->length, "nonce", nonce, sizeof(nonce));
	ll_text_get(frame->payload, frame->length, "role", role, sizeof(role));
	if (strcmp(nonce, offer->nonce) != 0) {
		drop(peer);
	} else if (strcmp(role, "decline") == 0) {
		ll_inbox_put(offer->inbox, LL_MAIL_DECLINED, NULL);
		drop(peer);
	} else if (strcmp(role, "feed") != 0 || offer->taken) {
		answer(peer->fd, LL_ERROR, "message the head of this pipe has a feeder already");
		drop(peer);
	} else {
		offer->taken = true;
		peer->feeder = true;
		answer(peer->fd, LL_HELLO, "role head");
		ll_inbox_put(offer->inbox, LL_MAIL_JOINED, NULL);
	}
}

/* Takes one whole frame off the front of what a peer sent. 1, 0 if there is none, -LL_EDATA if it is bad. */
static int
next_frame(struct peer *peer, struct ll_frame *frame, size_t *size, struct ll_err *err)
{
	const unsigned char *bytes = (const unsigned char *)peer->in.data;
	uint32_t crc, found;
	int status;

	if (peer->in.len < LL_FRAME_BYTES)
		return 0;
	if ((status = ll_frame_get(frame, &crc, bytes, "return path", 0, err)) < 0)
		return status;
	if (frame->length > MESSAGE_MAX)
		return ll_fail(err, LL_EDATA, "return path: message of %zu bytes, but %u are the most",
		    frame->length, MESSAGE_MAX);
	*size = LL_FRAME_BYTES + ll_frame_padded(frame->length);
	if (peer->in.len < *size)
		return 0;
	frame->payload = bytes + LL_FRAME_BYTES;
	found = frame->length > 0 ? ll_crc32(0, frame->payload, frame->length) : 0;
	if (!(frame->flags & LL_NO_CRC) && found != crc)
		return ll_fail(err, LL_EDATA, "return path: payload is damaged: crc %08x, but it says %08x",
		    (unsigned)found, (unsigned)crc);
	return 1;
}

static void
one_frame(struct ll_offer *offer, struct peer *peer, const struct ll_frame *frame)
{
	if (!peer->feeder) {
		if (frame->type == LL_HELLO)
			hello(offer, peer, frame);
		else
			drop(peer);
	} else if (frame->type == LL_BYE) {
		peer->left = true;
		ll_inbox_put(offer->inbox, LL_MAIL_LEFT, NULL);
	} else {
		ll_inbox_put(offer->inbox, LL_MAIL_MESSAGE, frame);
	}
}

static void
gone(struct ll_offer *offer, struct peer *peer)
{
	if (peer->feeder && !peer->left)
		ll_inbox_put(offer->inbox, LL_MAIL_DIED, NULL);
	drop(peer);
}

static void
listen_to(struct ll_offer *offer, struct peer *peer)
{
	struct ll_err err = { 0 };
	struct ll_frame frame;
	size_t size = 0;
	ssize_t count;
	int got = 0;

	if (ll_buf_room(&peer->in, 65536, &err) < 0) {
		ll_inbox_fail(offer->inbox, &err);
		drop(peer);
		return;
	}
	count = recv(peer->fd, peer->in.data + peer->in.len, 65536, MSG_DONTWAIT);
	if (count < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (count <= 0) {
		gone(offer, peer);
		return;
	}
	peer->in.len += (size_t)count;
	while ((got = next_frame(peer, &frame, &size, &err)) > 0) {
		one_frame(offer, peer, &frame);
		if (peer->fd < 0)
			return;
		memmove(peer->in.data, peer->in.data + size, peer->in.len - size);
		peer->in.len -= size;
	}
	if (got < 0) {
		/* What a stranger sends is nobody's failure. */
		if (peer->feeder && !peer->left)
			ll_inbox_fail(offer->inbox, &err);
		drop(peer);
	}
}

/* False when no peer can be let in any more: then a feeder would wait for ever. */
static bool
welcome(struct ll_offer *offer)
{
	int fd = accept(offer->listener, NULL, NULL);

	if (fd < 0) {
		struct ll_err err = { 0 };

		if (errno != EMFILE && errno != ENFILE && errno != ENOBUFS && errno != ENOMEM)
			return true;
		ll_fail_errno(&err, LL_EIO, "return path: cannot let a stage in");
		ll_inbox_fail(offer->inbox, &err);
		return false;
	}
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	for (size_t i = 0; i < PEERS && ll_offer_same_user(fd); i++) {
		if (offer->peers[i].fd < 0) {
			offer->peers[i].fd = fd;
			return true;
		}
	}
	close(fd);
	return true;
}

static void *
serve(void *arg)
{
	struct ll_offer *offer = arg;
	bool open = true;

	for (;;) {
		/* Places without a peer are left out: poll(2) counts them against the limit of files. */
		struct pollfd set[PEERS + 2];
		struct peer *peers[PEERS + 2];
		nfds_t count = 2;

		set[0] = (struct pollfd){ .fd = offer->stop[0], .events = POLLIN };
		set[1] = (struct pollfd){ .fd = open ? offer->listener : -1, .events = POLLIN };
		for (size_t i = 0; i < PEERS; i++) {
			if (offer->peers[i].fd < 0)
				continue;
			set[count] = (struct pollfd){ .fd = offer->peers[i].fd, .events = POLLIN };
			peers[count++] = &offer->peers[i];
		}
		if (poll(set, count, -1) < 0)
			continue;
		if (set[0].revents != 0)
			return NULL;
		for (nfds_t i = 2; i < count; i++)
			if (set[i].revents != 0)
				listen_to(offer, peers[i]);
		if (set[1].revents != 0)
			open = welcome(offer);
	}
}

/* Binds to an abstract name where there is such a thing, else in a fresh directory of ours. */
static int
bind_socket(struct ll_offer *offer, struct ll_err *err)
{
	struct sockaddr_un address;
	unsigned length;

#ifdef __linux__
	snprintf(offer->name, sizeof(offer->name), "@ll-%s", offer->nonce);
#else
	snprintf(offer->directory, sizeof(offer->directory), "/tmp/ll-XXXXXX");
	if (mkdtemp(offer->directory) == NULL)
		return ll_fail_errno(err, LL_ECREATE, "%s", offer->directory);
	snprintf(offer->name, sizeof(offer->name), "%s/head", offer->directory);
#endif
	length = ll_offer_address(&address, offer->name);
	offer->listener = socket(AF_UNIX, SOCK_STREAM, 0);
	if (offer->listener < 0 || bind(offer->listener, (struct sockaddr *)&address, length) != 0 ||
	    listen(offer->listener, PEERS) != 0)
		return ll_fail_errno(err, LL_EIO, "return path: cannot listen on a Unix-domain socket");
	fcntl(offer->listener, F_SETFD, FD_CLOEXEC);
	fcntl(offer->listener, F_SETFL, O_NONBLOCK);
	return 0;
}

static int
announce(const struct ll_offer *offer, struct ll_header *header, struct ll_err *err)
{
	char host[256] = "localhost", line[500];

	gethostname(host, sizeof(host) - 1);
	snprintf(line, sizeof(line), "%s %s %s", host, offer->nonce, offer->name);
	return ll_header_set(header, "return", line, err);
}

/* Without its thread, or after it. */
static void
destroy(struct ll_offer *offer)
{
	const int fds[] = { offer->listener, offer->stop[0], offer->stop[1] };

	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		if (fds[i] >= 0)
			close(fds[i]);
	if (offer->directory[0] != '\0') {
		unlink(offer->name);
		rmdir(offer->directory);
	}
	for (size_t i = 0; i < PEERS; i++)
		if (offer->peers[i].fd >= 0)
			drop(&offer->peers[i]);
	free(offer);
}

int
ll_offer_new(struct ll_offer **out, struct ll_inbox *inbox, struct ll_header *header,
    struct ll_err *err)
{
	struct ll_offer *offer = ll_alloc(1, sizeof(*offer), err);
	int status;

	if (offer == NULL)
		return -LL_ENOMEM;
	offer->inbox = inbox;
	offer->listener = offer->stop[0] = offer->stop[1] = -1;
	for (size_t i = 0; i < PEERS; i++)
		offer->peers[i].fd = -1;
	snprintf(offer->nonce, sizeof(offer->nonce), "%016llx%016llx",
	    (unsigned long long)ll_rng_entropy(), (unsigned long long)ll_rng_entropy());
	status = pipe(offer->stop) == 0 ? bind_socket(offer, err) :
	    ll_fail_errno(err, LL_EIO, "return path: cannot make a pipe");
	if (status < 0 || (status = announce(offer, header, err)) < 0 ||
	    (status = ll_thread_start(&offer->thread, serve, offer, err)) < 0) {
		destroy(offer);
		return status;
	}
	*out = offer;
	return 0;
}

void
ll_offer_free(struct ll_offer *offer)
{
	if (offer == NULL)
		return;
	close(offer->stop[1]);
	offer->stop[1] = -1;
	pthread_join(offer->thread, NULL);
	destroy(offer);
}
