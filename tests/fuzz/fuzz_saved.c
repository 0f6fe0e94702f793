/*
 * Fuzz target: a saved conversation. One that loads is written and loaded again, and is the
 * same then.
 */

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "serve/saved.h"
#include "tests/unit/tiny_vocab.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct tiny tiny;
static struct ll_tokenizer *tokenizer;
static struct ll_chat format;

static void
set_up(void)
{
	struct ll_err err = { 0 };

	if (tokenizer != NULL)
		return;
	tiny_begin(&tiny, LL_VOCAB_BPE_MERGES, "gpt-2");
	tiny_add_specials(&tiny);
	tiny.vocab.eot = (uint32_t)tiny.vocab.count - 1;
	if (ll_tokenizer_new(&tokenizer, &tiny.vocab, &err) < 0 || ll_chat_by_name(&format, "chatml", &err) < 0)
		abort();
}

static void
check_again(const struct ll_conversation *talk)
{
	struct ll_conversation again = { .chat = &format, .tokenizer = tokenizer };
	struct ll_saved_notes notes;
	struct ll_buf text = { 0 };
	struct ll_err err = { 0 };

	if (ll_saved_write(talk, "m", &text, &err) < 0 || !ll_saved_is(text.data, text.len) ||
	    ll_saved_read(&again, text.data, text.len, "again", &notes, &err) < 0)
		abort();
	if (again.count != talk->count || again.ids.count != talk->ids.count || notes.other ||
	    memcmp(again.ids.ids, talk->ids.ids, talk->ids.count * sizeof(uint32_t)) != 0)
		abort();
	ll_conversation_free(&again);
	ll_buf_free(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ll_conversation talk = { .chat = &format, .tokenizer = tokenizer };
	struct ll_saved_notes notes;
	struct ll_err err = { 0 };

	set_up();
	talk.tokenizer = tokenizer;
	if (ll_saved_read(&talk, (const char *)data, size, "fuzz", &notes, &err) == 0 && talk.ids.count > 0)
		check_again(&talk);
	ll_conversation_free(&talk);
	return 0;
}
