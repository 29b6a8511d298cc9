/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NET_ICMP_REPORT_H
#define NET_ICMP_REPORT_H
/*
 * ICMP and ICMPv6 errors that others send about packets of our tunnels (RFC 792, 1191, 4443): read with what they quote. Anybody
 * on the Internet can send one, so all of it is a claim: it is good for telling people, and for nothing else.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "net/ip.h"

struct am_icmp_report {
	struct am_ip from;
	uint8_t type, code;
	uint16_t mtu;               /* of "fragmentation needed" and "packet too big"; 0: it does not say */
	struct am_ip local, remote; /* of the quoted packet */
	uint8_t proto;              /* the same: AM_PROTO_GRE or AM_PROTO_ETHERIP */
	bool has_gre;               /* the rest was quoted too, of GRE */
	uint16_t gre_type;
	bool has_key;
	uint32_t key;
};

/*
 * Is this an error that quotes a GRE or EtherIP packet from the address that it is sent to? ip is the whole packet, parsed and not
 * a fragment.
 */
bool am_icmp_quotes_tunnel(const uint8_t *ip, const struct am_ip_hdr *hdr);

/* All of it, of a packet of len octets; what has a wrong checksum or quotes no tunnel is none. */
bool am_icmp_report_read(const uint8_t *ip, uint32_t len, struct am_icmp_report *out);

/* "packet too big, at most 1400 octets"; in words where type and code have some. */
void am_icmp_report_text(const struct am_icmp_report *r, char *buf, size_t room);

#endif
