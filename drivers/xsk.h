/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef DRIVERS_XSK_H
#define DRIVERS_XSK_H
/* One AF_XDP socket: one queue of a device, each way. Buffers are those of a pool of am_umem_pool's. */
#include <xdp/xsk.h>

#include "base/err.h"
#include "drivers/umem.h"
#include "pkt/port.h"

struct rte_mbuf;
struct rte_mempool;

struct xsk {
	struct xsk_ring_cons rx, comp;
	struct xsk_ring_prod tx, fill;
	struct xsk_socket *socket;
	struct xsk_umem *umem;
	int fd;
	uint32_t owed; /* buffers that the fill ring lacks */
	struct am_umem_region region;
	struct rte_mempool *pool;
	uint8_t *held; /* per chunk: the kernel has it */
	/* Written by the worker, read by control. */
	uint64_t no_buffer;
	uint64_t tx_errors;
};

/* 0 or -errno with err, which does not name the device. */
int xsk_open(struct xsk *x, const char *device, uint32_t queue, struct rte_mempool *pool, struct am_err *err);
/* Buffers that the kernel had go back to the pool. */
void xsk_close(struct xsk *x);

uint16_t xsk_rx(struct xsk *x, struct rte_mbuf **m, uint16_t n);
uint16_t xsk_tx(struct xsk *x, struct rte_mbuf **m, uint16_t n);
/* Take back what was sent, let the kernel send what was not. */
void xsk_poll(struct xsk *x);
/* Add this queue's to out. */
void xsk_add_stats(const struct xsk *x, struct am_port_stats *out);

#endif
