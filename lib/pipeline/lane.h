/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef PIPELINE_LANE_H
#define PIPELINE_LANE_H
/*
 * The short way out of a tunnel. Packets of one peer for one member differ in a few fields of their headers:
 * lengths, identification, checksums, hop limit, source port. A lane remembers the rest of a header that decap.c
 * has judged and found good. A packet whose header is the same but for those fields, and whose fields agree with
 * each other, is as good; anything else goes the long way, which alone refuses and names reasons.
 *
 * What the fields are stands in a shape, one for each address family, protocol and kind of GRE header: the one that came last.
 * Both live in the worker and are forgotten with the snapshot that they were made under.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"
#include "net/ip.h"
#include "pkt/buf.h"
#include "table/roots.h"

struct am_worker;

enum {
	AM_LANES_MIN = 64,
	AM_LANES_MAX = 65536,
	AM_LANES_LEARNT = 16, /* in one burst: what fits no lane costs little more than without */
	AM_LANE_BLOCK = 16,
	AM_LANE_OCTETS = 112, /* the longest: IPv6, GRE with key, IPv6, UDP, VXLAN */
	AM_LANE_LENGTHS = 2,
	AM_LANE_KEYS = 3,
	AM_LANE_KINDS = 8,                      /* of GRE */
	AM_LANE_SHAPES = 2 * 4 * AM_LANE_KINDS, /* two families, four classes of protocols */
};

/* Offsets are from the outermost IP header's first octet, lengths in octets. */
struct am_lane_shape {
	uint32_t mark; /* its lanes carry it; 0: there is no shape here */
	uint16_t len;  /* up to the frame */
	uint8_t blocks;
	uint8_t key_at[AM_LANE_KEYS]; /* where to read what tells its lanes apart */
	uint8_t total_at;             /* the outermost length field */
	uint8_t total_more;           /* what it does not count */
	uint8_t n_lengths;
	struct {
		uint8_t at;
		uint8_t less; /* than the outermost packet, which is what that field must say */
	} lengths[AM_LANE_LENGTHS];
	uint8_t n_sums;
	uint8_t sum_at[2];   /* IPv4 headers */
	uint8_t inside_less; /* octets of the outermost packet that are not the tunnel's payload */
	uint8_t udp_at;      /* where its checksum must be verified, else 0 */
	uint8_t udp_ip_at, udp_family;
	_Alignas(AM_LANE_BLOCK) uint8_t mask[AM_LANE_OCTETS]; /* of what does not differ */
};

/* Two cache lines. */
struct am_lane {
	_Alignas(64) uint8_t want[AM_LANE_OCTETS];
	uint32_t mark; /* of its shape */
	uint16_t member;
	uint16_t tunnel_iface; /* AM_NO_ID: VXLAN straight over a port */
	uint16_t iface;        /* the frame's drops count there: the tunnel, or the VXLAN side */
	uint16_t mss4, mss6;
	bool vxlan;
	bool tags; /* tagged frames may come out */
};

_Static_assert(sizeof(struct am_lane) == 128, "a lane is two cache lines");

/* What decap.c notes of a packet on its long way, for am_lane_learn. */
struct am_lane_note {
	bool good; /* nothing so far that only the long way can judge */
	uint8_t n_ip;
	uint8_t ip_at[2], family[2];
	uint8_t ether_at; /* inner Ethernet header with the tunnel's own IP identity; 0: none */
	uint8_t udp_at;
	uint8_t inside_at; /* the tunnel's payload */
	uint16_t vrf;
	uint16_t start; /* data_off of the outermost IP header */
	uint16_t tunnel_iface;
};

/* Which of its headers a GRE packet has, of which at least at + 4 octets are there: key or none, and what follows. */
static inline unsigned am_lane_gre_kind(const uint8_t *ip, unsigned at)
{
	return (ip[at] >> 5 & 1) | (ip[at + 2] & 3u) << 1; /* 08 00, 86 dd and 65 58 differ there */
}

/* Of packets like that at ip, of which has octets are there, at least 20. */
static inline struct am_lane_shape *am_lane_shape_of(struct am_lane_shape shapes[AM_LANE_SHAPES],
	uint16_t vrf, uint8_t family, const uint8_t *ip, uint32_t has)
{
	unsigned at = family == AM_IPV4 ? AM_IP4_LEN : AM_IP6_LEN;
	uint8_t proto = family == AM_IPV4 ? ip[9] : ip[6];
	/* 17 is 0, 47 is 1, 97 is 3; VXLAN straight over a port is the one use of the other VRF. */
	unsigned class = vrf == AM_VRF_UNDERLAY ? proto >> 5 & 3 : 2;
	unsigned kind = proto == AM_PROTO_GRE && has >= at + 4 ? am_lane_gre_kind(ip, at) : 0;

	return &shapes[((family == AM_IPV6 ? 4 : 0) + class) * AM_LANE_KINDS + kind];
}

static inline uint32_t am_lane_hash(const struct am_lane_shape *shape, const uint8_t *ip)
{
	uint64_t k[AM_LANE_KEYS];

	for (unsigned i = 0; i < AM_LANE_KEYS; i++)
		memcpy(&k[i], ip + shape->key_at[i], sizeof k[i]);
	return (uint32_t)(am_mix(k[0] ^ k[1] << 1 ^ 0x9e3779b97f4a7c15ull, k[2] ^ 0xd1b54a32d192ed03ull) >>
			  16);
}

/* Remember the header of m, a frame that the long way has let through, as that of packets for such a lane. */
void am_lane_learn(
	struct am_worker *w, const struct am_lane_note *note, struct rte_mbuf *m, const struct am_lane *as);

/* There is another snapshot. */
void am_lanes_forget(struct am_worker *w);

#endif
