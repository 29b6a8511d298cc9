/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BGP_MRT_H
#define BGP_MRT_H
/*
 * MRT (RFC 6396; path identifiers: RFC 8050), the format in which tables and messages of BGP are kept and exchanged:
 *
 *   TABLE_DUMP_V2   PEER_INDEX_TABLE, RIB_IPV4_UNICAST, RIB_IPV6_UNICAST, RIB_GENERIC, each also _ADDPATH
 *   BGP4MP(_ET)     MESSAGE, STATE_CHANGE, each also _AS4, _LOCAL, _ADDPATH
 *
 * What else there is reads as AM_BGP_MRT_OTHER. Times are of the calendar, seconds since 1970 in UTC; the program has them.
 * Ownership: what a record holds points into the octets that it was read from.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/bytes.h"
#include "bgp/attribute.h"
#include "bgp/next_hop.h"
#include "bgp/nlri.h"

enum {
	AM_BGP_MRT_HEADER_LEN = 12,
	/* Octets of the longest record that is usually met, and a good bound: a prefix with 1000 paths has some 200 kB. */
	AM_BGP_MRT_RECORD_MAX = 4 << 20,
};

enum am_bgp_mrt_kind {
	AM_BGP_MRT_OTHER,
	AM_BGP_MRT_PEERS,
	AM_BGP_MRT_RIB,
	AM_BGP_MRT_MESSAGE,
	AM_BGP_MRT_STATE,
};

struct am_bgp_mrt_time {
	uint32_t s, us;
};

/* PEER_INDEX_TABLE (RFC 6396 4.3.1): RIB records that follow name peers by their place in it, from 0 on. */
struct am_bgp_mrt_peer {
	uint32_t id; /* BGP identifier, host order */
	uint32_t as;
	struct am_ip address;
};

struct am_bgp_mrt_peers {
	uint32_t collector; /* BGP identifier, host order */
	struct am_bgp_span view;
	uint16_t n;
	struct am_bgp_span list;
};

/* All paths to one destination (RFC 6396 4.3.2 to 4.3.4). */
struct am_bgp_mrt_rib {
	uint32_t sequence;
	struct am_bgp_nlri nlri; /* without path_id: that is the entry's */
	bool path_ids;
	uint16_t n;
	struct am_bgp_span list;
};

struct am_bgp_mrt_entry {
	uint16_t peer;       /* place in the peer index table */
	uint32_t originated; /* when it came, s */
	uint32_t path_id;
	struct am_bgp_span attrs; /* AS numbers of 4 octets; MP_REACH_NLRI is next hop alone (4.3.4) */
};

/* Between whom (RFC 6396 4.4). */
struct am_bgp_mrt_session {
	uint32_t peer_as, local_as;
	uint16_t interface; /* 0: unknown */
	struct am_ip peer, local;
};

struct am_bgp_mrt_message {
	struct am_bgp_mrt_session session;
	bool sent;                  /* by us: _LOCAL */
	bool as4;                   /* AS numbers in it have 4 octets */
	bool path_ids;              /* NLRI in it have path identifiers */
	struct am_bgp_span message; /* with its header; not checked: am_bgp_message_parse() does */
};

struct am_bgp_mrt_state {
	struct am_bgp_mrt_session session;
	uint16_t from, to; /* enum am_bgp_state + 1 */
};

struct am_bgp_mrt_record {
	struct am_bgp_mrt_time time;
	uint16_t type, subtype;
	enum am_bgp_mrt_kind kind;
	union {
		struct am_bgp_mrt_peers peers;
		struct am_bgp_mrt_rib rib;
		struct am_bgp_mrt_message message;
		struct am_bgp_mrt_state state;
	};
	struct am_bgp_span body;
	const char *why; /* of -EBADMSG and -EMSGSIZE: half a sentence; constant */
};

/*
 * A file or a connection that comes in pieces. The reader keeps what a piece leaves of a record, up to `max` octets; records that are whole
 * in one piece are not copied.
 */
struct am_bgp_mrt_reader;
/* max is at least AM_BGP_MRT_HEADER_LEN. NULL: no memory. */
struct am_bgp_mrt_reader *am_bgp_mrt_reader_create(size_t max);
void am_bgp_mrt_reader_free(struct am_bgp_mrt_reader *reader);

/*
 * Take octets off the front of *bytes up to the end of a record. 0: *out is one, which lives until the next call; -EAGAIN: all were taken, and
 * the next piece is needed; -EBADMSG: a record contradicts itself and was passed over; -EMSGSIZE: so was one longer than max; -ENOMEM: nothing
 * was taken. After any of these but -ENOMEM reading goes on.
 */
int am_bgp_mrt_read(
	struct am_bgp_mrt_reader *reader, struct am_bgp_span *bytes, struct am_bgp_mrt_record *out);
/* Octets of a record whose end has not come: where the file ends, it was cut. */
size_t am_bgp_mrt_pending(const struct am_bgp_mrt_reader *reader);

/* Walk a list that was read: peers.list and rib.list, through am_reader(list.bytes, list.len). False at its end. */
bool am_bgp_mrt_peer_next(struct am_reader *list, struct am_bgp_mrt_peer *out);
bool am_bgp_mrt_entry_next(
	struct am_reader *list, const struct am_bgp_mrt_rib *rib, struct am_bgp_mrt_entry *out);

/*
 * The entry as the UPDATE message that it once came in, to be decoded, or sent: AS numbers of 4 octets, a path identifier where rib->path_ids.
 * 0; -ENOSPC, -EMSGSIZE as every encoder, up to 65535 octets; -EBADMSG where its attributes are no list; -ENOENT
 * where they have no next hop, as BIRD writes routes of its own that no peer sent.
 */
int am_bgp_mrt_entry_update(
	struct am_writer *w, const struct am_bgp_mrt_rib *rib, const struct am_bgp_mrt_entry *entry);

/*
 * Writing. Each appends one record; 0, or -ENOSPC where it does not fit the room, and the writer is as it was, or -EINVAL where a value
 * cannot be written. A dump begins with its peers; view may have no bytes.
 */
int am_bgp_mrt_put_peers(struct am_writer *w, struct am_bgp_mrt_time time, uint32_t collector,
	struct am_bgp_span view, const struct am_bgp_mrt_peer *peers, size_t n);
/* As BGP4MP_ET, with microseconds. */
int am_bgp_mrt_put_message(
	struct am_writer *w, struct am_bgp_mrt_time time, const struct am_bgp_mrt_message *message);
int am_bgp_mrt_put_state(
	struct am_writer *w, struct am_bgp_mrt_time time, const struct am_bgp_mrt_state *state);

/*
 * A record of the RIB is begun, gets its entries one by one, and ends. An entry that does not fit leaves the record as it was, so that it can
 * end without it. The next hop is hop's, or where that has len 0 NEXT_HOP's of attrs.
 */
struct am_bgp_mrt_rib_writer {
	struct am_writer *w;
	uint8_t *begin, *count;
	uint16_t n;
	bool path_ids;
};
int am_bgp_mrt_rib_begin(struct am_bgp_mrt_rib_writer *rib, struct am_writer *w, struct am_bgp_mrt_time time,
	uint32_t sequence, const struct am_bgp_nlri *nlri, bool path_ids);
int am_bgp_mrt_rib_put(struct am_bgp_mrt_rib_writer *rib, uint16_t peer, uint32_t originated,
	uint32_t path_id, const struct am_bgp_attrs *attrs, const struct am_bgp_next_hop *hop);
void am_bgp_mrt_rib_end(struct am_bgp_mrt_rib_writer *rib);

#endif
