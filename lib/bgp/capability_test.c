/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bgp/capability.h"
#include "test_hex.h"

static struct am_bgp_capabilities caps_of(const char *hex)
{
	struct packet p = packet_of(hex);
	struct am_bgp_capabilities caps = {0};
	struct am_bgp_error err;

	assert_int_equal(am_bgp_capabilities_decode((struct am_bgp_span){p.bytes, p.len}, &caps, &err), 0);
	free(p.bytes);
	return caps;
}

static void agree(const char *ours, const char *theirs, struct am_bgp_agreed *out)
{
	struct am_bgp_capabilities us = caps_of(ours), them = caps_of(theirs);

	am_bgp_capabilities_agree(&us, &them, out);
}

/* RFC 4760 8: an OPEN without the capability means IPv4 unicast. */
static void test_families(void **state)
{
	struct am_bgp_agreed a;

	(void)state;
	agree("", "", &a);
	assert_int_equal(a.families, AM_BGP_IN(AM_BGP_IPV4_UNICAST));
	agree("0104 00010001", "", &a);
	assert_int_equal(a.families, AM_BGP_IN(AM_BGP_IPV4_UNICAST));
	agree("0104 00020001", "", &a);
	assert_int_equal(a.families, 0);
	agree("0104 00020001 0104 00190046", "0104 00190046 0104 00010001", &a);
	assert_int_equal(a.families, AM_BGP_IN(AM_BGP_L2VPN_EVPN));
	agree("0104 00010080", "0104 00010080", &a);
	assert_int_equal(a.families, 0);
}

static void test_both_must_have_it(void **state)
{
	struct am_bgp_agreed a;

	(void)state;
	agree("0200 4600 0600 4104 0000fde9", "0200 4600 0600 4104 0000fdea", &a);
	assert_true(a.refresh && a.enhanced_refresh && a.extended_message && a.as4);
	agree("0200 4600 0600 4104 0000fde9", "", &a);
	assert_false(a.refresh || a.enhanced_refresh || a.extended_message || a.as4);
	agree("", "0200 4600 0600 4104 0000fde9", &a);
	assert_false(a.refresh || a.enhanced_refresh || a.extended_message || a.as4);
	agree("0506 0001 0001 0002", "0506 0001 0001 0002", &a);
	assert_int_equal(a.next_hop6, AM_BGP_IN(AM_BGP_IPV4_UNICAST));
	agree("0506 0001 0001 0002", "0506 0001 0001 0001", &a);
	assert_int_equal(a.next_hop6, 0);
}

/* RFC 7911 4: we may send where we said send and they said receive. */
static void test_add_path(void **state)
{
	struct am_bgp_agreed a;

	(void)state;
	agree("4504 00010101", "4504 00010102", &a);
	assert_int_equal(a.add_path_receive, 1);
	assert_int_equal(a.add_path_send, 0);
	agree("4504 00010103", "4504 00010101", &a);
	assert_int_equal(a.add_path_receive, 0);
	assert_int_equal(a.add_path_send, 1);
	agree("4504 00010103", "4504 00010104", &a);
	assert_int_equal(a.add_path_receive | a.add_path_send, 0);
	agree("4504 00010103", "4504 00010100", &a);
	assert_int_equal(a.add_path_receive | a.add_path_send, 0);
}

/* The last of several graceful restart capabilities counts, whole (RFC 4724 3). */
static void test_graceful(void **state)
{
	struct am_bgp_agreed a;
	struct am_bgp_capabilities caps = caps_of("4006 8078 00010180 4006 4010 00020100");

	(void)state;
	assert_true(caps.graceful && !caps.restarting && caps.notification);
	assert_int_equal(caps.restart_time, 16);
	assert_false(caps.families[0].graceful || caps.families[0].graceful_forwarding);
	assert_true(caps.families[1].graceful);
	agree("4002 0000", "0104 00010001 4006 8078 00010180", &a);
	assert_int_equal(a.graceful, 1);
	assert_int_equal(a.graceful_forwarding, 1);
	assert_int_equal(a.restart_time, 120);
	assert_true(a.restarting && !a.notification);
	agree("", "0104 00010001 4006 8078 00010180", &a);
	assert_int_equal(a.graceful, 0);
	agree("4002 4000", "4002 4000", &a);
	assert_true(a.notification);
	assert_int_equal(a.graceful, 0);
}

/* RFC 9494 4.2: nothing without graceful restart. */
static void test_long_lived(void **state)
{
	const char *both = "4006 0078 00010180 4707 00010180 000e10", *alone = "4707 00010180 000e10",
		   *graceful = "4006 0078 00010180";
	struct am_bgp_capabilities caps = caps_of(both);
	struct am_bgp_agreed a;

	(void)state;
	assert_int_equal(caps.families[0].stale_time, 3600);
	assert_true(caps.families[0].long_lived_forwarding);
	agree(both, both, &a);
	assert_int_equal(a.long_lived, 1);
	agree(alone, both, &a);
	assert_int_equal(a.long_lived, 0);
	agree(both, alone, &a);
	assert_int_equal(a.long_lived, 0);
	/* Nor where one of the two does not have it for the family. */
	agree(graceful, both, &a);
	assert_int_equal(a.graceful, 1);
	assert_int_equal(a.long_lived | a.long_lived_forwarding | a.stale_time[0], 0);
	agree(both, graceful, &a);
	assert_int_equal(a.graceful, 1);
	assert_int_equal(a.long_lived | a.long_lived_forwarding | a.stale_time[0], 0);
}

/* More families and unknown capabilities than there are rows: counted, and no harm. */
static void test_bounds(void **state)
{
	uint8_t bytes[50 * 6 + 50 * 3], *p = bytes;
	struct am_bgp_capabilities caps = {0};
	struct am_bgp_error err;

	(void)state;
	for (uint8_t i = 0; i < 50; i++, p += 6)
		memcpy(p, (const uint8_t[]){1, 4, 1, i, 0, 1}, 6);
	for (uint8_t i = 0; i < 50; i++, p += 3)
		memcpy(p, (const uint8_t[]){(uint8_t)(100 + i), 1, i}, 3);
	assert_int_equal(
		am_bgp_capabilities_decode((struct am_bgp_span){bytes, sizeof bytes}, &caps, &err), 0);
	assert_int_equal(caps.n_families, AM_BGP_CAP_FAMILIES);
	assert_int_equal(caps.n_others, AM_BGP_CAP_OTHERS);
	assert_int_equal(caps.dropped, 50 - AM_BGP_CAP_FAMILIES + 50 - AM_BGP_CAP_OTHERS);
}

static void test_roles(void **state)
{
	(void)state;
	for (unsigned us = 0; us < 256; us++) {
		for (unsigned them = 0; them < 256; them++) {
			bool fit = (us == 0 && them == 3) || (us == 3 && them == 0) ||
				   (us == 1 && them == 2) || (us == 2 && them == 1) || (us == 4 && them == 4);

			assert_int_equal(am_bgp_roles_fit((uint8_t)us, (uint8_t)them), fit);
		}
	}
	assert_string_equal(am_bgp_role_name(AM_BGP_ROLE_RS_CLIENT), "rs-client");
	assert_string_equal(am_bgp_role_name(5), "unknown");
	assert_string_equal(am_bgp_capability_name(9), "role");
	assert_string_equal(am_bgp_capability_name(73), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_families),
		cmocka_unit_test(test_both_must_have_it),
		cmocka_unit_test(test_add_path),
		cmocka_unit_test(test_graceful),
		cmocka_unit_test(test_long_lived),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_roles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
