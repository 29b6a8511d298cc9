/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/cpu.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static const char *which_base(void)
{
	return "baseline";
}

static AM_AVX2 const char *which_avx2(void)
{
	return "avx2";
}

AM_CHOOSE(which, which_base, which_avx2);

/* What tools/test --variants asks for, or else what the CPU has. */
static const char *expected(void)
{
	const char *asked = getenv("AM_TEST_VARIANT");

	if (asked)
		return asked;
#ifdef __x86_64__
	if (__builtin_cpu_supports("avx2"))
		return "avx2";
#endif
	return "baseline";
}

static void test_choice(void **state)
{
	(void)state;
	print_message("  chosen: %s\n", which());
	assert_string_equal(which(), expected());
}

static inline AM_INLINE uint64_t weigh(const uint8_t *bytes, uint32_t n)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < n; i++)
		sum += (uint64_t)bytes[i] * (i + 1);
	return sum;
}

AM_VARIANTS(uint64_t, weigh_many, weigh, (const uint8_t *bytes, uint32_t n), (bytes, n));

static void test_variants_agree(void **state)
{
	uint8_t bytes[301];

	(void)state;
	for (uint32_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)(i * 31 + 7);
	for (uint32_t n = 0; n <= sizeof bytes; n++)
		assert_int_equal(weigh_many(bytes, n), weigh(bytes, n));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_choice),
		cmocka_unit_test(test_variants_agree),
	};

	return cmocka_run_group_tests_name("base/cpu", tests, NULL, NULL);
}
