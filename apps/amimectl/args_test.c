/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "args.h"

enum { WORDS_MAX = 7 };

static int parse(const char *const words[WORDS_MAX], struct am_ctl_args *out, struct am_err *err)
{
	char *argv[WORDS_MAX + 2] = {(char *)"amimectl"};
	int n = 1;

	for (; n <= WORDS_MAX && words[n - 1]; n++)
		argv[n] = (char *)words[n - 1];
	return am_ctl_args_parse(n, argv, out, err);
}

static void check_text(const char *got, const char *want)
{
	assert_int_equal(got != NULL, want != NULL);
	if (got)
		assert_string_equal(got, want);
}

static void check_args(const struct am_ctl_args *got, const struct am_ctl_args *want)
{
	assert_int_equal(got->command, want->command);
	check_text(got->what, want->what);
	check_text(got->file, want->file);
	check_text(got->tunnel, want->tunnel);
	check_text(got->to, want->to);
	check_text(got->vrf, want->vrf);
	check_text(got->one, want->one);
	check_text(got->config, want->config);
	check_text(got->socket, want->socket);
	check_text(got->name, want->name);
	check_text(got->interface, want->interface);
	check_text(got->direction, want->direction);
	check_text(got->stage, want->stage);
	check_text(got->write, want->write);
	check_text(got->filter, want->filter);
	assert_int_equal(got->count, want->count);
	assert_int_equal(got->every, want->every);
	assert_int_equal(got->snaplen, want->snaplen);
	assert_int_equal(got->once, want->once);
	assert_int_equal(got->svg, want->svg);
	assert_int_equal(got->json, want->json);
	assert_int_equal(got->all, want->all);
	assert_int_equal(got->watch_ms, want->watch_ms);
	assert_int_equal(got->confirm_s, want->confirm_s);
	assert_int_equal(got->number, want->number);
}

static void commands(void **state)
{
	static const struct {
		const char *words[WORDS_MAX];
		struct am_ctl_args want;
	} cases[] = {
		{{"show", "ports"}, {.command = AM_CTL_SHOW, .what = "ports"}},
		{{"-n", "a", "--json", "show", "fdb"},
			{.command = AM_CTL_SHOW, .what = "fdb", .name = "a", .json = true}},
		{{"show", "drops", "--all"}, {.command = AM_CTL_SHOW, .what = "drops", .all = true}},
		{{"--watch", "show", "tunnels"},
			{.command = AM_CTL_SHOW, .what = "tunnels", .watch_ms = 1000}},
		{{"--watch=0.5", "show", "tunnels"},
			{.command = AM_CTL_SHOW, .what = "tunnels", .watch_ms = 500}},
		{{"-s", "/x.sock", "reload"}, {.command = AM_CTL_RELOAD, .socket = "/x.sock"}},
		{{"-s", "site-a", "reload"}, {.command = AM_CTL_RELOAD, .name = "site-a"}},
		{{"explain", "tunnel", "t"}, {.command = AM_CTL_EXPLAIN, .tunnel = "t"}},
		{{"explain", "tunnel", "t", "--config", "f"},
			{.command = AM_CTL_EXPLAIN, .tunnel = "t", .config = "f"}},
		{{"reload", "--confirm", "60"}, {.command = AM_CTL_RELOAD, .confirm_s = 60}},
		{{"confirm"}, {.command = AM_CTL_CONFIRM}},
		{{"rollback"}, {.command = AM_CTL_ROLLBACK}},
		{{"rollback", "12"}, {.command = AM_CTL_ROLLBACK, .number = 12}},
		{{"history", "-j"}, {.command = AM_CTL_HISTORY, .json = true}},
		{{"check", "f"}, {.command = AM_CTL_CHECK, .file = "f"}},
		{{"diff", "f", "-j"}, {.command = AM_CTL_DIFF, .file = "f", .json = true}},
		{{"capture", "-i", "wan", "-S", "rx,drop", "host", "192.0.2.1"},
			{.command = AM_CTL_CAPTURE,
				.interface = "wan",
				.stage = "rx,drop",
				.filter = "host 192.0.2.1"}},
		{{"capture", "-d", "in", "-l", "96", "-o", "f"},
			{.command = AM_CTL_CAPTURE, .direction = "in", .snaplen = 96, .write = "f"}},
		{{"show", "routes", "10.0.0.0/8", "-v", "red"},
			{.command = AM_CTL_SHOW, .what = "routes", .to = "10.0.0.0/8", .vrf = "red"}},
		{{"show", "interfaces", "wan.100"},
			{.command = AM_CTL_SHOW, .what = "interfaces", .one = "wan.100"}},
		{{"show", "tunnel", "to-b"}, {.command = AM_CTL_TUNNEL, .tunnel = "to-b"}},
		{{"top", "--once", "-j"}, {.command = AM_CTL_TOP, .once = true, .json = true}},
		{{"--watch=2", "top"}, {.command = AM_CTL_TOP, .watch_ms = 2000}},
		{{"graph", "--svg", "-o", "f"}, {.command = AM_CTL_GRAPH, .svg = true, .write = "f"}},
		{{"graph", "--config", "f"}, {.command = AM_CTL_GRAPH, .config = "f"}},
		{{"trace"}, {.command = AM_CTL_TRACE, .count = 10}},
		{{"trace", "-N", "3", "--every", "100"}, {.command = AM_CTL_TRACE, .count = 3, .every = 100}},
		{{"--help"}, {.command = AM_CTL_HELP}},
		{{"-V"}, {.command = AM_CTL_VERSION}},
	};

	(void)state;
	for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct am_ctl_args *want = &cases[i].want;
		struct am_ctl_args got;
		struct am_err err;

		assert_int_equal(parse(cases[i].words, &got, &err), 0);
		check_args(&got, want);
	}
}

static void refused(void **state)
{
	static const char *const cases[][WORDS_MAX] = {
		{NULL},
		{"show"},
		{"show", "weather"},
		{"show", "ports", "wan"},
		{"show", "ports", "--vrf", "red"},
		{"explain", "packet", "lan"},
		{"explain", "packet", "lan", "10.0.0.1", "10.0.0.2", "-c", "f"},
		{"explain", "to-b"},
		{"explain", "tunnel"},
		{"check"},
		{"reload", "now"},
		{"reload", "--confirm", "0"},
		{"reload", "--confirm", "soon"},
		{"reload", "--confirm", "90000"},
		{"confirm", "--confirm", "5"},
		{"confirm", "now"},
		{"rollback", "0"},
		{"rollback", "-1"},
		{"rollback", "1", "2"},
		{"history", "1"},
		{"stop"},
		{"--watch=0", "show", "ports"},
		{"--watch=soon", "show", "ports"},
		{"--watch", "reload"},
		{"--config", "f", "show", "ports"},
		{"-n", "a", "-s", "/b", "show", "ports"},
		{"--nonsense"},
		{"show", "tunnel"},
		{"top", "now"},
		{"show", "ports", "--once"},
		{"top", "--svg"},
		{"graph", "-i", "wan"},
		{"capture", "-d", "up"},
		{"capture", "-S", "rx,,drop"},
		{"capture", "-S", "sideways"},
		{"capture", "-N", "0"},
		{"capture", "-l", "13"},
		{"capture", "--every", "2"},
		{"trace", "-N", "many"},
		{"trace", "-o", "f"},
		{"show", "ports", "-i", "wan"},
		{"reload", "-d", "in"},
		{"-s"},
	};

	(void)state;
	for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct am_ctl_args args;
		struct am_err err = {""};

		assert_int_equal(parse(cases[i], &args, &err), -EINVAL);
		assert_true(err.text[0]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(commands), cmocka_unit_test(refused)};

	return cmocka_run_group_tests_name("amimectl/args", tests, NULL, NULL);
}
