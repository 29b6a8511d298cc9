/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BGP_FILTER_H
#define BGP_FILTER_H
/*
 * The hook where a policy judges one path, on its way in or out (RFC 4271 9.1.1, 9.1.3). The table knows nothing of what a policy is made
 * of; a policy knows nothing of the table.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "bgp/attribute.h"
#include "bgp/next_hop.h"
#include "bgp/nlri.h"

/* Who a path comes from, or goes to. */
struct am_bgp_neighbour {
	enum am_bgp_peer_kind kind;
	bool local; /* no peer at all: the program's own routes */
	uint32_t as;
	uint32_t id; /* BGP identifier, host order */
	struct am_ip address;
	uint32_t interface; /* that address is link-local on; 0: none */
};

/* A path as it is judged. A filter may change attrs and next_hop, nothing else. */
struct am_bgp_path {
	const struct am_bgp_nlri *nlri;
	const struct am_bgp_neighbour *from;
	/*
	 * NULL on the way in. On the way out, what all peers of a group have in common: kind and AS; without an address and an identifier,
	 * since the result is used for each of them.
	 */
	const struct am_bgp_neighbour *to;
	struct am_bgp_attrs attrs;       /* never with NEXT_HOP in `has` */
	struct am_bgp_next_hop next_hop; /* of every family: 4 octets with classic IPv4; len 0: none yet */
	const char
		*why; /* set by a filter that rejects: half a sentence, which lives as long as the policy */
};

enum am_bgp_filter_result {
	AM_BGP_FILTER_REJECT,
	AM_BGP_FILTER_ACCEPT,  /* as it came: attrs and next_hop are untouched */
	AM_BGP_FILTER_CHANGED, /* accepted, with what attrs and next_hop are now */
};

/*
 * run is a function of the policy and the path alone: the same question gets the same answer until the filter is replaced. What new spans
 * of attrs point to is put into scratch (AM_BGP_FILTER_ROOM octets, empty at each call); where they do not fit, the path is to be rejected.
 * run NULL is "no policy": RFC 8212 lets nothing pass from or to an external peer then, and everything else.
 */
struct am_bgp_filter {
	enum am_bgp_filter_result (*run)(
		const void *policy, struct am_bgp_path *path, struct am_writer *scratch);
	const void *policy; /* outlives its use by the table: until it is replaced or its peer removed */
};

enum { AM_BGP_FILTER_ROOM = 65536 };

/* A filter that accepts everything as it is; policy is ignored. */
enum am_bgp_filter_result am_bgp_filter_accept(
	const void *policy, struct am_bgp_path *path, struct am_writer *scratch);

#endif
