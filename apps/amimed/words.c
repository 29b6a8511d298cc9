/* SPDX-License-Identifier: BSD-3-Clause */
#include "words.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/addr.h"
#include "base/bytes.h"
#include "net/ether.h"
#include "net/etherip.h"
#include "net/gre.h"
#include "net/ip.h"
#include "net/vxlan.h"

enum { VXLAN_PORT = 4789, LAYERS_MAX = 4, GRE_FIELD = 4 };

struct line {
	char *at;
	size_t left;
	unsigned layers; /* IP headers that were told */
};

static void say(struct line *l, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void say(struct line *l, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(l->at, l->left, fmt, args);
	va_end(args);
	if (n < 0)
		return;
	if ((size_t)n >= l->left)
		n = l->left ? (int)l->left - 1 : 0;
	l->at += n;
	l->left -= (size_t)n;
}

static void say_frame(struct line *l, struct am_reader *r);
static void say_ip(struct line *l, struct am_reader *r);

static void say_by_type(struct line *l, struct am_reader *r, uint16_t type)
{
	if (type == AM_ET_IPV4 || type == AM_ET_IPV6)
		say_ip(l, r);
	else if (type == AM_ET_TEB)
		say_frame(l, r);
	else if (type == AM_ET_ARP)
		say(l, "ARP");
	else
		say(l, "type 0x%04x", type);
}

static void say_frame(struct line *l, struct am_reader *r)
{
	const uint8_t *macs = am_take(r, 2 * AM_MAC_LEN);
	uint16_t type = am_take16(r);
	char src[AM_MAC_TEXT], dst[AM_MAC_TEXT];
	struct am_mac mac[2];

	if (!macs || r->bad) {
		say(l, "shorter than Ethernet");
		return;
	}
	memcpy(mac, macs, sizeof mac);
	say(l, "%s > %s ", am_mac_text(&mac[1], src), am_mac_text(&mac[0], dst));
	for (unsigned i = 0; i < AM_TAGS_MAX && (type == AM_ET_DOT1Q || type == AM_ET_DOT1AD); i++) {
		say(l, "VLAN %u ", am_take16(r) & 0x0fff);
		type = am_take16(r);
	}
	say_by_type(l, r, type);
}

static void say_udp(struct line *l, struct am_reader *r)
{
	uint16_t sport = am_take16(r), dport = am_take16(r);

	am_take(r, 4);
	if (r->bad || dport != VXLAN_PORT) {
		say(l, "UDP %u > %u", sport, dport);
		return;
	}
	am_take32(r);
	say(l, "VXLAN %u: ", am_take32(r) >> 8);
	say_frame(l, r);
}

static void say_gre(struct line *l, struct am_reader *r)
{
	enum { CSUM = 0x8000, KEY = 0x2000, SEQ = 0x1000 };
	uint16_t flags = am_take16(r), type = am_take16(r);

	if (flags & CSUM)
		am_take(r, GRE_FIELD);
	say(l, "GRE");
	if (flags & KEY)
		say(l, " key %u", am_take32(r));
	if (flags & SEQ)
		am_take(r, GRE_FIELD);
	say(l, ": ");
	say_by_type(l, r, type);
}

static void say_payload(struct line *l, struct am_reader *r, uint8_t proto)
{
	uint16_t sport, dport;

	switch (proto) {
	case AM_PROTO_UDP:
		say_udp(l, r);
		return;
	case AM_PROTO_TCP:
		sport = am_take16(r);
		dport = am_take16(r);
		say(l, "TCP %u > %u", sport, dport);
		return;
	case AM_PROTO_GRE:
		say_gre(l, r);
		return;
	case AM_PROTO_ETHERIP:
		am_take16(r);
		say(l, "EtherIP: ");
		say_frame(l, r);
		return;
	case AM_PROTO_ICMP:
	case AM_PROTO_ICMPV6:
		sport = am_take8(r);
		dport = am_take8(r);
		say(l, "ICMP%s type %u code %u", proto == AM_PROTO_ICMP ? "" : "v6", sport, dport);
		return;
	default:
		say(l, "protocol %u", proto);
	}
}

static void say_addresses(struct line *l, const struct am_ip *src, const struct am_ip *dst, uint32_t len)
{
	char a[AM_IP_TEXT], b[AM_IP_TEXT];

	say(l, "%s > %s (%u) ", am_ip_text(src, a), am_ip_text(dst, b), len);
}

/* Only the first fragment has what the protocol's header says. */
static void say_fragment(
	struct line *l, struct am_reader *r, uint32_t id, uint32_t at, bool more, uint8_t proto)
{
	say(l, "fragment %u at %u%s ", id, at, more ? "+" : "");
	if (at == 0)
		say_payload(l, r, proto);
}

static void say_ip4(struct line *l, struct am_reader *r)
{
	enum { OFFSET = 0x1fff };
	const uint8_t *ip = am_take(r, AM_IP4_LEN);
	struct am_ip src, dst;
	uint16_t frag;

	if (!ip) {
		say(l, "shorter than IPv4");
		return;
	}
	src = am_ip4(ip + 12);
	dst = am_ip4(ip + 16);
	am_take(r, (ip[0] & 0xfu) > 5 ? 4 * ((ip[0] & 0xfu) - 5) : 0);
	say_addresses(l, &src, &dst, am_load16(ip + 2));
	frag = am_load16(ip + 6);
	if (frag & (AM_IP4_MF | OFFSET))
		say_fragment(l, r, am_load16(ip + 4), 8u * (frag & OFFSET), frag & AM_IP4_MF, ip[9]);
	else
		say_payload(l, r, ip[9]);
}

static void say_ip6(struct line *l, struct am_reader *r)
{
	const uint8_t *ip = am_take(r, AM_IP6_LEN), *frag;
	struct am_ip src, dst;

	if (!ip) {
		say(l, "shorter than IPv6");
		return;
	}
	src = am_ip6(ip + 8);
	dst = am_ip6(ip + 24);
	say_addresses(l, &src, &dst, AM_IP6_LEN + am_load16(ip + 4));
	frag = ip[6] == AM_PROTO_FRAGMENT ? am_take(r, AM_IP6_FRAG_LEN) : NULL;
	if (frag)
		say_fragment(l, r, am_load32(frag + 4), am_load16(frag + 2) & 0xfff8, frag[3] & 1, frag[0]);
	else
		say_payload(l, r, ip[6]);
}

static void say_ip(struct line *l, struct am_reader *r)
{
	if (l->layers++ == LAYERS_MAX || am_reader_left(r) == 0)
		say(l, "...");
	else if (*r->at >> 4 == 4)
		say_ip4(l, r);
	else if (*r->at >> 4 == 6)
		say_ip6(l, r);
	else
		say(l, "neither IPv4 nor IPv6");
}

const char *am_words_packet(bool ethernet, const uint8_t *octets, uint32_t len, char *buf, size_t room)
{
	struct am_reader r = am_reader(octets, len);
	struct line l = {.at = buf, .left = room};

	if (room)
		buf[0] = 0;
	if (ethernet)
		say_frame(&l, &r);
	else
		say_ip(&l, &r);
	return buf;
}
