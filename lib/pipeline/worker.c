/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <rte_rcu_qsbr.h>

#include "core.h"
#include "tap.h"

void am_drop(struct am_worker *w, uint16_t iface, enum am_verdict why, struct rte_mbuf *m)
{
	am_tap_drop(w, AM_TAP_ETHERNET, iface, why, m);
	w->counters[iface].drop[why]++;
	am_buf_free(m);
}

void am_drop_ip(struct am_worker *w, uint16_t iface, enum am_verdict why, struct rte_mbuf *m)
{
	am_tap_drop(w, AM_TAP_IP, iface, why, m);
	w->counters[iface].drop[why]++;
	am_buf_free(m);
}

/* What came from a queue. */
static void take_burst(struct am_worker *w, const struct am_queue *q, struct rte_mbuf **m, unsigned n)
{
	const struct am_port_root *port;

	if (unlikely(!w->roots || q->port_id >= w->roots->n_ports)) {
		am_buf_free_bulk(m, n);
		return;
	}
	port = &w->roots->ports[q->port_id];
	w->rx_back = q->port->ops->give_back ? q->port_id : AM_NO_ID;
	if (likely(!am_tap_armed(w)))
		am_input_burst(w, port, m, n);
	else
		am_tap_burst(w, port, m, n);
}

/* All queues once; most of many have nothing. */
static inline unsigned poll_queues(struct am_worker *w)
{
	struct rte_mbuf *m[AM_BURST];
	unsigned received = 0;

	for (const struct am_queue *q = w->queues, *end = q + w->n_queues; q < end; q++) {
		const struct am_port_ops *ops = q->port->ops;
		unsigned n;

		am_stage(w, AM_STAGE_RX);
		if (ops->poll)
			ops->poll(q->port, q->queue);
		n = ops->rx(q->port, q->queue, m, AM_BURST);
		am_stage(w, AM_STAGE_REST);
		if (!n)
			continue;
		take_burst(w, q, m, n);
		received += n;
	}
	return received;
}

static void expire(struct am_worker *w)
{
	if (am_time_before(w->now, w->next_expire))
		return;
	am_reasm_expire(w->reasm, w->now, AM_EXPIRE_BUDGET);
	w->next_expire = am_time_add(w->now, AM_EXPIRE_NS);
}

/* What is asked of each packet that leaves. */
static void describe_ports(struct am_worker *w)
{
	for (unsigned i = 0; i < AM_PORTS_MAX; i++) {
		bool there = w->roots && i < w->roots->n_ports;

		w->tx[i].iface = there ? w->roots->ports[i].iface : 0;
		w->tx[i].mtu = there ? w->roots->ports[i].mtu : 0;
	}
}

/* The pointer alone does not tell: a new snapshot may stand where an old one was. */
static void take_roots(struct am_worker *w)
{
	w->roots = atomic_load_explicit(&w->plane->roots, memory_order_acquire);
	if (likely(w->roots && w->roots->generation == w->generation))
		return;
	memset(w->last_peer, 0, sizeof w->last_peer);
	am_lanes_forget(w);
	describe_ports(w);
	w->generation = w->roots ? w->roots->generation : 0;
}

unsigned am_worker_turn(struct am_worker *w, am_time now)
{
	unsigned received, taken;

	w->now = now;
	take_roots(w);
	received = poll_queues(w);
	taken = w->plane->conf.workers > 1 ? am_handoff_take(w) : 0;
	if (w->punt)
		taken += am_punt_take(w);
	expire(w);
	am_stage(w, AM_STAGE_TX);
	am_output_flush(w);
	am_stage(w, AM_STAGE_REST);
	rte_rcu_qsbr_quiescent(w->plane->qsbr, w->id);
	w->stats.turns++;
	w->stats.packets += received;
	if (received + taken > 0)
		w->stats.busy_turns++;
	return received + taken;
}

unsigned am_worker_drain(struct am_worker *w, am_time now)
{
	unsigned taken;

	w->now = now;
	take_roots(w);
	taken = w->plane->conf.workers > 1 ? am_handoff_take(w) : 0;
	am_output_flush(w);
	for (unsigned i = 0; i < w->n_queues; i++)
		if (w->queues[i].port->ops->poll)
			w->queues[i].port->ops->poll(w->queues[i].port, w->queues[i].queue);
	rte_rcu_qsbr_quiescent(w->plane->qsbr, w->id);
	return taken;
}

void am_worker_online(struct am_worker *w)
{
	rte_rcu_qsbr_thread_online(w->plane->qsbr, w->id);
}

void am_worker_offline(struct am_worker *w)
{
	rte_rcu_qsbr_thread_offline(w->plane->qsbr, w->id);
}

int am_worker_wait_fds(struct am_worker *w, int *fds, int max)
{
	int n = 0;

	if (n < max)
		fds[n++] = w->wake_fd;
	for (unsigned i = 0; i < w->n_queues && n < max; i++) {
		const struct am_queue *q = &w->queues[i];
		int fd = q->port->ops->wait_fd(q->port, q->queue);

		if (fd < 0)
			return -1;
		fds[n++] = fd;
	}
	return n;
}

static void arm(struct am_worker *w, bool begin)
{
	for (unsigned i = 0; i < w->n_queues; i++) {
		const struct am_queue *q = &w->queues[i];

		if (q->port->ops->wait)
			q->port->ops->wait(q->port, q->queue, begin);
	}
}

bool am_worker_wait_begin(struct am_worker *w, uint64_t *deadline_ns)
{
	struct am_reasm_stats held;

	/* Sequentially consistent against the producer's look at it: either we see its frame or it sees us
	 * sleep. */
	atomic_store(&w->sleeping, true);
	if (am_handoff_waiting(w) || am_punt_waiting(w)) {
		atomic_store(&w->sleeping, false);
		return false;
	}
	arm(w, true);
	am_reasm_stats(w->reasm, &held);
	*deadline_ns = held.live ? w->now.ns + 2 * AM_EXPIRE_NS : 0;
	w->stats.sleeps++;
	return true;
}

void am_worker_wait_end(struct am_worker *w)
{
	uint64_t wakes;

	arm(w, false);
	atomic_store(&w->sleeping, false);
	/* Nothing to read where another descriptor woke us; the count itself says nothing. */
	if (read(w->wake_fd, &wakes, sizeof wakes) < 0 && errno != EAGAIN)
		w->stats.sleeps--;
}
