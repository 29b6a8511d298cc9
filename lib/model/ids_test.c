/* SPDX-License-Identifier: BSD-3-Clause */
#include "ids.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static uint32_t take(struct am_ids *ids, const char *name, uint32_t span, uint64_t owner)
{
	uint32_t index = UINT32_MAX;

	assert_true(am_ids_take(ids, name, span, owner, &index) >= 0);
	return index;
}

static void names_keep_their_index(void **state)
{
	struct am_ids *ids = am_ids_create(1, 100);
	uint32_t index;

	(void)state;
	assert_int_equal(take(ids, "a", 1, 1), 1);
	assert_int_equal(take(ids, "b", 1, 1), 2);
	assert_int_equal(am_ids_take(ids, "a", 1, 1, &index), 1); /* the same owner holds once */
	assert_int_equal(take(ids, "b", 1, 2), 2);
	assert_int_equal(am_ids_holders(ids, 1), 1);
	assert_int_equal(am_ids_holders(ids, 2), 2);
	am_ids_free(ids);
}

static void reused_only_when_nobody_holds(void **state)
{
	struct am_ids *ids = am_ids_create(0, 100);

	(void)state;
	assert_int_equal(take(ids, "a", 1, 1), 0);
	assert_int_equal(take(ids, "a", 1, 2), 0);
	am_ids_drop(ids, 0);
	assert_int_equal(take(ids, "b", 1, 3), 1);
	am_ids_drop(ids, 0);
	assert_int_equal(take(ids, "c", 1, 3), 0);
	am_ids_free(ids);
}

static void spans_are_rows(void **state)
{
	struct am_ids *ids = am_ids_create(0, 8);
	uint32_t index;

	(void)state;
	assert_int_equal(take(ids, "a", 1, 1), 0);
	assert_int_equal(take(ids, "b", 4, 1), 1);
	assert_int_equal(take(ids, "c", 1, 1), 5);
	am_ids_drop(ids, 1);
	assert_int_equal(am_ids_holders(ids, 4), 0);
	assert_int_equal(am_ids_take(ids, "d", 5, 1, &index), -ENOSPC);
	assert_int_equal(take(ids, "e", 3, 1), 1);
	assert_int_equal(take(ids, "f", 2, 1), 6);
	assert_int_equal(am_ids_take(ids, "g", 2, 1, &index), -ENOSPC);
	assert_int_equal(take(ids, "h", 1, 1), 4);
	am_ids_free(ids);
}

static void many_names(void **state)
{
	struct am_ids *ids = am_ids_create(0, 5000);
	char name[32];

	(void)state;
	for (unsigned i = 0; i < 5000; i++) {
		snprintf(name, sizeof name, "name-%u", i);
		assert_int_equal(take(ids, name, 1, 1), i);
	}
	for (unsigned i = 0; i < 5000; i += 3)
		am_ids_drop(ids, i);
	for (unsigned i = 0; i < 5000; i++) {
		snprintf(name, sizeof name, "name-%u", i);
		assert_int_equal(am_ids_holders(ids, i), i % 3 ? 1 : 0);
		if (i % 3)
			assert_int_equal(take(ids, name, 1, 2), i);
	}
	assert_int_equal(take(ids, "new", 1, 2), 0);
	am_ids_free(ids);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_keep_their_index),
		cmocka_unit_test(reused_only_when_nobody_holds),
		cmocka_unit_test(spans_are_rows),
		cmocka_unit_test(many_names),
	};

	return cmocka_run_group_tests_name("model/ids", tests, NULL, NULL);
}
