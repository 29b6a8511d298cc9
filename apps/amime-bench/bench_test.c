/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs amime-bench itself: argv[1] is the program. Numbers are checked for sense only, not against a goal. */
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>
#include <jansson.h>
#include <openssl/evp.h>

#include "net/ip.h"
#include "setup.h"

enum { LINE = 256, COMMAND = 1024, MUCH = 1000000, NAME = 64, NAMES = 1024 };

static const char *program;

static FILE *start(const char *arguments)
{
	char command[COMMAND];
	FILE *f;

	assert_in_range(snprintf(command, sizeof command, "%s %s", program, arguments), 1, COMMAND - 1);
	f = popen(command, "r");
	assert_non_null(f);
	return f;
}

static int finish(FILE *f)
{
	int status = pclose(f);

	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static json_t *run_quick(const char *arguments)
{
	FILE *f = start(arguments);
	json_error_t error;
	json_t *report = json_loadf(f, 0, &error);

	if (!report)
		fail_msg("line %d: %s", error.line, error.text);
	assert_int_equal(finish(f), 0);
	return report;
}

static json_t *find_case(json_t *cases, const char *name)
{
	json_t *c;
	size_t i;

	json_array_foreach(cases, i, c)
	{
		if (!strcmp(json_string_value(json_object_get(c, "name")), name))
			return c;
	}
	fail_msg("no case %s in the JSON", name);
	return NULL;
}

static json_int_t integer(json_t *object, const char *key)
{
	json_t *v = json_object_get(object, key);

	assert_true(json_is_integer(v));
	return json_integer_value(v);
}

static double real(json_t *object, const char *key)
{
	json_t *v = json_object_get(object, key);

	assert_true(json_is_number(v));
	return json_number_value(v);
}

static void check_samples(json_t *c)
{
	json_t *samples = json_object_get(c, "samples"), *s;
	json_int_t kept = 0;
	size_t i;

	assert_int_equal(json_array_size(samples), integer(c, "taken"));
	json_array_foreach(samples, i, s)
	{
		double cycles = real(s, "value");

		assert_true(cycles > 0 && cycles < MUCH);
		assert_true(integer(s, "probe") > 0);
		kept += !strcmp(json_string_value(json_object_get(s, "fate")), "kept");
	}
	assert_int_equal(kept, integer(c, "kept"));
}

/* A few short samples leave what is expected beforehand: once as much for the yardstick, hardly anything for the clock. */
static void check_follows(json_t *c)
{
	json_t *follows = json_object_get(c, "follows");
	double yardstick = real(follows, "yardstick"), clock = real(follows, "clock");

	assert_true(yardstick > -1 && yardstick < 3);
	assert_true(clock > -1 && clock < 1);
}

static void check_case(json_t *c)
{
	json_t *cycles = json_object_get(c, "stats");

	assert_true(integer(c, "taken") > 0);
	assert_int_equal(integer(c, "taken"), integer(c, "kept") + integer(c, "slow") +
						      integer(c, "contended") + integer(c, "far") +
						      integer(c, "interrupted"));
	check_samples(c);
	check_follows(c);
	if (!integer(c, "kept")) {
		assert_true(json_is_null(cycles));
		return;
	}
	assert_true(real(cycles, "min") > 0);
	assert_true(real(cycles, "min") <= real(cycles, "q1"));
	assert_true(real(cycles, "q1") <= real(cycles, "median"));
	assert_true(real(cycles, "median") <= real(cycles, "q3"));
	assert_true(real(cycles, "q3") <= real(cycles, "max"));
}

static void test_every_listed_case_is_measured(void **state)
{
	json_t *report = run_quick("micro --quick --json -"), *cases = json_object_get(report, "cases");
	FILE *f = start("micro --list");
	char line[LINE], name[LINE];
	size_t n = 0;

	(void)state;
	for (; fgets(line, sizeof line, f); n++) {
		assert_int_equal(sscanf(line, "%255s", name), 1);
		check_case(find_case(cases, name));
	}
	assert_int_equal(finish(f), 0);
	assert_true(n >= 400);
	assert_int_equal(json_array_size(cases), n);
	json_decref(report);
}

static void test_pipeline_cases_are_net_of_their_null_case(void **state)
{
	json_t *report = run_quick("pipeline --quick --filter decap/64 --json -"), *c;
	json_t *cases = json_object_get(report, "cases");
	size_t i;

	(void)state;
	assert_string_equal(json_string_value(json_object_get(report, "command")), "pipeline");
	assert_true(json_is_null(json_object_get(find_case(cases, "null/spread"), "net")));
	json_array_foreach(cases, i, c)
	{
		json_t *net = json_object_get(c, "net");

		check_case(c);
		if (json_is_real(net))
			assert_true(json_real_value(net) < real(json_object_get(c, "stats"), "median"));
	}
	assert_true(i >= 2);
	json_decref(report);
}

static void test_every_pipeline_case_runs(void **state)
{
	json_t *report = run_quick("pipeline --quick --samples 1 --json -");
	FILE *f = start("pipeline --list");
	char line[LINE], name[LINE];

	(void)state;
	while (fgets(line, sizeof line, f)) {
		assert_int_equal(sscanf(line, "%255s", name), 1);
		check_case(find_case(json_object_get(report, "cases"), name));
	}
	assert_int_equal(finish(f), 0);
	json_decref(report);
}

static void test_what_the_issue_asks_for_is_there(void **state)
{
	static const char *const groups[] = {"parse/", "encap/", "fragment/", "decap/", "reassemble/", "fdb/",
		"counters/", "checksum/", "mss/", "flow/"};

	(void)state;
	for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
		char arguments[LINE], line[LINE];
		FILE *f;

		snprintf(arguments, sizeof arguments, "micro --list --filter %s", groups[i]);
		f = start(arguments);
		assert_non_null(fgets(line, sizeof line, f));
		assert_memory_equal(line, groups[i], strlen(groups[i]));
		while (fgets(line, sizeof line, f))
			assert_non_null(strstr(line, groups[i]));
		assert_int_equal(finish(f), 0);
	}
}

static void test_bursts_and_cold_packets(void **state)
{
	static const char *const names[] = {"parse/ipv6", "parse/ipv6@4", "parse/ipv6-cold",
		"parse/ipv6-cold@4", "parse/ipv6-fragment@4"};
	json_t *report = run_quick("micro --quick --burst 64,4 --filter parse/ipv6 --json -");
	json_t *cases = json_object_get(report, "cases");

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		check_case(find_case(cases, names[i]));
	assert_int_equal(json_array_size(cases), 8);
	json_decref(report);
}

/* Each case looks at what its work has led to, and few numbers are divided by these: what is left over must not be missed. */
static void test_odd_bursts(void **state)
{
	json_t *report = run_quick("micro --quick --samples 1 --burst 3,50,63 --json -");
	json_t *cases = json_object_get(report, "cases"), *c;
	size_t i;

	(void)state;
	json_array_foreach(cases, i, c) check_case(c);
	assert_true(i > 300);
	c = find_case(cases, "fdb/hit-1m@50");
	assert_string_equal(json_string_value(json_object_get(c, "of")), "fdb/hit-1m@3");
	assert_int_equal(integer(c, "burst"), 50);
	assert_true(json_is_true(json_object_get(c, "cold")));
	json_decref(report);
}

struct names {
	char name[NAMES][NAME];
	size_t n;
};

static struct names list(const char *arguments)
{
	struct names l = {.n = 0};
	FILE *f = start(arguments);
	char line[LINE];

	while (fgets(line, sizeof line, f)) {
		assert_true(l.n < NAMES);
		assert_int_equal(sscanf(line, "%63s", l.name[l.n]), 1);
		l.n++;
	}
	assert_int_equal(finish(f), 0);
	return l;
}

static bool is_in(const struct names *l, const char *name, const char *shape)
{
	char whole[NAME * 2];

	snprintf(whole, sizeof whole, "%s%s", name, shape);
	for (size_t i = 0; i < l->n; i++)
		if (!strcmp(l->name[i], whole))
			return true;
	return false;
}

/* Frames in VXLAN in each kind of tunnel, in VXLAN alone, and in a tunnel alone. */
static void test_each_tunnel_has_its_rows(void **state)
{
	static const char *const names[] = {"encap/gre4", "encap/gre6", "encap/gretap4", "encap/gretap6",
		"encap/etherip4", "encap/etherip6", "encap/vxlan4", "encap/vxlan6", "encap/etherip4-bare",
		"encap/etherip6-bare", "encap/gretap4-bare", "encap/gretap6-bare", "fragment/gre4-floor",
		"fragment/gre4-fill", "fragment/gre6-floor", "fragment/gre6-fill", "fragment/gretap4-floor",
		"fragment/gretap4-fill", "fragment/gretap6-floor", "fragment/gretap6-fill",
		"fragment/etherip4-floor", "fragment/etherip4-fill", "fragment/etherip6-floor",
		"fragment/etherip6-fill", "decap/gre4", "decap/gre6", "decap/gretap4", "decap/gretap6",
		"decap/etherip4", "decap/etherip6", "decap/vxlan4", "decap/vxlan6", "decap/gretap4-bare",
		"decap/gretap6-bare", "decap/etherip4-bare", "decap/etherip6-bare"};
	static struct names all;

	(void)state;
	all = list("micro --list");
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (!is_in(&all, names[i], ""))
			fail_msg("no case %s", names[i]);
}

static bool is_shape_of_another(const char *name)
{
	const char *end = strstr(name, "-cold");

	return strchr(name, '@') || (end && !strcmp(end, "-cold"));
}

/* Where the cold data of a case is that has none of its own: itself, or a larger table. */
static const struct {
	const char *name, *cold;
} cold_elsewhere[] = {
	{"reassemble/adjacent-16k", "reassemble/adjacent-16k"},
	{"reassemble/reversed-16k", "reassemble/reversed-16k"},
	{"reassemble/interleaved-128-16k", "reassemble/interleaved-128-16k"},
	{"fdb/hit-1k", "fdb/hit-1m"},
	{"fdb/miss-1k", "fdb/miss-100k"},
	{"fdb/hit-100k", "fdb/hit-100k"},
	{"fdb/hit-1m", "fdb/hit-1m"},
	{"fdb/miss-100k", "fdb/miss-100k"},
	{"fdb/change-1k", "fdb/change-100k"},
	{"fdb/change-100k", "fdb/change-100k"},
	{"fib/v4-1k", "fib/v4-1m"},
	{"fib/v4-1m", "fib/v4-1m"},
	{"fib/v6-1k", "fib/v6-250k"},
	{"fib/v6-250k", "fib/v6-250k"},
};

static const char *cold_name(const char *name)
{
	for (size_t i = 0; i < sizeof cold_elsewhere / sizeof *cold_elsewhere; i++)
		if (!strcmp(cold_elsewhere[i].name, name))
			return cold_elsewhere[i].cold;
	return NULL;
}

/* A new case that lacks some is to be given them, or to be written down above. */
static void test_every_case_comes_in_every_shape(void **state)
{
	static const char *const warm_shapes[] = {"@1", "@8", "@32"}, *const cold_shapes[] = {"-cold",
									      "-cold@1", "-cold@8",
									      "-cold@32"};
	static struct names all, cold;

	(void)state;
	all = list("micro --list");
	cold = list("micro --list --cold");
	for (size_t i = 0; i < all.n; i++) {
		const char *name = all.name[i], *elsewhere = cold_name(name);

		if (is_shape_of_another(name))
			continue;
		for (size_t k = 0; k < sizeof warm_shapes / sizeof *warm_shapes; k++)
			if (!is_in(&all, name, warm_shapes[k]))
				fail_msg("%s is not measured as %s%s", name, name, warm_shapes[k]);
		for (size_t k = 0; !elsewhere && k < sizeof cold_shapes / sizeof *cold_shapes; k++)
			if (!is_in(&cold, name, cold_shapes[k]))
				fail_msg("%s is not measured as %s%s", name, name, cold_shapes[k]);
		if (elsewhere && !is_in(&cold, elsewhere, ""))
			fail_msg("%s has its cold data in %s, which is not cold", name, elsewhere);
	}
}

static void test_machine_is_named(void **state)
{
	static const char *const keys[] = {"amime", "revision", "dpdk", "compiler", "build"};
	json_t *report = run_quick("micro --quick --filter =fdb/miss-1k --json -");
	json_t *machine = json_object_get(report, "machine"), *versions = json_object_get(report, "versions");

	(void)state;
	assert_string_equal(json_string_value(json_object_get(report, "command")), "micro");
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		const char *text = json_string_value(json_object_get(versions, keys[i]));

		assert_non_null(text);
		assert_true(*text);
	}
	assert_true(*json_string_value(json_object_get(machine, "cpu")));
	assert_true(*json_string_value(json_object_get(machine, "kernel")));
	assert_true(integer(machine, "tsc_hz") > 100000000);
	assert_true(integer(machine, "core_hz") > 100000000);
	assert_int_equal(json_array_size(json_object_get(report, "cases")), 1);
	json_decref(report);
}

static const char *config_sum(json_t *cases, const char *name)
{
	const char *sum = json_string_value(json_object_get(find_case(cases, name), "config_sha256"));

	assert_non_null(sum);
	return sum;
}

static double given(const char *arguments)
{
	json_t *report = run_quick(arguments), *c = find_case(json_object_get(report, "cases"), "given");
	json_t *settings = json_object_get(report, "settings");
	double median = integer(c, "kept") ? real(json_object_get(c, "stats"), "median") : 0;

	check_case(c);
	assert_int_equal(strstr(arguments, "--config") != NULL,
		json_string_length(json_object_get(settings, "config_sha256")) == 64);
	if (strstr(arguments, "--config"))
		assert_string_equal(config_sum(json_object_get(report, "cases"), "given"),
			json_string_value(json_object_get(settings, "config_sha256")));
	assert_int_equal(strstr(arguments, "--traffic") != NULL,
		json_string_length(json_object_get(settings, "traffic_sha256")) == 64);
	json_decref(report);
	return median;
}

/* The sum of what setup_config writes for it. */
static void check_sum(json_t *cases, const char *name, const struct setup *setup)
{
	char *text = setup_config(setup), hex[65];
	unsigned char octets[32];

	assert_non_null(text);
	assert_true(EVP_Digest(text, strlen(text), octets, NULL, EVP_sha256(), NULL));
	for (size_t i = 0; i < sizeof octets; i++)
		snprintf(hex + 2 * i, 3, "%02x", octets[i]);
	assert_string_equal(config_sum(cases, name), hex);
	free(text);
}

static void test_cases_name_their_configuration(void **state)
{
	const struct setup encap = {.kind = AM_TUNNEL_GRE,
		.family = AM_IPV4,
		.vtep_family = AM_IPV4,
		.split = AM_SPLIT_FLOOR,
		.tunnels = 64,
		.bridges = 1};
	json_t *report = run_quick("pipeline --quick --samples 1 --filter 64 --json -");
	json_t *again = run_quick("pipeline --quick --samples 1 --filter =encap/64 --json -");
	json_t *cases = json_object_get(report, "cases");
	struct setup many = encap, other = encap;

	(void)state;
	many.macs = 100000;
	other.kind = AM_TUNNEL_ETHERIP;
	check_sum(cases, "encap/64", &encap);
	check_sum(cases, "encap/64-100k", &many);
	check_sum(cases, "encap/64-etherip", &other);
	assert_string_equal(config_sum(cases, "encap/64-cold"), config_sum(cases, "encap/64"));
	assert_string_not_equal(config_sum(cases, "decap/64"), config_sum(cases, "encap/64"));
	assert_string_equal(
		config_sum(json_object_get(again, "cases"), "encap/64"), config_sum(cases, "encap/64"));
	assert_null(json_object_get(find_case(cases, "limit/encap/64"), "config_sha256"));
	json_decref(again);
	json_decref(report);
}

/* Rows of many routes have the same few thousand in their configuration, and get the others later. */
static void test_routed_cases_name_their_configuration(void **state)
{
	json_t *report = run_quick("pipeline --quick --samples 1 --filter route/v --json -");
	json_t *cases = json_object_get(report, "cases");
	const char *sum = config_sum(cases, "route/v4-5k");

	(void)state;
	assert_int_equal(strlen(sum), 64);
	assert_string_equal(config_sum(cases, "route/v4-1m"), sum);
	assert_string_not_equal(config_sum(cases, "route/v4-5k-4hops"), sum);
	assert_string_not_equal(config_sum(cases, "route/v4-5k-everything"), sum);
	assert_string_not_equal(config_sum(cases, "route/v6-5k"), sum);
	json_decref(report);
}

static void test_given_files(void **state)
{
	(void)state;
	given("pipeline --quick --json - --config " SOURCE_ROOT "/config/bench.json");
	given("pipeline --quick --json - --traffic " SOURCE_ROOT "/config/traffic/fragments-shuffled.json");
	given("pipeline --quick --json - --traffic " SOURCE_ROOT "/config/traffic/trickle-cold.json");
	given("pipeline --quick --json - --traffic " SOURCE_ROOT "/config/traffic/freed-by-port.json");
	given("pipeline --quick --json - --config " SOURCE_ROOT "/config/bench.json --traffic " SOURCE_ROOT
	      "/config/traffic/imix.json");
}

/* Both files' errors, with path and line. */
static void test_given_files_are_refused(void **state)
{
	FILE *f = start("pipeline --config " SOURCE_ROOT "/config/site-a.json --traffic " SOURCE_ROOT
			"/config/bench.json 2>&1");
	bool driver = false, key = false;
	char line[LINE];

	(void)state;
	while (fgets(line, sizeof line, f)) {
		driver |= strstr(line, "site-a.json:4:") && strstr(line, "$.ports.wan.driver: ");
		key |= strstr(line, "bench.json:") && strstr(line, "unknown key \"tunnels\"");
	}
	assert_int_equal(finish(f), 1);
	assert_true(driver);
	assert_true(key);
}

static void test_stages(void **state)
{
	json_t *report = run_quick("pipeline --quick --stages --filter join/1514-fill --json -");
	json_t *c = find_case(json_object_get(report, "cases"), "join/1514-fill");
	static const char *const names[] = {"rx", "input", "decap", "route", "bridge", "tx", "rest"};
	json_t *stages = json_object_get(c, "stages"), *stage;
	double sum = 0;
	size_t i;

	(void)state;
	check_case(c);
	if (integer(c, "kept")) {
		assert_int_equal(json_array_size(stages), sizeof names / sizeof *names);
		json_array_foreach(stages, i, stage)
		{
			assert_string_equal(json_string_value(json_object_get(stage, "name")), names[i]);
			sum += real(stage, "value");
		}
		assert_true(sum > 0 && sum < 3 * real(json_object_get(c, "stats"), "median"));
	}
	json_decref(report);
}

static void test_scale(void **state)
{
	static const char *const objects[] = {"tunnel", "bridge", "mac", "counters", "datagram"};
	json_t *report = run_quick("scale --quick --filter bridges/decap/1 --json -");
	json_t *cases = json_object_get(report, "cases");

	(void)state;
	check_case(find_case(cases, "bridges/decap/1"));
	for (size_t i = 0; i < sizeof objects / sizeof *objects; i++) {
		char name[LINE];
		json_t *c;

		snprintf(name, sizeof name, "memory/%s", objects[i]);
		c = find_case(cases, name);
		assert_string_equal(json_string_value(json_object_get(c, "unit")), "octets");
		assert_in_range(real(json_object_get(c, "stats"), "median"), 8, 65536);
	}
	assert_true(json_array_size(json_object_get(report, "curves")) >= 5);
	json_decref(report);
}

/* Whether the model holds is for the machine to say; that something is said, wherever there are samples to trust. */
static void test_two_workers_are_predicted(void **state)
{
	static const char *const from[] = {"null/forward", "workers/encap/1", "workers/encap/2-apart"};
	cpu_set_t usable;
	json_t *report, *cases, *two;
	bool trusted = true;

	(void)state;
	assert_int_equal(sched_getaffinity(0, sizeof usable, &usable), 0);
	report = run_quick("scale --quick --filter workers/encap --json -");
	cases = json_object_get(report, "cases");
	if (CPU_COUNT(&usable) < 2) { /* then there are no such rows, and nothing is predicted */
		json_t *c;
		size_t i;

		json_array_foreach(cases, i, c) assert_null(json_object_get(c, "predicted"));
		json_decref(report);
		return;
	}
	two = find_case(cases, "workers/encap/2");
	for (size_t i = 0; i < sizeof from / sizeof *from; i++)
		trusted &= json_is_object(json_object_get(find_case(cases, from[i]), "stats"));
	if (trusted)
		assert_true(real(two, "predicted") > 0);
	else
		print_message("not looked at: no samples to trust of what predicts\n");
	if (trusted && json_is_object(json_object_get(two, "stats"))) {
		assert_float_equal(real(two, "apart"), real(two, "net") / real(two, "predicted") - 1, 1e-6);
		assert_true(json_is_boolean(json_object_get(two, "as_predicted")));
	}
	json_decref(report);
}

/*
 * Whether they agree is for the machine to say, and not for this test; a busy one has no samples to trust, and the
 * status says that they do not agree.
 */
static void test_repeats_are_compared(void **state)
{
	FILE *f = start("micro --quick --repeat 3 --filter fdb/hit-1k");
	bool compared = false, named = false;
	char line[LINE];
	double m[3], apart = -1;
	int status;

	(void)state;
	while (fgets(line, sizeof line, f)) {
		compared |= strstr(line, "Medians of 3 repeats") != NULL;
		named |= compared && !strncmp(line, "fdb/hit-1k ", strlen("fdb/hit-1k "));
		if (compared && strchr(line, '%') && apart < 0 &&
			sscanf(line, "fdb/hit-1k %lf %lf %lf %lf %%", &m[0], &m[1], &m[2], &apart) != 4)
			apart = -1;
	}
	status = finish(f);
	assert_true(compared && named);
	if (apart < 0) {
		assert_int_equal(status, 3);
		return;
	}
	assert_in_range(status, 0, 1);
	for (int i = 0; i < 3; i++)
		for (int j = 0; j < 3; j++)
			assert_true(m[i] > 0 && (m[i] / m[j] - 1) * 100 <= apart + 5);
}

static void test_bad_options_are_refused(void **state)
{
	static const char *const bad[] = {"", "nothing", "micro --samples 0", "micro --samples 1x",
		"micro --repeat 0", "micro --burst 0", "micro --burst 8,", "micro --burst 65",
		"micro --warm --cold", "pipeline --burst 8", "scale --cold", "micro --stages",
		"micro --config x", "pipeline --config x --filter y", "micro --cpu -1",
		"micro --quick --cpu 1023", "micro --filter no-such-case", "micro extra",
		"micro --json /nowhere/at/all --quick --filter fdb/hit-1k"};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		char arguments[LINE], line[LINE];
		FILE *f;

		snprintf(arguments, sizeof arguments, "%s 2>&1", bad[i]);
		f = start(arguments);
		assert_non_null(fgets(line, sizeof line, f));
		while (fgets(line, sizeof line, f))
			;
		assert_int_not_equal(finish(f), 0);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_listed_case_is_measured),
		cmocka_unit_test(test_pipeline_cases_are_net_of_their_null_case),
		cmocka_unit_test(test_every_pipeline_case_runs),
		cmocka_unit_test(test_what_the_issue_asks_for_is_there),
		cmocka_unit_test(test_bursts_and_cold_packets),
		cmocka_unit_test(test_odd_bursts),
		cmocka_unit_test(test_each_tunnel_has_its_rows),
		cmocka_unit_test(test_every_case_comes_in_every_shape),
		cmocka_unit_test(test_machine_is_named),
		cmocka_unit_test(test_stages),
		cmocka_unit_test(test_scale),
		cmocka_unit_test(test_two_workers_are_predicted),
		cmocka_unit_test(test_cases_name_their_configuration),
		cmocka_unit_test(test_routed_cases_name_their_configuration),
		cmocka_unit_test(test_given_files),
		cmocka_unit_test(test_given_files_are_refused),
		cmocka_unit_test(test_repeats_are_compared),
		cmocka_unit_test(test_bad_options_are_refused),
	};

	if (argc != 2) {
		fprintf(stderr, "usage: %s AMIME-BENCH\n", argv[0]);
		return 2;
	}
	program = argv[1];
	return cmocka_run_group_tests_name("amime-bench", tests, NULL, NULL);
}
