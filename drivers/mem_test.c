/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include <rte_mempool.h>

#include "drivers/driver.h"
#include "drivers/mem.h"
#include "drivers/umem.h"
#include "eal.h"
#include "pkt/buf.h"

enum { BUFFERS = AM_MEM_RING + 64, MANY = 200000 };

static struct am_port *open_port(struct rte_mempool *pool)
{
	struct am_port_conf conf = {.name = "lan", .pool = pool, .queues = 2, .mtu = 1600};
	struct am_port *port = NULL;
	struct am_err err;

	assert_int_equal(am_mem_open(&conf, &port, &err), 0);
	return port;
}

static struct rte_mbuf *make(struct rte_mempool *pool, uint32_t number)
{
	struct rte_mbuf *m = am_buf_alloc(pool, AM_BUF_HEADROOM);

	assert_non_null(m);
	memcpy(am_buf_set_len(m, 60), &number, sizeof number);
	return m;
}

static uint32_t number_of(const struct rte_mbuf *m)
{
	uint32_t number;

	memcpy(&number, am_buf_data(m), sizeof number);
	return number;
}

static bool readable(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, 0) == 1;
}

static void test_order_and_room(void **state)
{
	struct rte_mempool *pool = *state;
	struct am_port *port = open_port(pool);
	struct rte_mbuf *m;

	assert_int_equal(port->limits.mtu, 1600);
	for (uint32_t i = 0; i < AM_MEM_RING; i++) {
		m = make(pool, i);
		assert_int_equal(am_mem_push(port, 1, &m, 1), 1);
	}
	m = make(pool, 0);
	assert_int_equal(am_mem_push(port, 1, &m, 1), 0);
	am_buf_free(m);
	assert_int_equal(port->ops->rx(port, 0, &m, 1), 0);
	for (uint32_t i = 0; i < AM_MEM_RING; i++) {
		assert_int_equal(port->ops->rx(port, 1, &m, 1), 1);
		assert_int_equal(number_of(m), i);
		assert_int_equal(port->ops->tx(port, 0, &m, 1), 1);
	}
	m = make(pool, 0);
	assert_int_equal(port->ops->tx(port, 0, &m, 1), 0);
	am_buf_free(m);
	for (uint32_t i = 0; i < AM_MEM_RING / 2; i++) {
		assert_int_equal(am_mem_pop(port, 0, &m, 1), 1);
		assert_int_equal(number_of(m), i);
		am_buf_free(m);
	}
	port->ops->close(port); /* the other half goes back too */
	assert_int_equal(rte_mempool_avail_count(pool), BUFFERS);
}

static void test_like_a_nic(void **state)
{
	static const struct am_mem_nic nic = {.burst = 3, .fields = true, .complete = true};
	struct rte_mempool *pool = *state;
	unsigned before = rte_mempool_avail_count(pool);
	struct am_port *port = open_port(pool);
	struct rte_mbuf *m[8];

	am_mem_set_nic(port, &nic);
	for (uint32_t i = 0; i < 8; i++)
		m[i] = make(pool, i);
	m[0]->vlan_tci = 7;
	m[0]->ol_flags = 1;
	assert_int_equal(am_mem_push(port, 0, m, 8), 8);
	assert_int_equal(port->ops->rx(port, 0, m, 8), 3);
	assert_int_equal(m[0]->vlan_tci, 0);
	assert_int_equal(m[0]->ol_flags, 0);
	assert_int_equal(am_buf_len(m[0]), 60);
	assert_int_equal(number_of(m[2]), 2);
	assert_int_equal(port->ops->rx(port, 0, m + 3, 5), 3);
	assert_int_equal(port->ops->rx(port, 0, m + 6, 2), 2);
	assert_int_equal(port->ops->tx(port, 0, m, 8), 8);
	assert_int_equal(am_mem_pop(port, 0, m, 8), 0);
	assert_int_equal(rte_mempool_avail_count(pool), before);
	port->ops->close(port);
}

static void test_wait(void **state)
{
	struct rte_mempool *pool = *state;
	struct am_port *port = open_port(pool);
	int fd = port->ops->wait_fd(port, 0);
	struct rte_mbuf *m = make(pool, 1);

	assert_int_equal(am_mem_push(port, 0, &m, 1), 1);
	assert_false(readable(fd)); /* nobody waits: no system call */
	port->ops->wait(port, 0, true);
	assert_true(readable(fd)); /* what came before the wait ends it */
	port->ops->wait(port, 0, false);
	assert_false(readable(fd));
	assert_int_equal(port->ops->rx(port, 0, &m, 1), 1);
	port->ops->wait(port, 0, true);
	assert_false(readable(fd));
	assert_int_equal(am_mem_push(port, 0, &m, 1), 1);
	assert_true(readable(fd));
	port->ops->wait(port, 0, false);
	port->ops->close(port);
}

static void *pusher(void *arg)
{
	struct am_port *port = arg;
	static struct rte_mbuf fake[MANY]; /* never freed, never in a port when it closes */
	static uint8_t room;

	for (uint32_t i = 0; i < MANY;) {
		struct rte_mbuf *m = &fake[i];

		fake[i].buf_addr = &room;
		fake[i].pkt_len = i;
		i += am_mem_push(port, 0, &m, 1);
	}
	return NULL;
}

/* Two threads, and the reader sleeps whenever there is nothing: no frame is lost, none comes twice, no wake is missed. */
static void test_threads(void **state)
{
	struct am_port *port = open_port(*state);
	struct rte_mbuf *m[64];
	uint32_t seen = 0;
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, pusher, port), 0);
	while (seen < MANY) {
		uint16_t n = port->ops->rx(port, 0, m, 64);

		for (uint16_t i = 0; i < n; i++)
			if (m[i]->pkt_len != seen++)
				fail_msg("frame %u out of order", seen - 1);
		if (!n) {
			struct pollfd p = {.fd = port->ops->wait_fd(port, 0), .events = POLLIN};

			port->ops->wait(port, 0, true);
			assert_int_equal(poll(&p, 1, 5000), 1);
			port->ops->wait(port, 0, false);
		}
	}
	pthread_join(thread, NULL);
	port->ops->close(port);
}

/* Each buffer in a chunk of its own, room enough, no two overlapping, none over a piece's end. */
static void check_umem(bool apart, unsigned rest)
{
	const size_t chunk_len = apart ? AM_UMEM_CHUNK_APART : AM_UMEM_CHUNK;
	const unsigned count = 2 * (unsigned)(AM_UMEM_PIECE / chunk_len) + rest;
	struct rte_mempool *pool = am_umem_pool("umem", count, 0, apart);
	struct rte_mbuf **m = calloc(count, sizeof(void *));
	struct am_umem_region region;
	bool *seen;

	assert_non_null(m);
	assert_non_null(pool);
	assert_int_equal(am_umem_region(pool, &region), 0);
	assert_int_equal(region.apart, apart);
	assert_in_range(region.len, 2 * AM_UMEM_PIECE + rest * chunk_len,
		2 * AM_UMEM_PIECE + rest * chunk_len + 4095);
	assert_int_equal((uintptr_t)region.base % 4096, 0);
	seen = calloc(am_umem_slots(&region), sizeof *seen);
	assert_non_null(seen);
	for (unsigned i = 0; i < count; i++) {
		size_t at, chunk, last;

		m[i] = am_buf_alloc(pool, AM_BUF_HEADROOM);
		assert_non_null(m[i]);
		at = (size_t)((uint8_t *)m[i] - region.base);
		chunk = at - region.buf_at;
		last = chunk + chunk_len - 1;
		assert_int_equal(am_umem_chunk(&region, at), chunk);
		assert_int_equal(am_umem_chunk(&region, chunk), chunk);
		assert_int_equal(am_umem_chunk(&region, last), chunk);
		assert_int_equal(chunk / AM_UMEM_PIECE, last / AM_UMEM_PIECE);
		assert_int_equal(am_umem_slot_chunk(&region, am_umem_slot(&region, at)), chunk);
		assert_true(am_umem_slot(&region, at) < am_umem_slots(&region));
		assert_false(seen[am_umem_slot(&region, at)]);
		seen[am_umem_slot(&region, at)] = true;
		assert_ptr_equal(m[i]->buf_addr, region.base + chunk + region.room_at);
		assert_true(m[i]->buf_len >= AM_BUF_ROOM);
		assert_int_equal(region.room_at + m[i]->buf_len, chunk_len);
		memset(am_buf_set_len(m[i], (uint16_t)am_buf_tailroom(m[i])), 0xff, am_buf_tailroom(m[i]));
	}
	free(seen);
	assert_null(am_buf_alloc(pool, 0));
	am_buf_free_bulk(m, count);
	assert_int_equal(rte_mempool_avail_count(pool), count);
	rte_mempool_free(pool);
	free(m);
}

/* The pool that AF_XDP shares with the kernel, in both layouts; with 63 chunks apart the last page has room for one more. */
static void test_umem(void **state)
{
	static const unsigned rests[] = {0, 1, 7, 63};
	struct rte_mempool *plain = am_buf_pool("plain", 8, 0);
	struct am_umem_region region;

	(void)state;
	assert_non_null(plain);
	assert_int_equal(am_umem_region(plain, &region), -EINVAL);
	rte_mempool_free(plain);
	for (unsigned i = 0; i < sizeof rests / sizeof *rests; i++) {
		check_umem(false, rests[i]);
		check_umem(true, rests[i]);
	}
}

static int setup(void **state)
{
	if (am_test_eal())
		return -1;
	*state = am_umem_pool("mem", BUFFERS, 0, false);
	return *state ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order_and_room),
		cmocka_unit_test(test_like_a_nic),
		cmocka_unit_test(test_wait),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_umem),
	};

	return cmocka_run_group_tests_name("drivers/mem", tests, setup, NULL);
}
