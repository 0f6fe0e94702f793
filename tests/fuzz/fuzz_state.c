/*
 * Fuzz target: a checkpoint of a training, taken by a net of one layer (tests/fuzz/seeds_state.py
 * has its shape).
 */

#include <math.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/pool.h"
#include "model/gguf.h"
#include "train/state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct ll_optimiser optimiser;

static void
make_net(void)
{
	static const struct ll_hparams hp = { .layers = 1, .context = 4, .dim = 2, .ffn = 2, .heads = 1, .kv_heads = 1,
	    .head_dim = 2, .vocab = 3, .rope_dim = 2, .rope_base = 10000, .norm_eps = 1e-5f, .tied = true };
	static const struct ll_net_options options = { .tokens = 4, .span = 4, .gradients = true };
	static const struct ll_optimise_options optimise = { .steps = 1 };
	static const float freqs[1] = { 1 };
	static struct ll_pool *pool;
	struct ll_err err = { 0 };
	static struct ll_net *net;

	if (ll_pool_new(&pool, 1, &err) < 0 || ll_net_new(&net, &hp, freqs, 1, NULL, &options, pool, &err) < 0 ||
	    ll_optimiser_new(&optimiser, net, &optimise, &err) < 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ll_run_progress progress = { 0 };
	struct ll_err err = { 0 };
	struct ll_gguf *gguf;

	if (optimiser.net == NULL)
		make_net();
	if (ll_gguf_parse(&gguf, data, size, "fuzz", &err) < 0)
		return 0;
	if (ll_state_take(gguf, &optimiser, &progress, "batch 1\nsteps 2\n", &err) < 0) {
		if (err.code == 0)
			abort();
	} else if (!(progress.seconds >= 0 && isfinite(progress.seconds))) {
		abort();
	}
	ll_gguf_close(gguf);
	return 0;
}
