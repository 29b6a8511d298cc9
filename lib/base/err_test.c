/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"

static void test_fail_says_what(void **state)
{
	struct am_err err;

	(void)state;
	assert_int_equal(am_fail(&err, ENODEV, "no device %s", "wan0"), -ENODEV);
	assert_string_equal(err.text, "no device wan0");
}

static void test_context_goes_before(void **state)
{
	struct am_err err;
	int code = am_fail(&err, EINVAL, "mtu %d is too long", 9000);

	(void)state;
	assert_int_equal(am_fail_in(&err, code, "tunnel %s", "to-b"), -EINVAL);
	assert_string_equal(err.text, "tunnel to-b: mtu 9000 is too long");
}

static void test_nobody_listens(void **state)
{
	(void)state;
	assert_int_equal(am_fail(NULL, EINVAL, "x"), -EINVAL);
	assert_int_equal(am_fail_in(NULL, -EINVAL, "x"), -EINVAL);
}

static void test_long_texts_are_cut(void **state)
{
	char line[2 * AM_ERR_TEXT];
	struct am_err err;

	(void)state;
	memset(line, 'x', sizeof line - 1);
	line[sizeof line - 1] = '\0';
	am_fail(&err, EINVAL, "%s", line);
	assert_int_equal(strlen(err.text), AM_ERR_TEXT - 1);
	am_fail_in(&err, -EINVAL, "here");
	assert_int_equal(strlen(err.text), AM_ERR_TEXT - 1);
	assert_memory_equal(err.text, "here: xxx", 9);
	am_fail_in(&err, -EINVAL, "%s", line);
	assert_int_equal(strlen(err.text), AM_ERR_TEXT - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fail_says_what),
		cmocka_unit_test(test_context_goes_before),
		cmocka_unit_test(test_nobody_listens),
		cmocka_unit_test(test_long_texts_are_cut),
	};

	return cmocka_run_group_tests_name("base/err", tests, NULL, NULL);
}
