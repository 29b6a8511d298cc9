/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NET_PLAIN_H
#define NET_PLAIN_H
/*
 * One fragment in the plainest form, of which ip.h tells, inline for the loop over arrivals: *out is what am_ip_parse makes
 * of it. False: it is none, or not plain, and left to that.
 */
#include "base/bytes.h"
#include "net/csum.h"
#include "net/ip.h"

/* A middle part ends where the next may begin, and none beyond what a datagram can be. */
static inline bool am_ip_is_part(uint32_t at, uint32_t len, bool more, uint32_t before)
{
	return !(more && len % 8) && before + at + len <= UINT16_MAX;
}

static inline bool am_ip4_fragment(const uint8_t *ip, uint32_t has, struct am_ip_hdr *out)
{
	enum { PLAIN = 0x45, OFFSETS = 0x1fff };
	uint32_t len, field, at;
	bool more;

	if (has < AM_IP4_LEN || ip[0] != PLAIN)
		return false;
	len = am_load16(ip + 2) - (uint32_t)AM_IP4_LEN;
	field = am_load16(ip + 6);
	at = (field & OFFSETS) * 8;
	more = field & AM_IP4_MF;
	/* Nothing, or too little, wraps round and is too much; without any flag but MF a field is no more than that. */
	if (len - 1 >= has - AM_IP4_LEN || field - 1 >= (AM_IP4_MF | OFFSETS) ||
		!am_ip_is_part(at, len, more, AM_IP4_LEN) || !am_csum_ip4_is_right(ip))
		return false;
	*out = (struct am_ip_hdr){.family = AM_IPV4,
		.proto = ip[9],
		.tos = ip[1],
		.ttl = ip[8],
		.hlen = AM_IP4_LEN,
		.plen = (uint16_t)len,
		.frag = true,
		.more = more,
		.frag_at = (uint16_t)at,
		.frag_id = am_load16(ip + 4),
		.unfrag_len = AM_IP4_LEN};
	return true;
}

static inline bool am_ip6_is_extension(uint8_t proto)
{
	return proto == AM_PROTO_HOPOPT || proto == AM_PROTO_ROUTING || proto == AM_PROTO_FRAGMENT ||
	       proto == AM_PROTO_DSTOPTS;
}

static inline bool am_ip6_fragment(const uint8_t *ip, uint32_t has, struct am_ip_hdr *out)
{
	enum { NEXT_AT = 6, MORE = 1, RESERVED = 6, HEAD = AM_IP6_LEN + AM_IP6_FRAG_LEN };
	uint32_t len, field, at;
	bool more;

	if (has < HEAD || ip[0] >> 4 != AM_IPV6 || ip[NEXT_AT] != AM_PROTO_FRAGMENT ||
		am_ip6_is_extension(ip[AM_IP6_LEN]))
		return false;
	len = am_load16(ip + 4) - (uint32_t)AM_IP6_FRAG_LEN;
	field = am_load16(ip + AM_IP6_LEN + 2) & ~(uint32_t)RESERVED;
	at = field & ~(uint32_t)MORE;
	more = field & MORE;
	if (!len || len > has - HEAD || !field || !am_ip_is_part(at, len, more, 0))
		return false;
	*out = (struct am_ip_hdr){.family = AM_IPV6,
		.proto = ip[AM_IP6_LEN],
		.tos = (uint8_t)(am_load16(ip) >> 4),
		.ttl = ip[7],
		.hlen = HEAD,
		.plen = (uint16_t)len,
		.frag = true,
		.more = more,
		.frag_at = (uint16_t)at,
		.frag_id = am_load32(ip + 44),
		.unfrag_len = AM_IP6_LEN,
		.nexthdr_at = NEXT_AT};
	return true;
}

#endif
