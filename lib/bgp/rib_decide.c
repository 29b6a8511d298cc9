/* SPDX-License-Identifier: BSD-3-Clause */
/* The best path of each prefix whose paths changed; and why, for who asks. */
#include <errno.h>
#include <stdlib.h>

#include "rib_state.h"

void am_bgp_field_release(struct am_bgp_field *f)
{
	free(f->paths);
	free(f->sets);
	free(f->routes);
	free(f->verdicts);
	*f = (struct am_bgp_field){0};
}

bool am_bgp_field_fit(struct am_bgp_field *f, uint32_t n)
{
	struct am_bgp_field more = {.room = f->room ? f->room : 8};

	if (n <= f->room)
		return true;
	while (more.room < n)
		more.room *= 2;
	more.paths = malloc(more.room * sizeof *more.paths);
	more.sets = malloc(more.room * sizeof *more.sets);
	more.routes = malloc(more.room * sizeof *more.routes);
	more.verdicts = malloc(more.room);
	if (!more.paths || !more.sets || !more.routes || !more.verdicts) {
		am_bgp_field_release(&more);
		return false;
	}
	am_bgp_field_release(f);
	*f = more;
	return true;
}

static bool counts(const struct am_bgp_rib *rib, enum am_bgp_family family, const struct am_bgp_route *route)
{
	return route->imported && am_bgp_route_lives(&rib->peers[route->peer]->in[family], route);
}

static void candidate(
	struct am_bgp_rib *rib, enum am_bgp_family family, const struct am_bgp_route *route, uint32_t at)
{
	const struct am_bgp_peer_state *p = rib->peers[route->peer];
	const struct am_bgp_in *in = &p->in[family];
	struct am_bgp_set *set = &rib->field.sets[at];
	struct am_bgp_candidate *c = &rib->field.paths[at];

	am_bgp_store_get(rib->store, route->imported, set);
	*c = (struct am_bgp_candidate){
		.attrs = &set->attrs,
		.kind = p->config.neighbour.kind,
		.peer_id = p->config.neighbour.id,
		.peer = p->config.neighbour.address,
		.path_id = route->path_id,
		.reachable = true,
		.stale = in->long_lived && am_bgp_route_stale(in, route),
	};
	if (rib->config.reach && !p->config.neighbour.local)
		c->reachable = rib->config.reach(
			rib->config.program, &set->next_hop, p->config.neighbour.interface, &c->igp_cost);
}

int am_bgp_field_fill(struct am_bgp_rib *rib, enum am_bgp_family family, const struct am_bgp_node *node)
{
	uint32_t n = 0;

	for (uint32_t id = node->routes; id; id = am_bgp_route_at(rib, id)->next)
		n += counts(rib, family, am_bgp_route_at(rib, id));
	if (!am_bgp_field_fit(&rib->field, n))
		return -ENOMEM;
	n = 0;
	for (uint32_t id = node->routes; id; id = am_bgp_route_at(rib, id)->next) {
		if (!counts(rib, family, am_bgp_route_at(rib, id)))
			continue;
		candidate(rib, family, am_bgp_route_at(rib, id), n);
		rib->field.routes[n++] = id;
	}
	return (int)n;
}

void am_bgp_field_limit(struct am_bgp_rib *rib, unsigned n)
{
	const struct am_bgp_field *f = &rib->field;
	unsigned most = rib->config.multipath ? rib->config.multipath - 1u : 0, have = 0;

	for (unsigned i = 0; i < n; i++)
		have += f->verdicts[i] == AM_BGP_MULTIPATH;
	for (; have > most; have--) {
		int worst = -1;

		for (unsigned i = 0; i < n; i++) {
			struct am_bgp_candidate pair[2];
			uint8_t v[2];

			if (f->verdicts[i] != AM_BGP_MULTIPATH)
				continue;
			if (worst < 0) {
				worst = (int)i;
				continue;
			}
			pair[0] = f->paths[worst];
			pair[1] = f->paths[i];
			if (am_bgp_decide(pair, 2, &rib->config.decision, v) == 0)
				worst = (int)i;
		}
		f->verdicts[worst] = AM_BGP_LOST_LIMIT;
	}
}

/* The number in rib->field of the best path, or -1; verdicts are filled. -ENOMEM. */
static int choose(
	struct am_bgp_rib *rib, enum am_bgp_family family, const struct am_bgp_node *node, int *best)
{
	int n = am_bgp_field_fill(rib, family, node);

	*best = -1;
	if (n <= 0)
		return n;
	*best = am_bgp_decide(rib->field.paths, (size_t)n, &rib->config.decision, rib->field.verdicts);
	am_bgp_field_limit(rib, (unsigned)n);
	return n;
}

/* Put the route first. */
static void bring_forward(struct am_bgp_rib *rib, struct am_bgp_node *node, uint32_t route)
{
	uint32_t *link = &node->routes;

	while (*link != route)
		link = &am_bgp_route_at(rib, *link)->next;
	*link = am_bgp_route_at(rib, route)->next;
	am_bgp_route_at(rib, route)->next = node->routes;
	node->routes = route;
}

/* Note which routes are used together. True where that is news. */
static bool note_multipath(struct am_bgp_rib *rib, const struct am_bgp_node *node, int n)
{
	bool news = false;
	int at = 0;

	for (uint32_t id = node->routes; id; id = am_bgp_route_at(rib, id)->next) {
		struct am_bgp_route *route = am_bgp_route_at(rib, id);
		bool was = route->flags & AM_BGP_ROUTE_MULTIPATH;
		bool is =
			at < n && rib->field.routes[at] == id && rib->field.verdicts[at] == AM_BGP_MULTIPATH;

		at += at < n && rib->field.routes[at] == id;
		news |= was != is;
		route->flags = is ? AM_BGP_ROUTE_MULTIPATH : 0;
	}
	return news;
}

/* A prefix with one path needs no comparison. */
static int lone(struct am_bgp_rib *rib, enum am_bgp_family family, const struct am_bgp_node *node)
{
	const struct am_bgp_route *route = am_bgp_route_at(rib, node->routes);
	const struct am_bgp_neighbour *from = &rib->peers[route->peer]->config.neighbour;
	struct am_bgp_next_hop hop;
	uint32_t cost;

	if (!counts(rib, family, route))
		return -1;
	if (!rib->config.reach || from->local)
		return 0;
	am_bgp_store_next_hop(rib->store, route->imported, &hop);
	return rib->config.reach(rib->config.program, &hop, from->interface, &cost) ? 0 : -1;
}

/* Decide. *news: what is used is another than before. -ENOMEM. */
static int decide(struct am_bgp_rib *rib, enum am_bgp_family family, struct am_bgp_node *node, bool *news)
{
	bool had = node->flags & AM_BGP_NODE_BEST;
	uint32_t before = had ? node->routes : 0, after = 0;
	bool multi = false;
	int best = -1, n = 0;

	if (!node->routes) {
		after = 0;
	} else if (!am_bgp_route_at(rib, node->routes)->next && !am_bgp_route_at(rib, node->routes)->flags) {
		if (lone(rib, family, node) == 0)
			after = node->routes;
	} else {
		n = choose(rib, family, node, &best);
		if (n < 0)
			return n;
		multi = note_multipath(rib, node, n);
		after = best < 0 ? 0 : rib->field.routes[best];
	}
	if (after && after != node->routes)
		bring_forward(rib, node, after);
	node->flags &= (uint8_t)~AM_BGP_NODE_BEST;
	node->flags |= after ? AM_BGP_NODE_BEST : 0;
	*news = after != before || multi || node->flags & AM_BGP_NODE_CHANGED;
	return 0;
}

/*
 * Does a group look at changes? Not where nobody is in it, nor where external peers without an export policy (RFC 8212) were told nothing:
 * a policy has it look at every prefix.
 */
static bool listens(const struct am_bgp_group *g)
{
	bool mute = g->rules.to.kind == AM_BGP_EXTERNAL && !g->rules.filter.run && !g->advertised;

	return !g->dying && !mute;
}

/* Tell the next stages. False: none of them looks. */
static bool pass_on(struct am_bgp_rib *rib, enum am_bgp_family family, uint32_t id, bool news, bool touched)
{
	bool any = news && rib->config.changes;

	if (any)
		am_bgp_mark(&rib->changes[family], id);
	for (struct am_bgp_group *g = rib->groups; g; g = g->next) {
		if (g->rules.family != family || !(news || (touched && g->rules.paths > 1)) || !listens(g))
			continue;
		am_bgp_mark(&g->dirty, id);
		any = true;
	}
	return any;
}

int64_t am_bgp_decide_some(struct am_bgp_rib *rib, enum am_bgp_family family, int64_t budget)
{
	struct am_bgp_marks *marks = &rib->decide[family];

	while (budget > 0 && marks->count) {
		int64_t id = am_bgp_marks_next(marks, rib->decide_at[family]);
		struct am_bgp_node *node;
		bool news = false, touched;
		int rc;

		if (id < 0) {
			rib->decide_at[family] = 0;
			continue;
		}
		node = am_bgp_node_at(&rib->tables[family], (uint32_t)id);
		rc = decide(rib, family, node, &news);
		if (rc)
			return rc;
		touched = node->flags & AM_BGP_NODE_TOUCHED;
		node->flags &= (uint8_t) ~(AM_BGP_NODE_CHANGED | AM_BGP_NODE_TOUCHED);
		am_bgp_unmark(marks, (uint32_t)id);
		rib->decide_at[family] = (uint32_t)id + 1;
		rib->counters.decisions++;
		rib->counters.changes += news;
		if (!pass_on(rib, family, (uint32_t)id, news, touched))
			am_bgp_rib_tidy(rib, family, (uint32_t)id);
		budget--;
	}
	return budget;
}

/* Next hops changed: every prefix is decided again. */
int64_t am_bgp_redecide_some(struct am_bgp_rib *rib, enum am_bgp_family family, int64_t budget)
{
	const struct am_bgp_table *table = &rib->tables[family];
	uint32_t end = am_bgp_pool_end(&table->nodes);

	for (; budget > 0 && rib->redecide_at[family]; budget--) {
		uint32_t at = rib->redecide_at[family];

		if (am_bgp_node_used(table, at))
			am_bgp_mark(&rib->decide[family], at);
		rib->redecide_at[family] = at + 1 < end ? at + 1 : 0;
	}
	return budget;
}

void am_bgp_rib_recheck_next_hops(struct am_bgp_rib *rib)
{
	for (unsigned f = 0; f < AM_BGP_FAMILIES; f++)
		rib->redecide_at[f] = rib->tables[f].nodes.live ? 1 : 0;
}
