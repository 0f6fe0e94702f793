/*
 * From what ll-tokenize reads to sequences: each text a prompt, or its windows; each record its
 * samples or its answers; each question or text with labels a sequence for each choice.
 */

#ifndef LL_TOKENIZE_PROMPTS_H
#define LL_TOKENIZE_PROMPTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "tokenize/choices.h"
#include "tokenize/prompt.h"
#include "tokenize/windows.h"

struct ll_cut;
struct ll_err;
struct ll_json;

/* What to do, and where to. */
struct ll_prompts_plan {
	const struct ll_tokenizer *tokenizer;
	bool no_bos, special, chat;
	bool from_ids;		/* texts are ids, spelt out */
	bool messages;		/* or conversations in JSON */
	bool jsonl;		/* or records, a line each */
	bool nul;		/* texts end with NUL: for messages */
	bool answers;		/* a sequence for each answer of a conversation; a prompt counts whole */
	bool text;		/* nobody distinguishes the samples of a record: once is enough */
	const char *system, *format, *date, *tools;	/* of chats; or NULL */
	struct ll_window_plan window;
	bool questions, letters;	/* texts are questions; answered by letter */
	size_t shots;		/* so many of them are examples */
	const char *const *labels;	/* a sequence for each */
	size_t label_count;
	/* Receives a sequence: all of its META comes before its tokens. */
	int (*meta)(void *arg, uint64_t record, uint32_t sample, const struct ll_buf *meta, struct ll_err *err);
	int (*tokens)(void *arg, uint64_t record, uint32_t sample, const uint32_t *ids, size_t count, size_t want,
	    struct ll_err *err);
	void (*complain)(const char *message);	/* a record failed, the others go on */
	void *arg;
};

struct ll_prompts;

/* -LL_EDATA, -LL_EUNSUPPORTED, -LL_EINPUT for a chat format or tools, where those are named or sure to be needed. */
int ll_prompts_new(struct ll_prompts **out, const struct ll_prompts_plan *plan, struct ll_err *err);
void ll_prompts_free(struct ll_prompts *prompts);

/* Takes a text, for ll_sources_read() to have called. */
int ll_prompts_take(struct ll_prompts *prompts, const struct ll_cut *cut, struct ll_err *err);

/* Sequences that were given out; whether a record failed. */
uint64_t ll_prompts_count(const struct ll_prompts *prompts);
bool ll_prompts_failed(const struct ll_prompts *prompts);

#endif
