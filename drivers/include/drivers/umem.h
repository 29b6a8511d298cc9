/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef DRIVERS_UMEM_H
#define DRIVERS_UMEM_H
/*
 * A buffer pool that AF_XDP can use as it is: its objects lie in one page-aligned region, each in a chunk of
 * its own, so that the kernel writes frames straight into mbufs.
 *
 *   chunk, 4096 octets and as much aligned
 *   | pool's header 64 | struct rte_mbuf 128 | headroom ........... | frame ...            |
 *                                            | kernel's own 256     |
 *
 * It serves every other driver just as well. Each AF_XDP queue registers the whole region.
 */
#include <stddef.h>
#include <stdint.h>

struct rte_mempool;

enum {
	AM_UMEM_CHUNK = 4096,
};

struct am_umem_region {
	uint8_t *base;
	size_t len;
	uint16_t buf_at;  /* from a chunk's first octet to its mbuf */
	uint16_t room_at; /* from a chunk's first octet to the first one of the mbuf's data room */
};

/*
 * A pool of count buffers, each with at least AM_BUF_ROOM of data room. cache is per thread. NULL with
 * rte_errno.
 */
struct rte_mempool *am_umem_pool(const char *name, unsigned count, unsigned cache);

/*
 * Frames that a queue of AF_XDP holds, each way, with a pool of so many buffers: a power of two. Bursts need some, and a few
 * ports with three rings each must leave buffers in the pool.
 */
uint32_t am_umem_ring(uint32_t count);

/* Where its chunks are. 0, or -EINVAL where it is no pool of am_umem_pool's. */
int am_umem_region(const struct rte_mempool *pool, struct am_umem_region *out);

#endif
