/* SPDX-License-Identifier: BSD-3-Clause */
/* What the RFCs, and then the policy, make of a path that a peer sent. */
#include <errno.h>
#include <string.h>

#include "bgp/as_path.h"
#include "bgp/community.h"
#include "rib_state.h"

static bool has(const struct am_bgp_path *path, uint8_t code)
{
	return path->attrs.has & AM_BGP_HAS(code);
}

/* RFC 4456 8. */
static bool in_cluster_list(const struct am_bgp_path *path, uint32_t id)
{
	struct am_reader r = am_reader(path->attrs.cluster_list.bytes, path->attrs.cluster_list.len);

	if (!has(path, AM_BGP_ATTR_CLUSTER_LIST))
		return false;
	while (am_reader_left(&r)) {
		if (am_take32(&r) == id)
			return true;
	}
	return false;
}

/* Whatever name we have there, others may know another one of ours (RFC 5065 4: identifier and member AS). */
static unsigned count_own_as(const struct am_bgp_rib_peer *config, struct am_bgp_span path)
{
	const uint32_t *other = config->own_as;
	unsigned count = am_bgp_as_path_count(path, config->local_as);

	if (other[0] && other[0] != config->local_as)
		count += am_bgp_as_path_count(path, other[0]);
	if (other[1] && other[1] != config->local_as && other[1] != other[0])
		count += am_bgp_as_path_count(path, other[1]);
	return count;
}

static const char *loops(const struct am_bgp_rib_peer *config, const struct am_bgp_path *path)
{
	if (count_own_as(config, path->attrs.as_path) > config->allow_own_as)
		return "our own AS stands in its path";
	if (has(path, AM_BGP_ATTR_ORIGINATOR_ID) && path->attrs.originator_id == config->local_id)
		return "we brought it into this AS ourselves";
	if (in_cluster_list(path, config->cluster_id))
		return "our own cluster stands in its list";
	return NULL;
}

/* RFC 4271 5.1.3: a route by way of ourselves leads nowhere. */
static bool leads_to_us(const struct am_bgp_rib_peer *config, const struct am_bgp_next_hop *hop)
{
	struct am_ip global, link_local;
	const struct am_ip *ip = &global;

	if (am_bgp_next_hop_is_loopback(hop))
		return true;
	am_bgp_next_hop_split(hop, &global, &link_local);
	/* Beside a global address, a link-local one may be of a link that is none of ours. */
	if (!global.family)
		ip = &link_local;
	for (unsigned i = 0; i < sizeof config->own_address / sizeof config->own_address[0]; i++) {
		const struct am_ip *own = &config->own_address[i];

		if (own->family && am_ip_equal(own, ip))
			return true;
	}
	return false;
}

/* RFC 4271 6.3: where it is no unicast prefix, the route is ignored. */
static bool is_multicast(const struct am_bgp_nlri *nlri)
{
	const struct am_prefix *p = &nlri->prefix;

	if (nlri->family == AM_BGP_IPV4_UNICAST)
		return p->len >= 4 && p->ip.bytes[0] >> 4 == 14;
	return nlri->family == AM_BGP_IPV6_UNICAST && p->len >= 8 && p->ip.bytes[0] == 0xff;
}

/* RFC 9234 5, what comes in: a route that went down or sideways must not come up again. May set the attribute. */
static const char *only_to_customer(const struct am_bgp_rib_peer *config, struct am_bgp_path *path)
{
	bool otc = has(path, AM_BGP_ATTR_OTC);

	switch (config->role) {
	case AM_BGP_ROLE_PROVIDER:
	case AM_BGP_ROLE_RS:
		return otc ? "a leak: only to customer, and it comes from one" : NULL;
	case AM_BGP_ROLE_PEER:
		if (otc && path->attrs.otc != config->neighbour.as)
			return "a leak: only to customer, and it comes from a peer of another AS";
		break;
	default:
		break;
	}
	if (!otc) {
		path->attrs.otc = config->neighbour.as;
		path->attrs.has |= AM_BGP_HAS(AM_BGP_ATTR_OTC);
	}
	return NULL;
}

static const char *rules(
	const struct am_bgp_rib_peer *config, enum am_bgp_family family, struct am_bgp_path *path)
{
	const struct am_bgp_neighbour *from = &config->neighbour;
	bool external = from->kind == AM_BGP_EXTERNAL;
	const char *why;

	if (from->local)
		return NULL;
	why = loops(config, path);
	if (why)
		return why;
	if (leads_to_us(config, &path->next_hop))
		return "its next hop is our own address";
	if (external && config->enforce_first_as && am_bgp_as_path_first(path->attrs.as_path) != from->as)
		return "its path does not begin with the peer's AS";
	if (external && !config->import.run)
		return "there is no import policy (RFC 8212)";
	if (config->has_role && family != AM_BGP_L2VPN_EVPN)
		return only_to_customer(config, path);
	return NULL;
}

int am_bgp_intake_open(struct am_bgp_rib *rib, struct am_bgp_intake *intake,
	const struct am_bgp_peer_state *peer, enum am_bgp_family family, am_bgp_set_id received,
	const struct am_bgp_set *set)
{
	struct am_bgp_set base;
	am_bgp_attr_set before = set->attrs.has;
	int rc;

	*intake = (struct am_bgp_intake){
		.peer = peer,
		.path = {.from = &peer->config.neighbour, .attrs = set->attrs, .next_hop = set->next_hop},
		.extra = set->extra,
	};
	intake->why = rules(&peer->config, family, &intake->path);
	if (!intake->why && intake->path.attrs.has != before) {
		base = (struct am_bgp_set){intake->path.attrs, set->next_hop, set->extra};
		rc = am_bgp_store_intern(rib->store, &base, &intake->base);
		if (rc)
			return rc;
	} else {
		intake->base = received;
		am_bgp_store_hold(rib->store, received, 1);
	}
	am_bgp_store_hold(rib->store, received, 1);
	intake->received = received;
	return 0;
}

void am_bgp_intake_close(struct am_bgp_rib *rib, struct am_bgp_intake *intake)
{
	if (!intake->received)
		return;
	am_bgp_store_release(rib->store, intake->received, 1);
	am_bgp_store_release(rib->store, intake->base, 1);
	intake->received = 0;
}

/* The filter changed it: a set of its own, where it can be one. */
static int changed(struct am_bgp_rib *rib, const struct am_bgp_intake *intake, const struct am_bgp_path *path,
	am_bgp_set_id *out, const char **why)
{
	const struct am_bgp_set set = {path->attrs, path->next_hop, intake->extra};
	int rc = am_bgp_store_intern(rib->store, &set, out);

	if (rc != -EMSGSIZE)
		return rc;
	*out = 0;
	*why = "the policy made its attributes longer than a message";
	return 0;
}

int am_bgp_intake_judge(struct am_bgp_rib *rib, struct am_bgp_intake *intake, const struct am_bgp_nlri *nlri,
	am_bgp_set_id *out, const char **why)
{
	const struct am_bgp_filter *filter = &intake->peer->config.import;
	struct am_writer scratch = am_writer(rib->scratch, AM_BGP_FILTER_ROOM);
	enum am_bgp_filter_result result = AM_BGP_FILTER_ACCEPT;
	struct am_bgp_path path;

	*out = 0;
	*why = intake->why;
	if (!*why && !intake->path.from->local && is_multicast(nlri))
		*why = "a multicast prefix has no place among unicast routes";
	if (*why)
		return 0;
	if (filter->run) {
		path = intake->path;
		path.nlri = nlri;
		result = filter->run(filter->policy, &path, &scratch);
	}
	if (result == AM_BGP_FILTER_CHANGED)
		return changed(rib, intake, &path, out, why);
	if (result == AM_BGP_FILTER_REJECT) {
		*why = path.why ? path.why : "the import policy rejects it";
		return 0;
	}
	*out = intake->base;
	am_bgp_store_hold(rib->store, *out, 1);
	return 0;
}
