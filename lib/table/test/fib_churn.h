/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef FIB_CHURN_H
#define FIB_CHURN_H
/*
 * A FIB under one writer and several readers, for tests and measurements. Some routes stay, others come and go. What a
 * value stands for changes as soon as no reader can hold it any more, so a reader that is given a value whose route does
 * not match its address, or is not the longest that stays, has been told wrong.
 */
#include <stdint.h>

#include "table/fib.h"

enum { FIB_CHURN_READERS_MAX = 8 };

struct fib_churn {
	/* Given by the caller; nothing is changed but the FIB. */
	struct am_fib *fib; /* holds the routes that stay, each with 1 + its index as value */
	struct am_fib_room *room;
	const struct am_prefix *routes; /* those that stay, then those that come and go; all different */
	uint32_t n_stay, n_routes;
	const struct am_ip *addresses;
	const int32_t *stays; /* by address: of the routes that stay, the longest that matches; -1: none */
	uint32_t n_addresses;
	uint32_t changes; /* at least so many are made, and more until each reader has seen all addresses */
	unsigned readers;

	/* What was seen. */
	uint64_t looked, wrong; /* lookups of all readers */
	uint64_t passing;       /* those that a route that comes and goes answered */
	uint64_t changed;
	double longest_us; /* of one change, in the writer's own CPU time */
};

/* The routes that come and go are gone again in the end. 0 or a negative errno. */
int fib_churn_run(struct fib_churn *c);

#endif
