/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_WIRE_RUN_H
#define BENCH_WIRE_RUN_H
/* The tests of RFC 2544, with what RFC 8219 and RFC 4737 add: each frame size through each of them, into a report. */
#include <stdbool.h>

#include "base/err.h"
#include "report.h"
#include "wire_config.h"
#include "wire_tester.h"

enum wire_test {
	WIRE_THROUGHPUT,
	WIRE_LATENCY,
	WIRE_LOSS,
	WIRE_BACK_TO_BACK,
	WIRE_SOAK,
	WIRE_TESTS,
};

extern const char *const wire_test_names[WIRE_TESTS + 1]; /* NULL ends */

struct wire_run {
	const struct wire_config *config;
	struct wire_tester *tester;
	struct report *report;
	unsigned tests; /* bit enum wire_test: to be done */
	int stop_fd;    /* readable once the user wants it to end; -1: never */
};

/*
 * All of them. Progress goes to standard error where that is a terminal. 0 or a negative errno with err; -EINTR where
 * the user ended it, the report then has what was measured until then.
 */
int wire_run(struct wire_run *run, struct am_err *err);

#endif
