/* SPDX-License-Identifier: BSD-3-Clause */
#include "route_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bgp/as_path.h"
#include "bgp/community_pattern.h"

/* ---- NLRI ---- */

static json_t *hex(const uint8_t *bytes, size_t len)
{
	char text[2 * 64 + 1] = "";

	for (size_t i = 0; i < len && i < 64; i++)
		snprintf(text + 2 * i, 3, "%02x", bytes[i]);
	return json_string(text);
}

/* RFC 4364 4.2. */
static json_t *rd_json(const uint8_t rd[8])
{
	struct am_ip ip = am_ip4(rd + 2);
	char text[AM_IP_TEXT];

	switch (am_load16(rd)) {
	case 0:
		return json_sprintf("%u:%u", am_load16(rd + 2), am_load32(rd + 4));
	case 1:
		return json_sprintf("%s:%u", am_ip_text(&ip, text), am_load16(rd + 6));
	case 2:
		return json_sprintf("%u:%u", am_load32(rd + 2), am_load16(rd + 6));
	default:
		return hex(rd, 8);
	}
}

static json_t *ip_json(const struct am_ip *ip)
{
	char text[AM_IP_TEXT];

	return ip->family ? json_string(am_ip_text(ip, text)) : json_null();
}

static json_t *evpn_json(const struct am_bgp_evpn *e)
{
	json_t *out = json_pack(
		"{s:i, s:o, s:I}", "type", e->type, "rd", rd_json(e->rd), "tag", (json_int_t)e->tag);
	char mac[AM_MAC_TEXT], ip[AM_IP_TEXT];
	json_t *labels = json_array();

	if (e->type == AM_BGP_EVPN_MAC_IP)
		json_object_set_new(out, "mac", json_string(am_mac_text(&e->mac, mac)));
	if (e->type == AM_BGP_EVPN_IP_PREFIX && e->ip.family)
		json_object_set_new(out, "prefix", json_sprintf("%s/%u", am_ip_text(&e->ip, ip), e->ip_len));
	else if (e->ip.family)
		json_object_set_new(out, "ip", ip_json(&e->ip));
	if (e->type != AM_BGP_EVPN_INCLUSIVE_MULTICAST)
		json_object_set_new(out, "esi", hex(e->esi, sizeof e->esi));
	if (e->type == AM_BGP_EVPN_IP_PREFIX)
		json_object_set_new(out, "gateway", ip_json(&e->gateway));
	for (unsigned i = 0; i < e->n_labels; i++)
		json_array_append_new(labels, json_integer(e->labels[i]));
	json_object_set_new(out, "labels", labels);
	if (e->opaque.len)
		json_object_set_new(out, "opaque", hex(e->opaque.bytes, e->opaque.len));
	return out;
}

json_t *am_bgp_nlri_json(const struct am_bgp_nlri *nlri)
{
	char text[AM_PREFIX_TEXT];

	if (nlri->family == AM_BGP_L2VPN_EVPN)
		return json_pack("{s:o}", "evpn", evpn_json(&nlri->evpn));
	return json_pack("{s:s}", "prefix", am_prefix_text(&nlri->prefix, text));
}

/* ---- attributes ---- */

static void add_numbers(const struct am_bgp_segment *segment, char *text, size_t room, const char *between)
{
	size_t n = strlen(text);

	for (unsigned i = 0; i < segment->count && n < room; i++)
		n += (size_t)snprintf(
			text + n, room - n, "%s%u", i ? between : "", am_load32(segment->numbers + 4 * i));
}

static json_t *as_path_json(struct am_bgp_span path)
{
	static const char *const open[] = {"", "{", "", "(", "["}, *const close[] = {"", "}", "", ")", "]"};
	struct am_reader r = am_reader(path.bytes, path.len);
	struct am_bgp_segment segment;
	char text[4096] = "";

	while (am_bgp_segment_next(&r, &segment)) {
		size_t n = strlen(text);

		snprintf(text + n, sizeof text - n, "%s%s", n ? " " : "", open[segment.type]);
		add_numbers(&segment, text, sizeof text - 2, segment.type == AM_BGP_AS_SET ? "," : " ");
		n = strlen(text);
		snprintf(text + n, sizeof text - n, "%s", close[segment.type]);
	}
	return json_string(text);
}

static json_t *community(const uint8_t *p)
{
	const char *name = am_bgp_community_name(am_load32(p));

	return name ? json_string(name) : json_sprintf("%u:%u", am_load16(p), am_load16(p + 2));
}

static json_t *large_community(const uint8_t *p)
{
	return json_sprintf("%u:%u:%u", am_load32(p), am_load32(p + 4), am_load32(p + 8));
}

/* Route targets and the few that EVPN has by name, others as octets. */
static json_t *ext_community(const uint8_t *p)
{
	struct am_ip ip = am_ip4(p + 2);
	const char *name = p[1] == 2 ? "rt" : p[1] == 3 ? "soo" : NULL;
	struct am_mac mac;
	char text[AM_IP_TEXT];

	if (name && (p[0] & 0xbf) == 0)
		return json_sprintf("%s:%u:%u", name, am_load16(p + 2), am_load32(p + 4));
	if (name && (p[0] & 0xbf) == 1)
		return json_sprintf("%s:%s:%u", name, am_ip_text(&ip, text), am_load16(p + 6));
	if (name && (p[0] & 0xbf) == 2)
		return json_sprintf("%s:%u:%u", name, am_load32(p + 2), am_load16(p + 6));
	if (p[0] == 3 && p[1] == 0x0c)
		return json_sprintf("encap:%u", am_load16(p + 6));
	memcpy(mac.bytes, p + 2, 6);
	if (p[0] == 6 && p[1] == 3)
		return json_sprintf("router-mac:%s", am_mac_text(&mac, text));
	return hex(p, 8);
}

static void add_list(json_t *object, const char *key, struct am_bgp_span span, size_t len,
	json_t *(*one)(const uint8_t *p))
{
	json_t *list = json_array();

	for (size_t i = 0; i + len <= span.len; i += len)
		json_array_append_new(list, one(span.bytes + i));
	json_object_set_new(object, key, list);
}

static void add_next_hop(const struct am_bgp_next_hop *hop, json_t *object)
{
	struct am_ip global, link_local;

	am_bgp_next_hop_split(hop, &global, &link_local);
	json_object_set_new(object, "next_hop", ip_json(global.family ? &global : &link_local));
	if (link_local.family)
		json_object_set_new(object, "link_local", ip_json(&link_local));
}

static bool has(const struct am_bgp_set *set, uint8_t code)
{
	return set->attrs.has & AM_BGP_HAS(code);
}

static void add_communities(const struct am_bgp_attrs *a, json_t *object)
{
	if (a->has & AM_BGP_HAS(AM_BGP_ATTR_COMMUNITIES))
		add_list(object, "communities", a->communities, AM_BGP_COMMUNITY_LEN, community);
	if (a->has & AM_BGP_HAS(AM_BGP_ATTR_LARGE_COMMUNITIES))
		add_list(object, "large_communities", a->large_communities, AM_BGP_LARGE_COMMUNITY_LEN,
			large_community);
	if (a->has & AM_BGP_HAS(AM_BGP_ATTR_EXT_COMMUNITIES))
		add_list(object, "ext_communities", a->ext_communities, AM_BGP_EXT_COMMUNITY_LEN,
			ext_community);
}

void am_bgp_set_json(const struct am_bgp_set *set, json_t *object)
{
	static const char *const origins[] = {"IGP", "EGP", "incomplete"};
	const struct am_bgp_attrs *a = &set->attrs;

	add_next_hop(&set->next_hop, object);
	json_object_set_new(object, "as_path", as_path_json(a->as_path));
	json_object_set_new(object, "origin", json_string(origins[a->origin % 3]));
	if (has(set, AM_BGP_ATTR_MED))
		json_object_set_new(object, "med", json_integer(a->med));
	if (has(set, AM_BGP_ATTR_LOCAL_PREF))
		json_object_set_new(object, "local_pref", json_integer(a->local_pref));
	if (has(set, AM_BGP_ATTR_OTC))
		json_object_set_new(object, "otc", json_integer(a->otc));
	if (has(set, AM_BGP_ATTR_ORIGINATOR_ID))
		json_object_set_new(object, "originator_id", json_integer(a->originator_id));
	if (a->unknown.len)
		json_object_set_new(object, "unknown_attributes", hex(a->unknown.bytes, a->unknown.len));
	add_communities(a, object);
}
