/* SPDX-License-Identifier: BSD-3-Clause */
/* What a configuration says of routing, prefix by prefix: its own addresses, its links, its static routes. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "build.h"
#include "model/route_view.h"
#include "route.h"

/* Of routes with one prefix the lowest rank is taken: ourselves, then a link, then what is written down. */
enum rank {
	RANK_LOCAL = AM_ORIGIN_LOCAL,
	RANK_CONNECTED = AM_ORIGIN_CONNECTED,
	RANK_STATIC = AM_ORIGIN_STATIC,
};

/* One way that a prefix could go. */
struct candidate {
	uint16_t vrf;
	struct am_prefix prefix;
	enum rank rank;
	uint32_t order;                   /* in the file */
	const struct am_interface *in;    /* LOCAL, CONNECTED; NULL: a loopback */
	const struct am_conf_route *conf; /* STATIC */
};

struct candidates {
	struct candidate *items;
	uint32_t n, room;
};

/* A next hop as it is asked for: what classes are told apart by. */
struct way {
	uint32_t kind, tunnel;
	uint16_t interface, port, vlan, bridge, nexthop;
	bool has_mac; /* the neighbour's, from the file */
	struct am_mac mac;
	uint8_t pad[7];
};

/* A class as it is asked for. */
struct class
{
	uint32_t kind, as, n, interface;
	struct way ways[AM_ROUTE_HOPS];
};

struct class_key {
	uint64_t hash[2];
};

uint32_t am_build_count_hops(const struct am_build *b)
{
	const struct am_conf_vrf *vrf;
	uint32_t n = 0;

	for (unsigned i = AM_VRF_DEFAULT; (vrf = am_config_vrf(b->config, i)) != NULL; i++)
		n += vrf->n_routes;
	for (unsigned i = 0; i < b->config->n_tunnels; i++)
		n += b->config->tunnels[i].n_local;
	return n;
}

/* ---- what there is ---- */

static int add(struct candidates *list, const struct candidate *c)
{
	struct candidate *more;
	uint32_t room;

	if (list->n == list->room) {
		room = list->room ? list->room * 2 : 64;
		more = realloc(list->items, room * sizeof *more);
		if (!more)
			return -ENOMEM;
		list->items = more;
		list->room = room;
	}
	list->items[list->n] = *c;
	list->items[list->n].order = list->n;
	list->n++;
	return 0;
}

static int add_local(
	struct candidates *list, uint16_t vrf, const struct am_ip *ip, const struct am_interface *in)
{
	return add(list, &(struct candidate){.vrf = vrf,
				 .prefix = {.ip = *ip, .len = (uint8_t)(am_ip_len(ip) * 8)},
				 .rank = RANK_LOCAL,
				 .in = in});
}

static int add_interface(struct am_build *b, struct candidates *list, uint16_t id)
{
	const struct am_interface *in = b->s->roots.interfaces[id];
	const struct am_conf_l3 *l3 = b->s->interface_confs[id];
	int rc = 0;

	if (!l3)
		return 0; /* a VRF's own: its loopbacks come with the VRF */
	for (unsigned i = 0; i < l3->n_addresses && rc == 0; i++) {
		const struct am_prefix *a = &l3->addresses[i];

		rc = add_local(list, in->vrf, &a->ip, in);
		if (rc == 0 && a->len < am_ip_len(&a->ip) * 8)
			rc = add(list, &(struct candidate){.vrf = in->vrf,
					       .prefix = am_prefix_around(&a->ip, a->len),
					       .rank = RANK_CONNECTED,
					       .in = in});
	}
	return rc;
}

static int add_vrf(struct am_build *b, struct candidates *list, const struct am_conf_vrf *conf)
{
	uint16_t vrf = am_build_vrf_id(b, conf->name);
	int rc = 0;

	for (unsigned i = 0; i < conf->n_loopbacks && rc == 0; i++)
		rc = add_local(list, vrf, &conf->loopbacks[i], NULL);
	for (unsigned i = 0; i < conf->n_routes && rc == 0; i++)
		rc = add(list, &(struct candidate){.vrf = vrf,
				       .prefix = conf->routes[i].prefix,
				       .rank = RANK_STATIC,
				       .conf = &conf->routes[i]});
	return rc;
}

/* A bridge may send VXLAN from an address that is no loopback. */
static int add_vteps(struct am_build *b, struct candidates *list)
{
	int rc = 0;

	for (unsigned i = 0; i < b->config->n_bridges && rc == 0; i++)
		for (unsigned k = 0; k < 2 && rc == 0; k++)
			if (b->config->bridges[i].vtep_local[k].family)
				rc = add_local(
					list, AM_VRF_DEFAULT, &b->config->bridges[i].vtep_local[k], NULL);
	return rc;
}

static int add_all(struct am_build *b, struct candidates *list)
{
	const struct am_conf_vrf *conf;
	int rc = add_vteps(b, list);

	for (unsigned i = 0; i < b->s->roots.n_interfaces && rc == 0; i++)
		if (b->s->roots.interfaces[i])
			rc = add_interface(b, list, (uint16_t)i);
	for (unsigned i = AM_VRF_DEFAULT; rc == 0 && (conf = am_config_vrf(b->config, i)) != NULL; i++)
		rc = add_vrf(b, list, conf);
	return rc;
}

static int compare_prefix(const struct candidate *a, const struct candidate *b)
{
	int r;

	if (a->vrf != b->vrf)
		return a->vrf < b->vrf ? -1 : 1;
	r = memcmp(&a->prefix.ip, &b->prefix.ip, sizeof a->prefix.ip);
	return r ? r : (int)a->prefix.len - b->prefix.len;
}

static int by_prefix(const void *x, const void *y)
{
	const struct candidate *a = x, *b = y;
	int r = compare_prefix(a, b);

	if (r)
		return r;
	if (a->rank != b->rank)
		return (int)a->rank - (int)b->rank;
	return a->order < b->order ? -1 : 1;
}

/* The link that a gateway is on: the connected prefix that is longest; NULL where there is none. */
static const struct am_interface *connected(
	const struct candidates *list, uint16_t vrf, const struct am_ip *ip)
{
	const struct candidate *best = NULL;

	for (uint32_t i = 0; i < list->n; i++) {
		const struct candidate *c = &list->items[i];

		if (c->vrf == vrf && c->rank == RANK_CONNECTED && am_prefix_contains(&c->prefix, ip) &&
			(!best || c->prefix.len > best->prefix.len))
			best = c;
	}
	return best ? best->in : NULL;
}

/* ---- next hops ---- */

/* The paths of routed packets into a tunnel, shared by all routes that lead there. */
static int tunnel_list(struct am_build *b, const struct am_tunnel *t, struct am_path_list **out)
{
	const struct am_conf_tunnel *conf = am_config_tunnel(b->config, b->s->ifaces[t->iface].name);
	struct am_path_list *list = b->tunnel_lists[t->id];
	struct am_path what = {.tunnel = conf, .first_hop = &b->s->tunnel_hops[t->id]};
	char name[AM_ID_NAME];
	struct am_err err;
	uint16_t first = 0;
	int rc;

	*out = list;
	if (list)
		return 0;
	*out = b->tunnel_lists[t->id] = what.list = list = am_snapshot_alloc(b->s, 1, sizeof *list);
	if (!list)
		return -ENOMEM;
	snprintf(name, sizeof name, "routed into %s * %u", conf->name, conf->n_local);
	rc = am_build_number(b, b->m->paths, "path", name, conf->n_local, &first, &b->s->roots.n_paths_hint);
	list->first_path = first;
	for (unsigned i = 0; i < conf->n_local && rc == 0; i++) {
		am_stack_tunnel_spec(conf, i, &what.spec);
		rc = am_tunnel_nexthop_want(b->s, conf, i, &what.nexthop);
		if (rc == 0)
			rc = am_path_add(b->s, &what, &err);
	}
	return rc;
}

static const struct am_bridge *bridge_of(const struct am_build *b, const char *name)
{
	return b->s->roots.bridges[b->bridge_ids[am_config_bridge(b->config, name) - b->config->bridges]];
}

static const struct am_interface *interface_of(const struct am_build *b, const struct am_conf_route *r)
{
	const struct am_port_root *port;

	if (*r->tunnel)
		return am_build_tunnel_root(b, am_config_tunnel(b->config, r->tunnel))->l3;
	if (*r->bridge)
		return bridge_of(b, r->bridge)->l3;
	if (!*r->port)
		return NULL;
	port = &b->s->roots.ports[am_build_port_id(b, r->port)];
	if (!r->vlan || (port->l3 && r->vlan == port->vlan))
		return port->l3;
	return port->vlans_l3 ? port->vlans_l3[r->vlan] : NULL;
}

/* A neighbour on a link, whom the kernel knows. in NULL: on whatever port the kernel says. */
static int want_neighbour(
	struct am_build *b, uint16_t vrf, const struct am_interface *in, const struct am_ip *ip, uint16_t *id)
{
	struct am_vrf_ip key = {
		.vrf = vrf, .interface = in ? in->id : AM_NO_ID, .on_link = in != NULL, .ip = *ip};
	uint32_t at = b->s->n_nexthops;
	struct am_nexthop *nh;
	int rc;

	rc = am_map_add(b->s->nexthop_ids, &key, &at);
	*id = (uint16_t)at;
	if (rc)
		return rc < 0 ? rc : 0;
	nh = &b->s->nexthops[b->s->n_nexthops++];
	*nh = (struct am_nexthop){.id = *id,
		.vrf = vrf,
		.remote = *ip,
		.interface = in ? in->id : AM_NO_ID,
		.port = in ? in->port : AM_NO_ID,
		.out_port = AM_NO_ID,
		.vlan = in ? in->vlan : 0};
	b->s->first_paths[*id] = b->s->first_hops[*id] = AM_NO_PATH;
	return 0;
}

static bool has_ethernet(const struct am_build *b, const struct am_interface *in)
{
	return in->kind != AM_INTERFACE_TUNNEL || b->s->roots.tunnels[in->tunnel]->kind != AM_TUNNEL_GRE;
}

/* Where one static route leads: a way, or *kind says what else becomes of it. */
static int find_way(struct am_build *b, const struct candidates *list, const struct candidate *c,
	struct way *way, struct class *class)
{
	const struct am_conf_route *r = c->conf;
	const struct am_interface *in = interface_of(b, r);
	bool host = r->prefix.len == am_ip_len(&r->prefix.ip) * 8;
	const struct am_ip *neighbour = r->via.family ? &r->via : &r->prefix.ip;

	*way = (struct way){.interface = AM_NO_ID, .port = AM_NO_ID, .bridge = AM_NO_ID, .nexthop = AM_NO_ID};
	if (!in && r->via.family && !*r->port)
		in = connected(list, c->vrf, &r->via);
	if (in) {
		way->kind = in->kind;
		way->interface = in->id;
		way->port = in->port;
		way->vlan = in->vlan;
		way->bridge = in->bridge;
		way->tunnel = in->tunnel;
		if (!has_ethernet(b, in))
			return 0;
	}
	/* The destinations are neighbours themselves, each by itself. */
	if (in && !r->via.family && !r->has_mac && !host) {
		class->kind = AM_ROUTE_GLEAN;
		class->interface = in->id;
		return 0;
	}
	if (in && r->has_mac) {
		way->has_mac = true;
		way->mac = r->mac;
		return 0;
	}
	return want_neighbour(b, c->vrf, in, neighbour, &way->nexthop);
}

/* ---- classes ---- */

static int add_hop(struct am_build *b, struct am_route *route, const struct way *way)
{
	const struct am_interface *in =
		way->interface == AM_NO_ID ? NULL : b->s->roots.interfaces[way->interface];
	struct am_snapshot *s = b->s;
	struct am_hop *more, *hop;
	struct am_tunnel *t;
	int rc = 0;

	if (s->n_hops == s->room_hops) {
		more = realloc(s->hops, (s->room_hops * 2 + 64) * sizeof *more);
		if (!more)
			return -ENOMEM;
		s->hops = more;
		s->room_hops = s->room_hops * 2 + 64;
	}
	hop = &s->hops[s->n_hops];
	*hop = (struct am_hop){.route = route,
		.bit = route->n++,
		.nexthop = way->nexthop,
		.next = AM_NO_PATH,
		.same_tunnel = AM_NO_PATH};
	hop->made =
		(struct am_adjacency){.interface = way->interface, .port = way->port, .bridge = way->bridge};
	if (in) {
		hop->made.mtu = in->mtu;
		hop->made.iface = in->iface;
		hop->made.mss4 = in->mss4;
		hop->made.mss6 = in->mss6;
	}
	if (in && in->kind == AM_INTERFACE_TUNNEL) {
		t = s->roots.tunnels[in->tunnel];
		hop->made.kind = AM_ADJACENCY_TUNNEL;
		hop->made.tx_seq = t->tx_seq;
		rc = tunnel_list(b, t, &hop->made.paths);
		hop->same_tunnel = s->tunnel_hops[in->tunnel];
		s->tunnel_hops[in->tunnel] = s->n_hops;
	} else if (in && in->kind == AM_INTERFACE_BRIDGE) {
		hop->made.kind = AM_ADJACENCY_BRIDGE;
	}
	if (in && way->has_mac)
		am_adjacency_link(&hop->made, &in->mac, &way->mac, in->vlan);
	if (way->nexthop != AM_NO_ID) {
		hop->next = s->first_hops[way->nexthop];
		s->first_hops[way->nexthop] = s->n_hops;
	}
	s->n_hops++;
	return rc;
}

static int grow_classes(struct am_snapshot *s)
{
	uint32_t room = s->room_routes * 2 + 64;
	struct am_route **routes = realloc(s->routes, room * sizeof *routes);
	struct am_class_note *notes = realloc(s->notes, room * sizeof *notes);

	if (routes)
		s->routes = routes;
	if (notes)
		s->notes = notes;
	if (!routes || !notes)
		return -ENOMEM;
	s->room_routes = room;
	return 0;
}

static int make_class(
	struct am_build *b, const struct class *class, const struct class_key *key, uint32_t index)
{
	struct am_snapshot *s = b->s;
	struct am_route *route = am_snapshot_alloc(s, 1, sizeof *route);
	char name[AM_ID_NAME];
	uint32_t id, as_row;
	int rc;

	if (!route || (index == s->room_routes && grow_classes(s) < 0))
		return -ENOMEM;
	snprintf(name, sizeof name, "%016jx%016jx", (uintmax_t)key->hash[0], (uintmax_t)key->hash[1]);
	rc = am_snapshot_take(s, b->m->route_classes, name, 1, &id);
	if (rc < 0)
		return rc;
	rc = am_as_row(b->m, class->as, &as_row);
	if (rc < 0)
		return rc;
	*route = (struct am_route){.id = id,
		.as = class->as,
		.as_row = as_row,
		.kind = (uint8_t) class->kind,
		.interface = (uint16_t) class->interface,
		.index = index};
	s->notes[s->n_routes] = (struct am_class_note){.first_hop = s->n_hops, .first_wanted = s->n_wanted};
	s->routes[s->n_routes++] = route;
	for (unsigned i = 0; i < class->n && rc == 0; i++)
		rc = add_hop(b, route, &class->ways[i]);
	return rc;
}

/*
 * The number of the class with this content. Next hops are told by their number in this snapshot, so what they ask for is hashed
 * in their stead: the class keeps its number as long as that is the same.
 */
static struct class_key key_of(const struct am_snapshot *s, const struct class *class)
{
	struct {
		struct class class;
		struct am_vrf_ip neighbours[AM_ROUTE_HOPS];
	} all = {.class = *class};

	for (unsigned i = 0; i < class->n; i++) {
		uint16_t id = class->ways[i].nexthop;

		all.class.ways[i].nexthop = 0;
		if (id == AM_NO_ID)
			continue;
		all.neighbours[i] =
			(struct am_vrf_ip){.vrf = s->nexthops[id].vrf, .ip = s->nexthops[id].remote};
	}
	return (struct class_key){{am_hash_words(&all, sizeof all, 1), am_hash_words(&all, sizeof all, 2)}};
}

static int want(struct am_build *b, const struct candidate *c, const struct class *class)
{
	struct class_key key = key_of(b->s, class);
	struct am_snapshot *s = b->s;
	uint32_t index = s->n_routes;
	int rc = am_map_add(s->route_ids, &key, &index);

	if (rc == 0)
		rc = make_class(b, class, &key, index);
	if (rc < 0)
		return rc;
	s->wanted[s->n_wanted++] = (struct am_wanted){
		.vrf = c->vrf, .origin = c->rank, .prefix = c->prefix, .route = s->routes[index]->id};
	s->notes[index].n_wanted++;
	s->origins[c->vrf].n[c->prefix.ip.family == AM_IPV6][c->rank]++;
	return 0;
}

static int class_of_static(struct am_build *b, const struct candidates *list, const struct candidate *c,
	uint32_t n, struct class *class)
{
	int rc = 0;

	class->as = c->conf->as;
	if (c->conf->blackhole || c->conf->unreachable) {
		class->kind = c->conf->blackhole ? AM_ROUTE_BLACKHOLE : AM_ROUTE_UNREACHABLE;
		return 0;
	}
	for (uint32_t i = 0; i < n && i < AM_ROUTE_HOPS && rc == 0; i++) {
		class->kind = AM_ROUTE_FORWARD;
		rc = find_way(b, list, &c[i], &class->ways[class->n], class);
		if (class->kind == AM_ROUTE_GLEAN)
			break;
		class->n++;
	}
	return rc;
}

/* All candidates of one prefix: the first says what rank counts. */
static int want_prefix(
	struct am_build *b, const struct candidates *list, const struct candidate *c, uint32_t n)
{
	struct class class = {.interface = AM_NO_ID};
	int rc = 0;

	switch (c->rank) {
	case RANK_LOCAL:
		class.kind = AM_ROUTE_LOCAL;
		class.interface = c->in ? c->in->id : AM_NO_ID;
		break;
	case RANK_CONNECTED:
		class.kind = has_ethernet(b, c->in) ? AM_ROUTE_GLEAN : AM_ROUTE_FORWARD;
		class.interface = c->in->id;
		if (class.kind == AM_ROUTE_FORWARD)
			class.ways[class.n++] = (struct way){.kind = c->in->kind,
				.interface = c->in->id,
				.port = AM_NO_ID,
				.bridge = AM_NO_ID,
				.tunnel = c->in->tunnel,
				.nexthop = AM_NO_ID};
		break;
	case RANK_STATIC:
		rc = class_of_static(b, list, c, n, &class);
		break;
	}
	return rc < 0 ? rc : want(b, c, &class);
}

static int want_all(struct am_build *b, const struct candidates *list)
{
	uint32_t n;
	int rc = 0;

	for (uint32_t i = 0; i < list->n && rc == 0; i += n) {
		const struct candidate *c = &list->items[i];
		uint32_t same = 1;

		for (n = 1; i + n < list->n && compare_prefix(c, c + n) == 0; n++)
			same += c[n].rank == c->rank;
		rc = want_prefix(b, list, c, same);
	}
	return rc;
}

/* What the kernel sends by the mirror of a tunnel has a way into it, whether a route leads there or not. */
static int add_tunnel_ways(struct am_build *b)
{
	int rc = 0;

	for (uint16_t i = 0; i < b->s->roots.n_interfaces && rc == 0; i++) {
		struct am_interface *in = b->s->roots.interfaces[i];
		struct am_adjacency *way;

		if (!in || in->kind != AM_INTERFACE_TUNNEL || in->mirror == AM_MIRROR_NONE)
			continue;
		way = am_snapshot_alloc(b->s, 1, sizeof *way);
		if (!way)
			return -ENOMEM;
		*way = (struct am_adjacency){.kind = AM_ADJACENCY_TUNNEL,
			.mtu = in->mtu,
			.interface = in->id,
			.iface = in->iface,
			.port = AM_NO_ID,
			.bridge = AM_NO_ID,
			.tx_seq = b->s->roots.tunnels[in->tunnel]->tx_seq,
			.mss4 = in->mss4,
			.mss6 = in->mss6};
		in->way = way;
		rc = tunnel_list(b, b->s->roots.tunnels[in->tunnel], &way->paths);
	}
	return rc;
}

int am_build_routes(struct am_build *b)
{
	struct candidates list = {0};
	bool ok = true;
	int rc;

	b->tunnel_lists = am_build_alloc(b, b->s->roots.n_tunnels, sizeof *b->tunnel_lists, &ok);
	b->s->origins = am_build_alloc(b, b->s->roots.n_vrfs, sizeof *b->s->origins, &ok);
	b->s->tunnel_hops = am_build_alloc(b, b->s->roots.n_tunnels, sizeof *b->s->tunnel_hops, &ok);
	for (uint32_t i = 0; ok && i < b->s->roots.n_tunnels; i++)
		b->s->tunnel_hops[i] = AM_NO_PATH;
	b->s->route_ids = am_map_create(sizeof(struct class_key));
	rc = ok && b->s->route_ids ? add_all(b, &list) : -ENOMEM;
	if (rc == 0 && list.n) {
		qsort(list.items, list.n, sizeof *list.items, by_prefix);
		b->s->wanted = calloc(list.n, sizeof *b->s->wanted);
		rc = b->s->wanted ? want_all(b, &list) : -ENOMEM;
	}
	free(list.items);
	return rc < 0 ? rc : add_tunnel_ways(b);
}
