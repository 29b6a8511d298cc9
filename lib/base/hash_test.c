/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/hash.h"

enum { KEYS = 1 << 14, BUCKETS = 1 << 10 };

/* Sequential keys are what VNIs, VLANs and addresses look like. The fullest bucket has 16 expected, far under 64. */
static void assert_spreads(const uint32_t *count)
{
	for (unsigned i = 0; i < BUCKETS; i++)
		assert_in_range(count[i], 1, 64);
}

static void test_hash64_spreads(void **state)
{
	static const uint64_t seed = 0x5eed5eed12345678;
	uint32_t low[BUCKETS] = {0}, high[BUCKETS] = {0};

	(void)state;
	for (uint64_t key = 0; key < KEYS; key++) {
		low[am_hash64(key, seed) % BUCKETS]++;
		high[am_hash64(key, seed) >> 54]++;
	}
	assert_spreads(low);
	assert_spreads(high);
}

static void test_hash_words_spreads(void **state)
{
	uint32_t low[BUCKETS] = {0};
	uint64_t key[5] = {1, 2, 3, 4, 5};

	(void)state;
	for (key[3] = 0; key[3] < KEYS; key[3]++)
		low[am_hash_words(key, sizeof key, 42) % BUCKETS]++;
	assert_spreads(low);
}

static void test_seed_and_length_matter(void **state)
{
	const uint64_t zero[2] = {0};

	(void)state;
	assert_true(am_hash64(7, 1) != am_hash64(7, 2));
	assert_true(am_hash_words(zero, 8, 1) != am_hash_words(zero, 8, 2));
	assert_true(am_hash_words(zero, 8, 1) != am_hash_words(zero, 16, 1));
}

static void test_random_fills_all(void **state)
{
	uint8_t a[333] = {0}, b[333] = {0}, seen[333] = {0};

	(void)state;
	for (unsigned round = 0; round < 8; round++) {
		am_random(a, sizeof a);
		for (unsigned i = 0; i < sizeof a; i++)
			seen[i] |= a[i];
	}
	for (unsigned i = 0; i < sizeof seen; i++)
		assert_int_not_equal(seen[i], 0); /* by chance once in 2^56 */
	am_random(b, sizeof b);
	assert_memory_not_equal(a, b, sizeof a);
	am_random(NULL, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hash64_spreads),
		cmocka_unit_test(test_hash_words_spreads),
		cmocka_unit_test(test_seed_and_length_matter),
		cmocka_unit_test(test_random_fills_all),
	};

	return cmocka_run_group_tests_name("base/hash", tests, NULL, NULL);
}
