/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BGP_RIB_STATE_H
#define BGP_RIB_STATE_H
/*
 * What the files of the routing table share. News go one way:
 *
 *   rib_in.c (adj-in) ─▶ decide marks ─▶ rib_decide.c ─▶ dirty marks ─▶ rib_group.c (adj-out) ─▶ rib_pack.c ─▶ queues of the peers
 *   rib_import.c judges                                └▶ change marks ─▶ rib_change.c    rib_export.c judges
 *
 * Between two of them stands a set of marks, so each stage does as much at a time as it is allowed, and a prefix that changes twice before the next
 * stage looks is looked at once.
 */
#include "bgp/prefix_list.h"
#include "bgp/rib.h"
#include "marks.h"
#include "pool.h"
#include "table.h"

enum { NOBODY = UINT16_MAX };

enum {
	AM_BGP_QUEUE_FULL = 64, /* messages that wait for one peer before it holds up its group */
	AM_BGP_BATCH = 1024,    /* paths that are packed together */
};

enum am_bgp_route_flag { AM_BGP_ROUTE_MULTIPATH = 1 };

/* One path of adj-in. */
struct am_bgp_route {
	uint32_t next; /* of the same prefix */
	am_bgp_set_id received, imported;
	uint32_t path_id;
	uint16_t peer;
	uint8_t epoch; /* of its peer and family, when it came */
	uint8_t flags;
};

/*
 * What came from one peer in one family. Each loss of the session and each BoRR begins an epoch; routes know the one that they came in, so all of
 * them become stale, or go, by one number. Epochs wrap: they are compared by their distance from the present one.
 */
struct am_bgp_in {
	uint32_t count;
	uint8_t epoch;  /* the present one */
	uint8_t floor;  /* routes of older ones do not count any more, and go when the sweep comes by */
	uint8_t fresh;  /* routes of older ones are stale */
	uint8_t oldest; /* there are none of older ones */
	bool long_lived;
	bool redecide;       /* the walk marks every route of the peer */
	uint32_t sweep_at;   /* the prefix where the sweep is; 0: it does not run */
	uint32_t recheck_at; /* of the walk that judges again */
	bool recheck_some;   /* it judges only prefixes in the table's doubtful list */
};

/* Bytes of a message for several peers. */
struct am_bgp_shared {
	uint32_t refs, len;
	uint8_t bytes[];
};

struct am_bgp_queue {
	struct am_bgp_shared **ring;
	uint32_t first, count, room; /* room is a power of two */
	am_time full_since;          /* ns 0: it is not full */
};

enum am_bgp_out_mode {
	AM_BGP_OUT_OFF,
	AM_BGP_OUT_JOINING, /* is told all that its group was told, from the first prefix on */
	AM_BGP_OUT_BEHIND,  /* reads slowly: prefixes that changed are marked, and told when it reads */
	AM_BGP_OUT_IN_STEP, /* gets what the group packs */
};

/* What one peer is told of one family. */
struct am_bgp_out {
	struct am_bgp_group *group;
	enum am_bgp_out_mode mode;
	uint32_t at; /* JOINING: the next prefix */
	bool again;  /* JOINING: it was told all before, so withdrawals of prefixes further on count, too */
	struct am_bgp_marks behind;
	bool end_of_rib, end_of_refresh; /* to be sent when it has been told all */
	bool again_due;                  /* it asked for a refresh, which has to wait */
	/* BEHIND: path identifiers up to this one may be known to it from another group. */
	uint16_t unsure;
};

struct am_bgp_peer_state {
	struct am_bgp_rib_peer config;
	bool leaving, up;
	struct am_bgp_agreed agreed;
	struct am_bgp_context send;
	size_t max; /* octets of a message */
	struct am_bgp_in in[AM_BGP_FAMILIES];
	struct am_bgp_out out[AM_BGP_FAMILIES];
	struct am_bgp_queue queue;
	uint8_t raised[AM_BGP_FAMILIES]; /* events that wait, a bit each */
	uint8_t told[AM_BGP_FAMILIES];   /* events of limits that were raised, and are not again */
};

/* What peers that are told the same have in common. */
struct am_bgp_export {
	enum am_bgp_family family;
	struct am_bgp_neighbour to; /* kind and AS alone */
	uint32_t local_as, cluster_id;
	bool reflector_client, next_hop_self, transparent;
	bool has_role;
	uint8_t role;
	bool next_hop6;  /* RFC 8950 */
	bool long_lived; /* RFC 9494 */
	bool path_ids;
	uint16_t paths; /* how many of a prefix */
	struct am_bgp_next_hop next_hop;
	struct am_bgp_filter filter;
	struct am_bgp_context send;
	size_t max;
	struct am_bgp_limit limit;
	uint64_t mrai;
};

/* One path that a group was told. */
struct am_bgp_told_path {
	uint32_t next;     /* in the pool; 0: the last */
	am_bgp_set_id set; /* 0: withdrawn, but somebody has not been told yet */
	uint32_t path_id;  /* 1 to AM_BGP_RIB_MULTIPATH, or 0 without add-path */
	uint32_t route;    /* that it was made of, with add-path; it may be gone */
	uint16_t from;     /* the peer that the route came from, which is not told */
};

enum { AM_BGP_PAGE = 4096 };

/* What a group was told, for so many prefixes. */
struct am_bgp_page {
	uint32_t live;
	uint32_t told[AM_BGP_PAGE]; /* a set; with add-path, the first of a list of paths; 0: nothing */
	uint16_t from[AM_BGP_PAGE]; /* without add-path */
};

/* The last path that was judged on its way out, up to the filter. */
struct am_bgp_outlet {
	am_bgp_set_id in; /* held; 0: none */
	uint16_t peer;
	bool long_lived;
	const char *denied;
	const char *why;        /* of the last route that was not exported: half a sentence */
	am_bgp_set_id accepted; /* held; what it is where the filter leaves it alone; 0: not known yet */
	struct am_bgp_path path;
	struct am_bgp_span extra;
	uint8_t room[AM_BGP_EXTENDED_MAX]; /* what is new in path */
};

struct am_bgp_group {
	struct am_bgp_group *next;
	unsigned number;
	bool dying; /* nobody is in it; its sets are released in steps */
	struct am_bgp_export rules;
	uint16_t *members;
	unsigned n_members, room;
	struct am_bgp_marks dirty; /* prefixes to be looked at */
	uint32_t at;               /* where the present pass over them is; 0: none is under way */
	uint32_t walk_at;          /* all prefixes are looked at, from here on; 0: done */
	bool walk_some;            /* only those in the table's doubtful list */
	struct am_bgp_page **pages;
	uint32_t n_pages;
	struct am_bgp_pool paths; /* of struct am_bgp_told_path, with add-path */
	uint32_t advertised;
	bool limited;
	bool end_due;      /* somebody waits for its End-of-RIB */
	am_time next_pass; /* RFC 4271 9.2.1.1 */
	struct am_bgp_outlet outlet;
};

/* A path that is to be packed. */
struct am_bgp_entry {
	uint32_t node, path_id;
	am_bgp_set_id set; /* 0: withdrawn */
	uint16_t except, only;
	uint32_t next; /* of the same bucket */
};

struct am_bgp_bucket {
	am_bgp_set_id set;
	uint16_t except, only;
	uint32_t first, last;
};

enum { AM_BGP_ENTRIES = AM_BGP_BATCH + 3 * AM_BGP_RIB_MULTIPATH, AM_BGP_PACK_HASH = 4096 };

/* What is packed together: paths of the same set, for the same peers, go into the same messages. */
struct am_bgp_pack {
	uint32_t n, n_buckets;
	struct am_bgp_entry entries[AM_BGP_ENTRIES];
	struct am_bgp_bucket buckets[AM_BGP_ENTRIES];
	uint16_t hash[AM_BGP_PACK_HASH]; /* number of a bucket + 1 */
	uint8_t nlri[AM_BGP_EXTENDED_MAX];
	uint8_t message[AM_BGP_EXTENDED_MAX];
};

/* Room for the paths of one prefix while it is decided. */
struct am_bgp_field {
	uint32_t room;
	struct am_bgp_candidate *paths;
	struct am_bgp_set *sets;
	uint32_t *routes;
	uint8_t *verdicts;
};

struct am_bgp_rib {
	struct am_bgp_rib_config config;
	struct am_bgp_store *store;
	struct am_bgp_table tables[AM_BGP_FAMILIES];
	struct am_bgp_pool routes;
	struct am_bgp_marks decide[AM_BGP_FAMILIES], changes[AM_BGP_FAMILIES];
	uint32_t decide_at[AM_BGP_FAMILIES], change_at[AM_BGP_FAMILIES];
	uint32_t again_at[AM_BGP_FAMILIES];    /* all prefixes are named as changes, from here on; 0: no */
	uint32_t redecide_at[AM_BGP_FAMILIES]; /* all are decided again, from here on; 0: no */
	struct am_bgp_peer_state **peers;
	unsigned n_peers, peer_room; /* places, and how many the list has room for */
	struct am_bgp_group *groups;
	unsigned n_groups_made;
	unsigned n_add_path;                 /* groups that are sent several paths */
	struct am_bgp_prefix_list *doubtful; /* what am_bgp_rib_recheck() was told last; NULL: all */
	struct am_bgp_field field;
	struct am_bgp_pack *pack;
	struct am_bgp_rib_path *shown; /* of the change that was handed out */
	uint8_t *scratch;              /* AM_BGP_FILTER_ROOM, for filters */
	unsigned turn;                 /* which work is next */
	unsigned event_at;             /* the peer that was asked for events last */
	struct am_bgp_rib_counters counters;
};

static inline struct am_bgp_route *am_bgp_route_at(const struct am_bgp_rib *rib, uint32_t id)
{
	return am_bgp_pool_at(&rib->routes, id);
}

static inline uint8_t am_bgp_age(const struct am_bgp_in *in, uint8_t epoch)
{
	return (uint8_t)(in->epoch - epoch);
}

/* Does the route still count? */
static inline bool am_bgp_route_lives(const struct am_bgp_in *in, const struct am_bgp_route *route)
{
	return am_bgp_age(in, route->epoch) <= am_bgp_age(in, in->floor);
}

static inline bool am_bgp_route_stale(const struct am_bgp_in *in, const struct am_bgp_route *route)
{
	return am_bgp_age(in, route->epoch) > am_bgp_age(in, in->fresh);
}

/* Is there a prefix of this number? */
static inline bool am_bgp_node_used(const struct am_bgp_table *table, uint32_t id)
{
	return am_bgp_pool_has(&table->nodes, id) && am_bgp_node_at(table, id)->flags & AM_BGP_NODE_USED;
}

/* rib.c */
/* A prefix, made where it is new, with a place in every set of marks. 0: no memory. */
uint32_t am_bgp_rib_node(struct am_bgp_rib *rib, enum am_bgp_family family, const struct am_bgp_key *key);
/* Remove the prefix where nothing hangs at it and nobody waits to look at it. */
void am_bgp_rib_tidy(struct am_bgp_rib *rib, enum am_bgp_family family, uint32_t node);
void am_bgp_raise(struct am_bgp_peer_state *peer, enum am_bgp_family family, enum am_bgp_rib_event_type type);
/* Is count at the limit? Raises what is to be said of it. first: AM_BGP_RIB_LIMIT_IN_WARN or _OUT_WARN. */
bool am_bgp_limit_reached(struct am_bgp_peer_state *peer, enum am_bgp_family family,
	const struct am_bgp_limit *limit, uint32_t count, enum am_bgp_rib_event_type first);

/* rib_peer.c: is the prefix in the list of the last am_bgp_rib_recheck()? */
bool am_bgp_rib_is_doubtful(const struct am_bgp_rib *rib, enum am_bgp_family family, uint32_t node);

/* rib_import.c: one attribute set, judged for any number of prefixes. */
struct am_bgp_intake {
	const struct am_bgp_peer_state *peer;
	am_bgp_set_id received,
		base;    /* as it came, and after the rules of the RFCs; held. received 0: nothing is open */
	const char *why; /* those reject it */
	struct am_bgp_path path;
	struct am_bgp_span extra;
};
/* received is held by the caller, and set is what it says. -ENOMEM. */
int am_bgp_intake_open(struct am_bgp_rib *rib, struct am_bgp_intake *intake,
	const struct am_bgp_peer_state *peer, enum am_bgp_family family, am_bgp_set_id received,
	const struct am_bgp_set *set);
void am_bgp_intake_close(struct am_bgp_rib *rib, struct am_bgp_intake *intake);
/* What becomes of it with this prefix; *out is held, or 0 where it is rejected, and then *why may be asked for. -ENOMEM. */
int am_bgp_intake_judge(struct am_bgp_rib *rib, struct am_bgp_intake *intake, const struct am_bgp_nlri *nlri,
	am_bgp_set_id *out, const char **why);

/* rib_in.c */
/* Walk on through a peer's routes: the sweep and what is to be judged again. The budget that is left; -ENOMEM. */
int64_t am_bgp_in_walk(struct am_bgp_rib *rib, unsigned peer, enum am_bgp_family family, int64_t budget);
/* A new epoch. keep: the routes of the present one still count. */
void am_bgp_in_epoch(struct am_bgp_rib *rib, unsigned peer, enum am_bgp_family family, bool keep);
/*
 * RFC 7313 4.2: a BoRR begins a new epoch. Of a peer that begins 200 before the first is swept, the next ones are taken for the last: nothing it sends
 * makes one call go through the table.
 */
void am_bgp_in_refreshed(struct am_bgp_rib *rib, unsigned peer, enum am_bgp_family family);
/* Routes of older epochs than floor, or than the present one, go. */
void am_bgp_in_drop(struct am_bgp_in *in, uint8_t floor);
void am_bgp_in_sweep(struct am_bgp_in *in);
/* some: only what am_bgp_rib_is_doubtful(). */
void am_bgp_in_recheck(struct am_bgp_in *in, bool some);

/* rib_decide.c */
bool am_bgp_field_fit(struct am_bgp_field *field, uint32_t n);
void am_bgp_field_release(struct am_bgp_field *field);
/* The paths that count, into rib->field; how many. -ENOMEM. */
int am_bgp_field_fill(struct am_bgp_rib *rib, enum am_bgp_family family, const struct am_bgp_node *node);
/* After the decision: of the paths that may be used beside the best one, no more than are wanted, the better ones. */
void am_bgp_field_limit(struct am_bgp_rib *rib, unsigned n);
int64_t am_bgp_decide_some(struct am_bgp_rib *rib, enum am_bgp_family family, int64_t budget);
int64_t am_bgp_redecide_some(struct am_bgp_rib *rib, enum am_bgp_family family, int64_t budget);

/* rib_change.c */
int64_t am_bgp_again_some(struct am_bgp_rib *rib, enum am_bgp_family family, int64_t budget);

/* rib_export.c */
/* What the group is told of this route: a set, held; 0: nothing. -ENOMEM. */
int am_bgp_export_route(struct am_bgp_rib *rib, struct am_bgp_group *group, const struct am_bgp_nlri *nlri,
	const struct am_bgp_route *route, am_bgp_set_id *out);
void am_bgp_outlet_close(struct am_bgp_rib *rib, struct am_bgp_outlet *outlet);

/* rib_group.c */
bool am_bgp_group_fit(struct am_bgp_group *group, uint32_t end);
/* Put the peer into the group that fits it, made where there is none. -ENOMEM. */
int am_bgp_group_join(struct am_bgp_rib *rib, unsigned peer, enum am_bgp_family family);
void am_bgp_group_leave(struct am_bgp_rib *rib, unsigned peer, enum am_bgp_family family);
void am_bgp_group_free(struct am_bgp_rib *rib, struct am_bgp_group *group);
/* When it has something to do. */
am_time am_bgp_group_due(const struct am_bgp_rib *rib, const struct am_bgp_group *group);
int64_t am_bgp_group_some(struct am_bgp_rib *rib, struct am_bgp_group *group, int64_t budget, am_time now);
int64_t am_bgp_group_die(struct am_bgp_rib *rib, struct am_bgp_group *group, int64_t budget);

/* rib_told.c: what a group was told of a prefix, up to AM_BGP_RIB_MULTIPATH paths, withdrawn ones among them. */
unsigned am_bgp_told_get(const struct am_bgp_group *group, uint32_t node, struct am_bgp_told_path *paths);
/* Takes over the references of paths and gives up those of what it was. -ENOMEM, and nothing changed. */
int am_bgp_told_set(struct am_bgp_rib *rib, struct am_bgp_group *group, uint32_t node,
	const struct am_bgp_told_path *paths, unsigned n);
static inline bool am_bgp_told_any(const struct am_bgp_group *group, uint32_t node)
{
	uint32_t number = node / AM_BGP_PAGE;
	const struct am_bgp_page *page = number < group->n_pages ? group->pages[number] : NULL;

	return page && page->told[node % AM_BGP_PAGE];
}

/* rib_pack.c */
void am_bgp_pack_add(struct am_bgp_rib *rib, const struct am_bgp_entry *entry);
bool am_bgp_pack_full(const struct am_bgp_pack *pack);
/*
 * Make messages of what was added and queue them: for receiver, or where that is NOBODY, for all members in step. What there is no memory for
 * is marked as behind.
 */
void am_bgp_pack_flush(struct am_bgp_rib *rib, struct am_bgp_group *group, unsigned receiver);

/* rib_out.c */
bool am_bgp_queue_fit(struct am_bgp_queue *queue, uint32_t more);
void am_bgp_queue_put(struct am_bgp_queue *queue, struct am_bgp_shared *message); /* it fits */
void am_bgp_queue_release(struct am_bgp_queue *queue);
struct am_bgp_shared *am_bgp_shared_of(
	const struct am_writer *w); /* a copy, with no reference; NULL: no memory */
bool am_bgp_out_ready(const struct am_bgp_rib *rib, unsigned peer, enum am_bgp_family family);
/* Tell a peer that is not in step what its group knows. The budget that is left; -ENOMEM. */
int64_t am_bgp_out_some(struct am_bgp_rib *rib, unsigned peer, enum am_bgp_family family, int64_t budget);
/* Tell it all again, after BoRR where enhanced (RFC 7313), now or when it may begin. False: no memory, and nothing is done. */
bool am_bgp_out_again(struct am_bgp_rib *rib, unsigned peer, enum am_bgp_family family, bool enhanced);
/* All was told: End-of-RIB, or EoRR, and it goes on in this mode, or with the refresh that waited. False: no memory, it stays to be said. */
bool am_bgp_out_end(
	struct am_bgp_rib *rib, unsigned peer, enum am_bgp_family family, enum am_bgp_out_mode mode);

#endif
