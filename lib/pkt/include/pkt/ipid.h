/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef PKT_IPID_H
#define PKT_IPID_H
/*
 * Identification fields for outer packets that may be fragmented.
 *
 * IPv4 (RFC 6864): 16 bits, unique per address pair and protocol for a datagram's life. Each worker draws
 * from its own range of the 65,536, one counter a path, starting at a random place. IPv6 (RFC 7739): 32 bits,
 * unpredictable and unique: a counter behind a keyed permutation, the worker's number in its upper bits; drawn
 * some at a time, since side by side they cost a fraction each. Atomic packets draw nothing.
 */
#include <stdint.h>

enum {
	AM_IPID6_DRAW = 8, /* a power of two */
	AM_IPID6_ROUNDS = 8,
};

/* Of one draw, side by side. */
typedef uint16_t am_ipid_halves __attribute__((vector_size(AM_IPID6_DRAW * sizeof(uint16_t))));

struct am_ipid {
	/* Written and read by one worker. */
	uint16_t v4_base;  /* first of this worker's range */
	uint16_t v4_span;  /* how many are in it, less one */
	uint32_t v4_paths; /* entries in v4_next */
	uint16_t *v4_next; /* per path: offset in the range */
	uint32_t v6_worker;
	uint32_t v6_next; /* counter of the next draw's first */
	uint32_t v6_mask;
	uint32_t v6_left; /* of v6_drawn, the last ones first */
	uint32_t v6_drawn[AM_IPID6_DRAW];
	struct {
		am_ipid_halves mask, factor;
	} v6_round[AM_IPID6_ROUNDS];
};

/* worker of workers; paths is how many paths there will be. 0 or -ENOMEM, -EINVAL. */
int am_ipid_init(struct am_ipid *ids, unsigned worker, unsigned workers, uint32_t paths, uint64_t seed);
void am_ipid_fini(struct am_ipid *ids);

static inline uint16_t am_ipid4(struct am_ipid *ids, uint32_t path)
{
	uint16_t *next = &ids->v4_next[path];
	uint16_t at = *next;

	*next = at == ids->v4_span ? 0 : (uint16_t)(at + 1);
	return (uint16_t)(ids->v4_base + at);
}

/* So many more into v6_drawn, which is empty. */
void am_ipid6_draw(struct am_ipid *ids);

static inline uint32_t am_ipid6(struct am_ipid *ids)
{
	if (__builtin_expect(ids->v6_left == 0, 0))
		am_ipid6_draw(ids);
	return ids->v6_drawn[--ids->v6_left];
}

#endif
