/* SPDX-License-Identifier: BSD-3-Clause */
/* Header strings: their bytes, their arithmetic, and what is refused. lib/pkt/encap_test.c tests them with packets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "net/encap.h"
#include "test_hex.h"

static struct am_ip address(uint8_t family, uint8_t last)
{
	struct am_ip ip = {.family = family};

	if (family == AM_IPV4) {
		memcpy(ip.bytes, (uint8_t[]){192, 0, 2, last}, 4);
	} else {
		memcpy(ip.bytes, (uint8_t[]){0x20, 0x01, 0x0d, 0xb8}, 4);
		ip.bytes[15] = last;
	}
	return ip;
}

static struct am_encap_spec make_spec(enum am_tunnel_kind kind, uint8_t outer, uint8_t vxlan)
{
	struct am_encap_spec s = {
		.link_src = {2, 0, 0, 0, 0, 1},
		.link_dst = {2, 0, 0, 0, 0, 2},
		.kind = kind,
		.ttl = 64,
		.split = AM_SPLIT_FLOOR,
		.path_mtu = 1500,
		.mtu = 2400,
		.inner_src = {2, 0, 0, 0, 1, 1},
		.inner_dst = {2, 0, 0, 0, 1, 2},
	};

	if (kind != AM_TUNNEL_NONE) {
		s.local = address(outer, 1);
		s.remote = address(outer, 2);
	}
	if (vxlan) {
		s.vxlan = true;
		s.vtep_local = address(vxlan, 11);
		s.vtep_remote = address(vxlan, 12);
		s.vtep_ttl = 63;
		s.vni = 10100;
	}
	return s;
}

static void build(const struct am_encap_spec *spec, struct am_encap *e)
{
	struct am_err err = {""};

	if (am_encap_build(spec, e, &err))
		fail_msg("%s", err.text);
}

static void expect_bytes(const struct am_encap_spec *spec, const char *hex)
{
	struct packet want = packet_of(hex);
	struct am_encap e;

	build(spec, &e);
	assert_int_equal(e.len, want.len);
	assert_memory_equal(am_encap_bytes(&e), want.bytes, want.len);
	free(want.bytes);
}

/* Written by hand from the RFCs; IPv4 checksums for an empty payload. */
static void test_bytes(void **state)
{
	struct am_encap_spec s = make_spec(AM_TUNNEL_ETHERIP, AM_IPV4, 0);

	(void)state;
	expect_bytes(&s, "020000000002 020000000001 0800"
			 "4500 0016 0000 0000 40 61 f683 c0000201 c0000202 3000");
	s = make_spec(AM_TUNNEL_GRETAP, AM_IPV6, 0);
	s.gre_csum = s.gre_has_key = s.gre_seq = true;
	s.gre_key = 7;
	s.dscp = 46;
	s.link_vlan = 100;
	expect_bytes(&s,
		"020000000002 020000000001 8100 0064 86dd"
		"6b800000 0010 2f 40 20010db8000000000000000000000001 20010db8000000000000000000000002"
		"b000 6558 00000000 00000007 00000000");
	s = make_spec(AM_TUNNEL_NONE, 0, AM_IPV4);
	s.split = AM_SPLIT_NONE;
	expect_bytes(&s, "020000000002 020000000001 0800"
			 "4500 0024 0000 0000 3f 11 f7b1 c000020b c000020c"
			 "0000 12b5 0010 0000 08000000 00277400");
}

struct size_row {
	enum am_tunnel_kind kind;
	uint8_t outer, vxlan;
	enum am_split split;
	uint16_t path_mtu;
	uint16_t len, whole_max, first_len, payload_max, whole_payload;
};

static const struct size_row sizes[] = {
	{AM_TUNNEL_GRE, 4, 4, AM_SPLIT_FLOOR, 1500, 74, 1280, 1276, 2364, 1220},
	{AM_TUNNEL_GRE, 6, 6, AM_SPLIT_FLOOR, 1500, 114, 1280, 1280, 2344, 1180},
	{AM_TUNNEL_ETHERIP, 4, 4, AM_SPLIT_FILL, 1500, 86, 1500, 1500, 2364, 1428},
	{AM_TUNNEL_ETHERIP, 6, 6, AM_SPLIT_FILL, 1500, 126, 1500, 1496, 2344, 1388},
	{AM_TUNNEL_ETHERIP, 4, 0, AM_SPLIT_FILL, 1492, 36, 1492, 1492, 2422, 1470},
	{AM_TUNNEL_GRE, 4, 0, AM_SPLIT_FLOOR, 1500, 38, 1280, 1276, 2400, 1256},
	{AM_TUNNEL_NONE, 0, 4, AM_SPLIT_NONE, 1500, 50, 1500, 0, 1464, 1464},
	{AM_TUNNEL_NONE, 0, 6, AM_SPLIT_NONE, 1600, 70, 1600, 0, 1544, 1544},
};

static void test_sizes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		const struct size_row *row = &sizes[i];
		struct am_encap_spec s = make_spec(row->kind, row->outer, row->vxlan);
		struct am_encap e;

		s.split = row->split;
		s.path_mtu = row->path_mtu;
		build(&s, &e);
		assert_int_equal(e.len, row->len);
		assert_int_equal(e.whole_max, row->whole_max);
		assert_int_equal(e.first_len, row->first_len);
		assert_int_equal(e.payload_max, row->payload_max);
		assert_int_equal(am_encap_whole_payload(&e), row->whole_payload);
	}
}

/* The largest mtu that fits by the table of rfc.md: EtherIP with two tags is mtu + 24 octets behind the outer header. */
static void test_largest_mtu(void **state)
{
	static const struct {
		uint16_t path_mtu, v4, v6;
	} rows[] = {{1280, 2516, 2464}, {1400, 2756, 2704}, {1454, 2866, 2806}, {1460, 2880, 2820},
		{1492, 2944, 2884}, {1500, 2960, 2900}};

	(void)state;
	for (size_t i = 0; i < 2 * sizeof rows / sizeof rows[0]; i++) {
		bool v6 = i & 1;
		struct am_encap_spec s = make_spec(AM_TUNNEL_ETHERIP, v6 ? AM_IPV6 : AM_IPV4, 0);
		struct am_encap e;
		struct am_err err;

		s.split = AM_SPLIT_FILL;
		s.path_mtu = rows[i / 2].path_mtu;
		s.mtu = (uint16_t)((v6 ? rows[i / 2].v6 : rows[i / 2].v4) - 24);
		build(&s, &e);
		assert_int_equal(e.payload_max, s.mtu + 22);
		s.mtu++;
		assert_int_equal(am_encap_build(&s, &e, &err), -22);
		assert_non_null(strstr(err.text, "lower \"mtu\" by 1"));
	}
}

/* 2400 with the worst headers is accepted on every path MTU, by either split. */
static void test_default_mtu_always_fits(void **state)
{
	(void)state;
	for (unsigned path_mtu = 1280; path_mtu <= 9000; path_mtu++) {
		for (unsigned i = 0; i < 8; i++) {
			struct am_encap_spec s = make_spec(
				i & 1 ? AM_TUNNEL_ETHERIP : AM_TUNNEL_GRETAP, i & 2 ? AM_IPV6 : AM_IPV4, 0);
			struct am_encap e;

			s.gre_csum = s.gre_has_key = s.gre_seq = true;
			s.split = i & 4 ? AM_SPLIT_FILL : AM_SPLIT_FLOOR;
			s.path_mtu = (uint16_t)path_mtu;
			build(&s, &e);
			assert_int_equal(e.payload_max, 2422);
		}
	}
}

static void expect_refused(struct am_encap_spec s, const char *word)
{
	struct am_err err = {""};
	struct am_encap e;

	assert_int_equal(am_encap_build(&s, &e, &err), -22);
	if (!strstr(err.text, word))
		fail_msg("\"%s\" does not say \"%s\"", err.text, word);
}

static void test_refused(void **state)
{
	struct am_encap_spec good = make_spec(AM_TUNNEL_ETHERIP, AM_IPV4, AM_IPV6), s;

	(void)state;
	s = good, s.kind = AM_TUNNEL_NONE, s.vxlan = false;
	expect_refused(s, "nothing to prepend");
	s = good, s.remote = address(AM_IPV6, 2);
	expect_refused(s, "family");
	s = good, s.local.family = AM_AF_NONE;
	expect_refused(s, "missing");
	s = good, s.vtep_remote = address(AM_IPV4, 2);
	expect_refused(s, "family");
	s = good, s.vni = 1 << 24;
	expect_refused(s, "VNI");
	s = good, s.link_vlan = 4095;
	expect_refused(s, "VLAN");
	s = good, s.mtu = 575;
	expect_refused(s, "575");
	s = good, s.split = AM_SPLIT_FILL, s.path_mtu = 1279;
	expect_refused(s, "1279");
	s = good, s.split = AM_SPLIT_NONE, s.path_mtu = 575;
	expect_refused(s, "575");
	s = make_spec(AM_TUNNEL_ETHERIP, AM_IPV6, 0), s.mtu = 2441;
	expect_refused(s, "2464");
}

static void expect_layers(const struct am_encap_spec *spec, const char *want)
{
	struct am_encap_layer layers[16];
	char text[256] = "";
	struct am_encap e;
	unsigned sum = 0;
	int n = am_encap_layers(spec, layers, 16);

	for (int i = 0; i < n; i++) {
		size_t at = strlen(text);

		snprintf(text + at, sizeof text - at, "%s%s %u", i ? ", " : "", layers[i].name,
			layers[i].octets);
		sum += layers[i].octets;
	}
	assert_string_equal(text, want);
	build(spec, &e);
	assert_int_equal(sum, e.len);
	assert_int_equal(am_encap_layers(spec, layers, 2), 2);
}

static void test_layers(void **state)
{
	struct am_encap_spec s = make_spec(AM_TUNNEL_ETHERIP, AM_IPV6, AM_IPV4);

	(void)state;
	expect_layers(&s, "Ethernet 14, IPv6 40, EtherIP 2, inner Ethernet 14, IPv4 20, UDP 8, VXLAN 8");
	s = make_spec(AM_TUNNEL_GRE, AM_IPV4, 0);
	s.gre_has_key = s.gre_seq = true;
	s.link_vlan = 5;
	expect_layers(&s, "Ethernet 14, 802.1Q tag 4, IPv4 20, GRE 12");
	s = make_spec(AM_TUNNEL_NONE, 0, AM_IPV6);
	s.split = AM_SPLIT_NONE;
	expect_layers(&s, "Ethernet 14, IPv6 40, UDP 8, VXLAN 8");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_largest_mtu),
		cmocka_unit_test(test_default_mtu_always_fits),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_layers),
	};

	return cmocka_run_group_tests_name("net/encap", tests, NULL, NULL);
}
