/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BGP_NLRI_H
#define BGP_NLRI_H
/* What an UPDATE announces or withdraws: prefixes (RFC 4271, 4760), EVPN routes (RFC 7432, 9136), path identifiers (RFC 7911). */
#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/bytes.h"
#include "bgp/error.h"
#include "bgp/evpn.h"
#include "bgp/family.h"

struct am_bgp_nlri {
	enum am_bgp_family family;
	uint32_t path_id; /* 0 where the session has none */
	union {
		struct am_prefix prefix; /* IPv4, IPv6 unicast; host bits are cleared */
		struct am_bgp_evpn evpn;
	};
};

/*
 * Routes of one family as they stand in an UPDATE. Those of OTHER, and of a family that was not agreed on, stay bytes: there
 * is nothing to iterate over.
 */
struct am_bgp_routes {
	enum am_bgp_family family;
	uint16_t afi;
	uint8_t safi;
	bool path_ids; /* each begins with a path identifier */
	struct am_bgp_span nlri;
};

struct am_bgp_nlri_iter {
	struct am_reader r;
	enum am_bgp_family family;
	bool path_ids;
};

/* For routes that am_bgp_update_decode() filled. What RFC 7606 or 9136 makes unusable is passed over. */
struct am_bgp_nlri_iter am_bgp_nlri_iter(const struct am_bgp_routes *routes);
bool am_bgp_nlri_next(struct am_bgp_nlri_iter *iter, struct am_bgp_nlri *out);

/* Append one. -ENOSPC where it does not fit, and the writer is as it was; -EINVAL where it cannot be written. */
int am_bgp_nlri_encode(struct am_writer *w, const struct am_bgp_nlri *nlri, bool path_id);

#endif
