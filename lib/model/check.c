/* SPDX-License-Identifier: BSD-3-Clause */
#include "check.h"

#include <stdio.h>

#include "stack.h"

struct check {
	const struct am_config *config;
	const struct am_port_limits *limits;
	struct am_config_errors *errors;
	bool guess; /* ports whose MTU nobody knows carry AM_MTU_UNKNOWN, else nothing is said about them */
	/* A prefix there could not be read, and may be the one that leads anywhere. */
	bool unread_underlay, unread_default;
};

/* ---- what could not be read: it was complained about, and nothing can be said that follows from it ---- */

static bool faulty(const struct check *c, const char *section, const char *name, const char *rest)
{
	char path[AM_JSON_PATH];

	am_json_path(path, sizeof path, section, name, rest);
	return am_config_is_faulty(c->config, path);
}

static bool faulty_port(const struct check *c, int i)
{
	return faulty(c, "ports", c->config->ports[i].name, "");
}

static bool faulty_tunnel(const struct check *c, const struct am_conf_tunnel *t)
{
	return faulty(c, "tunnels", t->name, "");
}

static bool faulty_route(const struct check *c, const struct am_conf_vrf *vrf, const struct am_conf_route *r)
{
	char rest[32];

	snprintf(rest, sizeof rest, ".routes[%u]", (unsigned)(r - vrf->routes));
	return faulty(c, "vrfs", vrf->kind == AM_VRF_IS_UNDERLAY ? "underlay" : "default", rest);
}

static bool any_unread_prefix(const struct am_conf_vrf *vrf)
{
	for (unsigned i = 0; i < vrf->n_routes; i++)
		if (!vrf->routes[i].prefix.ip.family)
			return true;
	return false;
}

static bool faulty_bridge(const struct check *c, const struct am_conf_bridge *bridge)
{
	char mtu[AM_JSON_PATH], inner_vlan[AM_JSON_PATH];

	am_bridge_path(mtu, sizeof mtu, bridge, ".mtu");
	am_bridge_path(inner_vlan, sizeof inner_vlan, bridge, ".inner_vlan");
	return am_config_is_faulty(c->config, mtu) || am_config_is_faulty(c->config, inner_vlan);
}

static bool faulty_member(const struct check *c, const struct am_conf_bridge *bridge, unsigned i)
{
	char path[AM_JSON_PATH], rest[32];

	snprintf(rest, sizeof rest, ".members[%u]", i);
	am_bridge_path(path, sizeof path, bridge, rest);
	return am_config_is_faulty(c->config, path);
}

/* ---- one tunnel ---- */

/* Two fragments have to hold a full tunnel MTU; the header string knows how much that is. */
static bool check_fragments(const struct check *c, const struct am_conf_tunnel *t)
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
			return false;
		}
	}
	return true;
}

/* ---- what a tunnel lies on ---- */

static uint16_t port_mtu(const struct check *c, int i)
{
	return am_port_mtu(&c->config->ports[i], c->limits ? &c->limits[i] : NULL);
}

/* The port in a VRF that carries most: where the kernel chooses, at least that one must do. */
static int widest_port(const struct check *c, enum am_vrf_kind vrf)
{
	int best = -1;

	for (int i = 0; i < c->config->n_ports; i++) {
		if (c->config->ports[i].vrf == vrf && (best < 0 || port_mtu(c, i) > port_mtu(c, best)))
			best = i;
	}
	return best;
}

static bool port_mtu_is_known(const struct check *c, int i)
{
	return c->config->ports[i].mtu || (c->limits && c->limits[i].mtu);
}

static bool can_judge(const struct check *c, int i, bool guess)
{
	return !faulty_port(c, i) && (guess || port_mtu_is_known(c, i));
}

/*
 * The port that a route leads to, or the largest of its VRF where the kernel chooses; -1 where there is none, or where nobody
 * can say yet how much it carries. guess: AM_MTU_UNKNOWN will do.
 */
static int port_below(
	const struct check *c, const struct am_conf_vrf *vrf, const struct am_conf_route *r, bool guess)
{
	const struct am_conf_port *ports = c->config->ports;
	const struct am_conf_port *port = r ? am_config_port(c->config, r->port) : NULL;

	if (port)
		return can_judge(c, (int)(port - ports), guess) ? (int)(port - ports) : -1;
	for (int i = 0; i < c->config->n_ports; i++)
		if (faulty(c, "ports", ports[i].name, ".vrf") ||
			(ports[i].vrf == vrf->kind && !can_judge(c, i, guess)))
			return -1;
	return widest_port(c, vrf->kind);
}

static int underlay_port(const struct check *c, const struct am_ip *remote)
{
	const struct am_conf_vrf *vrf = &c->config->underlay;
	const struct am_conf_route *r = am_config_route(c->config, AM_VRF_IS_UNDERLAY, remote);

	if (c->unread_underlay || (r && faulty_route(c, vrf, r)))
		return -1;
	return port_below(c, vrf, r, false);
}

/* Packets that are cut no smaller than path_mtu, or 1280, would not leave by a port that carries less. */
static void check_underlay(const struct check *c, const struct am_conf_tunnel *t)
{
	unsigned inside, overhead, outer = am_stack_outer_max(t, &inside, &overhead), mtu;
	bool fill = t->split == AM_CONF_FILL;
	char path[AM_JSON_PATH], lower[64] = "";
	int port = -1;

	for (unsigned i = 0; i < t->n_remote && port < 0; i++) {
		if (!t->remote[i].family)
			continue;
		port = underlay_port(c, &t->remote[i]);
		if (port >= 0 && outer <= port_mtu(c, port))
			port = -1;
	}
	if (port < 0)
		return;
	mtu = port_mtu(c, port);
	if (fill && mtu >= AM_IP_WHOLE_ALWAYS)
		snprintf(lower, sizeof lower, ", lower this to %u, or use \"split\": \"floor\"", mtu);
	am_json_path(path, sizeof path, "tunnels", t->name, fill ? ".path_mtu" : "");
	am_config_complain(c->config, c->errors, path,
		"%u inside + %u of headers = %u octets leave in packets of up to %u, but port %s below carries %u, "
		"%u too few; raise the port's MTU to %u%s",
		inside, overhead, inside + overhead, outer, c->config->ports[port].name, mtu, outer - mtu,
		outer, lower);
}

/* ---- what a bridge lies on ---- */

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

static void check_vtep(const struct check *c, const struct am_conf_bridge *bridge, const struct am_ip *vtep)
{
	const struct am_conf_vrf *vrf = &c->config->dflt;
	struct am_below below;
	int port;

	am_stack_below(c->config, vtep, &below);
	if (c->unread_default || (below.route && faulty_route(c, vrf, below.route)))
		return;
	if (below.tunnel) {
		if (!faulty_tunnel(c, below.tunnel))
			check_fits(c, bridge, vtep, "tunnel", below.tunnel->name, below.tunnel->mtu);
		return;
	}
	port = port_below(c, vrf, below.route, c->guess);
	if (port >= 0)
		check_fits(c, bridge, vtep, "port", c->config->ports[port].name, port_mtu(c, port));
}

static void check_tunnel_member(
	const struct check *c, const struct am_conf_bridge *bridge, const struct am_conf_member *member)
{
	const struct am_conf_tunnel *t = am_config_tunnel(c->config, member->on);
	char path[AM_JSON_PATH];

	if (!t || bridge->mtu <= t->mtu || faulty_tunnel(c, t))
		return;
	am_bridge_path(path, sizeof path, bridge, ".mtu");
	am_config_complain(c->config, c->errors, path,
		"%u inside, but tunnel %s carries IP packets of %u, %u too few; raise its \"mtu\" to %u or "
		"lower the bridge's to %u",
		bridge->mtu, t->name, t->mtu, bridge->mtu - t->mtu, bridge->mtu, t->mtu);
}

static void check_bridge(const struct check *c, const struct am_conf_bridge *bridge)
{
	if (faulty_bridge(c, bridge))
		return;
	for (unsigned i = 0; i < bridge->n_members; i++) {
		if (faulty_member(c, bridge, i))
			continue;
		if (bridge->members[i].kind == AM_CONF_MEMBER_VTEP)
			check_vtep(c, bridge, &bridge->members[i].vtep);
		else if (bridge->members[i].kind == AM_CONF_MEMBER_TUNNEL)
			check_tunnel_member(c, bridge, &bridge->members[i]);
	}
}

void am_check(const struct am_config *config, const struct am_port_limits *limits, bool guess,
	struct am_config_errors *errors)
{
	struct check c = {
		.config = config,
		.limits = limits,
		.errors = errors,
		.guess = guess,
		.unread_underlay = any_unread_prefix(&config->underlay),
		.unread_default = any_unread_prefix(&config->dflt),
	};

	for (unsigned i = 0; i < config->n_tunnels; i++) {
		if (faulty_tunnel(&c, &config->tunnels[i]))
			continue;
		if (check_fragments(&c, &config->tunnels[i]))
			check_underlay(&c, &config->tunnels[i]);
	}
	am_check_recursion(config, errors);
	for (unsigned i = 0; i < config->n_bridges; i++)
		check_bridge(&c, &config->bridges[i]);
}
