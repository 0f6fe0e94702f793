/*
 * What ll-score prints; see report.h.
 */

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "sample/report.h"

/* Lines as they are made: text, or the members of an object. */
struct report {
	struct ll_buf *out;
	bool json;
	struct ll_json *object;	/* of json; NULL without memory, which its text tells */
	struct ll_err *err;
};

static struct report
begin(struct ll_buf *out, bool json, struct ll_err *err)
{
	return (struct report){ out, json, json ? ll_json_object() : NULL, err };
}

static int
end(struct report *report)
{
	char *text;

	if (report->json) {
		if ((text = ll_json_text(report->object, false, report->err)) != NULL) {
			ll_buf_puts(report->out, text, report->err);
			ll_buf_puts(report->out, "\n", report->err);
		}
		free(text);
		ll_json_free(report->object);
	}
	return report->err->code != 0 ? -report->err->code : 0;
}

static void
put_count(struct report *report, const char *name, uint64_t count)
{
	if (report->json)
		ll_json_set(report->object, name, ll_json_int((int64_t)count));
	else
		ll_buf_printf(report->out, report->err, "%s %" PRIu64 "\n", name, count);
}

static void
put_number(struct report *report, const char *name, double value)
{
	if (report->json)
		ll_json_set(report->object, name, ll_json_real(value));
	else
		ll_buf_printf(report->out, report->err, "%s %.7g\n", name, value);
}

static void
put_estimate(struct report *report, const char *name, struct ll_estimate estimate)
{
	char error[64];

	if (!report->json) {
		ll_buf_printf(report->out, report->err, "%s %.7g", name, estimate.value);
		if (!isnan(estimate.error))
			ll_buf_printf(report->out, report->err, " +- %.2g", estimate.error);
		ll_buf_puts(report->out, "\n", report->err);
		return;
	}
	snprintf(error, sizeof(error), "%s_error", name);
	put_number(report, name, estimate.value);
	put_number(report, error, estimate.error);
}

static void
put_proportion(struct report *report, const char *name, uint64_t hits, uint64_t count)
{
	double value = (double)hits / (double)count, low, high;
	char text[64];

	ll_tally_wilson(hits, count, &low, &high);
	if (!report->json) {
		ll_buf_printf(report->out, report->err, "%s %.7g [%.4f, %.4f]\n", name, value, low, high);
		return;
	}
	put_number(report, name, value);
	snprintf(text, sizeof(text), "%s_low", name);
	put_number(report, text, low);
	snprintf(text, sizeof(text), "%s_high", name);
	put_number(report, text, high);
}

/* The sum of log-probabilities: 0, not -0, where there are none. */
static double
logprob_of(const struct ll_tally *tally)
{
	return 0 - tally->x;
}

int
ll_report_text(struct ll_buf *out, const struct ll_tally *tally, bool json, struct ll_err *err)
{
	struct report report = begin(out, json, err);

	put_count(&report, "tokens", tally->tokens);
	put_count(&report, "bytes", (uint64_t)tally->b);
	put_number(&report, "logprob", logprob_of(tally));
	put_estimate(&report, "perplexity", ll_tally_perplexity(tally));
	put_estimate(&report, "bits_per_byte", ll_tally_bits_per_byte(tally));
	return end(&report);
}

int
ll_report_questions(struct ll_buf *out, const struct ll_report_choices *choices, bool json, struct ll_err *err)
{
	struct report report = begin(out, json, err);

	put_count(&report, "items", choices->items);
	put_count(&report, "answered", choices->answered);
	if (choices->answered > 0)
		put_proportion(&report, "accuracy", choices->right, choices->answered);
	if (choices->answered > 0 && choices->normalised)
		put_proportion(&report, "accuracy_normalised", choices->right_normalised, choices->answered);
	return end(&report);
}

int
ll_report_divergence(struct ll_buf *out, const struct ll_divergence_report *d, uint64_t rows, bool json,
    struct ll_err *err)
{
	struct report report = begin(out, json, err);

	put_count(&report, "tokens", rows);
	put_estimate(&report, "kl_mean", d->mean);
	put_number(&report, "kl_median", d->median);
	put_number(&report, "kl_p99", d->p99);
	put_number(&report, "kl_max", d->most);
	put_estimate(&report, "same_top", d->same_top);
	put_estimate(&report, "perplexity_first", d->perplexity[0]);
	put_estimate(&report, "perplexity_second", d->perplexity[1]);
	put_estimate(&report, "perplexity_delta", d->delta);
	return end(&report);
}

/* A record's id, or else its number. */
static struct ll_json *
id_of(const struct ll_scored *record, struct ll_err *err)
{
	struct ll_json *id = NULL;

	if (record->id == NULL || ll_json_parse_text(&id, record->id, strlen(record->id), "id", err) < 0)
		return ll_json_int((int64_t)record->record);
	return id;
}

/* The first column; a string's escapes keep tabs and newlines out. */
static void
put_id(struct report *report, const struct ll_scored *record)
{
	size_t length = record->id != NULL ? strlen(record->id) : 0;

	if (report->json)
		ll_json_set(report->object, "id", id_of(record, report->err));
	else if (length >= 2 && record->id[0] == '"')
		ll_buf_add(report->out, record->id + 1, length - 2, report->err);
	else if (length > 0)
		ll_buf_puts(report->out, record->id, report->err);
	else
		ll_buf_printf(report->out, report->err, "%" PRIu64, record->record);
}

/* True if that is all. */
static bool
put_failed(struct report *report, const struct ll_scored *record)
{
	if (!record->failed)
		return false;
	if (!report->json) {
		ll_buf_puts(report->out, "\n", report->err);
		return true;
	}
	put_id(report, record);
	ll_json_set(report->object, "failed", ll_json_bool(true));
	return true;
}

int
ll_report_record(struct ll_buf *out, const struct ll_scored *record, bool json, struct ll_err *err)
{
	struct report report = begin(out, json, err);
	struct ll_tally tally = { 0 };

	for (size_t i = 0; i < record->count; i++)
		ll_tally_merge(&tally, &record->parts[i].tally);
	if (put_failed(&report, record))
		return end(&report);
	put_id(&report, record);
	if (json) {
		put_count(&report, "tokens", tally.tokens);
		put_count(&report, "bytes", (uint64_t)tally.b);
		put_number(&report, "logprob", logprob_of(&tally));
		put_number(&report, "perplexity", ll_tally_perplexity(&tally).value);
		put_number(&report, "bits_per_byte", ll_tally_bits_per_byte(&tally).value);
	} else {
		ll_buf_printf(out, err, "\t%" PRIu64 "\t%.0f\t%.7g\t%.7g\t%.7g\n", tally.tokens, tally.b,
		    logprob_of(&tally), ll_tally_perplexity(&tally).value, ll_tally_bits_per_byte(&tally).value);
	}
	return end(&report);
}

static const char *
choice_name(const struct ll_scored *record, size_t choice)
{
	return record->parts[choice].choice != NULL ? record->parts[choice].choice : "";
}

static void
put_choice(struct report *report, const char *name, const struct ll_scored *record, size_t choice)
{
	const char *text = choice_name(record, choice);

	if (report->json)
		ll_json_set(report->object, name, ll_json_string(text, strlen(text)));
	else
		ll_buf_printf(report->out, report->err, "\t%zu", choice);
}

bool
ll_report_normalised(const struct ll_scored *record)
{
	for (size_t i = 0; i < record->count; i++)
		if (record->parts[i].bytes == 0)
			return false;
	return true;
}

int
ll_report_question(struct ll_buf *out, const struct ll_scored *record, bool json, struct ll_err *err)
{
	struct report report = begin(out, json, err);
	struct ll_json *logprobs = json ? ll_json_array() : NULL;
	bool normalised = ll_report_normalised(record);

	if (put_failed(&report, record)) {
		ll_json_free(logprobs);
		return end(&report);
	}
	put_id(&report, record);
	put_choice(&report, "choice", record, ll_scored_best(record, false));
	if (normalised)
		put_choice(&report, "choice_normalised", record, ll_scored_best(record, true));
	else if (!json)
		ll_buf_puts(out, "\t-", err);
	if (record->answer >= 0)
		put_choice(&report, "answer", record, (size_t)record->answer);
	else if (!json)
		ll_buf_puts(out, "\t-", err);
	for (size_t i = 0; i < record->count; i++) {
		if (json)
			ll_json_add(logprobs, ll_json_real(logprob_of(&record->parts[i].tally)));
		else
			ll_buf_printf(out, err, "\t%.7g", logprob_of(&record->parts[i].tally));
	}
	if (json)
		ll_json_set(report.object, "logprobs", logprobs);
	else
		ll_buf_puts(out, "\n", err);
	return end(&report);
}

int
ll_report_class(struct ll_buf *out, const struct ll_scored *record, bool json, struct ll_err *err)
{
	struct report report = begin(out, json, err);
	struct ll_json *each;
	double *p;

	if (put_failed(&report, record))
		return end(&report);
	if ((p = ll_alloc(record->count, sizeof(*p), err)) == NULL)
		return end(&report);
	each = json ? ll_json_object() : NULL;
	ll_scored_probabilities(record, p);
	if (json)
		put_id(&report, record);
	if (json)
		put_choice(&report, "label", record, ll_scored_best(record, false));
	else
		ll_buf_puts(out, choice_name(record, ll_scored_best(record, false)), err);
	for (size_t i = 0; i < record->count; i++) {
		if (json)
			ll_json_set(each, choice_name(record, i), ll_json_real(p[i]));
		else
			ll_buf_printf(out, err, "\t%.6f", p[i]);
	}
	if (json)
		ll_json_set(report.object, "probabilities", each);
	else
		ll_buf_puts(out, "\n", err);
	free(p);
	return end(&report);
}

int
ll_report_token(struct ll_buf *out, const struct ll_report_token *token, bool json, struct ll_err *err)
{
	struct report report = begin(out, json, err);

	if (json) {
		ll_json_set(report.object, "sequence", ll_json_string(token->sequence, strlen(token->sequence)));
		put_count(&report, "position", token->position);
		put_count(&report, "token", token->id);
		put_number(&report, "logprob", token->logprob);
		ll_json_set(report.object, "text", ll_json_string(token->text, token->length));
		return end(&report);
	}
	ll_buf_printf(out, err, "%s\t%" PRIu64 "\t%" PRIu32 "\t%.7g\t", token->sequence, token->position, token->id,
	    token->logprob);
	ll_json_quote(out, token->text, token->length, err);
	ll_buf_puts(out, "\n", err);
	return end(&report);
}
