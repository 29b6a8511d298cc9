/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NET_ETHER_H
#define NET_ETHER_H
/* Ethernet II and 802.1Q/802.1ad tags. */
#include <stdint.h>

#include "base/bytes.h"
#include "net/verdict.h"

enum {
	AM_ETH_LEN = 14,
	AM_TAG_LEN = 4,
	AM_MAC_LEN = 6,
	AM_ETH_MIN = 14, /* veth senders do not pad, so frames under 60 octets pass */

	AM_ET_IPV4 = 0x0800,
	AM_ET_ARP = 0x0806,
	AM_ET_TEB = 0x6558, /* transparent Ethernet bridging, the GRE protocol type of GRETAP */
	AM_ET_DOT1Q = 0x8100,
	AM_ET_IPV6 = 0x86dd,
	AM_ET_DOT1AD = 0x88a8,

	AM_TAGS_MAX = 2,
};

/* A parsed Ethernet header. Tags beyond AM_TAGS_MAX are payload: type is then a TPID. */
struct am_ether {
	uint16_t len;  /* octets up to the payload: 14, 18 or 22 */
	uint16_t type; /* of the payload */
	uint8_t tags;
	uint16_t tpid[AM_TAGS_MAX]; /* outermost first */
	uint16_t tci[AM_TAGS_MAX];  /* PCP 15..13, DEI 12, VID 11..0 */
};

/* The rest of am_ether_parse, for a frame of at least AM_ETH_LEN octets whose type is a TPID. */
enum am_verdict am_ether_parse_tags(const uint8_t *frame, uint32_t len, struct am_ether *out);

/* frame has len octets. AM_V_OK or AM_V_ETH_SHORT. tpid and tci are set as far as there are tags. */
static inline enum am_verdict am_ether_parse(const uint8_t *frame, uint32_t len, struct am_ether *out)
{
	if (__builtin_expect(len < AM_ETH_LEN, 0))
		return AM_V_ETH_SHORT;
	out->len = AM_ETH_LEN;
	out->type = am_load16(frame + 12);
	out->tags = 0;
	if (__builtin_expect(out->type == AM_ET_DOT1Q || out->type == AM_ET_DOT1AD, 0))
		return am_ether_parse_tags(frame, len, out);
	return AM_V_OK;
}

#endif
