/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BASE_HASH_H
#define BASE_HASH_H
/*
 * Keyed mixing for tables whose keys an attacker may choose. Not cryptographic; the seed is drawn at start,
 * so collisions cannot be prepared offline. One 64x64->128 multiplication a word.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint64_t am_mix(uint64_t a, uint64_t b)
{
#ifdef __x86_64__
	/* Written out, since gcc takes a 128-bit product through memory where registers are few. */
	uint64_t low, high;

	__asm__("mulq %3" : "=a"(low), "=d"(high) : "a"(a), "rm"(b) : "cc");
	return low ^ high;
#else
	unsigned __int128 m = (unsigned __int128)a * b;

	return (uint64_t)m ^ (uint64_t)(m >> 64);
#endif
}

/* What am_hash64 multiplies by: for who hashes many with one seed. */
static inline uint64_t am_hash64_factor(uint64_t seed)
{
	return 0x9e3779b97f4a7c15ull ^ (seed >> 32 | seed << 32);
}

static inline uint64_t am_hash64(uint64_t key, uint64_t seed)
{
	return am_mix(key ^ seed, am_hash64_factor(seed));
}

/* len is a multiple of 8. */
static inline uint64_t am_hash_words(const void *bytes, size_t len, uint64_t seed)
{
	const uint8_t *p = bytes;
	uint64_t h = seed, w;

	for (size_t i = 0; i < len; i += 8) {
		memcpy(&w, p + i, 8);
		h = am_mix(h ^ w, 0xa0761d6478bd642full + i);
	}
	return am_mix(h ^ len, 0xe7037ed1a0b428dbull);
}

/* Unpredictable bytes from the kernel; aborts only where the kernel has none to give. */
void am_random(void *out, size_t len);

#endif
