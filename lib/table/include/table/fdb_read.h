/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TABLE_FDB_READ_H
#define TABLE_FDB_READ_H
/*
 * The FDB's shape and its readers' half, inline for the worker's loop: each frame asks twice. What the protocol
 * is stands in table/fdb.h; everything but these functions treats struct am_fdb as opaque.
 */
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "table/fdb.h"

#if defined(__SANITIZE_THREAD__)
#define AM_FDB_CHECK_THREADS 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define AM_FDB_CHECK_THREADS 1
#endif
#endif

#if defined(__SSE4_1__) && !defined(AM_FDB_CHECK_THREADS)
#include <smmintrin.h>
#define AM_FDB_WIDE 1
#else
#define AM_FDB_WIDE 0
#endif

enum { AM_FDB_WAYS = 4 };

/*
 * One bucket. version is odd while the writer changes anything but a value in place; whatever a reader took between two
 * equal even versions belongs together. A key that is not in its first bucket can be in its second only where the
 * first one's away is not zero, so an unknown key mostly costs one line.
 */
struct am_fdb_line {
	_Atomic uint64_t keys[AM_FDB_WAYS]; /* 0: free */
	/* 0 where the key is; the last one always is, for a match that was none. */
	_Atomic uint32_t values[AM_FDB_WAYS + 1];
	_Atomic uint32_t version;
	_Atomic uint32_t away; /* keys with this first bucket that stand in their second */
	uint32_t unused;
} __attribute__((aligned(64)));

_Static_assert(sizeof(struct am_fdb_line) == 64, "a bucket is one cache line");

struct am_fdb {
	struct am_fdb_line *lines;
	uint32_t mask; /* lines, less one */
	uint32_t count;
	uint64_t seed;
	unsigned workers;
	size_t row; /* octets of one worker's ageing row */
	_Atomic uint8_t *seen;
};

static inline uint32_t am_fdb_line_of(const struct am_fdb *fdb, uint64_t hash)
{
	return (uint32_t)hash & fdb->mask;
}

/* A key's first bucket. */
static inline uint32_t am_fdb_first_line(const struct am_fdb *fdb, am_fdb_key key)
{
	return am_fdb_line_of(fdb, am_hash64(key, fdb->seed));
}

/* The other bucket of a key with this hash; never its first one. */
static inline uint32_t am_fdb_second_line(const struct am_fdb *fdb, uint64_t hash)
{
	return ((uint32_t)hash ^ ((uint32_t)(hash >> 32) | 1)) & fdb->mask;
}

/* A bit for each way that holds key; a later look at the version tells whether to believe it. */
static inline unsigned am_fdb_match(const struct am_fdb_line *l, uint64_t key)
{
#if AM_FDB_WIDE
	/* Each aligned half of a 16-byte load is one whole key: no x86 tears 8 bytes. */
	const __m128i *keys = (const __m128i *)(const void *)l->keys;
	__m128i want = _mm_set1_epi64x((long long)key);
	__m128i low = _mm_cmpeq_epi64(_mm_load_si128(keys), want);
	__m128i high = _mm_cmpeq_epi64(_mm_load_si128(keys + 1), want);

	return (unsigned)_mm_movemask_ps(_mm_shuffle_ps(_mm_castsi128_ps(low), _mm_castsi128_ps(high), 0x88));
#else
	unsigned bits = 0;

	for (unsigned i = 0; i < AM_FDB_WAYS; i++)
		bits |= (unsigned)(atomic_load_explicit(&l->keys[i], memory_order_acquire) == key) << i;
	return bits;
#endif
}

/* The way that a match names: a table, since the bit-scan instruction of the oldest x86-64 is slow on many a newer one. */
static inline uint32_t am_fdb_way(unsigned bits)
{
	static const uint8_t ways[1 << AM_FDB_WAYS] = {
		AM_FDB_WAYS, 0, 1, 0, 2, 0, 1, 0, 3, 0, 1, 0, 2, 0, 1, 0};

	return ways[bits];
}

struct am_fdb_look {
	uint32_t version, value, way;
};

/* Look for key in one line. False where the writer was in between: look again. */
static inline bool am_fdb_look(const struct am_fdb_line *l, uint64_t key, struct am_fdb_look *out)
{
	uint32_t version = atomic_load_explicit(&l->version, memory_order_acquire);

	out->version = version;
	out->way = am_fdb_way(am_fdb_match(l, key));
	out->value = atomic_load_explicit(&l->values[out->way], memory_order_acquire);
	/* Versions only grow, so an odd one differs from the later one with its lowest bit cleared. */
	return atomic_load_explicit(&l->version, memory_order_relaxed) == (version & ~1u);
}

/* A lookup that the first bucket did not settle. */
uint32_t am_fdb_find_both(const struct am_fdb *fdb, am_fdb_key key, uint32_t *slot);

/* Ask for a key's first bucket; what it returns is for am_fdb_find. */
static inline uint32_t am_fdb_prefetch(const struct am_fdb *fdb, am_fdb_key key)
{
	uint32_t at = am_fdb_first_line(fdb, key);

	__builtin_prefetch(&fdb->lines[at]);
	return at;
}

/* The value of key, whose first bucket is at; 0 where it is not there. */
static inline uint32_t am_fdb_find(const struct am_fdb *fdb, am_fdb_key key, uint32_t at, uint32_t *slot)
{
	struct am_fdb_look a;

	if (__builtin_expect(!am_fdb_look(&fdb->lines[at], key, &a) || !a.value, 0))
		return am_fdb_find_both(fdb, key, slot);
	*slot = at * AM_FDB_WAYS + a.way;
	return a.value;
}

/* One worker's ageing bytes, by slot. */
static inline _Atomic uint8_t *am_fdb_row(const struct am_fdb *fdb, unsigned worker)
{
	return fdb->seen + fdb->row * worker;
}

/* Reading first keeps the line shared while nothing changes. */
static inline void am_fdb_stamp(_Atomic uint8_t *row, uint32_t slot, uint8_t epoch)
{
	if (atomic_load_explicit(&row[slot], memory_order_relaxed) != epoch)
		atomic_store_explicit(&row[slot], epoch, memory_order_relaxed);
}

/*
 * A table that the caches do not hold: with the first bucket at hand, ask for what am_fdb_find and am_fdb_stamp will
 * touch next. row: NULL where there is nothing to stamp.
 */
static inline void am_fdb_prefetch_next(
	const struct am_fdb *fdb, am_fdb_key key, uint32_t at, const _Atomic uint8_t *row)
{
	struct am_fdb_look a;

	if (!am_fdb_look(&fdb->lines[at], key, &a) || !a.value)
		__builtin_prefetch(&fdb->lines[am_fdb_second_line(fdb, am_hash64(key, fdb->seed))]);
	else if (row)
		__builtin_prefetch((const void *)&row[at * AM_FDB_WAYS + a.way], 1);
}

/* More lines than a core's own caches are sure to hold. */
static inline bool am_fdb_is_far(const struct am_fdb *fdb)
{
	enum { NEAR_LINES = 4096 };

	return fdb->mask >= NEAR_LINES;
}

#endif
