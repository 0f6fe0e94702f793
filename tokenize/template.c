/*
 * Which chat format a model's Jinja template is; see chat.h. The template is compared with
 * those known, by a hash, and else searched for what sets Llama 3's and ChatML's apart, and
 * is never executed: what it does beyond them (images, reasoning) is not offered, and one
 * that treats plain messages otherwise is refused.
 */

#include <inttypes.h>
#include <string.h>

#include "base/err.h"
#include "tokenize/chat.h"

struct view {
	const char *text;
	size_t length;
};

static const char *
find(struct view in, const char *text)
{
	return memmem(in.text, in.length, text, strlen(text));
}

static struct view
from(struct view in, const char *place)
{
	return (struct view){ place, (size_t)(in.text + in.length - place) };
}

/*
 * Copies a string literal of Jinja with its escapes undone, from behind the opening quote
 * to the closing one. The template's own text has no quotes (0) and ends at a brace.
 * False if it does not end, or does not fit.
 */
static bool
copy_literal(struct view in, char quote, char *out, size_t size)
{
	size_t used = 0;

	for (size_t i = 0; i < in.length && used + 1 < size; i++) {
		char c = in.text[i];

		if (c == (quote != 0 ? quote : '{')) {
			out[used] = '\0';
			return true;
		}
		if (c == '\0')
			return false;
		if (quote != 0 && c == '\\' && i + 1 < in.length) {
			c = in.text[++i];
			c = c == 'n' ? '\n' : c == 't' ? '\t' : c;
		}
		out[used++] = c;
	}
	return false;
}

/* The literal of the first `set date_string = "..."`, if it is one. */
static void
find_date(struct ll_chat *chat, struct view template)
{
	static const char assignment[] = "date_string = ";
	const char *place = find(template, assignment);
	struct view literal;

	while (place != NULL) {
		literal = from(template, place + sizeof(assignment) - 1);
		if (literal.length > 0 && (literal.text[0] == '"' || literal.text[0] == '\'') &&
		    copy_literal(from(literal, literal.text + 1), literal.text[0],
		    chat->default_date, sizeof(chat->default_date)))
			return;
		place = find(literal, assignment);
	}
	chat->default_date[0] = '\0';
}

static enum ll_chat_format
recognise_llama(struct ll_chat *chat, struct view template)
{
	bool today = find(template, "strftime_now") != NULL;

	if (find(template, "<|end_header_id|>") == NULL || find(template, "<|eot_id|>") == NULL ||
	    find(template, "trim") == NULL || find(template, "UNSAFE CONTENT") != NULL ||
	    find(template, "image") != NULL)
		return LL_CHAT_NONE;
	if (find(template, "\"Cutting Knowledge Date: December 2023\\n\"") != NULL &&
	    find(template, "\"Today Date: \" + date_string") != NULL) {
		/* Where the template would ask the clock, so does chat.c. */
		if (!today)
			find_date(chat, template);
		return today ? LL_CHAT_LLAMA32 : LL_CHAT_LLAMA31;
	}
	if (today || find(template, "Knowledge") != NULL || find(template, "tool") != NULL ||
	    find(template, "function") != NULL)
		return LL_CHAT_NONE;
	return LL_CHAT_LLAMA3;
}

/*
 * Takes the default system message from a literal "<|im_start|>system\n...<|im_end|>\n";
 * one that only opens a message is nothing. False if it is anything else.
 */
static bool
take_system(struct ll_chat *chat, char *literal)
{
	static const char open[] = "<|im_start|>system\n";
	char *text = literal + sizeof(open) - 1;
	char *end;

	if (strncmp(literal, open, sizeof(open) - 1) != 0 || text[0] == '\0')
		return true;
	end = strstr(text, "<|im_end|>");
	if (end == NULL || strlen(text) - strlen(end) >= sizeof(chat->system) ||
	    (strcmp(end, "<|im_end|>") != 0 && strcmp(end, "<|im_end|>\n") != 0))
		return false;
	*end = '\0';
	if (chat->system[0] != '\0' && strcmp(chat->system, text) != 0)
		return false;
	strcpy(chat->system, text);
	return true;
}

static bool
find_system(struct ll_chat *chat, struct view template)
{
	static const char open[] = "<|im_start|>system";
	char literal[sizeof(chat->system) + 64];
	const char *place;

	for (struct view rest = template; (place = find(rest, open)) != NULL;
	    rest = from(rest, place + 1)) {
		char quote = place > template.text ? place[-1] : '\0';

		if (quote != '\'' && quote != '"')
			quote = 0;
		if (!copy_literal(from(template, place), quote, literal, sizeof(literal)) ||
		    !take_system(chat, literal))
			return false;
	}
	/* A default that does not ask for the first message's role is not one. */
	return chat->system[0] == '\0' || find(template, "'system'") != NULL ||
	    find(template, "\"system\"") != NULL;
}

static enum ll_chat_format
recognise_chatml(struct ll_chat *chat, struct view template)
{
	static const char *const foreign[] = {
		"<|im_sep|>", "<end_of_utterance>", "think", "trim", "strip(", "<|start_header_id|>",
		/* A system text that is put together where take_system does not see it. */
		"system_message = '", "system_message = \"", "{{ system_message }}", "system\\n' + '"
	};

	if (find(template, "<|im_end|>") == NULL || find(template, "<|im_start|>assistant") == NULL)
		return LL_CHAT_NONE;
	for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++)
		if (find(template, foreign[i]) != NULL)
			return LL_CHAT_NONE;
	if (!find_system(chat, template))
		return LL_CHAT_NONE;
	chat->bos = find(template, "bos_token") != NULL;
	return LL_CHAT_CHATML;
}

/*
 * Templates known by a hash of their text without what a rendering does not depend on:
 * comments, white space in tags and beside their dashes, the kind of quotes.
 */
static const struct known {
	uint64_t hash;
	enum ll_chat_format format;
	bool trims_answers;
} knowns[] = {
	{ UINT64_C(0x05d9b5579131fbef), LL_CHAT_LLAMA2, false },
	{ UINT64_C(0x0d896ab718ca2426), LL_CHAT_ZEPHYR, false },		/* Zephyr, TinyLlama */
	{ UINT64_C(0x00df35d9f0c81c56), LL_CHAT_MISTRAL_V01, false },
	{ UINT64_C(0x8f3a073edf86b809), LL_CHAT_MISTRAL_V02, false },
	{ UINT64_C(0x46347bde2d90244e), LL_CHAT_MISTRAL, false },		/* Mixtral 8x7B */
	{ UINT64_C(0xea0fbe75a2964070), LL_CHAT_MISTRAL_V3, false },		/* Mixtral 8x22B */
	{ UINT64_C(0xbdd27aa48dd04745), LL_CHAT_MISTRAL_V3, true },		/* 7B 0.3, Large 2407 */
	{ UINT64_C(0xc42035c0605d5655), LL_CHAT_MISTRAL_V3_TEKKEN, false },	/* Nemo */
	{ UINT64_C(0x5128e6ec041eb9ba), LL_CHAT_MISTRAL_V7, false },		/* Large 2411 */
	{ UINT64_C(0xe8e4d2cec55923d1), LL_CHAT_MISTRAL_V7_TEKKEN, false },	/* Small 2501 */
	{ UINT64_C(0xff92edc021067bfd), LL_CHAT_GUARD, false },
	{ UINT64_C(0x05b39f95154d2492), LL_CHAT_GUARD_1B, false },
};

struct squeeze {
	struct view in;
	size_t at;
	uint64_t hash;
	char tag;		/* the second character of the one it is in, or 0 */
	bool dashed;		/* the last one ended with a dash, or nothing stands before */
};

static void
take(struct squeeze *s, const char *text, size_t length)
{
	/* FNV-1a */
	for (size_t i = 0; i < length; i++)
		s->hash = (s->hash ^ (unsigned char)text[i]) * UINT64_C(0x100000001b3);
}

static char
peek(const struct squeeze *s, size_t ahead)
{
	return s->at + ahead < s->in.length ? s->in.text[s->at + ahead] : '\0';
}

static bool
is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static bool
opens(const struct squeeze *s, size_t ahead)
{
	return peek(s, ahead) == '{' && peek(s, ahead + 1) != '\0' && strchr("{%#", peek(s, ahead + 1)) != NULL;
}

/* Outside of tags: white space counts unless a tag beside it has a dash there. */
static void
squeeze_text(struct squeeze *s)
{
	size_t run = 0;

	while (is_space(peek(s, run)))
		run++;
	if (run > 0) {
		/* Jinja drops one newline at the end of a template. */
		bool last = s->at + run == s->in.length && peek(s, run - 1) == '\n';

		if (!s->dashed && !(opens(s, run) && peek(s, run + 2) == '-'))
			take(s, s->in.text + s->at, run - last);
		s->at += run;
	} else if (opens(s, 0)) {
		s->tag = peek(s, 1);
		s->at += 2 + (peek(s, 2) == '-');
		if (s->tag != '#')
			take(s, s->tag == '{' ? "{{" : "{%", 2);
	} else {
		take(s, s->in.text + s->at++, 1);
		s->dashed = false;
	}
}

static void
squeeze_literal(struct squeeze *s)
{
	char quote = peek(s, 0);

	take(s, "'", 1);
	for (s->at++; s->at < s->in.length && peek(s, 0) != quote; s->at++) {
		if (peek(s, 0) == '\n') {
			take(s, "\\n", 2);
		} else {
			take(s, s->in.text + s->at, 1);
			if (peek(s, 0) == '\\' && s->at + 1 < s->in.length)
				take(s, s->in.text + ++s->at, 1);
		}
	}
	take(s, "'", 1);
	s->at++;
}

static void
squeeze_tag(struct squeeze *s)
{
	char c = peek(s, 0), close = s->tag == '{' ? '}' : s->tag;
	bool dash = c == '-';

	if (peek(s, dash) == close && peek(s, dash + 1u) == '}') {
		if (s->tag != '#')
			take(s, "}}", 2);
		s->dashed = dash;
		s->tag = 0;
		s->at += 2u + dash;
	} else if (s->tag != '#' && (c == '\'' || c == '"')) {
		squeeze_literal(s);
	} else {
		if (s->tag != '#' && !is_space(c))
			take(s, &c, 1);
		s->at++;
	}
}

static uint64_t
squeezed_hash(struct view template)
{
	struct squeeze s = { .in = template, .hash = UINT64_C(0xcbf29ce484222325), .dashed = true };

	while (s.at < template.length) {
		if (s.tag != 0)
			squeeze_tag(&s);
		else
			squeeze_text(&s);
	}
	return s.hash;
}

static enum ll_chat_format
recognise_known(struct ll_chat *chat, struct view template)
{
	uint64_t hash = squeezed_hash(template);

	for (size_t i = 0; i < sizeof(knowns) / sizeof(knowns[0]); i++)
		if (knowns[i].hash == hash) {
			chat->trim_answers = knowns[i].trims_answers;
			return knowns[i].format;
		}
	return LL_CHAT_NONE;
}

int
ll_chat_recognise(struct ll_chat *chat, const struct ll_vocab *vocab, struct ll_err *err)
{
	struct view template = { vocab->chat_template, vocab->chat_template_length };

	*chat = (struct ll_chat){ 0 };
	if (template.text == NULL || template.length == 0)
		return ll_fail(err, LL_EUNSUPPORTED,
		    "the model has no chat template; name its format with --chat-format");
	chat->format = recognise_known(chat, template);
	if (chat->format != LL_CHAT_NONE)
		return 0;
	if (find(template, "<|im_start|>") != NULL)
		chat->format = recognise_chatml(chat, template);
	else if (find(template, "<|start_header_id|>") != NULL)
		chat->format = recognise_llama(chat, template);
	if (chat->format == LL_CHAT_NONE)
		return ll_fail(err, LL_EUNSUPPORTED,
		    "the model's chat template is not one of those known (%016" PRIx64 "); "
		    "name a format with --chat-format", squeezed_hash(template));
	return 0;
}
