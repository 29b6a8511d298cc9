/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NET_CSUM_H
#define NET_CSUM_H
/*
 * The Internet checksum, RFC 1071, and its update by delta, RFC 1624. Sums are in network order throughout.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "net/verdict.h"

/*
 * One's-complement sum of len octets added to sum, not folded. A piece of odd length is padded with a zero
 * octet.
 */
uint64_t am_csum_add(const void *bytes, uint32_t len, uint64_t sum);

/* Fold to 16 bits, not complemented. */
static inline uint16_t am_csum_fold(uint64_t sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

/*
 * The field's value for a header or message whose checksum field is zero, as it must be stored with memcpy.
 */
static inline uint16_t am_csum_finish(uint64_t sum)
{
	return (uint16_t)~am_csum_fold(sum);
}

/* The same of a sum that is below 2^32. */
static inline uint16_t am_csum_finish32(uint32_t sum)
{
	return (uint16_t)((~sum - (sum >> 16 | sum << 16)) >> 16);
}

/* A multiple of 65,535? By its inverse modulo 2^64: gcc divides where it takes code to be rare. */
static inline bool am_csum_is_multiple(uint64_t sum)
{
	return sum * 0xfffefffefffeffffull <= UINT64_MAX / 65535;
}

/*
 * Is the checksum of the 20 octets of an IPv4 header without options right? Words of any width may be summed, since
 * 2^64 is 1 modulo 65,535; a right sum is 0 there, but not 0 itself.
 */
static inline bool am_csum_ip4_is_right(const uint8_t *ip)
{
	uint64_t a, b;
	uint32_t c;

	memcpy(&a, ip, sizeof a);
	memcpy(&b, ip + 8, sizeof b);
	memcpy(&c, ip + 16, sizeof c);
	a += b;
	a += a < b; /* the carry comes round */
	a += c;
	a += a < c;
	return a && am_csum_is_multiple(a);
}

/* What the addresses of an IPv4 header add to its sum. 2^32 is 1 modulo 65,535 too: the carry comes round. */
static inline uint32_t am_csum_ip4_rest(const uint8_t *ip)
{
	uint32_t src, dst;

	memcpy(&src, ip + 12, sizeof src);
	memcpy(&dst, ip + 16, sizeof dst);
	dst += src;
	return dst + (dst < src);
}

/* am_csum_ip4_is_right of a header whose version is right, so that its sum is not 0, and whose rest is known. */
static inline bool am_csum_ip4_fits(const uint8_t *ip, uint32_t rest)
{
	uint64_t a, sum = rest;
	uint32_t b;

	memcpy(&a, ip, sizeof a);
	memcpy(&b, ip + 8, sizeof b);
	sum += b; /* below 2^33 */
	a += sum;
	a += a < sum;
	return am_csum_is_multiple(a);
}

/* Pseudo-header sum for TCP, UDP and ICMPv6; src and dst in place, len is the upper-layer length. */
uint64_t am_csum_pseudo(uint8_t family, const uint8_t *src, const uint8_t *dst, uint8_t proto, uint32_t len);

/*
 * A checksum field in which one word of the data went from old to new (RFC 1624 equation 3); all in host
 * order.
 */
static inline uint16_t am_csum_update(uint16_t csum, uint16_t old, uint16_t new)
{
	return (uint16_t)~am_csum_fold((uint64_t)(uint16_t)~csum + (uint16_t)~old + new);
}

/*
 * Senders on veth, virtio and TAP leave the pseudo-header's sum in the TCP or UDP checksum field and expect a
 * NIC to finish it. Finish it here where the field says so: it equals the pseudo-header's sum exactly. frame
 * is an Ethernet frame of len octets; anything that is not a whole TCP or UDP packet is left alone. True
 * where it was finished.
 */
bool am_csum_complete(uint8_t *frame, uint32_t len);

#endif
