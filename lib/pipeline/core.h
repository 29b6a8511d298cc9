/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef PIPELINE_CORE_H
#define PIPELINE_CORE_H
/*
 * What the stages share. A packet goes one way:
 *
 *   input.c    port -> member's frame, or IP for us
 *   decap.c    IP for us -> inner frame, the short way: what is like a packet that was judged before
 *   l3_tunnel.c IP for us -> inner IP to be routed, the short way of tunnels with an IP identity
 *   open.c     IP for us -> reassembled -> tunnel -> inner frame (or inner IP, once more)
 *   route.c    inner IP, or IP at a port, that is not for a tunnel or VTEP of ours -> the way out
 *   handoff.c  the frame to the worker that carries its flow, where there are several
 *   bridge.c   source learning, destination lookup, which members
 *   output.c   tags or header string, fragments, transmit buffer
 *   tap.c      watches, where somebody wants to see packets
 *
 * Each stage takes a frame with everything that was validated so far beside it, and never looks at a length
 * field again.
 */
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <rte_branch_prediction.h>

#include "lane.h"
#include "net/ether.h"
#include "net/ip.h"
#include "pipeline/punt.h"
#include "pipeline/stage.h"
#include "pipeline/worker.h"
#include "pkt/buf.h"
#include "pkt/ipid.h"

#ifndef AM_STAGE_CLOCK
#define AM_STAGE_CLOCK 0
#endif
#if AM_STAGE_CLOCK
#include <rte_cycles.h>
#endif

struct am_tap;
struct rte_rcu_qsbr;
struct am_punt;
struct am_punt_shared;

enum {
	AM_RING_SLOTS = 1024, /* hand-off, each direction of each pair of workers */
	AM_LEARN_SLOTS = 4096,
	AM_LEARN_PAIR_SLOTS = 1024,
	AM_RECENT_SLOTS = 256,   /* MAC addresses a worker has reported lately */
	AM_RECENT_NS = 20000000, /* how long it does not report one again */
	AM_TX_SLOTS = 2 * AM_BURST,
	AM_QUEUES_MAX = AM_PORTS_MAX * 4,
	AM_MEMBERS_NEAR = 512, /* with more of them, what they lead to is asked for beforehand */
	AM_FRAMES_AHEAD = 4,   /* so far before a frame is sent its buffer's header is asked for */
	AM_LAST_PEERS = 1024,  /* a power of two */
	AM_EXPIRE_BUDGET = 64,
	AM_EXPIRE_NS = 10000000, /* how late a timeout may be noticed */
};

/* An Ethernet frame on its way through the bridge: one cache line. */
struct am_frame {
	struct rte_mbuf *m;
	/* Set by am_bridge_ask: what the FDB is asked, and the lines where it begins to look. */
	am_fdb_key src, dst;
	uint32_t src_at, dst_at;
	/* From here on mostly the same for all frames of a burst. */
	struct am_ether eth;
	bool hashed;
	bool popped; /* a tag was removed: tci keeps its PCP and DEI */
	uint16_t tci;
	uint16_t member; /* it came in by */
	uint16_t iface;  /* its drops count there */
	uint32_t hash;   /* of its flow; valid where hashed */
	union {
		uint32_t across; /* of its member; set by whoever admits it, until the FDB has answered */
		uint32_t to;     /* what that said of dst; 0: nobody, or it takes a closer look */
	};
};

_Static_assert(sizeof(struct am_frame) == 64, "a frame is one cache line");

/*
 * One direction between two workers. head is written by the producer alone, tail by the consumer alone. What was put is shown to
 * the consumer once for a burst: it looks all the time, and each look takes head's line away from who writes it.
 */
struct am_ring {
	_Alignas(64) uint32_t put; /* the producer's own: where the next goes */
	uint32_t tail_seen;        /* the producer's own: tail when it looked last */
	_Alignas(64) _Atomic uint32_t head;
	_Alignas(64) _Atomic uint32_t tail;
	_Alignas(64) struct am_frame slot[AM_RING_SLOTS];
};

/* Reports of source addresses. head by the worker, tail by control. */
struct am_learn_ring {
	_Alignas(64) _Atomic uint32_t head;
	_Alignas(64) _Atomic uint32_t tail;
	_Alignas(64) struct am_learn slot[AM_LEARN_SLOTS];
};

struct am_learn_pair_ring {
	_Alignas(64) _Atomic uint32_t head;
	_Alignas(64) _Atomic uint32_t tail;
	_Alignas(64) struct am_learn_pair slot[AM_LEARN_PAIR_SLOTS];
};

struct am_queue {
	struct am_port *port;
	uint16_t port_id, queue;
};

struct am_tx {
	struct am_port *port; /* NULL: no such port; then nothing is ever in m */
	struct rte_mbuf **m;
	uint64_t bytes;   /* of those that are not foreign */
	uint16_t n;       /* in m, at most AM_TX_SLOTS */
	uint16_t foreign; /* of those: another worker has counted them */
	uint16_t queue;
	uint16_t owner; /* the worker that may use that queue */
	uint16_t iface; /* of the port, in the snapshot that the worker has */
	uint32_t mtu;
} __attribute__((aligned(64)));

/*
 * What was found for packets of a peer last: most come in trains from few peers and for one use, and comparing costs a
 * quarter of looking up. Forgotten with the snapshot that they are from.
 */
struct am_last_peer {
	uint64_t addrs[4]; /* both addresses as they stand in the header; IPv4: one word */
	uint32_t peer;
	uint8_t family; /* 0: no answer yet */
	uint8_t vrf;
	uint8_t use; /* 0: no answer yet; enum am_peer_use */
	uint32_t selector;
	uint32_t target;
} __attribute__((aligned(64)));

enum am_part { AM_PART_WHOLE, AM_PART_FIRST, AM_PART_LATER };

/* An IP packet for a port's IP identity. */
struct am_arrival {
	struct rte_mbuf *m;
	uint16_t l2;   /* octets of Ethernet header */
	uint16_t type; /* AM_ET_IPV4 or AM_ET_IPV6 */
	/* Set by am_lane_ask. */
	uint32_t
		part; /* enum am_part: so it seems; judged later. Beside the two above, so that all three are one store. */
	uint8_t *ip;                /* behind the Ethernet header */
	uint32_t has;               /* octets there */
	const struct am_lane *lane; /* it may belong to; NULL: none */
	const struct am_lane_shape *shape;
};

enum {
	AM_ROUTED_NEW,    /* it may be for a tunnel or a VTEP of ours */
	AM_ROUTED_OPENED, /* out of a tunnel; no tunnel and no VTEP of ours takes it */
	AM_ROUTED_AGAIN,  /* it was NEW, and none of them took it */
	AM_ROUTED_OWN,    /* this box itself sends it, or the kernel does */
};

/* ICMP errors that are limited each by themselves. */
enum am_icmp_class { AM_ICMP_CLASS_TIME, AM_ICMP_CLASS_UNREACHABLE, AM_ICMP_CLASS_MTU, AM_ICMP_CLASSES };

/* An IP packet to be routed, that a router may forward (net/forward.h). */
struct am_routed {
	struct rte_mbuf *m;
	const struct am_interface *in; /* whose it is */
	uint8_t *ip;
	uint16_t l2;  /* octets in front of the IP header */
	uint16_t len; /* of the IP packet */
	uint8_t family;
	uint8_t how; /* AM_ROUTED_... */
};

struct am_worker {
	/* Set while the worker does not run; read by it. */
	struct am_plane *plane;
	unsigned id;
	unsigned n_queues;
	_Atomic(struct am_tap *) tap; /* at any time; NULL: none is armed */
	struct am_queue queues[AM_QUEUES_MAX];

	/* Written and read by the worker alone. */
	const struct am_roots *roots; /* of this burst */
	am_time now, next_expire;
	uint16_t rx_iface; /* of the port whose burst is being worked on */
	uint16_t rx_back;  /* that port, where what is not ours can be given back by it; else AM_NO_ID */
	bool rx_finish;    /* that port's senders leave checksums unfinished */
	bool watched;      /* a tap looks at the packet that is worked on */
	bool hands_off;    /* frames may be another worker's to carry: they are admitted there */
	unsigned n_frames;
	struct am_frame frames[AM_BURST + AM_FRAMES_AHEAD]; /* the last ones are never filled */
	uint64_t tx_pending;                                /* bit i: tx[i] holds something */
	struct am_tx tx[AM_PORTS_MAX];
	struct rte_mbuf *tx_slots[AM_PORTS_MAX][AM_TX_SLOTS];
	struct am_ipid ids;
	struct am_buf_stash stash; /* for second fragments */
	struct am_reasm *reasm;
	uint64_t generation; /* of the snapshot that last_peer is from */
	struct am_last_peer last_peer[AM_LAST_PEERS];
	struct am_lane_shape shapes[AM_LANE_SHAPES];
	struct am_lane *lanes;
	uint32_t lane_mask, lane_mark;
	unsigned lanes_to_learn;                 /* in this burst */
	unsigned n_arrivals, n_asked;            /* the first n_asked have had am_lane_ask */
	struct am_arrival arrivals[AM_BURST];    /* of a burst, for the port's IP identity */
	uint64_t icmp_until_ns[AM_ICMP_CLASSES]; /* virtual scheduling, as in struct am_storm_state */
	unsigned n_routed;
	struct am_routed routed[AM_BURST];  /* to be routed when the burst is opened */
	const uint8_t *routed_to[AM_BURST]; /* their destinations, of which the FIB was told */
	uint16_t *peer_iface;               /* by peer: where its fragments come in */
	uint16_t *peer_back;                /* and rx_back there */
	struct {
		uint64_t what;
		uint64_t ns;
	} recent[AM_RECENT_SLOTS];

#if AM_STAGE_CLOCK
	enum am_stage stage; /* that runs */
	uint64_t stage_since;
	uint64_t stage_cycles[AM_STAGES];
#endif

	/* Written by the worker, read by control (relaxed). */
	struct am_iface_counters *counters; /* by iface */
	struct am_as_counters *as_counters; /* by row */
	struct am_acl_counters *acl_counters;
	struct am_iface_counters nowhere; /* what no interface counts; nobody reads it */
	struct am_worker_stats stats;

	/* Set by the worker (true: about to wait on descriptors), read by producers of its rings. */
	_Alignas(64) _Atomic bool sleeping;
	int wake_fd;

	struct am_learn_ring learn;
	struct am_learn_pair_ring learn_pairs;
	struct am_punt *punt; /* set while the worker does not run; NULL: it does not punt */
};

struct am_plane {
	struct am_plane_conf conf;
	struct rte_rcu_qsbr *qsbr;
	_Atomic(const struct am_roots *) roots; /* written by control, read by workers once a burst */
	_Atomic bool quiet;                     /* written by control, read by workers: they wake nobody */
	_Atomic bool learn_signalled;           /* set by workers, cleared by control when it drains */
	struct am_punt_shared *punt;            /* NULL: nobody punts */
	struct am_port *ports[AM_PORTS_MAX];
	struct am_worker *workers[AM_WORKERS_MAX];
	/* [to][from]: whole frames to carry, and frames to transmit on a queue that `to` owns (member is the
	 * port id). */
	struct am_ring *carry[AM_WORKERS_MAX][AM_WORKERS_MAX];
	struct am_ring *send[AM_WORKERS_MAX][AM_WORKERS_MAX];
};

_Static_assert(AM_PORTS_MAX <= 64, "tx_pending has a bit for each port");

/* What follows is of this stage. */
static inline void am_stage(struct am_worker *w, enum am_stage next)
{
#if AM_STAGE_CLOCK
	uint64_t now = rte_rdtsc();

	w->stage_cycles[w->stage] += now - w->stage_since;
	w->stage_since = now;
	w->stage = next;
#else
	(void)w;
	(void)next;
#endif
}

static inline void am_count(struct am_worker *w, uint16_t iface, enum am_counter c, uint64_t n)
{
	w->counters[iface].count[c] += n;
}

/* The end of a packet that goes nowhere. Out of line: it is rare, and the loops are short without it. */
void am_drop(struct am_worker *w, uint16_t iface, enum am_verdict why, struct rte_mbuf *m);
/* The same of one that begins with an IP header, not with Ethernet's. */
void am_drop_ip(struct am_worker *w, uint16_t iface, enum am_verdict why, struct rte_mbuf *m);

/* input.c: a burst from a port; n at most AM_BURST. */
void am_input_burst(struct am_worker *w, const struct am_port_root *port, struct rte_mbuf **m, unsigned n);
/* One packet, the long way. */
void am_input_watched(struct am_worker *w, const struct am_port_root *port, struct rte_mbuf *m);
/* Finish a checksum that the sender left to its NIC. */
void am_input_finish(struct am_worker *w, struct am_frame *f);
/* The member of a tagged frame; its tag popped where it has one of its own. AM_NO_ID where nobody wants it. */
uint16_t am_input_tagged(const struct am_vlan_map *map, struct am_frame *f);

/* decap.c: all of w->arrivals; consumed. */
void am_decap_burst(struct am_worker *w, const struct am_port_root *port);
/* open.c: told by the reassembly table of packets that die in it. */
void am_decap_lost(void *worker, uint32_t peer, enum am_verdict why, unsigned packets);
/* The same of fragments whose first one never came. */
bool am_decap_orphan(void *worker, uint32_t peer, struct rte_mbuf *m);

/* route.c: all of w->routed; consumed. */
void am_route_burst(struct am_worker *w);
/* The same behind a bridge: VXLAN in them is frames for a bridge again. */
void am_route_bridged(struct am_worker *w);
/* The same of what came by a port: what was for its IP identity and is for this box is among w->arrivals then. */
void am_route_port(struct am_worker *w, const struct am_port_root *port);

/* handoff.c: carry w->frames here or there; take what others handed over. */
void am_handoff_frames(struct am_worker *w);
unsigned am_handoff_take(struct am_worker *w);
void am_handoff_send(struct am_worker *w, struct am_tx *tx, uint16_t port_id);
bool am_handoff_waiting(const struct am_worker *w);
/* Any thread: a worker that sleeps looks at its rings. */
void am_worker_wake(struct am_worker *to);

/*
 * punt.c: for the kernel, by the host interface of an interface (AM_PUNT_BACK: of a port); m is consumed, and dropped by a
 * name where its class has had enough. What is for a TAP is a frame without the VLAN tag of its interface, what is for a TUN
 * an IP packet. iface: where it is counted.
 */
void am_punt(struct am_worker *w, uint16_t iface, uint16_t to, enum am_punt_class class, struct rte_mbuf *m);
enum am_punt_class am_punt_classify(
	const struct am_worker *w, const uint8_t *ip, const struct am_ip_hdr *hdr);
unsigned am_punt_take(struct am_worker *w);
bool am_punt_waiting(const struct am_worker *w);
void am_punt_free(struct am_punt *punt);

/*
 * host.c: an IP packet behind l2 octets that came by an interface and is for the box itself. m is consumed, as in the two
 * others.
 */
void am_host_take(struct am_worker *w, const struct am_interface *in, struct rte_mbuf *m, uint16_t l2,
	enum am_punt_class class);
/* Is this frame, on an interface with an IP identity, one of those that a link lives by: ARP, ND, groups? Then it is taken. */
bool am_host_take_link(struct am_worker *w, const struct am_interface *in, const struct am_frame *f);
/* A packet with an address that no router forwards: does the kernel want it? */
bool am_host_take_neighbour(struct am_worker *w, const struct am_routed *r);
/* A packet that has waited for a neighbour on an interface, and whose hop is taken; and where nobody has answered. */
void am_host_forward(struct am_worker *w, uint16_t interface, struct rte_mbuf *m);
void am_host_refuse(struct am_worker *w, uint16_t interface, struct rte_mbuf *m);
/* What the kernel sent on the host interface of an interface. */
void am_host_send(struct am_worker *w, uint16_t interface, struct rte_mbuf *m);

/* bridge.c: all of w->frames, admitted; consumed. */
void am_bridge_burst(struct am_worker *w);
/* A frame that the bridge's own IP identity sends: m, eth, member and iface are set; consumed. */
void am_bridge_send(struct am_worker *w, struct am_frame *f);
/* The same, none by a short way. */
void am_bridge_watched(struct am_worker *w);

/* output.c: out of one member; f->m is consumed. output.h has the same inline. */
void am_output(struct am_worker *w, struct am_frame *f, const struct am_member *member);
void am_output_flush(struct am_worker *w);

/* learn.c */
void am_learn_report(struct am_worker *w, am_fdb_key key, uint16_t member, uint16_t old);
void am_learn_report_pair(struct am_worker *w, const struct am_learn_pair *pair);

#endif
