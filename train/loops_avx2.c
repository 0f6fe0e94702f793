#ifdef __AVX2__
#define LL_LOOPS ll_loops_avx2
#include "train/loops_make.h"
#endif
