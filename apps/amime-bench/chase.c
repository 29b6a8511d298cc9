/* SPDX-License-Identifier: BSD-3-Clause */
#include "chase.h"

#include <errno.h>
#include <sys/mman.h>

#include <rte_cycles.h>

#include "base/hash.h"

enum { LINE = 64, WORDS = LINE / sizeof(uint32_t) };

static void *map(size_t octets, int flags)
{
	void *p = mmap(NULL, octets, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

/* One cycle through all lines: Sattolo's shuffle. */
static void link_lines(struct chase *c, uint64_t seed)
{
	uint32_t n = (uint32_t)(c->octets / LINE);

	for (uint32_t i = 0; i < n; i++)
		c->lines[(size_t)i * WORDS] = i;
	for (uint32_t i = n - 1; i > 0; i--) {
		uint32_t j = (uint32_t)(am_hash64(i, seed) % i);
		uint32_t other = c->lines[(size_t)j * WORDS];

		c->lines[(size_t)j * WORDS] = c->lines[(size_t)i * WORDS];
		c->lines[(size_t)i * WORDS] = other;
	}
}

int chase_open(struct chase *c, size_t octets, uint64_t seed, struct am_err *err)
{
	*c = (struct chase){.octets = octets, .lines = map(octets, MAP_HUGETLB | MAP_POPULATE)};
	if (!c->lines) {
		c->lines = map(octets, 0);
		if (!c->lines)
			return am_fail(err, ENOMEM, "no memory for a probe of %zu MB", octets >> 20);
		madvise(c->lines, octets, MADV_HUGEPAGE);
	}
	link_lines(c, seed);
	return 0;
}

void chase_close(struct chase *c)
{
	if (c->lines)
		munmap(c->lines, c->octets);
	*c = (struct chase){0};
}

uint64_t chase_steps(struct chase *c, unsigned steps)
{
	uint64_t start = rte_rdtsc_precise();
	uint32_t at = c->at;

	for (unsigned i = 0; i < steps; i++)
		at = *(volatile uint32_t *)&c->lines[(size_t)at * WORDS];
	c->at = at;
	return rte_rdtsc_precise() - start;
}

/* A linear congruence with a full period: each line once before any comes again, and none beside the last. */
static uint32_t next_line(uint32_t at, uint32_t mask)
{
	return (at * 1664525u + 1013904223u) & mask;
}

uint64_t chase_bursts(struct chase *c, unsigned bursts)
{
	const uint32_t mask = (uint32_t)(c->octets / LINE) - 1;
	uint64_t start = rte_rdtsc_precise();

	for (unsigned b = 0; b < bursts; b++) {
		uint32_t at = c->burst_at;

		for (unsigned i = 0; i < CHASE_BURST; i++, at = next_line(at, mask))
			__builtin_prefetch(&c->lines[(size_t)at * WORDS]);
		for (unsigned i = 0; i < CHASE_BURST; i++, c->burst_at = next_line(c->burst_at, mask))
			(void)*(volatile uint32_t *)&c->lines[(size_t)c->burst_at * WORDS];
	}
	return rte_rdtsc_precise() - start;
}
