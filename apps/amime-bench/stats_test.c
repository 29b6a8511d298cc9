/* SPDX-License-Identifier: BSD-3-Clause */
#include "stats.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void expect(double *v, size_t n, double q1, double median, double q3)
{
	struct bench_stats s;

	bench_stats(v, n, &s);
	assert_float_equal(s.q1, q1, 1e-9);
	assert_float_equal(s.median, median, 1e-9);
	assert_float_equal(s.q3, q3, 1e-9);
	assert_float_equal(s.min, v[0], 1e-9);
	assert_float_equal(s.max, v[n - 1], 1e-9);
}

static void test_quartiles(void **state)
{
	double one[] = {7}, two[] = {3, 1}, five[] = {5, 1, 4, 2, 3}, four[] = {4, 3, 2, 1};

	(void)state;
	expect(one, 1, 7, 7, 7);
	expect(two, 2, 1.5, 2, 2.5);
	expect(five, 5, 2, 3, 4);
	expect(four, 4, 1.75, 2.5, 3.25);
}

static unsigned times(double q1, double q3)
{
	return bench_stats_times(&(struct bench_stats){.q1 = q1, .median = 100, .q3 = q3});
}

static void test_what_spreads_needs_more(void **state)
{
	(void)state;
	assert_int_equal(times(100, 100), 1);
	assert_int_equal(times(93, 107), 1);
	assert_int_equal(times(92, 108), 2);
	assert_int_equal(times(86, 115), 4);
	assert_int_equal(times(10, 500), 8);
	assert_int_equal(bench_stats_times(&(struct bench_stats){.q3 = 1}), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_quartiles),
		cmocka_unit_test(test_what_spreads_needs_more),
	};

	return cmocka_run_group_tests_name("amime-bench/stats", tests, NULL, NULL);
}
