/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BGP_RA_H
#define BGP_RA_H
/*
 * Router advertisements (RFC 4861) on one interface, as far as a BGP peer without a configured address (RFC 8950 over link-local
 * addresses) needs them: ours tell the other end our link-local address, and its tell us its own. An FRR interface peer stays idle until it
 * has heard one.
 *
 * It does no I/O. The program around it has a raw ICMPv6 socket on the interface, which writes and verifies checksums, and does this:
 *
 *   the link came up, or went down    am_bgp_ra_up(), am_bgp_ra_down()
 *   an RS or RA was received          am_bgp_ra_input(); the socket is a member of ff02::1 and ff02::2
 *   am_bgp_ra_deadline() is           am_bgp_ra_expire()
 *   after every call                  am_bgp_ra_output() until it says false, and am_bgp_ra_next_event() until it does
 *   before it ends                    am_bgp_ra_stop(), and am_bgp_ra_output() once more
 *
 * Ownership: the program owns the struct, its fields are this library's. It holds no pointer and needs no freeing.
 * Bounds: a call does no more work than one message, or than there are neighbours; what cannot be kept is counted.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/clock.h"

enum {
	AM_BGP_RA_HOP_LIMIT =
		255, /* to send with; what came with another has passed a router (RFC 4861 6.1) */
	AM_BGP_RA_NEIGHBOURS = 8, /* of one interface */
	AM_BGP_RA_LEN = 24,       /* octets of ours */
};

struct am_bgp_ra_config {
	uint32_t
		interval; /* s, 4 to 1800: the longest time between two of ours; the shortest is 3/4 of it (RFC 4861 6.2.1) */
	uint16_t lifetime; /* s, for which hosts may use us as default router: 0, or interval to 9000 */
	uint32_t patience; /* s, at least 1: for which a neighbour is kept whose RAs always had lifetime 0 */
	bool listen_only;  /* send nothing */
	uint64_t seed;     /* for jitter; the same seed and calls do the same */
};

enum am_bgp_ra_event_type {
	AM_BGP_RA_APPEARED, /* a neighbour is there; once more where its link-layer address changed */
	AM_BGP_RA_GONE,
};

struct am_bgp_ra_event {
	enum am_bgp_ra_event_type type;
	struct am_ip address; /* link-local, on this interface */
	struct am_mac mac;    /* where has_mac */
	bool has_mac;         /* its RA had a Source Link-Layer Address option */
	const char *why;      /* of GONE: half a sentence; constant */
};

/* Seen from outside only by its size. */
struct am_bgp_ra_neighbour {
	struct am_ip address;
	struct am_mac mac;
	am_time expires;
	const char *why;
	bool has_mac, router, there, told; /* told: the last event said that it is there */
	bool news;
};

struct am_bgp_ra {
	struct am_bgp_ra_config config;
	bool up, due, last; /* last: the one that is due is the last */
	unsigned burst;     /* RAs left of those after link-up */
	struct am_ip own;   /* our link-local address */
	struct am_mac mac;
	am_time next, sent; /* the next RA, the one before */
	uint64_t random;
	uint64_t dropped; /* neighbours for which there was no room */
	struct am_bgp_ra_neighbour neighbours[AM_BGP_RA_NEIGHBOURS];
};

/* 0, or -EINVAL where config contradicts a comment above. The link is down. */
int am_bgp_ra_init(struct am_bgp_ra *ra, const struct am_bgp_ra_config *config);

/*
 * The link is up and has this address, or another one than before: -EINVAL where it is not link-local. A burst of three RAs begins.
 * mac goes into them; NULL where the link has none.
 */
int am_bgp_ra_up(struct am_bgp_ra *ra, const struct am_ip *address, const struct am_mac *mac, am_time now);
/* The link is down: every neighbour is gone. */
void am_bgp_ra_down(struct am_bgp_ra *ra);
/* One last RA, of lifetime 0 (RFC 4861 6.2.5), is due; neighbours are forgotten without events. am_bgp_ra_up() starts again. */
void am_bgp_ra_stop(struct am_bgp_ra *ra);

/*
 * An ICMPv6 message, from its type on, with the source and the hop limit of its packet. 0, also for what is neither an RS nor an RA and
 * for our own; -EBADMSG and *why (constant, half a sentence) where RFC 4861 6.1 has it dropped.
 */
int am_bgp_ra_input(struct am_bgp_ra *ra, const void *bytes, size_t len, const struct am_ip *source,
	uint8_t hop_limit, am_time now, const char **why);

/* What is to be sent now, if anything: to ff02::1 from the address given, with hop limit AM_BGP_RA_HOP_LIMIT; its checksum is 0. */
bool am_bgp_ra_output(struct am_bgp_ra *ra, uint8_t bytes[AM_BGP_RA_LEN], size_t *len);

/* When am_bgp_ra_expire() has something to do; ns UINT64_MAX: never. It may be called at any other time, too. */
am_time am_bgp_ra_deadline(const struct am_bgp_ra *ra);
void am_bgp_ra_expire(struct am_bgp_ra *ra, am_time now);

/* What changed, of each neighbour the latest. */
bool am_bgp_ra_next_event(struct am_bgp_ra *ra, struct am_bgp_ra_event *out);

#endif
