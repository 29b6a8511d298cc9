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

#include "base/cpu.h"
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
#include <immintrin.h>
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

/*
 * What lookups need and never changes: small enough to be passed by value, so that a loop keeps it in registers whatever
 * it stores. Lines are named by their offset in octets, which spares every lookup a multiplication or two.
 */
struct am_fdb_lines {
	const struct am_fdb_line *first;
	uint64_t seed, factor; /* of the keyed hash */
	uint32_t span;         /* offset of the last line */
};

struct am_fdb {
	struct am_fdb_lines read; /* readers; read.first is lines */
	struct am_fdb_line *lines;
	_Atomic uint32_t count; /* written by control, read by workers for a hint */
	unsigned workers;
	uint32_t words;        /* of one worker's map; whole cache lines of them */
	_Atomic uint64_t *saw; /* maps of senders, a bit a slot: its worker sets bits, control takes them */
	uint32_t *seen;  /* by slot: twice the second, + 1: seen then, + 0: asked for then; control's own */
	uint32_t folded; /* words of this round whose bits were taken; control's own */
	/*
	 * Odd while the writer changes any line. A burst that is looked up between two equal even versions needs none
	 * of those in the lines. Written by control, read by workers.
	 */
	_Alignas(64) _Atomic uint32_t version;
};

static inline uint64_t am_fdb_hash(struct am_fdb_lines t, am_fdb_key key)
{
	return am_mix(key ^ t.seed, t.factor);
}

/* The first bucket of a key with this hash. */
static inline uint32_t am_fdb_line_of(struct am_fdb_lines t, uint64_t hash)
{
	return (uint32_t)hash & t.span;
}

/* Its other bucket; never its first one. */
static inline uint32_t am_fdb_second_line(struct am_fdb_lines t, uint64_t hash)
{
	return ((uint32_t)hash ^ ((uint32_t)(hash >> 32) | sizeof(struct am_fdb_line))) & t.span;
}

static inline const struct am_fdb_line *am_fdb_line(struct am_fdb_lines t, uint32_t at)
{
	return (const struct am_fdb_line *)(const void *)((const char *)t.first + at);
}

static inline uint32_t am_fdb_slot(uint32_t at, uint32_t way)
{
	return at / (sizeof(struct am_fdb_line) / AM_FDB_WAYS) + way;
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

#if AM_FDB_WIDE && defined(__x86_64__)
static inline AM_AVX2 unsigned am_fdb_match_wide(const struct am_fdb_line *l, uint64_t key)
{
	__m256i keys = _mm256_load_si256((const __m256i *)(const void *)l->keys);
	__m256i same = _mm256_cmpeq_epi64(keys, _mm256_set1_epi64x((long long)key));

	return (unsigned)_mm256_movemask_pd(_mm256_castsi256_pd(same));
}
#else
static inline unsigned am_fdb_match_wide(const struct am_fdb_line *l, uint64_t key)
{
	return am_fdb_match(l, key);
}
#endif

/* The way that a match names: a table, since the bit-scan instruction of the oldest x86-64 is slow on many a newer one. */
static inline uint32_t am_fdb_way(unsigned bits)
{
	static const uint8_t ways[1 << AM_FDB_WAYS] = {
		AM_FDB_WAYS, 0, 1, 0, 2, 0, 1, 0, 3, 0, 1, 0, 2, 0, 1, 0};

	return ways[bits];
}

/*
 * What a line says of key, to be believed when a version has been looked at: its value (0: none), with AM_FDB_ASKED where
 * control asks for a sender (am_fdb_see), and the way. wide, a constant: the caller is a variant for AVX2.
 */
static inline AM_INLINE uint32_t am_fdb_glance(
	const struct am_fdb_line *l, am_fdb_key key, uint32_t *way, bool wide)
{
	*way = am_fdb_way(wide ? am_fdb_match_wide(l, key) : am_fdb_match(l, key));
	return atomic_load_explicit(&l->values[*way], memory_order_acquire);
}

struct am_fdb_look {
	uint32_t version, value, way;
};

/* Look for key in one line. False where the writer was in between: look again. */
static inline bool am_fdb_look(const struct am_fdb_line *l, am_fdb_key key, struct am_fdb_look *out)
{
	uint32_t version = atomic_load_explicit(&l->version, memory_order_acquire);

	out->version = version;
	out->value = am_fdb_glance(l, key, &out->way, false);
	/* Versions only grow, so an odd one differs from the later one with its lowest bit cleared. */
	return atomic_load_explicit(&l->version, memory_order_relaxed) == (version & ~1u);
}

/* Ask for a key's first bucket, and say where it is. */
static inline uint32_t am_fdb_prefetch(struct am_fdb_lines t, am_fdb_key key)
{
	uint32_t at = am_fdb_line_of(t, am_fdb_hash(t, key));

	__builtin_prefetch(am_fdb_line(t, at));
	return at;
}

/* Where a key is whose first bucket is at: there if that holds it, else in the second if anywhere. It is asked for. */
static inline uint32_t am_fdb_prefetch_where(struct am_fdb_lines t, am_fdb_key key, uint32_t at)
{
	uint32_t second = am_fdb_second_line(t, am_fdb_hash(t, key));

	at = am_fdb_match(am_fdb_line(t, at), key) ? at : second;
	__builtin_prefetch(am_fdb_line(t, at));
	return at;
}

/*
 * Before and after a burst of glances: what they said belongs together where false is the answer to "changed?". Otherwise
 * each is to be looked up by itself.
 */
static inline uint32_t am_fdb_begin(const struct am_fdb *fdb)
{
	/* Versions only grow: an odd one never becomes the even one below it. */
	return atomic_load_explicit(&fdb->version, memory_order_acquire) & ~1u;
}

static inline bool am_fdb_changed(const struct am_fdb *fdb, uint32_t version)
{
	return atomic_load_explicit(&fdb->version, memory_order_relaxed) != version;
}

/* One worker's map of senders: a bit a slot. */
static inline _Atomic uint64_t *am_fdb_map(const struct am_fdb *fdb, unsigned worker)
{
	return fdb->saw + (size_t)fdb->words * worker;
}

/* The word that has the bits of the line at; a line's are side by side. */
static inline uint32_t am_fdb_word(uint32_t at)
{
	return at / (sizeof(struct am_fdb_line) * 64 / AM_FDB_WAYS);
}

/*
 * A worker sees the sender in this way of the line at. Of one who sends a lot the bit is set already. Load and store are apart:
 * nobody else sets bits in this map, and what control took in between comes again, which makes others of the word younger by
 * one round.
 */
static inline void am_fdb_see(_Atomic uint64_t *map, uint32_t at, uint32_t way)
{
	uint32_t bit = am_fdb_slot(at, way) % 64;
	uint64_t word = atomic_load_explicit(&map[am_fdb_word(at)], memory_order_relaxed);

	if (__builtin_expect(!(word >> bit & 1), 0))
		atomic_store_explicit(&map[am_fdb_word(at)], word | 1ull << bit, memory_order_relaxed);
}

/* More entries than a core's own caches are sure to hold. */
static inline bool am_fdb_is_far(const struct am_fdb *fdb)
{
	enum { NEAR = 8192 };

	return atomic_load_explicit(&fdb->count, memory_order_relaxed) > NEAR;
}

#endif
