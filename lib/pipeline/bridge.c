/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bridges and xconnects. A burst is looked up in one go: all the keys first, then all the lines, then frame
 * by frame what they say. A frame goes to the one member that has its destination, or to all others of the
 * bridge (ingress replication), never from one remote VTEP to another.
 */
#include "core.h"

#include <string.h>

/* The frames of a burst that may enter, and what they need from the tables. */
struct lookup {
	struct am_frame *f[AM_BURST];
	const struct am_member *in[AM_BURST];
	const struct am_bridge *bridge[AM_BURST];
	am_fdb_key src[AM_BURST], dst[AM_BURST];
	uint32_t src_value[AM_BURST], dst_value[AM_BURST];
	uint32_t src_slot[AM_BURST], dst_slot[AM_BURST];
};

static bool is_l2_control(const uint8_t *mac)
{
	/* 802.1D-2004 table 7-10: 01-80-C2-00-00-00 to 0F. */
	return mac[0] == 0x01 && mac[1] == 0x80 && mac[2] == 0xc2 && mac[3] == 0 && mac[4] == 0 &&
	       mac[5] < 0x10;
}

static bool is_pause(const uint8_t *mac)
{
	return mac[5] == 0x01; /* 802.3x, of a single link: never forwarded by anybody */
}

static enum am_verdict admit(
	const struct am_frame *f, const struct am_member *in, const struct am_bridge *bridge)
{
	static const uint8_t zero[AM_MAC_LEN];
	const uint8_t *frame = am_buf_data(f->m);

	if (unlikely(am_buf_len(f->m) - f->eth.len > bridge->mtu))
		return AM_V_BRIDGE_MTU;
	if (unlikely(
		    am_mac_is_group(frame + AM_MAC_LEN) || memcmp(frame + AM_MAC_LEN, zero, AM_MAC_LEN) == 0))
		return AM_V_ETH_SOURCE;
	if (unlikely(is_l2_control(frame) && (!in->l2_control || is_pause(frame))))
		return AM_V_BRIDGE_L2_CONTROL;
	return AM_V_OK;
}

/* The sender's place: report what the FDB lacks, keep alive what it has, refuse what it forbids. */
static enum am_verdict learn(struct am_worker *w, const struct am_frame *f, const struct am_bridge *bridge,
	am_fdb_key key, uint32_t value, uint32_t slot)
{
	uint16_t at = (uint16_t)(value & AM_FDB_MEMBER);
	uint8_t epoch;

	if (likely(value != 0 && at == f->member)) {
		epoch = atomic_load_explicit(&w->plane->epoch, memory_order_relaxed);
		am_fdb_touch(w->plane->conf.fdb, w->id, slot, epoch);
		return AM_V_OK;
	}
	if (value & (AM_FDB_STATIC | AM_FDB_HELD))
		return AM_V_BRIDGE_MAC_STATIC;
	if (bridge->learn)
		am_learn_report(w, key, f->member, value ? at : AM_NO_ID);
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
		am_output(w, f, last);
	else
		am_drop(w, f->iface, AM_V_BRIDGE_ALONE, f->m);
}

static void forward(struct am_worker *w, struct am_frame *f, const struct am_member *in,
	const struct am_bridge *bridge, uint32_t value)
{
	const struct am_member *out;

	if (value == 0) {
		flood(w, f, in, bridge);
		return;
	}
	out = w->roots->members[value & AM_FDB_MEMBER];
	if (unlikely(!out || out->bridge != bridge->id))
		flood(w, f, in, bridge); /* the member has left, and its entries are about to */
	else if (unlikely(out->id == in->id))
		am_drop(w, f->iface, AM_V_BRIDGE_LOCAL, f->m);
	else if (unlikely(!floods_to(in, out)))
		am_drop(w, f->iface, AM_V_BRIDGE_HORIZON, f->m);
	else
		am_output(w, f, out);
}

static void cross(struct am_worker *w, struct am_frame *f, const struct am_bridge *bridge)
{
	uint16_t other = bridge->members[0] == f->member ? bridge->members[1] : bridge->members[0];

	am_output(w, f, w->roots->members[other]);
}

/* Drop what may not enter; carry over xconnects at once. What is left is for the FDB. */
static unsigned admit_burst(struct am_worker *w, struct am_frame *f, unsigned n, struct lookup *t)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < n; i++) {
		const struct am_member *in = w->roots->members[f[i].member];
		const struct am_bridge *bridge = w->roots->bridges[in->bridge];
		const uint8_t *frame = am_buf_data(f[i].m);
		enum am_verdict v = admit(&f[i], in, bridge);

		if (unlikely(v != AM_V_OK)) {
			am_drop(w, f[i].iface, v, f[i].m);
			continue;
		}
		if (bridge->xconnect) {
			cross(w, &f[i], bridge);
			continue;
		}
		t->f[kept] = &f[i];
		t->in[kept] = in;
		t->bridge[kept] = bridge;
		t->src[kept] = am_fdb_make_key(frame + AM_MAC_LEN, in->bridge);
		t->dst[kept++] = am_fdb_make_key(frame, in->bridge);
	}
	return kept;
}

void am_bridge_burst(struct am_worker *w, struct am_frame *f, unsigned n)
{
	const struct am_fdb *fdb = w->plane->conf.fdb;
	struct lookup t;

	w->stats.carried += n;
	n = admit_burst(w, f, n, &t);
	if (n == 0)
		return;
	am_fdb_lookup_bulk(fdb, t.src, n, t.src_value, t.src_slot);
	am_fdb_lookup_bulk(fdb, t.dst, n, t.dst_value, t.dst_slot);
	for (unsigned i = 0; i < n; i++) {
		enum am_verdict v = learn(w, t.f[i], t.bridge[i], t.src[i], t.src_value[i], t.src_slot[i]);

		if (unlikely(v != AM_V_OK))
			am_drop(w, t.f[i]->iface, v, t.f[i]->m);
		else
			forward(w, t.f[i], t.in[i], t.bridge[i], t.dst_value[i]);
	}
}
