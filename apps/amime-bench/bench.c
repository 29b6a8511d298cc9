/* SPDX-License-Identifier: BSD-3-Clause */
#include "bench.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <sys/resource.h>

#include <rte_cycles.h>

#include "base/clock.h"
#include "base/hash.h"
#include "buffers.h"
#include "handicap.h"
#include "reference.h"
#include "reference_cold.h"

/* All openings of a case in a repeat take about that at most. */
#define OPENINGS_NS (6 * AM_S)

enum {
	CALIBRATIONS = 1000,
	WARM_UPS = 20,
	/*
	 * In which the samples of a case and repeat are taken where all are good, so that slow changes meet all of them, and since
	 * where a case's tables lie in memory differs from opening to opening.
	 */
	ROUNDS = 32,
	ROUNDS_LEAST = 2,  /* however long it takes to open one */
	TRUSTED_PART = 10, /* of the samples wanted, one in so many makes a median */
	/*
	 * Of work on large tables, samples that are not counted: the looks at memory beside it push out of the caches what opening
	 * it brought there, and that takes some samples to be as it will be.
	 */
	SETTLING = 4,
	HOT_RUNS = 3, /* of the hot yardstick: the first one finds its lines */
};

/*
 * Most work is slowed down as its yardstick is; of what a slow clock makes of that, the yardstick has had its part. All cases
 * beside one yardstick say more of that than one does, and one may be a little different.
 */
static const struct trend_guess beforehand[TREND_BY] = {
	{.slope = 1, .spread = 0.5}, {.slope = 0, .spread = 0.3}};
static const double own_spread[TREND_BY] = {0.1, 0.05};

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

int bench_init(struct bench *b, const struct bench_env *env, const struct bench_size *size, bool memory,
	struct am_err *err)
{
	int ret;

	*b = (struct bench){.env = *env, .size = *size};
	b->overhead = clock_overhead();
	ret = yardstick_open(&b->sticks[BENCH_STICK_HOT], &reference_case, HOT_RUNS, env->seed, err);
	if (ret == 0)
		ret = yardstick_open(&b->sticks[BENCH_STICK_TWO], &reference_case, HOT_RUNS, env->seed, err);
	if (ret == 0 && memory)
		ret = yardstick_open(&b->sticks[BENCH_STICK_COLD], &reference_cold_case, 1, env->seed, err);
	return ret ? ret : probes_init(&b->probes, memory, env->seed, err);
}

void bench_fini(struct bench *b)
{
	probes_fini(&b->probes);
	for (int i = 0; i < BENCH_STICKS; i++)
		yardstick_close(&b->sticks[i]);
}

static bool needs_memory(const struct bench_case *c)
{
	return c->cold || c->memory;
}

/* Runs of a small burst that do the work of one usual run: a sample is of as many packets whatever the burst. */
static unsigned per_usual_run(const struct bench_case *c)
{
	return c->burst ? BENCH_BURST / c->burst : 1;
}

static bool run_once(const struct bench *b, const struct bench_case *c, void *state, uint64_t *cycles)
{
	uint64_t start, took;
	bool good;

	if (c->prepare && !c->prepare(state))
		return false;
	start = rte_rdtsc_precise();
	good = c->run(state);
	took = handicap_await(start, c->handicap);
	*cycles += took > b->overhead ? took - b->overhead : 0;
	return good && (!c->finish || c->finish(state));
}

static bool run_counted(
	const struct bench *b, const struct bench_case *c, void *state, struct bench_sample *s)
{
	uint64_t stages[2][BENCH_STAGES_MAX] = {{0}}, cycles = 0;
	unsigned runs = b->size.runs * (needs_memory(c) ? BENCH_RUNS_MEMORY : 1) * per_usual_run(c);
	double ops = (double)runs * c->ops;

	if (c->stages)
		c->stages(state, stages[0]);
	for (unsigned i = 0; i < runs; i++)
		if (!run_once(b, c, state, &cycles))
			return false;
	if (c->stages)
		c->stages(state, stages[1]);
	s->cycles = (double)cycles / ops;
	for (int i = 0; i < BENCH_STAGES_MAX; i++)
		s->stage[i] = (float)((double)(stages[1][i] - stages[0][i]) / ops);
	return true;
}

static enum bench_stick stick_of(const struct bench_case *c)
{
	if (needs_memory(c))
		return BENCH_STICK_COLD;
	return c->two_cpus ? BENCH_STICK_TWO : BENCH_STICK_HOT;
}

static bool run_uncounted(const struct bench *b, const struct bench_case *c, void *state, unsigned runs)
{
	uint64_t ignored = 0;

	for (unsigned i = 0; i < runs; i++)
		if (!run_once(b, c, state, &ignored))
			return false;
	return true;
}

/* The first run is not counted: who slowed us down has left other things in the caches. */
static bool take(struct bench *b, const struct bench_case *c, void *state, struct bench_sample *s)
{
	enum bench_stick stick = stick_of(c);
	struct yardstick *y = &b->sticks[stick];
	bool worked = true;
	struct probe_moment before = probes_await(&b->probes), after;
	long switches = involuntary_switches();
	double more = 0;

	*s = (struct bench_sample){.repeat = b->repeat, .stick = stick};
	s->looks.before = yardstick_look(y);
	s->exchange = c->exchange ? c->exchange(state) : 0;
	if (!run_uncounted(b, c, state, per_usual_run(c)))
		return false;
	if (c->beside)
		c->beside(state, &more);
	if (!run_counted(b, c, state, s))
		return false;
	if (c->beside)
		worked = c->beside(state, &more);
	s->cycles += more;
	if (c->exchange)
		s->exchange = probes_exchange(&b->probes, s->exchange, c->exchange(state));
	s->looks.after = yardstick_look(y);
	after = probes_look(&b->probes, stick == BENCH_STICK_COLD);
	s->probe = before.clock > after.clock ? before.clock : after.clock;
	s->memory = after.memory;
	s->interrupted = !worked || involuntary_switches() != switches;
	return true;
}

static bool warm_up(const struct bench *b, const struct bench_case *c, void *state)
{
	unsigned runs = needs_memory(c) ? b->size.warm_ops / c->ops : 0;

	return run_uncounted(b, c, state, WARM_UPS * per_usual_run(c) + runs);
}

/* One round of a case. */
static bool take_missing(struct bench *b, void *state, struct bench_result *r, unsigned missing)
{
	struct bench_sample ignored;

	if (!warm_up(b, r->c, state))
		return false;
	for (int i = 0; r->c->memory && !r->c->cold && i < SETTLING; i++)
		if (!take(b, r->c, state, &ignored))
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
	am_time began;
	uint64_t took;
	void *state;
	bool good;

	if (make_room(r, missing))
		return am_fail(err, ENOMEM, "case %s: no memory for its samples", r->c->name);
	if (buffers_shuffle(env.pool, env.seed) || (r->c->cold && buffers_shuffle(env.cold, env.seed)))
		return am_fail(err, ENOMEM, "case %s: no memory to put its buffers in order", r->c->name);
	env.burst = r->c->burst ? r->c->burst : BENCH_BURST;
	env.is_cold = r->c->cold;
	began = am_clock_monotonic();
	state = r->c->open(&env, r->c->arg, err);
	if (!state)
		return am_fail_in(err, -ENOMEM, "case %s", r->c->name);
	took = am_time_since(am_clock_monotonic(), began);
	r->open_ns = took > r->open_ns ? took : r->open_ns;
	good = take_missing(b, state, r, missing);
	r->c->close(state);
	if (good)
		return 0;
	return am_fail(
		err, EIO, "case %s: a packet was not treated as it must be; run the unit tests", r->c->name);
}

const struct yardstick *bench_yardstick(const struct bench *b, const struct bench_sample *s)
{
	return &b->sticks[s->stick];
}

bool bench_is_far(const struct bench *b, const struct bench_sample *s)
{
	return probes_is_far(&b->probes, s->exchange);
}

bool bench_keeps(const struct bench *b, const struct bench_sample *s)
{
	return !s->interrupted && !yardstick_is_slow(bench_yardstick(b, s), &s->looks) &&
	       !yardstick_is_apart(&s->looks) && !bench_is_far(b, s);
}

/* How much slower than in a quiet moment, as a logarithm. */
static double slower_stick(const struct bench *b, const struct bench_sample *s)
{
	return -log(yardstick_scale(bench_yardstick(b, s), &s->looks));
}

static double slower_clock(const struct bench *b, const struct bench_sample *s)
{
	return s->probe && b->probes.clock ? log((double)s->probe / (double)b->probes.clock) : 0;
}

double bench_quiet(const struct bench *b, const struct bench_result *r, const struct bench_sample *s)
{
	return exp(-r->follows[0] * slower_stick(b, s) - r->follows[1] * slower_clock(b, s));
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
	r->kept = 0;
	for (unsigned i = 0; i < r->n; i++)
		r->kept += bench_keeps(b, &r->samples[i]);
}

static unsigned kept_of(const struct bench *b, const struct bench_result *r, unsigned repeat)
{
	unsigned n = 0;

	for (unsigned i = 0; i < r->n; i++)
		n += r->samples[i].repeat == repeat && bench_keeps(b, &r->samples[i]);
	return n;
}

/* Those kept are added to samples[n]; its groups are from `group` on. Returns how many there are then. */
static size_t describe(const struct bench *b, const struct bench_result *r, unsigned group,
	struct trend_sample *samples, size_t n)
{
	for (unsigned i = 0; i < r->n; i++) {
		const struct bench_sample *s = &r->samples[i];

		if (bench_keeps(b, s) && s->cycles > 0)
			samples[n++] = (struct trend_sample){
				log(s->cycles), {slower_stick(b, s), slower_clock(b, s)}, group + s->repeat};
	}
	return n;
}

/* What cases beside one yardstick follow. room: for all samples. */
static int follow(const struct bench *b, struct bench_result *results, unsigned n, enum bench_stick stick,
	struct trend_sample *room)
{
	struct trend_guess expected[TREND_BY];
	double slope[TREND_BY];
	size_t all = 0;
	int ret;

	for (unsigned i = 0; i < n; i++)
		if (stick_of(results[i].c) == stick)
			all = describe(b, &results[i], i * b->size.repeats, room, all);
	ret = trend_fit(room, all, n * b->size.repeats, beforehand, slope);
	for (int k = 0; k < TREND_BY; k++)
		expected[k] = (struct trend_guess){slope[k], own_spread[k]};
	for (unsigned i = 0; ret == 0 && i < n; i++)
		if (stick_of(results[i].c) == stick)
			ret = trend_fit(room, describe(b, &results[i], 0, room, 0), b->size.repeats, expected,
				results[i].follows);
	return ret;
}

static int follow_all(const struct bench *b, struct bench_result *results, unsigned n)
{
	struct trend_sample *room;
	size_t all = 1;
	int ret = 0;

	for (unsigned i = 0; i < n; i++)
		all += results[i].n;
	room = malloc(all * sizeof *room);
	if (!room)
		return -ENOMEM;
	for (int stick = 0; ret == 0 && stick < BENCH_STICKS; stick++)
		ret = follow(b, results, n, (enum bench_stick)stick, room);
	free(room);
	return ret;
}

static int sum_up(const struct bench *b, struct bench_result *r)
{
	double *cycles = malloc((r->n ? r->n : 1) * sizeof *cycles);
	size_t n = 0;

	if (!cycles)
		return -ENOMEM;
	for (unsigned i = 0; i < r->n; i++)
		if (bench_keeps(b, &r->samples[i]))
			cycles[n++] = r->samples[i].cycles * bench_quiet(b, r, &r->samples[i]);
	if (n)
		bench_stats(cycles, n, &r->stats);
	free(cycles);
	return 0;
}

static unsigned fewer(const struct bench_case *c)
{
	return c->fewer ? c->fewer : 1;
}

/* That each repeat of a case shall keep, however they spread. */
static unsigned least_samples(const struct bench *b, const struct bench_result *r)
{
	return (b->size.samples + fewer(r->c) - 1) / fewer(r->c);
}

/*
 * How many samples each repeat of a case needs, by how far the first ones spread. That of all repeats together, whose medians are not
 * looked at: to take more until they agree would be to wait for luck.
 */
static unsigned needs(const struct bench *b, const struct bench_result *r)
{
	double *cycles = malloc((r->n ? r->n : 1) * sizeof *cycles);
	struct bench_stats stats;
	size_t n = 0;

	for (unsigned i = 0; cycles && i < r->n; i++)
		if (bench_keeps(b, &r->samples[i]))
			cycles[n++] = r->samples[i].cycles;
	if (n)
		bench_stats(cycles, n, &stats);
	free(cycles);
	return least_samples(b, r) * (n ? bench_stats_times(&stats) : 1);
}

/* Where repeats are compared: of cases that have all samples they were to have, how many they shall have. */
static void widen(const struct bench *b, struct bench_result *results, unsigned n)
{
	for (unsigned i = 0; i < n && b->size.repeats > 1; i++) {
		struct bench_result *r = &results[i];
		bool all = !r->wanted;

		for (unsigned repeat = 0; all && repeat < b->size.repeats; repeat++)
			all = kept_of(b, r, repeat) >= least_samples(b, r);
		if (all)
			r->wanted = needs(b, r);
	}
}

/* How many samples to take of a case in a round: a part of all, or what is missing. */
static unsigned share(const struct bench *b, const struct bench_result *r, unsigned missing)
{
	unsigned rounds = ROUNDS / fewer(r->c), part;
	uint64_t openings_ns = OPENINGS_NS / fewer(r->c);

	if (r->open_ns * rounds > openings_ns)
		rounds = (unsigned)(openings_ns / r->open_ns);
	rounds = rounds < ROUNDS_LEAST ? ROUNDS_LEAST : rounds;
	part = (least_samples(b, r) + rounds - 1) / rounds;
	return part < missing ? part : missing;
}

/*
 * Those that take fewer samples do so in as many fewer rounds, each in others: so they meet slow changes as all do. In the first one
 * everybody is measured.
 */
static bool has_turn(const struct bench_result *r, uint32_t number, unsigned round)
{
	return round == 1 || (round + number) % fewer(r->c) == 0;
}

/*
 * Another order in each round and repeat: what comes and goes by the clock meets other cases each time, what one leaves behind
 * meets another next one, and time runs out for none more than for others.
 */
static void draw_order(const struct bench *b, unsigned round, uint32_t *order, unsigned n)
{
	for (uint32_t i = 0; i < n; i++)
		order[i] = i;
	for (uint32_t i = n; i > 1; i--) {
		uint64_t which = (uint64_t)round << 48 | (uint64_t)b->repeat << 32 | i;
		uint32_t j = (uint32_t)(am_hash64(which, b->env.seed) % i), other = order[i - 1];

		order[i - 1] = order[j];
		order[j] = other;
	}
}

/* Cases that lack samples of this repeat get a round. Adds to *lacking how many there were. */
static int measure_round(struct bench *b, struct bench_result *results, unsigned n, unsigned round,
	bench_progress *progress, unsigned *lacking, struct am_err *err)
{
	uint32_t *order = malloc((n + 1) * sizeof *order);
	int ret = order ? 0 : am_fail(err, ENOMEM, "no memory for the order of %u cases", n);

	if (order)
		draw_order(b, round, order, n);
	for (unsigned k = 0; ret == 0 && k < n; k++) {
		struct bench_result *r = &results[order[k]];
		unsigned kept = kept_of(b, r, b->repeat),
			 wanted = r->wanted ? r->wanted : least_samples(b, r);

		if (kept >= wanted)
			continue;
		++*lacking;
		if (!has_turn(r, order[k], round))
			continue;
		progress(round, b->repeat, k, n, r->c->name);
		ret = measure(b, r, share(b, r, wanted - kept), err);
	}
	free(order);
	return ret;
}

/* Each repeat of the first rounds gets an even share of the time to wait in, what is left after them who lacks samples. */
static void share_time(struct bench *b, unsigned round, am_time start, uint64_t limit_ns)
{
	uint64_t parts = ROUNDS * b->size.repeats, part = (round - 1) * b->size.repeats + b->repeat + 1;
	uint64_t until = part < parts ? limit_ns / parts * part : limit_ns;
	uint64_t gone = am_time_since(am_clock_monotonic(), start);

	probes_be_patient(&b->probes, until > gone ? until - gone : 0);
}

int bench_measure(struct bench *b, struct bench_result *results, unsigned n, uint64_t limit_ns,
	bench_progress *progress, struct am_err *err)
{
	am_time start = am_clock_monotonic();
	unsigned lacking, round = 0;
	bool late = false;
	int ret = 0;

	do {
		lacking = 0;
		round++;
		for (b->repeat = 0; ret == 0 && !late && b->repeat < b->size.repeats; b->repeat++) {
			share_time(b, round, start, limit_ns);
			ret = measure_round(b, results, n, round, progress, &lacking, err);
			late = round > 1 && am_time_since(am_clock_monotonic(), start) >= limit_ns;
		}
		if (ret)
			return ret;
		widen(b, results, n);
	} while (lacking && !late && am_time_since(am_clock_monotonic(), start) < limit_ns);
	ret = follow_all(b, results, n);
	for (unsigned i = 0; ret == 0 && i < n; i++) {
		count(b, &results[i]);
		ret = sum_up(b, &results[i]);
	}
	return ret ? am_fail(err, ENOMEM, "no memory to sum up samples") : 0;
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
			cycles[n++] = r->samples[i].cycles * bench_quiet(b, r, &r->samples[i]);
	if (n)
		bench_stats(cycles, n, &stats);
	free(cycles);
	if (n)
		*median = stats.median;
	return n > 0 && n * TRUSTED_PART >= least_samples(b, r);
}

bool bench_disagreement(
	const struct bench *b, const struct bench_result *r, double medians[BENCH_REPEATS_MAX], double *apart)
{
	double least = 0, most = 0, null;

	for (unsigned i = 0; i < b->size.repeats; i++) {
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
