/*
 * Settings of one sequence; see settings.h.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/vocab.h"
#include "sample/settings.h"
#include "sample/stopper.h"
#include "sample/strings.h"
#include "tokenize/record.h"

/* What ends DRY's repetitions where nothing else is named. */
static const char *const default_breakers[] = { "\n", ":", "\"", "*" };

bool
ll_settings_need_vocab(const struct ll_sampling_lists *lists, const struct ll_sampling *sampling)
{
	return lists->stops.count > 0 || lists->banned.count > 0 || lists->text_biases.count > 0 ||
	    sampling->dry_multiplier > 0;
}

bool
ll_settings_record_needs_vocab(const struct ll_record *meta, const struct ll_settings *defaults)
{
	struct ll_sampling both = defaults->sampling;

	ll_sampling_take(&both, &meta->sampling, meta->sampling_given);
	return meta->stops.count > 0 || meta->banned.count > 0 || meta->given & LL_GAVE_TEXT_BIASES ||
	    both.dry_multiplier > 0;
}

size_t
ll_settings_record_answers(const struct ll_record *meta)
{
	if (!(meta->given & LL_GAVE_SAMPLES))
		return 0;
	return meta->given & (LL_GAVE_BEST_OF | LL_GAVE_BEAMS) ? (size_t)meta->samples : 1;
}

struct biases {
	struct ll_bias *list;
	size_t count, cap;
};

static int
add_bias(struct biases *biases, uint64_t token, double bias, const struct ll_settings_place *place, struct ll_err *err)
{
	uint64_t most = place->vocab_size > 0 ? place->vocab_size : UINT32_MAX;
	int status;

	if (token >= most)
		return ll_fail(err, LL_EDATA, "there is no token %" PRIu64 ": the vocabulary has %s%" PRIu64, token,
		    place->vocab_size > 0 ? "" : "at most ", most);
	status = ll_grow(&biases->list, &biases->cap, biases->count + 1, sizeof(*biases->list), err);
	if (status == 0)
		biases->list[biases->count++] = (struct ll_bias){ (uint32_t)token, (float)bias };
	return status;
}

/* Every token whose text it is. */
static int
add_text_bias(struct biases *biases, const char *text, size_t length, double bias,
    const struct ll_settings_place *place, struct ll_err *err)
{
	size_t before = biases->count;
	int status = 0;

	for (size_t t = 0; t < place->vocab->count && status == 0; t++)
		if (place->vocab->pieces[t].length == length && memcmp(place->vocab->pieces[t].bytes, text, length) == 0)
			status = add_bias(biases, t, bias, place, err);
	if (status == 0 && biases->count == before)
		return ll_fail(err, LL_EDATA, "no token has the text '%.*s'", length < 100 ? (int)length : 100, text);
	return status;
}

static int
add_words(struct biases *biases, const struct ll_words *words, bool text, const struct ll_settings_place *place,
    struct ll_err *err)
{
	int status = 0;

	for (size_t i = 0; i < words->count && status == 0; i++) {
		const char *word = words->list[i];
		size_t length = 0;
		double bias = 0;

		ll_sampling_split_bias(word, &length, &bias, NULL);
		status = text ? add_text_bias(biases, word, length, bias, place, err) :
		    add_bias(biases, strtoul(word, NULL, 10), bias, place, err);
	}
	return status;
}

static int
add_object(struct biases *biases, const struct ll_json *object, bool text, const struct ll_settings_place *place,
    struct ll_err *err)
{
	const struct ll_json *value;
	void *position = NULL;
	const char *token;
	int status = 0;

	while (status == 0 && ll_json_next(object, &position, &token, &value)) {
		size_t length = strlen(token);
		double bias = ll_record_bias(value);

		if (text)
			status = add_text_bias(biases, token, length, bias, place, err);
		else if (length == 0 || length > 10 || strspn(token, "0123456789") != length)
			status = ll_fail(err, LL_EDATA, "'%.100s' is not the id of a token", token);
		else
			status = add_bias(biases, strtoull(token, NULL, 10), bias, place, err);
	}
	return status;
}

static void
own_biases(struct ll_settings *settings, const struct biases *biases)
{
	settings->biases = settings->owned.biases = biases->list;
	settings->bias_count = biases->count;
}

static int
make_breakers(struct ll_settings *settings, const struct ll_words *words, const struct ll_settings_place *place,
    struct ll_err *err)
{
	bool named = words != NULL && words->count > 0;
	int status = ll_strings_new(&settings->owned.breakers, named ? words->list : default_breakers,
	    named ? words->count : sizeof(default_breakers) / sizeof(default_breakers[0]), place->vocab, err);

	settings->breakers = settings->owned.breakers;
	return status;
}

/* The option that is wrong, before what was found wrong with its value. */
static int
wrong_option(const char *option, const struct ll_err *why, struct ll_err *err)
{
	return ll_fail(err, why->code == LL_ENOMEM ? LL_ENOMEM : LL_EUSAGE, "%s: %s", option, why->text);
}

/* Answers but the one that is sampled at once are begun by the head. */
static int
check_answers(const struct ll_settings *settings, const struct ll_settings_place *place, const char *field,
    struct ll_err *err)
{
	if (settings->best_of + settings->beams < 2 || place->answered)
		return 0;
	return ll_fail(err, LL_EDATA, "%s: %sthe stream offers no return path, without which there is one answer, sampled "
	    "at once", place->where, field);
}

int
ll_settings_complete(struct ll_settings *settings, const struct ll_sampling_lists *lists,
    const struct ll_settings_place *place, struct ll_err *err)
{
	struct biases biases = { 0 };
	struct ll_err why = { 0 };
	int status = check_answers(settings, place, "", err);

	if (status == 0 && lists->stops.count > 0)
		status = ll_stops_new(&settings->owned.stops, lists->stops.list, lists->stops.count, err);
	settings->stops = settings->owned.stops;
	if (status == 0 && lists->banned.count > 0)
		status = ll_strings_new(&settings->owned.banned, lists->banned.list, lists->banned.count, place->vocab, err);
	settings->banned = settings->owned.banned;
	if (status == 0 && settings->sampling.dry_multiplier > 0)
		status = make_breakers(settings, &lists->breakers, place, err);
	if (status < 0)
		return status;
	if (add_words(&biases, &lists->biases, false, place, &why) < 0)
		status = wrong_option("--logit-bias", &why, err);
	settings->id_bias_count = biases.count;
	if (status == 0 && add_words(&biases, &lists->text_biases, true, place, &why) < 0)
		status = wrong_option("--logit-bias-text", &why, err);
	own_biases(settings, &biases);
	return status;
}

/* The same with a record's field. */
static int
wrong_field(const char *field, const struct ll_settings_place *place, const struct ll_err *why, struct ll_err *err)
{
	return ll_fail(err, why->code == LL_ENOMEM ? LL_ENOMEM : LL_EDATA, "%s: %s: %s", place->where, field, why->text);
}

/* Those of a field, or where the record does not have it those of the command line's option. */
static int
take_biases(struct biases *biases, const struct ll_json *object, bool text, const struct ll_settings *defaults,
    const struct ll_settings_place *place, struct ll_err *err)
{
	size_t begin = text ? defaults->id_bias_count : 0, end = text ? defaults->bias_count : defaults->id_bias_count;
	int status = 0;

	if (object != NULL)
		return add_object(biases, object, text, place, err);
	for (size_t i = begin; i < end && status == 0; i++)
		status = add_bias(biases, defaults->biases[i].token, (double)defaults->biases[i].bias, place, err);
	return status;
}

static int
make_biases(struct ll_settings *settings, const struct ll_record *meta, const struct ll_settings_place *place,
    struct ll_err *err)
{
	struct biases biases = { 0 };
	struct ll_err why = { 0 };
	int status = 0;

	if (take_biases(&biases, meta->biases, false, settings, place, &why) < 0)
		status = wrong_field("logit_bias", place, &why, err);
	else if (take_biases(&biases, meta->text_biases, true, settings, place, &why) < 0)
		status = wrong_field("logit_bias_text", place, &why, err);
	own_biases(settings, &biases);
	return status;
}

static int
make_lists(struct ll_settings *settings, const struct ll_record *meta, const struct ll_settings_place *place,
    struct ll_err *err)
{
	struct ll_err why = { 0 };
	int status = 0;

	if (meta->given & LL_GAVE_STOP) {
		if (meta->stops.count > 0)
			status = ll_stops_new(&settings->owned.stops, meta->stops.list, meta->stops.count, err);
		settings->stops = settings->owned.stops;
	}
	if (status == 0 && meta->given & LL_GAVE_BANNED) {
		if (meta->banned.count > 0)
			status = ll_strings_new(&settings->owned.banned, meta->banned.list, meta->banned.count,
			    place->vocab, err);
		settings->banned = settings->owned.banned;
	}
	if (status == 0 && settings->sampling.dry_multiplier > 0 &&
	    (meta->given & LL_GAVE_BREAKERS || settings->breakers == NULL))
		status = make_breakers(settings, &meta->breakers, place, err);
	if (status == 0 && meta->given & (LL_GAVE_BIASES | LL_GAVE_TEXT_BIASES))
		status = make_biases(settings, meta, place, err);
	if (status == 0 && meta->given & LL_GAVE_ORDER && ll_order_parse(&settings->order, meta->order, &why) < 0)
		status = wrong_field("samplers", place, &why, err);
	return status;
}

/* Of what it gives, something that does nothing beside the command line. */
static void
note_idle(struct ll_settings *settings, const struct ll_record *meta)
{
	size_t row;
	const char *why = ll_sampling_idle(&settings->sampling, meta->sampling_given, false, &row);
	const char *drawn = meta->given & LL_GAVE_SEED ? "seed" : meta->given & LL_GAVE_BEST_OF ? "best_of" :
	    meta->samples > 1 ? "n" : NULL;
	char name[40];

	if (settings->beams == 0 && settings->sampling.temperature <= 0 && drawn != NULL)
		why = "with temperature 0";
	else if (why != NULL)
		drawn = ll_sampling_field(row, name);
	if (why != NULL)
		snprintf(settings->idle, sizeof(settings->idle), "%s has no effect %s", drawn, why);
}

/* The command line's numbers of answers, where the record's temperature leaves no choice. */
static int
check_greedy(struct ll_settings *settings, const struct ll_record *meta, const struct ll_settings_place *place,
    struct ll_err *err)
{
	if (settings->beams > 0 || !ll_record_is_greedy(meta) || meta->given & LL_GAVE_BEST_OF)
		return 0;
	if (settings->samples > 1 && !settings->own_samples)
		return ll_fail(err, LL_EDATA, "%s: temperature: with 0 the %zu answers of --samples would all be the same",
		    place->where, settings->samples);
	/* The best of equal ones is the first. */
	settings->best_of = settings->samples;
	return 0;
}

/* How many answers, and from among how many. */
static int
take_answers(struct ll_settings *settings, const struct ll_record *meta, const struct ll_settings_place *place,
    struct ll_err *err)
{
	bool chosen = (meta->given & (LL_GAVE_BEST_OF | LL_GAVE_BEAMS)) != 0;
	bool best = settings->best_of > settings->samples;
	int status;

	if (meta->given & LL_GAVE_SAMPLES) {
		settings->own_samples = true;
		settings->samples = (size_t)meta->samples;
	}
	if (chosen) {
		best = (meta->given & LL_GAVE_BEST_OF) != 0;
		settings->best_of = (size_t)meta->best_of;
		settings->beams = meta->given & LL_GAVE_BEAMS ? (size_t)meta->beams : 0;
	} else if (settings->own_samples && settings->samples > 1) {
		/* These came as sequences. */
		if (best || settings->beams > 0)
			return ll_fail(err, LL_EDATA, "%s: n: %" PRId64 " answers, which --%s cannot choose from among: the "
			    "record needs %s, too", place->where, meta->samples, best ? "best-of" : "beams",
			    best ? "best_of" : "beams");
		settings->samples = 1;
	}
	if (!best)
		settings->best_of = settings->samples;
	if (settings->samples > (settings->beams > 0 ? settings->beams : settings->best_of))
		return ll_fail(err, LL_EDATA, "%s: %s: is less than the %zu of --samples", place->where,
		    settings->beams > 0 ? "beams" : "best_of", settings->samples);
	if ((status = check_greedy(settings, meta, place, err)) < 0)
		return status;
	return check_answers(settings, place, settings->beams > 0 ? "beams: " : "best_of: ", err);
}

static int
take(struct ll_settings *settings, const struct ll_record *meta, const struct ll_settings_place *place,
    struct ll_err *err)
{
	int status;

	settings->idle[0] = '\0';
	settings->users = 0;
	memset(&settings->owned, 0, sizeof(settings->owned));
	ll_sampling_take(&settings->sampling, &meta->sampling, meta->sampling_given);
	if (meta->given & LL_GAVE_LIMIT)
		settings->limit = (uint64_t)meta->limit;
	if (meta->given & LL_GAVE_LOGPROBS)
		settings->ranked = (size_t)meta->logprobs;
	if ((status = take_answers(settings, meta, place, err)) < 0)
		return status;
	settings->own_seed = (meta->given & LL_GAVE_SEED) != 0;
	settings->seed = (uint64_t)meta->seed;
	if (settings->beams > 0)
		settings->sampling.temperature = 0;
	note_idle(settings, meta);
	if (settings->beams > 0 && meta->sampling_given >> LL_SAMPLING_TEMPERATURE & 1)
		snprintf(settings->idle, sizeof(settings->idle), "temperature has no effect with beams");
	return make_lists(settings, meta, place, err);
}

int
ll_settings_make(struct ll_settings **out, const struct ll_settings *defaults, const struct ll_record *meta,
    const struct ll_settings_place *place, struct ll_err *err)
{
	struct ll_settings *settings;
	int status;

	*out = NULL;
	if (meta->given == 0 && meta->sampling_given == 0)
		return 0;
	if ((settings = ll_alloc(1, sizeof(*settings), err)) == NULL)
		return -LL_ENOMEM;
	*settings = *defaults;
	if ((status = take(settings, meta, place, err)) < 0) {
		ll_settings_free(settings);
		return status;
	}
	*out = settings;
	return 0;
}

uint64_t
ll_settings_seed(void)
{
	return ll_rng_entropy() >> 11;
}

void
ll_settings_tell(struct ll_settings *settings, const struct ll_settings *defaults, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	if (defaults->sampling.temperature <= 0 && settings->sampling.temperature > 0 && !settings->own_seed) {
		settings->seed = ll_settings_seed();
		settings->own_seed = true;
		used = (size_t)snprintf(text, size, ",\"seed\":%" PRIu64, settings->seed);
	}
	if (settings->samples > 1 && !settings->own_samples)
		snprintf(text + used, size - used, ",\"n\":%zu", settings->samples);
}

void
ll_settings_drop(struct ll_settings *settings)
{
	ll_stops_free(settings->owned.stops);
	ll_strings_free(settings->owned.banned);
	ll_strings_free(settings->owned.breakers);
	free(settings->owned.biases);
	memset(&settings->owned, 0, sizeof(settings->owned));
}

void
ll_settings_free(struct ll_settings *settings)
{
	if (settings == NULL || settings->users-- > 0)
		return;
	ll_settings_drop(settings);
	free(settings);
}
