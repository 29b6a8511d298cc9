/* SPDX-License-Identifier: BSD-3-Clause */
#include "arena.h"

#include <stdlib.h>
#include <string.h>

enum { UNITS = 1 << AM_BGP_ARENA_CHUNK_BITS, HEAD_UNITS = 1, SMALLEST = 2 };

/* In front of each chunk. */
struct head {
	uint32_t live; /* blocks in use */
	uint32_t used; /* units, this one too */
};

/* What a free block has in it. */
struct gap {
	uint32_t next, prev; /* ids; 0: none */
	uint32_t units;
};

static struct head *head_of(const struct am_bgp_arena *a, uint32_t chunk)
{
	return (struct head *)a->chunks[chunk];
}

/* Sizes above the small ones are powers of two: a block of theirs is rare, and long. */
static uint32_t units_of(size_t len)
{
	uint32_t units = (uint32_t)((len + AM_BGP_ARENA_UNIT - 1) / AM_BGP_ARENA_UNIT);

	if (units < SMALLEST)
		return SMALLEST;
	return units <= AM_BGP_ARENA_SMALL ? units : 1u << (32 - __builtin_clz(units - 1));
}

static unsigned class_of(uint32_t units)
{
	return units <= AM_BGP_ARENA_SMALL ? units : AM_BGP_ARENA_SMALL + 1u + (unsigned)__builtin_ctz(units);
}

static void gap_put(struct am_bgp_arena *a, uint32_t id, uint32_t units)
{
	struct gap *gap = am_bgp_arena_at(a, id);
	unsigned class = class_of(units);

	*gap = (struct gap){.next = a->free[class], .units = units};
	if (gap->next)
		((struct gap *)am_bgp_arena_at(a, gap->next))->prev = id;
	a->free[class] = id;
	if (class <= AM_BGP_ARENA_SMALL)
		a->small |= (uint64_t)1 << class;
}

static void gap_take(struct am_bgp_arena *a, uint32_t id)
{
	struct gap *gap = am_bgp_arena_at(a, id);
	unsigned class = class_of(gap->units);

	if (gap->next)
		((struct gap *)am_bgp_arena_at(a, gap->next))->prev = gap->prev;
	if (gap->prev)
		((struct gap *)am_bgp_arena_at(a, gap->prev))->next = gap->next;
	else
		a->free[class] = gap->next;
	if (class <= AM_BGP_ARENA_SMALL && !a->free[class])
		a->small &= ~((uint64_t)1 << class);
}

/* A free block of this size, or a larger small one that can be split; 0: none. */
static uint32_t from_gaps(struct am_bgp_arena *a, uint32_t units)
{
	unsigned class = class_of(units);
	uint64_t fit;
	uint32_t id, have;

	if (units > AM_BGP_ARENA_SMALL) {
		id = a->free[class];
		if (id)
			gap_take(a, id);
		return id;
	}
	/* What is left of a split one has to be a block, too. */
	fit = a->small &
	      ((uint64_t)1 << units | ~(uint64_t)0 << (units + SMALLEST < 64 ? units + SMALLEST : 63));
	fit &= units + SMALLEST < 64 ? ~(uint64_t)0 : (uint64_t)1 << units;
	if (!fit)
		return 0;
	id = a->free[__builtin_ctzll(fit)];
	have = ((struct gap *)am_bgp_arena_at(a, id))->units;
	gap_take(a, id);
	if (have > units)
		gap_put(a, id + units, have - units);
	return id;
}

/* A place in the list of chunks. n_chunks: no memory. */
static uint32_t chunk_place(struct am_bgp_arena *a)
{
	uint32_t place = 0, room = a->room ? a->room * 2 : 16;
	uint64_t **chunks;

	while (place < a->n_chunks && a->chunks[place])
		place++;
	if (place < a->n_chunks || a->n_chunks < a->room)
		return place;
	chunks = malloc(room * sizeof *chunks);
	if (!chunks)
		return UINT32_MAX;
	if (a->n_chunks)
		memcpy(chunks, a->chunks, a->n_chunks * sizeof *chunks);
	free(a->chunks);
	a->chunks = chunks;
	a->room = room;
	return place;
}

static int chunk_add(struct am_bgp_arena *a)
{
	uint32_t place = chunk_place(a);
	uint64_t *chunk;

	if (place == UINT32_MAX)
		return -1;
	chunk = malloc(UNITS * AM_BGP_ARENA_UNIT);
	if (!chunk)
		return -1;
	a->chunks[place] = chunk;
	if (place == a->n_chunks)
		a->n_chunks++;
	*head_of(a, place) = (struct head){.used = HEAD_UNITS};
	a->bytes += UNITS * AM_BGP_ARENA_UNIT;
	a->bump = place;
	return 0;
}

static bool bump_has(const struct am_bgp_arena *a, uint32_t units)
{
	return a->bump < a->n_chunks && a->chunks[a->bump] && head_of(a, a->bump)->used + units <= UNITS;
}

uint32_t am_bgp_arena_alloc(struct am_bgp_arena *a, size_t len)
{
	uint32_t units = units_of(len), id = from_gaps(a, units);
	struct head *head;

	if (!id) {
		if (!bump_has(a, units) && chunk_add(a))
			return 0;
		head = head_of(a, a->bump);
		id = a->bump << AM_BGP_ARENA_CHUNK_BITS | head->used;
		head->used += units;
	}
	head_of(a, id >> AM_BGP_ARENA_CHUNK_BITS)->live++;
	return id;
}

/* All its blocks are gaps: they leave their lists. */
static void chunk_drop(struct am_bgp_arena *a, uint32_t chunk)
{
	uint32_t used = head_of(a, chunk)->used;

	for (uint32_t at = HEAD_UNITS; at < used;) {
		uint32_t id = chunk << AM_BGP_ARENA_CHUNK_BITS | at;

		at += ((struct gap *)am_bgp_arena_at(a, id))->units;
		gap_take(a, id);
	}
	free(a->chunks[chunk]);
	a->chunks[chunk] = NULL;
	a->bytes -= UNITS * AM_BGP_ARENA_UNIT;
}

void am_bgp_arena_free(struct am_bgp_arena *a, uint32_t id, size_t len)
{
	uint32_t chunk = id >> AM_BGP_ARENA_CHUNK_BITS;

	gap_put(a, id, units_of(len));
	if (--head_of(a, chunk)->live == 0)
		chunk_drop(a, chunk);
}

void am_bgp_arena_release(struct am_bgp_arena *a)
{
	for (uint32_t i = 0; i < a->n_chunks; i++)
		free(a->chunks[i]);
	free(a->chunks);
	*a = (struct am_bgp_arena){0};
}
