/* SPDX-License-Identifier: BSD-3-Clause */
#include "histogram.h"

#include <math.h>

enum { LINEAR = 1 << BENCH_HISTOGRAM_BITS };

unsigned bench_histogram_bucket(uint64_t value)
{
	unsigned shift;

	if (value < LINEAR)
		return (unsigned)value;
	shift = 63 - (unsigned)__builtin_clzll(value) - BENCH_HISTOGRAM_BITS;
	return (shift << BENCH_HISTOGRAM_BITS) + (unsigned)(value >> shift);
}

uint64_t bench_histogram_floor(unsigned bucket)
{
	unsigned shift;

	if (bucket < LINEAR)
		return bucket;
	shift = (bucket >> BENCH_HISTOGRAM_BITS) - 1;
	return (uint64_t)(bucket - (shift << BENCH_HISTOGRAM_BITS)) << shift;
}

uint64_t bench_histogram_ceiling(unsigned bucket)
{
	return bucket + 1 < BENCH_HISTOGRAM_BUCKETS ? bench_histogram_floor(bucket + 1) - 1 : UINT64_MAX;
}

void bench_histogram_add(struct bench_histogram *h, uint64_t value)
{
	if (!h->n || value < h->least)
		h->least = value;
	if (!h->n || value > h->most)
		h->most = value;
	h->n++;
	h->sum += (double)value;
	h->count[bench_histogram_bucket(value)]++;
}

void bench_histogram_merge(struct bench_histogram *h, const struct bench_histogram *from)
{
	if (!from->n)
		return;
	if (!h->n || from->least < h->least)
		h->least = from->least;
	if (!h->n || from->most > h->most)
		h->most = from->most;
	h->n += from->n;
	h->sum += from->sum;
	for (unsigned i = 0; i < BENCH_HISTOGRAM_BUCKETS; i++)
		h->count[i] += from->count[i];
}

/* A percentage such as 99.9 has no exact double: what rounding put above a whole rank is none. */
static uint64_t rank_of(uint64_t n, double percent)
{
	double rank = ceil(percent / 100 * (double)n - 1e-9 * (double)n);

	return rank < 1 ? 1 : rank > (double)n ? n : (uint64_t)rank;
}

uint64_t bench_histogram_percentile(const struct bench_histogram *h, double percent)
{
	uint64_t seen = 0, rank = rank_of(h->n, percent);

	if (!h->n)
		return 0;
	if (rank == 1)
		return h->least;
	for (unsigned i = 0; i < BENCH_HISTOGRAM_BUCKETS; i++) {
		uint64_t top = bench_histogram_ceiling(i);

		seen += h->count[i];
		if (seen >= rank)
			return top < h->most ? top : h->most;
	}
	return h->most;
}

double bench_histogram_mean(const struct bench_histogram *h)
{
	return h->n ? h->sum / (double)h->n : 0;
}
