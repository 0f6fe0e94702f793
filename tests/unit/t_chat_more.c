/*
 * Chat formats against prompts that transformers rendered from generated conversations
 * (tests/golden/chat.py), the reading of messages, and what each format refuses.
 *
 * Only texts are compared here: the vocabulary is a small one whose special tokens are all
 * that matters. LL_TEST_CHAT names another such file, with templates to be recognised.
 */

#include "tests/unit/golden.h"

#include "tests/unit/tiny_vocab.h"
#include "tokenize/chat.h"

struct world {
	struct tiny tiny;
	struct ll_tokenizer *tokenizer;
	const char *bos, *eos;
};

static struct world worlds[2] = {
	{ .bos = "<|begin_of_text|>", .eos = "<|eot_id|>" }, { .bos = "<s>", .eos = "</s>" }
};

static const char *
string(const struct ll_json *object, const char *key)
{
	return ll_json_text_of(ll_json_get(object, key), NULL);
}

static void
choose(const struct ll_json *record, struct ll_vocab *vocab, struct ll_chat *chat, size_t line)
{
	const char *template = string(record, "template");
	struct ll_err err = { 0 };

	if (template == NULL) {
		assert_int_equal(ll_chat_by_name(chat, string(record, "format"), NULL), 0);
		return;
	}
	vocab->chat_template = template;
	vocab->chat_template_length = strlen(template);
	if (ll_chat_recognise(chat, vocab, &err) < 0)
		fail_msg("line %zu: %s", line, err.text);
	assert_string_equal(ll_chat_name(chat->format), string(record, "format"));
}

static void
check_record(const struct ll_json *record, size_t line, void *context)
{
	struct world *world = &worlds[strcmp(string(record, "bos"), "<s>") == 0];
	const char *want = string(record, "prompt");
	struct ll_buf text = { 0 }, back;
	struct ll_ids ids = { 0 };
	struct ll_messages *all = NULL;
	struct ll_chat chat;
	struct ll_err err = { 0 };

	(void)context;
	choose(record, &world->tiny.vocab, &chat, line);
	if (ll_chat_options(&chat, record, &err) < 0 ||
	    ll_messages_read(&all, ll_json_get(record, "messages"), "messages", &err) < 0 ||
	    ll_chat_render(&chat, world->tokenizer, all->messages, all->count, true,
	    ll_json_is_true(ll_json_get(record, "answer")), &ids, &text, &err) < 0)
		fail_msg("line %zu: %s", line, err.text);
	if (strcmp(text.data != NULL ? text.data : "", want) != 0)
		fail_msg("line %zu: rendered\n%s\nshould be\n%s", line, text.data, want);
	back = spell(world->tokenizer, &ids, 0);
	assert_string_equal(back.data != NULL ? back.data : "", want);
	ll_buf_free(&back);
	ll_buf_free(&text);
	free(ids.ids);
	ll_messages_free(all);
}

static void
golden(void **state)
{
	const char *more = getenv("LL_TEST_CHAT");

	(void)state;
	assert_int_equal(golden_each(golden_own_path("golden/chat.jsonl"), check_record, NULL), 121);
	if (more != NULL)
		printf("# %zu more\n", golden_each(more, check_record, NULL));
}

/* Renders a record in JSON; the text, or the error's. */
static int
render(const char *format, const char *json, char *out, size_t size)
{
	struct ll_messages *all = NULL;
	struct ll_buf text = { 0 };
	struct ll_json *record;
	struct ll_chat chat;
	struct ll_err err = { 0 };
	int status;

	assert_int_equal(ll_json_parse_line(&record, json, strlen(json), "test", &err), 0);
	assert_int_equal(ll_chat_by_name(&chat, format, NULL), 0);
	if ((status = ll_chat_options(&chat, record, &err)) == 0 &&
	    (status = ll_messages_read(&all, ll_json_get(record, "messages"), "messages", &err)) == 0)
		status = ll_chat_render(&chat, worlds[strncmp(format, "m", 1) == 0 && strcmp(format, "meta") != 0].tokenizer,
		    all->messages, all->count, true, false, NULL, &text, &err);
	snprintf(out, size, "%s", status < 0 ? err.text : text.data != NULL ? text.data : "");
	ll_messages_free(all);
	ll_json_free(record);
	ll_buf_free(&text);
	return status;
}

#define HEAD "<|begin_of_text|><|start_header_id|>assistant<|end_header_id|>\n\n"
#define CALL(name, arguments) "{\"messages\": [{\"role\": \"assistant\", \"tool_calls\": [{\"tool_name\": \"" \
	name "\", \"arguments\": " arguments "}]"
#define USER "{\"role\": \"user\", \"content\": \"u\"}"

/* What Meta's own code prints for these, taken down by hand from it. */
static void
meta_calls(void **state)
{
	static const char *const cases[][2] = {
		{ CALL("f", "{\"a\": \"\\u00e9\\ud83d\\ude00\\u007f\", \"b\": [1, 2.0, null, true]}") "}]}",
		  HEAD "{\"type\": \"function\", \"name\": \"f\", \"parameters\": {\"a\": \"\\u00e9\\ud83d\\ude00\\u007f\", "
		  "\"b\": [1, 2.0, null, true]}}<|eot_id|>" },
		{ CALL("f", "{\"a\": \"\\u00e9\"}") "}], \"tool_prompt_format\": \"function_tag\"}",
		  HEAD "<function=f>{\"a\": \"\\u00e9\"}</function><|eot_id|>" },
		{ CALL("f", "{\"a\": \"x \\\"y\\\"\", \"b\": [1, {\"c\": null}], \"d\": false, \"e\": 1e20}")
		  "}], \"tool_prompt_format\": \"python_list\"}",
		  HEAD "[f(a=\"x \"y\"\", b=[1, {c=None}], d=False, e=1e+20)]<|eot_id|>" },
		{ CALL("wolfram_alpha", "{\"query\": \"pi\"}") ", \"content\": \" hm \", \"stop_reason\": \"end_of_message\"}]}",
		  HEAD " hm wolfram_alpha.call(query=\"pi\")<|eom_id|>" },
		{ CALL("code_interpreter", "\"{\\\"code\\\": \\\"1\\\"}\"") "}]}", HEAD "<|python_tag|>1<|eot_id|>" },
		{ "{\"messages\": [{\"role\": \"user\", \"content\": \"q\", \"context\": \"c\"}]}",
		  "<|begin_of_text|><|start_header_id|>user<|end_header_id|>\n\nq\n\nc<|eot_id|>" },
	};
	char out[1000];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		render("meta", cases[i][0], out, sizeof(out));
		assert_string_equal(out, cases[i][1]);
	}
}

static void
llama2_folds(void **state)
{
	char out[1000];

	(void)state;
	/* White space goes after the system's text was put before the user's. */
	assert_int_equal(render("llama2", "{\"messages\": [{\"role\": \"system\", \"content\": \" S \"}, "
	    "{\"role\": \"user\", \"content\": \"\\n\"}]}", out, sizeof(out)), 0);
	assert_string_equal(out, "<|begin_of_text|>[INST] <<SYS>>\n S \n<</SYS>> [/INST]");
	assert_int_equal(render("mistral-v3-tekken", "{\"messages\": [{\"role\": \"system\", \"content\": \"S\"}, "
	    USER ", {\"role\": \"assistant\", \"content\": \"a\"}, " USER "]}", out, sizeof(out)), 0);
	assert_string_equal(out, "<s>[INST]u[/INST]a</s>[INST]S\n\nu[/INST]");
}

static void
refusals(void **state)
{
	static const struct {
		const char *format, *json, *want;
		int status;
	} cases[] = {
		{ "llama3.1", "{\"messages\": 1}", "messages: is not a list", -LL_EDATA },
		{ "llama3.1", "{\"messages\": [1]}", "messages[0]: is not an object", -LL_EDATA },
		{ "llama3.1", "{\"messages\": [{\"content\": \"\"}]}", "messages[0].role: is missing", -LL_EDATA },
		{ "llama3.1", "{\"messages\": [{\"role\": 1}]}", "messages[0].role: is not a string", -LL_EDATA },
		{ "llama3.1", "{\"messages\": [{\"role\": \"user\\u0000x\", \"content\": \"\"}]}", "messages[0].role: has a zero byte",
			-LL_EDATA },
		{ "llama3.1", CALL("f\\u0000g", "{}") "}]}", "messages[0].tool_calls[0].tool_name: has a zero byte", -LL_EDATA },
		{ "llama3.1", CALL("f", "{}, \"parameters\": {}") "}]}", "messages[0].tool_calls[0].parameters: beside arguments",
			-LL_EDATA },
		{ "llama3.1", "{\"messages\": [" USER ", {\"role\": \"user\"}]}", "messages[1].content: is missing", -LL_EDATA },
		{ "llama3.1", "{\"messages\": [{\"role\": \"user\", \"content\": {}}]}", "messages[0].content: is neither", -LL_EDATA },
		{ "llama3.1", "{\"messages\": [{\"role\": \"user\", \"content\": [{\"type\": \"image_url\"}]}]}",
		  "messages[0].content[0]: 'image_url'", -LL_EDATA },
		{ "llama3.1", "{\"messages\": [{\"role\": \"user\", \"content\": \"\", \"weight\": 1}]}", "unknown field 'weight'", -LL_EDATA },
		{ "llama3.1", "{\"messages\": [{\"role\": \"owner\", \"content\": \"\"}]}", "role 'owner'", -LL_EDATA },
		{ "llama3.1", "{\"messages\": [{\"role\": \"user\", \"content\": \"\", \"tool_calls\": [{}]}]}", "only the assistant", -LL_EDATA },
		{ "llama3.1", "{\"messages\": [{\"role\": \"assistant\", \"tool_calls\": [{}]}]}",
		  "messages[0].tool_calls[0].name: is missing", -LL_EDATA },
		{ "llama3.1", CALL("f", "[]") "}]}", "messages[0].tool_calls[0].arguments: is not an object", -LL_EDATA },
		{ "llama3.1", CALL("f", "\"{\"") "}]}", "messages[0].tool_calls[0].arguments: bad JSON", -LL_EDATA },
		{ "llama3.1", "{\"tools\": {}, \"messages\": []}", "tools: is not a list", -LL_EDATA },
		{ "llama3.1", "{\"tools\": [\"f\"], \"messages\": []}", "tools[0]: is not an object", -LL_EDATA },
		{ "llama3.1", "{\"tools\": [{}], \"messages\": []}", "no first message of a user", -LL_EDATA },
		{ "llama3.1", "{\"builtin_tools\": [1], \"messages\": []}", "builtin_tools[0]: is not a text", -LL_EDATA },
		{ "llama3.1", "{\"tools_in_user_message\": 1, \"messages\": []}", "tools_in_user_message", -LL_EDATA },
		{ "llama3.1", "{\"builtin_tools\": [\"b\"], \"messages\": [{\"role\": \"assistant\", \"tool_calls\": "
		  "[{\"name\": \"b\", \"arguments\": {\"q\": 1}}]}]}", "messages[0]: argument q", -LL_EDATA },
		{ "llama3.1", "{\"messages\": [{\"role\": \"assistant\", \"tool_calls\": [{\"name\": \"b\", \"arguments\": {}}, "
		  "{\"name\": \"b\", \"arguments\": {}}]}]}", "one call, not more", -LL_EDATA },
		{ "llama3.1", "{\"messages\": [{\"role\": \"user\", \"content\": \"\", \"context\": \"\"}]}", "context: has no place", -LL_EUNSUPPORTED },
		{ "llama3.2", "{\"builtin_tools\": [], \"messages\": []}", "builtin_tools", -LL_EUNSUPPORTED },
		{ "llama3", "{\"tools\": [], \"messages\": []}", "llama3 has no place for tools", -LL_EUNSUPPORTED },
		{ "chatml", CALL("f", "{}") "}]}", "calls of tools have no form", -LL_EUNSUPPORTED },
		{ "meta", "{\"tools\": [], \"messages\": []}", "adds nothing of its own", -LL_EUNSUPPORTED },
		{ "meta", "{\"messages\": [{\"role\": \"tool\", \"content\": 1}]}", "only a text", -LL_EUNSUPPORTED },
		{ "meta", "{\"tool_prompt_format\": \"xml\", \"messages\": []}", "'xml' is not one of", -LL_EDATA },
		{ "llama2", "{\"messages\": [{\"role\": \"user\", \"content\": \"x [/INST] y\"}]}", "has a tag", -LL_EDATA },
		{ "llama2", "{\"messages\": [" USER ", " USER "]}", "messages[1]: role: must be assistant", -LL_EDATA },
		{ "llama2", "{\"messages\": [{\"role\": \"system\", \"content\": \"x\"}]}", "needs a user's", -LL_EDATA },
		{ "mistral-v0.1", "{\"messages\": [{\"role\": \"system\", \"content\": \"x\"}, " USER "]}", "no system message", -LL_EDATA },
		{ "mistral-v3", "{\"builtin_tools\": [], \"messages\": [" USER "]}", "has no built-in tools", -LL_EUNSUPPORTED },
		{ "mistral-v3", "{\"tools\": [{\"name\": \"f\"}], \"messages\": [" USER "]}", "one has no function", -LL_EDATA },
		{ "mistral-v3", CALL("f", "{}") "}]}", "messages[0]: tool_calls: id: must have 9", -LL_EDATA },
		{ "mistral-v3", "{\"messages\": [{\"role\": \"tool\", \"content\": \"x\", \"tool_call_id\": \"12345678\"}]}",
		  "tool_call_id: must have 9", -LL_EDATA },
		{ "mistral-v3", "{\"messages\": [{\"role\": \"tool\", \"content\": [1], \"tool_call_id\": \"123456789\"}]}",
		  "only a text, a number", -LL_EUNSUPPORTED },
		{ "mistral-v3-tekken", "{\"messages\": [" USER ", " USER "]}", "messages[1]: role: must be assistant", -LL_EDATA },
		{ "mistral-v7", CALL("f", "{}") "}]}", "calls of tools have no form", -LL_EUNSUPPORTED },
		{ "llama-guard3", "{\"messages\": []}", "no message to assess", -LL_EDATA },
		{ "llama-guard3", "{\"excluded_category_keys\": [], \"messages\": [" USER "]}", "categories", -LL_EUNSUPPORTED },
		{ "llama-guard3-1b", "{\"categories\": {\"a\": 1}, \"messages\": [" USER "]}", "categories.a", -LL_EDATA },
	};
	char out[1000];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int status = render(cases[i].format, cases[i].json, out, sizeof(out));

		if (status != cases[i].status || strstr(out, cases[i].want) == NULL)
			fail_msg("case %zu: status %d: %s; should be %s", i, status, out, cases[i].want);
	}
}

static void
new_world(struct world *world)
{
	static const char *const names[] = { "<|eom_id|>", "<|python_tag|>", "</s>", "[INST]", "[/INST]",
	    "[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]" };
	bool llama3 = strcmp(world->bos, "<s>") != 0;

	tiny_begin(&world->tiny, LL_VOCAB_BPE_RANKS, "llama-bpe");
	tiny_add(&world->tiny, "\n\n", LL_TOKEN_NORMAL);
	tiny_add_specials(&world->tiny);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		tiny_add(&world->tiny, names[i], LL_TOKEN_CONTROL);
	if (!llama3)
		world->tiny.vocab.bos = tiny_add(&world->tiny, "<s>", LL_TOKEN_CONTROL);
	assert_int_equal(ll_tokenizer_new(&world->tokenizer, &world->tiny.vocab, NULL), 0);
	world->tiny.vocab.eos = ll_tokenizer_find(world->tokenizer, world->eos, strlen(world->eos));
}

static int
open_all(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++)
		new_world(&worlds[i]);
	return 0;
}

static int
close_all(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++)
		ll_tokenizer_free(worlds[i].tokenizer);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(golden),
		cmocka_unit_test(meta_calls),
		cmocka_unit_test(llama2_folds),
		cmocka_unit_test(refusals),
	};

	return cmocka_run_group_tests(tests, open_all, close_all);
}
