/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "net/flow.h"
#include "net/mss.h"
#include "test_frame.h"

/* The first 12 octets, then data offset and flags, then the rest of the fixed header. */
#define PORTS  "c001 0050 00000001 00000000 "
#define REST   " ffff 0000 0000 "
#define SYN(n) PORTS n "02" REST
#define MSS    "0204 05b4 "

/* mss_at: offset of the MSS value from the TCP header where it is to become 1300; 0: nothing may change. */
struct row {
	struct shape shape;
	uint32_t mss_at;
};

#define TCP4(name, upper)                                                                                    \
	{                                                                                                    \
		name, NULL, AM_IPV4, NULL, 0, 0, AM_PROTO_TCP, upper, 0                                      \
	}
#define TCP6(name, upper)                                                                                    \
	{                                                                                                    \
		name, NULL, AM_IPV6, NULL, 0, 0, AM_PROTO_TCP, upper, 0                                      \
	}

static const struct row rows[] = {
	{TCP4("SYN", SYN("60") MSS), 22},
	{TCP6("SYN, IPv6", SYN("60") MSS), 22},
	{TCP4("SYN/ACK", PORTS "6012" REST MSS), 22},
	{TCP4("with data", SYN("60") MSS "616263"), 22},
	{TCP4("behind others", SYN("a0") "0402 080a 00000001 00000000 0303 07 " MSS "00"), 37},
	{TCP4("at an odd offset", SYN("70") "01" MSS "030307"), 23},
	{TCP4("at an odd offset behind an odd option", SYN("80") "0303 07 " MSS "01 01 01 01 01"), 25},
	{TCP6("at an odd offset, IPv6", SYN("70") "01" MSS "010101"), 23},
	{TCP4("unknown option before", SYN("80") "fe06 01020304" MSS "0000"), 28},
	{TCP4("highest value", SYN("60") "0204 ffff"), 22},
	{TCP4("one above", SYN("60") "0204 0515"), 22},
	{{"padding", NULL, AM_IPV4, NULL, 0, 0, AM_PROTO_TCP, SYN("60") MSS, 2}, 22},
	{{"802.1Q", "81000064", AM_IPV4, NULL, 0, 0, AM_PROTO_TCP, SYN("60") MSS, 0}, 22},
	{{"QinQ", "88a80064 81000065", AM_IPV6, NULL, 0, 0, AM_PROTO_TCP, SYN("60") MSS, 0}, 22},
	{{"old QinQ", "91000064", AM_IPV4, NULL, 0, 0, AM_PROTO_TCP, SYN("60") MSS, 0}, 22},
	{{"IPv4 options", NULL, AM_IPV4, "94040000 01010100", 0, 0, AM_PROTO_TCP, SYN("60") MSS, 0}, 22},
	{{"extension headers", NULL, AM_IPV6, "2b00010400000000 3c00000000000000 0600010400000000", 0, 0,
		 AM_PROTO_TCP, SYN("60") MSS, 0},
		22},
	{{"atomic fragment", NULL, AM_IPV6, "0600000000000007", 44, 0, AM_PROTO_TCP, SYN("60") MSS, 0}, 22},
	{{"first fragment", NULL, AM_IPV4, NULL, 0, 0x2000, AM_PROTO_TCP, SYN("60") MSS, 0}, 22},
	{{"IPv6 first fragment", NULL, AM_IPV6, "0600000100000007", 44, 0, AM_PROTO_TCP, SYN("60") MSS, 0},
		22},

	{TCP4("no options", SYN("50")), 0},
	{TCP4("no MSS", SYN("60") "01010402"), 0},
	{TCP4("lower already", SYN("60") "0204 0200"), 0},
	{TCP4("just so", SYN("60") "0204 0514"), 0},
	{TCP4("not a SYN", PORTS "6010" REST MSS), 0},
	{TCP4("data that looks like it", SYN("50") MSS), 0},
	{TCP4("behind the end", SYN("70") "00 010101" MSS), 0},
	{TCP4("inside another option", SYN("70") "fe08 0204 05b4 0204"), 0},
	{TCP4("length 3", SYN("60") "0203 05b4"), 0},
	{TCP4("length 0", SYN("70") "fe00 0101" MSS), 0},
	{TCP4("length 1", SYN("70") "fe01 0101" MSS), 0},
	{TCP4("option past the header", SYN("60") "0101 0204"
						  "05b4"),
		0},
	{TCP4("kind without length", SYN("60") "010101 02"
					       "0405b4"),
		0},
	{TCP4("data offset 4", SYN("40") MSS), 0},
	{TCP4("data offset past the packet", SYN("70") MSS), 0},
	{TCP4("ports that look like an option", "0204 05b4 00000001 00000000 5002" REST), 0},
	{{"later fragment", NULL, AM_IPV4, NULL, 0, 0x0001, AM_PROTO_TCP, SYN("60") MSS, 0}, 0},
	{{"IPv6 later fragment", NULL, AM_IPV6, "0600000800000007", 44, 0, AM_PROTO_TCP, SYN("60") MSS, 0},
		0},
	{{"9 extension headers", NULL, AM_IPV6,
		 "3c00010400000000 3c00010400000000 3c00010400000000 3c00010400000000 3c00010400000000"
		 "3c00010400000000 3c00010400000000 3c00010400000000 0600010400000000",
		 60, 0, AM_PROTO_TCP, SYN("60") MSS, 0},
		0},
	{{"UDP", NULL, AM_IPV4, NULL, 0, 0, AM_PROTO_UDP, SYN("60") MSS, 0}, 0},
};

static void check(const struct row *row, bool as_frame)
{
	struct frame f = frame_of(&row->shape, false);
	uint8_t *before = exactly(f.bytes, f.len);
	bool changed;

	if (as_frame)
		changed = am_mss_clamp_frame(f.bytes, f.len, 1300, 1300);
	else
		changed = am_mss_clamp_ip(f.bytes + f.ip_at, f.len - f.ip_at, 1300, 1300);
	assert_int_equal(changed, row->mss_at != 0);
	if (changed) {
		assert_int_equal(am_load16(f.bytes + f.upper_at + row->mss_at), 1300);
		assert_true(frame_is_right(&f));
		memcpy(before + f.upper_at + row->mss_at, f.bytes + f.upper_at + row->mss_at, 2);
		memcpy(before + f.csum_at, f.bytes + f.csum_at, 2);
	}
	assert_memory_equal(f.bytes, before, f.len);
	free(before);
	free(f.bytes);
}

static void test_clamp(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		print_message("%s\n", rows[i].shape.name);
		check(&rows[i], true);
		check(&rows[i], false);
	}
}

static void test_every_option_is_lowered(void **state)
{
	const struct shape twice = TCP4("", SYN("80") MSS "01" MSS "010101");
	struct frame f = frame_of(&twice, false);

	(void)state;
	assert_true(am_mss_clamp_frame(f.bytes, f.len, 1300, 0));
	assert_int_equal(am_load16(f.bytes + f.upper_at + 22), 1300);
	assert_int_equal(am_load16(f.bytes + f.upper_at + 27), 1300);
	assert_true(frame_is_right(&f));
	free(f.bytes);
}

static void test_families_apart(void **state)
{
	const struct shape four = TCP4("", SYN("60") MSS), six = TCP6("", SYN("60") MSS);
	struct frame f4 = frame_of(&four, false), f6 = frame_of(&six, false);

	(void)state;
	assert_false(am_mss_clamp_frame(f4.bytes, f4.len, 0, 1200));
	assert_false(am_mss_clamp_frame(f6.bytes, f6.len, 1200, 0));
	assert_true(am_mss_clamp_frame(f4.bytes, f4.len, 1250, 1200));
	assert_true(am_mss_clamp_frame(f6.bytes, f6.len, 1250, 1200));
	assert_int_equal(am_load16(f4.bytes + f4.upper_at + 22), 1250);
	assert_int_equal(am_load16(f6.bytes + f6.upper_at + 22), 1200);
	free(f4.bytes);
	free(f6.bytes);
}

/* Every old and new value leaves a checksum that adds up, in both positions. */
static void test_checksum_of_many_values(void **state)
{
	const struct shape shapes[] = {
		TCP4("", SYN("70") MSS "01010101"), TCP4("", SYN("70") "01" MSS "010101")};

	(void)state;
	for (unsigned s = 0; s < 2; s++) {
		for (uint32_t old = 0; old < 0x10000; old += 251) {
			for (uint32_t mss = 1; mss < 0x10000; mss += 1021) {
				struct frame f = frame_of(&shapes[s], false);
				uint16_t csum = 0;

				am_store16(f.bytes + f.upper_at + 22 + s, (uint16_t)old);
				memcpy(f.bytes + f.csum_at, &csum, 2);
				csum = am_csum_finish(
					am_csum_add(f.bytes + f.upper_at, f.upper_len, f.pseudo));
				memcpy(f.bytes + f.csum_at, &csum, 2);
				assert_int_equal(
					am_mss_clamp_frame(f.bytes, f.len, (uint16_t)mss, 0), old > mss);
				assert_true(frame_is_right(&f));
				free(f.bytes);
			}
		}
	}
}

static void test_truncated(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct frame f = frame_of(&rows[i].shape, false);

		for (uint32_t len = 0; len < f.len - rows[i].shape.padding; len++) {
			uint8_t *cut = exactly(f.bytes, len);

			assert_false(am_mss_clamp_frame(cut, len, 1300, 1300));
			assert_memory_equal(cut, f.bytes, len);
			free(cut);
		}
		free(f.bytes);
	}
}

/* What is not looked at closely has nothing to clamp, whatever single bit of a frame is another. */
/* A glance at a packet with a header that is right never spares one that would be changed. */
static bool spares(const uint8_t *ip, uint32_t len)
{
	struct am_ip_hdr hdr;
	uint8_t *packet;
	bool may;

	if (am_ip_parse(ip, len, &hdr) != AM_V_OK)
		return false;
	packet = exactly(ip, len);
	may = am_mss_may_clamp_ip(packet, len, hdr.family);
	assert_true(may || !am_mss_clamp_ip(packet, len, 1300, 1300));
	free(packet);
	return !may;
}

static void test_glance(void **state)
{
	unsigned spared = 0, packets = 0;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct frame f = frame_of(&rows[i].shape, false);

		for (uint32_t bit = 0; bit < 8 * f.len; bit++) {
			uint8_t *frame = exactly(f.bytes, f.len);
			struct am_ether eth;
			struct am_flow flow;
			bool may;

			frame[bit / 8] ^= (uint8_t)(1 << bit % 8);
			assert_int_equal(am_ether_parse(frame, f.len, &eth), AM_V_OK);
			packets += spares(frame + eth.len, f.len - eth.len);
			may = am_mss_may_clamp(frame, f.len, &eth);
			assert_true(may || !am_mss_clamp_frame(frame, f.len, 1300, 1300));
			spared += !may;
			if (am_flow_of_usual(frame, f.len, &flow))
				assert_true(am_mss_may_clamp_usual(frame, f.len) ||
					    !am_mss_clamp_frame(frame, f.len, 1300, 1300));
			free(frame);
		}
		free(f.bytes);
	}
	assert_true(spared > 500);
	assert_true(packets > 500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clamp),
		cmocka_unit_test(test_every_option_is_lowered),
		cmocka_unit_test(test_families_apart),
		cmocka_unit_test(test_checksum_of_many_values),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_glance),
	};

	return cmocka_run_group_tests_name("net/mss", tests, NULL, NULL);
}
