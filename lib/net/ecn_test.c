/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "net/csum.h"
#include "net/ip.h"

/* RFC 6040 figure 4, all of it: arriving inner, arriving outer, what leaves. -1: drop. */
static const struct {
	uint8_t inner, outer;
	int leaves;
} decap_rows[] = {
	{AM_ECN_NOT_ECT, AM_ECN_NOT_ECT, AM_ECN_NOT_ECT},
	{AM_ECN_NOT_ECT, AM_ECN_ECT0, AM_ECN_NOT_ECT},
	{AM_ECN_NOT_ECT, AM_ECN_ECT1, AM_ECN_NOT_ECT},
	{AM_ECN_NOT_ECT, AM_ECN_CE, -1},
	{AM_ECN_ECT0, AM_ECN_NOT_ECT, AM_ECN_ECT0},
	{AM_ECN_ECT0, AM_ECN_ECT0, AM_ECN_ECT0},
	{AM_ECN_ECT0, AM_ECN_ECT1, AM_ECN_ECT1},
	{AM_ECN_ECT0, AM_ECN_CE, AM_ECN_CE},
	{AM_ECN_ECT1, AM_ECN_NOT_ECT, AM_ECN_ECT1},
	{AM_ECN_ECT1, AM_ECN_ECT0, AM_ECN_ECT1},
	{AM_ECN_ECT1, AM_ECN_ECT1, AM_ECN_ECT1},
	{AM_ECN_ECT1, AM_ECN_CE, AM_ECN_CE},
	{AM_ECN_CE, AM_ECN_NOT_ECT, AM_ECN_CE},
	{AM_ECN_CE, AM_ECN_ECT0, AM_ECN_CE},
	{AM_ECN_CE, AM_ECN_ECT1, AM_ECN_CE},
	{AM_ECN_CE, AM_ECN_CE, AM_ECN_CE},
};

static void test_decap(void **state)
{
	(void)state;
	assert_int_equal(sizeof decap_rows / sizeof *decap_rows, 16);
	for (size_t i = 0; i < 16; i++) {
		int leaves = am_ecn_decap(decap_rows[i].inner, decap_rows[i].outer);

		assert_int_equal(leaves, decap_rows[i].leaves);
		/* The DSCP above the field is not looked at. */
		assert_int_equal(
			am_ecn_decap(decap_rows[i].inner | 0xb8, decap_rows[i].outer | 0x28), leaves);
	}
}

static void test_merge(void **state)
{
	(void)state;
	for (unsigned a = 0; a < 4; a++) {
		assert_int_equal(am_ecn_merge(a, a), a);
		for (unsigned b = 0; b < 4; b++)
			assert_int_equal(am_ecn_merge(a, b), am_ecn_merge(b, a));
	}
	assert_true(am_ecn_merge(AM_ECN_CE, AM_ECN_NOT_ECT) < 0);
	assert_int_equal(am_ecn_merge(AM_ECN_CE, AM_ECN_ECT0), AM_ECN_CE);
	assert_int_equal(am_ecn_merge(AM_ECN_CE, AM_ECN_ECT1), AM_ECN_CE);
	assert_int_equal(am_ecn_merge(AM_ECN_NOT_ECT, AM_ECN_ECT0), AM_ECN_NOT_ECT);
	assert_int_equal(am_ecn_merge(AM_ECN_NOT_ECT, AM_ECN_ECT1), AM_ECN_NOT_ECT);
}

/* Fragments come in any order, so the order in which they are merged must not matter. */
static void test_merge_in_any_order(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 64; i++) {
		unsigned a = i & 3, b = i >> 2 & 3, c = i >> 4;
		int ab = am_ecn_merge(a, b), bc = am_ecn_merge(b, c);
		int left = ab < 0 ? -1 : am_ecn_merge(ab, c), right = bc < 0 ? -1 : am_ecn_merge(a, bc);

		assert_int_equal(left, right);
	}
}

static void set_csum4(uint8_t *ip)
{
	uint16_t field = 0;

	memcpy(ip + 10, &field, 2);
	field = am_csum_finish(am_csum_add(ip, 20, 0));
	memcpy(ip + 10, &field, 2);
}

static void test_set_tos4(void **state)
{
	uint8_t ip[20] = {0x45, 0, 0, 84, 0x12, 0x34, 0x40, 0, 64, 1, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2},
		fresh[20];

	(void)state;
	for (unsigned from = 0; from < 256; from += 5) {
		for (unsigned to = 0; to < 256; to++) {
			ip[1] = (uint8_t)from;
			set_csum4(ip);
			am_ip_set_tos(ip, AM_IPV4, (uint8_t)to);
			memcpy(fresh, ip, sizeof fresh);
			assert_int_equal(ip[1], to);
			set_csum4(fresh);
			assert_memory_equal(ip, fresh, sizeof ip);
		}
	}
}

static void test_set_tos6(void **state)
{
	(void)state;
	for (unsigned to = 0; to < 256; to++) {
		uint8_t ip[4] = {0x6a, 0xbc, 0xde, 0xf0};

		am_ip_set_tos(ip, AM_IPV6, (uint8_t)to);
		assert_int_equal(am_load32(ip), 0x600cdef0 | to << 20);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decap),
		cmocka_unit_test(test_merge),
		cmocka_unit_test(test_merge_in_any_order),
		cmocka_unit_test(test_set_tos4),
		cmocka_unit_test(test_set_tos6),
	};

	return cmocka_run_group_tests_name("net/ecn", tests, NULL, NULL);
}
