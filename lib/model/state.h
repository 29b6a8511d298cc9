/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MODEL_STATE_H
#define MODEL_STATE_H
/* What outlives a reload: numbering, the FDB and what belongs to it, state that workers keep in long-lived objects. */
#include <stdbool.h>
#include <stdint.h>

#include "ids.h"
#include "model/model.h"
#include "snapshot.h"
#include "table/fdb.h"

enum { AM_MODEL_PORTS = AM_CONFIG_PORTS };

/*
 * Objects by index that stay where they are once made; they live until the model goes. There is room for every index from
 * the start (pages that are never written take no memory): one may be made while others are read.
 */
struct am_slab {
	uint32_t n;
	void **items;
};

bool am_slab_init(struct am_slab *slab); /* false: no memory */
void *am_slab_get(
	struct am_slab *slab, uint32_t index, size_t size); /* made, zeroed, where it is not there yet */
void am_slab_free(struct am_slab *slab);

/* GRE sequence numbers of a tunnel between two addresses. */
struct am_sequence {
	_Atomic uint32_t tx, rx;
};

struct am_bridge_state {
	struct am_bridge_stats stats;
	uint32_t learnt; /* entries that count against the MAC limit */
	uint32_t pairs;  /* the same of MAC/IP pairs */
};

/* A VRF's FIBs: IPv4 and IPv6. */
struct am_tables {
	struct am_fib *fib[2];
	uint8_t root_bits[2]; /* of the direct table of each */
};

struct am_learner;
struct am_pairs;
struct am_acl_entry;

struct am_model {
	struct am_fdb *fdb;
	uint64_t seed, generation;
	uint64_t serials;       /* snapshots made */
	uint64_t answers;       /* next hops that changed, to see whether one did since */
	struct am_map *as_rows; /* AS to row of counters */
	uint32_t *as_of;        /* the other way */
	_Atomic uint32_t n_as;  /* rows; by whoever prepares, read by control */
	struct am_ids *ports, *tunnels, *bridges, *members, *ifaces, *peers, *paths, *sequences, *vrfs,
		*interfaces, *route_classes, *acl_rows;
	struct am_acl_entry *acls;        /* compiled lists */
	struct am_slab table_slab;        /* struct am_tables by VRF */
	struct am_fib_room *room;         /* of all FIBs */
	am_route_slot *routes;            /* by number; workers read it */
	struct am_neighbour **neighbours; /* by index; control's alone */
	uint32_t end_neighbours;          /* none at it or behind */
	uint32_t *free_neighbours;        /* indexes that no worker can know any more */
	uint32_t n_free_neighbours;
	uint64_t fib_failures;        /* prefixes that could not be set for want of memory */
	struct am_slab sequence_slab; /* struct am_sequence by sequences */
	struct am_slab storm_slab;    /* struct am_storm_state by member id */
	struct am_slab bridge_slab;   /* struct am_bridge_state by bridge id */
	struct am_learner *learner;
	struct am_pairs *pairs;
	struct am_snapshot *running; /* NULL before the first commit */
};

struct am_plan {
	struct am_model *model;
	struct am_snapshot *snapshot;
	struct am_diff diff;
	struct am_retired *retired; /* made here so that commit needs no memory */
	uint64_t answers;           /* the model's, when the next hops were taken over */
};

struct am_retired {
	struct am_model *model;
	struct am_snapshot *snapshot; /* NULL: only strings */
	bool begun;                   /* am_model_retire_some has been here */
	bool room;                    /* what FIBs gave up before it can be used again */
	uint16_t n_fibs;
	struct am_grown *fibs; /* that larger ones have replaced */
	uint32_t n_adjacencies;
	struct am_adjacency **adjacencies;
	uint32_t n_neighbours;
	struct am_neighbour **neighbours;
	uint32_t n_strings;
	struct am_encap *strings[];
};

/* build.c: everything below the roots of a checked configuration. Complaints go to errors; 0, or -errno without one. */
int am_build(struct am_model *m, struct am_snapshot *s, const struct am_port_limits *limits,
	struct am_config_errors *errors);

/* as.c */
int am_as_create(struct am_model *m);
void am_as_free(struct am_model *m);
/* The row of an AS, a new one where it has none. 0 or -errno. */
int am_as_row(struct am_model *m, uint32_t as, uint32_t *row);

/* path.c */
/* The next hop towards remote, made where it is not there yet. 0 or -ENOMEM. */
int am_nexthop_want(struct am_snapshot *s, uint16_t vrf, const struct am_ip *remote, uint16_t *id);
/* The same towards a tunnel's remote, in its underlay; AM_NO_ID as long as that is not known. */
int am_tunnel_nexthop_want(
	struct am_snapshot *s, const struct am_conf_tunnel *t, unsigned stripe, uint16_t *id);
/*
 * One more path: spec, list, nexthop, tunnel and bridge of `what` are its own. Its string is made but not live. 0 or -errno
 * with err.
 */
int am_path_add(struct am_snapshot *s, const struct am_path *what, struct am_err *err);
/* Before a snapshot is published: take over what old (or NULL) knows of next hops, and link strings that have one. */
void am_paths_link(struct am_snapshot *s, const struct am_snapshot *old);

/* pairs.c */
struct am_pairs *am_pairs_create(uint64_t seed);
void am_pairs_free(struct am_pairs *p);
struct am_mac_ips *am_pairs_table(const struct am_pairs *p);
/* After a commit: what the file says is put in, what it no longer says or allows goes. */
void am_pairs_reconcile(struct am_model *m);
/* In a new second: what nobody has heard of for long goes, some thousand looked at in a call. */
void am_pairs_age(struct am_model *m, uint64_t now_s);
uint64_t am_pairs_memory(const struct am_pairs *p);

/* learn.c */
struct am_learner *am_learner_create(uint64_t seed);
void am_learner_free(struct am_learner *l);
uint64_t am_learner_memory(const struct am_learner *l);
/* After a commit: set what is static, and begin a walk that drops what points to nowhere. */
void am_learn_reconcile(struct am_model *m);
/* Go on with that walk until it is done. */
void am_learn_finish(struct am_model *m);

#endif
