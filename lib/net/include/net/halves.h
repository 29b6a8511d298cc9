/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NET_HALVES_H
#define NET_HALVES_H
/* Halves of a datagram (net/ip.h) on IPv4, inline for the loop over arrivals. */
#include "base/bytes.h"
#include "net/csum.h"
#include "net/ip.h"

/* Version, header length and DSCP, identification, protocol, both addresses; not what halves differ in. */
static inline bool am_ip4_halves_are_alike(const uint8_t *a, const uint8_t *b)
{
	enum { SAME = 0xff00 }; /* protocol, not hop limit and checksum */
	uint64_t a0, b0, a12, b12, differs;
	uint32_t a8, b8;

	memcpy(&a0, a, sizeof a0);
	memcpy(&b0, b, sizeof b0);
	memcpy(&a8, a + 8, sizeof a8);
	memcpy(&b8, b + 8, sizeof b8);
	memcpy(&a12, a + 12, sizeof a12);
	memcpy(&b12, b + 12, sizeof b12);
	differs = (a0 ^ b0) & 0x0000ffff0000ffffull;
	differs |= ((a8 ^ b8) & SAME) | (a12 ^ b12);
	return !differs;
}

/*
 * Are the packets at a and b, of which a_has and b_has octets are there, such halves? What is found has been validated
 * as am_ip_parse would have; what is not plain is left to it. Fewer than 20 octets are no half.
 */
static inline bool am_ip4_halves(
	const uint8_t *a, uint32_t a_has, const uint8_t *b, uint32_t b_has, struct am_halves *out)
{
	enum { PLAIN = 0x45, OFFSETS = 0x1fff };
	uint32_t a_len, b_len, a_field, b_field, rest;

	if (a_has < AM_IP4_LEN || b_has < AM_IP4_LEN || a[0] != PLAIN || !am_ip4_halves_are_alike(a, b))
		return false;
	/* Nothing, or what a length says too little, wraps round and is more than there is. */
	a_len = am_load16(a + 2) - (uint32_t)AM_IP4_LEN;
	b_len = am_load16(b + 2) - (uint32_t)AM_IP4_LEN;
	if (a_len - 1 >= a_has - AM_IP4_LEN || b_len - 1 >= b_has - AM_IP4_LEN)
		return false;
	/* An offset alone, without any flag, is no more than 13 bits; a length is as much only if it is a multiple of 8. */
	a_field = am_load16(a + 6);
	b_field = am_load16(b + 6);
	out->first = a_field != AM_IP4_MF;
	if (__builtin_expect(!out->first, 1)
			? b_field > OFFSETS || b_field * 8 != a_len
			: b_field != AM_IP4_MF || a_field > OFFSETS || a_field * 8 != b_len)
		return false;
	rest = am_csum_ip4_rest(a);
	if (!am_csum_ip4_fits(a, rest) || !am_csum_ip4_fits(b, rest))
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

#endif
