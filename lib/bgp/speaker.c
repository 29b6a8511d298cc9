/* SPDX-License-Identifier: BSD-3-Clause */
/* The speaker: its peers, whose turn it is, and what they have to tell. */
#include "bgp/speaker.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "speaker_inside.h"

int am_bgp_speaker_create(const struct am_bgp_speaker_config *config, struct am_bgp_speaker **out)
{
	struct am_bgp_speaker *s;
	int rc;

	if (!config->as || !config->id)
		return -EINVAL;
	s = calloc(1, sizeof *s);
	if (!s)
		return -ENOMEM;
	s->config = *config;
	s->first_news = s->last_news = -1;
	for (unsigned i = 0; i < AM_BGP_RIB_PEERS; i++)
		s->of_rib[i] = -1;
	rc = am_bgp_speaker_open_table(s);
	if (rc) {
		am_bgp_speaker_free(s);
		return rc;
	}
	*out = s;
	return 0;
}

static void free_peer(struct am_bgp_speaker *s, unsigned number)
{
	struct speaker_peer *p = s->peers[number];

	am_bgp_session_free(p->session);
	am_bgp_speaker_routes_forget(s, p);
	free(p);
	s->peers[number] = NULL;
}

void am_bgp_speaker_free(struct am_bgp_speaker *s)
{
	if (!s)
		return;
	for (unsigned i = 0; i < s->n_peers; i++) {
		if (s->peers[i])
			free_peer(s, i);
	}
	free(s->peers);
	am_bgp_rib_free(s->rib);
	free(s);
}

static struct speaker_peer *peer_of(const struct am_bgp_speaker *s, unsigned number)
{
	return number < s->n_peers ? s->peers[number] : NULL;
}

/* After every call for a session: it may have something to tell, and another deadline. */
void am_bgp_speaker_touched(struct am_bgp_speaker *s, struct speaker_peer *p)
{
	p->due = am_bgp_deadline(p->session);
	if (p->has_news)
		return;
	p->has_news = true;
	p->next_news = 0;
	if (s->last_news < 0)
		s->first_news = (int)p->number;
	else
		s->peers[s->last_news]->next_news = p->number;
	s->last_news = (int)p->number;
}

/* ---- who looks ---- */

static void see(void *program, const struct am_bgp_seen *seen)
{
	const struct speaker_peer *p = program;
	const struct am_bgp_speaker_tap *tap = &p->speaker->tap;
	bool arriving = p->arriving && !p->open[seen->conn];

	tap->see(tap->program, p->number, arriving ? p->arriving : &p->here[seen->conn], seen);
}

static void show_session(struct am_bgp_speaker *s, struct speaker_peer *p)
{
	am_bgp_session_tap(p->session, (struct am_bgp_tap){.see = s->tap.see ? see : NULL, .program = p});
}

void am_bgp_speaker_tap(struct am_bgp_speaker *s, const struct am_bgp_speaker_tap *tap)
{
	s->tap = tap ? *tap : (struct am_bgp_speaker_tap){0};
	for (unsigned i = 0; i < s->n_peers; i++) {
		if (s->peers[i])
			show_session(s, s->peers[i]);
	}
}

/* ---- peers ---- */

/* A number that is free, with room in the table for it. */
static int free_number(struct am_bgp_speaker *s)
{
	struct speaker_peer **grown;
	unsigned n = s->n_peers;

	for (unsigned i = 0; i < n; i++) {
		if (!s->peers[i])
			return (int)i;
	}
	if (n == AM_BGP_SPEAKER_PEERS)
		return -ENFILE;
	grown = realloc(s->peers, (n ? n * 2 : 8) * sizeof *grown);
	if (!grown)
		return -ENOMEM;
	s->peers = grown;
	s->n_peers = n ? n * 2 : 8;
	memset(grown + n, 0, (s->n_peers - n) * sizeof *grown);
	return (int)n;
}

static struct speaker_peer *find(
	const struct am_bgp_speaker *s, const struct am_ip *address, uint32_t interface)
{
	bool scoped = am_ip_is_link_local(address);

	for (unsigned i = 0; address->family && i < s->n_peers; i++) {
		struct speaker_peer *p = s->peers[i];

		if (p && !p->leaving && am_ip_equal(&p->config.address, address) &&
			(!scoped || !p->config.interface || p->config.interface == interface))
			return p;
	}
	return NULL;
}

int am_bgp_speaker_add(struct am_bgp_speaker *s, const struct am_bgp_speaker_peer *peer, am_time now)
{
	struct am_bgp_session_config config = peer->session;
	struct speaker_peer *p;
	int number, rc;

	if (find(s, &peer->address, peer->interface))
		return -EEXIST;
	number = free_number(s);
	if (number < 0)
		return number;
	p = calloc(1, sizeof *p);
	if (!p)
		return -ENOMEM;
	/* Peers must not act in step. */
	config.seed = s->config.seed + (uint64_t)number * 0x9e3779b97f4a7c15ull;
	rc = am_bgp_session_create(&config, &p->session);
	if (rc) {
		free(p);
		return rc;
	}
	p->config = *peer;
	p->speaker = s;
	p->number = (unsigned)number;
	p->rib = -1;
	p->restart_at = p->stale_until = AM_BGP_NEVER;
	s->peers[number] = p;
	show_session(s, p);
	am_bgp_speaker_start(s, p->number, now);
	return number;
}

void am_bgp_speaker_start(struct am_bgp_speaker *s, unsigned peer, am_time now)
{
	struct speaker_peer *p = peer_of(s, peer);

	if (!p || p->leaving)
		return;
	p->wanted = true;
	p->restart_at = AM_BGP_NEVER;
	if (p->config.address.family)
		am_bgp_start(p->session, now);
	am_bgp_speaker_touched(s, p);
}

void am_bgp_speaker_stop(
	struct am_bgp_speaker *s, unsigned peer, uint8_t subcode, const char *text, am_time now)
{
	struct speaker_peer *p = peer_of(s, peer);

	if (!p)
		return;
	p->wanted = false;
	p->restart_at = AM_BGP_NEVER;
	am_bgp_stop(p->session, subcode, text, now);
	am_bgp_speaker_touched(s, p);
}

void am_bgp_speaker_remove(
	struct am_bgp_speaker *s, unsigned peer, uint8_t subcode, const char *text, am_time now)
{
	struct speaker_peer *p = peer_of(s, peer);

	if (!p)
		return;
	p->leaving = true;
	am_bgp_speaker_stop(s, peer, subcode, text, now);
}

int am_bgp_speaker_found(
	struct am_bgp_speaker *s, unsigned peer, const struct am_ip *address, uint32_t interface, am_time now)
{
	struct speaker_peer *p = peer_of(s, peer), *other = find(s, address, interface);

	if (!p)
		return -ENOENT;
	if (other == p)
		return 0;
	if (other)
		return -EEXIST;
	if (p->config.address.family)
		am_bgp_stop(p->session, AM_BGP_CEASE_OTHER_CHANGE, NULL, now);
	p->config.address = *address;
	p->config.interface = interface;
	if (p->wanted && address->family)
		am_bgp_start(p->session, now);
	am_bgp_speaker_touched(s, p);
	return 0;
}

/* ---- links ---- */

void am_bgp_speaker_connected(
	struct am_bgp_speaker *s, struct am_bgp_link link, const struct am_bgp_speaker_end *here, am_time now)
{
	struct speaker_peer *p = peer_of(s, link.peer);

	if (!p)
		return;
	p->here[link.conn] = *here;
	am_bgp_connected(p->session, link.conn, now);
	am_bgp_speaker_touched(s, p);
}

int am_bgp_speaker_accept(struct am_bgp_speaker *s, const struct am_ip *from, uint32_t interface,
	const struct am_bgp_speaker_end *here, struct am_bgp_link *link, am_time now)
{
	struct speaker_peer *p = find(s, from, interface);
	int conn;

	if (!p)
		return -ENOENT;
	p->arriving = here;
	conn = am_bgp_accept(p->session, now);
	p->arriving = NULL;
	am_bgp_speaker_touched(s, p);
	if (conn < 0)
		return conn;
	p->open[conn] = true;
	p->here[conn] = *here;
	*link = (struct am_bgp_link){.peer = p->number, .conn = (unsigned)conn};
	return 0;
}

void am_bgp_speaker_closed(struct am_bgp_speaker *s, struct am_bgp_link link, am_time now)
{
	struct speaker_peer *p = peer_of(s, link.peer);

	if (!p)
		return;
	p->open[link.conn] = p->output[link.conn] = false;
	am_bgp_closed(p->session, link.conn, now);
	p->here[link.conn] = (struct am_bgp_speaker_end){0};
	am_bgp_speaker_touched(s, p);
}

size_t am_bgp_speaker_input(
	struct am_bgp_speaker *s, struct am_bgp_link link, const void *bytes, size_t len, am_time now)
{
	struct speaker_peer *p = peer_of(s, link.peer);

	(void)now;
	if (!p)
		return len;
	len = am_bgp_input(p->session, link.conn, bytes, len);
	am_bgp_speaker_touched(s, p);
	return len;
}

struct am_bgp_span am_bgp_speaker_output(const struct am_bgp_speaker *s, struct am_bgp_link link)
{
	const struct speaker_peer *p = peer_of(s, link.peer);

	return p ? am_bgp_output(p->session, link.conn) : (struct am_bgp_span){0};
}

void am_bgp_speaker_sent(struct am_bgp_speaker *s, struct am_bgp_link link, size_t len, am_time now)
{
	struct speaker_peer *p = peer_of(s, link.peer);

	if (!p)
		return;
	am_bgp_sent(p->session, link.conn, len, now);
	am_bgp_speaker_routes_send(s, p, now);
	am_bgp_speaker_touched(s, p);
}

/* ---- time ---- */

static am_time earlier(am_time a, am_time b)
{
	return am_time_before(a, b) ? a : b;
}

static am_time due(const struct speaker_peer *p)
{
	return earlier(p->due, earlier(p->restart_at, p->stale_until));
}

am_time am_bgp_speaker_deadline(const struct am_bgp_speaker *s)
{
	am_time first = am_bgp_rib_deadline(s->rib);

	if (s->first_news >= 0 || s->more)
		return (am_time){0};
	for (unsigned i = 0; i < s->n_peers; i++) {
		if (s->peers[i])
			first = earlier(due(s->peers[i]), first);
	}
	return first;
}

void am_bgp_speaker_run(struct am_bgp_speaker *s, am_time now)
{
	for (unsigned i = 0; i < s->n_peers; i++) {
		struct speaker_peer *p = s->peers[i];

		if (!p || am_time_before(now, due(p)))
			continue;
		am_bgp_speaker_routes_expire(s, p, now);
		am_bgp_expire(p->session, now);
		am_bgp_speaker_touched(s, p);
	}
	am_bgp_speaker_routes_run(s, now);
}

/* ---- events ---- */

/* An event of the session for the program, or for us. True: it is the program's. */
static bool translate(struct am_bgp_speaker *s, struct speaker_peer *p, const struct am_bgp_event *event,
	struct am_bgp_speaker_event *out, am_time now)
{
	out->link = (struct am_bgp_link){.peer = p->number, .conn = event->conn};
	switch (event->type) {
	case AM_BGP_EVENT_CONNECT:
		out->type = AM_BGP_SPEAKER_CONNECT;
		p->open[event->conn] = true;
		return true;
	case AM_BGP_EVENT_CLOSE:
		out->type = AM_BGP_SPEAKER_CLOSE;
		return true;
	case AM_BGP_EVENT_UP:
		out->type = AM_BGP_SPEAKER_UP;
		out->session = event->peer;
		p->since = now;
		am_bgp_speaker_routes_up(s, p, event->conn, event->peer, now);
		return true;
	case AM_BGP_EVENT_DOWN:
		out->type = AM_BGP_SPEAKER_DOWN;
		out->end = &p->end;
		p->end = *event->end;
		p->has_end = true;
		if (p->end.was_up)
			p->since = now;
		am_bgp_speaker_routes_down(s, p, now);
		return true;
	case AM_BGP_EVENT_UPDATE:
		out->type = AM_BGP_SPEAKER_UPDATE;
		out->update = event->update;
		out->message = event->message;
		am_bgp_speaker_routes_update(s, p, event->update, now);
		return true;
	case AM_BGP_EVENT_REFRESH:
		if (p->rib >= 0)
			am_bgp_rib_refresh(s->rib, (unsigned)p->rib, &event->refresh);
		s->more = true;
		break;
	}
	return false;
}

/* Bytes that the program has not been told of since the last time that there were none. */
static bool tell_output(struct speaker_peer *p, struct am_bgp_speaker_event *out)
{
	for (unsigned c = 0; c < AM_BGP_CONNS; c++) {
		bool waits = p->open[c] && am_bgp_output(p->session, c).len;

		if (waits && !p->output[c]) {
			p->output[c] = true;
			out->type = AM_BGP_SPEAKER_OUTPUT;
			out->link = (struct am_bgp_link){.peer = p->number, .conn = c};
			return true;
		}
		p->output[c] = waits;
	}
	return false;
}

static bool tell(
	struct am_bgp_speaker *s, struct speaker_peer *p, struct am_bgp_speaker_event *out, am_time now)
{
	struct am_bgp_event event;

	while (am_bgp_next_event(p->session, &event, now)) {
		if (translate(s, p, &event, out, now))
			return true;
	}
	return tell_output(p, out);
}

bool am_bgp_speaker_next_event(struct am_bgp_speaker *s, struct am_bgp_speaker_event *out, am_time now)
{
	if (am_bgp_speaker_routes_event(s, out, now))
		return true;
	while (s->first_news >= 0) {
		struct speaker_peer *p = s->peers[s->first_news];

		if (tell(s, p, out, now))
			return true;
		p->has_news = false;
		p->due = am_bgp_deadline(p->session);
		s->first_news = s->first_news == s->last_news ? -1 : (int)p->next_news;
		if (s->first_news < 0)
			s->last_news = -1;
		if (p->leaving && !p->open[0] && !p->open[1])
			free_peer(s, p->number);
	}
	return false;
}

int am_bgp_speaker_view(const struct am_bgp_speaker *s, unsigned peer, struct am_bgp_speaker_view *out)
{
	const struct speaker_peer *p = peer_of(s, peer);

	if (!p || p->leaving)
		return -ENOENT;
	*out = (struct am_bgp_speaker_view){
		.address = p->config.address,
		.interface = p->config.interface,
		.state = am_bgp_session_state(p->session),
		.since = p->since,
		.has_end = p->has_end,
		.end = p->end,
		.session = am_bgp_session_peer(p->session),
		.counters = am_bgp_session_counters(p->session),
		.stale = p->stale,
		.long_lived = p->long_lived,
		.stale_until = p->stale_until,
		.sunk = p->sunk,
	};
	if (p->rib >= 0)
		am_bgp_rib_peer_counters(s->rib, (unsigned)p->rib, &out->routes);
	return 0;
}

int am_bgp_speaker_set_filters(struct am_bgp_speaker *s, unsigned peer, struct am_bgp_filter import,
	struct am_bgp_filter export, am_time now)
{
	struct speaker_peer *p = peer_of(s, peer);

	(void)now;
	if (!p)
		return -ENOENT;
	p->config.routes.import = p->told.import = import;
	p->config.routes.export = p->told.export = export;
	if (p->rib < 0)
		return 0;
	s->more = true;
	am_bgp_rib_set_import(s->rib, (unsigned)p->rib, import);
	return am_bgp_rib_set_export(s->rib, (unsigned)p->rib, export);
}

int am_bgp_speaker_refresh(struct am_bgp_speaker *s, unsigned peer, enum am_bgp_family family, am_time now)
{
	struct speaker_peer *p = peer_of(s, peer);
	const struct am_bgp_refresh ask = {
		.afi = am_bgp_afi(family), .safi = am_bgp_safi(family), .kind = AM_BGP_REFRESH_ASK};
	int rc = p ? am_bgp_send_refresh(p->session, &ask, now) : -ENOTCONN;

	if (!rc)
		am_bgp_speaker_touched(s, p);
	return rc;
}
