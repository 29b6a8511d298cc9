/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef PKT_IPID_H
#define PKT_IPID_H
/*
 * Identification fields for outer packets that may be fragmented.
 *
 * IPv4 (RFC 6864): 16 bits, unique per address pair and protocol for a datagram's life. Each worker draws
 * from its own range of the 65,536, one counter a path, starting at a random place. IPv6 (RFC 7739): 32 bits,
 * unpredictable and unique: a counter behind a keyed permutation, the worker's number in its upper bits.
 * Atomic packets draw nothing.
 */
#include <stdint.h>

struct am_ipid {
	/* Written and read by one worker. */
	uint16_t v4_base;  /* first of this worker's range */
	uint16_t v4_span;  /* how many are in it, less one */
	uint32_t v4_paths; /* entries in v4_next */
	uint16_t *v4_next; /* per path: offset in the range */
	uint32_t v6_worker;
	uint32_t v6_next;
	uint32_t v6_mask;
	uint64_t v6_key;
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

uint32_t am_ipid6(struct am_ipid *ids);

#endif
