/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "bgp/community_pattern.h"

#define C(...)                                                                                               \
	{                                                                                                    \
		__VA_ARGS__                                                                                  \
	}

static const struct {
	const char *text;
	enum am_bgp_community_kind kind;
	uint8_t community[12];
	bool fits, one;
} rows[] = {
	{"65000:100", AM_BGP_COMMUNITY_STANDARD, C(0xfd, 0xe8, 0, 100), true, true},
	{"65000:100", AM_BGP_COMMUNITY_STANDARD, C(0xfd, 0xe8, 0, 101), false, true},
	{"65000:*", AM_BGP_COMMUNITY_STANDARD, C(0xfd, 0xe8, 0xff, 0xff), true, false},
	{"*:666", AM_BGP_COMMUNITY_STANDARD, C(1, 2, 2, 154), true, false},
	{"65000:100-199", AM_BGP_COMMUNITY_STANDARD, C(0xfd, 0xe8, 0, 199), true, false},
	{"65000:100-199", AM_BGP_COMMUNITY_STANDARD, C(0xfd, 0xe8, 0, 200), false, false},
	{"no-export", AM_BGP_COMMUNITY_STANDARD, C(0xff, 0xff, 0xff, 1), true, true},
	{"blackhole", AM_BGP_COMMUNITY_STANDARD, C(0xff, 0xff, 2, 0x9a), true, true},
	{"graceful-shutdown", AM_BGP_COMMUNITY_STANDARD, C(0xff, 0xff, 0, 0), true, true},
	{"no-peer", AM_BGP_COMMUNITY_STANDARD, C(0xff, 0xff, 0xff, 4), true, true},
	{"65000:1:2", AM_BGP_COMMUNITY_LARGE, C(0, 0, 0xfd, 0xe8, 0, 0, 0, 1, 0, 0, 0, 2), true, true},
	{"large:4200000000:1:*", AM_BGP_COMMUNITY_LARGE, C(0xfa, 0x56, 0xea, 0, 0, 0, 0, 1, 9, 9, 9, 9), true,
		false},
	{"rt:65000:100", AM_BGP_COMMUNITY_EXTENDED, C(0, 2, 0xfd, 0xe8, 0, 0, 0, 100), true, true},
	{"rt:65000:100", AM_BGP_COMMUNITY_EXTENDED, C(2, 2, 0, 0, 0xfd, 0xe8, 0, 100), true, true},
	{"rt:65000:100", AM_BGP_COMMUNITY_EXTENDED, C(0, 3, 0xfd, 0xe8, 0, 0, 0, 100), false, true},
	{"rt:4200000000:7", AM_BGP_COMMUNITY_EXTENDED, C(2, 2, 0xfa, 0x56, 0xea, 0, 0, 7), true, true},
	{"rt:192.0.2.1:7", AM_BGP_COMMUNITY_EXTENDED, C(1, 2, 192, 0, 2, 1, 0, 7), true, true},
	{"rt:192.0.2.1:*", AM_BGP_COMMUNITY_EXTENDED, C(1, 2, 192, 0, 2, 1, 9, 9), true, false},
	{"rt:3221225985:7", AM_BGP_COMMUNITY_EXTENDED, C(1, 2, 192, 0, 2, 1, 0, 7), false, true},
	{"rt:*:*", AM_BGP_COMMUNITY_EXTENDED, C(1, 2, 192, 0, 2, 1, 0, 7), true, false},
	{"rt:*:*", AM_BGP_COMMUNITY_EXTENDED, C(3, 2, 0, 0, 0, 0, 0, 0), false, false},
	{"soo:65000:1", AM_BGP_COMMUNITY_EXTENDED, C(0, 3, 0xfd, 0xe8, 0, 0, 0, 1), true, true},
	{"ext:0x030c000000000008", AM_BGP_COMMUNITY_EXTENDED, C(3, 12, 0, 0, 0, 0, 0, 8), true, true},
};

static void what_fits(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct am_bgp_community_pattern p;
		struct am_err err;

		if (am_bgp_community_parse(rows[i].text, &p, &err))
			fail_msg("%s", err.text);
		if (p.kind != rows[i].kind || am_bgp_community_fits(&p, rows[i].community) != rows[i].fits ||
			am_bgp_community_is_one(&p) != rows[i].one)
			fail_msg("row %zu, %s", i, rows[i].text);
	}
}

/* Written, it is what it fits; an AS of more than two octets makes the wide form. */
static void what_is_added(void **state)
{
	static const uint8_t wide[] = {2, 2, 0xfa, 0x56, 0xea, 0, 0, 7};
	struct am_bgp_community_pattern p;
	struct am_err err;
	uint8_t out[AM_BGP_LARGE_COMMUNITY_LEN];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (!rows[i].one)
			continue;
		am_bgp_community_parse(rows[i].text, &p, &err);
		am_bgp_community_encode(&p, out);
		assert_true(am_bgp_community_fits(&p, out));
	}
	assert_int_equal(am_bgp_community_parse("rt:4200000000:7", &p, &err), 0);
	am_bgp_community_encode(&p, out);
	assert_memory_equal(out, wide, sizeof wide);
	assert_string_equal(am_bgp_community_name(AM_BGP_BLACKHOLE), "blackhole");
	assert_null(am_bgp_community_name(65000u << 16));
}

static void what_is_none(void **state)
{
	static const char *const texts[] = {"", "65000", "65000:", ":1", "65536:1", "1:65536", "1:2:3:4",
		"1:2:", "no-exports", "no", "1:5-3", "rt:65000", "rt:4200000000:65536", "rt:192.0.2.1:65536",
		"rt:192.0.2:1", "ext:0x00", "ext:0002fde800000064", "ext:0x0002fde80000006g", "large:1:2",
		"65000 :1", "4294967296:1:1", "-1:1", "*", "RT:1:1"};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		struct am_bgp_community_pattern p;
		struct am_err err;

		if (am_bgp_community_parse(texts[i], &p, &err) != -EINVAL ||
			!strstr(err.text, "write it like"))
			fail_msg("%s is taken", texts[i]);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_fits),
		cmocka_unit_test(what_is_added),
		cmocka_unit_test(what_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
