/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/bytes.h"
#include "net/csum.h"
#include "net/ip.h"

enum { ECN_MASK = 3, ECN_DROP = -1 };

int am_ecn_decap(uint8_t inner, uint8_t outer)
{
	/* RFC 6040 figure 4: a row per inner field, a column per outer one. */
	static const int8_t leaves[4][4] = {
		[AM_ECN_NOT_ECT] = {[AM_ECN_CE] = ECN_DROP},
		[AM_ECN_ECT0] = {AM_ECN_ECT0, AM_ECN_ECT1, AM_ECN_ECT0, AM_ECN_CE},
		[AM_ECN_ECT1] = {AM_ECN_ECT1, AM_ECN_ECT1, AM_ECN_ECT1, AM_ECN_CE},
		[AM_ECN_CE] = {AM_ECN_CE, AM_ECN_CE, AM_ECN_CE, AM_ECN_CE},
	};

	return leaves[inner & ECN_MASK][outer & ECN_MASK];
}

int am_ecn_merge(uint8_t a, uint8_t b)
{
	a &= ECN_MASK;
	b &= ECN_MASK;
	if (a == b)
		return a;
	if (a == AM_ECN_CE || b == AM_ECN_CE)
		return a == AM_ECN_NOT_ECT || b == AM_ECN_NOT_ECT ? ECN_DROP : AM_ECN_CE;
	/* RFC 3168 leaves the rest open. Not-ECT wins, so that a CE still to come drops the whole in any
	 * order. */
	return a == AM_ECN_NOT_ECT || b == AM_ECN_NOT_ECT ? AM_ECN_NOT_ECT : AM_ECN_ECT0;
}

void am_ip_set_tos(uint8_t *ip, uint8_t family, uint8_t tos)
{
	uint16_t word = am_load16(ip), changed;

	if (family == AM_IPV6) {
		am_store16(ip, (uint16_t)((word & 0xf00f) | tos << 4));
		return;
	}
	changed = (uint16_t)((word & 0xff00) | tos);
	am_store16(ip, changed);
	am_store16(ip + 10, am_csum_update(am_load16(ip + 10), word, changed));
}
