/* SPDX-License-Identifier: BSD-3-Clause */
#include "pkt/buf.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_mbuf_pool_ops.h>

enum { REDZONE = AM_POISON ? 64 : 0 }; /* behind a buffer's room */

#if AM_POISON
#include <sanitizer/asan_interface.h>

/* The room, and the redzone where its pool left one; a test's own mbuf may have no pool. */
static size_t guarded(const struct rte_mbuf *m)
{
	uint32_t made = m->pool ? rte_pktmbuf_data_room_size(m->pool) : 0;

	return made > m->buf_len ? made : m->buf_len;
}

/*
 * Everything first, then the packet back: the sanitizer keeps a byte count for the last 8 octets of a
 * readable range, so the end is exact to the octet, and the front to the 8 octets that it stands in.
 */
void am_buf_guard(struct rte_mbuf *m)
{
	__asan_poison_memory_region(m->buf_addr, guarded(m));
	__asan_unpoison_memory_region(am_buf_data(m), m->data_len);
}

void am_buf_unguard(struct rte_mbuf *m)
{
	__asan_unpoison_memory_region(m->buf_addr, guarded(m));
}

/* What stands behind the room belongs to nobody, so that a write past the room meets poison and not the next buffer. */
static void leave_redzone(struct rte_mempool *pool, void *ctx, void *object, unsigned i)
{
	struct rte_mbuf *m = object;

	(void)pool, (void)ctx, (void)i;
	m->buf_len = AM_BUF_ROOM;
}
#else
void am_buf_guard(struct rte_mbuf *m)
{
	(void)m;
}

void am_buf_unguard(struct rte_mbuf *m)
{
	(void)m;
}
#endif

struct rte_mbuf *am_buf_alloc(struct rte_mempool *pool, uint16_t headroom)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

	if (!m)
		return NULL;
	m->data_off = headroom;
	if (AM_POISON)
		am_buf_guard(m);
	return m;
}

void am_buf_free(struct rte_mbuf *m)
{
	if (AM_POISON)
		am_buf_unguard(m);
	rte_pktmbuf_free(m);
}

/* May a buffer go back to its pool as it is? Nobody shares it, it is one segment, and what it holds is its own. */
static bool is_plain(const struct rte_mbuf *m)
{
	return rte_mbuf_refcnt_read(m) == 1 && !m->next && m->nb_segs == 1 &&
	       !(m->ol_flags & (RTE_MBUF_F_INDIRECT | RTE_MBUF_F_EXTERNAL));
}

/* Runs of plain ones of one pool go back together; rte_pktmbuf_free_bulk looks longer at each. */
static void free_plain(struct rte_mbuf **m, unsigned n)
{
	for (unsigned i = 0, k; i < n; i = k) {
		for (k = i; k < n && m[k]->pool == m[i]->pool && is_plain(m[k]); k++)
			;
		if (k > i)
			rte_mempool_put_bulk(m[i]->pool, (void **)&m[i], k - i);
		else
			rte_pktmbuf_free(m[k++]);
	}
}

void am_buf_free_bulk(struct rte_mbuf **m, unsigned n)
{
	if (AM_POISON)
		for (unsigned i = 0; i < n; i++)
			am_buf_unguard(m[i]);
	free_plain(m, n);
}

struct rte_mbuf *am_buf_refill(struct am_buf_stash *s)
{
	if (s->n == 0 && rte_pktmbuf_alloc_bulk(s->pool, s->m, AM_BUF_STASH) == 0)
		s->n = AM_BUF_STASH;
	/* All or nothing is how a pool gives many: near its end, one by one. */
	if (s->n == 0)
		return rte_pktmbuf_alloc(s->pool);
	return s->m[--s->n];
}

void am_buf_stash_empty(struct am_buf_stash *s)
{
	rte_pktmbuf_free_bulk(s->m, s->n);
	s->n = 0;
}

struct rte_mbuf *am_buf_copy(struct rte_mempool *pool, const struct rte_mbuf *m)
{
	uint16_t headroom = m->data_off, len = m->data_len;
	struct rte_mbuf *copy = am_buf_alloc(pool, 0);

	if (!copy)
		return NULL;
	if (len > copy->buf_len) {
		am_buf_free(copy);
		return NULL;
	}
	if (headroom + len > copy->buf_len)
		headroom = (uint16_t)(copy->buf_len - len);
	copy->data_off = headroom;
	memcpy(am_buf_set_len(copy, len), am_buf_data(m), len);
	return copy;
}

static void unmap(struct rte_mempool_memhdr *hdr, void *opaque)
{
	(void)opaque;
	munmap(hdr->addr, hdr->len);
}

/*
 * On small pages DPDK would begin each buffer on a page of its own: all headers, and all packets, would share eight lines of a
 * first-level cache. The flag prevents that, but with it DPDK would not say where buffers are to a device that knows them by
 * virtual addresses either. So the memory is our own there; a device that needs physical addresses it cannot serve.
 */
static unsigned pool_flags(void)
{
	return rte_eal_has_hugepages() ? 0 : RTE_MEMPOOL_F_NO_IOVA_CONTIG;
}

static int populate(struct rte_mempool *pool)
{
	size_t chunk, align;
	ssize_t len;
	void *area;

	if (rte_eal_has_hugepages())
		return rte_mempool_populate_default(pool);
	len = rte_mempool_op_calc_mem_size_default(pool, pool->size, 0, &chunk, &align);
	if (len < 0)
		return (int)len;
	area = mmap(NULL, (size_t)len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (area == MAP_FAILED)
		return -errno;
	return rte_mempool_populate_iova(pool, area,
		rte_eal_iova_mode() == RTE_IOVA_VA ? (rte_iova_t)(uintptr_t)area : RTE_BAD_IOVA, (size_t)len,
		unmap, NULL);
}

static struct rte_mempool *fill(struct rte_mempool *pool, uint16_t room)
{
	struct rte_pktmbuf_pool_private private = {.mbuf_data_room_size = room};
	int ret = rte_mempool_set_ops_byname(pool, rte_mbuf_best_mempool_ops(), NULL);

	if (ret == 0) {
		rte_pktmbuf_pool_init(pool, &private);
		ret = populate(pool);
		if (ret == (int)pool->size) {
			rte_mempool_obj_iter(pool, rte_pktmbuf_init, NULL);
			return pool;
		}
	}
	rte_mempool_free(pool);
	rte_errno = ret < 0 ? -ret : ENOMEM;
	return NULL;
}

struct rte_mempool *am_buf_pool(const char *name, unsigned count, unsigned cache)
{
	const uint16_t room = AM_BUF_ROOM + REDZONE;
	struct rte_mempool *pool =
		rte_mempool_create_empty(name, count, (unsigned)sizeof(struct rte_mbuf) + room, cache,
			sizeof(struct rte_pktmbuf_pool_private), SOCKET_ID_ANY, pool_flags());

	pool = pool ? fill(pool, room) : NULL;
#if AM_POISON
	if (pool)
		rte_mempool_obj_iter(pool, leave_redzone, NULL);
#endif
	return pool;
}
