#ifdef __AVX512F__
#define LL_LOOPS ll_loops_avx512
#include "train/loops_make.h"
#endif
