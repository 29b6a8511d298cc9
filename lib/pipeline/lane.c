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

/* The Ethernet header of what came out, and whether what is behind it says how long it is. */
static bool parse_frame(const uint8_t *frame, uint32_t len, bool whole_made, struct am_ether *eth)
{
	uint32_t has;

	if (am_ether_parse(frame, len, eth) != AM_V_OK)
		return false;
	has = len - eth->len;
	if (eth->type == AM_ET_IPV4 && has >= AM_IP4_LEN)
		return am_lane_says(am_load16(frame + eth->len + 2), has, whole_made);
	if (eth->type == AM_ET_IPV6 && has >= AM_IP6_LEN)
		return am_lane_says(am_load16(frame + eth->len + 4) + (uint32_t)AM_IP6_LEN, has, whole_made);
	return eth->type != AM_ET_IPV4 && eth->type != AM_ET_IPV6;
}

/* Only VXLAN keeps tags, and that where its bridge wants them. */
static bool may_be_tagged(const struct am_worker *w, const struct am_lane *lane)
{
	const struct am_member *in = w->roots->members[lane->rest.member];

	return in->kind == AM_MEMBER_VTEP && w->roots->bridges[in->bridge]->inner_vlan;
}

/* A frame out of its lane, to the bridge. */
static void admit(struct am_lane_burst *b, const struct am_lane *lane, struct am_frame *f)
{
	const uint8_t *frame = am_buf_data(f->m);

	if (unlikely(b->unusual)) {
		am_lane_burst_leave(b);
		am_input_frame(b->w, f);
		am_lane_burst_enter(b);
	} else if (unlikely(am_buf_len(f->m) - f->eth.len > lane->mtu)) {
		am_drop(b->w, f->iface, AM_V_BRIDGE_MTU, f->m);
	} else {
		am_bridge_ask(f, frame, lane->bridge, b->fdb);
		b->next++;
	}
}

bool am_lane_open_any(struct am_lane_burst *b, const struct am_lane *lane, const struct am_lane_shape *shape,
	const struct am_lane_packet *p)
{
	uint8_t *frame = p->ip + shape->len;
	uint32_t len = p->total - shape->len;
	struct am_frame *f = b->next;

	am_lane_put_rest(f, lane);
	if (p->total < shape->least || !parse_frame(frame, len, p->whole_made, &f->eth) ||
		(f->eth.tags && !may_be_tagged(b->w, lane)))
		return false;
	am_lane_count(lane, p->total - shape->inside_less, len, p->whole_made);
	if (unlikely(lane->mss4 | lane->mss6) && am_mss_may_clamp(frame, len, &f->eth) &&
		am_mss_clamp_frame(frame, len, lane->mss4, lane->mss6))
		am_count(b->w, f->iface, AM_C_MSS_CLAMPED, 1);
	am_buf_cut_to(p->m, frame, len);
	f->m = p->m;
	admit(b, lane, f);
	return true;
}

static uint32_t beside(const struct am_worker *w, const struct am_lane *lane)
{
	return (uint32_t)(lane - w->lanes) ^ 1;
}

const struct am_lane *am_lane_beside(const struct am_worker *w, const struct am_arrival *a, bool part6)
{
	const struct am_lane *lane = &w->lanes[beside(w, a->lane)];

	if (lane->mark != a->shape->mark)
		return NULL;
	return (part6 ? am_lane_is_same_in_fragment(a->ip, lane, a->shape)
		      : am_lane_is_same(a->ip, lane, a->shape, false))
		       ? lane
		       : NULL;
}

/* Of which part of a datagram a packet on IPv6 is, of which so many octets are there. */
static enum am_part part6(const uint8_t *ip, uint32_t has)
{
	uint16_t field;

	if (has < AM_IP6_LEN + AM_IP6_FRAG_LEN || ip[6] != AM_PROTO_FRAGMENT)
		return AM_PART_WHOLE;
	field = am_load16(ip + AM_IP6_LEN + 2);
	if (field & AM_LANE_OFFSET6)
		return AM_PART_LATER;
	return field & AM_LANE_MORE6 ? AM_PART_FIRST : AM_PART_WHOLE;
}

/* This packet's shape is the last one's, for the next. */
static void turn_to(struct am_lanes *lanes, bool v4, uint8_t proto, const uint8_t *header)
{
	lanes->shape = am_lane_shape_of(lanes->shapes, lanes->vrf, v4, proto, header);
	lanes->octets = lanes->shape->octets;
	lanes->kind = proto | (uint32_t)!v4 << 8;
	lanes->gre_bits = proto == AM_PROTO_GRE ? AM_LANE_GRE_BITS : 0;
	lanes->gre = am_lane_gre_octets(header) & lanes->gre_bits;
}

void am_lane_ask_any(struct am_lanes *lanes, struct am_arrival *a, uint8_t *ip, uint32_t has)
{
	const bool v4 = a->type == AM_ET_IPV4;
	const uint8_t *behind = ip;
	uint8_t proto;

	a->ip = ip;
	a->has = has;
	a->lane = NULL;
	a->part = AM_PART_WHOLE;
	if (has < AM_IP4_LEN)
		return;
	a->part = v4 ? am_lane_part4(ip) : part6(ip, has);
	if (a->part == AM_PART_LATER || has < AM_LANE_NEAR + AM_IP6_FRAG_LEN || lanes->vrf >= AM_LANE_VRFS)
		return;
	if (!v4 && a->part == AM_PART_FIRST) {
		behind = ip + AM_IP6_FRAG_LEN;
		has -= AM_IP6_FRAG_LEN;
	}
	proto = v4 ? ip[9] : behind == ip ? ip[6] : ip[AM_IP6_LEN];
	/* Of a fragment that is whole, or of one behind another such header, nothing is learnt. */
	if (!v4 && proto == AM_PROTO_FRAGMENT)
		return;
	turn_to(lanes, v4, proto, behind + (v4 ? AM_IP4_LEN : AM_IP6_LEN));
	if (has >= lanes->octets)
		am_lane_set(lanes, a, ip, behind);
}

/* At most two are. */
static void add_length(struct am_lane_shape *s, unsigned at, unsigned less)
{
	bool first = !s->length_at[0];

	s->length_at[1] = (uint8_t)at;
	s->length_less = (s->length_less & 0xffff0000) | less;
	if (first) {
		s->length_at[0] = (uint8_t)at;
		s->length_less |= less << 16;
	}
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
		.least = least,
		.octets = compared > least ? compared : least,
		.far = (uint8_t)(compared - AM_LANE_NEAR),
		.inside_less = at->inside_at,
		.outer4 = at->family[0] == AM_IPV4,
		.layout = *at,
	};
	mask_layers(s);
	s->regular = s->length_at[0] && s->inner4_at && !s->udp_at;
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

/* With how many octets behind an IPv4 header of 20 a frame is too long. */
static uint16_t room_of(const struct am_lane *lane)
{
	return lane->mtu < AM_IP4_LEN ? 0 : (uint16_t)(lane->mtu - AM_IP4_LEN + 1);
}

/* What else is to be known of packets in a lane whose header begins at ip. */
static void describe(
	struct am_worker *w, struct am_lane *lane, const struct am_lane_shape *shape, const uint8_t *ip)
{
	const struct am_member *in = w->roots->members[lane->rest.member];
	struct am_iface_counters *nowhere = &w->nowhere;

	lane->rest.eth = (struct am_ether){.len = AM_ETH_LEN, .type = AM_ET_IPV4};
	lane->rest.iface = in->iface;
	lane->rest.across = in->across;
	lane->bridge = in->bridge;
	lane->mtu = in->mtu;
	if (lane->mss4 | lane->mss6)
		lane->no_syn_room = room_of(lane);
	else
		lane->room = room_of(lane);
	lane->tunnel = lane->tunnel_iface != AM_NO_ID ? &w->counters[lane->tunnel_iface] : nowhere;
	lane->inside = in->kind == AM_MEMBER_VTEP ? &w->counters[in->iface] : nowhere;
	if (shape->outer4)
		lane->outer_rest = am_csum_ip4_rest(ip);
	if (shape->inner4_at)
		lane->inner_rest = am_csum_ip4_rest(ip + shape->inner4_at);
}

/* Its place, or the one beside it where another one's lane is there and none beside. */
static struct am_lane *place_for(struct am_worker *w, const struct am_lane_shape *shape, const uint8_t *ip)
{
	struct am_lane *lane = &w->lanes[am_lane_hash(shape, ip, ip) & w->lane_mask];
	struct am_lane *other = &w->lanes[beside(w, lane)];

	if (lane->mark != shape->mark || other->mark == shape->mark ||
		am_lane_is_same(ip, lane, shape, false))
		return lane;
	return other;
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
	lane = place_for(w, place, ip);
	*lane = *as;
	lane->mark = place->mark;
	describe(w, lane, place, ip);
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
	for (unsigned i = 0; i < AM_LANE_SHAPES; i++) {
		w->shapes[i].mark = (uint32_t)AM_LANE_NO_MARK;
		w->shapes[i].octets = UINT32_MAX; /* no packet has so many: none has a lane */
	}
}
