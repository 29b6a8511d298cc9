/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/addr.h"
#include "base/bytes.h"
#include "net/csum.h"
#include "net/ip.h"
#include "net/vxlan.h"
#include "test_hex.h"

#define INNER "020000000001 020000000002 0800"

static void test_udp_parse(void **state)
{
	static const struct {
		const char *name, *packet;
		enum am_verdict verdict;
		uint16_t plen;
	} rows[] = {
		{"empty", "c000 12b5 0008 abcd", AM_V_OK, 0},
		{"payload", "c000 12b5 000a abcd 0102", AM_V_OK, 2},
		{"less than the IP payload", "c000 12b5 0009 abcd 0102", AM_V_OK, 1},
		{"nothing", "", AM_V_UDP_SHORT, 0},
		{"7 octets", "c000 12b5 0008 ab", AM_V_UDP_SHORT, 0},
		{"length 7", "c000 12b5 0007 abcd 0102", AM_V_UDP_SHORT, 0},
		{"length 0", "c000 12b5 0000 abcd 0102", AM_V_UDP_SHORT, 0},
		{"length past the packet", "c000 12b5 000b abcd 0102", AM_V_UDP_SHORT, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct packet p = packet_of(rows[i].packet);
		struct am_udp udp;

		print_message("%s\n", rows[i].name);
		assert_int_equal(am_udp_parse(p.bytes, p.len, &udp), rows[i].verdict);
		if (rows[i].verdict == AM_V_OK) {
			assert_int_equal(udp.sport, 0xc000);
			assert_int_equal(udp.dport, AM_VXLAN_PORT);
			assert_int_equal(udp.plen, rows[i].plen);
			assert_int_equal(udp.csum, 0xabcd);
		}
		free(p.bytes);
	}
}

enum field { FIELD_RIGHT, FIELD_WRONG, FIELD_ZERO, FIELD_PSEUDO };

static const uint8_t src[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 1},
		     dst[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 2};

static struct packet udp_with(uint8_t family, enum field kind)
{
	struct packet p = packet_of("c000 12b5 000b 0000 010203");
	uint64_t pseudo = am_csum_pseudo(family, src, dst, AM_PROTO_UDP, p.len);
	uint16_t right = am_csum_finish(am_csum_add(p.bytes, p.len, pseudo));
	uint16_t field[] = {
		[FIELD_RIGHT] = right,
		[FIELD_WRONG] = right ^ 0x0100,
		[FIELD_ZERO] = 0,
		[FIELD_PSEUDO] = am_csum_fold(pseudo),
	};

	memcpy(p.bytes + 6, &field[kind], 2);
	return p;
}

static void test_udp_verify(void **state)
{
	static const struct {
		uint8_t family;
		enum field field;
		bool zero_ok, unfinished_ok;
		enum am_verdict verdict;
	} rows[] = {
		{AM_IPV4, FIELD_RIGHT, false, false, AM_V_OK},
		{AM_IPV6, FIELD_RIGHT, false, false, AM_V_OK},
		{AM_IPV4, FIELD_RIGHT, true, true, AM_V_OK},
		{AM_IPV6, FIELD_RIGHT, true, true, AM_V_OK},
		{AM_IPV4, FIELD_WRONG, true, true, AM_V_UDP_CHECKSUM},
		{AM_IPV6, FIELD_WRONG, true, true, AM_V_UDP_CHECKSUM},
		{AM_IPV4, FIELD_ZERO, false, false, AM_V_OK},
		{AM_IPV6, FIELD_ZERO, false, true, AM_V_UDP_CHECKSUM_ZERO},
		{AM_IPV6, FIELD_ZERO, true, false, AM_V_OK},
		{AM_IPV4, FIELD_PSEUDO, true, false, AM_V_UDP_CHECKSUM},
		{AM_IPV6, FIELD_PSEUDO, true, false, AM_V_UDP_CHECKSUM},
		{AM_IPV4, FIELD_PSEUDO, false, true, AM_V_OK},
		{AM_IPV6, FIELD_PSEUDO, false, true, AM_V_OK},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct packet p = udp_with(rows[i].family, rows[i].field);
		struct am_udp udp;

		assert_int_equal(am_udp_parse(p.bytes, p.len, &udp), AM_V_OK);
		assert_int_equal(am_udp_verify(p.bytes, &udp, rows[i].family, src, dst, rows[i].zero_ok,
					 rows[i].unfinished_ok),
			rows[i].verdict);
		free(p.bytes);
	}
}

/* A datagram from the wire: 192.0.2.1:53 to 192.0.2.2:4789, "abc"; its sum worked out by hand. */
static void test_udp_verify_by_hand(void **state)
{
	/* c000+0201 twice over, 0011, 000b twice, 0035, 12b5, 6162, 6300 add up to 25b76, so 5b78; a487 is its complement. */
	struct packet p = packet_of("0035 12b5 000b a487 616263");
	const uint8_t from[4] = {192, 0, 2, 1}, to[4] = {192, 0, 2, 2};
	struct am_udp udp;

	(void)state;
	assert_int_equal(am_udp_parse(p.bytes, p.len, &udp), AM_V_OK);
	assert_int_equal(am_udp_verify(p.bytes, &udp, AM_IPV4, from, to, false, false), AM_V_OK);
	free(p.bytes);
}

static void test_vxlan_parse(void **state)
{
	static const struct {
		const char *name, *packet;
		enum am_verdict verdict;
		uint32_t vni;
	} rows[] = {
		{"plain", "08000000 00277400" INNER, AM_V_OK, 10100},
		{"VNI 0", "08000000 00000000" INNER, AM_V_OK, 0},
		{"highest VNI", "08000000 ffffff00" INNER, AM_V_OK, 0xffffff},
		{"reserved fields are ignored", "ffffffff 000001ff" INNER, AM_V_OK, 1},
		{"no I flag", "00000000 00277400" INNER, AM_V_VXLAN_FLAGS, 0},
		{"other flags, no I", "f7000000 00277400" INNER, AM_V_VXLAN_FLAGS, 0},
		{"nothing", "", AM_V_VXLAN_SHORT, 0},
		{"header alone", "08000000 00277400", AM_V_VXLAN_SHORT, 0},
		{"13 octets inside", "08000000 00277400 020000000001 020000000002 08", AM_V_VXLAN_SHORT, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct packet p = packet_of(rows[i].packet);
		uint32_t vni = 77;

		print_message("%s\n", rows[i].name);
		assert_int_equal(am_vxlan_parse(p.bytes, p.len, &vni), rows[i].verdict);
		assert_int_equal(vni, rows[i].verdict == AM_V_OK ? rows[i].vni : 77);
		free(p.bytes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_udp_parse),
		cmocka_unit_test(test_udp_verify),
		cmocka_unit_test(test_udp_verify_by_hand),
		cmocka_unit_test(test_vxlan_parse),
	};

	return cmocka_run_group_tests_name("net/vxlan", tests, NULL, NULL);
}
