/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "source.h"

enum { WAN = 3, LAN = 4 };

static struct am_ip ip(const char *text)
{
	struct am_ip out;

	assert_int_equal(am_ip_parse_text(text, &out), 0);
	return out;
}

static const char *pick(const struct am_kaddress *list, unsigned n, const char *remote, const char *current)
{
	static char text[AM_IP_TEXT];
	const struct am_ip to = ip(remote), now = *current ? ip(current) : (struct am_ip){0};
	struct am_ip out;

	if (!am_source_pick(list, n, WAN, to.family, &to, &now, &out))
		return "none";
	return am_ip_text(&out, text);
}

static void test_ipv6(void **state)
{
	const struct am_kaddress list[] = {
		{.ip = ip("2001:db8::9"), .ifindex = LAN},
		{.ip = ip("fe80::1"), .ifindex = WAN},
		{.ip = ip("fd00::1"), .ifindex = WAN},
		{.ip = ip("2001:db8::7"), .ifindex = WAN, .temporary = true},
		{.ip = ip("2001:db8::6"), .ifindex = WAN, .deprecated = true},
		{.ip = ip("2001:db8::5"), .ifindex = WAN, .tentative = true},
		{.ip = ip("2001:db8::4"), .ifindex = WAN},
		{.ip = ip("2001:db8::3"), .ifindex = WAN},
	};

	(void)state;
	assert_string_equal(pick(list, 8, "2001:db8:1::1", ""), "2001:db8::4");
	assert_string_equal(pick(list, 8, "2001:db8:1::1", "2001:db8::3"), "2001:db8::3");
	assert_string_equal(pick(list, 8, "2001:db8:1::1", "2001:db8::6"), "2001:db8::4");
	assert_string_equal(pick(list, 8, "fd00:1::1", "2001:db8::3"), "fd00::1");
	assert_string_equal(pick(list, 8, "fe80::2", ""), "fe80::1");
	assert_string_equal(pick(list, 6, "2001:db8:1::1", ""), "2001:db8::7");
	assert_string_equal(pick(list, 3, "2001:db8:1::1", ""), "fd00::1");
	assert_string_equal(pick(list, 2, "2001:db8:1::1", ""), "none");
	assert_string_equal(pick(list, 8, "198.51.100.1", ""), "none");
}

static void test_ipv4(void **state)
{
	const struct am_kaddress list[] = {
		{.ip = ip("192.0.2.7"), .ifindex = WAN, .secondary = true},
		{.ip = ip("192.0.2.1"), .ifindex = WAN},
		{.ip = ip("169.254.3.4"), .ifindex = WAN},
	};

	(void)state;
	assert_string_equal(pick(list, 3, "198.51.100.1", ""), "192.0.2.1");
	assert_string_equal(pick(list, 1, "198.51.100.1", ""), "192.0.2.7");
	assert_string_equal(pick(list, 3, "169.254.1.1", ""), "169.254.3.4");
}

static void test_unicast(void **state)
{
	static const char *const bad[] = {"0.0.0.0", "0.1.2.3", "127.0.0.1", "224.0.0.1", "240.0.0.1",
		"255.255.255.255", "::", "::1", "::ffff:192.0.2.1", "::192.0.2.1", "ff02::1"};
	static const char *const good[] = {"192.0.2.1", "10.0.0.1", "2001:db8::1", "fd00::1", "fe80::1"};
	struct am_ip a;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		a = ip(bad[i]);
		assert_false(am_source_is_unicast(&a));
	}
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		a = ip(good[i]);
		assert_true(am_source_is_unicast(&a));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ipv6),
		cmocka_unit_test(test_ipv4),
		cmocka_unit_test(test_unicast),
	};
	return cmocka_run_group_tests_name("amimed/source", tests, NULL, NULL);
}
