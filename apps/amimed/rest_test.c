/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rest.h"

enum { US = 1000, MS = 1000000, BEGIN = 77, FRAMES = 128 };

static uint64_t after_with(uint32_t frames, uint64_t packets, uint64_t ns)
{
	struct am_rest r = {.packets = packets, .since = BEGIN, .frames = frames};

	return am_rest_take(&r, BEGIN + ns);
}

/* The rest after so many packets in so long. */
static uint64_t after(uint64_t packets, uint64_t ns)
{
	return after_with(FRAMES, packets, ns);
}

static void few_are_no_traffic(void **state)
{
	struct am_rest r = {.packets = AM_REST_TRAFFIC - 1};

	(void)state;
	assert_false(am_rest_is_traffic(&r));
	r.packets++;
	assert_true(am_rest_is_traffic(&r));
}

static void bulk_rests_longer(void **state)
{
	(void)state;
	assert_int_equal(after(AM_REST_TRAFFIC, 100 * US), AM_REST_NS);
	assert_int_equal(after(AM_REST_BULK - 1, 100 * US), AM_REST_NS);
	assert_int_equal(after(AM_REST_BULK, 100 * US), AM_REST_BULK_NS);
}

/* At any rate, what comes in a rest is what a queue has place for, and there is none where it would be too short. */
static void no_rest_fills_a_queue(void **state)
{
	(void)state;
	for (uint64_t packets = AM_REST_TRAFFIC; packets < 1 << 20; packets += 1 + packets / 16) {
		for (uint64_t ns = US; ns < 100 * MS; ns += 1 + ns / 16) {
			uint64_t rest = after(packets, ns);

			assert_true(rest <= AM_REST_BULK_NS && (rest == 0 || rest >= AM_REST_LEAST_NS));
			assert_true(rest * packets <= FRAMES * ns);
			assert_true(after_with(FRAMES / 8, packets, ns) * packets <= FRAMES / 8 * ns);
		}
	}
	assert_int_equal(after(2000, 1 * MS), 64 * US);
	assert_int_equal(after(20000, 1 * MS), 0);
}

/* One that does not rest, or has rested, counts anew: a fast second does not keep it awake for another one. */
static void each_rest_begins_a_count(void **state)
{
	struct am_rest r = {.packets = 20 * MS, .since = 0, .frames = FRAMES};

	(void)state;
	assert_int_equal(am_rest_take(&r, 1000ull * MS), 0);
	assert_false(am_rest_is_traffic(&r));
	r.packets = AM_REST_BULK;
	assert_int_equal(am_rest_take(&r, 1000ull * MS + 100 * US), AM_REST_BULK_NS);
	r.packets = AM_REST_BULK;
	assert_int_equal(am_rest_take(&r, 1000ull * MS + 101 * US), 0);
}

/* What a worker was woken for did not come all at once, however fast it was taken. */
static void who_was_woken_may_rest(void **state)
{
	struct am_rest r = {.packets = 3, .since = 0, .frames = FRAMES};

	(void)state;
	am_rest_woken(&r, 5 * MS);
	assert_false(am_rest_is_traffic(&r));
	r.packets = AM_REST_TRAFFIC;
	assert_int_equal(am_rest_take(&r, 5 * MS + 2 * US), AM_REST_NS);
	am_rest_woken(&r, 6 * MS);
	r.packets = 1024;
	assert_int_equal(am_rest_take(&r, 6 * MS + 40 * US), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(few_are_no_traffic),
		cmocka_unit_test(bulk_rests_longer),
		cmocka_unit_test(no_rest_fills_a_queue),
		cmocka_unit_test(each_rest_begins_a_count),
		cmocka_unit_test(who_was_woken_may_rest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
