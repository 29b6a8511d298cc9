/* SPDX-License-Identifier: BSD-3-Clause */
#include "net/etherip.h"

#include "net/ether.h"

enum { ETHERIP_VERSION = 3 };

/* Which of the headers seen under protocol 97 these two octets are. */
static enum am_verdict etherip_kind(uint8_t first, uint8_t second)
{
	uint8_t high = first >> 4, low = first & 0x0f;

	if (high == ETHERIP_VERSION)
		return low || second ? AM_V_ETHERIP_RESERVED : AM_V_OK;
	if (low != ETHERIP_VERSION)
		return AM_V_ETHERIP_VERSION;
	/* EoIPv6 has its 12-bit tunnel id around the version; id 0 is not to be told from a swapped EtherIP.
	 */
	return high || second ? AM_V_ETHERIP_EOIPV6 : AM_V_ETHERIP_SWAPPED;
}

enum am_verdict am_etherip_parse(const uint8_t *etherip, uint32_t len, bool accept_swapped)
{
	enum am_verdict v;

	if (len < AM_ETHERIP_LEN)
		return AM_V_ETHERIP_SHORT;
	v = etherip_kind(etherip[0], etherip[1]);
	if (v == AM_V_ETHERIP_SWAPPED && accept_swapped)
		v = AM_V_OK;
	/* After the version, since EoIPv6 keepalives are two octets and deserve their own name. */
	if (v == AM_V_OK && len < AM_ETHERIP_LEN + AM_ETH_LEN)
		return AM_V_ETHERIP_SHORT;
	return v;
}
