/* SPDX-License-Identifier: BSD-3-Clause */
#include "pool.h"

#include <stdlib.h>
#include <string.h>

enum { ITEMS = 1 << AM_BGP_POOL_BITS };

static size_t chunk_bytes(const struct am_bgp_pool *pool)
{
	return sizeof(struct am_bgp_pool_chunk) + ITEMS * pool->item;
}

static bool grow_list(struct am_bgp_pool *pool)
{
	uint32_t room = pool->room ? pool->room * 2 : 16;
	struct am_bgp_pool_chunk **chunks = calloc(room, sizeof *chunks);

	if (!chunks)
		return false;
	if (pool->n_chunks)
		memcpy(chunks, pool->chunks, pool->n_chunks * sizeof *chunks);
	free(pool->chunks);
	pool->chunks = chunks;
	pool->room = room;
	return true;
}

static bool has_room(const struct am_bgp_pool_chunk *chunk)
{
	return chunk && (chunk->free || chunk->used < ITEMS);
}

/* The lowest chunk with room, made where there is none. NULL: no memory. */
static struct am_bgp_pool_chunk *chunk_with_room(struct am_bgp_pool *pool)
{
	struct am_bgp_pool_chunk *chunk;

	while (pool->lowest < pool->n_chunks && pool->chunks[pool->lowest] &&
		!has_room(pool->chunks[pool->lowest]))
		pool->lowest++;
	if (pool->lowest < pool->n_chunks && pool->chunks[pool->lowest])
		return pool->chunks[pool->lowest];
	if (pool->lowest >= pool->room && !grow_list(pool))
		return NULL;
	chunk = malloc(chunk_bytes(pool));
	if (!chunk)
		return NULL;
	/* Item 0 of a chunk stays unused: it ends the list of free ones. */
	*chunk = (struct am_bgp_pool_chunk){.used = 1};
	memset(chunk->items, 0, pool->item);
	pool->chunks[pool->lowest] = chunk;
	if (pool->lowest == pool->n_chunks)
		pool->n_chunks++;
	pool->bytes += chunk_bytes(pool);
	return chunk;
}

uint32_t am_bgp_pool_alloc(struct am_bgp_pool *pool)
{
	struct am_bgp_pool_chunk *chunk = chunk_with_room(pool);
	uint32_t in;
	uint8_t *item;

	if (!chunk)
		return 0;
	in = chunk->free;
	if (in) {
		item = chunk->items + in * pool->item;
		memcpy(&chunk->free, item, sizeof chunk->free);
	} else {
		in = chunk->used++;
		item = chunk->items + in * pool->item;
	}
	memset(item, 0, pool->item);
	chunk->live++;
	pool->live++;
	return pool->lowest << AM_BGP_POOL_BITS | in;
}

void am_bgp_pool_free(struct am_bgp_pool *pool, uint32_t id)
{
	uint32_t number = id >> AM_BGP_POOL_BITS, in = id & (ITEMS - 1);
	struct am_bgp_pool_chunk *chunk = pool->chunks[number];
	uint8_t *item = chunk->items + in * pool->item;

	pool->live--;
	if (number < pool->lowest)
		pool->lowest = number;
	if (--chunk->live == 0) {
		free(chunk);
		pool->chunks[number] = NULL;
		pool->bytes -= chunk_bytes(pool);
		return;
	}
	memset(item, 0, pool->item);
	memcpy(item, &chunk->free, sizeof chunk->free);
	chunk->free = in;
}

void am_bgp_pool_release(struct am_bgp_pool *pool)
{
	for (uint32_t i = 0; i < pool->n_chunks; i++)
		free(pool->chunks[i]);
	free(pool->chunks);
	*pool = (struct am_bgp_pool){.item = pool->item};
}
