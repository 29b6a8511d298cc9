/* SPDX-License-Identifier: BSD-3-Clause */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "histogram.h"

enum { N = 20000 };

static const double percents[] = {0, 0.01, 1, 10, 50, 90, 99, 99.9, 99.99, 100};

/* xorshift: the same numbers on every machine. */
static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static struct bench_histogram *fresh(void)
{
	struct bench_histogram *h = calloc(1, sizeof *h);

	assert_non_null(h);
	return h;
}

/* The value that so many percent of sorted are not above. */
static uint64_t exact(const uint64_t *sorted, uint64_t n, double percent)
{
	uint64_t rank = 1;

	while (rank < n && (double)rank * 100 < percent * (double)n * (1 - 1e-12))
		rank++;
	return sorted[rank - 1];
}

static void assert_agrees(const struct bench_histogram *h, uint64_t *values, uint64_t n)
{
	qsort(values, n, sizeof *values, by_value);
	for (size_t i = 0; i < sizeof percents / sizeof *percents; i++) {
		uint64_t is = bench_histogram_percentile(h, percents[i]);
		uint64_t want = exact(values, n, percents[i]);

		assert_true(is >= want);
		assert_true(is - want <= want / 128);
	}
	assert_int_equal(bench_histogram_percentile(h, 0), values[0]);
	assert_int_equal(bench_histogram_percentile(h, 100), values[n - 1]);
}

static void test_buckets_meet(void **state)
{
	(void)state;
	for (unsigned i = 0; i < BENCH_HISTOGRAM_BUCKETS; i++) {
		uint64_t low = bench_histogram_floor(i), high = bench_histogram_ceiling(i);

		assert_true(low <= high);
		assert_int_equal(bench_histogram_bucket(low), i);
		assert_int_equal(bench_histogram_bucket(high), i);
		assert_true(high - low <= low / 128);
		if (i)
			assert_int_equal(bench_histogram_ceiling(i - 1) + 1, low);
	}
	assert_int_equal(bench_histogram_bucket(0), 0);
	assert_int_equal(bench_histogram_bucket(UINT64_MAX), BENCH_HISTOGRAM_BUCKETS - 1);
}

static void test_agrees_with_sorted_values(void **state)
{
	uint64_t *values = malloc(N * sizeof *values), seed = 1;

	(void)state;
	assert_non_null(values);
	/* small and exact, wide, and over all magnitudes */
	for (unsigned shape = 0; shape < 3; shape++) {
		struct bench_histogram *h = fresh();

		for (unsigned i = 0; i < N; i++) {
			uint64_t r = next_random(&seed);

			values[i] = shape == 0 ? r % 128 : shape == 1 ? r % 1000003 : r >> (r % 64);
			bench_histogram_add(h, values[i]);
		}
		assert_int_equal(h->n, N);
		assert_agrees(h, values, N);
		free(h);
	}
	free(values);
}

static void test_merge_is_as_if_added(void **state)
{
	struct bench_histogram *parts[3] = {fresh(), fresh(), fresh()}, *whole = fresh();
	uint64_t seed = 7;

	(void)state;
	for (unsigned i = 0; i < N; i++) {
		uint64_t v = next_random(&seed) >> 40;

		bench_histogram_add(parts[i % 2], v);
		bench_histogram_add(whole, v);
	}
	bench_histogram_merge(parts[2], parts[0]);
	bench_histogram_merge(parts[2], parts[1]);
	assert_memory_equal(parts[2]->count, whole->count, sizeof whole->count);
	assert_int_equal(parts[2]->n, whole->n);
	assert_int_equal(parts[2]->least, whole->least);
	assert_int_equal(parts[2]->most, whole->most);
	assert_true(fabs(bench_histogram_mean(parts[2]) - bench_histogram_mean(whole)) < 1e-3);
	for (unsigned i = 0; i < 3; i++)
		free(parts[i]);
	free(whole);
}

static void test_empty_and_single(void **state)
{
	struct bench_histogram *h = fresh(), *none = fresh();

	(void)state;
	assert_int_equal(bench_histogram_percentile(h, 50), 0);
	assert_true(bench_histogram_mean(h) < 1e-9);
	bench_histogram_add(h, 123456789);
	bench_histogram_merge(h, none);
	for (size_t i = 0; i < sizeof percents / sizeof *percents; i++)
		assert_int_equal(bench_histogram_percentile(h, percents[i]), 123456789);
	bench_histogram_merge(none, h);
	assert_int_equal(none->least, 123456789);
	free(h);
	free(none);
}

/* 99.9 % of 1000 values is the 999th, though 0.999 * 1000 is above 999 in binary. */
static void test_ranks_are_whole(void **state)
{
	struct bench_histogram *h = fresh();

	(void)state;
	for (uint64_t i = 1; i <= 100; i++)
		bench_histogram_add(h, i);
	for (uint64_t p = 1; p <= 100; p++)
		assert_int_equal(bench_histogram_percentile(h, (double)p), p);
	free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_buckets_meet),
		cmocka_unit_test(test_agrees_with_sorted_values),
		cmocka_unit_test(test_merge_is_as_if_added),
		cmocka_unit_test(test_empty_and_single),
		cmocka_unit_test(test_ranks_are_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
