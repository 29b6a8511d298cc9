/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BGP_ARENA_H
#define BGP_ARENA_H
/*
 * Byte blocks of any size, named by 32 bits: millions of small ones at no cost but rounding to 8 octets. A chunk whose last block goes is
 * given back.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	AM_BGP_ARENA_UNIT = 8,
	AM_BGP_ARENA_CHUNK_BITS = 15, /* units of a chunk: 256 KB */
	AM_BGP_ARENA_SMALL = 63,      /* blocks of up to so many units have exactly what they need */
	AM_BGP_ARENA_CLASSES = AM_BGP_ARENA_SMALL + 1 + 16,
};

struct am_bgp_arena {
	uint64_t **chunks;
	uint32_t n_chunks, room;
	uint32_t bump; /* the chunk that still has space behind its blocks; n_chunks: none */
	uint32_t free[AM_BGP_ARENA_CLASSES]; /* first free block of each size; 0: none */
	uint64_t small;                      /* a bit for each small size that has one */
	size_t bytes;                        /* of all chunks */
};

static inline void *am_bgp_arena_at(const struct am_bgp_arena *arena, uint32_t id)
{
	uint32_t unit = id & ((1u << AM_BGP_ARENA_CHUNK_BITS) - 1);

	return arena->chunks[id >> AM_BGP_ARENA_CHUNK_BITS] + unit;
}

/* At least 16, at most 128 KB. 0: no memory. Not zeroed. */
uint32_t am_bgp_arena_alloc(struct am_bgp_arena *arena, size_t len);
/* len as it was asked for. */
void am_bgp_arena_free(struct am_bgp_arena *arena, uint32_t id, size_t len);
void am_bgp_arena_release(struct am_bgp_arena *arena);

#endif
