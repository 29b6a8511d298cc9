/* SPDX-License-Identifier: BSD-3-Clause */
#include "model_test.h"

#define CONFIG(bridge)                                                                                       \
	"{'ports': {'p0': {'driver': 'mem'}, 'p1': {'driver': 'mem'}, 'p2': {'driver': 'mem'}},"             \
	" 'bridges': {'a': {" bridge " 'members': [{'port': 'p0'}, {'port': 'p1'}, {'port': 'p2'}]}}}"

struct env {
	struct am_model *m;
	uint16_t member[3];
};

static struct env setup(const char *text)
{
	struct env env = {.m = test_model()};

	test_commit(env.m, text);
	env.member[0] = test_member(env.m, "a", "port p0");
	env.member[1] = test_member(env.m, "a", "port p1");
	env.member[2] = test_member(env.m, "a", "port p2");
	return env;
}

static am_fdb_key key_of(unsigned mac)
{
	const uint8_t bytes[6] = {2, 0, 0, 0, (uint8_t)(mac >> 8), (uint8_t)mac};

	return am_fdb_make_key(bytes, 0);
}

static bool learn(struct env *env, unsigned mac, unsigned member, uint64_t now_s)
{
	const struct am_learn_in in = {.key = key_of(mac), .member = env->member[member]};

	return am_model_learn(env->m, &in, now_s);
}

static uint32_t value(struct env *env, unsigned mac)
{
	uint32_t slot;

	return am_fdb_lookup(am_model_fdb(env->m), key_of(mac), &slot);
}

/* A worker sees mac as a source. */
static void touch(struct env *env, unsigned mac, unsigned worker)
{
	uint32_t slot;

	assert_int_not_equal(am_fdb_lookup(am_model_fdb(env->m), key_of(mac), &slot), 0);
	am_fdb_touch(am_model_fdb(env->m), worker, slot);
}

static struct am_bridge_stats stats(const struct env *env)
{
	struct am_bridge_stats out;

	am_model_bridge_stats(env->m, 0, &out);
	return out;
}

static void learns_and_moves(void **state)
{
	struct env env = setup(CONFIG(""));

	(void)state;
	assert_true(learn(&env, 1, 0, 10));
	assert_int_equal(value(&env, 1), env.member[0]);
	assert_false(learn(&env, 1, 0, 11)); /* nothing new */
	assert_true(learn(&env, 1, 1, 12));
	assert_int_equal(value(&env, 1), env.member[1]);
	assert_int_equal(stats(&env).macs, 1);
	assert_int_equal(stats(&env).learnt, 1);
	assert_int_equal(stats(&env).moved, 1);
	am_model_free(env.m);
}

static void what_is_never_learnt(void **state)
{
	struct env env = setup(CONFIG(""));
	const uint8_t group[6] = {1, 0, 0x5e, 0, 0, 1}, zero[6] = {0};
	const struct am_learn_in cases[] = {
		{am_fdb_make_key(group, 0), env.member[0]}, {am_fdb_make_key(zero, 0), env.member[0]},
		{key_of(1), 0}, {key_of(1), 99}, {key_of(1) + 1, env.member[0]}, /* bridge 1 is none */
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_false(am_model_learn(env.m, &cases[i], 1));
	assert_int_equal(am_fdb_count(am_model_fdb(env.m)), 0);
	am_model_free(env.m);
	env = setup(CONFIG("'learn': false,"));
	assert_false(learn(&env, 1, 0, 1));
	am_model_free(env.m);
}

static void the_limit_holds(void **state)
{
	struct env env = setup(CONFIG("'mac_limit': 3,"));

	(void)state;
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(learn(&env, i, 0, 1), i < 3);
	assert_true(learn(&env, 0, 1, 1)); /* who is there may move */
	assert_int_equal(stats(&env).macs, 3);
	assert_int_equal(stats(&env).limited, 2);
	/* One that ages makes room. */
	for (uint64_t t = 2; t <= 312; t++) {
		if (t == 200) {
			touch(&env, 1, 0);
			touch(&env, 2, 0);
		}
		am_model_age(env.m, t);
	}
	assert_int_equal(value(&env, 0), 0);
	assert_true(learn(&env, 4, 0, 313));
	am_model_free(env.m);
}

static void static_macs_stay(void **state)
{
	struct env env = setup(CONFIG(
		"'static': [{'mac': '02:00:00:00:00:01', 'member': 2}], 'mac_limit': 1, 'ageing': 10,"));

	(void)state;
	assert_int_equal(value(&env, 1), env.member[2] | AM_FDB_STATIC);
	assert_false(learn(&env, 1, 0, 1));
	assert_true(learn(&env, 2, 0, 1)); /* statics do not count */
	for (uint64_t t = 1; t < 30; t++)
		am_model_age(env.m, t);
	assert_int_equal(value(&env, 1), env.member[2] | AM_FDB_STATIC);
	assert_int_equal(value(&env, 2), 0);
	/* No longer configured: gone at the commit. */
	test_commit(env.m, CONFIG("'ageing': 10,"));
	assert_int_equal(value(&env, 1), 0);
	assert_int_equal(stats(&env).macs, 0);
	am_model_free(env.m);
}

static void learnt_macs_become_static(void **state)
{
	struct env env = setup(CONFIG("'mac_limit': 1,"));

	(void)state;
	assert_true(learn(&env, 1, 0, 1));
	test_commit(env.m, CONFIG("'static': [{'mac': '02:00:00:00:00:01', 'member': 2}], 'mac_limit': 1,"));
	assert_int_equal(value(&env, 1), env.member[2] | AM_FDB_STATIC);
	assert_int_equal(stats(&env).macs, 1);
	assert_true(learn(&env, 2, 0, 1));
	am_model_free(env.m);
}

/* A loop shows the same source on two members in turn; after so many moves it stays where it was at first. */
static void the_guard_holds_and_releases(void **state)
{
	struct env env = setup(CONFIG("'loop_guard': {'moves': 5, 'window': 10, 'hold': 30},"));

	(void)state;
	assert_true(learn(&env, 1, 0, 100));
	for (unsigned i = 1; i <= 4; i++)
		assert_true(learn(&env, 1, i % 2, 100 + i));
	assert_int_equal(value(&env, 1), env.member[0]);
	assert_true(learn(&env, 1, 1, 105));
	assert_int_equal(value(&env, 1), env.member[0] | AM_FDB_HELD);
	assert_int_equal(stats(&env).held, 1);
	assert_false(learn(&env, 1, 1, 106));
	am_model_age(env.m, 134);
	assert_int_equal(value(&env, 1), env.member[0] | AM_FDB_HELD);
	am_model_age(env.m, 135);
	assert_int_equal(value(&env, 1), env.member[0]);
	assert_true(learn(&env, 1, 1, 136));
	am_model_free(env.m);
}

static void slow_moves_are_no_loop(void **state)
{
	struct env env = setup(CONFIG("'loop_guard': {'moves': 3, 'window': 10, 'hold': 30},"));

	(void)state;
	learn(&env, 1, 0, 100);
	for (unsigned i = 1; i <= 20; i++)
		assert_true(learn(&env, 1, i % 2, 100 + 6 * i));
	assert_int_equal(stats(&env).held, 0);
	am_model_free(env.m);
}

static void no_guard_no_hold(void **state)
{
	struct env env = setup(CONFIG("'loop_guard': {'moves': 0},"));

	(void)state;
	learn(&env, 1, 0, 100);
	for (unsigned i = 1; i <= 20; i++)
		assert_true(learn(&env, 1, i % 2, 100));
	assert_int_equal(stats(&env).held, 0);
	am_model_free(env.m);
}

/* More MACs move than the guard has records for: it may miss some, but holds and releases those that it knows. */
static void many_moving_macs(void **state)
{
	struct env env =
		setup(CONFIG("'mac_limit': 0, 'loop_guard': {'moves': 2, 'window': 10, 'hold': 30},"));
	unsigned held = 0;

	(void)state;
	for (unsigned mac = 0; mac < TEST_FDB; mac++)
		assert_true(learn(&env, mac, 0, 100));
	for (unsigned i = 1; i <= 2; i++)
		for (unsigned mac = 0; mac < TEST_FDB; mac++)
			learn(&env, mac, i % 2, 100);
	for (unsigned mac = 0; mac < TEST_FDB; mac++)
		held += (value(&env, mac) & AM_FDB_HELD) != 0;
	assert_true(held > TEST_FDB * 9 / 10);
	am_model_age(env.m, 130);
	for (unsigned mac = 0; mac < TEST_FDB; mac++)
		assert_int_equal(value(&env, mac), env.member[0]);
	am_model_free(env.m);
}

/* Workers are asked for a MAC only when so much of the ageing time is over, and it counts from there. */
static uint64_t later(unsigned ageing)
{
	return ageing / 32 < 30 ? ageing / 32 : 30;
}

static void ages_after(unsigned ageing)
{
	uint64_t gone[3] = {0};
	char text[512];
	struct env env;

	snprintf(text, sizeof text, CONFIG("'ageing': %u,"), ageing);
	env = setup(text);
	learn(&env, 1, 0, 1000);
	learn(&env, 2, 0, 1000);
	for (uint64_t t = 1001; !gone[1] || !gone[2]; t++) {
		if (t <= 1003)
			touch(&env, 2, t & 1); /* either worker counts */
		am_model_age(env.m, t);
		for (unsigned mac = 1; mac <= 2; mac++)
			if (!gone[mac] && !value(&env, mac))
				gone[mac] = t;
	}
	assert_in_range(gone[1], 1000 + ageing + 1, 1000 + ageing + later(ageing) + 2);
	assert_in_range(gone[2], 1003 + ageing + 1, 1003 + ageing + later(ageing) + 2);
	assert_int_equal(stats(&env).aged, 2);
	assert_int_equal(stats(&env).macs, 0);
	am_model_free(env.m);
}

/* Whatever the ageing time is. */
static void ageing(void **state)
{
	(void)state;
	ages_after(10);
	ages_after(127);
	ages_after(128);
	ages_after(255);
	ages_after(300);
	ages_after(1000);
	ages_after(100000);
}

static void seen_now_and_then_stays(void **state)
{
	struct env env = setup(CONFIG(""));

	(void)state;
	learn(&env, 1, 0, 1);
	for (uint64_t t = 2; t < 5000; t++) {
		if (t % 299 == 0)
			touch(&env, 1, 1);
		am_model_age(env.m, t);
	}
	assert_int_equal(value(&env, 1), env.member[0]);
	am_model_free(env.m);
}

/*
 * Who speaks once in so many seconds stays while that is not longer than the ageing time, however short or long both are, and
 * whether the walk of that second has passed already or not.
 */
static void speaks_every(unsigned seconds, unsigned ageing, bool late)
{
	char text[512];
	struct env env;

	snprintf(text, sizeof text, CONFIG("'ageing': %u,"), ageing);
	env = setup(text);
	learn(&env, 1, 0, 1000);
	for (uint64_t t = 1001; t < 5000; t++) {
		if (late)
			am_model_age(env.m, t);
		if (t % seconds == 0)
			touch(&env, 1, 1);
		if (!late)
			am_model_age(env.m, t);
		assert_int_equal(value(&env, 1), env.member[0]);
	}
	am_model_free(env.m);
}

static void in_use_never_ages(void **state)
{
	static const unsigned seconds[] = {1, 2, 64, 127, 128, 129, 255, 256, 257, 1000};

	(void)state;
	for (unsigned i = 0; i < sizeof seconds / sizeof *seconds; i++) {
		for (int late = 0; late <= 1; late++) {
			speaks_every(seconds[i], seconds[i], late);
			speaks_every(seconds[i], 3 * seconds[i], late);
		}
	}
}

/* Seen after the walk of its second: what is taken a second later counts as of then. */
static void goes_a_second_late_at_most(void **state)
{
	struct env env = setup(CONFIG("'ageing': 10,"));
	uint64_t gone = 0;

	(void)state;
	learn(&env, 1, 0, 1000);
	for (uint64_t t = 1001; !gone; t++) {
		am_model_age(env.m, t);
		if (!value(&env, 1))
			gone = t;
		else if (t <= 1005)
			touch(&env, 1, 1);
	}
	assert_in_range(gone, 1005 + 10 + 1, 1005 + 10 + 2);
	am_model_free(env.m);
}

static void ageing_0_is_never(void **state)
{
	struct env env = setup(CONFIG("'ageing': 0,"));

	(void)state;
	learn(&env, 1, 0, 1);
	for (uint64_t t = 2; t < 2000; t++)
		am_model_age(env.m, t);
	assert_int_equal(value(&env, 1), env.member[0]);
	am_model_free(env.m);
}

static void age_is_told(void **state)
{
	struct env env = setup(CONFIG(""));
	struct am_fdb_entry e;
	uint32_t at = 0;

	(void)state;
	learn(&env, 1, 0, 1000);
	for (uint64_t t = 1001; t <= 1290; t++)
		am_model_age(env.m, t);
	assert_true(am_fdb_next(am_model_fdb(env.m), &at, &e));
	assert_in_range(am_model_mac_age(env.m, &e), 290 - later(300) - 1, 290);
	am_model_free(env.m);
}

/* ---- a walk in slices ---- */

enum { MANY = 60000, SLICE = 4096 };

static am_fdb_key wide_key(uint32_t mac)
{
	const uint8_t bytes[6] = {
		2, 0, (uint8_t)(mac >> 24), (uint8_t)(mac >> 16), (uint8_t)(mac >> 8), (uint8_t)mac};

	return am_fdb_make_key(bytes, 0);
}

static bool learn_wide(struct env *env, uint32_t mac, uint64_t now_s)
{
	return am_model_learn(
		env->m, &(struct am_learn_in){.key = wide_key(mac), .member = env->member[0]}, now_s);
}

static struct env setup_many(const char *text)
{
	struct env env = {.m = am_model_create(65536, 2, 0x5eed, TEST_PATHS)};

	assert_non_null(env.m);
	test_commit(env.m, text);
	env.member[0] = test_member(env.m, "a", "port p0");
	for (uint32_t mac = 0; mac < MANY; mac++)
		assert_true(learn_wide(&env, mac, 100));
	while (am_model_age(env.m, 100)) /* workers are asked for them */
		;
	return env;
}

static void a_call_looks_at_few(void **state)
{
	struct env env = setup_many(CONFIG("'mac_limit': 0, 'ageing': 10,"));
	unsigned calls = 0;
	uint64_t before;
	bool more;

	(void)state;
	do {
		before = stats(&env).aged;
		more = am_model_age(env.m, 111);
		assert_true(stats(&env).aged - before <= SLICE);
		calls++;
	} while (more);
	assert_int_equal(calls, MANY / SLICE + 1);
	assert_int_equal(stats(&env).aged, MANY);
	assert_int_equal(stats(&env).macs, 0);
	/* Nothing more to do in this second. */
	assert_true(learn_wide(&env, 1, 90));
	assert_false(am_model_age(env.m, 111));
	assert_int_equal(stats(&env).macs, 1);
	am_model_free(env.m);
}

/* Insertions move entries about between slices: the walk may meet one late, but no entry goes early and none stays. */
static void entries_move_under_the_walk(void **state)
{
	struct env env = setup_many(CONFIG("'mac_limit': 0, 'ageing': 10,"));
	uint32_t next = MANY, slot;

	(void)state;
	for (uint64_t t = 101; t <= 110; t++) {
		do {
			for (unsigned i = 0; t == 101 && i < 300; i++, next++)
				assert_true(learn_wide(&env, next, t));
		} while (am_model_age(env.m, t));
		assert_int_equal(stats(&env).aged, 0);
	}
	while (am_model_age(env.m, 111))
		;
	for (uint32_t mac = 0; mac < MANY; mac++)
		assert_int_equal(am_fdb_lookup(am_model_fdb(env.m), wide_key(mac), &slot), 0);
	assert_int_equal(stats(&env).macs, next - MANY);
	for (uint64_t t = 112; t <= 113; t++)
		while (am_model_age(env.m, t))
			;
	assert_int_equal(stats(&env).macs, 0);
	am_model_free(env.m);
}

/* One slice a second: the walk takes longer, and who is seen stays all the same. */
static void once_a_second_is_enough(void **state)
{
	struct env env = setup_many(CONFIG("'mac_limit': 0,"));
	uint32_t slot;

	(void)state;
	for (uint64_t t = 101; t <= 1000; t++) {
		assert_int_not_equal(am_fdb_lookup(am_model_fdb(env.m), wide_key(7), &slot), 0);
		am_fdb_touch(am_model_fdb(env.m), 1, slot);
		am_model_age(env.m, t);
		if (t <= 400)
			assert_int_equal(stats(&env).macs, MANY);
	}
	assert_int_equal(stats(&env).macs, 1);
	am_model_free(env.m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(learns_and_moves),
		cmocka_unit_test(what_is_never_learnt),
		cmocka_unit_test(the_limit_holds),
		cmocka_unit_test(static_macs_stay),
		cmocka_unit_test(learnt_macs_become_static),
		cmocka_unit_test(the_guard_holds_and_releases),
		cmocka_unit_test(slow_moves_are_no_loop),
		cmocka_unit_test(no_guard_no_hold),
		cmocka_unit_test(many_moving_macs),
		cmocka_unit_test(ageing),
		cmocka_unit_test(seen_now_and_then_stays),
		cmocka_unit_test(in_use_never_ages),
		cmocka_unit_test(goes_a_second_late_at_most),
		cmocka_unit_test(ageing_0_is_never),
		cmocka_unit_test(age_is_told),
		cmocka_unit_test(a_call_looks_at_few),
		cmocka_unit_test(entries_move_under_the_walk),
		cmocka_unit_test(once_a_second_is_enough),
	};

	return cmocka_run_group_tests_name("model/learn", tests, NULL, NULL);
}
