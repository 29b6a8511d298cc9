/* SPDX-License-Identifier: BSD-3-Clause */
/* Adj-in: what peers announce and withdraw, and what becomes of it when they go, come again, or are judged by another policy. */
#include <errno.h>
#include <string.h>

#include "bgp/community.h"
#include "rib_state.h"

enum {
	AHEAD = 16,           /* prefixes whose places in memory are asked for before the first one is used */
	REFRESHES_OPEN = 200, /* of 254 epochs; the others are for sessions that are lost */
};

/* The link to the peer's route among those of a prefix; it points to 0 where there is none. */
static uint32_t *route_link(
	const struct am_bgp_rib *rib, struct am_bgp_node *node, unsigned peer, uint32_t path_id)
{
	uint32_t *link = &node->routes;

	while (*link) {
		struct am_bgp_route *route = am_bgp_route_at(rib, *link);

		if (route->peer == peer && route->path_id == path_id)
			break;
		link = &route->next;
	}
	return link;
}

/* A route is about to change, or go: does it concern what was chosen? */
static void touch(struct am_bgp_rib *rib, enum am_bgp_family family, uint32_t id, uint32_t route)
{
	struct am_bgp_node *node = am_bgp_node_at(&rib->tables[family], id);
	bool best = node->flags & AM_BGP_NODE_BEST && node->routes == route;

	node->flags |= AM_BGP_NODE_TOUCHED;
	if (best || am_bgp_route_at(rib, route)->flags & AM_BGP_ROUTE_MULTIPATH)
		node->flags |= AM_BGP_NODE_CHANGED;
	am_bgp_mark(&rib->decide[family], id);
}

/* Take the route at link off its prefix. */
static void remove_route(struct am_bgp_rib *rib, enum am_bgp_family family, uint32_t id, uint32_t *link)
{
	struct am_bgp_node *node = am_bgp_node_at(&rib->tables[family], id);
	uint32_t number = *link;
	struct am_bgp_route *route = am_bgp_route_at(rib, number);

	touch(rib, family, id, number);
	if (link == &node->routes)
		node->flags &= (uint8_t)~AM_BGP_NODE_BEST;
	*link = route->next;
	rib->peers[route->peer]->in[family].count--;
	rib->counters.routes[family]--;
	/* Where the policy left it alone, it is one set. */
	am_bgp_store_release(rib->store, route->received, 1 + (route->imported == route->received));
	if (route->imported != route->received)
		am_bgp_store_release(rib->store, route->imported, 1);
	am_bgp_pool_free(&rib->routes, number);
}

/* A new route, behind the best one, which stays first until it is decided again. 0: no memory. */
static uint32_t add_route(
	struct am_bgp_rib *rib, enum am_bgp_family family, uint32_t id, unsigned peer, uint32_t path_id)
{
	struct am_bgp_node *node = am_bgp_node_at(&rib->tables[family], id);
	uint32_t number = am_bgp_pool_alloc(&rib->routes), *link = &node->routes;
	struct am_bgp_route *route;

	if (!number)
		return 0;
	if (node->flags & AM_BGP_NODE_BEST)
		link = &am_bgp_route_at(rib, node->routes)->next;
	route = am_bgp_route_at(rib, number);
	route->next = *link;
	route->path_id = path_id;
	route->peer = (uint16_t)peer;
	*link = number;
	rib->peers[peer]->in[family].count++;
	rib->counters.routes[family]++;
	return number;
}

/* Give the route what came: references of both sets go to it. */
static void set_route(struct am_bgp_rib *rib, enum am_bgp_family family, uint32_t id, uint32_t number,
	am_bgp_set_id received, am_bgp_set_id imported)
{
	struct am_bgp_route *route = am_bgp_route_at(rib, number);
	const struct am_bgp_in *in = &rib->peers[route->peer]->in[family];
	bool revived = route->epoch != in->epoch &&
		       (in->long_lived || !am_bgp_route_lives(in, route) || !route->received);

	if (route->imported != imported || revived)
		touch(rib, family, id, number);
	am_bgp_store_release(rib->store, route->received, 1);
	am_bgp_store_release(rib->store, route->imported, 1);
	route->received = received;
	route->imported = imported;
	route->epoch = in->epoch;
}

/* An announcement of one prefix. -ENOMEM. */
static int announce(struct am_bgp_rib *rib, unsigned peer, const struct am_bgp_nlri *nlri,
	const struct am_bgp_key *key, struct am_bgp_intake *intake)
{
	enum am_bgp_family family = nlri->family;
	struct am_bgp_peer_state *p = rib->peers[peer];
	uint32_t id = am_bgp_table_find(&rib->tables[family], key), number = 0;
	am_bgp_set_id imported;
	const char *why;
	int rc;

	if (id)
		number = *route_link(rib, am_bgp_node_at(&rib->tables[family], id), peer, nlri->path_id);
	if (!number && am_bgp_limit_reached(p, family, &p->config.limit_in[family], p->in[family].count,
			       AM_BGP_RIB_LIMIT_IN_WARN))
		return 0;
	rc = am_bgp_intake_judge(rib, intake, nlri, &imported, &why);
	if (rc)
		return rc;
	id = id ? id : am_bgp_rib_node(rib, family, key);
	if (id && !number) {
		number = add_route(rib, family, id, peer, nlri->path_id);
		if (!number)
			am_bgp_mark(&rib->decide[family], id);
	}
	if (!id || !number) {
		am_bgp_store_release(rib->store, imported, 1);
		return -ENOMEM;
	}
	am_bgp_store_hold(rib->store, intake->received, 1);
	set_route(rib, family, id, number, intake->received, imported);
	return 0;
}

static void withdraw(
	struct am_bgp_rib *rib, unsigned peer, const struct am_bgp_nlri *nlri, const struct am_bgp_key *key)
{
	uint32_t id = am_bgp_table_find(&rib->tables[nlri->family], key), *link;

	if (!id)
		return;
	link = route_link(rib, am_bgp_node_at(&rib->tables[nlri->family], id), peer, nlri->path_id);
	if (*link)
		remove_route(rib, nlri->family, id, link);
}

/* The next prefixes of an UPDATE, their places already asked for. */
struct ahead {
	struct am_bgp_nlri nlri[AHEAD];
	struct am_bgp_key keys[AHEAD];
	unsigned n;
};

static bool look_ahead(const struct am_bgp_table *table, struct am_bgp_nlri_iter *iter, struct ahead *ahead)
{
	ahead->n = 0;
	while (ahead->n < AHEAD && am_bgp_nlri_next(iter, &ahead->nlri[ahead->n])) {
		if (am_bgp_table_key(table, &ahead->nlri[ahead->n], &ahead->keys[ahead->n]))
			continue;
		am_bgp_table_prefetch(table, &ahead->keys[ahead->n]);
		ahead->n++;
	}
	for (unsigned i = 0; i < ahead->n; i++)
		am_bgp_table_prefetch_node(table, &ahead->keys[i]);
	return ahead->n;
}

static void withdraw_all(struct am_bgp_rib *rib, unsigned peer, const struct am_bgp_routes *routes)
{
	struct am_bgp_nlri_iter iter = am_bgp_nlri_iter(routes);
	struct ahead ahead;

	if (routes->family >= AM_BGP_FAMILIES)
		return;
	while (look_ahead(&rib->tables[routes->family], &iter, &ahead)) {
		rib->counters.withdrawals += ahead.n;
		for (unsigned i = 0; i < ahead.n; i++)
			withdraw(rib, peer, &ahead.nlri[i], &ahead.keys[i]);
	}
}

/* Set and intake of what came with one prefix; the caller closes it. -ENOMEM; -EMSGSIZE. */
static int open_intake(struct am_bgp_rib *rib, unsigned peer, enum am_bgp_family family,
	const struct am_bgp_set *set, struct am_bgp_intake *intake)
{
	struct am_bgp_set clean = *set;
	am_bgp_set_id received;
	int rc;

	clean.attrs.has &= ~AM_BGP_HAS(AM_BGP_ATTR_NEXT_HOP);
	rc = am_bgp_store_intern(rib->store, &clean, &received);
	if (rc)
		return rc;
	rc = am_bgp_intake_open(rib, intake, rib->peers[peer], family, received, &clean);
	am_bgp_store_release(rib->store, received, 1);
	return rc;
}

/* One of an EVPN route, whose labels and the like belong to the set. */
static int announce_one(struct am_bgp_rib *rib, unsigned peer, const struct am_bgp_nlri *nlri,
	const struct am_bgp_key *key, const struct am_bgp_set *set)
{
	uint8_t room[AM_BGP_EXTRA_MAX];
	struct am_bgp_set own = *set;
	struct am_bgp_intake intake;
	int rc;

	if (nlri->family == AM_BGP_L2VPN_EVPN)
		own.extra = (struct am_bgp_span){room, am_bgp_evpn_extra(&nlri->evpn, room)};
	rc = open_intake(rib, peer, nlri->family, &own, &intake);
	if (rc)
		return rc;
	rc = announce(rib, peer, nlri, key, &intake);
	am_bgp_intake_close(rib, &intake);
	return rc;
}

/* Routes that share all attributes. */
static int announce_shared(struct am_bgp_rib *rib, unsigned peer, const struct am_bgp_routes *routes,
	const struct am_bgp_set *set)
{
	struct am_bgp_nlri_iter iter = am_bgp_nlri_iter(routes);
	struct am_bgp_intake intake;
	struct ahead ahead;
	int rc = open_intake(rib, peer, routes->family, set, &intake);

	while (!rc && look_ahead(&rib->tables[routes->family], &iter, &ahead)) {
		rib->counters.announcements += ahead.n;
		for (unsigned i = 0; i < ahead.n && !rc; i++)
			rc = announce(rib, peer, &ahead.nlri[i], &ahead.keys[i], &intake);
	}
	am_bgp_intake_close(rib, &intake);
	return rc;
}

static int announce_evpn(struct am_bgp_rib *rib, unsigned peer, const struct am_bgp_routes *routes,
	const struct am_bgp_set *set)
{
	struct am_bgp_nlri_iter iter = am_bgp_nlri_iter(routes);
	struct ahead ahead;
	int rc = 0;

	while (!rc && look_ahead(&rib->tables[routes->family], &iter, &ahead)) {
		rib->counters.announcements += ahead.n;
		for (unsigned i = 0; i < ahead.n && !rc; i++)
			rc = announce_one(rib, peer, &ahead.nlri[i], &ahead.keys[i], set);
	}
	return rc;
}

static int announce_all(struct am_bgp_rib *rib, unsigned peer, const struct am_bgp_routes *routes,
	const struct am_bgp_set *set, enum am_bgp_class class)
{
	if (!routes->nlri.len || routes->family >= AM_BGP_FAMILIES)
		return 0;
	/* RFC 7606 2: treat-as-withdraw. */
	if (class == AM_BGP_WITHDRAW) {
		withdraw_all(rib, peer, routes);
		return 0;
	}
	return routes->family == AM_BGP_L2VPN_EVPN ? announce_evpn(rib, peer, routes, set)
						   : announce_shared(rib, peer, routes, set);
}

int am_bgp_rib_update(struct am_bgp_rib *rib, unsigned peer, const struct am_bgp_update *update)
{
	struct am_bgp_set set = {.attrs = update->attrs, .next_hop = {.len = 4}};
	int rc;

	withdraw_all(rib, peer, &update->withdrawn);
	if (update->has_mp_unreach)
		withdraw_all(rib, peer, &update->mp_withdrawn);
	memcpy(set.next_hop.bytes, update->attrs.next_hop, 4);
	rc = announce_all(rib, peer, &update->announced, &set, update->class);
	if (!rc && update->has_mp_reach) {
		set.next_hop = update->mp_next_hop;
		rc = announce_all(rib, peer, &update->mp_announced, &set, update->class);
	}
	if (update->end_of_rib) {
		enum am_bgp_family family =
			update->has_mp_unreach ? update->mp_withdrawn.family : AM_BGP_IPV4_UNICAST;

		if (family < AM_BGP_FAMILIES)
			am_bgp_rib_sweep(rib, peer, AM_BGP_IN(family));
	}
	return rc;
}

int am_bgp_rib_announce(
	struct am_bgp_rib *rib, unsigned peer, const struct am_bgp_nlri *nlri, const struct am_bgp_set *set)
{
	struct am_bgp_key key;
	int rc;

	if (nlri->family >= AM_BGP_FAMILIES)
		return -EINVAL;
	rc = am_bgp_table_key(&rib->tables[nlri->family], nlri, &key);
	if (rc)
		return rc;
	rib->counters.announcements++;
	return announce_one(rib, peer, nlri, &key, set);
}

int am_bgp_rib_withdraw(struct am_bgp_rib *rib, unsigned peer, const struct am_bgp_nlri *nlri)
{
	struct am_bgp_key key;
	int rc;

	if (nlri->family >= AM_BGP_FAMILIES)
		return -EINVAL;
	rc = am_bgp_table_key(&rib->tables[nlri->family], nlri, &key);
	if (rc)
		return rc;
	rib->counters.withdrawals++;
	withdraw(rib, peer, nlri, &key);
	return 0;
}

void am_bgp_in_drop(struct am_bgp_in *in, uint8_t floor)
{
	in->floor = floor;
	if (in->count && in->oldest != floor)
		in->sweep_at = 1;
	else
		in->oldest = floor;
}

void am_bgp_in_sweep(struct am_bgp_in *in)
{
	in->fresh = in->epoch;
	in->long_lived = false;
	am_bgp_in_drop(in, in->epoch);
}

/* All at once, for a session that is lost while 254 epochs wait to be swept: each of them has cost it a second. */
static void sweep_now(struct am_bgp_rib *rib, unsigned peer, enum am_bgp_family family)
{
	struct am_bgp_in *in = &rib->peers[peer]->in[family];
	uint32_t again = in->recheck_at;

	in->recheck_at = 0;
	am_bgp_in_sweep(in);
	while (in->sweep_at)
		am_bgp_in_walk(rib, peer, family, INT32_MAX);
	in->recheck_at = again ? 1 : 0;
}

/* How many epochs wait to be swept. The numbers wrap: what is oldest must be gone before its number comes again. */
static uint8_t epochs_open(const struct am_bgp_in *in)
{
	return (uint8_t)(in->epoch + 1 - in->oldest);
}

/* RFC 4724 4.2: the end of one epoch. */
void am_bgp_in_epoch(struct am_bgp_rib *rib, unsigned peer, enum am_bgp_family family, bool keep)
{
	struct am_bgp_in *in = &rib->peers[peer]->in[family];

	if (epochs_open(in) == UINT8_MAX)
		sweep_now(rib, peer, family);
	in->epoch++;
	if (!in->count)
		in->oldest = in->floor = in->fresh = in->epoch;
	else if (!keep)
		am_bgp_in_sweep(in);
}

void am_bgp_in_refreshed(struct am_bgp_rib *rib, unsigned peer, enum am_bgp_family family)
{
	if (epochs_open(&rib->peers[peer]->in[family]) < REFRESHES_OPEN)
		am_bgp_in_epoch(rib, peer, family, true);
}

void am_bgp_in_recheck(struct am_bgp_in *in, bool some)
{
	in->recheck_some = some && !in->recheck_at;
	in->recheck_at = 1;
}

/* RFC 9494 4.2. */
static bool dies_long_lived(
	const struct am_bgp_in *in, const struct am_bgp_route *route, const struct am_bgp_set *set)
{
	return in->long_lived && am_bgp_route_stale(in, route) &&
	       set->attrs.has & AM_BGP_HAS(AM_BGP_ATTR_COMMUNITIES) &&
	       am_bgp_communities_have(set->attrs.communities, AM_BGP_NO_LLGR);
}

/* One route of the peer is judged again. *intake is what the last one used. */
static int rejudge(struct am_bgp_rib *rib, enum am_bgp_family family, uint32_t id, uint32_t *link,
	struct am_bgp_intake *intake)
{
	uint32_t number = *link;
	struct am_bgp_route *route = am_bgp_route_at(rib, number);
	struct am_bgp_peer_state *p = rib->peers[route->peer];
	struct am_bgp_nlri nlri;
	struct am_bgp_set set;
	am_bgp_set_id imported;
	const char *why;
	int rc;

	if (intake->received != route->received) {
		am_bgp_intake_close(rib, intake);
		am_bgp_store_get(rib->store, route->received, &set);
		rc = am_bgp_intake_open(rib, intake, p, family, route->received, &set);
		if (rc)
			return rc;
	}
	set.attrs = intake->path.attrs;
	if (dies_long_lived(&p->in[family], route, &set)) {
		remove_route(rib, family, id, link);
		return 0;
	}
	am_bgp_table_nlri(&rib->tables[family], id, intake->extra, &nlri);
	nlri.path_id = route->path_id;
	rc = am_bgp_intake_judge(rib, intake, &nlri, &imported, &why);
	if (rc)
		return rc;
	if (imported != route->imported || p->in[family].redecide)
		touch(rib, family, id, number);
	am_bgp_store_release(rib->store, route->imported, 1);
	route->imported = imported;
	return 0;
}

/* One prefix of the walk. */
static int visit(struct am_bgp_rib *rib, unsigned peer, enum am_bgp_family family, uint32_t id,
	struct am_bgp_intake *intake)
{
	struct am_bgp_in *in = &rib->peers[peer]->in[family];
	struct am_bgp_node *node = am_bgp_node_at(&rib->tables[family], id);
	bool sweep = in->sweep_at == id, again = in->recheck_at == id;
	uint32_t *link = &node->routes;

	again = again && (!in->recheck_some || am_bgp_rib_is_doubtful(rib, family, id));
	while (*link) {
		uint32_t number = *link;
		struct am_bgp_route *route = am_bgp_route_at(rib, number);
		int rc = 0;

		if (route->peer != peer) {
			link = &route->next;
			continue;
		}
		if (sweep && !am_bgp_route_lives(in, route))
			remove_route(rib, family, id, link);
		else if (again)
			rc = rejudge(rib, family, id, link, intake);
		if (rc)
			return rc;
		if (*link == number)
			link = &route->next;
	}
	return 0;
}

/* Both walks go on side by side where they are at the same prefix. */
static void advance(const struct am_bgp_table *table, struct am_bgp_in *in, uint32_t at)
{
	uint32_t next = at + 1;
	bool end = next >= am_bgp_pool_end(&table->nodes) || !in->count;

	if (in->sweep_at == at)
		in->sweep_at = end ? 0 : next;
	if (in->recheck_at == at)
		in->recheck_at = end ? 0 : next;
	if (!in->sweep_at)
		in->oldest = in->floor;
	if (!in->recheck_at)
		in->redecide = false;
}

int64_t am_bgp_in_walk(struct am_bgp_rib *rib, unsigned peer, enum am_bgp_family family, int64_t budget)
{
	struct am_bgp_in *in = &rib->peers[peer]->in[family];
	const struct am_bgp_table *table = &rib->tables[family];
	struct am_bgp_intake intake = {0};
	int rc = 0;

	while (budget > 0 && (in->sweep_at || in->recheck_at)) {
		uint32_t at = in->sweep_at && (!in->recheck_at || in->sweep_at < in->recheck_at)
				      ? in->sweep_at
				      : in->recheck_at;

		if (am_bgp_node_used(table, at))
			rc = visit(rib, peer, family, at, &intake);
		if (rc)
			break;
		advance(table, in, at);
		budget--;
	}
	am_bgp_intake_close(rib, &intake);
	return rc ? rc : budget;
}
