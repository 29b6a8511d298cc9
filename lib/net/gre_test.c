/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "net/gre.h"
#include "test_hex.h"

static const struct {
	const char *name, *packet;
	enum am_verdict whole, head;
	struct am_gre gre;
} rows[] = {
	{"plain IPv4", "0000 0800 45", AM_V_OK, AM_V_OK, {.len = 4, .type = 0x0800}},
	{"plain IPv6, nothing inside", "0000 86dd", AM_V_OK, AM_V_OK, {.len = 4, .type = 0x86dd}},
	{"Ethernet", "0000 6558 0102", AM_V_OK, AM_V_OK, {.len = 4, .type = 0x6558}},
	{"key", "2000 0800 00000007 45", AM_V_OK, AM_V_OK,
		{.len = 8, .type = 0x0800, .has_key = true, .key = 7}},
	{"sequence", "1000 0800 ffffffff", AM_V_OK, AM_V_OK,
		{.len = 8, .type = 0x0800, .has_seq = true, .seq = 0xffffffff}},
	{"key, sequence", "3000 86dd 01020304 0a0b0c0d 60", AM_V_OK, AM_V_OK,
		{.len = 12,
			.type = 0x86dd,
			.has_key = true,
			.has_seq = true,
			.key = 0x01020304,
			.seq = 0x0a0b0c0d}},
	{"checksum", "8000 0800 77ff 0000", AM_V_OK, AM_V_OK, {.len = 8, .type = 0x0800, .has_csum = true}},
	{"checksum over an odd length", "8000 0800 32ff 0000 45", AM_V_OK, AM_V_OK,
		{.len = 8, .type = 0x0800, .has_csum = true}},
	{"all", "b000 0800 3cf5 0000 00000001 00000002 0b07", AM_V_OK, AM_V_OK,
		{.len = 16,
			.type = 0x0800,
			.has_csum = true,
			.has_key = true,
			.has_seq = true,
			.key = 1,
			.seq = 2}},
	{"bits 6 to 12 are ignored", "03f8 0800", AM_V_OK, AM_V_OK, {.len = 4, .type = 0x0800}},
	{"wrong checksum", "8000 0800 77fe 0000", AM_V_GRE_CHECKSUM, AM_V_OK,
		{.len = 8, .type = 0x0800, .has_csum = true}},
	{"a flipped payload bit", "8000 0800 32ff 0000 44", AM_V_GRE_CHECKSUM, AM_V_OK,
		{.len = 8, .type = 0x0800, .has_csum = true}},
	{"other type", "0000 0806 0001", AM_V_GRE_PROTOCOL, AM_V_OK, {.len = 4, .type = 0x0806}},
	{"keepalive", "0000 0000", AM_V_GRE_PROTOCOL, AM_V_OK, {.len = 4, .type = 0}},
	{"bit 1", "4000 0800 00000000", AM_V_GRE_RESERVED, AM_V_GRE_RESERVED, {0}},
	{"bit 4", "0800 0800 00000000", AM_V_GRE_RESERVED, AM_V_GRE_RESERVED, {0}},
	{"bit 5", "0400 0800 00000000", AM_V_GRE_RESERVED, AM_V_GRE_RESERVED, {0}},
	{"PPTP", "3081 880b 00000000 00000000", AM_V_GRE_VERSION, AM_V_GRE_VERSION, {0}},
	{"version 4", "0004 0800", AM_V_GRE_VERSION, AM_V_GRE_VERSION, {0}},
	{"version 7", "0007 0800", AM_V_GRE_VERSION, AM_V_GRE_VERSION, {0}},
	{"nothing", "", AM_V_GRE_SHORT, AM_V_GRE_SHORT, {0}},
	{"3 octets", "0000 08", AM_V_GRE_SHORT, AM_V_GRE_SHORT, {0}},
	{"key cut", "2000 0800 000000", AM_V_GRE_SHORT, AM_V_GRE_SHORT, {0}},
	{"sequence cut", "3000 0800 00000001 000000", AM_V_GRE_SHORT, AM_V_GRE_SHORT, {0}},
	{"checksum cut", "8000 0800 77ff 00", AM_V_GRE_SHORT, AM_V_GRE_SHORT, {0}},
};

static void assert_gre(const struct am_gre *got, const struct am_gre *expected)
{
	assert_int_equal(got->len, expected->len);
	assert_int_equal(got->type, expected->type);
	assert_int_equal(got->has_csum, expected->has_csum);
	assert_int_equal(got->has_key, expected->has_key);
	assert_int_equal(got->has_seq, expected->has_seq);
	assert_int_equal(got->key, expected->key);
	assert_int_equal(got->seq, expected->seq);
}

static void test_parse(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct packet p = packet_of(rows[i].packet);
		struct am_gre gre;

		print_message("%s\n", rows[i].name);
		assert_int_equal(am_gre_parse(p.bytes, p.len, &gre), rows[i].whole);
		if (rows[i].whole == AM_V_OK)
			assert_gre(&gre, &rows[i].gre);
		assert_int_equal(am_gre_parse_head(p.bytes, p.len, &gre), rows[i].head);
		if (rows[i].head == AM_V_OK)
			assert_gre(&gre, &rows[i].gre);
		free(p.bytes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_parse)};

	return cmocka_run_group_tests_name("net/gre", tests, NULL, NULL);
}
