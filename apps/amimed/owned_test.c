/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "owned.h"

static const char text[] = "20971 lan0 10.11.0.254/24 \n0 to-b fe80::1/64 /run/netns/a b\n";

static bool print_text(FILE *file, const void *ctx)
{
	(void)ctx;
	return fputs("junk\n", file) >= 0 && fputs(text, file) >= 0;
}

static void writes_and_reads(void **state)
{
	char dir[] = "/tmp/amimed_owned_XXXXXX", path[64], again[256] = "";
	struct am_owned *all;
	struct am_err err;
	unsigned n;
	FILE *file;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/x", dir);
	assert_null(am_owned_read(path, &n));
	assert_int_equal(n, 0);
	assert_int_equal(am_owned_write(path, print_text, NULL, &err), 0);
	all = am_owned_read(path, &n);
	assert_int_equal(n, 2);
	file = fmemopen(again, sizeof again, "w");
	assert_true(am_owned_print(file, &all[0]) && am_owned_print(file, &all[1]));
	fclose(file);
	assert_string_equal(again, text);
	free(all);
	unlink(path);
	rmdir(dir);
	assert_true(am_owned_write(path, print_text, NULL, &err) < 0);
	assert_non_null(strstr(err.text, path));
}

static void is_none(void **state)
{
	static const char *const lines[] = {"", "1", "1 lan0", "1 lan0 10.0.0.1/24", "x lan0 10.0.0.1/24 ",
		"1 lan0 10.0.0.1/33 ", "1 abcdefghijklmnop 10.0.0.1/24 "};
	struct am_owned owned;

	(void)state;
	for (unsigned i = 0; i < sizeof lines / sizeof *lines; i++)
		assert_true(am_owned_parse(lines[i], &owned) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_and_reads),
		cmocka_unit_test(is_none),
	};

	return cmocka_run_group_tests_name("amimed/owned", tests, NULL, NULL);
}
