/* SPDX-License-Identifier: BSD-3-Clause */
#include "bgp/session.h"

#include <errno.h>
#include <stdlib.h>

#include "conn.h"

static bool config_is_right(const struct am_bgp_session_config *config)
{
	bool hold = config->hold_time == 0 || config->hold_time >= AM_BGP_HOLD_TIME_MIN;

	return config->local_as && config->local_id && hold && config->connect_retry && config->idle_hold;
}

/* Our OPEN is encoded once to see that it can be: a session never has to find out later. */
static int check_open(const struct am_bgp_session_config *config)
{
	uint8_t room[AM_BGP_MESSAGE_MAX];
	struct am_writer w = am_writer(room, sizeof room);
	const struct am_bgp_open open = {
		.as = config->local_as, .id = config->local_id, .caps = config->caps};

	if (config->caps.n_families > AM_BGP_CAP_FAMILIES || config->caps.n_others > AM_BGP_CAP_OTHERS)
		return -EINVAL;
	return am_bgp_open_encode(&w, &open) ? -EINVAL : 0;
}

int am_bgp_session_create(const struct am_bgp_session_config *config, struct am_bgp_session **out)
{
	size_t max = config->caps.extended_message ? AM_BGP_EXTENDED_MAX : AM_BGP_MESSAGE_MAX;
	struct am_bgp_session *s;

	if (!config_is_right(config) || check_open(config))
		return -EINVAL;
	s = calloc(1, sizeof *s);
	if (!s)
		return -ENOMEM;
	s->scratch = malloc(AM_BGP_SCRATCH(max));
	if (!s->scratch) {
		free(s);
		return -ENOMEM;
	}
	s->config = *config;
	s->random = config->seed;
	s->idle_hold = config->idle_hold;
	s->rest = AM_BGP_NEVER;
	for (unsigned i = 0; i < AM_BGP_CONNS; i++) {
		for (unsigned t = 0; t < AM_BGP_TIMERS; t++)
			s->conn[i].timer[t] = AM_BGP_NEVER;
	}
	*out = s;
	return 0;
}

void am_bgp_session_free(struct am_bgp_session *s)
{
	if (!s)
		return;
	for (unsigned i = 0; i < AM_BGP_CONNS; i++)
		am_bgp_conn_release(&s->conn[i]);
	free(s->scratch);
	free(s);
}

/* A connection number that the program does not use. */
static struct am_bgp_conn *free_conn(struct am_bgp_session *s)
{
	for (unsigned i = 0; i < AM_BGP_CONNS; i++) {
		struct am_bgp_conn *c = &s->conn[i];

		if (c->state == AM_BGP_IDLE && !c->open && !c->tell_down)
			return c;
	}
	return NULL;
}

static bool is_idle(const struct am_bgp_session *s)
{
	return s->conn[0].state == AM_BGP_IDLE && s->conn[1].state == AM_BGP_IDLE;
}

/* Rest after a failure, longer each time (RFC 4271 8.1.1, DampPeerOscillations). */
static void rest(struct am_bgp_session *s, am_time now)
{
	uint32_t most =
		s->config.connect_retry > s->config.idle_hold ? s->config.connect_retry : s->config.idle_hold;

	s->rest = am_time_add(now, s->idle_hold * AM_S);
	s->idle_hold = s->idle_hold > most / 2 ? most : s->idle_hold * 2;
}

/*
 * The connection for whose sake the last one went may not have been seen here yet: listen for it, and try again ourselves only
 * after a rest.
 */
static void listen_again(struct am_bgp_session *s, am_time now)
{
	struct am_bgp_conn *c = free_conn(s);

	if (!c) {
		rest(s, now);
		return;
	}
	am_bgp_conn_step(s, c, AM_BGP_EV_START_PASSIVE, NULL, now);
	if (!s->config.passive)
		c->timer[AM_BGP_T_RETRY] = am_time_add(now, s->idle_hold * AM_S);
}

/*
 * After every step: only one connection waits or tries at a time, and where none is left, the session rests and begins
 * anew.
 */
static void settle(struct am_bgp_session *s, am_time now)
{
	for (unsigned i = 0; i < AM_BGP_CONNS; i++) {
		struct am_bgp_conn *c = &s->conn[i];

		if (c->state == AM_BGP_ACTIVE && am_bgp_conn_other(s, c)->state != AM_BGP_IDLE)
			am_bgp_conn_step(s, c, AM_BGP_EV_STOP, NULL, now);
	}
	if (!s->started || !is_idle(s) || s->rest.ns != UINT64_MAX)
		return;
	if (s->collided)
		listen_again(s, now);
	else
		rest(s, now);
}

static void begin(struct am_bgp_session *s, am_time now)
{
	struct am_bgp_conn *c = free_conn(s);

	/* The program has not yet closed what it was asked to: once more in a second. */
	s->rest = c ? AM_BGP_NEVER : am_time_add(now, AM_S);
	if (c)
		am_bgp_conn_step(
			s, c, s->config.passive ? AM_BGP_EV_START_PASSIVE : AM_BGP_EV_START, NULL, now);
}

void am_bgp_start(struct am_bgp_session *s, am_time now)
{
	if (s->started)
		return;
	s->started = true;
	s->idle_hold = s->config.idle_hold;
	begin(s, now);
}

void am_bgp_stop(struct am_bgp_session *s, uint8_t subcode, const char *text, am_time now)
{
	struct am_bgp_cause cause = {
		.error = {.code = AM_BGP_E_CEASE, .subcode = subcode, .why = "it was stopped here"},
		.by = AM_BGP_BY_US};
	struct am_bgp_span words = {(const uint8_t *)text, text ? strlen(text) : 0};
	bool may = subcode == AM_BGP_CEASE_SHUTDOWN || subcode == AM_BGP_CEASE_RESET;

	if (may && words.len <= AM_BGP_SHUTDOWN_TEXT_MAX && am_bgp_utf8_valid(words))
		cause.text = words;
	s->started = false;
	s->rest = AM_BGP_NEVER;
	for (unsigned i = 0; i < AM_BGP_CONNS; i++)
		am_bgp_conn_step(s, &s->conn[i], AM_BGP_EV_STOP, &cause, now);
}

static void no_memory(struct am_bgp_session *s, struct am_bgp_conn *c, am_time now)
{
	static const struct am_bgp_cause cause = {
		.error = {.why = "no memory for its buffers"}, .by = AM_BGP_BY_TRANSPORT};

	am_bgp_conn_step(s, c, AM_BGP_EV_TCP_DOWN, &cause, now);
}

void am_bgp_connected(struct am_bgp_session *s, unsigned conn, am_time now)
{
	struct am_bgp_conn *c = &s->conn[conn];

	/* It may have been given up meanwhile: then a CLOSE event waits or was seen. */
	if (!c->open || c->connected || c->state != AM_BGP_CONNECT)
		return;
	if (am_bgp_conn_open(s, c)) {
		no_memory(s, c, now);
		return;
	}
	c->connected = true;
	am_bgp_conn_step(s, c, AM_BGP_EV_TCP_UP, NULL, now);
}

int am_bgp_accept(struct am_bgp_session *s, am_time now)
{
	struct am_bgp_conn *c = NULL;

	if (!s->started || is_idle(s))
		return -ECONNREFUSED;
	for (unsigned i = 0; i < AM_BGP_CONNS && !c; i++)
		c = s->conn[i].state == AM_BGP_ACTIVE && !s->conn[i].open ? &s->conn[i] : NULL;
	c = c ? c : free_conn(s);
	if (!c)
		return -EBUSY;
	if (am_bgp_conn_open(s, c))
		return -ENOMEM;
	am_bgp_conn_enter(
		s, c, AM_BGP_ACTIVE); /* RFC 4271 8.2.1: a state machine of its own, which listened */
	c->open = c->connected = c->incoming = true;
	am_bgp_conn_step(s, c, AM_BGP_EV_TCP_UP, NULL, now);
	settle(s, now);
	return (int)(c - s->conn);
}

void am_bgp_closed(struct am_bgp_session *s, unsigned conn, am_time now)
{
	static const struct am_bgp_cause cause = {
		.error = {.why = "the connection was lost"}, .by = AM_BGP_BY_TRANSPORT};
	static const struct am_bgp_cause never = {
		.error = {.why = "the connection could not be made"}, .by = AM_BGP_BY_TRANSPORT};
	struct am_bgp_conn *c = &s->conn[conn];

	if (!c->open)
		return;
	c->open = false;
	if (c->state != AM_BGP_ACTIVE)
		am_bgp_conn_step(s, c, AM_BGP_EV_TCP_DOWN, c->connected ? &cause : &never, now);
	c->connected = c->tell_close = c->tell_connect = false;
	am_bgp_conn_release(c);
	settle(s, now);
}

size_t am_bgp_input(struct am_bgp_session *s, unsigned conn, const void *bytes, size_t len)
{
	struct am_bgp_conn *c = &s->conn[conn];
	struct am_bgp_buffer *b = &c->in;
	size_t take;

	/* Nobody waits for the rest of a connection that is over. */
	if (!c->connected || c->state < AM_BGP_OPEN_SENT)
		return len;
	if (b->start && b->room - b->end < len) {
		memmove(b->bytes, b->bytes + b->start, b->end - b->start);
		b->end -= b->start;
		b->start = 0;
	}
	take = len < b->room - b->end ? len : b->room - b->end;
	if (take)
		memcpy(b->bytes + b->end, bytes, take);
	b->end += take;
	return take;
}

struct am_bgp_span am_bgp_output(const struct am_bgp_session *s, unsigned conn)
{
	const struct am_bgp_conn *c = &s->conn[conn];

	if (!c->connected || c->out.end == c->out.start)
		return (struct am_bgp_span){0};
	return (struct am_bgp_span){c->out.bytes + c->out.start, c->out.end - c->out.start};
}

void am_bgp_sent(struct am_bgp_session *s, unsigned conn, size_t len, am_time now)
{
	struct am_bgp_conn *c = &s->conn[conn];
	size_t waits = c->out.end - c->out.start;

	if (!c->connected || !len)
		return;
	c->out.start += len < waits ? len : waits;
	if (c->out.start == c->out.end)
		c->out.start = c->out.end = 0;
	c->timer[AM_BGP_T_SEND_HOLD] = AM_BGP_NEVER;
	am_bgp_conn_watch(c, now);
}

am_time am_bgp_deadline(const struct am_bgp_session *s)
{
	am_time first = s->rest;

	for (unsigned i = 0; i < AM_BGP_CONNS; i++) {
		for (unsigned t = 0; t < AM_BGP_TIMERS; t++) {
			if (am_time_before(s->conn[i].timer[t], first))
				first = s->conn[i].timer[t];
		}
	}
	return first;
}

/* Has the timer run out? Then it does not run any more. */
static bool is_due(struct am_bgp_conn *c, enum am_bgp_timer timer, am_time now)
{
	if (am_time_before(now, c->timer[timer]))
		return false;
	c->timer[timer] = AM_BGP_NEVER;
	return true;
}

static void expire_conn(struct am_bgp_session *s, struct am_bgp_conn *c, am_time now)
{
	static const struct am_bgp_cause hold = {
		.error = {.code = AM_BGP_E_HOLD, .why = "the peer said nothing for the hold time"},
		.by = AM_BGP_BY_US};
	static const struct am_bgp_cause send_hold = {
		.error = {.code = AM_BGP_E_SEND_HOLD, .why = "the peer read nothing for the send hold time"},
		.by = AM_BGP_BY_US};
	static const struct am_bgp_cause retry = {
		.error = {.why = "the connection was not made in time"}, .by = AM_BGP_BY_TRANSPORT};

	/* Under the number that is to be used, the program still closes something. */
	if (c->state == AM_BGP_ACTIVE && c->open && is_due(c, AM_BGP_T_RETRY, now))
		c->timer[AM_BGP_T_RETRY] = am_time_add(now, AM_S);
	if (is_due(c, AM_BGP_T_RETRY, now))
		am_bgp_conn_step(s, c, AM_BGP_EV_RETRY_TIMER, &retry, now);
	/* What the peer said in time, but nobody has looked at yet, counts: the program fetches events first. */
	if (am_bgp_message_waits(c) && !am_time_before(now, c->timer[AM_BGP_T_HOLD]))
		c->timer[AM_BGP_T_HOLD] = am_time_add(now, AM_S);
	if (is_due(c, AM_BGP_T_HOLD, now))
		am_bgp_conn_step(s, c, AM_BGP_EV_HOLD_TIMER, &hold, now);
	if (is_due(c, AM_BGP_T_SEND_HOLD, now))
		am_bgp_conn_step(s, c, AM_BGP_EV_SEND_HOLD_TIMER, &send_hold, now);
	if (is_due(c, AM_BGP_T_KEEPALIVE, now))
		am_bgp_conn_step(s, c, AM_BGP_EV_KEEPALIVE_TIMER, NULL, now);
}

void am_bgp_expire(struct am_bgp_session *s, am_time now)
{
	for (unsigned i = 0; i < AM_BGP_CONNS; i++)
		expire_conn(s, &s->conn[i], now);
	if (s->started && !am_time_before(now, s->rest))
		begin(s, now);
	settle(s, now);
}

/* What the state machine left to be said about one connection, in the order in which it happened. */
static bool tell(struct am_bgp_session *s, struct am_bgp_conn *c, struct am_bgp_event *out)
{
	if (c->tell_connect) {
		c->tell_connect = false;
		out->type = AM_BGP_EVENT_CONNECT;
	} else if (c->tell_up) {
		c->tell_up = false;
		out->type = AM_BGP_EVENT_UP;
		out->peer = &c->peer;
	} else if (c->tell_down) {
		c->tell_down = false;
		out->type = AM_BGP_EVENT_DOWN;
		out->end = &c->end;
		s->counters.times_down += c->end.was_up;
	} else if (c->tell_close) {
		c->tell_close = false;
		out->type = AM_BGP_EVENT_CLOSE;
	} else {
		return false;
	}
	out->conn = (unsigned)(c - s->conn);
	return true;
}

/* One message of either connection. False: there is none. */
static bool receive(struct am_bgp_session *s, struct am_bgp_event *out, bool *deliver, am_time now)
{
	for (unsigned i = 0; i < AM_BGP_CONNS; i++) {
		out->conn = i;
		if (am_bgp_receive(s, &s->conn[i], out, deliver, now)) {
			settle(s, now);
			return true;
		}
	}
	return false;
}

bool am_bgp_next_event(struct am_bgp_session *s, struct am_bgp_event *out, am_time now)
{
	bool deliver = false;

	do {
		for (unsigned i = 0; i < AM_BGP_CONNS; i++) {
			if (tell(s, &s->conn[i], out))
				return true;
		}
	} while (receive(s, out, &deliver, now) && !deliver);
	return deliver;
}

/* Its number, or -1. */
static int established(const struct am_bgp_session *s)
{
	for (int i = 0; i < AM_BGP_CONNS; i++) {
		if (s->conn[i].state == AM_BGP_ESTABLISHED)
			return i;
	}
	return -1;
}

/* After an encoder: -ENOSPC is that the peer has to read first. */
static int queued(
	struct am_bgp_session *s, int conn, struct am_writer *w, enum am_bgp_type type, int rc, am_time now)
{
	struct am_bgp_conn *c = &s->conn[conn];

	if (!rc) {
		am_bgp_conn_wrote(s, c, w, type);
		am_bgp_conn_watch(c, now);
	}
	return rc == -ENOSPC ? -EAGAIN : rc;
}

int am_bgp_send_update(struct am_bgp_session *s, const struct am_bgp_update *update, am_time now)
{
	int conn = established(s);
	const struct am_bgp_conn *c = &s->conn[conn < 0 ? 0 : conn];
	struct am_writer w;

	if (conn < 0)
		return -ENOTCONN;
	w = am_bgp_conn_writer(&s->conn[conn], true);
	return queued(s, conn, &w, AM_BGP_UPDATE,
		am_bgp_update_encode(&w, update, &c->peer.send, am_bgp_conn_max(c)), now);
}

int am_bgp_send_end_of_rib(struct am_bgp_session *s, enum am_bgp_family family, am_time now)
{
	int conn = established(s);
	struct am_writer w;

	if (conn < 0)
		return -ENOTCONN;
	if (!(s->conn[conn].peer.agreed.families & AM_BGP_IN(family)))
		return -EOPNOTSUPP;
	w = am_bgp_conn_writer(&s->conn[conn], true);
	return queued(s, conn, &w, AM_BGP_UPDATE, am_bgp_end_of_rib_encode(&w, family), now);
}

int am_bgp_send_refresh(struct am_bgp_session *s, const struct am_bgp_refresh *refresh, am_time now)
{
	int conn = established(s);
	const struct am_bgp_agreed *agreed = conn < 0 ? NULL : &s->conn[conn].peer.agreed;
	struct am_writer w;

	if (!agreed)
		return -ENOTCONN;
	if (refresh->kind == AM_BGP_REFRESH_ASK ? !agreed->refresh : !agreed->enhanced_refresh)
		return -EOPNOTSUPP;
	w = am_bgp_conn_writer(&s->conn[conn], true);
	return queued(s, conn, &w, AM_BGP_ROUTE_REFRESH, am_bgp_refresh_encode(&w, refresh), now);
}

int am_bgp_send_message(struct am_bgp_session *s, struct am_bgp_span message, am_time now)
{
	int conn = established(s);
	struct am_bgp_message parsed;
	struct am_bgp_error err;
	struct am_writer w;

	if (conn < 0)
		return -ENOTCONN;
	if (message.len > am_bgp_conn_max(&s->conn[conn]))
		return -EMSGSIZE;
	if (am_bgp_message_parse(message.bytes, message.len, AM_BGP_EXTENDED_MAX, &parsed, &err) ||
		parsed.whole.len != message.len ||
		(parsed.type != AM_BGP_UPDATE && parsed.type != AM_BGP_ROUTE_REFRESH))
		return -EINVAL;
	w = am_bgp_conn_writer(&s->conn[conn], true);
	am_put_bytes(&w, message.bytes, message.len);
	return queued(s, conn, &w, parsed.type, w.full ? -ENOSPC : 0, now);
}

enum am_bgp_state am_bgp_session_state(const struct am_bgp_session *s)
{
	return s->conn[0].state > s->conn[1].state ? s->conn[0].state : s->conn[1].state;
}

const struct am_bgp_peer *am_bgp_session_peer(const struct am_bgp_session *s)
{
	int conn = established(s);

	return conn < 0 ? NULL : &s->conn[conn].peer;
}

const char *am_bgp_state_name(enum am_bgp_state state)
{
	static const char *const names[AM_BGP_STATES] = {
		"Idle", "Connect", "Active", "OpenSent", "OpenConfirm", "Established"};

	return names[state];
}

void am_bgp_session_tap(struct am_bgp_session *s, struct am_bgp_tap tap)
{
	s->tap = tap;
}

const struct am_bgp_session_counters *am_bgp_session_counters(const struct am_bgp_session *s)
{
	return &s->counters;
}
