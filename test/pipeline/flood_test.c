/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A flood of lone fragments from the right source. Bound for one peer, with oldest-first eviction: a datagram
 * is lost only where more than per_peer other datagrams begin between its halves; a fragment whose
 * identification collides with a live datagram can kill that one datagram and no other.
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
#include "rig.h"
#include "sites.h"

enum {
	GOOD = 2000, /* datagrams */
	APART = 200, /* packets between the halves of one */
	LONE = 10,   /* lone fragments per good datagram */
	PER_PEER = 2048,
	ENTRIES = 4096,
	PACKET_NS = 1000, /* a million packets a second */
	CONFIG_ROOM = 4096,
	HOST_A = 1,
	HOST_B = 2,
};

static struct rte_mempool *pool;

struct flood {
	struct rig a, b;
	char config[2][CONFIG_ROOM];
	uint64_t rnd;
	unsigned good, delivered, forged;
	uint32_t most_live, most_buffers;
	uint64_t table;
};

static uint32_t random_of(struct flood *f)
{
	f->rnd = f->rnd * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(f->rnd >> 32);
}

/* Outer halves of one good datagram, made by the other site. */
static void make_halves(struct flood *f, uint32_t seq, struct rig_frame half[2])
{
	struct rig_frame frame;

	rig_udp_frame(&frame, HOST_A, HOST_B, seq % 64, seq, 1514);
	rig_push(&f->a, "lan", 0, frame.bytes, frame.len);
	rig_settle(&f->a);
	assert_true(rig_pop(&f->a, "wan", 0, &half[0]));
	assert_true(rig_pop(&f->a, "wan", 0, &half[1]));
}

/*
 * A fragment like one of ours, with another identification and other payload; first or second half at random.
 */
static void forge(struct flood *f, const struct rig_frame *like, uint32_t id, struct rig_frame *out)
{
	uint8_t *ip = out->bytes + AM_ETH_LEN;
	uint16_t sum;

	*out = *like;
	for (uint16_t i = AM_ETH_LEN + 60; i < out->len; i++)
		out->bytes[i] = (uint8_t)random_of(f);
	if (ip[0] >> 4 == 6) {
		am_store32(ip + AM_IP6_LEN + 4, id);
		return;
	}
	am_store16(ip + 4, (uint16_t)id);
	am_store16(ip + 10, 0);
	sum = am_csum_finish(am_csum_add(ip, AM_IP4_LEN, 0));
	memcpy(ip + 10, &sum, 2);
}

static uint32_t id_of(const struct rig_frame *f)
{
	const uint8_t *ip = f->bytes + AM_ETH_LEN;

	return ip[0] >> 4 == 6 ? am_load32(ip + AM_IP6_LEN + 4) : am_load16(ip + 4);
}

static void arrive(struct flood *f, const struct rig_frame *frame)
{
	struct am_worker_stats s;
	struct rig_frame got, want;

	rig_push(&f->b, "wan", 0, frame->bytes, frame->len);
	f->b.now = am_time_add(f->b.now, PACKET_NS);
	rig_turn(&f->b);
	if (rig_pop(&f->b, "lan", 0, &got)) {
		assert_int_equal(got.len, 1514);
		rig_udp_frame(&want, HOST_A, HOST_B, rig_flow_of(&got), rig_seq_of(&got), 1514);
		if (memcmp(got.bytes, want.bytes, got.len) == 0)
			f->delivered++;
		else
			f->forged++;
	}
	am_plane_worker_stats(f->b.plane, 0, &s);
	f->table = s.reasm.memory;
	if (s.reasm.live > f->most_live)
		f->most_live = s.reasm.live;
	if (s.reasm.buffers > f->most_buffers)
		f->most_buffers = s.reasm.buffers;
	assert_true(s.reasm.live <= PER_PEER);
}

static void open_flood(struct flood *f, const struct site_kind *kind)
{
	char system[96];

	memset(f, 0, sizeof *f);
	f->rnd = 20261123;
	print_message("  seed %llu\n", (unsigned long long)f->rnd);
	snprintf(system, sizeof system, ",\"reassembly\":{\"datagrams\":%d,\"per_peer\":%d}", ENTRIES,
		PER_PEER);
	rig_open(&f->a, pool, site_config(kind, 0, system, f->config[0], CONFIG_ROOM), 1, 1, false);
	rig_open(&f->b, pool, site_config(kind, 1, system, f->config[1], CONFIG_ROOM), 1, 1, false);
}

static void close_flood(struct flood *f, const char *what)
{
	char drops[256];

	print_message(
		"  %s: %u of %u good datagrams delivered, %u forged ones as well; at most %u held, %u buffers of %d octets, "
		"table %llu octets; %s\n",
		what, f->delivered, f->good, f->forged, f->most_live, f->most_buffers, 4096,
		(unsigned long long)f->table, rig_drop_names(&f->b, drops, sizeof drops));
	rig_close(&f->a);
	rig_close(&f->b);
}

/* Good halves APART packets from each other, LONE forged fragments for every good datagram. */
static void run_random(const struct site_kind *kind, const char *what)
{
	enum { LAG = APART / (LONE + 2) }; /* how many datagrams later the second half comes */
	static struct rig_frame second[LAG + 1];
	struct rig_frame half[2], lone;
	static struct flood f;

	open_flood(&f, kind);
	for (uint32_t i = 0; i < GOOD + LAG; i++) {
		if (i < GOOD) {
			make_halves(&f, i, half);
			arrive(&f, &half[0]);
			f.good++;
		}
		for (unsigned k = 0; k < LONE; k++) {
			forge(&f, &half[random_of(&f) & 1],
				kind->family == 4 ? random_of(&f) % 65536 : random_of(&f), &lone);
			/* A random identification must not meet a live one here: that is the other test. */
			if (kind->family == 4)
				forge(&f, &lone, (id_of(&half[0]) + 32768 + random_of(&f) % 16384) & 0xffff,
					&lone);
			arrive(&f, &lone);
		}
		if (i >= LAG)
			arrive(&f, &second[(i - LAG) % (LAG + 1)]);
		second[i % (LAG + 1)] = half[1];
	}
	assert_int_equal(f.good, GOOD);
	assert_int_equal(f.delivered, f.good);
	close_flood(&f, what);
}

static void test_random_ids_v4(void **state)
{
	static const struct site_kind kind = {"gre", 4, 4, 1, ""};

	(void)state;
	run_random(&kind, "IPv4, random identifications");
}

static void test_random_ids_v6(void **state)
{
	static const struct site_kind kind = {"gre", 6, 4, 1, ""};

	(void)state;
	run_random(&kind, "IPv6, random identifications");
}

/*
 * One forged fragment for every ten datagrams carries the identification of a live one. It can complete that
 * one with its own bytes (RFC 4963), which only a checksum over the whole notices.
 */
static void run_colliding(const struct site_kind *kind, const char *what, bool checked)
{
	enum { EVERY = 10 };
	struct rig_frame half[2], lone;
	static struct flood f;
	unsigned collisions = 0;

	open_flood(&f, kind);
	for (uint32_t i = 0; i < GOOD; i++) {
		make_halves(&f, i, half);
		arrive(&f, &half[0]);
		f.good++;
		if (i % EVERY == 0) {
			forge(&f, &half[random_of(&f) & 1], id_of(&half[0]), &lone);
			arrive(&f, &lone);
			collisions++;
		}
		arrive(&f, &half[1]);
	}
	print_message("  bound: %u collisions, so at least %u delivered\n", collisions, f.good - collisions);
	assert_true(f.delivered >= f.good - collisions);
	assert_true(f.forged <= collisions);
	if (checked)
		assert_int_equal(f.forged, 0);
	else
		assert_true(f.forged > 0);
	close_flood(&f, what);
}

static void test_colliding_ids(void **state)
{
	static const struct site_kind kind = {"gre", 4, 4, 1, ""};

	(void)state;
	run_colliding(&kind, "identifications made to collide", false);
}

static void test_colliding_ids_checksum(void **state)
{
	static const struct site_kind kind = {"gre", 4, 4, 1, ",\"checksum\":true"};

	(void)state;
	run_colliding(&kind, "the same with GRE checksums", true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_ids_v4),
		cmocka_unit_test(test_random_ids_v6),
		cmocka_unit_test(test_colliding_ids),
		cmocka_unit_test(test_colliding_ids_checksum),
	};

	if (am_test_eal() < 0)
		return 1;
	pool = rig_pool(16384);
	return cmocka_run_group_tests_name("pipeline/flood", tests, NULL, NULL);
}
