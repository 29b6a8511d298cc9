/* SPDX-License-Identifier: BSD-3-Clause */
#include "load.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "json.h"

static struct report *make_report(void)
{
	struct report *r = report_new("pipeline");
	struct report_row *row;
	struct report_series *series;

	report_add_text(r, REPORT_MACHINE, "cpu", "a \"CPU\"");
	report_add_number(r, REPORT_MACHINE, "tsc_hz", 2450000000.0);
	report_add_bool(r, REPORT_SETTINGS, "huge_pages", true);
	report_add_sample(r, report_add_row(r, &(struct report_row){.name = "null/x", .unit = "cycles"}),
		&(struct report_sample){10, 1, REPORT_KEPT, 0, 0, 0});
	row = report_add_row(r, &(struct report_row){.name = "encap/64",
					.about = "about",
					.unit = "cycles",
					.per = "packet",
					.null = "null/x",
					.config_sha256 = "ab12",
					.goal = 40.5,
					.predicted = 50,
					.more_is_better = true});
	report_add_sample(r, row, &(struct report_sample){50.25, 2000, REPORT_KEPT, 0, 0, 0});
	report_add_sample(r, row, &(struct report_sample){99, 3000, REPORT_SLOW, 2, 0, 0});
	report_add_sample(r, row, &(struct report_sample){98, 2000, REPORT_CONTENDED, 2, 140000, 0});
	report_add_stage(r, row, "bridge", 20);
	report_add_row(
		r, &(struct report_row){.name = "fdb/hit", .unit = "cycles", .burst = 64, .cold = false});
	report_add_row(r, &(struct report_row){.name = "fdb/hit-cold@8",
				  .unit = "cycles",
				  .of = "fdb/hit",
				  .burst = 8,
				  .cold = true});
	series = report_add_series(r,
		report_add_curve(r, &(struct report_curve){.name = "latency",
					    .about = "round trip",
					    .x = {"percentile", "%", REPORT_PERCENTILE},
					    .y = {"latency", "us", REPORT_LOG}}),
		"idle");
	report_add_point(r, series, &(struct report_point){50, 2, 1, 3});
	report_add_point(r, series, &(struct report_point){99, 4, 4, 4});
	assert_int_equal(report_settle(r), 0);
	return r;
}

static void check_facts(const struct report *r)
{
	assert_string_equal(r->command, "pipeline");
	assert_string_equal(report_text(r, REPORT_MACHINE, "cpu"), "a \"CPU\"");
	assert_float_equal(report_number(r, REPORT_MACHINE, "tsc_hz"), 2450000000.0, 0);
	assert_int_equal(report_find_fact(r, REPORT_SETTINGS, "huge_pages")->kind, REPORT_BOOL);
}

static void check_row(const struct report_row *row)
{
	double v;

	assert_string_equal(row->about, "about");
	assert_string_equal(row->per, "packet");
	assert_string_equal(row->config_sha256, "ab12");
	assert_true(row->more_is_better);
	assert_true(report_net(row, &v));
	assert_float_equal(v, 40.25, 1e-9);
	assert_true(report_apart(row, &v));
	assert_float_equal(v, -0.195, 1e-9);
	assert_int_equal(row->n_samples, 3);
	assert_int_equal(row->samples[1].fate, REPORT_SLOW);
	assert_float_equal(row->samples[1].probe, 3000, 0);
	assert_int_equal(row->samples[1].repeat, 2);
	assert_int_equal(row->samples[2].fate, REPORT_CONTENDED);
	assert_float_equal(row->samples[2].memory, 140000, 0);
	assert_string_equal(row->stages[0].name, "bridge");
}

static void check_shape(const struct report *r)
{
	const struct report_row *row = report_find_row(r, "fdb/hit-cold@8");

	assert_ptr_equal(row->of_row, report_find_row(r, "fdb/hit"));
	assert_int_equal(row->burst, 8);
	assert_true(row->cold);
	assert_int_equal(row->of_row->burst, 64);
	assert_false(row->of_row->cold);
}

static void test_what_is_written_is_read(void **state)
{
	struct report *r = make_report(), *again;
	struct am_config_errors errors = {0};
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	assert_true(result_print(r, out));
	fclose(out);
	again = result_load(text, len, &errors);
	result_print_errors("text", &errors, stderr);
	assert_non_null(again);
	check_facts(again);
	check_row(report_find_row(again, "encap/64"));
	check_shape(again);
	assert_int_equal(again->curves[0]->x.scale, REPORT_PERCENTILE);
	assert_string_equal(again->curves[0]->y.unit, "us");
	assert_float_equal(again->curves[0]->series[0]->points[0].high, 3, 0);
	assert_float_equal(again->curves[0]->series[0]->points[1].low, 4, 0);
	report_free(again);
	report_free(r);
	free(text);
}

/* Every one of lines: "LINE: PATH: how the text begins". */
static void refuse(const char *text, const char *const *lines)
{
	struct am_config_errors errors = {0};
	char *said = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&said, &len);

	assert_null(result_load(text, strlen(text), &errors));
	result_print_errors("f", &errors, out);
	fclose(out);
	for (; *lines; lines++)
		if (!strstr(said, *lines))
			fail_msg("\"%s\" is not in:\n%s", *lines, said);
	am_config_errors_free(&errors);
	free(said);
}

#define REFUSE(text, ...) refuse(text, (const char *const[]){__VA_ARGS__, NULL})

static void test_every_complaint_has_path_and_line(void **state)
{
	(void)state;
	REFUSE("{", "f:1: $: this is not JSON");
	REFUSE("[]", "f:1: $: expected an object");
	REFUSE("{}", "$: ", "format", "command");
	REFUSE("{\"format\": 2,\n\"command\": 3}", "f:1: $.format: 2 is out of range",
		"f:2: $.command: expected a string");
	REFUSE("{\"format\":1,\"command\":\"\\u001b[2J\"}", "$.command: octet 1 begins a control character");
	REFUSE("{\"format\":1,\"command\":\"x\",\n\"format\":1}", "f:2: $.format: this name stands twice");
	REFUSE("{\"format\":1,\"command\":\"x\",\"machine\":{\"a\":[]}}",
		"f:1: $.machine.a: expected a string");
}

static void test_cases_are_checked(void **state)
{
	(void)state;
	REFUSE("{\"format\":1,\"command\":\"x\",\"cases\":[\n"
	       "{\"name\":\"a\",\"unit\":\"u\",\"samples\":[1],\"null\":\"b\"},\n"
	       "{\"name\":\"a\",\"unit\":7,\"samples\":[{\"value\":1e300},{\"value\":\"x\"}]},\n"
	       "{\"name\":\"\",\"goal\":-1,\"better\":\"les\",\"burst\":70000,\"cold\":1,\"sample\":[]},\n"
	       "7]}",
		"f:2: $.cases[0].null: no case is named \"b\"", "f:3: $.cases[1].name: another case",
		"f:3: $.cases[1].unit: expected a string",
		"f:3: $.cases[1].samples[0].value: 1e+300 is out of range",
		"f:4: $.cases[2].name: a case needs", "f:4: $.cases[2].goal: -1 is out of range",
		"did you mean \"less\"", "f:4: $.cases[2].burst: 70000 is out of range",
		"f:4: $.cases[2].cold: expected", "f:4: $.cases[2].sample",
		"f:5: $.cases[3]: expected an object");
}

static void test_curves_are_checked(void **state)
{
	(void)state;
	REFUSE("{\"format\":1,\"command\":\"x\",\"curves\":[{\"name\":\"c\",\"x\":{\"name\":\"x\"},\n"
	       "\"y\":{\"name\":\"y\",\"scale\":\"percentile\"},\"series\":[\n"
	       "{\"name\":\"s\",\"points\":[[1,1],[0,1]]},\n"
	       "{\"name\":\"s\",\"points\":[[1,1,2,3]]},\n"
	       "{\"name\":\"s\",\"points\":[[1,1,2]]}]}]}",
		"f:2: $.curves[0].y: percentiles go along x",
		"f:3: $.curves[0].series[0].points[1]: x is less than",
		"f:4: $.curves[0].series[1].points[0]: y lies outside",
		"f:5: $.curves[0].series[2].points[0]: a point is");
}

static void test_a_file_that_is_not_there(void **state)
{
	struct am_config_errors errors = {0};

	(void)state;
	assert_null(result_read("/no/such/file", &errors));
	assert_int_equal(errors.n, 1);
	assert_non_null(strstr(errors.items[0].text, "/no/such/file"));
	am_config_errors_free(&errors);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_written_is_read),
		cmocka_unit_test(test_every_complaint_has_path_and_line),
		cmocka_unit_test(test_cases_are_checked),
		cmocka_unit_test(test_curves_are_checked),
		cmocka_unit_test(test_a_file_that_is_not_there),
	};

	return cmocka_run_group_tests_name("amime-bench/load", tests, NULL, NULL);
}
