/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NET_FLOW_H
#define NET_FLOW_H
/*
 * The hash of the flow a packet belongs to: addresses, protocol and ports, the MAC addresses where there is
 * no IP. Fragments hash on addresses and protocol only, so that all of a datagram's fragments go one way. It
 * feeds the VXLAN source port (RFC 7348), the IPv6 flow label (RFC 6438), stripes and hand-off: the same on
 * both directions is not promised, the same for one flow is.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/bytes.h"
#include "base/hash.h"
#include "net/ether.h"
#include "net/ip.h"

/*
 * frame is Ethernet, ip is IPv4 or IPv6 (by its version nibble); len octets each, any of them may be
 * malformed.
 */
uint32_t am_flow_hash_frame(const uint8_t *frame, uint32_t len);
uint32_t am_flow_hash_ip(const uint8_t *ip, uint32_t len);

/* The hash only spreads; whoever can choose flows to collide can as well send one flow. So the keys are constants. */
#define AM_FLOW_KEY1 0x9e3779b97f4a7c15ull
#define AM_FLOW_KEY2 0xd1b54a32d192ed03ull

static inline uint32_t am_flow_finish(uint64_t a, uint64_t b)
{
	uint64_t h = am_mix(a ^ AM_FLOW_KEY1, b ^ AM_FLOW_KEY2);

	return (uint32_t)(h ^ h >> 32);
}

struct am_flow {
	uint32_t hash;
	uint8_t tos; /* DSCP and ECN; 0 where there is no IP */
};

/* Of a frame as am_flow_hash_frame takes it. */
struct am_flow am_flow_of_frame(const uint8_t *frame, uint32_t len);

/*
 * What nearly all frames are: TCP or UDP in IPv4, without tags and options, not cut. Where the frame says so:
 * am_flow_hash_frame of it, and its DSCP and ECN. A length that lies costs its flow no more than another hash.
 */
static inline bool am_flow_of_usual(const uint8_t *frame, uint32_t len, struct am_flow *flow)
{
	enum {
		PORTS_LEN = 4,
		FRAG_AT = AM_ETH_LEN + 6,
		SRC_AT = AM_ETH_LEN + 12,
		PORTS_AT = AM_ETH_LEN + AM_IP4_LEN
	};
	uint32_t type, frag, ports, proto;
	uint64_t addrs;

	if (len < PORTS_AT + PORTS_LEN)
		return false;
	/* In native words: EtherType, version and header length; fragment field but DF and the reserved bit, protocol. */
	memcpy(&type, frame + AM_ETH_LEN - 2, sizeof type);
	memcpy(&frag, frame + FRAG_AT, sizeof frag);
	proto = frag & 0xff00ff3f;
	if ((type & 0x00ffffff) != 0x00450008 ||
		(proto != (uint32_t)AM_PROTO_UDP << 24 && proto != (uint32_t)AM_PROTO_TCP << 24))
		return false;
	memcpy(&addrs, frame + SRC_AT, sizeof addrs);
	memcpy(&ports, frame + PORTS_AT, sizeof ports);
	flow->hash = am_flow_finish(addrs, (uint64_t)proto << 8 | ports);
	flow->tos = (uint8_t)(type >> 24);
	return true;
}

static inline uint64_t am_flow_word(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof v);
	return v;
}

/* Both IPv6 addresses, from src on. */
static inline uint64_t am_flow_addresses6(const uint8_t *src)
{
	uint64_t both = am_mix(am_flow_word(src) ^ AM_FLOW_KEY1, am_flow_word(src + 8) ^ AM_FLOW_KEY2);

	return both ^ am_mix(am_flow_word(src + 16) ^ AM_FLOW_KEY2, am_flow_word(src + 24) ^ AM_FLOW_KEY1);
}

/* As am_flow_of_usual, of TCP or UDP right behind an IPv6 header. */
static inline bool am_flow_of_usual6(const uint8_t *frame, uint32_t len, struct am_flow *flow)
{
	enum {
		PORTS_LEN = 4,
		NEXT_AT = AM_ETH_LEN + 6,
		SRC_AT = AM_ETH_LEN + 8,
		PORTS_AT = AM_ETH_LEN + AM_IP6_LEN
	};
	uint32_t type, ports;
	uint8_t proto;

	if (len < PORTS_AT + PORTS_LEN)
		return false;
	type = am_load32(frame + AM_ETH_LEN - 2);
	proto = frame[NEXT_AT];
	if ((type & 0xfffff000) != ((uint32_t)AM_ET_IPV6 << 16 | 0x6000) ||
		(proto != AM_PROTO_UDP && proto != AM_PROTO_TCP))
		return false;
	memcpy(&ports, frame + PORTS_AT, sizeof ports);
	flow->hash = am_flow_finish(am_flow_addresses6(frame + SRC_AT), (uint64_t)proto << 32 | ports);
	flow->tos = (uint8_t)(type >> 4);
	return true;
}

/*
 * Where a packet of a family, whose header is right, is TCP or UDP right behind that without options and no fragment:
 * am_flow_hash_ip of it.
 */
static inline bool am_flow_of_usual_ip(const uint8_t *ip, uint32_t len, uint8_t family, uint32_t *hash)
{
	enum { PORTS_LEN = 4, IP_PLAIN = 0x45 };
	bool v4 = family == AM_IPV4;
	uint32_t at = v4 ? AM_IP4_LEN : AM_IP6_LEN, ports;
	uint8_t proto = ip[v4 ? 9 : 6];

	if (len < at + PORTS_LEN || (proto != AM_PROTO_TCP && proto != AM_PROTO_UDP) ||
		(v4 && (ip[0] != IP_PLAIN || am_load16(ip + 6) & (uint16_t)~AM_IP4_DF)))
		return false;
	memcpy(&ports, ip + at, sizeof ports);
	*hash = am_flow_finish(
		v4 ? am_flow_word(ip + 12) : am_flow_addresses6(ip + 8), (uint64_t)proto << 32 | ports);
	return true;
}

#endif
