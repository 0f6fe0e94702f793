/*
 * Selecting frames and rows; see select.h.
 */

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "stream/rows.h"
#include "stream/select.h"

/* A whole decimal number at *text, which moves behind it. */
static bool
parse_number(const char **text, uint64_t *value)
{
	char *end;

	if (!isdigit((unsigned char)**text))
		return false;
	errno = 0;
	*value = strtoull(*text, &end, 10);
	*text = end;
	return errno == 0;
}

static bool
parse_type(const char *name, size_t length, unsigned *type)
{
	const char *end = name;
	uint64_t number;

	for (unsigned i = 0; i <= LL_ERROR; i++) {
		const char *known = ll_frame_name(i);

		if (known != NULL && strlen(known) == length && strncasecmp(known, name, length) == 0) {
			*type = i;
			return true;
		}
	}
	if (!parse_number(&end, &number) || (size_t)(end - name) != length || number > UINT16_MAX)
		return false;
	*type = (unsigned)number;
	return true;
}

int
ll_select_types(struct ll_selection *selection, const char *text, struct ll_err *err)
{
	for (;;) {
		size_t length = strcspn(text, ",");

		if (selection->type_count == LL_SELECT_TYPES)
			return ll_fail(err, LL_EUSAGE, "--type: %d types are the most", LL_SELECT_TYPES);
		if (!parse_type(text, length, &selection->types[selection->type_count]))
			return ll_fail(err, LL_EUSAGE, "--type: '%.*s' is no frame type",
			    (int)(length < 100 ? length : 100), text);
		selection->type_count++;
		if (text[length] == '\0')
			return 0;
		text += length + 1;
	}
}

int
ll_select_range(struct ll_range *range, const char *what, const char *text, struct ll_err *err)
{
	const char *p = text;

	*range = (struct ll_range){ .given = true };
	if (!parse_number(&p, &range->first))
		return ll_fail(err, LL_EUSAGE, "%s: '%.100s' is not A, A-B or A-", what, text);
	range->last = range->first;
	if (*p == '-') {
		p++;
		range->last = UINT64_MAX;
		if (*p != '\0' && !parse_number(&p, &range->last))
			return ll_fail(err, LL_EUSAGE, "%s: '%.100s' is not A, A-B or A-", what, text);
	}
	if (*p != '\0' || range->last < range->first)
		return ll_fail(err, LL_EUSAGE, "%s: '%.100s' is not A, A-B or A-", what, text);
	return 0;
}

static bool
in_range(const struct ll_range *range, uint64_t value)
{
	return !range->given || (value >= range->first && value <= range->last);
}

static bool
select_type(const struct ll_selection *selection, unsigned type)
{
	for (size_t i = 0; i < selection->type_count; i++)
		if (selection->types[i] == type)
			return true;
	return selection->type_count == 0;
}

static bool
select_rows(const struct ll_range *range, struct ll_frame *frame)
{
	const struct ll_frame whole = *frame;
	uint64_t begin = frame->position, end = begin + frame->rows;

	if (!range->given)
		return true;
	if (ll_rows_bytes(frame) == 0 || frame->rows == 0)
		return in_range(range, frame->position);
	if (begin < range->first)
		begin = range->first;
	if (end - 1 > range->last)
		end = range->last + 1;
	if (begin >= end)
		return false;
	ll_rows_slice(frame, &whole, (uint32_t)(begin - whole.position), (uint32_t)(end - begin));
	return true;
}

bool
ll_select(const struct ll_selection *selection, struct ll_frame *frame)
{
	if (!select_type(selection, frame->type) || !select_rows(&selection->positions, frame))
		return false;
	return !selection->records.given || (!(frame->sequence & LL_SEQUENCE_HELD) &&
	    in_range(&selection->records, frame->sequence >> 32));
}
