/*
 * Tools in the formats of Mistral's third tokenizers, as the templates published with its
 * models print them: [AVAILABLE_TOOLS] before the last message of a user, [TOOL_CALLS] in
 * place of an answer, [TOOL_RESULTS] for what a tool answered.
 */

#ifndef LL_TOKENIZE_INST_TOOLS_H
#define LL_TOKENIZE_INST_TOOLS_H

#include <stdbool.h>
#include <stddef.h>

struct ll_message;
struct ll_render;

/*
 * Checks turns, and what can be printed of each message; what is behind the system message.
 * Users and assistant take turns but for calls and what tools answered.
 */
size_t ll_inst_tools_check(struct ll_render *r);

/* `space`: one stands behind each opening tag. */
void ll_inst_tools_list(struct ll_render *r, const struct ll_message *user, bool space);
void ll_inst_tools_calls(struct ll_render *r, const struct ll_message *answer, bool space);
void ll_inst_tools_result(struct ll_render *r, const struct ll_message *result, bool space);

#endif
