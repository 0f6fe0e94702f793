/*
 * The normalizer, pre_tokenizer, model, post_processor and decoder of a tokenizer.json; see
 * vocab_hf.h. Source: the files themselves, and the documentation of the package tokenizers.
 */

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "model/vocab_hf.h"
#include "model/vocab_splits.h"

#define MARK "\xe2\x96\x81"

struct rules {
	struct ll_vocab *vocab;
	const char *name;
	struct ll_err *err;
	bool prepends, replaces;	/* normalizers */
};

static bool
equals(const struct ll_json *value, const char *text)
{
	const char *is = ll_json_text_of(value, NULL);

	return is != NULL && strcmp(is, text) == 0;
}

static bool
is_type(const struct ll_json *object, const char *type)
{
	return equals(ll_json_get(object, "type"), type);
}

static const char *
type_of(const struct ll_json *object)
{
	const char *type = ll_json_text_of(ll_json_get(object, "type"), NULL);

	return type != NULL ? type : "?";
}

static bool
is_absent(const struct ll_json *value)
{
	return value == NULL || ll_json_is_null(value);
}

static int
refuse(const struct rules *r, const char *field, const char *value)
{
	return ll_fail(r->err, LL_EUNSUPPORTED, "%s: %s: %.200s is not supported", r->name, field, value);
}

/* {"String": from} and "content": to. */
static bool
is_replace(const struct ll_json *step, const char *from, const char *to)
{
	return is_type(step, "Replace") && equals(ll_json_get(ll_json_get(step, "pattern"), "String"), from) &&
	    equals(ll_json_get(step, "content"), to);
}

static int
normalizer_step(struct rules *r, const struct ll_json *step)
{
	if (is_type(step, "Prepend") && equals(ll_json_get(step, "prepend"), MARK))
		r->prepends = true;
	else if (is_replace(step, " ", MARK))
		r->replaces = true;
	else
		return refuse(r, "normalizer", type_of(step));
	return 0;
}

static int
read_normalizer(struct rules *r, const struct ll_json *normalizer)
{
	const struct ll_json *steps = ll_json_get(normalizer, "normalizers");
	int status = 0;

	if (is_absent(normalizer))
		return 0;
	if (!is_type(normalizer, "Sequence"))
		return normalizer_step(r, normalizer);
	for (size_t i = 0; i < ll_json_count(steps) && status == 0; i++)
		status = normalizer_step(r, ll_json_at(steps, i));
	return status;
}

/* The space that SentencePiece's kind puts before a text: by a pre-tokenizer of its own, or by normalizers. */
static int
read_metaspace(struct rules *r, const struct ll_json *meta)
{
	const struct ll_json *scheme = ll_json_get(meta, "prepend_scheme");
	struct ll_vocab *vocab = r->vocab;

	if (is_absent(meta)) {
		if (!r->replaces)
			return refuse(r, "pre_tokenizer", "none, with byte_fallback and no normalizer,");
		vocab->space_prefix = r->prepends ? LL_PREFIX_EACH : LL_PREFIX_NONE;
		return 0;
	}
	if (!is_type(meta, "Metaspace"))
		return refuse(r, "pre_tokenizer", type_of(meta));
	if (r->prepends || r->replaces)
		return refuse(r, "pre_tokenizer", "Metaspace with a normalizer");
	if (!equals(ll_json_get(meta, "replacement"), MARK) || !ll_json_is_false(ll_json_get(meta, "split")))
		return refuse(r, "pre_tokenizer", "Metaspace that splits, or with another replacement,");
	vocab->prefix_once = true;
	if (equals(scheme, "always") || (scheme == NULL && !ll_json_is_false(ll_json_get(meta, "add_prefix_space"))))
		vocab->space_prefix = LL_PREFIX_EACH;
	else if (equals(scheme, "first"))
		vocab->space_prefix = LL_PREFIX_FIRST;
	else if (scheme == NULL || equals(scheme, "never"))
		vocab->space_prefix = LL_PREFIX_NONE;
	else
		return refuse(r, "pre_tokenizer", "this prepend_scheme of Metaspace");
	return 0;
}

static int
read_split(struct rules *r, const struct ll_json *split)
{
	const char *text = ll_json_text_of(ll_json_get(ll_json_get(split, "pattern"), "Regex"), NULL), *pre;
	bool invert = ll_json_is_true(ll_json_get(split, "invert"));

	if (!equals(ll_json_get(split, "behavior"), invert ? "Removed" : "Isolated"))
		return refuse(r, "pre_tokenizer", "this behavior of Split");
	if (text == NULL || (pre = ll_split_name(text)) == NULL)
		return ll_fail(r->err, LL_EUNSUPPORTED, "%s: pre_tokenizer: the regular expression '%.300s' is not known",
		    r->name, text != NULL ? text : "?");
	snprintf(r->vocab->pre, sizeof(r->vocab->pre), "%s", pre);
	return 0;
}

/* Several expressions, then each digit alone, then bytes. */
static int
read_splits(struct rules *r, const struct ll_json *steps, size_t count)
{
	const struct ll_json *digits = ll_json_at(steps, count - 2), *bytes = ll_json_at(steps, count - 1);
	const char *regex[LL_SPLIT_STEPS], *pre;

	for (size_t i = 0; i + 2 < count; i++) {
		const struct ll_json *split = ll_json_at(steps, i);

		regex[i] = ll_json_text_of(ll_json_get(ll_json_get(split, "pattern"), "Regex"), NULL);
		if (regex[i] == NULL || !is_type(split, "Split") || !equals(ll_json_get(split, "behavior"), "Isolated") ||
		    ll_json_is_true(ll_json_get(split, "invert")))
			return refuse(r, "pre_tokenizer", "this Sequence");
	}
	if ((pre = ll_split_steps_name(regex, count - 2)) == NULL || !is_type(digits, "Digits") ||
	    !ll_json_is_true(ll_json_get(digits, "individual_digits")) || !is_type(bytes, "ByteLevel") ||
	    !ll_json_is_false(ll_json_get(bytes, "use_regex")) || !ll_json_is_false(ll_json_get(bytes, "add_prefix_space")))
		return refuse(r, "pre_tokenizer", "this Sequence");
	snprintf(r->vocab->pre, sizeof(r->vocab->pre), "%s", pre);
	return 0;
}

/* The last step writes bytes in GPT-2's alphabet, and may split as GPT-2 before; one may come before it. */
static int
read_steps(struct rules *r, const struct ll_json *before, const struct ll_json *bytes)
{
	bool gpt2 = !ll_json_is_false(ll_json_get(bytes, "use_regex"));

	if (!is_type(bytes, "ByteLevel"))
		return refuse(r, "pre_tokenizer", type_of(bytes));
	if (!ll_json_is_false(ll_json_get(bytes, "add_prefix_space")))
		return refuse(r, "pre_tokenizer", "ByteLevel with add_prefix_space");
	if (before == NULL && gpt2)
		snprintf(r->vocab->pre, sizeof(r->vocab->pre), "gpt-2");
	else if (is_type(before, "Digits") && gpt2 && ll_json_is_true(ll_json_get(before, "individual_digits")))
		snprintf(r->vocab->pre, sizeof(r->vocab->pre), "smollm");
	else if (is_type(before, "Split") && !gpt2)
		return read_split(r, before);
	else
		return refuse(r, "pre_tokenizer", before == NULL ? "ByteLevel without use_regex" : "this Sequence");
	return 0;
}

static int
read_pre_tokenizer(struct rules *r, const struct ll_json *pre)
{
	const struct ll_json *steps = ll_json_get(pre, "pretokenizers");
	size_t count = ll_json_count(steps);

	if (r->prepends || r->replaces)
		return refuse(r, "normalizer", "Prepend or Replace, without byte_fallback,");
	if (!is_type(pre, "Sequence"))
		return is_absent(pre) ? refuse(r, "pre_tokenizer", "none, without byte_fallback,") :
		    read_steps(r, NULL, pre);
	if (count > 2 && count <= LL_SPLIT_STEPS + 2)
		return read_splits(r, steps, count);
	if (count < 1 || count > 2)
		return refuse(r, "pre_tokenizer", "this Sequence");
	return read_steps(r, count == 2 ? ll_json_at(steps, 0) : NULL, ll_json_at(steps, count - 1));
}

static bool
is_nothing(const struct ll_json *value)
{
	double number;

	return is_absent(value) || equals(value, "") || (ll_json_number(value, &number) && number == 0);
}

static int
read_model(struct rules *r, const struct ll_json *model)
{
	static const char *const nothing[] = { "dropout", "continuing_subword_prefix", "end_of_word_suffix" };
	static const char *const fine[] = { "type", "unk_token", "fuse_unk", "byte_fallback", "ignore_merges", "vocab",
		"merges" };
	const char *key;
	const struct ll_json *value;
	void *place = NULL;

	if (ll_json_get(model, "type") != NULL && !is_type(model, "BPE"))
		return ll_fail(r->err, LL_EUNSUPPORTED, "%s: model.type: '%.100s' is not supported (BPE is)", r->name,
		    type_of(model));
	while (ll_json_next_unknown(model, fine, sizeof(fine) / sizeof(fine[0]), &place, &key, &value)) {
		bool known_key = false;

		for (size_t k = 0; k < sizeof(nothing) / sizeof(nothing[0]); k++)
			known_key |= strcmp(key, nothing[k]) == 0 && is_nothing(value);
		if (!known_key)
			return ll_fail(r->err, LL_EUNSUPPORTED, "%s: model.%.100s is not supported", r->name, key);
	}
	r->vocab->kind = ll_json_is_true(ll_json_get(model, "byte_fallback")) ? LL_VOCAB_SPM_MERGES :
	    LL_VOCAB_BPE_MERGES;
	r->vocab->whole = ll_json_is_true(ll_json_get(model, "ignore_merges")) ? LL_WHOLE_FIRST : LL_WHOLE_NEVER;
	if (r->vocab->kind == LL_VOCAB_SPM_MERGES && r->vocab->whole == LL_WHOLE_FIRST)
		return refuse(r, "model.ignore_merges", "true, with byte_fallback,");
	return 0;
}

/* Back from ids: what is done here anyway, or nothing. */
static int
check_decoder(const struct rules *r, const struct ll_json *decoder)
{
	static const char *const spm[] = { "Replace", "ByteFallback", "Fuse", "Strip", "Metaspace" };
	const struct ll_json *steps = ll_json_get(decoder, "decoders");
	bool sequence = is_type(decoder, "Sequence");

	if (is_absent(decoder))
		return 0;
	for (size_t i = 0; i < (sequence ? ll_json_count(steps) : 1); i++) {
		const struct ll_json *step = sequence ? ll_json_at(steps, i) : decoder;
		bool fine = r->vocab->kind == LL_VOCAB_BPE_MERGES && is_type(step, "ByteLevel");

		for (size_t k = 0; k < sizeof(spm) / sizeof(spm[0]) && r->vocab->kind == LL_VOCAB_SPM_MERGES; k++)
			fine |= is_type(step, spm[k]);
		if (is_type(step, "Replace"))
			fine = fine && is_replace(step, MARK, " ");
		if (!fine)
			return refuse(r, "decoder", type_of(step));
	}
	return 0;
}

int
ll_hf_rules(struct ll_vocab *vocab, const struct ll_json *root, const char *name, struct ll_err *err)
{
	struct rules r = { .vocab = vocab, .name = name, .err = err };
	const struct ll_json *pre = ll_json_get(root, "pre_tokenizer");
	int status;

	if ((status = read_model(&r, ll_json_get(root, "model"))) < 0 ||
	    (status = read_normalizer(&r, ll_json_get(root, "normalizer"))) < 0)
		return status;
	snprintf(vocab->pre, sizeof(vocab->pre), "default");
	status = vocab->kind == LL_VOCAB_SPM_MERGES ? read_metaspace(&r, pre) : read_pre_tokenizer(&r, pre);
	return status < 0 ? status : check_decoder(&r, ll_json_get(root, "decoder"));
}

static int
post_step(const char **token, const struct ll_json *step, const struct rules *r)
{
	const struct ll_json *first = ll_json_at(ll_json_get(step, "single"), 0);

	if (is_type(step, "TemplateProcessing"))
		*token = ll_json_text_of(ll_json_get(ll_json_get(first, "SpecialToken"), "id"), NULL);
	else if (!is_type(step, "ByteLevel"))
		return refuse(r, "post_processor", type_of(step));
	return 0;
}

int
ll_hf_bos(const char **token, const struct ll_json *root, const char *name, struct ll_err *err)
{
	const struct rules r = { .name = name, .err = err };
	const struct ll_json *post = ll_json_get(root, "post_processor");
	const struct ll_json *steps = ll_json_get(post, "processors");
	int status = 0;

	*token = NULL;
	if (is_absent(post))
		return 0;
	if (!is_type(post, "Sequence"))
		return post_step(token, post, &r);
	for (size_t i = 0; i < ll_json_count(steps) && status == 0; i++) {
		const char *found = NULL;

		status = post_step(&found, ll_json_at(steps, i), &r);
		*token = found != NULL ? found : *token;
	}
	return status;
}
