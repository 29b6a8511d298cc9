/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"

static void test_loads_and_stores(void **state)
{
	uint8_t bytes[9] = {0xee, 1, 2, 3, 4, 5, 6, 7, 8}, copy[8];

	(void)state;
	assert_int_equal(am_load16(bytes + 1), 0x0102);
	assert_int_equal(am_load32(bytes + 1), 0x01020304);
	assert_int_equal(am_load64(bytes + 1), 0x0102030405060708);
	am_store16(copy, 0x0102);
	assert_memory_equal(copy, bytes + 1, 2);
	am_store32(copy, 0x01020304);
	assert_memory_equal(copy, bytes + 1, 4);
	am_store64(copy, 0x0102030405060708);
	assert_memory_equal(copy, bytes + 1, 8);
}

static void test_reader_ends_and_stays_bad(void **state)
{
	const uint8_t bytes[] = {1, 2, 3, 4, 5, 6, 7, 8};
	struct am_reader r = am_reader(bytes, sizeof bytes);

	(void)state;
	assert_int_equal(am_take8(&r), 1);
	assert_int_equal(am_take16(&r), 0x0203);
	assert_int_equal(am_take32(&r), 0x04050607);
	assert_int_equal(am_reader_left(&r), 1);
	assert_false(r.bad);
	assert_int_equal(am_take16(&r), 0);
	assert_true(r.bad);
	assert_int_equal(am_take8(&r), 0); /* there is one left, but a bad reader gives nothing */
	assert_null(am_take(&r, 0));
}

static void test_reader_takes_all(void **state)
{
	const uint8_t bytes[] = {1, 2};
	struct am_reader r = am_reader(bytes, sizeof bytes);

	(void)state;
	assert_ptr_equal(am_take(&r, 2), bytes);
	assert_non_null(am_take(&r, 0));
	assert_false(r.bad);
	assert_null(am_take(&r, SIZE_MAX));
	assert_true(r.bad);
}

static void test_writer_fills_and_stays_full(void **state)
{
	const uint8_t expected[] = {1, 2, 3, 4, 5, 6, 7, 0};
	uint8_t bytes[9];
	struct am_writer w = am_writer(bytes, 8);

	(void)state;
	memset(bytes, 0xee, sizeof bytes);
	am_put8(&w, 1);
	am_put16(&w, 0x0203);
	am_put_bytes(&w, "\4\5\6\7", 4);
	assert_non_null(am_put(&w, 1));
	assert_int_equal(am_writer_len(&w), 8);
	assert_memory_equal(bytes, expected, sizeof expected);
	assert_false(w.full);
	am_put32(&w, 0xdeadbeef);
	assert_true(w.full);
	assert_null(am_put(&w, 0));
	assert_int_equal(am_writer_len(&w), 8);
	assert_int_equal(bytes[8], 0xee);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_loads_and_stores),
		cmocka_unit_test(test_reader_ends_and_stays_bad),
		cmocka_unit_test(test_reader_takes_all),
		cmocka_unit_test(test_writer_fills_and_stays_full),
	};

	return cmocka_run_group_tests_name("base/bytes", tests, NULL, NULL);
}
