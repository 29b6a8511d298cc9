/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BGP_ROA_H
#define BGP_ROA_H
/*
 * Route origin validation (RFC 6811): which AS may announce which prefixes, as RPKI caches say it (bgp/rtr.h), in a table that is asked for
 * each route.
 *
 * Several caches fill one table; what any of them says holds. Each has a number, its source. A cache that starts anew fills the table beside
 * what it said before, and what it did not repeat is swept out afterwards, so that validity does not flap in between.
 *
 * Ownership: the table is the program's, and copies what it is given. Bounds: some 50 octets an entry; adding, removing and asking walk at
 * most as many nodes as a prefix has bits, and the entries that cover it.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

enum { AM_BGP_ROA_SOURCES = 8 }; /* sources are numbers below this */

/* A validated ROA payload, VRP for short. */
struct am_bgp_roa {
	struct am_prefix prefix; /* host bits are zero */
	uint8_t max_len;         /* bits, prefix.len to 32 or 128 */
	uint32_t as;             /* 0: nobody may (RFC 6483 4, 7607) */
};

enum am_bgp_roa_state {
	AM_BGP_ROA_NOT_FOUND, /* no entry covers the route */
	AM_BGP_ROA_VALID,     /* one does that has its origin AS and allows its length */
	AM_BGP_ROA_INVALID,   /* some do, but none such */
};

struct am_bgp_roa_table;

/* NULL: no memory. */
struct am_bgp_roa_table *am_bgp_roa_create(void);
void am_bgp_roa_free(struct am_bgp_roa_table *table);

/*
 * A source says this, or takes it back. 1: the state of routes in roa->prefix, it and all longer ones, may be another now; 0: no route's is;
 * -EINVAL where roa contradicts a comment above; -ENOMEM, and the table is as it was. To say what was said, or take back what was not, is no
 * error here.
 */
int am_bgp_roa_add(struct am_bgp_roa_table *table, unsigned source, const struct am_bgp_roa *roa);
int am_bgp_roa_remove(struct am_bgp_roa_table *table, unsigned source, const struct am_bgp_roa *roa);

/* From now on source says everything anew; what it said before stays until am_bgp_roa_sweep(). */
void am_bgp_roa_refill(struct am_bgp_roa_table *table, unsigned source);
/*
 * Take out what source has not said since am_bgp_roa_refill(), piece by piece: call it until it returns 0. 1: *roa is out, and routes in its
 * prefix may have another state; -EAGAIN: there is more to look through. A source that is lost for good is refilled with nothing, and swept.
 */
int am_bgp_roa_sweep(struct am_bgp_roa_table *table, unsigned source, struct am_bgp_roa *roa);

/* origin: am_bgp_as_path_origin(); 0, where there is none, is never valid (RFC 6811 2). */
enum am_bgp_roa_state am_bgp_roa_validate(
	const struct am_bgp_roa_table *table, const struct am_prefix *prefix, uint32_t origin);
const char *am_bgp_roa_state_name(enum am_bgp_roa_state state);

/* The entries that cover a prefix, shortest first, to explain a state. It holds until the table changes. */
struct am_bgp_roa_iter {
	const struct am_bgp_roa_table *table;
	struct am_prefix prefix;
	uint32_t node, entry;
};
struct am_bgp_roa_iter am_bgp_roa_covering(
	const struct am_bgp_roa_table *table, const struct am_prefix *prefix);
bool am_bgp_roa_next(struct am_bgp_roa_iter *iter, struct am_bgp_roa *out);

/* Entries of a family (AM_IPV4, AM_IPV6); whoever says the same counts once. */
size_t am_bgp_roa_count(const struct am_bgp_roa_table *table, enum am_family family);

#endif
