/* SPDX-License-Identifier: BSD-3-Clause */
#include "pair.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>

#include <rte_cycles.h>

#include "handicap.h"
#include "reference.h"

enum {
	RUNS = 4,
	WARM_UPS = 20,
	WARM_AGAIN = 3, /* after what put others' data into the caches */
};

static long involuntary_switches(void)
{
	struct rusage use;

	getrusage(RUSAGE_THREAD, &use);
	return use.ru_nivcsw;
}

/* A case that is open. */
struct pair_side {
	const struct bench_case *c;
	void *state;
};

/* TSC cycles per operation. */
static bool run_side(const struct pair_side *s, double *cycles)
{
	uint64_t total = 0;

	for (unsigned i = 0; i < RUNS; i++) {
		uint64_t start;
		bool good;

		if (s->c->prepare && !s->c->prepare(s->state))
			return false;
		start = rte_rdtsc_precise();
		good = s->c->run(s->state);
		total += handicap_await(start, s->c->handicap);
		if (!good || (s->c->finish && !s->c->finish(s->state)))
			return false;
	}
	*cycles = (double)total / ((double)RUNS * s->c->ops);
	return true;
}

static bool is_close(double a, double b)
{
	return a * 100 <= b * (100 + PAIR_APART_PERCENT) && b * 100 <= a * (100 + PAIR_APART_PERCENT);
}

/* before: what the reference took last, and takes again in the end. */
static bool take_pair(const struct pair_side *side, const struct pair_side *reference, double *before,
	double *ratio, bool *keep)
{
	long switches = involuntary_switches();
	double cycles, after;

	if (!run_side(side, &cycles) || !run_side(reference, &after))
		return false;
	*keep = is_close(*before, after) && involuntary_switches() == switches;
	*ratio = 2 * cycles / (*before + after);
	*before = after;
	return true;
}

/* *reference_cycles: of its last run. */
static bool warm_up(const struct pair_side *side, const struct pair_side *reference, unsigned times,
	double *reference_cycles)
{
	double ignored;

	for (unsigned i = 0; i < times; i++)
		if (!run_side(side, &ignored) || !run_side(reference, reference_cycles))
			return false;
	return true;
}

static bool take_pairs(const struct pair_side *side, const struct pair_side *reference, struct pair_row *row,
	double *ratios, unsigned pairs)
{
	struct bench_stats stats;
	unsigned n = 0;
	double before;
	bool keep;

	if (!warm_up(side, reference, WARM_UPS, &before))
		return false;
	for (unsigned i = 0; i < pairs; i++) {
		if (!take_pair(side, reference, &before, &ratios[n], &keep))
			return false;
		n += keep;
		if (!keep && !warm_up(side, reference, WARM_AGAIN, &before))
			return false;
	}
	if (n < PAIR_LEAST)
		return true;
	bench_stats(ratios, n, &stats);
	row->rounds[row->n_rounds++] = stats.q1;
	return true;
}

static int measure_row(const struct bench_env *env, const struct pair_side *reference, struct pair_row *row,
	double *ratios, unsigned pairs, struct am_err *err)
{
	struct pair_side side = {row->c, row->c->open(env, row->c->arg, err)};
	bool good;

	if (!side.state)
		return am_fail_in(err, -ENOMEM, "case %s", row->c->name);
	good = take_pairs(&side, reference, row, ratios, pairs);
	row->c->close(side.state);
	if (good)
		return 0;
	return am_fail(err, EIO, "case %s: a packet was not treated as it must be; run the unit tests",
		row->c->name);
}

int pair_round(const struct bench_env *env, struct pair_row *rows, unsigned n, unsigned pairs,
	bench_progress *progress, unsigned round, struct am_err *err)
{
	struct pair_side reference = {&reference_case, reference_case.open(env, NULL, err)};
	double *ratios = malloc(pairs * sizeof *ratios);
	int ret = reference.state && ratios ? 0 : am_fail(err, ENOMEM, "no memory for the reference");

	for (unsigned i = 0; ret == 0 && i < n; i++) {
		progress(round + 1, 0, i, n, rows[i].c->name);
		if (rows[i].n_rounds < PAIR_ROUNDS_MAX)
			ret = measure_row(env, &reference, &rows[i], ratios, pairs, err);
	}
	if (reference.state)
		reference_case.close(reference.state);
	free(ratios);
	return ret;
}
