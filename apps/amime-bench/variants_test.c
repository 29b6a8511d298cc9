/* SPDX-License-Identifier: BSD-3-Clause */
#include "variants.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct bench_case cases[] = {
	{.name = "a/both", .ops = BENCH_BURST, .shapes = BENCH_BURSTS | BENCH_COLD},
	{.name = "a/large", .ops = BENCH_BURST, .shapes = BENCH_BURSTS, .memory = true},
	{.name = "a/one", .ops = 128},
	{.name = NULL},
};
static const struct bench_case *const groups[] = {cases};

static void check_names(const struct variants *v, const char *const *names, unsigned n)
{
	assert_int_equal(v->n, n);
	for (unsigned i = 0; i < n; i++)
		assert_string_equal(v->cases[i].name, names[i]);
	assert_null(v->cases[n].name);
}

static void test_usual_shapes(void **state)
{
	static const char *const names[] = {"a/both", "a/both@1", "a/both@8", "a/both@32", "a/both-cold",
		"a/both-cold@1", "a/both-cold@8", "a/both-cold@32", "a/large", "a/large@1", "a/large@8",
		"a/large@32", "a/one"};
	const struct variants_want want = {.n_bursts = 0};
	struct variants v;

	(void)state;
	assert_int_equal(variants_make(&v, groups, 1, &want), 0);
	check_names(&v, names, sizeof names / sizeof *names);
	for (unsigned i = 0; i < v.n; i++) {
		const struct bench_case *c = &v.cases[i];

		if (!strchr(c->name, '@') && strcmp(c->name, "a/both-cold") != 0) {
			assert_null(c->of);
			assert_int_equal(c->fewer, 0);
			continue;
		}
		assert_string_equal(c->of, i < 8 ? "a/both" : "a/large");
		assert_int_equal(c->fewer, VARIANTS_FEWER);
		assert_int_equal(c->ops, c->burst);
		assert_true(c->cold == (strstr(c->name, "-cold") != NULL));
	}
	assert_int_equal(v.cases[1].burst, 1);
	assert_int_equal(v.cases[4].burst, BENCH_BURST);
	assert_int_equal(v.cases[12].ops, 128);
	variants_free(&v);
}

/* The first one that is wanted is the one that others are shapes of. */
static void test_what_is_wanted(void **state)
{
	static const char *const cold[] = {"a/both-cold@16", "a/both-cold@4", "a/large@16", "a/large@4"};
	static const char *const warm[] = {"a/both@16", "a/both@4", "a/one"};
	struct variants_want want = {.bursts = {16, 4}, .n_bursts = 2, .data = VARIANTS_COLD};
	struct variants v;

	(void)state;
	assert_int_equal(variants_make(&v, groups, 1, &want), 0);
	check_names(&v, cold, 4);
	assert_null(v.cases[0].of);
	assert_string_equal(v.cases[1].of, "a/both-cold@16");
	assert_string_equal(v.cases[3].of, "a/large@16");
	variants_free(&v);
	want.data = VARIANTS_WARM;
	assert_int_equal(variants_make(&v, groups, 1, &want), 0);
	check_names(&v, warm, 3);
	variants_free(&v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_usual_shapes),
		cmocka_unit_test(test_what_is_wanted),
	};

	return cmocka_run_group_tests_name("amime-bench/variants", tests, NULL, NULL);
}
