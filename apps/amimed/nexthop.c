/* SPDX-License-Identifier: BSD-3-Clause */
#include "nexthop.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "table/roots.h"

/* Ask again for who does not answer; verify who does, well before the kernel's garbage collection (60 s). */
#define ASK_EVERY    (1 * AM_S)
#define VERIFY_EVERY (20 * AM_S)
#define VERIFY_APART (250 * AM_MS) /* so that many hops are not verified in one go */

struct am_hops {
	struct am_hops_env env;
	struct am_hop *hops;
	uint16_t n;
	uint16_t at; /* where the next run goes on */
};

/* What a look found out. */
struct look {
	enum am_hop_state state;
	int ifindex;
	struct am_ip neighbour;
	uint16_t port, vlan;
	struct am_mac mac;
	char device[16], vrfs[64];
};

struct am_hops *am_hops_create(const struct am_hops_env *env)
{
	struct am_hops *h = calloc(1, sizeof *h);

	if (h)
		h->env = *env;
	return h;
}

void am_hops_free(struct am_hops *h)
{
	if (h)
		free(h->hops);
	free(h);
}

bool am_hop_is_up(const struct am_hop *hop)
{
	return hop->state == AM_HOP_UP || hop->state == AM_HOP_STATIC;
}

/* A want as a key of maps. */
struct key {
	struct am_ip remote, via;
	uint16_t vrf, port, is_static;
};
_Static_assert(sizeof(struct key) % 8 == 0, "maps take keys in words of 8");

static struct key key_of(const struct am_hop_want *want)
{
	return (struct key){want->remote, want->via, want->vrf, want->port, want->is_static};
}

/* Those there are, by what is wanted of them; NULL: no memory. */
static struct am_map *index_hops(const struct am_hops *h)
{
	struct am_map *map = am_map_create(sizeof(struct key));

	for (uint32_t i = 0; map && i < h->n; i++) {
		struct key key = key_of(&h->hops[i].want);
		uint32_t at = i;

		if (am_map_add(map, &key, &at) < 0) {
			am_map_free(map);
			return NULL;
		}
	}
	return map;
}

static const struct am_hop *find_same(
	const struct am_hops *h, const struct am_map *map, const struct am_hop_want *want)
{
	struct key key = key_of(want);
	uint32_t at;

	return am_map_find(map, &key, &at) ? &h->hops[at] : NULL;
}

int am_hops_want(struct am_hops *h, const struct am_hop_want *want, uint16_t n)
{
	struct am_hop *hops = calloc(n ? n : 1, sizeof *hops);
	struct am_map *map = index_hops(h);

	if (!hops || !map) {
		free(hops);
		am_map_free(map);
		return -ENOMEM;
	}
	for (uint16_t i = 0; i < n; i++) {
		const struct am_hop *old = find_same(h, map, &want[i]);

		hops[i].want = want[i];
		hops[i].state = want[i].is_static ? AM_HOP_STATIC : AM_HOP_NEW;
		hops[i].dirty = !want[i].is_static;
		if (!old || want[i].is_static)
			continue;
		hops[i] = *old;
		hops[i].dirty = true;
		if (am_hop_is_up(old))
			h->env.report(h->env.ctx, i, &hops[i], true, false);
	}
	am_map_free(map);
	free(h->hops);
	h->hops = hops;
	h->n = n;
	h->at = 0;
	return 0;
}

void am_hops_all_dirty(struct am_hops *h)
{
	for (uint16_t i = 0; i < h->n; i++)
		h->hops[i].dirty = h->hops[i].state != AM_HOP_STATIC;
}

void am_hops_neigh(struct am_hops *h, const struct am_kneigh *neigh)
{
	for (uint16_t i = 0; i < h->n; i++) {
		struct am_hop *hop = &h->hops[i];

		if (hop->state != AM_HOP_STATIC && hop->ifindex == neigh->ifindex &&
			am_ip_equal(&hop->neighbour, &neigh->ip))
			hop->dirty = true;
	}
}

static void name_device(const struct am_hops_env *env, int ifindex, struct look *look)
{
	struct am_klink link;

	if (env->link(env->ctx, ifindex, &link) == 0)
		snprintf(look->device, sizeof look->device, "%s", link.name);
}

/* The device of a route is a port of ours, or a VLAN device on one. */
static bool find_port(const struct am_hops *h, int ifindex, struct look *look)
{
	const struct am_hops_env *env = &h->env;
	struct am_klink link;

	look->ifindex = ifindex;
	look->state = AM_HOP_FOREIGN;
	if (env->is_mirror(env->ctx, ifindex)) {
		look->state = AM_HOP_INSIDE;
		name_device(env, ifindex, look);
		return false;
	}
	if (env->port_of(env->ctx, ifindex, &look->port))
		return true;
	if (env->link(env->ctx, ifindex, &link) != 0)
		return false;
	snprintf(look->device, sizeof look->device, "%s", link.name);
	look->vlan = link.vlan;
	return link.vlan && link.parent && env->port_of(env->ctx, link.parent, &look->port);
}

/* VRFs are never mixed: the kernel has one table for many of them, and answers without asking which. */
static bool stays_in_vrf(const struct am_hops *h, uint16_t vrf, struct look *look)
{
	const struct am_hops_env *env = &h->env;

	if (env->in_vrf(env->ctx, look->port, look->vlan, vrf, look->vrfs, sizeof look->vrfs))
		return true;
	look->state = AM_HOP_OTHER_VRF;
	name_device(env, look->ifindex, look);
	return false;
}

/* Which port, and which neighbour there. False where the answer is already final. */
static bool look_route(const struct am_hops *h, const struct am_hop_want *want, struct look *look)
{
	const struct am_hops_env *env = &h->env;
	struct am_kroute route;

	look->neighbour = want->via.family ? want->via : want->remote;
	if (want->port != AM_NO_ID) {
		look->port = want->port;
		look->ifindex = env->ifindex_of(env->ctx, want->port);
		look->state = look->ifindex == AM_HOP_NO_DEVICE ? AM_HOP_ABSENT : AM_HOP_NOT_KERNELS;
		return look->ifindex > 0;
	}
	look->state = AM_HOP_NO_ROUTE;
	if (env->route(env->ctx, &look->neighbour, &route) != 0 || route.type == AM_KROUTE_REFUSED)
		return false;
	look->state = AM_HOP_LOCAL;
	if (route.type == AM_KROUTE_LOCAL)
		return false;
	if (route.gateway.family)
		look->neighbour = route.gateway;
	return find_port(h, route.oif, look) && stays_in_vrf(h, want->vrf, look);
}

static bool same_way(const struct am_hop *hop, const struct look *look)
{
	return hop->ifindex == look->ifindex && hop->port == look->port && hop->vlan == look->vlan &&
	       am_ip_equal(&hop->neighbour, &look->neighbour);
}

static void look_neighbour(const struct am_hops *h, const struct am_hop *hop, struct look *look)
{
	const struct am_hops_env *env = &h->env;
	struct am_kneigh neigh = {0};
	int rc = env->neigh(env->ctx, look->ifindex, &look->neighbour, &neigh);

	look->state = AM_HOP_NO_NEIGHBOUR;
	if (rc == 0 && neigh.usable) {
		look->state = AM_HOP_UP;
		look->mac = neigh.mac;
	} else if (hop->state == AM_HOP_UP && same_way(hop, look) && !(rc == 0 && neigh.failed)) {
		look->state = AM_HOP_UP; /* forgotten, not refuted */
		look->mac = hop->mac;
		env->probe(env->ctx, look->ifindex, &look->neighbour);
	}
}

static void take_look(struct am_hops *h, uint16_t i, const struct look *look)
{
	struct am_hop *hop = &h->hops[i];
	bool changed = hop->state != look->state || !same_way(hop, look) ||
		       memcmp(&hop->mac, &look->mac, sizeof hop->mac) != 0 ||
		       strcmp(hop->device, look->device) != 0 || strcmp(hop->vrfs, look->vrfs) != 0;

	if (changed)
		hop->fell = am_hop_is_up(hop);
	hop->state = look->state;
	hop->ifindex = look->ifindex;
	hop->neighbour = look->neighbour;
	hop->port = look->port;
	hop->vlan = look->vlan;
	hop->mac = look->mac;
	memcpy(hop->device, look->device, sizeof hop->device);
	memcpy(hop->vrfs, look->vrfs, sizeof hop->vrfs);
	if (changed)
		h->env.report(h->env.ctx, i, hop, hop->state == AM_HOP_UP, true);
}

static void look_at(struct am_hops *h, uint16_t i, am_time now)
{
	struct am_hop *hop = &h->hops[i];
	bool due = !am_time_before(now, hop->look_at);
	struct look look = {.state = AM_HOP_NO_ROUTE};

	hop->dirty = false;
	if (look_route(h, &hop->want, &look))
		look_neighbour(h, hop, &look);
	if (look.state == AM_HOP_NO_NEIGHBOUR || (look.state == AM_HOP_UP && due))
		if (due || hop->state != look.state || !same_way(hop, &look))
			h->env.probe(h->env.ctx, look.ifindex, &look.neighbour);
	take_look(h, i, &look);
	if (look.state != AM_HOP_UP)
		hop->look_at = am_time_add(now, ASK_EVERY);
	else if (due)
		hop->look_at = am_time_add(now, VERIFY_EVERY + i % 32 * VERIFY_APART);
}

bool am_hops_run(struct am_hops *h, am_time now, unsigned budget)
{
	for (uint16_t seen = 0; seen < h->n; seen++) {
		uint16_t i = h->at;
		struct am_hop *hop = &h->hops[i];

		if (hop->dirty || (hop->state != AM_HOP_STATIC && !am_time_before(now, hop->look_at))) {
			if (budget-- == 0)
				return true;
			look_at(h, i, now);
		}
		h->at = (uint16_t)(i + 1 == h->n ? 0 : i + 1);
	}
	return false;
}

uint16_t am_hops_count(const struct am_hops *h)
{
	return h->n;
}

const struct am_hop *am_hops_at(const struct am_hops *h, uint16_t i)
{
	return i < h->n ? &h->hops[i] : NULL;
}

const char *am_hop_text(const struct am_hop *hop, char *buf, size_t room)
{
	char remote[AM_IP_TEXT], neighbour[AM_IP_TEXT], mac[AM_MAC_TEXT];

	am_ip_text(&hop->want.remote, remote);
	am_ip_text(&hop->neighbour, neighbour);
	switch (hop->state) {
	case AM_HOP_NEW:
		snprintf(buf, room, "%s: not looked at yet", remote);
		break;
	case AM_HOP_STATIC:
		snprintf(buf, room, "%s: static", remote);
		break;
	case AM_HOP_UP:
		snprintf(buf, room, "%s: by %s at %s", remote, neighbour, am_mac_text(&hop->mac, mac));
		break;
	case AM_HOP_NO_ROUTE:
		snprintf(buf, room, "no route to %s; see: ip route get %s", remote, remote);
		break;
	case AM_HOP_LOCAL:
		snprintf(buf, room,
			"%s is an address of this machine itself; a remote must be the other side's: correct it in the file",
			remote);
		break;
	case AM_HOP_INSIDE:
		snprintf(buf, room,
			"the route to %s leaves by %s, which is inside this box: nothing runs through itself; make it leave by "
			"a port of the underlay, as in: ip route add %s via GATEWAY",
			remote, hop->device[0] ? hop->device : "a mirror", remote);
		break;
	case AM_HOP_FOREIGN:
		snprintf(buf, room,
			"the route to %s leaves by %s, which is no port of ours; make it one, or change the route",
			remote, hop->device[0] ? hop->device : "a device");
		break;
	case AM_HOP_OTHER_VRF:
		snprintf(buf, room,
			"the kernel's route to %s leaves by %s, which is %s; give the kernel a route by a port of that VRF",
			remote, hop->device[0] ? hop->device : "a port", hop->vrfs);
		break;
	case AM_HOP_NOT_KERNELS:
		snprintf(buf, room, "the kernel does not know the port to %s; give its route a \"mac\"",
			remote);
		break;
	case AM_HOP_ABSENT:
		snprintf(buf, room, "the device of the port to %s is gone; see: amimectl show ports", remote);
		break;
	case AM_HOP_NO_NEIGHBOUR:
		snprintf(buf, room, "no answer yet from neighbour %s on the way to %s; asking every second",
			neighbour, remote);
		break;
	}
	return buf;
}
