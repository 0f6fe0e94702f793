/*
 * What the renderers of chat formats are written with; see render.h.
 */

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "tokenize/charclass.h"
#include "tokenize/pyjson.h"
#include "tokenize/render.h"

void
ll_render_bytes(struct ll_render *r, const char *bytes, size_t length)
{
	if (r->status == 0)
		r->status = ll_buf_add(&r->segment, bytes, length, r->err);
}

void
ll_render_say(struct ll_render *r, const char *text)
{
	ll_render_bytes(r, text, strlen(text));
}

/* As Python's str.strip(), which knows four separators that are not White_Space. */
static bool
is_stripped(uint32_t code)
{
	return ll_charclass_of(code) == LL_CHAR_SPACE || (code >= 0x1c && code <= 0x1f);
}

void
ll_render_trimmed(struct ll_render *r, const char *bytes, size_t length)
{
	size_t begin = length, end = length, size;

	for (size_t at = 0; at < length; at += size) {
		if (is_stripped(ll_utf8_next((const unsigned char *)bytes + at, length - at, &size)))
			continue;
		if (begin == length)
			begin = at;
		end = at + size;
	}
	if (begin < end)
		ll_render_bytes(r, bytes + begin, end - begin);
}

void
ll_render_json(struct ll_render *r, const struct ll_json *value, size_t indent, bool ascii)
{
	if (r->status == 0)
		r->status = ll_pyjson_dump(&r->segment, value, indent, ascii, r->err);
}

const char *
ll_render_text_of(struct ll_render *r, const struct ll_message *message, const struct ll_json *value,
    const char *field)
{
	const char *text = ll_json_text_of(value, NULL);
	char name[40];

	if (text == NULL && r->status == 0)
		r->status = ll_fail(r->err, LL_EDATA, "%s: argument %.100s: is not a text, as the "
		    "built-in tools take it", ll_message_name(message, name, sizeof(name)), field);
	return text != NULL ? text : "";
}

/* How many bytes the pieces have that spell the first `length` of the segment: U+2581 may be a space there. */
static size_t
spelled(const struct ll_render *r, size_t length)
{
	const char *at = r->segment.data, *end = at + length;
	size_t size = length;

	if (ll_vocab_is_spm(ll_tokenizer_vocab(r->tokenizer)->kind))
		while (at < end && (at = memmem(at, (size_t)(end - at), "\xe2\x96\x81", 3)) != NULL) {
			size -= 2;
			at += 3;
		}
	return size;
}

/* Which token, of those from `first` on that the segment became, holds its byte at `place`. */
static size_t
token_at(const struct ll_render *r, size_t first, size_t place)
{
	const struct ll_piece *pieces = ll_tokenizer_vocab(r->tokenizer)->pieces;
	const struct ll_ids *ids = r->ids;
	size_t all = 0, before, seen = 0, i;

	if (r->segment.len == place)
		return ids->count;
	for (i = first; i < ids->count; i++)
		all += pieces[ids->ids[i]].length;
	/* The space that SentencePiece puts before a text is more than the segment has. */
	before = all - spelled(r, r->segment.len) + spelled(r, place);
	for (i = first; i < ids->count; i++)
		if ((seen += pieces[ids->ids[i]].length) > before)
			break;
	return i;
}

static void
add_answer(struct ll_render *r, size_t begin)
{
	struct ll_stretches *answers = r->answers;

	r->answering = false;
	r->status = ll_grow(&answers->list, &answers->cap, answers->count + 1, sizeof(*answers->list), r->err);
	if (r->status == 0)
		answers->list[answers->count++] = (struct ll_stretch){ begin, begin };
}

void
ll_render_begin_answer(struct ll_render *r, const char *role)
{
	r->answering = r->answers != NULL && strcmp(role, "assistant") == 0;
	r->answer = r->segment.len;
}

void
ll_render_end_answer(struct ll_render *r)
{
	struct ll_stretches *answers = r->answers;
	struct ll_stretch *last = answers != NULL && answers->count > 0 ? &answers->list[answers->count - 1] : NULL;

	/* One that was begun and not ended is empty so far. */
	if (r->status == 0 && last != NULL && last->end == last->begin)
		last->end = r->ids->count;
}

void
ll_render_cut(struct ll_render *r)
{
	const struct ll_buf *segment = &r->segment;
	size_t first = r->ids != NULL ? r->ids->count : 0;

	if (r->status == 0 && r->ids != NULL && segment->len > 0)
		r->status = ll_tokenizer_encode(r->tokenizer, segment->data, segment->len, false, r->ids, r->err);
	if (r->status == 0 && r->answering)
		add_answer(r, token_at(r, first, r->answer));
	if (r->status == 0 && r->text != NULL && r->lead)
		r->status = ll_buf_puts(r->text, " ", r->err);
	if (r->status == 0 && r->text != NULL)
		r->status = ll_buf_add(r->text, segment->data, segment->len, r->err);
	r->segment.len = 0;
	r->lead = false;
}

/* Whether the vocabulary begins each text with a space: the first piece of one tells. */
static bool
begins_with_space(struct ll_render *r)
{
	struct ll_ids ids = { 0 };
	const char *bytes = "";
	size_t length = 0;
	bool special;
	int status = ll_tokenizer_encode(r->tokenizer, "a", 1, false, &ids, r->err);

	if (status == 0 && ids.count > 0)
		status = ll_tokenizer_piece(r->tokenizer, ids.ids[0], &bytes, &length, &special, r->err);
	free(ids.ids);
	if (r->status == 0)
		r->status = status;
	return length > 0 && bytes[0] == ' ';
}

void
ll_render_lead(struct ll_render *r)
{
	if (r->status == 0 && r->segment.len == 0 && begins_with_space(r))
		r->lead = true;
	else
		ll_render_say(r, " ");
}

static void
add_id(struct ll_render *r, uint32_t id)
{
	const char *bytes;
	size_t length;
	bool special;

	ll_render_cut(r);
	if (r->status == 0)
		r->status = ll_tokenizer_piece(r->tokenizer, id, &bytes, &length, &special, r->err);
	if (r->status == 0 && r->ids != NULL)
		r->status = ll_ids_add(r->ids, id, r->err);
	if (r->status == 0 && r->text != NULL)
		r->status = ll_buf_add(r->text, bytes, length, r->err);
}

static void
lacks(struct ll_render *r, const char *what)
{
	if (r->status == 0)
		r->status = ll_fail(r->err, LL_EUNSUPPORTED,
		    "the vocabulary has no %s, which the chat format %s needs", what,
		    ll_chat_name(r->chat->format));
}

void
ll_render_special(struct ll_render *r, const char *name)
{
	uint32_t id = ll_tokenizer_find(r->tokenizer, name, strlen(name));

	if (id == LL_VOCAB_NONE)
		lacks(r, name);
	if (r->status == 0)
		add_id(r, id);
}

bool
ll_render_tag(struct ll_render *r, const char *name)
{
	uint32_t id = ll_tokenizer_find(r->tokenizer, name, strlen(name));
	const struct ll_vocab *vocab = ll_tokenizer_vocab(r->tokenizer);

	if (id == LL_VOCAB_NONE || vocab->pieces[id].type != LL_TOKEN_CONTROL) {
		ll_render_say(r, name);
		return false;
	}
	add_id(r, id);
	return true;
}

void
ll_render_bos(struct ll_render *r)
{
	uint32_t id = ll_tokenizer_vocab(r->tokenizer)->bos;

	if (id != LL_VOCAB_NONE)
		add_id(r, id);
}

void
ll_render_eos(struct ll_render *r)
{
	uint32_t id = ll_tokenizer_vocab(r->tokenizer)->eos;

	if (id == LL_VOCAB_NONE)
		lacks(r, "end-of-sequence token");
	if (r->status == 0)
		add_id(r, id);
}

void
ll_render_refuse(struct ll_render *r, const struct ll_message *message, int code, const char *why)
{
	char name[40];

	if (r->status == 0)
		r->status = ll_fail(r->err, code, "%s: %s (chat format %s)",
		    ll_message_name(message, name, sizeof(name)), why, ll_chat_name(r->chat->format));
}

void
ll_render_plain_only(struct ll_render *r)
{
	if (r->status == 0 && (r->chat->tools != NULL || r->chat->builtin_tools != NULL))
		r->status = ll_fail(r->err, LL_EUNSUPPORTED, "the chat format %s has no place for tools",
		    ll_chat_name(r->chat->format));
	for (size_t i = 0; i < r->count; i++) {
		if (r->messages[i].call_count > 0)
			ll_render_refuse(r, &r->messages[i], LL_EUNSUPPORTED, "calls of tools have no form");
		if (r->messages[i].content == NULL)
			ll_render_refuse(r, &r->messages[i], LL_EUNSUPPORTED, "content: only a text can be taken");
	}
}

size_t
ll_render_check_turns(struct ll_render *r)
{
	size_t first = r->count > 0 && ll_message_is(&r->messages[0], "system");

	for (size_t i = first; i < r->count; i++)
		if (!ll_message_is(&r->messages[i], (i - first) % 2 == 0 ? "user" : "assistant"))
			ll_render_refuse(r, &r->messages[i], LL_EDATA, (i - first) % 2 == 0 ?
			    "role: must be user, as users and assistant take turns" :
			    "role: must be assistant, as users and assistant take turns");
	return first;
}

bool
ll_message_is(const struct ll_message *message, const char *role)
{
	return strcmp(message->role, role) == 0;
}

bool
ll_message_is_tool(const struct ll_message *message)
{
	return ll_message_is(message, "ipython") || ll_message_is(message, "tool");
}
