/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_VARIANTS_H
#define BENCH_VARIANTS_H
/*
 * Cases in other bursts and on cold data: "fdb/hit-1k@8" is a burst of 8, "encap/gre4-cold" goes through more packets than caches hold.
 * A case whose data is cold by nature (cold, memory) has no warm shape, and its name stays as it is.
 *
 * The first shape of a case is the one that others are shapes of, and takes all samples.
 */
#include "bench.h"

enum { VARIANTS_BURSTS_MAX = 8, VARIANTS_NAME = 48, VARIANTS_FEWER = 4 };

enum variants_data { VARIANTS_ALL, VARIANTS_WARM, VARIANTS_COLD };

struct variants_want {
	unsigned bursts[VARIANTS_BURSTS_MAX]; /* in place of the usual ones */
	unsigned n_bursts;                    /* 0: BENCH_BURST, 1, 8 and 32 */
	enum variants_data data;
	unsigned handicap; /* of every case */
};

struct variants {
	struct bench_case *cases; /* a case without a name ends them */
	char (*names)[VARIANTS_NAME];
	unsigned n;
};

/* Of all cases of groups[0..n). 0 or -ENOMEM. */
int variants_make(struct variants *v, const struct bench_case *const *groups, unsigned n,
	const struct variants_want *want);
void variants_free(struct variants *v);

#endif
