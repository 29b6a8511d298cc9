/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a tap sees: each stage of a packet in order, drops with their verdict, nothing of what is not wanted; and packets
 * fare with it as without.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "eal.h"
#include "model/route_view.h"
#include "net/csum.h"
#include "net/ether.h"
#include "net/ip.h"
#include "pipeline/tap.h"
#include "rig.h"
#include "sites.h"

#define MEMBERS_OF(a) (sizeof(a) / sizeof *(a))

enum { CONFIG_ROOM = 4096, HOST_A = 1, HOST_B = 2, ALL = (1 << AM_TAP_PACKETS) - 1 };

static const struct site_kind vxlan_in_gre = {"gre", 4, 4, 1, ""};

static struct rte_mempool *pool;

struct watched {
	struct rig rig;
	struct am_tap *tap;
	char config[CONFIG_ROOM];
};

static void arm(struct watched *w, const struct am_tap_conf *conf)
{
	struct am_err err;

	w->tap = am_tap_create(w->rig.plane, conf, &err);
	assert_non_null(w->tap);
	am_plane_arm_tap(w->rig.plane, w->tap);
}

static void open_watched(struct watched *w, const struct site_kind *kind, int side, unsigned workers,
	const struct am_tap_conf *conf)
{
	char extra[32];

	snprintf(extra, sizeof extra, ",\"workers\":%u", workers);
	rig_open(&w->rig, pool, site_config(kind, side, extra, w->config, CONFIG_ROOM), workers, 1,
		workers > 1);
	arm(w, conf);
}

static void close_watched(struct watched *w)
{
	am_plane_arm_tap(w->rig.plane, NULL);
	rig_turn(&w->rig);
	am_tap_free(w->tap);
	rig_close(&w->rig);
}

/* The stages in a worker's ring, "rx encap tx tx ", and takes them out. */
static const char *stages(struct watched *w, unsigned worker)
{
	static char text[512];
	const struct am_tap_record *record;
	const uint8_t *octets;
	size_t used = 0;

	text[0] = 0;
	while ((record = am_tap_peek(w->tap, worker, &octets)) && used < sizeof text) {
		used += (size_t)snprintf(text + used, sizeof text - used, "%s ",
			am_tap_stage_name((enum am_tap_stage)record->stage));
		am_tap_take(w->tap, worker, record);
	}
	return text;
}

static void carry(struct watched *from, struct watched *to)
{
	struct rig_frame f;

	while (rig_pop(&from->rig, "wan", 0, &f))
		rig_push(&to->rig, "wan", 0, f.bytes, f.len);
	rig_settle(&to->rig);
}

static void push(struct watched *w, uint16_t flow, uint16_t len)
{
	struct rig_frame f;

	rig_udp_frame(&f, HOST_A, HOST_B, flow, 1, len);
	rig_push(&w->rig, "lan", 0, f.bytes, f.len);
	rig_settle(&w->rig);
}

static void test_stories(void **state)
{
	static struct watched a, b;
	const struct am_tap_conf conf = {
		.stages = ALL, .iface = AM_TAP_ANY_IFACE, .snaplen = 64, .stories = true};

	(void)state;
	open_watched(&a, &vxlan_in_gre, 0, 1, &conf);
	open_watched(&b, &vxlan_in_gre, 1, 1, &conf);
	push(&a, 1, 1514);
	assert_string_equal(stages(&a, 0), "rx encap tx tx ");
	carry(&a, &b);
	assert_string_equal(stages(&b, 0), "rx held rx whole decap decap tx ");
	assert_int_equal(am_tap_lost(a.tap) + am_tap_lost(b.tap), 0);
	close_watched(&a);
	close_watched(&b);
}

static void test_records(void **state)
{
	static struct watched a;
	const struct am_tap_conf conf = {
		.stages = ALL, .iface = AM_TAP_ANY_IFACE, .snaplen = 20, .stories = true};
	const struct am_tap_record *record;
	const uint8_t *octets;
	struct rig_frame f;

	(void)state;
	open_watched(&a, &vxlan_in_gre, 0, 1, &conf);
	rig_udp_frame(&f, HOST_A, HOST_B, 1, 1, 200);
	rig_push(&a.rig, "lan", 0, f.bytes, f.len);
	rig_settle(&a.rig);
	record = am_tap_peek(a.tap, 0, &octets);
	assert_non_null(record);
	assert_int_equal(record->len, 200);
	assert_int_equal(record->caplen, 20);
	assert_int_equal(record->link, AM_TAP_ETHERNET);
	assert_memory_equal(octets, f.bytes, 20);
	close_watched(&a);
}

static void test_drops(void **state)
{
	static struct watched b;
	const struct am_tap_conf conf = {
		.stages = 1 << AM_TAP_DROP, .iface = AM_TAP_ANY_IFACE, .snaplen = 2000};
	const struct am_tap_record *record;
	const uint8_t *octets;
	struct rig_frame f;

	(void)state;
	open_watched(&b, &vxlan_in_gre, 1, 1, &conf);
	rig_udp_frame(&f, HOST_A, HOST_B, 1, 1, 200);
	f.bytes[6] |= 1; /* the sender is a group */
	rig_push(&b.rig, "lan", 0, f.bytes, f.len);
	rig_settle(&b.rig);
	record = am_tap_peek(b.tap, 0, &octets);
	assert_non_null(record);
	assert_int_equal(record->stage, AM_TAP_DROP);
	assert_int_equal(record->verdict, AM_V_ETH_SOURCE);
	assert_memory_equal(octets, f.bytes, f.len);
	am_tap_take(b.tap, 0, record);
	assert_null(am_tap_peek(b.tap, 0, &octets));
	close_watched(&b);
}

static bool is_short(const void *ctx, enum am_tap_link link, const uint8_t *octets, uint32_t len)
{
	(void)link;
	(void)octets;
	return len < *(const uint32_t *)ctx;
}

/* Only what matches: each stage by itself, or all of a story of which one does. */
static void test_wanted(void **state)
{
	static struct watched a;
	const uint32_t limit = 300;
	struct am_tap_conf conf = {
		.stages = ALL, .iface = AM_TAP_ANY_IFACE, .snaplen = 64, .match = is_short, .ctx = &limit};

	(void)state;
	open_watched(&a, &vxlan_in_gre, 0, 1, &conf);
	push(&a, 1, 280);
	push(&a, 1, 400);
	assert_string_equal(stages(&a, 0), "rx encap ");
	close_watched(&a);
	conf.stories = true;
	open_watched(&a, &vxlan_in_gre, 0, 1, &conf);
	push(&a, 1, 280);
	push(&a, 1, 400);
	assert_string_equal(stages(&a, 0), "rx encap tx ");
	close_watched(&a);
	conf.match = NULL;
	conf.every = 3;
	open_watched(&a, &vxlan_in_gre, 0, 1, &conf);
	for (unsigned i = 0; i < 7; i++)
		push(&a, 1, 200);
	assert_string_equal(stages(&a, 0), "rx encap tx rx encap tx ");
	close_watched(&a);
}

/* One in ten of each burst is looked at, the others go together: all of them come out, in order. */
static void test_sampled(void **state)
{
	enum { BURSTS = 5, IN_BURST = 47, EVERY = 10 };
	static struct watched a;
	const struct am_tap_conf conf = {
		.stages = ALL, .iface = AM_TAP_ANY_IFACE, .snaplen = 2000, .stories = true, .every = EVERY};
	const struct am_tap_record *record;
	const uint8_t *octets;
	unsigned sent = 0, seen = 0;
	struct rig_frame f;

	(void)state;
	open_watched(&a, &vxlan_in_gre, 0, 1, &conf);
	for (unsigned burst = 0; burst < BURSTS; burst++) {
		for (unsigned i = 0; i < IN_BURST; i++, sent++) {
			rig_udp_frame(&f, HOST_A, HOST_B, 1, 1, (uint16_t)(100 + sent));
			rig_push(&a.rig, "lan", 0, f.bytes, f.len);
		}
		rig_settle(&a.rig);
	}
	for (unsigned i = 0; i < sent; i++) {
		assert_true(rig_pop(&a.rig, "wan", 0, &f));
		/* Ethernet, IP, GRE, IP, UDP and VXLAN in front of it. */
		assert_int_equal(f.len, 100 + i + 14 + 20 + 4 + 20 + 8 + 8);
	}
	while ((record = am_tap_peek(a.tap, 0, &octets))) {
		if (record->stage == AM_TAP_RX)
			assert_int_equal(record->len, 100 + EVERY * ++seen - 1);
		am_tap_take(a.tap, 0, record);
	}
	assert_int_equal(seen, sent / EVERY);
	close_watched(&a);
}

/* Nobody reads: the ring fills, the rest is counted, and packets go on. */
static void test_lost(void **state)
{
	static struct watched a;
	const struct am_tap_conf conf = {
		.stages = 1 << AM_TAP_RX, .iface = AM_TAP_ANY_IFACE, .snaplen = 2000};
	const struct am_tap_record *record;
	const uint8_t *octets;
	unsigned sent = 0, got = 0, passed = 0;
	struct rig_frame f;

	(void)state;
	open_watched(&a, &vxlan_in_gre, 0, 1, &conf);
	while (am_tap_lost(a.tap) < 10 && sent < 5000) {
		push(&a, 1, (uint16_t)(1000 + sent % 7));
		while (rig_pop(&a.rig, "wan", 0, &f))
			passed++;
		sent++;
	}
	assert_int_equal(passed, sent);
	for (; (record = am_tap_peek(a.tap, 0, &octets)); got++) {
		assert_int_equal(record->len, 1000 + got % 7);
		am_tap_take(a.tap, 0, record);
	}
	assert_int_equal(got + am_tap_lost(a.tap), sent);
	push(&a, 1, 500);
	assert_string_equal(stages(&a, 0), "rx ");
	close_watched(&a);
}

/* A story goes on, under its number, where another worker carries the frame. */
static void test_handoff(void **state)
{
	static struct watched a;
	const struct am_tap_conf conf = {
		.stages = ALL, .iface = AM_TAP_ANY_IFACE, .snaplen = 64, .stories = true};
	unsigned handed = 0;

	(void)state;
	open_watched(&a, &vxlan_in_gre, 0, 2, &conf);
	for (uint16_t flow = 0; flow < 32; flow++) {
		const struct am_tap_record *first = NULL, *then;
		unsigned from = 0, to;
		uint32_t story;
		const uint8_t *octets;

		push(&a, flow, 200);
		while (from < 2 && !(first = am_tap_peek(a.tap, from, &octets)))
			from++;
		assert_non_null(first);
		to = !from;
		then = am_tap_peek(a.tap, to, &octets);
		/* Of the two that have something, the receiver is the one that begins with it. */
		if (then && then->stage == AM_TAP_RX) {
			const struct am_tap_record *other = first;

			first = then;
			then = other;
			from = to;
			to = !from;
		}
		assert_int_equal(first->stage, AM_TAP_RX);
		story = first->story;
		if (then) {
			assert_int_equal(then->story, story);
			assert_string_equal(stages(&a, from), "rx handoff ");
			assert_string_equal(stages(&a, to), "encap tx ");
			handed++;
		} else {
			assert_string_equal(stages(&a, from), "rx encap tx ");
		}
	}
	assert_in_range(handed, 1, 31);
	close_watched(&a);
}

static const char router[] =
	"{\"ports\":{\"lan\":{\"driver\":\"mem\",\"vrf\":\"default\",\"mac\":\"02:00:00:00:00:02\","
	"\"addresses\":[\"10.1.0.254/16\"],\"urpf\":\"strict\"},"
	"\"wan\":{\"driver\":\"mem\",\"vrf\":\"default\",\"mac\":\"02:00:00:00:00:03\",\"mtu\":1300,"
	"\"addresses\":[\"10.2.0.1/24\"]}},"
	"\"vrfs\":{\"default\":{\"loopbacks\":[\"10.255.0.1\"],\"routes\":["
	"{\"prefix\":\"10.3.0.0/16\",\"port\":\"wan\",\"via\":\"10.2.0.9\",\"mac\":\"02:00:00:00:00:09\"},"
	"{\"prefix\":\"10.7.0.0/16\",\"port\":\"wan\",\"via\":\"10.2.0.10\",\"mac\":\"02:00:00:00:00:0a\"},"
	"{\"prefix\":\"10.7.0.0/16\",\"port\":\"wan\",\"via\":\"10.2.0.11\",\"mac\":\"02:00:00:00:00:0b\"},"
	"{\"prefix\":\"10.4.0.0/16\",\"blackhole\":true},{\"prefix\":\"10.5.0.0/16\",\"unreachable\":true},"
	"{\"prefix\":\"10.6.0.0/16\",\"via\":\"10.2.0.8\"}]}}}";

static void put_sum(struct rig_frame *f)
{
	uint16_t sum;

	am_store16(f->bytes + AM_ETH_LEN + 10, 0);
	sum = am_csum_finish(am_csum_add(f->bytes + AM_ETH_LEN, AM_IP4_LEN, 0));
	memcpy(f->bytes + AM_ETH_LEN + 10, &sum, sizeof sum);
}

/* What a tap is told of one packet from lan: its stages, with the first drop's verdict. */
static const char *told(struct watched *w)
{
	static char text[512];
	const struct am_tap_record *record;
	const char *verdict = "";
	const uint8_t *octets;
	size_t used = 0;

	text[0] = 0;
	while ((record = am_tap_peek(w->tap, 0, &octets)) && used < sizeof text && !*verdict) {
		enum am_tap_stage stage = (enum am_tap_stage)record->stage;

		if (stage == AM_TAP_DROP)
			verdict = am_verdict_name((enum am_verdict)record->verdict);
		used += (size_t)snprintf(
			text + used, sizeof text - used, "%s %s", am_tap_stage_name(stage), verdict);
		am_tap_take(w->tap, 0, record);
	}
	stages(w, 0);
	return text;
}

/* Which of two equal ways a flow takes, and which one `explain` says. */
static void test_equal_ways(void **state)
{
	static struct watched w;
	const struct am_tap_conf conf = {.stages = ALL, .iface = AM_TAP_ANY_IFACE, .snaplen = 64};
	unsigned taken[2] = {0};

	(void)state;
	rig_open(&w.rig, pool, router, 1, 1, false);
	arm(&w, &conf);
	for (uint16_t flow = 0; flow < 32; flow++) {
		struct am_explain_packet ask = {.interface = "lan",
			.length = 200,
			.protocol = 17,
			.ttl = 64,
			.sport = (uint16_t)(10000 + flow),
			.dport = 5001};
		struct rig_frame f;
		struct am_err err;
		char want[64], *said;

		rig_udp_frame(&f, HOST_A, HOST_B, flow, 1, (uint16_t)(ask.length + AM_ETH_LEN));
		f.bytes[AM_ETH_LEN + 17] = 7; /* 10.7.0.2 */
		put_sum(&f);
		ask.from = am_ip4(f.bytes + AM_ETH_LEN + 12);
		ask.to = am_ip4(f.bytes + AM_ETH_LEN + 16);
		said = am_model_explain_packet(w.rig.model, &ask, &err);
		assert_non_null(said);
		rig_push(&w.rig, "lan", 0, f.bytes, f.len);
		rig_settle(&w.rig);
		assert_true(rig_pop(&w.rig, "wan", 0, &f));
		snprintf(want, sizeof want, "\"mac\": \"02:00:00:00:00:%02x\"", f.bytes[5]);
		if (!strstr(said, want))
			fail_msg("%s is not in %s", want, said);
		free(said);
		taken[f.bytes[5] & 1]++;
	}
	assert_true(taken[0] && taken[1]);
	close_watched(&w);
}

/* What `explain` says of the same packet is what became of it. */
static void check_explained(
	struct watched *w, uint32_t from, uint32_t to, uint16_t len, uint8_t ttl, const char *told)
{
	struct am_explain_packet ask = {.interface = "lan", .length = len, .protocol = 17, .ttl = ttl};
	const char *drop = strstr(told, "drop ");
	char want[64], *said;
	struct am_err err;

	ask.from.family = ask.to.family = AM_IPV4;
	am_store32(ask.from.bytes, from);
	am_store32(ask.to.bytes, to);
	said = am_model_explain_packet(w->rig.model, &ask, &err);
	assert_non_null(said);
	snprintf(want, sizeof want, "\"verdict\": \"%s\"", drop ? drop + 5 : "ok");
	if (!strstr(said, want))
		fail_msg("%s is not in %s", want, said);
	free(said);
}

static void test_routed(void **state)
{
	static const struct {
		uint32_t from, to;
		uint16_t len;
		uint8_t ttl;
		const char *told;
	} cases[] = {
		{0x0a010001, 0x0a030001, 200, 64, "rx route tx "},
		{0x0a010001, 0x0a030001, 200, 1, "rx route drop ip_ttl"},
		{0x0a010001, 0x0a030001, 1400, 64, "rx route drop route_mtu"},
		{0x0a010001, 0x0a040001, 200, 64, "rx route drop route_blackhole"},
		{0x0a010001, 0x0a050001, 200, 64, "rx route drop route_unreachable"},
		{0x0a010001, 0x0a060001, 200, 64, "rx route drop route_down"},
		{0x0a010001, 0x0b000001, 200, 64, "rx route drop route_none"},
		{0x0b000001, 0x0a030001, 200, 64, "rx route drop route_urpf"},
		{0x7f000001, 0x0a030001, 200, 64, "rx drop ip_martian"},
	};
	static struct watched w;
	const struct am_tap_conf conf = {
		.stages = ALL, .iface = AM_TAP_ANY_IFACE, .snaplen = 64, .stories = true};

	(void)state;
	rig_open(&w.rig, pool, router, 1, 1, false);
	arm(&w, &conf);
	for (unsigned i = 0; i < MEMBERS_OF(cases); i++) {
		struct rig_frame f;

		rig_udp_frame(&f, HOST_A, HOST_B, 1, 1, cases[i].len);
		am_store32(f.bytes + AM_ETH_LEN + 12, cases[i].from);
		am_store32(f.bytes + AM_ETH_LEN + 16, cases[i].to);
		f.bytes[AM_ETH_LEN + 8] = cases[i].ttl;
		put_sum(&f);
		rig_push(&w.rig, "lan", 0, f.bytes, f.len);
		rig_settle(&w.rig);
		assert_string_equal(told(&w), cases[i].told);
		check_explained(&w, cases[i].from, cases[i].to, (uint16_t)(cases[i].len - AM_ETH_LEN),
			cases[i].ttl, cases[i].told);
	}
	close_watched(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stories),
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_drops),
		cmocka_unit_test(test_wanted),
		cmocka_unit_test(test_sampled),
		cmocka_unit_test(test_lost),
		cmocka_unit_test(test_handoff),
		cmocka_unit_test(test_routed),
		cmocka_unit_test(test_equal_ways),
	};

	if (am_test_eal() < 0)
		return 1;
	pool = rig_pool(4096);
	return cmocka_run_group_tests_name("pipeline/tap", tests, NULL, NULL);
}
