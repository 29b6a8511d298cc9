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

/* So many bursts as there are lines for visit each of them, and end where they began. */
static void test_bursts_visit_every_line(void **state)
{
	struct am_err err = {""};
	struct chase c;

	(void)state;
	assert_int_equal(chase_open(&c, (size_t)STEPS * LINE, 7, &err), 0);
	for (unsigned i = 1; i < STEPS / CHASE_BURST; i++) {
		assert_true(chase_bursts(&c, 1) > 0);
		assert_int_not_equal(c.burst_at, 0);
	}
	chase_bursts(&c, 1);
	assert_int_equal(c.burst_at, 0);
	chase_close(&c);
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
	assert_int_equal(p->bursts.n, noted + 1);
	assert_true(p->burst >= p->bursts.least && p->burst < p->bursts.most);
	probes_fini(p);
	free(p);
}

/* The fastest quarter of all exchanges is near; half as much more is not. */
static void test_a_far_cpu_is_recognised(void **state)
{
	struct probes p;
	struct am_err err = {""};

	(void)state;
	assert_int_equal(probes_init(&p, false, 1, &err), 0);
	for (int i = 0; i < 50; i++) {
		assert_int_equal(probes_exchange(&p, 400, 390), 400);
		assert_int_equal(probes_exchange(&p, 1400, 1500), 1500);
	}
	assert_false(probes_is_far(&p, 0)); /* of work that is handed nowhere */
	assert_false(probes_is_far(&p, 400));
	assert_true(probes_is_far(&p, 1500));
	probes_fini(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_chase_visits_every_line_once),
		cmocka_unit_test(test_bursts_visit_every_line),
		cmocka_unit_test(test_a_clock_is_held_against_the_fastest),
		cmocka_unit_test(test_memory_is_looked_at),
		cmocka_unit_test(test_a_far_cpu_is_recognised),
	};

	return cmocka_run_group_tests_name("amime-bench/probe", tests, NULL, NULL);
}
