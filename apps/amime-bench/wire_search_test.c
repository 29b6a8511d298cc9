/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "wire_search.h"

enum { TRIALS_MAX = 64 };

/* Something that carries so much and no more, and a tester that can send so much and no more. */
struct simulated {
	double capacity, tester;
	unsigned trials;
};

static double search(struct wire_search *s, struct simulated *dut, double max, double resolution)
{
	wire_search_init(s, max, resolution);
	while (wire_search_goes_on(s)) {
		double offered = s->rate < dut->tester ? s->rate : dut->tester;

		assert_true(s->rate > 0 && s->rate <= max);
		assert_true(++dut->trials < TRIALS_MAX);
		wire_search_take(s, offered, offered <= dut->capacity);
	}
	return s->low;
}

static void test_finds_the_capacity(void **state)
{
	static const double capacities[] = {200, 1000, 33333, 499999, 900000, 999999};
	struct wire_search s;

	(void)state;
	for (size_t i = 0; i < sizeof capacities / sizeof *capacities; i++) {
		struct simulated dut = {.capacity = capacities[i], .tester = 1e9};
		double found = search(&s, &dut, 1e6, 0.01);

		assert_true(found <= capacities[i]);
		assert_true(found >= capacities[i] * 0.99);
		assert_true(s.failed && !s.tester_limit);
		assert_true(dut.trials <= 21);
	}
}

static void test_one_trial_where_the_maximum_passes(void **state)
{
	struct simulated dut = {.capacity = 2e6, .tester = 1e9};
	struct wire_search s;

	(void)state;
	assert_true(search(&s, &dut, 1e6, 0.01) >= 1e6);
	assert_int_equal(dut.trials, 1);
	assert_false(s.failed || s.tester_limit);
}

static void test_says_that_the_tester_is_the_limit(void **state)
{
	struct simulated dut = {.capacity = 2e6, .tester = 3e5};
	struct wire_search s;
	double found = search(&s, &dut, 1e6, 0.01);

	(void)state;
	assert_true(found >= 3e5 * 0.99 && found <= 3e5);
	assert_true(s.tester_limit && !s.failed);
}

/* One busy moment of the tester's at the first trial: the next one shows what there is. */
static void test_a_busy_moment_is_no_limit(void **state)
{
	struct wire_search s;

	(void)state;
	wire_search_init(&s, 1e6, 0.01);
	wire_search_take(&s, 2e4, true);
	assert_true(wire_search_goes_on(&s));
	assert_true(s.rate >= 1e6);
	wire_search_take(&s, 1e6, true);
	assert_false(wire_search_goes_on(&s));
	assert_true(s.low >= 1e6);
	assert_false(s.tester_limit);
}

/* A tester that is too slow for the maximum, and quick enough for what is tested. */
static void test_a_slow_tester_still_finds_less(void **state)
{
	struct simulated dut = {.capacity = 1e5, .tester = 3e5};
	struct wire_search s;
	double found = search(&s, &dut, 1e6, 0.01);

	(void)state;
	assert_true(found >= 1e5 * 0.99 && found <= 1e5);
	assert_true(s.failed && !s.tester_limit);
}

static void test_ends_where_nothing_passes(void **state)
{
	struct simulated dut = {.capacity = 0, .tester = 1e9};
	struct wire_search s;

	(void)state;
	assert_true(search(&s, &dut, 1e6, 0.01) <= 0);
	assert_true(s.failed);
	assert_true(dut.trials <= 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_finds_the_capacity),
		cmocka_unit_test(test_one_trial_where_the_maximum_passes),
		cmocka_unit_test(test_says_that_the_tester_is_the_limit),
		cmocka_unit_test(test_a_busy_moment_is_no_limit),
		cmocka_unit_test(test_a_slow_tester_still_finds_less),
		cmocka_unit_test(test_ends_where_nothing_passes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
