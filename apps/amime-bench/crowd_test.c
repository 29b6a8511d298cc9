/* SPDX-License-Identifier: BSD-3-Clause */
#include "crowd.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_each_other_worker_adds_the_same(void **state)
{
	struct crowd c = crowd_of(40, 42);

	(void)state;
	assert_float_equal(crowd_cost(&c, 1), 40, 1e-9);
	assert_float_equal(crowd_cost(&c, 2), 42, 1e-9);
	assert_float_equal(crowd_cost(&c, 16), 70, 1e-9);
}

/* That company makes packets cheaper is noise. */
static void test_nobody_is_helped(void **state)
{
	struct crowd c = crowd_of(40, 38);

	(void)state;
	assert_float_equal(crowd_cost(&c, 16), 40, 1e-9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_each_other_worker_adds_the_same),
		cmocka_unit_test(test_nobody_is_helped)};

	return cmocka_run_group_tests_name("amime-bench/crowd", tests, NULL, NULL);
}
