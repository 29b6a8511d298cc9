/* SPDX-License-Identifier: BSD-3-Clause */
/* amime-bench plot: pictures and table of a result that is already there. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "load.h"
#include "markdown.h"
#include "output.h"

static int usage(FILE *out, int status)
{
	fprintf(out, "Usage: amime-bench plot RESULT.json [--out DIR]\n"
		     "       amime-bench plot RESULT.json --markdown [--stages] [--filter LIST]\n"
		     "Print the table of a result that was kept, of whatever command, and draw its plots.\n\n"
		     "  --out DIR      write result.json, table.txt and plots (SVG) to DIR\n"
		     "  --markdown     the table for a page in Markdown; --stages: what each stage takes\n"
		     "  --filter LIST  only cases with one of these texts, commas between, in their name\n"
		     "  --help         this text\n");
	return status;
}

struct options {
	struct output output;
	const char *texts; /* NULL: all cases */
	bool markdown, stages;
};

static bool set_option(struct options *o, int c)
{
	switch (c) {
	case 'o':
		o->output.dir = optarg;
		return true;
	case 'f':
		o->texts = optarg;
		return true;
	case 'm':
		o->markdown = true;
		return true;
	case 's':
		o->stages = true;
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
		{"out", required_argument, NULL, 'o'},
		{"filter", required_argument, NULL, 'f'},
		{"markdown", no_argument, NULL, 'm'},
		{"stages", no_argument, NULL, 's'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	int c;

	while ((c = getopt_long(argc, argv, "h", known, NULL)) != -1) {
		if (c == 'h')
			return usage(stdout, 0);
		if (!set_option(o, c))
			return 2;
	}
	if ((o->texts || o->stages) && !o->markdown) {
		fprintf(stderr, "amime-bench: plot takes --filter and --stages with --markdown only\n");
		return 2;
	}
	if (optind == argc - 1)
		return -1;
	fprintf(stderr, "amime-bench: plot takes one result file\n");
	return 2;
}

static bool print_markdown(struct report *r, const struct options *o)
{
	if (!report_settle(r) && markdown_print(r, o->texts, o->stages, stdout))
		return true;
	fprintf(stderr, "amime-bench: this result of %s has no case%s%s%s\n", r->command,
		o->stages ? " with stages" : "", o->texts ? " named like " : "", o->texts ? o->texts : "");
	return false;
}

int bench_plot_main(int argc, char **argv)
{
	struct am_config_errors errors = {0};
	struct options o = {0};
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
	if (o.markdown)
		status = print_markdown(r, &o) ? 0 : 1;
	else
		status = output_report(r, &o.output, &err) ? 1 : 0;
	if (*err.text)
		fprintf(stderr, "amime-bench: %s\n", err.text);
	report_free(r);
	return status;
}
