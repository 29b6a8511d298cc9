/* SPDX-License-Identifier: BSD-3-Clause */
#include "check.h"

#include <stdio.h>
#include <string.h>

#include "stack.h"

struct check {
	const struct am_config *config;
	const struct am_port_limits *limits;
	struct am_config_errors *errors;
};

/* Two fragments have to hold a full tunnel MTU; the header string knows how much that is. */
static void check_fragments(const struct check *c, const struct am_conf_tunnel *t)
{
	struct am_encap_spec spec;
	struct am_encap encap;
	char path[AM_JSON_PATH];
	struct am_err err;

	for (unsigned i = 0; i < t->n_local; i++) {
		am_stack_tunnel_spec(t, i, &spec);
		if (am_encap_build(&spec, &encap, &err) < 0) {
			am_json_path(path, sizeof path, "tunnels", t->name, ".mtu");
			am_config_complain(c->config, c->errors, path, "%s", err.text);
			return;
		}
	}
}

/*
 * The remote's own network routed into the tunnel is a loop in the making on any system whose tables are not apart, and here
 * at least a mistake. A default route into a tunnel is none: remotes are looked up in another VRF.
 */
static void check_routed_into_itself(
	const struct check *c, const struct am_conf_tunnel *t, const struct am_conf_route *r, unsigned index)
{
	char path[AM_JSON_PATH], prefix[AM_PREFIX_TEXT], ip[AM_IP_TEXT];

	for (unsigned i = 0; i < t->n_remote; i++) {
		if (!r->prefix.len || strcmp(r->tunnel, t->name) ||
			!am_prefix_contains(&r->prefix, &t->remote[i]))
			continue;
		snprintf(path, sizeof path, "$.vrfs.default.routes[%u].prefix", index);
		am_config_complain(c->config, c->errors, path,
			"%s is routed into tunnel %s, whose own remote %s lies in it; route only what is "
			"behind the tunnel",
			am_prefix_text(&r->prefix, prefix), t->name, am_ip_text(&t->remote[i], ip));
		return;
	}
}

static void check_tunnel(const struct check *c, const struct am_conf_tunnel *t)
{
	const struct am_conf_vrf *dflt = &c->config->dflt;

	check_fragments(c, t);
	for (unsigned i = 0; i < dflt->n_routes; i++)
		check_routed_into_itself(c, t, &dflt->routes[i], i);
}

static const struct am_conf_bridge *bridge_of_tunnel(const struct am_config *config, const char *tunnel)
{
	for (unsigned b = 0; b < config->n_bridges; b++) {
		const struct am_conf_bridge *bridge = &config->bridges[b];

		for (unsigned i = 0; i < bridge->n_members; i++)
			if (bridge->members[i].kind == AM_CONF_MEMBER_TUNNEL &&
				!strcmp(bridge->members[i].on, tunnel))
				return bridge;
	}
	return NULL;
}

static void check_default_route(const struct check *c, const struct am_conf_route *r, unsigned index)
{
	const struct am_conf_tunnel *t = r->tunnel[0] ? am_config_tunnel(c->config, r->tunnel) : NULL;
	const struct am_conf_bridge *bridge;
	char path[AM_JSON_PATH];

	if (!t || !am_tunnel_is_l2(t))
		return;
	bridge = bridge_of_tunnel(c->config, t->name);
	if (bridge) {
		snprintf(path, sizeof path, "$.vrfs.default.routes[%u].tunnel", index);
		am_config_complain(c->config, c->errors, path,
			"tunnel %s is a member of %s %s, so its frames are bridged and it has no IP of its "
			"own; use another "
			"tunnel for the route (a GRE or GRETAP key tells them apart between the same "
			"addresses)",
			t->name, bridge->xconnect ? "xconnect" : "bridge", bridge->name);
	} else if (!r->has_mac) {
		snprintf(path, sizeof path, "$.vrfs.default.routes[%u].mac", index);
		am_config_complain(c->config, c->errors, path,
			"a route out of an Ethernet tunnel needs the \"mac\" of the neighbour behind it; "
			"there, amimectl "
			"explain tunnel prints it");
	}
}

static void check_underlay_route(const struct check *c, const struct am_conf_route *r, unsigned index)
{
	char path[AM_JSON_PATH];

	if (!r->tunnel[0])
		return;
	snprintf(path, sizeof path, "$.vrfs.underlay.routes[%u].tunnel", index);
	am_config_complain(c->config, c->errors, path,
		"the underlay reaches tunnel remotes and cannot itself go through tunnel %s; name a port, or "
		"move the route to "
		"$.vrfs.default",
		r->tunnel);
}

static void check_fits(const struct check *c, const struct am_conf_bridge *bridge, const struct am_ip *vtep,
	const char *carrier, const char *name, unsigned mtu)
{
	unsigned octets = am_stack_vxlan_octets(bridge, vtep->family, bridge->mtu);
	char path[AM_JSON_PATH], sum[160], ip[AM_IP_TEXT];

	if (octets <= mtu)
		return;
	am_stack_vxlan_sum(bridge, vtep->family, sum, sizeof sum);
	am_bridge_path(path, sizeof path, bridge, ".mtu");
	am_config_complain(c->config, c->errors, path,
		"%s to VTEP %s, but %s %s below carries %u, %u too few; raise its \"mtu\" to %u or lower the "
		"bridge's to %u",
		sum, am_ip_text(vtep, ip), carrier, name, mtu, octets - mtu, octets,
		mtu > octets - bridge->mtu ? mtu - (octets - bridge->mtu) : 0);
}

/* The port in vrf default that carries most: where the kernel chooses, at least that one must do. */
static int widest_port(const struct check *c)
{
	const struct am_config *config = c->config;
	int best = -1, best_mtu = -1;

	for (unsigned i = 0; i < config->n_ports; i++) {
		int mtu = am_port_mtu(&config->ports[i], c->limits ? &c->limits[i] : NULL);

		if (config->ports[i].vrf == AM_VRF_IS_DEFAULT && mtu > best_mtu) {
			best = (int)i;
			best_mtu = mtu;
		}
	}
	return best;
}

static void check_over_port(const struct check *c, const struct am_conf_bridge *bridge, unsigned member,
	const struct am_below *below)
{
	const struct am_ip *vtep = &bridge->members[member].vtep;
	int i = below->port ? (int)(below->port - c->config->ports) : widest_port(c);
	char path[AM_JSON_PATH], rest[48], ip[AM_IP_TEXT];

	if (i >= 0 && c->config->ports[i].vrf == AM_VRF_IS_DEFAULT) {
		check_fits(c, bridge, vtep, "port", c->config->ports[i].name,
			am_port_mtu(&c->config->ports[i], c->limits ? &c->limits[i] : NULL));
		return;
	}
	snprintf(rest, sizeof rest, ".members[%u].vtep", member);
	am_bridge_path(path, sizeof path, bridge, rest);
	am_ip_text(vtep, ip);
	if (i >= 0)
		am_config_complain(c->config, c->errors, path,
			"VTEP %s is routed out of port %s, which is not in vrf default; give that port "
			"\"vrf\": \"default\", or "
			"route the VTEP through a tunnel",
			ip, c->config->ports[i].name);
	else
		am_config_complain(c->config, c->errors, path,
			"nothing leads to VTEP %s; add a route to it through a tunnel in "
			"$.vrfs.default.routes, or give a port "
			"\"vrf\": \"default\"",
			ip);
}

static void check_vtep(const struct check *c, const struct am_conf_bridge *bridge, unsigned member)
{
	const struct am_ip *vtep = &bridge->members[member].vtep;
	const struct am_ip *local = am_stack_vtep_local(c->config, bridge, vtep->family);
	char path[AM_JSON_PATH], rest[48], ip[AM_IP_TEXT];
	struct am_below below;

	snprintf(rest, sizeof rest, ".members[%u].vtep", member);
	am_bridge_path(path, sizeof path, bridge, rest);
	am_ip_text(vtep, ip);
	if (!local) {
		am_config_complain(c->config, c->errors, path,
			"VTEP %s needs a local VTEP address of its family; add one to "
			"$.vrfs.default.loopbacks or to the "
			"bridge's \"vtep_local\"",
			ip);
		return;
	}
	if (am_ip_equal(local, vtep)) {
		am_config_complain(
			c->config, c->errors, path, "VTEP %s is our own address; name the remote's", ip);
		return;
	}
	am_stack_below(c->config, vtep, &below);
	if (below.tunnel)
		check_fits(c, bridge, vtep, "tunnel", below.tunnel->name, below.tunnel->mtu);
	else
		check_over_port(c, bridge, member, &below);
}

static void check_tunnel_member(
	const struct check *c, const struct am_conf_bridge *bridge, const struct am_conf_member *member)
{
	const struct am_conf_tunnel *t = am_config_tunnel(c->config, member->on);
	char path[AM_JSON_PATH];

	if (!t || bridge->mtu <= t->mtu)
		return;
	am_bridge_path(path, sizeof path, bridge, ".mtu");
	am_config_complain(c->config, c->errors, path,
		"%u inside, but tunnel %s carries IP packets of %u, %u too few; raise its \"mtu\" to %u or "
		"lower the bridge's to %u",
		bridge->mtu, t->name, t->mtu, bridge->mtu - t->mtu, bridge->mtu, t->mtu);
}

static void check_bridge(const struct check *c, const struct am_conf_bridge *bridge)
{
	for (unsigned i = 0; i < bridge->n_members; i++) {
		if (bridge->members[i].kind == AM_CONF_MEMBER_VTEP)
			check_vtep(c, bridge, i);
		else if (bridge->members[i].kind == AM_CONF_MEMBER_TUNNEL)
			check_tunnel_member(c, bridge, &bridge->members[i]);
	}
}

void am_check(
	const struct am_config *config, const struct am_port_limits *limits, struct am_config_errors *errors)
{
	struct check c = {config, limits, errors};

	for (unsigned i = 0; i < config->n_tunnels; i++)
		check_tunnel(&c, &config->tunnels[i]);
	for (unsigned i = 0; i < config->dflt.n_routes; i++)
		check_default_route(&c, &config->dflt.routes[i], i);
	for (unsigned i = 0; i < config->underlay.n_routes; i++)
		check_underlay_route(&c, &config->underlay.routes[i], i);
	for (unsigned i = 0; i < config->n_bridges; i++)
		check_bridge(&c, &config->bridges[i]);
}
