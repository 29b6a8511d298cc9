/* SPDX-License-Identifier: BSD-3-Clause */
#include "net/arp_nd.h"

#include <string.h>

#include "base/bytes.h"
#include "net/csum.h"
#include "net/ether.h"
#include "net/ip.h"

enum {
	ARP_REQUEST = 1,
	ARP_REPLY = 2,
	ARP_OP_AT = 6,
	ARP_SHA_AT = 8,
	ARP_SPA_AT = 14,
	ARP_THA_AT = 18,
	ARP_TPA_AT = 24,

	ND_RA = 134,
	ND_NS = 135,
	ND_NA = 136,
	ND_HOP_LIMIT = 255,
	ND_TARGET_AT = 8,
	ND_RA_OPTIONS_AT = 16,
	ND_OPTIONS_AT = 24, /* of solicitation and advertisement */
	ND_OPTION_SOURCE = 1,
	ND_OPTION_TARGET = 2,
	NA_ROUTER = 0x80,
	NA_SOLICITED = 0x40,
	NA_OVERRIDE = 0x20,
};

/* An address that one host can have: no group, not "this host", no loopback. */
static bool is_host4(const uint8_t *ip)
{
	return ip[0] != 0 && ip[0] != 127 && ip[0] < 224;
}

static bool is_host6(const uint8_t *ip)
{
	return ip[0] != 0xff && (am_load64(ip) || am_load64(ip + 8) > 1);
}

static bool is_station(const uint8_t *mac)
{
	return !am_mac_is_group(mac) && (am_load16(mac) | am_load32(mac + 2));
}

/* ---- ARP ---- */

bool am_arp_read(const uint8_t *arp, uint32_t len, struct am_arp_nd *out)
{
	static const uint8_t ether_ip[ARP_OP_AT] = {0, 1, 8, 0, AM_MAC_LEN, 4};
	const uint8_t *spa = arp + ARP_SPA_AT, *tpa = arp + ARP_TPA_AT;
	uint16_t op;

	if (len < AM_ARP_LEN || memcmp(arp, ether_ip, sizeof ether_ip) != 0)
		return false;
	op = am_load16(arp + ARP_OP_AT);
	if (op != ARP_REQUEST && op != ARP_REPLY)
		return false;
	*out = (struct am_arp_nd){
		.family = AM_IPV4, .override = true, .asker = am_ip4(spa), .target = am_ip4(tpa)};
	memcpy(out->mac.bytes, arp + ARP_SHA_AT, AM_MAC_LEN);
	/* An announcement (RFC 5227 3) has the same address twice: it tells, and asks nothing. */
	out->asks = op == ARP_REQUEST && is_host4(tpa) && memcmp(spa, tpa, 4) != 0;
	out->probes = out->asks && !am_load32(spa);
	out->claims = is_host4(spa);
	out->tells = out->claims && is_station(out->mac.bytes);
	out->teller = out->asker;
	return out->asks || out->claims;
}

/* ---- neighbour discovery ---- */

/* The MAC in the option of that type, or NULL. False: the options cannot be walked over, and the message is void. */
static bool find_mac(const uint8_t *icmp, uint32_t len, uint32_t at, uint8_t type, const uint8_t **mac)
{
	*mac = NULL;
	while (at < len) {
		uint32_t octets = len - at >= 8 ? icmp[at + 1] * 8u : 0;

		if (!octets || octets > len - at)
			return false;
		if (icmp[at] == type && octets == 8)
			*mac = icmp + at + 2;
		at += octets;
	}
	return true;
}

static void set_teller(struct am_arp_nd *out, const uint8_t *ip, const uint8_t *mac)
{
	if (!mac || !is_station(mac) || !is_host6(ip))
		return;
	out->tells = out->claims = true;
	out->teller = am_ip6(ip);
	memcpy(out->mac.bytes, mac, AM_MAC_LEN);
}

/*
 * A solicitation tells nothing here, though it may hold a MAC: whether its sender is a router it does not say, and who answers in
 * its name has to know (RFC 9161 3.1).
 */
static bool read_ns(const uint8_t *ip, const uint8_t *icmp, uint32_t len, struct am_arp_nd *out)
{
	const uint8_t *src = ip + 8, *target = icmp + ND_TARGET_AT, *mac;
	bool unspecified = !am_load64(src) && !am_load64(src + 8);

	if (len < ND_OPTIONS_AT || !is_host6(target) ||
		!find_mac(icmp, len, ND_OPTIONS_AT, ND_OPTION_SOURCE, &mac))
		return false;
	if (unspecified ? mac != NULL || out->unicast : !is_host6(src))
		return false;
	if (mac) {
		out->claims = true;
		out->teller = am_ip6(src);
		memcpy(out->mac.bytes, mac, AM_MAC_LEN);
	}
	out->asks = true;
	out->probes = unspecified;
	out->asker = am_ip6(src);
	out->target = am_ip6(target);
	return true;
}

static bool read_na(const uint8_t *icmp, uint32_t len, struct am_arp_nd *out)
{
	const uint8_t *mac;

	if (len < ND_OPTIONS_AT || !find_mac(icmp, len, ND_OPTIONS_AT, ND_OPTION_TARGET, &mac) ||
		(!out->unicast && icmp[4] & NA_SOLICITED))
		return false;
	out->router = icmp[4] & NA_ROUTER;
	out->override = icmp[4] & NA_OVERRIDE;
	set_teller(out, icmp + ND_TARGET_AT, mac);
	return out->tells;
}

static bool read_ra(const uint8_t *ip, const uint8_t *icmp, uint32_t len, struct am_arp_nd *out)
{
	const uint8_t *mac;

	if (len < ND_RA_OPTIONS_AT || (am_load16(ip + 8) & 0xffc0) != 0xfe80 ||
		!find_mac(icmp, len, ND_RA_OPTIONS_AT, ND_OPTION_SOURCE, &mac))
		return false;
	out->router = out->override = true;
	set_teller(out, ip + 8, mac);
	return out->tells;
}

bool am_nd_read(const uint8_t *ip, uint32_t len, struct am_arp_nd *out)
{
	const uint8_t *icmp = ip + AM_IP6_LEN;
	uint32_t plen;

	/* RFC 6980: no fragments, and RFC 4861 knows of no extension headers here. */
	if (len < AM_IP6_LEN + 8 || ip[0] >> 4 != AM_IPV6 || ip[6] != AM_PROTO_ICMPV6 ||
		ip[7] != ND_HOP_LIMIT)
		return false;
	plen = am_load16(ip + 4);
	if (plen < 8 || plen > len - AM_IP6_LEN || icmp[1] != 0 ||
		am_csum_finish(am_csum_add(
			icmp, plen, am_csum_pseudo(AM_IPV6, ip + 8, ip + 24, AM_PROTO_ICMPV6, plen))))
		return false;
	*out = (struct am_arp_nd){.family = AM_IPV6, .unicast = ip[24] != 0xff};
	switch (icmp[0]) {
	case ND_NS:
		return read_ns(ip, icmp, plen, out);
	case ND_NA:
		return read_na(icmp, plen, out);
	case ND_RA:
		return read_ra(ip, icmp, plen, out);
	default:
		return false;
	}
}

/* ---- answers ---- */

static uint32_t write_reply(uint8_t *arp, const struct am_arp_nd *q, const struct am_mac *mac)
{
	am_store16(arp + ARP_OP_AT, ARP_REPLY);
	memcpy(arp + ARP_THA_AT, arp + ARP_SHA_AT, AM_MAC_LEN);
	memcpy(arp + ARP_TPA_AT, q->asker.bytes, 4);
	memcpy(arp + ARP_SHA_AT, mac->bytes, AM_MAC_LEN);
	memcpy(arp + ARP_SPA_AT, q->target.bytes, 4);
	return AM_ARP_LEN;
}

/* RFC 4861 7.2.4: to who asked; where nobody has an address yet, to all nodes. */
static uint32_t write_advertisement(uint8_t *ip, const struct am_arp_nd *q, const struct am_arp_nd_answer *a)
{
	static const uint8_t all_nodes[16] = {0xff, 2, [15] = 1};
	uint8_t *icmp = ip + AM_IP6_LEN;
	uint16_t csum;

	am_store32(ip, 0x60000000);
	am_store16(ip + 4, AM_NA_LEN);
	ip[6] = AM_PROTO_ICMPV6;
	ip[7] = ND_HOP_LIMIT;
	memcpy(ip + 8, q->target.bytes, 16);
	memcpy(ip + 24, q->probes ? all_nodes : q->asker.bytes, 16);
	memset(icmp, 0, AM_NA_LEN);
	icmp[0] = ND_NA;
	icmp[4] = (uint8_t)((a->router ? NA_ROUTER : 0) | (q->probes ? 0 : NA_SOLICITED) |
			    (a->override ? NA_OVERRIDE : 0));
	memcpy(icmp + ND_TARGET_AT, q->target.bytes, 16);
	icmp[ND_OPTIONS_AT] = ND_OPTION_TARGET;
	icmp[ND_OPTIONS_AT + 1] = 1;
	memcpy(icmp + ND_OPTIONS_AT + 2, a->mac.bytes, AM_MAC_LEN);
	csum = am_csum_finish(am_csum_add(
		icmp, AM_NA_LEN, am_csum_pseudo(AM_IPV6, ip + 8, ip + 24, AM_PROTO_ICMPV6, AM_NA_LEN)));
	memcpy(icmp + 2, &csum, sizeof csum);
	return AM_IP6_LEN + AM_NA_LEN;
}

uint32_t am_arp_nd_write(
	uint8_t *frame, uint16_t l2, const struct am_arp_nd *question, const struct am_arp_nd_answer *answer)
{
	static const uint8_t all_nodes[AM_MAC_LEN] = {0x33, 0x33, 0, 0, 0, 1};

	memcpy(frame, question->family == AM_IPV6 && question->probes ? all_nodes : frame + AM_MAC_LEN,
		AM_MAC_LEN);
	memcpy(frame + AM_MAC_LEN, answer->mac.bytes, AM_MAC_LEN);
	if (question->family == AM_IPV4)
		return l2 + write_reply(frame + l2, question, &answer->mac);
	return l2 + write_advertisement(frame + l2, question, answer);
}
