/* SPDX-License-Identifier: BSD-3-Clause */
/* amime-bench reload: its command line, and one run into a report. */
#include <errno.h>
#include <getopt.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "argument.h"
#include "command.h"
#include "eal.h"
#include "machine.h"
#include "output.h"
#include "pkt/buf.h"
#include "reload.h"
#include "reload_text.h"

enum {
	BUFFERS = 4096,
	BUFFER_CACHE = 256,
	FDB_SIZE = 65536,
	SAMPLES = 6,
	WINDOW_MS = 500,
	QUICK_SAMPLES = 3,
	QUICK_WINDOW_MS = 50,
	TUNNELS_MIN = 4,
	SAMPLES_MAX = 10000,
};

struct options {
	struct output output;
	struct reload_run run;
	bool quick;
};

static int usage(FILE *out, int status)
{
	fprintf(out,
		"Usage: amime-bench reload [OPTION]...\n"
		"Measure what changes do to traffic that goes on meanwhile: of the configuration (tunnels,\n"
		"bridges, ports, ways; time of each step, longest gap, loss), of the number of workers, and\n"
		"of single entries (MAC addresses learnt, moved and aged, next hops). In memory; no NIC and\n"
		"no root needed.\n\n"
		"  --objects LIST  how many tunnels there are, with commas between (10,1000,10000)\n"
		"  --samples N     changes of each kind and size (%d; quick: %d)\n"
		"  --filter TEXT   only what has TEXT in its name\n"
		"  --quick         few samples of small configurations: to see that it works\n"
		"  --json FILE     write everything, with every sample, to FILE; - is standard output,\n"
		"                  in place of the table\n"
		"  --out DIR       the JSON, the table and plots into folder DIR\n"
		"  --help          this text\n",
		SAMPLES, QUICK_SAMPLES);
	return status;
}

static bool set_option(struct options *o, int c)
{
	switch (c) {
	case 'n':
		return argument_numbers("objects", optarg, TUNNELS_MIN, RELOAD_OBJECTS_MAX, RELOAD_SIZES_MAX,
			o->run.sizes, &o->run.n_sizes);
	case 's':
		return argument_number("samples", optarg, 1, SAMPLES_MAX, &o->run.samples);
	case 'f':
		o->run.filter = optarg;
		return true;
	case 'q':
		o->quick = true;
		return true;
	case 'j':
		o->output.json = optarg;
		return true;
	case 'o':
		o->output.dir = optarg;
		return true;
	default:
		usage(stderr, 2);
		return false;
	}
}

static void set_defaults(struct options *o)
{
	static const unsigned sizes[] = {10, 1000, 10000}, quick_sizes[] = {10, 100};

	if (!o->run.samples)
		o->run.samples = o->quick ? QUICK_SAMPLES : SAMPLES;
	o->run.window_ms = o->quick ? QUICK_WINDOW_MS : WINDOW_MS;
	if (o->run.n_sizes)
		return;
	o->run.n_sizes = o->quick ? sizeof quick_sizes / sizeof *sizes : sizeof sizes / sizeof *sizes;
	memcpy(o->run.sizes, o->quick ? quick_sizes : sizes, o->run.n_sizes * sizeof *sizes);
}

/* -1: go on; otherwise the exit status. */
static int parse_options(int argc, char **argv, struct options *o)
{
	static const struct option known[] = {
		{"objects", required_argument, NULL, 'n'},
		{"samples", required_argument, NULL, 's'},
		{"filter", required_argument, NULL, 'f'},
		{"quick", no_argument, NULL, 'q'},
		{"json", required_argument, NULL, 'j'},
		{"out", required_argument, NULL, 'o'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	int c;

	*o = (struct options){0};
	while ((c = getopt_long(argc, argv, "h", known, NULL)) != -1) {
		if (c == 'h')
			return usage(stdout, 0);
		if (!set_option(o, c))
			return 2;
	}
	if (optind < argc) {
		fprintf(stderr, "amime-bench: reload takes no \"%s\"\n", argv[optind]);
		return 2;
	}
	set_defaults(o);
	return -1;
}

/* Workers from the last CPU on downwards, control anywhere but on the first worker's. With one CPU all share it. */
static void choose_cpus(struct site_conf *conf)
{
	cpu_set_t usable;
	unsigned n = 0;

	if (sched_getaffinity(0, sizeof usable, &usable) || CPU_COUNT(&usable) < LANES_MAX)
		return;
	for (int cpu = CPU_SETSIZE - 1; cpu >= 0 && n < LANES_MAX; cpu--)
		if (CPU_ISSET(cpu, &usable))
			conf->cpus[n++] = (uint16_t)cpu;
	conf->pinned = true;
	CPU_CLR(conf->cpus[0], &usable);
	sched_setaffinity(0, sizeof usable, &usable);
}

static void describe(struct report *r, const struct reload_run *run)
{
	machine_describe(r);
	report_add_number(r, REPORT_SETTINGS, "samples", run->samples);
	report_add_number(r, REPORT_SETTINGS, "churn_window_ms", run->window_ms);
	report_add_number(r, REPORT_SETTINGS, "worker_cpu", run->conf.pinned ? run->conf.cpus[0] : -1);
}

static int measure(struct options *o, struct am_err *err)
{
	struct reload_run *run = &o->run;
	int ret;

	run->conf.workers = 1;
	run->conf.fdb_size = FDB_SIZE;
	run->conf.pool = am_buf_pool("reload", BUFFERS, BUFFER_CACHE);
	run->report = report_new("reload");
	if (!run->conf.pool || !run->report)
		return am_fail(err, ENOMEM, "no memory for %d packet buffers", BUFFERS);
	choose_cpus(&run->conf);
	describe(run->report, run);
	ret = reload_measure(run, err);
	if (!ret)
		ret = churn_measure(run, err);
	if (!ret)
		ret = output_report(run->report, &o->output, err);
	report_free(run->report);
	return ret;
}

int bench_reload_main(int argc, char **argv)
{
	const struct am_log log = {.out = stderr, .level = AM_LOG_ERROR, .name = "amime-bench"};
	const struct am_config memory = {.name = "bench-reload", .buffers = BUFFERS, .workers = 1};
	struct am_err err = {""};
	struct am_eal eal = {0};
	struct options o;
	int status = parse_options(argc, argv, &o), ret;

	if (status >= 0)
		return status;
	ret = am_eal_start(&eal, &memory, &log, &err);
	if (!ret)
		ret = measure(&o, &err);
	am_eal_stop(&eal);
	if (ret)
		fprintf(stderr, "amime-bench: %s\n", err.text);
	return ret ? 1 : 0;
}
