/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TABLE_ROUTE_H
#define TABLE_ROUTE_H
/*
 * What routing is made of beside the FIB: interfaces, VRFs, and route classes, which are what a FIB's values name.
 *
 * Reader protocol: interfaces and VRFs are a snapshot's, and do not change. A FIB and the table of route classes are long-lived:
 * control stores pointers there (release), a worker loads them once a packet (acquire). A class stays where it is until no worker
 * can have read its number; it, an adjacency or a header string that was replaced is freed after a grace period. The number of a class stays
 * the same for as long as some prefix has just this way out and AS, so a reload changes only prefixes whose way changed.
 */
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "table/acl.h"
#include "table/fib.h"

struct am_path_list;

enum {
	AM_ROUTES_MAX = 1 << 18, /* classes; 0 is no route */
	AM_ROUTE_HOPS = 16,      /* equal-cost next hops of one */
	AM_AS_ROWS = 1 << 17,    /* counters by AS; 0 is nobody's */
	AM_VRFS_MAX = 250,
	AM_ADJACENCY_HEAD = 16,
};

enum am_interface_kind {
	AM_INTERFACE_PORT,
	AM_INTERFACE_VLAN,
	AM_INTERFACE_TUNNEL,
	AM_INTERFACE_BRIDGE,
	AM_INTERFACE_BOX, /* a VRF's own: what the kernel sends from the box's addresses to be routed */
};

/* How the kernel has an interface: what is for the box itself goes there. */
enum am_mirror {
	AM_MIRROR_NONE,
	AM_MIRROR_NIC,  /* its device is the kernel's, which keeps what is its own (af_xdp) */
	AM_MIRROR_COPY, /* the same, and the kernel sees all that we see (af_packet) */
	AM_MIRROR_TAP,
	AM_MIRROR_TUN,
};
enum am_urpf_mode { AM_URPF_NONE, AM_URPF_ANY, AM_URPF_SAME };

struct am_adjacency;

/* A list, and where hits of its rules count; no list lets all pass. */
struct am_access_group {
	const struct am_acl *acl;
	uint32_t row;
};

/* An L3 identity. */
struct am_interface {
	uint16_t id;
	uint16_t iface; /* its row of counters */
	uint16_t vrf;
	uint16_t mtu;
	uint8_t kind;   /* enum am_interface_kind */
	uint8_t urpf;   /* enum am_urpf_mode */
	uint8_t mirror; /* enum am_mirror */
	struct am_mac mac;
	uint16_t port;       /* kinds PORT and VLAN */
	uint16_t vlan;       /* tag on the port; 0 untagged */
	uint16_t bridge;     /* kind BRIDGE */
	uint32_t tunnel;     /* kind TUNNEL */
	uint16_t mss4, mss6; /* clamp TCP SYNs to, both ways; 0 leaves them alone */
	struct am_access_group acl_in, acl_out;
	struct am_ip source[2];         /* its first addresses, IPv4 and IPv6; family 0: none */
	const struct am_adjacency *way; /* kind TUNNEL with a mirror: into it, as it is; else NULL */
};

/* A routing table that forwards. */
struct am_vrf {
	uint16_t id;
	const struct am_fib *fib4, *fib6;
	const struct am_interface *box; /* NULL: the kernel has no addresses in it */
	struct am_ip source[2];         /* of ICMP errors, IPv4 and IPv6; family 0: that of an interface */
};

enum am_adjacency_kind {
	AM_ADJACENCY_PORT,
	AM_ADJACENCY_TUNNEL,
	AM_ADJACENCY_BRIDGE,
};

/* A next hop resolved to octets. Immutable. */
struct am_adjacency {
	uint8_t kind;       /* enum am_adjacency_kind */
	uint8_t head_len;   /* octets of Ethernet header in front of the IP packet; 0: none, as in GRE */
	uint16_t mtu;       /* longest IP packet */
	uint16_t interface; /* id */
	uint16_t iface;     /* where packets count */
	uint16_t port;      /* kind PORT */
	uint16_t bridge;    /* kind BRIDGE */
	uint8_t head[AM_ADJACENCY_HEAD]; /* destination, source, and a tag: all but the EtherType */
	struct am_path_list *paths;      /* kind TUNNEL */
	_Atomic uint32_t *tx_seq;        /* that tunnel's; NULL without */
	uint16_t mss4, mss6;
};

enum am_route_kind {
	AM_ROUTE_FORWARD,
	AM_ROUTE_LOCAL,       /* for this box */
	AM_ROUTE_GLEAN,       /* on the link of `interface`, by a neighbour that is not known yet */
	AM_ROUTE_BLACKHOLE,   /* dropped in silence */
	AM_ROUTE_UNREACHABLE, /* refused */
};

/* A route class. Immutable but for live and hop, which control writes. */
struct am_route {
	uint32_t id;
	uint32_t as;           /* whose traffic goes there; 0: nobody's */
	uint32_t as_row;       /* where that is counted; 0: nowhere */
	uint8_t kind;          /* enum am_route_kind */
	uint8_t n;             /* hops */
	uint16_t interface;    /* kinds LOCAL and GLEAN; AM_NO_ID: none in particular */
	uint32_t index;        /* control's alone: which one of its snapshot it is */
	_Atomic uint32_t live; /* bit i: hop[i] is resolved */
	_Atomic(const struct am_adjacency *) hop[AM_ROUTE_HOPS];
} __attribute__((aligned(64)));

/* By number; NULL where there is none. */
typedef _Atomic(const struct am_route *) am_route_slot;

static inline const struct am_route *am_route_of(const am_route_slot *routes, uint32_t value)
{
	return atomic_load_explicit(&routes[value], memory_order_acquire);
}

/*
 * Bit number of one of the set bits, of which there are some; share, 16 bits of a hash, says which: RFC 2992's hash-threshold, by which
 * fewer flows change their way than by a remainder when one bit goes. Mostly all are set that there can be, and then there is nothing
 * to search: a loop whose length follows from a hash is guessed wrong each time.
 */
static inline unsigned am_live_of(uint32_t live, uint32_t share)
{
	uint32_t nth = share * (unsigned)__builtin_popcount(live) >> 16;

	if (__builtin_expect(!(live & (live + 1)), 1))
		return nth;
	while (nth--)
		live &= live - 1;
	return (unsigned)__builtin_ctz(live);
}

/*
 * The parts of a flow's hash that choose among next hops and stripes. A choice takes the highest bits of its share, hand-off those of
 * the hash: so none of the three follows from another.
 */
static inline uint32_t am_route_share(uint32_t hash)
{
	return hash >> 8 & 0xffff;
}

static inline uint32_t am_stripe_share(uint32_t hash)
{
	return hash & 0xffff;
}

static inline const struct am_adjacency *am_route_hop(const struct am_route *route, unsigned i)
{
	return atomic_load_explicit(&route->hop[i], memory_order_acquire);
}

/* RFC 3704: does the route to a packet's source lead out of the interface that it came by, or loosely: anywhere? */
static inline bool am_route_leads_back(const struct am_route *route, uint16_t interface, bool loosely)
{
	if (!route || route->kind == AM_ROUTE_LOCAL || route->kind == AM_ROUTE_BLACKHOLE ||
		route->kind == AM_ROUTE_UNREACHABLE)
		return false;
	if (loosely)
		return true;
	if (route->kind == AM_ROUTE_GLEAN)
		return route->interface == interface;
	for (unsigned i = 0; i < route->n; i++) {
		const struct am_adjacency *a = am_route_hop(route, i);

		if (a && a->interface == interface)
			return true;
	}
	return false;
}

#endif
