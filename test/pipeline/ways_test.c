/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Into a tunnel there are short ways and a long one: what is usual, and what is not. Which one a frame takes must not be seen: the same
 * frames go through two sites, one of which takes the long way because somebody looks on, and the same packets and counters come of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "eal.h"
#include "net/csum.h"
#include "net/ether.h"
#include "net/ip.h"
#include "pipeline/tap.h"
#include "pkt/buf.h"
#include "pkt/port.h"
#include "rig.h"
#include "sites.h"

#define MEMBERS_OF(a) (sizeof(a) / sizeof *(a))

enum {
	CONFIG_ROOM = 8192,
	FRAME_MIN = 76, /* a SYN over IPv6 with its option */
	FRAME_MAX = 1514,
	FRAMES = 3000,
	BURST = 8,
	PACKETS = 3 * BURST, /* more than such a burst may leave as */
	TCP_LEN = 24,        /* with the option */
	HOST_A = 1,
	HOST_B = 2,
	VLAN = 100,
	OTHER_VLAN = 200,
};

enum inner {
	UDP4,
	TCP4,
	SYN4,
	OPTIONS4,
	FRAGMENT4,
	UDP6,
	TCP6,
	SYN6,
	EXTENSION6,
	FRAGMENT6,
	ARP,
	OTHER,
	LIE4,
	LIE6,
	KINDS
};

static const struct site_kind kinds[] = {
	{"gre", 4, 4, 1, ",\"tcp_mss\":\"fit\""},
	{"gre", 4, 4, 1, ",\"split\":\"fill\",\"tcp_mss\":\"whole\""},
	{"gre", 4, 4, 3, ",\"split\":\"fill\""},
	{"gre", 4, 4, 16, ",\"dscp\":\"uniform\""},
	{"gre", 6, 4, 5, ",\"tcp_mss\":\"fit\""},
	{"gre", 6, 6, 2, ""},
	{"gre", 4, 4, 1, ",\"checksum\":true,\"sequence\":true"},
	{"etherip", 4, 0, 1, ",\"split\":\"fill\""},
	{"etherip", 6, 4, 4, ",\"dscp\":\"uniform\",\"flow_label\":false"},
	{"gretap", 4, 4, 7, ",\"split\":\"fill\",\"path_mtu\":1400,\"key\":7"},
	{NULL, 4, 4, 1, ""},
	{NULL, 6, 6, 1, ""},
};

static struct rte_mempool *pool;

struct ways {
	struct rig usual, watched;
	struct am_tap *tap;
	char config[2][CONFIG_ROOM], what[128];
	unsigned cut, whole, received;
};

/* ---- frames ---- */

static uint32_t roll(uint64_t *dice, uint32_t n)
{
	*dice = *dice * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)((*dice >> 33) % n);
}

static bool is_ip6(enum inner kind)
{
	return kind == UDP6 || kind == TCP6 || kind == SYN6 || kind == EXTENSION6 || kind == FRAGMENT6 ||
	       kind == LIE6;
}

static void put_ip4(uint8_t *ip, uint16_t len, enum inner kind, uint8_t proto)
{
	static const uint8_t addresses[7] = {198, 18, 0, 9, 203, 0, 113}; /* and one of any kind */

	ip[0] = kind == OPTIONS4 ? 0x46 : 0x45;
	am_store16(ip + 2, kind == LIE4 ? 9 : len);
	am_store16(ip + 6, kind == FRAGMENT4 ? 0x2000 | (ip[4] & 1 ? 5 : 0) : AM_IP4_DF);
	ip[8] = 64;
	ip[9] = proto;
	memcpy(ip + 12, addresses, sizeof addresses);
	memset(ip + 20, 1, kind == OPTIONS4 ? 4 : 0);
	am_store16(ip + 10, 0);
	am_store16(ip + 10, __builtin_bswap16(am_csum_finish(am_csum_add(ip, (ip[0] & 15u) * 4, 0))));
}

static void put_ip6(uint8_t *ip, uint16_t len, enum inner kind, uint8_t proto)
{
	static const uint8_t addresses[] = {
		0x20, 1, 0, 2, [15] = 9, 0x20, 1, 0x0d, 0xb8, [31] = 0}; /* and others */

	ip[0] = 0x60 | ip[0] >> 4;
	memcpy(ip + 8, addresses, sizeof addresses - 2);
	am_store16(ip + 4, kind == LIE6 ? 4000 : (uint16_t)(len - AM_IP6_LEN));
	ip[6] = kind == EXTENSION6 ? 60 : kind == FRAGMENT6 ? AM_PROTO_FRAGMENT : proto;
	if (kind != EXTENSION6 && kind != FRAGMENT6)
		return;
	memset(ip + AM_IP6_LEN, 0, 8);
	ip[AM_IP6_LEN] = proto;
	ip[AM_IP6_LEN + 3] = kind == FRAGMENT6;
}

/* A segment with an MSS beyond all that is clamped to. */
static void put_tcp(uint8_t *tcp, bool syn)
{
	static const uint8_t option[] = {2, 4, 0xff, 0xff};

	tcp[12] = TCP_LEN / 4 << 4;
	tcp[13] = syn ? 0x02 : 0x10;
	memcpy(tcp + TCP_LEN - sizeof option, option, sizeof option);
}

static void make_frame_between(struct rig_frame *f, enum inner kind, uint64_t *dice, uint8_t from, uint8_t to)
{
	const uint8_t macs[] = {2, 0, 0, 0, 0, to, 2, 0, 0, 0, 0, from};
	bool tcp = kind == TCP4 || kind == SYN4 || kind == TCP6 || kind == SYN6 || kind == EXTENSION6;
	uint8_t *ip = f->bytes + AM_ETH_LEN, proto = tcp ? AM_PROTO_TCP : AM_PROTO_UDP;
	uint16_t len;

	f->len = (uint16_t)(FRAME_MIN + roll(dice, FRAME_MAX - FRAME_MIN + 1));
	for (unsigned i = 0; i < f->len; i++)
		f->bytes[i] = (uint8_t)roll(dice, 256);
	memcpy(f->bytes, macs, sizeof macs);
	am_store16(ip - 2, kind == ARP     ? AM_ET_ARP
			   : kind == OTHER ? 0x88b5
			   : is_ip6(kind)  ? AM_ET_IPV6
					   : AM_ET_IPV4);
	if (kind == ARP || kind == OTHER)
		return;
	/* Some are padded. */
	len = (uint16_t)(f->len - AM_ETH_LEN - (roll(dice, 4) ? 0 : roll(dice, 4)));
	if (is_ip6(kind))
		put_ip6(ip, len, kind, proto);
	else
		put_ip4(ip, len, kind, proto);
	if (tcp)
		put_tcp(ip + (is_ip6(kind) ? AM_IP6_LEN : AM_IP4_LEN), kind == SYN4 || kind == SYN6);
}

static void make_frame(struct rig_frame *f, enum inner kind, uint64_t *dice)
{
	make_frame_between(f, kind, dice, HOST_A, HOST_B);
}

/* Mostly a tag of the trunk's members with any priority; else another one, none, or two. */
static void tag(struct rig_frame *f, uint64_t *dice)
{
	static const uint16_t tpids[] = {0x8100, 0x8100, 0x8100, 0x88a8, 0x9100};
	static const uint16_t vids[] = {VLAN, VLAN, VLAN, VLAN, VLAN, VLAN, OTHER_VLAN, OTHER_VLAN, 0, 7};
	unsigned tags = roll(dice, 12) == 0 ? 0 : 1 + (roll(dice, 12) == 0);

	for (; tags; tags--) {
		memmove(f->bytes + AM_ETH_LEN + 2, f->bytes + AM_ETH_LEN - 2, f->len - AM_ETH_LEN + 2u);
		am_store16(f->bytes + AM_ETH_LEN - 2, tpids[roll(dice, MEMBERS_OF(tpids))]);
		am_store16(f->bytes + AM_ETH_LEN,
			(uint16_t)(roll(dice, 16) << 12 | vids[roll(dice, MEMBERS_OF(vids))]));
		f->len += 4;
	}
}

/* ---- both ways ---- */

static bool see_nothing(const void *ctx, enum am_tap_link link, const uint8_t *octets, uint32_t len)
{
	(void)ctx;
	(void)link;
	(void)octets;
	(void)len;
	return false;
}

/* Where host B is. */
static void meet(struct ways *w, const struct site_kind *kind)
{
	struct rig_frame f, wire;
	struct rig there;

	rig_open(&there, pool, site_config(kind, 1, "", w->config[1], CONFIG_ROOM), 1, 1, false);
	rig_udp_frame(&f, HOST_B, HOST_A, 1, 1, FRAME_MIN);
	rig_push(&there, "lan", 0, f.bytes, f.len);
	rig_settle(&there);
	assert_true(rig_pop(&there, "wan", 0, &wire));
	rig_push(&w->usual, "wan", 0, wire.bytes, wire.len);
	rig_push(&w->watched, "wan", 0, wire.bytes, wire.len);
	rig_settle(&w->usual);
	rig_settle(&w->watched);
	assert_true(rig_pop(&w->usual, "lan", 0, &f));
	assert_true(rig_pop(&w->watched, "lan", 0, &f));
	rig_close(&there);
}

static void open_ways(struct ways *w, const char *config)
{
	const struct am_tap_conf conf = {
		.stages = 1 << AM_TAP_ENCAP, .iface = AM_TAP_ANY_IFACE, .snaplen = 64, .match = see_nothing};
	struct am_err err;

	rig_open(&w->usual, pool, config, 1, 1, false);
	rig_open(&w->watched, pool, config, 1, 1, false);
	w->tap = am_tap_create(w->watched.plane, &conf, &err);
	assert_non_null(w->tap);
	am_plane_arm_tap(w->watched.plane, w->tap);
	w->cut = w->whole = w->received = 0;
}

static void close_ways(struct ways *w)
{
	am_plane_arm_tap(w->watched.plane, NULL);
	rig_close(&w->usual);
	rig_close(&w->watched);
	am_tap_free(w->tap);
}

/* What comes of a burst at the port, and what is said back. */
static unsigned send(struct rig *r, const struct rig_frame *f, unsigned burst, struct rig_frame out[PACKETS])
{
	unsigned n = 0;

	for (unsigned i = 0; i < burst; i++)
		rig_push(r, "lan", 0, f[i].bytes, f[i].len);
	rig_settle(r);
	while (n < PACKETS && (rig_pop(r, "wan", 0, &out[n]) || rig_pop(r, "lan", 0, &out[n])))
		n++;
	return n;
}

static void send_both(struct ways *w, const struct rig_frame *f, unsigned burst)
{
	static struct rig_frame usual[PACKETS], watched[PACKETS];
	unsigned n = send(&w->usual, f, burst, usual);

	if (send(&w->watched, f, burst, watched) != n)
		fail_msg("%s: %u packets, not as many the long way", w->what, n);
	for (unsigned i = 0; i < n; i++)
		if (usual[i].len != watched[i].len ||
			memcmp(usual[i].bytes, watched[i].bytes, usual[i].len) != 0)
			fail_msg("%s: packet %u of %u is not the same the long way", w->what, i, n);
	w->whole += n == 1;
	w->cut += n == 2;
}

static void assert_same_counters(const struct ways *w)
{
	for (unsigned c = 0; c < AM_COUNTERS; c++)
		if (rig_count(&w->usual, (enum am_counter)c) != rig_count(&w->watched, (enum am_counter)c))
			fail_msg("%s: counter %u is %lu, the long way %lu", w->what, c,
				rig_count(&w->usual, (enum am_counter)c),
				rig_count(&w->watched, (enum am_counter)c));
	for (unsigned v = 0; v < AM_VERDICTS; v++)
		assert_int_equal(
			rig_drops(&w->usual, (enum am_verdict)v), rig_drops(&w->watched, (enum am_verdict)v));
}

static void test_bridged(void **state)
{
	uint64_t dice = 1;
	struct rig_frame f;
	struct ways w;

	(void)state;
	for (unsigned k = 0; k < MEMBERS_OF(kinds); k++) {
		open_ways(&w, site_config(&kinds[k], 0, "", w.config[0], CONFIG_ROOM));
		meet(&w, &kinds[k]);
		for (unsigned i = 0; i < FRAMES; i++) {
			make_frame(&f, (enum inner)(i % KINDS), &dice);
			snprintf(w.what, sizeof w.what, "%s v%d vxlan %d x%u%s: frame %u, kind %u, %u octets",
				kinds[k].type ? kinds[k].type : "port", kinds[k].family, kinds[k].vxlan,
				kinds[k].stripes, kinds[k].extra, i, i % KINDS, f.len);
			send_both(&w, &f, 1);
		}
		assert_same_counters(&w);
		assert_true(w.whole > FRAMES / 8 && (w.cut > FRAMES / 64) == (kinds[k].type != NULL));
		assert_int_equal(rig_count(&w.usual, AM_C_MSS_CLAMPED) > FRAMES / KINDS,
			strstr(kinds[k].extra, "tcp_mss") != NULL);
		close_ways(&w);
	}
}

/* The port's members in the configuration: of two VLANs, and where `untagged` says so of no tag, too, and then none inside VXLAN. */
static void make_trunk(char *config, bool untagged)
{
	static const char one[] = "{\"port\":\"lan\"}", inner[] = "\"inner_vlan\":true,";
	char text[128], *at = strstr(config, inner);

	if (untagged && at)
		memmove(at, at + strlen(inner), strlen(at + strlen(inner)) + 1);
	at = strstr(config, one);

	assert_non_null(at);
	snprintf(text, sizeof text, "{\"port\":\"lan\",\"vlan\":%d},{\"port\":\"lan\",\"vlan\":%d}%s%s", VLAN,
		OTHER_VLAN, untagged ? "," : "", untagged ? one : "");
	memmove(at + strlen(text), at + strlen(one), strlen(at + strlen(one)) + 1);
	memcpy(at, text, strlen(text));
}

/* What the other site makes of a frame, out of the tunnel and to the trunk. */
static void receive_both(struct ways *w, struct rig *there, const struct rig_frame *f)
{
	struct rig_frame wire, a, b;
	unsigned n = 0;

	rig_push(there, "lan", 0, f->bytes, f->len);
	rig_settle(there);
	while (rig_pop(there, "wan", 0, &wire)) {
		rig_push(&w->usual, "wan", 0, wire.bytes, wire.len);
		rig_push(&w->watched, "wan", 0, wire.bytes, wire.len);
	}
	rig_settle(&w->usual);
	rig_settle(&w->watched);
	for (; rig_pop(&w->usual, "lan", 0, &a); n++)
		if (!rig_pop(&w->watched, "lan", 0, &b) || a.len != b.len ||
			memcmp(a.bytes, b.bytes, a.len) != 0)
			fail_msg("%s: frame %u is not the same the long way", w->what, n);
	assert_false(rig_pop(&w->watched, "lan", 0, &b));
	w->received += n;
}

static void test_trunk(void **state)
{
	uint64_t dice = 4;
	struct rig_frame f;
	struct rig there;
	struct ways w;

	(void)state;
	for (unsigned k = 0; k < 2 * MEMBERS_OF(kinds); k++) {
		const struct site_kind *kind = &kinds[k / 2];

		site_config(kind, 0, "", w.config[0], CONFIG_ROOM - 256);
		make_trunk(w.config[0], k % 2);
		open_ways(&w, w.config[0]);
		rig_open(&there, pool, site_config(kind, 1, "", w.config[1], CONFIG_ROOM), 1, 1, false);
		for (unsigned i = 0; i < FRAMES / 2; i++) {
			snprintf(w.what, sizeof w.what, "trunk %u: frame %u, kind %u", k, i, i % KINDS);
			make_frame(&f, (enum inner)(i % KINDS), &dice);
			tag(&f, &dice);
			send_both(&w, &f, 1);
			make_frame_between(&f, (enum inner)(i % KINDS), &dice, HOST_B, HOST_A);
			receive_both(&w, &there, &f);
		}
		assert_same_counters(&w);
		assert_true(w.whole > FRAMES / 8 && w.received > FRAMES / 4);
		close_ways(&w);
		rig_close(&there);
	}
}

/* Tunnels t and u of a router, and where they lead: equal routes, each flow takes one. */
static const struct {
	const char *tunnel[2], *more;
	unsigned stripes;
	char family;
} routers[] = {
	{{"gre", "gre"}, "", 1, '4'},
	{{"gre", "gre"}, ",\"split\":\"fill\",\"tcp_mss\":\"fit\"", 3, '4'},
	{{"gre", "gre"}, ",\"key\":9,\"tcp_mss\":\"whole\"", 4, '6'},
	{{"gre", "etherip"}, ",\"dscp\":\"uniform\"", 2, '4'},
	{{"gretap", "etherip"}, ",\"split\":\"fill\",\"path_mtu\":1400", 5, '4'},
	{{"gre", "gretap"}, ",\"dscp\":\"uniform\",\"flow_label\":false", 16, '6'},
};

static const char *router_config(unsigned k, char *buf, size_t room)
{
	const char *mac[2], *net = routers[k].family == '4' ? "192.0.2." : "2001:db8::";
	char ends[2][2][512] = {0};

	for (unsigned t = 0; t < 2; t++) {
		mac[t] = routers[k].tunnel[t][0] == 'g' && !routers[k].tunnel[t][3]
				 ? ""
				 : ",\"mac\":\"02:ee:00:00:00:02\"";
		for (unsigned i = 0; i < routers[k].stripes; i++)
			for (unsigned end = 0; end < 2; end++)
				snprintf(ends[t][end] + strlen(ends[t][end]),
					sizeof ends[t][end] - strlen(ends[t][end]), "%s\"%s%u\"",
					i ? "," : "", net, 10 + 40 * t + 20 * end + i);
	}
	assert_true(
		snprintf(buf, room,
			"{\"system\":{\"name\":\"r\"},\"ports\":{"
			"\"wan\":{\"driver\":\"mem\",\"vrf\":\"underlay\",\"mac\":\"02:ff:00:00:00:01\",\"mtu\":1500},"
			"\"lan\":{\"driver\":\"mem\",\"vrf\":\"default\",\"mac\":\"02:00:00:00:00:02\","
			"\"addresses\":[\"198.18.0.1/24\",\"2001:2::1/64\"]}},\"tunnels\":{"
			"\"t\":{\"type\":\"%s\",\"local\":[%s],\"remote\":[%s]%s},"
			"\"u\":{\"type\":\"%s\",\"local\":[%s],\"remote\":[%s]%s}},\"vrfs\":{"
			"\"underlay\":{\"routes\":[{\"prefix\":\"0.0.0.0/0\",\"port\":\"wan\",\"mac\":\"02:ff:00:00:00:02\"},"
			"{\"prefix\":\"::/0\",\"port\":\"wan\",\"mac\":\"02:ff:00:00:00:02\"}]},\"default\":{\"routes\":["
			"{\"prefix\":\"0.0.0.0/0\",\"tunnel\":\"t\"%s},{\"prefix\":\"0.0.0.0/0\",\"tunnel\":\"u\"%s},"
			"{\"prefix\":\"::/0\",\"tunnel\":\"t\"%s},{\"prefix\":\"::/0\",\"tunnel\":\"u\"%s}]}}}",
			routers[k].tunnel[0], ends[0][0], ends[0][1], routers[k].more, routers[k].tunnel[1],
			ends[1][0], ends[1][1], routers[k].more, mac[0], mac[1], mac[0], mac[1]) < (int)room);
	return buf;
}

static void test_routed(void **state)
{
	uint64_t dice = 2;
	struct rig_frame f;
	struct ways w;

	(void)state;
	for (unsigned k = 0; k < MEMBERS_OF(routers); k++) {
		open_ways(&w, router_config(k, w.config[0], CONFIG_ROOM));
		for (unsigned i = 0; i < FRAMES; i++) {
			make_frame(&f, (enum inner)(i % KINDS), &dice);
			snprintf(w.what, sizeof w.what, "router %u: frame %u, kind %u, %u octets", k, i,
				i % KINDS, f.len);
			send_both(&w, &f, 1);
		}
		assert_same_counters(&w);
		assert_true(w.whole > FRAMES / 4 && w.cut > FRAMES / 128);
		assert_int_equal(rig_count(&w.usual, AM_C_MSS_CLAMPED) > FRAMES / KINDS,
			strstr(routers[k].more, "tcp_mss") != NULL);
		close_ways(&w);
	}
}

/* Bursts of both families, and of what nobody routes. */
static void test_routed_bursts(void **state)
{
	struct rig_frame f[BURST];
	uint64_t dice = 3;
	struct ways w;

	(void)state;
	for (unsigned k = 0; k < MEMBERS_OF(routers); k++) {
		open_ways(&w, router_config(k, w.config[0], CONFIG_ROOM));
		for (unsigned i = 0; i < FRAMES; i += BURST) {
			for (unsigned j = 0; j < BURST; j++) {
				make_frame(&f[j], (enum inner)roll(&dice, KINDS), &dice);
				if (f[j].bytes[AM_ETH_LEN] >> 4 ==
					6) /* what is said of it would come in another order */
					f[j].bytes[AM_ETH_LEN + 7] = 64;
			}
			snprintf(w.what, sizeof w.what, "router %u: burst at %u", k, i);
			send_both(&w, f, BURST);
		}
		assert_same_counters(&w);
		assert_true(rig_count(&w.usual, AM_C_TX_PACKETS) > FRAMES / 2);
		close_ways(&w);
	}
}

/* ---- what a driver is given ---- */

static const struct am_port_ops *real_ops;
static unsigned firsts;

/* Each packet, or its first half, says what it carries when the driver gets it. */
static uint16_t look_and_send(struct am_port *port, uint16_t queue, struct rte_mbuf **m, uint16_t n)
{
	for (unsigned i = 0; i < n; i++) {
		const uint8_t *ip = (const uint8_t *)am_buf_data(m[i]) + AM_ETH_LEN;

		if (am_load16(ip + 6) & 0x1fff)
			continue;
		assert_int_equal(am_load32(ip + AM_IP4_LEN), AM_ET_IPV4);
		firsts++;
	}
	return real_ops->tx(port, queue, m, n);
}

/* A transmit buffer that is full between the halves of a packet is emptied there: the first one is complete by then. */
static void test_full_buffer(void **state)
{
	enum { TURN = 64, LONG = 1400, SHORT = 1000 };
	char config[CONFIG_ROOM];
	struct am_port_ops looking;
	struct am_port *wan;
	struct rig_frame f;
	uint64_t dice = 5;
	struct rig r;

	(void)state;
	rig_open(&r, pool, router_config(0, config, sizeof config), 1, 2, false);
	wan = rig_port(&r, "wan");
	real_ops = wan->ops;
	looking = *real_ops;
	looking.tx = look_and_send;
	wan->ops = &looking;
	for (unsigned i = 0; i < 2 * TURN; i++) {
		const bool is_short = i == TURN - 1;

		do
			make_frame(&f, UDP4, &dice);
		while (is_short ? f.len > SHORT : f.len < LONG);
		rig_push(&r, "lan", (uint16_t)(i / TURN), f.bytes, f.len);
	}
	rig_turn(&r);
	wan->ops = real_ops;
	assert_int_equal(firsts, 2 * TURN);
	rig_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_bridged), cmocka_unit_test(test_trunk),
		cmocka_unit_test(test_routed), cmocka_unit_test(test_routed_bursts),
		cmocka_unit_test(test_full_buffer)};

	if (am_test_eal() < 0)
		return 1;
	pool = rig_pool(4096);
	return cmocka_run_group_tests_name("pipeline/ways", tests, NULL, NULL);
}
