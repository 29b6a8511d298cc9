/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BGP_SPEAKER_H
#define BGP_SPEAKER_H
/*
 * A whole BGP speaker without I/O: peers with their sessions (session.h), the routes that they bring, and which connection belongs to
 * whom. The program around it has sockets and a clock, and does this:
 *
 *   at the beginning               am_bgp_speaker_create(), am_bgp_speaker_add() for each peer
 *   somebody connected to us       am_bgp_speaker_accept(); close the socket where it says no
 *   a socket is readable           am_bgp_speaker_input() with at most AM_BGP_SPEAKER_CHUNK octets
 *   a socket is writable           am_bgp_speaker_output(), and am_bgp_speaker_sent() with what the kernel took
 *   am_bgp_speaker_deadline() is   am_bgp_speaker_run()
 *   after any of these             am_bgp_speaker_next_event() until it says false; do what the events say
 *
 * A connection is a link: a peer's number and 0 or 1 (an end may have two until RFC 4271 6.8 has chosen).
 *
 * Ownership: the speaker owns all that it hands out, and it lives until the next call that is not const. It takes copies of what it is given.
 * Time: monotonic, never going back. There is no clock inside, so a program may run it as fast as it likes.
 * Threads: none; calls for one speaker do not overlap.
 * Errors: negative errno, of the program's own mistakes and of memory. Whatever peers do becomes events.
 * Bounds: each peer has at most two buffers of some 70 kB (200 kB with extended messages) for each of its links. A call does the work
 * of one chunk, or AM_BGP_SPEAKER_BUDGET prefixes; what is left makes the deadline 0, so that timers of other peers are never late.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/clock.h"
#include "bgp/session.h"

struct am_bgp_speaker;

enum {
	AM_BGP_SPEAKER_PEERS = 4096,
	AM_BGP_SPEAKER_CHUNK = 1 << 16, /* octets that am_bgp_speaker_input() always has room for */
};

struct am_bgp_speaker_config {
	uint64_t seed; /* unpredictable in production, the same in tests: jitter and hashing come from it */
};

/* -EINVAL, -ENOMEM. */
int am_bgp_speaker_create(const struct am_bgp_speaker_config *config, struct am_bgp_speaker **out);
void am_bgp_speaker_free(struct am_bgp_speaker *speaker);

struct am_bgp_speaker_peer {
	struct am_bgp_session_config session;
	struct am_ip address; /* AM_AF_NONE: not known yet, see am_bgp_speaker_found() */
	uint32_t interface;   /* the kernel's number of it, where address is link-local; else 0 */
};

/* A peer's number, and it is started. -EINVAL, -ENOMEM, -ENFILE where there are too many, -EEXIST where another one has this address. */
int am_bgp_speaker_add(struct am_bgp_speaker *speaker, const struct am_bgp_speaker_peer *peer, am_time now);
/* Its session ends with this Cease (RFC 4486; text as for am_bgp_stop()), its routes go. Its number is free when its links are closed. */
void am_bgp_speaker_remove(
	struct am_bgp_speaker *speaker, unsigned peer, uint8_t subcode, const char *text, am_time now);
/* The same, but it stays, and am_bgp_speaker_start() starts it again. */
void am_bgp_speaker_stop(
	struct am_bgp_speaker *speaker, unsigned peer, uint8_t subcode, const char *text, am_time now);
void am_bgp_speaker_start(struct am_bgp_speaker *speaker, unsigned peer, am_time now);
/* Where an unnumbered peer is; where it has gone (address of no family), its session ends. */
int am_bgp_speaker_found(
	struct am_bgp_speaker *speaker, unsigned peer, const struct am_ip *address, am_time now);

struct am_bgp_link {
	unsigned peer, conn;
};

/* The connection that a CONNECT event asked for is there. */
void am_bgp_speaker_connected(struct am_bgp_speaker *speaker, struct am_bgp_link link, am_time now);
/*
 * A connection came in from this address; interface counts where it is link-local. 0 and *link; or, and then close it at once, -ENOENT where
 * it is no peer's, -ECONNREFUSED where the peer is stopped or rests, -EBUSY where it has two already, -ENOMEM.
 */
int am_bgp_speaker_accept(struct am_bgp_speaker *speaker, const struct am_ip *from, uint32_t interface,
	struct am_bgp_link *link, am_time now);
/* The connection could not be made, was lost, or was closed as a CLOSE event asked. */
void am_bgp_speaker_closed(struct am_bgp_speaker *speaker, struct am_bgp_link link, am_time now);

/* Bytes that came in. How many were taken: all, where there are no more than AM_BGP_SPEAKER_CHUNK and events were fetched before. */
size_t am_bgp_speaker_input(
	struct am_bgp_speaker *speaker, struct am_bgp_link link, const void *bytes, size_t len, am_time now);
/* Bytes to go out, len 0 where there are none; and how many of them the kernel took. */
struct am_bgp_span am_bgp_speaker_output(const struct am_bgp_speaker *speaker, struct am_bgp_link link);
void am_bgp_speaker_sent(struct am_bgp_speaker *speaker, struct am_bgp_link link, size_t len, am_time now);

/* When am_bgp_speaker_run() has something to do: 0 is now, ns UINT64_MAX never. */
am_time am_bgp_speaker_deadline(const struct am_bgp_speaker *speaker);
void am_bgp_speaker_run(struct am_bgp_speaker *speaker, am_time now);

enum am_bgp_speaker_event_type {
	AM_BGP_SPEAKER_CONNECT, /* open a connection to peer; then am_bgp_speaker_connected(), or _closed() */
	AM_BGP_SPEAKER_OUTPUT,  /* link has bytes to go out: write them when its socket is writable */
	AM_BGP_SPEAKER_CLOSE,   /* write what is left, close the connection, then am_bgp_speaker_closed() */
	AM_BGP_SPEAKER_UP,      /* Established */
	AM_BGP_SPEAKER_DOWN,    /* an attempt or a session ended; end->was_up says which */
	AM_BGP_SPEAKER_FAULT,   /* an UPDATE was not simply right: what RFC 7606 made of it */
};

struct am_bgp_speaker_event {
	enum am_bgp_speaker_event_type type;
	struct am_bgp_link link;
	union {
		const struct am_bgp_peer *session;  /* UP */
		const struct am_bgp_end *end;       /* DOWN */
		const struct am_bgp_update *update; /* FAULT: class and fault */
	};
};
bool am_bgp_speaker_next_event(struct am_bgp_speaker *speaker, struct am_bgp_speaker_event *out, am_time now);

/* What `show` says of a peer. */
struct am_bgp_speaker_view {
	struct am_ip address;
	uint32_t interface;
	enum am_bgp_state state;
	am_time since;                     /* when it came up, or went down; 0: never */
	bool has_end;                      /* a session or an attempt ended before */
	struct am_bgp_end end;             /* the last one */
	const struct am_bgp_peer *session; /* NULL unless Established */
	const struct am_bgp_session_counters *counters;
	uint32_t received[AM_BGP_FAMILIES]; /* routes */
};
/* -ENOENT where there is no such peer. */
int am_bgp_speaker_view(const struct am_bgp_speaker *speaker, unsigned peer, struct am_bgp_speaker_view *out);

#endif
