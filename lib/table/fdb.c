/* SPDX-License-Identifier: BSD-3-Clause */
#include "table/fdb.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/hash.h"

#if defined(__SANITIZE_THREAD__)
#define CHECK_THREADS 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define CHECK_THREADS 1
#endif
#endif

#if defined(__SSE4_1__) && !defined(CHECK_THREADS)
#include <smmintrin.h>
#define WIDE_MATCH 1
#else
#define WIDE_MATCH 0
#endif

enum {
	WAYS = 4,
	BULK_MAX = 64,
	LINE = 64,
	HUGE_PAGE = 2 << 20,
	LINES_MIN = 4,
	LINES_MAX = 1 << 28,
	PATH_NODES = 512, /* how many lines an insertion looks at before it gives up */
	STALE = 128,      /* ageing bytes older than this are pulled along before they wrap */
};

/*
 * One bucket. version is odd while the writer changes anything but a value in place; whatever a reader took between two
 * equal even versions belongs together. A key that is not in its first bucket can be in its second only where the
 * first one's away is not zero, so an unknown key mostly costs one line.
 */
struct line {
	_Atomic uint64_t keys[WAYS]; /* 0: free */
	_Atomic uint32_t
		values[WAYS + 1]; /* 0 where the key is; the last one always is, for a match that was none */
	_Atomic uint32_t version;
	_Atomic uint32_t away; /* keys with this first bucket that stand in their second */
	uint32_t unused;
} __attribute__((aligned(LINE)));

_Static_assert(sizeof(struct line) == LINE, "a bucket is one cache line");

struct am_fdb {
	struct line *lines;
	uint32_t mask; /* lines, less one */
	uint32_t count;
	uint64_t seed;
	unsigned workers;
	size_t row; /* octets of one worker's ageing row */
	_Atomic uint8_t *seen;
};

/* The two buckets of a key; never the same one. */
static inline uint32_t first_of(const struct am_fdb *fdb, uint64_t hash)
{
	return (uint32_t)hash & fdb->mask;
}

static inline uint32_t second_of(const struct am_fdb *fdb, uint64_t hash)
{
	return ((uint32_t)hash ^ ((uint32_t)(hash >> 32) | 1)) & fdb->mask;
}

static inline _Atomic uint8_t *seen_at(const struct am_fdb *fdb, unsigned worker, uint32_t slot)
{
	return fdb->seen + fdb->row * worker + slot;
}

/* ---- readers ---- */

/* A bit for each way that holds key; a later look at the version tells whether to believe it. */
static inline unsigned match(const struct line *l, uint64_t key)
{
#if WIDE_MATCH
	/* Each aligned half of a 16-byte load is one whole key: no x86 tears 8 bytes. */
	const __m128i *keys = (const __m128i *)(const void *)l->keys;
	__m128i want = _mm_set1_epi64x((long long)key);
	__m128i low = _mm_cmpeq_epi64(_mm_load_si128(keys), want);
	__m128i high = _mm_cmpeq_epi64(_mm_load_si128(keys + 1), want);

	return (unsigned)_mm_movemask_ps(_mm_shuffle_ps(_mm_castsi128_ps(low), _mm_castsi128_ps(high), 0x88));
#else
	unsigned bits = 0;

	for (unsigned i = 0; i < WAYS; i++)
		bits |= (unsigned)(atomic_load_explicit(&l->keys[i], memory_order_acquire) == key) << i;
	return bits;
#endif
}

/* The way that a match names: a table, since the bit-scan instruction of the oldest x86-64 is slow on many a newer one. */
static inline uint32_t way_of(unsigned bits)
{
	static const uint8_t ways[1 << WAYS] = {WAYS, 0, 1, 0, 2, 0, 1, 0, 3, 0, 1, 0, 2, 0, 1, 0};

	return ways[bits];
}

struct look {
	uint32_t version, value, away, way;
};

/* Look for key in one line. False where the writer was in between: look again. */
static inline bool look(const struct line *l, uint64_t key, struct look *out)
{
	uint32_t version = atomic_load_explicit(&l->version, memory_order_acquire);

	out->version = version;
	out->way = way_of(match(l, key));
	out->away = atomic_load_explicit(&l->away, memory_order_acquire);
	out->value = atomic_load_explicit(&l->values[out->way], memory_order_acquire);
	/* Versions only grow, so an odd one differs from the later one with its lowest bit cleared. */
	return atomic_load_explicit(&l->version, memory_order_relaxed) == (version & ~1u);
}

/*
 * The rest of a lookup that its first line did not settle. A key that moved from its second bucket into its first
 * between the two looks is in neither of them: the first one's version tells.
 */
static __attribute__((noinline)) uint32_t find_both(const struct am_fdb *fdb, uint64_t key, uint32_t *slot)
{
	uint64_t hash = am_hash64(key, fdb->seed);
	uint32_t first = first_of(fdb, hash), second = second_of(fdb, hash);
	struct look a, b;

	for (;;) {
		if (!look(&fdb->lines[first], key, &a))
			continue;
		*slot = first * WAYS + a.way;
		if (a.value || !a.away)
			return a.value;
		if (!look(&fdb->lines[second], key, &b))
			continue;
		*slot = second * WAYS + b.way;
		if (b.value)
			return b.value;
		if (atomic_load_explicit(&fdb->lines[first].version, memory_order_relaxed) == a.version)
			return 0;
	}
}

/* at is the key's first bucket. */
static inline uint32_t find(
	const struct am_fdb *fdb, const struct line *lines, uint64_t key, uint32_t at, uint32_t *slot)
{
	struct look a;
	bool sure = look(&lines[at], key, &a);

	if (__builtin_expect(!sure || (!a.value && a.away), 0))
		return find_both(fdb, key, slot);
	*slot = at * WAYS + a.way;
	return a.value;
}

uint32_t am_fdb_lookup(const struct am_fdb *fdb, am_fdb_key key, uint32_t *slot)
{
	return find(fdb, fdb->lines, key, first_of(fdb, am_hash64(key, fdb->seed)), slot);
}

void am_fdb_lookup_bulk(
	const struct am_fdb *fdb, const am_fdb_key *keys, unsigned n, uint32_t *values, uint32_t *slots)
{
	const struct line *lines = fdb->lines;
	uint32_t at[BULK_MAX];

	for (unsigned i = 0; i < n; i++) {
		at[i] = first_of(fdb, am_hash64(keys[i], fdb->seed));
		__builtin_prefetch(&lines[at[i]]);
	}
	for (unsigned i = 0; i < n; i++)
		values[i] = find(fdb, lines, keys[i], at[i], &slots[i]);
}

void am_fdb_touch(struct am_fdb *fdb, unsigned worker, uint32_t slot, uint8_t epoch)
{
	_Atomic uint8_t *seen = seen_at(fdb, worker, slot);

	/* Reading first keeps the line shared while nothing changes. */
	if (atomic_load_explicit(seen, memory_order_relaxed) != epoch)
		atomic_store_explicit(seen, epoch, memory_order_relaxed);
}

/* ---- the writer; what it wrote itself it reads relaxed ---- */

static uint64_t key_at(const struct am_fdb *fdb, uint32_t slot)
{
	return atomic_load_explicit(&fdb->lines[slot / WAYS].keys[slot % WAYS], memory_order_relaxed);
}

static uint32_t value_at(const struct am_fdb *fdb, uint32_t slot)
{
	return atomic_load_explicit(&fdb->lines[slot / WAYS].values[slot % WAYS], memory_order_relaxed);
}

static uint32_t home_of(const struct am_fdb *fdb, uint64_t key)
{
	return first_of(fdb, am_hash64(key, fdb->seed));
}

/* Where a key goes that must leave line. */
static uint32_t other_of(const struct am_fdb *fdb, uint64_t key, uint32_t line)
{
	uint64_t hash = am_hash64(key, fdb->seed);
	uint32_t first = first_of(fdb, hash);

	return line == first ? second_of(fdb, hash) : first;
}

/*
 * Change one way of a line, and its count of keys elsewhere, as one step for readers. Release on each store keeps them
 * behind the odd version; no read-modify-write is needed since nobody else writes.
 */
static void change(struct line *l, unsigned way, uint64_t key, uint32_t value, int away)
{
	uint32_t version = atomic_load_explicit(&l->version, memory_order_relaxed);
	uint32_t count = atomic_load_explicit(&l->away, memory_order_relaxed);

	atomic_store_explicit(&l->version, version + 1, memory_order_relaxed);
	atomic_store_explicit(&l->values[way], value, memory_order_release);
	atomic_store_explicit(&l->keys[way], key, memory_order_release);
	atomic_store_explicit(&l->away, count + (uint32_t)away, memory_order_release);
	atomic_store_explicit(&l->version, version + 2, memory_order_release);
}

/* The same of the count alone. */
static void change_away(struct line *l, int away)
{
	change(l, 0, atomic_load_explicit(&l->keys[0], memory_order_relaxed),
		atomic_load_explicit(&l->values[0], memory_order_relaxed), away);
}

static bool free_way(const struct am_fdb *fdb, uint32_t line, uint32_t *slot)
{
	for (uint32_t i = 0; i < WAYS; i++) {
		*slot = line * WAYS + i;
		if (!key_at(fdb, *slot))
			return true;
	}
	return false;
}

/* Fill a free slot. */
static void place(struct am_fdb *fdb, uint32_t slot, uint64_t key, uint32_t value)
{
	uint32_t home = home_of(fdb, key), line = slot / WAYS;

	change(&fdb->lines[line], slot % WAYS, key, value, 0);
	if (line != home)
		change_away(&fdb->lines[home], 1);
}

/* Move an entry to a free slot of its other bucket. It is in both for a moment, and found in all of them. */
static void move(struct am_fdb *fdb, uint32_t from, uint32_t to)
{
	uint64_t key = key_at(fdb, from);
	bool leaves_home = home_of(fdb, key) == from / WAYS;

	for (unsigned w = 0; w < fdb->workers; w++)
		atomic_store_explicit(seen_at(fdb, w, to),
			atomic_load_explicit(seen_at(fdb, w, from), memory_order_relaxed),
			memory_order_relaxed);
	change(&fdb->lines[to / WAYS], to % WAYS, key, value_at(fdb, from), leaves_home ? 0 : -1);
	change(&fdb->lines[from / WAYS], from % WAYS, 0, 0, leaves_home ? 1 : 0);
}

/* A line that an insertion looked at: reached by moving what stands in slot, itself in the line of node parent. */
struct node {
	uint32_t line, slot;
	int parent;
};

/* Move entries along the path that ends at node so that a slot of the path's first line becomes free. */
static uint32_t shift(struct am_fdb *fdb, const struct node *nodes, int at, uint32_t free_slot)
{
	for (; nodes[at].parent >= 0; at = nodes[at].parent) {
		move(fdb, nodes[at].slot, free_slot);
		free_slot = nodes[at].slot;
	}
	return free_slot;
}

/*
 * A free slot in one of the two buckets, the first one if it can be, with others moved away where both are full. Breadth
 * first, so the shortest path is found and no line is on it twice.
 */
static bool make_room(struct am_fdb *fdb, uint64_t hash, uint32_t *slot)
{
	struct node nodes[PATH_NODES] = {
		{.line = first_of(fdb, hash), .parent = -1},
		{.line = second_of(fdb, hash), .parent = -1},
	};
	int n = 2;

	for (int at = 0; at < n; at++) {
		uint32_t line = nodes[at].line;

		if (free_way(fdb, line, slot)) {
			*slot = shift(fdb, nodes, at, *slot);
			return true;
		}
		for (uint32_t i = 0; i < WAYS && n < PATH_NODES; i++) {
			uint32_t from = line * WAYS + i;

			nodes[n++] = (struct node){other_of(fdb, key_at(fdb, from), line), from, at};
		}
	}
	return false;
}

static void set_seen(struct am_fdb *fdb, uint32_t slot, uint8_t epoch)
{
	for (unsigned w = 0; w < fdb->workers; w++)
		atomic_store_explicit(seen_at(fdb, w, slot), epoch, memory_order_relaxed);
}

int am_fdb_set(struct am_fdb *fdb, am_fdb_key key, uint32_t value, uint8_t epoch)
{
	uint32_t slot;

	if (!key || !value)
		return -EINVAL;
	if (am_fdb_lookup(fdb, key, &slot)) {
		atomic_store_explicit(
			&fdb->lines[slot / WAYS].values[slot % WAYS], value, memory_order_release);
		set_seen(fdb, slot, epoch);
		return 0;
	}
	if (!make_room(fdb, am_hash64(key, fdb->seed), &slot))
		return -ENOSPC;
	set_seen(fdb, slot, epoch);
	place(fdb, slot, key, value);
	fdb->count++;
	return 0;
}

int am_fdb_del(struct am_fdb *fdb, am_fdb_key key)
{
	uint32_t slot, home;

	if (!key || !am_fdb_lookup(fdb, key, &slot))
		return -ENOENT;
	home = home_of(fdb, key);
	change(&fdb->lines[slot / WAYS], slot % WAYS, 0, 0, 0);
	if (home != slot / WAYS)
		change_away(&fdb->lines[home], -1);
	fdb->count--;
	return 0;
}

bool am_fdb_next(const struct am_fdb *fdb, uint32_t *at, struct am_fdb_entry *out)
{
	uint32_t slots = (fdb->mask + 1) * WAYS;

	while (*at < slots) {
		uint32_t slot = (*at)++;
		uint64_t key = key_at(fdb, slot);

		if (key) {
			*out = (struct am_fdb_entry){.key = key, .value = value_at(fdb, slot), .slot = slot};
			return true;
		}
	}
	return false;
}

uint8_t am_fdb_age(struct am_fdb *fdb, uint32_t slot, uint8_t epoch)
{
	uint8_t age = 255, stalest = 0;

	for (unsigned w = 0; w < fdb->workers; w++) {
		uint8_t seen = atomic_load_explicit(seen_at(fdb, w, slot), memory_order_relaxed);
		uint8_t own = (uint8_t)(epoch - seen);

		age = own < age ? own : age;
		stalest = own > stalest ? own : stalest;
	}
	/* A byte that one worker left behind would look young again after 256 epochs. */
	if (stalest > STALE && age < stalest)
		set_seen(fdb, slot, (uint8_t)(epoch - age));
	return age;
}

uint32_t am_fdb_count(const struct am_fdb *fdb)
{
	return fdb->count;
}

uint64_t am_fdb_memory(const struct am_fdb *fdb)
{
	return sizeof(*fdb) + (uint64_t)(fdb->mask + 1) * LINE + (uint64_t)fdb->row * fdb->workers;
}

void am_fdb_key_mac(am_fdb_key key, struct am_mac *mac)
{
	for (unsigned i = 0; i < sizeof mac->bytes; i++)
		mac->bytes[i] = (uint8_t)(key >> (16 + 8 * i));
}

/* ---- making one ---- */

/* Zeroed, and on huge pages where the kernel has some and there is enough to fill one. */
static void *alloc_zeroed(size_t size)
{
	size_t align = size >= HUGE_PAGE ? HUGE_PAGE : LINE;
	void *p;

	size = (size + align - 1) / align * align;
	p = aligned_alloc(align, size);
	if (!p)
		return NULL;
	if (align == HUGE_PAGE)
		madvise(p, size, MADV_HUGEPAGE); /* a wish: the table works the same without */
	return memset(p, 0, size);
}

/* Enough lines to hold max at nine tenths full. */
static uint64_t lines_for(uint32_t max)
{
	uint64_t lines = LINES_MIN;

	while (lines * WAYS * 9 < (uint64_t)max * 10)
		lines *= 2;
	return lines;
}

struct am_fdb *am_fdb_create(uint32_t max, unsigned workers, uint64_t seed)
{
	uint64_t lines = lines_for(max);
	struct am_fdb *fdb;

	if (lines > LINES_MAX)
		return NULL;
	fdb = calloc(1, sizeof *fdb);
	if (!fdb)
		return NULL;
	fdb->mask = (uint32_t)lines - 1;
	fdb->seed = seed;
	fdb->workers = workers ? workers : 1;
	fdb->row = (size_t)lines * WAYS < LINE ? LINE : (size_t)lines * WAYS;
	fdb->lines = alloc_zeroed((size_t)lines * LINE);
	fdb->seen = alloc_zeroed(fdb->row * fdb->workers);
	if (!fdb->lines || !fdb->seen) {
		am_fdb_free(fdb);
		return NULL;
	}
	return fdb;
}

void am_fdb_free(struct am_fdb *fdb)
{
	if (!fdb)
		return;
	free(fdb->lines);
	free((void *)fdb->seen);
	free(fdb);
}
