/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef PIPELINE_INPUT_H
#define PIPELINE_INPUT_H
/* How a frame, from a port or out of a tunnel, gets among those that the bridge looks up. */
#include "bridge.h"
#include "core.h"

/*
 * The place of the next frame. Filled where it stands: a copy made of narrow stores just done waits for all of
 * them. It counts once am_input_frame is called, with m, eth, member and iface set.
 */
static inline struct am_frame *am_input_place(struct am_worker *w)
{
	struct am_frame *f = &w->frames[w->n_frames];

	f->hashed = false;
	f->popped = false;
	return f;
}

/* f is what am_input_place gave, filled in. */
static inline void am_input_frame(struct am_worker *w, struct am_frame *f)
{
	if (unlikely(w->rx_finish))
		am_input_finish(w, f);
	if (unlikely(w->hands_off) || am_bridge_admit(w, f, w->roots->members[f->member], w->plane->conf.fdb))
		w->n_frames++;
}

/* An IP packet for the port's IP identity, behind l2 octets. */
static inline void am_input_arrival(struct am_worker *w, struct rte_mbuf *m, uint16_t l2, uint16_t type)
{
	w->arrivals[w->n_arrivals++] = (struct am_arrival){.m = m, .l2 = l2, .type = type};
}

/* The member by VLAN; AM_NO_ID where nobody wants the frame. */
static inline uint16_t am_input_member(const struct am_vlan_map *map, struct am_frame *f)
{
	if (unlikely(f->eth.tags))
		return am_input_tagged(map, f);
	return map->untagged != AM_NO_ID ? map->untagged : map->any;
}

#endif
