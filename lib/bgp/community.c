/* SPDX-License-Identifier: BSD-3-Clause */
#include "bgp/community.h"

#include "base/bytes.h"

bool am_bgp_communities_have(struct am_bgp_span communities, uint32_t community)
{
	for (size_t at = 0; at + AM_BGP_COMMUNITY_LEN <= communities.len; at += AM_BGP_COMMUNITY_LEN) {
		if (am_load32(communities.bytes + at) == community)
			return true;
	}
	return false;
}

bool am_bgp_large_communities_have(
	struct am_bgp_span communities, uint32_t global, uint32_t local1, uint32_t local2)
{
	for (size_t at = 0; at + AM_BGP_LARGE_COMMUNITY_LEN <= communities.len;
		at += AM_BGP_LARGE_COMMUNITY_LEN) {
		const uint8_t *p = communities.bytes + at;

		if (am_load32(p) == global && am_load32(p + 4) == local1 && am_load32(p + 8) == local2)
			return true;
	}
	return false;
}

const uint8_t *am_bgp_ext_community_find(struct am_bgp_span communities, uint8_t type, uint8_t subtype)
{
	for (size_t at = 0; at + AM_BGP_EXT_COMMUNITY_LEN <= communities.len;
		at += AM_BGP_EXT_COMMUNITY_LEN) {
		const uint8_t *p = communities.bytes + at;

		if ((p[0] & ~0x40) == type && p[1] == subtype)
			return p;
	}
	return NULL;
}
