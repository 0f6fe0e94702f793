/*
 * The GGUF reader: every size, type and count of a file can be wrong, and is told.
 */

#include "tests/unit/make_gguf.h"

static struct ll_buf b;

/* A sound file with a key of each type and two tensors. */
static void
sound(uint32_t version)
{
	put_header(&b, version, 2, 14);
	put_key(&b, "a.u8", LL_GGUF_U8), put8(&b, 200);
	put_key(&b, "a.i8", LL_GGUF_I8), put8(&b, 0xfe);
	put_key(&b, "a.u16", LL_GGUF_U16), put(&b, "\x34\x12", 2);
	put_key(&b, "a.i16", LL_GGUF_I16), put(&b, "\xff\xff", 2);
	key_u32(&b, "a.u32", 4000000000u);
	put_key(&b, "a.i32", LL_GGUF_I32), put32(&b, 7);
	key_f32(&b, "a.f32", 1.5f);
	key_bool(&b, "a.bool", 1);
	key_string(&b, "a.string", "text");
	put_key(&b, "a.u64", LL_GGUF_U64), put64(&b, UINT64_MAX);
	put_key(&b, "a.i64", LL_GGUF_I64), put64(&b, 9);
	put_key(&b, "a.f64", LL_GGUF_F64), put64(&b, 0x3ff8000000000000u);
	key_array(&b, "a.strings", LL_GGUF_STRING, 2), put_string(&b, "one"), put_string(&b, "");
	key_array(&b, "a.numbers", LL_GGUF_I32, 3), put32(&b, 1), put32(&b, 2), put32(&b, 3);
	put_tensor(&b, "w", (uint64_t[4]){ 32, 2 }, LL_Q8_0, 0);
	put_tensor(&b, "v", (uint64_t[4]){ 3 }, LL_F32, 96);
	put_padding(&b, 32);
	put_zeros(&b, 96 + 12);
}

static void
reads_all_types(void **state)
{
	struct ll_gguf *gguf;
	struct ll_gguf_text text;
	const unsigned char *cursor;
	uint64_t number;
	double real;
	bool truth;
	void *copy;

	(void)state;
	for (uint32_t version = 2; version <= 3; version++) {
		sound(version);
		gguf = accepted(&b, &copy);
		assert_int_equal(gguf->version, version);
		assert_int_equal(gguf->alignment, 32);
		assert_int_equal(ll_gguf_uint(gguf, "a.u8", &number, NULL), 1);
		assert_int_equal(number, 200);
		assert_int_equal(ll_gguf_uint(gguf, "a.u16", &number, NULL), 1);
		assert_int_equal(number, 0x1234);
		assert_int_equal(ll_gguf_uint(gguf, "a.u32", &number, NULL), 1);
		assert_int_equal(number, 4000000000u);
		assert_int_equal(ll_gguf_uint(gguf, "a.i32", &number, NULL), 1);
		assert_int_equal(number, 7);
		assert_int_equal(ll_gguf_uint(gguf, "a.u64", &number, NULL), 1);
		assert_true(number == UINT64_MAX);
		assert_int_equal(ll_gguf_float(gguf, "a.f32", &real, NULL), 1);
		assert_true(real > 1.49 && real < 1.51);
		assert_int_equal(ll_gguf_float(gguf, "a.f64", &real, NULL), 1);
		assert_true(real > 1.49 && real < 1.51);
		assert_int_equal(ll_gguf_bool(gguf, "a.bool", &truth, NULL), 1);
		assert_true(truth);
		assert_int_equal(ll_gguf_string(gguf, "a.string", &text, NULL), 1);
		assert_int_equal(text.length, 4);
		assert_int_equal(ll_gguf_uint(gguf, "a.none", &number, NULL), 0);
		cursor = ll_gguf_find(gguf, "a.strings")->data;
		assert_memory_equal(ll_gguf_next_string(&cursor).bytes, "one", 3);
		assert_int_equal(ll_gguf_next_string(&cursor).length, 0);
		ll_gguf_close(gguf);
		free(copy);
	}
}

static void
wrong_types_are_told(void **state)
{
	static const struct {
		const char *key, *text;
	} cases[] = {
		{ "a.string", "a.string: type string is not an integer" },
		{ "a.i8", "a.i8: -2 is negative" },
		{ "a.i16", "a.i16: -1 is negative" },
		{ "a.f32", "a.f32: type f32 is not an integer" },
	};
	struct ll_gguf *gguf;
	void *copy;

	(void)state;
	sound(3);
	gguf = accepted(&b, &copy);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ll_err err = { 0 };
		uint64_t number;

		expect(ll_gguf_uint(gguf, cases[i].key, &number, &err), &err, LL_EDATA, cases[i].text);
	}
	ll_gguf_close(gguf);
	free(copy);
}

static void
finds_tensors(void **state)
{
	const struct ll_gguf_tensor *w, *v;
	struct ll_gguf *gguf;
	void *copy;

	(void)state;
	sound(3);
	gguf = accepted(&b, &copy);
	w = ll_gguf_tensor(gguf, "w");
	v = ll_gguf_tensor(gguf, "v");
	assert_non_null(w);
	assert_non_null(v);
	assert_null(ll_gguf_tensor(gguf, "u"));
	assert_int_equal(w->size, 68);
	assert_int_equal(w->span, 96);
	assert_int_equal(w->ne[0], 32);
	assert_int_equal(w->ne[1], 2);
	assert_int_equal(w->ne[2], 1);
	assert_int_equal(v->size, 12);
	assert_ptr_equal(v->data, w->data + 96);
	assert_int_equal(w->offset % 32, 0);
	assert_ptr_equal(ll_gguf_tensor_sorted(gguf, 0), v);
	ll_gguf_close(gguf);
	free(copy);
}

/* Items 1, 2 and 15: no prefix of a sound file is one. */
static void
every_prefix_is_refused(void **state)
{
	struct ll_buf whole;

	(void)state;
	sound(3);
	whole = b;
	b = (struct ll_buf){ 0 };
	for (size_t length = 0; length < whole.len; length++) {
		put(&b, whole.data, length);
		refused(&b, LL_EDATA, "mem: ");
	}
	ll_buf_free(&whole);
}

/* Items 3 and 4. */
static void
magic_and_version(void **state)
{
	(void)state;
	put(&b, "GGUX\3\0\0\0", 8), refused(&b, LL_EDATA, "magic is 47 47 55 58");
	put(&b, "FUGG\3\0\0\0", 8), refused(&b, LL_EUNSUPPORTED, "little-endian");
	put(&b, "tjgg\3\0\0\0", 8), refused(&b, LL_EUNSUPPORTED, "before GGUF");
	put_header(&b, 0x03000000, 0, 0), refused(&b, LL_EUNSUPPORTED, "version is byte-swapped");
	put_header(&b, 0, 0, 0), refused(&b, LL_EUNSUPPORTED, "version 0");
	put_header(&b, 1, 0, 0), refused(&b, LL_EUNSUPPORTED, "version 1");
	put_header(&b, 4, 0, 0), refused(&b, LL_EUNSUPPORTED, "version 4");
	put_header(&b, UINT32_MAX, 0, 0), refused(&b, LL_EUNSUPPORTED, "version 4294967295");
}

/* Items 5 and 6. */
static void
counts(void **state)
{
	struct ll_gguf *gguf;
	void *copy;

	(void)state;
	put_header(&b, 3, 0, 1ull << 63), refused(&b, LL_EDATA, "metadata count 9223372036854775808");
	put_header(&b, 3, 0, UINT64_MAX), refused(&b, LL_EDATA, "metadata count");
	put_header(&b, 3, 1ull << 61, 0), refused(&b, LL_EDATA, "tensor count 2305843009213693952");
	put_header(&b, 3, UINT64_MAX, 0), refused(&b, LL_EDATA, "tensor count");
	put_header(&b, 3, 0, 65537), put_zeros(&b, 14 * 65537);
	refused(&b, LL_EDATA, "metadata count 65537 is above the limit");
	put_header(&b, 3, 0, 0);
	gguf = accepted(&b, &copy);
	ll_gguf_close(gguf);
	free(copy);
}

static void
one_key(const char *key, size_t length, uint64_t claimed)
{
	put_header(&b, 3, 0, 1);
	put64(&b, claimed);
	put(&b, key, length);
	put32(&b, LL_GGUF_U8);
	put_zeros(&b, 20);
}

/* Item 7. */
static void
keys(void **state)
{
	(void)state;
	one_key("k", 1, UINT64_MAX), refused(&b, LL_EDATA, "entry 1 of 1: key of 18446744073709551615");
	one_key("k", 1, 100), refused(&b, LL_EDATA, "key of 100 bytes");
	one_key("", 0, 0), refused(&b, LL_EDATA, "key is empty");
	one_key("k\0y", 3, 3), refused(&b, LL_EDATA, "byte 0x00");
	one_key("k\xc3\x28", 3, 3), refused(&b, LL_EDATA, "byte 0xc3");
	one_key("k\x1b[2J", 5, 5), refused(&b, LL_EDATA, "byte 0x1b");
}

/* Items 8 and 17. */
static void
values(void **state)
{
	(void)state;
	put_header(&b, 3, 0, 1), put_key(&b, "k", 13), put_zeros(&b, 20);
	refused(&b, LL_EDATA, "k: unknown value type 13");
	put_header(&b, 3, 0, 1), key_array(&b, "k", 99, 1), put_zeros(&b, 20);
	refused(&b, LL_EDATA, "k: unknown array type 99");
	put_header(&b, 3, 0, 1), key_array(&b, "k", LL_GGUF_ARRAY, 1), put_zeros(&b, 20);
	refused(&b, LL_EDATA, "k: an array of arrays");
	put_header(&b, 3, 0, 1), key_array(&b, "k", LL_GGUF_U8, 1ull << 62), put_zeros(&b, 20);
	refused(&b, LL_EDATA, "k: array count 4611686018427387904");
	put_header(&b, 3, 0, 1), key_array(&b, "k", LL_GGUF_F64, 1ull << 61), put_zeros(&b, 20);
	refused(&b, LL_EDATA, "k: array count");
	put_header(&b, 3, 0, 1), key_array(&b, "k", LL_GGUF_STRING, 2), put64(&b, 1ull << 31), put_zeros(&b, 20);
	refused(&b, LL_EDATA, "k: string of the array of 2147483648 bytes");
	put_header(&b, 3, 0, 1), put_key(&b, "k", LL_GGUF_STRING), put64(&b, UINT64_MAX - 7), put_zeros(&b, 20);
	refused(&b, LL_EDATA, "k: string of 18446744073709551608 bytes");
	put_header(&b, 3, 0, 1), key_array(&b, "k", LL_GGUF_STRING, 2), put_string(&b, "a"), put_zeros(&b, 7);
	refused(&b, LL_EDATA, "k: string of the array of 8 bytes");
	put_header(&b, 3, 0, 1), key_array(&b, "k", LL_GGUF_STRING, 2), put_string(&b, ""), put_zeros(&b, 7);
	refused(&b, LL_EDATA, "k: array count 2");
}

static void
bool_is_0_or_1(void **state)
{
	struct ll_err err = { 0 };
	struct ll_gguf *gguf;
	void *copy;
	bool truth;

	(void)state;
	put_header(&b, 3, 0, 1), key_bool(&b, "key", 2);
	gguf = accepted(&b, &copy);
	expect(ll_gguf_bool(gguf, "key", &truth, &err), &err, LL_EDATA, "key: 2 is neither");
	ll_gguf_close(gguf);
	free(copy);
}

/* Item 9. */
static void
duplicates(void **state)
{
	(void)state;
	put_header(&b, 3, 0, 3), key_u32(&b, "k", 1), key_u32(&b, "l", 2), key_u32(&b, "k", 3);
	refused(&b, LL_EDATA, "duplicate key k");
	put_header(&b, 3, 3, 0);
	put_tensor(&b, "w", (uint64_t[4]){ 1 }, LL_F32, 0);
	put_tensor(&b, "v", (uint64_t[4]){ 1 }, LL_F32, 32);
	put_tensor(&b, "w", (uint64_t[4]){ 1 }, LL_F32, 64);
	put_zeros(&b, 200);
	refused(&b, LL_EDATA, "duplicate tensor name w");
}

/* Item 10. */
static void
alignments(void **state)
{
	static const uint32_t wrong[] = { 0, 1, 3, 24, 1u << 21, 1u << 31 };
	struct ll_gguf *gguf;
	void *copy;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		put_header(&b, 3, 0, 1), key_u32(&b, "general.alignment", wrong[i]);
		refused(&b, LL_EDATA, "general.alignment: ");
	}
	put_header(&b, 3, 0, 1), key_string(&b, "general.alignment", "32");
	refused(&b, LL_EDATA, "general.alignment: type string is not u32");
	put_header(&b, 3, 1, 1), key_u32(&b, "general.alignment", 128);
	put_tensor(&b, "w", (uint64_t[4]){ 1 }, LL_F32, 0);
	put_padding(&b, 128), put_f32(&b, 2.5f);
	gguf = accepted(&b, &copy);
	assert_int_equal(gguf->alignment, 128);
	assert_true(ll_load_f32(gguf->tensors[0].data) > 2.4f);
	ll_gguf_close(gguf);
	free(copy);
}

static void
one_tensor(uint32_t dims, const uint64_t *ne, uint32_t type, uint64_t offset)
{
	put_header(&b, 3, 1, 0);
	put_string(&b, "w");
	put32(&b, dims);
	for (uint32_t i = 0; i < dims && i < 5; i++)
		put64(&b, ne[i]);
	put32(&b, type);
	put64(&b, offset);
	put_padding(&b, 32);
	put_zeros(&b, 256);
}

/* Items 11 and 12. */
static void
shapes(void **state)
{
	(void)state;
	one_tensor(0, NULL, LL_F32, 0), refused(&b, LL_EDATA, "w: number of dimensions 0");
	one_tensor(5, (uint64_t[]){ 1, 1, 1, 1, 1 }, LL_F32, 0), refused(&b, LL_EDATA, "w: number of dimensions 5");
	one_tensor(UINT32_MAX, (uint64_t[]){ 1, 1, 1, 1, 1 }, LL_F32, 0);
	refused(&b, LL_EDATA, "w: number of dimensions 4294967295");
	one_tensor(2, (uint64_t[]){ 4, 0 }, LL_F32, 0), refused(&b, LL_EDATA, "w: dimension 1 is 0");
	one_tensor(1, (uint64_t[]){ UINT64_MAX }, LL_F32, 0), refused(&b, LL_EDATA, "w: dimension 0 is 1844");
	one_tensor(1, (uint64_t[]){ INT64_MAX }, LL_F32, 0), refused(&b, LL_EDATA, "w: dimensions 9223");
	one_tensor(4, (uint64_t[]){ 1ull << 31, 1ull << 31, 4, 1 }, LL_F32, 0), refused(&b, LL_EDATA, "too large");
	one_tensor(2, (uint64_t[]){ 1ull << 32, 1ull << 32 }, 999, 0), refused(&b, LL_EDATA, "too large");
	one_tensor(2, (uint64_t[]){ 1ull << 20, 1ull << 20 }, LL_F32, 0);
	refused(&b, LL_EDATA, "w: 4398046511104 bytes at offset 0 do not fit the 256 bytes");
}

/* Item 13. */
static void
types(void **state)
{
	struct ll_gguf *gguf;
	void *copy;

	(void)state;
	one_tensor(1, (uint64_t[]){ 1 }, LL_Q4_0, 0), refused(&b, LL_EDATA, "w: rows of 1 are not whole blocks of 32 (Q4_0)");
	one_tensor(1, (uint64_t[]){ 128 }, LL_Q6_K, 0), refused(&b, LL_EDATA, "whole blocks of 256 (Q6_K)");
	one_tensor(1, (uint64_t[]){ 288 }, LL_IQ1_M, 0), refused(&b, LL_EDATA, "w: rows of 288 are not whole blocks of 256 (IQ1_M)");
	one_tensor(1, (uint64_t[]){ 16 }, LL_MXFP4, 0), refused(&b, LL_EDATA, "whole blocks of 32 (MXFP4)");
	one_tensor(1, (uint64_t[]){ 32 }, LL_F8_E4M3, 0), refused(&b, LL_EDATA, "w: type 63 is none of GGUF's");
	one_tensor(2, (uint64_t[]){ 7, 3 }, 4, 32);
	gguf = accepted(&b, &copy);
	assert_null(gguf->tensors[0].data);
	assert_int_equal(gguf->tensors[0].span, 256 - 32);
	ll_gguf_close(gguf);
	free(copy);
	one_tensor(1, (uint64_t[]){ 7 }, 12345, 256), refused(&b, LL_EDATA, "w: 0 bytes at offset 256");
}

static void
two_tensors(uint64_t first, uint32_t type, uint64_t second)
{
	put_header(&b, 3, 2, 0);
	put_tensor(&b, "w", (uint64_t[4]){ 16 }, type, first);
	put_tensor(&b, "v", (uint64_t[4]){ 16 }, LL_F32, second);
	put_padding(&b, 32);
	put_zeros(&b, 128);
}

/* Items 14 and 15. */
static void
offsets(void **state)
{
	struct ll_gguf *gguf;
	void *copy;

	(void)state;
	one_tensor(1, (uint64_t[]){ 1 }, LL_F32, 4), refused(&b, LL_EDATA, "w: offset 4 is not a multiple");
	one_tensor(1, (uint64_t[]){ 1 }, LL_F32, 256), refused(&b, LL_EDATA, "w: 4 bytes at offset 256 do not fit");
	one_tensor(1, (uint64_t[]){ 1 }, LL_F32, UINT64_MAX - 31), refused(&b, LL_EDATA, "at offset 18446744073709551584");
	one_tensor(1, (uint64_t[]){ 64 }, LL_F32, 32), refused(&b, LL_EDATA, "w: 256 bytes at offset 32 do not fit");
	two_tensors(0, LL_F32, 32), refused(&b, LL_EDATA, "tensors w and v overlap");
	two_tensors(64, LL_F32, 32), refused(&b, LL_EDATA, "tensors v and w overlap");
	two_tensors(0, LL_F32, 0), refused(&b, LL_EDATA, "overlap");
	two_tensors(64, 77, 64), refused(&b, LL_EDATA, "overlap");
	two_tensors(64, LL_F32, 0);
	gguf = accepted(&b, &copy);
	assert_int_equal(gguf->tensors[0].span, 64);
	ll_gguf_close(gguf);
	free(copy);
	two_tensors(0, LL_F32, 64), b.len--, refused(&b, LL_EDATA, "v: 64 bytes at offset 64 do not fit the 127");
}

/* Many keys and tensors: found, and refused when one is doubled, without a wait. */
static void
many_names(void **state)
{
	struct ll_gguf *gguf;
	void *copy;
	char name[32];

	(void)state;
	put_header(&b, 3, 100000, 60000);
	for (int i = 0; i < 60000; i++) {
		snprintf(name, sizeof(name), "key.%d", i);
		key_u32(&b, name, (uint32_t)i);
	}
	for (int i = 0; i < 100000; i++) {
		snprintf(name, sizeof(name), "tensor.%d", i);
		put_tensor(&b, name, (uint64_t[4]){ 8 }, LL_F32, 32 * (uint64_t)i);
	}
	put_padding(&b, 32);
	put_zeros(&b, 3200000);
	gguf = accepted(&b, &copy);
	for (int i = 0; i < 60000; i += 7) {
		uint64_t number;

		snprintf(name, sizeof(name), "key.%d", i);
		assert_int_equal(ll_gguf_uint(gguf, name, &number, NULL), 1);
		assert_int_equal(number, i);
		snprintf(name, sizeof(name), "tensor.%d", i);
		assert_ptr_equal(ll_gguf_tensor(gguf, name), &gguf->tensors[i]);
	}
	ll_gguf_close(gguf);
	free(copy);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_all_types),
		cmocka_unit_test(wrong_types_are_told),
		cmocka_unit_test(finds_tensors),
		cmocka_unit_test(every_prefix_is_refused),
		cmocka_unit_test(magic_and_version),
		cmocka_unit_test(counts),
		cmocka_unit_test(keys),
		cmocka_unit_test(values),
		cmocka_unit_test(bool_is_0_or_1),
		cmocka_unit_test(duplicates),
		cmocka_unit_test(alignments),
		cmocka_unit_test(shapes),
		cmocka_unit_test(types),
		cmocka_unit_test(offsets),
		cmocka_unit_test(many_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
