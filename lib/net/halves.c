/* SPDX-License-Identifier: BSD-3-Clause */
/* Fragments in the plainest form (net/plain.h) that arrive side by side as the halves of a datagram, on IPv6. */
#include "base/bytes.h"
#include "net/ip.h"

enum {
	IP6_MORE = 1,
	IP6_RESERVED = 6,
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
