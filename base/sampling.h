/*
 * How to sample, as numbers: one struct, and one table of options that fills it on the command
 * lines of ll-sample, ll-chat and ll-batch and, with '_' for '-', in records of JSON Lines.
 * What the numbers mean is sample/'s; ll-sample(1) has the formulas and their sources.
 */

#ifndef LL_BASE_SAMPLING_H
#define LL_BASE_SAMPLING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/opt.h"

struct ll_err;

#define LL_STOPS_MAX 64
#define LL_BIASES_MAX 256
#define LL_BIAS_MOST 1000.0
#define LL_WORD_BYTES 4096

/* The values that switch something off are named. */
struct ll_sampling {
	double temperature;		/* 0: the likeliest, and what only shapes a draw has no say */
	double dynatemp_range;		/* 0: the temperature is fixed */
	double dynatemp_exponent;
	int64_t top_k;			/* 0: off */
	double top_p;			/* 1: off */
	double min_p;			/* 0: off */
	double typical_p;		/* 1: off */
	double top_n_sigma;		/* 0: off */
	double xtc_probability;		/* 0: off */
	double xtc_threshold;
	double adaptive_target;		/* 0: off */
	double adaptive_decay;
	int64_t mirostat;		/* 0: off; 1 or 2: its version */
	double mirostat_tau;
	double mirostat_eta;
	double repetition_penalty;	/* 1: off */
	double presence_penalty;	/* 0: off */
	double frequency_penalty;	/* 0: off */
	int64_t penalty_window;		/* tokens; 0: all */
	double dry_multiplier;		/* 0: off */
	double dry_base;
	int64_t dry_length;		/* tokens */
	int64_t dry_window;		/* tokens; 0: all */
	int64_t min_length;		/* tokens; 0: off */
	bool ignore_eos;
};

#define LL_SAMPLING_DEFAULTS { \
	.temperature = 0.6, .dynatemp_exponent = 1, .top_p = 0.9, .typical_p = 1, .xtc_threshold = 0.1, \
	.adaptive_decay = 0.9, .mirostat_tau = 5, .mirostat_eta = 0.1, .repetition_penalty = 1, \
	.dry_base = 1.75, .dry_length = 2 }

#define LL_OPTS_SAMPLING(s) \
	{ 't', "temperature", LL_OPT_DOUBLE, &(s).temperature, "T", \
	  "divide logits by T (default 0.6); 0: always the likeliest token", 0, 100, NULL }, \
	{ 0, "adaptive-decay", LL_OPT_DOUBLE, &(s).adaptive_decay, "D", \
	  "how slowly adaptive-p forgets (default 0.9)", 0, 0.99, NULL }, \
	{ 0, "adaptive-target", LL_OPT_DOUBLE, &(s).adaptive_target, "P", \
	  "prefer tokens whose probability is near P (default 0: off)", 0, 1, NULL }, \
	{ 0, "dry-base", LL_OPT_DOUBLE, &(s).dry_base, "B", \
	  "how fast DRY's penalty grows with the repetition (default 1.75)", 1, 100, NULL }, \
	{ 0, "dry-length", LL_OPT_INT, &(s).dry_length, "N", \
	  "the longest repetition that DRY leaves alone (default 2)", 0, INT32_MAX, NULL }, \
	{ 0, "dry-multiplier", LL_OPT_DOUBLE, &(s).dry_multiplier, "M", \
	  "penalise tokens that continue a repetition (default 0: off)", 0, 1000, NULL }, \
	{ 0, "dry-window", LL_OPT_INT, &(s).dry_window, "N", \
	  "let DRY see the last N tokens (default 0: all)", 0, INT32_MAX, NULL }, \
	{ 0, "dynatemp-exponent", LL_OPT_DOUBLE, &(s).dynatemp_exponent, "E", \
	  "how the entropy moves the temperature (default 1)", 0, 100, NULL }, \
	{ 0, "dynatemp-range", LL_OPT_DOUBLE, &(s).dynatemp_range, "R", \
	  "let the temperature move by R with the entropy (default 0: off)", 0, 100, NULL }, \
	{ 0, "frequency-penalty", LL_OPT_DOUBLE, &(s).frequency_penalty, "A", \
	  "lower a token's logit by A for each time it occurred", -100, 100, NULL }, \
	{ 0, "ignore-eos", LL_OPT_FLAG, &(s).ignore_eos, NULL, "never sample a token that ends the turn", 0, 0, NULL }, \
	{ 0, "min-length", LL_OPT_INT, &(s).min_length, "N", \
	  "sample no token that ends the turn before N others", 0, INT32_MAX, NULL }, \
	{ 0, "min-p", LL_OPT_DOUBLE, &(s).min_p, "P", \
	  "keep tokens at least P times as probable as the likeliest", 0, 1, NULL }, \
	{ 0, "mirostat", LL_OPT_INT, &(s).mirostat, "N", \
	  "hold the surprise at a target, version 1 or 2 (default 0: off)", 0, 2, NULL }, \
	{ 0, "mirostat-eta", LL_OPT_DOUBLE, &(s).mirostat_eta, "E", \
	  "mirostat's learning rate (default 0.1)", 0, 10, NULL }, \
	{ 0, "mirostat-tau", LL_OPT_DOUBLE, &(s).mirostat_tau, "B", \
	  "mirostat's target surprise in bits (default 5)", 0, 100, NULL }, \
	{ 0, "penalty-window", LL_OPT_INT, &(s).penalty_window, "N", \
	  "let the penalties see the last N tokens (default 0: all)", 0, INT32_MAX, NULL }, \
	{ 0, "presence-penalty", LL_OPT_DOUBLE, &(s).presence_penalty, "A", \
	  "lower the logits of tokens that occurred by A", -100, 100, NULL }, \
	{ 0, "repetition-penalty", LL_OPT_DOUBLE, &(s).repetition_penalty, "R", \
	  "divide logits above 0 of tokens that occurred by R, multiply others", 0.01, 100, NULL }, \
	{ 0, "top-k", LL_OPT_INT, &(s).top_k, "N", \
	  "keep the N likeliest tokens (default 0: all)", 0, UINT32_MAX, NULL }, \
	{ 0, "top-n-sigma", LL_OPT_DOUBLE, &(s).top_n_sigma, "N", \
	  "keep logits within N standard deviations of the greatest", 0, 100, NULL }, \
	{ 0, "top-p", LL_OPT_DOUBLE, &(s).top_p, "P", \
	  "keep the likeliest tokens that have probability P together (default 0.9)", 0, 1, NULL }, \
	{ 0, "typical-p", LL_OPT_DOUBLE, &(s).typical_p, "P", \
	  "keep the most typical tokens that have probability P together", 0, 1, NULL }, \
	{ 0, "xtc-probability", LL_OPT_DOUBLE, &(s).xtc_probability, "P", \
	  "drop the likeliest of several good choices with probability P", 0, 1, NULL }, \
	{ 0, "xtc-threshold", LL_OPT_DOUBLE, &(s).xtc_threshold, "P", \
	  "what XTC takes for a good choice (default 0.1)", 0, 0.5, NULL }

/* The table, with its values in a struct of its own: names, types, bounds. An index is a row's number. */
#define LL_SAMPLING_ROWS 25
#define LL_SAMPLING_TEMPERATURE 0
const struct ll_opt *ll_sampling_row(size_t index);
/* The row's name in a record, "top_k": written to out, of at least 40 bytes. */
const char *ll_sampling_field(size_t index, char *out);
/* The row's member of a struct. */
void *ll_sampling_member(struct ll_sampling *sampling, size_t index);

/* Takes those members over whose rows' bits are set in `given`. */
void ll_sampling_take(struct ll_sampling *to, const struct ll_sampling *from, uint64_t given);

/*
 * The first row of `given` that can do nothing beside the others, and why ("with temperature
 * 0", "without --dry-multiplier", NULL if there is none). In a record, where `own` is true,
 * what another place may have switched on is not missed, and names are fields'.
 */
const char *ll_sampling_idle(const struct ll_sampling *sampling, uint64_t given, bool own, size_t *index);

/*
 * Refuses what was given on the command line and is idle: ll_opt_refuse. `sampling` is that of
 * its table, `greedy` why what shapes a draw is idle where the temperature is 0.
 */
void ll_sampling_refuse(struct ll_sampling *sampling, const char *greedy);

/* Words given one by one. */
struct ll_words {
	const char *list[LL_BIASES_MAX];
	size_t count;
};

/* What of sampling is no number. Texts are not empty. */
struct ll_sampling_lists {
	struct ll_words stops;		/* end a turn */
	struct ll_words banned;		/* never appear */
	struct ll_words breakers;	/* end DRY's repetitions */
	struct ll_words biases;		/* "ID=BIAS" */
	struct ll_words text_biases;	/* "TEXT=BIAS" */
	const char *order;		/* names of samplers, or NULL */
};

/* What the command line gave: filled by LL_OPT_STOP and LL_OPTS_SAMPLING_LISTS. */
extern struct ll_sampling_lists ll_sampling_lists;

int ll_sampling_add_stop(const char *text, struct ll_err *err);
int ll_sampling_add_banned(const char *text, struct ll_err *err);
int ll_sampling_add_breaker(const char *text, struct ll_err *err);
int ll_sampling_add_bias(const char *text, struct ll_err *err);
int ll_sampling_add_text_bias(const char *text, struct ll_err *err);

/*
 * Names of samplers, separated by commas, each at most once: their numbers in the default
 * order, to `numbers` of LL_SAMPLERS. -LL_EUSAGE for others, naming all.
 */
#define LL_SAMPLERS 9
int ll_sampling_order(const char *text, size_t *numbers, size_t *count, struct ll_err *err);

/* "TOKEN=BIAS" at its last '='; BIAS is a number within LL_BIAS_MOST of 0, or -inf. -LL_EUSAGE. */
int ll_sampling_split_bias(const char *text, size_t *token_length, double *bias, struct ll_err *err);

#define LL_OPT_STOP \
	{ 0, "stop", LL_OPT_CALL, &ll_sampling_lists.stops, "STRING", \
	  "end a turn before STRING; may be repeated", 0, 0, ll_sampling_add_stop }

#define LL_OPTS_SAMPLING_LISTS \
	{ 0, "banned-string", LL_OPT_CALL, &ll_sampling_lists.banned, "STRING", \
	  "go back and sample anew where STRING appears; may be repeated", 0, 0, ll_sampling_add_banned }, \
	{ 0, "dry-breaker", LL_OPT_CALL, &ll_sampling_lists.breakers, "STRING", \
	  "no repetition goes over STRING (default: \\n : \" *); may be repeated", 0, 0, ll_sampling_add_breaker }, \
	{ 0, "logit-bias", LL_OPT_CALL, &ll_sampling_lists.biases, "BIAS", \
	  "ID=B: add B, or -inf, to the logit of a token; may be repeated", 0, 0, ll_sampling_add_bias }, \
	{ 0, "logit-bias-text", LL_OPT_CALL, &ll_sampling_lists.text_biases, "BIAS", \
	  "TEXT=B: the same for the tokens with this text", 0, 0, ll_sampling_add_text_bias }, \
	{ 0, "samplers", LL_OPT_STRING, &ll_sampling_lists.order, "LIST", \
	  "the samplers in this order, separated by commas", 0, 0, NULL }

#endif
