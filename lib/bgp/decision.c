/* SPDX-License-Identifier: BSD-3-Clause */
#include "bgp/decision.h"

#include <string.h>

#include "bgp/as_path.h"

struct rules {
	const struct am_bgp_decision_options *options;
	bool med; /* compare MED in this round */
};

static bool has(const struct am_bgp_candidate *c, uint8_t code)
{
	return c->attrs->has & AM_BGP_HAS(code);
}

/* Each step: the smaller value wins. */

static uint64_t unreachable(const struct am_bgp_candidate *c, const struct rules *r)
{
	(void)r;
	return !c->reachable;
}

static uint64_t stale(const struct am_bgp_candidate *c, const struct rules *r)
{
	(void)r;
	return c->stale;
}

static uint64_t local_pref(const struct am_bgp_candidate *c, const struct rules *r)
{
	uint32_t pref =
		has(c, AM_BGP_ATTR_LOCAL_PREF) ? c->attrs->local_pref : r->options->default_local_pref;

	return UINT32_MAX - pref;
}

/* RFC 7311 4.1: who has none loses to who has one; the way to the next hop counts. */
static uint64_t aigp(const struct am_bgp_candidate *c, const struct rules *r)
{
	uint64_t metric = c->attrs->aigp;

	(void)r;
	if (!has(c, AM_BGP_ATTR_AIGP))
		return UINT64_MAX;
	return metric > UINT64_MAX - 1 - c->igp_cost ? UINT64_MAX - 1 : metric + c->igp_cost;
}

static uint64_t as_path(const struct am_bgp_candidate *c, const struct rules *r)
{
	(void)r;
	return am_bgp_as_path_length(c->attrs->as_path);
}

static uint64_t origin(const struct am_bgp_candidate *c, const struct rules *r)
{
	(void)r;
	return c->attrs->origin;
}

static uint64_t med(const struct am_bgp_candidate *c, const struct rules *r)
{
	if (!r->med)
		return 0;
	if (has(c, AM_BGP_ATTR_MED))
		return c->attrs->med;
	return r->options->missing_med_is_worst ? UINT64_MAX : 0;
}

/* A confederation's members are one AS here (RFC 5065 5.3). */
static uint64_t internal(const struct am_bgp_candidate *c, const struct rules *r)
{
	(void)r;
	return c->kind != AM_BGP_EXTERNAL;
}

static uint64_t igp_cost(const struct am_bgp_candidate *c, const struct rules *r)
{
	(void)r;
	return c->igp_cost;
}

static uint64_t cluster_list(const struct am_bgp_candidate *c, const struct rules *r)
{
	(void)r;
	return has(c, AM_BGP_ATTR_CLUSTER_LIST) ? c->attrs->cluster_list.len : 0;
}

/* RFC 4456 9: who brought it into the AS, not who reflected it. */
static uint64_t identifier(const struct am_bgp_candidate *c, const struct rules *r)
{
	(void)r;
	return has(c, AM_BGP_ATTR_ORIGINATOR_ID) ? c->attrs->originator_id : c->peer_id;
}

static const struct {
	enum am_bgp_verdict lost;
	uint64_t (*value)(const struct am_bgp_candidate *c, const struct rules *r);
} steps[] = {
	{AM_BGP_LOST_UNREACHABLE, unreachable},
	{AM_BGP_LOST_STALE, stale},
	{AM_BGP_LOST_LOCAL_PREF, local_pref},
	{AM_BGP_LOST_AIGP, aigp},
	{AM_BGP_LOST_AS_PATH, as_path},
	{AM_BGP_LOST_ORIGIN, origin},
	{AM_BGP_LOST_MED, med},
	{AM_BGP_LOST_EXTERNAL, internal},
	{AM_BGP_LOST_IGP_COST, igp_cost},
	{AM_BGP_LOST_CLUSTER_LIST, cluster_list},
	{AM_BGP_LOST_IDENTIFIER, identifier},
};

/* Negative: a wins; positive: b; 0: they are one and the same path. *lost: the step that decided. */
static int compare(const struct am_bgp_candidate *a, const struct am_bgp_candidate *b, const struct rules *r,
	enum am_bgp_verdict *lost)
{
	int address;

	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
		uint64_t x = steps[i].value(a, r), y = steps[i].value(b, r);

		*lost = steps[i].lost;
		if (x != y)
			return x < y ? -1 : 1;
	}
	*lost = AM_BGP_LOST_ADDRESS;
	address = (a->peer.family > b->peer.family) - (a->peer.family < b->peer.family);
	if (!address)
		address = memcmp(a->peer.bytes, b->peer.bytes, sizeof a->peer.bytes);
	if (address)
		return address;
	*lost = AM_BGP_LOST_PATH_ID;
	return (a->path_id > b->path_id) - (a->path_id < b->path_id);
}

/* The AS that a path came to us from, or our own (0): confederation segments are ours. */
static uint32_t neighbour(const struct am_bgp_candidate *c)
{
	struct am_reader r = am_reader(c->attrs->as_path.bytes, c->attrs->as_path.len);
	struct am_bgp_segment s;

	while (am_bgp_segment_next(&r, &s)) {
		if (s.type == AM_BGP_AS_SEQUENCE)
			return am_load32(s.numbers);
		if (s.type == AM_BGP_AS_SET)
			return 0;
	}
	return 0;
}

static bool same_as_path(const struct am_bgp_candidate *a, const struct am_bgp_candidate *b)
{
	struct am_bgp_span x = a->attrs->as_path, y = b->attrs->as_path;

	return x.len == y.len && (!x.len || !memcmp(x.bytes, y.bytes, x.len));
}

static bool med_counts(const struct am_bgp_candidate *a, const struct am_bgp_candidate *b,
	const struct am_bgp_decision_options *options)
{
	return options->always_compare_med || neighbour(a) == neighbour(b);
}

/* First round: each path against those that its MED can be compared with. Who loses has a verdict, who wins is still BEST. */
static void within_neighbours(const struct am_bgp_candidate *paths, size_t n,
	const struct am_bgp_decision_options *options, uint8_t *verdicts)
{
	const struct rules rules = {options, true};

	for (size_t i = 0; i < n; i++) {
		verdicts[i] = AM_BGP_BEST;
		for (size_t k = 0; k < n; k++) {
			enum am_bgp_verdict lost;
			int order;

			if (i == k || !med_counts(&paths[i], &paths[k], options))
				continue;
			order = compare(&paths[i], &paths[k], &rules, &lost);
			if (order < 0 || (order == 0 && i < k))
				continue;
			/* Of several that beat it, the earliest step is the reason. */
			if (verdicts[i] == AM_BGP_BEST || lost < verdicts[i])
				verdicts[i] = (uint8_t)lost;
		}
	}
}

/* Second round: the winners among each other. */
static size_t among_winners(const struct am_bgp_candidate *paths, size_t n,
	const struct am_bgp_decision_options *options, const uint8_t *verdicts)
{
	const struct rules rules = {options, options->always_compare_med};
	enum am_bgp_verdict lost;
	size_t best = n;

	for (size_t i = 0; i < n; i++) {
		if (verdicts[i] == AM_BGP_BEST &&
			(best == n || compare(&paths[i], &paths[best], &rules, &lost) < 0))
			best = i;
	}
	return best;
}

/* Why path is not the best one: where it lost against that or, if earlier, among its neighbour's paths. */
static uint8_t verdict_beside(const struct am_bgp_candidate *path, const struct am_bgp_candidate *best,
	uint8_t verdict, const struct am_bgp_decision_options *options)
{
	const struct rules rules = {options, med_counts(path, best, options)};
	enum am_bgp_verdict lost;

	/* It may even beat the best one, where another of its neighbour's beat it by MED. */
	if (compare(best, path, &rules, &lost) <= 0 && (verdict == AM_BGP_BEST || lost < verdict))
		verdict = (uint8_t)lost;
	if (verdict >= AM_BGP_LOST_CLUSTER_LIST && (options->multipath_relax || same_as_path(path, best)))
		return AM_BGP_MULTIPATH;
	return verdict;
}

int am_bgp_decide(const struct am_bgp_candidate *paths, size_t n,
	const struct am_bgp_decision_options *options, uint8_t *verdicts)
{
	size_t best;

	within_neighbours(paths, n, options, verdicts);
	best = among_winners(paths, n, options, verdicts);
	for (size_t i = 0; i < n; i++) {
		if (!paths[i].reachable)
			verdicts[i] = AM_BGP_LOST_UNREACHABLE;
		else if (i != best)
			verdicts[i] = verdict_beside(&paths[i], &paths[best], verdicts[i], options);
	}
	return best < n && paths[best].reachable ? (int)best : -1;
}

const char *am_bgp_verdict_name(enum am_bgp_verdict verdict)
{
	static const char *const names[AM_BGP_VERDICTS] = {
		[AM_BGP_BEST] = "best",
		[AM_BGP_MULTIPATH] = "multipath",
		[AM_BGP_LOST_UNREACHABLE] = "next-hop-unreachable",
		[AM_BGP_LOST_STALE] = "long-lived-stale",
		[AM_BGP_LOST_LOCAL_PREF] = "local-pref",
		[AM_BGP_LOST_AIGP] = "aigp",
		[AM_BGP_LOST_AS_PATH] = "as-path-length",
		[AM_BGP_LOST_ORIGIN] = "origin",
		[AM_BGP_LOST_MED] = "med",
		[AM_BGP_LOST_EXTERNAL] = "external-over-internal",
		[AM_BGP_LOST_IGP_COST] = "igp-cost",
		[AM_BGP_LOST_CLUSTER_LIST] = "cluster-list-length",
		[AM_BGP_LOST_IDENTIFIER] = "router-id",
		[AM_BGP_LOST_ADDRESS] = "peer-address",
		[AM_BGP_LOST_PATH_ID] = "path-id",
		[AM_BGP_LOST_LIMIT] = "multipath-limit",
	};

	return names[verdict];
}

const char *am_bgp_verdict_text(enum am_bgp_verdict verdict)
{
	static const char *const texts[AM_BGP_VERDICTS] = {
		[AM_BGP_BEST] = "it is the best one",
		[AM_BGP_MULTIPATH] = "it is as good as the best one in all that concerns the network",
		[AM_BGP_LOST_UNREACHABLE] = "its next hop cannot be reached",
		[AM_BGP_LOST_STALE] = "it is long-lived stale: its peer has been gone for long",
		[AM_BGP_LOST_LOCAL_PREF] = "its local preference is lower",
		[AM_BGP_LOST_AIGP] = "its accumulated IGP metric is higher, or it has none",
		[AM_BGP_LOST_AS_PATH] = "its AS path is longer",
		[AM_BGP_LOST_ORIGIN] = "its origin is worse (IGP, EGP, incomplete)",
		[AM_BGP_LOST_MED] = "its MED is higher, among paths by the same neighbour AS",
		[AM_BGP_LOST_EXTERNAL] = "it came from inside, and the best one from outside",
		[AM_BGP_LOST_IGP_COST] = "its next hop is farther away",
		[AM_BGP_LOST_CLUSTER_LIST] = "it was reflected more often",
		[AM_BGP_LOST_IDENTIFIER] = "its router ID, or originator ID, is higher",
		[AM_BGP_LOST_ADDRESS] = "its peer's address is higher",
		[AM_BGP_LOST_PATH_ID] = "its path identifier is higher",
		[AM_BGP_LOST_LIMIT] = "it is as good, but as many as are wanted are used already",
	};

	return texts[verdict];
}
