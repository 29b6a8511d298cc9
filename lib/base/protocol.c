/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/protocol.h"

#include <stddef.h>
#include <string.h>

static const struct {
	uint8_t number;
	const char *name;
} names[] = {
	{AM_PROTOCOL_ICMP, "icmp"},
	{2, "igmp"},
	{4, "ipip"},
	{AM_PROTOCOL_TCP, "tcp"},
	{AM_PROTOCOL_UDP, "udp"},
	{AM_PROTOCOL_DCCP, "dccp"},
	{41, "ipv6"},
	{46, "rsvp"},
	{47, "gre"},
	{50, "esp"},
	{51, "ah"},
	{AM_PROTOCOL_ICMPV6, "icmpv6"},
	{AM_PROTOCOL_ICMPV6, "ipv6-icmp"}, /* the first name is the one that is printed */
	{89, "ospf"},
	{97, "etherip"},
	{103, "pim"},
	{112, "vrrp"},
	{115, "l2tp"},
	{AM_PROTOCOL_SCTP, "sctp"},
	{AM_PROTOCOL_UDPLITE, "udplite"},
};

int am_protocol_number(const char *name)
{
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(names[i].name, name) == 0)
			return names[i].number;
	return -1;
}

const char *am_protocol_name(uint8_t number)
{
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (names[i].number == number)
			return names[i].name;
	return NULL;
}
