/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs what amime-bench does with results that are kept: argv[1] is the program, argv[2] its completion for bash. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { PATH = 512, COMMAND = 4096, OUTPUT = 65536 };

static const char *program, *completion;
static char dir[] = "/tmp/amime-bench-XXXXXX";

/* The status of a shell's command; what it printed on either stream is in out. */
static int run(char out[OUTPUT], const char *fmt, ...)
{
	char command[COMMAND];
	va_list args;
	size_t n;
	FILE *f;
	int status;

	va_start(args, fmt);
	assert_in_range(vsnprintf(command, sizeof command, fmt, args), 1, COMMAND - 1);
	va_end(args);
	f = popen(command, "r");
	assert_non_null(f);
	n = fread(out, 1, OUTPUT - 1, f);
	out[n] = '\0';
	status = pclose(f);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void write_file(const char *name, const char *text)
{
	char path[PATH];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

#define RESULT(name, samples)                                                                                \
	"{\"format\": 1, \"command\": \"micro\", \"cases\": [\n{\"name\": \"" name                           \
	"\", \"unit\": \"cycles\", \"samples\": [" samples "]}]}\n"

static int set_up(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	write_file("a.json", RESULT("x", "10, 11, 10, 11, 10, 11"));
	write_file("b.json", RESULT("x", "20, 21, 20, 21, 20, 21"));
	write_file("other.json", RESULT("y", "1"));
	write_file("wrong.json", RESULT("x", "true"));
	return 0;
}

static int tear_down(void **state)
{
	char out[OUTPUT];

	(void)state;
	return run(out, "rm -r %s", dir);
}

static void test_status_of_diff(void **state)
{
	char out[OUTPUT];

	(void)state;
	assert_int_equal(run(out, "%s diff %s/a.json %s/a.json", program, dir, dir), 0);
	assert_int_equal(run(out, "%s diff %s/a.json %s/b.json", program, dir, dir), 1);
	assert_non_null(strstr(out, "worse"));
	assert_int_equal(run(out, "%s diff --threshold 150 %s/a.json %s/b.json", program, dir, dir), 0);
	assert_int_equal(run(out, "%s diff %s/a.json %s/other.json 2>&1", program, dir, dir), 2);
	assert_non_null(strstr(out, "no case in common"));
	assert_int_equal(run(out, "%s diff %s/a.json %s/wrong.json 2>&1", program, dir, dir), 2);
	assert_non_null(strstr(out, "wrong.json:2: $.cases[0].samples[0]: expected an object"));
	assert_int_equal(run(out, "%s diff %s/a.json 2>&1", program, dir), 2);
	assert_int_equal(run(out, "%s diff --threshold x %s/a.json %s/b.json 2>&1", program, dir, dir), 2);
}

static void test_pictures(void **state)
{
	char out[OUTPUT];

	(void)state;
	assert_int_equal(
		run(out, "%s diff --json --svg %s/d.svg %s/a.json %s/b.json", program, dir, dir, dir), 1);
	assert_non_null(strstr(out, "\"change\": \"worse\""));
	assert_int_equal(run(out, "head -c 5 %s/d.svg", dir), 0);
	assert_string_equal(out, "<?xml");
	assert_int_equal(run(out, "%s plot %s/a.json --out %s/plots", program, dir, dir), 0);
	assert_int_equal(run(out, "ls %s/plots", dir), 0);
	assert_string_equal(out, "bars.svg\nresult.json\ntable.txt\n");
	assert_int_equal(run(out, "%s diff %s/a.json %s/plots/result.json", program, dir, dir), 0);
	assert_int_equal(run(out, "%s plot %s/a.json --out /nowhere/at/all 2>&1", program, dir), 1);
}

/* Without measuring anything. */
static void test_baseline_refuses_what_is_none(void **state)
{
	char out[OUTPUT];

	(void)state;
	assert_int_equal(run(out, "%s baseline --check %s/a.json 2>&1", program, dir), 2);
	assert_non_null(strstr(out, "holds no ratios to this reference"));
	assert_int_equal(run(out, "%s baseline --check %s/none.json 2>&1", program, dir), 2);
	assert_int_equal(run(out, "%s baseline extra 2>&1", program), 2);
	assert_int_equal(run(out, "%s baseline --cpu -1 2>&1", program), 2);
	assert_int_equal(run(out, "%s baseline --handicap x 2>&1", program), 2);
}

/* The names of cases that come after the expected one are not this test's matter. */
static void complete(const char *words, const char *expected)
{
	char out[OUTPUT];

	assert_int_equal(
		run(out,
			"PATH=$(dirname %s):$PATH bash -c 'source %s; COMP_WORDS=(%s); "
			"COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _amime_bench; echo \"${COMPREPLY[*]}\"'",
			program, completion, words),
		0);
	if (strncmp(out, expected, strlen(expected)))
		fail_msg("%s: \"%s\" does not begin with \"%s\"", words, out, expected);
}

static void test_completion(void **state)
{
	(void)state;
	complete("amime-bench dif", "diff\n");
	complete("amime-bench diff --t", "--threshold\n");
	complete("amime-bench micro --filter parse/ipv4", "parse/ipv4");
	complete("amime-bench --h", "--help\n");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_status_of_diff),
		cmocka_unit_test(test_pictures),
		cmocka_unit_test(test_baseline_refuses_what_is_none),
		cmocka_unit_test(test_completion),
	};

	if (argc != 3) {
		fprintf(stderr, "usage: %s AMIME-BENCH COMPLETION\n", argv[0]);
		return 2;
	}
	program = argv[1];
	completion = argv[2];
	return cmocka_run_group_tests_name("amime-bench/results", tests, set_up, tear_down);
}
