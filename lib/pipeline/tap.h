/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef PIPELINE_TAP_INSIDE_H
#define PIPELINE_TAP_INSIDE_H
/* What the stages tell a tap. None of it is on the way of packets while no tap is armed, but for am_tap_of. */
#include "core.h"
#include "pipeline/tap.h"

static inline struct am_tap *am_tap_of(const struct am_worker *w)
{
	return atomic_load_explicit(&w->tap, memory_order_acquire);
}

/* Is one armed? Whoever sees one asks am_tap_of. */
static inline bool am_tap_armed(const struct am_worker *w)
{
	return atomic_load_explicit(&w->tap, memory_order_relaxed);
}

/* Does it look at the packet that is worked on? Of one in so many, at that one alone: the others go the short way. */
static inline bool am_tap_watched(const struct am_worker *w)
{
	return w->watched;
}

/* A burst from a port: those that a tap looks at one by one, the others together. */
void am_tap_burst(struct am_worker *w, const struct am_port_root *port, struct rte_mbuf **m, unsigned n);
/* Frames that another worker handed over: whether one of them is looked at, and then all of them, in w->frames. */
bool am_tap_follows(const struct am_worker *w, const struct am_frame *f, unsigned n);
void am_tap_handed(struct am_worker *w, unsigned n);

/* The packet is here. Nothing where no tap is armed, as with all below. */
void am_tap_see(struct am_worker *w, enum am_tap_stage stage, enum am_tap_link link, uint16_t iface,
	const struct rte_mbuf *m);
/* All of w->routed. */
void am_tap_routed(struct am_worker *w);
void am_tap_drop(struct am_worker *w, enum am_tap_link link, uint16_t iface, enum am_verdict why,
	const struct rte_mbuf *m);
/* A packet that is not at hand any more died in the reassembly table. */
void am_tap_died(struct am_worker *w, uint16_t iface, enum am_verdict why);
/* It was given to the reassembly table, which did not make a whole one of it. */
void am_tap_held(struct am_worker *w, uint16_t iface);
void am_tap_handoff(struct am_worker *w, unsigned to, uint16_t iface);
/* What the current packet put into a port's transmit buffer since it was last seen. */
void am_tap_transmit(struct am_worker *w, uint16_t port_id);
/* Of the packet that is worked on; 0: none. */
uint32_t am_tap_story(const struct am_worker *w);

#endif
