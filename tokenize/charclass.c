/*
 * Classes of code points; see charclass.h. The tables are generated: unicode-table.py.
 */

#include <stdint.h>

#include "tokenize/case_table.h"
#include "tokenize/charclass.h"
#include "tokenize/steps_table.h"
#include "tokenize/unicode_table.h"

enum ll_charclass
ll_charclass_of(uint32_t code)
{
	uint32_t number = code / 256;

	if (number >= BLOCKS_USED)
		return LL_CHAR_OTHER;
	return (enum ll_charclass)(block[block_of[number]][code / 16 % 16] >> 2 * (code % 16) & 3);
}

enum ll_charcase
ll_charcase_of(uint32_t code)
{
	uint32_t number = code / 256;

	if (number >= CASE_BLOCKS_USED)
		return LL_CASE_NONE;
	return (enum ll_charcase)(case_block[case_block_of[number]][code / 16 % 16] >> 2 * (code % 16) & 3);
}

enum ll_charstep
ll_charstep_of(uint32_t code)
{
	uint32_t number = code / 256;

	if (number >= STEPS_BLOCKS_USED)
		return LL_STEP_NONE;
	return (enum ll_charstep)(steps_block[steps_block_of[number]][code / 16 % 16] >> 2 * (code % 16) & 3);
}
