/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "wire_sequence.h"

static void expect(struct wire_sequence *s, uint32_t number, enum wire_order order)
{
	assert_int_equal(wire_sequence_take(s, number), order);
}

static void test_in_order_with_gaps(void **state)
{
	struct wire_sequence s = {0};

	(void)state;
	for (uint32_t i = 0; i < 10000; i += 3)
		expect(&s, i, WIRE_IN_ORDER);
	assert_int_equal(s.next, 10000);
}

static void test_late_once_then_duplicate(void **state)
{
	struct wire_sequence s = {0};

	(void)state;
	expect(&s, 0, WIRE_IN_ORDER);
	expect(&s, 0, WIRE_DUPLICATE);
	expect(&s, 3, WIRE_IN_ORDER);
	expect(&s, 2, WIRE_REORDERED);
	expect(&s, 2, WIRE_DUPLICATE);
	expect(&s, 1, WIRE_REORDERED);
	expect(&s, 1, WIRE_DUPLICATE);
	expect(&s, 3, WIRE_DUPLICATE);
	expect(&s, 4, WIRE_IN_ORDER);
}

/* What the window forgot when it moved on must not be taken for seen. */
static void test_window_moves(void **state)
{
	struct wire_sequence s = {0};

	(void)state;
	for (uint32_t i = 0; i < WIRE_WINDOW; i++)
		expect(&s, i, WIRE_IN_ORDER);
	expect(&s, 2 * WIRE_WINDOW - 1, WIRE_IN_ORDER);
	for (uint32_t i = WIRE_WINDOW; i < 2 * WIRE_WINDOW - 1; i++)
		expect(&s, i, WIRE_REORDERED);
	for (uint32_t i = WIRE_WINDOW; i < 2 * WIRE_WINDOW; i++)
		expect(&s, i, WIRE_DUPLICATE);
	expect(&s, WIRE_WINDOW - 1, WIRE_REORDERED); /* too old to tell */
	expect(&s, 100 * WIRE_WINDOW, WIRE_IN_ORDER);
	expect(&s, 100 * WIRE_WINDOW - 1, WIRE_REORDERED);
}

static void test_numbers_wrap(void **state)
{
	struct wire_sequence s = {.next = UINT32_MAX};

	(void)state;
	expect(&s, UINT32_MAX, WIRE_IN_ORDER);
	expect(&s, 0, WIRE_IN_ORDER);
	expect(&s, UINT32_MAX, WIRE_DUPLICATE);
	expect(&s, 2, WIRE_IN_ORDER);
	expect(&s, 1, WIRE_REORDERED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in_order_with_gaps),
		cmocka_unit_test(test_late_once_then_duplicate),
		cmocka_unit_test(test_window_moves),
		cmocka_unit_test(test_numbers_wrap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
