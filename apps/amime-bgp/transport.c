/* SPDX-License-Identifier: BSD-3-Clause */
#include "transport.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon.h"
#include "local.h"
#include "socket.h"

enum {
	LISTENERS = AM_BGPCONF_LISTEN,
	READ_CHUNK = 1 << 14, /* at a time, so that every link gets its turn */
	ACCEPTS_A_STEP = 16,
	LINGER_MS = 2000, /* for which a peer may still read our NOTIFICATION */
	DRAIN_MAX = 1 << 20,
};

struct link {
	struct am_bgpd_transport *transport;
	struct am_bgp_link number;
	int fd;
	uv_poll_t poll;
	bool connecting, writing;
};

/* A socket whose session is over: closing it while bytes come in would make the kernel forget what it still has to send. */
struct farewell {
	uv_poll_t poll;
	uv_timer_t timer;
	int fd;
	unsigned handles;
	struct am_bgpd_transport *transport;
	struct farewell *next;
};

struct listener {
	struct am_bgpd_transport *transport;
	uv_poll_t poll;
	int fd;
	struct am_ip at;
};

struct am_bgpd_transport {
	struct am_bgpd *daemon;
	struct listener listeners[LISTENERS];
	unsigned n_listeners;
	struct link *links[AM_BGP_SPEAKER_PEERS][AM_BGP_CONNS];
	struct farewell *farewells;
	uint8_t bytes[READ_CHUNK];
};

static const struct am_log *log_of(const struct am_bgpd_transport *t)
{
	return &t->daemon->log;
}

static struct link *link_of(const struct am_bgpd_transport *t, struct am_bgp_link number)
{
	return t->links[number.peer][number.conn];
}

static const char *name_of(const struct am_bgpd_transport *t, struct am_bgp_link number)
{
	const struct am_bgpd_neighbor *n = t->daemon->of_peer[number.peer];

	return n ? n->conf.name : "?";
}

/* ---- the end of a link ---- */

static void link_gone(uv_handle_t *handle)
{
	free(handle->data);
}

static void linger_gone(uv_handle_t *handle)
{
	struct farewell *g = handle->data, **at;

	if (--g->handles)
		return;
	for (at = &g->transport->farewells; *at != g;)
		at = &(*at)->next;
	*at = g->next;
	close(g->fd);
	free(g);
}

static void end_linger(struct farewell *g)
{
	if (uv_is_closing((uv_handle_t *)&g->timer))
		return;
	uv_close((uv_handle_t *)&g->poll, linger_gone);
	uv_close((uv_handle_t *)&g->timer, linger_gone);
}

static void linger_over(uv_timer_t *timer)
{
	end_linger(timer->data);
}

static void linger_read(uv_poll_t *poll, int status, int events)
{
	struct farewell *g = poll->data;
	ssize_t n = status < 0 ? 0 : recv(g->fd, g->transport->bytes, READ_CHUNK, 0);

	(void)events;
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		end_linger(g);
}

/* What came in and was not read would make close() a reset. */
static void drain(int fd)
{
	uint8_t bytes[4096];
	size_t all = 0;
	ssize_t n;

	while (all < DRAIN_MAX && (n = recv(fd, bytes, sizeof bytes, 0)) > 0)
		all += (size_t)n;
}

static void say_farewell(struct am_bgpd_transport *t, int fd)
{
	struct farewell *g = calloc(1, sizeof *g);

	drain(fd);
	if (!g || shutdown(fd, SHUT_WR) || uv_poll_init(&t->daemon->loop, &g->poll, fd)) {
		close(fd);
		free(g);
		return;
	}
	uv_timer_init(&t->daemon->loop, &g->timer);
	g->poll.data = g->timer.data = g;
	g->fd = fd;
	g->handles = 2;
	g->transport = t;
	g->next = t->farewells;
	t->farewells = g;
	uv_poll_start(&g->poll, UV_READABLE, linger_read);
	uv_timer_start(&g->timer, linger_over, LINGER_MS, 0);
}

/* The speaker is told where it does not know. */
static void drop_link(struct link *l, bool gently)
{
	struct am_bgpd_transport *t = l->transport;
	int fd = l->fd;

	t->links[l->number.peer][l->number.conn] = NULL;
	uv_poll_stop(&l->poll);
	am_bgp_speaker_closed(t->daemon->speaker, l->number, am_clock_monotonic());
	if (gently)
		/* A descriptor has one poll handle; the next one is made of a copy. */
		say_farewell(t, dup(fd));
	close(fd);
	uv_close((uv_handle_t *)&l->poll, link_gone);
}

/* ---- bytes ---- */

static void watch(struct link *l);

/* False: the link is gone. */
static bool write_link(struct link *l)
{
	struct am_bgp_speaker *s = l->transport->daemon->speaker;
	struct am_bgp_span out;
	ssize_t n = 0;

	for (;;) {
		out = am_bgp_speaker_output(s, l->number);
		n = out.len ? send(l->fd, out.bytes, out.len, MSG_NOSIGNAL) : 0;
		if (n <= 0)
			break;
		am_bgp_speaker_sent(s, l->number, (size_t)n, am_clock_monotonic());
	}
	l->writing = out.len != 0;
	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		am_log(log_of(l->transport), AM_LOG_DEBUG, "%s: cannot write: %s",
			name_of(l->transport, l->number), strerror(errno));
		drop_link(l, false);
		return false;
	}
	return true;
}

static bool read_link(struct link *l)
{
	struct am_bgpd_transport *t = l->transport;
	ssize_t n = recv(l->fd, t->bytes, sizeof t->bytes, 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (n <= 0) {
		am_log(log_of(t), AM_LOG_DEBUG, "%s: the connection ended: %s", name_of(t, l->number),
			n ? strerror(errno) : "the peer closed it");
		drop_link(l, false);
		return false;
	}
	am_bgp_speaker_input(t->daemon->speaker, l->number, t->bytes, (size_t)n, am_clock_monotonic());
	return true;
}

static void connected(struct link *l)
{
	struct am_bgpd_transport *t = l->transport;
	struct am_bgp_speaker_end here;
	struct am_ip local, peer;
	int error = 0;
	socklen_t len = sizeof error;

	getsockopt(l->fd, SOL_SOCKET, SO_ERROR, &error, &len);
	if (error) {
		am_log(log_of(t), AM_LOG_DEBUG, "%s: cannot connect: %s", name_of(t, l->number),
			strerror(error));
		drop_link(l, false);
		return;
	}
	l->connecting = false;
	am_bgpd_transport_addresses(t, l->number, &local, &peer);
	here = am_bgp_local_end(l->fd, &peer);
	am_bgp_speaker_connected(t->daemon->speaker, l->number, &here, am_clock_monotonic());
	watch(l);
}

static void on_link(uv_poll_t *poll, int status, int events)
{
	struct link *l = poll->data;
	struct am_bgpd *d = l->transport->daemon;
	bool there = true;

	if (l->connecting) {
		connected(l);
	} else if (status < 0) {
		drop_link(l, false);
	} else {
		if (events & UV_WRITABLE)
			there = write_link(l);
		if (there && events & UV_READABLE)
			there = read_link(l);
		if (there)
			watch(l);
	}
	am_bgpd_pump(d);
}

static void watch(struct link *l)
{
	int events = l->connecting ? UV_WRITABLE : UV_READABLE | (l->writing ? UV_WRITABLE : 0);

	uv_poll_start(&l->poll, events, on_link);
}

static struct link *add_link(struct am_bgpd_transport *t, struct am_bgp_link number, int fd, bool connecting)
{
	struct link *l = calloc(1, sizeof *l);

	if (!l || uv_poll_init(&t->daemon->loop, &l->poll, fd)) {
		free(l);
		close(fd);
		am_bgp_speaker_closed(t->daemon->speaker, number, am_clock_monotonic());
		return NULL;
	}
	l->transport = t;
	l->number = number;
	l->fd = fd;
	l->connecting = connecting;
	l->poll.data = l;
	t->links[number.peer][number.conn] = l;
	watch(l);
	return l;
}

/* ---- what the speaker asks for ---- */

static int open_socket(const struct am_bgpd *d, unsigned peer)
{
	const struct am_bgpconf_session *s = &d->of_peer[peer]->conf.session;
	struct am_bgp_speaker_view view;
	int fd, rc;

	if (am_bgp_speaker_view(d->speaker, peer, &view) || !view.address.family)
		return -EADDRNOTAVAIL;
	fd = am_bgp_socket(view.address.family);
	if (fd < 0)
		return fd;
	rc = am_bgp_socket_ttl(fd, s, !am_bgpconf_is_internal(s));
	if (!rc)
		rc = am_bgp_socket_connect(fd, s, &view.address, view.interface);
	if (!rc)
		return fd;
	close(fd);
	return rc;
}

void am_bgpd_transport_connect(struct am_bgpd_transport *t, struct am_bgp_link number)
{
	int fd = open_socket(t->daemon, number.peer);

	if (fd >= 0) {
		add_link(t, number, fd, true);
		return;
	}
	am_log(log_of(t), AM_LOG_DEBUG, "%s: cannot connect: %s", name_of(t, number), strerror(-fd));
	am_bgp_speaker_closed(t->daemon->speaker, number, am_clock_monotonic());
}

void am_bgpd_transport_output(struct am_bgpd_transport *t, struct am_bgp_link number)
{
	struct link *l = link_of(t, number);

	if (l && !l->connecting && write_link(l))
		watch(l);
}

void am_bgpd_transport_close_link(struct am_bgpd_transport *t, struct am_bgp_link number)
{
	struct link *l = link_of(t, number);

	if (!l)
		am_bgp_speaker_closed(t->daemon->speaker, number, am_clock_monotonic());
	else if (l->connecting || write_link(l))
		drop_link(l, !l->connecting);
}

/* ---- listening ---- */

/* NULL: nobody, and the speaker refuses it. */
static const struct am_bgpconf_session *session_at(const struct am_bgpd *d, const struct am_ip *address)
{
	struct am_bgp_speaker_view v;

	for (unsigned i = 0; i < AM_BGP_SPEAKER_PEERS; i++) {
		if (d->of_peer[i] && !am_bgp_speaker_view(d->speaker, i, &v) &&
			am_ip_equal(&v.address, address))
			return &d->of_peer[i]->conf.session;
	}
	return NULL;
}

/* False, and it is closed, where GTSM keeps it out: then the session does not even hear of it. */
static bool near_enough(struct am_bgpd_transport *t, int fd, const struct am_ip *from)
{
	const struct am_bgpconf_session *s = session_at(t->daemon, from);
	int rc = s ? am_bgp_socket_check_syn(fd, s) : 0;
	char text[AM_IP_TEXT];

	if (!rc)
		return true;
	am_log(log_of(t), AM_LOG_DEBUG, "a connection from %s is refused: %s", am_ip_text(from, text),
		rc == -EPERM ? "it came from farther away than ttl_security says" : strerror(-rc));
	close(fd);
	return false;
}

static void take(struct listener *at, int fd, const struct sockaddr_storage *peer)
{
	struct am_bgpd_transport *t = at->transport;
	struct am_bgpd *d = t->daemon;
	const struct am_bgpconf_session *s;
	struct am_bgp_link number;
	struct am_bgp_speaker_end here;
	char text[AM_IP_TEXT];
	struct am_ip from;
	uint32_t scope;
	int rc;

	am_bgp_sockaddr_ip(peer, &from, &scope);
	if (!near_enough(t, fd, &from))
		return;
	here = am_bgp_local_end(fd, &from);
	rc = am_bgp_speaker_accept(d->speaker, &from, scope, &here, &number, am_clock_monotonic());
	if (rc) {
		am_log(log_of(t), AM_LOG_DEBUG, "a connection from %s is refused: %s",
			am_ip_text(&from, text),
			rc == -ENOENT ? "no neighbour has this address" : strerror(-rc));
		close(fd);
		return;
	}
	s = &d->of_peer[number.peer]->conf.session;
	rc = am_bgp_socket_ttl(fd, s, !am_bgpconf_is_internal(s));
	if (rc)
		am_log(log_of(t), AM_LOG_WARN, "%s: cannot set the TTL: %s", name_of(t, number),
			strerror(-rc));
	add_link(t, number, fd, false);
}

static void on_listener(uv_poll_t *poll, int status, int events)
{
	struct listener *at = poll->data;
	struct am_bgpd *d = at->transport->daemon;

	(void)status;
	(void)events;
	for (int i = 0; i < ACCEPTS_A_STEP; i++) {
		struct sockaddr_storage from;
		socklen_t len = sizeof from;
		int fd = accept4(at->fd, (struct sockaddr *)&from, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd < 0)
			break;
		take(at, fd, &from);
	}
	am_bgpd_pump(d);
}

static int add_listener(struct am_bgpd_transport *t, const struct am_ip *ip, struct am_err *err)
{
	struct listener *at = &t->listeners[t->n_listeners];
	char text[AM_IP_TEXT];
	int fd = am_bgp_socket_listen(ip, t->daemon->config->port);

	if (fd < 0)
		return am_fail(err, -fd,
			"cannot listen on %s port %u: %s; run as root, or name others in system.listen and "
			"system.port",
			am_ip_text(ip, text), t->daemon->config->port, strerror(-fd));
	*at = (struct listener){.transport = t, .fd = fd, .at = *ip};
	uv_poll_init(&t->daemon->loop, &at->poll, fd);
	at->poll.data = at;
	uv_poll_start(&at->poll, UV_READABLE, on_listener);
	t->n_listeners++;
	return 0;
}

static int listen_all(struct am_bgpd_transport *t, struct am_err *err)
{
	const struct am_ip any[] = {{.family = AM_IPV4}, {.family = AM_IPV6}};
	const struct am_bgpconf *c = t->daemon->config;
	const struct am_ip *at = c->n_listen ? c->listen : any;
	unsigned n = c->n_listen ? c->n_listen : 2;
	int rc = 0;

	for (unsigned i = 0; c->port && i < n && !rc; i++)
		rc = add_listener(t, &at[i], err);
	return rc;
}

struct am_bgpd_transport *am_bgpd_transport_open(struct am_bgpd *d, struct am_err *err)
{
	struct am_bgpd_transport *t = calloc(1, sizeof *t);

	if (!t) {
		am_fail(err, ENOMEM, "no memory");
		return NULL;
	}
	t->daemon = d;
	if (!listen_all(t, err))
		return t;
	am_bgpd_transport_close(t);
	uv_run(&d->loop, UV_RUN_NOWAIT);
	free(t);
	return NULL;
}

void am_bgpd_transport_close(struct am_bgpd_transport *t)
{
	for (unsigned i = 0; i < t->n_listeners; i++) {
		uv_close((uv_handle_t *)&t->listeners[i].poll, NULL);
		close(t->listeners[i].fd);
	}
	for (unsigned p = 0; p < AM_BGP_SPEAKER_PEERS; p++) {
		for (unsigned c = 0; c < AM_BGP_CONNS; c++) {
			if (t->links[p][c])
				drop_link(t->links[p][c], false);
		}
	}
	for (struct farewell *g = t->farewells; g; g = g->next)
		end_linger(g);
}

void am_bgpd_transport_free(struct am_bgpd_transport *t)
{
	free(t);
}

static int set_key(int fd, const struct am_ip *address, const struct am_bgpconf_session *s, bool needed)
{
	if (*s->password)
		return am_bgp_socket_password(fd, address, needed ? s->password : "");
	return needed ? am_bgp_socket_ao(fd, address, &s->tcp_ao)
		      : am_bgp_socket_ao_remove(fd, address, &s->tcp_ao);
}

void am_bgpd_transport_keys(struct am_bgpd_transport *t, const struct am_ip *address,
	const struct am_bgpconf_session *s, bool needed)
{
	char text[AM_IP_TEXT];

	if (!address->family || (!*s->password && !*s->tcp_ao.key))
		return;
	for (unsigned i = 0; i < t->n_listeners; i++) {
		int rc = t->listeners[i].at.family == address->family
				 ? set_key(t->listeners[i].fd, address, s, needed)
				 : 0;

		if (rc)
			am_log(log_of(t), AM_LOG_ERROR,
				"the kernel does not take a TCP %s key for %s: %s; the neighbour cannot connect to us",
				*s->password ? "MD5" : "AO", am_ip_text(address, text), strerror(-rc));
	}
}

int am_bgpd_transport_check(const struct am_bgpconf *config, struct am_err *err)
{
	for (uint16_t i = 0; i < config->n_neighbors; i++) {
		const struct am_bgpconf_neighbor *n = &config->neighbors[i];

		if (*n->session.tcp_ao.key && !am_bgp_socket_has_ao())
			return am_fail(err, EOPNOTSUPP,
				"neighbour \"%s\": tcp_ao: this kernel has no TCP-AO (Linux 6.7 and later have it, where "
				"built with CONFIG_TCP_AO): use \"password\", TCP MD5, on both sides, or another kernel",
				n->name);
	}
	return 0;
}

void am_bgpd_transport_addresses(const struct am_bgpd_transport *t, struct am_bgp_link number,
	struct am_ip *local, struct am_ip *remote)
{
	const struct link *l = link_of(t, number);
	struct sockaddr_storage at;
	socklen_t len = sizeof at;
	uint32_t scope;

	*local = *remote = (struct am_ip){0};
	if (l && !getsockname(l->fd, (struct sockaddr *)&at, &len))
		am_bgp_sockaddr_ip(&at, local, &scope);
	len = sizeof at;
	if (l && !getpeername(l->fd, (struct sockaddr *)&at, &len))
		am_bgp_sockaddr_ip(&at, remote, &scope);
}

/* Of either family it stands at the same place. */
static uint16_t port_of(const struct sockaddr_storage *at)
{
	return ntohs(((const struct sockaddr_in *)at)->sin_port);
}

void am_bgpd_transport_ports(
	const struct am_bgpd_transport *t, struct am_bgp_link number, uint16_t *local, uint16_t *remote)
{
	const struct link *l = link_of(t, number);
	struct sockaddr_storage at;
	socklen_t len = sizeof at;

	*local = *remote = 0;
	if (l && !getsockname(l->fd, (struct sockaddr *)&at, &len))
		*local = port_of(&at);
	len = sizeof at;
	if (l && !getpeername(l->fd, (struct sockaddr *)&at, &len))
		*remote = port_of(&at);
}
