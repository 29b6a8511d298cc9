/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BASE_PROTOCOL_H
#define BASE_PROTOCOL_H
/* IP protocols by the names that people give them (IANA's, and those of /etc/protocols). */
#include <stdbool.h>
#include <stdint.h>

enum {
	AM_PROTOCOL_ICMP = 1,
	AM_PROTOCOL_TCP = 6,
	AM_PROTOCOL_UDP = 17,
	AM_PROTOCOL_DCCP = 33,
	AM_PROTOCOL_ICMPV6 = 58,
	AM_PROTOCOL_SCTP = 132,
	AM_PROTOCOL_UDPLITE = 136,
};

/* -1: nobody calls one so. */
int am_protocol_number(const char *name);
/* NULL: it has none here. */
const char *am_protocol_name(uint8_t number);

/* Source and destination port are the first four octets behind its IP header. */
static inline bool am_protocol_has_ports(unsigned number)
{
	return number == AM_PROTOCOL_TCP || number == AM_PROTOCOL_UDP || number == AM_PROTOCOL_DCCP ||
	       number == AM_PROTOCOL_SCTP || number == AM_PROTOCOL_UDPLITE;
}

#endif
