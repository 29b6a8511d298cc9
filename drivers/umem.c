/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/umem.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

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

static unsigned chunk_len(bool apart)
{
	return apart ? AM_UMEM_CHUNK_APART : AM_UMEM_CHUNK;
}

/* Octets for so many chunks, where a piece holds whole ones only. */
static size_t region_len(size_t count, unsigned chunk)
{
	const size_t each = AM_UMEM_PIECE / chunk, page = (size_t)sysconf(_SC_PAGESIZE);
	size_t len = count / each * AM_UMEM_PIECE + count % each * chunk;

	return (len + page - 1) / page * page;
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

/* Of huge pages, which come from EAL so that a NIC can reach them. */
static int populate_huge(struct rte_mempool *pool, size_t len)
{
	const struct rte_memzone *zone =
		rte_memzone_reserve_aligned(pool->name, len, (int)SOCKET_ID_ANY, 0, AM_UMEM_PIECE);
	int n = 0;

	if (!zone)
		return -rte_errno;
	for (size_t at = 0; at < len; at += AM_UMEM_PIECE) {
		char *piece = (char *)zone->addr + at;
		int rc = rte_mempool_populate_iova(pool, piece, rte_mem_virt2iova(piece),
			RTE_MIN(len - at, (size_t)AM_UMEM_PIECE), at ? NULL : free_zone,
			(void *)(uintptr_t)zone);

		if (rc < 0 && !at)
			rte_memzone_free(zone);
		if (rc < 0)
			return rc;
		n += rc;
	}
	return n;
}

/* Without huge pages the memory is our own and as much as is wanted. A NIC that reaches it at all does so by its addresses here. */
static int populate_small(struct rte_mempool *pool, size_t len)
{
	char *area = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	bool by_address = rte_eal_iova_mode() == RTE_IOVA_VA;
	size_t at = 0;
	int n = 0, rc;

	if (area == MAP_FAILED)
		return -errno;
	pool->flags |= RTE_MEMPOOL_F_NO_IOVA_CONTIG; /* objects may cross pages ... */
	if (by_address)
		pool->flags &=
			~(unsigned)RTE_MEMPOOL_F_NON_IO; /* ... which are side by side for a NIC, too */
	while (at < len) {
		size_t octets = RTE_MIN(len - at, (size_t)AM_UMEM_PIECE);
		rte_iova_t iova = by_address ? (rte_iova_t)(uintptr_t)(area + at) : RTE_BAD_IOVA;

		rc = rte_mempool_populate_iova(pool, area + at, iova, octets, unmap, NULL);
		if (rc < 0)
			break;
		n += rc;
		at += octets;
	}
	pool->flags &= ~(unsigned)RTE_MEMPOOL_F_NO_IOVA_CONTIG;
	if (at == len)
		return n;
	munmap(area + at, len - at);
	return rc;
}

static struct rte_mempool *create(const char *name, unsigned count, unsigned cache, unsigned chunk)
{
	struct rte_mempool_objsz size;
	struct rte_pktmbuf_pool_private private = {0};
	struct rte_mempool *pool;

	/* No spreading by DPDK: it pads objects, and they have to be as long as a chunk. */
	rte_mempool_calc_obj_size(chunk - RTE_CACHE_LINE_SIZE, RTE_MEMPOOL_F_NO_SPREAD, &size);
	size.elt_size = chunk - size.header_size - size.trailer_size;
	pool = rte_mempool_create_empty(name, count, size.elt_size, cache, sizeof private, (int)SOCKET_ID_ANY,
		RTE_MEMPOOL_F_NO_SPREAD);
	if (!pool)
		return NULL;
	private.mbuf_data_room_size = (uint16_t)(size.elt_size - sizeof(struct rte_mbuf));
	rte_mempool_set_ops_byname(pool, rte_mbuf_best_mempool_ops(), NULL);
	rte_pktmbuf_pool_init(pool, &private);
	return pool;
}

struct rte_mempool *am_umem_pool(const char *name, unsigned count, unsigned cache, bool apart)
{
	const unsigned chunk = chunk_len(apart);
	struct am_umem_region region;
	struct rte_mempool *pool = create(name, count, cache, chunk);
	int rc;

	if (!pool)
		return NULL;
	rc = (rte_eal_has_hugepages() ? populate_huge : populate_small)(pool, region_len(count, chunk));
	if (rc != (int)count || am_umem_region(pool, &region)) {
		rte_mempool_free(pool);
		rte_errno = rc < 0 ? -rc : ENOMEM;
		return NULL;
	}
	rte_mempool_obj_iter(pool, rte_pktmbuf_init, NULL);
	return pool;
}

/* From where to where its memory is, and how much that is; false: it is not in our pieces. */
static bool bounds(const struct rte_mempool *pool, uintptr_t *start, size_t *len)
{
	const struct rte_mempool_memhdr *hdr = STAILQ_FIRST(&pool->mem_list);

	*start = hdr ? (uintptr_t)hdr->addr : 0;
	*len = 0;
	for (; hdr; hdr = STAILQ_NEXT(hdr, next)) {
		if (*len % AM_UMEM_PIECE || (uintptr_t)hdr->addr != *start + *len || hdr->len > AM_UMEM_PIECE)
			return false;
		*len += hdr->len;
	}
	return *len != 0;
}

int am_umem_region(const struct rte_mempool *pool, struct am_umem_region *out)
{
	const unsigned chunk = pool->header_size + pool->elt_size + pool->trailer_size;
	uintptr_t start;
	size_t len;

	if (!bounds(pool, &start, &len) || start % (size_t)sysconf(_SC_PAGESIZE) ||
		(chunk != AM_UMEM_CHUNK && chunk != AM_UMEM_CHUNK_APART))
		return -EINVAL;
	out->apart = chunk == AM_UMEM_CHUNK_APART;
	out->base = (uint8_t *)start;
	out->len = len;
	out->buf_at = (uint16_t)pool->header_size;
	out->room_at = (uint16_t)(pool->header_size + sizeof(struct rte_mbuf) +
				  rte_pktmbuf_priv_size((struct rte_mempool *)(uintptr_t)pool));
	return 0;
}
