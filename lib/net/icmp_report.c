/* SPDX-License-Identifier: BSD-3-Clause */
#include "net/icmp_report.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "net/csum.h"
#include "net/gre.h"
#include "net/icmp.h"

enum {
	ICMP_LEN = 8,
	CSUM_AT = 2,
	REST_AT = 4, /* the four octets that mean something else in each type */
	SOURCE_QUENCH = 4,
	PARAMETER_PROBLEM = 12,
	PARAMETER_PROBLEM6 = 4,
	FRAG_OFFSET = 0x1fff,
	FRAG_OFFSET6 = 0xfff8,
	FRAG_LEN = 8,
};

static bool is_error(uint8_t family, uint8_t type)
{
	if (family == AM_IPV6)
		return type >= AM_ICMP6_UNREACHABLE && type <= PARAMETER_PROBLEM6;
	return type == AM_ICMP_UNREACHABLE || type == AM_ICMP_TIME_EXCEEDED || type == SOURCE_QUENCH ||
	       type == PARAMETER_PROBLEM;
}

/* The header of what is quoted; rest begins behind it, unless it is a later fragment. */
static bool read_quoted4(struct am_reader *r, struct am_icmp_report *out, bool *later)
{
	const uint8_t *ip = am_take(r, AM_IP4_LEN);
	size_t options;

	if (!ip || ip[0] >> 4 != AM_IPV4 || (ip[0] & 0xf) < 5)
		return false;
	options = (ip[0] & 0xfu) * 4 - AM_IP4_LEN;
	if (options && !am_take(r, options))
		return false;
	out->proto = ip[9];
	*later = am_load16(ip + 6) & FRAG_OFFSET;
	out->local = am_ip4(ip + 12);
	out->remote = am_ip4(ip + 16);
	return true;
}

static bool read_quoted6(struct am_reader *r, struct am_icmp_report *out, bool *later)
{
	const uint8_t *ip = am_take(r, AM_IP6_LEN), *frag;

	if (!ip || ip[0] >> 4 != AM_IPV6)
		return false;
	out->proto = ip[6];
	out->local = am_ip6(ip + 8);
	out->remote = am_ip6(ip + 24);
	if (out->proto != AM_PROTO_FRAGMENT)
		return true;
	frag = am_take(r, FRAG_LEN);
	if (!frag)
		return false;
	out->proto = frag[0];
	*later = am_load16(frag + 2) & FRAG_OFFSET6;
	return true;
}

static void read_gre(struct am_reader *r, struct am_icmp_report *out)
{
	const uint8_t *gre = am_take(r, AM_GRE_LEN), *key;
	uint16_t flags;

	if (!gre)
		return;
	flags = am_load16(gre);
	if (flags & AM_GRE_C && !am_take(r, 4))
		return;
	if (flags & AM_GRE_K) {
		key = am_take(r, 4);
		if (!key)
			return;
		out->has_key = true;
		out->key = am_load32(key);
	}
	out->gre_type = am_load16(gre + 2);
	out->has_gre = true;
}

static bool read_quoted(const uint8_t *at, uint32_t len, uint8_t family, struct am_icmp_report *out)
{
	struct am_reader r = am_reader(at, len);
	bool later = false;

	if (!(family == AM_IPV4 ? read_quoted4(&r, out, &later) : read_quoted6(&r, out, &later)) ||
		(out->proto != AM_PROTO_GRE && out->proto != AM_PROTO_ETHERIP))
		return false;
	if (out->proto == AM_PROTO_GRE && !later)
		read_gre(&r, out);
	return true;
}

static struct am_ip address(const uint8_t *at, uint8_t family)
{
	return family == AM_IPV4 ? am_ip4(at) : am_ip6(at);
}

static bool read_report(const uint8_t *ip, const struct am_ip_hdr *hdr, struct am_icmp_report *out)
{
	const uint8_t *icmp = ip + hdr->hlen;
	struct am_ip to = address(am_ip_dst(ip, hdr->family), hdr->family);

	*out = (struct am_icmp_report){0};
	if (hdr->frag || hdr->plen < ICMP_LEN ||
		hdr->proto != (hdr->family == AM_IPV4 ? AM_PROTO_ICMP : AM_PROTO_ICMPV6) ||
		!is_error(hdr->family, icmp[0]) ||
		!read_quoted(icmp + ICMP_LEN, hdr->plen - ICMP_LEN, hdr->family, out) ||
		!am_ip_equal(&out->local, &to))
		return false;
	out->from = address(am_ip_src(ip, hdr->family), hdr->family);
	out->type = icmp[0];
	out->code = icmp[1];
	if (hdr->family == AM_IPV4 && out->type == AM_ICMP_UNREACHABLE && out->code == AM_ICMP_FRAG_NEEDED)
		out->mtu = am_load16(icmp + REST_AT + 2);
	if (hdr->family == AM_IPV6 && out->type == AM_ICMP6_TOO_BIG &&
		am_load32(icmp + REST_AT) <= UINT16_MAX)
		out->mtu = (uint16_t)am_load32(icmp + REST_AT);
	return true;
}

bool am_icmp_quotes_tunnel(const uint8_t *ip, const struct am_ip_hdr *hdr)
{
	struct am_icmp_report report;

	return read_report(ip, hdr, &report);
}

static bool checksum_is_right(const uint8_t *ip, const struct am_ip_hdr *hdr)
{
	uint64_t sum = 0;

	if (hdr->family == AM_IPV6)
		sum = am_csum_pseudo(
			AM_IPV6, am_ip_src(ip, AM_IPV6), am_ip_dst(ip, AM_IPV6), AM_PROTO_ICMPV6, hdr->plen);
	return am_csum_finish(am_csum_add(ip + hdr->hlen, hdr->plen, sum)) == 0;
}

bool am_icmp_report_read(const uint8_t *ip, uint32_t len, struct am_icmp_report *out)
{
	struct am_ip_hdr hdr;

	return am_ip_parse(ip, len, &hdr) == AM_V_OK && read_report(ip, &hdr, out) &&
	       checksum_is_right(ip, &hdr);
}

static const char *words4(uint8_t type, uint8_t code)
{
	static const char *const unreachable[] = {"network unreachable", "host unreachable",
		"protocol unreachable: nobody takes the tunnel's packets there", "port unreachable",
		"fragmentation needed", "source route failed", "network unknown", "host unknown",
		"source host isolated", "network prohibited", "host prohibited",
		"network unreachable for this type of service", "host unreachable for this type of service",
		"administratively prohibited: a filter", "host precedence violation",
		"precedence cutoff in effect"};

	if (type == AM_ICMP_UNREACHABLE)
		return code < sizeof unreachable / sizeof *unreachable ? unreachable[code] : "unreachable";
	if (type == AM_ICMP_TIME_EXCEEDED)
		return code ? "fragments came too late or never"
			    : "TTL exceeded on the way: a loop, or \"ttl\" is too low";
	return type == SOURCE_QUENCH ? "source quench" : "parameter problem";
}

static const char *words6(uint8_t type, uint8_t code)
{
	static const char *const unreachable[] = {"no route", "administratively prohibited: a filter",
		"beyond the scope of the source", "address unreachable", "port unreachable",
		"source address failed a policy", "route rejected", "error in the source route"};

	if (type == AM_ICMP6_UNREACHABLE)
		return code < sizeof unreachable / sizeof *unreachable ? unreachable[code] : "unreachable";
	if (type == AM_ICMP6_TOO_BIG)
		return "packet too big";
	if (type == AM_ICMP6_TIME_EXCEEDED)
		return code ? "fragments came too late or never"
			    : "hop limit exceeded on the way: a loop, or \"ttl\" is too low";
	return code == 1 ? "unknown next header: nobody takes the tunnel's packets there"
			 : "parameter problem";
}

void am_icmp_report_text(const struct am_icmp_report *r, char *buf, size_t room)
{
	const char *words = r->from.family == AM_IPV6 ? words6(r->type, r->code) : words4(r->type, r->code);

	if (r->mtu)
		snprintf(buf, room, "%s, at most %u octets", words, r->mtu);
	else
		snprintf(buf, room, "%s", words);
}
