/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BGP_POOL_H
#define BGP_POOL_H
/*
 * Items of one size, named by 32 bits, in chunks that never move. Number 0 is none. Numbers are given from the lowest chunk that has room, so that
 * a table that shrinks empties its last chunks, which are given back.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { AM_BGP_POOL_BITS = 13 }; /* items of a chunk */

struct am_bgp_pool_chunk {
	uint32_t live, used, free; /* free: first free item, 0 none */
	_Alignas(8) uint8_t items[];
};

struct am_bgp_pool {
	size_t item; /* octets, at least 4 */
	struct am_bgp_pool_chunk **chunks;
	uint32_t n_chunks, room;
	uint32_t lowest; /* chunk; none below it has room */
	uint32_t live;
	size_t bytes;
};

static inline void *am_bgp_pool_at(const struct am_bgp_pool *pool, uint32_t id)
{
	uint32_t in = id & ((1u << AM_BGP_POOL_BITS) - 1);

	return pool->chunks[id >> AM_BGP_POOL_BITS]->items + in * pool->item;
}

/* Numbers are below this. */
static inline uint32_t am_bgp_pool_end(const struct am_bgp_pool *pool)
{
	return pool->n_chunks << AM_BGP_POOL_BITS;
}

/* Was this number given since its chunk is there? What is free among these is zero but for its first 4 octets. */
static inline bool am_bgp_pool_has(const struct am_bgp_pool *pool, uint32_t id)
{
	uint32_t chunk = id >> AM_BGP_POOL_BITS;

	return chunk < pool->n_chunks && pool->chunks[chunk] &&
	       (id & ((1u << AM_BGP_POOL_BITS) - 1)) < pool->chunks[chunk]->used;
}

/* Zeroed. 0: no memory. */
uint32_t am_bgp_pool_alloc(struct am_bgp_pool *pool);
void am_bgp_pool_free(struct am_bgp_pool *pool, uint32_t id);
void am_bgp_pool_release(struct am_bgp_pool *pool);

#endif
