/*
 * The shape of a model to be trained from scratch, from YAML:
 *
 *	layers: 6
 *	hidden_size: 256
 *	intermediate_size: 512
 *	heads: 4
 *	kv_heads: 2		# default: heads
 *	head_dim: 64		# default: hidden_size / heads
 *	context: 1024
 *	tied: true		# the output head is the token embedding; default false
 *	norm_eps: 1e-5
 *	rope:
 *	  base: 500000
 *	  scaling: llama3	# default none
 *	  factor: 8
 *	  low_freq_factor: 1
 *	  high_freq_factor: 4
 *	  original_context: 8192
 */

#ifndef LL_TRAIN_SHAPE_H
#define LL_TRAIN_SHAPE_H

#include "model/hparams.h"

struct ll_err;

/* -LL_EINPUT; -LL_EDATA with file, line, key and value. hp->vocab stays as it is. */
int ll_shape_read(struct ll_hparams *hp, struct ll_rope_scaling *scaling, const char *path, struct ll_err *err);
/* The same from a text; `path` is for messages. */
int ll_shape_parse(struct ll_hparams *hp, struct ll_rope_scaling *scaling, const char *text, size_t length,
    const char *path, struct ll_err *err);

#endif
