/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <rte_rcu_qsbr.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/pages.h"
#include "core.h"

static size_t lanes_size(const struct am_worker *w)
{
	return sizeof *w->lanes * (w->lane_mask + 1);
}

static size_t counters_size(const struct am_worker *w)
{
	return sizeof *w->counters * w->plane->conf.ifaces;
}

static void worker_free(struct am_worker *w)
{
	if (!w)
		return;
	if (w->wake_fd >= 0)
		close(w->wake_fd);
	if (w->reasm)
		am_reasm_free(w->reasm);
	am_ipid_fini(&w->ids);
	am_buf_stash_empty(&w->stash);
	am_punt_free(w->punt);
	am_pages_free(w->lanes, lanes_size(w));
	free(w->peer_iface);
	free(w->peer_back);
	am_pages_free(w->counters, counters_size(w));
	am_pages_free(w->as_counters, AM_AS_ROWS * sizeof *w->as_counters);
	am_pages_free(w->acl_counters, AM_ACL_ROWS * sizeof *w->acl_counters);
	am_pages_free(w, sizeof *w);
}

/* Room for four of each peer's, so that few of them share a place. */
static uint32_t lanes_for(uint32_t peers)
{
	uint32_t n = AM_LANES_MIN;

	while (n < 4 * (uint64_t)peers && n < AM_LANES_MAX)
		n *= 2;
	return n;
}

static struct am_worker *worker_new(struct am_plane *plane, unsigned id)
{
	const struct am_plane_conf *conf = &plane->conf;
	struct am_reasm_conf reasm = conf->reasm;
	struct am_worker *w = am_pages_alloc(sizeof *w);

	if (!w)
		return NULL;
	w->plane = plane;
	w->id = id;
	w->stash.pool = conf->pool;
	am_lanes_forget(w);
	w->rx_back = AM_NO_ID;
	w->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	w->counters = am_pages_alloc(counters_size(w));
	w->as_counters = am_pages_alloc(AM_AS_ROWS * sizeof *w->as_counters);
	w->acl_counters = am_pages_alloc(AM_ACL_ROWS * sizeof *w->acl_counters);
	w->lane_mask = lanes_for(reasm.peers) - 1;
	w->lanes = am_pages_alloc(lanes_size(w));
	w->peer_iface = calloc(reasm.peers, sizeof *w->peer_iface);
	w->peer_back = calloc(reasm.peers, sizeof *w->peer_back);
	reasm.seed ^= am_hash64(id + 1, conf->seed);
	w->reasm = am_reasm_create(&reasm, am_decap_lost, w);
	if (w->wake_fd < 0 || !w->counters || !w->as_counters || !w->acl_counters || !w->lanes ||
		!w->peer_iface || !w->peer_back || !w->reasm ||
		am_ipid_init(&w->ids, id, conf->workers, conf->paths, conf->seed) < 0) {
		worker_free(w);
		return NULL;
	}
	return w;
}

static int make_rings(struct am_plane *plane)
{
	unsigned n = plane->conf.workers;

	for (unsigned to = 0; to < n; to++) {
		for (unsigned from = 0; from < n; from++) {
			if (to == from)
				continue;
			plane->carry[to][from] = am_pages_alloc(sizeof(struct am_ring));
			plane->send[to][from] = am_pages_alloc(sizeof(struct am_ring));
			if (!plane->carry[to][from] || !plane->send[to][from])
				return -ENOMEM;
		}
	}
	return 0;
}

static int make_qsbr(struct am_plane *plane)
{
	unsigned n = plane->conf.workers;

	plane->qsbr = am_pages_alloc(rte_rcu_qsbr_get_memsize(n));
	if (!plane->qsbr || rte_rcu_qsbr_init(plane->qsbr, n) != 0)
		return -ENOMEM;
	for (unsigned i = 0; i < n; i++)
		rte_rcu_qsbr_thread_register(plane->qsbr, i);
	return 0;
}

static int check(const struct am_plane_conf *conf, struct am_err *err)
{
	if (conf->workers < 1 || conf->workers > AM_WORKERS_MAX)
		return am_fail(err, EINVAL, "%u workers; between 1 and %d are possible", conf->workers,
			AM_WORKERS_MAX);
	/* Each writes to a map of its own there. */
	if (conf->fdb && conf->workers > am_fdb_workers(conf->fdb))
		return am_fail(err, EINVAL, "%u workers, and an FDB that was made for %u", conf->workers,
			am_fdb_workers(conf->fdb));
	return 0;
}

struct am_plane *am_plane_create(const struct am_plane_conf *conf, struct am_err *err)
{
	struct am_plane *plane;

	if (check(conf, err))
		return NULL;
	plane = am_pages_alloc(sizeof *plane);
	if (!plane)
		goto no_memory;
	plane->conf = *conf;
	plane->conf.handoff &= conf->workers > 1;
	for (unsigned i = 0; i < conf->workers; i++) {
		plane->workers[i] = worker_new(plane, i);
		if (!plane->workers[i])
			goto no_memory;
	}
	if (make_rings(plane) < 0 || make_qsbr(plane) < 0)
		goto no_memory;
	return plane;

no_memory:
	am_fail(err, ENOMEM, "no memory for %u workers and %u interfaces; lower \"system\".\"workers\"",
		conf->workers, conf->ifaces);
	am_plane_free(plane);
	return NULL;
}

static void ring_free(struct am_ring *ring)
{
	if (!ring)
		return;
	for (uint32_t i = atomic_load(&ring->tail); i != atomic_load(&ring->head); i++)
		am_buf_free(ring->slot[i % AM_RING_SLOTS].m);
	am_pages_free(ring, sizeof *ring);
}

void am_plane_free(struct am_plane *plane)
{
	if (!plane)
		return;
	for (unsigned to = 0; to < AM_WORKERS_MAX; to++) {
		for (unsigned from = 0; from < AM_WORKERS_MAX; from++) {
			ring_free(plane->carry[to][from]);
			ring_free(plane->send[to][from]);
		}
		worker_free(plane->workers[to]);
	}
	free(plane->punt);
	am_pages_free(plane->qsbr, rte_rcu_qsbr_get_memsize(plane->conf.workers));
	am_pages_free(plane, sizeof *plane);
}

/* Queues go round the workers, starting at another one for each port, so that two one-queue ports use two
 * workers. */
static unsigned queue_owner(const struct am_plane *plane, uint16_t port_id, uint16_t queue)
{
	return (unsigned)(port_id + queue) % plane->conf.workers;
}

static void remove_port(struct am_plane *plane, uint16_t port_id)
{
	for (unsigned i = 0; i < plane->conf.workers; i++) {
		struct am_worker *w = plane->workers[i];
		unsigned kept = 0;

		for (unsigned q = 0; q < w->n_queues; q++)
			if (w->queues[q].port_id != port_id)
				w->queues[kept++] = w->queues[q];
		w->n_queues = kept;
		am_buf_free_bulk(w->tx[port_id].m, w->tx[port_id].n);
		/* What the snapshot says of it stays until there is another snapshot: a frame that goes there is told so. */
		w->tx[port_id] = (struct am_tx){.iface = w->tx[port_id].iface, .mtu = w->tx[port_id].mtu};
		w->tx_pending &= ~(1ull << port_id);
	}
	plane->ports[port_id] = NULL;
}

int am_plane_set_port(struct am_plane *plane, uint16_t port_id, struct am_port *port)
{
	if (port_id >= AM_PORTS_MAX)
		return -ENOSPC;
	remove_port(plane, port_id);
	if (!port)
		return 0;
	for (uint16_t q = 0; q < port->limits.rx_queues; q++) {
		struct am_worker *w = plane->workers[queue_owner(plane, port_id, q)];

		if (w->n_queues == AM_QUEUES_MAX)
			return -ENOSPC;
		w->queues[w->n_queues++] = (struct am_queue){port, port_id, q};
	}
	for (unsigned i = 0; i < plane->conf.workers; i++) {
		struct am_tx *tx = &plane->workers[i]->tx[port_id];
		bool own = port->limits.tx_queues >= plane->conf.workers;

		tx->port = port;
		tx->m = plane->workers[i]->tx_slots[port_id];
		tx->queue = (uint16_t)(i % port->limits.tx_queues);
		tx->owner = (uint16_t)(own ? i : queue_owner(plane, port_id, tx->queue));
	}
	plane->ports[port_id] = port;
	return 0;
}

const struct am_roots *am_plane_swap_roots(struct am_plane *plane, const struct am_roots *roots)
{
	return atomic_exchange_explicit(&plane->roots, roots, memory_order_acq_rel);
}

void am_plane_set_quiet(struct am_plane *plane, bool quiet)
{
	atomic_store(&plane->quiet, quiet);
}

uint64_t am_plane_token(struct am_plane *plane)
{
	return rte_rcu_qsbr_start(plane->qsbr);
}

bool am_plane_passed(struct am_plane *plane, uint64_t token)
{
	return rte_rcu_qsbr_check(plane->qsbr, token, false) == 1;
}

struct am_worker *am_plane_worker(struct am_plane *plane, unsigned i)
{
	return plane->workers[i];
}

static uint64_t peek(const uint64_t *counter)
{
	return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

static void add_counters(const struct am_iface_counters *from, struct am_iface_counters *out)
{
	for (unsigned c = 0; c < AM_COUNTERS; c++)
		out->count[c] += peek(&from->count[c]);
	for (unsigned v = 0; v < AM_VERDICTS; v++)
		out->drop[v] += peek(&from->drop[v]);
}

void am_plane_worker_counters(
	const struct am_plane *plane, unsigned worker, uint16_t iface, struct am_iface_counters *out)
{
	memset(out, 0, sizeof *out);
	add_counters(&plane->workers[worker]->counters[iface], out);
}

void am_plane_counters(const struct am_plane *plane, uint16_t iface, struct am_iface_counters *out)
{
	memset(out, 0, sizeof *out);
	for (unsigned i = 0; i < plane->conf.workers; i++)
		add_counters(&plane->workers[i]->counters[iface], out);
}

void am_plane_as(const struct am_plane *plane, uint32_t row, struct am_as_counters *out)
{
	*out = (struct am_as_counters){0};
	for (unsigned i = 0; i < plane->conf.workers; i++) {
		out->packets += peek(&plane->workers[i]->as_counters[row].packets);
		out->bytes += peek(&plane->workers[i]->as_counters[row].bytes);
	}
}

void am_plane_acl(const struct am_plane *plane, uint32_t row, struct am_acl_counters *out)
{
	*out = (struct am_acl_counters){0};
	for (unsigned i = 0; i < plane->conf.workers; i++) {
		out->packets += peek(&plane->workers[i]->acl_counters[row].packets);
		out->bytes += peek(&plane->workers[i]->acl_counters[row].bytes);
	}
}

void am_plane_clear_acl(struct am_plane *plane, uint32_t row, uint32_t n)
{
	for (unsigned i = 0; i < plane->conf.workers; i++)
		memset(&plane->workers[i]->acl_counters[row], 0, n * sizeof(struct am_acl_counters));
}

void am_plane_worker_stats(const struct am_plane *plane, unsigned worker, struct am_worker_stats *out)
{
	const struct am_worker *w = plane->workers[worker];

	*out = (struct am_worker_stats){
		.turns = peek(&w->stats.turns),
		.busy_turns = peek(&w->stats.busy_turns),
		.packets = peek(&w->stats.packets),
		.handed_out = peek(&w->stats.handed_out),
		.handed_in = peek(&w->stats.handed_in),
		.carried = peek(&w->stats.carried),
		.sleeps = peek(&w->stats.sleeps),
	};
	am_reasm_stats(w->reasm, &out->reasm);
}

void am_plane_forget_peer(struct am_plane *plane, uint32_t peer)
{
	for (unsigned i = 0; i < plane->conf.workers; i++)
		am_reasm_forget(plane->workers[i]->reasm, peer);
}

void am_plane_clear_iface(struct am_plane *plane, uint16_t iface)
{
	for (unsigned i = 0; i < plane->conf.workers; i++)
		memset(&plane->workers[i]->counters[iface], 0, sizeof(struct am_iface_counters));
}
