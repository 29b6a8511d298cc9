/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Routing as a whole: a reload changes only the prefixes whose way changed, no packet of the others is lost, and every single
 * bit that goes wrong on the way leaves either a packet that is right or a drop with a name.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <rte_mempool.h>

#include "base/bytes.h"
#include "eal.h"
#include "net/csum.h"
#include "net/ether.h"
#include "net/ip.h"
#include "rig.h"
#include "table/fib.h"

enum { BUFFERS = 4095, CONFIG_ROOM = 4096, EDITS = 200, HOST = 2, FRAME = 90 };

static struct rte_mempool *pool;

static const uint8_t mac[AM_MAC_LEN] = {2, 0, 0, 0, 0, 1}, next_mac[AM_MAC_LEN] = {2, 0, 0, 0, 0, 9};

/* Two ports that route, and a route of its own that each edit changes. */
static const char *config_of(unsigned edit, char text[CONFIG_ROOM])
{
	static const char *const ways[] = {"\"blackhole\":true", "\"unreachable\":true",
		"\"port\":\"b\",\"mac\":\"02:00:00:00:00:0a\"",
		"\"port\":\"a\",\"mac\":\"02:00:00:00:00:0b\",\"as\":64500"};

	snprintf(text, CONFIG_ROOM,
		"{\"ports\":{\"a\":{\"driver\":\"mem\",\"vrf\":\"default\",\"mac\":\"02:00:00:00:00:01\",\"addresses\":[\"192.0.2.1/24\"]},"
		"\"b\":{\"driver\":\"mem\",\"vrf\":\"default\",\"mac\":\"02:00:00:00:00:02\"}},\"vrfs\":{\"default\":{\"routes\":["
		"{\"prefix\":\"10.0.0.0/8\",\"port\":\"b\",\"mac\":\"02:00:00:00:00:09\"},"
		"{\"prefix\":\"172.16.0.0/12\",%s},{\"prefix\":\"172.16.%u.0/24\",%s}]}}}",
		ways[edit % 4], edit % 256, ways[(edit + 1) % 4]);
	return text;
}

static void finish(uint8_t *ip)
{
	uint16_t sum;

	am_store16(ip + 10, 0);
	sum = am_csum_finish(am_csum_add(ip, AM_IP4_LEN, 0));
	memcpy(ip + 10, &sum, sizeof sum);
}

static void make(struct rig_frame *f, uint32_t to, uint32_t seq)
{
	rig_udp_frame(f, 1, HOST, 7, seq, FRAME);
	memcpy(f->bytes, mac, sizeof mac);
	am_store32(f->bytes + AM_ETH_LEN + 16, to);
	finish(f->bytes + AM_ETH_LEN);
}

static uint32_t value_of(const struct rig *r, const char *text)
{
	struct am_prefix prefix;

	assert_int_equal(am_prefix_parse_text(text, &prefix), 0);
	return am_fib_get(am_model_roots(r->model)->vrfs[AM_VRF_DEFAULT]->fib4, &prefix);
}

/* 200 edits of other routes, traffic before and after each: all of it arrives, in order, with the value that it had. */
static void test_a_reload_changes_what_differs(void **state)
{
	char text[CONFIG_ROOM];
	struct rig_frame f;
	struct rig r;
	uint32_t value, connected;

	(void)state;
	rig_open(&r, pool, config_of(0, text), 1, 1, false);
	value = value_of(&r, "10.0.0.0/8");
	connected = value_of(&r, "192.0.2.0/24");
	for (uint32_t edit = 1; edit < EDITS; edit++) {
		make(&f, 0x0a000001, edit);
		rig_push(&r, "a", 0, f.bytes, f.len);
		rig_settle(&r);
		rig_reload(&r, config_of(edit, text), true);
		assert_int_equal(value_of(&r, "10.0.0.0/8"), value);
		assert_int_equal(value_of(&r, "192.0.2.0/24"), connected);
		assert_true(rig_pop(&r, "b", 0, &f));
		assert_int_equal(rig_seq_of(&f), edit);
		assert_memory_equal(f.bytes, next_mac, sizeof next_mac);
		assert_false(rig_pop(&r, "b", 0, &f));
	}
	assert_int_equal(value_of(&r, "172.16.1.0/24"), 0);
	assert_int_equal(am_fib_count(am_model_roots(r.model)->vrfs[AM_VRF_DEFAULT]->fib4), 5);
	assert_int_equal(rig_all_drops(&r), 0);
	rig_close(&r);
}

/* What left is a packet with one hop less, whose header adds up; ICMP errors too. */
static void check_out(const struct rig_frame *f)
{
	struct am_ip_hdr hdr;

	assert_int_equal(am_load16(f->bytes + 12), AM_ET_IPV4);
	assert_int_equal(am_ip4_parse(f->bytes + AM_ETH_LEN, (uint32_t)f->len - AM_ETH_LEN, &hdr), AM_V_OK);
	assert_int_equal(AM_ETH_LEN + hdr.hlen + hdr.plen, f->len);
	assert_true(hdr.ttl > 0);
}

static void test_every_bit(void **state)
{
	char text[CONFIG_ROOM];
	struct rig_frame f, out;
	unsigned left = 0, bits = 0;
	struct rig r;

	(void)state;
	rig_open(&r, pool, config_of(2, text), 1, 1, false);
	for (int fixed = 0; fixed < 2; fixed++) {
		for (unsigned bit = AM_MAC_LEN * 8; bit < FRAME * 8; bit++, bits++) {
			make(&f, 0x0a000001, bit);
			f.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
			if (fixed)
				finish(f.bytes + AM_ETH_LEN);
			rig_push(&r, "a", 0, f.bytes, f.len);
			rig_settle(&r);
			for (; rig_pop(&r, "b", 0, &out); left++)
				check_out(&out);
			for (; rig_pop(&r, "a", 0, &out); left++)
				check_out(&out);
		}
	}
	/* An error is made of a packet that was dropped, so both count. */
	assert_int_equal(left + rig_all_drops(&r), bits + rig_count(&r, AM_C_ICMP_ERRORS));
	assert_true(rig_drops(&r, AM_V_IP4_CHECKSUM) > 0);
	rig_close(&r);
	assert_int_equal(rte_mempool_avail_count(pool), BUFFERS);
}

/* A flood of packets without a hop left makes as many errors as the bucket holds. */
static void test_errors_are_limited(void **state)
{
	enum { FLOOD = 500, BUCKET = 100 };
	char text[CONFIG_ROOM];
	struct rig_frame f;
	struct rig r;

	(void)state;
	rig_open(&r, pool, config_of(0, text), 1, 1, false);
	for (unsigned i = 0; i < FLOOD; i++) {
		make(&f, 0x0a000001, i);
		f.bytes[AM_ETH_LEN + 8] = 1;
		finish(f.bytes + AM_ETH_LEN);
		rig_push(&r, "a", 0, f.bytes, f.len);
		rig_settle(&r);
		while (rig_pop(&r, "b", 0, &f))
			check_out(&f);
	}
	assert_int_equal(rig_drops(&r, AM_V_IP_TTL), FLOOD);
	assert_in_range(rig_count(&r, AM_C_ICMP_ERRORS), BUCKET, BUCKET + BUCKET / 10);
	rig_close(&r);
}

/* Ports with a list each, the second of which names a set. */
static const char *lists_of(const char *port, const char *prefix, char text[CONFIG_ROOM])
{
	snprintf(text, CONFIG_ROOM,
		"{\"ports\":{\"a\":{\"driver\":\"mem\",\"vrf\":\"default\",\"mac\":\"02:00:00:00:00:01\",\"acl_in\":\"kept\"},"
		"\"b\":{\"driver\":\"mem\",\"vrf\":\"default\",\"mac\":\"02:00:00:00:00:02\",\"acl_out\":\"named\"}},"
		"\"acls\":{\"kept\":[{\"action\":\"permit\",\"protocol\":\"udp\",\"dst_port\":\"%s\"},{\"action\":\"permit\"}],"
		"\"named\":[{\"action\":\"permit\",\"dst\":\"set\"}]},\"prefix_sets\":{\"set\":[\"%s\"]},"
		"\"vrfs\":{\"default\":{\"routes\":[{\"prefix\":\"10.0.0.0/8\",\"port\":\"b\",\"mac\":\"02:00:00:00:00:09\"}]}}}",
		port, prefix);
	return text;
}

static const struct am_access_group *list_of(const struct rig *r, bool out)
{
	const struct am_roots *roots = am_model_roots(r->model);

	for (uint16_t i = 0; i < roots->n_interfaces; i++) {
		const struct am_interface *in = roots->interfaces[i];

		if (in && (out ? in->acl_out.acl : in->acl_in.acl))
			return out ? &in->acl_out : &in->acl_in;
	}
	return NULL;
}

static bool passes(struct rig *r)
{
	struct rig_frame f;

	make(&f, 0x0a000001, 1);
	rig_push(r, "a", 0, f.bytes, f.len);
	rig_settle(r);
	return rig_pop(r, "b", 0, &f);
}

/* A list that stays as it is is not made anew, and goes on counting; one changes with the set that it names. */
static void test_a_reload_changes_lists_that_differ(void **state)
{
	struct am_access_group kept, named;
	struct am_acl_counters c;
	char text[CONFIG_ROOM];
	struct rig r;

	(void)state;
	rig_open(&r, pool, lists_of("1-65535", "10.0.0.0/8", text), 1, 1, false);
	kept = *list_of(&r, false);
	named = *list_of(&r, true);
	assert_true(passes(&r));
	rig_reload(&r, lists_of("1-65535", "10.1.0.0/16", text), true);
	assert_ptr_equal(list_of(&r, false)->acl, kept.acl);
	assert_int_equal(list_of(&r, false)->row, kept.row);
	assert_true(list_of(&r, true)->row != named.row);
	assert_false(passes(&r));
	assert_int_equal(rig_drops(&r, AM_V_ACL_OUT), 1);
	am_plane_acl(r.plane, kept.row, &c);
	assert_int_equal(c.packets, 2);
	rig_reload(&r, lists_of("1", "10.0.0.0/8", text), true);
	assert_true(list_of(&r, false)->row != kept.row);
	assert_true(passes(&r));
	rig_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_reload_changes_what_differs),
		cmocka_unit_test(test_every_bit),
		cmocka_unit_test(test_errors_are_limited),
		cmocka_unit_test(test_a_reload_changes_lists_that_differ),
	};

	if (am_test_eal() != 0)
		return 1;
	pool = rig_pool(BUFFERS);
	return cmocka_run_group_tests_name("pipeline/route", tests, NULL, NULL);
}
