/* SPDX-License-Identifier: BSD-3-Clause */
#include "probe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

enum { LINE = 64, STEPS = 1024 };

/* One cycle through all lines, and back where it began. */
static void test_a_chase_visits_every_line_once(void **state)
{
	struct am_err err = {""};
	struct chase c;

	(void)state;
	assert_int_equal(chase_open(&c, (size_t)STEPS * LINE, 7, &err), 0);
	for (unsigned i = 1; i < STEPS; i++) {
		assert_true(chase_steps(&c, 1) > 0);
		assert_int_not_equal(c.at, 0);
	}
	chase_steps(&c, 1);
	assert_int_equal(c.at, 0);
	chase_close(&c);
	assert_null(c.lines);
}

static void test_a_clock_is_held_against_the_fastest(void **state)
{
	struct am_err err = {""};
	struct probes *p = malloc(sizeof *p);

	(void)state;
	assert_non_null(p);
	assert_int_equal(probes_init(p, false, 7, &err), 0);
	assert_int_equal(p->n, PROBE_FASTEST);
	for (unsigned i = 1; i < p->n; i++)
		assert_true(p->fastest[i - 1] <= p->fastest[i]);
	assert_false(probes_is_slow(p, &(struct probe_moment){p->clock, 0}));
	assert_false(probes_is_slow(p, &(struct probe_moment){p->clock * PROBE_SLOW_PERCENT / 100, 0}));
	assert_true(probes_is_slow(p, &(struct probe_moment){p->clock * PROBE_SLOW_PERCENT / 100 + 1, 0}));
	assert_int_equal(probes_look(p, false).memory, 0);
	probes_fini(p);
	free(p);
}

static void test_memory_is_looked_at(void **state)
{
	struct am_err err = {""};
	struct probes *p = malloc(sizeof *p);
	uint64_t noted;

	(void)state;
	assert_non_null(p);
	assert_int_equal(probes_init(p, true, 7, &err), 0);
	noted = p->answers.n;
	assert_true(noted > 0);
	assert_true(p->memory >= p->answers.least && p->memory < p->answers.most);
	assert_true(probes_look(p, true).memory > 0);
	assert_int_equal(p->answers.n, noted + 1);
	probes_fini(p);
	free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_chase_visits_every_line_once),
		cmocka_unit_test(test_a_clock_is_held_against_the_fastest),
		cmocka_unit_test(test_memory_is_looked_at),
	};

	return cmocka_run_group_tests_name("amime-bench/probe", tests, NULL, NULL);
}
