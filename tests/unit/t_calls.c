/*
 * The parser of answers: against Meta's own (tests/golden/calls.py), every form, every cut,
 * what is hostile, and what the renderers write. LL_TEST_CALLS names another such golden file.
 */

#include "tests/unit/golden.h"

#include "base/clock.h"
#include "tests/unit/tiny_vocab.h"
#include "tokenize/calls.h"
#include "tokenize/chat.h"
#include "tokenize/pyjson.h"

/* What came of an answer, as one text: "text|name{arguments}|...". */
static struct ll_buf
parse(const char *answer, size_t length, bool tagged, size_t step)
{
	struct ll_buf out = { 0 };
	struct ll_calls *calls;
	const struct ll_call *list;
	size_t count;

	assert_int_equal(ll_calls_new(&calls, NULL), 0);
	if (tagged)
		assert_int_equal(ll_calls_tag(calls, NULL), 0);
	for (size_t at = 0; at < length; at += step)
		assert_int_equal(ll_calls_text(calls, answer + at, length - at < step ? length - at : step, NULL), 0);
	assert_int_equal(ll_calls_end(calls, NULL), 0);
	assert_int_equal(ll_calls_text(calls, "x", 1, NULL), -LL_EBUG);
	ll_buf_add(&out, ll_calls_said(calls)->data, ll_calls_said(calls)->len, NULL);
	list = ll_calls_list(calls, &count);
	for (size_t i = 0; i < count; i++) {
		ll_buf_printf(&out, NULL, "|%s", list[i].name);
		ll_pyjson_dump(&out, list[i].arguments, 0, false, NULL);
	}
	if (out.data == NULL)
		ll_buf_puts(&out, "", NULL);
	ll_calls_free(calls);
	return out;
}

/* Whole, byte by byte, and in threes. */
static void
expect(const char *answer, bool tagged, const char *want, size_t line)
{
	static const size_t steps[] = { SIZE_MAX / 2, 1, 3 };

	for (size_t i = 0; i < 3; i++) {
		struct ll_buf got = parse(answer, strlen(answer), tagged, steps[i]);

		if (strcmp(got.data, want) != 0)
			fail_msg("case %zu, step %zu: %s\nis %s\nnot %s", line, steps[i], answer, got.data, want);
		ll_buf_free(&got);
	}
}

static void
check_golden(const struct ll_json *record, size_t line, void *context)
{
	const char *name = ll_json_text_of(ll_json_get(record, "name"), NULL);
	struct ll_buf want = { 0 };

	(void)context;
	ll_buf_puts(&want, ll_json_text_of(ll_json_get(record, "text"), NULL), NULL);
	if (name != NULL) {
		ll_buf_printf(&want, NULL, "|%s", name);
		ll_pyjson_dump(&want, ll_json_get(record, "arguments"), 0, false, NULL);
	}
	expect(ll_json_text_of(ll_json_get(record, "answer"), NULL), ll_json_is_true(ll_json_get(record, "tagged")),
	    want.data, line);
	ll_buf_free(&want);
}

static void
golden(void **state)
{
	const char *more = getenv("LL_TEST_CALLS");

	(void)state;
	assert_int_equal(golden_each(golden_own_path("golden/calls.jsonl"), check_golden, NULL), 120);
	if (more != NULL)
		printf("# %zu more\n", golden_each(more, check_golden, NULL));
}

static void
forms(void **state)
{
	static const struct {
		const char *answer;
		bool tagged;
		const char *want;
	} cases[] = {
		{ "Hello <there>, a < b", false, "Hello <there>, a < b" },
		{ "  \n", false, "  \n" },
		{ "\n {\"name\": \"f\", \"parameters\": {\"a\": {\"b\": [1]}}} \n", false, "|f{\"a\": {\"b\": [1]}}" },
		{ "{\"name\": \"f\", \"arguments\": {}}; {\"type\": \"function\", \"name\": \"g\", \"parameters\": {\"x\": \"}{\"}}",
		  false, "|f{}|g{\"x\": \"}{\"}" },
		{ "{\"type\": \"function\", \"function\": {\"name\": \"f\", \"parameters\": {}}}", false, "|f{}" },
		{ "{\"type\": \"function\", \"function\": \"f\", \"parameters\": {}}", false, "|f{}" },
		/* Answers in JSON are text: no parameters, something behind, another first key. */
		{ "{\"name\": \"Bob\"}", false, "{\"name\": \"Bob\"}" },
		{ "{\"name\": \"f\", \"parameters\": {}} is it", false, "{\"name\": \"f\", \"parameters\": {}} is it" },
		{ "{\"name\": \"f\", \"parameters\": {}};", false, "{\"name\": \"f\", \"parameters\": {}};" },
		{ " {\"x\": {\"name\": \"f\", \"parameters\": {}}}", false, " {\"x\": {\"name\": \"f\", \"parameters\": {}}}" },
		{ "{\"name\": \"\", \"parameters\": {}}", false, "{\"name\": \"\", \"parameters\": {}}" },
		{ "{\"name\": \"f\", \"parameters\": {}", false, "{\"name\": \"f\", \"parameters\": {}" },
		{ "[get_weather(city='San Francisco', metric=\"celsius\"), math.g(n=-1, l=[True, None, 2.5], d={'k': (1, 2)})]",
		  false, "|get_weather{\"city\": \"San Francisco\", \"metric\": \"celsius\"}|math.g{\"n\": -1, \"l\": [true, null, 2.5], "
		  "\"d\": {\"k\": [1, 2]}}" },
		{ "[f(1)]", false, "[f(1)]" },
		{ "[f(a=1, a=2)]", false, "[f(a=1, a=2)]" },
		{ "[f(a=1) g()]", false, "[f(a=1) g()]" },
		{ "[f(a=__import__('os'))]", false, "[f(a=__import__('os'))]" },
		{ "[f(a=9223372036854775808)]", false, "[f(a=9223372036854775808)]" },
		{ "[f()] or not", false, "[f()] or not" },
		{ "[1, 2]", false, "[1, 2]" },
		{ "I call: <function=f>{\"a\": {\"b\": \"}\"}}</function> and\n<function=g>{}</function>\n", false,
		  "I call:  and\n|f{\"a\": {\"b\": \"}\"}}|g{}" },
		{ "<function=f>{'a': 'b'}", false, "|f{\"a\": \"b\"}" },
		{ "<function=f>{\"a\"}</function>", false, "<function=f>{\"a\"}</function>" },
		{ "<function=f>{<function=g>{}</function>", false, "<function=f>{|g{}" },
		{ "<function=>{}</function><function", false, "<function=>{}</function><function" },
		{ "brave_search.call(query=\"a (b)\")\n", false, "|brave_search{\"query\": \"a (b)\"}" },
		{ "x.call(query=\"a\", n=\"2\")", true, "|x{\"query\": \"a\", \"n\": \"2\"}" },
		{ "x.call(query=\"a\") now", false, "x.call(query=\"a\") now" },
		{ "x.call(query=\"a\") # code", true, "|code_interpreter{\"code\": \"x.call(query=\\\"a\\\") # code\"}" },
		{ "import os\nprint(1)", true, "|code_interpreter{\"code\": \"import os\\nprint(1)\"}" },
		{ "[f(a=1)]", true, "|f{\"a\": 1}" },
		{ " <function=f>{\"a\": 1}</function> ", true, "|f{\"a\": 1}" },
		{ "{\"name\": \"f\", \"parameters\": {}}", true, "|f{}" },
		{ "[1, 2]", true, "|code_interpreter{\"code\": \"[1, 2]\"}" },
		{ "", true, "" },
		{ "\xff\xfe <funct", false, "\xff\xfe <funct" },
		{ "[f(\xff=1)]", false, "[f(\xff=1)]" },
		{ "[f(a='\xff')]", false, "[f(a='\xff')]" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		expect(cases[i].answer, cases[i].tagged, strcmp(cases[i].answer, "") == 0 && cases[i].tagged ?
		    "|code_interpreter{\"code\": \"\"}" : cases[i].want, i);
}

/* What the end of a text is must not wait for more than it has to. */
static void
streams(void **state)
{
	struct ll_calls *calls;

	(void)state;
	assert_int_equal(ll_calls_new(&calls, NULL), 0);
	ll_calls_text(calls, "Hel", 3, NULL);
	assert_int_equal(ll_calls_said(calls)->len, 0);
	ll_calls_text(calls, "lo there <", 10, NULL);
	assert_string_equal(ll_calls_said(calls)->data, "Hello there ");
	ll_calls_text(calls, "b", 1, NULL);
	assert_string_equal(ll_calls_said(calls)->data, "Hello there <b");
	ll_calls_text(calls, "{\"name\": ", 9, NULL);
	assert_string_equal(ll_calls_said(calls)->data, "Hello there <b{\"name\": ");
	ll_calls_tag(calls, NULL);
	ll_calls_text(calls, "1 + 1", 5, NULL);
	assert_int_equal(ll_calls_end(calls, NULL), 0);
	assert_string_equal(ll_calls_said(calls)->data, "Hello there <b{\"name\": ");
	assert_int_equal(ll_calls_end(calls, NULL), -LL_EBUG);
	ll_calls_free(calls);
}

/* Answers of a megabyte that are made to take long. */
static void
hostile(void **state)
{
	static const char *const pieces[] = {
		"<function=a>{", "<function=", "<", "{\"name\": ", "[f(a=", "[f(a=[", " ", "[", "{", "(", "a", "\\", "\"",
		"<function=a>{\"x\": \"", "</function>", "<function=a>{}", "<function=a>{</function>", "[f(a=\"\"),", "x.call(a=\"",
		"{\"name\":\"f\",\"parameters\":{}};", "[f(a=((((((((",
	};
	size_t size = 1 << 20;
	char *answer = malloc(size);

	(void)state;
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++)
		for (size_t step = 1; step < size; step *= 1000) {
			size_t length = strlen(pieces[i]);
			double begun = ll_clock_seconds();
			struct ll_buf got;

			for (size_t at = 0; at < size; at++)
				answer[at] = pieces[i][at % length];
			got = parse(answer, size, step % 7 == 1, step);
			ll_buf_free(&got);
			if (ll_clock_seconds() - begun > 10)
				fail_msg("%s in steps of %zu takes %.1f s", pieces[i], step, ll_clock_seconds() - begun);
		}
	free(answer);
}

/* An id at a time; special ones by their meaning, and the message that it makes. */
static void
ids(void **state)
{
	static struct tiny tiny;
	const uint32_t show = UINT32_MAX;
	struct ll_tokenizer *tokenizer;
	struct ll_calls *calls;
	struct ll_json *message;
	uint32_t tag, eom;
	char *text;

	(void)state;
	tiny_begin(&tiny, LL_VOCAB_BPE_RANKS, "llama-bpe");
	tag = tiny_add(&tiny, "<|python_tag|>", LL_TOKEN_CONTROL);
	eom = tiny_add(&tiny, "<|eom_id|>", LL_TOKEN_CONTROL);
	assert_int_equal(ll_tokenizer_new(&tokenizer, &tiny.vocab, NULL), 0);
	assert_int_equal(ll_calls_new(&calls, NULL), 0);
	assert_int_equal(ll_calls_id(calls, tokenizer, '<', show, NULL), 0);
	assert_int_equal(ll_calls_id(calls, tokenizer, 'X', 0, NULL), 0);
	assert_int_equal(ll_calls_id(calls, tokenizer, tag, show, NULL), 0);
	assert_int_equal(ll_calls_id(calls, tokenizer, '1', show, NULL), 0);
	assert_int_equal(ll_calls_id(calls, tokenizer, eom, show, NULL), 0);
	assert_int_equal(ll_calls_id(calls, tokenizer, 999, show, NULL), -LL_EDATA);
	assert_int_equal(ll_calls_stop(calls), LL_STOPPED_MESSAGE);
	assert_int_equal(ll_calls_end(calls, NULL), 0);
	assert_int_equal(ll_calls_message(calls, &message, NULL), 0);
	text = ll_json_text(message, false, NULL);
	assert_string_equal(text, "{\"role\":\"assistant\",\"content\":\"<\",\"tool_calls\":[{\"type\":\"function\",\"function\":"
	    "{\"name\":\"code_interpreter\",\"arguments\":{\"code\":\"1\"}}}],\"stop_reason\":\"end_of_message\"}");
	free(text);
	ll_json_free(message);
	ll_calls_free(calls);
	ll_tokenizer_free(tokenizer);
}

/* The space that SentencePiece puts before an answer is no part of it. */
static void
sentencepiece(void **state)
{
	static const char *const answers[] = { "Hello <b>", " two", "[f(a=1)]" };
	static const char *const want[] = { "Hello <b>", " two", "" };
	struct opened llama2 = open_tokenizer(golden_path("llama2-tokenizer.model"));

	(void)state;
	if (llama2.tokenizer == NULL)
		skip();
	for (size_t i = 0; i < 3; i++) {
		struct ll_ids list = { 0 };
		struct ll_calls *calls;
		size_t count;

		assert_int_equal(ll_tokenizer_encode(llama2.tokenizer, answers[i], strlen(answers[i]), false, &list, NULL), 0);
		assert_int_equal(ll_calls_new(&calls, NULL), 0);
		for (size_t j = 0; j < list.count; j++)
			assert_int_equal(ll_calls_id(calls, llama2.tokenizer, list.ids[j], UINT32_MAX, NULL), 0);
		assert_int_equal(ll_calls_end(calls, NULL), 0);
		assert_int_equal(ll_calls_said(calls)->len, strlen(want[i]));
		assert_memory_equal(ll_calls_said(calls)->data != NULL ? ll_calls_said(calls)->data : "", want[i], strlen(want[i]));
		(void)ll_calls_list(calls, &count);
		assert_int_equal(count, i == 2);
		ll_calls_free(calls);
		free(list.ids);
	}
	close_tokenizer(&llama2);
}

/* What the renderers write in each style is read again. */
static void
there_and_back(void **state)
{
	static const char json[] = "[{\"role\": \"assistant\", \"content\": \"\", \"tool_calls\": [{\"name\": \"f\", "
	    "\"arguments\": {\"a\": \"x\\u00e9\\u20ac\", \"b\": [1, 2.5, null, true, \"z\"], \"c\": -7}}]}]";
	static struct tiny tiny;
	struct ll_tokenizer *tokenizer;
	struct ll_messages *all;
	struct ll_json *list;
	const char *end;

	(void)state;
	tiny_begin(&tiny, LL_VOCAB_BPE_RANKS, "llama-bpe");
	tiny_add_specials(&tiny);
	assert_int_equal(ll_tokenizer_new(&tokenizer, &tiny.vocab, NULL), 0);
	assert_int_equal(ll_json_parse(&list, json, strlen(json), "test", NULL), 0);
	assert_int_equal(ll_messages_read(&all, list, "messages", NULL), 0);
	for (int style = 0; style < 4; style++) {
		struct ll_chat chat = { .format = style < 3 ? LL_CHAT_META : LL_CHAT_LLAMA31,
		    .calls = style < 3 ? (enum ll_call_style)style : LL_CALLS_JSON };
		struct ll_buf text = { 0 }, got;

		assert_int_equal(ll_chat_render(&chat, tokenizer, all->messages, 1, false, false, NULL, &text, NULL), 0);
		end = strstr(text.data, "\n\n") + 2;
		got = parse(end, text.len - (size_t)(end - text.data) - strlen("<|eot_id|>"), false, 1);
		assert_string_equal(got.data, "|f{\"a\": \"x\xc3\xa9\xe2\x82\xac\", \"b\": [1, 2.5, null, true, \"z\"], \"c\": -7}");
		ll_buf_free(&got);
		ll_buf_free(&text);
	}
	ll_messages_free(all);
	ll_json_free(list);
	ll_tokenizer_free(tokenizer);
}

/* The tag, a text, and the end of the turn, as the message that comes of them. */
static void
listed(const struct ll_tokenizer *tokenizer, uint32_t tag, const char *text, const char *want)
{
	struct ll_ids ids = { 0 };
	struct ll_calls *calls;
	struct ll_json *message;
	char *json;

	assert_int_equal(ll_calls_new(&calls, NULL), 0);
	assert_int_equal(ll_tokenizer_encode(tokenizer, text, strlen(text), false, &ids, NULL), 0);
	assert_int_equal(ll_calls_id(calls, tokenizer, tag, UINT32_MAX, NULL), 0);
	for (size_t i = 0; i < ids.count; i++)
		assert_int_equal(ll_calls_id(calls, tokenizer, ids.ids[i], UINT32_MAX, NULL), 0);
	assert_int_equal(ll_calls_end(calls, NULL), 0);
	assert_int_equal(ll_calls_message(calls, &message, NULL), 0);
	assert_non_null(json = ll_json_text(message, false, NULL));
	assert_string_equal(json, want);
	free(json);
	ll_json_free(message);
	ll_calls_free(calls);
	free(ids.ids);
}

/* Mistral's [TOOL_CALLS], and the prompt that its renderer makes of such a message. */
static void
mistral(void **state)
{
	static const char json[] = "[{\"role\": \"assistant\", \"content\": \"\", \"tool_calls\": [{\"id\": "
	    "\"abcdefghi\", \"name\": \"f\", \"arguments\": {\"a\": \"\u00e9\"}}]}]";
	struct ll_chat chat = { .format = LL_CHAT_MISTRAL_V3_TEKKEN };
	static struct tiny tiny;
	struct ll_tokenizer *tokenizer;
	struct ll_messages *all;
	struct ll_json *list;
	struct ll_buf text = { 0 };
	uint32_t tag;

	(void)state;
	tiny_begin(&tiny, LL_VOCAB_BPE_RANKS, "llama-bpe");
	tiny_add_specials(&tiny);
	tag = tiny_add(&tiny, "[TOOL_CALLS]", LL_TOKEN_CONTROL);
	tiny.vocab.eos = tiny_add(&tiny, "</s>", LL_TOKEN_CONTROL);
	assert_int_equal(ll_tokenizer_new(&tokenizer, &tiny.vocab, NULL), 0);
	listed(tokenizer, tag, " [{\"name\": \"f\", \"arguments\": {\"a\": [1]}, \"id\": \"abcdefghi\"}, {\"name\": \"g\", "
	    "\"arguments\": {}}] ", "{\"role\":\"assistant\",\"content\":\"\",\"tool_calls\":["
	    "{\"type\":\"function\",\"id\":\"abcdefghi\",\"function\":{\"name\":\"f\",\"arguments\":{\"a\":[1]}}},"
	    "{\"type\":\"function\",\"function\":{\"name\":\"g\",\"arguments\":{}}}]}");
	listed(tokenizer, tag, "[]", "{\"role\":\"assistant\",\"content\":\"[]\"}");
	listed(tokenizer, tag, "[{\"name\": \"f\", \"arguments\": {}}, 7]", "{\"role\":\"assistant\",\"content\":"
	    "\"[{\\\"name\\\": \\\"f\\\", \\\"arguments\\\": {}}, 7]\"}");
	listed(tokenizer, tag, "", "{\"role\":\"assistant\",\"content\":\"\"}");
	assert_int_equal(ll_json_parse(&list, json, strlen(json), "test", NULL), 0);
	assert_int_equal(ll_messages_read(&all, list, "messages", NULL), 0);
	assert_int_equal(ll_chat_render(&chat, tokenizer, all->messages, 1, false, false, NULL, &text, NULL), 0);
	text.data[text.len - strlen("</s>")] = '\0';
	listed(tokenizer, tag, text.data + strlen("[TOOL_CALLS]"), "{\"role\":\"assistant\",\"content\":\"\","
	    "\"tool_calls\":[{\"type\":\"function\",\"id\":\"abcdefghi\",\"function\":{\"name\":\"f\",\"arguments\":"
	    "{\"a\":\"\xc3\xa9\"}}}]}");
	ll_buf_free(&text);
	ll_messages_free(all);
	ll_json_free(list);
	ll_tokenizer_free(tokenizer);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(golden),
		cmocka_unit_test(forms),
		cmocka_unit_test(streams),
		cmocka_unit_test(hostile),
		cmocka_unit_test(ids),
		cmocka_unit_test(sentencepiece),
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(mistral),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
