/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_OPTIONS_H
#define BENCH_OPTIONS_H
/* The command line of `micro` and `pipeline`. */
#include "output.h"
#include "variants.h"

enum {
	OPTIONS_SAMPLES = 200,
	OPTIONS_RUNS = 8,
	OPTIONS_SECONDS = 20, /* at least; or two for each case */
	OPTIONS_WARM = 32768, /* packets, where caches are missed: once through all buffers of a cold case */
	OPTIONS_QUICK_SAMPLES = 10,
	OPTIONS_QUICK_WARM = 4096,
	OPTIONS_QUICK_RUNS = 4,
	OPTIONS_QUICK_SECONDS = 1,
	OPTIONS_AGREE_PERCENT = 10, /* how far medians of repeats may lie apart */
};

/* Whose they are. */
struct options_of {
	const char *name;
	const char *about; /* after "Measure" */
	bool micro;        /* takes --burst, --warm and --cold */
	bool pipeline;     /* takes --config and --traffic */
	bool stages;       /* takes --stages */
};

struct options {
	struct output output;
	const char *filter, *config, *traffic; /* may be NULL */
	bool quick, list, small_pages, stages;
	int samples, seconds, repeats; /* seconds 0: as many as suits the cases */
	struct variants_want want;
	int cpu; /* -1: the one we are on */
};

/* -1: go on; otherwise the exit status. */
int options_parse(const struct options_of *of, int argc, char **argv, struct options *out);

#endif
