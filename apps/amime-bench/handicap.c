/* SPDX-License-Identifier: BSD-3-Clause */
#include "handicap.h"

#include <rte_cycles.h>

/* The first reading waits for the work's stores. What the last one says counts: another would cost what it has no percentage of. */
uint64_t handicap_await(uint64_t start, unsigned percent)
{
	uint64_t took = rte_rdtsc_precise() - start, until = took + took * percent / 100;

	while (took < until)
		took = rte_rdtsc() - start;
	return took;
}
