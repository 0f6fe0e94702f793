/*
 * The number that training computes with. A test builds the same sources with doubles
 * (LL_TRAIN_DOUBLE), where differences quotients tell whether gradients are right.
 */

#ifndef LL_TRAIN_REAL_H
#define LL_TRAIN_REAL_H

#ifdef LL_TRAIN_DOUBLE
typedef double ll_real;
#else
typedef float ll_real;
#endif

#endif
