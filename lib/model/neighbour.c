/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Neighbours on connected networks, one host route each, as long as the kernel knows them. They outlive snapshots: a commit
 * looks whether each of them is still on a link, and leaves those alone that are.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "model/route_view.h"
#include "net/ether.h"
#include "route.h"

struct am_neighbour {
	uint16_t interface, vrf;
	struct am_ip ip;
	struct am_mac mac;
	uint32_t index; /* in the model's, and of its class's number */
	bool published; /* it is in the FIB; else something more important has its prefix */
	struct am_adjacency *adjacency;
	struct am_route route;
};

int am_neighbours_create(struct am_model *m)
{
	m->neighbours = calloc(AM_NEIGHBOURS_MAX, sizeof *m->neighbours);
	m->free_neighbours = calloc(AM_NEIGHBOURS_MAX, sizeof *m->free_neighbours);
	if (!m->neighbours || !m->free_neighbours)
		return -ENOMEM;
	for (uint32_t i = AM_NEIGHBOURS_MAX; i-- > 0;)
		m->free_neighbours[m->n_free_neighbours++] = i;
	return 0;
}

static void neighbour_free(struct am_neighbour *n)
{
	if (n)
		free(n->adjacency);
	free(n);
}

void am_neighbours_free(struct am_model *m)
{
	for (uint32_t i = 0; m->neighbours && i < m->end_neighbours; i++)
		neighbour_free(m->neighbours[i]);
	free(m->neighbours);
	free(m->free_neighbours);
}

void am_neighbours_retire(struct am_model *m, struct am_neighbour **gone, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		atomic_store_explicit(&m->routes[gone[i]->route.id], NULL, memory_order_release);
		m->free_neighbours[m->n_free_neighbours++] = gone[i]->index;
		neighbour_free(gone[i]);
	}
}

/* ---- what it is on ---- */

static const struct am_interface *interface_of(const struct am_snapshot *s, uint16_t id)
{
	const struct am_interface *in = id < s->roots.n_interfaces ? s->roots.interfaces[id] : NULL;

	if (!in || in->kind == AM_INTERFACE_BOX)
		return NULL;
	return in->kind != AM_INTERFACE_TUNNEL || in->mirror == AM_MIRROR_TAP ? in : NULL;
}

/* On a connected network, and not ourselves. */
static bool is_on_link(const struct am_snapshot *s, uint16_t id, const struct am_ip *ip)
{
	const struct am_conf_l3 *l3 = s->interface_confs[id];
	bool found = false;

	for (uint16_t i = 0; l3 && i < l3->n_addresses; i++) {
		const struct am_prefix *a = &l3->addresses[i], network = am_prefix_around(&a->ip, a->len);

		if (am_ip_equal(&a->ip, ip))
			return false;
		found |= am_prefix_contains(&network, ip);
	}
	return found;
}

static struct am_prefix prefix_of(const struct am_neighbour *n)
{
	return (struct am_prefix){n->ip, (uint8_t)(am_ip_len(&n->ip) * 8)};
}

static struct am_fib *fib_of(struct am_model *m, const struct am_neighbour *n)
{
	const struct am_tables *t = m->table_slab.items[n->vrf];

	return t->fib[n->ip.family == AM_IPV6];
}

static struct am_adjacency *adjacency_of(const struct am_interface *in, const struct am_mac *mac)
{
	struct am_adjacency *a = malloc(sizeof *a);

	if (!a)
		return NULL;
	*a = (struct am_adjacency){.kind = in->kind == AM_INTERFACE_BRIDGE   ? AM_ADJACENCY_BRIDGE
					   : in->kind == AM_INTERFACE_TUNNEL ? AM_ADJACENCY_TUNNEL
									     : AM_ADJACENCY_PORT,
		.head_len = AM_ETH_LEN,
		.mtu = in->mtu,
		.interface = in->id,
		.iface = in->iface,
		.port = in->port,
		.bridge = in->bridge,
		.mss4 = in->mss4,
		.mss6 = in->mss6};
	if (in->way) {
		a->paths = in->way->paths;
		a->tx_seq = in->way->tx_seq;
	}
	memcpy(a->head, mac->bytes, AM_MAC_LEN);
	memcpy(a->head + AM_MAC_LEN, in->mac.bytes, AM_MAC_LEN);
	if (in->vlan) {
		am_store16(a->head + 2 * AM_MAC_LEN, AM_ET_DOT1Q);
		am_store16(a->head + 2 * AM_MAC_LEN + 2, in->vlan);
		a->head_len = AM_ETH_LEN + AM_TAG_LEN;
	}
	return a;
}

/* ---- in the FIB ---- */

/* What the file says of this very address holds before it. */
static void publish(struct am_model *m, struct am_neighbour *n)
{
	const struct am_prefix prefix = prefix_of(n);
	uint32_t now = am_fib_get(fib_of(m, n), &prefix);

	if (!now && am_fib_set(fib_of(m, n), &prefix, n->route.id) == 0)
		now = n->route.id;
	n->published = now == n->route.id;
}

void am_neighbours_publish(struct am_model *m)
{
	for (uint32_t i = 0; i < m->end_neighbours; i++)
		if (m->neighbours[i])
			publish(m, m->neighbours[i]);
}

static void withdraw(struct am_model *m, struct am_neighbour *n)
{
	const struct am_prefix prefix = prefix_of(n);

	if (am_fib_get(fib_of(m, n), &prefix) == n->route.id)
		am_fib_del(fib_of(m, n), &prefix);
	m->neighbours[n->index] = NULL;
}

static struct am_neighbour *find(const struct am_model *m, uint16_t interface, const struct am_ip *ip)
{
	for (uint32_t i = 0; i < m->end_neighbours; i++) {
		struct am_neighbour *n = m->neighbours[i];

		if (n && n->interface == interface && am_ip_equal(&n->ip, ip))
			return n;
	}
	return NULL;
}

static struct am_retired *retired_new(struct am_model *m)
{
	struct am_retired *old = calloc(1, sizeof *old);

	if (!old)
		return NULL;
	old->model = m;
	old->neighbours = calloc(1, sizeof *old->neighbours);
	old->adjacencies = calloc(1, sizeof *old->adjacencies);
	if (old->neighbours && old->adjacencies)
		return old;
	free(old->neighbours);
	free(old->adjacencies);
	free(old);
	return NULL;
}

/* A new one needs nothing retired. */
static void add(
	struct am_model *m, const struct am_interface *in, const struct am_ip *ip, const struct am_mac *mac)
{
	struct am_neighbour *n;

	if (!m->n_free_neighbours)
		return;
	n = aligned_alloc(64, (sizeof *n + 63) & ~(size_t)63);
	if (!n)
		return;
	memset(n, 0, sizeof *n);
	n->adjacency = adjacency_of(in, mac);
	if (!n->adjacency) {
		free(n);
		return;
	}
	n->interface = in->id;
	n->vrf = in->vrf;
	n->ip = *ip;
	n->mac = *mac;
	n->index = m->free_neighbours[--m->n_free_neighbours];
	if (n->index >= m->end_neighbours)
		m->end_neighbours = n->index + 1;
	n->route.id = AM_ROUTES_MAX - AM_NEIGHBOURS_MAX + n->index;
	n->route.kind = AM_ROUTE_FORWARD;
	n->route.index = UINT32_MAX;
	n->route.n = 1;
	n->route.interface = in->id;
	atomic_store_explicit(&n->route.hop[0], n->adjacency, memory_order_relaxed);
	atomic_store_explicit(&n->route.live, 1, memory_order_relaxed);
	m->neighbours[n->index] = n;
	atomic_store_explicit(&m->routes[n->route.id], &n->route, memory_order_release);
	publish(m, n);
}

/* Another way to the same neighbour; false where memory is short: it stays as it was. */
static bool relink(struct am_neighbour *n, const struct am_interface *in, const struct am_mac *mac,
	struct am_adjacency **before)
{
	struct am_adjacency *next = adjacency_of(in, mac);

	if (!next)
		return false;
	*before = n->adjacency;
	n->adjacency = next;
	n->mac = *mac;
	atomic_store_explicit(&n->route.hop[0], next, memory_order_release);
	return true;
}

struct am_retired *am_model_neighbour(
	struct am_model *m, uint16_t interface, const struct am_ip *ip, const struct am_mac *mac)
{
	const struct am_interface *in = m->running ? interface_of(m->running, interface) : NULL;
	struct am_neighbour *n = find(m, interface, ip);
	struct am_retired *old;

	if (!n) {
		if (mac && in && is_on_link(m->running, interface, ip))
			add(m, in, ip, mac);
		return NULL;
	}
	if (mac && in && !memcmp(&n->mac, mac, sizeof *mac))
		return NULL;
	old = retired_new(m);
	if (!old)
		return NULL;
	if (mac && in) {
		old->n_adjacencies = relink(n, in, mac, &old->adjacencies[0]);
		return old;
	}
	withdraw(m, n);
	old->neighbours[old->n_neighbours++] = n;
	old->room = am_fib_room_close(m->room);
	return old;
}

bool am_model_next_neighbour(const struct am_model *m, uint32_t *at, struct am_neighbour_info *out)
{
	while (*at < m->end_neighbours) {
		const struct am_neighbour *n = m->neighbours[(*at)++];

		if (!n)
			continue;
		*out = (struct am_neighbour_info){.interface = n->interface,
			.vrf = n->vrf,
			.ip = n->ip,
			.mac = n->mac,
			.in_fib = n->published};
		return true;
	}
	return false;
}

uint32_t am_model_neighbours(const struct am_model *m)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < m->end_neighbours; i++)
		n += m->neighbours[i] != NULL;
	return n;
}

/* ---- a commit ---- */

static bool is_same_way(const struct am_adjacency *a, const struct am_adjacency *b)
{
	return a->head_len == b->head_len && a->mtu == b->mtu && a->iface == b->iface && a->port == b->port &&
	       a->bridge == b->bridge && a->paths == b->paths && !memcmp(a->head, b->head, a->head_len);
}

static void follow(struct am_model *m, struct am_neighbour *n, struct am_retired *old)
{
	const struct am_interface *in = interface_of(m->running, n->interface);
	struct am_adjacency *next;

	if (!in || in->vrf != n->vrf || !is_on_link(m->running, n->interface, &n->ip)) {
		withdraw(m, n);
		old->neighbours[old->n_neighbours++] = n;
		return;
	}
	next = adjacency_of(in, &n->mac);
	if (next && !is_same_way(next, n->adjacency)) {
		old->adjacencies[old->n_adjacencies++] = n->adjacency;
		n->adjacency = next;
		atomic_store_explicit(&n->route.hop[0], next, memory_order_release);
	} else {
		free(next);
	}
	publish(m, n);
}

struct am_retired *am_model_neighbours_follow(struct am_model *m)
{
	struct am_retired *old = retired_new(m);
	uint32_t n = m->end_neighbours;

	if (!old)
		return NULL;
	free(old->neighbours);
	free(old->adjacencies);
	old->neighbours = calloc(n + 1, sizeof *old->neighbours);
	old->adjacencies = calloc(n + 1, sizeof *old->adjacencies);
	for (uint32_t i = 0; old->neighbours && old->adjacencies && i < n; i++)
		if (m->neighbours[i])
			follow(m, m->neighbours[i], old);
	old->room = am_fib_room_close(m->room);
	return old;
}
