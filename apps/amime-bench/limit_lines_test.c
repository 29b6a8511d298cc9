/* SPDX-License-Identifier: BSD-3-Clause */
/* Rows lines/ write what they say and nothing else: every octet that is written is in a line of a range, and every such line is. */
#include "limit_lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "eal.h"
#include "pkt/buf.h"

enum { BUFFERS = 255, ITEMS = 32, LEN = 1514, LINE = 64, TAIL = 332, UNTOUCHED = 0xa5 };

static struct rte_mempool *pool;

static struct rte_mbuf *make(void)
{
	struct rte_mbuf *m = am_buf_alloc(pool, AM_BUF_HEADROOM);

	assert_non_null(m);
	am_buf_set_len(m, LEN);
	am_buf_unguard(m); /* they write in front of packets and behind them */
	memset(m->buf_addr, UNTOUCHED, m->buf_len);
	return m;
}

/* Lines of m that hold anything else than before. */
static unsigned written(const struct rte_mbuf *m, int from, int to)
{
	const uint8_t *front = am_buf_data(m);
	unsigned lines = 0;

	for (const uint8_t *at = (const uint8_t *)m->buf_addr; at < (const uint8_t *)m->buf_addr + m->buf_len;
		at += LINE) {
		bool is = false;

		for (unsigned i = 0; i < LINE && at + i < (const uint8_t *)m->buf_addr + m->buf_len; i++)
			is |= at[i] != UNTOUCHED;
		if (is)
			assert_true(at + LINE > front + from && at < front + to);
		lines += is;
	}
	return lines;
}

static void test_cut(void **state)
{
	const struct limit_touch touch = {.ahead = 8,
		.packets = true,
		.read = {0, 64},
		.copy = {1216, LEN},
		.write = {-74, 0},
		.tail = TAIL};
	struct limit_lines *l = limit_lines_new(pool, 1000, 7);
	struct rte_mbuf *m[ITEMS], *out[2 * ITEMS];

	(void)state;
	assert_non_null(l);
	for (unsigned i = 0; i < ITEMS; i++)
		m[i] = make();
	assert_int_equal(limit_lines_take(l, &touch, m, ITEMS, out), 2 * ITEMS);
	for (unsigned i = 0; i < ITEMS; i++) {
		assert_ptr_equal(out[2 * i], m[i]);
		assert_int_equal(written(m[i], -74, 0), 2);
		assert_int_equal(am_buf_len(out[2 * i + 1]), TAIL);
		am_buf_unguard(out[2 * i + 1]);
		assert_int_equal(written(out[2 * i + 1], 0, TAIL), (TAIL + LINE - 1) / LINE);
	}
	am_buf_free_bulk(out, 2 * ITEMS);
	limit_lines_free(l);
}

static void test_join(void **state)
{
	const struct limit_touch touch = {.ahead = 8,
		.packets = true,
		.pairs = true,
		.read = {0, 112},
		.write = {1290, 1588},
		.read_second = {0, 332}};
	struct limit_lines *l = limit_lines_new(pool, 1000, 7);
	unsigned before = rte_mempool_avail_count(pool);
	struct rte_mbuf *m[ITEMS], *out[ITEMS];

	(void)state;
	assert_non_null(l);
	for (unsigned i = 0; i < ITEMS; i++)
		m[i] = make();
	assert_int_equal(limit_lines_take(l, &touch, m, ITEMS, out), ITEMS / 2);
	for (unsigned i = 0; i < ITEMS / 2; i++) {
		assert_ptr_equal(out[i], m[2 * i]);
		assert_in_range(written(out[i], 1290, 1588), 5, 6);
	}
	assert_int_equal(rte_mempool_avail_count(pool), before - ITEMS / 2);
	am_buf_free_bulk(out, ITEMS / 2);
	limit_lines_free(l);
}

/* Firsts wait for their seconds, over calls that end in the midst of either, and are written when these come. */
static void test_join_interleaved(void **state)
{
	const struct limit_touch touch = {.ahead = 8,
		.packets = true,
		.pairs = true,
		.window = ITEMS / 2,
		.read = {0, 112},
		.write = {1290, 1588},
		.read_second = {0, 332}};
	struct limit_lines *l = limit_lines_new(pool, 1000, 7);
	unsigned before = rte_mempool_avail_count(pool), left = 0;
	struct rte_mbuf *m[2 * ITEMS], *out[ITEMS];

	(void)state;
	assert_non_null(l);
	for (unsigned i = 0; i < 2 * ITEMS; i++)
		m[i] = make();
	assert_int_equal(limit_lines_take(l, &touch, m, ITEMS / 2 - 3, out), 0);
	for (unsigned i = 0; i < ITEMS / 2; i++)
		assert_int_equal(written(m[i], 0, 0), 0);
	for (unsigned at = ITEMS / 2 - 3, n; at < 2 * ITEMS; at += n) {
		n = at + 10 < 2 * ITEMS ? 10 : 2 * ITEMS - at;
		left += limit_lines_take(l, &touch, m + at, n, out + left);
	}
	assert_int_equal(left, ITEMS);
	for (unsigned i = 0; i < ITEMS; i++) {
		/* The second window's firsts stand behind the first one's seconds. */
		assert_ptr_equal(out[i], m[i < ITEMS / 2 ? i : i + ITEMS / 2]);
		assert_in_range(written(out[i], 1290, 1588), 5, 6);
	}
	assert_int_equal(rte_mempool_avail_count(pool), before - ITEMS);
	am_buf_free_bulk(out, ITEMS);
	limit_lines_free(l);
}

/* What the ports do: no octet of a packet. */
static void test_heads(void **state)
{
	const struct limit_touch touch = {.ahead = 8, .read = {0, 64}, .write = {-74, 0}};
	struct limit_lines *l = limit_lines_new(pool, 1000, 7);
	struct rte_mbuf *m = make(), *out[1];

	(void)state;
	assert_non_null(l);
	assert_int_equal(limit_lines_take(l, &touch, &m, 1, out), 1);
	assert_int_equal(written(m, 0, 0), 0);
	am_buf_free(m);
	limit_lines_free(l);
}

static int start(void **state)
{
	struct rte_mbuf *m[BUFFERS];

	(void)state;
	if (am_test_eal())
		return -1;
	pool = am_buf_pool("lines", BUFFERS, 0);
	for (unsigned i = 0; pool && i < BUFFERS; i++)
		m[i] = make();
	if (pool)
		am_buf_free_bulk(m, BUFFERS);
	return pool ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_join),
		cmocka_unit_test(test_join_interleaved),
		cmocka_unit_test(test_heads),
	};

	return cmocka_run_group_tests_name("amime-bench/limit_lines", tests, start, NULL);
}
