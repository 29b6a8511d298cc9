/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef PIPELINE_OUTPUT_H
#define PIPELINE_OUTPUT_H
/* The usual way out of a member, inline for the bridge's loop; output.c has what is not usual. */
#include <stddef.h>

#include "core.h"
#include "net/flow.h"
#include "net/mss.h"
#include "pkt/cut.h"
#include "pkt/vlan.h"

void am_output_flush_port(struct am_worker *w, uint16_t port_id);
/* A transmit buffer that takes no more, or whose port is not there. */
void am_output_put_edge(struct am_worker *w, uint16_t port_id, struct rte_mbuf *m, uint32_t len);

/* Into a port's transmit buffer; len is m's. */
static inline AM_INLINE void am_output_put(
	struct am_worker *w, uint16_t port_id, struct rte_mbuf *m, uint32_t len)
{
	struct am_tx *tx = &w->tx[port_id];
	uint32_t n = tx->n;

	if (unlikely(n - 1 >= AM_TX_SLOTS - 1)) {
		if (unlikely(n || !tx->port)) {
			am_output_put_edge(w, port_id, m, len);
			return;
		}
		w->tx_pending |= 1ull << port_id;
	}
	tx->m[n] = m;
	tx->n = (uint16_t)(n + 1);
	tx->bytes += len;
}

static inline void am_output_to_port(struct am_worker *w, struct am_frame *f, uint16_t port_id)
{
	const struct am_tx *tx = &w->tx[port_id];
	uint32_t len = am_buf_len(f->m);

	if (unlikely(len - f->eth.len > tx->mtu))
		am_drop(w, tx->iface, AM_V_PORT_MTU, f->m);
	else
		am_output_put(w, port_id, f->m, len);
}

/* The same with a tag, and the priority that the frame came in with. False: not that simple, and nothing has happened. */
static inline AM_INLINE bool am_output_with_tag(
	struct am_worker *w, const struct am_frame *f, const struct am_exit *exit)
{
	uint32_t len = am_buf_len(f->m), headroom = am_buf_headroom(f->m);
	uint32_t priority = f->popped ? f->tci & 0xf000u : 0;
	uint8_t *frame = am_buf_data(f->m);

	if (unlikely(AM_POISON || headroom < AM_TAG_LEN || len - f->eth.len > w->tx[exit->port].mtu))
		return false;
	len = am_buf_prepend_known(f->m, headroom, len, AM_TAG_LEN);
	frame -= AM_TAG_LEN;
	am_vlan_move(frame, frame + AM_TAG_LEN);
	am_store32(frame + AM_VLAN_ADDRESSES, exit->tag | priority);
	am_output_put(w, exit->port, f->m, len);
	return true;
}

/* The live path of this flow; n where there is none. */
static inline unsigned am_output_path(const struct am_path_list *list, uint32_t hash)
{
	uint32_t live = atomic_load_explicit(&list->live, memory_order_acquire);

	if (unlikely(live == 0))
		return list->n;
	return am_live_of(live, am_stripe_share(hash));
}

/* Two counters side by side. */
static inline AM_INLINE void am_output_count(
	struct am_iface_counters *c, enum am_counter first, uint64_t one, uint64_t other)
{
	c->count[first] += one;
	c->count[first + 1] += other;
}

_Static_assert(AM_C_TX_BYTES == AM_C_TX_PACKETS + 1 && AM_C_TX_FRAGMENTS == AM_C_TX_FRAGMENTED + 1, "pairs");

/* One packet of so many octets went into a member's paths. */
static inline void am_output_sent(struct am_worker *w, const struct am_exit *exit, uint32_t bytes)
{
	struct am_iface_counters *counters = w->counters;

	am_output_count(&counters[exit->way_iface], AM_C_TX_PACKETS, 1, bytes);
	if (likely(exit->also_iface != AM_NO_ID))
		am_output_count(&counters[exit->also_iface], AM_C_TX_PACKETS, 1, bytes);
}

/* What a burst's packets have in common: the VXLAN side of a bridge, whatever remote VTEP they are for. */
struct am_output_sum {
	uint64_t packets, bytes;
	uint16_t iface;
};

/* A sum goes where it belongs. */
static inline void am_output_summed(struct am_worker *w, struct am_output_sum *sum)
{
	am_output_count(&w->counters[sum->iface], AM_C_TX_PACKETS, sum->packets, sum->bytes);
	sum->packets = sum->bytes = 0;
}

/* A packet that does not count where the ones before it did. */
void am_output_other(
	struct am_worker *w, const struct am_exit *exit, uint32_t bytes, struct am_output_sum *sum);

/* As am_output_sent, by way of a sum. */
static inline AM_INLINE void am_output_add(
	struct am_worker *w, const struct am_exit *exit, uint32_t bytes, struct am_output_sum *sum)
{
	if (!sum) {
		am_output_sent(w, exit, bytes);
		return;
	}
	am_output_count(&w->counters[exit->way_iface], AM_C_TX_PACKETS, 1, bytes);
	if (unlikely(exit->also_iface != sum->iface)) {
		am_output_other(w, exit, bytes, sum);
		return;
	}
	sum->packets++;
	sum->bytes += bytes;
}

/* A usual frame on its way into a path. */
struct am_output_frame {
	struct rte_mbuf *m;
	const struct am_frame *later; /* one that may follow it; NULL: there is none */
	uint8_t *data;
	uint32_t headroom, len;
	struct am_flow flow;
};

/*
 * The next cuts, if they are as this one: the octets behind all that was read of a later frame so far, and the lines that a long
 * tail takes in the next fresh buffer besides those that am_buf_take asks for.
 */
static inline AM_INLINE void am_output_prefetch_cut(
	const struct am_worker *w, const struct am_output_frame *o, const struct am_encap *e)
{
	/* Of what is longer the CPU sees by itself how it goes on. */
	enum { LINE = 64, ASKED = AM_BUF_AHEAD, LONG = ASKED + 4 * LINE };
	uint32_t second = o->len - e->cut_first, most = second < LONG ? second : LONG;

	if (likely(o->later && o->later < w->frames + w->n_frames)) {
		const struct rte_mbuf *m = o->later->m;
		const uint8_t *at = (const uint8_t *)m->buf_addr + m->data_off + e->cut_first,
			      *end = at + most;

		for (; at < end; at += LINE)
			__builtin_prefetch(at);
		__builtin_prefetch(end - 1);
	}
	if (second > ASKED && w->stash.n) {
		const uint8_t *to = (const uint8_t *)w->stash.m[w->stash.n - 1]->buf_addr + AM_BUF_HEADROOM;

		for (unsigned at = ASKED; at < LONG; at += LINE)
			__builtin_prefetch(to + at, 1);
	}
}

/* It becomes two packets. False: not that simple, and nothing has happened. */
static inline AM_INLINE bool am_output_cut(
	struct am_worker *w, const struct am_output_frame *o, const struct am_encap *e, bool wide)
{
	const struct am_cut cut = {
		.plen = o->len, .hash = o->flow.hash, .tos = o->flow.tos, .path = e->exit.path};
	struct rte_mbuf *fresh;

	if (unlikely(!am_cut_is_usual(e, o->m, cut.plen)))
		return false;
	fresh = am_buf_take(&w->stash, AM_BUF_HEADROOM);
	if (unlikely(!fresh))
		return false;
	am_output_prefetch_cut(w, o, e);
	am_cut_usual(e, &w->ids, &cut, o->m, fresh, wide);
	am_output_put(w, e->exit.port, o->m, e->cut_first + e->cut_grows);
	am_output_put(w, e->exit.port, fresh, o->len - e->cut_first + e->cut_head);
	return true;
}

/*
 * It leaves whole over IPv4, and is so long that a router may cut it. False: not that simple, and nothing has happened.
 */
static inline AM_INLINE bool am_output_numbered(struct am_worker *w, const struct am_output_frame *o,
	const struct am_encap *e, struct am_output_sum *sum, bool wide)
{
	if (!am_string_is_numbered(e, o->len) || o->headroom < e->copy_len ||
		(uint32_t)(e->len - e->ip_at) + o->len > w->tx[e->exit.port].mtu)
		return false;
	am_string_put_numbered(
		e, o->data, o->len, o->flow.hash, o->flow.tos, am_ipid4(&w->ids, e->exit.path), wide);
	am_output_add(w, &e->exit, o->len, sum);
	am_output_put(w, e->exit.port, o->m, am_buf_prepend_known(o->m, o->headroom, o->len, e->len));
	return true;
}

/* By this string of a member's. False: not that simple, and nothing has happened. sum: NULL, or the burst's. */
static inline AM_INLINE bool am_output_by(struct am_worker *w, const struct am_output_frame *o,
	const struct am_encap *e, struct am_output_sum *sum, bool wide)
{
	uint32_t len = o->len, n;

	if (len > e->simple_max || unlikely(o->headroom < e->copy_len)) {
		if (unlikely(!am_output_cut(w, o, e, wide)))
			return am_output_numbered(w, o, e, sum, wide);
		am_output_add(w, &e->exit, len, sum);
		am_output_count(&w->counters[e->exit.way_iface], AM_C_TX_FRAGMENTED, 1, 2);
		return true;
	}
	n = am_buf_prepend_known(o->m, o->headroom, len, e->len);
	am_string_put_whole(e, o->data, len, o->flow.hash, o->flow.tos, wide);
	am_output_add(w, &e->exit, len, sum);
	am_output_put(w, e->exit.port, o->m, n);
	return true;
}

/* The string of this flow where a member has several, or none: NULL. */
static inline AM_INLINE const struct am_encap *am_output_stripe(
	const struct am_worker *w, const struct am_exit *exit, uint32_t hash)
{
	const struct am_path_list *list = w->roots->members[exit->member]->paths;
	unsigned path = am_output_path(list, hash);

	return likely(path < list->n) ? atomic_load_explicit(&list->encap[path], memory_order_acquire) : NULL;
}

/*
 * A frame without a tag that a member takes as it is, into one of its paths. False: not that simple, and nothing has happened.
 */
static inline AM_INLINE bool am_output_to_path(struct am_worker *w, struct am_frame *f,
	const struct am_exit *exit, struct am_output_sum *sum, bool wide)
{
	const struct am_encap *e = (const struct am_encap *)(const void *)exit;
	struct am_output_frame o;

	if (sum) /* f is one of a burst, whose headers have partly gone from the first level meanwhile */
		__builtin_prefetch(f[AM_FRAMES_AHEAD].m, 1);
	o.m = f->m;
	o.later = sum ? f + AM_FRAMES_AHEAD : NULL;
	o.headroom = am_buf_headroom(o.m);
	o.len = am_buf_len(o.m);
	o.data = (uint8_t *)o.m->buf_addr + o.headroom;
	if (AM_POISON)
		return false;
	if (unlikely(!am_flow_of_usual(o.data, o.len, &o.flow))) {
		if (f->eth.tags || (exit->mss4 && am_mss_may_clamp(o.data, o.len, &f->eth)))
			return false;
		if (!am_flow_of_usual6(o.data, o.len, &o.flow))
			o.flow = am_flow_of_frame(o.data, o.len);
	} else if (unlikely(exit->mss4) && am_mss_may_clamp_usual(o.data, o.len)) {
		return false;
	}
	if (exit->kind != AM_EXIT_PATH)
		e = am_output_stripe(w, exit, o.flow.hash);
	return likely(e) && am_output_by(w, &o, e, sum, wide);
}

_Static_assert(offsetof(struct am_encap, exit) == 0, "a path's exit is its string's head");

/* Out of a member of which the face says that frames leave by it as they are. */
static inline AM_INLINE void am_output_straight(struct am_worker *w, struct am_frame *f,
	const struct am_exit *exit, struct am_output_sum *sum, bool wide)
{
	if (exit->kind == AM_EXIT_PORT)
		am_output_to_port(w, f, exit->port);
	else if (exit->kind == AM_EXIT_TAG ? !am_output_with_tag(w, f, exit)
					   : unlikely(!am_output_to_path(w, f, exit, sum, wide)))
		am_output(w, f, w->roots->members[exit->member]);
}

#endif
