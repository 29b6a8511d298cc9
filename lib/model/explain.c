/* SPDX-License-Identifier: BSD-3-Clause */
/* Bytes per layer of a tunnel and of what rides on it, as JSON. By configuration alone. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "model/model.h"
#include "stack.h"

enum { LAYERS_MAX = 12 };

static json_t *number(unsigned v)
{
	return json_integer((json_int_t)v);
}

static json_t *ips(const struct am_ip *ip, unsigned n)
{
	json_t *list = json_array();
	char text[AM_IP_TEXT];

	for (unsigned i = 0; i < n; i++)
		json_array_append_new(list, json_string(am_ip_text(&ip[i], text)));
	return list;
}

static void add_layer(json_t *list, const char *name, unsigned octets)
{
	json_array_append_new(list, json_pack("{s:s, s:i}", "name", name, "octets", (int)octets));
}

/* What is cut: the lengths of the outer packets, IP headers included. */
static json_t *outer_packets(const struct am_encap *e, unsigned outer)
{
	unsigned ip = e->family == AM_IPV6 ? AM_IP6_LEN : AM_IP4_LEN;
	unsigned head = ip + (e->family == AM_IPV6 ? AM_IP6_FRAG_LEN : 0);
	json_t *list = json_array();

	if (outer <= e->whole_max) {
		json_array_append_new(list, number(outer));
	} else {
		json_array_append_new(list, number(e->first_len));
		json_array_append_new(list, number(outer - ip - (e->first_len - head) + head));
	}
	return list;
}

struct ride {
	const struct am_encap_spec *spec;
	unsigned ip;   /* longest IP packet inside */
	unsigned tags; /* octets of VLAN tags that come with it */
	bool frame;    /* the payload has an Ethernet header */
};

/* "layers", "outer", "fragments", "whole" and the rest of one stack into o. */
static void add_stack(json_t *o, const struct ride *r)
{
	unsigned eth = r->frame ? AM_ETH_LEN : 0, payload = r->ip + eth + r->tags, outer, whole, room;
	struct am_encap_layer layers[LAYERS_MAX];
	json_t *list = json_array();
	struct am_encap e;
	struct am_err err;
	int n;

	if (am_encap_build(r->spec, &e, &err) < 0) {
		json_decref(list);
		json_object_set_new(o, "error", json_string(err.text));
		return;
	}
	n = am_encap_layers(r->spec, layers, LAYERS_MAX);
	for (int i = 0; i < n; i++)
		add_layer(list, layers[i].name, layers[i].octets);
	if (r->frame)
		add_layer(list, "inner Ethernet", AM_ETH_LEN);
	if (r->tags)
		add_layer(list, "inner VLAN tag", r->tags);
	add_layer(list, "inner IP packet", r->ip);
	outer = payload + e.len - e.ip_at;
	whole = am_encap_whole_payload(&e);
	room = e.payload_max - eth;
	/* An Ethernet tunnel's limit on frames has room for tags, which is not for IP. */
	if (!r->spec->vxlan && room > r->spec->mtu)
		room = r->spec->mtu;
	json_object_set_new(o, "layers", list);
	json_object_set_new(o, "inner", number(r->ip));
	json_object_set_new(o, "overhead", number(outer - r->ip));
	json_object_set_new(o, "outer", number(outer));
	json_object_set_new(o, "packets", outer_packets(&e, outer));
	/* The largest inner IP packet that leaves in one piece, without and with a tag. */
	json_object_set_new(o, "whole", number(whole > eth ? whole - eth : 0));
	if (r->frame)
		json_object_set_new(
			o, "whole_tagged", number(whole > eth + AM_TAG_LEN ? whole - eth - AM_TAG_LEN : 0));
	json_object_set_new(o, "largest", number(r->ip < room ? r->ip : room));
	json_object_set_new(o, "room", number(room));
}

static void add_mss(json_t *o, const struct am_conf_tunnel *t, unsigned fit, unsigned tags)
{
	json_t *whole = json_object_get(o, "whole");
	uint16_t mss4, mss6;

	if (!whole || t->mss == AM_MSS_OFF)
		return;
	am_stack_mss(t, fit, (unsigned)json_integer_value(whole) - tags, &mss4, &mss6);
	json_object_set_new(o, "tcp_mss", json_pack("{s:i, s:i}", "ipv4", mss4, "ipv6", mss6));
}

static json_t *explain_member(const struct am_config *config, const struct am_conf_tunnel *t,
	const struct am_conf_bridge *bridge, const struct am_conf_member *member)
{
	struct ride ride = {.ip = bridge->mtu, .frame = true};
	struct am_encap_spec spec;
	struct am_below below;
	char text[AM_MEMBER_TEXT];
	json_t *o;

	if (member->kind == AM_CONF_MEMBER_VTEP) {
		const struct am_ip *local = am_config_vtep_local(config, bridge, member->vtep.family);

		am_stack_below(config, &member->vtep, &below);
		if (below.tunnel != t || !local)
			return NULL;
		am_stack_vxlan_spec(bridge, local, &member->vtep, &below, 0, 0, &spec);
	} else if (member->kind == AM_CONF_MEMBER_TUNNEL && !strcmp(member->on, t->name)) {
		am_stack_tunnel_spec(t, 0, &spec);
	} else {
		return NULL;
	}
	/* Bytes are shown without tags, as people compute them; a tag that is always there is not left out. */
	if (member->kind == AM_CONF_MEMBER_TUNNEL && member->vlan_kind == AM_CONF_VLAN_ID)
		ride.tags = AM_TAG_LEN;
	am_stack_member_text(member, text, sizeof text);
	o = json_pack("{s:s, s:s, s:s, s:i}", "kind", bridge->xconnect ? "xconnect" : "bridge", "name",
		bridge->name, "member", text, "mtu", bridge->mtu);
	if (bridge->has_vni)
		json_object_set_new(o, "vni", number(bridge->vni));
	ride.spec = &spec;
	add_stack(o, &ride);
	add_mss(o, t, bridge->mtu, am_stack_tags(bridge, member));
	return o;
}

static json_t *explain_bridges(const struct am_config *config, const struct am_conf_tunnel *t)
{
	json_t *list = json_array(), *o;

	for (unsigned i = 0; i < config->n_bridges; i++) {
		for (unsigned k = 0; k < config->bridges[i].n_members; k++) {
			o = explain_member(config, t, &config->bridges[i], &config->bridges[i].members[k]);
			if (o)
				json_array_append_new(list, o);
		}
	}
	return list;
}

static json_t *explain_tunnel(const struct am_config *config, const struct am_conf_tunnel *t)
{
	static const char *const types[] = {
		[AM_CONF_ETHERIP] = "etherip", [AM_CONF_GRE] = "gre", [AM_CONF_GRETAP] = "gretap"};
	bool fill = t->split == AM_CONF_FILL;
	struct am_encap_spec spec;
	struct ride ride = {.spec = &spec, .ip = t->mtu, .frame = am_tunnel_is_l2(t)};
	char mac_text[AM_MAC_TEXT];
	struct am_mac mac;
	json_t *o, *alone = json_object();

	o = json_pack("{s:s, s:s, s:o, s:o, s:i, s:s}", "tunnel", t->name, "type", types[t->type], "local",
		ips(t->local, t->n_local), "remote", ips(t->remote, t->n_remote), "mtu", t->mtu, "split",
		fill ? "fill" : "floor");
	if (fill)
		json_object_set_new(o, "path_mtu", number(t->path_mtu));
	if (am_tunnel_is_l2(t)) {
		mac = am_tunnel_mac(t);
		json_object_set_new(o, "mac", json_string(am_mac_text(&mac, mac_text)));
	}
	am_stack_tunnel_spec(t, 0, &spec);
	add_stack(alone, &ride);
	add_mss(alone, t, t->mtu, 0);
	json_object_set_new(o, "alone", alone);
	json_object_set_new(o, "bridges", explain_bridges(config, t));
	return o;
}

char *am_model_explain(const struct am_config *config, const char *tunnel, struct am_err *err)
{
	const struct am_conf_tunnel *t = am_config_tunnel(config, tunnel);
	json_t *o;
	char *text;

	if (!t) {
		am_fail(err, ENOENT, "there is no tunnel %s; amimectl show tunnels lists them", tunnel);
		return NULL;
	}
	o = explain_tunnel(config, t);
	text = json_dumps(o, JSON_INDENT(2));
	json_decref(o);
	if (!text)
		am_fail(err, ENOMEM, "no memory to explain tunnel %s", tunnel);
	return text;
}
