/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NET_ARP_ND_H
#define NET_ARP_ND_H
/*
 * Address resolution as a bridge sees it pass: ARP (RFC 826, 5227) and neighbour discovery (RFC 4861). What is read here was
 * validated; what does not hold is none of ours, and passes like any other frame.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"

enum {
	AM_ARP_LEN = 28,
	AM_NA_LEN = 32,                  /* of ICMPv6, with the option that holds our MAC */
	AM_ARP_ND_ROOM = 40 + AM_NA_LEN, /* of an answer, behind the Ethernet header */
};

struct am_arp_nd {
	uint8_t family; /* AM_IPV4: ARP; AM_IPV6: neighbour discovery */
	bool asks;      /* who has target? */
	bool probes; /* it asks since it would like to have that address itself (RFC 5227 2.1.1, RFC 4862 5.4) */
	bool tells; /* teller is at mac, and that may be believed */
	bool claims; /* who hears it may take teller to be at mac: what tells does, and questions in somebody's name do */
	bool router;   /* so it says of itself */
	bool override; /* what it tells replaces what was known (RFC 4861 4.4) */
	bool unicast;  /* an IPv6 packet to one host */
	struct am_ip asker, target, teller;
	struct am_mac mac;
};

/* arp has len octets, and is what an Ethernet frame of its type holds. False: it neither asks nor tells. */
bool am_arp_read(const uint8_t *arp, uint32_t len, struct am_arp_nd *out);
/* ip has len octets. False: no neighbour discovery, or none that may be believed (RFC 4861 7.1). */
bool am_nd_read(const uint8_t *ip, uint32_t len, struct am_arp_nd *out);

/* What target at mac would have answered to a question that was read. */
struct am_arp_nd_answer {
	struct am_mac mac;
	bool router, override;
};

/*
 * Write the answer to `question` in place of it, whose Ethernet header of l2 octets begins at frame: to whom asked, from mac.
 * There is room for l2 + AM_ARP_ND_ROOM octets. Returns how many there are then.
 */
uint32_t am_arp_nd_write(
	uint8_t *frame, uint16_t l2, const struct am_arp_nd *question, const struct am_arp_nd_answer *answer);

#endif
