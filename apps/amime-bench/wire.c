/* SPDX-License-Identifier: BSD-3-Clause */
/* amime-bench wire: its command line, and one run from the configuration to the report. */
#include <errno.h>
#include <getopt.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "argument.h"
#include "command.h"
#include "config_fact.h"
#include "machine.h"
#include "output.h"
#include "wire_ports.h"
#include "wire_run.h"

struct options {
	const char *config;
	struct output output;
	unsigned tests;
	unsigned seconds; /* 0: as the file says */
	int cpu;          /* -1: wherever the system lets us */
	bool check;
};

static int usage(FILE *out, int status)
{
	fprintf(out,
		"Usage: amime-bench wire --config FILE [OPTION]...\n"
		"Measure what stands between ports of this machine: RFC 2544 with the counters of RFC 4737.\n"
		"Frames go only to addresses that the file lists, and no faster than it says.\n"
		"tools/bench builds two sites and an Internet in network namespaces to try it on.\n\n"
		"  --config FILE  the tester's ports, streams, frames and trials; see amime-bench(1)\n"
		"  --test LIST    of throughput, latency, loss, back-to-back, soak, with commas between\n"
		"                 (throughput,latency)\n"
		"  --seconds N    of one trial, in place of the file's\n"
		"  --json FILE    write everything to FILE; - is standard output, in place of the table\n"
		"  --out DIR      the JSON, the table and plots into folder DIR\n"
		"  --cpu N        run on CPU N\n"
		"  --check        only say what is wrong with the file\n"
		"  --help         this text\n");
	return status;
}

static bool test_list(char *list, unsigned *out)
{
	char *rest = NULL;

	*out = 0;
	for (char *word = strtok_r(list, ",", &rest); word; word = strtok_r(NULL, ",", &rest)) {
		unsigned i = 0;

		while (i < WIRE_TESTS && strcmp(wire_test_names[i], word) != 0)
			i++;
		if (i == WIRE_TESTS) {
			fprintf(stderr,
				"amime-bench: there is no test \"%s\"; there are throughput, latency, loss, "
				"back-to-back and soak\n",
				word);
			return false;
		}
		*out |= 1u << i;
	}
	return *out;
}

static bool set_option(struct options *o, int c)
{
	unsigned n;

	switch (c) {
	case 'c':
		o->config = optarg;
		return true;
	case 't':
		return test_list(optarg, &o->tests);
	case 's':
		return argument_number("seconds", optarg, 1, 3600, &o->seconds);
	case 'j':
		o->output.json = optarg;
		return true;
	case 'o':
		o->output.dir = optarg;
		return true;
	case 'p':
		if (!argument_number("cpu", optarg, 0, CPU_SETSIZE - 1, &n))
			return false;
		o->cpu = (int)n;
		return true;
	case 'k':
		o->check = true;
		return true;
	default:
		usage(stderr, 2);
		return false;
	}
}

/* -1: go on; otherwise the exit status. */
static int parse_options(int argc, char **argv, struct options *o)
{
	static const struct option known[] = {
		{"config", required_argument, NULL, 'c'},
		{"test", required_argument, NULL, 't'},
		{"seconds", required_argument, NULL, 's'},
		{"json", required_argument, NULL, 'j'},
		{"out", required_argument, NULL, 'o'},
		{"cpu", required_argument, NULL, 'p'},
		{"check", no_argument, NULL, 'k'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	int c;

	*o = (struct options){.cpu = -1, .tests = 1u << WIRE_THROUGHPUT | 1u << WIRE_LATENCY};
	while ((c = getopt_long(argc, argv, "h", known, NULL)) != -1) {
		if (c == 'h')
			return usage(stdout, 0);
		if (!set_option(o, c))
			return 2;
	}
	if (optind < argc) {
		fprintf(stderr, "amime-bench: wire takes no \"%s\"\n", argv[optind]);
		return 2;
	}
	if (!o->config) {
		fprintf(stderr,
			"amime-bench: wire needs --config FILE; config/wire/ has examples, and tools/bench "
			"makes a place to try it\n");
		return 2;
	}
	return -1;
}

static void print_errors(const char *path, const struct am_config_errors *errors)
{
	for (size_t i = 0; i < errors->n; i++) {
		const struct am_config_error *e = &errors->items[i];

		fprintf(stderr, "%s:%u:%u: %s: %s\n", path, e->line, e->column, e->path, e->text);
	}
}

/*
 * SIGINT and SIGTERM end a trial early, and what was measured is still reported. Before DPDK starts threads of its own,
 * which would take the signals otherwise.
 */
static int open_stop(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int pin(int cpu, struct am_err *err)
{
	cpu_set_t set;

	if (cpu < 0)
		return 0;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof set, &set) == 0)
		return 0;
	return am_fail(err, errno, "CPU %d is not there or not ours to use; see nproc and taskset -p", cpu);
}

static void describe(struct report *r, const struct wire_config *c, const struct options *o)
{
	machine_describe(r);
	config_describe(r, "config", o->config);
	report_add_number(r, REPORT_SETTINGS, "streams", c->n_streams);
	report_add_number(r, REPORT_SETTINGS, "max_rate", c->max_rate);
	report_add_number(r, REPORT_SETTINGS, "duration_ms", c->duration_ms);
	report_add_number(r, REPORT_SETTINGS, "settle_ms", c->settle_ms);
	report_add_number(r, REPORT_SETTINGS, "loss_ppm", c->loss_ppm);
	report_add_number(r, REPORT_SETTINGS, "resolution_permille", c->resolution_permille);
	for (uint16_t i = 0; i < c->base.n_ports; i++) {
		char name[2 * AM_NAME_MAX];

		snprintf(name, sizeof name, "port_%s", c->base.ports[i].name);
		report_add_text(r, REPORT_SETTINGS, name, "%s %s%s", am_driver_name(c->base.ports[i].driver),
			c->base.ports[i].device, c->base.ports[i].devargs);
	}
}

static int measure(struct wire_config *c, struct wire_ports *ports, const struct options *o, int stop_fd,
	struct am_err *err)
{
	struct wire_run run = {
		.config = c, .tests = o->tests, .stop_fd = stop_fd, .report = report_new("wire")};
	int ret, written;

	if (!run.report)
		return am_fail(err, ENOMEM, "no memory for the results");
	run.tester = wire_tester_new(c, ports->port, ports->ports.pool, err);
	if (!run.tester) {
		report_free(run.report);
		return -ENOMEM;
	}
	describe(run.report, c, o);
	ret = wire_run(&run, err);
	if (ret == -EINTR)
		fprintf(stderr, "amime-bench: ended early; what was measured until then:\n");
	if (!ret || ret == -EINTR) {
		written = output_report(run.report, &o->output, err);
		ret = ret == -EINTR && !written ? am_fail(err, EINTR, "ended by a signal") : written;
	}
	wire_tester_free(run.tester);
	report_free(run.report);
	return ret;
}

static int run(struct wire_config *c, const struct options *o, struct am_config_errors *errors)
{
	struct wire_ports ports;
	struct am_err err = {""};
	int ret = pin(o->cpu, &err), stop_fd = open_stop();

	if (o->seconds)
		c->duration_ms = o->seconds * 1000;
	if (!ret)
		ret = wire_ports_open(&ports, c, errors, &err);
	if (!ret) {
		ret = measure(c, &ports, o, stop_fd, &err);
		wire_ports_close(&ports);
	}
	if (stop_fd >= 0)
		close(stop_fd);
	print_errors(o->config, errors);
	if (ret && !errors->n)
		fprintf(stderr, "amime-bench: %s\n", err.text);
	return ret ? 1 : 0;
}

int bench_wire_main(int argc, char **argv)
{
	struct am_config_errors errors = {0};
	struct wire_config *c;
	struct options o;
	int status = parse_options(argc, argv, &o);

	if (status >= 0)
		return status;
	c = wire_config_load_file(o.config, &errors);
	if (!c)
		print_errors(o.config, &errors);
	status = c ? 0 : 1;
	if (c && !o.check)
		status = run(c, &o, &errors);
	wire_config_free(c);
	am_config_errors_free(&errors);
	return status;
}
