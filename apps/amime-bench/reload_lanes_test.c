/* SPDX-License-Identifier: BSD-3-Clause */
/* A worker of our own takes frames from one port and does to them what a test wants before the other one looks. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "eal.h"
#include "pkt/buf.h"
#include "reload_lanes.h"
#include "reload_text.h"

enum { BUFFERS = 4096, BURST = 32, GAP_US = 30000, WINDOW_US = 20000 };

enum harm { NONE, LOSE_FLOW_1, SWAP, PAUSE };

static struct rte_mempool *pool;

struct worker {
	struct lanes lanes;
	pthread_t thread;
	_Atomic bool stop;
	_Atomic int harm;
	unsigned events, moved; /* of senders that are not the flows' */
};

/* Every second frame is flow 1's. */
static uint16_t lose_odd(struct rte_mbuf **m, uint16_t n)
{
	uint16_t kept = 0;

	for (uint16_t i = 0; i < n; i++) {
		if (am_load16(am_buf_data(m[i]) + 14) == 2)
			am_buf_free(m[i]);
		else
			m[kept++] = m[i];
	}
	return kept;
}

static void count_events(struct worker *w, struct rte_mbuf **m, uint16_t n)
{
	for (uint16_t i = 0; i < n; i++) {
		const uint8_t *frame = am_buf_data(m[i]);

		w->events += frame[7] != 0;
		w->moved += frame[7] != 0 && am_load16(frame + 14) == RELOAD_MOVE_VLAN;
	}
}

static void *run(void *arg)
{
	struct worker *w = arg;
	struct am_port *lan = w->lanes.lan, *wan = w->lanes.wan;
	struct rte_mbuf *m[BURST];

	while (!atomic_load(&w->stop)) {
		uint16_t n = lan->ops->rx(lan, 0, m, BURST);
		int harm = atomic_exchange(&w->harm, NONE);

		count_events(w, m, n);
		if (harm == LOSE_FLOW_1)
			n = lose_odd(m, n);
		if (harm == PAUSE)
			usleep(GAP_US);
		if (harm == SWAP) {
			struct rte_mbuf *first = m[0];

			m[0] = m[2]; /* the same flow's next */
			m[2] = first;
		}
		wan->ops->tx(wan, 0, m, n);
	}
	return NULL;
}

static void start(struct worker *w)
{
	*w = (struct worker){.stop = false};
	assert_int_equal(lanes_open(&w->lanes, pool, 1), 0);
	assert_int_equal(pthread_create(&w->thread, NULL, run, w), 0);
}

static void stop(struct worker *w)
{
	atomic_store(&w->stop, true);
	pthread_join(w->thread, NULL);
	lanes_close(&w->lanes);
	assert_int_equal(rte_mempool_in_use_count(pool), 0);
}

/* What a window has that some harm was done in. */
static struct lanes_window look(struct worker *w, enum harm harm)
{
	struct lanes_window seen;

	lanes_window(&w->lanes, &seen);
	atomic_store(&w->harm, harm);
	while (atomic_load(&w->harm) != NONE)
		usleep(100);
	usleep(WINDOW_US);
	lanes_window(&w->lanes, &seen);
	return seen;
}

static void test_nothing_happens(void **state)
{
	struct worker w;
	struct lanes_window seen;

	(void)state;
	start(&w);
	seen = look(&w, NONE);
	assert_true(seen.flow[0].sent > 0 && seen.flow[0].sent == seen.flow[0].received);
	assert_true(seen.flow[1].sent > 0 && seen.flow[1].sent == seen.flow[1].received);
	assert_int_equal(seen.flow[0].lost + seen.flow[1].lost + seen.flow[0].reordered, 0);
	assert_true(seen.ns >= WINDOW_US * AM_US && seen.cpu_ns <= seen.ns);
	assert_true(lanes_first_ns(&w.lanes) > 0);
	stop(&w);
}

static void test_loss_is_the_flow_s_own(void **state)
{
	struct worker w;
	struct lanes_window seen;

	(void)state;
	start(&w);
	seen = look(&w, LOSE_FLOW_1);
	assert_int_equal(seen.flow[0].lost, 0);
	assert_int_equal(seen.flow[1].lost, BURST / 2);
	stop(&w);
}

static void test_reordering(void **state)
{
	struct worker w;
	struct lanes_window seen;

	(void)state;
	start(&w);
	seen = look(&w, SWAP);
	assert_int_equal(seen.flow[0].reordered + seen.flow[1].reordered, 1);
	stop(&w);
}

/* A pause of the thread's own is a gap, not stolen time. */
static void test_gap(void **state)
{
	struct worker w;
	struct lanes_window seen;

	(void)state;
	start(&w);
	seen = look(&w, PAUSE);
	assert_true(seen.flow[0].gap_ns >= GAP_US * AM_US || seen.stolen_ns >= GAP_US * AM_US);
	assert_true(seen.flow[1].gap_ns >= GAP_US * AM_US || seen.stolen_ns >= GAP_US * AM_US);
	stop(&w);
}

static void test_events(void **state)
{
	struct lanes_window seen;
	struct worker w;

	(void)state;
	start(&w);
	lanes_set_events(&w.lanes, LANES_MOVING_SENDERS, 100000);
	lanes_window(&w.lanes, &seen);
	usleep(WINDOW_US);
	lanes_window(&w.lanes, &seen);
	lanes_set_events(&w.lanes, LANES_STEADY, 0);
	assert_true(seen.events > 0 && (double)seen.events <= (double)seen.ns / 1e9 * 100000 + 1);
	assert_int_equal(seen.flow[0].lost, 0);
	atomic_store(&w.stop, true);
	pthread_join(w.thread, NULL);
	assert_true(w.events >= seen.events && w.moved > 0 && w.moved < w.events);
	lanes_close(&w.lanes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_happens),
		cmocka_unit_test(test_loss_is_the_flow_s_own),
		cmocka_unit_test(test_reordering),
		cmocka_unit_test(test_gap),
		cmocka_unit_test(test_events),
	};

	if (am_test_eal())
		return 1;
	pool = am_buf_pool("traffic", BUFFERS, 0);
	return pool ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
