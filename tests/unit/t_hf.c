/*
 * tokenizer.json: what the package tokenizers makes of texts, from the same files; and what
 * is not sound or not known in them.
 */

#include "tests/unit/golden.h"

/* Decodes as tokenizers does: without special tokens and the space before the text. */
static struct ll_buf
decode(const struct ll_tokenizer *tokenizer, const struct ll_ids *ids)
{
	struct ll_buf out = { 0 };
	bool begun = false;

	for (size_t i = 0; i < ids->count; i++) {
		const char *bytes;
		size_t length;
		bool special;

		assert_int_equal(ll_tokenizer_piece(tokenizer, ids->ids[i], &bytes, &length, &special, NULL), 0);
		ll_tokenizer_strip(tokenizer, ids->ids[i], &begun, &bytes, &length);
		if (!special)
			assert_int_equal(ll_buf_add(&out, bytes, length, NULL), 0);
	}
	return out;
}

struct context {
	const struct ll_tokenizer *tokenizer;
	const char *file;
};

static void
check_record(const struct ll_json *record, size_t line, void *context)
{
	const struct context *c = context;
	struct ll_ids ids = { 0 };
	struct ll_err err = { 0 };
	struct ll_buf back;
	size_t length, want_length;
	const char *text = ll_json_text_of(ll_json_get(record, "text"), &length);
	const char *want = ll_json_text_of(ll_json_get(record, "back"), &want_length);

	if (ll_tokenizer_encode(c->tokenizer, text, length, ll_json_is_true(ll_json_get(record, "special")), &ids,
	    &err) < 0)
		fail_msg("%s, line %zu: %s", c->file, line, err.text);
	assert_ids(&ids, ll_json_get(record, "ids"), c->file, line);
	back = decode(c->tokenizer, &ids);
	if (want != NULL && (back.len != want_length || memcmp(back.data != NULL ? back.data : "", want, back.len) != 0))
		fail_msg("%s, line %zu: came back as '%s', should be '%s'", c->file, line, back.data, want);
	ll_buf_free(&back);
	free(ids.ids);
}

/* `path` without its ending. */
static struct opened
check_file(const char *path, size_t records)
{
	struct context context;
	struct opened opened;
	char name[4200];

	snprintf(name, sizeof(name), "%s.json", path);
	opened = open_tokenizer(name);
	snprintf(name, sizeof(name), "%s.jsonl", path);
	context = (struct context){ opened.tokenizer, name };
	assert_int_equal(golden_each(name, check_record, &context), records);
	return opened;
}

static void
gpt2(void **state)
{
	struct opened opened = check_file(golden_own_path("golden/hf-gpt2"), 69);

	(void)state;
	assert_int_equal(opened.vocab->kind, LL_VOCAB_BPE_MERGES);
	assert_string_equal(opened.vocab->pre, "gpt-2");
	assert_int_equal(opened.vocab->whole, LL_WHOLE_NEVER);
	assert_false(opened.vocab->add_bos);
	assert_int_equal(opened.vocab->eos, 0);
	assert_int_equal(opened.vocab->bos, LL_VOCAB_NONE);
	close_tokenizer(&opened);
}

static void
sentencepiece(void **state)
{
	static const struct {
		const char *path;
		enum ll_space_prefix prefix;
		bool once, bos;
	} files[] = {
		{ "golden/hf-prepend", LL_PREFIX_EACH, false, true },
		{ "golden/hf-first", LL_PREFIX_FIRST, true, false },
		{ "golden/hf-always", LL_PREFIX_EACH, true, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct opened opened = check_file(golden_own_path(files[i].path), 69);

		assert_int_equal(opened.vocab->kind, LL_VOCAB_SPM_MERGES);
		assert_int_equal(opened.vocab->space_prefix, files[i].prefix);
		assert_int_equal(opened.vocab->prefix_once, files[i].once);
		assert_int_equal(opened.vocab->add_bos, files[i].bos);
		assert_int_equal(opened.vocab->bos, 1);
		assert_int_equal(opened.vocab->eos, 2);
		assert_int_equal(opened.vocab->pieces[0].type, LL_TOKEN_UNKNOWN);
		assert_int_equal(opened.vocab->pieces[3].type, LL_TOKEN_BYTE);
		close_tokenizer(&opened);
	}
}

/* The text of a file with its first `from` made `to`. */
static struct ll_buf
patched(const char *name, const char *from, const char *to)
{
	const char *path = golden_own_path(name);
	struct ll_buf file = { 0 }, out = { 0 };
	int fd = ll_open_input(path, NULL);
	const char *at;

	assert_true(fd >= 0);
	assert_int_equal(ll_read_all(fd, &file, path, NULL), 0);
	close(fd);
	if ((at = strstr(file.data, from)) == NULL)
		fail_msg("%s has no '%s'", name, from);
	ll_buf_add(&out, file.data, (size_t)(at - file.data), NULL);
	ll_buf_puts(&out, to, NULL);
	ll_buf_puts(&out, at + strlen(from), NULL);
	ll_buf_free(&file);
	return out;
}

/* As large as a file whose merges a second thread reads. */
static void
pad(struct ll_buf *file)
{
	char spaces[1000];

	memset(spaces, ' ', sizeof(spaces));
	for (int i = 0; i < 250; i++)
		assert_int_equal(ll_buf_add(file, spaces, sizeof(spaces), NULL), 0);
}

static struct ll_vocab *
from_buf(const struct ll_buf *file)
{
	struct ll_vocab *vocab;
	struct ll_err err = { 0 };

	if (ll_vocab_from_hf(&vocab, file->data, file->len, "mem", &err) < 0)
		fail_msg("%s", err.text);
	return vocab;
}

static void
assert_same_merges(const struct ll_vocab *a, const struct ll_vocab *b)
{
	const unsigned char *x = a->merges, *y = b->merges;

	assert_int_equal(ll_vocab_fingerprint(a), ll_vocab_fingerprint(b));
	assert_int_equal(a->merge_count, b->merge_count);
	for (size_t i = 0; i < a->merge_count; i++) {
		struct ll_piece merge = ll_vocab_next_merge(&x), other = ll_vocab_next_merge(&y);

		assert_int_equal(merge.length, other.length);
		assert_memory_equal(merge.bytes, other.bytes, merge.length);
	}
}

/* Also where the list of that name, or the last list of the file, is another; and where none is alike. */
static void
read_ahead(void **state)
{
	static const struct {
		const char *from, *to;
	} cases[] = {
		{ "{", "{" }, { "{", "{\"x\":{\"merges\":[[\"a\",\"b\"],[]]}," }, { "{", "{\"x\":\"merges\\\":[\"," },
		{ "\"merges\":[", "\"merges\":[ [ \"d\",\"f\" ],\"d f\",[\"d\",\n\"\\u0066\"] , " },
		{ "\"model\":", "\"model \":[[\"merges\" ]],\"model\":" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ll_buf file = patched("golden/hf-gpt2.json", cases[i].from, cases[i].to);
		struct ll_vocab *small = from_buf(&file), *large;

		pad(&file);
		large = from_buf(&file);
		assert_same_merges(small, large);
		ll_vocab_free(large);
		while (file.data[--file.len] != '}')
			;
		ll_buf_puts(&file, ",\"z\":[[]]}", NULL);
		pad(&file);
		large = from_buf(&file);
		assert_same_merges(small, large);
		ll_vocab_free(large);
		ll_vocab_free(small);
		ll_buf_free(&file);
	}
}

static void
refused(void **state)
{
	static const char gpt2_file[] = "golden/hf-gpt2.json", spm_file[] = "golden/hf-prepend.json";
	static const struct {
		const char *file, *from, *to;
		int code;
		const char *told;
	} cases[] = {
		{ gpt2_file, "\"type\":\"BPE\"", "\"type\":\"WordPiece\"", LL_EUNSUPPORTED, "model.type: 'WordPiece'" },
		{ gpt2_file, "\"dropout\":null", "\"dropout\":0.5", LL_EUNSUPPORTED, "model.dropout" },
		{ gpt2_file, "\"dropout\":null", "\"magic\":null", LL_EUNSUPPORTED, "model.magic" },
		{ gpt2_file, "\"continuing_subword_prefix\":null", "\"continuing_subword_prefix\":\"##\"", LL_EUNSUPPORTED,
			"model.continuing_subword_prefix" },
		{ gpt2_file, "\"normalizer\":null", "\"normalizer\":{\"type\":\"NFC\"}", LL_EUNSUPPORTED, "normalizer: NFC" },
		{ gpt2_file, "\"add_prefix_space\":false", "\"add_prefix_space\":true", LL_EUNSUPPORTED, "add_prefix_space" },
		{ gpt2_file, "\"pre_tokenizer\":{\"type\":\"ByteLevel\"", "\"pre_tokenizer\":{\"type\":\"Whitespace\"",
			LL_EUNSUPPORTED, "pre_tokenizer: Whitespace" },
		{ gpt2_file, "\"pre_tokenizer\":{", "\"pre_tokenizer\":{\"type\":\"Sequence\",\"pretokenizers\":[{\"type\":"
			"\"Split\",\"pattern\":{\"Regex\":\"(a|b)+\"},\"behavior\":\"Isolated\",\"invert\":false},{\"type\":"
			"\"ByteLevel\",\"add_prefix_space\":false,\"use_regex\":false}]},\"other\":{", LL_EUNSUPPORTED,
			"regular expression '(a|b)+' is not known" },
		{ gpt2_file, "\"post_processor\":{\"type\":\"ByteLevel\"", "\"post_processor\":{\"type\":\"Bert\"", LL_EUNSUPPORTED,
			"post_processor: Bert" },
		{ gpt2_file, "\"decoder\":{\"type\":\"ByteLevel\"", "\"decoder\":{\"type\":\"CTC\"", LL_EUNSUPPORTED, "decoder: CTC" },
		{ gpt2_file, "\"lstrip\":false", "\"lstrip\":true", LL_EUNSUPPORTED, "'<|endoftext|>': lstrip" },
		{ gpt2_file, "\"content\":\"<|endoftext|>\"", "\"content\":7", LL_EDATA, "added_tokens[0].content" },
		{ gpt2_file, "\"id\":0", "\"id\":9999999", LL_EDATA, "id of 'added_tokens' is not below" },
		{ gpt2_file, "\"!\":1", "\"!\":-1", LL_EDATA, "id of '!' is not below" },
		{ gpt2_file, "\"!\":1", "\"!\":2", LL_EDATA, "id 2 a second time" },
		{ gpt2_file, "\"!\":1", "\"\\\"\":1", LL_EDATA, "duplicate" },
		{ gpt2_file, "\"!\":1", "\"\xe2\x82\xac\":1", LL_EDATA, "[1]: '\xe2\x82\xac' has a character that stands for no byte" },
		{ gpt2_file, "\"merges\":[", "\"merges\":[[\"a\"],", LL_EDATA, "merges[0]: not two tokens" },
		{ gpt2_file, "\"merges\":[", "\"merges\":[3,", LL_EDATA, "merges[0]: not two tokens" },
		{ gpt2_file, "\"merges\":[", "\"merges\":[[\"a\"],[\"a\"", LL_EDATA, "bad JSON" },
		{ gpt2_file, "\"merges\":", "\"merged\":", LL_EDATA, "model.merges is missing" },
		{ gpt2_file, "{", "{,", LL_EDATA, "bad JSON" },
		{ gpt2_file, "{", "{\"model\":[],\"x\":[{", LL_EDATA, "bad JSON" },
		{ spm_file, "\"type\":\"Prepend\"", "\"type\":\"NFKC\"", LL_EUNSUPPORTED, "normalizer: NFKC" },
		{ spm_file, "\"content\":\"\xe2\x96\x81\"", "\"content\":\"_\"", LL_EUNSUPPORTED, "normalizer: Replace" },
		{ spm_file, "\"ignore_merges\":false", "\"ignore_merges\":true", LL_EUNSUPPORTED, "model.ignore_merges" },
		{ spm_file, "\"pre_tokenizer\":null", "\"pre_tokenizer\":{\"type\":\"Metaspace\"}", LL_EUNSUPPORTED,
			"Metaspace with a normalizer" },
		{ "golden/hf-first.json", "\"split\":false", "\"split\":true", LL_EUNSUPPORTED, "Metaspace that splits" },
		{ "golden/hf-first.json", "\"first\"", "\"middle\"", LL_EUNSUPPORTED, "prepend_scheme" },
		{ spm_file, "{\"SpecialToken\":{\"id\":\"<s>\"", "{\"SpecialToken\":{\"id\":\"<t>\"", LL_EDATA,
			"post_processor: '<t>' is no special token" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ll_buf file = patched(cases[i].file, cases[i].from, cases[i].to);

		for (int large = 0; large < 2; large++) {
			struct ll_vocab *vocab;
			struct ll_err err = { 0 };
			int status = ll_vocab_from_hf(&vocab, file.data, file.len, "mem", &err);

			if (status != -cases[i].code || strstr(err.text, cases[i].told) == NULL)
				fail_msg("case %zu: wanted %d '%s', got %d '%s'", i, cases[i].code, cases[i].told, -status, err.text);
			assert_null(vocab);
			pad(&file);
		}
		ll_buf_free(&file);
	}
}

/* The regular expressions in tests/golden/split.jsonl are known, by their splitters' names. */
static void
check_regex(const struct ll_json *record, size_t line, void *context)
{
	const char *regex = ll_json_text_of(ll_json_get(record, "regex"), NULL);
	const char *name = ll_json_text_of(ll_json_get(record, "name"), NULL);
	struct ll_buf pre = { 0 }, file;
	struct ll_json *text;
	struct ll_vocab *vocab;
	struct ll_err err = { 0 };
	char *quoted;

	if (regex == NULL)
		return;
	++*(int *)context;
	text = ll_json_string(regex, strlen(regex));
	quoted = ll_json_text(text, false, NULL);
	assert_non_null(quoted);
	ll_buf_printf(&pre, NULL, "\"pre_tokenizer\":{\"type\":\"Sequence\",\"pretokenizers\":[{\"type\":\"Split\",\"pattern\":"
	    "{\"Regex\":%s},\"behavior\":\"Removed\",\"invert\":true},{\"type\":\"ByteLevel\",\"add_prefix_space\":false,"
	    "\"use_regex\":false}]},\"other\":{", quoted);
	file = patched("golden/hf-gpt2.json", "\"pre_tokenizer\":{", pre.data);
	if (ll_vocab_from_hf(&vocab, file.data, file.len, "mem", &err) < 0)
		fail_msg("line %zu: %s", line, err.text);
	assert_string_equal(vocab->pre, name);
	ll_vocab_free(vocab);
	ll_buf_free(&file);
	ll_buf_free(&pre);
	ll_json_free(text);
	free(quoted);
}

static void
regexes(void **state)
{
	int count = 0;

	(void)state;
	golden_each(golden_own_path("golden/split.jsonl"), check_regex, &count);
	assert_int_equal(count, 7);
}

/* A merge of what is no token is found when the tokenizer is made. */
static void
bad_merge(void **state)
{
	struct ll_buf file = patched("golden/hf-prepend.json", "\"merges\":[", "\"merges\":[[\"\xe2\x96\x81\",\"\\u4e2d\"],");
	struct ll_tokenizer *tokenizer;
	struct ll_vocab *vocab;
	struct ll_err err = { 0 };

	(void)state;
	assert_int_equal(ll_vocab_from_hf(&vocab, file.data, file.len, "mem", &err), 0);
	assert_int_equal(ll_tokenizer_new(&tokenizer, vocab, &err), -LL_EDATA);
	assert_non_null(strstr(err.text, "merges: merge 0"));
	assert_null(strstr(err.text, "ggml"));
	ll_vocab_free(vocab);
	ll_buf_free(&file);
}

/* hf-gpt2.json with so many merges that threads share them: behind its own these again, backwards. */
static struct ll_buf
with_equal(const struct ll_vocab *vocab, size_t times, const char *behind)
{
	struct ll_buf list = { 0 }, back = { 0 }, file;

	assert_int_equal(ll_buf_puts(&list, "\"merges\":[", NULL), 0);
	for (size_t i = 0; i < vocab->merge_count; i++) {
		size_t ranks[] = { i, vocab->merge_count - 1 - i };

		for (size_t j = 0; j < 2; j++) {
			struct ll_piece merge = ll_vocab_merge(vocab, ranks[j]);
			struct ll_json *string = ll_json_string(merge.bytes, merge.length);
			char *text = ll_json_text(string, false, NULL);

			assert_int_equal(ll_buf_printf(j == 0 ? &list : &back, NULL, "%s%s", i + j > 0 ? "," : "", text), 0);
			free(text);
			ll_json_free(string);
		}
	}
	for (; times > 0; times--)
		assert_int_equal(ll_buf_add(&list, back.data, back.len, NULL), 0);
	assert_int_equal(ll_buf_printf(&list, NULL, "%s]},\"other\":{\"merges\":[", behind), 0);
	file = patched("golden/hf-gpt2.json", "\"merges\":[", list.data);
	ll_buf_free(&list);
	ll_buf_free(&back);
	return file;
}

/* Of equal merges the first counts, and of bad ones it is told, whichever thread reads them. */
static void
many_merges(void **state)
{
	static const char bad[] = ",\"zqz qzq\",\"qzq zqz\"";
	struct ll_buf file = patched("golden/hf-gpt2.json", "{", "{");
	struct ll_vocab *vocab = from_buf(&file), *many;
	struct ll_tokenizer *tokenizer;
	struct context context = { .file = "equal merges" };
	size_t times = 40000 / vocab->merge_count;
	struct ll_err err = { 0 };
	char told[64];

	(void)state;
	ll_buf_free(&file);
	file = with_equal(vocab, times, "");
	many = from_buf(&file);
	assert_int_equal(ll_tokenizer_new(&tokenizer, many, NULL), 0);
	context.tokenizer = tokenizer;
	golden_each(golden_own_path("golden/hf-gpt2.jsonl"), check_record, &context);
	ll_tokenizer_free(tokenizer);
	ll_vocab_free(many);
	ll_buf_free(&file);
	file = with_equal(vocab, times, bad);
	many = from_buf(&file);
	assert_int_equal(ll_tokenizer_new(&tokenizer, many, &err), -LL_EDATA);
	snprintf(told, sizeof(told), "merge %zu, 'zqz qzq'", vocab->merge_count * (times + 1));
	assert_non_null(strstr(err.text, told));
	ll_vocab_free(many);
	ll_buf_free(&file);
	ll_vocab_free(vocab);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gpt2),
		cmocka_unit_test(sentencepiece),
		cmocka_unit_test(refused),
		cmocka_unit_test(read_ahead),
		cmocka_unit_test(regexes),
		cmocka_unit_test(bad_merge),
		cmocka_unit_test(many_merges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
