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

static void mask_udp(struct am_lane_shape *s, const struct am_lane_note *note, const uint8_t *ip)
{
	uint8_t *mask = s->mask + note->udp_at;

	memset(mask, DONT_CARE, 2);
	memset(mask + 4, DONT_CARE, 2);
	add_length(s, note->udp_at + 4, note->udp_at);
	if (am_load16(ip + note->udp_at + 6) == 0)
		return; /* none it was, and none it must be */
	memset(mask + 6, DONT_CARE, 2);
	s->udp_at = note->udp_at;
	s->udp_ip_at = note->ip_at[note->n_ip - 1];
	s->udp_family = note->family[note->n_ip - 1];
}

static void mask_layers(struct am_lane_shape *s, const struct am_lane_note *note, const uint8_t *ip)
{
	memset(s->mask, 0xff, s->len);
	for (unsigned i = 0; i < note->n_ip; i++) {
		bool v4 = note->family[i] == AM_IPV4;
		unsigned at = note->ip_at[i];

		if (v4)
			mask_ip4(s, at);
		else
			mask_ip6(s, at);
		if (i > 0)
			add_length(s, at + (v4 ? 2 : 4), at + (v4 ? 0 : AM_IP6_LEN));
	}
	if (note->ether_at)
		memset(s->mask + note->ether_at + AM_MAC_LEN, DONT_CARE, AM_MAC_LEN);
	if (note->udp_at)
		mask_udp(s, note, ip);
}

/*
 * Addresses of the outer and inner packet, and the VNI or the key: what differs between lanes of one shape. None of them
 * stands across the end of an outermost IPv6 header.
 */
static void choose_keys(struct am_lane_shape *s, const struct am_lane_note *note)
{
	uint8_t outer =
		note->family[0] == AM_IPV4 ? 12 : 16; /* both addresses, or the remote's second half */
	unsigned inner = note->ip_at[1] + (note->family[1] == AM_IPV4 ? 12u : 16u);
	bool numbered = note->udp_at || note->gre;

	s->key_at[0] = outer;
	s->key_at[1] = note->n_ip > 1 ? (uint8_t)inner : outer;
	s->key_at[2] = numbered ? (uint8_t)(s->len - 4) : outer;
}

static struct am_lane_shape make_shape(const struct am_lane_note *note, const uint8_t *ip, uint16_t len)
{
	unsigned blocks = (len + AM_LANE_BLOCK - 1u) / AM_LANE_BLOCK * AM_LANE_BLOCK;
	unsigned compared = blocks > AM_LANE_NEAR ? blocks : AM_LANE_NEAR;
	unsigned least = len + (unsigned)AM_ETH_LEN;
	struct am_lane_shape s = {
		.len = (uint8_t)len,
		.octets = (uint8_t)(compared > least ? compared : least),
		.far = (uint8_t)(compared - AM_LANE_NEAR),
		.inside_less = note->inside_at,
		.outer4 = note->family[0] == AM_IPV4,
	};

	mask_layers(&s, note, ip);
	choose_keys(&s, note);
	return s;
}

static bool is_same_shape(const struct am_lane_shape *a, const struct am_lane_shape *b)
{
	return a->len == b->len && a->udp_at == b->udp_at && a->inside_less == b->inside_less &&
	       a->inner4_at == b->inner4_at && !memcmp(a->key_at, b->key_at, sizeof a->key_at) &&
	       !memcmp(a->lengths, b->lengths, sizeof a->lengths) &&
	       !memcmp(a->mask, b->mask, sizeof a->mask);
}

/* The shape in its place; what was another there is gone, and with it its lanes. */
static void settle_shape(struct am_worker *w, struct am_lane_shape *place, const struct am_lane_shape *s)
{
	if (place->mark != (uint32_t)AM_LANE_NO_MARK && is_same_shape(place, s))
		return;
	*place = *s;
	if (++w->lane_mark == (uint32_t)AM_LANE_NO_MARK) {
		/* All marks were used: what a lane has of the first ones must not count again. */
		memset(w->lanes, 0, (w->lane_mask + 1) * sizeof *w->lanes);
		w->lane_mark = 1;
	}
	place->mark = w->lane_mark;
}

static void learn(struct am_worker *w, const struct am_lane_note *note, const uint8_t *ip, uint16_t len,
	const struct am_lane *as)
{
	struct am_lane_shape s = make_shape(note, ip, len);
	bool v4 = note->family[0] == AM_IPV4;
	struct am_lane_shape *place = am_lane_shape_of(
		w->shapes, note->vrf, v4, ip[v4 ? 9 : 6], ip + (v4 ? AM_IP4_LEN : AM_IP6_LEN));
	struct am_lane *lane;

	settle_shape(w, place, &s);
	lane = &w->lanes[am_lane_hash(place, ip, ip) & w->lane_mask];
	*lane = *as;
	lane->mark = place->mark;
	memcpy(lane->want, ip, len);
}

void am_lane_learn(
	struct am_worker *w, const struct am_lane_note *note, struct rte_mbuf *m, const struct am_lane *as)
{
	uint16_t len = (uint16_t)(m->data_off - note->start);

	if (!w->lanes_to_learn || len > AM_LANE_OCTETS)
		return;
	w->lanes_to_learn--;
	learn(w, note, am_buf_prepend(m, len), len, as);
	am_buf_adj(m, len);
}

void am_lanes_forget(struct am_worker *w)
{
	memset(w->shapes, 0, sizeof w->shapes);
	for (unsigned i = 0; i < AM_LANE_SHAPES; i++)
		w->shapes[i].mark = (uint32_t)AM_LANE_NO_MARK;
}
