/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "wire_device.h"

static void test_default_route(void **state)
{
	static const char v4[] = "eth0\t00000000\t0102000A\t0003\t0\t0\t0\t00000000\t0\t0\t0\n";
	static const char net4[] = "eth0\t0002000A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n";

	(void)state;
	assert_true(wire_device_is_default4(v4, "eth0"));
	assert_false(wire_device_is_default4(v4, "eth1"));
	assert_false(wire_device_is_default4(net4, "eth0"));
	assert_false(wire_device_is_default4("Iface\tDestination\tGateway\n", "Iface"));
}

static void test_default_route6(void **state)
{
#define ZERO "00000000000000000000000000000000"
	static const char v6[] =
		ZERO " 00 " ZERO " 00 fe800000000000000000000000000001 00000400 1 0 3 eth0\n";
	static const char net6[] =
		"fd000000000000000000000000000000 40 " ZERO " 00 " ZERO " 100 1 0 1 eth0\n";

	(void)state;
	assert_true(wire_device_is_default6(v6, "eth0"));
	assert_false(wire_device_is_default6(v6, "lo"));
	assert_false(wire_device_is_default6(net6, "eth0"));
	assert_false(wire_device_is_default6("", "eth0"));
}

static void test_loopback_has_an_address(void **state)
{
	(void)state;
	assert_non_null(wire_device_use("lo"));
	assert_null(wire_device_use("no-such-device"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_default_route),
		cmocka_unit_test(test_default_route6),
		cmocka_unit_test(test_loopback_has_an_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
