/*
 * Settings of one sequence; see settings.h.
 */

#include <stdlib.h>

#include "base/err.h"
#include "base/mem.h"
#include "sample/settings.h"
#include "sample/stopper.h"
#include "tokenize/record.h"

#define SAMPLERS (LL_GAVE_TOP_K | LL_GAVE_TOP_P | LL_GAVE_MIN_P | LL_GAVE_SEED)
#define SAMPLING (SAMPLERS | LL_GAVE_TEMPERATURE | LL_GAVE_LIMIT | LL_GAVE_STOP | LL_GAVE_LOGPROBS)

static int
take(struct ll_settings *settings, const struct ll_record *meta, struct ll_err *err)
{
	if (meta->given & LL_GAVE_TEMPERATURE)
		settings->sampling.temperature = meta->temperature;
	if (meta->given & LL_GAVE_TOP_K)
		settings->sampling.top_k = (uint64_t)meta->top_k;
	if (meta->given & LL_GAVE_TOP_P)
		settings->sampling.top_p = meta->top_p;
	if (meta->given & LL_GAVE_MIN_P)
		settings->sampling.min_p = meta->min_p;
	if (meta->given & LL_GAVE_LIMIT)
		settings->limit = (uint64_t)meta->limit;
	settings->own_ranked = (meta->given & LL_GAVE_LOGPROBS) != 0;
	settings->ranked = (size_t)meta->logprobs;
	settings->own_seed = (meta->given & LL_GAVE_SEED) != 0;
	settings->seed = (uint64_t)meta->seed;
	settings->own_stops = (meta->given & LL_GAVE_STOP) != 0;
	settings->idle = settings->sampling.temperature <= 0 && meta->given & SAMPLERS;
	return meta->stop_count > 0 ? ll_stops_new(&settings->stops, meta->stops, meta->stop_count, err) : 0;
}

int
ll_settings_read(struct ll_settings **out, const struct ll_sampling *defaults, uint64_t limit,
    const char *text, size_t length, const char *where, struct ll_err *err)
{
	struct ll_settings *settings = NULL;
	struct ll_record meta;
	int status = ll_record_read_meta(&meta, text, length, where, err);

	if (status == 0 && meta.given & SAMPLING) {
		if ((settings = ll_alloc(1, sizeof(*settings), err)) == NULL) {
			status = -LL_ENOMEM;
		} else {
			settings->sampling = *defaults;
			settings->limit = limit;
			status = take(settings, &meta, err);
		}
	}
	ll_record_free(&meta);
	if (status < 0) {
		ll_settings_free(settings);
		settings = NULL;
	}
	*out = settings;
	return status;
}

size_t
ll_settings_ranked(const struct ll_settings *settings, size_t otherwise)
{
	return settings != NULL && settings->own_ranked ? settings->ranked : otherwise;
}

void
ll_settings_free(struct ll_settings *settings)
{
	if (settings == NULL)
		return;
	ll_stops_free(settings->stops);
	free(settings);
}
