/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BGP_RIB_H
#define BGP_RIB_H
/*
 * The routing table (RFC 4271 3.2): what peers said (adj-in), what policy made of it, which path is best (loc-rib), and what peers are told
 * (adj-out). It does no I/O and knows no session: the program, or am_bgp_speaker, stands between and does this:
 *
 *   a session comes UP          am_bgp_rib_up()
 *   it has an UPDATE            am_bgp_rib_update()
 *   it has a REFRESH            am_bgp_rib_refresh()
 *   it goes DOWN                am_bgp_rib_down(), with the families that become stale (RFC 4724)
 *   there is time               am_bgp_rib_step() with a budget, while it says that there is more or am_bgp_rib_deadline() is reached
 *   a session can take more     am_bgp_rib_output() and am_bgp_send_message(), then am_bgp_rib_sent()
 *   after any of these          am_bgp_rib_next_event(), and am_bgp_rib_next_change() where routes are wanted
 *
 * Work: am_bgp_rib_update() does what one UPDATE asks of adj-in. All else (best paths, what to tell whom, the routes of a lost peer, a new
 * policy) is done by am_bgp_rib_step(), in pieces: one unit of budget is about one prefix looked at, well below 10 us. So a table of any
 * size never keeps a program from its timers. Two states in which a prefix was between two pieces are seen as one change.
 * Ownership: the table takes copies of all that it is given but for policies. What it hands out lives until the next call that is not const.
 * Threads: none. Time: monotonic, as everywhere in this library.
 * Errors: negative errno. After -ENOMEM the table is whole: from update(), part of its routes were not taken, so end that session (Cease 8);
 * from step(), the same work is tried again at the next call.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "bgp/decision.h"
#include "bgp/filter.h"
#include "bgp/session.h"
#include "bgp/store.h"

struct am_bgp_rib;

enum {
	AM_BGP_RIB_PEERS = 4096,   /* at most so many at a time */
	AM_BGP_RIB_MULTIPATH = 64, /* and so many paths of one prefix used together, or sent by add-path */
	AM_BGP_RIB_PATIENCE_MS =
		1000, /* a peer that reads nothing for so long no longer holds up its group */
};

struct am_bgp_rib_config {
	struct am_bgp_decision_options decision;
	uint16_t
		multipath; /* most paths that are used together; 0 is 1 in changes, and no limit in explanations */
	bool changes;      /* the program pulls am_bgp_rib_next_change() */
	uint64_t seed; /* drawn by the program: see am_bgp_store_create() */
	/*
	 * Can this next hop be reached, and at what cost (RFC 4271 9.1.2.1)? NULL: always, at cost 0. Asked whenever a prefix is decided; after
	 * an answer has changed, call am_bgp_rib_recheck_next_hops(). interface is that of the peer.
	 */
	bool (*reach)(void *program, const struct am_bgp_next_hop *hop, uint32_t interface, uint32_t *cost);
	void *program; /* handed to reach */
};

/* -EINVAL, -ENOMEM. */
int am_bgp_rib_create(const struct am_bgp_rib_config *config, struct am_bgp_rib **out);
void am_bgp_rib_free(struct am_bgp_rib *rib);

/* How many prefixes may come in or go out of one family; 0: no limit. Two events tell of them, one each. */
struct am_bgp_limit {
	uint32_t max; /* what is beyond it is not taken, or not sent */
	uint8_t warn; /* per cent of it, 0: no warning */
};

/* What is configured of a peer. */
struct am_bgp_rib_peer {
	struct am_bgp_neighbour neighbour; /* id is taken from the session */
	uint32_t local_as, local_id;       /* loops are found by them (RFC 4271 9.1.2, 4456 8) */
	uint32_t own_as
		[2]; /* what else is our AS: behind a local_as of this peer's own, in a confederation; 0: none */
	struct am_ip own_address[4]; /* no next hop of routes from it (RFC 4271 5.1.3); of no family: none */
	uint8_t allow_own_as;        /* how often our ASes, taken together, may stand in a path from it */
	bool enforce_first_as;       /* RFC 4271 6.3: an external peer's paths begin with its AS */
	bool has_role;
	uint8_t role; /* ours, enum am_bgp_role (RFC 9234) */
	bool reflector_client;
	uint32_t cluster_id; /* RFC 4456; 0: local_id */
	struct am_bgp_filter import, export;
	struct am_bgp_limit limit_in[AM_BGP_FAMILIES], limit_out[AM_BGP_FAMILIES];
	/*
	 * What stands in for the next hop of routes of a family: to external peers always, to internal ones where next_hop_self. One without
	 * len leaves it as it came. A filter may replace it.
	 */
	struct am_bgp_next_hop next_hop[AM_BGP_FAMILIES];
	bool next_hop_self;
	bool transparent; /* external, and we are a route server (RFC 7947 2.2): what external peers said is told as it came */
	uint16_t
		add_path_send; /* most paths of a prefix told to it, where add-path was agreed on (RFC 7911) */
	uint64_t mrai;         /* ns between two bursts of news to it (RFC 4271 9.2.1.1); 0: at once */
};

/*
 * A peer's number, which stays its own until am_bgp_rib_remove(). -EINVAL, -ENOMEM, -ENFILE where AM_BGP_RIB_PEERS are there. One with
 * neighbour.local is the program's own: it is up at once and has no session.
 */
int am_bgp_rib_add(struct am_bgp_rib *rib, const struct am_bgp_rib_peer *peer);
/* Its routes go in steps; its number is given again only after that. */
void am_bgp_rib_remove(struct am_bgp_rib *rib, unsigned peer);

/*
 * The session came up. All that the peer is to be told is told anew, in steps, with an End-of-RIB behind it. Routes that were stale
 * stay so until the peer's End-of-RIB, or am_bgp_rib_sweep(). -ENOMEM.
 */
int am_bgp_rib_up(struct am_bgp_rib *rib, unsigned peer, const struct am_bgp_peer *session);
/*
 * The session ended. Routes of families in stale stay and are stale; those that were stale before, and of other families, go in steps. The
 * program keeps the restart timer, am_bgp_rib_sweep() ends it.
 */
void am_bgp_rib_down(struct am_bgp_rib *rib, unsigned peer, am_bgp_families stale);
/* Routes of these families that are still stale go, in steps (RFC 4724 4.2, 9494 4.2). */
void am_bgp_rib_sweep(struct am_bgp_rib *rib, unsigned peer, am_bgp_families families);
/*
 * RFC 9494 4.2 and 4.3: the restart time is over, and stale routes of these families live longer: as the last resort, with LLGR_STALE, not told
 * to who does not know that. Those with NO_LLGR go.
 */
void am_bgp_rib_long_lived(struct am_bgp_rib *rib, unsigned peer, am_bgp_families families);

/* What an UPDATE event has, of each class but RESET. An End-of-RIB sweeps what is stale. -ENOMEM. */
int am_bgp_rib_update(struct am_bgp_rib *rib, unsigned peer, const struct am_bgp_update *update);
/* What a REFRESH event has: tell again (RFC 2918; with BoRR and EoRR around it, RFC 7313), or the peer tells again. */
void am_bgp_rib_refresh(struct am_bgp_rib *rib, unsigned peer, const struct am_bgp_refresh *refresh);
/* The program's own routes, of a local peer; any other's too, in tests. set->attrs without NEXT_HOP. -ENOMEM, -EINVAL. */
int am_bgp_rib_announce(
	struct am_bgp_rib *rib, unsigned peer, const struct am_bgp_nlri *nlri, const struct am_bgp_set *set);
int am_bgp_rib_withdraw(struct am_bgp_rib *rib, unsigned peer, const struct am_bgp_nlri *nlri);

/*
 * Replace a policy. The new one is used from this call on, the old one never again. In steps, the peer's routes are judged again, as they
 * were received: no refresh is needed (soft reconfiguration). Only what comes out differently is decided or told again. -ENOMEM (export).
 */
void am_bgp_rib_set_import(struct am_bgp_rib *rib, unsigned peer, struct am_bgp_filter filter);
int am_bgp_rib_set_export(struct am_bgp_rib *rib, unsigned peer, struct am_bgp_filter filter);
/* As set_import and set_export of every peer that has the old filter, in one go. */
void am_bgp_rib_swap_filter(
	struct am_bgp_rib *rib, struct am_bgp_filter old, struct am_bgp_filter replacement);
/*
 * The filters answer differently than before (RPKI data came): in steps, judge again, in and out, what is in one of these n prefixes; NULL: all.
 * Another call before that is done makes it all.
 */
void am_bgp_rib_recheck(struct am_bgp_rib *rib, const struct am_prefix *within, size_t n);
/* Next hops became reachable, or not, or cost something else: decide again. */
void am_bgp_rib_recheck_next_hops(struct am_bgp_rib *rib);

/*
 * Do up to budget units of work. 1: there is more to do now; 0: nothing until am_bgp_rib_deadline(), or until a peer has read; -ENOMEM. Work
 * alternates between its kinds, so that a long one does not keep back the others.
 */
int am_bgp_rib_step(struct am_bgp_rib *rib, uint32_t budget, am_time now);
/* When am_bgp_rib_step() has something to do: 0 is now, ns UINT64_MAX never. */
am_time am_bgp_rib_deadline(const struct am_bgp_rib *rib);

/*
 * The next whole message for a peer, packed and encoded for its session; false: none yet. It stays the next one until am_bgp_rib_sent(). A
 * table gathers a few messages for each peer and no more; what changes meanwhile coalesces.
 */
bool am_bgp_rib_output(const struct am_bgp_rib *rib, unsigned peer, struct am_bgp_span *message);
void am_bgp_rib_sent(struct am_bgp_rib *rib, unsigned peer);

enum am_bgp_rib_event_type {
	AM_BGP_RIB_LIMIT_IN_WARN,
	AM_BGP_RIB_LIMIT_IN, /* end the session: Cease 1 (RFC 4486) */
	AM_BGP_RIB_LIMIT_OUT_WARN,
	AM_BGP_RIB_LIMIT_OUT,
	AM_BGP_RIB_CONVERGED, /* all of the family was told to this peer once, End-of-RIB too */
	AM_BGP_RIB_EVENTS,
};

struct am_bgp_rib_event {
	enum am_bgp_rib_event_type type;
	unsigned peer;
	enum am_bgp_family family;
	uint32_t count, max; /* prefixes now, and the limit */
};
bool am_bgp_rib_next_event(struct am_bgp_rib *rib, struct am_bgp_rib_event *out);

/* One path of a prefix, for changes and for `show`. */
struct am_bgp_rib_path {
	unsigned peer;
	uint32_t path_id;       /* as received */
	am_bgp_set_id received; /* in am_bgp_rib_store() */
	am_bgp_set_id
		imported; /* what policy made of it; the same where it changed nothing; 0: it was rejected */
	bool stale, long_lived;
	enum am_bgp_verdict verdict; /* of a path that was not rejected */
	const char *why;             /* of a rejected one: half a sentence */
};

struct am_bgp_rib_change {
	struct am_bgp_nlri nlri; /* of EVPN, with what the best path says beside the key */
	unsigned n;              /* 0: the prefix is gone; at most config.multipath, the best one first */
	const struct am_bgp_rib_path *paths;
};
/* The next prefix whose best paths are others than the program knows. The same paths may be named again. */
bool am_bgp_rib_next_change(struct am_bgp_rib *rib, struct am_bgp_rib_change *out);
/* Name all prefixes of a family again, in steps: the program lost what it knew. */
void am_bgp_rib_changes_again(struct am_bgp_rib *rib, enum am_bgp_family family);

/*
 * Every path of one prefix, each with why it is the best, or not, or why it was rejected; decided anew for the question, so it costs nothing
 * before. How many there are; paths has room for max. -ENOENT where the prefix has none. nlri->path_id is not looked at.
 */
int am_bgp_rib_explain(
	struct am_bgp_rib *rib, const struct am_bgp_nlri *nlri, struct am_bgp_rib_path *paths, size_t max);

/* Go through all prefixes of a family: *cursor begins with 0. False at the end. Changes between two calls do no harm. */
bool am_bgp_rib_walk(
	const struct am_bgp_rib *rib, enum am_bgp_family family, uint32_t *cursor, struct am_bgp_nlri *out);

/* What an EVPN route says beside its key: put back from a set of one of its paths into what walk() gave. Others stay as they are. */
void am_bgp_rib_restore(const struct am_bgp_set *set, struct am_bgp_nlri *nlri);

/* What a peer is told of a prefix: sets and path identifiers, up to max; how many. 0 where it is not told of it. */
struct am_bgp_rib_told {
	uint32_t path_id;
	am_bgp_set_id set;
};
int am_bgp_rib_told(const struct am_bgp_rib *rib, unsigned peer, const struct am_bgp_nlri *nlri,
	struct am_bgp_rib_told *told, size_t max);

/* Why a peer is not told of a prefix: half a sentence that lives as long as the policies; NULL where it is told. Worked out for the question. */
const char *am_bgp_rib_why_not_told(struct am_bgp_rib *rib, unsigned peer, const struct am_bgp_nlri *nlri);

/* Where set numbers of paths are decoded. */
struct am_bgp_store *am_bgp_rib_store(struct am_bgp_rib *rib);

struct am_bgp_rib_counters {
	uint32_t prefixes[AM_BGP_FAMILIES], routes[AM_BGP_FAMILIES];
	size_t memory;                       /* octets that the table has asked for, the store's too */
	uint64_t announcements, withdrawals; /* received, of single prefixes */
	uint64_t decisions, changes;         /* prefixes decided, and those that came out differently */
	uint64_t messages, shared;           /* UPDATEs packed, and how often one was handed out */
};
void am_bgp_rib_counters(const struct am_bgp_rib *rib, struct am_bgp_rib_counters *out);

struct am_bgp_rib_peer_counters {
	uint32_t received[AM_BGP_FAMILIES];   /* routes in adj-in */
	uint32_t advertised[AM_BGP_FAMILIES]; /* prefixes told to its group */
	unsigned group;                       /* peers of one number share their UPDATEs */
};
void am_bgp_rib_peer_counters(
	const struct am_bgp_rib *rib, unsigned peer, struct am_bgp_rib_peer_counters *out);

#endif
