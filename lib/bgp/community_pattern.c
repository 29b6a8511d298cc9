/* SPDX-License-Identifier: BSD-3-Clause */
#include "bgp/community_pattern.h"

#include <errno.h>
#include <string.h>

#include "base/addr.h"
#include "base/bytes.h"

enum { ROUTE_TARGET = 2, SITE_OF_ORIGIN = 3 };

static const struct {
	const char *name;
	uint32_t value;
} well_known[] = {
	{"graceful-shutdown", AM_BGP_GRACEFUL_SHUTDOWN},
	{"llgr-stale", AM_BGP_LLGR_STALE},
	{"no-llgr", AM_BGP_NO_LLGR},
	{"blackhole", AM_BGP_BLACKHOLE},
	{"no-export", AM_BGP_NO_EXPORT},
	{"no-advertise", AM_BGP_NO_ADVERTISE},
	{"no-export-subconfed", AM_BGP_NO_EXPORT_SUBCONFED},
	{"no-peer", AM_BGP_NOPEER},
};

static int refuse(struct am_err *err, const char *text)
{
	return am_fail(err, EINVAL,
		"\"%.60s\" is no community: write it like 65000:100, 65000:1:100 (large), rt:65000:100, "
		"ext:0x0002fde800000064, or by name like no-export; a part may be * or 100-199",
		text);
}

static bool begins(const char *text, const char *with)
{
	return !memcmp(text, with, strlen(with) < strlen(text) ? strlen(with) : strlen(text) + 1);
}

/* Decimal, at least one digit; *text moves behind it. */
static bool take_number(const char **text, uint32_t *out)
{
	uint64_t v = 0;
	const char *at = *text;

	for (; *at >= '0' && *at <= '9' && v <= UINT32_MAX; at++)
		v = v * 10 + (uint64_t)(*at - '0');
	if (at == *text || v > UINT32_MAX)
		return false;
	*text = at;
	*out = (uint32_t)v;
	return true;
}

/* A number, a range, or a *. */
static bool take_part(const char **text, struct am_bgp_range *out)
{
	if (**text == '*') {
		++*text;
		*out = (struct am_bgp_range){0, UINT32_MAX};
		return true;
	}
	if (!take_number(text, &out->low))
		return false;
	out->high = out->low;
	if (**text != '-')
		return true;
	++*text;
	return take_number(text, &out->high) && out->low <= out->high;
}

/* Parts with colons between them, to the end of the text; how many there are, or 0. */
static unsigned take_parts(const char *text, struct am_bgp_range parts[3])
{
	unsigned n = 0;

	while (n < 3 && take_part(&text, &parts[n])) {
		n++;
		if (!*text)
			return n;
		if (*text++ != ':')
			return 0;
	}
	return 0;
}

static bool take_well_known(const char *text, struct am_bgp_community_pattern *out)
{
	for (unsigned i = 0; i < sizeof well_known / sizeof well_known[0]; i++) {
		uint32_t value = well_known[i].value;

		if (strlen(text) != strlen(well_known[i].name) || !begins(text, well_known[i].name))
			continue;
		out->parts[0] = (struct am_bgp_range){value >> 16, value >> 16};
		out->parts[1] = (struct am_bgp_range){value & 0xffff, value & 0xffff};
		return true;
	}
	return false;
}

const char *am_bgp_community_name(uint32_t community)
{
	for (unsigned i = 0; i < sizeof well_known / sizeof well_known[0]; i++) {
		if (well_known[i].value == community)
			return well_known[i].name;
	}
	return NULL;
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool take_octets(const char *text, struct am_bgp_community_pattern *out)
{
	out->kind = AM_BGP_COMMUNITY_EXTENDED;
	out->form = AM_BGP_EXT_OCTETS;
	if (strlen(text) != 2 + 2 * sizeof out->octets || !begins(text, "0x"))
		return false;
	for (unsigned i = 0; i < sizeof out->octets; i++) {
		int high = hex(text[2 + 2 * i]), low = hex(text[3 + 2 * i]);

		if (high < 0 || low < 0)
			return false;
		out->octets[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

/* An IPv4 address in the first place; false and *text as it was where none stands there. */
static bool take_address(const char **text, struct am_bgp_range *out)
{
	char address[AM_IP_TEXT];
	struct am_ip ip;
	size_t n = 0;

	for (; n + 1 < sizeof address && (*text)[n] && (*text)[n] != ':'; n++)
		address[n] = (*text)[n];
	address[n] = 0;
	if ((*text)[n] != ':' || am_ip_parse_text(address, &ip) || ip.family != AM_IPV4)
		return false;
	*out = (struct am_bgp_range){am_load32(ip.bytes), am_load32(ip.bytes)};
	*text += n + 1;
	return true;
}

/* Behind "rt:" or "soo:". An AS of four octets, or an address, leaves two for the second part. */
static bool take_extended(const char *text, uint8_t subtype, struct am_bgp_community_pattern *out)
{
	bool any = begins(text, "*:");

	out->kind = AM_BGP_COMMUNITY_EXTENDED;
	out->subtype = subtype;
	if (take_address(&text, &out->parts[0])) {
		out->form = AM_BGP_EXT_IP;
		return take_part(&text, &out->parts[1]) && !*text && out->parts[1].low <= UINT16_MAX;
	}
	out->form = any ? AM_BGP_EXT_ANY : AM_BGP_EXT_AS;
	return take_parts(text, out->parts) == 2 &&
	       (out->parts[0].low <= UINT16_MAX || out->parts[1].low <= UINT16_MAX);
}

int am_bgp_community_parse(const char *text, struct am_bgp_community_pattern *out, struct am_err *err)
{
	struct am_bgp_community_pattern p = {.kind = AM_BGP_COMMUNITY_STANDARD};
	bool large = begins(text, "large:"), ok;
	unsigned n;

	if (begins(text, "rt:")) {
		ok = take_extended(text + 3, ROUTE_TARGET, &p);
	} else if (begins(text, "soo:")) {
		ok = take_extended(text + 4, SITE_OF_ORIGIN, &p);
	} else if (begins(text, "ext:")) {
		ok = take_octets(text + 4, &p);
	} else if (take_well_known(text, &p)) {
		ok = true;
	} else {
		n = take_parts(large ? text + 6 : text, p.parts);
		p.kind = n == 3 ? AM_BGP_COMMUNITY_LARGE : AM_BGP_COMMUNITY_STANDARD;
		ok = n == 3 ||
		     (n == 2 && !large && p.parts[0].low <= UINT16_MAX && p.parts[1].low <= UINT16_MAX);
	}
	if (!ok)
		return refuse(err, text);
	*out = p;
	return 0;
}

bool am_bgp_community_is_one(const struct am_bgp_community_pattern *p)
{
	unsigned n = p->kind == AM_BGP_COMMUNITY_LARGE ? 3 : 2;

	if (p->kind == AM_BGP_COMMUNITY_EXTENDED && p->form == AM_BGP_EXT_OCTETS)
		return true;
	for (unsigned i = 0; i < n; i++) {
		if (p->parts[i].low != p->parts[i].high)
			return false;
	}
	return true;
}

unsigned am_bgp_community_len(enum am_bgp_community_kind kind)
{
	static const uint8_t lengths[AM_BGP_COMMUNITY_KINDS] = {
		AM_BGP_COMMUNITY_LEN, AM_BGP_EXT_COMMUNITY_LEN, AM_BGP_LARGE_COMMUNITY_LEN};

	return lengths[kind];
}

static bool in(struct am_bgp_range range, uint32_t v)
{
	return v >= range.low && v <= range.high;
}

/* RFC 4360 3.1 and 3.2, 5668 2: type 0 has an AS of two octets, 1 an address, 2 an AS of four. */
static bool ext_fits(const struct am_bgp_community_pattern *p, const uint8_t *c)
{
	bool wide = c[0] != 0;
	uint32_t first = wide ? am_load32(c + 2) : am_load16(c + 2);
	uint32_t second = wide ? am_load16(c + 6) : am_load32(c + 4);

	if (p->form == AM_BGP_EXT_OCTETS)
		return !memcmp(p->octets, c, sizeof p->octets);
	if (c[0] > 2 || c[1] != p->subtype || (p->form == AM_BGP_EXT_IP && c[0] != 1) ||
		(p->form == AM_BGP_EXT_AS && c[0] == 1))
		return false;
	return in(p->parts[0], first) && in(p->parts[1], second);
}

bool am_bgp_community_fits(const struct am_bgp_community_pattern *p, const uint8_t *c)
{
	if (p->kind == AM_BGP_COMMUNITY_EXTENDED)
		return ext_fits(p, c);
	if (p->kind == AM_BGP_COMMUNITY_STANDARD)
		return in(p->parts[0], am_load16(c)) && in(p->parts[1], am_load16(c + 2));
	return in(p->parts[0], am_load32(c)) && in(p->parts[1], am_load32(c + 4)) &&
	       in(p->parts[2], am_load32(c + 8));
}

static void ext_encode(const struct am_bgp_community_pattern *p, uint8_t *out)
{
	uint32_t first = p->parts[0].low, second = p->parts[1].low;

	if (p->form == AM_BGP_EXT_OCTETS) {
		memcpy(out, p->octets, sizeof p->octets);
		return;
	}
	out[0] = p->form == AM_BGP_EXT_IP ? 1 : first > UINT16_MAX ? 2 : 0;
	out[1] = p->subtype;
	if (out[0]) {
		am_store32(out + 2, first);
		am_store16(out + 6, (uint16_t)second);
	} else {
		am_store16(out + 2, (uint16_t)first);
		am_store32(out + 4, second);
	}
}

void am_bgp_community_encode(
	const struct am_bgp_community_pattern *p, uint8_t out[AM_BGP_LARGE_COMMUNITY_LEN])
{
	if (p->kind == AM_BGP_COMMUNITY_EXTENDED) {
		ext_encode(p, out);
	} else if (p->kind == AM_BGP_COMMUNITY_STANDARD) {
		am_store16(out, (uint16_t)p->parts[0].low);
		am_store16(out + 2, (uint16_t)p->parts[1].low);
	} else {
		for (unsigned i = 0; i < 3; i++)
			am_store32(out + 4 * i, p->parts[i].low);
	}
}

bool am_bgp_community_pattern_equal(
	const struct am_bgp_community_pattern *a, const struct am_bgp_community_pattern *b)
{
	if (a->kind != b->kind || a->form != b->form || a->subtype != b->subtype ||
		memcmp(a->octets, b->octets, sizeof a->octets))
		return false;
	for (unsigned i = 0; i < 3; i++) {
		if (a->parts[i].low != b->parts[i].low || a->parts[i].high != b->parts[i].high)
			return false;
	}
	return true;
}
