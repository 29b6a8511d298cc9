/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_PROBE_H
#define BENCH_PROBE_H
/*
 * What the machine is like right now. Two probes: a loop of known length says how fast the core's clock is, held against the
 * fastest there was in the whole run, a pointer chase how fast memory answers, for who reads the result.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "chase.h"
#include "histogram.h"

enum {
	PROBE_TURNS = 2000,       /* of the loop: one cycle of the core each */
	PROBE_FASTEST = 64,       /* probes that must be as fast as the one that others are held against */
	PROBE_SLOW_PERCENT = 112, /* of that one: a probe above it ran while the clock was slow */
	PROBE_STEPS = 256,        /* of the chase: one line from memory each */
	PROBE_BURSTS = 4,         /* of it */
	PROBE_MEMORY_MB = 64,     /* more than caches hold, and than the packets of a cold case */
	PROBE_MEMORY_PERCENTILE = 10,
	PROBE_EXCHANGE_PERCENTILE =
		25, /* of all exchanges between two CPUs: so long one takes where they are near */
	PROBE_FAR_PERCENT = 150, /* of that: beyond it, somebody moved them apart */
};

struct probes {
	uint64_t fastest[PROBE_FASTEST]; /* in order */
	unsigned n;
	uint64_t clock; /* the slowest one of the fastest */
	struct chase chase;
	bool has_memory;
	struct bench_histogram answers; /* of memory: one for each sample */
	uint64_t memory;                /* that percentile of them */
	struct bench_histogram bursts;  /* the same, asked for by bursts */
	uint64_t burst;
	struct bench_histogram exchanges; /* with another CPU: two for each sample that hands it work */
	uint64_t exchange;                /* that percentile of them */
	uint64_t deadline;                /* TSC, until which there is time to wait */
	uint64_t patience,
		most_patience; /* TSC cycles that the next wait may take, and one after a fast clock */
	uint64_t waited;       /* TSC cycles altogether */
};

/* What the machine was like: TSC cycles that its probes took; memory 0: not looked at. */
struct probe_moment {
	uint64_t clock, memory;
};

/* With the memory probe where asked for. 0 or a negative errno; probes_fini in either case. */
int probes_init(struct probes *p, bool memory, uint64_t seed, struct am_err *err);
void probes_fini(struct probes *p);

/* Whether the clock was slow, by the probes so far. */
bool probes_is_slow(const struct probes *p, const struct probe_moment *m);

/* There is so much time for everything, waits included. */
void probes_be_patient(struct probes *p, uint64_t limit_ns);

/*
 * Wait for a fast clock, as long as patience lasts. Slow phases take milliseconds or many seconds: so patience is long at
 * first, halves with each wait in vain down to a small part, so that a machine that became slow for good is measured as it
 * is, and comes back with the next fast clock.
 */
struct probe_moment probes_await(struct probes *p);

/* A look after a sample, which others are held against. */
struct probe_moment probes_look(struct probes *p, bool memory);

/*
 * A virtual machine's CPUs are moved about: a line between two of them takes three times as long where these do not share a
 * cache, and what hands work over with it. Takes two exchanges of a sample and returns the slower one, which is to be asked about.
 */
uint64_t probes_exchange(struct probes *p, uint64_t before, uint64_t after);
bool probes_is_far(const struct probes *p, uint64_t exchange);

#endif
