/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef PIPELINE_ROUTE_H
#define PIPELINE_ROUTE_H
/* How an IP packet gets among those that are routed at the end of the burst: checked, and the FIB is told of it. */
#include "core.h"
#include "net/forward.h"
#include "table/fib_read.h"

/* It did not pass a check. */
void am_route_reject(struct am_worker *w, const struct am_routed *r, enum am_verdict why);

/* Filled where it stands, field by field: a copy of what was just put together would wait for that. */
static inline __attribute__((always_inline)) struct am_routed *am_route_place(struct am_worker *w,
	const struct am_interface *in, struct rte_mbuf *m, uint8_t *ip, uint16_t l2, uint32_t len,
	uint8_t family, uint8_t how)
{
	struct am_routed *r = &w->routed[w->n_routed];

	r->m = m;
	r->in = in;
	r->ip = ip;
	r->l2 = l2;
	r->len = (uint16_t)len;
	r->family = family;
	r->how = how;
	return r;
}

/* What is in that place passed the checks; its interface is vrf's. */
static inline __attribute__((always_inline)) void am_route_keep(
	struct am_worker *w, const struct am_vrf *vrf, uint8_t *ip, uint8_t family)
{
	const uint8_t *to = am_ip_dst(ip, family);

	w->routed_to[w->n_routed++] = to;
	am_fib_ask(family == AM_IPV4 ? vrf->fib4 : vrf->fib6, family, to);
}

/* The interface is vrf's, and there is a place left. */
static inline __attribute__((always_inline)) void am_route_put_known(struct am_worker *w,
	const struct am_vrf *vrf, const struct am_interface *in, struct rte_mbuf *m, uint16_t l2,
	uint8_t family, uint8_t how)
{
	uint8_t *ip = am_buf_data(m) + l2;
	uint32_t has = am_buf_len(m) - l2, len = 0;
	enum am_verdict v =
		family == AM_IPV4 ? am_forward4_check(ip, has, &len) : am_forward6_check(ip, has, &len);
	struct am_routed *r = am_route_place(w, in, m, ip, l2, len, family, how);

	if (likely(v == AM_V_OK))
		am_route_keep(w, vrf, ip, family);
	else
		am_route_reject(w, r, v);
}

/* how: AM_ROUTED_... Of the box's own packets, in says the VRF. */
static inline void am_route_put(struct am_worker *w, const struct am_interface *in, struct rte_mbuf *m,
	uint16_t l2, uint8_t family, uint8_t how)
{
	if (unlikely(w->n_routed == AM_BURST))
		am_route_burst(w);
	am_route_put_known(w, w->roots->vrfs[in->vrf], in, m, l2, family, how);
}

/*
 * route_icmp.c: what tells the sender of r why it goes nowhere, counted as sent; NULL where nobody is told. r stays the caller's.
 */
struct rte_mbuf *am_route_icmp_make(
	struct am_worker *w, const struct am_routed *r, enum am_verdict why, uint16_t mtu);
/* The same, and it is routed. Tell the sender of r, which stays the caller's, why it goes nowhere, where that may be said. */
void am_route_icmp(struct am_worker *w, const struct am_routed *r, enum am_verdict why, uint16_t mtu);

#endif
