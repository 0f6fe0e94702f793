/*
 * Writing GGUF: what is written is read back, in order and bit for bit; nothing is left of a
 * file that fails.
 */

#include <dirent.h>
#include <sys/resource.h>
#include <signal.h>
#include <unistd.h>

#include "base/io.h"
#include "model/gguf_write.h"
#include "tests/unit/make_gguf.h"

static char folder[] = "/tmp/ll-gguf-XXXXXX", path[64];

static int
make_folder(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/out.gguf", folder);
	ll_out_renew(path);
	return 0;
}

static int
remove_folder(void **state)
{
	(void)state;
	return rmdir(folder);
}

static size_t
files_left(void)
{
	DIR *dir = opendir(folder);
	size_t count = 0;

	assert_non_null(dir);
	for (struct dirent *entry; (entry = readdir(dir)) != NULL;)
		count += entry->d_name[0] != '.';
	closedir(dir);
	return count;
}

static struct ll_gguf_writer *
begin(void)
{
	struct ll_gguf_writer *writer;

	assert_int_equal(ll_gguf_write_new(&writer, NULL), 0);
	return writer;
}

static void
finish(struct ll_gguf_writer *writer)
{
	struct ll_err err = { 0 };

	if (ll_gguf_write_end(writer, &err) != 0)
		fail_msg("%s", err.text);
	ll_gguf_write_free(writer);
}

/* A key of each type, copied; some set beside them. */
static void
metadata_is_copied_and_set(void **state)
{
	struct ll_gguf_writer *writer = begin();
	struct ll_gguf *from, *back;
	struct ll_gguf_text text;
	struct ll_buf b = { 0 };
	uint64_t number;
	double real;
	bool truth;
	void *copy;

	(void)state;
	put_header(&b, 3, 0, 9);
	put_key(&b, "a.u8", LL_GGUF_U8), put8(&b, 200);
	put_key(&b, "a.i16", LL_GGUF_I16), put(&b, "\xff\xff", 2);
	key_u32(&b, "a.u32", 4000000000u);
	key_f32(&b, "a.f32", 1.5f);
	key_bool(&b, "a.bool", 1);
	key_string(&b, "a.string", "text");
	put_key(&b, "a.f64", LL_GGUF_F64), put64(&b, 0x7ff8000000000001u);
	key_array(&b, "a.strings", LL_GGUF_STRING, 2), put_string(&b, "one"), put_string(&b, "");
	key_array(&b, "a.numbers", LL_GGUF_I32, 3), put32(&b, 1), put32(&b, 2), put32(&b, 3);
	from = accepted(&b, &copy);
	for (size_t i = 0; i < from->value_count; i++)
		assert_int_equal(ll_gguf_write_value(writer, &from->values[i], NULL), 0);
	assert_int_equal(ll_gguf_write_u32(writer, "a.u32", 7, NULL), 0);
	assert_int_equal(ll_gguf_write_f32(writer, "b.f32", 0.25f, NULL), 0);
	assert_int_equal(ll_gguf_write_bool(writer, "b.bool", true, NULL), 0);
	assert_int_equal(ll_gguf_write_string(writer, "b.string", "x\0y", 3, NULL), 0);
	assert_int_equal(ll_gguf_write_u32(writer, "b.gone", 1, NULL), 0);
	ll_gguf_write_drop(writer, "b.gone");
	ll_gguf_write_drop(writer, "b.never");
	assert_int_equal(ll_gguf_write_begin(writer, path, NULL), 0);
	finish(writer);

	assert_int_equal(ll_gguf_open(&back, path, NULL), 0);
	assert_int_equal(back->value_count, 12);
	for (size_t i = 0; i < from->value_count; i++) {
		const struct ll_gguf_value *a = &from->values[i], *c = &back->values[i];

		assert_int_equal(a->type, c->type);
		assert_int_equal(a->count, c->count);
		assert_int_equal(a->size, c->size);
		assert_memory_equal(a->key.bytes, c->key.bytes, a->key.length);
		if (i != 2)
			assert_memory_equal(a->data, c->data, a->size);
	}
	assert_int_equal(ll_gguf_uint(back, "a.u32", &number, NULL), 1);
	assert_int_equal(number, 7);
	assert_int_equal(ll_gguf_float(back, "b.f32", &real, NULL), 1);
	assert_true(real == 0.25);
	assert_int_equal(ll_gguf_bool(back, "b.bool", &truth, NULL), 1);
	assert_true(truth);
	assert_int_equal(ll_gguf_string(back, "b.string", &text, NULL), 1);
	assert_int_equal(text.length, 3);
	assert_memory_equal(text.bytes, "x\0y", 3);
	ll_gguf_close(back);
	ll_gguf_close(from);
	free(copy);
	unlink(path);
}

/* Tensors of awkward sizes, their data in pieces that end anywhere. */
static void
write_tensors(struct ll_gguf_writer *writer, size_t alignment, size_t piece)
{
	static unsigned char data[4 * (7 + 15) + 34 + 4];
	struct ll_gguf *back;
	uint64_t size;

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (unsigned char)(i * 7 + 1);
	if (alignment != 0)
		assert_int_equal(ll_gguf_write_u32(writer, "general.alignment", (uint32_t)alignment, NULL), 0);
	assert_int_equal(ll_gguf_write_tensor(writer, "one", LL_F32, 1, (uint64_t[]){ 7 }, 28, NULL), 0);
	assert_int_equal(ll_gguf_write_tensor(writer, "two", LL_F32, 2, (uint64_t[]){ 3, 5 }, 60, NULL), 0);
	assert_int_equal(ll_gguf_write_tensor(writer, "three", LL_Q8_0, 3, (uint64_t[]){ 32, 1, 1 }, 34, NULL), 0);
	assert_int_equal(ll_gguf_write_tensor(writer, "four", LL_F32, 1, (uint64_t[]){ 1 }, 4, NULL), 0);
	size = ll_gguf_write_size(writer);
	assert_int_equal(ll_gguf_write_begin(writer, path, NULL), 0);
	for (size_t at = 0; at < sizeof(data); at += piece)
		assert_int_equal(ll_gguf_write_data(writer, data + at,
		    piece < sizeof(data) - at ? piece : sizeof(data) - at, NULL), 0);
	finish(writer);
	assert_int_equal(ll_gguf_open(&back, path, NULL), 0);
	assert_int_equal(back->map.size, size);
	assert_int_equal(back->tensor_count, 4);
	assert_int_equal(back->alignment, alignment != 0 ? alignment : 32);
	assert_memory_equal(ll_gguf_tensor(back, "one")->data, data, 28);
	assert_memory_equal(ll_gguf_tensor(back, "two")->data, data + 28, 60);
	assert_memory_equal(ll_gguf_tensor(back, "three")->data, data + 88, 34);
	assert_memory_equal(ll_gguf_tensor(back, "four")->data, data + 122, 4);
	assert_int_equal(ll_gguf_tensor(back, "three")->dims, 3);
	ll_gguf_close(back);
	unlink(path);
}

static void
tensors_are_placed(void **state)
{
	(void)state;
	for (size_t piece = 1; piece <= 200; piece += 33) {
		write_tensors(begin(), 0, piece);
		write_tensors(begin(), 8, piece);
		write_tensors(begin(), 4096, piece);
	}
}

static void
refusals(void **state)
{
	struct ll_gguf_writer *writer = begin();
	struct ll_err err = { 0 };

	(void)state;
	/* The first failure is kept, and told once. */
	expect(ll_gguf_write_u32(writer, "general.alignment", 24, &err), &err, LL_EDATA, "24 is not a power of two");
	err = (struct ll_err){ 0 };
	assert_int_equal(ll_gguf_write_u32(writer, "general.alignment", 48, &err), -LL_EDATA);
	assert_int_equal(ll_gguf_write_string(writer, "a", "b", 1, &err), -LL_EDATA);
	assert_int_equal(ll_gguf_write_array(writer, "a", LL_GGUF_U8, 1, "b", 1, &err), -LL_EDATA);
	assert_int_equal(ll_gguf_write_value(writer, &(struct ll_gguf_value){ .key = { "a", 1 } }, &err), -LL_EDATA);
	assert_int_equal(ll_gguf_write_tensor(writer, "t", LL_F32, 5, (uint64_t[5]){ 1 }, 4, &err), -LL_EDATA);
	assert_int_equal(ll_gguf_write_begin(writer, path, &err), -LL_EDATA);
	assert_int_equal(err.code, 0);
	ll_gguf_write_free(writer);
	assert_int_equal(files_left(), 0);

	writer = begin();
	expect(ll_gguf_write_tensor(writer, "t", LL_F32, 5, (uint64_t[5]){ 1 }, 4, &err), &err, LL_EDATA,
	    "number of dimensions 5");
	assert_int_equal(ll_gguf_write_begin(writer, path, NULL), -LL_EDATA);
	ll_gguf_write_free(writer);

	writer = begin();
	err = (struct ll_err){ 0 };
	assert_int_equal(ll_gguf_write_tensor(writer, "t", LL_F32, 1, (uint64_t[]){ 2 }, 8, NULL), 0);
	assert_int_equal(ll_gguf_write_begin(writer, path, NULL), 0);
	assert_int_equal(ll_gguf_write_data(writer, "abcd", 4, NULL), 0);
	expect(ll_gguf_write_end(writer, &err), &err, LL_EBUG, "less data");
	ll_gguf_write_free(writer);
	assert_int_equal(files_left(), 0);

	writer = begin();
	err = (struct ll_err){ 0 };
	assert_int_equal(ll_gguf_write_begin(writer, path, NULL), 0);
	expect(ll_gguf_write_data(writer, "abcd", 4, &err), &err, LL_EBUG, "more data");
	ll_gguf_write_free(writer);
	assert_int_equal(files_left(), 0);

	writer = begin();
	err = (struct ll_err){ 0 };
	expect(ll_gguf_write_begin(writer, "/nowhere/at/all", &err), &err, LL_ECREATE, "/nowhere/at/all");
	ll_gguf_write_free(writer);
}

/* A limit of the file's size stands for a full disk: the old file stays, nothing else is left. */
static void
full_disk(void **state)
{
	struct rlimit old, small = { 1 << 20, RLIM_INFINITY };
	struct ll_gguf_writer *writer = begin();
	static char data[3 << 20];
	struct ll_err err = { 0 };
	FILE *file = fopen(path, "w");
	int status;

	(void)state;
	assert_non_null(file);
	fputs("old", file);
	fclose(file);
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &old);
	small.rlim_max = old.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(ll_gguf_write_tensor(writer, "t", LL_F32, 1, (uint64_t[]){ sizeof(data) / 4 }, sizeof(data),
	    NULL), 0);
	assert_int_equal(ll_gguf_write_begin(writer, path, NULL), 0);
	status = ll_gguf_write_data(writer, data, sizeof(data), &err);
	setrlimit(RLIMIT_FSIZE, &old);
	expect(status, &err, LL_EIO, path);
	ll_gguf_write_free(writer);
	assert_int_equal(files_left(), 1);
	file = fopen(path, "r");
	assert_non_null(file);
	assert_int_equal(fread(data, 1, 10, file), 3);
	assert_memory_equal(data, "old", 3);
	fclose(file);
	unlink(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(metadata_is_copied_and_set),
		cmocka_unit_test(tensors_are_placed),
		cmocka_unit_test(refusals),
		cmocka_unit_test(full_disk),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
