/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "suggest.h"

static const char *closest(const char *unknown)
{
	static const char *const words[] = {
		"mtu", "path_mtu", "driver", "devargs", "vlan", "learn", "members"};
	struct suggestion s = conf_suggest_for(unknown);

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		conf_suggest_offer(&s, unknown, words[i]);
	return s.word;
}

static void test_closest(void **state)
{
	(void)state;
	assert_string_equal(closest("mtuu"), "mtu");
	assert_string_equal(closest("mut"), "mtu"); /* a swap counts once */
	assert_string_equal(closest("pathmtu"), "path_mtu");
	assert_string_equal(closest("drivre"), "driver");
	assert_string_equal(closest("dev_args"), "devargs");
	assert_string_equal(closest("member"), "members");
	assert_string_equal(closest("Vlan"), "vlan");
	assert_null(closest("m"));
	assert_null(closest("mt"));
	assert_null(closest("colour"));
	assert_null(closest(""));
	assert_null(closest("a_word_far_longer_than_any_key_which_this_program_knows"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_closest)};
	return cmocka_run_group_tests_name("config/suggest", tests, NULL, NULL);
}
