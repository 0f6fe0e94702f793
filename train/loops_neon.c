#ifdef __aarch64__
#define LL_LOOPS ll_loops_neon
#include "train/loops_make.h"
#endif
