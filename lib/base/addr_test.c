/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/addr.h"

/* What is written and what it must be written back as; NULL: refused. The IPv6 rows are RFC 5952's own cases. */
static const struct {
	const char *in, *out;
} ip_rows[] = {
	{"192.0.2.1", "192.0.2.1"},
	{"0.0.0.0", "0.0.0.0"},
	{"255.255.255.255", "255.255.255.255"},
	{"2001:0db8::0001", "2001:db8::1"},
	{"2001:db8:0:0:0:0:2:1", "2001:db8::2:1"},
	{"2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
	{"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},
	{"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
	{"2001:DB8::ABCD", "2001:db8::abcd"},
	{"::", "::"},
	{"::1", "::1"},
	{"::1:2", "::1:2"},
	{"1::", "1::"},
	{"1:0:0:2:3:4:0:0", "1::2:3:4:0:0"},
	{"::ffff:192.0.2.1", "::ffff:192.0.2.1"},
	{"::ffff:c000:201", "::ffff:192.0.2.1"},
	{"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
	{"", NULL},
	{"192.0.2", NULL},
	{"192.0.2.256", NULL},
	{"192.0.2.01", NULL},
	{"192.0.2.1 ", NULL},
	{" 192.0.2.1", NULL},
	{"2001:db8::1::2", NULL},
	{"2001:db8:::1", NULL},
	{"fe80::1%eth0", NULL},
	{"12345::", NULL},
	{"1:2:3:4:5:6:7", NULL},
	{"site-b", NULL},
};

static void test_ip_text(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof ip_rows / sizeof *ip_rows; i++) {
		struct am_ip ip = {.family = 77}, again;
		char text[AM_IP_TEXT];

		if (!ip_rows[i].out) {
			assert_int_equal(am_ip_parse_text(ip_rows[i].in, &ip), -EINVAL);
			assert_int_equal(ip.family, 77);
			continue;
		}
		assert_int_equal(am_ip_parse_text(ip_rows[i].in, &ip), 0);
		assert_string_equal(am_ip_text(&ip, text), ip_rows[i].out);
		assert_int_equal(am_ip_parse_text(text, &again), 0);
		assert_true(am_ip_equal(&ip, &again));
	}
}

static void test_none_has_a_text(void **state)
{
	struct am_ip none = {0};
	char text[AM_IP_TEXT];

	(void)state;
	assert_string_equal(am_ip_text(&none, text), "none");
	assert_int_equal(am_ip_len(&none), 0);
}

static void test_prefix_text(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{"0.0.0.0/0", "0.0.0.0/0"},
		{"10.0.0.0/8", "10.0.0.0/8"},
		{"192.0.2.128/25", "192.0.2.128/25"},
		{"192.0.2.1/32", "192.0.2.1/32"},
		{"::/0", "::/0"},
		{"2001:db8::/33", "2001:db8::/33"},
		{"2001:db8::1/128", "2001:db8::1/128"},
		{"192.0.2.1/31", NULL},
		{"192.0.2.1/24", NULL},
		{"2001:db8::1/127", NULL},
		{"192.0.2.0/33", NULL},
		{"::/129", NULL},
		{"::/1000", NULL},
		{"10.0.0.0", NULL},
		{"10.0.0.0/", NULL},
		{"10.0.0.0/08", NULL},
		{"10.0.0.0/+8", NULL},
		{"10.0.0.0/8 ", NULL},
		{"/8", NULL},
		{"1111111111111111111111111111111111111111111111111111/8", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct am_prefix prefix = {.len = 200};
		char text[AM_PREFIX_TEXT];

		if (!rows[i].out) {
			assert_int_equal(am_prefix_parse_text(rows[i].in, &prefix), -EINVAL);
			assert_int_equal(prefix.len, 200);
			continue;
		}
		assert_int_equal(am_prefix_parse_text(rows[i].in, &prefix), 0);
		assert_string_equal(am_prefix_text(&prefix, text), rows[i].out);
	}
}

static void test_mac_text(void **state)
{
	static const char *const bad[] = {
		"",
		"02:00:00:00:00",
		"02:00:00:00:00:0",
		"02:00:00:00:00:0g",
		"02-00-00-00-00-01",
		"02:00:00:00:00:01:",
		"020000000001zzzzz",
		"2:0:0:0:0:1",
	};
	struct am_mac mac = {{9}};
	char text[AM_MAC_TEXT];

	(void)state;
	assert_int_equal(am_mac_parse_text("02:Ab:cD:00:0f:F0", &mac), 0);
	assert_string_equal(am_mac_text(&mac, text), "02:ab:cd:00:0f:f0");
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(am_mac_parse_text(bad[i], &mac), -EINVAL);
	assert_string_equal(am_mac_text(&mac, text), "02:ab:cd:00:0f:f0");
}

static void test_ip_kinds(void **state)
{
	static const struct {
		const char *text;
		bool unspecified, multicast, link_local;
	} rows[] = {
		{"0.0.0.0", true, false, false},
		{"::", true, false, false},
		{"0.0.0.1", false, false, false},
		{"192.0.2.1", false, false, false},
		{"223.255.255.255", false, false, false},
		{"224.0.0.0", false, true, false},
		{"239.255.255.255", false, true, false},
		{"240.0.0.0", false, false, false},
		{"255.255.255.255", false, true, false},
		{"255.255.255.254", false, false, false},
		{"169.254.0.1", false, false, true},
		{"169.253.0.1", false, false, false},
		{"ff02::1", false, true, false},
		{"fe80::1", false, false, true},
		{"febf::1", false, false, true},
		{"fec0::1", false, false, false},
		{"2001:db8::", false, false, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct am_ip ip;

		assert_int_equal(am_ip_parse_text(rows[i].text, &ip), 0);
		assert_int_equal(am_ip_is_unspecified(&ip), rows[i].unspecified);
		assert_int_equal(am_ip_is_multicast(&ip), rows[i].multicast);
		assert_int_equal(am_ip_is_link_local(&ip), rows[i].link_local);
		assert_int_equal(am_ip_len(&ip), strchr(rows[i].text, ':') ? 16 : 4);
	}
}

static void test_prefix_contains(void **state)
{
	static const struct {
		const char *prefix, *ip;
		bool in;
	} rows[] = {
		{"0.0.0.0/0", "203.0.113.9", true},
		{"0.0.0.0/0", "2001:db8::1", false},
		{"::/0", "203.0.113.9", false},
		{"192.0.2.128/25", "192.0.2.128", true},
		{"192.0.2.128/25", "192.0.2.255", true},
		{"192.0.2.128/25", "192.0.2.127", false},
		{"192.0.2.1/32", "192.0.2.1", true},
		{"192.0.2.1/32", "192.0.2.0", false},
		{"2001:db8::/33", "2001:db8:7fff::", true},
		{"2001:db8::/33", "2001:db8:8000::", false},
		{"2001:db8::1/128", "2001:db8::1", true},
		{"2001:db8::1/128", "2001:db8::2", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct am_prefix prefix, around;
		struct am_ip ip;

		assert_int_equal(am_prefix_parse_text(rows[i].prefix, &prefix), 0);
		assert_int_equal(am_ip_parse_text(rows[i].ip, &ip), 0);
		assert_int_equal(am_prefix_contains(&prefix, &ip), rows[i].in);
		if (ip.family != prefix.ip.family)
			continue;
		around = am_prefix_around(&ip, prefix.len);
		assert_int_equal(am_ip_equal(&around.ip, &prefix.ip), rows[i].in);
		assert_int_equal(around.len, prefix.len);
	}
}

static void test_group_bit(void **state)
{
	(void)state;
	assert_true(am_mac_is_group((const uint8_t[]){0xff, 0xff, 0xff, 0xff, 0xff, 0xff}));
	assert_true(am_mac_is_group((const uint8_t[]){0x01, 0x80, 0xc2, 0, 0, 0}));
	assert_false(am_mac_is_group((const uint8_t[]){0x02, 0xff, 0, 0, 0, 1}));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ip_text),
		cmocka_unit_test(test_none_has_a_text),
		cmocka_unit_test(test_prefix_text),
		cmocka_unit_test(test_mac_text),
		cmocka_unit_test(test_ip_kinds),
		cmocka_unit_test(test_prefix_contains),
		cmocka_unit_test(test_group_bit),
	};

	return cmocka_run_group_tests_name("base/addr", tests, NULL, NULL);
}
