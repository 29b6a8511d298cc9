/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIMED_HISTOGRAM_H
#define AMIMED_HISTOGRAM_H
/* How long something took, in decades from 10 us to 1 s. */
#include <stdint.h>

enum { AM_HISTOGRAM_BUCKETS = 7 }; /* up to 10 us, 100 us, 1 ms, 10 ms, 100 ms, 1 s, and more */

struct am_histogram {
	uint64_t count[AM_HISTOGRAM_BUCKETS];
	uint64_t longest_ns;
};

static inline void am_histogram_add(struct am_histogram *h, uint64_t ns)
{
	uint64_t limit = 10000;
	unsigned i = 0;

	for (; i < AM_HISTOGRAM_BUCKETS - 1 && ns > limit; i++)
		limit *= 10;
	h->count[i]++;
	if (ns > h->longest_ns)
		h->longest_ns = ns;
}

#endif
