/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "held.h"

/* Nobody looks into them. */
static struct rte_mbuf *packet(uintptr_t number)
{
	return (struct rte_mbuf *)number;
}

static struct am_glean neighbour(unsigned i)
{
	return (struct am_glean){.interface = (uint16_t)(i % 2),
		.ip = {.family = AM_IPV4, .bytes = {10, 0, (uint8_t)(i >> 8), (uint8_t)i}}};
}

static const am_time t0 = {AM_S};

static void the_latest_are_kept_in_order(void **state)
{
	struct am_held held = {0};
	const struct am_glean a = neighbour(2), b = neighbour(4);
	struct rte_mbuf *out[AM_HELD_EACH];

	(void)state;
	for (uintptr_t i = 1; i <= AM_HELD_EACH; i++)
		assert_null(am_held_put(&held, &a, packet(i), t0));
	assert_null(am_held_put(&held, &b, packet(100), t0));
	assert_ptr_equal(am_held_put(&held, &a, packet(AM_HELD_EACH + 1), t0), packet(1));
	assert_int_equal(am_held_take(&held, &a, true, out), AM_HELD_EACH);
	for (unsigned i = 0; i < AM_HELD_EACH; i++)
		assert_ptr_equal(out[i], packet(i + 2));
	assert_int_equal(am_held_take(&held, &a, true, out), 0);
	assert_int_equal(am_held_take(&held, &b, false, out), 1);
	assert_int_equal(held.held, AM_HELD_EACH + 2);
	assert_int_equal(held.sent, AM_HELD_EACH);
	assert_int_equal(held.lost, 2);
}

static void interfaces_are_told_apart(void **state)
{
	struct am_held held = {0};
	struct am_glean a = neighbour(2), b = a;
	struct rte_mbuf *out[AM_HELD_EACH];

	(void)state;
	b.interface++;
	am_held_put(&held, &a, packet(1), t0);
	assert_int_equal(am_held_take(&held, &b, true, out), 0);
	assert_int_equal(am_held_take(&held, &a, true, out), 1);
}

static void time_passes(void **state)
{
	struct am_held held = {0};
	const struct am_glean a = neighbour(2), b = neighbour(4);
	struct rte_mbuf *out[AM_HELD_EACH];
	struct am_glean who;

	(void)state;
	am_held_put(&held, &a, packet(1), t0);
	am_held_put(&held, &b, packet(2), am_time_add(t0, 500 * AM_MS));
	am_held_put(&held, &a, packet(3), am_time_add(t0, 900 * AM_MS)); /* the first one's second counts */
	assert_int_equal(am_held_expire(&held, am_time_add(t0, 999 * AM_MS), &who, out), 0);
	assert_int_equal(am_held_expire(&held, am_time_add(t0, AM_S), &who, out), 2);
	assert_true(who.interface == a.interface && am_ip_equal(&who.ip, &a.ip));
	assert_int_equal(am_held_expire(&held, am_time_add(t0, AM_S), &who, out), 0);
	assert_int_equal(am_held_expire(&held, am_time_add(t0, 2 * AM_S), &who, out), 1);
}

static void a_scan_has_an_end(void **state)
{
	struct am_held held = {0};
	struct rte_mbuf *out[AM_HELD_EACH];
	struct am_glean a, who;

	(void)state;
	for (unsigned i = 0; i < 2 * AM_HELD_NEIGHBOURS; i++) {
		a = neighbour(2 * i);
		assert_ptr_equal(am_held_put(&held, &a, packet(i + 1), t0),
			i < AM_HELD_NEIGHBOURS ? NULL : packet(i + 1));
	}
	for (unsigned i = 0; i < AM_HELD_NEIGHBOURS; i++)
		assert_int_equal(am_held_expire(&held, am_time_add(t0, AM_S), &who, out), 1);
	assert_int_equal(am_held_expire(&held, am_time_add(t0, AM_S), &who, out), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_latest_are_kept_in_order),
		cmocka_unit_test(interfaces_are_told_apart),
		cmocka_unit_test(time_passes),
		cmocka_unit_test(a_scan_has_an_end),
	};

	return cmocka_run_group_tests_name("amimed/held", tests, NULL, NULL);
}
