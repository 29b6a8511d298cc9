/* SPDX-License-Identifier: BSD-3-Clause */
#include "check.h"

#include <stdio.h>

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
static void check_routed_into_itself(const struct check *c, const struct am_conf_route *r, unsigned index)
{
	const struct am_conf_tunnel *t = am_config_tunnel(c->config, r->tunnel);
	char path[AM_JSON_PATH], prefix[AM_PREFIX_TEXT], ip[AM_IP_TEXT];

	for (unsigned i = 0; t && r->prefix.len && i < t->n_remote; i++) {
		if (!am_prefix_contains(&r->prefix, &t->remote[i]))
			continue;
		snprintf(path, sizeof path, "$.vrfs.default.routes[%u].prefix", index);
		am_config_complain(c->config, c->errors, path,
			"%s is routed into tunnel %s, whose own remote %s lies in it; route only what is "
			"behind the tunnel",
			am_prefix_text(&r->prefix, prefix), t->name, am_ip_text(&t->remote[i], ip));
		return;
	}
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

static uint16_t port_mtu(const struct check *c, int i)
{
	return am_port_mtu(&c->config->ports[i], c->limits ? &c->limits[i] : NULL);
}

/* The port in vrf default that carries most: where the kernel chooses, at least that one must do. */
static int widest_port(const struct check *c)
{
	int best = -1;

	for (int i = 0; i < c->config->n_ports; i++)
		if (c->config->ports[i].vrf == AM_VRF_IS_DEFAULT &&
			(best < 0 || port_mtu(c, i) > port_mtu(c, best)))
			best = i;
	return best;
}

static void check_vtep(const struct check *c, const struct am_conf_bridge *bridge, const struct am_ip *vtep)
{
	struct am_below below;
	int port;

	am_stack_below(c->config, vtep, &below);
	if (below.tunnel) {
		check_fits(c, bridge, vtep, "tunnel", below.tunnel->name, below.tunnel->mtu);
		return;
	}
	port = below.port ? (int)(below.port - c->config->ports) : widest_port(c);
	if (port >= 0)
		check_fits(c, bridge, vtep, "port", c->config->ports[port].name, port_mtu(c, port));
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
			check_vtep(c, bridge, &bridge->members[i].vtep);
		else if (bridge->members[i].kind == AM_CONF_MEMBER_TUNNEL)
			check_tunnel_member(c, bridge, &bridge->members[i]);
	}
}

void am_check(
	const struct am_config *config, const struct am_port_limits *limits, struct am_config_errors *errors)
{
	struct check c = {config, limits, errors};

	for (unsigned i = 0; i < config->n_tunnels; i++)
		check_fragments(&c, &config->tunnels[i]);
	for (unsigned i = 0; i < config->dflt.n_routes; i++)
		check_routed_into_itself(&c, &config->dflt.routes[i], i);
	for (unsigned i = 0; i < config->n_bridges; i++)
		check_bridge(&c, &config->bridges[i]);
}
