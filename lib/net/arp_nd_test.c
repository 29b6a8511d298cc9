/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "net/arp_nd.h"
#include "net/csum.h"
#include "net/ether.h"
#include "net/ip.h"
#include "test_hex.h"

#define A_MAC "02000000000a"
#define B_MAC "02000000000b"
#define A4    "0a010001"
#define B4    "0a010002"
#define A6    "fe80000000000000000000000000000a"
#define B6    "fd010000000000000000000000000002"

/* What a row reads as: ask, probe, tell, router, override. */
enum { NOTHING = 0, ASKS = 1, PROBES = 2, TELLS = 4, ROUTER = 8, OVERRIDE = 16 };

static unsigned flags_of(const struct am_arp_nd *q)
{
	return (q->asks ? ASKS : 0) | (q->probes ? PROBES : 0) | (q->tells ? TELLS : 0) |
	       (q->router ? ROUTER : 0) | (q->override ? OVERRIDE : 0);
}

static const struct {
	const char *name, *arp;
	unsigned flags;
} arps[] = {
	{"request", "0001 0800 06 04 0001" A_MAC A4 "000000000000" B4, ASKS | TELLS | OVERRIDE},
	{"reply", "0001 0800 06 04 0002" B_MAC B4 A_MAC A4, TELLS | OVERRIDE},
	{"probe", "0001 0800 06 04 0001" A_MAC "00000000 000000000000" A4, ASKS | PROBES | OVERRIDE},
	{"announcement", "0001 0800 06 04 0001" A_MAC A4 "000000000000" A4, TELLS | OVERRIDE},
	{"gratuitous reply", "0001 0800 06 04 0002" A_MAC A4 "ffffffffffff" A4, TELLS | OVERRIDE},
	{"padding", "0001 0800 06 04 0001" A_MAC A4 "000000000000" B4 "0000000000000000",
		ASKS | TELLS | OVERRIDE},
	{"of a group's MAC", "0001 0800 06 04 0001 03000000000a" A4 "000000000000" B4, ASKS | OVERRIDE},
	{"of no MAC", "0001 0800 06 04 0001 000000000000" A4 "000000000000" B4, ASKS | OVERRIDE},
	{"from a group", "0001 0800 06 04 0002" A_MAC "e0000001" B_MAC B4, NOTHING},
	{"from loopback", "0001 0800 06 04 0002" A_MAC "7f000001" B_MAC B4, NOTHING},
	{"for broadcast, from nobody", "0001 0800 06 04 0001" A_MAC "00000000 000000000000 ffffffff",
		NOTHING},
	{"another operation", "0001 0800 06 04 0003" A_MAC A4 "000000000000" B4, NOTHING},
	{"not of Ethernet", "0006 0800 06 04 0001" A_MAC A4 "000000000000" B4, NOTHING},
	{"not of IPv4", "0001 86dd 06 04 0001" A_MAC A4 "000000000000" B4, NOTHING},
	{"other lengths", "0001 0800 08 04 0001" A_MAC A4 "000000000000" B4, NOTHING},
	{"short", "0001 0800 06 04 0001" A_MAC A4 "000000000000 0a0100", NOTHING},
	{"nothing", "", NOTHING},
};

static void arp_reads(void **state)
{
	struct am_arp_nd q;

	(void)state;
	for (size_t i = 0; i < sizeof arps / sizeof *arps; i++) {
		struct packet p = packet_of(arps[i].arp);
		bool read = am_arp_read(p.bytes, p.len, &q);

		if (read != (arps[i].flags != NOTHING) || (read && flags_of(&q) != arps[i].flags))
			fail_msg("%s: read %d, flags %x", arps[i].name, read, read ? flags_of(&q) : 0);
		free(p.bytes);
	}
}

/* An IPv6 packet with its lengths and checksum right. */
static struct packet nd_packet(const char *src, const char *dst, const char *icmp)
{
	char hex[1024];
	struct packet p;
	uint16_t csum;

	strcpy(hex, "60000000 0000 3a ff");
	strcat(strcat(strcat(hex, src), dst), icmp);
	p = packet_of(hex);
	am_store16(p.bytes + 4, (uint16_t)(p.len - AM_IP6_LEN));
	csum = am_csum_finish(am_csum_add(p.bytes + AM_IP6_LEN, p.len - AM_IP6_LEN,
		am_csum_pseudo(AM_IPV6, p.bytes + 8, p.bytes + 24, AM_PROTO_ICMPV6, p.len - AM_IP6_LEN)));
	memcpy(p.bytes + AM_IP6_LEN + 2, &csum, sizeof csum);
	return p;
}

#define NOBODY "00000000000000000000000000000000"
#define NODE_B "ff0200000000000000000001ff000002"
#define ALL    "ff020000000000000000000000000001"
#define NS     "8700 0000 00000000" B6
#define NA     "8800 0000"

static const struct {
	const char *name, *src, *dst, *icmp;
	unsigned flags;
} nds[] = {
	{"solicitation", A6, NODE_B, NS "0101" A_MAC, ASKS},
	{"solicitation without a MAC", A6, NODE_B, NS, ASKS},
	{"solicitation of a neighbour known", A6, B6, NS, ASKS},
	{"for duplicates", NOBODY, NODE_B, NS, ASKS | PROBES},
	{"for duplicates, with a nonce (RFC 7527)", NOBODY, NODE_B, NS "0e01 010203040506", ASKS | PROBES},
	{"from nobody with a MAC", NOBODY, NODE_B, NS "0101" A_MAC, NOTHING},
	{"from nobody to one", NOBODY, B6, NS, NOTHING},
	{"solicitation of a group", A6, NODE_B, "8700 0000 00000000" NODE_B, NOTHING},
	{"advertisement", B6, A6, NA "60000000" B6 "0201" B_MAC, TELLS | OVERRIDE},
	{"of a router", B6, A6, NA "c0000000" B6 "0201" B_MAC, TELLS | ROUTER},
	{"unsolicited", B6, ALL, NA "20000000" B6 "0201" B_MAC, TELLS | OVERRIDE},
	{"solicited, to all", B6, ALL, NA "60000000" B6 "0201" B_MAC, NOTHING},
	{"without a MAC", B6, A6, NA "60000000" B6, NOTHING},
	{"of a group's MAC", B6, A6, NA "60000000" B6 "0201 03000000000b", NOTHING},
	{"an option of no length", B6, A6, NA "60000000" B6 "0200" B_MAC, NOTHING},
	{"an option too long", B6, A6, NA "60000000" B6 "0202" B_MAC, NOTHING},
	{"half an option", B6, A6, NA "60000000" B6 "0201 0200", NOTHING},
	{"advertisement too short", B6, A6, NA "60000000 fd010000", NOTHING},
	{"router", A6, ALL, "8600 0000 40000708 0000000000000000 0101" A_MAC, TELLS | ROUTER | OVERRIDE},
	{"router, not of this link", B6, ALL, "8600 0000 40000708 0000000000000000 0101" B_MAC, NOTHING},
	{"a code", A6, NODE_B, "8701 0000 00000000" B6, NOTHING},
	{"echo", A6, B6, "8000 0000 00010001", NOTHING},
};

static void nd_reads(void **state)
{
	struct am_arp_nd q;

	(void)state;
	for (size_t i = 0; i < sizeof nds / sizeof *nds; i++) {
		struct packet p = nd_packet(nds[i].src, nds[i].dst, nds[i].icmp);
		bool read = am_nd_read(p.bytes, p.len, &q);

		if (read != (nds[i].flags != NOTHING) || (read && flags_of(&q) != nds[i].flags))
			fail_msg("%s: read %d, flags %x", nds[i].name, read, read ? flags_of(&q) : 0);
		free(p.bytes);
	}
}

/* Whatever bit is wrong, nothing is read that the checksum covers, nor what has been forwarded. */
static void nd_believes_no_damage(void **state)
{
	struct packet p = nd_packet(B6, A6, NA "60000000" B6 "0201" B_MAC);
	struct am_arp_nd q;

	(void)state;
	for (uint32_t bit = 0; bit < p.len * 8; bit++) {
		bool free_field = bit / 8 < 4 && bit >= 4; /* traffic class and flow label */

		p.bytes[bit / 8] ^= (uint8_t)(1 << (7 - bit % 8));
		if (am_nd_read(p.bytes, p.len, &q) != free_field)
			fail_msg("bit %u", bit);
		p.bytes[bit / 8] ^= (uint8_t)(1 << (7 - bit % 8));
	}
	for (uint32_t len = 0; len < p.len; len++)
		assert_false(am_nd_read(p.bytes, len, &q));
	free(p.bytes);
}

static struct am_ip ip_of(const char *text)
{
	struct am_ip ip;

	assert_int_equal(am_ip_parse_text(text, &ip), 0);
	return ip;
}

static void answers_are_read_back(void **state)
{
	const struct am_arp_nd_answer answer = {.mac = {{2, 0, 0, 0, 0, 0xb}}, .router = true};
	struct packet arp = packet_of("ffffffffffff" A_MAC "0806"
				      "0001 0800 06 04 0001" A_MAC A4 "000000000000" B4);
	struct packet ns = nd_packet(A6, NODE_B, NS), dad = nd_packet(NOBODY, NODE_B, NS);
	const struct am_ip a6 = ip_of("fe80::a"), b6 = ip_of("fd01::2"), a4 = ip_of("10.1.0.1"),
			   b4 = ip_of("10.1.0.2");
	uint8_t frame[AM_ETH_LEN + AM_ARP_ND_ROOM] = {
		0x33, 0x33, 0xff, 0, 0, 2, 2, 0, 0, 0, 0, 0xa, 0x86, 0xdd};
	struct am_arp_nd q, got;

	(void)state;
	assert_true(am_arp_read(arp.bytes + AM_ETH_LEN, arp.len - AM_ETH_LEN, &q));
	assert_int_equal(am_arp_nd_write(arp.bytes, AM_ETH_LEN, &q, &answer), arp.len);
	assert_memory_equal(arp.bytes, "\2\0\0\0\0\xa\2\0\0\0\0\xb\x08\x06", AM_ETH_LEN);
	assert_true(am_arp_read(arp.bytes + AM_ETH_LEN, arp.len - AM_ETH_LEN, &got));
	assert_int_equal(flags_of(&got), TELLS | OVERRIDE);
	assert_true(am_ip_equal(&got.teller, &b4) && am_ip_equal(&got.target, &a4));

	memcpy(frame + AM_ETH_LEN, ns.bytes, ns.len);
	assert_true(am_nd_read(frame + AM_ETH_LEN, ns.len, &q));
	assert_int_equal(am_arp_nd_write(frame, AM_ETH_LEN, &q, &answer), sizeof frame);
	assert_memory_equal(frame, "\2\0\0\0\0\xa\2\0\0\0\0\xb\x86\xdd", AM_ETH_LEN);
	assert_true(am_nd_read(frame + AM_ETH_LEN, AM_ARP_ND_ROOM, &got));
	assert_int_equal(flags_of(&got), TELLS | ROUTER);
	assert_true(am_ip_equal(&got.teller, &b6) && am_ip_equal(&q.asker, &a6));
	assert_memory_equal(&got.mac, &answer.mac, sizeof got.mac);

	memcpy(frame + AM_ETH_LEN, dad.bytes, dad.len);
	assert_true(am_nd_read(frame + AM_ETH_LEN, dad.len, &q));
	am_arp_nd_write(frame, AM_ETH_LEN, &q, &answer);
	assert_memory_equal(frame, "\x33\x33\0\0\0\1", AM_MAC_LEN);
	assert_true(am_nd_read(frame + AM_ETH_LEN, AM_ARP_ND_ROOM, &got) && !got.unicast);
	free(arp.bytes);
	free(ns.bytes);
	free(dad.bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arp_reads),
		cmocka_unit_test(nd_reads),
		cmocka_unit_test(nd_believes_no_damage),
		cmocka_unit_test(answers_are_read_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
