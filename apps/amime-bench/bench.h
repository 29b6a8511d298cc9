/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H
/*
 * Sampling: how long a piece of work takes, in cycles of the time stamp counter (TSC), and which samples to believe.
 *
 * A virtual machine's clock has slow phases, and its scheduler takes the CPU away. So each sample stands between two
 * runs of a probe, a loop of known length: where either ran slow against the fastest one seen, or where the thread was
 * switched away, the sample is left out. What is left out is counted and stays in the JSON. Since the fastest probe is
 * only known in the end, cases are gone through in rounds, until each has enough samples to keep or time is up.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "stats.h"

struct rte_mempool;

enum {
	BENCH_BURST = 64,
	BENCH_PROBE_TURNS = 20000, /* of the probe's loop: one cycle of the core each */
	BENCH_SLOW_PERCENT = 115,  /* of the fastest probe: a probe above it ran while the clock was slow */
};

/* What a case may use. */
struct bench_env {
	struct rte_mempool *pool;
	uint64_t seed;
};

/* One thing to measure. open returns the state that the others get; NULL and err where it cannot be made. */
struct bench_case {
	const char *name;  /* "encap/gre4": group and what */
	const char *per;   /* what one operation is: "packet" */
	const char *about; /* one line for people */
	unsigned ops;      /* operations in one run */
	const char
		*null; /* name of the case whose cost is the harness's own, to be subtracted; may be NULL */
	double goal; /* cycles that one operation shall cost at most, without what null costs; 0: none is set */
	void *(*open)(const struct bench_env *env, const void *arg, struct am_err *err);
	bool (*prepare)(
		void *state);     /* before each run, outside the clock; false: it went wrong. May be NULL */
	bool (*run)(void *state); /* inside the clock; false: a result was not what it must be */
	void (*close)(void *state);
	const void *arg;
};

struct bench_sample {
	double cycles;  /* TSC cycles per operation */
	uint64_t probe; /* TSC cycles of the slower of its two probes */
	bool interrupted;
};

struct bench_result {
	const struct bench_case *c;
	const struct bench_result *null; /* of c->null */
	struct bench_sample *samples;
	unsigned n, room;
	unsigned kept, slow, interrupted; /* add up to n */
	struct bench_stats stats;         /* of those kept; nothing where kept is 0 */
};

struct bench {
	struct bench_env env;
	unsigned samples;  /* wanted, for each case */
	unsigned runs;     /* in one sample */
	uint64_t overhead; /* of reading the clock twice */
	uint64_t probe;    /* the fastest one so far */
};

/* Calibrate: what the clock costs and how long a probe takes. */
void bench_init(struct bench *b, const struct bench_env *env, unsigned samples, unsigned runs);

/* Whether both the case and its null case have something to show; then the median less the null's. */
bool bench_net(const struct bench_result *r, double *cycles);

/* Whether the case has a goal and something to hold against it; then its cost, net where it has a null case, over the goal. */
bool bench_goal_ratio(const struct bench_result *r, double *ratio);

/* Whether to count a sample, by the fastest probe so far. */
bool bench_keeps(const struct bench *b, const struct bench_sample *s);

/* Called before a case is measured. */
typedef void bench_progress(unsigned round, unsigned at, unsigned n, const char *name);

/*
 * Measure results[0..n), whose c is set and the rest zero, for at most about limit_ns where samples must be left out. Every
 * case is measured at least once. 0 or a negative errno; bench_free in either case.
 */
int bench_measure(struct bench *b, struct bench_result *results, unsigned n, uint64_t limit_ns,
	bench_progress *progress, struct am_err *err);
void bench_free(struct bench_result *results, unsigned n);

#endif
