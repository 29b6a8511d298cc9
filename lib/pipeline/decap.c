/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IP for us, the short way: packets, and halves of them that came side by side, whose headers are like one that was
 * judged before. All others go the long way, which is open.c.
 */
#include "base/bytes.h"
#include "lane_take.h"
#include "open.h"

/*
 * Are a and b the two halves of a datagram? Then *whole is what they are together. Everything that is not quite so is
 * left to the table.
 */
static inline bool pair_up(struct am_worker *w, const struct am_port_root *port, const struct am_arrival *a,
	const struct am_arrival *b, struct am_arrival *whole)
{
	enum { CHAIN = 64 }; /* a first half that long holds every header that must be in it (RFC 7112) */
	const uint8_t *ip = am_buf_data(a->m) + a->l2, *other = am_buf_data(b->m) + b->l2;
	uint32_t has = am_buf_len(a->m) - a->l2, other_has = am_buf_len(b->m) - b->l2, peer;
	struct am_halves h;

	if (a->l2 != b->l2 || a->type != b->type ||
		!(a->type == AM_ET_IPV4 ? am_ip4_halves(ip, has, other, other_has, &h)
					: am_ip6_halves(ip, has, other, other_has, &h)))
		return false;
	if (h.plen[h.first] < CHAIN || !am_open_is_tunnel(h.proto) ||
		am_open_peer(w, port->vrf, h.family, am_ip_src(ip, h.family), &peer) != AM_V_OK)
		return false;
	*whole = (struct am_arrival){.l2 = a->l2, .type = a->type};
	whole->m = am_reasm_pair(w->reasm, peer, (struct rte_mbuf *[]){a->m, b->m}, a->l2, &h,
		AM_BUF_ROOM - AM_BUF_HEADROOM - a->l2, w->now);
	if (!whole->m)
		return false;
	am_count(w, port->iface, AM_C_RX_FRAGMENTS, 2);
	am_count(w, port->iface, AM_C_RX_REASSEMBLED, 1);
	return true;
}

/* Of many members, what they are and the counters, for the whole burst at once. */
static __attribute__((noinline)) void prefetch_rows(struct am_worker *w)
{
	const struct am_member *in[AM_BURST];
	unsigned n = 0;

	for (unsigned i = 0; i < w->n_arrivals; i++) {
		const struct am_lane *lane = w->arrivals[i].lane;

		if (!lane || lane->mark != w->arrivals[i].shape->mark)
			continue;
		in[n] = w->roots->members[lane->member];
		rte_prefetch0(in[n++]);
		if (lane->tunnel_iface != AM_NO_ID)
			rte_prefetch0(&w->counters[lane->tunnel_iface]);
	}
	for (unsigned i = 0; i < n; i++)
		rte_prefetch0(&w->counters[in[i]->iface]);
}

/* What has no lane. */
static __attribute__((noinline)) void take_long_way(
	struct am_lane_burst *b, const struct am_port_root *port, const struct am_arrival *a, bool whole_made)
{
	am_lane_burst_leave(b);
	am_open(b->w, port, a, whole_made);
	am_lane_burst_enter(b);
}

void am_decap_burst(struct am_worker *w, const struct am_port_root *port)
{
	const struct am_lanes lanes = am_lanes_of(w, port->vrf);
	struct am_arrival *a = w->arrivals, *end = a + w->n_arrivals, whole;
	struct am_lane_burst b = am_lane_burst_of(w);

	w->lanes_to_learn = AM_LANES_LEARNT;
	for (; a < end; a++)
		am_lane_ask(&lanes, a);
	if (unlikely(w->roots->n_members > AM_MEMBERS_NEAR))
		prefetch_rows(w);
	for (a = w->arrivals; a < end; a++) {
		if (likely(a->part == AM_PART_WHOLE)) {
			if (unlikely(!am_lane_take(&b, a, false)))
				take_long_way(&b, port, a, false);
		} else if (a + 1 < end && a[1].part != AM_PART_WHOLE && pair_up(w, port, a, a + 1, &whole)) {
			a++;
			am_lane_ask(&lanes, &whole);
			if (!am_lane_take(&b, &whole, true))
				take_long_way(&b, port, &whole, true);
		} else {
			take_long_way(&b, port, a, false);
		}
	}
	am_lane_burst_leave(&b);
	am_reasm_release(w->reasm);
}
