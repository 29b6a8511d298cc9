/* SPDX-License-Identifier: BSD-3-Clause */
#include "pkt/ipid.h"

#include <errno.h>
#include <stdlib.h>

#include "base/hash.h"

enum {
	V4_IDS = 65536,
	WORKERS_MAX = 4096, /* so that the least IPv4 range still holds 16 */
	ROUNDS = 4,
};

/* Bits that numbers below n take. */
static unsigned bits_for(unsigned n)
{
	unsigned bits = 0;

	while ((1u << bits) < n)
		bits++;
	return bits;
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

	/* One key for all workers: one permutation keeps what they put in apart. */
	ids->v6_key = am_hash64(0x69703669ull, seed);
	ids->v6_mask = bits ? (1u << (32 - bits)) - 1 : UINT32_MAX;
	ids->v6_worker = bits ? worker << (32 - bits) : 0;
	ids->v6_next = (uint32_t)am_hash64(worker, ~seed);
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
 * 2^32.
 */
static uint32_t permute(uint32_t v, uint64_t key)
{
	uint32_t left = v >> 16, right = v & 0xffff, t;

	for (uint64_t round = 0; round < ROUNDS; round++) {
		t = left ^ (uint32_t)(am_hash64(right | round << 16, key) & 0xffff);
		left = right;
		right = t;
	}
	return left << 16 | right;
}

uint32_t am_ipid6(struct am_ipid *ids)
{
	uint32_t counter = ids->v6_next++ & ids->v6_mask;

	return permute(ids->v6_worker | counter, ids->v6_key);
}
