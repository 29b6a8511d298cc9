/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The route stage works on bursts, and takes shortcuts where packets of one are alike. None of that may be seen: a burst of any
 * packets in any order makes the packets and counters that each of them makes alone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <rte_mempool.h>

#include "base/bytes.h"
#include "eal.h"
#include "net/csum.h"
#include "net/ether.h"
#include "net/ip.h"
#include "rig.h"

enum { BUFFERS = 4095, ROUNDS = 400, BURST = 48, PORTS = 3, OUT_MAX = 4 * BURST };

static struct rte_mempool *pool;
static uint64_t seed = 0x2545f4914f6cdd1dull;

static const char *const port_names[PORTS] = {"a", "b", "w"};

/* Interfaces of each kind of check, routes of each kind, and lists in and out. */
static const char config[] =
	"{\"ports\":{\"w\":{\"driver\":\"mem\",\"vrf\":\"underlay\",\"mac\":\"02:00:00:00:00:03\"},"
	"\"a\":{\"driver\":\"mem\",\"vrf\":\"default\",\"mac\":\"02:00:00:00:00:01\",\"addresses\":[\"192.0.2.1/24\",\"2001:db8:1::1/64\"],"
	"\"acl_in\":\"in\",\"vlans\":{\"7\":{\"addresses\":[\"192.0.3.1/24\"],\"urpf\":\"strict\",\"acl_out\":\"out\"}}},"
	"\"b\":{\"driver\":\"mem\",\"vrf\":\"default\",\"mac\":\"02:00:00:00:00:02\",\"acl_out\":\"out\"}},"
	"\"tunnels\":{\"t\":{\"type\":\"gre\",\"local\":\"198.51.100.1\",\"remote\":\"198.51.100.2\",\"tcp_mss\":1000}},"
	"\"vrfs\":{\"underlay\":{\"routes\":[{\"prefix\":\"0.0.0.0/0\",\"port\":\"w\",\"mac\":\"02:00:00:00:00:0c\"}]},"
	"\"default\":{\"loopbacks\":[\"10.255.0.1\",\"fd00::1\"],\"routes\":["
	"{\"prefix\":\"192.0.2.9/32\",\"port\":\"a\",\"mac\":\"02:00:00:00:00:0a\"},"
	"{\"prefix\":\"2001:db8:1::9/128\",\"port\":\"a\",\"mac\":\"02:00:00:00:00:0a\"},"
	"{\"prefix\":\"10.0.0.0/16\",\"port\":\"b\",\"mac\":\"02:00:00:00:00:0b\"},"
	"{\"prefix\":\"10.1.0.0/16\",\"tunnel\":\"t\"},"
	"{\"prefix\":\"10.2.0.0/16\",\"blackhole\":true},{\"prefix\":\"10.3.0.0/16\",\"unreachable\":true},"
	"{\"prefix\":\"10.4.0.0/16\",\"tunnel\":\"t\"},{\"prefix\":\"10.4.0.0/16\",\"port\":\"b\",\"via\":\"192.0.2.77\",\"mac\":\"02:00:00:00:00:0d\"},"
	"{\"prefix\":\"2001:db8:2::/48\",\"port\":\"b\",\"mac\":\"02:00:00:00:00:0b\"},"
	"{\"prefix\":\"2001:db8:3::/48\",\"tunnel\":\"t\"},{\"prefix\":\"2001:db8:4::/48\",\"unreachable\":true}]}},"
	"\"acls\":{\"in\":[{\"action\":\"deny\",\"protocol\":\"udp\",\"dst_port\":1},{\"action\":\"reject\",\"protocol\":\"udp\",\"dst_port\":2},"
	"{\"action\":\"permit\"}],\"out\":[{\"action\":\"reject\",\"protocol\":\"udp\",\"dst_port\":3},{\"action\":\"deny\",\"protocol\":\"udp\","
	"\"dst_port\":4},{\"action\":\"permit\"}]}}";

static uint32_t draw(uint32_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 32) % below;
}

/* ---- packets ---- */

static void finish4(uint8_t *ip)
{
	uint16_t sum;

	am_store16(ip + 10, 0);
	sum = am_csum_finish(am_csum_add(ip, AM_IP4_LEN, 0));
	memcpy(ip + 10, &sum, sizeof sum);
}

static uint16_t put4(uint8_t *ip, uint16_t len)
{
	static const uint8_t nets[] = {0, 0, 0, 1, 1, 2, 3, 4, 4, 5, 255};

	memset(ip, 0, len);
	ip[0] = 0x45;
	am_store16(ip + 2, len);
	am_store16(ip + 6, draw(4) ? AM_IP4_DF : 0);
	ip[8] = draw(8) ? 64 : (uint8_t)draw(3);
	ip[9] = 17;
	am_store32(ip + 12, draw(6) ? 0xc0000209 : 0x0a000005);
	ip[16] = 10;
	ip[17] = nets[draw(sizeof nets)];
	ip[19] = (uint8_t)(1 + draw(4));
	finish4(ip);
	if (!draw(12))
		ip[draw(AM_IP4_LEN)] ^= (uint8_t)(1u << draw(8));
	return AM_IP4_LEN;
}

static uint16_t put6(uint8_t *ip, uint16_t len)
{
	memset(ip, 0, len);
	ip[0] = 0x60;
	am_store16(ip + 4, (uint16_t)(len - AM_IP6_LEN));
	ip[6] = 17;
	ip[7] = draw(8) ? 64 : (uint8_t)draw(3);
	memcpy(ip + 8, "\x20\x01\x0d\xb8\0\1\0\0\0\0\0\0\0\0\0\x9", 16);
	memcpy(ip + 24, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\5", 16);
	ip[29] = (uint8_t)(1 + draw(5));
	if (!draw(12))
		ip[draw(AM_IP6_LEN)] ^= (uint8_t)(1u << draw(8));
	return AM_IP6_LEN;
}

static struct rig_frame draw_frame(void)
{
	struct rig_frame f = {.len = 0};
	bool six = !draw(3), tagged = !draw(4);
	uint16_t head = tagged ? AM_ETH_LEN + AM_TAG_LEN : AM_ETH_LEN, len = (uint16_t)(60 + draw(200));
	uint8_t *ip = f.bytes + head;
	uint16_t at = six ? put6(ip, len) : put4(ip, len);

	memcpy(f.bytes, "\2\0\0\0\0\1\2\0\0\0\0\x0a", 12);
	if (tagged)
		memcpy(f.bytes + 12, "\x81\0\0\7", 4);
	am_store16(f.bytes + head - 2, six ? AM_ET_IPV6 : AM_ET_IPV4);
	am_store16(ip + at, 4000);
	am_store16(ip + at + 2, (uint16_t)draw(8));
	am_store16(ip + at + 4, (uint16_t)(len - at));
	f.len = (uint16_t)(head + len);
	return f;
}

/* ---- what left ---- */

struct left {
	unsigned n[PORTS];
	struct rig_frame frames[PORTS][OUT_MAX];
};

static void collect(struct rig *r, struct left *out)
{
	for (unsigned p = 0; p < PORTS; p++)
		while (out->n[p] < OUT_MAX && rig_pop(r, port_names[p], 0, &out->frames[p][out->n[p]]))
			out->n[p]++;
}

static int by_content(const void *a, const void *b)
{
	const struct rig_frame *x = a, *y = b;

	return x->len != y->len ? (int)x->len - (int)y->len : memcmp(x->bytes, y->bytes, x->len);
}

static void compare(struct left *alone, struct left *together, unsigned round)
{
	for (unsigned p = 0; p < PORTS; p++) {
		if (alone->n[p] != together->n[p])
			fail_msg("round %u, port %s: %u frames alone, %u in a burst", round, port_names[p],
				alone->n[p], together->n[p]);
		qsort(alone->frames[p], alone->n[p], sizeof alone->frames[p][0], by_content);
		qsort(together->frames[p], together->n[p], sizeof together->frames[p][0], by_content);
		for (unsigned i = 0; i < alone->n[p]; i++)
			if (by_content(&alone->frames[p][i], &together->frames[p][i]) != 0)
				fail_msg("round %u, port %s: another frame", round, port_names[p]);
	}
}

static void compare_counters(const struct rig *a, const struct rig *b)
{
	const struct am_roots *roots = am_model_roots(a->model);
	struct am_iface_counters x, y;
	struct am_acl_counters k, l;

	for (uint16_t i = 0; i < roots->n_ifaces; i++) {
		am_plane_counters(a->plane, i, &x);
		am_plane_counters(b->plane, i, &y);
		assert_memory_equal(x.count, y.count, sizeof x.count);
		assert_memory_equal(x.drop, y.drop, sizeof x.drop);
	}
	for (uint16_t i = 0; i < 2; i++) {
		for (uint32_t rule = 0; rule < 4; rule++) {
			am_plane_acl(a->plane, am_model_acl_row(a->model, i) + rule, &k);
			am_plane_acl(b->plane, am_model_acl_row(b->model, i) + rule, &l);
			assert_memory_equal(&k, &l, sizeof k);
		}
	}
}

static void shuffle(struct rig_frame *f, unsigned n)
{
	for (unsigned i = n; i > 1; i--) {
		unsigned j = draw(i);
		struct rig_frame other = f[i - 1];

		f[i - 1] = f[j];
		f[j] = other;
	}
}

static void play(struct rig *alone, struct rig *together, unsigned round)
{
	static struct rig_frame frames[BURST];
	static struct left one, all;
	unsigned n = 1 + draw(BURST);

	one = all = (struct left){.n = {0}};
	for (unsigned i = 0; i < n; i++) {
		frames[i] = draw_frame();
		rig_push(alone, "a", 0, frames[i].bytes, frames[i].len);
		rig_settle(alone);
		collect(alone, &one);
	}
	shuffle(frames, n);
	for (unsigned i = 0; i < n; i++)
		rig_push(together, "a", 0, frames[i].bytes, frames[i].len);
	rig_settle(together);
	collect(together, &all);
	compare(&one, &all, round);
	compare_counters(alone, together);
	/* the bucket of ICMP errors fills again */
	alone->now = am_time_add(alone->now, AM_S);
	together->now = am_time_add(together->now, AM_S);
}

static void test_any_order(void **state)
{
	static const enum am_verdict seen[] = {AM_V_ACL_IN, AM_V_ACL_OUT, AM_V_IP_TTL, AM_V_ROUTE_URPF,
		AM_V_ROUTE_BLACKHOLE, AM_V_ROUTE_UNREACHABLE, AM_V_ROUTE_NONE, AM_V_IP4_CHECKSUM,
		AM_V_PUNT_NOWHERE};
	struct rig alone, together;

	(void)state;
	rig_open(&alone, pool, config, 1, 1, false);
	rig_open(&together, pool, config, 1, 1, false);
	for (unsigned round = 0; round < ROUNDS; round++)
		play(&alone, &together, round);
	for (unsigned i = 0; i < sizeof seen / sizeof *seen; i++)
		if (!rig_drops(&together, seen[i]))
			fail_msg("no packet was dropped as %s", am_verdict_name(seen[i]));
	assert_true(rig_count(&together, AM_C_ICMP_ERRORS) > 0);
	rig_close(&alone);
	rig_close(&together);
	assert_int_equal(rte_mempool_avail_count(pool), BUFFERS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_any_order)};

	if (am_test_eal() != 0)
		return 1;
	pool = rig_pool(BUFFERS);
	return cmocka_run_group_tests_name("pipeline/order", tests, NULL, NULL);
}
