/*
 * The return path, the peers' side; see path.h. Frames go out on a Unix-domain socket; the
 * only thing that ever comes back is the answer to HELLO.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "stream/offer.h"
#include "stream/path.h"

/* A recording may hold a WAIT or two of the time before its feeder came. */
#define WAITS_ALIVE 3

struct ll_path {
	int fd;			/* -1: the head is gone */
	struct ll_buf out;
};

struct place {
	char host[256];
	char nonce[64];
	char socket[128];
};

static bool
get_place(const struct ll_header *header, struct place *place)
{
	char line[500];

	return ll_header_get(header, "return", line, sizeof(line)) &&
	    sscanf(line, "%255s %63s %127s", place->host, place->nonce, place->socket) == 3;
}

static int
connect_to(const struct place *place)
{
	struct sockaddr_un address;
	unsigned length = ll_offer_address(&address, place->socket);
	int fd;

	if (length == 0 || (fd = socket(AF_UNIX, SOCK_STREAM, 0)) < 0)
		return -1;
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	if (connect(fd, (struct sockaddr *)&address, length) != 0 || !ll_offer_same_user(fd)) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Sends all of it; false when the head is gone. */
static bool
send_all(int fd, const void *bytes, size_t length)
{
	const char *p = bytes;

	while (length > 0) {
		ssize_t count = send(fd, p, length, MSG_NOSIGNAL);

		if (count < 0 && errno == EINTR)
			continue;
		if (count <= 0)
			return false;
		p += count;
		length -= (size_t)count;
	}
	return true;
}

static int
append(struct ll_buf *out, const struct ll_frame *frame, struct ll_err *err)
{
	static const unsigned char zeros[LL_FRAME_BYTES];
	unsigned char header[LL_FRAME_BYTES];
	int status;

	ll_frame_put(header, frame);
	if ((status = ll_buf_add(out, header, sizeof(header), err)) < 0 ||
	    (status = ll_buf_add(out, frame->payload, frame->length, err)) < 0)
		return status;
	return ll_buf_add(out, zeros, ll_frame_padded(frame->length) - frame->length, err);
}

/* False when the head is gone. Without memory a decline would be lost, and the head wait for ever. */
static bool
say_hello(int fd, const struct place *place, const char *role)
{
	unsigned char bytes[3 * LL_FRAME_BYTES] = { 0 };
	char *text = (char *)bytes + LL_FRAME_BYTES;
	struct ll_frame frame = { .type = LL_HELLO, .sequence = LL_SEQUENCE_STREAM, .payload = text };

	frame.length = (size_t)snprintf(text, sizeof(bytes) - LL_FRAME_BYTES, "nonce %s\nrole %s\n",
	    place->nonce, role);
	ll_frame_put(bytes, &frame);
	return send_all(fd, bytes, LL_FRAME_BYTES + ll_frame_padded(frame.length));
}

static bool
receive_all(int fd, void *bytes, size_t length)
{
	char *p = bytes;

	while (length > 0) {
		ssize_t count = recv(fd, p, length, 0);

		if (count < 0 && errno == EINTR)
			continue;
		if (count <= 0)
			return false;
		p += count;
		length -= (size_t)count;
	}
	return true;
}

/* 1 accepted, 0 nobody there after all, negative refused. */
static int
hear_answer(int fd, const struct place *place, struct ll_err *err)
{
	unsigned char header[LL_FRAME_BYTES], payload[512];
	char message[200] = "refused";
	struct ll_frame frame;
	uint32_t crc;

	if (!receive_all(fd, header, sizeof(header)) ||
	    ll_frame_get(&frame, &crc, header, "return path", 0, NULL) < 0 ||
	    ll_frame_padded(frame.length) > sizeof(payload) ||
	    !receive_all(fd, payload, ll_frame_padded(frame.length)))
		return 0;
	if (frame.type == LL_HELLO)
		return 1;
	ll_text_get((const char *)payload, frame.length, "message", message, sizeof(message));
	return ll_fail(err, LL_EDATA, "return path to %s: %s", place->host, message);
}

int
ll_path_feed(struct ll_path **out, const struct ll_header *header, struct ll_err *err)
{
	struct place place;
	struct ll_path *path;
	int fd, got;

	*out = NULL;
	if (!get_place(header, &place) || (fd = connect_to(&place)) < 0)
		return 0;
	got = say_hello(fd, &place, "feed") ? hear_answer(fd, &place, err) : 0;
	if (got <= 0) {
		close(fd);
		return got;
	}
	if ((path = ll_alloc(1, sizeof(*path), err)) == NULL) {
		close(fd);
		return -LL_ENOMEM;
	}
	path->fd = fd;
	*out = path;
	return 0;
}

int
ll_path_send(struct ll_path *path, const struct ll_frame *frame, struct ll_err *err)
{
	return append(&path->out, frame, err);
}

int
ll_path_next(struct ll_path *path, uint64_t sequence, uint32_t epoch, uint64_t position, uint32_t token,
    struct ll_err *err)
{
	const struct ll_frame frame = {
		.type = LL_NEXT, .sequence = sequence, .position = position, .epoch = epoch, .rows = 1, .want = 1,
		.payload = &token, .length = sizeof(token),
	};

	return ll_path_send(path, &frame, err);
}

/* Unless making the payload failed; frees it. */
static int
send_payload(struct ll_path *path, struct ll_frame *frame, struct ll_buf *payload, int status, struct ll_err *err)
{
	frame->payload = payload->data;
	frame->length = payload->len;
	if (status == 0)
		status = ll_path_send(path, frame, err);
	ll_buf_free(payload);
	return status;
}

int
ll_path_stop(struct ll_path *path, uint64_t sequence, uint32_t epoch, uint64_t position,
    const struct ll_ending *ending, struct ll_err *err)
{
	struct ll_frame frame = { .type = LL_STOP, .sequence = sequence, .position = position, .epoch = epoch };
	struct ll_buf text = { 0 };
	int status = ll_ending_put(&text, ending, err);

	return send_payload(path, &frame, &text, status, err);
}

int
ll_path_fork(struct ll_path *path, uint64_t sequence, uint32_t epoch, uint64_t position, const uint32_t *tokens,
    size_t count, struct ll_err *err)
{
	struct ll_frame frame = {
		.type = LL_FORK, .sequence = sequence, .position = position, .epoch = epoch, .rows = (uint32_t)count,
	};
	struct ll_buf payload = { 0 };
	int status = ll_buf_add(&payload, &sequence, sizeof(sequence), err);

	if (status == 0)
		status = ll_buf_add(&payload, tokens, count * sizeof(*tokens), err);
	return send_payload(path, &frame, &payload, status, err);
}

int
ll_path_flush(struct ll_path *path, bool go_on, struct ll_err *err)
{
	static const struct ll_frame flush = { .type = LL_FLUSH, .sequence = LL_SEQUENCE_STREAM };
	int status = go_on ? append(&path->out, &flush, err) : 0;

	if (status < 0)
		return status;
	/* If the head is gone its stream ends without END, and that is told from there. */
	if (path->fd >= 0 && path->out.len > 0 && !send_all(path->fd, path->out.data, path->out.len)) {
		close(path->fd);
		path->fd = -1;
	}
	path->out.len = 0;
	return 0;
}

void
ll_path_close(struct ll_path *path)
{
	struct ll_frame bye = { .type = LL_BYE, .sequence = LL_SEQUENCE_STREAM };

	if (path == NULL)
		return;
	if (append(&path->out, &bye, NULL) == 0)
		ll_path_flush(path, false, NULL);
	ll_path_drop(path);
}

void
ll_path_drop(struct ll_path *path)
{
	if (path == NULL)
		return;
	if (path->fd >= 0)
		close(path->fd);
	ll_buf_free(&path->out);
	free(path);
}

void
ll_path_decline(const struct ll_header *header)
{
	struct place place;
	int fd;

	if (!get_place(header, &place) || (fd = connect_to(&place)) < 0)
		return;
	say_hello(fd, &place, "decline");
	close(fd);
}

int
ll_path_missing(struct ll_path_watch *watch, const struct ll_frame *frame,
    const struct ll_header *header, struct ll_err *err)
{
	struct place place = { .host = "?" };

	if (frame->type != LL_WAIT) {
		watch->waits = 0;
		return 0;
	}
	if (++watch->waits < WAITS_ALIVE)
		return 0;
	if (!get_place(header, &place))
		return ll_fail(err, LL_EINPUT,
		    "the head of this pipe waits for a feeder but its stream offers no return path");
	return ll_fail(err, LL_EINPUT,
	    "the head of this pipe is on host %s, whose return path cannot be reached from here", place.host);
}
