/* SPDX-License-Identifier: BSD-3-Clause */
/* What the RFCs, the policy, and the RFCs again make of a path on its way to a group of peers. */
#include <errno.h>
#include <string.h>

#include "bgp/as_path.h"
#include "bgp/community.h"
#include "codec.h"
#include "rib_state.h"

static const char too_long[] = "its attributes are longer than a message";

static bool has(const struct am_bgp_path *path, uint8_t code)
{
	return path->attrs.has & AM_BGP_HAS(code);
}

static void drop(struct am_bgp_path *path, uint8_t code)
{
	path->attrs.has &= ~AM_BGP_HAS(code);
	path->attrs.partial &= ~AM_BGP_HAS(code);
}

/* RFC 1997. */
static const char *well_known(const struct am_bgp_export *rules, const struct am_bgp_path *path)
{
	struct am_bgp_span list = path->attrs.communities;
	bool outside = rules->to.kind == AM_BGP_EXTERNAL, internal = rules->to.kind == AM_BGP_INTERNAL;

	if (!has(path, AM_BGP_ATTR_COMMUNITIES))
		return NULL;
	if (am_bgp_communities_have(list, AM_BGP_NO_ADVERTISE))
		return "NO_ADVERTISE";
	if (outside && am_bgp_communities_have(list, AM_BGP_NO_EXPORT))
		return "NO_EXPORT";
	if (!internal && am_bgp_communities_have(list, AM_BGP_NO_EXPORT_SUBCONFED))
		return "NO_EXPORT_SUBCONFED";
	return NULL;
}

/* RFC 9234 5, what goes out. */
static const char *only_to_customer(const struct am_bgp_export *rules, struct am_bgp_path *path)
{
	bool otc = has(path, AM_BGP_ATTR_OTC);

	if (!rules->has_role || rules->family == AM_BGP_L2VPN_EVPN)
		return NULL;
	if (otc && (rules->role == AM_BGP_ROLE_CUSTOMER || rules->role == AM_BGP_ROLE_PEER ||
			   rules->role == AM_BGP_ROLE_RS_CLIENT))
		return "only to customer, and this is none";
	if (!otc && (rules->role == AM_BGP_ROLE_PROVIDER || rules->role == AM_BGP_ROLE_PEER ||
			    rules->role == AM_BGP_ROLE_RS)) {
		path->attrs.otc = rules->local_as;
		path->attrs.has |= AM_BGP_HAS(AM_BGP_ATTR_OTC);
	}
	return NULL;
}

/* RFC 4271 9.2: what an internal peer said is not told to another one; RFC 4456: but by a reflector. */
static bool is_reflected(const struct am_bgp_export *rules, const struct am_bgp_path *path)
{
	return path->from->kind == AM_BGP_INTERNAL && !path->from->local && rules->to.kind == AM_BGP_INTERNAL;
}

/* RFC 7947 2.2: what a client of the route server said. What is our own, or of our AS, begins with it as everywhere. */
static bool passes_as_it_is(const struct am_bgp_export *rules, const struct am_bgp_path *path)
{
	return rules->transparent && rules->to.kind == AM_BGP_EXTERNAL && path->from->kind == AM_BGP_EXTERNAL;
}

/* A list with so many octets before those it has. Where it does not fit, it is as it was. */
static struct am_bgp_span before(
	struct am_writer *room, const void *bytes, size_t len, struct am_bgp_span list)
{
	uint8_t *begin = room->at;

	am_put_bytes(room, bytes, len);
	if (list.len)
		am_put_bytes(room, list.bytes, list.len);
	return room->full ? list : (struct am_bgp_span){begin, len + list.len};
}

/* RFC 4456 8. */
static void reflect(const struct am_bgp_export *rules, struct am_bgp_path *path, struct am_writer *room)
{
	uint8_t id[4];

	am_store32(id, rules->cluster_id);
	if (!has(path, AM_BGP_ATTR_ORIGINATOR_ID))
		path->attrs.originator_id = path->from->id;
	path->attrs.cluster_list = before(room, id, sizeof id,
		has(path, AM_BGP_ATTR_CLUSTER_LIST) ? path->attrs.cluster_list : (struct am_bgp_span){0});
	path->attrs.has |= AM_BGP_HAS(AM_BGP_ATTR_ORIGINATOR_ID) | AM_BGP_HAS(AM_BGP_ATTR_CLUSTER_LIST);
}

/* RFC 9494 4.3. */
static void mark_stale(struct am_bgp_path *path, struct am_writer *room)
{
	struct am_bgp_span list =
		has(path, AM_BGP_ATTR_COMMUNITIES) ? path->attrs.communities : (struct am_bgp_span){0};
	uint8_t stale[4];

	if (am_bgp_communities_have(list, AM_BGP_LLGR_STALE))
		return;
	am_store32(stale, AM_BGP_LLGR_STALE);
	path->attrs.communities = before(room, stale, sizeof stale, list);
	path->attrs.has |= AM_BGP_HAS(AM_BGP_ATTR_COMMUNITIES);
}

/* Before the policy: what it may change. Why the path cannot go there at all, or NULL. */
static const char *prepare(const struct am_bgp_export *rules, const struct am_bgp_rib_peer *from,
	bool long_lived, struct am_bgp_path *path, struct am_writer *room)
{
	bool external = rules->to.kind == AM_BGP_EXTERNAL, as_it_is = passes_as_it_is(rules, path);
	const char *why = well_known(rules, path);

	if (why)
		return why;
	if (external && !rules->filter.run)
		return "there is no export policy (RFC 8212)";
	if (is_reflected(rules, path) && !rules->reflector_client && !from->reflector_client)
		return "an internal peer said it";
	if (long_lived && !rules->long_lived)
		return "it is long-lived stale, and the peer does not know what that is";
	why = only_to_customer(rules, path);
	if (why)
		return why;
	if (is_reflected(rules, path))
		reflect(rules, path, room);
	if (long_lived)
		mark_stale(path, room);
	/* RFC 4271 5.1.4. */
	if (external && !path->from->local && !as_it_is)
		drop(path, AM_BGP_ATTR_MED);
	if (!as_it_is && rules->next_hop.len && (external || rules->next_hop_self || !path->next_hop.len))
		path->next_hop = rules->next_hop;
	return room->full ? too_long : NULL;
}

/* Our AS in front of the path; in a first segment of the same type where that has room (RFC 4271 5.1.2, 5065 5). */
static void prepend(struct am_bgp_path *path, uint32_t as, uint8_t type, struct am_writer *room)
{
	struct am_bgp_span old = path->attrs.as_path;
	bool extend = old.len && old.bytes[0] == type && old.bytes[1] < UINT8_MAX;
	uint8_t *begin = room->at;
	size_t skip = extend ? 2 : 0;

	am_put8(room, type);
	am_put8(room, extend ? (uint8_t)(old.bytes[1] + 1) : 1);
	am_put32(room, as);
	if (old.len > skip)
		am_put_bytes(room, old.bytes + skip, old.len - skip);
	path->attrs.as_path = (struct am_bgp_span){begin, (size_t)(room->at - begin)};
	path->attrs.has |= AM_BGP_HAS(AM_BGP_ATTR_AS_PATH);
}

/* Segments of our confederation stay in it (RFC 5065 5.3). */
static void leave_confederation(struct am_bgp_path *path, struct am_writer *room)
{
	uint8_t *begin = room->at;

	if (!path->attrs.as_path.len || path->attrs.as_path.bytes[0] < AM_BGP_CONFED_SEQUENCE)
		return;
	am_bgp_as_path_convert(room, path->attrs.as_path, 4, 4, true);
	path->attrs.as_path = (struct am_bgp_span){begin, (size_t)(room->at - begin)};
}

static void to_external(const struct am_bgp_export *rules, struct am_bgp_path *path, struct am_writer *room)
{
	leave_confederation(path, room);
	if (!passes_as_it_is(rules, path))
		prepend(path, rules->local_as, AM_BGP_AS_SEQUENCE, room);
	drop(path, AM_BGP_ATTR_LOCAL_PREF);
	drop(path, AM_BGP_ATTR_ORIGINATOR_ID);
	drop(path, AM_BGP_ATTR_CLUSTER_LIST);
}

static bool can_send_next_hop(const struct am_bgp_export *rules, const struct am_bgp_next_hop *hop)
{
	if (!hop->len)
		return false;
	return rules->family != AM_BGP_IPV4_UNICAST || hop->len == 4 || rules->next_hop6;
}

/* RFC 2545 3: a link-local address is of use on its own link, and nobody here knows that another's is on the peer's. */
static void drop_foreign_link_local(const struct am_bgp_export *rules, struct am_bgp_next_hop *hop)
{
	bool ours = hop->len == rules->next_hop.len && !memcmp(hop->bytes, rules->next_hop.bytes, hop->len);
	struct am_ip global, link_local;

	if (rules->to.kind != AM_BGP_EXTERNAL || ours)
		return;
	am_bgp_next_hop_split(hop, &global, &link_local);
	if (link_local.family)
		*hop = am_bgp_next_hop_of(&global, NULL);
}

/* After the policy: what it cannot change. Why the path cannot be sent, or NULL. */
static const char *finish(struct am_bgp_rib *rib, const struct am_bgp_export *rules, struct am_bgp_path *path,
	struct am_writer *room)
{
	/* A policy may ask for our own. */
	if (!path->next_hop.len)
		path->next_hop = rules->next_hop;
	drop_foreign_link_local(rules, &path->next_hop);
	if (!can_send_next_hop(rules, &path->next_hop))
		return "there is no next hop that the peer can use";
	if (rules->to.kind == AM_BGP_EXTERNAL)
		to_external(rules, path, room);
	else if (rules->to.kind == AM_BGP_CONFEDERATION)
		prepend(path, rules->local_as, AM_BGP_CONFED_SEQUENCE, room);
	if (rules->to.kind != AM_BGP_EXTERNAL && !has(path, AM_BGP_ATTR_LOCAL_PREF)) {
		path->attrs.local_pref = rib->config.decision.default_local_pref;
		path->attrs.has |= AM_BGP_HAS(AM_BGP_ATTR_LOCAL_PREF);
	}
	if (!rules->send.aigp)
		drop(path, AM_BGP_ATTR_AIGP);
	path->attrs.has |= AM_BGP_HAS(AM_BGP_ATTR_AS_PATH) | AM_BGP_HAS(AM_BGP_ATTR_ORIGIN);
	return room->full ? too_long : NULL;
}

void am_bgp_outlet_close(struct am_bgp_rib *rib, struct am_bgp_outlet *o)
{
	am_bgp_store_release(rib->store, o->in, 1);
	am_bgp_store_release(rib->store, o->accepted, 1);
	o->in = o->accepted = 0;
}

static void outlet_open(
	struct am_bgp_rib *rib, struct am_bgp_group *g, const struct am_bgp_route *route, bool long_lived)
{
	struct am_bgp_outlet *o = &g->outlet;
	const struct am_bgp_peer_state *from = rib->peers[route->peer];
	struct am_writer room = am_writer(o->room, sizeof o->room);
	struct am_bgp_set set;

	if (o->in == route->imported && o->peer == route->peer && o->long_lived == long_lived)
		return;
	am_bgp_outlet_close(rib, o);
	am_bgp_store_get(rib->store, route->imported, &set);
	am_bgp_store_hold(rib->store, route->imported, 1);
	o->in = route->imported;
	o->peer = route->peer;
	o->long_lived = long_lived;
	o->extra = set.extra;
	o->path = (struct am_bgp_path){.from = &from->config.neighbour,
		.to = &g->rules.to,
		.attrs = set.attrs,
		.next_hop = set.next_hop};
	o->denied = prepare(&g->rules, &from->config, long_lived, &o->path, &room);
}

/* The path as it is now, as a set. room: for what is put in front of its lists. */
static int make_set(struct am_bgp_rib *rib, struct am_bgp_group *g, struct am_bgp_path *path,
	struct am_writer *room, am_bgp_set_id *out)
{
	struct am_bgp_set set;
	int rc;

	g->outlet.why = finish(rib, &g->rules, path, room);
	if (g->outlet.why)
		return 0;
	set = (struct am_bgp_set){path->attrs, path->next_hop, g->outlet.extra};
	rc = am_bgp_store_intern(rib->store, &set, out);
	if (rc != -EMSGSIZE)
		return rc;
	g->outlet.why = too_long;
	return 0;
}

int am_bgp_export_route(struct am_bgp_rib *rib, struct am_bgp_group *g, const struct am_bgp_nlri *nlri,
	const struct am_bgp_route *route, am_bgp_set_id *out)
{
	const struct am_bgp_in *in = &rib->peers[route->peer]->in[g->rules.family];
	const struct am_bgp_filter *filter = &g->rules.filter;
	struct am_writer scratch = am_writer(rib->scratch, AM_BGP_FILTER_ROOM);
	enum am_bgp_filter_result result = AM_BGP_FILTER_ACCEPT;
	struct am_bgp_outlet *o = &g->outlet;
	struct am_bgp_path path;
	int rc;

	*out = 0;
	outlet_open(rib, g, route, in->long_lived && am_bgp_route_stale(in, route));
	o->why = o->denied;
	if (o->denied)
		return 0;
	if (filter->run && (filter->run != am_bgp_filter_accept || !o->accepted)) {
		path = o->path;
		path.nlri = nlri;
		result = filter->run(filter->policy, &path, &scratch);
	}
	if (result == AM_BGP_FILTER_REJECT) {
		o->why = path.why ? path.why : "the export policy rejects it";
		return 0;
	}
	if (result == AM_BGP_FILTER_CHANGED)
		return make_set(rib, g, &path, &scratch, out);
	if (!o->accepted) {
		path = o->path;
		rc = make_set(rib, g, &path, &scratch, &o->accepted);
		if (rc || !o->accepted)
			return rc;
	}
	*out = o->accepted;
	am_bgp_store_hold(rib->store, *out, 1);
	return 0;
}
