/* SPDX-License-Identifier: BSD-3-Clause */
/* Conditions of a policy's rules: a row of the table says what one of them looks at. */
#include <string.h>

#include "bgp/as_path.h"
#include "policy_parts.h"

typedef bool holds_fn(const struct am_bgp_condition *c, const struct am_bgp_policy_use *use,
	const struct am_bgp_path *path);

bool am_bgp_ranges_have(const struct am_bgp_range *ranges, uint32_t n, uint32_t v)
{
	uint32_t low = 0, high = n;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (v < ranges[middle].low)
			high = middle;
		else if (v > ranges[middle].high)
			low = middle + 1;
		else
			return true;
	}
	return false;
}

static bool in_ranges(const struct am_bgp_condition *c, uint32_t v)
{
	return am_bgp_ranges_have(c->ranges, c->n, v);
}

static bool in_bits(const struct am_bgp_condition *c, unsigned v)
{
	return v < 32 && c->bits >> v & 1;
}

bool am_bgp_policy_prefix(const struct am_bgp_nlri *nlri, struct am_prefix *out)
{
	const struct am_bgp_evpn *evpn = &nlri->evpn;

	if (nlri->family == AM_BGP_IPV4_UNICAST || nlri->family == AM_BGP_IPV6_UNICAST) {
		*out = nlri->prefix;
		return true;
	}
	if (nlri->family != AM_BGP_L2VPN_EVPN || evpn->ip.family == AM_AF_NONE)
		return false;
	*out = (struct am_prefix){evpn->ip, evpn->ip_len};
	if (evpn->type == AM_BGP_EVPN_MAC_IP)
		out->len = (uint8_t)(am_ip_len(&evpn->ip) * 8);
	return evpn->type == AM_BGP_EVPN_IP_PREFIX || evpn->type == AM_BGP_EVPN_MAC_IP;
}

static bool prefix(
	const struct am_bgp_condition *c, const struct am_bgp_policy_use *use, const struct am_bgp_path *path)
{
	struct am_prefix p;

	(void)use;
	if (!am_bgp_policy_prefix(path->nlri, &p))
		return false;
	for (uint32_t i = 0; i < c->n; i++) {
		if (am_bgp_prefix_list_permits(c->lists[i], &p))
			return true;
	}
	return false;
}

static bool permits_ip(const struct am_bgp_condition *c, const struct am_ip *ip)
{
	for (uint32_t i = 0; i < c->n; i++) {
		if (ip->family != AM_AF_NONE && am_bgp_prefix_list_permits_ip(c->lists[i], ip))
			return true;
	}
	return false;
}

static bool next_hop(
	const struct am_bgp_condition *c, const struct am_bgp_policy_use *use, const struct am_bgp_path *path)
{
	struct am_ip global, link_local;

	(void)use;
	am_bgp_next_hop_split(&path->next_hop, &global, &link_local);
	return permits_ip(c, &global) || permits_ip(c, &link_local);
}

static bool peer(
	const struct am_bgp_condition *c, const struct am_bgp_policy_use *use, const struct am_bgp_path *path)
{
	(void)use;
	return !path->from->local && permits_ip(c, &path->from->address);
}

static bool as_path(
	const struct am_bgp_condition *c, const struct am_bgp_policy_use *use, const struct am_bgp_path *path)
{
	(void)use;
	for (uint32_t i = 0; i < c->n; i++) {
		if (am_bgp_as_regex_match(c->regexes[i], path->attrs.as_path))
			return true;
	}
	return false;
}

static bool as_in_path(
	const struct am_bgp_condition *c, const struct am_bgp_policy_use *use, const struct am_bgp_path *path)
{
	struct am_reader r = am_reader(path->attrs.as_path.bytes, path->attrs.as_path.len);
	struct am_bgp_segment s;

	(void)use;
	while (am_bgp_segment_next(&r, &s)) {
		for (unsigned i = 0; i < s.count; i++) {
			if (in_ranges(c, am_load32(s.numbers + 4 * i)))
				return true;
		}
	}
	return false;
}

static bool origin_as(
	const struct am_bgp_condition *c, const struct am_bgp_policy_use *use, const struct am_bgp_path *path)
{
	uint32_t as = am_bgp_as_path_origin(path->attrs.as_path);

	(void)use;
	return as && in_ranges(c, as);
}

static bool first_as(
	const struct am_bgp_condition *c, const struct am_bgp_policy_use *use, const struct am_bgp_path *path)
{
	uint32_t as = am_bgp_as_path_first(path->attrs.as_path);

	(void)use;
	return as && in_ranges(c, as);
}

static bool peer_as(
	const struct am_bgp_condition *c, const struct am_bgp_policy_use *use, const struct am_bgp_path *path)
{
	(void)use;
	return !path->from->local && in_ranges(c, path->from->as);
}

static bool to_as(
	const struct am_bgp_condition *c, const struct am_bgp_policy_use *use, const struct am_bgp_path *path)
{
	(void)use;
	return path->to && in_ranges(c, path->to->as);
}

static bool path_length(
	const struct am_bgp_condition *c, const struct am_bgp_policy_use *use, const struct am_bgp_path *path)
{
	(void)use;
	return in_ranges(c, am_bgp_as_path_length(path->attrs.as_path));
}

static bool med(
	const struct am_bgp_condition *c, const struct am_bgp_policy_use *use, const struct am_bgp_path *path)
{
	(void)use;
	return path->attrs.has & AM_BGP_HAS(AM_BGP_ATTR_MED) && in_ranges(c, path->attrs.med);
}

static bool local_pref(
	const struct am_bgp_condition *c, const struct am_bgp_policy_use *use, const struct am_bgp_path *path)
{
	(void)use;
	return path->attrs.has & AM_BGP_HAS(AM_BGP_ATTR_LOCAL_PREF) && in_ranges(c, path->attrs.local_pref);
}

static bool list_has(struct am_bgp_span list, const struct am_bgp_community_pattern *pattern)
{
	unsigned len = am_bgp_community_len(pattern->kind);

	for (size_t at = 0; at + len <= list.len; at += len) {
		if (am_bgp_community_fits(pattern, list.bytes + at))
			return true;
	}
	return false;
}

static bool community(
	const struct am_bgp_condition *c, const struct am_bgp_policy_use *use, const struct am_bgp_path *path)
{
	const struct am_bgp_attrs *a = &path->attrs;
	const struct am_bgp_span lists[AM_BGP_COMMUNITY_KINDS] = {
		[AM_BGP_COMMUNITY_STANDARD] = a->communities,
		[AM_BGP_COMMUNITY_EXTENDED] = a->ext_communities,
		[AM_BGP_COMMUNITY_LARGE] = a->large_communities,
	};

	(void)use;
	for (uint32_t i = 0; i < c->n; i++) {
		if (list_has(lists[c->patterns[i].kind], &c->patterns[i]))
			return true;
	}
	return false;
}

/* RFC 6811 2: of unicast routes; the program's own have our AS as origin, where their path is empty. */
static bool rpki(
	const struct am_bgp_condition *c, const struct am_bgp_policy_use *use, const struct am_bgp_path *path)
{
	bool unicast = path->nlri->family == AM_BGP_IPV4_UNICAST || path->nlri->family == AM_BGP_IPV6_UNICAST;
	struct am_bgp_span as_path = path->attrs.as_path;
	uint32_t origin = as_path.len ? am_bgp_as_path_origin(as_path) : use->local_as;

	if (!use->roas || !unicast)
		return in_bits(c, AM_BGP_ROA_NOT_FOUND);
	return in_bits(c, am_bgp_roa_validate(use->roas, &path->nlri->prefix, origin));
}

static bool family(
	const struct am_bgp_condition *c, const struct am_bgp_policy_use *use, const struct am_bgp_path *path)
{
	(void)use;
	return in_bits(c, path->nlri->family);
}

static bool from(
	const struct am_bgp_condition *c, const struct am_bgp_policy_use *use, const struct am_bgp_path *path)
{
	(void)use;
	return in_bits(c, path->from->local ? (unsigned)AM_BGP_FROM_LOCAL : path->from->kind);
}

static bool to(
	const struct am_bgp_condition *c, const struct am_bgp_policy_use *use, const struct am_bgp_path *path)
{
	(void)use;
	return path->to && in_bits(c, path->to->kind);
}

static bool origin(
	const struct am_bgp_condition *c, const struct am_bgp_policy_use *use, const struct am_bgp_path *path)
{
	(void)use;
	return in_bits(c, path->attrs.origin);
}

static bool evpn_type(
	const struct am_bgp_condition *c, const struct am_bgp_policy_use *use, const struct am_bgp_path *path)
{
	(void)use;
	return path->nlri->family == AM_BGP_L2VPN_EVPN && in_bits(c, path->nlri->evpn.type);
}

enum operand { LISTS, REGEXES, RANGES, PATTERNS, BITS };

static const struct {
	holds_fn *holds;
	enum operand operand;
} rows[AM_BGP_CONDITION_TYPES] = {
	[AM_BGP_IF_PREFIX] = {prefix, LISTS},
	[AM_BGP_IF_NEXT_HOP] = {next_hop, LISTS},
	[AM_BGP_IF_PEER] = {peer, LISTS},
	[AM_BGP_IF_AS_PATH] = {as_path, REGEXES},
	[AM_BGP_IF_AS_IN_PATH] = {as_in_path, RANGES},
	[AM_BGP_IF_ORIGIN_AS] = {origin_as, RANGES},
	[AM_BGP_IF_FIRST_AS] = {first_as, RANGES},
	[AM_BGP_IF_PEER_AS] = {peer_as, RANGES},
	[AM_BGP_IF_TO_AS] = {to_as, RANGES},
	[AM_BGP_IF_PATH_LENGTH] = {path_length, RANGES},
	[AM_BGP_IF_MED] = {med, RANGES},
	[AM_BGP_IF_LOCAL_PREF] = {local_pref, RANGES},
	[AM_BGP_IF_COMMUNITY] = {community, PATTERNS},
	[AM_BGP_IF_RPKI] = {rpki, BITS},
	[AM_BGP_IF_FAMILY] = {family, BITS},
	[AM_BGP_IF_FROM] = {from, BITS},
	[AM_BGP_IF_TO] = {to, BITS},
	[AM_BGP_IF_ORIGIN] = {origin, BITS},
	[AM_BGP_IF_EVPN_TYPE] = {evpn_type, BITS},
};

bool am_bgp_condition_holds(
	const struct am_bgp_condition *c, const struct am_bgp_policy_use *use, const struct am_bgp_path *path)
{
	return rows[c->type].holds(c, use, path);
}

static bool regex_equal(const struct am_bgp_as_regex *a, const struct am_bgp_as_regex *b)
{
	const char *x = am_bgp_as_regex_text(a), *y = am_bgp_as_regex_text(b);

	return strlen(x) == strlen(y) && !memcmp(x, y, strlen(x));
}

static bool element_equal(const struct am_bgp_condition *a, const struct am_bgp_condition *b, uint32_t i)
{
	switch (rows[a->type].operand) {
	case LISTS:
		return am_bgp_prefix_list_equal(a->lists[i], b->lists[i]);
	case REGEXES:
		return regex_equal(a->regexes[i], b->regexes[i]);
	case RANGES:
		return a->ranges[i].low == b->ranges[i].low && a->ranges[i].high == b->ranges[i].high;
	case PATTERNS:
		return am_bgp_community_pattern_equal(&a->patterns[i], &b->patterns[i]);
	case BITS:
		break;
	}
	return true;
}

bool am_bgp_condition_equal(const struct am_bgp_condition *a, const struct am_bgp_condition *b)
{
	if (a->type != b->type || a->negated != b->negated || a->n != b->n)
		return false;
	if (rows[a->type].operand == BITS)
		return a->bits == b->bits;
	for (uint32_t i = 0; i < a->n; i++) {
		if (!element_equal(a, b, i))
			return false;
	}
	return true;
}
