/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BGP_CONN_H
#define BGP_CONN_H
/* One connection of a session, and the session itself: what conn.c, receive.c and session.c share. */
#include "bgp/session.h"
#include "fsm.h"

enum am_bgp_timer {
	AM_BGP_T_RETRY,
	AM_BGP_T_HOLD,
	AM_BGP_T_KEEPALIVE,
	AM_BGP_T_SEND_HOLD, /* RFC 9687: runs while bytes wait to go out */
	AM_BGP_TIMERS,
};

/* Bytes that wait: [start, end) of room. */
struct am_bgp_buffer {
	uint8_t *bytes;
	size_t start, end, room;
};

struct am_bgp_conn {
	enum am_bgp_state state;
	bool incoming;
	bool open;      /* the program has, or makes, a connection under this number */
	bool connected; /* and it is there */
	struct am_bgp_buffer in, out;
	am_time timer[AM_BGP_TIMERS]; /* NEVER: does not run */
	struct am_bgp_peer peer;      /* from OpenConfirm on */
	uint8_t *opens;   /* both OPENs as they passed: ours, and AM_BGP_MESSAGE_MAX behind it the peer's */
	size_t sent_open; /* octets of ours */
	am_bgp_families ended;      /* the peer's End-of-RIB came */
	am_bgp_families refreshing; /* its BoRR came and counts, and no EoRR yet */
	struct am_bgp_end end;
	bool tell_connect, tell_up, tell_down, tell_close;
};

struct am_bgp_session {
	struct am_bgp_session_config config;
	struct am_bgp_tap tap;
	struct am_bgp_conn conn[AM_BGP_CONNS];
	struct am_bgp_session_counters counters;
	bool started;
	am_time rest;  /* when to start again after a failure; NEVER: not resting */
	bool collided; /* the last connection that ended gave way to another */
	am_time up_since;
	uint32_t idle_hold; /* s, the next rest */
	uint64_t random;
	uint8_t *scratch; /* for the UPDATE that an event shows */
	struct am_bgp_update update;
	struct am_bgp_refresh refresh;
};

#define AM_BGP_NEVER ((am_time){UINT64_MAX})

/* The error that an event carries into the state machine; text for a Cease. */
struct am_bgp_cause {
	struct am_bgp_error error;
	struct am_bgp_span text;
	enum am_bgp_ended_by by;
	bool hard; /* RFC 8538: a Hard Reset */
};

static inline struct am_bgp_conn *am_bgp_conn_other(struct am_bgp_session *s, const struct am_bgp_conn *c)
{
	return c == &s->conn[0] ? &s->conn[1] : &s->conn[0];
}

/* Largest message that may come in or go out, with this peer or while its OPEN is awaited. */
size_t am_bgp_conn_max(const struct am_bgp_conn *c);

/* Buffers for a connection that comes up, and back; -ENOMEM. */
int am_bgp_conn_open(struct am_bgp_session *s, struct am_bgp_conn *c);
void am_bgp_conn_release(struct am_bgp_conn *c);

/* Put the event through the table and do what it says. True where the message is to be delivered. */
bool am_bgp_conn_step(struct am_bgp_session *s, struct am_bgp_conn *c, enum am_bgp_fsm_event event,
	const struct am_bgp_cause *cause, am_time now);

/* The writer for one more message, and what it wrote made part of the output. reserve: leave room for what keeps the session. */
struct am_writer am_bgp_conn_writer(struct am_bgp_conn *c, bool reserve);
void am_bgp_conn_wrote(
	struct am_bgp_session *s, struct am_bgp_conn *c, struct am_writer *w, enum am_bgp_type type);
/* What passes is shown to who looks. */
void am_bgp_conn_show(const struct am_bgp_session *s, const struct am_bgp_conn *c, enum am_bgp_seen_type type,
	struct am_bgp_span message);
/* The state machine is here now. */
void am_bgp_conn_enter(struct am_bgp_session *s, struct am_bgp_conn *c, enum am_bgp_state state);
/* Start the Send Hold timer where output waits and it does not run. */
void am_bgp_conn_watch(struct am_bgp_conn *c, am_time now);

/* Read the next message of c. False: none is there. *deliver: it is for the program, and event is filled. */
bool am_bgp_receive(struct am_bgp_session *s, struct am_bgp_conn *c, struct am_bgp_event *event,
	bool *deliver, am_time now);
/* Is a whole message waiting? */
bool am_bgp_message_waits(const struct am_bgp_conn *c);

#endif
