/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is outside must not be looked for inside: a tunnel's remote behind the tunnel, a VTEP behind a bridge.
 *
 * Workers cannot go wrong there, since a next hop is always a port. But remotes without a route in the underlay are looked up by the
 * kernel, which knows the networks of our interfaces by their mirrors in its namespace; and what leads into itself on any other
 * system is a mistake here too. A default route into a tunnel is none: remotes are looked up in the underlay.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "stack.h"

/* Where a prefix leads: one of both, or neither. */
struct inside {
	const struct am_conf_tunnel *tunnel;
	const struct am_conf_bridge *bridge;
};

/* A network that an interface of the VRF is on. */
struct network {
	struct am_prefix prefix;
	struct inside in; /* neither: a port's */
	unsigned index;   /* of the address, in its interface's */
};

struct walk {
	const struct am_config *config;
	struct am_config_errors *errors;
	const struct am_conf_vrf *vrf;
	struct network *networks;
	unsigned n;
};

/* ---- the networks of a VRF ---- */

static void add_networks(struct walk *w, const struct am_conf_l3 *l3, struct inside in)
{
	if (strcmp(l3->vrf, w->vrf->name) != 0)
		return;
	for (unsigned i = 0; i < l3->n_addresses; i++)
		w->networks[w->n++] =
			(struct network){am_prefix_around(&l3->addresses[i].ip, l3->addresses[i].len), in, i};
}

static unsigned count_addresses(const struct am_config *c)
{
	unsigned n = 0;

	for (unsigned i = 0; i < c->n_tunnels; i++)
		n += c->tunnels[i].l3.n_addresses;
	for (unsigned i = 0; i < c->n_bridges; i++)
		n += c->bridges[i].l3.n_addresses;
	for (unsigned i = 0; i < c->n_ports; i++) {
		n += c->ports[i].l3.n_addresses;
		for (unsigned k = 0; k < c->ports[i].n_vlans; k++)
			n += c->ports[i].vlans[k].l3.n_addresses;
	}
	return n;
}

static void add_all(struct walk *w)
{
	const struct am_config *c = w->config;

	for (unsigned i = 0; i < c->n_tunnels; i++)
		add_networks(w, &c->tunnels[i].l3, (struct inside){.tunnel = &c->tunnels[i]});
	for (unsigned i = 0; i < c->n_bridges; i++)
		add_networks(w, &c->bridges[i].l3, (struct inside){.bridge = &c->bridges[i]});
	for (unsigned i = 0; i < c->n_ports; i++) {
		add_networks(w, &c->ports[i].l3, (struct inside){0});
		for (unsigned k = 0; k < c->ports[i].n_vlans; k++)
			add_networks(w, &c->ports[i].vlans[k].l3, (struct inside){0});
	}
}

static const struct network *network_of(const struct walk *w, const struct am_ip *ip)
{
	const struct network *best = NULL;

	for (unsigned i = 0; i < w->n; i++)
		if (am_prefix_contains(&w->networks[i].prefix, ip) &&
			(!best || w->networks[i].prefix.len > best->prefix.len))
			best = &w->networks[i];
	return best;
}

/* Where a route leads, its gateway's network included. */
static struct inside way_of(const struct walk *w, const struct am_conf_route *r)
{
	const struct network *network;

	if (*r->tunnel)
		return (struct inside){.tunnel = am_config_tunnel(w->config, r->tunnel)};
	if (*r->bridge)
		return (struct inside){.bridge = am_config_bridge(w->config, r->bridge)};
	network = r->via.family && !*r->port ? network_of(w, &r->via) : NULL;
	return network ? network->in : (struct inside){0};
}

/* ---- a tunnel's remote behind the tunnel ---- */

/* What somebody wrote, and how it comes to the tunnel. */
struct claim {
	char path[AM_JSON_PATH];
	char how[160];
	const struct am_prefix *prefix;
};

static bool is_faulty(const struct walk *w, const struct am_conf_tunnel *t)
{
	char path[AM_JSON_PATH];

	am_json_path(path, sizeof path, "tunnels", t->name, "");
	return am_config_is_faulty(w->config, path);
}

static void check_tunnel(
	const struct walk *w, const struct claim *claim, const struct am_conf_tunnel *t, const char *by)
{
	char prefix[AM_PREFIX_TEXT], ip[AM_IP_TEXT];

	if (!t || !claim->prefix->len || is_faulty(w, t) || am_config_is_faulty(w->config, claim->path))
		return;
	for (unsigned i = 0; i < t->n_remote; i++) {
		if (!am_prefix_contains(claim->prefix, &t->remote[i]))
			continue;
		am_config_complain(w->config, w->errors, claim->path,
			"%s is %s tunnel %s%s, whose own remote %s lies in it: what is outside would be looked for "
			"inside; route only what is behind the tunnel",
			am_prefix_text(claim->prefix, prefix), claim->how, t->name, by,
			am_ip_text(&t->remote[i], ip));
		return;
	}
}

/* A bridge's frames go into its tunnels, and into those that its VTEPs are reached by. */
static void check_bridge(const struct walk *w, const struct claim *claim, const struct am_conf_bridge *b)
{
	char by[64];
	struct am_below below;

	snprintf(by, sizeof by, " (by bridge %s)", b->name);
	for (unsigned i = 0; i < b->n_members; i++) {
		const struct am_conf_member *m = &b->members[i];

		if (m->kind == AM_CONF_MEMBER_TUNNEL) {
			check_tunnel(w, claim, am_config_tunnel(w->config, m->on), by);
		} else if (m->kind == AM_CONF_MEMBER_VTEP && m->vtep.family) {
			am_stack_below(w->config, &m->vtep, &below);
			check_tunnel(w, claim, below.tunnel, by);
		}
	}
}

static void check_inside(const struct walk *w, const struct claim *claim, const struct inside *in)
{
	if (in->tunnel)
		check_tunnel(w, claim, in->tunnel, "");
	else if (in->bridge)
		check_bridge(w, claim, in->bridge);
}

static void check_routes(const struct walk *w)
{
	for (unsigned i = 0; i < w->vrf->n_routes; i++) {
		const struct am_conf_route *r = &w->vrf->routes[i];
		struct inside in = way_of(w, r);
		struct claim claim = {.prefix = &r->prefix};
		char rest[48];

		snprintf(rest, sizeof rest, ".routes[%u].prefix", i);
		am_json_path(claim.path, sizeof claim.path, "vrfs", w->vrf->name, rest);
		snprintf(claim.how, sizeof claim.how, "routed into");
		if (r->prefix.ip.family)
			check_inside(w, &claim, &in);
	}
}

static void check_networks(const struct walk *w)
{
	for (unsigned i = 0; i < w->n; i++) {
		const struct network *network = &w->networks[i];
		struct claim claim = {.prefix = &network->prefix};
		char rest[48];

		snprintf(rest, sizeof rest, ".addresses[%u]", network->index);
		if (network->in.tunnel)
			am_json_path(
				claim.path, sizeof claim.path, "tunnels", network->in.tunnel->name, rest);
		else if (network->in.bridge)
			am_bridge_path(claim.path, sizeof claim.path, network->in.bridge, rest);
		snprintf(claim.how, sizeof claim.how, "a network on");
		check_inside(w, &claim, &network->in);
	}
}

/* ---- a VTEP behind a bridge, or behind a gateway in a tunnel ---- */

static void complain_vtep(const struct walk *w, const struct am_conf_bridge *b, unsigned i,
	const struct inside *in, const char *how)
{
	char path[AM_JSON_PATH], rest[32], ip[AM_IP_TEXT];

	snprintf(rest, sizeof rest, ".members[%u]", i);
	am_bridge_path(path, sizeof path, b, rest);
	am_ip_text(&b->members[i].vtep, ip);
	if (in->bridge == b)
		am_config_complain(w->config, w->errors, path,
			"VTEP %s %s bridge %s, which it is a member of: its packets would come back as frames for it; "
			"route it into a tunnel or out of a port",
			ip, how, b->name);
	else if (in->bridge)
		am_config_complain(w->config, w->errors, path,
			"VTEP %s %s bridge %s, and VXLAN does not run over bridges: route it into a tunnel or out of a port",
			ip, how, in->bridge->name);
	else
		am_config_complain(w->config, w->errors, path,
			"VTEP %s %s tunnel %s without being routed into it: add the route { \"prefix\": \"%s/%u\", "
			"\"tunnel\": \"%s\" }",
			ip, how, in->tunnel->name, ip, (unsigned)am_ip_len(&b->members[i].vtep) * 8,
			in->tunnel->name);
}

static void check_vtep(const struct walk *w, const struct am_conf_bridge *b, unsigned i)
{
	const struct am_ip *vtep = &b->members[i].vtep;
	const struct am_conf_route *r = am_config_route(w->config, AM_VRF_IS_DEFAULT, vtep);
	const struct network *network = network_of(w, vtep);
	struct inside in = {0};
	char rest[32], path[AM_JSON_PATH];

	snprintf(rest, sizeof rest, ".members[%u]", i);
	am_bridge_path(path, sizeof path, b, rest);
	if (am_config_is_faulty(w->config, path))
		return;
	if (network && (!r || network->prefix.len > r->prefix.len)) {
		if (network->in.tunnel || network->in.bridge)
			complain_vtep(w, b, i, &network->in, "lies in a network of");
		return;
	}
	if (r && !*r->tunnel)
		in = way_of(w, r);
	if (in.tunnel || in.bridge)
		complain_vtep(
			w, b, i, &in, r->via.family ? "has a gateway that is behind" : "is routed into");
}

static void check_vteps(const struct walk *w)
{
	for (unsigned i = 0; i < w->config->n_bridges; i++)
		for (unsigned k = 0; k < w->config->bridges[i].n_members; k++)
			if (w->config->bridges[i].members[k].kind == AM_CONF_MEMBER_VTEP &&
				w->config->bridges[i].members[k].vtep.family)
				check_vtep(w, &w->config->bridges[i], k);
}

/* ---- a port that is the mirror of what runs over it ---- */

static bool is_mirror(const struct am_conf_l3 *l3, const char *name, const char *device)
{
	if (!l3->host || (!l3->n_addresses && !*l3->host_name))
		return false;
	return strncmp(*l3->host_name ? l3->host_name : name, device, 15) == 0;
}

static void check_port(
	const struct am_config *c, struct am_config_errors *errors, const struct am_conf_port *p)
{
	const char *kind = NULL, *name = NULL;
	char path[AM_JSON_PATH];

	if (p->driver != AM_DRIVER_AF_XDP && p->driver != AM_DRIVER_AF_PACKET)
		return;
	for (unsigned i = 0; i < c->n_tunnels && !kind; i++)
		if (is_mirror(&c->tunnels[i].l3, name = c->tunnels[i].name, p->device))
			kind = "tunnel";
	for (unsigned i = 0; i < c->n_bridges && !kind; i++)
		if (is_mirror(&c->bridges[i].l3, name = c->bridges[i].name, p->device))
			kind = "bridge";
	if (!kind)
		return;
	am_json_path(path, sizeof path, "ports", p->name, ".device");
	am_config_complain(c, errors, path,
		"device %s is the mirror of %s %s, so packets would go round inside: use a device below, or give the "
		"%s another \"host\" name",
		p->device, kind, name, kind);
}

void am_check_recursion(const struct am_config *config, struct am_config_errors *errors)
{
	struct walk w = {.config = config, .errors = errors};

	w.networks = calloc(count_addresses(config) + 1u, sizeof *w.networks);
	/* A VRF with a namespace of its own is seen neither by the underlay nor by the kernel that looks for remotes. */
	for (unsigned i = 0; w.networks && (w.vrf = am_config_vrf(config, i)) != NULL; i++) {
		if (w.vrf->kind == AM_VRF_IS_UNDERLAY || *w.vrf->netns)
			continue;
		w.n = 0;
		add_all(&w);
		check_routes(&w);
		check_networks(&w);
		if (w.vrf->kind == AM_VRF_IS_DEFAULT)
			check_vteps(&w);
	}
	free(w.networks);
	for (unsigned i = 0; i < config->n_ports; i++)
		check_port(config, errors, &config->ports[i]);
}
