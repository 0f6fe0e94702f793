/*
 * Sampling options; see sampling.h.
 */

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/sampling.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define AT(member) offsetof(struct ll_sampling, member)

static struct ll_sampling prototype = LL_SAMPLING_DEFAULTS;
static const struct ll_opt rows[] = { LL_OPTS_SAMPLING(prototype) };

_Static_assert(COUNT(rows) == LL_SAMPLING_ROWS, "LL_SAMPLING_ROWS");

struct ll_sampling_lists ll_sampling_lists;

/* What shapes a draw alone, and of this what chooses the tokens to draw from. */
static const size_t shaping[] = {
	AT(top_k), AT(top_p), AT(min_p), AT(typical_p), AT(top_n_sigma), AT(xtc_probability), AT(xtc_threshold),
	AT(adaptive_target), AT(adaptive_decay), AT(dynatemp_range), AT(dynatemp_exponent), AT(mirostat),
	AT(mirostat_tau), AT(mirostat_eta),
};
#define CHOOSING 9	/* the first of them have no say beside mirostat */

/* The first does nothing while the second is 0. */
static const struct {
	size_t member, needs;
	const char *why;
} needs[] = {
	{ AT(dynatemp_exponent), AT(dynatemp_range), "without --dynatemp-range" },
	{ AT(xtc_threshold), AT(xtc_probability), "without --xtc-probability" },
	{ AT(adaptive_decay), AT(adaptive_target), "without --adaptive-target" },
	{ AT(mirostat_tau), AT(mirostat), "without --mirostat" },
	{ AT(mirostat_eta), AT(mirostat), "without --mirostat" },
	{ AT(dry_base), AT(dry_multiplier), "without --dry-multiplier" },
	{ AT(dry_length), AT(dry_multiplier), "without --dry-multiplier" },
	{ AT(dry_window), AT(dry_multiplier), "without --dry-multiplier" },
};

const struct ll_opt *
ll_sampling_row(size_t index)
{
	return &rows[index];
}

const char *
ll_sampling_field(size_t index, char *out)
{
	size_t i = 0;

	for (const char *p = rows[index].name; *p != '\0'; p++)
		out[i++] = *p == '-' ? '_' : *p;
	out[i] = '\0';
	return out;
}

static size_t
offset_of(size_t index)
{
	return (size_t)((const char *)rows[index].value - (const char *)&prototype);
}

void *
ll_sampling_member(struct ll_sampling *sampling, size_t index)
{
	return (char *)sampling + offset_of(index);
}

void
ll_sampling_take(struct ll_sampling *to, const struct ll_sampling *from, uint64_t given)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t size = rows[i].type == LL_OPT_FLAG ? sizeof(bool) : sizeof(int64_t);

		if (given >> i & 1)
			memcpy((char *)to + offset_of(i), (const char *)from + offset_of(i), size);
	}
}

/* Both numbers have 8 bytes that are 0 for 0. */
static bool
is_zero(const struct ll_sampling *sampling, size_t offset)
{
	static const char zeros[8];

	return memcmp((const char *)sampling + offset, zeros, sizeof(zeros)) == 0;
}

static bool
is_among(const size_t *list, size_t count, size_t offset)
{
	for (size_t i = 0; i < count; i++)
		if (list[i] == offset)
			return true;
	return false;
}

static const char *
why_idle(const struct ll_sampling *s, size_t offset, bool own)
{
	if (s->temperature <= 0 && is_among(shaping, COUNT(shaping), offset))
		return "with temperature 0";
	if (s->mirostat > 0 && is_among(shaping, CHOOSING, offset))
		return "with mirostat";
	if (s->ignore_eos && offset == AT(min_length))
		return own ? "with ignore_eos" : "with --ignore-eos";
	if (own)
		return NULL;
	if (offset == AT(penalty_window) && s->repetition_penalty == 1 && s->presence_penalty == 0 &&
	    s->frequency_penalty == 0)
		return "without a penalty";
	for (size_t i = 0; i < COUNT(needs); i++)
		if (needs[i].member == offset && is_zero(s, needs[i].needs))
			return needs[i].why;
	return NULL;
}

const char *
ll_sampling_idle(const struct ll_sampling *sampling, uint64_t given, bool own, size_t *index)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *why = given >> i & 1 ? why_idle(sampling, offset_of(i), own) : NULL;

		if (why != NULL) {
			*index = i;
			return why;
		}
	}
	return NULL;
}

void
ll_sampling_refuse(struct ll_sampling *sampling, const char *greedy)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		void *value = ll_sampling_member(sampling, i);
		size_t index;
		const char *why = ll_sampling_idle(sampling, (uint64_t)1 << i, false, &index);

		if (why != NULL)
			ll_opt_refuse(value, strcmp(why, "with temperature 0") == 0 ? greedy : why);
	}
	if (sampling->dry_multiplier <= 0)
		ll_opt_refuse(&ll_sampling_lists.breakers, "without --dry-multiplier");
}

static int
add_word(struct ll_words *words, size_t most, const char *option, const char *does, const char *text,
    struct ll_err *err)
{
	if (*text == '\0')
		return ll_fail(err, LL_EUSAGE, "%s: an empty string %s nothing", option, does);
	if (words->count == most)
		return ll_fail(err, LL_EUSAGE, "%s: more than %zu", option, most);
	words->list[words->count++] = text;
	return 0;
}

int
ll_sampling_add_stop(const char *text, struct ll_err *err)
{
	return add_word(&ll_sampling_lists.stops, LL_STOPS_MAX, "--stop", "stops", text, err);
}

int
ll_sampling_add_banned(const char *text, struct ll_err *err)
{
	return add_word(&ll_sampling_lists.banned, LL_STOPS_MAX, "--banned-string", "bans", text, err);
}

int
ll_sampling_add_breaker(const char *text, struct ll_err *err)
{
	return add_word(&ll_sampling_lists.breakers, LL_STOPS_MAX, "--dry-breaker", "breaks", text, err);
}

static const char *const samplers[LL_SAMPLERS] = {
	"penalties", "dry", "top-n-sigma", "temperature", "top-k", "typical", "top-p", "min-p", "xtc",
};

static int
unknown_sampler(const char *name, size_t length, struct ll_err *err)
{
	char names[200] = "";

	for (size_t i = 0; i < LL_SAMPLERS; i++)
		snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s%s", i > 0 ? ", " : "", samplers[i]);
	return ll_fail(err, LL_EUSAGE, "'%.*s' is not one of %s", length < 100 ? (int)length : 100, name, names);
}

int
ll_sampling_order(const char *text, size_t *numbers, size_t *count, struct ll_err *err)
{
	const char *name = text;

	*count = 0;
	while (*text != '\0') {
		size_t length = strcspn(name, ","), s = 0;

		while (s < LL_SAMPLERS && !(strlen(samplers[s]) == length && memcmp(samplers[s], name, length) == 0))
			s++;
		if (s == LL_SAMPLERS)
			return unknown_sampler(name, length, err);
		for (size_t i = 0; i < *count; i++)
			if (numbers[i] == s)
				return ll_fail(err, LL_EUSAGE, "'%s' is there twice", samplers[s]);
		numbers[(*count)++] = s;
		if (name[length] == '\0')
			break;
		name += length + 1;
	}
	return 0;
}

int
ll_sampling_split_bias(const char *text, size_t *token_length, double *bias, struct ll_err *err)
{
	const char *number = strrchr(text, '=');
	char *end;

	if (number == NULL || number == text)
		return ll_fail(err, LL_EUSAGE, "'%.100s' is not TOKEN=BIAS", text);
	*token_length = (size_t)(number - text);
	number++;
	if (strcmp(number, "-inf") == 0) {
		*bias = -INFINITY;
		return 0;
	}
	*bias = strtod(number, &end);
	if (end == number || *end != '\0' || isspace((unsigned char)*number) || strpbrk(number, "xX") != NULL ||
	    !(fabs(*bias) <= LL_BIAS_MOST))
		return ll_fail(err, LL_EUSAGE, "'%.100s': the bias is not -inf or between -%g and %g", text,
		    LL_BIAS_MOST, LL_BIAS_MOST);
	return 0;
}

static int
add_bias(struct ll_words *words, const char *option, const char *text, bool id, struct ll_err *err)
{
	struct ll_err own = { 0 };
	size_t length = 0;
	double bias;

	if (ll_sampling_split_bias(text, &length, &bias, &own) < 0)
		return ll_fail(err, LL_EUSAGE, "%s: %s", option, own.text);
	if (id && (strspn(text, "0123456789") != length || length > 10 || strtoul(text, NULL, 10) >= UINT32_MAX))
		return ll_fail(err, LL_EUSAGE, "%s: '%.*s' is not the id of a token", option, (int)length, text);
	return add_word(words, LL_BIASES_MAX, option, "biases", text, err);
}

int
ll_sampling_add_bias(const char *text, struct ll_err *err)
{
	return add_bias(&ll_sampling_lists.biases, "--logit-bias", text, true, err);
}

int
ll_sampling_add_text_bias(const char *text, struct ll_err *err)
{
	return add_bias(&ll_sampling_lists.text_biases, "--logit-bias-text", text, false, err);
}
