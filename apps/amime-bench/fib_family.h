/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_FIB_FAMILY_H
#define BENCH_FIB_FAMILY_H
/* A FIB of one family: filled, compared with a reference, changed under a reader, and timed. */
#include "fib_routes.h"
#include "report.h"

struct fib_family {
	enum am_family family;
	struct fib_routes routes; /* of a file; filled up to `fill` with drawn ones. Freed by the caller */
	uint32_t fill;
	uint32_t addresses; /* to compare */
	uint32_t changes;   /* under a reader */
	unsigned samples;   /* of each time */
};

/*
 * Rows and facts into report. 0; -EBADMSG: some lookup was wrong, as the facts say; or another negative errno with err.
 */
int fib_family_run(struct fib_family *f, struct report *report, struct am_err *err);

#endif
