/* SPDX-License-Identifier: BSD-3-Clause */
#include "station.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon.h"
#include "socket.h"

enum {
	REST_MIN = 1, /* s */
	REST_MAX = 60,
	STEADY = 60, /* s, after which a connection has shown that it works */
	ROOM_MIN = 1 << 16,
};

/* A socket, until libuv has closed its handle. */
struct wire {
	uv_poll_t poll;
	struct am_bgpd_station *station;
	int fd;
	bool connecting, writing; /* what is watched for beside reading */
};

struct am_bgpd_station {
	struct am_bgpd *daemon;
	struct am_bgpconf_station conf;
	struct am_bgpd_station_owner owner;
	struct wire *wire; /* NULL: rests */
	uv_timer_t timer;  /* the rest, and a turn of the loop after something was put */
	uint32_t rest;     /* s, the next one */
	am_time since;
	uint8_t *bytes; /* [start, end) waits */
	size_t start, end, room, limit;
	uint64_t connections, cut_off, messages, octets; /* over all connections */
	char last_fault[96];
};

static void rest(struct am_bgpd_station *s);

size_t am_bgpd_station_waiting(const struct am_bgpd_station *s)
{
	return s->end - s->start;
}

bool am_bgpd_station_is_up(const struct am_bgpd_station *s)
{
	return s->wire && !s->wire->connecting;
}

const struct am_bgpconf_station *am_bgpd_station_conf(const struct am_bgpd_station *s)
{
	return &s->conf;
}

void am_bgpd_station_limit(struct am_bgpd_station *s, size_t limit)
{
	s->limit = limit;
}

static void wire_gone(uv_handle_t *handle)
{
	free(handle->data);
}

static void hang_up(struct am_bgpd_station *s)
{
	if (!s->wire)
		return;
	uv_poll_stop(&s->wire->poll);
	close(s->wire->fd);
	uv_close((uv_handle_t *)&s->wire->poll, wire_gone);
	s->wire = NULL;
	free(s->bytes);
	s->bytes = NULL;
	s->start = s->end = s->room = 0;
}

static void lose(struct am_bgpd_station *s, const char *why)
{
	bool was_up = am_bgpd_station_is_up(s);
	char text[AM_IP_TEXT];

	if (was_up && am_time_since(am_clock_monotonic(), s->since) >= STEADY * AM_S)
		s->rest = REST_MIN;
	snprintf(s->last_fault, sizeof s->last_fault, "%s", why);
	am_log(&s->daemon->log, was_up ? AM_LOG_WARN : AM_LOG_DEBUG,
		"BMP station %s port %u: %s; again in %u s", am_ip_text(&s->conf.address, text), s->conf.port,
		why, s->rest);
	hang_up(s);
	rest(s);
	s->owner.has_room(s->owner.owner, s);
}

/* ---- bytes ---- */

static void on_wire(uv_poll_t *poll, int status, int events);

static void watch(struct wire *w)
{
	int events = w->connecting ? UV_WRITABLE : UV_READABLE | (w->writing ? UV_WRITABLE : 0);

	uv_poll_start(&w->poll, events, on_wire);
}

/* False: it is lost. */
static bool write_wire(struct am_bgpd_station *s)
{
	bool was_full = am_bgpd_station_waiting(s) >= AM_BGPD_STATION_LOW;
	ssize_t n = 0;

	while (s->start < s->end) {
		n = send(s->wire->fd, s->bytes + s->start, s->end - s->start, MSG_NOSIGNAL);
		if (n <= 0)
			break;
		s->start += (size_t)n;
		s->octets += (uint64_t)n;
	}
	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		lose(s, strerror(errno));
		return false;
	}
	if (s->start == s->end)
		s->start = s->end = 0;
	s->wire->writing = s->end != 0;
	watch(s->wire);
	if (was_full && am_bgpd_station_waiting(s) < AM_BGPD_STATION_LOW)
		s->owner.has_room(s->owner.owner, s);
	return true;
}

/* A station says nothing (RFC 7854 3.2); that it ends is seen here. */
static void read_wire(struct am_bgpd_station *s)
{
	uint8_t bytes[256];
	ssize_t n = recv(s->wire->fd, bytes, sizeof bytes, 0);

	if (n == 0)
		lose(s, "the station closed the connection");
	else if (n < 0 && errno != EAGAIN && errno != EINTR)
		lose(s, strerror(errno));
}

static void connected(struct am_bgpd_station *s)
{
	int error = 0;
	socklen_t len = sizeof error;
	char text[AM_IP_TEXT];

	getsockopt(s->wire->fd, SOL_SOCKET, SO_ERROR, &error, &len);
	if (error) {
		lose(s, strerror(error));
		return;
	}
	am_log(&s->daemon->log, AM_LOG_INFO, "BMP station %s port %u: connected",
		am_ip_text(&s->conf.address, text), s->conf.port);
	s->wire->connecting = false;
	s->since = am_clock_monotonic();
	s->connections++;
	watch(s->wire);
	s->owner.connected(s->owner.owner, s);
}

static void on_wire(uv_poll_t *poll, int status, int events)
{
	struct wire *w = poll->data;
	struct am_bgpd_station *s = w->station;

	if (w->connecting)
		connected(s);
	else if (status < 0)
		lose(s, uv_strerror(status));
	else if ((!(events & UV_WRITABLE) || write_wire(s)) && events & UV_READABLE)
		read_wire(s);
}

/* Room behind what waits. False where there is no memory for it. */
static bool make_room(struct am_bgpd_station *s, size_t len)
{
	size_t waits = am_bgpd_station_waiting(s), room = s->room ? s->room : ROOM_MIN;
	uint8_t *grown;

	if (s->room - s->end >= len)
		return true;
	if (s->start) {
		memmove(s->bytes, s->bytes + s->start, waits);
		s->start = 0;
		s->end = waits;
	}
	while (room - waits < len)
		room *= 2;
	grown = room == s->room ? s->bytes : realloc(s->bytes, room);
	if (!grown)
		return false;
	s->bytes = grown;
	s->room = room;
	return true;
}

bool am_bgpd_station_put(struct am_bgpd_station *s, struct am_bgp_span message)
{
	if (!am_bgpd_station_is_up(s))
		return false;
	if (am_bgpd_station_waiting(s) + message.len > s->limit || !make_room(s, message.len)) {
		s->cut_off++;
		lose(s, "it reads too slowly, and was cut off");
		return false;
	}
	memcpy(s->bytes + s->end, message.bytes, message.len);
	s->end += message.len;
	s->messages++;
	/* What is put in one turn of the loop goes out together. */
	if (!s->wire->writing) {
		s->wire->writing = true;
		watch(s->wire);
	}
	return true;
}

/* ---- begin and end ---- */

static void begin(struct am_bgpd_station *s)
{
	struct wire *w = calloc(1, sizeof *w);
	struct sockaddr_storage to;
	socklen_t len = am_bgp_sockaddr(&s->conf.address, s->conf.port, 0, &to);
	int fd = w ? am_bgp_socket(s->conf.address.family) : -ENOMEM;

	if (fd < 0 || uv_poll_init(&s->daemon->loop, &w->poll, fd)) {
		if (fd >= 0)
			close(fd);
		free(w);
		lose(s, fd < 0 ? strerror(-fd) : "the loop does not take its socket");
		return;
	}
	w->poll.data = w;
	w->station = s;
	w->fd = fd;
	w->connecting = true;
	s->wire = w;
	if (connect(fd, (struct sockaddr *)&to, len) && errno != EINPROGRESS)
		lose(s, strerror(errno));
	else
		watch(w);
}

static void on_timer(uv_timer_t *timer)
{
	begin(timer->data);
}

static void rest(struct am_bgpd_station *s)
{
	uv_update_time(&s->daemon->loop);
	uv_timer_start(&s->timer, on_timer, s->rest * UINT64_C(1000), 0);
	s->rest = s->rest * 2 > REST_MAX ? REST_MAX : s->rest * 2;
}

struct am_bgpd_station *am_bgpd_station_open(struct am_bgpd *d, const struct am_bgpconf_station *conf,
	size_t limit, const struct am_bgpd_station_owner *owner)
{
	struct am_bgpd_station *s = calloc(1, sizeof *s);

	if (!s)
		return NULL;
	s->daemon = d;
	s->conf = *conf;
	s->owner = *owner;
	s->limit = limit;
	s->rest = REST_MIN;
	uv_timer_init(&d->loop, &s->timer);
	s->timer.data = s;
	uv_timer_start(&s->timer, on_timer, 0, 0);
	return s;
}

static void station_gone(uv_handle_t *handle)
{
	free(handle->data);
}

void am_bgpd_station_close(struct am_bgpd_station *s, struct am_bgp_span last)
{
	if (am_bgpd_station_is_up(s) && make_room(s, last.len)) {
		if (last.len)
			memcpy(s->bytes + s->end, last.bytes, last.len);
		s->end += last.len;
		/* What the kernel does not take at once is lost: nobody waits for a station. */
		while (s->start < s->end) {
			ssize_t n = send(s->wire->fd, s->bytes + s->start, s->end - s->start, MSG_NOSIGNAL);

			if (n <= 0)
				break;
			s->start += (size_t)n;
		}
	}
	hang_up(s);
	uv_close((uv_handle_t *)&s->timer, station_gone);
}

json_t *am_bgpd_station_show(const struct am_bgpd_station *s)
{
	bool up = am_bgpd_station_is_up(s);
	char text[AM_IP_TEXT];

	return json_pack("{s:s, s:i, s:s, s:o, s:I, s:I, s:I, s:I, s:I, s:o}", "address",
		am_ip_text(&s->conf.address, text), "port", s->conf.port, "state",
		up        ? "up"
		: s->wire ? "connecting"
			  : "resting",
		"since_s",
		up ? json_integer((json_int_t)(am_time_since(am_clock_monotonic(), s->since) / AM_S))
		   : json_null(),
		"connections", (json_int_t)s->connections, "cut_off", (json_int_t)s->cut_off, "messages",
		(json_int_t)s->messages, "octets", (json_int_t)s->octets, "waiting",
		(json_int_t)am_bgpd_station_waiting(s), "last_fault",
		*s->last_fault ? json_string(s->last_fault) : json_null());
}
