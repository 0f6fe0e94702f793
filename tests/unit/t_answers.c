/*
 * Where a conversation's prompt has the assistant's turns: in every format by hand, and
 * against masks made as transformers makes them (tests/golden/answers.py).
 */

#include "tests/unit/golden.h"

#include "tests/unit/tiny_vocab.h"
#include "tokenize/chat.h"

struct world {
	struct tiny tiny;
	struct ll_tokenizer *tokenizer;
	float scores[TINY_MOST];
};

/* Bytes and special tokens; with two line ends as a token; with tags as tokens; SentencePiece's kind. */
static struct world llama_world, joined_world, mistral_world, spm_world;
static struct opened llama, smollm;

static const char *
string(const struct ll_json *object, const char *key)
{
	return ll_json_text_of(ll_json_get(object, key), NULL);
}

/* What ids spell, with the answers between braces. */
static struct ll_buf
show(const struct world *world, const struct ll_ids *ids, const struct ll_stretches *answers)
{
	struct ll_buf out = { 0 };
	size_t which = 0;

	for (size_t i = 0; i < ids->count; i++) {
		const struct ll_piece *piece = &world->tiny.vocab.pieces[ids->ids[i]];
		bool more = which < answers->count;

		assert_int_equal(ll_buf_puts(&out, more && answers->list[which].begin == i ? "{" : "", NULL), 0);
		assert_int_equal(ll_buf_add(&out, piece->bytes, piece->length, NULL), 0);
		if (more && answers->list[which].end == i + 1) {
			assert_int_equal(ll_buf_puts(&out, "}", NULL), 0);
			which++;
		}
	}
	assert_int_equal(which, answers->count);
	return out;
}

static int
render(const char *format, const struct ll_tokenizer *tokenizer, const struct ll_json *record, struct ll_ids *ids,
    struct ll_stretches *answers, struct ll_err *err)
{
	struct ll_messages *messages = NULL;
	struct ll_chat chat;
	int status = 0;

	assert_int_equal(ll_chat_by_name(&chat, format, err), 0);
	/* Of the two kinds of its templates: the golden file's. */
	chat.trim_answers = chat.format == LL_CHAT_MISTRAL_V3;
	/* A system message of its own. */
	if (tokenizer == smollm.tokenizer)
		assert_int_equal(ll_chat_recognise(&chat, smollm.vocab, err), 0);
	if ((status = ll_chat_options(&chat, record, err)) == 0 &&
	    (status = ll_messages_read(&messages, ll_json_get(record, "messages"), "messages", err)) == 0)
		status = ll_chat_render_answers(&chat, tokenizer, messages->messages, messages->count, ids, answers, err);
	ll_messages_free(messages);
	return status;
}

static void
expect(const char *format, const struct world *world, const char *json, const char *want)
{
	struct ll_stretches answers = { 0 };
	struct ll_ids ids = { 0 };
	struct ll_err err = { 0 };
	struct ll_json *record;
	struct ll_buf shown;

	assert_int_equal(ll_json_parse_line(&record, json, strlen(json), "test", &err), 0);
	if (render(format, world->tokenizer, record, &ids, &answers, &err) < 0)
		fail_msg("%s: %s", format, err.text);
	shown = show(world, &ids, &answers);
	assert_string_equal(shown.data, want);
	ll_buf_free(&shown);
	ll_json_free(record);
	free(answers.list);
	free(ids.ids);
}

#define MESSAGE(role, text) "{\"role\":\"" role "\",\"content\":\"" text "\"}"
#define TWO "{\"messages\":[" MESSAGE("user", "q") "," MESSAGE("assistant", "a") "," MESSAGE("user", "r") "," \
	MESSAGE("assistant", "b") "]}"
#define HEAD(role) "<|start_header_id|>" role "<|end_header_id|>\n\n"
#define LLAMA "<|begin_of_text|>" HEAD("user") "q<|eot_id|>" HEAD("assistant") "{a<|eot_id|>}" HEAD("user") "r<|eot_id|>" \
	HEAD("assistant") "{b<|eot_id|>}"
#define IM(role) "<|im_start|>" role "\n"

static void
formats(void **state)
{
	(void)state;
	expect("llama3", &llama_world, TWO, LLAMA);
	expect("meta", &llama_world, TWO, LLAMA);
	expect("chatml", &llama_world, TWO, IM("user") "q<|im_end|>\n" IM("assistant") "{a<|im_end|>}\n" IM("user")
	    "r<|im_end|>\n" IM("assistant") "{b<|im_end|>}\n");
	expect("zephyr", &mistral_world, TWO, "<|user|>\nq</s>\n<|assistant|>\n{a</s>}\n<|user|>\nr</s>\n"
	    "<|assistant|>\n{b</s>}\n");
	expect("llama2", &mistral_world, TWO, "<s>[INST] q [/INST]{ a </s>}<s>[INST] r [/INST]{ b </s>}");
	expect("mistral", &mistral_world, TWO, "<s> [INST] q [/INST]{ a</s>} [INST] r [/INST]{ b</s>}");
	expect("mistral-v0.1", &mistral_world, TWO, "<s>[INST] q [/INST]{a</s>} [INST] r [/INST]{b</s>} ");
	expect("mistral-v0.2", &mistral_world, TWO, "<s>[INST] q [/INST]{a</s>}[INST] r [/INST]{b</s>}");
	expect("mistral-v3", &mistral_world, TWO, "<s>[INST] q[/INST]{ a</s>}[INST] r[/INST]{ b</s>}");
	expect("mistral-v3-tekken", &mistral_world, TWO, "<s>[INST]q[/INST]{a</s>}[INST]r[/INST]{b</s>}");
	expect("mistral-v7", &mistral_world, TWO, "<s>[INST] q[/INST]{ a</s>}[INST] r[/INST]{ b</s>}");
	expect("mistral-v7-tekken", &mistral_world, TWO, "<s>[INST]q[/INST]{a</s>}[INST]r[/INST]{b</s>}");
}

#define EMPTY "{\"messages\":[" MESSAGE("user", "q") "," MESSAGE("assistant", "") "]}"
#define NONE "{\"messages\":[" MESSAGE("user", "q") "]}"
#define CALL(more) "{\"messages\":[" MESSAGE("user", "q") ",{\"role\":\"assistant\"," more "}]"

/* A call of a tool is an answer, and one that is empty still ends. */
static void
calls(void **state)
{
	(void)state;
	expect("chatml", &llama_world, EMPTY, IM("user") "q<|im_end|>\n" IM("assistant") "{<|im_end|>}\n");
	expect("llama3", &llama_world, EMPTY, "<|begin_of_text|>" HEAD("user") "q<|eot_id|>" HEAD("assistant") "{<|eot_id|>}");
	expect("llama3", &llama_world, NONE, "<|begin_of_text|>" HEAD("user") "q<|eot_id|>");
	expect("meta", &llama_world, CALL("\"content\":\"\",\"stop_reason\":\"end_of_message\",\"tool_calls\":[{\"name\":"
	    "\"code_interpreter\",\"arguments\":{\"code\":\"1\"}}]") "}", "<|begin_of_text|>" HEAD("user") "q<|eot_id|>"
	    HEAD("assistant") "{<|python_tag|>1<|eom_id|>}");
	expect("llama3.1", &llama_world, CALL("\"tool_calls\":[{\"name\":\"brave_search\",\"arguments\":{\"query\":\"x\"}}]")
	    ",\"builtin_tools\":[\"brave_search\"]}", "<|begin_of_text|>" HEAD("system") "Environment: ipython\n"
	    "Tools: brave_search\n\nCutting Knowledge Date: December 2023\nToday Date: 26 Jul 2024\n\n<|eot_id|>"
	    HEAD("user") "q<|eot_id|>" HEAD("assistant") "{<|python_tag|>brave_search.call(query=\"x\")<|eom_id|>}");
	expect("mistral-v3-tekken", &mistral_world, CALL("\"tool_calls\":[{\"name\":\"f\",\"arguments\":{},"
	    "\"id\":\"123456789\"}]") "}", "<s>[INST]q[/INST]{[TOOL_CALLS][{\"name\": \"f\", \"arguments\": {}, "
	    "\"id\": \"123456789\"}]</s>}");
}

/* A token that holds the header's end and the answer's beginning is the answer's. */
static void
shared_tokens(void **state)
{
	(void)state;
	expect("zephyr", &joined_world, "{\"messages\":[" MESSAGE("assistant", "\\nx") "]}",
	    "<|assistant|>{\n\nx<|eot_id|>}\n");
}

/* SentencePiece puts a space before a segment, and U+2581 is one: places are still found. */
static void
sentencepiece(void **state)
{
	(void)state;
	expect("llama2", &spm_world, TWO, "<s> [INST] q [/INST]{ a </s>}<s> [INST] r [/INST]{ b </s>}");
	expect("zephyr", &spm_world, "{\"messages\":[" MESSAGE("user", "\xe2\x96\x81\xe2\x96\x81") ","
	    MESSAGE("assistant", "\xe2\x96\x81" "a") "]}", " <|user|>\n  </s> \n<|assistant|>\n{ a</s>} \n");
	expect("llama2", &spm_world, "{\"messages\":[" MESSAGE("user", "\xe2\x96\x81" "b\xe2\x96\x81") ","
	    MESSAGE("assistant", "\xe2\x96\x81") "]}", "<s> [INST]  b  [/INST]{   </s>}");
	expect("mistral", &spm_world, TWO, "<s> [INST] q [/INST]{ a</s>} [INST] r [/INST]{ b</s>}");
	expect("mistral-v3", &spm_world, TWO, "<s> [INST] q[/INST]{ a</s>} [INST] r[/INST]{ b</s>}");
}

static void
refused(void **state)
{
	static const char *const names[] = { "llama-guard3", "llama-guard3-1b" };
	struct ll_stretches answers = { 0 };
	struct ll_ids ids = { 0 };
	struct ll_json *record;

	(void)state;
	assert_int_equal(ll_json_parse_line(&record, TWO, strlen(TWO), "test", NULL), 0);
	for (size_t i = 0; i < 2; i++) {
		struct ll_err err = { 0 };

		assert_int_equal(render(names[i], llama_world.tokenizer, record, &ids, &answers, &err), -LL_EUNSUPPORTED);
		assert_non_null(strstr(err.text, names[i]));
	}
	assert_int_equal(ids.count + answers.count, 0);
	assert_int_equal(ll_chat_render_answers(&(struct ll_chat){ .format = LL_CHAT_NONE }, llama_world.tokenizer, NULL, 0,
	    &ids, &answers, NULL), -LL_EUNSUPPORTED);
	ll_json_free(record);
}

struct counts {
	size_t texts, masks;
};

static void
check_texts(const struct ll_tokenizer *tokenizer, const struct ll_ids *ids, const struct ll_stretches *answers,
    const struct ll_json *want, size_t line)
{
	assert_int_equal(answers->count, ll_json_count(want));
	for (size_t i = 0; i < answers->count; i++) {
		const struct ll_stretch *answer = &answers->list[i];
		const struct ll_ids part = { ids->ids, answer->end, answer->end };
		struct ll_buf text = spell(tokenizer, &part, answer->begin);

		if (strcmp(text.data, ll_json_text_of(ll_json_at(want, i), NULL)) != 0)
			fail_msg("line %zu: answer %zu is '%s'", line, i, text.data);
		ll_buf_free(&text);
	}
}

static void
check_masks(const struct ll_stretches *answers, const struct ll_json *want, size_t line)
{
	assert_int_equal(answers->count, ll_json_count(want));
	for (size_t i = 0; i < answers->count; i++) {
		int64_t begin, end;

		assert_true(ll_json_integer(ll_json_at(ll_json_at(want, i), 0), &begin));
		assert_true(ll_json_integer(ll_json_at(ll_json_at(want, i), 1), &end));
		if ((size_t)begin != answers->list[i].begin || (size_t)end != answers->list[i].end)
			fail_msg("line %zu: answer %zu is %zu to %zu, should be %lld to %lld", line, i,
			    answers->list[i].begin, answers->list[i].end, (long long)begin, (long long)end);
	}
}

static void
check_golden(const struct ll_json *record, size_t line, void *context)
{
	const char *format = string(record, "format");
	bool is_llama = strncmp(format, "llama", 5) == 0;
	const struct world *bytes = is_llama || strcmp(format, "chatml") == 0 ? &llama_world : &mistral_world;
	const struct ll_tokenizer *real = is_llama ? llama.tokenizer : bytes == &llama_world ? smollm.tokenizer : NULL;
	struct counts *counts = context;
	struct ll_stretches answers = { 0 };
	struct ll_ids ids = { 0 };
	struct ll_err err = { 0 };

	if (render(format, bytes->tokenizer, record, &ids, &answers, &err) < 0)
		fail_msg("line %zu: %s", line, err.text);
	check_texts(bytes->tokenizer, &ids, &answers, ll_json_get(record, "answers"), line);
	counts->texts++;
	ids.count = answers.count = 0;
	if (real != NULL) {
		if (render(format, real, record, &ids, &answers, &err) < 0)
			fail_msg("line %zu: %s", line, err.text);
		assert_ids(&ids, ll_json_get(record, "ids"), format, line);
		check_masks(&answers, ll_json_get(record, "learned"), line);
		counts->masks++;
	}
	free(answers.list);
	free(ids.ids);
}

static void
golden(void **state)
{
	struct counts counts = { 0 };

	(void)state;
	assert_int_equal(golden_each(golden_own_path("golden/answers.jsonl"), check_golden, &counts), 60);
	assert_int_equal(counts.texts, 60);
	assert_int_equal(counts.masks, 24 * (llama.tokenizer != NULL) + 12 * (smollm.tokenizer != NULL));
}

static void
make_world(struct world *world, const char *const *specials, size_t count, const char *bos, const char *eos)
{
	struct ll_err err = { 0 };

	for (size_t i = 0; i < count; i++) {
		uint32_t id = tiny_add(&world->tiny, specials[i], LL_TOKEN_CONTROL);

		if (strcmp(specials[i], bos) == 0)
			world->tiny.vocab.bos = id;
		if (strcmp(specials[i], eos) == 0)
			world->tiny.vocab.eos = id;
	}
	if (ll_tokenizer_new(&world->tokenizer, &world->tiny.vocab, &err) < 0)
		fail_msg("%s", err.text);
}

static int
open_all(void **state)
{
	static const char *const llama_specials[] = { "<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>",
	    "<|eot_id|>", "<|eom_id|>", "<|python_tag|>", "<|im_start|>", "<|im_end|>" };
	static const char *const mistral_specials[] = { "<s>", "</s>", "[INST]", "[/INST]", "[TOOL_CALLS]",
	    "[TOOL_RESULTS]", "[/TOOL_RESULTS]", "[AVAILABLE_TOOLS]", "[/AVAILABLE_TOOLS]" };
	static const char *const spaced[] = { " a", " b", " [", "  " };

	(void)state;
	tiny_begin(&llama_world.tiny, LL_VOCAB_BPE_RANKS, "llama-bpe");
	make_world(&llama_world, llama_specials, 8, "<|begin_of_text|>", "<|eot_id|>");
	tiny_begin(&joined_world.tiny, LL_VOCAB_BPE_RANKS, "llama-bpe");
	tiny_add(&joined_world.tiny, "\n\n", LL_TOKEN_NORMAL);
	make_world(&joined_world, llama_specials, 8, "<|begin_of_text|>", "<|eot_id|>");
	tiny_begin(&mistral_world.tiny, LL_VOCAB_BPE_RANKS, "llama-bpe");
	make_world(&mistral_world, mistral_specials, 9, "<s>", "</s>");
	tiny_begin(&spm_world.tiny, LL_VOCAB_SPM_SCORES, "default");
	for (size_t i = 0; i < 4; i++) {
		spm_world.scores[256 + i] = 9 - (float)i;
		tiny_add(&spm_world.tiny, spaced[i], LL_TOKEN_NORMAL);
	}
	spm_world.tiny.vocab.scores = spm_world.scores;
	spm_world.tiny.vocab.space_prefix = LL_PREFIX_FIRST;
	make_world(&spm_world, mistral_specials, 2, "<s>", "</s>");
	llama = open_tokenizer(golden_path("llama3-tokenizer.model"));
	smollm = open_tokenizer(getenv("LL_TEST_SMOLLM"));
	return 0;
}

static int
close_all(void **state)
{
	(void)state;
	ll_tokenizer_free(llama_world.tokenizer);
	ll_tokenizer_free(joined_world.tokenizer);
	ll_tokenizer_free(mistral_world.tokenizer);
	ll_tokenizer_free(spm_world.tokenizer);
	close_tokenizer(&llama);
	close_tokenizer(&smollm);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(formats),
		cmocka_unit_test(calls),
		cmocka_unit_test(shared_tokens),
		cmocka_unit_test(sentencepiece),
		cmocka_unit_test(refused),
		cmocka_unit_test(golden),
	};

	return cmocka_run_group_tests(tests, open_all, close_all);
}
