/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NET_MSS_H
#define NET_MSS_H
/* TCP MSS clamping (RFC 9293 3.7.1): on SYN and SYN/ACK only, downwards only, checksum by delta. */
#include <stdbool.h>
#include <stdint.h>

#include "net/ether.h"
#include "net/ip.h"

/*
 * Lower the MSS option of a TCP SYN to at most mss4 (IPv4) or mss6 (IPv6); 0 leaves that family alone. frame
 * is an Ethernet frame with any VLAN tags, ip a bare packet; len octets, any of them may be malformed. IPv4
 * options and IPv6 extension headers are walked, every option is scanned, a SYN without the option passes
 * untouched. True where changed.
 */
bool am_mss_clamp_frame(uint8_t *frame, uint32_t len, uint16_t mss4, uint16_t mss6);
bool am_mss_clamp_ip(uint8_t *ip, uint32_t len, uint16_t mss4, uint16_t mss6);

/*
 * Is there anything to clamp in a frame whose Ethernet header is parsed? True also where that takes a closer look, which
 * is am_mss_clamp_frame's. What most frames are, no SYN right behind an IP header without options, is seen here.
 */
static inline bool am_mss_may_clamp(const uint8_t *frame, uint32_t len, const struct am_ether *eth)
{
	enum { IP_PLAIN = 0x45, FLAGS = 13, SYN = 0x02 };
	const uint8_t *ip = frame + AM_ETH_LEN;
	uint32_t flags_at = AM_ETH_LEN + FLAGS + (eth->type == AM_ET_IPV4 ? AM_IP4_LEN : AM_IP6_LEN);
	uint8_t protocol;

	if (eth->tags || len <= flags_at)
		return true;
	if (eth->type == AM_ET_IPV4)
		return ip[0] != IP_PLAIN || (ip[9] == AM_PROTO_TCP && frame[flags_at] & SYN);
	protocol = ip[6];
	if (eth->type != AM_ET_IPV6 || protocol != AM_PROTO_TCP)
		return eth->type != AM_ET_IPV6 || (protocol != AM_PROTO_UDP && protocol != AM_PROTO_ICMPV6);
	return frame[flags_at] & SYN;
}

/* The same of a frame that is known to be TCP or UDP in IPv4, as am_flow_of_usual says. */
static inline bool am_mss_may_clamp_usual(const uint8_t *frame, uint32_t len)
{
	enum { PROTO_AT = AM_ETH_LEN + 9, FLAGS_AT = AM_ETH_LEN + AM_IP4_LEN + 13, SYN = 0x02 };

	return frame[PROTO_AT] == AM_PROTO_TCP && (len <= FLAGS_AT || frame[FLAGS_AT] & SYN);
}

/* The same of a bare packet whose header is right; what most are, no SYN behind a plain header, is seen here. */
static inline bool am_mss_may_clamp_ip(const uint8_t *ip, uint32_t len, uint8_t family)
{
	enum { IP_PLAIN = 0x45, FLAGS = 13, SYN = 0x02 };
	uint8_t protocol = ip[family == AM_IPV4 ? 9 : 6];
	uint32_t flags_at = (family == AM_IPV4 ? AM_IP4_LEN : AM_IP6_LEN) + FLAGS;

	if (family == AM_IPV4 && ip[0] != IP_PLAIN)
		return true;
	if (protocol == AM_PROTO_TCP)
		return len <= flags_at || ip[flags_at] & SYN;
	return family == AM_IPV6 && protocol != AM_PROTO_UDP && protocol != AM_PROTO_ICMPV6;
}

#endif
