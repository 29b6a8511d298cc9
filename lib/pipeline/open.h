/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef PIPELINE_OPEN_H
#define PIPELINE_OPEN_H
/* The long way out of a tunnel, for decap.c's loop. */
#include "core.h"

/* One packet, or fragment. whole_made: it was put together from fragments. */
void am_open(
	struct am_worker *w, const struct am_port_root *port, const struct am_arrival *a, bool whole_made);

/* Who sent a packet with these two addresses, as they stand in its header: last->peer. */
enum am_verdict am_open_peer(
	struct am_worker *w, uint16_t vrf, uint8_t family, const uint8_t *addrs, struct am_last_peer **last);

/* A protocol that a tunnel's packets have. */
static inline bool am_open_is_tunnel(uint8_t proto)
{
	return likely(proto == AM_PROTO_ETHERIP || proto == AM_PROTO_GRE || proto == AM_PROTO_UDP);
}

#endif
