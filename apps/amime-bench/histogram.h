/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_HISTOGRAM_H
#define BENCH_HISTOGRAM_H
/*
 * Times from 0 ns to centuries in 59 KB: a log-linear histogram. Each power of two is cut into 128 buckets of equal
 * width, and values below 128 have a bucket each:
 *
 *   value   0 1 2 .. 127 | 128 129 .. 255 | 256,257 .. 510,511 | 512-515 .. | ...
 *   width        1       |       1        |         2          |     4      | 8 ...
 *
 * What a percentile returns is the largest value of its bucket, but never more than the largest one added. So it is not
 * below the true one, and above it by less than 1/128 (0.79 %) of it. Smallest and largest value are exact.
 */
#include <stdint.h>

enum {
	BENCH_HISTOGRAM_BITS = 7, /* buckets of a power of two, as a power of two */
	BENCH_HISTOGRAM_BUCKETS = (64 - BENCH_HISTOGRAM_BITS + 1) << BENCH_HISTOGRAM_BITS,
};

/* All zero is an empty one. */
struct bench_histogram {
	uint64_t n;
	uint64_t least, most; /* of those added; nothing where n is 0 */
	double sum;
	uint64_t count[BENCH_HISTOGRAM_BUCKETS];
};

/* Which bucket a value is in, and the least and largest value of a bucket. */
unsigned bench_histogram_bucket(uint64_t value);
uint64_t bench_histogram_floor(unsigned bucket);
uint64_t bench_histogram_ceiling(unsigned bucket);

void bench_histogram_add(struct bench_histogram *h, uint64_t value);
/* As if all that was added to from had been added to h too. */
void bench_histogram_merge(struct bench_histogram *h, const struct bench_histogram *from);
/*
 * The value that percent of all are not above (nearest rank: 0 is the smallest, 100 the largest); 0 where there is none.
 */
uint64_t bench_histogram_percentile(const struct bench_histogram *h, double percent);
double bench_histogram_mean(const struct bench_histogram *h);

#endif
