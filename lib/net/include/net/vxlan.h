/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NET_VXLAN_H
#define NET_VXLAN_H
/* UDP (RFC 768, 6935) and VXLAN (RFC 7348). */
#include <stdbool.h>
#include <stdint.h>

#include "net/verdict.h"

enum {
	AM_UDP_LEN = 8,
	AM_VXLAN_LEN = 8,
	AM_VXLAN_PORT = 4789,
};

struct am_udp {
	uint16_t sport, dport;
	uint16_t plen; /* payload octets by the UDP length, inside what was given */
	uint16_t csum; /* as received; 0 is none */
};

/* udp has len octets (the IP payload). Lengths only: AM_V_OK or AM_V_UDP_SHORT. */
enum am_verdict am_udp_parse(const uint8_t *udp, uint32_t len, struct am_udp *out);

/*
 * Verify a parsed datagram's checksum. src and dst are the IP addresses in place. A sender on the same
 * machine may leave only the pseudo-header's sum in the field (checksum offload): that is accepted where
 * unfinished_ok. AM_V_OK, AM_V_UDP_CHECKSUM, or for zero over IPv6 AM_V_UDP_CHECKSUM_ZERO unless zero_ok (RFC
 * 6936).
 */
enum am_verdict am_udp_verify(const uint8_t *udp, const struct am_udp *hdr, uint8_t family,
	const uint8_t *src, const uint8_t *dst, bool zero_ok, bool unfinished_ok);

/* vxlan has len octets, header and inner frame. Reserved fields are ignored on receipt. */
enum am_verdict am_vxlan_parse(const uint8_t *vxlan, uint32_t len, uint32_t *vni);

#endif
