/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BGP_RANDOM_H
#define BGP_RANDOM_H
#include <stdint.h>

/* A number below 2^53, by splitmix64: enough for jitter, and the same on every machine. */
static inline uint64_t am_bgp_draw(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15ull);

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return (z ^ z >> 31) >> 11;
}

#endif
