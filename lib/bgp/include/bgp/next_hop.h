/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BGP_NEXT_HOP_H
#define BGP_NEXT_HOP_H
/*
 * The next hop of an MP_REACH_NLRI. Its length alone says what it is; the same lengths are taken with every family,
 * since peers send them so (RFC 4760, 8950, 2545 and what is seen in the wild):
 *
 *    4   IPv4
 *   16   IPv6, global or link-local
 *   32   global and link-local; or :: and link-local; or link-local twice
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"

/* As on the wire, so that it can be written again as it came. len 0: none. */
struct am_bgp_next_hop {
	uint8_t len;
	uint8_t bytes[32];
};

/*
 * The addresses in it: *global and *link_local have family AM_AF_NONE where there is none. :: is none, and a
 * link-local address in the global's place is the link-local one; what is not link-local in its place is none.
 */
void am_bgp_next_hop_split(const struct am_bgp_next_hop *hop, struct am_ip *global, struct am_ip *link_local);

/*
 * May it name a host (RFC 4271 6.3)? Not so 0.0.0.0/8 and what is no unicast address of IPv4; :: without a link-local address beside it, and
 * multicast of IPv6.
 */
bool am_bgp_next_hop_names_host(const struct am_bgp_next_hop *hop);
/* Is it 127.0.0.0/8 or ::1, and so the very host that reads it? */
bool am_bgp_next_hop_is_loopback(const struct am_bgp_next_hop *hop);

/* The other way: either may be NULL or of no family. Without a global address, an IPv6 next hop has 16 octets. */
struct am_bgp_next_hop am_bgp_next_hop_of(const struct am_ip *global, const struct am_ip *link_local);

#endif
