/* SPDX-License-Identifier: BSD-3-Clause */
/* What the program is told of the loc-rib, when it asks, and in what state it is then. */
#include "rib_state.h"

enum { SKIP = 64 }; /* prefixes passed over in one call: where there are more, they are decided first */

/* One more path of a change. */
static void show(const struct am_bgp_rib *rib, enum am_bgp_family family, const struct am_bgp_route *route,
	enum am_bgp_verdict verdict, struct am_bgp_rib_path *out)
{
	const struct am_bgp_in *in = &rib->peers[route->peer]->in[family];

	*out = (struct am_bgp_rib_path){
		.peer = route->peer,
		.path_id = route->path_id,
		.received = route->received,
		.imported = route->imported,
		.stale = am_bgp_route_stale(in, route),
		.long_lived = in->long_lived && am_bgp_route_stale(in, route),
		.verdict = verdict,
	};
}

static void fill(
	struct am_bgp_rib *rib, enum am_bgp_family family, uint32_t id, struct am_bgp_rib_change *out)
{
	const struct am_bgp_node *node = am_bgp_node_at(&rib->tables[family], id);
	unsigned most = rib->config.multipath ? rib->config.multipath : 1;
	struct am_bgp_set set = {0};

	out->n = 0;
	out->paths = rib->shown;
	for (uint32_t at = node->flags & AM_BGP_NODE_BEST ? node->routes : 0; at && out->n < most;) {
		const struct am_bgp_route *route = am_bgp_route_at(rib, at);

		if (out->n == 0 || route->flags & AM_BGP_ROUTE_MULTIPATH) {
			show(rib, family, route, out->n ? AM_BGP_MULTIPATH : AM_BGP_BEST,
				&rib->shown[out->n]);
			out->n++;
		}
		at = route->next;
	}
	if (out->n && family == AM_BGP_L2VPN_EVPN)
		am_bgp_store_get(rib->store, out->paths[0].imported, &set);
	am_bgp_table_nlri(&rib->tables[family], id, set.extra, &out->nlri);
}

/* The next one of a family that is not waiting to be decided, or 0. */
static uint32_t next_of(struct am_bgp_rib *rib, enum am_bgp_family family)
{
	const struct am_bgp_marks *marks = &rib->changes[family];
	uint32_t from = rib->change_at[family];

	for (int turn = 0; turn < 2; turn++, from = 0) {
		int64_t id = am_bgp_marks_next(marks, from);

		for (int tries = 0; id >= 0 && tries < SKIP; tries++) {
			if (!am_bgp_marked(&rib->decide[family], (uint32_t)id))
				return (uint32_t)id;
			id = am_bgp_marks_next(marks, (uint32_t)id + 1);
		}
	}
	return 0;
}

bool am_bgp_rib_next_change(struct am_bgp_rib *rib, struct am_bgp_rib_change *out)
{
	for (unsigned f = 0; f < AM_BGP_FAMILIES; f++) {
		uint32_t id = rib->changes[f].count ? next_of(rib, f) : 0;

		if (!id)
			continue;
		am_bgp_unmark(&rib->changes[f], id);
		rib->change_at[f] = id + 1;
		fill(rib, f, id, out);
		/* The prefix may go now, but not before the program has read what is handed out. */
		if (!am_bgp_node_at(&rib->tables[f], id)->routes)
			am_bgp_mark(&rib->decide[f], id);
		return true;
	}
	return false;
}

void am_bgp_rib_changes_again(struct am_bgp_rib *rib, enum am_bgp_family family)
{
	if (rib->config.changes)
		rib->again_at[family] = rib->tables[family].nodes.live ? 1 : 0;
}

int64_t am_bgp_again_some(struct am_bgp_rib *rib, enum am_bgp_family family, int64_t budget)
{
	const struct am_bgp_table *table = &rib->tables[family];
	uint32_t end = am_bgp_pool_end(&table->nodes);

	for (; budget > 0 && rib->again_at[family]; budget--) {
		uint32_t at = rib->again_at[family];

		if (am_bgp_node_used(table, at) && am_bgp_node_at(table, at)->flags & AM_BGP_NODE_BEST)
			am_bgp_mark(&rib->changes[family], at);
		rib->again_at[family] = at + 1 < end ? at + 1 : 0;
	}
	return budget;
}
