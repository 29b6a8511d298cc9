/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H
/* Results for people and for programs. */
#include <stdio.h>

#include "base/err.h"
#include "bench.h"
#include "machine.h"

struct bench_report {
	const char *command; /* "micro" */
	struct bench_machine machine;
	const struct bench *bench;
	const struct bench_result *results;
	unsigned n;
};

/* A table on out, with how many samples were left out and why. */
void bench_print_table(const struct bench_report *r, FILE *out);

/* Everything, with every sample. path "-" is standard output. 0 or a negative errno. */
int bench_write_json(const struct bench_report *r, const char *path, struct am_err *err);

#endif
