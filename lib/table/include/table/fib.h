/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TABLE_FIB_H
#define TABLE_FIB_H
/*
 * The forwarding information base of one VRF and address family: prefix to value by longest match. One writer
 * (control), any number of readers (workers), no locks. What a value means is not known here; 0 is no route.
 *
 * Shape: a direct table over the first bits (18 for a full table, 6 or 12 for a tenant), and below its slots a trie of
 * six bits a level. A node of 32 octets says by three bit maps which of its 64 slots have a child, which prefixes end
 * there, and which shorter ones cover them; children and values stand in arrays without gaps and are counted out. A
 * prefix is stored once, at its own level, so one that covers many others moves none of them: /0 costs as many stores
 * as the direct table has slots, and nothing else has a cost that depends on the table's size.
 *
 * Reader protocol: nodes and arrays below a slot of the direct table never change once published. A change makes the
 * nodes from there to the prefix anew and publishes them with one store of the slot (release); the old ones are retired
 * to the room and freed after a grace period. Two things change in place, each by one atomic store: a value, and the
 * value of a slot of the direct table. So a reader sees the table before a change or after it, for each address; for
 * prefixes no longer than the direct table's bits, one address may be ahead of another.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "table/fib_room.h"

struct am_fib;

enum {
	AM_FIB_ROOT_SMALL = 6,   /* under 1 KiB */
	AM_FIB_ROOT_MIDDLE = 12, /* about 70 KiB */
	AM_FIB_ROOT_LARGE = 18,  /* about 4.5 MiB; half of it only control reads */
	AM_FIB_BULK_MAX = 64,
};

/* root_bits is one of the three above. NULL: no memory. The room must outlive the FIB. */
struct am_fib *am_fib_create(struct am_fib_room *room, enum am_family family, unsigned root_bits);
/* No reader may be left. */
void am_fib_destroy(struct am_fib *fib);

/*
 * Control thread. Add a route, or change its value. 0; -EINVAL: another family, host bits, or value 0; -ENOSPC: the
 * room is full; -ENOMEM. Nothing has changed where it fails.
 */
int am_fib_set(struct am_fib *fib, const struct am_prefix *prefix, uint32_t value);
/* 0, -ENOENT, or as above: to remove may take room for a moment. */
int am_fib_del(struct am_fib *fib, const struct am_prefix *prefix);
/* The value of exactly this prefix; 0 where there is no such route. */
uint32_t am_fib_get(const struct am_fib *fib, const struct am_prefix *prefix);
uint32_t am_fib_count(const struct am_fib *fib);
/* Octets of this FIB outside the room. */
uint64_t am_fib_memory(const struct am_fib *fib);

/*
 * Control thread. Its prefixes, by address and then by length, from the one behind `after` (NULL: from the first), until fn says
 * false. It may stop and go on behind where it was, whatever has changed meanwhile: what costs is what is told, and once a
 * look at each slot of the direct table.
 */
typedef bool am_fib_walk_fn(void *ctx, const struct am_prefix *prefix, uint32_t value);
void am_fib_walk(const struct am_fib *fib, const struct am_prefix *after, am_fib_walk_fn *fn, void *ctx);
/* The longest match of an address, and in *prefix which one it is; 0 where there is none. */
uint32_t am_fib_match(const struct am_fib *fib, const struct am_ip *ip, struct am_prefix *prefix);

/* Workers. The longest match of one address, 4 or 16 octets. */
uint32_t am_fib_lookup(const struct am_fib *fib, const uint8_t *address);
/* Of n addresses, at most AM_FIB_BULK_MAX, each where addresses[i] points; memory answers for all at once. */
void am_fib_lookup_bulk(
	const struct am_fib *fib, const uint8_t *const *addresses, unsigned n, uint32_t *values);
/* The same of addresses that am_fib_ask (table/fib_read.h) was told of a while ago. */
void am_fib_lookup_asked(
	const struct am_fib *fib, const uint8_t *const *addresses, unsigned n, uint32_t *values);

#endif
