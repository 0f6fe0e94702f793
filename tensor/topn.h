/*
 * The N largest logits of a row, and its log-sum-exp: what a sparse LOGITS row holds.
 */

#ifndef LL_TENSOR_TOPN_H
#define LL_TENSOR_TOPN_H

#include <stddef.h>
#include <stdint.h>

struct ll_kern;

/*
 * ids[0..n) by falling logit, equal ones by rising id; *lse is the logarithm of the sum of
 * exp over all `count` logits. n <= count.
 */
void ll_topn(const struct ll_kern *kern, const float *logits, size_t count, size_t n,
    uint32_t *ids, float *values, float *lse);

/* The same as the payload of sparse logits (ll-stream(5)), 8 + 8 * n bytes: log-sum-exp, zero, ids, logits. */
void ll_topn_payload(const struct ll_kern *kern, unsigned char *out, const float *logits, size_t count, size_t n);

#endif
