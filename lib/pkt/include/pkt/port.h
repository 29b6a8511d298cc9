/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef PKT_PORT_H
#define PKT_PORT_H
/*
 * A port is where frames enter and leave. The pipeline knows this much of one and no more; drivers/
 * implements it. A queue is used by one worker at a time, so no function here needs a lock.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"

struct rte_mbuf;
struct am_port;

/* Why a received frame is ours, or is not. */
enum am_steer_rule {
#define AM_STEER(name, text, what) AM_STEER_##name,
#include "pkt/steer.def"
#undef AM_STEER
	AM_STEER_RULES,
};

const char *am_steer_rule_name(enum am_steer_rule rule); /* "etherip" */
const char *am_steer_rule_text(enum am_steer_rule rule);

/* Which received frames are ours; the rest stays the kernel's where a driver can leave it there. */
struct am_steer {
	bool all;                 /* every frame: the whole port is a bridge's or an xconnect's */
	uint64_t vids[4096 / 64]; /* every frame of these VLANs; bit 0: untagged frames */
	uint16_t n_locals;        /* tunnel endpoints and VTEPs: 47, 97, UDP 4789, and fragments */
	const struct am_ip *locals;
	/*
	 * We forward IP here: what is to the port's MAC, untagged or in routed_vid, and to none of the kernel's own addresses.
	 * ARP, ND, groups, and what is link-local stay the kernel's.
	 */
	bool routed;
	uint16_t routed_vid;
	uint16_t n_kernel;
	const struct am_ip *kernel;
};

/* Settings of a kernel device that spoil what is received by it; am_port_trouble_text says how to mend them. */
enum am_port_trouble {
	AM_TROUBLE_LRO,    /* segments are merged before we see them */
	AM_TROUBLE_GRO_HW, /* the same, by the NIC itself */
	AM_TROUBLE_GRO,    /* the same, by the kernel, where the XDP program runs behind it */
	AM_TROUBLE_MERGED, /* the same, before the kernel copies frames to us */
	AM_TROUBLE_TAGS,   /* VLAN tags are taken out of the frame */
	AM_TROUBLE_QUEUES, /* there are more queues than when it was opened: their frames pass us by */
	AM_TROUBLES,
};

struct am_port_limits {
	uint16_t mtu; /* of the link: longest IP packet, octets */
	uint16_t rx_queues, tx_queues;
	bool unfinished_csum; /* senders on this kind of port may leave checksums to a NIC: finish them */
	struct am_mac mac;
	int ifindex; /* in the daemon's namespace; 0 where the kernel does not know the port */
};

/* What a driver counts by itself, from open on. */
struct am_port_stats {
	uint64_t rx_dropped; /* lost before we saw them: ring full, no buffer */
	uint64_t rx_too_long;
	uint64_t rx_gso; /* GSO frames longer than the MTU, refused */
	uint64_t tx_errors;
	uint64_t steered
		[AM_STEER_RULES]; /* frames by rule, where the driver has rules; their sum is what came in */
	uint32_t troubles;        /* bit t: enum am_port_trouble t */
	bool link_up;
};

struct am_port_ops {
	const char *name; /* "af_xdp" */

	/* Up to n frames into m, linear, with headroom. Never blocks. The caller owns them. */
	uint16_t (*rx)(struct am_port *port, uint16_t queue, struct rte_mbuf **m, uint16_t n);

	/* Send m[0..n); returns how many were taken (their ownership too). Never blocks. */
	uint16_t (*tx)(struct am_port *port, uint16_t queue, struct rte_mbuf **m, uint16_t n);

	/* Once per turn of the worker loop: kick what was sent, take back what is done. May be NULL. */
	void (*poll)(struct am_port *port, uint16_t queue);

	/*
	 * A descriptor that turns readable when frames wait on queue, or -1: then the queue must be polled.
	 */
	int (*wait_fd)(struct am_port *port, uint16_t queue);

	/* Before and after a wait on wait_fd; may be NULL. */
	void (*wait)(struct am_port *port, uint16_t queue, bool begin);

	/*
	 * Which frames are ours from now on. Control thread. May be NULL where everything always is. 0 or
	 * -errno.
	 */
	int (*steer)(struct am_port *port, const struct am_steer *steer);

	/*
	 * A frame that rx gave us is the kernel's after all: let it have it, as if it had just come in. Any thread but a worker,
	 * one at a time. May be NULL where the kernel has a copy anyway, or where it has no such device. 0 or -errno.
	 */
	int (*give_back)(struct am_port *port, const uint8_t *frame, uint32_t len);

	/* Control thread. limits.mtu and link state as they are now are put into port->limits as well. */
	void (*stats)(struct am_port *port, struct am_port_stats *out);

	/* Control thread, workers gone from it. Frees port. */
	void (*close)(struct am_port *port);
};

/* The head of every driver's own struct. */
struct am_port {
	const struct am_port_ops *ops;
	char name[32];
	struct am_port_limits limits;
};

#endif
