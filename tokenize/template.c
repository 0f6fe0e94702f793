/*
 * Which chat format a model's Jinja template is; see chat.h. The template is searched for
 * what sets the known ones apart and is never executed: what it does beyond them (tools,
 * images, reasoning) is not offered, and one that treats plain messages otherwise is refused.
 */

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
	    find(template, "trim") == NULL || find(template, "UNSAFE CONTENT") != NULL)
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
		"<|im_sep|>", "<end_of_utterance>", "think", "trim", "strip(", "<|start_header_id|>"
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

int
ll_chat_recognise(struct ll_chat *chat, const struct ll_vocab *vocab, struct ll_err *err)
{
	struct view template = { vocab->chat_template, vocab->chat_template_length };

	*chat = (struct ll_chat){ 0 };
	if (template.text == NULL || template.length == 0)
		return ll_fail(err, LL_EUNSUPPORTED,
		    "the model has no chat template; name its format with --chat-format");
	if (find(template, "<|im_start|>") != NULL)
		chat->format = recognise_chatml(chat, template);
	else if (find(template, "<|start_header_id|>") != NULL)
		chat->format = recognise_llama(chat, template);
	if (chat->format == LL_CHAT_NONE)
		return ll_fail(err, LL_EUNSUPPORTED,
		    "the model's chat template is not one of those known; name a format with --chat-format");
	return 0;
}
