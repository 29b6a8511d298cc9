/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_AGREE_H
#define BENCH_AGREE_H
/* Whether a machine measures the same thing twice. */
#include <stdio.h>

#include "bench.h"

/*
 * Medians of each case's repeats on out, net of null cases, and how far they lie apart. 0, or -ERANGE where that is more
 * than percent for some case, or some repeat has too few samples.
 */
int agree_check(const struct bench *b, const struct bench_result *results, unsigned n, unsigned percent,
	FILE *out, struct am_err *err);

#endif
