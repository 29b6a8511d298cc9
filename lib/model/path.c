/* SPDX-License-Identifier: BSD-3-Clause */
/* Next hops and the header strings that wait for them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "route.h"
#include "stack.h"
#include "state.h"

/* ---- next hops ---- */

static uint16_t port_by_name(const struct am_snapshot *s, const char *name)
{
	const struct am_conf_port *port = name[0] ? am_config_port(s->config, name) : NULL;

	return port ? s->port_ids[port - s->config->ports] : AM_NO_ID;
}

static bool same_question(const struct am_nexthop *a, const struct am_nexthop *b)
{
	return a->port == b->port && am_ip_equal(&a->via, &b->via) && a->is_static == b->is_static;
}

static const struct am_port_root *port_root(const struct am_snapshot *s, uint16_t port)
{
	return port < s->roots.n_ports && s->port_names[port] ? &s->roots.ports[port] : NULL;
}

static uint16_t vrf_of(const struct am_port_root *port, uint16_t vlan)
{
	const struct am_interface *in =
		port->vlans_l3 && vlan && vlan != port->vlan ? port->vlans_l3[vlan] : NULL;

	return in ? in->vrf : port->vrf;
}

uint16_t am_model_port_vrf(const struct am_model *m, uint16_t port, uint16_t vlan)
{
	const struct am_port_root *root = m->running ? port_root(m->running, port) : NULL;

	return root ? vrf_of(root, vlan) : AM_NO_ID;
}

/* Where a next hop is answered: a port that is there and in the VRF of who asks, or on a link that is no port's. */
static bool can_leave(
	const struct am_snapshot *s, const struct am_nexthop *nh, uint16_t out_port, uint16_t vlan)
{
	const struct am_interface *in =
		nh->interface < s->roots.n_interfaces ? s->roots.interfaces[nh->interface] : NULL;
	const struct am_port_root *port = port_root(s, out_port);

	return (in && in->port == AM_NO_ID) || (port && (in || vrf_of(port, vlan) == nh->vrf));
}

static void answer_statically(
	const struct am_snapshot *s, const struct am_conf_route *route, struct am_nexthop *nh)
{
	const struct am_port_root *port = port_root(s, nh->port);

	if (!route->has_mac || !port)
		return;
	nh->is_static = true;
	nh->resolved = true;
	nh->out_port = port->id;
	nh->src = port->mac;
	nh->dst = route->mac;
	nh->vlan = port->vlan;
}

int am_nexthop_want(struct am_snapshot *s, uint16_t vrf, const struct am_ip *remote, uint16_t *id)
{
	const struct am_vrf_ip key = {.vrf = vrf, .interface = AM_NO_ID, .ip = *remote};
	const struct am_conf_route *route;
	struct am_nexthop *nh;
	uint32_t at = s->n_nexthops;
	int rc = am_map_add(s->nexthop_ids, &key, &at);

	*id = (uint16_t)at;
	if (rc)
		return rc < 0 ? rc : 0;
	nh = &s->nexthops[s->n_nexthops++];
	*nh = (struct am_nexthop){.id = *id,
		.vrf = vrf,
		.remote = *remote,
		.interface = AM_NO_ID,
		.port = AM_NO_ID,
		.out_port = AM_NO_ID};
	s->first_paths[*id] = s->first_hops[*id] = AM_NO_PATH;
	route = am_config_route(
		s->config, vrf == AM_VRF_UNDERLAY ? AM_VRF_IS_UNDERLAY : AM_VRF_IS_DEFAULT, remote);
	if (route) {
		nh->via = route->via;
		nh->port = port_by_name(s, route->port);
		answer_statically(s, route, nh);
	}
	return 0;
}

int am_tunnel_nexthop_want(
	struct am_snapshot *s, const struct am_conf_tunnel *t, unsigned stripe, uint16_t *id)
{
	*id = AM_NO_ID;
	return am_config_tunnel_has_ends(t) ? am_nexthop_want(s, AM_VRF_UNDERLAY, &t->remote[stripe], id) : 0;
}

uint16_t am_model_nexthop_to(const struct am_model *m, uint16_t vrf, const struct am_ip *ip)
{
	const struct am_vrf_ip key = {.vrf = vrf, .interface = AM_NO_ID, .ip = *ip};
	uint32_t at;

	return m->running && am_map_find(m->running->nexthop_ids, &key, &at) ? (uint16_t)at : AM_NO_ID;
}

/* ---- header strings ---- */

static struct am_encap *new_string(void)
{
	struct am_encap *e = aligned_alloc(_Alignof(struct am_encap), sizeof *e);

	if (e)
		memset(e, 0, sizeof *e);
	return e;
}

int am_path_add(struct am_snapshot *s, const struct am_path *what, struct am_err *err)
{
	struct am_path *p = &s->paths[s->n_paths];
	struct am_encap *string = new_string();
	int rc;

	if (!string)
		return am_fail(err, ENOMEM, "no memory for a header string");
	rc = am_encap_build(&what->spec, string, err);
	if (rc < 0) {
		free(string);
		return rc;
	}
	*p = *what;
	p->bit = p->list->n++;
	p->string = string;
	p->list->port[p->bit] = AM_NO_ID;
	atomic_store_explicit(&p->list->encap[p->bit], string, memory_order_release);
	p->next = AM_NO_PATH;
	if (p->nexthop != AM_NO_ID) {
		p->next = s->first_paths[p->nexthop];
		s->first_paths[p->nexthop] = s->n_paths;
	}
	s->n_paths++;
	s->octets += sizeof *string;
	return 0;
}

/* Put what is known of the link into p's string. */
static int build_linked(const struct am_snapshot *s, struct am_path *p, struct am_encap *out)
{
	const struct am_nexthop *nh = &s->nexthops[p->nexthop];
	int rc;

	memcpy(p->spec.link_src, nh->src.bytes, sizeof p->spec.link_src);
	memcpy(p->spec.link_dst, nh->dst.bytes, sizeof p->spec.link_dst);
	p->spec.link_vlan = nh->vlan;
	if (!p->tunnel)
		p->spec.path_mtu = p->spec.mtu = s->roots.ports[nh->out_port].mtu;
	rc = am_encap_build(&p->spec, out, NULL);
	if (rc)
		return rc;
	am_encap_limit_simple(out, s->roots.ports[nh->out_port].mtu);
	if (!p->member)
		return 0;
	out->exit = p->member->exit;
	out->exit.kind = AM_EXIT_PATH;
	out->exit.port = nh->out_port;
	out->exit.path = p->list->first_path + p->bit;
	return 0;
}

/* Its member's frames leave by the one path that is live, or ask its list. */
static void choose_exit(const struct am_snapshot *s, const struct am_path *p, uint32_t live)
{
	const struct am_exit *exit;

	if (!p->member)
		return;
	exit = live && !(live & (live - 1)) ? &p->list->encap[__builtin_ctz(live)]->exit : &p->member->exit;
	atomic_store_explicit(&s->roots.exits[p->member->id], exit, memory_order_release);
}

static void set_live(const struct am_snapshot *s, struct am_path *p, bool live)
{
	uint32_t bits = atomic_load_explicit(&p->list->live, memory_order_relaxed);

	/* One writer: no read-modify-write is needed. */
	bits = live ? bits | 1u << p->bit : bits & ~(1u << p->bit);
	atomic_store_explicit(&p->list->live, bits, memory_order_release);
	choose_exit(s, p, bits);
}

static void publish(const struct am_snapshot *s, struct am_path *p, struct am_encap *string, uint16_t port)
{
	p->list->port[p->bit] = port;
	p->string = string;
	atomic_store_explicit(&p->list->encap[p->bit], string, memory_order_release);
	set_live(s, p, true);
}

/* The next hop of the old snapshot that is asked for in the same words; NULL where there is none. */
static const struct am_nexthop *known_before(const struct am_snapshot *old, const struct am_nexthop *nh)
{
	const struct am_vrf_ip key = {.vrf = nh->vrf,
		.interface = nh->interface,
		.on_link = nh->interface != AM_NO_ID,
		.ip = nh->remote};
	uint32_t at;

	if (!am_map_find(old->nexthop_ids, &key, &at) || !same_question(&old->nexthops[at], nh))
		return NULL;
	return &old->nexthops[at];
}

static void take_over(struct am_snapshot *s, const struct am_snapshot *old)
{
	for (uint16_t i = 0; i < s->n_nexthops; i++) {
		struct am_nexthop *nh = &s->nexthops[i];
		const struct am_nexthop *before = nh->is_static ? NULL : known_before(old, nh);

		if (!nh->is_static)
			nh->resolved = false; /* also where it was taken over once already */
		if (!before || !before->resolved || !can_leave(s, nh, before->out_port, before->vlan))
			continue;
		*nh = *before;
		nh->id = i;
	}
}

void am_paths_link(struct am_snapshot *s, const struct am_snapshot *old)
{
	if (old)
		take_over(s, old);
	for (uint32_t i = 0; i < s->n_paths; i++) {
		struct am_path *p = &s->paths[i];

		/* Nobody sees the string yet, so it is made in place; where the link makes it impossible it stays down. */
		set_live(s, p, false);
		if (p->nexthop != AM_NO_ID && s->nexthops[p->nexthop].resolved &&
			build_linked(s, p, p->string) == 0)
			publish(s, p, p->string, s->nexthops[p->nexthop].out_port);
	}
}

static bool same_answer(const struct am_nexthop *a, const struct am_nexthop *b)
{
	if (!a->resolved || !b->resolved)
		return a->resolved == b->resolved;
	return a->out_port == b->out_port && a->vlan == b->vlan && !memcmp(&a->src, &b->src, sizeof a->src) &&
	       !memcmp(&a->dst, &b->dst, sizeof a->dst);
}

/* Give p a new string, or take it out of use; the one that was replaced goes to old. */
static void relink(struct am_snapshot *s, struct am_path *p, struct am_retired *old)
{
	struct am_encap *before = p->string, *string;

	if (!s->nexthops[p->nexthop].resolved) {
		set_live(s, p, false);
		return;
	}
	string = new_string();
	if (!string || build_linked(s, p, string) < 0) {
		free(string);
		set_live(s, p, false);
		return;
	}
	publish(s, p, string, s->nexthops[p->nexthop].out_port);
	old->strings[old->n_strings++] = before;
}

static void relink_hop(struct am_snapshot *s, struct am_hop *hop, struct am_retired *old)
{
	struct am_adjacency *before = am_hop_link(s, hop);

	if (before)
		old->adjacencies[old->n_adjacencies++] = before;
}

struct am_retired *am_model_resolve(struct am_model *m, uint16_t i, bool resolved, uint16_t out_port,
	const struct am_mac *src, const struct am_mac *dst, uint16_t vlan)
{
	struct am_snapshot *s = m->running;
	struct am_nexthop *nh, next;
	struct am_retired *old;
	uint32_t users = 0, hops = 0;

	if (!s || i >= s->n_nexthops || s->nexthops[i].is_static)
		return NULL;
	nh = &s->nexthops[i];
	next = *nh;
	next.resolved = resolved && can_leave(s, nh, out_port, vlan);
	if (next.resolved) {
		next.out_port = out_port;
		next.src = *src;
		next.dst = *dst;
		next.vlan = vlan;
	}
	if (same_answer(nh, &next))
		return NULL;
	for (uint32_t p = s->first_paths[i]; p != AM_NO_PATH; p = s->paths[p].next)
		users++;
	for (uint32_t h = s->first_hops[i]; h != AM_NO_PATH; h = s->hops[h].next)
		hops++;
	old = calloc(1, sizeof *old + users * sizeof old->strings[0]);
	if (old && hops)
		old->adjacencies = calloc(hops, sizeof *old->adjacencies);
	if (!old || (hops && !old->adjacencies)) {
		free(old);
		return NULL; /* nothing was changed; the next report tries again */
	}
	old->model = m;
	m->answers++;
	*nh = next;
	for (uint32_t p = s->first_paths[i]; p != AM_NO_PATH; p = s->paths[p].next)
		relink(s, &s->paths[p], old);
	for (uint32_t p = s->first_paths[i]; p != AM_NO_PATH; p = s->paths[p].next)
		am_hops_follow(s, &s->paths[p]);
	for (uint32_t h = s->first_hops[i]; h != AM_NO_PATH; h = s->hops[h].next)
		relink_hop(s, &s->hops[h], old);
	return old;
}

/* The longest packet that a path sends to its port. */
static unsigned outer_max(const struct am_path *p)
{
	unsigned inside, overhead;

	if (!p->tunnel)
		return am_stack_vxlan_octets(p->bridge, p->spec.vtep_remote.family, p->bridge->mtu);
	return am_stack_outer_max(p->tunnel, &inside, &overhead);
}

static const char *remedy(const struct am_path *p, uint16_t port_mtu)
{
	if (!p->tunnel)
		return "raise the port's MTU or lower the bridge's";
	if (p->spec.split == AM_SPLIT_FILL && port_mtu >= AM_IP_WHOLE_ALWAYS)
		return "lower its \"path_mtu\", or use \"split\": \"floor\"";
	return "raise the port's MTU to 1280 or more";
}

bool am_model_nexthop_note(const struct am_model *m, uint16_t i, char *buf, size_t room)
{
	const struct am_snapshot *s = m->running;
	const struct am_port_root *port;

	if (!s || i >= s->n_nexthops || !s->nexthops[i].resolved)
		return false;
	port = port_root(s, s->nexthops[i].out_port);
	for (uint32_t k = s->first_paths[i]; k != AM_NO_PATH; k = s->paths[k].next) {
		const struct am_path *p = &s->paths[k];

		if (outer_max(p) <= port->mtu)
			continue;
		snprintf(buf, room, "port %s carries %u octets, but %s %s sends packets of up to %u; %s",
			s->port_names[port->id], port->mtu, p->tunnel ? "tunnel" : "bridge",
			p->tunnel ? p->tunnel->name : p->bridge->name, outer_max(p), remedy(p, port->mtu));
		return true;
	}
	return false;
}
