/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <string.h>

#include "build.h"

static int add_statics(struct am_build *b, const struct am_conf_bridge *conf, uint16_t id)
{
	int rc = 0;

	for (uint32_t i = 0; i < conf->n_static && rc >= 0; i++) {
		am_fdb_key key = am_fdb_make_key(conf->static_macs[i].mac.bytes, id);
		uint32_t at = i;

		rc = am_map_add(b->s->static_macs, &key, &at);
	}
	return rc < 0 ? rc : 0;
}

static int build_bridge(struct am_build *b, unsigned i, const uint16_t *member_ids)
{
	const struct am_conf_bridge *conf = &b->config->bridges[i];
	struct am_bridge *bridge = am_snapshot_alloc(b->s, 1, sizeof *bridge);
	struct am_bridge_state *state = am_slab_get(&b->m->bridge_slab, b->bridge_ids[i], sizeof *state);
	int rc = 0;

	if (!bridge || !state)
		return -ENOMEM;
	if (am_ids_holders(b->m->bridges, b->bridge_ids[i]) == 1)
		*state = (struct am_bridge_state){0};
	*bridge = (struct am_bridge){
		.id = b->bridge_ids[i],
		.iface = b->bridge_ifaces[i],
		.xconnect = conf->xconnect,
		.learn = conf->learn && !conf->xconnect,
		.has_vni = conf->has_vni,
		.inner_vlan = conf->inner_vlan,
		.udp_csum6 = conf->udp_checksum,
		.vni = conf->vni,
		.mtu = conf->mtu,
		.irb = AM_NO_ID,
		.suppress = conf->suppress,
		.drop_unknown = conf->arp_nd_unknown == AM_UNKNOWN_DROP,
		.n_members = conf->n_members,
		.members = am_snapshot_alloc(b->s, conf->n_members, sizeof *bridge->members),
	};
	if (!bridge->members)
		return -ENOMEM;
	memcpy(bridge->members, member_ids, conf->n_members * sizeof *member_ids);
	b->s->roots.bridges[bridge->id] = bridge;
	b->s->roots.suppresses |= bridge->suppress;
	b->s->bridges[bridge->id] = conf;
	am_build_name_iface(b, bridge->iface, AM_IFACE_BRIDGE, conf->name);
	for (unsigned k = 0; k < conf->n_members && rc == 0; k++)
		rc = am_build_member(b, bridge, conf, k);
	return rc < 0 ? rc : add_statics(b, conf, bridge->id);
}

int am_build_bridges(struct am_build *b)
{
	const uint16_t *ids = b->member_ids;
	int rc = 0;

	b->s->static_macs = am_map_create(sizeof(am_fdb_key));
	b->s->roots.mac_ips = am_pairs_table(b->m->pairs);
	if (!b->s->static_macs)
		return -ENOMEM;
	for (unsigned i = 0; i < b->config->n_bridges && rc == 0; i++) {
		rc = build_bridge(b, i, ids);
		ids += b->config->bridges[i].n_members;
	}
	return rc;
}
