/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_GATHER_H
#define BENCH_GATHER_H
/* What bench_measure found, into a report. */
#include "bench.h"
#include "report.h"

/* Every case as a row, with the fate of each sample by the fastest probe of the whole run, and the settings of b. */
void gather_results(struct report *r, const struct bench *b, const struct bench_result *results, unsigned n);

#endif
