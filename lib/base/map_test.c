/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/map.h"

static void the_first_value_stays(void **state)
{
	struct am_map *map = am_map_create(16);
	char key[16] = "lan0";
	uint32_t value = 7;

	(void)state;
	assert_false(am_map_find(map, key, &value));
	assert_int_equal(value, 7);
	assert_int_equal(am_map_add(map, key, &value), 0);
	value = 8;
	assert_int_equal(am_map_add(map, key, &value), 1);
	assert_int_equal(value, 7);
	value = 0;
	assert_true(am_map_find(map, key, &value));
	assert_int_equal(value, 7);
	am_map_free(map);
}

/* A key of zeros is a key, and so is one that differs in its last octet alone. */
static void every_octet_counts(void **state)
{
	struct am_map *map = am_map_create(24);
	uint8_t key[24] = {0};
	uint32_t value = 0;

	(void)state;
	assert_false(am_map_find(map, key, &value));
	assert_int_equal(am_map_add(map, key, &value), 0);
	for (uint32_t i = 0; i < sizeof key; i++) {
		memset(key, 0, sizeof key);
		key[i] = 1;
		value = i + 1;
		assert_int_equal(am_map_add(map, key, &value), 0);
	}
	for (uint32_t i = 0; i < sizeof key; i++) {
		memset(key, 0, sizeof key);
		key[i] = 1;
		assert_true(am_map_find(map, key, &value));
		assert_int_equal(value, i + 1);
	}
	am_map_free(map);
}

static void it_grows(void **state)
{
	enum { N = 100000 };
	struct am_map *map = am_map_create(8);
	uint32_t value;

	(void)state;
	for (uint64_t key = 0; key < N; key++) {
		value = (uint32_t)key * 3;
		assert_int_equal(am_map_add(map, &key, &value), 0);
	}
	for (uint64_t key = 0; key < 2 * N; key++) {
		value = 1;
		assert_int_equal(am_map_find(map, &key, &value), key < N);
		assert_int_equal(value, key < N ? key * 3 : 1);
	}
	am_map_free(map);
	am_map_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_value_stays),
		cmocka_unit_test(every_octet_counts),
		cmocka_unit_test(it_grows),
	};

	return cmocka_run_group_tests_name("base/map", tests, NULL, NULL);
}
