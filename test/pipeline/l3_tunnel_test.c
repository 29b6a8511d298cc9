/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Routed tunnels have a short way in and out, which changes nothing. Two planes of one configuration get the same packets; the
 * one is watched by a tap, so that it takes each by itself and the long way. Whatever is wrong with a packet, both send the same
 * octets and count the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <rte_mempool.h>

#include "../../lib/pipeline/core.h"
#include "base/bytes.h"
#include "eal.h"
#include "net/csum.h"
#include "net/vxlan.h"
#include "pipeline/tap.h"
#include "rig.h"

enum { CONFIG_ROOM = 4096, ROWS = 16, INNER = 60, SPORT = 5000, BUFFERS = 4095 };

struct kind {
	const char *type, *extra;
	int family;     /* of the outer addresses */
	uint8_t header; /* octets between the outer IP header and the IP packet, less Ethernet's */
	bool ether;
};

static const struct kind kinds[] = {
	{"gre", "", 4, 4, false},
	{"gre", ",\"key\":7", 4, 8, false},
	{"gre", "", 6, 4, false},
	{"gre", ",\"checksum\":true", 4, 8, false},
	{"gre", ",\"sequence\":true", 4, 8, false},
	{"gre", ",\"dscp\":\"uniform\"", 4, 4, false},
	{"gre", ",\"tcp_mss\":\"whole\"", 4, 4, false},
	{"gretap", ",\"key\":4294967295", 4, 8, true},
	{"gretap", "", 6, 4, true},
	{"etherip", "", 4, 2, true},
};

static struct rte_mempool *pool;
static const uint8_t lan_mac[AM_MAC_LEN] = {2, 0, 0, 0, 0, 1};

struct trial {
	const struct kind *kind;
	struct rig fast, watched;
	struct am_tap *tap;
	unsigned tried, out;
	char what[96];
};

static const char *config_of(const struct kind *k, bool far, char *text)
{
	bool v4 = k->family == 4;
	const char *near = v4 ? "192.0.2.10" : "2001:db8:ff::10",
		   *away = v4 ? "192.0.2.20" : "2001:db8:ff::20";
	char mac[48] = "", way[80] = "\"tunnel\":\"t\"";

	if (k->ether) {
		snprintf(mac, sizeof mac, ",\"mac\":\"02:00:00:00:00:%s\"", far ? "08" : "07");
		snprintf(
			way, sizeof way, "\"tunnel\":\"t\",\"mac\":\"02:00:00:00:00:%s\"", far ? "07" : "08");
	}
	snprintf(text, CONFIG_ROOM,
		"{\"system\":{\"name\":\"s\"},\"ports\":{"
		"\"lan\":{\"driver\":\"mem\",\"vrf\":\"default\",\"mac\":\"02:00:00:00:00:01\",\"addresses\":[\"198.18.%d.1/24\",\"2001:db8:%d::1/64\"]},"
		"\"wan\":{\"driver\":\"mem\",\"vrf\":\"underlay\",\"mac\":\"02:00:00:00:00:%s\"}},"
		"\"tunnels\":{\"t\":{\"type\":\"%s\",\"local\":\"%s\",\"remote\":\"%s\"%s%s,\"addresses\":[\"10.9.0.%d/30\",\"2001:db8:9::%d/64\"]}},"
		"\"vrfs\":{\"underlay\":{\"routes\":[{\"prefix\":\"%s\",\"port\":\"wan\",\"mac\":\"02:00:00:00:00:%s\"}]},"
		"\"default\":{\"routes\":[{\"prefix\":\"198.18.%d.0/24\",%s},{\"prefix\":\"2001:db8:%d::/48\",%s},"
		"{\"prefix\":\"198.18.%d.9/32\",\"port\":\"lan\",\"mac\":\"02:00:00:00:00:09\"},"
		"{\"prefix\":\"2001:db8:%d::9/128\",\"port\":\"lan\",\"mac\":\"02:00:00:00:00:09\"}]}}}",
		far, far, far ? "04" : "03", k->type, far ? away : near, far ? near : away, k->extra, mac,
		far ? 2 : 1, far ? 2 : 1, v4 ? "0.0.0.0/0" : "::/0", far ? "03" : "04", !far, way, !far, way,
		far, far);
	return text;
}

static void right_ip4(uint8_t *ip)
{
	uint16_t sum;

	memset(ip + 10, 0, 2);
	sum = am_csum_finish(am_csum_add(ip, AM_IP4_LEN, 0));
	memcpy(ip + 10, &sum, sizeof sum);
}

/* From behind the near site to behind the far one: UDP, to a port that is one bit from VXLAN's. */
static void make(struct rig_frame *f, bool six)
{
	uint8_t *ip = f->bytes + AM_ETH_LEN, *udp = ip + (six ? AM_IP6_LEN : AM_IP4_LEN);

	memset(f, 0, sizeof *f);
	memcpy(f->bytes, lan_mac, AM_MAC_LEN);
	f->bytes[11] = 9;
	f->bytes[6] = 2;
	am_store16(f->bytes + 12, six ? AM_ET_IPV6 : AM_ET_IPV4);
	f->len = AM_ETH_LEN + INNER;
	if (six) {
		am_store32(ip, 0x60000000);
		am_store16(ip + 4, INNER - AM_IP6_LEN);
		ip[6] = AM_PROTO_UDP;
		ip[7] = 64;
		memcpy(ip + 8, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x09", 16);
		memcpy(ip + 24, "\x20\x01\x0d\xb8\0\x01\0\0\0\0\0\0\0\0\0\x09", 16);
	} else {
		am_store16(ip, 0x4500);
		am_store16(ip + 2, INNER);
		ip[8] = 64;
		ip[9] = AM_PROTO_UDP;
		memcpy(ip + 12, "\xc6\x12\0\x09\xc6\x12\x01\x09", 8);
		right_ip4(ip);
	}
	am_store16(udp, SPORT);
	am_store16(udp + 2, AM_VXLAN_PORT ^ 1);
	am_store16(udp + 4, (uint16_t)(f->bytes + f->len - udp));
}

static void assert_same_counters(struct trial *t)
{
	const struct am_iface_counters *a = am_plane_worker(t->fast.plane, 0)->counters,
				       *b = am_plane_worker(t->watched.plane, 0)->counters;

	for (unsigned i = 0; i < ROWS; i++) {
		for (unsigned c = 0; c < AM_COUNTERS; c++)
			if (a[i].count[c] != b[i].count[c])
				fail_msg("%s: interface %u: %s %llu, watched %llu", t->what, i,
					am_counter_name((enum am_counter)c),
					(unsigned long long)a[i].count[c], (unsigned long long)b[i].count[c]);
		for (unsigned v = 0; v < AM_VERDICTS; v++)
			if (a[i].drop[v] != b[i].drop[v])
				fail_msg("%s: interface %u: %s %llu, watched %llu", t->what, i,
					am_verdict_name((enum am_verdict)v), (unsigned long long)a[i].drop[v],
					(unsigned long long)b[i].drop[v]);
	}
}

static unsigned assert_same_out(struct trial *t, const char *port)
{
	struct rig_frame a, b;

	for (unsigned n = 0;; n++) {
		bool one = rig_pop(&t->fast, port, 0, &a), two = rig_pop(&t->watched, port, 0, &b);

		if (one != two)
			fail_msg("%s: frame %u leaves by %s %s only", t->what, n, port,
				one ? "unwatched" : "watched");
		if (!one)
			return n;
		if (a.len != b.len || memcmp(a.bytes, b.bytes, a.len) != 0)
			fail_msg("%s: what leaves by %s differs", t->what, port);
	}
}

static void try(struct trial *t, const char *port, const struct rig_frame *f)
{
	rig_push(&t->fast, port, 0, f->bytes, f->len);
	rig_push(&t->watched, port, 0, f->bytes, f->len);
	rig_turn(&t->fast);
	rig_turn(&t->watched);
	t->tried++;
	t->out += assert_same_out(t, "lan") + assert_same_out(t, "wan");
	assert_same_counters(t);
	/* What is held is dropped in time, and errors are limited in both alike. */
	t->fast.now = t->watched.now = am_time_add(t->fast.now, 2 * AM_S);
	rig_turn(&t->fast);
	rig_turn(&t->watched);
	assert_same_counters(t);
}

/* As it is, and with both IPv4 checksums right; inner: where the inner IP header is. */
static void try_both(struct trial *t, const char *port, const struct rig_frame *f, unsigned inner)
{
	struct rig_frame right = *f;

	try(t, port, f);
	for (unsigned at = AM_ETH_LEN;; at = inner) {
		if (right.bytes[at] >> 4 == 4 && at + AM_IP4_LEN <= right.len)
			right_ip4(right.bytes + at);
		if (at == inner)
			break;
	}
	if (memcmp(right.bytes, f->bytes, f->len) != 0)
		try(t, port, &right);
}

static void flip_bits(struct trial *t, const char *port, const struct rig_frame *good, unsigned inner)
{
	for (unsigned bit = 0; bit < good->len * 8u; bit++) {
		struct rig_frame bad = *good;

		snprintf(t->what, sizeof t->what, "%s v%d%s by %s: bit %u", t->kind->type, t->kind->family,
			t->kind->extra, port, bit);
		bad.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		try_both(t, port, &bad, inner);
	}
}

/* Shorter and longer than the headers say, and as long as the outermost says; that of the inner packet as often right as not. */
static void change_lengths(struct trial *t, const char *port, const struct rig_frame *good, unsigned inner)
{
	for (unsigned len = AM_ETH_LEN; len < good->len + 24u; len++)
		for (unsigned layers = 0; layers < 3; layers++) {
			struct rig_frame f = *good;
			int by = (int)len - good->len;

			snprintf(t->what, sizeof t->what, "%s v%d%s by %s: %u octets, %u layers",
				t->kind->type, t->kind->family, t->kind->extra, port, len, layers);
			f.len = (uint16_t)len;
			for (unsigned i = 0, at = AM_ETH_LEN; i < layers; i++, at = inner) {
				uint8_t *field = f.bytes + at + (f.bytes[at] >> 4 == 4 ? 2 : 4);

				am_store16(field, (uint16_t)(am_load16(field) + by));
			}
			try_both(t, port, &f, inner);
		}
}

/* Every ECN of the outer header with every one of the inner packet's, and a DSCP or none. */
static void change_marks(struct trial *t, const struct rig_frame *good, unsigned inner)
{
	for (unsigned k = 0; k < 32; k++) {
		struct rig_frame f = *good;

		snprintf(t->what, sizeof t->what, "%s v%d%s: marks %u", t->kind->type, t->kind->family,
			t->kind->extra, k);
		am_ip_set_tos(f.bytes + AM_ETH_LEN, f.bytes[AM_ETH_LEN] >> 4,
			(uint8_t)((k & 3) | (k & 16 ? 0xb8 : 0)));
		am_ip_set_tos(f.bytes + inner, f.bytes[inner] >> 4, (uint8_t)(k >> 2 & 3));
		try(t, "wan", &f);
	}
}

static void watch(struct trial *t)
{
	const struct am_tap_conf conf = {.stages = (1u << AM_TAP_STAGES) - 1,
		.iface = AM_TAP_ANY_IFACE,
		.snaplen = 64,
		.stories = true};
	struct am_err err = {0};

	t->tap = am_tap_create(t->watched.plane, &conf, &err);
	assert_non_null(t->tap);
	am_plane_arm_tap(t->watched.plane, t->tap);
}

static void open_site(struct trial *t, const struct kind *k, bool far)
{
	char config[CONFIG_ROOM];

	config_of(k, far, config);
	*t = (struct trial){.kind = k};
	rig_open(&t->fast, pool, config, 1, 1, false);
	rig_open(&t->watched, pool, config, 1, 1, false);
	watch(t);
}

static void close_site(struct trial *t)
{
	am_plane_arm_tap(t->watched.plane, NULL);
	rig_turn(&t->watched);
	am_tap_free(t->tap);
	rig_close(&t->fast);
	rig_close(&t->watched);
}

static void into_tunnel(const struct kind *k, bool six, struct rig_frame *wire)
{
	struct rig_frame good;
	struct trial t;

	open_site(&t, k, false);
	make(&good, six);
	rig_push(&t.fast, "lan", 0, good.bytes, good.len);
	rig_turn(&t.fast);
	assert_true(rig_pop(&t.fast, "wan", 0, wire));
	rig_push(&t.watched, "lan", 0, good.bytes, good.len);
	rig_turn(&t.watched);
	assert_true(rig_pop(&t.watched, "wan", 0, &good));
	assert_int_equal(good.len, wire->len);
	assert_memory_equal(good.bytes, wire->bytes, wire->len);
	make(&good, six);
	flip_bits(&t, "lan", &good, AM_ETH_LEN);
	change_lengths(&t, "lan", &good, AM_ETH_LEN);
	assert_true(t.out > 0);
	close_site(&t);
}

static void out_of_tunnel(const struct kind *k, bool six, const struct rig_frame *wire)
{
	unsigned inner = wire->len - INNER;
	struct trial t;

	open_site(&t, k, true);
	snprintf(t.what, sizeof t.what, "%s v%d%s", k->type, k->family, k->extra);
	assert_int_equal(inner,
		AM_ETH_LEN + (k->family == 4 ? AM_IP4_LEN : AM_IP6_LEN) + k->header + k->ether * AM_ETH_LEN);
	assert_int_equal(wire->bytes[inner] >> 4, six ? 6 : 4);
	try(&t, "wan", wire);
	assert_int_equal(t.out, 1);
	flip_bits(&t, "wan", wire, inner);
	change_lengths(&t, "wan", wire, inner);
	change_marks(&t, wire, inner);
	print_message("  %s v%d%s: %u packets tried, %u came out, alike\n", k->type, k->family, k->extra,
		t.tried, t.out);
	assert_true(t.out < t.tried);
	close_site(&t);
}

static void test_every_bit_and_length(void **state)
{
	(void)state;
	for (unsigned k = 0; k < sizeof kinds / sizeof *kinds; k++)
		for (int six = 0; six < 2; six++) {
			struct rig_frame wire;

			into_tunnel(&kinds[k], six, &wire);
			out_of_tunnel(&kinds[k], six, &wire);
		}
	assert_int_equal(rte_mempool_avail_count(pool), BUFFERS);
}

/* A packet that comes in two halves, and says of itself that it is as long as it is, or not. */
static void test_halves(void **state)
{
	enum { LONG = 1400 };

	(void)state;
	for (int by = -1; by <= 1; by++) {
		struct rig_frame f, wire[2];
		struct trial t;

		open_site(&t, &kinds[0], false);
		make(&f, false);
		am_store16(f.bytes + AM_ETH_LEN + 2, LONG);
		am_store16(f.bytes + AM_ETH_LEN + AM_IP4_LEN + 4, LONG - AM_IP4_LEN);
		right_ip4(f.bytes + AM_ETH_LEN);
		f.len = AM_ETH_LEN + LONG;
		rig_push(&t.fast, "lan", 0, f.bytes, f.len);
		rig_turn(&t.fast);
		assert_true(rig_pop(&t.fast, "wan", 0, &wire[0]) && rig_pop(&t.fast, "wan", 0, &wire[1]));
		close_site(&t);

		open_site(&t, &kinds[0], true);
		am_store16(wire[0].bytes + AM_ETH_LEN + AM_IP4_LEN + 4 + 2, (uint16_t)(LONG + by));
		right_ip4(wire[0].bytes + AM_ETH_LEN + AM_IP4_LEN + 4);
		for (unsigned i = 0; i < 2; i++) {
			rig_push(&t.fast, "wan", 0, wire[i].bytes, wire[i].len);
			rig_push(&t.watched, "wan", 0, wire[i].bytes, wire[i].len);
		}
		rig_turn(&t.fast);
		rig_turn(&t.watched);
		snprintf(t.what, sizeof t.what, "halves, %d octets more", by);
		assert_int_equal(assert_same_out(&t, "lan"), by == 0);
		assert_same_counters(&t);
		close_site(&t);
	}
}

static int start(void **state)
{
	(void)state;
	if (am_test_eal())
		return -1;
	pool = rig_pool(BUFFERS);
	return pool ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_bit_and_length), cmocka_unit_test(test_halves)};

	return cmocka_run_group_tests_name("pipeline/l3_tunnel", tests, start, NULL);
}
