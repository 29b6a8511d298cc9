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

/*
 * What nearly all frames are: TCP or UDP in IPv4, without tags and options, not cut. Where eth, the parsed header,
 * and the packet say so: am_flow_hash_frame of it, and its DSCP and ECN.
 */
static inline bool am_flow_of_usual(
	const uint8_t *frame, uint32_t len, const struct am_ether *eth, uint32_t *hash, uint8_t *tos)
{
	enum { PORTS_LEN = 4, FIELDS = AM_IP4_LEN + PORTS_LEN };
	const uint8_t *ip = frame + AM_ETH_LEN;
	/* Version and header length, and of the fragment field all but DF and the reserved bit. */
	const uint64_t mask = 0xff3f0000000000ffull, plain = 0x45;
	uint64_t first, addrs;
	uint32_t total, ports;

	if (eth->type != AM_ET_IPV4 || eth->tags || len < AM_ETH_LEN + FIELDS)
		return false;
	memcpy(&first, ip, sizeof first);
	total = __builtin_bswap16((uint16_t)(first >> 16));
	if ((first & mask) != plain || total < FIELDS || total > len - AM_ETH_LEN ||
		(ip[9] != AM_PROTO_TCP && ip[9] != AM_PROTO_UDP))
		return false;
	memcpy(&addrs, ip + 12, sizeof addrs);
	memcpy(&ports, ip + AM_IP4_LEN, sizeof ports);
	*hash = am_flow_finish(addrs, (uint64_t)ip[9] << 32 | ports);
	*tos = (uint8_t)(first >> 8);
	return true;
}

#endif
