/* SPDX-License-Identifier: BSD-3-Clause */
#include "options.h"

#include <getopt.h>
#include <sched.h>
#include <stdio.h>

#include "argument.h"
#include "bench.h"
#include "handicap.h"

static const char files_text[] =
	"  --config FILE    this configuration instead of the built-in cases; its ports have\n"
	"                   \"driver\": \"mem\"\n"
	"  --traffic FILE   this traffic instead of theirs, see doc/traffic.md\n";

static const char stages_text[] =
	"  --stages         read the clock between the stages of a worker too, and show what each\n"
	"                   takes; that itself costs a little\n";

static const char micro_text[] =
	"  --burst LIST     bursts of so many packets instead of 64,1,8,32; the first one is what others\n"
	"                   stand beside\n"
	"  --warm           only on data that caches hold\n"
	"  --cold           only on data that they do not hold\n";

static int usage(const struct options_of *of, FILE *out, int status)
{
	fprintf(out,
		"Usage: amime-bench %s [OPTION]...\n"
		"Measure %s, in bursts of %d,\n"
		"in cycles of the time stamp counter. No NIC and no root needed.\n\n"
		"%s%s"
		"  --filter TEXT    only cases with TEXT in their name; =NAME: that case alone\n"
		"  --json FILE      write everything, with every sample, to FILE; - is standard\n"
		"                   output, in place of the table\n"
		"  --out DIR        write result.json, table.txt and plots (SVG) to DIR\n",
		of->name, of->about, BENCH_BURST,
		of->pipeline ? files_text
		: of->micro  ? micro_text
			     : "",
		of->stages ? stages_text : "");
	fprintf(out,
		"  --quick          %d short samples of each case instead of %d: to see that it works\n"
		"  --samples N      N samples of each case%s\n"
		"  --seconds N      go on for at most N seconds (%d, or two for each case; quick: %d)\n"
		"                   where samples must be left out because the clock ran slow or the CPU was\n"
		"                   taken away\n"
		"  --repeat N       do it N times over, show how far the medians lie apart, and fail where\n"
		"                   that is more than %d %%; --seconds counts for each\n"
		"  --handicap N     each run of a case takes N %% longer, by a wait inside the clock: to see\n"
		"                   whether a comparison notices\n"
		"  --cpu N          run on CPU N instead of the one it was started on\n"
		"  --small-pages    packet buffers on small pages even where there are huge ones\n"
		"  --list           only name the cases\n"
		"  --help           this text\n",
		OPTIONS_QUICK_SAMPLES, OPTIONS_SAMPLES,
		of->micro ? ", a quarter of that of its other shapes" : "", OPTIONS_SECONDS,
		OPTIONS_QUICK_SECONDS, OPTIONS_AGREE_PERCENT);
	return status;
}

/* -1 or the exit status, as those below. */
static int number(const char *name, unsigned least, unsigned most, int *out)
{
	unsigned n;

	if (!argument_number(name, optarg, least, most, &n))
		return 2;
	*out = (int)n;
	return -1;
}

static int bursts(struct variants_want *want)
{
	return argument_numbers(
		       "burst", optarg, 1, BENCH_BURST, VARIANTS_BURSTS_MAX, want->bursts, &want->n_bursts)
		       ? -1
		       : 2;
}

static int only(enum variants_data data, struct options *o)
{
	if (o->want.data != VARIANTS_ALL && o->want.data != data) {
		fprintf(stderr,
			"amime-bench: --warm and --cold leave nothing to measure: leave one of them away\n");
		return 2;
	}
	o->want.data = data;
	return -1;
}

static int take(const struct options_of *of, int option, struct options *o)
{
	switch (option) {
	case 'C':
		o->config = optarg;
		return -1;
	case 'T':
		o->traffic = optarg;
		return -1;
	case 'j':
		o->output.json = optarg;
		return -1;
	case 'o':
		o->output.dir = optarg;
		return -1;
	case 'f':
		o->filter = optarg;
		return -1;
	case 's':
		return number("samples", 1, 100000, &o->samples);
	case 't':
		return number("seconds", 1, 3600, &o->seconds);
	case 'r':
		return number("repeat", 1, BENCH_REPEATS_MAX, &o->repeats);
	case 'c':
		return number("cpu", 0, CPU_SETSIZE - 1, &o->cpu);
	case 'q':
		o->quick = true;
		return -1;
	case 'l':
		o->list = true;
		return -1;
	case 'p':
		o->small_pages = true;
		return -1;
	case 'H':
		return argument_number("handicap", optarg, 0, HANDICAP_MOST, &o->want.handicap) ? -1 : 2;
	case 'b':
		return bursts(&o->want);
	case 'w':
		return only(VARIANTS_WARM, o);
	case 'd':
		return only(VARIANTS_COLD, o);
	case 'S':
		o->stages = true;
		return -1;
	case 'h':
		return usage(of, stdout, 0);
	default:
		return usage(of, stderr, 2);
	}
}

/* What goes through more than one of them. */
static int settle(const struct options_of *of, int argc, char **argv, struct options *o)
{
	if (!o->samples)
		o->samples = o->quick ? OPTIONS_QUICK_SAMPLES : OPTIONS_SAMPLES;
	if (!o->seconds && o->quick)
		o->seconds = OPTIONS_QUICK_SECONDS;
	if (optind != argc) {
		fprintf(stderr, "amime-bench: %s takes no \"%s\"\n", of->name, argv[optind]);
		return 2;
	}
	if ((!of->pipeline && (o->config || o->traffic)) || (!of->stages && o->stages)) {
		fprintf(stderr, "amime-bench: %s takes no --%s; see amime-bench pipeline\n", of->name,
			o->config    ? "config"
			: o->traffic ? "traffic"
				     : "stages");
		return 2;
	}
	if (!of->micro && (o->want.n_bursts || o->want.data)) {
		fprintf(stderr, "amime-bench: %s takes no --%s; see amime-bench micro\n", of->name,
			o->want.n_bursts                ? "burst"
			: o->want.data == VARIANTS_COLD ? "cold"
							: "warm");
		return 2;
	}
	if (o->filter && (o->config || o->traffic)) {
		fprintf(stderr,
			"amime-bench: --filter chooses among the built-in cases, --config and --traffic make "
			"another: leave one of them away\n");
		return 2;
	}
	return -1;
}

int options_parse(const struct options_of *of, int argc, char **argv, struct options *o)
{
	static const struct option known[] = {
		{"config", required_argument, NULL, 'C'},
		{"traffic", required_argument, NULL, 'T'},
		{"json", required_argument, NULL, 'j'},
		{"out", required_argument, NULL, 'o'},
		{"filter", required_argument, NULL, 'f'},
		{"samples", required_argument, NULL, 's'},
		{"seconds", required_argument, NULL, 't'},
		{"repeat", required_argument, NULL, 'r'},
		{"handicap", required_argument, NULL, 'H'},
		{"cpu", required_argument, NULL, 'c'},
		{"quick", no_argument, NULL, 'q'},
		{"list", no_argument, NULL, 'l'},
		{"small-pages", no_argument, NULL, 'p'},
		{"burst", required_argument, NULL, 'b'},
		{"warm", no_argument, NULL, 'w'},
		{"cold", no_argument, NULL, 'd'},
		{"stages", no_argument, NULL, 'S'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	int option, status;

	*o = (struct options){.cpu = -1, .repeats = 1};
	while ((option = getopt_long(argc, argv, "h", known, NULL)) != -1) {
		status = take(of, option, o);
		if (status >= 0)
			return status;
	}
	return settle(of, argc, argv, o);
}
