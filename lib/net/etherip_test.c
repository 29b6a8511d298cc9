/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "net/etherip.h"
#include "test_hex.h"

#define FRAME "020000000001 020000000002 0800"

static const struct {
	const char *name, *packet;
	enum am_verdict strict, lenient;
} rows[] = {
	{"RFC 3378", "3000" FRAME, AM_V_OK, AM_V_OK},
	{"with payload", "3000" FRAME "4500", AM_V_OK, AM_V_OK},
	{"swapped", "0300" FRAME, AM_V_ETHERIP_SWAPPED, AM_V_OK},
	{"reserved nibble", "3100" FRAME, AM_V_ETHERIP_RESERVED, AM_V_ETHERIP_RESERVED},
	{"reserved octet", "3001" FRAME, AM_V_ETHERIP_RESERVED, AM_V_ETHERIP_RESERVED},
	{"all reserved bits", "3fff" FRAME, AM_V_ETHERIP_RESERVED, AM_V_ETHERIP_RESERVED},
	{"EoIPv6, tunnel id 1", "0301" FRAME, AM_V_ETHERIP_EOIPV6, AM_V_ETHERIP_EOIPV6},
	{"EoIPv6, tunnel id 256", "1300" FRAME, AM_V_ETHERIP_EOIPV6, AM_V_ETHERIP_EOIPV6},
	{"EoIPv6 keepalive", "0307", AM_V_ETHERIP_EOIPV6, AM_V_ETHERIP_EOIPV6},
	{"version 4", "4000" FRAME, AM_V_ETHERIP_VERSION, AM_V_ETHERIP_VERSION},
	{"version 0", "0000" FRAME, AM_V_ETHERIP_VERSION, AM_V_ETHERIP_VERSION},
	{"nothing", "", AM_V_ETHERIP_SHORT, AM_V_ETHERIP_SHORT},
	{"1 octet", "30", AM_V_ETHERIP_SHORT, AM_V_ETHERIP_SHORT},
	{"header alone", "3000", AM_V_ETHERIP_SHORT, AM_V_ETHERIP_SHORT},
	{"13 octets of frame", "3000 020000000001 020000000002 08", AM_V_ETHERIP_SHORT, AM_V_ETHERIP_SHORT},
	{"swapped and short", "0300 02", AM_V_ETHERIP_SWAPPED, AM_V_ETHERIP_SHORT},
};

static void test_parse(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct packet p = packet_of(rows[i].packet);

		print_message("%s\n", rows[i].name);
		assert_int_equal(am_etherip_parse(p.bytes, p.len, false), rows[i].strict);
		assert_int_equal(am_etherip_parse(p.bytes, p.len, true), rows[i].lenient);
		free(p.bytes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_parse)};

	return cmocka_run_group_tests_name("net/etherip", tests, NULL, NULL);
}
