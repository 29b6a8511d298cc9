/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MODEL_ROUTE_VIEW_H
#define MODEL_ROUTE_VIEW_H
/*
 * For people: routes as workers find them in the FIBs, with what only control knows of each. Control thread. What is pointed to
 * stays until the next commit, or the next change of a neighbour.
 */
#include "model/model.h"
#include "table/route.h"

enum am_route_origin {
	AM_ORIGIN_LOCAL,     /* an address of the box */
	AM_ORIGIN_CONNECTED, /* the network of one */
	AM_ORIGIN_STATIC,    /* written in the file */
	AM_ORIGIN_NEIGHBOUR, /* the kernel knows who has this address on a connected network */
	AM_ORIGINS,
};

struct am_route_info {
	struct am_prefix prefix;
	enum am_route_origin origin;
	const struct am_route *route;
};

typedef bool am_route_fn(void *ctx, const struct am_route_info *info);

/*
 * A VRF's prefixes, IPv4 first, from the one behind `after` (NULL: from the first) until fn says false. It may go on later behind where it was,
 * as am_fib_walk may. The underlay has none: what leads to tunnel remotes are next hops.
 */
void am_model_routes(
	const struct am_model *m, uint16_t vrf, const struct am_prefix *after, am_route_fn *fn, void *ctx);
/* The longest match. False: there is none. */
bool am_model_route_match(
	const struct am_model *m, uint16_t vrf, const struct am_ip *ip, struct am_route_info *out);

/* One of a class's next hops. */
struct am_route_hop {
	bool live;                           /* packets may take it */
	uint16_t nexthop;                    /* it waits for; AM_NO_ID: for none */
	const struct am_interface *out;      /* NULL: where the kernel's route says */
	const struct am_adjacency *resolved; /* NULL: not now */
};
void am_model_route_hop(
	const struct am_model *m, const struct am_route *route, unsigned i, struct am_route_hop *out);

/* Who waits for a next hop. */
struct am_waiting {
	uint32_t paths;    /* of tunnels and VTEPs */
	uint32_t prefixes; /* of routes; at least so many, where more is true */
	bool more;
	uint16_t vrf; /* of the first of these */
	struct am_prefix first;
};
void am_model_waiting(const struct am_model *m, uint16_t nexthop, struct am_waiting *out);

/* A neighbour that is a route. */
struct am_neighbour_info {
	uint16_t interface, vrf;
	struct am_ip ip;
	struct am_mac mac;
	bool in_fib; /* else the file says otherwise of this address */
};
/* Start with *at = 0; false at the end. */
bool am_model_next_neighbour(const struct am_model *m, uint32_t *at, struct am_neighbour_info *out);

/* How large a VRF is. */
struct am_vrf_size {
	uint32_t prefixes[2]; /* IPv4, IPv6 */
	uint32_t by_origin[2][AM_ORIGINS];
	uint64_t octets[2]; /* of its direct tables; all that is below them is in a room that VRFs share */
};
void am_model_vrf_size(const struct am_model *m, uint16_t vrf, struct am_vrf_size *out);
/* Octets of what is below the direct tables of all VRFs. */
uint64_t am_model_fib_room(const struct am_model *m);

/* A packet that somebody wonders about. */
struct am_explain_packet {
	const char *interface; /* that it comes by */
	struct am_ip from, to;
	uint16_t length; /* octets of the IP packet */
	uint8_t protocol, ttl;
	bool may_cut;          /* IPv4: DF is clear */
	uint16_t sport, dport; /* what the flow's hash sees, where the protocol has them */
};

/*
 * What routing does with it, by the tables that workers read: "urpf", "route", "hop" (which of equal ones its hash takes), "out" with the outer
 * packets of a tunnel, and in "verdict" the name that a tap or a counter would have, "ok" where it leaves, "local" or "glean" where the kernel gets it,
 * with "icmp" where its sender is told. A JSON text that the caller frees; NULL and err: there is no such interface, or no such packet.
 */
char *am_model_explain_packet(
	const struct am_model *m, const struct am_explain_packet *ask, struct am_err *err);

/* NULL where the id is free. */
const struct am_conf_vrf *am_model_vrf_conf(const struct am_model *m, uint16_t vrf);

#endif
