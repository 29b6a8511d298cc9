/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_TREND_H
#define BENCH_TREND_H
/*
 * By how much what was measured follows what was seen beside it: slopes of logarithms, so that 1 says "twice as long where that
 * takes twice as long", and 0 that it does not matter.
 *
 * Only differences inside a group count, never those between groups: what two repeats differ by cannot be explained away by
 * what was different about them. Outliers count less (Huber's weights). Each slope has an expectation, which few or
 * equal samples leave as it is and many that say otherwise overrule.
 */
#include <stddef.h>

enum { TREND_BY = 2 };

struct trend_sample {
	double value;        /* logarithm */
	double by[TREND_BY]; /* logarithms */
	unsigned group;
};

struct trend_guess {
	double slope;
	double spread; /* of slopes around it, as a standard deviation; above 0 */
};

/* groups: numbers are below it. 0 or -ENOMEM; without samples the slopes are those expected. */
int trend_fit(const struct trend_sample *samples, size_t n, unsigned groups,
	const struct trend_guess expected[TREND_BY], double slope[TREND_BY]);

#endif
