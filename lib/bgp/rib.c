/* SPDX-License-Identifier: BSD-3-Clause */
/* The routing table as a whole: what it is made of, and who may work when. */
#include "bgp/rib.h"

#include <errno.h>
#include <stdlib.h>

#include "rib_state.h"

enum { SLICE = 1024 }; /* budget that one kind of work gets before the next has its turn */

static int make(struct am_bgp_rib *rib)
{
	rib->routes.item = sizeof(struct am_bgp_route);
	rib->store = am_bgp_store_create(rib->config.seed);
	rib->pack = calloc(1, sizeof *rib->pack);
	rib->shown = calloc(AM_BGP_RIB_MULTIPATH, sizeof *rib->shown);
	rib->scratch = malloc(AM_BGP_FILTER_ROOM);
	if (!rib->store || !rib->pack || !rib->shown || !rib->scratch)
		return -ENOMEM;
	for (unsigned f = 0; f < AM_BGP_FAMILIES; f++) {
		if (!am_bgp_table_init(&rib->tables[f], f, rib->config.seed + f + 1))
			return -ENOMEM;
	}
	return 0;
}

int am_bgp_rib_create(const struct am_bgp_rib_config *config, struct am_bgp_rib **out)
{
	struct am_bgp_rib *rib;
	int rc;

	if (config->multipath > AM_BGP_RIB_MULTIPATH)
		return -EINVAL;
	rib = calloc(1, sizeof *rib);
	if (!rib)
		return -ENOMEM;
	rib->config = *config;
	rc = make(rib);
	if (rc)
		am_bgp_rib_free(rib);
	else
		*out = rib;
	return rc;
}

static void free_peer(struct am_bgp_peer_state *p)
{
	for (unsigned f = 0; f < AM_BGP_FAMILIES; f++)
		am_bgp_marks_release(&p->out[f].behind);
	am_bgp_queue_release(&p->queue);
	free(p);
}

void am_bgp_rib_free(struct am_bgp_rib *rib)
{
	if (!rib)
		return;
	while (rib->groups) {
		struct am_bgp_group *next = rib->groups->next;

		am_bgp_group_free(rib, rib->groups);
		rib->groups = next;
	}
	for (unsigned i = 0; i < rib->n_peers; i++) {
		if (rib->peers[i])
			free_peer(rib->peers[i]);
	}
	for (unsigned f = 0; f < AM_BGP_FAMILIES; f++) {
		am_bgp_table_release(&rib->tables[f]);
		am_bgp_marks_release(&rib->decide[f]);
		am_bgp_marks_release(&rib->changes[f]);
	}
	am_bgp_prefix_list_free(rib->doubtful);
	am_bgp_pool_release(&rib->routes);
	am_bgp_field_release(&rib->field);
	am_bgp_store_free(rib->store);
	free(rib->peers);
	free(rib->pack);
	free(rib->shown);
	free(rib->scratch);
	free(rib);
}

/* Room for marks of prefixes below end, wherever somebody may mark one. */
static bool fit(struct am_bgp_rib *rib, enum am_bgp_family family, uint32_t end)
{
	if (!am_bgp_marks_reserve(&rib->changes[family], end))
		return false;
	for (struct am_bgp_group *g = rib->groups; g; g = g->next) {
		if (g->rules.family == family && !g->dying && !am_bgp_group_fit(g, end))
			return false;
	}
	for (unsigned i = 0; i < rib->n_peers; i++) {
		struct am_bgp_peer_state *p = rib->peers[i];

		if (p && p->out[family].group && !am_bgp_marks_reserve(&p->out[family].behind, end))
			return false;
	}
	/* Last, since it says what the others have. */
	return am_bgp_marks_reserve(&rib->decide[family], end);
}

uint32_t am_bgp_rib_node(struct am_bgp_rib *rib, enum am_bgp_family family, const struct am_bgp_key *key)
{
	struct am_bgp_table *table = &rib->tables[family];
	uint32_t id = am_bgp_table_add(table, key), end = rib->decide[family].end;

	if (!id)
		return 0;
	while (id >= end)
		end = end ? end * 2 : 1u << AM_BGP_POOL_BITS;
	if (end != rib->decide[family].end && !fit(rib, family, end)) {
		am_bgp_table_remove(table, id);
		return 0;
	}
	rib->counters.prefixes[family]++;
	return id;
}

/* Does a peer of the group still have to be told? */
static bool awaited(const struct am_bgp_rib *rib, const struct am_bgp_group *g, uint32_t node)
{
	if (am_bgp_marked(&g->dirty, node))
		return true;
	for (unsigned i = 0; i < g->n_members; i++) {
		const struct am_bgp_marks *behind = &rib->peers[g->members[i]]->out[g->rules.family].behind;

		if (behind->count && am_bgp_marked(behind, node))
			return true;
	}
	return false;
}

/* With add-path, what was withdrawn stays noted for those who lag behind; now there are none. */
static bool told_for_good(struct am_bgp_rib *rib, struct am_bgp_group *g, uint32_t node)
{
	struct am_bgp_told_path paths[AM_BGP_RIB_MULTIPATH];
	unsigned n = am_bgp_told_get(g, node, paths);

	for (unsigned i = 0; i < n; i++) {
		if (paths[i].set)
			return false;
	}
	am_bgp_told_set(rib, g, node, NULL, 0);
	return true;
}

void am_bgp_rib_tidy(struct am_bgp_rib *rib, enum am_bgp_family family, uint32_t node)
{
	if (!am_bgp_node_used(&rib->tables[family], node) ||
		am_bgp_node_at(&rib->tables[family], node)->routes ||
		am_bgp_marked(&rib->decide[family], node) || am_bgp_marked(&rib->changes[family], node))
		return;
	for (struct am_bgp_group *g = rib->groups; g; g = g->next) {
		if (g->rules.family != family || g->dying)
			continue;
		if (awaited(rib, g, node) || (am_bgp_told_any(g, node) && !told_for_good(rib, g, node)))
			return;
	}
	am_bgp_table_remove(&rib->tables[family], node);
	rib->counters.prefixes[family]--;
}

void am_bgp_raise(struct am_bgp_peer_state *p, enum am_bgp_family family, enum am_bgp_rib_event_type type)
{
	p->raised[family] |= (uint8_t)(1u << type);
}

static void raise_once(
	struct am_bgp_peer_state *p, enum am_bgp_family family, enum am_bgp_rib_event_type type)
{
	if (!(p->told[family] & 1u << type))
		am_bgp_raise(p, family, type);
	p->told[family] |= (uint8_t)(1u << type);
}

bool am_bgp_limit_reached(struct am_bgp_peer_state *p, enum am_bgp_family family,
	const struct am_bgp_limit *limit, uint32_t count, enum am_bgp_rib_event_type first)
{
	if (!limit->max)
		return false;
	if (limit->warn && (uint64_t)(count + 1) * 100 > (uint64_t)limit->max * limit->warn)
		raise_once(p, family, first);
	if (count < limit->max)
		return false;
	raise_once(p, family, first + 1);
	return true;
}

bool am_bgp_rib_next_event(struct am_bgp_rib *rib, struct am_bgp_rib_event *out)
{
	for (unsigned i = 0; i < rib->n_peers; i++) {
		unsigned peer = (rib->event_at + i) % rib->n_peers;
		struct am_bgp_peer_state *p = rib->peers[peer];

		for (unsigned f = 0; p && f < AM_BGP_FAMILIES; f++) {
			const struct am_bgp_group *g = p->out[f].group;
			unsigned type =
				p->raised[f] ? (unsigned)__builtin_ctz(p->raised[f]) : AM_BGP_RIB_EVENTS;

			if (type == AM_BGP_RIB_EVENTS)
				continue;
			p->raised[f] &= (uint8_t)(p->raised[f] - 1);
			*out = (struct am_bgp_rib_event){.type = type, .peer = peer, .family = f};
			out->count = type <= AM_BGP_RIB_LIMIT_IN ? p->in[f].count : g ? g->advertised : 0;
			out->max = type <= AM_BGP_RIB_LIMIT_IN ? p->config.limit_in[f].max
							       : p->config.limit_out[f].max;
			rib->event_at = peer;
			return true;
		}
	}
	return false;
}

/* Each kind of work: the budget that is left, or an error. */

static int64_t work_decide(struct am_bgp_rib *rib, int64_t budget, am_time now)
{
	(void)now;
	for (unsigned f = 0; f < AM_BGP_FAMILIES && budget > 0; f++)
		budget = am_bgp_decide_some(rib, f, budget);
	return budget;
}

static int64_t work_groups(struct am_bgp_rib *rib, int64_t budget, am_time now)
{
	struct am_bgp_group **link = &rib->groups;

	while (*link && budget > 0) {
		struct am_bgp_group *g = *link;

		if (g->dying) {
			budget = am_bgp_group_die(rib, g, budget);
			if (!g->n_pages) {
				*link = g->next;
				am_bgp_group_free(rib, g);
				continue;
			}
		} else if (!am_time_before(now, am_bgp_group_due(rib, g))) {
			budget = am_bgp_group_some(rib, g, budget, now);
		}
		link = &g->next;
	}
	return budget;
}

static int64_t work_outs(struct am_bgp_rib *rib, int64_t budget, am_time now)
{
	(void)now;
	for (unsigned i = 0; i < rib->n_peers; i++) {
		for (unsigned f = 0; rib->peers[i] && f < AM_BGP_FAMILIES && budget > 0; f++) {
			if (am_bgp_out_ready(rib, i, f))
				budget = am_bgp_out_some(rib, i, f, budget);
		}
	}
	return budget;
}

static bool is_gone(const struct am_bgp_peer_state *p)
{
	uint32_t count = 0;

	for (unsigned f = 0; f < AM_BGP_FAMILIES; f++)
		count += p->in[f].count;
	return p->leaving && !count;
}

static int64_t work_ins(struct am_bgp_rib *rib, int64_t budget, am_time now)
{
	(void)now;
	for (unsigned i = 0; i < rib->n_peers; i++) {
		for (unsigned f = 0; rib->peers[i] && f < AM_BGP_FAMILIES && budget > 0; f++)
			budget = am_bgp_in_walk(rib, i, f, budget);
		if (budget > 0 && rib->peers[i] && is_gone(rib->peers[i])) {
			free_peer(rib->peers[i]);
			rib->peers[i] = NULL;
		}
	}
	return budget;
}

static int64_t work_walks(struct am_bgp_rib *rib, int64_t budget, am_time now)
{
	(void)now;
	for (unsigned f = 0; f < AM_BGP_FAMILIES && budget > 0; f++) {
		budget = am_bgp_redecide_some(rib, f, budget);
		if (budget > 0)
			budget = am_bgp_again_some(rib, f, budget);
	}
	return budget;
}

static int64_t (*const kinds[])(struct am_bgp_rib *rib, int64_t budget, am_time now) = {
	work_ins, work_walks, work_decide, work_groups, work_outs};

enum { KINDS = sizeof kinds / sizeof kinds[0] };

int am_bgp_rib_step(struct am_bgp_rib *rib, uint32_t budget, am_time now)
{
	int64_t left = budget;

	for (unsigned idle = 0; left > 0 && idle < KINDS;) {
		int64_t slice = left < SLICE ? left : SLICE;
		int64_t after = kinds[rib->turn](rib, slice, now);

		rib->turn = (rib->turn + 1) % KINDS;
		if (after < 0)
			return (int)after;
		idle = after == slice ? idle + 1 : 0;
		left -= slice - after;
	}
	return !am_time_before(now, am_bgp_rib_deadline(rib));
}

static bool walks(const struct am_bgp_rib *rib)
{
	for (unsigned f = 0; f < AM_BGP_FAMILIES; f++) {
		if (rib->decide[f].count || rib->redecide_at[f] || rib->again_at[f])
			return true;
	}
	for (unsigned i = 0; i < rib->n_peers; i++) {
		const struct am_bgp_peer_state *p = rib->peers[i];

		if (p && is_gone(p))
			return true;
		for (unsigned f = 0; p && f < AM_BGP_FAMILIES; f++) {
			if (p->in[f].sweep_at || p->in[f].recheck_at || am_bgp_out_ready(rib, i, f))
				return true;
		}
	}
	return false;
}

am_time am_bgp_rib_deadline(const struct am_bgp_rib *rib)
{
	am_time due = {UINT64_MAX};

	if (walks(rib))
		return (am_time){0};
	for (const struct am_bgp_group *g = rib->groups; g; g = g->next) {
		am_time at = am_bgp_group_due(rib, g);

		due = am_time_before(at, due) ? at : due;
	}
	return due;
}

struct am_bgp_store *am_bgp_rib_store(struct am_bgp_rib *rib)
{
	return rib->store;
}
