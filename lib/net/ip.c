/* SPDX-License-Identifier: BSD-3-Clause */
#include "net/ip.h"

#include "base/bytes.h"
#include "net/csum.h"

enum {
	IP4_OFFSET_MASK = 0x1fff,
	IP6_OFFSET_MASK = 0xfff8,
	IP6_MORE = 1,
	IP_DATAGRAM_MAX = 65535,
	EXTENSIONS_MAX = 8,
	EXTENSION_UNIT = 8,
	OPTION_PAD1 = 0,
	OPTION_DROP_UNKNOWN = 0xc0, /* the action bits: zero lets a node skip what it does not know */
};

/* data is how much of the datagram this fragment carries, before what surrounds it in the reassembled
 * datagram. */
static enum am_verdict check_fragment(const struct am_ip_hdr *hdr, uint32_t data, uint32_t before)
{
	if (data == 0)
		return AM_V_FRAG_EMPTY;
	if (hdr->more && data % 8)
		return AM_V_FRAG_LENGTH;
	if (before + hdr->frag_at + data > IP_DATAGRAM_MAX)
		return AM_V_FRAG_BEYOND;
	return AM_V_OK;
}

static bool csum4_is_right(const uint8_t *ip, uint32_t hlen)
{
	return hlen == AM_IP4_LEN ? am_csum_ip4_is_right(ip)
				  : am_csum_fold(am_csum_add(ip, hlen, 0)) == 0xffff;
}

enum am_verdict am_ip4_parse(const uint8_t *ip, uint32_t len, struct am_ip_hdr *out)
{
	uint32_t hlen, total;
	uint16_t offset;

	if (len < AM_IP4_LEN)
		return AM_V_IP4_SHORT;
	if (ip[0] >> 4 != AM_IPV4)
		return AM_V_IP4_VERSION;
	hlen = (uint32_t)(ip[0] & 0x0f) * 4;
	if (hlen < AM_IP4_LEN || hlen > len)
		return AM_V_IP4_HEADER_LENGTH;
	total = am_load16(ip + 2);
	if (total < hlen || total > len)
		return AM_V_IP4_TOTAL_LENGTH;
	if (!csum4_is_right(ip, hlen))
		return AM_V_IP4_CHECKSUM;
	offset = am_load16(ip + 6);
	*out = (struct am_ip_hdr){
		.family = AM_IPV4,
		.proto = ip[9],
		.tos = ip[1],
		.ttl = ip[8],
		.hlen = (uint16_t)hlen,
		.plen = (uint16_t)(total - hlen),
		.frag = offset & (AM_IP4_MF | IP4_OFFSET_MASK),
		.more = offset & AM_IP4_MF,
		.dont = offset & AM_IP4_DF,
		.frag_at = (uint16_t)((offset & IP4_OFFSET_MASK) * 8),
		.frag_id = am_load16(ip + 4),
		.unfrag_len = (uint16_t)hlen,
	};
	return out->frag ? check_fragment(out, out->plen, hlen) : AM_V_OK;
}

/* A walk along an IPv6 header chain; offsets from the IPv6 header. */
struct chain {
	const uint8_t *ip;
	uint32_t at;      /* the header in question */
	uint32_t end;     /* of the packet */
	uint32_t name_at; /* the Next Header octet that named it */
	bool fragment;    /* a Fragment header was passed */
};

/* RFC 8200 4.2: an option that is not known and may not be skipped refuses the packet. We know only how to
 * skip. */
static bool options_can_be_skipped(const uint8_t *option, const uint8_t *end)
{
	while (option < end) {
		if (*option == OPTION_PAD1) {
			option++;
			continue;
		}
		if (end - option < 2 || end - option < 2 + option[1] || *option & OPTION_DROP_UNKNOWN)
			return false;
		option += 2 + option[1];
	}
	return true;
}

static enum am_verdict pass_options(struct chain *c)
{
	const uint8_t *h = c->ip + c->at;
	uint32_t len = EXTENSION_UNIT + EXTENSION_UNIT * (uint32_t)h[1];

	if (len > c->end - c->at)
		return AM_V_IP6_EXTENSION_SHORT;
	if (!options_can_be_skipped(h + 2, h + len))
		return AM_V_IP6_EXTENSION;
	c->at += len;
	return AM_V_OK;
}

static enum am_verdict pass_routing(struct chain *c)
{
	const uint8_t *h = c->ip + c->at;
	uint32_t len = EXTENSION_UNIT + EXTENSION_UNIT * (uint32_t)h[1];

	if (len > c->end - c->at)
		return AM_V_IP6_EXTENSION_SHORT;
	if (h[3] != 0)
		return AM_V_IP6_EXTENSION;
	c->at += len;
	return AM_V_OK;
}

static enum am_verdict pass_fragment(struct chain *c, struct am_ip_hdr *out)
{
	const uint8_t *h = c->ip + c->at;
	uint16_t offset = am_load16(h + 2);

	if (c->fragment)
		return AM_V_IP6_EXTENSION;
	c->fragment = true;
	out->unfrag_len = (uint16_t)c->at;
	out->nexthdr_at = (uint16_t)c->name_at;
	out->frag = offset & (IP6_OFFSET_MASK | IP6_MORE);
	out->more = offset & IP6_MORE;
	out->frag_at = offset & IP6_OFFSET_MASK;
	out->frag_id = am_load32(h + 4);
	c->at += AM_IP6_FRAG_LEN;
	return out->frag ? check_fragment(out, c->end - c->at, out->unfrag_len - AM_IP6_LEN) : AM_V_OK;
}

static enum am_verdict pass_extension(struct chain *c, struct am_ip_hdr *out)
{
	uint8_t kind = out->proto;
	uint32_t start = c->at;
	enum am_verdict v;

	if (c->end - c->at < EXTENSION_UNIT)
		return AM_V_IP6_EXTENSION_SHORT;
	if (kind == AM_PROTO_FRAGMENT)
		v = pass_fragment(c, out);
	else if (kind == AM_PROTO_ROUTING)
		v = pass_routing(c);
	else if (kind == AM_PROTO_HOPOPT && start != AM_IP6_LEN)
		v = AM_V_IP6_EXTENSION; /* RFC 8200 4.1: only right behind the IPv6 header */
	else
		v = pass_options(c);
	out->proto = c->ip[start];
	c->name_at = start;
	return v;
}

static bool is_extension(uint8_t proto)
{
	return proto == AM_PROTO_DSTOPTS || proto == AM_PROTO_FRAGMENT || proto == AM_PROTO_HOPOPT ||
	       proto == AM_PROTO_ROUTING;
}

/* A later fragment's chain ends at its Fragment header: what follows is a middle part of something. */
static enum am_verdict walk_chain(struct chain *c, struct am_ip_hdr *out)
{
	enum am_verdict v;
	bool first;

	for (unsigned n = 0; is_extension(out->proto) && out->frag_at == 0; n++) {
		if (n == EXTENSIONS_MAX)
			return AM_V_IP6_EXTENSIONS;
		v = pass_extension(c, out);
		first = out->frag && out->frag_at == 0;
		if (v == AM_V_IP6_EXTENSION_SHORT && first)
			return AM_V_FRAG_TINY;
		if (v != AM_V_OK)
			return v;
	}
	return out->frag && c->at == c->end ? AM_V_FRAG_TINY : AM_V_OK;
}

enum am_verdict am_ip6_parse(const uint8_t *ip, uint32_t len, struct am_ip_hdr *out)
{
	struct chain c = {.ip = ip, .at = AM_IP6_LEN, .name_at = 6};
	enum am_verdict v;

	if (len < AM_IP6_LEN)
		return AM_V_IP6_SHORT;
	if (ip[0] >> 4 != AM_IPV6)
		return AM_V_IP6_VERSION;
	c.end = AM_IP6_LEN + (uint32_t)am_load16(ip + 4);
	if (c.end > len)
		return AM_V_IP6_PAYLOAD_LENGTH;
	*out = (struct am_ip_hdr){
		.family = AM_IPV6,
		.proto = ip[6],
		.tos = (uint8_t)(am_load16(ip) >> 4),
		.ttl = ip[7],
	};
	if (is_extension(out->proto)) {
		v = walk_chain(&c, out);
		if (v != AM_V_OK)
			return v;
	}
	out->hlen = (uint16_t)c.at;
	out->plen = (uint16_t)(c.end - c.at);
	if (!c.fragment)
		out->unfrag_len = out->hlen;
	return AM_V_OK;
}

enum am_verdict am_ip_parse(const uint8_t *ip, uint32_t len, struct am_ip_hdr *out)
{
	if (len > 0 && ip[0] >> 4 == AM_IPV6)
		return am_ip6_parse(ip, len, out);
	return am_ip4_parse(ip, len, out);
}
