/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "control/table.h"

static char *print(const struct am_table *t, int indent)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	am_table_print(t, out, indent);
	fclose(out);
	return text;
}

static struct am_table *two_columns(void)
{
	struct am_table *t = am_table_new();

	am_table_column(t, "NAME", AM_LEFT);
	am_table_column(t, "COUNT", AM_RIGHT);
	am_table_column(t, "WHAT", AM_LEFT);
	return t;
}

static void aligned(void **state)
{
	struct am_table *t = two_columns();
	char *text;

	(void)state;
	am_table_cell(t, "%s", "a");
	am_table_cell(t, "%d", 7);
	am_table_cell(t, "short");
	am_table_cell(t, "%s", "longer-name");
	am_table_cell(t, "%d", 1234567);
	am_table_cell(t, "a long sentence");
	text = print(t, 0);
	assert_string_equal(text, "NAME           COUNT  WHAT\n"
				  "a                  7  short\n"
				  "longer-name  1234567  a long sentence\n");
	free(text);
	text = print(t, 2);
	assert_memory_equal(text, "  NAME", 6);
	free(text);
	am_table_free(t);
}

static void empty_prints_nothing(void **state)
{
	struct am_table *t = two_columns();
	char *text = print(t, 0);

	(void)state;
	assert_string_equal(text, "");
	free(text);
	am_table_free(t);
}

static void many_rows(void **state)
{
	struct am_table *t = two_columns();
	size_t lines = 0;
	char *text;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		am_table_cell(t, "row-%d", i);
		am_table_cell(t, "%d", i * i);
		am_table_cell(t, "%s", "");
	}
	text = print(t, 0);
	for (const char *p = text; *p; p++)
		lines += *p == '\n';
	assert_int_equal(lines, 1001);
	free(text);
	am_table_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(aligned), cmocka_unit_test(empty_prints_nothing),
		cmocka_unit_test(many_rows)};

	return cmocka_run_group_tests_name("control/table", tests, NULL, NULL);
}
