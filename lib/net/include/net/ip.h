/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NET_IP_H
#define NET_IP_H
/*
 * IPv4 (RFC 791) and IPv6 (RFC 8200) headers with their extension headers.
 *
 * am_ip_parse is THE place where a received IP length is validated: what it returns lies inside the bytes it
 * was given, and later code carries those numbers and never reads a length field again.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "net/verdict.h"

enum {
	AM_IP4_LEN = 20,
	AM_IP6_LEN = 40,
	AM_IP6_FRAG_LEN = 8,

	AM_PROTO_HOPOPT = 0,
	AM_PROTO_ICMP = 1,
	AM_PROTO_TCP = 6,
	AM_PROTO_UDP = 17,
	AM_PROTO_ROUTING = 43,
	AM_PROTO_FRAGMENT = 44,
	AM_PROTO_GRE = 47,
	AM_PROTO_ICMPV6 = 58,
	AM_PROTO_NONE = 59,
	AM_PROTO_DSTOPTS = 60,
	AM_PROTO_ETHERIP = 97,

	AM_IP4_DF = 0x4000,
	AM_IP4_MF = 0x2000,
};

enum am_ecn { AM_ECN_NOT_ECT = 0, AM_ECN_ECT1 = 1, AM_ECN_ECT0 = 2, AM_ECN_CE = 3 };

/*
 * A validated IP header.
 *
 *   0          unfrag_len          hlen              hlen + plen        len given (padding beyond)
 *   | IP header [| v6 Fragment ...] | payload         |                 |
 *
 * For a whole packet the payload is proto's. For a first fragment the payload is the beginning of proto's
 * data; for a later fragment it is a middle part, and proto is what the Fragment header names (IPv6) or the
 * header's (IPv4).
 */
struct am_ip_hdr {
	uint8_t family;      /* AM_IPV4 or AM_IPV6 */
	uint8_t proto;       /* upper-layer protocol, after extension headers */
	uint8_t tos;         /* DSCP and ECN */
	uint8_t ttl;         /* or hop limit */
	uint16_t hlen;       /* from the IP header's first octet to the payload */
	uint16_t plen;       /* octets of payload by the header's own length, inside what was given */
	bool frag;           /* a fragment: offset or more is non-zero. An atomic one (RFC 6946) is not */
	bool more;           /* MF */
	bool dont;           /* IPv4 DF */
	uint16_t frag_at;    /* fragment offset in octets */
	uint32_t frag_id;    /* 16 bits on IPv4 */
	uint16_t unfrag_len; /* IPv6 with a Fragment header: octets before it; otherwise hlen */
	uint16_t nexthdr_at; /* IPv6 with a Fragment header: offset of the Next Header octet that names it */
};

/*
 * Where a fragment's part of the datagram begins. An IPv6 first fragment may hold extension headers behind
 * its Fragment header: they belong to the datagram, while hlen is behind them, and its proto is then not what
 * later fragments name. RFC 8200's key for reassembly is therefore (source, destination, identification)
 * without a protocol.
 */
static inline uint16_t am_ip_fragment_at(const struct am_ip_hdr *hdr)
{
	return hdr->family == AM_IPV6 ? (uint16_t)(hdr->unfrag_len + AM_IP6_FRAG_LEN) : hdr->hlen;
}

/*
 * ip has len octets. On AM_V_OK everything in *out holds; trailing octets past the IP length are padding to
 * trim. IPv6 extension headers: Hop-by-Hop, Destination Options, Routing with segments left 0, and Fragment
 * are walked, at most 8. In a first fragment the chain must end inside it (else AM_V_FRAG_TINY). IPv4: the
 * checksum is verified; options are walked over, and left to the caller to refuse (hlen > 20). Fragment rules
 * checked here: AM_V_FRAG_LENGTH, AM_V_FRAG_EMPTY, AM_V_FRAG_BEYOND.
 */
enum am_verdict am_ip_parse(const uint8_t *ip, uint32_t len, struct am_ip_hdr *out);

/*
 * Two fragments that are the two halves of a datagram, in the plainest form: 20 octets of IPv4 header or an IPv6
 * header and a Fragment header, alike but for what the halves must differ in.
 */
struct am_halves {
	unsigned first; /* which of the two begins the datagram: 0 or 1 */
	uint8_t family, proto;
	uint8_t tos;
	uint32_t id;
	uint16_t head;    /* octets up to each half's data */
	uint16_t plen[2]; /* of data, in the order they were given */
};

/*
 * Are the packets at a and b, of which a_has and b_has octets are there, such halves? What is found has been validated
 * as am_ip_parse would have; what is not plain is left to it. Fewer than 48 octets are no half. A proto that is an extension
 * header's stands for headers that were not looked at. net/halves.h has the same for IPv4.
 */
bool am_ip6_halves(const uint8_t *a, uint32_t a_has, const uint8_t *b, uint32_t b_has, struct am_halves *out);

/* am_ip_parse for an inner packet whose family is known from an EtherType; a version that disagrees is named. */
enum am_verdict am_ip4_parse(const uint8_t *ip, uint32_t len, struct am_ip_hdr *out);
enum am_verdict am_ip6_parse(const uint8_t *ip, uint32_t len, struct am_ip_hdr *out);

/* The addresses of a header that was parsed, and pointers to them in place. */
static inline const uint8_t *am_ip_src(const uint8_t *ip, uint8_t family)
{
	return ip + (family == AM_IPV4 ? 12 : 8);
}

static inline const uint8_t *am_ip_dst(const uint8_t *ip, uint8_t family)
{
	return ip + (family == AM_IPV4 ? 16 : 24);
}

/* Change the DSCP/ECN octet of a parsed header, IPv4 checksum included (RFC 1624). */
void am_ip_set_tos(uint8_t *ip, uint8_t family, uint8_t tos);

/*
 * RFC 6040 decapsulation, normal mode: the ECN field that the inner packet leaves with, or a negative number
 * where it must be dropped (AM_V_TUNNEL_ECN: outer CE over inner Not-ECT).
 */
int am_ecn_decap(uint8_t inner, uint8_t outer);

/*
 * RFC 3168 5.3: the ECN of the whole from those of two parts; negative where CE meets Not-ECT
 * (AM_V_FRAG_ECN).
 */
int am_ecn_merge(uint8_t a, uint8_t b);

#endif
