/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"

static void test_time(void **state)
{
	am_time a = {5}, b = am_time_add(a, 2 * AM_US);

	(void)state;
	assert_int_equal(am_time_since(b, a), 2000);
	assert_int_equal(am_time_since(a, b), 0);
	assert_true(am_time_before(a, b));
	assert_false(am_time_before(b, a));
	assert_false(am_time_before(a, a));
}

static void test_monotonic(void **state)
{
	am_time a = am_clock_monotonic(), b = am_clock_monotonic();

	(void)state;
	assert_true(a.ns > 0);
	assert_false(am_time_before(b, a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_monotonic),
	};

	return cmocka_run_group_tests_name("base/clock", tests, NULL, NULL);
}
