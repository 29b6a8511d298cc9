/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"

struct sink {
	struct am_log log;
	char *text;
	size_t len;
};

static void open_sink(struct sink *s, enum am_log_level level)
{
	s->log = (struct am_log){.out = open_memstream(&s->text, &s->len), .level = level, .name = "amimed"};
	assert_non_null(s->log.out);
}

static void assert_said(struct sink *s, const char *expected)
{
	fclose(s->log.out);
	assert_string_equal(s->text, expected);
	free(s->text);
}

static void test_level(void **state)
{
	struct sink s;

	(void)state;
	open_sink(&s, AM_LOG_WARN);
	am_log(&s.log, AM_LOG_ERROR, "one %d", 1);
	am_log(&s.log, AM_LOG_WARN, "two");
	am_log(&s.log, AM_LOG_INFO, "three");
	am_log(&s.log, AM_LOG_DEBUG, "four");
	assert_said(&s, "amimed: error: one 1\namimed: warning: two\n");
}

static void test_every_level_has_a_name(void **state)
{
	struct sink s;

	(void)state;
	open_sink(&s, AM_LOG_DEBUG);
	am_log(&s.log, AM_LOG_INFO, "i");
	am_log(&s.log, AM_LOG_DEBUG, "d");
	assert_said(&s, "amimed: info: i\namimed: debug: d\n");
}

static void test_one_line_each(void **state)
{
	struct sink s;

	(void)state;
	open_sink(&s, AM_LOG_INFO);
	am_log(&s.log, AM_LOG_INFO, "name \"%s\"", "a\nerror: forged\033[2J");
	assert_said(&s, "amimed: info: name \"a error: forged [2J\"\n");
}

static void test_silence(void **state)
{
	const struct am_log silent = {.level = AM_LOG_DEBUG, .name = "amimed"};

	(void)state;
	am_log(&silent, AM_LOG_ERROR, "nobody hears");
	am_log(NULL, AM_LOG_ERROR, "nobody hears");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_level),
		cmocka_unit_test(test_every_level_has_a_name),
		cmocka_unit_test(test_one_line_each),
		cmocka_unit_test(test_silence),
	};

	return cmocka_run_group_tests_name("base/log", tests, NULL, NULL);
}
