/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BGP_DECISION_H
#define BGP_DECISION_H
/*
 * The best of several paths to one destination (RFC 4271 9.1.2.2, 4456 9, 5065 5.3, 7311 4.1, 9494 4.3), and for each other one the
 * step that it lost in. A function of the set alone: the order in which paths came changes nothing.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "bgp/attribute.h"

struct am_bgp_candidate {
	const struct am_bgp_attrs *attrs; /* with LOCAL_PREF where a policy set one, also from outside */
	enum am_bgp_peer_kind kind;
	uint32_t peer_id;  /* the peer's BGP identifier */
	struct am_ip peer; /* its address */
	uint32_t path_id;  /* RFC 7911 */
	uint32_t igp_cost; /* to the next hop */
	bool reachable;    /* the next hop is */
	bool stale;        /* long-lived stale (RFC 9494): the last resort */
};

struct am_bgp_decision_options {
	uint32_t default_local_pref; /* for a path without LOCAL_PREF; usually 100 */
	bool always_compare_med;     /* between different neighbour ASes, too */
	bool missing_med_is_worst;   /* else it is 0, as RFC 4271 9.1.2.2 c says */
	bool multipath_relax; /* paths of equal length need not be of the same ASes to be used together */
};

/* Why a path is not the best one, or that it is; the steps in their order. */
enum am_bgp_verdict {
	AM_BGP_BEST,
	AM_BGP_MULTIPATH, /* as good in all that concerns the network: may be used beside the best */
	AM_BGP_LOST_UNREACHABLE,
	AM_BGP_LOST_STALE,
	AM_BGP_LOST_LOCAL_PREF,
	AM_BGP_LOST_AIGP,
	AM_BGP_LOST_AS_PATH,
	AM_BGP_LOST_ORIGIN,
	AM_BGP_LOST_MED,
	AM_BGP_LOST_EXTERNAL,
	AM_BGP_LOST_IGP_COST,
	AM_BGP_LOST_CLUSTER_LIST,
	AM_BGP_LOST_IDENTIFIER,
	AM_BGP_LOST_ADDRESS,
	AM_BGP_LOST_PATH_ID,
	AM_BGP_LOST_LIMIT, /* as MULTIPATH, but as many as are wanted are used already: the table says it (rib.h) */
	AM_BGP_VERDICTS,
};

/*
 * The number of the best of n paths, or -1 where none is reachable; verdicts has room for n. MED is compared within the paths of one
 * neighbour AS first, and the best of each then meet (so that the result does not depend on any order). The time is of the order of n squared.
 */
int am_bgp_decide(const struct am_bgp_candidate *paths, size_t n,
	const struct am_bgp_decision_options *options, uint8_t *verdicts);

/* For people: the name of the step; constant. */
const char *am_bgp_verdict_name(enum am_bgp_verdict verdict);
/* The same as half a sentence about the path. */
const char *am_bgp_verdict_text(enum am_bgp_verdict verdict);

#endif
