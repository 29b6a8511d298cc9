/* SPDX-License-Identifier: BSD-3-Clause */
#include "stats.h"

#include <math.h>
#include <stdlib.h>

#define SPREAD_LITTLE 0.15
#define TIMES_MOST    8

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

void bench_sort(double *v, size_t n)
{
	qsort(v, n, sizeof *v, by_value);
}

static double quantile(const double *v, size_t n, double q)
{
	double at = q * (double)(n - 1);
	size_t below = (size_t)at;

	if (below + 1 >= n)
		return v[n - 1];
	return v[below] + (at - (double)below) * (v[below + 1] - v[below]);
}

void bench_stats(double *v, size_t n, struct bench_stats *out)
{
	bench_sort(v, n);
	out->min = v[0];
	out->q1 = quantile(v, n, 0.25);
	out->median = quantile(v, n, 0.5);
	out->q3 = quantile(v, n, 0.75);
	out->max = v[n - 1];
}

/* The error of a median goes with the spread and with the root of the number. */
unsigned bench_stats_times(const struct bench_stats *s)
{
	double spread = s->median > 0 ? (s->q3 - s->q1) / s->median / SPREAD_LITTLE : 0;

	return (unsigned)fmin(fmax(ceil(spread * spread), 1), TIMES_MOST);
}
