/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <string.h>

#include "build.h"

/* Where the map says who takes frames of a member's kind; NULL: no memory. */
static uint16_t *vlan_slot(struct am_build *b, struct am_vlan_map *map, const struct am_conf_member *conf)
{
	enum { VIDS = 4096 };
	uint16_t *vids = (uint16_t *)(uintptr_t)map->by_vid; /* ours until it is published */

	if (conf->vlan_kind == AM_CONF_VLAN_ANY)
		return &map->any;
	if (conf->vlan_kind == AM_CONF_VLAN_UNTAGGED)
		return &map->untagged;
	if (!vids) {
		vids = am_snapshot_alloc(b->s, VIDS, sizeof *vids);
		if (!vids)
			return NULL;
		for (unsigned i = 0; i < VIDS; i++)
			vids[i] = AM_NO_ID;
		map->by_vid = vids;
	}
	return &vids[conf->vlan];
}

static int map_vlan(
	struct am_build *b, struct am_vlan_map *map, const struct am_conf_member *conf, uint16_t id)
{
	uint16_t *slot = vlan_slot(b, map, conf);

	if (!slot)
		return -ENOMEM;
	*slot = id;
	return 0;
}

static int place_on_port(struct am_build *b, const struct am_conf_member *conf, struct am_member *m)
{
	struct am_port_root *port = &b->s->roots.ports[am_build_port_id(b, conf->on)];

	m->kind = AM_MEMBER_PORT;
	m->port = port->id;
	m->iface = port->iface;
	return map_vlan(b, &port->vlans, conf, m->id);
}

static int place_on_tunnel(struct am_build *b, const struct am_conf_member *conf, struct am_member *m)
{
	const struct am_conf_tunnel *below = am_config_tunnel(b->config, conf->on);
	struct am_tunnel *t = am_build_tunnel_root(b, below);

	m->kind = AM_MEMBER_TUNNEL;
	m->tunnel = t->id;
	m->iface = m->way_iface = t->iface;
	m->tx_seq = t->tx_seq;
	t->bridged = true;
	t->vrf = AM_NO_ID;
	b->n_paths += below->n_local;
	return map_vlan(b, &t->vlans, conf, m->id);
}

static int place_on_vtep(
	struct am_build *b, const struct am_conf_member *conf, uint16_t iface, struct am_member *m)
{
	struct am_below below;

	am_stack_below(b->config, &conf->vtep, &below);
	m->kind = AM_MEMBER_VTEP;
	m->iface = m->way_iface = iface;
	if (below.tunnel) {
		const struct am_tunnel *t = am_build_tunnel_root(b, below.tunnel);

		m->tunnel = t->id;
		m->way_iface = t->iface;
		m->tx_seq = t->tx_seq;
	}
	b->n_paths += below.tunnel ? below.tunnel->n_local : 1;
	return 0;
}

static uint16_t vid_of(const struct am_conf_member *conf)
{
	if (conf->kind == AM_CONF_MEMBER_VTEP || conf->vlan_kind == AM_CONF_VLAN_ANY)
		return AM_VID_ANY;
	return conf->vlan_kind == AM_CONF_VLAN_UNTAGGED ? AM_VID_UNTAGGED : conf->vlan;
}

static int member_storm(struct am_build *b, const struct am_conf_member *conf, struct am_member *m)
{
	m->storm = (struct am_storm){conf->storm_broadcast, conf->storm_multicast, conf->storm_unknown};
	m->storm_state = am_slab_get(&b->m->storm_slab, m->id, sizeof *m->storm_state);
	if (!m->storm_state)
		return -ENOMEM;
	if (am_ids_holders(b->m->members, m->id) == 1)
		memset(m->storm_state, 0, sizeof *m->storm_state);
	return 0;
}

int am_build_member(struct am_build *b, const struct am_bridge *bridge,
	const struct am_conf_bridge *conf_bridge, unsigned k)
{
	const struct am_conf_member *conf = &conf_bridge->members[k];
	uint16_t id = bridge->members[k];
	struct am_member *m = am_snapshot_alloc(b->s, 1, sizeof *m);
	char *text = am_snapshot_alloc(b->s, 1, AM_MEMBER_TEXT);
	int rc;

	if (!m || !text)
		return -ENOMEM;
	*m = (struct am_member){
		.id = id,
		.bridge = bridge->id,
		.mtu = bridge->mtu,
		.xconnect = bridge->xconnect,
		.l2_control = conf->l2_control == AM_L2_DEFAULT ? conf_bridge->xconnect
								: conf->l2_control == AM_L2_FORWARD,
		.vid = vid_of(conf),
		.tpid = conf->tpid,
		.port = AM_NO_ID,
		.tunnel = AM_NO_TARGET,
	};
	am_stack_member_text(conf, text, AM_MEMBER_TEXT);
	b->s->member_texts[id] = text;
	b->s->roots.members[id] = m;
	rc = member_storm(b, conf, m);
	if (rc < 0)
		return rc;
	switch (conf->kind) {
	case AM_CONF_MEMBER_PORT:
		return place_on_port(b, conf, m);
	case AM_CONF_MEMBER_TUNNEL:
		return place_on_tunnel(b, conf, m);
	case AM_CONF_MEMBER_VTEP:
		return place_on_vtep(b, conf, bridge->iface, m);
	}
	return -EINVAL;
}
