/* SPDX-License-Identifier: BSD-3-Clause */
#include "table/fdb_read.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/pages.h"

enum {
	BULK_MAX = 64,
	WAYS = AM_FDB_WAYS,
	LINE = 64,
	LINES_MIN = 4,
	LINES_MAX = 1 << 26, /* their offsets are 32 bits */
	PATH_NODES = 512,    /* how many lines an insertion looks at before it gives up */
	WORDS_A_LINE = LINE / sizeof(uint64_t),
	WORD = 64,         /* slots that have their bits in one */
	FOLD_WORDS = 4096, /* that a call of am_fdb_fold goes through, of all workers together */
	FOLDS_MAX = 60,    /* of one round: where the caller comes but once a second, it takes a minute */
};

/*
 * A lookup by itself. A key that moved from its second bucket into its first between the two looks is in neither of them:
 * the first one's version tells.
 */
uint32_t am_fdb_lookup(const struct am_fdb *fdb, am_fdb_key key, uint32_t *slot)
{
	uint64_t hash = am_fdb_hash(fdb->read, key);
	uint32_t first = am_fdb_line_of(fdb->read, hash), second = am_fdb_second_line(fdb->read, hash);
	const struct am_fdb_line *home = am_fdb_line(fdb->read, first);
	struct am_fdb_look a, b;

	for (;;) {
		uint32_t away;

		if (!am_fdb_look(home, key, &a))
			continue;
		*slot = am_fdb_slot(first, a.way);
		if (a.value)
			return a.value & ~(uint32_t)AM_FDB_ASKED;
		away = atomic_load_explicit(&home->away, memory_order_acquire);
		if (atomic_load_explicit(&home->version, memory_order_relaxed) != a.version)
			continue;
		if (!away)
			return 0;
		if (!am_fdb_look(am_fdb_line(fdb->read, second), key, &b))
			continue;
		*slot = am_fdb_slot(second, b.way);
		if (b.value)
			return b.value & ~(uint32_t)AM_FDB_ASKED;
		if (atomic_load_explicit(&home->version, memory_order_relaxed) == a.version)
			return 0;
	}
}

void am_fdb_lookup_bulk(
	const struct am_fdb *fdb, const am_fdb_key *keys, unsigned n, uint32_t *values, uint32_t *slots)
{
	const struct am_fdb_lines t = fdb->read;
	uint32_t at[BULK_MAX], version, way;
	bool changed;

	for (unsigned i = 0; i < n; i++)
		at[i] = am_fdb_prefetch(t, keys[i]);
	version = am_fdb_begin(fdb);
	for (unsigned i = 0; i < n; i++) {
		values[i] =
			am_fdb_glance(am_fdb_line(t, at[i]), keys[i], &way, false) & ~(uint32_t)AM_FDB_ASKED;
		slots[i] = am_fdb_slot(at[i], way);
		if (!values[i])
			am_fdb_prefetch_where(t, keys[i], at[i]);
	}
	changed = am_fdb_changed(fdb, version);
	for (unsigned i = 0; i < n; i++)
		if (changed || !values[i])
			values[i] = am_fdb_lookup(fdb, keys[i], &slots[i]);
}

void am_fdb_touch(struct am_fdb *fdb, unsigned worker, uint32_t slot)
{
	am_fdb_see(am_fdb_map(fdb, worker), slot / WAYS * LINE, slot % WAYS);
}

/* ---- the writer; what it wrote itself it reads relaxed ---- */

static uint32_t lines_of(const struct am_fdb *fdb)
{
	return fdb->read.span / LINE + 1;
}

static uint32_t slots_of(const struct am_fdb *fdb)
{
	return lines_of(fdb) * WAYS;
}

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
	return am_fdb_line_of(fdb->read, am_fdb_hash(fdb->read, key)) / LINE;
}

/* Where a key goes that must leave line. */
static uint32_t other_of(const struct am_fdb *fdb, uint64_t key, uint32_t line)
{
	uint64_t hash = am_fdb_hash(fdb->read, key);
	uint32_t first = am_fdb_line_of(fdb->read, hash) / LINE;

	return line == first ? am_fdb_second_line(fdb->read, hash) / LINE : first;
}

/*
 * Change one way of a line, and its count of keys elsewhere, as one step for readers. Release on each store keeps them
 * behind the odd versions; no read-modify-write is needed since nobody else writes.
 */
static void change(struct am_fdb *fdb, uint32_t line, unsigned way, uint64_t key, uint32_t value, int away)
{
	struct am_fdb_line *l = &fdb->lines[line];
	uint32_t version = atomic_load_explicit(&l->version, memory_order_relaxed);
	uint32_t all = atomic_load_explicit(&fdb->version, memory_order_relaxed);
	uint32_t count = atomic_load_explicit(&l->away, memory_order_relaxed);

	atomic_store_explicit(&fdb->version, all + 1, memory_order_relaxed);
	atomic_store_explicit(&l->version, version + 1, memory_order_relaxed);
	atomic_store_explicit(&l->values[way], value, memory_order_release);
	atomic_store_explicit(&l->keys[way], key, memory_order_release);
	atomic_store_explicit(&l->away, count + (uint32_t)away, memory_order_release);
	atomic_store_explicit(&l->version, version + 2, memory_order_release);
	atomic_store_explicit(&fdb->version, all + 2, memory_order_release);
}

/* The same of the count alone. */
static void change_away(struct am_fdb *fdb, uint32_t line, int away)
{
	change(fdb, line, 0, key_at(fdb, line * WAYS), value_at(fdb, line * WAYS), away);
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

/* What seen has of an entry that was seen now, and of one that is asked for from now on. */
static uint32_t seen_at(uint32_t now)
{
	return now << 1 | 1;
}

static uint32_t asked_at(uint32_t now)
{
	return now << 1;
}

static uint64_t bit_of(uint32_t slot)
{
	return 1ull << slot % WORD;
}

/* Whether a worker saw the entry in slot, and nobody took the bit yet. */
static bool is_marked(const struct am_fdb *fdb, uint32_t slot)
{
	uint64_t all = 0;

	for (unsigned w = 0; w < fdb->workers; w++)
		all |= atomic_load_explicit(&am_fdb_map(fdb, w)[slot / WORD], memory_order_relaxed);
	return all & bit_of(slot);
}

/*
 * Who stood in slot before was seen, not who comes now. A worker that puts the bit back, since it looked the other one up
 * before, makes the new one look as young.
 */
static void unmark(struct am_fdb *fdb, uint32_t slot)
{
	for (unsigned w = 0; w < fdb->workers; w++) {
		_Atomic uint64_t *word = &am_fdb_map(fdb, w)[slot / WORD];

		if (atomic_load_explicit(word, memory_order_relaxed) & bit_of(slot))
			atomic_fetch_and_explicit(word, ~bit_of(slot), memory_order_relaxed);
	}
}

/* Fill a free slot. */
static void place(struct am_fdb *fdb, uint32_t slot, uint64_t key, uint32_t value)
{
	uint32_t home = home_of(fdb, key), line = slot / WAYS;

	unmark(fdb, slot);
	change(fdb, line, slot % WAYS, key, value, 0);
	if (line != home)
		change_away(fdb, home, 1);
}

/*
 * Move an entry to a free slot of its other bucket. It is in both for a moment, and found in all of them. Its bits are asked
 * for afterwards: a worker that sees it in the old slot later than that also sees that the table changed.
 */
static void move(struct am_fdb *fdb, uint32_t from, uint32_t to, uint32_t now)
{
	uint64_t key = key_at(fdb, from);
	bool leaves_home = home_of(fdb, key) == from / WAYS;

	unmark(fdb, to);
	change(fdb, to / WAYS, to % WAYS, key, value_at(fdb, from), leaves_home ? 0 : -1);
	change(fdb, from / WAYS, from % WAYS, 0, 0, leaves_home ? 1 : 0);
	fdb->seen[to] = is_marked(fdb, from) ? seen_at(now) : fdb->seen[from];
}

/* A line that an insertion looked at: reached by moving what stands in slot, itself in the line of node parent. */
struct node {
	uint32_t line, slot;
	int parent;
};

/* Move entries along the path that ends at node so that a slot of the path's first line becomes free. */
static uint32_t shift(struct am_fdb *fdb, const struct node *nodes, int at, uint32_t free_slot, uint32_t now)
{
	for (; nodes[at].parent >= 0; at = nodes[at].parent) {
		move(fdb, nodes[at].slot, free_slot, now);
		free_slot = nodes[at].slot;
	}
	return free_slot;
}

/*
 * A free slot in one of the two buckets, the first one if it can be, with others moved away where both are full. Breadth
 * first, so the shortest path is found and no line is on it twice.
 */
static bool make_room(struct am_fdb *fdb, uint64_t hash, uint32_t *slot, uint32_t now)
{
	struct node nodes[PATH_NODES] = {
		{.line = am_fdb_line_of(fdb->read, hash) / LINE, .parent = -1},
		{.line = am_fdb_second_line(fdb->read, hash) / LINE, .parent = -1},
	};
	int n = 2;

	for (int at = 0; at < n; at++) {
		uint32_t line = nodes[at].line;

		if (free_way(fdb, line, slot)) {
			*slot = shift(fdb, nodes, at, *slot, now);
			return true;
		}
		for (uint32_t i = 0; i < WAYS && n < PATH_NODES; i++) {
			uint32_t from = line * WAYS + i;

			nodes[n++] = (struct node){other_of(fdb, key_at(fdb, from), line), from, at};
		}
	}
	return false;
}

int am_fdb_set(struct am_fdb *fdb, am_fdb_key key, uint32_t value, uint32_t now)
{
	uint32_t slot;

	if (!key || !value || (value & AM_FDB_ASKED))
		return -EINVAL;
	if (am_fdb_lookup(fdb, key, &slot)) {
		atomic_store_explicit(
			&fdb->lines[slot / WAYS].values[slot % WAYS], value, memory_order_release);
		fdb->seen[slot] = seen_at(now);
		return 0;
	}
	if (!make_room(fdb, am_fdb_hash(fdb->read, key), &slot, now))
		return -ENOSPC;
	fdb->seen[slot] = seen_at(now);
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
	change(fdb, slot / WAYS, slot % WAYS, 0, 0, 0);
	if (home != slot / WAYS)
		change_away(fdb, home, -1);
	fdb->count--;
	return 0;
}

bool am_fdb_next(const struct am_fdb *fdb, uint32_t *at, struct am_fdb_entry *out)
{
	uint32_t slots = slots_of(fdb);

	while (*at < slots) {
		uint32_t slot = (*at)++;
		uint64_t key = key_at(fdb, slot);

		if (key) {
			*out = (struct am_fdb_entry){.key = key,
				.value = value_at(fdb, slot) & ~(uint32_t)AM_FDB_ASKED,
				.slot = slot};
			return true;
		}
	}
	return false;
}

/*
 * The bits of one word, taken out of all maps. Most words of a large table are 0, which costs no more than looking. An exchange,
 * and not a store: what a worker sets meanwhile is either taken with the others or stays for the next round.
 */
static uint64_t take(struct am_fdb *fdb, uint32_t i)
{
	uint64_t all = 0;

	for (unsigned w = 0; w < fdb->workers; w++) {
		_Atomic uint64_t *word = &am_fdb_map(fdb, w)[i];

		if (atomic_load_explicit(word, memory_order_relaxed))
			all |= atomic_exchange_explicit(word, 0, memory_order_relaxed);
	}
	return all;
}

bool am_fdb_fold(struct am_fdb *fdb, uint32_t now)
{
	uint32_t few = FOLD_WORDS / fdb->workers, most = fdb->words / FOLDS_MAX + 1;
	uint32_t left = few > most ? few : most;

	for (; left && fdb->folded < fdb->words; left--) {
		uint32_t *seen = &fdb->seen[fdb->folded * WORD];

		for (uint64_t bits = take(fdb, fdb->folded++); bits; bits &= bits - 1)
			seen[__builtin_ctzll(bits)] = seen_at(now);
	}
	if (fdb->folded < fdb->words)
		return true;
	fdb->folded = 0;
	return false;
}

static bool is_answered(const struct am_fdb *fdb, uint32_t slot)
{
	return fdb->seen[slot] & 1;
}

/* Since it was seen or asked for, whichever was later. */
static uint32_t since(const struct am_fdb *fdb, uint32_t slot, uint32_t now)
{
	uint32_t then = fdb->seen[slot] >> 1;

	return is_marked(fdb, slot) || now < then ? 0 : now - then;
}

uint32_t am_fdb_age(const struct am_fdb *fdb, uint32_t slot, uint32_t now)
{
	return value_at(fdb, slot) & AM_FDB_ASKED ? since(fdb, slot, now) : 0;
}

uint32_t am_fdb_watch(struct am_fdb *fdb, uint32_t slot, uint32_t now, uint32_t patience)
{
	_Atomic uint32_t *place = &fdb->lines[slot / WAYS].values[slot % WAYS];
	uint32_t value = value_at(fdb, slot), age = since(fdb, slot, now);
	bool asked = value & AM_FDB_ASKED;

	if (!asked && age >= patience) {
		/* Nobody has looked until now. */
		fdb->seen[slot] = asked_at(now);
		atomic_store_explicit(place, value | AM_FDB_ASKED, memory_order_release);
		return 0;
	}
	if (asked && age < patience && is_answered(fdb, slot))
		atomic_store_explicit(place, value & ~(uint32_t)AM_FDB_ASKED, memory_order_release);
	return asked ? age : 0;
}

uint32_t am_fdb_count(const struct am_fdb *fdb)
{
	return fdb->count;
}

unsigned am_fdb_workers(const struct am_fdb *fdb)
{
	return fdb->workers;
}

static size_t maps_size(const struct am_fdb *fdb)
{
	return (size_t)fdb->words * sizeof *fdb->saw * fdb->workers;
}

static size_t seen_size(const struct am_fdb *fdb)
{
	return (size_t)fdb->words * WORD * sizeof *fdb->seen;
}

uint64_t am_fdb_memory(const struct am_fdb *fdb)
{
	return sizeof(*fdb) + (uint64_t)lines_of(fdb) * LINE + maps_size(fdb) + seen_size(fdb);
}

void am_fdb_key_mac(am_fdb_key key, struct am_mac *mac)
{
	for (unsigned i = 0; i < sizeof mac->bytes; i++)
		mac->bytes[i] = (uint8_t)(key >> (16 + 8 * i));
}

/* ---- making one ---- */

/* Enough lines to hold max at nine tenths full. */
static uint64_t lines_for(uint32_t max)
{
	uint64_t lines = LINES_MIN;

	while (lines * WAYS * 9 < (uint64_t)max * 10)
		lines *= 2;
	return lines;
}

/* How many of n neighbours, whose addresses differ in the last two octets alone, find both of their buckets full. */
static uint32_t crowded_out(struct am_fdb_lines t, uint32_t n, uint8_t *load)
{
	uint32_t out = 0;

	memset(load, 0, t.span / LINE + 1);
	for (uint32_t i = 0; i < n; i++) {
		uint64_t hash = am_fdb_hash(t, (uint64_t)__builtin_bswap16((uint16_t)i) << 48);
		uint8_t *first = &load[am_fdb_line_of(t, hash) / LINE];
		uint8_t *second = &load[am_fdb_second_line(t, hash) / LINE];

		if (*first < WAYS)
			++*first;
		else if (*second < WAYS)
			++*second;
		else
			out++;
	}
	return out;
}

/*
 * A multiplication scatters what comes in sequence, as addresses of virtual machines do, but for about one factor in
 * fourteen, with which it crowds them into few buckets. So the best one of several is taken.
 */
static bool choose_factor(struct am_fdb *fdb)
{
	enum { CANDIDATES = 8, NEIGHBOURS = 1 << 16, PER_LINE = 3 };
	uint32_t lines = lines_of(fdb),
		 n = lines * (uint64_t)PER_LINE < NEIGHBOURS ? lines * PER_LINE : NEIGHBOURS;
	uint32_t least = UINT32_MAX;
	struct am_fdb_lines t = fdb->read;
	uint8_t *load = malloc(lines);

	for (unsigned i = 0; load && i < CANDIDATES; i++) {
		uint32_t out;

		t.factor = am_hash64_factor(am_hash64(i, t.seed));
		out = crowded_out(t, n, load);
		if (out >= least)
			continue;
		least = out;
		fdb->read.factor = t.factor;
	}
	free(load);
	return load;
}

struct am_fdb *am_fdb_create(uint32_t max, unsigned workers, uint64_t seed)
{
	uint64_t lines = lines_for(max);
	struct am_fdb *fdb;

	if (lines > LINES_MAX)
		return NULL;
	fdb = am_pages_alloc(sizeof *fdb);
	if (!fdb)
		return NULL;
	fdb->read.span = (uint32_t)((lines - 1) * LINE);
	fdb->read.seed = seed;
	fdb->workers = workers ? workers : 1;
	fdb->words = lines * WAYS < WORD * WORDS_A_LINE ? WORDS_A_LINE : (uint32_t)(lines * WAYS / WORD);
	fdb->lines = am_pages_alloc((size_t)lines * LINE);
	fdb->read.first = fdb->lines;
	fdb->saw = am_pages_alloc(maps_size(fdb));
	fdb->seen = am_pages_alloc(seen_size(fdb));
	if (!fdb->lines || !fdb->saw || !fdb->seen || !choose_factor(fdb)) {
		am_fdb_free(fdb);
		return NULL;
	}
	return fdb;
}

void am_fdb_free(struct am_fdb *fdb)
{
	if (!fdb)
		return;
	am_pages_free(fdb->lines, (size_t)lines_of(fdb) * LINE);
	am_pages_free((void *)fdb->saw, maps_size(fdb));
	am_pages_free(fdb->seen, seen_size(fdb));
	am_pages_free(fdb, sizeof *fdb);
}
