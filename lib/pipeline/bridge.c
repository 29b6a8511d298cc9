/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bridges and xconnects. A burst is looked up in one go: all the keys when frames are made, then all the lines, then frame
 * by frame what they say. A frame goes to the one member that has its destination, or to all others of the
 * bridge (ingress replication), never from one remote VTEP to another.
 */
#include "bridge.h"
#include "acl.h"
#include "arp_nd.h"
#include "output.h"
#include "route.h"

#include <string.h>

/* MAC addresses as they stand in an FDB key, the first octet lowest, and the bridge below it. */
#define KEY_MAC(mac)  ((uint64_t)(mac) << 16)
#define KEY_GROUP_BIT KEY_MAC(1)
#define KEY_MAC_BITS  KEY_MAC(0xffffffffffff)
/* 802.1D-2004 table 7-10: 01-80-C2-00-00-00 to 0F. */
#define KEY_L2_CONTROL KEY_MAC(0x000000c28001)
#define KEY_L2_MASK    KEY_MAC(0xf0ffffffffff)
#define KEY_PAUSE      KEY_MAC(0x010000c28001) /* 802.3x, of a single link: never forwarded by anybody */

enum { LINE = 64 };

/*
 * May a frame with these addresses pass? Asked only of frames whose addresses the FDB does not both have: none of those
 * refused here is ever in it.
 */
static enum am_verdict judge(const struct am_frame *f, const struct am_member *in)
{
	bool l2 = (f->dst & KEY_L2_MASK) == KEY_L2_CONTROL;

	if ((f->src & KEY_GROUP_BIT) || !(f->src & KEY_MAC_BITS))
		return AM_V_ETH_SOURCE;
	if (l2 && (!in->l2_control || (f->dst & KEY_MAC_BITS) == KEY_PAUSE))
		return AM_V_BRIDGE_L2_CONTROL;
	return AM_V_OK;
}

/* A sender that the FDB does not have here: report it, or refuse it. */
static enum am_verdict learn(
	struct am_worker *w, const struct am_frame *f, const struct am_member *in, uint32_t value)
{
	if (value & (AM_FDB_STATIC | AM_FDB_HELD))
		return AM_V_BRIDGE_MAC_STATIC;
	if (w->roots->bridges[in->bridge]->learn)
		am_learn_report(w, f->src, f->member, value ? (uint16_t)(value & AM_FDB_MEMBER) : AM_NO_ID);
	return AM_V_OK;
}

/*
 * Storm control by virtual scheduling: each frame moves the member's clock on by 1/rate; a clock more than a
 * tenth of a second ahead of now means too fast.
 */
static bool over_rate(struct am_worker *w, const struct am_member *in, unsigned kind, uint32_t rate)
{
	_Atomic uint64_t *clock;
	uint64_t until, from;

	if (likely(rate == 0))
		return false;
	clock = &in->storm_state->credit_until_ns[kind];
	until = atomic_load_explicit(clock, memory_order_relaxed);
	do {
		from = until > w->now.ns ? until : w->now.ns;
		if (from - w->now.ns > AM_S / 10)
			return true;
	} while (!atomic_compare_exchange_weak_explicit(
		clock, &until, from + AM_S / rate, memory_order_relaxed, memory_order_relaxed));
	return false;
}

static bool storm(struct am_worker *w, const struct am_member *in, const uint8_t *dst)
{
	static const uint8_t broadcast[AM_MAC_LEN] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

	if (!am_mac_is_group(dst))
		return over_rate(w, in, 2, in->storm.unknown);
	if (memcmp(dst, broadcast, AM_MAC_LEN) == 0)
		return over_rate(w, in, 0, in->storm.broadcast);
	return over_rate(w, in, 1, in->storm.multicast);
}

static bool floods_to(const struct am_member *in, const struct am_member *out)
{
	return out->id != in->id && !(in->kind == AM_MEMBER_VTEP && out->kind == AM_MEMBER_VTEP);
}

static void flood_copy(struct am_worker *w, const struct am_frame *f, const struct am_member *out)
{
	struct am_frame copy = *f;

	copy.m = am_buf_copy(w->plane->conf.pool, f->m);
	if (unlikely(!copy.m)) {
		w->counters[f->iface].drop[AM_V_NO_MBUF]++;
		return;
	}
	am_count(w, f->iface, AM_C_FLOODED, 1);
	am_output(w, &copy, out);
}

void am_bridge_to_irb(struct am_worker *w, struct am_frame *f, const struct am_member *irb)
{
	const struct am_interface *in = w->roots->bridges[irb->bridge]->l3;
	bool ip = f->eth.type == AM_ET_IPV4 || f->eth.type == AM_ET_IPV6;

	am_count(w, in->iface, AM_C_RX_PACKETS, 1);
	am_count(w, in->iface, AM_C_RX_BYTES, am_buf_len(f->m));
	if (f->eth.tags || (!ip && f->eth.type != AM_ET_ARP))
		am_drop(w, in->iface, AM_V_ETH_TYPE, f->m);
	else if (ip && am_mac_is_group(am_buf_data(f->m)) &&
		 !am_acl_link(w, in, &in->acl_in, f->m, f->eth.len))
		return;
	else if (!ip || am_mac_is_group(am_buf_data(f->m)))
		am_punt(w, in->iface, in->id, AM_PUNT_ARP_ND, f->m);
	else
		am_route_put(w, in, f->m, f->eth.len, f->eth.type == AM_ET_IPV4 ? AM_IPV4 : AM_IPV6,
			AM_ROUTED_NEW);
}

/* Of what is flooded the box itself wants ARP and neighbour discovery: 33-33, behind ICMPv6. */
static bool irb_wants(const struct am_frame *f)
{
	const uint8_t *frame = am_buf_data(f->m);

	if (f->eth.tags)
		return false;
	return f->eth.type == AM_ET_ARP ||
	       (f->eth.type == AM_ET_IPV6 && frame[0] == 0x33 && am_buf_len(f->m) > AM_ETH_LEN + AM_IP6_LEN &&
		       frame[AM_ETH_LEN + 6] == AM_PROTO_ICMPV6);
}

static void copy_to_irb(struct am_worker *w, const struct am_frame *f, const struct am_member *irb)
{
	struct am_frame copy = *f;

	copy.m = am_buf_copy(w->plane->conf.pool, f->m);
	if (likely(copy.m))
		am_bridge_to_irb(w, &copy, irb);
	else
		w->counters[f->iface].drop[AM_V_NO_MBUF]++;
}

/* Copies for all but the last one that gets it; that one gets the frame itself. */
static void flood(struct am_worker *w, struct am_frame *f, const struct am_member *in)
{
	const struct am_bridge *bridge = w->roots->bridges[in->bridge];
	const struct am_member *last = NULL;

	if (storm(w, in, am_buf_data(f->m))) {
		am_drop(w, f->iface, AM_V_BRIDGE_STORM, f->m);
		return;
	}
	for (unsigned i = 0; i < bridge->n_members; i++) {
		const struct am_member *out = w->roots->members[bridge->members[i]];

		if (!floods_to(in, out))
			continue;
		if (last)
			flood_copy(w, f, last);
		last = out;
	}
	if (bridge->irb != AM_NO_ID && in->kind != AM_MEMBER_IRB && irb_wants(f))
		copy_to_irb(w, f, w->roots->members[bridge->irb]);
	if (last)
		am_output(w, f, last);
	else
		am_drop(w, f->iface, AM_V_BRIDGE_ALONE, f->m);
}

/* The other member of an xconnect. */
static void cross(struct am_worker *w, struct am_frame *f, const struct am_member *in)
{
	const uint16_t *members = w->roots->bridges[in->bridge]->members;

	am_output(w, f, w->roots->members[members[members[0] == f->member]]);
}

/* To whom the FDB says: a member that has left, and whose entries are about to, is nobody. */
static __attribute__((noinline)) void forward_any(struct am_worker *w, struct am_frame *f)
{
	const struct am_member *in = w->roots->members[f->member];
	const struct am_member *out = f->to ? w->roots->members[f->to & AM_FDB_MEMBER] : NULL;

	if (!f->m) /* it was refused */
		return;
	if (in->xconnect)
		cross(w, f, in);
	else if (!out || out->bridge != in->bridge)
		flood(w, f, in);
	else if (out->kind == AM_MEMBER_IRB)
		am_bridge_to_irb(w, f, out);
	else if (out == in)
		am_drop(w, f->iface, AM_V_BRIDGE_LOCAL, f->m);
	else if (in->kind == AM_MEMBER_VTEP && out->kind == AM_MEMBER_VTEP)
		am_drop(w, f->iface, AM_V_BRIDGE_HORIZON, f->m);
	else
		am_output(w, f, out);
}

/* How frames leave by the member that the FDB names; NULL: they do not leave straight. */
static inline const struct am_exit *exit_of(const struct am_worker *w, uint32_t to)
{
	return atomic_load_explicit(&w->roots->exits[to & AM_FDB_MEMBER], memory_order_acquire);
}

/*
 * Many members are more than the caches hold: where each frame will leave is looked up beforehand, one step of the way
 * for the whole burst after the other, so that memory answers for all of them at once.
 */
static __attribute__((noinline)) void prefetch_ways(struct am_worker *w)
{
	const struct am_exit *out[AM_BURST];
	unsigned n = 0;

	for (unsigned i = 0; i < w->n_frames; i++) {
		const struct am_exit *exit = exit_of(w, w->frames[i].to);

		if (!exit)
			continue;
		/* Most are of strings; beside the others is nothing that an address could harm. */
		rte_prefetch0(exit);
		rte_prefetch0((const char *)exit + sizeof(struct am_encap) - 2 * LINE);
		rte_prefetch0((const char *)exit + sizeof(struct am_encap) - LINE);
		out[n++] = exit;
	}
	for (unsigned i = 0; i < n; i++) {
		if (out[i]->also_iface != AM_NO_ID)
			rte_prefetch0(&w->counters[out[i]->also_iface]);
		rte_prefetch0(&w->counters[out[i]->way_iface]);
	}
}

/* What a burst's lookups share. */
struct lookup {
	struct am_fdb_lines fdb;
	_Atomic uint64_t *saw; /* this worker's map of senders */
	uint32_t version;      /* of the FDB when the burst began */
};

static inline struct lookup begin(const struct am_worker *w)
{
	const struct am_fdb *fdb = w->plane->conf.fdb;

	return (struct lookup){fdb->read, am_fdb_map(fdb, w->id), am_fdb_begin(fdb)};
}

/* One frame by itself: may it pass, who sends it, and where is its destination? */
static __attribute__((noinline)) void look_up(struct am_worker *w, struct am_frame *f)
{
	struct am_fdb *fdb = w->plane->conf.fdb;
	const struct am_member *in = w->roots->members[f->member];
	enum am_verdict v = judge(f, in);
	uint32_t slot, value;

	f->to = 0;
	if (v == AM_V_OK && !in->xconnect) {
		value = am_fdb_lookup(fdb, f->src, &slot);
		if (value && (value & AM_FDB_MEMBER) == f->member)
			am_fdb_touch(fdb, w->id, slot);
		else
			v = learn(w, f, in, value);
		f->to = am_fdb_lookup(fdb, f->dst, &slot);
	}
	if (v == AM_V_OK)
		return;
	am_drop(w, f->iface, v, f->m);
	f->m = NULL;
	f->to = 0;
}

/* Is it from where it says? It is, and control asks for it. */
static inline AM_INLINE bool answer(
	const struct lookup *l, const struct am_frame *f, uint32_t from, uint32_t way)
{
	if ((from & AM_FDB_MEMBER) != f->member)
		return false;
	am_fdb_see(l->saw, f->src_at, way);
	return true;
}

/* What the first buckets say of f's destination, if they have that and its sender; else 0. No member has the number 0. */
static inline AM_INLINE uint32_t look_first(const struct lookup *l, const struct am_frame *f, bool wide)
{
	uint32_t way, from = am_fdb_glance(am_fdb_line(l->fdb, f->src_at), f->src, &way, wide);

	if (unlikely((from & (AM_FDB_MEMBER | AM_FDB_ASKED)) != f->member) && !answer(l, f, from, way))
		return 0;
	return am_fdb_glance(am_fdb_line(l->fdb, f->dst_at), f->dst, &way, wide);
}

/*
 * The same of the buckets where the keys are, if anywhere. What that does not settle either, or where the FDB changed since
 * the burst began, is looked up by itself. A bit that was wrong then lets a stranger live for another ageing time.
 */
static void look_again(struct am_worker *w, struct am_frame *f, const struct lookup *l)
{
	f->src_at = am_fdb_prefetch_where(l->fdb, f->src, f->src_at);
	f->dst_at = am_fdb_prefetch_where(l->fdb, f->dst, f->dst_at);
	f->to = look_first(l, f, false);
	if (unlikely(!f->to || am_fdb_changed(w->plane->conf.fdb, l->version)))
		look_up(w, f);
}

/* Where the key is whose first bucket, which has not got it, is at: in its second if anywhere. That is asked for. */
static inline uint32_t prefetch_second(struct am_fdb_lines t, am_fdb_key key)
{
	uint32_t at = am_fdb_second_line(t, am_fdb_hash(t, key));

	__builtin_prefetch(am_fdb_line(t, at));
	return at;
}

/*
 * A table that the caches do not hold: with the first buckets at hand, find out where keys are. Which are elsewhere could not
 * be guessed, so it is noted for all, and then done for these. The map of senders is not asked for: few senders are at a time.
 */
static inline AM_INLINE void find_far(struct am_worker *w, struct am_fdb_lines t, bool wide)
{
	struct am_frame *const frames = w->frames;
	const unsigned n = w->n_frames;
	uint64_t src = 0, dst = 0;

	_Static_assert(AM_BURST <= 64, "a bit for each frame");
	for (unsigned i = 0; i < n; i++) {
		const struct am_frame *f = &frames[i];
		const struct am_fdb_line *from = am_fdb_line(t, f->src_at), *to = am_fdb_line(t, f->dst_at);

		src |= (uint64_t) !(wide ? am_fdb_match_wide(from, f->src) : am_fdb_match(from, f->src)) << i;
		dst |= (uint64_t) !(wide ? am_fdb_match_wide(to, f->dst) : am_fdb_match(to, f->dst)) << i;
	}
	for (; src; src &= src - 1) {
		struct am_frame *f = &frames[__builtin_ctzll(src)];

		f->src_at = prefetch_second(t, f->src);
	}
	for (; dst; dst &= dst - 1) {
		struct am_frame *f = &frames[__builtin_ctzll(dst)];

		f->dst_at = prefetch_second(t, f->dst);
	}
}

static void prefetch_far_base(struct am_worker *w, const struct lookup *l)
{
	find_far(w, l->fdb, false);
}

static AM_AVX2 void prefetch_far_avx2(struct am_worker *w, const struct lookup *l)
{
	find_far(w, l->fdb, true);
}

AM_CHOOSE(prefetch_far, prefetch_far_base, prefetch_far_avx2);

void am_bridge_send(struct am_worker *w, struct am_frame *f)
{
	const struct am_member *in = w->roots->members[f->member];
	uint32_t slot;

	if (unlikely(w->roots->suppresses) && am_arp_nd_take(w, f))
		return;
	f->dst = am_fdb_make_key(am_buf_data(f->m), in->bridge);
	f->to = am_fdb_lookup(w->plane->conf.fdb, f->dst, &slot);
	forward_any(w, f);
}

void am_bridge_watched(struct am_worker *w)
{
	w->stats.carried += w->n_frames;
	for (struct am_frame *f = w->frames, *end = f + w->n_frames; f < end; f++) {
		look_up(w, f);
		if (unlikely(w->roots->suppresses) && f->m)
			am_arp_nd_take(w, f);
		forward_any(w, f);
	}
	w->n_frames = 0;
}

/* A frame of which the FDB has said where it goes. */
static __attribute__((noinline)) void forward(struct am_worker *w, struct am_frame *f)
{
	const struct am_exit *exit = exit_of(w, f->to);

	if (likely(exit && exit->face == w->roots->members[f->member]->across))
		am_output_straight(w, f, exit, NULL, false);
	else
		forward_any(w, f);
}

/* A frame of which first buckets say too little, or that does not leave straight. */
static __attribute__((noinline)) void stray(struct am_worker *w, struct am_frame *f, const struct lookup *l)
{
	look_again(w, f, l);
	forward(w, f);
}

/* Where somebody wants to know of the whole burst where it goes before it does. */
static __attribute__((noinline)) void carry_apart(struct am_worker *w, struct lookup l)
{
	struct am_frame *const end = w->frames + w->n_frames;

	for (struct am_frame *f = w->frames; f < end; f++) {
		f->to = look_first(&l, f, false);
		if (unlikely(!f->to || am_fdb_changed(w->plane->conf.fdb, l.version)))
			look_again(w, f, &l);
	}
	if (w->roots->suppresses)
		am_arp_nd_burst(w);
	if (w->roots->n_members > AM_MEMBERS_NEAR)
		prefetch_ways(w);
	for (struct am_frame *f = w->frames; f < end; f++)
		forward(w, f);
}

/* How each frame of a burst leaves straight, once known senders are seen and destinations found; NULL: it is a stray. */
static inline AM_INLINE void find_ways(
	struct am_worker *w, const struct lookup *shared, const struct am_exit **ways, bool wide)
{
	_Atomic(const struct am_exit *) *const exits = w->roots->exits;
	const struct lookup l = *shared;

	for (struct am_frame *f = w->frames, *end = f + w->n_frames; f < end; f++, ways++) {
		uint32_t to = look_first(&l, f, wide) & AM_FDB_MEMBER;
		const struct am_exit *exit = atomic_load_explicit(&exits[to], memory_order_acquire);

		*ways = exit;
		if (unlikely(!exit || exit->face != f->across))
			*ways = NULL;
	}
}

/*
 * In two passes, so that the chain of loads from an address to a header string does not keep the next frame's from beginning.
 * What was found while the FDB changed is found again.
 */
static inline AM_INLINE void carry_each(struct am_worker *w, const struct lookup *l, bool wide)
{
	const struct am_exit *ways[AM_BURST], **way = ways;
	struct am_output_sum sum = {0};

	find_ways(w, l, ways, wide);
	if (unlikely(am_fdb_changed(w->plane->conf.fdb, l->version)))
		memset(ways, 0, sizeof ways);
	for (struct am_frame *f = w->frames, *end = f + w->n_frames; f < end; f++, way++) {
		if (likely(*way))
			am_output_straight(w, f, *way, &sum, wide);
		else
			stray(w, f, l);
	}
	am_output_summed(w, &sum);
}

static void carry_base(struct am_worker *w, const struct lookup *l)
{
	carry_each(w, l, false);
}

static AM_AVX2 void carry_avx2(struct am_worker *w, const struct lookup *l)
{
	carry_each(w, l, true);
}

AM_CHOOSE(carry, carry_base, carry_avx2);

void am_bridge_burst(struct am_worker *w)
{
	struct lookup l;

	if (unlikely(!w->n_frames))
		return;
	w->stats.carried += w->n_frames;
	l = begin(w);
	if (unlikely(am_fdb_is_far(w->plane->conf.fdb)))
		prefetch_far(w, &l);
	if (unlikely(w->roots->suppresses || w->roots->n_members > AM_MEMBERS_NEAR))
		carry_apart(w, l);
	else
		carry(w, &l);
	w->n_frames = 0;
}
