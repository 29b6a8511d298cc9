/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BGP_BUCKETS_H
#define BGP_BUCKETS_H
/*
 * Heads of chains, found by a hash, whose number grows and shrinks by a few at a time (linear hashing): no call has to move all of a full table.
 * The chains are the user's: who grows splits AM_BGP_BUCKETS_STEP of them, who shrinks joins as many.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { AM_BGP_BUCKETS_LEAST = 64, AM_BGP_BUCKETS_STEP = 16 };

struct am_bgp_buckets {
	uint32_t *heads; /* 0: an empty chain */
	uint32_t n, room;
	uint32_t base; /* a power of two: base <= n < 2 * base */
};

static inline uint32_t am_bgp_bucket_of(const struct am_bgp_buckets *b, uint64_t hash)
{
	uint32_t wide = (uint32_t)hash & (2 * b->base - 1);

	return wide < b->n ? wide : wide - b->base;
}

/* False: no memory. */
bool am_bgp_buckets_init(struct am_bgp_buckets *buckets);
void am_bgp_buckets_release(struct am_bgp_buckets *buckets);
static inline size_t am_bgp_buckets_bytes(const struct am_bgp_buckets *b)
{
	return b->room * sizeof *b->heads;
}

/*
 * AM_BGP_BUCKETS_STEP more, all empty: what is to be moved into the k-th of them stands in *from + k, where its hash has the bit base. False: no memory,
 * and chains become longer. am_bgp_buckets_grown() when that is done.
 */
bool am_bgp_buckets_grow(struct am_bgp_buckets *buckets, uint32_t *from);
void am_bgp_buckets_grown(struct am_bgp_buckets *buckets);
/* The last AM_BGP_BUCKETS_STEP are to go: the chain of bucket n - 1 - k joins that of n - 1 - k - base. False: there are the fewest. */
bool am_bgp_buckets_shrink(struct am_bgp_buckets *buckets);
void am_bgp_buckets_shrunk(struct am_bgp_buckets *buckets);

#endif
