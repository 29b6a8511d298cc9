/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * amime-bench baseline: what packets cost in units of a fixed piece of work, which may be kept in a file and held against
 * another build on another day: times may not.
 */
#include <errno.h>
#include <getopt.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "argument.h"
#include "cases.h"
#include "command.h"
#include "diff.h"
#include "handicap.h"
#include "load.h"
#include "machine.h"
#include "output.h"
#include "pair.h"
#include "pkt/buf.h"
#include "reference.h"
#include "start.h"

enum {
	BUFFERS = 2048,
	BUFFER_CACHE = 256,
	MEMORY_MB = 48,
	CASES_MAX = 128,
	CHECKS_MAX = 16,
	ROUNDS = 60,
	PAIRS = 60, /* of a round */
	QUIET = 5,  /* of so many rounds one is kept */
	LIMIT = 15, /* per cent: see doc/performance.md, A stored baseline */
	SEED = 20261123,
	FINE = 0,
	SLOWER = 1,
	TROUBLE = 2,
};

struct options {
	struct output output;
	const char *check[CHECKS_MAX]; /* files, each of another kind of core */
	unsigned n_check;
	int cpu; /* -1: the one we are on */
	unsigned handicap;
};

static int usage(FILE *out, int status)
{
	fprintf(out,
		"Usage: amime-bench baseline [OPTION]...\n"
		"Measure what the hot cases of amime-bench pipeline cost in units of a fixed piece of work,\n"
		"taken in turns with each. Unlike cycles, such ratios may be kept and compared later.\n\n"
		"  --check FILE  compare with a result that was kept: status 1 where a case got more than\n"
		"                %d %% slower, 2 where something cannot be compared; given several times, with\n"
		"                the one of a core of this kind\n"
		"  --json FILE   keep the result; - is standard output, in place of the table\n"
		"  --out DIR     write result.json, table.txt and plots (SVG) to DIR\n"
		"  --handicap N  each run of a case takes N %% longer, by a wait inside the clock: to see whether\n"
		"                --check notices\n"
		"  --cpu N       run on CPU N instead of the one it was started on\n"
		"  --help        this text\n",
		LIMIT);
	return status;
}

static bool read_cpu(int *out)
{
	unsigned n;

	if (!argument_number("cpu", optarg, 0, CPU_SETSIZE - 1, &n))
		return false;
	*out = (int)n;
	return true;
}

static bool read_handicap(unsigned *out)
{
	return argument_number("handicap", optarg, 0, HANDICAP_MOST, out);
}

/* -1: go on; otherwise the exit status. */
static int parse_options(int argc, char **argv, struct options *o)
{
	static const struct option known[] = {
		{"check", required_argument, NULL, 'k'},
		{"json", required_argument, NULL, 'j'},
		{"out", required_argument, NULL, 'o'},
		{"handicap", required_argument, NULL, 'H'},
		{"cpu", required_argument, NULL, 'c'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	int c;

	*o = (struct options){.cpu = -1};
	while ((c = getopt_long(argc, argv, "h", known, NULL)) != -1) {
		if (c == 'h')
			return usage(stdout, FINE);
		else if (c == 'k' && o->n_check < CHECKS_MAX)
			o->check[o->n_check++] = optarg;
		else if (c == 'j')
			o->output.json = optarg;
		else if (c == 'o')
			o->output.dir = optarg;
		else if (c != 'c' && c != 'H')
			return usage(stderr, TROUBLE);
		else if (!(c == 'c' ? read_cpu(&o->cpu) : read_handicap(&o->handicap)))
			return TROUBLE;
	}
	if (optind == argc)
		return -1;
	fprintf(stderr, "amime-bench: baseline takes no \"%s\"\n", argv[optind]);
	return TROUBLE;
}

static bool is_null_of(const struct bench_case *null, const struct pair_row *rows, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (rows[i].c->null && !strcmp(rows[i].c->null, null->name))
			return true;
	return false;
}

/* Hot, with a goal of its own, and of one burst: where more is touched, it matters where pages happen to lie. */
static bool is_wanted(const struct bench_case *c)
{
	return c->goal > 0 && c->ops <= BENCH_BURST && !c->cold && !c->memory && !c->two_cpus;
}

/* Those wanted, and what they are net of. */
static unsigned choose_cases(struct pair_row rows[CASES_MAX])
{
	unsigned n = 0, wanted;

	for (const struct bench_case *c = bench_pipeline_cases; c->name && n < CASES_MAX; c++)
		if (is_wanted(c))
			rows[n++] = (struct pair_row){.c = c};
	wanted = n;
	for (const struct bench_case *c = bench_pipeline_cases; c->name && n < CASES_MAX; c++)
		if (is_null_of(c, rows, wanted))
			rows[n++] = (struct pair_row){.c = c};
	return n;
}

/* What they are net of is slowed down as they are: so the net cost grows by that much, too. */
static void slow_down(
	struct pair_row *rows, unsigned n, unsigned percent, struct bench_case slower[CASES_MAX])
{
	for (unsigned i = 0; i < n; i++) {
		slower[i] = *rows[i].c;
		slower[i].handicap = percent;
		rows[i].c = &slower[i];
	}
}

static void show_progress(unsigned round, unsigned repeat, unsigned at, unsigned n, const char *name)
{
	(void)repeat;
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r\033[Kround %u of %d, %u of %u: %s", round, ROUNDS, at + 1, n, name);
}

static int measure(const struct bench_env *env, struct pair_row *rows, unsigned n, struct am_err *err)
{
	int ret = 0;

	for (unsigned round = 0; ret == 0 && round < ROUNDS; round++)
		ret = pair_round(env, rows, n, PAIRS, show_progress, round, err);
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r\033[K");
	return ret;
}

/* The value that one in QUIET rounds does not exceed. */
static double quiet_limit(const struct pair_row *row)
{
	double sorted[PAIR_ROUNDS_MAX];
	struct bench_stats ignored;

	if (!row->n_rounds)
		return 0;
	memcpy(sorted, row->rounds, row->n_rounds * sizeof *sorted);
	bench_stats(sorted, row->n_rounds, &ignored);
	return sorted[(row->n_rounds - 1) / QUIET];
}

/*
 * Rounds are the samples, and each is a repeat of its own. Kept are the quietest ones: neighbours come and go over seconds,
 * and slow a case down more than the reference.
 */
static void add_row(struct report *r, const struct pair_row *row)
{
	double limit = quiet_limit(row);
	struct report_row *to = report_add_row(r, &(struct report_row){
							  .name = row->c->name,
							  .about = row->c->about,
							  .unit = "references",
							  .per = row->c->per,
							  .null = row->c->null,
						  });

	for (unsigned i = 0; i < row->n_rounds; i++)
		report_add_sample(r, to,
			&(struct report_sample){
				.value = row->rounds[i],
				.fate = row->rounds[i] <= limit ? REPORT_KEPT : REPORT_SLOW,
				.repeat = i,
			});
}

static struct report *make_report(const struct pair_row *rows, unsigned n, unsigned handicap)
{
	struct report *r = report_new("baseline");

	if (!r)
		return NULL;
	machine_describe(r);
	report_add_bool(r, REPORT_SETTINGS, "huge_pages", false);
	report_add_number(r, REPORT_SETTINGS, "burst", BENCH_BURST);
	report_add_number(r, REPORT_SETTINGS, "reference", REFERENCE_VERSION);
	report_add_number(r, REPORT_SETTINGS, "rounds", ROUNDS);
	report_add_number(r, REPORT_SETTINGS, "pairs_per_round", PAIRS);
	report_add_number(r, REPORT_SETTINGS, "rounds_of_which_one_is_kept", QUIET);
	if (handicap)
		report_add_number(r, REPORT_SETTINGS, "handicap_percent", handicap);
	for (unsigned i = 0; i < n; i++)
		add_row(r, &rows[i]);
	return r;
}

static int run(const struct options *o, struct report **out, struct am_err *err)
{
	struct bench_env env = {.seed = SEED, .cpu = o->cpu >= 0 ? o->cpu : sched_getcpu(), .second_cpu = -1};
	struct bench_case slower[CASES_MAX];
	struct pair_row rows[CASES_MAX];
	unsigned n = choose_cases(rows);
	/* Small pages even where there are others: a result that is kept must not hang on what a machine has reserved. */
	int ret = start_dpdk(env.cpu, MEMORY_MB, false, err);

	if (ret)
		return ret;
	env.pool = am_buf_pool("bench", BUFFERS, BUFFER_CACHE);
	if (!env.pool)
		return am_fail(err, ENOMEM, "no memory for %d packet buffers", BUFFERS);
	slow_down(rows, n, o->handicap, slower);
	ret = measure(&env, rows, n, err);
	if (ret)
		return ret;
	*out = make_report(rows, n, o->handicap);
	return *out ? 0 : am_fail(err, ENOMEM, "no memory for the results");
}

/* ---- comparing ---- */

static struct report *read_stored(const char *path)
{
	struct am_config_errors errors = {0};
	struct report *r = result_read(path, &errors);

	if (!r)
		result_print_errors(path, &errors, stderr);
	am_config_errors_free(&errors);
	if (!r || (!strcmp(r->command, "baseline") &&
			  report_number(r, REPORT_SETTINGS, "reference") == REFERENCE_VERSION))
		return r;
	fprintf(stderr, "amime-bench: %s holds no ratios to this reference: write it again with --json\n",
		path);
	report_free(r);
	return NULL;
}

static void print_advice(const struct diff *d, const char *path)
{
	if (d->counts[DIFF_WORSE])
		printf("\nSlower than %s by more than %d %%. Where that is meant to be, write it again:\n"
		       "  amime-bench baseline --json %s\n",
			path, LIMIT, path);
	if (d->counts[DIFF_BETTER])
		printf("\n%zu cases got faster by more than %d %%: write %s again, so that they stay so.\n",
			d->counts[DIFF_BETTER], LIMIT, path);
	if (d->counts[DIFF_UNCLEAR] || d->n_only_a)
		printf("\nNot all of %s could be compared.\n", path);
}

/* The ports alone cost next to nothing, and a little noise is a large part of it: they are there for cases to be net of. */
static void forgive_ports(struct diff *d)
{
	for (size_t i = 0; i < d->n_rows; i++) {
		struct diff_row *row = &d->rows[i];

		if (row->a->null || row->change == DIFF_UNCLEAR)
			continue;
		d->counts[row->change]--;
		row->change = DIFF_SAME;
		d->counts[row->change]++;
	}
}

/* Ratios hold for one kind of core: what is a cycle more on one may be two on another. */
static bool same_core(const struct report *a, const struct report *b)
{
	static const char *const keys[] = {"cpu", "simd", "l1d_cache", "l2_cache"};

	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		if (strcmp(report_text(a, REPORT_MACHINE, keys[i]),
			    report_text(b, REPORT_MACHINE, keys[i])) != 0)
			return false;
	return true;
}

static int check(const struct report *stored, const struct report *now, const char *path)
{
	struct diff d;
	int status = TROUBLE;

	if (diff_reports(stored, now, LIMIT / 100.0, LIMIT / 100.0, &d)) {
		fprintf(stderr, "amime-bench: no memory\n");
	} else {
		forgive_ports(&d);
		diff_print(&d, stdout);
		if (!same_core(stored, now)) {
			printf("\n%s is of another core (%s, this is %s): shown, not judged. To judge changes here:\n"
			       "  amime-bench baseline --json FILE   before, and --check FILE after\n",
				path, report_text(stored, REPORT_MACHINE, "cpu"),
				report_text(now, REPORT_MACHINE, "cpu"));
			diff_free(&d);
			return FINE;
		}
		print_advice(&d, path);
		status = d.counts[DIFF_WORSE]                                ? SLOWER
			 : d.counts[DIFF_UNCLEAR] || d.n_only_a || !d.n_rows ? TROUBLE
									     : FINE;
	}
	diff_free(&d);
	return status;
}

/* Of those kept, the one of this kind of core, or else the first. Status. */
static int check_against(const struct options *o, struct report *const *stored, const struct report *now)
{
	unsigned i = 0;

	while (i < o->n_check && !same_core(stored[i], now))
		i++;
	i = i < o->n_check ? i : 0;
	return check(stored[i], now, o->check[i]);
}

static int measure_and_check(const struct options *o, struct report *const *stored)
{
	struct am_err err = {""};
	struct report *now = NULL;
	int ret = run(o, &now, &err), status = TROUBLE;

	if (!ret)
		ret = o->n_check ? output_files(now, &o->output, &err) : output_report(now, &o->output, &err);
	if (ret)
		fprintf(stderr, "amime-bench: %s\n", err.text);
	else
		status = o->n_check ? check_against(o, stored, now) : FINE;
	report_free(now);
	return status;
}

int bench_baseline_main(int argc, char **argv)
{
	struct report *stored[CHECKS_MAX] = {NULL};
	struct options o;
	int status = parse_options(argc, argv, &o);
	bool good = true;

	if (status >= 0)
		return status;
	for (unsigned i = 0; good && i < o.n_check; i++)
		good = (stored[i] = read_stored(o.check[i])) != NULL;
	status = good ? measure_and_check(&o, stored) : TROUBLE;
	for (unsigned i = 0; i < o.n_check; i++)
		report_free(stored[i]);
	return status;
}
