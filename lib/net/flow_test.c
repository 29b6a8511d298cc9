/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "net/flow.h"
#include "test_frame.h"

#define UDP "c001 12b5 000c 0000 01020304"

static const struct shape udp4 = {"", NULL, AM_IPV4, NULL, 0, 0, AM_PROTO_UDP, UDP, 0};
static const struct shape udp6 = {"", NULL, AM_IPV6, NULL, 0, 0, AM_PROTO_UDP, UDP, 0};
static const struct shape tagged6 = {"", "81000002", AM_IPV6, NULL, 0, 0, AM_PROTO_UDP, UDP, 0};

static uint32_t hash_of(const struct shape *s)
{
	struct frame f = frame_of(s, false);
	uint32_t hash = am_flow_hash_frame(f.bytes, f.len);

	assert_int_equal(am_flow_hash_ip(f.bytes + f.ip_at, f.len - f.ip_at), hash);
	free(f.bytes);
	return hash;
}

/* One flow: what else changes in the packet does not matter. */
static void test_same_flow(void **state)
{
	static const struct shape same4[] = {
		{"other data", NULL, AM_IPV4, NULL, 0, 0, AM_PROTO_UDP, "c001 12b5 000a 0000 ffff", 0},
		{"padding", NULL, AM_IPV4, NULL, 0, 0, AM_PROTO_UDP, UDP, 5},
		{"tags", "88a80001 81000002", AM_IPV4, NULL, 0, 0, AM_PROTO_UDP, UDP, 0},
		{"options", NULL, AM_IPV4, "01010100", 0, 0, AM_PROTO_UDP, UDP, 0},
		{"DF", NULL, AM_IPV4, NULL, 0, 0x4000, AM_PROTO_UDP, UDP, 0},
	};
	static const struct shape same6[] = {
		{"options", NULL, AM_IPV6, "1100010400000000", 60, 0, AM_PROTO_UDP, UDP, 0},
		{"atomic fragment", NULL, AM_IPV6, "1100000000000007", 44, 0, AM_PROTO_UDP, UDP, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof same4 / sizeof *same4; i++)
		assert_int_equal(hash_of(&same4[i]), hash_of(&udp4));
	for (size_t i = 0; i < sizeof same6 / sizeof *same6; i++)
		assert_int_equal(hash_of(&same6[i]), hash_of(&udp6));
}

static void test_fragments_go_one_way(void **state)
{
	static const struct shape first4 = {
		"", NULL, AM_IPV4, NULL, 0, 0x2000, AM_PROTO_UDP, UDP "05060708", 0};
	static const struct shape later4 = {
		"", NULL, AM_IPV4, NULL, 0, 0x0002, AM_PROTO_UDP, "ffff 1111 22", 0};
	static const struct shape other4 = {
		"", NULL, AM_IPV4, NULL, 0, 0x0002, AM_PROTO_TCP, "ffff 1111 22", 0};
	static const struct shape first6 = {"", NULL, AM_IPV6, "3c00000100000007 1100010400000000", 44, 0,
		AM_PROTO_UDP, UDP "05060708", 0};
	static const struct shape other6 = {
		"", NULL, AM_IPV6, "1100001800000007", 44, 0, AM_PROTO_UDP, "ffff 1111 22", 0};
	static const struct shape later6 = {
		"", NULL, AM_IPV6, "3c00001800000007", 44, 0, AM_PROTO_UDP, "ffff 1111 22", 0};

	(void)state;
	assert_int_equal(hash_of(&first4), hash_of(&later4));
	assert_int_not_equal(hash_of(&other4), hash_of(&later4));
	assert_int_equal(hash_of(&first6), hash_of(&later6));
	assert_int_not_equal(hash_of(&other6), hash_of(&later6));
}

/* Each bit of addresses, protocol and ports changes the hash, and nothing else of the IPv4 header does. */
static void test_what_counts(void **state)
{
	struct frame f4 = frame_of(&udp4, false), f6 = frame_of(&udp6, false);
	uint32_t hash4 = am_flow_hash_frame(f4.bytes, f4.len), hash6 = am_flow_hash_frame(f6.bytes, f6.len);

	(void)state;
	for (unsigned bit = 0; bit < 12 * 8; bit++) {
		uint8_t *octet = f4.bytes + f4.ip_at + 12 + bit / 8;

		*octet ^= 1 << bit % 8;
		assert_int_not_equal(am_flow_hash_frame(f4.bytes, f4.len), hash4);
		*octet ^= 1 << bit % 8;
	}
	for (unsigned bit = 0; bit < 36 * 8; bit++) {
		uint8_t *octet = f6.bytes + f6.ip_at + 8 + bit / 8;

		*octet ^= 1 << bit % 8;
		assert_int_not_equal(am_flow_hash_frame(f6.bytes, f6.len), hash6);
		*octet ^= 1 << bit % 8;
	}
	f4.bytes[f4.ip_at + 1] ^= 0xff; /* DSCP and ECN */
	f4.bytes[f4.ip_at + 4] ^= 0xff; /* identification */
	f4.bytes[f4.ip_at + 8] ^= 0xff; /* TTL */
	f4.bytes[0] ^= 0x10;            /* MAC */
	assert_int_equal(am_flow_hash_frame(f4.bytes, f4.len), hash4);
	f4.bytes[f4.ip_at + 9] = AM_PROTO_TCP;
	assert_int_not_equal(am_flow_hash_frame(f4.bytes, f4.len), hash4);
	free(f4.bytes);
	free(f6.bytes);
}

static void test_no_ip(void **state)
{
	struct packet arp = packet_of("ffffffffffff 020000000002 0806 0001"),
		      other = packet_of("ffffffffffff 020000000003 0806 0001");
	struct packet cut = packet_of("020000000001 020000000002 0800 45");

	(void)state;
	assert_int_not_equal(
		am_flow_hash_frame(arp.bytes, arp.len), am_flow_hash_frame(other.bytes, other.len));
	assert_int_equal(am_flow_hash_frame(arp.bytes, arp.len), am_flow_hash_frame(arp.bytes, 14));
	assert_int_not_equal(am_flow_hash_frame(cut.bytes, cut.len), 0);
	assert_int_equal(am_flow_hash_frame(cut.bytes, 13), 0);
	assert_int_equal(am_flow_hash_ip(cut.bytes + 14, 1), 0);
	free(arp.bytes);
	free(other.bytes);
	free(cut.bytes);
}

/* Where the short way has something to say, it says what the long one does. Returns whether it had. */
static bool expect_same(const struct frame *f, uint32_t len)
{
	uint32_t total = am_load16(f->bytes + AM_ETH_LEN + 2);
	struct am_flow flow;

	if (!am_flow_of_usual(f->bytes, len, &flow))
		return false;
	assert_int_equal(flow.hash, am_flow_hash_frame(f->bytes, len));
	/* The long way does not understand a packet whose length lies; nobody asks it then. */
	if (total >= AM_IP4_LEN + 4 && total <= len - AM_ETH_LEN)
		assert_int_equal(flow.hash, am_flow_hash_ip(f->bytes + AM_ETH_LEN, len - AM_ETH_LEN));
	assert_int_equal(flow.tos, f->bytes[f->ip_at + 1]);
	return true;
}

static void test_short_way(void **state)
{
	static const struct shape tagged = {"", "81000002", AM_IPV4, NULL, 0, 0, AM_PROTO_UDP, UDP, 0};
	struct frame f = frame_of(&udp4, false),
		     others[] = {frame_of(&tagged, false), frame_of(&udp6, false)};
	unsigned usual = 0;

	(void)state;
	assert_true(expect_same(&f, f.len));
	for (uint32_t len = 0; len < f.len; len++)
		expect_same(&f, len);
	for (uint32_t bit = 0; bit < 8 * f.len; bit++) {
		f.bytes[bit / 8] ^= 1 << bit % 8;
		usual += expect_same(&f, f.len);
		f.bytes[bit / 8] ^= 1 << bit % 8;
	}
	assert_true(usual > 100); /* MAC and IP addresses at least */
	for (size_t i = 0; i < 2; i++) {
		assert_false(expect_same(&others[i], others[i].len));
		free(others[i].bytes);
	}
	free(f.bytes);
}

/* Whether it is found the short way or the long: the same of a frame as of its packet, where that says the truth about its length. */
static void test_short_way6(void **state)
{
	struct frame f = frame_of(&udp6, false), tagged = frame_of(&tagged6, false);
	uint32_t hash = am_flow_hash_frame(f.bytes, f.len);
	struct am_flow flow;
	unsigned usual = 0;

	(void)state;
	for (uint32_t len = 0; len < f.len; len++)
		assert_int_equal(am_flow_of_frame(f.bytes, len).hash, am_flow_hash_frame(f.bytes, len));
	for (uint32_t bit = 0; bit < 8 * f.len; bit++) {
		f.bytes[bit / 8] ^= 1 << bit % 8;
		usual += am_flow_of_usual6(f.bytes, f.len, &flow);
		if (am_flow_of_usual6(f.bytes, f.len, &flow) &&
			am_load16(f.bytes + f.ip_at + 4) == f.len - f.ip_at - AM_IP6_LEN) {
			assert_int_equal(flow.hash, am_flow_hash_ip(f.bytes + f.ip_at, f.len - f.ip_at));
			assert_int_equal(flow.tos, am_load16(f.bytes + f.ip_at) >> 4 & 0xff);
			assert_int_equal(flow.hash, am_flow_hash_frame(f.bytes, f.len));
		}
		f.bytes[bit / 8] ^= 1 << bit % 8;
	}
	assert_true(usual > 300);
	assert_false(am_flow_of_usual6(tagged.bytes, tagged.len, &flow));
	assert_int_equal(am_flow_hash_frame(tagged.bytes, tagged.len), hash);
	free(tagged.bytes);
	free(f.bytes);
}

/* DSCP and ECN of what is no usual frame. */
static void test_tos(void **state)
{
	static const struct shape options = {"", "81000002", AM_IPV4, "01010100", 0, 0, AM_PROTO_UDP, UDP, 0};
	struct frame four = frame_of(&options, false), six = frame_of(&tagged6, false);
	static const struct shape foreign = {"", "91000002", AM_IPV4, NULL, 0, 0, AM_PROTO_UDP, UDP, 0};
	uint8_t arp[60] = {[12] = 0x08, 0x06, 0x60, 0xff};
	struct frame old = frame_of(&foreign, false);

	(void)state;
	four.bytes[four.ip_at + 1] = 0xb9;
	six.bytes[six.ip_at] = 0x6b;
	six.bytes[six.ip_at + 1] = 0x9f;
	assert_int_equal(am_flow_of_frame(four.bytes, four.len).tos, 0xb9);
	assert_int_equal(am_flow_of_frame(six.bytes, six.len).tos, 0xb9);
	assert_int_equal(am_flow_of_frame(arp, sizeof arp).tos, 0);
	old.bytes[old.ip_at + 1] = 0xb9;
	assert_int_equal(am_flow_of_frame(old.bytes, old.len).tos,
		0); /* nobody looks behind that tag at the far end */
	free(old.bytes);
	assert_int_equal(am_flow_of_frame(four.bytes, four.ip_at + 1).tos, 0);
	free(four.bytes);
	free(six.bytes);
}

/* VXLAN takes its source port from the top, a stripe from the bottom: neighbouring flows spread in both. */
static void test_spreads(void **state)
{
	enum { FLOWS = 1 << 14, BUCKETS = 256 };
	struct frame f = frame_of(&udp4, false);
	uint32_t low[BUCKETS] = {0}, high[BUCKETS] = {0};

	(void)state;
	for (unsigned i = 0; i < FLOWS; i++) {
		uint32_t hash;

		am_store16(f.bytes + f.upper_at, (uint16_t)(32768 + i));
		hash = am_flow_hash_frame(f.bytes, f.len);
		low[hash % BUCKETS]++;
		high[hash >> 24]++;
	}
	for (unsigned i = 0; i < BUCKETS; i++) {
		assert_in_range(low[i], 16, 160); /* 64 expected */
		assert_in_range(high[i], 16, 160);
	}
	free(f.bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_flow),
		cmocka_unit_test(test_fragments_go_one_way),
		cmocka_unit_test(test_what_counts),
		cmocka_unit_test(test_no_ip),
		cmocka_unit_test(test_short_way),
		cmocka_unit_test(test_short_way6),
		cmocka_unit_test(test_tos),
		cmocka_unit_test(test_spreads),
	};

	return cmocka_run_group_tests_name("net/flow", tests, NULL, NULL);
}
