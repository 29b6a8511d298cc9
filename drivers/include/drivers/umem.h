/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef DRIVERS_UMEM_H
#define DRIVERS_UMEM_H
/*
 * A buffer pool that AF_XDP can use as it is: its objects lie in one page-aligned region, each in a chunk of
 * its own, so that the kernel writes frames straight into mbufs.
 *
 *   chunk, 4032 octets
 *   | pool's header 64 | struct rte_mbuf 128 | headroom ........... | frame ...            |
 *                                            | kernel's own 256     |
 *
 * A chunk is an odd number of cache lines long: with 4096 octets the same line of all buffers would be in the same few sets of a cache,
 * which then holds two fifths of the frames that it could. So chunks lie across page boundaries, but not across those of 2 MiB, which a NIC
 * might see apart: behind the last whole chunk of such a piece there is some waste.
 *
 * It serves every other driver just as well. Each AF_XDP queue registers the whole region.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rte_mempool;

enum {
	AM_UMEM_CHUNK = 4032,
	AM_UMEM_PIECE = 2 << 20,
};

struct am_umem_region {
	uint8_t *base;
	size_t len;
	bool huge;        /* no chunk crosses a page */
	uint16_t buf_at;  /* from a chunk's first octet to its mbuf */
	uint16_t room_at; /* from a chunk's first octet to the first one of the mbuf's data room */
};

/* The chunk that an octet of a region is in; both count from the region's first octet. */
static inline uint64_t am_umem_chunk(uint64_t at)
{
	return at - at % AM_UMEM_PIECE % AM_UMEM_CHUNK;
}

/* A number for each chunk, below am_umem_slots of the region's length; not every number is a chunk's. */
static inline size_t am_umem_slot(uint64_t at)
{
	return am_umem_chunk(at) / AM_UMEM_CHUNK;
}

static inline size_t am_umem_slots(size_t len)
{
	return len / AM_UMEM_CHUNK + 1;
}

/* Where the chunk of a slot begins. */
static inline uint64_t am_umem_slot_chunk(size_t slot)
{
	return am_umem_chunk((slot + 1) * AM_UMEM_CHUNK - 1);
}

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
