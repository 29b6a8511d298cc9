/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_CHASE_H
#define BENCH_CHASE_H
/*
 * A pointer chase: how long memory takes to answer, one line after the other, in an order that no prefetcher guesses. Its
 * region is larger than the caches, and each look goes on where the last one ended, so that its lines were given up long ago.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct chase {
	uint32_t *lines; /* each begins with the number of the next */
	size_t octets;
	uint32_t at;
	uint32_t burst_at;
};

/* 0 or a negative errno. octets is a power of two of at least a line. Its memory is on huge pages where there are enough, and asks for transparent ones otherwise. */
int chase_open(struct chase *c, size_t octets, uint64_t seed, struct am_err *err);
void chase_close(struct chase *c);

/* TSC cycles of so many steps. */
uint64_t chase_steps(struct chase *c, unsigned steps);

/*
 * The same lines as a burst of packets asks for them: CHASE_BURST are prefetched, then read. TSC cycles of so many bursts. What a packet's
 * lines cost that are in no cache cannot be less.
 */
enum { CHASE_BURST = 64 };
uint64_t chase_bursts(struct chase *c, unsigned bursts);

#endif
