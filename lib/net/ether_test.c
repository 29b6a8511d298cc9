/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "net/ether.h"
#include "test_hex.h"

#define MACS "020000000001 020000000002 "

static const struct {
	const char *name, *frame;
	enum am_verdict verdict;
	uint16_t len, type;
	uint8_t tags;
	uint16_t tpid[2], tci[2];
} rows[] = {
	{"untagged", MACS "0800 45", AM_V_OK, 14, 0x0800, 0, {0}, {0}},
	{"header alone", MACS "0806", AM_V_OK, 14, 0x0806, 0, {0}, {0}},
	{"LLC length", MACS "0026 4242", AM_V_OK, 14, 0x0026, 0, {0}, {0}},
	{"802.1Q", MACS "8100 e064 0800", AM_V_OK, 18, 0x0800, 1, {0x8100}, {0xe064}},
	{"802.1ad", MACS "88a8 3001 86dd", AM_V_OK, 18, 0x86dd, 1, {0x88a8}, {0x3001}},
	{"QinQ", MACS "88a8 1064 8100 5065 0800", AM_V_OK, 22, 0x0800, 2, {0x88a8, 0x8100}, {0x1064, 0x5065}},
	{"802.1Q twice", MACS "8100 0001 8100 0002 0806", AM_V_OK, 22, 0x0806, 2, {0x8100, 0x8100}, {1, 2}},
	{"third tag is payload", MACS "8100 0001 8100 0002 8100 0003 0800", AM_V_OK, 22, 0x8100, 2,
		{0x8100, 0x8100}, {1, 2}},
	{"0x9100 is payload", MACS "9100 0001 0800", AM_V_OK, 14, 0x9100, 0, {0}, {0}},
	{"nothing", "", AM_V_ETH_SHORT, 0, 0, 0, {0}, {0}},
	{"13 octets", MACS "08", AM_V_ETH_SHORT, 0, 0, 0, {0}, {0}},
	{"tag without its type", MACS "8100 0001 08", AM_V_ETH_SHORT, 0, 0, 0, {0}, {0}},
	{"tag missing", MACS "88a8", AM_V_ETH_SHORT, 0, 0, 0, {0}, {0}},
	{"second tag cut", MACS "88a8 0001 8100 0002 08", AM_V_ETH_SHORT, 0, 0, 0, {0}, {0}},
};

static void test_parse(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct packet p = packet_of(rows[i].frame);
		struct am_ether e;

		print_message("%s\n", rows[i].name);
		assert_int_equal(am_ether_parse(p.bytes, p.len, &e), rows[i].verdict);
		if (rows[i].verdict == AM_V_OK) {
			assert_int_equal(e.len, rows[i].len);
			assert_int_equal(e.type, rows[i].type);
			assert_int_equal(e.tags, rows[i].tags);
			assert_memory_equal(e.tpid, rows[i].tpid, e.tags * sizeof e.tpid[0]);
			assert_memory_equal(e.tci, rows[i].tci, e.tags * sizeof e.tci[0]);
		}
		free(p.bytes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_parse)};

	return cmocka_run_group_tests_name("net/ether", tests, NULL, NULL);
}
