/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Groups: peers that are told the same are looked after once. What is told of a prefix is made up when the group's turn comes, compared with what
 * was told, and only the difference is packed, for all members in step.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rib_state.h"

static bool same_hop(const struct am_bgp_next_hop *a, const struct am_bgp_next_hop *b)
{
	return a->len == b->len && !memcmp(a->bytes, b->bytes, a->len);
}

static bool same_context(const struct am_bgp_context *a, const struct am_bgp_context *b)
{
	return a->kind == b->kind && a->families == b->families && a->path_ids == b->path_ids &&
	       a->as4 == b->as4 && a->aigp == b->aigp;
}

static bool same_rules(const struct am_bgp_export *a, const struct am_bgp_export *b)
{
	return a->family == b->family && a->to.kind == b->to.kind && a->to.as == b->to.as &&
	       a->local_as == b->local_as && a->cluster_id == b->cluster_id &&
	       a->reflector_client == b->reflector_client && a->next_hop_self == b->next_hop_self &&
	       a->transparent == b->transparent && a->has_role == b->has_role && a->role == b->role &&
	       a->next_hop6 == b->next_hop6 && a->long_lived == b->long_lived && a->path_ids == b->path_ids &&
	       a->paths == b->paths && same_hop(&a->next_hop, &b->next_hop) &&
	       a->filter.run == b->filter.run && a->filter.policy == b->filter.policy &&
	       same_context(&a->send, &b->send) && a->max == b->max && a->limit.max == b->limit.max &&
	       a->limit.warn == b->limit.warn && a->mrai == b->mrai;
}

static struct am_bgp_export rules_of(const struct am_bgp_peer_state *p, enum am_bgp_family family)
{
	const struct am_bgp_rib_peer *config = &p->config;
	bool path_ids = p->agreed.add_path_send & AM_BGP_IN(family);
	uint16_t paths = path_ids && config->add_path_send ? config->add_path_send : 1;

	return (struct am_bgp_export){
		.family = family,
		.to = {.kind = config->neighbour.kind, .as = config->neighbour.as},
		.local_as = config->local_as,
		.cluster_id = config->cluster_id,
		.reflector_client = config->reflector_client,
		.next_hop_self = config->next_hop_self,
		.transparent = config->transparent,
		.has_role = config->has_role,
		.role = config->role,
		.next_hop6 = p->agreed.next_hop6 & AM_BGP_IN(family),
		.long_lived = p->agreed.long_lived & AM_BGP_IN(family),
		.path_ids = path_ids,
		.paths = paths < AM_BGP_RIB_MULTIPATH ? paths : AM_BGP_RIB_MULTIPATH,
		.next_hop = config->next_hop[family],
		.filter = config->export,
		.send = p->send,
		.max = p->max,
		.limit = config->limit_out[family],
		.mrai = config->mrai,
	};
}

bool am_bgp_group_fit(struct am_bgp_group *g, uint32_t end)
{
	uint32_t n = (end + AM_BGP_PAGE - 1) / AM_BGP_PAGE;
	struct am_bgp_page **pages;

	if (!am_bgp_marks_reserve(&g->dirty, end))
		return false;
	if (n <= g->n_pages)
		return true;
	pages = calloc(n, sizeof *pages);
	if (!pages)
		return false;
	if (g->n_pages)
		memcpy(pages, g->pages, g->n_pages * sizeof *pages);
	free(g->pages);
	g->pages = pages;
	g->n_pages = n;
	return true;
}

static struct am_bgp_group *group_make(struct am_bgp_rib *rib, const struct am_bgp_export *rules)
{
	struct am_bgp_group *g = calloc(1, sizeof *g);

	if (!g)
		return NULL;
	g->rules = *rules;
	g->paths.item = sizeof(struct am_bgp_told_path);
	if (!am_bgp_group_fit(g, rib->decide[rules->family].end)) {
		am_bgp_group_free(rib, g);
		return NULL;
	}
	g->number = ++rib->n_groups_made;
	g->walk_at = rib->tables[rules->family].nodes.live ? 1 : 0;
	g->next = rib->groups;
	rib->groups = g;
	return g;
}

static struct am_bgp_group *group_find(struct am_bgp_rib *rib, const struct am_bgp_export *rules)
{
	struct am_bgp_group *g = rib->groups;

	while (g && (g->dying || !same_rules(&g->rules, rules)))
		g = g->next;
	return g;
}

void am_bgp_group_free(struct am_bgp_rib *rib, struct am_bgp_group *g)
{
	am_bgp_group_die(rib, g, INT32_MAX);
	am_bgp_outlet_close(rib, &g->outlet);
	am_bgp_marks_release(&g->dirty);
	am_bgp_pool_release(&g->paths);
	free(g->members);
	free(g->pages);
	free(g);
}

/* Release what a group without members was told. */
int64_t am_bgp_group_die(struct am_bgp_rib *rib, struct am_bgp_group *g, int64_t budget)
{
	while (g->n_pages && budget > 0) {
		struct am_bgp_page **page = &g->pages[g->n_pages - 1];
		uint32_t base = (g->n_pages - 1) * AM_BGP_PAGE;

		/* The last path takes the page along. */
		for (uint32_t i = 0; *page && i < AM_BGP_PAGE; i++)
			am_bgp_told_set(rib, g, base + i, NULL, 0);
		g->n_pages--;
		budget -= AM_BGP_PAGE / 8;
	}
	return budget < 0 ? 0 : budget;
}

static bool add_member(struct am_bgp_group *g, unsigned peer)
{
	unsigned room = g->room ? g->room * 2 : 4;
	uint16_t *members;

	if (g->n_members == g->room) {
		members = malloc(room * sizeof *members);
		if (!members)
			return false;
		if (g->n_members)
			memcpy(members, g->members, g->n_members * sizeof *members);
		free(g->members);
		g->members = members;
		g->room = room;
	}
	g->members[g->n_members++] = (uint16_t)peer;
	return true;
}

/* Where nobody is in it any more. */
static void retire(struct am_bgp_rib *rib, struct am_bgp_group *g)
{
	if (g->n_members)
		return;
	am_bgp_marks_join(&rib->decide[g->rules.family], &g->dirty);
	am_bgp_marks_release(&g->dirty);
	g->dying = true;
	g->walk_at = 0;
}

int am_bgp_group_join(struct am_bgp_rib *rib, unsigned peer, enum am_bgp_family family)
{
	struct am_bgp_peer_state *p = rib->peers[peer];
	struct am_bgp_out *out = &p->out[family];
	const struct am_bgp_export rules = rules_of(p, family);
	struct am_bgp_group *g;

	if (!am_bgp_marks_reserve(&out->behind, rib->decide[family].end))
		return -ENOMEM;
	g = group_find(rib, &rules);
	g = g ? g : group_make(rib, &rules);
	if (!g)
		return -ENOMEM;
	if (!add_member(g, peer)) {
		retire(rib, g);
		return -ENOMEM;
	}
	out->group = g;
	/* In a group that has told nobody anything, all are in step. */
	out->mode = g->advertised ? AM_BGP_OUT_JOINING : AM_BGP_OUT_IN_STEP;
	out->at = 1;
	out->again = false;
	g->end_due = true;
	return 0;
}

void am_bgp_group_leave(struct am_bgp_rib *rib, unsigned peer, enum am_bgp_family family)
{
	struct am_bgp_out *out = &rib->peers[peer]->out[family];
	struct am_bgp_group *g = out->group;
	unsigned at = 0;

	if (!g)
		return;
	while (g->members[at] != peer)
		at++;
	g->members[at] = g->members[--g->n_members];
	/* Nobody waits for these any more: whoever decides next looks whether the prefix may go. */
	am_bgp_marks_join(&rib->decide[family], &out->behind);
	am_bgp_marks_release(&out->behind);
	out->group = NULL;
	out->mode = AM_BGP_OUT_OFF;
	retire(rib, g);
}

/* Does the peer wait for news of this prefix, or will it read them in any case? */
static bool takes_part(const struct am_bgp_out *out, uint32_t node)
{
	return out->mode == AM_BGP_OUT_BEHIND ||
	       (out->mode == AM_BGP_OUT_JOINING && (out->again || node < out->at));
}

/* The prefix changed: those who are not in step will have to be told. True where there is one. */
static bool mark_others(struct am_bgp_rib *rib, const struct am_bgp_group *g, uint32_t node)
{
	bool any = false;

	for (unsigned i = 0; i < g->n_members; i++) {
		struct am_bgp_out *out = &rib->peers[g->members[i]]->out[g->rules.family];

		if (!takes_part(out, node))
			continue;
		am_bgp_mark(&out->behind, node);
		any = true;
	}
	return any;
}

static void news(struct am_bgp_rib *rib, uint32_t node, const struct am_bgp_told_path *path,
	am_bgp_set_id set, uint16_t except, uint16_t only)
{
	am_bgp_pack_add(rib,
		&(struct am_bgp_entry){
			.node = node, .path_id = path->path_id, .set = set, .except = except, .only = only});
}

/* The path of this identifier, or NULL. */
static struct am_bgp_told_path *by_id(struct am_bgp_told_path *paths, unsigned n, uint32_t path_id)
{
	for (unsigned i = 0; i < n; i++) {
		if (paths[i].path_id == path_id)
			return &paths[i];
	}
	return NULL;
}

/* What differs between what was told and what is to be told. False: nothing. */
static bool compare(struct am_bgp_rib *rib, uint32_t node, struct am_bgp_told_path *old, unsigned n_old,
	struct am_bgp_told_path *now, unsigned n_now)
{
	bool differ = false;

	for (unsigned i = 0; i < n_now; i++) {
		const struct am_bgp_told_path *was = by_id(old, n_old, now[i].path_id);
		bool told = was && was->set;

		if (told && was->set == now[i].set && was->from == now[i].from)
			continue;
		differ = true;
		news(rib, node, &now[i], now[i].set, now[i].from, NOBODY);
		/* Who it came from last is not told the path, and must forget the one before. */
		if (told && was->from != now[i].from)
			news(rib, node, &now[i], 0, NOBODY, now[i].from);
	}
	for (unsigned i = 0; i < n_old; i++) {
		if (!old[i].set || by_id(now, n_now, old[i].path_id))
			continue;
		differ = true;
		news(rib, node, &old[i], 0, old[i].from, NOBODY);
	}
	return differ;
}

/* An identifier for a new path: none of those that stay (RFC 7911 3). */
static uint32_t free_id(const struct am_bgp_told_path *paths, unsigned n)
{
	uint64_t used = 0;

	for (unsigned i = 0; i < n; i++)
		used |= paths[i].path_id ? (uint64_t)1 << (paths[i].path_id - 1) : 0;
	return (uint32_t)__builtin_ctzll(~used) + 1;
}

/* Those made of a route that was told before keep its identifier. */
static void give_ids(
	struct am_bgp_told_path *now, unsigned n, const struct am_bgp_told_path *old, unsigned n_old)
{
	for (unsigned i = 0; i < n; i++) {
		for (unsigned k = 0; k < n_old; k++) {
			if (old[k].set && old[k].route == now[i].route && old[k].from == now[i].from)
				now[i].path_id = old[k].path_id;
		}
	}
	for (unsigned i = 0; i < n; i++) {
		if (!now[i].path_id)
			now[i].path_id = free_id(now, n);
	}
}

static int want_route(struct am_bgp_rib *rib, struct am_bgp_group *g, uint32_t node, uint32_t route,
	struct am_bgp_told_path *out, unsigned *n)
{
	const struct am_bgp_route *r = am_bgp_route_at(rib, route);
	struct am_bgp_told_path path = {.route = route, .from = r->peer};
	struct am_bgp_nlri nlri;
	int rc;

	am_bgp_table_nlri(&rib->tables[g->rules.family], node, (struct am_bgp_span){0}, &nlri);
	nlri.path_id = r->path_id;
	rc = am_bgp_export_route(rib, g, &nlri, r, &path.set);
	if (!rc && path.set)
		out[(*n)++] = path;
	return rc;
}

/* Several paths: the best one, then the best of the others, and so on. */
static int want_several(struct am_bgp_rib *rib, struct am_bgp_group *g, uint32_t node,
	struct am_bgp_told_path *out, unsigned *n)
{
	const struct am_bgp_node *at = am_bgp_node_at(&rib->tables[g->rules.family], node);
	struct am_bgp_field *f = &rib->field;
	int left = am_bgp_field_fill(rib, g->rules.family, at), rc = left < 0 ? left : 0;

	while (!rc && left > 0 && *n < g->rules.paths) {
		int best = am_bgp_decide(f->paths, (size_t)left, &rib->config.decision, f->verdicts);

		if (best < 0)
			break;
		rc = want_route(rib, g, node, f->routes[best], out, n);
		left--;
		/* attrs of a candidate stay where they are. */
		f->paths[best] = f->paths[left];
		f->routes[best] = f->routes[left];
	}
	return rc;
}

/* What is to be told of a prefix. The sets are held. -ENOMEM. */
static int want(struct am_bgp_rib *rib, struct am_bgp_group *g, uint32_t node, struct am_bgp_told_path *out,
	unsigned *n)
{
	const struct am_bgp_node *at = am_bgp_node_at(&rib->tables[g->rules.family], node);
	int rc = 0;

	*n = 0;
	if (g->rules.paths > 1)
		rc = want_several(rib, g, node, out, n);
	else if (at->flags & AM_BGP_NODE_BEST)
		rc = want_route(rib, g, node, at->routes, out, n);
	for (unsigned i = 0; rc && i < *n; i++)
		am_bgp_store_release(rib->store, out[i].set, 1);
	return rc;
}

/* Prefixes beyond the limit are not told. */
static bool over_limit(struct am_bgp_rib *rib, struct am_bgp_group *g, bool told)
{
	bool over = false;

	if (told || !g->rules.limit.max)
		return false;
	for (unsigned i = 0; i < g->n_members; i++)
		over |= am_bgp_limit_reached(rib->peers[g->members[i]], g->rules.family, &g->rules.limit,
			g->advertised, AM_BGP_RIB_LIMIT_OUT_WARN);
	g->limited |= over;
	return over;
}

/* What was withdrawn stays on the list, without a set, until all who lag behind know. */
static unsigned keep_withdrawn(
	const struct am_bgp_told_path *old, unsigned n_old, struct am_bgp_told_path *now, unsigned n)
{
	unsigned all = n;

	for (unsigned i = 0; i < n_old && all < AM_BGP_RIB_MULTIPATH; i++) {
		if (by_id(now, n, old[i].path_id))
			continue;
		now[all] = old[i];
		now[all++].set = 0;
	}
	return all;
}

/* A prefix without a best path, where one path is told: it is withdrawn where it was told. */
static void withdraw(struct am_bgp_rib *rib, struct am_bgp_group *g, uint32_t node)
{
	struct am_bgp_told_path old[AM_BGP_RIB_MULTIPATH];

	if (!am_bgp_told_get(g, node, old))
		return;
	news(rib, node, &old[0], 0, old[0].from, NOBODY);
	mark_others(rib, g, node);
	am_bgp_told_set(rib, g, node, NULL, 0);
}

/* Make up what the prefix is to be told as, and pack the difference. -ENOMEM, and it is as it was. */
static int look_at(struct am_bgp_rib *rib, struct am_bgp_group *g, uint32_t node)
{
	struct am_bgp_told_path old[AM_BGP_RIB_MULTIPATH], now[AM_BGP_RIB_MULTIPATH];
	unsigned n_old, n, keep, packed = rib->pack->n;
	int rc;

	if (!g->rules.path_ids &&
		!(am_bgp_node_at(&rib->tables[g->rules.family], node)->flags & AM_BGP_NODE_BEST)) {
		withdraw(rib, g, node);
		return 0;
	}
	n_old = am_bgp_told_get(g, node, old);
	rc = want(rib, g, node, now, &n);
	if (rc)
		return rc;
	if (n && over_limit(rib, g, n_old)) {
		for (unsigned i = 0; i < n; i++)
			am_bgp_store_release(rib->store, now[i].set, 1);
		n = 0;
	}
	if (g->rules.path_ids)
		give_ids(now, n, old, n_old);
	if (!compare(rib, node, old, n_old, now, n)) {
		for (unsigned i = 0; i < n; i++)
			am_bgp_store_release(rib->store, now[i].set, 1);
		return 0;
	}
	keep = n;
	if (mark_others(rib, g, node) && g->rules.path_ids)
		keep = keep_withdrawn(old, n_old, now, n);
	rc = am_bgp_told_set(rib, g, node, now, keep);
	if (rc) {
		for (unsigned i = 0; i < n; i++)
			am_bgp_store_release(rib->store, now[i].set, 1);
		rib->pack->n = packed;
	}
	return rc;
}

/* Room in the queues of all members in step, so that what is packed can be handed out. */
static bool queues_fit(const struct am_bgp_rib *rib, const struct am_bgp_group *g)
{
	for (unsigned i = 0; i < g->n_members; i++) {
		struct am_bgp_peer_state *p = rib->peers[g->members[i]];

		if (p->out[g->rules.family].mode == AM_BGP_OUT_IN_STEP &&
			!am_bgp_queue_fit(&p->queue, AM_BGP_ENTRIES + 1))
			return false;
	}
	return true;
}

/* A member that does not read holds up the others for a while, and then goes its own way. */
static bool may_pack(struct am_bgp_rib *rib, const struct am_bgp_group *g, am_time now)
{
	bool may = true;

	for (unsigned i = 0; i < g->n_members; i++) {
		struct am_bgp_peer_state *p = rib->peers[g->members[i]];
		struct am_bgp_out *out = &p->out[g->rules.family];

		if (out->mode != AM_BGP_OUT_IN_STEP || p->queue.count < AM_BGP_QUEUE_FULL)
			continue;
		if (!p->queue.full_since.ns)
			p->queue.full_since = (am_time){now.ns ? now.ns : 1};
		if (am_time_since(now, p->queue.full_since) < AM_BGP_RIB_PATIENCE_MS * AM_MS)
			may = false;
		else
			out->mode = AM_BGP_OUT_BEHIND;
	}
	return may;
}

am_time am_bgp_group_due(const struct am_bgp_rib *rib, const struct am_bgp_group *g)
{
	am_time due = g->at ? (am_time){0} : g->next_pass;

	if (g->dying)
		return (am_time){0};
	if (!g->walk_at && !g->dirty.count && !g->end_due)
		return (am_time){UINT64_MAX};
	for (unsigned i = 0; i < g->n_members; i++) {
		const struct am_bgp_peer_state *p = rib->peers[g->members[i]];
		am_time patience = am_time_add(p->queue.full_since, AM_BGP_RIB_PATIENCE_MS * AM_MS);

		if (p->out[g->rules.family].mode == AM_BGP_OUT_IN_STEP &&
			p->queue.count >= AM_BGP_QUEUE_FULL && p->queue.full_since.ns &&
			am_time_before(due, patience))
			due = patience;
	}
	return due;
}

/* The next prefix of the walk over all, or of the marks; 0: the pass is over. */
static uint32_t next_node(struct am_bgp_rib *rib, struct am_bgp_group *g)
{
	const struct am_bgp_table *table = &rib->tables[g->rules.family];
	int64_t id;

	while (g->walk_at) {
		uint32_t at = g->walk_at;

		g->walk_at = at + 1 < am_bgp_pool_end(&table->nodes) ? at + 1 : 0;
		if (am_bgp_node_used(table, at))
			return at;
	}
	id = am_bgp_marks_next(&g->dirty, g->at);
	return id < 0 ? 0 : (uint32_t)id;
}

static void end_pass(struct am_bgp_rib *rib, struct am_bgp_group *g, am_time now)
{
	g->at = 0;
	g->end_due = false;
	g->next_pass = am_time_add(now, g->rules.mrai);
	for (unsigned i = 0; i < g->n_members; i++) {
		struct am_bgp_out *out = &rib->peers[g->members[i]]->out[g->rules.family];

		if (out->mode == AM_BGP_OUT_IN_STEP &&
			!am_bgp_out_end(rib, g->members[i], g->rules.family, AM_BGP_OUT_IN_STEP))
			g->end_due = true;
	}
	/* There is room again for what was left out. */
	if (g->limited && g->advertised + g->advertised / 16 < g->rules.limit.max) {
		g->limited = false;
		g->walk_some = false;
		g->walk_at = 1;
	}
}

/* Many of them may go: their buckets are asked for first, and then the nodes in front of them. */
static void tidy_all(struct am_bgp_rib *rib, enum am_bgp_family family, const uint32_t *seen, unsigned n)
{
	const struct am_bgp_table *table = &rib->tables[family];
	const uint32_t *buckets[AM_BGP_BATCH];
	unsigned going = 0;

	for (unsigned i = 0; i < n; i++) {
		if (!am_bgp_node_at(table, seen[i])->routes)
			buckets[going++] = am_bgp_table_prefetch_bucket(table, seen[i]);
	}
	for (unsigned i = 0; i < going; i++)
		__builtin_prefetch(am_bgp_node_at(table, *buckets[i]));
	for (unsigned i = 0; i < n; i++)
		am_bgp_rib_tidy(rib, family, seen[i]);
}

int64_t am_bgp_group_some(struct am_bgp_rib *rib, struct am_bgp_group *g, int64_t budget, am_time now)
{
	enum am_bgp_family family = g->rules.family;
	uint32_t seen[AM_BGP_BATCH];
	unsigned n = 0;
	int rc = 0;

	if (!may_pack(rib, g, now))
		return budget;
	if (!queues_fit(rib, g))
		return -ENOMEM;
	g->at = g->at ? g->at : 1;
	while (budget > 0 && n < AM_BGP_BATCH && !am_bgp_pack_full(rib->pack)) {
		uint32_t node = next_node(rib, g);

		if (!node) {
			am_bgp_pack_flush(rib, g, NOBODY);
			end_pass(rib, g, now);
			break;
		}
		budget--;
		g->at = g->walk_at ? g->at : node + 1;
		if (g->walk_some && !am_bgp_marked(&g->dirty, node) &&
			!am_bgp_rib_is_doubtful(rib, family, node))
			continue;
		/* What is still to be decided is looked at after that. */
		if (am_bgp_marked(&rib->decide[family], node)) {
			am_bgp_mark(&g->dirty, node);
			continue;
		}
		rc = look_at(rib, g, node);
		if (rc) {
			am_bgp_mark(&g->dirty, node);
			break;
		}
		am_bgp_unmark(&g->dirty, node);
		seen[n++] = node;
	}
	am_bgp_pack_flush(rib, g, NOBODY);
	tidy_all(rib, family, seen, n);
	return rc ? rc : budget;
}
