/* SPDX-License-Identifier: BSD-3-Clause */
/* What others ask of a model: the running configuration, steering, names, numbers. */
#include <stdio.h>
#include <string.h>

#include "acl.h"
#include "stack.h"
#include "state.h"

const struct am_config *am_model_config(const struct am_model *m)
{
	return m->running ? m->running->config : NULL;
}

const struct am_roots *am_model_roots(const struct am_model *m)
{
	return m->running ? &m->running->roots : NULL;
}

uint16_t am_model_nexthops(const struct am_model *m)
{
	return m->running ? m->running->n_nexthops : 0;
}

const struct am_nexthop *am_model_nexthop(const struct am_model *m, uint16_t i)
{
	return i < am_model_nexthops(m) ? &m->running->nexthops[i] : NULL;
}

const struct am_conf_l3 *am_model_interface_conf(const struct am_model *m, uint16_t id)
{
	return m->running && id < m->running->roots.n_interfaces ? m->running->interface_confs[id] : NULL;
}

void am_model_steer(
	const struct am_model *m, const struct am_plan *plan, uint16_t port_id, struct am_steer *out)
{
	const struct am_snapshot *s = plan ? plan->snapshot : m->running;
	const struct am_port_root *port;

	*out = (struct am_steer){0};
	if (!s || port_id >= s->roots.n_ports)
		return;
	port = &s->roots.ports[port_id];
	out->all = port->vlans.any != AM_NO_ID;
	if (port->vlans.untagged != AM_NO_ID)
		out->vids[0] |= 1;
	for (unsigned vid = 1; port->vlans.by_vid && vid < 4096; vid++)
		if (port->vlans.by_vid[vid] != AM_NO_ID)
			out->vids[vid / 64] |= 1ull << (vid % 64);
	for (unsigned vid = 1; port->vlans_l3 && vid < 4096; vid++)
		if (port->vlans_l3[vid])
			out->vids[vid / 64] |= 1ull << (vid % 64);
	if (port->vrf == AM_VRF_UNDERLAY || port->vrf == AM_VRF_DEFAULT) {
		out->n_locals = s->n_locals[port->vrf];
		out->locals = s->locals[port->vrf];
	}
	out->routed = port->l3 != NULL;
	out->routed_vid = port->vlan;
}

/* ---- what leaves with a snapshot ---- */

static bool next_left(const struct am_retired *old, const struct am_ids *ids, uint32_t *at, uint32_t *index)
{
	const struct am_snapshot *s = old->snapshot;

	while (s && *at < s->n_holds) {
		const struct am_hold *hold = &s->holds[(*at)++];

		if (hold->ids == ids && am_ids_holders(ids, hold->index) == 1) {
			*index = hold->index;
			return true;
		}
	}
	return false;
}

bool am_retired_next_peer(const struct am_retired *old, uint32_t *at, uint32_t *peer)
{
	return next_left(old, old->model->peers, at, peer);
}

bool am_retired_next_iface(const struct am_retired *old, uint32_t *at, uint16_t *iface)
{
	uint32_t index;

	if (!next_left(old, old->model->ifaces, at, &index))
		return false;
	*iface = (uint16_t)index;
	return true;
}

bool am_retired_next_acl(const struct am_retired *old, uint32_t *at, uint32_t *row, uint32_t *n)
{
	const struct am_snapshot *s = old->snapshot;

	while (s && *at < s->n_acls) {
		const struct am_acl_use *use = &s->acls[(*at)++];

		if (use->entry->refs != 1)
			continue;
		*row = use->row;
		*n = am_acl_rules(use->entry->acl) + 1;
		return true;
	}
	return false;
}

uint32_t am_model_acl_row(const struct am_model *m, uint16_t i)
{
	return m->running->acls[i].row;
}

uint64_t am_model_acl_memory(const struct am_model *m, uint16_t i)
{
	return am_acl_memory(m->running->acls[i].entry->acl);
}

/* ---- names ---- */

uint16_t am_model_ifaces(const struct am_model *m)
{
	return m->running ? m->running->roots.n_ifaces : 0;
}

const struct am_iface_info *am_model_iface(const struct am_model *m, uint16_t i)
{
	return i < am_model_ifaces(m) && m->running->ifaces[i].name ? &m->running->ifaces[i] : NULL;
}

const struct am_iface_info *am_model_tunnel_iface(const struct am_model *m, uint16_t i)
{
	return m->running ? am_model_iface(m, m->running->tunnel_ifaces[i]) : NULL;
}

const char *am_model_port_name(const struct am_model *m, uint16_t port)
{
	return m->running && port < m->running->roots.n_ports ? m->running->port_names[port] : NULL;
}

const char *am_model_bridge_name(const struct am_model *m, uint16_t bridge)
{
	const struct am_snapshot *s = m->running;

	return s && bridge < s->roots.n_bridges && s->bridges[bridge] ? s->bridges[bridge]->name : NULL;
}

void am_model_member_text(const struct am_model *m, uint16_t member, char *buf, size_t room)
{
	const struct am_snapshot *s = m->running;
	const char *text = s && member < s->roots.n_members ? s->member_texts[member] : NULL;

	snprintf(buf, room, "%s", text ? text : "none");
}

uint64_t am_model_memory(const struct am_model *m)
{
	uint64_t octets = am_fdb_memory(m->fdb) + am_learner_memory(m->learner) + am_pairs_memory(m->pairs);

	if (m->running)
		octets += m->running->octets + am_peers_memory(m->running->peers);
	return octets;
}

uint64_t am_model_fib_failures(const struct am_model *m)
{
	return m->fib_failures;
}

void am_model_bridge_stats(const struct am_model *m, uint16_t bridge, struct am_bridge_stats *out)
{
	const struct am_bridge_state *state = bridge < m->bridge_slab.n ? m->bridge_slab.items[bridge] : NULL;

	*out = state ? state->stats : (struct am_bridge_stats){0};
}
