/* SPDX-License-Identifier: BSD-3-Clause */
/* FIBs and route classes: what lives below the snapshots, and how it follows them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "net/ether.h"
#include "route.h"

enum {
	NODES = 1 << 23, /* address space; memory is taken as it is used */
	VALUES = 1 << 23,
	LARGE_FROM = 4096, /* routes of a VRF, from which on its direct table pays */
};

/* ---- memory ---- */

int am_tables_create(struct am_model *m)
{
	void *routes = mmap(NULL, sizeof(am_route_slot) * AM_ROUTES_MAX, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	m->routes = routes == MAP_FAILED ? NULL : routes;
	m->room = am_fib_room_create(NODES, VALUES);
	return m->routes && m->room ? 0 : -ENOMEM;
}

void am_tables_free(struct am_model *m)
{
	for (uint32_t i = 0; i < m->table_slab.n; i++) {
		struct am_tables *t = m->table_slab.items[i];

		for (unsigned k = 0; t && k < 2; k++)
			if (t->fib[k])
				am_fib_destroy(t->fib[k]);
	}
	am_slab_free(&m->table_slab);
	if (m->room)
		am_fib_room_destroy(m->room);
	if (m->routes)
		munmap(m->routes, sizeof(am_route_slot) * AM_ROUTES_MAX);
}

/* ---- small and large ones ---- */

static uint8_t root_bits(uint16_t vrf, uint32_t n_routes)
{
	if (n_routes >= LARGE_FROM)
		return AM_FIB_ROOT_LARGE;
	return vrf == AM_VRF_DEFAULT ? AM_FIB_ROOT_MIDDLE : AM_FIB_ROOT_SMALL;
}

static int grow(struct am_model *m, struct am_snapshot *s, uint16_t vrf, bool is_ipv6, uint8_t bits)
{
	struct am_grown *more = realloc(s->grown, (s->n_grown + 1u) * sizeof *more), *g;

	if (!more)
		return -ENOMEM;
	s->grown = more;
	g = &more[s->n_grown];
	*g = (struct am_grown){.vrf = vrf, .is_ipv6 = is_ipv6, .root_bits = bits};
	g->fib = am_fib_create(m->room, is_ipv6 ? AM_IPV6 : AM_IPV4, bits);
	if (!g->fib)
		return -ENOMEM;
	s->n_grown++;
	return 0;
}

int am_tables_get(struct am_model *m, struct am_snapshot *s, uint16_t vrf, const uint32_t n_routes[2],
	const struct am_fib *out[2])
{
	struct am_tables *t = am_slab_get(&m->table_slab, vrf, sizeof *t);
	int rc = t ? 0 : -ENOMEM;

	for (unsigned i = 0; i < 2 && rc == 0; i++) {
		uint8_t bits = root_bits(vrf, n_routes[i]);

		if (!t->fib[i]) {
			t->fib[i] = am_fib_create(m->room, i ? AM_IPV6 : AM_IPV4, bits);
			t->root_bits[i] = bits;
		}
		out[i] = t->fib[i];
		if (!out[i])
			return -ENOMEM;
		if (bits <= t->root_bits[i])
			continue;
		rc = grow(m, s, vrf, i, bits);
		if (rc == 0)
			out[i] = s->grown[s->n_grown - 1].fib;
	}
	return rc;
}

/* The FIB that w is in is made anew for s. */
static bool is_anew(const struct am_snapshot *s, const struct am_wanted *w)
{
	for (uint16_t i = 0; i < s->n_grown; i++)
		if (s->grown[i].vrf == w->vrf && s->grown[i].is_ipv6 == (w->prefix.ip.family == AM_IPV6))
			return true;
	return false;
}

void am_grown_free(struct am_grown *grown, uint16_t n)
{
	for (uint16_t i = 0; i < n; i++)
		am_fib_destroy(grown[i].fib);
	free(grown);
}

/* From here on those that were made anew are the VRFs'; what they replace takes their places in the list. */
static void exchange(struct am_model *m, struct am_snapshot *s)
{
	for (uint16_t i = 0; i < s->n_grown; i++) {
		struct am_grown *g = &s->grown[i];
		struct am_tables *t = m->table_slab.items[g->vrf];
		struct am_fib *old = t->fib[g->is_ipv6];

		t->fib[g->is_ipv6] = g->fib;
		t->root_bits[g->is_ipv6] = g->root_bits;
		g->fib = old;
	}
}

/* ---- next hops ---- */

/* A hop into a tunnel lives as long as one of the tunnel's paths does. */
static void set_live(const struct am_hop *hop)
{
	uint32_t bits = atomic_load_explicit(&hop->route->live, memory_order_relaxed);
	const struct am_path_list *list = hop->made.paths;
	bool live = hop->linked && (!list || atomic_load_explicit(&list->live, memory_order_relaxed));

	/* One writer: no read-modify-write is needed. */
	bits = live ? bits | 1u << hop->bit : bits & ~(1u << hop->bit);
	atomic_store_explicit(&hop->route->live, bits, memory_order_release);
}

void am_adjacency_link(
	struct am_adjacency *a, const struct am_mac *src, const struct am_mac *dst, uint16_t vlan)
{
	memcpy(a->head, dst->bytes, AM_MAC_LEN);
	memcpy(a->head + AM_MAC_LEN, src->bytes, AM_MAC_LEN);
	a->head_len = AM_ETH_LEN;
	if (!vlan)
		return;
	am_store16(a->head + 2 * AM_MAC_LEN, AM_ET_DOT1Q);
	am_store16(a->head + 2 * AM_MAC_LEN + 2, vlan);
	a->head_len = AM_ETH_LEN + AM_TAG_LEN;
}

/* The kernel has chosen the port: what it is follows. */
static void put_port(const struct am_snapshot *s, struct am_adjacency *a, const struct am_nexthop *nh)
{
	const struct am_port_root *port = &s->roots.ports[nh->out_port];

	a->port = port->id;
	a->mtu = port->mtu;
	a->iface = port->iface;
}

struct am_adjacency *am_hop_link(struct am_snapshot *s, struct am_hop *hop)
{
	const struct am_nexthop *nh = hop->nexthop == AM_NO_ID ? NULL : &s->nexthops[hop->nexthop];
	struct am_adjacency *a, *before = hop->adjacency;

	a = !nh || nh->resolved ? malloc(sizeof *a) : NULL;
	hop->linked = a;
	if (!a) {
		set_live(hop);
		return NULL;
	}
	*a = hop->made;
	if (nh)
		am_adjacency_link(a, &nh->src, &nh->dst, nh->vlan);
	if (nh && a->kind == AM_ADJACENCY_PORT && a->port == AM_NO_ID)
		put_port(s, a, nh);
	hop->adjacency = a;
	atomic_store_explicit(&hop->route->hop[hop->bit], a, memory_order_release);
	set_live(hop);
	return before;
}

void am_hops_follow(struct am_snapshot *s, const struct am_path *p)
{
	for (uint32_t i = p->first_hop ? *p->first_hop : AM_NO_PATH; i != AM_NO_PATH;
		i = s->hops[i].same_tunnel)
		set_live(&s->hops[i]);
}

void am_hops_link(struct am_snapshot *s)
{
	for (uint32_t i = 0; i < s->n_hops; i++)
		free(am_hop_link(s, &s->hops[i]));
}

/* ---- a commit ---- */

int am_wanted_compare(const struct am_wanted *a, const struct am_wanted *b)
{
	int r;

	if (a->vrf != b->vrf)
		return a->vrf < b->vrf ? -1 : 1;
	r = memcmp(&a->prefix.ip, &b->prefix.ip, sizeof a->prefix.ip);
	return r ? r : (int)a->prefix.len - b->prefix.len;
}

static struct am_fib *fib_of(struct am_model *m, const struct am_wanted *w)
{
	const struct am_tables *t = m->table_slab.items[w->vrf];

	return t->fib[w->prefix.ip.family == AM_IPV6];
}

static void set(struct am_model *m, const struct am_wanted *w)
{
	if (am_fib_set(fib_of(m, w), &w->prefix, w->route) < 0)
		m->fib_failures++;
}

static void del(struct am_model *m, const struct am_wanted *w)
{
	if (am_fib_del(fib_of(m, w), &w->prefix) < 0)
		m->fib_failures++;
}

/* Both lists are sorted: what only one has comes or goes, what both have changes its value where that differs. */
static void change_prefixes(struct am_model *m, const struct am_snapshot *next, const struct am_snapshot *old)
{
	const struct am_wanted *a = old ? old->wanted : NULL, *a_end = a ? a + old->n_wanted : NULL;
	const struct am_wanted *b = next->wanted, *b_end = b ? b + next->n_wanted : NULL;

	while (a < a_end || b < b_end) {
		int order = a == a_end ? 1 : b == b_end ? -1 : am_wanted_compare(a, b);

		const struct am_wanted *from = order <= 0 ? a++ : NULL, *to = order >= 0 ? b++ : NULL;

		bool anew = is_anew(next, to ? to : from);

		if (to && (!from || anew || from->route != to->route))
			set(m, to);
		else if (!to && !anew)
			del(m, from);
	}
}

bool am_tables_commit(struct am_model *m, struct am_snapshot *next, const struct am_snapshot *old)
{
	for (uint32_t i = 0; i < next->n_routes; i++)
		atomic_store_explicit(&m->routes[next->routes[i]->id], next->routes[i], memory_order_release);
	exchange(m, next);
	change_prefixes(m, next, old);
	if (next->n_grown)
		am_neighbours_publish(m);
	return am_fib_room_close(m->room);
}

void am_tables_collect(struct am_model *m)
{
	am_fib_room_free(m->room);
}

void am_tables_forget(struct am_model *m, const struct am_snapshot *old)
{
	for (uint32_t i = 0; i < old->n_routes; i++) {
		am_route_slot *slot = &m->routes[old->routes[i]->id];

		if (atomic_load_explicit(slot, memory_order_relaxed) == old->routes[i])
			atomic_store_explicit(slot, NULL, memory_order_release);
	}
}
