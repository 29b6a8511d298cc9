/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_LIMIT_ROUTE_H
#define BENCH_LIMIT_ROUTE_H
/*
 * The measuring stick of routing, as limit.h is of tunnels: headers checked, destinations looked up in one burst, hop and
 * addresses rewritten, packets counted by their next hop. The FIB is Amime's own, since what its tree costs is what is not to be
 * judged here; nothing else is.
 */
#include <stdint.h>

struct rte_mbuf;
struct am_fib;

enum { LIMIT_NEIGHBOURS = 256 }; /* next hops: values of the FIB below that */

struct limit_neighbour {
	uint8_t head[16]; /* destination and source */
	uint64_t packets, octets;
};

/* A burst of at most 64 untagged packets of the FIB's family. Returns how many are in out, in order; the others stay the caller's. */
unsigned limit_route(const struct am_fib *fib, struct limit_neighbour neighbours[LIMIT_NEIGHBOURS],
	struct rte_mbuf **m, unsigned n, struct rte_mbuf **out);

#endif
