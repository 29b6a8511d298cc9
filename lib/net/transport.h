/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NET_TRANSPORT_H
#define NET_TRANSPORT_H
/*
 * Where the upper layer of a packet that only passes through begins. Looser than am_ip_parse, which judges
 * packets addressed to us: nothing is refused here, what is not understood is just not found.
 */
#include <stdbool.h>
#include <stdint.h>

enum { AM_TCP_LEN = 20 };

/* Offsets are from the IP header's first octet and lie inside the packet. */
struct am_transport {
	uint8_t family;
	uint8_t proto;      /* the upper layer's, after extension headers; frag_proto in a later fragment */
	uint8_t frag_proto; /* what every fragment of a datagram names alike */
	bool frag;          /* a fragment, first or later; an atomic one is not */
	bool later;         /* a fragment without the datagram's beginning */
	uint32_t at;        /* the upper layer's first octet */
	uint32_t end;       /* the packet's, by its own length: padding is behind it */
};

/* Offset of the IPv4 or IPv6 header in an Ethernet frame, behind at most three tags, or 0. */
uint32_t am_transport_ip_at(const uint8_t *frame, uint32_t len);

/* False where ip holds no whole IPv4 or IPv6 packet, or one whose headers do not add up. */
bool am_transport_find(const uint8_t *ip, uint32_t len, struct am_transport *out);

#endif
