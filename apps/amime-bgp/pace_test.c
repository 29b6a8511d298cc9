/* SPDX-License-Identifier: BSD-3-Clause */
/* How often a peer may fill the log. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pace.h"

static const am_time begin = {5 * AM_S};

static void a_flood_is_one_line_a_second(void **state)
{
	struct am_bgpd_pace p = {0};
	unsigned written = 0, told = 0, more;

	(void)state;
	for (unsigned i = 0; i < 2000; i++) {
		if (am_bgpd_pace_due(&p, am_time_add(begin, i * AM_MS), &more)) {
			written++;
			told += 1 + more;
		}
	}
	assert_int_equal(written, 2);
	assert_true(am_bgpd_pace_due(&p, am_time_add(begin, 9 * AM_S), &more));
	assert_int_equal(told + more, 2000);
}

static void slow_ones_are_all_written(void **state)
{
	struct am_bgpd_pace p = {0};
	unsigned more = 1;

	(void)state;
	for (unsigned i = 0; i < 5; i++) {
		assert_true(am_bgpd_pace_due(&p, am_time_add(begin, i * AM_S), &more));
		assert_int_equal(more, 0);
	}
	assert_false(am_bgpd_pace_due(&p, am_time_add(begin, 5 * AM_S - 1), &more));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_flood_is_one_line_a_second),
		cmocka_unit_test(slow_ones_are_all_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
