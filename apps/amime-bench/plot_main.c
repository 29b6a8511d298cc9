/* SPDX-License-Identifier: BSD-3-Clause */
/* amime-bench plot: pictures and table of a result that is already there. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "load.h"
#include "output.h"

static int usage(FILE *out, int status)
{
	fprintf(out, "Usage: amime-bench plot RESULT.json [--out DIR]\n"
		     "Print the table of a result that was kept, of whatever command, and draw its plots.\n\n"
		     "  --out DIR  write result.json, table.txt and plots (SVG) to DIR\n"
		     "  --help     this text\n");
	return status;
}

/* -1: go on; otherwise the exit status. */
static int parse_options(int argc, char **argv, struct output *o)
{
	static const struct option known[] = {
		{"out", required_argument, NULL, 'o'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	int c;

	while ((c = getopt_long(argc, argv, "h", known, NULL)) != -1) {
		if (c == 'h')
			return usage(stdout, 0);
		if (c != 'o')
			return usage(stderr, 2);
		o->dir = optarg;
	}
	if (optind == argc - 1)
		return -1;
	fprintf(stderr, "amime-bench: plot takes one result file\n");
	return 2;
}

int bench_plot_main(int argc, char **argv)
{
	struct am_config_errors errors = {0};
	struct output o = {0};
	struct am_err err = {""};
	struct report *r;
	int status = parse_options(argc, argv, &o);

	if (status >= 0)
		return status;
	r = result_read(argv[optind], &errors);
	if (!r) {
		result_print_errors(argv[optind], &errors, stderr);
		am_config_errors_free(&errors);
		return 1;
	}
	status = output_report(r, &o, &err) ? 1 : 0;
	if (status)
		fprintf(stderr, "amime-bench: %s\n", err.text);
	report_free(r);
	return status;
}
