/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BGP_STORE_H
#define BGP_STORE_H
/*
 * Attribute sets, each kept once however many routes have it. A set is one canonical encoding, immutable, found by its hash and counted by
 * references; a number of 32 bits names it as long as somebody holds a reference. It costs 16 octets and a few for rounding on top of its bytes.
 *
 * Ownership: a number that am_bgp_store_intern() or am_bgp_store_hold() gave is to be released once.
 * Threads: none. Errors: negative errno.
 */
#include <stddef.h>
#include <stdint.h>

#include "bgp/attribute.h"
#include "bgp/next_hop.h"

struct am_bgp_store;

/* A number of a set; 0 is none. */
typedef uint32_t am_bgp_set_id;

/*
 * All that routes of one set have in common. attrs has no NEXT_HOP: next_hop stands for it in every family (4 octets with classic IPv4). extra
 * is what an EVPN route says beside its key: ESI, gateway, labels (RFC 7432 7, 9136 3.1).
 */
struct am_bgp_set {
	struct am_bgp_attrs attrs;
	struct am_bgp_next_hop next_hop;
	struct am_bgp_span extra; /* at most 255 octets */
};

/* seed: drawn by the program, so that nobody outside can prepare collisions. NULL: no memory. */
struct am_bgp_store *am_bgp_store_create(uint64_t seed);
void am_bgp_store_free(struct am_bgp_store *store);

/* The number of this set, made where it is new. -ENOMEM; -EMSGSIZE where its attributes are longer than 65535 octets. */
int am_bgp_store_intern(struct am_bgp_store *store, const struct am_bgp_set *set, am_bgp_set_id *out);
void am_bgp_store_hold(struct am_bgp_store *store, am_bgp_set_id id, uint32_t times);
void am_bgp_store_release(struct am_bgp_store *store, am_bgp_set_id id, uint32_t times);

/* Decode; spans of *out point into the store and live as long as the set. */
void am_bgp_store_get(const struct am_bgp_store *store, am_bgp_set_id id, struct am_bgp_set *out);
/* The next hop alone. */
void am_bgp_store_next_hop(const struct am_bgp_store *store, am_bgp_set_id id, struct am_bgp_next_hop *out);

struct am_bgp_store_size {
	uint32_t sets;
	size_t bytes;    /* of their encodings */
	size_t overhead; /* all other memory that the store has */
};
struct am_bgp_store_size am_bgp_store_size(const struct am_bgp_store *store);

#endif
