/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_STATS_H
#define BENCH_STATS_H
/* Order statistics of samples. */
#include <stddef.h>

/* The least first. */
void bench_sort(double *v, size_t n);

struct bench_stats {
	double min, q1, median, q3, max;
};

/* Sorts v; n is not 0. Quartiles are interpolated between the two values beside them. */
void bench_stats(double *v, size_t n, struct bench_stats *out);

/*
 * How many times as many samples make a median of what spreads like that as sure as one of what spreads little (quartiles
 * 15 % of the median apart); 1 to 8.
 */
unsigned bench_stats_times(const struct bench_stats *s);

#endif
