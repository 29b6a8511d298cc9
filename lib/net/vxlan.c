/* SPDX-License-Identifier: BSD-3-Clause */
#include "net/vxlan.h"

#include "base/addr.h"
#include "base/bytes.h"
#include "net/csum.h"
#include "net/ether.h"
#include "net/ip.h"

enum {
	UDP_CSUM_AT = 6,
	VXLAN_FLAG_I = 0x08,
};

enum am_verdict am_udp_parse(const uint8_t *udp, uint32_t len, struct am_udp *out)
{
	uint16_t udp_len;

	if (len < AM_UDP_LEN)
		return AM_V_UDP_SHORT;
	udp_len = am_load16(udp + 4);
	if (udp_len < AM_UDP_LEN || udp_len > len)
		return AM_V_UDP_SHORT;
	*out = (struct am_udp){
		.sport = am_load16(udp),
		.dport = am_load16(udp + 2),
		.plen = (uint16_t)(udp_len - AM_UDP_LEN),
		.csum = am_load16(udp + UDP_CSUM_AT),
	};
	return AM_V_OK;
}

enum am_verdict am_udp_verify(const uint8_t *udp, const struct am_udp *hdr, uint8_t family,
	const uint8_t *src, const uint8_t *dst, bool zero_ok, bool unfinished_ok)
{
	uint32_t len = AM_UDP_LEN + (uint32_t)hdr->plen;
	uint64_t pseudo;
	uint16_t field;

	if (hdr->csum == 0)
		return family == AM_IPV6 && !zero_ok ? AM_V_UDP_CHECKSUM_ZERO : AM_V_OK;
	pseudo = am_csum_pseudo(family, src, dst, AM_PROTO_UDP, len);
	memcpy(&field, udp + UDP_CSUM_AT, sizeof field);
	if (unfinished_ok && field == am_csum_fold(pseudo))
		return AM_V_OK;
	return am_csum_fold(am_csum_add(udp, len, pseudo)) == 0xffff ? AM_V_OK : AM_V_UDP_CHECKSUM;
}

enum am_verdict am_vxlan_parse(const uint8_t *vxlan, uint32_t len, uint32_t *vni)
{
	if (len < AM_VXLAN_LEN + AM_ETH_LEN)
		return AM_V_VXLAN_SHORT;
	if (!(vxlan[0] & VXLAN_FLAG_I))
		return AM_V_VXLAN_FLAGS;
	*vni = am_load32(vxlan + 4) >> 8;
	return AM_V_OK;
}
