/* SPDX-License-Identifier: BSD-3-Clause */
#include "bench.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>

#include <rte_cycles.h>

#include "base/clock.h"

enum {
	CALIBRATIONS = 200,
	WARM_UPS = 20,
};

/* A chain of dependent decrements: one turn is one cycle of the core on every CPU of interest. */
static uint64_t probe(void)
{
	uint64_t turns = BENCH_PROBE_TURNS, start = rte_rdtsc_precise();

#if defined(__x86_64__)
	__asm__ volatile("1: dec %0\n\tjnz 1b" : "+r"(turns) : : "cc");
#else
	while (--turns)
		__asm__ volatile("" : "+r"(turns));
#endif
	return rte_rdtsc_precise() - start;
}

static uint64_t clock_overhead(void)
{
	uint64_t least = UINT64_MAX;

	for (int i = 0; i < CALIBRATIONS; i++) {
		uint64_t start = rte_rdtsc_precise(), took = rte_rdtsc_precise() - start;

		least = took < least ? took : least;
	}
	return least;
}

static long involuntary_switches(void)
{
	struct rusage use;

	getrusage(RUSAGE_THREAD, &use);
	return use.ru_nivcsw;
}

void bench_init(struct bench *b, const struct bench_env *env, unsigned samples, unsigned runs)
{
	*b = (struct bench){.env = *env, .samples = samples, .runs = runs, .probe = UINT64_MAX};
	b->overhead = clock_overhead();
	for (int i = 0; i < CALIBRATIONS; i++) {
		uint64_t took = probe();

		b->probe = took < b->probe ? took : b->probe;
	}
}

static bool is_slow(const struct bench *b, uint64_t took)
{
	return took * 100 > b->probe * BENCH_SLOW_PERCENT;
}

static bool run_once(const struct bench *b, const struct bench_case *c, void *state, uint64_t *cycles)
{
	uint64_t start, took;
	bool good;

	if (c->prepare && !c->prepare(state))
		return false;
	start = rte_rdtsc_precise();
	good = c->run(state);
	took = rte_rdtsc_precise() - start;
	*cycles += took > b->overhead ? took - b->overhead : 0;
	return good;
}

static bool take(struct bench *b, const struct bench_case *c, void *state, struct bench_sample *s)
{
	long switches = involuntary_switches();
	uint64_t before = probe(), after, cycles = 0;

	for (unsigned i = 0; i < b->runs; i++)
		if (!run_once(b, c, state, &cycles))
			return false;
	after = probe();
	*s = (struct bench_sample){
		.cycles = (double)cycles / ((double)b->runs * c->ops),
		.probe = before > after ? before : after,
		.interrupted = involuntary_switches() != switches,
	};
	b->probe = before < b->probe ? before : b->probe;
	b->probe = after < b->probe ? after : b->probe;
	return true;
}

static bool warm_up(const struct bench *b, const struct bench_case *c, void *state)
{
	uint64_t ignored = 0;

	for (int i = 0; i < WARM_UPS; i++)
		if (!run_once(b, c, state, &ignored))
			return false;
	return true;
}

/* One round of a case: as many samples as it still lacks. */
static bool take_missing(struct bench *b, void *state, struct bench_result *r, unsigned missing)
{
	if (!warm_up(b, r->c, state))
		return false;
	for (unsigned i = 0; i < missing; i++) {
		if (!take(b, r->c, state, &r->samples[r->n]))
			return false;
		r->n++;
	}
	return true;
}

static int make_room(struct bench_result *r, unsigned more)
{
	struct bench_sample *wider;

	if (r->n + more <= r->room)
		return 0;
	wider = realloc(r->samples, (r->n + more) * sizeof *wider);
	if (!wider)
		return -ENOMEM;
	r->samples = wider;
	r->room = r->n + more;
	return 0;
}

static int measure(struct bench *b, struct bench_result *r, unsigned missing, struct am_err *err)
{
	void *state;
	bool good;

	if (make_room(r, missing))
		return am_fail(err, ENOMEM, "case %s: no memory for its samples", r->c->name);
	state = r->c->open(&b->env, r->c->arg, err);
	if (!state)
		return am_fail_in(err, -ENOMEM, "case %s", r->c->name);
	good = take_missing(b, state, r, missing);
	r->c->close(state);
	if (good)
		return 0;
	return am_fail(
		err, EIO, "case %s: a packet was not treated as it must be; run the unit tests", r->c->name);
}

bool bench_keeps(const struct bench *b, const struct bench_sample *s)
{
	return !s->interrupted && !is_slow(b, s->probe);
}

bool bench_net(const struct bench_result *r, double *cycles)
{
	if (!r->null || !r->kept || !r->null->kept)
		return false;
	*cycles = r->stats.median - r->null->stats.median;
	return true;
}

bool bench_goal_ratio(const struct bench_result *r, double *ratio)
{
	double cycles = r->stats.median;

	if (!r->c->goal || !r->kept || (r->c->null && !bench_net(r, &cycles)))
		return false;
	*ratio = cycles / r->c->goal;
	return true;
}

static void count(const struct bench *b, struct bench_result *r)
{
	r->kept = r->slow = r->interrupted = 0;
	for (unsigned i = 0; i < r->n; i++) {
		if (bench_keeps(b, &r->samples[i]))
			r->kept++;
		else if (r->samples[i].interrupted)
			r->interrupted++;
		else
			r->slow++;
	}
}

static int sum_up(const struct bench *b, struct bench_result *r)
{
	double *cycles = malloc((r->n ? r->n : 1) * sizeof *cycles);
	size_t n = 0;

	if (!cycles)
		return -ENOMEM;
	for (unsigned i = 0; i < r->n; i++)
		if (bench_keeps(b, &r->samples[i]))
			cycles[n++] = r->samples[i].cycles;
	if (n)
		bench_stats(cycles, n, &r->stats);
	free(cycles);
	return 0;
}

/* Cases that lack samples get a round. *lacking: how many there were. */
static int measure_round(struct bench *b, struct bench_result *results, unsigned n, unsigned round,
	bench_progress *progress, unsigned *lacking, struct am_err *err)
{
	*lacking = 0;
	for (unsigned i = 0; i < n; i++) {
		int ret;

		count(b, &results[i]);
		if (results[i].kept >= b->samples)
			continue;
		++*lacking;
		progress(round, i, n, results[i].c->name);
		ret = measure(b, &results[i], b->samples - results[i].kept, err);
		if (ret)
			return ret;
	}
	return 0;
}

/* A slow phase outlasts a round: no use in filling memory with samples of it. */
static void rest(void)
{
	nanosleep(&(struct timespec){.tv_nsec = 20 * (long)AM_MS}, NULL);
}

int bench_measure(struct bench *b, struct bench_result *results, unsigned n, uint64_t limit_ns,
	bench_progress *progress, struct am_err *err)
{
	am_time start = am_clock_monotonic();
	unsigned lacking = n, round = 0;
	int ret;

	do {
		if (round)
			rest();
		ret = measure_round(b, results, n, ++round, progress, &lacking, err);
		if (ret)
			return ret;
	} while (lacking && am_time_since(am_clock_monotonic(), start) < limit_ns);
	for (unsigned i = 0; i < n; i++) {
		count(b, &results[i]);
		if (sum_up(b, &results[i]))
			return am_fail(err, ENOMEM, "no memory to sum up samples");
	}
	return 0;
}

void bench_free(struct bench_result *results, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		free(results[i].samples);
		results[i].samples = NULL;
	}
}
