/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H
/*
 * Sampling: how long a piece of work takes, in cycles of the time stamp counter (TSC), and which samples to believe.
 *
 * A virtual machine shares its cores, caches and memory, its clock has slow phases, and its scheduler takes the CPU away. So
 * each sample stands between two looks at a yardstick (yardstick.h), at a hot one, or at a cold one where the work misses
 * caches, and between two at the clock (probe.h), for a fast one of which it waits a moment. It counts as what it would have taken
 * where both are as fast as they were in the quietest moments of the run; by how much a case follows either is found from its own samples
 * (trend.h). Where the yardstick was much slower, or changed meanwhile, or the thread was switched away, the
 * sample is left out. What is left out is counted and stays in the JSON. What quiet is is only known in the end, so cases
 * are gone through in rounds, until each has enough samples to keep or time is up.
 *
 * Repeats take turns, round by round, and in each of their rounds open each case anew: so what changes slowly meets all of
 * them, and what they differ by is how well one run says what another will.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "probe.h"
#include "stats.h"
#include "trend.h"
#include "yardstick.h"

struct rte_mempool;

enum {
	BENCH_BURST = 64,
	BENCH_REPEATS_MAX = 20,
	BENCH_STAGES_MAX = 8,
};

/* Before the name of a case: that of the least which its work takes. */
#define BENCH_LIMIT "limit/"

/* What a case may use. */
struct bench_env {
	struct rte_mempool *pool;
	struct rte_mempool *cold; /* of more buffers than caches hold; NULL where no case wants it */
	int cpu, second_cpu;      /* that we are on, and for a second worker; -1: there is none */
	uint64_t seed;
	unsigned burst; /* of the case: how many packets it works on between two readings of the clock */
	bool is_cold; /* of the case: its packets, or places in its table, are others each time, more than caches hold */
};

/* Beside bursts of BENCH_BURST on warm data. */
enum bench_shapes {
	BENCH_BURSTS = 1, /* any burst */
	BENCH_COLD = 2,   /* cold data */
};

/* How a goal follows from what another case costs. */
struct bench_relative {
	const char *of; /* NULL: the goal is in cycles */
	double times;   /* that case's cost, and */
	double more;    /* cycles */
};

/* What several cases are points of: their cost by the number of something, on a log axis. */
struct bench_curve {
	const char *name;  /* "scale/macs" */
	const char *about; /* one line for people */
	const char *x;     /* "MAC addresses" */
};

/* One thing to measure. open returns the state that the others get; NULL and err where it cannot be made. */
struct bench_case {
	const char *name;  /* "encap/gre4": group and what */
	const char *of;    /* name of the case that this is another shape of; NULL: none */
	unsigned fewer;    /* so many times fewer samples than others take; 0: as many */
	const char *per;   /* what one operation is: "packet" */
	const char *about; /* one line for people */
	unsigned ops;      /* operations in one run */
	const char
		*null; /* name of the case whose cost is the harness's own, to be subtracted; may be NULL */
	double goal; /* cycles that one operation shall cost at most, without what null costs; 0: none is set */
	struct bench_relative relative; /* instead of goal */
	bool cold;                      /* it needs env->cold */
	bool memory;                    /* its tables are more than caches hold, as cold packets are */
	unsigned burst;                 /* 0: BENCH_BURST */
	enum bench_shapes shapes;       /* that it can also be measured in; its ops are a burst then */
	bool two_cpus;                  /* it needs env->second_cpu */
	unsigned handicap;              /* per cent that each run is made longer by, see handicap.h */
	void *(*open)(const struct bench_env *env, const void *arg, struct am_err *err);
	bool (*prepare)(
		void *state);     /* before each run, outside the clock; false: it went wrong. May be NULL */
	bool (*run)(void *state); /* inside the clock; false: a result was not what it must be */
	bool (*finish)(void *state); /* after each run, outside the clock; as prepare */
	/*
	 * Before and after each sample, where something works beside it: what that cost since the last call, in cycles of one
	 * operation, is added to the sample. False: it did not work as it must, and the sample does not count. May be NULL.
	 */
	bool (*beside)(void *state, double *cycles);
	/* TSC cycles for a cache line to the CPU of what works beside it and back, where work is handed there. May be NULL. */
	uint64_t (*exchange)(void *state);
	/* Cycles spent in each stage of the work so far, where somebody counts them. May be NULL. */
	void (*stages)(void *state, uint64_t cycles[BENCH_STAGES_MAX]);
	void (*close)(void *state);
	/* The configuration that a data plane is made from; caller frees it. NULL: no memory. May be NULL. */
	char *(*config_text)(const void *arg);
	const void *arg;

	const struct bench_curve *curve; /* NULL: the case is no point of one */
	const char *series;              /* the curve's line: "encap/64" */
	double x;                        /* rising from case to case of a series */
};

/* Which yardstick. What a second worker does to it beside the first belongs to both, so such samples have one of their own. */
enum bench_stick { BENCH_STICK_HOT, BENCH_STICK_COLD, BENCH_STICK_TWO, BENCH_STICKS };

struct bench_sample {
	double cycles;     /* TSC cycles per operation, as they were counted */
	uint64_t probe;    /* TSC cycles of the slower of its two clock probes */
	uint64_t memory;   /* of a memory probe; 0 where the work does not miss caches */
	uint64_t exchange; /* of the slower of two exchanges with the other CPU; 0: no work is handed there */
	struct yardstick_looks looks; /* around it, at the yardstick of its kind */
	enum bench_stick stick;       /* that one */
	unsigned repeat;
	bool interrupted;
	float stage[BENCH_STAGES_MAX]; /* cycles per operation, where the case counts them */
};

struct bench_result {
	const struct bench_case *c;
	const struct bench_result *null;  /* of c->null */
	const struct bench_result *base;  /* of c->relative.of */
	const struct bench_result *limit; /* named as the case, behind BENCH_LIMIT; NULL: there is none */
	struct bench_sample *samples;
	unsigned n, room;
	unsigned kept;
	unsigned
		wanted; /* samples of each repeat that shall be kept; 0: it is not known yet how far they spread */
	double follows[TREND_BY]; /* its yardstick, and the clock */
	uint64_t open_ns;         /* the longest that opening it took; 0: it was not yet */
	struct bench_stats stats; /* of those kept; nothing where kept is 0 */
};

/* So many times as long is a sample of work that misses caches, or looks beside it would fill them. */
enum { BENCH_RUNS_MEMORY = 8 };

/* How much to measure. */
struct bench_size {
	unsigned
		samples; /* wanted, for each case and repeat; more where repeats are compared and samples spread far */
	unsigned runs; /* in one sample */
	unsigned
		warm_ops; /* before the first sample of work that misses caches, until they hold what they will hold */
	unsigned repeats;
};

struct bench {
	struct bench_env env;
	struct bench_size size;
	struct probes probes;
	struct yardstick sticks[BENCH_STICKS]; /* cold: only where some case misses caches */
	unsigned repeat;                       /* the one that samples are taken for; from 0 */
	uint64_t overhead;                     /* of reading the clock twice */
};

/* Calibrate: what the clock costs and how long probes take; memory: whether some case needs that probe. bench_fini in any case. */
int bench_init(struct bench *b, const struct bench_env *env, const struct bench_size *size, bool memory,
	struct am_err *err);
void bench_fini(struct bench *b);

/* Whether both the case and its null case have something to show; then the median less the null's. */
bool bench_net(const struct bench_result *r, double *cycles);

/* In cycles; 0: there is none, or the case that it follows from was not measured. */
double bench_goal(const struct bench_result *r);

/* Whether there is a goal and something to hold against it; then the cost, net where there is a null case, over the goal. */
bool bench_goal_ratio(const struct bench_result *r, double *ratio);

/* Whether to count a sample, by the yardsticks so far. */
bool bench_keeps(const struct bench *b, const struct bench_sample *s);
/* What to multiply by what was measured of a sample of r's, for what that is in a quiet moment. */
double bench_quiet(const struct bench *b, const struct bench_result *r, const struct bench_sample *s);
bool bench_is_far(const struct bench *b, const struct bench_sample *s); /* the other CPU was */
const struct yardstick *bench_yardstick(const struct bench *b, const struct bench_sample *s);

/* Called before a case is measured. */
typedef void bench_progress(unsigned round, unsigned repeat, unsigned at, unsigned n, const char *name);

/*
 * Measure results[0..n), whose c is set and the rest zero, all repeats together for at most about limit_ns where samples
 * must be left out. Every case is measured at least once. 0 or a negative errno; bench_free in either case.
 */
int bench_measure(struct bench *b, struct bench_result *results, unsigned n, uint64_t limit_ns,
	bench_progress *progress, struct am_err *err);
void bench_free(struct bench_result *results, unsigned n);

/*
 * How far the medians of a case's repeats lie apart, as a part of the smallest; net of its null case's medians where it
 * has one. False where some repeat has less than a tenth of the samples wanted.
 */
bool bench_disagreement(const struct bench *b, const struct bench_result *r,
	double medians[BENCH_REPEATS_MAX], double *apart);

#endif
