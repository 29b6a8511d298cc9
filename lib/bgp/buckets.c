/* SPDX-License-Identifier: BSD-3-Clause */
#include "buckets.h"

#include <stdlib.h>
#include <string.h>

bool am_bgp_buckets_init(struct am_bgp_buckets *b)
{
	*b = (struct am_bgp_buckets){
		.n = AM_BGP_BUCKETS_LEAST, .room = AM_BGP_BUCKETS_LEAST, .base = AM_BGP_BUCKETS_LEAST};
	b->heads = calloc(b->room, sizeof *b->heads);
	return b->heads;
}

void am_bgp_buckets_release(struct am_bgp_buckets *b)
{
	free(b->heads);
	b->heads = NULL;
}

static bool resize(struct am_bgp_buckets *b, uint32_t room)
{
	uint32_t *heads = realloc(b->heads, room * sizeof *heads);

	if (!heads)
		return false;
	b->heads = heads;
	b->room = room;
	return true;
}

bool am_bgp_buckets_grow(struct am_bgp_buckets *b, uint32_t *from)
{
	if (b->n == b->room && !resize(b, b->room * 2))
		return false;
	memset(b->heads + b->n, 0, AM_BGP_BUCKETS_STEP * sizeof *b->heads);
	*from = b->n - b->base;
	return true;
}

void am_bgp_buckets_grown(struct am_bgp_buckets *b)
{
	b->n += AM_BGP_BUCKETS_STEP;
	if (b->n == 2 * b->base)
		b->base = b->n;
}

bool am_bgp_buckets_shrink(struct am_bgp_buckets *b)
{
	if (b->n == AM_BGP_BUCKETS_LEAST)
		return false;
	if (b->n == b->base)
		b->base /= 2;
	return true;
}

/* Where there is no memory to move to less of it, it stays. */
void am_bgp_buckets_shrunk(struct am_bgp_buckets *b)
{
	b->n -= AM_BGP_BUCKETS_STEP;
	if (b->n <= b->room / 4 && b->room > AM_BGP_BUCKETS_LEAST)
		resize(b, b->room / 2);
}
