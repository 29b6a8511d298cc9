/* SPDX-License-Identifier: BSD-3-Clause */
#include "trend.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/hash.h"

enum { SAMPLES = 600, GROUPS = 3 };

static const struct trend_guess expected[TREND_BY] = {{1, 0.5}, {0, 0.3}};

/* Between 0 and 1, the same each time. */
static double some(uint64_t i)
{
	uint64_t mixed = am_mix(am_mix(i + 1, 0xd6e8feb86659fd93ull), 0x9e3779b97f4a7c15ull);

	return (double)(mixed >> 11) / (double)(1ull << 53);
}

/* Samples that follow both, by those slopes, and differ from group to group. */
static void make(struct trend_sample *s, double first, double second, double noise, const double *level)
{
	for (unsigned i = 0; i < SAMPLES; i++) {
		s[i] = (struct trend_sample){
			.by = {some(4 * i) * 0.6, some(4 * i + 1) * 0.9}, .group = i % GROUPS};
		s[i].value = level[s[i].group] + first * s[i].by[0] + second * s[i].by[1] +
			     noise * (some(4 * i + 2) + some(4 * i + 3) - 1);
	}
}

static void assert_near(double is, double wanted, double by)
{
	if (fabs(is - wanted) > by)
		fail_msg("%f is not %f", is, wanted);
}

static void test_slopes_are_found(void **state)
{
	struct trend_sample s[SAMPLES];
	double slope[TREND_BY];

	(void)state;
	make(s, 1.4, 0.3, 0, (double[]){5, 5, 5});
	assert_int_equal(trend_fit(s, SAMPLES, GROUPS, expected, slope), 0);
	assert_near(slope[0], 1.4, 0.001);
	assert_near(slope[1], 0.3, 0.001);
	make(s, 0.6, 0, 0.1, (double[]){5, 5, 5});
	assert_int_equal(trend_fit(s, SAMPLES, GROUPS, expected, slope), 0);
	assert_near(slope[0], 0.6, 0.03);
	assert_near(slope[1], 0, 0.02);
}

/* A repeat that was slower and beside which a yardstick was slower too: what they differ by stays. */
static void test_groups_are_not_explained_away(void **state)
{
	struct trend_sample s[SAMPLES];
	double slope[TREND_BY];

	(void)state;
	make(s, 0.5, 0.1, 0.05, (double[]){5, 5.5, 6});
	for (unsigned i = 0; i < SAMPLES; i++) {
		s[i].value += 0.5 * 0.4 * s[i].group;
		s[i].by[0] += 0.4 * s[i].group;
	}
	assert_int_equal(trend_fit(s, SAMPLES, GROUPS, expected, slope), 0);
	assert_near(slope[0], 0.5, 0.03);
	assert_near(slope[1], 0.1, 0.02);
}

static void test_outliers_count_less(void **state)
{
	struct trend_sample s[SAMPLES];
	double slope[TREND_BY];

	(void)state;
	make(s, 1.2, 0.2, 0.02, (double[]){5, 5, 5});
	for (unsigned i = 0; i < SAMPLES; i += 10)
		s[i].value += 2 - 3 * s[i].by[0];
	assert_int_equal(trend_fit(s, SAMPLES, GROUPS, expected, slope), 0);
	assert_near(slope[0], 1.2, 0.05);
	assert_near(slope[1], 0.2, 0.05);
}

static void test_what_says_nothing_leaves_the_expected(void **state)
{
	struct trend_sample s[SAMPLES];
	double slope[TREND_BY];

	(void)state;
	assert_int_equal(trend_fit(NULL, 0, GROUPS, expected, slope), 0);
	assert_near(slope[0], 1, 0);
	assert_near(slope[1], 0, 0);
	make(s, 2, 1, 0.2, (double[]){5, 5, 5});
	for (unsigned i = 0; i < SAMPLES; i++)
		s[i].by[0] = s[i].by[1] = 0.1;
	assert_int_equal(trend_fit(s, SAMPLES, GROUPS, expected, slope), 0);
	assert_near(slope[0], 1, 1e-9);
	assert_near(slope[1], 0, 1e-9);
	assert_int_equal(trend_fit(s, 1, GROUPS, expected, slope), 0);
	assert_near(slope[0], 1, 1e-9);
}

/* Groups of one say nothing of how far samples lie apart, and two samples little. */
static void test_few_leave_the_expected(void **state)
{
	struct trend_sample s[12];
	double slope[TREND_BY];

	(void)state;
	for (unsigned i = 0; i < 12; i++)
		s[i] = (struct trend_sample){.value = 4 + i * 0.1, .by = {i * 0.02, i * 0.05}, .group = i};
	assert_int_equal(trend_fit(s, 12, 12, expected, slope), 0);
	assert_near(slope[0], 1, 1e-9);
	assert_near(slope[1], 0, 1e-9);
	s[11] = (struct trend_sample){s[10].value + 0.2, {s[10].by[0] + 0.02, s[10].by[1] - 0.01}, 10};
	assert_int_equal(trend_fit(s, 12, 12, expected, slope), 0);
	assert_near(slope[0], 1, 0.3);
	assert_near(slope[1], 0, 0.2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_slopes_are_found),
		cmocka_unit_test(test_groups_are_not_explained_away),
		cmocka_unit_test(test_outliers_count_less), cmocka_unit_test(test_few_leave_the_expected),
		cmocka_unit_test(test_what_says_nothing_leaves_the_expected)};

	return cmocka_run_group_tests_name("amime-bench/trend", tests, NULL, NULL);
}
