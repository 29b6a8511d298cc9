/* SPDX-License-Identifier: BSD-3-Clause */
/* The path list of each member that is reached through a tunnel or a VTEP. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "build.h"

/* The largest port in vrf default, until a next hop says which one it is. */
static uint16_t over_port_mtu(const struct am_build *b, const struct am_below *below)
{
	const struct am_roots *roots = &b->s->roots;
	uint16_t mtu = 0;

	if (below->port)
		return roots->ports[am_build_port_id(b, below->port->name)].mtu;
	for (unsigned i = 0; i < roots->n_ports; i++)
		if (roots->ports[i].vrf == AM_VRF_DEFAULT && roots->ports[i].mtu > mtu)
			mtu = roots->ports[i].mtu;
	return mtu;
}

static int new_list(struct am_build *b, struct am_member *m, const struct am_conf_bridge *bridge, unsigned k,
	unsigned stripes)
{
	struct am_path_list *list = am_snapshot_alloc(b->s, 1, sizeof *list);
	char name[AM_ID_NAME];
	uint16_t first = 0;
	size_t len;
	int rc;

	if (!list)
		return -ENOMEM;
	/* Stripes are part of the name: a list that changes its width takes another range. */
	am_build_member_key(bridge, k, name);
	len = strlen(name);
	snprintf(name + len, sizeof name - len, " * %u", stripes);
	rc = am_build_number(b, b->m->paths, "path", name, stripes, &first, &b->s->roots.n_paths_hint);
	list->first_path = first;
	m->paths = list;
	return rc;
}

static void path_spec(const struct am_build *b, const struct am_conf_bridge *bridge,
	const struct am_conf_member *conf, const struct am_below *below, unsigned stripe,
	struct am_encap_spec *spec)
{
	if (conf->kind == AM_CONF_MEMBER_TUNNEL)
		am_stack_tunnel_spec(below->tunnel, stripe, spec);
	else
		am_stack_vxlan_spec(bridge, am_config_vtep_local(b->config, bridge, conf->vtep.family),
			&conf->vtep, below, stripe, below->tunnel ? 0 : over_port_mtu(b, below), spec);
}

/* One string per stripe; the packet that fits whole in all of them decides on the clamp. */
static int fill_list(struct am_build *b, const struct am_conf_bridge *bridge,
	const struct am_conf_member *conf, struct am_member *m, const struct am_below *below)
{
	const struct am_conf_tunnel *t = below->tunnel;
	struct am_path what = {.list = m->paths, .member = m, .tunnel = t, .bridge = bridge};
	unsigned stripes = t ? t->n_local : 1, overhead = AM_ETH_LEN + am_stack_tags(bridge, conf);
	unsigned whole = bridge->mtu, stripe_whole;
	char path[AM_JSON_PATH];
	struct am_err err;

	for (unsigned i = 0; i < stripes; i++) {
		path_spec(b, bridge, conf, below, i, &what.spec);
		if ((t ? am_tunnel_nexthop_want(b->s, t, i, &what.nexthop)
		       : am_nexthop_want(b->s, AM_VRF_DEFAULT, &conf->vtep, &what.nexthop)) < 0)
			return -ENOMEM;
		if (am_path_add(b->s, &what, &err) < 0) {
			am_bridge_path(path, sizeof path, bridge, ".members");
			am_config_complain(b->config, b->errors, path, "%s", err.text);
			return 0;
		}
		stripe_whole = am_encap_whole_payload(b->s->paths[b->s->n_paths - 1].string);
		stripe_whole = stripe_whole > overhead ? stripe_whole - overhead : 0;
		whole = stripe_whole < whole ? stripe_whole : whole;
	}
	if (t)
		am_stack_mss(t, bridge->mtu, whole, &m->mss4, &m->mss6);
	return 0;
}

static int build_list(struct am_build *b, const struct am_conf_bridge *bridge, unsigned k, uint16_t id)
{
	const struct am_conf_member *conf = &bridge->members[k];
	struct am_member *m = b->s->roots.members[id];
	struct am_below below = {0};
	int rc;

	if (conf->kind == AM_CONF_MEMBER_PORT)
		return 0;
	if (conf->kind == AM_CONF_MEMBER_VTEP)
		am_stack_below(b->config, &conf->vtep, &below);
	else
		below.tunnel = am_config_tunnel(b->config, conf->on);
	rc = new_list(b, m, bridge, k, below.tunnel ? below.tunnel->n_local : 1);
	return rc < 0 ? rc : fill_list(b, bridge, conf, m, &below);
}

int am_build_paths(struct am_build *b)
{
	const uint16_t *ids = b->member_ids;
	bool ok = true;
	int rc = 0;

	b->n_paths += am_build_count_hops(b);
	b->s->paths = am_build_alloc(b, b->n_paths, sizeof *b->s->paths, &ok);
	b->s->nexthops = am_build_alloc(b, b->n_paths, sizeof *b->s->nexthops, &ok);
	b->s->first_paths = am_build_alloc(b, b->n_paths, sizeof *b->s->first_paths, &ok);
	b->s->first_hops = am_build_alloc(b, b->n_paths, sizeof *b->s->first_hops, &ok);
	b->s->nexthop_ids = am_map_create(sizeof(struct am_vrf_ip));
	if (!ok || !b->s->nexthop_ids)
		return -ENOMEM;
	for (unsigned i = 0; i < b->config->n_bridges; i++) {
		const struct am_conf_bridge *bridge = &b->config->bridges[i];

		for (unsigned k = 0; k < bridge->n_members && rc == 0; k++) {
			struct am_member *m = b->s->roots.members[ids[k]];

			rc = build_list(b, bridge, k, ids[k]);
			am_member_settle(m);
			atomic_store_explicit(&b->s->roots.exits[m->id], &m->exit, memory_order_release);
		}
		ids += bridge->n_members;
	}
	return rc;
}
