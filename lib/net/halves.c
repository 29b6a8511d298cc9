/* SPDX-License-Identifier: BSD-3-Clause */
/* Fragments in the plainest form, alone and as the halves of a datagram that arrive side by side. */
#include "base/bytes.h"
#include "net/csum.h"
#include "net/ip.h"

enum {
	IP4_PLAIN = 0x45,
	IP4_OFFSETS = 0x1fff,
	IP6_MORE = 1,
	IP6_RESERVED = 6,
	IP_DATAGRAM_MAX = 65535,
	IP6_FRAG_HEAD = AM_IP6_LEN + AM_IP6_FRAG_LEN,
};

static uint64_t load64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof v);
	return v;
}

static uint32_t load32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof v);
	return v;
}

/* Version, header length and DSCP, identification, protocol, both addresses; not what halves differ in. */
static bool alike4(const uint8_t *a, const uint8_t *b)
{
	uint64_t differs = (load64(a) ^ load64(b)) & 0x0000ffff0000ffffull;

	differs |= (uint64_t)(a[9] ^ b[9]) | (load64(a + 12) ^ load64(b + 12));
	return !differs;
}

bool am_ip4_halves(const uint8_t *a, uint32_t a_has, const uint8_t *b, uint32_t b_has, struct am_halves *out)
{
	uint32_t a_len, b_len, a_field, b_field;

	if (a_has < AM_IP4_LEN || b_has < AM_IP4_LEN || a[0] != IP4_PLAIN || !alike4(a, b))
		return false;
	/* What a length says too little wraps, and is more than there is. */
	a_len = am_load16(a + 2) - (uint32_t)AM_IP4_LEN;
	b_len = am_load16(b + 2) - (uint32_t)AM_IP4_LEN;
	if (a_len > a_has - AM_IP4_LEN || b_len > b_has - AM_IP4_LEN || !a_len || !b_len)
		return false;
	/* An offset alone, without any flag, is no more than 13 bits; a length is as much only if it is a multiple of 8. */
	a_field = am_load16(a + 6);
	b_field = am_load16(b + 6);
	if (a_field == AM_IP4_MF && b_field <= IP4_OFFSETS && b_field * 8 == a_len)
		out->first = 0;
	else if (b_field == AM_IP4_MF && a_field <= IP4_OFFSETS && a_field * 8 == b_len)
		out->first = 1;
	else
		return false;
	if (!am_csum_ip4_is_right(a) || !am_csum_ip4_is_right(b))
		return false;
	out->family = AM_IPV4;
	out->proto = a[9];
	out->tos = a[1];
	out->id = am_load16(a + 4);
	out->head = AM_IP4_LEN;
	out->plen[0] = (uint16_t)a_len;
	out->plen[1] = (uint16_t)b_len;
	return AM_IP4_LEN + a_len + b_len <= UINT16_MAX;
}

/* Version and traffic class, next header, both addresses, what the Fragment header names, identification. */
static bool alike6(const uint8_t *a, const uint8_t *b)
{
	uint64_t differs = (load64(a) ^ load64(b)) & 0x00ff00000000f0ffull;

	for (unsigned i = 8; i < AM_IP6_LEN; i += 8)
		differs |= load64(a + i) ^ load64(b + i);
	differs |= (uint64_t)(a[AM_IP6_LEN] ^ b[AM_IP6_LEN]) | (load32(a + 44) ^ load32(b + 44));
	return !differs;
}

/* Do these fields say that the one begins a datagram and the other ends it, where the first has len octets? */
static bool ends_what_begins(uint32_t begins, uint32_t ends, uint32_t len)
{
	return (begins & ~IP6_RESERVED) == IP6_MORE && !(ends & IP6_MORE) && (ends & ~IP6_RESERVED) == len;
}

bool am_ip6_halves(const uint8_t *a, uint32_t a_has, const uint8_t *b, uint32_t b_has, struct am_halves *out)
{
	uint32_t a_len, b_len, a_field, b_field;

	if (a_has < IP6_FRAG_HEAD || b_has < IP6_FRAG_HEAD || a[0] >> 4 != AM_IPV6 ||
		a[6] != AM_PROTO_FRAGMENT || !alike6(a, b))
		return false;
	a_len = am_load16(a + 4) - (uint32_t)AM_IP6_FRAG_LEN;
	b_len = am_load16(b + 4) - (uint32_t)AM_IP6_FRAG_LEN;
	if (a_len > a_has - IP6_FRAG_HEAD || b_len > b_has - IP6_FRAG_HEAD || !a_len || !b_len)
		return false;
	a_field = am_load16(a + AM_IP6_LEN + 2);
	b_field = am_load16(b + AM_IP6_LEN + 2);
	if (ends_what_begins(a_field, b_field, a_len))
		out->first = 0;
	else if (ends_what_begins(b_field, a_field, b_len))
		out->first = 1;
	else
		return false;
	out->family = AM_IPV6;
	out->proto = a[AM_IP6_LEN];
	out->tos = (uint8_t)(am_load16(a) >> 4);
	out->id = am_load32(a + 44);
	out->head = IP6_FRAG_HEAD;
	out->plen[0] = (uint16_t)a_len;
	out->plen[1] = (uint16_t)b_len;
	return a_len + b_len <= UINT16_MAX;
}

/* A middle part ends where the next may begin, and none beyond what a datagram can be. */
static inline bool is_part(uint32_t at, uint32_t len, bool more, uint32_t before)
{
	return !(more && len % 8) && before + at + len <= IP_DATAGRAM_MAX;
}

bool am_ip4_fragment(const uint8_t *ip, uint32_t has, struct am_ip_hdr *out)
{
	uint32_t len, field, at;
	bool more;

	if (has < AM_IP4_LEN || ip[0] != IP4_PLAIN)
		return false;
	len = am_load16(ip + 2) - (uint32_t)AM_IP4_LEN;
	field = am_load16(ip + 6);
	at = (field & IP4_OFFSETS) * 8;
	more = field & AM_IP4_MF;
	if (!len || len > has - AM_IP4_LEN || !field || field & ~(uint32_t)(AM_IP4_MF | IP4_OFFSETS) ||
		!is_part(at, len, more, AM_IP4_LEN) || !am_csum_ip4_is_right(ip))
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

static bool is_extension(uint8_t proto)
{
	return proto == AM_PROTO_HOPOPT || proto == AM_PROTO_ROUTING || proto == AM_PROTO_FRAGMENT ||
	       proto == AM_PROTO_DSTOPTS;
}

bool am_ip6_fragment(const uint8_t *ip, uint32_t has, struct am_ip_hdr *out)
{
	enum { NEXT_AT = 6 };
	uint32_t len, field, at;
	bool more;

	if (has < IP6_FRAG_HEAD || ip[0] >> 4 != AM_IPV6 || ip[NEXT_AT] != AM_PROTO_FRAGMENT ||
		is_extension(ip[AM_IP6_LEN]))
		return false;
	len = am_load16(ip + 4) - (uint32_t)AM_IP6_FRAG_LEN;
	field = am_load16(ip + AM_IP6_LEN + 2) & ~(uint32_t)IP6_RESERVED;
	at = field & ~(uint32_t)IP6_MORE;
	more = field & IP6_MORE;
	if (!len || len > has - IP6_FRAG_HEAD || !field || !is_part(at, len, more, 0))
		return false;
	*out = (struct am_ip_hdr){.family = AM_IPV6,
		.proto = ip[AM_IP6_LEN],
		.tos = (uint8_t)(am_load16(ip) >> 4),
		.ttl = ip[7],
		.hlen = IP6_FRAG_HEAD,
		.plen = (uint16_t)len,
		.frag = true,
		.more = more,
		.frag_at = (uint16_t)at,
		.frag_id = am_load32(ip + 44),
		.unfrag_len = AM_IP6_LEN,
		.nexthdr_at = NEXT_AT};
	return true;
}
