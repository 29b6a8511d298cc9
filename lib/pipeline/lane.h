/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef PIPELINE_LANE_H
#define PIPELINE_LANE_H
/*
 * The short way out of a tunnel. Packets of one peer for one member differ in a few fields of their headers:
 * lengths, identification, checksums, hop limit, source port. A lane remembers the rest of a header that open.c
 * has judged and found good. A packet whose header is the same but for those fields, and whose fields agree with
 * each other, is as good; anything else goes the long way, which alone refuses and names reasons.
 *
 * What the fields are stands in a shape, one for each VRF, address family, protocol and kind of GRE header: the one that came last.
 * Both live in the worker and are forgotten with the snapshot that they were made under.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "net/ether.h"
#include "net/ip.h"
#include "pkt/buf.h"
#include "table/roots.h"

#if defined(__SSE4_2__)
#include <nmmintrin.h>
#endif

struct am_worker;

enum {
	AM_LANES_MIN = 64,
	AM_LANES_MAX = 65536,
	AM_LANES_LEARNT = 64, /* in one burst: all of it */
	AM_LANE_BLOCK = 16,
	AM_LANE_NEAR = 64,    /* compared of every packet; shorter ones have no lane */
	AM_LANE_OCTETS = 112, /* the longest: IPv6, EtherIP, Ethernet, IPv6, UDP, VXLAN */
	AM_LANE_KEYS = 3,
	AM_LANE_NO_MARK = -1,
	AM_LANE_OFFSET4 = 0x1fff,   /* of a fragment, in an IPv4 header */
	AM_LANE_KINDS = 8,          /* of GRE */
	AM_LANE_GRE_BITS = 0x30020, /* in which its headers differ, as they are loaded: key, and type */
	AM_LANE_VRFS = 2,           /* those that tunnels' peers are in; packets of others have no lane */
	AM_LANE_SHAPES = AM_LANE_VRFS * 2 * 4 * AM_LANE_KINDS, /* two families, four classes of protocols */
};

/* Where the headers of a packet are, which is all that makes a shape. Offsets are from the outermost IP header's first octet. */
struct am_lane_layout {
	uint8_t len; /* up to the frame */
	uint8_t n_ip;
	uint8_t ip_at[2], family[2];
	uint8_t ether_at; /* inner Ethernet header with the tunnel's own IP identity; 0: none */
	uint8_t udp_at;
	bool udp_csum; /* it has one */
	bool gre;
	uint8_t inside_at; /* the tunnel's payload */
};

/* Offsets are as there, lengths in octets. */
struct am_lane_shape {
	uint32_t mark;                /* its lanes carry it; AM_LANE_NO_MARK: there is no shape here */
	uint32_t len;                 /* up to the frame */
	uint32_t least;               /* that a packet has: these, and an Ethernet header */
	uint32_t octets;              /* that must be there: what is compared, and an Ethernet header */
	uint32_t inside_less;         /* octets of the outermost packet that are not the tunnel's payload */
	uint8_t key_at[AM_LANE_KEYS]; /* where to read what tells its lanes apart: 8, 8 and 4 octets */
	uint8_t far;                  /* octets compared behind the first AM_LANE_NEAR */
	bool outer4;                  /* the outermost header is IPv4 */
	bool regular;                 /* lengths inside, IPv4 inside, and no UDP checksum */
	uint8_t inner4_at;            /* an IPv4 header inside, else 0 */
	/*
	 * Where two length fields inside are, or the same one twice; 0: none. They say so much less than the outermost
	 * packet's octets: the first one in the upper half.
	 */
	uint8_t length_at[2];
	uint32_t length_less;
	uint8_t udp_at; /* where its checksum must be verified, else 0 */
	uint8_t udp_ip_at, udp_family;
	struct am_lane_layout layout;              /* it was made from */
	_Alignas(64) uint8_t mask[AM_LANE_OCTETS]; /* of what does not differ */
};

/* The second half of a frame that comes out by a lane: where it is one with IPv4 in it and no tag, as it stands. */
struct am_lane_rest {
	struct am_ether eth;
	bool hashed, popped;
	uint16_t tci, member, iface;
	uint32_t peer;   /* of the outermost packet, where a frame has a hash that is not valid yet */
	uint32_t across; /* the member's */
};

/*
 * Three cache lines, of which most packets need two. All of its member that is to be known is here, so that a packet needs
 * no line of that.
 */
struct am_lane {
	_Alignas(64) uint32_t mark; /* of its shape */
	uint16_t bridge;            /* the member's */
	/* Octets of IPv4 and more, behind a header of that, with which a frame is too long or needs a closer look. */
	uint16_t room;
	/* Where packets count: the tunnel's, and the bridge's VXLAN side; w->nowhere, where there is no such. */
	struct am_iface_counters *tunnel, *inside;
	uint32_t outer_rest, inner_rest; /* of IPv4 headers: am_csum_ip4_rest */
	struct am_lane_rest rest;
	_Alignas(64) uint8_t want[AM_LANE_OCTETS];
	uint16_t mtu; /* the member's */
	uint16_t mss4, mss6;
	uint16_t
		no_syn_room; /* room of what is no SYN, where there is mss4 or mss6 and room is none; else 0 */
	uint16_t tunnel_iface; /* AM_NO_ID: VXLAN straight over a port */
};

_Static_assert(sizeof(struct am_lane) == 192, "a lane is three cache lines");
_Static_assert(offsetof(struct am_lane, want) == 64, "of which most packets need two");

/* What open.c notes of a packet on its long way, for am_lane_learn. */
struct am_lane_note {
	bool good; /* nothing so far that only the long way can judge */
	uint16_t vrf;
	uint16_t start; /* data_off of the outermost IP header */
	uint16_t tunnel_iface;
	uint32_t peer;
	struct am_lane_layout at;
};

/* Which of its headers a GRE packet has: key or none, and what follows: 08 00, 86 dd and 65 58 differ in two bits. */
static inline unsigned am_lane_gre_kind(const uint8_t *gre)
{
	enum { KEY_BESIDE_TYPE = 0x401, TYPE_AT = 15 };
	uint32_t v;

	memcpy(&v, gre, sizeof v);
	return (v & AM_LANE_GRE_BITS) * KEY_BESIDE_TYPE >> TYPE_AT & (AM_LANE_KINDS - 1);
}

/* Of packets of such a protocol, whose header is at least 4 octets. */
static inline struct am_lane_shape *am_lane_shape_of(struct am_lane_shape shapes[AM_LANE_SHAPES],
	uint16_t vrf, bool v4, uint8_t proto, const uint8_t *header)
{
	unsigned row = vrf * 2u + v4, class = proto >> 5 & 3; /* 17 is 0, 47 is 1, 97 is 3 */
	unsigned kind = proto == AM_PROTO_GRE ? am_lane_gre_kind(header) : 0;

	return &shapes[(row * 4 + class) * AM_LANE_KINDS + kind];
}

/*
 * No secret goes in: only what a configured peer has sent makes a lane, and who shares one's place takes the long way.
 * ip is the outermost header; behind is the same, or where that would stand if the rest followed it at once: a Fragment
 * header may be in between.
 */
static inline uint32_t am_lane_hash(
	const struct am_lane_shape *shape, const uint8_t *ip, const uint8_t *behind)
{
	const uint8_t *at = shape->key_at;
	uint64_t a, b;
	uint32_t c;

	memcpy(&a, ip + at[0], sizeof a);
	memcpy(&b, (at[1] < AM_IP6_LEN ? ip : behind) + at[1], sizeof b);
	memcpy(&c, (at[2] < AM_IP6_LEN ? ip : behind) + at[2], sizeof c);
#if defined(__SSE4_2__)
	return (uint32_t)_mm_crc32_u64(_mm_crc32_u64(c, a), b);
#else
	return (uint32_t)(am_mix(a ^ b << 1 ^ 0x9e3779b97f4a7c15ull, c ^ 0xd1b54a32d192ed03ull) >> 16);
#endif
}

/* Remember the header of m, a frame that the long way has let through, as that of packets for such a lane. */
void am_lane_learn(
	struct am_worker *w, struct am_lane_note *note, struct rte_mbuf *m, const struct am_lane *as);

/* There is another snapshot. */
void am_lanes_forget(struct am_worker *w);

#endif
