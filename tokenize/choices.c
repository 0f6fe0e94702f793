/*
 * Questions with choices; see choices.h.
 */

#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "tokenize/choices.h"

static const char letters_of[LL_CHOICES_MAX + 1] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

static int
check_members(const struct ll_json *object, const char *where, struct ll_err *err)
{
	static const char *const known[] = { "id", "question", "choices", "answer" };
	const struct ll_json *value;
	void *place = NULL;
	const char *key;

	if (ll_json_next_unknown(object, known, sizeof(known) / sizeof(known[0]), &place, &key, &value))
		return ll_fail(err, LL_EDATA, "%s: unknown field '%.100s'", where, key);
	return 0;
}

static int
read_id(struct ll_question *q, const char *where, struct ll_err *err)
{
	const struct ll_json *id = ll_json_get(q->json, "id");
	enum ll_json_kind kind = ll_json_kind(id);

	if (id != NULL && kind != LL_JSON_STRING && kind != LL_JSON_INTEGER)
		return ll_fail(err, LL_EDATA, "%s: id: is %s, not a string or a whole number", where,
		    ll_json_kind_name(id));
	q->id = id;
	return 0;
}

/* A text that is not empty. */
static int
read_text(const struct ll_json *value, const char **text, size_t *length, const char *where, const char *field,
    struct ll_err *err)
{
	if (value == NULL)
		return ll_fail(err, LL_EDATA, "%s: %s: is missing", where, field);
	if ((*text = ll_json_text_of(value, length)) == NULL)
		return ll_fail(err, LL_EDATA, "%s: %s: is %s, not a string", where, field, ll_json_kind_name(value));
	if (*length == 0)
		return ll_fail(err, LL_EDATA, "%s: %s: is empty", where, field);
	return 0;
}

static int
read_choices(struct ll_question *q, const char *where, struct ll_err *err)
{
	const struct ll_json *list = ll_json_get(q->json, "choices");
	size_t count = ll_json_count(list);

	if (!ll_json_is_array(list) || count < 2 || count > LL_CHOICES_MAX)
		return ll_fail(err, LL_EDATA, "%s: choices: is not an array of 2 to %d strings", where, LL_CHOICES_MAX);
	for (size_t i = 0; i < count; i++) {
		int status = read_text(ll_json_at(list, i), &q->choices[i].text, &q->choices[i].length, where,
		    "a choice", err);

		if (status < 0)
			return status;
	}
	q->count = count;
	return 0;
}

/* A number from 0, or a letter. */
static int
read_answer(struct ll_question *q, const char *where, struct ll_err *err)
{
	const struct ll_json *value = ll_json_get(q->json, "answer");
	const char *text, *letter;
	size_t length;
	int64_t number = -1;

	q->answer = -1;
	if (value == NULL)
		return 0;
	if ((text = ll_json_text_of(value, &length)) != NULL && length == 1 &&
	    (letter = strchr(letters_of, *text)) != NULL)
		number = letter - letters_of;
	else if (!ll_json_integer(value, &number))
		number = -1;
	if (number < 0 || number >= (int64_t)q->count)
		return ll_fail(err, LL_EDATA, "%s: answer: is not a whole number from 0 to %zu or a letter from A to %c", where,
		    q->count - 1, letters_of[q->count - 1]);
	q->answer = (int)number;
	return 0;
}

int
ll_question_parse(struct ll_question *q, const char *line, size_t length, const char *where, struct ll_err *err)
{
	int status;

	*q = (struct ll_question){ .answer = -1 };
	if ((status = ll_json_parse_line(&q->json, line, length, where, err)) < 0)
		return status;
	if (!ll_json_is_object(q->json))
		return ll_fail(err, LL_EDATA, "%s: is %s, not an object", where, ll_json_kind_name(q->json));
	if ((status = read_id(q, where, err)) < 0 || (status = check_members(q->json, where, err)) < 0 ||
	    (status = read_text(ll_json_get(q->json, "question"), &q->text, &q->length, where, "question", err)) < 0 ||
	    (status = read_choices(q, where, err)) < 0)
		return status;
	return read_answer(q, where, err);
}

void
ll_question_free(struct ll_question *q)
{
	ll_json_free(q->json);
	q->json = NULL;
}

int
ll_question_ask(const struct ll_question *q, bool letters, struct ll_buf *out, struct ll_err *err)
{
	int status = ll_buf_add(out, q->text, q->length, err);

	for (size_t i = 0; i < q->count && letters && status == 0; i++)
		if ((status = ll_buf_printf(out, err, "\n%c. ", letters_of[i])) == 0)
			status = ll_buf_add(out, q->choices[i].text, q->choices[i].length, err);
	return status == 0 && letters ? ll_buf_puts(out, "\nAnswer:", err) : status;
}

const char *
ll_question_choice(const struct ll_question *q, size_t choice, bool letters, size_t *length)
{
	*length = letters ? 1 : q->choices[choice].length;
	return letters ? letters_of + choice : q->choices[choice].text;
}

int
ll_labels_parse(const char *list, char **text, const char *labels[LL_CHOICES_MAX], size_t *count, struct ll_err *err)
{
	char *rest;

	*count = 0;
	if ((*text = ll_copy(list, strlen(list), err)) == NULL)
		return -LL_ENOMEM;
	rest = *text;
	for (char *label; (label = strsep(&rest, ",")) != NULL;) {
		if (*count == LL_CHOICES_MAX)
			return ll_fail(err, LL_EUSAGE, "--classify: more than %d labels", LL_CHOICES_MAX);
		if (*label == '\0')
			return ll_fail(err, LL_EUSAGE, "--classify: a label is empty");
		/* As in "yes, no": behind the text there would be two spaces, and the label never likely. */
		if (*label == ' ' && *count > 0 && *labels[0] != ' ')
			return ll_fail(err, LL_EUSAGE, "--classify: '%.100s' begins with a space, but '%.100s' does not",
			    label, labels[0]);
		for (size_t i = 0; i < *count; i++)
			if (strcmp(labels[i], label) == 0)
				return ll_fail(err, LL_EUSAGE, "--classify: '%.100s' is there twice", label);
		labels[(*count)++] = label;
	}
	return *count >= 2 ? 0 : ll_fail(err, LL_EUSAGE, "--classify: two labels are needed, with a comma between them");
}

int
ll_choice_meta(struct ll_buf *out, const char *front, size_t count, const char *choice, size_t length, int answer,
    size_t bytes, struct ll_err *err)
{
	size_t members = strlen(front) - 1;

	if (ll_buf_add(out, front, members, err) < 0 ||
	    ll_buf_printf(out, err, "%s\"choices\":%zu,\"choice\":", members > 1 ? "," : "", count) < 0 ||
	    ll_json_quote(out, choice, length, err) < 0 ||
	    (answer >= 0 && ll_buf_printf(out, err, ",\"answer\":%d", answer) < 0) ||
	    (bytes > 0 && ll_buf_printf(out, err, ",\"bytes\":%zu", bytes) < 0))
		return -LL_ENOMEM;
	return ll_buf_puts(out, "}", err);
}
