/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IP for us, the short way: packets, and halves of them that came side by side, whose headers are like one that was
 * judged before. All others go the long way, which is open.c.
 */
#include "base/bytes.h"
#include "lane_take.h"
#include "open.h"

/* Two arrivals that are the halves of a datagram. */
struct pair {
	const struct am_arrival *first;
	struct am_halves halves;
	bool same; /* the header is that of the first one's lane */
};

static inline bool are_halves(
	const struct am_arrival *first, const struct am_arrival *later, struct am_halves *h)
{
	const uint8_t *a = am_buf_data(first->m) + first->l2, *b = am_buf_data(later->m) + later->l2;
	uint32_t a_has = am_buf_len(first->m) - first->l2, b_has = am_buf_len(later->m) - later->l2;

	if (first->part != AM_PART_FIRST || later->part != AM_PART_LATER || first->l2 != later->l2 ||
		first->type != later->type)
		return false;
	return first->type == AM_ET_IPV4 ? am_ip4_halves(a, a_has, b, b_has, h)
					 : am_ip6_halves(a, a_has, b, b_has, h);
}

/* Is a first fragment's header that of its lane, all of it in the len octets that are the datagram's? */
static inline bool has_lane(const struct am_arrival *first, uint32_t len)
{
	const uint8_t *ip = am_buf_data(first->m) + first->l2;

	if (unlikely(!first->lane || first->lane->mark != first->shape->mark || len < first->shape->octets))
		return false;
	return first->type == AM_ET_IPV4 ? am_lane_is_same(ip, first->lane, first->shape)
					 : am_lane_is_same_in_fragment(ip, first->lane, first->shape);
}

/* Whose fragment it is, by its addresses. False where that takes the long way: nobody's, or with little of a header. */
static inline bool find_peer(struct am_worker *w, const struct am_port_root *port, const struct am_arrival *a,
	uint8_t proto, uint32_t len, uint32_t *peer)
{
	enum { CHAIN = 64 }; /* a first half that long holds every header that must be in it (RFC 7112) */
	uint8_t family = a->type == AM_ET_IPV4 ? AM_IPV4 : AM_IPV6;
	const uint8_t *ip = am_buf_data(a->m) + a->l2;
	struct am_last_peer *last;

	if (unlikely((a->part == AM_PART_FIRST && len < CHAIN) || !am_open_is_tunnel(proto) ||
		     am_open_peer(w, port->vrf, family, am_ip_src(ip, family), &last) != AM_V_OK))
		return false;
	*peer = last->peer;
	return true;
}

/* What has no lane: for routing, or the long way. */
static __attribute__((noinline)) void take_otherwise(
	struct am_lane_burst *b, const struct am_port_root *port, const struct am_arrival *a, bool whole_made)
{
	const struct am_place at = am_place_of(port);

	if (am_l3_tunnel_take(b->w, port->vrf, a, whole_made))
		return;
	am_lane_burst_leave(b);
	am_open(b->w, &at, a, whole_made);
	am_lane_burst_enter(b);
}

/* The datagram is whole, with the first half's headers: nobody needs others where it has a lane. */
static inline void take_made(
	struct am_lane_burst *b, const struct am_port_root *port, const struct pair *p, struct rte_mbuf *m)
{
	const struct am_arrival *first = p->first;
	const struct am_halves *h = &p->halves;
	uint32_t gap = h->family == AM_IPV4 ? 0 : AM_IP6_FRAG_LEN;
	uint32_t total = h->head - gap + h->plen[0] + h->plen[1];
	struct am_arrival whole = {.m = m, .l2 = first->l2, .type = first->type};

	/* A UDP checksum is also over addresses, which are where the headers are right. */
	if (likely(p->same && !first->shape->udp_at) &&
		am_lane_open(b, first->lane, first->shape, m, am_buf_data(m) + first->l2 + gap, total, total,
			true))
		return;
	am_reasm_pair_headers(m, first->l2, h);
	if (p->same &&
		am_lane_open(b, first->lane, first->shape, m, am_buf_data(m) + first->l2, total, total, true))
		return;
	take_otherwise(b, port, &whole, true);
}

/* Halves that came side by side, at a. False: they are none, or what is held of the datagram must be asked. */
static inline bool take_pair(
	struct am_lane_burst *b, const struct am_port_root *port, const struct am_arrival *a)
{
	const bool reversed = a->part == AM_PART_LATER;
	const struct am_arrival *later = a + !reversed;
	struct am_worker *w = b->w;
	struct pair p = {.first = a + reversed};
	struct rte_mbuf *m;
	uint32_t peer;

	if (!are_halves(p.first, later, &p.halves))
		return false;
	p.same = has_lane(p.first, p.halves.plen[0]);
	if (likely(p.same))
		peer = p.first->lane->peer;
	else if (!find_peer(w, port, p.first, p.halves.proto, p.halves.plen[0], &peer))
		return false;
	m = am_reasm_pair(w->reasm, peer, (struct rte_mbuf *[]){p.first->m, later->m}, a->l2, &p.halves,
		AM_BUF_ROOM - AM_BUF_HEADROOM - a->l2, w->now);
	if (unlikely(!m))
		return false;
	am_count(w, port->iface, AM_C_RX_FRAGMENTS, 2);
	am_count(w, port->iface, AM_C_RX_REASSEMBLED, 1);
	take_made(b, port, &p, m);
	return true;
}

/* A fragment alone, in the plainest form: into the table, and what is whole with it out. False: it is untouched. */
static inline bool take_part(struct am_lane_burst *b, const struct am_lanes *lanes,
	const struct am_port_root *port, const struct am_arrival *a)
{
	struct am_arrival whole = {.l2 = a->l2, .type = a->type};
	const uint8_t *ip = am_buf_data(a->m) + a->l2;
	uint32_t has = am_buf_len(a->m) - a->l2, peer;
	struct am_worker *w = b->w;
	struct am_ip_hdr hdr;

	if (!(a->type == AM_ET_IPV4 ? am_ip4_fragment(ip, has, &hdr) : am_ip6_fragment(ip, has, &hdr)) ||
		!find_peer(w, port, a, hdr.proto, hdr.plen, &peer))
		return false;
	am_count(w, port->iface, AM_C_RX_FRAGMENTS, 1);
	w->peer_iface[peer] = port->iface;
	w->peer_back[peer] = w->rx_back;
	whole.m = am_reasm_add(
		w->reasm, peer, a->m, a->l2, &hdr, AM_BUF_ROOM - AM_BUF_HEADROOM - a->l2, w->now);
	if (!whole.m)
		return true;
	am_count(w, port->iface, AM_C_RX_REASSEMBLED, 1);
	am_lane_ask(lanes, &whole);
	if (!am_lane_take(b, &whole, true))
		take_otherwise(b, port, &whole, true);
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

void am_decap_burst(struct am_worker *w, const struct am_port_root *port)
{
	const struct am_lanes lanes = am_lanes_of(w, port->vrf);
	struct am_arrival *a = w->arrivals, *end = a + w->n_arrivals;
	struct am_lane_burst b = am_lane_burst_of(w);

	w->lanes_to_learn = AM_LANES_LEARNT;
	for (; a < end; a++)
		am_lane_ask(&lanes, a);
	if (unlikely(w->roots->n_members > AM_MEMBERS_NEAR))
		prefetch_rows(w);
	for (a = w->arrivals; a < end; a++) {
		if (likely(a->part == AM_PART_WHOLE) && likely(am_lane_take(&b, a, false)))
			continue;
		if (a->part != AM_PART_WHOLE && a + 1 < end && take_pair(&b, port, a))
			a++;
		else if (a->part == AM_PART_WHOLE || !take_part(&b, &lanes, port, a))
			take_otherwise(&b, port, a, false);
	}
	am_lane_burst_leave(&b);
	am_reasm_release(w->reasm);
}
