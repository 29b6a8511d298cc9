/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_BOOTSTRAP_H
#define BENCH_BOOTSTRAP_H
/*
 * How sure a ratio of two medians is: the interval that holds it in 95 of 100 repetitions, by drawing the samples kept
 * again and again. Neighbours are drawn together, since noise lasts longer than a sample; and where a result has several
 * repeats, whole repeats are drawn first, so that what differs from repeat to repeat widens the interval.
 */
#include <stdbool.h>

#include "report.h"

enum {
	BOOTSTRAP_LEAST = 5, /* samples kept on either side */
	BOOTSTRAP_DRAWS = 2000,
	BOOTSTRAP_REPEATS = 3, /* fewer say nothing about how repeats differ */
};

struct bootstrap_ratio {
	double ratio; /* of b's net median to a's */
	double low, high;
	size_t repeats; /* of the side that has fewer */
};

/* Of settled rows. False where there are too few samples, a net value is not above 0, or memory is short. */
bool bootstrap_ratio(const struct report_row *a, const struct report_row *b, struct bootstrap_ratio *out);

#endif
