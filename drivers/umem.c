/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/umem.h"

#include <errno.h>
#include <sys/mman.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_mbuf.h>
#include <rte_mbuf_pool_ops.h>
#include <rte_mempool.h>
#include <rte_memzone.h>

#include "pkt/buf.h"

enum {
	RING_MIN = 64,
	RING_MAX = 4096,
	/*
	 * A ring may hold this part of the pool. The kernel fills the buffers of a ring in turn, so all of a long one's have
	 * left the caches when their turn comes again, and it is longer than TCP needs to fill a link.
	 */
	RING_SHARE = 32,
};

uint32_t am_umem_ring(uint32_t count)
{
	uint32_t n = RING_MIN;

	while (n < RING_MAX && n * 2 <= count / RING_SHARE)
		n *= 2;
	return n;
}

static void unmap(struct rte_mempool_memhdr *hdr, void *opaque)
{
	(void)opaque;
	munmap(hdr->addr, hdr->len);
}

static void free_zone(struct rte_mempool_memhdr *hdr, void *opaque)
{
	(void)hdr;
	rte_memzone_free(opaque);
}

/* Huge pages come from EAL, so that a NIC can reach them; without any the memory is our own and as much as is wanted. */
static int populate(struct rte_mempool *pool, size_t len)
{
	const struct rte_memzone *zone;
	rte_iova_t iova;
	void *area;

	if (rte_eal_has_hugepages()) {
		zone = rte_memzone_reserve_aligned(pool->name, len, (int)SOCKET_ID_ANY, 0, AM_UMEM_CHUNK);
		if (!zone)
			return -rte_errno;
		return rte_mempool_populate_virt(
			pool, zone->addr, len, zone->hugepage_sz, free_zone, (void *)(uintptr_t)zone);
	}
	area = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (area == MAP_FAILED)
		return -errno;
	iova = rte_eal_iova_mode() == RTE_IOVA_VA ? (rte_iova_t)(uintptr_t)area : RTE_BAD_IOVA;
	return rte_mempool_populate_iova(pool, area, iova, len, unmap, NULL);
}

static struct rte_mempool *create(const char *name, unsigned count, unsigned cache)
{
	struct rte_mempool_objsz size;
	struct rte_pktmbuf_pool_private private = {0};
	struct rte_mempool *pool;

	/* No spreading: it pads objects, and they have to be as long as a chunk. */
	rte_mempool_calc_obj_size(AM_UMEM_CHUNK / 2, RTE_MEMPOOL_F_NO_SPREAD, &size);
	size.elt_size = AM_UMEM_CHUNK - size.header_size - size.trailer_size;
	pool = rte_mempool_create_empty(name, count, size.elt_size, cache, sizeof private, (int)SOCKET_ID_ANY,
		RTE_MEMPOOL_F_NO_SPREAD);
	if (!pool)
		return NULL;
	private.mbuf_data_room_size = (uint16_t)(size.elt_size - sizeof(struct rte_mbuf));
	rte_mempool_set_ops_byname(pool, rte_mbuf_best_mempool_ops(), NULL);
	rte_pktmbuf_pool_init(pool, &private);
	return pool;
}

struct rte_mempool *am_umem_pool(const char *name, unsigned count, unsigned cache)
{
	struct am_umem_region region;
	struct rte_mempool *pool = create(name, count, cache);
	int rc;

	if (!pool)
		return NULL;
	rc = populate(pool, (size_t)count * AM_UMEM_CHUNK);
	if (rc != (int)count || am_umem_region(pool, &region)) {
		rte_mempool_free(pool);
		rte_errno = rc < 0 ? -rc : ENOMEM;
		return NULL;
	}
	rte_mempool_obj_iter(pool, rte_pktmbuf_init, NULL);
	return pool;
}

/* The memory may have been added in pieces (one per page where physical addresses matter); they follow each other. */
static void bounds(const struct rte_mempool *pool, uintptr_t *start, uintptr_t *end, size_t *sum)
{
	const struct rte_mempool_memhdr *hdr;

	*start = UINTPTR_MAX;
	*end = 0;
	*sum = 0;
	STAILQ_FOREACH(hdr, &pool->mem_list, next)
	{
		uintptr_t at = (uintptr_t)hdr->addr;

		*start = at < *start ? at : *start;
		*end = at + hdr->len > *end ? at + hdr->len : *end;
		*sum += hdr->len;
	}
}

int am_umem_region(const struct rte_mempool *pool, struct am_umem_region *out)
{
	uintptr_t start, end;
	size_t sum;

	bounds(pool, &start, &end, &sum);
	if (!sum || start % AM_UMEM_CHUNK || end - start != sum ||
		pool->header_size + pool->elt_size + pool->trailer_size != AM_UMEM_CHUNK)
		return -EINVAL;
	out->base = (uint8_t *)start;
	out->len = sum;
	out->buf_at = (uint16_t)pool->header_size;
	out->room_at = (uint16_t)(pool->header_size + sizeof(struct rte_mbuf) +
				  rte_pktmbuf_priv_size((struct rte_mempool *)(uintptr_t)pool));
	return 0;
}
