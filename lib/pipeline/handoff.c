/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Several workers behind one queue. Fragments carry no ports, so a receiving worker reassembles first and
 * then gives each whole frame to the worker that its flow hashes to: one flow always goes the same way
 * through the same first-in-first-out rings, so it cannot be reordered. A transmit queue has one owner; the
 * others hand it their frames.
 */
#include <errno.h>
#include <unistd.h>

#include "bridge.h"
#include "core.h"
#include "net/flow.h"
#include "tap.h"

/* The consumer sees it from ring_show() on. */
static bool ring_put(struct am_ring *ring, const struct am_frame *f)
{
	if (ring->put - ring->tail_seen == AM_RING_SLOTS) {
		ring->tail_seen = atomic_load_explicit(&ring->tail, memory_order_acquire);
		if (ring->put - ring->tail_seen == AM_RING_SLOTS)
			return false;
	}
	ring->slot[ring->put++ % AM_RING_SLOTS] = *f;
	return true;
}

static void ring_show(struct am_ring *ring)
{
	atomic_store_explicit(&ring->head, ring->put, memory_order_release);
}

static unsigned ring_take(struct am_ring *ring, struct am_frame *out, unsigned max)
{
	uint32_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
	uint32_t head = atomic_load_explicit(&ring->head, memory_order_acquire);
	unsigned n = 0;

	while (n < max && tail != head)
		out[n++] = ring->slot[tail++ % AM_RING_SLOTS];
	if (n)
		atomic_store_explicit(&ring->tail, tail, memory_order_release);
	return n;
}

static bool ring_empty(struct am_ring *ring)
{
	return atomic_load(&ring->tail) == atomic_load(&ring->head);
}

void am_worker_wake(struct am_worker *to)
{
	uint64_t one = 1;

	atomic_thread_fence(memory_order_seq_cst);
	if (unlikely(atomic_load(&to->sleeping)) && write(to->wake_fd, &one, sizeof one) < 0 &&
		errno != EAGAIN)
		return; /* an eventfd fails only by being full, and then it is readable */
}

static void hash_frame(struct am_frame *f)
{
	if (f->hashed)
		return;
	f->hash = am_flow_hash_frame(am_buf_data(f->m), am_buf_len(f->m));
	f->hashed = true;
}

static bool admit(struct am_worker *w, struct am_frame *f)
{
	return am_bridge_admit(w, f, w->roots->members[f->member], w->plane->conf.fdb);
}

void am_handoff_frames(struct am_worker *w)
{
	struct am_plane *plane = w->plane;
	unsigned workers = plane->conf.workers;
	uint32_t woken = 0;
	unsigned kept = 0;

	for (unsigned i = 0; i < w->n_frames; i++) {
		struct am_frame *f = &w->frames[i];
		unsigned to;

		hash_frame(f);
		f->to = am_tap_story(w);
		to = (unsigned)(((uint64_t)f->hash * workers) >> 32);
		if (to == w->id) {
			w->frames[kept] = *f;
			kept += admit(w, &w->frames[kept]);
		} else if (ring_put(plane->carry[to][w->id], f)) {
			am_tap_handoff(w, to, f->iface);
			w->stats.handed_out++;
			woken |= 1u << to;
		} else {
			am_drop(w, f->iface, AM_V_HANDOFF_FULL, f->m);
		}
	}
	w->n_frames = kept;
	for (unsigned to = 0; woken; to++, woken >>= 1)
		if (woken & 1) {
			ring_show(plane->carry[to][w->id]);
			am_worker_wake(plane->workers[to]);
		}
}

/* The member may have left the configuration while the frame was on its way. */
static bool still_there(const struct am_worker *w, const struct am_frame *f)
{
	return w->roots && f->member < w->roots->n_members && w->roots->members[f->member];
}

static unsigned take_frames(struct am_worker *w, unsigned from)
{
	unsigned n = ring_take(w->plane->carry[w->id][from], w->frames, AM_BURST), kept = 0;
	bool watched = am_tap_armed(w) && am_tap_follows(w, w->frames, n);

	for (unsigned i = 0; i < n; i++) {
		if (unlikely(!still_there(w, &w->frames[i]))) {
			am_drop(w, w->frames[i].iface, AM_V_PORT_UNUSED, w->frames[i].m);
			continue;
		}
		w->frames[kept] = w->frames[i];
		kept += watched || admit(w, &w->frames[kept]);
	}
	w->stats.handed_in += n;
	w->n_frames = kept;
	if (unlikely(watched))
		am_tap_handed(w, kept);
	else
		am_bridge_burst(w);
	return n;
}

static unsigned take_sends(struct am_worker *w, unsigned from)
{
	struct am_frame f[AM_BURST];
	unsigned n = ring_take(w->plane->send[w->id][from], f, AM_BURST);

	for (unsigned i = 0; i < n; i++) {
		struct am_tx *tx = &w->tx[f[i].member];

		if (unlikely(!tx->port)) {
			am_drop(w, f[i].iface, AM_V_PORT_DOWN, f[i].m);
			continue;
		}
		if (tx->n == AM_TX_SLOTS)
			am_output_flush(w);
		tx->m[tx->n++] = f[i].m;
		tx->foreign++;
		w->tx_pending |= 1ull << f[i].member;
	}
	return n;
}

unsigned am_handoff_take(struct am_worker *w)
{
	unsigned n = 0;

	for (unsigned from = 0; from < w->plane->conf.workers; from++) {
		if (from == w->id)
			continue;
		n += take_frames(w, from);
		am_route_bridged(w);
		n += take_sends(w, from);
	}
	return n;
}

void am_handoff_send(struct am_worker *w, struct am_tx *tx, uint16_t port_id)
{
	struct am_ring *ring = w->plane->send[tx->owner][w->id];
	uint16_t iface = w->roots && port_id < w->roots->n_ports ? w->roots->ports[port_id].iface : 0;

	for (unsigned i = 0; i < tx->n; i++) {
		struct am_frame f = {.m = tx->m[i], .member = port_id, .iface = iface};

		if (unlikely(!ring_put(ring, &f)))
			am_drop(w, iface, AM_V_HANDOFF_FULL, f.m);
	}
	tx->n = 0;
	ring_show(ring);
	am_worker_wake(w->plane->workers[tx->owner]);
}

bool am_handoff_waiting(const struct am_worker *w)
{
	for (unsigned from = 0; from < w->plane->conf.workers; from++) {
		if (from == w->id)
			continue;
		if (!ring_empty(w->plane->carry[w->id][from]) || !ring_empty(w->plane->send[w->id][from]))
			return true;
	}
	return false;
}
