/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "words.h"

#define MACS                  "\2\0\0\0\0\2\2\0\0\0\0\1"
#define IP4(len, frag, proto) "\x45\0" len "\0\7" frag "\x40" proto "\0\0\xc0\0\2\1\xc0\0\2\2"

static void check(bool ethernet, const char *octets, size_t len, const char *want)
{
	char text[400];

	assert_string_equal(
		am_words_packet(ethernet, (const uint8_t *)octets, (uint32_t)len, text, sizeof text), want);
}

#define CHECK(ethernet, octets, want) check(ethernet, octets, sizeof(octets) - 1, want)

static void packets(void **state)
{
	(void)state;
	CHECK(true, MACS "\x08\x06", "02:00:00:00:00:01 > 02:00:00:00:00:02 ARP");
	CHECK(true, MACS "\x81\0\0\x64\x08\0" IP4("\0\x1c", "\0\0", "\1") "\x08\0\0\0\0\0\0\0",
		"02:00:00:00:00:01 > 02:00:00:00:00:02 VLAN 100 192.0.2.1 > 192.0.2.2 (28) ICMP type 8 code 0");
	CHECK(false, IP4("\4\xfc", "\x20\0", "\x2f") "\x20\0\x65\x58\0\0\0\7" MACS "\x08\x06",
		"192.0.2.1 > 192.0.2.2 (1276) fragment 7 at 0+ GRE key 7: 02:00:00:00:00:01 > 02:00:00:00:00:02 ARP");
	CHECK(false, IP4("\0\x3c", "\0\x9d", "\x2f") "junk",
		"192.0.2.1 > 192.0.2.2 (60) fragment 7 at 1256 ");
	CHECK(false,
		IP4("\0\x3c", "\0\0", "\x11") "\x12\x34\x12\xb5\0\0\0\0\x08\0\0\0\0\x27\x74\0" MACS
					      "\x88\xcc",
		"192.0.2.1 > 192.0.2.2 (60) VXLAN 10100: 02:00:00:00:00:01 > 02:00:00:00:00:02 type 0x88cc");
	CHECK(false, IP4("\0\x3c", "\0\0", "\6") "\0\x50\xc3\x50",
		"192.0.2.1 > 192.0.2.2 (60) TCP 80 > 50000");
	CHECK(true, "", "shorter than Ethernet");
	CHECK(true, MACS "\x08\0\x45", "02:00:00:00:00:01 > 02:00:00:00:00:02 shorter than IPv4");
	CHECK(false, "\x75", "neither IPv4 nor IPv6");
}

static void fits(void **state)
{
	char text[20];

	(void)state;
	am_words_packet(true, (const uint8_t *)MACS "\x08\x06", 14, text, sizeof text);
	assert_string_equal(text, "02:00:00:00:00:01 >");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(packets), cmocka_unit_test(fits)};

	return cmocka_run_group_tests_name("amimed/words", tests, NULL, NULL);
}
