/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bridges and xconnects. A burst is looked up in one go: all the keys first, then all the lines, then frame
 * by frame what they say. A frame goes to the one member that has its destination, or to all others of the
 * bridge (ingress replication), never from one remote VTEP to another.
 */
#include "core.h"
#include "table/fdb_read.h"

#include <string.h>

/* The frames of a burst that may enter, and what they need from the tables. */
struct lookup {
	struct am_frame *f[AM_BURST];
	const struct am_member *in[AM_BURST];
	const struct am_bridge *bridge[AM_BURST];
	am_fdb_key src[AM_BURST], dst[AM_BURST];
	uint32_t src_line[AM_BURST], dst_line[AM_BURST];
	const struct am_member *out[AM_BURST]; /* NULL: to all */
};

/* A MAC address as a number: its first octet is the lowest one. */
enum { MAC_SHIFT = 16 };
#define MAC_GROUP_BIT 1ull
/* 802.1D-2004 table 7-10: 01-80-C2-00-00-00 to 0F. */
#define MAC_L2_CONTROL 0x000000c28001ull
#define MAC_L2_MASK    0xf0ffffffffffull

static bool is_pause(const uint8_t *mac)
{
	return mac[5] == 0x01; /* 802.3x, of a single link: never forwarded by anybody */
}

/* May a frame with these addresses enter? */
static inline enum am_verdict admit(const struct am_frame *f, const struct am_member *in,
	const struct am_bridge *bridge, uint64_t dst, uint64_t src)
{
	if (unlikely(am_buf_len(f->m) - f->eth.len > bridge->mtu))
		return AM_V_BRIDGE_MTU;
	if (unlikely((src & MAC_GROUP_BIT) || src == 0))
		return AM_V_ETH_SOURCE;
	if (unlikely((dst & MAC_L2_MASK) == MAC_L2_CONTROL &&
		     (!in->l2_control || is_pause(am_buf_data(f->m)))))
		return AM_V_BRIDGE_L2_CONTROL;
	return AM_V_OK;
}

/* A sender that the FDB does not have here: report it, or refuse it. */
static __attribute__((noinline)) enum am_verdict learn(struct am_worker *w, const struct am_frame *f,
	const struct am_bridge *bridge, am_fdb_key key, uint32_t value)
{
	if (value & (AM_FDB_STATIC | AM_FDB_HELD))
		return AM_V_BRIDGE_MAC_STATIC;
	if (bridge->learn)
		am_learn_report(w, key, f->member, value ? (uint16_t)(value & AM_FDB_MEMBER) : AM_NO_ID);
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
	am_output_burst(w, &(struct am_frame *){&copy}, &out, 1);
}

/* Copies for all but the last one that gets it; that one gets the frame itself. */
static void flood(
	struct am_worker *w, struct am_frame *f, const struct am_member *in, const struct am_bridge *bridge)
{
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
		am_output_burst(w, &f, &last, 1);
	else
		am_drop(w, f->iface, AM_V_BRIDGE_ALONE, f->m);
}

/* Where a frame goes whose destination has this value; AM_V_OK and *out NULL: to all. */
static inline enum am_verdict resolve(const struct am_roots *roots, const struct am_member *in,
	const struct am_bridge *bridge, uint32_t value, const struct am_member **out)
{
	const struct am_member *to = value ? roots->members[value & AM_FDB_MEMBER] : NULL;

	*out = NULL;
	/* A member that has left, and whose entries are about to, is nobody. */
	if (unlikely(!to || to->bridge != bridge->id))
		return AM_V_OK;
	if (unlikely(to == in))
		return AM_V_BRIDGE_LOCAL;
	if (unlikely(!floods_to(in, to)))
		return AM_V_BRIDGE_HORIZON;
	*out = to;
	return AM_V_OK;
}

static const struct am_member *other_end(
	const struct am_worker *w, const struct am_frame *f, const struct am_bridge *bridge)
{
	return w->roots->members[bridge->members[bridge->members[0] == f->member]];
}

/* Drop what may not enter, and ask for the FDB lines of the rest. Returns how many are left. */
static unsigned admit_burst(struct am_worker *w, struct am_frame *f, unsigned n, struct lookup *t)
{
	const struct am_fdb *fdb = w->plane->conf.fdb;
	unsigned kept = 0;

	for (unsigned i = 0; i < n; i++) {
		const struct am_member *in = w->roots->members[f[i].member];
		const struct am_bridge *bridge = w->roots->bridges[in->bridge];
		const uint8_t *frame = am_buf_data(f[i].m);
		am_fdb_key dst = am_fdb_make_key(frame, in->bridge);
		am_fdb_key src = am_fdb_make_key(frame + AM_MAC_LEN, in->bridge);
		enum am_verdict v = admit(&f[i], in, bridge, dst >> MAC_SHIFT, src >> MAC_SHIFT);

		if (unlikely(v != AM_V_OK)) {
			am_drop(w, f[i].iface, v, f[i].m);
			continue;
		}
		t->f[kept] = &f[i];
		t->in[kept] = in;
		t->bridge[kept] = bridge;
		t->src[kept] = src;
		t->dst[kept] = dst;
		t->src_line[kept] = am_fdb_prefetch(fdb, src);
		t->dst_line[kept++] = am_fdb_prefetch(fdb, dst);
	}
	return kept;
}

/* What the FDB says of frame i: keep its sender alive, find its destination. */
static inline enum am_verdict look_up(struct am_worker *w, const struct lookup *t, unsigned i,
	_Atomic uint8_t *row, uint8_t epoch, const struct am_member **out)
{
	const struct am_fdb *fdb = w->plane->conf.fdb;
	uint32_t slot, value = am_fdb_find(fdb, t->src[i], t->src_line[i], &slot);
	enum am_verdict v;

	if (likely(value && (value & AM_FDB_MEMBER) == t->f[i]->member)) {
		am_fdb_stamp(row, slot, epoch);
	} else {
		v = learn(w, t->f[i], t->bridge[i], t->src[i], value);
		if (unlikely(v != AM_V_OK))
			return v;
	}
	value = am_fdb_find(fdb, t->dst[i], t->dst_line[i], &slot);
	return resolve(w->roots, t->in[i], t->bridge[i], value, out);
}

/* Find every frame's way; what is dropped leaves the list. Returns how many are left. */
static unsigned look_up_burst(struct am_worker *w, struct lookup *t, unsigned n)
{
	_Atomic uint8_t *row = am_fdb_row(w->plane->conf.fdb, w->id);
	uint8_t epoch = atomic_load_explicit(&w->plane->epoch, memory_order_relaxed);
	unsigned kept = 0;

	for (unsigned i = 0; i < n; i++) {
		const struct am_member *out = NULL;
		enum am_verdict v = AM_V_OK;

		if (unlikely(t->bridge[i]->xconnect))
			out = other_end(w, t->f[i], t->bridge[i]);
		else
			v = look_up(w, t, i, row, epoch, &out);
		if (unlikely(v != AM_V_OK)) {
			am_drop(w, t->f[i]->iface, v, t->f[i]->m);
			continue;
		}
		t->f[kept] = t->f[i];
		t->in[kept] = t->in[i];
		t->bridge[kept] = t->bridge[i];
		t->out[kept++] = out;
	}
	return kept;
}

void am_bridge_burst(struct am_worker *w, struct am_frame *f, unsigned n)
{
	struct lookup t;
	unsigned from = 0;

	w->stats.carried += n;
	n = admit_burst(w, f, n, &t);
	n = look_up_burst(w, &t, n);
	/* Runs of frames for one member each, with those for all in their place between them: no flow is reordered. */
	for (unsigned i = 0; i < n; i++) {
		if (likely(t.out[i]))
			continue;
		am_output_burst(w, t.f + from, t.out + from, i - from);
		flood(w, t.f[i], t.in[i], t.bridge[i]);
		from = i + 1;
	}
	am_output_burst(w, t.f + from, t.out + from, n - from);
}
