/*
 * Classes of code points; see charclass.h. The table is generated: unicode-table.py.
 */

#include "tokenize/charclass.h"
#include "tokenize/unicode_table.h"

enum ll_charclass
ll_charclass_of(uint32_t code)
{
	uint32_t number = code / 256;

	if (number >= BLOCKS_USED)
		return LL_CHAR_OTHER;
	return (enum ll_charclass)(block[block_of[number]][code / 16 % 16] >> 2 * (code % 16) & 3);
}
