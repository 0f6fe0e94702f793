/*
 * Records of JSON Lines; see record.h. One table has the fields, their types and bounds.
 */

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "tokenize/record.h"

enum kind { WHOLE, NUMBER, ID, PROMPT, MESSAGES, CHAT, STOP, ERROR };

struct field {
	const char *name;
	enum kind kind;
	unsigned given;
	size_t offset;		/* of the member that it fills */
	double min, max;
	bool meta;		/* stands in a META frame */
	bool record;		/* stands in a record */
};

#define AT(member) offsetof(struct ll_record, member)

static const struct field fields[] = {
	{ "id", ID, 0, AT(id), 0, 0, true, true },
	{ "prompt", PROMPT, 0, AT(prompt), 0, 0, false, true },
	{ "messages", MESSAGES, 0, AT(messages), 0, 0, false, true },
	/* What these hold, ll_chat_options looks at. */
	{ "tools", CHAT, 0, 0, 0, 0, false, true },
	{ "builtin_tools", CHAT, 0, 0, 0, 0, false, true },
	{ "tools_in_user_message", CHAT, 0, 0, 0, 0, false, true },
	{ "date_string", CHAT, 0, 0, 0, 0, false, true },
	{ "tool_prompt_format", CHAT, 0, 0, 0, 0, false, true },
	{ "categories", CHAT, 0, 0, 0, 0, false, true },
	{ "excluded_category_keys", CHAT, 0, 0, 0, 0, false, true },
	{ "temperature", NUMBER, LL_GAVE_TEMPERATURE, AT(temperature), 0, 100, true, true },
	{ "top_k", WHOLE, LL_GAVE_TOP_K, AT(top_k), 0, UINT32_MAX, true, true },
	{ "top_p", NUMBER, LL_GAVE_TOP_P, AT(top_p), 0, 1, true, true },
	{ "min_p", NUMBER, LL_GAVE_MIN_P, AT(min_p), 0, 1, true, true },
	{ "seed", WHOLE, LL_GAVE_SEED, AT(seed), 0, 9223372036854775807.0, true, true },
	{ "limit", WHOLE, LL_GAVE_LIMIT, AT(limit), 1, INT32_MAX, true, true },
	{ "stop", STOP, LL_GAVE_STOP, 0, 0, 0, true, true },
	{ "n", WHOLE, LL_GAVE_SAMPLES, AT(samples), 1, LL_RECORD_SAMPLES_MAX, true, true },
	{ "logprobs", WHOLE, LL_GAVE_LOGPROBS, AT(logprobs), 0, LL_RECORD_LOGPROBS_MAX, true, true },
	{ "error", ERROR, 0, AT(error), 0, 0, true, false },
};

#define FIELDS (sizeof(fields) / sizeof(fields[0]))

/* What others call these fields. */
static const char *const elsewhere[][2] = {
	{ "max_tokens", "limit" }, { "max_completion_tokens", "limit" }, { "n_predict", "limit" },
	{ "max_new_tokens", "limit" }, { "custom_id", "id" }, { "text", "prompt" }, { "input", "prompt" },
	{ "num_return_sequences", "n" }, { "top_logprobs", "logprobs" }, { "n_probs", "logprobs" },
};

static const struct field *
find_field(const char *name)
{
	for (size_t i = 0; i < FIELDS; i++)
		if (strcmp(fields[i].name, name) == 0)
			return &fields[i];
	return NULL;
}

/* Where in the record, of a field that has a C type of its own. */
static void *
member(struct ll_record *record, const struct field *field)
{
	return (char *)record + field->offset;
}

static int
take_number(struct ll_record *record, const struct field *field, const struct ll_json *value,
    const char *where, struct ll_err *err)
{
	double number = 0;
	int64_t whole = 0;

	if (field->kind == WHOLE ? !ll_json_integer(value, &whole) : !ll_json_number(value, &number))
		return ll_fail(err, LL_EDATA, "%s: %s: is %s, not a %s", where, field->name, ll_json_kind_name(value),
		    field->kind == WHOLE ? "whole number" : "number");
	if (field->kind == WHOLE)
		number = (double)whole;
	if (!(number >= field->min && number <= field->max))
		return ll_fail(err, LL_EDATA, "%s: %s: %.15g is not between %.15g and %.15g", where, field->name,
		    number, field->min, field->max);
	if (field->kind == WHOLE)
		*(int64_t *)member(record, field) = whole;
	else
		*(double *)member(record, field) = number;
	return 0;
}

static int
take_id(struct ll_record *record, const struct ll_json *value, const char *where, struct ll_err *err)
{
	size_t length = 0;
	int64_t number;

	if (ll_json_text_of(value, &length) == NULL && !ll_json_integer(value, &number))
		return ll_fail(err, LL_EDATA, "%s: id: is %s, not a string or a whole number", where,
		    ll_json_kind_name(value));
	if (length > LL_RECORD_ID_BYTES)
		return ll_fail(err, LL_EDATA, "%s: id: has %zu bytes, more than %d", where, length,
		    LL_RECORD_ID_BYTES);
	record->id = value;
	return 0;
}

static int
take_prompt(struct ll_record *record, const struct ll_json *value, const char *where, struct ll_err *err)
{
	record->prompt = ll_json_text_of(value, &record->prompt_length);
	if (record->prompt == NULL)
		return ll_fail(err, LL_EDATA, "%s: prompt: is %s, not a string", where, ll_json_kind_name(value));
	return 0;
}

static int
take_messages(struct ll_record *record, const struct ll_json *value, const char *where, struct ll_err *err)
{
	if (strcmp(ll_json_kind_name(value), "an array") != 0)
		return ll_fail(err, LL_EDATA, "%s: messages: is %s, not an array", where, ll_json_kind_name(value));
	if (ll_json_count(value) == 0)
		return ll_fail(err, LL_EDATA, "%s: messages: is empty", where);
	record->messages = value;
	return 0;
}

static int
add_stop(struct ll_record *record, const struct ll_json *value, const char *where, struct ll_err *err)
{
	size_t length;
	const char *text = ll_json_text_of(value, &length);

	if (text == NULL)
		return ll_fail(err, LL_EDATA, "%s: stop: %s is not a string", where, ll_json_kind_name(value));
	if (length == 0)
		return ll_fail(err, LL_EDATA, "%s: stop: an empty string stops nothing", where);
	if (length > LL_RECORD_STOP_BYTES)
		return ll_fail(err, LL_EDATA, "%s: stop: a string of %zu bytes, more than %d", where, length,
		    LL_RECORD_STOP_BYTES);
	if (memchr(text, '\0', length) != NULL)
		return ll_fail(err, LL_EDATA, "%s: stop: a string with U+0000 is not supported", where);
	if (record->stop_count == LL_RECORD_STOPS_MAX)
		return ll_fail(err, LL_EDATA, "%s: stop: more than %d strings", where, LL_RECORD_STOPS_MAX);
	record->stops[record->stop_count++] = text;
	return 0;
}

/* One string, or an array of them. */
static int
take_stop(struct ll_record *record, const struct ll_json *value, const char *where, struct ll_err *err)
{
	int status = 0;

	if (strcmp(ll_json_kind_name(value), "an array") != 0)
		return add_stop(record, value, where, err);
	for (size_t i = 0; i < ll_json_count(value) && status == 0; i++)
		status = add_stop(record, ll_json_at(value, i), where, err);
	return status;
}

static int
take_field(struct ll_record *record, const struct field *field, const struct ll_json *value,
    const char *where, struct ll_err *err)
{
	record->given |= field->given;
	switch (field->kind) {
	case WHOLE:
	case NUMBER:
		return take_number(record, field, value, where, err);
	case ID:
		return take_id(record, value, where, err);
	case PROMPT:
		return take_prompt(record, value, where, err);
	case MESSAGES:
		return take_messages(record, value, where, err);
	case CHAT:
		record->chat_field = field->name;
		return 0;
	case STOP:
		return take_stop(record, value, where, err);
	case ERROR:
		record->error = value;
		return 0;
	}
	return 0;
}

static int
unknown_field(const char *name, const char *where, struct ll_err *err)
{
	for (size_t i = 0; i < sizeof(elsewhere) / sizeof(elsewhere[0]); i++)
		if (strcmp(elsewhere[i][0], name) == 0)
			return ll_fail(err, LL_EDATA, "%s: %s: unknown field; is %s meant?", where, name,
			    elsewhere[i][1]);
	return ll_fail(err, LL_EDATA, "%s: %.100s: unknown field", where, name);
}

/* The members of the object that may stand where it does. */
static int
take_fields(struct ll_record *record, bool meta, const char *where, struct ll_err *err)
{
	const struct ll_json *value = ll_json_get(record->json, "id");
	const char *name;
	void *place = NULL;
	int status;

	if (!ll_json_is_object(record->json))
		return ll_fail(err, LL_EDATA, "%s: is %s, not an object", where, ll_json_kind_name(record->json));
	/* The id first: an error of another field is told with it. */
	if (value != NULL && (status = take_id(record, value, where, err)) < 0)
		return status;
	for (size_t i = 0; i < FIELDS; i++) {
		if (!(meta ? fields[i].meta : fields[i].record) || fields[i].kind == ID ||
		    (value = ll_json_get(record->json, fields[i].name)) == NULL)
			continue;
		if ((status = take_field(record, &fields[i], value, where, err)) < 0)
			return status;
	}
	/* An object can hold millions of members: looking for strangers stops at the first. */
	while (!meta && ll_json_next(record->json, &place, &name, &value)) {
		const struct field *field = find_field(name);

		if (field == NULL || !field->record)
			return unknown_field(name, where, err);
	}
	return 0;
}

/* What is given but can do nothing is refused, as on a command line. */
static int
check_effect(const struct ll_record *record, const char *where, struct ll_err *err)
{
	const unsigned idle = LL_GAVE_TOP_K | LL_GAVE_TOP_P | LL_GAVE_MIN_P | LL_GAVE_SEED;

	if (record->prompt == NULL && record->messages == NULL)
		return ll_fail(err, LL_EDATA, "%s: prompt: missing, and no messages", where);
	if (record->prompt != NULL && record->messages != NULL)
		return ll_fail(err, LL_EDATA, "%s: messages: beside a prompt", where);
	if (record->chat_field != NULL && record->messages == NULL)
		return ll_fail(err, LL_EDATA, "%s: %s: has no effect without messages", where, record->chat_field);
	if (!(record->given & LL_GAVE_TEMPERATURE) || record->temperature > 0)
		return 0;
	for (size_t i = 0; i < FIELDS; i++)
		if (fields[i].given & record->given & idle)
			return ll_fail(err, LL_EDATA, "%s: %s: has no effect with temperature 0", where,
			    fields[i].name);
	if (record->samples > 1)
		return ll_fail(err, LL_EDATA, "%s: n: with temperature 0 all samples are the same", where);
	return 0;
}

static int
parse(struct ll_record *record, bool meta, const char *text, size_t length, const char *where,
    struct ll_err *err)
{
	int status;

	*record = (struct ll_record){ .samples = 1 };
	if (length > LL_RECORD_BYTES)
		return ll_fail(err, LL_EDATA, "%s: is longer than %u bytes", where, LL_RECORD_BYTES);
	if ((status = ll_json_parse_line(&record->json, text, length, where, err)) < 0)
		return status;
	return take_fields(record, meta, where, err);
}

int
ll_record_parse(struct ll_record *record, const char *line, size_t length, const char *where,
    struct ll_err *err)
{
	int status = parse(record, false, line, length, where, err);

	return status < 0 ? status : check_effect(record, where, err);
}

int
ll_record_read_meta(struct ll_record *record, const char *text, size_t length, const char *where,
    struct ll_err *err)
{
	return parse(record, true, text, length, where, err);
}

void
ll_record_free(struct ll_record *record)
{
	ll_json_free(record->json);
	*record = (struct ll_record){ .samples = 1 };
}

bool
ll_record_blank(const char *line, size_t length)
{
	/* It may have gone on with something else. */
	if (length > LL_RECORD_BYTES)
		return false;
	for (size_t i = 0; i < length; i++)
		if (line[i] != ' ' && line[i] != '\t' && line[i] != '\r' && line[i] != '\n')
			return false;
	return true;
}

static int
put_id(const struct ll_record *record, struct ll_buf *out, struct ll_err *err)
{
	size_t length;
	const char *text = ll_json_text_of(record->id, &length);
	int64_t number = 0;
	int status;

	if (record->id == NULL)
		return ll_buf_puts(out, "{", err);
	if ((status = ll_buf_puts(out, "{\"id\":", err)) < 0)
		return status;
	ll_json_integer(record->id, &number);
	status = text != NULL ? ll_json_quote(out, text, length, err) : ll_buf_printf(out, err, "%" PRId64, number);
	return status < 0 ? status : 0;
}

/* The name of the next member: a comma before it unless it is the first. */
static int
put_name(const char *name, struct ll_buf *out, struct ll_err *err)
{
	return ll_buf_printf(out, err, "%s\"%s\":", out->data[out->len - 1] == '{' ? "" : ",", name);
}

static int
put_stops(const struct ll_record *record, struct ll_buf *out, struct ll_err *err)
{
	int status = ll_buf_puts(out, "[", err);

	for (size_t i = 0; i < record->stop_count && status >= 0; i++)
		if ((status = ll_buf_puts(out, i > 0 ? "," : "", err)) == 0)
			status = ll_json_quote(out, record->stops[i], strlen(record->stops[i]), err);
	return status < 0 ? status : ll_buf_puts(out, "]", err);
}

/* As short as it can be read back. */
static int
put_number(double number, struct ll_buf *out, struct ll_err *err)
{
	char text[40];

	snprintf(text, sizeof(text), "%.15g", number);
	return strtod(text, NULL) == number ? ll_buf_puts(out, text, err) :
	    ll_buf_printf(out, err, "%.17g", number);
}

static int
put_field(const struct ll_record *record, const struct field *field, struct ll_buf *out, struct ll_err *err)
{
	const char *at = (const char *)record + field->offset;

	if (put_name(field->name, out, err) < 0)
		return -LL_ENOMEM;
	if (field->kind == STOP)
		return put_stops(record, out, err);
	if (field->kind == WHOLE)
		return ll_buf_printf(out, err, "%" PRId64, *(const int64_t *)(const void *)at);
	return put_number(*(const double *)(const void *)at, out, err);
}

int
ll_record_meta(const struct ll_record *record, struct ll_buf *out, struct ll_err *err)
{
	int status = put_id(record, out, err);

	for (size_t i = 0; i < FIELDS && status == 0; i++)
		if (fields[i].given & record->given)
			status = put_field(record, &fields[i], out, err);
	return status == 0 ? ll_buf_puts(out, "}", err) : status;
}

int
ll_record_failed(const struct ll_record *record, const struct ll_err *why, struct ll_buf *out,
    struct ll_err *err)
{
	int status;

	if ((status = put_id(record, out, err)) < 0 || (status = put_name("error", out, err)) < 0 ||
	    (status = ll_buf_printf(out, err, "{\"code\":%d,\"message\":", why->code)) < 0 ||
	    (status = ll_json_quote(out, why->text, strlen(why->text), err)) < 0)
		return status;
	return ll_buf_puts(out, "}}", err);
}

bool
ll_record_has_failed(const char *text, size_t length)
{
	struct ll_record meta;
	bool failed = ll_record_read_meta(&meta, text, length, "", &(struct ll_err){ 0 }) == 0 && meta.error != NULL;

	ll_record_free(&meta);
	return failed;
}
