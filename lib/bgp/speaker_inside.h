/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BGP_SPEAKER_INSIDE_H
#define BGP_SPEAKER_INSIDE_H
/* What the files of the speaker share. */
#include "bgp/speaker.h"

#define AM_BGP_NEVER ((am_time){UINT64_MAX})

struct speaker_peer {
	struct am_bgp_session *session;
	struct am_ip address;
	uint32_t interface;
	unsigned number;
	bool wanted;               /* started, as soon as its address is known */
	bool leaving;              /* removed: goes when its links are closed */
	bool has_news;             /* in the queue of those with events */
	bool output[AM_BGP_CONNS]; /* an OUTPUT event is to come */
	bool open[AM_BGP_CONNS];   /* the program has, or makes, a connection */
	unsigned next_news;        /* number, in the queue */
	am_time due;               /* of its session */
	am_time since;
	bool has_end;
	struct am_bgp_end end;
	uint32_t received[AM_BGP_FAMILIES];
};

struct am_bgp_speaker {
	struct am_bgp_speaker_config config;
	struct speaker_peer **peers; /* by number; NULL: free */
	unsigned n_peers;
	int first_news, last_news; /* -1: nobody */
};

#endif
