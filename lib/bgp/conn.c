/* SPDX-License-Identifier: BSD-3-Clause */
/* One connection: its buffers and timers, and what the state machine says is to be done with it. */
#include "conn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "random.h"

enum {
	STEADY = 60, /* s, after which a session has shown that it works: its next failure is a first one */
	LARGE_HOLD = 240,                 /* s, until the peer's OPEN is there (RFC 4271 8.2.2) */
	SEND_HOLD = 480,                  /* s, and at least twice the hold time (RFC 9687 4) */
	ROOM = 1 << 16,                   /* octets of either buffer, beside one message */
	RESERVE = 2 * AM_BGP_MESSAGE_MAX, /* for NOTIFICATION and KEEPALIVE behind a full output */
};

size_t am_bgp_conn_max(const struct am_bgp_conn *c)
{
	bool extended = c->state >= AM_BGP_OPEN_CONFIRM && c->peer.agreed.extended_message;

	return extended ? AM_BGP_EXTENDED_MAX : AM_BGP_MESSAGE_MAX;
}

int am_bgp_conn_open(struct am_bgp_session *s, struct am_bgp_conn *c)
{
	size_t room = ROOM + (s->config.caps.extended_message ? AM_BGP_EXTENDED_MAX : AM_BGP_MESSAGE_MAX);

	c->in = (struct am_bgp_buffer){.bytes = malloc(room), .room = room};
	c->out = (struct am_bgp_buffer){.bytes = malloc(room + RESERVE), .room = room + RESERVE};
	c->opens = malloc(2 * AM_BGP_MESSAGE_MAX);
	if (c->in.bytes && c->out.bytes && c->opens)
		return 0;
	am_bgp_conn_release(c);
	return -ENOMEM;
}

void am_bgp_conn_release(struct am_bgp_conn *c)
{
	free(c->in.bytes);
	free(c->out.bytes);
	free(c->opens);
	c->opens = NULL;
	c->in = c->out = (struct am_bgp_buffer){0};
}

/* RFC 4271 10: a timer runs for 0.75 to 1.0 of what is set. */
static am_time jittered(struct am_bgp_session *s, am_time now, uint64_t ns)
{
	uint64_t quarter = ns / 4;

	return am_time_add(now, ns - quarter + (quarter ? am_bgp_draw(&s->random) % (quarter + 1) : 0));
}

static uint64_t send_hold(const struct am_bgp_conn *c)
{
	uint64_t twice = 2 * (uint64_t)c->peer.hold_time;

	return (twice > SEND_HOLD ? twice : SEND_HOLD) * AM_S;
}

struct am_writer am_bgp_conn_writer(struct am_bgp_conn *c, bool reserve)
{
	struct am_bgp_buffer *b = &c->out;
	size_t room = b->room - (reserve ? RESERVE : 0), waits = b->end - b->start;

	if (b->start && room - b->end < AM_BGP_EXTENDED_MAX) {
		memmove(b->bytes, b->bytes + b->start, waits);
		b->start = 0;
		b->end = waits;
	}
	return am_writer(b->bytes + b->end, room > b->end ? room - b->end : 0);
}

void am_bgp_conn_show(const struct am_bgp_session *s, const struct am_bgp_conn *c, enum am_bgp_seen_type type,
	struct am_bgp_span message)
{
	const struct am_bgp_seen seen = {
		.type = type,
		.conn = (unsigned)(c - s->conn),
		.message = message,
		.peer = c->state >= AM_BGP_OPEN_CONFIRM ? &c->peer : NULL,
	};

	if (s->tap.see)
		s->tap.see(s->tap.program, &seen);
}

void am_bgp_conn_enter(struct am_bgp_session *s, struct am_bgp_conn *c, enum am_bgp_state state)
{
	const struct am_bgp_seen seen = {
		.type = AM_BGP_SEEN_STATE,
		.conn = (unsigned)(c - s->conn),
		.peer = c->state >= AM_BGP_OPEN_CONFIRM || state == AM_BGP_OPEN_CONFIRM ? &c->peer : NULL,
		.from = c->state,
		.to = state,
	};

	c->state = state;
	if (s->tap.see && seen.from != seen.to)
		s->tap.see(s->tap.program, &seen);
}

void am_bgp_conn_wrote(
	struct am_bgp_session *s, struct am_bgp_conn *c, struct am_writer *w, enum am_bgp_type type)
{
	size_t len = am_writer_len(w);

	am_bgp_conn_show(s, c, AM_BGP_SEEN_SENT, (struct am_bgp_span){c->out.bytes + c->out.end, len});
	c->out.end += len;
	s->counters.sent[type]++;
}

void am_bgp_conn_watch(struct am_bgp_conn *c, am_time now)
{
	if (c->state >= AM_BGP_OPEN_SENT && c->out.end > c->out.start &&
		c->timer[AM_BGP_T_SEND_HOLD].ns == UINT64_MAX)
		c->timer[AM_BGP_T_SEND_HOLD] = am_time_add(now, send_hold(c));
}

static void send_open(struct am_bgp_session *s, struct am_bgp_conn *c, am_time now)
{
	struct am_writer w = am_bgp_conn_writer(c, false);
	const struct am_bgp_open open = {
		.as = s->config.local_as,
		.id = s->config.local_id,
		.hold_time = s->config.hold_time,
		.caps = s->config.caps,
	};

	/* It was encoded when the session was made: it fits. */
	if (!am_bgp_open_encode(&w, &open)) {
		c->sent_open = am_writer_len(&w);
		memcpy(c->opens, c->out.bytes + c->out.end, c->sent_open);
		am_bgp_conn_wrote(s, c, &w, AM_BGP_OPEN);
	}
	c->timer[AM_BGP_T_HOLD] = am_time_add(now, LARGE_HOLD * AM_S);
}

/* Behind output that waits none is needed: what waits will show the peer that we live, once it reads. */
static void send_keepalive(struct am_bgp_session *s, struct am_bgp_conn *c, am_time now)
{
	struct am_writer w = am_bgp_conn_writer(c, true);

	if (!am_bgp_keepalive_encode(&w))
		am_bgp_conn_wrote(s, c, &w, AM_BGP_KEEPALIVE);
	c->timer[AM_BGP_T_KEEPALIVE] =
		c->peer.hold_time ? jittered(s, now, c->peer.hold_time * AM_S / 3) : AM_BGP_NEVER;
}

static void start_hold(struct am_bgp_conn *c, am_time now)
{
	c->timer[AM_BGP_T_HOLD] =
		c->peer.hold_time ? am_time_add(now, c->peer.hold_time * AM_S) : AM_BGP_NEVER;
}

static void notify(struct am_bgp_session *s, struct am_bgp_conn *c, const struct am_bgp_cause *cause)
{
	struct am_writer w = am_bgp_conn_writer(c, false);
	const struct am_bgp_notification n = {.code = cause->error.code,
		.subcode = cause->error.subcode,
		.data = cause->error.data,
		.text = cause->text};

	if (!am_bgp_notification_encode(&w, &n, AM_BGP_MESSAGE_MAX))
		am_bgp_conn_wrote(s, c, &w, AM_BGP_NOTIFICATION);
}

/* RFC 4724 4.2 and RFC 8538 4: what a helper keeps of a session that ended so. What we cease ourselves is over. */
static am_bgp_families stale_families(const struct am_bgp_conn *c, const struct am_bgp_cause *cause)
{
	const struct am_bgp_agreed *agreed = &c->peer.agreed;
	bool lost = cause->by == AM_BGP_BY_TRANSPORT;
	bool ours = cause->by == AM_BGP_BY_US && cause->error.code == AM_BGP_E_CEASE;

	if (c->state != AM_BGP_ESTABLISHED || ours || (!lost && (!agreed->notification || cause->hard)))
		return 0;
	return agreed->graceful;
}

static void ended(struct am_bgp_conn *c, const struct am_bgp_cause *cause)
{
	struct am_bgp_end *end = &c->end;

	end->by = cause->by;
	end->state = c->state;
	end->was_up = c->state == AM_BGP_ESTABLISHED;
	end->code = cause->error.code;
	end->subcode = cause->error.subcode;
	end->why = cause->error.why;
	end->text_len = 0;
	if (cause->by == AM_BGP_BY_PEER && cause->text.len) {
		end->text_len = (uint8_t)cause->text.len;
		memcpy(end->text, cause->text.bytes, cause->text.len);
	}
	end->stale = stale_families(c, cause);
	end->restart_time = end->stale ? c->peer.agreed.restart_time : 0;
	c->tell_down = true;
}

/* The connection is over for us; the program still has it, and says when it is gone. */
static void close_conn(
	struct am_bgp_session *s, struct am_bgp_conn *c, const struct am_bgp_cause *cause, am_time now)
{
	ended(c, cause);
	if (c->end.was_up && am_time_since(now, s->up_since) >= STEADY * AM_S)
		s->idle_hold = s->config.idle_hold;
	s->collided = cause->error.code == AM_BGP_E_CEASE && cause->error.subcode == AM_BGP_CEASE_COLLISION;
	for (unsigned i = 0; i < AM_BGP_TIMERS; i++)
		c->timer[i] = AM_BGP_NEVER;
	/* What was not even asked for is not to be closed. */
	if (c->tell_connect)
		c->open = c->tell_connect = false;
	c->tell_close = c->open;
}

static void fsm_error(const struct am_bgp_conn *c, struct am_bgp_cause *cause)
{
	static const uint8_t subcodes[AM_BGP_STATES] = {
		[AM_BGP_OPEN_SENT] = AM_BGP_FSM_OPEN_SENT,
		[AM_BGP_OPEN_CONFIRM] = AM_BGP_FSM_OPEN_CONFIRM,
		[AM_BGP_ESTABLISHED] = AM_BGP_FSM_ESTABLISHED,
	};

	cause->error = (struct am_bgp_error){.code = AM_BGP_E_FSM,
		.subcode = subcodes[c->state],
		.why = "a message that this state does not expect"};
	cause->by = AM_BGP_BY_US;
}

static void do_timers(struct am_bgp_session *s, struct am_bgp_conn *c, unsigned todo, am_time now)
{
	if (todo & AM_BGP_DO_RETRY && !s->config.passive)
		c->timer[AM_BGP_T_RETRY] = jittered(s, now, s->config.connect_retry * AM_S);
	if (todo & AM_BGP_DO_NO_RETRY)
		c->timer[AM_BGP_T_RETRY] = AM_BGP_NEVER;
	if (todo & AM_BGP_DO_HOLD)
		start_hold(c, now);
}

static void do_messages(struct am_bgp_session *s, struct am_bgp_conn *c, unsigned todo, am_time now)
{
	if (todo & AM_BGP_DO_CONNECT) {
		c->open = c->tell_connect = true;
		c->incoming = false;
	}
	if (todo & AM_BGP_DO_OPEN)
		send_open(s, c, now);
	if (todo & AM_BGP_DO_KEEPALIVE)
		send_keepalive(s, c, now);
	am_bgp_conn_watch(c, now);
}

bool am_bgp_conn_step(struct am_bgp_session *s, struct am_bgp_conn *c, enum am_bgp_fsm_event event,
	const struct am_bgp_cause *given, am_time now)
{
	struct am_bgp_step step = am_bgp_fsm(c->state, event);
	struct am_bgp_cause cause =
		given ? *given : (struct am_bgp_cause){.error = {.why = "it is over"}, .by = AM_BGP_BY_US};

	if (step.todo & AM_BGP_DO_FSM_ERROR)
		fsm_error(c, &cause);
	if (step.todo & AM_BGP_DO_NOTIFY)
		notify(s, c, &cause);
	if (step.todo & AM_BGP_DO_CLOSE)
		close_conn(s, c, &cause, now);
	do_timers(s, c, step.todo, now);
	am_bgp_conn_enter(s, c, step.next);
	do_messages(s, c, step.todo, now);
	if (step.todo & AM_BGP_DO_UP) {
		c->tell_up = true;
		s->counters.times_up++;
		s->up_since = now;
	}
	return step.todo & AM_BGP_DO_DELIVER;
}
