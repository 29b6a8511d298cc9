/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IP for us, the short way: packets, and halves of them that came side by side, whose headers are like one that was
 * judged before. All others go the long way, which is open.c.
 */
#include "base/bytes.h"
#include "lane_take.h"
#include "net/halves.h"
#include "net/plain.h"
#include "open.h"

/* What is noted of a first half: where its lane is, in lines, and where its shape is, in steps that all of them fit. */
enum { NOTE_LANE_LINE = 6, NOTE_LANE_BITS = 18, NOTE_SHAPE_STEP = 4 };

enum {
	LINE = 64,
	AHEAD = 12,       /* arrivals: six pairs */
	ASKED_MOST = 512, /* octets; of longer ones the CPU sees by itself how they go on */
};

_Static_assert(sizeof(struct am_lane) * AM_LANES_MAX >> NOTE_LANE_LINE <= 1 << NOTE_LANE_BITS, "a lane fits");
_Static_assert(
	sizeof(struct am_lane_shape) * AM_LANE_SHAPES >> NOTE_SHAPE_STEP < AM_REASM_NO_NOTE >> NOTE_LANE_BITS,
	"a shape fits, and is not that of no note");

static inline bool are_halves(
	const struct am_arrival *first, const struct am_arrival *later, struct am_halves *h)
{
	const uint8_t *a = first->ip, *b = later->ip;
	uint32_t a_has = first->has, b_has = later->has;

	if (first->part != AM_PART_FIRST || later->part != AM_PART_LATER || first->l2 != later->l2 ||
		first->type != later->type)
		return false;
	return first->type == AM_ET_IPV4 ? am_ip4_halves(a, a_has, b, b_has, h)
					 : am_ip6_halves(a, a_has, b, b_has, h);
}

/* The same of an arrival and the one behind it, whichever is first. */
static inline bool side_by_side(const struct am_arrival *a, struct am_halves *h)
{
	const bool reversed = a->part == AM_PART_LATER;

	return are_halves(a + reversed, a + !reversed, h);
}

/*
 * Is a first fragment's header, all of it in the len octets that are the datagram's, that of its lane? Or of the one beside that,
 * which is its lane then.
 */
static inline AM_INLINE bool has_lane(
	const struct am_worker *w, struct am_arrival *first, uint32_t len, bool wide)
{
	const bool v4 = first->type == AM_ET_IPV4;
	const uint8_t *ip = first->ip;
	const struct am_lane *lane;

	if (unlikely(!first->lane || first->lane->mark != first->shape->mark || len < first->shape->octets))
		return false;
	if (likely(v4 ? am_lane_is_same(ip, first->lane, first->shape, wide)
		      : am_lane_is_same_in_fragment(ip, first->lane, first->shape)))
		return true;
	lane = am_lane_beside(w, first, !v4);
	if (lane)
		first->lane = lane;
	return lane;
}

/* Whose fragment it is, by its addresses. False where that takes the long way: nobody's, or with little of a header. */
static inline bool find_peer(struct am_worker *w, const struct am_port_root *port, const struct am_arrival *a,
	uint8_t proto, uint32_t len, uint32_t *peer)
{
	enum { CHAIN = 64 }; /* a first half that long holds every header that must be in it (RFC 7112) */
	uint8_t family = a->type == AM_ET_IPV4 ? AM_IPV4 : AM_IPV6;
	struct am_last_peer *last;

	if (unlikely((a->part == AM_PART_FIRST && len < CHAIN) || !am_open_is_tunnel(proto) ||
		     am_open_peer(w, port->vrf, family, am_ip_src(a->ip, family), &last) != AM_V_OK))
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

/* The same of a datagram that needs its headers first. */
static __attribute__((noinline)) void take_with_headers(
	struct am_lane_burst *b, const struct am_port_root *port, const struct am_arrival *first, bool same)
{
	struct rte_mbuf *m = first->m;
	struct am_arrival whole = {.m = m, .l2 = first->l2, .type = first->type};
	uint32_t total;

	am_reasm_headers(m, first->l2, first->type == AM_ET_IPV4 ? AM_IPV4 : AM_IPV6);
	total = am_buf_len(m) - first->l2;
	if (same &&
		am_lane_open(b, first->lane, first->shape, m, am_buf_data(m) + first->l2, total, total, true))
		return;
	take_otherwise(b, port, &whole, true);
}

/*
 * The datagram is whole, of so many octets with the first half's headers, which stay where they are: nobody needs others
 * where it has a lane. A UDP checksum is also over addresses, which are where the headers are right.
 */
static inline AM_INLINE void take_made(struct am_lane_burst *b, const struct am_port_root *port,
	const struct am_arrival *first, uint32_t len, bool same)
{
	uint32_t gap = first->type == AM_ET_IPV4 ? 0 : AM_IP6_FRAG_LEN;
	uint32_t total = len - gap;

	if (unlikely(!same || first->shape->udp_at) ||
		!am_lane_open(b, first->lane, first->shape, first->m, first->ip + gap, total, total, true))
		take_with_headers(b, port, first, same);
}

/*
 * A later pair, if it is as this one: behind what was read of its second half so far, and behind its first one, where that will be
 * copied to. If it is another, some lines are asked for in vain.
 */
static inline AM_INLINE void prefetch_pair(const struct am_arrival *a, uint32_t head, uint32_t second)
{
	const struct rte_mbuf *first = a[0].m, *rest = a[1].m;
	const uint8_t *from = (const uint8_t *)rest->buf_addr + rest->data_off + head,
		      *from_end = from + second;
	const uint8_t *to = (const uint8_t *)first->buf_addr + first->data_off + first->data_len;
	const uint8_t *to_end = to + second;

	for (from += LINE; from < from_end; from += LINE)
		__builtin_prefetch(from);
	__builtin_prefetch(from_end - 1);
	for (; to < to_end; to += LINE)
		__builtin_prefetch(to, 1);
	__builtin_prefetch(to_end - 1, 1);
}

/* The same for those that follow on a burst's first pair, which no earlier one asked for. */
static __attribute__((noinline)) void prefetch_pairs(
	const struct am_worker *w, const struct am_arrival *a, uint32_t head, uint32_t second)
{
	const struct am_arrival *end = w->arrivals + w->n_arrivals;

	__asm__ volatile(""); /* or the compiler sees no effect of this, and leaves out the call */
	if (second <= ASKED_MOST)
		for (unsigned i = 2; i < AHEAD && a + i + 1 < end; i += 2)
			prefetch_pair(a + i, head, second);
}

/* Halves that came side by side, at a. False: they are none, or what is held of the datagram must be asked. */
static inline AM_INLINE bool take_pair(struct am_lane_burst *b, const struct am_port_root *port,
	struct am_arrival *a, struct am_reasm_pair *p, bool wide)
{
	const bool reversed = a->part == AM_PART_LATER;
	struct am_arrival *first = a + reversed;
	const struct am_arrival *later = a + !reversed;
	const struct am_halves *h = &p->halves;
	bool same;

	if (!are_halves(first, later, &p->halves))
		return false;
	same = has_lane(b->w, first, h->plen[0], wide);
	if (likely(same))
		p->peer = first->lane->rest.peer;
	else if (!find_peer(b->w, port, first, h->proto, h->plen[0], &p->peer))
		return false;
	p->first = first->m;
	p->rest = later->m;
	p->data = (uint32_t)first->l2 + h->head;
	if (unlikely(!b->asked)) {
		prefetch_pairs(b->w, a, p->data, h->plen[1]);
		b->asked = true;
	}
	if (likely(a + AHEAD + 1 < b->w->arrivals + b->w->n_arrivals && h->plen[1] <= ASKED_MOST))
		prefetch_pair(a + AHEAD, p->data, h->plen[1]);
	if (unlikely(!am_reasm_pair(b->w->reasm, p)))
		return false;
	b->pairs++;
	take_made(b, port, first, (uint32_t)h->head + h->plen[0] + h->plen[1], same);
	return true;
}

/* Which lane a first half's datagram may belong to, as a number. */
static inline uint32_t note_of(const struct am_worker *w, const struct am_arrival *a)
{
	uint32_t lane = (uint32_t)((const uint8_t *)a->lane - (const uint8_t *)w->lanes);
	uint32_t shape = (uint32_t)((const uint8_t *)a->shape - (const uint8_t *)w->shapes);

	if (!a->lane)
		return AM_REASM_NO_NOTE;
	return lane >> NOTE_LANE_LINE | shape >> NOTE_SHAPE_STEP << NOTE_LANE_BITS;
}

static inline const struct am_lane *noted_lane(const struct am_worker *w, uint32_t note)
{
	size_t at = (size_t)(note & ((1 << NOTE_LANE_BITS) - 1)) << NOTE_LANE_LINE;

	return (const struct am_lane *)(const void *)((const uint8_t *)w->lanes + at);
}

static inline const struct am_lane_shape *noted_shape(const struct am_worker *w, uint32_t note)
{
	size_t at = (size_t)(note >> NOTE_LANE_BITS) << NOTE_SHAPE_STEP;

	return (const struct am_lane_shape *)(const void *)((const uint8_t *)w->shapes + at);
}

/* A fragment in the plainest form, of a peer. False: it is none, and untouched. */
static inline AM_INLINE bool describe_as(struct am_worker *w, const struct am_port_root *port,
	const struct am_arrival *a, bool v4, struct am_reasm_part *p)
{
	struct am_ip_hdr hdr;
	uint32_t peer;

	if (unlikely(!(v4 ? am_ip4_fragment(a->ip, a->has, &hdr) : am_ip6_fragment(a->ip, a->has, &hdr)) ||
		     !find_peer(w, port, a, hdr.proto, hdr.plen, &peer)))
		return false;
	w->peer_iface[peer] = port->iface;
	w->peer_back[peer] = w->rx_back;
	am_reasm_describe(p, peer, a->m, a->l2, &hdr, note_of(w, a));
	return true;
}

static inline bool describe_part(struct am_worker *w, const struct am_port_root *port,
	const struct am_arrival *a, struct am_reasm_part *p)
{
	return likely(a->type == AM_ET_IPV4) ? describe_as(w, port, a, true, p)
					     : describe_as(w, port, a, false, p);
}

/* A datagram with its first half's headers goes out by the lane that was noted of it. False: it does not, and is untouched. */
static inline AM_INLINE bool take_noted_as(
	struct am_lane_burst *b, const struct am_reasm_whole *made, bool v4, bool wide)
{
	const uint32_t l2 = made->last->l2_len, gap = v4 ? 0 : AM_IP6_FRAG_LEN;
	const uint32_t total = am_buf_len(made->m) - l2 - gap;
	const struct am_lane *lane = noted_lane(b->w, made->note);
	const struct am_lane_shape *shape = noted_shape(b->w, made->note);
	uint8_t *ip = am_buf_data(made->m) + l2;

	/* A UDP checksum is also over addresses, which are where the headers are right. */
	if (unlikely(lane->mark != shape->mark || total < shape->octets || shape->udp_at))
		return false;
	return likely(v4 ? am_lane_is_same(ip, lane, shape, wide)
			 : am_lane_is_same_in_fragment(ip, lane, shape)) &&
	       am_lane_open(b, lane, shape, made->m, ip + gap, total, total, true);
}

static inline AM_INLINE bool take_noted(struct am_lane_burst *b, const struct am_reasm_whole *made, bool wide)
{
	if (unlikely(made->headers || made->note == AM_REASM_NO_NOTE))
		return false;
	return likely(made->last->kind >> 8 == AM_IPV4) ? take_noted_as(b, made, true, wide)
							: take_noted_as(b, made, false, wide);
}

/* A datagram out of the table without a lane that was noted, or with headers of its own. */
static __attribute__((noinline)) void take_unnoted(struct am_lane_burst *b, struct am_lanes *lanes,
	const struct am_port_root *port, const struct am_reasm_whole *made)
{
	const uint16_t l2 = made->last->l2_len;
	const uint8_t family = made->last->kind >> 8;
	struct am_arrival whole = {
		.m = made->m, .l2 = l2, .type = family == AM_IPV4 ? AM_ET_IPV4 : AM_ET_IPV6};

	if (!made->headers)
		am_reasm_headers(made->m, l2, family);
	am_lane_ask_any(lanes, &whole, am_buf_data(made->m) + l2, am_buf_len(made->m) - l2);
	if (!am_lane_take(b, &whole, true, false))
		take_otherwise(b, port, &whole, true);
}

/*
 * Fragments alone, from a on, each in the plainest form: into the table, and what is whole with them out. Returns the first one
 * that is not like that, nor half of a pair: a itself, where nothing happened.
 */
static inline AM_INLINE struct am_arrival *take_run(struct am_lane_burst *b, struct am_lanes *lanes,
	const struct am_port_root *port, struct am_arrival *a, const struct am_arrival *end, bool wide)
{
	struct am_reasm_part part[AM_BURST], *p = part;
	struct am_reasm_whole whole[AM_BURST];
	struct am_worker *w = b->w;
	struct am_halves pair;
	unsigned n, made;

	do {
		if (unlikely(!describe_part(w, port, a, p)))
			break;
		p++;
		a++;
	} while (a < end && a->part != AM_PART_WHOLE &&
		 (a + 1 == end || a[1].part == a->part || !side_by_side(a, &pair)));
	n = (unsigned)(p - part);
	if (unlikely(n == 0))
		return a;
	made = am_reasm_take(w->reasm, part, n, AM_BUF_ROOM - AM_BUF_HEADROOM, w->now, whole);
	am_count(w, port->iface, AM_C_RX_FRAGMENTS, n);
	am_count(w, port->iface, AM_C_RX_REASSEMBLED, made);
	for (unsigned i = 0; i < made; i++)
		if (unlikely(!take_noted(b, &whole[i], wide)))
			take_unnoted(b, lanes, port, &whole[i]);
	return a;
}

static struct am_arrival *parts_base(struct am_lane_burst *b, struct am_lanes *lanes,
	const struct am_port_root *port, struct am_arrival *a, const struct am_arrival *end)
{
	return take_run(b, lanes, port, a, end, false);
}

static AM_AVX2 struct am_arrival *parts_avx2(struct am_lane_burst *b, struct am_lanes *lanes,
	const struct am_port_root *port, struct am_arrival *a, const struct am_arrival *end)
{
	return take_run(b, lanes, port, a, end, true);
}

AM_CHOOSE(take_parts, parts_base, parts_avx2);

/* Of many members, what they are and the counters, for the whole burst at once. */
static __attribute__((noinline)) void prefetch_rows(struct am_worker *w)
{
	for (unsigned i = 0; i < w->n_arrivals; i++) {
		const struct am_lane *lane = w->arrivals[i].lane;

		if (!lane || lane->mark != w->arrivals[i].shape->mark)
			continue;
		rte_prefetch0(lane->tunnel);
		rte_prefetch0(lane->inside);
		rte_prefetch0(w->roots->members[lane->rest.member]);
	}
}

static inline AM_INLINE void take_each(struct am_worker *w, const struct am_port_root *port, bool wide)
{
	struct am_lanes lanes = am_lanes_of(w, port->vrf);
	struct am_arrival *a = w->arrivals + w->n_asked, *end = w->arrivals + w->n_arrivals;
	struct am_lane_burst b = am_lane_burst_of(w);
	struct am_reasm_pair pair = {.max_end = AM_BUF_ROOM - AM_BUF_HEADROOM, .now = w->now};

	for (; a < end; a++)
		am_lane_ask(&lanes, a, a->type == AM_ET_IPV4, am_buf_data(a->m) + a->l2,
			am_buf_len(a->m) - a->l2);
	if (unlikely(w->roots->n_members > AM_MEMBERS_NEAR))
		prefetch_rows(w);
	for (a = w->arrivals; a < end;) {
		struct am_arrival *next = a;

		if (a->part == AM_PART_WHOLE && likely(am_lane_take(&b, a, false, wide))) {
			a++;
			continue;
		}
		if (a->part != AM_PART_WHOLE && a + 1 < end && take_pair(&b, port, a, &pair, wide))
			next = a + 2;
		else if (a->part != AM_PART_WHOLE)
			next = take_parts(&b, &lanes, port, a, end);
		if (next == a)
			take_otherwise(&b, port, next++, false);
		a = next;
	}
	am_lane_burst_leave(&b);
	if (b.pairs) {
		am_count(w, port->iface, AM_C_RX_FRAGMENTS, 2ull * b.pairs);
		am_count(w, port->iface, AM_C_RX_REASSEMBLED, b.pairs);
	}
}

static void arrivals_base(struct am_worker *w, const struct am_port_root *port)
{
	take_each(w, port, false);
}

static AM_AVX2 void arrivals_avx2(struct am_worker *w, const struct am_port_root *port)
{
	take_each(w, port, true);
}

AM_CHOOSE(take_arrivals, arrivals_base, arrivals_avx2);

void am_decap_burst(struct am_worker *w, const struct am_port_root *port)
{
	w->lanes_to_learn = AM_LANES_LEARNT;
	take_arrivals(w, port);
	am_reasm_release(w->reasm);
}
