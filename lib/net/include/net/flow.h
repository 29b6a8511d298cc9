/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NET_FLOW_H
#define NET_FLOW_H
/*
 * The hash of the flow a packet belongs to: addresses, protocol and ports, the MAC addresses where there is
 * no IP. Fragments hash on addresses and protocol only, so that all of a datagram's fragments go one way. It
 * feeds the VXLAN source port (RFC 7348), the IPv6 flow label (RFC 6438), stripes and hand-off: the same on
 * both directions is not promised, the same for one flow is.
 */
#include <stdint.h>

/*
 * frame is Ethernet, ip is IPv4 or IPv6 (by its version nibble); len octets each, any of them may be
 * malformed.
 */
uint32_t am_flow_hash_frame(const uint8_t *frame, uint32_t len);
uint32_t am_flow_hash_ip(const uint8_t *ip, uint32_t len);

#endif
