/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_BUFFERS_H
#define BENCH_BUFFERS_H
/*
 * Which buffers a case gets. A pool hands them out as they came back, so what ran before decides where packets lie: the first
 * user of a fresh pool gets neighbours, which memory and prefetchers like, and no one after it. So before each case the pool
 * is put into the same order, one that was drawn: as after hours of traffic, and as in every other repeat.
 */
#include <stdint.h>

struct rte_mempool;

/* Nobody else uses the pool meanwhile. 0 or -ENOMEM. */
int buffers_shuffle(struct rte_mempool *pool, uint64_t seed);

#endif
