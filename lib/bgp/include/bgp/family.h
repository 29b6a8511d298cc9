/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BGP_FAMILY_H
#define BGP_FAMILY_H
/* Address families (RFC 4760): the two numbers on the wire, and the few that this library carries routes of. */
#include <stdint.h>

enum {
	AM_BGP_AFI_IPV4 = 1,
	AM_BGP_AFI_IPV6 = 2,
	AM_BGP_AFI_L2VPN = 25,
	AM_BGP_SAFI_UNICAST = 1,
	AM_BGP_SAFI_EVPN = 70,
};

/* What it has no routes of is OTHER: refused in the OPEN by not being offered, carried as plain bytes in an UPDATE. */
enum am_bgp_family {
	AM_BGP_IPV4_UNICAST,
	AM_BGP_IPV6_UNICAST,
	AM_BGP_L2VPN_EVPN, /* RFC 7432 */
	AM_BGP_FAMILY_OTHER,
	AM_BGP_FAMILIES = AM_BGP_FAMILY_OTHER,
};

/* A set of families: AM_BGP_IN(family) of each, ORed. */
typedef uint8_t am_bgp_families;
#define AM_BGP_IN(family) ((am_bgp_families)(1u << (family)))

/* Between the two forms. OTHER where there are no routes of it here, and then 0. */
enum am_bgp_family am_bgp_family_of(uint16_t afi, uint8_t safi);
uint16_t am_bgp_afi(enum am_bgp_family family);
uint8_t am_bgp_safi(enum am_bgp_family family);
/* For people: "ipv4" and so on; constant. */
const char *am_bgp_family_name(enum am_bgp_family family);

#endif
