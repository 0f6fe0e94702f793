/*
 * First values that copy. An induction head (Olsson et al. 2022, arXiv 2209.11895) finds where the
 * tokens at hand stood before and foretells what followed there: names, lists and answers from a
 * text need it. From random values it takes many millions of tokens to appear; a first layer that
 * already looks back, and a second that compares, are learned on from at once. First values with
 * the structure of learned ones: Trockman and Kolter 2023, arXiv 2305.09828.
 */

#ifndef LL_TRAIN_INDUCTION_H
#define LL_TRAIN_INDUCTION_H

#include "train/net.h"

/* -LL_EDATA unless there are two layers, and hidden states twice as wide as a head. */
int ll_induction_fits(const struct ll_hparams *hp, const char *path, struct ll_err *err);

/*
 * Of a net whose rotary pairs are neighbours (not hp.halves): ll_net_random, and then: all rows of
 * the embedding share a part as long as their own (the head's softmax does not see it). By it heads
 * 0, 1 and 2 of layer 0 attend 1, 2 and 3 positions back, as many as have room for what they see in
 * subspaces at right angles. A head of layer 1 compares a token and the one before with the two before
 * each position, and adds what it finds; another, where keys have two groups, compares the two before
 * the token with the second and third before each. -LL_ENOMEM.
 */
int ll_net_induction(struct ll_net *net, uint64_t seed, struct ll_err *err);

#endif
