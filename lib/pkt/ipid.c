/* SPDX-License-Identifier: BSD-3-Clause */
#include "pkt/ipid.h"

#include <errno.h>
#include <stdlib.h>

#include "base/hash.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum {
	V4_IDS = 65536,
	WORKERS_MAX = 4096, /* so that the least IPv4 range still holds 16 */
};

static inline am_ipid_halves all(uint16_t value)
{
	return (am_ipid_halves){0} + value;
}

/* Upper halves of products. */
static inline am_ipid_halves high(am_ipid_halves a, am_ipid_halves b)
{
#ifdef __SSE2__
	return (am_ipid_halves)_mm_mulhi_epu16((__m128i)a, (__m128i)b);
#else
	am_ipid_halves out;

	for (unsigned i = 0; i < AM_IPID6_DRAW; i++)
		out[i] = (uint16_t)((uint32_t)a[i] * b[i] >> 16);
	return out;
#endif
}

/* Bits that numbers below n take. */
static unsigned bits_for(unsigned n)
{
	unsigned bits = 0;

	while ((1u << bits) < n)
		bits++;
	return bits;
}

/* One key for all workers: one permutation keeps what they put in apart. */
static void set_rounds(struct am_ipid *ids, uint64_t seed)
{
	uint64_t key = 0x69703669;

	for (unsigned i = 0; i < AM_IPID6_ROUNDS; i++) {
		key = am_hash64(key + i, seed);
		ids->v6_round[i].mask = all((uint16_t)key);
		ids->v6_round[i].factor = all((uint16_t)(key >> 32) | 1);
	}
}

int am_ipid_init(struct am_ipid *ids, unsigned worker, unsigned workers, uint32_t paths, uint64_t seed)
{
	unsigned span, bits;

	if (workers == 0 || workers > WORKERS_MAX || worker >= workers)
		return -EINVAL;
	span = V4_IDS / workers;
	bits = bits_for(workers);

	ids->v4_next = calloc(paths ? paths : 1, sizeof *ids->v4_next);
	if (!ids->v4_next)
		return -ENOMEM;
	ids->v4_base = (uint16_t)(worker * span);
	ids->v4_span = (uint16_t)(span - 1);
	ids->v4_paths = paths;
	for (uint32_t i = 0; i < paths; i++)
		ids->v4_next[i] = (uint16_t)(am_hash64((uint64_t)worker << 32 | i, seed) % span);

	set_rounds(ids, seed);
	ids->v6_mask = bits ? (1u << (32 - bits)) - 1 : UINT32_MAX;
	ids->v6_worker = bits ? worker << (32 - bits) : 0;
	ids->v6_next = (uint32_t)am_hash64(worker, ~seed) & ~(AM_IPID6_DRAW - 1u);
	ids->v6_left = 0;
	return 0;
}

void am_ipid_fini(struct am_ipid *ids)
{
	free(ids->v4_next);
	ids->v4_next = NULL;
	ids->v4_paths = 0;
}

/*
 * A Feistel network is a permutation whatever its round function is, so no identification comes twice in
 * 2^32. Its halves are of 16 bits, so that a vector of them takes a round at once: each round has a mask and a factor of
 * its own, and uses both halves of the product. Four rounds already spread every bit over all; eight, since a weak factor
 * then costs one of many.
 */
static inline void permute(const struct am_ipid *ids, am_ipid_halves *left, am_ipid_halves *right)
{
	for (unsigned round = 0; round < AM_IPID6_ROUNDS; round++) {
		am_ipid_halves masked = *right ^ ids->v6_round[round].mask;
		am_ipid_halves factor = ids->v6_round[round].factor;
		am_ipid_halves mixed = *left ^ masked * factor ^ high(masked, factor);

		*left = *right;
		*right = mixed;
	}
}

void am_ipid6_draw(struct am_ipid *ids)
{
	const am_ipid_halves count = {0, 1, 2, 3, 4, 5, 6, 7};
	uint32_t first = ids->v6_worker | (ids->v6_next & ids->v6_mask);
	/* Draws begin at multiples of their size: a carry never leaves the lower half. */
	am_ipid_halves left = all((uint16_t)(first >> 16)), right = count + (uint16_t)first;

	permute(ids, &left, &right);
	for (unsigned i = 0; i < AM_IPID6_DRAW; i++)
		ids->v6_drawn[i] = (uint32_t)left[i] << 16 | right[i];
	ids->v6_next += AM_IPID6_DRAW;
	ids->v6_left = AM_IPID6_DRAW;
}
