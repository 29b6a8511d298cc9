/* SPDX-License-Identifier: BSD-3-Clause */
#include "rpki.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "bgp/rtr.h"
#include "socket.h"

enum {
	READ_CHUNK = 1 << 14, /* at a time, so that sessions get their turn */
	CHANGED_MAX = 4096,   /* prefixes that are judged again one by one; beyond, all are */
	SWEEPS = 256,         /* in one turn of the loop */
};

struct cache;

/* A connection outlives its cache's interest in it until libuv has closed it. */
struct conn {
	uv_tcp_t tcp;
	uv_connect_t request;
	struct cache *cache; /* NULL: closing */
};

/* One place of the table's sources. It is free where it has no client and nothing to sweep. */
struct cache {
	struct am_bgpd_rpki *rpki;
	struct am_bgpconf_cache conf;
	struct am_bgp_rtr *rtr;
	struct conn *conn;
	unsigned source;
	bool sweeping;
};

struct am_bgpd_rpki {
	struct am_bgpd *daemon;
	struct am_bgp_roa_table *roas;
	struct cache caches[AM_BGP_ROA_SOURCES];
	uv_timer_t timer;                /* the first deadline of the clients */
	uv_idle_t idle;                  /* runs while something is to be swept */
	uint32_t refresh, retry, expire; /* that the clients were told */
	struct am_prefix changed[CHANGED_MAX];
	size_t n_changed;
	bool all_changed;
	char bytes[READ_CHUNK];
};

struct sent {
	uv_write_t request;
	char bytes[];
};

static void serve(struct cache *c);

static bool is_free(const struct cache *c)
{
	return !c->rtr && !c->sweeping;
}

static const char *name_of(const struct cache *c, char text[AM_IP_TEXT])
{
	return am_ip_text(&c->conf.address, text);
}

/* ---- what changed ---- */

static void note(struct am_bgpd_rpki *r, const struct am_prefix *prefix)
{
	if (r->n_changed == CHANGED_MAX)
		r->all_changed = true;
	else
		r->changed[r->n_changed++] = *prefix;
}

static void judge_again(struct am_bgpd_rpki *r)
{
	if (!r->n_changed)
		return;
	am_bgp_speaker_recheck(r->daemon->speaker, r->all_changed ? NULL : r->changed, r->n_changed);
	r->n_changed = 0;
	r->all_changed = false;
	am_bgpd_pump(r->daemon);
}

/* False: there is more to sweep. */
static bool sweep_some(struct cache *c, unsigned turns)
{
	struct am_bgp_roa roa;
	int rc = -EAGAIN;

	while (rc && turns--) {
		rc = am_bgp_roa_sweep(c->rpki->roas, c->source, &roa);
		if (rc == 1)
			note(c->rpki, &roa.prefix);
	}
	c->sweeping = rc;
	return !rc;
}

static void on_idle(uv_idle_t *idle)
{
	struct am_bgpd_rpki *r = idle->data;

	for (unsigned i = 0; i < AM_BGP_ROA_SOURCES; i++) {
		if (!r->caches[i].sweeping)
			continue;
		if (sweep_some(&r->caches[i], SWEEPS))
			judge_again(r);
		return;
	}
	uv_idle_stop(idle);
}

static void begin_sweep(struct cache *c)
{
	c->sweeping = true;
	uv_idle_start(&c->rpki->idle, on_idle);
}

static void forget(struct cache *c)
{
	am_bgp_roa_refill(c->rpki->roas, c->source);
	begin_sweep(c);
}

/* ---- the connection ---- */

static void conn_gone(uv_handle_t *handle)
{
	free(handle->data);
}

static void hang_up(struct cache *c)
{
	if (!c->conn)
		return;
	c->conn->cache = NULL;
	uv_close((uv_handle_t *)&c->conn->tcp, conn_gone);
	c->conn = NULL;
}

static void lose(struct cache *c, int status)
{
	char text[AM_IP_TEXT];

	am_log(&c->rpki->daemon->log, AM_LOG_WARN, "rpki cache %s port %u: %s", name_of(c, text),
		c->conf.port, uv_strerror(status));
	hang_up(c);
	am_bgp_rtr_closed(c->rtr, am_clock_monotonic());
}

static void give_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	const struct conn *conn = handle->data;

	(void)suggested;
	*buf = uv_buf_init(conn->cache->rpki->bytes, READ_CHUNK);
}

static void got_bytes(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct conn *conn = stream->data;
	struct cache *c = conn->cache;

	if (n < 0)
		lose(c, (int)n);
	/* An event may end the connection, and with it what is left of the bytes. */
	for (ssize_t at = 0; at < n && conn->cache;) {
		at += (ssize_t)am_bgp_rtr_input(
			c->rtr, buf->base + at, (size_t)(n - at), am_clock_monotonic());
		serve(c);
	}
	serve(c);
}

static void connected(uv_connect_t *request, int status)
{
	struct conn *conn = request->data;
	struct cache *c = conn->cache;

	if (!c)
		return;
	if (!status)
		status = uv_read_start((uv_stream_t *)&conn->tcp, give_room, got_bytes);
	if (status)
		lose(c, status);
	else
		am_bgp_rtr_connected(c->rtr, am_clock_monotonic());
	serve(c);
}

static void connect_cache(struct cache *c)
{
	struct conn *conn = calloc(1, sizeof *conn);
	struct sockaddr_storage to;
	int rc = UV_ENOMEM;

	if (conn) {
		uv_tcp_init(&c->rpki->daemon->loop, &conn->tcp);
		conn->tcp.data = conn->request.data = conn;
		conn->cache = c;
		c->conn = conn;
		am_bgp_sockaddr(&c->conf.address, c->conf.port, 0, &to);
		rc = uv_tcp_connect(&conn->request, &conn->tcp, (const struct sockaddr *)&to, connected);
	}
	if (rc)
		lose(c, rc);
}

static void written(uv_write_t *request, int status)
{
	(void)status; /* the read that fails as well says so */
	free(request->data);
}

/* What the client has to say is a query, or one Error Report: it is copied, and libuv keeps it until it is out. */
static void send_output(struct cache *c)
{
	struct am_bgp_span out = am_bgp_rtr_output(c->rtr);
	struct sent *sent = out.len && c->conn ? calloc(1, sizeof *sent + out.len) : NULL;
	uv_buf_t buf;

	if (!sent)
		return;
	memcpy(sent->bytes, out.bytes, out.len);
	sent->request.data = sent;
	buf = uv_buf_init(sent->bytes, (unsigned)out.len);
	if (uv_write(&sent->request, (uv_stream_t *)&c->conn->tcp, &buf, 1, written))
		free(sent);
	am_bgp_rtr_sent(c->rtr, out.len);
}

/* ---- what the client says ---- */

static void log_fault(const struct cache *c, const struct am_bgp_rtr_fault *fault)
{
	char text[AM_IP_TEXT];

	am_log(&c->rpki->daemon->log, AM_LOG_WARN, "rpki cache %s port %u: %s%s%s%s", name_of(c, text),
		c->conf.port, fault->why, fault->has_code ? " (" : "",
		fault->has_code ? am_bgp_rtr_error_name(fault->code) : "", fault->has_code ? ")" : "");
}

static void log_complete(const struct cache *c)
{
	const struct am_bgp_roa_table *t = c->rpki->roas;
	char text[AM_IP_TEXT];

	am_log(&c->rpki->daemon->log, AM_LOG_INFO,
		"rpki cache %s port %u: complete; the table has %zu entries of IPv4, %zu of IPv6",
		name_of(c, text), c->conf.port, am_bgp_roa_count(t, AM_IPV4), am_bgp_roa_count(t, AM_IPV6));
}

static void take_roa(struct cache *c, const struct am_bgp_rtr_event *e)
{
	struct am_bgp_roa_table *t = c->rpki->roas;
	bool announced = e->type == AM_BGP_RTR_ANNOUNCE;
	int rc = announced ? am_bgp_roa_add(t, c->source, &e->roa) : am_bgp_roa_remove(t, c->source, &e->roa);
	char text[AM_IP_TEXT];

	if (rc == 1)
		note(c->rpki, &e->roa.prefix);
	if (rc < 0)
		am_log(&c->rpki->daemon->log, AM_LOG_ERROR,
			"rpki cache %s port %u: an entry is not taken: %s", name_of(c, text), c->conf.port,
			strerror(-rc));
}

static void act(struct cache *c, const struct am_bgp_rtr_event *e)
{
	switch (e->type) {
	case AM_BGP_RTR_CONNECT:
		connect_cache(c);
		break;
	case AM_BGP_RTR_RESTART:
		am_bgp_roa_refill(c->rpki->roas, c->source);
		c->sweeping = false;
		break;
	case AM_BGP_RTR_ANNOUNCE:
	case AM_BGP_RTR_WITHDRAW:
		take_roa(c, e);
		break;
	case AM_BGP_RTR_COMPLETE:
		log_complete(c);
		begin_sweep(c);
		break;
	case AM_BGP_RTR_FLUSH:
		forget(c);
		break;
	case AM_BGP_RTR_CLOSE:
		log_fault(c, e->fault);
		send_output(c);
		hang_up(c);
		am_bgp_rtr_closed(c->rtr, am_clock_monotonic());
		break;
	}
}

static void on_timer(uv_timer_t *timer)
{
	struct am_bgpd_rpki *r = timer->data;

	for (unsigned i = 0; i < AM_BGP_ROA_SOURCES; i++) {
		if (!r->caches[i].rtr)
			continue;
		am_bgp_rtr_expire(r->caches[i].rtr, am_clock_monotonic());
		serve(&r->caches[i]);
	}
}

static void set_timer(struct am_bgpd_rpki *r)
{
	am_time due = {UINT64_MAX}, now = am_clock_monotonic();

	for (unsigned i = 0; i < AM_BGP_ROA_SOURCES; i++) {
		am_time at = r->caches[i].rtr ? am_bgp_rtr_deadline(r->caches[i].rtr) : due;

		due = am_time_before(at, due) ? at : due;
	}
	uv_timer_stop(&r->timer);
	uv_update_time(&r->daemon->loop);
	if (due.ns != UINT64_MAX)
		uv_timer_start(&r->timer, on_timer, am_time_since(due, now) / AM_MS + 1, 0);
}

/* After every call for a client. */
static void serve(struct cache *c)
{
	struct am_bgp_rtr_event e;

	while (am_bgp_rtr_next_event(c->rtr, &e, am_clock_monotonic()))
		act(c, &e);
	send_output(c);
	/* A cache that was lost in the middle of its answer leaves what it changed so far. */
	if (!c->sweeping && am_bgp_rtr_status(c->rtr).state != AM_BGP_RTR_LOADING)
		judge_again(c->rpki);
	set_timer(c->rpki);
}

/* ---- configuration ---- */

static bool same(const struct am_bgpconf_cache *a, const struct am_bgpconf_cache *b)
{
	return a->port == b->port && am_ip_equal(&a->address, &b->address);
}

static bool is_wanted(const struct am_bgpconf *config, const struct cache *c)
{
	for (uint16_t i = 0; i < config->rpki.n; i++) {
		if (same(&config->rpki.caches[i], &c->conf))
			return true;
	}
	return false;
}

static bool is_there(const struct am_bgpd_rpki *r, const struct am_bgpconf_cache *conf)
{
	for (unsigned i = 0; i < AM_BGP_ROA_SOURCES; i++) {
		if (r->caches[i].rtr && same(&r->caches[i].conf, conf))
			return true;
	}
	return false;
}

static void drop(struct cache *c)
{
	hang_up(c);
	am_bgp_rtr_free(c->rtr);
	c->rtr = NULL;
	forget(c);
}

/* A free place; where all that are left are being swept, one is swept to its end. There is one, since a file has no more caches than places. */
static struct cache *find_place(struct am_bgpd_rpki *r)
{
	struct cache *c = r->caches;

	for (unsigned i = 0; i < AM_BGP_ROA_SOURCES; i++) {
		if (is_free(&r->caches[i]))
			return &r->caches[i];
	}
	while (c->rtr)
		c++;
	while (!sweep_some(c, SWEEPS))
		;
	return c;
}

static void set_times(struct am_bgpd_rpki *r)
{
	const struct am_bgpconf_rpki *conf = &r->daemon->config->rpki;

	for (unsigned i = 0; i < AM_BGP_ROA_SOURCES; i++) {
		if (!r->caches[i].rtr)
			continue;
		/* The configuration has the same bounds as the client. */
		am_bgp_rtr_set_times(
			r->caches[i].rtr, conf->refresh, conf->retry, conf->expire, am_clock_monotonic());
	}
}

static int add(struct am_bgpd_rpki *r, const struct am_bgpconf_cache *conf)
{
	struct cache *c = find_place(r);
	struct am_bgp_rtr_config config;
	uint64_t seed;
	int rc;

	am_random(&seed, sizeof seed);
	config = am_bgpconf_rtr_config(r->daemon->config, seed);
	rc = am_bgp_rtr_create(&config, &c->rtr);
	if (rc)
		return rc;
	c->conf = *conf;
	am_bgp_rtr_start(c->rtr, am_clock_monotonic());
	serve(c);
	return 0;
}

int am_bgpd_rpki_take(struct am_bgpd_rpki *r, struct am_err *err)
{
	const struct am_bgpconf_rpki *conf = &r->daemon->config->rpki;
	int rc = 0;

	for (unsigned i = 0; i < AM_BGP_ROA_SOURCES; i++) {
		if (r->caches[i].rtr && !is_wanted(r->daemon->config, &r->caches[i]))
			drop(&r->caches[i]);
	}
	if (conf->refresh != r->refresh || conf->retry != r->retry || conf->expire != r->expire)
		set_times(r);
	r->refresh = conf->refresh;
	r->retry = conf->retry;
	r->expire = conf->expire;
	for (uint16_t i = 0; i < conf->n && !rc; i++) {
		if (!is_there(r, &conf->caches[i]))
			rc = add(r, &conf->caches[i]);
	}
	set_timer(r);
	return rc ? am_fail(err, -rc, "cannot ask the RPKI caches: %s", strerror(-rc)) : 0;
}

struct am_bgpd_rpki *am_bgpd_rpki_open(struct am_bgpd *d, struct am_err *err)
{
	struct am_bgpd_rpki *r = calloc(1, sizeof *r);

	if (r)
		r->roas = am_bgp_roa_create();
	if (!r || !r->roas) {
		free(r);
		am_fail(err, ENOMEM, "no memory");
		return NULL;
	}
	r->daemon = d;
	for (unsigned i = 0; i < AM_BGP_ROA_SOURCES; i++) {
		r->caches[i].rpki = r;
		r->caches[i].source = i;
	}
	uv_timer_init(&d->loop, &r->timer);
	uv_idle_init(&d->loop, &r->idle);
	r->timer.data = r->idle.data = r;
	return r;
}

void am_bgpd_rpki_close(struct am_bgpd_rpki *r)
{
	for (unsigned i = 0; i < AM_BGP_ROA_SOURCES; i++)
		hang_up(&r->caches[i]);
	uv_close((uv_handle_t *)&r->timer, NULL);
	uv_close((uv_handle_t *)&r->idle, NULL);
}

void am_bgpd_rpki_free(struct am_bgpd_rpki *r)
{
	for (unsigned i = 0; r && i < AM_BGP_ROA_SOURCES; i++)
		am_bgp_rtr_free(r->caches[i].rtr);
	if (r)
		am_bgp_roa_free(r->roas);
	free(r);
}

const struct am_bgp_roa_table *am_bgpd_rpki_table(const struct am_bgpd_rpki *r)
{
	return r->roas;
}

/* ---- show rpki ---- */

static json_t *show_cache(const struct cache *c)
{
	const struct am_bgp_rtr_fault *fault = am_bgp_rtr_last_fault(c->rtr);
	struct am_bgp_rtr_status s = am_bgp_rtr_status(c->rtr);
	char text[AM_IP_TEXT];

	return json_pack("{s:s, s:i, s:s, s:i, s:o, s:o, s:o, s:i, s:i, s:i, s:I, s:I, s:I, s:o}", "address",
		name_of(c, text), "port", c->conf.port, "state", am_bgp_rtr_state_name(s.state), "version",
		s.version, "session", s.has_data ? json_integer(s.session) : json_null(), "serial",
		s.has_data ? json_integer(s.serial) : json_null(), "complete_s",
		s.has_data
			? json_integer((json_int_t)(am_time_since(am_clock_monotonic(), s.completed) / AM_S))
			: json_null(),
		"refresh", (int)s.refresh, "retry", (int)s.retry, "expire", (int)s.expire, "announced",
		(json_int_t)s.announced, "withdrawn", (json_int_t)s.withdrawn, "faults", (json_int_t)s.faults,
		"last_fault", fault->why ? json_string(fault->why) : json_null());
}

json_t *am_bgpd_rpki_show(const struct am_bgpd_rpki *r)
{
	json_t *caches = json_array();

	for (unsigned i = 0; i < AM_BGP_ROA_SOURCES; i++) {
		if (r->caches[i].rtr)
			json_array_append_new(caches, show_cache(&r->caches[i]));
	}
	return json_pack("{s:o, s:{s:I, s:I}}", "caches", caches, "entries", "ipv4",
		(json_int_t)am_bgp_roa_count(r->roas, AM_IPV4), "ipv6",
		(json_int_t)am_bgp_roa_count(r->roas, AM_IPV6));
}
