/* SPDX-License-Identifier: BSD-3-Clause */
#include "bench.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>

#include <rte_cycles.h>

#include "base/clock.h"

enum {
	CALIBRATIONS = 1000,
	WARM_UPS = 20,
	ROUNDS =
		4, /* in which a case's samples are taken where all are good, so that slow changes meet all cases */
	TRUSTED_PART = 10, /* of the samples wanted, one in so many makes a median */
	PATIENCE_LEAST_NS = 100000,
	PATIENCE_MOST_NS = 50000000,
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

static void note(struct bench *b, uint64_t took)
{
	struct bench_probes *f = &b->fastest;
	unsigned i = f->n;

	if (f->n == BENCH_FASTEST && took >= f->took[f->n - 1])
		return;
	if (f->n < BENCH_FASTEST)
		f->n++;
	else
		i--;
	for (; i > 0 && f->took[i - 1] > took; i--)
		f->took[i] = f->took[i - 1];
	f->took[i] = took;
	b->probe = f->took[f->n - 1];
}

static uint64_t probe_noted(struct bench *b)
{
	uint64_t took = probe();

	note(b, took);
	return took;
}

void bench_init(struct bench *b, const struct bench_env *env, unsigned samples, unsigned runs)
{
	*b = (struct bench){.env = *env, .samples = samples, .runs = runs};
	b->overhead = clock_overhead();
	for (int i = 0; i < CALIBRATIONS; i++)
		probe_noted(b);
}

static bool is_slow(const struct bench *b, uint64_t took)
{
	return took * 100 > b->probe * BENCH_SLOW_PERCENT;
}

/* The last probe before a sample: a fast one where patience lasts. */
static uint64_t await_fast(struct bench *b)
{
	uint64_t took = probe_noted(b), start = rte_rdtsc(), waited;

	if (!is_slow(b, took))
		return took;
	do {
		took = probe_noted(b);
		waited = rte_rdtsc() - start;
	} while (is_slow(b, took) && waited < b->patience);
	b->waited_ns += (uint64_t)((double)waited * 1e9 / (double)rte_get_tsc_hz());
	return took;
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
	return good && (!c->finish || c->finish(state));
}

/* The first run is not counted: who slowed us down has left other things in the caches. */
static bool take(struct bench *b, const struct bench_case *c, void *state, struct bench_sample *s)
{
	uint64_t before = await_fast(b), after, ignored = 0, cycles = 0;
	long switches = involuntary_switches();
	uint64_t stages[2][BENCH_STAGES_MAX] = {{0}};
	bool worked = true;
	double more = 0;

	if (!run_once(b, c, state, &ignored))
		return false;
	if (c->beside)
		c->beside(state, &more);
	if (c->stages)
		c->stages(state, stages[0]);
	for (unsigned i = 0; i < b->runs; i++)
		if (!run_once(b, c, state, &cycles))
			return false;
	after = probe_noted(b);
	if (c->stages)
		c->stages(state, stages[1]);
	if (c->beside)
		worked = c->beside(state, &more);
	*s = (struct bench_sample){
		.cycles = (double)cycles / ((double)b->runs * c->ops) + more,
		.probe = before > after ? before : after,
		.repeat = b->repeat,
		.interrupted = !worked || involuntary_switches() != switches,
	};
	for (int i = 0; i < BENCH_STAGES_MAX; i++)
		s->stage[i] = (float)(stages[1][i] - stages[0][i]) / (float)(b->runs * c->ops);
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

/* One round of a case. */
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
	struct bench_env env = b->env;
	void *state;
	bool good;

	if (make_room(r, missing))
		return am_fail(err, ENOMEM, "case %s: no memory for its samples", r->c->name);
	env.burst = r->c->burst ? r->c->burst : BENCH_BURST;
	env.is_cold = r->c->cold;
	state = r->c->open(&env, r->c->arg, err);
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

static bool cost(const struct bench_result *r, double *cycles)
{
	*cycles = r->stats.median;
	return r->kept && (!r->c->null || bench_net(r, cycles));
}

double bench_goal(const struct bench_result *r)
{
	double base;

	if (!r->c->relative.of)
		return r->c->goal;
	return r->base && cost(r->base, &base) ? base * r->c->relative.times + r->c->relative.more : 0;
}

bool bench_goal_ratio(const struct bench_result *r, double *ratio)
{
	double cycles, goal = bench_goal(r);

	if (goal <= 0 || !cost(r, &cycles))
		return false;
	*ratio = cycles / goal;
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

/* Kept ones of this repeat. */
static unsigned kept_now(const struct bench *b, const struct bench_result *r)
{
	unsigned n = 0;

	for (unsigned i = 0; i < r->n; i++)
		n += r->samples[i].repeat == b->repeat && bench_keeps(b, &r->samples[i]);
	return n;
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
		unsigned kept = kept_now(b, &results[i]), part = (b->samples + ROUNDS - 1) / ROUNDS;

		unsigned missing = b->samples - kept;
		int ret;

		if (kept >= b->samples)
			continue;
		++*lacking;
		progress(round, i, n, results[i].c->name);
		if (results[i].c->slow_to_open || part > missing)
			part = missing;
		ret = measure(b, &results[i], part, err);
		if (ret)
			return ret;
	}
	return 0;
}

/* No longer than lets every case have its samples within the limit. */
static uint64_t patience(const struct bench *b, unsigned n, uint64_t limit_ns)
{
	uint64_t ns = limit_ns / (n ? n : 1) / b->samples;

	if (ns < PATIENCE_LEAST_NS)
		ns = PATIENCE_LEAST_NS;
	if (ns > PATIENCE_MOST_NS)
		ns = PATIENCE_MOST_NS;
	return (uint64_t)((double)ns * (double)rte_get_tsc_hz() / 1e9);
}

int bench_measure(struct bench *b, struct bench_result *results, unsigned n, uint64_t limit_ns,
	bench_progress *progress, struct am_err *err)
{
	am_time start = am_clock_monotonic();
	unsigned lacking = n, round = 0;
	int ret;

	b->patience = patience(b, n, limit_ns);
	do {
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

static bool by_repeat(const struct bench *b, const struct bench_result *r, unsigned repeat, double *median)
{
	double *cycles = malloc((r->n ? r->n : 1) * sizeof *cycles);
	struct bench_stats stats;
	size_t n = 0;

	for (unsigned i = 0; cycles && i < r->n; i++)
		if (r->samples[i].repeat == repeat && bench_keeps(b, &r->samples[i]))
			cycles[n++] = r->samples[i].cycles;
	if (n)
		bench_stats(cycles, n, &stats);
	free(cycles);
	if (n)
		*median = stats.median;
	return n > 0 && n * TRUSTED_PART >= b->samples;
}

bool bench_disagreement(
	const struct bench *b, const struct bench_result *r, double medians[BENCH_REPEATS_MAX], double *apart)
{
	double least = 0, most = 0, null;

	for (unsigned i = 0; i <= b->repeat; i++) {
		if (!by_repeat(b, r, i, &medians[i]))
			return false;
		if (r->null && !by_repeat(b, r->null, i, &null))
			return false;
		medians[i] -= r->null ? null : 0;
		least = i == 0 || medians[i] < least ? medians[i] : least;
		most = i == 0 || medians[i] > most ? medians[i] : most;
	}
	*apart = least > 0 ? most / least - 1 : 0;
	return true;
}
