/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef PIPELINE_ACL_H
#define PIPELINE_ACL_H
/*
 * Access lists of interfaces. Where there are none, they cost a burst a branch for each direction.
 *
 * On the way in they are asked before all else that concerns routing, once, of what is for the box too. On the way out they
 * are asked when the next hop is known, before a packet is cut, of the box's own packets too. ARP and neighbour discovery pass.
 */
#include "core.h"

unsigned am_acl_judge_in(struct am_worker *w);
bool am_acl_judge_out(struct am_worker *w, struct am_routed *r, const struct am_adjacency *a);
bool am_acl_judge_link(struct am_worker *w, const struct am_interface *in,
	const struct am_access_group *group, struct rte_mbuf *m, uint16_t l2);

/*
 * Of w->routed, how many may stay, without a gap from the first on; in the place of one that is rejected stands the error that its
 * sender gets.
 */
static inline unsigned am_acl_in(struct am_worker *w)
{
	return likely(!w->roots->acls_in) ? w->n_routed : am_acl_judge_in(w);
}

/* May r leave by a? Else it is consumed. */
static inline bool am_acl_out(struct am_worker *w, struct am_routed *r, const struct am_adjacency *a)
{
	return likely(!w->roots->acls_out) || am_acl_judge_out(w, r, a);
}

/*
 * A packet of l2 octets and IP that does not pass the route stage: of a link's own protocols, or a frame that the kernel sends.
 * May it pass? Else it is consumed.
 */
static inline bool am_acl_link(struct am_worker *w, const struct am_interface *in,
	const struct am_access_group *group, struct rte_mbuf *m, uint16_t l2)
{
	return likely(!group->acl) || am_acl_judge_link(w, in, group, m, l2);
}

#endif
