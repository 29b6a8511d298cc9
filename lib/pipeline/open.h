/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef PIPELINE_OPEN_H
#define PIPELINE_OPEN_H
/* The long way out of a tunnel, for decap.c's loop. */
#include <string.h>

#include "base/hash.h"
#include "core.h"

/* One packet, or fragment, and where it came in. whole_made: it was put together from fragments. */
struct am_place {
	uint16_t iface; /* where drops count */
	uint16_t vrf;
	const struct am_interface *l3; /* NULL: what is not for a tunnel or VTEP of ours goes nowhere */
};

static inline struct am_place am_place_of(const struct am_port_root *port)
{
	return (struct am_place){port->iface, port->vrf, port->l3};
}

void am_open(struct am_worker *w, const struct am_place *at, const struct am_arrival *a, bool whole_made);

/* Where the answers for these addresses would be, and where others may be. Of IPv6 the interface identifiers tell. */
static inline struct am_last_peer *am_open_last_of(
	struct am_worker *w, uint16_t vrf, uint8_t family, const uint8_t *addrs)
{
	uint64_t a, b = vrf;

	memcpy(&a, addrs + (family == AM_IPV4 ? 0 : 8), sizeof a);
	if (family != AM_IPV4)
		memcpy(&b, addrs + 24, sizeof b);
	return &w->last_peer[am_mix(a ^ 0x9e3779b97f4a7c15ull, b ^ 0xd1b54a32d192ed03ull) % AM_LAST_PEERS];
}

static inline bool am_open_is_last(
	const struct am_last_peer *last, uint16_t vrf, uint8_t family, const uint8_t *addrs)
{
	if (last->family != family || last->vrf != vrf)
		return false;
	return family == AM_IPV4 ? !memcmp(last->addrs, addrs, 8) : !memcmp(last->addrs, addrs, 32);
}

/* Ask the peers themselves, and remember. Both addresses stand side by side: 8 octets of an IPv4 header, 32 of an IPv6 one. */
enum am_verdict am_open_look_up(
	struct am_worker *w, uint16_t vrf, uint8_t family, const uint8_t *addrs, struct am_last_peer *last);

/* Who sent a packet with these two addresses, as they stand in its header: last->peer. */
static inline enum am_verdict am_open_peer(
	struct am_worker *w, uint16_t vrf, uint8_t family, const uint8_t *addrs, struct am_last_peer **last)
{
	*last = am_open_last_of(w, vrf, family, addrs);
	return likely(am_open_is_last(*last, vrf, family, addrs))
		       ? AM_V_OK
		       : am_open_look_up(w, vrf, family, addrs, *last);
}

/* Which tunnel or member this peer's packets are for that have this use and selector; AM_NO_TARGET: none. */
static inline uint32_t am_open_use(
	const struct am_worker *w, struct am_last_peer *last, enum am_peer_use use, uint32_t selector)
{
	if (unlikely(last->use != use || last->selector != selector)) {
		last->use = (uint8_t)use;
		last->selector = selector;
		last->target = am_peers_use(w->roots->peers, last->peer, use, selector);
	}
	return last->target;
}

/* l3_tunnel.c: IP out of a tunnel of its own, to be routed. False: not that simple, and nothing has happened. */
bool am_l3_tunnel_take(struct am_worker *w, uint16_t vrf, const struct am_arrival *a, bool whole_made);

/* A protocol that a tunnel's packets have. */
static inline bool am_open_is_tunnel(uint8_t proto)
{
	return likely(proto == AM_PROTO_ETHERIP || proto == AM_PROTO_GRE || proto == AM_PROTO_UDP);
}

#endif
