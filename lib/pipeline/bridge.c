/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bridges and xconnects. A burst is looked up in one go: all the keys first, then all the lines, then frame
 * by frame what they say. A frame goes to the one member that has its destination, or to all others of the
 * bridge (ingress replication), never from one remote VTEP to another.
 */
#include "bridge.h"
#include "output.h"

#include <string.h>

enum am_verdict am_bridge_judge(
	const struct am_frame *f, const struct am_member *in, am_fdb_key dst, am_fdb_key src)
{
	if (am_buf_len(f->m) - f->eth.len > in->mtu)
		return AM_V_BRIDGE_MTU;
	if ((src & AM_KEY_GROUP_BIT) || !(src & AM_KEY_MAC_BITS))
		return AM_V_ETH_SOURCE;
	if (am_bridge_is_l2(dst) && (!in->l2_control || (dst & AM_KEY_MAC_BITS) == AM_KEY_PAUSE))
		return AM_V_BRIDGE_L2_CONTROL;
	return AM_V_OK;
}

/* A sender that the FDB does not have here: report it, or refuse it. */
static __attribute__((noinline)) enum am_verdict learn(
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

/* Copies for all but the last one that gets it; that one gets the frame itself. */
static __attribute__((noinline)) void flood(
	struct am_worker *w, struct am_frame *f, const struct am_member *in)
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
	if (last)
		am_output(w, f, last);
	else
		am_drop(w, f->iface, AM_V_BRIDGE_ALONE, f->m);
}

/* The other member of an xconnect. */
static __attribute__((noinline)) void cross(
	struct am_worker *w, struct am_frame *f, const struct am_member *in)
{
	const uint16_t *members = w->roots->bridges[in->bridge]->members;

	am_output(w, f, w->roots->members[members[members[0] == f->member]]);
}

/* To whom the FDB says: a member that has left, and whose entries are about to, is nobody. */
static inline void forward(
	struct am_worker *w, struct am_frame *f, const struct am_member *in, uint32_t value)
{
	const struct am_member *out = value ? w->roots->members[value & AM_FDB_MEMBER] : NULL;

	if (unlikely(!out || out->bridge != in->bridge))
		flood(w, f, in);
	else if (unlikely(out == in))
		am_drop(w, f->iface, AM_V_BRIDGE_LOCAL, f->m);
	else if (unlikely(in->kind == AM_MEMBER_VTEP && out->kind == AM_MEMBER_VTEP))
		am_drop(w, f->iface, AM_V_BRIDGE_HORIZON, f->m);
	else
		am_output_inline(w, f, out);
}

/*
 * Many members are more than the caches hold: where each frame will leave is looked up beforehand, one step of the way
 * for the whole burst after the other, so that memory answers for all of them at once.
 */
static __attribute__((noinline)) void prefetch_ways(struct am_worker *w)
{
	const struct am_fdb *fdb = w->plane->conf.fdb;
	const struct am_member *out[AM_BURST];
	unsigned n = 0;
	uint32_t slot;

	for (unsigned i = 0; i < w->n_frames; i++) {
		uint32_t value = am_fdb_find(fdb, w->frames[i].dst, w->frames[i].dst_line, &slot);
		const struct am_member *m = value ? w->roots->members[value & AM_FDB_MEMBER] : NULL;

		if (!m)
			continue;
		rte_prefetch0(m);
		out[n++] = m;
	}
	for (unsigned i = 0; i < n; i++) {
		rte_prefetch0(out[i]->paths);
		rte_prefetch0(&w->counters[out[i]->iface]);
		rte_prefetch0(&w->counters[out[i]->way_iface]);
	}
	for (unsigned i = 0; i < n; i++) {
		const struct am_encap *e;

		if (!out[i]->paths)
			continue;
		e = atomic_load_explicit(&out[i]->paths->encap[0], memory_order_acquire);
		rte_prefetch0(e);
		rte_prefetch0(e->bytes + AM_ENCAP_HDR_MAX - 2 * 64);
		rte_prefetch0(e->bytes + AM_ENCAP_HDR_MAX - 64);
	}
}

/* The same of a large FDB: second buckets, and what says when a sender was last seen. */
static __attribute__((noinline)) void prefetch_far(struct am_worker *w, const _Atomic uint8_t *row)
{
	const struct am_fdb *fdb = w->plane->conf.fdb;

	for (unsigned i = 0; i < w->n_frames; i++) {
		const struct am_frame *f = &w->frames[i];

		am_fdb_prefetch_next(fdb, f->src, f->src_line, row);
		am_fdb_prefetch_next(fdb, f->dst, f->dst_line, NULL);
	}
}

void am_bridge_burst(struct am_worker *w)
{
	const struct am_fdb *fdb = w->plane->conf.fdb;
	_Atomic uint8_t *row = am_fdb_row(fdb, w->id);
	uint8_t epoch = atomic_load_explicit(&w->plane->epoch, memory_order_relaxed);

	w->stats.carried += w->n_frames;
	if (unlikely(am_fdb_is_far(fdb)))
		prefetch_far(w, row);
	if (unlikely(w->roots && w->roots->n_members > AM_MEMBERS_NEAR))
		prefetch_ways(w);
	for (struct am_frame *f = w->frames, *end = f + w->n_frames; f < end; f++) {
		const struct am_member *in = w->roots->members[f->member];
		enum am_verdict v;
		uint32_t slot, value;

		if (unlikely(in->xconnect)) {
			cross(w, f, in);
			continue;
		}
		value = am_fdb_find(fdb, f->src, f->src_line, &slot);
		if (likely(value && (value & AM_FDB_MEMBER) == f->member)) {
			am_fdb_stamp(row, slot, epoch);
		} else {
			v = learn(w, f, in, value);
			if (unlikely(v != AM_V_OK)) {
				am_drop(w, f->iface, v, f->m);
				continue;
			}
		}
		forward(w, f, in, am_fdb_find(fdb, f->dst, f->dst_line, &slot));
	}
	w->n_frames = 0;
}
