/* SPDX-License-Identifier: BSD-3-Clause */
/* Halves of a datagram that arrive side by side, which is how nearly all fragments do. */
#include "base/bytes.h"
#include "net/csum.h"
#include "net/ip.h"

enum {
	IP4_PLAIN = 0x45,
	IP4_OFFSETS = 0x1fff,
	IP6_MORE = 1,
	IP6_FRAG_HEAD = AM_IP6_LEN + AM_IP6_FRAG_LEN,
	NOT_HERE = 0xffffffff, /* no fragment begins there */
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

/*
 * Which half begins the datagram: one that begins it and has more, the other the rest without a gap. at: where each
 * begins; NOT_HERE fits nothing. False: they are no halves.
 */
static bool order(const uint32_t at[2], const bool more[2], const uint16_t plen[2], unsigned *first)
{
	for (*first = 0; *first < 2; ++*first)
		if (at[*first] == 0 && more[*first] && !more[!*first] && at[!*first] == plen[*first] &&
			plen[0] && plen[1])
			return true;
	return false;
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
	const uint8_t *const ip[2] = {a, b};
	const uint32_t has[2] = {a_has, b_has};
	uint32_t at[2];
	bool more[2];

	if (a_has < AM_IP4_LEN || b_has < AM_IP4_LEN || a[0] != IP4_PLAIN || !alike4(a, b))
		return false;
	for (unsigned i = 0; i < 2; i++) {
		uint32_t total = am_load16(ip[i] + 2), field = am_load16(ip[i] + 6);

		if (total < AM_IP4_LEN || total > has[i])
			return false;
		out->plen[i] = (uint16_t)(total - AM_IP4_LEN);
		more[i] = field & AM_IP4_MF;
		at[i] = field & ~(uint32_t)(AM_IP4_MF | IP4_OFFSETS) ? NOT_HERE : (field & IP4_OFFSETS) * 8;
	}
	if (!order(at, more, out->plen, &out->first) || !am_csum_ip4_is_right(a) || !am_csum_ip4_is_right(b))
		return false;
	out->family = AM_IPV4;
	out->proto = a[9];
	out->tos = a[1];
	out->id = am_load16(a + 4);
	out->head = AM_IP4_LEN;
	return AM_IP4_LEN + (uint32_t)out->plen[0] + out->plen[1] <= UINT16_MAX;
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

bool am_ip6_halves(const uint8_t *a, uint32_t a_has, const uint8_t *b, uint32_t b_has, struct am_halves *out)
{
	const uint8_t *const ip[2] = {a, b};
	const uint32_t has[2] = {a_has, b_has};
	uint32_t at[2];
	bool more[2];

	if (a_has < IP6_FRAG_HEAD || b_has < IP6_FRAG_HEAD || a[0] >> 4 != AM_IPV6 ||
		a[6] != AM_PROTO_FRAGMENT || !alike6(a, b))
		return false;
	for (unsigned i = 0; i < 2; i++) {
		uint32_t payload = am_load16(ip[i] + 4), field = am_load16(ip[i] + AM_IP6_LEN + 2);

		if (payload < AM_IP6_FRAG_LEN || payload > has[i] - AM_IP6_LEN)
			return false;
		out->plen[i] = (uint16_t)(payload - AM_IP6_FRAG_LEN);
		more[i] = field & IP6_MORE;
		at[i] = field & ~7u;
	}
	if (!order(at, more, out->plen, &out->first))
		return false;
	out->family = AM_IPV6;
	out->proto = a[AM_IP6_LEN];
	out->tos = (uint8_t)(am_load16(a) >> 4);
	out->id = am_load32(a + 44);
	out->head = IP6_FRAG_HEAD;
	return (uint32_t)out->plen[0] + out->plen[1] <= UINT16_MAX;
}
