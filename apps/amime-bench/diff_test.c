/* SPDX-License-Identifier: BSD-3-Clause */
#include "diff.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SAMPLES = 100 };

/* The same noise every time, of about +-5 %, from seed. */
static double noisy(double value, uint64_t *seed)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return value * (0.95 + 0.1 * (double)(*seed >> 40) / (1 << 24));
}

/* repeats: each shifted by shift more than the one before. */
static void add_row(struct report *r, const char *name, const char *null, double value, unsigned repeats,
	double shift, uint64_t seed)
{
	struct report_row *row = report_add_row(
		r, &(struct report_row){.name = name, .unit = "cycles", .per = "packet", .null = null});

	for (unsigned k = 0; k < repeats; k++)
		for (int i = 0; i < SAMPLES; i++)
			report_add_sample(r, row,
				&(struct report_sample){
					noisy(value * (1 + shift * k), &seed), 1, REPORT_KEPT, k, 0, 0});
}

static struct diff compare(struct report *a, struct report *b)
{
	struct diff d;

	assert_int_equal(report_settle(a), 0);
	assert_int_equal(report_settle(b), 0);
	assert_int_equal(diff_reports(a, b, 0.03, 0.1, &d), 0);
	return d;
}

static enum diff_change change_of(const struct diff *d, const char *name)
{
	for (size_t i = 0; i < d->n_rows; i++)
		if (!strcmp(d->rows[i].a->name, name))
			return d->rows[i].change;
	fail_msg("no row %s", name);
	return DIFF_UNCLEAR;
}

static void end(struct diff *d, struct report *a, struct report *b)
{
	diff_free(d);
	report_free(a);
	report_free(b);
}

static void test_only_what_is_beyond_noise_is_marked(void **state)
{
	struct report *a = report_new("micro"), *b = report_new("micro");
	struct diff d;

	(void)state;
	add_row(a, "noise", NULL, 100, 3, 0, 1);
	add_row(b, "noise", NULL, 100, 3, 0, 2);
	add_row(a, "small", NULL, 100, 3, 0, 3);
	add_row(b, "small", NULL, 102, 3, 0, 4);
	add_row(a, "faster", NULL, 100, 1, 0, 5);
	add_row(b, "faster", NULL, 80, 1, 0, 6);
	add_row(a, "slower", NULL, 100, 3, 0, 7);
	add_row(b, "slower", NULL, 106, 3, 0, 8);
	add_row(a, "once", NULL, 100, 1, 0, 9);
	add_row(b, "once", NULL, 106, 1, 0, 10);
	d = compare(a, b);
	assert_int_equal(change_of(&d, "noise"), DIFF_SAME);
	assert_int_equal(change_of(&d, "small"), DIFF_SAME);
	assert_int_equal(change_of(&d, "faster"), DIFF_BETTER);
	assert_int_equal(change_of(&d, "slower"), DIFF_WORSE);
	assert_int_equal(change_of(&d, "once"), DIFF_SAME);
	assert_true(d.rows[2].ratio.low < 0.8 + 0.02 && d.rows[2].ratio.high > 0.8 - 0.02);
	assert_true(d.rows[2].ratio.low < d.rows[2].ratio.high);
	end(&d, a, b);
}

/* Five per cent that one repeat differs from the next by cannot be told from a change of five per cent. */
static void test_repeats_that_differ_widen_the_interval(void **state)
{
	struct report *a = report_new("micro"), *b = report_new("micro");
	struct diff d;

	(void)state;
	add_row(a, "x", NULL, 100, 5, 0.05, 1);
	add_row(b, "x", NULL, 105, 5, 0.05, 2);
	add_row(a, "steady", NULL, 100, 5, 0, 1);
	add_row(b, "steady", NULL, 105, 5, 0, 2);
	d = compare(a, b);
	assert_int_equal(change_of(&d, "x"), DIFF_SAME);
	assert_int_equal(change_of(&d, "steady"), DIFF_WORSE);
	end(&d, a, b);
}

static void test_net_values_are_compared(void **state)
{
	struct report *a = report_new("pipeline"), *b = report_new("pipeline");
	struct diff d;

	(void)state;
	add_row(a, "null", NULL, 100, 1, 0, 1);
	add_row(b, "null", NULL, 100, 1, 0, 2);
	add_row(a, "x", "null", 200, 1, 0, 3);
	add_row(b, "x", "null", 150, 1, 0, 4);
	add_row(a, "under", "null", 90, 1, 0, 5);
	add_row(b, "under", "null", 150, 1, 0, 6);
	d = compare(a, b);
	assert_int_equal(change_of(&d, "x"), DIFF_BETTER);
	assert_float_equal(d.rows[1].ratio.ratio, 0.5, 0.05);
	assert_int_equal(change_of(&d, "under"), DIFF_UNCLEAR);
	end(&d, a, b);
}

static void test_throughput_is_better_where_it_is_more(void **state)
{
	struct report *a = report_new("wire"), *b = report_new("wire");
	struct diff d;

	(void)state;
	add_row(a, "t", NULL, 1, 1, 0, 1);
	add_row(b, "t", NULL, 2, 1, 0, 2);
	a->rows[0]->more_is_better = b->rows[0]->more_is_better = true;
	d = compare(a, b);
	assert_int_equal(change_of(&d, "t"), DIFF_BETTER);
	end(&d, a, b);
}

static void test_what_cannot_be_compared_is_named(void **state)
{
	struct report *a = report_new("micro"), *b = report_new("micro");
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	struct diff d;

	(void)state;
	report_add_text(a, REPORT_MACHINE, "cpu", "one");
	report_add_text(b, REPORT_MACHINE, "cpu", "other");
	report_add_number(a, REPORT_MACHINE, "core_hz", 3.00e9);
	report_add_number(b, REPORT_MACHINE, "core_hz", 3.01e9);
	report_add_number(a, REPORT_SETTINGS, "burst", 64);
	report_add_text(b, REPORT_SETTINGS, "config_sha256", "abc");
	report_add_row(a, &(struct report_row){.name = "empty", .unit = "cycles"});
	report_add_row(b, &(struct report_row){.name = "empty", .unit = "cycles"});
	report_add_row(a, &(struct report_row){.name = "unit", .unit = "cycles"});
	report_add_row(b, &(struct report_row){.name = "unit", .unit = "Mpps"});
	report_add_row(a, &(struct report_row){.name = "gone", .unit = "cycles"});
	report_add_row(b, &(struct report_row){.name = "new", .unit = "cycles"});
	d = compare(a, b);
	diff_print(&d, out);
	fclose(out);
	assert_int_equal(d.n_facts, 3);
	assert_int_equal(d.counts[DIFF_UNCLEAR], 2);
	assert_non_null(strstr(text, "machine cpu: one, then other"));
	assert_non_null(strstr(text, "settings burst: 64, then nothing"));
	assert_non_null(strstr(text, "settings config_sha256: nothing, then abc"));
	assert_null(strstr(text, "core_hz"));
	assert_non_null(strstr(text, "too few samples"));
	assert_non_null(strstr(text, "another unit"));
	assert_non_null(strstr(text, "Only in the first file: gone"));
	assert_non_null(strstr(text, "Only in the second file: new"));
	free(text);
	end(&d, a, b);
}

/* Who does not say which it was is not taken for another one. */
static void test_another_configuration_is_named(void **state)
{
	static const char *const names[] = {"same", "other", "old"}, *const first[] = {"ab", "ab", NULL},
				 *const second[] = {"ab", "cd", "cd"};
	struct report *a = report_new("pipeline"), *b = report_new("pipeline");
	char *text = NULL, *json = NULL;
	size_t len = 0, json_len = 0;
	FILE *out = open_memstream(&text, &len), *json_out = open_memstream(&json, &json_len);
	struct diff d;

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		add_row(a, names[i], NULL, 100, 3, 0, 1);
		add_row(b, names[i], NULL, 100, 3, 0, 1);
		a->rows[i]->config_sha256 = first[i];
		b->rows[i]->config_sha256 = second[i];
	}
	d = compare(a, b);
	diff_print(&d, out);
	assert_true(diff_print_json(&d, json_out));
	fclose(out);
	fclose(json_out);
	assert_false(diff_is_other_config(&d.rows[0]));
	assert_true(diff_is_other_config(&d.rows[1]));
	assert_false(diff_knows_config(&d.rows[2]));
	assert_non_null(strstr(text, "(another configuration)\nold"));
	assert_null(strstr(strstr(text, "\nold"), "(another configuration)"));
	assert_null(strstr(text, "(another configuration)\nother"));
	assert_non_null(strstr(json, "\"config_changed\": false"));
	assert_non_null(strstr(json, "\"config_changed\": true"));
	free(text);
	free(json);
	end(&d, a, b);
}

/* Of 200 pairs without a difference, about ten intervals should leave 1 out. */
static void test_interval_covers_what_it_says(void **state)
{
	enum { PAIRS = 200 };
	int missed = 0;

	(void)state;
	for (uint64_t i = 0; i < PAIRS; i++) {
		struct report *a = report_new("micro"), *b = report_new("micro");
		struct bootstrap_ratio r;

		add_row(a, "x", NULL, 100, 1, 0, 1000 + i);
		add_row(b, "x", NULL, 100, 1, 0, 9000 + 7 * i);
		assert_int_equal(report_settle(a), 0);
		assert_int_equal(report_settle(b), 0);
		assert_true(bootstrap_ratio(a->rows[0], b->rows[0], &r));
		missed += r.low > 1 || r.high < 1;
		report_free(a);
		report_free(b);
	}
	assert_in_range(missed, 1, 24);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_only_what_is_beyond_noise_is_marked),
		cmocka_unit_test(test_repeats_that_differ_widen_the_interval),
		cmocka_unit_test(test_net_values_are_compared),
		cmocka_unit_test(test_throughput_is_better_where_it_is_more),
		cmocka_unit_test(test_what_cannot_be_compared_is_named),
		cmocka_unit_test(test_another_configuration_is_named),
		cmocka_unit_test(test_interval_covers_what_it_says),
	};

	return cmocka_run_group_tests_name("amime-bench/diff", tests, NULL, NULL);
}
