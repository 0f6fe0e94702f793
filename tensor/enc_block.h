/*
 * The encoders by type, as ll_encode_row of encode.h: n whole blocks of quantised types.
 */

#ifndef LL_TENSOR_ENC_BLOCK_H
#define LL_TENSOR_ENC_BLOCK_H

#include <stddef.h>

typedef void ll_enc_row(void *out, const float *x, size_t n, const float *importance);

ll_enc_row ll_enc_q4_0, ll_enc_q5_0, ll_enc_q8_0, ll_enc_iq4_nl, ll_enc_q4_1, ll_enc_q5_1;
ll_enc_row ll_enc_q2_k, ll_enc_q4_k, ll_enc_q5_k;
ll_enc_row ll_enc_q3_k, ll_enc_q6_k, ll_enc_iq4_xs;

#endif
