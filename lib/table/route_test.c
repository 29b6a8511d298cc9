/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "table/route.h"

enum { SHARES = 1 << 16 };

/* Each of the live ones, no other, and each as often as the next: one share more or less. */
static void assert_even(uint32_t live)
{
	unsigned times[32] = {0}, most = 0, least = SHARES;

	for (uint32_t share = 0; share < SHARES; share++)
		times[am_live_of(live, share)]++;
	for (unsigned bit = 0; bit < 32; bit++) {
		if (!(live >> bit & 1)) {
			assert_int_equal(times[bit], 0);
			continue;
		}
		most = times[bit] > most ? times[bit] : most;
		least = times[bit] < least ? times[bit] : least;
	}
	assert_in_range(most - least, 0, 1);
}

static void live_are_even(void **state)
{
	(void)state;
	for (uint32_t live = 1; live < 1 << 6; live++)
		assert_even(live);
	for (unsigned n = 1; n < 32; n++) {
		assert_even((1u << n) - 1);
		assert_even(UINT32_MAX << n);
	}
	assert_even(UINT32_MAX);
	assert_even(0xa5a5);
	assert_even(0x80000001);
}

/* RFC 2992: where one of n goes, between a quarter and half of all flows change their way, and not all but an nth. */
static void few_move(void **state)
{
	(void)state;
	for (unsigned n = 4; n <= 16; n++) {
		const uint32_t all = (1u << n) - 1;

		for (unsigned gone = 0; gone < n; gone++) {
			unsigned moved = 0;

			for (uint32_t share = 0; share < SHARES; share++)
				moved += am_live_of(all, share) != am_live_of(all & ~(1u << gone), share);
			assert_in_range(moved, SHARES / 4, SHARES * 51 / 100);
		}
	}
}

/* What one choice says of a hash says nothing of the other: whoever shares a next hop still has all stripes. */
static void shares_differ(void **state)
{
	enum { HASHES = 1 << 20, N = 4 };
	unsigned times[N][N] = {{0}};
	uint32_t hash = 1;

	(void)state;
	for (unsigned i = 0; i < HASHES; i++) {
		hash = hash * 1664525 + 1013904223;
		times[am_live_of((1 << N) - 1, am_route_share(hash))]
		     [am_live_of((1 << N) - 1, am_stripe_share(hash))]++;
	}
	for (unsigned i = 0; i < N; i++)
		for (unsigned k = 0; k < N; k++)
			assert_in_range(times[i][k], HASHES / N / N * 9 / 10, HASHES / N / N * 11 / 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(live_are_even),
		cmocka_unit_test(few_move),
		cmocka_unit_test(shares_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
