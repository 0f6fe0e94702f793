/*
 * The matrices of a forward pass as panels (tensor/mul.h): those of the model, or copies of them in
 * memory of its own, which are made at once, when they repay themselves, or never.
 */

#ifndef LL_FORWARD_PACK_H
#define LL_FORWARD_PACK_H

#include <stddef.h>

#include "forward/forward.h"

struct ll_err;
struct ll_packs;
struct ll_pool;

/* `model` and `pool` must outlive it. -LL_ENOMEM; with LL_PACK_ALWAYS all is packed when it returns. */
int ll_packs_new(struct ll_packs **out, const struct ll_model *model, const struct ll_forward_config *config,
    struct ll_pool *pool, struct ll_err *err);
void ll_packs_free(struct ll_packs *packs);

/* What is in use now; `layer` is counted from config.first. */
const struct ll_layer *ll_packs_layer(const struct ll_packs *packs, size_t layer);
const struct ll_tensor *ll_packs_head(const struct ll_packs *packs);

/*
 * A step of so many rows is about to begin: tells it, and packs some matrices if that is worth it now.
 * Then what ll_packs_layer and ll_packs_head gave has other data.
 */
void ll_packs_step(struct ll_packs *packs, size_t rows);

/* "auto", "always" or "never" as enum ll_pack, else -LL_EUSAGE. */
int ll_packs_when(const char *name, struct ll_err *err);

/* Bytes of panels made so far. */
size_t ll_packs_bytes(const struct ll_packs *packs);

#endif
