/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BGP_RTR_H
#define BGP_RTR_H
/*
 * A client of one RPKI cache (RFC 8210, and RFC 6810's version 0 where the cache has no other). It does no I/O; what the cache says becomes
 * events, which fill a table (bgp/roa.h) in which this cache is one source. The program around it has a socket and a clock, and does this:
 *
 *   after every call         am_bgp_rtr_next_event() until it says false; do what the events say
 *   the socket is readable   am_bgp_rtr_input() with what was read; it may take less than all
 *   the socket is writable   am_bgp_rtr_output() gives the octets; am_bgp_rtr_sent() says how many went
 *   am_bgp_rtr_deadline() is am_bgp_rtr_expire()
 *
 * Ownership: the client owns what it hands out; it lives until the next call. Time: monotonic. Threads: none.
 * Bounds: some 8 kB for each client, however much a cache says. A call reads PDUs up to the first that makes an event.
 * Errors: a cache that breaks the protocol is told so, and connected to again later; what it said before stays valid until it is too old.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "bgp/error.h"
#include "bgp/roa.h"

enum {
	AM_BGP_RTR_VERSION = 1,    /* RFC 8210 */
	AM_BGP_RTR_PDU_MAX = 4096, /* octets; only Router Key and Error Report vary in length */
	AM_BGP_RTR_TEXT_MAX = 255,
};

/* RFC 8210 6: bounds of the timers, and what they are where neither the program nor the cache says otherwise; s. */
enum {
	AM_BGP_RTR_REFRESH = 3600, /* 1 to 86400: ask again so long after an answer */
	AM_BGP_RTR_RETRY = 600,    /* 1 to 7200: try again so long after a failure */
	AM_BGP_RTR_EXPIRE = 7200,  /* 600 to 172800: forget what was said so long ago */
};

/* RFC 8210 12 */
enum am_bgp_rtr_error {
	AM_BGP_RTR_CORRUPT_DATA = 0,
	AM_BGP_RTR_INTERNAL_ERROR = 1,
	AM_BGP_RTR_NO_DATA = 2, /* the only one that does not end the connection */
	AM_BGP_RTR_INVALID_REQUEST = 3,
	AM_BGP_RTR_UNSUPPORTED_VERSION = 4,
	AM_BGP_RTR_UNSUPPORTED_PDU = 5,
	AM_BGP_RTR_UNKNOWN_WITHDRAWAL = 6,
	AM_BGP_RTR_DUPLICATE = 7,
	AM_BGP_RTR_UNEXPECTED_VERSION = 8,
};

struct am_bgp_rtr_config {
	uint8_t version;                 /* the highest to speak: 0 or 1 */
	uint32_t refresh, retry, expire; /* s; 0: as above. A cache of version 1 says its own */
	uint64_t seed; /* for jitter of refresh and retry; the same seed and calls do the same */
};

struct am_bgp_rtr;

/* -EINVAL where the configuration contradicts a comment above, -ENOMEM. The client is stopped. */
int am_bgp_rtr_create(const struct am_bgp_rtr_config *config, struct am_bgp_rtr **out);
void am_bgp_rtr_free(struct am_bgp_rtr *rtr);
/*
 * Other times, each as in the configuration. What the cache itself said last goes before them. What is waited for follows: a question may be
 * due at once, and so may the end of what is too old now. -EINVAL.
 */
int am_bgp_rtr_set_times(
	struct am_bgp_rtr *rtr, uint32_t refresh, uint32_t retry, uint32_t expire, am_time now);

/* Nothing happens where it is started, or stopped, already. Stopping forgets what the cache said. */
void am_bgp_rtr_start(struct am_bgp_rtr *rtr, am_time now);
void am_bgp_rtr_stop(struct am_bgp_rtr *rtr);

/* The connection that CONNECT asked for is there. */
void am_bgp_rtr_connected(struct am_bgp_rtr *rtr, am_time now);
/* It failed, ended, or was closed as CLOSE asked. */
void am_bgp_rtr_closed(struct am_bgp_rtr *rtr, am_time now);

/* Take octets that came in. How many were taken: less than len where events have to be fetched first. */
size_t am_bgp_rtr_input(struct am_bgp_rtr *rtr, const void *bytes, size_t len, am_time now);
/* Octets to go out, and how many of them went. */
struct am_bgp_span am_bgp_rtr_output(const struct am_bgp_rtr *rtr);
void am_bgp_rtr_sent(struct am_bgp_rtr *rtr, size_t len);

/* When am_bgp_rtr_expire() has something to do; ns UINT64_MAX: never. It may be called at any other time, too. */
am_time am_bgp_rtr_deadline(const struct am_bgp_rtr *rtr);
void am_bgp_rtr_expire(struct am_bgp_rtr *rtr, am_time now);

enum am_bgp_rtr_event_type {
	AM_BGP_RTR_CONNECT, /* connect to the cache, then am_bgp_rtr_connected(); or it fails: am_bgp_rtr_closed() */
	AM_BGP_RTR_RESTART,  /* it begins to say everything anew: am_bgp_roa_refill() */
	AM_BGP_RTR_ANNOUNCE, /* am_bgp_roa_add() of roa */
	AM_BGP_RTR_WITHDRAW, /* am_bgp_roa_remove() of roa */
	AM_BGP_RTR_COMPLETE, /* it has said all: after a RESTART am_bgp_roa_sweep() until that returns 0 */
	AM_BGP_RTR_FLUSH, /* what it said is void: am_bgp_roa_refill(), and am_bgp_roa_sweep() until that returns 0 */
	AM_BGP_RTR_CLOSE, /* write what am_bgp_rtr_output() has, close the connection, then am_bgp_rtr_closed() */
};

/* Why a connection ended, for log and `show`. */
struct am_bgp_rtr_fault {
	bool by_cache; /* it sent the Error Report; else we did, where has_code, or there was none */
	bool has_code;
	uint16_t code;   /* enum am_bgp_rtr_error, or a number that has no name yet */
	const char *why; /* half a sentence; constant */
	uint8_t text_len;
	uint8_t text[AM_BGP_RTR_TEXT_MAX]; /* the cache's; not checked */
};

struct am_bgp_rtr_event {
	enum am_bgp_rtr_event_type type;
	union {
		struct am_bgp_roa roa;                /* ANNOUNCE, WITHDRAW */
		const struct am_bgp_rtr_fault *fault; /* CLOSE, FLUSH */
	};
};

/* The next thing to know or to do; false: nothing is left until the next call of another kind. */
bool am_bgp_rtr_next_event(struct am_bgp_rtr *rtr, struct am_bgp_rtr_event *out, am_time now);

enum am_bgp_rtr_state {
	AM_BGP_RTR_STOPPED,
	AM_BGP_RTR_WAITING, /* for the time to try again */
	AM_BGP_RTR_CONNECTING,
	AM_BGP_RTR_ASKED,   /* a query went out */
	AM_BGP_RTR_LOADING, /* the answer comes in */
	AM_BGP_RTR_SYNCED,
	AM_BGP_RTR_NO_DATA_YET, /* connected; the cache has nothing to say so far */
	AM_BGP_RTR_CLOSING,
	AM_BGP_RTR_STATES,
};

/* For `show`. */
struct am_bgp_rtr_status {
	enum am_bgp_rtr_state state;
	uint8_t version;
	bool has_data;                   /* something that it said is valid */
	uint16_t session;                /* with has_data */
	uint32_t serial;                 /* with has_data */
	am_time completed;               /* with has_data: when it had last said all */
	uint32_t refresh, retry, expire; /* s, as they are now */
	uint64_t announced, withdrawn, router_keys, faults;
};
struct am_bgp_rtr_status am_bgp_rtr_status(const struct am_bgp_rtr *rtr);
/* The last fault, or one without why where there was none. */
const struct am_bgp_rtr_fault *am_bgp_rtr_last_fault(const struct am_bgp_rtr *rtr);
const char *am_bgp_rtr_state_name(enum am_bgp_rtr_state state);
const char *am_bgp_rtr_error_name(uint16_t code);

#endif
