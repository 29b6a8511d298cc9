/* SPDX-License-Identifier: BSD-3-Clause */
/* amime-bench fib: its command line. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "command.h"
#include "fib_family.h"
#include "machine.h"
#include "output.h"

enum {
	IPV4 = 1000000,
	IPV6 = 250000,
	ADDRESSES = 10000000,
	CHANGES = 100000,
	SAMPLES = 10,
	QUICK_IPV4 = 20000,
	QUICK_IPV6 = 5000,
	QUICK_ADDRESSES = 100000,
	QUICK_CHANGES = 2000,
	QUICK_SAMPLES = 3,
};

struct options {
	struct output output;
	const char *routes;
	uint32_t ipv4, ipv6, addresses, changes;
	unsigned samples;
};

static int usage(FILE *out, int status)
{
	fprintf(out,
		"Usage: amime-bench fib [OPTION]...\n"
		"Fill the FIBs of both families, compare every lookup with a plain reference, alone and\n"
		"while another thread changes routes (/0 to /8 among them), and measure loading, lookups,\n"
		"changes and memory. No NIC and no root needed. Fails where a lookup is wrong.\n\n"
		"  --routes FILE     begin with these routes: lines that start with a prefix; - is standard\n"
		"                    input. Fewer than wanted are filled up with drawn ones\n"
		"  --ipv4 N          routes of IPv4 (%d; quick: %d)\n"
		"  --ipv6 N          routes of IPv6 (%d; quick: %d)\n"
		"  --addresses N     addresses to compare, of each family (%d; quick: %d)\n"
		"  --changes N       changes under a reader, at least (%d; quick: %d)\n"
		"  --quick           few of everything: to see that it works\n"
		"  --json FILE       write everything, with every sample, to FILE; - is standard output,\n"
		"                    in place of the table\n"
		"  --out DIR         the JSON, the table and plots into folder DIR\n"
		"  --help            this text\n",
		IPV4, QUICK_IPV4, IPV6, QUICK_IPV6, ADDRESSES, QUICK_ADDRESSES, CHANGES, QUICK_CHANGES);
	return status;
}

static bool number(const char *name, const char *text, uint32_t *out)
{
	char *end;
	unsigned long n;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (errno || end == text || *end || n < 1000 || n > 100000000) {
		fprintf(stderr, "amime-bench: --%s takes a number from 1000 to 100000000, not \"%s\"\n", name,
			text);
		return false;
	}
	*out = (uint32_t)n;
	return true;
}

static void set_quick(struct options *o)
{
	o->ipv4 = QUICK_IPV4;
	o->ipv6 = QUICK_IPV6;
	o->addresses = QUICK_ADDRESSES;
	o->changes = QUICK_CHANGES;
	o->samples = QUICK_SAMPLES;
}

/* -1: go on; otherwise the exit status. */
static int parse(int argc, char **argv, struct options *o)
{
	static const struct option names[] = {{"routes", 1, NULL, 'r'}, {"ipv4", 1, NULL, '4'},
		{"ipv6", 1, NULL, '6'}, {"addresses", 1, NULL, 'a'}, {"changes", 1, NULL, 'c'},
		{"quick", 0, NULL, 'q'}, {"json", 1, NULL, 'j'}, {"out", 1, NULL, 'o'},
		{"help", 0, NULL, 'h'}, {NULL, 0, NULL, 0}};
	uint32_t *numbers[256] = {
		['4'] = &o->ipv4, ['6'] = &o->ipv6, ['a'] = &o->addresses, ['c'] = &o->changes};

	for (int at, c; at = 0, (c = getopt_long(argc, argv, "h", names, &at)) != -1;) {
		if (c == 'r')
			o->routes = optarg;
		else if (c == 'q')
			set_quick(o);
		else if (c == 'j')
			o->output.json = optarg;
		else if (c == 'o')
			o->output.dir = optarg;
		else if (c == 'h')
			return usage(stdout, 0);
		else if (c == '?' || !numbers[c & 0xff] || !number(names[at].name, optarg, numbers[c & 0xff]))
			return usage(stderr, 2);
	}
	if (optind < argc) {
		fprintf(stderr, "amime-bench: what is \"%s\"? fib takes only options\n", argv[optind]);
		return usage(stderr, 2);
	}
	return -1;
}

static int run(const struct options *o, struct report *report, struct am_err *err)
{
	struct fib_family ipv4 = {.family = AM_IPV4, .fill = o->ipv4},
			  ipv6 = {.family = AM_IPV6, .fill = o->ipv6};
	struct fib_family *families[] = {&ipv4, &ipv6};
	int r = 0;

	if (o->routes)
		r = fib_routes_load(o->routes, &ipv4.routes, &ipv6.routes, err);
	machine_describe(report);
	for (int i = 0; r == 0 && i < 2; i++) {
		families[i]->addresses = o->addresses;
		families[i]->changes = o->changes;
		families[i]->samples = o->samples;
		r = fib_family_run(families[i], report, err);
	}
	fib_routes_free(&ipv4.routes);
	fib_routes_free(&ipv6.routes);
	return r;
}

int bench_fib_main(int argc, char **argv)
{
	struct options o = {
		.ipv4 = IPV4, .ipv6 = IPV6, .addresses = ADDRESSES, .changes = CHANGES, .samples = SAMPLES};
	struct am_err err = {""};
	struct report *report;
	int status = parse(argc, argv, &o), r, written;

	if (status >= 0)
		return status;
	report = report_new("fib");
	if (!report) {
		fprintf(stderr, "amime-bench: no memory\n");
		return 1;
	}
	r = run(&o, report, &err);
	if (r != 0)
		fprintf(stderr, "amime-bench: %s\n", err.text);
	written = r == 0 || r == -EBADMSG ? output_report(report, &o.output, &err) : 0;
	if (written != 0)
		fprintf(stderr, "amime-bench: %s\n", err.text);
	report_free(report);
	return r || written ? 1 : 0;
}
