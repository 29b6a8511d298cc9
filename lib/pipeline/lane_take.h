/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef PIPELINE_LANE_TAKE_H
#define PIPELINE_LANE_TAKE_H
/* Packets that have a lane, inline for the loop over arrivals. */
#include "base/cpu.h"
#include "input.h"
#include "net/csum.h"
#include "net/mss.h"

#if defined(__SSE4_1__)
#include <immintrin.h>
#endif

enum {
	AM_LANE_NEXT_AT = 6,      /* next header, in an IPv6 header */
	AM_LANE_OFFSET6 = 0xfff8, /* in a Fragment header's field */
	AM_LANE_MORE6 = 1,
};

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

/* The first octets of an IPv6 header, with another next header. */
static inline am_lane_block am_lane_load_next(const uint8_t *ip, uint8_t next)
{
	return _mm_insert_epi8(am_lane_load(ip), next, AM_LANE_NEXT_AT);
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

static inline am_lane_block am_lane_load_next(const uint8_t *ip, uint8_t next)
{
	am_lane_block block = am_lane_load(ip);

	block.octet[AM_LANE_NEXT_AT] = next;
	return block;
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

/* Is an IPv4 packet part of a datagram, and of which part? */
static inline bool am_lane_is_part4(const uint8_t *ip)
{
	uint16_t field;

	memcpy(&field, ip + 6, sizeof field);
	return field & __builtin_bswap16(AM_IP4_MF | AM_LANE_OFFSET4);
}

static inline enum am_part am_lane_part4(const uint8_t *ip)
{
	if (likely(!am_lane_is_part4(ip)))
		return AM_PART_WHOLE;
	return am_load16(ip + 6) & AM_LANE_OFFSET4 ? AM_PART_LATER : AM_PART_FIRST;
}

/*
 * Where a worker's lanes are, beside it: its own fields might have changed with whatever is written. And which shape the
 * last packet had, since most that follow have it too.
 */
struct am_lanes {
	struct am_lane_shape *shapes;
	struct am_lane *lanes;
	uint32_t mask;
	uint16_t vrf;
	/* of the last one; at first nothing has so many octets */
	uint32_t octets;
	uint32_t kind;          /* which outermost header, and protocol */
	uint32_t gre, gre_bits; /* what a GRE header has in those bits; no bit, with other protocols */
	const struct am_lane_shape *shape;
};

static inline struct am_lanes am_lanes_of(struct am_worker *w, uint16_t vrf)
{
	return (struct am_lanes){.shapes = w->shapes,
		.lanes = w->lanes,
		.mask = w->lane_mask,
		.vrf = vrf,
		.octets = UINT32_MAX};
}

static inline uint32_t am_lane_gre_octets(const uint8_t *gre)
{
	uint32_t v;

	memcpy(&v, gre, sizeof v);
	return v;
}

/* Is this packet of the shape that the last one had? It has lanes->octets. */
static inline bool am_lanes_is_last(
	const struct am_lanes *lanes, bool v4, uint8_t proto, const uint8_t *header)
{
	return lanes->kind == (proto | (uint32_t)!v4 << 8) &&
	       (am_lane_gre_octets(header) & lanes->gre_bits) == lanes->gre;
}

/* ip and behind are as in am_lane_hash. */
static inline void am_lane_set(
	const struct am_lanes *lanes, struct am_arrival *a, const uint8_t *ip, const uint8_t *behind)
{
	a->shape = lanes->shape;
	a->lane = &lanes->lanes[am_lane_hash(lanes->shape, ip, behind) & lanes->mask];
	rte_prefetch0(a->lane);
	rte_prefetch0(a->lane->want);
}

/* am_lane_ask where the packet is not like the last one. */
void am_lane_ask_any(struct am_lanes *lanes, struct am_arrival *a, uint8_t *ip, uint32_t has);

/* The same of one with a Fragment header, of so many octets as shapes compare. False: ask that. */
static inline bool am_lane_ask_part6(
	const struct am_lanes *lanes, struct am_arrival *a, const uint8_t *ip, uint32_t has)
{
	const uint8_t *behind = ip + AM_IP6_FRAG_LEN;
	uint16_t field;

	memcpy(&field, ip + AM_IP6_LEN + 2, sizeof field);
	if (field & __builtin_bswap16(AM_LANE_OFFSET6)) {
		a->part = AM_PART_LATER;
		a->lane = NULL;
		return true;
	}
	if (!(field & __builtin_bswap16(AM_LANE_MORE6)) || has - AM_IP6_FRAG_LEN < lanes->octets ||
		!am_lanes_is_last(lanes, false, ip[AM_IP6_LEN], behind + AM_IP6_LEN))
		return false;
	a->part = AM_PART_FIRST;
	am_lane_set(lanes, a, ip, behind);
	return true;
}

/*
 * Which lane an arrival may belong to, by what its header says; whether it does is seen later. Where there is one, it has
 * as many octets as the shape of that moment compares, on IPv6 without a Fragment header's. ip is its outermost header, of has octets;
 * that it is whole has been supposed.
 */
static inline __attribute__((always_inline)) void am_lane_ask(
	struct am_lanes *lanes, struct am_arrival *a, bool v4, uint8_t *ip, uint32_t has)
{
	a->has = has;
	a->ip = ip;
	if (likely(has >= lanes->octets)) {
		if (v4 && unlikely(am_lane_is_part4(ip))) {
			a->part = am_lane_part4(ip);
			if (a->part == AM_PART_LATER) {
				a->lane = NULL;
				return;
			}
		}
		if (!v4 && unlikely(ip[AM_LANE_NEXT_AT] == AM_PROTO_FRAGMENT)) {
			if (likely(am_lane_ask_part6(lanes, a, ip, has)))
				return;
		} else if (likely(v4 ? am_lanes_is_last(lanes, true, ip[9], ip + AM_IP4_LEN)
				     : am_lanes_is_last(lanes, false, ip[6], ip + AM_IP6_LEN))) {
			am_lane_set(lanes, a, ip, ip);
			return;
		}
	}
	am_lane_ask_any(lanes, a, ip, has);
}

/* What differs behind the first AM_LANE_NEAR octets. */
static inline AM_INLINE am_lane_block am_lane_compare_far(
	const uint8_t *ip, const struct am_lane *lane, const struct am_lane_shape *shape)
{
	am_lane_block differs = {0};

	for (unsigned at = AM_LANE_NEAR; at < (unsigned)AM_LANE_NEAR + shape->far; at += AM_LANE_BLOCK)
		differs = am_lane_compare(differs, am_lane_load(ip + at), lane, shape, at);
	return differs;
}

#if defined(__SSE4_1__)
static inline AM_AVX2 __m256i am_lane_compare_wide(
	const uint8_t *ip, const struct am_lane *lane, const struct am_lane_shape *shape, unsigned at)
{
	__m256i is = _mm256_loadu_si256((const __m256i *)(const void *)(ip + at));
	__m256i want = _mm256_load_si256((const __m256i *)(const void *)(lane->want + at));
	__m256i mask = _mm256_load_si256((const __m256i *)(const void *)(shape->mask + at));

	return _mm256_and_si256(_mm256_xor_si256(is, want), mask);
}

static inline AM_AVX2 bool am_lane_is_same_wide(
	const uint8_t *ip, const struct am_lane *lane, const struct am_lane_shape *shape)
{
	__m256i differs = _mm256_or_si256(am_lane_compare_wide(ip, lane, shape, 0),
		am_lane_compare_wide(ip, lane, shape, AM_LANE_NEAR / 2));

	if (unlikely(shape->far) && !am_lane_is_zero(am_lane_compare_far(ip, lane, shape)))
		return false;
	return _mm256_testz_si256(differs, differs);
}
#endif

/*
 * Is the header at ip what the lane remembers, wherever the mask says that it must be? wide, a constant: the caller is a
 * variant for AVX2.
 */
static inline AM_INLINE bool am_lane_is_same(
	const uint8_t *ip, const struct am_lane *lane, const struct am_lane_shape *shape, bool wide)
{
	am_lane_block differs = {0};

#if defined(__SSE4_1__)
	if (wide)
		return am_lane_is_same_wide(ip, lane, shape);
#endif
#pragma GCC unroll 4
	for (unsigned at = 0; at < AM_LANE_NEAR; at += AM_LANE_BLOCK)
		differs = am_lane_compare(differs, am_lane_load(ip + at), lane, shape, at);
	return am_lane_is_zero(differs) &&
	       (likely(!shape->far) || am_lane_is_zero(am_lane_compare_far(ip, lane, shape)));
}

/* The same of a first fragment on IPv6, whose Fragment header, in between, is to be gone. */
static inline bool am_lane_is_same_in_fragment(
	const uint8_t *ip, const struct am_lane *lane, const struct am_lane_shape *shape)
{
	const uint8_t *behind = ip + AM_IP6_FRAG_LEN;
	am_lane_block differs = {0};

	differs = am_lane_compare(differs, am_lane_load_next(ip, ip[AM_IP6_LEN]), lane, shape, 0);
	differs = am_lane_compare(differs, am_lane_load(ip + 16), lane, shape, 16);
	differs = am_lane_compare(differs, am_lane_load_two(ip + 32, behind + 40), lane, shape, 32);
	for (unsigned at = 48; at < (unsigned)AM_LANE_NEAR + shape->far; at += AM_LANE_BLOCK)
		differs = am_lane_compare(differs, am_lane_load(behind + at), lane, shape, at);
	return am_lane_is_zero(differs);
}

/* Do the two lengths inside say what total, octets of the outermost packet, leaves to them? */
static inline bool am_lane_lengths_agree(const uint8_t *ip, const struct am_lane_shape *shape, uint32_t total)
{
	uint16_t first, second;
	uint32_t says;

	memcpy(&first, ip + shape->length_at[0], sizeof first);
	memcpy(&second, ip + shape->length_at[1], sizeof second);
	says = __builtin_bswap32(first | (uint32_t)second << 16);
	/* Neither half of the difference borrows: each length is that of something with headers. */
	return says + shape->length_less == total * 0x10001;
}

/*
 * Do the fields inside that differ from packet to packet agree with each other? total: octets of the outermost packet. Where
 * they are no more than its headers the answer may be wrong.
 */
static inline AM_INLINE bool am_lane_agrees(
	const uint8_t *ip, const struct am_lane *lane, const struct am_lane_shape *shape, uint32_t total)
{
	if (likely(shape->regular))
		return am_lane_lengths_agree(ip, shape, total) &&
		       am_csum_ip4_fits(ip + shape->inner4_at, lane->inner_rest);
	if (total < shape->least || (shape->length_at[0] && !am_lane_lengths_agree(ip, shape, total)))
		return false;
	if (shape->inner4_at && !am_csum_ip4_fits(ip + shape->inner4_at, lane->inner_rest))
		return false;
	return !shape->udp_at || am_lane_udp_is_right(ip, shape);
}

/* Does the packet in a frame, if it is one, say how long it is as open.c's check_length wants it? */
static inline bool am_lane_says(uint32_t says, uint32_t has, bool whole_made)
{
	return whole_made ? says == has : says <= has;
}

/* What a burst needs of its worker. */
struct am_lane_burst {
	struct am_worker *w;
	struct am_frame *next; /* the worker's next frame: its own count is behind while lanes are taken */
	struct am_fdb_lines fdb;
	bool unusual;   /* frames need more than the FDB is asked for */
	bool asked;     /* for what pairs behind the first one copy */
	unsigned pairs; /* joined */
};

static inline struct am_lane_burst am_lane_burst_of(struct am_worker *w)
{
	return (struct am_lane_burst){.w = w,
		.next = &w->frames[w->n_frames],
		.fdb = w->plane->conf.fdb->read,
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

/* One of each by itself, not two side by side in one addition, which takes more to prepare than it saves. */
static inline void am_lane_count(
	const struct am_lane *lane, uint32_t inside_len, uint32_t frame_len, bool whole_made)
{
	uint64_t *tunnel = lane->tunnel->count, *inside = lane->inside->count;

	tunnel[AM_C_RX_PACKETS]++;
	inside[AM_C_RX_PACKETS]++;
	tunnel[AM_C_RX_BYTES] += inside_len;
	inside[AM_C_RX_BYTES] += frame_len;
	if (whole_made)
		tunnel[AM_C_RX_REASSEMBLED]++;
}

_Static_assert(sizeof(struct am_frame) - offsetof(struct am_frame, eth) == sizeof(struct am_lane_rest) &&
		       offsetof(struct am_frame, member) - offsetof(struct am_frame, eth) ==
			       offsetof(struct am_lane_rest, member) &&
		       offsetof(struct am_frame, hash) - offsetof(struct am_frame, eth) ==
			       offsetof(struct am_lane_rest, peer) &&
		       offsetof(struct am_frame, across) - offsetof(struct am_frame, eth) ==
			       offsetof(struct am_lane_rest, across),
	"as in a frame");

/* As it lies in memory: without a copy of it on the stack, which a function would have to align that for. */
typedef uint64_t am_lane_words
	__attribute__((vector_size(sizeof(struct am_lane_rest)), aligned(1), may_alias));

static inline AM_INLINE void am_lane_put_rest(struct am_frame *f, const struct am_lane *lane)
{
	*(am_lane_words *)(void *)&f->eth = *(const am_lane_words *)(const void *)&lane->rest;
}

/* A packet whose header is its lane's: at ip, or where that would stand if the headers that the lane knows followed each other. */
struct am_lane_packet {
	struct rte_mbuf *m;
	uint8_t *ip;
	uint32_t total;  /* octets from there on that the header says of them; they are there */
	bool whole_made; /* it was put together from fragments */
};

/* am_lane_open where the frame is not IPv4 without a tag, or its length or member takes a closer look. */
bool am_lane_open_any(struct am_lane_burst *b, const struct am_lane *lane, const struct am_lane_shape *shape,
	const struct am_lane_packet *p);

/* The type of a frame as a native word. */
static inline AM_INLINE uint16_t am_lane_type(const uint8_t *frame)
{
	uint16_t type;

	memcpy(&type, frame + 2 * AM_MAC_LEN, sizeof type);
	return type;
}

static inline AM_INLINE bool am_lane_is_six(uint16_t type)
{
	return type == __builtin_bswap16(AM_ET_IPV6);
}

/*
 * Is what came out an IP packet without a tag, of so many octets, that says how long it is? It has at least IPv4's header, and type is
 * am_lane_type.
 */
static inline AM_INLINE bool am_lane_is_usual(
	const uint8_t *frame, uint16_t type, uint32_t payload, bool whole_made)
{
	const uint8_t *ip = frame + AM_ETH_LEN;

	if (likely(type == __builtin_bswap16(AM_ET_IPV4)))
		return am_lane_says(am_load16(ip + 2), payload, whole_made);
	return am_lane_is_six(type) &&
	       am_lane_says(am_load16(ip + 4) + (uint32_t)AM_IP6_LEN, payload, whole_made);
}

/* Where SYNs take a closer look: is it none, and not too long either? */
static inline AM_INLINE bool am_lane_is_no_syn(
	const struct am_lane *lane, const uint8_t *frame, uint32_t payload)
{
	/* What the lane has too, but known to the compiler. */
	struct am_ether eth = {.len = AM_ETH_LEN};

	if (payload - AM_IP4_LEN >= lane->no_syn_room)
		return false;
	eth.type = am_lane_is_six(am_lane_type(frame)) ? AM_ET_IPV6 : AM_ET_IPV4;
	return !am_mss_may_clamp(frame, payload + AM_ETH_LEN, &eth);
}

/*
 * Take m, whose header is the same as the lane's, out of its tunnel: it is among w's frames then. False: m is
 * untouched. ip, total and whole_made are as in am_lane_packet; has the octets that are there.
 */
static inline AM_INLINE bool am_lane_open(struct am_lane_burst *b, const struct am_lane *lane,
	const struct am_lane_shape *shape, struct rte_mbuf *m, uint8_t *ip, uint32_t has, uint32_t total,
	bool whole_made)
{
	uint8_t *frame = ip + shape->len;
	uint32_t payload = total - shape->least;
	struct am_frame *f = b->next;
	uint16_t type;

	/* There are at least AM_ETH_LEN octets behind the header. Too few in all are vastly many as payload, and no lane's. */
	if (unlikely(total > has || !am_lane_agrees(ip, lane, shape, total)))
		return false;
	if (unlikely((payload - AM_IP4_LEN >= lane->room && !am_lane_is_no_syn(lane, frame, payload)) ||
		     !am_lane_is_usual(frame, type = am_lane_type(frame), payload, whole_made) || b->unusual))
		return am_lane_open_any(b, lane, shape, &(struct am_lane_packet){m, ip, total, whole_made});
	am_lane_count(lane, total - shape->inside_less, payload + AM_ETH_LEN, whole_made);
	am_buf_cut_to(m, frame, payload + AM_ETH_LEN);
	f->m = m;
	am_lane_put_rest(f, lane);
	if (unlikely(am_lane_is_six(type)))
		f->eth.type = AM_ET_IPV6;
	am_bridge_ask(f, frame, lane->bridge, b->fdb);
	b->next++;
	return true;
}

/*
 * Where a packet's lane would be, another one's is: the place beside it may hold this one's. NULL, or that of a packet with the
 * header at ip; a has a lane, of the shape's mark. part: a first fragment on IPv6.
 */
const struct am_lane *am_lane_beside(const struct am_worker *w, const struct am_arrival *a, bool part6);

/* Take an arrival that is whole, if the lane that it was asked for is the one it belongs to. False: it is untouched. */
static inline AM_INLINE bool am_lane_take(
	struct am_lane_burst *b, const struct am_arrival *a, bool whole_made, bool wide)
{
	const struct am_lane *lane = a->lane;
	const struct am_lane_shape *shape = a->shape;
	uint8_t *ip = a->ip;
	uint32_t total;

	if (unlikely(!lane || lane->mark != shape->mark))
		return false;
	if (unlikely(!am_lane_is_same(ip, lane, shape, wide))) {
		lane = am_lane_beside(b->w, a, false);
		if (!lane)
			return false;
	}
	if (likely(shape->outer4)) {
		total = am_load16(ip + 2);
		if (unlikely(!am_csum_ip4_fits(ip, lane->outer_rest)))
			return false;
	} else {
		total = am_load16(ip + 4) + (uint32_t)AM_IP6_LEN;
	}
	return am_lane_open(b, lane, shape, a->m, ip, a->has, total, whole_made);
}

#endif
