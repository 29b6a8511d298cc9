/* SPDX-License-Identifier: BSD-3-Clause */
#include "yardstick.h"

#include <errno.h>

#include <rte_cycles.h>

#include "bench.h"

enum { LOOKS = 64 };

int yardstick_open(
	struct yardstick *y, const struct bench_case *c, unsigned runs, uint64_t seed, struct am_err *err)
{
	const struct bench_env env = {.seed = seed};

	*y = (struct yardstick){.c = c, .runs = runs, .state = c->open(&env, c->arg, err)};
	if (!y->state)
		return am_fail_in(err, -ENOMEM, "yardstick");
	return 0;
}

void yardstick_close(struct yardstick *y)
{
	if (y->state)
		y->c->close(y->state);
	*y = (struct yardstick){0};
}

static uint64_t run(struct yardstick *y)
{
	uint64_t start;

	if (y->c->prepare)
		y->c->prepare(y->state);
	start = rte_rdtsc_precise();
	y->c->run(y->state);
	return rte_rdtsc_precise() - start;
}

uint64_t yardstick_look(struct yardstick *y)
{
	uint64_t least = UINT64_MAX, took;

	for (unsigned i = 0; i < y->runs; i++) {
		took = run(y);
		least = took < least ? took : least;
	}
	bench_histogram_add(&y->looks, least);
	/* Not each time: the histogram would push out of the cache what is measured next. */
	if (y->looks.n < LOOKS || y->looks.n % LOOKS == 0)
		y->quiet = bench_histogram_percentile(&y->looks, YARDSTICK_QUIET_PERCENTILE);
	return least;
}

double yardstick_scale(const struct yardstick *y, const struct yardstick_looks *l)
{
	return l->before + l->after ? 2.0 * (double)y->quiet / (double)(l->before + l->after) : 1;
}

bool yardstick_is_slow(const struct yardstick *y, const struct yardstick_looks *l)
{
	return (l->before + l->after) * 100 > 2 * y->quiet * YARDSTICK_SLOW_PERCENT;
}

bool yardstick_is_apart(const struct yardstick_looks *l)
{
	uint64_t slow = l->before > l->after ? l->before : l->after, fast = l->before + l->after - slow;

	return slow * 100 > fast * YARDSTICK_APART_PERCENT;
}
