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

#if defined(__SSE4_1__)
typedef __m128i am_lane_block;

static inline am_lane_block am_lane_load(const uint8_t *at)
{
	return _mm_loadu_si128((const __m128i *)(const void *)at);
}

/* 8 octets at a, and 8 at b behind them. */
static inline am_lane_block am_lane_load_two(const uint8_t *a, const uint8_t *b)
{
	return _mm_unpacklo_epi64(_mm_loadl_epi64((const __m128i *)(const void *)a),
		_mm_loadl_epi64((const __m128i *)(const void *)b));
}

/* What differs in one block, where the mask says that it must not, added to what did. */
static inline am_lane_block am_lane_compare(am_lane_block differs, am_lane_block is,
	const struct am_lane *lane, const struct am_lane_shape *shape, unsigned at)
{
	am_lane_block want = _mm_load_si128((const __m128i *)(const void *)(lane->want + at));
	am_lane_block mask = _mm_load_si128((const __m128i *)(const void *)(shape->mask + at));

	return _mm_or_si128(differs, _mm_and_si128(_mm_xor_si128(is, want), mask));
}

static inline bool am_lane_is_zero(am_lane_block b)
{
	return _mm_testz_si128(b, b);
}
#else
typedef struct {
	uint8_t octet[AM_LANE_BLOCK];
} am_lane_block;

static inline am_lane_block am_lane_load_two(const uint8_t *a, const uint8_t *b)
{
	am_lane_block block;

	memcpy(block.octet, a, 8);
	memcpy(block.octet + 8, b, 8);
	return block;
}

static inline am_lane_block am_lane_load(const uint8_t *at)
{
	return am_lane_load_two(at, at + 8);
}

static inline am_lane_block am_lane_compare(am_lane_block differs, am_lane_block is,
	const struct am_lane *lane, const struct am_lane_shape *shape, unsigned at)
{
	for (unsigned i = 0; i < AM_LANE_BLOCK; i++)
		differs.octet[i] |= (is.octet[i] ^ lane->want[at + i]) & shape->mask[at + i];
	return differs;
}

static inline bool am_lane_is_zero(am_lane_block b)
{
	uint8_t all = 0;

	for (unsigned i = 0; i < AM_LANE_BLOCK; i++)
		all |= b.octet[i];
	return !all;
}
#endif

/* Of which part of a datagram an arrival is, of which so many octets are there, at least 20. */
static inline enum am_part am_lane_part(bool v4, const uint8_t *ip, uint32_t has)
{
	enum { IP4_OFFSET = 0x1fff, IP6_OFFSET = 0xfff8, IP6_MORE = 1 };
	uint32_t field;

	if (v4) {
		field = am_load16(ip + 6) & (AM_IP4_MF | IP4_OFFSET);
		if (likely(!field))
			return AM_PART_WHOLE;
		return field & IP4_OFFSET ? AM_PART_LATER : AM_PART_FIRST;
	}
	if (likely(ip[6] != AM_PROTO_FRAGMENT || has < AM_IP6_LEN + AM_IP6_FRAG_LEN))
		return AM_PART_WHOLE;
	field = am_load16(ip + AM_IP6_LEN + 2);
	if (field & IP6_OFFSET)
		return AM_PART_LATER;
	return field & IP6_MORE ? AM_PART_FIRST : AM_PART_WHOLE;
}

/* Where a worker's lanes are, beside it: its own fields might have changed with whatever is written. */
struct am_lanes {
	struct am_lane_shape *shapes;
	struct am_lane *lanes;
	uint32_t mask;
	uint16_t vrf;
};

static inline struct am_lanes am_lanes_of(struct am_worker *w, uint16_t vrf)
{
	return (struct am_lanes){w->shapes, w->lanes, w->lane_mask, vrf};
}

/* behind is as in am_lane_hash. */
static inline __attribute__((always_inline)) void am_lane_ask_at(const struct am_lanes *lanes,
	struct am_arrival *a, bool v4, uint8_t proto, const uint8_t *ip, const uint8_t *behind, uint32_t has)
{
	const struct am_lane_shape *shape;

	if (unlikely(lanes->vrf >= AM_LANE_VRFS))
		return;
	shape = am_lane_shape_of(
		lanes->shapes, lanes->vrf, v4, proto, behind + (v4 ? AM_IP4_LEN : AM_IP6_LEN));
	if (unlikely(has < shape->octets))
		return;
	a->shape = shape;
	a->lane = &lanes->lanes[am_lane_hash(shape, ip, behind) & lanes->mask];
	rte_prefetch0(a->lane);
	rte_prefetch0((const uint8_t *)a->lane + 64);
}

/*
 * Which lane an arrival may belong to, by what its header says; whether it does is seen later. Where there is one, it has
 * as many octets as the shape compares, on IPv6 without a Fragment header's.
 */
static inline void am_lane_ask(const struct am_lanes *lanes, struct am_arrival *a)
{
	const uint8_t *ip = am_buf_data(a->m) + a->l2;
	uint32_t has = am_buf_len(a->m) - a->l2;

	a->lane = NULL;
	a->part = AM_PART_WHOLE;
	if (unlikely(has < AM_IP4_LEN))
		return;
	a->part = am_lane_part(a->type == AM_ET_IPV4, ip, has);
	if (unlikely(a->part == AM_PART_LATER || has < AM_LANE_NEAR + AM_IP6_FRAG_LEN))
		return;
	if (a->type == AM_ET_IPV4)
		am_lane_ask_at(lanes, a, true, ip[9], ip, ip, has);
	else if (likely(a->part == AM_PART_WHOLE))
		am_lane_ask_at(lanes, a, false, ip[6], ip, ip, has);
	else
		am_lane_ask_at(
			lanes, a, false, ip[AM_IP6_LEN], ip, ip + AM_IP6_FRAG_LEN, has - AM_IP6_FRAG_LEN);
}

/* Is the header at ip what the lane remembers, wherever the mask says that it must be? */
static inline bool am_lane_is_same(
	const uint8_t *ip, const struct am_lane *lane, const struct am_lane_shape *shape)
{
	am_lane_block differs = {0};

#pragma GCC unroll 4
	for (unsigned at = 0; at < AM_LANE_NEAR; at += AM_LANE_BLOCK)
		differs = am_lane_compare(differs, am_lane_load(ip + at), lane, shape, at);
	for (unsigned at = AM_LANE_NEAR; unlikely(at < (unsigned)AM_LANE_NEAR + shape->far);
		at += AM_LANE_BLOCK)
		differs = am_lane_compare(differs, am_lane_load(ip + at), lane, shape, at);
	return am_lane_is_zero(differs);
}

/* The same of a first fragment on IPv6, whose Fragment header, in between, is to be gone. */
static inline bool am_lane_is_same_in_fragment(
	const uint8_t *ip, const struct am_lane *lane, const struct am_lane_shape *shape)
{
	enum { NEXT_AT = 6, NEXT_MASK = 0xff };
	const uint8_t *behind = ip + AM_IP6_FRAG_LEN;
	uint8_t first[AM_LANE_BLOCK];
	am_lane_block differs = {0};

	memcpy(first, ip, sizeof first);
	first[NEXT_AT] = ip[AM_IP6_LEN];
	differs = am_lane_compare(differs, am_lane_load(first), lane, shape, 0);
	differs = am_lane_compare(differs, am_lane_load(ip + 16), lane, shape, 16);
	differs = am_lane_compare(differs, am_lane_load_two(ip + 32, behind + 40), lane, shape, 32);
	for (unsigned at = 48; at < (unsigned)AM_LANE_NEAR + shape->far; at += AM_LANE_BLOCK)
		differs = am_lane_compare(differs, am_lane_load(behind + at), lane, shape, at);
	return am_lane_is_zero(differs);
}

/*
 * Do the fields inside that differ from packet to packet agree with each other? total: octets of the outermost packet.
 */
static inline bool am_lane_agrees(const uint8_t *ip, const struct am_lane_shape *shape, uint32_t total)
{
	if (likely(shape->lengths[0].at) &&
		(am_load16(ip + shape->lengths[0].at) + (uint32_t)shape->lengths[0].less != total ||
			am_load16(ip + shape->lengths[1].at) + (uint32_t)shape->lengths[1].less != total))
		return false;
	if (shape->inner4_at && !am_csum_ip4_is_right(ip + shape->inner4_at))
		return false;
	return likely(!shape->udp_at) || am_lane_udp_is_right(ip, shape);
}

/*
 * The Ethernet header of what came out. Does the packet in the frame, if it is one, say how long it is as open.c's
 * check_length wants it?
 */
static inline bool am_lane_parse(const uint8_t *frame, uint32_t len, bool whole_made, struct am_ether *eth)
{
	uint32_t has = len - AM_ETH_LEN, says;

	if (likely(am_load16(frame + 2 * AM_MAC_LEN) == AM_ET_IPV4)) {
		eth->len = AM_ETH_LEN;
		eth->type = AM_ET_IPV4;
		eth->tags = 0;
		if (unlikely(has < AM_IP4_LEN))
			return false;
		says = am_load16(frame + AM_ETH_LEN + 2);
		return whole_made ? says == has : says <= has;
	}
	if (am_ether_parse(frame, len, eth) != AM_V_OK)
		return false;
	has = len - eth->len;
	if (eth->type == AM_ET_IPV4 && has >= AM_IP4_LEN)
		says = am_load16(frame + eth->len + 2);
	else if (eth->type == AM_ET_IPV6 && has >= AM_IP6_LEN)
		says = am_load16(frame + eth->len + 4) + (uint32_t)AM_IP6_LEN;
	else
		return eth->type != AM_ET_IPV4 && eth->type != AM_ET_IPV6;
	return whole_made ? says == has : says <= has;
}

/* What a burst needs of its worker. */
struct am_lane_burst {
	struct am_worker *w;
	struct am_frame *next; /* the worker's next frame: its own count is behind while lanes are taken */
	struct am_iface_counters *counters;
	struct am_member *const *members;
	const struct am_fdb *fdb;
	bool unusual; /* frames need more than the FDB is asked for */
};

static inline struct am_lane_burst am_lane_burst_of(struct am_worker *w)
{
	return (struct am_lane_burst){.w = w,
		.next = &w->frames[w->n_frames],
		.counters = w->counters,
		.members = w->roots->members,
		.fdb = w->plane->conf.fdb,
		.unusual = w->rx_finish || w->hands_off};
}

/* Before and after others add frames. */
static inline void am_lane_burst_leave(const struct am_lane_burst *b)
{
	b->w->n_frames = (unsigned)(b->next - b->w->frames);
}

static inline void am_lane_burst_enter(struct am_lane_burst *b)
{
	b->next = &b->w->frames[b->w->n_frames];
}

static inline void am_lane_count_in(struct am_iface_counters *row, uint32_t bytes)
{
	row->count[AM_C_RX_PACKETS]++;
	row->count[AM_C_RX_BYTES] += bytes;
}

/* Only VXLAN keeps tags, and that where its bridge wants them. */
static __attribute__((noinline)) bool am_lane_may_be_tagged(
	const struct am_lane_burst *b, const struct am_member *in)
{
	return in->kind == AM_MEMBER_VTEP && b->w->roots->bridges[in->bridge]->inner_vlan;
}

static inline void am_lane_count(const struct am_lane_burst *b, const struct am_lane *lane,
	const struct am_member *in, uint32_t inside_len, uint32_t frame_len, bool whole_made)
{
	if (likely(lane->tunnel_iface != AM_NO_ID)) {
		am_lane_count_in(&b->counters[lane->tunnel_iface], inside_len);
		if (whole_made)
			b->counters[lane->tunnel_iface].count[AM_C_RX_REASSEMBLED]++;
	}
	if (likely(in->kind == AM_MEMBER_VTEP))
		am_lane_count_in(&b->counters[in->iface], frame_len);
}

/*
 * Take m, whose header is the same as the lane's, out of its tunnel: it is among w's frames then. False: m is
 * untouched. ip is its outermost IP header, or where that would stand if the headers that the lane knows followed each
 * other; has the octets from there on, total what that header says of them. whole_made: it was put together from
 * fragments.
 */
static inline __attribute__((always_inline)) bool am_lane_open(struct am_lane_burst *b,
	const struct am_lane *lane, const struct am_lane_shape *shape, struct rte_mbuf *m, uint8_t *ip,
	uint32_t has, uint32_t total, bool whole_made)
{
	uint32_t headers = shape->len, len = total - headers;
	uint8_t *frame = ip + headers;
	const struct am_member *in = b->members[lane->member];
	struct am_frame *f = b->next;

	/* There are at least AM_ETH_LEN octets behind the header; are there len, and is that enough? */
	if (unlikely(len - AM_ETH_LEN > has - headers - AM_ETH_LEN || !am_lane_agrees(ip, shape, total) ||
		     !am_lane_parse(frame, len, whole_made, &f->eth)))
		return false;
	if (unlikely(f->eth.tags) && !am_lane_may_be_tagged(b, in))
		return false;
	am_lane_count(b, lane, in, total - shape->inside_less, len, whole_made);
	if (unlikely(lane->mss4 | lane->mss6) && am_mss_may_clamp(frame, len, &f->eth) &&
		am_mss_clamp_frame(frame, len, lane->mss4, lane->mss6))
		am_count(b->w, in->iface, AM_C_MSS_CLAMPED, 1);
	am_buf_cut(m, (uint16_t)(frame - am_buf_data(m)), (uint16_t)len);
	f->m = m;
	f->hashed = false;
	f->popped = false;
	f->member = lane->member;
	f->iface = in->iface;
	if (unlikely(b->unusual)) {
		am_lane_burst_leave(b);
		am_input_frame(b->w, f);
		am_lane_burst_enter(b);
	} else if (am_bridge_admit(b->w, f, in, b->fdb)) {
		b->next++;
	}
	return true;
}

/* Take an arrival that is whole, if the lane that it was asked for is the one it belongs to. False: it is untouched. */
static inline __attribute__((always_inline)) bool am_lane_take(
	struct am_lane_burst *b, const struct am_arrival *a, bool whole_made)
{
	const struct am_lane *lane = a->lane;
	const struct am_lane_shape *shape = a->shape;
	struct rte_mbuf *m = a->m;
	uint8_t *ip = am_buf_data(m) + a->l2;
	uint32_t total;

	if (unlikely(!lane || lane->mark != shape->mark || !am_lane_is_same(ip, lane, shape)))
		return false;
	if (likely(shape->outer4)) {
		total = am_load16(ip + 2);
		if (unlikely(!am_csum_ip4_is_right(ip)))
			return false;
	} else {
		total = am_load16(ip + 4) + (uint32_t)AM_IP6_LEN;
	}
	return am_lane_open(b, lane, shape, m, ip, am_buf_len(m) - a->l2, total, whole_made);
}

#endif
