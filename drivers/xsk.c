/* SPDX-License-Identifier: BSD-3-Clause */
#include "xsk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <rte_mbuf.h>
#include <rte_mempool.h>
#include <rte_prefetch.h>

#include "pkt/buf.h"

enum {
	BATCH = 64,
	KICKS = 8,             /* system calls a turn at most; the kernel sends 32 frames in each */
	SEND_BUFFER = 8 << 20, /* octets in flight, as the kernel counts them (4 KiB a frame or more) */
};

static struct rte_mbuf *buf_at(const struct xsk *x, uint64_t addr)
{
	return (struct rte_mbuf *)(x->region.base + am_umem_chunk(&x->region, addr) + x->region.buf_at);
}

static void hold(struct xsk *x, uint64_t addr, bool yes)
{
	x->held[am_umem_slot(&x->region, addr)] = yes;
}

/*
 * Give the fill ring what it lacks, as far as the pool goes. The kernel publishes received frames before it gives back
 * the fill entries that it took for them, so there may be less room than is owed: the rest waits for the next time.
 */
static void refill(struct xsk *x)
{
	struct rte_mbuf *m[BATCH];
	uint32_t at = 0, n;

	while ((n = RTE_MIN(x->owed, (uint32_t)BATCH)) && (n = RTE_MIN(n, xsk_prod_nb_free(&x->fill, n)))) {
		if (rte_mempool_get_bulk(x->pool, (void **)m, n)) {
			x->no_buffer++;
			return;
		}
		xsk_ring_prod__reserve(&x->fill, n, &at);
		for (uint32_t i = 0; i < n; i++) {
			uint64_t addr = (uint64_t)((uint8_t *)m[i] - x->region.base) - x->region.buf_at;

			*xsk_ring_prod__fill_addr(&x->fill, at + i) = addr;
			hold(x, addr, true);
		}
		xsk_ring_prod__submit(&x->fill, n);
		x->owed -= n;
	}
}

/*
 * Where a received frame begins. Of chunks apart the kernel says by how much it is behind what the fill ring had, in the upper octets; some
 * (6.13) have a part of that in the lower ones, too.
 */
static inline uint64_t frame_at(const struct xsk *x, uint64_t addr)
{
	return x->region.apart ? am_umem_chunk(&x->region, xsk_umem__extract_addr(addr)) +
					 xsk_umem__extract_offset(addr)
			       : addr;
}

static struct rte_mbuf *received(struct xsk *x, const struct xdp_desc *desc)
{
	uint64_t addr = frame_at(x, desc->addr);
	struct rte_mbuf *m = buf_at(x, addr);

	rte_pktmbuf_reset(m);
	m->data_off = (uint16_t)(addr - am_umem_chunk(&x->region, addr) - x->region.room_at);
	am_buf_set_len(m, (uint16_t)desc->len);
	hold(x, addr, false);
	return m;
}

/* The kernel has written the frame on another core, and the buffer's head was last seen a whole ring ago. */
static inline void look_ahead(const struct xsk *x, uint64_t addr)
{
	const struct rte_mbuf *m = buf_at(x, addr);

	rte_prefetch0(m);
	rte_prefetch0(&m->cacheline1);
	rte_prefetch0(x->region.base + addr);
}

uint16_t xsk_rx(struct xsk *x, struct rte_mbuf **m, uint16_t n)
{
	uint32_t at = 0, got = xsk_ring_cons__peek(&x->rx, n, &at);

	for (uint32_t i = 0; i < got; i++)
		look_ahead(x, frame_at(x, xsk_ring_cons__rx_desc(&x->rx, at + i)->addr));
	for (uint32_t i = 0; i < got; i++)
		m[i] = received(x, xsk_ring_cons__rx_desc(&x->rx, at + i));
	if (got)
		xsk_ring_cons__release(&x->rx, got);
	x->owed += got;
	refill(x);
	if (!got && xsk_ring_prod__needs_wakeup(&x->fill))
		recvfrom(x->fd, NULL, 0, MSG_DONTWAIT, NULL, NULL);
	return (uint16_t)got;
}

static void reclaim(struct xsk *x)
{
	struct rte_mbuf *m[BATCH];
	uint32_t at = 0, n;

	while ((n = xsk_ring_cons__peek(&x->comp, BATCH, &at))) {
		for (uint32_t i = 0; i < n; i++) {
			uint64_t addr = *xsk_ring_cons__comp_addr(&x->comp, at + i);

			m[i] = buf_at(x, addr);
			hold(x, addr, false);
		}
		xsk_ring_cons__release(&x->comp, n);
		am_buf_free_bulk(m, n);
	}
}

/* One of our pool's as it is; anything else as a copy. NULL, with m freed, where there is no buffer for one. */
static struct rte_mbuf *sendable(struct xsk *x, struct rte_mbuf *m)
{
	struct rte_mbuf *copy;

	if (m->pool == x->pool)
		return m;
	copy = am_buf_copy(x->pool, m);
	am_buf_free(m);
	if (!copy)
		x->tx_errors++;
	return copy;
}

uint16_t xsk_tx(struct xsk *x, struct rte_mbuf **m, uint16_t n)
{
	uint32_t at = 0, room = xsk_prod_nb_free(&x->tx, n), put = 0;

	if (room < n) {
		xsk_poll(x);
		room = xsk_prod_nb_free(&x->tx, n);
	}
	n = (uint16_t)RTE_MIN(room, (uint32_t)n);
	for (uint16_t i = 0; i < n; i++) {
		struct rte_mbuf *out = sendable(x, m[i]);
		struct xdp_desc *desc;

		if (!out)
			continue;
		xsk_ring_prod__reserve(&x->tx, 1, &at);
		desc = xsk_ring_prod__tx_desc(&x->tx, at);
		desc->addr = (uint64_t)(am_buf_data(out) - x->region.base);
		desc->len = am_buf_len(out);
		desc->options = 0;
		hold(x, desc->addr, true);
		put++;
	}
	xsk_ring_prod__submit(&x->tx, put);
	return n;
}

static bool unsent(const struct xsk *x)
{
	return __atomic_load_n(x->tx.consumer, __ATOMIC_RELAXED) != x->tx.cached_prod;
}

void xsk_poll(struct xsk *x)
{
	for (int i = 0; i < KICKS && unsent(x) && xsk_ring_prod__needs_wakeup(&x->tx); i++) {
		/* Busy: the next turn tries again. Otherwise the device is down and keeps its frames until it is up. */
		if (sendto(x->fd, NULL, 0, MSG_DONTWAIT, NULL, 0) < 0 && errno != EAGAIN)
			break;
	}
	reclaim(x);
	if (x->owed)
		refill(x);
}

void xsk_add_stats(const struct xsk *x, struct am_port_stats *out)
{
	struct xdp_statistics s = {0};
	socklen_t len = sizeof s;

	out->tx_errors += x->tx_errors;
	if (getsockopt(x->fd, SOL_XDP, XDP_STATISTICS, &s, &len))
		return;
	out->rx_dropped += s.rx_dropped + s.rx_ring_full;
	out->tx_errors += s.tx_invalid_descs;
}

static int open_umem(struct xsk *x, uint32_t ring, struct am_err *err)
{
	struct xsk_umem_config conf = {
		.fill_size = ring,
		.comp_size = ring,
		.frame_size = x->region.apart ? AM_UMEM_CHUNK_APART : AM_UMEM_CHUNK,
		.flags = x->region.apart ? XDP_UMEM_UNALIGNED_CHUNK_FLAG : 0,
		.frame_headroom = x->region.room_at, /* the kernel adds 256 and writes nothing before it */
	};
	int rc = xsk_umem__create(&x->umem, x->region.base, x->region.len, &x->fill, &x->comp, &conf);

	if (rc == -EPERM || rc == -EACCES)
		return am_fail(err, -rc,
			"no permission for AF_XDP; run as root, or with CAP_NET_RAW and CAP_IPC_LOCK");
	if (rc == -EAFNOSUPPORT)
		return am_fail(
			err, -rc, "this kernel has no AF_XDP (CONFIG_XDP_SOCKETS); use the driver af_packet");
	if (rc == -ENOBUFS || rc == -ENOMEM)
		return am_fail(err, -rc,
			"%zu MiB of packet buffers cannot be locked in memory; raise the limit "
			"(ulimit -l, LimitMEMLOCK=infinity) or lower system.buffers",
			x->region.len >> 20);
	return rc ? am_fail(err, -rc, "registering packet buffers: %s", strerror(-rc)) : 0;
}

static int open_socket(struct xsk *x, const char *device, uint32_t queue, uint32_t ring, struct am_err *err)
{
	struct xsk_socket_config conf = {
		.rx_size = ring,
		.tx_size = ring,
		.libxdp_flags = XSK_LIBXDP_FLAGS__INHIBIT_PROG_LOAD,
		.bind_flags = XDP_USE_NEED_WAKEUP | (x->region.apart ? XDP_COPY : 0),
	};
	int rc = xsk_socket__create(&x->socket, device, queue, x->umem, &x->rx, &x->tx, &conf);
	int room = SEND_BUFFER;

	if (rc == -EBUSY)
		return am_fail(err, EBUSY, "queue %u has an AF_XDP socket already (another amimed?)", queue);
	if (rc)
		return am_fail(err, -rc, "AF_XDP socket on queue %u: %s", queue, strerror(-rc));
	x->fd = xsk_socket__fd(x->socket);
	setsockopt(x->fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof room);
	return 0;
}

int xsk_open(struct xsk *x, const char *device, uint32_t queue, struct rte_mempool *pool, struct am_err *err)
{
	uint32_t ring = am_umem_ring(pool->size);
	int rc;

	*x = (struct xsk){.fd = -1, .pool = pool, .owed = ring};
	if (am_umem_region(pool, &x->region))
		return am_fail(err, EINVAL, "its buffer pool is not made for AF_XDP (am_umem_pool)");
	x->held = calloc(am_umem_slots(&x->region), 1);
	if (!x->held)
		return am_fail(err, ENOMEM, "no memory");
	rc = open_umem(x, ring, err);
	if (!rc)
		rc = open_socket(x, device, queue, ring, err);
	if (rc) {
		xsk_close(x);
		return rc;
	}
	refill(x);
	if (x->owed == ring) {
		xsk_close(x);
		return am_fail(
			err, ENOMEM, "all %u packet buffers are in use; raise system.buffers", pool->size);
	}
	return 0;
}

void xsk_close(struct xsk *x)
{
	if (x->socket)
		xsk_socket__delete(x->socket);
	if (x->umem)
		xsk_umem__delete(x->umem);
	for (size_t i = 0; x->held && i < am_umem_slots(&x->region); i++)
		if (x->held[i])
			am_buf_free(buf_at(x, am_umem_slot_chunk(&x->region, i)));
	free(x->held);
	*x = (struct xsk){.fd = -1};
}
