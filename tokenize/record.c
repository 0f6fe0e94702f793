/*
 * Records of JSON Lines; see record.h. One table has the fields, their types and bounds.
 */

#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "tokenize/record.h"

enum kind { WHOLE, NUMBER, TRUTH, ORDER, WORDS, BIASES, ID, PROMPT, MESSAGES, CHAT, ERROR };

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

/* The numbers of struct ll_sampling are behind these: field_at(). */
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
	{ "seed", WHOLE, LL_GAVE_SEED, AT(seed), 0, 9223372036854775807.0, true, true },
	{ "limit", WHOLE, LL_GAVE_LIMIT, AT(limit), 1, INT32_MAX, true, true },
	{ "stop", WORDS, LL_GAVE_STOP, AT(stops), 0, 0, true, true },
	{ "banned_strings", WORDS, LL_GAVE_BANNED, AT(banned), 0, 0, true, true },
	{ "dry_breakers", WORDS, LL_GAVE_BREAKERS, AT(breakers), 0, 0, true, true },
	{ "logit_bias", BIASES, LL_GAVE_BIASES, AT(biases), 0, 0, true, true },
	{ "logit_bias_text", BIASES, LL_GAVE_TEXT_BIASES, AT(text_biases), 0, 0, true, true },
	{ "samplers", ORDER, LL_GAVE_ORDER, AT(order), 0, 0, true, true },
	{ "best_of", WHOLE, LL_GAVE_BEST_OF, AT(best_of), 1, LL_RECORD_SAMPLES_MAX, true, true },
	{ "beams", WHOLE, LL_GAVE_BEAMS, AT(beams), 1, LL_RECORD_BEAMS_MAX, true, true },
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

/* Field i of all, the numbers of sampling among them. `name` has room for theirs, 40 bytes. */
static struct field
field_at(size_t i, char *name)
{
	const struct ll_opt *row;
	struct ll_sampling any;
	size_t offset;

	if (i < FIELDS)
		return fields[i];
	row = ll_sampling_row(i - FIELDS);
	offset = (size_t)((char *)ll_sampling_member(&any, i - FIELDS) - (char *)&any);
	return (struct field){
		ll_sampling_field(i - FIELDS, name), row->type == LL_OPT_FLAG ? TRUTH : row->type == LL_OPT_INT ? WHOLE : NUMBER,
		0, AT(sampling) + offset, row->min, row->max, true, true,
	};
}

/* Whether it may stand in a record. */
static bool
is_field(const char *name)
{
	char own[40];

	for (size_t i = 0; i < FIELDS + LL_SAMPLING_ROWS; i++) {
		struct field field = field_at(i, own);

		if (field.record && strcmp(field.name, name) == 0)
			return true;
	}
	return false;
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
	if (field->kind == WHOLE) {
		/* 2^63, the double next to the greatest, stands for that. */
		int64_t least = (int64_t)field->min, most = field->max < 0x1p63 ? (int64_t)field->max : INT64_MAX;

		if (whole < least || whole > most)
			return ll_fail(err, LL_EDATA, "%s: %s: %" PRId64 " is not between %" PRId64 " and %" PRId64, where,
			    field->name, whole, least, most);
		*(int64_t *)member(record, field) = whole;
		return 0;
	}
	if (!(number >= field->min && number <= field->max))
		return ll_fail(err, LL_EDATA, "%s: %s: %.15g is not between %.15g and %.15g", where, field->name,
		    number, field->min, field->max);
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
add_word(struct ll_words *words, const char *name, const struct ll_json *value, const char *where, struct ll_err *err)
{
	size_t length;
	const char *text = ll_json_text_of(value, &length);

	if (text == NULL)
		return ll_fail(err, LL_EDATA, "%s: %s: %s is not a string", where, name, ll_json_kind_name(value));
	if (length == 0)
		return ll_fail(err, LL_EDATA, "%s: %s: an empty string has no effect", where, name);
	if (length > LL_WORD_BYTES)
		return ll_fail(err, LL_EDATA, "%s: %s: a string of %zu bytes, more than %d", where, name, length,
		    LL_WORD_BYTES);
	if (memchr(text, '\0', length) != NULL)
		return ll_fail(err, LL_EDATA, "%s: %s: a string with U+0000 is not supported", where, name);
	if (words->count == LL_STOPS_MAX)
		return ll_fail(err, LL_EDATA, "%s: %s: more than %d strings", where, name, LL_STOPS_MAX);
	words->list[words->count++] = text;
	return 0;
}

/* One string, or an array of them. */
static int
take_words(struct ll_words *words, const char *name, const struct ll_json *value, const char *where, struct ll_err *err)
{
	int status = 0;

	if (!ll_json_is_array(value))
		return add_word(words, name, value, where, err);
	for (size_t i = 0; i < ll_json_count(value) && status == 0; i++)
		status = add_word(words, name, ll_json_at(value, i), where, err);
	return status;
}

double
ll_record_bias(const struct ll_json *value)
{
	double bias = -INFINITY;

	ll_json_number(value, &bias);
	return bias;
}

static int
take_biases(const struct ll_json **out, const char *name, const struct ll_json *object, const char *where,
    struct ll_err *err)
{
	const struct ll_json *value;
	const char *token;
	void *place = NULL;

	if (!ll_json_is_object(object))
		return ll_fail(err, LL_EDATA, "%s: %s: is %s, not an object", where, name, ll_json_kind_name(object));
	while (ll_json_next(object, &place, &token, &value)) {
		bool number = ll_json_kind(value) == LL_JSON_INTEGER || ll_json_kind(value) == LL_JSON_REAL;

		if (!ll_json_is_false(value) && !(number && fabs(ll_record_bias(value)) <= LL_BIAS_MOST))
			return ll_fail(err, LL_EDATA, "%s: %s: that of '%.100s' is not false or a number from -%g to %g",
			    where, name, token, LL_BIAS_MOST, LL_BIAS_MOST);
	}
	*out = object;
	return 0;
}

static int
take_truth(bool *out, const char *name, const struct ll_json *value, const char *where, struct ll_err *err)
{
	*out = ll_json_is_true(value);
	if (!*out && !ll_json_is_false(value))
		return ll_fail(err, LL_EDATA, "%s: %s: is %s, not true or false", where, name, ll_json_kind_name(value));
	return 0;
}

static int
take_order(const char **out, const char *name, const struct ll_json *value, const char *where, struct ll_err *err)
{
	size_t length = 0, numbers[LL_SAMPLERS], count;
	struct ll_err why = { 0 };

	if ((*out = ll_json_text_of(value, &length)) == NULL)
		return ll_fail(err, LL_EDATA, "%s: %s: is %s, not a string", where, name, ll_json_kind_name(value));
	if (strlen(*out) != length)
		return ll_fail(err, LL_EDATA, "%s: %s: a string with U+0000 is not supported", where, name);
	if (ll_sampling_order(*out, numbers, &count, &why) < 0)
		return ll_fail(err, LL_EDATA, "%s: %s: %s", where, name, why.text);
	return 0;
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
	case TRUTH:
		return take_truth(member(record, field), field->name, value, where, err);
	case ORDER:
		return take_order(member(record, field), field->name, value, where, err);
	case WORDS:
		return take_words(member(record, field), field->name, value, where, err);
	case BIASES:
		return take_biases(member(record, field), field->name, value, where, err);
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
	for (size_t i = 0; i < FIELDS + LL_SAMPLING_ROWS; i++) {
		char own[40];
		struct field field = field_at(i, own);

		if (!(meta ? field.meta : field.record) || field.kind == ID ||
		    (value = ll_json_get(record->json, field.name)) == NULL)
			continue;
		if (i >= FIELDS)
			record->sampling_given |= (uint64_t)1 << (i - FIELDS);
		if ((status = take_field(record, &field, value, where, err)) < 0)
			return status;
	}
	/* An object can hold millions of members: looking for strangers stops at the first. */
	while (!meta && ll_json_next(record->json, &place, &name, &value))
		if (!is_field(name))
			return unknown_field(name, where, err);
	return 0;
}

bool
ll_record_is_greedy(const struct ll_record *record)
{
	return record->sampling_given >> LL_SAMPLING_TEMPERATURE & 1 && record->sampling.temperature <= 0;
}

int64_t
ll_record_sequences(const struct ll_record *record)
{
	return record->given & (LL_GAVE_BEST_OF | LL_GAVE_BEAMS) ? 1 : record->samples;
}

/* What is given beside a search with beams, which draws nothing. */
static int
check_beams(const struct ll_record *record, const char *where, struct ll_err *err)
{
	struct ll_sampling greedy = record->sampling;
	const char *why;
	char name[40];
	size_t row;

	greedy.temperature = 0;
	if ((why = ll_sampling_idle(&greedy, record->sampling_given, true, &row)) != NULL)
		return ll_fail(err, LL_EDATA, "%s: %s: has no effect %s", where, ll_sampling_field(row, name),
		    strcmp(why, "with temperature 0") == 0 ? "with beams" : why);
	if (record->sampling_given >> LL_SAMPLING_TEMPERATURE & 1)
		return ll_fail(err, LL_EDATA, "%s: temperature: has no effect with beams", where);
	if (record->given & (LL_GAVE_SEED | LL_GAVE_BEST_OF))
		return ll_fail(err, LL_EDATA, "%s: %s: has no effect with beams", where, record->given & LL_GAVE_SEED ?
		    "seed" : "best_of");
	if (record->samples > record->beams)
		return ll_fail(err, LL_EDATA, "%s: n: %" PRId64 " is more than beams", where, record->samples);
	return 0;
}

/* What is given but can do nothing is refused, as on a command line. */
static int
check_effect(const struct ll_record *record, const char *where, struct ll_err *err)
{
	const char *why, *none = NULL;
	char name[40];
	size_t row;

	if (record->prompt == NULL && record->messages == NULL)
		return ll_fail(err, LL_EDATA, "%s: prompt: missing, and no messages", where);
	if (record->prompt != NULL && record->messages != NULL)
		return ll_fail(err, LL_EDATA, "%s: messages: beside a prompt", where);
	if (record->chat_field != NULL && record->messages == NULL)
		return ll_fail(err, LL_EDATA, "%s: %s: has no effect without messages", where, record->chat_field);
	if (record->given & LL_GAVE_BEAMS)
		return check_beams(record, where, err);
	if ((why = ll_sampling_idle(&record->sampling, record->sampling_given, true, &row)) != NULL)
		return ll_fail(err, LL_EDATA, "%s: %s: has no effect %s", where, ll_sampling_field(row, name), why);
	if (record->given & LL_GAVE_BEST_OF && record->samples > record->best_of)
		return ll_fail(err, LL_EDATA, "%s: n: %" PRId64 " is more than best_of", where, record->samples);
	if (!ll_record_is_greedy(record))
		return 0;
	if (record->given & (LL_GAVE_SEED | LL_GAVE_BEST_OF))
		none = record->given & LL_GAVE_SEED ? "seed" : "best_of";
	if (none != NULL)
		return ll_fail(err, LL_EDATA, "%s: %s: has no effect with temperature 0", where, none);
	if (record->samples > 1)
		return ll_fail(err, LL_EDATA, "%s: n: with temperature 0 all samples are the same", where);
	return 0;
}

static const struct ll_record empty = { .samples = 1, .sampling = LL_SAMPLING_DEFAULTS };

static int
parse(struct ll_record *record, bool meta, const char *text, size_t length, const char *where,
    struct ll_err *err)
{
	int status;

	*record = empty;
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
	*record = empty;
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
put_words(const struct ll_words *words, struct ll_buf *out, struct ll_err *err)
{
	int status = ll_buf_puts(out, "[", err);

	for (size_t i = 0; i < words->count && status >= 0; i++)
		if ((status = ll_buf_puts(out, i > 0 ? "," : "", err)) == 0)
			status = ll_json_quote(out, words->list[i], strlen(words->list[i]), err);
	return status < 0 ? status : ll_buf_puts(out, "]", err);
}

static int
put_json(const struct ll_json *value, struct ll_buf *out, struct ll_err *err)
{
	char *text = ll_json_text(value, false, err);
	int status = text != NULL ? ll_buf_puts(out, text, err) : -LL_ENOMEM;

	free(text);
	return status;
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
	const void *at = (const char *)record + field->offset;
	const char *const *text = at;
	int status;

	if (put_name(field->name, out, err) < 0)
		return -LL_ENOMEM;
	switch (field->kind) {
	case WORDS:
		return put_words(at, out, err);
	case BIASES:
		return put_json(*(const struct ll_json *const *)at, out, err);
	case ORDER:
		return (status = ll_json_quote(out, *text, strlen(*text), err)) < 0 ? status : 0;
	case TRUTH:
		return ll_buf_puts(out, *(const bool *)at ? "true" : "false", err);
	case WHOLE:
		return ll_buf_printf(out, err, "%" PRId64, *(const int64_t *)at);
	default:
		return put_number(*(const double *)at, out, err);
	}
}

int
ll_record_meta(const struct ll_record *record, struct ll_buf *out, struct ll_err *err)
{
	int status = put_id(record, out, err);

	for (size_t i = 0; i < FIELDS + LL_SAMPLING_ROWS && status == 0; i++) {
		char own[40];
		struct field field = field_at(i, own);

		if (i < FIELDS ? field.given & record->given : record->sampling_given >> (i - FIELDS) & 1)
			status = put_field(record, &field, out, err);
	}
	return status == 0 ? ll_buf_puts(out, "}", err) : status;
}

int
ll_record_extend(const char *text, size_t length, const char *more, struct ll_buf *out, struct ll_err *err)
{
	size_t begin = out->len, end = length;
	int status;

	if (*more == '\0')
		return ll_buf_add(out, text, length, err);
	while (end > 0 && text[end - 1] != '}')
		end--;
	if ((status = ll_buf_add(out, text, end - 1, err)) < 0)
		return status;
	while (out->len > begin && (out->data[out->len - 1] == ' ' || out->data[out->len - 1] == '\t'))
		out->len--;
	return ll_buf_printf(out, err, "%s}", out->data[out->len - 1] == '{' ? more + 1 : more);
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
