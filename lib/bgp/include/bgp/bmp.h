/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BGP_BMP_H
#define BGP_BMP_H
/*
 * The BGP Monitoring Protocol (RFC 7854, peers of a Loc-RIB: RFC 9069), written: what a speaker tells a station about its sessions and the
 * routes that it received, before any policy. A station never answers, so there is nothing to read.
 *
 * A stream is: INITIATION; then for each session PEER_UP, its routes as ROUTE_MONITORING, an End-of-RIB for each family, further UPDATEs as they
 * come, STATISTICS now and then, PEER_DOWN; at the end TERMINATION. Each function appends one message: 0; or -ENOSPC where it does not fit
 * the room, and the writer is as it was; or -EINVAL where a value cannot be written, likewise.
 * Times are of the calendar, since 1970 in UTC; the program has them.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/bytes.h"
#include "bgp/error.h"

enum {
	AM_BGP_BMP_VERSION = 3,
	/* Octets that a message has beside what is handed to it: enough room is this, and the lengths of messages and texts. */
	AM_BGP_BMP_OVERHEAD = 128,
};

enum am_bgp_bmp_peer_type {
	AM_BGP_BMP_GLOBAL = 0,  /* of the global instance */
	AM_BGP_BMP_RD = 1,      /* of a VRF */
	AM_BGP_BMP_LOC_RIB = 3, /* no peer: routes chosen by us (RFC 9069) */
};

/* Who a message is about (RFC 7854 4.2). */
struct am_bgp_bmp_peer {
	enum am_bgp_bmp_peer_type type;
	uint8_t rd[8];        /* of RD */
	struct am_ip address; /* of no family with LOC_RIB */
	uint32_t as, id;      /* its AS number and BGP identifier, host order */
	bool as2;             /* AS_PATHs in its UPDATEs have 2-octet numbers */
	bool post_policy;     /* what follows passed the policy */
	uint32_t s, us;       /* when what follows came; 0: not known */
};

/* INITIATION (4.3): who speaks. name and description are text, and mandatory; more may have no bytes. */
int am_bgp_bmp_put_initiation(struct am_writer *w, struct am_bgp_span name, struct am_bgp_span description,
	struct am_bgp_span more);

enum am_bgp_bmp_end {
	AM_BGP_BMP_END_CLOSED = 0, /* by the operator */
	AM_BGP_BMP_END_UNSPECIFIED = 1,
	AM_BGP_BMP_END_RESOURCES = 2,
	AM_BGP_BMP_END_REDUNDANT = 3,
	AM_BGP_BMP_END_FOR_GOOD = 4,
};

/* TERMINATION (4.5). text may have no bytes. */
int am_bgp_bmp_put_termination(struct am_writer *w, enum am_bgp_bmp_end why, struct am_bgp_span text);

/* PEER_UP (4.10): the session's ends, and the OPENs with their headers. local is of the peer's family. */
struct am_bgp_bmp_up {
	struct am_ip local;
	uint16_t local_port, remote_port;
	struct am_bgp_span sent_open, received_open;
};
int am_bgp_bmp_put_up(
	struct am_writer *w, const struct am_bgp_bmp_peer *peer, const struct am_bgp_bmp_up *up);

enum am_bgp_bmp_down {
	AM_BGP_BMP_DOWN_NOTIFIED = 1,    /* by us; data is the NOTIFICATION */
	AM_BGP_BMP_DOWN_LOCAL = 2,       /* by us without one; data is the FSM event, 2 octets, 0: none */
	AM_BGP_BMP_DOWN_BY_PEER = 3,     /* data is the peer's NOTIFICATION */
	AM_BGP_BMP_DOWN_LOST = 4,        /* without one */
	AM_BGP_BMP_DOWN_UNMONITORED = 5, /* the session may be up; no more is told about it */
};

/* PEER_DOWN (4.9). A NOTIFICATION goes in whole, with its header. */
int am_bgp_bmp_put_down(struct am_writer *w, const struct am_bgp_bmp_peer *peer, enum am_bgp_bmp_down why,
	struct am_bgp_span data);

/* ROUTE_MONITORING (4.6): an UPDATE with its header, as it came, or as am_bgp_update_encode() or am_bgp_end_of_rib_encode() made it. */
int am_bgp_bmp_put_route(struct am_writer *w, const struct am_bgp_bmp_peer *peer, struct am_bgp_span update);
/* ROUTE_MIRRORING (4.7): a message as it came; or that some were lost, where it has no bytes. */
int am_bgp_bmp_put_mirror(
	struct am_writer *w, const struct am_bgp_bmp_peer *peer, struct am_bgp_span message, bool malformed);

/* STATISTICS (4.8), by their number in IANA's list. */
enum am_bgp_bmp_stat_type {
	AM_BGP_BMP_STAT_REJECTED = 0,   /* prefixes, by policy */
	AM_BGP_BMP_STAT_DUPLICATES = 1, /* of prefix announcements */
	AM_BGP_BMP_STAT_DUPLICATE_WITHDRAWS = 2,
	AM_BGP_BMP_STAT_CLUSTER_LOOP = 3,
	AM_BGP_BMP_STAT_AS_PATH_LOOP = 4,
	AM_BGP_BMP_STAT_ORIGINATOR_LOOP = 5,
	AM_BGP_BMP_STAT_CONFED_LOOP = 6,
	AM_BGP_BMP_STAT_ADJ_RIB_IN = 7,        /* routes now, 64 bits */
	AM_BGP_BMP_STAT_LOC_RIB = 8,           /* routes now, 64 bits */
	AM_BGP_BMP_STAT_ADJ_RIB_IN_FAMILY = 9, /* routes of a family now, 64 bits */
	AM_BGP_BMP_STAT_LOC_RIB_FAMILY = 10,
	AM_BGP_BMP_STAT_WITHDRAWN_UPDATES = 11, /* UPDATEs treated as withdrawals (RFC 7606) */
	AM_BGP_BMP_STAT_WITHDRAWN_PREFIXES = 12,
	AM_BGP_BMP_STAT_DUPLICATE_UPDATES = 13,
};

struct am_bgp_bmp_stat {
	enum am_bgp_bmp_stat_type type;
	uint16_t afi; /* of the two _FAMILY */
	uint8_t safi;
	uint64_t value; /* counters of 32 bits wrap around */
};
int am_bgp_bmp_put_stats(struct am_writer *w, const struct am_bgp_bmp_peer *peer,
	const struct am_bgp_bmp_stat *stats, size_t n);

#endif
