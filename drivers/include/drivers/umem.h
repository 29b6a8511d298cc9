/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef DRIVERS_UMEM_H
#define DRIVERS_UMEM_H
/*
 * A buffer pool that AF_XDP can use as it is: its objects lie in one page-aligned region, each in a chunk of
 * its own, so that the kernel writes frames straight into mbufs.
 *
 *   chunk, 4096 octets and as much aligned, or 4032
 *   | pool's header 64 | struct rte_mbuf 128 | headroom ........... | frame ...            |
 *                                            | kernel's own 256     |
 *
 * With 4096 octets the same line of all buffers is in the same few sets of a cache, which then holds two fifths of the frames that it
 * could. 4032 are an odd number of cache lines, so that chunks lie across pages. A device that reaches buffers itself may see pages
 * apart that lie side by side here (an IOMMU maps each by itself), and the kernel drops what crosses from one to the other: that layout
 * is for devices where the kernel copies, and makes it copy on all others. Huge pages are never crossed, whatever the layout.
 *
 * It serves every other driver just as well. Each AF_XDP queue registers the whole region.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rte_mempool;

enum {
	AM_UMEM_CHUNK = 4096,
	AM_UMEM_CHUNK_APART = 4032,
	AM_UMEM_PIECE = 2 << 20, /* begins with a chunk; behind its last whole one there may be some waste */
};

struct am_umem_region {
	uint8_t *base;
	size_t len;
	bool apart;       /* chunks of 4032 octets */
	uint16_t buf_at;  /* from a chunk's first octet to its mbuf */
	uint16_t room_at; /* from a chunk's first octet to the first one of the mbuf's data room */
};

/* The chunk that an octet of a region is in; both count from the region's first octet. */
static inline uint64_t am_umem_chunk(const struct am_umem_region *r, uint64_t at)
{
	return at - (r->apart ? at % AM_UMEM_PIECE % AM_UMEM_CHUNK_APART : at % AM_UMEM_CHUNK);
}

/* A number for each chunk, below am_umem_slots; not every number is a chunk's. */
static inline size_t am_umem_slot(const struct am_umem_region *r, uint64_t at)
{
	return am_umem_chunk(r, at) / AM_UMEM_CHUNK_APART;
}

static inline size_t am_umem_slots(const struct am_umem_region *r)
{
	return r->len / AM_UMEM_CHUNK_APART + 1;
}

/* Where the chunk of a slot begins. */
static inline uint64_t am_umem_slot_chunk(const struct am_umem_region *r, size_t slot)
{
	return am_umem_chunk(r, (slot + 1) * AM_UMEM_CHUNK_APART - 1);
}

/*
 * A pool of count buffers, each with at least AM_BUF_ROOM of data room. cache is per thread; apart: chunks of 4032 octets. NULL with
 * rte_errno.
 */
struct rte_mempool *am_umem_pool(const char *name, unsigned count, unsigned cache, bool apart);

/*
 * Frames that a queue of AF_XDP holds, each way, with a pool of so many buffers: a power of two. Bursts need some, and a few
 * ports with three rings each must leave buffers in the pool.
 */
uint32_t am_umem_ring(uint32_t count);

/* Where its chunks are. 0, or -EINVAL where it is no pool of am_umem_pool's. */
int am_umem_region(const struct rte_mempool *pool, struct am_umem_region *out);

#endif
