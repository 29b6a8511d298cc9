/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "net/csum.h"
#include "net/ip.h"
#include "test_hex.h"

/* An IPv4 packet in the making: a header with the fields that matter, payload octets of zero. */
struct ip4_row {
	const char *name;
	uint8_t version, ihl;
	uint16_t total, fragment;
	uint32_t len;
	bool wrong_csum;
	enum am_verdict verdict;
	uint16_t hlen, plen;
};

static const struct ip4_row ip4_rows[] = {
	{"whole", 4, 5, 60, 0, 60, false, AM_V_OK, 20, 40},
	{"DF", 4, 5, 60, 0x4000, 60, false, AM_V_OK, 20, 40},
	{"header alone", 4, 5, 20, 0, 20, false, AM_V_OK, 20, 0},
	{"padding", 4, 5, 21, 0, 46, false, AM_V_OK, 20, 1},
	{"options", 4, 6, 60, 0, 60, false, AM_V_OK, 24, 36},
	{"all options", 4, 15, 60, 0, 60, false, AM_V_OK, 60, 0},
	{"longest", 4, 5, 65535, 0, 65535, false, AM_V_OK, 20, 65515},
	{"first fragment", 4, 5, 60, 0x2000, 60, false, AM_V_OK, 20, 40},
	{"middle fragment", 4, 5, 60, 0x2005, 60, false, AM_V_OK, 20, 40},
	{"last fragment, odd", 4, 5, 63, 0x0005, 63, false, AM_V_OK, 20, 43},
	{"last fragment, up to 65535", 4, 5, 23, 0x1ffd, 60, false, AM_V_OK, 20, 3},
	{"nothing", 4, 5, 60, 0, 0, false, AM_V_IP4_SHORT, 0, 0},
	{"19 octets", 4, 5, 60, 0, 19, false, AM_V_IP4_SHORT, 0, 0},
	{"version 5", 5, 5, 60, 0, 60, false, AM_V_IP4_VERSION, 0, 0},
	{"version 0", 0, 5, 60, 0, 60, false, AM_V_IP4_VERSION, 0, 0},
	{"header length 4", 4, 4, 60, 0, 60, false, AM_V_IP4_HEADER_LENGTH, 0, 0},
	{"header length 0", 4, 0, 60, 0, 60, false, AM_V_IP4_HEADER_LENGTH, 0, 0},
	{"header past the packet", 4, 15, 60, 0, 59, false, AM_V_IP4_HEADER_LENGTH, 0, 0},
	{"total under the header", 4, 5, 19, 0, 60, false, AM_V_IP4_TOTAL_LENGTH, 0, 0},
	{"total under header and options", 4, 6, 23, 0, 60, false, AM_V_IP4_TOTAL_LENGTH, 0, 0},
	{"total 0", 4, 5, 0, 0, 60, false, AM_V_IP4_TOTAL_LENGTH, 0, 0},
	{"truncated", 4, 5, 61, 0, 60, false, AM_V_IP4_TOTAL_LENGTH, 0, 0},
	{"checksum", 4, 5, 60, 0, 60, true, AM_V_IP4_CHECKSUM, 0, 0},
	{"checksum with options", 4, 7, 60, 0, 60, true, AM_V_IP4_CHECKSUM, 0, 0},
	{"fragment not of 8", 4, 5, 61, 0x2000, 61, false, AM_V_FRAG_LENGTH, 0, 0},
	{"fragment of 12", 4, 5, 32, 0x2000, 60, false, AM_V_FRAG_LENGTH, 0, 0},
	{"middle fragment not of 8", 4, 5, 27, 0x2001, 60, false, AM_V_FRAG_LENGTH, 0, 0},
	{"empty first fragment", 4, 5, 20, 0x2000, 60, false, AM_V_FRAG_EMPTY, 0, 0},
	{"empty last fragment", 4, 5, 20, 0x0001, 60, false, AM_V_FRAG_EMPTY, 0, 0},
	{"beyond 65535", 4, 5, 24, 0x1ffd, 60, false, AM_V_FRAG_BEYOND, 0, 0},
	{"far beyond", 4, 5, 60, 0x1fff, 60, false, AM_V_FRAG_BEYOND, 0, 0},
};

static uint8_t *ip4_of(const struct ip4_row *row)
{
	uint32_t room = row->len > 60 ? row->len : 60, hlen = row->ihl < 5 ? 20 : row->ihl * 4u;
	uint8_t *ip = calloc(1, room), *packet;
	uint16_t csum;

	ip[0] = (uint8_t)(row->version << 4 | row->ihl);
	ip[1] = 0xb9;
	am_store16(ip + 2, row->total);
	am_store16(ip + 4, 0xbeef);
	am_store16(ip + 6, row->fragment);
	ip[8] = 63;
	ip[9] = AM_PROTO_GRE;
	am_store32(ip + 12, 0xc0000201);
	am_store32(ip + 16, 0xc0000202);
	csum = am_csum_finish(am_csum_add(ip, hlen, 0));
	if (row->wrong_csum)
		csum ^= 0x0010;
	memcpy(ip + 10, &csum, sizeof csum);
	packet = exactly(ip, row->len);
	free(ip);
	return packet;
}

static void test_ip4(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof ip4_rows / sizeof *ip4_rows; i++) {
		const struct ip4_row *row = &ip4_rows[i];
		uint8_t *ip = ip4_of(row);
		struct am_ip_hdr hdr, same;

		print_message("%s\n", row->name);
		assert_int_equal(am_ip4_parse(ip, row->len, &hdr), row->verdict);
		assert_int_equal(am_ip_parse(ip, row->len, &same), row->verdict);
		if (row->verdict == AM_V_OK) {
			assert_int_equal(hdr.family, AM_IPV4);
			assert_int_equal(hdr.proto, AM_PROTO_GRE);
			assert_int_equal(hdr.tos, 0xb9);
			assert_int_equal(hdr.ttl, 63);
			assert_int_equal(hdr.hlen, row->hlen);
			assert_int_equal(hdr.plen, row->plen);
			assert_int_equal(hdr.frag, (row->fragment & 0x3fff) != 0);
			assert_int_equal(hdr.more, (row->fragment & 0x2000) != 0);
			assert_int_equal(hdr.dont, (row->fragment & 0x4000) != 0);
			assert_int_equal(hdr.frag_at, (row->fragment & 0x1fff) * 8);
			assert_int_equal(hdr.frag_id, 0xbeef);
			assert_int_equal(hdr.unfrag_len, row->hlen);
			assert_int_equal(am_ip_fragment_at(&hdr), row->hlen);
		}
		free(ip);
	}
}

static void test_ip4_version_6(void **state)
{
	uint8_t ip[40] = {0x60};
	struct am_ip_hdr hdr;

	(void)state;
	assert_int_equal(am_ip4_parse(ip, sizeof ip, &hdr), AM_V_IP4_VERSION);
	ip[0] = 0x45;
	assert_int_equal(am_ip6_parse(ip, sizeof ip, &hdr), AM_V_IP6_VERSION);
}

#define FRAG_FIRST  "0001 00000007 "
#define FRAG_ATOMIC "0000 00000007 "
#define OCTETS8     "0001020304050607 "

/* chain is everything behind the IPv6 header; payload length is its length plus more. next names its first header. */
struct ip6_row {
	const char *name;
	uint8_t next;
	const char *chain;
	int more;
	enum am_verdict verdict;
	uint8_t proto;
	uint16_t hlen;
	uint16_t unfrag_len; /* 0: no Fragment header */
	uint16_t nexthdr_at;
	bool frag;
	uint16_t frag_at;
};

static const struct ip6_row ip6_rows[] = {
	{"whole", 47, OCTETS8, 0, AM_V_OK, 47, 40, 0, 0, false, 0},
	{"no payload", 59, "", 0, AM_V_OK, 59, 40, 0, 0, false, 0},
	{"padding", 47, OCTETS8, -7, AM_V_OK, 47, 40, 0, 0, false, 0},
	{"encapsulation limit before GRE", 60, "2f00 0401 0401 0100 " OCTETS8, 0, AM_V_OK, 47, 48, 0, 0,
		false, 0},
	{"Hop-by-Hop, PadN", 0, "2f00 0104 00000000" OCTETS8, 0, AM_V_OK, 47, 48, 0, 0, false, 0},
	{"six Pad1", 60, "2f00 000000000000" OCTETS8, 0, AM_V_OK, 47, 48, 0, 0, false, 0},
	{"options of 16 octets", 60, "2f01 010c 000000000000000000000000" OCTETS8, 0, AM_V_OK, 47, 56, 0, 0,
		false, 0},
	{"router alert", 0, "2f00 0502 0000 0100" OCTETS8, 0, AM_V_OK, 47, 48, 0, 0, false, 0},
	{"option that may be skipped", 60, "2f00 1e04 01020304" OCTETS8, 0, AM_V_OK, 47, 48, 0, 0, false, 0},
	{"spent routing header", 43, "2f00 0000 00000000" OCTETS8, 0, AM_V_OK, 47, 48, 0, 0, false, 0},
	{"8 headers", 60,
		"3c00010400000000 3c00010400000000 3c00010400000000 3c00010400000000 3c00010400000000 "
		"3c00010400000000"
		"3c00010400000000 2f00010400000000" OCTETS8,
		0, AM_V_OK, 47, 104, 0, 0, false, 0},
	{"atomic fragment", 44, "2f00" FRAG_ATOMIC OCTETS8, 0, AM_V_OK, 47, 48, 40, 6, false, 0},
	{"atomic fragment, reserved bits", 44, "2fff 0006 00000007" OCTETS8, 0, AM_V_OK, 47, 48, 40, 6, false,
		0},
	{"atomic fragment behind options", 60, "2c00010400000000 2f00" FRAG_ATOMIC OCTETS8, 0, AM_V_OK, 47,
		56, 48, 40, false, 0},
	{"atomic fragment before options", 44, "3c00" FRAG_ATOMIC "2f00010400000000" OCTETS8, 0, AM_V_OK, 47,
		56, 40, 6, false, 0},
	{"empty atomic fragment", 44, "3b00" FRAG_ATOMIC, 0, AM_V_OK, 59, 48, 40, 6, false, 0},
	{"first fragment", 44, "2f00" FRAG_FIRST OCTETS8, 0, AM_V_OK, 47, 48, 40, 6, true, 0},
	{"first fragment, options inside", 44, "3c00" FRAG_FIRST "2f00040104010100" OCTETS8, 0, AM_V_OK, 47,
		56, 40, 6, true, 0},
	{"first fragment behind Hop-by-Hop and routing", 0,
		"2b00010400000000 2c00000000000000 6100" FRAG_FIRST OCTETS8, 0, AM_V_OK, 97, 64, 56, 48, true,
		0},
	{"later fragment", 44, "2f00 0011 00000007" OCTETS8, 0, AM_V_OK, 47, 48, 40, 6, true, 16},
	{"last fragment, odd", 44, "2f00 0010 00000007 010203", 0, AM_V_OK, 47, 48, 40, 6, true, 16},
	{"later fragment that names options", 44, "3c00 0011 00000007 ffffffffffffffff", 0, AM_V_OK, 60, 48,
		40, 6, true, 16},
	{"last fragment, up to 65535", 44, "2f00 fff8 00000007 01020304050607", 0, AM_V_OK, 47, 48, 40, 6,
		true, 65528},
	{"payload past the frame", 47, OCTETS8, 1, AM_V_IP6_PAYLOAD_LENGTH, 0, 0, 0, 0, false, 0},
	{"payload far past the frame", 47, OCTETS8, 65527, AM_V_IP6_PAYLOAD_LENGTH, 0, 0, 0, 0, false, 0},
	{"segments left", 43, "2f00 0401 00000000" OCTETS8, 0, AM_V_IP6_EXTENSION, 0, 0, 0, 0, false, 0},
	{"second Hop-by-Hop", 0, "0000010400000000 2f00010400000000" OCTETS8, 0, AM_V_IP6_EXTENSION, 0, 0, 0,
		0, false, 0},
	{"Hop-by-Hop behind options", 60, "0000010400000000 2f00010400000000" OCTETS8, 0, AM_V_IP6_EXTENSION,
		0, 0, 0, 0, false, 0},
	{"Fragment twice", 44, "2c00" FRAG_ATOMIC "2f00" FRAG_ATOMIC OCTETS8, 0, AM_V_IP6_EXTENSION, 0, 0, 0,
		0, false, 0},
	{"Fragment in a first fragment", 44, "2c00" FRAG_FIRST "2f00 0011 00000008" OCTETS8, 0,
		AM_V_IP6_EXTENSION, 0, 0, 0, 0, false, 0},
	{"option that must be known", 60, "2f00 c204 00010000" OCTETS8, 0, AM_V_IP6_EXTENSION, 0, 0, 0, 0,
		false, 0},
	{"option that discards", 60, "2f00 4004 00000000" OCTETS8, 0, AM_V_IP6_EXTENSION, 0, 0, 0, 0, false,
		0},
	{"option past its header", 60, "2f00 0105 00000000" OCTETS8, 0, AM_V_IP6_EXTENSION, 0, 0, 0, 0, false,
		0},
	{"option without a length", 60, "2f00 0000000000 01" OCTETS8, 0, AM_V_IP6_EXTENSION, 0, 0, 0, 0,
		false, 0},
	{"options past the packet", 60, "2f01 010400000000", 0, AM_V_IP6_EXTENSION_SHORT, 0, 0, 0, 0, false,
		0},
	{"routing past the packet", 43, "2fff 000000000000" OCTETS8, 0, AM_V_IP6_EXTENSION_SHORT, 0, 0, 0, 0,
		false, 0},
	{"7 octets of options", 60, "2f00 0103000000", 0, AM_V_IP6_EXTENSION_SHORT, 0, 0, 0, 0, false, 0},
	{"7 octets of Fragment", 44, "2f00 0000 000000", 0, AM_V_IP6_EXTENSION_SHORT, 0, 0, 0, 0, false, 0},
	{"options said, none there", 60, "", 0, AM_V_IP6_EXTENSION_SHORT, 0, 0, 0, 0, false, 0},
	{"options only in the padding", 60, "2f00010400000000", -8, AM_V_IP6_EXTENSION_SHORT, 0, 0, 0, 0,
		false, 0},
	{"options cut in an atomic fragment", 44, "3c00" FRAG_ATOMIC "2f01010400000000", 0,
		AM_V_IP6_EXTENSION_SHORT, 0, 0, 0, 0, false, 0},
	{"9 headers", 60,
		"3c00010400000000 3c00010400000000 3c00010400000000 3c00010400000000 3c00010400000000 "
		"3c00010400000000"
		"3c00010400000000 3c00010400000000 2f00010400000000" OCTETS8,
		0, AM_V_IP6_EXTENSIONS, 0, 0, 0, 0, false, 0},
	{"fragment not of 8", 44, "2f00" FRAG_FIRST "010203", 0, AM_V_FRAG_LENGTH, 0, 0, 0, 0, false, 0},
	{"later fragment not of 8", 44, "2f00 0011 00000007 010203040506070809", 0, AM_V_FRAG_LENGTH, 0, 0, 0,
		0, false, 0},
	{"empty first fragment", 44, "2f00" FRAG_FIRST, 0, AM_V_FRAG_EMPTY, 0, 0, 0, 0, false, 0},
	{"empty last fragment", 44, "2f00 0010 00000007", 0, AM_V_FRAG_EMPTY, 0, 0, 0, 0, false, 0},
	{"beyond 65535", 44, "2f00 fff8 00000007" OCTETS8, 0, AM_V_FRAG_BEYOND, 0, 0, 0, 0, false, 0},
	{"beyond 65535 with what is unfragmentable", 60, "2c00010400000000 2f00 fff8 00000007 01", 0,
		AM_V_FRAG_BEYOND, 0, 0, 0, 0, false, 0},
	{"options cut by a first fragment", 44, "3c00" FRAG_FIRST "2f01010400000000", 0, AM_V_FRAG_TINY, 0, 0,
		0, 0, false, 0},
	{"routing cut by a first fragment", 44, "2b00" FRAG_FIRST "2f02000000000000", 0, AM_V_FRAG_TINY, 0, 0,
		0, 0, false, 0},
	{"first fragment ends with its options", 44, "3c00" FRAG_FIRST "2f00010400000000", 0, AM_V_FRAG_TINY,
		0, 0, 0, 0, false, 0},
	{"first fragment ends before its second options", 44, "3c00" FRAG_FIRST "3c00010400000000", 0,
		AM_V_FRAG_TINY, 0, 0, 0, 0, false, 0},
};

static struct packet ip6_of(const struct ip6_row *row)
{
	struct packet chain = packet_of(row->chain), p;
	uint8_t *ip = calloc(1, AM_IP6_LEN + chain.len);

	am_store32(ip, 0x6b912345);
	am_store16(ip + 4, (uint16_t)((int)chain.len + row->more));
	ip[6] = row->next;
	ip[7] = 63;
	memcpy(ip + AM_IP6_LEN, chain.bytes, chain.len);
	p.len = AM_IP6_LEN + chain.len;
	p.bytes = exactly(ip, p.len);
	free(ip);
	free(chain.bytes);
	return p;
}

static void assert_ip6(const struct am_ip_hdr *hdr, const struct ip6_row *row, uint32_t len)
{
	assert_int_equal(hdr->family, AM_IPV6);
	assert_int_equal(hdr->proto, row->proto);
	assert_int_equal(hdr->tos, 0xb9);
	assert_int_equal(hdr->ttl, 63);
	assert_int_equal(hdr->hlen, row->hlen);
	assert_int_equal(hdr->hlen + hdr->plen, (int)len + (row->more < 0 ? row->more : 0));
	assert_int_equal(hdr->unfrag_len, row->unfrag_len ? row->unfrag_len : row->hlen);
	assert_int_equal(hdr->nexthdr_at, row->nexthdr_at);
	assert_int_equal(hdr->frag, row->frag);
	assert_int_equal(hdr->frag_at, row->frag_at);
	assert_int_equal(hdr->frag_id, row->unfrag_len ? 7 : 0);
	assert_false(hdr->dont);
	if (row->unfrag_len)
		assert_int_equal(am_ip_fragment_at(hdr), row->unfrag_len + 8);
}

static void test_ip6(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof ip6_rows / sizeof *ip6_rows; i++) {
		struct packet p = ip6_of(&ip6_rows[i]);
		struct am_ip_hdr hdr, same;

		print_message("%s\n", ip6_rows[i].name);
		assert_int_equal(am_ip6_parse(p.bytes, p.len, &hdr), ip6_rows[i].verdict);
		assert_int_equal(am_ip_parse(p.bytes, p.len, &same), ip6_rows[i].verdict);
		if (ip6_rows[i].verdict == AM_V_OK)
			assert_ip6(&hdr, &ip6_rows[i], p.len);
		free(p.bytes);
	}
}

static void test_ip6_short(void **state)
{
	uint8_t *ip = exactly((const uint8_t[39]){0x60}, 39);
	struct am_ip_hdr hdr;

	(void)state;
	assert_int_equal(am_ip6_parse(ip, 39, &hdr), AM_V_IP6_SHORT);
	assert_int_equal(am_ip_parse(ip, 39, &hdr), AM_V_IP6_SHORT);
	assert_int_equal(am_ip_parse(ip, 0, &hdr), AM_V_IP4_SHORT);
	free(ip);
}

static void test_addresses_in_place(void **state)
{
	const uint8_t ip[40] = {0};

	(void)state;
	assert_ptr_equal(am_ip_src(ip, AM_IPV4), ip + 12);
	assert_ptr_equal(am_ip_dst(ip, AM_IPV4), ip + 16);
	assert_ptr_equal(am_ip_src(ip, AM_IPV6), ip + 8);
	assert_ptr_equal(am_ip_dst(ip, AM_IPV6), ip + 24);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ip4),
		cmocka_unit_test(test_ip4_version_6),
		cmocka_unit_test(test_ip6),
		cmocka_unit_test(test_ip6_short),
		cmocka_unit_test(test_addresses_in_place),
	};

	return cmocka_run_group_tests_name("net/ip", tests, NULL, NULL);
}
