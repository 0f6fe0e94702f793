/*
 * The options that the programs of training share, and what is made of them.
 */

#ifndef LL_TRAIN_RUN_SETTINGS_H
#define LL_TRAIN_RUN_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "train/fit.h"

struct ll_err;

struct ll_run_settings {
	int64_t threads, context, rows, micro, steps, warmup, fall, eval_every, save_every;
	double epochs;
	uint64_t seed;
	double rate, least, beta1, beta2, epsilon, decay, clip;
	const char *schedule, *precision, *state, *log;
	bool resume, checkpoint, dry_run;
};

#define LL_SETTINGS { .threads = 0, .context = 0, .rows = 8, .micro = 0, .steps = 0, .warmup = -1, .fall = -1, \
	.eval_every = 0, .save_every = 0, .epochs = 1, .seed = 1, .rate = 0, .least = -1, .beta1 = 0.9, .beta2 = 0.95, \
	.epsilon = 1e-8, .decay = 0.1, .clip = 1, .schedule = "cosine", .precision = "f32" }

#define LL_OPTS_FIT(s) \
	{ 'b', "batch", LL_OPT_INT, &(s).rows, "N", "sequences of a step (default 8)", 1, 1e6, NULL }, \
	{ 0, "micro", LL_OPT_INT, &(s).micro, "N", "sequences run at once, their gradients added (default: all)", 1, 1e6, NULL }, \
	{ 'c', "context", LL_OPT_INT, &(s).context, "N", "positions of a sequence (default: the model's, at most 1024)", 2, 1e6, NULL }, \
	{ 0, "steps", LL_OPT_INT, &(s).steps, "N", "steps of the run (default: as --epochs has them)", 1, 1e12, NULL }, \
	{ 0, "epochs", LL_OPT_DOUBLE, &(s).epochs, "X", "times through the data (default 1)", 1e-6, 1e6, NULL }, \
	{ 0, "lr", LL_OPT_DOUBLE, &(s).rate, "X", "rate of learning at the top", 0, 1, NULL }, \
	{ 0, "min-lr", LL_OPT_DOUBLE, &(s).least, "X", "at the end (default: a tenth of --lr)", 0, 1, NULL }, \
	{ 0, "schedule", LL_OPT_STRING, &(s).schedule, "NAME", "cosine (default), wsd or constant", 0, 0, NULL }, \
	{ 0, "warmup", LL_OPT_INT, &(s).warmup, "N", "steps from 0 to --lr (default: a 50th of all)", 0, 1e12, NULL }, \
	{ 0, "fall", LL_OPT_INT, &(s).fall, "N", "steps of wsd's fall (default: a fifth of all)", 1, 1e12, NULL }, \
	{ 0, "beta1", LL_OPT_DOUBLE, &(s).beta1, "X", "of AdamW (default 0.9)", 0, 0.999999, NULL }, \
	{ 0, "beta2", LL_OPT_DOUBLE, &(s).beta2, "X", "of AdamW (default 0.95)", 0, 0.999999, NULL }, \
	{ 0, "epsilon", LL_OPT_DOUBLE, &(s).epsilon, "X", "of AdamW (default 1e-8)", 1e-30, 1, NULL }, \
	{ 0, "weight-decay", LL_OPT_DOUBLE, &(s).decay, "X", "of matrices (default 0.1)", 0, 10, NULL }, \
	{ 0, "clip", LL_OPT_DOUBLE, &(s).clip, "X", "greatest norm of a step's gradient, 0: any (default 1)", 0, 1e30, NULL }, \
	{ 0, "seed", LL_OPT_UINT, &(s).seed, "N", "of first values, order and dropout (default 1)", 0, 0, NULL }, \
	{ 0, "precision", LL_OPT_STRING, &(s).precision, "KIND", "products in f32 (default) or bf16", 0, 0, NULL }, \
	{ 0, "checkpointing", LL_OPT_FLAG, &(s).checkpoint, NULL, "keep less and compute layers twice", 0, 0, NULL }, \
	{ 0, "eval-every", LL_OPT_INT, &(s).eval_every, "N", "steps between held-out evaluations (default: at the end)", 1, 1e12, NULL }, \
	{ 0, "save-every", LL_OPT_INT, &(s).save_every, "N", "steps between checkpoints (default: none)", 1, 1e12, NULL }, \
	{ 0, "state", LL_OPT_STRING, &(s).state, "FILE", "the checkpoint (default: the output's name and .state)", 0, 0, NULL }, \
	{ 0, "resume", LL_OPT_FLAG, &(s).resume, NULL, "go on from the checkpoint", 0, 0, NULL }, \
	{ 0, "log", LL_OPT_STRING, &(s).log, "FILE", "steps and evaluations as JSON Lines", 0, 0, NULL }, \
	{ 0, "dry-run", LL_OPT_FLAG, &(s).dry_run, NULL, "print the memory needed, and end", 0, 0, NULL }, \
	LL_OPT_THREADS((s).threads)

/*
 * What depends on one another: ends the program where an option is wrong or has no effect; -LL_EUSAGE for an
 * output to a terminal.
 */
int ll_run_settings_check(struct ll_run_settings *settings, const char *output, struct ll_err *err);

/*
 * Of a run over so many rows an epoch (0: as many as come): steps, warm-up and the rest that was not given. *text gets
 * the lines that a run is resumed by; the program has put its own lines there before.
 */
int ll_run_settings_fit(struct ll_run_settings *settings, uint64_t rows, struct ll_fit_options *fit,
    struct ll_optimise_options *optimise, struct ll_buf *text, struct ll_err *err);

/*
 * What memory a net takes, with the moments and `more` bytes: on stdout with --dry-run, else told on a
 * terminal or under -v; -LL_ENOMEM with the number where the machine has less.
 */
int ll_run_settings_memory(const char *program, const struct ll_run_settings *settings, const struct ll_hparams *hp,
    const struct ll_net_options *net, uint64_t more, size_t threads, struct ll_err *err);

#endif
