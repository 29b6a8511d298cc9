/* SPDX-License-Identifier: BSD-3-Clause */
#include "net/forward.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* A header whose checksum takes every value as id does. */
static void make(uint8_t *ip, uint16_t id, uint8_t ttl)
{
	static const uint8_t addresses[] = {198, 51, 100, 7, 203, 0, 113, 9};
	uint16_t sum;

	memset(ip, 0, AM_IP4_LEN);
	ip[0] = 0x45;
	am_store16(ip + 2, AM_IP4_LEN);
	am_store16(ip + 4, id);
	ip[8] = ttl;
	ip[9] = AM_PROTO_UDP;
	memcpy(ip + 12, addresses, sizeof addresses);
	sum = am_csum_finish(am_csum_add(ip, AM_IP4_LEN, 0));
	memcpy(ip + 10, &sum, sizeof sum);
}

static void test_a_hop_leaves_the_checksum_right(void **state)
{
	uint8_t ip[AM_IP4_LEN], wanted[AM_IP4_LEN];

	(void)state;
	for (unsigned ttl = 2; ttl < 256; ttl += ttl < 4 || ttl > 251 ? 1 : 31)
		for (unsigned id = 0; id <= UINT16_MAX; id++) {
			make(ip, (uint16_t)id, (uint8_t)ttl);
			make(wanted, (uint16_t)id, (uint8_t)(ttl - 1));
			am_forward_hop(ip, AM_IPV4);
			assert_true(am_csum_ip4_is_right(ip));
			assert_memory_equal(ip, wanted, AM_IP4_LEN);
		}
}

static void test_a_hop_of_ipv6_is_one_octet(void **state)
{
	uint8_t ip[AM_IP6_LEN] = {0x60, [7] = 2}, wanted[AM_IP6_LEN] = {0x60, [7] = 1};

	(void)state;
	am_forward_hop(ip, AM_IPV6);
	assert_memory_equal(ip, wanted, sizeof ip);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_hop_leaves_the_checksum_right),
		cmocka_unit_test(test_a_hop_of_ipv6_is_one_octet),
	};

	return cmocka_run_group_tests_name("net/forward", tests, NULL, NULL);
}
