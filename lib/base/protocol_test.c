/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/protocol.h"

static void test_names(void **state)
{
	unsigned known = 0;

	(void)state;
	for (unsigned i = 0; i < 256; i++) {
		const char *name = am_protocol_name((uint8_t)i);

		if (!name)
			continue;
		assert_int_equal(am_protocol_number(name), i);
		known++;
	}
	assert_true(known > 10);
	assert_int_equal(am_protocol_number("ipv6-icmp"), AM_PROTOCOL_ICMPV6);
	assert_int_equal(am_protocol_number("TCP"), -1);
	assert_int_equal(am_protocol_number(""), -1);
}

static void test_ports(void **state)
{
	(void)state;
	assert_true(am_protocol_has_ports(AM_PROTOCOL_TCP));
	assert_true(am_protocol_has_ports(AM_PROTOCOL_SCTP));
	assert_false(am_protocol_has_ports(AM_PROTOCOL_ICMP));
	assert_false(am_protocol_has_ports(256)); /* which stands for any */
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_names), cmocka_unit_test(test_ports)};

	return cmocka_run_group_tests_name("base/protocol", tests, NULL, NULL);
}
