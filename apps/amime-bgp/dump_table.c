/* SPDX-License-Identifier: BSD-3-Clause */
#include "dump_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/bytes.h"

enum { PATHS_MAX = 256, NOT_LISTED = UINT16_MAX };

/* A time of the monotonic clock in the calendar's seconds. */
static uint32_t calendar(const struct am_bgpd_dump_table *t, am_time then)
{
	return t->time.s - (uint32_t)(am_time_since(am_clock_monotonic(), then) / AM_S);
}

static struct am_bgp_mrt_peer ourselves(struct am_bgpd_dump_table *t)
{
	const struct am_bgpconf *c = t->daemon->config;

	t->originated[0] = calendar(t, t->daemon->started);
	return (struct am_bgp_mrt_peer){
		.id = am_load32(c->router_id.bytes), .as = c->as, .address = c->router_id};
}

/* One that the table knows gets a place in the list. */
static void list_peer(struct am_bgpd_dump_table *t, unsigned peer, struct am_bgp_mrt_peer *peers)
{
	int rib = am_bgp_speaker_rib_peer(t->daemon->speaker, peer);
	struct am_bgp_speaker_view v;

	if (rib < 0 || am_bgp_speaker_view(t->daemon->speaker, peer, &v) || !v.address.family)
		return;
	t->place[rib] = t->n_peers;
	t->originated[t->n_peers] = calendar(t, v.since);
	peers[t->n_peers++] = (struct am_bgp_mrt_peer){
		.id = v.session ? v.session->open.id : 0,
		.as = v.session ? v.session->open.as : t->daemon->of_peer[peer]->conf.session.as,
		.address = v.address,
	};
}

int am_bgpd_dump_table_begin(struct am_bgpd_dump_table *t, const struct am_bgpd *d, struct am_bgp_span *out)
{
	struct am_bgp_mrt_peer *peers = calloc(AM_BGP_SPEAKER_PEERS + 1, sizeof *peers);
	struct am_writer w = am_writer(t->room, sizeof t->room);
	struct timespec now;
	int rc;

	if (!peers)
		return -ENOMEM;
	clock_gettime(CLOCK_REALTIME, &now);
	t->daemon = d;
	t->time = (struct am_bgp_mrt_time){(uint32_t)now.tv_sec, (uint32_t)(now.tv_nsec / 1000)};
	memset(t->place, 0xff, sizeof t->place);
	peers[0] = ourselves(t);
	t->n_peers = 1;
	for (unsigned i = 0; i < AM_BGP_SPEAKER_PEERS; i++) {
		if (d->of_peer[i])
			list_peer(t, i, peers);
	}
	rc = am_bgp_mrt_put_peers(&w, t->time, peers[0].id,
		(struct am_bgp_span){(const uint8_t *)d->config->name, strlen(d->config->name)}, peers,
		t->n_peers);
	free(peers);
	*out = (struct am_bgp_span){t->room, am_writer_len(&w)};
	return rc;
}

static uint16_t place_of(const struct am_bgpd_dump_table *t, unsigned rib_peer)
{
	return am_bgp_speaker_peer_of(t->daemon->speaker, rib_peer) < 0 ? 0 : t->place[rib_peer];
}

/* Classic IPv4 has its next hop among the attributes. */
static int put_path(struct am_bgpd_dump_table *t, struct am_bgp_mrt_rib_writer *rib,
	enum am_bgp_family family, const struct am_bgp_rib_path *path, struct am_bgp_set *set)
{
	struct am_bgp_next_hop hop = set->next_hop;
	uint16_t place = place_of(t, path->peer);

	if (family == AM_BGP_IPV4_UNICAST && hop.len == 4) {
		set->attrs.has |= AM_BGP_HAS(AM_BGP_ATTR_NEXT_HOP);
		memcpy(set->attrs.next_hop, hop.bytes, 4);
		hop.len = 0;
	}
	return am_bgp_mrt_rib_put(rib, place, t->originated[place], path->path_id, &set->attrs, &hop);
}

/* A record of these paths. What does not fit behind the records before it is an error, unless there are none. */
static int put_record(struct am_bgpd_dump_table *t, struct am_writer *w, const struct am_bgp_nlri *nlri,
	const struct am_bgp_rib_path *paths, unsigned n)
{
	const struct am_bgp_store *store = am_bgp_rib_store(am_bgp_speaker_rib(t->daemon->speaker));
	struct am_bgp_nlri whole = *nlri;
	struct am_bgp_mrt_rib_writer rib;
	bool first = am_writer_len(w) == 0, path_ids = false;
	struct am_bgp_set set;
	unsigned written = 0;
	int rc;

	for (unsigned i = 0; i < n; i++)
		path_ids |= paths[i].path_id != 0;
	am_bgp_store_get(store, paths[0].received, &set);
	am_bgp_rib_restore(&set, &whole);
	rc = am_bgp_mrt_rib_begin(&rib, w, t->time, t->counts.sequence, &whole, path_ids);
	if (rc)
		return rc;
	for (unsigned i = 0; i < n && (!rc || first); i++) {
		am_bgp_store_get(store, paths[i].received, &set);
		rc = put_path(t, &rib, nlri->family, &paths[i], &set);
		written += !rc;
	}
	if (!written || (rc && !first)) {
		w->at = rib.begin;
		return rc;
	}
	am_bgp_mrt_rib_end(&rib);
	t->counts.sequence++;
	t->counts.routes += written;
	t->counts.left_out += n - written;
	return 0;
}

/* Routes of who was not there at the beginning have no name in this file. */
static unsigned listed(struct am_bgpd_dump_table *t, struct am_bgp_rib_path *paths, unsigned n)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < n; i++) {
		if (place_of(t, paths[i].peer) != NOT_LISTED)
			paths[kept++] = paths[i];
	}
	t->counts.left_out += n - kept;
	return kept;
}

/* The paths of a prefix; of EVPN a record each, since labels stand in its NLRI. */
static int put_prefix(struct am_bgpd_dump_table *t, struct am_writer *w, const struct am_bgp_nlri *nlri)
{
	struct am_bgp_rib_path paths[PATHS_MAX];
	int found = am_bgp_rib_explain(am_bgp_speaker_rib(t->daemon->speaker), nlri, paths, PATHS_MAX);
	unsigned n = found > PATHS_MAX ? PATHS_MAX : found < 0 ? 0 : (unsigned)found, each;
	int rc = 0;

	t->counts.left_out += found > PATHS_MAX ? (unsigned)found - PATHS_MAX : 0;
	n = listed(t, paths, n);
	each = nlri->family == AM_BGP_L2VPN_EVPN ? 1 : n;
	for (unsigned i = 0; i < n && !rc; i += each)
		rc = put_record(t, w, nlri, paths + i, each);
	return rc;
}

bool am_bgpd_dump_table_next(struct am_bgpd_dump_table *t, struct am_bgp_span *out)
{
	const struct am_bgp_rib *rib = am_bgp_speaker_rib(t->daemon->speaker);
	struct am_writer w = am_writer(t->room, sizeof t->room);
	struct am_bgp_nlri nlri;

	memset(&nlri, 0, sizeof nlri);
	for (unsigned i = 0; i < AM_BGPD_DUMP_STEP && t->family < AM_BGP_FAMILIES; i++) {
		const struct am_bgpd_dump_counts counts = t->counts;
		uint32_t before = t->cursor;
		uint8_t *at = w.at;
		int rc;

		if (!am_bgp_rib_walk(rib, t->family, &t->cursor, &nlri)) {
			t->family++;
			t->cursor = 0;
			continue;
		}
		rc = put_prefix(t, &w, &nlri);
		if (rc && at != t->room) {
			/* The piece is full: the prefix is the first of the next one. */
			t->cursor = before;
			t->counts = counts;
			w.at = at;
			break;
		}
		t->counts.left_out += rc != 0;
	}
	*out = (struct am_bgp_span){t->room, am_writer_len(&w)};
	return out->len || t->family < AM_BGP_FAMILIES;
}
