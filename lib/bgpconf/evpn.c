/* SPDX-License-Identifier: BSD-3-Clause */
/* EVPN routes that this speaker originates: RFC 7432 types 1 to 4, RFC 9136 type 5. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "parts.h"

enum { LABEL_MAX = (1 << 24) - 1, EXT_LEN = 8 };

static const char *const type_words[] = {
	"", "auto-discovery", "mac-ip", "multicast", "ethernet-segment", "ip-prefix", NULL};

/* One route, while it is read: the texts become bytes when all of it is there. */
struct reading {
	uint32_t type, tag, label, label2;
	bool has_label, has_label2, has_mac, has_router_mac, vxlan;
	char rd[64], esi[40];
	struct am_mac mac, router_mac;
	struct am_ip ip, gateway, next_hop;
	struct am_prefix prefix;
	struct am_bgpconf_evpn *out;
};

/* A number and what stands behind it; false where it is none or too large. */
static bool number(const char **at, unsigned long max, unsigned long *out)
{
	char *end;

	if (**at < '0' || **at > '9')
		return false;
	*out = strtoul(*at, &end, 10);
	*at = end;
	return *out <= max;
}

/*
 * "AS:number" or "address:number" into the six octets behind a type (RFC 4364 4.2, 4360 3, 5668): kind is 0, 1 or 2.
 */
static bool read_pair(const char *text, uint8_t *kind, uint8_t value[6])
{
	const char *colon = strrchr(text, ':');
	unsigned long first, second;
	char address[AM_IP_TEXT];
	struct am_ip ip;

	if (!colon || (size_t)(colon - text) >= sizeof address)
		return false;
	memcpy(address, text, (size_t)(colon - text));
	address[colon - text] = 0;
	colon++;
	if (!number(&colon, UINT32_MAX, &second) || *colon)
		return false;
	text = address;
	if (!am_ip_parse_text(address, &ip) && ip.family == AM_IPV4) {
		*kind = 1;
		memcpy(value, ip.bytes, 4);
		am_store16(value + 4, (uint16_t)second);
		return second <= UINT16_MAX;
	}
	if (!number(&text, UINT32_MAX, &first) || *text)
		return false;
	*kind = first > UINT16_MAX ? 2 : 0;
	if (*kind) {
		am_store32(value, (uint32_t)first);
		am_store16(value + 4, (uint16_t)second);
		return second <= UINT16_MAX;
	}
	am_store16(value, (uint16_t)first);
	am_store32(value + 2, (uint32_t)second);
	return true;
}

static bool read_esi(const char *text, uint8_t esi[10])
{
	for (unsigned i = 0; i < 10; i++) {
		unsigned octet;
		int used = 0;

		if (sscanf(text, "%2x%n", &octet, &used) != 1 || used != 2)
			return false;
		esi[i] = (uint8_t)octet;
		text += 2;
		if (*text == ':' && i < 9)
			text++;
	}
	return !*text;
}

static bool add_ext(struct am_bgpconf_evpn *e, uint8_t type, uint8_t subtype, const uint8_t value[6])
{
	uint8_t *p = e->ext + EXT_LEN * e->n_ext;

	if (e->n_ext == AM_BGPCONF_EXT)
		return false;
	p[0] = type;
	p[1] = subtype;
	memcpy(p + 2, value, 6);
	e->n_ext++;
	return true;
}

static void read_target(const struct place *at, struct am_bgpconf_evpn *e)
{
	const char *text = json_string_value(at->json);
	uint8_t kind, value[6];

	if (!conf_want_text(at))
		return;
	if (!read_pair(text, &kind, value))
		conf_complain(
			at, "\"%.60s\" is no route target: write it like 65000:100 or 10.0.0.1:100", text);
	else if (!add_ext(e, kind, 2, value))
		conf_complain(at, "too many route targets, at most %d fit", AM_BGPCONF_EXT - 2);
}

static void read_targets(const struct place *at, void *object)
{
	struct reading *r = object;

	if (!conf_want_array(at))
		return;
	for (size_t i = 0; i < json_array_size(at->json); i++) {
		struct place element = conf_place_element(at, i);

		read_target(&element, r->out);
	}
}

#define IN(m) AT(struct reading, m)

static const struct field evpn_rows[] = {
	{.name = "type", .kind = FIELD_WORD, .required = true, IN(type), .words = type_words},
	{.name = "rd", .kind = FIELD_TEXT, .required = true, IN(rd)},
	{.name = "esi", .kind = FIELD_TEXT, IN(esi), .text = "00000000000000000000"},
	{.name = "tag", .kind = FIELD_UINT, IN(tag), .max = UINT32_MAX},
	MAC("mac", struct reading, mac, has_mac),
	{.name = "ip", .kind = FIELD_IP, IN(ip)},
	{.name = "prefix", .kind = FIELD_PREFIX, IN(prefix)},
	{.name = "gateway", .kind = FIELD_IP, IN(gateway)},
	{.name = "label",
		.kind = FIELD_UINT,
		IN(label),
		.flag = offsetof(struct reading, has_label),
		.max = LABEL_MAX},
	{.name = "label2",
		.kind = FIELD_UINT,
		IN(label2),
		.flag = offsetof(struct reading, has_label2),
		.max = LABEL_MAX},
	{.name = "next_hop", .kind = FIELD_IP, .required = true, IN(next_hop)},
	{.name = "route_targets", .kind = FIELD_OTHER, .read = read_targets},
	MAC("router_mac", struct reading, router_mac, has_router_mac),
	{.name = "vxlan", .kind = FIELD_BOOL, IN(vxlan), .fallback = true},
};
static const struct fields evpn_fields = FIELDS(evpn_rows);

static void take_rd(const struct place *at, const struct reading *r)
{
	struct place member = conf_place_member(at, "rd");
	struct am_bgp_evpn *e = &r->out->route;
	uint8_t kind = 0;

	if (*r->rd && !read_pair(r->rd, &kind, e->rd + 2))
		conf_complain(&member,
			"\"%.60s\" is no route distinguisher: write it like 65000:100 or 10.0.0.1:100",
			r->rd);
	am_store16(e->rd, kind);
	member = conf_place_member(at, "esi");
	if (!read_esi(r->esi, e->esi))
		conf_complain(&member,
			"\"%.60s\" is no Ethernet segment: write its 10 octets as 20 hexadecimal digits",
			r->esi);
}

/* What a type cannot be without. */
static void check_type(const struct place *at, const struct reading *r)
{
	switch (r->type) {
	case AM_BGP_EVPN_MAC_IP:
		if (!r->has_mac)
			conf_complain(at, "a mac-ip route is about a MAC address: add \"mac\"");
		break;
	case AM_BGP_EVPN_INCLUSIVE_MULTICAST:
	case AM_BGP_EVPN_ETHERNET_SEGMENT:
		if (!r->ip.family)
			conf_complain(at, "who originates it? Add \"ip\", the VTEP's address");
		break;
	case AM_BGP_EVPN_IP_PREFIX:
		if (!r->prefix.ip.family)
			conf_complain(at, "an ip-prefix route is about a prefix: add \"prefix\"");
		if (r->gateway.family && r->prefix.ip.family && r->gateway.family != r->prefix.ip.family)
			conf_complain(at, "\"gateway\" and \"prefix\" are of different families: use one");
		break;
	default:
		break;
	}
	if (r->type != AM_BGP_EVPN_ETHERNET_SEGMENT && !r->has_label)
		conf_complain(at, "which network is it in? Add \"label\", the VNI");
}

static void take_labels(const struct reading *r, struct am_bgp_evpn *e)
{
	if (r->type == AM_BGP_EVPN_INCLUSIVE_MULTICAST || r->type == AM_BGP_EVPN_ETHERNET_SEGMENT)
		return;
	e->labels[e->n_labels++] = r->label;
	if (r->has_label2 && r->type == AM_BGP_EVPN_MAC_IP)
		e->labels[e->n_labels++] = r->label2;
}

/* RFC 6514 5: ingress replication, to this VTEP. */
static void take_pmsi(const struct reading *r, struct am_bgpconf_evpn *out)
{
	struct am_writer w = am_writer(out->pmsi, sizeof out->pmsi);

	if (r->type != AM_BGP_EVPN_INCLUSIVE_MULTICAST)
		return;
	am_put8(&w, 0);
	am_put8(&w, 6);
	am_put8(&w, (uint8_t)(r->label >> 16));
	am_put16(&w, (uint16_t)r->label);
	am_put_bytes(&w, r->ip.bytes, am_ip_len(&r->ip));
	out->pmsi_len = (uint8_t)am_writer_len(&w);
}

static void take(const struct place *at, const struct reading *r)
{
	static const uint8_t vxlan[6] = {0, 0, 0, 0, 0, 8};
	struct am_bgpconf_evpn *out = r->out;
	struct am_bgp_evpn *e = &out->route;

	e->type = (uint8_t)r->type;
	e->tag = r->tag;
	e->mac = r->mac;
	e->ip = r->ip;
	if (r->type == AM_BGP_EVPN_IP_PREFIX) {
		e->ip = r->prefix.ip;
		e->ip_len = r->prefix.len;
		e->gateway = r->gateway.family ? r->gateway : (struct am_ip){.family = r->prefix.ip.family};
	}
	out->next_hop = r->next_hop;
	take_labels(r, e);
	take_pmsi(r, out);
	/* RFC 9012 4.1, 9135 8.1. */
	if ((r->vxlan && !add_ext(out, 3, 0x0c, vxlan)) ||
		(r->has_router_mac && !add_ext(out, 6, 3, r->router_mac.bytes)))
		conf_complain(at, "too many communities, at most %d fit", AM_BGPCONF_EXT);
}

static void read_evpn(const struct place *at, void *item)
{
	struct reading r = {.out = item};

	if (!conf_want_object(at))
		return;
	conf_read_fields(at, &evpn_fields, &r);
	take_rd(at, &r);
	check_type(at, &r);
	take(at, &r);
}

void bgpconf_read_evpn(const struct place *at, void *object)
{
	struct am_bgpconf *c = object;

	conf_read_list(at, (void **)&c->evpn, &c->n_evpn, sizeof *c->evpn, AM_BGPCONF_ANNOUNCE, read_evpn);
}
