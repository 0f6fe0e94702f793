/*
 * A vocabulary as Hugging Face's tokenizer.json; see vocab_write.h. What vocab_hf.c
 * reads. The text is made piece by piece: as a tree of values a large vocabulary would take
 * some hundred megabytes.
 */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "model/vocab_make.h"
#include "model/vocab_splits.h"
#include "model/vocab_write.h"

#define MARK "\xe2\x96\x81"

struct put {
	struct ll_buf *out;
	const struct ll_vocab *vocab;
	const char *name;
	struct ll_buf text;	/* of one token */
	size_t said;		/* elements of the array or object so far */
	struct ll_err *err;
};

static int
puts_all(const struct put *p, const char *text)
{
	return ll_buf_puts(p->out, text, p->err);
}

/* Tokens that text has only on request, and those that begin or end one. */
static bool
is_added(const struct ll_vocab *vocab, uint32_t id)
{
	uint32_t type = vocab->pieces[id].type;

	return type == LL_TOKEN_CONTROL || type == LL_TOKEN_USER || type == LL_TOKEN_UNKNOWN || id == vocab->bos ||
	    id == vocab->eos;
}

static int
spell(struct put *p, uint32_t id)
{
	const struct ll_piece *piece = &p->vocab->pieces[id];

	p->text.len = 0;
	if (ll_vocab_is_spm(p->vocab->kind))
		return ll_spm_spell(&p->text, piece, p->err);
	if (piece->type == LL_TOKEN_NORMAL || piece->type == LL_TOKEN_BYTE)
		return ll_alphabet_spell(&p->text, piece->bytes, piece->length, p->err);
	return ll_buf_add(&p->text, piece->bytes, piece->length, p->err);
}

/* A string of a token's text, which must be one that JSON can say. */
static int
quote(struct put *p, uint32_t id)
{
	int status = spell(p, id);

	if (status < 0)
		return status;
	if (ll_vocab_is_spm(p->vocab->kind) && p->vocab->pieces[id].type == LL_TOKEN_NORMAL &&
	    ll_spm_byte(p->text.data, p->text.len) >= 0)
		return ll_fail(p->err, LL_EUNSUPPORTED, "%s: token %" PRIu32 ": is spelt as a byte token and is none: no "
		    "tokenizer.json can say that", p->name, id);
	if (p->text.len == 0 || memchr(p->text.data, '\0', p->text.len) != NULL)
		return ll_fail(p->err, LL_EUNSUPPORTED, "%s: token %" PRIu32 ": its text is empty, or has a NUL byte: no "
		    "tokenizer.json can say that", p->name, id);
	if ((status = ll_json_quote(p->out, p->text.data, p->text.len, p->err)) > 0)
		return ll_fail(p->err, LL_EUNSUPPORTED, "%s: token %" PRIu32 ": is not UTF-8, which no tokenizer.json can "
		    "say", p->name, id);
	return status;
}

/* Begins an element. */
static int
next(struct put *p)
{
	return puts_all(p, p->said++ > 0 ? ",\n      " : "\n      ");
}

static int
put_added(struct put *p)
{
	const struct ll_vocab *vocab = p->vocab;
	int status = puts_all(p, "\n  \"added_tokens\": [");

	p->said = 0;
	for (uint32_t id = 0; id < vocab->count && status == 0; id++) {
		if (!is_added(vocab, id))
			continue;
		if ((status = next(p)) == 0 &&
		    (status = ll_buf_printf(p->out, p->err, "{\"id\": %" PRIu32 ", \"content\": ", id)) == 0 &&
		    (status = quote(p, id)) == 0)
			status = ll_buf_printf(p->out, p->err, ", \"single_word\": false, \"lstrip\": false, \"rstrip\": "
			    "false, \"normalized\": false, \"special\": %s}",
			    vocab->pieces[id].type == LL_TOKEN_USER ? "false" : "true");
	}
	return status < 0 ? status : puts_all(p, "\n  ],\n");
}

static const char bytes[] = "{\"type\": \"ByteLevel\", \"add_prefix_space\": false, \"trim_offsets\": true, "
    "\"use_regex\": ";

static int
put_split(struct put *p, const char *regex)
{
	int status = puts_all(p, "    {\"type\": \"Split\", \"pattern\": {\"Regex\": ");

	if (status < 0 || (status = ll_json_quote(p->out, regex, strlen(regex), p->err)) < 0)
		return status;
	return puts_all(p, "}, \"behavior\": \"Isolated\", \"invert\": false},\n");
}

static int
put_steps(struct put *p, const char *const *steps)
{
	int status = puts_all(p, "{\"type\": \"Sequence\", \"pretokenizers\": [\n");

	for (; *steps != NULL && status == 0; steps++)
		status = put_split(p, *steps);
	return status < 0 ? status : ll_buf_printf(p->out, p->err, "    {\"type\": \"Digits\", \"individual_digits\": "
	    "true},\n    %sfalse}\n  ]},\n", bytes);
}

static int
put_splitter(struct put *p)
{
	const char *const *steps = ll_split_steps(p->vocab->pre);
	const char *regex = ll_split_regex(p->vocab->pre);
	int status;

	if (ll_vocab_is_spm(p->vocab->kind))
		return ll_buf_printf(p->out, p->err, "  \"normalizer\": {\"type\": \"Sequence\", \"normalizers\": [%s\n"
		    "    {\"type\": \"Replace\", \"pattern\": {\"String\": \" \"}, \"content\": \"" MARK "\"}\n  ]},\n"
		    "  \"pre_tokenizer\": null,\n", p->vocab->space_prefix == LL_PREFIX_NONE ? "" :
		    "\n    {\"type\": \"Prepend\", \"prepend\": \"" MARK "\"},");
	if (regex == NULL && steps == NULL)
		return ll_fail(p->err, LL_EUNSUPPORTED, "%s: tokenizer.ggml.pre: '%s' has no regular expression that is "
		    "known here", p->name, p->vocab->pre);
	if ((status = puts_all(p, "  \"normalizer\": null,\n  \"pre_tokenizer\": ")) < 0)
		return status;
	if (steps != NULL)
		return put_steps(p, steps);
	if (regex[0] == '\0')
		return ll_buf_printf(p->out, p->err, "%strue},\n", bytes);
	if (strcmp(regex, "digits") == 0)
		return ll_buf_printf(p->out, p->err, "{\"type\": \"Sequence\", \"pretokenizers\": [\n    {\"type\": "
		    "\"Digits\", \"individual_digits\": true},\n    %strue}\n  ]},\n", bytes);
	if ((status = puts_all(p, "{\"type\": \"Sequence\", \"pretokenizers\": [\n")) < 0 ||
	    (status = put_split(p, regex)) < 0)
		return status;
	return ll_buf_printf(p->out, p->err, "    %sfalse}\n  ]},\n", bytes);
}

/* What puts the token before a text. */
static int
put_processor(struct put *p)
{
	bool spm = ll_vocab_is_spm(p->vocab->kind);
	const char *rest = spm ? "" : "{\"type\": \"ByteLevel\", \"add_prefix_space\": true, \"trim_offsets\": false, "
	    "\"use_regex\": true}";
	struct ll_buf *out = p->out;
	size_t begin;
	char *bos;
	int status;

	if (!p->vocab->add_bos)
		return ll_buf_printf(out, p->err, "  \"post_processor\": %s,\n", spm ? "null" : rest);
	begin = out->len;
	if ((status = quote(p, p->vocab->bos)) < 0)
		return status;
	if ((bos = ll_copy(out->data + begin, out->len - begin, p->err)) == NULL)
		return -LL_ENOMEM;
	out->len = begin;
	status = ll_buf_printf(out, p->err, "  \"post_processor\": {\"type\": \"Sequence\", \"processors\": [\n    %s%s"
	    "    {\"type\": \"TemplateProcessing\",\n"
	    "      \"single\": [{\"SpecialToken\": {\"id\": %s, \"type_id\": 0}}, {\"Sequence\": {\"id\": \"A\", "
	    "\"type_id\": 0}}],\n"
	    "      \"pair\": [{\"SpecialToken\": {\"id\": %s, \"type_id\": 0}}, {\"Sequence\": {\"id\": \"A\", "
	    "\"type_id\": 0}}, {\"SpecialToken\": {\"id\": %s, \"type_id\": 1}}, {\"Sequence\": {\"id\": \"B\", "
	    "\"type_id\": 1}}],\n"
	    "      \"special_tokens\": {%s: {\"id\": %s, \"ids\": [%" PRIu32 "], \"tokens\": [%s]}}}\n  ]},\n",
	    rest, spm ? "" : ",\n", bos, bos, bos, bos, bos, p->vocab->bos, bos);
	free(bos);
	return status;
}

/* Back to a text. */
static int
put_decoder(struct put *p)
{
	if (!ll_vocab_is_spm(p->vocab->kind))
		return puts_all(p, "  \"decoder\": {\"type\": \"ByteLevel\", \"add_prefix_space\": true, "
		    "\"trim_offsets\": true, \"use_regex\": true},\n");
	return ll_buf_printf(p->out, p->err, "  \"decoder\": {\"type\": \"Sequence\", \"decoders\": [\n"
	    "    {\"type\": \"Replace\", \"pattern\": {\"String\": \"" MARK "\"}, \"content\": \" \"},\n"
	    "    {\"type\": \"ByteFallback\"},\n    {\"type\": \"Fuse\"}%s\n  ]},\n",
	    p->vocab->space_prefix == LL_PREFIX_NONE ? "" :
	    ",\n    {\"type\": \"Strip\", \"content\": \" \", \"start\": 1, \"stop\": 0}");
}

/* Hugging Face's added tokens may be in the vocabulary too, which is what fixes their ids. */
static bool
is_in_vocab(const struct ll_vocab *vocab, uint32_t id)
{
	return vocab->pieces[id].type != LL_TOKEN_UNUSED;
}

struct key {
	const char *text;
	size_t length;
	uint32_t id;
};

static int
by_text(const void *a, const void *b)
{
	const struct key *x = a, *y = b;
	size_t shorter = x->length < y->length ? x->length : y->length;
	int order = memcmp(x->text, y->text, shorter);

	return order != 0 ? order : x->length < y->length ? -1 : x->length > y->length;
}

/* The texts of all tokens, one behind the other; lengths first, as the buffer may move. */
static int
gather_keys(struct put *p, struct key *keys, size_t *count, struct ll_buf *texts)
{
	const char *text;
	int status = 0;

	for (uint32_t id = 0; id < p->vocab->count && status == 0; id++) {
		if (!is_in_vocab(p->vocab, id))
			continue;
		if ((status = spell(p, id)) == 0)
			status = ll_buf_add(texts, p->text.data, p->text.len, p->err);
		keys[*count] = (struct key){ .length = p->text.len, .id = id };
		++*count;
	}
	text = texts->data;
	for (size_t i = 0; i < *count && text != NULL; i++) {
		keys[i].text = text;
		text += keys[i].length;
	}
	return status;
}

/* The vocabulary goes from texts to ids. */
static int
check_twice(struct put *p)
{
	struct key *keys = ll_alloc(p->vocab->count, sizeof(*keys), p->err);
	struct ll_buf texts = { 0 };
	size_t count = 0;
	int status = keys == NULL ? -LL_ENOMEM : gather_keys(p, keys, &count, &texts);

	if (status == 0 && texts.data != NULL)
		qsort(keys, count, sizeof(*keys), by_text);
	for (size_t i = 1; i < count && status == 0 && texts.data != NULL; i++)
		if (by_text(&keys[i - 1], &keys[i]) == 0)
			status = ll_fail(p->err, LL_EUNSUPPORTED, "%s: tokens %" PRIu32 " and %" PRIu32 " have the same text, which "
			    "no tokenizer.json can say", p->name, keys[i - 1].id, keys[i].id);
	ll_buf_free(&texts);
	free(keys);
	return status;
}

static int
put_vocab(struct put *p)
{
	int status = puts_all(p, "    \"vocab\": {");

	p->said = 0;
	for (uint32_t id = 0; id < p->vocab->count && status == 0; id++) {
		if (!is_in_vocab(p->vocab, id))
			continue;
		if ((status = next(p)) == 0 && (status = quote(p, id)) == 0)
			status = ll_buf_printf(p->out, p->err, ": %" PRIu32, id);
	}
	return status < 0 ? status : puts_all(p, "\n    },\n");
}

static int
put_merge(void *context, const char *text, size_t length, struct ll_err *err)
{
	struct put *p = context;
	int status = next(p);

	if (status == 0 && (status = ll_json_quote(p->out, text, length, err)) > 0)
		return ll_fail(err, LL_EUNSUPPORTED, "%s: merge %zu: is not UTF-8, which no tokenizer.json can say", p->name,
		    p->said - 1);
	return status;
}

static int
put_model(struct put *p)
{
	const struct ll_vocab *vocab = p->vocab;
	const char *spm = ll_vocab_is_spm(vocab->kind) ? "true" : "false";
	bool whole = !ll_vocab_is_spm(vocab->kind) && (vocab->whole == LL_WHOLE_BY_SPLITTER ?
	    ll_split_is_whole(vocab->pre) : vocab->whole == LL_WHOLE_FIRST);
	uint32_t unknown = 0;
	int status;

	while (unknown < vocab->count && vocab->pieces[unknown].type != LL_TOKEN_UNKNOWN)
		unknown++;
	if ((status = puts_all(p, "  \"model\": {\n    \"type\": \"BPE\", \"dropout\": null, \"unk_token\": ")) < 0 ||
	    (status = unknown < vocab->count ? quote(p, unknown) : puts_all(p, "null")) < 0 ||
	    (status = ll_buf_printf(p->out, p->err, ", \"continuing_subword_prefix\": null, \"end_of_word_suffix\": "
	    "null,\n    \"fuse_unk\": %s, \"byte_fallback\": %s, \"ignore_merges\": %s,\n", spm, spm,
	    whole ? "true" : "false")) < 0 ||
	    (status = put_vocab(p)) < 0 || (status = puts_all(p, "    \"merges\": [")) < 0)
		return status;
	p->said = 0;
	if ((status = ll_vocab_each_merge(p->vocab, put_merge, p, p->err)) < 0)
		return status;
	return puts_all(p, "\n    ]\n  }\n}\n");
}

int
ll_vocab_put_json(struct ll_buf *out, const struct ll_vocab *vocab, const char *name, struct ll_err *err)
{
	struct put p = { .out = out, .vocab = vocab, .name = name, .err = err };
	int status;

	if ((status = check_twice(&p)) == 0 &&
	    (status = puts_all(&p, "{\n  \"version\": \"1.0\",\n  \"truncation\": null,\n  \"padding\": null,")) == 0 &&
	    (status = put_added(&p)) == 0 && (status = put_splitter(&p)) == 0 && (status = put_processor(&p)) == 0 &&
	    (status = put_decoder(&p)) == 0)
		status = put_model(&p);
	ll_buf_free(&p.text);
	return status;
}
