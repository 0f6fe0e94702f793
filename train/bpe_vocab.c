/*
 * A learned vocabulary; see bpe_vocab.h.
 */

#include "train/bpe_vocab.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "model/model.h"
#include "model/vocab_make.h"
#include "model/vocab_write.h"
#include "tokenize/split.h"

#define LONGEST_SPECIAL 256	/* that is looked for in a text */
#define PAD 2			/* of the names below */

static const char *const specials_of_llama[LL_BPE_SPECIALS] = {
	"<|begin_of_text|>", "<|end_of_text|>", "<|finetune_right_pad_id|>", "<|start_header_id|>",
	"<|end_header_id|>", "<|eom_id|>", "<|eot_id|>", "<|python_tag|>"
};

const char ll_bpe_template[] =
    "{%- if tools or builtin_tools %}\n"
    "    {{- raise_exception(\"tools are not for this template\") }}\n"
    "{%- endif %}\n"
    "{%- if not date_string %}\n"
    "    {%- set date_string = \"26 Jul 2024\" %}\n"
    "{%- endif %}\n"
    "{{- bos_token + \"<|start_header_id|>system<|end_header_id|>\\n\\n\" }}\n"
    "{{- \"Cutting Knowledge Date: December 2023\\n\" }}\n"
    "{{- \"Today Date: \" + date_string + \"\\n\\n\" }}\n"
    "{%- if messages and messages[0].role == \"system\" %}\n"
    "    {{- messages[0].content | trim }}\n"
    "    {%- set messages = messages[1:] %}\n"
    "{%- endif %}\n"
    "{{- \"<|eot_id|>\" }}\n"
    "{%- for message in messages %}\n"
    "    {%- if message.tool_calls or message.role in [\"tool\", \"ipython\"] %}\n"
    "        {{- raise_exception(\"tools are not for this template\") }}\n"
    "    {%- endif %}\n"
    "    {{- \"<|start_header_id|>\" + message.role + \"<|end_header_id|>\\n\\n\" }}\n"
    "    {{- message.content | trim + \"<|eot_id|>\" }}\n"
    "{%- endfor %}\n"
    "{%- if add_generation_prompt %}\n"
    "    {{- \"<|start_header_id|>assistant<|end_header_id|>\\n\\n\" }}\n"
    "{%- endif %}\n";

static bool
is_utf8(const char *text, size_t length)
{
	size_t size;

	for (size_t at = 0; at < length; at += size)
		if (ll_utf8_next((const unsigned char *)text + at, length - at, &size) == LL_UTF8_BAD)
			return false;
	return true;
}

int
ll_bpe_check_special(const char *text, struct ll_err *err)
{
	size_t length = strlen(text);
	const char *why = NULL;

	if (length == 0)
		why = "is empty";
	else if (length > LONGEST_SPECIAL)
		why = "is longer than 256 bytes";
	else if (!is_utf8(text, length))
		why = "is not UTF-8";
	else if (ll_split_next(LL_SPLIT_LLAMA3, (const unsigned char *)text, length) == length)
		why = "could be learned from the text: a special token has characters of more than one kind, as in <|name|>";
	for (size_t i = 0; i < LL_BPE_SPECIALS && why == NULL; i++)
		if (strcmp(text, specials_of_llama[i]) == 0)
			why = "is there in any case";
	return why == NULL ? 0 : ll_fail(err, LL_EUSAGE, "--special: '%.64s' %s", text, why);
}

/* Texts of tokens, one behind the other, and of merges as a vocabulary has them. */
struct making {
	size_t *begin;		/* by token, and the end behind the last */
	struct ll_buf text, merges;
	struct ll_err *err;
};

static int
add_text(struct making *m, size_t id, size_t begin, size_t length)
{
	if (ll_buf_room(&m->text, length, m->err) < 0)
		return -LL_ENOMEM;
	memcpy(m->text.data + m->text.len, m->text.data + begin, length);
	m->text.len += length;
	m->begin[id + 1] = m->text.len;
	return 0;
}

static int
spell(struct making *m, uint32_t id)
{
	return ll_alphabet_spell(&m->merges, m->text.data + m->begin[id], m->begin[id + 1] - m->begin[id], m->err);
}

static int
add_merge(struct making *m, size_t id, struct ll_bpe_merge merge)
{
	size_t begin = m->merges.len;
	int status;

	if ((status = add_text(m, id, m->begin[merge.left], m->begin[merge.left + 1] - m->begin[merge.left])) < 0 ||
	    (status = add_text(m, id, m->begin[merge.right], m->begin[merge.right + 1] - m->begin[merge.right])) < 0 ||
	    (status = ll_buf_add(&m->merges, "\0\0\0\0\0\0\0", LL_MERGE_HEAD, m->err)) < 0 ||
	    (status = spell(m, merge.left)) < 0 || (status = ll_buf_add(&m->merges, " ", 1, m->err)) < 0 ||
	    (status = spell(m, merge.right)) < 0)
		return status;
	ll_store64((unsigned char *)m->merges.data + begin, m->merges.len - begin - LL_MERGE_HEAD);
	return 0;
}

static int
make_texts(struct making *m, const struct ll_bpe_merge *merges, size_t count, const char *const *specials,
    size_t special_count)
{
	unsigned char bytes[LL_BPE_BYTES];
	size_t id = LL_BPE_BYTES;
	int status;

	ll_bpe_bytes(bytes);
	status = ll_buf_add(&m->text, bytes, sizeof(bytes), m->err);
	for (size_t i = 0; i <= LL_BPE_BYTES; i++)
		m->begin[i] = i;
	for (size_t i = 0; i < count && status == 0; i++)
		status = add_merge(m, id++, merges[i]);
	for (size_t i = 0; i < LL_BPE_SPECIALS + special_count && status == 0; i++) {
		status = ll_buf_puts(&m->text, i < LL_BPE_SPECIALS ? specials_of_llama[i] :
		    specials[i - LL_BPE_SPECIALS], m->err);
		m->begin[++id] = m->text.len;
	}
	return status;
}

int
ll_bpe_vocab(struct ll_vocab **out, const struct ll_bpe_merge *merges, size_t count,
    const char *const *specials, size_t special_count, struct ll_err *err)
{
	size_t normal = LL_BPE_BYTES + count, total = normal + LL_BPE_SPECIALS + special_count;
	struct making m = { .begin = ll_alloc(total + 1, sizeof(*m.begin), err), .err = err };
	struct ll_vocab *vocab = NULL;
	char *text;
	int status = m.begin == NULL ? -LL_ENOMEM : make_texts(&m, merges, count, specials, special_count);

	if (status == 0)
		status = ll_vocab_new(&vocab, total, m.text.len + m.merges.len, &text, err);
	if (status == 0 && (status = ll_vocab_set_template(vocab, ll_bpe_template, strlen(ll_bpe_template), err)) == 0) {
		memcpy(text, m.text.data, m.text.len);
		for (size_t id = 0; id < total; id++)
			vocab->pieces[id] = (struct ll_piece){ text + m.begin[id], (uint32_t)(m.begin[id + 1] - m.begin[id]),
			    id < normal ? LL_TOKEN_NORMAL : LL_TOKEN_CONTROL };
		text += m.text.len;
		if (count > 0)
			memcpy(text, m.merges.data, m.merges.len);
		vocab->kind = LL_VOCAB_BPE_MERGES;
		snprintf(vocab->pre, sizeof(vocab->pre), "llama-bpe");
		vocab->merges = (const unsigned char *)text;
		vocab->merge_count = count;
		vocab->pad = (uint32_t)normal + PAD;
		vocab->add_bos = true;
		ll_vocab_finish(vocab, NULL);
	} else if (vocab != NULL) {
		ll_vocab_free(vocab);
		vocab = NULL;
	}
	free(m.begin);
	ll_buf_free(&m.text);
	ll_buf_free(&m.merges);
	*out = vocab;
	return status;
}

int
ll_bpe_put_ranks(struct ll_buf *out, const struct ll_vocab *vocab, struct ll_err *err)
{
	int status = 0;

	for (size_t id = 0; id < vocab->count && vocab->pieces[id].type == LL_TOKEN_NORMAL && status == 0; id++)
		if ((status = ll_base64_put(out, vocab->pieces[id].bytes, vocab->pieces[id].length, err)) == 0)
			status = ll_buf_printf(out, err, " %zu\n", id);
	return status;
}
