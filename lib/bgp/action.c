/* SPDX-License-Identifier: BSD-3-Clause */
/* Actions of a policy's rules. A list that changes is written anew into scratch; the one that it came from stays as it was. */
#include <string.h>

#include "bgp/as_path.h"
#include "policy_parts.h"

enum { DEFAULT_LOCAL_PREF = 100 };

/* ---- numbers ---- */

static bool set_number(struct am_bgp_attrs *a, uint8_t code, uint32_t *field, uint32_t value)
{
	bool changed = !(a->has & AM_BGP_HAS(code)) || *field != value;

	a->has |= AM_BGP_HAS(code);
	*field = value;
	return changed;
}

static uint32_t add(uint32_t a, uint32_t b)
{
	return a > UINT32_MAX - b ? UINT32_MAX : a + b;
}

static uint32_t subtract(uint32_t a, uint32_t b)
{
	return a > b ? a - b : 0;
}

static bool set_local_pref(const struct am_bgp_action *action, struct am_bgp_attrs *a)
{
	uint32_t now = a->has & AM_BGP_HAS(AM_BGP_ATTR_LOCAL_PREF) ? a->local_pref : DEFAULT_LOCAL_PREF;
	uint32_t value = action->type == AM_BGP_ADD_LOCAL_PREF   ? add(now, action->value)
			 : action->type == AM_BGP_SUB_LOCAL_PREF ? subtract(now, action->value)
								 : action->value;

	return set_number(a, AM_BGP_ATTR_LOCAL_PREF, &a->local_pref, value);
}

static bool set_med(const struct am_bgp_action *action, struct am_bgp_attrs *a)
{
	uint32_t now = a->has & AM_BGP_HAS(AM_BGP_ATTR_MED) ? a->med : 0;
	uint32_t value = action->type == AM_BGP_ADD_MED   ? add(now, action->value)
			 : action->type == AM_BGP_SUB_MED ? subtract(now, action->value)
							  : action->value;

	return set_number(a, AM_BGP_ATTR_MED, &a->med, value);
}

static bool remove_attr(struct am_bgp_attrs *a, uint8_t code)
{
	bool had = a->has & AM_BGP_HAS(code);

	a->has &= ~AM_BGP_HAS(code);
	a->partial &= ~AM_BGP_HAS(code);
	return had;
}

static bool set_origin(const struct am_bgp_action *action, struct am_bgp_attrs *a)
{
	bool changed = a->origin != action->value;

	a->origin = (uint8_t)action->value;
	return changed;
}

/* ---- communities ---- */

struct am_bgp_span *am_bgp_communities_of(
	struct am_bgp_attrs *a, enum am_bgp_community_kind kind, uint8_t *code)
{
	switch (kind) {
	case AM_BGP_COMMUNITY_EXTENDED:
		*code = AM_BGP_ATTR_EXT_COMMUNITIES;
		return &a->ext_communities;
	case AM_BGP_COMMUNITY_LARGE:
		*code = AM_BGP_ATTR_LARGE_COMMUNITIES;
		return &a->large_communities;
	default:
		*code = AM_BGP_ATTR_COMMUNITIES;
		return &a->communities;
	}
}

static bool list_has(struct am_bgp_span list, const uint8_t *community, unsigned len)
{
	for (size_t at = 0; at + len <= list.len; at += len) {
		if (!memcmp(list.bytes + at, community, len))
			return true;
	}
	return false;
}

/* A list of what begins at `begin`; an attribute without communities is none. */
static void replace(struct am_bgp_attrs *a, enum am_bgp_community_kind kind, const uint8_t *begin,
	const struct am_writer *scratch)
{
	uint8_t code;
	struct am_bgp_span *list = am_bgp_communities_of(a, kind, &code);

	if (scratch->full)
		return;
	*list = (struct am_bgp_span){begin, (size_t)(scratch->at - begin)};
	if (list->len)
		a->has |= AM_BGP_HAS(code);
	else
		remove_attr(a, code);
}

static bool add_kind(const struct am_bgp_action *action, enum am_bgp_community_kind kind,
	struct am_bgp_attrs *a, struct am_writer *scratch)
{
	uint8_t code, community[AM_BGP_LARGE_COMMUNITY_LEN], *begin = scratch->at;
	struct am_bgp_span old = *am_bgp_communities_of(a, kind, &code), list = old;
	unsigned len = am_bgp_community_len(kind);

	for (uint32_t i = 0; i < action->n; i++) {
		if (action->patterns[i].kind != kind)
			continue;
		am_bgp_community_encode(&action->patterns[i], community);
		if (list_has(list, community, len))
			continue;
		if (scratch->at == begin && old.len)
			am_put_bytes(scratch, old.bytes, old.len);
		am_put_bytes(scratch, community, len);
		list = (struct am_bgp_span){begin, (size_t)(scratch->at - begin)};
	}
	if (scratch->at == begin)
		return false;
	replace(a, kind, begin, scratch);
	return true;
}

static bool any_fits(
	const struct am_bgp_action *action, enum am_bgp_community_kind kind, const uint8_t *community)
{
	for (uint32_t i = 0; i < action->n; i++) {
		if (action->patterns[i].kind == kind &&
			am_bgp_community_fits(&action->patterns[i], community))
			return true;
	}
	return false;
}

static bool delete_kind(const struct am_bgp_action *action, enum am_bgp_community_kind kind,
	struct am_bgp_attrs *a, struct am_writer *scratch)
{
	uint8_t code, *begin = scratch->at;
	struct am_bgp_span list = *am_bgp_communities_of(a, kind, &code);
	unsigned len = am_bgp_community_len(kind);
	bool found = false;

	for (size_t at = 0; at + len <= list.len && !found; at += len)
		found = any_fits(action, kind, list.bytes + at);
	if (!found)
		return false;
	for (size_t at = 0; at + len <= list.len; at += len) {
		if (!any_fits(action, kind, list.bytes + at))
			am_put_bytes(scratch, list.bytes + at, len);
	}
	replace(a, kind, begin, scratch);
	return true;
}

/* What is the same as before is no change, so that the route keeps the attributes that it shares with others. */
static bool set_kind(const struct am_bgp_action *action, enum am_bgp_community_kind kind,
	struct am_bgp_attrs *a, struct am_writer *scratch)
{
	uint8_t code, community[AM_BGP_LARGE_COMMUNITY_LEN], *begin = scratch->at;
	struct am_bgp_span old = *am_bgp_communities_of(a, kind, &code), list = {begin, 0};
	unsigned len = am_bgp_community_len(kind);

	for (uint32_t i = 0; i < action->n; i++) {
		if (action->patterns[i].kind != kind)
			continue;
		am_bgp_community_encode(&action->patterns[i], community);
		if (!list_has(list, community, len))
			am_put_bytes(scratch, community, len);
		list.len = (size_t)(scratch->at - begin);
	}
	if (list.len == old.len && (!old.len || !memcmp(list.bytes, old.bytes, old.len)))
		return false;
	replace(a, kind, begin, scratch);
	return true;
}

typedef bool change_kind(const struct am_bgp_action *action, enum am_bgp_community_kind kind,
	struct am_bgp_attrs *a, struct am_writer *scratch);

static bool each_kind(const struct am_bgp_action *action, change_kind *change, struct am_bgp_attrs *a,
	struct am_writer *scratch)
{
	bool changed = false;

	for (int kind = 0; kind < AM_BGP_COMMUNITY_KINDS; kind++)
		changed |= change(action, (enum am_bgp_community_kind)kind, a, scratch);
	return changed;
}

/* ---- AS path ---- */

/* Into the segment that is first, where it is a sequence with room; else into one of their own before it. */
static bool prepend(
	const struct am_bgp_action *action, uint32_t as, struct am_bgp_attrs *a, struct am_writer *scratch)
{
	struct am_bgp_span old = a->as_path;
	bool join =
		old.len && old.bytes[0] == AM_BGP_AS_SEQUENCE && old.bytes[1] + action->count <= UINT8_MAX;
	uint8_t *begin = scratch->at;

	if (!action->count || !as)
		return false;
	am_put8(scratch, AM_BGP_AS_SEQUENCE);
	am_put8(scratch, (uint8_t)(action->count + (join ? old.bytes[1] : 0)));
	for (unsigned i = 0; i < action->count; i++)
		am_put32(scratch, as);
	if (old.len)
		am_put_bytes(scratch, old.bytes + (join ? 2 : 0), old.len - (join ? 2 : 0));
	if (scratch->full)
		return false;
	a->as_path = (struct am_bgp_span){begin, (size_t)(scratch->at - begin)};
	a->has |= AM_BGP_HAS(AM_BGP_ATTR_AS_PATH);
	return true;
}

/* ---- next hop ---- */

static bool set_next_hop(struct am_bgp_path *path, const struct am_bgp_next_hop hops[2])
{
	const struct am_bgp_next_hop *hop = &hops[path->nlri->family != AM_BGP_IPV4_UNICAST];

	if (!hop->len ||
		(hop->len == path->next_hop.len && !memcmp(hop->bytes, path->next_hop.bytes, hop->len)))
		return false;
	path->next_hop = *hop;
	return true;
}

/* An IPv4 route has an IPv6 next hop only where it had one (RFC 8950): whether the session takes it is not known here. */
static bool next_hop_peer(struct am_bgp_path *path)
{
	const struct am_ip *address = &path->from->address;
	bool link_local = am_ip_is_link_local(address) && address->family == AM_IPV6;
	struct am_bgp_next_hop hop =
		link_local ? am_bgp_next_hop_of(NULL, address) : am_bgp_next_hop_of(address, NULL);
	struct am_bgp_next_hop hops[2] = {hop, hop};

	if (path->from->local || address->family == AM_AF_NONE ||
		(path->nlri->family != AM_BGP_L2VPN_EVPN && (hop.len > 4) != (path->next_hop.len > 4)))
		return false;
	return set_next_hop(path, hops);
}

/* What the use does not say, the table does on the way out: it knows each neighbour's own. */
static bool next_hop_self(struct am_bgp_path *path, const struct am_bgp_next_hop self[2])
{
	if (self[path->nlri->family != AM_BGP_IPV4_UNICAST].len || !path->to)
		return set_next_hop(path, self);
	path->next_hop.len = 0;
	return true;
}

bool am_bgp_action_apply(const struct am_bgp_action *action, const struct am_bgp_policy_use *use,
	struct am_bgp_path *path, struct am_writer *scratch)
{
	struct am_bgp_attrs *a = &path->attrs;

	switch (action->type) {
	case AM_BGP_SET_LOCAL_PREF:
	case AM_BGP_ADD_LOCAL_PREF:
	case AM_BGP_SUB_LOCAL_PREF:
		return set_local_pref(action, a);
	case AM_BGP_SET_MED:
	case AM_BGP_ADD_MED:
	case AM_BGP_SUB_MED:
		return set_med(action, a);
	case AM_BGP_REMOVE_MED:
		return remove_attr(a, AM_BGP_ATTR_MED);
	case AM_BGP_SET_ORIGIN:
		return set_origin(action, a);
	case AM_BGP_ADD_COMMUNITIES:
		return each_kind(action, add_kind, a, scratch);
	case AM_BGP_DELETE_COMMUNITIES:
		return each_kind(action, delete_kind, a, scratch);
	case AM_BGP_SET_COMMUNITIES:
		return each_kind(action, set_kind, a, scratch);
	case AM_BGP_PREPEND:
		return prepend(action, action->value ? action->value : use->local_as, a, scratch);
	case AM_BGP_SET_NEXT_HOP:
		return set_next_hop(path, action->next_hop);
	case AM_BGP_NEXT_HOP_SELF:
		return next_hop_self(path, use->self);
	case AM_BGP_NEXT_HOP_PEER:
		return next_hop_peer(path);
	}
	return false;
}

bool am_bgp_patterns_equal(
	const struct am_bgp_community_pattern *a, const struct am_bgp_community_pattern *b, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		if (!am_bgp_community_pattern_equal(&a[i], &b[i]))
			return false;
	}
	return true;
}

bool am_bgp_action_equal(const struct am_bgp_action *a, const struct am_bgp_action *b)
{
	if (a->type != b->type || a->count != b->count || a->value != b->value || a->n != b->n)
		return false;
	for (int i = 0; i < 2; i++) {
		if (a->next_hop[i].len != b->next_hop[i].len ||
			memcmp(a->next_hop[i].bytes, b->next_hop[i].bytes, a->next_hop[i].len))
			return false;
	}
	return am_bgp_patterns_equal(a->patterns, b->patterns, a->n);
}
