/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BGP_EVPN_H
#define BGP_EVPN_H
/* EVPN routes: types 1 to 4 of RFC 7432, type 5 of RFC 9136; others are kept as bytes. */
#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "bgp/error.h"

enum am_bgp_evpn_type {
	AM_BGP_EVPN_AUTO_DISCOVERY = 1,
	AM_BGP_EVPN_MAC_IP = 2,
	AM_BGP_EVPN_INCLUSIVE_MULTICAST = 3,
	AM_BGP_EVPN_ETHERNET_SEGMENT = 4,
	AM_BGP_EVPN_IP_PREFIX = 5,
};

/*
 *            rd  esi  tag  mac  ip        gateway  labels
 *   type 1   x   x    x                            1
 *   type 2   x   x    x    x    or none            1 or 2
 *   type 3   x        x         originator
 *   type 4   x   x              originator
 *   type 5   x   x    x         prefix    x        1
 *
 * A label is the whole 24-bit field: an MPLS label in its upper 20 bits, or a VNI (RFC 8365 5.1.3).
 */
struct am_bgp_evpn {
	uint8_t type;
	uint8_t rd[8];
	uint8_t esi[10];
	uint32_t tag;
	struct am_mac mac;
	struct am_ip ip; /* family AM_AF_NONE: none */
	uint8_t ip_len;  /* bits of the prefix of type 5 */
	struct am_ip gateway;
	uint8_t n_labels;
	uint32_t labels[2];
	struct am_bgp_span opaque; /* the value of a type not known here, in the UPDATE */
};

#endif
