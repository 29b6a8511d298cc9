/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BGP_SPEAKER_H
#define BGP_SPEAKER_H
/*
 * A whole BGP speaker without I/O: peers with their sessions (session.h), the routing table between them (rib.h), and which connection
 * belongs to whom. The program around it has sockets and a clock, and does this:
 *
 *   at the beginning               am_bgp_speaker_create(), am_bgp_speaker_add() for each peer, am_bgp_speaker_announce() what it originates
 *   somebody connected to us       am_bgp_speaker_accept(); close the socket where it says no
 *   a socket is readable           am_bgp_speaker_input() with at most AM_BGP_SPEAKER_CHUNK octets
 *   a socket is writable           am_bgp_speaker_output(), and am_bgp_speaker_sent() with what the kernel took
 *   am_bgp_speaker_deadline() is   am_bgp_speaker_run()
 *   after any of these             am_bgp_speaker_next_event() until it says false; do what the events say
 *                                  am_bgp_speaker_next_change() until it says false, where it forwards packets by these routes
 *
 * A connection is a link: a peer's number and 0 or 1 (an end may have two until RFC 4271 6.8 has chosen).
 *
 * Ownership: the speaker owns all that it hands out, and it lives until the next call that is not const. It takes copies of what it is given,
 * but for the policies behind filters (filter.h).
 * Time: monotonic, never going back. There is no clock inside, so a program may run it as fast as it likes.
 * Threads: none; calls for one speaker do not overlap.
 * Errors: negative errno, of the program's own mistakes and of memory. Whatever peers do becomes events.
 * Bounds: each link has two buffers of some 70 kB (140 kB with extended messages), and a peer that reads nothing makes nothing else grow. A
 * call does the work of one chunk, or of AM_BGP_SPEAKER_BUDGET prefixes; what is left makes the deadline 0, so that timers of other peers
 * are never late.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/clock.h"
#include "bgp/rib.h"
#include "bgp/session.h"

struct am_bgp_speaker;

enum {
	AM_BGP_SPEAKER_PEERS = 4095,     /* beside the speaker itself */
	AM_BGP_SPEAKER_CHUNK = 1 << 16,  /* octets that am_bgp_speaker_input() always has room for */
	AM_BGP_SPEAKER_BUDGET = 256,     /* prefixes looked at in one call: about a millisecond */
	AM_BGP_SPEAKER_STALE_TIME = 360, /* s, for an End-of-RIB after a restart (RFC 4724 4.2) */
};

struct am_bgp_speaker_config {
	uint32_t as, id; /* the speaker's own, neither is 0; the identifier in host order */
	/* Of the table: decision, multipath, changes, reach, program (rib.h). Its seed is this one's. */
	struct am_bgp_rib_config rib;
	uint64_t seed; /* unpredictable in production, the same in tests: jitter and hashing come from it */
};

/* -EINVAL, -ENOMEM. */
int am_bgp_speaker_create(const struct am_bgp_speaker_config *config, struct am_bgp_speaker **out);
void am_bgp_speaker_free(struct am_bgp_speaker *speaker);

struct am_bgp_speaker_peer {
	struct am_bgp_session_config session;
	struct am_ip address; /* AM_AF_NONE: not known yet, see am_bgp_speaker_found() */
	uint32_t interface;   /* the kernel's number of it, where address is link-local; else 0 */
	/*
	 * What the table is told of it (rib.h): filters, limits, reflector_client, cluster_id, own_as (the first one is the speaker's, unless given), allow_own_as,
	 * enforce_first_as, add_path_send, mrai, next_hop_self. All else in it comes from the session; next hops are made of the ends of its connection unless given here.
	 */
	struct am_bgp_rib_peer routes;
	bool next_hop_keep; /* external: next hops stay as they came; our AS is prepended all the same */
	bool sink;          /* its routes are counted and dropped, and the table never hears of them */
	uint32_t
		limit_restart; /* s after which a session that broke limit_in begins anew; 0: when it is started by hand */
	uint32_t stale_time
		[AM_BGP_FAMILIES]; /* s, RFC 9494: how long at most we keep its routes, beyond the restart time; less where it says so */
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
/*
 * Where an unnumbered peer is, and on which interface; a session with another address ends, and where the address has no family there is
 * none. -ENOENT, -EEXIST.
 */
int am_bgp_speaker_found(struct am_bgp_speaker *speaker, unsigned peer, const struct am_ip *address,
	uint32_t interface, am_time now);
/* Other policies for a peer, while its session goes on: only what comes out differently is told again. -ENOENT, -ENOMEM. */
int am_bgp_speaker_set_filters(struct am_bgp_speaker *speaker, unsigned peer, struct am_bgp_filter import,
	struct am_bgp_filter export, am_time now);
/* Policies answer differently than before, for routes in these n prefixes (NULL: for all): they are judged again, see rib.h. */
void am_bgp_speaker_recheck(struct am_bgp_speaker *speaker, const struct am_prefix *within, size_t n);
/* Ask the peer to tell all of a family again (RFC 2918). -ENOTCONN, -EOPNOTSUPP, -EAGAIN. */
int am_bgp_speaker_refresh(
	struct am_bgp_speaker *speaker, unsigned peer, enum am_bgp_family family, am_time now);

struct am_bgp_link {
	unsigned peer, conn;
};

/* Our end of a connection: what next hops are made of. Each may be of no family. */
struct am_bgp_speaker_end {
	struct am_ip address;    /* the socket's */
	struct am_ip ipv4, ipv6; /* of the same interface, for routes of the other family; ipv6 is global */
	struct am_ip link_local; /* where the peer is on the same link */
};

/* The connection that a CONNECT event asked for is there. */
void am_bgp_speaker_connected(struct am_bgp_speaker *speaker, struct am_bgp_link link,
	const struct am_bgp_speaker_end *here, am_time now);
/*
 * A connection came in from this address; interface counts where it is link-local. 0 and *link; or, and then close it at once, -ENOENT where
 * it is no peer's, -ECONNREFUSED where the peer is stopped or rests, -EBUSY where it has two already, -ENOMEM.
 */
int am_bgp_speaker_accept(struct am_bgp_speaker *speaker, const struct am_ip *from, uint32_t interface,
	const struct am_bgp_speaker_end *here, struct am_bgp_link *link, am_time now);
/* The connection could not be made, was lost, or was closed as a CLOSE event asked. */
void am_bgp_speaker_closed(struct am_bgp_speaker *speaker, struct am_bgp_link link, am_time now);

/* Bytes that came in. How many were taken: all, where there are no more than AM_BGP_SPEAKER_CHUNK and events were fetched before. */
size_t am_bgp_speaker_input(
	struct am_bgp_speaker *speaker, struct am_bgp_link link, const void *bytes, size_t len, am_time now);
/* Bytes to go out, len 0 where there are none; and how many of them the kernel took. */
struct am_bgp_span am_bgp_speaker_output(const struct am_bgp_speaker *speaker, struct am_bgp_link link);
void am_bgp_speaker_sent(struct am_bgp_speaker *speaker, struct am_bgp_link link, size_t len, am_time now);

/*
 * A look at all messages and changes of state (session.h), of every peer from now on; NULL: none. see() may call what is const of the speaker,
 * and nothing else. here is our end of the connection; its address has no family while there is none.
 */
struct am_bgp_speaker_tap {
	void (*see)(void *program, unsigned peer, const struct am_bgp_speaker_end *here,
		const struct am_bgp_seen *seen);
	void *program;
};
void am_bgp_speaker_tap(struct am_bgp_speaker *speaker, const struct am_bgp_speaker_tap *tap);

/* When am_bgp_speaker_run() has something to do: 0 is now, ns UINT64_MAX never. */
am_time am_bgp_speaker_deadline(const struct am_bgp_speaker *speaker);
void am_bgp_speaker_run(struct am_bgp_speaker *speaker, am_time now);

enum am_bgp_speaker_event_type {
	AM_BGP_SPEAKER_CONNECT, /* open a connection to peer; then am_bgp_speaker_connected(), or _closed() */
	AM_BGP_SPEAKER_OUTPUT,  /* link has bytes to go out: write them when its socket is writable */
	AM_BGP_SPEAKER_CLOSE,   /* write what is left, close the connection, then am_bgp_speaker_closed() */
	AM_BGP_SPEAKER_UP,      /* Established */
	AM_BGP_SPEAKER_DOWN,    /* an attempt or a session ended; end->was_up says which */
	AM_BGP_SPEAKER_UPDATE,  /* UPDATE came in, and the table has it: for who observes; see its class */
	AM_BGP_SPEAKER_TABLE, /* what the table says of link.peer: limits, and that it was told everything */
};

struct am_bgp_speaker_event {
	enum am_bgp_speaker_event_type type;
	struct am_bgp_link link;
	struct am_bgp_span message; /* UPDATE: as it came, with its header */
	union {
		const struct am_bgp_peer *session;  /* UP */
		const struct am_bgp_end *end;       /* DOWN */
		const struct am_bgp_update *update; /* UPDATE */
		struct am_bgp_rib_event table;      /* TABLE */
	};
};
bool am_bgp_speaker_next_event(struct am_bgp_speaker *speaker, struct am_bgp_speaker_event *out, am_time now);
/* The next prefix whose best paths changed (rib.h); only with config.rib.changes. */
bool am_bgp_speaker_next_change(struct am_bgp_speaker *speaker, struct am_bgp_rib_change *out);

/* Routes of the speaker's own: set as for am_bgp_rib_announce(), its next hop may be empty. -ENOMEM, -EINVAL. */
int am_bgp_speaker_announce(
	struct am_bgp_speaker *speaker, const struct am_bgp_nlri *nlri, const struct am_bgp_set *set);
int am_bgp_speaker_withdraw(struct am_bgp_speaker *speaker, const struct am_bgp_nlri *nlri);

/* The table, to be looked at (walk, explain, told, counters), and which of the two knows a peer by which number: -1: it does not. */
struct am_bgp_rib *am_bgp_speaker_rib(struct am_bgp_speaker *speaker);
int am_bgp_speaker_peer_of(const struct am_bgp_speaker *speaker, unsigned rib_peer);
int am_bgp_speaker_rib_peer(const struct am_bgp_speaker *speaker, unsigned peer);

/* Routes that a sink was told, and told were gone, since it was added. */
struct am_bgp_speaker_sunk {
	uint64_t announced[AM_BGP_FAMILIES], withdrawn[AM_BGP_FAMILIES];
};

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
	struct am_bgp_rib_peer_counters routes;
	am_bgp_families stale, long_lived; /* kept over a restart, and beyond it */
	am_time stale_until;               /* or ns UINT64_MAX */
	struct am_bgp_speaker_sunk sunk;
};
/* -ENOENT where there is no such peer. */
int am_bgp_speaker_view(const struct am_bgp_speaker *speaker, unsigned peer, struct am_bgp_speaker_view *out);

#endif
