/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NET_FORWARD_H
#define NET_FORWARD_H
/*
 * What a router looks at in a packet that it may forward (RFC 1812 5.2.2 and 5.3.7, RFC 8200), and what it changes there.
 * This is where the lengths of routed packets are validated: no more of them than forwarding needs. What is behind the IP header
 * is none of a router's business, but for what it hashes (net/flow.h).
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "net/csum.h"
#include "net/ip.h"

/* Of an IPv4 header: with options, or what am_forward4_check did not like. */
enum am_verdict am_forward4_check_closely(const uint8_t *ip, uint32_t has, uint32_t *len);

/* Can a routed packet come from, or go to, an address whose first octet is this? Not 0, loopback, multicast and beyond. */
static inline bool am_forward4_octet_is_good(uint8_t first)
{
	return first - 1u < 223u && first != 127;
}

/*
 * Of ip, has octets are there. AM_V_OK: *len is how many octets the packet has, the rest is padding; source and destination
 * are not martians, and the header checksum is right. Source routes are refused.
 */
static inline enum am_verdict am_forward4_check(const uint8_t *ip, uint32_t has, uint32_t *len)
{
	if (__builtin_expect(has < AM_IP4_LEN || ip[0] != 0x45, 0))
		return am_forward4_check_closely(ip, has, len);
	*len = am_load16(ip + 2);
	if (__builtin_expect(*len - AM_IP4_LEN > has - AM_IP4_LEN, 0))
		return AM_V_IP4_TOTAL_LENGTH;
	if (__builtin_expect(!am_csum_ip4_is_right(ip), 0))
		return AM_V_IP4_CHECKSUM;
	return am_forward4_octet_is_good(ip[12]) && am_forward4_octet_is_good(ip[16]) ? AM_V_OK
										      : AM_V_IP_MARTIAN;
}

/* RFC 8200, RFC 4291 2.5: no routed packet is from or to a multicast, loopback, unspecified or link-local address. */
static inline bool am_forward6_is_good(const uint8_t *address)
{
	return address[0] != 0xff && (am_load16(address) & 0xffc0) != 0xfe80 &&
	       (am_load64(address) || am_load64(address + 8) > 1);
}

static inline enum am_verdict am_forward6_check(const uint8_t *ip, uint32_t has, uint32_t *len)
{
	if (__builtin_expect(has < AM_IP6_LEN, 0))
		return AM_V_IP6_SHORT;
	if (__builtin_expect(ip[0] >> 4 != AM_IPV6, 0))
		return AM_V_IP6_VERSION;
	*len = AM_IP6_LEN + (uint32_t)am_load16(ip + 4);
	if (__builtin_expect(*len > has, 0))
		return AM_V_IP6_PAYLOAD_LENGTH;
	return am_forward6_is_good(ip + 8) && am_forward6_is_good(ip + 24) ? AM_V_OK : AM_V_IP_MARTIAN;
}

/* Both TTL and hop limit stand where they stand in every header. */
static inline uint8_t am_forward_ttl(const uint8_t *ip, uint8_t family)
{
	return ip[family == AM_IPV4 ? 8 : 7];
}

/*
 * One less; it was 2 or more. The IPv4 checksum by delta (RFC 1624): the sum's complement grows by 0x0100, which is 1 in
 * octets as they lie in memory, and once more where a carry comes round. TTL, protocol and checksum are one word.
 */
static inline void am_forward_hop(uint8_t *ip, uint8_t family)
{
	uint32_t word;

	if (family == AM_IPV6) {
		ip[7]--;
		return;
	}
	memcpy(&word, ip + 8, sizeof word);
	word += ((uint32_t)(word >= 0xfffe0000) << 16) + 0xffff;
	memcpy(ip + 8, &word, sizeof word);
}

#endif
