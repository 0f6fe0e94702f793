/*
 * Rendering of messages; see chat.h. The text between two special tokens is one segment,
 * tokenized as a whole, as when a template's rendering is tokenized; Meta's own code
 * tokenizes the line ends of a header and the content apart, and so does LL_CHAT_META.
 */

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/err.h"
#include "base/json.h"
#include "base/utf8.h"
#include "tokenize/charclass.h"
#include "tokenize/chat.h"

static const char *const names[] = {
	[LL_CHAT_NONE] = "none",
	[LL_CHAT_LLAMA3] = "llama3",
	[LL_CHAT_LLAMA31] = "llama3.1",
	[LL_CHAT_LLAMA32] = "llama3.2",
	[LL_CHAT_META] = "meta",
	[LL_CHAT_CHATML] = "chatml",
};

struct render {
	const struct ll_chat *chat;
	const struct ll_tokenizer *tokenizer;
	struct ll_buf segment;		/* text since the last special token */
	struct ll_ids *ids;
	struct ll_buf *text;
	struct ll_err *err;
	int status;			/* the first failure; after it nothing is done */
};

int
ll_chat_by_name(struct ll_chat *chat, const char *name, struct ll_err *err)
{
	for (size_t i = LL_CHAT_NONE + 1; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(name, names[i]) == 0) {
			*chat = (struct ll_chat){ .format = (enum ll_chat_format)i, .bos = -1 };
			return 0;
		}
	return ll_fail(err, LL_EUSAGE,
	    "chat format '%s' is not one of llama3, llama3.1, llama3.2, meta, chatml", name);
}

const char *
ll_chat_name(enum ll_chat_format format)
{
	return names[format];
}

static void
say(struct render *r, const char *bytes, size_t length)
{
	if (r->status == 0)
		r->status = ll_buf_add(&r->segment, bytes, length, r->err);
}

static void
say_text(struct render *r, const char *text)
{
	say(r, text, strlen(text));
}

/* Ends the segment: what was said since the last cut becomes ids, none of them special. */
static void
cut(struct render *r)
{
	const struct ll_buf *segment = &r->segment;

	if (r->status == 0 && r->ids != NULL)
		r->status = ll_tokenizer_encode(r->tokenizer, segment->data, segment->len, false,
		    r->ids, r->err);
	if (r->status == 0 && r->text != NULL)
		r->status = ll_buf_add(r->text, segment->data, segment->len, r->err);
	r->segment.len = 0;
}

static void
special_id(struct render *r, uint32_t id)
{
	const char *bytes;
	size_t length;
	bool special;

	cut(r);
	if (r->status == 0)
		r->status = ll_tokenizer_piece(r->tokenizer, id, &bytes, &length, &special, r->err);
	if (r->status == 0 && r->ids != NULL)
		r->status = ll_ids_add(r->ids, id, r->err);
	if (r->status == 0 && r->text != NULL)
		r->status = ll_buf_add(r->text, bytes, length, r->err);
}

static void
special(struct render *r, const char *name)
{
	uint32_t id = ll_tokenizer_find(r->tokenizer, name, strlen(name));

	if (r->status == 0 && id == LL_VOCAB_NONE)
		r->status = ll_fail(r->err, LL_EUNSUPPORTED,
		    "the vocabulary has no %s, which the chat format %s needs", name,
		    ll_chat_name(r->chat->format));
	if (r->status == 0)
		special_id(r, id);
}

/* As Python's str.strip(), which knows four separators that are not White_Space. */
static bool
is_stripped(uint32_t code)
{
	return ll_charclass_of(code) == LL_CHAR_SPACE || (code >= 0x1c && code <= 0x1f);
}

static void
say_trimmed(struct render *r, const char *content, size_t length)
{
	const unsigned char *bytes = (const unsigned char *)content;
	size_t begin = length, end = length, size;

	for (size_t at = 0; at < length; at += size) {
		if (is_stripped(ll_utf8_next(bytes + at, length - at, &size)))
			continue;
		if (begin == length)
			begin = at;
		end = at + size;
	}
	if (begin < end)
		say(r, content + begin, end - begin);
}

/* As Python's json.dumps(ensure_ascii=False) does a string. */
static void
say_json(struct render *r, const char *content, size_t length)
{
	static const char plain[] = "\"\\\b\f\n\r\t";
	static const char letters[] = "\"\\bfnrt";

	say_text(r, "\"");
	for (size_t at = 0; at < length; at++) {
		unsigned char c = (unsigned char)content[at];
		const char *found = c != '\0' ? strchr(plain, c) : NULL;
		char escape[8] = "";

		if (found != NULL)
			snprintf(escape, sizeof(escape), "\\%c", letters[found - plain]);
		else if (c < 0x20)
			snprintf(escape, sizeof(escape), "\\u%04x", (unsigned)c);
		if (escape[0] != '\0')
			say_text(r, escape);
		else
			say(r, content + at, 1);
	}
	say_text(r, "\"");
}

static bool
is_tool(const struct ll_message *message)
{
	return strcmp(message->role, "ipython") == 0 || strcmp(message->role, "tool") == 0;
}

static bool
is_system(const struct ll_message *message)
{
	return strcmp(message->role, "system") == 0;
}

/* The format's default where no date is given; dates in English whatever the locale is. */
static const char *
date_of(const struct ll_chat *chat, char *room, size_t size)
{
	static const char months[12][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug",
	    "Sep", "Oct", "Nov", "Dec" };
	time_t now = time(NULL);
	struct tm today;

	if (chat->date != NULL)
		return chat->date;
	if (chat->default_date[0] != '\0')
		return chat->default_date;
	if (chat->format != LL_CHAT_LLAMA32 || localtime_r(&now, &today) == NULL)
		return "26 Jul 2024";
	snprintf(room, size, "%02d %s %d", today.tm_mday, months[today.tm_mon], today.tm_year + 1900);
	return room;
}

static void
llama_header(struct render *r, const char *role)
{
	special(r, "<|start_header_id|>");
	say_text(r, role);
	special(r, "<|end_header_id|>");
	say_text(r, "\n\n");
	if (r->chat->format == LL_CHAT_META)
		cut(r);
}

static bool
has_dates(const struct ll_chat *chat)
{
	return chat->format == LL_CHAT_LLAMA31 || chat->format == LL_CHAT_LLAMA32;
}

int
ll_chat_set_date(struct ll_chat *chat, const char *date, struct ll_err *err)
{
	if (!has_dates(chat))
		return ll_fail(err, LL_EUSAGE, "--date has no effect in the chat format %s, which names none",
		    ll_chat_name(chat->format));
	chat->date = date;
	return 0;
}

/* The first block of Llama 3.1's prompts, there with or without a system message. */
static void
llama_system(struct render *r, const struct ll_message *system)
{
	char room[48];

	llama_header(r, "system");
	say_text(r, "Cutting Knowledge Date: December 2023\nToday Date: ");
	say_text(r, date_of(r->chat, room, sizeof(room)));
	say_text(r, "\n\n");
	if (system != NULL)
		say_trimmed(r, system->content, system->length);
	special(r, "<|eot_id|>");
}

static void
llama_message(struct render *r, const struct ll_message *message)
{
	llama_header(r, is_tool(message) ? "ipython" : message->role);
	if (r->chat->format == LL_CHAT_META)
		say(r, message->content, message->length);
	else if (is_tool(message) && has_dates(r->chat))
		say_json(r, message->content, message->length);
	else
		say_trimmed(r, message->content, message->length);
	special(r, "<|eot_id|>");
}

static void
render_llama(struct render *r, const struct ll_message *messages, size_t count, bool begin,
    bool answer)
{
	size_t i = 0;

	if (begin)
		special(r, "<|begin_of_text|>");
	if (begin && has_dates(r->chat)) {
		i = count > 0 && is_system(&messages[0]);
		llama_system(r, i > 0 ? &messages[0] : NULL);
	}
	for (; i < count; i++)
		llama_message(r, &messages[i]);
	if (answer)
		llama_header(r, "assistant");
}

static void
chatml_message(struct render *r, const char *role, const char *content, size_t length)
{
	special(r, "<|im_start|>");
	say_text(r, role);
	say_text(r, "\n");
	say(r, content, length);
	special(r, "<|im_end|>");
	say_text(r, "\n");
}

static void
render_chatml(struct render *r, const struct ll_message *messages, size_t count, bool begin,
    bool answer)
{
	const struct ll_vocab *vocab = ll_tokenizer_vocab(r->tokenizer);
	const struct ll_chat *chat = r->chat;
	bool bos = chat->bos < 0 ? vocab->add_bos : chat->bos > 0;

	if (!begin)
		say_text(r, "\n");
	else if (bos && vocab->bos != LL_VOCAB_NONE)
		special_id(r, vocab->bos);
	if (begin && chat->system[0] != '\0' && (count == 0 || !is_system(&messages[0])))
		chatml_message(r, "system", chat->system, strlen(chat->system));
	for (size_t i = 0; i < count; i++)
		chatml_message(r, is_tool(&messages[i]) ? "tool" : messages[i].role,
		    messages[i].content, messages[i].length);
	if (answer) {
		special(r, "<|im_start|>");
		say_text(r, "assistant\n");
	}
}

/* A role is printed between special tokens, so it is one of those that models know. */
static int
check_roles(const struct ll_message *messages, size_t count, struct ll_err *err)
{
	static const char *const roles[] = { "system", "user", "assistant", "ipython", "tool" };

	for (size_t i = 0; i < count; i++) {
		size_t known = 0;

		while (known < sizeof(roles) / sizeof(roles[0]) &&
		    strcmp(messages[i].role, roles[known]) != 0)
			known++;
		if (known == sizeof(roles) / sizeof(roles[0]))
			return ll_fail(err, LL_EDATA, "message %zu: role '%.100s' is not one of system, "
			    "user, assistant, ipython, tool", i + 1, messages[i].role);
	}
	return 0;
}

int
ll_chat_render(const struct ll_chat *chat, const struct ll_tokenizer *tokenizer,
    const struct ll_message *messages, size_t count, bool begin, bool answer,
    struct ll_ids *ids, struct ll_buf *text, struct ll_err *err)
{
	struct render r = {
		.chat = chat, .tokenizer = tokenizer, .ids = ids, .text = text, .err = err
	};

	if (chat->format == LL_CHAT_NONE)
		return ll_fail(err, LL_EUNSUPPORTED, "no chat format; name one with --chat-format");
	for (size_t i = 0; i < count; i++)
		if (messages[i].content == NULL)
			return ll_fail(err, LL_EUNSUPPORTED, "message %zu: calls of tools cannot be shown yet", i + 1);
	r.status = check_roles(messages, count, err);
	if (chat->format == LL_CHAT_CHATML)
		render_chatml(&r, messages, count, begin, answer);
	else
		render_llama(&r, messages, count, begin, answer);
	cut(&r);
	ll_buf_free(&r.segment);
	return r.status;
}

int
ll_chat_options(struct ll_chat *chat, const struct ll_json *object, struct ll_err *err)
{
	static const char *const lists[] = { "tools", "builtin_tools" };
	const struct ll_json **values[] = { &chat->tools, &chat->builtin_tools };
	const struct ll_json *value = ll_json_get(object, "tools_in_user_message");

	for (size_t i = 0; i < 2; i++) {
		const struct ll_json *list = ll_json_get(object, lists[i]);

		if (list == NULL || ll_json_kind(list) == LL_JSON_NULL)
			continue;
		if (ll_json_kind(list) != LL_JSON_ARRAY)
			return ll_fail(err, LL_EDATA, "%s: is not a list", lists[i]);
		for (size_t j = 0; j < ll_json_count(list); j++)
			if (ll_json_kind(ll_json_at(list, j)) != (i == 0 ? LL_JSON_OBJECT : LL_JSON_STRING))
				return ll_fail(err, LL_EDATA, "%s[%zu]: is not %s", lists[i], j,
				    i == 0 ? "an object" : "a name");
		*values[i] = list;
	}
	if (value != NULL && ll_json_kind(value) != LL_JSON_NULL) {
		if (ll_json_kind(value) != LL_JSON_BOOL)
			return ll_fail(err, LL_EDATA, "tools_in_user_message: is not true or false");
		chat->tools_in_system = !ll_json_is_true(value);
	}
	value = ll_json_get(object, "date_string");
	if (value != NULL && ll_json_kind(value) != LL_JSON_NULL &&
	    (chat->date = ll_json_text_of(value, NULL)) == NULL)
		return ll_fail(err, LL_EDATA, "date_string: is not a string");
	return 0;
}
