/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef PIPELINE_LANE_TAKE_H
#define PIPELINE_LANE_TAKE_H
/* Packets that have a lane, inline for the loop over arrivals. */
#include "input.h"
#include "net/csum.h"
#include "net/mss.h"

#if defined(__SSE4_1__)
#include <smmintrin.h>
#endif

/* The UDP checksum of a packet whose lengths agree. */
bool am_lane_udp_is_right(const uint8_t *ip, const struct am_lane_shape *shape);

/* Is the header at ip what the lane remembers, wherever the mask says that it must be? */
static inline bool am_lane_is_same(
	const uint8_t *ip, const struct am_lane *lane, const struct am_lane_shape *shape)
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

/* Do the fields that differ from packet to packet agree with each other? total: octets of the outermost packet. */
static inline bool am_lane_agrees(const uint8_t *ip, const struct am_lane_shape *shape, uint32_t total)
{
	for (unsigned i = 0; i < shape->n_lengths; i++)
		if (am_load16(ip + shape->lengths[i].at) + (uint32_t)shape->lengths[i].less != total)
			return false;
	for (unsigned i = 0; i < shape->n_sums; i++)
		if (!am_csum_ip4_is_right(ip + shape->sum_at[i]))
			return false;
	return likely(!shape->udp_at) || am_lane_udp_is_right(ip, shape);
}

/* Does the packet in the frame, if it is one, say how long it is as decap.c's check_length wants it? */
static inline bool am_lane_inner_agrees(
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

static inline void am_lane_count_in(struct am_worker *w, uint16_t iface, uint32_t bytes)
{
	am_count(w, iface, AM_C_RX_PACKETS, 1);
	am_count(w, iface, AM_C_RX_BYTES, bytes);
}

static inline void am_lane_count(struct am_worker *w, const struct am_lane *lane,
	const struct am_lane_shape *shape, uint32_t total, uint32_t frame_len, bool whole_made)
{
	if (likely(lane->tunnel_iface != AM_NO_ID)) {
		am_lane_count_in(w, lane->tunnel_iface, total - shape->inside_less);
		if (whole_made)
			am_count(w, lane->tunnel_iface, AM_C_RX_REASSEMBLED, 1);
	}
	if (likely(lane->vxlan))
		am_lane_count_in(w, lane->iface, frame_len);
}

/*
 * Take m, whose outermost IP header is behind l2 octets, out of its tunnel, if lane is the one it belongs to: m is
 * then among w's frames. False: m is untouched. whole_made: it was put together from fragments.
 */
static inline bool am_lane_take(struct am_worker *w, const struct am_lane *lane,
	const struct am_lane_shape *shape, struct rte_mbuf *m, uint16_t l2, bool whole_made)
{
	const uint8_t *ip = am_buf_data(m) + l2, *frame = ip + shape->len;
	uint32_t has = am_buf_len(m) - l2, total, len;
	struct am_frame *f;

	if (unlikely(lane->mark != shape->mark || has < shape->blocks * (unsigned)AM_LANE_BLOCK ||
		     !am_lane_is_same(ip, lane, shape)))
		return false;
	total = am_load16(ip + shape->total_at) + (uint32_t)shape->total_more;
	if (unlikely(total > has || total < shape->len + (uint32_t)AM_ETH_LEN ||
		     !am_lane_agrees(ip, shape, total)))
		return false;
	len = total - shape->len;
	f = am_input_place(w);
	if (unlikely(am_ether_parse(frame, len, &f->eth) != AM_V_OK || (f->eth.tags && !lane->tags) ||
		     !am_lane_inner_agrees(frame, len, &f->eth, whole_made)))
		return false;
	am_buf_adj(m, (uint16_t)(l2 + shape->len));
	am_buf_set_len(m, (uint16_t)len);
	am_lane_count(w, lane, shape, total, len, whole_made);
	if ((lane->mss4 | lane->mss6) && am_mss_may_clamp(am_buf_data(m), len, &f->eth) &&
		am_mss_clamp_frame(am_buf_data(m), len, lane->mss4, lane->mss6))
		am_count(w, lane->iface, AM_C_MSS_CLAMPED, 1);
	f->m = m;
	f->member = lane->member;
	f->iface = lane->iface;
	am_input_frame(w, f);
	return true;
}

#endif
