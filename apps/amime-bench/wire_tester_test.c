/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "eal.h"
#include "pkt/buf.h"
#include "pkt/port.h"
#include "wire_frame.h"
#include "wire_tester.h"

/* Two ports with something between them that does to frames what a test asks for. */
enum { RING = 8192, BUFFERS = 16384 };

struct fake {
	struct am_port port;
	struct fake *peer;
	struct rte_mbuf *ring[RING];
	uint32_t head, tail;
	uint64_t seen;              /* frames sent out of it */
	unsigned lose, twice, bend; /* every so many-th one; 0: none */
	unsigned swap;              /* that many-th one comes after the next */
	struct rte_mbuf *kept;
	unsigned takes; /* at most so many at a time; 0: all */
	bool wrong_port;
};

static void put(struct fake *to, struct rte_mbuf *m)
{
	if (to->head - to->tail == RING)
		am_buf_free(m);
	else
		to->ring[to->head++ % RING] = m;
}

static bool is_turn(const struct fake *f, unsigned every)
{
	return every && f->seen % every == 0;
}

static void carry(struct fake *f, struct rte_mbuf *m)
{
	struct fake *to = f->wrong_port ? f : f->peer;

	f->seen++;
	if (is_turn(f, f->lose)) {
		am_buf_free(m);
		return;
	}
	if (is_turn(f, f->bend))
		am_buf_data(m)[am_buf_len(m) - 1] ^= 1;
	if (is_turn(f, f->twice))
		put(to, am_buf_copy(m->pool, m));
	if (is_turn(f, f->swap)) {
		f->kept = m;
		return;
	}
	put(to, m);
	if (f->kept)
		put(to, f->kept);
	f->kept = NULL;
}

static uint16_t fake_tx(struct am_port *port, uint16_t queue, struct rte_mbuf **m, uint16_t n)
{
	struct fake *f = (struct fake *)port;

	(void)queue;
	if (f->takes && n > f->takes)
		n = (uint16_t)f->takes;
	for (uint16_t i = 0; i < n; i++)
		carry(f, m[i]);
	return n;
}

static uint16_t fake_rx(struct am_port *port, uint16_t queue, struct rte_mbuf **m, uint16_t n)
{
	struct fake *f = (struct fake *)port;
	uint16_t got = 0;

	(void)queue;
	while (got < n && f->tail != f->head)
		m[got++] = f->ring[f->tail++ % RING];
	return got;
}

static const struct am_port_ops fake_ops = {.name = "fake", .rx = fake_rx, .tx = fake_tx};

static struct fake ends[2];
static struct am_port *const ports[2] = {&ends[0].port, &ends[1].port};
static struct rte_mempool *pool;

static const char text[] =
	"{ \"ports\": { \"a\": {}, \"b\": {} }, \"max_rate\": 1000000,"
	"  \"allow\": { \"macs\": [\"02:00:00:00:00:01\", \"02:00:00:00:00:02\"], \"prefixes\": [\"198.18.0.0/15\"] },"
	"  \"trial\": { \"settle_ms\": 5, \"reach_ms\": 100 },"
	"  \"streams\": { \"s\": { \"from\": \"a\", \"to\": \"b\", \"flows\": 4,"
	"    \"src_mac\": \"02:00:00:00:00:01\", \"dst_mac\": \"02:00:00:00:00:02\","
	"    \"src_ip\": \"198.18.0.1\", \"dst_ip\": \"198.19.0.1\" } } }";

struct fixture {
	struct wire_config *config;
	struct wire_tester *tester;
	struct wire_result result;
};

static int set_up(void **state)
{
	struct fixture *x = calloc(1, sizeof *x);
	struct am_config_errors errors = {0};
	struct am_err err;

	for (int i = 0; i < 2; i++)
		ends[i] =
			(struct fake){.port = {.ops = &fake_ops, .limits = {.rx_queues = 1, .tx_queues = 1}},
				.peer = &ends[1 - i]};
	x->config = wire_config_load(text, strlen(text), &errors);
	x->tester = x->config ? wire_tester_new(x->config, ports, pool, &err) : NULL;
	*state = x;
	return x->tester ? 0 : -1;
}

/* Every buffer is back. */
static int tear_down(void **state)
{
	struct fixture *x = *state;
	struct rte_mbuf *m[64];
	uint16_t n;
	int lost;

	for (int i = 0; i < 2; i++) {
		while ((n = fake_rx(ports[i], 0, m, 64)))
			am_buf_free_bulk(m, n);
		if (ends[i].kept)
			am_buf_free(ends[i].kept);
	}
	lost = (int)rte_mempool_in_use_count(pool);
	wire_tester_free(x->tester);
	wire_config_free(x->config);
	free(x);
	return lost;
}

/* 1000 frames at 100,000 a second. */
static const struct wire_counts *run(struct fixture *x, uint16_t size)
{
	const struct wire_ask ask = {.size = size, .rate = 100000, .duration_ns = 2 * AM_S, .frames = 1000};
	struct am_err err;

	assert_int_equal(wire_tester_run(x->tester, &ask, &x->result, NULL, NULL, &err), 0);
	assert_int_equal(x->result.total.sent, 1000);
	return &x->result.total;
}

static void test_whole(void **state)
{
	struct fixture *x = *state;
	const struct wire_counts *c = run(x, 64);
	struct am_err err;

	assert_int_equal(c->received, 1000);
	assert_int_equal(c->lost + c->reordered + c->duplicates + c->misdirected, 0);
	assert_int_equal(x->result.latency->n, 1000);
	assert_true(x->result.latency->most < AM_S);
	assert_true(x->result.offered > 0 && x->result.offered < 110000);
	assert_int_equal(wire_tester_reach(x->tester, 64, &err), 0);
	assert_int_equal(wire_tester_sent(x->tester, 0), 1001);
}

static void test_loss(void **state)
{
	const struct wire_counts *c;

	ends[0].lose = 10;
	c = run(*state, 128);
	assert_int_equal(c->lost, 100);
	assert_int_equal(c->received, 900);
	assert_int_equal(c->reordered, 0);
}

static void test_duplicates(void **state)
{
	const struct wire_counts *c;

	ends[0].twice = 4;
	c = run(*state, 64);
	assert_int_equal(c->duplicates, 250);
	assert_int_equal(c->received, 1000);
	assert_int_equal(c->lost, 0);
}

/* Four flows take turns: neighbours are of different flows, which may overtake each other. */
static void test_reordering_is_within_a_flow(void **state)
{
	struct fixture *x = *state;
	const struct wire_counts *c;

	ends[0].swap = 8;
	c = run(x, 64);
	assert_true(c->received >= 999);
	assert_int_equal(c->reordered, 0);
	x->config->streams[0].flows = 1;
	c = run(x, 64);
	assert_in_range(c->reordered, 124, 125);
}

static void test_corruption(void **state)
{
	struct fixture *x = *state;

	ends[0].bend = 5;
	run(x, 1518);
	assert_int_equal(x->result.corrupted, 200);
	assert_int_equal(x->result.total.received, 800);
}

static void test_misdirected(void **state)
{
	struct fixture *x = *state;
	const struct wire_counts *c;

	ends[0].wrong_port = true;
	c = run(x, 64);
	assert_int_equal(c->misdirected, 1000);
	assert_int_equal(c->received, 0);
}

/* What the port does not take is sent later, under the same number. */
static void test_slow_port(void **state)
{
	const struct wire_counts *c;

	ends[0].takes = 1;
	c = run(*state, WIRE_IMIX);
	assert_int_equal(c->received, 1000);
	assert_int_equal(c->lost + c->reordered, 0);
}

static void test_unreached(void **state)
{
	struct fixture *x = *state;
	struct am_err err;

	ends[0].lose = 1;
	assert_int_equal(wire_tester_reach(x->tester, 64, &err), -EHOSTUNREACH);
	assert_non_null(strstr(err.text, "stream s: of "));
	assert_non_null(strstr(err.text, "none came out at port b within 100 ms"));
}

static bool stop_at_once(void *ctx, const struct wire_result *so_far, uint64_t elapsed)
{
	(void)so_far;
	(void)elapsed;
	++*(unsigned *)ctx;
	return false;
}

static void test_watch_ends_it(void **state)
{
	struct fixture *x = *state;
	const struct wire_ask ask = {.size = 64, .rate = 1000, .duration_ns = 60 * AM_S};
	struct am_err err;
	unsigned calls = 0;

	assert_int_equal(wire_tester_run(x->tester, &ask, &x->result, stop_at_once, &calls, &err), -EINTR);
	assert_int_equal(calls, 1);
	assert_int_equal(x->result.total.lost, 0);
	assert_true(x->result.total.sent > 0 && x->result.total.sent < 1000);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_whole),
		CASE(test_loss),
		CASE(test_duplicates),
		CASE(test_reordering_is_within_a_flow),
		CASE(test_corruption),
		CASE(test_misdirected),
		CASE(test_slow_port),
		CASE(test_unreached),
		CASE(test_watch_ends_it),
	};

	if (am_test_eal())
		return 1;
	pool = am_buf_pool("wire", BUFFERS, 0);
	return pool ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
