/* SPDX-License-Identifier: BSD-3-Clause */
#include "bmp.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bgp/bmp.h"
#include "observe.h"
#include "route_message.h"
#include "station.h"
#include "transport.h"

enum {
	PREFIXES_A_TURN = 64, /* of the loop, that a new station is told of */
	PATHS_MAX = 256,
	/* A message, or the few that a wrong UPDATE becomes. */
	UPDATE_ROOM = 2 * AM_BGP_EXTENDED_MAX,
	ROOM = UPDATE_ROOM + AM_BGP_BMP_OVERHEAD,
};

/* A session that is up, as stations know it. */
struct session {
	struct am_bgp_bmp_peer peer;
	struct am_bgp_context receive;
};

/* One station, and how far it was told the table. */
struct viewer {
	struct am_bgpd_station *station; /* NULL: free */
	bool walking;
	unsigned family;
	uint32_t cursor;
};

struct am_bgpd_bmp {
	struct am_bgpd *daemon;
	struct viewer viewers[AM_BGPCONF_STATIONS];
	struct session *sessions[AM_BGP_SPEAKER_PEERS]; /* by peer; NULL: not up */
	uv_idle_t idle;   /* runs while somebody who is told the table has room */
	uv_timer_t timer; /* statistics */
	uint8_t update[UPDATE_ROOM], room[ROOM];
};

static struct am_bgp_span text(const char *s)
{
	return (struct am_bgp_span){(const uint8_t *)s, strlen(s)};
}

static struct am_bgp_span written(const struct am_writer *w)
{
	return (struct am_bgp_span){w->start, am_writer_len(w)};
}

static struct am_writer begin(struct am_bgpd_bmp *b)
{
	return am_writer(b->room, sizeof b->room);
}

static void tell_all(struct am_bgpd_bmp *b, const struct am_writer *w)
{
	for (unsigned i = 0; i < AM_BGPCONF_STATIONS; i++) {
		if (b->viewers[i].station)
			am_bgpd_station_put(b->viewers[i].station, written(w));
	}
}

static bool nobody_listens(const struct am_bgpd_bmp *b)
{
	for (unsigned i = 0; i < AM_BGPCONF_STATIONS; i++) {
		if (b->viewers[i].station && am_bgpd_station_is_up(b->viewers[i].station))
			return false;
	}
	return true;
}

static void set_time(struct am_bgp_bmp_peer *peer)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	peer->s = (uint32_t)now.tv_sec;
	peer->us = (uint32_t)(now.tv_nsec / 1000);
}

/* ---- sessions ---- */

static int put_up(struct am_bgpd_bmp *b, unsigned peer, struct am_writer *w)
{
	struct am_bgp_speaker_view v;
	struct am_bgp_bmp_up up = {0};
	struct am_ip remote;
	struct am_bgp_link link = {.peer = peer};

	if (am_bgp_speaker_view(b->daemon->speaker, peer, &v) || !v.session)
		return -ENOENT;
	link.conn = v.session->conn;
	am_bgpd_transport_addresses(b->daemon->transport, link, &up.local, &remote);
	am_bgpd_transport_ports(b->daemon->transport, link, &up.local_port, &up.remote_port);
	up.sent_open = v.session->sent_open;
	up.received_open = v.session->received_open;
	return am_bgp_bmp_put_up(w, &b->sessions[peer]->peer, &up);
}

static void session_up(struct am_bgpd_bmp *b, unsigned peer, const struct am_bgp_peer *session)
{
	struct session *s = calloc(1, sizeof *s);
	struct am_bgp_speaker_view v;
	struct am_writer w = begin(b);

	if (!s || am_bgp_speaker_view(b->daemon->speaker, peer, &v)) {
		free(s);
		return;
	}
	s->peer = (struct am_bgp_bmp_peer){.address = v.address,
		.as = session->open.as,
		.id = session->open.id,
		.as2 = !session->agreed.as4};
	set_time(&s->peer);
	s->receive = session->receive;
	free(b->sessions[peer]);
	b->sessions[peer] = s;
	if (!put_up(b, peer, &w))
		tell_all(b, &w);
}

/* RFC 7854 4.9. */
static void session_down(struct am_bgpd_bmp *b, unsigned peer, const struct am_bgp_end *end)
{
	static const uint8_t no_event[2];
	const struct am_bgpd_neighbor *n = b->daemon->of_peer[peer];
	const struct am_bgpd_notified *note = NULL;
	enum am_bgp_bmp_down why =
		end->by == AM_BGP_BY_TRANSPORT ? AM_BGP_BMP_DOWN_LOST : AM_BGP_BMP_DOWN_LOCAL;
	struct am_bgp_span data = {no_event, why == AM_BGP_BMP_DOWN_LOCAL ? sizeof no_event : 0};
	struct am_writer w = begin(b);

	if (!b->sessions[peer])
		return;
	if (n && end->code)
		note = end->by == AM_BGP_BY_PEER ? n->notified_received : n->notified_sent;
	if (note) {
		why = end->by == AM_BGP_BY_PEER ? AM_BGP_BMP_DOWN_BY_PEER : AM_BGP_BMP_DOWN_NOTIFIED;
		data = (struct am_bgp_span){note->message, note->len};
	}
	set_time(&b->sessions[peer]->peer);
	if (!am_bgp_bmp_put_down(&w, &b->sessions[peer]->peer, why, data))
		tell_all(b, &w);
	free(b->sessions[peer]);
	b->sessions[peer] = NULL;
}

/* Each message of a span as ROUTE_MONITORING. */
static int put_routes(struct am_writer *w, const struct am_bgp_bmp_peer *peer, struct am_bgp_span messages)
{
	int rc = 0;

	while (messages.len && !rc) {
		size_t len = am_load16(messages.bytes + AM_BGP_HEADER_LEN - 3);

		rc = am_bgp_bmp_put_route(w, peer, (struct am_bgp_span){messages.bytes, len});
		messages.bytes += len;
		messages.len -= len;
	}
	return rc;
}

/* A right UPDATE is passed on as it came. */
static void updated(struct am_bgpd_bmp *b, const struct am_bgp_speaker_event *e)
{
	struct session *s = b->sessions[e->link.peer];
	struct am_writer update = am_writer(b->update, sizeof b->update), w = begin(b);
	struct am_bgp_span messages = e->message;

	if (!s || nobody_listens(b))
		return;
	if (e->update->class != AM_BGP_OK) {
		if (am_bgpd_update_message(&update, e->update, &s->receive))
			return;
		messages = written(&update);
	}
	set_time(&s->peer);
	if (!put_routes(&w, &s->peer, messages))
		tell_all(b, &w);
}

void am_bgpd_bmp_event(struct am_bgpd_bmp *b, const struct am_bgp_speaker_event *e)
{
	if (!b)
		return;
	if (e->type == AM_BGP_SPEAKER_UP)
		session_up(b, e->link.peer, e->session);
	else if (e->type == AM_BGP_SPEAKER_DOWN && e->end->was_up)
		session_down(b, e->link.peer, e->end);
	else if (e->type == AM_BGP_SPEAKER_UPDATE)
		updated(b, e);
}

/* ---- statistics ---- */

static unsigned add_stats(const struct am_bgp_speaker_view *v, struct am_bgp_bmp_stat *stats)
{
	unsigned n = 0;
	uint64_t all = 0;

	for (unsigned f = 0; f < AM_BGP_FAMILIES; f++) {
		all += v->routes.received[f];
		if (v->session->agreed.families & AM_BGP_IN(f))
			stats[n++] = (struct am_bgp_bmp_stat){.type = AM_BGP_BMP_STAT_ADJ_RIB_IN_FAMILY,
				.afi = am_bgp_afi(f),
				.safi = am_bgp_safi(f),
				.value = v->routes.received[f]};
	}
	stats[n++] = (struct am_bgp_bmp_stat){.type = AM_BGP_BMP_STAT_ADJ_RIB_IN, .value = all};
	stats[n++] = (struct am_bgp_bmp_stat){.type = AM_BGP_BMP_STAT_WITHDRAWN_UPDATES,
		.value = v->counters->updates_by_class[AM_BGP_WITHDRAW]};
	return n;
}

static void on_timer(uv_timer_t *timer)
{
	struct am_bgpd_bmp *b = timer->data;
	struct am_bgp_bmp_stat stats[AM_BGP_FAMILIES + 2];
	struct am_bgp_speaker_view v;

	if (nobody_listens(b))
		return;
	for (unsigned i = 0; i < AM_BGP_SPEAKER_PEERS; i++) {
		struct am_writer w = begin(b);

		if (!b->sessions[i] || am_bgp_speaker_view(b->daemon->speaker, i, &v) || !v.session)
			continue;
		set_time(&b->sessions[i]->peer);
		if (!am_bgp_bmp_put_stats(&w, &b->sessions[i]->peer, stats, add_stats(&v, stats)))
			tell_all(b, &w);
	}
}

/* ---- a station that is new ---- */

/* One path of a prefix; the time when it came is not kept. */
static void tell_path(struct am_bgpd_bmp *b, struct am_bgpd_station *station, struct am_bgp_nlri *nlri,
	const struct am_bgp_rib_path *path)
{
	const struct am_bgp_store *store = am_bgp_rib_store(am_bgp_speaker_rib(b->daemon->speaker));
	int peer = am_bgp_speaker_peer_of(b->daemon->speaker, path->peer);
	struct am_writer update = am_writer(b->update, sizeof b->update), w = begin(b);
	struct am_bgp_bmp_peer then;
	struct am_bgp_set set;

	if (peer < 0 || !b->sessions[peer])
		return;
	then = b->sessions[peer]->peer;
	then.s = then.us = 0;
	nlri->path_id = path->path_id;
	am_bgp_store_get(store, path->received, &set);
	if (!am_bgpd_route_message(&update, nlri, &set, &b->sessions[peer]->receive) &&
		!am_bgp_bmp_put_route(&w, &then, written(&update)))
		am_bgpd_station_put(station, written(&w));
}

/* RFC 7854 5: what was there is told, and that it was all. */
static void tell_end(struct am_bgpd_bmp *b, struct am_bgpd_station *station)
{
	for (unsigned i = 0; i < AM_BGP_SPEAKER_PEERS; i++) {
		for (unsigned f = 0; b->sessions[i] && f < AM_BGP_FAMILIES; f++) {
			struct am_writer update = am_writer(b->update, sizeof b->update), w = begin(b);

			if (b->sessions[i]->receive.families & AM_BGP_IN(f) &&
				!am_bgp_end_of_rib_encode(&update, f) &&
				!am_bgp_bmp_put_route(&w, &b->sessions[i]->peer, written(&update)))
				am_bgpd_station_put(station, written(&w));
		}
	}
}

static void walk(struct am_bgpd_bmp *b, struct viewer *v)
{
	struct am_bgp_rib *rib = am_bgp_speaker_rib(b->daemon->speaker);
	struct am_bgp_rib_path paths[PATHS_MAX];
	struct am_bgp_nlri nlri;

	memset(&nlri, 0, sizeof nlri);
	for (unsigned i = 0; i < PREFIXES_A_TURN && v->walking; i++) {
		int n;

		if (!am_bgp_rib_walk(rib, v->family, &v->cursor, &nlri)) {
			v->cursor = 0;
			v->walking = ++v->family < AM_BGP_FAMILIES;
			if (!v->walking)
				tell_end(b, v->station);
			continue;
		}
		n = am_bgp_rib_explain(rib, &nlri, paths, PATHS_MAX);
		for (int k = 0; k < n && k < PATHS_MAX; k++)
			tell_path(b, v->station, &nlri, &paths[k]);
	}
}

static bool can_walk(const struct viewer *v)
{
	return v->station && v->walking && am_bgpd_station_is_up(v->station) &&
	       am_bgpd_station_waiting(v->station) < AM_BGPD_STATION_LOW;
}

static void on_idle(uv_idle_t *idle)
{
	struct am_bgpd_bmp *b = idle->data;
	bool more = false;

	for (unsigned i = 0; i < AM_BGPCONF_STATIONS; i++) {
		if (can_walk(&b->viewers[i]))
			walk(b, &b->viewers[i]);
		more |= can_walk(&b->viewers[i]);
	}
	if (!more)
		uv_idle_stop(idle);
}

static struct viewer *viewer_of(struct am_bgpd_bmp *b, const struct am_bgpd_station *station)
{
	struct viewer *v = b->viewers;

	while (v->station != station)
		v++;
	return v;
}

static void has_room(void *owner, struct am_bgpd_station *station)
{
	struct am_bgpd_bmp *b = owner;

	if (can_walk(viewer_of(b, station)))
		uv_idle_start(&b->idle, on_idle);
}

static void connected(void *owner, struct am_bgpd_station *station)
{
	struct am_bgpd_bmp *b = owner;
	struct viewer *v = viewer_of(b, station);
	struct am_writer w = begin(b);

	am_bgp_bmp_put_initiation(
		&w, text(b->daemon->config->name), text("amime-bgp " AM_VERSION), (struct am_bgp_span){0});
	am_bgpd_station_put(station, written(&w));
	for (unsigned i = 0; i < AM_BGP_SPEAKER_PEERS; i++) {
		w = begin(b);
		if (b->sessions[i] && !put_up(b, i, &w))
			am_bgpd_station_put(station, written(&w));
	}
	v->walking = true;
	v->family = v->cursor = 0;
	uv_idle_start(&b->idle, on_idle);
}

/* ---- begin and end ---- */

static void drop(struct am_bgpd_bmp *b, struct viewer *v, enum am_bgp_bmp_end why)
{
	struct am_writer w = begin(b);

	am_bgp_bmp_put_termination(&w, why, (struct am_bgp_span){0});
	am_bgpd_station_close(v->station, written(&w));
	*v = (struct viewer){0};
}

static bool is_wanted(const struct am_bgpconf_bmp *conf, const struct viewer *v)
{
	for (uint16_t i = 0; i < conf->n; i++) {
		if (am_bgpconf_station_equal(&conf->stations[i], am_bgpd_station_conf(v->station)))
			return true;
	}
	return false;
}

/* Where this station is, or a free place. There is one, since a file has no more stations than places. */
static struct viewer *place_of(struct am_bgpd_bmp *b, const struct am_bgpconf_station *conf)
{
	struct viewer *free = NULL;

	for (unsigned i = 0; i < AM_BGPCONF_STATIONS; i++) {
		struct viewer *v = &b->viewers[i];

		if (!v->station)
			free = free ? free : v;
		else if (am_bgpconf_station_equal(am_bgpd_station_conf(v->station), conf))
			return v;
	}
	return free;
}

static void add(struct am_bgpd_bmp *b, const struct am_bgpconf_station *conf, size_t limit)
{
	const struct am_bgpd_station_owner owner = {.connected = connected, .has_room = has_room, .owner = b};
	struct viewer *v = place_of(b, conf);

	if (v->station)
		am_bgpd_station_limit(v->station, limit);
	else
		v->station = am_bgpd_station_open(b->daemon, conf, limit, &owner);
	if (!v->station)
		am_log(&b->daemon->log, AM_LOG_ERROR, "no memory for a BMP station");
}

void am_bgpd_bmp_take(struct am_bgpd_bmp *b)
{
	const struct am_bgpconf_bmp *conf = &b->daemon->config->bmp;
	uint64_t ms = conf->statistics * UINT64_C(1000);

	for (unsigned i = 0; i < AM_BGPCONF_STATIONS; i++) {
		if (b->viewers[i].station && !is_wanted(conf, &b->viewers[i]))
			drop(b, &b->viewers[i], AM_BGP_BMP_END_CLOSED);
	}
	for (uint16_t i = 0; i < conf->n; i++)
		add(b, &conf->stations[i], (size_t)conf->buffer << 20);
	uv_timer_stop(&b->timer);
	if (ms)
		uv_timer_start(&b->timer, on_timer, ms, ms);
}

struct am_bgpd_bmp *am_bgpd_bmp_open(struct am_bgpd *d, struct am_err *err)
{
	struct am_bgpd_bmp *b = calloc(1, sizeof *b);

	if (!b) {
		am_fail(err, ENOMEM, "no memory");
		return NULL;
	}
	b->daemon = d;
	uv_idle_init(&d->loop, &b->idle);
	uv_timer_init(&d->loop, &b->timer);
	b->idle.data = b->timer.data = b;
	am_bgpd_bmp_take(b);
	return b;
}

void am_bgpd_bmp_close(struct am_bgpd_bmp *b)
{
	for (unsigned i = 0; i < AM_BGPCONF_STATIONS; i++) {
		if (b->viewers[i].station)
			drop(b, &b->viewers[i], AM_BGP_BMP_END_CLOSED);
	}
	uv_close((uv_handle_t *)&b->idle, NULL);
	uv_close((uv_handle_t *)&b->timer, NULL);
}

void am_bgpd_bmp_free(struct am_bgpd_bmp *b)
{
	for (unsigned i = 0; b && i < AM_BGP_SPEAKER_PEERS; i++)
		free(b->sessions[i]);
	free(b);
}

json_t *am_bgpd_bmp_show(const struct am_bgpd_bmp *b)
{
	json_t *stations = json_array();

	for (unsigned i = 0; i < AM_BGPCONF_STATIONS; i++) {
		json_t *one;

		if (!b->viewers[i].station)
			continue;
		one = am_bgpd_station_show(b->viewers[i].station);
		json_object_set_new(one, "complete",
			json_boolean(am_bgpd_station_is_up(b->viewers[i].station) && !b->viewers[i].walking));
		json_array_append_new(stations, one);
	}
	return json_pack("{s:o}", "stations", stations);
}
