/*
 * What the two JSON files of hyper-parameters share, config.json and params.json: members that may be
 * absent or null, and messages that name file and key. For hparams_hf.c and hparams_meta.c alone.
 */

#ifndef LL_MODEL_HPARAMS_JSON_H
#define LL_MODEL_HPARAMS_JSON_H

#include <stdbool.h>
#include <stddef.h>

struct ll_err;
struct ll_json;
struct ll_source;

/* All borrowed. */
struct ll_hparams_json {
	const struct ll_source *source;
	const char *file;		/* its name in the folder */
	const struct ll_json *config;	/* what it holds */
	struct ll_err *err;
};

/* Fails with `code`: "FOLDER/FILE: KEY: WHAT". */
int ll_hparams_bad(const struct ll_hparams_json *r, int code, const char *key, const char *what);

/* The value; NULL if it is absent or null. */
const struct ll_json *ll_hparams_get(const struct ll_json *object, const char *key);

/* A size from 1 to `most`, or a number above 0 and below `limit`. 1 if found, 0 if absent, -LL_EDATA. */
int ll_hparams_size(const struct ll_hparams_json *r, const struct ll_json *object, const char *key, size_t most,
    size_t *out);
int ll_hparams_positive(const struct ll_hparams_json *r, const struct ll_json *object, const char *key, double limit,
    float *out);

/* A size of the file's own that must be there: 0 or -LL_EDATA. */
int ll_hparams_need_size(const struct ll_hparams_json *r, const char *key, size_t most, size_t *out);

/* True or false, which it is where it is absent. 0 or -LL_EDATA. */
int ll_hparams_truth(const struct ll_hparams_json *r, const char *key, bool *out);

#endif
