/* SPDX-License-Identifier: BSD-3-Clause */
/* show routes: the table in pieces; of one prefix every path, and why it is best or not. */
#include <errno.h>
#include <string.h>

#include "answer.h"
#include "message_log.h"
#include "route_text.h"

enum { PATHS_MAX = 256, WALKED_A_STEP = 20000 };

static const char *peer_name(const struct am_bgpd *d, unsigned rib_peer)
{
	int number = am_bgp_speaker_peer_of(d->speaker, rib_peer);

	return number >= 0 && d->of_peer[number] ? d->of_peer[number]->conf.name : "local";
}

/* Attributes of a set, with the prefix that they belong to. */
static json_t *route(const struct am_bgpd *d, const struct am_bgp_nlri *nlri, am_bgp_set_id id)
{
	struct am_bgp_nlri whole = *nlri;
	struct am_bgp_set set;
	json_t *out;

	am_bgp_store_get(am_bgp_rib_store(am_bgp_speaker_rib(d->speaker)), id, &set);
	am_bgp_rib_restore(&set, &whole);
	out = am_bgp_nlri_json(&whole);
	am_bgp_set_json(&set, out);
	return out;
}

static json_t *path(const struct am_bgpd *d, const struct am_bgp_nlri *nlri, const struct am_bgp_rib_path *p,
	bool as_received)
{
	json_t *out = route(d, nlri, as_received || !p->imported ? p->received : p->imported);

	json_object_set_new(out, "from", json_string(peer_name(d, p->peer)));
	json_object_set_new(out, "path_id", json_integer(p->path_id));
	json_object_set_new(out, "stale", json_boolean(p->stale));
	json_object_set_new(out, "long_lived_stale", json_boolean(p->long_lived));
	json_object_set_new(out, "rejected", json_boolean(!p->imported));
	json_object_set_new(out, "best", json_boolean(p->imported && p->verdict == AM_BGP_BEST));
	json_object_set_new(out, "why",
		json_string(p->imported ? am_bgp_verdict_name(p->verdict)
			    : p->why    ? p->why
					: "rejected"));
	return out;
}

/* Why the best one is: in which step the path that came nearest to it lost. */
static void explain_best(const struct am_bgp_rib_path *paths, int n, json_t *routes)
{
	enum am_bgp_verdict nearest = AM_BGP_BEST;
	json_t *one;
	size_t i;

	for (int k = 0; k < n; k++) {
		if (paths[k].imported && paths[k].verdict != AM_BGP_BEST &&
			(nearest == AM_BGP_BEST || paths[k].verdict > nearest))
			nearest = paths[k].verdict;
	}
	json_array_foreach(routes, i, one)
	{
		if (json_is_true(json_object_get(one, "best")))
			json_object_set_new(one, "because",
				nearest == AM_BGP_BEST
					? json_string("it is the only one that may be used")
					: json_sprintf("the next one: %s", am_bgp_verdict_text(nearest)));
	}
}

/* Neighbours that have no such route since their UPDATE was wrong (RFC 7606). */
static json_t *withdrawn(
	const struct am_bgpd *d, const struct am_bgp_nlri *nlri, const struct am_bgp_rib_path *paths, int n)
{
	json_t *out = json_array();

	for (unsigned i = 0; i < AM_BGP_SPEAKER_PEERS; i++) {
		json_t *fault =
			d->of_peer[i] ? am_bgpd_faults_of(&d->of_peer[i]->faults, nlri, am_clock_monotonic())
				      : NULL;

		for (int k = 0; fault && k < n; k++) {
			if (am_bgp_speaker_peer_of(d->speaker, paths[k].peer) == (int)i) {
				json_decref(fault);
				fault = NULL;
			}
		}
		if (!fault)
			continue;
		json_object_set_new(fault, "from", json_string(d->of_peer[i]->conf.name));
		json_array_append_new(out, fault);
	}
	return out;
}

static int rib_peer_of(const struct am_bgpd *d, const char *name, struct am_err *err)
{
	const struct am_bgpd_neighbor *n = am_bgpd_find(d, name);

	if (!n)
		return am_fail(err, ENOENT, "there is no neighbour \"%s\"; show neighbors names them", name);
	return am_bgp_speaker_rib_peer(d->speaker, n->peer);
}

/* All that is known of one prefix. */
static json_t *explain_prefix(const struct am_bgpd *d, const struct am_bgp_nlri *nlri)
{
	struct am_bgp_rib_path paths[PATHS_MAX];
	int n = am_bgp_rib_explain(am_bgp_speaker_rib(d->speaker), nlri, paths, PATHS_MAX);
	json_t *routes = json_array();

	n = n > PATHS_MAX ? PATHS_MAX : n;
	for (int i = 0; i < n; i++) {
		json_t *one = path(d, nlri, &paths[i], false);

		if (paths[i].imported)
			json_object_set_new(
				one, "because", json_string(am_bgp_verdict_text(paths[i].verdict)));
		json_array_append_new(routes, one);
	}
	explain_best(paths, n, routes);
	return json_pack(
		"{s:o, s:n, s:o}", "routes", routes, "next", "withdrawn", withdrawn(d, nlri, paths, n));
}

static void add_advertised(const struct am_bgpd *d, const struct am_bgp_nlri *nlri, int peer, json_t *out)
{
	struct am_bgp_rib_told told[AM_BGP_RIB_MULTIPATH];
	int n = am_bgp_rib_told(
		am_bgp_speaker_rib(d->speaker), (unsigned)peer, nlri, told, AM_BGP_RIB_MULTIPATH);

	for (int i = 0; i < n; i++) {
		json_t *one = route(d, nlri, told[i].set);

		json_object_set_new(one, "path_id", json_integer(told[i].path_id));
		json_array_append_new(out, one);
	}
}

/* Why the neighbour is not told of it; null where it is. */
static json_t *not_advertised(const struct am_bgpd *d, const struct am_bgp_request *request, int peer)
{
	const struct am_bgp_nlri nlri = {.family = request->family, .prefix = request->prefix};
	const char *why = "its session was never up";

	if (peer >= 0)
		why = am_bgp_rib_why_not_told(am_bgp_speaker_rib(d->speaker), (unsigned)peer, &nlri);
	return why ? json_string(why) : json_null();
}

/* The paths of one prefix that were asked for. */
static void add_prefix(const struct am_bgpd *d, const struct am_bgp_request *request,
	const struct am_bgp_nlri *nlri, int peer, json_t *out)
{
	struct am_bgp_rib_path paths[PATHS_MAX];
	int n;

	if (request->side == AM_BGP_SIDE_ADVERTISED) {
		if (peer >= 0)
			add_advertised(d, nlri, peer, out);
		return;
	}
	n = am_bgp_rib_explain(am_bgp_speaker_rib(d->speaker), nlri, paths, PATHS_MAX);
	for (int i = 0; i < n && i < PATHS_MAX; i++) {
		bool best = paths[i].imported && paths[i].verdict == AM_BGP_BEST;
		bool wanted = request->side == AM_BGP_SIDE_RECEIVED ? (int)paths[i].peer == peer : best;

		if (wanted)
			json_array_append_new(
				out, path(d, nlri, &paths[i], request->side == AM_BGP_SIDE_RECEIVED));
	}
}

static void walk(const struct am_bgpd *d, const struct am_bgp_request *request, int peer, json_t *out,
	uint32_t *cursor, bool *end)
{
	const struct am_bgp_rib *rib = am_bgp_speaker_rib(d->speaker);
	struct am_bgp_nlri nlri;

	for (unsigned i = 0; i < WALKED_A_STEP && json_array_size(out) < request->limit; i++) {
		*end = !am_bgp_rib_walk(rib, request->family, cursor, &nlri);
		if (*end)
			return;
		add_prefix(d, request, &nlri, peer, out);
	}
}

json_t *am_bgpd_show_routes(const struct am_bgpd *d, const struct am_bgp_request *request, struct am_err *err)
{
	json_t *routes, *out;
	uint32_t cursor = request->at;
	bool end = true;
	int peer = -1;

	if (*request->name) {
		peer = rib_peer_of(d, request->name, err);
		if (peer == -ENOENT)
			return NULL;
	}
	if (request->has_prefix && request->side == AM_BGP_SIDE_BEST)
		return explain_prefix(
			d, &(struct am_bgp_nlri){.family = request->family, .prefix = request->prefix});
	routes = json_array();
	if (request->has_prefix) {
		struct am_bgp_nlri nlri = {.family = request->family, .prefix = request->prefix};

		add_prefix(d, request, &nlri, peer, routes);
	} else if (request->side == AM_BGP_SIDE_BEST || peer >= 0) {
		walk(d, request, peer, routes, &cursor, &end);
	}
	out = json_pack("{s:o}", "routes", routes);
	if (request->has_prefix && request->side == AM_BGP_SIDE_ADVERTISED)
		json_object_set_new(out, "not_advertised", not_advertised(d, request, peer));
	json_object_set_new(out, "next", end ? json_null() : json_integer(cursor));
	return out;
}

json_t *am_bgpd_show_counters(const struct am_bgpd *d)
{
	static const char *const families[AM_BGP_FAMILIES] = {"ipv4", "ipv6", "evpn"};
	struct am_bgp_rib_counters c;
	json_t *prefixes = json_object(), *routes = json_object();

	am_bgp_rib_counters(am_bgp_speaker_rib(d->speaker), &c);
	for (unsigned f = 0; f < AM_BGP_FAMILIES; f++) {
		json_object_set_new(prefixes, families[f], json_integer(c.prefixes[f]));
		json_object_set_new(routes, families[f], json_integer(c.routes[f]));
	}
	return json_pack("{s:o, s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o*}", "prefixes", prefixes,
		"routes", routes, "memory", (json_int_t)c.memory, "announcements",
		(json_int_t)c.announcements, "withdrawals", (json_int_t)c.withdrawals, "decisions",
		(json_int_t)c.decisions, "changes", (json_int_t)c.changes, "messages", (json_int_t)c.messages,
		"shared", (json_int_t)c.shared, "message_log", am_bgpd_message_log_show(d->message_log));
}
