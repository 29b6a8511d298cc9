/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "net/verdict.h"

static void test_every_verdict_is_named_once(void **state)
{
	(void)state;
	for (unsigned v = 0; v < AM_VERDICTS; v++) {
		assert_true(strlen(am_verdict_name(v)) > 0);
		assert_true(strlen(am_verdict_text(v)) > 0);
		for (unsigned w = 0; w < v; w++)
			assert_string_not_equal(am_verdict_name(v), am_verdict_name(w));
	}
}

static void test_names_are_counter_names(void **state)
{
	(void)state;
	for (unsigned v = 0; v < AM_VERDICTS; v++) {
		const char *name = am_verdict_name(v);

		assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_"), strlen(name));
	}
	assert_string_equal(am_verdict_name(AM_V_FRAG_OVERLAP), "frag_overlap");
	assert_string_equal(am_verdict_text(AM_V_OK), "forwarded");
}

static void test_what_is_no_verdict(void **state)
{
	(void)state;
	assert_string_equal(am_verdict_name(AM_VERDICTS), "unknown");
	assert_string_equal(am_verdict_text((enum am_verdict) - 1), "not a verdict");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_verdict_is_named_once),
		cmocka_unit_test(test_names_are_counter_names),
		cmocka_unit_test(test_what_is_no_verdict),
	};

	return cmocka_run_group_tests_name("net/verdict", tests, NULL, NULL);
}
