/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BGP_POLICY_H
#define BGP_POLICY_H
/*
 * A policy is data: rules in order, each with conditions that must all hold, actions, and what becomes of the route then. Whoever makes one
 * (lib/bgpconf does, from JSON) owns it and all that it points to, and keeps both as long as a table uses it.
 *
 * am_bgp_policy_run() is the filter of filter.h. It allocates nothing, writes to scratch only where a list changes, and takes time of the
 * order of the rules. A rule sees what the actions of rules before it have made of the route.
 *
 * RFC 4271 9.1.1 and 9.1.3 say where policies stand, RFC 8212 what holds without one, RFC 6811 2 what the states of RPKI are, RFC 1997, 4360
 * and 8092 what communities are; what a rule can ask and do is no RFC's. Local preference, MED and AS numbers are 32 bits, in host order.
 * Errors: none, a policy cannot fail but by rejecting. Threads: any number may run one policy.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bgp/as_regex.h"
#include "bgp/community_pattern.h"
#include "bgp/filter.h"
#include "bgp/prefix_list.h"
#include "bgp/roa.h"

enum am_bgp_condition_type {
	AM_BGP_IF_PREFIX, /* lists: of unicast routes and EVPN prefixes (type 5); the IP address of type 2 counts as a host's prefix */
	AM_BGP_IF_NEXT_HOP,    /* lists */
	AM_BGP_IF_PEER,        /* lists: the address of who it comes from */
	AM_BGP_IF_AS_PATH,     /* regexes: any of them fits */
	AM_BGP_IF_AS_IN_PATH,  /* ranges: any AS of the path is in one of them */
	AM_BGP_IF_ORIGIN_AS,   /* ranges: of the AS that originated it, none where it ends in a set */
	AM_BGP_IF_FIRST_AS,    /* ranges: of the AS that the path begins with */
	AM_BGP_IF_PEER_AS,     /* ranges: of who it comes from */
	AM_BGP_IF_TO_AS,       /* ranges: of who it goes to */
	AM_BGP_IF_PATH_LENGTH, /* ranges: as best path counts it, a set as one */
	AM_BGP_IF_MED,         /* ranges; a route without one is in none */
	AM_BGP_IF_LOCAL_PREF,  /* ranges; a route without one is in none */
	AM_BGP_IF_COMMUNITY,   /* patterns: any community of the route fits any of them */
	AM_BGP_IF_RPKI, /* bits: AM_BGP_BIT() of enum am_bgp_roa_state; without a ROA table it is not-found */
	AM_BGP_IF_FAMILY,    /* bits of enum am_bgp_family */
	AM_BGP_IF_FROM,      /* bits of enum am_bgp_peer_kind, or AM_BGP_FROM_LOCAL */
	AM_BGP_IF_TO,        /* bits of enum am_bgp_peer_kind; on the way in it never holds */
	AM_BGP_IF_ORIGIN,    /* bits of AM_BGP_ORIGIN_IGP and so on */
	AM_BGP_IF_EVPN_TYPE, /* bits 0 to 31 of the route type; other families have none */
	AM_BGP_CONDITION_TYPES,
};

#define AM_BGP_BIT(n) (1u << (n))
enum { AM_BGP_FROM_LOCAL = 3 }; /* the program's own routes, beside the three kinds of peers */

struct am_bgp_condition {
	uint8_t type; /* enum am_bgp_condition_type */
	bool negated; /* it must not hold */
	uint32_t n;   /* of what the pointer points to; 0 never holds */
	union {
		const struct am_bgp_prefix_list *const *lists;
		const struct am_bgp_as_regex *const *regexes;
		const struct am_bgp_range *ranges; /* ascending, and apart from each other */
		const struct am_bgp_community_pattern *patterns;
		uint32_t bits;
	};
};

enum am_bgp_action_type {
	AM_BGP_SET_LOCAL_PREF,
	AM_BGP_ADD_LOCAL_PREF, /* to 100 where it has none; it stays within 32 bits */
	AM_BGP_SUB_LOCAL_PREF, /* the same, down to 0 */
	AM_BGP_SET_MED,
	AM_BGP_ADD_MED, /* to 0 where it has none */
	AM_BGP_SUB_MED,
	AM_BGP_REMOVE_MED,
	AM_BGP_SET_ORIGIN,
	AM_BGP_ADD_COMMUNITIES,    /* patterns that are one; those there already are not repeated */
	AM_BGP_DELETE_COMMUNITIES, /* patterns */
	AM_BGP_SET_COMMUNITIES,    /* the only ones of every kind from now on */
	AM_BGP_PREPEND,            /* as (0: our own), count times */
	AM_BGP_SET_NEXT_HOP,       /* next_hop, one for each family of addresses; len 0 leaves it */
	AM_BGP_NEXT_HOP_SELF,      /* that of the policy's use */
	AM_BGP_NEXT_HOP_PEER,      /* the address of who it comes from */
	AM_BGP_ACTION_TYPES,
};

struct am_bgp_action {
	uint8_t type; /* enum am_bgp_action_type */
	uint8_t count;
	uint32_t value; /* local preference, MED, origin, AS */
	uint32_t n;
	const struct am_bgp_community_pattern *patterns;
	struct am_bgp_next_hop next_hop[2]; /* for routes of IPv4; of IPv6 and EVPN */
};

enum am_bgp_policy_verdict { AM_BGP_POLICY_REJECT, AM_BGP_POLICY_ACCEPT, AM_BGP_POLICY_NEXT };

struct am_bgp_policy_rule {
	const char *name; /* empty: it has none */
	const char *
		why; /* half a sentence for who asks why a route was rejected: "policy transit-in, rule 3 (bogons)" */
	uint16_t n_conditions, n_actions;
	const struct am_bgp_condition *conditions;
	const struct am_bgp_action *actions;
	uint8_t verdict; /* enum am_bgp_policy_verdict; NEXT goes on with the rule behind it */
};

struct am_bgp_policy {
	const char *name;
	uint16_t n;
	const struct am_bgp_policy_rule *rules;
	bool accept;     /* what no rule has decided */
	const char *why; /* where it is rejected so */
};

/* A policy where it is used: what is the pointer of a filter. */
struct am_bgp_policy_use {
	const struct am_bgp_policy *policy;
	uint32_t local_as;                   /* that AM_BGP_PREPEND means by 0 */
	const struct am_bgp_roa_table *roas; /* NULL: none */
	struct am_bgp_next_hop
		self[2]; /* for routes of IPv4; of IPv6 and EVPN. len 0: the table's, on the way out */
};

/* The filter: policy is a struct am_bgp_policy_use. */
enum am_bgp_filter_result am_bgp_policy_run(
	const void *use, struct am_bgp_path *path, struct am_writer *scratch);
/* The same, and which rule decided: its number, or -1 where none did. */
enum am_bgp_filter_result am_bgp_policy_judge(
	const struct am_bgp_policy_use *use, struct am_bgp_path *path, struct am_writer *scratch, int *rule);

/* Do both judge every route alike because they say the same? Then no route needs to be judged again. Names and reasons count, too. */
bool am_bgp_policy_equal(const struct am_bgp_policy *a, const struct am_bgp_policy *b);
/* The prefix that AM_BGP_IF_PREFIX looks at; false where the route has none. */
bool am_bgp_policy_prefix(const struct am_bgp_nlri *nlri, struct am_prefix *out);
/* Of ascending ranges that are apart: is v in one? */
bool am_bgp_ranges_have(const struct am_bgp_range *ranges, uint32_t n, uint32_t v);

#endif
