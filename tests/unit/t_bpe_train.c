/*
 * Learning BPE: Hugging Face's merges (tests/golden/train_bpe.py), and the definition, counting
 * all pairs anew for each merge, on random texts; the vocabulary that comes of it, by merges
 * and by ranks; and texts in pieces.
 */

#include "tests/unit/golden.h"

#include "base/mem.h"
#include "base/rng.h"
#include "train/bpe_vocab.h"
#include "train/pretokens.h"
#include "train/texts.h"

struct learned {
	struct ll_bpe_merge *merges;
	size_t count;
	struct ll_vocab *vocab;
};

static struct learned
learn(const char *text, size_t length, const struct ll_bpe_plan *plan)
{
	struct ll_pretokens pretokens = { 0 };
	struct learned learned;

	assert_int_equal(ll_pretokens_add(&pretokens, text, length, NULL), 0);
	assert_int_equal(ll_bpe_train(&learned.merges, &learned.count, &pretokens, plan, NULL), 0);
	assert_int_equal(ll_bpe_vocab(&learned.vocab, learned.merges, learned.count, NULL, 0, NULL), 0);
	ll_pretokens_free(&pretokens);
	return learned;
}

static void
forget(struct learned *learned)
{
	ll_vocab_free(learned->vocab);
	free(learned->merges);
}

static int64_t
number(const struct ll_json *record, const char *key)
{
	int64_t value;

	assert_true(ll_json_integer(ll_json_get(record, key), &value));
	return value;
}

static void
check_record(const struct ll_json *record, size_t line, void *context)
{
	const struct ll_json *list = ll_json_get(record, "list");
	const struct ll_bpe_plan plan = {
		.merges = (size_t)number(record, "merges"), .min_count = (uint64_t)number(record, "min_count"),
		.max_length = (size_t)number(record, "max_length"),
	};
	size_t length;
	const char *text = ll_json_text_of(ll_json_get(record, "text"), &length);
	struct learned learned = learn(text, length, &plan);
	const unsigned char *cursor = learned.vocab->merges;

	(void)context;
	assert_int_equal(learned.vocab->merge_count, learned.count);
	for (size_t i = 0; i < learned.count || i < ll_json_count(list); i++) {
		const char *want = ll_json_text_of(ll_json_at(list, i), NULL);
		struct ll_piece merge = { "none", 4, 0 };

		if (i < learned.count)
			merge = ll_vocab_next_merge(&cursor);
		if (want == NULL || strlen(want) != merge.length || memcmp(merge.bytes, want, merge.length) != 0)
			fail_msg("line %zu: merge %zu is '%.*s', should be '%s'", line, i, (int)merge.length, merge.bytes,
			    want != NULL ? want : "none");
	}
	forget(&learned);
}

static void
test_hugging_face(void **state)
{
	(void)state;
	assert_int_equal(golden_each(golden_own_path("golden/train-bpe.jsonl"), check_record, NULL), 12);
}

/* Words of symbols, apart by UINT32_MAX. */
static size_t
make_symbols(uint32_t *symbols, const struct ll_pretokens *p)
{
	unsigned char bytes[LL_BPE_BYTES];
	size_t count = 0;

	ll_bpe_bytes(bytes);
	for (size_t i = 0; i < p->count; i++)
		for (uint64_t again = 0; again < p->list[i].count; again++) {
			for (size_t j = 0; j < p->list[i].length; j++)
				symbols[count++] = (uint32_t)((unsigned char *)memchr(bytes, p->bytes.data[p->list[i].at + j],
				    sizeof(bytes)) - bytes);
			symbols[count++] = UINT32_MAX;
		}
	return count;
}

#define TOKENS (LL_BPE_BYTES + 64)

/* The best pair by the definition; false if there is none. */
static bool
find_best(const uint32_t *symbols, size_t count, const uint32_t *lengths, const struct ll_bpe_plan *plan,
    struct ll_bpe_merge *out)
{
	static uint64_t counts[TOKENS][TOKENS];
	uint64_t best = plan->min_count - 1;

	memset(counts, 0, sizeof(counts));
	for (size_t i = 1; i < count; i++)
		if (symbols[i - 1] != UINT32_MAX && symbols[i] != UINT32_MAX)
			counts[symbols[i - 1]][symbols[i]]++;
	for (uint32_t left = 0; left < TOKENS; left++)
		for (uint32_t right = 0; right < TOKENS; right++)
			if (counts[left][right] > best && lengths[left] + lengths[right] <= plan->max_length) {
				best = counts[left][right];
				*out = (struct ll_bpe_merge){ left, right };
			}
	return best >= plan->min_count;
}

static size_t
replace(uint32_t *symbols, size_t count, struct ll_bpe_merge merge, uint32_t made)
{
	size_t used = 0;

	for (size_t i = 0; i < count; i++) {
		bool found = symbols[i] == merge.left && i + 1 < count && symbols[i + 1] == merge.right;

		symbols[used++] = found ? made : symbols[i];
		i += found;
	}
	return used;
}

static void
check_definition(const char *text, size_t length, const struct ll_bpe_plan *plan)
{
	struct ll_pretokens p = { 0 };
	struct ll_bpe_merge *merges, want = { 0 };
	uint32_t lengths[TOKENS], *symbols = ll_alloc(2 * length, sizeof(*symbols), NULL);
	size_t count, symbol_count, made = 0;

	for (size_t i = 0; i < TOKENS; i++)
		lengths[i] = 1;
	assert_int_equal(ll_pretokens_add(&p, text, length, NULL), 0);
	assert_int_equal(ll_bpe_train(&merges, &count, &p, plan, NULL), 0);
	symbol_count = make_symbols(symbols, &p);
	for (; made < plan->merges && find_best(symbols, symbol_count, lengths, plan, &want); made++) {
		assert_true(made < count);
		assert_int_equal(merges[made].left, want.left);
		assert_int_equal(merges[made].right, want.right);
		lengths[LL_BPE_BYTES + made] = lengths[want.left] + lengths[want.right];
		symbol_count = replace(symbols, symbol_count, want, (uint32_t)(LL_BPE_BYTES + made));
	}
	assert_int_equal(made, count);
	free(symbols);
	free(merges);
	ll_pretokens_free(&p);
}

static size_t
below(struct ll_rng *rng, size_t n)
{
	return (size_t)(ll_rng_next(rng) % n);
}

/* Few letters make runs, overlaps and ties. */
static size_t
make_text(struct ll_rng *rng, char *text, size_t most)
{
	static const char alphabet[] = "aabc \n'1s\xff";
	size_t length = 1 + below(rng, most), letters = 1 + below(rng, sizeof(alphabet) - 1);

	for (size_t i = 0; i < length; i++)
		text[i] = alphabet[below(rng, letters)];
	return length;
}

static void
test_definition(void **state)
{
	struct ll_rng rng;
	char text[400];

	(void)state;
	ll_rng_seed(&rng, 1, 0);
	for (int i = 0; i < 100; i++) {
		const struct ll_bpe_plan plan = {
			.merges = 1 + below(&rng, 64), .min_count = 1 + below(&rng, 3),
			.max_length = i % 2 == 0 ? 65536 : 2 + below(&rng, 6),
		};

		check_definition(text, make_text(&rng, text, sizeof(text)), &plan);
	}
}

/* The rank file leaves the merges out: the same tokens come without them. */
static void
test_ranks(void **state)
{
	const struct ll_bpe_plan plan = { .merges = 60, .min_count = 1, .max_length = 65536 };
	struct ll_rng rng;
	char text[400];

	(void)state;
	ll_rng_seed(&rng, 2, 0);
	for (int i = 0; i < 60; i++) {
		struct learned learned = learn(text, make_text(&rng, text, sizeof(text)), &plan);
		struct ll_buf ranks = { 0 };
		struct ll_tokenizer *by_merges, *by_ranks;
		struct ll_vocab *read;

		assert_int_equal(ll_bpe_put_ranks(&ranks, learned.vocab, NULL), 0);
		assert_int_equal(ll_vocab_from_ranks(&read, ranks.data, ranks.len, "ranks", NULL), 0);
		assert_int_equal(read->count, LL_BPE_BYTES + learned.count + LL_BPE_RANK_SPECIALS);
		assert_true(ll_vocab_fingerprint(read) == ll_vocab_fingerprint(learned.vocab));
		assert_int_equal(ll_tokenizer_new(&by_merges, learned.vocab, NULL), 0);
		assert_int_equal(ll_tokenizer_new(&by_ranks, read, NULL), 0);
		for (int j = 0; j < 20; j++) {
			struct ll_ids a = { 0 }, b = { 0 };
			size_t length = make_text(&rng, text, sizeof(text));

			assert_int_equal(ll_tokenizer_encode(by_merges, text, length, false, &a, NULL), 0);
			assert_int_equal(ll_tokenizer_encode(by_ranks, text, length, false, &b, NULL), 0);
			assert_int_equal(a.count, b.count);
			assert_memory_equal(a.ids, b.ids, a.count * sizeof(*a.ids));
			free(a.ids);
			free(b.ids);
		}
		ll_tokenizer_free(by_merges);
		ll_tokenizer_free(by_ranks);
		ll_vocab_free(read);
		ll_buf_free(&ranks);
		forget(&learned);
	}
}

static void
test_vocabulary(void **state)
{
	static const char *const more[] = { "<|one|>", "</s>" };
	const struct ll_bpe_merge merges[] = { { 64, 65 }, { 256, 66 } };	/* "ab", "abc" */
	struct ll_vocab *vocab;

	(void)state;
	assert_int_equal(ll_bpe_vocab(&vocab, merges, 2, more, 2, NULL), 0);
	assert_int_equal(vocab->count, 256 + 2 + 8 + 2);
	assert_memory_equal(vocab->pieces[257].bytes, "abc", 3);
	assert_int_equal(vocab->pieces[257].length, 3);
	assert_int_equal(vocab->bos, 258);
	assert_int_equal(vocab->eos, 259);
	assert_int_equal(vocab->pad, 260);
	assert_int_equal(vocab->eom, 263);
	assert_int_equal(vocab->eot, 264);
	assert_true(vocab->add_bos);
	assert_memory_equal(vocab->pieces[267].bytes, "</s>", 4);
	assert_int_equal(vocab->pieces[267].type, LL_TOKEN_CONTROL);
	ll_vocab_free(vocab);
}

static void
check_template(const struct ll_json *record, size_t line, void *context)
{
	const char *template = ll_json_text_of(ll_json_get(record, "template"), NULL);

	(void)line;
	if (template == NULL)
		return;
	assert_string_equal(template, ll_bpe_template);
	++*(size_t *)context;
}

/* t_chat_more.c compares what this template renders with ours. */
static void
test_template(void **state)
{
	size_t count = 0;

	(void)state;
	golden_each(golden_own_path("golden/chat.jsonl"), check_template, &count);
	assert_int_equal(count, 7);
}

static void
test_specials(void **state)
{
	char longest[258];

	(void)state;
	memset(longest, '<', sizeof(longest));
	longest[1] = 'a';
	longest[257] = '\0';
	assert_int_equal(ll_bpe_check_special(longest, NULL), -LL_EUSAGE);
	longest[256] = '\0';
	assert_int_equal(ll_bpe_check_special(longest, NULL), 0);
	assert_int_equal(ll_bpe_check_special("<|x|>", NULL), 0);
	assert_int_equal(ll_bpe_check_special("", NULL), -LL_EUSAGE);
	assert_int_equal(ll_bpe_check_special("word", NULL), -LL_EUSAGE);
	assert_int_equal(ll_bpe_check_special("<|\xff|>", NULL), -LL_EUSAGE);
	assert_int_equal(ll_bpe_check_special("<|eot_id|>", NULL), -LL_EUSAGE);
}

static int
count_text(void *arg, const char *text, size_t length, struct ll_err *err)
{
	return ll_pretokens_add(arg, text, length, err);
}

/* A file that is read in pieces has the words that it has as a whole. */
static void
test_pieces(void **state)
{
	static const char *const parts[] = {
		"a", " ", "\n", "\r\n", "  ", "word word ", "\xc2\xa0", "\xe3\x80\x80", "\xe6\xb0\xb4", "'s", "123", "\xff", "!?"
	};
	char path[] = "/tmp/ll-test.XXXXXX";
	struct ll_pretokens whole = { 0 }, pieces = { 0 };
	struct ll_buf text = { 0 };
	struct ll_rng rng;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	ll_rng_seed(&rng, 3, 0);
	while (text.len < (5u << 20)) {
		const char *part = parts[below(&rng, sizeof(parts) / sizeof(parts[0]))];

		assert_int_equal(ll_buf_puts(&text, part, NULL), 0);
	}
	assert_int_equal(ll_write(fd, text.data, text.len, path, NULL), 0);
	assert_int_equal(ll_pretokens_add(&whole, text.data, text.len, NULL), 0);
	assert_int_equal(ll_texts_read(path, count_text, &pieces, NULL), 0);
	assert_int_equal(whole.read, pieces.read);
	assert_int_equal(whole.total, pieces.total);
	assert_int_equal(whole.count, pieces.count);
	assert_int_equal(whole.bytes.len, pieces.bytes.len);
	assert_memory_equal(whole.bytes.data, pieces.bytes.data, whole.bytes.len);
	for (size_t i = 0; i < whole.count; i++)
		assert_int_equal(whole.list[i].count, pieces.list[i].count);
	ll_pretokens_free(&whole);
	ll_pretokens_free(&pieces);
	ll_buf_free(&text);
	close(fd);
	unlink(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hugging_face), cmocka_unit_test(test_definition), cmocka_unit_test(test_ranks),
		cmocka_unit_test(test_vocabulary), cmocka_unit_test(test_template), cmocka_unit_test(test_specials),
		cmocka_unit_test(test_pieces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
