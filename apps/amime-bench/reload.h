/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_RELOAD_H
#define BENCH_RELOAD_H
/* What changes while traffic runs do to it: of configurations (reload.c) and of single entries (churn.c), into a report. */
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "reload_site.h"
#include "report.h"

enum { RELOAD_SIZES_MAX = 8, RELOAD_NAME = 96 };

struct reload_run {
	struct report *report;
	struct site_conf conf;
	const char *filter; /* only what has it in its name; NULL: all */
	unsigned n_sizes;
	unsigned sizes[RELOAD_SIZES_MAX]; /* tunnels */
	unsigned samples;
	unsigned window_ms; /* of churn */
};

/* 0 or a negative errno and err. */
int reload_measure(struct reload_run *run, struct am_err *err);
int churn_measure(struct reload_run *run, struct am_err *err);

/* ---- what both use ---- */

bool reload_wants(const struct reload_run *run, const char *name);
/* On standard error, where that is a terminal. */
void reload_show(const char *name, unsigned sample, unsigned n);
void reload_end_show(void);
struct report_row *reload_row(
	struct reload_run *run, const char *group, const char *name, const char *unit, const char *about);
void reload_sample(struct reload_run *run, struct report_row *row, double value);

#endif
