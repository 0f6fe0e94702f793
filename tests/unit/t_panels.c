/*
 * Tensors of a GGUF in panels: what is refused, and that their rows come back.
 */

#include "tests/unit/make_gguf.h"

#include "tensor/tensor.h"

static struct ll_buf b;

/* One tensor of `type` at `offset` of the data, of which there are `size` bytes. */
static void
one(const char *layout, uint32_t alignment, const uint64_t *ne, uint32_t type, uint64_t offset, size_t size)
{
	put_header(&b, 3, 1, layout != NULL ? 2 : 1);
	key_u32(&b, "general.alignment", alignment);
	if (layout != NULL)
		key_string(&b, "ll.layout", layout);
	put_tensor(&b, "w", ne, type, offset);
	put_padding(&b, alignment);
	put_zeros(&b, size);
}

static void
sizes(void **state)
{
	static const struct {
		uint32_t type;
		uint64_t cols, rows;
		size_t size;
	} cases[] = {
		{ LL_Q4_0, 64, 16, 16 * 36 }, { LL_Q4_0, 64, 17, 2 * 16 * 36 },
		{ LL_Q4_0, 32, 1, 64 + 2 * 256 },		/* half a pair */
		{ LL_Q4_1, 32, 15, 16 * 20 }, { LL_Q6_K, 256, 1, 64 + 2 * 52 * 64 },
		{ LL_F32, 1, 1, 16 * 64 }, { LL_F16, 33, 16, 2 * 16 * 64 }, { LL_BF16, 32, 16, 16 * 64 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t ne[4] = { cases[i].cols, cases[i].rows };
		struct ll_gguf *gguf;
		void *copy;

		one("rows16x8", 64, ne, LL_GGUF_PANELS + cases[i].type, 64, 64 + cases[i].size);
		gguf = accepted(&b, &copy);
		assert_true(gguf->tensors[0].panels);
		assert_int_equal(gguf->tensors[0].type, cases[i].type);
		assert_int_equal(gguf->tensors[0].size, cases[i].size);
		ll_gguf_close(gguf);
		free(copy);
		one("rows16x8", 64, ne, LL_GGUF_PANELS + cases[i].type, 0, cases[i].size - 1);
		refused(&b, LL_EDATA, "do not fit");
	}
}

static void
refusals(void **state)
{
	static const uint64_t matrix[4] = { 64, 16 }, huge[4] = { INT64_MAX, INT64_MAX }, wide[4] = { INT64_MAX / 64 * 32, 2 },
	    tall[4] = { 32, INT64_MAX }, odd[4] = { 48, 16 }, vector[4] = { 64 }, three[4] = { 64, 16, 2 };
	uint32_t q4_0 = LL_GGUF_PANELS + LL_Q4_0;

	(void)state;
	one(NULL, 64, matrix, q4_0, 0, 576);
	refused(&b, LL_EDATA, "mem: w: type 1819017218 needs the key ll.layout, which is missing");
	one("rows16", 64, matrix, q4_0, 0, 576);
	refused(&b, LL_EUNSUPPORTED, "mem: ll.layout: 'rows16' is not supported (rows16x8 is)");
	one("rows", 64, matrix, LL_Q4_0, 0, 576);
	refused(&b, LL_EUNSUPPORTED, "mem: ll.layout: 'rows' is not supported");
	one("rows16x80", 64, matrix, LL_Q4_0, 0, 576);
	refused(&b, LL_EUNSUPPORTED, "'rows16x80'");
	one("", 64, matrix, LL_Q4_0, 0, 576);
	refused(&b, LL_EUNSUPPORTED, "''");
	one("rows16x8", 64, matrix, q4_0, 32, 640);
	refused(&b, LL_EDATA, "not a multiple of the alignment 64");
	one("rows16x8", 64, odd, q4_0, 0, 576);
	refused(&b, LL_EDATA, "rows of 48 are not whole blocks of 32 (Q4_0)");
	one("rows16x8", 64, vector, q4_0, 0, 576);
	refused(&b, LL_EUNSUPPORTED, "1 dimensions in panels, not 2");
	one("rows16x8", 64, three, q4_0, 0, 2 * 576);
	refused(&b, LL_EUNSUPPORTED, "3 dimensions in panels, not 2");
	one("rows16x8", 64, huge, LL_GGUF_PANELS + LL_F32, 0, 64);
	refused(&b, LL_EDATA, "too large");
	one("rows16x8", 64, wide, q4_0, 0, 64);
	refused(&b, LL_EDATA, "too large");
	one("rows16x8", 64, tall, q4_0, 0, 64);
	refused(&b, LL_EDATA, "too large");
	for (uint32_t type = 0; type < LL_DTYPES; type++) {
		if (ll_dtype(type) != NULL && !ll_dtype_private(type) && ll_layout((enum ll_dtype)type).units > 0)
			continue;
		one("rows16x8", 64, matrix, LL_GGUF_PANELS + type, 0, 4096);
		refused(&b, LL_EUNSUPPORTED, "which has none");
	}
}

static void
misaligned(void **state)
{
	static const uint64_t ne[4] = { 64, 16 };
	struct ll_gguf *gguf;
	void *copy;

	(void)state;
	for (uint64_t offset = 0; offset <= 32; offset += 32) {
		size_t begin;

		one("rows16x8", 32, ne, LL_GGUF_PANELS + LL_Q4_0, offset, offset + 576);
		begin = b.len - 576;
		if (begin % 64 != 0) {
			refused(&b, LL_EDATA, "of panels is not a multiple of 64");
		} else {
			gguf = accepted(&b, &copy);
			assert_int_equal(gguf->tensors[0].offset, begin);
			ll_gguf_close(gguf);
			free(copy);
		}
	}
}

static void
wrong_kind(void **state)
{
	(void)state;
	put_header(&b, 3, 0, 1);
	key_u32(&b, "ll.layout", 16);
	refused(&b, LL_EDATA, "mem: ll.layout: type u32 is not string");
}

/* Rows of any bytes, in panels, come back in any pieces; as numbers, too. */
static void
rows_come_back(void **state)
{
	static const size_t shapes[][2] = { { 1, 256 }, { 15, 512 }, { 16, 768 }, { 17, 1280 }, { 33, 256 }, { 3, 96 }, { 5, 33 },
	    { 145, 2304 }, { 130, 4192 }, { 17, 6144 } };

	(void)state;
	for (uint32_t type = 0; type < LL_DTYPES; type++) {
		if (ll_dtype(type) == NULL || ll_layout((enum ll_dtype)type).units == 0)
			continue;
		for (size_t s = 0; s < sizeof(shapes) / sizeof(shapes[0]); s++) {
			struct ll_tensor rows = { .type = (enum ll_dtype)type, .rows = shapes[s][0], .cols = shapes[s][1] }, panels;
			size_t size, panel_size;
			unsigned char *plain, *packed, *back;
			float want[256], got[256];

			if (!ll_dtype_row_bytes(type, rows.cols, &rows.row_bytes))
				continue;
			size = rows.rows * rows.row_bytes;
			assert_true(ll_tensor_panel_bytes(rows.type, rows.rows, rows.cols, &panel_size));
			plain = malloc(size), back = malloc(size), packed = aligned_alloc(64, panel_size);
			for (size_t i = 0; i < size; i++)
				plain[i] = (unsigned char)(i * 167 + i / 251);
			rows.data = plain;
			ll_tensor_interleave(packed, &rows, 0, (rows.rows + 15) / 16);
			panels = rows;
			panels.data = packed;
			panels.panels = true;
			for (size_t step = 1; step <= 1000; step = step * 3 + 4) {
				memset(back, 0xee, size);
				for (size_t at = 0; at < size; at += step)
					ll_tensor_copy(back + at, &panels, at, size - at < step ? size - at : step);
				assert_memory_equal(back, plain, size);
			}
			for (size_t row = 0; row < rows.rows; row++)
				for (size_t at = 0; at < rows.cols; at += 256) {
					size_t n = rows.cols - at < 256 ? rows.cols - at : 256;

					ll_tensor_read(want, &rows, row, at, n);
					ll_tensor_read(got, &panels, row, at, n);
					assert_memory_equal(want, got, n * sizeof(*want));
				}
			free(plain), free(back), free(packed);
		}
	}
}

/* Where each number of a matrix is that has groups, and a row pieces, of which the last are short. */
static void
places(void **state)
{
	enum { ROWS = 2 * 128 + 40, COLS = 2 * 2048 + 16 };
	float *plain = malloc(sizeof(float) * ROWS * COLS), *packed = aligned_alloc(64, sizeof(float) * (ROWS + 8) * COLS);
	struct ll_tensor rows = { .type = LL_F32, .rows = ROWS, .cols = COLS, .row_bytes = 4 * COLS, .data = plain };
	size_t wrong = 0;

	(void)state;
	for (size_t i = 0; i < ROWS * COLS; i++)
		plain[i] = (float)i;
	ll_tensor_interleave((unsigned char *)packed, &rows, 0, (ROWS + 15) / 16);
	for (size_t row = 0; row < ROWS; row++)
		for (size_t col = 0; col < COLS; col++) {
			size_t group = row / 128, panels = group < 2 ? 8 : 3, piece = col / 2048, width = piece < 2 ? 2048 : 16;
			size_t at = group * 128 * COLS + piece * 2048 * 16 * panels + row % 128 / 16 * 16 * width +
			    col % 2048 * 16 + row % 16;

			wrong += packed[at] != plain[row * COLS + col];
		}
	assert_int_equal(wrong, 0);
	free(plain), free(packed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes),
		cmocka_unit_test(refusals),
		cmocka_unit_test(misaligned),
		cmocka_unit_test(wrong_kind),
		cmocka_unit_test(rows_come_back),
		cmocka_unit_test(places),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
