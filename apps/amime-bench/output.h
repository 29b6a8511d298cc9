/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_OUTPUT_H
#define BENCH_OUTPUT_H
/* Where a report goes: the same for every command. */
#include "base/err.h"
#include "report.h"

struct output {
	const char *
		json; /* --json FILE: the result file; "-" is standard output, in place of the table. May be NULL */
	const char *
		dir; /* --out DIR: result.json, table.txt and the plots; made where it is not there. May be NULL */
};

/* What was asked for. Settles r. 0 or a negative errno. */
int output_files(struct report *r, const struct output *o, struct am_err *err);

/* The same, and the table to standard output. */
int output_report(struct report *r, const struct output *o, struct am_err *err);

#endif
