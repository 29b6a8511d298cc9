/* SPDX-License-Identifier: BSD-3-Clause */
#include "stack.h"

#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "config/position.h"
#include "pkt/port.h"

void am_stack_below(const struct am_config *config, const struct am_ip *vtep, struct am_below *out)
{
	*out = (struct am_below){.route = am_config_route(config, AM_VRF_IS_DEFAULT, vtep)};
	if (out->route && out->route->tunnel[0])
		out->tunnel = am_config_tunnel(config, out->route->tunnel);
	else if (out->route && out->route->port[0])
		out->port = am_config_port(config, out->route->port);
}

bool am_tunnel_is_l2(const struct am_conf_tunnel *t)
{
	return t->type != AM_CONF_GRE;
}

struct am_mac am_tunnel_mac(const struct am_conf_tunnel *t)
{
	struct {
		char name[AM_NAME_MAX];
		uint8_t local[24];
	} seed = {0};
	struct am_mac mac;
	uint64_t h;

	if (t->has_mac)
		return t->mac;
	snprintf(seed.name, sizeof seed.name, "%s", t->name);
	if (!*t->local_on) {
		seed.local[0] = t->local[0].family;
		memcpy(seed.local + 1, t->local[0].bytes, sizeof t->local[0].bytes);
	}
	h = am_hash_words(&seed, sizeof seed, 0x616d696d65ull);
	for (unsigned i = 0; i < sizeof mac.bytes; i++)
		mac.bytes[i] = (uint8_t)(h >> (8 * i));
	mac.bytes[0] = (mac.bytes[0] & ~3u) | 2; /* locally administered, individual */
	return mac;
}

static enum am_tunnel_kind kind_of(const struct am_conf_tunnel *t)
{
	static const enum am_tunnel_kind kinds[] = {
		[AM_CONF_ETHERIP] = AM_TUNNEL_ETHERIP,
		[AM_CONF_GRE] = AM_TUNNEL_GRE,
		[AM_CONF_GRETAP] = AM_TUNNEL_GRETAP,
	};

	return kinds[t->type];
}

void am_stack_tunnel_spec(const struct am_conf_tunnel *t, unsigned stripe, struct am_encap_spec *out)
{
	uint8_t family = am_config_tunnel_family(t);
	const struct am_ip nobody = {.family = family ? family : AM_IPV6};

	*out = (struct am_encap_spec){
		.kind = kind_of(t),
		.local = t->local[stripe].family ? t->local[stripe] : nobody,
		.remote = t->remote[stripe].family ? t->remote[stripe] : nobody,
		.ttl = t->ttl,
		.dscp = t->dscp,
		.dscp_uniform = t->dscp_uniform,
		.etherip_swapped = t->send_swapped,
		.gre_csum = t->checksum,
		.gre_has_key = t->has_key,
		.gre_key = t->key,
		.gre_seq = t->sequence,
		.flow_label = t->flow_label,
		.split = t->split == AM_CONF_FILL ? AM_SPLIT_FILL : AM_SPLIT_FLOOR,
		.path_mtu = t->path_mtu,
		.mtu = t->mtu,
	};
}

unsigned am_stack_outer_max(const struct am_conf_tunnel *t, unsigned *inside, unsigned *overhead)
{
	struct am_encap_spec spec;
	struct am_encap encap;

	*inside = *overhead = 0;
	am_stack_tunnel_spec(t, 0, &spec);
	if (am_encap_build(&spec, &encap, NULL) < 0)
		return 0;
	*inside = t->mtu + (am_tunnel_is_l2(t) ? AM_ETH_LEN : 0);
	*overhead = encap.len - encap.ip_at;
	return *inside + *overhead < encap.whole_max ? *inside + *overhead : encap.whole_max;
}

static void spec_over_port(uint16_t mtu, struct am_encap_spec *out)
{
	*out = (struct am_encap_spec){
		.kind = AM_TUNNEL_NONE,
		.ttl = AM_VTEP_TTL,
		.flow_label = true,
		.split = AM_SPLIT_NONE,
		.path_mtu = mtu,
		.mtu = mtu,
	};
}

void am_stack_vxlan_spec(const struct am_conf_bridge *bridge, const struct am_ip *local,
	const struct am_ip *remote, const struct am_below *below, unsigned stripe, uint16_t mtu,
	struct am_encap_spec *out)
{
	struct am_mac mac;

	if (below->tunnel)
		am_stack_tunnel_spec(below->tunnel, stripe, out);
	else
		spec_over_port(mtu, out);
	out->vxlan = true;
	out->vtep_local = *local;
	out->vtep_remote = *remote;
	out->vtep_ttl = AM_VTEP_TTL;
	out->vtep_udp_csum = remote->family == AM_IPV6 && bridge->udp_checksum;
	out->vni = bridge->vni;
	if (below->tunnel && am_tunnel_is_l2(below->tunnel)) {
		mac = am_tunnel_mac(below->tunnel);
		memcpy(out->inner_src, mac.bytes, sizeof out->inner_src);
		memcpy(out->inner_dst, below->route->mac.bytes, sizeof out->inner_dst);
	}
}

static unsigned ip_octets(uint8_t family)
{
	return family == AM_IPV6 ? AM_IP6_LEN : AM_IP4_LEN;
}

unsigned am_stack_vxlan_octets(const struct am_conf_bridge *bridge, uint8_t vtep_family, unsigned mtu)
{
	return mtu + AM_ETH_LEN + (bridge->inner_vlan ? AM_TAG_LEN : 0) + AM_VXLAN_LEN + AM_UDP_LEN +
	       ip_octets(vtep_family);
}

void am_stack_vxlan_sum(const struct am_conf_bridge *bridge, uint8_t vtep_family, char *buf, size_t room)
{
	snprintf(buf, room, "%u inside + %d Ethernet%s + %d VXLAN + %d UDP + %u %s = %u octets", bridge->mtu,
		AM_ETH_LEN, bridge->inner_vlan ? " + 4 inner VLAN tag" : "", AM_VXLAN_LEN, AM_UDP_LEN,
		ip_octets(vtep_family), vtep_family == AM_IPV6 ? "IPv6" : "IPv4",
		am_stack_vxlan_octets(bridge, vtep_family, bridge->mtu));
}

unsigned am_stack_tags(const struct am_conf_bridge *bridge, const struct am_conf_member *member)
{
	if (member->kind == AM_CONF_MEMBER_VTEP)
		return bridge->inner_vlan ? AM_TAG_LEN : 0;
	if (member->vlan_kind == AM_CONF_VLAN_ID)
		return AM_TAG_LEN;
	if (member->vlan_kind == AM_CONF_VLAN_UNTAGGED)
		return 0;
	/* A transparent member sends tags only where another one lets them in. */
	for (uint16_t i = 0; i < bridge->n_members; i++) {
		const struct am_conf_member *other = &bridge->members[i];

		if (other == member)
			continue;
		if (other->kind == AM_CONF_MEMBER_VTEP ? bridge->inner_vlan
						       : other->vlan_kind == AM_CONF_VLAN_ANY)
			return AM_TAG_LEN;
	}
	return 0;
}

static uint16_t mss_of(unsigned ip_max, unsigned headers)
{
	return ip_max > headers ? (uint16_t)(ip_max - headers) : 0;
}

void am_stack_mss(
	const struct am_conf_tunnel *t, unsigned fit, unsigned whole, uint16_t *mss4, uint16_t *mss6)
{
	enum { TCP_LEN = 20 };
	unsigned ip_max = t->mss == AM_MSS_WHOLE && whole < fit ? whole : fit;

	*mss4 = *mss6 = 0;
	if (t->mss == AM_MSS_NUMBER) {
		*mss4 = *mss6 = t->mss_number;
	} else if (t->mss != AM_MSS_OFF) {
		*mss4 = mss_of(ip_max, AM_IP4_LEN + TCP_LEN);
		*mss6 = mss_of(ip_max, AM_IP6_LEN + TCP_LEN);
	}
}

uint16_t am_port_mtu(const struct am_conf_port *port, const struct am_port_limits *limits)
{
	uint16_t mtu = limits ? limits->mtu : 0;

	if (port->mtu && (!mtu || port->mtu < mtu))
		mtu = port->mtu;
	return mtu ? mtu : AM_MTU_UNKNOWN;
}

struct am_mac am_port_mac(const struct am_conf_port *port, const struct am_port_limits *limits)
{
	return port->has_mac || !limits ? port->mac : limits->mac;
}

void am_json_path(char *buf, size_t room, const char *section, const char *name, const char *rest)
{
	size_t len;

	snprintf(buf, room, "$");
	am_position_join(buf, room, section);
	am_position_join(buf, room, name);
	len = strlen(buf);
	snprintf(buf + len, room - len, "%s", rest);
}

void am_bridge_path(char *buf, size_t room, const struct am_conf_bridge *bridge, const char *rest)
{
	am_json_path(buf, room, bridge->xconnect ? "xconnects" : "bridges", bridge->name, rest);
}

void am_stack_member_text(const struct am_conf_member *member, char *buf, size_t room)
{
	const char *kind = member->kind == AM_CONF_MEMBER_PORT ? "port" : "tunnel";
	char ip[AM_IP_TEXT];

	if (member->kind == AM_CONF_MEMBER_VTEP)
		snprintf(buf, room, "vtep %s", am_ip_text(&member->vtep, ip));
	else if (member->vlan_kind == AM_CONF_VLAN_ID)
		snprintf(buf, room, "%s %s vlan %u", kind, member->on, member->vlan);
	else if (member->vlan_kind == AM_CONF_VLAN_UNTAGGED)
		snprintf(buf, room, "%s %s untagged", kind, member->on);
	else
		snprintf(buf, room, "%s %s", kind, member->on);
}
