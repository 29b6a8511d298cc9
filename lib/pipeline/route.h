/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef PIPELINE_ROUTE_H
#define PIPELINE_ROUTE_H
/* How an IP packet gets among those that are routed at the end of the burst. */
#include "core.h"

/* how: AM_ROUTED_... Of the box's own packets, in says the VRF. */
static inline void am_route_put(struct am_worker *w, const struct am_interface *in, struct rte_mbuf *m,
	uint16_t l2, uint8_t family, uint8_t how)
{
	if (unlikely(w->n_routed == AM_BURST))
		am_route_burst(w);
	w->routed[w->n_routed++] =
		(struct am_routed){.m = m, .in = in, .l2 = l2, .family = family, .how = how};
}

/* route_icmp.c: tell the sender of r, which stays the caller's, why it goes nowhere, where that may be said. */
void am_route_icmp(struct am_worker *w, const struct am_routed *r, enum am_verdict why, uint16_t mtu);

#endif
