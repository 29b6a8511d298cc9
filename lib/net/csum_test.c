/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "net/csum.h"
#include "test_frame.h"

/* RFC 1071 3: 0001 f203 f4f5 f6f7 add up to ddf2. */
static void test_rfc1071(void **state)
{
	const uint8_t bytes[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
	uint16_t sum = am_csum_fold(am_csum_add(bytes, sizeof bytes, 0));

	(void)state;
	assert_memory_equal(&sum, "\xdd\xf2", 2);
	sum = am_csum_finish(am_csum_add(bytes, sizeof bytes, 0));
	assert_memory_equal(&sum, "\x22\x0d", 2);
}

/* RFC 1624 4: DD2F with 5555 becoming 3285 is 0000 by equation 3, and the older equation's FFFF is wrong. */
static void test_rfc1624(void **state)
{
	(void)state;
	assert_int_equal(am_csum_update(0xdd2f, 0x5555, 0x3285), 0x0000);
}

/* Octet by octet, as RFC 1071 tells it. */
static uint16_t plain_sum(const uint8_t *bytes, uint32_t len)
{
	uint32_t sum = 0;
	uint16_t stored;

	for (uint32_t i = 0; i < len; i++)
		sum += i & 1 ? bytes[i] : (uint32_t)bytes[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	stored = __builtin_bswap16((uint16_t)sum);
	return stored;
}

static void assert_all_lengths(const uint8_t *pattern, uint32_t max)
{
	for (uint32_t len = 0; len <= max; len++) {
		uint8_t *bytes = exactly(pattern, len);

		assert_int_equal(am_csum_fold(am_csum_add(bytes, len, 0)), plain_sum(bytes, len));
		free(bytes);
	}
}

static void test_every_length(void **state)
{
	uint8_t bytes[700];

	(void)state;
	memset(bytes, 0xff, sizeof bytes);
	assert_all_lengths(bytes, sizeof bytes);
	for (unsigned i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)(i * 167 + (i >> 3));
	assert_all_lengths(bytes, sizeof bytes);
}

static void test_every_alignment(void **state)
{
	uint8_t bytes[400];

	(void)state;
	for (unsigned i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)(i * 91 + 3);
	for (uint32_t at = 0; at < 64; at++)
		assert_int_equal(am_csum_fold(am_csum_add(bytes + at, 333, 0)), plain_sum(bytes + at, 333));
}

static void test_longest(void **state)
{
	uint8_t *bytes = malloc(65535);

	(void)state;
	memset(bytes, 0xff, 65535);
	assert_int_equal(am_csum_fold(am_csum_add(bytes, 65535, 0)), plain_sum(bytes, 65535));
	free(bytes);
}

/* A sum goes on where another ended, and no carry is lost from the fullest sum there is. */
static void test_sums_continue(void **state)
{
	uint8_t bytes[300];
	uint64_t sum = 0;

	(void)state;
	for (unsigned i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)(i * 31 + 7);
	for (uint32_t at = 0; at < sizeof bytes; at += 20)
		sum = am_csum_add(bytes + at, 20, sum);
	assert_int_equal(am_csum_fold(sum), plain_sum(bytes, sizeof bytes));
	assert_int_equal(am_csum_fold(am_csum_add(bytes, 0, UINT64_MAX)), 0xffff);
	assert_int_equal(am_csum_fold(am_csum_add(bytes, 300, UINT64_MAX)), plain_sum(bytes, 300));
}

static void test_update_is_a_fresh_sum(void **state)
{
	uint8_t bytes[8] = {0x12, 0x34, 0, 0, 0xff, 0xff, 0x80, 0x01};
	uint16_t before, after;

	(void)state;
	for (uint32_t value = 0; value < 0x10000; value += 7) {
		am_store16(bytes + 2, 0xbeef);
		before = __builtin_bswap16(am_csum_finish(am_csum_add(bytes, sizeof bytes, 0)));
		am_store16(bytes + 2, (uint16_t)value);
		after = __builtin_bswap16(am_csum_finish(am_csum_add(bytes, sizeof bytes, 0)));
		assert_int_equal(am_csum_update(before, 0xbeef, (uint16_t)value), after);
	}
}

/* c0000201 to c6336407, UDP, 9 octets: c000+0201+c633+6407+0011+0009 is 1ec55. */
static void test_pseudo4(void **state)
{
	const uint8_t src[] = {192, 0, 2, 1}, dst[] = {198, 51, 100, 7};
	uint16_t sum = am_csum_fold(am_csum_pseudo(AM_IPV4, src, dst, AM_PROTO_UDP, 9));

	(void)state;
	assert_memory_equal(&sum, "\xec\x56", 2);
}

/* RFC 8200 8.1: a length of 32 bits and the upper-layer protocol, not the Next Header field's value. */
static void test_pseudo6(void **state)
{
	const uint8_t src[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 1},
		      dst[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 2};
	uint16_t sum = am_csum_fold(am_csum_pseudo(AM_IPV6, src, dst, AM_PROTO_TCP, 0x10014));

	(void)state;
	/* 2001 0db8 0001 2001 0db8 0002 0001 0014 0006 */
	assert_memory_equal(&sum, "\x5b\x90", 2);
}

/* What its field would have to be by the general functions, whatever stands there. */
static bool ip4_is_right(const uint8_t *ip)
{
	return am_csum_fold(am_csum_add(ip, 20, 0)) == 0xffff;
}

/* The header as it is, with the right checksum, and with each single bit of that wrong. */
static void check_ip4(uint8_t ip[20])
{
	uint8_t *copy = exactly(ip, 20);
	uint16_t csum;

	assert_int_equal(am_csum_ip4_is_right(copy), ip4_is_right(copy));
	memset(copy + 10, 0, 2);
	csum = am_csum_finish(am_csum_add(copy, 20, 0));
	memcpy(copy + 10, &csum, 2);
	assert_int_equal(am_csum_ip4_is_right(copy), ip4_is_right(copy));
	for (unsigned bit = 0; bit < 160; bit++) {
		copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(am_csum_ip4_is_right(copy), ip4_is_right(copy));
		copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	free(copy);
}

/* All zeroes have no right sum: a header that says nothing of itself is not accepted for it. */
static void test_ip4_extremes(void **state)
{
	uint8_t ip[20] = {0};

	(void)state;
	assert_false(am_csum_ip4_is_right(ip));
	check_ip4(ip);
	memset(ip, 0xff, sizeof ip);
	assert_true(am_csum_ip4_is_right(ip));
	check_ip4(ip);
	/* Runs of ff: a carry out of each of the words that are added, alone and together. */
	for (unsigned from = 0; from < sizeof ip; from++) {
		for (unsigned to = from + 1; to <= sizeof ip; to++) {
			memset(ip, 0, sizeof ip);
			memset(ip + from, 0xff, to - from);
			check_ip4(ip);
			ip[19] ^= 1;
			check_ip4(ip);
			ip[0] ^= 0x80;
			check_ip4(ip);
		}
	}
}

static uint64_t draw(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

/* Octets of 00 and ff among random ones, so that sums are near where they carry. */
static void test_ip4_random(void **state)
{
	uint64_t x = 88172645463325252ull;
	uint8_t ip[20];

	(void)state;
	for (unsigned n = 0; n < 20000; n++) {
		for (unsigned i = 0; i < sizeof ip; i++) {
			uint64_t r = draw(&x);

			ip[i] = r % 3 == 0 ? 0xff : r % 3 == 1 ? 0 : (uint8_t)(r >> 8);
		}
		check_ip4(ip);
	}
}

/* Of every sum of 16 bits and a carry, of those around each power of two, and of random ones. */
static void test_finish32(void **state)
{
	uint64_t x = 362436069;

	(void)state;
	for (uint32_t sum = 0; sum < 0x40000; sum++) {
		assert_int_equal(am_csum_finish32(sum), am_csum_finish(sum));
		assert_int_equal(am_csum_finish32(~sum), am_csum_finish(~sum));
	}
	for (unsigned bit = 0; bit < 32; bit++)
		for (uint32_t near = 0; near < 9; near++)
			assert_int_equal(am_csum_finish32((1u << bit) + near - 4),
				am_csum_finish((uint32_t)((1u << bit) + near - 4)));
	for (unsigned n = 0; n < 1000000; n++) {
		uint32_t sum = (uint32_t)draw(&x);

		assert_int_equal(am_csum_finish32(sum), am_csum_finish(sum));
	}
}

#define TCP   "c001 0050 00000001 00000000 5002 ffff 0000 0000 "
#define UDP11 "c001 0035 000b 0000 616263"

static const struct shape to_finish[] = {
	{"TCP, IPv4", NULL, AM_IPV4, NULL, 0, 0, AM_PROTO_TCP, TCP "010203", 0},
	{"TCP, IPv6", NULL, AM_IPV6, NULL, 0, 0, AM_PROTO_TCP, TCP, 0},
	{"UDP, IPv4", NULL, AM_IPV4, NULL, 0, 0, AM_PROTO_UDP, UDP11, 0},
	{"UDP, IPv6", NULL, AM_IPV6, NULL, 0, 0, AM_PROTO_UDP, UDP11, 0},
	{"padding, TCP", NULL, AM_IPV4, NULL, 0, 0, AM_PROTO_TCP, TCP, 6},
	{"padding, UDP, IPv6", NULL, AM_IPV6, NULL, 0, 0, AM_PROTO_UDP, UDP11, 9},
	{"IPv4 options", NULL, AM_IPV4, "94040000 01010100", 0, 0, AM_PROTO_TCP, TCP, 0},
	{"DF", NULL, AM_IPV4, NULL, 0, 0x4000, AM_PROTO_TCP, TCP, 0},
	{"802.1Q", "81000064", AM_IPV4, NULL, 0, 0, AM_PROTO_TCP, TCP, 0},
	{"QinQ", "88a80064 81000065", AM_IPV6, NULL, 0, 0, AM_PROTO_UDP, UDP11, 0},
	{"old QinQ", "91000064 81000065", AM_IPV4, NULL, 0, 0, AM_PROTO_TCP, TCP, 0},
	{"Hop-by-Hop and options", NULL, AM_IPV6, "3c00010400000000 0600010400000000", 0, 0, AM_PROTO_TCP,
		TCP, 0},
	{"atomic fragment", NULL, AM_IPV6, "1100000000000007", 44, 0, AM_PROTO_UDP, UDP11, 0},
};

static void test_complete(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof to_finish / sizeof *to_finish; i++) {
		struct frame f = frame_of(&to_finish[i], true), right = frame_of(&to_finish[i], false);

		print_message("%s\n", to_finish[i].name);
		assert_false(frame_is_right(&f));
		assert_true(am_csum_complete(f.bytes, f.len));
		assert_memory_equal(f.bytes, right.bytes, f.len);
		assert_false(am_csum_complete(f.bytes, f.len));
		assert_memory_equal(f.bytes, right.bytes, f.len);
		free(f.bytes);
		free(right.bytes);
	}
}

static const struct shape to_leave[] = {
	{"ICMP", NULL, AM_IPV4, NULL, 0, 0, AM_PROTO_ICMP, "0800 0000 0001 0001 0000000000000000", 0},
	{"first fragment", NULL, AM_IPV4, NULL, 0, 0x2000, AM_PROTO_TCP, TCP "01020304", 0},
	{"later fragment", NULL, AM_IPV4, NULL, 0, 0x0002, AM_PROTO_TCP, TCP, 0},
	{"IPv6 first fragment", NULL, AM_IPV6, "0600000100000007", 44, 0, AM_PROTO_TCP, TCP "01020304", 0},
	{"IPv6 later fragment", NULL, AM_IPV6, "0600001000000007", 44, 0, AM_PROTO_TCP, TCP, 0},
	{"TCP cut", NULL, AM_IPV4, NULL, 0, 0, AM_PROTO_TCP, "c001 0050 00000001 00000000 5002 ffff 0000 00",
		0},
	{"UDP cut", NULL, AM_IPV4, NULL, 0, 0, AM_PROTO_UDP, "c001 0035 0008 00", 0},
	{"UDP length disagrees", NULL, AM_IPV4, NULL, 0, 0, AM_PROTO_UDP, "c001 0035 000a 0000 616263", 0},
	{"four tags", "81000001 81000002 81000003 81000004", AM_IPV4, NULL, 0, 0, AM_PROTO_TCP, TCP, 0},
};

static void test_complete_leaves_alone(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof to_leave / sizeof *to_leave; i++) {
		struct frame f = frame_of(&to_leave[i], true);
		uint8_t *before = exactly(f.bytes, f.len);

		print_message("%s\n", to_leave[i].name);
		assert_false(am_csum_complete(f.bytes, f.len));
		assert_memory_equal(f.bytes, before, f.len);
		free(before);
		free(f.bytes);
	}
}

/* A truncated packet is never touched, wherever it ends. */
static void test_complete_truncated(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof to_finish / sizeof *to_finish; i++) {
		struct frame f = frame_of(&to_finish[i], true);

		for (uint32_t len = 0; len < f.len - to_finish[i].padding; len++) {
			uint8_t *cut = exactly(f.bytes, len);

			assert_false(am_csum_complete(cut, len));
			assert_memory_equal(cut, f.bytes, len);
			free(cut);
		}
		free(f.bytes);
	}
}

/* A UDP sum that comes out as zero is stored as ffff: zero would say that there is none (RFC 768). */
static void test_complete_udp_zero(void **state)
{
	struct shape s = {"", NULL, AM_IPV4, NULL, 0, 0, AM_PROTO_UDP, "c001 0035 000a 0000 0000", 0};
	struct frame f = frame_of(&s, true);
	uint16_t field = am_csum_fold(f.pseudo), filler;

	(void)state;
	memset(f.bytes + f.csum_at, 0, 2);
	filler = am_csum_finish(am_csum_add(f.bytes + f.upper_at, f.upper_len, f.pseudo));
	memcpy(f.bytes + f.upper_at + 8, &filler, 2);
	memcpy(f.bytes + f.csum_at, &field, 2);
	assert_true(am_csum_complete(f.bytes, f.len));
	assert_int_equal(am_load16(f.bytes + f.csum_at), 0xffff);
	free(f.bytes);
}

static void test_multiples_are_told_without_division(void **state)
{
	const uint64_t some[] = {
		0, 1, 2, 65537, UINT32_MAX / 65535, UINT64_MAX / 65535 - 1, UINT64_MAX / 65535};

	(void)state;
	for (unsigned i = 0; i < sizeof some / sizeof *some; i++) {
		uint64_t multiple = some[i] * 65535;

		assert_true(am_csum_is_multiple(multiple));
		for (uint64_t more = 1; more < 65535; more += 257)
			assert_int_equal(
				am_csum_is_multiple(multiple + more), (multiple + more) % 65535 == 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rfc1071),
		cmocka_unit_test(test_rfc1624),
		cmocka_unit_test(test_every_length),
		cmocka_unit_test(test_every_alignment),
		cmocka_unit_test(test_longest),
		cmocka_unit_test(test_sums_continue),
		cmocka_unit_test(test_update_is_a_fresh_sum),
		cmocka_unit_test(test_ip4_extremes),
		cmocka_unit_test(test_ip4_random),
		cmocka_unit_test(test_finish32),
		cmocka_unit_test(test_multiples_are_told_without_division),
		cmocka_unit_test(test_pseudo4),
		cmocka_unit_test(test_pseudo6),
		cmocka_unit_test(test_complete),
		cmocka_unit_test(test_complete_leaves_alone),
		cmocka_unit_test(test_complete_truncated),
		cmocka_unit_test(test_complete_udp_zero),
	};

	return cmocka_run_group_tests_name("net/csum", tests, NULL, NULL);
}
