/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "eal.h"
#include "pkt/buf.h"
#include "pkt/vlan.h"

enum { LEN = 64 };

static struct rte_mbuf *make(struct rte_mempool *pool, uint16_t headroom, uint8_t frame[LEN])
{
	struct rte_mbuf *m = am_buf_alloc(pool, headroom);

	assert_non_null(m);
	for (int i = 0; i < LEN; i++)
		frame[i] = (uint8_t)(i * 7 + 1);
	memcpy(am_buf_set_len(m, LEN), frame, LEN);
	return m;
}

static void test_push_then_pop(void **state)
{
	uint8_t frame[LEN];
	uint16_t tci = 0;

	for (uint16_t headroom = 4; headroom < 16; headroom++) {
		struct rte_mbuf *m = make(*state, headroom, frame);

		assert_int_equal(am_vlan_push(m, 0x88a8, 0xf123), AM_V_OK);
		assert_int_equal(am_buf_len(m), LEN + 4);
		assert_memory_equal(am_buf_data(m), frame, 12);
		assert_memory_equal(am_buf_data(m) + 12, "\x88\xa8\xf1\x23", 4);
		assert_memory_equal(am_buf_data(m) + 16, frame + 12, LEN - 12);
		am_vlan_pop(m, &tci);
		assert_int_equal(tci, 0xf123);
		assert_int_equal(am_buf_len(m), LEN);
		assert_int_equal(am_buf_headroom(m), headroom);
		assert_memory_equal(am_buf_data(m), frame, LEN);
		am_buf_free(m);
	}
}

/* Two tags: push and pop work on the outermost. */
static void test_two_tags(void **state)
{
	struct rte_mbuf *m;
	uint8_t frame[LEN];
	uint16_t tci;

	m = make(*state, 128, frame);
	assert_int_equal(am_vlan_push(m, 0x8100, 0x0001), AM_V_OK);
	assert_int_equal(am_vlan_push(m, 0x88a8, 0x3002), AM_V_OK);
	assert_memory_equal(am_buf_data(m) + 12, "\x88\xa8\x30\x02\x81\x00\x00\x01", 8);
	am_vlan_pop(m, &tci);
	assert_int_equal(tci, 0x3002);
	am_vlan_pop(m, &tci);
	assert_int_equal(tci, 0x0001);
	assert_memory_equal(am_buf_data(m), frame, LEN);
	am_buf_free(m);
}

static void test_no_room(void **state)
{
	uint8_t frame[LEN];
	struct rte_mbuf *m = make(*state, 3, frame);

	assert_int_equal(am_vlan_push(m, 0x8100, 1), AM_V_NO_ROOM);
	assert_int_equal(am_buf_len(m), LEN);
	assert_memory_equal(am_buf_data(m), frame, LEN);
	am_buf_free(m);
}

static int setup(void **state)
{
	if (am_test_eal())
		return -1;
	*state = am_buf_pool("vlan", 15, 0);
	return *state ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_push_then_pop),
		cmocka_unit_test(test_two_tags),
		cmocka_unit_test(test_no_room),
	};

	return cmocka_run_group_tests_name("pkt/vlan", tests, setup, NULL);
}
