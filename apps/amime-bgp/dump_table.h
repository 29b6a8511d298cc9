/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIME_BGP_DUMP_TABLE_H
#define AMIME_BGP_DUMP_TABLE_H
/* The table as MRT (RFC 6396 TABLE_DUMP_V2), piece by piece: what each peer said, before any policy, and what we announce ourselves. */
#include "bgp/mrt.h"
#include "daemon.h"

enum {
	AM_BGPD_DUMP_ROOM = 1 << 18, /* octets of a piece */
	AM_BGPD_DUMP_STEP = 256, /* prefixes in a piece, so that no session waits: well below a millisecond */
};

struct am_bgpd_dump_counts {
	uint32_t sequence; /* records */
	uint64_t routes;
	uint64_t
		left_out; /* paths of a peer that was not there at the beginning, or beyond what one record takes */
};

struct am_bgpd_dump_table {
	const struct am_bgpd *daemon;
	struct am_bgp_mrt_time time;
	uint16_t place[AM_BGP_RIB_PEERS]; /* in the list of peers, by the table's number; 0: ourselves */
	uint32_t originated[AM_BGP_SPEAKER_PEERS +
			    1]; /* by that place: since when the session is up or down, s */
	uint16_t n_peers;
	enum am_bgp_family family; /* where the walk is */
	uint32_t cursor;
	struct am_bgpd_dump_counts counts;
	uint8_t room[AM_BGPD_DUMP_ROOM];
};

/* Begin: *out is the list of peers. */
int am_bgpd_dump_table_begin(struct am_bgpd_dump_table *t, const struct am_bgpd *d, struct am_bgp_span *out);
/* The next piece, which may be empty; it lives until the next call. False: there was none left. */
bool am_bgpd_dump_table_next(struct am_bgpd_dump_table *t, struct am_bgp_span *out);

#endif
