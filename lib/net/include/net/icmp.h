/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NET_ICMP_H
#define NET_ICMP_H
/* ICMP and ICMPv6 errors about packets that a router does not forward: RFC 792, 1812 4.3, 4443. */
#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"

enum {
	AM_ICMP_UNREACHABLE = 3,
	AM_ICMP_TIME_EXCEEDED = 11,
	AM_ICMP_NET = 0, /* codes of unreachable */
	AM_ICMP_HOST = 1,
	AM_ICMP_FRAG_NEEDED = 4,
	AM_ICMP_PROHIBITED = 13,

	AM_ICMP6_UNREACHABLE = 1,
	AM_ICMP6_TOO_BIG = 2,
	AM_ICMP6_TIME_EXCEEDED = 3,
	AM_ICMP6_NO_ROUTE = 0, /* codes of unreachable */
	AM_ICMP6_PROHIBITED = 1,
	AM_ICMP6_ADDRESS = 3,

	AM_ICMP_ERROR_MAX = 576,   /* RFC 1812 4.3.2.3: as much of the packet as fits into so many octets */
	AM_ICMP6_ERROR_MAX = 1280, /* RFC 4443 2.4 (c) */
};

struct am_icmp_error {
	uint8_t type, code;
	uint16_t mtu; /* of "fragmentation needed" and "packet too big"; else 0 */
};

/*
 * May an error be sent about this packet of len octets, whose header and addresses were checked? Not about errors, redirects,
 * later fragments, nor what was sent to a group (RFC 1812 4.3.2.7, RFC 4443 2.4 (e)).
 */
bool am_icmp_may_answer(const uint8_t *ip, uint32_t len, uint8_t family);

/* Octets of the error about a packet of len octets: an IP packet. */
uint32_t am_icmp_error_len(uint32_t len, uint8_t family);

/* Write that many octets to out: from source to whoever sent ip, of the same family. */
void am_icmp_error_write(uint8_t *out, const uint8_t *ip, uint32_t len, const struct am_ip *source,
	const struct am_icmp_error *error);

#endif
