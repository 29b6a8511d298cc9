/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BGP_SPEAKER_INSIDE_H
#define BGP_SPEAKER_INSIDE_H
/* What speaker.c (peers, links, events) and speaker_routes.c (what the table has to do with them) share. */
#include "bgp/speaker.h"

#define AM_BGP_NEVER ((am_time){UINT64_MAX})

struct speaker_peer {
	struct am_bgp_speaker *speaker;
	struct am_bgp_speaker_peer config;
	struct am_bgp_session *session;
	unsigned number;
	bool wanted;                                  /* started, as soon as its address is known */
	bool leaving;                                 /* removed: goes when its links are closed */
	bool has_news;                                /* in the queue of those with events */
	bool output[AM_BGP_CONNS];                    /* the program knows that there is output */
	bool open[AM_BGP_CONNS];                      /* the program has, or makes, a connection */
	struct am_bgp_speaker_end here[AM_BGP_CONNS]; /* our ends of them */
	const struct am_bgp_speaker_end *arriving;    /* while the session gives it a number */
	unsigned next_news;                           /* number, in the queue */
	am_time due;                                  /* of its session */
	am_time restart_at;                           /* after a limit was broken; NEVER */
	am_time stale_until;                          /* NEVER */
	am_bgp_families stale, long_lived;
	uint32_t stale_time[AM_BGP_FAMILIES]; /* s, RFC 9494, as it told in its last session */
	am_time dies[AM_BGP_FAMILIES];        /* where long_lived */
	am_time since;
	bool has_end;
	struct am_bgp_end end;
	struct am_bgp_speaker_sunk sunk;
	int rib;                     /* its number in the table; -1: it was never up */
	struct am_bgp_rib_peer told; /* what the table was told of it */
};

struct am_bgp_speaker {
	struct am_bgp_speaker_config config;
	struct am_bgp_rib *rib;
	unsigned self; /* our own routes' number in the table */
	struct am_bgp_speaker_tap tap;
	bool more;                   /* the table has work left */
	struct speaker_peer **peers; /* by number; NULL: free */
	unsigned n_peers;
	int first_news, last_news;    /* -1: nobody */
	int of_rib[AM_BGP_RIB_PEERS]; /* numbers of peers by those of the table; -1: none */
};

/* Put the peer among those with events. */
void am_bgp_speaker_touched(struct am_bgp_speaker *s, struct speaker_peer *p);

/* The table and our own place in it. -EINVAL, -ENOMEM. */
int am_bgp_speaker_open_table(struct am_bgp_speaker *s);
void am_bgp_speaker_routes_up(struct am_bgp_speaker *s, struct speaker_peer *p, unsigned conn,
	const struct am_bgp_peer *session, am_time now);
void am_bgp_speaker_routes_down(struct am_bgp_speaker *s, struct speaker_peer *p, am_time now);
void am_bgp_speaker_routes_update(
	struct am_bgp_speaker *s, struct speaker_peer *p, const struct am_bgp_update *update, am_time now);
void am_bgp_speaker_routes_forget(struct am_bgp_speaker *s, struct speaker_peer *p);
/* Timers of stale routes and of broken limits. */
void am_bgp_speaker_routes_expire(struct am_bgp_speaker *s, struct speaker_peer *p, am_time now);
/* From the table to the session, as far as that has room. */
void am_bgp_speaker_routes_send(struct am_bgp_speaker *s, struct speaker_peer *p, am_time now);
void am_bgp_speaker_routes_run(struct am_bgp_speaker *s, am_time now);
bool am_bgp_speaker_routes_event(struct am_bgp_speaker *s, struct am_bgp_speaker_event *out, am_time now);

#endif
