/*
 * Prints the levels of LL_CPU that this processor has, one per line.
 */

#include <stdio.h>
#include <stdlib.h>

#include "base/cpu.h"

int
main(void)
{
	for (int isa = 0; isa < LL_ISA_COUNT; isa++) {
		setenv("LL_CPU", ll_cpu_name((enum ll_isa)isa), 1);
		if (ll_cpu_isa(NULL) == isa)
			puts(ll_cpu_name((enum ll_isa)isa));
	}
	return 0;
}
