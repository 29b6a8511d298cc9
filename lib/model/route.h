/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MODEL_ROUTE_H
#define MODEL_ROUTE_H
/* Routes of a snapshot into FIBs that outlive it. */
#include "state.h"

struct am_neighbour;

/* The order of a snapshot's wanted prefixes. */
int am_wanted_compare(const struct am_wanted *a, const struct am_wanted *b);

enum { AM_NEIGHBOURS_MAX = 16384 }; /* the last numbers of classes are theirs */

/*
 * The FIBs of a VRF for so many static routes of each family, in out: made where they are not there yet, and made anew beside
 * where they are too small for that. They never shrink. 0 or -ENOMEM.
 */
int am_tables_get(struct am_model *m, struct am_snapshot *s, uint16_t vrf, const uint32_t n_routes[2],
	const struct am_fib *out[2]);
/* No reader is left. */
void am_grown_free(struct am_grown *grown, uint16_t n);
int am_tables_create(struct am_model *m);
void am_tables_free(struct am_model *m);

/*
 * At a commit: publish the classes of next, and change the prefixes in which both differ. old may
 * be NULL. True where am_tables_collect is due after a grace period.
 */
bool am_tables_commit(struct am_model *m, struct am_snapshot *next, const struct am_snapshot *old);
void am_tables_collect(struct am_model *m);
/* Before old is freed: no worker can have read the numbers of its classes any more. */
void am_tables_forget(struct am_model *m, const struct am_snapshot *old);

/* An Ethernet header but for its EtherType. */
void am_adjacency_link(
	struct am_adjacency *a, const struct am_mac *src, const struct am_mac *dst, uint16_t vlan);

/* Make hop's adjacency anew of what its next hop says. The one that was replaced, or NULL. */
struct am_adjacency *am_hop_link(struct am_snapshot *s, struct am_hop *hop);
/* The list that p is in has a live path, or has none any more: so have the hops that lead into it. */
void am_hops_follow(struct am_snapshot *s, const struct am_path *p);
/* All of a snapshot that no worker sees yet. */
void am_hops_link(struct am_snapshot *s);

/* Host routes of the kernel's neighbours (neighbour.c). */
int am_neighbours_create(struct am_model *m);
void am_neighbours_free(struct am_model *m);
/* Into FIBs that were made anew. */
void am_neighbours_publish(struct am_model *m);
/* After a grace period. */
void am_neighbours_retire(struct am_model *m, struct am_neighbour **gone, uint32_t n);

#endif
