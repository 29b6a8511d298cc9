/* SPDX-License-Identifier: BSD-3-Clause */
#include "net/forward.h"

enum { OPTION_END = 0, OPTION_NOP = 1, OPTION_LSRR = 131, OPTION_SSRR = 137 };

/*
 * RFC 7126: options are forwarded as they are, but for source routes, which are refused, as is what cannot be walked over.
 */
static bool options_may_pass(const uint8_t *at, const uint8_t *end)
{
	while (at < end && *at != OPTION_END) {
		if (*at == OPTION_NOP) {
			at++;
			continue;
		}
		if (end - at < 2 || at[1] < 2 || at[1] > end - at || *at == OPTION_LSRR || *at == OPTION_SSRR)
			return false;
		at += at[1];
	}
	return true;
}

enum am_verdict am_forward4_check_closely(const uint8_t *ip, uint32_t has, uint32_t *len)
{
	struct am_ip_hdr hdr;
	enum am_verdict v = am_ip4_parse(ip, has, &hdr);

	if (v != AM_V_OK)
		return v;
	*len = (uint32_t)hdr.hlen + hdr.plen;
	if (!am_forward4_octet_is_good(ip[12]) || !am_forward4_octet_is_good(ip[16]))
		return AM_V_IP_MARTIAN;
	return options_may_pass(ip + AM_IP4_LEN, ip + hdr.hlen) ? AM_V_OK : AM_V_IP4_SOURCE_ROUTE;
}
