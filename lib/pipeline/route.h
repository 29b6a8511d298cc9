/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef PIPELINE_ROUTE_H
#define PIPELINE_ROUTE_H
/* How an IP packet gets among those that are routed at the end of the burst. */
#include "core.h"

/* opened: no tunnel and no VTEP of ours takes it, so what is for this box is the kernel's. */
static inline void am_route_put(struct am_worker *w, const struct am_interface *in, struct rte_mbuf *m,
	uint16_t l2, uint8_t family, bool opened)
{
	if (unlikely(w->n_routed == AM_BURST))
		am_route_burst(w);
	w->routed[w->n_routed++] =
		(struct am_routed){.m = m, .in = in, .l2 = l2, .family = family, .opened = opened};
}

#endif
