/*
 * Fuzzing of the stream reader and of what shows and rewrites streams.
 *
 * The input is read as it is, and again with its crcs mended, without which little would be
 * seen behind them. What must hold: a stream that was read and written again is read again
 * with as many frames, and the canonical form of a canonical form is itself.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/hash.h"
#include "stream/canonical.h"
#include "stream/npy.h"
#include "stream/show.h"
#include "stream/stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(int holds)
{
	if (!holds)
		abort();
}

static int
file_of(const void *bytes, size_t size)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	require(fd >= 0 && write(fd, bytes, size) == (ssize_t)size && lseek(fd, 0, SEEK_SET) == 0);
	return fd;
}

static void
look_at(const struct ll_frame *frame, struct ll_npy *npy)
{
	struct ll_buf text = { 0 };
	struct ll_err err = { 0 };

	require((uintptr_t)frame->payload % LL_FRAME_BYTES == 0);
	require(ll_show_frame(&text, frame, frame->length < 256, &err) == 0);
	require(ll_show_json_frame(&text, frame, &err) == 0);
	require(text.len > 1 && text.data[text.len - 1] == '\n');
	ll_npy_add(npy, frame, "fuzz", &err);
	ll_buf_free(&text);
}

/* Reads a file, writes it again into `to` (or -1); the frames, or -1 if it is damaged. */
static long
read_through(int from, int to)
{
	struct ll_reader *in;
	struct ll_writer *out = NULL;
	struct ll_npy npy = { 0 };
	struct ll_err err = { 0 };
	struct ll_frame frame;
	long frames = 0;
	int got;

	require(ll_reader_new(&in, from, "fuzz", -1, &err) == 0);
	require(to < 0 || ll_writer_new(&out, to, "out", &err) == 0);
	while ((got = ll_reader_next(in, &frame, &err)) > 0) {
		struct ll_buf text = { 0 };

		if (got == LL_GOT_STREAM) {
			require(ll_show_header(&text, ll_reader_header(in), &err) == 0);
			require(ll_show_json_header(&text, ll_reader_header(in), &err) == 0);
			require(out == NULL || ll_writer_stream(out, ll_reader_header(in), &err) == 0);
		} else {
			frames++;
			look_at(&frame, &npy);
			require(out == NULL || ll_writer_frame(out, &frame, &err) == 0);
		}
		ll_buf_free(&text);
	}
	require((got < 0) == (err.code != 0));
	ll_writer_close(out, 0, NULL);
	ll_reader_close(in);
	ll_buf_free(&npy.values);
	return got < 0 ? -1 : frames;
}

/* Writes the canonical form of a file that is whole. */
static void
canonicalize(int from, int to)
{
	static const struct ll_selection all;
	struct ll_reader *in;
	struct ll_writer *out;
	struct ll_frame frame;

	require(lseek(from, 0, SEEK_SET) == 0);
	require(ll_reader_new(&in, from, "fuzz", -1, NULL) == 0);
	require(ll_writer_new(&out, to, "out", NULL) == 0);
	while (ll_reader_next(in, &frame, NULL) == LL_GOT_STREAM) {
		struct ll_canonical canonical = { 0 };

		require(ll_canonical_read(&canonical, in, &all, NULL) == 0);
		require(ll_writer_stream(out, &canonical.header, NULL) == 0);
		for (size_t i = 0; i < canonical.count; i++)
			require(ll_writer_frame(out, &canonical.items[i].frame, NULL) == 0);
		ll_canonical_free(&canonical);
	}
	require(ll_writer_close(out, 0, NULL) == 0);
	ll_reader_close(in);
}

static void
require_equal(int a, int b)
{
	off_t size = lseek(a, 0, SEEK_END);
	char *bytes = malloc((size_t)size + 1), *other = malloc((size_t)size + 1);

	require(bytes != NULL && other != NULL && lseek(b, 0, SEEK_END) == size);
	require(pread(a, bytes, (size_t)size, 0) == size && pread(b, other, (size_t)size, 0) == size);
	require(memcmp(bytes, other, (size_t)size) == 0);
	free(bytes);
	free(other);
}

static void
run(const uint8_t *data, size_t size)
{
	int in = file_of(data, size), copy = file_of("", 0), first = file_of("", 0), second = file_of("", 0);
	long frames = read_through(in, copy);

	if (frames >= 0) {
		require(lseek(copy, 0, SEEK_SET) == 0);
		require(read_through(copy, -1) == frames);
		canonicalize(in, first);
		canonicalize(first, second);
		require_equal(first, second);
	}
	close(in);
	close(copy);
	close(first);
	close(second);
}

/* Writes the crcs that belong to headers and payloads where their magics are. */
static void
mend(uint8_t *data, size_t size)
{
	for (size_t at = 0; at + LL_FRAME_BYTES <= size; at += LL_FRAME_BYTES) {
		uint8_t *header = data + at;
		bool is_frame = memcmp(header, "LLF1", 4) == 0;
		uint64_t length = is_frame ? ll_load64(header + 48) : ll_load32(header + 24);
		size_t crc = is_frame ? 56 : 28;

		if (!is_frame && memcmp(header, "\x89LLS", 4) != 0)
			continue;
		if (length <= size - at - LL_FRAME_BYTES)
			ll_store32(header + crc, ll_crc32(0, header + LL_FRAME_BYTES, (size_t)length));
		ll_store32(header + 60, ll_crc32(0, header, 60));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size + 1);

	require(copy != NULL);
	run(data, size);
	memcpy(copy, data, size);
	mend(copy, size);
	run(copy, size);
	free(copy);
	return 0;
}
