/*
 * Chat formats by name, the options of one conversation, and the way to a format's renderer;
 * see chat.h.
 */

#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "tokenize/chat.h"
#include "tokenize/render.h"

struct format {
	const char *name;
	void (*render)(struct ll_render *r);
	bool dated;		/* its prompts name a date */
};

static const struct format formats[] = {
	[LL_CHAT_NONE] = { "none", NULL, false },
	[LL_CHAT_LLAMA3] = { "llama3", ll_chat_llama, false },
	[LL_CHAT_LLAMA31] = { "llama3.1", ll_chat_llama, true },
	[LL_CHAT_LLAMA32] = { "llama3.2", ll_chat_llama, true },
	[LL_CHAT_META] = { "meta", ll_chat_meta, false },
	[LL_CHAT_LLAMA2] = { "llama2", ll_chat_inst, false },
	[LL_CHAT_CHATML] = { "chatml", ll_chat_chatml, false },
	[LL_CHAT_ZEPHYR] = { "zephyr", ll_chat_zephyr, false },
	[LL_CHAT_MISTRAL] = { "mistral", ll_chat_inst, false },
	[LL_CHAT_MISTRAL_V01] = { "mistral-v0.1", ll_chat_inst, false },
	[LL_CHAT_MISTRAL_V02] = { "mistral-v0.2", ll_chat_inst, false },
	[LL_CHAT_MISTRAL_V3] = { "mistral-v3", ll_chat_inst, false },
	[LL_CHAT_MISTRAL_V3_TEKKEN] = { "mistral-v3-tekken", ll_chat_inst, false },
	[LL_CHAT_MISTRAL_V7] = { "mistral-v7", ll_chat_inst, false },
	[LL_CHAT_MISTRAL_V7_TEKKEN] = { "mistral-v7-tekken", ll_chat_inst, false },
	[LL_CHAT_GUARD] = { "llama-guard3", ll_chat_guard, false },
	[LL_CHAT_GUARD_1B] = { "llama-guard3-1b", ll_chat_guard, false },
};
#define FORMATS (sizeof(formats) / sizeof(formats[0]))

int
ll_chat_by_name(struct ll_chat *chat, const char *name, struct ll_err *err)
{
	char list[400] = "";

	for (size_t i = LL_CHAT_NONE + 1; i < FORMATS; i++) {
		if (strcmp(name, formats[i].name) == 0) {
			*chat = (struct ll_chat){ .format = (enum ll_chat_format)i, .bos = -1 };
			return 0;
		}
		strcat(list, i > LL_CHAT_NONE + 1 ? ", " : "");
		strcat(list, formats[i].name);
	}
	return ll_fail(err, LL_EUSAGE, "--chat-format: '%.100s' is not one of %s", name, list);
}

const char *
ll_chat_name(enum ll_chat_format format)
{
	return formats[format].name;
}

int
ll_chat_set_date(struct ll_chat *chat, const char *date, struct ll_err *err)
{
	if (!formats[chat->format].dated)
		return ll_fail(err, LL_EUSAGE, "--date has no effect in the chat format %s, which names none",
		    ll_chat_name(chat->format));
	chat->date = date;
	return 0;
}

/* A role is printed between special tokens, so it is one of those that models know. */
static int
check_roles(const struct ll_message *messages, size_t count, struct ll_err *err)
{
	static const char *const roles[] = { "system", "user", "assistant", "ipython", "tool" };

	for (size_t i = 0; i < count; i++) {
		size_t known = 0;
		char name[40];

		while (known < sizeof(roles) / sizeof(roles[0]) &&
		    strcmp(messages[i].role, roles[known]) != 0)
			known++;
		if (known == sizeof(roles) / sizeof(roles[0]))
			return ll_fail(err, LL_EDATA, "%s: role '%.100s' is not one of system, user, assistant, "
			    "ipython, tool", ll_message_name(&messages[i], name, sizeof(name)), messages[i].role);
	}
	return 0;
}

static int
render(struct ll_render *r)
{
	enum ll_chat_format format = r->chat->format;

	if (format == LL_CHAT_NONE)
		return ll_fail(r->err, LL_EUNSUPPORTED, "no chat format; name one with --chat-format");
	if (r->chat->date != NULL && !formats[format].dated)
		return ll_fail(r->err, LL_EUNSUPPORTED, "date_string: the chat format %s names no date", ll_chat_name(format));
	if ((r->chat->categories != NULL || r->chat->excluded != NULL) && ll_chat_has_answers(format))
		return ll_fail(r->err, LL_EUNSUPPORTED, "categories: the chat format %s has none", ll_chat_name(format));
	if ((r->status = check_roles(r->messages, r->count, r->err)) < 0)
		return r->status;
	for (size_t i = 0; i < r->count && format != LL_CHAT_META; i++)
		if (r->messages[i].context != NULL)
			ll_render_refuse(r, &r->messages[i], LL_EUNSUPPORTED, "context: has no place");
	formats[format].render(r);
	ll_render_cut(r);
	ll_buf_free(&r->segment);
	return r->status;
}

int
ll_chat_render(const struct ll_chat *chat, const struct ll_tokenizer *tokenizer,
    const struct ll_message *messages, size_t count, bool begin, bool answer,
    struct ll_ids *ids, struct ll_buf *text, struct ll_err *err)
{
	struct ll_render r = {
		.chat = chat, .tokenizer = tokenizer, .messages = messages, .count = count,
		.begin = begin, .ask = answer, .ids = ids, .text = text, .err = err
	};

	return render(&r);
}

bool
ll_chat_has_answers(enum ll_chat_format format)
{
	return format != LL_CHAT_NONE && format != LL_CHAT_GUARD && format != LL_CHAT_GUARD_1B;
}

int
ll_chat_render_answers(const struct ll_chat *chat, const struct ll_tokenizer *tokenizer,
    const struct ll_message *messages, size_t count, struct ll_ids *ids, struct ll_stretches *answers,
    struct ll_err *err)
{
	struct ll_render r = {
		.chat = chat, .tokenizer = tokenizer, .messages = messages, .count = count,
		.begin = true, .ids = ids, .answers = answers, .err = err
	};

	if (chat->format != LL_CHAT_NONE && !ll_chat_has_answers(chat->format))
		return ll_fail(err, LL_EUNSUPPORTED, "the chat format %s has no turns of an assistant",
		    ll_chat_name(chat->format));
	return render(&r);
}

/* A list whose members are all of a kind. */
static int
take_list(const struct ll_json **out, const struct ll_json *object, const char *name, enum ll_json_kind kind,
    struct ll_err *err)
{
	const struct ll_json *list = ll_json_get(object, name);

	if (list == NULL || ll_json_kind(list) == LL_JSON_NULL)
		return 0;
	if (ll_json_kind(list) != LL_JSON_ARRAY)
		return ll_fail(err, LL_EDATA, "%s: is not a list", name);
	for (size_t i = 0; i < ll_json_count(list); i++)
		if (ll_json_kind(ll_json_at(list, i)) != kind)
			return ll_fail(err, LL_EDATA, "%s[%zu]: is not %s", name, i,
			    kind == LL_JSON_OBJECT ? "an object" : "a text");
	*out = list;
	return 0;
}

static int
take_categories(struct ll_chat *chat, const struct ll_json *object, struct ll_err *err)
{
	const struct ll_json *categories = ll_json_get(object, "categories"), *value;
	void *place = NULL;
	const char *key;

	if (categories == NULL || ll_json_kind(categories) == LL_JSON_NULL)
		return 0;
	if (ll_json_kind(categories) != LL_JSON_OBJECT)
		return ll_fail(err, LL_EDATA, "categories: is not an object");
	while (ll_json_next(categories, &place, &key, &value))
		if (ll_json_kind(value) != LL_JSON_STRING)
			return ll_fail(err, LL_EDATA, "categories.%.100s: is not a text", key);
	chat->categories = categories;
	return 0;
}

/* By Meta's name; -LL_EDATA with the list of them for another. */
static int
call_style(struct ll_chat *chat, const char *name, struct ll_err *err)
{
	static const char *const names[] = { "json", "function_tag", "python_list" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(name, names[i]) == 0) {
			chat->calls = (enum ll_call_style)i;
			return 0;
		}
	return ll_fail(err, LL_EDATA,
	    "tool_prompt_format: '%.100s' is not one of json, function_tag, python_list", name);
}

static int
take_call_style(struct ll_chat *chat, const struct ll_json *object, struct ll_err *err)
{
	const struct ll_json *value = ll_json_get(object, "tool_prompt_format");
	const char *name = ll_json_text_of(value, NULL);

	if (value == NULL || ll_json_kind(value) == LL_JSON_NULL)
		return 0;
	return name != NULL ? call_style(chat, name, err) :
	    ll_fail(err, LL_EDATA, "tool_prompt_format: is not a text");
}

int
ll_chat_options(struct ll_chat *chat, const struct ll_json *object, struct ll_err *err)
{
	const struct ll_json *value = ll_json_get(object, "tools_in_user_message");
	int status;

	if ((status = take_list(&chat->tools, object, "tools", LL_JSON_OBJECT, err)) < 0 ||
	    (status = take_list(&chat->builtin_tools, object, "builtin_tools", LL_JSON_STRING, err)) < 0 ||
	    (status = take_list(&chat->excluded, object, "excluded_category_keys", LL_JSON_STRING, err)) < 0 ||
	    (status = take_categories(chat, object, err)) < 0 ||
	    (status = take_call_style(chat, object, err)) < 0)
		return status;
	if (value != NULL && ll_json_kind(value) != LL_JSON_NULL) {
		if (ll_json_kind(value) != LL_JSON_BOOL)
			return ll_fail(err, LL_EDATA, "tools_in_user_message: is not true or false");
		chat->tools_in_system = !ll_json_is_true(value);
	}
	value = ll_json_get(object, "date_string");
	if (value != NULL && ll_json_kind(value) != LL_JSON_NULL &&
	    (chat->date = ll_json_text_of(value, NULL)) == NULL)
		return ll_fail(err, LL_EDATA, "date_string: is not a text");
	return 0;
}
