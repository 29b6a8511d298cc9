/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Lanes change nothing. Two planes of one configuration get the same packets: one has a lane for them, made by good
 * packets just before, the other forgets its lanes before each turn. Whatever is wrong with a packet, both send the
 * same octets and count the same. Fragments come side by side to the one, and each in a turn of its own to the other.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../lib/pipeline/core.h"
#include "base/bytes.h"
#include "eal.h"
#include "net/csum.h"
#include "net/vxlan.h"
#include "rig.h"
#include "sites.h"

#define MEMBERS_OF(a) (sizeof(a) / sizeof *(a))

enum {
	CONFIG_ROOM = 4096,
	ROWS = 16,
	HOST_A = 1,
	HOST_B = 2,
	INNER_BITS = (AM_ETH_LEN + AM_IP6_LEN + 20) * 8
};

struct lane_kind {
	struct site_kind site;
	bool lane; /* its packets have one */
};

static const struct lane_kind kinds[] = {
	{{"etherip", 4, 0, 1, ""}, true},
	{{"etherip", 6, 0, 1, ""}, true},
	{{"gretap", 4, 0, 1, ",\"tcp_mss\":\"whole\""}, true},
	{{"gretap", 6, 0, 1, ",\"key\":7"}, true},
	{{"gre", 4, 4, 1, ""}, true},
	{{"gre", 4, 6, 1, ",\"key\":7"}, true},
	{{"gre", 6, 4, 1, ",\"tcp_mss\":\"whole\""}, true},
	{{"gre", 6, 6, 1, ",\"key\":4294967295"}, true},
	{{"etherip", 4, 4, 1, ""}, true},
	{{"etherip", 6, 6, 1, ""}, true},
	{{"gretap", 4, 6, 1, ",\"key\":9"}, true},
	{{"gretap", 6, 4, 1, ""}, true},
	{{NULL, 4, 4, 1, ""}, true},
	{{NULL, 6, 6, 1, ""}, true},
	{{"gretap", 6, 6, 1, ",\"key\":9"}, false}, /* longer than a lane remembers */
	{{"gre", 4, 4, 1, ",\"checksum\":true"}, false},
	{{"etherip", 4, 0, 1, ",\"dscp\":\"uniform\""}, false},
};

static struct rte_mempool *pool;

/* Where the headers of a good packet are. */
struct layout {
	unsigned n_ip;
	uint16_t ip_at[2];
	uint8_t family[2];
	uint16_t udp_at; /* 0: none */
	uint16_t frame_at;
};

struct trial {
	const struct lane_kind *kind;
	struct rig warm, cold;
	struct rig_frame good;
	struct layout at;
	unsigned tried, delivered;
	char what[96];
};

static struct am_worker *worker(struct rig *r)
{
	return am_plane_worker(r->plane, 0);
}

/* As under a snapshot that it has not seen yet. */
static void forget(struct rig *r)
{
	worker(r)->generation = 0;
}

/* Did the last burst leave all that it might have learnt? */
static bool took_lane(struct rig *r)
{
	return worker(r)->lanes_to_learn == AM_LANES_LEARNT;
}

static void assert_same_counters(struct trial *t)
{
	const struct am_iface_counters *a = worker(&t->warm)->counters, *b = worker(&t->cold)->counters;

	if (memcmp(a, b, ROWS * sizeof *a) == 0)
		return;
	for (unsigned i = 0; i < ROWS; i++) {
		for (unsigned c = 0; c < AM_COUNTERS; c++)
			if (a[i].count[c] != b[i].count[c])
				print_error("interface %u: %s %llu, without a lane %llu\n", i,
					am_counter_name((enum am_counter)c),
					(unsigned long long)a[i].count[c], (unsigned long long)b[i].count[c]);
		for (unsigned v = 0; v < AM_VERDICTS; v++)
			if (a[i].drop[v] != b[i].drop[v])
				print_error("interface %u: dropped as %s %llu, without a lane %llu\n", i,
					am_verdict_name((enum am_verdict)v), (unsigned long long)a[i].drop[v],
					(unsigned long long)b[i].drop[v]);
	}
	fail_msg("%s: counters differ", t->what);
}

/* All that left by a port, from both; returns how many frames. */
static unsigned assert_same_out(struct trial *t, const char *port)
{
	struct rig_frame a, b;
	unsigned n = 0;

	for (;; n++) {
		bool one = rig_pop(&t->warm, port, 0, &a), two = rig_pop(&t->cold, port, 0, &b);

		if (one != two)
			fail_msg("%s: frame %u leaves by %s with%s a lane only", t->what, n, port,
				one ? "" : "out");
		if (!one)
			return n;
		if (a.len != b.len || memcmp(a.bytes, b.bytes, a.len) != 0)
			fail_msg("%s: what leaves by %s differs", t->what, port);
	}
}

static unsigned assert_same(struct trial *t)
{
	unsigned n = assert_same_out(t, "lan");

	assert_same_out(t, "wan");
	assert_same_counters(t);
	return n;
}

static void both_push(struct trial *t, const struct rig_frame *f)
{
	rig_push(&t->warm, "wan", 0, f->bytes, f->len);
	rig_push(&t->cold, "wan", 0, f->bytes, f->len);
	forget(&t->cold);
	rig_turn(&t->cold);
}

/* Good packets until there is a lane. */
static void warm_up(struct trial *t)
{
	for (unsigned i = 0; i < 2; i++) {
		both_push(t, &t->good);
		rig_turn(&t->warm);
		if (t->kind->lane)
			assert_false(took_lane(&t->cold));
		assert_int_equal(assert_same(t), 1);
		if (took_lane(&t->warm))
			break;
	}
	if (t->kind->lane && !took_lane(&t->warm))
		fail_msg("%s: good packets get no lane", t->what);
}

/* What was held is dropped in time, in both. */
static void let_expire(struct trial *t)
{
	struct am_reasm_stats held;

	am_reasm_stats(worker(&t->warm)->reasm, &held);
	if (!held.live)
		return;
	t->warm.now = t->cold.now = am_time_add(t->warm.now, 2 * AM_S);
	rig_turn(&t->warm);
	rig_turn(&t->cold);
	assert_same_counters(t);
}

/* n packets in one burst of the plane with lanes, one by one in the other. */
static void try(struct trial *t, const struct rig_frame *f, unsigned n)
{
	warm_up(t);
	for (unsigned i = 0; i < n; i++)
		both_push(t, &f[i]);
	rig_turn(&t->warm);
	t->tried++;
	t->delivered += assert_same(t);
	let_expire(t);
}

static void say(struct trial *t, const char *what, unsigned number)
{
	snprintf(t->what, sizeof t->what, "%s v%d vxlan %d%s: %s %u",
		t->kind->site.type ? t->kind->site.type : "port", t->kind->site.family, t->kind->site.vxlan,
		t->kind->site.extra, what, number);
}

static struct layout layout_of(const struct site_kind *kind)
{
	bool key = strstr(kind->extra, "key"), csum = strstr(kind->extra, "checksum");
	struct layout at = {.n_ip = 1, .ip_at = {AM_ETH_LEN}, .family = {(uint8_t)kind->family}};
	unsigned end = AM_ETH_LEN + (kind->family == 4 ? AM_IP4_LEN : AM_IP6_LEN), inner = 0;

	if (kind->type)
		end += strcmp(kind->type, "etherip") == 0 ? 2 : 4 + key * 4 + csum * 4;
	if (kind->type && kind->vxlan) {
		end += strcmp(kind->type, "gre") == 0 ? 0 : AM_ETH_LEN;
		at.ip_at[at.n_ip] = (uint16_t)end;
		at.family[at.n_ip++] = (uint8_t)kind->vxlan;
		inner = kind->vxlan == 4 ? AM_IP4_LEN : AM_IP6_LEN;
	}
	end += inner;
	if (kind->vxlan) {
		at.udp_at = (uint16_t)end;
		end += AM_UDP_LEN + AM_VXLAN_LEN;
	}
	at.frame_at = (uint16_t)end;
	return at;
}

/* Checksums of the headers right again, as far as they are there. */
static void repair(const struct layout *at, struct rig_frame *f)
{
	unsigned last = at->n_ip - 1;
	uint8_t *udp = f->bytes + at->udp_at, *ip;
	uint16_t csum;

	for (unsigned i = 0; i < at->n_ip; i++) {
		ip = f->bytes + at->ip_at[i];
		if (at->family[i] != AM_IPV4 || at->ip_at[i] + AM_IP4_LEN > f->len)
			continue;
		memset(ip + 10, 0, 2);
		csum = am_csum_finish(am_csum_add(ip, AM_IP4_LEN, 0));
		memcpy(ip + 10, &csum, 2);
	}
	if (!at->udp_at || at->udp_at + AM_UDP_LEN > f->len || am_load16(udp + 6) == 0 ||
		at->udp_at + am_load16(udp + 4) > f->len)
		return;
	ip = f->bytes + at->ip_at[last];
	memset(udp + 6, 0, 2);
	csum = am_csum_finish(am_csum_add(udp, am_load16(udp + 4),
		am_csum_pseudo(at->family[last], am_ip_src(ip, at->family[last]),
			am_ip_dst(ip, at->family[last]), AM_PROTO_UDP, am_load16(udp + 4))));
	csum = csum ? csum : 0xffff;
	memcpy(udp + 6, &csum, 2);
}

/* The packet as it is, and with checksums that agree. */
static void try_both(struct trial *t, const struct rig_frame *f)
{
	struct rig_frame right = *f;

	try(t, f, 1);
	repair(&t->at, &right);
	if (memcmp(right.bytes, f->bytes, f->len) != 0)
		try(t, &right, 1);
}

static void flip_bits(struct trial *t)
{
	unsigned bits = t->at.frame_at * 8u + INNER_BITS;

	for (unsigned bit = 0; bit < bits && bit < t->good.len * 8u; bit++) {
		struct rig_frame bad = t->good;

		say(t, "bit", bit);
		bad.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		try_both(t, &bad);
	}
}

static void add16(uint8_t *at, int by)
{
	am_store16(at, (uint16_t)(am_load16(at) + by));
}

/* All lengths in front of the frame changed by as much as the packet's is; the inner packet's own stays. */
static void change_lengths(struct trial *t, struct rig_frame *f, int by, unsigned layers)
{
	for (unsigned i = 0; i < t->at.n_ip && i < layers; i++)
		add16(f->bytes + t->at.ip_at[i] + (t->at.family[i] == AM_IPV4 ? 2 : 4), by);
	if (t->at.udp_at && layers > t->at.n_ip)
		add16(f->bytes + t->at.udp_at + 4, by);
}

static void cut_and_pad(struct trial *t)
{
	for (int len = AM_ETH_LEN; len <= t->good.len + 40; len++) {
		int by = len - t->good.len;

		say(t, "octets", (unsigned)len);
		for (unsigned layers = 0; layers <= 3; layers++) {
			struct rig_frame f = t->good;

			if (by > 0)
				memset(f.bytes + f.len, 0xee, (size_t)by);
			f.len = (uint16_t)len;
			change_lengths(t, &f, by, layers);
			repair(&t->at, &f);
			try(t, &f, 1);
		}
	}
}

/* One length field says what is not so. */
static void change_one_length(struct trial *t, unsigned at)
{
	static const int by[] = {-2000, -14, -8, -1, 1, 8, 14, 30000};

	for (unsigned i = 0; i < MEMBERS_OF(by); i++) {
		for (unsigned padding = 0; padding <= 16; padding += 16) {
			struct rig_frame f = t->good;

			say(t, "length at", at);
			add16(f.bytes + at, by[i]);
			memset(f.bytes + f.len, 0, padding);
			f.len = (uint16_t)(f.len + padding);
			try_both(t, &f);
		}
	}
}

static void change_each_length(struct trial *t)
{
	for (unsigned i = 0; i < t->at.n_ip; i++)
		change_one_length(t, t->at.ip_at[i] + (t->at.family[i] == AM_IPV4 ? 2u : 4u));
	if (t->at.udp_at)
		change_one_length(t, t->at.udp_at + 4u);
	/* The packet in the frame: IPv4 or IPv6. */
	change_one_length(t, t->at.frame_at + AM_ETH_LEN + 2u);
	change_one_length(t, t->at.frame_at + AM_ETH_LEN + 4u);
}

static void set_tos(struct rig_frame *f, unsigned at, uint8_t family, uint8_t tos)
{
	am_ip_set_tos(f->bytes + at, family, tos);
}

/* Every ECN of every layer with every other, DSCPs, hop limits. */
static void change_marks(struct trial *t)
{
	for (unsigned k = 0; k < 256; k++) {
		struct rig_frame f = t->good;

		say(t, "marks", k);
		set_tos(&f, t->at.ip_at[0], t->at.family[0], (uint8_t)((k & 3) | (k & 64 ? 0xb8 : 0)));
		if (t->at.n_ip > 1)
			set_tos(&f, t->at.ip_at[1], t->at.family[1],
				(uint8_t)((k >> 2 & 3) | (k & 128 ? 0x28 : 0)));
		if (am_load16(f.bytes + t->at.frame_at + 12) == AM_ET_IPV4)
			set_tos(&f, t->at.frame_at + AM_ETH_LEN, AM_IPV4, (uint8_t)(k >> 4 & 3));
		try_both(t, &f);
	}
	for (unsigned i = 0; i < t->at.n_ip; i++) {
		for (unsigned ttl = 0; ttl < 256; ttl += 51) {
			struct rig_frame f = t->good;

			say(t, "hop limit", ttl);
			f.bytes[t->at.ip_at[i] + (t->at.family[i] == AM_IPV4 ? 8 : 7)] = (uint8_t)ttl;
			try_both(t, &f);
		}
	}
}

static void tag(struct rig_frame *f)
{
	memmove(f->bytes + 16, f->bytes + 12, f->len - 12u);
	am_store32(f->bytes + 12, 0x81000005);
	f->len += 4;
}

/* An IPv4 TCP SYN with an MSS of 1460. */
static void make_syn(struct rig_frame *f)
{
	static const uint8_t tcp[24] = {0x30, 0x39, 0, 80, 0, 0, 0, 1, 0, 0, 0, 0, 0x60, 2, 0xff, 0xff, 0, 0,
		0, 0, 2, 4, 1460 >> 8, 1460 & 0xff};
	uint8_t *ip = f->bytes + AM_ETH_LEN;
	uint16_t csum;

	rig_udp_frame(f, HOST_A, HOST_B, 1, 1, AM_ETH_LEN + AM_IP4_LEN + sizeof tcp);
	ip[9] = AM_PROTO_TCP;
	memset(ip + 10, 0, 2);
	csum = am_csum_finish(am_csum_add(ip, AM_IP4_LEN, 0));
	memcpy(ip + 10, &csum, 2);
	memcpy(ip + AM_IP4_LEN, tcp, sizeof tcp);
	csum = am_csum_finish(am_csum_add(ip + AM_IP4_LEN, sizeof tcp,
		am_csum_pseudo(AM_IPV4, ip + 12, ip + 16, AM_PROTO_TCP, sizeof tcp)));
	memcpy(ip + AM_IP4_LEN + 16, &csum, 2);
}

/* UDP in IPv6, or TCP with an MSS of 1440: its first segment, or a later one. */
static void make_six(struct rig_frame *f, bool tcp, bool syn)
{
	static const uint8_t udp[44] = {0x30, 0x39, 0, 80, 0, 44};
	const uint8_t segment[24] = {0x30, 0x39, 0, 80, 0, 0, 0, 1, 0, 0, 0, 0, 0x60, syn ? 2 : 16, 0xff,
		0xff, 0, 0, 0, 0, 2, 4, 1440 >> 8, 1440 & 0xff};
	uint16_t len = tcp ? sizeof segment : sizeof udp, csum;
	uint8_t *ip = f->bytes + AM_ETH_LEN, *upper = ip + AM_IP6_LEN;

	rig_udp_frame(f, HOST_A, HOST_B, 1, 1, AM_ETH_LEN + AM_IP6_LEN + len);
	memset(ip, 0, AM_IP6_LEN);
	am_store16(ip - 2, AM_ET_IPV6);
	ip[0] = 0x60;
	am_store16(ip + 4, len);
	ip[6] = tcp ? AM_PROTO_TCP : AM_PROTO_UDP;
	ip[7] = 64;
	ip[8] = ip[24] = 0xfd;
	ip[23] = HOST_A;
	ip[39] = HOST_B;
	memcpy(upper, tcp ? segment : udp, len);
	csum = am_csum_finish(am_csum_add(upper, len, am_csum_pseudo(AM_IPV6, ip + 8, ip + 24, ip[6], len)));
	memcpy(upper + (tcp ? 16 : 6), &csum, sizeof csum);
}

enum { FRAMES = 7 };

static void make_frame(struct rig_frame *f, unsigned which)
{
	rig_udp_frame(f, HOST_A, HOST_B, 1, 1, 100);
	if (which == 1)
		tag(f);
	else if (which == 2)
		make_syn(f);
	else if (which == 3) /* neither IPv4 nor IPv6 */
		am_store16(f->bytes + 12, 0x0806);
	else if (which > 3)
		make_six(f, which > 4, which == 6);
}

static unsigned encapsulate(const struct site_kind *kind, const struct rig_frame *f, struct rig_frame wire[2])
{
	char config[CONFIG_ROOM];
	struct rig from;
	unsigned n = 0;

	rig_open(&from, pool, site_config(kind, 0, "", config, sizeof config), 1, 1, false);
	rig_push(&from, "lan", 0, f->bytes, f->len);
	rig_settle(&from);
	while (n < 2 && rig_pop(&from, "wan", 0, &wire[n]))
		n++;
	rig_close(&from);
	return n;
}

static void open_with(struct trial *t, const struct lane_kind *kind, const char *config)
{
	struct rig_frame f, wire[2];

	*t = (struct trial){.kind = kind, .at = layout_of(&kind->site)};
	rig_open(&t->warm, pool, config, 1, 1, false);
	rig_open(&t->cold, pool, config, 1, 1, false);
	make_frame(&f, 0);
	assert_int_equal(encapsulate(&kind->site, &f, wire), 1);
	t->good = wire[0];
	assert_int_equal(t->at.frame_at + f.len, t->good.len);
	say(t, "warm", 0);
}

static void open_trial(struct trial *t, const struct lane_kind *kind)
{
	char config[CONFIG_ROOM];

	open_with(t, kind, site_config(&kind->site, 1, "", config, sizeof config));
}

static void close_trial(struct trial *t)
{
	rig_close(&t->warm);
	rig_close(&t->cold);
}

/* Frames of other kinds in the same lane. */
static void other_frames(struct trial *t)
{
	struct rig_frame f, wire[2];

	for (unsigned which = 0; which < FRAMES; which++) {
		make_frame(&f, which);
		say(t, "frame", which);
		assert_int_equal(encapsulate(&t->kind->site, &f, wire), 1);
		try_both(t, &wire[0]);
		for (unsigned bit = t->at.frame_at * 8u;
			bit < wire[0].len * 8u && bit < t->at.frame_at * 8u + 400; bit++) {
			struct rig_frame bad = wire[0];

			bad.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
			try_both(t, &bad);
		}
	}
}

static void test_whole(void **state)
{
	struct trial t;

	(void)state;
	for (unsigned k = 0; k < MEMBERS_OF(kinds); k++) {
		open_trial(&t, &kinds[k]);
		flip_bits(&t);
		cut_and_pad(&t);
		change_each_length(&t);
		change_marks(&t);
		other_frames(&t);
		say(&t, "packets tried", t.tried);
		print_message("  %s, %u frames came out, alike\n", t.what, t.delivered);
		assert_true(t.delivered > 0 && t.delivered < t.tried);
		close_trial(&t);
	}
}

/* Keys, VNIs and VLANs side by side, each of another bridge, which the tag that frames leave with tells. */
static const char neighbours[] =
	"{\"system\":{\"name\":\"s\"},\"ports\":{\"wan\":{\"driver\":\"mem\",\"vrf\":\"underlay\","
	"\"mac\":\"02:ff:00:00:00:02\",\"mtu\":1500},\"lan\":{\"driver\":\"mem\"}},\"tunnels\":{"
	"\"g6\":{\"type\":\"gretap\",\"local\":\"192.0.2.20\",\"remote\":\"192.0.2.10\",\"key\":6},"
	"\"g7\":{\"type\":\"gretap\",\"local\":\"192.0.2.20\",\"remote\":\"192.0.2.10\",\"key\":7},"
	"\"v\":{\"type\":\"gre\",\"local\":\"192.0.2.20\",\"remote\":\"192.0.2.10\"}},"
	"\"vrfs\":{\"default\":{\"loopbacks\":[\"10.255.0.2\"],\"routes\":[{\"prefix\":\"10.255.0.1/32\","
	"\"tunnel\":\"v\"}]},\"underlay\":{\"routes\":[{\"prefix\":\"0.0.0.0/0\",\"port\":\"wan\","
	"\"mac\":\"02:ff:00:00:00:01\"}]}},\"bridges\":{"
	"\"a\":{\"members\":[{\"port\":\"lan\",\"vlan\":11},{\"tunnel\":\"g6\"}]},"
	"\"b\":{\"members\":[{\"port\":\"lan\",\"vlan\":12},{\"tunnel\":\"g7\"}]},"
	"\"c\":{\"members\":[{\"port\":\"lan\",\"vlan\":13},{\"tunnel\":\"g6\",\"vlan\":5}]},"
	"\"d\":{\"vni\":10100,\"members\":[{\"port\":\"lan\",\"vlan\":14},{\"vtep\":\"10.255.0.1\"}]},"
	"\"e\":{\"vni\":10101,\"members\":[{\"port\":\"lan\",\"vlan\":15},{\"vtep\":\"10.255.0.1\"}]}}}";

static void test_neighbours(void **state)
{
	static const struct lane_kind near[] = {
		{{"gretap", 4, 0, 1, ",\"key\":6"}, true},
		{{"gre", 4, 4, 1, ""}, true},
	};
	struct trial t;

	(void)state;
	for (unsigned k = 0; k < MEMBERS_OF(near); k++) {
		open_with(&t, &near[k], neighbours);
		flip_bits(&t);
		other_frames(&t);
		assert_true(t.delivered > 0 && t.delivered < t.tried);
		close_trial(&t);
	}
}

/* One bit of one half, the halves side by side, reversed, or with another packet between them. */
static void flip_half(struct trial *t, const struct rig_frame wire[2], unsigned bit, unsigned how)
{
	struct rig_frame f[3] = {wire[0], wire[1]};

	say(t, "bit of a half", bit);
	if (how & 1)
		f[how >> 1 & 1].bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
	if (how & 16)
		repair(&(struct layout){.n_ip = 1, .ip_at = {AM_ETH_LEN}, .family = {t->at.family[0]}},
			&f[how >> 1 & 1]);
	if (how & 4) {
		struct rig_frame first = f[0];

		f[0] = f[1];
		f[1] = first;
	}
	if (how & 8) {
		f[2] = f[1];
		f[1] = t->good;
	}
	try(t, f, how & 8 ? 3 : 2);
}

static void test_halves(void **state)
{
	struct trial t;
	struct rig_frame f, wire[2];

	(void)state;
	for (unsigned k = 0; k < MEMBERS_OF(kinds); k++) {
		if (!kinds[k].site.type)
			continue;
		open_trial(&t, &kinds[k]);
		rig_udp_frame(&f, HOST_A, HOST_B, 1, 1, 1514);
		assert_int_equal(encapsulate(&kinds[k].site, &f, wire), 2);
		for (unsigned bit = 0; bit < (AM_ETH_LEN + AM_IP6_LEN + 8) * 8; bit++)
			for (unsigned how = 0; how < 32; how++)
				if ((how & 3) != 2)
					flip_half(&t, wire, bit, how);
		say(&t, "bursts with halves tried", t.tried);
		print_message("  %s, %u frames came out, alike\n", t.what, t.delivered);
		assert_true(t.delivered > 0);
		close_trial(&t);
	}
}

/* A lane goes with its snapshot: a packet of a remote that is gone is refused, however many came before. */
static void test_forgotten_on_reload(void **state)
{
	char config[CONFIG_ROOM];
	struct rig_frame got;
	struct trial t;

	(void)state;
	for (unsigned k = 0; k < MEMBERS_OF(kinds); k++) {
		struct site_kind other = kinds[k].site;

		open_trial(&t, &kinds[k]);
		warm_up(&t);
		site_config(&kinds[k].site, 0, "", config, sizeof config); /* the other side's addresses */
		rig_reload(&t.warm, config, true);
		rig_push(&t.warm, "wan", 0, t.good.bytes, t.good.len);
		rig_turn(&t.warm);
		assert_false(rig_pop(&t.warm, "lan", 0, &got));
		assert_int_equal(rig_all_drops(&t.warm), 1);
		site_config(&other, 1, "", config, sizeof config);
		rig_reload(&t.warm, config, true);
		rig_push(&t.warm, "wan", 0, t.good.bytes, t.good.len);
		rig_turn(&t.warm);
		assert_true(rig_pop(&t.warm, "lan", 0, &got));
		if (kinds[k].lane)
			assert_false(took_lane(&t.warm));
		close_trial(&t);
	}
}

/* All lanes share one place: each packet finds another's there. */
static void test_one_place(void **state)
{
	struct site_kind three = {"etherip", 4, 0, 3, ""};
	struct lane_kind kind = {three, true};
	struct rig_frame f = {0};
	struct trial t;
	uint32_t mask;

	(void)state;
	open_trial(&t, &kind);
	mask = worker(&t.warm)->lane_mask;
	worker(&t.warm)->lane_mask = 0;
	for (unsigned i = 0; i < 300; i++) {
		say(&t, "packet", i);
		f = t.good;
		f.bytes[t.at.ip_at[0] + 15] = (uint8_t)(10 + i % 4);
		f.bytes[t.at.ip_at[0] + 19] = (uint8_t)(20 + i % 4);
		repair(&t.at, &f);
		both_push(&t, &f);
		rig_turn(&t.warm);
		t.delivered += assert_same(&t);
	}
	assert_int_equal(t.delivered, 225);
	worker(&t.warm)->lane_mask = mask;
	close_trial(&t);
}

/* The same packet of another pair of addresses: so many on in the round of the tunnel's. The last digit is the pair's number. */
static void move(const struct trial *t, struct rig_frame *f, unsigned pairs)
{
	const bool v4 = t->at.family[0] == AM_IPV4;
	uint8_t *ends[] = {
		f->bytes + t->at.ip_at[0] + (v4 ? 15 : 23), f->bytes + t->at.ip_at[0] + (v4 ? 19 : 39)};

	for (unsigned i = 0; i < MEMBERS_OF(ends); i++) {
		unsigned digit = *ends[i] % (v4 ? 10 : 16);

		*ends[i] += (uint8_t)((digit + pairs) % t->kind->site.stripes - digit);
	}
	repair(&(struct layout){.n_ip = 1, .ip_at = {AM_ETH_LEN}, .family = {t->at.family[0]}}, f);
}

/* Two lanes have one place: the second one gets the place beside it, and both last, for packets and for halves of them. */
static void test_beside(void **state)
{
	static const struct lane_kind three[] = {
		{{"etherip", 4, 0, 3, ""}, true},
		{{"etherip", 6, 0, 3, ""}, true},
		{{"gre", 4, 4, 3, ""}, true},
		{{"gre", 6, 4, 3, ""}, true},
	};
	struct rig_frame f, wire[2], moved[2];
	struct trial t;
	uint32_t mask;

	(void)state;
	for (unsigned k = 0; k < MEMBERS_OF(three); k++) {
		open_trial(&t, &three[k]);
		rig_udp_frame(&f, HOST_A, HOST_B, 1, 1, 1514);
		assert_int_equal(encapsulate(&three[k].site, &f, wire), 2);
		mask = worker(&t.warm)->lane_mask;
		worker(&t.warm)->lane_mask = 0;
		for (unsigned i = 0; i < 40; i++) {
			const unsigned n = i / 2 % 2 ? 2 : 1;

			say(&t, "packet", i);
			moved[0] = n == 2 ? wire[0] : t.good;
			moved[1] = wire[1];
			for (unsigned half = 0; half < n; half++) {
				move(&t, &moved[half], i % 2);
				both_push(&t, &moved[half]);
			}
			rig_turn(&t.warm);
			assert_int_equal(assert_same(&t), 1);
			if (took_lane(&t.warm) != (i > 1))
				fail_msg("%s: with%s a lane", t.what, i > 1 ? "out" : "");
		}
		worker(&t.warm)->lane_mask = mask;
		close_trial(&t);
	}
}

/* To the bridge's own address: routed as what it is. */
static void test_routed(void **state)
{
	static const char members[] = "\"members\":[",
			  own[] = "\"mac\":\"02:00:00:00:00:09\",\"addresses\":[\"fd07::1/64\"],";
	static const struct lane_kind kind = {{"gre", 4, 4, 1, ""}, true};
	char config[CONFIG_ROOM], *at;
	struct rig_frame f, wire[2];
	struct trial t;

	(void)state;
	site_config(&kind.site, 1, "", config, sizeof config - sizeof own);
	at = strstr(config, members);
	memmove(at + sizeof own - 1, at, strlen(at) + 1);
	memcpy(at, own, sizeof own - 1);
	open_with(&t, &kind, config);
	for (unsigned which = 0; which < FRAMES; which++) {
		make_frame(&f, which);
		say(&t, "routed frame", which);
		f.bytes[5] = 9;
		assert_int_equal(encapsulate(&kind.site, &f, wire), 1);
		try_both(&t, &wire[0]);
	}
	assert_true(rig_drops(&t.warm, AM_V_ROUTE_NONE) >= 5);
	close_trial(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_neighbours),
		cmocka_unit_test(test_halves),
		cmocka_unit_test(test_forgotten_on_reload),
		cmocka_unit_test(test_one_place),
		cmocka_unit_test(test_beside),
		cmocka_unit_test(test_routed),
	};

	if (am_test_eal() < 0)
		return 1;
	pool = rig_pool(4096);
	return cmocka_run_group_tests_name("pipeline/lanes", tests, NULL, NULL);
}
