/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Buffers and their guard. In builds with the address sanitizer the guard itself is tested: a child that
 * touches an octet outside its packet must be aborted. Other builds have no guard, and test that touching is
 * harmless there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "eal.h"
#include "pkt/buf.h"

enum { BUFFERS = 15, EXIT_SURVIVED = 42, LEN = 61 };

static struct rte_mbuf *make(struct rte_mempool *pool, uint16_t headroom, uint16_t len)
{
	struct rte_mbuf *m = am_buf_alloc(pool, headroom);

	assert_non_null(m);
	memset(am_buf_set_len(m, len), 0x5a, len);
	return m;
}

/* Read or write one octet at offset at of the packet, in a child; returns how that ended. */
static int touch(struct rte_mbuf *m, int at, bool write)
{
	volatile uint8_t *p = am_buf_data(m);
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		if (!freopen("/dev/null", "w", stderr))
			_exit(1);
		if (write)
			p[at] = 1;
		else
			(void)p[at];
		_exit(EXIT_SURVIVED);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static bool survived(int status)
{
	return WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SURVIVED;
}

/* Outside: aborted where there is a guard, unnoticed where there is none. */
static void expect_outside(struct rte_mbuf *m, int at, bool write)
{
	if (survived(touch(m, at, write)) == (bool)AM_POISON)
		fail_msg("%s of octet %d of %u: %s", write ? "write" : "read", at, am_buf_len(m),
			AM_POISON ? "went unnoticed under the address sanitizer" : "died without any guard");
}

static void expect_inside(struct rte_mbuf *m, int at)
{
	assert_true(survived(touch(m, at, false)));
	assert_true(survived(touch(m, at, true)));
}

static void test_guard(void **state)
{
	struct rte_mbuf *m = make(*state, 128, LEN);

	print_message(AM_POISON ? "address sanitizer: touching outside must abort\n"
				: "no address sanitizer in this build: touching outside must be harmless\n");
	expect_inside(m, 0);
	expect_inside(m, LEN - 1);
	expect_outside(m, LEN, false);
	expect_outside(m, LEN, true);
	expect_outside(m, -1, false);
	expect_outside(m, -1, true);
	expect_outside(m, (int)am_buf_tailroom(m) + LEN - 1, true);
	expect_outside(m, (int)am_buf_tailroom(m) + LEN, true);
	expect_outside(m, (int)am_buf_tailroom(m) + LEN + 8, false);
	am_buf_free(m);
}

static void test_guard_moves(void **state)
{
	struct rte_mbuf *m = make(*state, 128, LEN);

	expect_outside(m, -8, true);
	am_buf_prepend(m, 8);
	expect_inside(m, 0);
	expect_outside(m, -1, true);
	am_buf_adj(m, 16);
	expect_outside(m, -1, false);
	am_buf_set_len(m, 20);
	expect_inside(m, 19);
	expect_outside(m, 20, false);
	am_buf_set_len(m, 100);
	expect_inside(m, 99);
	expect_outside(m, 100, false);
	am_buf_unguard(m);
	expect_inside(m, 100);
	am_buf_free(m);
}

static void test_boundaries(void **state)
{
	struct rte_mbuf *m = make(*state, 100, LEN);

	assert_int_equal(am_buf_headroom(m), 100);
	assert_int_equal(am_buf_tailroom(m), AM_BUF_ROOM - 100 - LEN);
	am_buf_prepend(m, 50);
	assert_int_equal(am_buf_headroom(m), 50);
	assert_int_equal(am_buf_len(m), LEN + 50);
	assert_int_equal(m->pkt_len, LEN + 50);
	am_buf_adj(m, 60);
	assert_int_equal(am_buf_headroom(m), 110);
	assert_int_equal(am_buf_len(m), LEN - 10);
	assert_int_equal(am_buf_tailroom(m), AM_BUF_ROOM - 100 - LEN);
	am_buf_free(m);
}

static void test_copy(void **state)
{
	struct rte_mbuf *m = make(*state, 100, LEN), *copy = am_buf_copy(*state, m);

	assert_non_null(copy);
	assert_int_equal(am_buf_headroom(copy), 100);
	assert_int_equal(am_buf_len(copy), LEN);
	assert_memory_equal(am_buf_data(copy), am_buf_data(m), LEN);
	am_buf_free(copy);
	am_buf_free(m);
}

static void test_pool_runs_dry(void **state)
{
	struct rte_mbuf *all[BUFFERS];

	for (int i = 0; i < BUFFERS; i++)
		all[i] = make(*state, 0, AM_BUF_ROOM);
	assert_null(am_buf_alloc(*state, 0));
	assert_null(am_buf_copy(*state, all[0]));
	am_buf_free_bulk(all, BUFFERS);
	assert_int_equal(rte_mempool_avail_count(*state), BUFFERS);
}

/* A whole load, then one by one, then nothing; what is left over goes back. */
static void test_stash(void **state)
{
	enum { ALL = AM_BUF_STASH + 8 };
	struct am_buf_stash s = {.pool = am_buf_pool("stash", ALL, 0)};
	struct rte_mbuf *m[ALL];

	(void)state;
	assert_non_null(s.pool);
	for (int i = 0; i < ALL; i++) {
		m[i] = am_buf_take(&s, AM_BUF_HEADROOM);
		assert_non_null(m[i]);
		assert_int_equal(am_buf_len(m[i]), 0);
		assert_int_equal(am_buf_headroom(m[i]), AM_BUF_HEADROOM);
	}
	assert_null(am_buf_take(&s, 0));
	am_buf_free_bulk(m, ALL);
	m[0] = am_buf_take(&s, 0);
	assert_int_equal(s.n, AM_BUF_STASH - 1);
	am_buf_free(m[0]);
	am_buf_stash_empty(&s);
	assert_int_equal(rte_mempool_avail_count(s.pool), ALL);
	rte_mempool_free(s.pool);
}

/* A device by its virtual addresses; and a burst's headers do not all share one place of a first-level cache. */
static void test_where_buffers_are(void **state)
{
	enum { PAGE = 4096 };
	struct rte_mbuf *a = am_buf_alloc(*state, 64), *b = am_buf_alloc(*state, 64);

	assert_non_null(a);
	assert_non_null(b);
	if (rte_eal_iova_mode() == RTE_IOVA_VA)
		assert_int_equal(rte_mbuf_iova_get(a), (uintptr_t)a->buf_addr);
	else
		print_message("physical addresses: nothing to compare\n");
	assert_int_not_equal((uintptr_t)a % PAGE, (uintptr_t)b % PAGE);
	am_buf_free(a);
	am_buf_free(b);
}

static int setup(void **state)
{
	if (am_test_eal())
		return -1;
	*state = am_buf_pool("buf", BUFFERS, 0);
	return *state ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_where_buffers_are),
		cmocka_unit_test(test_guard),
		cmocka_unit_test(test_guard_moves),
		cmocka_unit_test(test_boundaries),
		cmocka_unit_test(test_copy),
		cmocka_unit_test(test_pool_runs_dry),
		cmocka_unit_test(test_stash),
	};

	return cmocka_run_group_tests_name("pkt/buf", tests, setup, NULL);
}
