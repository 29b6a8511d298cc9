/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every kind of site: frames of every size go in at one LAN and come out at the other, byte-identical, in at
 * most two packets of the promised lengths; fragments may come reversed or twice. And every single-bit error
 * in the headers of a packet is either harmless to the byte or a drop with a name.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "eal.h"
#include "net/encap.h"
#include "net/ether.h"
#include "net/ip.h"
#include "pipeline/tap.h"
#include "rig.h"
#include "sites.h"

#define MEMBERS_OF(a) (sizeof(a) / sizeof *(a))

enum { CONFIG_ROOM = 4096, FRAME_MIN = 48, FRAME_MAX = 1514, HOST_A = 1, HOST_B = 2 };

static const struct site_kind kinds[] = {
	{"etherip", 4, 0, 1, ""},
	{"etherip", 6, 0, 1, ""},
	{"gretap", 4, 0, 1, ""},
	{"gretap", 6, 0, 1, ""},
	{"gretap", 6, 0, 1, ",\"key\":7,\"sequence\":true,\"checksum\":true"},
	{"gre", 4, 4, 1, ""},
	{"gre", 4, 6, 1, ",\"checksum\":true"},
	{"gre", 6, 4, 1, ",\"key\":4294967295"},
	{"gre", 6, 6, 1, ""},
	{"etherip", 4, 4, 1, ",\"split\":\"fill\""},
	{"etherip", 6, 6, 1, ",\"split\":\"fill\",\"path_mtu\":1400"},
	{"gretap", 4, 6, 1, ",\"tcp_mss\":\"whole\""},
	{"gre", 4, 4, 2, ",\"split\":\"fill\",\"path_mtu\":1492"},
	{"etherip", 6, 0, 3, ",\"dscp\":\"uniform\",\"compat\":\"both\""},
	{NULL, 4, 4, 1, ""},
	{NULL, 6, 6, 1, ""},
};

struct pair {
	struct rig a, b;
	char config[2][CONFIG_ROOM];
};

static struct rte_mempool *pool;

static void open_pair(struct pair *p, const struct site_kind *kind)
{
	rig_open(&p->a, pool, site_config(kind, 0, "", p->config[0], CONFIG_ROOM), 1, 1, false);
	rig_open(&p->b, pool, site_config(kind, 1, "", p->config[1], CONFIG_ROOM), 1, 1, false);
}

static void close_pair(struct pair *p)
{
	rig_close(&p->a);
	rig_close(&p->b);
}

static const char *name_of(const struct site_kind *kind)
{
	static char name[96];

	snprintf(name, sizeof name, "%s v%d vxlan %d x%u%s", kind->type ? kind->type : "port", kind->family,
		kind->vxlan, kind->stripes, kind->extra);
	return name;
}

/* Outer IP length of a frame on the wire. */
static uint16_t ip_len(const struct rig_frame *f)
{
	const uint8_t *ip = f->bytes + AM_ETH_LEN;

	return ip[0] >> 4 == 4 ? am_load16(ip + 2) : (uint16_t)(am_load16(ip + 4) + AM_IP6_LEN);
}

static void check_wire(const struct site_kind *kind, const struct rig_frame *wire, unsigned n)
{
	struct am_ip_hdr hdr;

	assert_true(n == 1 || n == 2);
	for (unsigned i = 0; i < n; i++) {
		assert_int_equal(
			am_ip_parse(wire[i].bytes + AM_ETH_LEN, wire[i].len - AM_ETH_LEN, &hdr), AM_V_OK);
		assert_int_equal(wire[i].len, AM_ETH_LEN + ip_len(&wire[i]));
		assert_int_equal(hdr.frag, n == 2);
	}
	if (strstr(kind->extra, "fill") || !kind->type) {
		assert_true(ip_len(&wire[0]) <= 1600);
		return;
	}
	assert_true(ip_len(&wire[0]) <= AM_IP_WHOLE_ALWAYS);
	if (n == 2)
		assert_int_equal(
			ip_len(&wire[0]), kind->family == 4 ? AM_FIRST_FLOOR_IPV4 : AM_FIRST_FLOOR_IPV6);
}

static unsigned send_one(struct rig *from, const struct rig_frame *frame, struct rig_frame wire[3])
{
	unsigned n = 0;

	rig_push(from, "lan", 0, frame->bytes, frame->len);
	rig_settle(from);
	while (n < 3 && rig_pop(from, "wan", 0, &wire[n]))
		n++;
	return n;
}

static void expect_frame(struct rig *at, const struct rig_frame *frame)
{
	struct rig_frame got, more;
	char drops[256];

	if (!rig_pop(at, "lan", 0, &got))
		fail_msg("frame of %u octets lost: %s", frame->len, rig_drop_names(at, drops, sizeof drops));
	assert_int_equal(got.len, frame->len);
	assert_memory_equal(got.bytes, frame->bytes, frame->len);
	assert_false(rig_pop(at, "lan", 0, &more));
}

static void cross(const struct site_kind *kind, struct rig *from, struct rig *to,
	const struct rig_frame *frame, bool reversed)
{
	struct rig_frame wire[3];
	unsigned n = send_one(from, frame, wire);

	check_wire(kind, wire, n);
	for (unsigned i = 0; i < n; i++)
		rig_push(to, "wan", 0, wire[reversed ? n - 1 - i : i].bytes,
			wire[reversed ? n - 1 - i : i].len);
	rig_settle(to);
	expect_frame(to, frame);
}

static void test_every_size(void **state)
{
	struct pair p;
	struct rig_frame f;

	(void)state;
	for (unsigned k = 0; k < MEMBERS_OF(kinds); k++) {
		print_message("  %s\n", name_of(&kinds[k]));
		open_pair(&p, &kinds[k]);
		for (uint16_t len = FRAME_MIN; len <= FRAME_MAX; len += len < 1100 ? 97 : 1) {
			rig_udp_frame(&f, HOST_A, HOST_B, len % 32, len, len);
			cross(&kinds[k], &p.a, &p.b, &f, len % 2);
			rig_udp_frame(&f, HOST_B, HOST_A, len % 32, len, len);
			cross(&kinds[k], &p.b, &p.a, &f, len % 3);
		}
		assert_int_equal(rig_all_drops(&p.a) + rig_all_drops(&p.b), 0);
		assert_int_equal(rig_count(&p.a, AM_C_TX_FRAGMENTS) > 0, kinds[k].type != NULL);
		close_pair(&p);
	}
}

/* Who looks on changes nothing. */
static void test_watched(void **state)
{
	const struct am_tap_conf conf = {
		.stages = 1 << AM_TAP_DROP, .iface = AM_TAP_ANY_IFACE, .snaplen = 64, .stories = true};
	struct am_tap *taps[2];
	struct rig_frame f;
	struct am_err err;
	struct pair p;

	(void)state;
	for (unsigned k = 0; k < MEMBERS_OF(kinds); k++) {
		open_pair(&p, &kinds[k]);
		taps[0] = am_tap_create(p.a.plane, &conf, &err);
		taps[1] = am_tap_create(p.b.plane, &conf, &err);
		am_plane_arm_tap(p.a.plane, taps[0]);
		am_plane_arm_tap(p.b.plane, taps[1]);
		for (uint16_t len = FRAME_MIN; len <= FRAME_MAX; len += len < 1200 ? 97 : 7) {
			rig_udp_frame(&f, HOST_A, HOST_B, len % 32, len, len);
			cross(&kinds[k], &p.a, &p.b, &f, len % 2);
			rig_udp_frame(&f, HOST_B, HOST_A, len % 32, len, len);
			cross(&kinds[k], &p.b, &p.a, &f, len % 3);
		}
		assert_int_equal(rig_all_drops(&p.a) + rig_all_drops(&p.b), 0);
		assert_int_equal(am_tap_lost(taps[0]) + am_tap_lost(taps[1]), 0);
		am_plane_arm_tap(p.a.plane, NULL);
		am_plane_arm_tap(p.b.plane, NULL);
		close_pair(&p);
		am_tap_free(taps[0]);
		am_tap_free(taps[1]);
	}
}

/*
 * One bit is wrong: the frame arrives as it was, or nothing arrives and exactly that is counted under a name.
 */
static void flip_one(struct rig *to, const struct rig_frame *wire, unsigned bit,
	const struct rig_frame *frame, unsigned *delivered)
{
	struct rig_frame bad = *wire, got;
	uint64_t before = rig_all_drops(to);

	bad.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
	rig_push(to, "wan", 0, bad.bytes, bad.len);
	rig_settle(to);
	/* What a wrong bit turned into a fragment has to time out. */
	for (unsigned i = 0; i < 12; i++) {
		to->now = am_time_add(to->now, 100 * AM_MS);
		rig_settle(to);
	}
	if (rig_pop(to, "lan", 0, &got)) {
		if (got.len != frame->len || memcmp(got.bytes, frame->bytes, frame->len) != 0)
			fail_msg("bit %u of octet %u changed what was delivered", bit % 8, bit / 8);
		assert_int_equal(rig_all_drops(to), before);
		(*delivered)++;
		return;
	}
	if (rig_all_drops(to) != before + 1)
		fail_msg("bit %u of octet %u: nothing delivered, %llu drops counted", bit % 8, bit / 8,
			(unsigned long long)(rig_all_drops(to) - before));
}

static void test_single_bits(void **state)
{
	struct rig_frame f, wire[3];
	struct pair p;

	(void)state;
	for (unsigned k = 0; k < MEMBERS_OF(kinds); k++) {
		unsigned delivered = 0, bits;

		/*
		 * Sequence numbers make repeats old by design; a uniform tunnel carries a changed DSCP
		 * inside.
		 */
		if (strstr(kinds[k].extra, "sequence") || strstr(kinds[k].extra, "uniform"))
			continue;
		open_pair(&p, &kinds[k]);
		rig_udp_frame(&f, HOST_A, HOST_B, 1, 1, 600);
		assert_int_equal(send_one(&p.a, &f, wire), 1);
		bits = (unsigned)(wire[0].len - f.len) * 8;
		for (unsigned bit = 0; bit < bits; bit++)
			flip_one(&p.b, &wire[0], bit, &f, &delivered);
		print_message("  %s: %u bits, %u harmless, the others dropped by name\n", name_of(&kinds[k]),
			bits, delivered);
		assert_true(delivered < bits / 2);
		close_pair(&p);
	}
}

/* The same in both halves of a datagram that was cut; the good other half comes first or second. */
static void test_single_bits_in_fragments(void **state)
{
	static const unsigned chosen[] = {0, 1, 5, 8};
	struct rig_frame f, wire[3], got;
	struct pair p;

	(void)state;
	for (unsigned c = 0; c < MEMBERS_OF(chosen); c++) {
		const struct site_kind *kind = &kinds[chosen[c]];
		unsigned delivered = 0,
			 bits = (AM_ETH_LEN + (kind->family == 4 ? AM_IP4_LEN : AM_IP6_LEN + 8)) * 8;

		open_pair(&p, kind);
		for (unsigned i = 0; i < 2 * bits; i++) {
			unsigned half = i & 1, bit = i / 2;
			uint64_t before = rig_all_drops(&p.b);

			rig_udp_frame(&f, HOST_A, HOST_B, 1, i, FRAME_MAX);
			assert_int_equal(send_one(&p.a, &f, wire), 2);
			wire[half].bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
			rig_push(&p.b, "wan", 0, wire[i / 4 & 1].bytes, wire[i / 4 & 1].len);
			rig_push(&p.b, "wan", 0, wire[!(i / 4 & 1)].bytes, wire[!(i / 4 & 1)].len);
			rig_settle(&p.b);
			for (unsigned t = 0; t < 12; t++) {
				p.b.now = am_time_add(p.b.now, 100 * AM_MS);
				rig_settle(&p.b);
			}
			if (rig_pop(&p.b, "lan", 0, &got)) {
				assert_int_equal(got.len, f.len);
				assert_memory_equal(got.bytes, f.bytes, f.len);
				delivered++;
			} else {
				assert_true(rig_all_drops(&p.b) > before);
			}
		}
		print_message("  %s: %u bits, %u harmless\n", name_of(kind), 2 * bits, delivered);
		close_pair(&p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_size),
		cmocka_unit_test(test_watched),
		cmocka_unit_test(test_single_bits),
		cmocka_unit_test(test_single_bits_in_fragments),
	};

	if (am_test_eal() < 0)
		return 1;
	pool = rig_pool(4096);
	return cmocka_run_group_tests_name("pipeline/transit", tests, NULL, NULL);
}
