/* SPDX-License-Identifier: BSD-3-Clause */
#include "bgp/family.h"

static const struct {
	uint16_t afi;
	uint8_t safi;
	const char *name;
} families[AM_BGP_FAMILIES + 1] = {
	[AM_BGP_IPV4_UNICAST] = {AM_BGP_AFI_IPV4, AM_BGP_SAFI_UNICAST, "ipv4-unicast"},
	[AM_BGP_IPV6_UNICAST] = {AM_BGP_AFI_IPV6, AM_BGP_SAFI_UNICAST, "ipv6-unicast"},
	[AM_BGP_L2VPN_EVPN] = {AM_BGP_AFI_L2VPN, AM_BGP_SAFI_EVPN, "l2vpn-evpn"},
	[AM_BGP_FAMILY_OTHER] = {0, 0, "other"},
};

enum am_bgp_family am_bgp_family_of(uint16_t afi, uint8_t safi)
{
	enum am_bgp_family f = 0;

	while (f < AM_BGP_FAMILIES && (families[f].afi != afi || families[f].safi != safi))
		f++;
	return f;
}

uint16_t am_bgp_afi(enum am_bgp_family family)
{
	return families[family].afi;
}

uint8_t am_bgp_safi(enum am_bgp_family family)
{
	return families[family].safi;
}

const char *am_bgp_family_name(enum am_bgp_family family)
{
	return families[family].name;
}
