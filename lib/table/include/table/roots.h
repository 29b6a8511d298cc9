/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TABLE_ROOTS_H
#define TABLE_ROOTS_H
/*
 * The snapshot: the small immutable roots that workers read through one atomic pointer, and the long-lived
 * objects that hang below it.
 *
 * Reader protocol: a worker loads the pointer once per burst and is quiescent (QSBR) between bursts. The
 * control thread builds a new snapshot beside the old one, swaps the pointer, and frees the old one after a
 * grace period. Objects keep their index for as long as their name stays in the configuration, so counters,
 * FDB entries and reassembly state survive a reload.
 */
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "net/encap.h"
#include "table/fdb.h"
#include "table/peers.h"
#include "table/route.h"

enum {
	AM_NO_ID = 0xffff,
	AM_VID_UNTAGGED = 0,
	AM_VID_ANY = 0xffff,
	AM_VRF_UNDERLAY = 0,
	AM_VRF_DEFAULT = 1,
	AM_STRIPES_MAX = 16,
	AM_IFACES_MAX = 32768,
};

/*
 * The live header strings towards one remote. More than one where the tunnel is striped.
 * live and encap[] are written by control (release) and read by workers (acquire); a replaced string is freed
 * after a grace period.
 */
struct am_path_list {
	uint32_t first_path;   /* of encap[0] in identification counters; encap[i] is that + i */
	_Atomic uint32_t live; /* bit i: encap[i] may be used */
	uint16_t n;
	uint16_t port[AM_STRIPES_MAX]; /* which port each one leaves by */
	/* Behind the rest, so that all of a list with one path, which is most of them, is one cache line. */
	_Atomic(const struct am_encap *) encap[AM_STRIPES_MAX];
};

struct am_mac_ips;

enum am_member_kind {
	AM_MEMBER_PORT,
	AM_MEMBER_TUNNEL, /* EtherIP or GRETAP */
	AM_MEMBER_VTEP,   /* a remote VTEP of the bridge's VNI */
	AM_MEMBER_IRB,    /* the bridge's own IP identity: what is sent to its MAC is routed */
};

/* Frames per second that may be flooded from a member; 0 is no limit. */
struct am_storm {
	uint32_t broadcast, multicast, unknown;
};

/*
 * Token buckets of one member, in frames times 2^32. Shared by the workers; only frames that are about to be
 * flooded from a member with a limit touch them.
 */
struct am_storm_state {
	_Atomic uint64_t credit_until_ns[3]; /* virtual scheduling: the time up to which credit is used */
};

struct am_member {
	uint16_t id;
	uint16_t bridge;
	uint16_t mtu;        /* the bridge's */
	bool xconnect;       /* the bridge is one */
	struct am_exit exit; /* am_member_settle: how frames leave by it, but for its one path */
	uint32_t across;     /* face of those that frames from here go to without another question */
	uint16_t iface;      /* the port or tunnel it is on; for a VTEP the bridge's own VXLAN interface */
	uint8_t kind;        /* enum am_member_kind */
	bool l2_control;     /* forward STP, LACP, LLDP */
	uint16_t vid;        /* tag to push on the way out; AM_VID_UNTAGGED and AM_VID_ANY push none */
	uint16_t tpid;       /* of that tag */
	uint16_t mss4, mss6; /* clamp TCP SYNs in both directions; 0 leaves them alone */
	uint16_t port;       /* kind PORT */
	uint32_t tunnel;     /* index in roots->tunnels; kind VTEP: that below it, or AM_NO_TARGET */
	uint16_t way_iface; /* where packets into its paths count: the tunnel, or iface where there is none */
	_Atomic uint32_t *tx_seq;   /* that tunnel's; NULL without */
	struct am_path_list *paths; /* kinds TUNNEL and VTEP */
	struct am_storm storm;
	struct am_storm_state *storm_state;
};

/*
 * When the rest but for paths is set. A face is a member's bridge, and whether frames leave through it as they are, or with a tag, for a
 * port, or into a path. Between a port and a tunnel or VTEP with the right face there is no other way back, and no horizon to split.
 */
static inline void am_member_settle(struct am_member *m)
{
	enum { PORT = 1 << 16, PATH = 2 << 16, NONE = 3 << 16, NOBODY = 4 << 16 };
	bool tag = m->vid != AM_VID_UNTAGGED && m->vid != AM_VID_ANY, port = m->kind == AM_MEMBER_PORT;

	m->exit = (struct am_exit){
		.face = m->bridge | (m->xconnect || m->kind == AM_MEMBER_IRB || (tag && !port) ? NONE
					    : port                                             ? PORT
											       : PATH),
		.member = m->id,
		.port = m->port,
		.way_iface = m->way_iface,
		.also_iface = m->iface == m->way_iface ? AM_NO_ID : m->iface,
		.mss4 = m->mss4,
		.kind = !port ? AM_EXIT_LIST
			: tag ? AM_EXIT_TAG
			      : AM_EXIT_PORT,
	};
	if (m->exit.kind == AM_EXIT_TAG)
		m->exit.tag = (uint32_t)m->tpid << 16 | m->vid;
	m->across = m->bridge | (m->xconnect ? NOBODY : port ? PATH : PORT);
}

struct am_bridge {
	uint16_t id;
	uint16_t iface; /* counters of its VXLAN side */
	bool xconnect;  /* exactly two members, no learning */
	bool learn;
	bool has_vni;
	bool inner_vlan; /* keep tags inside VXLAN */
	bool udp_csum6;  /* expect and send UDP checksums over IPv6 */
	uint32_t vni;
	uint16_t mtu; /* longest IP packet inside; a frame has 14 octets more, and 4 for each tag */
	uint16_t n_members;
	uint16_t *members; /* ids */
	uint16_t
		irb; /* the member that stands for its IP identity, none of those; AM_NO_ID: it does not route */
	const struct am_interface *l3; /* that identity */
	bool suppress;                 /* answer ARP and ND for known hosts */
	bool drop_unknown;             /* and drop what asks for others */
};

/*
 * Which member a frame that arrives on a port or an Ethernet tunnel is for. A VID's own member comes first
 * and the tag is popped; then `untagged` for untagged frames; then `any`, tags untouched. AM_NO_ID where
 * there is none.
 */
struct am_vlan_map {
	uint16_t any;
	uint16_t untagged;
	const uint16_t *by_vid; /* 4096 member ids, or NULL where no member has a VID */
};

/* A tunnel as seen by what arrives. */
struct am_tunnel {
	uint16_t id;
	uint16_t iface;
	uint8_t kind;        /* enum am_tunnel_kind */
	bool accept_swapped; /* EtherIP 03 00 */
	bool want_csum;      /* GRE: drop what has none */
	bool seq;            /* GRE: sequence numbers, both ways */
	bool dscp_uniform;
	uint16_t mtu;
	uint16_t vrf;                  /* what its inner IP belongs to, where it is no bridge's */
	bool bridged;                  /* L2: a bridge or xconnect has it as a member; else an IP identity */
	struct am_vlan_map vlans;      /* L2 */
	const struct am_interface *l3; /* that identity, where its VRF routes */
	struct am_mac mac;             /* L2 tunnel with an IP identity: its own MAC */
	uint16_t mss4, mss6;
	_Atomic uint32_t *tx_seq; /* GRE sequence, shared by the workers; NULL without */
	_Atomic uint32_t *rx_seq; /* last accepted; 0 is none yet */
};

struct am_port_root {
	uint16_t id;
	uint16_t iface;
	uint16_t vrf;  /* AM_VRF_..., or AM_NO_ID where the port has no IP identity */
	uint16_t vlan; /* tag of its IP identity, 0 untagged */
	struct am_vlan_map vlans;
	uint16_t mtu;
	bool finish_csum;
	struct am_mac mac;
	const struct am_interface *l3;              /* its IP identity, where its VRF routes */
	const struct am_interface *const *vlans_l3; /* more of them by VID, 4096; NULL where there is none */
};

struct am_roots {
	uint64_t generation;
	uint16_t n_ports, n_tunnels, n_bridges, n_members, n_ifaces, n_paths_hint;
	struct am_port_root *ports; /* by port id */
	struct am_tunnel **tunnels; /* by id; NULL where the id is free */
	struct am_bridge **bridges;
	struct am_member **members; /* by id; NULL where the id is free, as 0 always is */
	/*
	 * By member: its own, or the head of the string where just one path is live. Written by control (release), read by workers
	 * (acquire). NULL where the id is free, or the bridge's own. There is always a table, of AM_NO_ID entries as members has.
	 */
	_Atomic(const struct am_exit *) *exits;
	const struct am_peers *peers;
	uint16_t vtep_port;     /* UDP port of VXLAN */
	bool acls_in, acls_out; /* some interface has such a list */
	uint16_t n_interfaces, n_vrfs;
	struct am_interface **interfaces; /* by id; NULL where the id is free */
	struct am_vrf **vrfs;             /* by id; NULL where the id is free, or the VRF does not route */
	const am_route_slot *routes;      /* long-lived; by FIB value */
	bool suppresses;                  /* some bridge does */
	struct am_mac_ips *mac_ips;       /* long-lived; workers write when somebody was heard of */
};

#endif
