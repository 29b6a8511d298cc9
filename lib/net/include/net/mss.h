/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NET_MSS_H
#define NET_MSS_H
/* TCP MSS clamping (RFC 9293 3.7.1): on SYN and SYN/ACK only, downwards only, checksum by delta. */
#include <stdbool.h>
#include <stdint.h>

/*
 * Lower the MSS option of a TCP SYN to at most mss4 (IPv4) or mss6 (IPv6); 0 leaves that family alone. frame
 * is an Ethernet frame with any VLAN tags, ip a bare packet; len octets, any of them may be malformed. IPv4
 * options and IPv6 extension headers are walked, every option is scanned, a SYN without the option passes
 * untouched. True where changed.
 */
bool am_mss_clamp_frame(uint8_t *frame, uint32_t len, uint16_t mss4, uint16_t mss6);
bool am_mss_clamp_ip(uint8_t *ip, uint32_t len, uint16_t mss4, uint16_t mss6);

#endif
