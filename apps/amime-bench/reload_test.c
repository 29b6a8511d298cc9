/* SPDX-License-Identifier: BSD-3-Clause */
/* amime-bench reload as a whole, on small configurations: no change loses a frame of a flow that is to go on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

enum { PATH = 4096 };

static const char *program;

static json_t *run(const char *options)
{
	char command[PATH];
	json_error_t error;
	json_t *result;
	FILE *out;

	snprintf(command, sizeof command, "'%s' reload %s --json -", program, options);
	out = popen(command, "r");
	assert_non_null(out);
	result = json_loadf(out, 0, &error);
	assert_int_equal(pclose(out), 0);
	if (!result)
		fail_msg("line %d: %s", error.line, error.text);
	return result;
}

static const json_t *find(const json_t *result, const char *name)
{
	const json_t *cases = json_object_get(result, "cases");

	for (size_t i = 0; i < json_array_size(cases); i++) {
		const json_t *row = json_array_get(cases, i);

		if (!strcmp(json_string_value(json_object_get(row, "name")), name))
			return row;
	}
	fail_msg("no row %s", name);
	return NULL;
}

static double value(const json_t *row, const char *which)
{
	return json_number_value(json_object_get(json_object_get(row, "stats"), which));
}

static void test_no_change_loses_anything(void **state)
{
	json_t *result = run("--quick --objects 4 --samples 2");
	const json_t *cases = json_object_get(result, "cases");
	unsigned n = 0;

	(void)state;
	for (size_t i = 0; i < json_array_size(cases); i++) {
		const json_t *row = json_array_get(cases, i);
		const char *name = json_string_value(json_object_get(row, "name"));

		if (strncmp(name, "lost/", 5) && strncmp(name, "churn-lost/", 11))
			continue;
		n++;
		if (value(row, "max") > 0)
			fail_msg("%s: %.0f frames", name, value(row, "max"));
	}
	assert_int_equal(n, 8 + 4 * 4);
	assert_true(value(find(result, "gap/ttl-4"), "median") > 0);
	assert_true(value(find(result, "gap-touched/way-4"), "median") > 0);
	assert_true(value(find(result, "restart/workers-4"), "median") > 0);
	assert_true(value(find(result, "churn-done/new-macs-10000"), "max") > 0);
	assert_true(value(find(result, "churn-done/moved-macs-100000"), "max") > 0);
	assert_true(value(find(result, "churn-done/next-hop-1000"), "max") > 0);
	json_decref(result);
}

static void test_sizes_become_curves(void **state)
{
	json_t *result = run("--objects 4,8 --samples 1 --filter ttl");
	const json_t *curves = json_object_get(result, "curves");

	(void)state;
	assert_int_equal(json_array_size(curves), 3);
	json_decref(result);
}

static void test_wrong_options(void **state)
{
	static const char *const options[] = {
		"--objects 3", "--objects x", "--samples 0", "--frobnicate", "more"};

	(void)state;
	for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
		char command[PATH];
		FILE *out;

		snprintf(command, sizeof command, "'%s' reload %s 2>&1", program, options[i]);
		out = popen(command, "r");
		assert_non_null(out);
		while (fgetc(out) != EOF)
			;
		assert_int_equal(pclose(out) >> 8, 2);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_change_loses_anything),
		cmocka_unit_test(test_sizes_become_curves),
		cmocka_unit_test(test_wrong_options),
	};

	if (argc != 2)
		return 2;
	program = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
