/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "net/csum.h"
#include "net/ether.h"
#include "net/ip.h"
#include "wire_frame.h"

static const struct wire_probe sent = {
	.trial = 7, .stream = 2, .flow = 513, .sequence = 0xfedcba98, .sent_ns = 0xabcdef012345};

static struct wire_stream stream(uint8_t family, uint16_t vlan)
{
	struct wire_stream s = {.src_mac = {{2, 0, 0, 0, 0, 1}},
		.dst_mac = {{2, 0, 0, 0, 0, 2}},
		.dst_port = 9,
		.vlan = vlan};

	s.src = family == AM_IPV4 ? am_ip4((const uint8_t[]){198, 18, 0, 1})
				  : am_ip6((const uint8_t[16]){0x20, 1});
	s.dst = family == AM_IPV4 ? am_ip4((const uint8_t[]){198, 19, 0, 1})
				  : am_ip6((const uint8_t[16]){0x20, 2});
	return s;
}

static uint16_t build(uint8_t *frame, const struct wire_stream *s, uint16_t size, bool back)
{
	struct wire_template t;

	wire_template_make(&t, s, size, back);
	wire_frame_put(frame, &t, 49152 + 513, &sent);
	return t.len;
}

static void assert_udp_is_right(const uint8_t *frame, uint32_t len)
{
	struct am_ether ether;
	struct am_ip_hdr ip;
	const uint8_t *at;
	uint64_t sum;

	assert_int_equal(am_ether_parse(frame, len, &ether), AM_V_OK);
	at = frame + ether.len;
	assert_int_equal(am_ip_parse(at, len - ether.len, &ip), AM_V_OK);
	assert_int_equal(ip.proto, AM_PROTO_UDP);
	assert_int_equal(ether.len + ip.hlen + ip.plen, len);
	sum = am_csum_pseudo(
		ip.family, am_ip_src(at, ip.family), am_ip_dst(at, ip.family), AM_PROTO_UDP, ip.plen);
	assert_int_equal(am_csum_fold(am_csum_add(at + ip.hlen, ip.plen, sum)), 0xffff);
}

static void test_what_is_put_is_read(void **state)
{
	static const uint16_t sizes[] = {0, 128, 1518, WIRE_SIZE_MAX};
	uint8_t frame[WIRE_SIZE_MAX];

	(void)state;
	for (unsigned i = 0; i < 16; i++) {
		struct wire_stream s = stream(i & 1 ? AM_IPV6 : AM_IPV4, i & 2 ? 100 : 0);
		uint16_t size = sizes[i / 4] ? sizes[i / 4] : wire_stream_least(&s);
		uint16_t len = build(frame, &s, size, false);
		struct wire_probe got;

		assert_int_equal(len, size - WIRE_FCS);
		assert_memory_equal(frame, s.dst_mac.bytes, 6);
		assert_udp_is_right(frame, len);
		assert_int_equal(wire_frame_read(frame, len, &got), WIRE_PROBE);
		assert_int_equal(got.trial, sent.trial);
		assert_int_equal(got.stream, sent.stream);
		assert_int_equal(got.flow, sent.flow);
		assert_int_equal(got.sequence, sent.sequence);
		assert_int_equal(got.sent_ns, sent.sent_ns);
	}
}

static void test_smallest_frame_is_64_octets_over_ipv4(void **state)
{
	struct wire_stream v4 = stream(AM_IPV4, 0), v6 = stream(AM_IPV6, 0);

	(void)state;
	assert_int_equal(wire_stream_least(&v4), 64);
	assert_int_equal(wire_stream_least(&v6), 84);
}

static void test_back_goes_the_other_way(void **state)
{
	struct wire_stream s = stream(AM_IPV4, 0);
	uint8_t frame[WIRE_SIZE_MAX];
	uint16_t len = build(frame, &s, 64, true);

	(void)state;
	assert_memory_equal(frame, s.src_mac.bytes, 6);
	assert_memory_equal(frame + 6, s.dst_mac.bytes, 6);
	assert_udp_is_right(frame, len);
}

/* No flipped bit passes as a whole probe; those of the headers that a way may change do. */
static void test_every_flipped_bit_is_seen(void **state)
{
	struct wire_stream s = stream(AM_IPV4, 0);
	uint8_t frame[WIRE_SIZE_MAX];
	uint16_t len = build(frame, &s, 256, false), probe_at = wire_frame_overhead(AM_IPV4, false);
	struct wire_probe got;

	(void)state;
	for (unsigned bit = probe_at * 8u; bit < len * 8u; bit++) {
		frame[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(wire_frame_read(frame, len, &got),
			bit < (probe_at + 2u) * 8 ? WIRE_FOREIGN : WIRE_CORRUPTED);
		frame[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	assert_int_equal(wire_frame_read(frame, len, &got), WIRE_PROBE);
}

static void test_cut_frames_are_not_read_beyond(void **state)
{
	struct wire_stream s = stream(AM_IPV6, 5);
	uint8_t frame[WIRE_SIZE_MAX];
	uint16_t len = build(frame, &s, 200, false);

	(void)state;
	for (uint16_t cut = 0; cut < len; cut++) {
		uint8_t *copy = malloc(cut + 1u);
		struct wire_probe got;

		assert_non_null(copy);
		memcpy(copy, frame, cut);
		assert_int_equal(wire_frame_read(copy, cut, &got), WIRE_FOREIGN);
		free(copy);
	}
}

static void test_moved_filling_is_corrupted(void **state)
{
	struct wire_stream s = stream(AM_IPV4, 0);
	uint8_t frame[WIRE_SIZE_MAX];
	uint16_t len = build(frame, &s, 1518, false);
	struct wire_probe got;

	(void)state;
	memmove(frame + 512, frame + 768, 256);
	assert_int_equal(wire_frame_read(frame, len, &got), WIRE_CORRUPTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_put_is_read),
		cmocka_unit_test(test_smallest_frame_is_64_octets_over_ipv4),
		cmocka_unit_test(test_back_goes_the_other_way),
		cmocka_unit_test(test_every_flipped_bit_is_seen),
		cmocka_unit_test(test_cut_frames_are_not_read_beyond),
		cmocka_unit_test(test_moved_filling_is_corrupted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
