/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_AGREE_H
#define BENCH_AGREE_H
/* Whether a machine measures the same thing twice. */
#include <stdio.h>

#include "bench.h"

/*
 * Medians of each case's repeats on out, net of null cases, and how far they lie apart. 0; -ERANGE where that is more than
 * percent for some case though its samples were taken while the machine was quiet; -EBUSY where all that is wrong is that
 * some repeat found too few quiet moments.
 */
int agree_check(const struct bench *b, const struct bench_result *results, unsigned n, unsigned percent,
	FILE *out, struct am_err *err);

#endif
