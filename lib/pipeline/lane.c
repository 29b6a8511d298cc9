/* SPDX-License-Identifier: BSD-3-Clause */
#include "lane.h"

#include <string.h>

#include "input.h"
#include "net/csum.h"
#include "net/mss.h"
#include "net/vxlan.h"

#if defined(__SSE4_1__)
#include <smmintrin.h>
#endif

enum { TOS_LOW_BIT = 1, TOS6_LOW_BIT = 0x10, DONT_CARE = 0 };

/* Is the header at ip what the lane remembers, wherever the mask says that it must be? */
static inline bool is_same(const uint8_t *ip, const struct am_lane *lane, const struct am_lane_shape *shape)
{
#if defined(__SSE4_1__)
	__m128i differs = _mm_setzero_si128();

	for (unsigned at = 0; at < shape->blocks * (unsigned)AM_LANE_BLOCK; at += AM_LANE_BLOCK) {
		__m128i is = _mm_loadu_si128((const __m128i *)(const void *)(ip + at));
		__m128i mask = _mm_load_si128((const __m128i *)(const void *)(shape->mask + at));
		__m128i want = _mm_load_si128((const __m128i *)(const void *)(lane->want + at));

		differs = _mm_or_si128(differs, _mm_xor_si128(_mm_and_si128(is, mask), want));
	}
	return _mm_testz_si128(differs, differs);
#else
	uint8_t differs = 0;

	for (unsigned at = 0; at < shape->blocks * (unsigned)AM_LANE_BLOCK; at++)
		differs |= (ip[at] & shape->mask[at]) ^ lane->want[at];
	return !differs;
#endif
}

/* The checksum of an IPv4 header without options. */
static inline bool sum_is_right(const uint8_t *ip)
{
	uint64_t a, b;
	uint32_t c;

	memcpy(&a, ip, sizeof a);
	memcpy(&b, ip + 8, sizeof b);
	memcpy(&c, ip + 16, sizeof c);
	a = (a & 0xffffffff) + (a >> 32) + (b & 0xffffffff) + (b >> 32) + c;
	a = (a & 0xffffffff) + (a >> 32);
	return am_csum_finish32((uint32_t)(a + (a >> 32))) == 0;
}

static bool udp_is_right(const uint8_t *ip, const struct am_lane_shape *shape)
{
	const uint8_t *inner = ip + shape->udp_ip_at, *udp = ip + shape->udp_at;
	struct am_udp hdr = {
		.plen = (uint16_t)(am_load16(udp + 4) - AM_UDP_LEN),
		.csum = am_load16(udp + 6),
	};

	return am_udp_verify(udp, &hdr, shape->udp_family, am_ip_src(inner, shape->udp_family),
		       am_ip_dst(inner, shape->udp_family), false, false) == AM_V_OK;
}

/* Do the fields that differ from packet to packet agree with each other? total: octets of the outermost packet. */
static inline bool fields_agree(const uint8_t *ip, const struct am_lane_shape *shape, uint32_t total)
{
	for (unsigned i = 0; i < shape->n_lengths; i++)
		if (am_load16(ip + shape->lengths[i].at) + (uint32_t)shape->lengths[i].less != total)
			return false;
	for (unsigned i = 0; i < shape->n_sums; i++)
		if (!sum_is_right(ip + shape->sum_at[i]))
			return false;
	return likely(!shape->udp_at) || udp_is_right(ip, shape);
}

/* Does the packet in the frame, if it is one, say how long it is as decap.c's check_length wants it? */
static inline bool inner_agrees(
	const uint8_t *frame, uint32_t len, const struct am_ether *eth, bool whole_made)
{
	const uint8_t *ip = frame + eth->len;
	uint32_t has = len - eth->len, says;

	if (likely(eth->type == AM_ET_IPV4 && has >= AM_IP4_LEN))
		says = am_load16(ip + 2);
	else if (eth->type == AM_ET_IPV6 && has >= AM_IP6_LEN)
		says = am_load16(ip + 4) + (uint32_t)AM_IP6_LEN;
	else
		return eth->type != AM_ET_IPV4 && eth->type != AM_ET_IPV6;
	return whole_made ? says == has : says <= has;
}

static inline void count_in(struct am_worker *w, uint16_t iface, uint32_t bytes)
{
	am_count(w, iface, AM_C_RX_PACKETS, 1);
	am_count(w, iface, AM_C_RX_BYTES, bytes);
}

static inline void count(struct am_worker *w, const struct am_lane *lane, const struct am_lane_shape *shape,
	uint32_t total, uint32_t frame_len, bool whole_made)
{
	if (likely(lane->tunnel_iface != AM_NO_ID)) {
		count_in(w, lane->tunnel_iface, total - shape->inside_less);
		if (whole_made)
			am_count(w, lane->tunnel_iface, AM_C_RX_REASSEMBLED, 1);
	}
	if (likely(lane->vxlan))
		count_in(w, lane->iface, frame_len);
}

bool am_lane_take(struct am_worker *w, const struct am_lane *lane, const struct am_lane_shape *shape,
	struct rte_mbuf *m, uint16_t l2, bool whole_made)
{
	const uint8_t *ip = am_buf_data(m) + l2, *frame = ip + shape->len;
	uint32_t has = am_buf_len(m) - l2, total, len;
	struct am_frame *f;

	if (unlikely(lane->mark != shape->mark || has < shape->blocks * (unsigned)AM_LANE_BLOCK ||
		     !is_same(ip, lane, shape)))
		return false;
	total = am_load16(ip + shape->total_at) + (uint32_t)shape->total_more;
	if (unlikely(total > has || total < shape->len + (uint32_t)AM_ETH_LEN ||
		     !fields_agree(ip, shape, total)))
		return false;
	len = total - shape->len;
	f = am_input_place(w);
	if (unlikely(am_ether_parse(frame, len, &f->eth) != AM_V_OK || (f->eth.tags && !lane->tags) ||
		     !inner_agrees(frame, len, &f->eth, whole_made)))
		return false;
	am_buf_adj(m, (uint16_t)(l2 + shape->len));
	am_buf_set_len(m, (uint16_t)len);
	count(w, lane, shape, total, len, whole_made);
	if ((lane->mss4 | lane->mss6) && am_mss_clamp_frame(am_buf_data(m), len, lane->mss4, lane->mss6))
		am_count(w, lane->iface, AM_C_MSS_CLAMPED, 1);
	f->m = m;
	f->member = lane->member;
	f->iface = lane->iface;
	am_input_frame(w, f);
	return true;
}

/* ---- learning ---- */

static void add_length(struct am_lane_shape *s, unsigned at, unsigned less)
{
	s->lengths[s->n_lengths].at = (uint8_t)at;
	s->lengths[s->n_lengths++].less = (uint8_t)less;
}

static void mask_ip4(struct am_lane_shape *s, unsigned at)
{
	uint8_t *mask = s->mask + at;

	mask[1] = TOS_LOW_BIT; /* clear: neither CE nor ECT(1), which the long way tells the inner packet */
	memset(mask + 2, DONT_CARE, 4);
	mask[6] = 0x3f; /* a fragment is none; DF and the reserved bit may be anything */
	mask[8] = DONT_CARE;
	memset(mask + 10, DONT_CARE, 2);
	s->sum_at[s->n_sums++] = (uint8_t)at;
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

/* Addresses of the outer and inner packet, and the VNI: what differs between lanes of one shape. */
static void choose_keys(struct am_lane_shape *s, const struct am_lane_note *note)
{
	unsigned last = note->n_ip - 1u;

	s->key_at[0] = note->family[0] == AM_IPV4 ? 12 : 16; /* both addresses, or the remote's second half */
	s->key_at[1] = (uint8_t)(note->ip_at[last] + (note->family[last] == AM_IPV4 ? 12 : 16));
	s->key_at[2] = (uint8_t)(s->len - 8);
}

static struct am_lane_shape make_shape(const struct am_lane_note *note, const uint8_t *ip, uint16_t len)
{
	bool v4 = note->family[0] == AM_IPV4;
	struct am_lane_shape s = {
		.len = len,
		.blocks = (uint8_t)((len + AM_LANE_BLOCK - 1) / AM_LANE_BLOCK),
		.total_at = v4 ? 2 : 4,
		.total_more = v4 ? 0 : AM_IP6_LEN,
		.inside_less = note->inside_at,
	};

	mask_layers(&s, note, ip);
	choose_keys(&s, note);
	return s;
}

static bool is_same_shape(const struct am_lane_shape *a, const struct am_lane_shape *b)
{
	return a->len == b->len && a->total_at == b->total_at && a->udp_at == b->udp_at &&
	       a->inside_less == b->inside_less && a->n_sums == b->n_sums && a->n_lengths == b->n_lengths &&
	       !memcmp(a->lengths, b->lengths, sizeof a->lengths) &&
	       !memcmp(a->mask, b->mask, sizeof a->mask);
}

/* The shape in its place; what was another there is gone, and with it its lanes. */
static void settle_shape(struct am_worker *w, struct am_lane_shape *place, const struct am_lane_shape *s)
{
	if (place->mark && is_same_shape(place, s))
		return;
	*place = *s;
	place->mark = ++w->lane_mark;
}

static void learn(struct am_worker *w, const struct am_lane_note *note, const uint8_t *ip, uint16_t len,
	const struct am_lane *as)
{
	struct am_lane_shape s = make_shape(note, ip, len);
	struct am_lane_shape *place = am_lane_shape_of(w->shapes, note->vrf, note->family[0], ip);
	struct am_lane *lane;

	settle_shape(w, place, &s);
	lane = &w->lanes[am_lane_hash(place, ip) & w->lane_mask];
	*lane = *as;
	lane->mark = place->mark;
	for (unsigned i = 0; i < AM_LANE_OCTETS; i++)
		lane->want[i] = i < len ? ip[i] & place->mask[i] : 0;
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
}
