/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pkt/ipid.h"

enum { SEED = 4711 };

static void test_refused(void **state)
{
	struct am_ipid ids;

	(void)state;
	assert_int_not_equal(am_ipid_init(&ids, 0, 0, 1, SEED), 0);
	assert_int_not_equal(am_ipid_init(&ids, 2, 2, 1, SEED), 0);
}

/*
 * All workers together: no identification of one path comes from two of them, and none twice before the range
 * is through.
 */
static void check_v4_ranges(unsigned workers)
{
	static uint8_t seen[65536];

	memset(seen, 0, sizeof seen);
	for (unsigned worker = 0; worker < workers; worker++) {
		struct am_ipid ids;
		uint16_t first;

		assert_int_equal(am_ipid_init(&ids, worker, workers, 3, SEED), 0);
		first = am_ipid4(&ids, 2);
		seen[first]++;
		for (unsigned i = 1; i < 65536 / workers; i++)
			seen[am_ipid4(&ids, 2)]++;
		assert_int_equal(am_ipid4(&ids, 2), first);
		am_ipid_fini(&ids);
	}
	for (unsigned i = 0; i < 65536 / workers * workers; i++)
		assert_int_equal(seen[i], 1);
}

static void test_v4_ranges(void **state)
{
	(void)state;
	for (unsigned workers = 1; workers <= 16; workers++)
		check_v4_ranges(workers);
}

static void test_v4_paths_start_apart(void **state)
{
	struct am_ipid ids;
	unsigned same = 0;

	(void)state;
	assert_int_equal(am_ipid_init(&ids, 0, 1, 64, SEED), 0);
	for (uint32_t i = 1; i < 64; i++)
		same += ids.v4_next[i] == ids.v4_next[0];
	assert_true(same <= 1);
	am_ipid_fini(&ids);
}

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* Unique over three workers, spread over all 32 bits, and without a step from one to the next. */
static void test_v6(void **state)
{
	enum { EACH = 100000, WORKERS = 3 };
	uint32_t *all = malloc(sizeof *all * EACH * WORKERS);
	unsigned bits[32] = {0}, near = 0;

	(void)state;
	assert_non_null(all);
	for (unsigned w = 0; w < WORKERS; w++) {
		struct am_ipid ids;

		assert_int_equal(am_ipid_init(&ids, w, WORKERS, 1, SEED), 0);
		for (unsigned i = 0; i < EACH; i++) {
			uint32_t id = am_ipid6(&ids), *at = &all[w * EACH + i];

			*at = id;
			near += i && id - at[-1] + 1000 < 2000;
			for (int b = 0; b < 32; b++)
				bits[b] += id >> b & 1;
		}
		am_ipid_fini(&ids);
	}
	assert_true(near < 5);
	for (int b = 0; b < 32; b++)
		assert_in_range(bits[b], EACH * WORKERS * 49 / 100, EACH * WORKERS * 51 / 100);
	qsort(all, EACH * WORKERS, sizeof *all, compare);
	for (unsigned i = 1; i < EACH * WORKERS; i++)
		assert_int_not_equal(all[i], all[i - 1]);
	free(all);
}

/* What one step was says nothing about the next: among so many random ones about one comes twice. */
static void test_v6_steps(void **state)
{
	enum { STEPS = 100000, TWICE_MAX = 8 };
	uint32_t *steps = malloc(sizeof *steps * STEPS), last, id;
	struct am_ipid ids;
	unsigned twice = 0;

	(void)state;
	assert_non_null(steps);
	assert_int_equal(am_ipid_init(&ids, 0, 1, 1, SEED), 0);
	last = am_ipid6(&ids);
	for (unsigned i = 0; i < STEPS; i++) {
		id = am_ipid6(&ids);
		steps[i] = id - last;
		last = id;
	}
	am_ipid_fini(&ids);
	qsort(steps, STEPS, sizeof *steps, compare);
	for (unsigned i = 1; i < STEPS; i++)
		twice += steps[i] == steps[i - 1];
	assert_true(twice <= TWICE_MAX);
	free(steps);
}

static void test_seed_matters(void **state)
{
	struct am_ipid a, b;

	(void)state;
	assert_int_equal(am_ipid_init(&a, 0, 1, 1, SEED), 0);
	assert_int_equal(am_ipid_init(&b, 0, 1, 1, SEED + 1), 0);
	assert_int_not_equal(am_ipid6(&a), am_ipid6(&b));
	am_ipid_fini(&a);
	am_ipid_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_v4_ranges),
		cmocka_unit_test(test_v4_paths_start_apart),
		cmocka_unit_test(test_v6),
		cmocka_unit_test(test_v6_steps),
		cmocka_unit_test(test_seed_matters),
	};

	return cmocka_run_group_tests_name("pkt/ipid", tests, NULL, NULL);
}
