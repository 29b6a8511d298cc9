/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agree.h"
#include "base/clock.h"
#include "cases.h"
#include "command.h"
#include "config_fact.h"
#include "feed.h"
#include "gather.h"
#include "given.h"
#include "helper.h"
#include "machine.h"
#include "options.h"
#include "output.h"
#include "pkt/buf.h"
#include "scale.h"
#include "start.h"
#include "variants.h"

enum {
	BUFFERS = 4096,
	BUFFER_CACHE = 512,
	MEMORY_MB = 48, /* for hot cases, and for cold ones */
	MEMORY_COLD_MB = 192,
	SAMPLES_A_SECOND = 300, /* on a quiet machine, openings and all */
	SEED = 20261123,        /* the same work every time */
	STATUS_BUSY = 3,        /* the machine, not the tool, is why repeats could not be compared */
};

/* To wait in, for each case, and for each that is another shape of one. */
#define CASE_SECONDS  2.0
#define SHAPE_SECONDS 0.25

/* Whether the data plane that is linked counts the cycles of its stages. */
#ifndef BENCH_STAGES
#define BENCH_STAGES 0
#endif

/* A subcommand's cases. */
struct suite {
	struct options_of of;
	/* What else the report shall say; may be NULL. */
	int (*more)(struct report *r, const struct bench_result *results, unsigned n, struct am_err *err);
	const struct bench_case *const *groups;
	unsigned n;
};

/* NULL where name is, or where that case was not chosen. */
static const struct bench_result *find(const struct bench_result *results, unsigned n, const char *name)
{
	for (unsigned i = 0; name && i < n; i++)
		if (!strcmp(results[i].c->name, name))
			return &results[i];
	return NULL;
}

static const struct bench_result *find_limit(const struct bench_result *results, unsigned n, const char *name)
{
	size_t prefix = strlen(BENCH_LIMIT);

	for (unsigned i = 0; i < n; i++)
		if (!strncmp(results[i].c->name, BENCH_LIMIT, prefix) &&
			!strcmp(results[i].c->name + prefix, name))
			return &results[i];
	return NULL;
}

static bool names(const char *reference, const struct bench_case *c)
{
	return reference && !strcmp(reference, c->name);
}

/* By --filter: with that text in its name, or of just that name where the text begins with '='. */
static bool matches(const struct bench_case *c, const char *filter)
{
	return *filter == '=' ? !strcmp(c->name, filter + 1) : strstr(c->name, filter) != NULL;
}

/* Whether some case that is wanted subtracts this one, or is held against it; that one's null case is wanted too then. */
static bool is_needed(const struct variants *v, const char *filter, const struct bench_case *by)
{
	for (const struct bench_case *c = v->cases; c->name; c++)
		if ((names(c->null, by) || names(c->relative.of, by)) &&
			(matches(c, filter) || is_needed(v, filter, c)))
			return true;
	return false;
}

static void refer(struct bench_result *results, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		results[i].null = find(results, n, results[i].c->null);
		results[i].base = find(results, n, results[i].c->relative.of);
		results[i].limit = find_limit(results, n, results[i].c->name);
	}
}

/* out has room for all. */
static unsigned choose_cases(const struct variants *v, const char *filter, struct bench_result *out)
{
	unsigned n = 0;

	for (const struct bench_case *c = v->cases; c->name; c++)
		if (!filter || matches(c, filter) || is_needed(v, filter, c))
			out[n++].c = c;
	return n;
}

static int out_of_memory(void)
{
	fprintf(stderr, "amime-bench: no memory for the cases\n");
	return 1;
}

static void show_progress(unsigned round, unsigned repeat, unsigned at, unsigned n, const char *name)
{
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r\033[Kround %u, repeat %u, %u of %u: %s", round, repeat + 1, at + 1, n,
			name);
}

static void end_progress(void)
{
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r\033[K");
}

static int report(const struct suite *suite, const struct options *o, const struct bench *b,
	const struct bench_result *results, unsigned n, bool huge, struct am_err *err)
{
	struct report *r = report_new(suite->of.name);
	int ret;

	if (!r)
		return am_fail(err, ENOMEM, "no memory for the results");
	machine_describe(r);
	report_add_bool(r, REPORT_SETTINGS, "huge_pages", huge);
	if (o->config)
		config_describe(r, "config", o->config);
	if (o->traffic)
		config_describe(r, "traffic", o->traffic);
	if (o->want.handicap)
		report_add_number(r, REPORT_SETTINGS, "handicap_percent", o->want.handicap);
	gather_results(r, b, results, n);
	ret = suite->more ? suite->more(r, results, n, err) : 0;
	if (ret == 0)
		ret = output_report(r, &o->output, err);
	report_free(r);
	return ret;
}

/* Cases are opened and samples taken whatever the machine does; what is to wait for is up to the machine. */
static void say_estimate(
	const struct bench_result *results, unsigned n, const struct options *o, uint64_t most)
{
	double samples = 0;
	uint64_t least;

	for (unsigned i = 0; i < n; i++)
		samples += (double)o->samples / (results[i].c->fewer ? results[i].c->fewer : 1);
	least = 1 + (uint64_t)(samples * o->repeats / SAMPLES_A_SECOND);

	if (isatty(STDERR_FILENO))
		fprintf(stderr,
			"amime-bench: %u cases, %d times: about %" PRIu64 " s, on a busy machine %" PRIu64
			" s and more; --quick takes seconds\n",
			n, o->repeats, least, most + least);
}

static double usual_seconds(const struct bench_result *results, unsigned n)
{
	double seconds = 0;

	for (unsigned i = 0; i < n; i++)
		seconds += results[i].c->of ? SHAPE_SECONDS : CASE_SECONDS;
	return seconds > OPTIONS_SECONDS ? seconds : OPTIONS_SECONDS;
}

static int measure(struct bench *b, const struct options *o, struct bench_result *results, unsigned n,
	struct am_err *err)
{
	uint64_t seconds = o->seconds ? (uint64_t)o->seconds : (uint64_t)usual_seconds(results, n);
	int ret;

	seconds *= (unsigned)o->repeats;
	say_estimate(results, n, o, seconds);
	ret = bench_measure(b, results, n, seconds * AM_S, show_progress, err);
	end_progress();
	return ret;
}

static bool any_memory(const struct bench_result *results, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (results[i].c->cold || results[i].c->memory)
			return true;
	return false;
}

static bool any_cold(const struct bench_result *results, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (results[i].c->cold)
			return true;
	return false;
}

/* Cases for two workers where this process may use one CPU only, as under taskset, are left out. */
static unsigned leave_out_two_cpus(struct bench_result *results, unsigned n)
{
	unsigned kept = 0, left_out = 0;

	for (unsigned i = 0; i < n; i++) {
		if (results[i].c->two_cpus)
			left_out++;
		else
			results[kept++] = results[i];
	}
	if (left_out)
		fprintf(stderr,
			"amime-bench: %u cases want a second CPU and are left out; see nproc and taskset -p\n",
			left_out);
	return kept;
}

static int run(const struct suite *suite, const struct options *o, int second_cpu,
	struct bench_result *results, unsigned n, struct am_err *err)
{
	struct bench_env env = {.seed = SEED, .cpu = o->cpu, .second_cpu = second_cpu};
	bool cold = any_cold(results, n);
	unsigned mb = cold ? MEMORY_COLD_MB : MEMORY_MB;
	bool huge = !o->small_pages && start_has_huge_pages(mb);
	bool to_stdout = o->output.json && !strcmp(o->output.json, "-");
	const struct bench_size size = {.samples = (unsigned)o->samples,
		.runs = o->quick ? OPTIONS_QUICK_RUNS : OPTIONS_RUNS,
		.warm_ops = o->quick ? OPTIONS_QUICK_WARM : OPTIONS_WARM,
		.repeats = (unsigned)o->repeats};
	struct bench b;
	int ret = start_dpdk(o->cpu, mb, huge, err);

	if (ret)
		return ret;
	env.pool = am_buf_pool("bench", BUFFERS, BUFFER_CACHE);
	env.cold = cold ? am_buf_pool("cold", FEED_BUFFERS_COLD, BUFFER_CACHE) : NULL;
	if (!env.pool || (cold && !env.cold))
		return am_fail(err, ENOMEM, "no memory for %d packet buffers",
			cold ? BUFFERS + FEED_BUFFERS_COLD : BUFFERS);
	ret = bench_init(&b, &env, &size, any_memory(results, n), err);
	if (ret == 0)
		ret = measure(&b, o, results, n, err);
	if (ret == 0)
		ret = report(suite, o, &b, results, n, huge, err);
	if (ret == 0 && o->repeats > 1)
		ret = agree_check(&b, results, n, OPTIONS_AGREE_PERCENT, to_stdout ? stderr : stdout, err);
	bench_fini(&b);
	return ret;
}

static void list_cases(const struct bench_result *results, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		printf("%-24s %s\n", results[i].c->name, results[i].c->about);
}

/*
 * The same program on a data plane that counts, from beside this one where both were built, or where it was installed.
 * argv begins behind the program's name. Returns only where there is none.
 */
static int run_stages(char **argv)
{
	char path[PATH_MAX], *slash;
	ssize_t n = readlink("/proc/self/exe", path, sizeof path - sizeof "-stages");

	if (n > 0) {
		strcpy(path + n, "-stages");
		argv[-1] = path;
		execv(path, argv - 1);
		slash = strrchr(path, '/');
		if (slash) {
			char installed[PATH_MAX];

			snprintf(installed, sizeof installed, "%s%s", BENCH_LIBEXEC, slash);
			execv(installed, argv - 1);
		}
	}
	fprintf(stderr,
		"amime-bench: %s/amime-bench-stages: %s; --stages needs it, install it beside this one\n",
		BENCH_LIBEXEC, strerror(errno));
	return 1;
}

/* The cases of a run, and what they were made from. */
struct chosen {
	struct variants variants;
	struct given given;
	struct bench_result *results;
	unsigned n;
};

static void free_chosen(struct chosen *c)
{
	bench_free(c->results, c->n);
	free(c->results);
	given_free(&c->given);
	variants_free(&c->variants);
}

/* -1: go on; otherwise the exit status. */
static int choose(const struct suite *suite, const struct options *o, struct chosen *c)
{
	bool is_given = o->config || o->traffic;

	*c = (struct chosen){0};
	if (is_given && !given_load(&c->given, o->config, o->traffic))
		return 1;
	if (!is_given && variants_make(&c->variants, suite->groups, suite->n, &o->want))
		return out_of_memory();
	c->results = calloc(GIVEN_CASES + c->variants.n, sizeof *c->results);
	if (!c->results)
		return out_of_memory();
	for (unsigned i = 0; is_given && i < GIVEN_CASES; i++) {
		c->given.cases[i].handicap = o->want.handicap;
		c->results[c->n++].c = &c->given.cases[i];
	}
	if (!is_given)
		c->n = choose_cases(&c->variants, o->filter, c->results);
	if (c->n)
		return -1;
	fprintf(stderr, "amime-bench: no case has \"%s\" in its name; see amime-bench %s --list\n", o->filter,
		suite->of.name);
	return 2;
}

static int measure_chosen(const struct suite *suite, struct options *o, struct chosen *c)
{
	struct am_err err = {""};
	int second_cpu, ret;

	o->cpu = o->cpu >= 0 ? o->cpu : sched_getcpu();
	second_cpu = helper_cpu(o->cpu);
	if (second_cpu < 0)
		c->n = leave_out_two_cpus(c->results, c->n);
	if (o->list) {
		list_cases(c->results, c->n);
		return 0;
	}
	refer(c->results, c->n);
	ret = run(suite, o, second_cpu, c->results, c->n, &err);
	if (ret)
		fprintf(stderr, "amime-bench: %s\n", err.text);
	return ret == -EBUSY ? STATUS_BUSY : ret ? 1 : 0;
}

static int suite_main(const struct suite *suite, int argc, char **argv)
{
	struct chosen chosen;
	struct options o;
	int status = options_parse(&suite->of, argc, argv, &o);

	if (status >= 0)
		return status;
	if (o.stages && !BENCH_STAGES)
		return run_stages(argv);
	status = choose(suite, &o, &chosen);
	if (status < 0)
		status = measure_chosen(suite, &o, &chosen);
	free_chosen(&chosen);
	return status;
}

int bench_micro_main(int argc, char **argv)
{
	static const struct bench_case *const groups[] = {bench_net_cases, bench_tunnel_cases,
		bench_reasm_cases, bench_table_cases, bench_counter_cases, bench_acl_cases, bench_fib_cases};
	static const struct suite micro = {
		{"micro", "the building blocks of the data plane one by one", true, false, false}, NULL,
		groups, sizeof groups / sizeof *groups};

	return suite_main(&micro, argc, argv);
}

int bench_pipeline_main(int argc, char **argv)
{
	static const struct bench_case *const groups[] = {
		bench_pipeline_cases, bench_route_cases, bench_limit_cases};
	static const struct suite pipeline = {
		{"pipeline", "a worker's whole way of a packet, port to port", false, true, true}, NULL,
		groups, sizeof groups / sizeof *groups};

	return suite_main(&pipeline, argc, argv);
}

int bench_scale_main(int argc, char **argv)
{
	static const struct bench_case *const groups[] = {
		bench_scale_cases, bench_scale_route_cases, bench_line_cases};
	static const struct suite scale = {
		{"scale",
			"how the cost of a packet follows the number of tunnels, bridges, MACs, routes, flows "
			"and workers, and the memory that each takes",
			false, false, true},
		scale_report, groups, sizeof groups / sizeof *groups};

	return suite_main(&scale, argc, argv);
}
