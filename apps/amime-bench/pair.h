/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_PAIR_H
#define BENCH_PAIR_H
/*
 * What a case costs in units of the reference: each run of it stands between two of the reference, within a tenth of a
 * millisecond, so that both see the same clock and the same neighbours. A pair is left out where the thread was switched
 * away, or where the two runs of the reference differ, as at the edge of a slow phase. Cases are opened anew in each
 * round, which places their memory anew.
 */
#include "bench.h"

enum {
	PAIR_ROUNDS_MAX = 64,
	PAIR_APART_PERCENT = 10, /* how far the two runs of the reference may lie apart */
	PAIR_LEAST = 10,         /* pairs of a round without which it does not count */
};

struct pair_row {
	const struct bench_case *c;
	/* The lower quartile of each round that counts: what disturbs only adds. */
	double rounds[PAIR_ROUNDS_MAX];
	unsigned n_rounds;
};

/* Each of rows[0..n) for another round of so many pairs. 0 or a negative errno. */
int pair_round(const struct bench_env *env, struct pair_row *rows, unsigned n, unsigned pairs,
	bench_progress *progress, unsigned round, struct am_err *err);

#endif
