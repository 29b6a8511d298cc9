/* SPDX-License-Identifier: BSD-3-Clause */
/* One AF_XDP queue over rings in memory: this test plays the kernel. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <rte_mempool.h>

#include "eal.h"
#include "pkt/buf.h"
#include "xsk.h"

enum { RING = 64, BUFFERS = 512, LEN = 60, OFFSET = 1008 };

struct ends {
	uint32_t producer, consumer, flags;
	union {
		uint64_t addr[RING];
		struct xdp_desc desc[RING];
	} slots;
};

static struct ends fill, rx, comp, tx;

static void make_producer(struct xsk_ring_prod *r, struct ends *e)
{
	memset(e, 0, sizeof *e);
	*r = (struct xsk_ring_prod){.cached_cons = RING,
		.mask = RING - 1,
		.size = RING,
		.producer = &e->producer,
		.consumer = &e->consumer,
		.ring = &e->slots,
		.flags = &e->flags};
}

static void make_consumer(struct xsk_ring_cons *r, struct ends *e)
{
	memset(e, 0, sizeof *e);
	*r = (struct xsk_ring_cons){.mask = RING - 1,
		.size = RING,
		.producer = &e->producer,
		.consumer = &e->consumer,
		.ring = &e->slots,
		.flags = &e->flags};
}

static void make(struct xsk *x, struct rte_mempool *pool)
{
	*x = (struct xsk){.fd = -1, .pool = pool, .owed = RING};
	assert_int_equal(am_umem_region(pool, &x->region), 0);
	x->held = calloc(am_umem_slots(&x->region), 1);
	assert_non_null(x->held);
	make_producer(&x->fill, &fill);
	make_producer(&x->tx, &tx);
	make_consumer(&x->rx, &rx);
	make_consumer(&x->comp, &comp);
}

/* The kernel receives n frames into the fill ring's next buffers, but may say late that it took them from there. */
static void receive(uint32_t *taken, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		rx.slots.desc[(rx.producer + i) % RING] =
			(struct xdp_desc){.addr = fill.slots.addr[(*taken + i) % RING] |
						  (uint64_t)OFFSET << XSK_UNALIGNED_BUF_OFFSET_SHIFT,
				.len = LEN};
	*taken += n;
	__atomic_store_n(&rx.producer, rx.producer + n, __ATOMIC_RELEASE);
}

/* Between what the kernel says it took and what it was given: no buffer twice. */
static void expect_distinct(const struct xsk *x, uint32_t taken)
{
	uint8_t *seen = calloc(am_umem_slots(&x->region), 1);

	assert_non_null(seen);
	assert_true(fill.producer - taken <= RING);
	for (uint32_t i = taken; i != fill.producer; i++)
		assert_int_equal(seen[am_umem_slot(&x->region, fill.slots.addr[i % RING])]++, 0);
	free(seen);
}

/* Received frames are published before their fill entries are given back: those must not be overwritten. */
static void test_fill_given_back_late(void **state)
{
	struct rte_mempool *pool = am_umem_pool("xsk_late", BUFFERS, 0, true);
	uint64_t before[RING];
	struct rte_mbuf *m[8];
	uint32_t taken = 0;
	struct xsk x;

	(void)state;
	assert_non_null(pool);
	make(&x, pool);
	xsk_poll(&x);
	assert_int_equal(fill.producer, RING);
	for (uint32_t round = 0; round < 1000; round++) {
		memcpy(before, fill.slots.addr, sizeof before);
		receive(&taken, 8);
		assert_int_equal(xsk_rx(&x, m, 8), 8);
		for (unsigned i = 0; i < 8; i++)
			assert_ptr_equal(
				am_buf_data(m[i]), x.region.base + before[(taken - 8 + i) % RING] + OFFSET);
		assert_int_equal(fill.producer, fill.consumer + RING);
		assert_memory_equal(before, fill.slots.addr, sizeof before);
		am_buf_free_bulk(m, 8);
		__atomic_store_n(&fill.consumer, taken, __ATOMIC_RELEASE);
		xsk_poll(&x);
		assert_int_equal(fill.producer, fill.consumer + RING);
		assert_int_equal(x.owed, 0);
		expect_distinct(&x, taken);
	}
	xsk_close(&x);
	assert_int_equal(rte_mempool_avail_count(pool), BUFFERS);
	rte_mempool_free(pool);
}

/* Where a frame is, as kernels say it: some add a part of the offset to the address, too. Chunks that are not apart have it all there. */
static void test_where_frames_are(void **state)
{
	enum { HEADROOM = 192 };
	struct rte_mempool *pool = am_umem_pool("xsk_where", BUFFERS, 0, *state == NULL);
	const uint64_t at[] = {(uint64_t)OFFSET << XSK_UNALIGNED_BUF_OFFSET_SHIFT,
		(uint64_t)OFFSET << XSK_UNALIGNED_BUF_OFFSET_SHIFT | HEADROOM};
	uint64_t chunk[2];
	struct rte_mbuf *m[2];
	struct xsk x;

	assert_non_null(pool);
	make(&x, pool);
	xsk_poll(&x);
	memcpy(chunk, fill.slots.addr, sizeof chunk);
	for (unsigned i = 0; i < 2; i++)
		rx.slots.desc[i] =
			(struct xdp_desc){.addr = chunk[i] + (x.region.apart ? at[i] : OFFSET), .len = LEN};
	__atomic_store_n(&rx.producer, 2, __ATOMIC_RELEASE);
	assert_int_equal(xsk_rx(&x, m, 2), 2);
	for (unsigned i = 0; i < 2; i++)
		assert_ptr_equal(am_buf_data(m[i]), x.region.base + chunk[i] + OFFSET);
	am_buf_free_bulk(m, 2);
	xsk_close(&x);
	assert_int_equal(rte_mempool_avail_count(pool), BUFFERS);
	rte_mempool_free(pool);
}

int main(void)
{
	static bool whole;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_where_frames_are),
		cmocka_unit_test_prestate(test_where_frames_are, &whole),
		cmocka_unit_test(test_fill_given_back_late),
	};

	return am_test_eal() ? 1 : cmocka_run_group_tests_name("drivers/xsk", tests, NULL, NULL);
}
