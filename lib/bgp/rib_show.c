/* SPDX-License-Identifier: BSD-3-Clause */
/* Questions about the routing table: nothing is kept for them, so they are worked out when they are asked. */
#include <errno.h>

#include "rib_state.h"

/* The verdict on this route among those in rib->field. */
static enum am_bgp_verdict verdict_of(const struct am_bgp_rib *rib, uint32_t route, int n)
{
	for (int i = 0; i < n; i++) {
		if (rib->field.routes[i] == route)
			return rib->field.verdicts[i];
	}
	return AM_BGP_LOST_UNREACHABLE;
}

/* Why the path was rejected: it is judged once more. */
static const char *why_rejected(
	struct am_bgp_rib *rib, const struct am_bgp_route *route, const struct am_bgp_nlri *nlri)
{
	struct am_bgp_intake intake;
	struct am_bgp_set set;
	am_bgp_set_id imported = 0;
	const char *why = NULL;

	am_bgp_store_get(rib->store, route->received, &set);
	if (am_bgp_intake_open(rib, &intake, rib->peers[route->peer], nlri->family, route->received, &set))
		return "there is no memory to find out";
	if (am_bgp_intake_judge(rib, &intake, nlri, &imported, &why) || imported)
		why = "it was rejected by the policy before this one, and will be judged again";
	am_bgp_store_release(rib->store, imported, 1);
	am_bgp_intake_close(rib, &intake);
	return why;
}

static uint32_t find(const struct am_bgp_rib *rib, const struct am_bgp_nlri *nlri)
{
	struct am_bgp_key key;

	if (nlri->family >= AM_BGP_FAMILIES || am_bgp_table_key(&rib->tables[nlri->family], nlri, &key))
		return 0;
	return am_bgp_table_find(&rib->tables[nlri->family], &key);
}

int am_bgp_rib_explain(
	struct am_bgp_rib *rib, const struct am_bgp_nlri *nlri, struct am_bgp_rib_path *paths, size_t max)
{
	uint32_t id = find(rib, nlri);
	const struct am_bgp_node *node = id ? am_bgp_node_at(&rib->tables[nlri->family], id) : NULL;
	size_t n = 0;
	int field;

	if (!node || !node->routes)
		return -ENOENT;
	field = am_bgp_field_fill(rib, nlri->family, node);
	if (field < 0)
		return field;
	am_bgp_decide(rib->field.paths, (size_t)field, &rib->config.decision, rib->field.verdicts);
	if (rib->config.multipath)
		am_bgp_field_limit(rib, (unsigned)field);
	for (uint32_t at = node->routes; at; at = am_bgp_route_at(rib, at)->next) {
		const struct am_bgp_route *route = am_bgp_route_at(rib, at);
		const struct am_bgp_in *in = &rib->peers[route->peer]->in[nlri->family];

		if (!am_bgp_route_lives(in, route))
			continue;
		if (n < max)
			paths[n] = (struct am_bgp_rib_path){
				.peer = route->peer,
				.path_id = route->path_id,
				.received = route->received,
				.imported = route->imported,
				.stale = am_bgp_route_stale(in, route),
				.long_lived = in->long_lived && am_bgp_route_stale(in, route),
				.verdict = verdict_of(rib, at, field),
				.why = route->imported ? NULL : why_rejected(rib, route, nlri),
			};
		n++;
	}
	return n ? (int)n : -ENOENT;
}

bool am_bgp_rib_walk(
	const struct am_bgp_rib *rib, enum am_bgp_family family, uint32_t *cursor, struct am_bgp_nlri *out)
{
	const struct am_bgp_table *table = &rib->tables[family];

	while (++*cursor < am_bgp_pool_end(&table->nodes)) {
		if (!am_bgp_node_used(table, *cursor) || !am_bgp_node_at(table, *cursor)->routes)
			continue;
		am_bgp_table_nlri(table, *cursor, (struct am_bgp_span){0}, out);
		return true;
	}
	return false;
}

int am_bgp_rib_told(const struct am_bgp_rib *rib, unsigned peer, const struct am_bgp_nlri *nlri,
	struct am_bgp_rib_told *told, size_t max)
{
	struct am_bgp_told_path paths[AM_BGP_RIB_MULTIPATH];
	uint32_t id = find(rib, nlri);
	const struct am_bgp_group *g = id ? rib->peers[peer]->out[nlri->family].group : NULL;
	unsigned n = g ? am_bgp_told_get(g, id, paths) : 0, out = 0;

	for (unsigned i = 0; i < n; i++) {
		if (!paths[i].set || paths[i].from == peer)
			continue;
		if (out < max)
			told[out] = (struct am_bgp_rib_told){paths[i].path_id, paths[i].set};
		out++;
	}
	return (int)out;
}

/* What the group makes of the best path now. */
static const char *why_not_exported(
	struct am_bgp_rib *rib, struct am_bgp_group *g, const struct am_bgp_nlri *nlri, uint32_t route)
{
	am_bgp_set_id set = 0;

	if (am_bgp_export_route(rib, g, nlri, am_bgp_route_at(rib, route), &set))
		return "there is no memory to find out";
	if (!set)
		return g->outlet.why;
	am_bgp_store_release(rib->store, set, 1);
	return g->limited ? "as many prefixes are told as may be" : "it is about to be told";
}

const char *am_bgp_rib_why_not_told(struct am_bgp_rib *rib, unsigned peer, const struct am_bgp_nlri *nlri)
{
	uint32_t id = find(rib, nlri);
	const struct am_bgp_node *node = id ? am_bgp_node_at(&rib->tables[nlri->family], id) : NULL;
	struct am_bgp_group *g =
		nlri->family < AM_BGP_FAMILIES ? rib->peers[peer]->out[nlri->family].group : NULL;

	if (!node || !node->routes)
		return "there is no such route";
	if (!g)
		return "the session is not up, or has not agreed on this family";
	if (am_bgp_rib_told(rib, peer, nlri, NULL, 0))
		return NULL;
	if (!(node->flags & AM_BGP_NODE_BEST))
		return "none of its paths may be used";
	if (am_bgp_route_at(rib, node->routes)->peer == peer)
		return "the best path came from this peer";
	return why_not_exported(rib, g, nlri, node->routes);
}

/* Octets of the group's own. */
static size_t group_bytes(const struct am_bgp_group *g)
{
	size_t bytes = sizeof *g + g->n_pages * sizeof *g->pages + g->paths.bytes + g->dirty.end / 8;

	for (uint32_t i = 0; i < g->n_pages; i++)
		bytes += g->pages[i] ? sizeof *g->pages[i] : 0;
	return bytes;
}

void am_bgp_rib_counters(const struct am_bgp_rib *rib, struct am_bgp_rib_counters *out)
{
	struct am_bgp_store_size store = am_bgp_store_size(rib->store);

	*out = rib->counters;
	out->memory = store.bytes + store.overhead + rib->routes.bytes + sizeof *rib + sizeof *rib->pack +
		      AM_BGP_FILTER_ROOM;
	for (unsigned f = 0; f < AM_BGP_FAMILIES; f++)
		out->memory += am_bgp_table_bytes(&rib->tables[f]) + rib->decide[f].end / 4;
	for (const struct am_bgp_group *g = rib->groups; g; g = g->next)
		out->memory += group_bytes(g);
}

void am_bgp_rib_peer_counters(
	const struct am_bgp_rib *rib, unsigned peer, struct am_bgp_rib_peer_counters *out)
{
	const struct am_bgp_peer_state *p = rib->peers[peer];

	*out = (struct am_bgp_rib_peer_counters){0};
	for (unsigned f = 0; f < AM_BGP_FAMILIES; f++) {
		const struct am_bgp_group *g = p->out[f].group;

		out->received[f] = p->in[f].count;
		out->advertised[f] = g ? g->advertised : 0;
		out->group = g ? g->number : out->group;
	}
}
