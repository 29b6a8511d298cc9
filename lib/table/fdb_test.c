/* SPDX-License-Identifier: BSD-3-Clause */
#include "table/fdb_read.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/hash.h"

enum { SEED = 20261123, BULK = 64 };

static struct am_fdb *make(uint32_t max, unsigned workers)
{
	struct am_fdb *fdb = am_fdb_create(max, workers, SEED);

	assert_non_null(fdb);
	return fdb;
}

static am_fdb_key key_of(uint32_t n)
{
	uint8_t mac[6] = {2, 0, (uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n};

	return am_fdb_make_key(mac, 7);
}

/* Any value that an entry may have. */
static uint32_t value_from(uint64_t random)
{
	return ((uint32_t)random | 1) & ~(uint32_t)AM_FDB_ASKED;
}

/* A value that belongs to no other key, as far as 30 bits can tell. */
static uint32_t value_of(am_fdb_key key)
{
	return value_from(am_hash64(key, 99));
}

static uint32_t lookup(const struct am_fdb *fdb, am_fdb_key key)
{
	uint32_t slot;

	return am_fdb_lookup(fdb, key, &slot);
}

static void test_set_change_delete(void **state)
{
	struct am_fdb *fdb = make(100, 1);

	(void)state;
	assert_int_equal(lookup(fdb, key_of(1)), 0);
	assert_int_equal(am_fdb_set(fdb, key_of(1), 5 | AM_FDB_STATIC, 0), 0);
	assert_int_equal(lookup(fdb, key_of(1)), 5 | AM_FDB_STATIC);
	assert_int_equal(am_fdb_set(fdb, key_of(1), 6, 0), 0);
	assert_int_equal(lookup(fdb, key_of(1)), 6);
	assert_int_equal(am_fdb_count(fdb), 1);
	assert_int_equal(lookup(fdb, key_of(2)), 0);
	assert_int_equal(am_fdb_del(fdb, key_of(2)), -ENOENT);
	assert_int_equal(am_fdb_del(fdb, key_of(1)), 0);
	assert_int_equal(am_fdb_del(fdb, key_of(1)), -ENOENT);
	assert_int_equal(lookup(fdb, key_of(1)), 0);
	assert_int_equal(am_fdb_count(fdb), 0);
	am_fdb_free(fdb);
}

static void test_same_mac_in_two_bridges(void **state)
{
	static const uint8_t mac[6] = {2, 0, 0, 0, 0, 1};
	struct am_fdb *fdb = make(10, 1);

	(void)state;
	assert_int_equal(am_fdb_set(fdb, am_fdb_make_key(mac, 0), 10, 0), 0);
	assert_int_equal(am_fdb_set(fdb, am_fdb_make_key(mac, 1), 11, 0), 0);
	assert_int_equal(lookup(fdb, am_fdb_make_key(mac, 0)), 10);
	assert_int_equal(lookup(fdb, am_fdb_make_key(mac, 1)), 11);
	assert_int_equal(lookup(fdb, am_fdb_make_key(mac, 2)), 0);
	am_fdb_free(fdb);
}

/* A frame to 00:00:00:00:00:00 in bridge 0 asks for key 0, which is also what a free slot holds. */
static void test_zero_key_is_never_known(void **state)
{
	struct am_fdb *fdb = make(1, 1);

	(void)state;
	assert_int_equal(am_fdb_set(fdb, 0, 1, 0), -EINVAL);
	assert_int_equal(am_fdb_set(fdb, key_of(1), 0, 0), -EINVAL);
	assert_int_equal(am_fdb_set(fdb, key_of(1), 1 | AM_FDB_ASKED, 0), -EINVAL);
	assert_int_equal(lookup(fdb, 0), 0);
	assert_int_equal(am_fdb_set(fdb, key_of(1), 77, 0), 0);
	assert_int_equal(am_fdb_del(fdb, key_of(1)), 0);
	assert_int_equal(lookup(fdb, 0), 0);
	assert_int_equal(am_fdb_del(fdb, 0), -ENOENT);
	am_fdb_free(fdb);
}

static void test_key_holds_mac(void **state)
{
	static const uint8_t mac[6] = {0xfe, 0xdc, 0xba, 0x98, 0x76, 0x54};
	struct am_mac out;

	(void)state;
	am_fdb_key_mac(am_fdb_make_key(mac, 0xffff), &out);
	assert_memory_equal(out.bytes, mac, sizeof mac);
}

/* 4 * 2^14 slots hold 58,982 at nine tenths: that many must fit, and some more, each found where it went. */
static void fill(uint32_t (*number)(uint32_t))
{
	const uint32_t slots = 65536, promised = slots / 10 * 9;
	struct am_fdb *fdb = make(promised, 1);
	uint32_t n = 0;

	assert_in_range(am_fdb_memory(fdb), slots * 20, slots * 21);
	while (n < slots && am_fdb_set(fdb, key_of(number(n)), value_of(key_of(number(n))), 0) == 0)
		n++;
	assert_in_range(n, promised, slots);
	assert_int_equal(am_fdb_count(fdb), n);
	assert_int_equal(am_fdb_set(fdb, key_of(number(n)), 1, 0), -ENOSPC);
	assert_int_equal(lookup(fdb, key_of(number(n))), 0);
	for (uint32_t i = 0; i < n; i++)
		assert_int_equal(lookup(fdb, key_of(number(i))), value_of(key_of(number(i))));
	for (uint32_t i = 0; i < n; i++)
		assert_int_equal(am_fdb_del(fdb, key_of(number(i))), 0);
	assert_int_equal(am_fdb_count(fdb), 0);
	assert_int_equal(am_fdb_set(fdb, key_of(number(n)), 1, 0), 0);
	am_fdb_free(fdb);
}

static uint32_t in_sequence(uint32_t i)
{
	return i;
}

static uint32_t scattered(uint32_t i)
{
	return i * 2654435761u;
}

static uint32_t far_apart(uint32_t i)
{
	return i << 16 | i >> 16;
}

/* Addresses given out in sequence, whatever seed was drawn. */
static void test_neighbours_fit_with_any_seed(void **state)
{
	enum { SEEDS = 200, MAX = 1800 };

	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct am_fdb *fdb = am_fdb_create(MAX, 1, seed * 0x9e3779b97f4a7c15ull);

		assert_non_null(fdb);
		for (uint32_t i = 0; i < MAX; i++)
			assert_int_equal(am_fdb_set(fdb, key_of(i), 1, 0), 0);
		am_fdb_free(fdb);
	}
}

static void test_fills_to_nine_tenths(void **state)
{
	(void)state;
	fill(in_sequence);
	fill(scattered);
	fill(far_apart);
}

static void test_tiny_table(void **state)
{
	struct am_fdb *fdb = make(0, 0);
	uint32_t n = 0;

	(void)state;
	while (am_fdb_set(fdb, key_of(n), 1 + n, 0) == 0)
		n++;
	assert_in_range(n, 8, 16);
	for (uint32_t i = 0; i < n; i++)
		assert_int_equal(lookup(fdb, key_of(i)), 1 + i);
	am_fdb_free(fdb);
}

static void test_too_large_is_refused(void **state)
{
	(void)state;
	assert_null(am_fdb_create(UINT32_MAX, 1, SEED));
}

static void test_bulk_equals_single(void **state)
{
	struct am_fdb *fdb = make(1000, 1);
	uint32_t values[BULK], slots[BULK], slot, at = 0;
	am_fdb_key keys[BULK];

	(void)state;
	for (uint32_t i = 0; i < 1000; i++)
		assert_int_equal(am_fdb_set(fdb, key_of(i), value_of(key_of(i)), 0), 0);
	for (unsigned n = 0; n <= BULK; n++) {
		memset(values, 0xee, sizeof values);
		for (unsigned i = 0; i < n; i++)
			keys[i] = key_of(at++ % 2000); /* half of them unknown */
		am_fdb_lookup_bulk(fdb, keys, n, values, slots);
		for (unsigned i = 0; i < n; i++) {
			assert_int_equal(values[i], am_fdb_lookup(fdb, keys[i], &slot));
			if (values[i])
				assert_int_equal(slots[i], slot);
		}
		for (unsigned i = n; i < BULK; i++)
			assert_int_equal(values[i], 0xeeeeeeee);
	}
	am_fdb_free(fdb);
}

/* Against an array indexed by the key's number, at a load where entries are moved all the time. */
static void test_agrees_with_model(void **state)
{
	enum { KEYS = 400, STEPS = 200000 };
	struct am_fdb *fdb = make(230, 1);
	uint32_t model[KEYS] = {0}, count = 0;
	uint64_t random = SEED;

	(void)state;
	for (int step = 0; step < STEPS; step++) {
		uint32_t n, value;

		random = am_hash64(random, 1);
		n = (uint32_t)(random >> 8) % KEYS;
		value = value_from(random >> 32);
		assert_int_equal(lookup(fdb, key_of(n)), model[n]);
		if ((random & 3) == 0) {
			assert_int_equal(am_fdb_del(fdb, key_of(n)), model[n] ? 0 : -ENOENT);
			count -= model[n] != 0;
			model[n] = 0;
		} else if (model[n] || count < 230) {
			assert_int_equal(am_fdb_set(fdb, key_of(n), value, 0), 0);
			count += model[n] == 0;
			model[n] = value;
		}
		assert_int_equal(am_fdb_count(fdb), count);
	}
	for (uint32_t n = 0; n < KEYS; n++)
		assert_int_equal(lookup(fdb, key_of(n)), model[n]);
	am_fdb_free(fdb);
}

static void test_walk_sees_each_once_and_may_remove(void **state)
{
	struct am_fdb *fdb = make(500, 1);
	struct am_fdb_entry e;
	uint8_t seen[500] = {0};
	uint32_t at = 0, n = 0, slot;

	(void)state;
	for (uint32_t i = 0; i < 500; i++)
		assert_int_equal(am_fdb_set(fdb, key_of(i), i + 1, 0), 0);
	while (am_fdb_next(fdb, &at, &e)) {
		assert_in_range(e.value, 1, 500);
		assert_int_equal(e.key, key_of(e.value - 1));
		assert_int_equal(am_fdb_lookup(fdb, e.key, &slot), e.value);
		assert_int_equal(slot, e.slot);
		assert_int_equal(seen[e.value - 1]++, 0);
		if (e.value & 1)
			assert_int_equal(am_fdb_del(fdb, e.key), 0);
		n++;
	}
	assert_int_equal(n, 500);
	assert_int_equal(am_fdb_count(fdb), 250);
	am_fdb_free(fdb);
}

static uint32_t slot_of(struct am_fdb *fdb, uint32_t n)
{
	uint32_t slot;

	assert_int_not_equal(am_fdb_lookup(fdb, key_of(n), &slot), 0);
	return slot;
}

static bool is_asked(struct am_fdb *fdb, uint32_t n)
{
	uint32_t slot = slot_of(fdb, n), way;

	return am_fdb_glance(&fdb->lines[slot / AM_FDB_WAYS], key_of(n), &way, false) & AM_FDB_ASKED;
}

/* From now on. */
static void ask(struct am_fdb *fdb, uint32_t n, uint32_t now)
{
	assert_int_equal(am_fdb_watch(fdb, slot_of(fdb, n), now, 0), 0);
	assert_true(is_asked(fdb, n));
}

static uint32_t age_of(struct am_fdb *fdb, uint32_t n, uint32_t now)
{
	return am_fdb_age(fdb, slot_of(fdb, n), now);
}

static void fold(struct am_fdb *fdb, uint32_t now)
{
	while (am_fdb_fold(fdb, now))
		;
}

/* Seen now until a round has taken the bit, in the second of that round from then on. */
static void test_age_counts_from_the_round(void **state)
{
	struct am_fdb *fdb = make(10, 1);

	(void)state;
	assert_int_equal(am_fdb_set(fdb, key_of(1), 1, 100), 0);
	assert_int_equal(am_fdb_set(fdb, key_of(2), 1, 100), 0);
	ask(fdb, 1, 100);
	ask(fdb, 2, 100);
	assert_int_equal(age_of(fdb, 1, 100), 0);
	assert_int_equal(age_of(fdb, 1, 110), 10);
	am_fdb_touch(fdb, 0, slot_of(fdb, 1));
	assert_int_equal(age_of(fdb, 1, 110), 0);
	assert_int_equal(age_of(fdb, 1, 115), 0);
	assert_int_equal(age_of(fdb, 2, 115), 15);
	fold(fdb, 116);
	assert_int_equal(age_of(fdb, 1, 116), 0);
	assert_int_equal(age_of(fdb, 1, 119), 3);
	fold(fdb, 120); /* nobody saw it since */
	assert_int_equal(age_of(fdb, 1, 120), 4);
	assert_int_equal(age_of(fdb, 2, 120), 20);
	assert_int_equal(age_of(fdb, 1, 115), 0); /* a clock that is behind */
	am_fdb_free(fdb);
}

static void test_age_is_the_youngest_of_all_workers(void **state)
{
	struct am_fdb *fdb = make(10, 3);
	uint32_t slot;

	(void)state;
	assert_int_equal(am_fdb_set(fdb, key_of(1), 1, 250), 0);
	ask(fdb, 1, 250);
	slot = slot_of(fdb, 1);
	am_fdb_touch(fdb, 2, slot);
	fold(fdb, 260);
	assert_int_equal(age_of(fdb, 1, 262), 2);
	am_fdb_touch(fdb, 0, slot);
	am_fdb_touch(fdb, 1, slot);
	assert_int_equal(age_of(fdb, 1, 262), 0);
	fold(fdb, 264);
	assert_int_equal(age_of(fdb, 1, 265), 1);
	fold(fdb, 266); /* all of their bits went with that round */
	assert_int_equal(age_of(fdb, 1, 270), 6);
	assert_int_equal(am_fdb_set(fdb, key_of(1), 2, 275), 0); /* a move is a sighting */
	assert_int_equal(age_of(fdb, 1, 276), 0);
	ask(fdb, 1, 276);
	assert_int_equal(age_of(fdb, 1, 278), 2);
	am_fdb_free(fdb);
}

/* Ages are as long as they are, in use or not: nothing wraps. */
static void test_age_has_no_end(void **state)
{
	const uint32_t long_ago = 5, now = 2000000000u;
	struct am_fdb *fdb = make(10, 2);

	(void)state;
	assert_int_equal(am_fdb_set(fdb, key_of(1), 1, long_ago), 0);
	assert_int_equal(am_fdb_set(fdb, key_of(2), 1, long_ago), 0);
	ask(fdb, 1, long_ago);
	ask(fdb, 2, long_ago);
	for (uint32_t at = 6; at < 2000; at++) {
		if (at % 128 == 0)
			am_fdb_touch(fdb, 1, slot_of(fdb, 2));
		fold(fdb, at);
		assert_int_equal(age_of(fdb, 1, at), at - long_ago);
		if (at >= 128)
			assert_int_equal(age_of(fdb, 2, at), at % 128);
	}
	assert_int_equal(age_of(fdb, 1, now), now - long_ago);
	am_fdb_free(fdb);
}

/* A slot that is used again must not inherit the age of the one before, nor what workers saw of it. */
static void test_new_entry_is_not_the_one_before(void **state)
{
	struct am_fdb *fdb = make(10, 2);
	uint32_t slot;

	(void)state;
	assert_int_equal(am_fdb_set(fdb, key_of(1), 1, 100), 0);
	slot = slot_of(fdb, 1);
	am_fdb_touch(fdb, 1, slot);
	fold(fdb, 110);
	am_fdb_touch(fdb, 0, slot);
	assert_int_equal(am_fdb_del(fdb, key_of(1)), 0);
	assert_int_equal(am_fdb_set(fdb, key_of(1), 1, 105), 0);
	assert_int_equal(slot_of(fdb, 1), slot);
	ask(fdb, 1, 105);
	assert_int_equal(age_of(fdb, 1, 112), 7);
	fold(fdb, 113);
	assert_int_equal(age_of(fdb, 1, 114), 9);
	am_fdb_free(fdb);
}

/* A change of its value takes from an entry nothing that workers saw. */
static void test_changed_entry_stays_seen(void **state)
{
	struct am_fdb *fdb = make(10, 1);

	(void)state;
	assert_int_equal(am_fdb_set(fdb, key_of(1), 1, 100), 0);
	am_fdb_touch(fdb, 0, slot_of(fdb, 1));
	assert_int_equal(am_fdb_set(fdb, key_of(1), 2, 101), 0);
	assert_int_equal(am_fdb_watch(fdb, slot_of(fdb, 1), 109, 5), 0);
	fold(fdb, 110);
	assert_int_equal(am_fdb_watch(fdb, slot_of(fdb, 1), 111, 5), 0);
	assert_false(is_asked(fdb, 1));
	am_fdb_free(fdb);
}

/*
 * Workers are asked for who was not heard of for a while, from then on, until they say so. That nobody was asked is nobody's
 * age: it begins when they are.
 */
static void test_asks_after_a_while(void **state)
{
	enum { WHILE = 9 };
	struct am_fdb *fdb = make(10, 1);
	uint32_t slot;

	(void)state;
	assert_int_equal(am_fdb_set(fdb, key_of(1), 1 | AM_FDB_HELD, 100), 0);
	slot = slot_of(fdb, 1);
	for (uint32_t now = 100; now < 100 + WHILE; now++) {
		assert_int_equal(am_fdb_watch(fdb, slot, now, WHILE), 0);
		assert_false(is_asked(fdb, 1));
		assert_int_equal(age_of(fdb, 1, now), 0);
	}
	assert_int_equal(am_fdb_watch(fdb, slot, 109, WHILE), 0);
	assert_true(is_asked(fdb, 1));
	assert_int_equal(lookup(fdb, key_of(1)), 1 | AM_FDB_HELD); /* nobody else sees it */
	for (uint32_t now = 109; now < 120; now++) {
		assert_int_equal(am_fdb_watch(fdb, slot, now, WHILE), now - 109);
		assert_true(is_asked(fdb, 1));
	}
	am_fdb_touch(fdb, 0, slot);
	assert_int_equal(am_fdb_watch(fdb, slot, 120, WHILE), 0);
	assert_true(is_asked(fdb, 1)); /* until that is taken */
	fold(fdb, 121);
	assert_int_equal(am_fdb_watch(fdb, slot, 121, WHILE), 0);
	assert_false(is_asked(fdb, 1));
	assert_int_equal(am_fdb_watch(fdb, slot, 121 + WHILE, WHILE), 0);
	assert_true(is_asked(fdb, 1));
	/* Seen in the very second of the question. */
	am_fdb_touch(fdb, 0, slot);
	fold(fdb, 121 + WHILE);
	assert_int_equal(am_fdb_watch(fdb, slot, 121 + WHILE, WHILE), 0);
	assert_false(is_asked(fdb, 1));
	am_fdb_free(fdb);
}

/*
 * Insertion moves others about. What was taken of them goes with them, and what was not counts as of then; where they come to,
 * it is theirs that counts. known: rounds are done between what workers see and the next insertion.
 */
static void moves_along(bool known)
{
	enum { ENTRIES = 1800, NOW = 5000 };
	struct am_fdb *fdb = make(ENTRIES, 2);
	uint32_t moved = 0, was[ENTRIES];

	for (uint32_t i = 0; i < ENTRIES; i++) {
		assert_int_equal(am_fdb_set(fdb, key_of(scattered(i)), 1, i), 0);
		ask(fdb, scattered(i), i);
		was[i] = slot_of(fdb, scattered(i));
		if (i % 2)
			am_fdb_touch(fdb, i / 2 % 2, was[i]);
		if (known)
			fold(fdb, i);
	}
	for (uint32_t i = 0; i < ENTRIES; i++) {
		uint32_t age = age_of(fdb, scattered(i), NOW);

		moved += slot_of(fdb, scattered(i)) != was[i];
		if (known || i % 2 == 0)
			assert_int_equal(age, NOW - i);
		else if (slot_of(fdb, scattered(i)) == was[i]) /* and it may have been away meanwhile */
			assert_true(age == 0 || (age <= NOW - i && age > NOW - ENTRIES));
		else
			assert_in_range(age, NOW - ENTRIES + 1, NOW - i);
	}
	assert_true(moved > 0);
	am_fdb_free(fdb);
}

static void test_age_moves_along(void **state)
{
	(void)state;
	moves_along(true);
	moves_along(false);
}

/* Of each in a large table, in pieces, whatever they meet; and the next round begins where this one did. */
static void test_round_in_pieces(void **state)
{
	enum { ENTRIES = 300000 };
	struct am_fdb *fdb = make(ENTRIES, 2);
	unsigned calls = 1;

	(void)state;
	for (uint32_t i = 0; i < ENTRIES; i++) {
		assert_int_equal(am_fdb_set(fdb, key_of(i), 1, 0), 0);
		ask(fdb, i, 0);
	}
	for (uint32_t second = 10; second <= 20; second += 10) {
		for (uint32_t i = 0; i < ENTRIES; i += second)
			am_fdb_touch(fdb, i / second % 2, slot_of(fdb, i));
		for (calls = 1; am_fdb_fold(fdb, second); calls++)
			;
		assert_in_range(calls, 2, 60);
	}
	for (uint32_t i = 0; i < ENTRIES; i++)
		assert_int_equal(age_of(fdb, i, 20), i % 20 == 0 ? 0 : i % 10 == 0 ? 10 : 20);
	am_fdb_free(fdb);
}

/* What a worker sees in the middle of a round is of this one or of the next one. */
static void test_seen_during_a_round(void **state)
{
	enum { ENTRIES = 300000 };
	struct am_fdb *fdb = make(ENTRIES, 1);

	(void)state;
	for (uint32_t i = 0; i < ENTRIES; i++) {
		assert_int_equal(am_fdb_set(fdb, key_of(i), 1, 0), 0);
		ask(fdb, i, 0);
	}
	assert_true(am_fdb_fold(fdb, 10));
	for (uint32_t i = 0; i < 1000; i++)
		am_fdb_touch(fdb, 0, slot_of(fdb, i));
	while (am_fdb_fold(fdb, 11))
		for (uint32_t i = 0; i < 1000; i++)
			assert_int_equal(age_of(fdb, i, 11), 0);
	fold(fdb, 12);
	for (uint32_t i = 0; i < 1000; i++)
		assert_in_range(age_of(fdb, i, 12), 0, 1);
	assert_int_equal(age_of(fdb, 1000, 12), 12);
	am_fdb_free(fdb);
}

/* ---- one writer, two readers ---- */

enum { RESIDENTS = 150, GUESTS = 600 };

struct arena {
	struct am_fdb *fdb;
	_Atomic bool done;
};

struct reader {
	struct arena *arena;
	unsigned worker;
	uint64_t looked, found, foreign, lost;
};

/* Residents are always there; guests come and go around them, and push them from bucket to bucket. */
static void *read_all(void *arg)
{
	struct reader *r = arg;
	uint32_t values[BULK], slots[BULK], at = r->worker;
	am_fdb_key keys[BULK];

	while (!atomic_load_explicit(&r->arena->done, memory_order_relaxed)) {
		uint32_t first = at;

		for (unsigned i = 0; i < BULK; i++)
			keys[i] = key_of(at++ % (RESIDENTS + GUESTS));
		am_fdb_lookup_bulk(r->arena->fdb, keys, BULK, values, slots);
		for (unsigned i = 0; i < BULK; i++) {
			bool resident = (first + i) % (RESIDENTS + GUESTS) < RESIDENTS;

			r->looked++;
			r->found += values[i] != 0;
			r->lost += resident && !values[i];
			r->foreign += values[i] && values[i] != value_of(keys[i]);
			if (values[i])
				am_fdb_touch(r->arena->fdb, r->worker, slots[i]);
		}
	}
	return NULL;
}

static uint64_t churn(struct am_fdb *fdb, uint64_t for_ns)
{
	am_time start = am_clock_monotonic();
	uint64_t random = SEED, changes = 0;
	uint32_t round = 0;

	while (am_time_since(am_clock_monotonic(), start) < for_ns) {
		for (int i = 0; i < 100; i++, changes++) {
			am_fdb_key key;

			random = am_hash64(random, 2);
			key = key_of(RESIDENTS + (uint32_t)(random >> 8) % GUESTS);
			if (am_fdb_del(fdb, key) == -ENOENT && am_fdb_count(fdb) < 225)
				assert_int_equal(am_fdb_set(fdb, key, value_of(key), round), 0);
		}
		fold(fdb, ++round);
	}
	return changes;
}

static void test_readers_never_see_a_foreign_value(void **state)
{
	struct arena arena = {.fdb = make(230, 2)}; /* 256 slots */
	struct reader readers[2] = {{.arena = &arena, .worker = 0}, {.arena = &arena, .worker = 1}};
	pthread_t threads[2];
	uint64_t changes;

	(void)state;
	for (uint32_t i = 0; i < RESIDENTS; i++)
		assert_int_equal(am_fdb_set(arena.fdb, key_of(i), value_of(key_of(i)), 0), 0);
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, read_all, &readers[i]), 0);
	changes = churn(arena.fdb, 300 * AM_MS);
	atomic_store(&arena.done, true);
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	for (int i = 0; i < 2; i++) {
		print_message("reader %d: %llu lookups, %llu found, against %llu changes\n", i,
			(unsigned long long)readers[i].looked, (unsigned long long)readers[i].found,
			(unsigned long long)changes);
		assert_int_equal(readers[i].foreign, 0);
		assert_int_equal(readers[i].lost, 0);
		assert_true(readers[i].found > 0);
	}
	am_fdb_free(arena.fdb);
}

/* ---- what a worker sees while control takes it is never lost ---- */

enum { LOOKERS = 2, SENDERS = 40, SIGHTINGS = 200000 };

struct looker {
	struct am_fdb *fdb;
	unsigned worker;
	_Atomic uint32_t *seen; /* by sender: the round in which it was seen last, at least */
	_Atomic uint32_t *round;
	_Atomic unsigned *running;
};

/* All senders are in the same few words. Each worker has its own, and between two it leaves the other bits of its word alone. */
static void *look(void *arg)
{
	const struct looker *l = arg;
	uint64_t random = l->worker;

	for (uint32_t i = 0; i < SIGHTINGS; i++) {
		uint32_t round = atomic_load_explicit(l->round, memory_order_acquire), n;

		random = am_hash64(random, 3);
		n = (uint32_t)random % SENDERS * LOOKERS + l->worker;
		am_fdb_touch(l->fdb, l->worker, slot_of(l->fdb, n));
		atomic_store_explicit(&l->seen[n], round, memory_order_release);
	}
	atomic_fetch_sub(l->running, 1);
	return NULL;
}

static void test_nothing_seen_is_lost(void **state)
{
	struct am_fdb *fdb = make(100, LOOKERS);
	static _Atomic uint32_t seen[SENDERS * LOOKERS];
	_Atomic uint32_t round = 1;
	_Atomic unsigned running = LOOKERS;
	struct looker lookers[LOOKERS];
	pthread_t threads[LOOKERS];

	(void)state;
	for (uint32_t i = 0; i < SENDERS * LOOKERS; i++) {
		assert_int_equal(am_fdb_set(fdb, key_of(i), 1, 0), 0);
		ask(fdb, i, 0);
	}
	for (unsigned w = 0; w < LOOKERS; w++) {
		lookers[w] = (struct looker){fdb, w, seen, &round, &running};
		assert_int_equal(pthread_create(&threads[w], NULL, look, &lookers[w]), 0);
	}
	while (atomic_load(&running)) {
		uint32_t now = atomic_load_explicit(&round, memory_order_relaxed);

		/* Read first: what was seen by then has left its bit, or a round has taken it. */
		for (uint32_t i = 0; i < SENDERS * LOOKERS; i++) {
			uint32_t last = atomic_load_explicit(&seen[i], memory_order_acquire);

			assert_true(age_of(fdb, i, now) <= now - last);
		}
		fold(fdb, now);
		atomic_store_explicit(&round, now + 1, memory_order_release);
	}
	for (unsigned w = 0; w < LOOKERS; w++)
		assert_int_equal(pthread_join(threads[w], NULL), 0);
	print_message("%u rounds\n", atomic_load(&round));
	am_fdb_free(fdb);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set_change_delete),
		cmocka_unit_test(test_same_mac_in_two_bridges),
		cmocka_unit_test(test_zero_key_is_never_known),
		cmocka_unit_test(test_key_holds_mac),
		cmocka_unit_test(test_neighbours_fit_with_any_seed),
		cmocka_unit_test(test_fills_to_nine_tenths),
		cmocka_unit_test(test_tiny_table),
		cmocka_unit_test(test_too_large_is_refused),
		cmocka_unit_test(test_bulk_equals_single),
		cmocka_unit_test(test_agrees_with_model),
		cmocka_unit_test(test_walk_sees_each_once_and_may_remove),
		cmocka_unit_test(test_age_counts_from_the_round),
		cmocka_unit_test(test_age_is_the_youngest_of_all_workers),
		cmocka_unit_test(test_age_has_no_end),
		cmocka_unit_test(test_new_entry_is_not_the_one_before),
		cmocka_unit_test(test_changed_entry_stays_seen),
		cmocka_unit_test(test_asks_after_a_while),
		cmocka_unit_test(test_age_moves_along),
		cmocka_unit_test(test_round_in_pieces),
		cmocka_unit_test(test_seen_during_a_round),
		cmocka_unit_test(test_readers_never_see_a_foreign_value),
		cmocka_unit_test(test_nothing_seen_is_lost),
	};

	return cmocka_run_group_tests_name("table/fdb", tests, NULL, NULL);
}
