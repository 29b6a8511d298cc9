/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>

#include "bgp/bmp.h"
#include "test_hex.h"

/* Per-peer header: type, flags, distinguisher, address, AS, identifier, time (RFC 7854 4.2). */
#define PEER4     "00 00 0000000000000000 0000000000000000000000000a000001 0000fde9 0a000001 65000000 0001e240 "
#define PEER6     "00 c0 0000000000000000 20010db8000000000000000000000001 0000fde9 0a000001 65000000 0001e240 "
#define KEEPALIVE "ffffffffffffffffffffffffffffffff 0013 04"

static uint8_t room[512];

static struct am_bgp_bmp_peer peer4(void)
{
	return (struct am_bgp_bmp_peer){
		.address = {AM_IPV4, {10, 0, 0, 1}},
		.as = 65001,
		.id = 0x0a000001,
		.s = 0x65000000,
		.us = 123456,
	};
}

static struct am_bgp_span text(const char *s)
{
	return (struct am_bgp_span){(const uint8_t *)s, strlen(s)};
}

static void same(const struct am_writer *w, int rc, const char *hex)
{
	struct packet want = packet_of(hex);

	assert_int_equal(rc, 0);
	assert_int_equal(am_writer_len(w), want.len);
	assert_memory_equal(w->start, want.bytes, want.len);
	assert_int_equal(am_load32(want.bytes + 1), want.len);
	free(want.bytes);
}

static void test_begin_and_end(void **state)
{
	struct am_writer w = am_writer(room, sizeof room);

	(void)state;
	same(&w, am_bgp_bmp_put_initiation(&w, text("r1"), text("amime"), text("hi")),
		"03 0000001b 04 0001 0005 616d696d65 0002 0002 7231 0000 0002 6869");
	w = am_writer(room, sizeof room);
	same(&w, am_bgp_bmp_put_initiation(&w, text("r1"), text(""), text("")),
		"03 00000010 04 0001 0000 0002 0002 7231");
	w = am_writer(room, sizeof room);
	same(&w, am_bgp_bmp_put_termination(&w, AM_BGP_BMP_END_RESOURCES, text("hi")),
		"03 00000012 05 0000 0002 6869 0001 0002 0002");
	w = am_writer(room, sizeof room);
	same(&w, am_bgp_bmp_put_termination(&w, AM_BGP_BMP_END_CLOSED, text("")),
		"03 0000000c 05 0001 0002 0000");
}

static void test_up(void **state)
{
	struct packet open = packet_of(KEEPALIVE);
	struct am_bgp_bmp_peer peer = peer4();
	struct am_bgp_bmp_up up = {
		.local = {AM_IPV4, {10, 0, 0, 2}},
		.local_port = 179,
		.remote_port = 40000,
		.sent_open = {open.bytes, open.len},
		.received_open = {open.bytes, open.len},
	};
	struct am_writer w = am_writer(room, sizeof room);

	(void)state;
	same(&w, am_bgp_bmp_put_up(&w, &peer, &up),
		"03 0000006a 03 " PEER4 "0000000000000000000000000a000002 00b3 9c40 " KEEPALIVE KEEPALIVE);
	up.local.family = AM_IPV6;
	assert_int_equal(am_bgp_bmp_put_up(&w, &peer, &up), -EINVAL);
	free(open.bytes);
}

static void test_down(void **state)
{
	static const uint8_t event[2] = {0, 24};
	struct packet message = packet_of(KEEPALIVE);
	const struct am_bgp_span none = {0}, two = {event, 2}, notification = {message.bytes, message.len};
	struct am_bgp_bmp_peer peer = peer4();
	struct am_writer w = am_writer(room, sizeof room);
	size_t len;

	(void)state;
	same(&w, am_bgp_bmp_put_down(&w, &peer, AM_BGP_BMP_DOWN_BY_PEER, notification),
		"03 00000044 02 " PEER4 "03 " KEEPALIVE);
	w = am_writer(room, sizeof room);
	same(&w, am_bgp_bmp_put_down(&w, &peer, AM_BGP_BMP_DOWN_LOCAL, two),
		"03 00000033 02 " PEER4 "02 0018");
	w = am_writer(room, sizeof room);
	same(&w, am_bgp_bmp_put_down(&w, &peer, AM_BGP_BMP_DOWN_LOST, none), "03 00000031 02 " PEER4 "04");
	len = am_writer_len(&w);
	assert_int_equal(am_bgp_bmp_put_down(&w, &peer, AM_BGP_BMP_DOWN_LOST, two), -EINVAL);
	assert_int_equal(am_bgp_bmp_put_down(&w, &peer, AM_BGP_BMP_DOWN_LOCAL, none), -EINVAL);
	assert_int_equal(am_bgp_bmp_put_down(&w, &peer, AM_BGP_BMP_DOWN_NOTIFIED, none), -EINVAL);
	assert_int_equal(am_writer_len(&w), len);
	free(message.bytes);
}

static void test_route(void **state)
{
	struct packet update = packet_of("ffffffffffffffffffffffffffffffff 0017 02 0000 0000");
	struct am_bgp_bmp_peer peer = peer4();
	struct am_writer w = am_writer(room, sizeof room);

	(void)state;
	same(&w, am_bgp_bmp_put_route(&w, &peer, (struct am_bgp_span){update.bytes, update.len}),
		"03 00000047 00 " PEER4 "ffffffffffffffffffffffffffffffff 0017 02 0000 0000");
	peer.address = (struct am_ip){AM_IPV6, {0x20, 1, 0xd, 0xb8, [15] = 1}};
	peer.post_policy = true;
	w = am_writer(room, sizeof room);
	same(&w, am_bgp_bmp_put_route(&w, &peer, (struct am_bgp_span){update.bytes, update.len}),
		"03 00000047 00 " PEER6 "ffffffffffffffffffffffffffffffff 0017 02 0000 0000");
	assert_int_equal(am_bgp_bmp_put_route(&w, &peer, (struct am_bgp_span){0}), -EINVAL);
	/* 2-octet numbers, and a VRF. */
	peer = peer4();
	peer.as2 = true;
	peer.type = AM_BGP_BMP_RD;
	memcpy(peer.rd, "\0\1\xa\0\0\1\0\5", 8);
	w = am_writer(room, sizeof room);
	assert_int_equal(am_bgp_bmp_put_route(&w, &peer, (struct am_bgp_span){update.bytes, update.len}), 0);
	assert_memory_equal(room + 6, "\1\x20\0\1\xa\0\0\1\0\5", 10);
	/* RFC 9069: no address, no flags. */
	peer = peer4();
	peer.type = AM_BGP_BMP_LOC_RIB;
	assert_int_equal(
		am_bgp_bmp_put_route(&w, &peer, (struct am_bgp_span){update.bytes, update.len}), -EINVAL);
	peer.address = (struct am_ip){0};
	w = am_writer(room, sizeof room);
	assert_int_equal(am_bgp_bmp_put_route(&w, &peer, (struct am_bgp_span){update.bytes, update.len}), 0);
	assert_memory_equal(room + 6, "\3\0\0\0\0\0\0\0\0\0\0\0\0\0", 14);
	free(update.bytes);
}

static void test_mirror(void **state)
{
	struct packet message = packet_of(KEEPALIVE);
	const struct am_bgp_span span = {message.bytes, message.len}, none = {0};
	struct am_bgp_bmp_peer peer = peer4();
	struct am_writer w = am_writer(room, sizeof room);

	(void)state;
	same(&w, am_bgp_bmp_put_mirror(&w, &peer, span, false),
		"03 00000047 06 " PEER4 "0000 0013 " KEEPALIVE);
	w = am_writer(room, sizeof room);
	same(&w, am_bgp_bmp_put_mirror(&w, &peer, span, true),
		"03 0000004d 06 " PEER4 "0001 0002 0000 0000 0013 " KEEPALIVE);
	w = am_writer(room, sizeof room);
	same(&w, am_bgp_bmp_put_mirror(&w, &peer, none, false), "03 00000036 06 " PEER4 "0001 0002 0001");
	assert_int_equal(am_bgp_bmp_put_mirror(&w, &peer, none, true), -EINVAL);
	free(message.bytes);
}

static void test_stats(void **state)
{
	static const struct am_bgp_bmp_stat stats[] = {
		{.type = AM_BGP_BMP_STAT_REJECTED, .value = 5},
		{.type = AM_BGP_BMP_STAT_ADJ_RIB_IN, .value = 1ull << 32},
		{.type = AM_BGP_BMP_STAT_ADJ_RIB_IN_FAMILY, .afi = 2, .safi = 1, .value = 7},
	};
	struct am_bgp_bmp_peer peer = peer4();
	struct am_writer w = am_writer(room, sizeof room);

	(void)state;
	same(&w, am_bgp_bmp_put_stats(&w, &peer, stats, 3),
		"03 00000057 01 " PEER4
		"00000003 0000 0004 00000005 0007 0008 0000000100000000 0009 000b 0002 01 0000000000000007");
}

/* In less room than they need, messages are not begun; in OVERHEAD and what they carry they fit. */
static void test_room(void **state)
{
	struct packet message = packet_of(KEEPALIVE);
	const struct am_bgp_span span = {message.bytes, message.len};
	struct am_bgp_bmp_peer peer = peer4();
	const struct am_bgp_bmp_up up = {.local = peer.address, .sent_open = span, .received_open = span};

	(void)state;
	for (size_t n = 0; n < AM_BGP_BMP_OVERHEAD + 2 * message.len; n++) {
		struct am_writer w = am_writer(room, n);
		int rc = am_bgp_bmp_put_up(&w, &peer, &up);

		assert_int_equal(rc, n < 0x6a ? -ENOSPC : 0);
		assert_int_equal(am_writer_len(&w), rc ? 0 : 0x6a);
	}
	free(message.bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_begin_and_end),
		cmocka_unit_test(test_up),
		cmocka_unit_test(test_down),
		cmocka_unit_test(test_route),
		cmocka_unit_test(test_mirror),
		cmocka_unit_test(test_stats),
		cmocka_unit_test(test_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
