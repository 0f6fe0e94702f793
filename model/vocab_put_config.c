/*
 * What stands beside a vocabulary in a folder: tokenizer_config.json and
 * generation_config.json; see vocab_write.h. What vocab_folder.c reads.
 */

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "base/utf8.h"
#include "model/vocab_write.h"

static bool
is_text(const char *bytes, size_t length)
{
	size_t size;

	for (size_t i = 0; i < length; i += size) {
		uint32_t code = ll_utf8_next((const unsigned char *)bytes + i, length - i, &size);

		if (code == LL_UTF8_BAD || code == 0)
			return false;
	}
	return true;
}

static int
set_text(struct ll_json *object, const char *key, const char *text, size_t length, const char *name, struct ll_err *err)
{
	if (!is_text(text, length))
		return ll_fail(err, LL_EUNSUPPORTED, "%s: %s: is not UTF-8, or has a NUL byte: no JSON can say that", name,
		    key);
	ll_json_set(object, key, ll_json_string(text, length));
	return 0;
}

static int
set_token(struct ll_json *object, const char *key, const struct ll_vocab *vocab, uint32_t id, const char *name,
    struct ll_err *err)
{
	struct ll_buf text = { 0 };
	int status;

	if (id == LL_VOCAB_NONE)
		return 0;
	status = ll_vocab_is_spm(vocab->kind) ? ll_spm_spell(&text, &vocab->pieces[id], err) :
	    ll_buf_add(&text, vocab->pieces[id].bytes, vocab->pieces[id].length, err);
	if (status == 0)
		status = set_text(object, key, text.data, text.len, name, err);
	ll_buf_free(&text);
	return status;
}

static int
set_tokens(struct ll_json *object, const struct ll_vocab *vocab, const char *name, struct ll_err *err)
{
	uint32_t unknown = 0;
	int status;

	while (unknown < vocab->count && vocab->pieces[unknown].type != LL_TOKEN_UNKNOWN)
		unknown++;
	if ((status = set_token(object, "bos_token", vocab, vocab->bos, name, err)) < 0 ||
	    (status = set_token(object, "eos_token", vocab, vocab->eos, name, err)) < 0 ||
	    (status = set_token(object, "pad_token", vocab, vocab->pad, name, err)) < 0)
		return status;
	return set_token(object, "unk_token", vocab, unknown < vocab->count ? unknown : LL_VOCAB_NONE, name, err);
}

/* Appends the text and frees the object. */
static int
finish(struct ll_buf *out, struct ll_json *object, int status, struct ll_err *err)
{
	char *text = status == 0 ? ll_json_text(object, true, err) : NULL;

	ll_json_free(object);
	if (status == 0 && text == NULL)
		status = -LL_ENOMEM;
	if (status == 0 && (status = ll_buf_puts(out, text, err)) == 0)
		status = ll_buf_puts(out, "\n", err);
	free(text);
	return status;
}

int
ll_vocab_put_config(struct ll_buf *out, const struct ll_vocab *vocab, bool json, size_t context,
    const char *name, struct ll_err *err)
{
	const char *class = json ? "PreTrainedTokenizerFast" : "LlamaTokenizer";
	struct ll_json *object = ll_json_object();
	int status;

	ll_json_set(object, "add_bos_token", ll_json_bool(vocab->add_bos));
	ll_json_set(object, "add_eos_token", ll_json_bool(false));
	ll_json_set(object, "clean_up_tokenization_spaces", ll_json_bool(false));
	ll_json_set(object, "model_max_length", ll_json_int((int64_t)context));
	if (!json) {
		/* A space comes before each text, as it does in the model's own library. */
		ll_json_set(object, "legacy", ll_json_bool(true));
		ll_json_set(object, "add_prefix_space", ll_json_bool(vocab->space_prefix != LL_PREFIX_NONE));
	}
	status = set_text(object, "tokenizer_class", class, strlen(class), name, err);
	if (status == 0)
		status = set_tokens(object, vocab, name, err);
	if (status == 0 && vocab->chat_template != NULL)
		status = set_text(object, "chat_template", vocab->chat_template, vocab->chat_template_length, name, err);
	return finish(out, object, status, err);
}

int
ll_vocab_put_stops(struct ll_buf *out, const struct ll_vocab *vocab, struct ll_err *err)
{
	struct ll_json *object = ll_json_object(), *stops = ll_json_array();

	for (size_t i = 0; i < vocab->stop_count; i++)
		ll_json_add(stops, ll_json_int((int64_t)vocab->stops[i]));
	if (vocab->bos != LL_VOCAB_NONE)
		ll_json_set(object, "bos_token_id", ll_json_int((int64_t)vocab->bos));
	if (vocab->stop_count > 0)
		ll_json_set(object, "eos_token_id", stops);
	else
		ll_json_free(stops);
	if (vocab->pad != LL_VOCAB_NONE)
		ll_json_set(object, "pad_token_id", ll_json_int((int64_t)vocab->pad));
	return finish(out, object, 0, err);
}
