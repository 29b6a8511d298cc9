/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Two workers on one tunnel: behind one queue, with hand-off, and on a striped tunnel, a queue for each
 * address pair. 64 flows, fragments shuffled within a window of 8, both directions. Each worker carries 35 to
 * 65 per cent; no flow is reordered.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "eal.h"
#include "net/ether.h"
#include "rig.h"
#include "sites.h"

enum {
	FLOWS = 64,
	ROUNDS = 60,
	WINDOW = 8,
	CONFIG_ROOM = 4096,
	HOST_A = 1,
	HOST_B = 2,
	BATCH = 8,
	GROUP = 4
};

static struct rte_mempool *pool;

struct order {
	uint32_t next[FLOWS];
	unsigned seen;
	bool striped;
	uint8_t source[FLOWS]; /* last octet of the outer source, by flow; 0: not seen yet */
};

static uint64_t random_of(uint64_t *state)
{
	*state = *state * 6364136223846793005ull + 1442695040888963407ull;
	return *state >> 33;
}

/* Shuffle so that nothing is more than WINDOW places from where it was. */
static void shuffle(struct rig_frame *f, unsigned n, uint64_t *rnd)
{
	struct rig_frame t;

	for (unsigned base = 0; base < n; base += WINDOW) {
		unsigned span = n - base < WINDOW ? n - base : WINDOW;

		for (unsigned i = span - 1; i > 0; i--) {
			unsigned j = (unsigned)(random_of(rnd) % (i + 1));

			t = f[base + i];
			f[base + i] = f[base + j];
			f[base + j] = t;
		}
	}
}

/* The queue that a NIC would choose by source address: stripes differ in it. */
static uint16_t queue_of(const struct rig_frame *f, uint16_t queues)
{
	return (uint16_t)(f->bytes[AM_ETH_LEN + 15] % queues);
}

static void drain(struct rig *r, const char *port, uint16_t queues, struct order *order)
{
	struct rig_frame f;

	for (uint16_t q = 0; q < queues; q++) {
		while (rig_pop(r, port, q, &f)) {
			uint16_t flow = rig_flow_of(&f);

			assert_true(flow < FLOWS);
			if (rig_seq_of(&f) != order->next[flow])
				fail_msg("flow %u: sequence %u came where %u was due", flow, rig_seq_of(&f),
					order->next[flow]);
			order->next[flow]++;
			order->seen++;
		}
	}
}

/* Each worker's share of what was carried since the counts in before, which become those of now. */
static void check_shares(const struct rig *r, uint64_t before[2], const char *what)
{
	uint64_t carried[2], sum;
	struct am_worker_stats s;

	for (unsigned w = 0; w < 2; w++) {
		am_plane_worker_stats(r->plane, w, &s);
		carried[w] = s.carried - before[w];
		before[w] = s.carried;
		print_message("  %s: worker %u carried %llu, handed out %llu in all\n", what, w,
			(unsigned long long)carried[w], (unsigned long long)s.handed_out);
	}
	sum = carried[0] + carried[1];
	assert_in_range(carried[0] * 100 / sum, 35, 65);
	assert_in_range(carried[1] * 100 / sum, 35, 65);
}

/*
 * The workers do not run in step: for a stretch in which every flow comes by again only one of them has
 * turns, then the other. What one has put aside by then waits while the other overtakes, where anything lets
 * it.
 */
static void turn_somebody(struct rig *r, uint64_t *rnd)
{
	enum { STRETCH = 20 };

	if (random_of(rnd) % STRETCH == 0)
		r->favourite ^= 1;
	rig_turn_one(r, r->favourite);
}

/* A flow uses one address pair of a striped tunnel, always the same. Frames are VXLAN in GRE, all IPv4. */
static void check_stripe(const struct rig_frame *f, struct order *order)
{
	enum {
		FRAG_AT = AM_ETH_LEN + 6,
		SOURCE_AT = AM_ETH_LEN + 15,
		INNER_AT = AM_ETH_LEN + 20 + 4 + 20 + 8 + 8,
		INNER_FLOW = 42
	};
	uint16_t flow;

	if (!order->striped || (am_load16(f->bytes + FRAG_AT) & 0x1fff))
		return;
	flow = am_load16(f->bytes + INNER_AT + INNER_FLOW);
	assert_true(flow < FLOWS);
	if (order->source[flow] && order->source[flow] != f->bytes[SOURCE_AT])
		fail_msg("flow %u left by two address pairs", flow);
	order->source[flow] = f->bytes[SOURCE_AT];
}

/*
 * From the LAN of the rig with two workers to the wire: the far end, one worker, puts together and checks the
 * order. GROUP packets of each flow are on their way at a time.
 */
static void encap_way(struct rig *two, struct rig *one, uint16_t queues, uint64_t *rnd, bool striped)
{
	struct order order = {.striped = striped};
	struct rig_frame f;

	for (uint32_t seq = 0; seq < ROUNDS; seq++) {
		for (uint16_t flow = 0; flow < FLOWS; flow++) {
			rig_udp_frame(&f, HOST_B, HOST_A, flow, seq, 1514);
			rig_push(two, "lan", flow % queues, f.bytes, f.len);
			if (flow % BATCH == BATCH - 1)
				turn_somebody(two, rnd);
		}
		if (seq % GROUP != GROUP - 1)
			continue;
		rig_settle(two);
		for (uint16_t q = 0; q < queues; q++) {
			while (rig_pop(two, "wan", q, &f)) {
				check_stripe(&f, &order);
				rig_push(one, "wan", 0, f.bytes, f.len);
			}
		}
		rig_settle(one);
		drain(one, "lan", 1, &order);
	}
	assert_int_equal(order.seen, FLOWS * ROUNDS);
}

/*
 * From the wire, shuffled, to the LAN. A window of 8 packets holds the halves of 4 flows, so that shuffling
 * it does not reorder any flow by itself.
 */
static void decap_way(struct rig *one, struct rig *two, uint16_t queues, uint64_t *rnd, bool striped)
{
	enum { PACKETS = FLOWS * 2 * GROUP };
	static struct rig_frame wire[PACKETS];
	struct order order = {.striped = striped};
	struct rig_frame f;

	for (uint32_t group = 0; group < ROUNDS / GROUP; group++) {
		unsigned n = 0;

		for (unsigned i = 0; i < FLOWS * GROUP; i++) {
			rig_udp_frame(
				&f, HOST_A, HOST_B, (uint16_t)(i % FLOWS), group * GROUP + i / FLOWS, 1514);
			rig_push(one, "lan", 0, f.bytes, f.len);
		}
		rig_settle(one);
		while (n < PACKETS && rig_pop(one, "wan", 0, &wire[n]))
			check_stripe(&wire[n++], &order);
		assert_int_equal(n, PACKETS);
		shuffle(wire, n, rnd);
		for (unsigned i = 0; i < n; i++) {
			rig_push(two, "wan", queue_of(&wire[i], queues), wire[i].bytes, wire[i].len);
			if (i % BATCH == BATCH - 1)
				turn_somebody(two, rnd);
		}
		rig_settle(two);
		drain(two, "lan", queues, &order);
	}
	assert_int_equal(order.seen, FLOWS * ROUNDS);
}

/* Both hosts must be known, or the first frames flood and nothing says where they go. */
static void greet(struct rig *a, struct rig *b, uint16_t queues)
{
	struct rig_frame f;

	rig_udp_frame(&f, HOST_A, HOST_B, 0, 0, 100);
	rig_push(a, "lan", 0, f.bytes, f.len);
	rig_settle(a);
	while (rig_pop(a, "wan", 0, &f))
		rig_push(b, "wan", 0, f.bytes, f.len);
	rig_settle(b);
	for (uint16_t q = 0; q < queues; q++)
		while (rig_pop(b, "lan", q, &f))
			;
}

static void run(const struct site_kind *kind, uint16_t queues, bool handoff, const char *what)
{
	static struct rig one, two;
	static char config[2][CONFIG_ROOM];
	uint64_t rnd = 20261123, before[2] = {0};
	char drops[256];

	print_message("  seed %llu\n", (unsigned long long)rnd);
	rig_open(&one, pool, site_config(kind, 0, "", config[0], CONFIG_ROOM), 1, 1, false);
	rig_open(&two, pool, site_config(kind, 1, ",\"workers\":2", config[1], CONFIG_ROOM), 2, queues,
		handoff);
	greet(&one, &two, queues);
	decap_way(&one, &two, queues, &rnd, kind->stripes > 1);
	check_shares(&two, before, what);
	encap_way(&two, &one, queues, &rnd, kind->stripes > 1);
	check_shares(&two, before, what);
	if (rig_all_drops(&two) || rig_all_drops(&one))
		fail_msg("drops: %s", rig_drop_names(&two, drops, sizeof drops));
	rig_close(&one);
	rig_close(&two);
}

static void test_handoff(void **state)
{
	static const struct site_kind kind = {"gre", 4, 4, 1, ""};

	(void)state;
	run(&kind, 1, true, "hand-off");
}

static void test_handoff_l2_v6(void **state)
{
	static const struct site_kind kind = {"etherip", 6, 0, 1, ""};

	(void)state;
	run(&kind, 1, true, "hand-off, EtherIP over IPv6");
}

static void test_striped(void **state)
{
	static const struct site_kind kind = {"gre", 4, 4, 2, ""};

	(void)state;
	run(&kind, 2, false, "striped");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_handoff),
		cmocka_unit_test(test_handoff_l2_v6),
		cmocka_unit_test(test_striped),
	};

	if (am_test_eal() < 0)
		return 1;
	pool = rig_pool(8192);
	return cmocka_run_group_tests_name("pipeline/workers", tests, NULL, NULL);
}
