/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_DIFF_H
#define BENCH_DIFF_H
/* What really changed from one report to another. */
#include <stdio.h>

#include "bootstrap.h"
#include "report.h"

enum diff_change {
	DIFF_SAME,   /* within noise, or by less than the threshold */
	DIFF_BETTER, /* by the row's sense: less cycles, more throughput */
	DIFF_WORSE,
	DIFF_UNCLEAR, /* too few samples, or another unit */
	DIFF_CHANGES
};

/* A case that both have. */
struct diff_row {
	const struct report_row *a, *b;
	struct bootstrap_ratio ratio; /* not where it is unclear */
	enum diff_change change;
};

/* Whether both say which configuration they were measured on. */
bool diff_knows_config(const struct diff_row *row);
/* Then, whether it was another one. */
bool diff_is_other_config(const struct diff_row *row);

/* Something about machine, versions or settings that is not as it was. */
struct diff_fact {
	enum report_section section;
	const struct report_fact *a, *b; /* one may be NULL */
};

struct diff {
	const struct report *a, *b;
	double threshold;      /* smallest change that counts, as a part: 0.03 */
	double threshold_once; /* the same where a case has too few repeats to say how they differ */
	size_t n_once;         /* cases that this was used for */
	struct diff_row *rows;
	size_t n_rows;
	const struct report_row **only_a, **only_b;
	size_t n_only_a, n_only_b;
	struct diff_fact *facts;
	size_t n_facts;
	size_t counts[DIFF_CHANGES];
};

/* Both are settled and stay as long as d. 0 or -ENOMEM; diff_free in either case. */
int diff_reports(const struct report *a, const struct report *b, double threshold, double threshold_once,
	struct diff *d);
void diff_free(struct diff *d);

extern const char *const diff_words[DIFF_CHANGES];

void diff_print(const struct diff *d, FILE *out);
/* False where memory is short. */
bool diff_print_json(const struct diff *d, FILE *out);
/* As an SVG: each ratio with its interval, along a log axis. */
void diff_plot(const struct diff *d, const char *title, FILE *out);

/* "2450000000", "gcc 12.2.0", "true"; "nothing" for NULL. */
void diff_fact_text(const struct report_fact *fact, char *out, size_t room);

#endif
