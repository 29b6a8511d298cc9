/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_SCALE_H
#define BENCH_SCALE_H
/* What `amime-bench scale` says beside its cases: curves by number, workers beyond those measured, and memory. */
#include "bench.h"
#include "report.h"

/* Adds to r. 0 or a negative errno. */
int scale_report(struct report *r, const struct bench_result *results, unsigned n, struct am_err *err);

#endif
