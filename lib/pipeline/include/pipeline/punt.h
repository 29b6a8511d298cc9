/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef PIPELINE_PUNT_H
#define PIPELINE_PUNT_H
/*
 * The way between workers and the kernel: what is for the box itself goes up to a slow thread, what the kernel sends on a
 * host interface comes down. One single-producer ring per worker each way; nobody waits for anybody.
 *
 *   worker ── policer of the packet's class ── up ring ──▶ slow thread ──▶ TAP or TUN
 *   worker ◀───────────────────────────────── down ring ─── slow thread ◀── TAP or TUN
 *
 * A flood at the box costs it no session: TCP that the kernel itself has been speaking on (no SYN, no RST from it) has a
 * class of its own, which only packets of those very connections can use up. The slow thread notes them as it sees them
 * leave, so that nobody has to configure a peer for it to live.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "net/ip.h"
#include "net/verdict.h"

struct rte_mbuf;
struct am_plane;

enum am_punt_class {
	AM_PUNT_ARP_ND,  /* address resolution, and router discovery */
	AM_PUNT_SESSION, /* TCP on connections that the kernel holds */
	AM_PUNT_TCP,     /* any other */
	AM_PUNT_ICMP,
	AM_PUNT_OTHER,
	AM_PUNT_GLEAN,        /* to be forwarded, and the kernel must find the neighbour first */
	AM_PUNT_BACK,         /* not ours: the kernel shall have it as it came in by a port */
	AM_PUNT_TUNNEL_ERROR, /* an ICMP error about a tunnel's packet: for show tunnels */
	AM_PUNT_CLASSES,
};

const char *am_punt_class_name(enum am_punt_class c); /* "arp_nd" */

/* Packets a second that all workers together let through, and how many at once. */
struct am_punt_limit {
	uint32_t rate, burst;
};
extern const struct am_punt_limit am_punt_limits[AM_PUNT_CLASSES];

struct am_punted {
	struct rte_mbuf *m; /* a frame; an IP packet where the interface is a tunnel for IP or a VRF's own */
	uint16_t
		to; /* which interface's host interface; AM_PUNT_BACK: which port; AM_PUNT_TUNNEL_ERROR: octets before its IP header */
	uint8_t class; /* enum am_punt_class */
};

/*
 * Workers not running: from now on they punt. fd is an eventfd that they write to when there is something in a ring that
 * was empty. 0 or -ENOMEM.
 */
int am_plane_set_punt(struct am_plane *plane, int fd);

/* The slow thread, alone: take up to n packets of worker i's; they are the caller's. */
unsigned am_plane_punted(struct am_plane *plane, unsigned worker, struct am_punted *out, unsigned n);

/*
 * The slow thread, alone: what the kernel sent on the host interface of `interface`, to be sent (a frame) or routed (an IP
 * packet) by worker i. False, and m still the caller's, where its ring is full.
 */
bool am_plane_inject(struct am_plane *plane, unsigned worker, uint16_t interface, struct rte_mbuf *m);

/* The same of a packet that came up as AM_PUNT_GLEAN: its neighbour on `interface` is known now, or its sender is told that nobody answers. */
bool am_plane_forward(
	struct am_plane *plane, unsigned worker, uint16_t interface, struct rte_mbuf *m, bool found);

/* The slow thread: an IP packet that the kernel sends; its connection is a session from now on where it shows one. */
void am_plane_note_session(struct am_plane *plane, const uint8_t *ip, uint32_t len);

/* What workers did, in all: packets let through, by class. */
void am_plane_punt_stats(const struct am_plane *plane, uint64_t out[AM_PUNT_CLASSES]);

#endif
