/*
 * Streams written and read back, whole and damaged: stream/reader.c, stream/writer.c.
 */

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "stream/stream.h"

static int
memory(void)
{
	int fd = memfd_create("stream", MFD_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

static void
put_tokens(struct ll_writer *out, uint64_t sequence, uint32_t rows)
{
	uint32_t *ids = calloc(rows + 1, sizeof(*ids));
	struct ll_frame frame = {
		.type = LL_TOKENS, .sequence = sequence, .rows = rows, .length = rows * sizeof(*ids), .payload = ids,
	};

	assert_non_null(ids);
	for (uint32_t i = 0; i < rows; i++)
		ids[i] = i * 7 + (uint32_t)sequence;
	assert_int_equal(ll_writer_frame(out, &frame, NULL), 0);
	free(ids);
}

static void
begin(struct ll_writer **out, int fd)
{
	struct ll_header header = { .kind = LL_KIND_TOKENS };

	assert_int_equal(ll_writer_new(out, fd, "out", NULL), 0);
	assert_int_equal(ll_header_set(&header, "hidden", "12", NULL), 0);
	assert_int_equal(ll_writer_stream(*out, &header, NULL), 0);
	ll_header_free(&header);
}

static void
end(struct ll_writer *out, int code)
{
	assert_int_equal(ll_writer_end(out, code, 1, NULL), 0);
	assert_int_equal(ll_writer_close(out, 0, NULL), 0);
}

static const uint32_t sizes[] = { 0, 1, 16, 17, 1000, 5000, 30000, 1, 200000, 128256, 128256, 3 };
#define SIZES (sizeof(sizes) / sizeof(sizes[0]))

static void
write_sizes(int fd)
{
	struct ll_writer *out;

	begin(&out, fd);
	for (size_t i = 0; i < SIZES; i++)
		put_tokens(out, i, sizes[i]);
	end(out, 0);
}

static void
read_sizes(int fd)
{
	struct ll_reader *in;
	struct ll_frame frame;
	uint64_t number;

	assert_int_equal(ll_reader_new(&in, fd, "in", -1, NULL), 0);
	assert_false(ll_reader_ready(in));
	assert_int_equal(ll_reader_next(in, &frame, NULL), LL_GOT_STREAM);
	assert_int_equal(ll_reader_header(in)->kind, LL_KIND_TOKENS);
	assert_true(ll_header_get_number(ll_reader_header(in), "hidden", &number));
	for (size_t i = 0; i < SIZES; i++) {
		const uint32_t *ids;

		assert_int_equal(ll_reader_next(in, &frame, NULL), LL_GOT_FRAME);
		ids = frame.payload;
		assert_int_equal(frame.rows, sizes[i]);
		assert_int_equal((uintptr_t)ids % 64, 0);
		for (uint32_t row = 0; row < sizes[i]; row++)
			if (ids[row] != row * 7 + i)
				fail_msg("frame %zu, row %u: %u", i, row, ids[row]);
	}
	assert_int_equal(ll_reader_next(in, &frame, NULL), LL_GOT_FRAME);
	assert_int_equal(frame.type, LL_END);
	assert_int_equal(ll_reader_next(in, &frame, NULL), LL_GOT_END);
	assert_int_equal(ll_reader_next(in, &frame, NULL), LL_GOT_END);
	assert_int_equal(ll_reader_status(in, 0, NULL), 0);
	ll_reader_close(in);
}

static void
a_file_survives(void **state)
{
	int fd = memory();

	(void)state;
	write_sizes(fd);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	read_sizes(fd);
	close(fd);
}

static void *
write_into_pipe(void *arg)
{
	int *fd = arg;

	write_sizes(*fd);
	close(*fd);
	return NULL;
}

static void
a_pipe_survives(void **state)
{
	pthread_t thread;
	int ends[2];

	(void)state;
	for (int nonblocking = 0; nonblocking <= 1; nonblocking++) {
		assert_int_equal(pipe(ends), 0);
		if (nonblocking) {
			assert_int_equal(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
			assert_int_equal(fcntl(ends[1], F_SETFL, O_NONBLOCK), 0);
		}
		assert_int_equal(pthread_create(&thread, NULL, write_into_pipe, &ends[1]), 0);
		read_sizes(ends[0]);
		pthread_join(thread, NULL);
		close(ends[0]);
	}
}

struct slow {
	int from, to;
	size_t chunk;
};

static void *
copy_slowly(void *arg)
{
	const struct slow *slow = arg;
	char bytes[8192];
	ssize_t count;

	while ((count = read(slow->from, bytes, slow->chunk)) > 0)
		assert_int_equal(write(slow->to, bytes, (size_t)count), count);
	close(slow->to);
	return NULL;
}

static void
chunks_do_not_matter(void **state)
{
	static const size_t chunks[] = { 63, 64, 65, 4097, 8192 };
	int fd = memory();

	(void)state;
	write_sizes(fd);
	for (size_t i = 0; i < sizeof(chunks) / sizeof(chunks[0]); i++) {
		pthread_t thread;
		int ends[2];
		struct slow slow = { .from = fd, .chunk = chunks[i] };

		assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
		assert_int_equal(pipe(ends), 0);
		slow.to = ends[1];
		assert_int_equal(pthread_create(&thread, NULL, copy_slowly, &slow), 0);
		read_sizes(ends[0]);
		pthread_join(thread, NULL);
		close(ends[0]);
	}
	close(fd);
}

/* Reads to the end or a failure, which is returned; counts frames. */
static int
drain(int fd, size_t *frames, size_t *streams, struct ll_err *err)
{
	struct ll_reader *in;
	struct ll_frame frame;
	int got;

	*frames = *streams = 0;
	*err = (struct ll_err){ 0 };
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(ll_reader_new(&in, fd, "in", -1, NULL), 0);
	while ((got = ll_reader_next(in, &frame, err)) > 0) {
		*frames += got == LL_GOT_FRAME;
		*streams += got == LL_GOT_STREAM;
	}
	if (got < 0)
		assert_int_equal(ll_reader_next(in, &frame, NULL), got);
	got = ll_reader_status(in, got, err);
	ll_reader_close(in);
	return got;
}

static size_t
write_small(int fd)
{
	struct ll_writer *out;

	begin(&out, fd);
	put_tokens(out, 0, 20);
	end(out, 0);
	return (size_t)lseek(fd, 0, SEEK_END);
}

static void
every_truncation_is_found(void **state)
{
	int fd = memory();
	size_t frames, streams, size = write_small(fd);
	struct ll_err err;

	(void)state;
	assert_int_equal(drain(fd, &frames, &streams, &err), 0);
	assert_int_equal(frames, 2);
	while (size-- > 0) {
		assert_int_equal(ftruncate(fd, (off_t)size), 0);
		assert_int_equal(drain(fd, &frames, &streams, &err), -LL_EDATA);
		assert_non_null(strstr(err.text, size == 0 ? "in: no stream: input is empty" :
		    "in: stream is truncated: it ends at byte "));
	}
	close(fd);
}

/* Padding and the bytes called zero in the stream's header may be anything. */
static void
every_flipped_byte_is_found(void **state)
{
	int fd = memory();
	size_t frames, streams, size = write_small(fd), unnoticed = 0;
	struct ll_err err;
	unsigned char byte;

	(void)state;
	for (off_t at = 0; at < (off_t)size; at++) {
		assert_int_equal(pread(fd, &byte, 1, at), 1);
		byte ^= 0x40;
		assert_int_equal(pwrite(fd, &byte, 1, at), 1);
		unnoticed += drain(fd, &frames, &streams, &err) == 0;
		byte ^= 0x40;
		assert_int_equal(pwrite(fd, &byte, 1, at), 1);
	}
	/* 64 - 10 bytes of header text, 128 - 80 of ids, 64 - 19 of "code 0\nsequences 1\n" */
	assert_int_equal(unnoticed, 64 - strlen("hidden 12\n") + 48 + 64 - strlen("code 0\nsequences 1\n"));
	close(fd);
}

static void
streams_may_be_joined(void **state)
{
	int fd = memory();
	size_t frames, streams;
	struct ll_err err;

	(void)state;
	for (int i = 0; i < 3; i++)
		write_small(fd);
	assert_int_equal(drain(fd, &frames, &streams, &err), 0);
	assert_int_equal(streams, 3);
	assert_int_equal(frames, 6);
	close(fd);
}

static void
mixed_writers_are_found(void **state)
{
	struct ll_writer *a, *b;
	int fd = memory();
	size_t frames, streams;
	struct ll_err err;

	(void)state;
	begin(&a, fd);
	assert_int_equal(ll_writer_flush(a, NULL), 0);
	begin(&b, fd);
	end(b, 0);
	assert_int_equal(drain(fd, &frames, &streams, &err), -LL_EDATA);
	assert_non_null(strstr(err.text, "do two programs write"));
	assert_int_equal(ll_writer_close(a, -LL_EIO, NULL), -LL_EIO);
	close(fd);
}

static void
errors_travel(void **state)
{
	struct ll_err err = { 0 }, found;
	struct ll_writer *out;
	size_t frames, streams;
	int fd = memory();

	(void)state;
	begin(&out, fd);
	ll_fail(&err, LL_EUNSUPPORTED, "m.gguf: no 100%% support");
	assert_int_equal(ll_writer_close(out, -LL_EUNSUPPORTED, &err), -LL_EUNSUPPORTED);
	assert_int_equal(drain(fd, &frames, &streams, &found), -LL_EUNSUPPORTED);
	assert_int_equal(found.reported, 1);
	assert_non_null(strstr(found.text, ": m.gguf: no 100% support"));
	close(fd);

	/* The next stage passes on who it was; without a stream it begins one. */
	fd = memory();
	assert_int_equal(ll_writer_new(&out, fd, "out", NULL), 0);
	ll_writer_close(out, -LL_EUNSUPPORTED, &found);
	err = found;
	assert_int_equal(drain(fd, &frames, &streams, &found), -LL_EUNSUPPORTED);
	assert_int_equal(streams, 0);
	assert_string_equal(found.text, err.text);
	close(fd);
}

static void
an_error_behind_the_end_travels_too(void **state)
{
	struct ll_err err = { 0 };
	struct ll_writer *out;
	size_t frames, streams;
	int fd = memory();

	(void)state;
	begin(&out, fd);
	assert_int_equal(ll_writer_end(out, 0, 0, NULL), 0);
	ll_writer_close(out, -LL_EIO, &err);
	assert_int_equal(drain(fd, &frames, &streams, &err), -LL_EIO);
	assert_int_equal(streams, 1);
	close(fd);
}

static void
a_stream_of_no_kind_has_only_its_error(void **state)
{
	struct ll_writer *out;
	size_t frames, streams;
	struct ll_err err;
	int fd = memory();

	(void)state;
	assert_int_equal(ll_writer_new(&out, fd, "out", NULL), 0);
	assert_int_equal(ll_writer_stream(out, &(struct ll_header){ 0 }, NULL), 0);
	end(out, 0);
	assert_int_equal(drain(fd, &frames, &streams, &err), -LL_EDATA);
	assert_non_null(strstr(err.text, "more than ERROR"));
	close(fd);
}

static void
unknown_codes_are_bad_data(void **state)
{
	struct ll_writer *out;
	size_t frames, streams;
	struct ll_err err;
	int fd = memory();

	(void)state;
	begin(&out, fd);
	assert_int_equal(ll_writer_end(out, LL_ENOMEM, 0, NULL), 0);
	assert_int_equal(ll_writer_flush(out, NULL), 0);
	assert_int_equal(drain(fd, &frames, &streams, &err), -LL_ENOMEM);
	assert_int_equal(err.reported, 1);
	assert_int_equal(lseek(fd, 0, SEEK_END) % 64, 0);
	ll_writer_close(out, -200, &(struct ll_err){ 0 });
	assert_int_equal(drain(fd, &frames, &streams, &err), -LL_EDATA);
	close(fd);
}

static void
a_promised_length_allocates_nothing(void **state)
{
	struct ll_frame frame = {
		.type = 4000, .flags = LL_NO_CRC, .sequence = LL_SEQUENCE_STREAM, .length = LL_FRAME_MAX,
	};
	unsigned char header[LL_FRAME_BYTES];
	struct ll_writer *out;
	size_t frames, streams;
	struct ll_err err;
	int fd = memory();

	(void)state;
	begin(&out, fd);
	assert_int_equal(ll_writer_flush(out, NULL), 0);
	ll_frame_put(header, &frame);
	assert_int_equal(write(fd, header, sizeof(header)), sizeof(header));
	assert_int_equal(drain(fd, &frames, &streams, &err), -LL_EDATA);
	assert_non_null(strstr(err.text, "truncated"));
	assert_non_null(strstr(err.text, "payload of frame 1"));
	ll_writer_close(out, -LL_EIO, NULL);
	close(fd);
}

static void
samples_are_checked(void **state)
{
	struct ll_sample sample = { .token = 1, .alternatives = 1 };
	struct ll_frame frame = {
		.type = LL_SAMPLE, .rows = 1, .length = sizeof(sample), .payload = &sample,
	};
	struct ll_writer *out;
	size_t frames, streams;
	struct ll_err err;
	int fd = memory();

	(void)state;
	begin(&out, fd);
	assert_int_equal(ll_writer_frame(out, &frame, NULL), 0);
	end(out, 0);
	assert_int_equal(drain(fd, &frames, &streams, &err), -LL_EDATA);
	assert_non_null(strstr(err.text, "1 alternatives"));
	close(fd);
}

/* The flags of the first frame, as a reader finds them. */
static unsigned
flags_of(int fd)
{
	struct ll_reader *in;
	struct ll_frame frame = { 0 };

	assert_int_equal(ll_reader_new(&in, fd, "in", -1, NULL), 0);
	assert_int_equal(ll_reader_next(in, &frame, NULL), LL_GOT_STREAM);
	assert_int_equal(ll_reader_next(in, &frame, NULL), LL_GOT_FRAME);
	ll_reader_close(in);
	return frame.flags;
}

static void
large_payloads_go_unverified_through_pipes_only(void **state)
{
	static const uint32_t rows[] = { 1024, 1025 };
	struct ll_writer *out;

	(void)state;
	for (int i = 0; i < 2; i++) {
		int ends[2], fd = memory();

		assert_int_equal(pipe(ends), 0);
		begin(&out, ends[1]);
		put_tokens(out, 0, rows[i]);
		end(out, 0);
		assert_int_equal(flags_of(ends[0]), i == 0 ? 0 : LL_NO_CRC);
		begin(&out, fd);
		put_tokens(out, 0, rows[i]);
		end(out, 0);
		assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
		assert_int_equal(flags_of(fd), 0);
		close(ends[0]);
		close(ends[1]);
		close(fd);
	}
}

static void
ready_means_without_reading(void **state)
{
	struct ll_writer *out;
	struct ll_reader *in;
	struct ll_frame frame;
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	begin(&out, ends[1]);
	put_tokens(out, 0, 3);
	put_tokens(out, 1, 3);
	assert_int_equal(ll_writer_flush(out, NULL), 0);
	assert_int_equal(ll_reader_new(&in, ends[0], "in", -1, NULL), 0);
	assert_int_equal(ll_reader_next(in, &frame, NULL), LL_GOT_STREAM);
	assert_true(ll_reader_ready(in));
	assert_int_equal(ll_reader_next(in, &frame, NULL), LL_GOT_FRAME);
	assert_true(ll_reader_ready(in));
	assert_int_equal(ll_reader_next(in, &frame, NULL), LL_GOT_FRAME);
	assert_int_equal(frame.sequence, 1);
	assert_false(ll_reader_ready(in));
	ll_reader_close(in);
	ll_writer_close(out, 0, NULL);
	close(ends[0]);
	close(ends[1]);
}

static void
a_broken_pipe_is_a_quiet_death(void **state)
{
	int ends[2], status;
	pid_t child;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	close(ends[0]);
	if ((child = fork()) == 0) {
		write_sizes(ends[1]);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE);
	close(ends[1]);
}

static void
files_appear_when_complete(void **state)
{
	char folder[] = "/tmp/t_reader.XXXXXX", path[80];
	struct ll_writer *out;
	struct ll_err err = { 0 };

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/x.lls", folder);
	for (int good = 0; good <= 1; good++) {
		assert_int_equal(ll_writer_open(&out, path, NULL), 0);
		assert_true(ll_writer_is_file(out));
		assert_int_equal(ll_writer_stream(out, &(struct ll_header){ 0 }, NULL), 0);
		assert_int_equal(ll_writer_end(out, 0, 0, NULL), 0);
		assert_int_not_equal(access(path, F_OK), 0);
		ll_writer_close(out, good ? 0 : -LL_EDATA, NULL);
		assert_int_equal(access(path, F_OK) == 0, good);
	}
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(folder), 0);
	assert_int_equal(ll_writer_open(&out, path, &err), -LL_ECREATE);
	assert_null(out);
	assert_int_equal(ll_writer_close(out, 0, &err), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_survives),
		cmocka_unit_test(a_pipe_survives),
		cmocka_unit_test(chunks_do_not_matter),
		cmocka_unit_test(every_truncation_is_found),
		cmocka_unit_test(every_flipped_byte_is_found),
		cmocka_unit_test(streams_may_be_joined),
		cmocka_unit_test(mixed_writers_are_found),
		cmocka_unit_test(errors_travel),
		cmocka_unit_test(an_error_behind_the_end_travels_too),
		cmocka_unit_test(a_stream_of_no_kind_has_only_its_error),
		cmocka_unit_test(unknown_codes_are_bad_data),
		cmocka_unit_test(a_promised_length_allocates_nothing),
		cmocka_unit_test(samples_are_checked),
		cmocka_unit_test(large_payloads_go_unverified_through_pipes_only),
		cmocka_unit_test(ready_means_without_reading),
		cmocka_unit_test(a_broken_pipe_is_a_quiet_death),
		cmocka_unit_test(files_appear_when_complete),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
