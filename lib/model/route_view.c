/* SPDX-License-Identifier: BSD-3-Clause */
#include "model/route_view.h"

#include <string.h>

#include "route.h"

enum { WAITING_MAX = 4096 }; /* hops that are looked at for one answer */

const struct am_conf_vrf *am_model_vrf_conf(const struct am_model *m, uint16_t vrf)
{
	const struct am_snapshot *s = m->running;

	return s && vrf < s->roots.n_vrfs ? s->vrf_confs[vrf] : NULL;
}

static const struct am_fib *fib_of(const struct am_model *m, uint16_t vrf, unsigned family)
{
	const struct am_snapshot *s = m->running;
	const struct am_vrf *root = s && vrf < s->roots.n_vrfs ? s->roots.vrfs[vrf] : NULL;

	if (!root)
		return NULL;
	return family == AM_IPV4 ? root->fib4 : root->fib6;
}

/* ---- origins ---- */

static const struct am_wanted *find_wanted(
	const struct am_snapshot *s, uint16_t vrf, const struct am_prefix *prefix)
{
	const struct am_wanted key = {.vrf = vrf, .prefix = *prefix};
	uint32_t low = 0, high = s->n_wanted;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		int order = am_wanted_compare(&s->wanted[middle], &key);

		if (order == 0)
			return &s->wanted[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* False: its class has just gone. */
static bool fill(const struct am_model *m, uint16_t vrf, const struct am_prefix *prefix, uint32_t value,
	struct am_route_info *out)
{
	const struct am_wanted *wanted = find_wanted(m->running, vrf, prefix);

	*out = (struct am_route_info){.prefix = *prefix,
		.origin = wanted ? (enum am_route_origin)wanted->origin : AM_ORIGIN_NEIGHBOUR,
		.route = am_route_of(m->routes, value)};
	return out->route;
}

struct told {
	const struct am_model *model;
	uint16_t vrf;
	am_route_fn *fn;
	void *ctx;
	bool enough;
};

static bool tell(void *ctx, const struct am_prefix *prefix, uint32_t value)
{
	struct told *told = ctx;
	struct am_route_info info;

	if (fill(told->model, told->vrf, prefix, value, &info))
		told->enough = !told->fn(told->ctx, &info);
	return !told->enough;
}

void am_model_routes(
	const struct am_model *m, uint16_t vrf, const struct am_prefix *after, am_route_fn *fn, void *ctx)
{
	struct told told = {.model = m, .vrf = vrf, .fn = fn, .ctx = ctx};
	const struct am_fib *fib4 = fib_of(m, vrf, AM_IPV4), *fib6 = fib_of(m, vrf, AM_IPV6);
	bool in_ipv6 = after && after->ip.family == AM_IPV6;

	if (fib4 && !in_ipv6)
		am_fib_walk(fib4, after, tell, &told);
	if (fib6 && !told.enough)
		am_fib_walk(fib6, in_ipv6 ? after : NULL, tell, &told);
}

bool am_model_route_match(
	const struct am_model *m, uint16_t vrf, const struct am_ip *ip, struct am_route_info *out)
{
	const struct am_fib *fib = fib_of(m, vrf, ip->family);
	struct am_prefix prefix;
	uint32_t value = fib ? am_fib_match(fib, ip, &prefix) : 0;

	return value && fill(m, vrf, &prefix, value, out);
}

/* ---- next hops ---- */

/* NULL: a neighbour's class, or one that left with an older snapshot. */
static const struct am_class_note *note_of(const struct am_snapshot *s, const struct am_route *route)
{
	return route->index < s->n_routes && s->routes[route->index] == route ? &s->notes[route->index]
									      : NULL;
}

void am_model_route_hop(
	const struct am_model *m, const struct am_route *route, unsigned i, struct am_route_hop *out)
{
	const struct am_snapshot *s = m->running;
	const struct am_class_note *note = note_of(s, route);
	const struct am_hop *hop = note ? &s->hops[note->first_hop + i] : NULL;
	const struct am_adjacency *a = am_route_hop(route, i);
	uint16_t id = hop ? hop->made.interface : a->interface;

	*out = (struct am_route_hop){
		.live = atomic_load_explicit(&route->live, memory_order_relaxed) >> i & 1,
		.nexthop = hop ? hop->nexthop : AM_NO_ID,
		.out = id < s->roots.n_interfaces ? s->roots.interfaces[id] : NULL,
		.resolved = !hop || hop->linked ? a : NULL};
}

void am_model_waiting(const struct am_model *m, uint16_t nexthop, struct am_waiting *out)
{
	const struct am_snapshot *s = m->running;
	const struct am_wanted *first = NULL;
	unsigned seen = 0;

	*out = (struct am_waiting){0};
	for (uint32_t i = s->first_paths[nexthop]; i != AM_NO_PATH; i = s->paths[i].next)
		out->paths++;
	for (uint32_t i = s->first_hops[nexthop]; i != AM_NO_PATH; i = s->hops[i].next) {
		const struct am_class_note *note = note_of(s, s->hops[i].route);

		if (seen++ == WAITING_MAX) {
			out->more = true;
			break;
		}
		if (!note)
			continue;
		out->prefixes += note->n_wanted;
		if (!first || &s->wanted[note->first_wanted] < first)
			first = &s->wanted[note->first_wanted];
	}
	if (!first)
		return;
	out->vrf = first->vrf;
	out->first = first->prefix;
}

/* ---- how large ---- */

/* What the file wants and the kernel knows; what is in the FIB may be less where memory was short. */
void am_model_vrf_size(const struct am_model *m, uint16_t vrf, struct am_vrf_size *out)
{
	static const unsigned families[] = {AM_IPV4, AM_IPV6};
	struct am_neighbour_info neighbour;
	const struct am_snapshot *s = m->running;

	*out = (struct am_vrf_size){0};
	if (!am_model_vrf_conf(m, vrf))
		return;
	for (unsigned f = 0; f < 2; f++) {
		const struct am_fib *fib = fib_of(m, vrf, families[f]);

		if (!fib)
			continue;
		out->prefixes[f] = am_fib_count(fib);
		out->octets[f] = am_fib_memory(fib);
		memcpy(out->by_origin[f], s->origins[vrf].n[f], sizeof out->by_origin[f]);
	}
	for (uint32_t at = 0; am_model_next_neighbour(m, &at, &neighbour);)
		if (neighbour.in_fib && neighbour.vrf == vrf)
			out->by_origin[neighbour.ip.family == AM_IPV6][AM_ORIGIN_NEIGHBOUR]++;
}

uint64_t am_model_fib_room(const struct am_model *m)
{
	return am_fib_room_use(m->room).memory;
}
