/* SPDX-License-Identifier: BSD-3-Clause */
#include "lane_take.h"

#include <string.h>

#include "input.h"
#include "net/csum.h"
#include "net/mss.h"
#include "net/vxlan.h"

enum { TOS_LOW_BIT = 1, TOS6_LOW_BIT = 0x10, DONT_CARE = 0 };

bool am_lane_udp_is_right(const uint8_t *ip, const struct am_lane_shape *shape)
{
	const uint8_t *inner = ip + shape->udp_ip_at, *udp = ip + shape->udp_at;
	struct am_udp hdr = {
		.plen = (uint16_t)(am_load16(udp + 4) - AM_UDP_LEN),
		.csum = am_load16(udp + 6),
	};

	return am_udp_verify(udp, &hdr, shape->udp_family, am_ip_src(inner, shape->udp_family),
		       am_ip_dst(inner, shape->udp_family), false, false) == AM_V_OK;
}

/* At most two are. */
static void add_length(struct am_lane_shape *s, unsigned at, unsigned less)
{
	s->lengths[1].at = (uint8_t)at;
	s->lengths[1].less = (uint8_t)less;
	if (!s->lengths[0].at)
		s->lengths[0] = s->lengths[1];
}

static void mask_ip4(struct am_lane_shape *s, unsigned at)
{
	uint8_t *mask = s->mask + at;

	mask[1] = TOS_LOW_BIT; /* clear: neither CE nor ECT(1), which the long way tells the inner packet */
	memset(mask + 2, DONT_CARE, 4);
	mask[6] = 0x3f; /* a fragment is none; DF and the reserved bit may be anything */
	mask[8] = DONT_CARE;
	memset(mask + 10, DONT_CARE, 2);
	if (at)
		s->inner4_at = (uint8_t)at;
	else
		memset(mask + 6, DONT_CARE,
			2); /* first halves are compared too; what is a fragment is known by then */
}

static void mask_ip6(struct am_lane_shape *s, unsigned at)
{
	uint8_t *mask = s->mask + at;

	mask[0] = 0xf0;
	mask[1] = TOS6_LOW_BIT;
	memset(mask + 2, DONT_CARE, 4);
	mask[7] = DONT_CARE;
}

static void mask_udp(struct am_lane_shape *s)
{
	const struct am_lane_layout *at = &s->layout;
	uint8_t *mask = s->mask + at->udp_at;

	memset(mask, DONT_CARE, 2);
	memset(mask + 4, DONT_CARE, 2);
	add_length(s, at->udp_at + 4u, at->udp_at);
	if (!at->udp_csum)
		return; /* none it was, and none it must be */
	memset(mask + 6, DONT_CARE, 2);
	s->udp_at = at->udp_at;
	s->udp_ip_at = at->ip_at[at->n_ip - 1];
	s->udp_family = at->family[at->n_ip - 1];
}

static void mask_layers(struct am_lane_shape *s)
{
	const struct am_lane_layout *at = &s->layout;

	memset(s->mask, 0xff, s->len);
	for (unsigned i = 0; i < at->n_ip; i++) {
		bool v4 = at->family[i] == AM_IPV4;
		unsigned ip_at = at->ip_at[i];

		if (v4)
			mask_ip4(s, ip_at);
		else
			mask_ip6(s, ip_at);
		if (i > 0)
			add_length(s, ip_at + (v4 ? 2 : 4), ip_at + (v4 ? 0 : AM_IP6_LEN));
	}
	if (at->ether_at)
		memset(s->mask + at->ether_at + AM_MAC_LEN, DONT_CARE, AM_MAC_LEN);
	if (at->udp_at)
		mask_udp(s);
}

/*
 * Addresses of the outer and inner packet, and the VNI or the key: what differs between lanes of one shape. None of them
 * stands across the end of an outermost IPv6 header.
 */
static void choose_keys(struct am_lane_shape *s)
{
	const struct am_lane_layout *at = &s->layout;
	/* Both addresses, or the remote's second half. */
	uint8_t outer = at->family[0] == AM_IPV4 ? 12 : 16;
	unsigned inner = at->ip_at[1] + (at->family[1] == AM_IPV4 ? 12u : 16u);
	bool numbered = at->udp_at || at->gre;

	s->key_at[0] = outer;
	s->key_at[1] = at->n_ip > 1 ? (uint8_t)inner : outer;
	s->key_at[2] = numbered ? (uint8_t)(s->len - 4) : outer;
}

static void make_shape(struct am_lane_shape *s, const struct am_lane_layout *at)
{
	unsigned blocks = (at->len + AM_LANE_BLOCK - 1u) / AM_LANE_BLOCK * AM_LANE_BLOCK;
	unsigned compared = blocks > AM_LANE_NEAR ? blocks : AM_LANE_NEAR;
	unsigned least = at->len + (unsigned)AM_ETH_LEN;

	*s = (struct am_lane_shape){
		.len = at->len,
		.octets = (uint8_t)(compared > least ? compared : least),
		.far = (uint8_t)(compared - AM_LANE_NEAR),
		.inside_less = at->inside_at,
		.outer4 = at->family[0] == AM_IPV4,
		.layout = *at,
	};
	mask_layers(s);
	choose_keys(s);
}

/* A shape for that layout in its place; what was another there is gone, and with it its lanes. */
static void settle_shape(struct am_worker *w, struct am_lane_shape *place, const struct am_lane_layout *at)
{
	if (likely(place->mark != (uint32_t)AM_LANE_NO_MARK && !memcmp(&place->layout, at, sizeof *at)))
		return;
	/* Kinds of packets that take turns in one place would have all of each burst learnt for nothing. */
	if (place->mark != (uint32_t)AM_LANE_NO_MARK)
		w->lanes_to_learn = 0;
	make_shape(place, at);
	if (++w->lane_mark == (uint32_t)AM_LANE_NO_MARK) {
		/* All marks were used: what a lane has of the first ones must not count again. */
		memset(w->lanes, 0, (w->lane_mask + 1) * sizeof *w->lanes);
		w->lane_mark = 1;
	}
	place->mark = w->lane_mark;
}

static void learn(struct am_worker *w, struct am_lane_note *note, const uint8_t *ip, const struct am_lane *as)
{
	struct am_lane_layout *at = &note->at;
	bool v4 = at->family[0] == AM_IPV4;
	struct am_lane_shape *place = am_lane_shape_of(
		w->shapes, note->vrf, v4, ip[v4 ? 9 : 6], ip + (v4 ? AM_IP4_LEN : AM_IP6_LEN));
	struct am_lane *lane;

	at->udp_csum = at->udp_at && am_load16(ip + at->udp_at + 6);
	settle_shape(w, place, at);
	lane = &w->lanes[am_lane_hash(place, ip, ip) & w->lane_mask];
	*lane = *as;
	lane->mark = place->mark;
	memcpy(lane->want, ip, at->len);
}

void am_lane_learn(
	struct am_worker *w, struct am_lane_note *note, struct rte_mbuf *m, const struct am_lane *as)
{
	uint16_t len = (uint16_t)(m->data_off - note->start);

	if (!w->lanes_to_learn || len > AM_LANE_OCTETS || note->vrf >= AM_LANE_VRFS)
		return;
	w->lanes_to_learn--;
	note->at.len = (uint8_t)len;
	learn(w, note, am_buf_prepend(m, len), as);
	am_buf_adj(m, len);
}

void am_lanes_forget(struct am_worker *w)
{
	memset(w->shapes, 0, sizeof w->shapes);
	for (unsigned i = 0; i < AM_LANE_SHAPES; i++)
		w->shapes[i].mark = (uint32_t)AM_LANE_NO_MARK;
}
