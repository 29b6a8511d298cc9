/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BGP_SESSION_H
#define BGP_SESSION_H
/*
 * One peer: RFC 4271's state machine over up to two connections at a time (one that we opened, one that the peer opened, until 6.8 has
 * chosen), without doing any I/O. The program around it has sockets and a clock, and does this:
 *
 *   after every call         am_bgp_next_event() until it says false; do what the events say
 *   a socket is readable     am_bgp_input() with what was read; it may take less than all
 *   a socket is writable     am_bgp_output() gives the bytes; am_bgp_sent() says how many went
 *   am_bgp_deadline() is     am_bgp_expire()
 *
 * Ownership: the session owns everything that it hands out. What an event points to lives until the next call for this session. It takes
 * copies of what it is given, but for the values in config.caps.others.
 * Time: monotonic, never going back; the session keeps no clock, so a program may run it as fast as it likes.
 * Threads: none; calls for one session do not overlap.
 * Errors: negative errno. A peer can cause none of them: what it does wrong becomes events.
 * Bounds: memory is fixed once a connection is up. A call does no more work than one UPDATE, or as many messages without news as the input
 * buffer holds (some 70 kB).
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "bgp/open.h"
#include "bgp/update.h"

enum am_bgp_state {
	AM_BGP_IDLE,
	AM_BGP_CONNECT,
	AM_BGP_ACTIVE,
	AM_BGP_OPEN_SENT,
	AM_BGP_OPEN_CONFIRM,
	AM_BGP_ESTABLISHED,
	AM_BGP_STATES,
};

struct am_bgp_session_config {
	uint32_t local_as, local_id; /* neither is 0; the identifier in host order */
	uint32_t remote_as;          /* 0: any; the peer is then external unless it has ours */
	bool confederation;          /* the peer's AS is another member of our confederation */
	bool passive;                /* never connect, only accept */
	bool strict_role;            /* RFC 9234 4.2: refuse a peer that has no role */
	bool aigp;                   /* RFC 7311 3.4 */
	uint16_t hold_time;          /* s; 0 or at least 3 */
	uint32_t connect_retry;      /* s, at least 1; RFC 4271 10 suggests 120 */
	uint32_t idle_hold; /* s, at least 1: rest after a failure, doubled by each up to connect_retry */
	struct am_bgp_capabilities caps; /* what our OPEN says; the number of as4 is put in */
	uint64_t seed;                   /* for jitter (RFC 4271 10); the same seed and calls do the same */
};

struct am_bgp_session;

/* -EINVAL where the configuration contradicts a comment above, -ENOMEM. The session is stopped. */
int am_bgp_session_create(const struct am_bgp_session_config *config, struct am_bgp_session **out);
void am_bgp_session_free(struct am_bgp_session *session);

/* ManualStart. Nothing happens where it is started already. */
void am_bgp_start(struct am_bgp_session *session, am_time now);
/*
 * ManualStop with a Cease of this subcode (RFC 4486), and text of RFC 9003 where it is a shutdown or a reset; text may be NULL. What is
 * no UTF-8, or longer than AM_BGP_SHUTDOWN_TEXT_MAX, is left out.
 */
void am_bgp_stop(struct am_bgp_session *session, uint8_t subcode, const char *text, am_time now);

/* Connections are numbers below this. An event names one, or am_bgp_accept() returns one. */
enum { AM_BGP_CONNS = 2 };

/* The connection that a CONNECT event asked for is there. */
void am_bgp_connected(struct am_bgp_session *session, unsigned conn, am_time now);
/*
 * The peer opened a connection. Its number; or, and then close it at once, -ECONNREFUSED where the session is stopped or rests after
 * a failure, -EBUSY where there are two already, -ENOMEM.
 */
int am_bgp_accept(struct am_bgp_session *session, am_time now);
/* The connection failed, ended, or was closed as a CLOSE event asked. Its number is free again. */
void am_bgp_closed(struct am_bgp_session *session, unsigned conn, am_time now);

/* Take bytes that came in. How many were taken: less than len where events have to be fetched first. */
size_t am_bgp_input(struct am_bgp_session *session, unsigned conn, const void *bytes, size_t len);
/* Bytes to go out, and how many of them went. */
struct am_bgp_span am_bgp_output(const struct am_bgp_session *session, unsigned conn);
void am_bgp_sent(struct am_bgp_session *session, unsigned conn, size_t len, am_time now);

/* When am_bgp_expire() has something to do; ns UINT64_MAX: never. It may be called at any other time, too. */
am_time am_bgp_deadline(const struct am_bgp_session *session);
void am_bgp_expire(struct am_bgp_session *session, am_time now);

enum am_bgp_event_type {
	AM_BGP_EVENT_CONNECT, /* open a connection to the peer, then am_bgp_connected(); or it fails: am_bgp_closed() */
	AM_BGP_EVENT_UP,     /* Established: end_of_rib and routes are awaited */
	AM_BGP_EVENT_UPDATE, /* routes; see am_bgp_update_decode() for what class means. RESET never comes here */
	AM_BGP_EVENT_REFRESH, /* the peer asks for routes, or begins or ends to repeat its own */
	AM_BGP_EVENT_DOWN,    /* an attempt or a session ended; was_up says which */
	AM_BGP_EVENT_CLOSE,   /* write what am_bgp_output() has, close the connection, then am_bgp_closed() */
};

enum am_bgp_ended_by {
	AM_BGP_BY_US,        /* we sent the NOTIFICATION */
	AM_BGP_BY_PEER,      /* it did */
	AM_BGP_BY_TRANSPORT, /* the connection was lost, or never there */
	AM_BGP_BY_COLLISION, /* RFC 4271 6.8: another connection to the peer goes on */
};

/* Why it ended, for log and `show`, and what a helper keeps. */
struct am_bgp_end {
	enum am_bgp_ended_by by;
	enum am_bgp_state state; /* that it was in */
	bool was_up;
	uint8_t code, subcode; /* of the NOTIFICATION; 0 where there was none */
	const char *why;       /* half a sentence; constant */
	uint8_t text_len;      /* RFC 9003: the peer's text, UTF-8 */
	uint8_t text[AM_BGP_SHUTDOWN_TEXT_MAX];
	/* RFC 4724 4.2, 8538 4: routes of these families become stale rather than go, for restart_time from now. */
	am_bgp_families stale;
	uint16_t restart_time; /* s */
};

/* What both ends agreed on: of an UP event, and of a session that is Established. */
struct am_bgp_peer {
	struct am_bgp_open open; /* the peer's; capabilities not known here are not kept */
	struct am_bgp_agreed agreed;
	struct am_bgp_context receive, send;         /* how UPDATEs are read and written */
	uint16_t hold_time;                          /* s; 0: none */
	bool incoming;                               /* the peer opened the connection */
	unsigned conn;                               /* its number */
	struct am_bgp_span sent_open, received_open; /* as they passed, with their headers */
};

struct am_bgp_event {
	enum am_bgp_event_type type;
	unsigned conn;
	struct am_bgp_span message; /* UPDATE: as it came, with its header */
	union {
		const struct am_bgp_peer *peer;     /* UP */
		const struct am_bgp_update *update; /* UPDATE */
		struct am_bgp_refresh refresh;      /* REFRESH */
		const struct am_bgp_end *end;       /* DOWN */
	};
};

/*
 * A look at what passes, for who records it. see() is called in the middle of other calls: it takes what it needs and calls nothing of this
 * session. Messages are shown where they lie, and nothing is copied; where see is NULL, nothing is called.
 */
enum am_bgp_seen_type {
	AM_BGP_SEEN_RECEIVED, /* a message whose header is right, before anything else is known of it */
	AM_BGP_SEEN_SENT,     /* a message is queued */
	AM_BGP_SEEN_FAULT,    /* the UPDATE that was just received is wrong, RESET and all (RFC 7606) */
	AM_BGP_SEEN_STATE,    /* the connection's state changed */
};

struct am_bgp_seen {
	enum am_bgp_seen_type type;
	unsigned conn;
	struct am_bgp_span message;         /* with its header */
	const struct am_bgp_peer *peer;     /* from when the peer's OPEN was taken on; NULL before */
	const struct am_bgp_update *update; /* FAULT: as far as it was understood */
	enum am_bgp_state from, to;         /* STATE */
};

/* see is called when that happens, and must not call the session; NULL: nobody is called. */
struct am_bgp_tap {
	void (*see)(void *program, const struct am_bgp_seen *seen);
	void *program;
};
/* From now on; there is one at a time. */
void am_bgp_session_tap(struct am_bgp_session *session, struct am_bgp_tap tap);

/* The next thing to know or to do; false: nothing is left until the next call of another kind. */
bool am_bgp_next_event(struct am_bgp_session *session, struct am_bgp_event *out, am_time now);

/*
 * Queue a message to an Established peer. -ENOTCONN; -EAGAIN where the peer has to read first (nothing was queued); -EMSGSIZE where the
 * UPDATE does not fit a message that the peer takes; -EOPNOTSUPP where the peer does not know the message.
 */
int am_bgp_send_update(struct am_bgp_session *session, const struct am_bgp_update *update, am_time now);
int am_bgp_send_end_of_rib(struct am_bgp_session *session, enum am_bgp_family family, am_time now);
int am_bgp_send_refresh(struct am_bgp_session *session, const struct am_bgp_refresh *refresh, am_time now);
/*
 * A whole UPDATE or ROUTE-REFRESH that was encoded for what this session agreed on: a message of am_bgp_rib_output(), shared by several
 * sessions. -EINVAL where it is neither.
 */
int am_bgp_send_message(struct am_bgp_session *session, struct am_bgp_span message, am_time now);

/* The state that is furthest on, of both connections. */
enum am_bgp_state am_bgp_session_state(const struct am_bgp_session *session);
/* NULL unless Established. */
const struct am_bgp_peer *am_bgp_session_peer(const struct am_bgp_session *session);
const char *am_bgp_state_name(enum am_bgp_state state);

/* Messages in and out, by enum am_bgp_type; [0] counts what was no message. */
struct am_bgp_session_counters {
	uint64_t received[AM_BGP_ROUTE_REFRESH + 1], sent[AM_BGP_ROUTE_REFRESH + 1];
	uint64_t updates_by_class[AM_BGP_RESET + 1]; /* enum am_bgp_class, of those received */
	uint64_t times_up, times_down;
};
const struct am_bgp_session_counters *am_bgp_session_counters(const struct am_bgp_session *session);

#endif
