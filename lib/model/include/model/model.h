/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H
/*
 * From a valid configuration to what workers read, and back to names. Used by amimed, amime-pcap and
 * amime-bench alike.
 *
 * A model outlives reloads: it owns the FDB and the numbering (a name keeps its index while it stays
 * configured). A reload is prepare (everything that can fail; nothing visible), then commit (cannot fail),
 * then retire after a grace period. Next hops come from outside: the caller asks which ones are wanted and
 * reports what the kernel or a static entry says. One thread.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "config/config.h"
#include "config/diff.h"
#include "pkt/port.h"
#include "table/fdb.h"
#include "table/roots.h"

struct am_model;
struct am_plan;

enum am_iface_kind {
	AM_IFACE_PORT,
	AM_IFACE_TUNNEL,
	AM_IFACE_BRIDGE,
	AM_IFACE_VLAN,
	AM_IFACE_IRB,
	AM_IFACE_BOX
};

/* A row of counters and whose it is. */
struct am_iface_info {
	uint16_t id;
	enum am_iface_kind kind;
	const char *name;
};

/*
 * A next hop that header strings wait for: reach ip in vrf. Where a static route or entry answers it,
 * resolved is true from the start and the caller has nothing to do.
 */
struct am_nexthop {
	uint16_t id;
	uint16_t vrf;        /* AM_VRF_UNDERLAY, AM_VRF_DEFAULT */
	struct am_ip remote; /* the tunnel's remote or the VTEP */
	struct am_ip via;    /* configured gateway, family 0 where the kernel's route says */
	uint16_t port;       /* configured port id, or AM_NO_ID where the kernel's route says */
	uint16_t interface;  /* L3 interface that it is a neighbour on, or AM_NO_ID */
	bool is_static;
	bool resolved;
	uint16_t out_port; /* where resolved */
	struct am_mac src, dst;
	uint16_t vlan;
};

/*
 * max_paths bounds header strings and peers: indices of both stay below it. NULL: no memory.
 */
struct am_model *am_model_create(uint32_t fdb_size, unsigned workers, uint64_t seed, uint32_t max_paths);
void am_model_free(struct am_model *m); /* workers are gone */
struct am_fdb *am_model_fdb(struct am_model *m);

/*
 * The arithmetic of tunnels in tunnels alone, for am_config_load_file_checked: the configuration may have
 * errors, and nothing is said about what could not be read, nor about ports whose MTU only the device knows.
 * am_model_prepare checks it again, with limits.
 */
void am_model_check(const struct am_config *config, struct am_config_errors *errors);

/*
 * limits[i] belongs to config->ports[i] (MTU and MAC as the open port says); limits may be NULL where no port
 * is open, then the configured MTU counts, else 1500. Errors about the arithmetic of tunnels in tunnels,
 * colliding keys and the like are added to errors with path and line. NULL where there were any. The plan
 * keeps config and owns it from here on (also where NULL is returned it is freed by the caller, not here).
 */
struct am_plan *am_model_prepare(struct am_model *m, struct am_config *config,
	const struct am_port_limits *limits, struct am_config_errors *errors);
void am_plan_free(struct am_plan *plan); /* one that is not committed */
const struct am_diff *am_plan_diff(const struct am_plan *plan);
const struct am_roots *am_plan_roots(const struct am_plan *plan);
/* The port id of config->ports[i]; the same as long as the port's name stays. */
uint16_t am_plan_port_id(const struct am_plan *plan, uint16_t i);

/*
 * Make it the running one. Returns what to hand to am_model_retire once no worker can see the old snapshot.
 */
struct am_retired *am_model_commit(struct am_model *m, struct am_plan *plan);
void am_model_retire(struct am_retired *old);
/* After a commit am_model_age has to walk the FDB; until it is through, a retire does the rest of it by itself. */
bool am_model_is_settling(const struct am_model *m);
/* The same in pieces, budget things at a time: true where more are left, to call again. old is not NULL. */
bool am_model_retire_some(struct am_retired *old, unsigned budget);

/*
 * What left with the old snapshot, to be cleared (reassembly, counters) before am_model_retire makes the
 * indices free for others. Start with *at = 0; false at the end.
 */
bool am_retired_next_peer(const struct am_retired *old, uint32_t *at, uint32_t *peer);
bool am_retired_next_iface(const struct am_retired *old, uint32_t *at, uint16_t *iface);
/* Rows of counters of an access list, n from row on. */
bool am_retired_next_acl(const struct am_retired *old, uint32_t *at, uint32_t *row, uint32_t *n);

const struct am_config *am_model_config(const struct am_model *m); /* running, or NULL */
const struct am_roots *am_model_roots(const struct am_model *m);   /* running, or NULL */
/* Refuse configurations that need more than this many rows of counters; AM_IFACES_MAX until it is called. */
void am_model_limit_ifaces(struct am_model *m, uint16_t ifaces);

/*
 * Which frames a port's driver has to take, by the running or the planned configuration. locals stay owned by
 * the roots.
 */
void am_model_steer(
	const struct am_model *m, const struct am_plan *plan, uint16_t port_id, struct am_steer *out);

/*
 * What the file says of an L3 interface of the running configuration (roots->interfaces has the rest); NULL where there is none
 * of that number, or where it is a VRF's own.
 */
const struct am_conf_l3 *am_model_interface_conf(const struct am_model *m, uint16_t id);

/*
 * The kernel knows this neighbour on an L3 interface, or mac NULL: no longer. What is on a connected network is forwarded to
 * from then on. What to retire after a grace period, or NULL.
 */
struct am_retired *am_model_neighbour(
	struct am_model *m, uint16_t interface, const struct am_ip *ip, const struct am_mac *mac);
/*
 * After a commit: those that are no longer on a link leave, and those in tunnels take the new paths. What to retire; before what
 * left with the commit, which such neighbours have used until now.
 */
struct am_retired *am_model_neighbours_follow(struct am_model *m);
uint32_t am_model_neighbours(const struct am_model *m);

/* Next hops of the running configuration. */
uint16_t am_model_nexthops(const struct am_model *m);
const struct am_nexthop *am_model_nexthop(const struct am_model *m, uint16_t i);
/* The number of the one towards an address that the VRF's routes lead to (the underlay's for remotes); AM_NO_ID: there is none. */
uint16_t am_model_nexthop_to(const struct am_model *m, uint16_t vrf, const struct am_ip *ip);
/* Whose what comes in by a port under a tag is (0: the port's own): AM_NO_ID where it is no VRF's. */
uint16_t am_model_port_vrf(const struct am_model *m, uint16_t port, uint16_t vlan);

/*
 * Report a next hop: its strings are built and go live, or with resolved false, their bits are cleared.
 * Returns what to retire after a grace period, or NULL where nothing changed.
 */
struct am_retired *am_model_resolve(struct am_model *m, uint16_t i, bool resolved, uint16_t out_port,
	const struct am_mac *src, const struct am_mac *dst, uint16_t vlan);

/*
 * True, with a sentence for people, where a resolved next hop's port is too small for what is sent through
 * it.
 */
bool am_model_nexthop_note(const struct am_model *m, uint16_t i, char *buf, size_t room);

/* Learning. A report from a worker; true where the FDB changed. Applies limits and the loop guard. */
struct am_learn_in {
	am_fdb_key key;
	uint16_t member;
};
bool am_model_learn(struct am_model *m, const struct am_learn_in *in, uint64_t now_s);
/*
 * Remove what has aged and release what the guard held. A call looks at a few thousand entries and stays well
 * below a millisecond; true where more are left to look at: call again a moment later, until it says false. A
 * walk begins in each new second, and a round through what workers saw. Where the caller comes only once a second it is
 * right too, but an entry may go two minutes later than it should. It goes a 32nd of the ageing time later anyway, half a
 * minute at most, since workers are not asked for it before (table/fdb.h).
 */
bool am_model_age(struct am_model *m, uint64_t now_s);

/*
 * Seconds since an entry's source was seen, by the clock of am_model_age and am_model_learn. 0 where that may be less than a
 * 32nd of the ageing time, or than half a minute: workers are not asked so soon again.
 */
uint64_t am_model_mac_age(const struct am_model *m, const struct am_fdb_entry *entry);

/*
 * MAC/IP pairs of bridges that suppress ARP and ND (table/mac_ip.h). Where a pair is from; EVPN's will be one more.
 */
enum am_pair_origin {
	AM_PAIR_FREE,
	AM_PAIR_CONFIGURED,
	AM_PAIR_OWN,    /* the bridge's own address */
	AM_PAIR_LOCAL,  /* learnt from a port or a tunnel */
	AM_PAIR_REMOTE, /* learnt from what a VTEP sent */
};

/* What became of a report: see am_bridge_stats. */
enum am_pair_news {
	AM_PAIR_NOTHING,
	AM_PAIR_LEARNT,
	AM_PAIR_MOVED,   /* to another MAC */
	AM_PAIR_REFUSED, /* there are too many */
	AM_PAIR_FIXED,   /* somebody claims an address that the file gives to another, or that is our own */
	AM_PAIR_DOUBLE,  /* two claim it in turns: nobody's for a while (RFC 9161 3.7) */
};

struct am_pair {
	uint16_t bridge;
	enum am_pair_origin origin;
	struct am_ip ip;
	struct am_mac mac;
	uint8_t flags;  /* AM_MAC_IP_... */
	uint32_t age_s; /* since it was heard of */
	uint32_t moves; /* lately */
};

/* A report from a worker. AM_PAIR_FIXED and AM_PAIR_DOUBLE are said once for a while; *before is then who had it. */
struct am_learn_pair_in {
	uint16_t bridge, member;
	uint8_t flags;
	struct am_mac mac;
	struct am_ip ip;
};
enum am_pair_news am_model_learn_pair(
	struct am_model *m, const struct am_learn_pair_in *in, uint64_t now_s, struct am_mac *before);
/* Those that are there, from *at = 0 on; false at the end. */
bool am_model_next_pair(const struct am_model *m, uint32_t *at, struct am_pair *out);

/* Names. NULL where the id is free. */
uint16_t am_model_ifaces(const struct am_model *m);
const struct am_iface_info *am_model_iface(const struct am_model *m, uint16_t i);
/* Of config->tunnels[i] of the running configuration. */
const struct am_iface_info *am_model_tunnel_iface(const struct am_model *m, uint16_t i);
const char *am_model_port_name(const struct am_model *m, uint16_t port);
const char *am_model_bridge_name(const struct am_model *m, uint16_t bridge);
/* "port lan0 vlan 100", "tunnel to-b", "vtep 10.255.0.2" */
void am_model_member_text(const struct am_model *m, uint16_t member, char *buf, size_t room);
uint64_t am_model_memory(const struct am_model *m);
/* Changes of routes that found no memory since the model was made; what they should have changed stayed as it was. */
uint64_t am_model_fib_failures(const struct am_model *m);

/*
 * ASes that routes have ever named, by row of counters (am_plane_as): rows from 1 up to what am_model_as_rows says, without.
 */
uint32_t am_model_as_rows(const struct am_model *m);
uint32_t am_model_as(const struct am_model *m, uint32_t row);

/* Access lists of the running configuration, by index in its acls: the row of counters of its first rule (am_plane_acl). */
uint32_t am_model_acl_row(const struct am_model *m, uint16_t i);
uint64_t am_model_acl_memory(const struct am_model *m, uint16_t i);

/* Per bridge, by control. */
struct am_bridge_stats {
	uint32_t macs;
	uint64_t learnt, moved, aged, limited, held;
	struct am_pair_stats {
		uint32_t known; /* now, of any origin */
		uint64_t learnt, moved, aged, refused, fixed, doubled;
	} pairs;
};
void am_model_bridge_stats(const struct am_model *m, uint16_t bridge, struct am_bridge_stats *out);

/*
 * explain: bytes per layer of one tunnel and of each bridge that rides on it, as a JSON text that amimectl
 * renders. Works on a configuration alone, nothing needs to run. NULL with err where there is no such tunnel.
 * Caller frees.
 *
 * "alone" is the tunnel by itself, "bridges" has one entry for each bridge's member on it. Each is a stack:
 * "layers" (name, octets; outermost first), "inner" (the longest IP packet inside), "outer" (the packet that
 * makes), "overhead", "packets" (octets of each that leaves), "whole" and "whole_tagged" (longest inner IP
 * packet that leaves in one, without and with a VLAN tag), "largest" (that is carried), "room" (what an MTU
 * inside could be raised to), "tcp_mss" where clamped. Octets of packets are IP packets, without the link's
 * Ethernet header.
 */
char *am_model_explain(const struct am_config *config, const char *tunnel, struct am_err *err);

#endif
