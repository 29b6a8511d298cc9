/* SPDX-License-Identifier: BSD-3-Clause */
/* amime-bench diff: what really changed from one result to another. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "command.h"
#include "diff.h"
#include "load.h"

enum { SAME = 0, CHANGED = 1, TROUBLE = 2, THRESHOLD = 3, THRESHOLD_ONCE = 10, TITLE = 512 };

struct options {
	const char *svg;
	bool json;
	double threshold, threshold_once; /* per cent */
};

static int usage(FILE *out, int status)
{
	fprintf(out,
		"Usage: amime-bench diff FIRST.json SECOND.json [OPTION]...\n"
		"Say what really changed from one result to another: beyond noise (95 %% interval of the\n"
		"ratio of medians) and beyond a threshold. Status: 0 nothing did, 1 something, 2 trouble.\n\n"
		"  --threshold PERCENT  the smallest change that counts (%d; %d where a case has no three repeats)\n"
		"  --json               for programs, in place of the table\n"
		"  --svg FILE           draw the ratios and their intervals\n"
		"  --help               this text\n",
		THRESHOLD, THRESHOLD_ONCE);
	return status;
}

static bool read_threshold(struct options *o)
{
	char *end;
	double v = strtod(optarg, &end);

	if (end != optarg && !*end && v >= 0 && v <= 1000) {
		o->threshold = o->threshold_once = v;
		return true;
	}
	fprintf(stderr, "amime-bench: --threshold takes a percentage from 0 to 1000, not \"%s\"\n", optarg);
	return false;
}

/* -1: go on; otherwise the exit status. */
static int parse_options(int argc, char **argv, struct options *o)
{
	static const struct option known[] = {
		{"threshold", required_argument, NULL, 't'},
		{"json", no_argument, NULL, 'j'},
		{"svg", required_argument, NULL, 's'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	int c;

	*o = (struct options){.threshold = THRESHOLD, .threshold_once = THRESHOLD_ONCE};
	while ((c = getopt_long(argc, argv, "h", known, NULL)) != -1) {
		if (c == 'h')
			return usage(stdout, SAME);
		else if (c == 'j')
			o->json = true;
		else if (c == 's')
			o->svg = optarg;
		else if (c != 't')
			return usage(stderr, TROUBLE);
		else if (!read_threshold(o))
			return TROUBLE;
	}
	if (optind == argc - 2)
		return -1;
	fprintf(stderr, "amime-bench: diff takes two result files\n");
	return TROUBLE;
}

static struct report *read_result(const char *path)
{
	struct am_config_errors errors = {0};
	struct report *r = result_read(path, &errors);

	if (!r)
		result_print_errors(path, &errors, stderr);
	am_config_errors_free(&errors);
	return r;
}

static int write_svg(const struct diff *d, const char *path, const char *title, struct am_err *err)
{
	FILE *out = fopen(path, "w");
	bool good;

	if (!out)
		return am_fail(err, errno, "%s: %s", path, strerror(errno));
	diff_plot(d, title, out);
	good = !ferror(out);
	good &= fclose(out) == 0;
	return good ? 0 : am_fail(err, EIO, "%s: could not write the plot; is the disk full?", path);
}

static int show(const struct diff *d, const struct options *o, char **paths, struct am_err *err)
{
	char title[TITLE];

	if (!d->n_rows)
		return am_fail(err, ENOENT, "%s and %s have no case in common", paths[0], paths[1]);
	if (o->json && !diff_print_json(d, stdout))
		return am_fail(err, ENOMEM, "no memory for the JSON");
	if (!o->json)
		diff_print(d, stdout);
	snprintf(title, sizeof title, "%.200s, then %.200s", paths[0], paths[1]);
	return o->svg ? write_svg(d, o->svg, title, err) : 0;
}

static int compare(const struct report *a, const struct report *b, const struct options *o, char **paths)
{
	struct am_err err = {""};
	struct diff d;
	int status = TROUBLE;

	if (diff_reports(a, b, o->threshold / 100, o->threshold_once / 100, &d))
		am_fail(&err, ENOMEM, "no memory");
	else if (!show(&d, o, paths, &err))
		status = d.counts[DIFF_BETTER] + d.counts[DIFF_WORSE] ? CHANGED : SAME;
	if (status == TROUBLE)
		fprintf(stderr, "amime-bench: %s\n", err.text);
	diff_free(&d);
	return status;
}

int bench_diff_main(int argc, char **argv)
{
	struct options o;
	struct report *a, *b;
	int status = parse_options(argc, argv, &o);

	if (status >= 0)
		return status;
	a = read_result(argv[optind]);
	b = read_result(argv[optind + 1]);
	status = a && b ? compare(a, b, &o, argv + optind) : TROUBLE;
	report_free(a);
	report_free(b);
	return status;
}
