/*
 * Conversations as YAML; see saved.h.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/yaml.h"
#include "model/model.h"
#include "serve/saved.h"

static const char first_line[] = "# A conversation of ll-chat.\n";

bool
ll_saved_is(const char *text, size_t length)
{
	return length >= sizeof(first_line) - 1 && memcmp(text, first_line, sizeof(first_line) - 1) == 0;
}

static int
put_message(struct ll_buf *out, const char *role, const char *text, size_t length, struct ll_err *err)
{
	int status = ll_buf_printf(out, err, "- role: %s\n  content: ", role);

	return status < 0 ? status : ll_yaml_put_block(out, text, length, 2, err);
}

static int
put_answer(struct ll_buf *out, const struct ll_exchange *exchange, struct ll_err *err)
{
	int status = put_message(out, "assistant", exchange->answer.data, exchange->answer.len, err);

	if (status == 0)
		status = ll_buf_puts(out, "  ids: \"", err);
	for (size_t i = 0; i < exchange->ids.count && status == 0; i++)
		status = ll_buf_printf(out, err, "%s%" PRIu32, i > 0 ? " " : "", exchange->ids.ids[i]);
	return status < 0 ? status : ll_buf_printf(out, err, "\"\n  end: %" PRIu32 "\n", exchange->end);
}

int
ll_saved_write(const struct ll_conversation *talk, const char *model, struct ll_buf *out, struct ll_err *err)
{
	const struct ll_vocab *vocab = ll_tokenizer_vocab(talk->tokenizer);
	int status = ll_buf_puts(out, first_line, err);

	if (status < 0 || (status = ll_buf_puts(out, "model: ", err)) < 0 ||
	    (status = ll_yaml_put(out, model, strlen(model), err)) < 0 ||
	    (status = ll_buf_printf(out, err, "\nvocabulary: \"%016" PRIx64 "\"\nmessages:%s\n", ll_vocab_fingerprint(vocab),
	    talk->count == 0 && talk->system == NULL ? " []" : "")) < 0)
		return status;
	if (talk->system != NULL)
		status = put_message(out, "system", talk->system, strlen(talk->system), err);
	for (size_t i = 0; i < talk->count && status == 0; i++) {
		const struct ll_exchange *exchange = &talk->exchanges[i];

		status = put_message(out, "user", exchange->message, exchange->length, err);
		if (status == 0)
			status = put_answer(out, exchange, err);
	}
	return status;
}

struct reader {
	struct ll_conversation talk;	/* being made */
	const char *name;
	struct ll_saved_notes *notes;
	struct ll_err *err;
};

static int
refuse(const struct reader *r, const struct ll_yaml *node, const char *what)
{
	return ll_fail(r->err, LL_EDATA, "%s:%zu: %s%s%s", r->name, node->line, node->key != NULL ? node->key : "",
	    node->key != NULL ? ": " : "", what);
}

static bool
number(const char **text, uint64_t most, uint32_t *out)
{
	uint64_t value = 0;
	const char *p = *text;

	for (; *p >= '0' && *p <= '9' && value <= most; p++)
		value = 10 * value + (uint64_t)(*p - '0');
	if (p == *text || value > most)
		return false;
	*text = p;
	*out = (uint32_t)value;
	return true;
}

/* The text that the ids spell, as it would have been shown. */
static int
spell(const struct reader *r, const struct ll_ids *ids, struct ll_buf *text)
{
	int status = 0;

	for (size_t i = 0; i < ids->count && status == 0; i++) {
		const char *bytes;
		size_t length;
		bool special;

		status = ll_tokenizer_piece(r->talk.tokenizer, ids->ids[i], &bytes, &length, &special, r->err);
		if (status == 0 && !special)
			status = ll_buf_add(text, bytes, length, r->err);
	}
	return status;
}

static int
read_ids(const struct reader *r, const struct ll_yaml *node, struct ll_ids *ids)
{
	size_t most = ll_tokenizer_vocab(r->talk.tokenizer)->count - 1;
	const char *p = node->text;
	uint32_t id;

	if (node->kind != LL_YAML_SCALAR)
		return refuse(r, node, "wants numbers");
	while (*(p += strspn(p, " ")) != '\0') {
		if (!number(&p, most, &id) || (*p != ' ' && *p != '\0'))
			return refuse(r, node, "is not a list of ids of the vocabulary");
		if (ll_ids_add(ids, id, r->err) < 0)
			return -LL_ENOMEM;
	}
	return 0;
}

/*
 * An answer: by its ids where they are of this vocabulary and spell the content; a content
 * that somebody has edited counts, not the ids.
 */
static int
take_answer(struct reader *r, const struct ll_yaml *message, const struct ll_yaml *content)
{
	const struct ll_yaml *ids_node = ll_yaml_get(message, "ids"), *end_node = ll_yaml_get(message, "end");
	size_t most = ll_tokenizer_vocab(r->talk.tokenizer)->count - 1;
	const char *end_text = end_node != NULL && end_node->kind == LL_YAML_SCALAR ? end_node->text : "";
	struct ll_ids ids = { 0 };
	struct ll_buf text = { 0 };
	uint32_t end = LL_VOCAB_NONE;
	bool use = ids_node != NULL && !r->notes->other;
	int status = 0;

	if (use && (status = read_ids(r, ids_node, &ids)) == 0 && (status = spell(r, &ids, &text)) == 0)
		use = text.len == content->length &&
		    (text.len == 0 || memcmp(text.data, content->text, text.len) == 0);
	if (status == 0 && !r->notes->other && end_node != NULL && (!number(&end_text, most, &end) || *end_text != '\0'))
		status = refuse(r, end_node, "is not an id of the vocabulary");
	if (status == 0)
		status = ll_conversation_answer(&r->talk, content->text, content->length, use ? &ids : NULL, end, r->err);
	r->notes->tokenized += !use;
	free(ids.ids);
	ll_buf_free(&text);
	return status;
}

static int
take_message(struct reader *r, const struct ll_yaml *message, const char **before)
{
	const struct ll_yaml *role, *content;
	const char *name;

	if (message->kind != LL_YAML_MAP)
		return refuse(r, message, "a message is a mapping with role and content");
	for (const struct ll_yaml *node = message->first; node != NULL; node = node->next)
		if (strcmp(node->key, "role") != 0 && strcmp(node->key, "content") != 0 &&
		    strcmp(node->key, "ids") != 0 && strcmp(node->key, "end") != 0)
			return refuse(r, node, "unknown key");
	if ((role = ll_yaml_get(message, "role")) == NULL || role->kind != LL_YAML_SCALAR)
		return refuse(r, message, "a message without a role");
	if ((content = ll_yaml_get(message, "content")) == NULL || content->kind != LL_YAML_SCALAR)
		return refuse(r, message, "a message without a content");
	name = *before;
	*before = role->text;
	if (strcmp(role->text, "system") == 0 && *name == '\0') {
		if (memchr(content->text, '\0', content->length) != NULL)
			return refuse(r, content, "has a zero byte");
		return ll_conversation_system(&r->talk, content->text, r->err);
	}
	if (strcmp(role->text, "user") == 0 && strcmp(name, "user") != 0)
		return ll_conversation_add(&r->talk, content->text, content->length, r->err);
	if (strcmp(role->text, "assistant") == 0 && strcmp(name, "user") == 0)
		return take_answer(r, message, content);
	return refuse(r, role, "is not system, then user and assistant in turn");
}

static int
take_messages(struct reader *r, const struct ll_yaml *root)
{
	const struct ll_yaml *messages = ll_yaml_get(root, "messages"), *vocabulary = ll_yaml_get(root, "vocabulary");
	const char *before = "";
	char ours[24];
	int status = 0;

	if (root->kind != LL_YAML_MAP || messages == NULL || messages->kind != LL_YAML_LIST)
		return refuse(r, root, "no conversation: there is no list of messages");
	for (const struct ll_yaml *node = root->first; node != NULL; node = node->next)
		if (node != messages && node != vocabulary && strcmp(node->key, "model") != 0)
			return refuse(r, node, "unknown key");
	snprintf(ours, sizeof(ours), "%016" PRIx64, ll_vocab_fingerprint(ll_tokenizer_vocab(r->talk.tokenizer)));
	r->notes->other = vocabulary == NULL || vocabulary->kind != LL_YAML_SCALAR ||
	    strcmp(vocabulary->text, ours) != 0;
	for (const struct ll_yaml *node = messages->first; node != NULL && status == 0; node = node->next)
		status = take_message(r, node, &before);
	/* A message that was never answered is one to send, not to keep. */
	if (status == 0 && strcmp(before, "user") == 0)
		status = refuse(r, messages, "the last message has no answer");
	r->notes->exchanges = r->talk.count;
	return status;
}

int
ll_saved_read(struct ll_conversation *talk, const char *text, size_t length, const char *name,
    struct ll_saved_notes *notes, struct ll_err *err)
{
	struct reader r = { .name = name, .notes = notes, .err = err };
	struct ll_yaml *root;
	int status;

	*notes = (struct ll_saved_notes){ 0 };
	r.talk.chat = talk->chat;
	r.talk.tokenizer = talk->tokenizer;
	r.talk.filling = true;
	if ((status = ll_yaml_parse(&root, text, length, name, LL_EDATA, err)) < 0)
		return status;
	if ((status = take_messages(&r, root)) == 0)
		status = ll_conversation_filled(&r.talk, err);
	ll_yaml_free(root);
	if (status < 0) {
		ll_conversation_free(&r.talk);
		return status;
	}
	/* What the caches hold is still so, as far as it is the same. */
	r.talk.sequence = talk->sequence;
	r.talk.epoch = talk->epoch;
	while (r.talk.held < talk->held && r.talk.held < r.talk.ids.count &&
	    r.talk.ids.ids[r.talk.held] == talk->ids.ids[r.talk.held])
		r.talk.held++;
	ll_conversation_free(talk);
	*talk = r.talk;
	return 0;
}
