/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_YARDSTICK_H
#define BENCH_YARDSTICK_H
/*
 * A fixed piece of work that is done before and after each sample. Who shares the core, its caches or memory slows it down with
 * the work that is measured, by a half and more, for milliseconds or for hours: so a sample is believed for what it
 * took beside what the yardstick took, and is shown for what that would be in a quiet moment. No change of Amime touches the
 * yardstick, so what becomes slower or faster shows as before.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "histogram.h"

struct bench_case;

enum {
	YARDSTICK_QUIET_PERCENTILE = 5, /* of all looks at it: so long it takes in a quiet moment */
	/* Of that: beyond it, what it says of other work is too uncertain. */
	YARDSTICK_SLOW_PERCENT = 220,
	YARDSTICK_APART_PERCENT =
		130, /* the slower look of the faster one: beyond it, somebody came or went */
};

struct yardstick {
	const struct bench_case *c; /* NULL: there is none */
	void *state;
	unsigned runs; /* that one look takes the fastest of */
	struct bench_histogram looks;
	uint64_t quiet; /* TSC cycles */
};

/* Two looks. */
struct yardstick_looks {
	uint64_t before, after;
};

int yardstick_open(
	struct yardstick *y, const struct bench_case *c, unsigned runs, uint64_t seed, struct am_err *err);
void yardstick_close(struct yardstick *y);

/* TSC cycles that it takes now. */
uint64_t yardstick_look(struct yardstick *y);

/* By all looks so far: a quiet one by these; whether that is too little, or they are too far from each other. */
double yardstick_scale(const struct yardstick *y, const struct yardstick_looks *l);
bool yardstick_is_slow(const struct yardstick *y, const struct yardstick_looks *l);
bool yardstick_is_apart(const struct yardstick_looks *l);

#endif
