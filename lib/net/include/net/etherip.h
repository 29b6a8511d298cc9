/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NET_ETHERIP_H
#define NET_ETHERIP_H
/* EtherIP, RFC 3378: protocol 97, two octets 30 00, then an Ethernet frame without FCS. */
#include <stdbool.h>
#include <stdint.h>

#include "net/verdict.h"

enum { AM_ETHERIP_LEN = 2 };

/*
 * etherip has len octets, the whole packet. accept_swapped: also take 03 00, as NetBSD and FreeBSD 6.1-7.2
 * send it. Refused by name: other versions, reserved bits, MikroTik's EoIPv6.
 */
enum am_verdict am_etherip_parse(const uint8_t *etherip, uint32_t len, bool accept_swapped);

#endif
