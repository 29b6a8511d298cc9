/* SPDX-License-Identifier: BSD-3-Clause */
#include "buffers.h"

#include <errno.h>
#include <stdlib.h>

#include <rte_lcore.h>
#include <rte_mempool.h>

#include "base/hash.h"

static int by_address(const void *a, const void *b)
{
	uintptr_t x = (uintptr_t) * (void *const *)a, y = (uintptr_t) * (void *const *)b;

	return (x > y) - (x < y);
}

static void draw_order(void **objects, unsigned n, uint64_t seed)
{
	qsort(objects, n, sizeof *objects, by_address);
	for (unsigned i = n; i > 1; i--) {
		unsigned j = (unsigned)(am_hash64(i, seed) % i);
		void *other = objects[i - 1];

		objects[i - 1] = objects[j];
		objects[j] = other;
	}
}

int buffers_shuffle(struct rte_mempool *pool, uint64_t seed)
{
	struct rte_mempool_cache *cache = rte_mempool_default_cache(pool, rte_lcore_id());
	void **objects;
	unsigned n;

	if (cache)
		rte_mempool_cache_flush(cache, pool);
	n = rte_mempool_avail_count(pool);
	objects = malloc((n + 1) * sizeof *objects);
	if (!objects)
		return -ENOMEM;
	if (n && !rte_mempool_generic_get(pool, objects, n, NULL)) {
		draw_order(objects, n, seed);
		rte_mempool_generic_put(pool, objects, n, NULL);
	}
	free(objects);
	return 0;
}
