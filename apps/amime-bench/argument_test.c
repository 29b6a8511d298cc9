/* SPDX-License-Identifier: BSD-3-Clause */
#include "argument.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { ROOM = 3, LEAST = 2, MOST = 100 };

static void test_numbers(void **state)
{
	static const char *const bad[] = {
		"", "1", "101", "-3", "+3", " 3", "3x", "3,", "99999999999999999999"};
	unsigned n = 0;

	(void)state;
	assert_true(argument_number("n", "2", LEAST, MOST, &n));
	assert_int_equal(n, 2);
	assert_true(argument_number("n", "100", LEAST, MOST, &n));
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(argument_number("n", bad[i], LEAST, MOST, &n));
}

static void test_lists(void **state)
{
	static const char *const bad[] = {"", ",", "2,", ",2", "2,,3", "2;3", "2,3,4,5", "2,1", "2, 3"};
	unsigned list[ROOM], n;

	(void)state;
	assert_true(argument_numbers("n", "2", LEAST, MOST, ROOM, list, &n));
	assert_int_equal(n, 1);
	assert_true(argument_numbers("n", "2,3,100", LEAST, MOST, ROOM, list, &n));
	assert_int_equal(n, 3);
	assert_int_equal(list[2], 100);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(argument_numbers("n", bad[i], LEAST, MOST, ROOM, list, &n));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_lists),
	};

	return cmocka_run_group_tests_name("amime-bench/argument", tests, NULL, NULL);
}
