/* SPDX-License-Identifier: BSD-3-Clause */
#include "report.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "config_fact.h"
#include "markdown.h"
#include "table.h"

static struct report_row *add_row(
	struct report *r, const char *name, const char *null, double goal, const double *values, size_t n)
{
	struct report_row *row = report_add_row(
		r, &(struct report_row){
			   .name = name, .unit = "cycles", .per = "packet", .null = null, .goal = goal});

	for (size_t i = 0; i < n; i++)
		report_add_sample(r, row, &(struct report_sample){values[i], 100, REPORT_KEPT, 0, 0, 0});
	return row;
}

static void test_net_and_goal_are_of_what_was_kept(void **state)
{
	struct report *r = report_new("pipeline");
	struct report_row *row = add_row(r, "encap/64", "null", 40, (double[]){51, 50, 49}, 3);
	double v;

	(void)state;
	add_row(r, "null", NULL, 0, (double[]){10}, 1);
	report_add_sample(r, row, &(struct report_sample){1000, 900, REPORT_SLOW, 0, 0, 0});
	report_add_sample(r, row, &(struct report_sample){2000, 100, REPORT_INTERRUPTED, 0, 0, 0});
	assert_int_equal(report_settle(r), 0);
	assert_int_equal(report_kept(row), 3);
	assert_int_equal(row->fates[REPORT_SLOW], 1);
	assert_float_equal(row->stats.max, 51, 1e-9);
	assert_true(report_net(row, &v));
	assert_float_equal(v, 40, 1e-9);
	assert_true(report_goal_ratio(row, &v));
	assert_float_equal(v, 1, 1e-9);
	report_free(r);
}

static void test_goal_of_a_throughput_is_the_other_way_round(void **state)
{
	struct report *r = report_new("wire");
	struct report_row *row = report_add_row(
		r, &(struct report_row){
			   .name = "throughput/64", .unit = "Mpps", .goal = 2, .more_is_better = true});
	double v;

	(void)state;
	report_add_sample(r, row, &(struct report_sample){4, 0, REPORT_KEPT, 0, 0, 0});
	assert_int_equal(report_settle(r), 0);
	assert_true(report_goal_ratio(row, &v));
	assert_float_equal(v, 0.5, 1e-9);
	report_free(r);
}

static void test_nothing_is_said_without_samples_to_trust(void **state)
{
	struct report *r = report_new("pipeline");
	struct report_row *alone = add_row(r, "a", "no-such-row", 10, (double[]){5}, 1);
	struct report_row *empty = add_row(r, "b", NULL, 10, NULL, 0);
	double v;

	(void)state;
	assert_int_equal(report_settle(r), 0);
	assert_false(report_net(alone, &v));
	assert_false(report_net(empty, &v));
	assert_false(report_goal_ratio(alone, &v));
	assert_false(report_goal_ratio(empty, &v));
	report_free(r);
}

static void test_what_no_file_could_hold(void **state)
{
	struct report *r = report_new("mi\xff\xc3\xbc\xc0\x80");

	(void)state;
	assert_string_equal(r->command, "mi?\xc3\xbc??");
	add_row(r, "a", NULL, 0, (double[]){NAN}, 1);
	assert_int_equal(report_settle(r), -EDOM);
	report_free(r);
}

/* The sum of "abc" is that of FIPS 180-4's example. */
static void test_configuration_is_named_by_its_sum(void **state)
{
	struct report *r = report_new("pipeline");
	char path[] = "/tmp/amime-config-XXXXXX";
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "abc", 3), 3);
	close(fd);
	config_describe(r, "config", path);
	assert_string_equal(report_text(r, REPORT_SETTINGS, "config"), path);
	assert_string_equal(report_text(r, REPORT_SETTINGS, "config_sha256"),
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	unlink(path);
	config_describe(r, "traffic", path);
	assert_string_equal(report_text(r, REPORT_SETTINGS, "traffic_sha256"), "unknown");
	report_free(r);
}

static void test_text_of_a_configuration_is_named_by_its_sum(void **state)
{
	char sum[CONFIG_SUM];

	(void)state;
	config_sum("abc", sum);
	assert_string_equal(sum, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	config_sum("", sum);
	assert_string_equal(sum, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static const char *printed(struct report *r, char *text, size_t room)
{
	FILE *f = fmemopen(text, room, "w");

	assert_non_null(f);
	assert_int_equal(report_settle(r), 0);
	report_print(r, f);
	assert_int_equal(fclose(f), 0);
	return text;
}

/* 2,000 turns of the loop in 1,600 ticks: 3,000 MHz of a nominal 2,400. In 2,500 of them it is less than nominal. */
static void test_a_slow_run_is_said(void **state)
{
	static const double probes[] = {1600, 2500, 2500};
	char text[4096];

	(void)state;
	for (size_t slow = 1; slow <= 2; slow++) {
		struct report *r = report_new("pipeline");
		struct report_row *row = add_row(r, "a", NULL, 0, NULL, 0);

		report_add_number(r, REPORT_MACHINE, "tsc_hz", 2.4e9);
		report_add_number(r, REPORT_MACHINE, "core_hz", 3e9);
		report_add_number(r, REPORT_MACHINE, "memory_ns", 95);
		report_add_number(r, REPORT_MACHINE, "memory_line_cycles", 41.5);
		report_add_number(r, REPORT_SETTINGS, "probe_fastest", 1600);
		for (size_t i = 0; i < 3; i++)
			report_add_sample(r, row,
				&(struct report_sample){1, probes[i <= slow ? i : 0], REPORT_KEPT, 0, 0, 0});
		printed(r, text, sizeof text);
		assert_non_null(strstr(text, "answered in 95 ns"));
		assert_non_null(strstr(text, "took 41.5 cycles where 64 were asked for at once"));
		assert_int_equal(
			strstr(text, "WARNING: the core ran below its nominal 2400 MHz beside 2 of 3") !=
				NULL,
			slow == 2);
		report_free(r);
	}
}

static void test_markdown_has_goal_base_and_limit(void **state)
{
	struct report *r = report_new("pipeline");
	struct report_row *row;
	char text[2048] = "";
	FILE *f;

	(void)state;
	add_row(r, "null", NULL, 0, (double[]){10}, 1);
	add_row(r, "limit/a", NULL, 0, (double[]){20}, 1);
	add_row(r, "a", "null", 40, (double[]){60}, 1);
	row = report_add_row(r, &(struct report_row){.name = "a-twice",
					.unit = "cycles",
					.per = "packet",
					.null = "null",
					.base = "a",
					.limit = "limit/a",
					.goal = 55});
	report_add_sample(r, row, &(struct report_sample){110, 0, REPORT_KEPT, 0, 0, 0});
	report_add_stage(r, row, "bridge", 30);
	assert_int_equal(report_settle(r), 0);
	f = fmemopen(text, sizeof text, "w");
	assert_true(markdown_print(r, "a-,nothing", false, f));
	assert_false(markdown_print(r, "nothing", false, f));
	assert_true(markdown_print(r, NULL, true, f));
	fclose(f);
	assert_non_null(strstr(
		text, "| case | cost | goal | of goal | of its base | allowed | limit | of limit | kept |"));
	assert_non_null(strstr(text, "| a-twice | 100.0 | 55 | 1.82 | 2.00 | 1.10 | 20.0 | 5.00 | 1 of 1 |"));
	assert_null(strstr(text, "| null |"));
	assert_non_null(strstr(text, "| case | bridge |\n| --- | --- |\n| a-twice | 30.0 |"));
	report_free(r);
}

static void test_a_model_that_does_not_hold_is_marked(void **state)
{
	struct report *r = report_new("scale");
	char text[4096];

	(void)state;
	add_row(r, "null", NULL, 0, (double[]){10}, 1);
	add_row(r, "holds", "null", 0, (double[]){46}, 1);
	add_row(r, "cheaper", "null", 0, (double[]){44}, 1);
	add_row(r, "dearer", "null", 0, (double[]){55}, 1);
	add_row(r, "empty", "null", 0, NULL, 0);
	add_row(r, "free", "null", 0, (double[]){90}, 1);
	for (size_t i = 1; i < 5; i++)
		report_predict(r, r->rows[i]->name, 40);
	report_predict(r, "no such row", 1);
	printed(r, text, sizeof text);
	assert_non_null(strstr(text, "\nholds                 40.0      36.0   -10.0%\n"));
	assert_non_null(
		strstr(text, "\ncheaper               40.0      34.0   -15.0%  the model does not hold\n"));
	assert_non_null(
		strstr(text, "\ndearer                40.0      45.0   +12.5%  the model does not hold\n"));
	assert_non_null(strstr(text, "\nempty                 40.0         -        -\n"));
	report_free(r);
}

static void add_shape(
	struct report *r, const char *name, const char *of, unsigned burst, bool cold, double value)
{
	struct report_row *row = report_add_row(r, &(struct report_row){.name = name,
							   .unit = "cycles",
							   .per = "packet",
							   .of = of,
							   .burst = burst,
							   .cold = cold});

	if (value > 0)
		report_add_sample(r, row, &(struct report_sample){value, 0, REPORT_KEPT, 0, 0, 0});
}

/* A case with all shapes, one that is only cold, one alone, and shapes of what is no row, or is a shape itself. */
static struct report *make_shapes(void)
{
	struct report *r = report_new("micro");

	add_shape(r, "a", NULL, 64, false, 10);
	add_shape(r, "a@8", "a", 8, false, 20);
	add_shape(r, "a-cold", "a", 64, true, 0);
	add_shape(r, "large", NULL, 64, true, 30);
	add_shape(r, "large@8", "large", 8, true, 40);
	add_shape(r, "alone", NULL, 0, false, 50);
	add_shape(r, "lost@8", "lost", 8, false, 60);
	add_shape(r, "a@8@8", "a@8", 64, false, 70);
	return r;
}

static void test_shapes_are_columns_of_their_case(void **state)
{
	struct report *r = make_shapes();
	char text[4096] = "";

	(void)state;
	printed(r, text, sizeof text);
	assert_non_null(strstr(text, "\na                     10.0 "));
	assert_null(strstr(text, "\na@8 "));
	assert_null(strstr(text, "\na-cold "));
	assert_non_null(strstr(text, "\nlost@8                60.0 "));
	assert_non_null(strstr(text, "\na@8@8                 70.0 "));
	assert_non_null(strstr(text, "\ncase                     8        64    cold 8   cold 64\n"
				     "a                     20.0      10.0                   -\n"
				     "large                                     40.0      30.0\n"
				     "\n"));
	report_free(r);
}

static void test_markdown_has_shapes(void **state)
{
	struct report *r = make_shapes();
	char text[2048] = "";
	FILE *f = fmemopen(text, sizeof text, "w");

	(void)state;
	assert_int_equal(report_settle(r), 0);
	assert_true(markdown_print(r, NULL, false, f));
	fclose(f);
	assert_non_null(strstr(text, "| case | cost | kept | 8 | 64 | cold 8 | cold 64 |\n"
				     "| --- | --- | --- | --- | --- | --- | --- |\n"
				     "| a | 10.0 | 1 of 1 | 20.0 | 10.0 | | – |\n"
				     "| large | 30.0 | 1 of 1 | | | 40.0 | 30.0 |\n"
				     "| alone | 50.0 | 1 of 1 | | | | |\n"));
	report_free(r);
}

/* Lists grow, texts are the report's own. */
static void test_many_of_everything(void **state)
{
	enum { MANY = 100 };
	struct report *r = report_new("micro");
	char name[16];

	(void)state;
	for (int i = 0; i < MANY; i++) {
		struct report_curve *curve;
		struct report_series *series;

		snprintf(name, sizeof name, "name-%d", i);
		report_add_number(r, REPORT_SETTINGS, name, i);
		report_add_stage(r, add_row(r, name, NULL, 0, (double[]){i}, 1), name, i);
		curve = report_add_curve(r, &(struct report_curve){.name = name,
						    .x = {name, "octets", REPORT_LOG},
						    .y = {name, NULL, REPORT_LINEAR}});
		series = report_add_series(r, curve, name);
		for (int j = 0; j <= i; j++)
			report_add_point(r, series, &(struct report_point){j, j, j, j});
	}
	assert_int_equal(report_settle(r), 0);
	assert_int_equal(r->n_rows, MANY);
	assert_int_equal(r->n_curves, MANY);
	assert_float_equal(report_number(r, REPORT_SETTINGS, "name-70"), 70, 0);
	assert_float_equal(report_find_row(r, "name-70")->stats.median, 70, 0);
	assert_float_equal(report_find_row(r, "name-70")->stages[0].value, 70, 0);
	assert_string_equal(r->curves[70]->x.name, "name-70");
	assert_string_equal(r->curves[70]->y.unit, "");
	assert_int_equal(r->curves[70]->series[0]->n_points, 71);
	assert_null(report_find_row(r, "name-100"));
	report_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_net_and_goal_are_of_what_was_kept),
		cmocka_unit_test(test_goal_of_a_throughput_is_the_other_way_round),
		cmocka_unit_test(test_nothing_is_said_without_samples_to_trust),
		cmocka_unit_test(test_what_no_file_could_hold),
		cmocka_unit_test(test_configuration_is_named_by_its_sum),
		cmocka_unit_test(test_text_of_a_configuration_is_named_by_its_sum),
		cmocka_unit_test(test_a_slow_run_is_said),
		cmocka_unit_test(test_markdown_has_goal_base_and_limit),
		cmocka_unit_test(test_a_model_that_does_not_hold_is_marked),
		cmocka_unit_test(test_shapes_are_columns_of_their_case),
		cmocka_unit_test(test_markdown_has_shapes),
		cmocka_unit_test(test_many_of_everything),
	};

	return cmocka_run_group_tests_name("amime-bench/report", tests, NULL, NULL);
}
