/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "archive.h"
#include "args.h"

enum { WORDS_MAX = 6 };

static int parse(const char *const words[WORDS_MAX], struct am_args *out, struct am_err *err)
{
	char *argv[WORDS_MAX + 2] = {(char *)"amimed"};
	int n = 1;

	for (; n <= WORDS_MAX && words[n - 1]; n++)
		argv[n] = (char *)words[n - 1];
	return am_args_parse(n, argv, out, err);
}

static void modes(void **state)
{
	static const struct {
		const char *words[WORDS_MAX];
		enum am_mode mode;
		const char *config, *tunnel;
		enum am_log_level level;
	} cases[] = {
		{{NULL}, AM_MODE_RUN, AM_CONFIG_FILE, NULL, AM_LOG_INFO},
		{{"--config", "x.json"}, AM_MODE_RUN, "x.json", NULL, AM_LOG_INFO},
		{{"-c", "x.json", "--log", "debug"}, AM_MODE_RUN, "x.json", NULL, AM_LOG_DEBUG},
		{{"--check", "y.json"}, AM_MODE_CHECK, "y.json", NULL, AM_LOG_INFO},
		{{"--config=z", "--explain=t"}, AM_MODE_EXPLAIN, "z", "t", AM_LOG_INFO},
		{{"--check", "y.json", "--state", "/s"}, AM_MODE_CHECK, "y.json", NULL, AM_LOG_INFO},
		{{"--version"}, AM_MODE_VERSION, AM_CONFIG_FILE, NULL, AM_LOG_INFO},
		{{"-h"}, AM_MODE_HELP, AM_CONFIG_FILE, NULL, AM_LOG_INFO},
	};

	(void)state;
	for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct am_args args;
		struct am_err err;

		assert_int_equal(parse(cases[i].words, &args, &err), 0);
		assert_int_equal(args.mode, cases[i].mode);
		assert_string_equal(args.config, cases[i].config);
		assert_int_equal(args.level, cases[i].level);
		assert_string_equal(args.state,
			cases[i].words[2] && !strcmp(cases[i].words[2], "--state") ? "/s" : AM_ARCHIVE_BASE);
		assert_int_equal(args.tunnel != NULL, cases[i].tunnel != NULL);
		if (args.tunnel)
			assert_string_equal(args.tunnel, cases[i].tunnel);
	}
}

static void refused(void **state)
{
	static const char *const cases[][WORDS_MAX] = {
		{"--config"}, {"--nonsense"}, {"x.json"}, {"--log", "loud"}, {"--check"}, {"-c", "a", "b"}};

	(void)state;
	for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct am_args args;
		struct am_err err = {""};

		assert_int_equal(parse(cases[i], &args, &err), -EINVAL);
		assert_true(err.text[0]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(modes),
		cmocka_unit_test(refused),
	};

	return cmocka_run_group_tests_name("amimed/args", tests, NULL, NULL);
}
